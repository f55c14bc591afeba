/* SPDX-License-Identifier: MIT */
/* test_control_reports.c - what auditors ask for first: the runs with their sums, and the trail of all that
 * was done. */
#include "tests/reports/office.h"

TestSuite(control_reports, .init = test_begin, .fini = test_end);

static struct str report_of(struct office *o, const char *name, const struct report_query *q)
{
    const char *path = test_path(str_format(A, "%s.csv", name).ptr);
    assert_ok(report_find(str_of(name))->run(o->l, q, path, A, E));
    return test_read(path);
}

static struct str without_header(struct str csv)
{
    const char *end = memchr(csv.ptr, '\n', csv.len);
    return (struct str){end + 1, csv.len - (size_t)(end + 1 - csv.ptr)};
}

/* ---- batch_control ---- */

Test(control_reports, the_report_of_all_runs_is_what_the_files_of_each_said)
{
    struct office o = {0};
    office_open(&o, "ledger", "2025-01-01");
    office_fill(&o);
    (void)office_run(&o, "2025-01-31", "one");
    (void)office_run(&o, "2025-02-28", "two");
    struct report_query q = {.program = office_options(&o, "2025-02-28", NULL).program},
                        february = {.from = day("2025-02-01"), .program = q.program};
    struct str one = office_read("one", "batch_control.csv"), two = office_read("two", "batch_control.csv");
    struct str all = report_of(&o, "batch_control", &q), rest = without_header(two);
    assert_str(all, str_format(A, "%.*s%.*s", STR_ARG(one), STR_ARG(rest)).ptr);
    assert_str(report_of(&o, "batch_control", &february), str_cstring(A, two));
    office_close(&o);
}

Test(control_reports, candidates_are_invoiced_skipped_or_failed_and_sums_are_those_of_the_register)
{
    struct office o = {0};
    office_open(&o, "ledger", "2025-01-01");
    office_fill(&o);
    (void)office_run(&o, "2025-01-31", NULL);
    (void)office_run(&o, "2025-02-28", NULL);
    struct report_query q = {0};
    struct str control = report_of(&o, "batch_control", &q), invoices = report_of(&o, "invoices", &q);
    static const char *const names[] = {"candidates", "invoiced", "skipped", "failed"};
    for (size_t row = 1; row <= count_rows(control); row++) {
        uint64_t counts[4] = {0};
        for (size_t i = 0; i < 4; i++) assert_ok(uint_parse(&counts[i], cell(control, row, names[i]), E));
        assert_int(counts[0], counts[1] + counts[2] + counts[3]);
    }
    static const char *const currencies[] = {"USD", "JPY", "KWD"}, *const sums[] = {"net", "tax", "gross"};
    for (size_t i = 0; i < 9; i++) {
        struct decimal run = column_sum(control, sums[i / 3], "currency", currencies[i % 3]);
        struct decimal all = column_sum(invoices, sums[i / 3], "currency", currencies[i % 3]);
        assert_int(decimal_compare(run, all), 0);
        cr_assert(i / 3 == 1 || !decimal_is_zero(all));
    }
    office_close(&o);
}

/* ---- audit_trail ---- */

struct told {
    uint64_t events, records;
    struct hash last;
};

static enum err count_events(void *context, const struct event_place *place, const struct envelope *v,
                             struct arena *a, struct error *e)
{
    struct told *t = context;
    (void)a;
    (void)e;
    t->events += v->events_count;
    t->records++;
    t->last = place->leaf;
    return OK;
}

Test(control_reports, the_trail_has_each_event_once_and_its_hashes_are_a_chain)
{
    struct office o = {0};
    office_open(&o, "ledger", "2025-01-01");
    office_fill(&o);
    (void)office_run(&o, "2025-01-31", NULL);
    struct report_query q = {0};
    struct str csv = report_of(&o, "audit_trail", &q), before = STR_NONE, seq = STR_NONE;
    struct told told = {0};
    assert_ok(ledger_walk(o.l, 0, office_records(&o), count_events, &told, E));
    assert_int(count_rows(csv), told.events);
    uint64_t records = 0;
    for (size_t row = 1; row <= count_rows(csv); row++) {
        struct str now = cell(csv, row, "seq");
        if (str_equal(now, seq)) {
            assert_str(cell(csv, row, "hash"), str_cstring(A, before));
            continue;
        }
        uint64_t last = 0, number = 0;
        assert_ok(uint_parse(&number, now, E));
        if (seq.len > 0) assert_ok(uint_parse(&last, seq, E));
        if (seq.len > 0 && number == last + 1)
            assert_str(cell(csv, row, "prev_hash"), str_cstring(A, before));
        before = cell(csv, row, "hash");
        seq = now;
        records++;
    }
    assert_int(records, told.records);
    assert_str(before, hex_text(A, told.last.bytes, 32).ptr);
    office_close(&o);
}

Test(control_reports, the_trail_says_who_did_what_to_what_and_when_it_counts)
{
    struct office o = {0};
    office_open(&o, "ledger", "2025-01-01");
    office_subscribe(&o, "ann", "basic", "USD", "pm_card_visa");
    office_subscribe(&o, "bob", "basic", "USD", "pm_card_visa");
    (void)office_run(&o, "2025-01-31", NULL);
    struct report_query of_bob = {.customer = 2}, all = {0}, none = {.from = day("2031-01-01")};
    assert_int(count_rows(report_of(&o, "audit_trail", &none)), 0);
    struct str csv = report_of(&o, "audit_trail", &of_bob);
    size_t created = 0, finalized = 0;
    for (size_t row = 1; row <= count_rows(csv); row++) {
        struct str type = cell(csv, row, "event_type"), user = cell(csv, row, "customer_id");
        cr_assert(user.len == 0 || str_is(user, "bob"), "%.*s", STR_ARG(user));
        if (str_is(type, "subscription.created")) created = row;
        if (str_is(type, "invoice.finalized")) finalized = row;
    }
    assert_str(cell(csv, created, "entity_type"), "subscription");
    assert_str(cell(csv, created, "entity_id"), "sub_2");
    assert_str(cell(csv, created, "command"), "subscription.create");
    assert_str(cell(csv, created, "actor"), "test");
    assert_str(cell(csv, created, "actor_type"), "key");
    assert_str(cell(csv, created, "effective_on"), "2025-01-01");
    assert_str(cell(csv, finalized, "entity_id"), "INV-2025-000002");
    cr_assert(count_rows(csv) < count_rows(report_of(&o, "audit_trail", &all)));
    office_close(&o);
}
