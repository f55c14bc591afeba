/* SPDX-License-Identifier: MIT */
/* ask_verify.c - 'invoice verify': finalized invoices decided again from the records before them. It must
 * never call verified what could not be decided again. */
#include "billing/answers.h"

/* ---- the question ---- */

static enum err find_wanted(struct invoice *out, const struct call *c, struct str name, struct error *e)
{
    struct views_txn *t = NULL;
    enum err err = ledger_read_begin(&t, c->service->ledger, e);
    if (err != OK) return err;
    err = find_invoice(out, t, name, c->arena, e);
    ledger_read_end(c->service->ledger, t);
    return err;
}

static void verify_progress(void *context, uint64_t done, uint64_t total)
{
    const struct service *s = context;
    s->progress(s->progress_context, "verifying", done, total);
}

/* The file that the customer has, of one document; null where none was noted, or its customer was erased. */
static enum err check_files(json_t *j, bool *differs, const struct call *c, const struct invoice *wanted,
                            struct error *e)
{
    struct made_again made = {0};
    *differs = false;
    if (wanted->invoice == 0) return OK;
    enum err err = check_made_again(&made, c->service->ledger, wanted->invoice, c->arena, e);
    bool unknown = err == ERR_REFUSED || (err == OK && !made.noted);
    if (err != OK && err != ERR_REFUSED) return err;
    if (unknown)
        member_put(j, "file_as_issued", json_null());
    else
        member_flag(j, "file_as_issued", made.as_noted);
    *differs = !unknown && !made.as_noted;
    return OK;
}

enum err ask_invoice_verify(const struct call *c, struct error *e)
{
    const struct invoice_verify_query *q = c->query;
    struct document_checks v = {.arena = c->arena};
    struct invoice wanted = {0};
    log_progress_fn *told = c->service->progress == NULL ? NULL : verify_progress;
    enum err err = q->invoice.len == 0 ? OK : find_wanted(&wanted, c, q->invoice, e);
    if (err != OK) return err;
    v.wanted = wanted.invoice;
    uint64_t from = v.wanted == 0 ? 0 : wanted.seq, to = v.wanted == 0 ? UINT64_MAX : wanted.seq + 1;
    err = ledger_recompute(c->service->ledger, from, to, document_check, &v, told, c->service, e);
    if (err != OK) return err;
    json_t *j = object_new();
    if (v.wanted != 0) member_text(j, "invoice_number", wanted.number);
    member_flag(j, "verified", v.verified == v.checked && (v.checked > 0 || v.wanted == 0));
    if (v.wanted == 0) member_flag(j, "nothing_to_verify", v.checked == 0);
    member_count(j, "invoices", v.checked);
    member_count(j, "invoices_verified", v.verified);
    member_count(j, "invoices_differing", v.differing);
    member_count(j, "invoices_not_verifiable", v.older + v.incomplete);
    member_text_or_null(j, "first_fault", v.first);
    bool differs = false;
    err = check_files(j, &differs, c, &wanted, e);
    if (err == OK) err = c->answer->take(c->answer->self, j, false, e);
    if (err != OK) return err;
    if (v.wanted != 0 && v.checked == 0)
        return fail(e, ERR_INCOMPLETE, "invoice %.*s: its record does not hold it", STR_ARG(wanted.number));
    if (v.differing > 0) return fail(e, ERR_TAMPERED, "invoice %.*s", STR_ARG(v.first));
    if (v.older + v.incomplete > 0) return fail(e, ERR_INCOMPLETE, "invoice %.*s", STR_ARG(v.first));
    if (!differs) return OK;
    return fail(e, ERR_INCOMPLETE,
                "invoice %.*s: its file comes out otherwise than as it was issued, as "
                "another version of the program may have made it",
                STR_ARG(wanted.number));
}
