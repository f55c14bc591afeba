/* SPDX-License-Identifier: MIT */
/* decide_change.h - what the decisions about subscriptions share: decide_subscription.c, decide_change.c,
 * decide_end.c, decide_follow.c, decide_dunning.c. For them only. */
#ifndef DAYBOOK_LEDGER_BOOK_DECIDE_CHANGE_H
#define DAYBOOK_LEDGER_BOOK_DECIDE_CHANGE_H

#include "ledger/book/decide_shared.h"

enum { BILLING_DAY_MAX = 31, TRIAL_DAYS_MAX = 3660 };

/* The day of the month on which periods are to begin; 0: none was named. */
enum err day_chosen(uint64_t *out, uint64_t billing_day, bool end_of_month, struct error *e) MUST_USE;
/* A billing day is for periods of months and years that begin wherever in the month they do. */
enum err check_billing_day(uint64_t day, const struct terms *t, struct error *e) MUST_USE;
/* Seats that the terms can have; 0 is "not given". */
enum err check_quantity(uint64_t quantity, const struct terms *t, struct error *e) MUST_USE;

/* Is the day believable? */
enum err check_years(const char *what, struct date today, struct date given, struct error *e) MUST_USE;
/* A new subscription, when the ends that were reached are noted. */
enum err subscription_begin(struct decision *out, const struct facts *f,
                            const struct subscription_create_command *c, struct arena *a,
                            struct error *e) MUST_USE;

/* Whoever has no other plan goes on with the free one of the catalog, where it has one in that currency. */
enum err begin_free(struct decision *out, const struct facts *f, const struct subscription *ended,
                    struct arena *a, struct error *e) MUST_USE;

/* A change being worked out: the subscription as it becomes, and what that costs. */
struct change {
    const struct facts *facts;
    struct subscription s;
    struct accrual due;
    size_t
        fell_due; /* of its lines, the first ones: they are not the change's, a run would have billed them */
};
/* Begins a change of a subscription: charges everything due through today on its old terms. */
enum err change_begin(struct change *ch, const struct facts *f, const struct subscription *s, struct arena *a,
                      struct error *e) MUST_USE;
/* Puts what happened, and what it costs as items for the next invoice, into the decision. */
void change_finish(struct decision *out, struct change *ch, struct arena *a);
/* An event about the subscription, from here on: fill it, then change_apply. */
struct event *change_event(struct change *ch, enum event_type type, struct arena *a);
enum err change_apply(struct change *ch, const struct event *ev, struct arena *a, struct error *e) MUST_USE;

/* ---- change.c ---- */

struct piece; /* some days of a period that the change gives back and charges anew */
/* The new terms, and what they are given for. */
struct new_terms {
    struct terms terms;
    uint64_t quantity;
    struct moment on;
    bool anew;            /* a new interval: periods count from here */
    bool gives;           /* the unused part is given back */
    struct piece *pieces; /* in the order of time; none where nothing was billed for days to come */
    size_t pieces_count;
};
enum change_kind kind_of_change(const struct terms *from, const struct terms *to);
/* The change takes effect on its day: lines, what the commitment asks for, subscription.changed. */
enum err change_now(struct change *ch, struct new_terms *n, struct arena *a, struct error *e) MUST_USE;

/* The first day after what is charged already (or after a trial), or after the period that today is in. */
struct date period_end(const struct subscription *s, struct date today);

/* Everything that the customer is still owed or owes in one document, if that comes to less than nothing;
 * what it gives back and no open invoice takes is refunded to the payments it came from. */
enum err credit_and_refund(struct decision *out, const struct facts *f, const char *currency, struct arena *a,
                           struct error *e) MUST_USE;

#endif
