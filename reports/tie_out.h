/* SPDX-License-Identifier: MIT */
/* tie_out.h - whether the books come to the same by every way: each report's own rows are added up and held
 * against the accounts of the same days, so that a report that left something out is found. */
#ifndef DAYBOOK_REPORTS_TIE_OUT_H
#define DAYBOOK_REPORTS_TIE_OUT_H

#include "reports/reports.h"

struct tie_out {
    struct book_check *checks; /* in the order of the table in tie_out.c */
    size_t count, failing;
};

/* Of the books through that day, as the transaction has them; checks live in the arena. Something that does
 * not tie is no failure: see `failing`. `progress` is told after each check; NULL: nobody is. */
enum err tie_out(struct tie_out *out, struct ledger *l, struct views_txn *t, struct date through,
                 run_progress_fn *progress, void *progress_context, struct arena *a,
                 struct error *e) MUST_USE;
/* The list "checks" of run.json and month.json. */
struct json_file;
void book_checks_put(struct json_file *j, const struct book_check *checks, size_t count);

#endif
