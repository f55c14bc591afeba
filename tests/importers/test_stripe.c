/* SPDX-License-Identifier: MIT */
/* Paying by Stripe, at a server of our own in Stripe's shapes: whatever fails on the way, every payment is
 * charged once or not at all, and the ledger knows which as soon as it can be known. */
#include "importers/stripe_private.h"
#include "tests/importers/bank.h"

TestSuite(stripe, .init = test_begin, .fini = test_end);

/* ---- payment methods ---- */

Test(stripe, a_card_is_attached_to_a_customer_who_is_made_once_and_kept_with_what_may_be_shown)
{
    struct bank b = bank_open(NULL, 0);
    size_t count = 0;
    bank_connect(&b);
    bank_customer(&b, "ann", "pm_card_visa");
    assert_ok(bank_add_method(&b, "ann", "pm_usBankAccount_success", E));
    struct method *methods = bank_methods(&b, 1, &count);
    assert_int(count, 2);
    assert_str(methods[0].gateway, "stripe");
    assert_str(methods[0].last4, "4242");
    assert_str(methods[0].brand, "visa");
    assert_str(methods[0].funding, "credit");
    cr_assert(methods[0].exp_year > 2025);
    assert_str(methods[1].funding, "ach");
    cr_assert(str_starts(methods[0].token, "pm_") && !str_is(methods[0].token, "pm_card_visa"));
    cr_assert(str_starts(methods[0].gateway_customer, "cus_"));
    cr_assert(str_equal(methods[0].gateway_customer, methods[1].gateway_customer));
    bank_close(&b);
}

Test(stripe, a_token_that_is_none_is_refused_and_nothing_is_kept)
{
    struct bank b = bank_open(NULL, 0);
    bank_connect(&b);
    shop_customer(b.l, "ann");
    uint64_t before = shop_records(b.l);
    assert_err_says(bank_add_method(&b, "ann", "pm_card_nobodyKnows", E), ERR_INVALID,
                    "Stripe does not keep the payment method");
    assert_err_says(bank_add_method(&b, "ann", "tok_visa", E), ERR_INVALID,
                    "is none of Stripe's, as in 'pm_");
    assert_err_says(bank_add_method(&b, "ann", "4242424242424242", E), ERR_INVALID,
                    "card numbers and security codes are never accepted");
    assert_int(shop_records(b.l), before);
    bank_close(&b);
}

Test(stripe, a_key_that_stripe_does_not_know_stops_everything_and_is_never_told)
{
    struct bank b = bank_open(NULL, 0);
    struct stripe_options o = {.key = STR("sk_test_somebodyElses"),
                               .base = str_of(stripe_server_url(b.server)),
                               .world = world_simulated(&b.sim)};
    assert_ok(stripe_open(&b.s, &o, E));
    b.g = stripe_gateway(b.s);
    shop_customer(b.l, "ann");
    assert_err_says(bank_add_method(&b, "ann", "pm_card_visa", E), ERR_INCOMPLETE,
                    "Stripe does not accept the key");
    cr_assert_null(strstr(E->text, "somebodyElses"));
    bank_close(&b);
    o.key = STR("pk_test_public");
    assert_err_says(stripe_open(&b.s, &o, E), ERR_INVALID, "no secret key of Stripe's");
    o.key = STR("sk_test_x");
    o.base = STR("http://example.com");
    assert_err_says(stripe_open(&b.s, &o, E), ERR_INVALID, "https://HOST is wanted");
}

static uint64_t ticking(void *self)
{
    uint64_t *ms = self;
    return (*ms)++;
}

/* A program may run for months. */
Test(stripe, whoever_could_not_be_reached_is_asked_again_a_minute_later)
{
    enum { PAYMENTS = 17, A_MINUTE = 60000 }; /* of three attempts each */
    struct stripe_fault_rule nobody_there = {.fault = STRIPE_FAULT_CLOSE_BEFORE};
    struct bank b = bank_open(NULL, 0);
    struct event asked[PAYMENTS];
    uint64_t ms = 1000;
    bank_connect_by(&b, ticking, &ms);
    bank_customer(&b, "ann", "pm_card_visa");
    stripe_server_rules(b.server, &nobody_there, 1);
    for (size_t i = 0; i < PAYMENTS; i++) {
        asked[i] = *bank_request(&b, "ann", 2900);
        assert_err_says(bank_settle(&b, &asked[i], 1, E), ERR_INCOMPLETE, "");
        assert_str(stripe_trouble(b.s), i + 1 < PAYMENTS ? "no answer came" : "Stripe cannot be reached");
    }
    stripe_server_rules(b.server, NULL, 0);
    assert_err_says(bank_settle(&b, asked, PAYMENTS, E), ERR_INCOMPLETE, "Stripe cannot be reached");
    cr_assert(bank_transaction(&b, 1).status == TRANSACTION_PENDING);
    ms += A_MINUTE;
    assert_ok(bank_settle(&b, asked, PAYMENTS, E));
    for (uint64_t n = 1; n <= PAYMENTS; n++)
        cr_assert(bank_transaction(&b, n).status == TRANSACTION_COMPLETED);
    bank_close(&b);
}

/* Four to ten seconds, longer the second time, and never all at once. */
Test(stripe, faults_are_asked_again_after_waits_that_grow_and_differ)
{
    static const struct {
        int attempts;
        uint64_t least, most;
    } table[] = {{1, 4000, 8000}, {2, 5000, 10000}};
    struct bank b = bank_open(NULL, 0);
    struct stripe_options o = {.key = STR("sk_test_x"), .world = world_simulated(&b.sim)};
    assert_ok(stripe_open(&b.s, &o, E));
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        uint64_t least = UINT64_MAX, most = 0;
        for (int n = 0; n < 200; n++) {
            uint64_t ms = stripe_backoff_ms(b.s, table[i].attempts);
            if (ms < least) least = ms;
            if (ms > most) most = ms;
        }
        uint64_t tenth = (table[i].most - table[i].least) / 10;
        cr_assert(least >= table[i].least && least < table[i].least + tenth, "least: %ju", (uintmax_t)least);
        cr_assert(most <= table[i].most && most > table[i].most - tenth, "most: %ju", (uintmax_t)most);
    }
    bank_close(&b);
}

/* ---- payments ---- */

Test(stripe, each_card_pays_or_is_declined_as_the_bank_says)
{
    static const struct {
        const char *token;
        enum transaction_status status;
        const char *code;
    } table[] = {
        {"pm_card_visa", TRANSACTION_COMPLETED, ""},
        {"pm_card_visa_debit", TRANSACTION_COMPLETED, ""},
        {"pm_card_chargeDeclinedInsufficientFunds", TRANSACTION_FAILED, "insufficient_funds"},
        {"pm_card_chargeDeclined", TRANSACTION_FAILED, "generic_decline"},
        {"pm_card_chargeDeclinedExpiredCard", TRANSACTION_FAILED, "expired_card"},
        {"pm_card_authenticationRequired", TRANSACTION_FAILED, "authentication_required"},
    };
    struct bank b = bank_open(NULL, 0);
    bank_connect(&b);
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct str user = str_format(A, "user%zu", i);
        /* Some tokens are declined by the bank when they are attached already. */
        shop_customer(b.l, str_cstring(A, user));
        struct error why = {0};
        if (bank_add_method(&b, str_cstring(A, user), table[i].token, &why) != OK) {
            cr_assert(why.code == ERR_DECLINED && table[i].status == TRANSACTION_FAILED, "%s: %s",
                      table[i].token, why.text);
            cr_assert(strcmp(why.reason, table[i].code) == 0, "%s: %s", table[i].token, why.reason);
            continue;
        }
        struct transaction t = bank_charge(&b, str_cstring(A, user), 2900);
        cr_assert(t.status == table[i].status, "%s: %s", table[i].token,
                  choice_transaction_status.words[t.status]);
        assert_str(t.code, table[i].code);
        if (t.status == TRANSACTION_COMPLETED) cr_assert(str_starts(t.gateway_reference, "pi_"));
    }
    bank_close(&b);
}

Test(stripe, a_debit_of_a_bank_account_is_processing_until_the_bank_says_more)
{
    struct bank b = bank_open(NULL, 0);
    bank_connect(&b);
    bank_customer(&b, "ann", "pm_usBankAccount_success");
    struct transaction t = bank_charge(&b, "ann", 2900);
    cr_assert(t.status == TRANSACTION_PENDING && t.processing);
    uint64_t before = shop_records(b.l);
    assert_int(bank_settle_pending(&b), 1);
    assert_int(shop_records(b.l), before); /* it is said once */
    assert_int(stripe_server_settle_pending(b.server), 1);
    assert_int(bank_settle_pending(&b), 1);
    t = bank_transaction(&b, t.transaction);
    cr_assert(t.status == TRANSACTION_COMPLETED && !t.processing);
    assert_int(stripe_server_counts(b.server).charges_succeeded, 1);
    bank_close(&b);
}

Test(stripe, refunds_give_back_and_can_be_waited_for)
{
    struct bank b = bank_open(NULL, 0);
    bank_connect(&b);
    bank_customer(&b, "ann", "pm_card_visa");
    struct transaction t = bank_charge(&b, "ann", 2900);
    assert_ok(bank_refund(&b, 900, E));
    struct transaction back = bank_transaction(&b, 2);
    cr_assert(back.status == TRANSACTION_COMPLETED);
    cr_assert(str_starts(back.gateway_reference, "re_"));
    t = bank_transaction(&b, 1);
    cr_assert(t.status == TRANSACTION_PARTIALLY_REFUNDED);
    assert_int(stripe_server_counts(b.server).refunds, 1);
    bank_close(&b);
}

/* ---- faults ---- */

/* One fault at one place, and then a world in which all is well: there is one charge, and the ledger has it.
 */
Test(stripe, whatever_fails_once_there_is_one_charge)
{
    static const char *const places[] = {"/v1/payment_intents$", "/v1/payment_intents/*/confirm"};
    for (size_t at = 0; at < 2; at++) {
        for (int fault = STRIPE_FAULT_CLOSE_BEFORE; fault < STRIPE_FAULTS; fault++) {
            struct stripe_fault_rule rule = {
                .method = "POST", .path = places[at], .times = 1, .fault = (enum stripe_fault)fault, .ms = 5};
            if (fault == STRIPE_FAULT_HELD) continue; /* needs somebody who lets it go */
            test_end();
            test_begin();
            struct bank b = bank_open(&rule, 1);
            struct error unknown = {0};
            bank_connect(&b);
            bank_customer(&b, "ann", "pm_card_visa");
            const struct event *ev = bank_request(&b, "ann", 2900);
            (void)bank_settle(&b, ev, 1, &unknown);
            if (bank_transaction(&b, 1).status == TRANSACTION_PENDING) {
                stripe_server_clock_forward(b.server, 25 * 3600); /* whatever was saved under a key is gone */
                b.sim.now.us += (int64_t)25 * 3600 * 1000000;
                (void)bank_settle_pending(&b);
            }
            struct transaction t = bank_transaction(&b, 1);
            struct stripe_server_counts counts = stripe_server_counts(b.server);
            cr_assert(t.status == TRANSACTION_COMPLETED, "fault %d at %s: %s", fault, places[at],
                      choice_transaction_status.words[t.status]);
            cr_assert(counts.charges_succeeded == 1, "fault %d at %s: %ju charges", fault, places[at],
                      (uintmax_t)counts.charges_succeeded);
            cr_assert(counts.faults == 1, "fault %d at %s did not strike", fault, places[at]);
            bank_close(&b);
        }
    }
}

Test(stripe, whatever_fails_once_there_is_one_refund)
{
    for (int fault = STRIPE_FAULT_CLOSE_BEFORE; fault < STRIPE_FAULTS; fault++) {
        struct stripe_fault_rule rule = {
            .method = "POST", .path = "/v1/refunds", .times = 1, .fault = (enum stripe_fault)fault, .ms = 5};
        struct error unknown = {0};
        if (fault == STRIPE_FAULT_HELD) continue;
        test_end();
        test_begin();
        struct bank b = bank_open(&rule, 1);
        bank_connect(&b);
        bank_customer(&b, "ann", "pm_card_visa");
        (void)bank_charge(&b, "ann", 2900);
        (void)bank_refund(&b, 0, &unknown);
        if (bank_transaction(&b, 2).status == TRANSACTION_PENDING) {
            stripe_server_clock_forward(b.server, 25 * 3600);
            b.sim.now.us += (int64_t)25 * 3600 * 1000000;
            (void)bank_settle_pending(&b);
        }
        struct stripe_server_counts counts = stripe_server_counts(b.server);
        cr_assert(bank_transaction(&b, 2).status == TRANSACTION_COMPLETED, "fault %d", fault);
        cr_assert(counts.refunds == 1, "fault %d: %ju refunds", fault, (uintmax_t)counts.refunds);
        bank_close(&b);
    }
}

/* Somebody gave the money back at Stripe already: that is said, and not asked for again each night. */
Test(stripe, a_refund_that_cannot_be_is_declined)
{
    struct bank b = bank_open(NULL, 0);
    bank_connect(&b);
    bank_customer(&b, "ann", "pm_card_visa");
    struct transaction t = bank_charge(&b, "ann", 2900);
    (void)post_there(&b, "/v1/refunds", str_format(A, "payment_intent=%.*s", STR_ARG(t.gateway_reference)));
    (void)bank_refund(&b, 0, E);
    struct transaction back = bank_transaction(&b, 2);
    cr_assert(back.status == TRANSACTION_FAILED);
    assert_str(back.code, "charge_already_refunded");
    cr_assert(bank_transaction(&b, 1).status == TRANSACTION_COMPLETED);
    bank_close(&b);
}

/* Everything fails now and then: in the end each payment is there once, and both books have the same sum. */
Test(stripe, many_payments_through_many_faults_are_charged_once_each)
{
    enum { USERS = 12, PAYMENTS = 60 };
    struct stripe_fault_rule rules[] = {
        {.method = "POST", .percent = 6, .fault = STRIPE_FAULT_CLOSE_AFTER},
        {.method = "POST", .percent = 4, .fault = STRIPE_FAULT_CLOSE_BEFORE},
        {.method = "POST", .percent = 4, .fault = STRIPE_FAULT_SAVED_500},
        {.method = "POST", .percent = 4, .fault = STRIPE_FAULT_HALF_BODY},
        {.method = "POST", .percent = 3, .fault = STRIPE_FAULT_HTML_AFTER},
        {.method = "POST", .percent = 3, .fault = STRIPE_FAULT_RATE_LIMIT},
        {.method = "POST", .percent = 3, .fault = STRIPE_FAULT_LOCK_TIMEOUT},
        {.method = "GET", .percent = 5, .fault = STRIPE_FAULT_BUSY_503},
    };
    struct bank b = bank_open(NULL, 0);
    struct event *asked = arena_array_of(A, struct event, PAYMENTS);
    struct error unknown = {0};
    int64_t sum = 0, paid = 0;
    bank_connect(&b);
    for (int i = 0; i < USERS; i++)
        bank_customer(&b, str_cstring(A, str_format(A, "u%d", i)), "pm_card_visa");
    stripe_server_rules(b.server, rules, sizeof rules / sizeof rules[0]);
    for (int i = 0; i < PAYMENTS; i++) {
        asked[i] = *bank_request(&b, str_cstring(A, str_format(A, "u%d", i % USERS)), 1000 + i);
        sum += 1000 + i;
    }
    (void)bank_settle(&b, asked, PAYMENTS, &unknown);
    cr_assert(stripe_server_counts(b.server).faults > 5);
    stripe_server_rules(b.server, NULL, 0);
    stripe_server_clock_forward(b.server, 25 * 3600);
    b.sim.now.us += (int64_t)25 * 3600 * 1000000;
    (void)bank_settle_pending(&b);
    for (uint64_t i = 1; i <= PAYMENTS; i++) {
        struct transaction t = bank_transaction(&b, i);
        cr_assert(t.status == TRANSACTION_COMPLETED, "payment %ju is %s", (uintmax_t)i,
                  choice_transaction_status.words[t.status]);
        paid += t.amount.minor;
    }
    struct stripe_server_counts counts = stripe_server_counts(b.server);
    assert_int(counts.charges_succeeded, PAYMENTS);
    assert_int(paid, sum);
    assert_int(counts.customer_most, 1); /* never two calls about one customer at once */
    bank_close(&b);
}

Test(stripe, nobody_there_leaves_all_open_and_is_not_asked_for_ever)
{
    struct bank b = bank_open(NULL, 0);
    struct event *asked = arena_array_of(A, struct event, 200);
    bank_connect(&b);
    for (int i = 0; i < 200; i++) {
        if (i < 100) bank_customer(&b, str_cstring(A, str_format(A, "u%d", i)), "pm_card_visa");
        asked[i] = *bank_request(&b, str_cstring(A, str_format(A, "u%d", i % 100)), 1000);
    }
    struct stripe_fault_rule rule = {.fault = STRIPE_FAULT_CLOSE_BEFORE};
    uint64_t before = stripe_server_counts(b.server).requests;
    stripe_server_rules(b.server, &rule, 1);
    assert_err_says(bank_settle(&b, asked, 200, E), ERR_INCOMPLETE, "Stripe cannot be reached");
    cr_assert(stripe_server_counts(b.server).requests - before < 100 + 2 * 40);
    cr_assert(bank_transaction(&b, 200).status == TRANSACTION_PENDING);
    stripe_server_rules(b.server, NULL, 0);
    stripe_close(b.s);
    bank_connect(&b); /* another night */
    assert_int(bank_settle_pending(&b), 200);
    assert_int(stripe_server_counts(b.server).charges_succeeded, 200);
    bank_close(&b);
}
