/* SPDX-License-Identifier: MIT */
/* test_runs.c - the nightly run's row, counters and series as facts, idempotency keys, the audit index. */
#include "tests/projections/stage.h"

TestSuite(runs, .init = test_begin, .fini = test_end);

static struct event started(uint64_t run, const char *through)
{
    return (struct event){.type = EVENT_RUN_STARTED, .run_started = {.run = run, .through = day(through)}};
}

static struct event billed_in(uint64_t run, uint64_t customer, uint64_t document)
{
    return (struct event){.type = EVENT_CUSTOMER_BILLED,
                          .customer_billed = {.customer = customer, .run = run, .invoice = document}};
}

static struct event document_of(uint64_t run, struct event ev)
{
    ev.invoice_finalized.run = run;
    return ev;
}

static enum err note_number(void *context, const struct invoice *row, struct error *e)
{
    (void)e;
    assert_int(row->lines_count, 1);
    buffer_print(context, "%ju ", (uintmax_t)row->invoice);
    return OK;
}

Test(runs, a_run_counts_its_candidates_and_totals_and_knows_its_heads)
{
    struct stage s = stage_open("d");
    struct run v = {0};
    struct event in_euro = document_of(1, invoice(4, 2, "2025-01-31", 700));
    struct invoice_finalized *d = &in_euro.invoice_finalized;
    struct line euro_line = d->lines[0];
    euro_line.amount = euro_line.tax = money_of(0, "EUR");
    euro_line.amount.minor = 700;
    d->lines = &euro_line;
    d->subtotal = d->total = d->amount_due = money_of(700, "EUR");
    d->tax = d->credit_applied = money_of(0, "EUR");
    happen(&s, "2025-01-30T10:00:00Z", customer_event(1), customer_event(2), customer_event(3),
           invoice(1, 1, "2025-01-30", 5));
    happen(&s, "2025-01-31T01:00:00Z", started(1, "2025-01-31"));
    happen(&s, "2025-01-31T01:00:01Z", document_of(1, invoice(2, 1, "2025-01-31", 2900)), billed_in(1, 1, 2));
    happen(&s, "2025-01-31T01:00:02Z", invoice(3, 3, "2025-01-31", 11));
    happen(&s, "2025-01-31T01:00:03Z", in_euro, billed_in(1, 2, 4));
    happen(&s, "2025-01-31T01:00:04Z", billed_in(1, 3, 0));
    happen(&s, "2025-01-31T01:00:05Z", document_of(1, invoice(5, 3, "2025-01-31", 100)), billed_in(1, 3, 5));
    happen(&s, "2025-01-31T01:00:05Z", invoice(6, 3, "2025-01-31", 11));
    struct event completed = {
        .type = EVENT_RUN_COMPLETED,
        .run_completed = {.run = 1, .candidates = 6, .invoiced = 3, .skipped = 1, .failed = 2}};
    happen(&s, "2025-01-31T01:00:09Z", completed);
    assert_ok(load_run(&v, s.t, 1, A, E));
    cr_assert(v.completed);
    assert_int(v.candidates, 6);
    assert_int(v.invoiced, 3);
    assert_int(v.skipped, 1);
    assert_int(v.failed, 2);
    assert_int(v.started_seq, 2);
    assert_int(v.finished_seq, 9);
    struct hash before = stage_leaf(1), after = stage_leaf(9);
    cr_assert(memcmp(&v.head_before, &before, sizeof before) == 0);
    cr_assert(memcmp(&v.head_after, &after, sizeof after) == 0);
    assert_int(v.totals_count, 2);
    assert_money(v.totals[0].gross, "7.00", "EUR");
    assert_money(v.totals[1].gross, "30.00", "USD");
    assert_int(v.totals[1].invoices, 2);
    struct buffer seen = {.arena = A};
    assert_ok(list_run_invoices(s.t, 1, note_number, &seen, A, E));
    assert_str(((struct str){(const char *)seen.ptr, seen.len}), "2 4 5 ");
    assert_err(load_run(&v, s.t, 2, A, E), ERR_NOT_FOUND, "no run run_2");
    stage_close(&s);
}

Test(runs, who_was_invoiced_in_steps_counts_as_invoiced_though_the_last_step_has_no_document)
{
    struct stage s = stage_open("d");
    struct run v = {0};
    struct event step = billed_in(1, 1, 1);
    step.customer_billed.partly = true;
    happen(&s, "2025-01-30T10:00:00Z", customer_event(1), customer_event(2));
    happen(&s, "2025-01-31T01:00:00Z", started(1, "2025-01-31"));
    happen(&s, "2025-01-31T01:00:01Z", document_of(1, invoice(1, 1, "2025-01-31", 2900)), step);
    happen(&s, "2025-01-31T01:00:02Z", billed_in(1, 2, 0));
    happen(&s, "2025-01-31T01:00:03Z", billed_in(1, 1, 0));
    happen(&s, "2025-02-01T01:00:00Z", started(2, "2025-02-01"), billed_in(2, 1, 0));
    assert_ok(load_run(&v, s.t, 1, A, E));
    assert_int(v.candidates, 2);
    assert_int(v.invoiced, 1);
    assert_int(v.skipped, 1);
    assert_ok(load_run(&v, s.t, 2, A, E));
    assert_int(v.skipped, 1);
    stage_close(&s);
}

Test(runs, the_newest_run_of_a_date_is_what_run_start_is_told)
{
    struct stage s = stage_open("d");
    struct run *runs = NULL;
    size_t count = 0;
    struct facts f = {0};
    struct command c = {.type = COMMAND_RUN_START, .run_start = {.through = day("2025-01-31")}};
    happen(&s, "2025-01-31T01:00:00Z", started(1, "2025-01-31"), started(2, "2025-02-01"),
           started(3, "2025-01-31"));
    assert_ok(runs_through(&runs, &count, s.t, day("2025-01-31"), A, E));
    assert_int(count, 2);
    assert_int(runs[0].run, 1);
    assert_int(runs[1].run, 3);
    stage_gather(&f, &s, &c, "2025-02-01T00:00:00Z");
    assert_int(f.run->run, 3);
    assert_int(f.counters.run, 4);
    c.run_start.through = day("2025-01-30");
    stage_gather(&f, &s, &c, "2025-02-01T00:00:00Z");
    cr_assert_null(f.run);
    stage_close(&s);
}

Test(runs, counters_start_at_one_and_follow_the_numbers_given)
{
    struct stage s = stage_open("d");
    struct facts f = {0};
    struct command c = {.type = COMMAND_CUSTOMER_CREATE, .customer_create = {.user = STR("u9")}};
    stage_gather(&f, &s, &c, "2025-02-01T00:00:00Z");
    assert_int(f.counters.customer, 1);
    assert_int(f.counters.transaction, 1);
    cr_assert_null(f.customer);
    assert_day(f.today, "2025-02-01");
    happen(&s, "2025-01-15T10:00:00Z", customer_event(1), customer_event(2), item(1, 1, 5), payment(1, 1, 5));
    happen(&s, "2025-01-15T10:00:00Z", paid(1, 1, 5, NULL, 0, 5), refund(2, 1, 1, 5, 5));
    stage_gather(&f, &s, &c, "2025-02-01T00:00:00Z");
    assert_int(f.counters.customer, 3);
    assert_int(f.counters.item, 2);
    assert_int(f.counters.transaction, 3);
    assert_int(f.counters.invoice, 1);
    stage_close(&s);
}

Test(runs, a_document_is_never_issued_before_the_last_of_its_year)
{
    struct stage s = stage_open("d");
    struct facts f = {0};
    struct command c = {.type = COMMAND_CUSTOMER_BILL,
                        .customer_bill = {.customer = 1, .through = day("2025-01-31")}};
    happen(&s, "2025-01-15T10:00:00Z", customer_event(1));
    stage_gather(&f, &s, &c, "2025-02-10T00:00:00Z");
    assert_day(f.issue_date, "2025-01-31");
    assert_str(f.invoice_series.series, "INV-2025");
    assert_str(f.credit_note_series.series, "CN-2025");
    assert_int(f.invoice_series.last_serial, 0);
    happen(&s, "2025-02-03T10:00:00Z", invoice(1, 1, "2025-02-03", 100),
           credit_note(2, 1, 1, "2025-02-05", 100));
    stage_gather(&f, &s, &c, "2025-02-10T00:00:00Z");
    assert_day(f.issue_date, "2025-02-05");
    assert_int(f.invoice_series.last_serial, 1);
    assert_int(f.credit_note_series.last_serial, 1);
    c = (struct command){.type = COMMAND_INVOICE_GENERATE, .invoice_generate = {.user = STR("u1")}};
    stage_gather(&f, &s, &c, "2026-01-01T00:00:00Z");
    assert_day(f.issue_date, "2026-01-01");
    assert_str(f.invoice_series.series, "INV-2026");
    assert_int(f.open_invoices_count, 1);
    assert_int(f.open_invoices[0].lines_count, 0);
    stage_close(&s);
}

Test(runs, an_idempotency_key_is_kept_for_ever)
{
    struct stage s = stage_open("d");
    struct idempotency entry = {.body = stage_leaf(5), .seq = 17}, got = {0};
    enum err err = daybook_state.find_key(&got, s.t, STR("k"), E);
    assert_int(err, ERR_NOT_FOUND);
    assert_ok(daybook_state.keep_key(s.t, STR("k"), &entry, E));
    assert_ok(daybook_state.find_key(&got, s.t, STR("k"), E));
    assert_int(got.seq, 17);
    cr_assert(memcmp(&got.body, &entry.body, sizeof got.body) == 0);
    stage_close(&s);
}

/* ---- audit ---- */

static enum err note_seq(void *context, uint64_t number, struct error *e)
{
    (void)e;
    buffer_print(context, "%ju ", (uintmax_t)number);
    return OK;
}

static struct str audited(struct stage *s, uint64_t customer, const char *from, const char *to)
{
    struct buffer seen = {.arena = A};
    struct date none = {0};
    assert_ok(list_audit(s->t, customer, from != NULL ? day(from) : none, to != NULL ? day(to) : none,
                         note_seq, &seen, E));
    return (struct str){(const char *)seen.ptr, seen.len};
}

Test(runs, the_audit_index_lists_each_record_once_in_time_order)
{
    struct stage s = stage_open("d");
    struct reading r[] = {reading(1, "a", 1, "2025-01-15", ""), reading(2, "a", 1, "2025-01-15", ""),
                          reading(1, "a", 1, "2025-01-15", "")};
    happen(&s, "2025-01-15T10:00:00Z", customer_event(1), customer_event(2));
    happen(&s, "2025-01-16T00:00:00Z", item(1, 1, 5), item(2, 1, 5));
    happen(&s, "2025-01-16T23:59:59.999999Z", readings(r, 3));
    happen(&s, "2025-01-17T00:00:00Z", started(1, "2025-01-17"));
    happen(&s, "2025-01-18T10:00:00Z", item(3, 2, 5));
    assert_str(audited(&s, 1, NULL, NULL), "1 2 3 ");
    assert_str(audited(&s, 2, NULL, NULL), "1 3 5 ");
    assert_str(audited(&s, 0, NULL, NULL), "1 2 3 4 5 ");
    assert_str(audited(&s, 0, "2025-01-16", "2025-01-16"), "2 3 ");
    assert_str(audited(&s, 2, "2025-01-16", "2025-01-17"), "3 ");
    assert_str(audited(&s, 0, "2025-01-17", NULL), "4 5 ");
    assert_str(audited(&s, 0, NULL, "2025-01-15"), "1 ");
    assert_str(audited(&s, 3, NULL, NULL), "");
    stage_close(&s);
}

Test(runs, records_of_the_log_itself_are_not_listed)
{
    struct stage s = stage_open("d");
    happen(&s, "2025-01-15T10:00:00Z", customer_event(1));
    s.seq += 2; /* a new key epoch, say */
    happen(&s, "2025-01-15T11:00:00Z", item(1, 1, 5));
    happen(&s, "2025-01-15T11:00:01Z", item(2, 1, 5));
    happen(&s, "2025-01-16T11:00:01Z", item(3, 1, 5));
    s.seq += 1;
    happen(&s, "2025-01-16T11:00:02Z", item(4, 1, 5));
    assert_str(audited(&s, 0, NULL, NULL), "1 4 5 6 8 ");
    assert_str(audited(&s, 0, "2025-01-16", NULL), "6 8 ");
    assert_str(audited(&s, 0, NULL, "2025-01-15"), "1 4 5 ");
    stage_close(&s);
}
