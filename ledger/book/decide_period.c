/* SPDX-License-Identifier: MIT */
/* decide_period.c - closing and reopening a month's books. Nothing is recorded differently for it: what it
 * changes is the day on which later events are posted. Months are closed one after the other, and opened
 * again in the opposite order, so that there is one day before which everything is closed. */
#include "ledger/book/decide_shared.h"

static bool is_as_looked_at(const struct facts *f, const struct period_close_command *c)
{
    if (!c->looked_at) return true;
    if (c->expected_count != f->balances_count) return false;
    for (size_t i = 0; i < f->balances_count; i++) {
        const struct closing_balance *is = &f->balances[i], *was = &c->expected[i];
        if (!str_equal(is->account, was->account) || !money_same_currency(is->balance, was->balance) ||
            is->balance.minor != was->balance.minor)
            return false;
    }
    return true;
}

enum err decide_period_close(struct decision *out, const struct facts *f,
                             const struct period_close_command *c, struct arena *a, struct error *e)
{
    struct date first = {0};
    enum err err = month_parse(&first, c->month, e);
    if (err != OK) return err;
    struct date through = month_last_day(first);
    if (date_compare(through, f->seller_today) >= 0)
        return fail(e, ERR_REFUSED, "the month %.*s is not over", STR_ARG(c->month));
    if (date_is_given(f->closed_through)) {
        struct date next = month_last_day(date_add_days(f->closed_through, 1));
        if (date_compare(through, f->closed_through) <= 0)
            return fail(e, ERR_REFUSED, "the month %.*s is closed already: the books are closed through %.*s",
                        STR_ARG(c->month), STR_ARG(date_text(a, f->closed_through)));
        if (date_compare(through, next) != 0)
            return fail(e, ERR_REFUSED, "the month %.*s comes first: the books are closed through %.*s",
                        STR_ARG(month_text(a, next)), STR_ARG(date_text(a, f->closed_through)));
    }
    if (!is_as_looked_at(f, c))
        return fail(e, ERR_REFUSED, "something was recorded in %.*s since it was looked at: look at it again",
                    STR_ARG(c->month));
    event_add(&out->events, EVENT_PERIOD_CLOSED, a)->period_closed = (struct period_closed){
        .through = through, .note = c->note, .balances = f->balances, .balances_count = f->balances_count};
    return OK;
}

enum err decide_period_reopen(struct decision *out, const struct facts *f,
                              const struct period_reopen_command *c, struct arena *a, struct error *e)
{
    struct date first = {0};
    enum err err = month_parse(&first, c->month, e);
    if (err != OK) return err;
    struct date through = month_last_day(first);
    if (!date_is_given(f->closed_through)) return fail(e, ERR_REFUSED, "no month is closed");
    if (date_compare(through, f->closed_through) != 0)
        return fail(e, ERR_REFUSED,
                    "the month %.*s is the one that was closed last: only that one can be reopened",
                    STR_ARG(month_text(a, f->closed_through)));
    event_add(&out->events, EVENT_PERIOD_REOPENED, a)->period_reopened =
        (struct period_reopened){.through = through, .from = first, .reason = c->reason};
    return OK;
}
