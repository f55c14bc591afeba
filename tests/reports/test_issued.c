/* SPDX-License-Identifier: MIT */
/* test_issued.c - what a run made into files can be told from everything else for ever. */
#include <sys/stat.h>
#include <unistd.h>

#include "reports/file_digest.h"
#include "tests/reports/office.h"
#include "tests/reports/paper.h"

static struct office o;

static void begin(void)
{
    test_begin();
    o = (struct office){0};
    office_open(&o, "ledger", "2025-01-01");
    office_fill(&o);
    (void)office_run(&o, "2025-01-31", "out");
}

static void end(void)
{
    office_close(&o);
    test_end();
}

TestSuite(issued, .init = begin, .fini = end);

static struct issued_check check(const char *folder)
{
    struct issued_check c;
    assert_ok(check_issued(&c, o.l, test_path(folder), A, E));
    return c;
}

static const char *first_pdf(void)
{
    struct str number = cell(office_read("out", "invoices.csv"), 1, "document_number");
    return test_path(str_format(A, "out/pdf/%.*s.pdf", STR_ARG(number)).ptr);
}

Test(issued, the_files_of_a_run_are_those_that_were_issued)
{
    struct issued_check c = check("out");
    assert_int(c.as_issued, count_rows(office_read("out", "invoices.csv")));
    assert_int(c.others, 4); /* three registers and the manifest */
    assert_int(c.files, c.as_issued + c.others);
    assert_int(c.differing + c.never_noted, 0);
}

Test(issued, a_byte_that_was_changed_is_found)
{
    const char *path = first_pdf();
    struct str was = test_read(path);
    char *changed = str_copy(A, was).len > 0 ? (char *)arena_take(A, was.len, 1) : NULL;
    memcpy(changed, was.ptr, was.len);
    changed[was.len / 2] ^= 1;
    test_write(path, (struct str){changed, was.len});
    struct issued_check c = check("out");
    assert_int(c.differing, 1);
    cr_assert_not_null(strstr(c.first.ptr, "is not the document that was issued"), "%s", c.first.ptr);
    test_write(path, (struct str){was.ptr, was.len - 1});
    assert_int(check("out").differing, 1);
}

/* As when a newer program draws it otherwise. */
Test(issued, a_document_that_was_issued_twice_is_either_file)
{
    const char *path = first_pdf();
    struct issued_check before = check("out");
    struct str first = test_read(path);
    struct buffer second = {.arena = A};
    buffer_add(&second, first.ptr, first.len);
    buffer_print(&second, "%% drawn once more\n");
    test_write(path, (struct str){(const char *)second.ptr, second.len});
    assert_int(check("out").differing, 1);
    struct issued_file file = {.invoice = 1, .form = DOCUMENT_PDF};
    assert_ok(file_digest(&file.sha256, &file.bytes, path, E));
    assert_ok(note_issued(o.l, &file, 1, STR("ann"), E));
    assert_int(check("out").as_issued, before.as_issued);
    test_write(path, first);
    assert_int(check("out").as_issued, before.as_issued);
}

Test(issued, a_document_under_another_number_is_found)
{
    const char *path = first_pdf();
    struct str number = cell(office_read("out", "invoices.csv"), 2, "document_number");
    const char *other = test_path(str_format(A, "out/pdf/%.*s.pdf", STR_ARG(number)).ptr);
    assert_int(rename(path, other), 0);
    assert_int(check("out").differing, 1);
}

Test(issued, a_document_of_which_no_file_was_made_has_none)
{
    struct run_summary s = {0};
    struct run_options without = office_options(&o, "2025-02-28", "later");
    without.without_pdf = true;
    assert_ok(nightly_run(&s, o.l, &without, A, E));
    struct str number = cell(office_read("later", "invoices.csv"), 1, "document_number");
    test_write(test_path(str_format(A, "later/%.*s.pdf", STR_ARG(number)).ptr), STR("%PDF-1.7 made by hand"));
    struct issued_check c = check("later");
    assert_int(c.never_noted, 1);
    cr_assert_not_null(strstr(c.first.ptr, "of which no file was noted"), "%s", c.first.ptr);
}

static struct str registered(void)
{
    struct report_query q = {.from = day("2025-01-01"), .to = day("2025-02-28")};
    assert_ok(report_find(STR("invoices"))->run(o.l, &q, test_path("register.csv"), A, E));
    return test_read(test_path("register.csv"));
}

/* What is attached to a document: tests/interop/test_einvoices.sh. */
Test(issued, the_register_has_the_hash_of_the_file_that_a_customer_got)
{
    struct str was = office_read("out", "invoices.csv"), now = registered();
    assert_int(count_rows(now), count_rows(was));
    for (size_t row = 1; row <= count_rows(now); row++) {
        struct str number = cell(now, row, "document_number");
        struct str pdf = office_read("out", str_format(A, "pdf/%.*s.pdf", STR_ARG(number)).ptr);
        cr_assert(str_equal(cell(now, row, "pdf_sha256"), sha256_of(pdf)));
        assert_str(cell(now, row, "xml_sha256"), "");
    }
}

Test(issued, the_register_has_no_hash_of_what_was_never_made)
{
    struct run_summary s = {0};
    struct run_options without = office_options(&o, "2025-02-28", "later");
    without.without_pdf = true;
    assert_ok(nightly_run(&s, o.l, &without, A, E));
    struct str register_ = registered();
    size_t last = count_rows(register_);
    cr_assert(last > count_rows(office_read("out", "invoices.csv")));
    assert_str(cell(register_, last, "pdf_sha256"), "");
    assert_str(cell(register_, last, "xml_sha256"), "");
}

Test(issued, a_document_made_again_is_held_against_what_was_noted_of_it)
{
    struct views_txn *t = NULL;
    struct invoice v = {0};
    struct made_again made;
    assert_ok(ledger_read_begin(&t, o.l, E));
    assert_ok(find_invoice(&v, t, STR("INV-2025-000001"), A, E));
    ledger_read_end(o.l, t);
    assert_ok(check_made_again(&made, o.l, v.invoice, A, E));
    cr_assert(made.noted && made.as_noted);
}

Test(issued, a_document_that_comes_out_otherwise_than_noted_is_told)
{
    struct views_txn *t = NULL;
    struct invoice v = {0};
    struct made_again made;
    struct run_summary s = {0};
    struct run_options without = office_options(&o, "2025-02-28", "later");
    without.without_pdf = true;
    assert_ok(nightly_run(&s, o.l, &without, A, E));
    assert_ok(ledger_read_begin(&t, o.l, E));
    assert_ok(find_invoice(&v, t, cell(registered(), count_rows(registered()), "document_number"), A, E));
    ledger_read_end(o.l, t);
    assert_ok(check_made_again(&made, o.l, v.invoice, A, E));
    cr_assert(!made.noted && !made.as_noted);
    struct issued_file other = {v.invoice, DOCUMENT_PDF, {{1, 2, 3}}, 4711}; /* of another program */
    assert_ok(note_issued(o.l, &other, 1, STR("tester"), E));
    assert_ok(check_made_again(&made, o.l, v.invoice, A, E));
    cr_assert(made.noted && !made.as_noted);
}

Test(issued, a_second_run_notes_nothing_again_and_a_folder_that_is_not_there_is_said)
{
    uint64_t records = office_records(&o);
    (void)office_run(&o, "2025-01-31", "again");
    assert_int(office_records(&o), records);
    struct issued_check c;
    assert_err_says(check_issued(&c, o.l, test_path("nowhere"), A, E), ERR_STORAGE, "cannot read '");
}

Test(issued, links_are_not_followed)
{
    const char *path = first_pdf();
    const char *aside = test_path("aside.pdf");
    assert_int(rename(path, aside), 0);
    assert_int(symlink(aside, path), 0);
    struct issued_check c = check("out");
    assert_int(c.as_issued, count_rows(office_read("out", "invoices.csv")) - 1);
}
