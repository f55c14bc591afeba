/* SPDX-License-Identifier: MIT */
/* What happened to money at the gateway without being asked for here is noted once, however often and in
 * whatever order it is told. */
#include "tests/book/facts.h"

TestSuite(decide_balance, .init = test_begin, .fini = test_end);

static struct transaction stripe_payment(int64_t cents, int64_t refunded)
{
    return (struct transaction){.transaction = 3,
                                .payment = 3,
                                .customer = 1,
                                .kind = TRANSACTION_PAYMENT,
                                .status = TRANSACTION_COMPLETED,
                                .amount = usd(cents),
                                .refunded = usd(refunded),
                                .gateway = STR("stripe")};
}

static struct command refund_of(int64_t cents, enum payment_outcome outcome)
{
    struct command c = {.type = COMMAND_REFUND_NOTE};
    c.refund_note = (struct refund_note_command){.payment = 3,
                                                 .amount = usd(cents),
                                                 .gateway_reference = STR("re_1"),
                                                 .reason = STR("made at Stripe"),
                                                 .outcome = outcome};
    return c;
}

Test(decide_balance, a_refund_that_somebody_made_is_asked_for_and_done_at_once)
{
    struct facts f = facts_on("2025-02-01");
    struct transaction t = stripe_payment(2900, 1000);
    struct command c = refund_of(1900, PAYMENT_SUCCEEDED);
    f.transaction = &t;
    struct decision d = decided(&f, &c);
    assert_int(d.events.count, 2);
    assert_money(d.events.items[0].refund_requested.amount, "19.00", "USD");
    assert_money(d.events.items[0].refund_requested.from_credit, "0.00", "USD");
    assert_str(d.events.items[1].refund_succeeded.gateway_reference, "re_1");
    c.refund_note.outcome = PAYMENT_PROCESSING;
    assert_int(decided(&f, &c).events.items[1].type, EVENT_PAYMENT_PROCESSING);
    f.referenced = 4;
    assert_int(decided(&f, &c).events.count, 0);
}

Test(decide_balance, a_refund_of_more_than_is_left_or_of_no_payment_is_refused)
{
    struct facts f = facts_on("2025-02-01");
    struct transaction t = stripe_payment(2900, 1000);
    struct command more = refund_of(1901, PAYMENT_SUCCEEDED), of_none = refund_of(100, PAYMENT_SUCCEEDED);
    struct decision d = {0};
    f.transaction = &t;
    assert_err(decide(&d, &f, &more, A, E), ERR_REFUSED,
               "a refund of 19.01 USD was made at the gateway, and of payment txn_3 only 19.00 USD are left");
    more.refund_note.amount = money_of(100, "EUR");
    assert_err(decide(&d, &f, &more, A, E), ERR_REFUSED,
               "a refund made at the gateway is in another currency than its payment");
    f.transaction = NULL;
    assert_err(decide(&d, &f, &of_none, A, E), ERR_NOT_FOUND, "no payment txn_3");
}

Test(decide_balance, a_movement_is_noted_once_also_when_a_page_has_it_twice)
{
    struct facts f = facts_on("2025-02-01");
    const bool known[] = {false, true, false, false};
    const struct balance_movement movements[] = {{.reference = STR("txn_a"), .settled = usd(1)},
                                                 {.reference = STR("txn_b"), .settled = usd(2)},
                                                 {.reference = STR("txn_a"), .settled = usd(1)},
                                                 {.reference = STR("txn_c"), .settled = usd(3)}};
    struct command c = {.type = COMMAND_BALANCE_NOTE};
    c.balance_note = (struct balance_note_command){STR("stripe"), movements, 4};
    f.movements_known = known;
    struct decision d = decided(&f, &c);
    assert_int(d.events.count, 1);
    assert_int(d.events.items[0].balance_noted.movements_count, 2);
    assert_str(d.events.items[0].balance_noted.movements[1].reference, "txn_c");
    c.balance_note.movements_count = 0;
    assert_int(decided(&f, &c).events.count, 0);
}

/* What is known, what is told, at which second, and what is known then. */
Test(decide_balance, of_a_dispute_the_newest_counts_until_it_is_decided)
{
    static const struct {
        enum dispute_status known;
        int64_t known_as_of;
        enum dispute_status told;
        int64_t told_as_of;
        bool news;
    } table[] = {
        {DISPUTE_NONE, 0, DISPUTE_NEEDS_RESPONSE, 5, true},
        {DISPUTE_INQUIRY, 5, DISPUTE_NEEDS_RESPONSE, 6, true},
        {DISPUTE_NEEDS_RESPONSE, 5, DISPUTE_NEEDS_RESPONSE, 6, false},
        {DISPUTE_UNDER_REVIEW, 6, DISPUTE_NEEDS_RESPONSE, 5, false},
        {DISPUTE_UNDER_REVIEW, 6, DISPUTE_NEEDS_RESPONSE, 7, true},
        {DISPUTE_UNDER_REVIEW, 6, DISPUTE_LOST, 5, true},
        {DISPUTE_LOST, 6, DISPUTE_UNDER_REVIEW, 7, false},
        {DISPUTE_WON, 6, DISPUTE_LOST, 7, false},
        {DISPUTE_LOST, 6, DISPUTE_WON, 7, true}, /* the customer took it back */
        {DISPUTE_LOST, 6, DISPUTE_WON, 6, false},
        {DISPUTE_CLOSED, 6, DISPUTE_NEEDS_RESPONSE, 7, false},
    };
    struct facts f = facts_on("2025-02-01");
    struct transaction t = stripe_payment(2900, 0);
    f.transaction = &t;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        const struct dispute known = {
            .dispute = 7, .status = table[i].known, .as_of.us = table[i].known_as_of * 1000000};
        struct command c = {.type = COMMAND_DISPUTE_NOTE};
        c.dispute_note = (struct dispute_note_command){.payment = 3,
                                                       .status = table[i].told,
                                                       .amount = usd(2900),
                                                       .gateway = STR("stripe"),
                                                       .gateway_reference = STR("dp_1"),
                                                       .as_of.us = table[i].told_as_of * 1000000};
        f.dispute = table[i].known == DISPUTE_NONE ? NULL : &known;
        struct decision d = decided(&f, &c);
        cr_assert(d.events.count == table[i].news, "row %zu", i);
        if (!table[i].news) continue;
        assert_int(d.events.items[0].dispute_noted.status, table[i].told);
        assert_int(d.events.items[0].dispute_noted.dispute,
                   f.dispute == NULL ? f.counters.dispute : known.dispute);
    }
}

Test(decide_balance, the_ledgers_money_stays_at_one_account)
{
    static const struct {
        const char *bound; /* NULL: nothing is noted */
        bool live;
        const char *told;
        bool told_live;
        enum err err;
        bool noted;
    } table[] = {
        {NULL, false, "acct_1", false, OK, true},
        {NULL, false, "", true, OK, true},
        {"acct_1", false, "acct_1", false, OK, false},
        {"acct_1", false, "", false, OK, false},
        {"", true, "acct_1", true, OK, true},
        {"acct_1", false, "acct_2", false, ERR_REFUSED, false},
        {"acct_1", true, "acct_1", false, ERR_REFUSED, false},
        {"", false, "", true, ERR_REFUSED, false},
    };
    struct facts f = facts_on("2025-02-01");
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct gateway_bound bound = {STR("stripe"), str_of(table[i].bound), table[i].live};
        struct command c = {.type = COMMAND_GATEWAY_BIND};
        struct decision d = {0};
        c.gateway_bind = (struct gateway_bind_command){
            .gateway = STR("stripe"), .account = str_of(table[i].told), .livemode = table[i].told_live};
        f.bound = table[i].bound == NULL ? NULL : &bound;
        enum err err = decide(&d, &f, &c, A, E);
        cr_assert(err == table[i].err && d.events.count == table[i].noted, "row %zu: %s", i, E->text);
    }
}

Test(decide_balance, what_is_disputed_or_lost_is_not_refunded)
{
    static const struct {
        enum dispute_status status;
        bool refused;
    } table[] = {{DISPUTE_NONE, false},        {DISPUTE_INQUIRY, false}, {DISPUTE_NEEDS_RESPONSE, true},
                 {DISPUTE_UNDER_REVIEW, true}, {DISPUTE_LOST, true},     {DISPUTE_WON, false},
                 {DISPUTE_CLOSED, false}};
    struct facts f = facts_on("2025-02-01");
    struct transaction t = stripe_payment(2900, 0);
    struct command c = {.type = COMMAND_PAYMENT_REFUND};
    c.payment_refund = (struct payment_refund_command){.transaction = STR("txn_3"), .gateway = STR("stripe")};
    f.transaction = &t;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct decision d = {0};
        t.dispute = table[i].status;
        enum err err = decide(&d, &f, &c, A, E);
        cr_assert(err == (table[i].refused ? ERR_REFUSED : OK), "row %zu: %s", i, E->text);
    }
}
