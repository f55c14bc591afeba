/* SPDX-License-Identifier: MIT */
/* msgpack.c - see msgpack.h. */
#include "billing/verify/msgpack.h"

static bool take_bytes(struct bytes *out, struct bytes *from, uint64_t len)
{
    if (len > from->len) return false;
    *out = (struct bytes){from->ptr, (size_t)len};
    *from = (struct bytes){from->ptr + len, from->len - (size_t)len};
    return true;
}

/* A big-endian number of 1, 2, 4 or 8 bytes that a shorter form could not have said. */
static bool take_number(uint64_t *out, struct bytes *from, size_t size, uint64_t least)
{
    struct bytes b = {0};
    if (!take_bytes(&b, from, size)) return false;
    *out = 0;
    for (size_t i = 0; i < size; i++) *out = *out << 8 | b.ptr[i];
    return *out >= least;
}

static bool take_negative(struct value *out, struct bytes *from, size_t size, int64_t above)
{
    uint64_t raw = 0;
    if (!take_number(&raw, from, size, 0)) return false;
    unsigned unused_bits = (unsigned)(64 - 8 * size);
    out->kind = VALUE_NEGATIVE;
    out->negative = (int64_t)(raw << unused_bits) >> unused_bits;
    return out->negative < above;
}

static bool take_string(struct value *out, struct bytes *from, uint64_t len)
{
    out->kind = VALUE_TEXT;
    return take_bytes(&out->bytes, from, len) && text_is_utf8(bytes_str(out->bytes));
}

static bool take_string_of(struct value *out, struct bytes *from, size_t size, uint64_t least)
{
    uint64_t len = 0;
    return take_number(&len, from, size, least) && take_string(out, from, len);
}

static bool take_bin_of(struct value *out, struct bytes *from, size_t size, uint64_t least)
{
    uint64_t len = 0;
    out->kind = VALUE_BIN;
    return take_number(&len, from, size, least) && take_bytes(&out->bytes, from, len);
}

static bool take_count_of(struct value *out, struct bytes *from, size_t size, uint64_t least)
{
    out->kind = VALUE_COUNT;
    return take_number(&out->count, from, size, least);
}

static bool take_array_of(struct value *out, struct bytes *from, size_t size, uint64_t least)
{
    out->kind = VALUE_ARRAY;
    return take_number(&out->count, from, size, least) && out->count <= from->len;
}

static bool take_flag(struct value *out, bool flag)
{
    *out = (struct value){.kind = VALUE_FLAG, .flag = flag};
    return true;
}

static bool take_long_form(struct value *out, struct bytes *from, uint8_t form)
{
    switch (form) {
    case 0xc0: return true;
    case 0xc2: return take_flag(out, false);
    case 0xc3: return take_flag(out, true);
    case 0xc4: return take_bin_of(out, from, 1, 0);
    case 0xc5: return take_bin_of(out, from, 2, 1 << 8);
    case 0xc6: return take_bin_of(out, from, 4, 1 << 16);
    case 0xcc: return take_count_of(out, from, 1, 1 << 7);
    case 0xcd: return take_count_of(out, from, 2, 1 << 8);
    case 0xce: return take_count_of(out, from, 4, 1 << 16);
    case 0xcf: return take_count_of(out, from, 8, UINT64_C(1) << 32);
    case 0xd0: return take_negative(out, from, 1, -32);
    case 0xd1: return take_negative(out, from, 2, INT8_MIN);
    case 0xd2: return take_negative(out, from, 4, INT16_MIN);
    case 0xd3: return take_negative(out, from, 8, INT32_MIN);
    case 0xd9: return take_string_of(out, from, 1, 1 << 5);
    case 0xda: return take_string_of(out, from, 2, 1 << 8);
    case 0xdb: return take_string_of(out, from, 4, 1 << 16);
    case 0xdc: return take_array_of(out, from, 2, 1 << 4);
    case 0xdd: return take_array_of(out, from, 4, 1 << 16);
    default: return false;
    }
}

bool value_take(struct value *out, struct bytes *from)
{
    struct bytes first = {0};
    *out = (struct value){.kind = VALUE_NIL};
    if (!take_bytes(&first, from, 1)) return false;
    uint8_t form = first.ptr[0];
    if (form <= 0x7f) {
        *out = (struct value){.kind = VALUE_COUNT, .count = form};
        return true;
    }
    if (form >= 0xe0) {
        *out = (struct value){.kind = VALUE_NEGATIVE, .negative = (int64_t)form - 0x100};
        return true;
    }
    if (form >= 0xa0 && form <= 0xbf) return take_string(out, from, form & 0x1f);
    if (form < 0x90 || form > 0x9f) return take_long_form(out, from, form);
    *out = (struct value){.kind = VALUE_ARRAY, .count = form & 0x0f};
    return out->count <= from->len;
}

bool is_one_array(struct bytes all)
{
    uint64_t open[NESTING_MAX] = {0}; /* items that are still to come, of each array that we are in */
    struct value v = {.kind = VALUE_NIL};
    if (!value_take(&v, &all) || v.kind != VALUE_ARRAY) return false;
    open[0] = v.count;
    for (size_t depth = 1; depth > 0;) {
        if (open[depth - 1] == 0) {
            depth--;
            continue;
        }
        open[depth - 1]--;
        if (!value_take(&v, &all)) return false;
        if (v.kind != VALUE_ARRAY) continue;
        if (depth == NESTING_MAX) return false;
        open[depth++] = v.count;
    }
    return all.len == 0;
}

bool take_array(uint64_t *count, struct bytes *from)
{
    struct value v = {.kind = VALUE_NIL};
    if (!value_take(&v, from) || v.kind != VALUE_ARRAY) return false;
    *count = v.count;
    return true;
}

bool take_count(uint64_t *out, struct bytes *from)
{
    struct value v = {.kind = VALUE_NIL};
    if (!value_take(&v, from) || v.kind != VALUE_COUNT) return false;
    *out = v.count;
    return true;
}

bool take_integer(int64_t *out, struct bytes *from)
{
    struct value v = {.kind = VALUE_NIL};
    if (!value_take(&v, from)) return false;
    *out = v.kind == VALUE_NEGATIVE ? v.negative : (int64_t)v.count;
    return v.kind == VALUE_NEGATIVE || (v.kind == VALUE_COUNT && v.count <= INT64_MAX);
}

bool take_text(struct str *out, struct bytes *from)
{
    struct value v = {.kind = VALUE_NIL};
    if (!value_take(&v, from) || v.kind != VALUE_TEXT) return false;
    *out = bytes_str(v.bytes);
    return true;
}

bool take_bin(struct bytes *out, struct bytes *from)
{
    struct value v = {.kind = VALUE_NIL};
    if (!value_take(&v, from) || v.kind != VALUE_BIN) return false;
    *out = v.bytes;
    return true;
}
