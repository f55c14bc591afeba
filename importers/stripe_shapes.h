/* SPDX-License-Identifier: MIT */
/* stripe_shapes.h - importers' own: what Stripe's objects say, in whichever shape they come. Since its
 * version of March 2025 (basil) periods stand at a subscription's items, and an invoice names its
 * subscription in its parent; before, they stood at the object itself. */
#ifndef DAYBOOK_IMPORTERS_STRIPE_SHAPES_H
#define DAYBOOK_IMPORTERS_STRIPE_SHAPES_H

#include <jansson.h>

#include "ledger/ledger.h"

/* A member in seconds since 1970; none where it is no such time. */
struct instant stripe_time_of(const json_t *object, const char *name);

/* The first item of a subscription is its plan; others are what is added to it there. */
const json_t *stripe_plan_of(const json_t *subscription);
/* The tier that a price is for: its lookup key, or else its metadata's "tier"; "": it says none. */
struct str stripe_tier_of(const json_t *price);
bool stripe_is_metered(const json_t *price); /* charged by use */
enum billing_interval stripe_interval_of(const json_t *price);
struct date stripe_period_end_of(const json_t *subscription); /* first day that is not billed yet; none */

bool stripe_is_over(struct str status);                               /* of a subscription, for good */
struct str stripe_currency_of(const json_t *object, struct arena *a); /* "EUR"; "": none that is known */
struct str stripe_user_named(const json_t *metadata); /* the id here that was written into it; "": none */

struct str stripe_subscription_of(const json_t *invoice); /* "": it is for none */

#endif
