/* SPDX-License-Identifier: MIT */
/* Countries, compared with those that ICU knows. */
#include <unicode/uloc.h>

#include "tests/lib/fixture.h"

TestSuite(country, .init = test_begin, .fini = test_end);

Test(country, the_table_holds_each_country_once_and_in_order)
{
    static const char *const lines[] = {
#define COUNTRY(code, name) #code,
#include "ledger/base/countries.def"
#undef COUNTRY
    };
    size_t count = sizeof lines / sizeof lines[0];
    assert_int(count, 249 + 1); /* officially assigned, and Kosovo */
    for (size_t i = 0; i < count; i++) {
        assert_ok(country_check(str_of(lines[i]), E));
        cr_assert(i == 0 || strcmp(lines[i - 1], lines[i]) < 0, "%s", lines[i]);
    }
}

/* ICU keeps some that were given back, for old data: they have no name of their own any more. */
Test(country, every_country_is_one_for_icu)
{
    size_t known = 0;
    for (const char *const *code = uloc_getISOCountries(); *code != NULL; code++) {
        struct error e = {0};
        if (country_check(str_of(*code), &e) == OK)
            known++;
        else
            cr_expect(strcmp(*code, "AN") == 0 || strcmp(*code, "CP") == 0 || strcmp(*code, "DG") == 0 ||
                          strcmp(*code, "EA") == 0 || strcmp(*code, "IC") == 0 || strcmp(*code, "AC") == 0 ||
                          strcmp(*code, "TA") == 0 || strcmp(*code, "CQ") == 0,
                      "%s", *code);
    }
    assert_int(known, 250);
}

Test(country, what_is_none_is_refused_with_what_may_be_meant)
{
    static const char *const wrong[][2] = {
        {"UK", "; is 'GB' meant?"},      {"uk", "; is 'GB' meant?"},    {"EL", "; is 'GR' meant?"},
        {"XI", "; is 'GB' meant?"},      {"de", "; is 'DE' meant?"},    {"Austria", "; is 'AT' meant?"},
        {"germany", "; is 'DE' meant?"}, {"XX", ", as DE and US are"},  {"ZZ", ", as DE and US are"},
        {"D", ", as DE and US are"},     {"DE ", ", as DE and US are"}, {"A1", ", as DE and US are"},
        {"", ", as DE and US are"},      {"EU", ", as DE and US are"},  {"SU", ", as DE and US are"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct str wanted =
            str_format(A, "country '%s': not a code of ISO 3166-1%s", wrong[i][0], wrong[i][1]);
        assert_err(country_check(str_of(wrong[i][0]), E), ERR_INVALID, str_cstring(A, wanted));
    }
}

Test(country, a_locale_is_a_language_tag_that_icu_knows)
{
    static const char *const good[] = {"en",         "en-US",      "de-AT",  "pt-BR",
                                       "zh-Hant-TW", "sr-Latn-RS", "es-419", "sq-XK"};
    static const char *const bad[] = {"",    "en_US", "english", "xx", "en-UK", "en-XX",
                                      "de-", "-DE",   "en-US-",  "!",  "q"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        cr_expect(language_check(str_of(good[i]), E) == OK, "%s", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        cr_expect(language_check(str_of(bad[i]), E) == ERR_INVALID, "%s", bad[i]);
    assert_err(language_check(STR("tlh-ZZ"), E), ERR_INVALID,
               "locale 'tlh-ZZ': not a language and a country, as en-US and de-AT are");
}

Test(country, an_address_has_its_name)
{
    assert_str(country_name(STR("GB")), "United Kingdom");
    assert_str(country_name(STR("ZW")), "Zimbabwe");
    assert_str(country_name(STR("UK")), "UK");
}
