/* SPDX-License-Identifier: MIT */
/* gateway.h - the seam to whoever moves the money. Two kinds of implementation: a payment service over the
 * network, and the in-process simulator (importers/simulator.c) used when none is configured and named as
 * such wherever it acts.
 *
 * The rule of use: ledger first, then the wire. The request is a durable event with its idempotency key
 * before the gateway hears of it; the answer is an event of its own; no transaction is open while the gateway
 * is asked. A crash in between leaves a pending transaction, settled by asking again with the same key. */
#ifndef DAYBOOK_LEDGER_GATEWAY_H
#define DAYBOOK_LEDGER_GATEWAY_H

#include "ledger/book.h"

struct gateway_request {
    struct str key;               /* idempotency key: the same key is charged once */
    struct str token;             /* of the payment method; refunds: none */
    struct str payment_reference; /* refunds: what the gateway called the payment */
    struct money amount;
    struct str description;
};
struct gateway_answer {
    enum payment_outcome outcome;
    struct str reference; /* the gateway's own id */
    struct str code;      /* of a decline: "insufficient_funds", "card_declined" … */
    struct str message;   /* for people; no personal data */
};
struct gateway {
    const char *name; /* stands in events and documents */
    void *self;
    /* What the token stands for: fills funding, brand, last4 and expiry. ERR_INVALID: no such token. */
    enum err (*describe)(void *self, struct card *out, struct str token, struct arena *a, struct error *e);
    /* OK with any outcome, PAYMENT_UNKNOWN included; an error only when asking itself was impossible. */
    enum err (*charge)(void *self, struct gateway_answer *out, const struct gateway_request *r,
                       struct arena *a, struct error *e);
    enum err (*refund)(void *self, struct gateway_answer *out, const struct gateway_request *r,
                       struct arena *a, struct error *e);
};

#endif
