/* SPDX-License-Identifier: MIT */
/* aging.c - the aging of a day beside the postings of every record up to it, customer by customer: what he
 * owes, and what he has left of payments and credit notes. On days past and to come, with all that is known
 * and with what was known before. */
#include "tests/sim/sim.h"

enum { TOTALS_MAX = 400 };

/* Of a customer and currency: receivables, and credit below nothing. */
struct total {
    struct str user;
    char currency[4];
    int64_t owed, credit;
};
struct totals {
    struct total items[TOTALS_MAX];
    size_t count;
};

static struct total *total_of(struct totals *t, struct str user, const char *currency)
{
    size_t i = 0;
    while (i < t->count &&
           (!str_equal(t->items[i].user, user) || strcmp(t->items[i].currency, currency) != 0))
        i++;
    assert(i < TOTALS_MAX);
    if (i == t->count) {
        t->items[t->count++] = (struct total){.user = user};
        memcpy(t->items[i].currency, currency, 4);
    }
    return &t->items[i];
}

/* ---- from the log ---- */

struct counting {
    struct books *books;
    struct views_txn *txn;
    struct totals *totals;
    struct date day;
};

static enum err count_posting(struct counting *c, const struct posting *p, struct instant at, struct error *e)
{
    struct customer of = {0};
    struct date date = date_is_given(p->date) ? p->date : instant_date(at);
    bool credit = p->account == ACCOUNT_CUSTOMER_CREDIT;
    if ((!credit && p->account != ACCOUNT_RECEIVABLE) || date_compare(date, c->day) > 0) return OK;
    enum err err = load_customer(&of, c->txn, p->customer, c->books->arena, e);
    if (err != OK) return err;
    struct total *t = total_of(c->totals, of.user, p->amount.currency);
    *(credit ? &t->credit : &t->owed) += p->amount.minor;
    return OK;
}

static enum err count_record(void *context, const struct event_place *place, const struct envelope *v,
                             struct arena *a, struct error *e)
{
    enum err err = OK;
    for (size_t i = 0; i < v->events_count && err == OK; i++) {
        const struct posting *p = NULL;
        size_t count = 0;
        err = event_postings(&p, &count, &v->events[i], a, e);
        for (size_t k = 0; k < count && err == OK; k++) err = count_posting(context, &p[k], place->at, e);
    }
    return err;
}

/* ---- from the report ---- */

struct reading_rows {
    struct totals *totals;
    struct arena *arena;
};

static const struct cell *cell_of(const struct str *names, const struct cell *cells, size_t count,
                                  const char *name)
{
    size_t i = 0;
    while (i < count && !str_is(names[i], name)) i++;
    assert(i < count);
    return &cells[i];
}

static enum err take_row(void *context, const struct str *names, const struct cell *cells, size_t count,
                         struct error *e)
{
    struct reading_rows *r = context;
    struct money left = cell_of(names, cells, count, "outstanding")->money;
    bool credit = str_is(cell_of(names, cells, count, "document_type")->text, "customer_credit");
    struct str user = str_copy(r->arena, cell_of(names, cells, count, "customer_id")->text);
    struct total *t = total_of(r->totals, user, left.currency);
    (void)e;
    *(credit ? &t->credit : &t->owed) += left.minor;
    return OK;
}

static enum err ignore_row(void *context, const struct str *names, const struct cell *cells, size_t count,
                           struct error *e)
{
    (void)context, (void)names, (void)cells, (void)count, (void)e;
    return OK;
}

static enum err compare(const struct totals *x, struct totals *y, struct error *e)
{
    for (size_t i = 0; i < x->count; i++) {
        const struct total *one = &x->items[i], *other = total_of(y, one->user, one->currency);
        if (one->owed != other->owed || one->credit != other->credit)
            return fail(e, ERR_TAMPERED, "%.*s has %jd and credit %jd in %s, and %jd and %jd otherwise",
                        STR_ARG(one->user), (intmax_t)one->owed, (intmax_t)one->credit, one->currency,
                        (intmax_t)other->owed, (intmax_t)other->credit);
    }
    return OK;
}

/* The summary fails by itself where it is not the accounts. */
static enum err audit_day(struct books *b, struct views_txn *t, struct date day, uint64_t known,
                          struct error *e)
{
    struct totals *x = arena_array_of(b->arena, struct totals, 2);
    struct counting counted = {b, t, &x[0], day};
    struct reading_rows rows = {&x[1], b->arena};
    struct report_query q = {
        .to = day, .known_size = known, .format = SHEET_ROWS, .row = take_row, .row_context = &rows};
    enum err err = ledger_walk(b->ledger, 0, known == 0 ? UINT64_MAX : known, count_record, &counted, e);
    if (err == OK) err = report_find(STR("ar_aging"))->run(b->ledger, &q, "-", b->arena, e);
    q.row = ignore_row;
    if (err == OK) err = report_find(STR("ar_aging_summary"))->run(b->ledger, &q, "-", b->arena, e);
    if (err == OK) err = compare(&x[0], &x[1], e);
    if (err == OK) err = compare(&x[1], &x[0], e);
    return err == OK ? OK : wrap(e, "the aging of %.*s", STR_ARG(date_text(b->arena, day)));
}

enum err audit_aging(struct books *b, struct error *e)
{
    enum { EARLIEST = -30, LATEST = 40, DAYS_APART = 35 };
    struct views_txn *t = NULL;
    struct date newest = {0};
    uint64_t size = 0;
    enum err err = ledger_size(&size, b->ledger, e);
    if (err == OK) err = ledger_read_begin(&t, b->ledger, e);
    if (err != OK) return err;
    err = books_newest_day(&newest, t, e);
    for (int32_t days = EARLIEST; days <= LATEST && date_is_given(newest) && err == OK; days += DAYS_APART) {
        struct date day = date_add_days(newest, days);
        err = audit_day(b, t, day, 0, e);
        if (err == OK) err = audit_day(b, t, day, 1 + size * 2 / 3, e);
    }
    ledger_read_end(b->ledger, t);
    return err;
}
