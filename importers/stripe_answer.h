/* SPDX-License-Identifier: MIT */
/* stripe_answer.h - what an answer of Stripe's API means: was it done, can it be asked again, must somebody
 * look? One pure function. What it does not know it calls unknown, and nothing unknown is ever taken for
 * done or not done. Source: Stripe's documentation of errors, declines, idempotency and rate limits. */
#ifndef DAYBOOK_IMPORTERS_STRIPE_ANSWER_H
#define DAYBOOK_IMPORTERS_STRIPE_ANSWER_H

#include <jansson.h>

#include "importers/http.h"

enum stripe_outcome {
    STRIPE_DONE,         /* it was done; `object` says how it stands, which need not be paid */
    STRIPE_DECLINED,     /* the bank said no, for good */
    STRIPE_REJECTED,     /* it was not done, and asking the same again gets the same: our mistake */
    STRIPE_MISSING,      /* so it was, for something named in it is not there */
    STRIPE_FORBIDDEN,    /* the key is no good: nothing else will be done either */
    STRIPE_NOT_EXECUTED, /* it was not done, and can be asked again */
    STRIPE_UNKNOWN,      /* it may have been done */
};
enum stripe_retry {
    STRIPE_NO_RETRY,
    STRIPE_RETRY,        /* the same bytes under the same key */
    STRIPE_RETRY_SLOWER, /* and everything else slower, too: the rate limit was met */
};
struct stripe_answer {
    enum stripe_outcome outcome;
    enum stripe_retry retry;
    /* The object that was asked for; of an error the payment it is about; NULL: none. The caller owns it
     * (json_decref). */
    json_t *object;
    struct str param;                           /* of an error: what it is about, "payment_method" */
    struct str code, decline_code, advice_code; /* of an error, as Stripe's tables name them */
    struct str message;                         /* for people; nothing that came over the wire */
    struct str request_id;
    int status; /* of HTTP; 0: none */
};

/* Texts live in the arena or in the answer's memory. */
void stripe_classify(struct stripe_answer *out, const struct http_answer *answer, struct arena *a);

/* The reason that a decline is told by: the bank's own where there is one ("insufficient_funds"), else the
 * code. */
struct str stripe_reason(const struct stripe_answer *answer);

#endif
