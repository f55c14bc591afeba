/* SPDX-License-Identifier: MIT */
/* month_statements.h - the statements of a month's pack. */
#ifndef DAYBOOK_REPORTS_MONTH_STATEMENTS_H
#define DAYBOOK_REPORTS_MONTH_STATEMENTS_H

#include "reports/reports.h"

struct month_statements {
    const struct report_query *query; /* its days and transaction; customer, format and locale are set here */
    const char *folder;               /* made if it is needed */
    run_progress_fn *progress;        /* NULL: silent */
    void *progress_context;
    /* Is told of each file by its name in the folder. */
    enum err (*note)(void *context, struct str name, struct error *e);
    void *context;
};
struct statements_summary {
    uint64_t written;
    uint64_t undrawn; /* customers of whom a text is in no font; nothing is written for them */
    struct str first; /* why, of the first of those, in the arena */
};
/* A PDF for each customer who has a row in the report `statement` of these days, or owes or is owed something
 * at their end: FOLDER/USER.pdf and its side file. A user's id has characters that names of files may not
 * have as %XX; one too long for a name is cus_N. What stands there of customers who have none is removed.
 * Files are not synced: the caller does that. */
enum err month_statements(struct statements_summary *out, struct ledger *l, const struct month_statements *o,
                          struct arena *a, struct error *e) MUST_USE;

#endif
