/* SPDX-License-Identifier: MIT */
/* stripe_private.h - what the files of stripe.h share: stripe.c (many questions at once), stripe_method.c
 * (payment methods), stripe_action.c and stripe_setup.c (what customers do themselves), stripe_kept.c (what
 * Stripe tells of payment methods). For them only. */
#ifndef DAYBOOK_IMPORTERS_STRIPE_PRIVATE_H
#define DAYBOOK_IMPORTERS_STRIPE_PRIVATE_H

#include "importers/stripe.h"
#include "importers/stripe_answer.h"
#include "importers/stripe_form.h"
#include "importers/stripe_pace.h"

enum { TROUBLE_BYTES = 128 };

struct stripe {
    struct http http;
    struct pace pace;
    struct world world;
    uint64_t (*now_ms)(void *self);
    void *now_self;
    int in_flight, attempts, wait_min_ms, wait_max_ms;
    int failures;        /* of the net, in a row */
    const char *stopped; /* why nothing more is asked for a while; NULL: all is well */
    uint64_t stopped_at_ms;
    uint64_t silent_until_ms;    /* no message has its payment method asked for */
    char trouble[TROUBLE_BYTES]; /* see stripe_trouble */
    bool is_test;                /* by its key: no money moves */
};

/* ERR_INCOMPLETE while it is of no use to ask: a minute behind what showed it, so that a program that runs
 * for long tries again by itself. */
enum err stripe_may_ask(struct stripe *s, struct error *e) MUST_USE;
/* How long to wait behind so many attempts; waits. */
uint64_t stripe_backoff_ms(struct stripe *s, int attempts);
enum err stripe_wait(struct stripe *s, uint64_t ms, struct error *e) MUST_USE;
/* Asks one question and waits for its answer, with the attempts that a fault is given; not while it is of no
 * use. */
enum err stripe_ask_one(struct stripe *s, struct stripe_answer *out, const struct http_request *r,
                        struct arena *a, struct error *e) MUST_USE;

/* What a customer needs to go on with an intent: "" where it is none. */
struct str stripe_secret_of(const json_t *object, struct arena *a);
struct str stripe_page_of(const json_t *object, struct arena *a);
enum err stripe_confirmation(void *self, struct gateway_confirmation *out, const struct gateway_request *r,
                             struct arena *a, struct error *e);
/* What may be shown of a payment method, its name, and whose it is. */
void stripe_card_of(struct card *out, const json_t *method, struct arena *a);
enum err stripe_check_token(struct str token, struct error *e) MUST_USE;
enum err stripe_make_customer(struct stripe *s, struct str *out, const struct gateway_method *m,
                              struct arena *a, struct error *e) MUST_USE;
/* What an answer that is not "done" means to who adds a payment method. */
enum err stripe_refuse_method(const struct stripe_answer *answer, struct error *e);
enum err stripe_set_up(void *self, struct gateway_setup *out, const struct gateway_setup_request *m,
                       struct arena *a, struct error *e);
enum err stripe_read_method(void *self, struct card *out, struct str token, struct arena *a, struct error *e);
enum err stripe_describe(void *self, struct card *out, const struct gateway_method *m, struct arena *a,
                         struct error *e);

#endif
