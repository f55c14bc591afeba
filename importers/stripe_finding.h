/* SPDX-License-Identifier: MIT */
/* stripe_finding.h - importers' own: is a movement of Stripe's balance one of the ledger's? For
 * stripe_reconcile.c.
 */
#ifndef DAYBOOK_IMPORTERS_STRIPE_FINDING_H
#define DAYBOOK_IMPORTERS_STRIPE_FINDING_H

#include "importers/stripe_movement.h"
#include "projections/projections.h"

enum verdict {
    AGREES,    /* it is ours, and can be noted */
    MENDS,     /* a command must say it first */
    UNDERWAY,  /* it is ours, and pending */
    OTHERS,    /* it is nothing of ours */
    DISAGREES, /* it is ours, and is another here */
};
struct finding {
    enum verdict verdict;
    struct balance_movement movement;
    struct transaction mine; /* 0: none */
    struct command mend;
    bool undone; /* it mends with a refund that has failed since: two movements cancel out */
    const char *why;
};

/* Fills a finding whose movement was read from this balance transaction. */
enum err finding_judge(struct finding *f, const json_t *txn, struct views_txn *t, struct instant now,
                       struct arena *a, struct error *e) MUST_USE;
/* Is it of the amount of f->mine, with this sign? */
bool finding_is_amount(const struct finding *f, int sign);

#endif
