/* SPDX-License-Identifier: MIT */
/* relations.h - the properties that compare, and what they look into books with. */
#ifndef DAYBOOK_TESTS_SIM_RELATIONS_H
#define DAYBOOK_TESTS_SIM_RELATIONS_H

#include "tests/sim/sim.h"

property_fn nights_or_one_run, order_of_customers;               /* relations.c */
property_fn drafts_or_none, coupons_or_none;                     /* ways.c */
property_fn there_and_back, pause_and_resume, cancel_and_refund; /* arithmetic.c */

struct subscription_rows {
    struct subscription *items;
    size_t count, capacity;
    struct arena *arena;
};
/* All of them, by number; which invoice billed a charge is left out. */
enum err books_subscriptions(struct subscription_rows *out, struct books *b, struct error *e) MUST_USE;
enum counted {
    COUNT_ALL,     /* lines of each kind, before coupons */
    COUNT_CHARGES, /* … without what was given back */
    COUNT_FEES,    /* … and without usage, which may be charged as it comes and be given back */
    COUNT_PAID,    /* all together, less what coupons took */
};
/* Of each customer and currency, x has what y has. */
enum err compare_sums(const struct books *x, const struct books *y, enum counted counted,
                      struct error *e) MUST_USE;
/* Which invoice billed a charge, and what of it a coupon took, is left out. */
enum err compare_subscriptions(struct books *x, struct books *y, struct error *e) MUST_USE;
/* And a last run. */
enum err live_all(struct books *b, const struct script *h, struct date last, struct error *e) MUST_USE;
struct date month_after(const struct script *h);
/* One customer's documents in order, without any number that counts over all customers. */
void tell_documents(struct buffer *out, const struct books *b, struct str user);
/* Is the pending item on a document by now? */
bool books_is_invoiced(const struct books *b, uint64_t item);
/* The name of the first field that differs. */
const char *first_difference(const struct subscription *x, const struct subscription *y);

#endif
