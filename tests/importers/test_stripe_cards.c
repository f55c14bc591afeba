/* SPDX-License-Identifier: MIT */
/* The test server's customers and cards: what declines, what wants the customer, what comes back later. A
 * charge of 2900 costs 114, so 2786 stay. */
#include "tests/importers/asking.h"

TestSuite(stripe_cards, .init = asking_begin, .fini = asking_end);

#define HALF_CHARGE "amount=2900&currency=usd&" NEVER

static void customer_with(const char *token, char customer[64], char method[64])
{
    char path[128], form[128];
    struct got g = post("", "/v1/customers", "email=a@example.com");
    cut(customer, 64, at(&g, "id"), strlen(at(&g, "id")));
    done(&g);
    snprintf(path, sizeof path, "/v1/payment_methods/%s/attach", token);
    snprintf(form, sizeof form, "customer=%s", customer);
    g = post("", path, form);
    cut(method, 64, at(&g, "id"), strlen(at(&g, "id")));
    done(&g);
}

static struct got charge_of(const char *key, const char *customer, const char *method, const char *more)
{
    char form[512];
    snprintf(form, sizeof form, HALF_CHARGE "&customer=%s&payment_method=%s%s", customer, method, more);
    return post(key, "/v1/payment_intents", form);
}

Test(stripe_cards, a_card_that_declines_is_not_attached_and_a_detached_one_never_pays_again)
{
    char customer[64], method[64], path[160];
    customer_with("pm_card_chargeDeclined", customer, method);
    assert_str(str_of(method), ""); /* 402 has no id */
    customer_with("pm_card_mastercard", customer, method);
    snprintf(path, sizeof path, "/v1/customers/%s/payment_methods", customer);
    struct got g = get(path);
    assert_at(g, "data.0.id", method);
    assert_at(g, "data.0.card.brand", "mastercard");
    done(&g);
    snprintf(path, sizeof path, "/v1/payment_methods/%s/detach", method);
    g = post("", path, "");
    assert_status(g, 200);
    assert_at(g, "customer", "");
    done(&g);
    g = charge_of("k1", customer, method, "&confirm=true&off_session=true");
    assert_status(g, 400);
    done(&g);
    assert_int(charges(), 0);
}

Test(stripe_cards, the_same_intent_is_paid_by_another_card_after_a_decline)
{
    char customer[64], method[64], path[160], form[160];
    customer_with("pm_card_visa", customer, method);
    cr_assert(stripe_server_method_answers(server, method, "insufficient_funds"));
    struct got g = charge_of("k1", customer, method, "");
    assert_at(g, "status", "requires_confirmation");
    snprintf(path, sizeof path, "/v1/payment_intents/%s/confirm", at(&g, "id"));
    done(&g);
    g = post("k2", path, "off_session=true");
    assert_status(g, 402);
    assert_at(g, "error.decline_code", "insufficient_funds");
    done(&g);
    g = post("k3", path, "off_session=true");
    assert_at(g, "error.code", "payment_intent_unexpected_state"); /* it has no payment method any more */
    done(&g);
    cr_assert(stripe_server_method_answers(server, method, NULL));
    snprintf(form, sizeof form, "off_session=true&payment_method=%s", method);
    g = post("k4", path, form);
    assert_at(g, "status", "succeeded");
    done(&g);
    assert_int(charges(), 1);
}

Test(stripe_cards, a_card_that_wants_the_customer_is_declined_without_and_pays_with)
{
    char customer[64], method[64], intent[64];
    customer_with("pm_card_authenticationRequired", customer, method);
    struct got g = charge_of("k1", customer, method, "&confirm=true&off_session=true");
    assert_status(g, 402);
    assert_at(g, "error.code", "authentication_required");
    done(&g);
    g = charge_of("k2", customer, method, "&confirm=true");
    assert_at(g, "status", "requires_action");
    cut(intent, sizeof intent, at(&g, "id"), strlen(at(&g, "id")));
    done(&g);
    cr_assert(stripe_server_action_done(server, intent, true));
    cr_assert(!stripe_server_action_done(server, intent, true));
    assert_int(charges(), 1);
}

Test(stripe_cards, a_refund_that_fails_later_and_a_dispute_that_is_won_give_the_money_back)
{
    char refund[64], form[128], path[128];
    struct got g = post("k1", "/v1/payment_intents", CHARGE "&expand[]=latest_charge");
    char charge[64];
    cut(charge, sizeof charge, at(&g, "latest_charge.id"), strlen(at(&g, "latest_charge.id")));
    snprintf(form, sizeof form, "payment_intent=%s&amount=1000", at(&g, "id"));
    done(&g);
    g = post("r1", "/v1/refunds", form);
    cut(refund, sizeof refund, at(&g, "id"), strlen(at(&g, "id")));
    done(&g);
    assert_int(stripe_server_balance(server, "usd"), 2786 - 1000);
    cr_assert(stripe_server_refund_end(server, refund, "expired_or_canceled_card"));
    assert_int(stripe_server_balance(server, "usd"), 2786);
    snprintf(path, sizeof path, "/v1/charges/%s", charge);
    g = get(path);
    assert_at(g, "amount_refunded", "0");
    done(&g);
    char *dispute = stripe_server_dispute(server, charge, "fraudulent");
    cr_assert(dispute != NULL);
    assert_int(stripe_server_balance(server, "usd"), 2786 - 2900 - 1500);
    g = post("r2", "/v1/refunds", form);
    assert_at(g, "error.code", "charge_disputed");
    done(&g);
    cr_assert(stripe_server_dispute_close(server, dispute, true));
    assert_int(stripe_server_balance(server, "usd"), 2786 - 1500);
    free(dispute);
}

struct call_in_thread {
    const char *customer, *method;
    struct got got;
};
static void *charge_customer(void *call)
{
    struct call_in_thread *c = call;
    c->got = charge_of("k1", c->customer, c->method, "&confirm=true");
    return NULL;
}

Test(stripe_cards, two_calls_for_one_customer_meet_the_lock)
{
    stripe_server_stop(server);
    struct stripe_fault_rule rule = {.path = "/v1/payment_intents$", .nth = 1, .fault = STRIPE_FAULT_HELD};
    server = stripe_server_start(
        (struct stripe_server_options){.lock_customers = true, .rules = &rule, .rule_count = 1});
    char customer[64], method[64];
    customer_with("pm_card_visa", customer, method);
    struct call_in_thread first = {.customer = customer, .method = method};
    pthread_t thread;
    cr_assert(pthread_create(&thread, NULL, charge_customer, &first) == 0);
    stripe_server_wait_held(server, 1);
    struct got g = charge_of("k2", customer, method, "&confirm=true");
    assert_status(g, 429);
    assert_at(g, "error.code", "lock_timeout");
    done(&g);
    stripe_server_release(server);
    cr_assert(pthread_join(thread, NULL) == 0);
    done(&first.got);
    g = charge_of("k2", customer, method, "&confirm=true");
    assert_status(g, 200);
    done(&g);
    assert_int(stripe_server_counts(server).customer_most, 2);
    assert_int(charges(), 2);
}
