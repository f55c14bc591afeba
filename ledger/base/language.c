/* SPDX-License-Identifier: MIT */
/* language.c - tags of languages, as "de-AT", by what ICU knows of them. */
#include <unicode/uloc.h>

#include "ledger/base.h"

static bool is_known(struct str tag)
{
    enum { TAG_BYTES = 64 };
    char text[TAG_BYTES + 1] = "", locale[ULOC_FULLNAME_CAPACITY] = "", country[ULOC_COUNTRY_CAPACITY] = "";
    struct error unused = {0};
    UErrorCode code = U_ZERO_ERROR;
    int32_t read = 0;
    if (tag.len == 0 || tag.len > TAG_BYTES || memchr(tag.ptr, '_', tag.len) != NULL) return false;
    memcpy(text, tag.ptr, tag.len);
    (void)uloc_forLanguageTag(text, locale, sizeof locale, &read, &code);
    (void)uloc_getCountry(locale, country, sizeof country, &code);
    if (U_FAILURE(code) || (size_t)read != tag.len || uloc_getISO3Language(locale)[0] == '\0') return false;
    return country[0] < 'A' || country_check(str_of(country), &unused) == OK; /* 419 is a region */
}

enum err language_check(struct str tag, struct error *e)
{
    if (is_known(tag)) return OK;
    struct str shown = text_quotable(tag);
    return fail(e, ERR_INVALID, "locale '%.*s': not a language and a country, as en-US and de-AT are",
                STR_ARG(shown));
}
