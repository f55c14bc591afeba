/* SPDX-License-Identifier: MIT */
/* segment.c - see segment.h. The same records make the same bytes wherever zlib is of the same release;
 * readers do not rely on that. */
#include "ledger/store/segment.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

enum { BLOCK_BYTES = 64 * 1024, GZIP_WINDOW_BITS = 15 + 16, LENGTH_BYTES = 4, MEMORY_LEVEL = 8 };
/* Of a record nearly everything behind its first fields is hashes, nonce and ciphertext, which nothing makes
 * shorter: it is stored. To look for matches in it, too, saves another fiftieth of the file, and costs
 * whoever unpacks it five times as much. */
enum { PACKED_BYTES = 32, LEVEL_OF_FIELDS = 1, LEVEL_OF_REST = 0 };

/* ---- writing ---- */

struct segment_writer {
    struct file_sink file;
    struct hasher *hasher;
    uint64_t bytes;
    z_stream z;
    uint8_t block[BLOCK_BYTES];
};

enum err segment_begin(struct segment_writer **out, const char *dir, struct error *e)
{
    char path[LIMIT_PATH_BYTES];
    int n = snprintf(path, sizeof path, "%s/segment", dir); /* only its folder counts */
    if (n < 0 || (size_t)n >= sizeof path) return fail(e, ERR_LIMIT, "the path '%s' is too long", dir);
    struct segment_writer *w = calloc(1, sizeof *w);
    if (w == NULL) WRONG("out of memory");
    enum err err = file_begin(&w->file, path, 0644, e);
    if (err != OK) {
        free(w);
        return err;
    }
    w->hasher = hasher_new();
    hasher_begin(w->hasher);
    if (deflateInit2(&w->z, LEVEL_OF_FIELDS, Z_DEFLATED, GZIP_WINDOW_BITS, MEMORY_LEVEL,
                     Z_DEFAULT_STRATEGY) != Z_OK)
        WRONG("zlib cannot begin");
    *out = w;
    return OK;
}

static void writer_free(struct segment_writer *w)
{
    (void)deflateEnd(&w->z); /* what it still holds is written, or not wanted */
    hasher_free(w->hasher);
    free(w);
}

void segment_abandon(struct segment_writer *w)
{
    if (w == NULL) return;
    file_abandon(&w->file);
    writer_free(w);
}

static enum err put_block(struct segment_writer *w, struct error *e)
{
    struct bytes made = {w->block, sizeof w->block - w->z.avail_out};
    hasher_add(w->hasher, made);
    w->bytes += made.len;
    if (made.len == 0 || fwrite(made.ptr, 1, made.len, w->file.stream) == made.len) return OK;
    return fail_errno(e, errno, "cannot write a segment of records");
}

static enum err compress_bytes(struct segment_writer *w, struct bytes part, int flush, struct error *e)
{
    enum err err = OK;
    memcpy(&w->z.next_in, &part.ptr, sizeof part.ptr); /* zlib's pointer is not const; it only reads */
    w->z.avail_in = (uInt)part.len;
    do {
        w->z.next_out = w->block;
        w->z.avail_out = sizeof w->block;
        if (deflate(&w->z, flush) == Z_STREAM_ERROR) WRONG("zlib cannot compress");
        err = put_block(w, e);
    } while (err == OK && w->z.avail_out == 0);
    return err;
}

/* What was given before is still compressed at the level that it was given for. */
static enum err set_level(struct segment_writer *w, int level, struct error *e)
{
    int rc = Z_BUF_ERROR;
    while (rc == Z_BUF_ERROR) { /* there was no room for all of it */
        w->z.next_out = w->block;
        w->z.avail_out = sizeof w->block;
        rc = deflateParams(&w->z, level, Z_DEFAULT_STRATEGY);
        if (rc != Z_OK && rc != Z_BUF_ERROR) WRONG("zlib cannot change its level");
        enum err err = put_block(w, e);
        if (err != OK) return err;
    }
    return OK;
}

enum err segment_add(struct segment_writer *w, struct bytes record, struct error *e)
{
    uint8_t length[LENGTH_BYTES];
    size_t fields = record.len < PACKED_BYTES ? record.len : PACKED_BYTES;
    struct bytes rest = {record.ptr + fields, record.len - fields};
    be32_put(length, (uint32_t)record.len);
    enum err err = compress_bytes(w, (struct bytes){length, sizeof length}, Z_NO_FLUSH, e);
    if (err == OK) err = compress_bytes(w, (struct bytes){record.ptr, fields}, Z_NO_FLUSH, e);
    if (err == OK) err = set_level(w, LEVEL_OF_REST, e);
    if (err == OK) err = compress_bytes(w, rest, Z_NO_FLUSH, e);
    return err == OK ? set_level(w, LEVEL_OF_FIELDS, e) : err;
}

enum err segment_end(struct segment_facts *out, struct segment_writer *w, struct error *e)
{
    enum err err = compress_bytes(w, (struct bytes){NULL, 0}, Z_FINISH, e);
    out->bytes = w->bytes;
    if (err == OK) hasher_end(w->hasher, out->hash.bytes);
    return err;
}

enum err segment_place(struct segment_writer *w, const char *path, struct error *e)
{
    enum err err = file_finish_as(&w->file, path, e);
    writer_free(w);
    return err;
}

/* ---- reading ---- */

struct segment_reader {
    int file;
    struct hasher *hasher;
    uint64_t bytes;
    z_stream z;
    bool member_ended, file_ended;
    struct buffer record;
    uint8_t block[BLOCK_BYTES];
};

enum err segment_open(struct segment_reader **out, const char *path, struct error *e)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0 && (errno == ENOENT || errno == ENOTDIR))
        return fail(e, ERR_INCOMPLETE, "'%s' is missing", path);
    if (file < 0) return fail_errno(e, errno, "cannot read '%s'", path);
    struct segment_reader *r = calloc(1, sizeof *r);
    if (r == NULL) WRONG("out of memory");
    r->file = file;
    r->hasher = hasher_new();
    hasher_begin(r->hasher);
    if (inflateInit2(&r->z, GZIP_WINDOW_BITS) != Z_OK) WRONG("zlib cannot begin");
    *out = r;
    return OK;
}

void segment_close(struct segment_reader *r)
{
    if (r == NULL) return;
    (void)inflateEnd(&r->z); /* nothing was written */
    (void)close(r->file);
    hasher_free(r->hasher);
    buffer_free(&r->record);
    free(r);
}

static enum err refill(struct segment_reader *r, struct error *e)
{
    ssize_t n = 0;
    do n = read(r->file, r->block, sizeof r->block);
    while (n < 0 && errno == EINTR);
    if (n < 0) return fail_errno(e, errno, "cannot read a segment of records");
    r->file_ended = n == 0;
    r->z.next_in = r->block;
    r->z.avail_in = (uInt)n;
    r->bytes += (uint64_t)n;
    hasher_add(r->hasher, (struct bytes){r->block, (size_t)n});
    return OK;
}

/* Up to `len` bytes of what is compressed; fewer only where the member ends. */
static enum err inflate_some(size_t *got, struct segment_reader *r, uint8_t *to, size_t len, struct error *e)
{
    r->z.next_out = to;
    r->z.avail_out = (uInt)len;
    while (r->z.avail_out > 0 && !r->member_ended) {
        enum err err = r->z.avail_in == 0 ? refill(r, e) : OK;
        if (err != OK) return err;
        if (r->file_ended) return fail(e, ERR_TAMPERED, "the file is cut off");
        int rc = inflate(&r->z, Z_NO_FLUSH);
        if (rc != Z_OK && rc != Z_STREAM_END) return fail(e, ERR_TAMPERED, "it is not sound gzip");
        r->member_ended = rc == Z_STREAM_END;
    }
    *got = len - r->z.avail_out;
    return OK;
}

/* Behind the member nothing stands. */
static enum err check_end(struct segment_reader *r, struct error *e)
{
    enum err err = r->z.avail_in == 0 ? refill(r, e) : OK;
    if (err != OK || (r->file_ended && r->z.avail_in == 0)) return err;
    return fail(e, ERR_TAMPERED, "something stands behind its records");
}

enum err segment_next(struct bytes *record, bool *end, struct segment_reader *r, struct error *e)
{
    uint8_t length[LENGTH_BYTES] = {0};
    size_t got = 0;
    *end = false;
    enum err err = inflate_some(&got, r, length, sizeof length, e);
    if (err != OK) return err;
    *end = got == 0;
    if (*end) return check_end(r, e);
    size_t len = be32_get(length);
    if (got != sizeof length || len > LIMIT_RECORD_BYTES)
        return fail(e, ERR_TAMPERED, "it holds what is no record");
    buffer_clear(&r->record);
    err = inflate_some(&got, r, buffer_room(&r->record, len), len, e);
    if (err == OK && got != len) err = fail(e, ERR_TAMPERED, "its last record is cut off");
    *record = (struct bytes){r->record.ptr, len};
    return err;
}

struct segment_facts segment_facts(struct segment_reader *r)
{
    struct segment_facts out = {.bytes = r->bytes};
    hasher_end(r->hasher, out.hash.bytes);
    return out;
}
