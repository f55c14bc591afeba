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
static enum err note_gateway_customer(struct views_txn *t, const struct payment_method_added *v,
                                      struct error *e)
{
    if (v->gateway_customer.len == 0) return OK;
    struct view_key k = key_text(SPACE_GATEWAY_CUSTOMER, t, v->gateway_customer);
    return number_put(t, &k, v->customer, e);
}

static enum err add_method(struct views_txn *t, const struct payment_method_added *v, struct arena *a,
                           struct error *e)
{
    struct method_list row = {0};
    enum err err = methods_get(&row, t, v->customer, a, e);
    if (err != OK) return err;
    struct method *methods = arena_array_of(a, struct method, row.methods_count + 1);
    if (row.methods_count > 0) memcpy(methods, row.methods, row.methods_count * sizeof(*methods));
    methods[row.methods_count] = method_of(v);
    row = (struct method_list){methods, row.methods_count + 1};
    struct view_key k = key_number(SPACE_METHODS, v->customer);
    err = views_put_record(t, &k, &row_methods, &row, e);
    return err == OK ? note_gateway_customer(t, v, e) : err;
}

enum err customer_by_gateway(uint64_t *out, struct views_txn *t, struct str gateway_customer, struct error *e)
{
    struct view_key k = key_text(SPACE_GATEWAY_CUSTOMER, t, gateway_customer);
    return number_get(out, t, &k, e);
}

static enum err remove_method(struct views_txn *t, const struct payment_method_removed *v, struct arena *a,
                              struct error *e)
{
    struct method_list row = {0};
    enum err err = methods_get(&row, t, v->customer, a, e);
    if (err != OK) return err;
    struct method *methods = arena_array_of(a, struct method, row.methods_count);
    for (size_t i = 0; i < row.methods_count; i++) {
        methods[i] = row.methods[i];
        if (methods[i].method == v->method) methods[i].removed = true;
    }
    row.methods = methods;
    struct view_key k = key_number(SPACE_METHODS, v->customer);
    return views_put_record(t, &k, &row_methods, &row, e);
}

enum err fold_methods(struct views_txn *t, const struct event *ev, const struct event_place *place,
                      struct arena *a, struct error *e)
{
    (void)place;
    if (ev->type == EVENT_PAYMENT_METHOD_ADDED) return add_method(t, &ev->payment_method_added, a, e);
    if (ev->type == EVENT_PAYMENT_METHOD_REMOVED) return remove_method(t, &ev->payment_method_removed, a, e);
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
