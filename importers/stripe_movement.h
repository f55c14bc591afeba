/* SPDX-License-Identifier: MIT */
/* stripe_movement.h - importers' own: what moved our balance at Stripe (a balance transaction), and how a
 * dispute stands, in the ledger's words. Pure but for the arena. Source: Stripe's documentation of balance
 * transactions, their types and reporting categories, and of disputes. */
#ifndef DAYBOOK_IMPORTERS_STRIPE_MOVEMENT_H
#define DAYBOOK_IMPORTERS_STRIPE_MOVEMENT_H

#include <jansson.h>

#include "ledger/book.h"

/* Without transaction and customer, which the ledger knows. Where `source`, the charge, refund or dispute
 * that moved the balance, is there as a whole and in another currency than the balance, `amount` is in that
 * one. ERR_INVALID: it is none, or in a currency that is not known. */
enum err stripe_movement_read(struct balance_movement *out, const json_t *txn, const json_t *source,
                              struct arena *a, struct error *e) MUST_USE;

/* A refund that was not made here, without its payment. False: it moves nothing, for it failed (its outcome
 * is declined, and it has a name), or is none. */
bool stripe_refund_read(struct refund_note_command *out, const json_t *refund, struct arena *a);

/* Without the payment and the movements. ERR_INVALID: it is none, or has a status that is not known. */
enum err stripe_dispute_read(struct dispute_note_command *out, const json_t *dispute, struct arena *a,
                             struct error *e) MUST_USE;

#endif
