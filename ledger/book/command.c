/* SPDX-License-Identifier: MIT */
/* command.c - the tables that commands.def declares, and the checks that every command passes whatever door
 * it came by. It must never decide: that is decide_*.c's. */
#include "ledger/book/command.h"

/* clang-format off */
enum {
#define KIND(name, NAME, type) FIELD_KIND_##name = KIND_##NAME,
#include "ledger/store/kinds.def"
#undef KIND
};

#define SCALAR(kind_, name_, word_, help_, flags_) {.name = word_, .kind = (enum kind)FIELD_KIND_##kind_, \
    .offset = offsetof(self, name_), .help = help_, .flags = flags_},
#define FIELD(kind, name)              SCALAR(kind, name, #name, NULL, 0)
#define ARG(kind, name, help)          SCALAR(kind, name, #name, help, FIELD_ARGUMENT | FIELD_REQUIRED)
#define NEED(kind, name, help)         SCALAR(kind, name, #name, help, FIELD_REQUIRED)
#define MAY(kind, name, help)          SCALAR(kind, name, #name, help, 0)
#define MAY_AS(kind, name, word, help) SCALAR(kind, name, word, help, 0)
#define MAY_FILE(name, help)           SCALAR(str, name, #name, help, FIELD_FILE)
#define MAY_ZERO(kind, name, help)     SCALAR(kind, name, #name, help, FIELD_ZERO) \
    SCALAR(flag, name##_is_zero, #name "_is_zero", NULL, FIELD_INNER)
#define INNER(kind, name)              SCALAR(kind, name, #name, NULL, FIELD_INNER)
#define CHOOSE(of_words, name_, help_, flags_) {.name = #name_, .kind = KIND_CHOICE, .offset = offsetof(self, name_), \
    .choice = &choice_##of_words, .help = help_, .flags = flags_},
#define MAY_CHOOSE(choice, name, help) CHOOSE(choice, name, help, 0)
#define INNER_CHOICE(choice, name)     CHOOSE(choice, name, NULL, FIELD_INNER)
#define OF_PART(record, name_, flags_) {.name = #name_, .kind = KIND_PART, .offset = offsetof(self, name_), \
    .of = &schema_##record, .flags = flags_},
#define MAY_PART(record, name)         OF_PART(record, name, 0)
#define INNER_PART(record, name)       OF_PART(record, name, FIELD_INNER)
#define INNER_LIST(record, name_) {.name = #name_, .kind = KIND_LIST, .offset = offsetof(self, name_), \
    .count_offset = offsetof(self, name_##_count), .of = &schema_##record, .flags = FIELD_INNER},
#define OPEN(function, type) static const struct field *function(size_t *count) { \
    typedef struct type self; static const struct field fields[] = {
#define RECORD(name_) static const struct field *fields_of_##name_(size_t *count); \
    static const struct schema schema_##name_ = {.name = #name_, .size = sizeof(struct name_), .tell = fields_of_##name_}; \
    OPEN(fields_of_##name_, name_)
#define COMMAND(name, NAME, words, help) OPEN(fields_of_##name##_command, name##_command)
#define END(name) }; *count = sizeof fields / sizeof fields[0]; return fields; }
#include "ledger/book/commands.def"

#define COMMAND(name_, NAME, words_, help_) static const struct schema schema_##name_##_command = { \
    .name = words_, .size = sizeof(struct name_##_command), .tell = fields_of_##name_##_command};
#include "ledger/book/commands.def"

#define COMMAND(name, NAME, words_, help_) \
    [COMMAND_##NAME] = {.words = words_, .help = help_, .schema = &schema_##name##_command},
static const struct command_kind kinds[COMMAND_TYPES] = {
#include "ledger/book/commands.def"
};

#define COMMAND(name, NAME, words, help) [COMMAND_##NAME] = offsetof(struct command, name),
static const size_t bodies[COMMAND_TYPES] = {
#include "ledger/book/commands.def"
};
/* clang-format on */

const struct command_kind *command_kind(enum command_type t)
{
    assert(t > COMMAND_NONE && t < COMMAND_TYPES);
    return &kinds[t];
}

enum command_type command_find(struct str words)
{
    for (enum command_type t = COMMAND_NONE + 1; t < COMMAND_TYPES; t++) {
        if (str_is(words, kinds[t].words)) return t;
    }
    return COMMAND_NONE;
}

const void *command_body(const struct command *c)
{
    assert(c->type > COMMAND_NONE && c->type < COMMAND_TYPES);
    return (const char *)c + bodies[c->type];
}

void *command_body_of(struct command *c)
{
    assert(c->type > COMMAND_NONE && c->type < COMMAND_TYPES);
    return (char *)c + bodies[c->type];
}

/* Limits by field name where a text has a tighter one than LIMIT_TEXT_BYTES. */
static size_t text_limit(const char *field)
{
    static const struct {
        const char *name;
        size_t limit;
    } limits[] = {{"user", LIMIT_USER_ID_BYTES},
                  {"usage_type", LIMIT_USAGE_TYPE_BYTES},
                  {"event_id", LIMIT_EVENT_ID_BYTES},
                  {"token", LIMIT_TOKEN_BYTES},
                  {"payment_method", LIMIT_TOKEN_BYTES},
                  {"method", LIMIT_TOKEN_BYTES},
                  {"tier", LIMIT_CODE_BYTES},
                  {"code", LIMIT_CODE_BYTES},
                  {"product", LIMIT_CODE_BYTES},
                  {"timezone", LIMIT_CODE_BYTES},
                  {"locale", LIMIT_CODE_BYTES},
                  {"country", LIMIT_CODE_BYTES}, /* of which its own check says more */
                  {"currency", 3},
                  {"transaction", LIMIT_CODE_BYTES},
                  {"invoice", LIMIT_CODE_BYTES},
                  {"subject", LIMIT_ACCESS_SUBJECT_BYTES},
                  {"entity", LIMIT_ENTITY_BYTES},
                  {"iban", LIMIT_CODE_BYTES},
                  {"bic", LIMIT_CODE_BYTES},
                  {"phone", LIMIT_CODE_BYTES},
                  {"account_holder", LIMIT_ACCOUNT_HOLDER_BYTES}};
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        if (strcmp(limits[i].name, field) == 0) return limits[i].limit;
    }
    return LIMIT_TEXT_BYTES;
}

/* A Japanese tax number is T and 13 digits, of which every tenth passes Luhn's check by chance; written so,
 * it is no card. */
static bool is_tax_number(const char *field, struct str text)
{
    if (strcmp(field, "tax_id") != 0 || text.len != 14 || text.ptr[0] != 'T') return false;
    for (size_t i = 1; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9') return false;
    }
    return true;
}

/* What a gateway signed is never refused for what somebody wrote into it: its door has blanked out card data.
 */
static bool is_body(const struct field *f)
{
    return strcmp(f->name, "body") == 0 && (f->flags & FIELD_INNER) != 0;
}

static enum err check_body(struct str text, struct error *e)
{
    if (text.len > LIMIT_WEBHOOK_BYTES)
        return fail(e, ERR_LIMIT, "the message is longer than %d bytes", LIMIT_WEBHOOK_BYTES);
    return text_is_utf8(text) ? OK : fail(e, ERR_INVALID, "the message is no text in UTF-8");
}

/* A gateway makes its names by chance, and of a million of them one reads like "Cvc987": none is a person's
 * text, and what it names must not be lost for it. */
static bool is_gateway_name(const struct schema *s, const struct field *f)
{
    static const char *const names[] = {"gateway_reference", "reference", "event_id", "method"};
    if (s == &schema_balance_movement) return true;
    if (strcmp(f->name, "gateway_customer") == 0) return true;
    bool known = false;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        known = known || strcmp(names[i], f->name) == 0;
    return known && (f->flags & FIELD_INNER) != 0;
}

/* A payment method's token, as a person copies it. */
static bool is_token(const struct field *f)
{
    return strcmp(f->name, "token") == 0 || strcmp(f->name, "method") == 0 ||
           strcmp(f->name, "payment_method") == 0;
}

/* Base64 of a picture, of which some by chance reads like a security code. */
static enum err check_file(const struct field *f, struct str text, struct error *e)
{
    struct arena *a = arena_new();
    struct bytes file = {0};
    enum err err = base64_decode(&file, text, a, e);
    if (err == OK && file.len > LIMIT_LOGO_BYTES)
        err = fail(e, ERR_LIMIT, "more than %d bytes", LIMIT_LOGO_BYTES);
    arena_free(a);
    return err == OK ? OK : wrap(e, "%s", f->name);
}

/* Numbers that are known by how they begin: an IBAN by its country and check digits, a telephone's by + or 0,
 * which no card number begins with. */
static bool is_known_number(const char *field, struct str text)
{
    if (strcmp(field, "iban") == 0) return text.len <= LIMIT_CODE_BYTES && iban_is(text);
    if (strcmp(field, "phone") != 0 || text.len == 0 || text.len > LIMIT_CODE_BYTES) return false;
    for (size_t i = 0; i < text.len; i++) {
        if (memchr("0123456789 +-/()", text.ptr[i], 16) == NULL) return false;
    }
    return text.ptr[0] == '+' || text.ptr[0] == '0';
}

static enum err check_text(const struct schema *s, const struct field *f, struct str text, struct error *e)
{
    size_t limit = text_limit(f->name);
    if ((f->flags & (unsigned)FIELD_FILE) != 0) return check_file(f, text, e);
    if (is_known_number(f->name, text)) return OK;
    if (is_body(f)) return check_body(text, e);
    if (is_tax_number(f->name, text)) return OK;
    bool may_be = is_gateway_name(s, f) || is_token(f);
    if (may_be && text.len <= limit && text_is_made_by_chance(text)) return OK;
    return text_check(text, limit, f->name, e);
}

/* Usage readings are checked one by one by their decision, which leaves out the bad ones; everything else is
 * checked here. */
static enum err check_fields(const struct schema *s, const void *record, struct error *e)
{
    size_t count = 0;
    const struct field *fields = schema_fields(s, &count);
    for (const struct field *f = fields; f < fields + count; f++) {
        const char *at = (const char *)record + f->offset;
        enum err err = OK;
        if (kind_is_text(f->kind)) {
            struct str text;
            memcpy(&text, at, sizeof text);
            err = check_text(s, f, text, e);
            if (err == OK && (f->flags & FIELD_REQUIRED) && text.len == 0) {
                err = fail(e, ERR_INVALID, "%s must not be empty", f->name);
            }
        } else if (f->kind == KIND_PART) {
            err = check_fields(f->of, at, e);
        } else if (f->kind == KIND_LIST && f->of != &schema_usage_input) {
            const char *items = NULL;
            size_t items_count = 0;
            memcpy(&items, at, sizeof items);
            memcpy(&items_count, (const char *)record + f->count_offset, sizeof items_count);
            for (size_t i = 0; err == OK && i < items_count; i++) {
                err = check_fields(f->of, items + i * f->of->size, e);
            }
        }
        if (err != OK) return err;
    }
    return OK;
}

enum err command_check(const struct command *c, struct error *e)
{
    const struct command_kind *k = command_kind(c->type);
    enum err err = check_fields(k->schema, command_body(c), e);
    return err == OK ? OK : wrap(e, "%s", k->words);
}

static bool is_card_number(struct decimal d)
{
    struct arena *a = arena_new();
    bool card = text_holds_card_data(decimal_text(a, d));
    arena_free(a);
    return card;
}

enum err command_field_given(enum command_type t, const struct field *f, void *record, struct error *e)
{
    bool zero = false;
    char *at = (char *)record + f->offset;
    if (f->kind == KIND_DECIMAL) {
        struct decimal d = {0};
        memcpy(&d, at, sizeof d);
        zero = decimal_is_zero(d);
        /* A quantity of usage may have any digits: of bytes, every tenth with sixteen would be refused. */
        bool money = t != COMMAND_USAGE_ALERT && t != COMMAND_USAGE_CORRECT;
        if (money && is_card_number(d))
            return fail(e, ERR_INVALID, "card numbers and security codes are never accepted");
    } else if (f->kind == KIND_COUNT) {
        uint64_t n = 0;
        memcpy(&n, at, sizeof n);
        zero = n == 0;
    }
    if ((f->flags & (unsigned)FIELD_ZERO) != 0) {
        memcpy((char *)record + f[1].offset, &zero, sizeof zero);
        return OK;
    }
    bool optional = (f->flags & (unsigned)FIELD_REQUIRED) == 0;
    return zero && optional ? fail(e, ERR_INVALID, "more than nothing is wanted") : OK;
}

void command_hash(struct hash *out, const struct command *c, struct hasher *h)
{
    const struct command_kind *k = command_kind(c->type);
    struct buffer bytes = {0};
    mp_put_str(&bytes, str_of(k->words));
    schema_encode(&bytes, k->schema, command_body(c));
    hasher_digest(h, out->bytes, (struct bytes){bytes.ptr, bytes.len}, (struct bytes){0}, (struct bytes){0});
    buffer_free(&bytes);
}
