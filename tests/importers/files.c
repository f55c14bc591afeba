/* SPDX-License-Identifier: MIT */
#include <zlib.h>

#include "tests/importers/files.h"

struct bytes gzip_of(struct str text)
{
    z_stream z = {0};
    cr_assert(deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
    size_t room = deflateBound(&z, (uLong)text.len);
    uint8_t *to = arena_take_raw(A, room);
    uint8_t *from = arena_take_raw(A, text.len + 1);
    bytes_put(from, str_bytes(text));
    z.next_in = from;
    z.avail_in = (uInt)text.len;
    z.next_out = to;
    z.avail_out = (uInt)room;
    cr_assert(deflate(&z, Z_FINISH) == Z_STREAM_END);
    struct bytes made = {to, room - z.avail_out};
    cr_assert(deflateEnd(&z) == Z_OK);
    return made;
}

struct source *source_of(struct str text)
{
    struct source *s = NULL;
    source_of_bytes(&s, str_bytes(text));
    return s;
}

struct str repeated(char c, size_t count)
{
    char *to = arena_take_raw(A, count);
    memset(to, c, count);
    return (struct str){to, count};
}

struct str joined(struct str a, struct str b)
{
    char *to = arena_take_raw(A, a.len + b.len);
    bytes_put(to, str_bytes(a));
    bytes_put(to + a.len, str_bytes(b));
    return (struct str){to, a.len + b.len};
}
