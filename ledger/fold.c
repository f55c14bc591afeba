/* SPDX-License-Identifier: MIT */
/* fold.c - from records of the log to the views, in order, each exactly once: the cursor moves in the
 * transaction of the changes. */
#include "ledger/ledger_private.h"

enum { RECORDS_PER_TRANSACTION = 20000 };

void state_definition(struct hash *out, const struct ledger_state *s, struct hasher *h)
{
    hasher_begin(h);
    for (const struct projection *const *p = s->projections; *p != NULL; p++) {
        uint8_t version[4];
        be32_put(version, (*p)->version);
        hasher_add(h, str_bytes(str_of((*p)->name)));
        hasher_add(h, (struct bytes){version, sizeof version});
    }
    hasher_end(h, out->bytes);
}

enum err fold_record(struct ledger *l, struct views_txn *t, const struct event_place *place,
                     const struct envelope *v, struct error *e)
{
    for (size_t i = 0; i < v->events_count; i++) {
        struct event_place of_event = *place;
        of_event.number = (uint32_t)i;
        for (const struct projection *const *p = l->state->projections; *p != NULL; p++) {
            enum err err = (*p)->fold(t, &v->events[i], &of_event, l->scratch, e);
            if (err == ERR_NOT_FOUND)
                err = e->code = ERR_TAMPERED; /* what an event speaks of must be there */
            if (err != OK) {
                return wrap(e, "folding %s of record %llu into %s", event_kind(v->events[i].type)->wire,
                            (unsigned long long)place->seq, (*p)->name);
            }
        }
        arena_reset(l->scratch);
    }
    if (v->key.len == 0) return OK;
    struct idempotency entry = {.body = v->body, .seq = place->seq};
    return l->state->keep_key(t, v->key, &entry, e);
}

struct folding {
    struct ledger *ledger;
    struct views_txn *txn;
    struct arena *arena; /* of the record being decoded */
    struct view_cursor cursor;
    bool by_parts; /* may stop when the transaction has grown large; another goes on */
};

static enum err fold_entry(void *context, const struct log_entry *entry, struct error *e)
{
    struct folding *f = context;
    if (entry->header.class_ == RECORD_EVENTS) {
        struct envelope v = {0};
        enum err err =
            envelope_decode(&v, entry->plain, customer_keys_personal(f->ledger->keys), f->arena, e);
        if (err != OK) return wrap(e, "record %llu", (unsigned long long)entry->seq);
        struct event_place place = {.seq = entry->seq,
                                    .at = entry->header.at,
                                    .leaf = entry->leaf,
                                    .prev = entry->header.prev,
                                    .actor = v.actor,
                                    .command = v.command};
        err = fold_record(f->ledger, f->txn, &place, &v, e);
        if (err != OK) return err;
        arena_reset(f->arena);
    }
    f->cursor = (struct view_cursor){entry->seq + 1, entry->leaf};
    views_set_cursor(f->txn, &f->cursor);
    return f->by_parts && views_is_full(f->txn) ? ERR_NOT_FOUND : OK; /* not found: the reading ends here */
}

/* The views' last record must be the log's own: views of another or an older log are of no use. */
static enum err same_leaf(void *context, const struct log_entry *entry, struct error *e)
{
    const struct view_cursor *c = context;
    if (memcmp(&entry->leaf, &c->leaf, sizeof c->leaf) == 0) return OK;
    return fail(e, ERR_TAMPERED, "the views were folded from another log");
}

static enum err check_cursor(struct ledger *l, struct view_cursor *c, uint64_t to, struct error *e)
{
    if (c->seq == 0) return OK;
    if (c->seq > to) return fail(e, ERR_TAMPERED, "the views are ahead of the log");
    return log_scan(l->log, c->seq - 1, c->seq, same_leaf, c, e);
}

static enum err fold_some(struct ledger *l, struct views_txn *t, uint64_t to, bool by_parts, struct error *e)
{
    struct folding f = {.ledger = l, .txn = t, .by_parts = by_parts};
    enum err err = views_cursor(&f.cursor, t, e);
    if (err != OK || f.cursor.seq == to) return err;
    err = check_cursor(l, &f.cursor, to, e);
    if (err != OK) return err;
    f.arena = arena_new();
    err = log_read(l->log, f.cursor.seq, to, fold_entry, &f, e);
    arena_free(f.arena);
    return err;
}

enum err fold_until(struct ledger *l, struct views_txn *t, uint64_t to, struct error *e)
{
    return fold_some(l, t, to, false, e);
}

/* The end of the log, asked for while the views' write transaction is open: nobody else's views can be ahead
 * of it then. */
static enum err end_of_log(uint64_t *end, struct ledger *l, uint64_t to, struct error *e)
{
    struct log_state state = {0};
    enum err err = OK;
    if (to == FOLD_TO_END) err = log_state(&state, l->log, e);
    *end = to == FOLD_TO_END ? state.head.range.size : to;
    return err;
}

/* One transaction; *left tells whether there is more. */
static enum err fold_part(bool *left, struct ledger *l, struct views_txn *t, uint64_t to,
                          log_progress_fn *progress, void *context, struct error *e)
{
    struct view_cursor at = {0};
    uint64_t end = 0;
    enum err err = end_of_log(&end, l, to, e);
    if (err == OK) err = views_cursor(&at, t, e);
    if (err == OK && at.seq > end) err = fail(e, ERR_TAMPERED, "the views are ahead of the log");
    if (err != OK) return err;
    uint64_t stop = at.seq + RECORDS_PER_TRANSACTION < end ? at.seq + RECORDS_PER_TRANSACTION : end;
    err = fold_some(l, t, stop, true, e);
    if (err == OK) err = views_cursor(&at, t, e);
    *left = at.seq < end;
    if (err == OK && progress != NULL) progress(context, at.seq, end);
    return err;
}

enum err fold_all(struct ledger *l, struct views *v, uint64_t to, log_progress_fn *progress, void *context,
                  struct error *e)
{
    for (bool left = true; left;) {
        struct views_txn *t = NULL;
        enum err err = views_begin(&t, v, true, e);
        if (err != OK) return err;
        err = fold_part(&left, l, t, to, progress, context, e);
        if (err != OK) {
            views_abort(t);
            return err;
        }
        err = views_commit(t, e);
        if (err != OK) return err;
    }
    return OK;
}
