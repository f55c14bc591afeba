/* SPDX-License-Identifier: MIT */
/* invoice_pdf.h - an invoice or credit note as a PDF that can be sent to a customer. A pure function of its
 * input: the same document is the same bytes for ever, on any machine. */
#ifndef DAYBOOK_REPORTS_INVOICE_PDF_H
#define DAYBOOK_REPORTS_INVOICE_PDF_H

#include "ledger/ledger.h"
#include "reports/pdf.h"

struct corrected {
    struct str number;
    struct date date;
};

struct settled {
    struct str number;
    struct money amount;
};

struct invoice_document {
    const struct invoice *invoice;
    const struct customer *buyer;   /* as of invoice->buyer_version */
    const struct seller *seller;    /* as of invoice->seller_version; NULL: none was set */
    const struct pdf_picture *logo; /* the seller's; NULL: he has none */
    struct str origin; /* of the ledger, for the code that leads to the document's record; "": no code */
    /* The document as it was finalized, whatever was paid since: these bytes never change. Otherwise it shows
     * what became of it (paid on, part paid, void). */
    bool as_issued;
    bool simulated_gateway; /* payments are made by the built-in simulator, and the document says so */
    bool collected; /* its payment was asked for as it was finalized: the customer is not to transfer it as
                       well */
    const struct corrected *corrects; /* credit notes: the documents credited */
    size_t corrects_count;
    const struct settled *settles; /* credit notes: what of it is taken off which invoices */
    size_t settles_count;
    /* What the e-invoice says beside: the documents that its lines give back of, whichever kind it is. */
    const struct corrected *preceding;
    size_t preceding_count;
    /* The document as CII, to be attached to it (see einvoice.h); empty: nothing is. */
    struct bytes einvoice;
    const struct converted_tax *national; /* of the invoice; NULL: there is none */
    const struct fiscal_recorded *fiscal; /* its record in a fiscal chain; NULL: it is in none */
};

/* Appends the file to `out`. ERR_INVALID when a text has a character that no font has: the sentence names the
 * field and the code point. Safe to call from several threads. */
enum err invoice_pdf_render(struct buffer *out, const struct invoice_document *d, struct arena *a,
                            struct error *e) MUST_USE;

#endif
