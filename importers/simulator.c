/* SPDX-License-Identifier: MIT */
/* simulator.c - a payment gateway without money: it answers Stripe's test tokens as Stripe does, and pays
 * with any other. The answer follows from the request alone, so asking again gets the same answer and nothing
 * is remembered. It must never be taken for a real one: its name stands in every event, and "sim_" before
 * every reference. */
#include "importers/importers.h"

enum { EXPIRY_MONTH = 12, EXPIRY_YEAR = 2034, REFERENCE_BYTES = 12 };

struct test_token {
    const char *token;
    const char *funding, *brand, *last4;
    enum payment_outcome outcome;
    const char *code, *message; /* of a decline */
};

static const struct test_token test_tokens[] = {
    {"pm_card_visa", "credit", "visa", "4242", PAYMENT_SUCCEEDED, "", ""},
    {"pm_card_visa_debit", "debit", "visa", "5556", PAYMENT_SUCCEEDED, "", ""},
    {"pm_card_mastercard", "credit", "mastercard", "4444", PAYMENT_SUCCEEDED, "", ""},
    {"pm_card_amex", "credit", "amex", "8431", PAYMENT_SUCCEEDED, "", ""},
    {"pm_usBankAccount_success", "ach", "bank account", "6789", PAYMENT_SUCCEEDED, "", ""},
    {"pm_card_chargeDeclined", "credit", "visa", "0002", PAYMENT_DECLINED, "card_declined",
     "the card was declined"},
    {"pm_card_visa_chargeDeclined", "credit", "visa", "0002", PAYMENT_DECLINED, "card_declined",
     "the card was declined"},
    {"pm_card_chargeDeclinedInsufficientFunds", "credit", "visa", "9995", PAYMENT_DECLINED,
     "insufficient_funds", "the card has insufficient funds"},
    {"pm_card_visa_chargeDeclinedInsufficientFunds", "credit", "visa", "9995", PAYMENT_DECLINED,
     "insufficient_funds", "the card has insufficient funds"},
    {"pm_card_chargeDeclinedLostCard", "credit", "visa", "9987", PAYMENT_DECLINED, "lost_card",
     "the card was declined"},
    {"pm_card_chargeDeclinedStolenCard", "credit", "visa", "9979", PAYMENT_DECLINED, "stolen_card",
     "the card was declined"},
    {"pm_card_chargeDeclinedExpiredCard", "credit", "visa", "0069", PAYMENT_DECLINED, "expired_card",
     "the card has expired"},
    {"pm_card_chargeDeclinedProcessingError", "credit", "visa", "0119", PAYMENT_DECLINED, "processing_error",
     "an error occurred while the card was processed"},
    {"pm_daybook_unknown", "credit", "visa", "0000", PAYMENT_UNKNOWN, "", ""},
};

static const struct test_token *test_token_find(struct str token)
{
    for (size_t i = 0; i < sizeof test_tokens / sizeof test_tokens[0]; i++) {
        if (str_is(token, test_tokens[i].token)) return &test_tokens[i];
    }
    return NULL;
}

static void digest_of(uint8_t out[32], struct str text)
{
    static const char label[] = "daybook/v1/simulator";
    struct hasher *h = hasher_new();
    hasher_digest(h, out, (struct bytes){(const uint8_t *)label, sizeof label}, str_bytes(text),
                  (struct bytes){0});
    hasher_free(h);
}

/* "sim_9f86d081884c7d659a2feaa0": what the gateway calls a payment or refund. */
static struct str reference_of(struct str key, struct arena *a)
{
    uint8_t digest[32] = {0};
    digest_of(digest, key);
    struct str hex = hex_text(a, digest, REFERENCE_BYTES);
    return str_format(a, "sim_%.*s", STR_ARG(hex));
}

static enum err describe(void *self, struct card *out, const struct gateway_method *m, struct arena *a,
                         struct error *e)
{
    (void)self; /* there is no state */
    struct str token = m->token;
    if (token.len == 0) return fail(e, ERR_INVALID, "the payment method's token is missing");
    enum err err = text_check(token, LIMIT_TOKEN_BYTES, "the payment method's token", e);
    if (err != OK) return err;
    const struct test_token *t = test_token_find(token);
    uint8_t digest[32] = {0};
    digest_of(digest, token);
    bool expires = t == NULL || strcmp(t->funding, "ach") != 0;
    unsigned last4 = (digest[0] * 256u + digest[1]) % 10000u;
    *out = (struct card){
        .token = str_copy(a, token),
        .gateway = STR("simulator"),
        .funding = t == NULL ? STR("credit") : str_of(t->funding),
        .brand = t == NULL ? STR("simulated") : str_of(t->brand),
        .last4 = t == NULL ? str_format(a, "%04u", last4) : str_of(t->last4),
        .exp_month = expires ? EXPIRY_MONTH : 0,
        .exp_year = expires ? EXPIRY_YEAR : 0,
    };
    return OK;
}

/* Nobody has a page for it: with a token it is done, without one it waits for ever. */
static enum err set_up(void *self, struct gateway_setup *out, const struct gateway_setup_request *m,
                       struct arena *a, struct error *e)
{
    bool given = m->method.token.len > 0;
    struct str about = str_format(a, "%.*s/setup/%.*s", STR_ARG(m->method.ledger), STR_ARG(m->method.user));
    *out = (struct gateway_setup){.status = given ? SETUP_DONE : SETUP_WAITS,
                                  .reference = reference_of(about, a)};
    return given ? describe(self, &out->card, &m->method, a, e) : OK;
}

static void decline(struct gateway_answer *out, const char *code, const char *message)
{
    out->outcome = PAYMENT_DECLINED;
    out->code = str_of(code);
    out->message = str_of(message);
}

static void charge(struct gateway_answer *out, const struct gateway_request *r, struct arena *a)
{
    const struct test_token *t = test_token_find(r->token);
    *out = (struct gateway_answer){.outcome = t == NULL ? PAYMENT_SUCCEEDED : t->outcome};
    if (r->amount.minor <= 0)
        decline(out, "amount_invalid", "the amount is not positive");
    else if (t != NULL && out->outcome == PAYMENT_DECLINED)
        decline(out, t->code, t->message);
    if (out->outcome != PAYMENT_UNKNOWN) out->reference = reference_of(r->key, a);
}

static void refund(struct gateway_answer *out, const struct gateway_request *r, struct arena *a)
{
    *out = (struct gateway_answer){.outcome = PAYMENT_SUCCEEDED, .reference = reference_of(r->key, a)};
    if (r->amount.minor <= 0) decline(out, "amount_invalid", "the amount is not positive");
    if (r->reference.len == 0) decline(out, "payment_missing", "the payment to refund is not named");
}

static enum err ask(void *self, struct gateway_question *questions, size_t count,
                    const struct gateway_watch *watch, struct arena *a, struct error *e)
{
    (void)self;
    (void)e; /* asking is always possible */
    for (size_t i = 0; i < count; i++) {
        struct gateway_question *q = &questions[i];
        if (q->request.step == GATEWAY_REFUND)
            refund(&q->answer, &q->request, a);
        else if (q->request.step == GATEWAY_FORGET)
            q->answer.outcome = PAYMENT_SUCCEEDED; /* it kept nothing */
        else if (q->request.step == GATEWAY_CHARGE)
            charge(&q->answer, &q->request, a);
        gateway_answered(watch, q->answer.outcome);
    }
    return OK;
}

struct gateway gateway_simulator(void)
{
    return (struct gateway){.name = "simulator", .describe = describe, .ask = ask, .set_up = set_up};
}
