/* SPDX-License-Identifier: MIT */
/* run_manifest.c - run.json: which runs the files describe, where they stand in the chain, what they add up
 * to, and the hash of each file. Whoever finds it there finds the files complete. */
#include "reports/json_file.h"
#include "reports/run.h"
#include "reports/tie_out.h"

static int by_name(const void *left, const void *right)
{
    const struct run_file *a = left, *b = right;
    return strcmp(a->name, b->name);
}

static void put_head(struct json_file *j, const char *name, bool known, uint64_t seq, const struct hash *leaf)
{
    json_open_line(j, name);
    if (known)
        json_file_count(j, "seq", seq);
    else
        json_file_null(j, "seq");
    json_file_hash(j, "leaf", known ? leaf : NULL);
    json_close(j);
}

/* The heads that an auditor compares: before the first run's first record, and its last run's last one. */
static void put_chain(struct json_file *j, const struct nightly *n, const struct run_manifest *m)
{
    bool known = !n->o->dry_run && m->sums_count > 0;
    const struct run none = {.started_seq = 1};
    const struct run *first = m->sums_count > 0 ? m->sums[0].run : &none;
    const struct run *last = m->sums_count > 0 ? m->sums[m->sums_count - 1].run : &none;
    json_open(j, "chain");
    put_head(j, "before", known, first->started_seq - 1, &first->head_before);
    put_head(j, "after", known, last->finished_seq, &last->head_after);
    json_close(j);
}

static void put_totals(struct json_file *j, const struct run_total *totals, size_t count)
{
    json_open_list(j, "totals");
    for (size_t i = 0; i < count; i++) {
        json_open_line(j, NULL);
        json_file_text(j, "currency", str_of(totals[i].gross.currency));
        json_file_count(j, "documents", totals[i].invoices);
        json_file_money(j, "net", totals[i].net);
        json_file_money(j, "tax", totals[i].tax);
        json_file_money(j, "gross", totals[i].gross);
        json_close(j);
    }
    json_close(j);
}

static void put_run(struct json_file *j, const struct nightly *n, const struct run_sums *s)
{
    const struct run *r = s->run;
    bool done = !n->o->dry_run;
    json_open(j, NULL);
    json_file_text(j, "run_id", public_id(n->arena, "run", r->run));
    json_file_instant(j, "started_at", done ? r->started_at : (struct instant){0});
    json_file_instant(j, "finished_at", done ? r->finished_at : (struct instant){0});
    json_file_count(j, "candidates", r->candidates);
    json_file_count(j, "invoiced", r->invoiced);
    json_file_count(j, "skipped", r->skipped);
    json_file_count(j, "failed", r->failed);
    put_totals(j, r->totals, r->totals_count);
    json_file_hash(j, "catalog_sha256", s->has_config ? &s->config : NULL);
    book_checks_put(j, r->checks, r->checks_count);
    json_close(j);
}

static void put_reasons(struct json_file *j, const char *name, const struct run_failure *items, size_t count)
{
    json_open_list(j, name);
    for (size_t i = 0; i < count; i++) {
        json_open_line(j, NULL);
        json_file_text(j, "user_id", items[i].user);
        json_file_text(j, "reason", items[i].why);
        json_close(j);
    }
    json_close(j);
}

static void put_counts(struct json_file *j, const struct run_summary *s, const struct run_manifest *m)
{
    json_open_line(j, "counts");
    json_file_count(j, "candidates", s->candidates);
    json_file_count(j, "invoiced", s->invoiced);
    json_file_count(j, "skipped", s->skipped);
    json_file_count(j, "failed", s->failed);
    json_file_count(j, "documents", m->documents);
    json_file_count(j, "lines", m->lines);
    json_close(j);
}

static void put_files(struct json_file *j, const struct run_manifest *m)
{
    json_open_list(j, "files");
    for (size_t i = 0; i < m->files_count; i++) {
        json_open_line(j, NULL);
        json_file_text(j, "name", str_of(m->files[i].name));
        json_file_count(j, "bytes", m->files[i].bytes);
        json_file_hash(j, "sha256", &m->files[i].sha256);
        json_close(j);
    }
    json_close(j);
}

enum err run_manifest_write(const struct nightly *n, struct run_manifest *m, struct error *e)
{
    struct json_file *j = NULL;
    enum err err = json_begin(&j, out_folder_file(&n->folder, "run.json", n->arena), n->arena, e);
    if (err != OK) return err;
    if (m->files_count > 0) qsort(m->files, m->files_count, sizeof *m->files, by_name);
    json_file_text(j, "ledger", m->origin);
    json_file_date(j, "through", n->o->through);
    json_file_flag(j, "dry_run", n->o->dry_run);
    json_file_text_or_null(j, "program", str_of(n->o->program));
    put_chain(j, n, m);
    json_open_list(j, "runs");
    for (size_t i = 0; i < m->sums_count; i++) put_run(j, n, &m->sums[i]);
    json_close(j);
    /* Refusals of the call that writes the file: the ledger does not have them. */
    put_reasons(j, "failures", n->summary->failures, n->summary->failures_count);
    put_reasons(j, "not_drawn", n->summary->undrawn, n->summary->undrawn_count);
    put_counts(j, n->summary, m);
    put_totals(j, n->summary->totals, n->summary->totals_count);
    put_files(j, m);
    return json_finish(j, e);
}
