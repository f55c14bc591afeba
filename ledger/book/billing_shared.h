/* SPDX-License-Identifier: MIT */
/* billing_shared.h - what the files of billing.h share: billing.c (fees and credits), rating.c (usage),
 * commitment.c (minimum commitments), aggregation.c (what was used), accrual.c (the order of time). For them
 * only. */
#ifndef DAYBOOK_LEDGER_BOOK_BILLING_SHARED_H
#define DAYBOOK_LEDGER_BOOK_BILLING_SHARED_H

#include "ledger/book/billing.h"

/* The anchored period of fees, and the usage month, that holds a day. */
struct period anchored(const struct subscription *s, struct date day);
struct period anchored_month(const struct subscription *s, struct date day);

struct date earlier(struct date a, struct date b); /* none counts as never */
bool is_by(struct date d, struct date limit);      /* given, and no later */

/* A line of the subscription, with what is the same for every kind. */
struct line *add_line(struct line_list *lines, const struct subscription *s, enum line_kind kind,
                      struct money amount, struct arena *a);

bool has_commitment(const struct subscription *s);
/* Fees and usage count towards the commitment as they are billed; of usage, what none has counted before. */
enum err count_committed(struct subscription *s, struct money amount, struct error *e) MUST_USE;
enum err count_usage(struct subscription *s, struct money usage, struct error *e) MUST_USE;
struct date commitment_end(const struct subscription *s); /* of the open one; none: there is none */
/* The open commitment is over, and the next one follows. */
enum err close_commitment(struct accrual *out, struct subscription *s, struct arena *a,
                          struct error *e) MUST_USE;

/* Usage that is charged before its period is over (advance.c). Charges what was used so far and was not
 * charged yet, in the open period, which ends on that day. */
enum err charge_used(struct accrual *out, const struct subscription *s, struct date end, struct arena *a,
                     struct error *e) MUST_USE;
/* What the open period costs, which ends on that day, where some of it was charged before: it counts towards
 * a commitment then, as usage in arrears does. */
enum err charged_cost(bool *known, struct money *out, const struct accrual *due, const struct subscription *s,
                      struct date until, struct arena *a, struct error *e) MUST_USE;
/* The lines from place `first` on rate one usage type for the whole period: takes off what was charged of it
 * before, or gives back what of that is not owed, and all that another tier charged. */
enum err charge_rest(struct accrual *out, const struct subscription *s, struct str usage_type,
                     struct period p, size_t first, struct arena *a, struct error *e) MUST_USE;
/* What was charged before of a usage type, seen from the line that rates it now. */
struct standing {
    struct money like;   /* by charges that can be taken off it */
    struct money kept;   /* of the others, what somebody gave back by hand: it is not charged again */
    struct money others; /* all that these charged, as it was rated */
};
enum err charges_stand(struct standing *out, const struct advance *ad, const struct line *l,
                       struct error *e) MUST_USE;
/* What is still to be charged of `owed`; below nothing when it was too much. */
enum err standing_rest(struct money *out, const struct standing *st, struct money owed,
                       struct error *e) MUST_USE;
/* Whether what was charged can be taken off the line: it is of the same product and taxed as it is. */
bool charge_is_like(const struct window_charge *c, const struct line *l);

struct stretch {
    struct moment from, to;
    struct period whole; /* the anchored period it is of */
};
/* The stretch that is charged next: to the period's end, or to a change or an end before it. */
struct stretch next_stretch(const struct subscription *s);
/* Every fee for a stretch of a period: a line each. Of what was billed before, days that are over are not
 * given back any more. */
enum err charge_stretch(struct accrual *out, struct subscription *s, const struct stretch *w, struct arena *a,
                        struct error *e) MUST_USE;

#endif
