/* SPDX-License-Identifier: MIT */
/* test_receipts.c - receipts beside the PDFs of a run: each leads from its own document's record to the
 * checkpoint, checked as a stranger checks it; and a folder that they do not belong to gets none. */
#include "tests/reports/office.h"

TestSuite(receipts, .init = test_begin, .fini = test_end);

static struct ledger_checkpoint sign(struct office *o, struct note_key *key)
{
    struct ledger_checkpoint p = {.path = NULL};
    struct str public = STR_NONE;
    if (!file_exists(test_path("signer")))
        assert_ok(ledger_new_checkpoint_key(&public, o->l, test_path("signer"), A, E));
    struct checkpoint_how how = {.key_file = test_path("signer")};
    assert_ok(ledger_checkpoint(&p, o->l, &how, A, E));
    assert_ok(note_key_parse(key, test_read(test_path("signer.pub")), A, E));
    return p;
}

static struct receipts_summary write_receipts(struct office *o, const char *out)
{
    struct receipts_summary s = {.written = 0};
    assert_ok(receipts_write(&s, o->l, test_path(out), NULL, NULL, NULL, A, E));
    return s;
}

/* The record whose leaf hash stands on the document is the one that the receipt is of, and no other. */
static void check_receipt(struct office *o, const struct note_key *key, struct str number)
{
    struct views_txn *t = NULL;
    struct invoice v = {0};
    struct proof_text p = {.number = 0};
    struct checkpoint at = {.size = 0};
    assert_ok(ledger_read_begin(&t, o->l, E));
    assert_ok(find_invoice(&v, t, number, A, E));
    ledger_read_end(o->l, t);
    struct str name = str_format(A, "pdf/%.*s.tlog-proof", STR_ARG(number));
    assert_ok(proof_text_read(&p, office_read("out", name.ptr), A, E));
    assert_int(p.number, v.seq);
    assert_ok(proof_check_record(&at, &p, key, &v.leaf, A, E));
    v.leaf.bytes[0] ^= 1;
    cr_assert_eq(proof_check_record(&at, &p, key, &v.leaf, A, E), ERR_TAMPERED);
}

Test(receipts, each_document_of_a_run_has_one_that_leads_to_the_checkpoint)
{
    struct office o = {0};
    struct note_key key = {0};
    office_open(&o, "ledger", "2025-01-01");
    office_fill(&o);
    struct run_summary run = office_run(&o, "2025-01-31", "out");
    struct str manifest = office_read("out", "run.json");
    struct ledger_checkpoint p = sign(&o, &key);
    struct receipts_summary s = write_receipts(&o, "out");
    assert_int(s.written, run.pdfs);
    assert_int(s.without_pdf, 0);
    assert_int(s.leads_to.size, p.head.size);
    struct str rows = office_read("out", "invoices.csv");
    for (size_t row = 1; row <= count_rows(rows); row++)
        check_receipt(&o, &key, cell(rows, row, "document_number"));
    cr_assert(str_equal(office_read("out", "run.json"), manifest));
    office_close(&o);
}

Test(receipts, neither_the_run_nor_they_disturb_each_other)
{
    struct office o = {0};
    struct note_key key = {0};
    office_open(&o, "ledger", "2025-01-01");
    office_fill(&o);
    (void)office_run(&o, "2025-01-31", "out");
    struct str manifest = office_read("out", "run.json");
    (void)sign(&o, &key);
    (void)write_receipts(&o, "out");
    (void)office_run(&o, "2025-01-31", "out");
    cr_assert(str_equal(office_read("out", "run.json"), manifest));
    check_receipt(&o, &key, STR("INV-2025-000001"));
    /* The next month's checkpoint gives newer ones, which are as good. */
    (void)office_run(&o, "2025-02-28", "next");
    (void)sign(&o, &key);
    struct str before = office_read("out", "pdf/INV-2025-000001.tlog-proof");
    (void)write_receipts(&o, "out");
    cr_assert(!str_equal(office_read("out", "pdf/INV-2025-000001.tlog-proof"), before));
    check_receipt(&o, &key, STR("INV-2025-000001"));
    office_close(&o);
}

Test(receipts, a_document_without_a_pdf_gets_none)
{
    struct office o = {0};
    struct note_key key = {0};
    office_open(&o, "ledger", "2025-01-01");
    office_fill(&o);
    struct run_summary run = office_run(&o, "2025-01-31", "out");
    cr_assert_eq(remove(test_path("out/pdf/INV-2025-000003.pdf")), 0);
    (void)sign(&o, &key);
    struct receipts_summary s = write_receipts(&o, "out");
    assert_int(s.written, run.pdfs - 1);
    assert_int(s.without_pdf, 1);
    cr_assert(!file_exists(test_path("out/pdf/INV-2025-000003.tlog-proof")));
    office_close(&o);
}

static void refused(struct office *o, const char *out, enum err code, const char *why)
{
    struct receipts_summary s = {.written = 0};
    assert_err_says(receipts_write(&s, o->l, test_path(out), NULL, NULL, NULL, A, E), code, why);
    assert_int(s.written, 0);
}

Test(receipts, a_folder_that_they_do_not_belong_to_is_refused)
{
    struct office o = {0};
    struct note_key key = {0};
    office_open(&o, "ledger", "2025-01-01");
    office_fill(&o);
    (void)sign(&o, &key);
    refused(&o, "out", ERR_NOT_FOUND, "there is no folder");
    assert_ok(dir_make(test_path("out"), 0755, E));
    refused(&o, "out", ERR_NOT_FOUND, "no run ended there");
    struct run_summary run = {0};
    struct run_options dry = office_options(&o, "2025-01-31", "dry");
    dry.dry_run = true;
    assert_ok(nightly_run(&run, o.l, &dry, A, E));
    refused(&o, "dry", ERR_INVALID, "is of a dry run");
    (void)office_run(&o, "2025-01-31", "out");
    refused(&o, "out", ERR_NOT_FOUND, "'daybook audit checkpoint' signs a newer one");
    (void)sign(&o, &key);
    (void)write_receipts(&o, "out");
    test_write(test_path("out/run.json"),
               STR("{\n  \"ledger\": \"daybook/ffffffffffffffff\",\n  \"through\": "
                   "\"2025-01-31\",\n  \"dry_run\": false,\n"));
    refused(&o, "out", ERR_INVALID, "is of another ledger's run");
    test_write(test_path("out/run.json"), STR("{}"));
    refused(&o, "out", ERR_INVALID, "is not what a run writes");
    refused(&o, "ledger", ERR_INVALID, "");
    office_close(&o);
}
