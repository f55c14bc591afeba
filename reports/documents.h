/* SPDX-License-Identifier: MIT */
/* documents.h - what stands around an invoice on its document: buyer and seller as they were, what it
 * corrects, who was to collect it, which ledger it is in. Of one invoice that is the same for ever, whatever
 * was paid or changed since. */
#ifndef DAYBOOK_REPORTS_DOCUMENTS_H
#define DAYBOOK_REPORTS_DOCUMENTS_H

#include "projections/projections.h"
#include "reports/invoice_pdf.h"

struct document_parts {
    struct customer buyer;
    struct seller seller;
    bool has_seller, simulated_gateway;
    struct str corrects; /* "INV-2025-000001 of 2025-01-31", of credit notes that credit one document */
    struct str settles;  /* "30.00 USD off INV-2025-000001" */
    struct str origin;   /* of the ledger; lives as long as it is open */
};

/* Texts live as long as the transaction's values (see views_get) or the arena. */
enum err document_gather(struct document_parts *out, const struct ledger *l, struct views_txn *t,
                         const struct invoice *v, struct arena *a, struct error *e) MUST_USE;
/* A copy that needs neither. */
void document_copy(struct document_parts *to, const struct document_parts *from, struct arena *a);

/* The document as it was issued. It points to both. */
struct invoice_document document_of(const struct invoice *v, const struct document_parts *parts);

#endif
