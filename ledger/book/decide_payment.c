/* SPDX-License-Identifier: MIT */
/* decide_payment.c - payments and refunds: what is asked of the gateway, and what its answer means for
 * invoices and balances. */
#include "ledger/book/decide_shared.h"
#include "ledger/book/dunning.h"

static enum err positive(struct money amount, struct error *e)
{
    if (amount.minor > 0) return OK;
    return fail(e, ERR_INVALID, "amount: more than nothing is wanted");
}

static enum err declined(struct error *e, const char *reason, const char *why)
{
    enum err err = fail(e, ERR_DECLINED, "%s", why);
    (void)snprintf(e->reason, sizeof e->reason, "%s", reason);
    return err;
}

enum err decide_payment_charge(struct decision *out, const struct facts *f,
                               const struct payment_charge_command *c, struct arena *a, struct error *e)
{
    char currency[4] = "";
    struct payment_wish wish = {.number = f->counters.transaction, .gateway = c->gateway};
    enum err err = need_customer(f, c->user, e);
    if (err == OK) err = currency_chosen(currency, c->currency, f->customer, e);
    if (err == OK) err = money_exact(&wish.amount, c->amount, currency, "amount", a, e);
    if (err == OK) err = positive(wish.amount, e);
    if (err != OK) return err;
    if (c->invoice.len != 0) {
        if (f->invoice == NULL || f->invoice->customer != f->customer->customer) {
            return fail(e, ERR_NOT_FOUND, "no invoice '%.*s' of '%.*s'", STR_ARG(c->invoice),
                        STR_ARG(c->user));
        }
        wish.invoice = f->invoice->invoice;
        err = check_not_pending(f, f->invoice, "charge it again", e);
        if (err != OK) return err;
        if (f->invoice->status == INVOICE_VOID) {
            return fail(e, ERR_REFUSED, "invoice '%.*s' is void: nothing is to be paid for it",
                        STR_ARG(f->invoice->number));
        }
        if (strcmp(f->invoice->amount_due.currency, currency) != 0) {
            return fail(e, ERR_REFUSED, "invoice '%.*s' is in %s, not %s", STR_ARG(c->invoice),
                        f->invoice->amount_due.currency, currency);
        }
    }
    const struct method *m = method_named(f, c->payment_method);
    if (m == NULL && c->payment_method.len != 0) {
        return fail(e, ERR_NOT_FOUND, "no such payment method of '%.*s'", STR_ARG(c->user));
    }
    if (m == NULL) return declined(e, "no_payment_method", "the customer has no payment method");
    if (!str_equal(m->gateway, c->gateway)) {
        return fail(e, ERR_REFUSED, "the payment method is kept by %.*s, and payments are made by %.*s",
                    STR_ARG(m->gateway), STR_ARG(c->gateway));
    }
    wish.customer = f->customer->customer;
    wish.method = m->method;
    wish.description = c->description.len != 0 ? c->description : STR("Payment");
    add_payment_request(out, f, &wish, a);
    return OK;
}

/* ---- answers ---- */

struct spread {
    struct allocation *items, *recovers;
    size_t count, recovers_count;
    struct money left;
};

/* What was written off is owed all the same, and can be paid by who means it. */
static bool can_be_paid(const struct invoice *v)
{
    return v->status == INVOICE_OPEN || v->status == INVOICE_PARTIALLY_PAID ||
           v->status == INVOICE_UNCOLLECTIBLE;
}

static enum err allot(struct spread *s, const struct invoice *v, struct error *e)
{
    struct money open = {0};
    if (s->left.minor <= 0 || !money_same_currency(v->amount_due, s->left) || !can_be_paid(v)) return OK;
    enum err err = invoice_owed(&open, v, e);
    if (err != OK) return err;
    struct money part = money_min(open, s->left);
    if (part.minor <= 0) return OK;
    s->items[s->count++] = (struct allocation){v->invoice, part};
    if (v->status == INVOICE_UNCOLLECTIBLE) s->recovers[s->recovers_count++] = s->items[s->count - 1];
    return money_subtract(&s->left, s->left, part, e);
}

/* The invoice that was meant first, then open ones, oldest first; a payment made for one invoice pays no
 * other. */
static enum err succeed_payment(struct decision *out, const struct facts *f,
                                const struct payment_settle_command *c, struct arena *a, struct error *e)
{
    const struct transaction *t = f->transaction;
    struct spread s = {.items = arena_array_of(a, struct allocation, f->open_invoices_count + 1),
                       .recovers = arena_new_of(a, struct allocation), /* the one that was meant */
                       .left = t->amount};
    enum err err = OK;
    if (t->invoice != 0) {
        if (f->invoice != NULL) err = allot(&s, f->invoice, e);
    } else {
        for (size_t i = 0; i < f->open_invoices_count && err == OK; i++)
            err = allot(&s, &f->open_invoices[i], e);
    }
    if (err != OK) return err;
    struct event *ev = event_add(&out->events, EVENT_PAYMENT_SUCCEEDED, a);
    ev->payment_succeeded = (struct payment_succeeded){.payment = t->transaction,
                                                       .customer = t->customer,
                                                       .amount = t->amount,
                                                       .gateway = t->gateway,
                                                       .gateway_reference = c->gateway_reference,
                                                       .pays = s.items,
                                                       .pays_count = s.count,
                                                       .credited = s.left,
                                                       .recovers = s.recovers,
                                                       .recovers_count = s.recovers_count};
    return restore_subscriptions(out, f, s.items, s.count, NULL, a, e);
}

static void fail_payment(struct decision *out, const struct transaction *t,
                         const struct payment_settle_command *c, struct arena *a)
{
    struct event *ev = event_add(&out->events, EVENT_PAYMENT_FAILED, a);
    ev->payment_failed = (struct payment_failed){.payment = t->transaction,
                                                 .customer = t->customer,
                                                 .amount = t->amount,
                                                 .gateway = t->gateway,
                                                 .code = c->code,
                                                 .message = c->message,
                                                 .advice = c->advice};
}

static void settle_refund(struct decision *out, const struct transaction *t,
                          const struct payment_settle_command *c, struct arena *a)
{
    if (c->outcome == PAYMENT_SUCCEEDED) {
        struct event *ev = event_add(&out->events, EVENT_REFUND_SUCCEEDED, a);
        ev->refund_succeeded = (struct refund_succeeded){.refund = t->transaction,
                                                         .payment = t->payment,
                                                         .customer = t->customer,
                                                         .amount = t->amount,
                                                         .from_credit = t->from_credit,
                                                         .gateway = t->gateway,
                                                         .gateway_reference = c->gateway_reference,
                                                         .invoice = t->invoice};
        return;
    }
    struct event *ev = event_add(&out->events, EVENT_REFUND_FAILED, a);
    ev->refund_failed = (struct refund_failed){.refund = t->transaction,
                                               .payment = t->payment,
                                               .customer = t->customer,
                                               .amount = t->amount,
                                               .from_credit = t->from_credit,
                                               .gateway = t->gateway,
                                               .code = c->code,
                                               .message = c->message,
                                               .invoice = t->invoice};
}

/* What had succeeded is not declined by an answer that is older than that: only who says that it came back
 * undoes it. Of a concession, what a credit note has taken the place of is owed to the customer now. */
static enum err return_refund(struct decision *out, const struct facts *f, const struct transaction *t,
                              const struct payment_settle_command *c, struct arena *a, struct error *e)
{
    struct money concession = {0}, to_credit = {0};
    enum err err = money_subtract(&concession, t->amount, t->from_credit, e);
    if (err == OK) err = money_subtract(&to_credit, t->amount, money_min(concession, f->conceded), e);
    if (err != OK) return err;
    struct event *ev = event_add(&out->events, EVENT_REFUND_RETURNED, a);
    ev->refund_returned = (struct refund_returned){.refund = t->transaction,
                                                   .payment = t->payment,
                                                   .customer = t->customer,
                                                   .amount = t->amount,
                                                   .to_credit = to_credit,
                                                   .gateway = t->gateway,
                                                   .code = c->code,
                                                   .message = c->message,
                                                   .invoice = t->invoice};
    return OK;
}

static void note_prepared(struct decision *out, const struct transaction *t,
                          const struct payment_settle_command *c, struct arena *a)
{
    struct event *ev = event_add(&out->events, EVENT_PAYMENT_PREPARED, a);
    ev->payment_prepared = (struct payment_prepared){.payment = t->transaction,
                                                     .customer = t->customer,
                                                     .gateway = t->gateway,
                                                     .gateway_reference = c->gateway_reference};
}

static void note_processing(struct decision *out, const struct transaction *t,
                            const struct payment_settle_command *c, struct arena *a)
{
    struct event *ev = event_add(&out->events, EVENT_PAYMENT_PROCESSING, a);
    ev->payment_processing = (struct payment_processing){.transaction = t->transaction,
                                                         .customer = t->customer,
                                                         .amount = t->amount,
                                                         .gateway = t->gateway,
                                                         .gateway_reference = c->gateway_reference};
}

/* The customer paid it himself after it had failed, such as by confirming it to his bank. What the ledger
 * does not know by that name is none of its payments. */
static bool is_paid_late(const struct transaction *t, const struct payment_settle_command *c)
{
    return t->kind == TRANSACTION_PAYMENT && t->status == TRANSACTION_FAILED &&
           c->outcome == PAYMENT_SUCCEEDED && t->gateway_reference.len > 0 &&
           str_equal(t->gateway_reference, c->gateway_reference);
}

static void note_closed(struct decision *out, const struct transaction *t, struct arena *a)
{
    struct event *ev = event_add(&out->events, EVENT_PAYMENT_CLOSED, a);
    ev->payment_closed = (struct payment_closed){.payment = t->transaction,
                                                 .customer = t->customer,
                                                 .gateway = t->gateway,
                                                 .gateway_reference = t->gateway_reference};
}

enum err decide_payment_settle(struct decision *out, const struct facts *f,
                               const struct payment_settle_command *c, struct arena *a, struct error *e)
{
    const struct transaction *t = f->transaction;
    if (t == NULL)
        return fail(e, ERR_NOT_FOUND, "no transaction txn_%llu", (unsigned long long)c->transaction);
    bool is_refund = t->kind == TRANSACTION_REFUND;
    if (c->outcome == PAYMENT_RETURNED && is_refund && t->status == TRANSACTION_COMPLETED)
        return return_refund(out, f, t, c, a, e);
    if (is_paid_late(t, c)) return succeed_payment(out, f, c, a, e);
    if (t->payable && c->outcome == PAYMENT_DECLINED && payment_is_canceled(c->code)) note_closed(out, t, a);
    if (t->status != TRANSACTION_PENDING || c->outcome == PAYMENT_UNKNOWN)
        return OK; /* settled, or still not known */
    if (c->outcome == PAYMENT_PREPARED) {
        if (t->gateway_reference.len == 0) note_prepared(out, t, c, a);
        return OK;
    }
    if (c->outcome == PAYMENT_PROCESSING) {
        if (!t->processing) note_processing(out, t, c, a);
        return OK;
    }
    if (is_refund) {
        settle_refund(out, t, c, a);
        return OK;
    }
    if (c->outcome == PAYMENT_SUCCEEDED) return succeed_payment(out, f, c, a, e);
    fail_payment(out, t, c, a);
    return OK;
}

/* ---- refunds ---- */

static enum err refundable(struct money *left, const struct facts *f, const struct payment_refund_command *c,
                           struct error *e)
{
    const struct transaction *t = f->transaction;
    if (t == NULL) return fail(e, ERR_NOT_FOUND, "no transaction '%.*s'", STR_ARG(c->transaction));
    bool paid = t->status == TRANSACTION_COMPLETED || t->status == TRANSACTION_PARTIALLY_REFUNDED ||
                t->status == TRANSACTION_REFUNDED;
    if (t->kind != TRANSACTION_PAYMENT || t->gateway.len == 0) {
        return fail(e, ERR_REFUSED, "'%.*s' is not a payment made here", STR_ARG(c->transaction));
    }
    if (!str_equal(t->gateway, c->gateway)) {
        return fail(e, ERR_REFUSED, "payment '%.*s' was made by %.*s, and refunds are made by %.*s",
                    STR_ARG(c->transaction), STR_ARG(t->gateway), STR_ARG(c->gateway));
    }
    if (!paid) {
        return fail(e, ERR_REFUSED, "payment '%.*s' is %s, not completed", STR_ARG(c->transaction),
                    choice_transaction_status.words[t->status]);
    }
    if (dispute_holds(t->dispute)) {
        return fail(e, ERR_REFUSED, "payment '%.*s' is disputed: the customer's bank has the money",
                    STR_ARG(c->transaction));
    }
    return money_subtract(left, t->amount, t->refunded, e);
}

enum err decide_payment_refund(struct decision *out, const struct facts *f,
                               const struct payment_refund_command *c, struct arena *a, struct error *e)
{
    struct money left = {0}, amount = {0};
    enum err err = refundable(&left, f, c, e);
    if (err != OK) return err;
    const struct transaction *t = f->transaction;
    amount = left;
    if (!decimal_is_zero(c->amount))
        err = money_exact(&amount, c->amount, t->amount.currency, "amount", a, e);
    if (err != OK) return err;
    if (money_is_zero(left))
        return fail(e, ERR_REFUSED, "payment '%.*s' is refunded already", STR_ARG(c->transaction));
    err = positive(amount, e);
    if (err != OK) return err;
    if (money_compare(amount, left) > 0) {
        return fail(e, ERR_REFUSED, "a refund of %.*s %s is more than is left of payment '%.*s': %.*s %s",
                    STR_ARG(money_text(a, amount)), amount.currency, STR_ARG(c->transaction),
                    STR_ARG(money_text(a, left)), left.currency);
    }
    struct money credit = credit_balance(f->customer, amount.currency);
    if (credit.minor < 0) credit = money_of(0, amount.currency);
    struct event *ev = event_add(&out->events, EVENT_REFUND_REQUESTED, a);
    ev->refund_requested =
        (struct refund_requested){.refund = f->counters.transaction,
                                  .payment = t->transaction,
                                  .customer = t->customer,
                                  .amount = amount,
                                  .from_credit = money_min(credit, amount),
                                  .reason = c->reason,
                                  .gateway = t->gateway,
                                  .gateway_key = gateway_key(f, f->counters.transaction, a)};
    return OK;
}

enum err decide_transaction_store(struct decision *out, const struct facts *f,
                                  const struct transaction_store_command *c, struct arena *a, struct error *e)
{
    char currency[4] = "";
    struct money amount = {0};
    enum err err = need_customer(f, c->user, e);
    if (err == OK) err = currency_chosen(currency, c->currency, f->customer, e);
    if (err == OK) err = money_exact(&amount, c->amount, currency, "amount", a, e);
    if (err != OK) return err;
    struct event *ev = event_add(&out->events, EVENT_TRANSACTION_STORED, a);
    ev->transaction_stored = (struct transaction_stored){.transaction = f->counters.transaction,
                                                         .customer = f->customer->customer,
                                                         .amount = amount,
                                                         .description = c->description,
                                                         .reference = c->reference,
                                                         .at = instant_is_given(c->at) ? c->at : f->now};
    return OK;
}
