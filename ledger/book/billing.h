/* SPDX-License-Identifier: MIT */
/* billing.h - what things cost and when: the rules of billing as functions of values. Dates are billing
 * dates, periods are half-open, every amount is rounded half away from zero once per line. */
#ifndef DAYBOOK_LEDGER_BOOK_BILLING_H
#define DAYBOOK_LEDGER_BOOK_BILLING_H

#include "ledger/book/event.h"

/* Version of the rules in this file; stored with every invoice, raised when an amount would come out
 * differently. */
enum { BILLING_RULE_VERSION = 1 };

/* The share of `amount` for [from, to) of a period that is `whole` days long. */
enum err prorate(struct money *out, struct money amount, struct date from, struct date to, int32_t whole_days,
                 struct error *e) MUST_USE;

/* What a credit may be at most: never negative, never more than was billed less what was credited already. */
struct money credit_cap(struct money potential, struct money billed, struct money already_credited);

/* The lines of a document being put together, and the subscription as it will be afterwards. */
struct line_list {
    struct line *items;
    size_t count, capacity;
};
struct line *line_add(struct line_list *l, struct arena *a);
enum err lines_total(struct money *out, const struct line *lines, size_t count, const char *currency,
                     struct error *e) MUST_USE;

struct interval terms_interval(const struct terms *t);

/* Charges every period of the subscription that begins on or before `through` and rates every usage period
 * that has ended by then, up to the subscription's end. Moves charged_through, usage_through, billed_from and
 * billed_amount of *s, and applies a scheduled change or end that falls due (*changed, *ended tell). Usage
 * totals are those of the periods not rated yet. A charge for a part of a period is prorated by day over the
 * whole anchored period. */
struct accrual {
    struct line_list lines;
    bool moved; /* something in the subscription changed */
    bool changed, ended;
    struct date changed_on;
};
enum err accrue(struct accrual *out, struct subscription *s, struct date through,
                const struct usage_total *usage, size_t usage_count, struct arena *a,
                struct error *e) MUST_USE;

/* Rates usage_through..until (until within the open usage period) into *lines: for cancellation. */
enum err rate_usage(struct line_list *lines, struct subscription *s, struct date until,
                    const struct usage_total *usage, size_t usage_count, struct arena *a,
                    struct error *e) MUST_USE;

/* The credit for the days [on, charged_through) of what was last billed, positive; zero when nothing is left.
 */
enum err unused_credit(struct money *out, const struct subscription *s, struct date on,
                       struct error *e) MUST_USE;

/* The usage period that holds `day`, and what the tiers include of a usage type in it, prorated by day over
 * the tiers in force, rounded up to a whole unit. */
struct period usage_period(const struct subscription *s, struct date day);
struct quota {
    bool known; /* some tier in force names this usage type */
    bool unlimited;
    bool billed; /* past the quota each unit costs unit_price */
    struct decimal included, unit_price;
};
enum err usage_quota(struct quota *out, const struct subscription *s, struct str usage_type, struct period p,
                     struct error *e) MUST_USE;

/* The date on which the nightly run has work for this subscription next; none when never. */
struct date subscription_due(const struct subscription *s);

#endif
