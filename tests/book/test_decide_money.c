/* SPDX-License-Identifier: MIT */
/* test_decide_money.c - decisions about bills, payments, usage and runs. */
#include "tests/book/facts.h"

TestSuite(decide_money, .init = test_begin, .fini = test_end);

/* ---- bills ---- */

static struct command bill(const char *through)
{
    struct command c = {.type = COMMAND_CUSTOMER_BILL};
    c.customer_bill = (struct customer_bill_command){
        .customer = 1, .through = day(through), .run = 1, .gateway = STR("simulator")};
    return c;
}

Test(decide_money, a_bill_is_one_invoice_of_everything_due_and_asks_for_its_payment)
{
    struct facts f = facts_on("2025-02-01");
    struct item item = {.item = 4, .customer = 1};
    item.line =
        (struct line){.kind = LINE_ITEM, .description = STR("Set-up"), .amount = usd(1000), .tax = usd(0)};
    subscribe(&f, "basic", INTERVAL_MONTH, 2900, "2025-01-01", "2025-02-01");
    f.items = &item;
    f.items_count = 1;
    struct command c = bill("2025-02-01");
    struct decision d = decided(&f, &c);
    const struct invoice_finalized *v = &find(&d, EVENT_INVOICE_FINALIZED, 0)->invoice_finalized;
    assert_int(v->lines_count, 2);
    assert_int(v->lines[0].item, 4);
    assert_money(v->total, "39.00", "USD");
    assert_str(v->number, "INV-2025-000001");
    assert_day(v->due_date, "2025-02-15");
    assert_money(find(&d, EVENT_PAYMENT_REQUESTED, 0)->payment_requested.amount, "39.00", "USD");
    struct subscription after = *f.subscription;
    assert_ok(subscription_apply(&after, find(&d, EVENT_SUBSCRIPTION_BILLED, 0), A, E));
    cr_assert(subscription_note_invoice(&after, v, A));
    assert_int(after.charges[0].invoice, v->invoice);
    assert_int(after.charges[0].line, 2);
}

Test(decide_money, a_bill_takes_the_customers_credit_first)
{
    struct facts f = facts_on("2025-02-01"); /* P-7: June and July are paid by the credit */
    struct balance have = {.credit = usd(215000), .receivable = usd(0)};
    subscribe(&f, "basic", INTERVAL_MONTH, 2900, "2025-01-01", "2025-02-01");
    struct customer with = *f.customer;
    with.balances = &have;
    with.balances_count = 1;
    f.customer = &with;
    struct command c = bill("2025-02-01");
    struct decision d = decided(&f, &c);
    const struct invoice_finalized *v = &find(&d, EVENT_INVOICE_FINALIZED, 0)->invoice_finalized;
    assert_money(v->credit_applied, "29.00", "USD");
    assert_money(v->amount_due, "0.00", "USD");
    cr_assert(find(&d, EVENT_PAYMENT_REQUESTED, 0) == NULL);
}

Test(decide_money, a_bill_with_nothing_due_is_no_event)
{
    struct facts f = facts_on("2025-01-20");
    subscribe(&f, "basic", INTERVAL_MONTH, 2900, "2025-01-01", "2025-02-01");
    struct command c = bill("2025-01-20");
    assert_int(decided(&f, &c).events.count, 0);
}

/* ---- payments and refunds ---- */

Test(decide_money, a_refund_above_what_was_paid_is_refused)
{
    struct facts f = facts_on("2025-02-01");
    struct decision d = {0};
    subscribe(&f, "basic", INTERVAL_MONTH, 2900, "2025-01-01", "2025-02-01");
    paid_with(&f, 2900);
    f.transaction = &f.payments[0];
    struct command c = {.type = COMMAND_PAYMENT_REFUND};
    c.payment_refund.transaction = STR("txn_1");
    c.payment_refund.gateway = STR("simulator");
    assert_ok(decimal_parse(&c.payment_refund.amount, STR("29.01"), E));
    assert_err(decide(&d, &f, &c, A, E), ERR_REFUSED,
               "a refund of 29.01 USD is more than is left of payment 'txn_1': 29.00 USD");
    assert_ok(decimal_parse(&c.payment_refund.amount, STR("29"), E));
    assert_money(decided(&f, &c).events.items[0].refund_requested.amount, "29.00", "USD");
}

Test(decide_money, a_gateway_is_asked_for_nothing_that_another_one_keeps)
{
    struct facts f = facts_on("2025-02-01");
    struct decision d = {0};
    subscribe(&f, "basic", INTERVAL_MONTH, 2900, "2025-01-01", "2025-02-01");
    paid_with(&f, 2900);
    f.transaction = &f.payments[0];
    struct command back = {.type = COMMAND_PAYMENT_REFUND,
                           .payment_refund = {.transaction = STR("txn_1"), .gateway = STR("stripe")}};
    assert_err(decide(&d, &f, &back, A, E), ERR_REFUSED,
               "payment 'txn_1' was made by simulator, and refunds are made by stripe");
    struct command charge = {
        .type = COMMAND_PAYMENT_CHARGE,
        .payment_charge = {.user = STR("ann"), .amount = decimal_of(5), .gateway = STR("stripe")}};
    assert_err(decide(&d, &f, &charge, A, E), ERR_REFUSED,
               "the payment method is kept by simulator, and payments are made by stripe");
    struct command night = bill("2025-02-01");
    night.customer_bill.gateway = STR("stripe");
    struct decision billed = decided(&f, &night);
    cr_assert(billed.events.count > 0);
    for (size_t i = 0; i < billed.events.count; i++)
        cr_assert(billed.events.items[i].type != EVENT_PAYMENT_REQUESTED);
}

Test(decide_money, a_payment_pays_the_oldest_open_invoices_and_the_rest_is_credit)
{
    struct facts f = facts_on("2025-02-01");
    struct invoice open[] = {
        {.invoice = 1, .status = INVOICE_OPEN, .amount_due = usd(1000), .paid = usd(0)},
        {.invoice = 2, .status = INVOICE_PARTIALLY_PAID, .amount_due = usd(1000), .paid = usd(400)}};
    struct transaction t = {.transaction = 3,
                            .payment = 3,
                            .customer = 1,
                            .kind = TRANSACTION_PAYMENT,
                            .status = TRANSACTION_PENDING,
                            .amount = usd(2000),
                            .gateway = STR("simulator")};
    subscribe(&f, "basic", INTERVAL_MONTH, 2900, "2025-01-01", "2025-03-01");
    f.open_invoices = open;
    f.open_invoices_count = 2;
    f.transaction = &t;
    struct command c = {.type = COMMAND_PAYMENT_SETTLE};
    c.payment_settle = (struct payment_settle_command){.transaction = 3, .outcome = PAYMENT_SUCCEEDED};
    struct decision d = decided(&f, &c);
    const struct payment_succeeded *p = &d.events.items[0].payment_succeeded;
    assert_int(p->pays_count, 2);
    assert_money(p->pays[1].amount, "6.00", "USD");
    assert_money(p->credited, "4.00", "USD");
}

/* Ann's subscription is past due for an invoice that dunning asks for; its last payment waited for her. */
static struct facts waiting_for_ann(struct customer *ann, struct transaction *t)
{
    static struct invoice overdue;
    static struct open_invoice open;
    static struct campaign campaign;
    static struct subscription behind;
    struct facts f = facts_on("2025-03-01");
    subscribe(&f, "basic", INTERVAL_MONTH, 2900, "2025-01-01", "2025-04-01");
    overdue = (struct invoice){.invoice = 1,
                               .customer = 1,
                               .status = INVOICE_OPEN,
                               .amount_due = usd(2900),
                               .paid = usd(0),
                               .due_date = day("2025-01-15")};
    open = (struct open_invoice){
        .invoice = 1, .left = usd(2900), .due = day("2025-01-15"), .code = STR("authentication_required")};
    campaign = (struct campaign){.campaign = 1, .attempt = 1, .on = day("2025-02-01"), .amount = usd(2900)};
    behind = *f.subscription;
    behind.status = SUBSCRIPTION_PAST_DUE;
    *ann = *f.customer;
    ann->campaigns = &campaign;
    ann->campaigns_count = 1;
    *t = (struct transaction){.transaction = 3,
                              .payment = 3,
                              .customer = 1,
                              .kind = TRANSACTION_PAYMENT,
                              .status = TRANSACTION_FAILED,
                              .invoice = 1,
                              .amount = usd(2900),
                              .gateway = STR("stripe"),
                              .gateway_reference = STR("pi_1"),
                              .code = STR("authentication_required"),
                              .payable = true};
    f.customer = ann;
    f.subscription = f.subscriptions = &behind;
    f.subscriptions_count = 1;
    f.invoice = f.open_invoices = &overdue;
    f.open_invoices_count = f.open_count = 1;
    f.open = &open;
    f.open_invoices_known = true;
    f.transaction = t;
    return f;
}

Test(decide_money, what_is_paid_after_it_had_failed_ends_dunning_and_lets_subscriptions_go_on)
{
    struct customer ann = {0};
    struct transaction t = {0};
    struct facts f = waiting_for_ann(&ann, &t);
    struct command c = {
        .type = COMMAND_PAYMENT_SETTLE,
        .payment_settle = {.transaction = 3, .outcome = PAYMENT_SUCCEEDED, .gateway_reference = STR("pi_1")}};
    struct decision d = decided(&f, &c);
    const struct payment_succeeded *p = &find(&d, EVENT_PAYMENT_SUCCEEDED, 0)->payment_succeeded;
    assert_int(p->pays_count, 1);
    assert_money(p->credited, "0.00", "USD");
    assert_int(find(&d, EVENT_DUNNING_ENDED, 0)->dunning_ended.campaign, 1);
    struct subscription after = *f.subscription;
    for (size_t i = 0; i < d.events.count; i++) {
        uint64_t number = 0;
        if (subscription_event(&number, &d.events.items[i]))
            assert_ok(subscription_apply(&after, &d.events.items[i], A, E));
    }
    cr_assert(after.status == SUBSCRIPTION_ACTIVE);
    t.status = TRANSACTION_COMPLETED;
    assert_int(decided(&f, &c).events.count, 0);
}

Test(decide_money, only_what_the_ledger_knows_by_that_name_is_paid_after_it_had_failed)
{
    struct customer ann = {0};
    struct transaction t = {0};
    struct facts f = waiting_for_ann(&ann, &t);
    struct command c = {
        .type = COMMAND_PAYMENT_SETTLE,
        .payment_settle = {.transaction = 3, .outcome = PAYMENT_SUCCEEDED, .gateway_reference = STR("pi_2")}};
    assert_int(decided(&f, &c).events.count, 0);
    c.payment_settle.outcome = PAYMENT_DECLINED;
    c.payment_settle.code = STR("insufficient_funds");
    assert_int(decided(&f, &c).events.count, 0);
    c.payment_settle.code = STR("canceled");
    assert_int(find(&(struct decision){.events = decided(&f, &c).events}, EVENT_PAYMENT_CLOSED, 0)
                   ->payment_closed.payment,
               3);
    t.payable = false;
    assert_int(decided(&f, &c).events.count, 0);
}

Test(decide_money, an_unknown_answer_changes_nothing)
{
    struct facts f = facts_on("2025-02-01");
    struct transaction t = {
        .transaction = 3, .payment = 3, .customer = 1, .status = TRANSACTION_PENDING, .amount = usd(1)};
    struct command c = {.type = COMMAND_PAYMENT_SETTLE};
    f.transaction = &t;
    c.payment_settle.transaction = 3;
    assert_int(decided(&f, &c).events.count, 0);
}

/* Of 15.00, 4.00 were a concession when it was made; a credit note stands for 3.00 of them since. */
Test(decide_money, a_refund_that_came_back_is_owed_to_the_customer_again_but_for_what_was_a_concession)
{
    struct facts f = facts_on("2025-02-01");
    struct transaction t = {.transaction = 4,
                            .payment = 3,
                            .customer = 1,
                            .kind = TRANSACTION_REFUND,
                            .status = TRANSACTION_COMPLETED,
                            .amount = usd(1500),
                            .from_credit = usd(1100),
                            .gateway = STR("stripe")};
    struct command c = {.type = COMMAND_PAYMENT_SETTLE};
    c.payment_settle = (struct payment_settle_command){
        .transaction = 4, .outcome = PAYMENT_DECLINED, .code = STR("late"), .message = STR("too late")};
    f.transaction = &t;
    f.conceded = usd(100);
    assert_int(decided(&f, &c).events.count, 0); /* an old answer undoes nothing */
    c.payment_settle.outcome = PAYMENT_RETURNED;
    struct decision d = decided(&f, &c);
    assert_int(d.events.count, 1);
    assert_int(d.events.items[0].type, EVENT_REFUND_RETURNED);
    assert_money(d.events.items[0].refund_returned.to_credit, "14.00", "USD");
    t.status = TRANSACTION_FAILED;
    assert_int(decided(&f, &c).events.count, 0);
    t.status = TRANSACTION_PENDING;
    assert_int(decided(&f, &c).events.items[0].type, EVENT_REFUND_FAILED);
}

/* ---- usage ---- */

Test(decide_money, readings_are_counted_once_and_alerts_fire_once)
{
    struct facts f = facts_on("2025-01-16");
    subscribe(&f, "basic", INTERVAL_MONTH, 2900, "2025-01-01", "2025-02-01");
    struct alert alerts[] = {
        {.customer = 1, .alert = 1, .usage_type = STR("api_calls"), .threshold = decimal_of(800)}};
    struct customer_usage u = {.alerts = alerts, .alerts_count = 1};
    struct reading_fact known[4] = {0};
    struct usage_input in[4] = {0};
    for (int i = 0; i < 4; i++) {
        known[i] = (struct reading_fact){.customer = 1, .subscription = f.subscription, .usage = &u};
        in[i] = (struct usage_input){.user = STR("ann"),
                                     .usage_type = STR("api_calls"),
                                     .amount = decimal_of(400),
                                     .event_id = str_format(A, "e%d", i == 3 ? 1 : i)};
    }
    f.readings = known;
    struct command c = {.type = COMMAND_USAGE_RECORD};
    c.usage_record = (struct usage_record_command){.readings = in, .readings_count = 4};
    struct decision d = decided(&f, &c);
    assert_int(d.events.count, 2);
    assert_int(d.events.items[0].usage_recorded.readings_count, 3); /* e1 came twice */
    assert_str(decimal_text(A, d.events.items[1].usage_alert_fired.total), "800");
    assert_int(d.refusals_count, 1);
    cr_assert(d.refusals[0].duplicate);
}

Test(decide_money, a_reading_of_a_period_that_was_billed_counts_in_the_open_one)
{
    struct facts f = facts_on("2025-02-16");
    subscribe(&f, "basic", INTERVAL_MONTH, 2900, "2025-01-01", "2025-03-01");
    struct subscription s = *f.subscription;
    struct customer_usage u = {0};
    struct usage_input in = {.user = STR("ann"),
                             .usage_type = STR("api_calls"),
                             .amount = decimal_of(1),
                             .at = moment("2025-01-20T10:00:00Z"),
                             .event_id = STR("late")};
    s.usage_through = day("2025-02-01");
    struct reading_fact known = {.customer = 1, .subscription = &s, .usage = &u};
    f.readings = &known;
    struct command c = {.type = COMMAND_USAGE_RECORD};
    c.usage_record = (struct usage_record_command){.readings = &in, .readings_count = 1};
    assert_day(decided(&f, &c).events.items[0].usage_recorded.readings[0].period, "2025-02-01");
}

Test(decide_money, a_customer_has_so_many_usage_types_and_no_more)
{
    enum { MANY = LIMIT_USAGE_TYPES_PER_CUSTOMER + 1 };
    struct facts f = facts_on("2025-01-16");
    struct customer_usage u = {0};
    struct reading_fact *known = arena_array_of(A, struct reading_fact, MANY);
    struct usage_input *in = arena_array_of(A, struct usage_input, MANY);
    for (int i = 0; i < MANY; i++) {
        known[i] = (struct reading_fact){.customer = 1, .usage = &u};
        in[i] = (struct usage_input){
            .user = STR("ann"), .usage_type = str_format(A, "type_%d", i), .amount = decimal_of(1)};
    }
    f.readings = known;
    struct command c = {.type = COMMAND_USAGE_RECORD};
    c.usage_record = (struct usage_record_command){.readings = in, .readings_count = MANY};
    struct decision d = decided(&f, &c);
    assert_int(d.events.items[0].usage_recorded.readings_count, MANY - 1);
    assert_int(d.refusals_count, 1);
    cr_assert(strcmp(d.refusals[0].column, "usage_type") == 0);
}

Test(decide_money, items_that_no_invoice_could_hold_together_are_refused)
{
    struct facts f = facts_on("2025-01-16");
    struct decision d = {0};
    struct item waiting = {.item = 1};
    waiting.line.amount = usd(INT64_MAX - 10);
    subscribe(&f, "pro", INTERVAL_MONTH, 9900, "2025-01-01", "2025-02-01");
    f.items = &waiting;
    f.items_count = 1;
    struct command c = {.type = COMMAND_INVOICE_ADD_ITEM};
    c.invoice_add_item = (struct invoice_add_item_command){
        .user = STR("ann"), .description = STR("x"), .amount = decimal_of(1)};
    cr_assert(decide(&d, &f, &c, A, E) == ERR_LIMIT);
}

Test(decide_money, only_a_token_is_kept_whatever_door_it_comes_by)
{
    struct facts f = facts_on("2025-01-01");
    struct decision d = {0};
    struct command c = create("pro", "hello world <x>");
    cr_assert(decide(&d, &f, &c, A, E) == ERR_INVALID);
}

/* ---- runs ---- */

Test(decide_money, a_run_is_resumed_or_not_repeated)
{
    struct facts f = facts_on("2025-02-01");
    struct command c = {.type = COMMAND_RUN_START};
    struct run run = {.run = 1, .through = day("2025-02-01")};
    c.run_start = (struct run_start_command){.through = day("2025-02-01"), .due = true};
    assert_int(decided(&f, &c).events.count, 1);
    f.run = &run;
    assert_int(decided(&f, &c).events.count, 0); /* killed before its end: goes on */
    run.completed = true;
    assert_int(decided(&f, &c).events.count, 1); /* done, but there is new work */
    c.run_start.due = false;
    assert_int(decided(&f, &c).events.count, 0); /* done */
}

Test(decide_money, a_run_far_ahead_is_refused)
{
    struct facts f = facts_on("2025-02-01");
    struct decision d = {0};
    struct command c = {.type = COMMAND_RUN_START};
    c.run_start = (struct run_start_command){.through = day("2052-02-01"), .due = true};
    assert_err(decide(&d, &f, &c, A, E), ERR_INVALID, "through 2052-02-01: more than 366 days ahead");
}
