/* SPDX-License-Identifier: MIT */
/* invoice_layout.h - shared by the files that say what stands on an invoice: invoice_pdf.c (the order of
 * things), invoice_table.c (lines and totals), invoice_payment.c (how it is paid), invoice_fiscal.c (what tax
 * offices want on it), invoice_texts.c (words, and whether they can be drawn). How it looks is page.h's. */
#ifndef DAYBOOK_REPORTS_INVOICE_LAYOUT_H
#define DAYBOOK_REPORTS_INVOICE_LAYOUT_H

#include "reports/invoice_pdf.h"
#include "reports/page.h"
#include "reports/phrases.h"

struct layout {
    struct page page;
    const struct invoice_document *document;
};

enum err put_lines(struct layout *l, struct error *e) MUST_USE;
enum err put_totals(struct layout *l, struct error *e) MUST_USE;
/* The code and words of the tax office that has the document in its chain; nothing where none has. */
enum err put_fiscal(struct layout *l, struct error *e) MUST_USE;
enum err put_payment(struct layout *l, struct error *e) MUST_USE;

/* ---- words ---- */

struct str document_number(const struct speech *s, struct arena *a,
                           const struct invoice *v); /* "Invoice INV-2025-000001" */
struct str buyer_name(const struct customer *c);
/* "VAT 19% (DE)", "VAT 0%, reverse charge (DE)" */
struct str tax_words(const struct layout *l, const struct tax_total *t);
/* "INV-2025-000001 of 31 Jan 2025; …" */
struct str corrects_words(const struct layout *l);
struct str settles_words(const struct layout *l); /* "EUR 30.00 off INV-2025-000001; …" */
enum err check_invoice_texts(const struct layout *l, struct error *e) MUST_USE;

/* What the customer still owes by this document, and what was paid towards it. */
struct standing {
    bool voided, credit_note, draft, paid;
    struct money paid_amount, open;
};
enum err standing_of(struct standing *out, const struct invoice_document *d, struct error *e) MUST_USE;

/* The payload of an EPC QR code (EPC069-12, version 002), by which banks' apps in the SEPA fill in a
 * transfer; "" where there can be none: another currency than EUR, an account outside the SEPA, an amount
 * that the form has no room for. */
struct str epc_code_text(struct arena *a, const struct seller *to, struct money amount, struct str reference);

#endif
