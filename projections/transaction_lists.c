/* SPDX-License-Identifier: MIT */
/* transaction_lists.c - asking for transactions. Of one customer they come by their time; of all customers by
 * number, which is the order in which the ledger learned of them. */
#include "projections/fold.h"
#include "projections/listing.h"

enum err load_transaction(struct transaction *out, struct views_txn *t, uint64_t transaction, struct arena *a,
                          struct error *e)
{
    struct view_key k = key_number(SPACE_TRANSACTION, transaction);
    return row_load(out, &schema_transaction, t, &k, "transaction txn_", transaction, a, e);
}

/* A row that an index names. */
static enum err indexed(struct transaction *out, struct views_txn *t, uint64_t transaction, struct arena *a,
                        struct error *e)
{
    struct view_key k = key_number(SPACE_TRANSACTION, transaction);
    return row_need(out, &schema_transaction, t, &k, "transaction", transaction, a, e);
}

static bool is_wanted(const struct list_query *q, const void *row)
{
    const struct transaction *v = row;
    if (q->status >= 0 && v->status != (enum transaction_status)q->status) return false;
    return is_within(q, instant_date(v->at));
}

static enum err give(const struct listing *l, struct error *e)
{
    return l->visitor.transaction(l->context, l->row, e);
}

enum err list_transactions(struct views_txn *t, const struct list_query *q, transaction_row_fn *row,
                           void *context, struct arena *a, struct error *e)
{
    struct transaction v = {0};
    struct listing l = {.q = q,
                        .t = t,
                        .schema = &schema_transaction,
                        .row = &v,
                        .is_wanted = is_wanted,
                        .give = give,
                        .visitor.transaction = row,
                        .context = context,
                        .arena = a,
                        .space = SPACE_TRANSACTION};
    struct view_key all = view_key(SPACE_TRANSACTION);
    struct view_key own = key_number(SPACE_CUSTOMER_TRANSACTION, q->customer), place = own;
    struct transaction before = {0};
    if (q->customer != 0 && q->after != 0) {
        enum err err = load_transaction(&before, t, q->after, a, e);
        if (err != OK) return err;
        view_key_instant(&place, before.at);
        view_key_u64(&place, q->after);
        l.place = &place;
    }
    return q->customer == 0 ? list_values(&l, &all, true, e) : list_indexed(&l, &own, true, e);
}

/* ---- refundable ---- */

/* Only what a gateway took can be given back by it. */
static bool is_refundable(const struct transaction *v)
{
    if (v->kind != TRANSACTION_PAYMENT || v->gateway.len == 0 || dispute_holds(v->dispute)) return false;
    bool paid = v->status == TRANSACTION_COMPLETED || v->status == TRANSACTION_PARTIALLY_REFUNDED;
    return paid && money_compare(v->refunded, v->amount) < 0;
}

enum err refundable_get(struct transaction **out, size_t *count, struct views_txn *t, uint64_t customer,
                        struct arena *a, struct error *e)
{
    struct numbers all = {0};
    struct view_key own = key_number(SPACE_CUSTOMER_TRANSACTION, customer);
    *count = 0;
    enum err err = list_numbers(&all, t, &own, true, 0, a, e);
    *out = arena_array_of(a, struct transaction, all.count);
    for (size_t i = 0; err == OK && i < all.count; i++) {
        err = indexed(&(*out)[*count], t, all.items[i], a, e);
        if (err == OK && is_refundable(&(*out)[*count])) (*count)++;
    }
    return err;
}

/* ---- pending ---- */

static void as_event(struct event *out, const struct transaction *v)
{
    if (v->kind == TRANSACTION_PAYMENT) {
        out->type = EVENT_PAYMENT_REQUESTED;
        out->payment_requested = (struct payment_requested){.payment = v->transaction,
                                                            .customer = v->customer,
                                                            .method = v->method,
                                                            .amount = v->amount,
                                                            .description = v->description,
                                                            .invoice = v->invoice,
                                                            .gateway = v->gateway,
                                                            .gateway_key = v->gateway_key};
        return;
    }
    out->type = EVENT_REFUND_REQUESTED;
    out->refund_requested = (struct refund_requested){.refund = v->transaction,
                                                      .payment = v->payment,
                                                      .customer = v->customer,
                                                      .amount = v->amount,
                                                      .from_credit = v->from_credit,
                                                      .reason = v->description,
                                                      .gateway = v->gateway,
                                                      .gateway_key = v->gateway_key,
                                                      .invoice = v->invoice};
}

enum err list_pending(struct event **out, size_t *count, struct views_txn *t, size_t limit, struct arena *a,
                      struct error *e)
{
    struct numbers pending = {0};
    struct view_key all = view_key(SPACE_PENDING_TRANSACTION);
    *count = 0;
    enum err err = list_numbers(&pending, t, &all, false, limit, a, e);
    if (err != OK) return err;
    *out = arena_array_of(a, struct event, pending.count);
    for (size_t i = 0; i < pending.count; i++) {
        struct transaction v = {0};
        err = indexed(&v, t, pending.items[i], a, e);
        if (err != OK) return err;
        as_event(&(*out)[(*count)++], &v);
    }
    return OK;
}
