/* SPDX-License-Identifier: MIT */
/* stripe_account.h - importers' own: is the key of the account that this ledger's money is at? */
#ifndef DAYBOOK_IMPORTERS_STRIPE_ACCOUNT_H
#define DAYBOOK_IMPORTERS_STRIPE_ACCOUNT_H

#include "importers/stripe.h"

/* Asked before a whole account is read. The first time it is noted which account, and whether real money
 * moves there; afterwards ERR_REFUSED for another one, so that nobody's balance is booked beside ours. A key
 * that may not tell its account is held to its mode alone. */
enum err stripe_check_account(struct stripe *s, struct ledger *l, struct str actor, struct arena *a,
                              struct error *e) MUST_USE;

#endif
