/* SPDX-License-Identifier: MIT */
/* run.h - the nightly run's own: run.c tells the story, run_due.c knows whether there is work, run_bill.c
 * writes the events, run_collect.c asks the gateway, run_tell.c tells it, run_files.c reads it all back into
 * files, run_check.c looks whether the books tie. collect.c does the asking alone. */
#ifndef DAYBOOK_REPORTS_RUN_H
#define DAYBOOK_REPORTS_RUN_H

#include "reports/out_folder.h"
#include "reports/reports.h"
#include "reports/sheet.h"

/* How far the work is while a batch of it is asked of the gateway. */
struct going {
    const char *stage;
    uint64_t done, total;     /* before the batch; total 0: nobody knows */
    uint64_t batch;           /* that it will have done */
    uint64_t asked, answered; /* of its questions: done with, and with an outcome */
};
/* What became of payments; kept where somebody wants to know. */
struct collected {
    struct collect_summary *summary;
    struct collect_total *totals;
    size_t totals_count, totals_capacity;
    uint64_t unknown_looks; /* how something stands, asked before the night's own telling */
    settled_row_fn *row;    /* told of what was pending before; NULL: nobody is */
    void *context;
};
struct nightly {
    struct ledger *ledger;
    const struct run_options *o;
    struct run_summary *summary;
    struct arena *arena; /* of the whole run */
    struct out_folder folder;
    struct date collects_through; /* later invoices are not asked for the first time; none: all are */
    struct date duns_through;     /* … and those not again */
    struct collected *collected;  /* NULL: nobody counts */
    struct gateway gateway;       /* o->gateway, watched; see run_watch_gateway */
    struct gateway_watch watch;
    struct going going;
};

void run_progress(const struct nightly *n, const char *stage, uint64_t done, uint64_t total);

/* ERR_INCOMPLETE when the run was told to stop; asked before each step that could be left out. */
enum err run_goes_on(const struct nightly *n, struct error *e) MUST_USE;

/* run_due.c: is there somebody whom the run would bill, or a draft that it would finalize? */
enum err run_has_work(bool *yes, const struct nightly *n, struct arena *a, struct error *e) MUST_USE;

/* The days after its due date on which an open invoice makes something happen to its customer's
 * subscriptions; 0: nothing ever does. */
enum err run_patience(int32_t *days, struct views_txn *t, struct arena *a, struct error *e) MUST_USE;

/* run_bill.c: events. Nothing is written when all was done before. */
enum err run_bill(struct nightly *n, struct error *e) MUST_USE;

/* ---- run_collect.c: what is asked of the gateway ---- */

bool run_collects(const struct nightly *n);
/* From here on its gateway tells how far it is, and stops when the run does. */
void run_watch_gateway(struct nightly *n);
/* Of a pending payment or refund. */
uint64_t transaction_of(const struct event *ev);
struct str gateway_of(const struct event *ev);
/* What a crash, or a gateway that did not answer, has left. */
enum err run_settle_pending(struct nightly *n, struct arena *a, struct error *e) MUST_USE;
/* The payments that commands asked for. */
enum err run_settle(struct nightly *n, const struct outcome *outcomes, size_t count, struct arena *a,
                    struct error *e) MUST_USE;
/* Open invoices that nobody was asked to pay yet, whatever command made them. */
enum err run_collect(struct nightly *n, struct arena *a, struct error *e) MUST_USE;
/* Overdue ones again, as the catalog says. */
enum err run_dun(struct nightly *n, struct arena *a, struct error *e) MUST_USE;

/* run_tell.c: what the gateway is still to be told; looks: and how payments stand that failed here and that
 * their customers may confirm. An answer that stays unknown is no failure. */
enum err run_tell(struct nightly *n, bool looks, struct arena *a, struct error *e) MUST_USE;

enum { CUSTOMERS_PER_COMMIT = 1000 };
/* One of the lists of work in projections.h, CUSTOMERS_PER_COMMIT at once. */
typedef enum err run_page_fn(struct views_txn *t, struct date through, struct due_cursor *after,
                             uint64_t *customers, size_t *count, size_t capacity, struct error *e);
enum err run_page(uint64_t *customers, size_t *count, const struct nightly *n, run_page_fn *next,
                  struct date through, struct due_cursor *after, struct error *e) MUST_USE;

/* ---- collect.c: what became of payments; nothing where nobody counts ---- */

/* Transactions as they stand, of number 0 nothing. */
enum err collected_look(struct transaction **out, const struct nightly *n, const uint64_t *transactions,
                        size_t count, struct arena *a, struct error *e) MUST_USE;
/* was: before the gateway was asked. */
enum err collected_note(const struct nightly *n, const struct transaction *was, const struct transaction *now,
                        size_t count, struct error *e) MUST_USE;
/* Payments that commands asked for just now. */
enum err collected_note_asked(const struct nightly *n, const struct event *events, size_t count,
                              struct error *e) MUST_USE;

/* run_check.c: whether the books tie, into the summary and, once for each run, the ledger. Neither of a dry
 * run nor of drafts. */
enum err run_check(struct nightly *n, struct error *e) MUST_USE;

/* run_files.c: summary, and files if they are wanted. */
enum err run_files(struct nightly *n, struct error *e) MUST_USE;

/* ---- run_late.c: what happened to invoices after the set was complete ---- */

struct late_change {
    uint64_t invoice;
    struct money paid, offset; /* paid, and of that by credit notes */
    struct money written_off;  /* less what came back of it */
    bool closed;               /* voided or written off */
};
struct late {
    struct late_change *items; /* one an invoice, by its number */
    size_t count;
};
/* Payments, credits, voids and write-offs in records from <= seq < to. */
enum err late_read(struct late *out, struct ledger *l, uint64_t from, uint64_t to, struct arena *a,
                   struct error *e) MUST_USE;
/* The invoice as it stood without them. */
enum err late_undo(struct invoice *v, const struct late *late, struct error *e) MUST_USE;

/* ---- run_totals.c: control totals ---- */

enum { DOCUMENT_NUMBER_BYTES = 48 };
struct number_range {
    char first[DOCUMENT_NUMBER_BYTES], last[DOCUMENT_NUMBER_BYTES];
};
void number_range_extend(struct number_range *r, struct str number);
struct currency_sums {
    struct run_total total;
    struct number_range invoices, credit_notes;
};
struct run_sums {
    const struct run *run;
    struct hash config; /* SHA-256 of the catalog in force when the run began */
    bool has_config;
    struct currency_sums *items;
    size_t count, capacity;
};
enum err run_sums_begin(struct run_sums *out, const struct run *run, struct views_txn *t, struct arena *a,
                        struct error *e) MUST_USE;
/* Also checks that the document adds up. */
enum err run_sums_add(struct run_sums *s, const struct invoice *v, struct arena *a, struct error *e) MUST_USE;
/* ERR_TAMPERED when the documents do not add up to what the run counted. */
enum err run_sums_check(const struct run_sums *s, struct error *e) MUST_USE;
/* The numbers on the row of a currency: of invoices, or of credit notes where there is no invoice. */
const struct number_range *run_sums_range(const struct currency_sums *c);

/* Of all runs together, into the summary. */
enum err run_sums_summarize(struct nightly *n, const struct run_sums *sums, size_t count,
                            struct error *e) MUST_USE;

/* batch_control.c: the file of that name */
enum err batch_control_write(struct sheet_summary *out, const struct nightly *n, const struct run_sums *sums,
                             size_t count, struct error *e) MUST_USE;

/* ---- run_manifest.c: run.json ---- */

struct run_file {
    const char *name; /* relative to OUT */
    uint64_t bytes;
    struct hash sha256;
};
struct run_manifest {
    struct str origin; /* of the ledger */
    const struct run_sums *sums;
    size_t sums_count;
    uint64_t documents, lines;
    struct run_file *files; /* put into order by their names */
    size_t files_count;
};
enum err run_manifest_write(const struct nightly *n, struct run_manifest *m, struct error *e) MUST_USE;

#endif
