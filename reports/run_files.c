/* SPDX-License-Identifier: MIT */
/* run_files.c - the files of a date's runs, from the views alone: one walk over the documents in order gives
 * the registers, the PDFs and the totals. It writes no event but the hashes of what was made, which change
 * no file. */
#include "reports/press.h"
#include "reports/register.h"
#include "reports/run.h"

enum { FORGET_EVERY = 512, TELL_EVERY = 256 };

struct filing {
    struct nightly *nightly;
    struct views_txn *txn;
    struct run *runs;
    size_t runs_count;
    struct late late;
    struct run_sums *sums; /* one a run */
    size_t at;             /* the run that is being walked */
    struct sheet *invoices, *lines;
    struct press *press;       /* NULL: without PDFs */
    struct press_sheet single; /* for rows without PDFs */
    struct logo_shelf logos;   /* outlive the press */
    struct arena *row;
    struct buffer in_set; /* a bit an invoice, from `first` on */
    uint64_t first;
    struct number_range numbers; /* of invoices */
    struct run_manifest manifest;
    size_t files_capacity;
    struct issued_file *issued; /* all of the set; noted in the ledger when the files are there */
    size_t issued_count, issued_capacity;
    uint64_t done, total;
};

static bool wants_files(const struct filing *f)
{
    return f->nightly->folder.fd >= 0;
}

/* ---- which documents belong to the set ---- */

static void set_add(struct filing *f, uint64_t invoice)
{
    if (f->first == 0) f->first = invoice;
    assert(invoice >= f->first);
    uint64_t bit = invoice - f->first;
    while (f->in_set.len <= bit / 8) buffer_add_byte(&f->in_set, 0);
    f->in_set.ptr[bit / 8] = (uint8_t)(f->in_set.ptr[bit / 8] | 1U << bit % 8);
}

static bool set_has(const struct filing *f, uint64_t invoice)
{
    if (f->first == 0 || invoice < f->first) return false;
    uint64_t bit = invoice - f->first;
    return bit / 8 < f->in_set.len && (f->in_set.ptr[bit / 8] & 1U << bit % 8) != 0;
}

/* ---- one document ---- */

static void add_file(struct filing *f, const char *name, uint64_t bytes, const struct hash *sha256)
{
    struct run_manifest *m = &f->manifest;
    if (m->files_count == f->files_capacity) {
        f->files_capacity = f->files_capacity == 0 ? 64 : 2 * f->files_capacity;
        struct run_file *grown = realloc(m->files, f->files_capacity * sizeof *grown);
        if (grown == NULL) WRONG("out of memory");
        m->files = grown;
    }
    m->files[m->files_count++] = (struct run_file){name, bytes, *sha256};
    f->nightly->summary->files++;
}

static void add_issued(struct filing *f, const struct issued_file *file)
{
    if (f->issued_count == f->issued_capacity) {
        f->issued_capacity = f->issued_capacity == 0 ? 64 : 2 * f->issued_capacity;
        struct issued_file *grown = realloc(f->issued, f->issued_capacity * sizeof *grown);
        if (grown == NULL) WRONG("out of memory");
        f->issued = grown;
    }
    f->issued[f->issued_count++] = *file;
}

static void add_drawn(struct filing *f, const struct press_sheet *s)
{
    struct issued_file pdf = {s->invoice.invoice, DOCUMENT_PDF, s->sha256, s->bytes};
    struct issued_file attached = {s->invoice.invoice, DOCUMENT_CII, s->einvoice_sha256, s->einvoice_bytes};
    add_issued(f, &pdf);
    if (attached.bytes > 0) add_issued(f, &attached);
}

/* Everything else of the night is written all the same, and the next try comes to the same. */
static void note_undrawn(struct filing *f, const struct press_sheet *s)
{
    struct run_summary *sum = f->nightly->summary;
    struct arena *a = f->nightly->arena;
    if (sum->undrawn == NULL) sum->undrawn = arena_array_of(a, struct run_failure, FAILURES_TOLD);
    sum->not_drawn++;
    if (sum->undrawn_count == FAILURES_TOLD) return;
    sum->undrawn[sum->undrawn_count++] = (struct run_failure){.customer = s->invoice.customer,
                                                              .user = str_copy(a, s->parts.buyer.user),
                                                              .why = str_copy(a, str_of(s->error.text))};
}

/* Called in the order of the documents, whichever was set first. */
static enum err put_document(void *context, const struct press_sheet *s, struct error *e)
{
    struct filing *f = context;
    struct nightly *n = f->nightly;
    bool drawn = f->press != NULL && s->err == OK;
    (void)e;
    struct register_entry entry = {.invoice = &s->invoice,
                                   .buyer = &s->parts.buyer,
                                   .credits = s->credits,
                                   .pdf = drawn ? &s->sha256 : NULL,
                                   .xml = drawn && s->einvoice_bytes > 0 ? &s->einvoice_sha256 : NULL,
                                   .rehearsed = n->o->dry_run};
    register_put_invoice(f->invoices, &entry, s->arena);
    register_put_lines(f->lines, &entry, s->arena);
    if (f->press != NULL && !drawn) note_undrawn(f, s);
    if (drawn) {
        const char *name = str_format(n->arena, "pdf/%.*s.pdf", STR_ARG(s->invoice.number)).ptr;
        add_file(f, name, s->bytes, &s->sha256);
        add_drawn(f, s);
        n->summary->pdfs++;
    }
    if (++f->done % TELL_EVERY == 0) run_progress(n, "files", f->done, f->total);
    return OK;
}

/* A sheet for the press holds copies: the row and the views' values are gone before it is set. */
static enum err press_document(struct filing *f, const struct invoice *v, struct error *e)
{
    struct press_sheet *s = NULL;
    struct document_parts parts = {0};
    enum err err = document_gather(&parts, f->nightly->ledger, f->txn, v, &f->logos, f->row, e);
    if (err == OK) err = press_take(&s, f->press, e);
    if (err != OK) return err;
    err = register_credits(&s->credits, f->txn, v, s->arena, e);
    if (err != OK) return err;
    schema_copy(&s->invoice, &schema_invoice, v, s->arena);
    document_copy(&s->parts, &parts, s->arena);
    press_submit(f->press);
    return OK;
}

static enum err write_document(struct filing *f, const struct invoice *v, struct error *e)
{
    struct press_sheet *s = &f->single;
    arena_reset(s->arena);
    s->invoice = *v;
    enum err err = load_customer_version(&s->parts.buyer, f->txn, v->customer, v->buyer_version, f->row, e);
    if (err == OK) err = register_credits(&s->credits, f->txn, v, f->row, e);
    return err == OK ? put_document(f, s, e) : err;
}

static enum err visit_document(void *context, const struct invoice *row, struct error *e)
{
    struct filing *f = context;
    struct invoice v = *row;
    enum err err = run_goes_on(f->nightly, e);
    if (err == OK) err = late_undo(&v, &f->late, e);
    if (err == OK) err = run_sums_add(&f->sums[f->at], &v, f->nightly->arena, e);
    if (err == OK && wants_files(f))
        err = f->press != NULL ? press_document(f, &v, e) : write_document(f, &v, e);
    if (err != OK) return err;
    set_add(f, v.invoice);
    if (v.kind == INVOICE_INVOICE) number_range_extend(&f->numbers, v.number);
    f->manifest.documents++;
    f->manifest.lines += v.lines_count;
    arena_reset(f->row);
    if (f->manifest.documents % FORGET_EVERY == 0 && !f->nightly->o->dry_run) views_forget(f->txn);
    return OK;
}

/* ---- payments of the set, as they stand now ---- */

static enum err count_payment(void *context, const struct transaction *row, struct error *e)
{
    struct filing *f = context;
    struct run_summary *s = f->nightly->summary;
    (void)e;
    bool older = row->invoice != 0 && row->at.us < f->runs[0].started_at.us;
    if (!older && row->kind == TRANSACTION_PAYMENT && set_has(f, row->invoice)) {
        if (row->status == TRANSACTION_PENDING)
            s->payments_pending++;
        else if (row->status == TRANSACTION_FAILED)
            s->payments_failed++;
        else
            s->payments_completed++;
    }
    arena_reset(f->row);
    return older ? ERR_NOT_FOUND : OK;
}

static enum err count_payments(struct filing *f, struct error *e)
{
    struct list_query all = {.status = -1};
    if (f->first == 0) return OK;
    return list_transactions(f->txn, &all, count_payment, f, f->row, e);
}

/* ---- the set ---- */

static enum err walk_documents(struct filing *f, struct error *e)
{
    for (f->at = 0; f->at < f->runs_count; f->at++) {
        enum err err = run_sums_begin(&f->sums[f->at], &f->runs[f->at], f->txn, f->nightly->arena, e);
        if (err == OK) err = list_run_invoices(f->txn, f->runs[f->at].run, visit_document, f, f->row, e);
        if (err == OK) err = run_sums_check(&f->sums[f->at], e);
        if (err != OK) return err;
    }
    return f->press != NULL ? press_finish(f->press, e) : OK;
}

static enum err begin_files(struct filing *f, struct error *e)
{
    struct nightly *n = f->nightly;
    struct arena *a = n->arena;
    bool with_pdf = !n->o->dry_run && !n->o->without_pdf;
    enum err err = out_folder_begin_files(&n->folder, a, e);
    if (err == OK)
        err = csv_begin(&f->invoices, out_folder_file(&n->folder, "invoices.csv", a), invoices_header, a, e);
    if (err == OK)
        err = csv_begin(&f->lines, out_folder_file(&n->folder, "invoice_lines.csv", a), invoice_lines_header,
                        a, e);
    if (err == OK && with_pdf) err = press_open(&f->press, n->folder.pdf, n->o->jobs, put_document, f, e);
    return err;
}

static enum err finish_csv(struct filing *f, struct sheet *c, const char *name, struct error *e)
{
    struct sheet_summary s = {0};
    enum err err = sheet_finish(&s, c, e);
    if (err == OK) add_file(f, name, s.bytes, &s.sha256);
    return err;
}

static enum err finish_files(struct filing *f, struct error *e)
{
    struct nightly *n = f->nightly;
    struct sheet_summary control = {0};
    run_progress(n, "files", f->done, f->total);
    enum err err = finish_csv(f, f->invoices, "invoices.csv", e);
    if (err == OK) err = finish_csv(f, f->lines, "invoice_lines.csv", e);
    if (err == OK) err = batch_control_write(&control, n, f->sums, f->runs_count, e);
    if (err != OK) return err;
    add_file(f, "batch_control.csv", control.bytes, &control.sha256);
    err = out_folder_sync(&n->folder, e);
    if (err == OK) err = run_manifest_write(n, &f->manifest, e);
    if (err == OK) n->summary->files++; /* the manifest itself */
    return err;
}

static void tell_numbers(struct filing *f)
{
    struct run_summary *s = f->nightly->summary;
    s->first_number = str_copy(f->nightly->arena, str_of(f->numbers.first));
    s->last_number = str_copy(f->nightly->arena, str_of(f->numbers.last));
}

static enum err read_set(struct filing *f, struct error *e)
{
    struct nightly *n = f->nightly;
    struct view_cursor now = {0};
    uint64_t complete = 0;
    enum err err = runs_through(&f->runs, &f->runs_count, f->txn, n->o->through, n->arena, e);
    if (err == OK) err = views_cursor(&now, f->txn, e);
    if (err != OK) return err;
    for (size_t i = 0; i < f->runs_count; i++) {
        if (f->runs[i].finished_seq > complete) complete = f->runs[i].finished_seq;
        for (size_t k = 0; k < f->runs[i].totals_count; k++) f->total += f->runs[i].totals[k].invoices;
    }
    f->sums = arena_array_of(n->arena, struct run_sums, f->runs_count);
    f->manifest.sums = f->sums;
    f->manifest.sums_count = f->runs_count;
    bool all_there = n->o->dry_run || complete == 0;
    return all_there ? OK : late_read(&f->late, n->ledger, complete + 1, now.seq, n->arena, e);
}

static enum err make_files(struct filing *f, struct error *e)
{
    struct nightly *n = f->nightly;
    enum err err = read_set(f, e);
    if (err == OK && wants_files(f)) err = begin_files(f, e);
    if (err == OK) err = walk_documents(f, e);
    if (err == OK) err = count_payments(f, e);
    tell_numbers(f);
    if (err == OK) err = run_sums_summarize(n, f->sums, f->runs_count, e);
    return err == OK && wants_files(f) ? finish_files(f, e) : err;
}

enum err run_files(struct nightly *n, struct error *e)
{
    struct filing f = {
        .nightly = n, .logos = {.arena = n->arena}, .row = arena_new(), .single = {.arena = arena_new()}};
    struct log_state state = {0};
    enum err err = log_state(&state, ledger_log(n->ledger), e);
    f.manifest.origin = state.origin;
    if (err == OK) err = ledger_read_begin(&f.txn, n->ledger, e);
    if (err == OK) err = make_files(&f, e);
    press_close(f.press);
    sheet_abandon(f.invoices);
    sheet_abandon(f.lines);
    ledger_read_end(n->ledger, f.txn);
    if (err == OK) err = note_issued(n->ledger, f.issued, f.issued_count, n->o->actor, e);
    arena_free(f.row);
    arena_free(f.single.arena);
    buffer_free(&f.in_set);
    free(f.manifest.files);
    free(f.issued);
    return err;
}
