/* SPDX-License-Identifier: MIT */
/* stripe_told.c - what Stripe is told, and no money is asked for by: a payment method is detached. An answer
 * that is lost is found out by looking at it. */
#include "importers/json_text.h"
#include "importers/stripe_calls.h"
#include "importers/stripe_form.h"

enum err stripe_told_request(struct http_request *out, const struct stripe_progress *p,
                             const struct gateway_request *r, struct arena *a, struct error *e)
{
    if (!stripe_id_is_one(r->token)) return fail(e, ERR_INVALID, "the payment method is none of Stripe's");
    if (p->call == STRIPE_LOOK_METHOD) {
        *out = (struct http_request){.method = "GET",
                                     .path = str_format(a, "/v1/payment_methods/%.*s", STR_ARG(r->token))};
        return OK;
    }
    *out = (struct http_request){.method = "POST",
                                 .path = str_format(a, "/v1/payment_methods/%.*s/detach", STR_ARG(r->token)),
                                 .key = r->key};
    return OK;
}

static void finish(struct stripe_progress *p, struct gateway_answer *out, enum payment_outcome outcome)
{
    p->call = STRIPE_FINISHED;
    out->outcome = outcome;
}

/* ---- payment methods ---- */

static bool is_let_go(const json_t *method, const struct gateway_request *r)
{
    bool is_it = str_equal(json_text_of(method, "id"), r->token);
    return is_it && json_is_null(json_object_get(method, "customer"));
}

/* One that was detached before is refused, without a code to know it by; one that is not there has nobody to
 * be detached from. */
void stripe_told_advance(struct stripe_progress *p, struct gateway_answer *out,
                         const struct gateway_request *r, const struct stripe_answer *answer)
{
    bool lost = answer->outcome == STRIPE_UNKNOWN || answer->outcome == STRIPE_REJECTED;
    bool let_go =
        answer->outcome == STRIPE_MISSING || (answer->outcome == STRIPE_DONE && is_let_go(answer->object, r));
    if (p->call == STRIPE_DETACH && lost)
        p->call = STRIPE_LOOK_METHOD;
    else
        finish(p, out, let_go ? PAYMENT_SUCCEEDED : PAYMENT_UNKNOWN);
}
