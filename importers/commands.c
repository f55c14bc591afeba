/* SPDX-License-Identifier: MIT */
/* commands.c - any commands, one JSON object a line:
 *   {"command": "subscription.update", "now": "2025-01-16T09:00:00Z", "key": "…", "user": "u1", "tier":
 * "pro"} "now" and "key" may be left out. A line without a key gets one made of its text and place (see
 * row.h), so that a file that was half imported is imported again without harm. It must never let a file fill
 * what only the program may fill. */
#include "importers/import.h"
#include "importers/json_text.h"
#include "importers/stream.h"

enum { LINES_PER_BATCH = 256 };

struct entry {
    struct row row;
    struct command command;
    struct str key;
    struct instant now;
};

struct batch {
    struct import *import;
    struct arena *arena;
    struct hasher *hasher;
    struct entry *entries;
    size_t count;
};

/* ---- a line to a command ---- */

static bool is_for_people(const struct schema *s)
{
    size_t count = 0;
    const struct field *fields = schema_fields(s, &count);
    for (size_t i = 0; i < count; i++) {
        if ((fields[i].flags & (unsigned)FIELD_INNER) == 0) return true;
    }
    return false;
}

static enum err refuse_inner(const struct schema *s, const json_t *object, struct error *e)
{
    size_t count = 0;
    const struct field *fields = schema_fields(s, &count);
    for (size_t i = 0; i < count; i++) {
        if ((fields[i].flags & (unsigned)FIELD_INNER) == 0 || json_object_get(object, fields[i].name) == NULL)
            continue;
        return fail(e, ERR_INVALID, "%s: there is no such member", fields[i].name);
    }
    return OK;
}

/* Only here it is known what was given: in the struct a zero is the same as nothing. */
static enum err note_given(struct command *c, const json_t *object, struct error *e)
{
    size_t count = 0;
    const struct field *fields = schema_fields(command_kind(c->type)->schema, &count);
    for (const struct field *f = fields; f < fields + count; f++) {
        const json_t *value = json_object_get(object, f->name);
        if (value == NULL || json_is_null(value)) continue;
        if (command_field_given(c->type, f, command_body_of(c), e) != OK) return wrap(e, "%s", f->name);
    }
    return OK;
}

/* Takes a member out of the object. */
static enum err take_member(struct str *out, json_t *object, const char *name, struct arena *a,
                            struct error *e)
{
    enum err err = json_member_text(out, object, name, a, e);
    (void)json_object_del(object, name); /* fails when there is none, which is as good */
    return err;
}

static enum err take_frame(struct entry *it, json_t *object, struct arena *a, struct error *e)
{
    struct str word = STR_NONE, now = STR_NONE;
    enum err err = take_member(&word, object, "command", a, e);
    if (err == OK) err = take_member(&now, object, "now", a, e);
    if (err == OK) err = take_member(&it->key, object, "key", a, e);
    if (err == OK && now.len > 0 && instant_parse(&it->now, now, e) != OK) err = wrap(e, "now");
    if (err == OK) err = text_check(it->key, LIMIT_IDEMPOTENCY_KEY_BYTES, "key", e);
    if (err != OK) return err;
    if (word.len == 0) return fail(e, ERR_INVALID, "command: a value is missing");
    it->command.type = command_find(word);
    struct str shown = text_quotable(word);
    if (it->command.type == COMMAND_NONE)
        return fail(e, ERR_INVALID, "there is no command '%.*s'", STR_ARG(shown));
    if (is_for_people(command_kind(it->command.type)->schema)) return OK;
    return fail(e, ERR_INVALID, "command '%.*s' cannot be imported", STR_ARG(shown));
}

/* What the program fills: the gateway's name, and what it says of a token. */
static enum err fill_inner(struct entry *it, struct import *im, struct arena *a, struct error *e)
{
    return gateway_complete(&it->command, im->ledger, &im->gateway, a, e);
}

static enum err check_may(const struct import *im, const char *words, struct error *e)
{
    const struct import_options *o = im->options;
    return o->may == NULL ? OK : o->may(o->may_context, words, e);
}

static enum err read_object(struct entry *it, json_t *object, struct import *im, struct arena *a,
                            struct error *e)
{
    if (!json_is_object(object)) return fail(e, ERR_INVALID, "a JSON object is expected");
    enum err err = take_frame(it, object, a, e);
    if (err != OK) return err;
    const struct command_kind *kind = command_kind(it->command.type);
    err = check_may(im, kind->words, e);
    if (err == OK) err = refuse_inner(kind->schema, object, e);
    if (err == OK) err = schema_from_json(command_body_of(&it->command), kind->schema, object, a, e);
    if (err == OK) err = note_given(&it->command, object, e);
    if (err == OK) err = fill_inner(it, im, a, e);
    if (err == OK) err = complete_command(&it->command, im->ledger, a, e);
    if (err != OK) return wrap(e, "%s", kind->words);
    return command_check(&it->command, e);
}

static void make_entry(struct entry *it, const struct text_line *line, struct batch *b)
{
    struct error e = {0};
    struct arena *a = b->arena;
    json_t *object = NULL;
    *it = (struct entry){.row = {.line = line->number, .column = "", .text = str_copy(a, line->text)}};
    if (line->too_long) {
        row_refuse(&it->row, "",
                   str_format(a, "the line is longer than the limit of %d bytes", LIMIT_INPUT_LINE_BYTES));
        return;
    }
    enum err err = json_parse(&object, it->row.text, a, &e);
    if (err == OK) err = read_object(it, object, b->import, a, &e);
    json_decref(object);
    if (err != OK) {
        row_refuse_error(&it->row, "", &e, a);
    } else if (it->key.len == 0) {
        const char *path = instant_is_given(it->now) ? NULL : b->import->options->path;
        it->key = row_id(&it->row, "row:", path, b->hasher, a);
    }
}

/* ---- a batch ---- */

/* Later commands may need to know what became of the money. */
static bool moves_money(const struct command *c)
{
    return c->type == COMMAND_PAYMENT_CHARGE || c->type == COMMAND_PAYMENT_REFUND ||
           (c->type == COMMAND_INVOICE_CREDIT && c->invoice_credit.as == NOTE_REFUND) ||
           (c->type == COMMAND_SUBSCRIPTION_CANCEL && c->subscription_cancel.immediate);
}

static void note(struct import *im, struct entry *it, const struct outcome *o, struct arena *a)
{
    if (o->code != OK) {
        row_refuse_error(&it->row, "", &o->error, a);
        return;
    }
    import_note_record(im, o->replayed ? 0 : o->seq);
    if (o->replayed)
        im->report->duplicates++;
    else
        im->report->accepted++;
}

static enum err run_commands(struct batch *b, struct error *e)
{
    struct request *requests = arena_array_of(b->arena, struct request, b->count);
    struct outcome *outcomes = arena_array_of(b->arena, struct outcome, b->count);
    size_t *entry_of = arena_array_of(b->arena, size_t, b->count), count = 0;
    for (size_t i = 0; i < b->count; i++) {
        const struct entry *it = &b->entries[i];
        if (!row_is_good(&it->row)) continue;
        entry_of[count] = i;
        requests[count++] = (struct request){
            .command = &it->command, .key = it->key, .actor = b->import->options->actor, .now = it->now};
    }
    if (count == 0) return OK;
    enum err err = ledger_execute_batch(outcomes, b->import->ledger, requests, count,
                                        import_is_final_strict(b->import), b->arena, e);
    if (err != OK) return err;
    for (size_t i = 0; i < count; i++) note(b->import, &b->entries[entry_of[i]], &outcomes[i], b->arena);
    return import_settle(b->import, outcomes, count, b->arena, e);
}

static enum err batch_run(struct batch *b, struct error *e)
{
    enum err err = run_commands(b, e);
    b->import->report->rows += b->count;
    for (size_t i = 0; err == OK && i < b->count; i++) {
        if (!row_is_good(&b->entries[i].row)) err = import_reject(b->import, &b->entries[i].row, e);
    }
    import_progress(b->import);
    b->count = 0;
    arena_reset(b->arena);
    return err;
}

static enum err read_lines(struct batch *b, struct stream *s, struct error *e)
{
    for (;;) {
        struct text_line line = {0};
        bool end = false;
        enum err err = stream_line(&line, &end, s, e);
        if (err != OK) return err;
        if (end) return b->count > 0 ? batch_run(b, e) : OK;
        if (!line.too_long && str_trim(line.text).len == 0) continue;
        struct entry *it = &b->entries[b->count++];
        make_entry(it, &line, b);
        bool money = row_is_good(&it->row) && moves_money(&it->command);
        if (b->count == LINES_PER_BATCH || money) err = batch_run(b, e);
        if (err != OK) return err;
    }
}

static enum err commands_pass(struct import *im, struct error *e)
{
    struct arena *a = arena_new();
    struct stream *s = stream_new(im->source);
    struct batch b = {.import = im, .arena = arena_new(), .hasher = hasher_new()};
    b.entries = arena_array_of(a, struct entry, LINES_PER_BATCH);
    enum err err = read_lines(&b, s, e);
    hasher_free(b.hasher);
    arena_free(b.arena);
    stream_free(s);
    arena_free(a);
    return err;
}

enum err import_commands(struct import_report *out, struct ledger *l, const struct import_options *o,
                         struct arena *a, struct error *e)
{
    return import_run(out, l, o, commands_pass, a, e);
}
