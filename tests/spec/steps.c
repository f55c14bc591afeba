/* SPDX-License-Identifier: MIT */
/* steps.c - the lines that do something. A command's words come from commands.def: first its positional and
 * required fields in order, then name=value; the fields of a part (name, city …) go by their own names. */
#include "tests/spec/runner.h"

static enum err set_field(enum command_type type, const struct schema *schema, void *record, struct str name,
                          struct str value, bool *found, struct arena *a, struct error *e)
{
    size_t count = 0;
    const struct field *fields = schema_fields(schema, &count);
    for (const struct field *f = fields; f < fields + count; f++) {
        if (f->kind == KIND_PART && !(f->flags & FIELD_INNER)) {
            enum err err = set_field(type, f->of, (char *)record + f->offset, name, value, found, a, e);
            if (err != OK || *found) return err;
        }
        if (!str_is(name, f->name) || f->kind == KIND_LIST || f->kind == KIND_PART) continue;
        *found = true;
        enum err err = field_parse(f, record, value, a, e);
        return err != OK ? err : command_field_given(type, f, record, e);
    }
    return OK;
}

static const struct field *nth_positional(const struct schema *schema, size_t n)
{
    size_t count = 0;
    const struct field *fields = schema_fields(schema, &count);
    for (const struct field *f = fields; f < fields + count; f++) {
        if ((f->flags & FIELD_REQUIRED) && n-- == 0) return f;
    }
    return NULL;
}

static enum err read_command(struct command *c, const struct words *w, struct arena *a, struct error *e)
{
    const struct schema *schema = command_kind(c->type)->schema;
    size_t positional = 0;
    for (size_t i = 1; i < w->count; i++) {
        const char *equals = memchr(w->items[i].ptr, '=', w->items[i].len);
        const struct field *f = equals == NULL ? nth_positional(schema, positional++) : NULL;
        if (equals == NULL && f == NULL) return fail(e, ERR_USAGE, "too many words");
        struct str name =
            f != NULL ? str_of(f->name) : (struct str){w->items[i].ptr, (size_t)(equals - w->items[i].ptr)};
        struct str value = f != NULL ? w->items[i] : (struct str){equals + 1, w->items[i].len - name.len - 1};
        bool found = false;
        enum err err = set_field(c->type, schema, command_body_of(c), name, value, &found, a, e);
        if (err != OK) return err;
        if (!found) return fail(e, ERR_USAGE, "no field '%.*s'", STR_ARG(name));
    }
    return OK;
}

/* What the door does for a person: the gateway describes tokens, and is named in what asks it for money; the
 * log is asked for the reading that is corrected. */
static enum err complete(struct story *s, struct command *c, struct error *e)
{
    enum err err = gateway_complete(c, s->ledger, &s->gateway, s->arena, e);
    return err == OK ? complete_command(c, s->ledger, s->arena, e) : err;
}

static enum err collect(void *context, const struct event_place *place, const struct envelope *v,
                        struct arena *a, struct error *e)
{
    struct story *s = context;
    (void)place, (void)a, (void)e;
    for (size_t i = 0; i < v->events_count; i++) {
        enum event_type type = v->events[i].type;
        struct event *ev = event_add(&s->last, type, s->arena);
        schema_copy(event_body_of(ev), event_kind(type)->schema, event_body(&v->events[i]), s->arena);
    }
    return OK;
}

static enum err log_size(uint64_t *size, struct story *s, struct error *e)
{
    struct log_state state = {0};
    enum err err = log_state(&state, ledger_log(s->ledger), e);
    *size = state.head.range.size;
    return err;
}

static enum err execute(struct story *s, const struct command *c, struct str key, struct error *e)
{
    struct outcome outcome = {0};
    struct request r = {.command = c, .key = key, .actor = STR("spec")};
    s->code = ledger_execute(&outcome, s->ledger, &r, s->arena, &s->refusal);
    s->refusal_read = false;
    if (s->code != OK) return OK;
    if (outcome.refusals_count > 0 && outcome.events_count == 0) {
        s->code = outcome.refusals[0].code;
        s->refusal = (struct error){.code = s->code};
        snprintf(s->refusal.text, sizeof s->refusal.text, "%.*s", STR_ARG(outcome.refusals[0].why));
    }
    return ledger_settle(NULL, s->ledger, &s->gateway, outcome.events, outcome.events_count, STR("spec"),
                         s->arena, e);
}

static enum err usage_step(struct story *s, const struct words *w, struct error *e)
{
    struct usage_input *in = arena_new_of(s->arena, struct usage_input);
    struct command c = {.type = COMMAND_USAGE_RECORD};
    if (w->count < 4)
        return fail(e, ERR_INVALID, "usage.record USER TYPE AMOUNT [at=T] [id=ID] [key=K] is wanted");
    *in = (struct usage_input){.user = w->items[1], .usage_type = w->items[2]};
    enum err err = decimal_parse(&in->amount, w->items[3], e);
    for (size_t i = 4; i < w->count && err == OK; i++) {
        struct str word = w->items[i];
        if (str_starts(word, "at="))
            err = date_or_instant_parse(&in->on, &in->at, (struct str){word.ptr + 3, word.len - 3}, e);
        if (str_starts(word, "id=")) in->event_id = (struct str){word.ptr + 3, word.len - 3};
        if (str_starts(word, "key=")) in->key = (struct str){word.ptr + 4, word.len - 4};
    }
    c.usage_record = (struct usage_record_command){.readings = in, .readings_count = 1};
    return err == OK ? execute(s, &c, STR_NONE, e) : err;
}

static enum err run_step(struct story *s, const struct words *w, struct error *e)
{
    struct run_summary summary = {0};
    struct run_options o = {.gateway = &s->gateway, .actor = STR("night")};
    if (w->count < 2) return fail(e, ERR_INVALID, "run DATE [draft|finalize|approve] is wanted");
    enum err err = date_parse(&o.through, w->items[1], e);
    for (size_t i = 2; i < w->count && err == OK; i++) {
        o.mode = str_is(w->items[i], "draft") ? BILL_DRAFT : BILL_FINALIZE;
        o.approved = str_is(w->items[i], "approve");
    }
    if (err != OK) return err;
    s->code = nightly_run(&summary, s->ledger, &o, s->arena, &s->refusal);
    s->refusal_read = false;
    return OK;
}

/* Another catalog, as a new version. */
static enum err catalog_step(struct story *s, const struct words *w, struct error *e)
{
    struct command c = {0};
    if (w->count != 2) return fail(e, ERR_INVALID, "catalog FILE is wanted");
    s->refusal_read = false;
    s->code = catalog_read(&c, str_cstring(s->arena, w->items[1]), s->arena, &s->refusal);
    return s->code == OK ? execute(s, &c, STR_NONE, e) : OK;
}

static enum err command_step(struct story *s, const struct words *words, struct error *e)
{
    struct words w = *words;
    struct str key = STR_NONE;
    struct command c = {.type = command_find(w.items[0])};
    if (c.type == COMMAND_NONE) return fail(e, ERR_INVALID, "no step '%.*s'", STR_ARG(w.items[0]));
    if (str_starts(w.items[w.count - 1], "key=")) {
        w.count--;
        key = (struct str){w.items[w.count].ptr + 4, w.items[w.count].len - 4};
    }
    s->code = read_command(&c, &w, s->arena, &s->refusal);
    if (s->code == OK) s->code = complete(s, &c, &s->refusal);
    s->refusal_read = false;
    return s->code == OK ? execute(s, &c, key, e) : OK;
}

enum err story_step(struct story *s, const struct words *w, struct error *e)
{
    uint64_t before = 0;
    s->last = (struct event_list){0};
    if (str_is(w->items[0], "now")) {
        if (w->count != 2) return fail(e, ERR_INVALID, "now DATE or INSTANT is wanted");
        return instant_parse(&s->clock.now, w->items[1], e);
    }
    enum err err = log_size(&before, s, e);
    if (err != OK) return err;
    if (str_is(w->items[0], "run"))
        err = run_step(s, w, e);
    else if (str_is(w->items[0], "catalog"))
        err = catalog_step(s, w, e);
    else if (str_is(w->items[0], "usage.record"))
        err = usage_step(s, w, e);
    else
        err = command_step(s, w, e);
    return err == OK ? ledger_walk(s->ledger, before, UINT64_MAX, collect, s, e) : err;
}
