/* SPDX-License-Identifier: MIT */
/* bank.c - see bank.h. */
#include "ledger/base.h"

enum { IBAN_MIN = 15, IBAN_MAX = 34, BIC_SHORT = 8, BIC_LONG = 11 };

static bool is_capital(char c)
{
    return c >= 'A' && c <= 'Z';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Capitals and digits, without the blanks between them; what is neither stays and is refused by whoever reads
 * it. */
static struct str compact(struct str text, struct arena *a)
{
    struct buffer b = {.arena = a};
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        bool small = c >= 'a' && c <= 'z';
        if (c != ' ') buffer_add_byte(&b, (uint8_t)(small ? c - 'a' + 'A' : c));
    }
    return (struct str){(const char *)b.ptr, b.len};
}

/* How long an IBAN of a country is; 0: it has none. */
static size_t iban_length(struct str code)
{
    static const struct {
        char code[3];
        uint8_t length;
    } countries[] = {
#define IBAN(code, length) {#code, length},
#include "ledger/base/ibans.def"
#undef IBAN
    };
    for (size_t i = 0; i < sizeof countries / sizeof countries[0]; i++)
        if (str_is(code, countries[i].code)) return countries[i].length;
    return 0;
}

/* ISO 7064, MOD 97-10: the first four characters go to the end, letters count as 10 to 35, and the rest of
 * the whole number by 97 is 1. */
static bool has_right_check_digits(struct str iban)
{
    unsigned rest = 0;
    for (size_t i = 0; i < iban.len; i++) {
        char c = iban.ptr[(i + 4) % iban.len];
        unsigned value = (unsigned)(is_digit(c) ? c - '0' : c - 'A' + 10);
        rest = (rest * (value > 9 ? 100 : 10) + value) % 97;
    }
    return rest == 1;
}

enum err iban_read(struct str *out, struct str text, struct arena *a, struct error *e)
{
    struct str iban = compact(text, a);
    bool plain = iban.len >= IBAN_MIN && iban.len <= IBAN_MAX;
    for (size_t i = 0; i < iban.len; i++) plain = plain && (is_capital(iban.ptr[i]) || is_digit(iban.ptr[i]));
    if (!plain || !is_capital(iban.ptr[0]) || !is_capital(iban.ptr[1]))
        return fail(e, ERR_INVALID,
                    "iban: two letters of a country and its digits are wanted, as in DE89 3704 …");
    size_t length = iban_length((struct str){iban.ptr, 2});
    if (length == 0) return fail(e, ERR_INVALID, "iban: the country '%.2s' has none", iban.ptr);
    if (iban.len != length)
        return fail(e, ERR_INVALID, "iban: those of '%.2s' have %zu characters, not %zu", iban.ptr, length,
                    iban.len);
    if (!has_right_check_digits(iban))
        return fail(e, ERR_INVALID,
                    "iban: its check digits do not fit the rest: a digit is wrong or missing");
    *out = iban;
    return OK;
}

bool iban_is(struct str text)
{
    struct arena *a = arena_new();
    struct str unused = STR_NONE;
    struct error why = {0};
    bool is = iban_read(&unused, text, a, &why) == OK;
    arena_free(a);
    return is;
}

struct str iban_shown(struct arena *a, struct str iban)
{
    struct buffer b = {.arena = a};
    for (size_t i = 0; i < iban.len; i++) {
        if (i > 0 && i % 4 == 0) buffer_add_byte(&b, ' ');
        buffer_add_byte(&b, (uint8_t)iban.ptr[i]);
    }
    return (struct str){(const char *)b.ptr, b.len};
}

enum err bic_read(struct str *out, struct str text, struct arena *a, struct error *e)
{
    struct str bic = compact(text, a);
    struct error unused = {0};
    bool plain = bic.len == BIC_SHORT || bic.len == BIC_LONG;
    for (size_t i = 0; i < bic.len; i++) plain = plain && (is_capital(bic.ptr[i]) || is_digit(bic.ptr[i]));
    if (!plain || country_check((struct str){bic.ptr + 4, 2}, &unused) != OK)
        return fail(e, ERR_INVALID,
                    "bic: 8 or 11 letters and digits are wanted, a country's code from the fifth on, as in "
                    "COBADEFFXXX");
    *out = bic;
    return OK;
}
