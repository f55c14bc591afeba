/* SPDX-License-Identifier: MIT */
/* stripe_form.h - what is asked of Stripe, as bytes: application/x-www-form-urlencoded with bracketed names.
 * Source: Stripe's documentation of its API; what its own libraries put on the wire. */
#ifndef DAYBOOK_IMPORTERS_STRIPE_FORM_H
#define DAYBOOK_IMPORTERS_STRIPE_FORM_H

#include "ledger/ledger.h"

/* Appends NAME=VALUE, percent-encoded, after an & where something stands before it. The name is ours:
 * "metadata[transaction]". */
void form_add(struct buffer *form, const char *name, struct str value);
/* Minor units as Stripe wants them, and the currency in small letters; ERR_INVALID as stripe_amount. */
enum err form_add_money(struct buffer *form, struct money m, struct error *e) MUST_USE;
struct str form_text(const struct buffer *form);

/* "pi_3MtwBwLkdIwHu7ix28a3tqPa": may it stand in a path? */
bool stripe_id_is_one(struct str id);

/* ERR_INVALID for an amount that Stripe does not take: more than eight digits where it takes no more, or the
 * last of three decimals (BHD, JOD, KWD, OMR, TND) or either of ISK's and UGX's two other than zero. */
enum err stripe_amount(int64_t *out, struct money m, struct error *e) MUST_USE;
/* Back from Stripe's to our minor units. ERR_INVALID for a currency that is not known. */
enum err stripe_money(struct money *out, int64_t amount, struct str currency, struct error *e) MUST_USE;

#endif
