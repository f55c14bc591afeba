/* SPDX-License-Identifier: MIT */
/* stripe_payments.c - the calls that move money: payment intents and refunds. */
#include <ctype.h>

#include "tests/lib/stripe_inside.h"

/* ---- amounts ---- */

/* The least that can be charged. */
static const struct least {
    const char *currency;
    int64_t amount;
} least[] = {{"usd", 50}, {"eur", 50}, {"gbp", 30},  {"cad", 50},  {"aud", 50},
             {"chf", 50}, {"jpy", 50}, {"sek", 300}, {"nok", 300}, {"dkk", 250},
             {"nzd", 50}, {"sgd", 50}, {"pln", 200}, {"inr", 50},  {"brl", 50}};

static bool take_currency(struct ss_call *c, char out[4], const struct least **limit)
{
    const char *text = ss_form_get(&c->form, "currency");
    for (size_t i = 0; i < SS_LENGTH(least); i++) {
        if (strcasecmp(text, least[i].currency) != 0) continue;
        memcpy(out, least[i].currency, 4);
        *limit = &least[i];
        return true;
    }
    ss_bad(c, NULL, "currency", "Invalid currency: %s.", text);
    return false;
}

static bool take_amount(struct ss_call *c, int64_t *amount, char currency[4])
{
    enum { MOST = 99999999 };
    const struct least *limit = NULL;
    if (!ss_required(c, "amount") || !ss_required(c, "currency") || !ss_integer(c, amount, "amount", 0) ||
        !take_currency(c, currency, &limit))
        return false;
    if (*amount < 1) {
        ss_bad(c, "parameter_invalid_integer", "amount", "This value must be greater than or equal to 1.");
    } else if (*amount < limit->amount) {
        ss_bad(c, "amount_too_small", "amount", "Amount must be at least %lld %s", (long long)limit->amount,
               currency);
    } else if (*amount > MOST) {
        ss_bad(c, "amount_too_large", "amount", "Amount must be no more than %d %s", MOST, currency);
    } else {
        return true;
    }
    return false;
}

/* ---- intents ---- */

static void unexpected(struct ss_call *c, const struct ss_intent *p, const char *what, const char *why)
{
    ss_refuse(c, 400, "payment_intent_unexpected_state", NULL, "You cannot %s this PaymentIntent because %s",
              what, why);
    json_object_set_new(json_object_get(c->body, "error"), "payment_intent", ss_json(&p->t, c->expand));
}

/* The customer's own, or nobody's and not used yet. */
static bool take_method(struct ss_call *c, const struct ss_customer *customer, struct ss_method **out)
{
    const char *id = ss_form_get(&c->form, "payment_method");
    if (id == NULL) return true;
    struct ss_method *m = ss_method_of(c, id, "payment_method");
    if (m == NULL) return false;
    if (m->spent) {
        ss_refuse(c, 400, NULL, "payment_method",
                  "The provided PaymentMethod was previously used with a PaymentIntent without Customer "
                  "attachment, or "
                  "was detached from a Customer. It may not be used again.");
    } else if (m->customer != NULL && m->customer != customer) {
        ss_refuse(c, 400, "resource_missing", "payment_method",
                  "The customer does not have a payment method with the ID %s. The payment method must be "
                  "attached to "
                  "the customer.",
                  id);
    } else {
        *out = m;
        return true;
    }
    return false;
}

struct confirming {
    const char *off_session;
    bool has_return;
};
static bool take_confirming(struct ss_call *c, struct confirming *out)
{
    static const char *const sessions[] = {"true", "false", "one_off", "recurring", NULL};
    out->has_return = ss_form_get(&c->form, "return_url") != NULL;
    return ss_choice(c, &out->off_session, "off_session", sessions);
}

static void confirm(struct ss_call *c, struct ss_intent *p, struct confirming how)
{
    bool off_session = how.off_session != NULL && strcmp(how.off_session, "false") != 0;
    p->returns = how.has_return;
    ss_charge(c->s, p, off_session);
    if (p->failure == NULL) {
        ss_answer_thing(c, &p->t);
        return;
    }
    json_t *error = ss_decline_json(p);
    json_object_set_new(error, "payment_intent", ss_json(&p->t, c->expand));
    ss_answer_decline(c, error);
}

static bool may_return(struct ss_call *c, bool redirects, struct confirming how)
{
    if (!redirects || how.has_return) return true;
    ss_bad(c, NULL, "return_url",
           "This PaymentIntent is configured to accept payment methods enabled in your Dashboard. Because "
           "some of these "
           "payment methods might redirect your customer off of your page, you must provide a `return_url`. "
           "If you "
           "don't want to accept redirect-based payment methods, set `automatic_payment_methods[enabled]` to "
           "`true` and "
           "`automatic_payment_methods[allow_redirects]` to `never` when creating Setup Intents and Payment "
           "Intents.");
    return false;
}

struct new_intent {
    int64_t amount;
    char currency[4];
    bool confirm, redirects, keep;
    struct ss_customer *customer;
    struct ss_method *method;
    struct confirming how;
};

/* Everything is looked at before anything is made. */
static bool take_intent(struct ss_call *c, struct new_intent *n)
{
    static const char *const redirects[] = {"always", "never", NULL};
    static const char *const uses[] = {"off_session", "on_session", NULL};
    const char *allowed = NULL, *use = NULL;
    bool enabled = false;
    if (!take_amount(c, &n->amount, n->currency) || !ss_boolean(c, &n->confirm, "confirm") ||
        !ss_choice(c, &allowed, "automatic_payment_methods[allow_redirects]", redirects) ||
        !ss_boolean(c, &enabled, "automatic_payment_methods[enabled]") ||
        !ss_choice(c, &use, "setup_future_usage", uses) || !take_confirming(c, &n->how))
        return false;
    n->redirects = allowed == NULL || strcmp(allowed, "never") != 0;
    n->keep = use != NULL;
    n->customer = (struct ss_customer *)ss_named(c, SS_CUSTOMER, "customer");
    if (c->body != NULL || !take_method(c, n->customer, &n->method)) return false;
    if (!n->confirm && n->how.off_session != NULL) {
        ss_bad(c, NULL, "off_session", "off_session can only be given with confirm=true.");
        return false;
    }
    if (n->confirm && n->method == NULL) {
        ss_bad(c, "parameter_missing", "payment_method",
               "A PaymentIntent is confirmed with a payment_method.");
        return false;
    }
    return !n->confirm || may_return(c, n->redirects, n->how);
}

void ss_intent_create(struct ss_call *c)
{
    struct new_intent n = {0};
    if (!take_intent(c, &n)) return;
    struct ss_chain *owner = n.customer == NULL ? NULL : &n.customer->intents;
    struct ss_intent *p = (struct ss_intent *)ss_make(c->s, SS_INTENT, owner);
    p->amount = n.amount;
    memcpy(p->currency, n.currency, sizeof p->currency);
    p->customer = n.customer;
    p->method = n.method;
    p->redirects = n.redirects;
    p->keep = n.keep;
    p->status = n.method == NULL ? SS_REQUIRES_METHOD : SS_REQUIRES_CONFIRMATION;
    ss_metadata(c, &p->t);
    ss_word(c, &p->t, "description");
    ss_word(c, &p->t, "receipt_email");
    ss_word(c, &p->t, "statement_descriptor");
    ss_event(c->s, "payment_intent.created", ss_json(&p->t, (struct ss_expand){0}), NULL);
    if (n.confirm)
        confirm(c, p, n.how);
    else
        ss_answer_thing(c, &p->t);
}

void ss_intent_confirm(struct ss_call *c)
{
    struct confirming how = {0};
    struct ss_intent *p = (struct ss_intent *)ss_of_path(c, SS_INTENT);
    if (p == NULL) return;
    if (p->status == SS_SUCCEEDED) {
        unexpected(c, p, "confirm", "it has already succeeded after being previously confirmed.");
    } else if (p->status == SS_PROCESSING || p->status == SS_CANCELED) {
        unexpected(c, p, "confirm",
                   p->status == SS_CANCELED ? "it has a status of canceled."
                                            : "it has a status of processing.");
    } else if (take_confirming(c, &how) && may_return(c, p->redirects, how) &&
               take_method(c, p->customer, &p->method)) {
        if (p->method == NULL) {
            unexpected(c, p, "confirm",
                       "it's missing a payment method. You can either update the PaymentIntent with a "
                       "payment method "
                       "and then confirm it again, or confirm it again directly with a payment method or "
                       "ConfirmationToken.");
        } else if (p->method->spent) {
            ss_refuse(c, 400, NULL, "payment_method", "The PaymentMethod may not be used again.");
        } else {
            confirm(c, p, how);
        }
    }
}

void ss_intent_cancel(struct ss_call *c)
{
    static const char *const reasons[] = {"duplicate", "fraudulent", "requested_by_customer", "abandoned",
                                          NULL};
    const char *reason = NULL;
    struct ss_intent *p = (struct ss_intent *)ss_of_path(c, SS_INTENT);
    if (p == NULL || !ss_choice(c, &reason, "cancellation_reason", reasons)) return;
    if (p->status == SS_SUCCEEDED || p->status == SS_PROCESSING || p->status == SS_CANCELED) {
        char why[64];
        snprintf(why, sizeof why, "it has a status of %s.", ss_status_word(p->status));
        unexpected(c, p, "cancel", why);
        return;
    }
    p->status = SS_CANCELED;
    p->canceled = ss_now(c->s);
    p->canceled_why = reason;
    ss_event(c->s, "payment_intent.canceled", ss_json(&p->t, (struct ss_expand){0}), NULL);
    ss_answer_thing(c, &p->t);
}

/* ---- refunds ---- */

static struct ss_charge *charge_to_refund(struct ss_call *c)
{
    struct ss_charge *ch = (struct ss_charge *)ss_named(c, SS_CHARGE, "charge");
    struct ss_intent *p =
        c->body != NULL ? NULL : (struct ss_intent *)ss_named(c, SS_INTENT, "payment_intent");
    if (c->body != NULL) return NULL;
    if (ch == NULL && p == NULL) {
        ss_bad(c, "parameter_missing", "payment_intent",
               "One of the following params should be provided for this request: payment_intent or charge.");
        return NULL;
    }
    if (ch == NULL) ch = p->latest;
    if (ch == NULL || strcmp(ch->status, "succeeded") != 0) {
        ss_refuse(c, 400, NULL, "payment_intent",
                  "This PaymentIntent (%s) does not have a successful charge to refund.",
                  ch == NULL ? p->t.id : ch->intent->t.id);
        return NULL;
    }
    return ch;
}

static bool may_refund(struct ss_call *c, const struct ss_charge *ch, int64_t amount)
{
    if (ch->dispute != NULL) {
        ss_refuse(c, 400, "charge_disputed", NULL, "Charge %s has been charged back; cannot issue a refund.",
                  ch->t.id);
    } else if (ch->refunded == ch->amount) {
        ss_refuse(c, 400, "charge_already_refunded", NULL, "Charge %s has already been refunded.", ch->t.id);
    } else if (amount < 1) {
        ss_bad(c, "parameter_invalid_integer", "amount", "Invalid positive integer");
    } else if (amount > ch->amount - ch->refunded) {
        ss_refuse(c, 400, NULL, "amount",
                  "Refund amount (%lld) is greater than unrefunded amount on charge (%lld)",
                  (long long)amount, (long long)(ch->amount - ch->refunded));
    } else {
        return true;
    }
    return false;
}

void ss_refund_create(struct ss_call *c)
{
    static const char *const reasons[] = {"duplicate", "fraudulent", "requested_by_customer", NULL};
    const char *reason = NULL;
    int64_t amount = 0;
    if (!ss_choice(c, &reason, "reason", reasons)) return;
    struct ss_charge *ch = charge_to_refund(c);
    if (ch == NULL || !ss_integer(c, &amount, "amount", ch->amount - ch->refunded) ||
        !may_refund(c, ch, amount))
        return;
    int64_t before = ch->refunded;
    struct ss_refund *r = ss_refund(c->s, ch, amount);
    r->reason = reason;
    ss_metadata(c, &r->t);
    ss_event(c->s, "refund.created", ss_json(&r->t, (struct ss_expand){0}), NULL);
    ss_event(c->s, "charge.refunded", ss_json(&ch->t, (struct ss_expand){0}),
             json_pack("{s:I}", "amount_refunded", (json_int_t)before));
    ss_answer_thing(c, &r->t);
}
