/* SPDX-License-Identifier: MIT */
/* run.c - the nightly run as a story: look at the folder, bring the ledger up to the date, write the files.
 * Events come first and are durable before any file is begun, so that whatever interrupts it, the same call
 * finishes it. */
#include "reports/run.h"

void run_progress(const struct nightly *n, const char *stage, uint64_t done, uint64_t total)
{
    if (n->o->progress != NULL) n->o->progress(n->o->progress_context, stage, done, total);
}

enum err run_goes_on(const struct nightly *n, struct error *e)
{
    if (n->o->stops == NULL || !n->o->stops(n->o->stops_context)) return OK;
    return fail(e, ERR_INCOMPLETE, "stopped, as it was told to; the next one goes on from there");
}

/* Before anything is made in it, or removed: the folder, the one of the PDFs, and the files by name. */
static enum err check_folder(const struct nightly *n, struct error *e)
{
    static const char *const parts[] = {
        "", "pdf", "invoices.csv", "invoice_lines.csv", "batch_control.csv", "run.json"};
    enum err err = OK;
    if (n->o->out_dir == NULL) return OK;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0] && err == OK; i++) {
        const char *slash = parts[i][0] == '\0' ? "" : "/";
        struct str path = str_format(n->arena, "%s%s%s", n->o->out_dir, slash, parts[i]);
        err = ledger_guard_output(n->ledger, path.ptr, e);
    }
    return err;
}

/* Where invoices need approval, nothing is finalized without a draft. */
static enum err check_mode(const struct nightly *n, struct error *e)
{
    struct views_txn *t = NULL;
    struct seller s = {0};
    if (n->o->mode != BILL_WHOLE || n->o->dry_run) return OK;
    enum err err = ledger_read_begin(&t, n->ledger, e);
    if (err != OK) return err;
    err = load_seller(&s, t, 0, n->arena, e);
    ledger_read_end(n->ledger, t);
    if (err == ERR_NOT_FOUND || (err == OK && s.approval != YES_NO_YES)) return OK;
    if (err != OK) return err;
    return fail(e, ERR_REFUSED, "invoices need approval: draft them, approve them, then finalize the drafts");
}

static enum err run_steps(struct nightly *n, struct error *e)
{
    bool with_pdf = !n->o->dry_run && !n->o->without_pdf;
    enum err err = check_mode(n, e);
    if (err == OK) err = check_folder(n, e);
    if (err == OK && n->o->out_dir != NULL)
        err = out_folder_open(&n->folder, n->o->out_dir, with_pdf, n->arena, e);
    if (err == OK) err = run_bill(n, e);
    if (err == OK) err = run_goes_on(n, e);
    if (err == OK) err = run_check(n, e);
    if (err == OK && n->o->mode != BILL_DRAFT) err = run_files(n, e);
    out_folder_close(&n->folder);
    return err;
}

enum err nightly_run(struct run_summary *out, struct ledger *l, const struct run_options *o, struct arena *a,
                     struct error *e)
{
    struct nightly n = {.ledger = l, .o = o, .summary = out, .arena = a, .folder = {.fd = -1}};
    *out = (struct run_summary){.through = o->through};
    if (!date_is_given(o->through))
        return fail(e, ERR_INVALID, "a nightly run wants the date that it bills through");
    run_watch_gateway(&n);
    enum err err = o->dry_run ? ledger_rehearse_begin(l, e) : OK;
    if (err == OK) err = run_steps(&n, e);
    if (o->dry_run) {
        ledger_rehearse_end(l);
        out->wrote_events = false; /* none of them was kept */
    }
    if (err == OK) return OK;
    return wrap(e, "nightly run through %.*s", STR_ARG(date_text(a, o->through)));
}
