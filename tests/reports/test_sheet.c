/* SPDX-License-Identifier: MIT */
/* test_sheet.c - the same rows as JSON, as CSV for Excel, as rows for a visitor, as a workbook. */
#include "reports/sheet.h"

#include <unistd.h>

#include "tests/lib/fixture.h"

TestSuite(sheet, .init = test_begin, .fini = test_end);

static struct str written(struct sheet_options o, const char *name)
{
    struct sheet *s = NULL;
    struct sheet_summary summary = {0};
    o.path = test_path(name);
    o.header = "who,what,when,count";
    o.title = "things";
    assert_ok(sheet_begin(&s, &o, A, E));
    sheet_text(s, STR("=1+2 \"x\"\n\x01"));
    sheet_money(s, money_of(-123450, "EUR"));
    sheet_date(s, day("2025-01-31"));
    sheet_count(s, 7);
    sheet_end_row(s);
    sheet_text(s, STR("M\xC3\xBCller; S\xC3\xB6hne"));
    sheet_money(s, (struct money){0});
    sheet_date(s, (struct date){0});
    sheet_count(s, 0);
    sheet_end_row(s);
    struct sheet_total total = {"what", money_of(-123450, "EUR")};
    sheet_total(s, &total);
    assert_ok(sheet_finish(&summary, s, E));
    assert_int(summary.rows, 2);
    struct str all = test_read(o.path);
    assert_int(summary.bytes, all.len);
    return all;
}

Test(sheet, json_has_strings_for_money_numbers_for_counts_and_null_for_nothing)
{
    struct str all = written((struct sheet_options){.format = SHEET_JSON}, "a.json");
    assert_str(all, "{\"report\": \"things\",\n\"parameters\": {},\n\"as_of\": null,\n\"rows\": [\n"
                    "{\"who\": \"=1+2 \\\"x\\\"\\u000a\\u0001\", \"what\": \"-1234.50\", \"when\": "
                    "\"2025-01-31\", \"count\": 7},\n"
                    "{\"who\": \"M\xC3\xBCller; S\xC3\xB6hne\", \"what\": null, \"when\": null, \"count\": "
                    "0}\n],\n\"totals\": [\n"
                    "{\"column\": \"what\", \"sum\": \"-1234.50\", \"currency\": \"EUR\"}\n]}\n");
}

Test(sheet, csv_for_excel_has_a_mark_and_in_europe_semicolons_and_decimal_commas)
{
    struct str all = written((struct sheet_options){.format = SHEET_CSV_EXCEL_EU}, "a.csv");
    assert_str(all, "\xEF\xBB\xBFwho;what;when;count\r\n"
                    "\"'=1+2 \"\"x\"\"\n\x01\";-1234,50;2025-01-31;7\r\n"
                    "\"M\xC3\xBCller; S\xC3\xB6hne\";;;0\r\n");
    struct str plain = written((struct sheet_options){.format = SHEET_CSV_EXCEL}, "b.csv");
    cr_assert(plain.len > 3 && memcmp(plain.ptr, "\xEF\xBB\xBFwho,what", 11) == 0);
}

Test(sheet, raw_csv_leaves_texts_as_they_are)
{
    struct str all = written((struct sheet_options){.format = SHEET_CSV, .raw = true}, "a.csv");
    assert_str(all, "who,what,when,count\r\n\"=1+2 \"\"x\"\"\n\x01\",-1234.50,2025-01-31,7\r\n"
                    "M\xC3\xBCller; S\xC3\xB6hne,,,0\r\n");
}

Test(sheet, a_workbook_of_the_same_rows_is_the_same_bytes)
{
    struct str one = written((struct sheet_options){.format = SHEET_XLSX}, "a.xlsx");
    struct str two = written((struct sheet_options){.format = SHEET_XLSX}, "b.xlsx");
    cr_assert(one.len == two.len && memcmp(one.ptr, two.ptr, one.len) == 0);
    cr_assert(one.len > 4 && memcmp(one.ptr, "PK\x03\x04", 4) == 0);
}

static enum err count_to_two(void *context, const struct str *names, const struct cell *cells, size_t count,
                             struct error *e)
{
    unsigned *rows = context;
    (void)cells;
    assert_int(count, 1);
    assert_str(names[0], "a");
    return ++*rows < 2 ? OK : fail(e, ERR_STORAGE, "the reader has gone");
}

/* A worksheet has 1,048,576 rows (Excel's specifications and limits), and one is the header. Whoever can do
 * without tells it apart from other failures, as the month's end does. */
Test(sheet, a_workbook_that_has_no_room_for_all_rows_is_refused_and_no_file_is_left, .timeout = 120)
{
    struct sheet *s = NULL;
    struct sheet_summary summary = {0};
    struct sheet_options o = {
        .path = test_path("long.xlsx"), .header = "count", .title = "things", .format = SHEET_XLSX};
    assert_ok(sheet_begin(&s, &o, A, E));
    for (uint64_t i = 0; i < 1048576; i++) {
        sheet_empty(s);
        sheet_end_row(s);
    }
    assert_err_says(sheet_finish(&summary, s, E), ERR_LIMIT, "a workbook has room for 1048575 rows");
    cr_expect(access(o.path, F_OK) != 0);
}

Test(sheet, a_visitor_who_has_gone_ends_the_rows)
{
    struct sheet *s = NULL;
    struct sheet_summary summary = {0};
    unsigned rows = 0;
    struct sheet_options o = {.header = "a", .format = SHEET_ROWS, .row = count_to_two, .context = &rows};
    assert_ok(sheet_begin(&s, &o, A, E));
    for (int i = 0; i < 5; i++) {
        sheet_word(s, "x");
        sheet_end_row(s);
    }
    assert_err_says(sheet_finish(&summary, s, E), ERR_STORAGE, "the reader has gone");
    assert_int(rows, 2);
}

static int format_of(const char *format, const char *dialect, const char *path)
{
    enum sheet_format f = SHEET_CSV;
    assert_ok(sheet_format_of(&f, str_of(format), str_of(dialect), path, E));
    return (int)f;
}

Test(sheet, a_format_is_named_or_told_by_the_files_name)
{
    enum sheet_format f = SHEET_CSV;
    assert_int(format_of("", "", "a.xlsx"), SHEET_XLSX);
    assert_int(format_of("", "", "a.pdf"), SHEET_PDF);
    assert_int(format_of("", "", "a.json"), SHEET_JSON);
    assert_int(format_of("", "", "-"), SHEET_CSV);
    assert_int(format_of("csv", "", "a.xlsx"), SHEET_CSV);
    assert_int(format_of("table", "", "-"), SHEET_ROWS);
    assert_int(format_of("", "excel-eu", "a.csv"), SHEET_CSV_EXCEL_EU);
    assert_err_says(sheet_format_of(&f, STR("doc"), STR_NONE, "-", E), ERR_USAGE, "there is no format 'doc'");
    assert_err_says(sheet_format_of(&f, STR("json"), STR("excel"), "-", E), ERR_USAGE,
                    "--csv is for CSV alone");
    assert_err_says(sheet_format_of(&f, STR_NONE, STR("lotus"), "-", E), ERR_USAGE, "no dialect 'lotus'");
}
