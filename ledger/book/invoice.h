/* SPDX-License-Identifier: MIT */
/* invoice.h - what events do to a document after it was made: one set of functions, which the projections
 * fold with. Nothing of what was finalized is ever changed: payments, a void and a write-off are noted beside
 * it; so are credits, see crediting.h. */
#ifndef DAYBOOK_LEDGER_BOOK_INVOICE_H
#define DAYBOOK_LEDGER_BOOK_INVOICE_H

#include "ledger/book/event.h"

/* Is this move one of invoice_moves.def? */
bool invoice_may_move(enum invoice_status from, enum invoice_status to);

/* What is still to be paid of it; what was written off too, for that is owed all the same. Nothing of what
 * was voided. */
enum err invoice_owed(struct money *out, const struct invoice *v, struct error *e) MUST_USE;

/* What a document adds to the customer's credit balance: the rest of a credit note; of an invoice what it
 * takes from there, below nothing. */
enum err invoice_to_balance(struct money *out, const struct invoice_finalized *v, struct error *e) MUST_USE;

/* The document as invoice.finalized makes it. Where it stands in the log is the caller's to add. */
struct invoice invoice_begun(const struct invoice_finalized *v);
/* A part of it is paid, or taken off by a credit note … */
enum err invoice_pay(struct invoice *v, struct money amount, struct date on, struct error *e) MUST_USE;
enum err invoice_settle(struct invoice *v, struct money amount, struct date on, struct error *e) MUST_USE;
/* … of which so much had been written off. */
enum err invoice_recover(struct invoice *v, struct money amount, struct error *e) MUST_USE;
/* What a credit of it gives back to a grant of prepaid credit. */
enum err invoice_note_return(struct invoice *v, const struct wallet_return *r, struct arena *a,
                             struct error *e) MUST_USE;
enum err invoice_void(struct invoice *v, const struct invoice_voided *ev, struct error *e) MUST_USE;
enum err invoice_write_off(struct invoice *v, const struct invoice_written_off *ev, struct error *e) MUST_USE;

#endif
