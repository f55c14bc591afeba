/* SPDX-License-Identifier: MIT */
/* fuzz_stripe_answer.c - any bytes as an answer of Stripe's: the first bytes say what was asked and with
 * which status it was answered, the rest is the body. Whatever comes, the question ends or goes on to another
 * call; money counts as moved only by an object of the amount that was asked for. */
#include "importers/json_text.h"
#include "importers/stripe_calls.h"
#include "importers/stripe_movement.h"
#include "ledger/book.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { CALLS_MAX = 64, HEAD_BYTES = 3 };

static struct gateway_request request_of(uint8_t kind)
{
    return (struct gateway_request){.step = (enum gateway_step)(kind % 3),
                                    .transaction = 1,
                                    .customer = 1,
                                    .key = STR("daybook/0123456789abcdef/txn_1"),
                                    .token = STR("pm_1"),
                                    .gateway_customer = STR("cus_1"),
                                    .reference = kind % 3 == GATEWAY_PREPARE ? STR_NONE : STR("pi_1"),
                                    .refund_reference = (kind & 8) != 0 ? STR("re_1") : STR_NONE,
                                    .amount = money_of(2900, "USD"),
                                    .requested_at = {1767225600000000},
                                    .again = (kind & 16) != 0};
}

/* Whatever moved a balance, its postings sum to zero in each currency. */
static void check_balanced(const struct balance_movement *m, struct arena *a)
{
    struct event ev = {.type = EVENT_BALANCE_NOTED, .balance_noted = {STR("stripe"), m, 1}};
    const struct posting *p = NULL;
    size_t count = 0;
    struct error e = {0};
    enum err err = event_postings(&p, &count, &ev, a, &e);
    assert(err == OK && m->reference.len > 0);
    for (size_t i = 0; i < count; i++) {
        __int128 sum = 0;
        for (size_t k = 0; k < count; k++) {
            if (money_same_currency(p[i].amount, p[k].amount)) sum += p[k].amount.minor;
        }
        assert(sum == 0);
    }
}

/* The same bytes as what Stripe tells of its balance, of refunds and disputes. */
static void check_objects(struct bytes body, struct arena *a)
{
    struct balance_movement m = {0};
    struct dispute_note_command d = {0};
    struct refund_note_command r = {0};
    struct error e = {0};
    json_t *object = NULL;
    if (json_parse(&object, bytes_str(body), a, &e) != OK) return;
    if (stripe_movement_read(&m, object, json_object_get(object, "source"), a, &e) == OK)
        check_balanced(&m, a);
    if (stripe_dispute_read(&d, object, a, &e) == OK) assert(d.status != DISPUTE_NONE);
    if (stripe_refund_read(&r, object, a)) assert(r.gateway_reference.len > 0);
    json_decref(object);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const int statuses[] = {200, 400, 401, 402, 403, 404, 409, 429, 500, 502, 503, 302};
    if (size < HEAD_BYTES) return 0;
    struct arena *a = arena_new();
    struct gateway_request r = request_of(data[0]);
    struct instant now = {r.requested_at.us + (int64_t)data[2] * 3600 * 1000000};
    struct http_answer answer = {.result = HTTP_ANSWERED,
                                 .status = statuses[data[1] % (sizeof statuses / sizeof statuses[0])],
                                 .body = {data + HEAD_BYTES, size - HEAD_BYTES}};
    struct stripe_progress p = stripe_begin(&r, now);
    struct gateway_answer out = {0};
    for (int calls = 0; p.call != STRIPE_FINISHED && calls < CALLS_MAX; calls++) {
        struct http_request asked = {0};
        struct stripe_answer said = {0};
        struct error e = {0};
        enum err err = stripe_request(&asked, &p, &r, now, a, &e);
        assert(err == OK && asked.path.len > 0 && (strcmp(asked.method, "POST") != 0 || asked.key.len > 0));
        stripe_classify(&said, &answer, a);
        assert(said.outcome != STRIPE_DONE || said.object != NULL);
        stripe_advance(&p, &out, &r, &said, a);
        json_decref(said.object);
        assert(out.outcome != PAYMENT_SUCCEEDED || (answer.status == 200 || answer.status == 400));
        assert(out.outcome != PAYMENT_SUCCEEDED || out.reference.len > 0);
    }
    check_objects(answer.body, a);
    arena_free(a);
    return 0;
}
