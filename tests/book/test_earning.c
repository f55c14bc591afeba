/* SPDX-License-Identifier: MIT */
/* test_earning.c - when what a document bills is earned. The amounts are those of days over days, by hand. */
#include "ledger/book.h"
#include "tests/lib/fixture.h"

TestSuite(earning, .init = test_begin, .fini = test_end);

static struct line line_of(enum line_kind kind, const char *from, const char *to, int64_t cents)
{
    struct line l = {.kind = kind,
                     .product = STR("pro"),
                     .usage_type = STR("api_calls"),
                     .amount = money_of(cents, "USD")};
    if (from != NULL) l.from = day(from);
    if (to != NULL) l.to = day(to);
    return l;
}

/* Those of a document of one line; NULL: it has none. */
static const struct earning *earning_of(const struct line *l, const char *issued, const char *open_from)
{
    struct event ev = {.type = EVENT_INVOICE_FINALIZED};
    const struct earning *list = NULL;
    size_t count = 0;
    ev.invoice_finalized = (struct invoice_finalized){
        .customer = 1, .invoice = 7, .issue_date = day(issued), .lines = l, .lines_count = 1};
    struct date open = open_from != NULL ? day(open_from) : (struct date){0};
    assert_ok(event_earnings(&list, &count, &ev, open, A, E));
    return count == 0 ? NULL : list;
}

static int64_t earned(const struct earning *g, const char *through)
{
    struct money m = {0};
    assert_ok(earned_through(&m, g, day(through), E));
    return m.minor;
}

Test(earning, a_fee_is_earned_by_the_days_of_its_period_and_all_of_it_on_the_last)
{
    struct line l = line_of(LINE_RECURRING, "2025-01-31", "2025-02-28", 10000); /* 28 days */
    const struct earning *g = earning_of(&l, "2025-01-31", NULL);
    assert_int(earned(g, "2025-01-30"), 0);
    assert_int(earned(g, "2025-01-31"), 357);  /* 10000 / 28 = 357.14 */
    assert_int(earned(g, "2025-02-01"), 714);  /* 714.29 */
    assert_int(earned(g, "2025-02-13"), 5000); /* 14 of 28 */
    assert_int(earned(g, "2025-02-26"), 9643); /* 27 of 28: 9642.86 */
    assert_int(earned(g, "2025-02-27"), 10000);
    assert_int(earned(g, "2030-01-01"), 10000);
}

Test(earning, what_a_coupon_took_is_never_earned)
{
    struct line l = line_of(LINE_RECURRING, "2025-01-01", "2025-01-11", 1000);
    l.discount = money_of(100, "USD");
    assert_int(earned(earning_of(&l, "2025-01-01", NULL), "2025-01-05"), 450);
}

Test(earning, usage_is_earned_when_its_month_ends_and_with_its_document_if_that_is_not_later)
{
    struct line l = line_of(LINE_USAGE, "2025-01-01", "2025-02-01", 500);
    const struct earning *g = earning_of(&l, "2025-02-03", NULL);
    assert_int(earned(g, "2025-01-30"), 0);
    assert_int(earned(g, "2025-01-31"), 500);
    cr_assert(earning_of(&l, "2025-01-31", NULL) == NULL);
    cr_assert(earning_of(&l, "2025-01-10", NULL) == NULL);
}

Test(earning, single_items_and_prepaid_credit_are_no_matter_of_days)
{
    struct line item = line_of(LINE_ITEM, NULL, NULL, 500);
    struct line prepaid = line_of(LINE_PREPAID, "2025-01-01", "2025-02-01", 500);
    cr_assert(earning_of(&item, "2025-01-31", NULL) == NULL);
    cr_assert(earning_of(&prepaid, "2025-01-31", NULL) == NULL);
}

Test(earning, what_falls_into_closed_months_is_earned_on_the_first_open_day)
{
    struct line l = line_of(LINE_RECURRING, "2025-01-01", "2025-03-01", 5900); /* 59 days */
    const struct earning *g = earning_of(&l, "2025-01-20", "2025-02-01");
    assert_int(g->booked.days, day("2025-02-01").days);
    assert_int(earned(g, "2025-01-31"), 0);
    assert_int(earned(g, "2025-02-01"), 3200); /* January's 31 days and this one */
    assert_int(earned(g, "2025-02-28"), 5900);
}

Test(earning, until_a_document_is_there_it_is_accrued_and_behind_it_deferred)
{
    struct posting p[EARNING_POSTINGS_MAX];
    size_t count = 0;
    struct line l = line_of(LINE_RECURRING, "2025-01-01", "2025-02-01", 3100);
    const struct earning *g = earning_of(&l, "2025-01-11", NULL);
    assert_ok(earning_balances(p, &count, g, day("2025-01-10"), E));
    assert_int(count, 2);
    assert_int(p[0].account, ACCOUNT_ACCRUED);
    assert_int(p[0].amount.minor, 1000);
    assert_int(p[1].account, ACCOUNT_REVENUE);
    assert_int(p[1].amount.minor, -1000);
    assert_ok(earning_balances(p, &count, g, day("2025-01-11"), E));
    assert_int(p[0].account, ACCOUNT_DEFERRED);
    assert_int(p[0].amount.minor, 1100);
}

Test(earning, a_void_takes_back_on_the_same_days)
{
    struct line l = line_of(LINE_RECURRING, "2025-01-01", "2025-02-01", 3100);
    struct event ev = {.type = EVENT_INVOICE_VOIDED};
    const struct earning *list = NULL;
    size_t count = 0;
    ev.invoice_voided = (struct invoice_voided){
        .customer = 1, .invoice = 7, .on = day("2025-01-20"), .lines = &l, .lines_count = 1};
    assert_ok(event_earnings(&list, &count, &ev, (struct date){0}, A, E));
    assert_int(count, 1);
    assert_int(earned(list, "2025-01-10"), -1000);
    assert_int(earned(list, "2025-01-31"), -3100);
}
