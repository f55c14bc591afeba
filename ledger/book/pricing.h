/* SPDX-License-Identifier: MIT */
/* pricing.h - what a quantity costs: the models of prices as functions of values. A cost is summed up exactly
 * and rounded once, half away from zero, to its currency. The models are those of choices.def's
 * pricing_model; the numbers they must meet are in tests/book/test_pricing.c. */
#ifndef DAYBOOK_LEDGER_BOOK_PRICING_H
#define DAYBOOK_LEDGER_BOOK_PRICING_H

#include "ledger/book/event.h"

/* What was used of one usage type in a usage period, or in a part of one. */
struct usage_measure {
    struct exact quantity; /* as its metric aggregates the readings */
    uint64_t readings;
    struct decimal included;  /* the quota, prorated already */
    int32_t days, whole_days; /* of the period, and of the whole one: minimum and maximum are prorated */
};

struct usage_cost {
    struct exact past;                /* the quota: what the model priced; never negative */
    struct money amount;              /* at most the prorated maximum */
    struct money true_up;             /* what the amount is short of the prorated minimum; never negative */
    struct decimal units, unit_price; /* for documents: their product, rounded, is the amount */
};

/* The quota comes off first: tiers count from the first unit past it. A tier's bound belongs to it, what is
 * above, were it a fraction, is in the next; the last tier goes on for ever. Flat amounts of a first tier and
 * of the model flat are due without usage too, unless skip_zero. Fees for readings are due for each, whatever
 * the quota. ERR_LIMIT, naming the usage type: more than exact numbers or money can hold. */
enum err usage_cost(struct usage_cost *out, const struct rate *r, const struct usage_measure *m,
                    const char *currency, struct error *e) MUST_USE;

/* For one whole period. Seats count for fees that go by them; when all of them are included, nothing is due.
 */
enum err fee_cost(struct money *out, const struct fee *f, uint64_t seats, const char *currency,
                  struct error *e) MUST_USE;

/* Whether a rate or fee can be priced: nothing negative, tiers that go up, of which only the last may be
 * without end, what its model cannot do without. ERR_INVALID (ERR_LIMIT for too many tiers) with a sentence
 * that begins with the member: "tiers[1].up_to: …". Texts are not looked at. */
enum err rate_check(const struct rate *r, struct error *e) MUST_USE;
enum err fee_check(const struct fee *f, struct error *e) MUST_USE;

#endif
