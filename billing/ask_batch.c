/* SPDX-License-Identifier: MIT */
/* ask_batch.c - the long work: imports, the nightly run, reports, rebuilding, figures. */
#include "billing/access.h"
#include "billing/answers.h"
#include "billing/checkpoints.h"
#include "billing/daybook.h"

/* Whichever door it came by, the same program made the files: their bytes are the same. */
static const char program[] = "daybook " DAYBOOK_VERSION;

enum { COLUMN_NAME_BYTES = 64 };

static void progress(const struct service *s, const char *stage, uint64_t done, uint64_t total)
{
    if (s->progress != NULL) s->progress(s->progress_context, stage, done, total);
}

/* ---- imports ---- */

static void import_progress_told(void *context, uint64_t rows, uint64_t bytes_done, uint64_t bytes_total)
{
    bool file = bytes_done > 0; /* of what is in no file, objects are told */
    progress(context, "import", file ? bytes_done : rows, bytes_total);
}

/* Of each of Stripe's lists. */
static json_t *counts_json(const struct import_report *r)
{
    json_t *list = rows_new();
    for (size_t i = 0; i < r->counts_count; i++) {
        const struct import_count *n = &r->counts[i];
        json_t *j = object_new();
        member_text(j, "kind", str_of(choice_imported_kind.words[n->kind]));
        member_count(j, "read", n->read);
        member_count(j, "accepted", n->taken);
        member_count(j, "duplicates", n->known);
        member_count(j, "own", n->own);
        member_count(j, "rejected", n->refused);
        rows_add(list, j);
    }
    return list;
}

/* What moved at Stripe in each month, of all that was ever imported. */
static json_t *moved_json(const struct import_report *r)
{
    json_t *list = rows_new();
    for (size_t i = 0; i < r->totals_count; i++) {
        const struct imported_total *t = &r->totals[i];
        json_t *j = object_new();
        member_text(j, "currency", str_of(t->net.currency));
        member_date(j, "month", t->month);
        member_count(j, "transactions", t->transactions);
        member_money(j, "net", t->net);
        member_money(j, "opened", t->opened);
        rows_add(list, j);
    }
    return list;
}

static void put_stripe(json_t *j, const struct import_report *r)
{
    if (r->counts_count == 0) return;
    member_count(j, "left_out", r->left_out);
    member_put(j, "objects", counts_json(r));
    member_put(j, "balance", moved_json(r));
}

static json_t *import_json(const struct import_report *r)
{
    json_t *j = object_new();
    member_count(j, "rows", r->rows);
    member_count(j, "accepted", r->accepted);
    member_count(j, "duplicates", r->duplicates);
    member_count(j, "rejected", r->rejected);
    member_put(j, "first_seq", r->first_seq == 0 ? json_null() : json_integer((json_int_t)r->first_seq));
    member_put(j, "last_seq", r->last_seq == 0 ? json_null() : json_integer((json_int_t)r->last_seq));
    member_text_or_null(j, "rejects", r->rejects_path == NULL ? STR_NONE : str_of(r->rejects_path));
    member_text_or_null(j, "first_reject", r->first_reject);
    put_stripe(j, r);
    return j;
}

static enum err import_file(const struct call *c, struct str kind, struct import_options o, struct error *e)
{
    struct import_report r = {0};
    const struct importer *importer = importer_find(kind);
    if (importer == NULL) {
        struct str shown = text_quotable(kind);
        return fail(e, ERR_USAGE, "there is no import '%.*s': usage, customers, commands or stripe",
                    STR_ARG(shown));
    }
    o.actor = c->service->actor;
    o.may = access_check_inner;
    o.may_context = c->service;
    o.gateway = &c->service->gateway;
    o.progress = c->service->progress == NULL ? NULL : import_progress_told;
    o.progress_context = c->service;
    o.stops = c->service->stops;
    enum err err = importer->run(&r, c->service->ledger, &o, c->arena, e);
    struct error later = {0};
    if (err == OK && ledger_anchor(c->service->ledger, &later) != OK) {
        /* It stays behind, which does no harm; whoever closes the ledger tries again, and tells. */
    }
    return err == OK ? tell_one(c, import_json(&r), e) : err;
}

enum err ask_import(const struct call *c, struct error *e)
{
    const struct import_query *q = c->query;
    bool stripe = str_is(q->kind, "stripe");
    bool for_stripe =
        date_is_given(q->created_from) || date_is_given(q->cut) || q->user_from.len > 0 || q->only.len > 0;
    struct import_options o = {.path = path_or_null(q->file, c->arena),
                               .strict = q->strict,
                               .created_from = q->created_from,
                               .cut = q->cut,
                               .only = q->only,
                               .user_from = q->user_from};
    o.rejects_path = path_or_null(q->rejects, c->arena);
    if (!stripe && o.path == NULL) return fail(e, ERR_USAGE, "import: FILE is missing");
    if (!stripe && for_stripe)
        return fail(e, ERR_USAGE, "--created-from, --cut, --only and --user-from are for 'import stripe'");
    return import_file(c, q->kind, o, e);
}

enum err ask_usage_import(const struct call *c, struct error *e)
{
    const struct usage_import_query *q = c->query;
    struct import_options o = {.path = str_cstring(c->arena, q->file), .strict = q->strict};
    o.rejects_path = path_or_null(q->rejects, c->arena);
    return import_file(c, STR("usage"), o, e);
}

enum err ask_customer_import(const struct call *c, struct error *e)
{
    const struct customer_import_query *q = c->query;
    struct import_options o = {.path = str_cstring(c->arena, q->file), .strict = q->strict};
    o.rejects_path = path_or_null(q->rejects, c->arena);
    return import_file(c, STR("customers"), o, e);
}

/* ---- the nightly run ---- */

static json_t *totals_json(const struct run_summary *r)
{
    json_t *list = rows_new();
    for (size_t i = 0; i < r->totals_count; i++) {
        const struct run_total *t = &r->totals[i];
        json_t *j = object_new();
        member_count(j, "invoices", t->invoices);
        member_money(j, "net", t->net);
        member_money(j, "tax", t->tax);
        member_money(j, "gross", t->gross);
        member_text(j, "currency", str_of(t->gross.currency));
        rows_add(list, j);
    }
    return list;
}

static json_t *reasons_json(const struct run_failure *items, size_t count)
{
    json_t *list = rows_new();
    for (size_t i = 0; i < count; i++) {
        json_t *j = object_new();
        member_text(j, "user_id", items[i].user);
        member_text(j, "reason", items[i].why);
        rows_add(list, j);
    }
    return list;
}

/* Of the checks those that do not hold; how many there are is told beside them. */
static json_t *failing_json(const struct run_summary *r)
{
    json_t *list = rows_new();
    for (size_t i = 0; i < r->checks_count; i++) {
        if (r->checks[i].holds) continue;
        json_t *j = object_new();
        member_text(j, "check", r->checks[i].name);
        member_text(j, "says", r->checks[i].says);
        rows_add(list, j);
    }
    return list;
}

static json_t *run_json(const struct run_summary *r, const struct call *c, uint64_t not_asked,
                        const struct checkpoint_told *checkpoint, uint64_t receipts)
{
    const struct run_query *q = c->query;
    const struct stripe *stripe = c->service->stripe;
    json_t *j = object_new();
    member_date(j, "through", r->through);
    member_flag(j, "dry_run", q->dry_run);
    member_count(j, "runs", r->runs);
    member_count(j, "candidates", r->candidates);
    member_count(j, "invoiced", r->invoiced);
    member_count(j, "drafted", r->drafted);
    member_count(j, "skipped", r->skipped);
    member_count(j, "failed", r->failed);
    member_count(j, "payments_completed", r->payments_completed);
    member_count(j, "payments_failed", r->payments_failed);
    member_count(j, "payments_pending", r->payments_pending);
    member_not_asked(j, c, not_asked);
    member_text_or_null(j, "gateway_trouble", stripe == NULL ? STR_NONE : stripe_trouble(stripe));
    member_text_or_null(j, "first_number", r->first_number);
    member_text_or_null(j, "last_number", r->last_number);
    member_count(j, "files", r->files);
    member_count(j, "pdfs", r->pdfs);
    member_flag(j, "wrote_events", r->wrote_events);
    member_text_or_null(j, "out", q->out);
    member_checkpoint(j, checkpoint);
    member_count(j, "receipts", receipts);
    member_put(j, "totals", totals_json(r));
    member_count(j, "checks", r->checks_count);
    member_count(j, "checks_failing", r->checks_failing);
    member_put(j, "failing", failing_json(r));
    member_put(j, "failures", reasons_json(r->failures, r->failures_count));
    member_put(j, "not_drawn", reasons_json(r->undrawn, r->undrawn_count));
    return j;
}

static enum err not_all_billed(const struct run_summary *r, struct error *e)
{
    const struct run_failure *first = &r->failures[0];
    bool one = r->refused == 1;
    assert(r->failures_count > 0);
    return fail(e, ERR_INCOMPLETE, "%ju customer%s could not be billed%s '%.*s': %.*s", (uintmax_t)r->refused,
                one ? "" : "s", one ? ":" : "; the first,", STR_ARG(first->user), STR_ARG(first->why));
}

static enum err not_all_drawn(const struct run_summary *r, struct error *e)
{
    bool one = r->not_drawn == 1;
    assert(r->undrawn_count > 0);
    return fail(e, ERR_INCOMPLETE, "%ju document%s could not be drawn%s %.*s", (uintmax_t)r->not_drawn,
                one ? "" : "s", one ? ":" : "; the first:", STR_ARG(r->undrawn[0].why));
}

/* Its events and files are there; but somebody must look before anybody relies on them. */
static enum err not_tying(const struct run_summary *r, struct error *e)
{
    size_t first = 0;
    while (r->checks[first].holds) first++;
    return fail(e, ERR_TAMPERED, "the night is done, but the books do not tie: %.*s%s",
                STR_ARG(r->checks[first].says), r->checks_failing > 1 ? "; and more, see run.json" : "");
}

/* The night is done whatever becomes of this. An anchor that stays behind is told when the ledger is closed.
 */
static enum err sign_the_night(struct checkpoint_told *out, const struct call *c)
{
    struct service *s = c->service;
    struct error e = {0};
    if (ledger_anchor(s->ledger, &e) != OK) {
        /* Behind is no harm. */
    }
    if (s->checkpoints.key == NULL) return OK;
    enum err err = service_checkpoint(out, s, false, c->arena, &e);
    if (err != OK) out->trouble = str_copy(c->arena, str_of(e.text));
    return err;
}

/* Where a checkpoint covers the night, each of its PDFs gets its receipt. */
static enum err give_receipts(uint64_t *written, struct checkpoint_told *told, const struct call *c,
                              const struct run_summary *r)
{
    const struct run_query *q = c->query;
    const struct service *s = c->service;
    struct receipts_summary sum = {.written = 0};
    struct error e = {0};
    if (told->at.path == NULL || r->pdfs == 0) return OK;
    enum err err = receipts_write(&sum, s->ledger, str_cstring(c->arena, q->out), NULL, s->progress,
                                  s->progress_context, c->arena, &e);
    *written = sum.written;
    if (err != OK) told->trouble = str_copy(c->arena, str_of(e.text));
    return err;
}

static enum err not_signed(const struct checkpoint_told *t, struct error *e)
{
    return fail(e, ERR_INCOMPLETE, "the night is done, but %.*s", STR_ARG(t->trouble));
}

enum err ask_run(const struct call *c, struct error *e)
{
    const struct run_query *q = c->query;
    struct run_summary r = {0};
    enum { JOBS_MAX = 256 };
    if (q->draft && (q->finalize || q->out.len != 0))
        return fail(e, ERR_USAGE, "--draft makes no invoices: --finalize and --out are for those");
    if (q->approve && !q->finalize) return fail(e, ERR_USAGE, "--approve is for --finalize");
    if (q->out.len == 0 && !q->dry_run && !q->draft)
        return fail(e, ERR_USAGE, "--out is missing: a directory for the files");
    if (q->jobs > JOBS_MAX) return fail(e, ERR_LIMIT, "--jobs: at most %d", JOBS_MAX);
    struct run_options o = {.through = q->through,
                            .out_dir = path_or_null(q->out, c->arena),
                            .jobs = (unsigned)q->jobs,
                            .dry_run = q->dry_run,
                            .without_pdf = q->no_pdf,
                            .without_checks = q->no_checks,
                            .mode = q->draft      ? BILL_DRAFT
                                    : q->finalize ? BILL_FINALIZE
                                                  : BILL_WHOLE,
                            .approved = q->approve,
                            .gateway = &c->service->gateway,
                            .actor = c->service->actor,
                            .program = program,
                            .progress = c->service->progress,
                            .progress_context = c->service->progress_context,
                            .stops = c->service->stops};
    uint64_t not_asked = 0;
    enum err err = q->dry_run ? OK : apply_waiting_webhooks(c, e);
    if (err == OK) err = nightly_run(&r, c->service->ledger, &o, c->arena, e);
    if (err == OK && !q->dry_run && !q->draft) err = count_not_asked(&not_asked, c, e);
    struct checkpoint_told checkpoint = {.trouble = STR_NONE};
    enum err sealed = err == OK && !q->dry_run && !q->draft ? sign_the_night(&checkpoint, c) : OK;
    uint64_t receipts = 0;
    if (err == OK && sealed == OK) sealed = give_receipts(&receipts, &checkpoint, c, &r);
    if (err == OK) err = tell_one(c, run_json(&r, c, not_asked, &checkpoint, receipts), e);
    if (err == OK && r.checks_failing > 0) return not_tying(&r, e);
    if (err == OK && r.refused > 0) return not_all_billed(&r, e);
    if (err == OK && r.not_drawn > 0) return not_all_drawn(&r, e);
    return err == OK && sealed != OK ? not_signed(&checkpoint, e) : err;
}

/* ---- reports ---- */

static enum err check_format(struct str format, struct error *e)
{
    if (format.len == 0 || str_is(format, "csv")) return OK;
    struct str shown = text_quotable(format);
    return fail(e, ERR_USAGE, "--format: '%.*s' is not known; csv is", STR_ARG(shown));
}

static enum err customer_number(uint64_t *out, const struct call *c, struct str user, struct error *e)
{
    struct views_txn *t = NULL;
    enum err err = ledger_read_begin(&t, c->service->ledger, e);
    if (err != OK) return err;
    err = service_customer(out, t, user, c->arena, e);
    ledger_read_end(c->service->ledger, t);
    return err;
}

/* What went to standard output is its own answer. */
static enum err tell_path(const struct call *c, const char *path, struct error *e)
{
    if (strcmp(path, "-") == 0) return OK;
    json_t *j = object_new();
    member_text(j, "path", str_of(path));
    return tell_one(c, j, e);
}

/* A row of a report that is no file. */
static enum err tell_row(void *context, const struct str *names, const struct cell *cells, size_t count,
                         struct error *e)
{
    const struct call *c = context;
    json_t *j = object_new();
    for (size_t i = 0; i < count; i++) {
        char name[COLUMN_NAME_BYTES];
        (void)snprintf(name, sizeof name, "%.*s", STR_ARG(names[i]));
        if (cells[i].kind == CELL_EMPTY)
            member_put(j, name, json_null());
        else
            member_text(j, name, cells[i].text);
    }
    return c->answer->take(c->answer->self, j, true, e);
}

/* The number of a record, or a time. */
static enum err parse_known_at(struct report_query *out, struct str text, struct error *e)
{
    struct error unused;
    if (text.len == 0) return OK;
    if (uint_parse(&out->known_size, text, &unused) == OK) {
        out->known_size++;
        return OK;
    }
    return instant_parse(&out->known_at, text, e) == OK ? OK : wrap(e, "--known-at");
}

static enum err report_days(struct report_query *out, const struct report_file_query *q, struct error *e)
{
    if (date_is_given(q->to) && date_is_given(q->as_of))
        return fail(e, ERR_USAGE, "--as-of and --to are the same: one of them");
    out->from = q->from;
    out->to = date_is_given(q->as_of) ? q->as_of : q->to;
    return service_days(out->from, out->to, e);
}

static enum err ask_journal(const struct call *c, const struct journal_form *form, struct report_query *rq,
                            const char *path, struct error *e)
{
    const struct report_file_query *q = c->query;
    char currency[4] = "";
    struct journal_options o = {.accounts = q->accounts.len > 0 ? str_cstring(c->arena, q->accounts) : NULL};
    enum err err = q->currency.len > 0 ? currency_parse(currency, q->currency, e) : OK;
    if (currency[0] != '\0') o.currency = currency;
    if (err == OK) err = report_days(rq, q, e);
    if (err == OK) err = parse_known_at(rq, q->known_at, e);
    if (err == OK) err = customer_number(&rq->customer, c, q->customer, e);
    if (err == OK) err = journal_export(c->service->ledger, rq, form, &o, path, c->arena, e);
    return err == OK ? tell_path(c, path, e) : err;
}

static enum err ask_fiscal(const struct call *c, const struct fiscal_form *form, struct report_query *rq,
                           const char *path, struct error *e)
{
    const struct report_file_query *q = c->query;
    if (q->customer.len > 0 || q->currency.len > 0)
        return fail(e, ERR_USAGE, "--%s: the records of a chain are all of them",
                    q->customer.len > 0 ? "customer" : "currency");
    enum err err = report_days(rq, q, e);
    if (err == OK) err = parse_known_at(rq, q->known_at, e);
    if (err == OK) err = fiscal_export(c->service->ledger, rq, form, path, c->arena, e);
    return err == OK ? tell_path(c, path, e) : err;
}

/* What would be left unheeded is refused: who asked for it would take the file for another. */
static enum err check_csv_only(const struct report_file_query *q, bool is_csv, struct error *e)
{
    if (is_csv || (!q->raw && q->csv.len == 0)) return OK;
    return fail(e, ERR_USAGE, "%s is for CSV alone", q->raw ? "--raw" : "--csv");
}

enum err ask_report_file(const struct call *c, struct error *e)
{
    const struct report_file_query *q = c->query;
    struct report_query rq = {.program = program, .raw = q->raw, .locale = q->locale, .row = tell_row};
    const struct report *report = report_find(q->name);
    const char *path = q->output.len == 0 ? "-" : str_cstring(c->arena, q->output);
    void *call = NULL;
    memcpy(&call, &c, sizeof call); /* it is only read */
    rq.row_context = call;
    if (report == NULL) {
        struct str shown = text_quotable(q->name);
        return fail(e, ERR_USAGE, "there is no report '%.*s': see 'daybook help report'", STR_ARG(shown));
    }
    const struct journal_form *form = str_is(q->name, "journal") ? journal_form_find(q->format) : NULL;
    if (form != NULL) {
        enum err err = check_csv_only(q, false, e);
        return err == OK ? ask_journal(c, form, &rq, path, e) : err;
    }
    const struct fiscal_form *office = str_is(q->name, "fiscal_chain") ? fiscal_form_find(q->format) : NULL;
    if (office != NULL) {
        enum err err = check_csv_only(q, false, e);
        return err == OK ? ask_fiscal(c, office, &rq, path, e) : err;
    }
    if (q->accounts.len > 0)
        return fail(e, ERR_USAGE, "--accounts is for the journal in another program's form");
    bool unsaid = q->output.len == 0 && q->format.len == 0 && q->csv.len == 0;
    enum err err = sheet_format_of(&rq.format, unsaid && c->answer->likes_rows ? STR("table") : q->format,
                                   q->csv, path, e);
    bool is_csv = rq.format == SHEET_CSV || rq.format == SHEET_CSV_EXCEL || rq.format == SHEET_CSV_EXCEL_EU;
    if (err == OK) err = check_csv_only(q, is_csv, e);
    if (err == OK && (report->takes & IS_AUDIT_LOG) != 0)
        err = access_check_inner(c->service, "audit.log", e);
    if (err == OK && q->currency.len > 0) err = currency_parse(rq.currency, q->currency, e);
    if (err == OK) err = report_days(&rq, q, e);
    if (err == OK) err = parse_known_at(&rq, q->known_at, e);
    if (err == OK) err = customer_number(&rq.customer, c, q->customer, e);
    if (err == OK) err = report->run(c->service->ledger, &rq, path, c->arena, e);
    return err == OK && rq.format != SHEET_ROWS ? tell_path(c, path, e) : err;
}

enum err ask_export(const struct call *c, struct error *e)
{
    const struct export_query *q = c->query;
    uint64_t customer = 0;
    const char *path = q->output.len == 0 ? "-" : str_cstring(c->arena, q->output);
    enum err err = check_format(q->format, e);
    if (err == OK) err = service_days(q->from, q->to, e);
    if (err == OK) err = customer_number(&customer, c, q->user, e);
    if (err == OK) err = export_customer_csv(c->service->ledger, customer, q->from, q->to, path, c->arena, e);
    return err == OK ? tell_path(c, path, e) : err;
}

/* ---- the ledger itself ---- */

static void rebuild_progress(void *context, uint64_t done, uint64_t total)
{
    progress(context, "rebuild", done, total);
}

enum err ask_rebuild(const struct call *c, struct error *e)
{
    struct hash digest = {{0}};
    uint64_t entries = 0;
    enum err err = ledger_rebuild(c->service->ledger, rebuild_progress, c->service, e);
    if (err == OK) err = ledger_digest(&digest, &entries, c->service->ledger, e);
    if (err != OK) return err;
    json_t *j = object_new();
    member_flag(j, "rebuilt", true);
    member_count(j, "view_entries", entries);
    member_hash(j, "view_digest", &digest);
    return tell_one(c, j, e);
}

static json_t *stats_json(const struct log_state *log, const struct state_counts *n)
{
    json_t *j = object_new();
    member_text(j, "origin", log->origin);
    member_count(j, "records", log->head.range.size);
    member_count(j, "log_bytes", log->stored_bytes);
    member_count(j, "epoch", log->epoch);
    member_instant(j, "last_record_at", log->head.last_at);
    member_hash(j, "root", &log->root);
    member_hash(j, "last_leaf", &log->head.last_leaf);
    member_count(j, "customers", n->customers);
    member_count(j, "subscriptions", n->subscriptions);
    member_count(j, "active_subscriptions", n->active_subscriptions);
    member_count(j, "invoices", n->invoices);
    member_count(j, "transactions", n->transactions);
    member_count(j, "readings", n->readings);
    member_count(j, "items", n->items);
    member_count(j, "runs", n->runs);
    return j;
}

enum err ask_stats(const struct call *c, struct error *e)
{
    struct views_txn *t = NULL;
    struct log_state log = {0};
    struct state_counts counts = {0};
    enum err err = ledger_read_begin(&t, c->service->ledger, e);
    if (err != OK) return err;
    err = count_state(&counts, t, e);
    ledger_read_end(c->service->ledger, t);
    if (err == OK) err = log_state(&log, ledger_log(c->service->ledger), e);
    return err == OK ? tell_one(c, stats_json(&log, &counts), e) : err;
}
