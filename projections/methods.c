/* SPDX-License-Identifier: MIT */
/* methods.c - payment methods: what the gateway told about each token. One row a customer, for they are few
 * and always wanted together. A removed one stays, marked: a payment that was asked of it may still have to
 * be asked for again. */
#include "projections/fold.h"

enum err methods_get(struct method_list *out, struct views_txn *t, uint64_t customer, struct arena *a,
                     struct error *e)
{
    struct view_key k = key_number(SPACE_METHODS, customer);
    bool found = false;
    enum err err = row_find(&found, out, &row_methods, t, &k, a, e);
    if (err == OK && !found) *out = (struct method_list){0};
    return err;
}

enum err method_get(struct method *out, struct views_txn *t, uint64_t customer, uint64_t method,
                    struct arena *a, struct error *e)
{
    struct method_list row = {0};
    enum err err = methods_get(&row, t, customer, a, e);
    *out = (struct method){0};
    for (size_t i = 0; i < row.methods_count; i++) {
        if (row.methods[i].method == method) *out = row.methods[i];
    }
    return err;
}

static struct method method_of(const struct payment_method_added *v)
{
    return (struct method){.customer = v->customer,
                           .method = v->method,
                           .token = v->token,
                           .gateway = v->gateway,
                           .funding = v->funding,
                           .brand = v->brand,
                           .last4 = v->last4,
                           .exp_month = v->exp_month,
                           .exp_year = v->exp_year,
                           .gateway_customer = v->gateway_customer};
}

/* By which what a gateway tells of him finds him. */
static enum err note_gateway_customer(struct views_txn *t, struct str gateway_customer, uint64_t customer,
                                      struct error *e)
{
    if (gateway_customer.len == 0) return OK;
    struct view_key k = key_text(SPACE_GATEWAY_CUSTOMER, t, gateway_customer);
    return number_put(t, &k, customer, e);
}

/* Who gives a removed one again must not lose it at the gateway, which knows it by the same name. */
static enum err keep_at_gateway(struct views_txn *t, const struct method_list *row, struct str token,
                                struct error *e)
{
    enum err err = OK;
    for (size_t i = 0; i < row->methods_count && err == OK; i++) {
        const struct method *m = &row->methods[i];
        struct view_key k = key_pair(SPACE_UNDETACHED, m->customer, m->method);
        if (m->removed && str_equal(m->token, token)) err = views_delete(t, &k, e);
    }
    return err;
}

static enum err add_method(struct views_txn *t, const struct payment_method_added *v, struct arena *a,
                           struct error *e)
{
    struct method_list row = {0};
    enum err err = methods_get(&row, t, v->customer, a, e);
    if (err == OK) err = keep_at_gateway(t, &row, v->token, e);
    if (err != OK) return err;
    struct method *methods = arena_array_of(a, struct method, row.methods_count + 1);
    if (row.methods_count > 0) memcpy(methods, row.methods, row.methods_count * sizeof(*methods));
    methods[row.methods_count] = method_of(v);
    row = (struct method_list){methods, row.methods_count + 1};
    struct view_key k = key_number(SPACE_METHODS, v->customer);
    err = views_put_record(t, &k, &row_methods, &row, e);
    return err == OK ? note_gateway_customer(t, v->gateway_customer, v->customer, e) : err;
}

enum err customer_by_gateway(uint64_t *out, struct views_txn *t, struct str gateway_customer, struct error *e)
{
    struct view_key k = key_text(SPACE_GATEWAY_CUSTOMER, t, gateway_customer);
    return number_get(out, t, &k, e);
}

/* Changes one of them by `change`. */
static enum err change_method(struct views_txn *t, uint64_t customer, uint64_t method,
                              void (*change)(struct method *m, const struct event *ev),
                              const struct event *ev, struct arena *a, struct error *e)
{
    struct method_list row = {0};
    enum err err = methods_get(&row, t, customer, a, e);
    if (err != OK) return err;
    struct method *methods = arena_array_of(a, struct method, row.methods_count);
    for (size_t i = 0; i < row.methods_count; i++) {
        methods[i] = row.methods[i];
        if (methods[i].method == method) change(&methods[i], ev);
    }
    row.methods = methods;
    struct view_key k = key_number(SPACE_METHODS, customer);
    return views_put_record(t, &k, &row_methods, &row, e);
}

static void set_removed(struct method *m, const struct event *ev)
{
    (void)ev;
    m->removed = true;
}

static void set_detached(struct method *m, const struct event *ev)
{
    (void)ev;
    m->detached = true;
}

static void set_data(struct method *m, const struct event *ev)
{
    const struct payment_method_updated *v = &ev->payment_method_updated;
    m->funding = v->funding;
    m->brand = v->brand;
    m->last4 = v->last4;
    m->exp_month = v->exp_month;
    m->exp_year = v->exp_year;
    m->as_of = v->as_of;
}

/* The simulator keeps none that it could let go of. */
static enum err remove_method(struct views_txn *t, const struct event *ev, struct arena *a, struct error *e)
{
    const struct payment_method_removed *v = &ev->payment_method_removed;
    struct view_key k = key_pair(SPACE_UNDETACHED, v->customer, v->method);
    struct method m = {0};
    enum err err = change_method(t, v->customer, v->method, set_removed, ev, a, e);
    if (err == OK) err = method_get(&m, t, v->customer, v->method, a, e);
    if (err != OK || m.gateway.len == 0 || str_is(m.gateway, "simulator")) return err;
    return mark_put(t, &k, e);
}

static enum err detach_method(struct views_txn *t, const struct event *ev, struct arena *a, struct error *e)
{
    const struct payment_method_detached *v = &ev->payment_method_detached;
    struct view_key k = key_pair(SPACE_UNDETACHED, v->customer, v->method);
    enum err err = change_method(t, v->customer, v->method, set_detached, ev, a, e);
    return err == OK ? views_delete(t, &k, e) : err;
}

enum err fold_methods(struct views_txn *t, const struct event *ev, const struct event_place *place,
                      struct arena *a, struct error *e)
{
    (void)place;
    if (ev->type == EVENT_PAYMENT_METHOD_ADDED) return add_method(t, &ev->payment_method_added, a, e);
    if (ev->type == EVENT_PAYMENT_METHOD_REMOVED) return remove_method(t, ev, a, e);
    if (ev->type == EVENT_PAYMENT_METHOD_DETACHED) return detach_method(t, ev, a, e);
    if (ev->type == EVENT_PAYMENT_METHOD_UPDATED)
        return change_method(t, ev->payment_method_updated.customer, ev->payment_method_updated.method,
                             set_data, ev, a, e);
    if (ev->type == EVENT_CUSTOMER_MADE_KNOWN)
        return note_gateway_customer(t, ev->customer_made_known.gateway_customer,
                                     ev->customer_made_known.customer, e);
    return OK;
}

enum err list_methods(struct method **out, size_t *count, struct views_txn *t, uint64_t customer,
                      struct arena *a, struct error *e)
{
    struct method_list row = {0};
    *count = 0;
    enum err err = methods_get(&row, t, customer, a, e);
    if (err != OK) return err;
    *out = arena_array_of(a, struct method, row.methods_count);
    for (size_t i = 0; i < row.methods_count; i++) {
        if (!row.methods[i].removed) (*out)[(*count)++] = row.methods[i];
    }
    return OK;
}

enum err find_method(struct method *out, struct views_txn *t, uint64_t customer, struct str token,
                     struct arena *a, struct error *e)
{
    struct method_list row = {0};
    enum err err = methods_get(&row, t, customer, a, e);
    *out = (struct method){0};
    for (size_t i = 0; i < row.methods_count; i++) {
        if (str_equal(row.methods[i].token, token)) *out = row.methods[i];
    }
    return err;
}
