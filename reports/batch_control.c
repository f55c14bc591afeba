/* SPDX-License-Identifier: MIT */
/* batch_control.c - control totals of runs, a row a run and currency: of the runs of one date as one of their
 * files, and of all runs as a report. Counts of customers are the run's, and stand on each of its rows. */
#include "reports/report_file.h"
#include "reports/run.h"

static const char header[] =
    "run_id,job,started_at,finished_at,from_seq,to_seq,chain_head_before,chain_head_after,candidates,"
    "invoiced,skipped,failed,"
    "net,tax,gross,currency,first_number,last_number,program_version,config_sha256";

enum err report_batch_control(struct ledger *l, const struct report_query *q, const char *path,
                              struct arena *a, struct error *e);

/* ---- rows ---- */

struct control_writer {
    struct sheet *sheet;
    const char *program;
    bool rehearsed; /* it has no place in the log */
    struct arena *arena;
};

static void put_run(const struct control_writer *w, const struct run *r)
{
    struct sheet *c = w->sheet;
    bool done = !w->rehearsed && r->completed;
    sheet_text(c, public_id(w->arena, "run", r->run));
    sheet_text(c, str_format(w->arena, "nightly run through %.*s", STR_ARG(date_text(w->arena, r->through))));
    sheet_instant(c, w->rehearsed ? (struct instant){0} : r->started_at);
    sheet_instant(c, done ? r->finished_at : (struct instant){0});
    if (w->rehearsed)
        sheet_empty(c);
    else
        sheet_count(c, r->started_seq);
    if (done)
        sheet_count(c, r->finished_seq);
    else
        sheet_empty(c);
    sheet_hash(c, w->rehearsed ? NULL : &r->head_before);
    sheet_hash(c, done ? &r->head_after : NULL);
    sheet_count(c, r->candidates);
    sheet_count(c, r->invoiced);
    sheet_count(c, r->skipped);
    sheet_count(c, r->failed);
}

static void put_row(const struct control_writer *w, const struct run_sums *s, const struct currency_sums *in)
{
    static const struct currency_sums nothing = {0}; /* a run without documents has a row too */
    const struct currency_sums *sums = in != NULL ? in : &nothing;
    const struct number_range *range = run_sums_range(sums);
    struct sheet *c = w->sheet;
    put_run(w, s->run);
    sheet_money(c, sums->total.net);
    sheet_money(c, sums->total.tax);
    sheet_money(c, sums->total.gross);
    sheet_word(c, sums->total.gross.currency);
    sheet_word(c, range->first);
    sheet_word(c, range->last);
    sheet_text(c, str_of(w->program));
    sheet_hash(c, s->has_config ? &s->config : NULL);
    sheet_end_row(c);
}

static void put_sums(const struct control_writer *w, const struct run_sums *s)
{
    if (s->count == 0) put_row(w, s, NULL);
    for (size_t k = 0; k < s->count; k++) put_row(w, s, &s->items[k]);
}

/* ---- of the runs of one date ---- */

enum err batch_control_write(struct sheet_summary *out, const struct nightly *n, const struct run_sums *sums,
                             size_t count, struct error *e)
{
    struct control_writer w = {.program = n->o->program, .rehearsed = n->o->dry_run, .arena = n->arena};
    const char *path = out_folder_file(&n->folder, "batch_control.csv", n->arena);
    enum err err = csv_begin(&w.sheet, path, header, n->arena, e);
    if (err != OK) return err;
    for (size_t i = 0; i < count; i++) put_sums(&w, &sums[i]);
    return sheet_finish(out, w.sheet, e);
}

/* ---- of all runs ---- */

struct summing {
    struct report_file *file;
    struct run_sums sums;
    struct arena *arena; /* of one run */
};

static enum err add_document(void *context, const struct invoice *row, struct error *e)
{
    struct summing *s = context;
    enum err err = run_sums_add(&s->sums, row, s->arena, e);
    report_next(s->file);
    return err;
}

static enum err put_whole_run(struct summing *s, uint64_t number, struct error *e)
{
    struct report_file *f = s->file;
    struct run run = {0};
    struct control_writer w = {.sheet = f->sheet, .program = f->query->program, .arena = s->arena};
    arena_reset(s->arena);
    enum err err = load_run(&run, f->txn, number, s->arena, e);
    if (err != OK || !report_wants(f->query, run.through)) return err;
    err = run_sums_begin(&s->sums, &run, f->txn, s->arena, e);
    if (err == OK) err = list_run_invoices(f->txn, number, add_document, s, f->row, e);
    if (err == OK) err = run_sums_check(&s->sums, e);
    if (err != OK) return err;
    put_sums(&w, &s->sums);
    for (size_t i = 0; i < s->sums.count && err == OK; i++) {
        const struct run_total *t = &s->sums.items[i].total;
        const struct money sums[CONTROL_SUMS_MAX] = {t->net, t->tax, t->gross};
        err = report_count(f, sums, e);
    }
    return err;
}

enum err report_batch_control(struct ledger *l, const struct report_query *q, const char *path,
                              struct arena *a, struct error *e)
{
    struct report_file f = {.ledger = l,
                            .query = q,
                            .name = "batch_control",
                            .path = path,
                            .arena = a,
                            .sums = {"net", "tax", "gross"}};
    struct summing s = {.file = &f, .arena = arena_new()};
    struct state_counts counts = {0};
    enum err err = report_begin(&f, header, e);
    if (err == OK) err = count_state(&counts, f.txn, e);
    for (uint64_t run = 1; run <= counts.runs && err == OK; run++) err = put_whole_run(&s, run, e);
    arena_free(s.arena);
    return report_end(&f, err, e);
}
