/* SPDX-License-Identifier: MIT */
/* Is the ledger equal to the bank? Every movement of the balance at a server of our own, in Stripe's shapes,
 * is held against the ledger: what the ledger could not know is noted, what it should have known is told. */
#include "importers/json_text.h"
#include "importers/stripe_movement.h"
#include "ledger/book.h"
#include "tests/importers/account.h"
#include "tests/importers/asking.h"
#include "tests/importers/reconciling.h"
#include "tests/lib/dice.h"

TestSuite(reconcile, .init = test_begin, .fini = test_end);

/* The gateway has said that the transaction succeeded under that name. */
static void believe(struct bank *b, uint64_t transaction, struct str reference)
{
    struct outcome done = {0};
    struct command c = {.type = COMMAND_PAYMENT_SETTLE};
    c.payment_settle = (struct payment_settle_command){
        .transaction = transaction, .outcome = PAYMENT_SUCCEEDED, .gateway_reference = reference};
    struct request q = {.command = &c, .actor = STR("test")};
    assert_ok(ledger_execute(&done, b->l, &q, A, E));
}

/* 29.00 cost 2.9 % and 0.30: 1.14; 100.00 cost 3.20. */
Test(reconcile, fees_are_booked_once_and_the_ledger_is_equal_to_the_bank)
{
    struct bank b = bank_open(NULL, 0);
    struct reconciliation r = {0};
    bank_connect(&b);
    bank_customer(&b, "ann", "pm_card_visa");
    bank_customer(&b, "bob", "pm_card_chargeCustomerFail");
    struct transaction t = bank_charge(&b, "ann", 2900);
    (void)bank_charge(&b, "ann", 10000);
    (void)bank_charge(&b, "bob", 700);
    assert_ok(reconcile_look(&r, &b, E));
    assert_agrees(&r);
    assert_int(r.movements, 2);
    assert_int(r.noted, 2);
    assert_str(accounts_of(&b), "cash:stripe 124.66, expenses:payment-fees 4.34, ");
    assert_int(stripe_server_balance(b.server, "usd"), 12466);
    assert_money(bank_transaction(&b, t.transaction).fee, "1.14", "USD");
    uint64_t before = shop_records(b.l);
    assert_ok(reconcile_look(&r, &b, E));
    assert_agrees(&r);
    assert_int(r.movements, 2);
    assert_int(r.noted, 0);
    assert_int(shop_records(b.l), before + 1); /* that somebody looked */
    bank_close(&b);
}

Test(reconcile, more_than_a_page_comes_to_the_same)
{
    enum { MANY = 230 };
    struct bank b = bank_open(NULL, 0);
    struct reconciliation r = {0};
    bank_connect(&b);
    bank_customer(&b, "ann", "pm_card_visa");
    for (int i = 0; i < MANY; i++) (void)bank_charge(&b, "ann", 100 + i);
    assert_ok(reconcile_look(&r, &b, E));
    assert_agrees(&r);
    assert_int(r.movements, MANY);
    assert_int(r.noted, MANY);
    assert_int(r.rows_count, 0);
    bank_close(&b);
}

Test(reconcile, payouts_and_fees_are_booked_and_what_nobody_knows_waits_for_somebody)
{
    struct bank b = bank_open(NULL, 0);
    struct reconciliation r = {0};
    bank_connect(&b);
    bank_customer(&b, "ann", "pm_card_visa");
    (void)bank_charge(&b, "ann", 10000);
    stripe_server_move(b.server, "payout", "payout", "usd", -9000);
    stripe_server_move(b.server, "stripe_fee", "fee", "usd", -200);
    stripe_server_move(b.server, "adjustment", "other_adjustment", "usd", 33);
    assert_ok(reconcile_look(&r, &b, E));
    assert_agrees(&r);
    assert_int(r.suspense, 1);
    assert_str(accounts_of(&b), "cash:stripe 5.13, bank 90.00, suspense -0.33, expenses:payment-fees 5.20, ");
    assert_ok(reconcile_look(&r, &b, E));
    assert_int(r.suspense, 0); /* it is told once, and stands in its account */
    bank_close(&b);
}

Test(reconcile, a_movement_that_cannot_be_read_is_told_and_stops_nothing)
{
    struct bank b = bank_open(NULL, 0);
    struct reconciliation r = {0};
    bank_connect(&b);
    bank_customer(&b, "ann", "pm_card_visa");
    (void)bank_charge(&b, "ann", 2900);
    stripe_server_move(b.server, "payout", "payout", "zzz", -9000); /* no currency is called so */
    (void)bank_charge(&b, "ann", 10000);
    for (int i = 0; i < 2; i++) {
        assert_ok(reconcile_look(&r, &b, E));
        assert_int(r.amounts, 1);
        assert_int(r.unexplained, 1);
        assert_int(r.noted, i == 0 ? 2 : 0);
        assert_str(str_of(r.rows[0].why), "its amount cannot be read here");
        assert_str(accounts_of(&b), "cash:stripe 124.66, expenses:payment-fees 4.34, ");
    }
    bank_close(&b);
}

Test(reconcile, what_only_one_side_has_is_told_with_all_that_it_explains)
{
    struct bank b = bank_open(NULL, 0);
    struct reconciliation r = {0};
    bank_connect(&b);
    bank_customer(&b, "ann", "pm_card_visa");
    (void)bank_charge(&b, "ann", 2900);
    (void)post_there(&b, "/v1/payment_intents",
                     STR("amount=5000&currency=usd&confirm=true&payment_method=pm_card_visa&" NEVER));
    believe(&b, bank_request(&b, "ann", 700)->payment_requested.payment, STR("pi_never"));
    assert_ok(reconcile_look(&r, &b, E));
    assert_int(r.missing_here, 1);
    assert_int(r.missing_there, 1);
    assert_int(r.amounts, 0);
    assert_int(r.unexplained, 0);
    assert_int(r.rows_count, 2);
    assert_int(r.rows[0].kind, DISCREPANCY_MISSING_HERE);
    assert_money(r.rows[0].there, "50.00", "USD");
    assert_int(r.rows[1].kind, DISCREPANCY_MISSING_THERE);
    assert_int(r.rows[1].transaction, 2);
    assert_str(r.rows[1].source, "pi_never");
    bank_close(&b);
}

Test(reconcile, another_amount_there_is_told_and_not_noted)
{
    struct bank b = bank_open(NULL, 0);
    struct reconciliation r = {0};
    bank_connect(&b);
    bank_customer(&b, "ann", "pm_card_visa");
    const char *there = post_there(&b, "/v1/payment_intents", STR(CHARGE));
    believe(&b, bank_request(&b, "ann", 3000)->payment_requested.payment, str_of(there));
    for (int i = 0; i < 2; i++) {
        assert_ok(reconcile_look(&r, &b, E));
        cr_assert(r.amounts > 0 && r.missing_here == 0);
        assert_money(r.rows[0].here, "30.00", "USD");
        assert_money(r.rows[0].there, "29.00", "USD");
        assert_int(r.unexplained, 0);
    }
    bank_close(&b);
}

Test(reconcile, a_debit_that_is_pending_is_no_difference)
{
    struct bank b = bank_open(NULL, 0);
    struct reconciliation r = {0};
    bank_connect(&b);
    bank_customer(&b, "ann", "pm_usBankAccount_success");
    struct transaction t = bank_charge(&b, "ann", 2900);
    assert_int(stripe_server_settle_pending(b.server), 1); /* paid there, and nobody here has asked yet */
    assert_ok(reconcile_look(&r, &b, E));
    assert_agrees(&r);
    assert_int(r.underway, 1);
    assert_int(bank_settle_pending(&b), 1);
    b.sim.now.us += INT64_C(30) * 86400 * 1000000;
    assert_ok(reconcile_look(&r, &b, E)); /* however late, it is looked at again */
    assert_agrees(&r);
    assert_int(r.underway, 0);
    cr_assert(bank_transaction(&b, t.transaction).in_balance);
    bank_close(&b);
}

/* It stood in the balance from the day on which the bank was asked, less its fee. */
Test(reconcile, a_debit_that_fails_days_later_leaves_nothing_behind)
{
    struct bank b = bank_open(NULL, 0);
    struct reconciliation r = {0};
    bank_connect(&b);
    bank_customer(&b, "ann", "pm_usBankAccount_noAccount");
    struct transaction t = bank_charge(&b, "ann", 2900);
    for (int i = 0; i < 3; i++) {
        assert_ok(reconcile_look(&r, &b, E));
        assert_agrees(&r);
        assert_int(r.underway, 1);
        days_later(&b, 5);
    }
    assert_int(stripe_server_settle_pending(b.server), 1);
    assert_ok(reconcile_look(&r, &b, E)); /* failed there, and nobody here has asked yet */
    assert_agrees(&r);
    assert_int(r.underway, 2);
    assert_int(bank_settle_pending(&b), 1);
    assert_int(bank_transaction(&b, t.transaction).status, TRANSACTION_FAILED);
    days_later(&b, 5);
    assert_ok(reconcile_look(&r, &b, E)); /* however long it took, both are looked at again */
    assert_agrees(&r);
    assert_int(r.underway, 0);
    assert_int(r.noted, 2);
    assert_int(stripe_server_balance(b.server, "usd"), 0);
    assert_str(accounts_of(&b), "");
    bank_close(&b);
}

Test(reconcile, stripe_that_fails_in_the_middle_loses_nothing_and_repeats_nothing)
{
    enum { MANY = 150 };
    static const struct stripe_fault_rule rules[] = {
        {.path = "/v1/balance_transactions", .nth = 2, .fault = STRIPE_FAULT_GARBAGE},
        {.path = "/v1/balance_transactions", .nth = 5, .fault = STRIPE_FAULT_HALF_BODY},
        {.path = "/v1/balance_transactions", .nth = 7, .fault = STRIPE_FAULT_RATE_LIMIT},
    };
    struct bank b = bank_open(rules, 3);
    struct reconciliation r = {0};
    bank_connect(&b);
    bank_customer(&b, "ann", "pm_card_visa");
    for (int i = 0; i < MANY; i++) (void)bank_charge(&b, "ann", 100);
    for (int i = 0; i < 5; i++) {
        struct error why = {0};
        enum err err = reconcile_look(&r, &b, &why);
        cr_assert(err == OK || err == ERR_INCOMPLETE, "%s", why.text);
    }
    assert_ok(reconcile_look(&r, &b, E));
    assert_agrees(&r);
    assert_int(r.noted, 0);
    assert_int(stripe_server_balance(b.server, "usd"), MANY * (100 - 33));
    assert_str(accounts_of(&b), "cash:stripe 100.50, expenses:payment-fees 49.50, ");
    bank_close(&b);
}

/* 2.00 that Stripe took ten days ago; who looks at yesterday only does not see them. */
Test(reconcile, what_lies_before_the_day_from_which_somebody_looked_is_not_skipped)
{
    struct bank b = bank_open(NULL, 0);
    struct reconciliation r = {0};
    bank_connect(&b);
    bank_customer(&b, "ann", "pm_card_visa");
    (void)bank_charge(&b, "ann", 10000);
    for (int i = 0; i < 2; i++) { /* the first time, and later */
        stripe_server_move(b.server, "stripe_fee", "fee", "usd", -200);
        days_later(&b, 10);
        struct reconcile_options o = {
            .actor = STR("test"), .now = b.sim.now, .from = b.sim.now, .shared = true};
        o.from.us -= INT64_C(86400) * 1000000;
        assert_ok(stripe_reconcile(&r, b.s, b.l, &o, A, E));
        assert_int(r.differences, 0); /* what else moves a shared balance is not counted */
        days_later(&b, 10);
        assert_ok(reconcile_look(&r, &b, E));
        assert_agrees(&r);
        assert_int(r.differences, 0);
    }
    assert_str(accounts_of(&b), "cash:stripe 92.80, expenses:payment-fees 7.20, ");
    bank_close(&b);
}

/* Stripe takes a cent whenever a page was looked at, for a while. */
struct busy {
    struct bank *bank;
    int left;
};
static void keep_busy(void *context, const char *stage, uint64_t count, uint64_t total)
{
    struct busy *busy = context;
    (void)stage;
    (void)count;
    (void)total;
    if (busy->left-- > 0) stripe_server_move(busy->bank->server, "stripe_fee", "fee", "usd", -1);
}

Test(reconcile, a_busy_account_is_equal_all_the_same)
{
    struct bank b = bank_open(NULL, 0);
    struct reconciliation r = {0};
    struct busy busy = {&b, 4};
    bank_connect(&b);
    bank_customer(&b, "ann", "pm_card_visa");
    (void)bank_charge(&b, "ann", 2900);
    (void)post_there(&b, "/v1/payment_intents",
                     STR("amount=5000&currency=usd&confirm=true&payment_method=pm_card_visa&" NEVER));
    struct reconcile_options o = {
        .actor = STR("test"), .now = b.sim.now, .progress = keep_busy, .progress_context = &busy};
    assert_ok(stripe_reconcile(&r, b.s, b.l, &o, A, E));
    assert_int(r.unexplained, 0);
    assert_int(r.missing_here, 1); /* of somebody else, and told once */
    assert_int(r.rows_count, 1);
    assert_int(r.movements, 2 + 4);
    assert_int(r.noted, 1 + 4);
    assert_str(accounts_of(&b), "cash:stripe 27.82, expenses:payment-fees 1.18, ");
    bank_close(&b);
}

/* ---- what a movement is ---- */

Test(reconcile, a_movement_is_told_by_its_category_and_in_the_money_that_was_asked_for)
{
    static const struct {
        const char *json;
        enum movement_kind kind;
        const char *amount, *settled, *fee;
    } table[] = {
        {"{\"amount\":2900,\"fee\":114,\"currency\":\"usd\",\"reporting_category\":\"charge\","
         "\"type\":\"payment\",\"source\":\"py_1\"",
         MOVEMENT_PAYMENT, "29.00USD", "29.00USD", "1.14USD"},
        {"{\"amount\":3190,\"fee\":123,\"currency\":\"usd\",\"reporting_category\":\"charge\","
         "\"source\":{\"id\":\"ch_1\",\"amount\":2900,\"currency\":\"eur\"}",
         MOVEMENT_PAYMENT, "29.00EUR", "31.90USD", "1.23USD"},
        {"{\"amount\":-3190,\"fee\":0,\"currency\":\"usd\",\"reporting_category\":\"refund\","
         "\"source\":{\"id\":\"re_1\",\"amount\":2900,\"currency\":\"eur\"}",
         MOVEMENT_REFUND, "-29.00EUR", "-31.90USD", "0.00USD"},
        {"{\"amount\":-500,\"fee\":0,\"currency\":\"jpy\",\"reporting_category\":\"payout\",\"source\":null",
         MOVEMENT_PAYOUT, "-500JPY", "-500JPY", "0JPY"},
        {"{\"amount\":-500,\"fee\":0,\"currency\":\"usd\",\"type\":\"stripe_fee\"", MOVEMENT_FEE, "-5.00USD",
         "-5.00USD", "0.00USD"},
        {"{\"amount\":500,\"fee\":0,\"currency\":\"usd\",\"reporting_category\":\"nobody_knows\","
         "\"type\":\"charge\"",
         MOVEMENT_OTHER, "5.00USD", "5.00USD", "0.00USD"},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct balance_movement m = {0};
        json_t *object = NULL;
        struct str text =
            str_format(A, "%s,\"id\":\"txn_%zu\",\"object\":\"balance_transaction\",\"created\":1767225600}",
                       table[i].json, i);
        assert_ok(json_parse(&object, text, A, E));
        assert_ok(stripe_movement_read(&m, object, json_object_get(object, "source"), A, E));
        json_decref(object);
        assert_int(m.kind, table[i].kind);
        assert_str(str_format(A, "%.*s%s", STR_ARG(money_text(A, m.amount)), m.amount.currency),
                   table[i].amount);
        assert_str(str_format(A, "%.*s%s", STR_ARG(money_text(A, m.settled)), m.settled.currency),
                   table[i].settled);
        assert_str(str_format(A, "%.*s%s", STR_ARG(money_text(A, m.fee)), m.fee.currency), table[i].fee);
    }
}

Test(reconcile, the_key_of_another_account_is_refused_before_anything_of_it_is_booked)
{
    struct bank b = bank_open(NULL, 0);
    struct stripe_server *own = b.server;
    struct stripe_server_options o = {.seed = 5};
    struct reconciliation r = {0};
    bank_connect(&b);
    bank_customer(&b, "ann", "pm_card_visa");
    (void)bank_charge(&b, "ann", 2900);
    assert_ok(reconcile_look(&r, &b, E));
    stripe_close(b.s);
    b.server = stripe_server_start(o);
    stripe_server_move(b.server, "payout", "payout", "usd", -9000);
    bank_connect(&b);
    uint64_t before = shop_records(b.l);
    assert_err_says(reconcile_look(&r, &b, E), ERR_REFUSED,
                    "the key is of the account acct_5, and this ledger's money is at acct_0");
    cr_assert(account_import(&b, "", 0).err == ERR_REFUSED);
    assert_int(shop_records(b.l), before);
    stripe_server_stop(b.server);
    b.server = own;
    bank_close(&b);
}

/* ---- beside an import ---- */

static void do_something(struct bank *b, struct dice *dice)
{
    int64_t what = dice_between(dice, 0, 4), cents = dice_between(dice, 100, 9000);
    struct str form = str_format(A, "amount=%jd&currency=usd&confirm=true&payment_method=pm_card_visa&" NEVER,
                                 (intmax_t)cents);
    if (what == 0) (void)bank_charge(b, "ann", cents);
    if (what == 1) (void)post_there(b, "/v1/payment_intents", form); /* what Stripe bills by itself */
    if (what == 2) stripe_server_move(b->server, "payout", "payout", "usd", -cents);
    if (what == 3) stripe_server_move(b->server, "stripe_fee", "fee", "usd", -cents / 10);
    if (what == 4) {
        struct transaction t = bank_charge(b, "ann", cents);
        (void)post_there(b, "/v1/refunds",
                         str_format(A, "amount=%jd&payment_intent=%.*s", (intmax_t)(cents / 2),
                                    STR_ARG(t.gateway_reference)));
    }
    stripe_server_clock_forward(b->server, 60);
}

/* Whichever of the two comes first to a movement, its money is in the ledger once. */
Test(reconcile, beside_an_import_each_movement_is_booked_once)
{
    for (uint64_t seed = 1; seed <= 4; seed++) {
        struct dice dice = dice_of(seed);
        struct reconciliation r = {0};
        test_end();
        test_begin();
        struct bank b = bank_open(NULL, 0);
        shop_close(b.l);
        b.l = shop_open("2026-02-01T00:00:00Z"); /* an import leaves what is made after it began */
        bank_connect(&b);
        bank_customer(&b, "ann", "pm_card_visa");
        for (int i = 0; i < 40; i++) {
            do_something(&b, &dice);
            int64_t which = dice_between(&dice, 0, 5);
            if (which == 0) (void)account_take(&b);
            if (which == 1) assert_ok(reconcile_look(&r, &b, E));
        }
        (void)account_take(&b);
        assert_ok(reconcile_look(&r, &b, E));
        assert_agrees(&r);
        assert_int(account_balance(&b, ACCOUNT_CASH), stripe_server_balance(b.server, "usd"));
        bank_close(&b);
    }
}

/* Another process reads the same list meanwhile, and is first with all of it. */
static void look_meanwhile(void *context, const char *stage, uint64_t count, uint64_t total)
{
    struct busy *busy = context;
    struct reconciliation r = {0};
    (void)stage;
    (void)count;
    (void)total;
    if (busy->left-- > 0) assert_ok(reconcile_look(&r, busy->bank, E));
}

Test(reconcile, two_at_once_note_each_movement_once)
{
    enum { MANY = 120 };
    struct bank b = bank_open(NULL, 0);
    struct reconciliation r = {0};
    struct busy busy = {&b, 1};
    bank_connect(&b);
    bank_customer(&b, "ann", "pm_card_visa");
    for (int i = 0; i < MANY; i++) (void)bank_charge(&b, "ann", 100);
    struct reconcile_options o = {
        .actor = STR("test"), .now = b.sim.now, .progress = look_meanwhile, .progress_context = &busy};
    assert_ok(stripe_reconcile(&r, b.s, b.l, &o, A, E));
    assert_agrees(&r);
    assert_int(r.movements, MANY);
    assert_int(r.noted, 100); /* its first page */
    assert_str(accounts_of(&b), "cash:stripe 80.40, expenses:payment-fees 39.60, ");
    bank_close(&b);
}
