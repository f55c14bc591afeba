/* SPDX-License-Identifier: MIT */
/* test_run.c - the nightly run: what it bills, that it can be run again at any time, what it does with
 * payments, and rehearsing it. */
#include "tests/reports/office.h"

TestSuite(run, .init = test_begin, .fini = test_end);

static void assert_total(const struct run_summary *s, const char *currency, uint64_t documents,
                         const char *net)
{
    for (size_t i = 0; i < s->totals_count; i++) {
        if (strcmp(s->totals[i].gross.currency, currency) != 0) continue;
        assert_int(s->totals[i].invoices, documents);
        assert_money(s->totals[i].net, net, currency);
        assert_money(s->totals[i].gross, net, currency);
        return;
    }
    cr_assert_fail("no total in %s", currency);
}

static void assert_views_equal_a_rebuild(struct office *o)
{
    struct hash live = {{0}}, rebuilt = {{0}};
    uint64_t entries = 0, again = 0;
    assert_ok(ledger_digest(&live, &entries, o->l, E));
    assert_ok(ledger_rebuild(o->l, NULL, NULL, E));
    assert_ok(ledger_digest(&rebuilt, &again, o->l, E));
    assert_int(entries, again);
    cr_assert(memcmp(&live, &rebuilt, sizeof live) == 0, "the views differ from a rebuild");
}

/* ---- what it bills ---- */

Test(run, everything_due_is_invoiced_and_collected)
{
    struct office o = {0};
    office_open(&o, "ledger", "2025-01-01");
    office_fill(&o);
    struct run_summary s = office_run(&o, "2025-01-31", "out");
    assert_int(s.runs, 1);
    assert_int(s.candidates, 10);
    assert_int(s.invoiced, 9);
    assert_int(s.skipped, 1); /* the free tier */
    assert_int(s.failed, 0);
    assert_int(s.totals_count, 3);
    /* 29 + 29 + (99 - 150); 2900 - 900 + 2900 + 2900; 3 * 8.5 */
    assert_total(&s, "USD", 3, "7.00");
    assert_total(&s, "JPY", 3, "7800");
    assert_total(&s, "KWD", 3, "25.500");
    assert_int(s.payments_completed, 7);
    assert_int(s.payments_failed, 1);
    assert_int(s.payments_pending, 0);
    assert_int(o.till.asked, 8);
    assert_str(s.first_number, "INV-2025-000001");
    assert_str(s.last_number, "INV-2025-000008");
    assert_int(s.pdfs, 9);
    assert_int(s.files, 13);
    cr_assert(s.wrote_events);
    assert_int(files_in("out"), 5);
    assert_int(files_in("out/pdf"), 9);
    cr_assert(file_exists(test_path("out/pdf/CN-2025-000001.pdf")));
    assert_views_equal_a_rebuild(&o);
    office_close(&o);
}

Test(run, usage_beyond_the_quota_is_on_the_next_months_invoice)
{
    struct office o = {0};
    office_open(&o, "ledger", "2025-01-01");
    office_fill(&o);
    (void)office_run(&o, "2025-01-31", NULL);
    struct run_summary s = office_run(&o, "2025-02-28", "out");
    /* 29 + 500 calls at 0.01, 29, 99 */
    assert_total(&s, "USD", 3, "162.00");
    struct str invoices = office_read("out", "invoices.csv");
    assert_str(cell(invoices, 7, "customer_id"), "u6");
    assert_str(cell(invoices, 7, "gross"), "99.00");
    assert_str(cell(invoices, 7, "credited"), "51.00");
    assert_str(cell(invoices, 7, "paid"), "48.00");
    assert_str(cell(invoices, 7, "balance"), "0.00");
    office_close(&o);
}

Test(run, missed_months_are_caught_up_in_one_run)
{
    struct office o = {0};
    office_open(&o, "ledger", "2025-01-01");
    office_subscribe(&o, "u0", "basic", "USD", "pm_card");
    office_use(&o, "u0", 1500, "2025-01-20T10:00:00Z");
    struct run_summary s = office_run(&o, "2025-03-31", "out");
    assert_int(s.candidates, 1);
    assert_total(&s, "USD", 1, "92.00"); /* 3 * 29 + 5 */
    struct str lines = office_read("out", "invoice_lines.csv");
    assert_int(count_rows(lines), 4);
    assert_str(cell(lines, 1, "service_from"), "2025-01-01");
    assert_str(cell(lines, 1, "service_to"), "2025-01-31");
    office_close(&o);
}

Test(run, a_night_without_work_is_on_record_once)
{
    struct office o = {0};
    office_open(&o, "ledger", "2025-01-01");
    struct run_summary s = office_run(&o, "2025-01-31", "out");
    assert_int(s.runs, 1);
    assert_int(s.candidates, 0);
    assert_int(count_rows(office_read("out", "invoices.csv")), 0);
    struct str control = office_read("out", "batch_control.csv");
    assert_int(count_rows(control), 1);
    assert_str(cell(control, 1, "run_id"), "run_1");
    assert_str(cell(control, 1, "candidates"), "0");
    assert_str(cell(control, 1, "currency"), "");
    uint64_t records = office_records(&o);
    s = office_run(&o, "2025-01-31", "out");
    cr_assert(!s.wrote_events);
    assert_int(office_records(&o), records);
    office_close(&o);
}

/* ---- again ---- */

Test(run, a_second_run_writes_no_event_and_the_same_files)
{
    struct office o = {0};
    office_open(&o, "ledger", "2025-01-01");
    office_fill(&o);
    (void)office_run(&o, "2025-01-31", "one");
    uint64_t records = office_records(&o);
    uint64_t asked = o.till.asked;
    o.clock.now.us += 1;
    struct run_summary s = office_run(&o, "2025-01-31", "two");
    cr_assert(!s.wrote_events);
    assert_int(office_records(&o), records);
    assert_int(o.till.asked, asked);
    assert_int(s.candidates, 10);
    assert_int(s.pdfs, 9);
    assert_int(s.payments_completed, 7);
    assert_same_files("one", "two");
    office_close(&o);
}

Test(run, files_stay_the_same_when_invoices_are_paid_later)
{
    struct office o = {0};
    office_open(&o, "ledger", "2025-01-01");
    office_subscribe(&o, "a", "basic", "USD", "pm_declined");
    office_subscribe(&o, "b", "pro", "USD", "pm_declined");
    (void)office_run(&o, "2025-01-31", "one");
    struct command add = {.type = COMMAND_PAYMENT_METHOD_ADD};
    add.payment_method_add = (struct payment_method_add_command){
        .user = STR("a"), .token = STR("pm_good"), .is_default = true, .card = {.gateway = STR("till")}};
    (void)office_do(&o, &add);
    struct command c = {.type = COMMAND_PAYMENT_CHARGE};
    c.payment_charge = (struct payment_charge_command){.user = STR("a"),
                                                       .amount = decimal_of(29),
                                                       .invoice = STR("INV-2025-000001"),
                                                       .gateway = STR("till")};
    struct outcome out = office_do(&o, &c);
    assert_ok(ledger_settle(NULL, o.l, &o.gateway, out.events, out.events_count, STR("test"), A, E));
    office_add_item(&o, "b", "back", "-120");
    (void)office_run(&o, "2025-02-01", NULL); /* a credit note of 21.00 pays part of b's first invoice */
    (void)office_run(&o, "2025-01-31", "two");
    assert_same_files("one", "two");
    assert_str(cell(office_read("two", "invoices.csv"), 1, "status"), "open");
    /* The register as of now tells what became of them. */
    struct report_query q = {0};
    assert_ok(report_find(STR("invoices"))->run(o.l, &q, test_path("now.csv"), A, E));
    struct str now = test_read(test_path("now.csv"));
    assert_str(cell(now, 1, "status"), "paid");
    assert_str(cell(now, 1, "balance"), "0.00");
    assert_str(cell(now, 2, "status"), "partially_paid");
    assert_str(cell(now, 2, "balance"), "78.00");
    office_close(&o);
}

/* A run that is killed after its first commit: the run was begun, some customers were billed, payments were
 * asked for. */
static void bill_by_hand(struct office *o, uint64_t customer, uint64_t run)
{
    struct command c = {.type = COMMAND_CUSTOMER_BILL};
    c.customer_bill = (struct customer_bill_command){
        .customer = customer, .through = day("2025-01-31"), .run = run, .gateway = STR("till")};
    (void)office_do(o, &c);
}

Test(run, a_run_that_was_killed_is_finished_by_the_next_with_nothing_doubled)
{
    struct office whole = {0}, killed = {0};
    office_open(&whole, "whole", "2025-01-01");
    office_fill(&whole);
    struct run_summary wanted = office_run(&whole, "2025-01-31", NULL);
    office_close(&whole);

    office_open(&killed, "killed", "2025-01-01");
    office_fill(&killed);
    killed.clock.now = date_start(day("2025-01-31"));
    struct command start = {.type = COMMAND_RUN_START};
    start.run_start = (struct run_start_command){.through = day("2025-01-31"), .due = true};
    (void)office_do(&killed, &start);
    bill_by_hand(&killed, 1, 1);
    bill_by_hand(&killed, 2, 1);
    office_close(&killed);
    office_open(&killed, "killed", "2025-01-31");

    struct run_summary s = office_run(&killed, "2025-01-31", "out");
    assert_int(s.runs, 1);
    assert_int(s.candidates, wanted.candidates);
    assert_int(s.invoiced, wanted.invoiced);
    assert_int(s.payments_completed, wanted.payments_completed);
    assert_int(killed.till.asked, 8); /* the two that were left pending too, each once */
    for (size_t i = 0; i < wanted.totals_count; i++)
        cr_assert(schema_equal(&schema_run_total, &wanted.totals[i], &s.totals[i]));
    assert_str(s.last_number, "INV-2025-000008");
    assert_int(count_rows(office_read("out", "invoices.csv")), 9);
    assert_views_equal_a_rebuild(&killed);
    office_close(&killed);
}

static struct run run_of(struct office *o, uint64_t run)
{
    struct views_txn *t = NULL;
    struct run r = {0};
    assert_ok(ledger_read_begin(&t, o->l, E));
    assert_ok(load_run(&r, t, run, A, E));
    ledger_read_end(o->l, t);
    return r;
}

Test(run, a_run_that_was_killed_is_ended_by_the_run_of_a_later_date)
{
    struct office o = {0};
    office_open(&o, "ledger", "2025-01-01");
    office_fill(&o);
    o.clock.now = date_start(day("2025-01-31"));
    struct command start = {.type = COMMAND_RUN_START};
    start.run_start = (struct run_start_command){.through = day("2025-01-31"), .due = true};
    (void)office_do(&o, &start);
    bill_by_hand(&o, 1, 1);
    cr_assert(!run_of(&o, 1).completed);

    struct run_summary later = office_run(&o, "2025-02-01", "later");
    assert_int(later.candidates, 10); /* the one who was billed has the second month due */
    struct run killed = run_of(&o, 1);
    cr_assert(killed.completed);
    assert_int(killed.candidates, 1);
    assert_int(killed.invoiced, 1);
    cr_assert(run_of(&o, 2).completed);
    cr_assert(killed.finished_seq < run_of(&o, 2).started_seq);

    /* Its files are written by its own date, whose books are looked at then; nothing is billed again. */
    uint64_t records = office_records(&o);
    struct run_summary s = office_run(&o, "2025-01-31", "out");
    cr_assert_gt(s.checks_count, 0);
    assert_int(s.checks_failing, 0);
    cr_assert(!office_run(&o, "2025-01-31", "out").wrote_events);
    assert_int(s.runs, 1);
    assert_int(s.invoiced, 1);
    assert_int(count_rows(office_read("out", "invoices.csv")), 1);
    (void)office_run(&o, "2025-02-01", "again");
    assert_same_files("later", "again");
    assert_int(office_records(&o), records + 2); /* that its file was issued, and its books tie */
    assert_views_equal_a_rebuild(&o);
    office_close(&o);
}

Test(run, a_run_of_a_later_date_that_is_open_is_left_alone)
{
    struct office o = {0};
    office_open(&o, "ledger", "2025-01-01");
    struct command start = {.type = COMMAND_RUN_START};
    start.run_start = (struct run_start_command){.through = day("2025-02-28")};
    (void)office_do(&o, &start);
    (void)office_run(&o, "2025-01-31", NULL);
    cr_assert(!run_of(&o, 1).completed);
    office_close(&o);
}

Test(run, who_comes_later_gets_a_second_run_of_the_date_and_the_files_describe_both)
{
    struct office o = {0};
    office_open(&o, "ledger", "2025-01-01");
    office_subscribe(&o, "a", "basic", "USD", "pm_card");
    (void)office_run(&o, "2025-01-31", "out");
    office_subscribe(&o, "b", "pro", "USD", "pm_card");
    struct run_summary s = office_run(&o, "2025-01-31", "out");
    assert_int(s.runs, 2);
    assert_int(s.invoiced, 2);
    assert_total(&s, "USD", 2, "128.00");
    assert_int(count_rows(office_read("out", "invoices.csv")), 2);
    struct str control = office_read("out", "batch_control.csv");
    assert_int(count_rows(control), 2);
    assert_str(cell(control, 1, "first_number"), "INV-2025-000001");
    assert_str(cell(control, 2, "first_number"), "INV-2025-000002");
    office_close(&o);
}

Test(run, heads_and_views_are_those_of_a_rebuild_when_a_run_is_a_processs_first_append)
{
    struct office o = {0};
    office_open(&o, "ledger", "2025-01-01");
    office_fill(&o);
    office_close(&o);
    office_open(&o, "ledger", "2025-01-31");
    (void)office_run(&o, "2025-01-31", "one");
    assert_views_equal_a_rebuild(&o);
    (void)office_run(&o, "2025-01-31", "two");
    assert_same_files("one", "two");
    office_close(&o);
}

Test(run, a_customer_who_cannot_be_billed_is_told_stays_due_and_stops_nobody_else)
{
    struct office o = {0};
    office_open(&o, "ledger", "2025-01-01");
    office_fill(&o);
    office_add_item(&o, "u3", "more than", "50000000000000000");
    office_add_item(&o, "u3", "can be counted, with the subscription", "42233720368547758");
    struct run_summary s = office_run(&o, "2025-01-31", "out");
    assert_int(s.candidates, 10);
    assert_int(s.invoiced, 8);
    assert_int(s.failed, 1);
    assert_int(s.failures_count, 1);
    assert_int(s.failures[0].customer, 4);
    assert_str(s.failures[0].user, "u3");
    struct str manifest = office_read("out", "run.json");
    cr_assert(strstr(str_cstring(A, manifest), "{\"user_id\": \"u3\", \"reason\": \"") != NULL, "%.*s",
              STR_ARG(manifest));
    cr_assert(strstr(str_cstring(A, s.failures[0].why), "too large") != NULL);
    s = office_run(&o, "2025-01-31", "out");
    assert_int(s.runs, 2); /* the second tried him again */
    assert_int(s.candidates, 10);
    assert_int(s.failed, 1);
    assert_int(s.refused, 1);
    assert_int(count_rows(office_read("out", "batch_control.csv")), 4);
    office_close(&o);
}

/* ---- payments ---- */

Test(run, a_gateway_that_does_not_answer_leaves_payments_pending_for_the_next_run)
{
    struct office o = {0};
    office_open(&o, "ledger", "2025-01-01");
    office_fill(&o);
    o.till.is_silent = true;
    struct run_summary s = office_run(&o, "2025-01-31", "out");
    assert_int(s.invoiced, 9);
    assert_int(s.payments_pending, 8);
    o.till.is_silent = false;
    s = office_run(&o, "2025-02-01", NULL);
    s = office_run(&o, "2025-01-31", "again");
    assert_int(s.payments_pending, 0);
    assert_int(s.payments_completed, 7);
    assert_int(s.payments_failed, 1);
    assert_same_files("out", "again");
    office_close(&o);
}

Test(run, another_gateways_pending_payments_are_left_alone)
{
    struct office o = {0};
    office_open(&o, "ledger", "2025-01-01");
    office_subscribe(&o, "a", "basic", "USD", "pm_card");
    o.till.is_silent = true;
    (void)office_run(&o, "2025-01-31", NULL);
    o.till.is_silent = false;
    o.gateway.name = "other";
    uint64_t asked = o.till.asked;
    struct run_summary s = office_run(&o, "2025-01-31", NULL);
    assert_int(o.till.asked, asked);
    assert_int(s.payments_pending, 1);
    office_close(&o);
}

Test(run, without_a_gateway_nothing_is_asked_for)
{
    struct office o = {0};
    office_open(&o, "ledger", "2025-01-01");
    office_fill(&o);
    struct run_summary s = {0};
    struct run_options options = office_options(&o, "2025-01-31", NULL);
    options.gateway = NULL;
    assert_ok(nightly_run(&s, o.l, &options, A, E));
    assert_int(s.invoiced, 9);
    assert_int(s.payments_completed + s.payments_failed + s.payments_pending, 0);
    assert_int(s.files, 0);
    assert_str(s.last_number, "INV-2025-000008");
    office_close(&o);
}

/* ---- dry run ---- */

Test(run, a_dry_run_writes_no_event_and_foretells_the_totals)
{
    struct office o = {0};
    office_open(&o, "ledger", "2025-01-01");
    office_fill(&o);
    uint64_t records = office_records(&o);
    struct hash before = {{0}}, after = {{0}};
    uint64_t entries = 0;
    assert_ok(ledger_digest(&before, &entries, o.l, E));
    struct run_summary dry = {0};
    struct run_options options = office_options(&o, "2025-01-31", "dry");
    options.dry_run = true;
    assert_ok(nightly_run(&dry, o.l, &options, A, E));
    assert_int(office_records(&o), records);
    assert_ok(ledger_digest(&after, &entries, o.l, E));
    cr_assert(memcmp(&before, &after, sizeof before) == 0);
    assert_int(o.till.asked, 0);
    assert_int(dry.payments_pending, 8);
    assert_int(dry.pdfs, 0);
    cr_assert(!dry.wrote_events);
    cr_assert(!file_exists(test_path("dry/pdf")));

    struct run_summary s = office_run(&o, "2025-01-31", "out");
    assert_int(dry.candidates, s.candidates);
    assert_int(dry.invoiced, s.invoiced);
    assert_int(dry.totals_count, s.totals_count);
    for (size_t i = 0; i < s.totals_count; i++)
        cr_assert(schema_equal(&schema_run_total, &dry.totals[i], &s.totals[i]));
    struct str foretold = office_read("dry", "invoices.csv"), real = office_read("out", "invoices.csv");
    assert_int(count_rows(foretold), count_rows(real));
    for (size_t row = 1; row <= count_rows(real); row++) {
        cr_assert(str_equal(cell(foretold, row, "document_number"), cell(real, row, "document_number")));
        cr_assert(str_equal(cell(foretold, row, "gross"), cell(real, row, "gross")));
        assert_str(cell(foretold, row, "event_hash"), "");
    }
    office_close(&o);
}

Test(run, two_dry_runs_write_the_same_files)
{
    struct office o = {0};
    office_open(&o, "ledger", "2025-01-01");
    office_fill(&o);
    struct run_summary s = {0};
    struct run_options options = office_options(&o, "2025-01-31", "one");
    options.dry_run = true;
    assert_ok(nightly_run(&s, o.l, &options, A, E));
    options.out_dir = test_path("two");
    o.clock.now.us += 5000000;
    assert_ok(nightly_run(&s, o.l, &options, A, E));
    assert_same_files("one", "two");
    office_close(&o);
}
