/* SPDX-License-Identifier: MIT */
/* Catalog files: what they hold comes out. What is wrong with one is in test_catalog_faults.c. */
#include "importers/catalog.h"
#include "importers/importers.h"
#include "tests/importers/files.h"

TestSuite(catalog, .init = test_begin, .fini = test_end);

#define PRICE      "{\"currency\":\"USD\",\"interval\":\"month\",\"amount\":\"29.00\"}"
#define PRODUCT(x) "{\"code\":\"basic\",\"name\":\"Basic\"," x "}"
#define PRICED(x)  "{\"products\":[" PRODUCT("\"prices\":[" x "]") "]}"
static struct catalog_load_command parse(const char *text)
{
    struct command c = {0};
    assert_ok(catalog_parse(&c, str_bytes(str_of(text)), A, E));
    assert_int(c.type, COMMAND_CATALOG_LOAD);
    assert_ok(command_check(&c, E));
    return c.catalog_load;
}

static void refused(const char *text, const char *sentence)
{
    struct command c = {0};
    enum err err = catalog_parse(&c, str_bytes(str_of(text)), A, E);
    cr_assert(err != OK, "accepted: %s", text);
    cr_assert(strcmp(E->text, sentence) == 0, "\n got    %s\n wanted %s", E->text, sentence);
}

static struct catalog_load_command example(void)
{
    struct command c = {0};
    assert_ok(catalog_read(&c, "fixtures/catalog.json", A, E));
    return c.catalog_load;
}

static const struct price *price_of(const struct catalog_load_command *c, const char *code,
                                    const char *currency, enum interval_unit unit)
{
    for (size_t i = 0; i < c->prices_count; i++) {
        const struct price *p = &c->prices[i];
        bool wanted =
            str_is(p->product, code) && strcmp(p->amount.currency, currency) == 0 && p->unit == unit;
        if (wanted) return p;
    }
    cr_assert(false, "no price of %s in %s", code, currency);
    return c->prices;
}

Test(catalog, the_example_holds_the_four_tiers_of_the_seed)
{
    static const struct {
        const char *code, *currency, *month, *quota, *overage;
    } seed[] = {
        {"free", "USD", "0.00", "100", NULL},     {"basic", "USD", "29.00", "1000", "0.01"},
        {"pro", "USD", "99.00", "10000", "0.01"}, {"basic", "EUR", "27.00", "1000", "0.01"},
        {"basic", "JPY", "4400", "1000", "1"},    {"pro", "KWD", "30.500", "10000", "0.003"},
    };
    struct catalog_load_command c = example();
    assert_int(c.products_count, 4);
    assert_int(c.prices_count, 4 * 4 * 2);
    for (size_t i = 0; i < sizeof seed / sizeof seed[0]; i++) {
        const struct price *p = price_of(&c, seed[i].code, seed[i].currency, INTERVAL_MONTH);
        assert_str(money_text(A, p->amount), seed[i].month);
        assert_int(p->rates_count, 1);
        assert_str(p->rates[0].usage_type, "api_calls");
        assert_str(decimal_text(A, p->rates[0].included), seed[i].quota);
        cr_assert(p->rates[0].billed == (seed[i].overage != NULL));
        if (seed[i].overage != NULL) assert_str(decimal_text(A, p->rates[0].unit_price), seed[i].overage);
    }
    const struct price *custom = price_of(&c, "enterprise", "USD", INTERVAL_YEAR);
    cr_assert(custom->custom && custom->rates[0].unlimited);
}

Test(catalog, a_year_costs_ten_months_in_the_example)
{
    struct catalog_load_command c = example();
    for (size_t i = 0; i < c.prices_count; i++) {
        const struct price *p = &c.prices[i];
        const char *code = str_cstring(A, p->product);
        if (p->unit != INTERVAL_YEAR) continue;
        assert_int(p->amount.minor,
                   10 * price_of(&c, code, p->amount.currency, INTERVAL_MONTH)->amount.minor);
    }
}

Test(catalog, what_is_left_out_has_a_sensible_value)
{
    struct catalog_load_command c = parse(
        "\xef\xbb\xbf"
        "{\"name\":\"n\",\"products\":[" PRODUCT(
            "\"prices\":[" PRICE
            "]") ","
                 "{\"code\":\"b\",\"name\":\"B\",\"prices\":[{\"currency\":\"JPY\",\"interval\":\"day\","
                 "\"interval_count\":3,\"amount\":100,\"rates\":[{\"usage_type\":\"t\",\"unit_price\":0.015}]"
                 "}]}]}");
    assert_str(c.name, "n");
    assert_int(c.products[0].rank, 0);
    assert_int(c.products[1].rank, 1);
    assert_int(c.prices[0].interval_count, 1);
    assert_int(c.prices[1].interval_count, 3);
    assert_money(c.prices[1].amount, "100", "JPY");
    assert_str(decimal_text(A, c.prices[1].rates[0].unit_price), "0.015");
    cr_assert(c.prices[1].rates[0].billed);
}

Test(catalog, intervals_are_told_in_the_words_of_people)
{
    static const struct {
        const char *interval;
        enum interval_unit unit;
        int count;
    } rows[] = {
        {"\"interval\":\"day\",\"interval_count\":10", INTERVAL_DAY, 10},
        {"\"interval\":\"week\",\"interval_count\":2", INTERVAL_WEEK, 2},
        {"\"interval\":\"month\"", INTERVAL_MONTH, 1},
        {"\"interval\":\"quarter\"", INTERVAL_MONTH, 3},
        {"\"interval\":\"quarter\",\"interval_count\":3", INTERVAL_MONTH, 9},
        {"\"interval\":\"half_year\"", INTERVAL_MONTH, 6},
        {"\"interval\":\"half_year\",\"interval_count\":1000", INTERVAL_MONTH, 6000},
        {"\"interval\":\"year\",\"interval_count\":2", INTERVAL_YEAR, 2},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct str text =
            str_format(A, PRICED("{\"currency\":\"USD\",%s,\"amount\":\"1\"}"), rows[i].interval);
        struct catalog_load_command c = parse(str_cstring(A, text));
        assert_int(c.prices[0].unit, rows[i].unit);
        assert_int(c.prices[0].interval_count, rows[i].count);
    }
}

Test(catalog, a_quarter_and_three_months_are_one_price)
{
    refused(PRICED("{\"currency\":\"USD\",\"interval\":\"quarter\",\"amount\":\"1\"},"
                   "{\"currency\":\"USD\",\"interval\":\"month\",\"interval_count\":3,\"amount\":\"2\"}"),
            "products[0].prices[1]: a price for this currency and interval is there already");
}

Test(catalog, the_hash_is_that_of_the_files_bytes)
{
    struct catalog_load_command c =
        parse("{\"products\":[{\"code\":\"a\",\"name\":\"A\",\"prices\":[" PRICE "]}]}");
    /* sha256sum of the same bytes */
    assert_str(hex_text(A, c.sha256.bytes, 32),
               "920f2b28edec06ff087088be385e328af33f1ab2ea66dba431d8496b2e4d684f");
}

Test(catalog, card_data_in_a_description_are_refused_without_being_shown)
{
    refused("{\"products\":[" PRODUCT("\"description\":\"card 4242 4242 4242 4242\"") "]}",
            "products[0].description: card numbers and security codes are never accepted");
}

Test(catalog, a_missing_file_is_named)
{
    struct command c = {0};
    assert_err_says(catalog_read(&c, test_path("none.json"), A, E), ERR_NOT_FOUND, "none.json");
    test_write(test_path("bad.json"), STR("{}"));
    assert_err_says(catalog_read(&c, test_path("bad.json"), A, E), ERR_INVALID,
                    "bad.json': products: a list");
}
