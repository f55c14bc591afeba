/* SPDX-License-Identifier: MIT */
/* fees.h - what a subscription's terms charge for a period, fee by fee: for a whole one, for a part of it,
 * and what is given back of what was billed. */
#ifndef DAYBOOK_LEDGER_BOOK_FEES_H
#define DAYBOOK_LEDGER_BOOK_FEES_H

#include "ledger/book/event.h"

/* A second of a billing date. Only prices that are prorated by second ever have another than 0. */
struct moment {
    struct date day;
    uint64_t second;
};
struct moment moment_later(struct moment a, struct moment b);

/* One fee of the terms with the price of a whole period: first the tier's own amount, then each of fees. */
struct component {
    struct str code; /* "" the tier's own */
    struct str name; /* on documents */
    uint64_t seats;  /* what it is charged for; 0: it does not go by seats */
    struct decimal quantity, unit_price;
    struct money amount;
};
struct components {
    struct component *items;
    size_t count;
};
enum err terms_components(struct components *out, const struct terms *t, uint64_t quantity, struct arena *a,
                          struct error *e) MUST_USE;

/* Is [from, to) all of the period? */
bool is_whole(struct moment from, struct moment to, struct period whole);

/* Seconds of the terms' fixed days that [from, to) of the anchored period stands for; 0 without them. Days
 * count from the period's end: what is left of it costs so many of the fixed days as it has days. So its
 * first day makes up for what a shorter period lacks, and what a longer one has too much costs nothing; parts
 * add up to the whole, and what is given back is what it costs to have it again. */
int64_t counted_seconds(const struct terms *t, struct moment from, struct moment to, struct period whole);

/* The share of `amount` for [from, to) of the anchored period `whole`, as the terms prorate. A whole period
 * costs the amount itself; the denominator is always the whole period, or the terms' fixed days. */
enum err prorate(struct money *out, struct money amount, const struct terms *t, struct moment from,
                 struct moment to, struct period whole, struct error *e) MUST_USE;

/* Of those that a charge stands for, the ones of [from, to), which lies in it. */
int64_t credited_seconds(const struct charge *c, struct moment from, struct date to);
/* Of an anchored period: share_words(), and what the part counts as where the terms have fixed days. */
struct str part_words(const struct terms *t, struct moment from, struct moment to, struct period whole,
                      struct arena *a);
/* ", counted as 14 of 30", behind share_words(); "" where all is 0. */
struct str counted_words(int64_t part, int64_t all, struct arena *a);

/* "16 of 31 days", for documents; where seconds count, "15 days 6 h of 31 days". */
struct str share_words(struct moment from, struct moment to, struct moment of_from, struct moment of_to,
                       struct arena *a);

/* What a credit may be at most: never negative, never more than was billed less what was credited already. */
struct money credit_cap(struct money potential, struct money billed, struct money already_credited);

/* What the days [from, to) of a charge are worth of what was billed for it, net of its discount and capped by
 * what is left of it; positive. Nothing where the terms give nothing back. */
enum err unused_credit(struct money *out, const struct charge *c, const struct terms *t, struct moment from,
                       struct date to, struct error *e) MUST_USE;

#endif
