/* SPDX-License-Identifier: MIT */
/* books.c - through which day the books are closed. A closing states the balances it closed with; they must
 * be those that the events before it come to, here and in every rebuild. */
#include "projections/books.h"

enum err books_open_from(struct date *out, struct views_txn *t, struct error *e)
{
    struct view_key k = view_key(SPACE_BOOKS);
    uint64_t days = 0;
    enum err err = number_get(&days, t, &k, e);
    *out = (struct date){(int32_t)days};
    return err;
}

enum err books_closed_through(struct date *out, struct views_txn *t, struct error *e)
{
    enum err err = books_open_from(out, t, e);
    if (date_is_given(*out)) *out = date_add_days(*out, -1);
    return err;
}

static enum err open_from_put(struct views_txn *t, struct date day, struct error *e)
{
    struct view_key k = view_key(SPACE_BOOKS);
    return number_put(t, &k, (uint64_t)day.days, e);
}

static enum err closing_put(struct views_txn *t, const struct closing *row, struct error *e)
{
    struct view_key k = key_number(SPACE_CLOSING, row->seq);
    return views_put_record(t, &k, &schema_closing, row, e);
}

static bool same_balances(const struct period_closed *v, const struct closing_balance *b, size_t count)
{
    if (v->balances_count != count) return false;
    for (size_t i = 0; i < count; i++) {
        const struct closing_balance *stated = &v->balances[i];
        if (!str_equal(stated->account, b[i].account) ||
            !money_same_currency(stated->balance, b[i].balance) ||
            stated->balance.minor != b[i].balance.minor)
            return false;
    }
    return true;
}

static enum err close_month(struct views_txn *t, const struct period_closed *v,
                            const struct event_place *place, struct arena *a, struct error *e)
{
    const struct closing_balance *balances = NULL;
    size_t count = 0;
    struct closing row = {.seq = place->seq,
                          .through = v->through,
                          .from = date_add_days(v->through, 1),
                          .note = v->note,
                          .actor = place->actor,
                          .at = place->at};
    enum err err = closing_balances(&balances, &count, t, v->through, a, e);
    if (err != OK) return err;
    if (!same_balances(v, balances, count))
        return fail(e, ERR_TAMPERED, "the books closed through %.*s are not those that the events come to",
                    STR_ARG(date_text(a, v->through)));
    err = open_from_put(t, row.from, e);
    return err == OK ? closing_put(t, &row, e) : err;
}

/* Whatever is before the month that is open again stays closed. */
static enum err reopen(struct views_txn *t, const struct period_reopened *v, const struct event_place *place,
                       struct arena *a, struct error *e)
{
    struct closing row = {.seq = place->seq,
                          .through = v->through,
                          .from = v->from,
                          .reopened = true,
                          .note = v->reason,
                          .actor = place->actor,
                          .at = place->at};
    (void)a;
    enum err err = open_from_put(t, v->from, e);
    return err == OK ? closing_put(t, &row, e) : err;
}

enum err fold_books(struct views_txn *t, const struct event *ev, const struct event_place *place,
                    struct arena *a, struct error *e)
{
    if (ev->type == EVENT_PERIOD_CLOSED) return close_month(t, &ev->period_closed, place, a, e);
    if (ev->type == EVENT_PERIOD_REOPENED) return reopen(t, &ev->period_reopened, place, a, e);
    return OK;
}

/* ---- questions ---- */

struct listing_closings {
    closing_fn *row;
    void *context;
    struct arena *arena;
};

static enum err visit(void *context, struct bytes key, struct bytes value, struct error *e)
{
    struct listing_closings *l = context;
    struct closing row = {0};
    (void)key;
    enum err err = schema_decode(&row, &schema_closing, bytes_copy(l->arena, value), l->arena, e);
    return err == OK ? l->row(l->context, &row, e) : err;
}

enum err list_closings(struct views_txn *t, closing_fn *row, void *context, struct arena *a, struct error *e)
{
    struct listing_closings l = {row, context, a};
    struct view_key from = view_key(SPACE_CLOSING);
    return views_scan(t, &from, from.len, false, visit, &l, e);
}

static enum err take_day(void *context, struct bytes key, struct bytes value, struct error *e)
{
    (void)value, (void)e;
    *(struct date *)context = view_key_date_at(key, 1);
    return ERR_NOT_FOUND; /* the newest is enough */
}

enum err books_newest_day(struct date *out, struct views_txn *t, struct error *e)
{
    struct view_key posted = view_key(SPACE_JOURNAL), run = view_key(SPACE_DATE_RUN);
    struct date through = {0};
    *out = (struct date){0};
    enum err err = views_scan(t, &posted, posted.len, true, take_day, out, e);
    if (err == OK) err = views_scan(t, &run, run.len, true, take_day, &through, e);
    if (date_is_given(through) && date_compare(*out, through) < 0) *out = through;
    return err;
}
