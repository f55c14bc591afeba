/* SPDX-License-Identifier: MIT */
/* monthly.h - what subscriptions come to in a month, before usage, coupons and taxes on top: a measure for
 * comparing them, and no revenue. */
#ifndef DAYBOOK_REPORTS_MONTHLY_H
#define DAYBOOK_REPORTS_MONTHLY_H

#include "ledger/book.h"

/* What a period costs: the tier's own amount and its fees. */
enum err period_price(struct money *out, const struct terms *t, uint64_t quantity, struct arena *a,
                      struct error *e) MUST_USE;
/* A month's share of a period: a year has twelve months, fifty-two weeks, 365 days. */
enum err monthly_share(struct money *out, struct money amount, const struct terms *t,
                       struct error *e) MUST_USE;

#endif
