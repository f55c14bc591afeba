/* SPDX-License-Identifier: MIT */
/* archive_held.c - an older archive against the ledger. Every record and every hash in it is compared with
 * what the log has, whatever its own manifest says; only then may anything be added. */
#include "ledger/archive.h"

/* ---- what is there ---- */

static bool is_known_name(struct str path)
{
    static const char *const names[] = {"checkpoint", "public-keys",    "signify.pub",
                                        "SHA256SUMS", "SHA256SUMS.sig", "SHA256SUMS.sshsig"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (str_is(path, names[i])) return true;
    return small_archive_fits(path);
}

static bool read_segment_path(struct held *h, struct str path)
{
    static const char folder[] = "records/", end[] = ".gz";
    enum { HEAD = sizeof folder - 1, TAIL = sizeof end - 1 };
    if (!str_starts(path, folder) || path.len < (size_t)HEAD + TAIL) return false;
    if (memcmp(path.ptr + path.len - TAIL, end, TAIL) != 0) return false;
    struct str number = {path.ptr + HEAD, path.len - HEAD - TAIL};
    h->kind = HELD_SEGMENT;
    return tile_number_read(&h->index, &h->width, number, SEGMENT_RECORDS);
}

static bool read_tile_path(struct held *h, struct str path)
{
    static const char folder[] = "tile/";
    enum { HEAD = sizeof folder - 1 };
    if (!str_starts(path, folder) || path.len < HEAD + 2 || path.ptr[HEAD + 1] != '/') return false;
    if (path.ptr[HEAD] < '0' || path.ptr[HEAD] >= '0' + TILE_LEVELS) return false;
    h->kind = HELD_TILE;
    h->level = (unsigned)(path.ptr[HEAD] - '0');
    struct str number = {path.ptr + HEAD + 2, path.len - HEAD - 2};
    return tile_number_read(&h->index, &h->width, number, TILE_HASHES);
}

static int compare(const struct held *a, const struct held *b)
{
    if (a->kind != b->kind) return a->kind < b->kind ? -1 : 1;
    if (a->level != b->level) return a->level < b->level ? -1 : 1;
    if (a->index != b->index) return a->index < b->index ? -1 : 1;
    return (a->width > b->width) - (a->width < b->width);
}

static int by_place(const void *a, const void *b)
{
    return compare(a, b);
}

enum err held_list(struct held_list *out, const char *dir, struct arena *a, struct error *e)
{
    struct names_list names = {NULL, 0, 0};
    *out = (struct held_list){NULL, 0, 0};
    enum err err = list_below(&names, dir, a, e);
    for (size_t i = 0; err == OK && i < names.count; i++) {
        struct held h = {.kind = HELD_OTHER, .path = names.names[i]};
        bool is_data = read_segment_path(&h, h.path) || read_tile_path(&h, h.path);
        if (!is_data && !is_known_name(h.path))
            return fail(e, ERR_REFUSED, "'%s/%.*s' belongs to no archive", dir,
                        STR_ARG(text_quotable(h.path)));
        if (!is_data) h = (struct held){.kind = HELD_OTHER, .path = h.path};
        out->files = arena_grow(a, out->files, out->count, &out->room, sizeof *out->files);
        out->files[out->count++] = h;
    }
    if (err == OK && out->count > 0) qsort(out->files, out->count, sizeof *out->files, by_place);
    return err;
}

/* The first that does not stand before `at`. */
static size_t lower(const struct held_list *l, const struct held *at)
{
    size_t low = 0, high = l->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare(&l->files[middle], at) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct held *held_find(const struct held_list *l, enum held_kind kind, unsigned level, uint64_t index,
                       size_t width)
{
    struct held at = {.kind = kind, .level = level, .index = index, .width = width};
    size_t i = lower(l, &at);
    return i < l->count && compare(&l->files[i], &at) == 0 ? &l->files[i] : NULL;
}

/* ---- segments ---- */

/* One that is being read beside the log. */
struct beside {
    struct held *file;
    struct segment_reader *reader;
    size_t left; /* records */
};
struct comparing {
    const struct holding *holding;
    struct tile_maker *tiles;
    struct beside *readings;
    size_t count, room;
};

static void close_all(struct comparing *c)
{
    for (size_t i = 0; i < c->count; i++) segment_close(c->readings[i].reader);
    c->count = 0;
}

static enum err begin_segment(struct comparing *c, uint64_t index, struct error *e)
{
    struct held_list *l = c->holding->list;
    struct held at = {.kind = HELD_SEGMENT, .index = index};
    enum err err = OK;
    for (size_t i = lower(l, &at); err == OK && i < l->count; i++) {
        struct held *h = &l->files[i];
        if (h->kind != HELD_SEGMENT || h->index != index) break;
        c->readings = arena_grow(c->holding->arena, c->readings, c->count, &c->room, sizeof *c->readings);
        struct beside *r = &c->readings[c->count];
        *r = (struct beside){.file = h, .left = h->width};
        err = segment_open(&r->reader, path_in(c->holding->dir, h->path, c->holding->arena), e);
        if (err == OK) c->count++;
    }
    return err;
}

static enum err differs(const struct held *h, uint64_t seq, struct error *e)
{
    return fail(e, ERR_TAMPERED, "record %ju of '%.*s' is not that of this ledger", (uintmax_t)seq,
                STR_ARG(h->path));
}

/* The next record of one file; at its last, the file must end. */
static enum err compare_one(struct beside *r, const struct log_entry *entry, struct error *e)
{
    struct bytes record = {NULL, 0};
    bool end = false;
    enum err err = segment_next(&record, &end, r->reader, e);
    if (err == OK && (end || !bytes_equal(record, entry->record))) return differs(r->file, entry->seq, e);
    if (err == OK && --r->left == 0) {
        err = segment_next(&record, &end, r->reader, e);
        if (err == OK && !end) return differs(r->file, entry->seq + 1, e);
        r->file->hash = segment_facts(r->reader).hash;
        r->file->matches = true;
    }
    return err == OK ? OK : wrap(e, "'%.*s'", STR_ARG(r->file->path));
}

static enum err compare_record(void *context, const struct log_entry *entry, struct error *e)
{
    struct comparing *c = context;
    enum err err = OK;
    if (entry->seq % SEGMENT_RECORDS == 0) {
        close_all(c);
        err = begin_segment(c, entry->seq / SEGMENT_RECORDS, e);
    }
    for (size_t i = 0; err == OK && i < c->count; i++)
        if (c->readings[i].left > 0) err = compare_one(&c->readings[i], entry, e);
    if (err == OK) err = passing_entry(c->holding->passing, entry, e);
    return err == OK ? tiles_add(c->tiles, &entry->leaf, e) : err;
}

/* ---- tiles ---- */

static enum err compare_tile(void *context, const struct tile *t, struct error *e)
{
    const struct comparing *c = context;
    struct held_list *l = c->holding->list;
    struct held at = {.kind = HELD_TILE, .level = t->level, .index = t->index};
    struct arena *a = arena_new();
    enum err err = OK;
    for (size_t i = lower(l, &at); err == OK && i < l->count; i++) {
        struct held *h = &l->files[i];
        if (h->kind != HELD_TILE || h->level != t->level || h->index != t->index) break;
        if (h->width > t->width) continue; /* stays without a match */
        struct bytes wanted = {t->hashes[0].bytes, h->width * sizeof *t->hashes};
        h->matches = file_is(path_in(c->holding->dir, h->path, a), wanted, a);
        if (!h->matches)
            err = fail(e, ERR_TAMPERED, "'%.*s' holds other hashes than this ledger", STR_ARG(h->path));
    }
    arena_free(a);
    return err;
}

/* ---- all ---- */

static enum err check_all_met(const struct holding *h, struct error *e)
{
    for (size_t i = 0; i < h->list->count; i++) {
        const struct held *f = &h->list->files[i];
        if (f->kind == HELD_OTHER || f->matches) continue;
        return fail(e, ERR_REFUSED, "'%.*s' goes beyond the checkpoint of %ju records", STR_ARG(f->path),
                    (uintmax_t)h->size);
    }
    return OK;
}

enum err held_check(const struct holding *h, struct error *e)
{
    struct comparing c = {.holding = h, .tiles = calloc(1, sizeof *c.tiles)};
    if (c.tiles == NULL) WRONG("out of memory");
    c.tiles->hasher = h->passing->hasher;
    c.tiles->take = compare_tile;
    c.tiles->context = &c;
    passing_rewind(h->passing);
    enum err err = stream_records(h->ledger, 0, h->size, compare_record, &c, h->progress, e);
    if (err == OK) err = tiles_end(c.tiles, e);
    if (err == OK) err = check_all_met(h, e);
    close_all(&c);
    free(c.tiles);
    return err == OK ? OK
                     : wrap(e, "the archive in '%s' is not one of this ledger that can be added to", h->dir);
}
