/* SPDX-License-Identifier: MIT */
/* copies.c - see copies.h. Nothing here trusts a copy: what is read from one is held against the chain. */
#include "ledger/copies.h"

#include <stdio.h>
#include <sys/stat.h>

/* ---- heads on the way ---- */

struct passing passing_begin(struct arena *a, struct chain *along)
{
    struct passing p = {.arena = a, .hasher = hasher_new(), .chain = along};
    if (along == NULL) p.chain = p.own = chain_new();
    return p;
}

void passing_end(struct passing *p)
{
    hasher_free(p->hasher);
    chain_free(p->own);
    p->hasher = NULL;
    p->own = NULL;
}

void passing_mark(struct passing *p, uint64_t size, const struct hash *root, const char *name)
{
    p->marks = arena_grow(p->arena, p->marks, p->count, &p->room, sizeof *p->marks);
    p->marks[p->count++] = (struct mark){size, *root, name};
}

static int by_size(const void *a, const void *b)
{
    uint64_t one = ((const struct mark *)a)->size, two = ((const struct mark *)b)->size;
    return (one > two) - (one < two);
}

void passing_sort(struct passing *p)
{
    if (p->count > 0) qsort(p->marks, p->count, sizeof *p->marks, by_size);
}

void passing_rewind(struct passing *p)
{
    assert(p->own != NULL);
    chain_free(p->own);
    p->chain = p->own = chain_new();
    p->at = 0;
}

enum err passing_entry(struct passing *p, const struct log_entry *entry, struct error *e)
{
    assert(p->own != NULL);
    enum err err = chain_entry(p->own, entry, e);
    return err == OK ? passing_marks(p, e) : err;
}

enum err passing_marks(struct passing *p, struct error *e)
{
    struct hash root = {{0}};
    uint64_t size = chain_head(p->chain)->range.size;
    if (p->at == p->count || p->marks[p->at].size != size) return OK;
    chain_root(p->chain, &root);
    for (; p->at < p->count && p->marks[p->at].size == size; p->at++) {
        const struct mark *m = &p->marks[p->at];
        if (hash_equal(&root, &m->root)) continue;
        return fail(e, ERR_TAMPERED, "the first %ju records do not have the root that '%s' names",
                    (uintmax_t)m->size, m->name);
    }
    return OK;
}

enum err passing_check(const struct passing *p, struct error *e)
{
    if (p->at == p->count) return chain_end(p->chain, e);
    const struct mark *m = &p->marks[p->at];
    return fail(e, ERR_ROLLED_BACK, "'%s' is of %ju records, and there are only %ju", m->name,
                (uintmax_t)m->size, (uintmax_t)chain_head(p->chain)->range.size);
}

/* ---- the stream ---- */

struct stretch {
    log_entry_fn *sink;
    void *context;
    uint64_t next;
};

/* For the log's reader ERR_NOT_FOUND means: enough. No sink may say that. */
static enum err hand_on(void *context, const struct log_entry *entry, struct error *e)
{
    struct stretch *s = context;
    enum err err = s->sink(s->context, entry, e);
    s->next = entry->seq + 1;
    return err == ERR_NOT_FOUND ? (e->code = ERR_INCOMPLETE) : err;
}

enum err stream_records(struct ledger *l, uint64_t from, uint64_t to, log_entry_fn *sink, void *context,
                        const struct copying *p, struct error *e)
{
    struct stretch s = {sink, context, from};
    enum err err = OK;
    while (err == OK && s.next < to) {
        uint64_t begin = s.next, end = (begin / SEGMENT_RECORDS + 1) * SEGMENT_RECORDS;
        if (end > to) end = to;
        ledger_lock(l);
        err = log_scan(l->log, begin, end, hand_on, &s, e);
        ledger_unlock(l);
        if (err == OK && s.next != end)
            err = fail(e, ERR_TAMPERED, "record %ju is missing", (uintmax_t)s.next);
        if (err == OK && p->progress != NULL) p->progress(p->context, end, to);
    }
    return err;
}

/* ---- the small files ---- */

/* One line each. What holds a secret in clear must not be among them. */
static const struct {
    const char *name; /* a file or a folder */
    unsigned uses;
} small_table[] = {
    {"checkpoints", SMALL_ARCHIVE | SMALL_BACKUP}, /* and in keys/ which key follows which */
    {"timestamps", SMALL_ARCHIVE | SMALL_BACKUP},
    {"cosigned", SMALL_BACKUP},      /* an archive's checkpoint has the lines of witnesses under it */
    {"customer-keys", SMALL_BACKUP}, /* wrapped under a key that is never in a copy */
};
enum { SMALL_KINDS = sizeof small_table / sizeof *small_table, SIZE_DIGITS = 20, DEPTH_MAX = 16 };

static bool is_temporary(struct str name)
{
    return str_starts(name, ".daybook-");
}

static enum err add_below(struct names_list *out, const char *dir, struct str prefix, int depth,
                          struct arena *a, struct error *e)
{
    struct names_list inner = {NULL, 0, 0};
    const char *here = prefix.len == 0 ? dir : path_in(dir, prefix, a);
    enum err err = dir_list(&inner, here, a, e);
    if (err == OK && depth > DEPTH_MAX) err = fail(e, ERR_INVALID, "'%s' lies too deep", here);
    for (size_t i = 0; err == OK && i < inner.count; i++) {
        struct str name = prefix.len == 0
                              ? inner.names[i]
                              : str_format(a, "%.*s/%.*s", STR_ARG(prefix), STR_ARG(inner.names[i]));
        if (is_temporary(inner.names[i])) continue;
        if (dir_is(path_in(dir, name, a))) {
            err = add_below(out, dir, name, depth + 1, a, e);
            continue;
        }
        out->names = arena_grow(a, out->names, out->count, &out->room, sizeof *out->names);
        out->names[out->count++] = name;
    }
    return err;
}

static int by_bytes(const void *a, const void *b)
{
    return str_compare(*(const struct str *)a, *(const struct str *)b);
}

static void sort_names(struct names_list *l)
{
    if (l->count > 0) qsort(l->names, l->count, sizeof *l->names, by_bytes);
}

enum err list_below(struct names_list *out, const char *dir, struct arena *a, struct error *e)
{
    *out = (struct names_list){NULL, 0, 0};
    enum err err = add_below(out, dir, STR_NONE, 0, a, e);
    sort_names(out);
    return err;
}

uint64_t small_checkpoint_size(struct str path)
{
    static const char folder[] = "checkpoints/";
    enum { HEAD = sizeof folder - 1 };
    struct error unused = {0};
    uint64_t size = 0;
    if (!str_starts(path, folder) || path.len != (size_t)HEAD + SIZE_DIGITS) return 0;
    return uint_parse(&size, (struct str){path.ptr + HEAD, SIZE_DIGITS}, &unused) == OK ? size : 0;
}

/* Names that lead out of the folder, or are hidden, are none of ours. */
static bool is_plain(struct str path)
{
    for (size_t at = 0; at < path.len;) {
        const char *slash = memchr(path.ptr + at, '/', path.len - at);
        size_t end = slash == NULL ? path.len : (size_t)(slash - path.ptr);
        if (end == at || path.ptr[at] == '.' || (slash != NULL && end + 1 == path.len)) return false;
        at = end + 1;
    }
    return path.len > 0 && path.len < 256 && text_is_printable(path);
}

/* Named by the id of a key. */
static bool is_key_note(struct str path, const char *folder)
{
    uint8_t id[4];
    struct error unused = {0};
    size_t head = strlen(folder);
    return str_starts(path, folder) &&
           hex_decode(id, sizeof id, (struct str){path.ptr + head, path.len - head}, &unused) == OK;
}

struct str small_archive_path(struct str path)
{
    enum { HEAD = sizeof "checkpoints/" - 1 };
    return is_key_note(path, "checkpoints/keys/") ? (struct str){path.ptr + HEAD, path.len - HEAD} : path;
}

bool small_archive_fits(struct str path)
{
    if (is_key_note(path, "checkpoints/keys/")) return false;
    return is_key_note(path, "keys/") || small_file_fits(path);
}

bool small_file_fits(struct str path)
{
    if (!is_plain(path)) return false;
    if (str_starts(path, "checkpoints/"))
        return small_checkpoint_size(path) != 0 || is_key_note(path, "checkpoints/keys/");
    for (size_t i = 0; i < SMALL_KINDS; i++) {
        struct str name = str_of(small_table[i].name);
        if (str_equal(path, name)) return true;
        if (str_starts(path, name.ptr) && path.ptr[name.len] == '/') return true;
    }
    return false;
}

static enum err add_kind(struct names_list *out, const char *dir, struct str name, struct arena *a,
                         struct error *e)
{
    const char *path = path_in(dir, name, a);
    if (dir_is(path)) return add_below(out, dir, name, 0, a, e);
    if (!file_exists(path)) return OK;
    out->names = arena_grow(a, out->names, out->count, &out->room, sizeof *out->names);
    out->names[out->count++] = name;
    return OK;
}

enum err small_files(struct names_list *out, const char *dir, enum small_use use, uint64_t size,
                     struct arena *a, struct error *e)
{
    struct names_list all = {NULL, 0, 0};
    *out = (struct names_list){NULL, 0, 0};
    enum err err = OK;
    for (size_t i = 0; err == OK && i < SMALL_KINDS; i++)
        if ((small_table[i].uses & (unsigned)use) != 0)
            err = add_kind(&all, dir, str_of(small_table[i].name), a, e);
    for (size_t i = 0; err == OK && i < all.count; i++) {
        if (!small_file_fits(all.names[i]) || small_checkpoint_size(all.names[i]) > size) continue;
        out->names = arena_grow(a, out->names, out->count, &out->room, sizeof *out->names);
        out->names[out->count++] = all.names[i];
    }
    sort_names(out);
    return err;
}

enum err small_mark(struct passing *p, struct str origin, struct str path, struct bytes note, struct error *e)
{
    struct checkpoint c = {STR_NONE, 0, {{0}}};
    uint64_t size = small_checkpoint_size(path);
    enum err err = checkpoint_read(&c, bytes_str(note), p->arena, e);
    if (err == OK && origin_generation(c.origin, origin) == 0)
        err = fail(e, ERR_TAMPERED, "it is about another ledger, '%.*s'", STR_ARG(text_quotable(c.origin)));
    if (err == OK && (c.size == 0 || (size != 0 && c.size != size)))
        err = fail(e, ERR_TAMPERED, "it is of %ju records", (uintmax_t)c.size);
    if (err != OK) {
        e->code = ERR_TAMPERED;
        return wrap(e, "checkpoint '%.*s'", STR_ARG(path));
    }
    passing_mark(p, c.size, &c.root, str_cstring(p->arena, path));
    return OK;
}

/* ---- files in a copy's folder ---- */

const char *path_in(const char *dir, struct str path, struct arena *a)
{
    return str_format(a, "%s/%.*s", dir, STR_ARG(path)).ptr;
}

enum err make_parent(const char *path, unsigned mode, struct error *e)
{
    char parent[LIMIT_PATH_BYTES];
    const char *slash = strrchr(path, '/');
    size_t len = slash == NULL ? 0 : (size_t)(slash - path);
    if (len == 0) return OK;
    if (len >= sizeof parent) return fail(e, ERR_LIMIT, "the path '%s' is too long", path);
    memcpy(parent, path, len);
    parent[len] = '\0';
    return dir_make(parent, mode, e);
}

enum err put_file(const char *dir, const char *path, struct bytes content, unsigned mode, struct error *e)
{
    struct file_sink sink = {0};
    char place[LIMIT_PATH_BYTES];
    int n = snprintf(place, sizeof place, "%s/file", dir); /* only its folder counts */
    if (n < 0 || (size_t)n >= sizeof place) return fail(e, ERR_LIMIT, "the path '%s' is too long", dir);
    enum err err = make_parent(path, (mode & 077) == 0 ? 0700 : 0755, e); /* as its file */
    if (err == OK) err = file_begin(&sink, place, mode, e);
    if (err != OK) return err;
    /* What it did not take, the end tells. */
    if (content.len > 0) (void)!fwrite(content.ptr, 1, content.len, sink.stream);
    return file_finish_as(&sink, path, e);
}

bool file_is(const char *path, struct bytes content, struct arena *a)
{
    struct bytes is = {NULL, 0};
    struct error unused = {0};
    struct stat info = {0};
    if (stat(path, &info) != 0 || info.st_size < 0 || (size_t)info.st_size != content.len) return false;
    return file_read(&is, path, content.len, a, &unused) == OK && bytes_equal(is, content);
}
