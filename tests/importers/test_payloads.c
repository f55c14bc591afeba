/* SPDX-License-Identifier: MIT */
/* Webhook bodies in Stripe's own shapes, which tell one story of a customer: his card, his subscription,
 * paid, refunded, disputed, declined, upgraded, ended. The ledger knows him by his card, and made the
 * payments of the story by itself. */
#include "tests/importers/messages.h"
#include "tests/lib/dice.h"

TestSuite(payloads, .init = test_begin, .fini = test_end);

#define CUSTOMER "cus_4diXkW27079FM0"

static void run(struct bank *b, const struct command *c)
{
    struct outcome out = {0};
    struct request r = {.command = c, .actor = STR("test")};
    assert_ok(ledger_execute(&out, b->l, &r, A, E));
}

static void know_customer(struct bank *b)
{
    struct command c = {.type = COMMAND_PAYMENT_METHOD_ADD};
    shop_customer(b->l, "jenny");
    c.payment_method_add = (struct payment_method_add_command){.user = STR("jenny"),
                                                               .token = STR("pm_first"),
                                                               .is_default = true,
                                                               .card = {.token = STR("pm_first"),
                                                                        .gateway = STR("stripe"),
                                                                        .gateway_customer = STR(CUSTOMER),
                                                                        .funding = STR("credit"),
                                                                        .brand = STR("visa"),
                                                                        .last4 = STR("4242")}};
    run(b, &c);
}

/* A payment of ours that Stripe calls so, and that is confirmed and not answered. */
static void ask(struct bank *b, const char *intent, const char *amount, const char *currency)
{
    struct command c = {.type = COMMAND_PAYMENT_CHARGE};
    struct decimal d = {0};
    struct outcome out = {0};
    assert_ok(decimal_parse(&d, str_of(amount), E));
    c.payment_charge = (struct payment_charge_command){
        .user = STR("jenny"), .amount = d, .currency = str_of(currency), .gateway = STR("stripe")};
    struct request r = {.command = &c, .actor = STR("test")};
    assert_ok(ledger_execute(&out, b->l, &r, A, E));
    uint64_t payment = out.events[0].payment_requested.payment;
    c = (struct command){.type = COMMAND_PAYMENT_SETTLE};
    c.payment_settle = (struct payment_settle_command){
        .transaction = payment, .outcome = PAYMENT_PREPARED, .gateway_reference = str_of(intent)};
    run(b, &c);
}

static struct webhook deliver_file(struct bank *b, const char *file)
{
    struct webhook w = {0};
    struct str body = test_read(test_shared(str_cstring(A, str_format(A, "stripe-payloads/%s", file))));
    enum err err = hear(&w, b, body, NULL, E);
    if (err != OK) {
        cr_assert(err == ERR_INVALID, "%s: %s", file, E->text);
        w.what = str_copy(A, str_of(E->text));
        w.outcome = WEBHOOK_WAITING; /* it was not kept */
    }
    return w;
}

static const char *word(const struct webhook *w)
{
    return w->outcome == WEBHOOK_WAITING ? "refused" : choice_webhook_outcome.words[w->outcome];
}

static const struct told {
    const char *file, *outcome, *what; /* what "": whatever is said */
} story[] = {
    {"01-payment_method.attached.json", "applied", "the payment method is kept"},
    {"02-customer.subscription.created.json", "known",
     "a subscription that nobody has paid yet: it begins when it is"},
    {"03-payment_intent.succeeded.json", "applied", "txn_1 succeeded"},
    {"04-invoice.payment_succeeded.json", "foreign",
     "an invoice of Stripe's for no subscription of this ledger"},
    {"05-invoice.paid.json", "foreign", "an invoice of Stripe's for no subscription of this ledger"},
    {"06-customer.subscription.updated.activated.json", "applied",
     "the subscription stands as it does at Stripe"},
    {"07-refund.created.json", "applied", "a refund that somebody made at Stripe"},
    {"08-charge.refunded.json", "known", "its payment and its refunds say the same"},
    {"09-charge.dispute.created.json", "attention",
     "a customer disputes a payment at his bank, which waits for an answer"},
    {"10-payment_intent.payment_failed.json", "applied", "txn_2 declined"},
    {"11-invoice.payment_failed.json", "applied", "the subscription is past due"},
    {"12-customer.subscription.updated.past-due.json", "applied",
     "the subscription stands as it does at Stripe"},
    {"13-customer.subscription.updated.upgrade-to-pro.json", "applied",
     "the subscription stands as it does at Stripe"},
    {"14-customer.subscription.updated.cancel-at-period-end.json", "applied",
     "the subscription stands as it does at Stripe"},
    {"15-customer.subscription.deleted.json", "applied", "the subscription stands as it does at Stripe"},
    {"16-payment_intent.processing.json", "applied", "txn_3 processing"},
    {"17-payment_intent.requires_action.json", "known", "the customer is asked to confirm the payment"},
    {"18-refund.failed.json", "applied", "txn_6 came back from the bank"},
    {"19-payment_method.detached.json", "applied", "the payment method is not to be had any more"},
    {"80-old-api-2020-08-27.customer.subscription.updated.json", "applied", ""},
    {"81-old-api-2020-08-27.invoice.payment_succeeded.json", "applied", ""},
    {"82-seed-name.payment_intent.failed.json", "applied", "txn_5 declined"},
    {"83-unknown-type.json", "kept", "nothing follows from this type"},
    {"84-thin-v2-event.json", "refused",
     "the message is a thin event, which says nothing: let the endpoint send snapshots"},
    {"85-livemode-true.payment_intent.succeeded.json", "foreign",
     "it is about real money, and the key is one for tests"},
    {"86-unicode.payment_intent.succeeded.json", "foreign", "a payment that is none of this ledger's"},
    {"87-jpy.payment_intent.succeeded.json", "foreign", "a payment that is none of this ledger's"},
};

/* Long after it, so that nothing of it lies ahead; Stripe's messages are signed when they are sent. */
static void open_story(struct bank *b)
{
    shop_close(b->l);
    b->l = shop_open("2026-03-01T00:00:00Z");
    b->sim.now = moment("2026-03-01T00:00:00Z");
    know_customer(b);
    ask(b, "pi_ALXGrB1L69ja34VmDceGkRif", "29.00", "USD");
    ask(b, "pi_2ALnSfaLwUdJkRbxaU1zz8NY", "29.00", "USD");
    ask(b, "pi_jk1HywRL3k7Jq11Tw1wgkeKV", "29.00", "USD");
    ask(b, "pi_mvh1nUhYaFOz4ko62pwMkKNz", "29.00", "USD");
    ask(b, "pi_59sErXIdzCdENRbMtfWmW65Q", "29.00", "USD");
}

static void assert_told(struct bank *b, const struct told *t)
{
    struct webhook w = deliver_file(b, t->file);
    bool same = strcmp(word(&w), t->outcome) == 0 && (t->what[0] == 0 || str_is(w.what, t->what));
    cr_expect(same, "%s: %s, %.*s", t->file, word(&w), STR_ARG(w.what));
}

/* His plan ended, and he goes on with the free tier. */
static void assert_over(struct bank *b)
{
    struct views_txn *t = NULL;
    struct subscription s = {0};
    assert_ok(ledger_read_begin(&t, b->l, E));
    assert_ok(load_subscription(&s, t, 1, A, E));
    assert_str(s.terms.product, "pro");
    assert_int(s.status, SUBSCRIPTION_CANCELED);
    assert_ok(load_subscription(&s, t, 2, A, E));
    assert_str(s.terms.product, "free");
    ledger_read_end(b->l, t);
}

Test(payloads, the_whole_story_comes_to_what_it_tells)
{
    struct bank b = bank_open(NULL, 0);
    open_story(&b);
    for (size_t i = 0; i < sizeof story / sizeof story[0]; i++) assert_told(&b, &story[i]);
    assert_int(bank_transaction(&b, 1).status, TRANSACTION_COMPLETED); /* paid, and its refund came back */
    assert_int(bank_transaction(&b, 1).dispute, DISPUTE_NEEDS_RESPONSE);
    assert_int(bank_transaction(&b, 2).status, TRANSACTION_FAILED);
    assert_str(bank_transaction(&b, 2).code, "insufficient_funds");
    cr_assert(bank_transaction(&b, 3).processing);
    assert_int(bank_transaction(&b, 4).status, TRANSACTION_PENDING);
    assert_int(bank_transaction(&b, 5).status, TRANSACTION_FAILED);
    assert_int(bank_transaction(&b, 6).kind, TRANSACTION_REFUND);
    assert_int(bank_transaction(&b, 6).status, TRANSACTION_FAILED);
    assert_over(&b);
    bank_connect(&b);
    bank_close(&b);
}

/* Twice each, in five orders: payments stand in the end as the story tells. */
Test(payloads, in_any_order_and_twice_the_payments_come_to_the_same)
{
    enum { COUNT = sizeof story / sizeof story[0] };
    for (uint64_t seed = 1; seed <= 5; seed++) {
        struct dice dice = dice_of(seed);
        test_end();
        test_begin();
        struct bank b = bank_open(NULL, 0);
        open_story(&b);
        for (size_t i = 0; i < 2 * COUNT; i++)
            (void)deliver_file(&b, story[i < COUNT ? dice_next(&dice) % COUNT : i - COUNT].file);
        struct transaction t = bank_transaction(&b, 1);
        assert_int(t.dispute, DISPUTE_NEEDS_RESPONSE);
        assert_money(t.refunded, "0.00", "USD");
        assert_int(t.status, TRANSACTION_COMPLETED);
        assert_int(bank_transaction(&b, 2).status, TRANSACTION_FAILED);
        assert_int(bank_transaction(&b, 5).status, TRANSACTION_FAILED);
        bank_connect(&b);
        bank_close(&b);
    }
}
