/* SPDX-License-Identifier: MIT */
/* journal.c - which events are posted on which day, for all and for each customer, and what their documents
 * earn. Many lines are earned alike, the same amount on the same days, and are one row with their number: so
 * the books of any day are summed from few rows. */
#include "projections/books.h"

#include "ledger/book.h"

/* ---- the index ---- */

static enum err mark(struct views_txn *t, struct view_key k, const struct journal_place *place,
                     struct error *e)
{
    uint8_t open_from[4];
    view_key_date(&k, place->date);
    view_key_u64(&k, place->seq);
    view_key_u32(&k, place->number);
    be32_put(open_from, (uint32_t)place->open_from.days);
    return views_put(t, &k, (struct bytes){open_from, sizeof open_from}, e);
}

static enum err note_posting(struct views_txn *t, const struct posting *p, struct journal_place place,
                             struct instant at, struct error *e)
{
    place.date = posting_date(date_is_given(p->date) ? p->date : instant_date(at), place.open_from);
    enum err err = mark(t, view_key(SPACE_JOURNAL), &place, e);
    if (err != OK || p->customer == 0) return err;
    return mark(t, key_number(SPACE_CUSTOMER_JOURNAL, p->customer), &place, e);
}

/* ---- earnings ---- */

static struct view_key earning_key(struct views_txn *t, const struct earning *g, struct arena *a)
{
    struct str alike =
        str_format(a, "%d %d %d %d %d %lld %s %.*s", g->from.days, g->to.days, g->booked.days, g->first.days,
                   g->deferred ? 1 : 0, (long long)g->amount.minor, g->amount.currency, STR_ARG(g->detail));
    return key_text(SPACE_EARNING, t, alike);
}

static enum err add_earning(struct views_txn *t, const struct earning *g, struct arena *a, struct error *e)
{
    struct earning_row row = {0};
    bool found = false;
    struct view_key k = earning_key(t, g, a);
    enum err err = row_find(&found, &row, &schema_earning_row, t, &k, a, e);
    if (err != OK) return err;
    if (!found) {
        row = (struct earning_row){.detail = g->detail,
                                   .amount = g->amount,
                                   .from = g->from,
                                   .to = g->to,
                                   .booked = g->booked,
                                   .first = g->first,
                                   .deferred = g->deferred};
    }
    row.lines++;
    return views_put_record(t, &k, &schema_earning_row, &row, e);
}

enum err fold_journal(struct views_txn *t, const struct event *ev, const struct event_place *place,
                      struct arena *a, struct error *e)
{
    const struct posting *postings = NULL;
    const struct earning *earnings = NULL;
    size_t count = 0, earned = 0;
    struct journal_place at = {.seq = place->seq, .number = place->number};
    enum err err = event_postings(&postings, &count, ev, a, e);
    if (err != OK || count == 0) return err;
    err = books_open_from(&at.open_from, t, e);
    for (size_t i = 0; i < count && err == OK; i++) err = note_posting(t, &postings[i], at, place->at, e);
    if (err == OK) err = event_earnings(&earnings, &earned, ev, at.open_from, a, e);
    for (size_t i = 0; i < earned && err == OK; i++) err = add_earning(t, &earnings[i], a, e);
    return err;
}

/* ---- reading the index ---- */

struct finding_places {
    struct journal_place *items;
    size_t count, capacity;
    size_t prefix;  /* of the key, before its date */
    struct date to; /* none: open */
};

static enum err find_place(void *context, struct bytes key, struct bytes value, struct error *e)
{
    struct finding_places *f = context;
    (void)e;
    struct date date = view_key_date_at(key, f->prefix);
    if (f->count == f->capacity || (date_is_given(f->to) && date_compare(date, f->to) > 0))
        return ERR_NOT_FOUND;
    const uint8_t *seq = key.ptr + f->prefix + 4;
    f->items[f->count++] = (struct journal_place){.date = date,
                                                  .seq = be64_get(seq),
                                                  .number = be32_get(seq + 8),
                                                  .open_from = {(int32_t)be32_get(value.ptr)}};
    return OK;
}

enum err journal_places(struct journal_place *out, size_t *count, size_t capacity, struct journal_place *next,
                        struct views_txn *t, const struct book_query *q, struct error *e)
{
    struct view_key k =
        q->customer != 0 ? key_number(SPACE_CUSTOMER_JOURNAL, q->customer) : view_key(SPACE_JOURNAL);
    struct finding_places f = {.items = out, .capacity = capacity, .prefix = k.len, .to = q->to};
    struct date first = date_compare(next->date, q->from) < 0 ? q->from : next->date;
    bool anew = date_compare(first, next->date) != 0;
    view_key_date(&k, first);
    view_key_u64(&k, anew ? 0 : next->seq);
    view_key_u32(&k, anew ? 0 : next->number);
    enum err err = views_scan(t, &k, f.prefix, false, find_place, &f, e);
    *count = f.count;
    if (f.count > 0) {
        *next = out[f.count - 1];
        next->number++;
    }
    return err;
}
