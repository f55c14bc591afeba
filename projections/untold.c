/* SPDX-License-Identifier: MIT */
/* untold.c - what a gateway is still to be told, and no money is asked for by: it lets go of payment methods
 * that were removed here. The event that removed one is the order, the gateway's answer an event of its own;
 * what lies between is listed here, so that a crash or an answer that is lost leaves it to be told again. */
#include "projections/fold.h"
#include "projections/listing.h"

struct telling {
    const struct untold_query *q;
    struct views_txn *t;
    struct gateway_request *requests;
    size_t count;
    struct arena *arena;
};

/* ---- payment methods ---- */

/* What was asked of it before it was removed is answered first: without it, it could not be. */
static enum err is_in_use(bool *yes, struct telling *g, const struct method *m, struct error *e)
{
    struct customer_row row = {.pending_count = 0};
    enum err err = customer_row_load(&row, g->t, m->customer, g->arena, e);
    *yes = false;
    for (size_t i = 0; i < row.pending_count && err == OK && !*yes; i++) {
        struct transaction v = {0};
        err = load_transaction(&v, g->t, row.pending[i].payment, g->arena, e);
        *yes = v.method == m->method;
    }
    return err;
}

static enum err add_method(struct telling *g, uint64_t customer, uint64_t method, struct error *e)
{
    struct method m = {0};
    bool in_use = false;
    enum err err = method_get(&m, g->t, customer, method, g->arena, e);
    if (err == OK && str_equal(m.gateway, g->q->gateway)) err = is_in_use(&in_use, g, &m, e);
    if (err != OK || !str_equal(m.gateway, g->q->gateway) || in_use) return err;
    g->requests[g->count++] = (struct gateway_request){
        .step = GATEWAY_FORGET,
        .customer = customer,
        .method = method,
        .token = str_copy(g->arena, m.token),
        .key = str_format(g->arena, "%.*s/method_%ju_%ju", STR_ARG(g->q->ledger), (uintmax_t)customer,
                          (uintmax_t)method),
        .requested_at = g->q->now,
    };
    return OK;
}

static enum err is_marked(bool *yes, struct views_txn *t, const struct view_key *k, struct error *e)
{
    struct bytes nothing = {0};
    enum err err = views_get(&nothing, t, k, e);
    *yes = err == OK;
    return err == ERR_NOT_FOUND ? OK : err;
}

enum err method_is_detached(bool *yes, struct views_txn *t, uint64_t customer, uint64_t method,
                            struct error *e)
{
    struct view_key k = key_pair(SPACE_UNDETACHED, customer, method);
    bool waits = false;
    enum err err = is_marked(&waits, t, &k, e);
    *yes = !waits;
    return err;
}

static enum err add_removed(struct telling *g, const struct payment_method_removed *v, struct error *e)
{
    bool told = false;
    enum err err = method_is_detached(&told, g->t, v->customer, v->method, e);
    return err != OK || told ? err : add_method(g, v->customer, v->method, e);
}

/* ---- lists ---- */

struct marks {
    struct untold_mark *items;
    size_t count, limit;
};

static enum err note_method(void *context, struct bytes key, struct bytes value, struct error *e)
{
    struct marks *m = context;
    (void)value, (void)e;
    if (m->count == m->limit) return ERR_NOT_FOUND;
    m->items[m->count++] = (struct untold_mark){.customer = key_tail(key, 16), .method = key_tail(key, 8)};
    return OK;
}

/* The marks first: what stands behind them is read when the walk is over. */
enum err list_untold(struct gateway_request **out, size_t *count, struct views_txn *t,
                     const struct untold_query *q, struct untold_mark *after, bool *more, struct arena *a,
                     struct error *e)
{
    struct marks m = {arena_array_of(a, struct untold_mark, q->limit), 0, q->limit};
    struct view_key from = key_pair(SPACE_UNDETACHED, after->customer, after->method + 1);
    struct telling g = {.q = q, .t = t, .requests = arena_array_of(a, struct gateway_request, q->limit)};
    g.arena = a;
    enum err err = views_scan(t, &from, 1, false, note_method, &m, e);
    for (size_t i = 0; i < m.count && err == OK; i++) {
        err = add_method(&g, m.items[i].customer, m.items[i].method, e);
        *after = m.items[i];
    }
    *more = m.count == m.limit;
    *out = g.requests;
    *count = g.count;
    return err;
}

enum err untold_of(struct gateway_request **out, size_t *count, struct views_txn *t,
                   const struct untold_query *q, const struct event *events, size_t events_count,
                   struct arena *a, struct error *e)
{
    struct telling g = {.q = q, .t = t, .requests = arena_array_of(a, struct gateway_request, events_count)};
    enum err err = OK;
    g.arena = a;
    for (size_t i = 0; i < events_count && err == OK; i++) {
        const struct event *ev = &events[i];
        if (ev->type == EVENT_PAYMENT_METHOD_REMOVED) err = add_removed(&g, &ev->payment_method_removed, e);
    }
    *out = g.requests;
    *count = g.count;
    return err;
}
