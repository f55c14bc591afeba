/* SPDX-License-Identifier: MIT */
/* stripe_calls.c - see stripe_calls.h. */
#include "importers/stripe_calls.h"
#include "importers/json_text.h"
#include "importers/stripe_form.h"

enum {
    REFUNDS_A_PAGE = 100,
    SECONDS_A_DAY = 86400,
    KEY_SECONDS = 23 * 3600, /* Stripe keeps keys for a day; an hour less for clocks that differ */
};
static const int64_t us_a_second = 1000000;

static int64_t age_seconds(const struct gateway_request *r, struct instant now)
{
    int64_t age = (now.us - r->requested_at.us) / us_a_second;
    return age < 0 ? 0 : age;
}

struct stripe_progress stripe_begin(const struct gateway_request *r, struct instant now)
{
    struct stripe_progress p = {.call = STRIPE_PREPARE};
    if (r->step == GATEWAY_CHARGE) p.call = r->again ? STRIPE_LOOK : STRIPE_CONFIRM;
    if (r->step == GATEWAY_REFUND)
        p.call = age_seconds(r, now) < KEY_SECONDS ? STRIPE_REFUND : STRIPE_FIND_REFUND;
    if (r->step == GATEWAY_REFUND && r->refund_reference.len > 0) p.call = STRIPE_LOOK_REFUND;
    if (r->step == GATEWAY_FORGET) p.call = STRIPE_DETACH;
    if (r->step == GATEWAY_LOOK || r->step == GATEWAY_CANCEL) p.call = STRIPE_LOOK_PAYABLE;
    return p;
}

/* ---- requests ---- */

static struct str path_of(const char *before, struct str id, const char *after, struct arena *a)
{
    return str_format(a, "%s%.*s%s", before, STR_ARG(id), after);
}

static void add_metadata(struct buffer *form, const struct gateway_request *r, struct arena *a)
{
    form_add(form, "metadata[daybook_transaction]", str_format(a, "txn_%ju", (uintmax_t)r->transaction));
    form_add(form, "metadata[daybook_key]", r->key);
}

static enum err check_id(struct str id, const char *what, struct error *e)
{
    return stripe_id_is_one(id) ? OK : fail(e, ERR_INVALID, "%s is none of Stripe's", what);
}

static enum err prepare(struct http_request *out, const struct gateway_request *r, struct arena *a,
                        struct error *e)
{
    struct buffer form = {.arena = a};
    enum err err = form_add_money(&form, r->amount, e);
    if (err == OK) err = check_id(r->token, "the payment method", e);
    if (err == OK) err = check_id(r->gateway_customer, "the payment method's customer", e);
    if (err != OK) return err;
    form_add(&form, "customer", r->gateway_customer);
    form_add(&form, "payment_method", r->token);
    form_add(&form, "automatic_payment_methods[enabled]", STR("true"));
    form_add(&form, "automatic_payment_methods[allow_redirects]", STR("never"));
    if (r->description.len > 0) form_add(&form, "description", r->description);
    add_metadata(&form, r, a);
    *out = (struct http_request){.method = "POST",
                                 .path = STR("/v1/payment_intents"),
                                 .body = form_text(&form),
                                 .key = str_format(a, "%.*s-p", STR_ARG(r->key))};
    return OK;
}

/* A saved failure would be answered for ever under one key; a payment is charged once under any number. So
 * each day has its own. */
struct str stripe_daily_key(const struct gateway_request *r, const char *what, struct instant now,
                            struct arena *a)
{
    int64_t days = age_seconds(r, now) / SECONDS_A_DAY;
    return str_format(a, "%.*s-%s%jd", STR_ARG(r->key), what, (intmax_t)days);
}

static void confirm(struct http_request *out, const struct gateway_request *r, struct instant now,
                    struct arena *a)
{
    *out = (struct http_request){.method = "POST",
                                 .path = path_of("/v1/payment_intents/", r->reference, "/confirm", a),
                                 .body = STR("off_session=true"),
                                 .key = stripe_daily_key(r, "c", now, a)};
}

static enum err refund(struct http_request *out, const struct gateway_request *r, struct arena *a,
                       struct error *e)
{
    struct buffer form = {.arena = a};
    int64_t amount = 0;
    enum err err = stripe_amount(&amount, r->amount, e);
    if (err != OK) return err;
    form_add(&form, "payment_intent", r->reference);
    form_add(&form, "amount", str_format(a, "%jd", (intmax_t)amount));
    add_metadata(&form, r, a);
    *out = (struct http_request){
        .method = "POST", .path = STR("/v1/refunds"), .body = form_text(&form), .key = r->key};
    return OK;
}

static void find_refund(struct http_request *out, const struct stripe_progress *p,
                        const struct gateway_request *r, struct arena *a)
{
    struct buffer form = {.arena = a};
    form_add(&form, "payment_intent", r->reference);
    form_add(&form, "limit", str_format(a, "%d", REFUNDS_A_PAGE));
    if (p->page.len > 0) form_add(&form, "starting_after", p->page);
    *out = (struct http_request){.method = "GET", .path = path_of("/v1/refunds?", form_text(&form), "", a)};
}

static bool is_told(const struct gateway_request *r)
{
    return r->step == GATEWAY_FORGET || r->step == GATEWAY_LOOK || r->step == GATEWAY_CANCEL;
}

enum err stripe_request(struct http_request *out, const struct stripe_progress *p,
                        const struct gateway_request *r, struct instant now, struct arena *a, struct error *e)
{
    enum err err = OK;
    bool by_reference = p->call != STRIPE_PREPARE;
    if (is_told(r)) return stripe_told_request(out, p, r, now, a, e);
    if (by_reference) err = check_id(r->reference, "the payment", e);
    if (err == OK && p->call == STRIPE_LOOK_REFUND) err = check_id(r->refund_reference, "the refund", e);
    if (err != OK) return err;
    switch (p->call) {
    case STRIPE_PREPARE: return prepare(out, r, a, e);
    case STRIPE_CONFIRM: confirm(out, r, now, a); return OK;
    case STRIPE_REFUND: return refund(out, r, a, e);
    case STRIPE_FIND_REFUND: find_refund(out, p, r, a); return OK;
    case STRIPE_LOOK:
        *out = (struct http_request){.method = "GET",
                                     .path = path_of("/v1/payment_intents/", r->reference, "", a)};
        return OK;
    case STRIPE_LOOK_REFUND:
        *out = (struct http_request){.method = "GET",
                                     .path = path_of("/v1/refunds/", r->refund_reference, "", a)};
        return OK;
    case STRIPE_DETACH:
    case STRIPE_LOOK_METHOD:
    case STRIPE_LOOK_PAYABLE:
    case STRIPE_CANCEL:
    case STRIPE_FINISHED: break;
    }
    WRONG("a question that was answered");
}

/* ---- objects ---- */

static bool is_text(const json_t *object, const char *name, const char *wanted)
{
    return str_is(json_text_of(object, name), wanted);
}

static struct str id_of(const json_t *object, struct arena *a)
{
    struct str id = json_text_of(object, "id");
    return stripe_id_is_one(id) ? str_copy(a, id) : STR_NONE;
}

/* Nothing that is of another amount is taken for ours. */
static bool is_of_amount(const json_t *object, const char *name, struct money wanted)
{
    const json_t *amount = json_object_get(object, name);
    struct error unused = {0};
    struct money m = {0};
    return json_is_integer(amount) &&
           stripe_money(&m, json_integer_value(amount), json_text_of(object, "currency"), &unused) == OK &&
           money_same_currency(m, wanted) && m.minor == wanted.minor;
}

static void finish(struct stripe_progress *p, struct gateway_answer *out, enum payment_outcome outcome,
                   struct str reference)
{
    p->call = STRIPE_FINISHED;
    out->outcome = outcome;
    out->reference = reference;
}

static void decline(struct stripe_progress *p, struct gateway_answer *out, struct str code,
                    struct str message)
{
    finish(p, out, PAYMENT_DECLINED, STR_NONE);
    out->code = code;
    out->message = message;
}

static void decline_as(struct stripe_progress *p, struct gateway_answer *out,
                       const struct stripe_answer *answer)
{
    decline(p, out, stripe_reason(answer), answer->message);
    out->advice = answer->advice_code;
}

static void decline_word(struct stripe_progress *p, struct gateway_answer *out, const char *code,
                         const char *message)
{
    decline(p, out, str_of(code), str_of(message));
}

/* ---- refusals ---- */

/* Is it the payment that cannot be, whoever asks? Everything else that Stripe does not accept is our mistake,
 * or the key is one of another account: that says nothing of the payment, and must not count against the
 * customer. */
static bool is_of_the_payment(const struct stripe_answer *answer)
{
    static const char *const begins[] = {"amount_",
                                         "payment_method_",
                                         "card_",
                                         "charge_",
                                         "refund_",
                                         "bank_account_",
                                         "expired_card",
                                         "incorrect_",
                                         "invalid_",
                                         "insufficient_funds",
                                         "debit_not_authorized"};
    if (answer->outcome == STRIPE_DECLINED) return true;
    if (answer->outcome == STRIPE_MISSING) return str_is(answer->param, "payment_method");
    for (size_t i = 0; answer->outcome == STRIPE_REJECTED && i < sizeof begins / sizeof begins[0]; i++) {
        if (str_starts(answer->code, begins[i])) return true;
    }
    return false;
}

/* ---- payments ---- */

static void read_decline(struct stripe_progress *p, struct gateway_answer *out, const json_t *intent,
                         struct arena *a)
{
    const json_t *error = json_object_get(intent, "last_payment_error");
    struct http_answer as_answer = {.result = HTTP_ANSWERED, .status = 402};
    struct stripe_answer said = {0};
    char *text = json_dumps(error, JSON_COMPACT);
    struct str body = str_format(a, "{\"error\":%s}", text == NULL ? "{}" : text);
    free(text);
    as_answer.body = str_bytes(body);
    stripe_classify(&said, &as_answer, a);
    decline_as(p, out, &said);
    json_decref(said.object);
}

/* `confirmed`: it was tried to charge it. */
static void read_intent(struct stripe_progress *p, struct gateway_answer *out,
                        const struct gateway_request *r, const json_t *intent, bool confirmed,
                        struct arena *a)
{
    struct str id = id_of(intent, a);
    bool is_ours = is_text(intent, "object", "payment_intent") && id.len > 0 &&
                   is_of_amount(intent, "amount", r->amount);
    bool is_meant = is_ours && (r->reference.len == 0 || str_equal(id, r->reference));
    finish(p, out, PAYMENT_UNKNOWN, STR_NONE);
    if (!is_meant) return;
    if (is_text(intent, "status", "succeeded"))
        finish(p, out, PAYMENT_SUCCEEDED, id);
    else if (is_text(intent, "status", "processing"))
        finish(p, out, PAYMENT_PROCESSING, id);
    else if (is_text(intent, "status", "requires_action"))
        decline_word(p, out, "authentication_required", "the customer must confirm the payment");
    else if (is_text(intent, "status", "canceled"))
        decline_word(p, out, "canceled", "the payment was canceled");
    else if (json_is_object(json_object_get(intent, "last_payment_error")))
        read_decline(p, out, intent, a);
    else if (is_text(intent, "status", "requires_confirmation") && !confirmed)
        p->call = STRIPE_CONFIRM;
    else if (is_text(intent, "status", "requires_confirmation") && p->missing)
        decline_word(p, out, "resource_missing", "the payment method is not known at Stripe any more");
}

/* Whoever looks with the key of another account finds nothing: that says nothing of the payment. So only how
 * it stands, and an answer to its confirmation, ends it. */
static void advance_payment(struct stripe_progress *p, struct gateway_answer *out,
                            const struct gateway_request *r, const struct stripe_answer *answer,
                            struct arena *a)
{
    bool confirmation = p->call == STRIPE_CONFIRM;
    bool missing = answer->outcome == STRIPE_MISSING, refused = !missing && is_of_the_payment(answer);
    bool lost = missing || answer->outcome == STRIPE_UNKNOWN || answer->outcome == STRIPE_REJECTED;
    if (answer->outcome == STRIPE_DONE) {
        read_intent(p, out, r, answer->object, confirmation || p->looked, a);
    } else if (confirmation && refused) {
        decline_as(p, out, answer);
    } else if (confirmation && lost && !p->looked) {
        p->call = STRIPE_LOOK;
        p->looked = true;
        p->missing = missing || str_is(answer->param, "payment_method");
    } else {
        finish(p, out, PAYMENT_UNKNOWN, STR_NONE);
    }
}

static void advance_prepare(struct stripe_progress *p, struct gateway_answer *out,
                            const struct gateway_request *r, const struct stripe_answer *answer,
                            struct arena *a)
{
    struct str id = id_of(answer->object, a);
    bool made =
        answer->outcome == STRIPE_DONE && id.len > 0 && is_of_amount(answer->object, "amount", r->amount);
    if (made)
        finish(p, out, PAYMENT_PREPARED, id);
    else if (is_of_the_payment(answer))
        decline_as(p, out, answer);
    else
        finish(p, out, PAYMENT_UNKNOWN, STR_NONE);
}

/* ---- refunds ---- */

static void read_refund(struct stripe_progress *p, struct gateway_answer *out,
                        const struct gateway_request *r, const json_t *refund_object, struct arena *a)
{
    struct str id = id_of(refund_object, a);
    bool is_one = id.len > 0 && is_text(refund_object, "object", "refund") &&
                  is_of_amount(refund_object, "amount", r->amount);
    finish(p, out, PAYMENT_UNKNOWN, STR_NONE);
    if (!is_one) return;
    if (is_text(refund_object, "status", "succeeded"))
        finish(p, out, PAYMENT_SUCCEEDED, id);
    else if (is_text(refund_object, "status", "pending") ||
             is_text(refund_object, "status", "requires_action"))
        finish(p, out, PAYMENT_PROCESSING, id);
    else if (is_text(refund_object, "status", "failed") || is_text(refund_object, "status", "canceled"))
        decline_word(p, out, "refund_failed", "the bank did not take the refund");
}

static const json_t *refund_with_key(const json_t *list, struct str key)
{
    size_t i = 0;
    const json_t *one = NULL;
    json_array_foreach(json_object_get(list, "data"), i, one)
    {
        if (str_equal(key, json_text_of(json_object_get(one, "metadata"), "daybook_key"))) return one;
    }
    return NULL;
}

/* All pages were looked through: what is not there was not made. It may be asked for when it was never
 * answered with a failure that is kept. */
static void advance_find(struct stripe_progress *p, struct gateway_answer *out,
                         const struct gateway_request *r, const json_t *list, struct arena *a)
{
    const json_t *data = json_object_get(list, "data"), *found = refund_with_key(list, r->key);
    size_t count = json_array_size(data);
    struct str last = count == 0 ? STR_NONE : id_of(json_array_get(data, count - 1), a);
    bool more = json_is_true(json_object_get(list, "has_more")) && last.len > 0;
    if (found != NULL)
        read_refund(p, out, r, found, a);
    else if (more)
        p->page = last;
    else if (json_is_array(data) && p->refusal.outcome == PAYMENT_DECLINED) {
        *out = p->refusal;
        p->call = STRIPE_FINISHED;
    } else if (p->looked || !json_is_array(data))
        finish(p, out, PAYMENT_UNKNOWN, STR_NONE);
    else {
        p->call = STRIPE_REFUND;
        p->looked = true;
    }
}

static void advance_refund(struct stripe_progress *p, struct gateway_answer *out,
                           const struct gateway_request *r, const struct stripe_answer *answer,
                           struct arena *a)
{
    bool not_done = answer->outcome == STRIPE_UNKNOWN || answer->outcome == STRIPE_REJECTED ||
                    answer->outcome == STRIPE_DECLINED;
    bool lost = not_done && p->call == STRIPE_REFUND && !p->looked;
    if (lost) {
        if (is_of_the_payment(answer)) decline_as(p, &p->refusal, answer);
        p->call = STRIPE_FIND_REFUND;
        p->looked = true;
    } else if (answer->outcome == STRIPE_DONE && p->call == STRIPE_FIND_REFUND) {
        advance_find(p, out, r, answer->object, a);
    } else if (answer->outcome == STRIPE_DONE) {
        read_refund(p, out, r, answer->object, a);
    } else if (p->call == STRIPE_REFUND && is_of_the_payment(answer)) {
        decline_as(p, out, answer);
    } else {
        finish(p, out, PAYMENT_UNKNOWN, STR_NONE);
    }
}

void stripe_advance(struct stripe_progress *p, struct gateway_answer *out, const struct gateway_request *r,
                    const struct stripe_answer *answer, struct arena *a)
{
    assert(p->call != STRIPE_FINISHED);
    if (p->call == STRIPE_PREPARE)
        advance_prepare(p, out, r, answer, a);
    else if (p->call == STRIPE_LOOK || p->call == STRIPE_CONFIRM)
        advance_payment(p, out, r, answer, a);
    else if (is_told(r))
        stripe_told_advance(p, out, r, answer, a);
    else
        advance_refund(p, out, r, answer, a);
}

void stripe_read_object(struct gateway_answer *out, const struct gateway_request *r, const json_t *object,
                        struct arena *a)
{
    struct stripe_progress p = {.call = STRIPE_LOOK};
    *out = (struct gateway_answer){.outcome = PAYMENT_UNKNOWN};
    if (r->step == GATEWAY_REFUND)
        read_refund(&p, out, r, object, a);
    else
        read_intent(&p, out, r, object, true, a);
}
