/* SPDX-License-Identifier: MIT */
/* command.h - the structs of commands.def and their schemas. All of it is made of the .def file. */
#ifndef DAYBOOK_LEDGER_BOOK_COMMAND_H
#define DAYBOOK_LEDGER_BOOK_COMMAND_H

#include "ledger/book/event.h"

/* clang-format off */
#define FIELD(kind, name)              FIELD_TYPE_##kind name;
#define ARG(kind, name, help)          FIELD_TYPE_##kind name;
#define NEED(kind, name, help)         FIELD_TYPE_##kind name;
#define MAY(kind, name, help)          FIELD_TYPE_##kind name;
#define MAY_AS(kind, name, word, help) FIELD_TYPE_##kind name;
#define MAY_FILE(name, help)           FIELD_TYPE_str name;
#define MAY_ZERO(kind, name, help)     FIELD_TYPE_##kind name; FIELD_TYPE_flag name##_is_zero;
#define MAY_CHOOSE(choice, name, help) enum choice name;
#define MAY_PART(record, name)         struct record name;
#define INNER(kind, name)              FIELD_TYPE_##kind name;
#define INNER_CHOICE(choice, name)     enum choice name;
#define INNER_PART(record, name)       struct record name;
#define INNER_LIST(record, name)       const struct record *name; size_t name##_count;
#define RECORD(name)                   struct name {
#define COMMAND(name, NAME, words, help) struct name##_command {
#define END(name)                      };
#include "ledger/book/commands.def"

enum command_type {
    COMMAND_NONE = 0,
#define COMMAND(name, NAME, words, help) COMMAND_##NAME,
#include "ledger/book/commands.def"
    COMMAND_TYPES
};

struct command {
    enum command_type type;
    union {
#define COMMAND(name, NAME, words, help) struct name##_command name;
#include "ledger/book/commands.def"
    };
};
/* clang-format on */

/* When a command is decided: the instant, and the dates that it has. Which date it is somewhere may be told
 * otherwise by a later version of the time zones' data, so they are worked out once, and kept for whoever
 * decides again. */
struct decided_at {
    struct instant now;
    struct date today;        /* where the customer is, or else the seller; none: not worked out yet */
    struct date seller_today; /* where the seller is */
    uint64_t second;          /* of today */
};

/* Field flags in a command's schema: FIELD_ARGUMENT (positional), FIELD_REQUIRED, FIELD_INNER (no person
 * fills it), FIELD_ZERO (0 may be given; the field behind it is the flag that says so), FIELD_MANY (a text
 * that may be given several times: the values then stand in it with blanks between them), FIELD_FILE (a
 * file's bytes in base64; on the command line it is the file's name that is given). */
enum { FIELD_INNER = 8, FIELD_ZERO = 16, FIELD_MANY = 32, FIELD_FILE = 64 };

struct command_kind {
    const char *words; /* "subscription.create" */
    const char *help;
    const struct schema *schema;
};
const struct command_kind *command_kind(enum command_type t);
enum command_type command_find(struct str words); /* COMMAND_NONE: there is no such */
const void *command_body(const struct command *c);
void *command_body_of(struct command *c);

/* Every text of the command is printable UTF-8 within its limit and holds no card data (PCI DSS); counts and
 * choices are in range. ERR_INVALID names the field: "subscription.create: description holds a payment card
 * number". */
enum err command_check(const struct command *c, struct error *e) MUST_USE;

/* For every door that knows what was given: notes a zero that was, and refuses what may not be given for a
 * field although its form is right. In a command nothing is the same as not given, so a zero for what may be
 * left out would be misunderstood, except where a flag beside it tells them apart; and an amount of money
 * that is a card number was meant for another field. `record` is the struct that has the field; the sentence
 * does not name the field. */
enum err command_field_given(enum command_type t, const struct field *f, void *record,
                             struct error *e) MUST_USE;

/* SHA-256 of the command's canonical bytes: what an idempotency key is bound to. */
void command_hash(struct hash *out, const struct command *c, struct hasher *h);

#endif
