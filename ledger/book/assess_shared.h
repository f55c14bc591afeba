/* SPDX-License-Identifier: MIT */
/* assess_shared.h - what assess.c, discount.c and taxation.c share: a document while it is assessed. */
#ifndef DAYBOOK_LEDGER_BOOK_ASSESS_SHARED_H
#define DAYBOOK_LEDGER_BOOK_ASSESS_SHARED_H

#include "ledger/book/assess.h"

struct assessed_line {
    struct line *line;
    int64_t left;          /* of its price after coupons, then of that what is taxed */
    int64_t *taken;        /* by each coupon: of the price, then of the net amount */
    int64_t given_back;    /* of its price, by other lines of the document */
    const struct line *of; /* gives back of this one; NULL: of none here */
    struct line_tax *taxes;
};
struct assessing {
    const struct assess_facts *facts;
    const char *currency;
    struct assessed_line *lines; /* in an order made of what counts for sums; see assess.c */
    size_t count;
    struct arena *arena;
};
enum err take_discounts(struct assessing *s, struct error *e) MUST_USE;
enum err add_taxes(struct assessment *out, struct assessing *s, struct error *e) MUST_USE;

#endif
