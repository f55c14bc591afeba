/* SPDX-License-Identifier: MIT */
/* postings.c - double entry: totals of every account by detail and currency. Each event's postings must sum
 * to zero per currency; an event whose postings do not is refused, here and in every rebuild. */
#include "projections/fold.h"

#include "ledger/book.h"

static struct view_key account_key(struct views_txn *t, const struct posting *p)
{
    uint8_t detail[16] = {0};
    if (p->detail.len > 0) indexer_mac(views_indexer(t), detail, SPACE_ACCOUNT, p->detail);
    const char *c = p->amount.currency;
    struct view_key k = view_key(SPACE_ACCOUNT);
    view_key_u32(&k, (uint32_t)p->account);
    view_key_mac(&k, detail);
    view_key_u32(&k, (uint32_t)(uint8_t)c[0] << 16 | (uint32_t)(uint8_t)c[1] << 8 | (uint32_t)(uint8_t)c[2]);
    return k;
}

static enum err row_of(struct account_total *out, struct views_txn *t, const struct view_key *k,
                       const struct posting *p, struct arena *a, struct error *e)
{
    bool found = false;
    enum err err = row_find(&found, out, &schema_account_total, t, k, a, e);
    if (err != OK || found) return err;
    const char *name = account_name(p->account);
    struct str account =
        p->detail.len == 0 ? str_of(name) : str_format(a, "%s:%.*s", name, STR_ARG(p->detail));
    struct money zero = money_zero(p->amount);
    *out = (struct account_total){.account = account, .debit = zero, .credit = zero};
    return OK;
}

static enum err post(struct views_txn *t, const struct posting *p, struct arena *a, struct error *e)
{
    struct view_key k = account_key(t, p);
    struct account_total row = {0};
    enum err err = row_of(&row, t, &k, p, a, e);
    if (err != OK) return err;
    err = money_is_negative(p->amount) ? money_add(&row.credit, row.credit, money_negate(p->amount), e)
                                       : money_add(&row.debit, row.debit, p->amount, e);
    return err != OK ? err : views_put_record(t, &k, &schema_account_total, &row, e);
}

enum err fold_postings(struct views_txn *t, const struct event *ev, const struct event_place *place,
                       struct arena *a, struct error *e)
{
    (void)place;
    const struct posting *postings = NULL;
    size_t count = 0;
    enum err err = event_postings(&postings, &count, ev, a, e);
    if (err == OK) err = postings_check(postings, count, e);
    for (size_t i = 0; err == OK && i < count; i++) err = post(t, &postings[i], a, e);
    return err;
}

/* ---- queries ---- */

struct account_row {
    enum account account;
    struct account_total total;
};
struct account_rows {
    struct account_row *items;
    size_t count, capacity;
    struct arena *arena;
};

static enum err visit(void *context, struct bytes key, struct bytes value, struct error *e)
{
    struct account_rows *rows = context;
    if (rows->count == rows->capacity) {
        rows->capacity = rows->capacity == 0 ? 64 : 2 * rows->capacity;
        struct account_row *grown = arena_array_of(rows->arena, struct account_row, rows->capacity);
        if (rows->count > 0) memcpy(grown, rows->items, rows->count * sizeof(*grown));
        rows->items = grown;
    }
    struct account_row *row = &rows->items[rows->count++];
    uint32_t account = be32_get(key.ptr + 1);
    row->account = (enum account)account;
    return schema_decode(&row->total, &schema_account_total, bytes_copy(rows->arena, value), rows->arena, e);
}

/* By number of the account, then name with detail, then currency: the keys' own order is that of their HMACs.
 */
static int compare_rows(const void *left, const void *right)
{
    const struct account_row *a = left, *b = right;
    if (a->account != b->account) return a->account < b->account ? -1 : 1;
    int by_name = str_compare(a->total.account, b->total.account);
    return by_name != 0 ? by_name : strcmp(a->total.debit.currency, b->total.debit.currency);
}

enum err list_accounts(struct views_txn *t, account_row_fn *row, void *context, struct arena *a,
                       struct error *e)
{
    (void)a; /* a visitor may reset it, and the rows are all needed at once */
    struct account_rows rows = {.arena = arena_new()};
    struct view_key from = view_key(SPACE_ACCOUNT);
    enum err err = views_scan(t, &from, from.len, false, visit, &rows, e);
    if (rows.count > 0) qsort(rows.items, rows.count, sizeof(*rows.items), compare_rows);
    for (size_t i = 0; err == OK && i < rows.count; i++) {
        err = row(context, rows.items[i].account, &rows.items[i].total, e);
    }
    arena_free(rows.arena);
    return err == ERR_NOT_FOUND ? OK : err;
}
