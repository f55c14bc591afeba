/* SPDX-License-Identifier: MIT */
/* inflate.c - see inflate.h. */
#include "billing/verify/inflate.h"

#include <zlib.h>

#include "billing/verify/record.h"

enum {
    PACKED_ROOM = 65536,
    WINDOW_ROOM = 262144,
    LENGTH_BYTES = 4,
    GZIP_HEADER = 10,
    HASH_BLOCK = 64,
    /* Of a record at least half is hashes, salt and ciphertext, which nothing makes shorter. */
    RATIO_MAX = 8,
    RATIO_SLACK = 1048576,
};

struct unpacker {
    z_stream z;
    bool is_open, is_over; /* the member has ended */
    const struct source *from;
    struct running *hash;
    struct bytes unhashed; /* of `packed` */
    uint8_t *window;
    size_t room, begin, end;        /* unread: window[begin … end) */
    uint64_t taken, given, records; /* bytes packed, unpacked, of records */
    uint8_t packed[PACKED_ROOM];
};

struct unpacker *unpacker_new(void)
{
    struct unpacker *u = calloc(1, sizeof *u);
    if (u == NULL) WRONG("out of memory");
    u->hash = running_new();
    u->room = WINDOW_ROOM;
    u->window = malloc(u->room);
    if (u->window == NULL || inflateInit2(&u->z, 15 + 16) != Z_OK) WRONG("out of memory");
    u->is_open = true;
    return u;
}

void unpacker_free(struct unpacker *u)
{
    if (u == NULL) return;
    if (u->is_open) inflateEnd(&u->z);
    running_free(u->hash);
    free(u->window);
    free(u);
}

void unpacker_begin(struct unpacker *u, const struct source *s)
{
    if (inflateReset(&u->z) != Z_OK) WRONG("zlib cannot begin anew");
    u->z.avail_in = 0;
    u->from = s;
    u->is_over = false;
    u->begin = u->end = 0;
    u->taken = u->given = u->records = 0;
    running_begin(u->hash);
    u->unhashed = (struct bytes){0};
}

static void hash_rest(struct unpacker *u)
{
    running_add(u->hash, u->unhashed);
    u->unhashed = (struct bytes){0};
}

/* Of what was read as much as there is of records, so that neither is left without the other beside it. */
void unpacker_hash(struct digest *leaves, const struct bytes *records, size_t count, struct unpacker *u)
{
    struct bytes beside = u->unhashed;
    size_t bytes = 0;
    for (size_t i = 0; i < count; i++) bytes += records[i].len;
    bytes -= bytes % HASH_BLOCK;
    if (beside.len > bytes) beside.len = bytes;
    leaves_of(leaves, records, count, u->hash, beside);
    u->unhashed.ptr += beside.len;
    u->unhashed.len -= beside.len;
}

/* The header of RFC 1952 without name, time or anything else that could be said in two ways. */
static bool is_header(const uint8_t *p, size_t len)
{
    static const uint8_t head[8] = {0x1f, 0x8b, 8};
    return len >= GZIP_HEADER && memcmp(p, head, sizeof head) == 0;
}

static enum err fill(struct unpacker *u, struct error *e)
{
    size_t len = 0;
    hash_rest(u);
    enum err err = u->from->read(u->from->self, u->packed, sizeof u->packed, &len, e);
    if (err != OK) return err;
    if (len == 0) return fail(e, ERR_TAMPERED, "it is cut off");
    if (u->taken == 0 && !is_header(u->packed, len))
        return fail(e, ERR_TAMPERED, "it does not begin as a segment");
    u->unhashed = (struct bytes){u->packed, len};
    u->taken += len;
    u->z.next_in = u->packed;
    u->z.avail_in = (uInt)len;
    return OK;
}

static void make_room(struct unpacker *u, size_t wanted)
{
    memmove(u->window, u->window + u->begin, u->end - u->begin);
    u->end -= u->begin;
    u->begin = 0;
    if (wanted <= u->room) return;
    uint8_t *larger = realloc(u->window, wanted);
    if (larger == NULL) WRONG("out of memory");
    u->window = larger;
    u->room = wanted;
}

static enum err inflate_more(struct unpacker *u, struct error *e)
{
    if (u->is_over) return fail(e, ERR_TAMPERED, "it ends before its last record");
    if (u->z.avail_in == 0 && fill(u, e) != OK) return e->code;
    size_t room = u->room - u->end;
    u->z.next_out = u->window + u->end;
    u->z.avail_out = (uInt)room;
    int status = inflate(&u->z, Z_NO_FLUSH);
    if (status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR)
        return fail(e, ERR_TAMPERED, "it cannot be unpacked: %s",
                    u->z.msg == NULL ? "no gzip member" : u->z.msg);
    size_t given = room - u->z.avail_out;
    u->end += given;
    u->given += given;
    u->is_over = status == Z_STREAM_END;
    if (u->given > u->taken * RATIO_MAX + RATIO_SLACK)
        return fail(e, ERR_TAMPERED, "it unpacks to more than %d times its size, which records cannot",
                    RATIO_MAX);
    return OK;
}

/* At least so many bytes unread. */
static enum err need(struct unpacker *u, size_t len, struct error *e)
{
    if (u->end - u->begin >= len) return OK;
    if (u->room - u->begin < len || u->room - u->end < WINDOW_ROOM / 4) make_room(u, len);
    enum err err = OK;
    while (err == OK && u->end - u->begin < len) err = inflate_more(u, e);
    return err;
}

enum err unpacker_next(struct bytes *out, struct unpacker *u, struct error *e)
{
    enum err err = need(u, LENGTH_BYTES, e);
    if (err != OK) return err;
    uint32_t len = be32_get(u->window + u->begin);
    if (len < RECORD_HEADER || len > RECORD_MAX)
        return fail(e, ERR_TAMPERED, "it says of a record that it has %u bytes", len);
    err = need(u, LENGTH_BYTES + (size_t)len, e);
    if (err != OK) return err;
    *out = (struct bytes){u->window + u->begin + LENGTH_BYTES, len};
    u->begin += LENGTH_BYTES + (size_t)len;
    u->records += len;
    return OK;
}

enum err unpacker_run(struct bytes *out, size_t max, size_t *count, struct unpacker *u, struct error *e)
{
    enum err err = unpacker_next(out, u, e);
    if (err != OK) return err;
    for (*count = 1; *count < max && u->end - u->begin >= LENGTH_BYTES; ++*count) {
        uint32_t len = be32_get(u->window + u->begin);
        bool is_here = len >= RECORD_HEADER && len <= RECORD_MAX && u->end - u->begin - LENGTH_BYTES >= len;
        if (!is_here) return OK;
        out[*count] = (struct bytes){u->window + u->begin + LENGTH_BYTES, len};
        u->begin += LENGTH_BYTES + (size_t)len;
        u->records += len;
    }
    return OK;
}

enum err unpacker_end(struct unpacker *u, struct digest *packed, struct error *e)
{
    size_t more = 0;
    enum err err = OK;
    while (err == OK && !u->is_over && u->begin == u->end) {
        make_room(u, u->room);
        err = inflate_more(u, e);
    }
    if (err != OK) return err;
    if (u->begin != u->end) return fail(e, ERR_TAMPERED, "it goes on behind its last record");
    if (u->z.avail_in == 0) err = u->from->read(u->from->self, u->packed, 1, &more, e);
    if (err != OK) return err;
    if (u->z.avail_in > 0 || more > 0) return fail(e, ERR_TAMPERED, "there is something behind its end");
    hash_rest(u);
    running_end(u->hash, packed);
    return OK;
}

uint64_t unpacker_bytes(const struct unpacker *u)
{
    return u->records;
}
