/* SPDX-License-Identifier: MIT */
/* stripe_money.c - what happens to payment methods and money, whoever asked for it, and the events that tell
 * of it. */
#include "tests/lib/stripe_inside.h"

/* ---- events ---- */

static json_t *optional(const char *text)
{
    return text == NULL ? json_null() : json_string(text);
}

static size_t events_kept(const struct stripe_server *s)
{
    enum { USUAL = 20000 };
    return s->options.events_kept == 0 ? USUAL : s->options.events_kept;
}

void ss_event(struct stripe_server *s, const char *type, json_t *object, json_t *before)
{
    struct ss_event *ev = (struct ss_event *)ss_make(s, SS_EVENT, NULL);
    ev->type = type;
    json_t *data = json_pack("{s:o}", "object", object);
    if (before != NULL) json_object_set_new(data, "previous_attributes", before);
    json_t *whole = json_pack("{s:s, s:s, s:s, s:I, s:o, s:b, s:i, s:{s:o, s:o}, s:s}", "id", ev->t.id,
                              "object", "event", "api_version", SS_API_VERSION, "created",
                              (json_int_t)ev->t.created, "data", data, "livemode", 0, "pending_webhooks", 1,
                              "request", "id", optional(s->now == NULL ? NULL : s->now->request),
                              "idempotency_key", optional(s->now == NULL ? NULL : s->now->key), "type", type);
    ev->t.body = json_dumps(whole, JSON_COMPACT);
    if (ev->t.body == NULL) WRONG("an event of the test server has no shape");
    json_decref(whole);
    while (s->shelves[SS_EVENT].count > events_kept(s)) ss_drop(s, s->shelves[SS_EVENT].oldest);
}

static void event_of(struct stripe_server *s, const char *type, const struct ss_thing *t)
{
    ss_event(s, type, ss_json(t, (struct ss_expand){0}), NULL);
}

/* ---- the balance ---- */

/* 2.9 % and 30 cents. */
static int64_t fee_of(int64_t amount)
{
    enum { PER_MILLE = 29, FIXED = 30, HALF = 500, WHOLE = 1000 };
    return (amount * PER_MILLE + HALF) / WHOLE + FIXED;
}

void ss_add_to_sum(struct stripe_server *s, const char *currency, int64_t net)
{
    for (size_t i = 0; i < SS_CURRENCIES; i++) {
        struct ss_sum *sum = &s->sums[i];
        if (sum->currency[0] == '\0') memcpy(sum->currency, currency, sizeof sum->currency);
        if (strcmp(sum->currency, currency) != 0) continue;
        sum->net += net;
        return;
    }
    WRONG("the test server knows fewer currencies");
}

struct money_kind {
    const char *type, *category;
};
static struct ss_txn *book(struct stripe_server *s, struct money_kind kind, const struct ss_thing *source,
                           const char *currency, int64_t amount, int64_t fee)
{
    enum { BOUGHT = 11, SOLD = 10 }; /* 1.10 of what it is settled in */
    struct ss_txn *x = (struct ss_txn *)ss_make(s, SS_TXN, NULL);
    if (s->settles_in != NULL && source != NULL && strcmp(s->settles_in, currency) != 0) {
        currency = s->settles_in;
        amount = amount * BOUGHT / SOLD;
    }
    x->type = kind.type;
    x->category = kind.category;
    x->source = source;
    x->amount = amount;
    x->fee = fee;
    memcpy(x->currency, currency, sizeof x->currency);
    ss_add_to_sum(s, currency, amount - fee);
    return x;
}

/* The words live as long as the server. */
void ss_move(struct stripe_server *s, const char *type, const char *category, const char *currency,
             int64_t amount)
{
    (void)book(s, (struct money_kind){type, category}, NULL, currency, amount, 0);
}

/* ---- payment methods ---- */

bool ss_attach(struct stripe_server *s, struct ss_method *m, struct ss_customer *to)
{
    if (m->decline != NULL && !m->token->attaches) return false;
    m->customer = to;
    ss_own(&m->t, &to->methods);
    event_of(s, "payment_method.attached", &m->t);
    return true;
}

void ss_detach(struct stripe_server *s, struct ss_method *m)
{
    json_t *before = json_pack("{s:s}", "customer", m->customer->t.id);
    m->customer = NULL;
    m->spent = true;
    ss_own(&m->t, NULL);
    ss_event(s, "payment_method.detached", ss_json(&m->t, (struct ss_expand){0}), before);
}

/* ---- charges ---- */

/* A debit stands in the balance as soon as the bank is asked, long before it answers. */
static void book_charge(struct stripe_server *s, struct ss_charge *ch)
{
    static const struct money_kind card = {"charge", "charge"}, bank = {"payment", "charge"};
    if (ch->txn != NULL) return;
    ch->txn = book(s, ch->method->token->bank ? bank : card, &ch->t, ch->intent->currency, ch->amount,
                   fee_of(ch->amount));
}

/* One that fails leaves it by a movement of its own, and its fee is given back. */
static void book_failure(struct stripe_server *s, struct ss_charge *ch)
{
    static const struct money_kind failed = {"payment_failure_refund", "charge_failure"};
    if (ch->txn == NULL) return;
    ch->failure_txn = book(s, failed, &ch->t, ch->intent->currency, -ch->amount, -fee_of(ch->amount));
}

/* The charge of this try: one that is pending ends, else a new one is made. */
static struct ss_charge *charge_of_try(struct stripe_server *s, struct ss_intent *p)
{
    if (p->latest != NULL && strcmp(p->latest->status, "pending") == 0) return p->latest;
    struct ss_charge *ch = (struct ss_charge *)ss_make(s, SS_CHARGE, &p->charges);
    if (p->method->token->bank) ss_rename(s, &ch->t, "py_");
    ch->intent = p;
    ch->method = p->method;
    ch->amount = p->amount;
    p->latest = ch;
    return ch;
}

void ss_paid(struct stripe_server *s, struct ss_intent *p)
{
    struct ss_charge *ch = charge_of_try(s, p);
    struct ss_method *m = ch->method;
    ch->status = "succeeded";
    book_charge(s, ch);
    p->status = SS_SUCCEEDED;
    p->received = p->amount;
    p->failure = NULL;
    p->failed_method = NULL;
    s->counts.charges_succeeded++;
    event_of(s, "charge.succeeded", &ch->t);
    event_of(s, "payment_intent.succeeded", &p->t);
    if (p->keep && p->customer != NULL && m->customer == NULL) (void)ss_attach(s, m, p->customer);
    m->spent = m->customer == NULL;
    if (m->token->trait == SS_DISPUTED) (void)ss_dispute(s, ch, "fraudulent");
}

/* A customer who does not authenticate never reaches the bank: no charge is made. */
static bool reached_bank(const struct ss_intent *p, const struct ss_decline *why)
{
    return p->method->token->bank || why->decline_code != NULL;
}

void ss_failed(struct stripe_server *s, struct ss_intent *p, const struct ss_decline *why)
{
    struct ss_charge *ch = reached_bank(p, why) ? charge_of_try(s, p) : NULL;
    p->latest = ch;
    p->failure = why;
    p->failed_method = p->method;
    p->method = NULL;
    p->status = SS_REQUIRES_METHOD;
    p->failed_method->spent = p->failed_method->customer == NULL;
    if (ch != NULL) {
        ch->status = "failed";
        ch->failure = why;
        book_failure(s, ch);
        s->counts.charges_failed++;
        event_of(s, "charge.failed", &ch->t);
    }
    event_of(s, "payment_intent.payment_failed", &p->t);
}

void ss_charge(struct stripe_server *s, struct ss_intent *p, bool off_session)
{
    const struct ss_method *m = p->method;
    p->failure = NULL;
    p->failed_method = NULL;
    if (m->token->bank) {
        struct ss_charge *ch = charge_of_try(s, p);
        ch->status = "pending";
        book_charge(s, ch);
        p->status = SS_PROCESSING;
        event_of(s, "charge.pending", &ch->t);
        event_of(s, "payment_intent.processing", &p->t);
    } else if (m->decline != NULL) {
        ss_failed(s, p, m->decline);
    } else if (m->token->trait == SS_NEEDS_ACTION && off_session) {
        ss_failed(s, p, ss_decline("authentication_required"));
    } else if (m->token->trait == SS_NEEDS_ACTION) {
        p->status = SS_REQUIRES_ACTION;
        event_of(s, "payment_intent.requires_action", &p->t);
    } else {
        ss_paid(s, p);
    }
}

/* ---- refunds ---- */

struct ss_refund *ss_refund(struct stripe_server *s, struct ss_charge *ch, int64_t amount)
{
    static const struct money_kind card = {"refund", "refund"}, bank = {"payment_refund", "refund"};
    bool is_bank = ch->method->token->bank;
    struct ss_refund *r = (struct ss_refund *)ss_make(s, SS_REFUND, &ch->intent->refunds);
    if (is_bank) ss_rename(s, &r->t, "pyr_");
    r->charge = ch;
    r->amount = amount;
    r->status = is_bank || s->options.refunds_pending ? "pending" : "succeeded";
    r->txn = book(s, is_bank ? bank : card, &r->t, ch->intent->currency, -amount, 0);
    ch->refunded += amount;
    s->counts.refunds++;
    return r;
}

void ss_refund_failed(struct stripe_server *s, struct ss_refund *r, const char *why)
{
    static const struct money_kind card = {"refund_failure", "refund_failure"},
                                   bank = {"payment_failure_refund", "refund_failure"};
    struct ss_charge *ch = r->charge;
    r->failure = why;
    r->status = "failed";
    r->failure_txn =
        book(s, ch->method->token->bank ? bank : card, &r->t, ch->intent->currency, r->amount, 0);
    ch->refunded -= r->amount;
    event_of(s, "refund.updated", &r->t);
    event_of(s, "refund.failed", &r->t);
    event_of(s, "charge.refund.updated", &r->t);
}

/* ---- disputes ---- */

struct ss_dispute *ss_dispute(struct stripe_server *s, struct ss_charge *ch, const char *reason)
{
    static const struct money_kind withdrawn = {"adjustment", "dispute"};
    enum { FEE = 1500 };
    struct ss_dispute *d = (struct ss_dispute *)ss_make(s, SS_DISPUTE, &ch->intent->disputes);
    ch->dispute = d;
    d->charge = ch;
    d->reason = reason;
    d->status = "needs_response";
    d->txns[0] = book(s, withdrawn, &d->t, ch->intent->currency, -ch->amount, FEE);
    event_of(s, "charge.dispute.created", &d->t);
    event_of(s, "charge.dispute.funds_withdrawn", &d->t);
    return d;
}

/* The fee of the dispute is not given back. */
void ss_dispute_close(struct stripe_server *s, struct ss_dispute *d, bool won)
{
    static const struct money_kind reinstated = {"adjustment", "dispute_reversal"};
    struct ss_charge *ch = d->charge;
    d->status = won ? "won" : "lost";
    if (won) {
        d->txns[1] = book(s, reinstated, &d->t, ch->intent->currency, ch->amount, 0);
        event_of(s, "charge.dispute.funds_reinstated", &d->t);
    }
    event_of(s, "charge.dispute.closed", &d->t);
}
