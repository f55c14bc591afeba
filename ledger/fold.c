/* SPDX-License-Identifier: MIT */
/* fold.c - from records of the log to the views, in order, each exactly once: the cursor moves in the transaction of the changes. */
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

enum err fold_record(struct ledger *l, struct views_txn *t, const struct event_place *place, const struct envelope *v,
                     struct error *e)
{
    for (size_t i = 0; i < v->events_count; i++) {
        for (const struct projection *const *p = l->state->projections; *p != NULL; p++) {
            enum err err = (*p)->fold(t, &v->events[i], place, l->scratch, e);
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
};

static enum err fold_entry(void *context, const struct log_entry *entry, struct error *e)
{
    struct folding *f = context;
    if (entry->header.class_ == RECORD_EVENTS) {
        struct envelope v = {0};
        enum err err = envelope_decode(&v, entry->plain, f->arena, e);
        if (err != OK) return wrap(e, "record %llu", (unsigned long long)entry->seq);
        struct event_place place = {.seq = entry->seq, .at = entry->header.at, .leaf = entry->leaf, .prev = entry->header.prev,
                                    .actor = v.actor, .command = v.command};
        err = fold_record(f->ledger, f->txn, &place, &v, e);
        if (err != OK) return err;
        arena_reset(f->arena);
    }
    f->cursor = (struct view_cursor){entry->seq + 1, entry->leaf};
    views_set_cursor(f->txn, &f->cursor); /* folds may ask how far the views are */
    return OK;
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

enum err fold_until(struct ledger *l, struct views_txn *t, uint64_t to, struct error *e)
{
    struct folding f = {.ledger = l, .txn = t};
    enum err err = views_cursor(&f.cursor, t, e);
    if (err != OK || f.cursor.seq == to) return err;
    err = check_cursor(l, &f.cursor, to, e);
    if (err != OK) return err;
    f.arena = arena_new();
    err = log_read(l->log, f.cursor.seq, to, fold_entry, &f, e);
    arena_free(f.arena);
    return err;
}

enum err fold_all(struct ledger *l, struct views *v, uint64_t to, log_progress_fn *progress, void *context,
                  struct error *e)
{
    for (;;) {
        struct views_txn *t = NULL;
        struct view_cursor at = {0};
        enum err err = views_begin(&t, v, true, e);
        if (err != OK) return err;
        err = views_cursor(&at, t, e);
        if (err == OK && at.seq == to) {
            views_abort(t);
            return OK;
        }
        uint64_t stop = at.seq + RECORDS_PER_TRANSACTION < to ? at.seq + RECORDS_PER_TRANSACTION : to;
        if (err == OK) err = fold_until(l, t, stop, e);
        if (err != OK) {
            views_abort(t);
            return err;
        }
        err = views_commit(t, e);
        if (err != OK) return err;
        if (progress != NULL) progress(context, stop, to);
    }
}
