/* SPDX-License-Identifier: MIT */
/* wallet.c - grants of prepaid credit: each under its number for ever, and which of a customer's have
 * something left. The day on which the first of these expires is a day on which he is due. */
#include "projections/fold.h"

static enum err grant_need(struct wallet_grant *out, struct views_txn *t, uint64_t customer, uint64_t grant,
                           struct arena *a, struct error *e)
{
    struct view_key k = key_pair(SPACE_GRANT, customer, grant);
    return row_need(out, &schema_wallet_grant, t, &k, "grant", grant, a, e);
}

static enum err grant_put(struct views_txn *t, const struct wallet_grant *g, struct error *e)
{
    struct view_key k = key_pair(SPACE_GRANT, g->customer, g->grant);
    return views_put_record(t, &k, &schema_wallet_grant, g, e);
}

enum err wallet_get(struct wallet_grant **out, size_t *count, struct views_txn *t, uint64_t customer,
                    struct arena *a, struct error *e)
{
    struct view_key k = key_number(SPACE_WALLET, customer);
    struct numbers open = {0};
    enum err err = numbers_get(&open, t, &k, a, e);
    *count = open.count;
    *out = arena_array_of(a, struct wallet_grant, open.count);
    for (size_t i = 0; i < open.count && err == OK; i++)
        err = grant_need(&(*out)[i], t, customer, open.items[i], a, e);
    return err;
}

enum err grants_get(struct wallet_grant *out, struct views_txn *t, uint64_t customer,
                    const struct numbers *wanted, struct arena *a, struct error *e)
{
    enum err err = OK;
    for (size_t i = 0; i < wanted->count && err == OK; i++)
        err = grant_need(&out[i], t, customer, wanted->items[i], a, e);
    return err;
}

enum err open_grants_count(uint64_t *out, struct views_txn *t, uint64_t customer, struct arena *a,
                           struct error *e)
{
    struct view_key k = key_number(SPACE_WALLET, customer);
    struct numbers open = {0};
    enum err err = numbers_get(&open, t, &k, a, e);
    *out = open.count;
    return err;
}

/* ---- folds ---- */

struct date wallet_expiry(const struct wallet_grant *grants, size_t count)
{
    struct date first = {0};
    for (size_t i = 0; i < count; i++) {
        struct date d = grants[i].expires;
        if (!date_is_given(d) || grants[i].left.minor <= 0) continue;
        if (!date_is_given(first) || date_compare(d, first) < 0) first = d;
    }
    return first;
}

/* A customer's open grants while an event is folded, by number, with room for more. */
struct purse {
    uint64_t customer;
    struct wallet_grant *grants;
    size_t count;
    struct date due; /* before the event */
};

static enum err purse_open(struct purse *p, struct views_txn *t, uint64_t customer, size_t more,
                           struct arena *a, struct error *e)
{
    struct wallet_grant *open = NULL;
    *p = (struct purse){.customer = customer};
    enum err err = wallet_get(&open, &p->count, t, customer, a, e);
    if (err != OK) return err;
    p->grants = arena_array_of(a, struct wallet_grant, p->count + more);
    if (p->count > 0) memcpy(p->grants, open, p->count * sizeof *open);
    p->due = wallet_expiry(p->grants, p->count);
    return OK;
}

static enum err purse_close(const struct purse *p, struct views_txn *t, struct arena *a, struct error *e)
{
    struct view_key k = key_number(SPACE_WALLET, p->customer);
    struct numbers open = {0};
    for (size_t i = 0; i < p->count; i++) {
        if (p->grants[i].left.minor > 0) numbers_add(&open, p->grants[i].grant, a);
    }
    enum err err = numbers_put(t, &k, &open, a, e);
    return err != OK ? err : due_wallet(t, p->customer, p->due, wallet_expiry(p->grants, p->count), e);
}

/* Takes an amount of a grant that has as much left. With nothing left it has ended, so and on that day. */
static enum err purse_take(struct purse *p, struct views_txn *t, uint64_t grant, struct money amount,
                           enum grant_status end, struct date on, struct error *e)
{
    for (size_t i = 0; i < p->count; i++) {
        struct wallet_grant *g = &p->grants[i];
        if (g->grant != grant) continue;
        if (!money_same_currency(g->left, amount) || money_compare(amount, g->left) > 0) break;
        enum err err = money_subtract(&g->left, g->left, amount, e);
        if (err != OK) return err;
        if (money_is_zero(g->left)) {
            g->status = end;
            g->ended_on = on;
        }
        return grant_put(t, g, e);
    }
    return fail(e, ERR_TAMPERED, "an event takes more of grant %ju than is left of it", (uintmax_t)grant);
}

static enum err purse_find(size_t *at, struct purse *p, struct views_txn *t, uint64_t grant, struct arena *a,
                           struct error *e)
{
    struct wallet_grant ended = {0};
    *at = 0;
    while (*at < p->count && p->grants[*at].grant < grant) (*at)++;
    if (*at < p->count && p->grants[*at].grant == grant) return OK;
    enum err err = grant_need(&ended, t, p->customer, grant, a, e);
    if (err != OK) return err;
    memmove(p->grants + *at + 1, p->grants + *at, (p->count - *at) * sizeof ended);
    p->grants[*at] = ended;
    p->count++;
    return OK;
}

/* A grant that was used up is open again. */
static enum err purse_return(struct purse *p, struct views_txn *t, const struct wallet_return *r,
                             struct arena *a, struct error *e)
{
    size_t at = 0;
    enum err err = purse_find(&at, p, t, r->grant, a, e);
    if (err != OK) return err;
    struct wallet_grant *g = &p->grants[at];
    bool ended = g->status == GRANT_EXPIRED || g->status == GRANT_VOIDED;
    if (!ended) err = money_add(&g->left, g->left, r->amount, e);
    if (err == OK && (ended || money_compare(g->left, g->amount) > 0))
        err = fail(e, ERR_TAMPERED, "more comes back to grant %ju than it can have", (uintmax_t)r->grant);
    if (err != OK) return err;
    g->status = GRANT_OPEN;
    g->ended_on = (struct date){0};
    return grant_put(t, g, e);
}

static enum err add_grant(struct views_txn *t, const struct wallet_granted *v, struct arena *a,
                          struct error *e)
{
    struct purse p = {0};
    if (v->amount.minor <= 0) return fail(e, ERR_TAMPERED, "grant %ju is worth nothing", (uintmax_t)v->grant);
    enum err err = purse_open(&p, t, v->customer, 1, a, e);
    if (err != OK) return err;
    struct wallet_grant *g = &p.grants[p.count++];
    *g = (struct wallet_grant){.customer = v->customer,
                               .grant = v->grant,
                               .status = GRANT_OPEN,
                               .amount = v->amount,
                               .left = v->amount,
                               .price = v->price,
                               .on = v->on,
                               .expires = v->expires,
                               .priority = v->priority,
                               .scope = v->scope,
                               .reason = v->reason,
                               .expected_breakage = v->expected_breakage};
    err = grant_put(t, g, e);
    return err != OK ? err : purse_close(&p, t, a, e);
}

static enum err end_grant(struct views_txn *t, uint64_t customer, uint64_t grant, struct money amount,
                          enum grant_status end, struct date on, struct arena *a, struct error *e)
{
    struct purse p = {0};
    enum err err = purse_open(&p, t, customer, 0, a, e);
    if (err == OK) err = purse_take(&p, t, grant, amount, end, on, e);
    return err != OK ? err : purse_close(&p, t, a, e);
}

static enum err use_grants(struct views_txn *t, const struct invoice_finalized *v, struct arena *a,
                           struct error *e)
{
    struct purse p = {0};
    if (v->wallet_count == 0 && v->returns_count == 0) return OK;
    enum err err = purse_open(&p, t, v->customer, v->returns_count, a, e);
    for (size_t i = 0; i < v->returns_count && err == OK; i++) {
        if (!v->returns[i].lapsed) err = purse_return(&p, t, &v->returns[i], a, e);
    }
    for (size_t i = 0; i < v->wallet_count && err == OK; i++) {
        err = purse_take(&p, t, v->wallet[i].grant, v->wallet[i].amount, GRANT_USED, v->issue_date, e);
    }
    return err != OK ? err : purse_close(&p, t, a, e);
}

enum err fold_wallet(struct views_txn *t, const struct event *ev, const struct event_place *place,
                     struct arena *a, struct error *e)
{
    (void)place;
    const struct wallet_expired *x = &ev->wallet_expired;
    const struct wallet_voided *d = &ev->wallet_voided;
    if (ev->type == EVENT_INVOICE_FINALIZED) return use_grants(t, &ev->invoice_finalized, a, e);
    if (ev->type == EVENT_WALLET_GRANTED) return add_grant(t, &ev->wallet_granted, a, e);
    if (ev->type == EVENT_WALLET_EXPIRED)
        return end_grant(t, x->customer, x->grant, x->amount, GRANT_EXPIRED, x->on, a, e);
    if (ev->type == EVENT_WALLET_VOIDED)
        return end_grant(t, d->customer, d->grant, d->amount, GRANT_VOIDED, d->on, a, e);
    return OK;
}

/* ---- queries ---- */

enum err list_grants(struct wallet_grant **out, size_t *count, struct views_txn *t, uint64_t customer,
                     struct arena *a, struct error *e)
{
    struct customer c = {0};
    *count = 0;
    enum err err = load_customer(&c, t, customer, a, e);
    *out = arena_array_of(a, struct wallet_grant, (size_t)c.grants);
    for (uint64_t grant = 1; grant <= c.grants && err == OK; grant++)
        err = grant_need(&(*out)[(*count)++], t, customer, grant, a, e);
    return err;
}
