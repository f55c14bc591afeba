/* SPDX-License-Identifier: MIT */
/* text.h - slices of text and bytes: a pointer and a length, never owning, not NUL-terminated. */
#ifndef DAYBOOK_LEDGER_BASE_TEXT_H
#define DAYBOOK_LEDGER_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ledger/base/arena.h"
#include "ledger/base/error.h"

struct str {
    const char *ptr;
    size_t len;
};
struct bytes {
    const uint8_t *ptr;
    size_t len;
};

#define STR(literal) ((struct str){"" literal "", sizeof(literal) - 1})
#define STR_NONE     ((struct str){NULL, 0})
/* For printf: "%.*s", STR_ARG(s). */
#define STR_ARG(s) ((int)(s).len), ((s).ptr != NULL ? (s).ptr : "")

struct str str_of(const char *text); /* NULL gives an empty slice */
bool str_equal(struct str a, struct str b);
bool str_is(struct str a, const char *text);
bool str_starts(struct str s, const char *prefix);
int str_compare(struct str a, struct str b); /* by bytes; as memcmp, shorter first */
struct str str_trim(struct str s);           /* without blanks and tabs at both ends */
/* The next of words with blanks and tabs between them, taken off *from; false: there is none any more. */
bool str_take_word(struct str *out, struct str *from);
/* What stands before `mark`, taken off *from together with it, as a line before its end; false: there is no
 * mark, and both stay as they are. */
bool str_take_until(struct str *out, struct str *from, char mark);
struct bytes str_bytes(struct str s);
struct str bytes_str(struct bytes b);

struct str str_copy(struct arena *a, struct str s);
char *str_cstring(struct arena *a, struct str s); /* NUL-terminated copy */
struct str str_format(struct arena *a, const char *format, ...) PRINTF_LIKE(2, 3);
struct bytes bytes_copy(struct arena *a, struct bytes b);
bool bytes_equal(struct bytes a, struct bytes b);
/* memcpy that knows that an empty slice may have a NULL pointer. */
void bytes_put(void *to, struct bytes from);

bool text_is_utf8(struct str s);
/* UTF-8 without control characters (tab included), and without invisible ones that let a text look like
 * another (U+200B, U+202E …): what may stand in a name, an id, a description. */
bool text_is_printable(struct str s);
/* True when a payment card number stands anywhere in `s`: 13 to 19 digits, blanks and hyphens between them
 * allowed, digits of other scripts included, passing Luhn's check (ISO/IEC 7812-1), and not part of a longer
 * run of digits. Nor may a CVV be stored, in the forms that name it ("cvv 123", "cvc: 1234", "security code
 * 123"). UUIDs, hexadecimal ids of 24 or at least 32 digits, and dates YYYY-MM-DD are no card numbers,
 * whatever their digits; any other number that passes by chance is refused. */
bool text_holds_card_data(struct str s);
/* A name as gateways make them by chance, "pi_49Cd4VZFHIAlX01Vz5Cvc987": a prefix and at least 14 letters and
 * digits, of which fewer in a row are digits than a card has. What looks like a security code in it is none;
 * where only such names belong it must not be refused for that. */
bool text_is_made_by_chance(struct str s);
/* Every byte of every digit, as above, becomes '*', in place. */
void text_blank_digits(char *text, size_t len);
/* The one check that every text from outside passes: UTF-8, printable, at most `limit` bytes, no card data.
 * `what` names the field in the sentence; the text itself is quoted only where it is harmless. */
enum err text_check(struct str s, size_t limit, const char *what, struct error *e) MUST_USE;

/* What a sentence may quote of a text that failed: the text when it is short, printable and holds no card
 * data,
 * "..." otherwise. */
struct str text_quotable(struct str s);

void hex_encode(char *to, const uint8_t *from, size_t len); /* writes 2 * len characters, no NUL */
struct str hex_text(struct arena *a, const uint8_t *from, size_t len);
enum err hex_decode(uint8_t *to, size_t len, struct str text,
                    struct error *e) MUST_USE; /* exactly len bytes */

/* Base64 of RFC 4648 section 4: padded, without line ends, and of all texts that lenient readers would take
 * only the one that base64_text writes. */
struct str base64_text(struct arena *a, struct bytes b);
enum err base64_decode(struct bytes *out, struct str text, struct arena *a, struct error *e) MUST_USE;

/* Whole numbers in decimal digits. */
enum err uint_parse(uint64_t *out, struct str text, struct error *e) MUST_USE;

/* Big-endian integers as they stand in records and keys. */
static inline void be16_put(uint8_t *to, uint16_t v)
{
    to[0] = (uint8_t)(v >> 8);
    to[1] = (uint8_t)v;
}
static inline void be32_put(uint8_t *to, uint32_t v)
{
    be16_put(to, (uint16_t)(v >> 16));
    be16_put(to + 2, (uint16_t)v);
}
static inline void be64_put(uint8_t *to, uint64_t v)
{
    be32_put(to, (uint32_t)(v >> 32));
    be32_put(to + 4, (uint32_t)v);
}
static inline uint16_t be16_get(const uint8_t *from)
{
    return (uint16_t)(from[0] << 8 | from[1]);
}
static inline uint32_t be32_get(const uint8_t *from)
{
    return (uint32_t)be16_get(from) << 16 | be16_get(from + 2);
}
static inline uint64_t be64_get(const uint8_t *from)
{
    return (uint64_t)be32_get(from) << 32 | be32_get(from + 4);
}

#endif
