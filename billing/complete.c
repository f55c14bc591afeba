/* SPDX-License-Identifier: MIT */
/* complete.c - what a half-written command line can go on with: 'daybook complete WORD…' is asked by the
 * shells' scripts, with the words behind the program's name up to the one that is being typed. A line for
 * each: the word, and behind a tab what it is; ":files" and ":folders" are for the shell to find. It must
 * never say anything else, ask for a passphrase, run a command, write to a ledger, or keep somebody waiting.
 */
#include "billing/complete.h"
#include "billing/access.h"
#include "billing/daybook.h"

enum { OFFERED_MAX = 200, LIVE_NS_MAX = 300000000 };

struct completing {
    FILE *to;
    struct str word; /* that is being typed */
    struct str lead; /* of it what stays in front of each value: "--tier=" */
    struct str before[OFFERED_MAX];
    size_t offered;
    bool is_bounded;
    uint64_t until_ns;
    struct cli_globals globals;
    struct str group;
    const struct verb *verb;
    struct slot *slots;
    size_t slots_count;
    const struct slot *slot;            /* whose value is being typed */
    const struct global_option *global; /* likewise */
    struct str user;
    bool options_ended, is_lost; /* lost: a word before is no command */
    struct arena *arena;
};

/* ---- offering ---- */

static bool is_new(struct completing *x, struct str value)
{
    for (size_t i = 0; i < x->offered && i < OFFERED_MAX; i++)
        if (str_equal(x->before[i], value)) return false;
    if (x->offered < OFFERED_MAX) x->before[x->offered] = str_copy(x->arena, value);
    return true;
}

/* A value_fn. */
static bool offer(void *context, struct str value, struct str help)
{
    struct completing *x = context;
    bool fits = value.len >= x->word.len && memcmp(value.ptr, x->word.ptr, x->word.len) == 0;
    if (x->word.len == 0) fits = true;
    if (fits && is_new(x, value)) {
        x->offered++;
        (void)fprintf(x->to, "%.*s%.*s%s%.*s\n", STR_ARG(x->lead), STR_ARG(value), help.len == 0 ? "" : "\t",
                      STR_ARG(help));
    }
    return !x->is_bounded || (x->offered < OFFERED_MAX && world_monotonic_ns() < x->until_ns);
}

static void offer_options(struct completing *x)
{
    for (size_t i = 0; i < x->slots_count; i++) {
        const struct slot *s = &x->slots[i];
        bool again = (s->field->flags & (unsigned)FIELD_MANY) != 0;
        if ((s->field->flags & (unsigned)FIELD_ARGUMENT) != 0 || (s->given && !again)) continue;
        (void)offer(x, str_format(x->arena, "--%s", s->name), str_of(s->field->help));
    }
    for (size_t i = 0; cli_global_option(i) != NULL; i++) {
        const struct global_option *g = cli_global_option(i);
        (void)offer(x, str_format(x->arena, "--%s", g->name), str_of(g->help));
    }
}

/* The first words of all commands, or the second ones of a group. */
static void offer_commands(struct completing *x)
{
    const struct verb *v = NULL;
    for (size_t i = 0; (v = verb_at(i)) != NULL; i++) {
        const char *dot = strchr(v->words, '.');
        struct str first = {v->words, dot == NULL ? strlen(v->words) : (size_t)(dot - v->words)};
        if (x->group.len == 0)
            (void)offer(x, first, dot == NULL ? str_of(v->help) : STR_NONE);
        else if (dot != NULL && str_equal(first, x->group))
            (void)offer(x, str_of(dot + 1), str_of(v->help));
    }
}

/* ---- what is in the ledger ---- */

/* A shell gives words as they were typed. */
static const char *path_typed(struct str given, const char *variable, struct arena *a)
{
    const char *home = getenv("HOME"); /* NOLINT(concurrency-mt-unsafe): nobody sets it meanwhile */
    if (given.len == 0) given = str_of(getenv(variable)); /* NOLINT(concurrency-mt-unsafe): likewise */
    if (given.len == 0) return NULL;
    if (home == NULL || !str_starts(given, "~/")) return str_cstring(a, given);
    return str_format(a, "%s%.*s", home, (int)given.len - 1, given.ptr + 1).ptr;
}

/* False: it would ask somebody, or run something. */
static bool opens_by_itself(struct ledger_options *o, const struct completing *x)
{
    const struct cli_globals *g = &x->globals;
    *o = (struct ledger_options){.dir = path_typed(g->dir, "DAYBOOK_DIR", x->arena),
                                 .key_file = path_typed(g->key_file, "DAYBOOK_KEY_FILE", x->arena),
                                 .anchor_file = path_typed(g->anchor_file, "DAYBOOK_ANCHOR_FILE", x->arena),
                                 .read_only = true,
                                 .world = world_real(),
                                 .state = &daybook_state};
    if (o->dir == NULL || g->key_command.len > 0) return false;
    struct str dir = str_of(o->dir);
    while (dir.len > 1 && dir.ptr[dir.len - 1] == '/') dir.len--;
    const char *key = o->key_file != NULL ? o->key_file : str_format(x->arena, "%.*s.key", STR_ARG(dir)).ptr;
    return !key_file_is_protected(key);
}

static bool may_see(struct service *s, const struct completing *x, struct views_txn *t,
                    enum value_source source)
{
    struct error unused = {0};
    const char *token = path_typed(x->globals.token_file, "DAYBOOK_TOKEN_FILE", x->arena);
    if (service_show_token(s, x->globals.token_command.len > 0 ? NULL : token, NULL, &unused) != OK)
        return false;
    if (access_look(s, t, x->arena, &unused) != OK) return false;
    return !s->access.guarded || access_may(s->access.role, values_shown_by(source));
}

static void offer_live(struct completing *x, enum value_source source)
{
    struct ledger_options o;
    struct error unused = {0};
    struct service s = {.world = world_real()};
    struct views_txn *t = NULL;
    struct values_question q = {.source = source, .user = x->user, .arena = x->arena};
    if (source == VALUES_USERS) q.user = STR_NONE;
    x->is_bounded = true;
    x->until_ns = world_monotonic_ns() + LIVE_NS_MAX;
    if (!opens_by_itself(&o, x) || ledger_open(&s.ledger, &o, &unused) != OK) return;
    enum err err = ledger_read_begin(&t, s.ledger, &unused);
    if (err == OK && may_see(&s, x, t, source)) {
        q.today = service_seller_today(&s, t, x->arena);
        if (values_live(&q, t, offer, x, &unused) != OK) {
            /* What was found until then was offered. */
        }
    }
    ledger_read_end(s.ledger, t);
    ledger_close(s.ledger);
}

static void offer_paths(struct completing *x, bool folders)
{
    (void)fputs(folders ? ":folders\n" : ":files\n", x->to);
}

static void offer_values(struct completing *x)
{
    enum value_source source =
        x->slot != NULL ? values_source(x->verb, x->slot->field) : values_of_global(x->global);
    if (source == VALUES_FILES || source == VALUES_FOLDERS) {
        offer_paths(x, source == VALUES_FOLDERS);
    } else if (x->slot == NULL) {
        bool is_color = strcmp(x->global->name, "color") == 0;
        static const char *const words[] = {"auto", "always", "never"};
        for (size_t i = 0; is_color && i < sizeof words / sizeof *words; i++)
            (void)offer(x, str_of(words[i]), STR_NONE);
    } else if (values_are_live(source)) {
        offer_live(x, source);
    } else {
        values_fixed(x->verb, x->slot->field, offer, x);
    }
}

/* ---- the words before ---- */

static struct slot *option_named(const struct completing *x, struct str name)
{
    for (size_t i = 0; i < x->slots_count; i++) {
        bool is_argument = (x->slots[i].field->flags & (unsigned)FIELD_ARGUMENT) != 0;
        if (!is_argument && str_is(name, x->slots[i].name)) return &x->slots[i];
    }
    return NULL;
}

/* The argument that comes next; the last one, where it may be given several times. */
static struct slot *argument_next(const struct completing *x)
{
    struct slot *last = NULL;
    for (size_t i = 0; i < x->slots_count; i++) {
        struct slot *s = &x->slots[i];
        if ((s->field->flags & (unsigned)FIELD_ARGUMENT) == 0) continue;
        if (!s->given) return s;
        last = s;
    }
    return x->verb != NULL && (x->verb->flags & VERB_SEVERAL) != 0 ? last : NULL;
}

static void note_value(struct completing *x, struct slot *s, const struct global_option *g, struct str value)
{
    if (s != NULL) s->given = true;
    bool names_user = s != NULL && (strcmp(s->name, "user") == 0 || strcmp(s->name, "customer") == 0);
    if (names_user) x->user = value;
    if (g != NULL && g->value != NULL) memcpy((char *)&x->globals + g->offset, &value, sizeof value);
}

static bool is_group(struct str word)
{
    const struct verb *v = NULL;
    for (size_t i = 0; (v = verb_at(i)) != NULL; i++) {
        const char *dot = strchr(v->words, '.');
        if (dot != NULL && str_equal(word, (struct str){v->words, (size_t)(dot - v->words)})) return true;
    }
    return false;
}

static void take_verb(struct completing *x, const struct verb *v)
{
    x->verb = v;
    x->slots_count = verb_slots(&x->slots, v, x->arena);
}

static void take_word(struct completing *x, struct str word)
{
    if (x->verb == NULL && x->group.len == 0) {
        if (is_group(word)) x->group = word;
        const struct verb *v = verb_find(word);
        if (x->group.len == 0 && v != NULL) take_verb(x, v);
        x->is_lost = x->group.len == 0 && v == NULL;
        return;
    }
    if (x->verb == NULL) {
        const struct verb *v = verb_find(str_format(x->arena, "%.*s.%.*s", STR_ARG(x->group), STR_ARG(word)));
        const struct verb *alone = verb_find(x->group); /* 'backup DIR' */
        if (v != NULL) take_verb(x, v);
        x->is_lost = v == NULL && alone == NULL;
        if (v != NULL || alone == NULL) return;
        take_verb(x, alone);
    }
    note_value(x, argument_next(x), NULL, word);
}

static const struct global_option *global_named(struct str name)
{
    for (size_t i = 0; cli_global_option(i) != NULL; i++)
        if (str_is(name, cli_global_option(i)->name)) return cli_global_option(i);
    return NULL;
}

/* An option's name begins to be waited for a value, or "--name=value" is whole. */
static void take_option(struct completing *x, struct str word)
{
    struct str name = {word.ptr + 2, word.len - 2}, value = STR_NONE;
    bool has_value = str_take_until(&value, &name, '=');
    if (has_value) {
        struct str rest = name;
        name = value;
        value = rest;
    }
    if (str_is(word, "-o")) name = STR("output");
    struct slot *s = option_named(x, name);
    const struct global_option *g = s == NULL ? global_named(name) : NULL;
    bool wants = (s != NULL && s->field->kind != KIND_FLAG) || (g != NULL && g->value != NULL);
    if (!wants || has_value) {
        note_value(x, s, g, value);
        return;
    }
    x->slot = s;
    x->global = g;
}

static void take_before(struct completing *x, struct str word)
{
    bool waits = x->slot != NULL || x->global != NULL;
    if (waits && str_is(word, "=")) return; /* bash makes a word of its own of it */
    if (waits) {
        struct slot *s = x->slot == NULL ? NULL : option_named(x, str_of(x->slot->name));
        note_value(x, s, x->global, word);
        x->slot = NULL;
        x->global = NULL;
    } else if (!x->options_ended && str_is(word, "--")) {
        x->options_ended = true;
    } else if (!x->options_ended && (str_starts(word, "--") || str_is(word, "-o"))) {
        take_option(x, word);
    } else {
        take_word(x, word);
    }
}

/* ---- the word that is typed ---- */

/* "--tier=pr": the value behind an option's name. */
static void split_word(struct completing *x)
{
    struct str rest = x->word, name = STR_NONE;
    if (!str_take_until(&name, &rest, '=')) return;
    take_option(x, name);
    if (x->slot == NULL && x->global == NULL) return;
    x->lead = (struct str){x->word.ptr, name.len + 1};
    x->word = rest;
}

static void offer_arguments(struct completing *x)
{
    const struct verb *alone = x->verb == NULL && x->group.len > 0 ? verb_find(x->group) : NULL;
    if (x->verb == NULL) offer_commands(x);
    if (alone != NULL) take_verb(x, alone);
    x->slot = argument_next(x);
    bool is_help = x->verb != NULL && strcmp(x->verb->words, "help") == 0;
    if (is_help && x->slot != NULL && strcmp(x->slot->name, "word") == 0) {
        x->group = x->user;
        offer_commands(x);
    } else if (x->slot != NULL) {
        offer_values(x);
    }
}

void complete_line(FILE *to, int count, const char *const *words)
{
    struct arena *a = arena_new();
    struct completing *x = arena_new_of(a, struct completing);
    *x = (struct completing){.to = to, .arena = a, .word = str_of(count > 0 ? words[count - 1] : "")};
    for (int i = 0; i + 1 < count; i++) {
        bool is_topic = x->verb != NULL && strcmp(x->verb->words, "help") == 0;
        if (is_topic) x->user = str_of(words[i]);
        take_before(x, str_of(words[i]));
    }
    if (str_is(x->word, "=") && (x->slot != NULL || x->global != NULL)) x->word = STR_NONE;
    bool is_option = x->slot == NULL && x->global == NULL && !x->options_ended && str_starts(x->word, "-");
    if (is_option) split_word(x);
    if (x->slot != NULL || x->global != NULL)
        offer_values(x);
    else if (is_option)
        offer_options(x);
    else if (!x->is_lost)
        offer_arguments(x);
    arena_free(a);
}
