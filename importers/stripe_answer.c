/* SPDX-License-Identifier: MIT */
/* stripe_answer.c - see stripe_answer.h. */
#include "importers/stripe_answer.h"
#include "importers/json_text.h"

/* ---- reading ---- */

/* What is too long for a code, or has other characters, is none. */
static struct str code_of(const json_t *object, const char *name, struct arena *a)
{
    const char *text = json_string_value(json_object_get(object, name));
    struct str code = str_of(text);
    bool fits = code.len > 0 && code.len <= LIMIT_CODE_BYTES;
    for (size_t i = 0; i < code.len && fits; i++) {
        char c = code.ptr[i];
        fits = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    }
    return fits ? str_copy(a, code) : STR_NONE;
}

static bool is_stripe_object(const json_t *object)
{
    return json_is_string(json_object_get(object, "object"));
}

static json_t *parse(struct bytes body, struct arena *a)
{
    struct error unused = {0};
    json_t *root = NULL;
    if (json_parse_told(&root, bytes_str(body), a, &unused) != OK) return NULL;
    if (json_is_object(root)) return root;
    json_decref(root);
    return NULL;
}

/* ---- errors ---- */

static void say(struct stripe_answer *out, enum stripe_outcome outcome, enum stripe_retry retry,
                const char *message)
{
    out->outcome = outcome;
    out->retry = retry;
    out->message = str_of(message);
}

static bool is_code(const struct stripe_answer *out, const char *code)
{
    return str_is(out->code, code);
}

/* Whether Stripe itself says that asking again makes sense; `otherwise` where it says nothing. */
static enum stripe_retry retry_of(const struct http_answer *answer, enum stripe_retry otherwise)
{
    if (str_is(answer->should_retry, "true")) return STRIPE_RETRY;
    return str_is(answer->should_retry, "false") ? STRIPE_NO_RETRY : otherwise;
}

/* A payment that was confirmed before, or cannot be: how it stands says what came of it. */
static bool tells_by_payment(const struct stripe_answer *out)
{
    return out->object != NULL && is_code(out, "payment_intent_unexpected_state");
}

static void classify_invalid(struct stripe_answer *out, struct str type)
{
    if (tells_by_payment(out))
        say(out, STRIPE_DONE, STRIPE_NO_RETRY, "");
    else if (is_code(out, "payment_intent_unexpected_state"))
        say(out, STRIPE_UNKNOWN, STRIPE_NO_RETRY, "the payment stands otherwise than was thought");
    else if (str_is(type, "idempotency_error"))
        say(out, STRIPE_UNKNOWN, STRIPE_NO_RETRY, "the key was used before for something else");
    else if (str_is(type, "card_error"))
        say(out, STRIPE_DECLINED, STRIPE_NO_RETRY, "the payment was declined");
    else if (is_code(out, "resource_missing"))
        say(out, STRIPE_MISSING, STRIPE_NO_RETRY, "what is named is not known at Stripe");
    else
        say(out, STRIPE_REJECTED, STRIPE_NO_RETRY, "Stripe does not accept the request");
}

static void classify_limited(struct stripe_answer *out)
{
    if (is_code(out, "lock_timeout"))
        say(out, STRIPE_NOT_EXECUTED, STRIPE_RETRY, "it is in use by another request");
    else
        say(out, STRIPE_NOT_EXECUTED, STRIPE_RETRY_SLOWER, "there are too many requests");
}

static void classify_error(struct stripe_answer *out, const struct http_answer *answer, struct str type)
{
    int status = answer->status;
    if (status == 402)
        say(out, STRIPE_DECLINED, STRIPE_NO_RETRY, "the payment was declined");
    else if (status == 400)
        classify_invalid(out, type);
    else if (status == 401 || status == 403)
        say(out, STRIPE_FORBIDDEN, STRIPE_NO_RETRY, "Stripe does not accept the key");
    else if (status == 404)
        say(out, STRIPE_MISSING, STRIPE_NO_RETRY, "what is named is not known at Stripe");
    else if (status == 409)
        say(out, STRIPE_UNKNOWN, retry_of(answer, STRIPE_RETRY), "the same request is being worked on");
    else if (status == 429)
        classify_limited(out);
    else if (status == 500)
        say(out, STRIPE_UNKNOWN, retry_of(answer, STRIPE_NO_RETRY), "Stripe failed");
    else if (status > 500)
        say(out, STRIPE_UNKNOWN, retry_of(answer, STRIPE_RETRY), "Stripe failed");
    else
        say(out, STRIPE_UNKNOWN, STRIPE_NO_RETRY, "the answer is none that is known");
}

static void read_error(struct stripe_answer *out, const json_t *error, struct arena *a)
{
    out->param = code_of(error, "param", a);
    out->code = code_of(error, "code", a);
    out->decline_code = code_of(error, "decline_code", a);
    out->advice_code = code_of(error, "advice_code", a);
    out->object = json_incref(json_object_get(error, "payment_intent"));
    if (out->object == NULL) out->object = json_incref(json_object_get(error, "setup_intent"));
}

/* ---- the whole ---- */

/* Without an error in Stripe's shape it came from something between: that may have passed the request on. */
static void classify_foreign(struct stripe_answer *out, const struct http_answer *answer)
{
    bool server = answer->status >= 500 || answer->status < 400;
    say(out, STRIPE_UNKNOWN, server ? STRIPE_RETRY : STRIPE_NO_RETRY, "the answer is not Stripe's");
    if (answer->status == 401 || answer->status == 403)
        say(out, STRIPE_FORBIDDEN, STRIPE_NO_RETRY, "the request was not let through");
    if (answer->status == 429) say(out, STRIPE_UNKNOWN, STRIPE_RETRY_SLOWER, "there are too many requests");
}

void stripe_classify(struct stripe_answer *out, const struct http_answer *answer, struct arena *a)
{
    *out = (struct stripe_answer){.request_id = answer->request_id, .status = answer->status};
    if (answer->result == HTTP_NOT_SENT) {
        say(out, STRIPE_NOT_EXECUTED, STRIPE_RETRY, "Stripe could not be reached");
        if (answer->why.len > 0)
            out->message = str_format(a, "Stripe could not be reached: %.*s", STR_ARG(answer->why));
        return;
    }
    if (answer->result == HTTP_LOST) {
        say(out, STRIPE_UNKNOWN, STRIPE_RETRY, "no answer came");
        return;
    }
    json_t *root = parse(answer->body, a);
    const json_t *error = json_object_get(root, "error");
    if (answer->status == 200 && error == NULL && is_stripe_object(root)) {
        out->object = json_incref(root);
    } else if (json_is_object(error)) {
        read_error(out, error, a);
        classify_error(out, answer, code_of(error, "type", a));
    } else {
        classify_foreign(out, answer);
    }
    json_decref(root);
}

struct str stripe_reason(const struct stripe_answer *answer)
{
    if (answer->decline_code.len > 0) return answer->decline_code;
    if (answer->code.len > 0) return answer->code;
    return STR("declined");
}
