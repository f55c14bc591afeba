/* SPDX-License-Identifier: MIT */
/* test_tax_id.c - which tax ids are taken. The good ones are the examples that the authorities and the
 * documentation of python-stdnum give, whose answers to some 60,000 numbers of each country were compared as
 * well. */
#include "ledger/book.h"
#include "tests/lib/fixture.h"

TestSuite(tax_id, .init = test_begin, .fini = test_end);

static const struct {
    const char *country, *id;
} good[] = {
    {"AT", "ATU13585627"},         {"BE", "BE 0403.019.261"},    {"BG", "BG175074752"},
    {"CY", "CY-10259033P"},        {"CZ", "CZ 25123891"},        {"DE", "DE136695976"},
    {"DK", "DK13585628"},          {"EE", "EE100931558"},        {"GR", "EL094259216"},
    {"ES", "ES54362315K"},         {"ES", "ESX5253868R"},        {"ES", "ESM1234567L"},
    {"FI", "FI20774740"},          {"FR", "FR 40 303 265 045"},  {"FR", "FRK7399859412"},
    {"HR", "HR33392005961"},       {"HU", "HU12892312"},         {"IE", "IE6433435F"},
    {"IE", "IE6433435OA"},         {"IE", "IE8D79739I"},         {"IT", "IT00743110157"},
    {"LT", "LT119511515"},         {"LT", "LT100001919017"},     {"LU", "LU15027442"},
    {"LV", "LV40003521600"},       {"MT", "MT11679112"},         {"NL", "NL004495445B01"},
    {"NL", "NL123456789B13"},      {"PL", "PL8567346215"},       {"PT", "PT501964843"},
    {"RO", "RO18547290"},          {"SE", "SE123456789701"},     {"SI", "SI50223054"},
    {"SK", "SK2022749619"},        {"GB", "GB980780684"},        {"GB", "XI432525179"},
    {"CH", "CHE-107.787.577 IVA"}, {"NO", "NO 995 525 828 MVA"}, {"US", "91-1144442"},
};

Test(tax_id, numbers_that_can_be_are_taken_with_and_without_country)
{
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        struct error why = {0};
        enum err with = tax_id_check(str_of(good[i].id), str_of(good[i].country), &why);
        cr_expect(with == OK, "%s: %s", good[i].id, why.text);
        cr_expect(tax_id_check(str_of(good[i].id), STR(""), E) == OK, "%s without a country", good[i].id);
    }
}

/* The fifth digit, one more than it is. */
Test(tax_id, a_digit_that_was_mistyped_is_found)
{
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        char *wrong = str_cstring(A, str_of(good[i].id));
        size_t at = 0, digits = 0;
        if (strcmp(good[i].country, "US") == 0) continue; /* has no check digit */
        for (;; at++) {
            if (wrong[at] >= '0' && wrong[at] <= '9' && ++digits == 5) break;
        }
        wrong[at] = wrong[at] == '9' ? '0' : (char)(wrong[at] + 1);
        cr_expect(tax_id_check(str_of(wrong), str_of(good[i].country), E) == ERR_INVALID, "%s", wrong);
    }
}

Test(tax_id, without_its_prefix_a_number_is_read_as_its_countrys)
{
    assert_ok(tax_id_check(STR("136695976"), STR("DE"), E));
    assert_ok(tax_id_check(STR("094259216"), STR("GR"), E));
    assert_err(tax_id_check(STR("136695977"), STR("DE"), E), ERR_INVALID,
               "tax_id: the check digits of a number of 'DE' are wrong");
    assert_ok(
        tax_id_check(STR("DE136695976"), STR("FR"), E)); /* a French firm may be registered in Germany */
}

Test(tax_id, a_wrong_form_is_told_with_the_right_one_and_without_the_number)
{
    assert_err(tax_id_check(STR("DE12345"), STR("DE"), E), ERR_INVALID,
               "tax_id: after 'DE' another form is wanted: 9 digits");
    assert_err(tax_id_check(STR("1234"), STR("US"), E), ERR_INVALID,
               "tax_id: after 'US' another form is wanted: 9 digits");
    assert_err(tax_id_check(STR("NL123456789C01"), STR(""), E), ERR_INVALID,
               "tax_id: after 'NL' another form is wanted: 9 digits, B and 2 digits");
    assert_err(tax_id_check(STR("DE136_695"), STR("JP"), E), ERR_INVALID,
               "tax_id: it holds something else than letters and digits");
    assert_err(tax_id_check(STR("1"), STR("JP"), E), ERR_INVALID, "tax_id: fewer than 2 characters");
    assert_err(tax_id_check(STR("1234567890123456789012345"), STR("JP"), E), ERR_INVALID,
               "tax_id: more than 24 characters");
}

Test(tax_id, of_other_countries_letters_and_digits_are_enough)
{
    assert_ok(tax_id_check(STR("T1234567890123"), STR("JP"), E));
    assert_ok(
        tax_id_check(STR("DEPL800101XXX"), STR("MX"), E)); /* begins like a German one, and is Mexican */
    assert_ok(tax_id_check(STR("27AAPFU0939F1ZV"), STR(""), E));
    assert_ok(tax_id_check(STR(""), STR("DE"), E));
}

Test(tax_id, is_of_the_country_that_its_prefix_names_or_else_its_owners)
{
    assert_str(tax_id_country(STR("DE136695976"), STR("FR")), "DE");
    assert_str(tax_id_country(STR("de 136 695 976"), STR("FR")), "DE");
    assert_str(tax_id_country(STR("136695976"), STR("DE")), "DE");
    assert_str(tax_id_country(STR("EL094259216"), STR("GR")), "GR");
    assert_str(tax_id_country(STR("094259216"), STR("GR")), "GR");
    assert_str(tax_id_country(STR("XI432525179"), STR("GB")), "GB");
    assert_str(tax_id_country(STR("DEPL800101XXX"), STR("MX")), "MX");
    assert_str(tax_id_country(STR("27AAPFU0939F1ZV"), STR("IN")), "IN");
}

/* Art. 196 of the EU's VAT directive: what counts is where the buyer is identified, not where he sits alone.
 */
Test(tax_id, reverses_a_tax_when_it_is_of_outside_the_sellers_country)
{
    static const struct {
        const char *seller, *buyer, *tax_id;
        bool reversed;
    } cases[] = {
        {"IE", "DE", "DE136695976", true},
        {"DE", "FR", "DE136695976", false},
        {"IE", "FR", "DE136695976", true},
        {"DE", "GR", "EL094259216", true},
        {"GR", "DE", "EL094259216", false},
        {"GR", "DE", "136695976", true},
        {"IE", "GB", "XI432525179", true},
        {"GB", "IE", "XI432525179", false},
        {"GB", "IE", "GB432525179", false},
        {"IE", "FR", "GB432525179", false}, /* registered in no member state */
        {"GB", "FR", "US123456789", true},
        {"DE", "BR", "DE136695976", false},
        {"DE", "BR", "11222333000181", true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct customer buyer = {
            .party = {.country = str_of(cases[i].buyer), .tax_id = str_of(cases[i].tax_id)}};
        struct seller seller = {.party = {.country = str_of(cases[i].seller)}};
        cr_expect(tax_is_reversed(&buyer, &seller) == cases[i].reversed, "%s to %s, %s", cases[i].seller,
                  cases[i].buyer, cases[i].tax_id);
    }
}
