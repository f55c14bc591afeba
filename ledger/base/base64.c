/* SPDX-License-Identifier: MIT */
/* base64.c - RFC 4648 section 4, the standard alphabet with padding. Reading is strict: bytes have one text
 * only, so nothing of it can be changed without changing what it says. */
#include <string.h>

#include "ledger/base/text.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

struct str base64_text(struct arena *a, struct bytes b)
{
    size_t len = (b.len + 2) / 3 * 4;
    char *text = arena_take_raw(a, len + 1);
    for (size_t i = 0, to = 0; i < b.len; i += 3, to += 4) {
        uint32_t group = 0;
        size_t has = 0;
        for (; has < 3 && i + has < b.len; has++) group |= (uint32_t)b.ptr[i + has] << (16 - 8 * has);
        for (size_t k = 0; k < 4; k++)
            text[to + k] = (char)(k <= has ? alphabet[group >> (18 - 6 * k) & 63] : '=');
    }
    return (struct str){text, len};
}

/* The six bits of a digit; 64: it is none. */
static uint32_t value_of(char digit)
{
    const char *at = digit == '\0' ? NULL : strchr(alphabet, digit);
    return at == NULL ? 64 : (uint32_t)(at - alphabet);
}

/* Four digits, of which the last `padding` are '='. What the padding cuts off must be zero. */
static bool take_group(uint8_t to[3], const char *from, size_t padding)
{
    uint32_t group = 0;
    for (size_t k = 0; k < 4; k++) {
        bool is_padding = k >= 4 - padding;
        uint32_t value = is_padding ? 0 : value_of(from[k]);
        if (value > 63 || (is_padding && from[k] != '=')) return false;
        group = group << 6 | value;
    }
    to[0] = (uint8_t)(group >> 16);
    to[1] = (uint8_t)(group >> 8);
    to[2] = (uint8_t)group;
    return (group & ((UINT32_C(1) << 8 * padding) - 1)) == 0;
}

static size_t padding_of(struct str text)
{
    if (text.len == 0 || text.ptr[text.len - 1] != '=') return 0;
    return text.ptr[text.len - 2] == '=' ? 2 : 1;
}

enum err base64_decode(struct bytes *out, struct str text, struct arena *a, struct error *e)
{
    if (text.len % 4 != 0) return fail(e, ERR_INVALID, "it is not base64 with its padding");
    uint8_t *to = arena_take_raw(a, text.len / 4 * 3 + 1);
    size_t padding = padding_of(text);
    for (size_t i = 0; i < text.len; i += 4)
        if (!take_group(to + i / 4 * 3, text.ptr + i, i + 4 == text.len ? padding : 0))
            return fail(e, ERR_INVALID, "it is not base64 as it is written");
    *out = (struct bytes){to, text.len / 4 * 3 - padding};
    return OK;
}
