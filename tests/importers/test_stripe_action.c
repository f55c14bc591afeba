/* SPDX-License-Identifier: MIT */
/* Payments that a customer must confirm to his bank (3-D Secure): they fail here, he pays them himself, and
 * the money is booked once, whatever is told twice, late or in another order. */
#include "tests/importers/asking.h"
#include "tests/importers/messages.h"
#include "tests/lib/dice.h"

TestSuite(stripe_action, .init = test_begin, .fini = test_end);

/* ---- what happens ---- */

/* In place: Stripe's end keeps the address of its clock. */
static void with_ann(struct bank *b)
{
    *b = bank_open(NULL, 0);
    bank_connect(b);
    bank_customer(b, "ann", "pm_card_authenticationRequired");
}

static void owe(struct bank *b, const char *user, int64_t cents)
{
    struct outcome out = {0};
    struct command c = {.type = COMMAND_INVOICE_ONE_OFF,
                        .invoice_one_off = {.user = str_of(user),
                                            .description = STR("Training"),
                                            .amount = decimal_make(cents, 2)}};
    assert_ok(bank_run(&out, b, &c, E));
}

static const struct event *ask_for(struct bank *b, const char *user, const char *invoice, int64_t cents)
{
    struct outcome out = {0};
    struct command c = {.type = COMMAND_PAYMENT_CHARGE,
                        .payment_charge = {.user = str_of(user),
                                           .amount = decimal_make(cents, 2),
                                           .invoice = str_of(invoice)}};
    assert_ok(bank_run(&out, b, &c, E));
    return &out.events[0];
}

/* Ann owes 29.00, and her bank wants to hear from her. */
static struct transaction asked_for(struct bank *b)
{
    owe(b, "ann", 2900);
    const struct event *ev = ask_for(b, "ann", "INV-2026-000001", 2900);
    assert_ok(bank_settle(b, ev, 1, E));
    struct transaction t = bank_transaction(b, 1);
    cr_assert(t.status == TRANSACTION_FAILED);
    assert_str(t.code, "authentication_required");
    return t;
}

/* On the company's page, with her own card … */
static void begin_to_confirm(struct bank *b, struct transaction t, const char *more)
{
    size_t count = 0;
    struct method *methods = bank_methods(b, 1, &count);
    struct str form = str_format(A, "payment_method=%.*s%s", STR_ARG(methods[0].token), more);
    server = b->server;
    struct str path = str_format(A, "/v1/payment_intents/%.*s/confirm", STR_ARG(t.gateway_reference));
    struct got g = post("by-the-page", str_cstring(A, path), str_cstring(A, form));
    assert_at(g, "status", "requires_action");
    done(&g);
}

/* … and then at her bank. */
static void authenticate(struct bank *b, struct transaction t)
{
    begin_to_confirm(b, t, "");
    cr_assert(stripe_server_action_done(b->server, str_cstring(A, t.gateway_reference), true));
}

static struct invoice invoice(struct bank *b, const char *number)
{
    struct views_txn *t = NULL;
    struct invoice row = {0}, kept = {0};
    assert_ok(ledger_read_begin(&t, b->l, E));
    assert_ok(find_invoice(&row, t, str_of(number), A, E));
    schema_copy(&kept, &schema_invoice, &row, A);
    ledger_read_end(b->l, t);
    return kept;
}

static struct money credit_of(struct bank *b, const char *user)
{
    struct views_txn *t = NULL;
    struct customer c = {0};
    struct money credit = money_of(0, "USD");
    assert_ok(ledger_read_begin(&t, b->l, E));
    assert_ok(find_customer(&c, t, str_of(user), A, E));
    for (size_t i = 0; i < c.balances_count; i++) {
        if (strcmp(c.balances[i].credit.currency, "USD") == 0) credit = c.balances[i].credit;
    }
    ledger_read_end(b->l, t);
    return credit;
}

/* ---- webhooks ---- */

/* Nothing that is told of her waits, or asks for somebody. */
static struct webhook settled(struct bank *b, const char *body)
{
    struct webhook w = deliver(b, body);
    assert_settled(w);
    return w;
}

/* ---- late success ---- */

Test(stripe_action, what_she_pays_after_it_had_failed_pays_its_invoice_once)
{
    struct bank b;
    with_ann(&b);
    struct transaction t = asked_for(&b);
    cr_assert(invoice(&b, "INV-2026-000001").status == INVOICE_OPEN);
    authenticate(&b, t);
    const char *paid = event_of_type(&b, "payment_intent.succeeded");
    assert_outcome(settled(&b, paid), WEBHOOK_APPLIED);
    t = bank_transaction(&b, 1);
    cr_assert(t.status == TRANSACTION_COMPLETED);
    assert_str(t.code, "");
    cr_assert(invoice(&b, "INV-2026-000001").status == INVOICE_PAID);
    char *again = str_cstring(A, str_of(paid));
    char *id = strstr(again, "evt_");
    id[5] ^= 1; /* the same said by another event */
    assert_outcome(settled(&b, again), WEBHOOK_KNOWN);
    assert_money(credit_of(&b, "ann"), "0.00", "USD");
    bank_verify(&b);
    bank_close(&b);
}

Test(stripe_action, what_its_invoice_does_not_need_any_more_is_her_credit)
{
    static const char *const ways[] = {"void", "paid"};
    for (size_t i = 0; i < 2; i++) {
        test_end();
        test_begin();
        struct bank b;
        with_ann(&b);
        struct transaction t = asked_for(&b);
        struct outcome out = {0};
        struct command c = {.type = COMMAND_INVOICE_VOID,
                            .invoice_void = {.invoice = STR("INV-2026-000001")}};
        authenticate(&b, t);
        const char *paid = event_of_type(&b, "payment_intent.succeeded");
        if (strcmp(ways[i], "void") == 0) {
            assert_ok(bank_run(&out, &b, &c, E));
        } else {
            assert_ok(bank_add_method(&b, "ann", "pm_card_visa", E));
            const struct event *ev = ask_for(&b, "ann", "INV-2026-000001", 2900);
            assert_ok(bank_settle(&b, ev, 1, E));
        }
        assert_outcome(settled(&b, paid), WEBHOOK_APPLIED);
        cr_assert(bank_transaction(&b, 1).status == TRANSACTION_COMPLETED);
        assert_money(credit_of(&b, "ann"), "29.00", "USD");
        bank_verify(&b);
        bank_close(&b);
    }
}

/* Everything that the server tells, each twice, in ten orders. */
Test(stripe_action, in_any_order_and_twice_she_has_paid_once)
{
    for (uint64_t seed = 1; seed <= 10; seed++) {
        struct dice dice = dice_of(seed);
        size_t count = 0;
        test_end();
        test_begin();
        struct bank b;
        with_ann(&b);
        struct transaction t = asked_for(&b);
        authenticate(&b, t);
        char **all = events_of(&b, &count);
        for (size_t i = 0; i < 2 * count; i++)
            (void)settled(&b, i < count ? all[dice_next(&dice) % count] : all[i - count]);
        cr_assert(bank_transaction(&b, 1).status == TRANSACTION_COMPLETED);
        cr_assert(invoice(&b, "INV-2026-000001").status == INVOICE_PAID);
        assert_money(credit_of(&b, "ann"), "0.00", "USD");
        bank_verify(&b);
        bank_close(&b);
    }
}

Test(stripe_action, what_no_message_told_is_found_by_asking)
{
    struct bank b;
    with_ann(&b);
    struct transaction t = asked_for(&b);
    assert_int(bank_tell(&b).unknown, 0);
    cr_assert(bank_transaction(&b, 1).payable); /* she may still confirm it */
    authenticate(&b, t);
    assert_int(bank_tell(&b).unknown, 0);
    cr_assert(bank_transaction(&b, 1).status == TRANSACTION_COMPLETED);
    cr_assert(invoice(&b, "INV-2026-000001").status == INVOICE_PAID);
    assert_int(bank_tell(&b).count, 0);
    assert_outcome(settled(&b, event_of_type(&b, "payment_intent.succeeded")), WEBHOOK_KNOWN);
    bank_verify(&b);
    bank_close(&b);
}

/* ---- how long she is waited for ---- */

Test(stripe_action, she_has_two_weeks_and_then_it_is_canceled)
{
    static const int64_t day = (int64_t)86400 * 1000000;
    struct bank b;
    with_ann(&b);
    struct transaction t = asked_for(&b);
    b.sim.now.us = t.at.us + 14 * day - 1;
    assert_int(bank_tell(&b).count, 1);
    assert_str(intent_status(&b, t), "requires_payment_method");
    b.sim.now.us += 1;
    assert_int(bank_tell(&b).count, 1);
    assert_str(intent_status(&b, t), "canceled");
    cr_assert(!bank_transaction(&b, 1).payable);
    assert_int(bank_tell(&b).count, 0);
    cr_assert(invoice(&b, "INV-2026-000001").status == INVOICE_OPEN);
    bank_close(&b);
}

/* Its message is as good as asking, and says it once. */
Test(stripe_action, what_is_canceled_there_is_noted_by_its_message)
{
    struct bank b;
    with_ann(&b);
    struct transaction t = asked_for(&b);
    struct str path = str_format(A, "/v1/payment_intents/%.*s/cancel", STR_ARG(t.gateway_reference));
    (void)post_there(&b, str_cstring(A, path), STR_NONE);
    const char *canceled = event_of_type(&b, "payment_intent.canceled");
    assert_outcome(settled(&b, canceled), WEBHOOK_APPLIED);
    cr_assert(!bank_transaction(&b, 1).payable);
    assert_int(bank_tell(&b).count, 0);
    bank_verify(&b);
    bank_close(&b);
}

Test(stripe_action, when_its_invoice_is_paid_otherwise_or_void_it_is_canceled)
{
    static const char *const ways[] = {"void", "paid", "asked again"};
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        test_end();
        test_begin();
        struct bank b;
        with_ann(&b);
        struct transaction t = asked_for(&b);
        struct outcome out = {0};
        struct command c = {.type = COMMAND_INVOICE_VOID,
                            .invoice_void = {.invoice = STR("INV-2026-000001")}};
        shop_close(b.l);
        b.l = shop_open("2026-01-01T00:00:01Z");
        if (i == 0) {
            assert_ok(bank_run(&out, &b, &c, E));
        } else {
            assert_ok(bank_add_method(&b, "ann", i == 1 ? "pm_card_visa" : "pm_card_chargeCustomerFail", E));
            const struct event *ev = ask_for(&b, "ann", "INV-2026-000001", 2900);
            assert_ok(bank_settle(&b, ev, 1, E));
        }
        assert_int(bank_tell(&b).unknown, 0);
        cr_assert(str_is(intent_status(&b, t), "canceled"), "%s", ways[i]);
        assert_int(bank_tell(&b).count, 0);
        bank_verify(&b);
        bank_close(&b);
    }
}

/* ---- how she does it ---- */

static enum err how_to_confirm(struct gateway_confirmation *out, struct bank *b, struct error *e)
{
    struct untold_query q = {.gateway = STR("stripe"), .now = b->sim.now};
    struct gateway_request r = {.step = GATEWAY_LOOK};
    struct transaction row = {0};
    struct views_txn *t = NULL;
    struct instant until = {0};
    assert_ok(ledger_read_begin(&t, b->l, E));
    assert_ok(load_transaction(&row, t, 1, A, E));
    enum err err = confirmable_request(&r, &until, t, &row, &q, A, e);
    ledger_read_end(b->l, t);
    return err == OK ? b->g.confirmation(b->g.self, out, &r, A, e) : err;
}

Test(stripe_action, she_confirms_on_a_page_of_the_companys_or_of_stripes)
{
    struct bank b;
    with_ann(&b);
    struct transaction t = asked_for(&b);
    struct gateway_confirmation how = {.outcome = PAYMENT_UNKNOWN};
    assert_ok(how_to_confirm(&how, &b, E));
    cr_assert(how.outcome == PAYMENT_PREPARED);
    assert_str(how.url, "");
    assert_str(how.client_secret,
               str_cstring(A, str_format(A, "%.*s_secret_test", STR_ARG(t.gateway_reference))));
    begin_to_confirm(&b, t, "&return_url=https://example.com/back");
    assert_ok(how_to_confirm(&how, &b, E));
    cr_assert(str_starts(how.url, "https://hooks.stripe.com/"), "%.*s", STR_ARG(how.url));
    assert_str(how.client_secret, ""); /* the page has it */
    cr_assert(stripe_server_action_done(b.server, str_cstring(A, t.gateway_reference), true));
    assert_ok(how_to_confirm(&how, &b, E));
    cr_assert(how.outcome == PAYMENT_SUCCEEDED);
    assert_str(how.client_secret, "");
    struct stripe_fault_rule rule = {.fault = STRIPE_FAULT_CLOSE_AFTER};
    stripe_server_rules(b.server, &rule, 1);
    assert_err_says(how_to_confirm(&how, &b, E), ERR_INCOMPLETE, "does not tell how the payment stands");
    bank_close(&b);
}

Test(stripe_action, a_payment_that_does_not_wait_for_her_has_nothing_to_confirm)
{
    struct bank b;
    with_ann(&b);
    struct transaction t = asked_for(&b);
    struct gateway_confirmation how = {.outcome = PAYMENT_UNKNOWN};
    b.sim.now.us = t.at.us + (int64_t)14 * 86400 * 1000000;
    assert_err_says(how_to_confirm(&how, &b, E), ERR_REFUSED, "its time is over");
    bank_close(&b);
}
