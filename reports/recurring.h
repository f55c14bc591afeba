/* SPDX-License-Identifier: MIT */
/* recurring.h - how what subscriptions come to in a month has moved: told from their events, one movement
 * after the other, in the order of the log.
 *
 * A subscription counts from its start, or from the day on which its trial is over, until its end; while it
 * is paused it counts nothing. What it counts is its price and fees of a month, before usage, coupons and
 * taxes on top (monthly.h). Kinds go by the customer: what is his first is new, what brings him back from
 * nothing a reactivation, what takes him there churn; all between is expansion or contraction. Each currency
 * is for itself.
 *
 * Some 40 bytes a subscription and 32 a customer are kept meanwhile. */
#ifndef DAYBOOK_REPORTS_RECURRING_H
#define DAYBOOK_REPORTS_RECURRING_H

#include "reports/report_file.h"

enum recurring_kind {
    RECURRING_NEW,
    RECURRING_EXPANSION,
    RECURRING_REACTIVATION,
    RECURRING_CONTRACTION,
    RECURRING_CHURN,
    RECURRING_KINDS
};
extern const char *const recurring_words[RECURRING_KINDS];

struct recurring_movement {
    enum recurring_kind kind;
    struct date day; /* on which it counts; of one subscription they never go back */
    uint64_t customer, subscription;
    struct str from_plan, to_plan; /* "": it counted, or counts, nothing */
    struct money from, to;         /* of the subscription in a month */
    struct money change;           /* below zero: less */
    uint64_t seq;                  /* record that says so */
};
typedef enum err recurring_fn(void *context, const struct recurring_movement *m, struct error *e);

/* Of the query's customer, up to a day (none: all). */
enum err recurring_walk(struct report_file *f, struct date end, recurring_fn *visit, void *context,
                        struct error *e) MUST_USE;

#endif
