/* SPDX-License-Identifier: MIT */
/* stripe_setup.c - payment methods that a customer gives on a page: a setup intent is made for him, and its
 * secret goes to who asked for it, and nowhere else. With a token at hand it is confirmed at once. Each is a
 * new one: a lost answer leaves one at Stripe that nobody confirms, and no money can move by it. */
#include "importers/json_text.h"
#include "importers/stripe_private.h"

enum {
    BRIEF_MS = 10000,
    SILENT_MS = 60000,
};

/* ---- how one stands ---- */

static struct http_request question_about(struct str token, struct arena *a)
{
    return (struct http_request){.method = "GET",
                                 .path = str_format(a, "/v1/payment_methods/%.*s", STR_ARG(token))};
}

/* What the answer says of it; the answer's object is gone then. */
static enum err read_card(struct card *out, const struct stripe_answer *answer, struct str token,
                          struct arena *a, struct error *e)
{
    *out = (struct card){.gateway = STR("stripe")};
    bool told = answer->outcome == STRIPE_DONE && str_equal(json_text_of(answer->object, "id"), token);
    if (told) stripe_card_of(out, answer->object, a);
    json_decref(answer->object);
    if (told || answer->outcome == STRIPE_MISSING) return OK;
    return fail(e, ERR_INCOMPLETE, "Stripe does not tell what the payment method is: %.*s",
                STR_ARG(answer->message));
}

static enum err read_method(struct stripe *s, struct card *out, struct str token, struct arena *a,
                            struct error *e)
{
    struct stripe_answer answer = {0};
    const struct http_request r = question_about(token, a);
    enum err err = stripe_check_token(token, e);
    if (err == OK) err = stripe_ask_one(s, &answer, &r, a, e);
    return err == OK ? read_card(out, &answer, token, a, e) : err;
}

/* While a message's payment method is asked for, no other message is answered: so it is asked for once, and
 * briefly, and for a minute not at all when no answer came. */
enum err stripe_read_method(void *self, struct card *out, struct str token, struct arena *a, struct error *e)
{
    struct stripe *s = self;
    struct stripe_answer answer = {0};
    struct http_exchange x = {.request = question_about(token, a), .arena = a};
    x.request.timeout_ms = BRIEF_MS;
    enum err err = stripe_check_token(token, e);
    if (err == OK && s->now_ms(s->now_self) < s->silent_until_ms)
        err = fail(e, ERR_INCOMPLETE, "Stripe did not answer within the last minute");
    if (err == OK) err = stripe_may_ask(s, e);
    if (err == OK) err = http_ask(&s->http, &x, e);
    if (err != OK) return err;
    stripe_classify(&answer, &x.answer, a);
    if (answer.status == 0) s->silent_until_ms = s->now_ms(s->now_self) + SILENT_MS;
    return read_card(out, &answer, token, a, e);
}

enum { SETUP_RANDOM_BYTES = 16 };

static struct str new_key(struct stripe *s, const struct gateway_setup_request *m, struct arena *a)
{
    uint8_t random[SETUP_RANDOM_BYTES] = {0};
    s->world.random(s->world.self, random, sizeof random);
    return str_format(a, "%.*s/setup/%.*s", STR_ARG(m->method.ledger),
                      STR_ARG(hex_text(a, random, sizeof random)));
}

/* Without a token any way of paying that the account has may be chosen on the page, those that lead elsewhere
 * too. */
static struct str form_of(const struct gateway_setup_request *m, struct str customer, struct arena *a)
{
    struct buffer form = {.arena = a};
    form_add(&form, "customer", customer);
    form_add(&form, "usage", STR("off_session"));
    form_add(&form, "automatic_payment_methods[enabled]", STR("true"));
    form_add(&form, "metadata[daybook_user]", m->method.user);
    if (m->method.token.len > 0) {
        form_add(&form, "automatic_payment_methods[allow_redirects]", STR("never"));
        form_add(&form, "payment_method", m->method.token);
        form_add(&form, "confirm", STR("true"));
    }
    if (m->mandate) form_add(&form, "mandate_data[customer_acceptance][type]", STR("offline"));
    return form_text(&form);
}

static enum setup_status status_of(const json_t *setup)
{
    struct str status = json_text_of(setup, "status");
    if (str_is(status, "succeeded")) return SETUP_DONE;
    if (str_is(status, "processing")) return SETUP_PROCESSING;
    return str_is(status, "requires_action") ? SETUP_WANTS_CUSTOMER : SETUP_WAITS;
}

static void read_setup(struct gateway_setup *out, const json_t *setup, struct arena *a)
{
    out->reference = str_copy(a, json_text_of(setup, "id"));
    out->status = status_of(setup);
    if (out->status == SETUP_DONE || out->status == SETUP_PROCESSING) return;
    out->url = stripe_page_of(setup, a);
    if (out->url.len == 0) out->client_secret = stripe_secret_of(setup, a);
}

static enum err make_setup(struct stripe *s, struct gateway_setup *out, const struct gateway_setup_request *m,
                           struct arena *a, struct error *e)
{
    struct stripe_answer answer = {0};
    struct http_request r = {.method = "POST",
                             .path = STR("/v1/setup_intents"),
                             .body = form_of(m, out->gateway_customer, a),
                             .key = new_key(s, m, a)};
    enum err err = stripe_ask_one(s, &answer, &r, a, e);
    if (err != OK) return err;
    bool made = answer.outcome == STRIPE_DONE && stripe_id_is_one(json_text_of(answer.object, "id"));
    struct str token = str_copy(a, json_text_of(answer.object, "payment_method"));
    if (made) read_setup(out, answer.object, a);
    json_decref(answer.object);
    if (!made) return stripe_refuse_method(&answer, e);
    return out->status == SETUP_DONE ? read_method(s, &out->card, token, a, e) : OK;
}

enum err stripe_set_up(void *self, struct gateway_setup *out, const struct gateway_setup_request *m,
                       struct arena *a, struct error *e)
{
    struct stripe *s = self;
    enum err err = OK;
    *out = (struct gateway_setup){.gateway_customer = m->method.gateway_customer};
    if (m->method.token.len > 0) err = stripe_check_token(m->method.token, e);
    if (err == OK && out->gateway_customer.len == 0)
        err = stripe_make_customer(s, &out->gateway_customer, &m->method, a, e);
    return err == OK ? make_setup(s, out, m, a, e) : err;
}
