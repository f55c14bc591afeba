/* SPDX-License-Identifier: MIT */
/* stripe_event.c - see stripe_event.h. Of a payment or refund an event tells how it stands, whatever came
 * before; which one of ours it is, its name tells, or what we wrote into its metadata. */
#include "importers/stripe_event.h"
#include "importers/importers.h"
#include "importers/json_blank.h"
#include "importers/json_text.h"
#include "importers/stripe_answer.h"
#include "importers/stripe_calls.h"
#include "importers/stripe_form.h"
#include "importers/stripe_movement.h"
#include "importers/stripe_subject.h"

/* ---- reading ---- */

static enum err parse(json_t **out, struct bytes body, struct arena *a, struct error *e)
{
    if (body.len > LIMIT_WEBHOOK_BYTES)
        return fail(e, ERR_LIMIT, "the message is longer than %d bytes", LIMIT_WEBHOOK_BYTES);
    if (!text_is_utf8(bytes_str(body))) return fail(e, ERR_INVALID, "the message is no text in UTF-8");
    return json_parse_told(out, bytes_str(body), a, e);
}

static enum err need_text(struct str *out, const json_t *object, const char *name, size_t limit,
                          struct arena *a, struct error *e)
{
    struct str text = json_text_of(object, name);
    if (text.len == 0 || text.len > limit || !text_is_printable(text))
        return fail(e, ERR_INVALID, "the message is no event of Stripe's: '%s' is missing, or none", name);
    *out = str_copy(a, text);
    return OK;
}

static enum err check_shape(const json_t *root, struct error *e)
{
    struct str object = json_text_of(root, "object");
    if (str_is(object, "v2.core.event"))
        return fail(e, ERR_INVALID,
                    "the message is a thin event, which says nothing: let the endpoint send snapshots");
    if (!str_is(object, "event")) return fail(e, ERR_INVALID, "the message is no event of Stripe's");
    return OK;
}

static void digest(struct hash *out, struct bytes body)
{
    struct hasher *h = hasher_new();
    hasher_digest(h, out->bytes, body, (struct bytes){0}, (struct bytes){0});
    hasher_free(h);
}

static enum err read_event(struct webhook_receive_command *out, const json_t *root, struct arena *a,
                           struct error *e)
{
    const json_t *object = json_object_get(json_object_get(root, "data"), "object");
    const json_t *created = json_object_get(root, "created");
    enum err err = check_shape(root, e);
    if (err == OK) err = need_text(&out->event_id, root, "id", LIMIT_EVENT_ID_BYTES, a, e);
    if (err == OK) err = need_text(&out->type, root, "type", (size_t)2 * LIMIT_CODE_BYTES, a, e);
    if (err == OK && !json_is_object(object))
        err = fail(e, ERR_INVALID, "the message is no event of Stripe's: 'data.object' is missing, or none");
    if (err != OK) return err;
    struct str kind = json_text_of(object, "object"), id = json_text_of(object, "id"),
               version = json_text_of(root, "api_version");
    if (kind.len <= LIMIT_CODE_BYTES && text_is_printable(kind)) out->object = str_copy(a, kind);
    if (stripe_id_is_one(id)) out->reference = str_copy(a, id);
    if (version.len <= LIMIT_CODE_BYTES && text_is_printable(version))
        out->api_version = str_copy(a, version);
    if (json_is_integer(created) && json_integer_value(created) > 0 &&
        json_integer_value(created) < INT32_MAX)
        out->created.us = json_integer_value(created) * 1000000;
    out->livemode = json_is_true(json_object_get(root, "livemode"));
    return OK;
}

enum err stripe_event_read(struct webhook_receive_command *out, struct bytes body, struct arena *a,
                           struct error *e)
{
    json_t *root = NULL;
    *out = (struct webhook_receive_command){.gateway = STR("stripe")};
    enum err err = parse(&root, body, a, e);
    if (err != OK) return wrap(e, "the message");
    err = read_event(out, root, a, e);
    bool personal = json_blank_personal(root), card = json_blank_card_data(root, a);
    out->body = personal || card ? json_text_made(root, a) : bytes_str(body);
    json_decref(root);
    digest(&out->sha256, body);
    return err;
}

/* ---- which one of ours ---- */

enum err stripe_asked_for(struct transaction *out, bool *stray, const json_t *object, struct views_txn *t,
                          struct arena *a, struct error *e)
{
    const json_t *metadata = json_object_get(object, "metadata");
    struct error unused = {0};
    struct transaction v = {0};
    uint64_t number = 0;
    *out = (struct transaction){0};
    *stray = false;
    if (public_id_parse(&number, "txn", json_text_of(metadata, "daybook_transaction"), &unused) != OK)
        return OK;
    enum err err = load_transaction(&v, t, number, a, &unused);
    bool ours = err == OK && str_equal(v.gateway_key, json_text_of(metadata, "daybook_key"));
    *stray = ours && v.gateway_reference.len > 0;
    if (ours && !*stray) *out = v;
    if (err == OK || err == ERR_NOT_FOUND) return OK;
    *e = unused;
    return err;
}

static enum err find_subject(struct stripe_subject *s, struct str reference, struct error *e)
{
    uint64_t number = 0;
    enum err err = transaction_by_reference(&number, s->t, reference, e);
    if (err == OK && number != 0) err = load_transaction(&s->transaction, s->t, number, s->arena, e);
    if (err != OK || number != 0) return err;
    return stripe_asked_for(&s->transaction, &s->stray, s->object, s->t, s->arena, e);
}

void stripe_note(struct webhook_apply_command *out, enum webhook_outcome outcome, const char *what)
{
    out->effect = WEBHOOK_NOTES;
    out->outcome = outcome;
    out->what = str_of(what);
}

/* ---- payments and refunds ---- */

/* As if the gateway had been asked how it stands. */
static enum err settle(struct webhook_apply_command *out, struct stripe_subject *s, enum gateway_step step,
                       struct error *e)
{
    struct str id = json_text_of(s->object, "id");
    struct gateway_answer answer = {0};
    enum err err = find_subject(s, id, e);
    if (err != OK) return err;
    const struct transaction *v = &s->transaction;
    if (s->stray) {
        stripe_note(out, WEBHOOK_ATTENTION, "it was made for a transaction that has another one at Stripe");
        return OK;
    }
    if (v->transaction == 0) {
        stripe_note(out, WEBHOOK_FOREIGN,
                    step == GATEWAY_REFUND ? "a refund that is none of this ledger's"
                                           : "a payment that is none of this ledger's");
        return OK;
    }
    const struct gateway_request r = {
        .step = step, .reference = step == GATEWAY_REFUND ? STR_NONE : id, .amount = v->amount};
    stripe_read_object(&answer, &r, s->object, s->arena);
    out->transaction = v->transaction;
    if (answer.outcome == PAYMENT_UNKNOWN && str_is(json_text_of(s->object, "status"), "succeeded")) {
        stripe_note(out, WEBHOOK_ATTENTION, "money was moved of another amount than was asked for");
        return OK;
    }
    if (answer.outcome == PAYMENT_UNKNOWN || answer.outcome == PAYMENT_PREPARED) {
        stripe_note(out, WEBHOOK_KNOWN, "it has no outcome yet");
        return OK;
    }
    *out =
        (struct webhook_apply_command){.webhook = out->webhook,
                                       .effect = WEBHOOK_SETTLES,
                                       .transaction = v->transaction,
                                       .payment_outcome = answer.outcome,
                                       .gateway_reference = answer.reference,
                                       .code = answer.code,
                                       .message = answer.message,
                                       .advice = answer.advice,
                                       .what = str_format(s->arena, "txn_%ju %s", (uintmax_t)v->transaction,
                                                          choice_payment_outcome.words[answer.outcome])};
    return OK;
}

/* A customer can pay by himself what was declined, such as by confirming it: that is booked where the ledger
 * knows the payment by this name. One that failed before it had any is not known to be the same. */
static enum err on_payment(struct webhook_apply_command *out, struct stripe_subject *s, struct error *e)
{
    enum err err = settle(out, s, GATEWAY_CHARGE, e);
    bool paid = out->effect == WEBHOOK_SETTLES && out->payment_outcome == PAYMENT_SUCCEEDED;
    if (err == OK && paid && s->transaction.status == TRANSACTION_FAILED &&
        s->transaction.gateway_reference.len == 0)
        stripe_note(out, WEBHOOK_ATTENTION, "a payment succeeded that had failed: the money is there");
    return err;
}

/* It says nothing of the outcome, and may be older than what does: whoever asks how the payment stands is
 * told. */
static enum err on_action(struct webhook_apply_command *out, struct stripe_subject *s, struct error *e)
{
    enum err err = find_subject(s, json_text_of(s->object, "id"), e);
    out->transaction = s->transaction.transaction;
    stripe_note(out, out->transaction == 0 ? WEBHOOK_FOREIGN : WEBHOOK_KNOWN,
                out->transaction == 0 ? "a payment that is none of this ledger's"
                                      : "the customer is asked to confirm the payment");
    return err;
}

static const char moves_nothing[] = "a refund that somebody made at Stripe, and that moves nothing";

/* Was it told before that it failed? That is final, and what is told of it since is older. */
static enum err has_failed(bool *failed, const struct stripe_subject *s, struct error *e)
{
    struct webhook *told = NULL;
    size_t count = 0;
    *failed = false;
    enum err err = webhooks_about(&told, &count, s->t, json_text_of(s->object, "id"), s->arena, e);
    for (size_t i = 0; i < count && err == OK; i++)
        *failed = *failed || (told[i].outcome == WEBHOOK_KNOWN && str_is(told[i].what, moves_nothing));
    return err;
}

/* One that somebody made at Stripe is booked as it stands there; one that failed there moved nothing. */
static enum err note_refund(struct webhook_apply_command *out, struct stripe_subject *s, struct error *e)
{
    uint64_t payment = 0;
    bool failed = false;
    enum err err = transaction_by_reference(&payment, s->t, json_id_of(s->object, "payment_intent"), e);
    if (err == OK) err = has_failed(&failed, s, e);
    if (err != OK || payment == 0) return err;
    out->transaction = payment;
    if (failed || !stripe_refund_read(&s->first->refund_note, s->object, s->arena)) {
        stripe_note(out, WEBHOOK_KNOWN, moves_nothing);
        return OK;
    }
    s->first->type = COMMAND_REFUND_NOTE;
    s->first->refund_note.payment = payment;
    stripe_note(out, WEBHOOK_APPLIED, "a refund that somebody made at Stripe");
    return OK;
}

/* A refund that fails after it had succeeded brings the money back. */
static enum err on_refund(struct webhook_apply_command *out, struct stripe_subject *s, struct error *e)
{
    enum err err = settle(out, s, GATEWAY_REFUND, e);
    const struct transaction *v = &s->transaction;
    if (err == OK && v->transaction == 0 && !s->stray) return note_refund(out, s, e);
    bool failed = out->effect == WEBHOOK_SETTLES && out->payment_outcome == PAYMENT_DECLINED;
    if (err != OK || !failed || v->status != TRANSACTION_COMPLETED) return err;
    out->payment_outcome = PAYMENT_RETURNED;
    out->what = str_format(s->arena, "txn_%ju came back from the bank", (uintmax_t)v->transaction);
    return OK;
}

/* ---- disputes ---- */

static enum err read_movements(struct dispute_note_command *out, const struct stripe_subject *s,
                               const struct transaction *payment, struct error *e)
{
    const json_t *list = json_object_get(s->object, "balance_transactions"), *one = NULL;
    size_t i = 0, count = json_array_size(list);
    struct balance_movement *movements = arena_array_of(s->arena, struct balance_movement, count);
    if (count > LIMIT_MOVEMENTS_PER_RECORD)
        return fail(e, ERR_LIMIT, "a dispute moved the balance more than %d times",
                    LIMIT_MOVEMENTS_PER_RECORD);
    json_array_foreach(list, i, one)
    {
        enum err err = stripe_movement_read(&movements[i], one, s->object, s->arena, e);
        if (err != OK) return err;
        movements[i].transaction = payment->transaction;
        movements[i].customer = payment->customer;
    }
    out->movements = movements;
    out->movements_count = count;
    return OK;
}

static enum err note_dispute(struct webhook_apply_command *out, struct stripe_subject *s, struct error *e)
{
    struct dispute_note_command *c = &s->first->dispute_note;
    enum err err = load_transaction(&s->transaction, s->t, out->transaction, s->arena, e);
    if (err == OK) err = stripe_dispute_read(c, s->object, s->arena, e);
    if (err == OK) err = read_movements(c, s, &s->transaction, e);
    if (err != OK) return err;
    bool waits = c->status == DISPUTE_NEEDS_RESPONSE || c->status == DISPUTE_INQUIRY;
    s->first->type = COMMAND_DISPUTE_NOTE;
    c->payment = out->transaction;
    c->as_of = s->created;
    stripe_note(out, waits ? WEBHOOK_ATTENTION : WEBHOOK_APPLIED,
                waits ? "a customer disputes a payment at his bank, which waits for an answer"
                      : str_cstring(s->arena, str_format(s->arena, "the dispute is %s",
                                                         choice_dispute_status.words[c->status])));
    return OK;
}

static enum err on_dispute(struct webhook_apply_command *out, struct stripe_subject *s, struct error *e)
{
    enum err err =
        transaction_by_reference(&out->transaction, s->t, json_id_of(s->object, "payment_intent"), e);
    if (err == OK && out->transaction != 0) return note_dispute(out, s, e);
    stripe_note(out, WEBHOOK_FOREIGN, "a dispute about a payment that is none of this ledger's");
    return err;
}

/* ---- what only says something ---- */

/* The sum of its refunds; each of them comes by itself. */
static enum err on_charge(struct webhook_apply_command *out, struct stripe_subject *s, struct error *e)
{
    uint64_t payment = 0;
    enum err err = transaction_by_reference(&payment, s->t, json_text_of(s->object, "payment_intent"), e);
    out->transaction = payment;
    stripe_note(out, payment == 0 ? WEBHOOK_FOREIGN : WEBHOOK_KNOWN,
                payment == 0 ? "a charge that is none of this ledger's"
                             : "its payment and its refunds say the same");
    return err;
}

/* ---- the table ---- */

/* Sorted in the order in which a reader asks: what pays, what gives back, what asks for somebody. The seed's
 * name of a failed payment never comes, and means the same. */
static const struct meaning {
    const char *type; /* a * at the end: whatever follows */
    stripe_effect_fn *effect;
} meanings[] = {
    {"payment_intent.succeeded", on_payment},
    {"payment_intent.payment_failed", on_payment},
    {"payment_intent.failed", on_payment},
    {"payment_intent.processing", on_payment},
    {"payment_intent.requires_action", on_action},
    {"payment_intent.canceled", on_payment},
    {"refund.created", on_refund},
    {"refund.updated", on_refund},
    {"refund.failed", on_refund},
    {"charge.refund.updated", on_refund},
    {"charge.dispute.*", on_dispute},
    {"charge.refunded", on_charge},
    {"charge.succeeded", on_charge},
    {"charge.failed", on_charge},
    {"customer.subscription.created", stripe_on_subscription},
    {"customer.subscription.updated", stripe_on_subscription},
    {"customer.subscription.deleted", stripe_on_subscription},
    {"customer.subscription.paused", stripe_on_subscription},
    {"customer.subscription.resumed", stripe_on_subscription},
    {"invoice.paid", stripe_on_invoice},
    {"invoice.payment_succeeded", stripe_on_invoice},
    {"invoice.payment_failed", stripe_on_invoice},
    {"payment_method.detached", stripe_on_method},
    {"payment_method.attached", stripe_on_attached},
    {"payment_method.updated", stripe_on_method_updated},
    {"payment_method.automatically_updated", stripe_on_method_updated},
    {"setup_intent.succeeded", stripe_on_setup},
    {"setup_intent.setup_failed", stripe_on_setup_failed},
    {"customer.updated", stripe_on_customer},
};

static bool means(const struct meaning *k, struct str type)
{
    size_t len = strlen(k->type);
    if (k->type[len - 1] != '*') return str_is(type, k->type);
    return type.len >= len - 1 && memcmp(type.ptr, k->type, len - 1) == 0;
}

static enum err effect_of(struct webhook_apply_command *out, struct stripe_subject *s, struct str type,
                          struct error *e)
{
    for (size_t i = 0; i < sizeof meanings / sizeof meanings[0]; i++) {
        if (means(&meanings[i], type)) return meanings[i].effect(out, s, e);
    }
    stripe_note(out, WEBHOOK_KEPT, "nothing follows from this type");
    return OK;
}

enum err stripe_event_effect(struct webhook_effect_commands *out, const struct webhook *w,
                             enum webhook_world world, struct views_txn *t, struct arena *a, struct error *e)
{
    json_t *root = NULL;
    *out = (struct webhook_effect_commands){.apply = {.webhook = w->webhook}};
    if (world != WEBHOOK_ANY && w->livemode != (world == WEBHOOK_LIVE)) {
        stripe_note(&out->apply, WEBHOOK_FOREIGN,
                    w->livemode ? "it is about real money, and the key is one for tests"
                                : "it is a test, and the key is one for real money");
        return OK;
    }
    enum err err = parse(&root, str_bytes(w->body), a, e);
    struct stripe_subject s = {.object = json_object_get(json_object_get(root, "data"), "object"),
                               .previous =
                                   json_object_get(json_object_get(root, "data"), "previous_attributes"),
                               .type = w->type,
                               .created = w->created,
                               .first = &out->first,
                               .begins = &out->begins,
                               .t = t,
                               .arena = a};
    if (err == OK) err = effect_of(&out->apply, &s, w->type, e);
    json_decref(root);
    return err;
}
