/* SPDX-License-Identifier: MIT */
/* bank.h - a ledger that pays by Stripe, at a server of our own that fails as it is told. */
#ifndef DAYBOOK_TESTS_IMPORTERS_BANK_H
#define DAYBOOK_TESTS_IMPORTERS_BANK_H

#include "importers/importers.h"
#include "tests/importers/shop.h"
#include "tests/lib/stripe_server.h"

struct bank {
    struct stripe_server *server;
    struct simulated_world sim;
    struct ledger *l;
    struct stripe *s;
    struct gateway g;
};
struct bank bank_open(const struct stripe_fault_rule *rules, size_t count); /* not connected yet */
void bank_connect(struct bank *b);
/* The same, by another clock than the monotonic one. */
void bank_connect_by(struct bank *b, uint64_t (*now_ms)(void *), void *now_self);
void bank_close(struct bank *b);

/* Runs a command as a person gives it; the gateway is asked for no money yet. */
enum err bank_run(struct outcome *out, struct bank *b, struct command *c, struct error *e);
enum err bank_add_method(struct bank *b, const char *user, const char *token, struct error *e);
void bank_customer(struct bank *b, const char *user, const char *token);
/* Asks for a payment; the gateway has not heard of it yet. */
const struct event *bank_request(struct bank *b, const char *user, int64_t cents);
enum err bank_settle(struct bank *b, const struct event *events, size_t count, struct error *e);
struct transaction bank_transaction(struct bank *b, uint64_t number);
struct subscription bank_subscription(struct bank *b, uint64_t number);
/* A customer's payment methods that were not removed; they stay after the reading. */
struct method *bank_methods(struct bank *b, uint64_t customer, size_t *count);
struct transaction bank_charge(struct bank *b, const char *user, int64_t cents);
/* Gives back so much of the first payment, 0: all of it. The refund is asked for whatever the gateway
 * answers. */
enum err bank_refund(struct bank *b, int64_t cents, struct error *e);
/* What was left pending, asked for again: as the nightly run does. How many. */
size_t bank_settle_pending(struct bank *b);
/* What the gateway is still to be told, told: as the nightly run does. How many, and how many answers are not
 * known. */
struct bank_told {
    size_t count, unknown;
};
struct bank_told bank_tell(struct bank *b);
/* Chain, postings that sum to zero, and views that are those of a rebuild. */
void bank_verify(struct bank *b);
enum err bank_remove_method(struct bank *b, const char *user, const char *number, struct error *e);

/* What somebody does at Stripe by hand; gives the id of what was made or changed. */
const char *post_there(struct bank *b, const char *path, struct str form);
/* How a payment stands there: "canceled" and the like. */
struct str intent_status(struct bank *b, struct transaction t);

#endif
