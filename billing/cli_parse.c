/* SPDX-License-Identifier: MIT */
/* cli_parse.c - argv to a verb with its struct filled. It knows forms only: what a value means is for whoever
 * gets the struct. A sentence never quotes a value, because it may be what must not be shown. */
#include "billing/cli.h"

/* clang-format off */
static const struct global_option globals[] = {
    {"dir", "DIR", "the ledger's directory (default $DAYBOOK_DIR)", offsetof(struct cli_globals, dir)},
    {"key-file", "FILE", "its key (default $DAYBOOK_KEY_FILE, else DIR.key)", offsetof(struct cli_globals, key_file)},
    {"key-command", "COMMAND", "a command that prints the key instead", offsetof(struct cli_globals, key_command)},
    {"passphrase-file", "FILE", "the passphrase of protected key files (default: asked on the terminal)",
     offsetof(struct cli_globals, passphrase_file)},
    {"passphrase-command", "COMMAND", "a command that prints that passphrase instead", offsetof(struct cli_globals, passphrase_command)},
    {"token-file", "FILE", "the token of who asks, where the ledger has actors (default $DAYBOOK_TOKEN_FILE)", offsetof(struct cli_globals, token_file)},
    {"token-command", "COMMAND", "a command that prints the token instead", offsetof(struct cli_globals, token_command)},
    {"anchor-file", "FILE", "what remembers how far the ledger was (default $DAYBOOK_ANCHOR_FILE, else DIR.anchor)",
     offsetof(struct cli_globals, anchor_file)},
    {"checkpoint-key", "FILE", "sign checkpoints with it (default $DAYBOOK_CHECKPOINT_KEY)",
     offsetof(struct cli_globals, checkpoint_key)},
    {"fiscal-key", "FILE", "the private RSA key that signs documents, where the seller's tax office wants it (default $DAYBOOK_FISCAL_KEY)",
     offsetof(struct cli_globals, fiscal_key)},
    {"publish", "DIR", "a folder for signed checkpoints, which others read (default $DAYBOOK_PUBLISH)",
     offsetof(struct cli_globals, publish)},
    {"now", "TIME", "the time it shall be, e.g. 2025-01-31T12:00:00Z", offsetof(struct cli_globals, now)},
    {"idempotency-key", "KEY", "the same key and command again gives the first answer again",
     offsetof(struct cli_globals, idempotency_key)},
    {"actor", "NAME", "who asks, for the audit log, where the ledger has no actors (default the login name)", offsetof(struct cli_globals, actor)},
    {"stripe-key-file", "FILE", "pay by Stripe, with this secret key (default $DAYBOOK_STRIPE_KEY_FILE, else the simulator)",
     offsetof(struct cli_globals, stripe_key_file)},
    {"stripe-key-command", "COMMAND", "a command that prints that key instead", offsetof(struct cli_globals, stripe_key_command)},
    {"stripe-base", "URL", "another server of Stripe's shape: https, or http on this machine", offsetof(struct cli_globals, stripe_base)},
    {"stripe-rate", "N", "requests a second, at most (default 20; 0: no limit)", offsetof(struct cli_globals, stripe_rate)},
    {"stripe-window", "N", "requests on their way at once, at most (default 40)", offsetof(struct cli_globals, stripe_window)},
    {"stripe-authorities", "FILE", "certificates to trust instead of the system's", offsetof(struct cli_globals, stripe_authorities)},
    {"json", NULL, "answer as JSON; lists as one object a line", offsetof(struct cli_globals, json)},
    {"color", "WHEN", "colours: auto (default: on a terminal, unless NO_COLOR is set), always or never", offsetof(struct cli_globals, color)},
    {"quiet", NULL, "say nothing when all went well", offsetof(struct cli_globals, quiet)},
    {"help", NULL, "show how it is used", offsetof(struct cli_globals, help)},
    {NULL, NULL, NULL, 0},
};
/* clang-format on */

const struct global_option *cli_global_option(size_t index)
{
    return globals[index].name == NULL ? NULL : &globals[index];
}

/* ---- slots ---- */

static const char *option_name(const char *field, struct arena *a)
{
    char *name = str_cstring(a, str_of(field));
    for (char *p = name; *p != '\0'; p++) {
        if (*p == '_') *p = '-';
    }
    return name;
}

static size_t count_slots(const struct schema *s)
{
    size_t count = 0, slots = 0;
    const struct field *fields = schema_fields(s, &count);
    for (size_t i = 0; i < count; i++) {
        if ((fields[i].flags & (unsigned)FIELD_INNER) != 0) continue;
        slots += fields[i].kind == KIND_PART ? count_slots(fields[i].of) : 1;
    }
    return slots;
}

static size_t fill_slots(struct slot *to, const struct schema *s, size_t base, struct arena *a)
{
    size_t count = 0, made = 0;
    const struct field *fields = schema_fields(s, &count);
    for (const struct field *f = fields; f < fields + count; f++) {
        if ((f->flags & (unsigned)FIELD_INNER) != 0) continue;
        if (f->kind == KIND_PART)
            made += fill_slots(to + made, f->of, base + f->offset, a);
        else
            to[made++] = (struct slot){.field = f, .base = base, .name = option_name(f->name, a)};
    }
    return made;
}

size_t verb_slots(struct slot **out, const struct verb *v, struct arena *a)
{
    size_t count = count_slots(verb_schema(v));
    *out = arena_array_of(a, struct slot, count);
    return fill_slots(*out, verb_schema(v), 0, a);
}

/* ---- reading ---- */

struct command_line {
    struct cli_command *out;
    const char *const *argv;
    int argc, at;
    bool options_ended;
    struct slot *slots;
    size_t slots_count;
    struct arena *arena;
    struct error *e;
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* "-5", "-.5": a number, not an option. */
static bool is_negative_number(struct str s)
{
    if (s.len < 2 || s.ptr[0] != '-') return false;
    return is_digit(s.ptr[1]) || (s.len > 2 && s.ptr[1] == '.' && is_digit(s.ptr[2]));
}

static bool is_option(const struct command_line *r, struct str token)
{
    return !r->options_ended && token.len > 1 && token.ptr[0] == '-' && !is_negative_number(token);
}

struct option {
    struct str name; /* "--tier" */
    struct str value;
    bool has_value;
};

static struct option split(struct str token)
{
    const char *equals = memchr(token.ptr, '=', token.len);
    if (equals == NULL) return (struct option){.name = token};
    size_t len = (size_t)(equals - token.ptr);
    return (struct option){
        .name = {token.ptr, len}, .value = {equals + 1, token.len - len - 1}, .has_value = true};
}

/* The value behind '=' or the next word. A next word with two hyphens is an option that was forgotten a value
 * for. */
static enum err take_value(struct command_line *r, struct option *o)
{
    if (o->has_value) return OK;
    struct str next = r->at < r->argc ? str_of(r->argv[r->at]) : STR_NONE;
    bool missing = r->at >= r->argc || (str_starts(next, "--") && !is_negative_number(next));
    if (missing) return fail(r->e, ERR_USAGE, "option '%.*s' wants a value", STR_ARG(o->name));
    if (next.len > LIMIT_COMMAND_LINE_ARGUMENT_BYTES) {
        return fail(r->e, ERR_LIMIT, "option '%.*s': more than %d bytes", STR_ARG(o->name),
                    LIMIT_COMMAND_LINE_ARGUMENT_BYTES);
    }
    o->value = next;
    o->has_value = true;
    r->at++;
    return OK;
}

static enum err read_switch(struct command_line *r, bool *out, const struct option *o)
{
    *out = true;
    if (!o->has_value || str_is(o->value, "true")) return OK;
    *out = false;
    if (str_is(o->value, "false")) return OK;
    return fail(r->e, ERR_USAGE, "option '%.*s' is a switch: it takes no value", STR_ARG(o->name));
}

static enum err read_global(struct command_line *r, const struct global_option *g, struct option *o)
{
    char *at = (char *)&r->out->globals + g->offset;
    if (g->value == NULL) {
        bool on = false;
        enum err err = read_switch(r, &on, o);
        memcpy(at, &on, sizeof on);
        return err;
    }
    enum err err = take_value(r, o);
    if (err == OK && o->value.len == 0)
        err = fail(r->e, ERR_USAGE, "option '%.*s' is empty", STR_ARG(o->name));
    memcpy(at, &o->value, sizeof o->value);
    return err;
}

/* "80%" is the number 80 where the command has a switch that says so; it is thrown, and the number stays. */
static struct str take_percent(struct command_line *r, const struct slot *s, struct str text)
{
    const bool on = true;
    if (s->field->kind != KIND_DECIMAL || text.len < 2 || text.ptr[text.len - 1] != '%') return text;
    for (size_t i = 0; i < r->slots_count; i++) {
        const struct field *f = r->slots[i].field;
        if (f->kind != KIND_FLAG || strcmp(f->name, "percent") != 0) continue;
        memcpy((char *)r->out->body + r->slots[i].base + f->offset, &on, sizeof on);
        return (struct str){text.ptr, text.len - 1};
    }
    return text;
}

/* Of an option that takes a file the name was given; what is in it is the value. */
static enum err take_file(struct command_line *r, const struct slot *s, struct str *text)
{
    struct bytes file = {0};
    if ((s->field->flags & (unsigned)FIELD_FILE) == 0) return OK;
    enum err err = file_read(&file, str_cstring(r->arena, *text), LIMIT_LOGO_BYTES, r->arena, r->e);
    if (err == OK && file.len == 0) err = fail(r->e, ERR_INVALID, "the file is empty");
    if (err == OK) *text = base64_text(r->arena, file);
    return err == OK ? OK : wrap(r->e, "--%s", s->name);
}

static void hint_at_word(struct command_line *r, const struct choice *c, struct str text)
{
    struct nearest n = nearest_to(text);
    for (size_t i = 0; i < c->count; i++) nearest_try(&n, str_of(c->words[i]));
    size_t len = strlen(r->e->text);
    if (n.best.len > 0)
        (void)snprintf(r->e->text + len, sizeof r->e->text - len, "; did you mean '%.*s'?", STR_ARG(n.best));
}

static enum err fill(struct command_line *r, struct slot *s, struct str text)
{
    void *record = (char *)r->out->body + s->base;
    if (s->field->flags & (unsigned)FIELD_ARGUMENT && text.len > LIMIT_COMMAND_LINE_ARGUMENT_BYTES) {
        return fail(r->e, ERR_LIMIT, "%s: more than %d bytes", s->name, LIMIT_COMMAND_LINE_ARGUMENT_BYTES);
    }
    enum err err = take_file(r, s, &text);
    if (err != OK) return err;
    err = field_parse(s->field, record, take_percent(r, s, text), r->arena, r->e);
    if (err == ERR_INVALID && s->field->kind == KIND_CHOICE) hint_at_word(r, s->field->choice, text);
    if (err == OK) err = verb_note_field(r->out->verb, s->field, record, r->e);
    s->given = true;
    bool is_argument = (s->field->flags & (unsigned)FIELD_ARGUMENT) != 0;
    return err == OK ? OK : wrap(r->e, "%s%s", is_argument ? "" : "--", s->name);
}

/* The values of an option that is given several times, with blanks between them. */
static struct str with_those_before(struct command_line *r, const struct slot *s, struct str value)
{
    struct str before = STR_NONE;
    memcpy(&before, (const char *)r->out->body + s->base + s->field->offset, sizeof before);
    return str_format(r->arena, "%.*s %.*s", STR_ARG(before), STR_ARG(value));
}

static enum err read_field(struct command_line *r, struct slot *s, struct option *o)
{
    bool is_many = (s->field->flags & (unsigned)FIELD_MANY) != 0;
    if (s->given && !is_many) return fail(r->e, ERR_USAGE, "option '--%s' is given twice", s->name);
    if (s->field->kind != KIND_FLAG) {
        enum err err = take_value(r, o);
        if (s->given) o->value = with_those_before(r, s, o->value);
        return err == OK ? fill(r, s, o->value) : err;
    }
    bool on = false;
    enum err err = read_switch(r, &on, o);
    s->given = true;
    memcpy((char *)r->out->body + s->base + s->field->offset, &on, sizeof on);
    return err;
}

static enum err unknown_option(const struct command_line *r, const struct option *o)
{
    struct nearest n = nearest_to((struct str){o->name.ptr + 2, o->name.len > 2 ? o->name.len - 2 : 0});
    for (size_t i = 0; cli_global_option(i) != NULL; i++) nearest_try(&n, str_of(cli_global_option(i)->name));
    for (size_t i = 0; i < r->slots_count; i++) {
        if ((r->slots[i].field->flags & (unsigned)FIELD_ARGUMENT) == 0)
            nearest_try(&n, str_of(r->slots[i].name));
    }
    struct str shown = text_quotable(o->name);
    if (n.best.len == 0) return fail(r->e, ERR_USAGE, "there is no option '%.*s'", STR_ARG(shown));
    return fail(r->e, ERR_USAGE, "there is no option '%.*s'; did you mean '--%.*s'?", STR_ARG(shown),
                STR_ARG(n.best));
}

static enum err read_option(struct command_line *r, struct str token)
{
    struct option o = split(token);
    if (str_is(o.name, "-o")) o.name = STR("--output");
    if (str_is(o.name, "-h")) o.name = STR("--help");
    if (!str_starts(o.name, "--")) return unknown_option(r, &o);
    struct str name = {o.name.ptr + 2, o.name.len - 2};
    for (size_t i = 0; i < r->slots_count; i++) {
        struct slot *s = &r->slots[i];
        bool is_argument = (s->field->flags & (unsigned)FIELD_ARGUMENT) != 0;
        if (!is_argument && str_is(name, s->name)) return read_field(r, s, &o);
    }
    for (size_t i = 0; cli_global_option(i) != NULL; i++) {
        if (str_is(name, cli_global_option(i)->name)) return read_global(r, cli_global_option(i), &o);
    }
    return unknown_option(r, &o);
}

/* ---- words ---- */

static bool is_group(struct str word)
{
    const struct verb *v = NULL;
    for (size_t i = 0; (v = verb_at(i)) != NULL; i++) {
        const char *dot = strchr(v->words, '.');
        if (dot != NULL && str_equal(word, (struct str){v->words, (size_t)(dot - v->words)})) return true;
    }
    return false;
}

enum err cli_no_command(struct str group, struct str word, struct error *e)
{
    bool second = is_group(group) && word.len > 0;
    struct nearest n = nearest_to(second ? word : group);
    const struct verb *v = NULL;
    for (size_t i = 0; (v = verb_at(i)) != NULL; i++) {
        const char *dot = strchr(v->words, '.');
        struct str first = dot == NULL ? str_of(v->words) : (struct str){v->words, (size_t)(dot - v->words)};
        if (!second)
            nearest_try(&n, first);
        else if (dot != NULL && str_equal(first, group))
            nearest_try(&n, str_of(dot + 1));
    }
    struct str shown = text_quotable(second ? word : group), front = second ? group : STR_NONE;
    const char *space = second ? " " : "";
    if (n.best.len == 0) {
        return fail(e, ERR_USAGE, "there is no command '%.*s%s%.*s'; see 'daybook help'", STR_ARG(front),
                    space, STR_ARG(shown));
    }
    return fail(e, ERR_USAGE, "there is no command '%.*s%s%.*s'; did you mean '%.*s%s%.*s'?", STR_ARG(front),
                space, STR_ARG(shown), STR_ARG(front), space, STR_ARG(n.best));
}

static void take_verb(struct command_line *r, const struct verb *v)
{
    r->out->verb = v;
    r->out->body = verb_body(v, r->arena);
    r->slots_count = verb_slots(&r->slots, v, r->arena);
}

static enum err read_argument(struct command_line *r, struct str token);

/* A word that is no second one of the group's, behind a first one that is a command by itself ('backup DIR'),
 * is its argument. */
static enum err read_second(struct command_line *r, struct str word)
{
    const struct verb *alone = r->out->group.len == 0 ? NULL : verb_find(r->out->group);
    if (alone == NULL)
        return r->out->group.len == 0 ? cli_no_command(word, STR_NONE, r->e)
                                      : cli_no_command(r->out->group, word, r->e);
    take_verb(r, alone);
    return read_argument(r, word);
}

static enum err read_word(struct command_line *r, struct str word)
{
    struct cli_command *out = r->out;
    if (out->group.len == 0 && is_group(word)) {
        out->group = word;
        return OK;
    }
    struct str words =
        out->group.len == 0 ? word : str_format(r->arena, "%.*s.%.*s", STR_ARG(out->group), STR_ARG(word));
    out->verb = verb_find(words);
    if (out->verb == NULL || (out->group.len == 0 && strchr(out->verb->words, '.') != NULL)) {
        out->verb = NULL;
        return read_second(r, word);
    }
    take_verb(r, out->verb);
    return OK;
}

/* What was given of an argument before, and one more. */
static struct str joined(const struct command_line *r, const struct slot *s, struct str token)
{
    const struct str *before = (const void *)((const char *)r->out->body + s->base + s->field->offset);
    return str_format(r->arena, "%.*s,%.*s", STR_ARG(*before), STR_ARG(token));
}

static enum err read_argument(struct command_line *r, struct str token)
{
    if (r->out->verb == NULL) return read_word(r, token);
    for (size_t i = 0; i < r->slots_count; i++) {
        struct slot *s = &r->slots[i];
        bool is_argument = (s->field->flags & (unsigned)FIELD_ARGUMENT) != 0;
        if (is_argument && !s->given) return fill(r, s, token);
        if (is_argument && (r->out->verb->flags & VERB_SEVERAL) != 0) return fill(r, s, joined(r, s, token));
    }
    struct str words = verb_words(r->arena, r->out->verb), shown = text_quotable(token);
    return fail(r->e, ERR_USAGE, "%.*s: '%.*s' is one argument too many", STR_ARG(words), STR_ARG(shown));
}

static enum err check_complete(const struct command_line *r)
{
    const struct cli_command *c = r->out;
    if (c->globals.color.len > 0 && !str_is(c->globals.color, "auto") &&
        !str_is(c->globals.color, "always") && !str_is(c->globals.color, "never"))
        return fail(r->e, ERR_USAGE, "--color: auto, always or never is wanted");
    if (c->globals.help) return OK;
    if (c->verb == NULL && c->group.len != 0) {
        return fail(r->e, ERR_USAGE, "'%.*s' wants a second word; see 'daybook help %.*s'", STR_ARG(c->group),
                    STR_ARG(c->group));
    }
    if (c->verb == NULL) return fail(r->e, ERR_USAGE, "a command is missing; see 'daybook help'");
    if (c->globals.idempotency_key.len > 0 && !verb_takes_key(c->verb)) {
        return fail(r->e, ERR_USAGE, "%.*s takes no --idempotency-key: only single commands do",
                    STR_ARG(verb_words(r->arena, c->verb)));
    }
    for (size_t i = 0; i < r->slots_count; i++) {
        const struct slot *s = &r->slots[i];
        if (s->given || (s->field->flags & (unsigned)FIELD_REQUIRED) == 0) continue;
        bool is_argument = (s->field->flags & (unsigned)FIELD_ARGUMENT) != 0;
        struct str words = verb_words(r->arena, c->verb);
        return fail(r->e, ERR_USAGE, "%.*s: %s%s is missing: %s", STR_ARG(words), is_argument ? "" : "--",
                    s->name, s->field->help);
    }
    return OK;
}

enum err cli_parse(struct cli_command *out, int argc, const char *const *argv, struct arena *a,
                   struct error *e)
{
    struct command_line r = {.out = out, .argv = argv, .argc = argc, .at = 1, .arena = a, .e = e};
    *out = (struct cli_command){0};
    while (r.at < argc) {
        struct str token = str_of(argv[r.at++]);
        enum err err = OK;
        if (!r.options_ended && str_is(token, "--"))
            r.options_ended = true;
        else
            err = is_option(&r, token) ? read_option(&r, token) : read_argument(&r, token);
        if (err != OK) return err;
    }
    return check_complete(&r);
}
