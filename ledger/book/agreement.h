/* SPDX-License-Identifier: MIT */
/* agreement.h - what was agreed with one customer of a tier whose price is custom, beside the price: unit
 * prices and quotas of usage and seats, and a minimum commitment. */
#ifndef DAYBOOK_LEDGER_BOOK_AGREEMENT_H
#define DAYBOOK_LEDGER_BOOK_AGREEMENT_H

#include "ledger/book/event.h"

/* Each text as the command has it. */
struct agreement {
    struct str prices, quotas; /* "": nothing */
    struct decimal commitment; /* 0: nothing */
};
/* What is named newly instead of what was agreed before; "none" is nothing. */
struct agreement agreed_anew(struct agreement before, struct str prices, struct str quotas,
                             struct decimal commitment);
/* What of it holds for another interval of the tier, too: prices of usage, which is rated by the month
 * whatever the interval, and quotas. A fee's price and a commitment are those of an interval. */
struct agreement agreed_beyond_interval(const struct terms *t, struct arena *a);
/* What was agreed and holds no more with the new terms, for people: "price seat=8, commitment 600". Agreed by
 * another number it was not given up. */
struct str agreed_given_up(const struct terms *from, const struct terms *to, struct arena *a);
/* Puts the agreed prices and quotas into the terms of a tier with a custom price. ERR_INVALID for what is no
 * list of name=number, ERR_NOT_FOUND for a name that the tier has not, ERR_REFUSED where there is no one
 * price. */
enum err agree(struct terms *t, const struct agreement *g, struct arena *a, struct error *e) MUST_USE;

#endif
