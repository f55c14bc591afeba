/* SPDX-License-Identifier: MIT */
/* receipt_pdf.h - that money was received from a customer, or given back to him, as a PDF in the look and the
 * language of his invoices. A pure function of its input. */
#ifndef DAYBOOK_REPORTS_RECEIPT_PDF_H
#define DAYBOOK_REPORTS_RECEIPT_PDF_H

#include "projections/projections.h"
#include "reports/pdf.h"

struct receipt_line {
    struct str number; /* of the invoice; "": it went to the customer's balance, or came from there */
    struct date date;
    struct money total, amount; /* of the invoice; of this payment */
};

struct receipt_document {
    const struct transaction *transaction;
    const struct customer *buyer;
    const struct seller *seller;    /* NULL: none was set */
    const struct pdf_picture *logo; /* NULL: he has none */
    const struct method *method;    /* NULL: it is not known */
    struct date on;
    const struct receipt_line *lines;
    size_t lines_count;
    struct hash identity; /* of this payment of this ledger */
};

/* Appends the file to `out`. ERR_INVALID: see invoice_pdf_render. */
enum err receipt_pdf_render(struct buffer *out, const struct receipt_document *d, struct arena *a,
                            struct error *e) MUST_USE;

#endif
