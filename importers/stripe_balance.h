/* SPDX-License-Identifier: MIT */
/* stripe_balance.h - importers' own: what Stripe holds for us in each currency, beside what the ledger's
 * account of it has. For stripe_reconcile.c. */
#ifndef DAYBOOK_IMPORTERS_STRIPE_BALANCE_H
#define DAYBOOK_IMPORTERS_STRIPE_BALANCE_H

#include "importers/stripe_reconcile.h"

struct balances {
    struct balance_total *items;
    size_t count, capacity;
    struct arena *arena;
};
/* Of this currency, which begins with nothing. Valid until the next one is asked for. */
struct balance_total *balance_total_of(struct balances *b, const char *currency);

/* Reads both sides anew; *unexplained becomes the number of currencies in which they differ by something else
 * than `explained`. ERR_INCOMPLETE: Stripe does not tell its balance. */
enum err balances_compare(uint64_t *unexplained, struct balances *b, struct stripe *s, struct ledger *l,
                          struct error *e) MUST_USE;

#endif
