/* SPDX-License-Identifier: MIT */
/* test_run_files.c - the files of a nightly run: the same bytes however they are made, totals that tie, a
 * manifest that can be checked, and what happens when they cannot be written. */
#include <sys/file.h>

#include "tests/reports/office.h"
#include "tests/reports/paper.h"

TestSuite(run_files, .init = test_begin, .fini = test_end);

Test(run_files, one_thread_and_four_write_the_same_bytes)
{
    struct office o = {0};
    office_open(&o, "ledger", "2025-01-01");
    office_fill(&o);
    for (int i = 10; i < 60; i++)
        office_subscribe(&o, str_format(A, "u%d", i).ptr, "basic", "USD", "pm_card");
    struct run_summary s = {0};
    struct run_options options = office_options(&o, "2025-01-31", "one");
    options.jobs = 1;
    assert_ok(nightly_run(&s, o.l, &options, A, E));
    assert_int(s.pdfs, 59);
    options.jobs = 4;
    options.out_dir = test_path("four");
    assert_ok(nightly_run(&s, o.l, &options, A, E));
    assert_same_files("one", "four");
    struct str invoices = office_read("one", "invoices.csv");
    for (size_t row = 1; row <= count_rows(invoices); row++) {
        struct str number = cell(invoices, row, "document_number");
        const char *name = str_format(A, "pdf/%.*s.pdf", STR_ARG(number)).ptr;
        cr_assert(str_equal(office_read("one", name), office_read("four", name)));
    }
    office_close(&o);
}

Test(run_files, the_manifest_has_the_hash_of_every_file_in_order)
{
    struct office o = {0};
    office_open(&o, "ledger", "2025-01-01");
    office_fill(&o);
    struct run_summary s = office_run(&o, "2025-01-31", "out");
    struct str text = office_read("out", "run.json");
    json_t *run = json_loadb(text.ptr, text.len, JSON_REJECT_DUPLICATES, NULL);
    cr_assert_not_null(run);
    json_t *listed = json_object_get(run, "files");
    assert_int(json_array_size(listed), s.files - 1);
    const char *before = "";
    for (size_t i = 0; i < json_array_size(listed); i++) {
        json_t *file = json_array_get(listed, i);
        const char *name = json_string_value(json_object_get(file, "name"));
        struct str content = office_read("out", name);
        cr_assert(strcmp(before, name) < 0, "%s after %s", name, before);
        assert_int(json_integer_value(json_object_get(file, "bytes")), content.len);
        assert_str(sha256_of(content), json_string_value(json_object_get(file, "sha256")));
        before = name;
    }
    json_t *after = json_object_get(json_object_get(run, "chain"), "after");
    /* The last records are those of the checks and the files themselves: the one before ended the run. */
    assert_int(json_integer_value(json_object_get(after, "seq")), office_records(&o) - 3);
    struct envelope issued = {0}, checked = {0};
    struct event_place place = {0};
    assert_ok(ledger_record(&issued, &place, o.l, office_records(&o) - 1, A, E));
    assert_ok(ledger_record(&checked, &place, o.l, office_records(&o) - 2, A, E));
    assert_int(checked.events[0].type, EVENT_RUN_CHECKED);
    assert_str(hex_text(A, place.prev.bytes, 32), json_string_value(json_object_get(after, "leaf")));
    assert_int(issued.events[0].type, EVENT_DOCUMENTS_ISSUED);
    assert_int(issued.events[0].documents_issued.files_count, s.pdfs);
    json_decref(run);
    office_close(&o);
}

Test(run_files, registers_and_control_totals_tie)
{
    struct office o = {0};
    office_open(&o, "ledger", "2025-01-01");
    office_fill(&o);
    (void)office_run(&o, "2025-01-31", NULL);
    (void)office_run(&o, "2025-02-28", "out");
    struct str invoices = office_read("out", "invoices.csv"), lines = office_read("out", "invoice_lines.csv");
    struct str control = office_read("out", "batch_control.csv");
    for (size_t row = 1; row <= count_rows(invoices); row++) {
        const char *number = str_cstring(A, cell(invoices, row, "document_number"));
        struct decimal net = {0}, rest = {0};
        assert_ok(decimal_parse(&net, cell(invoices, row, "net"), E));
        cr_assert_eq(decimal_compare(column_sum(lines, "net", "document_number", number), net), 0, "%s",
                     number);
        /* gross = paid + credited + written off + balance */
        assert_ok(decimal_parse(&rest, cell(invoices, row, "gross"), E));
        static const char *const parts[] = {"paid", "credited", "written_off", "balance"};
        for (size_t i = 0; i < 4; i++) {
            struct decimal part = {0};
            assert_ok(decimal_parse(&part, cell(invoices, row, parts[i]), E));
            assert_ok(decimal_subtract(&rest, rest, part, E));
        }
        cr_assert(decimal_is_zero(rest), "%s", number);
    }
    for (size_t row = 1; row <= count_rows(control); row++) {
        const char *currency = str_cstring(A, cell(control, row, "currency"));
        struct decimal gross = {0};
        assert_ok(decimal_parse(&gross, cell(control, row, "gross"), E));
        cr_assert_eq(decimal_compare(column_sum(invoices, "gross", "currency", currency), gross), 0, "%s",
                     currency);
        uint64_t counts[4] = {0};
        static const char *const names[] = {"candidates", "invoiced", "skipped", "failed"};
        for (size_t i = 0; i < 4; i++) assert_ok(uint_parse(&counts[i], cell(control, row, names[i]), E));
        assert_int(counts[0], counts[1] + counts[2] + counts[3]);
    }
    assert_int(count_rows(control), 3);
    office_close(&o);
}

Test(run_files, the_columns_are_those_that_accounting_asked_for)
{
    struct office o = {0};
    office_open(&o, "ledger", "2025-01-01");
    (void)office_run(&o, "2025-01-31", "out");
    cr_assert(str_starts(
        office_read("out", "invoices.csv"),
        "document_type,document_number,series,issue_date,due_date,tax_point,service_from,service_to,"
        "customer_id,customer_name,customer_country,customer_tax_id,currency,net,tax,gross,paid,credited,"
        "written_off,balance,status,credits_document,finalised_at,event_seq,event_hash,pdf_sha256,"
        "xml_sha256,discount,note,reason,wallet_applied,wallet_returned\r\n"));
    cr_assert(str_starts(
        office_read("out", "invoice_lines.csv"),
        "document_number,line_no,product_id,price_id,description,service_from,service_to,quantity,unit,"
        "unit_price,discount,net,tax_category,tax_rate,tax_jurisdiction,tax,revenue_account,event_seq,"
        "tax_codes,tax_inclusive,credits_document,credits_line\r\n"));
    cr_assert(str_starts(
        office_read("out", "batch_control.csv"),
        "run_id,job,started_at,finished_at,from_seq,to_seq,chain_head_before,chain_head_after,candidates,"
        "invoiced,skipped,failed,net,tax,gross,currency,first_number,last_number,program_version,"
        "config_sha256\r\n"));
    office_close(&o);
}

Test(run_files, others_can_read_the_csv_files)
{
    const char *script = test_shared("validators/check-csv.py");
    struct office o = {0};
    need("/usr/bin/python3");
    office_open(&o, "ledger", "2025-01-01");
    office_fill(&o);
    office_add_item(&o, "u0", "a \"quoted\", listed thing", "1.00");
    (void)office_run(&o, "2025-01-31", "out");
    const char *command =
        str_format(A, "/usr/bin/python3 %s --no-office %s/*.csv >&2", script, test_path("out")).ptr;
    assert_int(system(command), 0);
    office_close(&o);
}

Test(run_files, invoices_of_the_register_stand_in_the_chain)
{
    struct office o = {0};
    office_open(&o, "ledger", "2025-01-01");
    office_fill(&o);
    (void)office_run(&o, "2025-01-31", "out");
    struct str invoices = office_read("out", "invoices.csv");
    for (size_t row = 1; row <= count_rows(invoices); row++) {
        struct envelope v = {0};
        struct event_place place = {0};
        uint64_t seq = 0;
        assert_ok(uint_parse(&seq, cell(invoices, row, "event_seq"), E));
        assert_ok(ledger_record(&v, &place, o.l, seq, A, E));
        cr_assert(str_equal(hex_text(A, place.leaf.bytes, 32), cell(invoices, row, "event_hash")));
        const char *name = str_format(A, "pdf/%.*s.pdf", STR_ARG(cell(invoices, row, "document_number"))).ptr;
        cr_assert(str_equal(sha256_of(office_read("out", name)), cell(invoices, row, "pdf_sha256")));
    }
    office_close(&o);
}

Test(run_files, a_document_on_request_is_the_one_that_the_run_wrote)
{
    struct office o = {0};
    struct views_txn *t = NULL;
    struct invoice v = {0};
    struct buffer pdf = {.arena = A};
    office_open(&o, "ledger", "2025-01-01");
    office_fill(&o);
    (void)office_run(&o, "2025-01-31", "out");
    assert_ok(ledger_read_begin(&t, o.l, E));
    assert_ok(find_invoice(&v, t, STR("CN-2025-000001"), A, E));
    struct bytes attached = {0};
    assert_ok(invoice_pdf(&pdf, &attached, o.l, t, &v, A, E));
    ledger_read_end(o.l, t);
    struct str written = office_read("out", "pdf/CN-2025-000001.pdf");
    cr_assert(str_equal((struct str){(const char *)pdf.ptr, pdf.len}, written));
    office_close(&o);
}

/* ---- faults ---- */

Test(run_files, a_text_that_no_font_can_show_costs_its_own_pdf_alone)
{
    struct office o = {0};
    office_open(&o, "ledger", "2025-01-01");
    office_fill(&o);
    office_add_item(&o, "u4", "\u0e01\u0e23\u0e38\u0e07", "10");
    struct run_summary s = {0};
    struct run_options options = office_options(&o, "2025-01-31", "out");
    assert_ok(nightly_run(&s, o.l, &options, A, E));
    assert_int(s.invoiced, 9);
    assert_int(s.not_drawn, 1);
    assert_str(s.undrawn[0].user, "u4");
    assert_str(s.undrawn[0].why,
               "cannot draw Invoice INV-2025-000005: line 1: description: no font has the character U+0E01");
    cr_assert(!file_exists(test_path("out/pdf/INV-2025-000005.pdf")));
    struct str register_ = office_read("out", "invoices.csv"), first = office_read("out", "run.json");
    for (size_t row = 1; row <= count_rows(register_); row++) {
        bool drawn = !str_is(cell(register_, row, "document_number"), "INV-2025-000005");
        assert_int(cell(register_, row, "pdf_sha256").len, drawn ? 64 : 0);
    }
    assert_ok(nightly_run(&s, o.l, &options, A, E)); /* which comes to the same */
    cr_assert(!s.wrote_events);
    assert_int(s.not_drawn, 1);
    cr_assert(str_equal(office_read("out", "run.json"), first));
    office_close(&o);
}

Test(run_files, a_folder_that_is_in_use_is_refused_before_anything_is_billed)
{
    struct office o = {0};
    office_open(&o, "ledger", "2025-01-01");
    office_fill(&o);
    uint64_t records = office_records(&o);
    struct run_summary s = {0};
    struct run_options options = office_options(&o, "2025-01-31", "out");
    assert_ok(dir_make(options.out_dir, 0700, E));
    FILE *other = fopen(options.out_dir, "r");
    cr_assert_not_null(other);
    assert_int(flock(fileno(other), LOCK_EX), 0);
    assert_err_says(nightly_run(&s, o.l, &options, A, E), ERR_REFUSED, "another run is writing to");
    assert_int(office_records(&o), records);
    fclose(other);
    assert_ok(nightly_run(&s, o.l, &options, A, E));
    office_close(&o);
}

Test(run_files, an_out_folder_that_is_a_file_is_refused_before_anything_is_billed)
{
    struct office o = {0};
    office_open(&o, "ledger", "2025-01-01");
    office_fill(&o);
    uint64_t records = office_records(&o);
    struct run_summary s = {0};
    struct run_options options = office_options(&o, "2025-01-31", "out");
    test_write(options.out_dir, STR("a file"));
    cr_assert(nightly_run(&s, o.l, &options, A, E) != OK);
    assert_int(office_records(&o), records);
    office_close(&o);
}

Test(run_files, what_a_killed_writer_left_is_removed_and_nothing_else)
{
    struct office o = {0};
    office_open(&o, "ledger", "2025-01-01");
    office_fill(&o);
    assert_ok(dir_make(test_path("out/pdf"), 0700, E));
    /* No process has the highest number that the kernel could give. */
    test_write(test_path("out/.daybook-2147483647.0.tmp"), STR("half"));
    test_write(test_path("out/pdf/.daybook-2147483647.pdf0.tmp"), STR("half"));
    test_write(test_path("out/pdf/INV-2024-000001.pdf"), STR("of another set"));
    test_write(test_path("out/notes.txt"), STR("mine"));
    (void)office_run(&o, "2025-01-31", "out");
    assert_int(files_in("out"), 6);
    assert_int(files_in("out/pdf"), 10);
    office_close(&o);
}

Test(run_files, a_date_too_far_ahead_is_refused)
{
    struct office o = {0};
    office_open(&o, "ledger", "2025-01-01");
    struct run_summary s = {0};
    struct run_options options = office_options(&o, "2025-01-31", NULL);
    options.through = day("2035-01-31");
    assert_err_says(nightly_run(&s, o.l, &options, A, E), ERR_INVALID, "nightly run through 2035-01-31: ");
    options.through = (struct date){0};
    assert_err_says(nightly_run(&s, o.l, &options, A, E), ERR_INVALID, "wants the date");
    office_close(&o);
}
