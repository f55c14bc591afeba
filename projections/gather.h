/* SPDX-License-Identifier: MIT */
/* gather.h - projections/'s own: what the files of gathering share. Facts live in the arena given and change
 * nothing. */
#ifndef DAYBOOK_PROJECTIONS_GATHER_H
#define DAYBOOK_PROJECTIONS_GATHER_H

#include "projections/fold.h"
#include "projections/state.h"

struct gathering {
    struct facts *facts;
    struct views_txn *t;
    const struct command *command;
    struct zones *zones;
    const struct customer_row *customer; /* whose record is facts->customer; NULL: unknown */
    struct arena *arena;
    struct error *e;
};

/* gather_usage.c: one fact for each reading of usage.record. */
enum err gather_readings(struct gathering *g) MUST_USE;
/* The reading that is to be corrected. */
enum err gather_counted(struct gathering *g) MUST_USE;

/* gather_gateway.c: the transaction, the dispute and the movements that the gateway calls so already. */
enum err gather_reference(struct gathering *g) MUST_USE;
enum err gather_dispute(struct gathering *g) MUST_USE;
enum err gather_movements(struct gathering *g) MUST_USE;
enum err gather_bound(struct gathering *g) MUST_USE;    /* the gateway's account */
enum err gather_imported(struct gathering *g) MUST_USE; /* and what its customer is there */

/* gather_access.c: actors and tokens, for commands that are about them. */
enum err gather_access(struct gathering *g) MUST_USE;

/* gather_books.c: what is closed, and how the accounts stood when the month ended. */
enum err gather_books(struct gathering *g) MUST_USE;

/* gather_rerating.c: windows of usage that was billed, and the proposal to correct it. */
enum err gather_windows(struct gathering *g) MUST_USE;

/* gather_billing.c: what a bill is made of. */
enum err gather_subscription(struct gathering *g) MUST_USE;
enum err gather_ended(struct gathering *g) MUST_USE; /* of the plans that are over */
enum err gather_usage(struct gathering *g) MUST_USE;
/* gather_advance.c: what was charged of usage periods that are open. */
enum err gather_advances(struct gathering *g) MUST_USE;
enum err gather_stopped(struct gathering *g) MUST_USE; /* subscriptions that a payment may let go on */
enum err gather_draft(struct gathering *g) MUST_USE;
enum err gather_items(struct gathering *g) MUST_USE;
enum err gather_wallet(struct gathering *g) MUST_USE; /* and the alerts that watch it */
enum err gather_open_invoices(struct gathering *g) MUST_USE;
enum err gather_payments(struct gathering *g) MUST_USE;
enum err gather_credited(struct gathering *g) MUST_USE; /* invoices that the bill may give back of */
enum err gather_payers(struct gathering *g) MUST_USE;   /* grants that paid of these, or of the one named */
enum err gather_series(struct gathering *g) MUST_USE;   /* and the issue date */

/* gather_fiscal.c: where the seller's fiscal chain stands. */
enum err gather_fiscal(struct gathering *g) MUST_USE;

#endif
