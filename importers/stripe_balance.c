/* SPDX-License-Identifier: MIT */
/* stripe_balance.c - see stripe_balance.h. */
#include "importers/stripe_balance.h"
#include "importers/json_text.h"
#include "importers/stripe_form.h"
#include "importers/stripe_list.h"

struct balance_total *balance_total_of(struct balances *b, const char *currency)
{
    for (size_t i = 0; i < b->count; i++) {
        if (strcmp(b->items[i].here.currency, currency) == 0) return &b->items[i];
    }
    struct money nothing = money_of(0, currency);
    b->items = arena_grow(b->arena, b->items, b->count, &b->capacity, sizeof *b->items);
    b->items[b->count] = (struct balance_total){nothing, nothing, nothing};
    return &b->items[b->count++];
}

/* ---- there ---- */

/* What cannot be read differs, unless it is nothing. */
static enum err add_part(struct balances *b, uint64_t *unread, const json_t *one, struct error *e)
{
    struct money m = {0};
    struct error unknown = {0};
    const json_t *amount = json_object_get(one, "amount");
    if (!json_is_integer(amount)) return fail(e, ERR_INCOMPLETE, "Stripe's balance is none");
    enum err err = stripe_money(&m, json_integer_value(amount), json_text_of(one, "currency"), &unknown);
    if (err != OK) {
        *unread += json_integer_value(amount) != 0;
        return OK;
    }
    struct balance_total *t = balance_total_of(b, m.currency);
    return money_add(&t->there, t->there, m, e);
}

static enum err add_there(struct balances *b, uint64_t *unread, const json_t *balance, const char *part,
                          struct error *e)
{
    const json_t *parts = json_object_get(balance, part);
    enum err err = OK;
    for (size_t i = 0; i < json_array_size(parts) && err == OK; i++)
        err = add_part(b, unread, json_array_get(parts, i), e);
    return err;
}

static enum err read_there(struct balances *b, uint64_t *unread, struct stripe *s, struct error *e)
{
    json_t *balance = NULL;
    enum err err = stripe_object_read(&balance, s, STR("/v1/balance"), b->arena, e);
    if (err == OK && balance == NULL) err = fail(e, ERR_INCOMPLETE, "Stripe does not tell its balance");
    if (err == OK) err = add_there(b, unread, balance, "available", e);
    if (err == OK) err = add_there(b, unread, balance, "pending", e);
    json_decref(balance);
    return err;
}

/* ---- here ---- */

static enum err add_here(void *context, enum account account, const struct account_total *row,
                         struct error *e)
{
    struct balances *b = context;
    struct money balance = {0};
    if (account != ACCOUNT_CASH || !str_is(row->account, "assets:cash:stripe")) return OK;
    enum err err = money_subtract(&balance, row->debit, row->credit, e);
    if (err != OK) return err;
    struct balance_total *t = balance_total_of(b, balance.currency);
    return money_add(&t->here, t->here, balance, e);
}

static enum err read_here(struct balances *b, struct ledger *l, struct error *e)
{
    struct views_txn *t = NULL;
    enum err err = ledger_read_begin(&t, l, e);
    if (err != OK) return err;
    err = list_accounts(t, add_here, b, b->arena, e);
    ledger_read_end(l, t);
    return err;
}

/* ---- both ---- */

enum err balances_compare(uint64_t *unexplained, struct balances *b, struct stripe *s, struct ledger *l,
                          struct error *e)
{
    *unexplained = 0;
    for (size_t i = 0; i < b->count; i++)
        b->items[i].here = b->items[i].there = money_zero(b->items[i].explained);
    enum err err = read_there(b, unexplained, s, e);
    if (err == OK) err = read_here(b, l, e);
    for (size_t i = 0; i < b->count && err == OK; i++) {
        struct money difference = {0};
        err = money_subtract(&difference, b->items[i].here, b->items[i].there, e);
        *unexplained += difference.minor != b->items[i].explained.minor;
    }
    return err;
}
