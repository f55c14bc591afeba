/* SPDX-License-Identifier: MIT */
/* test_speech.c - documents speak the customer's language: every word is there, and numbers, amounts and
 * dates are those of ICU, which wrote them down independently. */
#include <unicode/udat.h>
#include <unicode/unum.h>
#include <unicode/ustring.h>

#include "reports/speech.h"
#include "tests/lib/fixture.h"

TestSuite(speech, .init = test_begin, .fini = test_end);

static const char *const locales[] = {"en-US", "en-GB", "en-IE", "en-AU", "en-CA", "en-ZA", "en-NZ",
                                      "de-DE", "de-AT", "de-CH", "de-LI", "de-LU", "fr-FR", "fr-BE",
                                      "fr-CH", "fr-CA", "fr-LU", "es-ES", "es-MX", "es-AR", "es-CL",
                                      "es-CO", "es-CR", "es-US", "de",    "fr",    "es"};
enum { LOCALES = sizeof locales / sizeof locales[0] };

static struct str utf8_of(const UChar *text, int32_t len)
{
    UErrorCode code = U_ZERO_ERROR;
    char *to = arena_take(A, 1, 400);
    u_strToUTF8(to, 400, NULL, text, len, &code);
    cr_assert(U_SUCCESS(code));
    return str_of(to);
}

static struct str icu_money(const char *locale, const char *amount, const UChar *currency)
{
    UErrorCode code = U_ZERO_ERROR;
    UChar text[200];
    UNumberFormat *f = unum_open(UNUM_CURRENCY_ISO, NULL, 0, locale, NULL, &code);
    unum_setTextAttribute(f, UNUM_CURRENCY_CODE, currency, -1, &code);
    int32_t len = unum_formatDecimal(f, amount, -1, text, 200, NULL, &code);
    cr_assert(U_SUCCESS(code), "%s", u_errorName(code));
    unum_close(f);
    return utf8_of(text, len);
}

Test(speech, amounts_are_written_as_icu_writes_them)
{
    static const struct {
        int64_t minor;
        const char *amount, *currency;
        const UChar *icu;
    } cases[] = {{123456750, "1234567.50", "EUR", u"EUR"},
                 {-123450, "-1234.50", "EUR", u"EUR"},
                 {0, "0", "USD", u"USD"},
                 {-1, "-0.01", "CHF", u"CHF"},
                 {1234567, "1234567", "JPY", u"JPY"},
                 {1234567, "1234.567", "KWD", u"KWD"}};
    for (size_t i = 0; i < LOCALES; i++) {
        const struct speech *s = speech_of(str_of(locales[i]));
        for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
            struct str ours = say_money(s, A, money_of(cases[k].minor, cases[k].currency));
            struct str theirs = icu_money(locales[i], cases[k].amount, cases[k].icu);
            cr_expect(str_equal(ours, theirs), "%s: '%.*s', ICU '%.*s'", locales[i], STR_ARG(ours),
                      STR_ARG(theirs));
        }
    }
}

Test(speech, dates_are_written_as_icu_writes_them)
{
    for (size_t i = 0; i < LOCALES; i++) {
        UErrorCode code = U_ZERO_ERROR;
        UDateFormat *f = udat_open(UDAT_NONE, UDAT_MEDIUM, locales[i], u"UTC", -1, NULL, 0, &code);
        for (int month = 1; month <= 12; month++) {
            struct date d = date_of(2025, month, month == 2 ? 28 : 3 * month % 29 + 1);
            UChar text[100];
            int32_t len = udat_format(f, (UDate)(d.days * INT64_C(86400000)), text, 100, NULL, &code);
            cr_assert(U_SUCCESS(code));
            struct str ours = say_date(speech_of(str_of(locales[i])), A, d), theirs = utf8_of(text, len);
            cr_expect(str_equal(ours, theirs), "%s: '%.*s', ICU '%.*s'", locales[i], STR_ARG(ours),
                      STR_ARG(theirs));
        }
        udat_close(f);
    }
}

/* French Switzerland writes amounts with a point and percentages with a comma; a document of ours has one of
 * them. */
Test(speech, percentages_are_written_as_icu_writes_them)
{
    for (size_t i = 0; i < LOCALES; i++) {
        if (strcmp(locales[i], "fr-CH") == 0) continue;
        UErrorCode code = U_ZERO_ERROR;
        UChar text[100];
        UNumberFormat *f = unum_open(UNUM_PERCENT, NULL, 0, locales[i], NULL, &code);
        unum_setAttribute(f, UNUM_MAX_FRACTION_DIGITS, 3);
        int32_t len = unum_formatDecimal(f, "0.0725", -1, text, 100, NULL, &code);
        struct str ours = say_percent(speech_of(str_of(locales[i])), A, decimal_make(725, 2)),
                   theirs = utf8_of(text, len);
        cr_expect(str_equal(ours, theirs), "%s: '%.*s', ICU '%.*s'", locales[i], STR_ARG(ours),
                  STR_ARG(theirs));
        unum_close(f);
    }
}

Test(speech, other_languages_get_english_and_nobody_in_particular_that_of_the_united_states)
{
    static const char *const cases[][2] = {{"it-IT", "1 Feb 2025"},  {"ja-JP", "1 Feb 2025"},
                                           {"den-CA", "1 Feb 2025"}, {"", "Feb 1, 2025"},
                                           {"de", "01.02.2025"},     {"fr-SN", "1 févr. 2025"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_str(say_date(speech_of(str_of(cases[i][0])), A, day("2025-02-01")), cases[i][1]);
    assert_str(say(speech_of(STR("pt-BR")), TEXT_INVOICE), "Invoice");
}

/* A place that one language fills in and another forgets would lose a number. */
Test(speech, every_language_fills_in_the_same_places)
{
    static const char *const tags[] = {"en", "de", "fr", "es"};
    for (enum text t = 0; t < TEXTS; t++) {
        struct str english = say(speech_of(STR("en")), t);
        for (size_t i = 1; i < 4; i++) {
            struct str other = say(speech_of(str_of(tags[i])), t);
            cr_expect(other.len > 0, "%d in %s", (int)t, tags[i]);
            for (char place = '1'; place <= '4'; place++) {
                const char mark[4] = {'{', place, '}', 0};
                cr_expect((strstr(english.ptr, mark) != NULL) == (strstr(other.ptr, mark) != NULL),
                          "'%s' in %s", english.ptr, tags[i]);
            }
        }
    }
}

Test(speech, every_country_has_a_name_in_every_language)
{
    static const char *const codes[] = {
#define COUNTRY(code, name) #code,
#include "ledger/base/countries.def"
#undef COUNTRY
    };
    static const char *const tags[] = {"en", "de", "fr", "es"};
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
        for (size_t k = 0; k < 4; k++)
            cr_expect(say_country(speech_of(str_of(tags[k])), str_of(codes[i])).len > 2, "%s in %s", codes[i],
                      tags[k]);
    assert_str(say_country(speech_of(STR("de-AT")), STR("AT")), "Österreich");
    assert_str(say_country(speech_of(STR("fr-FR")), STR("DE")), "Allemagne");
    assert_str(say_country(speech_of(STR("es-MX")), STR("US")), "Estados Unidos");
}
