/* SPDX-License-Identifier: MIT */
/* rerating.h - usage that was billed, rated again. What was rated is kept as a window: its days, and the
 * rates in force on them. Rated anew with the readings as they are now it costs what it should have cost; the
 * difference is proposed, and no document changes. A minimum commitment is counted up again with it. */
#ifndef DAYBOOK_LEDGER_BOOK_RERATING_H
#define DAYBOOK_LEDGER_BOOK_RERATING_H

#include "ledger/book/billing.h"

/* A window with the lines that billed it, oldest first. */
struct billed_window {
    struct usage_window window;
    const struct window_charge *charges;
    size_t charges_count;
};
struct billed_commitment { /* likewise */
    struct commitment commitment;
    const struct window_charge *charges;
    size_t charges_count;
};
struct rerated_list {
    struct rerated_line *items;
    size_t count, capacity;
};

/* The window that ends next when usage_through moves to `until`, cut as accrue() cuts them: by usage months.
 * *s goes on behind it. False: it has moved there. */
bool window_close(struct usage_window *out, struct subscription *s, struct date until, struct arena *a);

/* What a subscription with nothing but the window's days and rates would be: for the rules of rating. */
struct subscription window_subscription(const struct usage_window *w);

/* Whose rates priced a usage type in the window: the newest tier that bills it, else the newest. */
enum err window_tier(const struct quota_segment **out, const struct usage_window *w, struct str usage_type,
                     struct error *e) MUST_USE;

/* Notes in `rated` what each usage type that is billed in the window comes to, out of the customer's totals.
 */
enum err window_measure(struct usage_window *w, const struct usage_total *usage, size_t count,
                        struct arena *a, struct error *e) MUST_USE;

/* Of usage that was charged before the window's end: what the document of that end gives back counts as given
 * back. */
enum err window_settle_charged(struct usage_window *w, const struct advance *charged,
                               const struct usage_total *usage, size_t count, struct arena *a,
                               struct error *e) MUST_USE;

/* What the totals cost in the window by its rates, and what was billed for it: of all usage types together.
 */
enum err window_cost(struct money *out, const struct usage_window *w, const struct usage_total *usage,
                     size_t count, struct arena *a, struct error *e) MUST_USE;
enum err window_billed(struct money *out, const struct billed_window *w, struct error *e) MUST_USE;

/* The window with the rates that the catalog has for the same tiers, intervals and currency, instead of those
 * that were in force. False: it has no price for one of them. */
bool window_repriced(struct usage_window *out, const struct usage_window *w, const struct catalog *c,
                     struct arena *a);

/* The usage types of the window that cost otherwise than what was billed, by name. Whose readings are what
 * they were does not, whatever became of its lines since. */
enum err rerate_window(struct rerated_list *out, const struct billed_window *w,
                       const struct usage_total *usage, size_t count, struct arena *a,
                       struct error *e) MUST_USE;

/* What the differences found so far make of what was charged for a commitment. */
enum err recount_commitment(struct rerated_list *out, const struct commitment *c, struct arena *a,
                            struct error *e) MUST_USE;
/* Whether it counted what the correction corrects: usage counts when it is rated, on the day after. */
bool commitment_counts(const struct commitment *c, const struct rerated_line *l);

/* Notes an approved correction as billed. */
enum err commitment_note_rerated(struct commitment *c, const struct rerated_line *l,
                                 struct error *e) MUST_USE;
enum err window_note_rerated(struct usage_window *w, const struct rerated_line *l, struct arena *a,
                             struct error *e) MUST_USE;

#endif
