/* SPDX-License-Identifier: MIT */
/* The test server itself, asked by plain libcurl: it keeps Stripe's promises, and breaks what it is told to
 * break. Fees are 2.9 % and 30 cents: 2900 costs 84.1 + 30, so 114. */
#include "tests/importers/asking.h"

TestSuite(stripe_server, .init = asking_begin, .fini = asking_end);

Test(stripe_server, a_charge_pays_once_and_stands_in_the_balance)
{
    struct got g =
        post("k1", "/v1/payment_intents", CHARGE "&metadata[ledger_charge]=c1&expand[]=latest_charge");
    assert_status(g, 200);
    assert_at(g, "status", "succeeded");
    assert_at(g, "metadata.ledger_charge", "c1");
    assert_at(g, "latest_charge.status", "succeeded");
    assert_at(g, "latest_charge.payment_method_details.card.last4", "4242");
    char path[128];
    snprintf(path, sizeof path, "/v1/payment_intents/%s/confirm", at(&g, "id"));
    done(&g);
    g = post("k2", path, "payment_method=pm_card_visa");
    assert_status(g, 400);
    assert_at(g, "error.code", "payment_intent_unexpected_state");
    assert_at(g, "error.payment_intent.status", "succeeded");
    done(&g);
    assert_int(charges(), 1);
    assert_int(stripe_server_balance(server, "usd"), 2900 - 114);
}

Test(stripe_server, a_decline_is_402_with_its_reason_and_the_intent)
{
    struct got g = post("k1", "/v1/payment_intents", DECLINED);
    assert_status(g, 402);
    assert_at(g, "error.code", "card_declined");
    assert_at(g, "error.decline_code", "insufficient_funds");
    assert_at(g, "error.advice_code", "try_again_later");
    assert_at(g, "error.payment_intent.status", "requires_payment_method");
    assert_at(g, "error.payment_intent.last_payment_error.code", "card_declined");
    done(&g);
    g = post("k1", "/v1/payment_intents", DECLINED);
    assert_status(g, 402);
    cr_assert(g.replayed);
    done(&g);
    assert_int(stripe_server_counts(server).charges_failed, 1);
}

Test(stripe_server, a_key_answers_again_for_a_day_and_for_the_same_parameters_only)
{
    struct got first = post("k1", "/v1/payment_intents", CHARGE);
    struct got again = post("k1", "/v1/payment_intents", CHARGE);
    assert_status(again, 200);
    cr_assert(again.replayed && !first.replayed);
    cr_assert(strcmp(first.body, again.body) == 0);
    cr_assert(strcmp(again.original, first.request) == 0 && strcmp(again.request, first.request) != 0);
    done(&first);
    done(&again);
    struct got other = post("k1", "/v1/payment_intents", CHARGE "&description=other");
    assert_status(other, 400);
    assert_at(other, "error.type", "idempotency_error");
    done(&other);
    assert_int(charges(), 1);
    assert_int(stripe_server_counts(server).keys_repeated, 1);
    stripe_server_clock_forward(server, 24 * 60 * 60 - 1);
    again = post("k1", "/v1/payment_intents", CHARGE);
    cr_assert(again.replayed);
    done(&again);
    stripe_server_clock_forward(server, 1);
    again = post("k1", "/v1/payment_intents", CHARGE);
    cr_assert(!again.replayed);
    done(&again);
    assert_int(charges(), 2);
}

Test(stripe_server, what_never_began_binds_no_key)
{
    struct got g = ask_as("sk_test_other", "k1", "/v1/payment_intents", CHARGE);
    assert_status(g, 401);
    done(&g);
    g = post("k1", "/v1/payment_intents", CHARGE "&payment_method_types[]=card");
    assert_status(g, 400);
    assert_at(g, "error.code", "parameter_unknown");
    assert_at(g, "error.param", "payment_method_types[]");
    done(&g);
    g = post("k1", "/v1/payment_intents", "amount=49&currency=usd");
    assert_status(g, 400);
    assert_at(g, "error.code", "amount_too_small");
    done(&g);
    g = post("k1", "/v1/payment_intents", CHARGE);
    assert_status(g, 200);
    cr_assert(!g.replayed);
    done(&g);
}

Test(stripe_server, refunds_go_up_to_the_amount_and_no_further)
{
    struct got g = post("k1", "/v1/payment_intents", CHARGE);
    char form[128];
    snprintf(form, sizeof form, "payment_intent=%s&amount=1000", at(&g, "id"));
    done(&g);
    static const struct {
        const char *key;
        long status;
        const char *path, *says;
    } steps[] = {
        {"r1", 200, "status", "succeeded"},
        {"r2", 200, "amount", "1000"},
        {"r3", 400, "error.param", "amount"}, /* only 900 are left */
    };
    for (size_t i = 0; i < 3; i++) {
        g = post(steps[i].key, "/v1/refunds", form);
        assert_status(g, steps[i].status);
        assert_at(g, steps[i].path, steps[i].says);
        done(&g);
    }
    *strchr(form, '&') = '\0';
    g = post("r4", "/v1/refunds", form);
    assert_at(g, "amount", "900");
    done(&g);
    g = post("r5", "/v1/refunds", form);
    assert_status(g, 400);
    assert_at(g, "error.code", "charge_already_refunded");
    done(&g);
    assert_int(stripe_server_balance(server, "usd"), -114);
}

/* What each fault does to the first charge under a key, and what the same key gets afterwards. */
Test(stripe_server, each_fault_is_as_the_table_says)
{
    static const struct {
        enum stripe_fault fault;
        CURLcode code;
        long status;
        bool acts;
        const char *should_retry;
        long then; /* the same key once more, without a fault */
    } table[] = {
        {STRIPE_FAULT_NONE, CURLE_OK, 200, true, "", 200},
        {STRIPE_FAULT_CLOSE_BEFORE, CURLE_GOT_NOTHING, 0, false, "", 200},
        {STRIPE_FAULT_CLOSE_AFTER, CURLE_GOT_NOTHING, 0, true, "", 200},
        {STRIPE_FAULT_HALF_BODY, CURLE_PARTIAL_FILE, 200, true, "", 200},
        {STRIPE_FAULT_SAVED_500, CURLE_OK, 500, true, "false", 500},
        {STRIPE_FAULT_FAILED_500, CURLE_OK, 500, false, "", 200},
        {STRIPE_FAULT_HTML_BEFORE, CURLE_OK, 502, false, "", 200},
        {STRIPE_FAULT_HTML_AFTER, CURLE_OK, 502, true, "", 200},
        {STRIPE_FAULT_GARBAGE, CURLE_OK, 200, true, "", 200},
        {STRIPE_FAULT_WRONG_SHAPE, CURLE_OK, 200, true, "", 200},
        {STRIPE_FAULT_HUGE_BODY, CURLE_OK, 200, true, "", 200},
        {STRIPE_FAULT_SLOW, CURLE_OK, 200, true, "", 200},
        {STRIPE_FAULT_RATE_LIMIT, CURLE_OK, 429, false, "", 200},
        {STRIPE_FAULT_LOCK_TIMEOUT, CURLE_OK, 429, false, "true", 200},
        {STRIPE_FAULT_BUSY_503, CURLE_OK, 503, false, "true", 200},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct stripe_fault_rule rule = {
            .method = "POST", .path = "/v1/payment_intents$", .nth = 1, .fault = table[i].fault, .ms = 5};
        stripe_server_rules(server, &rule, 1);
        uint64_t before = charges();
        char key[16];
        snprintf(key, sizeof key, "key-%zu", i);
        struct got g = post(key, "/v1/payment_intents", CHARGE);
        cr_assert(g.code == table[i].code && g.status == table[i].status, "%zu: %s %ld", i,
                  curl_easy_strerror(g.code), g.status);
        cr_assert(charges() - before == table[i].acts, "%zu", i);
        cr_assert(strcmp(g.should_retry, table[i].should_retry) == 0, "%zu: %s", i, g.should_retry);
        if (table[i].fault == STRIPE_FAULT_HUGE_BODY) cr_assert(g.len > (size_t)5 * 1024 * 1024);
        done(&g);
        g = post(key, "/v1/payment_intents", CHARGE);
        cr_assert(g.status == table[i].then && g.replayed == table[i].acts, "%zu: %ld", i, g.status);
        done(&g);
        cr_assert(charges() - before == (table[i].then == 200 || table[i].acts), "%zu", i);
    }
}

static void *charge_in_thread(void *out)
{
    *(struct got *)out = post("k1", "/v1/payment_intents", CHARGE);
    return NULL;
}

Test(stripe_server, a_twin_of_what_is_in_work_gets_409)
{
    struct stripe_fault_rule rule = {.nth = 1, .fault = STRIPE_FAULT_HELD};
    stripe_server_rules(server, &rule, 1);
    struct got first = {0};
    pthread_t thread;
    cr_assert(pthread_create(&thread, NULL, charge_in_thread, &first) == 0);
    stripe_server_wait_held(server, 1);
    struct got twin = post("k1", "/v1/payment_intents", CHARGE);
    assert_status(twin, 409);
    assert_at(twin, "error.code", "idempotency_key_in_use");
    done(&twin);
    stripe_server_release(server);
    cr_assert(pthread_join(thread, NULL) == 0);
    assert_status(first, 200);
    done(&first);
    twin = post("k1", "/v1/payment_intents", CHARGE);
    cr_assert(twin.replayed);
    done(&twin);
    assert_int(charges(), 1);
    assert_int(stripe_server_counts(server).in_flight_most, 2);
}

Test(stripe_server, a_bank_debit_is_in_process_until_it_is_settled)
{
    struct got g =
        post("k1", "/v1/payment_intents",
             "amount=2900&currency=usd&confirm=true&payment_method=pm_usBankAccount_accountClosed&" NEVER);
    assert_at(g, "status", "processing");
    char path[128];
    snprintf(path, sizeof path, "/v1/payment_intents/%s", at(&g, "id"));
    done(&g);
    assert_int(stripe_server_balance(server, "usd"), 2900 - 114); /* as soon as the bank is asked */
    assert_int(stripe_server_settle_pending(server), 1);
    assert_int(stripe_server_balance(server, "usd"), 0);
    g = get(path);
    assert_at(g, "status", "requires_payment_method");
    assert_at(g, "last_payment_error.code", "account_closed");
    done(&g);
    g = post("k2", "/v1/payment_intents",
             "amount=2900&currency=usd&confirm=true&payment_method=pm_usBankAccount_success&" NEVER);
    done(&g);
    assert_int(stripe_server_settle_pending(server), 1);
    assert_int(stripe_server_balance(server, "usd"), 2900 - 114);
}

Test(stripe_server, a_list_comes_by_pages_newest_first)
{
    char ids[5][64], path[160];
    for (int i = 0; i < 5; i++) {
        struct got made = post("", "/v1/customers", "description=one");
        snprintf(ids[i], sizeof ids[i], "%s", at(&made, "id"));
        done(&made);
    }
    struct got g = get("/v1/customers?limit=2");
    assert_at(g, "data.0.id", ids[4]);
    assert_at(g, "data.1.id", ids[3]);
    assert_at(g, "has_more", "true");
    done(&g);
    snprintf(path, sizeof path, "/v1/customers?limit=3&starting_after=%s", ids[3]);
    g = get(path);
    assert_at(g, "data.0.id", ids[2]);
    assert_at(g, "data.2.id", ids[0]);
    assert_at(g, "has_more", "false");
    done(&g);
    snprintf(path, sizeof path, "/v1/customers?limit=2&ending_before=%s", ids[1]);
    g = get(path);
    assert_at(g, "data.0.id", ids[3]);
    assert_at(g, "data.1.id", ids[2]);
    assert_at(g, "has_more", "true");
    done(&g);
}

Test(stripe_server, a_charge_and_a_dispute_tell_their_events_in_order)
{
    static const char *const wanted[] = {"payment_intent.created", "charge.succeeded",
                                         "payment_intent.succeeded", "charge.dispute.created",
                                         "charge.dispute.funds_withdrawn"};
    struct got g = post("k1", "/v1/payment_intents",
                        "amount=2900&currency=usd&confirm=true&payment_method=pm_card_createDispute&" NEVER);
    done(&g);
    uint64_t after = 0;
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        g.body = stripe_server_event(server, &after);
        g.json = json_loads(g.body, 0, NULL);
        assert_at(g, "type", wanted[i]);
        assert_at(g, "request.idempotency_key", "k1");
        done(&g);
    }
    cr_assert(stripe_server_event(server, &after) == NULL);
    assert_int(stripe_server_balance(server, "usd"), 2900 - 114 - 2900 - 1500);
}

/* The signature is the one that Python's hmac makes of "1767225600." and the body. */
Test(stripe_server, a_webhook_is_signed_as_stripe_signs_it)
{
    static const char body[] = "{\"id\":\"evt_1\",\"object\":\"event\"}";
    char *header = stripe_server_sign(body, sizeof body - 1, "whsec_test_secret_one", 1767225600);
    cr_assert(strcmp(header,
                     "t=1767225600,v1=aac59ae04f46c55eb66070b9223a4510543c5a58811739bcdb300f6dc0a1a711") == 0,
              "%s", header);
    free(header);
}

Test(stripe_server, rules_are_read_from_json_or_the_reason_is_told)
{
    static const struct {
        const char *text, *why; /* NULL: read */
    } table[] = {
        {"[{\"method\":\"POST\",\"path\":\"/v1/payment_intents/*/"
         "confirm\",\"every\":3,\"fault\":\"close_after\"}]",
         NULL},
        {"[]", NULL},
        {"{}", "the rules are no JSON array"},
        {"[{\"fault\":\"slow\",\"ms\":20},{\"fault\":\"sleepy\"}]",
         "rule 2 names a fault that is not in stripe_faults.def"},
        {"[{\"fault\":\"503\",\"nth\":1,\"every\":2}]", "rule 1 has more than one of nth, every and percent"},
        {"[{\"fault\":\"503\",\"often\":1}]",
         "rule 1 has members that are none of a rule, or of another type, or no fault"},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        char *why = NULL;
        bool read = stripe_server_rules_text(server, table[i].text, &why);
        cr_assert(read == (table[i].why == NULL), "%zu: %s", i, why);
        if (!read) cr_assert(strcmp(why, table[i].why) == 0, "%zu: %s", i, why);
        free(why);
    }
}

Test(stripe_server, the_accounts_limit_is_met_by_the_servers_own_clock)
{
    stripe_server_stop(server);
    server = stripe_server_start((struct stripe_server_options){.rate = 2});
    static const long wanted[] = {200, 200, 429};
    for (int second = 0; second < 2; second++) {
        for (size_t i = 0; i < 3; i++) {
            struct got g = get("/v1/balance");
            assert_status(g, wanted[i]);
            if (g.status == 429) assert_at(g, "error.code", "rate_limit");
            done(&g);
        }
        stripe_server_clock_forward(server, 1);
    }
    assert_int(stripe_server_counts(server).rate_limited, 2);
}
