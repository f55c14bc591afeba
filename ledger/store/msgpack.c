/* SPDX-License-Identifier: MIT */
/* msgpack.c - putting and taking single msgpack values, each pair facing each other. Must never read past the
 * bytes given, never believe a length, and never take a form that put would not have written. */
#include <msgpack.h>
#include <string.h>

#include "ledger/store/msgpack.h"

enum {
    TAG_NIL = 0xc0,
    TAG_FALSE = 0xc2,
    TAG_TRUE = 0xc3,
    TAG_UINT = 0xcc, /* then 8, 16, 32, 64 bits under successive tags; so TAG_INT */
    TAG_INT = 0xd0,
    FIXINT_MAX = 0x7f,
    FIXINT_MIN = -32,
    TAG_FIXINT_MIN = 0xe0, /* -32 as a byte */
};

/* How a type with a length writes it: small ones inside the tag, others big-endian after one of successive
 * tags. */
struct length_form {
    uint8_t fix_tag;
    uint8_t fix_count; /* lengths below it stand inside the tag */
    uint8_t tag;       /* of the narrowest length after a tag */
    uint8_t bytes;     /* that narrowest one has */
};
static const struct length_form form_str = {0xa0, 32, 0xd9, 1};
static const struct length_form form_bin = {0, 0, 0xc4, 1};
static const struct length_form form_array = {0x90, 16, 0xdc, 2};

/* ---- putting ---- */

static inline uint8_t *grow(struct buffer *b, size_t size)
{
    uint8_t *to = b->capacity - b->len >= size ? b->ptr + b->len : buffer_room(b, size);
    b->len += size;
    return to;
}

static inline void put_big_endian(uint8_t *to, uint64_t v, size_t size)
{
    switch (size) {
    case 1: *to = (uint8_t)v; break;
    case 2: be16_put(to, (uint16_t)v); break;
    case 4: be32_put(to, (uint32_t)v); break;
    default: be64_put(to, v); break;
    }
}

static inline void put_wide(struct buffer *b, unsigned first_tag, unsigned width, uint64_t v)
{
    size_t size = (size_t)1 << width;
    uint8_t *to = grow(b, 1 + size);
    to[0] = (uint8_t)(first_tag + width);
    put_big_endian(to + 1, v, size);
}

void mp_put_nil(struct buffer *b)
{
    *grow(b, 1) = TAG_NIL;
}

void mp_put_bool(struct buffer *b, bool v)
{
    *grow(b, 1) = v ? TAG_TRUE : TAG_FALSE;
}

void mp_put_uint(struct buffer *b, uint64_t v)
{
    if (v <= FIXINT_MAX) {
        *grow(b, 1) = (uint8_t)v;
        return;
    }
    unsigned width = v <= UINT8_MAX ? 0 : v <= UINT16_MAX ? 1 : v <= UINT32_MAX ? 2 : 3;
    put_wide(b, TAG_UINT, width, v);
}

void mp_put_int(struct buffer *b, int64_t v)
{
    if (v >= 0) {
        mp_put_uint(b, (uint64_t)v);
        return;
    }
    if (v >= FIXINT_MIN) {
        *grow(b, 1) = (uint8_t)v;
        return;
    }
    unsigned width = v >= INT8_MIN ? 0 : v >= INT16_MIN ? 1 : v >= INT32_MIN ? 2 : 3;
    put_wide(b, TAG_INT, width, (uint64_t)v);
}

/* Writes tag and length, and gives the place for `content` more bytes. */
static inline uint8_t *put_length(struct buffer *b, const struct length_form *form, size_t len,
                                  size_t content)
{
    assert(len <= UINT32_MAX);
    if (len < form->fix_count) {
        uint8_t *to = grow(b, 1 + content);
        to[0] = (uint8_t)(form->fix_tag + len);
        return to + 1;
    }
    uint8_t tag = form->tag;
    size_t size = form->bytes;
    while (len >> (8 * size) != 0) {
        size *= 2;
        tag++;
    }
    uint8_t *to = grow(b, 1 + size + content);
    to[0] = tag;
    put_big_endian(to + 1, len, size);
    return to + 1 + size;
}

void mp_put_str(struct buffer *b, struct str s)
{
    bytes_put(put_length(b, &form_str, s.len, s.len), str_bytes(s));
}

void mp_put_bin(struct buffer *b, struct bytes v)
{
    bytes_put(put_length(b, &form_bin, v.len, v.len), v);
}

void mp_put_array(struct buffer *b, size_t count)
{
    (void)put_length(b, &form_array, count, 0);
}

/* ---- taking ---- */

static inline void advance(struct bytes *in, size_t size)
{
    in->ptr += size;
    in->len -= size;
}

static bool take_tag(struct bytes *in, uint8_t tag)
{
    if (in->len == 0 || in->ptr[0] != tag) return false;
    advance(in, 1);
    return true;
}

static inline uint64_t get_big_endian(const uint8_t *from, size_t size)
{
    switch (size) {
    case 1: return *from;
    case 2: return be16_get(from);
    case 4: return be32_get(from);
    default: return be64_get(from);
    }
}

/* The big-endian number of `size` bytes after the tag, and past it. */
static inline bool take_wide(uint64_t *out, struct bytes *in, size_t size)
{
    if (in->len <= size) return false;
    *out = get_big_endian(in->ptr + 1, size);
    advance(in, 1 + size);
    return true;
}

bool mp_take_nil(struct bytes *in)
{
    return take_tag(in, TAG_NIL);
}

bool mp_take_bool(bool *out, struct bytes *in)
{
    bool yes = take_tag(in, TAG_TRUE);
    if (!yes && !take_tag(in, TAG_FALSE)) return false;
    *out = yes;
    return true;
}

bool mp_take_uint(uint64_t *out, struct bytes *in)
{
    if (in->len == 0) return false;
    uint8_t tag = in->ptr[0];
    if (tag <= FIXINT_MAX) {
        *out = tag;
        advance(in, 1);
        return true;
    }
    if (tag < TAG_UINT || tag > TAG_UINT + 3) return false;
    struct bytes rest = *in;
    uint64_t v = 0;
    size_t size = (size_t)1 << (tag - TAG_UINT);
    if (!take_wide(&v, &rest, size)) return false;
    uint64_t least = size == 1 ? FIXINT_MAX + 1 : (uint64_t)1 << (4 * size);
    if (v < least) return false;
    *out = v;
    *in = rest;
    return true;
}

/* Numbers below zero only; there is a byte at least. */
static bool take_negative(int64_t *out, struct bytes *in)
{
    uint8_t tag = in->ptr[0];
    if (tag >= TAG_FIXINT_MIN) {
        *out = (int64_t)tag - 256;
        advance(in, 1);
        return true;
    }
    if (tag < TAG_INT || tag > TAG_INT + 3) return false;
    struct bytes rest = *in;
    uint64_t raw = 0;
    size_t size = (size_t)1 << (tag - TAG_INT);
    if (!take_wide(&raw, &rest, size)) return false;
    int64_t v = size == 1 ? (int8_t)raw : size == 2 ? (int16_t)raw : size == 4 ? (int32_t)raw : (int64_t)raw;
    int64_t above = size == 1 ? FIXINT_MIN : -((int64_t)1 << (4 * size - 1));
    if (v >= above) return false;
    *out = v;
    *in = rest;
    return true;
}

bool mp_take_int(int64_t *out, struct bytes *in)
{
    if (in->len > 0 && in->ptr[0] >= TAG_INT) return take_negative(out, in);
    struct bytes rest = *in;
    uint64_t v = 0;
    if (!mp_take_uint(&v, &rest) || v > INT64_MAX) return false;
    *out = (int64_t)v;
    *in = rest;
    return true;
}

static inline bool take_length(size_t *len, struct bytes *in, const struct length_form *form)
{
    if (in->len == 0) return false;
    unsigned tag = in->ptr[0];
    if (tag - form->fix_tag < form->fix_count) {
        *len = tag - form->fix_tag;
        advance(in, 1);
        return true;
    }
    size_t size = form->bytes;
    unsigned at = form->tag;
    while (tag != at && size < 4) {
        at++;
        size *= 2;
    }
    uint64_t v = 0;
    if (tag != at || !take_wide(&v, in, size)) return false;
    uint64_t least = size == form->bytes ? form->fix_count : (uint64_t)1 << (4 * size);
    *len = (size_t)v;
    return v >= least;
}

static inline bool take_content(struct bytes *out, struct bytes *in, const struct length_form *form)
{
    struct bytes rest = *in;
    size_t len = 0;
    if (!take_length(&len, &rest, form) || len > rest.len) return false;
    *out = (struct bytes){rest.ptr, len};
    advance(&rest, len);
    *in = rest;
    return true;
}

bool mp_take_str(struct str *out, struct bytes *in)
{
    struct bytes content = {0};
    if (!take_content(&content, in, &form_str)) return false;
    *out = bytes_str(content);
    return true;
}

bool mp_take_bin(struct bytes *out, struct bytes *in)
{
    return take_content(out, in, &form_bin);
}

bool mp_take_array(size_t *count, struct bytes *in)
{
    struct bytes rest = *in;
    size_t claimed = 0;
    if (!take_length(&claimed, &rest, &form_array) || claimed > rest.len) return false;
    *count = claimed;
    *in = rest;
    return true;
}

/* ---- whole values ---- */

static bool skim_scalar(struct bytes *in)
{
    bool flag = false;
    uint64_t number = 0;
    int64_t negative = 0;
    struct bytes content = {0};
    struct str text = {0};
    return mp_take_uint(&number, in) || mp_take_str(&text, in) || mp_take_int(&negative, in) ||
           mp_take_nil(in) || mp_take_bool(&flag, in) || mp_take_bin(&content, in);
}

bool mp_skim(struct bytes in)
{
    size_t missing[LIMIT_MSGPACK_DEPTH + 1] = {
        1}; /* values still to come, by depth; the outermost is one value */
    size_t depth = 0;
    for (;;) {
        while (missing[depth] == 0) {
            if (depth == 0) return in.len == 0;
            depth--;
        }
        missing[depth]--;
        size_t count = 0;
        if (mp_take_array(&count, &in)) {
            if (depth == LIMIT_MSGPACK_DEPTH) return false;
            missing[++depth] = count;
        } else if (!skim_scalar(&in)) {
            return false;
        }
    }
}

/* Skims first, whoever asks: msgpack-c would make room for as many items as a length claims. */
bool mp_confirmed_by_msgpack_c(struct bytes in)
{
    if (!mp_skim(in)) return false;
    bool same = false;
    size_t used = 0;
    const char *bytes = bytes_str(in).ptr;
    msgpack_sbuffer again;
    msgpack_sbuffer_init(&again);
    msgpack_unpacked unpacked;
    msgpack_unpacked_init(&unpacked);
    if (msgpack_unpack_next(&unpacked, bytes, in.len, &used) != MSGPACK_UNPACK_SUCCESS) goto done;
    if (used != in.len) goto done;
    msgpack_packer packer;
    msgpack_packer_init(&packer, &again, msgpack_sbuffer_write);
    if (msgpack_pack_object(&packer, unpacked.data) != 0) goto done;
    same = again.size == in.len && memcmp(again.data, bytes, in.len) == 0;
done:
    msgpack_unpacked_destroy(&unpacked);
    msgpack_sbuffer_destroy(&again);
    return same;
}
