/* SPDX-License-Identifier: MIT */
/* earned.c - what was earned from month to month: an entry a month and currency, as people post it, though it
 * is earned day by day. What is asked for from the middle of a month to the middle of another begins and ends
 * there. */
#include "projections/books.h"

#include "ledger/book.h"

static struct date month_of_place(const struct earned_months *m, size_t month)
{
    struct date first = month_first_day(m->first);
    static const struct interval monthly = {INTERVAL_MONTH, 1};
    return month == 0 ? m->first : interval_boundary(first, 1, monthly, (int32_t)month);
}

struct date earned_month_end(const struct earned_months *m, size_t month)
{
    struct date end = month_last_day(month_of_place(m, month));
    return date_compare(end, m->through) > 0 ? m->through : end;
}

static size_t months_between(struct date from, struct date to)
{
    int year = 0, month = 0, day = 0, year_to = 0, month_to = 0;
    date_split(from, &year, &month, &day);
    date_split(to, &year_to, &month_to, &day);
    return (size_t)((year_to - year) * 12 + month_to - month);
}

/* ---- one earning ---- */

static enum err position_at(struct earned_position *out, const struct earning *g, struct date day,
                            struct error *e)
{
    struct posting postings[EARNING_POSTINGS_MAX];
    size_t count = 0;
    *out = (struct earned_position){0};
    enum err err = earning_balances(postings, &count, g, day, e);
    for (size_t i = 0; i < count && err == OK; i++) {
        if (postings[i].account == ACCOUNT_DEFERRED) out->deferred = postings[i].amount.minor;
        if (postings[i].account == ACCOUNT_ACCRUED) out->accrued = postings[i].amount.minor;
        if (postings[i].account == ACCOUNT_REVENUE) out->revenue = postings[i].amount.minor;
    }
    return err;
}

static bool add_times(int64_t *sum, int64_t after, int64_t before, int64_t times)
{
    int64_t change = 0;
    return !__builtin_sub_overflow(after, before, &change) &&
           !__builtin_mul_overflow(change, times, &change) && !__builtin_add_overflow(*sum, change, sum);
}

static enum err add_change(struct earned_position *sum, const struct earned_position *after,
                           const struct earned_position *before, uint64_t lines, struct error *e)
{
    int64_t times = (int64_t)lines;
    if (add_times(&sum->deferred, after->deferred, before->deferred, times) &&
        add_times(&sum->accrued, after->accrued, before->accrued, times) &&
        add_times(&sum->revenue, after->revenue, before->revenue, times))
        return OK;
    return fail(e, ERR_LIMIT, "what was earned is more than an amount can hold");
}

/* ---- series ---- */

static struct earned_series *series_of(struct earned_months *m, const struct earning *g)
{
    for (size_t i = 0; i < m->series_count; i++) {
        struct earned_series *s = &m->series[i];
        if (strcmp(s->currency, g->amount.currency) == 0 && str_equal(s->detail, g->detail)) return s;
    }
    m->series = arena_grow(m->arena, m->series, m->series_count, &m->series_capacity, sizeof *m->series);
    struct earned_series *s = &m->series[m->series_count++];
    *s = (struct earned_series){.detail = str_copy(m->arena, g->detail)};
    memcpy(s->currency, g->amount.currency, sizeof s->currency);
    s->months = arena_array_of(m->arena, struct earned_position, m->months_count);
    return s;
}

static enum err add_earning(struct earned_months *m, const struct earning *g, uint64_t lines, struct error *e)
{
    struct date first = earning_first_day(g), last = earning_last_day(g);
    if (date_compare(first, m->through) > 0) return OK;
    if (date_compare(last, g->booked) < 0) last = g->booked;
    struct earned_series *s = series_of(m, g);
    struct earned_position before = {0}, after = {0}, nothing = {0};
    enum err err = position_at(&before, g, date_add_days(m->first, -1), e);
    if (err == OK) err = add_change(&s->opening, &before, &nothing, lines, e);
    size_t month = date_compare(first, m->first) > 0 ? months_between(m->first, first) : 0;
    for (; month < m->months_count && err == OK; month++) {
        struct date end = earned_month_end(m, month);
        err = position_at(&after, g, end, e);
        if (err == OK) err = add_change(&s->months[month], &after, &before, lines, e);
        before = after;
        if (date_compare(end, last) >= 0) break; /* all of it, and nothing changes any more */
    }
    return err;
}

/* ---- all of them ---- */

typedef enum err row_fn(void *context, const struct earning *g, uint64_t lines, struct error *e);

struct visiting {
    row_fn *row;
    void *context;
    struct arena *scratch;
};

static enum err visit_row(void *context, struct bytes key, struct bytes value, struct error *e)
{
    struct visiting *v = context;
    struct earning_row row = {0};
    (void)key;
    arena_reset(v->scratch);
    enum err err = schema_decode(&row, &schema_earning_row, value, v->scratch, e);
    struct earning g = {.detail = row.detail,
                        .amount = row.amount,
                        .from = row.from,
                        .to = row.to,
                        .booked = row.booked,
                        .first = row.first,
                        .deferred = row.deferred};
    return err == OK ? v->row(v->context, &g, row.lines, e) : err;
}

static enum err visit_line(void *context, const struct earning *g, const struct event_place *place,
                           const struct event *ev, struct arena *a, struct error *e)
{
    struct visiting *v = context;
    (void)place, (void)ev, (void)a;
    return v->row(v->context, g, 1, e);
}

/* Those of a customer are few, and are read from his documents. */
static enum err each_earning(struct views_txn *t, struct ledger *l, uint64_t customer, row_fn *row,
                             void *context, struct error *e)
{
    struct visiting v = {.row = row, .context = context, .scratch = arena_new()};
    struct book_query q = {.customer = customer};
    struct view_key from = view_key(SPACE_EARNING);
    enum err err = customer != 0 ? earnings_walk(l, t, &q, visit_line, &v, e)
                                 : views_scan(t, &from, from.len, false, visit_row, &v, e);
    arena_free(v.scratch);
    return err;
}

static enum err find_first(void *context, const struct earning *g, uint64_t lines, struct error *e)
{
    struct date *first = context, begins = earning_first_day(g);
    (void)lines, (void)e;
    if (!date_is_given(*first) || date_compare(begins, *first) < 0) *first = begins;
    return OK;
}

static enum err sum_up(void *context, const struct earning *g, uint64_t lines, struct error *e)
{
    return add_earning(context, g, lines, e);
}

static int compare_series(const void *left, const void *right)
{
    const struct earned_series *a = left, *b = right;
    int by_currency = strcmp(a->currency, b->currency);
    return by_currency != 0 ? by_currency : str_compare(a->detail, b->detail);
}

enum err earned_months(struct earned_months *out, struct views_txn *t, struct ledger *l,
                       const struct book_query *q, struct arena *a, struct error *e)
{
    *out = (struct earned_months){.first = q->from, .through = q->to, .arena = a};
    enum err err = OK;
    if (!date_is_given(q->from)) err = each_earning(t, l, q->customer, find_first, &out->first, e);
    bool any = date_is_given(out->first) && date_compare(out->first, out->through) <= 0;
    if (err != OK || !any) return err;
    out->months_count = months_between(out->first, out->through) + 1;
    err = each_earning(t, l, q->customer, sum_up, out, e);
    if (out->series_count > 0) qsort(out->series, out->series_count, sizeof *out->series, compare_series);
    return err;
}
