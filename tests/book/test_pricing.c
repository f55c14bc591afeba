/* SPDX-License-Identifier: MIT */
/* test_pricing.c - what quantities cost, on published numbers. Row ids (U-1, C-4 …) are those of the table of
 * numeric cases; the other amounts were worked out by hand, the sum stands beside them. */
#include "tests/book/rates.h"

TestSuite(pricing, .init = test_begin, .fini = test_end);

static struct usage_measure used(const char *quantity)
{
    return (struct usage_measure){.quantity = exact_of(number(quantity)), .days = 31, .whole_days = 31};
}

/* What a whole period's use costs, in the currency, with its true-up behind it where there is one. */
static const char *cost(const struct rate *r, const struct usage_measure *m, const char *currency)
{
    struct usage_cost c = {0};
    assert_ok(usage_cost(&c, r, m, currency, E));
    struct str amount = money_text(A, c.amount), true_up = money_text(A, c.true_up);
    if (money_is_zero(c.true_up)) return str_cstring(A, amount);
    return str_cstring(A, str_format(A, "%.*s and %.*s", STR_ARG(amount), STR_ARG(true_up)));
}

struct quantity_cost {
    const char *quantity, *cost;
};
#define assert_costs(id, rate, currency, ...)                                                     \
    do {                                                                                          \
        static const struct quantity_cost rows_[] = {__VA_ARGS__};                                \
        for (size_t i_ = 0; i_ < COUNT_OF(rows_); i_++) {                                         \
            struct usage_measure m_ = used(rows_[i_].quantity);                                   \
            const char *got_ = cost((rate), &m_, (currency));                                     \
            cr_assert(strcmp(got_, rows_[i_].cost) == 0, "%s: %s units cost %s, wanted %s", (id), \
                      rows_[i_].quantity, got_, rows_[i_].cost);                                  \
        }                                                                                         \
    } while (0)

/* ---- models ---- */

Test(pricing, of_volume_all_units_cost_the_price_of_the_tier_that_the_last_is_in)
{
    struct rate r = tiered(PRICING_VOLUME, "5 @7, 10 @6.5, rest @6");
    assert_costs("U-1", &r, "USD", {"1", "7.00"}, {"5", "35.00"}, {"6", "39.00"}, {"20", "120.00"},
                 {"25", "150.00"});
    r = tiered(PRICING_VOLUME, "5 @5, 10 @4, 15 @3, 20 @2, rest @1");
    assert_costs("U-3", &r, "USD", {"1", "5.00"}, {"5", "25.00"}, {"6", "24.00"}, {"20", "40.00"},
                 {"25", "25.00"});
    r = tiered(PRICING_VOLUME, "100 @2 +10, 200 @1, rest @0.5 +50");
    assert_costs("U-6", &r, "USD", {"0", "10.00"}, {"1", "12.00"}, {"100", "210.00"}, {"100.5", "100.50"},
                 {"101", "101.00"}, {"200", "200.00"}, {"300", "200.00"});
    r = tiered(PRICING_VOLUME, "100 @2 +0, rest @1");
    assert_costs("U-6, the first tier without a flat amount", &r, "USD", {"0", "0.00"});
    r = tiered(PRICING_VOLUME, "10 @1.5, 110 @1.0, 1110 @0.5");
    assert_costs("U-15", &r, "USD", {"111", "55.50"}); /* 111 x 0.5 */
    r = tiered(PRICING_VOLUME, "5 +100, 10 +150, 15 @10, rest @5");
    assert_costs("U-25", &r, "USD", {"0", "100.00"}, {"3", "100.00"}, {"5", "100.00"}, {"14", "140.00"},
                 {"15", "150.00"}, {"16", "80.00"}, {"100", "500.00"});
}

Test(pricing, of_graduated_each_unit_costs_the_price_of_its_own_tier)
{
    struct rate r = tiered(PRICING_GRADUATED, "5 @5, 10 @4, 15 @3, 20 @2, rest @1");
    assert_costs("U-3", &r, "USD", {"6", "29.00"}); /* 5 x 5 + 4 */
    r = tiered(PRICING_GRADUATED, "10 @10 +2, 20 @5 +3, rest @5 +3");
    assert_costs("U-5", &r, "USD", {"0", "2.00"}, {"1", "12.00"}, {"10", "102.00"}, {"11", "110.00"},
                 {"12", "115.00"}, {"21", "163.00"});
    r = tiered(PRICING_GRADUATED, "10 @1.5, 110 @1.0, 1110 @0.5");
    assert_costs("U-14", &r, "USD", {"111", "115.50"}); /* 15 + 100 + 0.5 */
    r = tiered(PRICING_GRADUATED, "5 +100, 10 +50, 15 @10, rest @5");
    assert_costs("U-22", &r, "USD", {"0", "100.00"}, {"3", "100.00"}, {"5", "100.00"}, {"5.001", "150.00"},
                 {"7", "150.00"}, {"12", "170.00"}, {"22", "235.00"});
}

Test(pricing, of_blocks_a_part_counts_whole)
{
    struct rate r = tiered(PRICING_GRADUATED, "1000 @1 /100, rest @1 /1000");
    assert_costs("U-16", &r, "USD", {"5325", "15.00"}, {"1", "1.00"}, {"100", "1.00"}, {"100.5", "2.00"});
    r = tiered(PRICING_VOLUME, "1000 @1 /100, 101000 @1 /1000, 201000 @0.5 /1000");
    assert_costs("U-17", &r, "USD", {"1000", "10.00"}, {"101000", "101.00"}, {"101001", "51.00"},
                 {"300000", "150.00"});
}

Test(pricing, the_last_tier_goes_on_for_ever_also_above_its_own_bound)
{
    struct rate r = tiered(PRICING_GRADUATED, "10 @2, 20 @1");
    assert_costs("10 x 2 + the rest x 1", &r, "USD", {"20", "30.00"}, {"21", "31.00"}, {"1000", "1010.00"});
    r = tiered(PRICING_STAIRSTEP, "10 +5, 20 +9");
    assert_costs("the second step", &r, "USD", {"10", "5.00"}, {"20", "9.00"}, {"21", "9.00"});
}

Test(pricing, of_stairstep_the_tier_has_one_amount)
{
    struct rate r = tiered(PRICING_STAIRSTEP, "100 +1000, 500 +4000, rest +9000");
    assert_costs("steps in yen", &r, "JPY", {"0", "1000"}, {"100", "1000"}, {"100.000001", "4000"},
                 {"500", "4000"}, {"501", "9000"}, {"1000000", "9000"});
}

Test(pricing, by_the_unit_the_sum_is_rounded_and_not_the_price)
{
    struct rate r = priced(PRICING_PER_UNIT, "5");
    assert_costs("U-3", &r, "USD", {"1", "5.00"}, {"5", "25.00"}, {"6", "30.00"}, {"20", "100.00"},
                 {"25", "125.00"});
    r = priced(PRICING_PER_UNIT, "0.0025"); /* halves of a cent go away from zero */
    assert_costs("a quarter of a cent", &r, "USD", {"1", "0.00"}, {"2", "0.01"}, {"5", "0.01"}, {"6", "0.02"},
                 {"1000001", "2500.00"}, {"1000002", "2500.01"});
    r = priced(PRICING_PER_UNIT, "0.5");
    assert_costs("half a yen", &r, "JPY", {"1", "1"}, {"2", "1"}, {"3", "2"}, {"0.9", "0"});
    r = priced(PRICING_PER_UNIT, "0.0005");
    assert_costs("half a fils", &r, "KWD", {"1", "0.001"}, {"3", "0.002"}, {"1001", "0.501"},
                 {"0.99", "0.000"});
}

Test(pricing, a_line_is_rounded_once_not_tier_by_tier)
{
    struct rate r = tiered(PRICING_GRADUATED, "1 @0.004, 2 @0.004, rest @0.004");
    assert_costs("3 x 0.4 cents are 1.2 cents", &r, "USD", {"1", "0.00"}, {"2", "0.01"}, {"3", "0.01"},
                 {"4", "0.02"});
    r = tiered(PRICING_GRADUATED, "1 @0.4, rest @0.4 +0.2");
    assert_costs("0.4 + 0.2 + 0.4 is a yen", &r, "JPY", {"1", "0"}, {"2", "1"});
}

Test(pricing, of_packages_a_part_counts_whole_or_not_at_all)
{
    struct rate r = priced(PRICING_PACKAGE, "100");
    r.package_size = number("10");
    assert_costs("U-8", &r, "USD", {"121", "1300.00"}, {"0", "0.00"}, {"0.001", "100.00"}, {"10", "100.00"});
    r.round_down = true;
    assert_costs("whole packages only", &r, "USD", {"121", "1200.00"}, {"9.999", "0.00"}, {"10", "100.00"});
    r = priced(PRICING_PACKAGE, "0.125");
    r.package_size = number("2.5");
    assert_costs("2 packages of 2.5 are a quarter", &r, "KWD", {"5", "0.250"}, {"5.1", "0.375"});
}

Test(pricing, a_quota_comes_off_first)
{
    struct rate r = priced(PRICING_PACKAGE, "100");
    r.package_size = number("10");
    struct usage_measure m = used("121");
    m.included = number("10");
    cr_assert_str_eq(cost(&r, &m, "USD"), "1200.00"); /* U-8: 111 are past it */
    m.included = number("200");
    cr_assert_str_eq(cost(&r, &m, "USD"), "0.00");
    r = priced(PRICING_PER_UNIT, "0.01");
    m = used("1500");
    m.included = number("1000");
    cr_assert_str_eq(cost(&r, &m, "USD"), "5.00"); /* U-37 */
    r = tiered(PRICING_GRADUATED, "10 @10 +2, rest @5 +3");
    m = used("111");
    m.included = number("100");
    cr_assert_str_eq(cost(&r, &m, "USD"), "110.00"); /* the eleventh past it is in the second tier */
    m.included = number("500");
    cr_assert_str_eq(cost(&r, &m, "USD"), "2.00");
    r.skip_zero = true;
    cr_assert_str_eq(cost(&r, &m, "USD"), "0.00");
}

Test(pricing, without_usage_a_flat_amount_is_due_unless_it_is_to_be_skipped)
{
    struct rate rates[] = {
        tiered(PRICING_GRADUATED, "10 @10 +2, rest @5"),
        tiered(PRICING_VOLUME, "10 @10 +2, rest @5"),
        tiered(PRICING_STAIRSTEP, "10 +2, rest +5"),
        priced(PRICING_FLAT, "2"),
    };
    for (size_t i = 0; i < COUNT_OF(rates); i++) {
        struct usage_measure nothing = used("0");
        cr_assert_str_eq(cost(&rates[i], &nothing, "USD"), "2.00");
        rates[i].skip_zero = true;
        cr_assert_str_eq(cost(&rates[i], &nothing, "USD"), "0.00");
        struct usage_measure little = used("0.000000000001");
        cr_assert_str_eq(cost(&rates[i], &little, "USD"), "2.00");
    }
}

Test(pricing, flat_is_the_same_for_any_quantity)
{
    struct rate r = priced(PRICING_FLAT, "4.995");
    assert_costs("4.995 rounds up", &r, "USD", {"0", "5.00"}, {"1", "5.00"}, {"1000000", "5.00"});
}

Test(pricing, of_a_percentage_each_reading_has_its_fee)
{
    struct rate r = {.usage_type = STR("volume"), .model = PRICING_PERCENTAGE, .billed = true};
    r.percent = number("2.9");
    r.event_fee = number("0.30");
    struct usage_measure m = used("100.00");
    m.readings = 3;
    cr_assert_str_eq(cost(&r, &m, "USD"), "3.80"); /* 2.90 + 3 x 0.30 */
    m.included = number("60");
    cr_assert_str_eq(cost(&r, &m, "USD"), "2.06"); /* 1.16 + 0.90: the quota frees of the percentage only */
    m = used("0");
    cr_assert_str_eq(cost(&r, &m, "USD"), "0.00");
    r.event_fee = number("0");
    r.percent = number("2.5");
    assert_costs("half a cent", &r, "USD", {"0.20", "0.01"}, {"0.19", "0.00"}, {"1000000.20", "25000.01"});
    r.percent = number("0.05");
    assert_costs("in yen", &r, "JPY", {"1000", "1"}, {"999", "0"}, {"2999", "1"}, {"3000", "2"});
}

/* ---- quantities that are averages ---- */

Test(pricing, an_average_over_time_is_divided_at_the_line)
{
    struct rate r = priced(PRICING_PER_UNIT, "1");
    struct usage_measure m = used("0");
    struct usage_cost c = {0};
    assert_ok(exact_part(&m.quantity, exact_of(number("2500")), 27, 31, E));
    cr_assert_str_eq(cost(&r, &m, "USD"), "2177.42"); /* U-33, March */
    assert_ok(exact_part(&m.quantity, exact_of(number("16000")), 1, 30, E));
    assert_ok(usage_cost(&c, &r, &m, "USD", E)); /* U-33, April: 2500 x 3 + 500 x 2 + 300 x 25 */
    assert_money(c.amount, "533.33", "USD");
    assert_str(decimal_text(A, c.units), "533.333333");
    r.unit_price = number("1000000"); /* the six decimals that can be shown would give 533333333.00 */
    assert_ok(usage_cost(&c, &r, &m, "USD", E));
    assert_money(c.amount, "533333333.33", "USD");
    assert_str(decimal_text(A, c.units), "1");
    assert_str(decimal_text(A, c.unit_price), "533333333.33");
}

/* ---- minimum and maximum ---- */

Test(pricing, a_minimum_is_made_up_for_by_a_line_of_its_own)
{
    struct rate r = priced(PRICING_PER_UNIT, "8");
    r.minimum = number("10.00");
    struct usage_measure m = used("1");
    m.days = 25;
    m.whole_days = 28;
    cr_assert_str_eq(cost(&r, &m, "USD"), "8.00 and 0.93"); /* C-4: 10.00 x 25/28 = 8.93 */
    m = used("1");
    cr_assert_str_eq(cost(&r, &m, "USD"), "8.00 and 2.00");
    m = used("0");
    cr_assert_str_eq(cost(&r, &m, "USD"), "0.00 and 10.00");
    m = used("1.25");
    cr_assert_str_eq(cost(&r, &m, "USD"), "10.00");
    r.minimum = number("1001");
    m.quantity = exact_of(number("2"));
    m.days = 1;
    m.whole_days = 2;
    cr_assert_str_eq(cost(&r, &m, "JPY"), "16 and 485"); /* 500.5 rounds to 501 */
}

Test(pricing, a_maximum_caps_what_usage_costs)
{
    struct rate r = priced(PRICING_PER_UNIT, "8");
    r.maximum = number("10.00");
    assert_costs("a cap of 10.00", &r, "USD", {"1", "8.00"}, {"1.25", "10.00"}, {"1.26", "10.00"},
                 {"1000", "10.00"});
    struct usage_measure m = used("100");
    m.days = 11;
    m.whole_days = 30;
    cr_assert_str_eq(cost(&r, &m, "USD"), "3.67"); /* 10.00 x 11/30 = 3.666… */
    r.minimum = number("10.00");
    cr_assert_str_eq(cost(&r, &m, "USD"), "3.67");
    m.quantity = exact_of(number("0.01"));
    cr_assert_str_eq(cost(&r, &m, "USD"), "0.08 and 3.59");
}

/* ---- cases of our own ---- */

/* What stands as a x b = c is computed again by tests/tidy/cases.py. */
Test(pricing, of_other_numbers_and_currencies)
{
    struct rate r = priced(PRICING_PER_UNIT, "0.0375");
    assert_costs("U-101", &r, "USD", {"333", "12.49"}); /* U-101: 333 x 0.0375 = 12.49 */
    r = tiered(PRICING_GRADUATED, "100 @0.10, 1000 @0.05, rest @0.02");
    /* U-102: 100 x 0.10 + 900 x 0.05 + 500 x 0.02 = 65.00 U-102: 100 x 0.10 + 0.05 = 10.05 */
    assert_costs("U-102", &r, "EUR", {"1500", "65.00"}, {"100", "10.00"}, {"101", "10.05"});
    r = tiered(PRICING_VOLUME, "50 @30, 500 @20, rest @15");
    /* U-103: 51 x 20 = 1020 U-103: 501 x 15 = 7515 */
    assert_costs("U-103", &r, "JPY", {"50", "1500"}, {"51", "1020"}, {"500", "10000"}, {"501", "7515"});
    r = priced(PRICING_PACKAGE, "3.333");
    r.package_size = number("7"); /* U-104: 4 x 3.333 = 13.332 U-104: 3 x 3.333 = 9.999 */
    assert_costs("U-104", &r, "KWD", {"22", "13.332"}, {"21", "9.999"});
    r = tiered(PRICING_STAIRSTEP, "10 +5.5, 50 +20, rest +75.25");
    assert_costs("U-105", &r, "CHF", {"10", "5.50"}, {"10.01", "20.00"}, {"50", "20.00"}, {"51", "75.25"});
    r = tiered(PRICING_GRADUATED, "3 @0.333 +1, 6 @0.222 +0.5, rest @0.111");
    /* U-106: 3 x 0.333 + 1 + 3 x 0.222 + 0.5 + 4 x 0.111 = 3.609 U-106: 1 + 0.333 x 0.5 = 1.167 */
    assert_costs("U-106", &r, "KWD", {"10", "3.609"}, {"0.5", "1.167"}, {"0", "1.000"});
    r = tiered(PRICING_GRADUATED, "1000 @3 /250, rest @5 /500");
    /* U-107: 4 x 3 + 2 x 5 = 22 U-107: 4 x 3 + 1 x 5 = 17 */
    assert_costs("U-107", &r, "JPY", {"1501", "22"}, {"1500", "17"}, {"250", "3"}, {"251", "6"});
    r = priced(PRICING_FLAT, "1234.5"); /* half a yen goes away from zero */
    assert_costs("U-108", &r, "JPY", {"0", "1235"}, {"17", "1235"});
}

Test(pricing, of_other_quotas_minimums_and_averages)
{
    struct rate r = priced(PRICING_PER_UNIT, "0.2");
    struct usage_measure m = used("1001");
    m.included = number("250");
    cr_assert_str_eq(cost(&r, &m, "EUR"), "150.20"); /* U-109: (1001 - 250) x 0.2 = 150.20 */
    r = (struct rate){.usage_type = STR("sales"), .model = PRICING_PERCENTAGE, .billed = true};
    r.percent = number("1.75");
    r.event_fee = number("0.25");
    m = used("99.99");
    m.readings = 3; /* U-110: 99.99 x 1.75/100 + 3 x 0.25 = 2.50 */
    cr_assert_str_eq(cost(&r, &m, "GBP"), "2.50");
    r = priced(PRICING_PER_UNIT, "1.5");
    m = used("0"); /* a level of 290 from February 11th of a leap year on */
    assert_ok(exact_part(&m.quantity, exact_of(number("290")), 19, 29, E));
    cr_assert_str_eq(cost(&r, &m, "USD"), "285.00"); /* U-111: 290 x 19/29 x 1.5 = 285.00 */
    assert_ok(exact_part(&m.quantity, exact_of(number("10")), 1, 3, E));
    cr_assert_str_eq(cost(&r, &m, "KWD"), "5.000"); /* U-111: 10 x 1/3 x 1.5 = 5.000 */
    r = priced(PRICING_PER_UNIT, "4");
    r.minimum = number("25.00");
    r.maximum = number("100.00");
    m = used("3"); /* U-112: 25.00 x 7/30 = 5.83 U-112: 25.00 - 3 x 4 = 13.00 */
    cr_assert_str_eq(cost(&r, &m, "USD"), "12.00 and 13.00");
    m.days = 7;
    m.whole_days = 30;
    cr_assert_str_eq(cost(&r, &m, "USD"), "12.00");
    m.quantity = exact_of(number("1")); /* U-112: 5.83 - 4 = 1.83 */
    cr_assert_str_eq(cost(&r, &m, "USD"), "4.00 and 1.83");
    m.quantity = exact_of(number("9")); /* U-113: 100.00 x 7/30 = 23.33, and 9 x 4 is more */
    cr_assert_str_eq(cost(&r, &m, "USD"), "23.33");
    m.quantity = exact_of(number("5")); /* U-113: 5 x 4 = 20.00 */
    cr_assert_str_eq(cost(&r, &m, "USD"), "20.00");
}

/* ---- what documents show ---- */

Test(pricing, a_line_shows_units_and_price_where_their_product_is_the_amount)
{
    struct rate r = priced(PRICING_PER_UNIT, "0.01"), package = priced(PRICING_PACKAGE, "100");
    struct usage_measure m = used("1500.5");
    struct usage_cost c = {0};
    assert_ok(usage_cost(&c, &r, &m, "USD", E));
    assert_str(decimal_text(A, c.units), "1500.5");
    assert_str(decimal_text(A, c.unit_price), "0.01");
    r.maximum = number("5");
    assert_ok(usage_cost(&c, &r, &m, "USD", E));
    assert_str(decimal_text(A, c.units), "1");
    assert_str(decimal_text(A, c.unit_price), "5");
    package.package_size = number("1000");
    assert_ok(usage_cost(&c, &package, &m, "USD", E));
    assert_str(decimal_text(A, c.units), "2");
    assert_str(decimal_text(A, c.unit_price), "100");
    r = tiered(PRICING_GRADUATED, "1000 @0.01, rest @0.005");
    assert_ok(usage_cost(&c, &r, &m, "USD", E));
    assert_str(decimal_text(A, c.units), "1");
    assert_str(decimal_text(A, c.unit_price), "12.5"); /* 10.00 + 2.5025 */
}

Test(pricing, what_is_too_large_is_refused_by_name)
{
    struct rate r = priced(PRICING_PER_UNIT, "999999999999999999");
    struct usage_measure m = used("999999999999999999");
    struct usage_cost c = {0};
    assert_err(usage_cost(&c, &r, &m, "USD", E), ERR_LIMIT,
               "cannot price 'calls': cannot round a number in USD: the result is too large");
    assert_ok(exact_part(&m.quantity, m.quantity, 1, 2678399, E));
    m.quantity.value *= 1000;
    assert_err(usage_cost(&c, &r, &m, "USD", E), ERR_LIMIT,
               "cannot price 'calls': cannot be computed exactly: a number of more than 38 digits");
}

/* ---- fees ---- */

static const char *fee(const struct fee *f, uint64_t seats, const char *currency)
{
    struct money m = {0};
    assert_ok(fee_cost(&m, f, seats, currency, E));
    return str_cstring(A, money_text(A, m));
}

Test(pricing, seats_cost_by_the_models_and_included_ones_nothing)
{
    struct rate r = tiered(PRICING_GRADUATED, "5 @10 +20, rest @8");
    struct fee f = {
        .code = STR("seats"), .per_seat = true, .unit_price = number("12.5"), .included = number("3")};
    cr_assert_str_eq(fee(&f, 0, "USD"), "0.00");
    cr_assert_str_eq(fee(&f, 3, "USD"), "0.00");
    cr_assert_str_eq(fee(&f, 7, "USD"), "50.00"); /* 4 x 12.50 */
    cr_assert_str_eq(fee(&f, 4, "JPY"), "13");    /* half a yen away from zero */
    f.model = PRICING_PACKAGE;
    f.package_size = number("5");
    cr_assert_str_eq(fee(&f, 9, "USD"), "25.00"); /* 6 seats are two packages */
    f = (struct fee){.code = STR("seats"), .per_seat = true, .tiers = r.tiers, .tiers_count = r.tiers_count};
    f.model = PRICING_GRADUATED;
    cr_assert_str_eq(fee(&f, 0, "USD"), "20.00");
    cr_assert_str_eq(fee(&f, 7, "USD"), "86.00"); /* 20 + 5 x 10 + 2 x 8 */
    f.included = number("2");
    cr_assert_str_eq(fee(&f, 2, "USD"), "0.00");
    cr_assert_str_eq(fee(&f, 7, "USD"), "70.00"); /* 20 + 5 x 10 */
    f.model = PRICING_VOLUME;
    cr_assert_str_eq(fee(&f, 8, "USD"), "48.00"); /* 6 x 8 */
    r = tiered(PRICING_STAIRSTEP, "5 +49, rest +99");
    f = (struct fee){.code = STR("seats"), .per_seat = true, .tiers = r.tiers, .tiers_count = r.tiers_count};
    f.model = PRICING_STAIRSTEP;
    cr_assert_str_eq(fee(&f, 5, "USD"), "49.00");
    cr_assert_str_eq(fee(&f, 6, "USD"), "99.00");
}

Test(pricing, a_fee_that_goes_by_no_seats_is_charged_once)
{
    struct fee f = {.code = STR("setup"), .unit_price = number("15")};
    cr_assert_str_eq(fee(&f, 0, "USD"), "15.00");
    cr_assert_str_eq(fee(&f, 40, "USD"), "15.00");
    f.model = PRICING_FLAT;
    cr_assert_str_eq(fee(&f, 40, "KWD"), "15.000");
}

Test(pricing, the_fees_of_a_tier_are_priced_by_their_models)
{
    struct rate t = tiered(PRICING_GRADUATED, "5 @10 +20, rest @8");
    const struct fee fees[] = {{.code = STR("seats"),
                                .name = STR("Seats"),
                                .per_seat = true,
                                .model = PRICING_GRADUATED,
                                .tiers = t.tiers,
                                .tiers_count = t.tiers_count},
                               {.code = STR("base"), .name = STR("Base"), .unit_price = number("15")}};
    const struct terms terms = {.amount = money_of(2900, "USD"), .fees = fees, .fees_count = 2};
    struct components c = {0};
    assert_ok(terms_components(&c, &terms, 7, A, E));
    assert_int(c.count, 3);
    assert_money(c.items[0].amount, "29.00", "USD");
    assert_money(c.items[1].amount, "86.00", "USD"); /* 20 + 5 x 10 + 2 x 8 */
    assert_money(c.items[2].amount, "15.00", "USD");
}
