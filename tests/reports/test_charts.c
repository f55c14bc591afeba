/* SPDX-License-Identifier: MIT */
/* test_charts.c - revenue by month, and reports as PDFs with charts: the numbers on the page, axes, colours,
 * tables over many pages. */
#include "reports/chart.h"
#include "reports/report_table.h"
#include "tests/reports/office.h"
#include "tests/reports/paper.h"

TestSuite(charts, .init = test_begin, .fini = test_end);

static struct str report_of(struct office *o, const char *name, const struct report_query *q,
                            const char *file)
{
    assert_ok(report_find(str_of(name))->run(o->l, q, test_path(file), A, E));
    return test_read(test_path(file));
}

static void two_months(struct office *o)
{
    office_open(o, "ledger", "2025-01-01");
    office_fill(o);
    (void)office_run(o, "2025-01-31", NULL);
    (void)office_run(o, "2025-02-28", NULL);
}

/* ---- revenue ---- */

/* basic costs 29.00 from the 1st to the end of each month, so a month earns what it was billed. */
Test(charts, a_month_earns_what_it_was_billed_for_its_days)
{
    struct office o = {0};
    struct report_query q = {.to = day("2025-02-28")};
    office_open(&o, "ledger", "2025-01-01");
    office_subscribe(&o, "ann", "basic", "USD", "pm_1");
    (void)office_run(&o, "2025-01-31", NULL);
    (void)office_run(&o, "2025-02-28", NULL);
    assert_str(report_of(&o, "revenue", &q, "revenue.csv"),
               "month,currency,revenue_account,billed,credited,recognised\r\n"
               "2025-01,USD,income:revenue:basic,29.00,0.00,29.00\r\n"
               "2025-02,USD,income:revenue:basic,29.00,0.00,29.00\r\n");
    q.to = day("2025-02-14"); /* half of February's days: the invoice of its end is not there yet */
    struct str half = report_of(&o, "revenue", &q, "half.csv");
    assert_str(cell(half, 2, "billed"), "0.00");
    assert_str(cell(half, 2, "recognised"), "14.50");
    office_close(&o);
}

Test(charts, revenue_is_the_movement_of_the_income_accounts)
{
    static const char *const currencies[] = {"USD", "JPY", "KWD"};
    struct office o = {0};
    struct report_query q = {.from = day("2025-02-01"), .to = day("2025-02-28")};
    two_months(&o);
    struct str revenue = report_of(&o, "revenue", &q, "revenue.csv"),
               accounts = report_of(&o, "trial_balance", &q, "trial_balance.csv");
    for (size_t i = 0; i < 3; i++) {
        struct decimal moved = {0}, sum = {0};
        for (size_t row = 1; row <= count_rows(accounts); row++) {
            struct decimal debit = {0}, credit = {0};
            bool income = str_is(cell(accounts, row, "account_type"), "income") &&
                          str_is(cell(accounts, row, "currency"), currencies[i]);
            if (!income) continue;
            assert_ok(decimal_parse(&debit, cell(accounts, row, "debit"), E));
            assert_ok(decimal_parse(&credit, cell(accounts, row, "credit"), E));
            assert_ok(decimal_add(&moved, moved, credit, E));
            assert_ok(decimal_subtract(&moved, moved, debit, E));
        }
        sum = column_sum(revenue, "recognised", "currency", currencies[i]);
        cr_assert(!decimal_is_zero(moved));
        assert_str(decimal_text(A, sum), decimal_text(A, moved).ptr);
    }
    office_close(&o);
}

/* ---- PDFs ---- */

static const char *const charted[] = {"ar_aging", "ar_aging_summary", "mrr_movements", "revenue"};
enum { CHARTED = sizeof charted / sizeof charted[0] };

Test(charts, a_pdf_has_the_sums_of_the_rows)
{
    struct office o = {0};
    struct report_query q = {.to = day("2025-02-28"), .format = SHEET_PDF}, csv = {.to = q.to};
    two_months(&o);
    struct str rows = report_of(&o, "revenue", &csv, "revenue.csv");
    const char *words = words_of(str_bytes(report_of(&o, "revenue", &q, "revenue.pdf")), 0);
    struct decimal yen = column_sum(rows, "recognised", "currency", "JPY");
    const struct speech *s = speech_of(STR("en"));
    assert_says(words, str_cstring(A, str_format(A, "JPY %.*s", STR_ARG(say_decimal(s, A, yen, 0)))));
    assert_says(words, "Recognised in USD, by account");
    rows = report_of(&o, "ar_aging", &csv, "ar_aging.csv");
    words = words_of(str_bytes(report_of(&o, "ar_aging", &q, "ar_aging.pdf")), 0);
    struct decimal owed = column_sum(rows, "outstanding", "currency", "USD");
    assert_says(words, str_cstring(A, str_format(A, "Total %.*s", STR_ARG(say_decimal(s, A, owed, 2)))));
    office_close(&o);
}

Test(charts, a_pdf_is_the_same_bytes_each_time_and_nothing_collides)
{
    struct office o = {0};
    struct report_query q = {.to = day("2025-02-28"), .format = SHEET_PDF};
    two_months(&o);
    for (size_t i = 0; i < CHARTED; i++) {
        struct str one = report_of(&o, charted[i], &q, "one.pdf");
        o.clock.now = moment("2031-07-01T23:00:00Z");
        struct str two = report_of(&o, charted[i], &q, "two.pdf");
        cr_assert(str_equal(one, two), "%s", charted[i]);
        assert_nothing_collides(str_bytes(one));
        cr_assert(file_exists(test_path("one.pdf.meta.json")));
    }
    office_close(&o);
}

Test(charts, a_report_of_nothing_is_a_sentence)
{
    struct office o = {0};
    struct report_query q = {.format = SHEET_PDF};
    office_open(&o, "ledger", "2025-01-01");
    for (size_t i = 0; i < CHARTED; i++) {
        const char *words = words_of(str_bytes(report_of(&o, charted[i], &q, "none.pdf")), 0);
        assert_says(words, "There is nothing to show for these days.");
        assert_says_not(words, "Total");
    }
    q.locale = STR("fr");
    assert_says(words_of(str_bytes(report_of(&o, "revenue", &q, "none.pdf")), 0), "Il n’y a rien à montrer");
    office_close(&o);
}

Test(charts, a_report_without_a_pdf_refuses_and_names_those_with_one)
{
    struct office o = {0};
    struct report_query q = {.format = SHEET_PDF};
    office_open(&o, "ledger", "2025-01-01");
    for (const struct report *r = reports_all; r->name != NULL; r++) {
        if (report_has_pdf(r)) continue;
        cr_assert_eq(r->run(o.l, &q, test_path("x.pdf"), A, E), ERR_USAGE, "%s", r->name);
        assert_says(E->text, "only of ar_aging, ar_aging_summary, mrr_movements, revenue and statement");
    }
    assert_err_says(report_find(STR("statement"))->run(o.l, &q, test_path("x.pdf"), A, E), ERR_USAGE,
                    "say whose with --customer");
    cr_assert(!file_exists(test_path("x.pdf")));
    office_close(&o);
}

/* ---- axes and colours ---- */

Test(charts, an_axis_goes_in_steps_of_one_two_or_five)
{
    static const struct {
        int64_t low, high, from, to, step;
    } cases[] = {{0, 100, 0, 100, 20},
                 {0, 101, 0, 120, 20},
                 {0, 99999, 0, 100000, 20000},
                 {-100000, 149600, -100000, 150000, 50000},
                 {7, 9, 0, 10, 2},
                 {-9, -7, -10, 0, 2},
                 {0, 0, 0, 1, 1},
                 {0, 27022, 0, 30000, 5000}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct chart_scale s = chart_scale_of(cases[i].low, cases[i].high, 10000);
        cr_assert(s.low == cases[i].from && s.high == cases[i].to, "%zu: %jd to %jd", i, (intmax_t)s.low,
                  (intmax_t)s.high);
        assert_int(s.step, cases[i].step);
        assert_int(chart_at(&s, s.low), 0);
        assert_int(chart_at(&s, s.high), 10000);
    }
    struct chart_scale widest = chart_scale_of(INT64_MIN, INT64_MAX, 10000);
    assert_int(chart_at(&widest, INT64_MIN), 0);
    assert_int(chart_at(&widest, 0), 5000);
    assert_int(chart_at(&widest, INT64_MAX), 10000);
}

/* Grey as BT.601 has it; a tenth of the way from black to white is told apart in print. */
Test(charts, series_stay_apart_in_grey_whatever_the_sellers_colour)
{
    static const uint32_t accents[] = {0x17496b, 0xb3401f, 0x1d7a4c, 0x6a4a94, 0x000000, 0x8a6d00, 0x0057b8};
    for (size_t k = 0; k < sizeof accents / sizeof accents[0]; k++) {
        uint32_t colours[CHART_SERIES_MAX];
        chart_colours(colours, accents[k]);
        assert_int(colours[0], accents[k]);
        for (size_t i = 0; i < CHART_SERIES_MAX; i++)
            for (size_t j = 0; j < i; j++) {
                int32_t grey[2] = {0};
                const uint32_t pair[2] = {colours[i], colours[j]};
                for (size_t n = 0; n < 2; n++)
                    grey[n] = (int32_t)((299 * (pair[n] >> 16 & 255) + 587 * (pair[n] >> 8 & 255) +
                                         114 * (pair[n] & 255)) /
                                        1000);
                cr_assert(abs(grey[0] - grey[1]) >= 14, "%06x: %06x and %06x", (unsigned)accents[k],
                          (unsigned)pair[0], (unsigned)pair[1]);
            }
    }
}

/* ---- drawing ---- */

static struct page page_of(void)
{
    return page_begin(A, speech_of(STR("en")), NULL, NULL, STR("Test"));
}

static struct bytes finished(struct page *p)
{
    struct buffer out = {.arena = A};
    struct pdf_info info = {.title = STR("Test"), .created = moment("2025-01-01T00:00:00Z")};
    page_feet(p);
    assert_ok(pdf_write(&out, p->pdf, &info, A, E));
    return (struct bytes){out.ptr, out.len};
}

Test(charts, a_table_of_thousands_goes_over_pages_under_its_head)
{
    enum { ROWS = 5000 };
    struct page p = page_of();
    struct table t = {.labels = {STR("Customer"), STR("Document"), STR("Outstanding")},
                      .kinds = {COLUMN_FILLS, COLUMN_TEXT},
                      .columns = 3};
    struct table_row *rows = arena_array_of(A, struct table_row, ROWS);
    for (size_t i = 0; i < ROWS; i++) {
        rows[i].cells[0] = STR("A company with a name that is so long that it has no room beside its amounts "
                               "and ends, as names of this kind must, in an ellipsis");
        rows[i].cells[1] = str_format(A, "INV-2025-%06zu", i + 1);
        rows[i].cells[2] = STR("1,234,567.89");
    }
    put_table(&p, &t, rows, ROWS);
    size_t pages = pdf_page_count(p.pdf);
    cr_assert(pages > ROWS / 70 && pages < ROWS / 40, "%zu", pages);
    struct bytes pdf = finished(&p);
    for (int page = 1; page <= (int)pages; page += (int)pages - 1) {
        const char *words = words_of(pdf, page);
        assert_says(words, "Customer Document Outstanding");
        assert_says(words, "A company with a name that is so long");
        assert_says(words, "…");
        assert_says_not(words, "an ellipsis");
        assert_says(words, str_cstring(A, str_format(A, "Page %d of %zu", page, pages)));
    }
    assert_says(words_of(pdf, (int)pages), "INV-2025-005000");
    assert_nothing_collides(pdf);
}

Test(charts, amounts_that_have_no_room_side_by_side_do_not_fit)
{
    struct table t = {.columns = TABLE_COLUMNS_MAX};
    struct table_row row = {.strong = false};
    for (size_t i = 0; i < TABLE_COLUMNS_MAX; i++) row.cells[i] = STR("1,234,567.89");
    cr_assert(table_fits(&t, &row, 1));
    for (size_t i = 0; i < TABLE_COLUMNS_MAX; i++) row.cells[i] = STR("1,234,567,890,123.89");
    cr_assert(!table_fits(&t, &row, 1));
}

/* One month and three years, amounts beyond reason and below nothing. */
Test(charts, charts_of_any_size_draw_without_collisions)
{
    struct page p = page_of();
    struct str places[CHART_PLACES_MAX];
    int64_t values[CHART_PLACES_MAX * 2];
    struct chart c = {.places = places,
                      .series = {STR("a series with a name of some length"), STR("b")},
                      .series_count = 2,
                      .values = values,
                      .currency = "USD",
                      .title = STR("Title"),
                      .height = 12000,
                      .with_total = true};
    chart_colours(c.colours, COLOUR_ACCENT);
    for (size_t i = 0; i < CHART_PLACES_MAX; i++) {
        places[i] = say_month(p.speech, A, date_add_days(day("2022-01-15"), (int32_t)(i * 30)));
        values[2 * i] = (int64_t)(i * i) * 12345;
        values[2 * i + 1] = -(int64_t)i * 99999;
    }
    for (c.places_count = 1; c.places_count <= CHART_PLACES_MAX; c.places_count += 7) {
        chart_columns(&p, &c);
        chart_line(&p, &c);
    }
    values[0] = INT64_MAX;
    values[1] = -INT64_MAX;
    c.places_count = 1;
    chart_columns(&p, &c);
    struct chart_bar bars[] = {
        {STR("A name that is far too long to stand beside a bar of this width"), money_of(INT64_MAX, "USD")},
        {STR("b"), money_of(-500, "USD")},
        {STR("c"), money_of(0, "USD")}};
    chart_bars(&p, STR("Bars"), bars, 3);
    assert_nothing_collides(finished(&p));
}
