/* SPDX-License-Identifier: MIT */
/* relations.h - the properties that compare, and what they look into books with. */
#ifndef DAYBOOK_TESTS_SIM_RELATIONS_H
#define DAYBOOK_TESTS_SIM_RELATIONS_H

#include "tests/sim/sim.h"

property_fn nights_or_one_run, order_of_customers;               /* relations.c */
property_fn there_and_back, pause_and_resume, cancel_and_refund; /* arithmetic.c */

struct subscription_rows {
    struct subscription *items;
    size_t count, capacity;
    struct arena *arena;
};
/* All of them, by number; which invoice billed a charge is left out. */
enum err books_subscriptions(struct subscription_rows *out, struct books *b, struct error *e) MUST_USE;
/* Is the pending item on a document by now? */
bool books_is_invoiced(const struct books *b, uint64_t item);
/* The name of the first field that differs. */
const char *first_difference(const struct subscription *x, const struct subscription *y);

#endif
