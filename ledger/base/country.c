/* SPDX-License-Identifier: MIT */
/* country.c - which countries there are. It never guesses: what may be meant is said, not taken. */
#include "ledger/base.h"

struct country {
    char code[3];
    const char *name;
};

static const struct country countries[] = {
#define COUNTRY(code, name) {#code, name},
#include "ledger/base/countries.def"
#undef COUNTRY
};
enum { COUNTRIES = sizeof countries / sizeof countries[0] };

static const struct country *find(struct str code)
{
    size_t low = 0, high = COUNTRIES;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = str_compare(str_of(countries[middle].code), code);
        if (order == 0) return &countries[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

struct str country_name(struct str code)
{
    const struct country *c = find(code);
    return c != NULL ? str_of(c->name) : code;
}

static char capital(char c)
{
    if (c < 'a' || c > 'z') return c;
    return "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[c - 'a'];
}

static bool same_letters(struct str a, const char *b)
{
    if (a.len != strlen(b)) return false;
    for (size_t i = 0; i < a.len; i++) {
        if (capital(a.ptr[i]) != capital(b[i])) return false;
    }
    return true;
}

/* Codes of tax numbers (EL, XI) and of the internet (UK) are none of ISO's. */
static const char *meant_by(struct str text)
{
    static const char *const others[][2] = {{"UK", "GB"}, {"EL", "GR"}, {"XI", "GB"}};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        if (same_letters(text, others[i][0])) return others[i][1];
    }
    for (size_t i = 0; i < COUNTRIES; i++) {
        if (same_letters(text, countries[i].code) || same_letters(text, countries[i].name))
            return countries[i].code;
    }
    return NULL;
}

enum err country_check(struct str code, struct error *e)
{
    if (find(code) != NULL) return OK;
    struct str shown = text_quotable(code);
    const char *meant = meant_by(code);
    if (meant == NULL)
        return fail(e, ERR_INVALID, "country '%.*s': not a code of ISO 3166-1, as DE and US are",
                    STR_ARG(shown));
    return fail(e, ERR_INVALID, "country '%.*s': not a code of ISO 3166-1; is '%s' meant?", STR_ARG(shown),
                meant);
}
