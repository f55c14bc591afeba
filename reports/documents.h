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
    const struct pdf_picture *logo; /* NULL: there is none; lives as long as the shelf that it came from */
    bool has_seller, simulated_gateway, collected;
    const struct corrected *preceding; /* that its lines give back of */
    size_t preceding_count;
    const struct settled *settles;
    size_t settles_count;
    bool has_fiscal;
    struct fiscal_recorded fiscal; /* its record in a fiscal chain */
    struct str origin;             /* of the ledger; lives as long as it is open */
};

/* The seller's logos that were needed so far, each read and unpacked once; they live in the arena. For one
 * thread; documents may be drawn with them by any. Zeroed but for the arena: none so far. */
struct logo_shelf {
    struct arena *arena;
    const struct kept_logo *newest;
};

/* NULL: the seller has none. */
enum err logo_of(const struct pdf_picture **out, struct logo_shelf *shelf, struct views_txn *t,
                 const struct seller *s, struct error *e) MUST_USE;

/* Texts live as long as the transaction's values (see views_get) or the arena. */
enum err document_gather(struct document_parts *out, const struct ledger *l, struct views_txn *t,
                         const struct invoice *v, struct logo_shelf *logos, struct arena *a,
                         struct error *e) MUST_USE;
/* A copy that needs neither. */
void document_copy(struct document_parts *to, const struct document_parts *from, struct arena *a);

/* The document as it was issued. It points to both. */
struct invoice_document document_of(const struct invoice *v, const struct document_parts *parts);

#endif
