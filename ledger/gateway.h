/* SPDX-License-Identifier: MIT */
/* gateway.h - the seam to whoever moves the money. Two kinds of implementation: a payment service over the
 * network (importers/stripe.c), and the in-process simulator (importers/simulator.c) used when none is
 * configured and named as such wherever it acts.
 *
 * The rule of use: ledger first, then the wire. The request is a durable event with its idempotency key
 * before the gateway hears of it; the answer is an event of its own; no transaction of the store is open
 * while the gateway is asked. A gateway with two steps first makes a payment, by which no money moves; its
 * name is a durable event before it is charged. A crash anywhere leaves a pending transaction, and the
 * gateway is asked how it stands. */
#ifndef DAYBOOK_LEDGER_GATEWAY_H
#define DAYBOOK_LEDGER_GATEWAY_H

#include "ledger/book.h"

enum gateway_step {
    GATEWAY_PREPARE, /* a payment is made and named; only of gateways with two steps */
    GATEWAY_CHARGE,
    GATEWAY_REFUND,
    /* No money is asked for by these. Of a payment that failed here the answer is how it stands: succeeded or
     * processing, declined with the code "canceled" when it can never be paid, prepared when it still can. */
    GATEWAY_LOOK,
    GATEWAY_CANCEL, /* so that it can never be paid, unless it is or is being paid */
    GATEWAY_FORGET, /* the payment method is let go of; what is not there is let go of already */
};
struct gateway_request {
    enum gateway_step step;
    uint64_t transaction; /* number in the ledger */
    uint64_t customer;
    uint64_t method;             /* that is forgotten; else 0 */
    struct str key;              /* idempotency key: the same key is charged once */
    struct str token;            /* of the payment method; refunds: none */
    struct str gateway_customer; /* what the gateway calls who has it; "": it does not */
    struct str reference;        /* of the payment that was prepared; refunds: of the one refunded */
    struct str refund_reference; /* refunds: its own, once it is known */
    struct money amount;
    struct str description;
    struct instant requested_at;
    bool again; /* it may have been asked before: a crash, or an answer that was lost, lies between */
};
struct gateway_answer {
    enum payment_outcome outcome;
    struct str reference; /* the gateway's own id */
    struct str code;      /* of a decline: "insufficient_funds", "card_declined" … */
    struct str message;   /* for people; no personal data */
    struct str advice;    /* of a decline, by the bank: "do_not_try_again"; "": none */
};
struct gateway_question {
    struct gateway_request request;
    struct gateway_answer answer; /* begins as PAYMENT_UNKNOWN */
};
/* A payment method that is to be kept. */
struct gateway_method {
    struct str token;
    struct str user;             /* the customer's id in the ledger */
    struct str gateway_customer; /* what the gateway calls him already; "": it does not */
    struct str ledger;           /* origin: makes keys unique */
    uint64_t changes; /* how often he was given one, or one was removed: who gives one again asks anew */
};
/* A payment method that a customer is to give himself, on a page; with a token, one that he gave already. */
struct gateway_setup_request {
    struct gateway_method method;
    bool mandate; /* he has agreed in writing that his bank account is debited */
};
enum setup_status {
    SETUP_WAITS,          /* for the customer's payment method, on a page */
    SETUP_WANTS_CUSTOMER, /* to confirm it */
    SETUP_PROCESSING,     /* the bank has it */
    SETUP_DONE,
};
struct gateway_setup {
    enum setup_status status;
    struct str reference;          /* the gateway's own id */
    struct str gateway_customer;   /* also when it failed after he was made known */
    struct str url, client_secret; /* as of gateway_confirmation */
    struct card card;              /* when it is done */
};
/* How a payment stands that its customer is to confirm, and how he can. None of it is kept, or told to
 * anybody but who asked. */
struct gateway_confirmation {
    enum payment_outcome outcome; /* as the answer to GATEWAY_LOOK: prepared when it waits for him */
    struct str url;               /* of a page where he does it; "": there is none … */
    struct str client_secret;     /* … and a page of the company's can, with this */
};
/* Who watches long work. Either may be NULL. */
struct gateway_watch {
    void *self;
    /* A question is done with; the outcome may be unknown. */
    void (*answered)(void *self, enum payment_outcome outcome);
    bool (*stops)(void *self); /* nothing more may be begun; what is on its way is waited for */
};
struct gateway {
    const char *name; /* stands in events and documents */
    void *self;
    bool two_steps;
    const struct gateway_watch *watch; /* goes with every question; NULL: nobody does */
    /* What the token stands for, once the gateway lets the customer pay by it: fills token (which may become
     * another), funding, brand, last4, expiry, and what the gateway calls the customer. ERR_INVALID: no such
     * token; ERR_DECLINED: the bank says no; ERR_INCOMPLETE: it is not known. */
    enum err (*describe)(void *self, struct card *out, const struct gateway_method *m, struct arena *a,
                         struct error *e);
    /* Puts all questions, as many at once as it likes, and fills their answers. OK with any outcome,
     * PAYMENT_UNKNOWN included; an error only when asking on is useless, and then the answers that came
     * before it count. Told to stop, it leaves what it has not begun as it was. */
    enum err (*ask)(void *self, struct gateway_question *questions, size_t count,
                    const struct gateway_watch *watch, struct arena *a, struct error *e);
    /* For a request of the step GATEWAY_LOOK. ERR_INCOMPLETE: it is not known. NULL: no customer ever has to
     * confirm a payment. */
    enum err (*confirmation)(void *self, struct gateway_confirmation *out, const struct gateway_request *r,
                             struct arena *a, struct error *e);
    /* Begins to set up a payment method. Errors are those of describe. */
    enum err (*set_up)(void *self, struct gateway_setup *out, const struct gateway_setup_request *m,
                       struct arena *a, struct error *e);
    /* How a payment method stands there: without a token when it is not there, without gateway_customer when
     * it is nobody's. ERR_INCOMPLETE: it is not known. NULL: the gateway keeps none. */
    enum err (*read_method)(void *self, struct card *out, struct str token, struct arena *a, struct error *e);
};

/* For implementations; with nobody watching they do nothing, and never stop. */
void gateway_answered(const struct gateway_watch *w, enum payment_outcome outcome);
bool gateway_stops(const struct gateway_watch *w);

#endif
