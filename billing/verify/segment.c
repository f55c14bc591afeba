/* SPDX-License-Identifier: MIT */
/* segment.c - see segment.h. The tile that a record's hash stands in is read before the record, so that what
 * was changed is named with both hashes; whether it was the record or the tile, the next record tells. */
#include "billing/verify/segment.h"

#include <errno.h>
#include <unistd.h>

void bench_open(struct bench *b, int folder, const struct sums *sums)
{
    b->folder = folder;
    b->unpacker = unpacker_new();
    b->records.of = b->tiles[0].of = b->tiles[1].of = sums;
    b->records.len = b->tiles[0].len = b->tiles[1].len = 0;
}

void bench_close(struct bench *b)
{
    unpacker_free(b->unpacker);
}

/* ---- tiles ---- */

enum err tile_read(struct digest hashes[TILE_HASHES], struct digest *sum, int folder, const char *place,
                   size_t count, struct fault *f)
{
    int fd = -1;
    uint64_t size = 0;
    size_t wanted = count * sizeof hashes[0];
    enum err err = place_open(&fd, &size, folder, place, f);
    if (err != OK) return err;
    if (size != wanted)
        err = fault_of(f, place, ERR_TAMPERED, "it has %ju bytes, and %zu hashes have %zu", (uintmax_t)size,
                       count, wanted);
    else if (fd_read(hashes[0].bytes, wanted, fd, 0, &f->error) != OK)
        err = fault_in(f, place);
    close(fd);
    if (err == OK)
        digest_of(sum, (struct bytes){hashes[0].bytes, wanted}, (struct bytes){0}, (struct bytes){0});
    return err;
}

static enum err is_not(struct fault *f, const char *place, size_t at, const struct digest *of_records,
                       const struct digest *of_file)
{
    char is[65], wanted[65];
    digest_hex(is, of_file);
    digest_hex(wanted, of_records);
    memcpy(f->expected, of_records->bytes, 32);
    memcpy(f->actual, of_file->bytes, 32);
    f->has_hashes = true;
    return fault_of(f, place, ERR_TAMPERED, "its hash %zu is %s, and the records' is %s", at, is, wanted);
}

enum err tile_hold(int folder, struct sums_view *v, const char *place, const struct digest *hashes,
                   size_t count, struct fault *f)
{
    struct digest is[TILE_HASHES], sum = {{0}};
    enum err err = tile_read(is, &sum, folder, place, count, f);
    if (err != OK) return err;
    for (size_t i = 0; i < count; i++)
        if (!digest_equal(&is[i], &hashes[i])) return is_not(f, place, i, &hashes[i], &is[i]);
    return sums_hold(v, place, &sum, f);
}

/* ---- records ---- */

struct reading {
    struct segment *s;
    struct bench *b;
    int fd;
    uint64_t at; /* of its file that was read */
    char place[PLACE_BYTES], tile[PLACE_BYTES];
    struct digest expected[TILE_HASHES], tile_sum;
};

static enum err read_packed(void *self, uint8_t *to, size_t room, size_t *len, struct error *e)
{
    struct reading *r = self;
    ssize_t got = 0;
    do got = pread(r->fd, to, room, (off_t)r->at);
    while (got < 0 && errno == EINTR);
    if (got < 0) {
        (void)fail_errno(e, errno, "it cannot be read");
        e->code = ERR_INCOMPLETE;
        return e->code;
    }
    *len = (size_t)got;
    r->at += *len;
    return OK;
}

static enum err bad_record(struct reading *r, uint64_t number)
{
    struct fault *f = &r->s->fault;
    f->has_record = true;
    f->record = number;
    (void)wrap(&f->error, "record %ju", (uintmax_t)number);
    return fault_in(f, r->place);
}

/* Record or tile: SHA256SUMS tells whether it was the tile, and if that was written anew the next record
 * does, which names the hash of this one. */
static enum err is_another(struct reading *r, uint64_t number, struct bytes next,
                           const struct digest *expected, const struct digest *actual)
{
    struct fault *f = &r->s->fault;
    struct error unused = {0};
    char is[65], wanted[65];
    if (sums_hold(&r->b->tiles[0], r->tile, &r->tile_sum, f) != OK) return f->error.code;
    if (next.len == 0 && unpacker_next(&next, r->b->unpacker, &unused) != OK) next.len = 0;
    if (next.len >= RECORD_HEADER && memcmp(next.ptr + 32, actual->bytes, 32) == 0)
        return is_not(f, r->tile, number % TILE_HASHES, actual, expected);
    digest_hex(is, actual);
    digest_hex(wanted, expected);
    memcpy(f->expected, expected->bytes, 32);
    memcpy(f->actual, actual->bytes, 32);
    f->has_hashes = true;
    (void)fail(&f->error, ERR_TAMPERED, "its hash is %s, and the tree has %s", is, wanted);
    return bad_record(r, number);
}

/* `next` is the record behind it, empty: that was not unpacked yet. */
static enum err add_record(struct reading *r, uint32_t i, struct bytes whole, struct bytes next)
{
    struct segment *s = r->s;
    struct record record = {.class_ = 0};
    uint64_t number = s->number * SEGMENT_RECORDS + i;
    if (!digest_equal(&s->leaves[i], &r->expected[i % TILE_HASHES]))
        return is_another(r, number, next, &r->expected[i % TILE_HASHES], &s->leaves[i]);
    if (record_read(&record, whole, &s->fault.error) != OK) return bad_record(r, number);
    if (chain_add(&s->chain, &record, &s->leaves[i], &s->fault.error) != OK) return bad_record(r, number);
    struct landmark l = {0};
    if (landmark_read(&l, record.class_, record.body)) {
        l.seq = number;
        buffer_add(&s->landmarks, &l, sizeof l);
    }
    return OK;
}

/* As many records as are there, up to number `end`; *at moves behind them. */
static enum err add_run(struct reading *r, uint32_t *at, uint32_t end)
{
    struct segment *s = r->s;
    struct bytes run[TILE_HASHES + 1] = {{0}};
    size_t count = 0;
    if (unpacker_run(run, end - *at, &count, r->b->unpacker, &s->fault.error) != OK)
        return bad_record(r, s->number * SEGMENT_RECORDS + *at);
    run[count] = (struct bytes){0};
    unpacker_hash(&s->leaves[*at], run, count, r->b->unpacker);
    for (size_t i = 0; i < count; i++, ++*at)
        if (add_record(r, *at, run[i], run[i + 1]) != OK) return s->fault.error.code;
    return OK;
}

/* The records of one tile of hashes. */
static enum err add_tile(struct reading *r, uint32_t begin)
{
    struct segment *s = r->s;
    uint32_t count = s->count - begin;
    if (count > TILE_HASHES) count = TILE_HASHES;
    tile_place(r->tile, 0, s->number * TILE_HASHES + begin / TILE_HASHES, count);
    enum err err = tile_read(r->expected, &r->tile_sum, r->b->folder, r->tile, count, &s->fault);
    for (uint32_t at = begin; err == OK && at < begin + count;) err = add_run(r, &at, begin + count);
    if (err == OK) err = sums_hold(&r->b->tiles[0], r->tile, &r->tile_sum, &s->fault);
    if (err != OK) return err;
    s->tiles++;
    if (count == TILE_HASHES) root_of(&s->roots[begin / TILE_HASHES], &s->leaves[begin], count);
    return OK;
}

static enum err check_above(struct reading *r)
{
    struct segment *s = r->s;
    size_t full = s->count / TILE_HASHES;
    if (full == 0) return OK;
    tile_place(r->tile, 1, s->number, (unsigned)full);
    s->tiles++;
    return tile_hold(r->b->folder, &r->b->tiles[1], r->tile, s->roots, full, &s->fault);
}

static enum err read_segment(struct reading *r)
{
    struct segment *s = r->s;
    const struct source from = {read_packed, r};
    struct digest packed = {{0}};
    enum err err = OK;
    unpacker_begin(r->b->unpacker, &from);
    for (uint32_t begin = 0; err == OK && begin < s->count; begin += TILE_HASHES) err = add_tile(r, begin);
    if (err != OK) return err;
    if (unpacker_end(r->b->unpacker, &packed, &s->fault.error) != OK) return fault_in(&s->fault, r->place);
    s->bytes = unpacker_bytes(r->b->unpacker);
    err = check_above(r);
    return err == OK ? sums_hold(&r->b->records, r->place, &packed, &s->fault) : err;
}

void segment_verify(struct segment *s, struct bench *b)
{
    struct reading r = {.s = s, .b = b, .fd = -1};
    uint64_t size = 0;
    s->chain = (struct chain){.begin = s->number * SEGMENT_RECORDS, .size = s->number * SEGMENT_RECORDS};
    s->fault = (struct fault){.file = ""};
    s->landmarks.len = 0;
    s->tiles = s->bytes = 0;
    segment_place(r.place, s->number, s->count);
    s->err = place_open(&r.fd, &size, b->folder, r.place, &s->fault);
    if (s->err != OK) return;
    s->err = read_segment(&r);
    close(r.fd);
}

void segment_root(struct digest *out, const struct segment *s, uint32_t count)
{
    struct range r = {.count = 0};
    struct digest tail = {{0}};
    uint32_t full = count / TILE_HASHES, rest = count % TILE_HASHES;
    for (uint32_t i = 0; i < full; i++) range_add(&r, &s->roots[i]);
    if (rest > 0) root_of(&tail, &s->leaves[count - rest], rest);
    range_root(out, &r, rest > 0 ? &tail : NULL);
}
