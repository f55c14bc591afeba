/* SPDX-License-Identifier: MIT */
/* chronicle.h - what must hold of the events of any ledger, found out from the events alone. Folds and
 * decisions hold to it by themselves; verification does not take their word for it: this is a second, smaller
 * reading of the same history, which shares nothing with them but the events.
 *
 * - Everything that is numbered (customers, invoices, payments …) is numbered from 1 without a gap, nothing
 *   speaks of what was not there yet, and nothing of one customer's stands in an event about another.
 * - An idempotency key is answered once, a usage reading's event id counted once, a gateway's message and
 *   each movement of its balance kept once.
 * - Documents add up, their serials have no gap, and nothing pays more of one than is open, or any of one
 *   that was voided.
 * - A payment succeeds with what was asked for, once, and goes to documents and credit to the last cent; of
 *   it no more is given back than was paid.
 * - While the seller has a fiscal chain each document is in it, and the chain's hashes come out the same.
 *
 * It keeps some 40 bytes for each document and payment, and 32 for each key and event id. */
#ifndef DAYBOOK_LEDGER_BOOK_CHRONICLE_H
#define DAYBOOK_LEDGER_BOOK_CHRONICLE_H

#include "ledger/book/envelope.h"

struct chronicle;
struct chronicle *chronicle_new(void);
void chronicle_free(struct chronicle *h); /* accepts NULL */

/* The next record's events, in the order of the log. ERR_TAMPERED: they do not follow from those before; the
 * sentence says which event it is and why. */
enum err chronicle_add(struct chronicle *h, const struct envelope *v, struct error *e) MUST_USE;

struct chronicle_counts {
    uint64_t customers, subscriptions, documents, payments, refunds;
    uint64_t keys, event_ids; /* that stand once */
};
struct chronicle_counts chronicle_counts(const struct chronicle *h);

#endif
