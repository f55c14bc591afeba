/* SPDX-License-Identifier: MIT */
/* chronicle_payments.c - payments and refunds: each ends as it was asked for, and no more comes back than was
 * paid. */
#include "ledger/book/chronicle_private.h"

struct asked {
    uint64_t number, customer, payment;
    struct money amount;
    bool refund;
    enum past_status status;
};

static void take_asked(struct chronicle *h, const struct asked *a)
{
    h->transactions =
        list_room(h->transactions, h->transactions_count, &h->transactions_capacity, sizeof *h->transactions);
    struct past_transaction t = {.customer = a->customer,
                                 .payment = a->payment,
                                 .amount = a->amount.minor,
                                 .refund = a->refund,
                                 .status = a->status};
    memcpy(t.currency, a->amount.currency, sizeof t.currency);
    h->transactions[h->transactions_count++] = t;
    if (a->refund)
        h->counts.refunds++;
    else
        h->counts.payments++;
}

/* The payment or refund of that number, which an answer is about. */
static enum err find(struct past_transaction **out, struct chronicle *h, uint64_t number, bool refund,
                     struct error *e)
{
    *out = NULL;
    if (number == 0 || number > h->transactions_count || h->transactions[number - 1].refund != refund)
        return fail(e, ERR_TAMPERED, "there is no %s number %ju", refund ? "refund" : "payment",
                    (uintmax_t)number);
    *out = &h->transactions[number - 1];
    return OK;
}

static bool is_as_asked(const struct past_transaction *t, uint64_t customer, struct money amount)
{
    return t->customer == customer && t->amount == amount.minor && strcmp(t->currency, amount.currency) == 0;
}

/* An answer: as it was asked for, and from a state in which it may come. */
static enum err answer(struct past_transaction *t, uint64_t customer, struct money amount,
                       enum past_status to, struct error *e)
{
    if (!is_as_asked(t, customer, amount))
        return fail(e, ERR_TAMPERED, "another customer or amount is told than was asked for");
    bool may = to == PAST_RETURNED ? t->status == PAST_COMPLETED
                                   : t->status == PAST_PENDING || (t->status == PAST_FAILED && !t->refund);
    if (!may) return fail(e, ERR_TAMPERED, "it was answered before");
    t->status = to;
    return OK;
}

/* ---- payments ---- */

static enum err take_success(struct chronicle *h, const struct payment_succeeded *v, struct error *e)
{
    struct past_transaction *t = NULL;
    struct money parts = money_zero(v->amount);
    enum err err = find(&t, h, v->payment, false, e);
    if (err == OK) err = answer(t, v->customer, v->amount, PAST_COMPLETED, e);
    for (size_t i = 0; i < v->pays_count && err == OK; i++) {
        err = chronicle_pay(h, &v->pays[i], v->customer, e);
        if (err == OK) err = chronicle_sum(&parts, v->pays[i].amount, 1, e);
    }
    if (err == OK) err = chronicle_sum(&parts, v->credited, 1, e);
    if (err != OK || money_compare(parts, v->amount) == 0) return err;
    return fail(e, ERR_TAMPERED, "what it pays and the credit do not sum to its amount");
}

static enum err take_failure(struct chronicle *h, const struct payment_failed *v, struct error *e)
{
    struct past_transaction *t = NULL;
    enum err err = find(&t, h, v->payment, false, e);
    return err == OK ? answer(t, v->customer, v->amount, PAST_FAILED, e) : err;
}

/* ---- refunds ---- */

static enum err take_refund(struct chronicle *h, const struct refund_requested *v, struct error *e)
{
    struct past_transaction *paid = NULL;
    enum err err = find(&paid, h, v->payment, false, e);
    if (err != OK) return err;
    if (paid->status != PAST_COMPLETED)
        return fail(e, ERR_TAMPERED, "payment number %ju, which it gives back, was not paid",
                    (uintmax_t)v->payment);
    bool fits = strcmp(paid->currency, v->amount.currency) == 0 && v->amount.minor > 0 &&
                v->amount.minor <= paid->amount - paid->given_back && paid->customer == v->customer;
    if (!fits)
        return fail(e, ERR_TAMPERED, "more of payment number %ju is given back than was paid",
                    (uintmax_t)v->payment);
    paid->given_back += v->amount.minor;
    take_asked(h, &(struct asked){v->refund, v->customer, v->payment, v->amount, true, PAST_PENDING});
    return OK;
}

static enum err end_refund(struct chronicle *h, uint64_t refund, uint64_t customer, struct money amount,
                           enum past_status to, struct error *e)
{
    struct past_transaction *t = NULL;
    enum err err = find(&t, h, refund, true, e);
    if (err == OK) err = answer(t, customer, amount, to, e);
    if (err != OK) return err;
    if (to != PAST_COMPLETED) h->transactions[t->payment - 1].given_back -= t->amount;
    return OK;
}

/* ---- events ---- */

enum err chronicle_payments(struct chronicle *h, const struct event *ev, struct error *e)
{
    const struct payment_requested *p = &ev->payment_requested;
    const struct transaction_stored *s = &ev->transaction_stored;
    const struct refund_succeeded *done = &ev->refund_succeeded;
    const struct refund_failed *failed = &ev->refund_failed;
    const struct refund_returned *returned = &ev->refund_returned;
    if (ev->type == EVENT_PAYMENT_REQUESTED)
        take_asked(h, &(struct asked){p->payment, p->customer, p->payment, p->amount, false, PAST_PENDING});
    if (ev->type == EVENT_TRANSACTION_STORED)
        take_asked(h, &(struct asked){s->transaction, s->customer, s->transaction, s->amount, false,
                                      PAST_COMPLETED});
    if (ev->type == EVENT_PAYMENT_SUCCEEDED) return take_success(h, &ev->payment_succeeded, e);
    if (ev->type == EVENT_PAYMENT_FAILED) return take_failure(h, &ev->payment_failed, e);
    if (ev->type == EVENT_REFUND_REQUESTED) return take_refund(h, &ev->refund_requested, e);
    if (ev->type == EVENT_REFUND_SUCCEEDED)
        return end_refund(h, done->refund, done->customer, done->amount, PAST_COMPLETED, e);
    if (ev->type == EVENT_REFUND_FAILED)
        return end_refund(h, failed->refund, failed->customer, failed->amount, PAST_FAILED, e);
    if (ev->type == EVENT_REFUND_RETURNED)
        return end_refund(h, returned->refund, returned->customer, returned->amount, PAST_RETURNED, e);
    return OK;
}
