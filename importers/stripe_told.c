/* SPDX-License-Identifier: MIT */
/* stripe_told.c - what Stripe is told, and no money is asked for by: a payment method is detached, a payment
 * that failed here is canceled. An answer that is lost is found out by looking at it. */
#include "importers/json_text.h"
#include "importers/stripe_calls.h"
#include "importers/stripe_form.h"

static void of_method(struct http_request *out, const struct stripe_progress *p,
                      const struct gateway_request *r, struct arena *a)
{
    bool looks = p->call == STRIPE_LOOK_METHOD;
    struct str path = str_format(a, "/v1/payment_methods/%.*s%s", STR_ARG(r->token), looks ? "" : "/detach");
    *out = (struct http_request){
        .method = looks ? "GET" : "POST", .path = path, .key = looks ? STR_NONE : r->key};
}

static void of_payment(struct http_request *out, const struct stripe_progress *p,
                       const struct gateway_request *r, struct instant now, struct arena *a)
{
    bool looks = p->call == STRIPE_LOOK_PAYABLE;
    *out = (struct http_request){
        .method = looks ? "GET" : "POST",
        .path = str_format(a, "/v1/payment_intents/%.*s%s", STR_ARG(r->reference), looks ? "" : "/cancel")};
    if (looks) return;
    out->body = STR("cancellation_reason=abandoned");
    out->key = stripe_daily_key(r, "x", now, a);
}

enum err stripe_told_request(struct http_request *out, const struct stripe_progress *p,
                             const struct gateway_request *r, struct instant now, struct arena *a,
                             struct error *e)
{
    bool forgets = r->step == GATEWAY_FORGET;
    if (!stripe_id_is_one(forgets ? r->token : r->reference))
        return fail(e, ERR_INVALID, "the payment%s is none of Stripe's", forgets ? " method" : "");
    if (forgets)
        of_method(out, p, r, a);
    else
        of_payment(out, p, r, now, a);
    return OK;
}

static void finish(struct stripe_progress *p, struct gateway_answer *out, enum payment_outcome outcome)
{
    p->call = STRIPE_FINISHED;
    out->outcome = outcome;
}

static bool is_lost(const struct stripe_answer *answer)
{
    return answer->outcome == STRIPE_UNKNOWN || answer->outcome == STRIPE_REJECTED;
}

/* ---- payment methods ---- */

static bool is_let_go(const json_t *method, const struct gateway_request *r)
{
    bool is_it = str_equal(json_text_of(method, "id"), r->token);
    return is_it && json_is_null(json_object_get(method, "customer"));
}

/* One that was detached before is refused, without a code to know it by; one that is not there has nobody to
 * be detached from. */
static void advance_method(struct stripe_progress *p, struct gateway_answer *out,
                           const struct gateway_request *r, const struct stripe_answer *answer)
{
    bool let_go =
        answer->outcome == STRIPE_MISSING || (answer->outcome == STRIPE_DONE && is_let_go(answer->object, r));
    if (p->call == STRIPE_DETACH && is_lost(answer))
        p->call = STRIPE_LOOK_METHOD;
    else
        finish(p, out, let_go ? PAYMENT_SUCCEEDED : PAYMENT_UNKNOWN);
}

/* ---- payments ---- */

/* One that waits for a card, for being confirmed, or for what the customer has to do. */
static bool is_payable(const json_t *intent, const struct gateway_request *r)
{
    static const char *const statuses[] = {"requires_payment_method", "requires_confirmation",
                                           "requires_action"};
    struct str status = json_text_of(intent, "status");
    if (!str_is(json_text_of(intent, "object"), "payment_intent")) return false;
    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++) {
        if (str_is(status, statuses[i])) return str_equal(json_text_of(intent, "id"), r->reference);
    }
    return false;
}

/* First it is looked at, for one that the bank has must not be canceled. */
static void advance_payment(struct stripe_progress *p, struct gateway_answer *out,
                            const struct gateway_request *r, const struct stripe_answer *answer,
                            struct arena *a)
{
    bool payable = answer->outcome == STRIPE_DONE && is_payable(answer->object, r);
    if (p->call == STRIPE_CANCEL && is_lost(answer)) {
        p->call = STRIPE_LOOK_PAYABLE;
        p->looked = true;
    } else if (payable && r->step == GATEWAY_CANCEL && !p->looked && p->call == STRIPE_LOOK_PAYABLE) {
        p->call = STRIPE_CANCEL;
    } else if (payable) {
        finish(p, out, r->step == GATEWAY_LOOK ? PAYMENT_PREPARED : PAYMENT_UNKNOWN);
    } else if (answer->outcome == STRIPE_DONE) {
        stripe_read_object(out, r, answer->object, a);
        p->call = STRIPE_FINISHED;
    } else {
        finish(p, out, PAYMENT_UNKNOWN);
    }
}

void stripe_told_advance(struct stripe_progress *p, struct gateway_answer *out,
                         const struct gateway_request *r, const struct stripe_answer *answer, struct arena *a)
{
    if (r->step == GATEWAY_FORGET)
        advance_method(p, out, r, answer);
    else
        advance_payment(p, out, r, answer, a);
}
