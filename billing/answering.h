/* SPDX-License-Identifier: MIT */
/* answering.h - what the answers to commands share: the one that is being made. */
#ifndef DAYBOOK_BILLING_ANSWERING_H
#define DAYBOOK_BILLING_ANSWERING_H

#include "billing/answers.h"

struct answering {
    json_t **out;
    struct service *service;
    const struct command *command;
    const struct outcome *outcome;
    struct views_txn *txn;
    struct arena *arena;
    struct names names;
};

/* The last event of a type, or NULL. */
const struct event *event_of(const struct outcome *o, enum event_type type);
enum err customer_of(struct customer *c, struct answering *g, struct str user, struct error *e) MUST_USE;

/* answer_people.c: customers, and who may do what. */
enum err answer_customer(struct answering *g, struct error *e) MUST_USE;
enum err answer_keeping(struct answering *g, struct error *e) MUST_USE;
enum err answer_period(struct answering *g, struct error *e) MUST_USE;
enum err answer_actor(struct answering *g, struct error *e) MUST_USE;
enum err answer_token(struct answering *g, struct error *e) MUST_USE;

#endif
