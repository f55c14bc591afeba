/* SPDX-License-Identifier: MIT */
/* own_credits.h - fees, and corrections of usage, that are given back before they ever stood on a document:
 * both lines stand on one document then, and the credit is of the other. */
#ifndef DAYBOOK_LEDGER_BOOK_OWN_CREDITS_H
#define DAYBOOK_LEDGER_BOOK_OWN_CREDITS_H

#include "ledger/book/event.h"

/* For each line the one of the same list that it gives back, counted from 1; 0: none. Where the same days
 * were charged several times, a credit is of the last charge before it that has so much left. */
size_t *own_credits(const struct line *lines, size_t count, struct arena *a);

/* Makes the lines of a document say so. The lines are copied into the arena. */
void own_credits_link(struct invoice_finalized *d, struct arena *a);

#endif
