/* SPDX-License-Identifier: MIT */
/* currency.c - which currencies there are and how many decimals each has. It never guesses decimals: a code
 * that is not in the table is refused at the door. */
#include <string.h>

#include "ledger/base.h"

enum { CODE_LETTERS = 3 };

struct currency {
    char code[CODE_LETTERS + 1];
    int8_t decimals;
};

static const struct currency currencies[] = {
#define CURRENCY(code, decimals) {#code, decimals},
#include "ledger/base/currencies.def"
#undef CURRENCY
};

static uint32_t code_number(const char *code)
{
    return (uint32_t)(unsigned char)code[0] << 16 | (uint32_t)(unsigned char)code[1] << 8 |
           (unsigned char)code[2];
}

int currency_decimals(const char *code)
{
    if (strnlen(code, CODE_LETTERS + 1) != CODE_LETTERS) return -1;
    /* Every amount that is read or written asks here: the search has no branch that could be guessed wrong.
     */
    uint32_t wanted = code_number(code);
    const struct currency *at = currencies;
    size_t left = sizeof(currencies) / sizeof(currencies[0]);
    while (left > 1) {
        size_t half = left / 2;
        at += code_number(at[half].code) <= wanted ? half : 0;
        left -= half;
    }
    return code_number(at->code) == wanted ? at->decimals : -1;
}

enum err currency_parse(char out[4], struct str text, struct error *e)
{
    char code[CODE_LETTERS + 1] = "";
    if (text.len != CODE_LETTERS) {
        struct str shown = text_quotable(text);
        return fail(e, ERR_INVALID, "currency '%.*s': not three capital letters", STR_ARG(shown));
    }
    memcpy(code, text.ptr, CODE_LETTERS);
    if (currency_decimals(code) < 0) {
        struct str shown = text_quotable(text);
        return fail(e, ERR_INVALID, "currency '%.*s': not a code of ISO 4217", STR_ARG(shown));
    }
    memcpy(out, code, sizeof(code));
    return OK;
}
