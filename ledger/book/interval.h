/* SPDX-License-Identifier: MIT */
/* interval.h - billing intervals as people name them. A quarter is three months and a half-year six: they are
 * words only, and the same as '3 months' and '6 months' wherever intervals are compared. */
#ifndef DAYBOOK_LEDGER_BOOK_INTERVAL_H
#define DAYBOOK_LEDGER_BOOK_INTERVAL_H

#include "ledger/book/event.h"

enum {
    INTERVAL_COUNT_MAX = 1000,               /* of a price, of whatever is named */
    UNIT_COUNT_MAX = 6 * INTERVAL_COUNT_MAX, /* the same in months */
};
enum err interval_count_check(uint64_t count, struct error *e) MUST_USE;

/* So many (0: one) of what is named; without a name so many of `otherwise`'s unit, or `otherwise` itself. */
struct interval interval_chosen(enum billing_interval named, uint64_t count, struct interval otherwise);

/* The way back: 3 months are one quarter, 2 weeks are 2 of week. */
struct interval_name {
    const char *word; /* of choice_billing_interval */
    uint32_t count;
};
struct interval_name interval_name(struct interval every);
struct str interval_text(struct arena *a, struct interval every); /* "month", "quarter", "2 weeks" */

#endif
