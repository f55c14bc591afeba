/* SPDX-License-Identifier: MIT */
/* archive.c - a ledger as a folder of plain files that anybody can check without us: records, hash tiles,
 * checkpoints, and a manifest. Files that others may have copied already never change: an archive grows. The
 * manifest is written last, and names nothing that is not durable. */
#include "ledger/archive.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

struct listed {
    struct str path;
    struct hash hash;
};
struct archive {
    struct ledger *ledger;
    const char *dir;
    struct ledger_checkpoint at;
    const char *key_file;
    struct checkpoint_key *key; /* NULL: nothing is signed */
    struct held_list held;
    struct passing passing;
    struct copying progress;
    struct tile_maker *tiles;
    struct segment_writer *segment; /* under way; NULL: it is there already */
    struct listed *listed;          /* what the manifest will name */
    size_t count, room;
    uint64_t written;
    struct arena *arena;
};

static void list(struct archive *x, struct str path, const struct hash *hash)
{
    x->listed = arena_grow(x->arena, x->listed, x->count, &x->room, sizeof *x->listed);
    x->listed[x->count++] = (struct listed){path, *hash};
}

static struct hash hash_of(const struct archive *x, struct bytes content)
{
    struct hash out = {{0}};
    hasher_digest(x->passing.hasher, out.bytes, content, (struct bytes){NULL, 0}, (struct bytes){NULL, 0});
    return out;
}

/* A small file, written only if it is not there as it should be. */
static enum err put(struct archive *x, struct str path, struct bytes content, struct error *e)
{
    struct arena *a = arena_new();
    const char *whole = path_in(x->dir, path, a);
    struct hash hash = hash_of(x, content);
    bool is_there = file_is(whole, content, a);
    enum err err = is_there ? OK : put_file(x->dir, whole, content, 0644, e);
    if (err == OK && !is_there) x->written++;
    if (err == OK) list(x, path, &hash);
    arena_free(a);
    return err;
}

/* ---- records ---- */

static struct str segment_path(struct archive *x, uint64_t index, size_t width)
{
    struct str number = tile_number(x->arena, index);
    if (width == SEGMENT_RECORDS) return str_format(x->arena, "records/%.*s.gz", STR_ARG(number));
    return str_format(x->arena, "records/%.*s.p/%zu.gz", STR_ARG(number), width);
}

static enum err end_segment(struct archive *x, uint64_t index, size_t width, struct error *e)
{
    struct segment_facts facts = {.bytes = 0};
    struct str path = segment_path(x, index, width);
    const char *whole = path_in(x->dir, path, x->arena);
    enum err err = segment_end(&facts, x->segment, e);
    if (err == OK) err = make_parent(whole, 0755, e);
    if (err != OK) return err;
    struct segment_writer *w = x->segment;
    x->segment = NULL;
    err = segment_place(w, whole, e);
    if (err != OK) return err;
    x->written++;
    list(x, path, &facts.hash);
    return OK;
}

/* How many records the segment has in an archive of this size. */
static size_t width_of(uint64_t index, uint64_t size)
{
    uint64_t left = size - index * SEGMENT_RECORDS;
    return left < SEGMENT_RECORDS ? (size_t)left : (size_t)SEGMENT_RECORDS;
}

static enum err begin_segment(struct archive *x, uint64_t index, struct error *e)
{
    size_t width = width_of(index, x->at.head.size);
    struct held *h = held_find(&x->held, HELD_SEGMENT, 0, index, width);
    if (h == NULL) return segment_begin(&x->segment, x->dir, e);
    h->current = true;
    list(x, h->path, &h->hash);
    return OK;
}

static enum err write_record(void *context, const struct log_entry *entry, struct error *e)
{
    struct archive *x = context;
    uint64_t index = entry->seq / SEGMENT_RECORDS, size = x->at.head.size;
    bool is_first = entry->seq % SEGMENT_RECORDS == 0;
    bool is_last = (entry->seq + 1) % SEGMENT_RECORDS == 0 || entry->seq + 1 == size;
    enum err err = is_first ? begin_segment(x, index, e) : OK;
    if (err == OK && x->segment != NULL) err = segment_add(x->segment, entry->record, e);
    if (err == OK && x->segment != NULL && is_last) err = end_segment(x, index, width_of(index, size), e);
    if (err == OK) err = passing_entry(&x->passing, entry, e);
    return err == OK ? tiles_add(x->tiles, &entry->leaf, e) : err;
}

static enum err write_tile(void *context, const struct tile *t, struct error *e)
{
    struct archive *x = context;
    struct bytes content = {t->hashes[0].bytes, t->width * sizeof *t->hashes};
    struct held *h = held_find(&x->held, HELD_TILE, t->level, t->index, t->width);
    if (h == NULL) return put(x, tile_path(x->arena, t), content, e);
    struct hash hash = hash_of(x, content);
    h->current = true;
    list(x, h->path, &hash);
    return OK;
}

/* The root over all that was written must be the checkpoint's, which is one of the marks. */
static enum err write_records(struct archive *x, struct error *e)
{
    x->tiles = calloc(1, sizeof *x->tiles);
    if (x->tiles == NULL) WRONG("out of memory");
    x->tiles->hasher = x->passing.hasher;
    x->tiles->take = write_tile;
    x->tiles->context = x;
    passing_rewind(&x->passing);
    enum err err = stream_records(x->ledger, 0, x->at.head.size, write_record, x, &x->progress, e);
    if (err == OK) err = tiles_end(x->tiles, e);
    segment_abandon(x->segment);
    x->segment = NULL;
    free(x->tiles);
    return err == OK ? passing_check(&x->passing, e) : err;
}

/* ---- small files ---- */

static enum err read_small(struct bytes *out, const char *dir, struct str path, struct arena *a,
                           struct error *e)
{
    return file_read(out, path_in(dir, path, a), LIMIT_SMALL_FILE_BYTES, a, e);
}

/* Every checkpoint of a folder is a mark, whoever signed it: all must be of this chain. */
static enum err mark_all(struct archive *x, const char *dir, const struct names_list *l, struct error *e)
{
    enum err err = OK;
    for (size_t i = 0; err == OK && i < l->count; i++) {
        struct arena *a = arena_new();
        struct bytes note = {NULL, 0};
        bool is_head = str_is(l->names[i], "checkpoint");
        if (is_head || small_checkpoint_size(l->names[i]) != 0) {
            err = read_small(&note, dir, l->names[i], a, e);
            if (err == OK) err = small_mark(&x->passing, x->ledger->origin, l->names[i], note, e);
        }
        arena_free(a);
    }
    return err;
}

static enum err write_small(struct archive *x, struct error *e)
{
    struct names_list l = {NULL, 0, 0};
    enum err err = small_files(&l, x->ledger->dir, SMALL_ARCHIVE, x->at.head.size, x->arena, e);
    for (size_t i = 0; err == OK && i < l.count; i++) {
        struct arena *a = arena_new();
        struct bytes content = {NULL, 0};
        err = read_small(&content, x->ledger->dir, l.names[i], a, e);
        if (err == OK) err = put(x, small_archive_path(l.names[i]), content, e);
        arena_free(a);
    }
    return err;
}

static bool is_listed(const struct archive *x, struct str path)
{
    for (size_t i = x->count; i-- > 0;)
        if (str_equal(x->listed[i].path, path)) return true;
    return false;
}

/* What an older archive has and the ledger has not any more stays: others may have copied it. */
static enum err keep_older(struct archive *x, struct error *e)
{
    enum err err = OK;
    for (size_t i = 0; err == OK && i < x->held.count; i++) {
        const struct held *h = &x->held.files[i];
        bool is_manifest = str_starts(h->path, "SHA256SUMS");
        if (h->kind != HELD_OTHER || is_manifest || is_listed(x, h->path)) continue;
        struct arena *a = arena_new();
        struct bytes content = {NULL, 0};
        err = read_small(&content, x->dir, h->path, a, e);
        struct hash hash = hash_of(x, content);
        if (err == OK) list(x, h->path, &hash);
        arena_free(a);
    }
    return err;
}

static bool has_line(struct bytes text, struct str line)
{
    for (size_t at = 0; at + line.len <= text.len; at++) {
        bool begins = at == 0 || text.ptr[at - 1] == '\n';
        struct bytes here = {text.ptr + at, line.len};
        if (begins && bytes_equal(here, str_bytes(line))) return true;
    }
    return false;
}

/* The key's line, behind those of the keys before it. */
static enum err put_public_keys(struct archive *x, struct error *e)
{
    const struct note_key *k = checkpoint_key_public(x->key);
    struct str line = str_format(x->arena, "%.*s\n", STR_ARG(note_key_text(x->arena, k)));
    const char *path = path_in(x->dir, STR("public-keys"), x->arena);
    struct bytes was = {NULL, 0};
    enum err err = file_exists(path) ? file_read(&was, path, LIMIT_SMALL_FILE_BYTES, x->arena, e) : OK;
    if (err != OK) return err;
    struct buffer all = {.arena = x->arena};
    if (was.len > 0) buffer_add(&all, was.ptr, was.len);
    if (!has_line(was, line)) buffer_add(&all, line.ptr, line.len);
    err = put(x, STR("public-keys"), (struct bytes){all.ptr, all.len}, e);
    return err == OK ? put(x, STR("signify.pub"), str_bytes(signify_public(x->arena, k)), e) : err;
}

/* ---- the manifest ---- */

static int by_path(const void *a, const void *b)
{
    return str_compare(((const struct listed *)a)->path, ((const struct listed *)b)->path);
}

static struct bytes manifest_of(const struct archive *x)
{
    struct buffer b = {.arena = x->arena};
    qsort(x->listed, x->count, sizeof *x->listed, by_path);
    for (size_t i = 0; i < x->count; i++) {
        char digits[64];
        hex_encode(digits, x->listed[i].hash.bytes, 32);
        buffer_print(&b, "%.64s  %.*s\n", digits, STR_ARG(x->listed[i].path));
    }
    return (struct bytes){b.ptr, b.len};
}

/* A signature of another manifest is worth nothing, and must not stay beside this one. */
static enum err put_signature(struct archive *x, const char *name, struct str text, struct error *e)
{
    const char *path = path_in(x->dir, str_of(name), x->arena);
    if (x->key != NULL) return put_file(x->dir, path, str_bytes(text), 0644, e);
    return unlink(path) == 0 || errno == ENOENT ? OK : fail_errno(e, errno, "cannot remove '%s'", path);
}

static enum err write_manifest(bool *is_signed, struct archive *x, struct error *e)
{
    struct bytes manifest = manifest_of(x);
    const char *path = path_in(x->dir, STR("SHA256SUMS"), x->arena);
    const char *sig = path_in(x->dir, STR("SHA256SUMS.sig"), x->arena);
    struct str signify = STR_NONE, ssh = STR_NONE;
    *is_signed = x->key != NULL;
    if (x->key == NULL && file_is(path, manifest, x->arena)) {
        *is_signed = file_exists(sig);
        return OK;
    }
    enum err err = x->key == NULL ? OK : signify_sign(&signify, x->key, manifest, x->arena, e);
    if (err == OK && x->key != NULL) err = ssh_sign(&ssh, x->key, "daybook-archive", manifest, x->arena, e);
    if (err == OK) err = put_signature(x, "SHA256SUMS.sig", signify, e);
    if (err == OK) err = put_signature(x, "SHA256SUMS.sshsig", ssh, e);
    return err == OK ? put_file(x->dir, path, manifest, 0644, e) : err;
}

/* Partial tiles and segments of the archive before. */
static enum err remove_obsolete(struct archive *x, struct error *e)
{
    for (size_t i = 0; i < x->held.count; i++) {
        const struct held *h = &x->held.files[i];
        if (h->kind == HELD_OTHER || h->current) continue;
        char *path = str_cstring(x->arena, str_of(path_in(x->dir, h->path, x->arena)));
        if (unlink(path) != 0) return fail_errno(e, errno, "cannot remove '%s'", path);
        *strrchr(path, '/') = '\0';
        (void)rmdir(path); /* unless another one is in it */
    }
    return OK;
}

/* ---- all ---- */

/* The checkpoint that the archive is of. */
static enum err choose(struct archive *x, const char *checkpoint, struct error *e)
{
    struct checkpoint again = {STR_NONE, 0, {{0}}};
    struct checkpoint_how how = {
        .key_file = x->key_file, .progress = x->progress.progress, .context = x->progress.context};
    enum err err = OK;
    if (checkpoint != NULL)
        err = ledger_read_checkpoint(&x->at, x->ledger, checkpoint, x->arena, e);
    else if (x->key_file != NULL)
        err = ledger_checkpoint(&x->at, x->ledger, &how, x->arena, e);
    else
        err = ledger_newest_checkpoint(&x->at, x->ledger, x->arena, e);
    if (err == OK && x->at.head.size == 0) err = fail(e, ERR_INVALID, "the checkpoint is of no records");
    if (err == OK && checkpoint == NULL)
        err = ledger_cosigned_note(&x->at.note, x->ledger, &x->at, x->arena, e);
    if (err != OK || x->key_file == NULL) return err;
    err = checkpoint_key_open_by(&x->key, x->key_file, &x->ledger->passphrase, e);
    if (err == OK) err = checkpoint_open(&again, x->at.note, checkpoint_key_public(x->key), x->arena, e);
    return err;
}

static enum err check_size(const struct archive *x, struct error *e)
{
    struct log_state s = {.epoch = 0};
    ledger_lock(x->ledger);
    enum err err = log_state(&s, x->ledger->log, e);
    ledger_unlock(x->ledger);
    if (err != OK || s.head.range.size >= x->at.head.size) return err;
    return fail(e, ERR_ROLLED_BACK, "the ledger has %ju records, and checkpoint '%s' is of %ju",
                (uintmax_t)s.head.range.size, x->at.path, (uintmax_t)x->at.head.size);
}

/* Nothing is touched before all that is there was held against the ledger. */
static enum err check_older(struct archive *x, struct error *e)
{
    struct names_list names = {NULL, 0, 0}, own = names;
    bool has_data = false;
    enum err err = held_list(&x->held, x->dir, x->arena, e);
    if (err == OK) err = list_below(&names, x->dir, x->arena, e);
    if (err == OK) err = mark_all(x, x->dir, &names, e);
    if (err == OK) err = small_files(&own, x->ledger->dir, SMALL_ARCHIVE, x->at.head.size, x->arena, e);
    if (err == OK) err = mark_all(x, x->ledger->dir, &own, e);
    if (err != OK) return err;
    passing_mark(&x->passing, x->at.head.size, &x->at.head.root, x->at.path);
    passing_sort(&x->passing);
    const struct mark *last = &x->passing.marks[x->passing.count - 1];
    if (last->size > x->at.head.size)
        return fail(e, ERR_ROLLED_BACK, "the archive in '%s' is of %ju records, and the checkpoint of %ju",
                    x->dir, (uintmax_t)last->size, (uintmax_t)x->at.head.size);
    for (size_t i = 0; i < x->held.count; i++) has_data = has_data || x->held.files[i].kind != HELD_OTHER;
    struct holding h = {x->ledger, x->dir, x->at.head.size, &x->held, &x->passing, x->arena, &x->progress};
    return has_data ? held_check(&h, e) : OK;
}

static enum err write_all(struct ledger_archive *out, struct archive *x, struct error *e)
{
    enum err err = dir_sweep(x->dir, x->arena, e);
    if (err == OK) err = write_records(x, e);
    if (err == OK) err = write_small(x, e);
    if (err == OK) err = put(x, STR("checkpoint"), str_bytes(x->at.note), e);
    if (err == OK && x->key != NULL) err = put_public_keys(x, e);
    if (err == OK) err = keep_older(x, e);
    if (err == OK) err = write_manifest(&out->is_signed, x, e);
    if (err == OK) err = remove_obsolete(x, e);
    if (err != OK) return err;
    out->at = x->at.head;
    out->files = x->count;
    out->written = x->written;
    if (x->key != NULL) out->ssh_public = ssh_public(x->arena, checkpoint_key_public(x->key));
    return OK;
}

enum err ledger_export(struct ledger_archive *out, struct ledger *l, const struct archive_options *o,
                       struct arena *a, struct error *e)
{
    struct archive x = {.ledger = l,
                        .dir = o->dir,
                        .key_file = o->key_file,
                        .passing = passing_begin(a, NULL),
                        .progress = o->told,
                        .arena = a};
    int lock = -1;
    *out = (struct ledger_archive){.files = 0};
    enum err err = ledger_guard_output(l, o->dir, e);
    if (err == OK) err = choose(&x, o->checkpoint, e);
    if (err == OK) err = check_size(&x, e);
    if (err == OK) err = dir_make(o->dir, 0755, e);
    if (err == OK) err = dir_lock(&lock, o->dir, e);
    if (err == OK) err = check_older(&x, e);
    if (err == OK) err = write_all(out, &x, e);
    if (lock >= 0) (void)close(lock); /* also unlocks */
    checkpoint_key_close(x.key);
    passing_end(&x.passing);
    return err == OK ? OK : wrap(e, "cannot export to '%s'", o->dir);
}
