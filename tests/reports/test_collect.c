/* SPDX-License-Identifier: MIT */
/* test_collect.c - collecting without the night, and asking how pending payments stand: what became of every
 * payment is told, nobody is asked twice, and who is told to stop leaves the rest for the next. */
#include "tests/reports/office.h"

TestSuite(collect, .init = test_begin, .fini = test_end);

/* Ann and Bob owe 29.00 USD, and Bob's card is declined; Cho owes 2900 JPY. */
static void three_debtors(struct office *o)
{
    office_open(o, "ledger", "2025-01-01");
    office_subscribe(o, "ann", "basic", "USD", "pm_card");
    office_subscribe(o, "bob", "basic", "USD", "pm_declined");
    office_subscribe(o, "cho", "basic", "JPY", "pm_card");
    office_invoice(o, "ann");
    office_invoice(o, "bob");
    office_invoice(o, "cho");
}

static struct collect_options options_of(const struct office *o)
{
    return (struct collect_options){.gateway = &o->gateway, .actor = STR("test")};
}

static struct collect_summary collect(struct office *o)
{
    struct collect_summary s = {0};
    struct collect_options options = options_of(o);
    assert_ok(payments_collect(&s, o->l, &options, A, E));
    return s;
}

Test(collect, what_became_of_every_payment_is_told_by_number_and_by_currency)
{
    struct office o = {0};
    three_debtors(&o);
    struct collect_summary s = collect(&o);
    assert_int(s.asked, 3);
    assert_int(s.completed, 2);
    assert_int(s.declined, 1);
    assert_int(s.processing + s.unknown + s.pending, 0);
    cr_assert(s.totals_count == 2);
    assert_money(s.totals[0].asked, "58.00", "USD");
    assert_money(s.totals[0].completed, "29.00", "USD");
    assert_money(s.totals[0].declined, "29.00", "USD");
    assert_money(s.totals[1].asked, "2900", "JPY");
    assert_money(s.totals[1].completed, "2900", "JPY");
    assert_money(s.totals[1].declined, "0", "JPY");
    office_close(&o);
}

Test(collect, a_second_one_right_after_asks_for_nothing_and_writes_nothing)
{
    struct office o = {0};
    three_debtors(&o);
    (void)collect(&o);
    uint64_t records = office_records(&o);
    struct collect_summary s = collect(&o);
    assert_int(s.asked + s.completed + s.declined + s.unknown, 0);
    assert_int(s.totals_count, 0);
    assert_int(office_records(&o), records);
    assert_int(o.till.asked, 3);
    office_close(&o);
}

Test(collect, what_it_asked_for_the_next_night_does_not_ask_for)
{
    struct office o = {0};
    three_debtors(&o);
    (void)collect(&o);
    (void)office_run(&o, "2025-01-01", NULL);
    assert_int(o.till.asked, 3);
    office_close(&o);
}

Test(collect, an_answer_that_did_not_come_is_asked_for_by_the_next)
{
    struct office o = {0};
    three_debtors(&o);
    o.till.is_silent = true;
    struct collect_summary s = collect(&o);
    assert_int(s.asked, 3);
    assert_int(s.unknown, 3);
    assert_int(s.pending, 3);
    assert_money(s.totals[0].unknown, "58.00", "USD");
    o.till.is_silent = false;
    s = collect(&o);
    assert_int(s.asked, 0);
    assert_int(s.completed, 2);
    assert_int(s.declined, 1);
    assert_int(s.pending, 0);
    assert_money(s.totals[0].asked, "0.00", "USD");
    assert_int(office_transactions(&o), 3);
    office_close(&o);
}

/* Nobody would find out otherwise why it stays pending. */
Test(collect, an_answer_that_holds_a_card_number_is_not_noted_and_that_is_said)
{
    struct office o = {0};
    office_open(&o, "ledger", "2025-01-01");
    office_subscribe(&o, "ann", "basic", "USD", "pm_tells_card");
    struct command c = {
        .type = COMMAND_PAYMENT_CHARGE,
        .payment_charge = {.user = STR("ann"), .amount = decimal_make(2900, 2), .gateway = STR("till")}};
    struct outcome asked = office_do(&o, &c);
    assert_err(ledger_settle(NULL, o.l, &o.gateway, asked.events, asked.events_count, STR("test"), A, E),
               ERR_INCOMPLETE,
               "the gateway's answer to txn_1 cannot be noted: payment.settle: message: card numbers and "
               "security codes are never accepted");
    office_close(&o);
}

Test(collect, later_invoices_wait_when_a_last_date_is_given)
{
    struct office o = {0};
    struct collect_summary s = {0};
    three_debtors(&o); /* dated January 1 */
    struct collect_options options = options_of(&o);
    options.through = day("2024-12-31");
    assert_ok(payments_collect(&s, o.l, &options, A, E));
    assert_int(s.asked, 0);
    options.through = day("2025-01-01");
    assert_ok(payments_collect(&s, o.l, &options, A, E));
    assert_int(s.asked, 3);
    office_close(&o);
}

/* As many as are looked at together, which all stay in process: that is an answer. */
Test(collect, what_the_bank_takes_days_for_does_not_hide_what_a_crash_has_left)
{
    enum { DEBITS = 1000 };
    struct office o = {0};
    office_open(&o, "ledger", "2025-01-01");
    for (int i = 0; i < DEBITS; i++) {
        const char *user = str_format(A, "d%d", i).ptr;
        office_subscribe(&o, user, "basic", "USD", "pm_slow");
        office_invoice(&o, user);
    }
    assert_int(collect(&o).processing, DEBITS);
    office_subscribe(&o, "ann", "basic", "USD", "pm_card");
    struct command c = {.type = COMMAND_PAYMENT_CHARGE, .payment_charge = {.user = STR("ann")}};
    c.payment_charge.amount = (struct decimal){29, 0};
    c.payment_charge.gateway = STR("till");
    (void)office_do(&o, &c); /* and nobody asked the till */
    struct collect_summary s = collect(&o);
    assert_int(s.processing, DEBITS);
    assert_int(s.completed, 1);
    assert_int(s.pending, DEBITS);
    office_close(&o);
}

/* ---- stopping ---- */

struct patience {
    const struct till *till;
    uint64_t most; /* charges; then it is told to stop */
};

static bool stops(void *context)
{
    const struct patience *p = context;
    return p->till->asked >= p->most;
}

Test(collect, told_to_stop_it_leaves_the_rest_to_the_next_and_everybody_is_charged_once)
{
    struct office o = {0};
    struct collect_summary s = {0};
    three_debtors(&o);
    struct patience p = {&o.till, 1};
    struct collect_options options = options_of(&o);
    options.stops = stops;
    options.stops_context = &p;
    assert_ok(payments_collect(&s, o.l, &options, A, E));
    cr_assert(s.stopped);
    assert_int(o.till.asked, 1);
    assert_int(s.completed, 1);
    assert_int(s.pending, 2);
    s = collect(&o);
    cr_assert(!s.stopped);
    assert_int(o.till.asked, 3);
    assert_int(s.pending, 0);
    assert_int(office_transactions(&o), 3);
    office_close(&o);
}

Test(collect, a_night_that_is_told_to_stop_is_finished_by_the_next)
{
    struct office o = {0};
    struct run_summary s = {0};
    office_open(&o, "ledger", "2025-01-01");
    office_fill(&o);
    struct patience p = {&o.till, 3};
    struct run_options options = office_options(&o, "2025-01-31", "out");
    options.stops = stops;
    options.stops_context = &p;
    assert_err(nightly_run(&s, o.l, &options, A, E), ERR_INCOMPLETE,
               "nightly run through 2025-01-31: stopped, as it was told to; the next one goes on from there");
    assert_int(o.till.asked, 3);
    cr_assert(!file_exists(test_path("out/run.json")));
    s = office_run(&o, "2025-01-31", "out");
    assert_int(o.till.asked, 8); /* as many as a night that nobody stops asks */
    assert_int(s.payments_pending, 0);
    office_close(&o);
}

/* ---- reconciling ---- */

struct seen {
    uint64_t count;
    enum transaction_status was, is;
};

static enum err look(void *context, const struct transaction *was, const struct transaction *now,
                     struct error *e)
{
    struct seen *s = context;
    (void)e;
    s->count++;
    s->was = was->status;
    s->is = now->status;
    return OK;
}

static struct collect_summary reconcile(struct office *o, struct seen *seen)
{
    struct collect_summary s = {0};
    struct collect_options options = options_of(o);
    *seen = (struct seen){0};
    assert_ok(payments_reconcile(&s, o->l, &options, look, seen, A, E));
    return s;
}

Test(collect, reconciling_tells_what_was_pending_and_how_it_stands_and_asks_nobody_else)
{
    struct office o = {0};
    struct seen seen = {0};
    office_open(&o, "ledger", "2025-01-01");
    office_subscribe(&o, "ann", "basic", "USD", "pm_card");
    office_invoice(&o, "ann");
    o.till.is_silent = true;
    (void)collect(&o);
    struct collect_summary s = reconcile(&o, &seen);
    assert_int(seen.count, 1);
    cr_assert(seen.is == TRANSACTION_PENDING);
    assert_int(s.unknown, 1);
    o.till.is_silent = false;
    office_subscribe(&o, "bob", "basic", "USD", "pm_card");
    office_invoice(&o, "bob");
    s = reconcile(&o, &seen);
    assert_int(seen.count, 1);
    cr_assert(seen.was == TRANSACTION_PENDING);
    cr_assert(seen.is == TRANSACTION_COMPLETED);
    assert_int(s.completed, 1);
    assert_int(s.unknown + s.pending, 0);
    s = reconcile(&o, &seen);
    assert_int(seen.count, 0);
    assert_int(office_transactions(&o), 1); /* Bob's waits for its night */
    office_close(&o);
}

/* The customer may be paying just now: what came of it must be known first. */
Test(collect, an_invoice_is_neither_voided_nor_charged_again_while_its_payment_is_pending)
{
    struct office o = {0};
    struct outcome out = {0};
    office_open(&o, "ledger", "2025-01-01");
    office_subscribe(&o, "ann", "basic", "USD", "pm_card");
    office_invoice(&o, "ann");
    o.till.is_silent = true;
    (void)collect(&o);
    const struct command again = {
        .type = COMMAND_PAYMENT_CHARGE,
        .payment_charge = {.user = STR("ann"), .amount = {29, 0}, .invoice = STR("INV-2025-000001")}};
    const struct command nothing = {.type = COMMAND_INVOICE_VOID,
                                    .invoice_void = {.invoice = STR("INV-2025-000001")}};
    struct request r = {.command = &again, .actor = STR("test")};
    assert_err(ledger_execute(&out, o.l, &r, A, E), ERR_REFUSED,
               "payment txn_1 of invoice 'INV-2025-000001' is pending: charge it again when its outcome is "
               "known, see 'reconcile'");
    r.command = &nothing;
    assert_err(
        ledger_execute(&out, o.l, &r, A, E), ERR_REFUSED,
        "payment txn_1 of invoice 'INV-2025-000001' is pending: void it when its outcome is known, see "
        "'reconcile'");
    assert_int(office_transactions(&o), 1);
    office_close(&o);
}

Test(collect, what_was_asked_of_another_gateway_stays_and_is_told)
{
    struct office o = {0};
    struct seen seen = {0};
    three_debtors(&o);
    o.till.is_silent = true;
    (void)collect(&o);
    o.gateway.name = "another";
    struct collect_summary s = reconcile(&o, &seen);
    assert_int(seen.count, 0);
    assert_int(s.pending, 3);
    assert_int(s.elsewhere, 3);
    office_close(&o);
}

/* ---- dunning alone ---- */

static void owe(struct office *o, const char *user, int64_t amount)
{
    struct command c = {.type = COMMAND_INVOICE_ONE_OFF};
    c.invoice_one_off = (struct invoice_one_off_command){
        .user = str_of(user), .description = STR("Training"), .amount = {amount, 0}, .due_days = 1};
    (void)office_do(o, &c);
}

/* From 20.00 USD on, twice, on days that follow each other. Bob owes 30.00 since 2025-01-02, for which his
 * card was declined on 2025-01-01. */
static void bob_is_overdue(struct office *o)
{
    struct product product = {.code = STR("basic"), .name = STR("Basic")};
    struct dunning_threshold threshold = {{2000, "USD"}};
    struct command c = {.type = COMMAND_CATALOG_LOAD};
    office_open(o, "ledger", "2025-01-01");
    office_subscribe(o, "bob", "free", "USD", "pm_declined");
    c.catalog_load = (struct catalog_load_command){.products = &product, .products_count = 1};
    c.catalog_load.dunning = (struct dunning){
        .thresholds = &threshold, .thresholds_count = 1, .attempts = 2, .at_end = DUNNING_END_CANCELED};
    (void)office_do(o, &c);
    owe(o, "bob", 30);
    assert_int(collect(o).asked, 1);
}

static struct collect_summary dun(struct office *o, const char *on, const char *through)
{
    struct collect_summary s = {0};
    struct collect_options options = options_of(o);
    if (through != NULL) options.through = day(through);
    o->clock.now = date_start(day(on));
    assert_ok(payments_dun(&s, o->l, &options, A, E));
    return s;
}

static struct customer bob(struct office *o)
{
    struct views_txn *t = NULL;
    struct customer c = {0};
    assert_ok(ledger_read_begin(&t, o->l, E));
    assert_ok(find_customer(&c, t, STR("bob"), A, E));
    ledger_read_end(o->l, t);
    return c;
}

Test(collect, dunning_alone_asks_for_what_is_overdue_and_comes_to_its_end_and_asks_for_nothing_else)
{
    struct office o = {0};
    bob_is_overdue(&o);
    owe(&o, "bob", 40);
    assert_int(dun(&o, "2025-01-02", NULL).asked, 0); /* due that very day */
    assert_int(dun(&o, "2025-01-03", "2024-12-31").asked, 0);
    assert_int(bob(&o).campaigns_count, 0);
    struct collect_summary s = dun(&o, "2025-01-03", NULL);
    assert_int(s.asked, 2);
    assert_int(s.declined, 2);
    assert_money(s.totals[0].declined, "70.00", "USD");
    assert_int(dun(&o, "2025-01-03", NULL).asked, 0);
    owe(&o, "bob", 50);
    assert_int(dun(&o, "2025-01-04", NULL).asked, 2); /* the third is due on the 4th only */
    uint64_t records = office_records(&o);
    assert_int(dun(&o, "2025-01-04", NULL).asked, 0);
    assert_int(office_records(&o), records);
    assert_int(dun(&o, "2025-01-05", NULL).asked, 0);
    assert_int(bob(&o).campaigns[0].attempt, 2);
    cr_assert(!date_is_given(bob(&o).campaigns[0].exhausted_on),
              "what was never asked for is asked for first");
    assert_int(collect(&o).asked, 1);
    assert_int(dun(&o, "2025-01-06", NULL).asked, 0);
    assert_str(date_text(A, bob(&o).campaigns[0].exhausted_on), "2025-01-06");
    office_close(&o);
}
