/* SPDX-License-Identifier: MIT */
/* stripe_json.c - things in the shapes of Stripe's API, as of SS_API_VERSION. */
#include "tests/lib/stripe_inside.h"

const char *ss_status_word(enum ss_status status)
{
    static const char *const words[] = {
        [SS_REQUIRES_METHOD] = "requires_payment_method",
        [SS_REQUIRES_CONFIRMATION] = "requires_confirmation",
        [SS_REQUIRES_ACTION] = "requires_action",
        [SS_PROCESSING] = "processing",
        [SS_SUCCEEDED] = "succeeded",
        [SS_CANCELED] = "canceled",
    };
    return words[status];
}

/* ---- what several have ---- */

#define ID_OF(thing) ((thing) == NULL ? NULL : (thing)->t.id)

static json_t *packed(json_t *made)
{
    if (made == NULL) WRONG("a shape of the test server is none");
    return made;
}

static json_t *metadata(const struct ss_thing *t)
{
    return t->metadata == NULL ? json_object() : json_deep_copy(t->metadata);
}

static json_t *word(const struct ss_thing *t, const char *name)
{
    json_t *text = json_object_get(t->words, name);
    return text == NULL ? json_null() : json_incref(text);
}

/* Its id, or the thing itself when it is to be expanded. */
static json_t *named(const struct ss_thing *t, bool whole)
{
    if (t == NULL) return json_null();
    return whole ? ss_json(t, (struct ss_expand){0}) : json_string(t->id);
}
#define NAMED(thing, whole) named((thing) == NULL ? NULL : &(thing)->t, whole)

static json_t *billing_details(const struct ss_thing *t)
{
    return packed(json_pack("{s:{s:n, s:n, s:n, s:n, s:n, s:n}, s:n, s:o, s:n, s:n}", "address", "city",
                            "country", "line1", "line2", "postal_code", "state", "email", "name",
                            word(t, "name"), "phone", "tax_id"));
}

/* ---- payment methods ---- */

static json_t *card(const struct ss_token *k)
{
    return packed(json_pack(
        "{s:s, s:{s:n, s:n, s:s}, s:s, s:s, s:i, s:i, s:s, s:s, s:n, s:s, s:{s:[s], s:n}, s:{s:b}, s:n, s:n}",
        "brand", k->brand, "checks", "address_line1_check", "address_postal_code_check", "cvc_check", "pass",
        "country", "US", "display_brand", k->brand, "exp_month", 8, "exp_year", 2030, "fingerprint", k->token,
        "funding", k->funding, "generated_from", "last4", k->last4, "networks", "available", k->brand,
        "preferred", "three_d_secure_usage", "supported", 1, "wallet", "regulated_status"));
}

static json_t *bank_account(const struct ss_token *k)
{
    return packed(json_pack("{s:s, s:s, s:s, s:n, s:s, s:s, s:{s:n, s:[s]}, s:s, s:{}}",
                            "account_holder_type", "individual", "account_type", k->funding, "bank_name",
                            k->brand, "financial_connections_account", "fingerprint", k->token, "last4",
                            k->last4, "networks", "preferred", "supported", "ach", "routing_number",
                            "110000000", "status_details"));
}

static const char *method_type(const struct ss_method *m)
{
    return m->token->bank ? "us_bank_account" : "card";
}

static json_t *method_json(const struct ss_method *m)
{
    const struct ss_token *k = m->token;
    return packed(json_pack("{s:s, s:s, s:s, s:o, s:o, s:I, s:s?, s:n, s:b, s:o, s:s}", "id", m->t.id,
                            "object", "payment_method", "allow_redisplay", "unspecified", "billing_details",
                            billing_details(&m->t), method_type(m), k->bank ? bank_account(k) : card(k),
                            "created", (json_int_t)m->t.created, "customer", ID_OF(m->customer),
                            "customer_account", "livemode", 0, "metadata", metadata(&m->t), "type",
                            method_type(m)));
}

/* ---- customers ---- */

static json_t *customer_json(const struct ss_customer *u)
{
    return packed(json_pack(
        "{s:s, s:s, s:n, s:i, s:I, s:n, s:n, s:b, s:o, s:o, s:s, s:{s:n, s:o, s:n, s:n}, s:b, s:o, s:o, s:o, "
        "s:n, s:s}",
        "id", u->t.id, "object", "customer", "address", "balance", 0, "created", (json_int_t)u->t.created,
        "currency", "default_source", "delinquent", 0, "description", word(&u->t, "description"), "email",
        word(&u->t, "email"), "invoice_prefix", "TEST", "invoice_settings", "custom_fields",
        "default_payment_method", word(&u->t, "invoice_settings[default_payment_method]"), "footer",
        "rendering_options", "livemode", 0, "metadata", metadata(&u->t), "name", word(&u->t, "name"), "phone",
        word(&u->t, "phone"), "shipping", "tax_exempt", "none"));
}

/* ---- failures ---- */

static json_t *decline_parts(const struct ss_decline *d, const struct ss_charge *ch,
                             const struct ss_method *m)
{
    const char *type = m != NULL && m->token->bank ? "invalid_request_error" : "card_error";
    json_t *error = packed(json_pack("{s:s, s:s, s:s, s:o}", "code", d->code, "message", d->message, "type",
                                     type, "payment_method", m == NULL ? json_null() : method_json(m)));
    char page[64] = "";
    for (size_t i = 0; d->code[i] != '\0' && i < sizeof page - 1; i++)
        page[i] = d->code[i] == '_' ? '-' : d->code[i];
    json_object_set_new(error, "doc_url", json_sprintf("https://stripe.com/docs/error-codes/%s", page));
    if (ch != NULL) json_object_set_new(error, "charge", json_string(ch->t.id));
    if (d->decline_code != NULL) json_object_set_new(error, "decline_code", json_string(d->decline_code));
    if (d->advice != NULL) json_object_set_new(error, "advice_code", json_string(d->advice));
    if (d->network != NULL) json_object_set_new(error, "network_decline_code", json_string(d->network));
    return error;
}

static const struct ss_charge *failed_charge(const struct ss_intent *p)
{
    bool one = p->latest != NULL && p->latest->failure != NULL;
    return one ? p->latest : NULL;
}

json_t *ss_decline_json(const struct ss_intent *p)
{
    return p->failure == NULL ? json_null() : decline_parts(p->failure, failed_charge(p), p->failed_method);
}

json_t *ss_decline_error(const struct ss_decline *d, const struct ss_method *m)
{
    return decline_parts(d, NULL, m);
}

/* ---- intents ---- */

static json_t *setup_json(const struct ss_setup *u)
{
    json_t *error = u->failure == NULL ? json_null() : decline_parts(u->failure, NULL, u->method);
    bool acts = strcmp(u->status, "requires_action") == 0;
    json_t *next = acts ? json_pack("{s:s}", "type", "use_stripe_sdk") : json_null();
    return packed(json_pack(
        "{s:s, s:s, s:n, s:n, s:o, s:I, s:s?, s:n, s:o, s:b, s:n, s:o, s:o, s:s?, s:[s], s:s, s:s}", "id",
        u->t.id, "object", "setup_intent", "application", "cancellation_reason", "client_secret",
        json_sprintf("%s_secret_test", u->t.id), "created", (json_int_t)u->t.created, "customer",
        ID_OF(u->customer), "description", "last_setup_error", error, "livemode", 0, "mandate", "metadata",
        metadata(&u->t), "next_action", next, "payment_method", u->failure == NULL ? ID_OF(u->method) : NULL,
        "payment_method_types", u->method == NULL ? "card" : method_type(u->method), "status", u->status,
        "usage", u->usage));
}

static json_t *next_action(const struct ss_intent *p)
{
    if (p->status != SS_REQUIRES_ACTION) return json_null();
    if (p->returns) {
        json_t *url =
            json_sprintf("https://hooks.stripe.com/redirect/authenticate/%s?client_secret=%s_secret_test",
                         p->t.id, p->t.id);
        return packed(json_pack("{s:s, s:{s:s, s:o}}", "type", "redirect_to_url", "redirect_to_url",
                                "return_url", "https://example.com/back", "url", url));
    }
    return packed(json_pack("{s:s, s:{s:s}}", "type", "use_stripe_sdk", "use_stripe_sdk", "type",
                            "three_d_secure_redirect"));
}

static json_t *intent_json(const struct ss_intent *p, struct ss_expand x)
{
    const struct ss_method *m = p->method != NULL ? p->method : p->failed_method;
    const char *type = m == NULL ? "card" : method_type(m);
    json_t *processing = p->status == SS_PROCESSING ? json_pack("{s:s}", "type", type) : json_null();
    json_t *charge = x.charge && p->latest != NULL ? ss_json(&p->latest->t, (struct ss_expand){.txn = x.txn})
                                                   : NAMED(p->latest, false);
    json_t *out = packed(json_pack(
        "{s:s, s:s, s:I, s:i, s:{s:n}, s:I, s:n, s:n, s:{s:s, s:b}, s:o, s:s?, s:s, s:o, s:s, s:I, s:s, "
        "s:o, s:n}",
        "id", p->t.id, "object", "payment_intent", "amount", (json_int_t)p->amount, "amount_capturable", 0,
        "amount_details", "tip", "amount_received", (json_int_t)p->received, "application",
        "application_fee_amount", "automatic_payment_methods", "allow_redirects",
        p->redirects ? "always" : "never", "enabled", 1, "canceled_at",
        p->canceled == 0 ? json_null() : json_integer(p->canceled), "cancellation_reason", p->canceled_why,
        "capture_method", "automatic_async", "client_secret", json_sprintf("%s_secret_test", p->t.id),
        "confirmation_method", "automatic", "created", (json_int_t)p->t.created, "currency", p->currency,
        "customer", NAMED(p->customer, x.customer), "customer_account"));
    json_t *rest = packed(json_pack(
        "{s:o, s:o, s:o, s:b, s:o, s:o, s:n, s:o, s:{}, s:[s], s:o, s:o, s:n, s:s?, s:n, s:n, s:o, s:s, s:n, "
        "s:n}",
        "description", word(&p->t, "description"), "last_payment_error", ss_decline_json(p), "latest_charge",
        charge, "livemode", 0, "metadata", metadata(&p->t), "next_action", next_action(p), "on_behalf_of",
        "payment_method", NAMED(p->method, x.method), "payment_method_options", "payment_method_types", type,
        "processing", processing, "receipt_email", word(&p->t, "receipt_email"), "review",
        "setup_future_usage", p->keep ? "off_session" : NULL, "shipping", "source", "statement_descriptor",
        word(&p->t, "statement_descriptor"), "status", ss_status_word(p->status), "transfer_data",
        "transfer_group"));
    json_object_update_missing(out, rest);
    json_decref(rest);
    return out;
}

/* ---- charges ---- */

static json_t *outcome(const struct ss_charge *ch)
{
    const struct ss_decline *d = ch->failure;
    if (d == NULL) {
        return packed(json_pack("{s:n, s:n, s:n, s:s, s:n, s:s, s:s, s:s}", "advice_code",
                                "network_advice_code", "network_decline_code", "network_status",
                                "approved_by_network", "reason", "risk_level", "normal", "seller_message",
                                "Payment complete.", "type", "authorized"));
    }
    return packed(json_pack("{s:s?, s:n, s:s?, s:s, s:s?, s:s, s:s, s:s}", "advice_code", d->advice,
                            "network_advice_code", "network_decline_code", d->network, "network_status",
                            "declined_by_network", "reason", d->decline_code, "risk_level", "normal",
                            "seller_message", d->message, "type", "issuer_declined"));
}

static json_t *charge_json(const struct ss_charge *ch, struct ss_expand x)
{
    const struct ss_intent *p = ch->intent;
    const struct ss_decline *d = ch->failure;
    bool paid = strcmp(ch->status, "succeeded") == 0;
    json_t *details = ch->method->token->bank ? bank_account(ch->method->token) : card(ch->method->token);
    json_t *out = packed(
        json_pack("{s:s, s:s, s:I, s:I, s:I, s:n, s:n, s:n, s:o, s:o, s:b, s:I, s:s, s:s?, s:o, s:b, s:o}",
                  "id", ch->t.id, "object", "charge", "amount", (json_int_t)ch->amount, "amount_captured",
                  (json_int_t)(paid ? ch->amount : 0), "amount_refunded", (json_int_t)ch->refunded,
                  "application", "application_fee", "application_fee_amount", "balance_transaction",
                  NAMED(ch->txn, x.txn), "billing_details", billing_details(&ch->method->t), "captured", paid,
                  "created", (json_int_t)ch->t.created, "currency", p->currency, "customer",
                  ID_OF(p->customer), "description", word(&p->t, "description"), "disputed",
                  ch->dispute != NULL, "failure_balance_transaction", NAMED(ch->failure_txn, x.txn)));
    json_t *rest = packed(json_pack(
        "{s:s?, s:s?, s:{}, s:b, s:o, s:n, s:o, s:b, s:s, s:s, s:{s:s, s:o}, s:n, s:n, s:n, s:b, s:n, s:s, "
        "s:n}",
        "failure_code", d == NULL ? NULL : d->code, "failure_message", d == NULL ? NULL : d->message,
        "fraud_details", "livemode", 0, "metadata", metadata(&p->t), "on_behalf_of", "outcome", outcome(ch),
        "paid", paid, "payment_intent", p->t.id, "payment_method", ch->method->t.id, "payment_method_details",
        "type", method_type(ch->method), method_type(ch->method), details, "receipt_email", "receipt_number",
        "receipt_url", "refunded", ch->refunded == ch->amount, "review", "status", ch->status,
        "transfer_group"));
    json_object_update_missing(out, rest);
    json_decref(rest);
    return out;
}

static json_t *refund_json(const struct ss_refund *r, struct ss_expand x)
{
    const struct ss_charge *ch = r->charge;
    const char *type = method_type(ch->method);
    json_t *out = packed(
        json_pack("{s:s, s:s, s:I, s:o, s:o, s:I, s:s, s:s?, s:{s:s, s:{s:s}}, s:o, s:s, s:s, s:s?, s:n, "
                  "s:n, s:s, s:n}",
                  "id", r->t.id, "object", "refund", "amount", (json_int_t)r->amount, "balance_transaction",
                  NAMED(r->txn, x.txn), "charge", NAMED(ch, x.charge), "created", (json_int_t)r->t.created,
                  "currency", ch->intent->currency, "customer", ID_OF(ch->intent->customer),
                  "destination_details", "type", type, type, "type", "reversal", "metadata", metadata(&r->t),
                  "payment_intent", ch->intent->t.id, "payment_method", ch->method->t.id, "reason", r->reason,
                  "receipt_number", "source_transfer_reversal", "status", r->status, "transfer_reversal"));
    if (r->failure == NULL) return out;
    json_object_set_new(out, "failure_reason", json_string(r->failure));
    json_object_set_new(out, "failure_balance_transaction", NAMED(r->failure_txn, x.txn));
    return out;
}

static json_t *dispute_json(const struct ss_dispute *d)
{
    enum { DAYS = 14 };
    const struct ss_charge *ch = d->charge;
    json_t *txns = json_array();
    for (size_t i = 0; i < SS_LENGTH(d->txns); i++)
        if (d->txns[i] != NULL) json_array_append_new(txns, ss_json(&d->txns[i]->t, (struct ss_expand){0}));
    return packed(json_pack(
        "{s:s, s:s, s:I, s:o, s:s, s:I, s:s, s:{}, s:{s:I, s:b, s:b, s:i}, s:b, s:b, s:o, s:s, s:{s:s, "
        "s:{s:s, s:s, "
        "s:s}}, s:s, s:s}",
        "id", d->t.id, "object", "dispute", "amount", (json_int_t)ch->amount, "balance_transactions", txns,
        "charge", ch->t.id, "created", (json_int_t)d->t.created, "currency", ch->intent->currency, "evidence",
        "evidence_details", "due_by", (json_int_t)(d->t.created + (int64_t)DAYS * SS_DAY), "has_evidence", 0,
        "past_due", 0, "submission_count", 0, "is_charge_refundable", 0, "livemode", 0, "metadata",
        metadata(&d->t), "payment_intent", ch->intent->t.id, "payment_method_details", "type", "card", "card",
        "brand", ch->method->token->brand, "case_type", "chargeback", "network_reason_code", "10.4", "reason",
        d->reason, "status", d->status));
}

static json_t *txn_json(const struct ss_txn *x, struct ss_expand expand)
{
    json_t *fees = json_array();
    if (x->fee != 0) {
        json_array_append_new(fees,
                              packed(json_pack("{s:I, s:n, s:s, s:s, s:s}", "amount", (json_int_t)x->fee,
                                               "application", "currency", x->currency, "description",
                                               "Stripe processing fees", "type", "stripe_fee")));
    }
    return packed(
        json_pack("{s:s, s:s, s:I, s:I, s:s, s:I, s:s, s:n, s:n, s:I, s:o, s:I, s:s, s:o, s:s, s:s}", "id",
                  x->t.id, "object", "balance_transaction", "amount", (json_int_t)x->amount, "available_on",
                  (json_int_t)(x->t.created + (int64_t)2 * SS_DAY), "balance_type", "payments", "created",
                  (json_int_t)x->t.created, "currency", x->currency, "description", "exchange_rate", "fee",
                  (json_int_t)x->fee, "fee_details", fees, "net", (json_int_t)(x->amount - x->fee),
                  "reporting_category", x->category, "source", named(x->source, expand.source), "status",
                  "available", "type", x->type));
}

json_t *ss_json(const struct ss_thing *t, struct ss_expand expand)
{
    if (t->given != NULL) return ss_given_json(t);
    switch (t->kind) {
    case SS_CUSTOMER: return customer_json((const struct ss_customer *)t);
    case SS_METHOD: return method_json((const struct ss_method *)t);
    case SS_SETUP: return setup_json((const struct ss_setup *)t);
    case SS_INTENT: return intent_json((const struct ss_intent *)t, expand);
    case SS_CHARGE: return charge_json((const struct ss_charge *)t, expand);
    case SS_REFUND: return refund_json((const struct ss_refund *)t, expand);
    case SS_DISPUTE: return dispute_json((const struct ss_dispute *)t);
    case SS_TXN: return txn_json((const struct ss_txn *)t, expand);
    case SS_EVENT: return packed(json_loads(t->body, 0, NULL));
    case SS_SUBSCRIPTION:
    case SS_INVOICE:
    case SS_PRICE:
    case SS_KEY:
    case SS_KINDS: break;
    }
    WRONG("a thing of the test server has no shape");
}
