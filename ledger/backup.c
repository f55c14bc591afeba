/* SPDX-License-Identifier: MIT */
/* backup.c - see ledger.h and FORMAT.md, "Backups". A snapshot is a prefix of the log: as many records as
 * there were when it began. Whatever it names is durable before it is written; what no snapshot names is
 * removed only after the snapshot that named it. */
#include "ledger/snapshot.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

struct backing {
    struct ledger *ledger;
    const char *dir;
    struct snapshot before, now; /* before.size 0: there is none */
    struct passing passing;
    size_t at;           /* the next piece of `before` */
    uint64_t write_from; /* of the segment under way: what is before it is kept */
    uint64_t end;        /* of the segment under way */
    struct segment_writer *segment;
    struct ledger_backup *out;
    struct bytes late; /* the customers' keys, other in each ledger: written once the records fit */
    struct object late_object;
    struct arena *arena;
};

/* ---- what to keep of the snapshot before ---- */

/* The pieces of a segment that the snapshot before has, if all of them are there, and where they end. */
static size_t usable_pieces(const struct backing *b, uint64_t index, uint64_t *end)
{
    size_t count = 0;
    *end = index * SEGMENT_RECORDS;
    for (size_t i = b->at; i < b->before.pieces_count; i++) {
        const struct piece *p = &b->before.pieces[i];
        if (p->from / SEGMENT_RECORDS != index) break;
        if (!object_is_there(b->dir, &p->object)) {
            *end = index * SEGMENT_RECORDS;
            return 0;
        }
        *end = p->to;
        count++;
    }
    return count;
}

/* A full segment is one object, and one that still grows has some few. */
static enum err begin_stretch(struct backing *b, uint64_t index)
{
    uint64_t first = index * SEGMENT_RECORDS, full = first + SEGMENT_RECORDS, kept_to = first;
    size_t count = usable_pieces(b, index, &kept_to);
    b->end = b->now.size < full ? b->now.size : full;
    bool is_complete = kept_to == b->end && (count == 1 || b->end < full);
    bool may_grow = count > 0 && b->end < full && count < LIMIT_SNAPSHOT_PIECES;
    bool keeps = is_complete || may_grow;
    for (; b->at < b->before.pieces_count && b->before.pieces[b->at].from / SEGMENT_RECORDS == index; b->at++)
        if (keeps) snapshot_add_piece(&b->now, b->before.pieces[b->at], b->arena);
    b->write_from = keeps ? kept_to : first;
    return OK;
}

/* ---- records ---- */

static enum err end_piece(struct backing *b, struct error *e)
{
    struct segment_facts facts = {.bytes = 0};
    struct segment_writer *w = b->segment;
    enum err err = segment_end(&facts, w, e);
    if (err != OK) return err;
    struct piece p = {b->write_from, b->end, {facts.hash, facts.bytes}};
    const char *path = path_in(b->dir, object_path(b->arena, &facts.hash), b->arena);
    b->segment = NULL;
    snapshot_add_piece(&b->now, p, b->arena);
    if (object_is_there(b->dir, &p.object)) {
        segment_abandon(w);
        return OK;
    }
    err = make_parent(path, 0700, e);
    if (err != OK) {
        segment_abandon(w);
        return err;
    }
    b->out->objects++;
    b->out->bytes += facts.bytes;
    return segment_place(w, path, e);
}

static enum err back_record(void *context, const struct log_entry *entry, struct error *e)
{
    struct backing *b = context;
    enum err err = passing_entry(&b->passing, entry, e);
    if (err == OK && entry->seq % SEGMENT_RECORDS == 0) err = begin_stretch(b, entry->seq / SEGMENT_RECORDS);
    if (err != OK || entry->seq < b->write_from) return err;
    if (entry->seq == b->write_from) err = segment_begin(&b->segment, b->dir, e);
    if (err == OK) err = segment_add(b->segment, entry->record, e);
    return err == OK && entry->seq + 1 == b->end ? end_piece(b, e) : err;
}

/* ---- small files ---- */

static enum err put_small(struct backing *b, const struct object *o, struct bytes content, struct error *e)
{
    b->out->objects++;
    b->out->bytes += o->bytes;
    return put_file(b->dir, path_in(b->dir, object_path(b->arena, &o->hash), b->arena), content, 0600, e);
}

static enum err back_file(struct backing *b, struct str path, struct arena *a, struct error *e)
{
    struct bytes content = {NULL, 0};
    struct object o = {.bytes = 0};
    enum err err = file_read(&content, path_in(b->ledger->dir, path, a), LIMIT_SMALL_FILE_BYTES, a, e);
    if (err == OK && small_checkpoint_size(path) != 0)
        err = small_mark(&b->passing, b->ledger->origin, path, content, e);
    if (err != OK) return err;
    hasher_digest(b->passing.hasher, o.hash.bytes, content, (struct bytes){NULL, 0}, (struct bytes){NULL, 0});
    o.bytes = content.len;
    snapshot_add_file(&b->now, (struct kept_file){path, o}, b->arena);
    if (object_is_there(b->dir, &o)) return OK;
    if (!str_is(path, "customer-keys")) return put_small(b, &o, content, e);
    b->late = bytes_copy(b->arena, content);
    b->late_object = o;
    return OK;
}

static enum err back_files(struct backing *b, struct error *e)
{
    struct names_list l = {NULL, 0, 0};
    enum err err = small_files(&l, b->ledger->dir, SMALL_BACKUP, b->now.size, b->arena, e);
    for (size_t i = 0; err == OK && i < l.count; i++) {
        struct arena *a = arena_new();
        err = back_file(b, l.names[i], a, e);
        arena_free(a);
    }
    return err;
}

/* ---- all ---- */

static enum err take_before(struct backing *b, struct error *e)
{
    struct names_list names = {NULL, 0, 0};
    enum err err = snapshot_names(&names, b->dir, b->arena, e);
    if (err != OK || names.count == 0) return err;
    err = snapshot_read(&b->before, b->dir, names.names[names.count - 1], b->arena, e);
    if (err != OK) return err;
    const struct snapshot *s = &b->before;
    if (!str_equal(s->origin, b->ledger->origin))
        return fail(e, ERR_REFUSED, "it is the backup of another ledger, '%.*s'",
                    STR_ARG(text_quotable(s->origin)));
    passing_mark(&b->passing, s->size, &s->root,
                 str_format(b->arena, "snapshots/%.*s", STR_ARG(s->name)).ptr);
    if (s->size <= b->now.size) return OK;
    return fail(e, ERR_ROLLED_BACK, "the ledger has %ju records, and snapshot '%.*s' is of %ju",
                (uintmax_t)b->now.size, STR_ARG(s->name), (uintmax_t)s->size);
}

static enum err take_size(struct backing *b, struct error *e)
{
    struct log_state s = {.epoch = 0};
    ledger_lock(b->ledger);
    enum err err = log_state(&s, b->ledger->log, e);
    ledger_unlock(b->ledger);
    b->now = (struct snapshot){.origin = b->ledger->origin, .size = s.head.range.size, .root = s.root};
    passing_mark(&b->passing, b->now.size, &b->now.root, "the log's head");
    return err;
}

static enum err write_snapshot(struct backing *b, const struct copying *c, struct error *e)
{
    enum err err = back_files(b, e);
    passing_sort(&b->passing);
    if (err == OK) err = stream_records(b->ledger, 0, b->now.size, back_record, b, c, e);
    if (err == OK) err = passing_check(&b->passing, e);
    segment_abandon(b->segment);
    if (err == OK && b->late.len > 0) err = put_small(b, &b->late_object, b->late, e);
    if (err != OK) return err;
    b->now.name = snapshot_name(b->arena, b->now.size, &b->now.root);
    struct bytes text = str_bytes(snapshot_text(b->arena, &b->now));
    const char *path = str_format(b->arena, "%s/snapshots/%.*s", b->dir, STR_ARG(b->now.name)).ptr;
    if (text.len > LIMIT_SNAPSHOT_BYTES) return fail(e, ERR_LIMIT, "the snapshot names too many files");
    return file_is(path, text, b->arena) ? OK : put_file(b->dir, path, text, 0600, e);
}

enum err ledger_backup(struct ledger_backup *out, struct ledger *l, const char *dir, const struct copying *c,
                       struct arena *a, struct error *e)
{
    struct backing b = {.ledger = l, .dir = dir, .passing = passing_begin(a, NULL), .out = out, .arena = a};
    int lock = -1;
    *out = (struct ledger_backup){.records = 0};
    enum err err = ledger_guard_output(l, dir, e);
    if (err == OK) err = dir_make(dir, 0700, e);
    if (err == OK) err = dir_lock(&lock, dir, e);
    if (err == OK) err = take_size(&b, e);
    if (err == OK) err = take_before(&b, e);
    if (err == OK) err = dir_sweep(dir, a, e);
    if (err == OK) err = write_snapshot(&b, c, e);
    if (lock >= 0) (void)close(lock); /* also unlocks */
    passing_end(&b.passing);
    if (err != OK) return wrap(e, "cannot back up to '%s'", dir);
    out->snapshot = b.now.name;
    out->records = b.now.size;
    out->added = b.now.size - b.before.size;
    out->root = b.now.root;
    return OK;
}

/* ---- looking at one ---- */

static struct backup_entry entry_of(const struct snapshot *s)
{
    struct backup_entry out = {.name = s->name,
                               .origin = s->origin,
                               .records = s->size,
                               .segments = s->pieces_count,
                               .files = s->files_count,
                               .root = s->root};
    for (size_t i = 0; i < s->pieces_count; i++) out.bytes += s->pieces[i].object.bytes;
    for (size_t i = 0; i < s->files_count; i++) out.bytes += s->files[i].object.bytes;
    return out;
}

static enum err begin_looking(struct names_list *names, int *lock, const char *dir, struct arena *a,
                              struct error *e)
{
    if (!dir_is(dir)) return fail(e, ERR_NOT_FOUND, "there is no backup in '%s'", dir);
    enum err err = dir_lock(lock, dir, e);
    if (err == OK) err = snapshot_names(names, dir, a, e);
    if (err == OK && names->count == 0) err = fail(e, ERR_NOT_FOUND, "there is no snapshot in '%s'", dir);
    return err;
}

enum err backup_list(struct backup_entry **out, size_t *count, const char *dir, struct arena *a,
                     struct error *e)
{
    struct names_list names = {NULL, 0, 0};
    int lock = -1;
    *count = 0;
    enum err err = begin_looking(&names, &lock, dir, a, e);
    *out = arena_array_of(a, struct backup_entry, names.count);
    for (size_t i = 0; err == OK && i < names.count; i++) {
        struct snapshot s = {.size = 0};
        err = snapshot_read(&s, dir, names.names[i], a, e);
        if (err == OK) (*out)[(*count)++] = entry_of(&s);
    }
    if (lock >= 0) (void)close(lock); /* also unlocks */
    return err;
}

static enum err verify_one(struct backup_entry *out, const char *dir, struct str name,
                           const struct copying *c, struct arena *a, struct error *e)
{
    struct snapshot s = {.size = 0};
    enum err err = snapshot_read(&s, dir, name, a, e);
    if (err == OK) err = snapshot_judge(&s, dir, NULL, c, a, e);
    if (err == OK) *out = entry_of(&s);
    return err;
}

/* All of them must be of one ledger, and each the beginning of the next; the newest holds that. */
static enum err verify_all(struct backup_entry *out, size_t *verified, const char *dir,
                           const struct names_list *names, const struct copying *c, struct arena *a,
                           struct error *e)
{
    struct backup_entry one = {.records = 0};
    enum err err = OK;
    for (size_t i = 0; err == OK && i < names->count; i++) {
        err = verify_one(out, dir, names->names[i], c, a, e);
        if (err == OK && i > 0 && !str_equal(out->origin, one.origin))
            err = fail(e, ERR_TAMPERED, "snapshot '%.*s' is of another ledger", STR_ARG(out->name));
        one = *out;
        if (err == OK) (*verified)++;
    }
    return err;
}

enum err backup_verify(struct backup_entry *out, size_t *verified, const char *dir, const char *snapshot,
                       const struct copying *c, struct arena *a, struct error *e)
{
    struct names_list names = {NULL, 0, 0};
    int lock = -1;
    *verified = 0;
    enum err err = begin_looking(&names, &lock, dir, a, e);
    if (err == OK && snapshot != NULL) err = verify_one(out, dir, str_of(snapshot), c, a, e);
    if (err == OK && snapshot != NULL) *verified = 1;
    if (err == OK && snapshot == NULL) err = verify_all(out, verified, dir, &names, c, a, e);
    if (lock >= 0) (void)close(lock); /* also unlocks */
    return err;
}

/* ---- pruning ---- */

struct named {
    struct hash *hashes;
    size_t count, room;
};

static int by_hash(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct hash));
}

static void name_object(struct named *n, const struct hash *h, struct arena *a)
{
    n->hashes = arena_grow(a, n->hashes, n->count, &n->room, sizeof *n->hashes);
    n->hashes[n->count++] = *h;
}

static enum err name_all(struct named *n, const char *dir, const struct names_list *names, size_t from,
                         struct arena *a, struct error *e)
{
    enum err err = OK;
    for (size_t i = from; err == OK && i < names->count; i++) {
        struct snapshot s = {.size = 0};
        err = snapshot_read(&s, dir, names->names[i], a, e);
        for (size_t k = 0; err == OK && k < s.pieces_count; k++) name_object(n, &s.pieces[k].object.hash, a);
        for (size_t k = 0; err == OK && k < s.files_count; k++) name_object(n, &s.files[k].object.hash, a);
    }
    if (n->count > 0) qsort(n->hashes, n->count, sizeof *n->hashes, by_hash);
    return err;
}

static enum err remove_snapshots(struct backup_pruned *out, const char *dir, const struct names_list *names,
                                 size_t count, struct arena *a, struct error *e)
{
    const char *folder = str_format(a, "%s/snapshots", dir).ptr;
    for (size_t i = 0; i < count; i++) {
        const char *path = path_in(folder, names->names[i], a);
        if (unlink(path) != 0) return fail_errno(e, errno, "cannot remove '%s'", path);
        out->snapshots++;
    }
    return dir_sync(folder, e);
}

/* "ab/cd…" is an object's name; what is named otherwise is left alone. */
static bool is_named(const struct named *n, struct str path)
{
    struct hash h = {{0}};
    struct error unused = {0};
    char digits[64];
    if (path.len != 65 || path.ptr[2] != '/') return true;
    memcpy(digits, path.ptr, 2);
    memcpy(digits + 2, path.ptr + 3, 62);
    if (hex_decode(h.bytes, sizeof h.bytes, (struct str){digits, sizeof digits}, &unused) != OK) return true;
    return n->count > 0 && bsearch(&h, n->hashes, n->count, sizeof h, by_hash) != NULL;
}

static enum err remove_objects(struct backup_pruned *out, const char *dir, const struct named *n,
                               struct arena *a, struct error *e)
{
    struct names_list all = {NULL, 0, 0};
    const char *folder = str_format(a, "%s/objects", dir).ptr;
    enum err err = list_below(&all, folder, a, e);
    for (size_t i = 0; err == OK && i < all.count; i++) {
        struct stat info = {0};
        const char *path = path_in(folder, all.names[i], a);
        if (is_named(n, all.names[i]) || stat(path, &info) != 0) continue;
        if (unlink(path) != 0) err = fail_errno(e, errno, "cannot remove '%s'", path);
        out->objects++;
        out->bytes += (uint64_t)info.st_size;
    }
    return err;
}

enum err backup_prune(struct backup_pruned *out, const char *dir, uint64_t keep, struct arena *a,
                      struct error *e)
{
    struct names_list names = {NULL, 0, 0};
    struct named named = {NULL, 0, 0};
    int lock = -1;
    *out = (struct backup_pruned){.kept = 0};
    if (keep == 0) return fail(e, ERR_INVALID, "the last snapshot is not removed: keep at least one");
    enum err err = begin_looking(&names, &lock, dir, a, e);
    size_t count = names.count > keep ? names.count - (size_t)keep : 0;
    if (err == OK) err = name_all(&named, dir, &names, count, a, e);
    if (err == OK) err = dir_sweep(dir, a, e);
    if (err == OK) err = remove_snapshots(out, dir, &names, count, a, e);
    if (err == OK) err = remove_objects(out, dir, &named, a, e);
    out->kept = names.count - count;
    if (lock >= 0) (void)close(lock); /* also unlocks */
    return err == OK ? OK : wrap(e, "cannot prune '%s'", dir);
}
