/* SPDX-License-Identifier: MIT */
/* snapshot.c - manifests of a backup, written and read. One that is read is written again and must be the
 * same bytes, so there is one way only to say the same; its last line is the SHA-256 of the lines before it.
 */
#include "ledger/snapshot.h"

#include <inttypes.h>
#include <sys/stat.h>

static const char first_line[] = "daybook-backup@v1";
enum { SIZE_DIGITS = 20, ROOT_DIGITS = 16, NAME_BYTES = SIZE_DIGITS + 1 + ROOT_DIGITS, FIELDS_MAX = 5 };

void snapshot_add_piece(struct snapshot *s, struct piece p, struct arena *a)
{
    s->pieces = arena_grow(a, s->pieces, s->pieces_count, &s->pieces_room, sizeof *s->pieces);
    s->pieces[s->pieces_count++] = p;
}

void snapshot_add_file(struct snapshot *s, struct kept_file f, struct arena *a)
{
    s->files = arena_grow(a, s->files, s->files_count, &s->files_room, sizeof *s->files);
    s->files[s->files_count++] = f;
}

struct str snapshot_name(struct arena *a, uint64_t size, const struct hash *root)
{
    struct str digits = hex_text(a, root->bytes, ROOT_DIGITS / 2);
    return str_format(a, "%0*ju-%.*s", SIZE_DIGITS, (uintmax_t)size, STR_ARG(digits));
}

/* ---- writing ---- */

static void put_hex(struct buffer *b, const struct hash *h)
{
    char digits[64];
    hex_encode(digits, h->bytes, sizeof h->bytes);
    buffer_add(b, digits, sizeof digits);
}

static void put_object(struct buffer *b, const struct object *o)
{
    buffer_print(b, " %ju ", (uintmax_t)o->bytes);
    put_hex(b, &o->hash);
}

static struct hash digest_of(struct bytes b)
{
    struct hash out = {{0}};
    struct hasher *h = hasher_new();
    hasher_digest(h, out.bytes, b, (struct bytes){NULL, 0}, (struct bytes){NULL, 0});
    hasher_free(h);
    return out;
}

struct str snapshot_text(struct arena *a, const struct snapshot *s)
{
    struct buffer b = {.arena = a};
    buffer_print(&b, "%s\nledger %.*s\nrecords %ju\nroot ", first_line, STR_ARG(s->origin),
                 (uintmax_t)s->size);
    put_hex(&b, &s->root);
    for (size_t i = 0; i < s->pieces_count; i++) {
        const struct piece *p = &s->pieces[i];
        buffer_print(&b, "\nsegment %ju %ju", (uintmax_t)p->from, (uintmax_t)p->to);
        put_object(&b, &p->object);
    }
    for (size_t i = 0; i < s->files_count; i++) {
        buffer_print(&b, "\nfile");
        put_object(&b, &s->files[i].object);
        buffer_print(&b, " %.*s", STR_ARG(s->files[i].path));
    }
    buffer_print(&b, "\n");
    struct hash own = digest_of((struct bytes){b.ptr, b.len});
    buffer_print(&b, "sha256 ");
    put_hex(&b, &own);
    buffer_print(&b, "\n");
    return (struct str){(const char *)b.ptr, b.len};
}

/* ---- reading ---- */

static struct str take_line(struct str *text)
{
    struct str line = *text;
    if (!str_take_until(&line, text, '\n')) *text = STR_NONE;
    return line;
}

/* Words with one blank between them; the last takes the rest. */
static size_t split(struct str words[FIELDS_MAX], struct str line)
{
    size_t count = 0;
    while (count < FIELDS_MAX) {
        bool is_last = count + 1 == FIELDS_MAX || !str_take_until(&words[count], &line, ' ');
        if (is_last) words[count] = line;
        count++;
        if (is_last) break;
    }
    return count;
}

static bool take_object(struct object *out, const struct str words[2])
{
    struct error unused = {0};
    return uint_parse(&out->bytes, words[0], &unused) == OK &&
           hex_decode(out->hash.bytes, sizeof out->hash.bytes, words[1], &unused) == OK;
}

static bool take_segment(struct snapshot *s, const struct str *words, struct arena *a)
{
    struct piece p = {.from = 0};
    struct error unused = {0};
    uint64_t due = s->pieces_count == 0 ? 0 : s->pieces[s->pieces_count - 1].to;
    bool fine = uint_parse(&p.from, words[1], &unused) == OK && uint_parse(&p.to, words[2], &unused) == OK &&
                take_object(&p.object, words + 3);
    fine = fine && p.from == due && p.from < p.to && p.from / SEGMENT_RECORDS == (p.to - 1) / SEGMENT_RECORDS;
    if (fine) snapshot_add_piece(s, p, a);
    return fine;
}

static bool take_file(struct snapshot *s, const struct str *words, struct arena *a)
{
    struct kept_file f = {.path = words[3]};
    bool fine = take_object(&f.object, words + 1) && small_file_fits(f.path);
    if (fine && s->files_count > 0) fine = str_compare(s->files[s->files_count - 1].path, f.path) < 0;
    if (fine) snapshot_add_file(s, f, a);
    return fine;
}

static bool take_head(struct snapshot *s, struct str *text)
{
    struct error unused = {0};
    struct str first = take_line(text), ledger = take_line(text), records = take_line(text),
               root = take_line(text);
    if (!str_is(first, first_line) || !str_starts(ledger, "ledger ") || !str_starts(records, "records ") ||
        !str_starts(root, "root "))
        return false;
    s->origin = (struct str){ledger.ptr + 7, ledger.len - 7};
    struct str number = {records.ptr + 8, records.len - 8}, digits = {root.ptr + 5, root.len - 5};
    return uint_parse(&s->size, number, &unused) == OK &&
           hex_decode(s->root.bytes, sizeof s->root.bytes, digits, &unused) == OK;
}

/* Whatever it leaves out, writing it again shows. */
static bool parse(struct snapshot *s, struct str text, struct arena *a)
{
    struct str rest = text, words[FIELDS_MAX];
    bool fine = take_head(s, &rest);
    while (fine && rest.len > 0 && !str_starts(rest, "sha256 ")) {
        size_t count = split(words, take_line(&rest));
        fine = (count == 5 && str_is(words[0], "segment") && take_segment(s, words, a)) ||
               (count == 4 && str_is(words[0], "file") && take_file(s, words, a));
    }
    uint64_t end = s->pieces_count == 0 ? 0 : s->pieces[s->pieces_count - 1].to;
    return fine && s->size > 0 && end == s->size && str_equal(snapshot_text(a, s), text);
}

enum err snapshot_read(struct snapshot *out, const char *dir, struct str name, struct arena *a,
                       struct error *e)
{
    struct bytes text = {NULL, 0};
    const char *path = str_format(a, "%s/snapshots/%.*s", dir, STR_ARG(name)).ptr;
    *out = (struct snapshot){.name = name};
    bool is_name = name.len == NAME_BYTES && memchr(name.ptr, '/', name.len) == NULL;
    if (!is_name || !file_exists(path))
        return fail(e, ERR_NOT_FOUND, "there is no snapshot '%.*s' in '%s'", STR_ARG(text_quotable(name)),
                    dir);
    enum err err = file_read(&text, path, LIMIT_SNAPSHOT_BYTES, a, e);
    if (err != OK) return err;
    if (text.len == 0 || !parse(out, bytes_str(text), a))
        return fail(e, ERR_TAMPERED, "snapshot '%.*s' is not as it was written", STR_ARG(name));
    struct str own = snapshot_name(a, out->size, &out->root);
    if (str_equal(own, name)) return OK;
    return fail(e, ERR_TAMPERED, "snapshot '%.*s' holds what is snapshot '%.*s'", STR_ARG(name),
                STR_ARG(own));
}

enum err snapshot_names(struct names_list *out, const char *dir, struct arena *a, struct error *e)
{
    struct names_list top = {NULL, 0, 0}, all = top;
    *out = top;
    enum err err = dir_list(&top, dir, a, e);
    for (size_t i = 0; err == OK && i < top.count; i++) {
        struct str name = top.names[i];
        if (str_is(name, "objects") || str_is(name, "snapshots") || str_starts(name, ".daybook-")) continue;
        err = fail(e, ERR_REFUSED, "'%s/%.*s' belongs to no backup", dir, STR_ARG(text_quotable(name)));
    }
    if (err == OK) err = dir_list(&all, str_format(a, "%s/snapshots", dir).ptr, a, e);
    for (size_t i = 0; err == OK && i < all.count; i++) {
        if (all.names[i].len != NAME_BYTES)
            return fail(e, ERR_TAMPERED, "'%s/snapshots/%.*s' is no snapshot", dir,
                        STR_ARG(text_quotable(all.names[i])));
    }
    if (err == OK) *out = all;
    return err;
}

/* ---- objects ---- */

struct str object_path(struct arena *a, const struct hash *h)
{
    struct str digits = hex_text(a, h->bytes, sizeof h->bytes);
    return str_format(a, "objects/%.2s/%.62s", digits.ptr, digits.ptr + 2);
}

bool object_is_there(const char *dir, const struct object *o)
{
    struct arena *a = arena_new();
    struct stat info = {0};
    bool there = stat(path_in(dir, object_path(a, &o->hash), a), &info) == 0 && S_ISREG(info.st_mode) &&
                 (uint64_t)info.st_size == o->bytes;
    arena_free(a);
    return there;
}

static enum err missing_is_incomplete(enum err err, struct error *e)
{
    return err == ERR_NOT_FOUND ? (e->code = ERR_INCOMPLETE) : err;
}

enum err object_read(struct bytes *out, const char *dir, const struct object *o, struct arena *a,
                     struct error *e)
{
    struct str path = object_path(a, &o->hash);
    enum err err = file_read(out, path_in(dir, path, a), LIMIT_SMALL_FILE_BYTES, a, e);
    if (err == ERR_LIMIT) err = e->code = ERR_TAMPERED;
    if (err != OK) return missing_is_incomplete(err, e);
    struct hash is = digest_of(*out);
    if (hash_equal(&is, &o->hash) && out->len == o->bytes) return OK;
    return fail(e, ERR_TAMPERED, "object '%.*s' is damaged: its content is not what it is named by",
                STR_ARG(path));
}

static enum err read_piece(const struct piece *p, const char *path, record_fn *sink, void *context,
                           struct error *e)
{
    struct segment_reader *r = NULL;
    struct bytes record = {NULL, 0};
    bool end = false;
    enum err err = segment_open(&r, path, e);
    if (err != OK) return err;
    for (uint64_t seq = p->from; err == OK && seq < p->to; seq++) {
        err = segment_next(&record, &end, r, e);
        if (err == OK && end) err = fail(e, ERR_TAMPERED, "record %ju is missing", (uintmax_t)seq);
        if (err == OK) err = sink(context, record, e);
    }
    if (err == OK) err = segment_next(&record, &end, r, e);
    if (err == OK && !end) err = fail(e, ERR_TAMPERED, "something stands behind its records");
    if (err == OK) {
        struct segment_facts is = segment_facts(r);
        if (!hash_equal(&is.hash, &p->object.hash) || is.bytes != p->object.bytes)
            err = fail(e, ERR_TAMPERED, "its content is not what it is named by");
    }
    segment_close(r);
    return err;
}

enum err snapshot_records(const struct snapshot *s, const char *dir, record_fn *sink, void *context,
                          const struct copying *told, struct error *e)
{
    enum err err = OK;
    for (size_t i = 0; err == OK && i < s->pieces_count; i++) {
        struct arena *a = arena_new();
        const struct piece *p = &s->pieces[i];
        struct str path = object_path(a, &p->object.hash);
        err = read_piece(p, path_in(dir, path, a), sink, context, e);
        if (err == ERR_TAMPERED) err = wrap(e, "object '%.*s' is damaged", STR_ARG(path));
        if (err == OK && told->progress != NULL) told->progress(told->context, p->to, s->size);
        arena_free(a);
    }
    return err;
}

/* ---- judging ---- */

struct judging {
    struct log_copy *into; /* NULL: nowhere */
    struct passing passing;
};

static enum err judge_record(void *context, struct bytes record, struct error *e)
{
    struct judging *j = context;
    enum err err =
        j->into != NULL ? log_copy_add(j->into, record, e) : chain_next(j->passing.chain, record, e);
    return err == OK ? passing_marks(&j->passing, e) : err;
}

/* Every checkpoint among them is a mark on the way. */
static enum err judge_files(struct judging *j, const struct snapshot *s, const char *dir, struct error *e)
{
    enum err err = OK;
    for (size_t i = 0; err == OK && i < s->files_count; i++) {
        struct arena *a = arena_new();
        struct bytes content = {NULL, 0};
        err = object_read(&content, dir, &s->files[i].object, a, e);
        if (err == OK && small_checkpoint_size(s->files[i].path) != 0)
            err = small_mark(&j->passing, s->origin, s->files[i].path, content, e);
        arena_free(a);
    }
    passing_mark(&j->passing, s->size, &s->root, "the snapshot");
    passing_sort(&j->passing);
    return err;
}

enum err snapshot_judge(const struct snapshot *s, const char *dir, struct log_copy *into,
                        const struct copying *told, struct arena *a, struct error *e)
{
    struct judging j = {.into = into,
                        .passing = passing_begin(a, into == NULL ? NULL : log_copy_chain(into))};
    enum err err = judge_files(&j, s, dir, e);
    if (err == OK) err = snapshot_records(s, dir, judge_record, &j, told, e);
    if (err == OK) err = passing_check(&j.passing, e);
    struct str origin = chain_origin(j.passing.chain);
    if (err == OK && !str_equal(origin, s->origin))
        err = fail(e, ERR_TAMPERED, "its records are of ledger '%.*s'", STR_ARG(origin));
    passing_end(&j.passing);
    return err == OK ? OK : wrap(e, "snapshot '%.*s'", STR_ARG(s->name));
}
