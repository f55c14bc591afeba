/* SPDX-License-Identifier: MIT */
/* decide_balance.c - what happened to money at the gateway without being asked for here: refunds that
 * somebody made there, disputes, fees, payouts. Each is known by the gateway's own name, and is noted once,
 * however often and in whatever order it is told. */
#include "ledger/book/decide_shared.h"

/* ---- refunds ---- */

enum err decide_refund_note(struct decision *out, const struct facts *f, const struct refund_note_command *c,
                            struct arena *a, struct error *e)
{
    const struct transaction *t = f->transaction;
    struct money left = {0};
    if (f->referenced != 0) return OK;
    if (t == NULL || t->kind != TRANSACTION_PAYMENT)
        return fail(e, ERR_NOT_FOUND, "no payment txn_%ju", (uintmax_t)c->payment);
    if (t->status == TRANSACTION_PENDING || t->status == TRANSACTION_FAILED) {
        return fail(e, ERR_REFUSED, "a refund was made at the gateway of payment txn_%ju, which is %s here",
                    (uintmax_t)t->transaction, choice_transaction_status.words[t->status]);
    }
    if (!money_same_currency(t->amount, c->amount) || c->amount.minor <= 0)
        return fail(e, ERR_REFUSED, "a refund made at the gateway is in another currency than its payment");
    enum err err = money_subtract(&left, t->amount, t->refunded, e);
    if (err != OK) return err;
    if (money_compare(c->amount, left) > 0) {
        return fail(
            e, ERR_REFUSED,
            "a refund of %.*s %s was made at the gateway, and of payment txn_%ju only %.*s %s are left",
            STR_ARG(money_text(a, c->amount)), c->amount.currency, (uintmax_t)t->transaction,
            STR_ARG(money_text(a, left)), left.currency);
    }
    struct money credit = credit_balance(f->customer, c->amount.currency);
    if (credit.minor < 0) credit = money_zero(c->amount);
    credit = money_min(credit, c->amount);
    struct event *ev = event_add(&out->events, EVENT_REFUND_REQUESTED, a);
    ev->refund_requested = (struct refund_requested){.refund = f->counters.transaction,
                                                     .payment = t->transaction,
                                                     .customer = t->customer,
                                                     .amount = c->amount,
                                                     .from_credit = credit,
                                                     .reason = c->reason,
                                                     .gateway = t->gateway,
                                                     .gateway_key = c->gateway_reference};
    if (c->outcome != PAYMENT_SUCCEEDED) {
        ev = event_add(&out->events, EVENT_PAYMENT_PROCESSING, a);
        ev->payment_processing = (struct payment_processing){.transaction = f->counters.transaction,
                                                             .customer = t->customer,
                                                             .amount = c->amount,
                                                             .gateway = t->gateway,
                                                             .gateway_reference = c->gateway_reference};
        return OK;
    }
    ev = event_add(&out->events, EVENT_REFUND_SUCCEEDED, a);
    ev->refund_succeeded = (struct refund_succeeded){.refund = f->counters.transaction,
                                                     .payment = t->transaction,
                                                     .customer = t->customer,
                                                     .amount = c->amount,
                                                     .from_credit = credit,
                                                     .gateway = t->gateway,
                                                     .gateway_reference = c->gateway_reference};
    return OK;
}

/* ---- the balance ---- */

static bool came_before(const struct balance_movement *movements, size_t index)
{
    for (size_t i = 0; i < index; i++) {
        if (str_equal(movements[i].reference, movements[index].reference)) return true;
    }
    return false;
}

static void note_movements(struct decision *out, const struct facts *f, struct str gateway,
                           const struct balance_movement *movements, size_t count, struct arena *a)
{
    struct balance_movement *fresh = arena_array_of(a, struct balance_movement, count);
    size_t taken = 0;
    for (size_t i = 0; i < count; i++) {
        if (!f->movements_known[i] && !came_before(movements, i)) fresh[taken++] = movements[i];
    }
    if (taken == 0) return;
    struct event *ev = event_add(&out->events, EVENT_BALANCE_NOTED, a);
    ev->balance_noted =
        (struct balance_noted){.gateway = gateway, .movements = fresh, .movements_count = taken};
}

enum err decide_balance_note(struct decision *out, const struct facts *f,
                             const struct balance_note_command *c, struct arena *a, struct error *e)
{
    (void)e;
    note_movements(out, f, c->gateway, c->movements, c->movements_count, a);
    return OK;
}

/* A key that may not tell its account is no other one for that. */
enum err decide_gateway_bind(struct decision *out, const struct facts *f,
                             const struct gateway_bind_command *c, struct arena *a, struct error *e)
{
    const struct gateway_bound *b = f->bound;
    bool names = b != NULL && b->account.len > 0, told = c->account.len > 0;
    if (b != NULL && b->livemode != c->livemode) {
        return fail(e, ERR_REFUSED, "the key is one for %s, and this ledger's money is %s",
                    c->livemode ? "real money" : "tests", b->livemode ? "real" : "for tests");
    }
    if (names && told && !str_equal(b->account, c->account)) {
        return fail(e, ERR_REFUSED, "the key is of the account %.*s, and this ledger's money is at %.*s",
                    STR_ARG(c->account), STR_ARG(b->account));
    }
    if (b != NULL && (names || !told)) return OK;
    event_add(&out->events, EVENT_GATEWAY_BOUND, a)->gateway_bound =
        (struct gateway_bound){.gateway = c->gateway, .account = c->account, .livemode = c->livemode};
    return OK;
}

/* Written each time, also when nothing was found: that is what shows that somebody looked. */
enum err decide_balance_reconcile(struct decision *out, const struct facts *f,
                                  const struct balance_reconcile_command *c, struct arena *a, struct error *e)
{
    (void)f;
    (void)e;
    struct event *ev = event_add(&out->events, EVENT_BALANCE_RECONCILED, a);
    ev->balance_reconciled = (struct balance_reconciled){.gateway = c->gateway,
                                                         .from = c->from,
                                                         .through = c->through,
                                                         .movements = c->movements,
                                                         .noted = c->noted,
                                                         .differences = c->differences};
    return OK;
}

/* ---- disputes ---- */

bool dispute_is_decided(enum dispute_status status)
{
    return status == DISPUTE_WON || status == DISPUTE_LOST || status == DISPUTE_CLOSED;
}

bool dispute_holds(enum dispute_status status)
{
    return status == DISPUTE_NEEDS_RESPONSE || status == DISPUTE_UNDER_REVIEW || status == DISPUTE_LOST;
}

/* A customer can take back a dispute that his bank has decided for him. */
static bool is_restored(const struct dispute *known, const struct dispute_note_command *c)
{
    return known != NULL && known->status == DISPUTE_LOST && c->status == DISPUTE_WON &&
           c->as_of.us > known->as_of.us;
}

/* What was decided stays so but for that; of the rest the newest counts. */
static bool is_news(const struct dispute *known, const struct dispute_note_command *c)
{
    if (known == NULL || is_restored(known, c)) return true;
    if (dispute_is_decided(known->status) || known->status == c->status) return false;
    return dispute_is_decided(c->status) || c->as_of.us >= known->as_of.us;
}

enum err decide_dispute_note(struct decision *out, const struct facts *f,
                             const struct dispute_note_command *c, struct arena *a, struct error *e)
{
    const struct transaction *t = f->transaction;
    if (t == NULL || t->kind != TRANSACTION_PAYMENT)
        return fail(e, ERR_NOT_FOUND, "no payment txn_%ju", (uintmax_t)c->payment);
    if (is_news(f->dispute, c)) {
        struct event *ev = event_add(&out->events, EVENT_DISPUTE_NOTED, a);
        ev->dispute_noted = (struct dispute_noted){
            .dispute = f->dispute != NULL ? f->dispute->dispute : f->counters.dispute,
            .customer = t->customer,
            .payment = t->transaction,
            .status = c->status,
            .amount = c->amount,
            .gateway = c->gateway,
            .gateway_reference = c->gateway_reference,
            .reason = c->reason,
            .respond_by = c->respond_by,
            .as_of = c->as_of,
        };
        if (is_restored(f->dispute, c)) ev->dispute_noted.restored = f->dispute->amount;
    }
    note_movements(out, f, c->gateway, c->movements, c->movements_count, a);
    return OK;
}
