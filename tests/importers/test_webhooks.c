/* SPDX-License-Identifier: MIT */
/* What Stripe sends by itself: genuine or refused, kept before it is answered, done once, in any order. The
 * messages are those of a server of our own in Stripe's shapes, signed as Stripe signs. */
#include "importers/stripe_event.h"
#include "ledger/book.h"
#include "tests/importers/messages.h"
#include "tests/lib/dice.h"

TestSuite(webhooks, .init = test_begin, .fini = test_end);

/* The customer disputes what Stripe calls so. */
static struct webhook disputed(struct bank *b, struct str payment)
{
    struct str body =
        str_format(A,
                   "{\"id\":\"evt_disp\",\"object\":\"event\",\"livemode\":false,\"type\":"
                   "\"charge.dispute.created\",\"data\":{\"object\":"
                   "{\"id\":\"dp_1\",\"object\":\"dispute\",\"amount\":2900,\"currency\":\"usd\","
                   "\"status\":\"needs_response\",\"payment_intent\":\"%.*s\"}}}",
                   STR_ARG(payment));
    return deliver(b, str_cstring(A, body));
}

/* ---- genuine, and an event ---- */

Test(webhooks, what_is_not_genuine_is_refused_and_nothing_of_it_is_kept)
{
    struct bank b = bank_open(NULL, 0);
    struct webhook_secret secret;
    struct webhook_door d = door_of(&b, &secret);
    struct webhook w = {0};
    static const char body[] = "{\"id\":\"evt_1\",\"object\":\"event\",\"type\":\"payment_intent.succeeded\","
                               "\"data\":{\"object\":{}}}";
    uint64_t before = shop_records(b.l);
    struct str signature = signature_of(&b, str_of(body));
    struct bytes changed = str_bytes(STR("{\"id\":\"evt_2\",\"object\":\"event\",\"type\":\"payment_intent."
                                         "succeeded\",\"data\":{\"object\":{}}}"));
    assert_err_says(webhook_handle(&w, &d, signature, changed, A, E), ERR_INVALID,
                    "the signature is not that of this body");
    assert_err_says(webhook_handle(&w, &d, STR_NONE, str_bytes(str_of(body)), A, E), ERR_INVALID,
                    "the signature is missing");
    d.now.us += (int64_t)301 * 1000000;
    assert_err_says(webhook_handle(&w, &d, signature, str_bytes(str_of(body)), A, E), ERR_INVALID,
                    "seconds old");
    assert_int(shop_records(b.l), before);
    bank_connect(&b);
    bank_close(&b);
}

Test(webhooks, what_is_genuine_and_no_event_is_refused)
{
    static const struct {
        const char *body, *refused;
    } table[] = {
        {"[]", "is no event of Stripe's"},
        {"{}", "is no event of Stripe's"},
        {"{\"object\":\"event\",\"type\":\"a\",\"data\":{\"object\":{}}}", "'id' is missing"},
        {"{\"object\":\"event\",\"id\":\"evt_1\",\"data\":{\"object\":{}}}", "'type' is missing"},
        {"{\"object\":\"event\",\"id\":\"evt_1\",\"type\":\"a\"}", "'data.object' is missing"},
        {"{\"object\":\"event\",\"id\":\"evt_1\",\"type\":\"a\",\"data\":{\"object\":[]}}",
         "'data.object' is missing"},
        {"{\"object\":\"v2.core.event\",\"id\":\"evt_1\",\"type\":\"a\"}", "thin event"},
        {"{\"object\":\"event\",\"id\":\"evt_1\",\"id\":\"evt_2\",\"type\":\"a\",\"data\":{\"object\":{}}}",
         "the message"},
        {"not json", "the message"},
        {"", "the message"},
        {"{\"object\":\"event\",\"id\":\"\xff\",\"type\":\"a\",\"data\":{\"object\":{}}}", "UTF-8"},
    };
    struct bank b = bank_open(NULL, 0);
    uint64_t before = shop_records(b.l);
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct webhook w = {0};
        assert_err_says(hear(&w, &b, str_of(table[i].body), NULL, E), ERR_INVALID, table[i].refused);
    }
    char *deep = arena_take_raw(A, 200001);
    memset(deep, '[', 200000);
    deep[200000] = 0;
    struct webhook w = {0};
    assert_err_says(hear(&w, &b, str_of(deep), NULL, E), ERR_INVALID, "");
    char *large = arena_take_raw(A, LIMIT_WEBHOOK_BYTES + 2);
    memset(large, ' ', LIMIT_WEBHOOK_BYTES + 1);
    large[LIMIT_WEBHOOK_BYTES + 1] = 0;
    assert_err_says(hear(&w, &b, str_of(large), NULL, E), ERR_LIMIT, "longer than 1048576 bytes");
    assert_int(shop_records(b.l), before);
    bank_connect(&b);
    bank_close(&b);
}

/* Whoever writes into metadata or a description at Stripe can write anything; refused, the message would be
 * lost with what else it tells. */
Test(webhooks, card_data_that_somebody_wrote_into_a_message_are_not_kept_and_the_rest_is)
{
    static const char body[] =
        "{\"id\":\"evt_1\",\"object\":\"event\",\"type\":\"charge.updated\",\"created\":1735689600,\"data\":"
        "{\"object\":{\"id\":\"ch_1\",\"object\":\"charge\",\"amount\":2900,\"summary\":\"by 4242 4242 "
        "4242 "
        "4242, 2 seats\",\"words\":{\"card_number\":\"424242424242424\\u0032\",\"cvv\":\"123\",\"n\":"
        "4242424242424242,\"4242424242424242\":\"x\",\"order\":\"12\",\"rate\":0.5},\"notes\":[\"cvc "
        "123\",\"12\"]"
        "}}}";
    static const char kept[] =
        "{\"id\":\"evt_1\",\"object\":\"event\",\"type\":\"charge.updated\",\"created\":1735689600,\"data\":"
        "{\"object\":{\"id\":\"ch_1\",\"object\":\"charge\",\"amount\":2900,\"summary\":\"by **** **** "
        "**** "
        "****, * seats\",\"words\":{\"card_number\":\"****************\",\"cvv\":\"***\",\"n\":"
        "\"****************\",\"order\":\"12\",\"rate\":\"0.5\",\"****************\":\"x\"},\"notes\":[\"cvc "
        "***\","
        "\"12\"]}}}";
    struct webhook_receive_command c = {0};
    struct hash signed_bytes;
    struct hasher *h = hasher_new();
    hasher_digest(h, signed_bytes.bytes, str_bytes(str_of(body)), (struct bytes){0}, (struct bytes){0});
    hasher_free(h);
    assert_ok(stripe_event_read(&c, str_bytes(str_of(body)), A, E));
    assert_str(c.body, kept);
    assert_str(c.reference, "ch_1");
    cr_assert(memcmp(&c.sha256, &signed_bytes, sizeof signed_bytes) == 0);
}

/* What is kept in the log for ever must be nobody's: it has no key that could be destroyed. */
Test(webhooks, what_a_message_tells_of_a_person_is_not_kept_and_what_is_needed_of_it_is)
{
    static const char body[] =
        "{\"id\":\"evt_1\",\"object\":\"event\",\"type\":\"charge.updated\",\"created\":1735689600,\"data\":"
        "{\"object\":{\"id\":\"ch_1\",\"object\":\"charge\",\"amount\":2900,\"customer\":\"cus_9\","
        "\"billing_details\":{\"address\":{\"city\":\"Canaria\",\"line2\":null},\"email\":\"canary@x\"},"
        "\"receipt_email\":\"canary@x\",\"description\":\"for Canary\",\"shipping\":null,"
        "\"metadata\":{\"daybook_user\":\"u_1\",\"daybook_transaction\":\"txn_1\",\"called\":\"Canary\"},"
        "\"lines\":[{\"name\":\"Canary\",\"amount\":5}],\"customer_tax_ids\":[{\"value\":\"canary\"}]}}}";
    static const char kept[] =
        "{\"id\":\"evt_1\",\"object\":\"event\",\"type\":\"charge.updated\",\"created\":1735689600,\"data\":"
        "{\"object\":{\"id\":\"ch_1\",\"object\":\"charge\",\"amount\":2900,\"customer\":\"cus_9\","
        "\"billing_details\":{\"address\":{\"city\":\"[left out]\",\"line2\":null},\"email\":\"[left out]\"},"
        "\"receipt_email\":\"[left out]\",\"description\":\"[left out]\",\"shipping\":null,"
        "\"metadata\":{\"daybook_user\":\"u_1\",\"daybook_transaction\":\"txn_1\",\"called\":\"[left out]\"},"
        "\"lines\":[{\"name\":\"[left out]\",\"amount\":5}],\"customer_tax_ids\":[{\"value\":\"[left "
        "out]\"}]}}}";
    struct webhook_receive_command c = {0};
    assert_ok(stripe_event_read(&c, str_bytes(str_of(body)), A, E));
    assert_str(c.body, kept);
}

Test(webhooks, a_name_that_reads_like_a_security_code_by_chance_is_kept)
{
    static const char body[] = "{\"id\":\"evt_1\",\"object\":\"event\",\"type\":\"a\",\"data\":{\"object\":{"
                               "\"id\":\"pi_49Cd4VZFHIAlX01Vz5Cvc987\"}}}";
    struct webhook_receive_command c = {0};
    assert_ok(stripe_event_read(&c, str_bytes(str_of(body)), A, E));
    assert_str(c.body, body);
    assert_str(c.reference, "pi_49Cd4VZFHIAlX01Vz5Cvc987");
}

Test(webhooks, a_message_without_card_data_is_kept_byte_for_byte)
{
    static const char body[] =
        "{ \"id\":\"evt_1\", \"object\":\"event\",\"type\":\"a\",\"x\":\"\\u00e9 12\", "
        "\"rate\":0.50,\"data\":{\"object\":{\"cvc_check\":\"pass\",\"last4\":\"4242\"}}}\n";
    struct webhook_receive_command c = {0};
    assert_ok(stripe_event_read(&c, str_bytes(str_of(body)), A, E));
    assert_str(c.body, body);
}

/* ---- what follows ---- */

Test(webhooks, a_debit_is_paid_when_the_bank_says_so_and_once)
{
    struct bank b = bank_open(NULL, 0);
    bank_connect(&b);
    bank_customer(&b, "ann", "pm_usBankAccount_success");
    cr_assert(bank_charge(&b, "ann", 2900).processing);
    assert_int(stripe_server_settle_pending(b.server), 1);
    const char *paid = event_of_type(&b, "payment_intent.succeeded");
    struct webhook w = deliver(&b, paid);
    assert_outcome(w, WEBHOOK_APPLIED);
    assert_int(w.transaction, 1);
    cr_assert(bank_transaction(&b, 1).status == TRANSACTION_COMPLETED);
    uint64_t before = shop_records(b.l);
    (void)deliver(&b, paid); /* Stripe sends it again */
    assert_int(shop_records(b.l), before);
    assert_outcome(deliver(&b, event_of_type(&b, "charge.succeeded")), WEBHOOK_KNOWN);
    bank_close(&b);
}

Test(webhooks, an_answer_that_was_lost_comes_by_itself)
{
    struct stripe_fault_rule rules[] = {
        {.method = "POST", .path = "/v1/payment_intents/*/confirm", .fault = STRIPE_FAULT_CLOSE_AFTER},
        {.method = "GET", .fault = STRIPE_FAULT_CLOSE_BEFORE}};
    struct bank b = bank_open(rules, 2);
    struct error unknown = {0};
    bank_connect(&b);
    bank_customer(&b, "ann", "pm_card_visa");
    const struct event *ev = bank_request(&b, "ann", 2900);
    (void)bank_settle(&b, ev, 1, &unknown);
    cr_assert(bank_transaction(&b, 1).status == TRANSACTION_PENDING);
    struct webhook w = deliver(&b, event_of_type(&b, "payment_intent.succeeded"));
    assert_str(w.what, "txn_1 succeeded");
    cr_assert(bank_transaction(&b, 1).status == TRANSACTION_COMPLETED);
    bank_close(&b);
}

/* Every message twice, in ten orders: the ledger comes to the same as by asking. */
Test(webhooks, in_any_order_and_twice_they_come_to_the_same)
{
    for (uint64_t seed = 1; seed <= 10; seed++) {
        struct dice dice = dice_of(seed);
        size_t count = 0;
        test_end();
        test_begin();
        struct bank b = bank_open(NULL, 0);
        bank_connect(&b);
        bank_customer(&b, "ann", "pm_card_visa");
        bank_customer(&b, "bob", "pm_usBankAccount_success");
        bank_customer(&b, "cat", "pm_card_chargeCustomerFail");
        (void)bank_charge(&b, "ann", 2900);
        (void)bank_charge(&b, "bob", 3100);
        (void)bank_charge(&b, "cat", 500);
        assert_ok(bank_refund(&b, 900, E));
        (void)stripe_server_settle_pending(b.server);
        char **all = events_of(&b, &count);
        cr_assert(count > 5);
        for (size_t i = 0; i < 2 * count; i++) {
            size_t pick = (size_t)(dice_next(&dice) % count);
            assert_settled(deliver(&b, i < count ? all[pick] : all[i - count]));
        }
        cr_assert(bank_transaction(&b, 1).status == TRANSACTION_PARTIALLY_REFUNDED);
        cr_assert(bank_transaction(&b, 2).status == TRANSACTION_COMPLETED);
        cr_assert(bank_transaction(&b, 3).status == TRANSACTION_FAILED);
        cr_assert(bank_transaction(&b, 4).status == TRANSACTION_COMPLETED);
        bank_close(&b);
    }
}

Test(webhooks, what_nothing_follows_from_is_kept_and_what_nobody_expected_asks_for_somebody)
{
    struct bank b = bank_open(NULL, 0);
    bank_connect(&b);
    bank_customer(&b, "ann", "pm_card_visa");
    struct transaction t = bank_charge(&b, "ann", 2900);
    assert_outcome(
        deliver(&b,
                "{\"id\":\"evt_new\",\"object\":\"event\",\"type\":\"something.new\",\"data\":{\"object\":"
                "{\"id\":\"x_1\"}}}"),
        WEBHOOK_KEPT);
    assert_outcome(deliver(&b, "{\"id\":\"evt_live\",\"object\":\"event\",\"livemode\":true,\"type\":"
                               "\"payment_intent.succeeded\","
                               "\"data\":{\"object\":{\"id\":\"pi_1\",\"object\":\"payment_intent\"}}}"),
                   WEBHOOK_FOREIGN);
    assert_outcome(
        deliver(&b,
                "{\"id\":\"evt_other\",\"object\":\"event\",\"livemode\":false,\"type\":\"payment_intent."
                "succeeded\","
                "\"data\":{\"object\":{\"id\":\"pi_others\",\"object\":\"payment_intent\",\"amount\":100,"
                "\"currency\":\"usd\",\"status\":\"succeeded\","
                "\"metadata\":{\"daybook_transaction\":\"txn_1\",\"daybook_key\":\"another ledger's\"}}}}"),
        WEBHOOK_FOREIGN);
    /* Somebody refunds it at Stripe. */
    struct str made = str_format(A,
                                 "{\"id\":\"evt_back\",\"object\":\"event\",\"livemode\":false,\"type\":"
                                 "\"refund.created\",\"data\":{\"object\":"
                                 "{\"id\":\"re_1\",\"object\":\"refund\",\"amount\":100,\"currency\":\"usd\","
                                 "\"status\":\"succeeded\",\"payment_intent\":\"%.*s\"}}}",
                                 STR_ARG(t.gateway_reference));
    assert_outcome(deliver(&b, str_cstring(A, made)), WEBHOOK_APPLIED);
    assert_money(bank_transaction(&b, 2).amount, "1.00", "USD");
    struct webhook w = disputed(&b, t.gateway_reference);
    assert_outcome(w, WEBHOOK_ATTENTION);
    assert_int(w.transaction, 1);
    bank_close(&b);
}

/* Told by each of its events and by the sum of them, it is one refund. */
Test(webhooks, a_refund_made_at_stripe_is_booked_once_and_undone_when_it_comes_back)
{
    struct bank b = bank_open(NULL, 0);
    size_t count = 0;
    bank_connect(&b);
    bank_customer(&b, "ann", "pm_card_visa");
    struct transaction t = bank_charge(&b, "ann", 2900);
    const char *refund = post_there(
        &b, "/v1/refunds", str_format(A, "payment_intent=%.*s&amount=900", STR_ARG(t.gateway_reference)));
    char **events = events_of(&b, &count);
    for (int twice = 0; twice < 2; twice++) {
        for (size_t i = count; i > 0; i--) (void)deliver(&b, events[i - 1]);
    }
    struct transaction back = bank_transaction(&b, 2);
    assert_int(back.kind, TRANSACTION_REFUND);
    assert_int(back.status, TRANSACTION_COMPLETED);
    assert_str(back.gateway_reference, refund);
    assert_money(bank_transaction(&b, 1).refunded, "9.00", "USD");
    cr_assert(stripe_server_refund_end(b.server, refund, "expired_or_canceled_card"));
    events = events_of(&b, &count);
    for (size_t i = count; i > 0; i--) (void)deliver(&b, events[i - 1]);
    assert_int(bank_transaction(&b, 2).status, TRANSACTION_FAILED);
    assert_int(bank_transaction(&b, 1).status, TRANSACTION_COMPLETED);
    assert_money(bank_transaction(&b, 1).refunded, "0.00", "USD");
    bank_close(&b);
}

static enum err note_account(void *context, enum account account, const struct account_total *row,
                             struct error *e)
{
    int64_t *balances = context;
    (void)e;
    balances[account] += row->debit.minor - row->credit.minor;
    return OK;
}

/* 29.00 are taken back and 15.00 for it; in the end they are lost. In whatever order that is told. */
Test(webhooks, a_dispute_is_followed_to_its_end_in_any_order)
{
    struct dice dice = dice_of(5);
    for (int round = 0; round < 6; round++) {
        test_end();
        test_begin();
        struct bank b = bank_open(NULL, 0);
        struct views_txn *t = NULL;
        int64_t *balances = arena_array_of(A, int64_t, ACCOUNT_ROUNDING + 1);
        size_t count = 0;
        bank_connect(&b);
        bank_customer(&b, "ann", "pm_card_createDispute");
        (void)bank_charge(&b, "ann", 2900);
        char *state = stripe_server_state(b.server, false);
        const char *id = strstr(strstr(state, "\"disputes\""), "\"id\":\"") + strlen("\"id\":\"");
        struct str dispute = str_copy(A, (struct str){id, strcspn(id, "\"")});
        free(state);
        cr_assert(stripe_server_dispute_close(b.server, str_cstring(A, dispute), false));
        char **events = events_of(&b, &count);
        for (size_t i = 0; i < 3 * count; i++) {
            size_t at = i < 2 * count ? (size_t)dice_between(&dice, 0, (int64_t)count - 1) : i - 2 * count;
            (void)deliver(&b, events[at]);
        }
        assert_ok(ledger_read_begin(&t, b.l, E));
        assert_ok(list_accounts(t, note_account, balances, A, E));
        ledger_read_end(b.l, t);
        assert_int(bank_transaction(&b, 1).dispute, DISPUTE_LOST);
        assert_int(balances[ACCOUNT_DISPUTES], 0);
        assert_int(balances[ACCOUNT_CHARGEBACKS], 2900);
        assert_int(balances[ACCOUNT_FEES], 1500);
        assert_int(balances[ACCOUNT_CASH], -1500);
        bank_close(&b);
    }
}

/* Stripe says that so many cents were paid of a debit of 29.00. */
static struct webhook pays_another_amount(int cents)
{
    struct bank b = bank_open(NULL, 0);
    bank_connect(&b);
    bank_customer(&b, "ann", "pm_usBankAccount_success");
    struct transaction t = bank_charge(&b, "ann", 2900);
    struct str paid = str_format(A,
                                 "{\"id\":\"evt_paid\",\"object\":\"event\",\"livemode\":false,\"type\":"
                                 "\"payment_intent.succeeded\",\"data\":{\"object\":"
                                 "{\"id\":\"%.*s\",\"object\":\"payment_intent\",\"amount\":%d,"
                                 "\"currency\":\"usd\",\"status\":\"succeeded\"}}}",
                                 STR_ARG(t.gateway_reference), cents);
    struct webhook w = deliver(&b, str_cstring(A, paid));
    cr_assert(bank_transaction(&b, 1).status == TRANSACTION_PENDING);
    bank_close(&b);
    return w;
}

Test(webhooks, less_than_was_asked_for_pays_nothing_and_asks_for_somebody)
{
    struct webhook w = pays_another_amount(29);
    assert_outcome(w, WEBHOOK_ATTENTION);
    assert_int(w.transaction, 1);
}

Test(webhooks, more_than_was_asked_for_pays_nothing_and_asks_for_somebody)
{
    struct webhook w = pays_another_amount(290000);
    assert_outcome(w, WEBHOOK_ATTENTION);
    assert_int(w.transaction, 1);
}

/* A copy of the ledger was restored, and asked for the payment again: there are two of it. */
Test(webhooks, a_second_payment_for_one_transaction_asks_for_somebody)
{
    struct bank b = bank_open(NULL, 0);
    bank_connect(&b);
    bank_customer(&b, "ann", "pm_card_visa");
    struct transaction t = bank_charge(&b, "ann", 2900);
    char *second = str_cstring(A, str_of(event_of_type(&b, "payment_intent.succeeded")));
    for (char *at = second; (at = strstr(at, str_cstring(A, t.gateway_reference))) != NULL; at++)
        at[t.gateway_reference.len - 1] ^= 1; /* another name, and everything else as it is */
    assert_outcome(deliver(&b, second), WEBHOOK_ATTENTION);
    assert_str(bank_transaction(&b, 1).gateway_reference, str_cstring(A, t.gateway_reference));
    bank_close(&b);
}

/* A crash after it was answered and before it was done. */
Test(webhooks, what_was_kept_and_not_done_is_done_later)
{
    struct bank b = bank_open(NULL, 0);
    struct webhook w = {0};
    struct webhook_secret secret;
    uint64_t done = 0;
    bank_connect(&b);
    bank_customer(&b, "ann", "pm_usBankAccount_success");
    (void)bank_charge(&b, "ann", 2900);
    assert_int(stripe_server_settle_pending(b.server), 1);
    const char *paid = event_of_type(&b, "payment_intent.succeeded");
    struct webhook_door d = door_of(&b, &secret);
    assert_ok(webhook_keep(&w, &d, signature_of(&b, str_of(paid)), str_bytes(str_of(paid)), A, E));
    assert_outcome(w, WEBHOOK_WAITING);
    cr_assert(bank_transaction(&b, 1).status == TRANSACTION_PENDING);
    shop_close(b.l);
    b.l = shop_open("2026-01-01T00:00:00Z");
    d.ledger = b.l;
    assert_ok(webhooks_apply(&done, &d, A, E));
    assert_int(done, 1);
    cr_assert(bank_transaction(&b, 1).status == TRANSACTION_COMPLETED);
    assert_ok(webhooks_apply(&done, &d, A, E));
    assert_int(done, 0);
    bank_close(&b);
}

/* ---- looking again ---- */

/* What a message about a payment calls it. */
static struct str payment_named_in(const char *event)
{
    const char *name = strstr(event, "\"pi_");
    cr_assert(name != NULL);
    return str_copy(A, (struct str){name + 1, strcspn(name + 1, "\"")});
}

/* The answer that names the payment is lost, so a dispute about it means nothing yet. */
Test(webhooks, what_meant_nothing_is_looked_at_again_when_the_payment_is_known)
{
    const struct stripe_fault_rule rule = {
        .method = "POST", .path = "/v1/payment_intents$", .fault = STRIPE_FAULT_CLOSE_AFTER};
    struct bank b = bank_open(&rule, 1);
    struct webhook_secret secret;
    struct webhook_door d = door_of(&b, &secret);
    struct error unknown = {0};
    bank_connect(&b);
    bank_customer(&b, "ann", "pm_card_visa");
    (void)bank_settle(&b, bank_request(&b, "ann", 2900), 1, &unknown);
    cr_assert(bank_transaction(&b, 1).gateway_reference.len == 0);
    struct str payment = payment_named_in(event_of_type(&b, "payment_intent.created"));
    struct webhook w = disputed(&b, payment);
    assert_outcome(w, WEBHOOK_FOREIGN);
    uint64_t before = shop_records(b.l);
    assert_ok(webhook_look_again(&w, &d, w.webhook, A, E));
    assert_outcome(w, WEBHOOK_FOREIGN);
    assert_int(shop_records(b.l), before); /* it comes out the same */
    stripe_server_rules(b.server, NULL, 0);
    (void)bank_settle_pending(&b);
    cr_assert(bank_transaction(&b, 1).status == TRANSACTION_COMPLETED);
    assert_ok(webhook_look_again(&w, &d, w.webhook, A, E));
    assert_outcome(w, WEBHOOK_ATTENTION);
    assert_int(w.transaction, 1);
    bank_close(&b);
}

Test(webhooks, what_was_done_is_not_looked_at_again)
{
    struct bank b = bank_open(NULL, 0);
    struct webhook w = {0};
    struct webhook_secret secret;
    struct webhook_door d = door_of(&b, &secret);
    bank_connect(&b);
    bank_customer(&b, "ann", "pm_card_visa");
    (void)bank_charge(&b, "ann", 2900);
    (void)deliver(&b, event_of_type(&b, "payment_intent.succeeded"));
    assert_err(webhook_look_again(&w, &d, 1, A, E), ERR_REFUSED,
               "whk_1 is known: there is nothing more to do");
    assert_err(webhook_look_again(&w, &d, 2, A, E), ERR_NOT_FOUND, "no webhook whk_2");
    bank_close(&b);
}
