/* SPDX-License-Identifier: MIT */
/* test_bank.c - IBANs and BICs, by the examples of SWIFT's IBAN registry; contrast by examples of WCAG 2.1's
 * formula worked out elsewhere. */
#include "tests/lib/fixture.h"

TestSuite(bank, .init = test_begin, .fini = test_end);

static const char *const published[][2] = {
    {"DE89 3704 0044 0532 0130 00", "DE89370400440532013000"},
    {"GB29 NWBK 6016 1331 9268 19", "GB29NWBK60161331926819"},
    {"FR14 2004 1010 0505 0001 3M02 606", "FR1420041010050500013M02606"},
    {"ES91 2100 0418 4502 0005 1332", "ES9121000418450200051332"},
    {"NO93 8601 1117 947", "NO9386011117947"},
    {"MT84 MALT 0110 0001 2345 MTLC AST0 01S", "MT84MALT011000012345MTLCAST001S"},
    {"CH93 0076 2011 6238 5295 7", "CH9300762011623852957"},
    {"NL91 ABNA 0417 1643 00", "NL91ABNA0417164300"},
};

Test(bank, the_registrys_examples_are_read_with_or_without_blanks_and_shown_in_groups)
{
    for (size_t i = 0; i < sizeof published / sizeof *published; i++) {
        struct str iban = STR_NONE;
        assert_ok(iban_read(&iban, str_of(published[i][0]), A, E));
        assert_str(iban, published[i][1]);
        assert_str(iban_shown(A, iban), published[i][0]);
    }
}

Test(bank, every_single_wrong_character_is_found)
{
    for (size_t i = 0; i < sizeof published / sizeof *published; i++) {
        char *wrong = str_cstring(A, str_of(published[i][1]));
        for (size_t at = 2; wrong[at] != '\0'; at++) {
            char right = wrong[at];
            for (char c = '0'; c <= '9'; c++) {
                wrong[at] = c;
                cr_expect(iban_is(str_of(wrong)) == (c == right), "%s", wrong);
            }
            wrong[at] = right;
        }
    }
}

Test(bank, a_refused_iban_is_told_why)
{
    static const char *const cases[][2] = {
        {"DE89 3704 0044 0532 0130 0", "those of 'DE' have 22 characters, not 21"},
        {"DE88 3704 0044 0532 0130 00", "check digits"},
        {"US89 3704 0044 0532 0130 00", "the country 'US' has none"},
        {"", "two letters of a country"},
        {"DE89-3704-0044-0532-0130-00", "two letters of a country"},
        {"4242 4242 4242 4242", "two letters of a country"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct str iban = STR_NONE;
        cr_assert_eq(iban_read(&iban, str_of(cases[i][0]), A, E), ERR_INVALID);
        cr_expect(strstr(E->text, cases[i][1]) != NULL, "%s: %s", cases[i][0], E->text);
    }
}

Test(bank, a_bic_names_a_country)
{
    struct str bic = STR_NONE;
    assert_ok(bic_read(&bic, STR("cobadeffxxx"), A, E));
    assert_str(bic, "COBADEFFXXX");
    assert_ok(bic_read(&bic, STR("BNPAFRPP"), A, E));
    static const char *const wrong[] = {"COBADEFF1", "COBAQQFF", "COBA-EFF", "COBADEFFXXXX", ""};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        cr_expect_eq(bic_read(&bic, str_of(wrong[i]), A, E), ERR_INVALID, "%s", wrong[i]);
}

/* #767676 is the lightest grey that WCAG's authors count as readable on white, #777777 fails; pure red
 * has 4.0, blue 8.6. */
Test(bank, a_colour_has_the_contrast_that_wcags_formula_gives)
{
    static const struct {
        const char *text;
        unsigned tenths;
    } cases[] = {{"#ffffff", 10}, {"#000000", 210}, {"#767676", 45},
                 {"#777777", 44}, {"#ff0000", 39},  {"#0000FF", 85}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint32_t colour = 0;
        assert_ok(colour_parse(&colour, str_of(cases[i].text), E));
        assert_int(colour_contrast_to_white(colour), cases[i].tenths);
    }
    uint32_t unused = 0;
    cr_assert_eq(colour_parse(&unused, STR("17496b"), E), ERR_INVALID);
    cr_assert_eq(colour_parse(&unused, STR("#17496"), E), ERR_INVALID);
    cr_assert_eq(colour_parse(&unused, STR("#17496g"), E), ERR_INVALID);
}
