/* SPDX-License-Identifier: MIT */
/* credit_note.h - what documents share that give something back, whoever makes them: the taxes of their
 * lines, and where the money goes before the customer's balance gets it. For decide_*.c only. */
#ifndef DAYBOOK_LEDGER_BOOK_CREDIT_NOTE_H
#define DAYBOOK_LEDGER_BOOK_CREDIT_NOTE_H

#include "ledger/book/crediting.h"
#include "ledger/book/invoice.h"

struct invoices {
    const struct invoice *items;
    size_t count;
};

/* A line that credits a line of one of these invoices gets the taxes of that line, whatever taxes count
 * today; its amount is a price. done[i] tells for which lines that was so. */
enum err credit_lines(bool *done, struct line *lines, size_t count, const struct invoices *credited,
                      struct arena *a, struct error *e) MUST_USE;
/* Adds these lines to the document's totals by tax. */
enum err add_credited_taxes(struct invoice_finalized *d, const bool *done, const struct invoices *credited,
                            struct arena *a, struct error *e) MUST_USE;

/* Takes from *left what the credited invoices have the first claim on: `covers`, what was refunded of them
 * before without a credit note, and `recovers`, what was written off of them. The latter settle them too. */
enum err settle_credited(struct invoice_finalized *d, struct money *left, const struct invoices *credited,
                         struct arena *a, struct error *e) MUST_USE;

#endif
