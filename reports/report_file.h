/* SPDX-License-Identifier: MIT */
/* report_file.h - what the reports share: one snapshot of the views, the CSV, the sums that the reader checks
 * it by, and the side file that says of what state it tells. */
#ifndef DAYBOOK_REPORTS_REPORT_FILE_H
#define DAYBOOK_REPORTS_REPORT_FILE_H

#include "reports/reports.h"
#include "reports/sheet.h"

enum { CONTROL_SUMS_MAX = 3 };
struct control_row {
    uint64_t rows;
    struct money sums[CONTROL_SUMS_MAX];
};
struct report_file {
    struct ledger *ledger;
    const struct report_query *query;
    const char *name, *path;
    struct views_txn *txn;
    struct ledger_past *past; /* whose views they are, of --known-at */
    struct view_cursor as_of; /* how far the views are folded */
    struct date day; /* the day that balances are of: --as-of or --to, else the newest in the books */
    struct sheet *sheet;
    struct report_pdf *pdf; /* of format SHEET_PDF */
    struct arena *arena;    /* of the whole report */
    struct arena *row;      /* reset by report_next */
    uint64_t rows;
    const char *sums[CONTROL_SUMS_MAX]; /* names of the control totals; NULL: no more */
    struct control_row *control;        /* one a currency, in their order */
    size_t control_count;
};

enum err report_begin(struct report_file *f, const char *header, struct error *e) MUST_USE;
/* Adds to the control totals of the amounts' currency; absent amounts ({0}) add nothing. */
enum err report_count(struct report_file *f, const struct money amounts[CONTROL_SUMS_MAX],
                      struct error *e) MUST_USE;
/* When the newest record of events was written that the report knows. */
enum err report_time(struct instant *out, const struct report_file *f, struct error *e) MUST_USE;
/* Between rows: what the last one needed may go. */
void report_next(struct report_file *f);
/* Ends the snapshot; with `err` OK the CSV and its side file are there. Returns `err`, or what failed here.
 */
enum err report_end(struct report_file *f, enum err err, struct error *e) MUST_USE;

/* The same for what is no sheet: it is written to an output, which `end` finishes. */
struct sheet_output;
enum err report_begin_plain(struct report_file *f, struct error *e) MUST_USE;
enum err report_end_plain(struct report_file *f, struct sheet_output *output, enum err err,
                          struct error *e) MUST_USE;

/* Numbers of all documents or transactions that the query asks for, oldest first: 1..last, or those of one
 * customer. */
struct report_numbers {
    uint64_t *items; /* NULL: all from 1 to count */
    size_t count;
};
uint64_t report_number(const struct report_numbers *n, size_t place);
enum err report_invoice_numbers(struct report_numbers *out, struct report_file *f, struct error *e) MUST_USE;
enum err report_transaction_numbers(struct report_numbers *out, struct report_file *f,
                                    struct error *e) MUST_USE;
bool report_wants(const struct report_query *q, struct date day);

#endif
