/* SPDX-License-Identifier: MIT */
/* service.h - billing's own: a ledger with what surrounds a command when a user gives it: who asks, what time
 * it is, which gateway describes payment methods and moves the money. Command line and C API both stand on
 * it. */
#ifndef DAYBOOK_BILLING_SERVICE_H
#define DAYBOOK_BILLING_SERVICE_H

#include "billing/token.h"
#include "importers/importers.h"
#include "ledger/book.h"
#include "reports/reports.h"

typedef void service_progress_fn(void *context, const char *stage, uint64_t done, uint64_t total);

/* Where the key of a payment service stands, and how it is asked. Without a key the simulator pays. */
struct gateway_settings {
    const char *key_file, *key_command; /* one of them; both NULL: none */
    const char *base;                   /* NULL: Stripe's */
    const char *authorities;            /* NULL: the system's */
    int rate;                           /* requests a second; 0: no limit */
    int window;                         /* requests at once */
};
enum { GATEWAY_RATE_DEFAULT = 20, GATEWAY_WINDOW_DEFAULT = 40 };

struct verb;

/* Who came through the door last; access.c alone changes it. */
struct access_state {
    bool guarded;     /* the ledger has actors */
    bool key_used;    /* by the command that runs: a checkpoint or a manifest was signed */
    bool named;       /* `actor` was given by hand: refused where a token tells who it is */
    struct str login; /* of the system's user, where the door knows it */
    bool key_named;   /* a person named the master key by hand: what 'actor recover' wants */
    uint64_t actor;   /* 0: nobody who is known */
    /* How long the log was when `guarded`, and who it is, were found out; 0: they were not. They hold until
     * it is longer, or the token's last day is over. */
    uint64_t known_at;
    struct date until;
    enum role role;
    char name[LIMIT_ACTOR_BYTES];
    struct held_refusals { /* of who showed no token that counts: noted together */
        const struct verb *verb;
        struct instant since;
        uint64_t times;
    } held;
};

/* How checkpoints are signed. */
struct checkpoint_settings {
    const char *key;     /* file of the key; NULL: none is signed but on demand */
    const char *publish; /* a folder that others read; NULL: none */
};

struct service {
    struct ledger *ledger;
    struct checkpoint_settings checkpoints;
    struct world world;
    struct gateway gateway;
    struct stripe *stripe; /* behind the gateway; NULL: the simulator is */
    struct str actor;      /* stands in the audit log; in a ledger with actors the token tells it */
    struct shown_token token;
    struct access_state access;
    struct str sent_to;            /* where a file goes that is written for somebody outside; "": it stays */
    struct str key;                /* idempotency key of the next command; "": none */
    service_progress_fn *progress; /* NULL: silent */
    void *progress_context;
    stops_fn *stops; /* is long work to end at a good place? NULL: never */
};

/* Fills s->gateway; service_end_gateway gives back what is behind it. */
enum err service_begin_gateway(struct service *s, const struct gateway_settings *g, struct error *e) MUST_USE;
void service_end_gateway(struct service *s);

/* Looks at the token that a door was given: a file that nobody else may read, or a command that prints it;
 * both NULL: none is shown. Whether it counts is found out with each command. */
enum err service_show_token(struct service *s, const char *file, const char *command,
                            struct error *e) MUST_USE;

/* Where messages of Stripe's come in, of the world that the key is of, now; without secrets yet. */
struct webhook_door service_webhook_door(const struct service *s);

/* Today's date by the clocks of a customer's time zone. An answer is not withheld for a zone that this
 * machine does not know: it tells the date of UTC. */
struct date service_today(const struct service *s, struct str timezone);
struct date service_seller_today(const struct service *s, struct views_txn *t, struct arena *a);

/* Runs a command as a user means it: what the gateway says of a token and its name are filled in, the money
 * that was asked for is asked of the gateway, and it is told what it is to be told. What the gateway left
 * unknown is no failure here: the transaction is pending, or it is told again. */
enum err service_execute(struct outcome *out, struct service *s, struct command *c, struct arena *a,
                         struct error *e) MUST_USE;

/* ERR_NOT_FOUND: no such user. "" gives 0: all customers. */
enum err service_customer(uint64_t *out, struct views_txn *t, struct str user, struct arena *a,
                          struct error *e) MUST_USE;

/* Days asked for, of which the first is not after the last; either may be left open. */
enum err service_days(struct date from, struct date to, struct error *e) MUST_USE;

/* The catalog that comes with the program. */
enum err service_load_example_catalog(struct outcome *out, struct service *s, struct arena *a,
                                      struct error *e) MUST_USE;

#endif
