/* SPDX-License-Identifier: MIT */
/* register.h - the rows of invoices.csv and invoice_lines.csv, as the nightly run and the reports of these
 * names share them. Service dates are first and last day, as on the document itself. */
#ifndef DAYBOOK_REPORTS_REGISTER_H
#define DAYBOOK_REPORTS_REGISTER_H

#include "projections/projections.h"
#include "reports/sheet.h"

extern const char invoices_header[], invoice_lines_header[];

/* A document that lines credit. */
struct credited_document {
    uint64_t invoice;
    struct str number;
};
struct credited_documents {
    struct credited_document *items;
    size_t count;
};

struct register_entry {
    const struct invoice *invoice;
    const struct customer *buyer; /* as of invoice->buyer_version */
    struct credited_documents credits;
    const struct hash *pdf; /* of the document as a file; NULL: none was made */
    const struct hash *xml; /* of the e-invoice that is attached to it; NULL: none is */
    bool rehearsed;         /* the record that finalized it was never written */
};

void register_put_invoice(struct sheet *c, const struct register_entry *entry, struct arena *a);
void register_put_lines(struct sheet *c, const struct register_entry *entry, struct arena *a);

/* Each document whose charges the lines credit, in the order of the lines. */
enum err register_credits(struct credited_documents *out, struct views_txn *t, const struct invoice *v,
                          struct arena *a, struct error *e) MUST_USE;

#endif
