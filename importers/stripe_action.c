/* SPDX-License-Identifier: MIT */
/* stripe_action.c - how a customer confirms a payment that his bank wants to hear of from himself. What he
 * needs for it is asked for at that moment, told to whoever asked, and kept nowhere. */
#include "importers/json_text.h"
#include "importers/stripe_calls.h"
#include "importers/stripe_private.h"

struct str stripe_secret_of(const json_t *object, struct arena *a)
{
    struct str secret = json_text_of(object, "client_secret");
    bool fits = secret.len <= LIMIT_CLIENT_SECRET_BYTES && text_is_printable(secret);
    return fits ? str_copy(a, secret) : STR_NONE;
}

/* Where Stripe has a page for it; else it is done in the page that holds the secret. */
struct str stripe_page_of(const json_t *object, struct arena *a)
{
    const json_t *next = json_object_get(object, "next_action");
    struct str url = json_text_of(json_object_get(next, "redirect_to_url"), "url");
    if (url.len == 0)
        url = json_text_of(json_object_get(next, "verify_with_microdeposits"), "hosted_verification_url");
    bool fits = str_starts(url, "https://") && url.len <= LIMIT_URL_BYTES && text_is_printable(url);
    return fits ? str_copy(a, url) : STR_NONE;
}

enum err stripe_confirmation(void *self, struct gateway_confirmation *out, const struct gateway_request *r,
                             struct arena *a, struct error *e)
{
    struct stripe *s = self;
    struct instant now = s->world.now(s->world.self);
    struct stripe_progress p = stripe_begin(r, now);
    struct stripe_answer answer = {0};
    struct gateway_answer stands = {.outcome = PAYMENT_UNKNOWN};
    struct http_request request = {0};
    assert(r->step == GATEWAY_LOOK);
    enum err err = stripe_request(&request, &p, r, now, a, e);
    if (err == OK) err = stripe_ask_one(s, &answer, &request, a, e);
    if (err != OK) return err;
    stripe_advance(&p, &stands, r, &answer, a);
    *out = (struct gateway_confirmation){.outcome = stands.outcome};
    if (stands.outcome == PAYMENT_PREPARED) {
        out->url = stripe_page_of(answer.object, a);
        if (out->url.len == 0) out->client_secret = stripe_secret_of(answer.object, a);
    }
    json_decref(answer.object);
    if (stands.outcome != PAYMENT_UNKNOWN) return OK;
    return fail(e, ERR_INCOMPLETE, "Stripe does not tell how the payment stands: %.*s",
                STR_ARG(answer.message));
}
