/* SPDX-License-Identifier: MIT */
/* invoice_pdf.h - an invoice or credit note as a PDF that can be sent to a customer. A pure function of its
 * input: the same document is the same bytes for ever, on any machine. */
#ifndef DAYBOOK_REPORTS_INVOICE_PDF_H
#define DAYBOOK_REPORTS_INVOICE_PDF_H

#include "ledger/ledger.h"

struct invoice_document {
    const struct invoice *invoice;
    const struct customer *buyer; /* as of invoice->buyer_version */
    const struct seller *seller;  /* as of invoice->seller_version; NULL: none was set */
    struct str origin; /* of the ledger, for the code that leads to the document's record; "": no code */
    /* The document as it was finalized, whatever was paid since: these bytes never change. Otherwise it shows
     * what became of it (paid on, part paid, void). */
    bool as_issued;
    bool simulated_gateway; /* payments are made by the built-in simulator, and the document says so */
    struct str corrects; /* credit notes: number and date of the invoice credited, "" when there are several
                            or none */
    struct str settles;  /* credit notes: what of it is taken off which invoices; "": nothing */
};

/* Appends the file to `out`. ERR_INVALID when a text has a character that no font has: the sentence names the
 * field and the code point. Safe to call from several threads. */
enum err invoice_pdf_render(struct buffer *out, const struct invoice_document *d, struct arena *a,
                            struct error *e) MUST_USE;

#endif
