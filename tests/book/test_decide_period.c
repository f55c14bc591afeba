/* SPDX-License-Identifier: MIT */
/* test_decide_period.c - a month whose pack was written is closed with the balances of the pack, or not at
 * all. */
#include "tests/book/facts.h"

TestSuite(decide_period, .init = test_begin, .fini = test_end);

static struct closing_balance ends[2];

static struct facts facts_of_january(void)
{
    struct facts f = facts_on("2025-02-03");
    ends[0] = (struct closing_balance){STR("assets:cash:simulator"), money_of(10000, "EUR")};
    ends[1] = (struct closing_balance){STR("income:revenue:pro"), money_of(-10000, "EUR")};
    f.seller_today = day("2025-02-03");
    f.balances = ends;
    f.balances_count = 2;
    return f;
}

static struct command closing_with(const struct closing_balance *expected, size_t count)
{
    return (struct command){
        .type = COMMAND_PERIOD_CLOSE,
        .period_close = {
            .month = STR("2025-01"), .looked_at = true, .expected = expected, .expected_count = count}};
}

Test(decide_period, a_month_is_closed_as_it_was_looked_at)
{
    struct facts f = facts_of_january();
    struct command c = closing_with(ends, 2);
    const struct period_closed *v = &decided(&f, &c).events.items[0].period_closed;
    assert_int(v->through.days, day("2025-01-31").days);
    assert_int(v->balances_count, 2);
}

Test(decide_period, a_month_that_changed_since_it_was_looked_at_stays_open)
{
    struct facts f = facts_of_january();
    struct decision d = {0};
    struct closing_balance other[2] = {ends[0], ends[1]};
    struct command c = closing_with(ends, 1);
    assert_err_says(decide(&d, &f, &c, A, E), ERR_REFUSED, "since it was looked at");
    other[0].balance.minor++;
    c = closing_with(other, 2);
    assert_err_says(decide(&d, &f, &c, A, E), ERR_REFUSED, "since it was looked at");
    c = closing_with(NULL, 0);
    assert_err_says(decide(&d, &f, &c, A, E), ERR_REFUSED, "since it was looked at");
    assert_int(d.events.count, 0);
}

Test(decide_period, who_closes_without_having_looked_is_asked_for_nothing)
{
    struct facts f = facts_of_january();
    struct command c = {.type = COMMAND_PERIOD_CLOSE, .period_close = {.month = STR("2025-01")}};
    assert_int(decided(&f, &c).events.count, 1);
}
