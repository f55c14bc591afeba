/* SPDX-License-Identifier: MIT */
/* stripe_server.h - a server that speaks as Stripe's API does, on the loopback, and fails as it is told to.
 * It holds customers, payment methods, intents, charges, refunds, disputes, balance transactions and events,
 * keeps the promises that Stripe makes (one charge an intent, idempotency keys for a day) and no others.
 *
 * Nothing in it needs the clock of the machine unless `live_clock` asks for it: its time stands still until a
 * test moves it. Everything may be called from any thread. Texts that are returned are the caller's (free).
 */
#ifndef DAYBOOK_TESTS_LIB_STRIPE_SERVER_H
#define DAYBOOK_TESTS_LIB_STRIPE_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- what goes wrong ---- */

enum stripe_fault {
#define FAULT(NAME, word, what) STRIPE_FAULT_##NAME,
#include "tests/lib/stripe_faults.def"
#undef FAULT
    STRIPE_FAULTS
};

/* Which requests a rule is for, and which of those it strikes. Of `nth`, `every` and `percent` one is set;
 * none: each. The first rule that strikes wins, but each counts what it is for. */
struct stripe_fault_rule {
    const char *method; /* NULL: any */
    const char *path;   /* how it begins; '*' stands for one part, a '$' at the end for the end; NULL: any */
    uint64_t nth;       /* the nth of them only, from 1 */
    uint64_t every;     /* each nth of them */
    unsigned percent;   /* of a hundred, by the server's seed */
    uint64_t times;     /* strikes no more than so often; 0: no end */
    enum stripe_fault fault;
    unsigned ms; /* of a slow answer */
};

/* ---- the server ---- */

struct stripe_server_options {
    const char *key;      /* that requests must carry; NULL: "sk_test_daybook" */
    uint16_t port;        /* 0: a free one */
    int64_t now;          /* seconds since 1970; 0: 2026-01-01T00:00:00Z */
    bool live_clock;      /* time goes on by itself */
    uint64_t seed;        /* of ids and of chance */
    unsigned rate;        /* requests a second of the account; 0: as many as come */
    unsigned latency_ms;  /* of every answer */
    bool lock_customers;  /* two POSTs in flight for one customer: the second gets 429 lock_timeout */
    bool refunds_pending; /* refunds wait for stripe_server_refund_end */
    size_t events_kept;   /* the newest so many; 0: 20000 */
    size_t keys_kept;     /* the newest so many; 0: 500000 */
    const struct stripe_fault_rule *rules;
    size_t rule_count;
};

struct stripe_server;

struct stripe_server *stripe_server_start(struct stripe_server_options options); /* NULL: no port */
const char *stripe_server_url(const struct stripe_server *s);                    /* "http://127.0.0.1:4711" */
void stripe_server_stop(struct stripe_server *s); /* lets all that waits go first */

/* ---- steering ---- */

/* What can be told to go wrong; the rules before are forgotten, their counts too. As text: a JSON array of
 * objects with the members of the struct, "fault" as stripe_faults.def names it; false: the text is no such
 * thing, and *why says what (free). */
void stripe_server_rules(struct stripe_server *s, const struct stripe_fault_rule *rules, size_t count);
bool stripe_server_rules_text(struct stripe_server *s, const char *text, char **why);

/* An object in whatever shape a test likes, listed beside those that the server makes: a customer, payment
 * method, subscription, invoice, price, charge, refund or balance transaction; the same id again: it has
 * changed. An array gives several. False: one is none of these, or it is no JSON. */
bool stripe_server_give(struct stripe_server *s, const char *json);

int64_t stripe_server_clock(struct stripe_server *s);
void stripe_server_clock_forward(struct stripe_server *s, int64_t seconds);

/* Answers that a rule holds back: wait until there are so many; let them all go. */
void stripe_server_wait_held(struct stripe_server *s, size_t count);
void stripe_server_release(struct stripe_server *s);

/* Bank debits in process end as their account says; how many did. An account that stays in process does so
 * until it is settled by name: why NULL: paid, else one of stripe_cards.c's declines. False: it was not in
 * process. */
size_t stripe_server_settle_pending(struct stripe_server *s);
bool stripe_server_settle(struct stripe_server *s, const char *intent, const char *why);

/* From now on this payment method is declined so ("insufficient_funds"); NULL: it pays. False: there is none.
 */
bool stripe_server_method_answers(struct stripe_server *s, const char *method, const char *decline);
/* The customer did (or did not) what the bank asked for. False: nothing was asked. */
bool stripe_server_action_done(struct stripe_server *s, const char *intent, bool authenticated);
/* A refund that succeeded or waits ends; why NULL: well, else "expired_or_canceled_card" and the like. */
bool stripe_server_refund_end(struct stripe_server *s, const char *refund, const char *why);
/* The dispute's id, NULL when the charge cannot be disputed. */
char *stripe_server_dispute(struct stripe_server *s, const char *charge, const char *reason);
bool stripe_server_dispute_close(struct stripe_server *s, const char *dispute, bool won);
/* Moves the balance without any of the things above: "payout", "stripe_fee", "adjustment" …; *category is the
 * reporting category. */
void stripe_server_move(struct stripe_server *s, const char *type, const char *category, const char *currency,
                        int64_t amount);

/* From now on what is paid in other currencies is settled in this one, at 1.10 for each. */
void stripe_server_settles_in(struct stripe_server *s, const char *currency);

/* ---- looking ---- */

struct stripe_server_counts {
    uint64_t requests;       /* without those to /_test/ */
    uint64_t in_flight_most; /* at once; 1 when answers have no latency and leave at once */
    uint64_t customer_most;  /* at once for one customer */
    uint64_t keys_repeated;  /* keys that came more than once */
    uint64_t keys_forgotten; /* before their day was over: there were too many */
    uint64_t replays;        /* answers given again */
    uint64_t rate_limited;   /* by the account's limit; what rules do is not counted here */
    uint64_t lock_timeouts;  /* by lock_customers */
    uint64_t faults;         /* rules that struck */
    uint64_t charges_succeeded, charges_failed, refunds;
};
struct stripe_server_counts stripe_server_counts(struct stripe_server *s);

/* What Stripe would owe us: the sum of net over all balance transactions of a currency. */
int64_t stripe_server_balance(struct stripe_server *s, const char *currency);

/* {"clock":…,"counts":{…},"balance":{"usd":…},"charges":[…],"refunds":[…],"disputes":[…]}; brief: no lists.
 */
char *stripe_server_state(struct stripe_server *s, bool brief);

/* The events in the order in which they happened: *after is 0 at first and is moved on. NULL: no more. */
char *stripe_server_event(struct stripe_server *s, uint64_t *after);

/* "t=1767225600,v1=<hex>": the header Stripe-Signature of a webhook with this body. */
char *stripe_server_sign(const char *body, size_t len, const char *secret, int64_t time);

#endif
