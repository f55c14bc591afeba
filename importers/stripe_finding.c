/* SPDX-License-Identifier: MIT */
/* stripe_finding.c - see stripe_finding.h. Whose it is, the names tell that the ledger keeps of what it asked
 * for; what the ledger does not know and could, a command says first. */
#include "importers/stripe_finding.h"
#include "importers/json_text.h"
#include "importers/stripe_subject.h"

static void say(struct finding *f, enum verdict verdict, const char *why)
{
    f->verdict = verdict;
    f->why = why;
}

static void is_mine(struct finding *f, const struct transaction *v)
{
    f->mine = *v;
    f->movement.transaction = v->transaction;
    f->movement.customer = v->customer;
}

static enum err mine_by(struct finding *f, struct views_txn *t, struct str reference, struct arena *a,
                        struct error *e)
{
    uint64_t number = 0;
    struct transaction v = {0};
    enum err err = reference.len == 0 ? OK : transaction_by_reference(&number, t, reference, e);
    if (err != OK || number == 0) return err;
    err = load_transaction(&v, t, number, a, e);
    if (err == OK) is_mine(f, &v);
    return err;
}

/* What was asked for and not answered yet has no name here: it is ours, and must not be booked a second
 * time. */
static enum err mine_or_asked(struct finding *f, const json_t *source, struct str reference,
                              struct views_txn *t, struct arena *a, struct error *e)
{
    struct transaction asked = {0};
    bool stray = false;
    enum err err = mine_by(f, t, reference, a, e);
    if (err != OK || f->mine.transaction != 0) return err;
    err = stripe_asked_for(&asked, &stray, source, t, a, e);
    if (asked.transaction != 0) is_mine(f, &asked);
    if (stray) say(f, DISAGREES, "it was made for a transaction that has another one at Stripe");
    return err;
}

static void settle_as(struct finding *f, enum payment_outcome outcome, struct str reference, const char *code,
                      const char *message)
{
    say(f, MENDS, message);
    f->mend.type = COMMAND_PAYMENT_SETTLE;
    f->mend.payment_settle = (struct payment_settle_command){.transaction = f->mine.transaction,
                                                             .outcome = outcome,
                                                             .gateway_reference = reference,
                                                             .code = str_of(code),
                                                             .message = str_of(message)};
}

bool finding_is_amount(const struct finding *f, int sign)
{
    struct money m = f->movement.amount;
    return money_same_currency(m, f->mine.amount) && m.minor == sign * f->mine.amount.minor;
}

/* A debit stands in the balance from when the bank is asked. One that fails leaves it by a movement of its
 * own: the two cancel out, and the payment was never booked. */
static bool has_failed(const json_t *charge)
{
    return str_is(json_text_of(charge, "object"), "charge") &&
           str_is(json_text_of(charge, "status"), "failed");
}

static enum err judge_failed_debit(struct finding *f, const json_t *charge, struct views_txn *t,
                                   struct arena *a, struct error *e)
{
    enum err err = mine_by(f, t, json_id_of(charge, "payment_intent"), a, e);
    if (err != OK) return err;
    if (f->mine.transaction == 0)
        say(f, OTHERS, "a debit that failed, and is none of this ledger's");
    else if (f->mine.status == TRANSACTION_PENDING)
        say(f, UNDERWAY, "the payment is pending here");
    else if (f->mine.status == TRANSACTION_FAILED)
        f->movement.kind = MOVEMENT_PAYMENT;
    return OK;
}

static enum err judge_payment(struct finding *f, const json_t *source, struct views_txn *t, struct arena *a,
                              struct error *e)
{
    struct str intent = json_id_of(source, "payment_intent");
    enum err err = mine_or_asked(f, source, intent, t, a, e);
    if (err != OK || f->verdict == DISAGREES) return err;
    if (f->mine.transaction == 0)
        say(f, OTHERS, "a payment that is none of this ledger's");
    else if (!finding_is_amount(f, 1))
        say(f, DISAGREES, "the payment is of another amount here");
    else if (f->mine.status == TRANSACTION_PENDING)
        say(f, UNDERWAY, "the payment is pending here");
    else if (f->mine.status == TRANSACTION_FAILED && !has_failed(source))
        settle_as(f, PAYMENT_SUCCEEDED, str_copy(a, intent), "",
                  "the payment failed here, and was paid there");
    return OK;
}

/* One that has failed since is booked as paid and, when its way back is looked at, as returned: else a
 * message that is older than that would book it as paid alone. */
static bool can_be_booked(struct finding *f, const json_t *source, struct arena *a)
{
    struct refund_note_command *c = &f->mend.refund_note;
    bool stands = stripe_refund_read(c, source, a);
    f->undone = !stands && c->gateway_reference.len > 0;
    if (f->undone) c->outcome = PAYMENT_SUCCEEDED;
    return f->undone || (stands && f->movement.kind == MOVEMENT_REFUND);
}

/* Made there by somebody. */
static enum err judge_strange_refund(struct finding *f, const json_t *source, struct views_txn *t,
                                     struct arena *a, struct error *e)
{
    struct finding payment = {.verdict = AGREES};
    enum err err = mine_by(&payment, t, json_id_of(source, "payment_intent"), a, e);
    if (err != OK) return err;
    f->movement.customer = payment.mine.customer;
    if (payment.mine.transaction == 0) {
        say(f, OTHERS, "a refund that is none of this ledger's");
    } else if (payment.mine.status == TRANSACTION_PENDING) {
        say(f, UNDERWAY, "a refund of a payment that is pending here");
    } else if (payment.mine.status == TRANSACTION_FAILED) {
        say(f, DISAGREES, "a refund of a payment that failed here");
    } else if (can_be_booked(f, source, a)) {
        say(f, MENDS, "a refund that somebody made at Stripe");
        f->mend.type = COMMAND_REFUND_NOTE;
        f->mend.refund_note.payment = payment.mine.transaction;
    } else {
        f->movement.kind = MOVEMENT_OTHER;
    }
    return OK;
}

static bool is_given_back(const json_t *refund)
{
    struct str status = json_text_of(refund, "status");
    return str_is(status, "succeeded") || str_is(status, "pending");
}

static enum err judge_refund(struct finding *f, const json_t *source, struct views_txn *t, struct arena *a,
                             struct error *e)
{
    bool back = f->movement.kind == MOVEMENT_REFUND_RETURNED;
    enum err err = mine_or_asked(f, source, f->movement.source, t, a, e);
    if (err != OK || f->verdict == DISAGREES) return err;
    if (f->mine.transaction == 0) return judge_strange_refund(f, source, t, a, e);
    if (!finding_is_amount(f, back ? 1 : -1))
        say(f, DISAGREES, "the refund is of another amount here");
    else if (back && f->mine.status != TRANSACTION_FAILED)
        settle_as(f, PAYMENT_RETURNED, STR_NONE, "refund_failed", "the refund came back from the bank");
    else if (f->mine.status == TRANSACTION_PENDING)
        say(f, UNDERWAY, "the refund is pending here");
    else if (!back && f->mine.status == TRANSACTION_FAILED && is_given_back(source))
        say(f, DISAGREES, "the refund failed here, and was paid there");
    return OK;
}

/* The dispute itself is told with it, where it is there as a whole. */
static enum err judge_dispute(struct finding *f, const json_t *source, struct views_txn *t,
                              struct instant now, struct arena *a, struct error *e)
{
    struct error unused = {0};
    enum err err = mine_by(f, t, json_id_of(source, "payment_intent"), a, e);
    if (err != OK) return err;
    if (f->mine.transaction == 0) {
        say(f, OTHERS, "a dispute about a payment that is none of this ledger's");
    } else if (stripe_dispute_read(&f->mend.dispute_note, source, a, &unused) == OK) {
        say(f, MENDS, "a dispute");
        f->mend.type = COMMAND_DISPUTE_NOTE;
        f->mend.dispute_note.payment = f->mine.transaction;
        f->mend.dispute_note.as_of = now;
    }
    return OK;
}

enum err finding_judge(struct finding *f, const json_t *txn, struct views_txn *t, struct instant now,
                       struct arena *a, struct error *e)
{
    const json_t *source = json_object_get(txn, "source");
    switch (f->movement.kind) {
    case MOVEMENT_PAYMENT: return judge_payment(f, source, t, a, e);
    case MOVEMENT_REFUND:
    case MOVEMENT_REFUND_RETURNED: return judge_refund(f, source, t, a, e);
    case MOVEMENT_DISPUTE:
        if (has_failed(source)) return judge_failed_debit(f, source, t, a, e);
        return judge_dispute(f, source, t, now, a, e);
    case MOVEMENT_DISPUTE_REVERSED: return judge_dispute(f, source, t, now, a, e);
    case MOVEMENT_PAYOUT:
    case MOVEMENT_TOPUP:
    case MOVEMENT_FEE:
    case MOVEMENT_OTHER: break;
    }
    return OK;
}
