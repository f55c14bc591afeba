/* SPDX-License-Identifier: MIT */
/* stripe_method.c - payment methods at Stripe. One that is to be charged while nobody is there must be
 * attached to a customer; so a customer is made there first, once for each of ours. Attaching asks the bank.
 */
#include "importers/json_text.h"
#include "importers/stripe_private.h"

enum { USER_DIGEST_BYTES = 12 };

enum err stripe_ask_one(struct stripe *s, struct stripe_answer *out, const struct http_request *r,
                        struct arena *a, struct error *e)
{
    enum err may = stripe_may_ask(s, e);
    if (may != OK) return may;
    for (int attempt = 1;; attempt++) {
        struct http_exchange x = {.request = *r, .arena = a};
        enum err err = http_ask(&s->http, &x, e);
        if (err != OK) return err;
        stripe_classify(out, &x.answer, a);
        if (out->outcome == STRIPE_DONE || out->retry == STRIPE_NO_RETRY || attempt >= s->attempts) return OK;
        json_decref(out->object);
        err = stripe_wait(s, stripe_backoff_ms(s, attempt), e);
        if (err != OK) return err;
    }
}

enum err stripe_refuse_method(const struct stripe_answer *answer, struct error *e)
{
    bool declined = answer->outcome == STRIPE_DECLINED;
    bool wrong = answer->outcome == STRIPE_REJECTED || answer->outcome == STRIPE_MISSING;
    enum err code = declined ? ERR_DECLINED : wrong ? ERR_INVALID : ERR_INCOMPLETE;
    enum err err = fail(e, code, "Stripe does not keep the payment method: %.*s%s%.*s",
                        STR_ARG(answer->message), answer->code.len > 0 ? ", " : "",
                        STR_ARG(answer->code.len > 0 ? stripe_reason(answer) : STR_NONE));
    (void)snprintf(e->reason, sizeof e->reason, "%.*s", STR_ARG(stripe_reason(answer)));
    return err;
}

/* Nothing personal: a digest of who it is about. */
static struct str key_of(const struct gateway_method *m, const char *what, struct str of, struct arena *a)
{
    uint8_t digest[32] = {0};
    struct hasher *h = hasher_new();
    struct str label = str_format(a, "daybook/v1/stripe/%s", what);
    hasher_digest(h, digest, str_bytes(label), str_bytes(of), (struct bytes){0});
    hasher_free(h);
    return str_format(a, "%.*s/%s/%.*s", STR_ARG(m->ledger), what,
                      STR_ARG(hex_text(a, digest, USER_DIGEST_BYTES)));
}

enum err stripe_make_customer(struct stripe *s, struct str *out, const struct gateway_method *m,
                              struct arena *a, struct error *e)
{
    struct stripe_answer answer = {0};
    struct buffer form = {.arena = a};
    form_add(&form, "metadata[daybook_user]", m->user);
    struct http_request r = {.method = "POST",
                             .path = STR("/v1/customers"),
                             .body = form_text(&form),
                             .key = key_of(m, "customer", m->user, a)};
    enum err err = stripe_ask_one(s, &answer, &r, a, e);
    if (err != OK) return err;
    *out = str_copy(a, json_text_of(answer.object, "id"));
    bool made = answer.outcome == STRIPE_DONE && stripe_id_is_one(*out);
    json_decref(answer.object);
    return made ? OK : stripe_refuse_method(&answer, e);
}

/* Of a bank account: its bank instead of a brand. */
static void read_method(struct card *out, const json_t *method, struct arena *a)
{
    const json_t *card = json_object_get(method, "card"), *bank = json_object_get(method, "us_bank_account");
    if (json_is_object(card)) {
        out->funding = str_copy(a, json_text_of(card, "funding"));
        out->brand = str_copy(a, json_text_of(card, "brand"));
        out->last4 = str_copy(a, json_text_of(card, "last4"));
        out->exp_month = json_count_of(card, "exp_month");
        out->exp_year = json_count_of(card, "exp_year");
    } else if (json_is_object(bank)) {
        out->funding = STR("ach");
        out->brand = str_copy(a, json_text_of(bank, "bank_name"));
        out->last4 = str_copy(a, json_text_of(bank, "last4"));
    } else {
        out->funding = str_copy(a, json_text_of(method, "type"));
    }
}

void stripe_card_of(struct card *out, const json_t *method, struct arena *a)
{
    *out = (struct card){.token = str_copy(a, json_text_of(method, "id")),
                         .gateway = STR("stripe"),
                         .gateway_customer = str_copy(a, json_id_of(method, "customer"))};
    read_method(out, method, a);
}

enum err stripe_check_token(struct str token, struct error *e)
{
    enum err err = text_check(token, LIMIT_TOKEN_BYTES, "the payment method's token", e);
    if (err == OK && !(str_starts(token, "pm_") && stripe_id_is_one(token)))
        err = fail(e, ERR_INVALID, "the payment method's token is none of Stripe's, as in 'pm_…'");
    return err;
}

static enum err attach(struct stripe *s, struct card *out, const struct gateway_method *m,
                       struct str customer, struct arena *a, struct error *e)
{
    struct stripe_answer answer = {0};
    struct buffer form = {.arena = a};
    form_add(&form, "customer", customer);
    struct str both = str_format(a, "%.*s/%.*s", STR_ARG(customer), STR_ARG(m->token));
    if (m->changes > 0) both = str_format(a, "%.*s/%ju", STR_ARG(both), (uintmax_t)m->changes);
    struct http_request r = {
        .method = "POST",
        .path = str_format(a, "/v1/payment_methods/%.*s/attach", STR_ARG(m->token)),
        .body = form_text(&form),
        .key = key_of(m, "attach", both, a),
    };
    enum err err = stripe_ask_one(s, &answer, &r, a, e);
    if (err != OK) return err;
    stripe_card_of(out, answer.object, a);
    out->gateway_customer = customer;
    bool kept = answer.outcome == STRIPE_DONE && stripe_id_is_one(out->token);
    json_decref(answer.object);
    return kept ? OK : stripe_refuse_method(&answer, e);
}

enum err stripe_describe(void *self, struct card *out, const struct gateway_method *m, struct arena *a,
                         struct error *e)
{
    struct stripe *s = self;
    struct str customer = m->gateway_customer;
    enum err err = stripe_check_token(m->token, e);
    if (err == OK && customer.len == 0) err = stripe_make_customer(s, &customer, m, a, e);
    return err == OK ? attach(s, out, m, customer, a, e) : err;
}
