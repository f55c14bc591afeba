/* SPDX-License-Identifier: MIT */
/* month.c - the month's end: what must hold before it is closed, and the pack of files that accounting keeps
 * of it. Whether the books tie is looked at as behind each nightly run (tie_out.h). */
#include <errno.h>
#include <unistd.h>

#include "reports/file_digest.h"
#include "reports/json_file.h"
#include "reports/month_statements.h"
#include "reports/out_folder.h"
#include "reports/reports.h"
#include "reports/sheet.h"
#include "reports/tie_out.h"

enum { CHECKS_MAX = 32, REPORTS_MAX = 64 };

struct packed_file {
    struct str name;
    struct hash sha256;
    uint64_t bytes;
};
struct month_end {
    struct ledger *ledger;
    struct views_txn *txn; /* all of the pack is of this moment */
    const struct month_options *o;
    struct month_summary *summary;
    struct date first, last;
    struct date charted; /* the first day of charts, which are of twelve months */
    struct out_folder folder;
    struct packed_file *files;
    size_t files_count, files_capacity;
    struct statements_summary statements;
    struct str left_out[REPORTS_MAX]; /* workbooks of more rows than a workbook has room for */
    size_t left_out_count;
    struct book_check checks[CHECKS_MAX];
    size_t checks_count;
    struct arena *arena;
};

static void tell(struct month_end *m, const char *name, bool holds, struct str says)
{
    assert(m->checks_count < CHECKS_MAX);
    m->checks[m->checks_count++] = (struct book_check){str_of(name), holds, says};
    if (!holds) m->summary->failing++;
}

/* ---- what must hold ---- */

/* All balances of the month's end, and in words those of the account that gateways' unexplained movements
 * wait in. */
struct suspense {
    struct buffer open;
    struct closing_balance *balances; /* of all accounts */
    size_t count, capacity;
    struct arena *arena;
};
static enum err take_balance(void *context, const struct account_balance *row, struct error *e)
{
    struct suspense *s = context;
    struct money balance = {0};
    enum err err = money_add(&balance, row->opening, row->debit, e);
    if (err == OK) err = money_subtract(&balance, balance, row->credit, e);
    if (err != OK || money_is_zero(balance)) return err;
    s->balances = arena_grow(s->arena, s->balances, s->count, &s->capacity, sizeof *s->balances);
    s->balances[s->count++] = (struct closing_balance){str_copy(s->arena, row->name), balance};
    if (row->account != ACCOUNT_SUSPENSE) return OK;
    struct str amount = money_pretty(s->arena, balance);
    buffer_print(&s->open, "%s%.*s %s", s->open.len == 0 ? "" : "; ", STR_ARG(amount), balance.currency);
    return OK;
}

static enum err check_suspense(struct month_end *m, struct error *e)
{
    struct suspense s = {.open = {.arena = m->arena}, .arena = m->arena};
    struct book_query q = {.to = m->last};
    enum err err = list_balances(m->txn, m->ledger, &q, take_balance, &s, m->arena, e);
    if (err != OK) return err;
    m->summary->balances = s.balances;
    m->summary->balances_count = s.count;
    struct str open = {(const char *)s.open.ptr, s.open.len};
    tell(m, "cash is matched", open.len == 0,
         open.len == 0 ? STR("nothing is in suspense")
                       : str_format(m->arena, "in suspense: %.*s; see 'daybook reconcile'", STR_ARG(open)));
    return OK;
}

typedef enum err due_fn(struct views_txn *t, struct date through, struct due_cursor *after,
                        uint64_t *customers, size_t *count, size_t capacity, struct error *e);

static enum err count_customers(uint64_t *out, struct month_end *m, due_fn *list, struct date through,
                                struct error *e)
{
    enum { AT_ONCE = 256 };
    uint64_t customers[AT_ONCE];
    struct due_cursor at = {0};
    size_t count = AT_ONCE;
    enum err err = OK;
    *out = 0;
    while (err == OK && count == AT_ONCE) {
        err = list(m->txn, through, &at, customers, &count, AT_ONCE, e);
        *out += count;
    }
    return err;
}

/* A usage month that ended with the month is billed by the run of the day behind it. */
static enum err check_billed(struct month_end *m, struct error *e)
{
    uint64_t due = 0, drafts = 0;
    struct date run = date_add_days(m->last, 1);
    enum err err = count_customers(&due, m, list_due, run, e);
    if (err == OK) err = count_customers(&drafts, m, list_drafts, run, e);
    if (err != OK) return err;
    struct str day = date_text(m->arena, run);
    tell(m, "everything is billed", due == 0,
         due == 0 ? STR("nothing of the month waits for a run")
                  : str_format(m->arena, "%ju customers have something due: 'daybook run --through %.*s'",
                               (uintmax_t)due, STR_ARG(day)));
    tell(m, "no draft is open", drafts == 0,
         drafts == 0
             ? STR("none is")
             : str_format(m->arena, "%ju customers have a draft: 'daybook draft list'", (uintmax_t)drafts));
    return OK;
}

static enum err check_pending(struct month_end *m, struct error *e)
{
    struct event *pending = NULL;
    size_t count = 0;
    enum err err = list_pending(&pending, &count, m->txn, 0, m->arena, e);
    if (err == OK)
        tell(m, "no payment is on its way", count == 0,
             count == 0 ? STR("none is")
                        : str_format(m->arena, "%zu payments or refunds have no outcome: 'daybook reconcile'",
                                     count));
    return err;
}

struct gaps {
    uint64_t missing, twice;
};
static enum err count_gaps(void *context, const struct str *names, const struct cell *cells, size_t count,
                           struct error *e)
{
    struct gaps *g = context;
    (void)e;
    for (size_t i = 0; i < count; i++) {
        if (cells[i].kind != CELL_COUNT || str_is(cells[i].text, "0")) continue;
        if (str_is(names[i], "missing")) g->missing++;
        if (str_is(names[i], "duplicates") || str_is(names[i], "misnumbered")) g->twice++;
    }
    return OK;
}

static enum err check_numbers(struct month_end *m, struct error *e)
{
    struct gaps g = {0};
    struct report_query q = {.reading = m->txn, .format = SHEET_ROWS, .row = count_gaps, .row_context = &g};
    enum err err = report_find(STR("number_gaps"))->run(m->ledger, &q, "-", m->arena, e);
    bool holds = g.missing == 0 && g.twice == 0;
    if (err == OK)
        tell(m, "numbers have no gaps", holds,
             holds ? STR("each series is whole")
                   : STR("a series has gaps or double numbers: see number_gaps"));
    return err;
}

static enum err check_books(struct month_end *m, struct error *e)
{
    struct tie_out books = {.count = 0};
    enum err err =
        tie_out(&books, m->ledger, m->txn, m->last, m->o->progress, m->o->progress_context, m->arena, e);
    for (size_t i = 0; i < books.count && err == OK; i++) {
        const struct book_check *c = &books.checks[i];
        tell(m, str_cstring(m->arena, c->name), c->holds, c->says);
    }
    return err;
}

static enum err check_all(struct month_end *m, struct error *e)
{
    enum err err = check_billed(m, e);
    if (err == OK) err = check_pending(m, e);
    if (err == OK) err = check_suspense(m, e);
    if (err == OK) err = check_numbers(m, e);
    return err == OK ? check_books(m, e) : err;
}

/* ---- the pack ---- */

static enum err note_file(struct month_end *m, struct str name, struct error *e)
{
    m->files = arena_grow(m->arena, m->files, m->files_count, &m->files_capacity, sizeof *m->files);
    struct packed_file *f = &m->files[m->files_count++];
    const char *path = out_folder_file(&m->folder, str_cstring(m->arena, name), m->arena);
    f->name = name;
    return file_digest(&f->sha256, &f->bytes, path, e) == OK ? OK : wrap(e, "'%s'", path);
}

static enum err write_report(struct month_end *m, const struct report *r, enum sheet_format format,
                             const char *end, struct error *e)
{
    struct str name = str_format(m->arena, "%s.%s", r->name, end);
    const char *path = out_folder_file(&m->folder, name.ptr, m->arena);
    struct report_query q = {.reading = m->txn, .program = m->o->program, .format = format};
    if ((r->takes & TAKES_FROM) != 0) q.from = format == SHEET_PDF ? m->charted : m->first;
    if ((r->takes & TAKES_TO) != 0) q.to = m->last;
    enum err err = r->run(m->ledger, &q, path, m->arena, e);
    if (err == OK) err = note_file(m, name, e);
    return err == OK ? note_file(m, str_format(m->arena, "%.*s.meta.json", STR_ARG(name)), e) : err;
}

/* Statements are documents of one customer each. */
static bool has_charts(const struct report *r)
{
    return report_has_pdf(r) && strcmp(r->name, "statement") != 0;
}

static enum err remove_file(struct month_end *m, const char *name, struct error *e)
{
    const char *path = out_folder_file(&m->folder, name, m->arena);
    if (unlink(path) == 0 || errno == ENOENT) return OK;
    return fail_errno(e, errno, "cannot remove '%s'", path);
}

/* A journal of a million rows must not keep a month from being closed: what has no room in a workbook is
 * there as CSV, which was written before, and an older workbook would be of something else. */
static enum err write_workbook(struct month_end *m, const struct report *r, struct error *e)
{
    enum err err = write_report(m, r, SHEET_XLSX, "xlsx", e);
    if (err != ERR_LIMIT) return err;
    assert(m->left_out_count < REPORTS_MAX);
    struct str name = m->left_out[m->left_out_count++] = str_format(m->arena, "%s.xlsx", r->name);
    err = remove_file(m, name.ptr, e);
    return err == OK ? remove_file(m, str_format(m->arena, "%s.meta.json", name.ptr).ptr, e) : err;
}

/* The shadow of another biller is of nobody's books, and what an office wants goes there by itself. */
static bool is_packed(const struct report *r)
{
    return strcmp(r->name, "shadow") != 0 && (r->takes & IS_FOR_AN_OFFICE) == 0;
}

static enum err write_reports(struct month_end *m, struct error *e)
{
    size_t count = 0, done = 0;
    enum err err = OK;
    for (const struct report *r = reports_all; r->name != NULL; r++) count += is_packed(r);
    for (const struct report *r = reports_all; r->name != NULL && err == OK; r++) {
        if (!is_packed(r)) continue;
        err = write_report(m, r, SHEET_CSV, "csv", e);
        if (err == OK) err = write_workbook(m, r, e);
        if (err == OK && has_charts(r)) err = write_report(m, r, SHEET_PDF, "pdf", e);
        if (m->o->progress != NULL) m->o->progress(m->o->progress_context, "reports", ++done, count);
    }
    return err;
}

static enum err note_statement(void *context, struct str name, struct error *e)
{
    struct month_end *m = context;
    return note_file(m, str_format(m->arena, "statements/%.*s", STR_ARG(name)), e);
}

static enum err write_statements(struct month_end *m, struct error *e)
{
    struct report_query q = {.reading = m->txn, .from = m->first, .to = m->last, .program = m->o->program};
    struct month_statements o = {.query = &q,
                                 .folder = out_folder_file(&m->folder, "statements", m->arena),
                                 .progress = m->o->progress,
                                 .progress_context = m->o->progress_context,
                                 .note = note_statement,
                                 .context = m};
    enum err err = month_statements(&m->statements, m->ledger, &o, m->arena, e);
    return err == OK ? out_folder_sync(&m->folder, e) : err;
}

static enum err write_journal(struct month_end *m, const char *form, struct error *e)
{
    struct str name = str_format(m->arena, "journal.%s", form);
    struct report_query q = {.reading = m->txn, .from = m->first, .to = m->last, .program = m->o->program};
    struct journal_options o = {.currency = NULL};
    const char *path = out_folder_file(&m->folder, name.ptr, m->arena);
    enum err err = journal_export(m->ledger, &q, journal_form_find(str_of(form)), &o, path, m->arena, e);
    if (err == OK) err = note_file(m, name, e);
    return err == OK ? note_file(m, str_format(m->arena, "%.*s.meta.json", STR_ARG(name)), e) : err;
}

static enum err write_text(struct month_end *m, const char *name, struct str text, struct error *e)
{
    struct file_sink sink = {0};
    enum err err = file_begin(&sink, out_folder_file(&m->folder, name, m->arena), 0644, e);
    if (err != OK) return err;
    (void)fwrite(text.ptr, 1, text.len, sink.stream); /* file_finish finds the stream's mark of a failure */
    return file_finish(&sink, e);
}

static enum err write_checks(struct month_end *m, struct error *e)
{
    struct json_file *j = NULL;
    enum err err = json_begin(&j, out_folder_file(&m->folder, "month.json", m->arena), m->arena, e);
    if (err != OK) return err;
    json_file_text(j, "ledger", ledger_origin(m->ledger));
    json_file_text(j, "month", month_text(m->arena, m->first));
    json_file_date(j, "through", m->last);
    json_file_text_or_null(j, "program", str_of(m->o->program));
    json_file_count(j, "failing", m->summary->failing);
    book_checks_put(j, m->checks, m->checks_count);
    json_file_count(j, "statements", m->statements.written);
    json_file_count(j, "statements_not_drawn", m->statements.undrawn);
    json_file_text_or_null(j, "first_not_drawn", m->statements.first);
    json_open_list(j, "left_out");
    for (size_t i = 0; i < m->left_out_count; i++) {
        json_open_line(j, NULL);
        json_file_text(j, "file", m->left_out[i]);
        json_file_text(j, "why", STR("more rows than a workbook has room for"));
        json_close(j);
    }
    json_close(j);
    err = json_finish(j, e);
    return err == OK ? note_file(m, STR("month.json"), e) : err;
}

static int by_name(const void *left, const void *right)
{
    return str_compare(((const struct packed_file *)left)->name, ((const struct packed_file *)right)->name);
}

/* As sha256sum(1) reads it. */
static struct str sums_of(struct month_end *m)
{
    struct buffer b = {.arena = m->arena};
    qsort(m->files, m->files_count, sizeof *m->files, by_name);
    for (size_t i = 0; i < m->files_count; i++) {
        char digits[64];
        hex_encode(digits, m->files[i].sha256.bytes, 32);
        buffer_print(&b, "%.64s  %.*s\n", digits, STR_ARG(m->files[i].name));
    }
    return (struct str){(const char *)b.ptr, b.len};
}

/* A signature of the pack before is none of this one. */
static enum err forget_older(struct month_end *m, struct error *e)
{
    static const char *const names[] = {"SHA256SUMS", "SHA256SUMS.sig", "SHA256SUMS.sshsig", "signify.pub",
                                        "checkpoint"};
    enum err err = OK;
    for (size_t i = 0; i < sizeof names / sizeof names[0] && err == OK; i++)
        err = remove_file(m, names[i], e);
    return err;
}

static enum err write_sums(struct month_end *m, struct error *e)
{
    struct str sums = sums_of(m);
    struct file_signatures s = {.signify = STR_NONE};
    enum err err = OK;
    if (m->o->key_file != NULL) {
        err = ledger_sign_file(&s, m->ledger, m->o->key_file, "daybook-month", str_bytes(sums), m->arena, e);
        if (err == OK) err = write_text(m, "SHA256SUMS.sig", s.signify, e);
        if (err == OK) err = write_text(m, "SHA256SUMS.sshsig", s.ssh, e);
        if (err == OK) err = write_text(m, "signify.pub", s.signify_public, e);
        m->summary->is_signed = err == OK;
    }
    return err == OK ? write_text(m, "SHA256SUMS", sums, e) : err;
}

static enum err write_pack(struct month_end *m, struct error *e)
{
    enum err err = forget_older(m, e);
    if (err == OK) err = write_reports(m, e);
    if (err == OK) err = write_statements(m, e);
    if (err == OK) err = write_journal(m, "hledger", e);
    if (err == OK) err = write_journal(m, "beancount", e);
    if (err == OK) err = write_checks(m, e);
    if (err == OK && m->o->checkpoint != NULL) {
        err = write_text(m, "checkpoint", str_of(m->o->checkpoint), e);
        if (err == OK) err = note_file(m, STR("checkpoint"), e);
    }
    return err == OK ? write_sums(m, e) : err;
}

enum err month_pack(struct month_summary *out, struct ledger *l, const struct month_options *o,
                    struct arena *a, struct error *e)
{
    struct month_end *m = arena_new_of(a, struct month_end);
    *out = (struct month_summary){.through = month_last_day(o->month)};
    *m = (struct month_end){.ledger = l,
                            .o = o,
                            .summary = out,
                            .first = month_first_day(o->month),
                            .last = out->through,
                            .arena = a};
    m->charted = m->first;
    for (int i = 1; i < 12; i++) m->charted = month_first_day(date_add_days(m->charted, -1));
    m->folder.fd = -1;
    enum err err = ledger_guard_output(l, o->out_dir, e);
    if (err == OK) err = out_folder_open(&m->folder, o->out_dir, false, a, e);
    if (err == OK) err = ledger_read_begin(&m->txn, l, e);
    if (err == OK) err = check_all(m, e);
    if (err == OK) err = write_pack(m, e);
    if (m->txn != NULL) ledger_read_end(l, m->txn);
    if (err == OK) err = out_folder_sync(&m->folder, e);
    out_folder_close(&m->folder);
    out->checks = m->checks;
    out->checks_count = m->checks_count;
    out->files = m->files_count;
    out->statements = m->statements.written;
    out->statements_not_drawn = m->statements.undrawn;
    return err;
}
