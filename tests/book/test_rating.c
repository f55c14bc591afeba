/* SPDX-License-Identifier: MIT */
/* test_rating.c - what a usage period is billed: which rate, how much of its quota, which lines. */
#include "tests/book/facts.h"

TestSuite(rating, .init = test_begin, .fini = test_end);

enum { RATES_MAX = 4 };

static struct decimal number(const char *text)
{
    struct decimal d = {0};
    assert_ok(decimal_parse(&d, str_of(text), E));
    return d;
}

static struct rate rate(const char *type, const char *included, const char *unit_price)
{
    return (struct rate){.usage_type = str_of(type),
                         .billed = true,
                         .included = number(included),
                         .unit_price = number(unit_price)};
}

/* A monthly subscription from January 1, 2025, that costs nothing but what is used. */
static struct subscription rated(const struct rate *rates, size_t count)
{
    struct quota_segment *quota = arena_array_of(A, struct quota_segment, 3);
    quota[0] = (struct quota_segment){.from = day("2025-01-01"),
                                      .rates = rates,
                                      .rates_count = count,
                                      .product = STR("plan"),
                                      .tax_code = STR("digital"),
                                      .tax_inclusive = true};
    struct subscription s = {.subscription = 7,
                             .status = SUBSCRIPTION_ACTIVE,
                             .start = day("2025-01-01"),
                             .anchor = day("2025-01-01"),
                             .usage_anchor = day("2025-01-01"),
                             .charged_through = day("2025-01-01"),
                             .usage_through = day("2025-01-01"),
                             .quotas = quota,
                             .quotas_count = 1};
    s.terms = (struct terms){.product = STR("plan"),
                             .unit = INTERVAL_MONTH,
                             .interval_count = 1,
                             .amount = usd(0),
                             .rates = rates,
                             .rates_count = count,
                             .tax_code = STR("of_the_next_tier")};
    return s;
}

/* The same, whose rates stopped and began again. */
static struct subscription paused(struct subscription s, const char *from, const char *to)
{
    struct quota_segment *quota = arena_array_of(A, struct quota_segment, 3);
    quota[0] = s.quotas[0];
    quota[1] = (struct quota_segment){.from = day(from)};
    quota[2] = s.quotas[0];
    quota[2].from = day(to);
    s.quotas = quota;
    s.quotas_count = 3;
    return s;
}

static struct usage_total used(const char *type, const char *total)
{
    return (struct usage_total){
        .usage_type = str_of(type), .period = day("2025-01-01"), .total = number(total), .readings = 1};
}

static struct line_list rated_until(struct subscription s, const char *until, const struct usage_total *usage,
                                    size_t count)
{
    struct accrual due = {.usage = usage, .usage_count = count};
    assert_ok(rate_usage_until(&due, &s, day(until), A, E));
    return due.lines;
}

static void is_line(const struct line *l, enum line_kind kind, const char *amount, const char *description)
{
    assert_int(l->kind, kind);
    assert_money(l->amount, amount, "USD");
    assert_str(l->description, description);
}

Test(rating, types_are_rated_by_name_whatever_the_order_of_their_readings)
{
    struct rate rates[] = {rate("c", "0", "1"), rate("a", "0", "1"), rate("b", "0", "1"),
                           rate("d", "0", "1")};
    struct usage_total totals[] = {used("b", "2"), used("z", "9"), used("a", "1"), used("c", "3"),
                                   used("b", "2")};
    struct line_list lines = rated_until(rated(rates, 4), "2025-02-01", totals, 5);
    assert_int(lines.count, 3); /* nobody charges z, nothing was used of d */
    is_line(&lines.items[0], LINE_USAGE, "1.00", "a over the quota: 1 used, 0 included");
    is_line(&lines.items[1], LINE_USAGE, "4.00", "b over the quota: 4 used, 0 included");
    is_line(&lines.items[2], LINE_USAGE, "3.00", "c over the quota: 3 used, 0 included");
    assert_str(lines.items[2].usage_type, "c");
    assert_day(lines.items[2].from, "2025-01-01");
    assert_day(lines.items[2].to, "2025-02-01");
    assert_int(lines.items[2].subscription, 7);
    assert_str(lines.items[2].tax_code, "digital");
    cr_assert(lines.items[2].tax_inclusive);
}

Test(rating, a_line_says_what_was_used_by_the_rates_own_name)
{
    const struct price_tier tiers[] = {{.up_to = {10, 0}, .unit_price = {5, 1}}, {.unit_price = {25, 2}}};
    struct rate graduated = {.usage_type = STR("disk_gb"),
                             .name = STR("Storage"),
                             .billed = true,
                             .model = PRICING_GRADUATED,
                             .tiers = tiers,
                             .tiers_count = 2};
    struct usage_total total = used("disk_gb", "12.5");
    struct line_list lines = rated_until(rated(&graduated, 1), "2025-02-01", &total, 1);
    is_line(&lines.items[0], LINE_USAGE, "5.63", "Storage: 12.5 used"); /* 10 x 0.5 + 2.5 x 0.25 = 5.625 */
    assert_str(decimal_text(A, lines.items[0].quantity), "1");
    assert_str(decimal_text(A, lines.items[0].unit_price), "5.63");
    graduated.included = number("2.5");
    lines = rated_until(rated(&graduated, 1), "2025-02-01", &total, 1);
    is_line(&lines.items[0], LINE_USAGE, "4.75",
            "Storage over the quota: 12.5 used, 3 included"); /* 9.5 x 0.5 */
}

Test(rating, a_minimum_counts_the_days_on_which_its_rate_is_in_force)
{
    struct rate calls = rate("calls", "0", "1");
    struct usage_total total = used("calls", "5");
    calls.minimum = number("31");
    struct line_list lines = rated_until(rated(&calls, 1), "2025-02-01", &total, 1);
    assert_int(lines.count, 2);
    is_line(&lines.items[1], LINE_MINIMUM, "26.00", "Minimum for calls: 5.00 of 31.00 were used");
    assert_str(lines.items[1].usage_type, "calls");
    lines = rated_until(paused(rated(&calls, 1), "2025-01-11", "2025-01-21"), "2025-02-01", &total, 1);
    is_line(&lines.items[1], LINE_MINIMUM, "16.00", "Minimum for calls: 5.00 of 21.00 were used");
    lines = rated_until(rated(&calls, 1), "2025-02-01", NULL, 0);
    assert_int(lines.count, 1);
    is_line(&lines.items[0], LINE_MINIMUM, "31.00", "Minimum for calls: 0.00 of 31.00 were used");
}

Test(rating, what_began_and_ended_on_one_day_owes_what_was_used_and_no_flat_amount)
{
    const struct price_tier tiers[] = {{.unit_price = {2, 0}, .flat = {100, 0}}};
    struct rate r = {.usage_type = STR("calls"),
                     .billed = true,
                     .model = PRICING_VOLUME,
                     .tiers = tiers,
                     .tiers_count = 1,
                     .minimum = number("50")};
    struct usage_total total = used("calls", "3");
    assert_int(rated_until(rated(&r, 1), "2025-01-01", NULL, 0).count, 0);
    struct line_list lines = rated_until(rated(&r, 1), "2025-01-01", &total, 1);
    assert_int(lines.count, 1);
    is_line(&lines.items[0], LINE_USAGE, "106.00", "calls: 3 used");
}

Test(rating, a_part_of_a_month_has_its_part_of_the_quota_or_all_of_it)
{
    struct rate peak = rate("peak", "100", "1");
    struct usage_total total = used("peak", "110");
    struct line_list lines = rated_until(rated(&peak, 1), "2025-01-11", &total, 1);
    is_line(&lines.items[0], LINE_USAGE, "77.00", "peak over the quota: 110 used, 33 included"); /* 32.3 */
    peak.whole_quota = true;
    lines = rated_until(rated(&peak, 1), "2025-01-11", &total, 1);
    is_line(&lines.items[0], LINE_USAGE, "10.00", "peak over the quota: 110 used, 100 included");
    lines = rated_until(rated(&peak, 1), "2025-01-01", &total, 1);
    is_line(&lines.items[0], LINE_USAGE, "10.00", "peak over the quota: 110 used, 100 included");
}

Test(rating, a_level_is_billed_for_each_month_that_is_caught_up)
{
    struct rate disk = rate("disk", "0", "1");
    const struct level_change change = {.day = day("2025-02-15"), .change = number("-28")};
    struct usage_total totals[] = {
        {.usage_type = STR("disk"),
         .period = day("2025-02-01"),
         .total = number("-28"),
         .readings = 1,
         .aggregation = AGGREGATION_TIME_WEIGHTED,
         .changes = &change,
         .changes_count = 1},
        {.usage_type = STR("disk"), .total = number("100"), .aggregation = AGGREGATION_TIME_WEIGHTED}};
    struct subscription s = rated(&disk, 1);
    struct accrual due = {.through = day("2025-04-01"), .usage = totals, .usage_count = 2};
    assert_ok(accrue(&due, &s, A, E));
    static const char *const amounts[] = {"100.00", "86.00", "72.00"}; /* 100 - 28 x 14/28 in February */
    size_t at = 0;
    for (size_t i = 0; i < due.lines.count; i++) {
        if (due.lines.items[i].kind != LINE_USAGE) continue;
        assert_money(due.lines.items[i].amount, amounts[at], "USD");
        at++;
    }
    assert_int(at, 3);
}

Test(rating, what_cannot_be_computed_is_refused_by_its_name)
{
    struct rate r = rate("calls", "0", "999999999999999999");
    struct usage_total total = used("calls", "999999999999999999");
    struct subscription s = rated(&r, 1);
    struct accrual due = {.usage = &total, .usage_count = 1};
    assert_err(rate_usage_until(&due, &s, day("2025-02-01"), A, E), ERR_LIMIT,
               "cannot price 'calls': cannot round a number in USD: the result is too large");
}
