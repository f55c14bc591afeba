/* SPDX-License-Identifier: MIT */
/* untold.c - what a gateway is still to be told, and no money is asked for by: it lets go of payment methods
 * that were removed here, and cancels payments that failed here, so that nobody pays them behind our back.
 * The event that removed or failed one is the order, the gateway's answer an event of its own; what lies
 * between is listed here, so that a crash or an answer that is lost leaves it to be told again. */
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

enum err method_is_detached(bool *yes, struct views_txn *t, uint64_t customer, uint64_t method,
                            struct error *e)
{
    struct view_key k = key_pair(SPACE_UNDETACHED, customer, method);
    bool waits = false;
    enum err err = mark_find(&waits, t, &k, e);
    *yes = !waits;
    return err;
}

static enum err add_removed(struct telling *g, const struct payment_method_removed *v, struct error *e)
{
    bool told = false;
    enum err err = method_is_detached(&told, g->t, v->customer, v->method, e);
    return err != OK || told ? err : add_method(g, v->customer, v->method, e);
}

/* ---- payments ---- */

static enum err last_asked(struct instant *out, struct views_txn *t, const struct invoice *v, struct arena *a,
                           struct error *e)
{
    struct customer_row row = {.open_count = 0};
    enum err err = customer_row_load(&row, t, v->customer, a, e);
    *out = (struct instant){0};
    for (size_t i = 0; i < row.open_count && err == OK; i++) {
        if (row.open[i].invoice == v->invoice) *out = row.open[i].asked;
    }
    return err;
}

static enum err is_confirmable(bool *yes, struct views_txn *t, const struct transaction *v,
                               struct instant now, struct arena *a, struct error *e)
{
    struct invoice invoice = {0};
    struct confirmation c = {.payment = v, .now = now};
    enum err err = OK;
    *yes = false;
    if (!payment_wants_customer(v)) return OK;
    if (v->invoice != 0) {
        err = load_invoice(&invoice, t, v->invoice, a, e);
        if (err == OK) err = last_asked(&c.asked, t, &invoice, a, e);
        c.invoice = &invoice;
    }
    *yes = err == OK && confirmation_is_open(&c);
    return err;
}

static struct gateway_request request_of(enum gateway_step step, const struct transaction *v, struct arena *a)
{
    return (struct gateway_request){
        .step = step,
        .transaction = v->transaction,
        .customer = v->customer,
        .reference = str_copy(a, v->gateway_reference),
        .key = str_copy(a, v->gateway_key),
        .amount = v->amount,
        .requested_at = v->at,
    };
}

enum err confirmable_request(struct gateway_request *out, struct instant *until, struct views_txn *t,
                             const struct transaction *v, const struct untold_query *q, struct arena *a,
                             struct error *e)
{
    bool waits = false;
    if (!str_equal(v->gateway, q->gateway)) {
        return fail(e, ERR_REFUSED, "payment txn_%ju was made by %.*s, and this is %.*s",
                    (uintmax_t)v->transaction, STR_ARG(v->gateway), STR_ARG(q->gateway));
    }
    enum err err = is_confirmable(&waits, t, v, q->now, a, e);
    if (err != OK) return err;
    *out = request_of(GATEWAY_LOOK, v, a);
    *until = confirmation_end(v);
    if (waits) return OK;
    return fail(e, ERR_REFUSED, "payment txn_%ju waits for its customer no more: %s",
                (uintmax_t)v->transaction,
                q->now.us >= until->us ? "its time is over" : "its invoice was paid or asked for otherwise");
}

static enum err add_payment(struct telling *g, uint64_t payment, struct error *e)
{
    struct transaction v = {0};
    bool waits = false;
    enum err err = load_transaction(&v, g->t, payment, g->arena, e);
    if (err != OK || !v.payable || !str_equal(v.gateway, g->q->gateway)) return err;
    err = is_confirmable(&waits, g->t, &v, g->q->now, g->arena, e);
    if (err != OK || (waits && !g->q->looks)) return err;
    g->requests[g->count++] = request_of(waits ? GATEWAY_LOOK : GATEWAY_CANCEL, &v, g->arena);
    return OK;
}

/* ---- lists ---- */

struct marks {
    struct untold_mark *items;
    size_t count, limit;
};

static enum err note_payment(void *context, struct bytes key, struct bytes value, struct error *e)
{
    struct marks *m = context;
    (void)value, (void)e;
    if (m->count == m->limit) return ERR_NOT_FOUND;
    m->items[m->count++] = (struct untold_mark){.payment = key_tail(key, 8)};
    return OK;
}

static enum err note_method(void *context, struct bytes key, struct bytes value, struct error *e)
{
    struct marks *m = context;
    (void)value, (void)e;
    if (m->count == m->limit) return ERR_NOT_FOUND;
    m->items[m->count++] = (struct untold_mark){
        .payment = UINT64_MAX, .customer = key_tail(key, 16), .method = key_tail(key, 8)};
    return OK;
}

/* Payments, then payment methods. */
static enum err marks_after(struct marks *m, struct views_txn *t, const struct untold_mark *after,
                            struct error *e)
{
    struct view_key payments = key_number(SPACE_PAYABLE, after->payment + 1);
    struct view_key methods = key_pair(SPACE_UNDETACHED, after->customer, after->method + 1);
    enum err err = OK;
    if (after->payment != UINT64_MAX) err = views_scan(t, &payments, 1, false, note_payment, m, e);
    return err == OK ? views_scan(t, &methods, 1, false, note_method, m, e) : err;
}

/* The marks first: what stands behind them is read when the walk is over. */
enum err list_untold(struct gateway_request **out, size_t *count, struct views_txn *t,
                     const struct untold_query *q, struct untold_mark *after, bool *more, struct arena *a,
                     struct error *e)
{
    struct marks m = {arena_array_of(a, struct untold_mark, q->limit), 0, q->limit};
    struct telling g = {.q = q, .t = t, .requests = arena_array_of(a, struct gateway_request, q->limit)};
    g.arena = a;
    enum err err = marks_after(&m, t, after, e);
    for (size_t i = 0; i < m.count && err == OK; i++) {
        *after = m.items[i];
        err = after->customer == 0 ? add_payment(&g, after->payment, e)
                                   : add_method(&g, after->customer, after->method, e);
    }
    *more = m.count == m.limit;
    *out = g.requests;
    *count = g.count;
    return err;
}

bool event_is_told(const struct event *ev)
{
    return ev->type == EVENT_PAYMENT_METHOD_REMOVED || ev->type == EVENT_PAYMENT_REQUESTED;
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
        if (ev->type == EVENT_PAYMENT_REQUESTED) err = add_payment(&g, ev->payment_requested.payment, e);
    }
    *out = g.requests;
    *count = g.count;
    return err;
}
