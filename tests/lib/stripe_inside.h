/* SPDX-License-Identifier: MIT */
/* stripe_inside.h - what the parts of the test server know of each other:
 *
 *   stripe_server.c  connections, waiting, the public functions      stripe_calls.c     the table of calls
 *   stripe_gate.c    key, limits, faults, idempotency around a call  stripe_customers.c customers, payment
 * methods stripe_faults.c  rules                                           stripe_payments.c  intents,
 * refunds stripe_shelf.c   ids, the table of all things, their order       stripe_lists.c     lists and
 * single things stripe_form.c    parameters                                      stripe_money.c     what
 * happens to money stripe_cards.c   test cards and declines                         stripe_json.c      things
 * in Stripe's shapes stripe_given.c   what tests give
 *   stripe_steer.c   what only tests may do                          stripe_state.c     what
 * tests look at
 *
 * All of it but the connections runs under the server's one lock. */
#ifndef DAYBOOK_TESTS_LIB_STRIPE_INSIDE_H
#define DAYBOOK_TESTS_LIB_STRIPE_INSIDE_H

#include <jansson.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/base.h"
#include "tests/lib/dice.h"
#include "tests/lib/stripe_server.h"

#define SS_API_VERSION "2026-10-28.endive"
#define SS_LENGTH(a)   (sizeof(a) / sizeof((a)[0]))

enum {
    SS_ID_MAX = 64,
    SS_KEY_MAX = 255,
    SS_DAY = 24 * 60 * 60,
    SS_BODY_MAX = 1 << 20,
    SS_CURRENCIES = 16,
};

/* ---- things ---- */

enum ss_kind {
    SS_CUSTOMER,
    SS_METHOD,
    SS_SETUP,
    SS_INTENT,
    SS_CHARGE,
    SS_REFUND,
    SS_DISPUTE,
    SS_TXN,
    SS_EVENT,
    SS_SUBSCRIPTION, /* these are given, never made */
    SS_INVOICE,
    SS_PRICE,
    SS_KEY,
    SS_KINDS
};

struct ss_links {
    struct ss_thing *newer, *older;
};
struct ss_chain {
    struct ss_thing *newest, *oldest;
    size_t count;
};
/* What all have in common; it is the first member of each. */
struct ss_thing {
    enum ss_kind kind;
    char *id;
    int64_t created;
    uint64_t number;         /* rises in the order of making */
    json_t *metadata;        /* NULL: empty */
    json_t *words;           /* texts that the caller gave and that mean nothing here; NULL: none */
    char *body;              /* of an event, and of a saved answer */
    json_t *given;           /* its shape, as a test gave it; NULL: the server's own */
    struct ss_thing *hashed; /* the next in its bucket */
    struct ss_links all, own;
    struct ss_chain *owner; /* whose list it is in by `own`; NULL: nobody's */
};

struct ss_customer {
    struct ss_thing t;
    struct ss_chain methods, intents;
    unsigned in_flight;
};

/* Why a charge does not go through. */
struct ss_decline {
    const char *name, *code, *decline_code, *advice, *network, *message;
};
enum ss_trait { SS_PAYS, SS_DISPUTED, SS_NEEDS_ACTION, SS_STAYS };
struct ss_token {
    const char *token, *brand, *last4, *funding;
    const char *decline; /* NULL: pays */
    enum ss_trait trait;
    bool attaches; /* to a customer, even when it declines */
    bool bank;     /* `brand` is the bank's name, `funding` the account's type */
};

struct ss_method {
    struct ss_thing t;
    const struct ss_token *token;
    const struct ss_decline *decline;
    struct ss_customer *customer;
    bool spent; /* detached, or used without a customer: never again */
};
struct ss_setup {
    struct ss_thing t;
    struct ss_customer *customer;
    struct ss_method *method;
    const struct ss_decline *failure;
    const char *status, *usage;
};
enum ss_status {
    SS_REQUIRES_METHOD,
    SS_REQUIRES_CONFIRMATION,
    SS_REQUIRES_ACTION,
    SS_PROCESSING,
    SS_SUCCEEDED,
    SS_CANCELED
};
struct ss_intent {
    struct ss_thing t;
    int64_t amount, received, canceled;
    char currency[4];
    enum ss_status status;
    struct ss_customer *customer;
    struct ss_method *method;
    struct ss_charge *latest;
    const struct ss_decline *failure; /* of the last try */
    struct ss_method *failed_method;
    const char *canceled_why;
    bool redirects; /* a way of paying may lead elsewhere, so a return_url is needed */
    bool keep;      /* attach the method when it has paid */
    bool returns; /* it was confirmed with a return_url: what the customer does, he does on a page of Stripe's
                   */
    struct ss_chain charges, refunds, disputes;
};
struct ss_charge {
    struct ss_thing t;
    struct ss_intent *intent;
    struct ss_method *method;
    const struct ss_decline *failure;
    const char *status; /* "succeeded", "pending", "failed" */
    int64_t amount, refunded;
    struct ss_txn *txn, *failure_txn; /* of a debit: since it was asked for; when it failed */
    struct ss_dispute *dispute;
};
struct ss_refund {
    struct ss_thing t;
    struct ss_charge *charge;
    int64_t amount;
    const char *status, *reason, *failure;
    struct ss_txn *txn, *failure_txn;
};
struct ss_dispute {
    struct ss_thing t;
    struct ss_charge *charge;
    const char *status, *reason;
    struct ss_txn *txns[2]; /* withdrawn; reinstated */
};
struct ss_txn {
    struct ss_thing t;
    int64_t amount, fee;
    const char *type, *category;
    const struct ss_thing *source;
    char currency[4];
};
struct ss_event {
    struct ss_thing t;
    const char *type;
};
/* An idempotency key; its id is the key. */
struct ss_saved {
    struct ss_thing t;
    uint64_t asked; /* a sum over path and parameters */
    bool in_work, repeated;
    int status;
    bool no_retry;
    char request[SS_ID_MAX];
};

struct ss_thing *ss_make(struct stripe_server *s, enum ss_kind kind, struct ss_chain *owner);
struct ss_thing *ss_make_named(struct stripe_server *s, enum ss_kind kind, const char *id);
struct ss_thing *ss_find(const struct stripe_server *s, enum ss_kind kind, const char *id);
void ss_own(struct ss_thing *t, struct ss_chain *owner); /* NULL: nobody's any more */
void ss_drop(struct stripe_server *s, struct ss_thing *t);
void ss_new_id(struct stripe_server *s, char out[SS_ID_MAX], const char *prefix);
void ss_rename(struct stripe_server *s, struct ss_thing *t, const char *prefix);
void *ss_take(size_t size); /* zeroed */
char *ss_copy(const char *text);
int64_t ss_now(const struct stripe_server *s);
uint64_t ss_now_ms(const struct stripe_server *s);
uint64_t ss_monotonic_ms(void);

/* ---- parameters ---- */

struct ss_param {
    char *name, *value;
};
struct ss_form {
    struct ss_param *items;
    size_t count, room;
};
void ss_form_add(struct ss_form *f, const char *name, const char *value);
void ss_form_parse(struct ss_form *f, const char *body, size_t len);
const char *ss_form_get(const struct ss_form *f, const char *name); /* NULL: none, or empty */
void ss_form_free(struct ss_form *f);

/* ---- a call ---- */

struct ss_expand {
    bool charge, txn, customer, method, source;
};
struct ss_call {
    struct stripe_server *s;
    const char *method, *path, *auth, *key;
    struct ss_form form;
    char id[SS_ID_MAX]; /* of the path */
    enum ss_kind kind;  /* what is shown or listed */
    char request[SS_ID_MAX];
    struct ss_expand expand;
    struct ss_customer *customer; /* whom it is about; NULL: nobody */
    struct ss_saved *saved;       /* is in work as long as the call is */
    /* the answer */
    int status;
    json_t *body;
    bool counted; /* among those in flight */
    bool unsaved; /* refused before anything was done */
};
void ss_refuse(struct ss_call *c, int status, const char *code, const char *param, const char *format, ...)
    PRINTF_LIKE(5, 6);
void ss_bad(struct ss_call *c, const char *code, const char *param, const char *format, ...)
    PRINTF_LIKE(4, 5);
void ss_call_run(struct ss_call *c);

/* Parameters; false, and the call is refused, when they are none. */
bool ss_integer(struct ss_call *c, int64_t *out, const char *name, int64_t otherwise);
bool ss_boolean(struct ss_call *c, bool *out, const char *name);
bool ss_choice(struct ss_call *c, const char **out, const char *name, const char *const *choices);
bool ss_required(struct ss_call *c, const char *name);
/* NULL without a refusal when the parameter is not there. */
struct ss_thing *ss_named(struct ss_call *c, enum ss_kind kind, const char *param);
struct ss_thing *ss_of_path(struct ss_call *c, enum ss_kind kind);
void ss_metadata(struct ss_call *c, struct ss_thing *t);
void ss_word(struct ss_call *c, struct ss_thing *t, const char *name);

#define SS_CALL(name) void name(struct ss_call *c)
SS_CALL(ss_customer_create);
SS_CALL(ss_customer_update);
SS_CALL(ss_method_attach);
SS_CALL(ss_method_detach);
SS_CALL(ss_setup_create);
SS_CALL(ss_setup_confirm);
SS_CALL(ss_intent_create);
SS_CALL(ss_intent_confirm);
SS_CALL(ss_intent_cancel);
SS_CALL(ss_refund_create);
SS_CALL(ss_show);
SS_CALL(ss_list);
SS_CALL(ss_account);
SS_CALL(ss_balance);
/* A method by its id; a token becomes one. NULL, and the call is refused. */
struct ss_method *ss_method_of(struct ss_call *c, const char *id, const char *param);
void ss_answer_thing(struct ss_call *c, const struct ss_thing *t);
void ss_answer_decline(struct ss_call *c, json_t *error);

/* ---- cards ---- */

const struct ss_token *ss_token(const char *name);
const struct ss_decline *ss_decline(const char *name);

/* ---- what happens; each makes its events ---- */

void ss_event(struct stripe_server *s, const char *type, json_t *object, json_t *before);
bool ss_attach(struct stripe_server *s, struct ss_method *m, struct ss_customer *to);
void ss_detach(struct stripe_server *s, struct ss_method *m);
void ss_charge(struct stripe_server *s, struct ss_intent *p, bool off_session);
void ss_paid(struct stripe_server *s, struct ss_intent *p);
void ss_failed(struct stripe_server *s, struct ss_intent *p, const struct ss_decline *why);
struct ss_refund *ss_refund(struct stripe_server *s, struct ss_charge *ch, int64_t amount);
void ss_refund_failed(struct stripe_server *s, struct ss_refund *r, const char *why);
void ss_move(struct stripe_server *s, const char *type, const char *category, const char *currency,
             int64_t amount);
struct ss_dispute *ss_dispute(struct stripe_server *s, struct ss_charge *ch, const char *reason);
void ss_dispute_close(struct stripe_server *s, struct ss_dispute *d, bool won);

void ss_add_to_sum(struct stripe_server *s, const char *currency, int64_t net);

/* ---- what tests give ---- */

bool ss_give(struct stripe_server *s, const char *text);
json_t *ss_given_json(const struct ss_thing *t);
bool ss_given_is(const struct ss_thing *t, const char *name, const char *wanted); /* NULL: any */

/* ---- shapes ---- */

json_t *ss_json(const struct ss_thing *t, struct ss_expand expand);
json_t *ss_decline_json(const struct ss_intent *p); /* of its last try; null: none */
json_t *ss_decline_error(const struct ss_decline *d, const struct ss_method *m);
const char *ss_status_word(enum ss_status status);

/* ---- around the calls ---- */

/* What goes over the wire. */
enum ss_end { SS_WHOLE, SS_HALF, SS_CLOSED };
struct ss_answer {
    int status;
    char *body;
    size_t len;
    const char *type, *should_retry, *limited; /* NULL: no such header */
    char original[SS_ID_MAX];                  /* the request whose answer this is; "": this one */
    bool replayed, held;
    unsigned delay_ms;
    enum ss_end end;
};
void ss_serve(struct ss_call *c, struct ss_answer *out);
void ss_served(struct ss_call *c); /* the answer is on its way */
const struct stripe_fault_rule *ss_strikes(struct stripe_server *s, const char *method, const char *path);
void ss_rules_forget(struct stripe_server *s);
void ss_rules_set(struct stripe_server *s, const struct stripe_fault_rule *rules, size_t count);
bool ss_rules_read(struct stripe_server *s, const char *text, char **why);
void ss_test_call(struct ss_call *c, struct ss_answer *out); /* what stands under /_test/ */
void ss_answer_text(struct ss_answer *out, int status, char *json);
char *ss_state_text(struct stripe_server *s, bool brief);
void ss_let_go(struct stripe_server *s);

/* ---- the server ---- */

struct ss_rule {
    struct stripe_fault_rule is; /* with texts of its own */
    uint64_t seen, struck;
};
struct ss_sum {
    char currency[4];
    int64_t net;
};
struct exchange;
struct stripe_server {
    const char *settles_in; /* what is paid in other currencies is settled in this one; NULL: in its own */
    struct stripe_server_options options;
    char *key;
    char url[64];
    struct MHD_Daemon *daemon;
    pthread_mutex_t lock;

    struct ss_thing **buckets;
    size_t bucket_count, thing_count;
    uint64_t made;
    struct ss_chain shelves[SS_KINDS];
    struct ss_sum sums[SS_CURRENCIES];
    bool unordered; /* things were given that are older than others before them */

    int64_t moved; /* seconds that tests put the clock forward */
    uint64_t begun_ms;
    uint64_t tokens_milli, tokens_at_ms; /* of the account's limit */
    struct dice dice;
    struct ss_rule *rules;
    size_t rule_count;
    const struct ss_call *now; /* the call that runs, for events to name it */
    struct stripe_server_counts counts;
    uint64_t in_flight;

    /* answers that wait, the next to go first; and those that a test holds */
    pthread_t timer;
    pthread_cond_t changed;
    struct exchange *waiting, *last_waiting, *held;
    size_t held_count;
    bool stopping;
};

#endif
