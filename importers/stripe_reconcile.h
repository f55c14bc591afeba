/* SPDX-License-Identifier: MIT */
/* stripe_reconcile.h - holds what moved our balance at Stripe against the ledger, movement by movement, and
 * notes what the ledger could not know: fees, payouts, what banks took back, refunds that were made there. */
#ifndef DAYBOOK_IMPORTERS_STRIPE_RECONCILE_H
#define DAYBOOK_IMPORTERS_STRIPE_RECONCILE_H

#include "importers/stripe.h"
#include "projections/projections.h"

enum discrepancy_kind {
    DISCREPANCY_MISSING_HERE,  /* it moved the balance there, and is no movement of this ledger's */
    DISCREPANCY_MISSING_THERE, /* it succeeded here, and moved nothing there */
    DISCREPANCY_AMOUNT,        /* both have it, and not the same */
    DISCREPANCY_SUSPENSE,      /* noted in the account of what somebody must explain; told once */
    DISCREPANCY_UNDERWAY,      /* there already, and pending here; no difference */
};
extern const char *const discrepancy_words[]; /* "missing_here" … */

struct discrepancy {
    enum discrepancy_kind kind;
    enum movement_kind movement;
    struct str reference;           /* Stripe's name of the movement; "": there is none */
    struct str source;              /* Stripe's name of what moved it, or is missing */
    uint64_t transaction, customer; /* ours; 0: none */
    struct money here, there;       /* to us: above zero; none: nothing */
    struct instant at;
    const char *why;
};
/* Of one currency. */
struct balance_total {
    struct money here;      /* the account assets:cash:stripe */
    struct money there;     /* available and pending */
    struct money explained; /* what the differences and what is under way make of here - there */
};
enum { DISCREPANCIES_TOLD = 10000 };
struct reconciliation {
    struct instant from;
    struct instant through;    /* now, or the oldest movement that is under way: it is to be seen again */
    uint64_t movements, noted; /* looked at; of them new to the ledger */
    uint64_t missing_here, missing_there, amounts, suspense, underway;
    uint64_t unexplained; /* currencies in which the balances differ by more than the discrepancies say */
    uint64_t differences; /* of all these, what makes the ledger another than the bank */
    const struct discrepancy *rows; /* the first ten thousand */
    size_t rows_count;
    const struct balance_total *totals; /* by currency */
    size_t totals_count;
};

typedef void reconcile_progress_fn(void *context, const char *stage, uint64_t done, uint64_t total);
struct reconcile_options {
    struct str actor;
    struct instant now;
    struct instant from; /* none: three days before where the last one ended that found no difference, or
                            earlier for what is pending since then; at first from the beginning. One that
                            begins later leaves a gap, and counts for none of this */
    bool shared;         /* others use the account, too: what is none of this ledger's is no difference */
    reconcile_progress_fn *progress; /* NULL: silent */
    void *progress_context;
    bool (*stops)(void *); /* NULL: never */
    void *stops_context;
};
/* Payments that are pending should be settled before. ERR_INCOMPLETE: Stripe did not tell all, or it was told
 * to stop; what was noted stays noted, and the next one looks again. */
enum err stripe_reconcile(struct reconciliation *out, struct stripe *s, struct ledger *l,
                          const struct reconcile_options *o, struct arena *a, struct error *e) MUST_USE;

#endif
