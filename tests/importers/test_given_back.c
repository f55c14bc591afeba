/* SPDX-License-Identifier: MIT */
/* What goes back to customers without being asked for here - refunds that somebody made at Stripe, refunds
 * that come back, disputes -, as it is found in the balance there. */
#include "ledger/book.h"
#include "tests/importers/messages.h"
#include "tests/importers/reconciling.h"
#include "tests/lib/dice.h"

TestSuite(given_back, .init = test_begin, .fini = test_end);

/* Stripe's messages about disputes, all that there are so far. */
static void deliver_disputes(struct bank *b)
{
    size_t count = 0;
    char **all = events_of(b, &count);
    for (size_t i = 0; i < count; i++) {
        if (strstr(all[i], "\"charge.dispute.") != NULL) (void)deliver(b, all[i]);
    }
}

/* Somebody refunds at Stripe, no message comes of it; later the customer's bank sends it back. */
Test(given_back, refunds_made_at_stripe_are_booked_and_undone_when_they_come_back)
{
    struct bank b = bank_open(NULL, 0);
    struct reconciliation r = {0};
    bank_connect(&b);
    bank_customer(&b, "ann", "pm_card_visa");
    struct transaction t = bank_charge(&b, "ann", 2900);
    (void)post_there(&b, "/v1/refunds",
                     str_format(A, "payment_intent=%.*s&amount=900", STR_ARG(t.gateway_reference)));
    assert_ok(reconcile_look(&r, &b, E));
    assert_agrees(&r);
    struct transaction refund = bank_transaction(&b, 2);
    assert_int(refund.kind, TRANSACTION_REFUND);
    assert_int(refund.status, TRANSACTION_COMPLETED);
    assert_money(refund.amount, "9.00", "USD");
    assert_int(bank_transaction(&b, 1).status, TRANSACTION_PARTIALLY_REFUNDED);
    assert_str(accounts_of(&b), "cash:stripe 18.86, expenses:payment-fees 1.14, ");
    cr_assert(stripe_server_refund_end(b.server, str_cstring(A, refund.gateway_reference),
                                       "expired_or_canceled_card"));
    assert_ok(reconcile_look(&r, &b, E));
    assert_agrees(&r);
    assert_int(bank_transaction(&b, 2).status, TRANSACTION_FAILED);
    assert_int(bank_transaction(&b, 1).status, TRANSACTION_COMPLETED);
    assert_str(accounts_of(&b), "cash:stripe 27.86, expenses:payment-fees 1.14, ");
    bank_close(&b);
}

/* Stripe made it and the answer was lost, or another process waits for it: it is not one that somebody made.
 */
Test(given_back, a_refund_whose_answer_is_still_on_its_way_is_not_booked_twice)
{
    static const struct stripe_fault_rule lost[] = {{.path = "/v1/refunds", .fault = STRIPE_FAULT_GARBAGE}};
    struct bank b = bank_open(NULL, 0);
    struct reconciliation r = {0};
    struct error unknown = {0};
    bank_connect(&b);
    bank_customer(&b, "ann", "pm_card_visa");
    (void)bank_charge(&b, "ann", 2900);
    stripe_server_rules(b.server, lost, 1);
    (void)bank_refund(&b, 900, &unknown);
    assert_int(stripe_server_counts(b.server).refunds, 1);
    assert_int(bank_transaction(&b, 2).status, TRANSACTION_PENDING);
    assert_ok(reconcile_look(&r, &b, E));
    assert_agrees(&r);
    assert_int(r.underway, 1);
    assert_money(bank_transaction(&b, 1).refunded, "9.00", "USD");
    stripe_server_rules(b.server, NULL, 0);
    assert_int(bank_settle_pending(&b), 1);
    assert_ok(reconcile_look(&r, &b, E));
    assert_agrees(&r);
    assert_money(bank_transaction(&b, 1).refunded, "9.00", "USD");
    assert_str(accounts_of(&b), "cash:stripe 18.86, expenses:payment-fees 1.14, ");
    bank_close(&b);
}

Test(given_back, a_refund_made_at_stripe_waits_until_its_payment_is_paid_here)
{
    struct bank b = bank_open(NULL, 0);
    struct reconciliation r = {0};
    struct outcome out = {0};
    bank_connect(&b);
    bank_customer(&b, "ann", "pm_usBankAccount_success");
    struct transaction t = bank_charge(&b, "ann", 2900);
    assert_int(stripe_server_settle_pending(b.server), 1);
    const char *there = post_there(
        &b, "/v1/refunds", str_format(A, "payment_intent=%.*s&amount=900", STR_ARG(t.gateway_reference)));
    cr_assert(stripe_server_refund_end(b.server, there, NULL));
    assert_ok(reconcile_look(&r, &b, E));
    assert_agrees(&r);
    assert_int(r.underway, 2);
    struct command c = {.type = COMMAND_REFUND_NOTE,
                        .refund_note = {.payment = t.transaction,
                                        .outcome = PAYMENT_SUCCEEDED,
                                        .amount = money_of(900, "USD"),
                                        .gateway_reference = str_of(there)}};
    assert_err_says(bank_run(&out, &b, &c, E), ERR_REFUSED, "of payment txn_1, which is pending here");
    assert_int(bank_settle_pending(&b), 1);
    assert_int(bank_transaction(&b, 1).status, TRANSACTION_COMPLETED);
    assert_ok(reconcile_look(&r, &b, E));
    assert_agrees(&r);
    assert_int(bank_transaction(&b, 1).status, TRANSACTION_PARTIALLY_REFUNDED);
    assert_str(accounts_of(&b), "cash:stripe 18.86, expenses:payment-fees 1.14, ");
    bank_close(&b);
}

Test(given_back, a_refund_that_failed_at_once_and_that_nobody_here_knew_moves_nothing)
{
    struct bank b = bank_open(NULL, 0);
    struct reconciliation r = {0};
    bank_connect(&b);
    bank_customer(&b, "ann", "pm_card_visa");
    struct transaction t = bank_charge(&b, "ann", 2900);
    const char *refund = post_there(
        &b, "/v1/refunds", str_format(A, "payment_intent=%.*s&amount=900", STR_ARG(t.gateway_reference)));
    cr_assert(stripe_server_refund_end(b.server, refund, "lost_or_stolen_card"));
    assert_ok(reconcile_look(&r, &b, E));
    assert_agrees(&r);
    assert_int(r.suspense, 0);
    assert_int(bank_transaction(&b, 1).status, TRANSACTION_COMPLETED);
    assert_int(bank_transaction(&b, 2).status, TRANSACTION_FAILED);
    assert_str(accounts_of(&b), "cash:stripe 27.86, expenses:payment-fees 1.14, ");
    bank_close(&b);
}

/* The bank takes 29.00 back and Stripe 15.00 for its trouble; won, the 29.00 come again. */
Test(given_back, disputes_wait_in_an_account_of_their_own_until_they_are_won_or_lost)
{
    struct bank b = bank_open(NULL, 0);
    struct reconciliation r = {0};
    bank_connect(&b);
    bank_customer(&b, "ann", "pm_card_visa");
    struct transaction won = bank_charge(&b, "ann", 2900), lost = bank_charge(&b, "ann", 5000);
    char *first = stripe_server_dispute(b.server, charge_of(&b, won.gateway_reference), "fraudulent");
    char *second = stripe_server_dispute(b.server, charge_of(&b, lost.gateway_reference), "duplicate");
    assert_ok(reconcile_look(&r, &b, E));
    assert_agrees(&r);
    assert_int(bank_transaction(&b, 1).dispute, DISPUTE_NEEDS_RESPONSE);
    /* 79.00 less 1.14 and 1.75, less 79.00 and twice 15.00 */
    assert_str(accounts_of(&b), "cash:stripe -32.89, disputes 79.00, expenses:payment-fees 32.89, ");
    struct outcome out = {0};
    struct command c = {.type = COMMAND_PAYMENT_REFUND, .payment_refund = {.transaction = STR("txn_1")}};
    assert_err_says(bank_run(&out, &b, &c, E), ERR_REFUSED, "is disputed: the customer's bank has the money");
    cr_assert(stripe_server_dispute_close(b.server, first, true));
    cr_assert(stripe_server_dispute_close(b.server, second, false));
    assert_ok(reconcile_look(&r, &b, E));
    assert_agrees(&r);
    assert_int(bank_transaction(&b, 1).dispute, DISPUTE_WON);
    assert_int(bank_transaction(&b, 2).dispute, DISPUTE_LOST);
    assert_str(accounts_of(&b),
               "cash:stripe -3.89, expenses:payment-fees 32.89, expenses:chargebacks 50.00, ");
    free(first);
    free(second);
    bank_close(&b);
}

/* Euros, settled in dollars at 1.10: 50.00 are 55.00 less 1.75, then less 15.00 for the dispute. However the
 * movements are told - in the list, by a message, each by itself -, what is lost is lost in euros. */
Test(given_back, what_is_settled_in_another_currency_comes_out_even_whoever_tells_it)
{
    for (int told = 0; told < 2; told++) {
        test_end();
        test_begin();
        struct bank b = bank_open(NULL, 0);
        struct reconciliation r = {0};
        struct outcome out = {0};
        struct command c = {.type = COMMAND_CUSTOMER_CREATE,
                            .customer_create = {.user = STR("eve"), .currency = STR("EUR")}};
        bank_connect(&b);
        stripe_server_settles_in(b.server, "usd");
        assert_ok(bank_run(&out, &b, &c, E));
        assert_ok(bank_add_method(&b, "eve", "pm_card_visa", E));
        struct transaction t = bank_charge(&b, "eve", 5000);
        if (told == 1) days_later(&b, 30);
        struct reconcile_options o = {.actor = STR("test"), .now = b.sim.now};
        if (told == 1) o.from.us = b.sim.now.us - INT64_C(86400) * 1000000; /* it is asked for by itself */
        assert_ok(stripe_reconcile(&r, b.s, b.l, &o, A, E));
        assert_agrees(&r);
        assert_int(r.noted, 1);
        assert_str(accounts_of(&b), "cash:stripe 53.25, equity:exchange 50.00EUR, equity:exchange -55.00, "
                                    "expenses:payment-fees 1.75, ");
        char *dispute = stripe_server_dispute(b.server, charge_of(&b, t.gateway_reference), "fraudulent");
        if (told == 1) deliver_disputes(&b);
        cr_assert(stripe_server_dispute_close(b.server, dispute, false));
        if (told == 1) deliver_disputes(&b);
        assert_ok(reconcile_look(&r, &b, E));
        assert_agrees(&r);
        assert_str(accounts_of(&b),
                   "cash:stripe -16.75, expenses:payment-fees 16.75, expenses:chargebacks 50.00EUR, ");
        free(dispute);
        bank_close(&b);
    }
}

/* His bank had decided for him; then he takes it back, and the 29.00 come again. */
Test(given_back, a_dispute_that_was_lost_and_is_won_after_all_is_no_loss)
{
    struct bank b = bank_open(NULL, 0);
    struct reconciliation r = {0};
    bank_connect(&b);
    bank_customer(&b, "ann", "pm_card_visa");
    struct transaction t = bank_charge(&b, "ann", 2900);
    char *dispute = stripe_server_dispute(b.server, charge_of(&b, t.gateway_reference), "fraudulent");
    cr_assert(stripe_server_dispute_close(b.server, dispute, false));
    assert_ok(reconcile_look(&r, &b, E));
    assert_str(accounts_of(&b),
               "cash:stripe -16.14, expenses:payment-fees 16.14, expenses:chargebacks 29.00, ");
    days_later(&b, 20);
    cr_assert(stripe_server_dispute_close(b.server, dispute, true));
    assert_ok(reconcile_look(&r, &b, E));
    assert_agrees(&r);
    assert_int(bank_transaction(&b, 1).dispute, DISPUTE_WON);
    assert_str(accounts_of(&b), "cash:stripe 12.86, expenses:payment-fees 16.14, ");
    free(dispute);
    bank_close(&b);
}

/* ---- in any order ---- */

static void give_back_by_hand(struct bank *b, const struct transaction *payment, struct dice *dice)
{
    struct str form = str_format(A, "payment_intent=%.*s&amount=%d", STR_ARG(payment->gateway_reference),
                                 (int)dice_between(dice, 1, 900));
    const char *refund = post_there(b, "/v1/refunds", form);
    if (dice_chance(dice, 40)) cr_assert(stripe_server_refund_end(b->server, refund, "declined"));
}

static void dispute_it(struct bank *b, const struct transaction *payment, struct dice *dice)
{
    char *dispute = stripe_server_dispute(b->server, charge_of(b, payment->gateway_reference), "general");
    cr_assert_not_null(dispute);
    bool won = dice_chance(dice, 50);
    if (dice_chance(dice, 30)) assert_ok(reconcile_look(&(struct reconciliation){0}, b, E));
    cr_assert(stripe_server_dispute_close(b->server, dispute, won));
    free(dispute);
}

/* Each message comes or not, in any order and twice; somebody reconciles now and then. */
static void tell_some(struct bank *b, struct dice *dice)
{
    size_t count = 0;
    char **all = events_of(b, &count);
    for (size_t i = 0; i < count; i++) {
        (void)deliver(b, all[dice_between(dice, 0, (int64_t)count - 1)]);
        if (dice_chance(dice, 5)) assert_ok(reconcile_look(&(struct reconciliation){0}, b, E));
    }
}

Test(given_back, whatever_stripe_tells_in_any_order_it_comes_out_equal)
{
    struct dice dice = dice_of(11);
    for (int round = 0; round < 12; round++) {
        test_end();
        test_begin();
        struct bank b = bank_open(NULL, 0);
        struct reconciliation r = {0};
        struct transaction payments[6];
        bank_connect(&b);
        bank_customer(&b, "ann", "pm_card_visa");
        bank_customer(&b, "bob", "pm_usBankAccount_success");
        bank_customer(&b, "eve", "pm_usBankAccount_noAccount");
        for (int i = 0; i < 6; i++)
            payments[i] = bank_charge(&b, i < 4 ? "ann" : i < 5 ? "bob" : "eve", 2900);
        for (int i = 0; i < 3; i++) give_back_by_hand(&b, &payments[i % 2], &dice);
        if (dice_chance(&dice, 50)) assert_ok(bank_refund(&b, 100, E));
        tell_some(&b, &dice);
        dispute_it(&b, &payments[2], &dice);
        dispute_it(&b, &payments[3], &dice);
        assert_int(stripe_server_settle_pending(b.server), 2);
        tell_some(&b, &dice);
        (void)bank_settle_pending(&b);
        assert_ok(reconcile_look(&r, &b, E));
        assert_agrees(&r);
        assert_int(r.underway, 0);
        assert_int(bank_transaction(&b, payments[4].transaction).status, TRANSACTION_COMPLETED);
        assert_int(bank_transaction(&b, payments[5].transaction).status, TRANSACTION_FAILED);
        cr_assert_null(strstr(str_cstring(A, accounts_of(&b)), "disputes"), "%s",
                       str_cstring(A, accounts_of(&b)));
        bank_close(&b);
    }
}
