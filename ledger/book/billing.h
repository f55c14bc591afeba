/* SPDX-License-Identifier: MIT */
/* billing.h - what things cost and when: the rules of billing as functions of values. Dates are billing
 * dates, periods are half-open, every amount is rounded half away from zero once per line. */
#ifndef DAYBOOK_LEDGER_BOOK_BILLING_H
#define DAYBOOK_LEDGER_BOOK_BILLING_H

#include "ledger/book/fees.h"
#include "ledger/book/subscription.h"

/* Version of the rules in this file; stored with every invoice, raised when an amount would come out
 * differently. */
enum { BILLING_RULE_VERSION = 4 };

/* The lines of a document being put together. */
struct line_list {
    struct line *items;
    size_t count, capacity;
};
struct line *line_add(struct line_list *l, struct arena *a);
enum err lines_total(struct money *out, const struct line *lines, size_t count, const char *currency,
                     struct error *e) MUST_USE;

struct interval terms_interval(const struct terms *t);

/* Everything of a subscription that falls due by `through`, in the order of time: fees of periods that begin
 * (in arrears: that have ended), usage periods and minimum commitments that have ended, the end of a trial or
 * a planned pause, a scheduled change, a scheduled end. `lines` is what it costs, `events` is what happened
 * to the subscription; *s is as those events leave it. */
struct overdue {                          /* by the oldest invoice that is still open */
    bool known;                           /* it was looked for */
    uint64_t invoice;                     /* 0: there is none */
    struct date past_due, unpaid, cancel; /* none: never */
};
/* What runs have charged of usage of the period that is open, before its end. */
struct advance {
    uint64_t subscription;
    struct date from;                    /* of the period */
    const struct window_charge *charges; /* oldest first */
    size_t charges_count;
    const struct invoice *invoices; /* that charged it */
    size_t invoices_count;
};
struct accrual {
    struct date through, today;
    struct overdue overdue;
    const struct usage_total *usage; /* of the periods not rated yet */
    size_t usage_count;
    bool can_pay;        /* there is a payment method: asked when a trial ends */
    size_t lines_before; /* on the same bill */
    const struct advance *advances;
    size_t advances_count;
    bool
        charges_used; /* so far, of the open period, where the rates say so: a bill does, a change does not */
    struct line_list lines;
    struct event_list events;
    struct date left_on; /* the day that it did not get past, for it was too much: ERR_LIMIT; none */
};
enum err accrue(struct accrual *out, struct subscription *s, struct arena *a, struct error *e) MUST_USE;

/* An invoice is overdue no more: what was past due is active, what was unpaid goes on from today. */
enum err paid_again(struct accrual *out, struct subscription *s, struct arena *a, struct error *e) MUST_USE;

/* Fees in arrears for the days up to `until`, within the open period: before a change, a pause or an end.
 * With subscription.billed, if there are any. */
enum err charge_until(struct accrual *out, struct subscription *s, struct moment until, struct arena *a,
                      struct error *e) MUST_USE;

/* Gives back what was billed for [from, to) of each charge: credit lines of this kind, and their sum as a
 * positive amount. The charges note it. */
enum err credit_charges(struct line_list *lines, struct money *sum, struct subscription *s,
                        enum line_kind kind, struct moment from, struct date to, struct arena *a,
                        struct error *e) MUST_USE;

/* Rates usage_through..until, which lies within the open usage period. */
enum err rate_usage_until(struct accrual *out, struct subscription *s, struct date until, struct arena *a,
                          struct error *e) MUST_USE;

/* What the usage of [p.start, p.end) costs by the subscription's quotas, which it leaves as they are: the
 * lines that rate_usage_until() makes. */
enum err rate_window(struct line_list *out, const struct subscription *s, struct period p,
                     const struct usage_total *usage, size_t count, struct arena *a,
                     struct error *e) MUST_USE;

/* A line for usage by the rates of `tier`: its product, taxed as it is, whatever tier rules by now. */
struct line *add_usage_line(struct line_list *lines, const struct subscription *s, enum line_kind kind,
                            struct money amount, const struct quota_segment *tier, struct arena *a);

/* Ends the pause on a day: gives the paused days back that were billed, and goes on charging from there. */
enum err resume(struct accrual *out, struct subscription *s, struct date on, struct arena *a,
                struct error *e) MUST_USE;

/* What the minimum commitment asks for up to `until`: a line, if fees and usage were less. Usage that is not
 * billed yet counts, as far as the commitment is short. Billing goes on counting from there. */
enum err true_up(struct accrual *out, struct subscription *s, struct date until, struct arena *a,
                 struct error *e) MUST_USE;

/* What was billed for the days from a moment on, be it given back or not. */
enum err add_billed_ahead(struct money *sum, const struct charge *c, const struct terms *t,
                          struct moment from, struct error *e) MUST_USE;

struct commitment_change {
    const struct terms *to; /* the terms that rule from here on */
    struct date on;
    bool scheduled;              /* it may be noted later than on its day */
    struct money credit, charge; /* what the change gives back, as it was counted, and charges */
    struct money carried;        /* what was billed for days from there on and stays */
};
/* What a change of terms makes of the commitment. One that the new terms have, too, goes on. Any other ends:
 * it is counted up to the change, and the one of the new terms counts from there. */
enum err change_commitment(struct accrual *out, struct subscription *s, const struct commitment_change *c,
                           struct arena *a, struct error *e) MUST_USE;

/* subscription.billed with the state as it is. */
void add_billed(struct accrual *out, const struct subscription *s, struct arena *a);

/* The usage period that holds `day`, and what the tiers include of a usage type in it, prorated by day over
 * the tiers in force, rounded up to a whole unit; or all that the newest includes, where it says so. */
struct period usage_period(const struct subscription *s, struct date day);
struct quota {
    bool known; /* some tier in force names this usage type */
    bool unlimited;
    bool billed;                      /* past the quota it costs something */
    int32_t billed_days;              /* of the period: so many of them a tier was in force that bills it */
    const struct rate *rate;          /* of the newest of those tiers; NULL: there is none */
    const struct quota_segment *tier; /* that one */
    struct decimal included;
};
enum err usage_quota(struct quota *out, const struct subscription *s, struct str usage_type, struct period p,
                     struct error *e) MUST_USE;

/* Has it a rate for the usage type that charges what was used before the period is over? */
bool subscription_charges_used(const struct subscription *s, struct str usage_type);

/* The date on which the nightly run has work for this subscription next; none when never. */
struct date subscription_due(const struct subscription *s);

#endif
