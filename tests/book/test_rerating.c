/* SPDX-License-Identifier: MIT */
/* test_rerating.c - windows of usage that was billed, and what they cost by the readings as they are now. The
 * numbers were worked out by hand. */
#include "tests/book/facts.h"

TestSuite(rerating, .init = test_begin, .fini = test_end);

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static struct decimal number(const char *text)
{
    struct decimal d = {0};
    assert_ok(decimal_parse(&d, str_of(text), E));
    return d;
}

/* 1,000 calls a month are included, each of the others costs 0.01. */
static const struct rate *calls(const char *included, const char *unit_price)
{
    struct rate *r = arena_new_of(A, struct rate);
    *r = (struct rate){.usage_type = STR("calls"),
                       .billed = true,
                       .included = number(included),
                       .unit_price = number(unit_price)};
    return r;
}

static struct subscription subscribed(void)
{
    struct subscription s = {
        .subscription = 7,
        .customer = 1,
        .status = SUBSCRIPTION_ACTIVE,
        .usage_anchor = day("2025-01-31"),
        .usage_through = day("2025-01-31"),
        .terms = {.product = STR("basic"), .unit = INTERVAL_MONTH, .interval_count = 1, .amount = usd(2900)}};
    quotas_begin(&s, day("2025-01-31"), calls("1000", "0.01"), 1, A);
    return s;
}

static struct usage_total used(const char *period, const char *total)
{
    return (struct usage_total){
        .usage_type = STR("calls"), .period = day(period), .total = number(total), .readings = 3};
}

static struct str windows_until(struct subscription s, const char *until)
{
    struct buffer out = {.arena = A};
    struct usage_window w = {0};
    while (window_close(&w, &s, day(until), A)) {
        buffer_print(&out, "%.*s %.*s %zu; ", STR_ARG(date_text(A, w.from)), STR_ARG(date_text(A, w.to)),
                     w.quotas_count);
    }
    return (struct str){(const char *)out.ptr, out.len};
}

Test(rerating, windows_are_cut_as_usage_is_billed_by_the_months_of_the_subscription_and_at_its_end)
{
    struct subscription s = subscribed();
    assert_str(windows_until(s, "2025-01-31"), "");
    assert_str(windows_until(s, "2025-02-28"), "2025-01-31 2025-02-28 1; ");
    quotas_begin(&s, day("2025-03-10"), calls("10000", "0.01"), 1, A);
    assert_str(windows_until(s, "2025-04-11"),
               "2025-01-31 2025-02-28 1; 2025-02-28 2025-03-31 2; 2025-03-31 2025-04-11 1; ");
}

static struct usage_window closed(const char *until, const struct usage_total *usage, size_t count)
{
    struct subscription s = subscribed();
    struct usage_window w = {0};
    cr_assert(window_close(&w, &s, day(until), A));
    assert_ok(window_measure(&w, usage, count, A, E));
    return w;
}

Test(rerating, a_difference_is_what_the_quantity_costs_now_less_what_was_billed_for_it)
{
    static const struct {
        const char *says, *billed_total, *billed, *total, *difference; /* NULL: there is none */
    } rows[] = {
        {"less was used", "2000", "10.00", "1900", "-1.00"},
        {"nothing was used", "2000", "10.00", "0", "-10.00"},
        {"more was used", "2000", "10.00", "2250.5", "2.51"},
        {"first past the quota now", "900", NULL, "1100", "1.00"},
        {"another quantity within the quota costs the same", "900", NULL, "1000", NULL},
        {"the same quantity is not rated again, whatever was billed", "2000", "9.99", "2000", NULL},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct usage_total before = used("2025-01-31", rows[i].billed_total);
        struct usage_total now = used("2025-01-31", rows[i].total);
        struct billed_window w = {.window = closed("2025-02-28", &before, 1)};
        struct window_charge charge = {.usage_type = STR("calls"), .invoice = 4, .line = 2};
        struct rerated_list list = {0};
        if (rows[i].billed != NULL) {
            assert_ok(money_parse(&charge.amount, str_of(rows[i].billed), "USD", E));
            w.charges = &charge;
            w.charges_count = 1;
        }
        assert_ok(rerate_window(&list, &w, &now, 1, A, E));
        cr_assert(list.count == (rows[i].difference != NULL), "%s", rows[i].says);
        if (list.count == 0) continue;
        cr_assert(str_is(money_text(A, list.items[0].difference), rows[i].difference), "%s", rows[i].says);
        cr_assert(str_is(decimal_text(A, list.items[0].was), rows[i].billed_total), "%s", rows[i].says);
        cr_assert(str_is(decimal_text(A, list.items[0].is), rows[i].total), "%s", rows[i].says);
    }
}

Test(rerating, what_was_approved_counts_as_billed_and_its_item_does_not_count_again)
{
    struct usage_total before = used("2025-01-31", "2000"), now = used("2025-01-31", "1900");
    struct window_charge charges[] = {{.usage_type = STR("calls"), .amount = usd(1000)},
                                      {.usage_type = STR("calls"), .amount = usd(100), .rerated = true}};
    struct billed_window w = {
        .window = closed("2025-02-28", &before, 1), .charges = charges, .charges_count = 2};
    struct rerated_list list = {0}, again = {0}, third = {0};
    struct money billed = {0};
    assert_ok(rerate_window(&list, &w, &now, 1, A, E));
    assert_int(list.count, 1);
    assert_ok(window_note_rerated(&w.window, &list.items[0], A, E));
    assert_ok(rerate_window(&again, &w, &now, 1, A, E));
    assert_int(again.count, 0);
    assert_ok(window_billed(&billed, &w, E));
    assert_str(money_text(A, billed), "9.00");
    now = used("2025-01-31", "1950");
    assert_ok(rerate_window(&third, &w, &now, 1, A, E));
    assert_str(money_text(A, third.items[0].difference), "0.50");
    assert_str(decimal_text(A, third.items[0].was), "1900");
}

Test(rerating, a_window_costs_by_another_catalog_what_its_tiers_would_have_cost_there)
{
    struct usage_total total = used("2025-01-31", "2000");
    struct usage_window w = closed("2025-02-28", &total, 1), other = {0};
    struct price prices[] = {{.product = STR("basic"),
                              .unit = INTERVAL_MONTH,
                              .interval_count = 1,
                              .amount = usd(1900),
                              .rates = calls("500", "0.02"),
                              .rates_count = 1}};
    struct catalog catalog = {.prices = prices, .prices_count = 1};
    struct money cost = {0};
    cr_assert(window_repriced(&other, &w, &catalog, A));
    assert_ok(window_cost(&cost, &other, &total, 1, A, E));
    assert_str(money_text(A, cost), "30.00"); /* 1,500 at 0.02 */
    assert_ok(window_cost(&cost, &w, &total, 1, A, E));
    assert_str(money_text(A, cost), "10.00");
    prices[0].unit = INTERVAL_YEAR;
    cr_assert_not(window_repriced(&other, &w, &catalog, A), "a price for another interval is another price");
    prices[0].unit = INTERVAL_MONTH;
    prices[0].amount = money_of(1900, "EUR");
    cr_assert_not(window_repriced(&other, &w, &catalog, A), "so is one in another currency");
}

Test(rerating, what_was_agreed_with_a_customer_stays_whatever_the_catalog_says)
{
    struct usage_total total = used("2025-01-31", "2000");
    struct usage_window w = closed("2025-02-28", &total, 1), other = {0};
    struct price price = {.product = STR("basic"),
                          .unit = INTERVAL_MONTH,
                          .interval_count = 1,
                          .amount = usd(1900),
                          .rates = calls("500", "0.02"),
                          .rates_count = 1};
    struct catalog catalog = {.prices = &price, .prices_count = 1};
    struct quota_segment *tiers = arena_array_of(A, struct quota_segment, w.quotas_count);
    struct money cost = {0};
    for (size_t i = 0; i < w.quotas_count; i++) {
        tiers[i] = w.quotas[i];
        tiers[i].agreed_quotas = STR("calls=1200");
    }
    w.quotas = tiers;
    cr_assert(window_repriced(&other, &w, &catalog, A));
    assert_ok(window_cost(&cost, &other, &total, 1, A, E));
    assert_str(money_text(A, cost), "16.00"); /* 800 at 0.02 */
    tiers[0].agreed_prices = STR("exports=1");
    cr_assert_not(window_repriced(&other, &w, &catalog, A), "it has no such price any more");
}
