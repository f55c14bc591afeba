/* SPDX-License-Identifier: MIT */
/* entitlement.h - what a customer may use, over all subscriptions that entitle: flags of any of them, limits
 * and quotas added up, unlimited before any number. Functions of values. */
#ifndef DAYBOOK_LEDGER_BOOK_ENTITLEMENT_H
#define DAYBOOK_LEDGER_BOOK_ENTITLEMENT_H

#include "ledger/book/billing.h"

/* A customer, as far as it matters here. */
struct entitled {
    const struct subscription *subscriptions; /* those that have not ended, by number */
    size_t subscriptions_count;
    const struct usage_total *usage; /* at least of the open usage periods */
    size_t usage_count;
    struct date today;
};

/* Does the subscription entitle to anything today? It has begun, not come to its end, and is active, on trial
 * or past due: not paused, not unpaid. */
bool subscription_entitles(const struct subscription *s, struct date today);

/* What the tiers include of a usage type in the usage periods that hold `day`, prorated as bills prorate it.
 */
struct allowance {
    bool known;     /* some tier in force names the usage type */
    bool unlimited; /* … without limit */
    bool billed;    /* … and bills what goes past the quota */
    struct decimal included;
    uint64_t subscription; /* that names it, of several the one of the highest rank */
};
enum err allowance_of(struct allowance *out, const struct entitled *c, struct str usage_type, struct date day,
                      struct error *e) MUST_USE;
bool allowance_has_quota(const struct allowance *a);

/* Has the quantity of the usage period that holds `day` reached what the alert waits for? *threshold says
 * what that is, rounded to six decimals where it has more: a part of the quota is one of the quota of the
 * moment. Without a quota, and with one that cannot be computed, it is not reached: the bill will say so. */
bool alert_is_reached(struct decimal *threshold, const struct alert *al, struct exact quantity,
                      struct date day, const struct entitled *c);

/* One answer. A usage type goes before a feature that is called like it. */
enum err entitlement_of(struct entitlement *out, const struct entitled *c, struct str feature,
                        struct error *e) MUST_USE;

/* The codes of all features and usage types of the subscriptions that entitle, each once: subscription by
 * subscription, features first. */
struct codes {
    struct str *items;
    size_t count, capacity;
};
struct codes entitlement_codes(const struct entitled *c, struct arena *a);

#endif
