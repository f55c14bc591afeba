/* SPDX-License-Identifier: MIT */
/* fuzz_verify_segment.c - any bytes as a segment of an archive, packed by gzip and as they are: it ends,
 * never gives a record that is none, and never much more than it took. */
#include <zlib.h>

#include "billing/verify/inflate.h"
#include "billing/verify/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
    struct bytes left;
};

static enum err read_some(void *self, uint8_t *to, size_t room, size_t *len, struct error *e)
{
    struct input *in = self;
    (void)e;
    *len = in->left.len < room ? in->left.len : room;
    bytes_put(to, (struct bytes){in->left.ptr, *len});
    in->left = (struct bytes){in->left.ptr + *len, in->left.len - *len};
    return OK;
}

static void check(struct unpacker *u, struct bytes packed)
{
    struct input in = {packed};
    const struct source from = {read_some, &in};
    struct error e = {0};
    struct bytes record = {0};
    struct digest sum = {{0}};
    uint64_t bytes = 0;
    unpacker_begin(u, &from);
    while (unpacker_next(&record, u, &e) == OK) {
        assert(record.len >= RECORD_HEADER && record.len <= RECORD_MAX);
        bytes += record.len;
    }
    assert(bytes == unpacker_bytes(u));
    assert(e.code == ERR_TAMPERED);
    unpacker_begin(u, &(struct source){read_some, &(struct input){packed}});
    enum err err = unpacker_end(u, &sum, &e);
    assert(err == OK || err == ERR_TAMPERED);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct unpacker *u;
    static uint8_t packed[16384];
    z_stream z = {.next_in = (Bytef *)(uintptr_t)data,
                  .avail_in = (uInt)size,
                  .next_out = packed,
                  .avail_out = sizeof packed};
    if (u == NULL) u = unpacker_new();
    check(u, (struct bytes){data, size});
    if (deflateInit2(&z, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) return 0;
    int status = deflate(&z, Z_FINISH);
    size_t len = sizeof packed - z.avail_out;
    deflateEnd(&z);
    if (status == Z_STREAM_END) check(u, (struct bytes){packed, len});
    return 0;
}
