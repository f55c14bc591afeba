/* SPDX-License-Identifier: MIT */
/* language.c - tags of languages, as "de-AT", by what ICU knows of them. */
#include <unicode/uloc.h>

#include "ledger/base.h"

enum err language_check(struct str tag, struct error *e)
{
    enum { TAG_BYTES = 64 };
    char text[TAG_BYTES + 1] = "", locale[ULOC_FULLNAME_CAPACITY] = "", country[ULOC_COUNTRY_CAPACITY] = "";
    struct error unused = {0};
    UErrorCode code = U_ZERO_ERROR;
    int32_t read = 0;
    bool known = tag.len > 0 && tag.len <= TAG_BYTES && memchr(tag.ptr, '_', tag.len) == NULL;
    if (known) {
        memcpy(text, tag.ptr, tag.len);
        (void)uloc_forLanguageTag(text, locale, sizeof locale, &read, &code);
        (void)uloc_getCountry(locale, country, sizeof country, &code);
        known = U_SUCCESS(code) && (size_t)read == tag.len && uloc_getISO3Language(locale)[0] != '\0' &&
                (country[0] < 'A' || /* 419 is a region */
                 country_check(str_of(country), &unused) == OK);
    }
    if (known) return OK;
    struct str shown = text_quotable(tag);
    return fail(e, ERR_INVALID, "locale '%.*s': not a language and a country, as en-US and de-AT are",
                STR_ARG(shown));
}
