/* SPDX-License-Identifier: MIT */
/* test_run_collect.c - invoices that somebody made by hand are asked for by the next night: once, whatever
 * happens between the question and the answer. */
#include "tests/reports/office.h"

TestSuite(run_collect, .init = test_begin, .fini = test_end);

/* An invoice of 29.00 that waits for its night. */
static void invoice_by_hand(struct office *o)
{
    office_open(o, "ledger", "2025-01-01");
    office_subscribe(o, "ann", "basic", "USD", "pm_card");
    office_invoice(o, "ann");
    assert_int(o->till.asked, 0);
}

static struct transaction payment(struct office *o, uint64_t number)
{
    struct views_txn *t = NULL;
    struct transaction v = {0};
    assert_ok(ledger_read_begin(&t, o->l, E));
    assert_ok(load_transaction(&v, t, number, A, E));
    ledger_read_end(o->l, t);
    return v;
}

static struct invoice invoice(struct office *o, const char *number)
{
    struct views_txn *t = NULL;
    struct invoice v = {0};
    assert_ok(ledger_read_begin(&t, o->l, E));
    assert_ok(find_invoice(&v, t, str_of(number), A, E));
    ledger_read_end(o->l, t);
    return v;
}

Test(run_collect, the_next_night_asks_for_it_once)
{
    struct office o = {0};
    invoice_by_hand(&o);
    (void)office_run(&o, "2025-01-01", NULL);
    assert_int(o.till.asked, 1);
    assert_int(invoice(&o, "INV-2025-000001").status, INVOICE_PAID);
    assert_money(payment(&o, 1).amount, "29.00", "USD");
    uint64_t records = office_records(&o);
    (void)office_run(&o, "2025-01-01", NULL);
    assert_int(office_records(&o), records);
    (void)office_run(&o, "2025-01-02", NULL);
    assert_int(o.till.asked, 1);
    office_close(&o);
}

Test(run_collect, an_answer_that_is_lost_is_asked_for_again_and_no_second_payment_is_made)
{
    struct office o = {0};
    invoice_by_hand(&o);
    o.till.is_silent = true;
    (void)office_run(&o, "2025-01-01", NULL);
    (void)office_run(&o, "2025-01-02", NULL);
    assert_int(office_transactions(&o), 1);
    assert_int(payment(&o, 1).status, TRANSACTION_PENDING);
    o.till.is_silent = false;
    (void)office_run(&o, "2025-01-03", NULL);
    assert_int(office_transactions(&o), 1);
    assert_int(payment(&o, 1).status, TRANSACTION_COMPLETED);
    office_close(&o);
}

Test(run_collect, a_night_that_is_killed_before_the_answer_is_finished_by_the_next)
{
    struct office o = {0};
    invoice_by_hand(&o);
    struct command c = {.type = COMMAND_CUSTOMER_COLLECT,
                        .customer_collect = {.customer = 1, .gateway = STR("till")}};
    assert_int(office_do(&o, &c).events_count, 1);
    assert_int(office_do(&o, &c).events_count, 0); /* it was asked for */
    office_close(&o);
    office_open(&o, "ledger", "2025-01-01");
    (void)office_run(&o, "2025-01-01", NULL);
    assert_int(office_transactions(&o), 1);
    assert_int(o.till.asked, 1);
    assert_int(invoice(&o, "INV-2025-000001").status, INVOICE_PAID);
    office_close(&o);
}

Test(run_collect, while_a_payment_for_no_invoice_in_particular_is_unanswered_nothing_more_is_asked_for)
{
    struct office o = {0};
    invoice_by_hand(&o);
    struct command c = {.type = COMMAND_PAYMENT_CHARGE, .payment_charge = {.user = STR("ann")}};
    c.payment_charge.amount = (struct decimal){29, 0};
    c.payment_charge.gateway = STR("till");
    (void)office_do(&o, &c);
    o.till.is_silent = true;
    (void)office_run(&o, "2025-01-01", NULL);
    assert_int(office_transactions(&o), 1);
    o.till.is_silent = false;
    (void)office_run(&o, "2025-01-01", NULL);
    assert_int(office_transactions(&o), 1);
    assert_int(invoice(&o, "INV-2025-000001").status, INVOICE_PAID);
    office_close(&o);
}

Test(run_collect, what_a_night_without_a_gateway_has_billed_is_asked_for_by_one_that_has_it)
{
    struct office o = {0};
    struct run_summary s = {0};
    office_open(&o, "ledger", "2025-01-01");
    office_fill(&o);
    struct run_options options = office_options(&o, "2025-01-31", "out");
    options.gateway = NULL;
    assert_ok(nightly_run(&s, o.l, &options, A, E));
    assert_int(s.payments_completed + s.payments_failed + s.payments_pending, 0);
    (void)office_run(&o, "2025-01-31", "again");
    assert_int(o.till.asked, 8); /* the files stay as they were when it was complete */
    assert_same_files("out", "again");
    office_close(&o);
}

Test(run_collect, neither_a_dry_run_nor_one_that_drafts_asks_for_anything)
{
    struct office o = {0};
    struct run_summary s = {0};
    invoice_by_hand(&o);
    struct run_options options = office_options(&o, "2025-01-01", NULL);
    options.dry_run = true;
    assert_ok(nightly_run(&s, o.l, &options, A, E));
    options.dry_run = false;
    options.mode = BILL_DRAFT;
    assert_ok(nightly_run(&s, o.l, &options, A, E));
    assert_int(o.till.asked, 0);
    options.mode = BILL_FINALIZE;
    assert_ok(nightly_run(&s, o.l, &options, A, E));
    assert_int(o.till.asked, 1);
    office_close(&o);
}

/* ---- and again ---- */

/* From 20.00 USD on, three times, on days that follow each other. */
static void load_dunning(struct office *o, enum dunning_end at_end)
{
    struct product product = {.code = STR("basic"), .name = STR("Basic")};
    struct dunning_threshold threshold = {{2000, "USD"}};
    struct command c = {.type = COMMAND_CATALOG_LOAD};
    c.catalog_load = (struct catalog_load_command){
        .products = &product,
        .products_count = 1,
        .dunning = {.thresholds = &threshold, .thresholds_count = 1, .attempts = 3, .at_end = at_end}};
    (void)office_do(o, &c);
}

static struct campaign campaign_of(struct office *o, uint64_t customer)
{
    struct views_txn *t = NULL;
    struct customer c = {0};
    assert_ok(ledger_read_begin(&t, o->l, E));
    assert_ok(load_customer(&c, t, customer, A, E));
    ledger_read_end(o->l, t);
    cr_assert(c.campaigns_count == 1);
    return c.campaigns[0];
}

/* Who owes that for a one-off invoice; without a token he has no payment method. */
static void debtor(struct office *o, const char *user, const char *token, int64_t amount, uint64_t due_days)
{
    struct command c = {.type = COMMAND_CUSTOMER_CREATE, .customer_create = {.user = str_of(user)}};
    (void)office_do(o, &c);
    if (token != NULL) {
        c = (struct command){.type = COMMAND_PAYMENT_METHOD_ADD};
        c.payment_method_add.user = str_of(user);
        c.payment_method_add.token = c.payment_method_add.card.token = str_of(token);
        c.payment_method_add.card.gateway = STR("till");
        (void)office_do(o, &c);
    }
    c = (struct command){.type = COMMAND_INVOICE_ONE_OFF};
    c.invoice_one_off = (struct invoice_one_off_command){
        .user = str_of(user), .description = STR("Training"), .amount = {amount, 0}, .due_days = due_days};
    (void)office_do(o, &c);
}

Test(run_collect, an_attempt_that_is_not_answered_is_followed_by_none)
{
    struct office o = {0};
    office_open(&o, "ledger", "2025-01-01");
    load_dunning(&o, DUNNING_END_NOTHING);
    debtor(&o, "ann", "pm_declined", 20, 1);
    (void)office_run(&o, "2025-01-01", NULL);
    assert_int(office_transactions(&o), 1);
    o.till.is_silent = true;
    (void)office_run(&o, "2025-01-03", NULL);
    assert_int(campaign_of(&o, 1).attempt, 1);
    assert_int(office_transactions(&o), 2);
    (void)office_run(&o, "2025-01-05", NULL);
    assert_int(campaign_of(&o, 1).attempt, 1);
    assert_int(office_transactions(&o), 2);
    o.till.is_silent = false; /* the answer is that it was declined, and then the next attempt is due */
    (void)office_run(&o, "2025-01-06", NULL);
    assert_int(campaign_of(&o, 1).attempt, 2);
    assert_int(office_transactions(&o), 3);
    office_close(&o);
}

Test(run_collect, a_last_attempt_that_is_not_answered_is_not_the_end_yet)
{
    struct office o = {0};
    office_open(&o, "ledger", "2025-01-01");
    load_dunning(&o, DUNNING_END_UNPAID);
    debtor(&o, "ann", "pm_declined", 20, 1);
    (void)office_run(&o, "2025-01-01", NULL);
    (void)office_run(&o, "2025-01-03", NULL);
    (void)office_run(&o, "2025-01-04", NULL);
    o.till.is_silent = true;
    (void)office_run(&o, "2025-01-05", NULL);
    assert_int(campaign_of(&o, 1).attempt, 3);
    (void)office_run(&o, "2025-01-06", NULL);
    cr_assert(!date_is_given(campaign_of(&o, 1).exhausted_on));
    o.till.is_silent = false; /* declined, and that night the end comes */
    (void)office_run(&o, "2025-01-07", NULL);
    assert_str(date_text(A, campaign_of(&o, 1).exhausted_on), "2025-01-07");
    uint64_t records = office_records(&o);
    (void)office_run(&o, "2025-01-07", NULL);
    assert_int(office_records(&o), records);
    office_close(&o);
}

static struct str dunning_report(struct office *o, const struct report_query *q)
{
    const char *path = test_path("dunning.csv");
    assert_ok(report_find(STR("dunning"))->run(o->l, q, path, A, E));
    return test_read(path);
}

/* Ann was asked on the day after her due date, Bob has no payment method, Cho owes too little, and Dee's
 * invoice is due on that very day: that is not overdue. */
Test(run_collect, who_is_overdue_is_reported_with_the_next_attempt)
{
    struct office o = {0};
    struct report_query on = {.to = day("2025-01-06")}, one = {.to = day("2025-01-06"), .customer = 2};
    office_open(&o, "ledger", "2025-01-01");
    load_dunning(&o, DUNNING_END_NOTHING);
    debtor(&o, "ann", "pm_declined", 20, 2);
    debtor(&o, "bob", NULL, 50, 1);
    debtor(&o, "cho", NULL, 19, 3);
    debtor(&o, "dee", NULL, 99, 5);
    (void)office_run(&o, "2025-01-01", NULL);
    (void)office_run(&o, "2025-01-04", NULL);
    struct str csv = dunning_report(&o, &on);
    assert_int(count_rows(csv), 3);
    assert_str(cell(csv, 1, "user_id"), "bob"); /* the longest first */
    assert_str(cell(csv, 1, "oldest_due_date"), "2025-01-02");
    assert_str(cell(csv, 1, "days_overdue"), "4");
    assert_str(cell(csv, 1, "overdue"), "50.00");
    assert_str(cell(csv, 1, "attempt"), "0");
    assert_str(cell(csv, 2, "user_id"), "ann");
    assert_str(cell(csv, 2, "documents"), "1");
    assert_str(cell(csv, 2, "attempt"), "1");
    assert_str(cell(csv, 2, "last_attempt_date"), "2025-01-04");
    assert_str(cell(csv, 2, "next_attempt_date"), "2025-01-06");
    assert_str(cell(csv, 3, "user_id"), "cho");
    assert_str(cell(csv, 3, "state"), "below_threshold");
    assert_str(cell(csv, 3, "next_attempt_date"), "");
    csv = dunning_report(&o, &one);
    assert_int(count_rows(csv), 1);
    assert_str(cell(csv, 1, "user_id"), "bob");
    on.from = day("2025-01-01");
    assert_err_says(report_find(STR("dunning"))->run(o.l, &on, test_path("x.csv"), A, E), ERR_INVALID,
                    "as of one day");
    office_close(&o);
}
