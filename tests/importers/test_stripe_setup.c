/* SPDX-License-Identifier: MIT */
/* Payment methods that customers give on a page: begun here, given at Stripe, told by messages in any order,
 * and kept once; and what Stripe tells of those that it keeps. */
#include "tests/importers/asking.h"
#include "tests/importers/messages.h"
#include "tests/lib/dice.h"

TestSuite(stripe_setup, .init = test_begin, .fini = test_end);

/* In place: Stripe's end keeps the address of its clock. */
static void with_ann(struct bank *b)
{
    *b = bank_open(NULL, 0);
    bank_connect(b);
    shop_customer(b->l, "ann");
}

static enum err set_up(struct gateway_setup *out, struct bank *b, const char *token, struct error *e)
{
    struct gateway_setup_request r = {.method = {.user = STR("ann"), .token = str_of(token)}};
    struct command c = {.type = COMMAND_CUSTOMER_MAKE_KNOWN};
    struct outcome done_with = {0};
    enum err err = gateway_set_up(out, b->l, &b->g, &r, A, e);
    c.customer_make_known =
        (struct customer_make_known_command){STR("ann"), STR("stripe"), out->gateway_customer};
    assert_ok(bank_run(&done_with, b, &c, E));
    return err;
}

/* What the page does with the secret. */
static void give(struct bank *b, struct gateway_setup v, const char *token, long status)
{
    server = b->server;
    struct str path = str_format(A, "/v1/setup_intents/%.*s/confirm", STR_ARG(v.reference));
    struct got g = post("", str_cstring(A, path), str_cstring(A, str_format(A, "payment_method=%s", token)));
    assert_status(g, status);
    done(&g);
}

static void assert_one_visa(struct bank *b)
{
    size_t count = 0;
    struct method *m = bank_methods(b, 1, &count);
    assert_int(count, 1);
    assert_str(m[0].last4, "4242");
    assert_str(m[0].brand, "visa");
    cr_assert(m[0].exp_year > 2025 && str_starts(m[0].gateway_customer, "cus_"));
}

/* ---- on a page ---- */

Test(stripe_setup, what_she_gives_on_a_page_is_kept_once_in_any_order)
{
    for (uint64_t seed = 1; seed <= 10; seed++) {
        struct dice dice = dice_of(seed);
        struct gateway_setup v = {.status = SETUP_DONE};
        size_t count = 0;
        test_end();
        test_begin();
        struct bank b;
        with_ann(&b);
        assert_ok(set_up(&v, &b, "", E));
        cr_assert(v.status == SETUP_WAITS && str_starts(v.reference, "seti_"));
        assert_str(v.client_secret, str_cstring(A, str_format(A, "%.*s_secret_test", STR_ARG(v.reference))));
        give(&b, v, "pm_card_visa", 200);
        char **all = events_of(&b, &count);
        for (size_t i = 0; i < 2 * count; i++) {
            struct webhook w = deliver_asking(&b, i < count ? all[dice_next(&dice) % count] : all[i - count]);
            assert_settled(w);
        }
        assert_one_visa(&b);
        cr_assert(bank_charge(&b, "ann", 2900).status == TRANSACTION_COMPLETED);
        bank_verify(&b);
        bank_close(&b);
    }
}

Test(stripe_setup, she_is_one_customer_there_however_often_she_begins)
{
    struct bank b;
    with_ann(&b);
    struct gateway_setup first = {.status = SETUP_DONE}, second = first;
    assert_ok(set_up(&first, &b, "", E));
    stripe_server_clock_forward(b.server, 25 * 3600); /* no key remembers her */
    uint64_t records = shop_records(b.l);
    assert_ok(set_up(&second, &b, "", E));
    assert_int(shop_records(b.l), records);
    assert_str(second.gateway_customer, str_cstring(A, first.gateway_customer));
    cr_assert(!str_equal(second.reference, first.reference));
    assert_ok(bank_add_method(&b, "ann", "pm_card_visa", E));
    size_t count = 0;
    assert_str(bank_methods(&b, 1, &count)[0].gateway_customer, str_cstring(A, first.gateway_customer));
    bank_close(&b);
}

Test(stripe_setup, each_of_the_messages_is_enough)
{
    static const char *const types[] = {"setup_intent.succeeded", "payment_method.attached"};
    for (size_t i = 0; i < 2; i++) {
        struct gateway_setup v = {.status = SETUP_DONE};
        test_end();
        test_begin();
        struct bank b;
        with_ann(&b);
        assert_ok(set_up(&v, &b, "", E));
        give(&b, v, "pm_card_visa", 200);
        assert_outcome(deliver_asking(&b, event_of_type(&b, types[i])), WEBHOOK_APPLIED);
        assert_one_visa(&b);
        assert_outcome(deliver_asking(&b, event_of_type(&b, types[1 - i])), WEBHOOK_KNOWN);
        assert_one_visa(&b);
        bank_close(&b);
    }
}

/* The one says only its name. */
Test(stripe_setup, without_anybody_to_ask_somebody_is_asked_for)
{
    struct bank b;
    with_ann(&b);
    struct gateway_setup v = {.status = SETUP_DONE};
    struct stripe_fault_rule rule = {.method = "GET", .fault = STRIPE_FAULT_CLOSE_BEFORE};
    assert_ok(set_up(&v, &b, "", E));
    give(&b, v, "pm_card_visa", 200);
    const char *set = event_of_type(&b, "setup_intent.succeeded");
    const char *attached = event_of_type(&b, "payment_method.attached");
    struct webhook w = deliver(&b, set);
    assert_outcome(w, WEBHOOK_ATTENTION);
    cr_assert(strstr(str_cstring(A, w.what), "add it by 'payment-method add'") != NULL, "%.*s",
              STR_ARG(w.what));
    stripe_server_rules(b.server, &rule, 1);
    assert_outcome(deliver_asking(&b, attached), WEBHOOK_APPLIED); /* it says all */
    assert_one_visa(&b);
    bank_close(&b);
}

static uint64_t standing(void *self)
{
    const uint64_t *ms = self;
    return *ms;
}

/* Who asked for each of many messages as often as for a payment would answer no other message for hours. */
Test(stripe_setup, while_stripe_is_silent_messages_count_as_they_are_and_do_not_wait_for_it)
{
    enum { A_MINUTE = 60000 };
    struct bank b;
    struct gateway_setup v = {.status = SETUP_DONE};
    struct stripe_fault_rule silent = {.method = "GET", .fault = STRIPE_FAULT_CLOSE_BEFORE};
    uint64_t ms = 1000;
    with_ann(&b);
    stripe_close(b.s);
    bank_connect_by(&b, standing, &ms);
    assert_ok(set_up(&v, &b, "", E));
    give(&b, v, "pm_card_visa", 200);
    const char *attached = event_of_type(&b, "payment_method.attached");
    const char *set = event_of_type(&b, "setup_intent.succeeded");
    stripe_server_rules(b.server, &silent, 1);
    uint64_t before = stripe_server_counts(b.server).requests;
    assert_outcome(deliver_asking(&b, attached), WEBHOOK_APPLIED);
    assert_one_visa(&b);
    uint64_t asked = stripe_server_counts(b.server).requests;
    cr_assert(asked <= before + 2, "asked %ju times",
              (uintmax_t)(asked - before)); /* libcurl's second one is no attempt */
    struct card card = {0};
    assert_err_says(b.g.read_method(b.g.self, &card, STR("pm_another"), A, E), ERR_INCOMPLETE,
                    "did not answer within the last minute");
    assert_outcome(deliver_asking(&b, set), WEBHOOK_KNOWN);
    assert_int(stripe_server_counts(b.server).requests, asked);
    ms += A_MINUTE;
    stripe_server_rules(b.server, NULL, 0);
    assert_ok(b.g.read_method(b.g.self, &card, STR("pm_another"), A, E));
    bank_close(&b);
}

Test(stripe_setup, what_was_removed_or_detached_does_not_come_back)
{
    struct bank b;
    with_ann(&b);
    struct gateway_setup v = {.status = SETUP_DONE};
    size_t count = 0;
    assert_ok(set_up(&v, &b, "", E));
    give(&b, v, "pm_card_visa", 200);
    const char *set = event_of_type(&b, "setup_intent.succeeded");
    const char *attached = event_of_type(&b, "payment_method.attached");
    assert_outcome(deliver_asking(&b, set), WEBHOOK_APPLIED);
    assert_ok(bank_remove_method(&b, "ann", "1", E));
    assert_outcome(deliver_asking(&b, attached), WEBHOOK_KNOWN);
    (void)bank_methods(&b, 1, &count);
    assert_int(count, 0);
    assert_int(bank_tell(&b).count, 1); /* it is detached there */
    assert_outcome(deliver_asking(&b, event_of_type(&b, "payment_method.detached")), WEBHOOK_KNOWN);
    assert_ok(set_up(&v, &b, "", E));
    give(&b, v, "pm_card_mastercard", 200);
    attached = event_of_type(&b, "payment_method.attached");
    const char *id = strstr(attached, "\"id\":\"pm_") + 6;
    struct str path = str_format(A, "/v1/payment_methods/%.*s/detach", (int)strcspn(id, "\""), id);
    (void)post_there(&b, str_cstring(A, path), STR_NONE);
    assert_outcome(deliver_asking(&b, event_of_type(&b, "payment_method.detached")), WEBHOOK_KNOWN);
    assert_outcome(deliver_asking(&b, attached), WEBHOOK_KNOWN);
    (void)bank_methods(&b, 1, &count);
    assert_int(count, 0);
    bank_verify(&b);
    bank_close(&b);
}

Test(stripe_setup, what_the_bank_declines_is_noted_and_nothing_is_kept)
{
    struct bank b;
    with_ann(&b);
    struct gateway_setup v = {.status = SETUP_DONE};
    size_t count = 0;
    assert_ok(set_up(&v, &b, "", E));
    give(&b, v, "pm_card_chargeDeclined", 402);
    assert_outcome(deliver_asking(&b, event_of_type(&b, "setup_intent.setup_failed")), WEBHOOK_KEPT);
    (void)bank_methods(&b, 1, &count);
    assert_int(count, 0);
    bank_close(&b);
}

/* ---- with a token at hand ---- */

Test(stripe_setup, a_token_is_set_up_at_once_or_wants_her)
{
    struct bank b;
    with_ann(&b);
    struct gateway_setup v = {.status = SETUP_WAITS};
    assert_ok(set_up(&v, &b, "pm_card_visa", E));
    cr_assert(v.status == SETUP_DONE);
    assert_str(v.card.last4, "4242");
    assert_str(v.client_secret, "");
    cr_assert(str_equal(v.card.gateway_customer, v.gateway_customer));
    assert_ok(set_up(&v, &b, "pm_usBankAccount_success", E));
    assert_str(v.card.funding, "ach");
    assert_ok(set_up(&v, &b, "pm_card_authenticationRequired", E));
    cr_assert(v.status == SETUP_WANTS_CUSTOMER && v.client_secret.len > 0 && v.card.token.len == 0);
    assert_err_says(set_up(&v, &b, "pm_card_chargeDeclined", E), ERR_DECLINED, "generic_decline");
    assert_err_says(set_up(&v, &b, "4242424242424242", E), ERR_INVALID, "card numbers");
    bank_close(&b);
}

Test(stripe_setup, a_lost_answer_is_asked_for_again_under_the_same_key)
{
    struct stripe_fault_rule rule = {
        .path = "/v1/setup_intents", .times = 1, .fault = STRIPE_FAULT_CLOSE_AFTER};
    struct bank b = bank_open(&rule, 1);
    struct gateway_setup v = {.status = SETUP_DONE};
    bank_connect(&b);
    shop_customer(b.l, "ann");
    assert_ok(set_up(&v, &b, "", E));
    assert_int(stripe_server_counts(b.server).replays, 1);
    bank_close(&b);
}

Test(stripe_setup, the_simulator_says_what_it_is)
{
    struct bank b;
    with_ann(&b);
    struct gateway_setup v = {.status = SETUP_DONE};
    struct gateway_setup_request r = {.method = {.user = STR("ann")}};
    b.g = gateway_simulator();
    assert_ok(gateway_set_up(&v, b.l, &b.g, &r, A, E));
    cr_assert(v.status == SETUP_WAITS && str_starts(v.reference, "sim_"));
    assert_str(v.client_secret, "");
    assert_str(v.url, "");
    r.method.token = STR("pm_card_visa");
    assert_ok(gateway_set_up(&v, b.l, &b.g, &r, A, E));
    cr_assert(v.status == SETUP_DONE);
    assert_str(v.card.last4, "4242");
    r.method.user = STR("nobody");
    assert_err_says(gateway_set_up(&v, b.l, &b.g, &r, A, E), ERR_NOT_FOUND, "nobody");
    bank_close(&b);
}

/* ---- other data ---- */

static struct webhook renewed(struct bank *b, const char *type, int seconds, int year)
{
    static int told;
    size_t count = 0;
    struct method m = bank_methods(b, 1, &count)[0];
    struct str body = str_format(
        A,
        "{\"id\":\"evt_renewed_%d\",\"object\":\"event\",\"livemode\":false,\"created\":%d,\"type\":\"%s\","
        "\"data\":{\"object\":{\"id\":\"%.*s\",\"object\":\"payment_method\",\"type\":\"card\",\"customer\":"
        "\"%.*s\",\"card\":{\"brand\":\"visa\",\"funding\":\"credit\",\"last4\":\"1881\",\"exp_month\":7,"
        "\"exp_year\":%d}}}}",
        ++told, 1767225600 + seconds, type, STR_ARG(m.token), STR_ARG(m.gateway_customer), year);
    return deliver(b, str_cstring(A, body));
}

Test(stripe_setup, a_card_that_the_bank_renews_has_its_new_data_and_keeps_them)
{
    struct bank b;
    with_ann(&b);
    size_t count = 0;
    assert_ok(bank_add_method(&b, "ann", "pm_card_visa", E));
    assert_outcome(renewed(&b, "payment_method.automatically_updated", 20, 2031), WEBHOOK_APPLIED);
    struct method m = bank_methods(&b, 1, &count)[0];
    assert_str(m.last4, "1881");
    assert_int(m.exp_month, 7);
    assert_int(m.exp_year, 2031);
    assert_outcome(renewed(&b, "payment_method.updated", 20, 2031), WEBHOOK_KNOWN);
    assert_outcome(renewed(&b, "payment_method.updated", 10, 2027), WEBHOOK_KNOWN); /* older */
    assert_int(bank_methods(&b, 1, &count)[0].exp_year, 2031);
    assert_outcome(renewed(&b, "payment_method.updated", 30, 2036), WEBHOOK_APPLIED);
    assert_int(bank_methods(&b, 1, &count)[0].exp_year, 2036);
    bank_verify(&b);
    bank_close(&b);
}

static size_t collect(struct bank *b, const struct event **asked)
{
    struct outcome out = {0};
    struct command c = {.type = COMMAND_CUSTOMER_COLLECT,
                        .customer_collect = {.customer = 1, .gateway = STR("stripe")}};
    assert_ok(bank_run(&out, b, &c, E));
    *asked = out.events;
    return out.events_count;
}

Test(stripe_setup, what_a_card_did_not_pay_is_asked_for_again_when_it_is_renewed)
{
    struct bank b;
    struct outcome out = {0};
    struct command c = {.type = COMMAND_INVOICE_ONE_OFF,
                        .invoice_one_off = {.user = STR("ann"),
                                            .description = STR("Training"),
                                            .amount = decimal_make(2900, 2)}};
    const struct event *asked = NULL;
    size_t count = 0;
    with_ann(&b);
    assert_ok(bank_add_method(&b, "ann", "pm_card_visa", E));
    const char *token = str_cstring(A, bank_methods(&b, 1, &count)[0].token);
    assert_ok(bank_run(&out, &b, &c, E));
    cr_assert(stripe_server_method_answers(b.server, token, "expired_card"));
    assert_int(collect(&b, &asked), 1);
    assert_ok(bank_settle(&b, asked, 1, E));
    assert_str(bank_transaction(&b, 1).code, "expired_card");
    assert_int(collect(&b, &asked), 0);
    assert_outcome(renewed(&b, "payment_method.automatically_updated", 20, 2031), WEBHOOK_APPLIED);
    cr_assert(stripe_server_method_answers(b.server, token, NULL));
    assert_int(collect(&b, &asked), 1);
    assert_ok(bank_settle(&b, asked, 1, E));
    cr_assert(bank_transaction(&b, 2).status == TRANSACTION_COMPLETED);
    assert_int(collect(&b, &asked), 0);
    bank_verify(&b);
    bank_close(&b);
}
