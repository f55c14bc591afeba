/* SPDX-License-Identifier: MIT */
/* test_assess.c - coupons and taxes on the lines of a document. Rows R-… are those of real engines; the
 * numbers of the others, of our own (R-101 …), were computed apart from this program, with Python's
 * fractions. Lines are credited and spread in cents. */
#include <inttypes.h>

#include "ledger/book.h"
#include "tests/lib/fixture.h"

TestSuite(assess, .init = test_begin, .fini = test_end);

enum { LINES = 8, COUPONS = 3, TAXES = 3 };

struct priced { /* in cents; code "" of the common taxes */
    int64_t price;
    const char *code, *product;
    bool inclusive;
};
struct given_coupon { /* percent "" for a fixed amount; product "" for all */
    const char *percent;
    int64_t cents;
    const char *product;
};
struct given_tax {
    const char *code, *percent;
};

struct row {
    const char *says;
    size_t count;
    struct priced lines[LINES];
    struct given_coupon coupons[COUPONS];
    struct given_tax taxes[TAXES];
    int64_t amount[LINES], discount[LINES], tax[LINES];
    int64_t of_coupon[COUPONS], of_tax[TAXES];
    int64_t total;
};

static struct decimal number(const char *text)
{
    struct decimal d = {0};
    if (text[0] != '\0') assert_ok(decimal_parse(&d, str_of(text), E));
    return d;
}

static struct str or_none(const char *text)
{
    return text != NULL ? str_of(text) : STR("");
}

static struct line *lines_of(const struct priced *given, size_t count)
{
    struct line *lines = arena_array_of(A, struct line, count);
    for (size_t i = 0; i < count; i++) {
        lines[i] = (struct line){.amount = money_of(given[i].price, "USD"),
                                 .tax_code = or_none(given[i].code),
                                 .product = or_none(given[i].product),
                                 .tax_inclusive = given[i].inclusive};
    }
    return lines;
}

static struct assess_facts facts_of(const struct given_coupon *coupons, const struct given_tax *taxes)
{
    struct redemption *r = arena_array_of(A, struct redemption, COUPONS);
    struct tax *t = arena_array_of(A, struct tax, TAXES);
    struct assess_facts f = {
        .coupons = r, .taxes = t, .where = {STR("IE"), STR("")}, .on = day("2025-06-01")};
    for (size_t i = 0; i < COUPONS && coupons[i].percent != NULL; i++) {
        r[i] = (struct redemption){.redemption = i + 1};
        r[i].coupon.code = str_format(A, "coupon_%zu", i + 1);
        r[i].coupon.percent = number(coupons[i].percent);
        r[i].coupon.amount = money_of(coupons[i].cents, "USD");
        r[i].coupon.product = or_none(coupons[i].product);
        f.coupons_count++;
    }
    for (size_t i = 0; i < TAXES && taxes[i].percent != NULL; i++) {
        t[i] = (struct tax){.code = str_format(A, "tax_%zu", i + 1),
                            .country = STR("IE"),
                            .product_code = or_none(taxes[i].code),
                            .percent = number(taxes[i].percent),
                            .category = STR("S")};
        f.taxes_count++;
    }
    return f;
}

/* What a coupon took, a tax came to: 0 when it is not on the document. */
static int64_t of_coupon(const struct assessment *x, size_t place)
{
    for (size_t i = 0; i < x->discounts_count; i++) {
        if (x->discounts[i].redemption == place + 1) return x->discounts[i].amount.minor;
    }
    return 0;
}

static int64_t of_tax(const struct assessment *x, size_t place)
{
    struct str code = str_format(A, "tax_%zu", place + 1);
    for (size_t i = 0; i < x->taxes_count; i++) {
        if (str_equal(x->taxes[i].code, code)) return x->taxes[i].amount.minor;
    }
    return 0;
}

static int64_t total_of(const struct line *lines, size_t count)
{
    int64_t total = 0;
    for (size_t i = 0; i < count; i++)
        total += lines[i].amount.minor - lines[i].discount.minor + lines[i].tax.minor;
    return total;
}

static void check_row(const struct row *r)
{
    struct line *lines = lines_of(r->lines, r->count);
    struct assess_facts f = facts_of(r->coupons, r->taxes);
    struct assessment x = {0};
    assert_ok(assess_lines(&x, lines, r->count, &f, A, E));
    for (size_t i = 0; i < r->count; i++) {
        const struct line *l = &lines[i];
        cr_expect(l->amount.minor == r->amount[i], "%s: amount %zu is %" PRId64, r->says, i, l->amount.minor);
        cr_expect(l->discount.minor == r->discount[i], "%s: discount %zu is %" PRId64, r->says, i,
                  l->discount.minor);
        cr_expect(l->tax.minor == r->tax[i], "%s: tax %zu is %" PRId64, r->says, i, l->tax.minor);
    }
    for (size_t i = 0; i < COUPONS; i++)
        cr_expect(of_coupon(&x, i) == r->of_coupon[i], "%s: coupon %zu took %" PRId64, r->says, i,
                  of_coupon(&x, i));
    for (size_t i = 0; i < TAXES; i++)
        cr_expect(of_tax(&x, i) == r->of_tax[i], "%s: tax %zu is %" PRId64, r->says, i, of_tax(&x, i));
    cr_expect(total_of(lines, r->count) == r->total, "%s: the total is %" PRId64, r->says,
              total_of(lines, r->count));
}

/* clang-format off */
static const struct row rows[] = {
    {"R-6: a coupon is spread before three rates are taxed",
     4, {{10000, "a", "", false}, {5000, "b", "", false}, {3000, "c", "", false}, {2000, "c", "", false}}, {{"", 1000, ""}}, {{"a", "10"}, {"b", "0"}, {"c", "20"}},
     {10000, 5000, 3000, 2000}, {500, 250, 150, 100}, {950, 0, 570, 380}, {1000}, {950, 0, 950}, 20900},
    {"R-8: 40% of two cents in lines of nothing and of one",
     8, {{0, "", "", false}, {0, "", "", false}, {0, "", "", false}, {0, "", "", false}, {0, "", "", false}, {0, "", "", false}, {1, "", "", false}, {1, "", "", false}}, {{0}}, {{"", "40"}},
     {0, 0, 0, 0, 0, 0, 1, 1}, {0, 0, 0, 0, 0, 0, 0, 0}, {0, 0, 0, 0, 0, 0, 1, 0}, {0}, {1}, 3},
    {"R-9: 40% of eight cents",
     8, {{1, "", "", false}, {1, "", "", false}, {1, "", "", false}, {1, "", "", false}, {1, "", "", false}, {1, "", "", false}, {1, "", "", false}, {1, "", "", false}}, {{0}}, {{"", "40"}},
     {1, 1, 1, 1, 1, 1, 1, 1}, {0, 0, 0, 0, 0, 0, 0, 0}, {1, 1, 1, 0, 0, 0, 0, 0}, {0}, {3}, 11},
    {"R-10: a credit of 29/30 of 200.00 (the exact gross would be 241.67)",
     1, {{-19333, "", "", false}}, {{0}}, {{"", "25"}},
     {-19333}, {0}, {-4833}, {0}, {-4833}, -24166},
    {"R-11: of 160.00 (the exact gross would be 193.33)",
     1, {{-15467, "", "", false}}, {{0}}, {{"", "25"}},
     {-15467}, {0}, {-3867}, {0}, {-3867}, -19334},
    {"R-12: 6/7 of 29.99 at 23.33%",
     1, {{-2571, "", "", false}}, {{0}}, {{"", "23.33"}},
     {-2571}, {0}, {-600}, {0}, {-600}, -3171},
    {"R-13: a part of 769.00 is given back",
     1, {{-72686, "", "", false}}, {{0}}, {{"", "20"}},
     {-72686}, {0}, {-14537}, {0}, {-14537}, -87223},
    {"R-13: and then the rest: 872.23 + 50.57 = 922.80",
     1, {{-4214, "", "", false}}, {{0}}, {{"", "20"}},
     {-4214}, {0}, {-843}, {0}, {-843}, -5057},
    {"R-14: 20% of two lines of 68.33, once and not a line",
     2, {{6833, "", "", false}, {6833, "", "", false}}, {{0}}, {{"", "20"}},
     {6833, 6833}, {0, 0}, {1367, 1366}, {0}, {2733}, 16399},
    {"R-15: of four such lines",
     4, {{6833, "", "", false}, {6833, "", "", false}, {6833, "", "", false}, {6833, "", "", false}}, {{0}}, {{"", "20"}},
     {6833, 6833, 6833, 6833}, {0, 0, 0, 0}, {1367, 1367, 1366, 1366}, {0}, {5466}, 32798},
    {"R-16: of four others (a line at a time it would be 335.00)",
     4, {{6833, "", "", false}, {6833, "", "", false}, {5750, "", "", false}, {8500, "", "", false}}, {{0}}, {{"", "20"}},
     {6833, 6833, 5750, 8500}, {0, 0, 0, 0}, {1367, 1366, 1150, 1700}, {0}, {5583}, 33499},
    {"R-20: 10% and 25% of what is left",
     1, {{10000, "", "", false}}, {{"10", 0, ""}, {"25", 0, ""}}, {{0}},
     {10000}, {3250}, {0}, {1000, 2250}, {0}, 6750},
    {"R-20: in any order",
     1, {{10000, "", "", false}}, {{"25", 0, ""}, {"10", 0, ""}}, {{0}},
     {10000}, {3250}, {0}, {2500, 750}, {0}, 6750},
    {"R-20: a percentage comes before an amount",
     1, {{10000, "", "", false}}, {{"", 5000, ""}, {"10", 0, ""}}, {{0}},
     {10000}, {6000}, {0}, {5000, 1000}, {0}, 4000},
    {"R-20: 80.00 and 50.00 of 100.00 are 100.00",
     1, {{10000, "", "", false}}, {{"", 8000, ""}, {"", 5000, ""}}, {{0}},
     {10000}, {10000}, {0}, {8000, 2000}, {0}, 0},
    {"R-21: 1.00 over 3.33, 3.33 and 3.34 leaves 3.00 each",
     3, {{333, "", "", false}, {333, "", "", false}, {334, "", "", false}}, {{"", 100, ""}}, {{0}},
     {333, 333, 334}, {33, 33, 34}, {0, 0, 0}, {100}, {0}, 900},
    {"R-26: 2.99 with 4% inside: the net is rounded (Zuora's other way rounds the tax: 0.12 and 2.87)",
     1, {{299, "", "", true}}, {{0}}, {{"", "4"}},
     {288}, {0}, {11}, {0}, {11}, 299},
    {"R-101: two such prices: rounded once, 5.75",
     2, {{299, "", "", true}, {299, "", "", true}}, {{0}}, {{"", "4"}},
     {288, 287}, {0, 0}, {11, 12}, {0}, {23}, 598},
    {"R-102: a price with tax and a part of it given back",
     2, {{598, "", "", true}, {-299, "", "", true}}, {{0}}, {{"", "4"}},
     {575, -287}, {0, 0}, {23, -12}, {0}, {11}, 299},
    {"R-103: seven prices of 0.99 with 19% inside",
     7, {{99, "", "", true}, {99, "", "", true}, {99, "", "", true}, {99, "", "", true}, {99, "", "", true}, {99, "", "", true}, {99, "", "", true}}, {{0}}, {{"", "19"}},
     {84, 83, 83, 83, 83, 83, 83}, {0, 0, 0, 0, 0, 0, 0}, {15, 16, 16, 16, 16, 16, 16}, {0}, {111}, 693},
    {"R-104: two taxes on a line, each rounded once",
     2, {{9999, "", "", false}, {1, "", "", false}}, {{0}}, {{"", "5"}, {"", "9.975"}},
     {9999, 1}, {0, 0}, {1498, 0}, {0}, {500, 998}, 11498},
    {"R-105: two taxes inside a price",
     2, {{1000, "", "", true}, {333, "", "", true}}, {{0}}, {{"", "5"}, {"", "7"}},
     {893, 297}, {0, 0}, {107, 36}, {0}, {60, 83}, 1333},
    {"R-106: three taxes inside a few cents",
     3, {{3, "", "", true}, {2, "", "", true}, {1, "", "", true}}, {{0}}, {{"", "10"}, {"", "20"}, {"", "30"}},
     {2, 1, 1}, {0, 0, 0}, {1, 1, 0}, {0}, {0, 1, 1}, 6},
    {"R-107: a reduced rate beside the common one",
     3, {{1999, "", "", false}, {1499, "books", "", false}, {501, "books", "", false}}, {{0}}, {{"", "19"}, {"books", "7"}},
     {1999, 1499, 501}, {0, 0, 0}, {380, 105, 35}, {0}, {380, 140}, 4519},
    {"R-108: a credit counts negative: P-25 at 19%",
     2, {{5110, "", "", false}, {-1497, "", "", false}}, {{0}}, {{"", "19"}},
     {5110, -1497}, {0, 0}, {971, -285}, {0}, {686}, 4299},
    {"R-109: a charge and its credit: no tax in all, and on each line its own",
     2, {{2900, "", "", false}, {-2900, "", "", false}}, {{0}}, {{"", "21"}},
     {2900, -2900}, {0, 0}, {609, -609}, {0}, {0}, 0},
    {"R-110: a discount comes before the tax",
     2, {{2900, "", "", false}, {500, "", "", false}}, {{"33.3", 0, ""}}, {{"", "23"}},
     {2900, 500}, {966, 166}, {445, 77}, {1132}, {522}, 2790},
    {"R-111: a coupon for one product",
     2, {{2900, "", "basic", false}, {9900, "", "pro", false}}, {{"50", 0, "pro"}}, {{"", "10"}},
     {2900, 9900}, {0, 4950}, {290, 495}, {4950}, {785}, 8635},
    {"R-112: no coupon touches a credit",
     2, {{2000, "", "", false}, {-1000, "", "", false}}, {{"10", 0, ""}}, {{"", "20"}},
     {2000, -1000}, {200, 0}, {360, -200}, {200}, {160}, 960},
    {"R-113: a coupon takes no more than there is",
     2, {{700, "", "", false}, {299, "", "", false}}, {{"", 5000, ""}}, {{"", "20"}},
     {700, 299}, {700, 299}, {0, 0}, {999}, {0}, 0},
    {"R-114: 10% off a price with tax inside is 10% off what is paid",
     1, {{11900, "", "", true}}, {{"10", 0, ""}}, {{"", "19"}},
     {10000}, {1000}, {1710}, {1000}, {1710}, 10710},
    {"R-115: 5.00 off prices with tax inside are 5.00 less to pay",
     3, {{1000, "", "", true}, {1000, "", "", true}, {1000, "", "", true}}, {{"", 500, ""}}, {{"", "21"}},
     {826, 826, 826}, {137, 138, 137}, {144, 145, 145}, {412}, {434}, 2500},
    {"R-116: 1.00 off a price with tax inside and 1.00 off one without",
     2, {{1000, "", "basic", true}, {1000, "", "pro", false}}, {{"", 100, "basic"}, {"", 100, "pro"}}, {{"", "25"}},
     {800, 1000}, {80, 100}, {180, 225}, {80, 100}, {405}, 2025},
    {"R-117: two percentages on lines of cents",
     4, {{334, "", "", false}, {333, "", "", false}, {333, "", "", false}, {1, "", "", false}}, {{"12.5", 0, ""}, {"7.25", 0, ""}}, {{"", "8.875"}},
     {334, 333, 333, 1}, {64, 63, 62, 0}, {24, 24, 24, 0}, {125, 64}, {72}, 884},
    {"R-118: a tax of nine times the net: no discount comes to less than nothing",
     2, {{4, "", "", true}, {4, "", "", true}}, {{"", 2, ""}}, {{"", "900"}},
     {1, 0}, {0, 0}, {2, 3}, {0}, {5}, 6},
    {"R-119: all of it",
     2, {{2999, "", "", true}, {100, "", "", false}}, {{"100", 0, ""}}, {{"", "20"}},
     {2499, 100}, {2499, 100}, {0, 0}, {2599}, {0}, 0},
};
/* clang-format on */

Test(assess, coupons_and_taxes_come_to_what_was_computed_by_hand)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) check_row(&rows[i]);
}

/* ---- which coupons and taxes count ---- */

Test(assess, a_coupon_for_one_subscription_touches_no_other_line)
{
    struct line lines[] = {{.subscription = 1, .amount = money_of(1000, "USD")},
                           {.subscription = 2, .amount = money_of(1000, "USD")},
                           {.amount = money_of(1000, "USD")}};
    struct redemption r = {.redemption = 4, .subscription = 2, .coupon = {.percent = decimal_of(50)}};
    struct assess_facts f = {.coupons = &r, .coupons_count = 1};
    struct assessment x = {0};
    assert_ok(assess_lines(&x, lines, 3, &f, A, E));
    assert_money(lines[1].discount, "5.00", "USD");
    cr_assert(money_is_zero(lines[0].discount) && money_is_zero(lines[2].discount));
    assert_int(x.discounts[0].redemption, 4);
}

Test(assess, an_amount_in_another_currency_takes_nothing_and_a_percentage_does)
{
    struct line lines[] = {{.amount = money_of(1000, "JPY")}};
    struct redemption r[] = {{.redemption = 1, .coupon = {.amount = money_of(500, "USD")}},
                             {.redemption = 2, .coupon = {.percent = decimal_of(10)}}};
    struct assess_facts f = {.coupons = r, .coupons_count = 2};
    struct assessment x = {0};
    assert_ok(assess_lines(&x, lines, 1, &f, A, E));
    assert_money(lines[0].discount, "100", "JPY");
    assert_int(x.discounts_count, 1);
    assert_int(x.discounts[0].redemption, 2);
}

/* A German and a Californian tax, one of each kind of validity. */
static const struct tax some_taxes[] = {
    {.code = {"de", 2},
     .country = {"DE", 2},
     .percent = {19, 0},
     .category = {"S", 1},
     .reverse_charge = true},
    {.code = {"de-books", 8},
     .country = {"DE", 2},
     .product_code = {"books", 5},
     .percent = {7, 0},
     .category = {"S", 1}},
    {.code = {"ca", 2}, .country = {"US", 2}, .region = {"CA", 2}, .percent = {725, 2}, .category = {"S", 1}},
    {.code = {"us-food", 7},
     .country = {"US", 2},
     .product_code = {"food", 4},
     .percent = {2, 0},
     .category = {"S", 1}},
    {.code = {"ch", 2}, .country = {"CH", 2}, .category = {"G", 1}},
    {.code = {"is", 2}, .country = {"IS", 2}, .category = {"G", 1}, .note = {"Export to Iceland.", 18}},
};

static void dated(struct tax *taxes)
{
    for (size_t i = 0; i < sizeof some_taxes / sizeof some_taxes[0]; i++) taxes[i] = some_taxes[i];
    taxes[0].from = day("2021-01-01");
    taxes[0].until = day("2026-01-01");
}

Test(assess, a_tax_counts_where_the_buyer_is_for_what_it_names_while_it_is_valid)
{
    static const struct {
        const char *says, *country, *region, *code, *on, *tax, *category;
    } wanted[] = {
        {"in its country", "DE", "", "", "2025-06-01", "19.00", "S"},
        {"on its first day", "DE", "", "", "2021-01-01", "19.00", "S"},
        {"not the day before", "DE", "", "", "2020-12-31", "0.00", ""},
        {"on its last day", "DE", "", "", "2025-12-31", "19.00", "S"},
        {"not the day after", "DE", "", "", "2026-01-01", "0.00", ""},
        {"for its product code alone", "DE", "", "books", "2025-06-01", "7.00", "S"},
        {"nothing for another code", "DE", "", "boats", "2025-06-01", "0.00", ""},
        {"in its region", "US", "CA", "", "2025-06-01", "7.25", "S"},
        {"not in another", "US", "NY", "", "2025-06-01", "0.00", ""},
        {"in all regions where it names none", "US", "NY", "food", "2025-06-01", "2.00", "S"},
        {"of nothing, in its category", "CH", "", "", "2025-06-01", "0.00", "G"},
        {"nowhere", "", "", "", "2025-06-01", "0.00", ""},
    };
    struct tax taxes[sizeof some_taxes / sizeof some_taxes[0]];
    dated(taxes);
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        struct line line = {.amount = money_of(10000, "USD"), .tax_code = str_of(wanted[i].code)};
        struct assess_facts f = {.taxes = taxes,
                                 .taxes_count = sizeof some_taxes / sizeof some_taxes[0],
                                 .where = {str_of(wanted[i].country), str_of(wanted[i].region)},
                                 .on = day(wanted[i].on)};
        struct assessment x = {0};
        assert_ok(assess_lines(&x, &line, 1, &f, A, E));
        cr_expect(str_is(money_text(A, line.tax), wanted[i].tax), "%s", wanted[i].says);
        cr_expect(str_is(line.tax_category, wanted[i].category), "%s", wanted[i].says);
    }
}

static struct line taxed_in(struct assessment *x, const char *country, bool reversed, const char *reason)
{
    struct tax *taxes = arena_array_of(A, struct tax, sizeof some_taxes / sizeof some_taxes[0]);
    struct line line = {.amount = money_of(10000, "EUR"), .tax_inclusive = reason != NULL};
    dated(taxes);
    struct assess_facts f = {.taxes = taxes,
                             .taxes_count = sizeof some_taxes / sizeof some_taxes[0],
                             .where = {str_of(country), STR("")},
                             .on = day("2025-06-01"),
                             .reversed = reversed,
                             .exempt = reason != NULL,
                             .exempt_reason = or_none(reason)};
    assert_ok(assess_lines(x, &line, 1, &f, A, E));
    return line;
}

Test(assess, a_business_of_another_country_accounts_for_the_tax_itself)
{
    struct assessment x = {0};
    struct line line = taxed_in(&x, "DE", true, NULL);
    assert_str(line.tax_category, "AE");
    assert_money(line.tax, "0.00", "EUR");
    assert_str(x.note, "Reverse charge: the customer owes the tax.");
    assert_int(x.taxes_count, 1);
    assert_str(x.taxes[0].code, "de");
    assert_money(x.taxes[0].taxable, "100.00", "EUR");
    cr_assert(decimal_is_zero(x.taxes[0].percent));
    line = taxed_in(&x, "DE", false, NULL);
    assert_str(line.tax_category, "S");
    assert_str(x.note, "");
}

Test(assess, who_is_exempt_pays_the_price_and_no_tax_and_the_document_says_why)
{
    struct assessment x = {0};
    struct line line = taxed_in(&x, "DE", true, "VATEX-EU-143");
    assert_str(line.tax_category, "E");
    assert_money(line.amount, "100.00", "EUR"); /* an inclusive price without any tax is all net */
    assert_money(line.tax, "0.00", "EUR");
    assert_str(x.taxes[0].category, "E");
    assert_str(x.note, "Exempt from tax: VATEX-EU-143.");
    (void)taxed_in(&x, "DE", false, "");
    assert_str(x.note, "Exempt from tax.");
}

Test(assess, the_words_of_a_tax_stand_before_the_usual_ones_and_each_once)
{
    struct assessment x = {0};
    (void)taxed_in(&x, "CH", false, NULL);
    assert_str(x.note, "Export outside the European Union, free of tax.");
    (void)taxed_in(&x, "IS", false, NULL);
    assert_str(x.note, "Export to Iceland.");
    struct tax twice[] = {some_taxes[4], some_taxes[4]};
    struct line line = {.amount = money_of(1, "CHF")};
    struct assess_facts f = {.taxes = twice, .taxes_count = 2, .where = {STR("CH"), STR("")}};
    assert_ok(assess_lines(&x, &line, 1, &f, A, E));
    assert_str(x.note, "Export outside the European Union, free of tax.");
}

Test(assess, a_document_is_taxed_where_the_buyer_is_or_else_where_the_seller_is)
{
    struct customer buyer = {.party = {.country = STR("FR"), .region = STR("IDF"), .tax_id = STR("x")}};
    struct customer unknown = {.party = {.tax_id = STR("x")}};
    struct seller seller = {.party = {.country = STR("US"), .region = STR("OR")}};
    assert_str(tax_jurisdiction(&buyer, &seller).country, "FR");
    assert_str(tax_jurisdiction(&unknown, &seller).country, "US");
    assert_str(tax_jurisdiction(&unknown, &seller).region, "OR");
    assert_str(tax_jurisdiction(&unknown, NULL).country, "");
    cr_assert(tax_is_reversed(&buyer, &seller));
    cr_assert(!tax_is_reversed(&buyer, NULL), "nobody knows whether it is another country");
    cr_assert(!tax_is_reversed(&unknown, &seller));
    seller.party.country = STR("FR");
    cr_assert(!tax_is_reversed(&buyer, &seller), "at home the seller owes it");
    seller.party.country = STR("DE");
    buyer.party.tax_id = STR("");
    cr_assert(!tax_is_reversed(&buyer, &seller), "a consumer owes nothing himself");
}

Test(assess, a_document_too_large_for_64_bits_is_refused)
{
    struct line lines[] = {{.amount = money_of(INT64_MAX, "USD")}, {.amount = money_of(INT64_MAX, "USD")}};
    struct redemption r = {.redemption = 1, .coupon = {.code = STR("HALF"), .percent = decimal_of(50)}};
    struct assess_facts f = {.coupons = &r, .coupons_count = 1};
    struct assessment x = {0};
    assert_err(assess_lines(&x, lines, 2, &f, A, E), ERR_LIMIT,
               "coupon 'HALF': cannot add amounts in USD: the result is too large");
    struct given_tax taxes[TAXES] = {{"", "20"}};
    struct given_coupon none[COUPONS] = {{0}};
    f = facts_of(none, taxes);
    assert_err_says(assess_lines(&x, lines, 2, &f, A, E), ERR_LIMIT, "too large");
}

/* ---- any document ---- */

struct any {
    struct priced lines[LINES];
    size_t count;
    struct assess_facts facts;
};

static struct any any_document(struct dice *dice)
{
    static const char *const codes[] = {"", "a", "b"}, *const products[] = {"basic", "pro", ""};
    static const char *const percents[] = {"19", "7", "0", "8.875", "23.33", "5"};
    static const char *const shares[] = {"10", "33.3", "100", "", ""};
    struct any d = {.count = (size_t)dice_between(dice, 1, LINES)};
    struct given_coupon coupons[COUPONS] = {{0}};
    struct given_tax taxes[TAXES] = {{0}};
    int64_t most = dice_chance(dice, 50) ? 12 : 100000;
    bool credits = dice_chance(dice, 40), inclusive = dice_chance(dice, 50);
    for (size_t i = 0; i < d.count; i++) {
        d.lines[i] =
            (struct priced){dice_between(dice, credits ? -most : 0, most), codes[dice_next(dice) % 3],
                            products[dice_next(dice) % 3], inclusive && dice_chance(dice, 60)};
    }
    for (size_t i = 0; i < (size_t)dice_between(dice, 0, COUPONS); i++)
        coupons[i] = (struct given_coupon){shares[dice_next(dice) % 5], dice_between(dice, 1, most),
                                           products[dice_next(dice) % 3]};
    for (size_t i = 0; i < (size_t)dice_between(dice, 0, TAXES); i++)
        taxes[i] = (struct given_tax){codes[dice_next(dice) % 3], percents[dice_next(dice) % 6]};
    d.facts = facts_of(coupons, taxes);
    return d;
}

static void check_sums(const struct assessment *x, const struct line *lines, size_t count)
{
    int64_t discount = 0, tax = 0;
    for (size_t i = 0; i < count; i++) {
        int64_t of_line = 0;
        for (size_t k = 0; k < lines[i].taxes_count; k++) of_line += lines[i].taxes[k].amount.minor;
        cr_assert(of_line == lines[i].tax.minor, "the taxes of a line are its tax");
        discount += lines[i].discount.minor;
        tax += lines[i].tax.minor;
    }
    for (size_t i = 0; i < x->discounts_count; i++) discount -= x->discounts[i].amount.minor;
    for (size_t i = 0; i < x->taxes_count; i++) tax -= x->taxes[i].amount.minor;
    cr_assert(discount == 0, "the coupons are the lines' discounts");
    cr_assert(tax == 0, "the taxes are the lines' taxes");
}

static void check_lines(const struct priced *given, const struct line *lines, size_t count, bool coupons)
{
    for (size_t i = 0; i < count; i++) {
        int64_t net = lines[i].amount.minor - lines[i].discount.minor, price = given[i].price;
        cr_assert(lines[i].discount.minor >= 0);
        if (price > 0) cr_assert(net >= 0, "no coupon takes more than there is");
        if (price <= 0) cr_assert(lines[i].discount.minor == 0, "credits are not discounted");
        if (!given[i].inclusive) cr_assert(lines[i].amount.minor == price);
        if (given[i].inclusive && (!coupons || price <= 0))
            cr_assert(net + lines[i].tax.minor == price, "a price with its tax stays what it was");
    }
}

/* Each tax of prices without tax: its percentage of their sum, to half a cent. */
static void check_taxes(const struct assessment *x, const struct line *lines, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (lines[i].tax_inclusive) return;
    }
    for (size_t i = 0; i < x->taxes_count; i++) {
        const struct tax_total *t = &x->taxes[i];
        struct ratio share = {0};
        struct money wanted = {0};
        assert_ok(decimal_ratio(&share, t->percent, decimal_of(100), E));
        assert_ok(money_part(&wanted, t->taxable, share.num, share.den, E));
        cr_assert(t->amount.minor == wanted.minor);
    }
}

static int64_t sum_of(const struct line *lines, size_t count, size_t offset)
{
    int64_t sum = 0;
    for (size_t i = 0; i < count; i++) {
        struct money m = {0};
        memcpy(&m, (const char *)&lines[i] + offset, sizeof m);
        sum += m.minor;
    }
    return sum;
}

static void check_other_order(const struct any *d, const struct line *lines, const struct assessment *x,
                              struct dice *dice)
{
    struct priced shuffled[LINES];
    struct assessment y = {0};
    memcpy(shuffled, d->lines, sizeof shuffled);
    for (size_t i = d->count; i > 1; i--) {
        size_t k = dice_next(dice) % i;
        struct priced keep = shuffled[i - 1];
        shuffled[i - 1] = shuffled[k];
        shuffled[k] = keep;
    }
    struct line *other = lines_of(shuffled, d->count);
    assert_ok(assess_lines(&y, other, d->count, &d->facts, A, E));
    static const size_t sums[] = {offsetof(struct line, amount), offsetof(struct line, discount),
                                  offsetof(struct line, tax)};
    for (size_t i = 0; i < 3; i++)
        cr_assert(sum_of(lines, d->count, sums[i]) == sum_of(other, d->count, sums[i]),
                  "the order of the lines changed a total");
    for (size_t i = 0; i < COUPONS; i++) cr_assert(of_coupon(x, i) == of_coupon(&y, i));
    for (size_t i = 0; i < TAXES; i++) cr_assert(of_tax(x, i) == of_tax(&y, i));
}

Test(assess, any_document_adds_up_in_any_order_of_its_lines)
{
    struct dice dice = dice_of(2025);
    for (int round = 0; round < 10000; round++) {
        struct any d = any_document(&dice);
        struct line *lines = lines_of(d.lines, d.count);
        struct assessment x = {0};
        assert_ok(assess_lines(&x, lines, d.count, &d.facts, A, E));
        check_sums(&x, lines, d.count);
        check_lines(d.lines, lines, d.count, d.facts.coupons_count > 0);
        check_taxes(&x, lines, d.count);
        check_other_order(&d, lines, &x, &dice);
        arena_reset(A);
    }
}

Test(assess, what_is_given_back_in_full_gives_back_its_tax_in_full)
{
    struct dice dice = dice_of(2026);
    for (int round = 0; round < 2000; round++) {
        struct any d = any_document(&dice);
        struct line *lines = lines_of(d.lines, d.count), *back = lines_of(d.lines, d.count);
        struct assessment x = {0}, y = {0};
        d.facts.coupons_count = 0;
        for (size_t i = 0; i < d.count; i++) back[i].amount = money_negate(back[i].amount);
        assert_ok(assess_lines(&x, lines, d.count, &d.facts, A, E));
        assert_ok(assess_lines(&y, back, d.count, &d.facts, A, E));
        for (size_t i = 0; i < TAXES; i++) cr_assert(of_tax(&x, i) == -of_tax(&y, i));
        cr_assert(total_of(lines, d.count) == -total_of(back, d.count));
        arena_reset(A);
    }
}
