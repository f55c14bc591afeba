/* SPDX-License-Identifier: MIT */
/* gateway_request.c - what a gateway is to be asked for a pending transaction: the method's token, or the
 * gateway's own name of the payment that is refunded. Tokens leave the views here and nowhere else but in
 * lists of payment methods. */
#include "projections/fold.h"
#include "projections/state.h"

static enum err for_payment(struct gateway_request *out, struct views_txn *t,
                            const struct payment_requested *v, struct arena *a, struct error *e)
{
    struct method_list row = {0};
    enum err err = methods_get(&row, t, v->customer, a, e);
    if (err != OK) return err;
    *out =
        (struct gateway_request){.key = v->gateway_key, .amount = v->amount, .description = v->description};
    for (size_t i = 0; i < row.methods_count; i++) {
        if (row.methods[i].method == v->method) out->token = row.methods[i].token;
    }
    if (out->token.len > 0) return OK;
    return fail(e, ERR_TAMPERED, "payment txn_%ju names payment method %ju, which is not there",
                (uintmax_t)v->payment, (uintmax_t)v->method);
}

static enum err for_refund(struct gateway_request *out, struct views_txn *t, const struct refund_requested *v,
                           struct arena *a, struct error *e)
{
    struct transaction payment = {0};
    enum err err = load_transaction(&payment, t, v->payment, a, e);
    if (err != OK) return err;
    *out = (struct gateway_request){.key = v->gateway_key,
                                    .payment_reference = payment.gateway_reference,
                                    .amount = v->amount,
                                    .description = v->reason};
    return OK;
}

enum err gateway_request(struct gateway_request *out, struct views_txn *t, const struct event *ev,
                         struct arena *a, struct error *e)
{
    if (ev->type == EVENT_PAYMENT_REQUESTED) return for_payment(out, t, &ev->payment_requested, a, e);
    assert(ev->type == EVENT_REFUND_REQUESTED);
    return for_refund(out, t, &ev->refund_requested, a, e);
}
