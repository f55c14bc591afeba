/* SPDX-License-Identifier: MIT */
/* price.c - what billed usage would have cost by another catalog: one customer after the other, by the code
 * that rates. It must never write. */
#include "ledger/book.h"
#include "reports/reports.h"

enum { CURRENCIES_MAX = 64, CUSTOMERS_PER_FORGET = 256 };

struct pricing {
    const struct price_options *o;
    struct views_txn *txn;
    struct arena *customer; /* of the one at hand */
    struct price_row *totals;
    uint64_t *customers;
    size_t totals_count;
    uint64_t seen;
};

/* ---- one customer ---- */

/* The row of a currency; NULL: there are too many. */
static struct price_row *row_of(struct price_row *rows, size_t *count, struct money like)
{
    for (size_t i = 0; i < *count; i++) {
        if (money_same_currency(rows[i].billed, like)) return &rows[i];
    }
    if (*count == CURRENCIES_MAX) return NULL;
    struct money none = money_zero(like);
    rows[*count] = (struct price_row){.billed = none, .would_be = none, .difference = none};
    return &rows[(*count)++];
}

static enum err add_amounts(struct price_row *to, struct money billed, struct money would_be, struct error *e)
{
    enum err err = money_add(&to->billed, to->billed, billed, e);
    if (err == OK) err = money_add(&to->would_be, to->would_be, would_be, e);
    return err == OK ? money_subtract(&to->difference, to->would_be, to->billed, e) : err;
}

static enum err too_many(struct error *e)
{
    return fail(e, ERR_LIMIT, "more than %d currencies", CURRENCIES_MAX);
}

static enum err price_window(struct price_row *rows, size_t *count, const struct pricing *p,
                             const struct customer_windows *c, const struct billed_window *w, struct error *e)
{
    struct usage_window other = {0};
    struct money billed = {0}, would_be = {0};
    bool priced = window_repriced(&other, &w->window, p->o->catalog, p->customer);
    enum err err = window_billed(&billed, w, e);
    would_be = billed;
    if (err == OK && priced) err = window_cost(&would_be, &other, c->usage, c->usage_count, p->customer, e);
    if (err != OK) return err;
    struct price_row *row = row_of(rows, count, billed);
    if (row == NULL) return too_many(e);
    row->periods++;
    row->unpriced += !priced;
    return add_amounts(row, billed, would_be, e);
}

static enum err add_total(struct pricing *p, const struct price_row *row, struct error *e)
{
    struct price_row *total = row_of(p->totals, &p->totals_count, row->billed);
    if (total == NULL) return too_many(e);
    total->periods += row->periods;
    total->unpriced += row->unpriced;
    p->customers[total - p->totals]++;
    return add_amounts(total, row->billed, row->would_be, e);
}

static enum err price_customer(void *context, const struct customer_windows *c, struct error *e)
{
    struct pricing *p = context;
    struct price_row *rows = arena_array_of(p->customer, struct price_row, CURRENCIES_MAX);
    struct customer who = {0};
    size_t count = 0;
    enum err err = load_customer(&who, p->txn, c->customer, p->customer, e);
    for (size_t i = 0; i < c->windows_count && err == OK; i++)
        err = price_window(rows, &count, p, c, &c->windows[i], e);
    for (size_t i = 0; i < count && err == OK; i++) {
        rows[i].user = who.user;
        err = p->o->row(p->o->context, &rows[i], e);
        if (err == OK) err = add_total(p, &rows[i], e);
    }
    if (err != OK) return wrap(e, "customer '%.*s'", STR_ARG(who.user));
    if (++p->seen % CUSTOMERS_PER_FORGET == 0) views_forget(p->txn);
    return OK;
}

/* ---- all of them ---- */

enum err usage_price(struct price_summary *out, struct ledger *l, const struct price_options *o,
                     struct arena *a, struct error *e)
{
    struct window_query q = {.customer = o->customer, .from = o->from, .to = o->to};
    struct pricing p = {.o = o,
                        .totals = arena_array_of(a, struct price_row, CURRENCIES_MAX),
                        .customers = arena_array_of(a, uint64_t, CURRENCIES_MAX)};
    enum err err = ledger_read_begin(&p.txn, l, e);
    if (err != OK) return err;
    p.customer = arena_new();
    err = list_windows(p.txn, &q, price_customer, &p, p.customer, e);
    ledger_read_end(l, p.txn);
    arena_free(p.customer);
    *out = (struct price_summary){p.totals, p.customers, p.totals_count};
    return err;
}
