/* SPDX-License-Identifier: MIT */
/* verify.c - everything that can be checked about a ledger by one who has it. It must never report as
 * verified what it did not read: a check that could not be made is an error. */
#include "ledger/ledger_private.h"

struct checking {
    struct ledger_report *report;
    struct chronicle *history;
    struct arena *arena;
    log_progress_fn *progress;
    void *context;
    uint64_t total, visited;
    struct personal *personal;
    struct buffer erased; /* a byte for each customer: what of his keys the log tells to be erased */
};

enum { ERASED_CONTACT = 1 << KEY_CONTACT, ERASED_FISCAL = 1 << KEY_FISCAL };

static void note_customer(struct buffer *erased, const struct event *ev)
{
    if (ev->type == EVENT_CUSTOMER_CREATED) {
        while (erased->len < ev->customer_created.customer) buffer_add_byte(erased, 0);
    } else if (ev->type == EVENT_CUSTOMER_ERASED && ev->customer_erased.customer - 1 < erased->len) {
        bool all = ev->customer_erased.scope == ERASURE_ALL;
        erased->ptr[ev->customer_erased.customer - 1] |=
            (uint8_t)(ERASED_CONTACT | (all ? ERASED_FISCAL : 0));
    }
}

static bool is_erased(void *context, uint64_t customer, enum key_class c)
{
    const struct buffer *erased = context;
    return (erased->ptr[customer - 1] & (1 << c)) != 0;
}

static enum err check_entry(void *context, const struct log_entry *entry, struct error *e)
{
    struct checking *c = context;
    struct envelope v = {0};
    c->visited++;
    if (entry->header.class_ != RECORD_EVENTS) return OK;
    enum err err = envelope_decode(&v, entry->plain, c->personal, c->arena, e);
    if (err == OK && !mp_confirmed_by_msgpack_c(entry->plain)) {
        err = fail(e, ERR_TAMPERED, "its plaintext is not what an independent msgpack decoder reads");
    }
    if (err == OK)
        err = chronicle_add(c->history, &v, e); /* what follows counts on amounts that fit each other */
    for (size_t i = 0; i < v.events_count && err == OK; i++) {
        const struct posting *postings = NULL;
        size_t count = 0;
        err = event_postings(&postings, &count, &v.events[i], c->arena, e);
        if (err == OK) err = postings_check(postings, count, e);
        c->report->postings += count;
        if (err == OK) note_customer(&c->erased, &v.events[i]);
    }
    if (err == ERR_NOT_FOUND)
        err = e->code = ERR_TAMPERED; /* for the reader of the log it would mean: enough */
    if (err != OK) return wrap(e, "record %llu", (unsigned long long)entry->seq);
    c->report->commands++;
    c->report->events += v.events_count;
    arena_reset(c->arena);
    if (c->progress != NULL && entry->seq % 4096 == 0) c->progress(c->context, entry->seq, c->total);
    return OK;
}

/* ---- views against a rebuild ---- */

static enum err digest_of(struct hash *out, uint64_t *entries, struct views *v, struct error *e)
{
    struct views_txn *t = NULL;
    enum err err = views_begin(&t, v, false, e);
    if (err != OK) return err;
    err = views_digest(out, entries, t, e);
    views_abort(t);
    return err;
}

/* Folds the log anew, and decides on the way again what made a document. */
static enum err rebuild_beside(struct hash *digest, uint64_t *entries, struct checking *c, struct ledger *l,
                               uint64_t to, struct error *e)
{
    struct scratch_views scratch = {0};
    struct recompute_range all = {0, to};
    enum err err = scratch_open(&scratch, l, e);
    if (err == OK)
        err = recompute_into(l, scratch.views, &all, document_check, &c->report->documents, c->progress,
                             c->context, e);
    if (err == OK) err = digest_of(digest, entries, scratch.views, e);
    scratch_close(&scratch);
    return err;
}

/* The live views, held still by a read transaction, must equal a fold of the log from its first record. */
static enum err check_views(struct checking *c, struct ledger *l, struct error *e)
{
    struct ledger_report *out = c->report;
    struct views_txn *t = NULL;
    struct view_cursor at = {0};
    struct hash rebuilt = {0};
    uint64_t entries = 0;
    enum err err = catch_up_locked(l, e);
    if (err == OK) err = begin_views(&t, l, false, e);
    if (err != OK) return err;
    err = views_cursor(&at, t, e);
    if (err == OK) err = views_digest(&out->view_digest, &out->view_entries, t, e);
    views_abort(t);
    if (err != OK) return err;
    err = rebuild_beside(&rebuilt, &entries, c, l, at.seq, e);
    if (err != OK) return err;
    if (entries == out->view_entries && memcmp(&rebuilt, &out->view_digest, sizeof rebuilt) == 0) return OK;
    return fail(e, ERR_TAMPERED, "the views differ from what the log folds to ('rebuild' makes them anew)");
}

static enum err check_events(struct checking *c, struct ledger *l, struct error *e)
{
    uint64_t records = c->report->chain.records;
    c->arena = arena_new();
    c->personal = customer_keys_personal(l->keys);
    c->history = chronicle_new();
    enum err err = log_read(l->log, 0, records, check_entry, c, e);
    if (err == OK && c->visited != records) err = fail(e, ERR_INCOMPLETE, "not all records were read");
    c->report->history = chronicle_counts(c->history);
    chronicle_free(c->history);
    arena_free(c->arena);
    return err;
}

static enum err judge_documents(const struct document_checks *d, struct error *e)
{
    if (d->differing > 0) return fail(e, ERR_TAMPERED, "document %.*s", STR_ARG(d->first));
    if (d->incomplete == 0) return OK;
    return fail(e, ERR_INCOMPLETE, "%ju of %ju documents could not be decided again, the first: %.*s",
                (uintmax_t)d->incomplete, (uintmax_t)d->checked, STR_ARG(d->first));
}

enum err ledger_verify(struct ledger_report *out, struct ledger *l, log_progress_fn *progress, void *context,
                       struct arena *a, struct error *e)
{
    struct checking c = {.report = out, .progress = progress, .context = context};
    *out =
        (struct ledger_report){.origin = l->origin, .with_key = l->master != NULL, .documents = {.arena = a}};
    ledger_lock(l);
    enum err err = log_verify_chain(&out->chain, l->log, progress, context, e);
    if (err == OK && out->with_key) {
        c.total = out->chain.records;
        err = check_events(&c, l, e);
        if (err == OK) err = customer_keys_check(l->keys, c.erased.len, is_erased, &c.erased, e);
        buffer_free(&c.erased);
        if (err == OK) err = check_views(&c, l, e);
    }
    ledger_unlock(l);
    return err == OK ? judge_documents(&out->documents, e) : err;
}
