/* SPDX-License-Identifier: MIT */
/* stripe_calls.h - importers' own: which call of Stripe's API answers a question of the ledger, and what its
 * answer means for it. Pure but for the arena: the order of calls is here, their transport is not. A payment
 * is made first (PREPARE), then confirmed. An answer that is lost is asked for by looking at the payment,
 * which charges at most once, whatever was sent. Refunds have no second step: within a day the same key gets
 * the same refund, later they are looked for by the key that they bear. */
#ifndef DAYBOOK_IMPORTERS_STRIPE_CALLS_H
#define DAYBOOK_IMPORTERS_STRIPE_CALLS_H

#include "importers/stripe_answer.h"

enum stripe_call {
    STRIPE_PREPARE,
    STRIPE_LOOK, /* how does the payment stand? */
    STRIPE_CONFIRM,
    STRIPE_REFUND,
    STRIPE_LOOK_REFUND,
    STRIPE_FIND_REFUND, /* among those of the payment */
    STRIPE_DETACH,
    STRIPE_LOOK_METHOD,  /* is it still attached? */
    STRIPE_LOOK_PAYABLE, /* can it still be paid? */
    STRIPE_CANCEL,
    STRIPE_FINISHED,
};

struct stripe_progress {
    enum stripe_call call;
    bool looked;                   /* after an answer that was lost; once is enough */
    bool missing;                  /* something that the payment needs is not there */
    struct str page;               /* STRIPE_FIND_REFUND: behind this one */
    struct gateway_answer refusal; /* of the refund: it stands when none is found */
};

struct stripe_progress stripe_begin(const struct gateway_request *r, struct instant now);

/* The request of the call. Texts live in the arena. ERR_INVALID for what Stripe does not take, such as an
 * amount with too many digits: the payment is declined then, and nothing is asked. */
enum err stripe_request(struct http_request *out, const struct stripe_progress *p,
                        const struct gateway_request *r, struct instant now, struct arena *a,
                        struct error *e) MUST_USE;

/* What is next, with no answer to the question while there is something. An answer that stays unknown
 * finishes it with PAYMENT_UNKNOWN. Not for answers that are asked for again as they are. */
void stripe_advance(struct stripe_progress *p, struct gateway_answer *out, const struct gateway_request *r,
                    const struct stripe_answer *answer, struct arena *a);

/* The same for what Stripe is told and no money is asked for by (stripe_told.c); for stripe_calls.c. */
enum err stripe_told_request(struct http_request *out, const struct stripe_progress *p,
                             const struct gateway_request *r, struct instant now, struct arena *a,
                             struct error *e) MUST_USE;
void stripe_told_advance(struct stripe_progress *p, struct gateway_answer *out,
                         const struct gateway_request *r, const struct stripe_answer *answer,
                         struct arena *a);
/* The key of a call that is asked for again on another day, and answered then. */
struct str stripe_daily_key(const struct gateway_request *r, const char *what, struct instant now,
                            struct arena *a);

/* How an object stands that came by itself, as if it had been asked for: a payment, or where the step is
 * GATEWAY_REFUND a refund. Without a reference in the request any name is taken. */
void stripe_read_object(struct gateway_answer *out, const struct gateway_request *r, const json_t *object,
                        struct arena *a);

#endif
