/* SPDX-License-Identifier: MIT */
/* credit_note.h - what documents share that give something back, whoever makes them: the taxes of their
 * lines, and where the money goes before the customer's balance gets it. For decide_*.c only. */
#ifndef DAYBOOK_LEDGER_BOOK_CREDIT_NOTE_H
#define DAYBOOK_LEDGER_BOOK_CREDIT_NOTE_H

#include "ledger/book/crediting.h"
#include "ledger/book/invoice.h"
#include "ledger/book/wallet.h"

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

/* Of what the document gives back of each of these invoices, grants of prepaid credit get back first what
 * they had paid of it. */
enum err return_to_wallet(struct invoice_finalized *d, struct wallet *w, const struct invoices *credited,
                          struct arena *a, struct error *e) MUST_USE;
/* What a document comes to without what goes back to grants: what it asks for; of a credit note what it
 * gives, below nothing. */
enum err asked_for(struct money *out, const struct invoice_finalized *d, struct error *e) MUST_USE;

/* Takes from *left what the credited invoices have the first claim on: `covers`, what was refunded of them
 * before without a credit note, and `recovers`, what was written off of them. The latter settle them too.
 * What goes back to grants is out of *left already. */
enum err settle_credited(struct invoice_finalized *d, struct money *left, const struct invoices *credited,
                         struct arena *a, struct error *e) MUST_USE;

#endif
