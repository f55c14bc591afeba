/* SPDX-License-Identifier: MIT */
/* test_csv.c - the writer of CSV: form, quoting, and what a spreadsheet must not run. */
#include "reports/sheet.h"

#include "tests/lib/fixture.h"

TestSuite(csv, .init = test_begin, .fini = test_end);

static struct sheet *begin(const char *header)
{
    struct sheet *c = NULL;
    assert_ok(csv_begin(&c, test_path("out.csv"), header, A, E));
    return c;
}

static struct str finish(struct sheet *c)
{
    struct sheet_summary s = {0};
    assert_ok(sheet_finish(&s, c, E));
    return test_read(test_path("out.csv"));
}

static struct str text_cell(struct str text)
{
    struct sheet *c = begin("a");
    sheet_text(c, text);
    sheet_end_row(c);
    struct str all = finish(c);
    return (struct str){all.ptr + 3, all.len - 5}; /* between "a\r\n" and "\r\n" */
}

Test(csv, records_end_with_cr_and_lf_and_the_header_comes_first)
{
    struct sheet *c = begin("a,b");
    sheet_text(c, STR("x"));
    sheet_count(c, 7);
    sheet_end_row(c);
    assert_str(finish(c), "a,b\r\nx,7\r\n");
}

Test(csv, an_empty_report_is_its_header)
{
    assert_str(finish(begin("a,b")), "a,b\r\n");
}

Test(csv, commas_quotes_and_line_ends_are_quoted_and_nothing_else_is)
{
    assert_str(text_cell(STR("a,b")), "\"a,b\"");
    assert_str(text_cell(STR("say \"hi\"")), "\"say \"\"hi\"\"\"");
    assert_str(text_cell(STR("two\nlines")), "\"two\nlines\"");
    assert_str(text_cell(STR("two\rlines")), "\"two\rlines\"");
    assert_str(text_cell(STR("plain text; with 'this'")), "plain text; with 'this'");
    assert_str(text_cell(STR("")), "");
}

Test(csv, text_that_a_spreadsheet_would_run_gets_an_apostrophe)
{
    assert_str(text_cell(STR("=1+1")), "'=1+1");
    assert_str(text_cell(STR("+49 30 1234")), "'+49 30 1234");
    assert_str(text_cell(STR("-1")), "'-1");
    assert_str(text_cell(STR("@sum")), "'@sum");
    assert_str(text_cell(STR("\tx")), "'\tx");
    assert_str(text_cell(STR("\rx")), "\"'\rx\"");
    assert_str(text_cell(STR("=A1,\"b\"")), "\"'=A1,\"\"b\"\"\"");
    struct str nul = text_cell((struct str){"\0x", 2});
    cr_assert(nul.len == 3 && memcmp(nul.ptr, "'\0x", 3) == 0);
    assert_str(text_cell(STR("a=b")), "a=b");
}

Test(csv, numbers_stay_bare_and_money_has_its_currencys_decimals)
{
    struct sheet *c = begin("usd,jpy,kwd,none,decimal,count");
    sheet_money(c, money_of(-1250, "USD"));
    sheet_money(c, money_of(-2900, "JPY"));
    sheet_money(c, money_of(1, "KWD"));
    sheet_money(c, (struct money){0});
    sheet_decimal(c, decimal_make(-15, 1));
    sheet_count(c, UINT64_MAX);
    sheet_end_row(c);
    assert_str(finish(c),
               "usd,jpy,kwd,none,decimal,count\r\n-12.50,-2900,0.001,,-1.5,18446744073709551615\r\n");
}

Test(csv, dates_are_iso_and_times_are_utc)
{
    struct sheet *c = begin("date,no_date,instant,no_instant");
    sheet_date(c, day("2025-01-31"));
    sheet_date(c, (struct date){0});
    sheet_instant(c, moment("2025-01-31T12:00:00+02:00"));
    sheet_instant(c, (struct instant){0});
    sheet_end_row(c);
    assert_str(finish(c), "date,no_date,instant,no_instant\r\n2025-01-31,,2025-01-31T10:00:00Z,\r\n");
}

Test(csv, the_summary_tells_rows_bytes_and_hash)
{
    struct sheet_summary s = {0};
    struct sheet *c = begin("a");
    for (int i = 0; i < 3; i++) {
        sheet_word(c, "b");
        sheet_end_row(c);
    }
    assert_ok(sheet_finish(&s, c, E));
    assert_int(s.rows, 3);
    assert_int(s.bytes, 12);
    /* printf 'a\r\nb\r\nb\r\nb\r\n' | sha256sum */
    assert_str(hex_text(A, s.sha256.bytes, 32),
               "6beac408a85705c82d14a757a0e7c352c2419c6393a7cb0c7ce0423ec8261e5b");
}

Test(csv, large_files_come_out_whole)
{
    struct sheet_summary s = {0};
    struct sheet *c = begin("number,text");
    for (uint64_t i = 0; i < 50000; i++) {
        sheet_count(c, i);
        sheet_text(c, STR("some text of a row"));
        sheet_end_row(c);
    }
    assert_ok(sheet_finish(&s, c, E));
    struct str all = test_read(test_path("out.csv"));
    assert_int(all.len, s.bytes);
    assert_int(s.rows, 50000);
    cr_assert(memcmp(all.ptr + all.len - 26, "49999,some text of a row\r\n", 26) == 0);
}

Test(csv, an_abandoned_file_is_not_there)
{
    struct sheet *c = begin("a");
    sheet_abandon(c);
    sheet_abandon(c);
    sheet_abandon(NULL);
    cr_assert(!file_exists(test_path("out.csv")));
}

Test(csv, a_folder_that_is_missing_is_told)
{
    struct sheet *c = NULL;
    assert_err_says(csv_begin(&c, test_path("no/such/out.csv"), "a", A, E), ERR_STORAGE, "cannot create");
}

Test(csv, a_full_disk_is_told_at_the_end)
{
    struct sheet_summary s = {0};
    struct sheet *c = NULL;
    if (!file_exists("/dev/full")) cr_skip_test("there is no /dev/full");
    cr_assert(freopen("/dev/full", "w", stdout) != NULL);
    assert_ok(csv_begin(&c, "-", "a", A, E));
    for (int i = 0; i < 100000; i++) {
        sheet_word(c, "row");
        sheet_end_row(c);
    }
    assert_err_says(sheet_finish(&s, c, E), ERR_STORAGE, "cannot write to standard output");
}
