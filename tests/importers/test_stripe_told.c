/* SPDX-License-Identifier: MIT */
/* What Stripe is told and no money is asked for by: whatever fails on the way, it is told in the end, and of
 * nothing else. */
#include "tests/importers/asking.h"
#include "tests/importers/bank.h"

TestSuite(stripe_told, .init = test_begin, .fini = test_end);

static struct str token_of(struct bank *b, size_t index)
{
    size_t count = 0;
    struct method *methods = bank_methods(b, 1, &count);
    return index < count ? methods[index].token : STR_NONE;
}

static bool is_attached(struct bank *b, struct str token)
{
    server = b->server;
    struct got g = get(str_cstring(A, str_format(A, "/v1/payment_methods/%.*s", STR_ARG(token))));
    assert_status(g, 200);
    bool attached = *at(&g, "customer") != '\0';
    done(&g);
    return attached;
}

/* By hand, at Stripe. */
static void detach(struct bank *b, struct str token)
{
    struct str path = str_format(A, "/v1/payment_methods/%.*s/detach", STR_ARG(token));
    (void)post_there(b, str_cstring(A, path), STR_NONE);
}

/* ---- payment methods that were removed ---- */

Test(stripe_told, one_that_is_removed_is_detached_and_told_once)
{
    struct bank b = bank_open(NULL, 0);
    bank_connect(&b);
    bank_customer(&b, "ann", "pm_card_visa");
    struct str token = token_of(&b, 0);
    cr_assert(is_attached(&b, token));
    assert_int(bank_tell(&b).count, 0);
    assert_ok(bank_remove_method(&b, "ann", "1", E));
    cr_assert(is_attached(&b, token)); /* the ledger comes first */
    assert_int(bank_tell(&b).count, 1);
    cr_assert(!is_attached(&b, token));
    uint64_t requests = stripe_server_counts(b.server).requests;
    assert_int(bank_tell(&b).count, 0);
    assert_int(stripe_server_counts(b.server).requests, requests);
    bank_close(&b);
}

Test(stripe_told, whatever_fails_once_it_is_detached_in_the_end)
{
    for (int fault = STRIPE_FAULT_CLOSE_BEFORE; fault < STRIPE_FAULTS; fault++) {
        struct stripe_fault_rule rule = {.method = "POST",
                                         .path = "/v1/payment_methods/*/detach",
                                         .times = 1,
                                         .fault = (enum stripe_fault)fault,
                                         .ms = 5};
        if (fault == STRIPE_FAULT_HELD) continue; /* needs somebody who lets it go */
        test_end();
        test_begin();
        struct bank b = bank_open(&rule, 1);
        bank_connect(&b);
        bank_customer(&b, "ann", "pm_card_visa");
        struct str token = token_of(&b, 0);
        assert_ok(bank_remove_method(&b, "ann", "1", E));
        if (bank_tell(&b).unknown > 0) {
            stripe_close(b.s);
            shop_close(b.l); /* a crash, and another day */
            b.l = shop_open("2026-01-02T02:00:00Z");
            bank_connect(&b);
            stripe_server_clock_forward(b.server, 25 * 3600); /* whatever was saved under a key is gone */
            assert_int(bank_tell(&b).unknown, 0);
        }
        cr_assert(!is_attached(&b, token), "fault %d", fault);
        cr_assert(bank_tell(&b).count == 0, "fault %d", fault);
        cr_assert(stripe_server_counts(b.server).faults == 1, "fault %d did not strike", fault);
        bank_close(&b);
    }
}

Test(stripe_told, one_that_is_detached_already_or_not_there_is_done_with)
{
    struct bank b = bank_open(NULL, 0);
    bank_connect(&b);
    bank_customer(&b, "ann", "pm_card_visa");
    struct str token = token_of(&b, 0);
    detach(&b, token);
    assert_ok(bank_remove_method(&b, "ann", "1", E));
    assert_int(bank_tell(&b).unknown, 0);
    assert_int(bank_tell(&b).count, 0);
    assert_ok(bank_add_method(&b, "ann", "pm_card_visa", E));
    assert_ok(bank_remove_method(&b, "ann", "2", E));
    struct stripe_server *other = stripe_server_start((struct stripe_server_options){.seed = 9});
    stripe_server_stop(b.server);
    stripe_close(b.s);
    b.server = other; /* nobody knows it there */
    bank_connect(&b);
    assert_int(bank_tell(&b).unknown, 0);
    assert_int(bank_tell(&b).count, 0);
    bank_close(&b);
}

Test(stripe_told, what_was_asked_of_it_before_is_answered_first)
{
    struct bank b = bank_open(NULL, 0);
    bank_connect(&b);
    bank_customer(&b, "ann", "pm_card_visa");
    struct str token = token_of(&b, 0);
    const struct event *ev = bank_request(&b, "ann", 2900);
    assert_ok(bank_remove_method(&b, "ann", "1", E));
    assert_int(bank_tell(&b).count, 0);
    assert_ok(bank_settle(&b, ev, 1, E));
    cr_assert(bank_transaction(&b, 1).status == TRANSACTION_COMPLETED);
    assert_int(bank_tell(&b).count, 1);
    cr_assert(!is_attached(&b, token));
    struct command c = {.type = COMMAND_PAYMENT_CHARGE,
                        .payment_charge = {.user = STR("ann"), .amount = decimal_make(2900, 2)}};
    struct outcome out = {0};
    assert_err_says(bank_run(&out, &b, &c, E), ERR_DECLINED, "no payment method");
    c.payment_charge.payment_method = token;
    assert_err_says(bank_run(&out, &b, &c, E), ERR_NOT_FOUND, "no such payment method");
    bank_close(&b);
}

/* Its token means the same one at Stripe: to let go of the first would take the second. */
Test(stripe_told, one_that_was_given_again_stays)
{
    struct bank b = bank_open(NULL, 0);
    bank_connect(&b);
    bank_customer(&b, "ann", "pm_card_visa");
    struct str token = token_of(&b, 0);
    assert_ok(bank_remove_method(&b, "ann", "1", E));
    assert_ok(bank_add_method(&b, "ann", str_cstring(A, token), E));
    assert_int(bank_tell(&b).count, 0);
    cr_assert(is_attached(&b, token));
    cr_assert(bank_charge(&b, "ann", 2900).status == TRANSACTION_COMPLETED);
    bank_close(&b);
}

/* Stripe repeats for a day what it answered to the same question; this one is another. */
Test(stripe_told, one_that_was_detached_cannot_be_given_again)
{
    struct bank b = bank_open(NULL, 0);
    bank_connect(&b);
    bank_customer(&b, "ann", "pm_card_visa");
    char *token = str_cstring(A, token_of(&b, 0));
    assert_ok(bank_add_method(&b, "ann", token, E)); /* it is attached: nothing to do */
    assert_ok(bank_remove_method(&b, "ann", "1", E));
    assert_int(bank_tell(&b).unknown, 0);
    assert_err_says(bank_add_method(&b, "ann", token, E), ERR_INVALID,
                    "Stripe does not keep the payment method");
    assert_int(token_of(&b, 0).len, 0);
    bank_close(&b);
}

Test(stripe_told, who_has_no_method_left_is_the_same_customer_there)
{
    struct bank b = bank_open(NULL, 0);
    bank_connect(&b);
    bank_customer(&b, "ann", "pm_card_visa");
    assert_ok(bank_remove_method(&b, "ann", "1", E));
    assert_int(bank_tell(&b).unknown, 0);
    stripe_server_clock_forward(b.server, 25 * 3600); /* no key remembers her */
    assert_ok(bank_add_method(&b, "ann", "pm_card_mastercard", E));
    server = b.server;
    struct got g = get("/v1/customers");
    assert_at(g, "data.1.id", ""); /* there is one */
    done(&g);
    bank_close(&b);
}

/* Somebody detaches it at Stripe while a payment is prepared: it can never be charged. */
Test(stripe_told, a_payment_by_one_that_was_detached_there_is_declined)
{
    struct stripe_fault_rule rule = {
        .path = "/v1/payment_intents/*/confirm", .times = 3, .fault = STRIPE_FAULT_BUSY_503};
    struct bank b = bank_open(&rule, 1);
    struct error unknown = {0};
    bank_connect(&b);
    bank_customer(&b, "ann", "pm_card_visa");
    struct str token = token_of(&b, 0);
    const struct event *ev = bank_request(&b, "ann", 2900);
    (void)bank_settle(&b, ev, 1, &unknown);
    cr_assert(bank_transaction(&b, 1).status == TRANSACTION_PENDING);
    detach(&b, token);
    (void)bank_settle_pending(&b);
    cr_assert(bank_transaction(&b, 1).status == TRANSACTION_FAILED);
    assert_str(bank_transaction(&b, 1).code, "resource_missing");
    assert_int(stripe_server_counts(b.server).charges_succeeded, 0);
    bank_close(&b);
}

/* ---- payments that failed ---- */

static struct transaction failed_payment(struct bank *b)
{
    bank_connect(b);
    bank_customer(b, "ann", "pm_card_chargeCustomerFail");
    struct transaction t = bank_charge(b, "ann", 2900);
    cr_assert(t.status == TRANSACTION_FAILED && t.payable);
    return t;
}

/* Whoever has its secret confirms it with another method. */
static void confirm_with(struct bank *b, struct transaction t, const char *token)
{
    size_t count = 0;
    struct method *methods = bank_methods(b, 1, &count);
    struct str form = str_format(A, "customer=%.*s", STR_ARG(methods[0].gateway_customer));
    struct str path = str_format(A, "/v1/payment_methods/%s/attach", token);
    form = str_format(A, "payment_method=%s", post_there(b, str_cstring(A, path), form));
    path = str_format(A, "/v1/payment_intents/%.*s/confirm", STR_ARG(t.gateway_reference));
    (void)post_there(b, str_cstring(A, path), form);
}

Test(stripe_told, a_payment_that_failed_is_canceled_and_told_once)
{
    struct bank b = bank_open(NULL, 0);
    struct transaction t = failed_payment(&b);
    assert_str(intent_status(&b, t), "requires_payment_method");
    struct bank_told told = bank_tell(&b);
    assert_int(told.count, 1);
    assert_int(told.unknown, 0);
    assert_str(intent_status(&b, t), "canceled");
    t = bank_transaction(&b, 1);
    cr_assert(t.status == TRANSACTION_FAILED && !t.payable);
    assert_str(t.code, "generic_decline"); /* why it failed stays */
    assert_int(bank_tell(&b).count, 0);
    bank_verify(&b);
    bank_close(&b);
}

Test(stripe_told, whatever_fails_once_the_payment_is_canceled_in_the_end)
{
    static const char *const places[][2] = {{"POST", "/v1/payment_intents/*/cancel"},
                                            {"GET", "/v1/payment_intents/*"}};
    for (size_t at_place = 0; at_place < 2; at_place++) {
        for (int fault = STRIPE_FAULT_CLOSE_BEFORE; fault < STRIPE_FAULTS; fault++) {
            struct stripe_fault_rule rule = {.method = places[at_place][0],
                                             .path = places[at_place][1],
                                             .times = 1,
                                             .fault = (enum stripe_fault)fault,
                                             .ms = 5};
            if (fault == STRIPE_FAULT_HELD) continue; /* needs somebody who lets it go */
            test_end();
            test_begin();
            struct bank b = bank_open(&rule, 1);
            struct transaction t = failed_payment(&b);
            if (bank_tell(&b).unknown > 0) {
                stripe_close(b.s);
                shop_close(b.l); /* a crash, and another day */
                b.l = shop_open("2026-01-02T02:00:00Z");
                b.sim.now.us += (int64_t)25 * 3600 * 1000000;
                bank_connect(&b);
                stripe_server_clock_forward(b.server, 25 * 3600);
                assert_int(bank_tell(&b).unknown, 0);
            }
            cr_assert(str_is(intent_status(&b, t), "canceled"), "fault %d of %s", fault, rule.path);
            cr_assert(bank_tell(&b).count == 0, "fault %d of %s", fault, rule.path);
            cr_assert(stripe_server_counts(b.server).faults == 1, "fault %d of %s", fault, rule.path);
            bank_close(&b);
        }
    }
}

Test(stripe_told, one_that_the_bank_has_by_now_is_not_canceled_and_booked_when_it_is_paid)
{
    struct bank b = bank_open(NULL, 0);
    struct transaction t = failed_payment(&b);
    confirm_with(&b, t, "pm_usBankAccount_success");
    assert_int(bank_tell(&b).unknown, 0);
    assert_str(intent_status(&b, t), "processing");
    cr_assert(bank_transaction(&b, 1).status == TRANSACTION_FAILED);
    assert_int(stripe_server_settle_pending(b.server), 1);
    assert_int(bank_tell(&b).unknown, 0);
    cr_assert(bank_transaction(&b, 1).status == TRANSACTION_COMPLETED);
    assert_int(bank_tell(&b).count, 0);
    bank_verify(&b);
    bank_close(&b);
}

Test(stripe_told, one_that_was_paid_meanwhile_is_booked_and_not_canceled)
{
    struct bank b = bank_open(NULL, 0);
    struct transaction t = failed_payment(&b);
    confirm_with(&b, t, "pm_card_visa");
    assert_int(bank_tell(&b).unknown, 0);
    assert_str(intent_status(&b, t), "succeeded");
    cr_assert(bank_transaction(&b, 1).status == TRANSACTION_COMPLETED);
    bank_verify(&b);
    bank_close(&b);
}

Test(stripe_told, one_that_somebody_canceled_there_is_done_with)
{
    struct bank b = bank_open(NULL, 0);
    struct transaction t = failed_payment(&b);
    struct str path = str_format(A, "/v1/payment_intents/%.*s/cancel", STR_ARG(t.gateway_reference));
    (void)post_there(&b, str_cstring(A, path), STR_NONE);
    assert_int(bank_tell(&b).unknown, 0);
    cr_assert(!bank_transaction(&b, 1).payable);
    assert_int(bank_tell(&b).count, 0);
    bank_close(&b);
}
