/* SPDX-License-Identifier: MIT */
/* test_books.c - closing a month: the balances that the event states must be those that the events before it
 * come to, whoever wrote it. (The books of any day are tried on random histories: tests/sim/journal.c.) */
#include "tests/projections/stage.h"

TestSuite(books, .init = test_begin, .fini = test_end);

static struct event closed(const char *through, const struct closing_balance *balances, size_t count)
{
    struct event ev = {.type = EVENT_PERIOD_CLOSED};
    ev.period_closed =
        (struct period_closed){.through = day(through), .balances = balances, .balances_count = count};
    return ev;
}

static struct event sale(const char *issued, int64_t cents)
{
    struct event ev = {.type = EVENT_INVOICE_FINALIZED};
    struct line *l = arena_new_of(A, struct line);
    *l = (struct line){.kind = LINE_ITEM, .description = STR("thing"), .amount = usd(cents), .tax = usd(0)};
    ev.invoice_finalized = (struct invoice_finalized){.invoice = 1,
                                                      .number = STR("INV-2025-000001"),
                                                      .series = STR("INV-2025"),
                                                      .serial = 1,
                                                      .customer = 1,
                                                      .buyer_version = 1,
                                                      .issue_date = day(issued),
                                                      .due_date = day(issued),
                                                      .lines = l,
                                                      .lines_count = 1,
                                                      .subtotal = usd(cents),
                                                      .tax = usd(0),
                                                      .total = usd(cents),
                                                      .credit_applied = usd(0),
                                                      .amount_due = usd(cents)};
    return ev;
}

Test(books, a_month_closes_with_the_balances_of_its_events_and_no_others)
{
    const struct closing_balance sold[] = {{STR("assets:receivable"), usd(4000)},
                                           {STR("income:revenue:items"), usd(-4000)}};
    struct closing_balance more[] = {sold[0], sold[1]}, other[] = {sold[0], sold[1]};
    struct stage s = stage_open("a");
    happen(&s, "2025-01-10T12:00:00Z", customer_event(1));
    happen(&s, "2025-01-31T12:00:00Z", sale("2025-01-31", 4000));
    more[0].balance.minor++;
    other[1].account = STR("income:revenue:things");
    struct event wrong[] = {closed("2025-01-31", more, 2), closed("2025-01-31", other, 2),
                            closed("2025-01-31", sold, 1), closed("2025-01-30", sold, 2)};
    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        assert_err_says(stage_fold(&s, "2025-02-01T12:00:00Z", &wrong[i], 1), ERR_TAMPERED,
                        "not those that the events come to");
    happen(&s, "2025-02-01T12:00:00Z", closed("2025-01-31", sold, 2));
    stage_close(&s);
}

Test(books, what_is_recorded_later_is_posted_behind_what_is_closed)
{
    struct stage s = stage_open("b");
    struct date through = {0};
    happen(&s, "2025-01-10T12:00:00Z", customer_event(1));
    happen(&s, "2025-02-01T12:00:00Z", closed("2025-01-31", NULL, 0));
    assert_ok(books_closed_through(&through, s.t, E));
    assert_day(through, "2025-01-31");
    happen(&s, "2025-02-03T12:00:00Z", sale("2025-01-31", 4000));
    assert_ok(books_newest_day(&through, s.t, E));
    assert_day(through, "2025-02-01");
    struct event again = closed("2025-01-31", NULL, 0);
    assert_ok(stage_fold(&s, "2025-02-03T12:00:00Z", &again, 1)); /* January is as it was */
    stage_close(&s);
}
