/* SPDX-License-Identifier: MIT */
/* test_billing.c - the rules, on published numbers. Row ids (P-1, U-37 …) are those of the table of numeric
 * cases; amounts that the table does not give were worked out by hand, the fraction stands beside them. */
#include "ledger/book.h"
#include "tests/lib/fixture.h"

TestSuite(proration, .init = test_begin, .fini = test_end);
TestSuite(accrual, .init = test_begin, .fini = test_end);
TestSuite(quota, .init = test_begin, .fini = test_end);

static struct money usd(int64_t cents)
{
    return money_of(cents, "USD");
}

static struct rate calls(int64_t included, const char *unit_price)
{
    struct rate r = {.usage_type = STR("api_calls"), .included = decimal_of(included), .billed = true};
    assert_ok(decimal_parse(&r.unit_price, str_of(unit_price), E));
    return r;
}

/* An active subscription from `start`, charged from there, with one rate. */
static struct subscription subscribed(const char *start, enum interval_unit unit, int64_t cents,
                                      struct rate rate)
{
    struct rate *rates = arena_new_of(A, struct rate);
    struct quota_segment *quota = arena_new_of(A, struct quota_segment);
    *rates = rate;
    *quota = (struct quota_segment){.from = day(start), .rates = rates, .rates_count = 1};
    struct subscription s = {.subscription = 1,
                             .customer = 1,
                             .status = SUBSCRIPTION_ACTIVE,
                             .start = day(start),
                             .anchor = day(start),
                             .usage_anchor = day(start),
                             .charged_through = day(start),
                             .usage_through = day(start),
                             .quotas = quota,
                             .quotas_count = 1};
    s.terms = (struct terms){.product = STR("plan"),
                             .product_name = STR("Plan"),
                             .unit = unit,
                             .interval_count = 1,
                             .amount = usd(cents),
                             .rates = rates,
                             .rates_count = 1};
    return s;
}

Test(proration, is_a_share_of_the_whole_period_by_day)
{
    static const struct {
        const char *id;
        int64_t amount;
        const char *from, *to;
        int32_t whole;
        int64_t share;
    } rows[] = {
        {"P-1 half of 10.00", 1000, "2025-04-16", "2025-05-01", 30, 500},
        {"P-1 half of 20.00", 2000, "2025-04-16", "2025-05-01", 30, 1000},
        {"P-3 stub after a change of billing day, 6/31", 100000, "2013-09-01", "2013-09-07", 31, 19355},
        {"P-4 16/31 of 1000.00", 100000, "2013-08-16", "2013-09-01", 31, 51613},
        {"P-5 30/31 of 9.95", 995, "2012-05-02", "2012-06-01", 31, 963},
        {"P-6 25/31 of 9.95", 995, "2012-05-07", "2012-06-01", 31, 802},
        {"P-6 25/31 of 599.95", 59995, "2012-05-07", "2012-06-01", 31, 48383},
        {"P-6 24/31 of 29.95", 2995, "2012-05-08", "2012-06-01", 31, 2319},
        {"P-8 335/365 of 2399.95", 239995, "2013-09-17", "2014-08-18", 365, 220269},
        {"P-9 20/30 of 500.00", 50000, "2013-09-10", "2013-09-30", 30, 33333},
        {"P-25 Basic 29.00, 16/31", 2900, "2025-01-16", "2025-02-01", 31, 1497},
        {"P-25 seats 10.00, 16/31", 1000, "2025-01-16", "2025-02-01", 31, 516},
        {"P-25 Pro 99.00, 16/31", 9900, "2025-01-16", "2025-02-01", 31, 5110},
        {"P-25 seats 25.00, 16/31", 2500, "2025-01-16", "2025-02-01", 31, 1290},
        {"P-18 275/366 of 12000", 1200000, "2023-09-28", "2024-06-29", 366, 901639},
        {"P-24 15/30 of 100.00", 10000, "2025-01-16", "2025-01-31", 30, 5000},
        {"a whole period is not divided", 12345, "2025-01-01", "2025-02-01", 31, 12345},
        {"nothing for no day", 12345, "2025-02-01", "2025-02-01", 31, 0},
        {"one day of February 2024, 1/29 of 10.00 = 0.3448", 1000, "2024-02-28", "2024-02-29", 29, 34},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct money share = {0};
        struct terms by_day = {.proration = PRORATE_BY_DAY};
        struct period whole = {day("2012-01-01"), date_add_days(day("2012-01-01"), rows[i].whole)};
        struct moment from = {day(rows[i].from), 0}, to = {day(rows[i].to), 0};
        assert_ok(prorate(&share, usd(rows[i].amount), &by_day, from, to, whole, E));
        cr_assert(share.minor == rows[i].share, "%s: got %lld", rows[i].id, (long long)share.minor);
    }
}

Test(proration, fixed_days_are_counted_from_the_periods_end)
{
    static const struct {
        const char *start, *end; /* of the period */
        const char *from, *to;
        int64_t share; /* of 30.00, of 30 days */
    } rows[] = {
        {"2025-02-01", "2025-03-01", "2025-02-15", "2025-03-01", 1400}, /* 14 are left */
        {"2025-02-01", "2025-03-01", "2025-02-01", "2025-02-15", 1600}, /* the rest */
        {"2025-02-01", "2025-03-01", "2025-02-01", "2025-02-02", 300},  /* 27 are left */
        {"2025-02-01", "2025-03-01", "2025-02-02", "2025-02-03", 100},
        {"2025-01-01", "2025-02-01", "2025-01-16", "2025-02-01", 1600},
        {"2025-01-01", "2025-02-01", "2025-01-01", "2025-01-16", 1400},
        {"2025-01-01", "2025-02-01", "2025-01-01", "2025-01-02", 0}, /* 30 are left */
        {"2025-01-01", "2025-02-01", "2025-01-01", "2025-02-01", 3000},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct money share = {0}, credit = {0};
        struct terms fixed = {.proration = PRORATE_BY_DAY, .fixed_days = 30};
        struct period whole = {day(rows[i].start), day(rows[i].end)};
        struct moment from = {day(rows[i].from), 0}, to = {day(rows[i].to), 0}, begin = {whole.start, 0};
        struct charge paid = {
            .from = whole.start,
            .to = whole.end,
            .amount = usd(3000),
            .discount = usd(0),
            .credited = usd(0),
            .counted = (uint64_t)counted_seconds(&fixed, begin, (struct moment){whole.end, 0}, whole)};
        assert_ok(prorate(&share, usd(3000), &fixed, from, to, whole, E));
        assert_ok(unused_credit(&credit, &paid, &fixed, from, to.day, E));
        cr_assert(share.minor == rows[i].share, "%s: got %lld", rows[i].from, (long long)share.minor);
        cr_assert(credit.minor == rows[i].share, "%s: %lld back", rows[i].from, (long long)credit.minor);
    }
}

Test(proration, a_credit_is_capped_at_what_is_left_of_what_was_billed)
{
    static const int64_t rows[][4] = {/* P-30: potential, billed, credited already, credit */
                                      {100, 200, 50, 100}, {300, 200, 50, 150}, {100, 200, 180, 20},
                                      {100, 200, 200, 0},  {100, 0, 0, 0},      {-50, 200, 50, 0},
                                      {100, 200, 250, 0}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int(credit_cap(usd(rows[i][0]), usd(rows[i][1]), usd(rows[i][2])).minor, rows[i][3]);
    }
}

static int64_t credit_for(const char *from, const char *to, int64_t amount, int64_t credited, const char *on)
{
    struct terms by_day = {.proration = PRORATE_BY_DAY};
    struct charge c = {.from = day(from),
                       .to = day(to),
                       .amount = usd(amount),
                       .discount = usd(0),
                       .credited = usd(credited)};
    struct money credit = {0};
    assert_ok(unused_credit(&credit, &c, &by_day, (struct moment){day(on), 0}, day(to), E));
    return credit.minor;
}

Test(proration, credits_come_from_what_was_billed_not_from_the_list_price)
{
    /* P-6: 8.02 was billed for 25 days; 24 are left: 7.70 */
    assert_int(credit_for("2012-05-07", "2012-06-01", 802, 0, "2012-05-08"), 770);
    /* P-5: 249.95 of which 10.00 was credited: 239.95, though 30/31 would be 241.89 */
    assert_int(credit_for("2012-05-01", "2012-06-01", 24995, 1000, "2012-05-02"), 23995);
}

Test(proration, what_was_used_stays_billed)
{
    /* P-8: 335/365 of 2,399.95 come back; 197.26 stays */
    assert_int(credit_for("2013-08-18", "2014-08-18", 239995, 0, "2013-09-17"), 220269);
    assert_int(239995 - 220269, 19726);
}

/* ---- accrual ---- */

static struct accrual accrued(struct subscription *s, struct date through, const struct usage_total *usage,
                              size_t count)
{
    struct accrual due = {.through = through, .usage = usage, .usage_count = count, .can_pay = true};
    assert_ok(accrue(&due, s, A, E));
    return due;
}

static const struct event *find_event(const struct accrual *due, enum event_type type)
{
    for (size_t i = 0; i < due->events.count; i++) {
        if (due->events.items[i].type == type) return &due->events.items[i];
    }
    return NULL;
}

Test(accrual, charges_each_period_once_and_catches_up_missed_ones)
{
    struct subscription s = subscribed("2025-01-31", INTERVAL_MONTH, 2900, calls(1000, "0.01"));
    struct accrual due = {0};
    due = accrued(&s, day("2025-04-29"), NULL, 0);
    assert_int(due.lines.count, 3); /* Jan 31, Feb 28, Mar 31 */
    assert_day(due.lines.items[0].from, "2025-01-31");
    assert_day(due.lines.items[0].to, "2025-02-28");
    assert_day(due.lines.items[1].to, "2025-03-31");
    assert_day(due.lines.items[2].to, "2025-04-30");
    assert_day(s.charged_through, "2025-04-30");
    due = accrued(&s, day("2025-04-29"), NULL, 0);
    assert_int(due.lines.count, 0);
    assert_int(due.events.count, 0);
}

Test(accrual, a_future_start_is_not_charged_yet)
{
    struct subscription s = subscribed("2025-03-01", INTERVAL_MONTH, 2900, calls(0, "0"));
    struct accrual due = {0};
    due = accrued(&s, day("2025-02-28"), NULL, 0);
    assert_int(due.lines.count, 0);
    due = accrued(&s, day("2025-03-01"), NULL, 0);
    assert_int(due.lines.count, 1);
}

Test(accrual, the_stub_up_to_a_billing_day_is_prorated)
{
    struct subscription s = subscribed("2025-01-10", INTERVAL_MONTH, 3100, calls(0, "0"));
    s.anchor = day("2025-02-01"); /* billing day 1 */
    s.anchor_day = 1;
    struct accrual due = {0};
    due = accrued(&s, day("2025-01-10"), NULL, 0);
    assert_int(due.lines.count, 1);
    assert_money(due.lines.items[0].amount, "22.00", "USD"); /* 22/31 of 31.00 */
    assert_day(s.charged_through, "2025-02-01");
}

Test(accrual, ends_with_the_scheduled_end)
{
    struct subscription s = subscribed("2025-01-01", INTERVAL_MONTH, 2900, calls(0, "0"));
    struct accrual due = {0};
    s.cancel_on = day("2025-03-01");
    due = accrued(&s, day("2025-06-30"), NULL, 0);
    assert_int(due.lines.count, 2);
    cr_assert(find_event(&due, EVENT_SUBSCRIPTION_CANCELED) != NULL);
    assert_int(s.status, SUBSCRIPTION_CANCELED);
    assert_day(s.ended_on, "2025-03-01");
    assert_day(s.charged_through, "2025-03-01");
    assert_day(s.usage_through, "2025-03-01");
}

Test(accrual, a_scheduled_change_rules_from_its_day)
{
    struct subscription s = subscribed("2025-01-01", INTERVAL_MONTH, 9900, calls(0, "0"));
    struct accrual due = {0};
    s.change_on = day("2025-02-01");
    s.next_terms = s.terms;
    s.next_terms.product = STR("basic");
    s.next_terms.amount = usd(2900);
    due = accrued(&s, day("2025-02-01"), NULL, 0);
    assert_int(due.lines.count, 2);
    assert_money(due.lines.items[0].amount, "99.00", "USD");
    assert_money(due.lines.items[1].amount, "29.00", "USD");
    cr_assert(find_event(&due, EVENT_SUBSCRIPTION_CHANGED) != NULL);
    assert_str(s.terms.product, "basic");
}

Test(accrual, a_scheduled_new_interval_starts_a_whole_period)
{
    struct subscription s = subscribed("2025-01-20", INTERVAL_MONTH, 2900, calls(0, "0"));
    struct accrual due = {0};
    s.anchor_day = 12; /* the billing day was moved once */
    s.anchor = day("2025-02-12");
    s.charged_through = day("2025-02-12");
    s.change_on = day("2025-02-12");
    s.next_terms = s.terms;
    s.next_terms.unit = INTERVAL_YEAR;
    s.next_terms.amount = usd(29000);
    due = accrued(&s, day("2025-02-12"), NULL, 0);
    assert_money(due.lines.items[0].amount, "290.00", "USD");
    assert_day(s.charged_through, "2026-02-12");
}

Test(accrual, overage_is_billed_when_its_period_has_ended)
{
    struct subscription s = subscribed("2025-01-01", INTERVAL_MONTH, 2900, calls(1000, "0.01"));
    struct usage_total used = {
        .usage_type = STR("api_calls"), .period = day("2025-01-01"), .total = decimal_of(1500)};
    struct accrual due = {0};
    due = accrued(&s, day("2025-01-31"), &used, 1);
    assert_int(due.lines.count, 1); /* the fee alone: January is not over */
    due = accrued(&s, day("2025-02-01"), &used, 1);
    assert_int(due.lines.count, 2);
    const struct line *usage = &due.lines.items[due.lines.items[0].kind == LINE_USAGE ? 0 : 1];
    assert_money(usage->amount, "5.00", "USD"); /* U-37: 1,500 calls, 1,000 included, 0.01 each */
    assert_str(decimal_text(A, usage->quantity), "500");
    assert_day(usage->from, "2025-01-01");
    assert_day(usage->to, "2025-02-01");
}

Test(accrual, a_yearly_plan_has_its_usage_rated_each_month)
{
    struct subscription s = subscribed("2025-01-15", INTERVAL_YEAR, 29000, calls(1000, "0.01"));
    struct usage_total used[] = {
        {.usage_type = STR("api_calls"), .period = day("2025-01-15"), .total = decimal_of(1001)},
        {.usage_type = STR("api_calls"), .period = day("2025-02-15"), .total = decimal_of(999)},
        {.usage_type = STR("api_calls"), .period = day("2025-03-15"), .total = decimal_of(1100)},
    };
    struct accrual due = {0};
    due = accrued(&s, day("2025-04-15"), used, 3);
    assert_int(due.lines.count, 3); /* the year, 0.01, 1.00 */
    int64_t usage = 0;
    for (size_t i = 0; i < due.lines.count; i++) {
        if (due.lines.items[i].kind == LINE_USAGE) usage += due.lines.items[i].amount.minor;
    }
    assert_int(usage, 101);
}

Test(accrual, the_next_due_day_is_the_first_on_which_something_is_due)
{
    static const char *const starts[] = {"2025-01-01", "2025-01-31", "2024-02-29"};
    for (size_t i = 0; i < 3; i++) {
        for (int unit = INTERVAL_MONTH; unit <= INTERVAL_YEAR; unit++) {
            struct subscription s = subscribed(starts[i], (enum interval_unit)unit, 2900, calls(0, "0"));
            for (int round = 0; round < 30; round++) {
                struct date due_on = subscription_due(&s);
                struct accrual due = {0};
                struct subscription before = s;
                due = accrued(&before, date_add_days(due_on, -1), NULL, 0);
                cr_assert(due.events.count == 0, "something was due before its day");
                due = accrued(&s, due_on, NULL, 0);
                cr_assert(due.events.count > 0, "nothing was due on its day");
            }
        }
    }
}

/* ---- quotas ---- */

static struct subscription upgraded(const char *on)
{
    struct subscription s = subscribed("2025-01-01", INTERVAL_MONTH, 2900, calls(1000, "0.01"));
    struct quota_segment *both = arena_array_of(A, struct quota_segment, 2);
    struct rate *pro = arena_new_of(A, struct rate);
    *pro = calls(10000, "0.005");
    both[0] = s.quotas[0];
    both[1] = (struct quota_segment){.from = day(on), .rates = pro, .rates_count = 1};
    s.quotas = both;
    s.quotas_count = 2;
    return s;
}

Test(quota, is_prorated_by_day_over_the_tiers_in_force)
{
    struct subscription s = upgraded("2025-01-16");
    struct quota q = {0};
    assert_ok(usage_quota(&q, &s, STR("api_calls"), usage_period(&s, day("2025-01-20")), E));
    /* 1000 * 15/31 + 10000 * 16/31 = 5645.16, rounded up in the customer's favour */
    assert_str(decimal_text(A, q.included), "5646");
    assert_str(decimal_text(A, q.rate->unit_price), "0.005");
}

Test(quota, of_an_upgrade_on_the_first_day_is_the_new_tiers)
{
    struct subscription s = upgraded("2025-01-01");
    struct quota q = {0};
    assert_ok(usage_quota(&q, &s, STR("api_calls"), usage_period(&s, day("2025-01-20")), E));
    assert_str(decimal_text(A, q.included), "10000");
}

Test(quota, of_an_unknown_usage_type_is_unknown_and_nothing_is_billed)
{
    struct subscription s = subscribed("2025-01-01", INTERVAL_MONTH, 2900, calls(1000, "0.01"));
    struct usage_total used = {
        .usage_type = STR("storage_gb"), .period = day("2025-01-01"), .total = decimal_of(5000)};
    struct quota q = {0};
    struct accrual due = {.usage = &used, .usage_count = 1};
    assert_ok(usage_quota(&q, &s, STR("storage_gb"), usage_period(&s, day("2025-01-20")), E));
    cr_assert(!q.known);
    assert_ok(rate_usage_until(&due, &s, day("2025-02-01"), A, E));
    assert_int(due.lines.count, 0);
}

Test(quota, of_a_part_of_a_month_is_that_part)
{
    struct subscription s = subscribed("2025-01-01", INTERVAL_MONTH, 2900, calls(1000, "0.01"));
    struct usage_total used = {
        .usage_type = STR("api_calls"), .period = day("2025-01-01"), .total = decimal_of(400)};
    struct accrual due = {.usage = &used, .usage_count = 1};
    assert_ok(rate_usage_until(&due, &s, day("2025-01-11"), A, E));
    assert_int(due.lines.count, 1); /* 1000 * 10/31 = 322.6, so 323 are included and 77 are over */
    assert_str(decimal_text(A, due.lines.items[0].quantity), "77");
    assert_money(due.lines.items[0].amount, "0.77", "USD");
}
