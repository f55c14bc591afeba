/* SPDX-License-Identifier: MIT */
/* answer_people.c - what became of commands about customers, and about who may do what. */
#include "billing/answering.h"

const struct event *event_of(const struct outcome *o, enum event_type type)
{
    for (size_t i = o->events_count; i > 0; i--) {
        if (o->events[i - 1].type == type) return &o->events[i - 1];
    }
    return NULL;
}

enum err customer_of(struct customer *c, struct answering *g, struct str user, struct error *e)
{
    return find_customer(c, g->txn, user, g->arena, e);
}

/* ---- customers ---- */

enum err answer_customer(struct answering *g, struct error *e)
{
    struct customer c = {0};
    const struct command *m = g->command;
    bool create = m->type == COMMAND_CUSTOMER_CREATE;
    enum err err = customer_of(&c, g, create ? m->customer_create.user : m->customer_update.user, e);
    if (err == OK) *g->out = customer_json(&c, g->txn, g->arena);
    return err;
}

enum err answer_keeping(struct answering *g, struct error *e)
{
    struct customer c = {0};
    const struct command *m = g->command;
    struct str user = m->type == COMMAND_CUSTOMER_ERASE  ? m->customer_erase.user
                      : m->type == COMMAND_CUSTOMER_HOLD ? m->customer_hold.user
                                                         : m->customer_release.user;
    enum err err = customer_of(&c, g, user, e);
    if (err != OK) return err;
    if (m->type == COMMAND_CUSTOMER_ERASE) return erased_json(g->out, &c, g->service->ledger, g->txn, e);
    *g->out = keeping_json(&c);
    return OK;
}

/* ---- who may do what ---- */

enum err answer_actor(struct answering *g, struct error *e)
{
    const struct command *m = g->command;
    bool removed = m->type == COMMAND_ACTOR_REMOVE;
    json_t *j = *g->out = object_new();
    (void)e;
    member_text(j, "name", removed ? m->actor_remove.name : m->actor_update.name);
    member_text(j, "status", removed ? STR("removed") : STR("active"));
    if (!removed) member_text(j, "role", str_of(choice_role.words[m->actor_update.role]));
    member_flag(j, "changed", g->outcome->events_count > 0);
    return OK;
}

enum err answer_token(struct answering *g, struct error *e)
{
    json_t *j = *g->out = object_new();
    (void)e;
    member_text(j, "token_id", g->command->token_revoke.token);
    member_text(j, "status", STR("revoked"));
    return OK;
}
