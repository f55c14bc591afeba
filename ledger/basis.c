/* SPDX-License-Identifier: MIT */
/* basis.c - what a document was decided on: the command, as JSON in its record, and the decision made again
 * from the log alone. A command may get new fields later; what an old text does not name is not given. */
#include "ledger/ledger_private.h"

bool makes_document(const struct envelope *v)
{
    for (size_t i = 0; i < v->events_count; i++) {
        if (v->events[i].type == EVENT_INVOICE_FINALIZED) return true;
    }
    return false;
}

/* ---- the text ---- */

static bool says_nothing(const json_t *value)
{
    return json_is_null(value) || json_is_false(value) ||
           (json_is_integer(value) && json_integer_value(value) == 0) ||
           (json_is_string(value) && json_string_length(value) == 0) ||
           (json_is_array(value) && json_array_size(value) == 0) ||
           (json_is_object(value) && json_object_size(value) == 0);
}

static void drop_silent(json_t *object)
{
    const char *name = NULL;
    json_t *value = NULL;
    void *next = NULL;
    json_object_foreach_safe(object, next, name, value)
    {
        if (json_is_object(value)) drop_silent(value);
        if (says_nothing(value)) (void)json_object_del(object, name); /* it is there */
    }
}

struct str basis_of(const struct command *c, struct arena *a)
{
    json_t *object = schema_json(command_kind(c->type)->schema, command_body(c));
    drop_silent(object);
    char *text = json_dumps(object, JSON_COMPACT);
    if (text == NULL) WRONG("a command that is no JSON");
    struct str out = str_copy(a, str_of(text));
    free(text);
    json_decref(object);
    return out;
}

enum err basis_command(struct command *out, const struct envelope *v, struct arena *a, struct error *e)
{
    json_error_t where;
    *out = (struct command){.type = command_find(v->command)};
    if (out->type == COMMAND_NONE)
        return fail(e, ERR_INCOMPLETE, "command '%.*s' is not known any more", STR_ARG(v->command));
    json_t *object = json_loadb(v->basis.ptr, v->basis.len, JSON_REJECT_DUPLICATES, &where);
    if (object == NULL) return fail(e, ERR_TAMPERED, "its basis is no JSON: %s", where.text);
    enum err err = schema_from_json(command_body_of(out), command_kind(out->type)->schema, object, a, e);
    json_decref(object);
    return err == OK ? OK : wrap(e, "its basis");
}

/* ---- deciding again ---- */

struct recomputing {
    struct ledger *ledger;
    struct views_txn *txn;
    struct arena *arena; /* of one record */
    uint64_t from;
    recompute_fn *visit;
    void *context;
    struct view_cursor cursor;
};

static enum err decide_again(struct recomputing *r, uint64_t seq, const struct envelope *v, struct error *e)
{
    struct ledger *l = r->ledger;
    struct recomputation x = {
        .seq = seq, .was = v->events, .was_count = v->events_count, .keeps_command = v->basis.len > 0};
    struct command c = {0};
    struct facts facts = {0};
    struct decision d = {0};
    if (v->basis.len == 0) {
        x.code = fail(&x.why, ERR_INCOMPLETE, "record %ju keeps no command to decide again", (uintmax_t)seq);
        return r->visit(r->context, &x, e);
    }
    x.code = basis_command(&c, v, r->arena, &x.why);
    if (x.code != OK) return r->visit(r->context, &x, e);
    enum err err = l->state->gather(&facts, r->txn, &c, &v->at, l->zones, r->arena, e);
    if (err != OK) return err;
    facts.origin = l->origin;
    x.code = decide(&d, &facts, &c, r->arena, &x.why);
    x.is = d.events.items;
    x.is_count = d.events.count;
    return r->visit(r->context, &x, e);
}

static enum err recompute_entry(void *context, const struct log_entry *entry, struct error *e)
{
    struct recomputing *r = context;
    if (entry->header.class_ == RECORD_EVENTS) {
        struct envelope v = {0};
        enum err err = envelope_decode(&v, bytes_copy(r->arena, entry->plain),
                                       customer_keys_personal(r->ledger->keys), r->arena, e);
        if (err == OK && entry->seq >= r->from && makes_document(&v))
            err = decide_again(r, entry->seq, &v, e);
        if (err != OK) return wrap(e, "record %ju", (uintmax_t)entry->seq);
        struct event_place place = {.seq = entry->seq,
                                    .at = entry->header.at,
                                    .leaf = entry->leaf,
                                    .prev = entry->header.prev,
                                    .actor = v.actor,
                                    .command = v.command};
        err = fold_record(r->ledger, r->txn, &place, &v, e);
        if (err != OK) return err;
        arena_reset(r->arena);
    }
    r->cursor = (struct view_cursor){entry->seq + 1, entry->leaf};
    views_set_cursor(r->txn, &r->cursor);
    return views_is_full(r->txn) ? ERR_NOT_FOUND : OK; /* not found: another transaction goes on */
}

static enum err recompute_some(struct recomputing *r, struct views *views, uint64_t to, struct error *e)
{
    enum err err = views_begin(&r->txn, views, true, e);
    if (err != OK) return err;
    err = views_cursor(&r->cursor, r->txn, e);
    if (err == OK) err = log_read(r->ledger->log, r->cursor.seq, to, recompute_entry, r, e);
    if (err == OK) return views_commit(r->txn, e);
    views_abort(r->txn);
    return err;
}

enum err recompute_into(struct ledger *l, struct views *views, const struct recompute_range *range,
                        recompute_fn *visit, void *context, log_progress_fn *progress, void *progress_context,
                        struct error *e)
{
    struct recomputing r = {
        .ledger = l, .from = range->from, .visit = visit, .context = context, .arena = arena_new()};
    enum err err =
        fold_all(l, views, range->from < range->to ? range->from : range->to, progress, progress_context, e);
    r.cursor.seq = range->from;
    while (err == OK && r.cursor.seq < range->to) {
        err = recompute_some(&r, views, range->to, e);
        if (err == OK && progress != NULL) progress(progress_context, r.cursor.seq, range->to);
    }
    arena_free(r.arena);
    return err;
}

enum err ledger_recompute(struct ledger *l, uint64_t from, uint64_t to, recompute_fn *visit, void *context,
                          log_progress_fn *progress, void *progress_context, struct error *e)
{
    struct scratch_views scratch = {0};
    struct log_state state = {0};
    struct recompute_range range = {from, to};
    ledger_lock(l);
    enum err err = log_state(&state, l->log, e);
    if (to > state.head.range.size) range.to = state.head.range.size;
    if (err == OK) err = scratch_open(&scratch, l, e);
    if (err == OK)
        err = recompute_into(l, scratch.views, &range, visit, context, progress, progress_context, e);
    scratch_close(&scratch);
    ledger_unlock(l);
    return err;
}
