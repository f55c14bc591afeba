/* SPDX-License-Identifier: MIT */
/* transactions.c - payments and refunds from the request to the gateway's answer, and transactions made
 * elsewhere. A request stays in the pending list until its answer is an event: that list is what a crash
 * leaves to be asked for again. */
#include "projections/fold.h"

static struct view_key transaction_key(uint64_t transaction)
{
    return key_number(SPACE_TRANSACTION, transaction);
}

static enum err transaction_need(struct transaction *out, struct views_txn *t, uint64_t transaction,
                                 struct arena *a, struct error *e)
{
    struct view_key k = transaction_key(transaction);
    return row_need(out, &schema_transaction, t, &k, "transaction", transaction, a, e);
}

static enum err transaction_put(struct views_txn *t, const struct transaction *v, struct error *e)
{
    struct view_key k = transaction_key(v->transaction);
    return views_put_record(t, &k, &schema_transaction, v, e);
}

static enum err add(struct views_txn *t, const struct transaction *v, struct error *e)
{
    struct view_key k = key_number(SPACE_CUSTOMER_TRANSACTION, v->customer);
    view_key_instant(&k, v->at);
    view_key_u64(&k, v->transaction);
    enum err err = mark_put(t, &k, e);
    if (err == OK && v->status == TRANSACTION_PENDING) {
        struct view_key pending = key_number(SPACE_PENDING_TRANSACTION, v->transaction);
        err = mark_put(t, &pending, e);
    }
    return err != OK ? err : transaction_put(t, v, e);
}

static enum err settled(struct views_txn *t, const struct transaction *v, struct error *e)
{
    struct view_key pending = key_number(SPACE_PENDING_TRANSACTION, v->transaction);
    enum err err = views_delete(t, &pending, e);
    return err != OK ? err : transaction_put(t, v, e);
}

/* ---- payments ---- */

static enum err request_payment(struct views_txn *t, const struct payment_requested *v, struct instant at,
                                struct error *e)
{
    struct money nothing = money_zero(v->amount);
    struct transaction row = {.transaction = v->payment,
                              .customer = v->customer,
                              .kind = TRANSACTION_PAYMENT,
                              .status = TRANSACTION_PENDING,
                              .payment = v->payment,
                              .method = v->method,
                              .invoice = v->invoice,
                              .amount = v->amount,
                              .refunded = nothing,
                              .description = v->description,
                              .gateway = v->gateway,
                              .gateway_key = v->gateway_key,
                              .from_credit = nothing,
                              .credited = nothing,
                              .at = at};
    return add(t, &row, e);
}

/* Nothing comes back from the simulator by itself. */
static enum err note_reference(struct views_txn *t, struct str gateway, struct str reference,
                               uint64_t transaction, struct error *e)
{
    if (reference.len == 0 || str_is(gateway, "simulator")) return OK;
    struct view_key k = key_text(SPACE_GATEWAY_REFERENCE, t, reference);
    return number_put(t, &k, transaction, e);
}

enum err transaction_by_reference(uint64_t *out, struct views_txn *t, struct str reference, struct error *e)
{
    struct view_key k = key_text(SPACE_GATEWAY_REFERENCE, t, reference);
    return number_get(out, t, &k, e);
}

static enum err prepare_payment(struct views_txn *t, const struct payment_prepared *v, struct arena *a,
                                struct error *e)
{
    struct transaction row = {0};
    enum err err = transaction_need(&row, t, v->payment, a, e);
    row.gateway_reference = v->gateway_reference;
    if (err == OK) err = note_reference(t, v->gateway, v->gateway_reference, v->payment, e);
    return err != OK ? err : transaction_put(t, &row, e);
}

static enum err note_processing(struct views_txn *t, const struct payment_processing *v, struct arena *a,
                                struct error *e)
{
    struct transaction row = {0};
    enum err err = transaction_need(&row, t, v->transaction, a, e);
    row.gateway_reference = v->gateway_reference;
    row.processing = true;
    if (err == OK) err = note_reference(t, v->gateway, v->gateway_reference, v->transaction, e);
    return err != OK ? err : transaction_put(t, &row, e);
}

/* What a gateway says that it has done must be seen in what it holds for us. The simulator holds nothing. */
static enum err expect_in_balance(struct views_txn *t, const struct transaction *v, struct error *e)
{
    struct view_key k = key_number(SPACE_UNCONFIRMED, v->transaction);
    if (v->in_balance || str_is(v->gateway, "simulator")) return OK;
    return mark_put(t, &k, e);
}

/* Whoever has the payment's secret could pay what failed here, until the gateway is told otherwise. One
 * without a name there was never made. */
static enum err set_payable(struct views_txn *t, struct transaction *row, bool payable, struct error *e)
{
    struct view_key k = key_number(SPACE_PAYABLE, row->transaction);
    row->payable = payable && row->gateway_reference.len > 0;
    return row->payable ? mark_put(t, &k, e) : views_delete(t, &k, e);
}

static enum err complete_payment(struct views_txn *t, const struct payment_succeeded *v, struct arena *a,
                                 struct error *e)
{
    struct transaction row = {0};
    enum err err = transaction_need(&row, t, v->payment, a, e);
    if (err != OK) return err;
    row.status = TRANSACTION_COMPLETED;
    row.processing = false;
    row.code = row.message = STR_NONE; /* it may have failed before */
    row.gateway = v->gateway;
    row.gateway_reference = v->gateway_reference;
    row.pays = v->pays;
    row.pays_count = v->pays_count;
    row.credited = v->credited;
    err = note_reference(t, v->gateway, v->gateway_reference, v->payment, e);
    if (err == OK) err = expect_in_balance(t, &row, e);
    if (err == OK) err = set_payable(t, &row, false, e);
    return err != OK ? err : settled(t, &row, e);
}

static enum err close_payment(struct views_txn *t, const struct payment_closed *v, struct arena *a,
                              struct error *e)
{
    struct transaction row = {0};
    enum err err = transaction_need(&row, t, v->payment, a, e);
    if (err == OK) err = set_payable(t, &row, false, e);
    return err != OK ? err : transaction_put(t, &row, e);
}

static enum err fail_payment(struct views_txn *t, const struct payment_failed *v, struct arena *a,
                             struct error *e)
{
    struct transaction row = {0};
    enum err err = transaction_need(&row, t, v->payment, a, e);
    if (err != OK) return err;
    row.status = TRANSACTION_FAILED;
    row.processing = false;
    row.code = v->code;
    row.message = v->message;
    err = set_payable(t, &row, !payment_is_canceled(v->code), e);
    return err != OK ? err : settled(t, &row, e);
}

/* ---- refunds ---- */

/* Moves what is given back, or about to be; down again when a refund failed. */
static enum err move_refunded(struct views_txn *t, uint64_t payment, struct money by, struct arena *a,
                              struct error *e)
{
    struct transaction row = {0};
    enum err err = transaction_need(&row, t, payment, a, e);
    if (err == OK) err = money_add(&row.refunded, row.refunded, by, e);
    if (row.status == TRANSACTION_REFUNDED && by.minor < 0) row.status = TRANSACTION_PARTIALLY_REFUNDED;
    return err != OK ? err : transaction_put(t, &row, e);
}

/* What a refund pays out of the customer's credit gives back what no invoice took of the payment first, and
 * then what its invoices did. What was asked for because of a credit note is noted on its invoice already. */
static enum err from_invoices(struct money *out, const struct transaction *payment,
                              const struct transaction *refund, struct money credit, struct error *e)
{
    struct money before = {0}, surplus = {0};
    *out = money_zero(credit);
    if (refund->invoice != 0) return OK;
    enum err err = money_subtract(&before, payment->refunded, refund->amount, e);
    if (err == OK) err = money_subtract(&surplus, payment->credited, before, e);
    if (err != OK) return err;
    if (surplus.minor <= 0) {
        *out = credit;
        return OK;
    }
    return money_subtract(out, credit, money_min(surplus, credit), e);
}

/* What a refund takes of the invoices that its payment paid, when its `credit` goes out of the customer's
 * credit, and comes back to it. */
struct refund_parts {
    struct money concession, credit;
};
static enum err parts_of(struct refund_parts *out, const struct transaction *payment,
                         const struct transaction *refund, struct money credit, struct error *e)
{
    enum err err = money_subtract(&out->concession, refund->amount, credit, e);
    return err == OK ? from_invoices(&out->credit, payment, refund, credit, e) : err;
}

/* The payment's status follows completed refunds only; what they give back, and what of that they concede on
 * revenue, is noted on the invoices it paid. */
static enum err note_refund(struct views_txn *t, const struct transaction *refund, struct arena *a,
                            struct error *e)
{
    struct transaction row = {0};
    struct refund_parts p = {0};
    enum err err = transaction_need(&row, t, refund->payment, a, e);
    if (err != OK) return err;
    bool whole = money_compare(row.refunded, row.amount) >= 0;
    row.status = whole ? TRANSACTION_REFUNDED : TRANSACTION_PARTIALLY_REFUNDED;
    err = parts_of(&p, &row, refund, refund->from_credit, e);
    for (size_t i = 0; err == OK && i < row.pays_count; i++) {
        err = invoice_give_back(t, row.pays[i].invoice, &p.concession, true, a, e);
        if (err == OK) err = invoice_give_back(t, row.pays[i].invoice, &p.credit, false, a, e);
    }
    return err != OK ? err : transaction_put(t, &row, e);
}

/* As if the refund had never been; the last that was given back comes back first. */
static enum err undo_refund(struct views_txn *t, const struct transaction *refund, struct money to_credit,
                            struct arena *a, struct error *e)
{
    struct transaction row = {0};
    struct refund_parts p = {0};
    enum err err = transaction_need(&row, t, refund->payment, a, e);
    if (err == OK) err = parts_of(&p, &row, refund, to_credit, e);
    for (size_t i = row.pays_count; err == OK && i > 0; i--) {
        err = invoice_take_back(t, row.pays[i - 1].invoice, &p.concession, true, a, e);
        if (err == OK) err = invoice_take_back(t, row.pays[i - 1].invoice, &p.credit, false, a, e);
    }
    if (err == OK) err = money_subtract(&row.refunded, row.refunded, refund->amount, e);
    row.status = money_is_zero(row.refunded) ? TRANSACTION_COMPLETED : TRANSACTION_PARTIALLY_REFUNDED;
    return err != OK ? err : transaction_put(t, &row, e);
}

static enum err request_refund(struct views_txn *t, const struct refund_requested *v, struct instant at,
                               struct arena *a, struct error *e)
{
    struct money nothing = money_zero(v->amount);
    struct transaction row = {.transaction = v->refund,
                              .customer = v->customer,
                              .kind = TRANSACTION_REFUND,
                              .status = TRANSACTION_PENDING,
                              .payment = v->payment,
                              .amount = v->amount,
                              .refunded = nothing,
                              .description = v->reason,
                              .gateway = v->gateway,
                              .gateway_key = v->gateway_key,
                              .invoice = v->invoice,
                              .from_credit = v->from_credit,
                              .credited = nothing,
                              .at = at};
    enum err err = add(t, &row, e);
    return err != OK ? err : move_refunded(t, v->payment, v->amount, a, e);
}

static enum err complete_refund(struct views_txn *t, const struct refund_succeeded *v, struct arena *a,
                                struct error *e)
{
    struct transaction row = {0};
    enum err err = transaction_need(&row, t, v->refund, a, e);
    if (err != OK) return err;
    row.status = TRANSACTION_COMPLETED;
    row.processing = false;
    row.gateway = v->gateway;
    row.gateway_reference = v->gateway_reference;
    err = note_reference(t, v->gateway, v->gateway_reference, v->refund, e);
    if (err == OK) err = expect_in_balance(t, &row, e);
    if (err == OK) err = settled(t, &row, e);
    return err != OK ? err : note_refund(t, &row, a, e);
}

static enum err fail_refund(struct views_txn *t, const struct refund_failed *v, struct arena *a,
                            struct error *e)
{
    struct transaction row = {0};
    enum err err = transaction_need(&row, t, v->refund, a, e);
    if (err != OK) return err;
    row.status = TRANSACTION_FAILED;
    row.processing = false;
    row.code = v->code;
    row.message = v->message;
    err = settled(t, &row, e);
    return err != OK ? err : move_refunded(t, v->payment, money_negate(v->amount), a, e);
}

static enum err return_refund(struct views_txn *t, const struct refund_returned *v, struct arena *a,
                              struct error *e)
{
    struct transaction row = {0};
    enum err err = transaction_need(&row, t, v->refund, a, e);
    if (err != OK) return err;
    row.status = TRANSACTION_FAILED;
    row.code = v->code;
    row.message = v->message;
    err = transaction_put(t, &row, e);
    return err != OK ? err : undo_refund(t, &row, v->to_credit, a, e);
}

/* ---- in the gateway's balance ---- */

static enum err see_in_balance(struct views_txn *t, const struct balance_movement *v, struct arena *a,
                               struct error *e)
{
    struct transaction row = {0};
    struct view_key expected = key_number(SPACE_UNCONFIRMED, v->transaction);
    enum err err = transaction_need(&row, t, v->transaction, a, e);
    if (err != OK) return err;
    row.in_balance = true;
    if (!money_same_currency(row.fee, v->fee)) row.fee = money_zero(v->fee);
    err = money_add(&row.fee, row.fee, v->fee, e);
    if (err == OK) err = views_delete(t, &expected, e);
    return err != OK ? err : transaction_put(t, &row, e);
}

static enum err see_movements(struct views_txn *t, const struct balance_noted *v, struct arena *a,
                              struct error *e)
{
    enum err err = OK;
    for (size_t i = 0; i < v->movements_count && err == OK; i++) {
        if (v->movements[i].transaction != 0) err = see_in_balance(t, &v->movements[i], a, e);
    }
    return err;
}

static enum err note_dispute(struct views_txn *t, const struct dispute_noted *v, struct arena *a,
                             struct error *e)
{
    struct transaction row = {0};
    enum err err = transaction_need(&row, t, v->payment, a, e);
    row.dispute = v->status;
    return err != OK ? err : transaction_put(t, &row, e);
}

/* ---- made elsewhere ---- */

static enum err store(struct views_txn *t, const struct transaction_stored *v, struct instant at,
                      struct error *e)
{
    struct money nothing = money_zero(v->amount);
    struct transaction row = {.transaction = v->transaction,
                              .customer = v->customer,
                              .kind = TRANSACTION_PAYMENT,
                              .status = TRANSACTION_COMPLETED,
                              .payment = v->transaction,
                              .amount = v->amount,
                              .refunded = nothing,
                              .description = v->description,
                              .gateway_reference = v->reference,
                              .from_credit = nothing,
                              .credited = nothing,
                              .at = instant_is_given(v->at) ? v->at : at};
    return add(t, &row, e);
}

enum err fold_transactions(struct views_txn *t, const struct event *ev, const struct event_place *place,
                           struct arena *a, struct error *e)
{
    if (ev->type == EVENT_PAYMENT_REQUESTED) return request_payment(t, &ev->payment_requested, place->at, e);
    if (ev->type == EVENT_PAYMENT_PREPARED) return prepare_payment(t, &ev->payment_prepared, a, e);
    if (ev->type == EVENT_PAYMENT_PROCESSING) return note_processing(t, &ev->payment_processing, a, e);
    if (ev->type == EVENT_PAYMENT_SUCCEEDED) return complete_payment(t, &ev->payment_succeeded, a, e);
    if (ev->type == EVENT_PAYMENT_FAILED) return fail_payment(t, &ev->payment_failed, a, e);
    if (ev->type == EVENT_PAYMENT_CLOSED) return close_payment(t, &ev->payment_closed, a, e);
    if (ev->type == EVENT_REFUND_REQUESTED) return request_refund(t, &ev->refund_requested, place->at, a, e);
    if (ev->type == EVENT_REFUND_SUCCEEDED) return complete_refund(t, &ev->refund_succeeded, a, e);
    if (ev->type == EVENT_REFUND_FAILED) return fail_refund(t, &ev->refund_failed, a, e);
    if (ev->type == EVENT_REFUND_RETURNED) return return_refund(t, &ev->refund_returned, a, e);
    if (ev->type == EVENT_BALANCE_NOTED) return see_movements(t, &ev->balance_noted, a, e);
    if (ev->type == EVENT_DISPUTE_NOTED) return note_dispute(t, &ev->dispute_noted, a, e);
    if (ev->type == EVENT_TRANSACTION_STORED) return store(t, &ev->transaction_stored, place->at, e);
    return OK;
}
