/* SPDX-License-Identifier: MIT */
/* test_numbers.c - the report of document numbers: that of a ledger is always without a gap, and one that was
 * doctored is found out. And what registers say of credit notes, voids and write-offs. */
#include "reports/number_census.h"
#include "tests/reports/office.h"

TestSuite(numbers, .init = test_begin, .fini = test_end);

/* ---- doctored events ---- */

static struct invoice_finalized document(uint64_t serial, const char *on)
{
    return (struct invoice_finalized){.series = STR("INV-2025"),
                                      .serial = serial,
                                      .number = str_format(A, "INV-2025-%06ju", (uintmax_t)serial),
                                      .issue_date = day(on)};
}

Test(numbers, whatever_is_wrong_with_a_series_is_told)
{
    static const struct {
        const char *says;
        uint64_t serials[8];
        const char *missing, *twice;
        uint64_t first, last;
    } cases[] = {
        {"sound", {1, 2, 3, 4}, "", "", 1, 4},
        {"one is missing", {1, 2, 4}, "3", "", 1, 4},
        {"several are", {1, 4, 5, 9}, "2-3; 6-8", "", 1, 9},
        {"the first are", {3, 4}, "1-2", "", 1, 4},
        {"one came late, which is no gap", {1, 4, 3, 2}, "", "", 1, 4},
        {"one of several came late", {1, 6, 4}, "2-3; 5", "", 1, 6},
        {"one is there twice", {1, 2, 2, 3}, "", "2", 1, 3},
        {"one is there three times, one is missing", {1, 3, 1, 1}, "2", "1; 1", 1, 3},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct number_census c = {.from_one = true, .arena = A};
        uint64_t count = 0;
        while (count < 8 && cases[i].serials[count] != 0) {
            struct invoice_finalized v = document(cases[i].serials[count++], "2025-01-10");
            census_document(&c, &v);
        }
        const struct numbered_series *s = &c.items[0];
        cr_assert(c.count == 1 && s->documents == count, "%s", cases[i].says);
        cr_assert(str_is(serials_text(&s->missing, A), cases[i].missing), "%s: %.*s", cases[i].says,
                  STR_ARG(serials_text(&s->missing, A)));
        cr_assert(str_is(serials_text(&s->twice, A), cases[i].twice), "%s", cases[i].says);
        cr_assert(s->first == cases[i].first && s->last == cases[i].last, "%s", cases[i].says);
    }
}

Test(numbers, series_are_counted_by_themselves_and_a_wrong_name_is_noticed)
{
    struct number_census c = {.from_one = true, .arena = A};
    struct invoice_finalized one = document(1, "2025-01-10"), two = document(2, "2025-01-05"),
                             note = document(1, "2025-02-01");
    two.number = STR("INV-2025-000003");
    note.series = STR("DE-CN-2025");
    note.number = STR("DE-CN-2025-000001");
    note.kind = INVOICE_CREDIT_NOTE;
    census_document(&c, &one);
    census_document(&c, &two);
    census_document(&c, &note);
    assert_int(c.count, 2);
    assert_int(c.items[0].misnamed, 1);
    assert_day(c.items[0].first_day, "2025-01-05");
    assert_day(c.items[0].last_day, "2025-01-10");
    assert_int(c.items[1].documents, 1);
    struct invoice_voided voids[] = {{.number = STR("INV-2025-000002")},
                                     {.number = STR("INV-2025-000009")},
                                     {.number = STR("INV-2024-000001")},
                                     {.number = STR("nothing")}};
    for (size_t i = 0; i < 4; i++) census_void(&c, &voids[i]);
    assert_str(serials_text(&c.items[0].voided, A), "2");
}

Test(numbers, of_some_days_a_series_begins_with_its_first_document_there)
{
    struct number_census c = {.arena = A};
    struct invoice_finalized five = document(5, "2025-03-01"), seven = document(7, "2025-03-02");
    census_document(&c, &five);
    census_document(&c, &seven);
    assert_int(c.items[0].first, 5);
    assert_str(serials_text(&c.items[0].missing, A), "6");
}

/* ---- a ledger's ---- */

static struct str report_of(struct office *o, const char *name, const struct report_query *q)
{
    const char *path = test_path(str_format(A, "%s.csv", name).ptr);
    assert_ok(report_find(str_of(name))->run(o->l, q, path, A, E));
    return test_read(path);
}

static struct command credit(const char *invoice, const char *amount, enum note_use as)
{
    struct command c = {.type = COMMAND_INVOICE_CREDIT};
    c.invoice_credit =
        (struct invoice_credit_command){.invoice = str_of(invoice), .as = as, .reason = STR("=not wanted")};
    if (amount != NULL) assert_ok(decimal_parse(&c.invoice_credit.amount, str_of(amount), E));
    return c;
}

static struct command one_off(const char *user, int64_t amount)
{
    struct command c = {.type = COMMAND_INVOICE_ONE_OFF};
    c.invoice_one_off = (struct invoice_one_off_command){
        .user = str_of(user), .description = STR("Thing"), .amount = decimal_of(amount)};
    return c;
}

static struct command named(enum command_type type, const char *invoice)
{
    struct command c = {.type = type};
    c.invoice_void.invoice = str_of(invoice);
    if (type == COMMAND_INVOICE_WRITE_OFF)
        c.invoice_write_off = (struct invoice_write_off_command){.invoice = str_of(invoice)};
    return c;
}

static void do_all(struct office *o, const struct command *commands, size_t count)
{
    for (size_t i = 0; i < count; i++) (void)office_do(o, &commands[i]);
}

/* Four invoices of a customer: credited in part, voided, written off, untouched. */
static void office_sells(struct office *o)
{
    office_open(o, "ledger", "2025-01-01");
    office_subscribe(o, "a", "free", "USD", "pm_good");
    const struct command commands[] = {one_off("a", 100),
                                       one_off("a", 200),
                                       one_off("a", 300),
                                       one_off("a", 400),
                                       credit("INV-2025-000001", "25", NOTE_OFFSET),
                                       credit("INV-2025-000003", "50", NOTE_BALANCE),
                                       named(COMMAND_INVOICE_VOID, "INV-2025-000002"),
                                       named(COMMAND_INVOICE_WRITE_OFF, "INV-2025-000003")};
    do_all(o, commands, sizeof commands / sizeof commands[0]);
}

Test(numbers, of_a_ledger_nothing_is_missing_or_double_and_void_numbers_are_told)
{
    struct office o = {0};
    office_sells(&o);
    struct report_query q = {0}, one = {.customer = 1}, later = {.from = day("2025-01-02")};
    struct str csv = report_of(&o, "number_gaps", &q);
    assert_int(count_rows(csv), 2);
    assert_str(cell(csv, 1, "series"), "CN-2025");
    assert_str(cell(csv, 1, "document_type"), "credit_note");
    assert_str(cell(csv, 2, "first_number"), "1");
    assert_str(cell(csv, 2, "last_number"), "4");
    assert_str(cell(csv, 2, "documents"), "4");
    assert_str(cell(csv, 2, "missing"), "0");
    assert_str(cell(csv, 2, "duplicates"), "0");
    assert_str(cell(csv, 2, "misnumbered"), "0");
    assert_str(cell(csv, 2, "void_numbers"), "2");
    assert_int(count_rows(report_of(&o, "number_gaps", &later)), 0);
    assert_err(report_find(STR("number_gaps"))->run(o.l, &one, test_path("x.csv"), A, E), ERR_INVALID,
               "customer: the numbers of a series are those of all customers");
    office_close(&o);
}

Test(numbers, of_what_is_not_void_the_register_adds_up)
{
    struct office o = {0};
    office_sells(&o);
    struct report_query q = {0};
    struct str csv = report_of(&o, "invoices", &q), lines = report_of(&o, "invoice_lines", &q);
    static const char *const columns[] = {"gross", "paid", "credited", "written_off", "balance", "status"};
    static const char *const rows[][6] = {
        {"100.00", "0.00", "25.00", "0.00", "75.00", "partially_paid"},
        {"200.00", "0.00", "0.00", "0.00", "0.00", "void"},
        {"300.00", "0.00", "0.00", "300.00", "0.00", "uncollectible"},
        {"400.00", "0.00", "0.00", "0.00", "400.00", "open"},
        {"-25.00", "0.00", "-25.00", "0.00", "0.00", "paid"},
        {"-50.00", "0.00", "-50.00", "0.00", "0.00", "paid"},
    };
    for (size_t row = 0; row < 6; row++) {
        for (size_t k = 0; k < 6; k++) assert_str(cell(csv, row + 1, columns[k]), rows[row][k]);
    }
    assert_str(cell(csv, 5, "credits_document"), "INV-2025-000001");
    assert_str(cell(csv, 5, "reason"), "'=not wanted"); /* no formula for a spreadsheet */
    assert_str(cell(lines, 6, "document_number"), "CN-2025-000002");
    assert_str(cell(lines, 6, "credits_document"), "INV-2025-000003");
    assert_str(cell(lines, 6, "credits_line"), "1");
    assert_str(cell(lines, 6, "revenue_account"), "income:revenue:items");
    office_close(&o);
}

/* ---- the files of a run ---- */

Test(numbers, files_of_a_run_stay_the_same_whatever_becomes_of_its_invoices)
{
    struct office o = {0};
    office_open(&o, "ledger", "2025-01-01");
    static const char *const users[] = {"a", "b", "c", "d", "e"};
    for (size_t i = 0; i < 5; i++) office_subscribe(&o, users[i], "basic", "USD", "pm_declined");
    (void)office_run(&o, "2025-01-01", "one");
    const struct command commands[] = {
        named(COMMAND_INVOICE_VOID, "INV-2025-000001"), named(COMMAND_INVOICE_WRITE_OFF, "INV-2025-000002"),
        credit("INV-2025-000003", "10", NOTE_DEFAULT),  named(COMMAND_INVOICE_WRITE_OFF, "INV-2025-000004"),
        credit("INV-2025-000004", "9", NOTE_DEFAULT),   named(COMMAND_INVOICE_WRITE_OFF, "INV-2025-000005"),
        named(COMMAND_INVOICE_VOID, "INV-2025-000005")};
    do_all(&o, commands, sizeof commands / sizeof commands[0]);
    (void)office_run(&o, "2025-01-01", "two");
    assert_same_files("one", "two");
    for (size_t row = 1; row <= 5; row++)
        assert_str(cell(office_read("two", "invoices.csv"), row, "status"), "open");
    office_close(&o);
}

Test(numbers, what_was_closed_before_a_run_was_complete_stays_so_in_its_files)
{
    struct office o = {0};
    office_open(&o, "ledger", "2025-01-01");
    office_subscribe(&o, "a", "basic", "USD", "pm_declined");
    office_subscribe(&o, "b", "basic", "USD", "pm_declined");
    (void)office_run(&o, "2025-01-01", "one");
    const struct command first[] = {named(COMMAND_INVOICE_VOID, "INV-2025-000001"),
                                    named(COMMAND_INVOICE_WRITE_OFF, "INV-2025-000002")};
    do_all(&o, first, 2);
    office_subscribe(&o, "c", "basic", "USD", "pm_declined");
    (void)office_run(&o, "2025-01-01", "two"); /* a second run of the date */
    const struct command then[] = {credit("INV-2025-000002", "9", NOTE_DEFAULT)};
    do_all(&o, then, 1);
    (void)office_run(&o, "2025-01-01", "three");
    assert_same_files("two", "three");
    struct str csv = office_read("three", "invoices.csv");
    assert_str(cell(csv, 1, "status"), "void");
    assert_str(cell(csv, 2, "status"), "uncollectible");
    assert_str(cell(csv, 2, "written_off"), "29.00");
    office_close(&o);
}
