/* SPDX-License-Identifier: MIT */
/* subscription.h - what events do to a subscription: one function, which the projections fold with and the
 * billing rules think ahead with, so that a bill can never rest on another state than the one that stays. */
#ifndef DAYBOOK_LEDGER_BOOK_SUBSCRIPTION_H
#define DAYBOOK_LEDGER_BOOK_SUBSCRIPTION_H

#include "ledger/book/event.h"

/* Is this move one of moves.def? */
bool subscription_may_move(enum subscription_status from, enum subscription_status to);
/* Has it begun and not ended, whatever else: it has a place among the customer's subscriptions. */
bool subscription_is_live(const struct subscription *s);
/* Are fees charged and usage rated in this state? */
bool subscription_is_charged(const struct subscription *s);
/* May its customer use what it entitles to? */
bool subscription_is_entitled(const struct subscription *s);

/* Is it billed elsewhere, so that nothing of it is charged here? */
bool subscription_is_elsewhere(const struct subscription *s);
/* The same by that day: one that is to be taken over is the ledger's from its day on, noted or not. */
bool subscription_is_elsewhere_on(const struct subscription *s, struct date day);
/* Where its periods count from when one of them begins on that day: they stay as they are where one does. */
struct date subscription_anchor_for(const struct subscription *s, struct date day, uint64_t *anchor_day);
/* From that day on the ledger bills it. */
void subscription_take_over(struct subscription *s, struct date on);

/* The subscription that subscription.created begins. */
struct subscription subscription_begun(const struct subscription_created *v, struct arena *a);

/* Whether the event is about a subscription that there is already, and about which. */
bool subscription_event(uint64_t *subscription, const struct event *ev);
/* Applies such an event. Lists live in the arena; ERR_TAMPERED for a move that there is not. */
enum err subscription_apply(struct subscription *s, const struct event *ev, struct arena *a,
                            struct error *e) MUST_USE;
/* Notes which lines of the invoice bill its charges, and what coupons took of them. True when one did. */
bool subscription_note_invoice(struct subscription *s, const struct invoice_finalized *v, struct arena *a);

/* Notes what lines of a credit note, and a void, took from its charges: what was given back, or never billed,
 * cannot be given back again. True when one did. */
bool subscription_note_credits(struct subscription *s, const struct invoice_finalized *v, struct arena *a);
bool subscription_note_void(struct subscription *s, const struct invoice_voided *v, struct arena *a);

/* Usage that counts, and its months, begin on this day: that of a trial's end. */
void subscription_begin_usage(struct subscription *s, struct date on);
/* From `on` these rates are in force: whatever began on that day or later gives way. */
void quotas_begin(struct subscription *s, struct date on, const struct rate *rates, size_t rates_count,
                  struct arena *a);
/* Stretches that ended by usage_through are of no more use; the one that goes on starts there. */
void quotas_trim(struct subscription *s, struct arena *a);

#endif
