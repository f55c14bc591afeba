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
