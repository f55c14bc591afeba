/* SPDX-License-Identifier: MIT */
/* test_schema_text.c - single fields as people and tables write them: shown, parsed, and refused with a
 * sentence that leaves the record as it was. */
#include <criterion/criterion.h>

#include "tests/store/sample.h"

static const struct {
    const char *field;
    const char *text;
} shown[] = {
    {"active", "true"},
    {"number", "42"},
    {"user", "user_1"},
    {"digest", "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"},
    {"quantity", "12.5"},
    {"start", "2025-01-31"},
    {"at", "2025-01-31T12:00:00Z"},
    {"unit", "month"},
};
enum { SHOWN = sizeof(shown) / sizeof(shown[0]) };

Test(field_text, scalars_are_shown_as_people_write_them)
{
    struct arena *a = arena_new();
    struct sample s = sample_made();
    for (size_t i = 0; i < SHOWN; i++) {
        struct str got = field_text(a, schema_field(&sample_schema, str_of(shown[i].field)), &s);
        cr_expect(str_is(got, shown[i].text), "%s: %.*s", shown[i].field, STR_ARG(got));
    }
    cr_expect(str_is(field_text(a, schema_field(&sample_schema, STR("fee")), &s), "29.00"));
    cr_expect(str_is(field_text(a, schema_field(&sample_schema, STR("party")), &s), ""));
    cr_expect(str_is(field_text(a, schema_field(&sample_schema, STR("prices")), &s), ""));
    arena_free(a);
}

Test(field_text, what_is_not_given_is_shown_as_nothing)
{
    static const char *const names[] = {"user", "fee", "start", "at"};
    struct arena *a = arena_new();
    struct sample none = {0};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        cr_expect_eq(field_text(a, schema_field(&sample_schema, str_of(names[i])), &none).len, 0, "%s",
                     names[i]);
    }
    arena_free(a);
}

Test(field_parse, what_is_shown_can_be_parsed)
{
    struct arena *a = arena_new();
    struct sample s = {0}, wanted = sample_made();
    for (size_t i = 0; i < SHOWN; i++) {
        struct error e = {0};
        const struct field *f = schema_field(&sample_schema, str_of(shown[i].field));
        cr_expect_eq(field_parse(f, &s, str_of(shown[i].text), a, &e), OK, "%s: %s", shown[i].field, e.text);
    }
    s.fee = wanted.fee;
    s.party = wanted.party;
    s.prices = wanted.prices;
    s.prices_count = wanted.prices_count;
    cr_expect(schema_equal(&sample_schema, &s, &wanted));
    arena_free(a);
}

Test(field_parse, a_parsed_text_outlives_what_it_was_parsed_from)
{
    struct arena *a = arena_new();
    struct error e = {0};
    struct sample s = {0};
    char text[] = "Ada";
    cr_assert_eq(field_parse(schema_field(&sample_schema, STR("user")), &s, str_of(text), a, &e), OK);
    memset(text, 'x', 3);
    cr_expect(str_is(s.user, "Ada"));
    arena_free(a);
}

Test(field_parse, money_is_written_with_its_currency)
{
    struct arena *a = arena_new();
    struct error e = {0};
    struct sample s = {0};
    const struct field *fee = schema_field(&sample_schema, STR("fee"));
    cr_assert_eq(field_parse(fee, &s, STR("29.00 USD"), a, &e), OK, "%s", e.text);
    cr_expect_eq(s.fee.minor, 2900);
    cr_expect_str_eq(s.fee.currency, "USD");
    cr_expect_eq(field_parse(fee, &s, STR("29.00"), a, &e), ERR_INVALID);
    cr_expect_str_eq(e.text, "write amounts with their currency, e.g. \"29.00 USD\"");
    cr_expect_eq(field_parse(fee, &s, STR("29.00 usd"), a, &e), ERR_INVALID);
    cr_expect_eq(field_parse(fee, &s, STR("29.001 USD"), a, &e), ERR_INVALID);
    cr_expect_eq(field_parse(fee, &s, STR("29.00  USD"), a, &e), ERR_INVALID);
    cr_assert_eq(field_parse(fee, &s, STR(""), a, &e), OK);
    cr_expect_not(money_is_given(s.fee));
    arena_free(a);
}

Test(field_parse, an_empty_text_means_none_for_dates_and_instants)
{
    struct arena *a = arena_new();
    struct error e = {0};
    struct sample s = sample_made();
    cr_expect_eq(field_parse(schema_field(&sample_schema, STR("start")), &s, STR(""), a, &e), OK);
    cr_expect_eq(field_parse(schema_field(&sample_schema, STR("at")), &s, STR(""), a, &e), OK);
    cr_expect_eq(s.start.days, 0);
    cr_expect_eq(s.at.us, 0);
    arena_free(a);
}

Test(field_parse, what_is_not_understood_is_invalid_with_a_sentence)
{
    static const struct {
        const char *field, *text, *sentence;
    } table[] = {
        {"active", "yes", "neither true nor false"},
        {"unit", "fortnight", "'fortnight' is not one of day, week, month, year"},
        {"unit", "", "'' is not one of day, week, month, year"},
        {"user", "\xc3(", "the text is not valid UTF-8"},
        {"party", "Ada", "cannot be given as one text"},
        {"prices", "1", "cannot be given as one text"},
        {"number", "-1", NULL},
        {"number", "", NULL},
        {"quantity", "1e3", NULL},
        {"start", "2025-02-29", NULL},
        {"at", "yesterday", NULL},
        {"digest", "0011", NULL},
    };
    struct arena *a = arena_new();
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct error e = {0};
        struct sample s = sample_made(), before = s;
        const struct field *f = schema_field(&sample_schema, str_of(table[i].field));
        cr_expect_eq(field_parse(f, &s, str_of(table[i].text), a, &e), ERR_INVALID, "%s", table[i].text);
        if (table[i].sentence != NULL) cr_expect_str_eq(e.text, table[i].sentence);
        cr_expect_neq(e.text[0], '\0');
        cr_expect(schema_equal(&sample_schema, &s, &before), "%s: a refused text changed the record",
                  table[i].field);
    }
    arena_free(a);
}
