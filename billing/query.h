/* SPDX-License-Identifier: MIT */
/* query.h - billing's own: the verbs that every door offers, and what it takes to run one. A verb is a
 * command of the ledger or a question of queries.def; both are described by a schema, so that command line,
 * JSON, help and completion are made alike. */
#ifndef DAYBOOK_BILLING_QUERY_H
#define DAYBOOK_BILLING_QUERY_H

#include "billing/service.h"

/* clang-format off */
#define QUERY(name, words, flags, columns, help) struct name##_query { char nothing;
#define DOOR(name, words, flags, help) struct name##_query { char nothing;
#define ARG(kind, name, help)     FIELD_TYPE_##kind name;
#define MAY_ARG(kind, name, help) FIELD_TYPE_##kind name;
#define NEED(kind, name, help)    FIELD_TYPE_##kind name;
#define MAY(kind, name, help)     FIELD_TYPE_##kind name;
#define MANY(name, help)          FIELD_TYPE_str name;
#define END(name)                 };
#include "billing/queries.def"
#undef QUERY
#undef DOOR
#undef ARG
#undef MAY_ARG
#undef NEED
#undef MAY
#undef MANY
#undef END
/* clang-format on */

enum {
    VERB_LIST = 1,
    VERB_FILES = 2,
    VERB_DOOR = 4,
    VERB_WRITES = 8,
    VERB_KEYED = 16,
    VERB_DEEP = 32,
    VERB_YES_NO = 64,
    VERB_STOPS = 128,
    VERB_SEVERAL = 256,
    VERB_TELLS = 512
};

/* One question being asked. Rows of a list go to `answer->row`, one thing to `answer->one`; both take the
 * reference. */
struct call {
    struct service *service;
    const struct verb *verb;
    const void *query; /* the verb's struct */
    struct answer *answer;
    struct arena *arena;
};

/* Who takes an answer: prints it, or keeps it. */
struct answer {
    void *self;
    enum err (*take)(void *self, json_t *value, bool is_row, struct error *e);
    bool likes_rows; /* what could be a file or rows is wanted as rows, where neither was asked for */
};

typedef enum err ask_fn(const struct call *c, struct error *e);

struct verb {
    const char *words; /* "subscription.create" */
    const char *help;
    const char *columns;         /* of its table, "" for none */
    const struct schema *schema; /* of a question; see verb_schema */
    enum command_type command;   /* COMMAND_NONE: a question */
    ask_fn *ask;                 /* of a question; NULL for those of the command line only */
    unsigned flags;
};

/* All verbs, questions first; NULL behind the last. Commands that only the program may give are not among
 * them. */
const struct verb *verb_at(size_t index);
const struct verb *verb_find(struct str words); /* "usage.record"; NULL: there is none */
const struct schema *verb_schema(const struct verb *v);
/* The struct that the verb's fields are kept in, zeroed. */
void *verb_body(const struct verb *v, struct arena *a);

/* What a person gave for a field of a command: see command_field_given. */
enum err verb_note_field(const struct verb *v, const struct field *f, void *record, struct error *e) MUST_USE;

/* Whether an idempotency key means something for it: it is one command. */
bool verb_takes_key(const struct verb *v);

/* What 'witness' and 'key new-witness' do: they need no ledger. */
enum err run_witness(const struct witness_query *q, const struct passphrase_source *from, struct world world,
                     struct answer *answer, struct arena *a, struct error *e) MUST_USE;
enum err make_witness_key(const struct key_new_witness_query *q, struct world w, struct answer *answer,
                          struct arena *a, struct error *e) MUST_USE;

/* What 'audit check' does: needs no ledger. */
enum err check_claim(const struct audit_check_query *q, struct answer *answer, struct arena *a,
                     struct error *e) MUST_USE;

/* What 'backup list', 'verify' and 'prune', 'restore' and 'replicate --promote' do: no ledger is open. */
enum err backup_door(const struct call *c, struct error *e) MUST_USE;
enum err restore_door(const struct call *c, const struct ledger_options *o, struct error *e) MUST_USE;
enum err promote_door(const struct call *c, struct error *e) MUST_USE;
/* What 'key protect' and 'key unprotect' do to a file: need no ledger. `from` opens it if it is protected. */
enum err protect_key(const struct key_protect_query *q, const char *path,
                     const struct passphrase_source *from, struct world w, struct answer *answer,
                     struct error *e) MUST_USE;
enum err unprotect_key(const char *path, const struct passphrase_source *from, struct answer *answer,
                       struct error *e) MUST_USE;

/* Runs a verb whose struct is filled, if whoever asks may (see access.h). */
enum err verb_run(const struct verb *v, const void *body, struct service *s, struct answer *answer,
                  struct arena *a, struct error *e) MUST_USE;

/* clang-format off */
#define QUERY(name, words, flags, columns, help) ask_fn ask_##name;
#define DOOR(name, words, flags, help)
#define ARG(kind, name, help)
#define MAY_ARG(kind, name, help)
#define NEED(kind, name, help)
#define MAY(kind, name, help)
#define MANY(name, help)
#define END(name)
#include "billing/queries.def"
#undef QUERY
#undef DOOR
#undef ARG
#undef MAY_ARG
#undef NEED
#undef MAY
#undef MANY
#undef END
/* clang-format on */

#endif
