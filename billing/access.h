/* SPDX-License-Identifier: MIT */
/* access.h - billing's own: who may do what, asked once for every door before anything is done, and what the
 * audit log has of it. A ledger without actors asks for no token and notes nothing: whoever holds its key may
 * do everything. */
#ifndef DAYBOOK_BILLING_ACCESS_H
#define DAYBOOK_BILLING_ACCESS_H

#include "billing/query.h"

enum { MAY_OPERATE = 1, MAY_ACCOUNT = 2, MAY_AUDIT = 4 };
enum access_note { NOTE_NOTHING, NOTE_READ, NOTE_EXPORT, NOTE_WHEN_OUT, NOTE_KEY };

/* A line of roles.def. */
struct access_rule {
    const char *words;
    unsigned roles; /* besides the administrator: MAY_… */
    enum access_note note;
    const char *subject, *reason;
};
const struct access_rule *access_rule_at(size_t index);      /* NULL behind the last */
const struct access_rule *access_rule_of(const char *words); /* NULL: there is none, and nobody but he may */
bool access_may(enum role role, const char *words);
struct str access_roles_text(const char *words, struct arena *a); /* "accountant or administrator" */

/* One command on its way through a door. */
struct passage {
    const struct verb *verb;
    const void *body; /* the verb's struct; NULL: its door has no such */
    struct service *service;
    struct arena *arena;
    bool late; /* is judged when it is done */
};

/* ERR_REFUSED names what, who and which role may; the refusal is noted. From then on service->actor is the
 * one whom the token is of. */
enum err passage_begin(struct passage *p, struct error *e) MUST_USE;
/* `err` is what came of it. Gives it back, or why what was done could not be noted. */
enum err passage_end(const struct passage *p, enum err err, struct error *e) MUST_USE;

/* Finds out who it is by the views of `t`, as s->access tells then; nothing is noted. ERR_REFUSED: the ledger
 * has actors, and the token is none of theirs. For what only looks. */
enum err access_look(struct service *s, struct views_txn *t, struct arena *a, struct error *e) MUST_USE;

/* For a command inside another, such as a line of a file: may whoever came in do that one, too? */
enum err access_check_inner(void *service, const char *words, struct error *e) MUST_USE;
/* Notes the refusals that were only counted. */
void access_end(struct service *s);

#endif
