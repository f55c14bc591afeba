/* SPDX-License-Identifier: MIT */
/* query.c - the table of verbs, made of queries.def and of the commands of the ledger that people may give.
 * It must never hold a verb that is declared nowhere else. */
#include "billing/access.h"
#include "billing/answers.h"

/* clang-format off */
enum {
#define KIND(name, NAME, type) FIELD_KIND_##name = KIND_##NAME,
#include "ledger/store/kinds.def"
#undef KIND
};

#define SCALAR(kind_, name_, help_, flags_) {.name = #name_, .kind = (enum kind)FIELD_KIND_##kind_, \
    .offset = offsetof(self, name_), .help = help_, .flags = flags_},
#define ARG(kind, name, help)     SCALAR(kind, name, help, FIELD_ARGUMENT | FIELD_REQUIRED)
#define MAY_ARG(kind, name, help) SCALAR(kind, name, help, FIELD_ARGUMENT)
#define NEED(kind, name, help)    SCALAR(kind, name, help, FIELD_REQUIRED)
#define MAY(kind, name, help)     SCALAR(kind, name, help, 0)
#define MANY(name, help)          SCALAR(str, name, help, FIELD_MANY)
/* The last row stands for the struct's own first member, which no one fills: a table may not be empty. */
#define OPEN(name_) static const struct field *fields_of_##name_(size_t *count) { \
    typedef struct name_##_query self; static const struct field fields[] = {
#define QUERY(name, words, flags, columns, help) OPEN(name)
#define DOOR(name, words, flags, help) OPEN(name)
#define END(name_) {.name = "nothing", .kind = KIND_FLAG, .offset = offsetof(self, nothing), .flags = FIELD_INNER}, \
    }; *count = sizeof fields / sizeof fields[0] - 1; return fields; }
#include "billing/queries.def"
#undef QUERY
#undef DOOR
#undef ARG
#undef MAY_ARG
#undef NEED
#undef MAY
#undef MANY
#undef END
#define ARG(kind, name, help)
#define MAY_ARG(kind, name, help)
#define NEED(kind, name, help)
#define MAY(kind, name, help)
#define MANY(name, help)
#define END(name)

#define SCHEMA(name_, words_) static const struct schema schema_of_##name_ = { \
    .name = words_, .size = sizeof(struct name_##_query), .tell = fields_of_##name_};
#define QUERY(name, words, flags, columns, help) SCHEMA(name, words)
#define DOOR(name, words, flags, help) SCHEMA(name, words)
#include "billing/queries.def"
#undef QUERY
#undef DOOR

enum {
    LIST = VERB_LIST,
    FILES = VERB_FILES,
    WRITES = VERB_WRITES,
    KEYED = VERB_KEYED,
    DEEP = VERB_DEEP,
    YES_NO = VERB_YES_NO,
    STOPS = VERB_STOPS,
    SEVERAL = VERB_SEVERAL,
    TELLS = VERB_TELLS
};
#define QUERY(name_, words_, flags_, columns_, help_) {.words = words_, .help = help_, .columns = columns_, \
    .schema = &schema_of_##name_, .ask = ask_##name_, .flags = flags_},
#define DOOR(name_, words_, flags_, help_) {.words = words_, .help = help_, .columns = "", .schema = &schema_of_##name_, \
    .flags = VERB_DOOR | (flags_)},
static const struct verb questions[] = {
#include "billing/queries.def"
};
#undef QUERY
#undef DOOR
#undef ARG
#undef MAY_ARG
#undef NEED
#undef MAY
#undef MANY
#undef END

#define COMMAND(name, NAME, words_, help_) {.words = words_, .help = help_, .columns = "", .command = COMMAND_##NAME, \
    .flags = VERB_WRITES},
static const struct verb commands[] = {
#include "ledger/book/commands.def"
};
/* clang-format on */

enum {
    QUESTIONS = sizeof questions / sizeof questions[0],
    COMMANDS = sizeof commands / sizeof commands[0],
};

/* ---- finding ---- */

const struct schema *verb_schema(const struct verb *v)
{
    return v->command == COMMAND_NONE ? v->schema : command_kind(v->command)->schema;
}

/* A command without any field for people is the program's own, or has a question that makes it. */
static bool is_for_people(const struct verb *v)
{
    size_t count = 0;
    const struct field *fields = schema_fields(verb_schema(v), &count);
    for (size_t i = 0; i < count; i++) {
        if ((fields[i].flags & (unsigned)FIELD_INNER) == 0) return true;
    }
    return false;
}

const struct verb *verb_at(size_t index)
{
    if (index < QUESTIONS) return &questions[index];
    size_t left = index - QUESTIONS;
    for (size_t i = 0; i < COMMANDS; i++) {
        if (is_for_people(&commands[i]) && left-- == 0) return &commands[i];
    }
    return NULL;
}

const struct verb *verb_find(struct str words)
{
    for (size_t i = 0; i < QUESTIONS; i++) {
        if (str_is(words, questions[i].words)) return &questions[i];
    }
    for (size_t i = 0; i < COMMANDS; i++) {
        if (str_is(words, commands[i].words) && is_for_people(&commands[i])) return &commands[i];
    }
    return NULL;
}

bool verb_takes_key(const struct verb *v)
{
    return v->command != COMMAND_NONE || (v->flags & VERB_KEYED) != 0;
}

/* ---- running ---- */

void *verb_body(const struct verb *v, struct arena *a)
{
    return arena_take(a, 1, verb_schema(v)->size);
}

enum err verb_note_field(const struct verb *v, const struct field *f, void *record, struct error *e)
{
    return v->command == COMMAND_NONE ? OK : command_field_given(v->command, f, record, e);
}

static enum err run_command(const struct call *c, struct error *e)
{
    struct command *command = arena_new_of(c->arena, struct command);
    struct outcome outcome = {0};
    json_t *answer = NULL;
    command->type = c->verb->command;
    memcpy(command_body_of(command), c->query, verb_schema(c->verb)->size);
    enum err err = command_before(&answer, c->service, command, c->arena, e);
    if (err == OK && answer == NULL) err = service_execute(&outcome, c->service, command, c->arena, e);
    if (err == OK && answer == NULL)
        err = answer_command(&answer, c->service, command, &outcome, c->arena, e);
    if (answer == NULL) err = command_refused(&answer, c->service, command, err, c->arena, e);
    if (answer == NULL) return err;
    enum err told = c->answer->take(c->answer->self, answer, false, e);
    return told != OK ? told : answer_status(c->service, command, &outcome, c->arena, e);
}

static enum err run(const struct call *c, struct error *e)
{
    const struct verb *v = c->verb;
    struct service *s = c->service;
    if (v->command != COMMAND_NONE) return run_command(c, e);
    if (s->key.len > 0 && (v->flags & VERB_WRITES) != 0 && !verb_takes_key(v)) {
        s->key = STR_NONE; /* it was for this call */
        return fail(e, ERR_USAGE, "'%s' takes no idempotency key: only single commands do", v->words);
    }
    return v->ask(c, e);
}

enum err verb_run(const struct verb *v, const void *body, struct service *s, struct answer *answer,
                  struct arena *a, struct error *e)
{
    struct call c = {.service = s, .verb = v, .query = body, .answer = answer, .arena = a};
    struct passage p = {.verb = v, .body = body, .service = s, .arena = a};
    if (v->command == COMMAND_NONE && v->ask == NULL)
        return fail(e, ERR_USAGE, "'%s' is of the command line only", v->words);
    enum err err = passage_begin(&p, e);
    if (err != OK) {
        s->key = STR_NONE; /* it was for this call */
        return err;
    }
    return passage_end(&p, run(&c, e), e);
}
