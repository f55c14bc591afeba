/* SPDX-License-Identifier: MIT */
/* What an answer of Stripe's means, row by row: done, declined, not done, or not known; and whether the same
 * may be asked again. */
#include "importers/stripe_answer.h"
#include "tests/lib/fixture.h"

TestSuite(stripe_answer, .init = test_begin, .fini = test_end);

#define INTENT(status) "{\"id\":\"pi_1\",\"object\":\"payment_intent\",\"status\":\"" status "\"}"
#define ERROR(members) "{\"error\":{" members "}}"
#define TYPE(type)     "\"type\":\"" type "\""
#define CODE(code)     ",\"code\":\"" code "\""

static struct stripe_answer classified(struct http_answer answer)
{
    struct stripe_answer out = {0};
    stripe_classify(&out, &answer, A);
    return out;
}

static struct http_answer answered(int status, const char *body, const char *should_retry)
{
    struct str text = str_of(body);
    return (struct http_answer){.result = HTTP_ANSWERED,
                                .status = status,
                                .body = str_bytes(text),
                                .should_retry = str_of(should_retry)};
}

static const struct row {
    int status;
    const char *body, *should_retry;
    enum stripe_outcome outcome;
    enum stripe_retry retry;
    const char *reason; /* "": not looked at */
} table[] = {
    {200, INTENT("succeeded"), "", STRIPE_DONE, STRIPE_NO_RETRY, ""},
    {200, INTENT("processing"), "", STRIPE_DONE, STRIPE_NO_RETRY, ""},
    {200, "{\"object\":\"list\",\"data\":[]}", "", STRIPE_DONE, STRIPE_NO_RETRY, ""},
    /* A proxy's page, half an answer, an answer of somebody else: it may have been done. */
    {200, "<html>welcome</html>", "", STRIPE_UNKNOWN, STRIPE_RETRY, ""},
    {200, "{\"id\":\"pi_1\",\"object\":\"payment_in", "", STRIPE_UNKNOWN, STRIPE_RETRY, ""},
    {200, "", "", STRIPE_UNKNOWN, STRIPE_RETRY, ""},
    {200, "[]", "", STRIPE_UNKNOWN, STRIPE_RETRY, ""},
    {200, "{}", "", STRIPE_UNKNOWN, STRIPE_RETRY, ""},
    {200, "{\"object\":1}", "", STRIPE_UNKNOWN, STRIPE_RETRY, ""},
    {302, "", "", STRIPE_UNKNOWN, STRIPE_RETRY, ""},
    {204, "", "", STRIPE_UNKNOWN, STRIPE_RETRY, ""},
    /* The bank's no. */
    {402, ERROR(TYPE("card_error") CODE("card_declined") ",\"decline_code\":\"insufficient_funds\""), "",
     STRIPE_DECLINED, STRIPE_NO_RETRY, "insufficient_funds"},
    {402, ERROR(TYPE("card_error") CODE("expired_card")), "", STRIPE_DECLINED, STRIPE_NO_RETRY,
     "expired_card"},
    {402, ERROR(TYPE("card_error") CODE("authentication_required")), "", STRIPE_DECLINED, STRIPE_NO_RETRY,
     "authentication_required"},
    {402, ERROR(TYPE("card_error") CODE("a code that is none")), "", STRIPE_DECLINED, STRIPE_NO_RETRY,
     "declined"},
    {402, ERROR(TYPE("something_new") CODE("never_heard_of")), "true", STRIPE_DECLINED, STRIPE_NO_RETRY,
     "never_heard_of"},
    {400, ERROR(TYPE("card_error") CODE("card_declined")), "", STRIPE_DECLINED, STRIPE_NO_RETRY,
     "card_declined"},
    {402, "payment required", "", STRIPE_UNKNOWN, STRIPE_NO_RETRY, ""},
    /* Our mistakes. */
    {400, ERROR(TYPE("invalid_request_error") CODE("parameter_unknown")), "", STRIPE_REJECTED,
     STRIPE_NO_RETRY, "parameter_unknown"},
    {400, ERROR(TYPE("invalid_request_error")), "", STRIPE_REJECTED, STRIPE_NO_RETRY, ""},
    {400, ERROR(TYPE("invalid_request_error") CODE("amount_too_small")), "", STRIPE_REJECTED, STRIPE_NO_RETRY,
     "amount_too_small"},
    {400, ERROR(TYPE("invalid_request_error") CODE("charge_already_refunded")), "", STRIPE_REJECTED,
     STRIPE_NO_RETRY, "charge_already_refunded"},
    {400, ERROR(TYPE("invalid_request_error") CODE("resource_missing")), "", STRIPE_MISSING, STRIPE_NO_RETRY,
     "resource_missing"},
    {404, ERROR(TYPE("invalid_request_error") CODE("resource_missing")), "", STRIPE_MISSING, STRIPE_NO_RETRY,
     "resource_missing"},
    {404, "not found", "", STRIPE_UNKNOWN, STRIPE_NO_RETRY, ""},
    /* The key was used for other bytes: what it did then, only looking can tell. */
    {400, ERROR(TYPE("idempotency_error")), "", STRIPE_UNKNOWN, STRIPE_NO_RETRY, ""},
    /* A payment that stands otherwise says itself how; without it nobody knows. */
    {400,
     ERROR(TYPE("invalid_request_error")
               CODE("payment_intent_unexpected_state") ",\"payment_intent\":" INTENT("succeeded")),
     "", STRIPE_DONE, STRIPE_NO_RETRY, ""},
    {400, ERROR(TYPE("invalid_request_error") CODE("payment_intent_unexpected_state")), "", STRIPE_UNKNOWN,
     STRIPE_NO_RETRY, ""},
    /* The key of the API. */
    {401, ERROR(TYPE("invalid_request_error")), "", STRIPE_FORBIDDEN, STRIPE_NO_RETRY, ""},
    {403, ERROR(TYPE("invalid_request_error") CODE("more_permissions_required")), "", STRIPE_FORBIDDEN,
     STRIPE_NO_RETRY, ""},
    {403, "<html>blocked</html>", "", STRIPE_FORBIDDEN, STRIPE_NO_RETRY, ""},
    /* The same request is under way; too many; the object is in use. */
    {409, ERROR(TYPE("idempotency_error") CODE("idempotency_key_in_use")), "", STRIPE_UNKNOWN, STRIPE_RETRY,
     ""},
    {409, ERROR(TYPE("idempotency_error") CODE("idempotency_key_in_use")), "false", STRIPE_UNKNOWN,
     STRIPE_NO_RETRY, ""},
    {429, ERROR(TYPE("invalid_request_error") CODE("rate_limit")), "", STRIPE_NOT_EXECUTED,
     STRIPE_RETRY_SLOWER, "rate_limit"},
    {429, ERROR(TYPE("invalid_request_error") CODE("rate_limit")), "false", STRIPE_NOT_EXECUTED,
     STRIPE_RETRY_SLOWER, ""},
    {429, ERROR(TYPE("invalid_request_error") CODE("lock_timeout")), "true", STRIPE_NOT_EXECUTED,
     STRIPE_RETRY, "lock_timeout"},
    {429, "slow down", "", STRIPE_UNKNOWN, STRIPE_RETRY_SLOWER, ""},
    /* A 500 that was kept is answered for ever, and a charge may stand behind it. */
    {500, ERROR(TYPE("api_error")), "", STRIPE_UNKNOWN, STRIPE_NO_RETRY, ""},
    {500, ERROR(TYPE("api_error")), "false", STRIPE_UNKNOWN, STRIPE_NO_RETRY, ""},
    {500, ERROR(TYPE("api_error")), "true", STRIPE_UNKNOWN, STRIPE_RETRY, ""},
    {503, ERROR(TYPE("api_error")), "", STRIPE_UNKNOWN, STRIPE_RETRY, ""},
    {503, ERROR(TYPE("api_error")), "false", STRIPE_UNKNOWN, STRIPE_NO_RETRY, ""},
    {502, "<html>bad gateway</html>", "", STRIPE_UNKNOWN, STRIPE_RETRY, ""},
    {504, "", "", STRIPE_UNKNOWN, STRIPE_RETRY, ""},
    {418, ERROR(TYPE("api_error")), "", STRIPE_UNKNOWN, STRIPE_NO_RETRY, ""},
    {200, ERROR(TYPE("api_error")), "", STRIPE_UNKNOWN, STRIPE_NO_RETRY, ""},
};

Test(stripe_answer, each_answer_means_what_its_row_says)
{
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        const struct row *r = &table[i];
        struct stripe_answer out = classified(answered(r->status, r->body, r->should_retry));
        cr_assert(out.outcome == r->outcome && out.retry == r->retry, "row %zu: %d %s: outcome %d, retry %d",
                  i, r->status, r->body, (int)out.outcome, (int)out.retry);
        if (r->reason[0] != 0) assert_str(stripe_reason(&out), r->reason);
        cr_assert((out.object != NULL) || out.outcome != STRIPE_DONE, "row %zu: done, and no object", i);
        json_decref(out.object);
    }
}

Test(stripe_answer, what_was_not_sent_can_be_sent_again_and_what_was_lost_is_not_known)
{
    struct stripe_answer out = classified((struct http_answer){.result = HTTP_NOT_SENT});
    cr_assert(out.outcome == STRIPE_NOT_EXECUTED && out.retry == STRIPE_RETRY);
    out = classified((struct http_answer){.result = HTTP_LOST});
    cr_assert(out.outcome == STRIPE_UNKNOWN && out.retry == STRIPE_RETRY);
    /* Whatever came before the line went dead. */
    out = classified((struct http_answer){.result = HTTP_LOST, .status = 200});
    cr_assert(out.outcome == STRIPE_UNKNOWN);
}

Test(stripe_answer, nothing_of_an_answer_is_told_to_people)
{
    struct stripe_answer out = classified(answered(
        402,
        ERROR(TYPE("card_error")
                  CODE("card_declined") ",\"message\":\"Your card 4242 4242 4242 4242 was declined\""),
        ""));
    assert_str(out.message, "the payment was declined");
}
