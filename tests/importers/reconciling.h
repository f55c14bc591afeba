/* SPDX-License-Identifier: MIT */
/* reconciling.h - a ledger that is held against a server of our own in Stripe's shapes. */
#ifndef DAYBOOK_TESTS_IMPORTERS_RECONCILING_H
#define DAYBOOK_TESTS_IMPORTERS_RECONCILING_H

#include "tests/importers/bank.h"

enum err reconcile_look(struct reconciliation *out, struct bank *b, struct error *e);
void assert_agrees(const struct reconciliation *r);
/* "cash:stripe 10.00, expenses:payment-fees 0.59, " */
struct str accounts_of(struct bank *b);
void days_later(struct bank *b, int days); /* here and there */

/* The newest charge of a payment. */
const char *charge_of(struct bank *b, struct str intent);

#endif
