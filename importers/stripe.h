/* SPDX-License-Identifier: MIT */
/* stripe.h - the payment gateway that is Stripe. One thread's. */
#ifndef DAYBOOK_IMPORTERS_STRIPE_H
#define DAYBOOK_IMPORTERS_STRIPE_H

#include "importers/http.h"

#define STRIPE_BASE    "https://api.stripe.com"
#define STRIPE_VERSION "2026-10-28.endive"

struct stripe_options {
    struct str key;               /* secret: "sk_test_…" */
    struct str base;              /* "": STRIPE_BASE; any server of that shape */
    const char *authorities;      /* file of certificates to trust instead of the system's; NULL */
    int rate;                     /* questions a second; 0: no limit */
    int in_flight;                /* at once; 0: 40 */
    int attempts;                 /* at each question, for faults that are not the bank's; 0: 3 */
    int wait_min_ms, wait_max_ms; /* between two of them; 0: 4 and 10 seconds */
    struct world world;
    /* For tests: instead of libcurl, and instead of the monotonic clock. */
    const struct http *http;
    uint64_t (*now_ms)(void *self);
    void *now_self;
};

struct stripe;
/* ERR_INVALID for a key or a base that is none. */
enum err stripe_open(struct stripe **out, const struct stripe_options *o, struct error *e) MUST_USE;
void stripe_close(struct stripe *s);         /* accepts NULL */
bool stripe_is_test(const struct stripe *s); /* by its key: no money moves */
/* Why the last question has no outcome to which none came: "Stripe does not accept the key"; "": all came. */
struct str stripe_trouble(const struct stripe *s);
/* Lives as long as *s. */
struct gateway stripe_gateway(struct stripe *s);
struct stripe *stripe_of(const struct gateway *g); /* the one behind it; NULL: it is another gateway */

#endif
