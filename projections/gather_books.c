/* SPDX-License-Identifier: MIT */
/* gather_books.c - facts for closing a month: through which day the books are closed, and the balances that
 * the month ends with, which stand in the event that closes it. */
#include "projections/books.h"
#include "projections/gather.h"

struct collected {
    struct closing_balance *items;
    size_t count, capacity;
    struct arena *arena;
};

static enum err collect(void *context, const struct account_balance *row, struct error *e)
{
    struct collected *c = context;
    struct closing_balance balance = {.account = str_copy(c->arena, row->name)};
    enum err err = money_add(&balance.balance, row->opening, row->debit, e);
    if (err == OK) err = money_subtract(&balance.balance, balance.balance, row->credit, e);
    if (err != OK || money_is_zero(balance.balance)) return err;
    c->items = arena_grow(c->arena, c->items, c->count, &c->capacity, sizeof *c->items);
    c->items[c->count++] = balance;
    return OK;
}

enum err closing_balances(const struct closing_balance **out, size_t *count, struct views_txn *t,
                          struct date through, struct arena *a, struct error *e)
{
    struct collected c = {.arena = a};
    struct book_query q = {.to = through};
    enum err err = list_balances(t, NULL, &q, collect, &c, a, e);
    *out = c.items;
    *count = c.count;
    return err;
}

enum err gather_books(struct gathering *g)
{
    const struct command *c = g->command;
    struct error unused;
    struct date first = {0};
    enum err err = books_closed_through(&g->facts->closed_through, g->t, g->e);
    if (err != OK || c->type != COMMAND_PERIOD_CLOSE) return err;
    if (month_parse(&first, c->period_close.month, &unused) != OK) return OK;
    return closing_balances(&g->facts->balances, &g->facts->balances_count, g->t, month_last_day(first),
                            g->arena, g->e);
}
