/* SPDX-License-Identifier: MIT */
/* crediting.h - what is given back of the lines of an invoice. A part of a line is measured in the line's
 * price: what was asked for it, less what coupons took, and with the tax where the price holds it. Net
 * amount, discount and each tax follow from the price of all parts together, rounded once, less what was
 * given back before; so the credits of a line sum to the line exactly, whatever the steps. Source: DESIGN.md,
 * "credit notes to invoices, exactly"; the numbers are in tests/book/test_crediting.c. */
#ifndef DAYBOOK_LEDGER_BOOK_CREDITING_H
#define DAYBOOK_LEDGER_BOOK_CREDITING_H

#include "ledger/book/event.h"

/* The price of a line. Of a line that still waits for its document, the amount is the price. */
struct money line_price(const struct line *l);
/* What it comes to on its document: amount less discount, and its taxes. */
struct money line_gross(const struct line *l);

/* The line that a line credits, counted from 1; 0: none that is known. The first form of lines named the
 * invoice only: there it is the fee whose days the credit lies in. */
uint64_t credited_line(const struct invoice *v, const struct line *credit);

/* An invoice whose lines are being credited. Everything lives in the arena it was begun with. */
struct crediting {
    const struct invoice *invoice;
    struct line_credit *lines; /* one for each line of the invoice: given back so far */
    struct money credited;     /* gross, of all of them */
    struct money by_hand,
        prices_by_hand; /* of that, by credit notes that somebody made: gross, and as prices */
    struct arena *arena;
};
struct crediting crediting_begin(const struct invoice *v, struct arena *a);
/* Notes the result on the invoice. */
void crediting_end(struct invoice *v, struct crediting *c);

/* What can still be given back of a line, as a price; below nothing for a line that is itself a credit. */
enum err crediting_left(struct money *out, const struct crediting *c, uint64_t line,
                        struct error *e) MUST_USE;

/* Makes *credit a credit of `price` of a line, and notes it: amounts, taxes, and what it credits. The rest of
 * *credit is left as it is. */
enum err crediting_part(struct line *credit, struct crediting *c, uint64_t line, struct money price,
                        struct error *e) MUST_USE;
/* Notes a line of a document; does nothing when it credits another invoice. `undone`: the document of the
 * line is voided, or that very line is credited, so that the invoice has the part again. */
enum err crediting_note(struct crediting *c, const struct line *credit, bool undone,
                        struct error *e) MUST_USE;

#endif
