/* SPDX-License-Identifier: MIT */
/* text.c - slices, UTF-8, hexadecimal and big-endian integers. Nothing here reads beyond a slice or believes
 * that it ends with a NUL. Card numbers are card.c's. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "ledger/base.h"
#include "ledger/base/utf8.h"

enum { QUOTE_BYTES = 64 };

struct str str_of(const char *text)
{
    if (text == NULL) return STR_NONE;
    return (struct str){text, strlen(text)};
}

bool str_equal(struct str a, struct str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

bool str_is(struct str a, const char *text)
{
    return str_equal(a, str_of(text));
}

bool str_starts(struct str s, const char *prefix)
{
    size_t len = strlen(prefix);
    return s.len >= len && (len == 0 || memcmp(s.ptr, prefix, len) == 0);
}

int str_compare(struct str a, struct str b)
{
    size_t shorter = a.len < b.len ? a.len : b.len;
    int order = shorter == 0 ? 0 : memcmp(a.ptr, b.ptr, shorter);
    if (order != 0) return order < 0 ? -1 : 1;
    return (a.len > b.len) - (a.len < b.len);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

struct str str_trim(struct str s)
{
    while (s.len > 0 && is_blank(s.ptr[0])) {
        s.ptr++;
        s.len--;
    }
    while (s.len > 0 && is_blank(s.ptr[s.len - 1])) s.len--;
    return s;
}

bool str_take_until(struct str *out, struct str *from, char mark)
{
    const char *at = from->len == 0 ? NULL : memchr(from->ptr, mark, from->len);
    if (at == NULL) return false;
    size_t len = (size_t)(at - from->ptr);
    *out = (struct str){from->ptr, len};
    *from = (struct str){at + 1, from->len - len - 1};
    return true;
}

bool str_take_word(struct str *out, struct str *from)
{
    size_t len = 0;
    *from = str_trim(*from);
    while (len < from->len && !is_blank(from->ptr[len])) len++;
    *out = (struct str){from->ptr, len};
    if (len > 0) *from = (struct str){from->ptr + len, from->len - len};
    return len > 0;
}

struct bytes str_bytes(struct str s)
{
    return (struct bytes){(const uint8_t *)s.ptr, s.len};
}

struct str bytes_str(struct bytes b)
{
    return (struct str){(const char *)b.ptr, b.len};
}

struct str str_copy(struct arena *a, struct str s)
{
    return bytes_str(bytes_copy(a, str_bytes(s)));
}

char *str_cstring(struct arena *a, struct str s)
{
    char *copy = arena_take_raw(a, s.len + 1);
    bytes_put(copy, str_bytes(s));
    copy[s.len] = '\0';
    return copy;
}

struct str str_format(struct arena *a, const char *format, ...)
{
    char first[256];
    va_list args;
    va_start(args, format);
    va_list again;
    va_copy(again, args);
    int wanted = vsnprintf(first, sizeof(first), format, args);
    if (wanted < 0) WRONG("a text cannot be formatted");
    size_t size = (size_t)wanted + 1;
    char *text = arena_take_raw(a, size);
    if (size <= sizeof(first)) {
        memcpy(text, first, size);
    } else {
        int written = vsnprintf(text, size, format, again);
        assert(written == wanted);
    }
    va_end(again);
    va_end(args);
    return (struct str){text, size - 1};
}

struct bytes bytes_copy(struct arena *a, struct bytes b)
{
    uint8_t *copy = arena_take_raw(a, b.len);
    bytes_put(copy, b);
    return (struct bytes){copy, b.len};
}

bool bytes_equal(struct bytes a, struct bytes b)
{
    return str_equal(bytes_str(a), bytes_str(b));
}

void bytes_put(void *to, struct bytes from)
{
    if (from.len > 0) memcpy(to, from.ptr, from.len);
}

/* Well-formed sequences by table 3-7 of the Unicode standard: no overlong forms, no surrogates, nothing
 * beyond U+10FFFF. Both follow from the value that each length may hold. */
size_t utf8_next(const uint8_t *at, size_t left, uint32_t *character)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    uint8_t lead = at[0];
    if (lead < 0x80) {
        *character = lead;
        return 1;
    }
    size_t len = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    if (lead < 0xc2 || lead > 0xf4 || len > left) return 0;
    uint32_t value = lead & (0x7fu >> len);
    for (size_t i = 1; i < len; i++) {
        if ((at[i] & 0xc0u) != 0x80u) return 0;
        value = value << 6 | (at[i] & 0x3fu);
    }
    if (value < least[len] || value > 0x10ffff) return 0;
    if (value >= 0xd800 && value <= 0xdfff) return 0;
    *character = value;
    return len;
}

/* Eight bytes at once: almost every text from outside is plain ASCII, and millions of readings pass here. */
static const uint64_t every_byte = 0x0101010101010101u;
static const uint64_t every_top_bit = 0x8080808080808080u;

static uint64_t eight_bytes(const char *at)
{
    uint64_t word = 0;
    memcpy(&word, at, sizeof(word));
    return word;
}

bool text_is_utf8(struct str s)
{
    size_t at = 0;
    while (at < s.len) {
        if (s.len - at >= 8 && (eight_bytes(s.ptr + at) & every_top_bit) == 0) {
            at += 8;
            continue;
        }
        uint32_t character = 0;
        size_t len = utf8_next((const uint8_t *)s.ptr + at, s.len - at, &character);
        if (len == 0) return false;
        at += len;
    }
    return true;
}

/* True when all eight bytes are from 0x20 to 0x7e. Borrows may spread between bytes only after one that is
 * already out of range, so the answer for the whole word is exact. */
static bool eight_printable(uint64_t word)
{
    uint64_t below_blank = word - every_byte * 0x20;
    uint64_t not_delete = word ^ every_byte * 0x7f;
    uint64_t is_delete = (not_delete - every_byte) & ~not_delete;
    return ((word | below_blank | is_delete) & every_top_bit) == 0;
}

/* C0, DEL and C1, and the two characters that break a line without being control characters. */
static bool is_control(uint32_t character)
{
    if (character < 0x20 || character == 0x2028 || character == 0x2029) return true;
    return character >= 0x7f && character < 0xa0;
}

/* What lets a document show something else than what was typed: overrides, embeddings and isolates of the
 * direction, and what is never seen at all. The two joiners stay, for Persian, Indic scripts and emoji are
 * written with them, and so do the marks of right and left, which only order what stands beside them. */
static bool is_deceptive(uint32_t c)
{
    if (c < 0x180e) return false;
    if ((c >= 0x202a && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f)) return true;
    if (c == 0x180e || c == 0x200b || c == 0xfeff) return true;
    return (c >= 0xfff9 && c <= 0xfffb) || (c >= 0xe0000 && c <= 0xe007f);
}

/* The first character that may not stand in a text; 0: there is none. U+FFFD stands for what is no UTF-8. */
static uint32_t first_unprintable(struct str s)
{
    size_t at = 0;
    while (at < s.len) {
        if (s.len - at >= 8 && eight_printable(eight_bytes(s.ptr + at))) {
            at += 8;
            continue;
        }
        uint32_t character = 0;
        size_t len = utf8_next((const uint8_t *)s.ptr + at, s.len - at, &character);
        if (len == 0) return 0xfffd;
        if (is_control(character) || is_deceptive(character)) return character == 0 ? 0xfffd : character;
        at += len;
    }
    return 0;
}

bool text_is_printable(struct str s)
{
    return first_unprintable(s) == 0;
}

enum err text_check(struct str s, size_t limit, const char *what, struct error *e)
{
    if (s.len > limit) {
        return fail(e, ERR_LIMIT, "%s: %zu bytes are more than the limit of %zu", what, s.len, limit);
    }
    uint32_t wrong = first_unprintable(s);
    if (wrong != 0) {
        if (!text_is_utf8(s)) return fail(e, ERR_INVALID, "%s: not valid UTF-8", what);
        if (is_deceptive(wrong))
            return fail(e, ERR_INVALID,
                        "%s: U+%04X is not accepted: it is invisible, or turns the direction of what follows",
                        what, (unsigned)wrong);
        return fail(e, ERR_INVALID, "%s: control characters are not accepted", what);
    }
    if (text_holds_card_data(s)) {
        (void)fail(e, ERR_INVALID, "%s: card numbers and security codes are never accepted", what);
        (void)snprintf(e->reason, sizeof(e->reason), "card_data");
        return e->code;
    }
    return OK;
}

struct str text_quotable(struct str s)
{
    if (s.len <= QUOTE_BYTES && text_is_printable(s) && !text_holds_card_data(s)) return s;
    return STR("...");
}

void hex_encode(char *to, const uint8_t *from, size_t len)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < len; i++) {
        to[2 * i] = digits[from[i] >> 4];
        to[2 * i + 1] = digits[from[i] & 15];
    }
}

struct str hex_text(struct arena *a, const uint8_t *from, size_t len)
{
    assert(len <= SIZE_MAX / 4);
    char *text = arena_take_raw(a, 2 * len);
    hex_encode(text, from, len);
    return (struct str){text, 2 * len};
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

/* The text may be a key: it is never quoted. */
enum err hex_decode(uint8_t *to, size_t len, struct str text, struct error *e)
{
    if (text.len % 2 != 0 || text.len / 2 != len) {
        return fail(e, ERR_INVALID, "hexadecimal text: %zu digits instead of %zu", text.len, 2 * len);
    }
    for (size_t i = 0; i < text.len; i++) {
        if (hex_value(text.ptr[i]) >= 0) continue;
        return fail(e, ERR_INVALID, "hexadecimal text: no hexadecimal digit at position %zu", i + 1);
    }
    for (size_t i = 0; i < len; i++) {
        to[i] = (uint8_t)(hex_value(text.ptr[2 * i]) * 16 + hex_value(text.ptr[2 * i + 1]));
    }
    return OK;
}

enum err uint_parse(uint64_t *out, struct str text, struct error *e)
{
    uint64_t value = 0;
    if (text.len == 0) return fail(e, ERR_INVALID, "number '': empty");
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c < '0' || c > '9') {
            struct str shown = text_quotable(text);
            return fail(e, ERR_INVALID, "number '%.*s': not a whole number in digits", STR_ARG(shown));
        }
        if (__builtin_mul_overflow(value, 10u, &value) ||
            __builtin_add_overflow(value, (uint64_t)(c - '0'), &value)) {
            struct str shown = text_quotable(text);
            return fail(e, ERR_INVALID, "number '%.*s': too large", STR_ARG(shown));
        }
    }
    *out = value;
    return OK;
}
