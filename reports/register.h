/* SPDX-License-Identifier: MIT */
/* register.h - the rows of invoices.csv and invoice_lines.csv, as the nightly run and the reports of these
 * names share them. Service dates are first and last day, as on the document itself. */
#ifndef DAYBOOK_REPORTS_REGISTER_H
#define DAYBOOK_REPORTS_REGISTER_H

#include "projections/projections.h"
#include "reports/csv.h"

extern const char invoices_header[], invoice_lines_header[];

struct register_entry {
    const struct invoice *invoice;
    const struct customer *buyer; /* as of invoice->buyer_version */
    struct str credits;           /* numbers of the documents that a credit note credits */
    const struct hash *pdf;       /* of the document as a file; NULL: none was made */
    bool rehearsed;               /* the record that finalized it was never written */
};

void register_put_invoice(struct csv *c, const struct register_entry *entry);
void register_put_lines(struct csv *c, const struct register_entry *entry, struct arena *a);

/* For credit notes: the numbers of the documents whose charges the lines credit, "; " between them. */
enum err register_credits(struct str *out, struct views_txn *t, const struct invoice *v, struct arena *a,
                          struct error *e) MUST_USE;

#endif
