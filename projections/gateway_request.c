/* SPDX-License-Identifier: MIT */
/* gateway_request.c - what a gateway is to be asked for a pending transaction: the method's token, or the
 * gateway's own name of the payment that is refunded. Tokens leave the views here and nowhere else but in
 * lists of payment methods. */
#include "projections/fold.h"
#include "projections/state.h"

static enum err take_method(struct gateway_request *out, struct views_txn *t, uint64_t method,
                            struct arena *a, struct error *e)
{
    struct method m = {0};
    enum err err = method_get(&m, t, out->customer, method, a, e);
    if (err != OK) return err;
    out->token = m.token;
    out->gateway_customer = m.gateway_customer;
    if (out->token.len > 0) return OK;
    return fail(e, ERR_TAMPERED, "payment txn_%ju names payment method %ju, which is not there",
                (uintmax_t)out->transaction, (uintmax_t)method);
}

/* What the views know of it already: an event of a command that was just executed may be behind them by
 * nothing, one that was left pending is all that they have. */
static enum err take_row(struct gateway_request *out, struct transaction *row, struct views_txn *t,
                         uint64_t transaction, struct arena *a, struct error *e)
{
    enum err err = load_transaction(row, t, transaction, a, e);
    if (err != OK) return err;
    *out = (struct gateway_request){.transaction = transaction,
                                    .customer = row->customer,
                                    .key = row->gateway_key,
                                    .amount = row->amount,
                                    .description = row->description,
                                    .requested_at = row->at};
    return OK;
}

static enum err for_payment(struct gateway_request *out, struct views_txn *t,
                            const struct payment_requested *v, struct arena *a, struct error *e)
{
    struct transaction row = {0};
    enum err err = take_row(out, &row, t, v->payment, a, e);
    out->step = GATEWAY_CHARGE;
    out->reference = row.gateway_reference;
    out->again = row.gateway_reference.len > 0;
    return err == OK ? take_method(out, t, v->method, a, e) : err;
}

static enum err for_refund(struct gateway_request *out, struct views_txn *t, const struct refund_requested *v,
                           struct arena *a, struct error *e)
{
    struct transaction row = {0}, payment = {0};
    enum err err = take_row(out, &row, t, v->refund, a, e);
    if (err == OK) err = load_transaction(&payment, t, v->payment, a, e);
    out->step = GATEWAY_REFUND;
    out->reference = payment.gateway_reference;
    out->refund_reference = row.gateway_reference;
    return err;
}

enum err gateway_request(struct gateway_request *out, struct views_txn *t, const struct event *ev,
                         struct arena *a, struct error *e)
{
    if (ev->type == EVENT_PAYMENT_REQUESTED) return for_payment(out, t, &ev->payment_requested, a, e);
    assert(ev->type == EVENT_REFUND_REQUESTED);
    return for_refund(out, t, &ev->refund_requested, a, e);
}
