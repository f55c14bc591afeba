/* SPDX-License-Identifier: MIT */
/* stripe_signature.h - is a webhook's body what Stripe sent? "Stripe-Signature: t=1492774577,v1=<hex>,…"
 * holds HMAC-SHA-256 of t, a point and the raw body, for each secret that is valid while one is being
 * replaced. Source: Stripe's documentation of webhook signatures. */
#ifndef DAYBOOK_IMPORTERS_STRIPE_SIGNATURE_H
#define DAYBOOK_IMPORTERS_STRIPE_SIGNATURE_H

#include "ledger/ledger.h"

struct webhook_secret {
    struct str secret;    /* whole, with its "whsec_" */
    struct instant until; /* not valid any more from then on; none: no end */
};
struct webhook_secrets {
    const struct webhook_secret *items;
    size_t count;
    int64_t tolerance; /* how old a signature may be, in seconds; 0: the default, five minutes */
};
enum {
    WEBHOOK_TOLERANCE_DEFAULT = 300,
    WEBHOOK_TOLERANCE_MAX = 3600,
};

/* ERR_INVALID when no secret that is valid now made a signature of the header over exactly these bytes, or it
 * did too long ago. A time ahead of our clock is taken: replays are known by the event's id, and a slow clock
 * must not stop all webhooks. *ahead says how far, in seconds; 0 when it is not. */
enum err stripe_signature_check(int64_t *ahead, struct str header, struct bytes body,
                                const struct webhook_secrets *secrets, struct instant now, struct arena *a,
                                struct error *e) MUST_USE;

/* The text of a file of secrets: one a line, "whsec_… until 2026-12-31T00:00:00Z" or without an end. Blank
 * lines and those that begin with # are none. ERR_INVALID names the line; a file without any is one, too. */
enum err webhook_secrets_parse(struct webhook_secrets *out, struct str text, struct arena *a,
                               struct error *e) MUST_USE;

#endif
