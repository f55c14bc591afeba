/* SPDX-License-Identifier: MIT */
/* earning.c - see earning.h. */
#include "ledger/book/earning.h"

struct date posting_date(struct date effective, struct date open_from)
{
    bool closed = date_is_given(open_from) && date_compare(effective, open_from) < 0;
    return closed ? open_from : effective;
}

static struct date later(struct date a, struct date b)
{
    return date_compare(a, b) < 0 ? b : a;
}

static struct date sooner(struct date a, struct date b)
{
    return date_compare(a, b) < 0 ? a : b;
}

struct date earning_first_day(const struct earning *g)
{
    return later(g->from, g->first);
}

struct date earning_last_day(const struct earning *g)
{
    return later(date_add_days(g->to, -1), g->first);
}

enum err earned_through(struct money *out, const struct earning *g, struct date day, struct error *e)
{
    int32_t whole = date_days_between(g->from, g->to);
    *out = money_zero(g->amount);
    if (date_compare(day, earning_first_day(g)) < 0) return OK;
    int32_t given = date_days_between(g->from, day) + 1;
    *out = g->amount;
    return given >= whole ? OK : money_part(out, g->amount, given, whole, e);
}

enum err earning_balances(struct posting out[EARNING_POSTINGS_MAX], size_t *count, const struct earning *g,
                          struct date day, struct error *e)
{
    bool booked = date_compare(day, g->booked) >= 0;
    struct money earned = {0};
    *count = 0;
    if (booked && !g->deferred) return OK;
    enum err err = earned_through(&earned, g, day, e);
    if (err != OK || money_is_zero(earned)) return err;
    struct posting waits = {.account = booked ? ACCOUNT_DEFERRED : ACCOUNT_ACCRUED,
                            .detail = booked ? g->detail : STR_NONE,
                            .customer = g->customer,
                            .invoice = g->invoice,
                            .date = day,
                            .amount = earned};
    out[0] = waits;
    out[1] = waits;
    out[1].account = ACCOUNT_REVENUE;
    out[1].detail = g->detail;
    out[1].amount = money_negate(earned);
    *count = 2;
    return OK;
}

/* ---- of a document's lines ---- */

struct document {
    uint64_t customer, invoice;
    struct date booked, open_from;
    bool taken_back; /* by a void: the lines are posted the other way round */
};

/* Usage is earned when its month ends, in one piece: what it costs is known then. */
static bool of_usage(struct earning *g, const struct line *l)
{
    if (!date_is_given(l->from) || !date_is_given(l->to)) return false;
    struct date last = date_add_days(l->to, -1);
    g->from = sooner(last, g->booked);
    g->to = date_add_days(g->from, 1);
    return date_compare(earning_first_day(g), g->booked) < 0;
}

static bool of_fee(struct earning *g, const struct line *l)
{
    bool has_end = date_is_given(l->to) && date_compare(l->from, l->to) < 0;
    g->deferred = true;
    g->from = l->from;
    g->to = has_end ? l->to : date_add_days(l->from, 1);
    return true;
}

/* What is given back was never earned: it takes effect on the days that it is about, as a charge does, where
 * they are open, and else behind them. */
static enum err add_line(struct earning *to, size_t *count, const struct document *d, const struct line *l,
                         uint64_t line, struct error *e)
{
    struct earning g = {.detail = revenue_detail(l),
                        .product = l->product,
                        .customer = d->customer,
                        .invoice = d->invoice,
                        .line = line,
                        .booked = d->booked,
                        .first = d->open_from};
    enum err err = money_subtract(&g.amount, l->amount, l->discount, e);
    if (err != OK || money_is_zero(g.amount)) return err;
    if (d->taken_back) g.amount = money_negate(g.amount);
    enum account account = line_account(l);
    if (account == ACCOUNT_UNBILLED) return OK;
    if (account == ACCOUNT_DEFERRED ? of_fee(&g, l) : of_usage(&g, l)) to[(*count)++] = g;
    return OK;
}

static enum err add_lines(const struct earning **out, size_t *count, const struct document *d,
                          const struct line *lines, size_t lines_count, struct arena *a, struct error *e)
{
    struct earning *list = arena_array_of(a, struct earning, lines_count);
    enum err err = OK;
    *out = list;
    for (size_t i = 0; i < lines_count && err == OK; i++) err = add_line(list, count, d, &lines[i], i + 1, e);
    return err;
}

enum err event_earnings(const struct earning **out, size_t *count, const struct event *ev,
                        struct date open_from, struct arena *a, struct error *e)
{
    *out = NULL;
    *count = 0;
    if (ev->type == EVENT_INVOICE_FINALIZED) {
        const struct invoice_finalized *v = &ev->invoice_finalized;
        struct document d = {v->customer, v->invoice, posting_date(v->issue_date, open_from), open_from,
                             false};
        return add_lines(out, count, &d, v->lines, v->lines_count, a, e);
    }
    if (ev->type == EVENT_INVOICE_VOIDED) {
        const struct invoice_voided *v = &ev->invoice_voided;
        struct document d = {v->customer, v->invoice, posting_date(v->on, open_from), open_from, true};
        return add_lines(out, count, &d, v->lines, v->lines_count, a, e);
    }
    return OK;
}
