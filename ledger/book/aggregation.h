/* SPDX-License-Identifier: MIT */
/* aggregation.h - how the readings of a usage type become a quantity: their sum, the largest, the last by its
 * time of use, how many different keys they had, or a level that they change, averaged over time. Decisions
 * and projections count by the same function, so that an alert can fire on nothing else than what is kept. */
#ifndef DAYBOOK_LEDGER_BOOK_AGGREGATION_H
#define DAYBOOK_LEDGER_BOOK_AGGREGATION_H

#include "ledger/book/command.h"
#include "ledger/book/pricing.h"

/* What the catalog says of a usage type; a sum where it, or a catalog, says nothing. */
enum aggregation aggregation_of(const struct catalog *c, struct str usage_type);
/* Whether it has a usage type that is weighted by time: only then there are levels to look for. */
bool catalog_has_levels(const struct catalog *c);

/* Of the live subscriptions, oldest first, the one in whose usage periods readings of a day and type count:
 * the one that bills it, else the first with a rate for it, else the first plan; one whose end was reached
 * that day only if there is no other. NULL: none is live. */
const struct subscription *rating_subscription(const struct subscription *live, size_t count,
                                               struct str usage_type, struct date day);
/* When it was used: as was told, or when the told day begins there, or now. */
struct instant reading_time(const struct usage_input *in, const struct zone *zone, struct instant now);
/* The usage period in which a reading of that day counts: its own, or the open one when its own was billed
 * already. Without a subscription, the calendar month; of the month in which the last one `ended`, what is
 * behind that day, which no period that was rated holds. */
struct period reading_period(const struct subscription *s, struct date ended, struct date day);
/* The whole month of which the period is all, or what was left of it after a change or an end. */
struct period whole_month(const struct subscription *s, struct period p);

/* Counts a reading into the total of its usage type and period. `new_key` counts for the aggregation unique:
 * the key was not there before. ERR_LIMIT: the total would need more than 18 digits; it stays as it was. */
enum err total_count(struct usage_total *t, const struct reading *r, bool new_key, struct arena *a,
                     struct error *e) MUST_USE;

/* Counts a reading that was counted before with another quantity, or not at all. For sums and levels, which a
 * total can take back; the others are counted anew from their single readings. */
bool total_can_correct(enum aggregation how);
enum err total_correct(struct usage_total *t, const struct usage_corrected *v, struct arena *a,
                       struct error *e) MUST_USE;

/* The quantity of a usage type in `p`, a part of the month `whole`, out of the customer's totals. Sums and
 * the like are those of the totals whose periods begin in p. A level is averaged over all days of `whole`, so
 * that a part of a month has its part of it; days count alike, whatever the clocks did. What it changed by
 * before p it has in p as well. */
enum err totals_measure(struct usage_measure *out, const struct usage_total *totals, size_t count,
                        struct str usage_type, struct period p, struct period whole,
                        struct error *e) MUST_USE;

#endif
