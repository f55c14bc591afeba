/* SPDX-License-Identifier: MIT */
/* run.c - runs commands: gather, decide, draft, fold; then one durable commit for the whole batch; then, and
 * only then, the views and the answers. If the commit fails, the views forget the batch. It must never answer
 * OK for what is not durable. */
#include "ledger/ledger_private.h"

enum { CONFLICTS_MAX = 16 };

struct batch {
    struct ledger *ledger;
    struct views_txn *txn;
    uint64_t base; /* size of the log when the batch began */
    struct job *const *jobs;
    size_t count;
};

/* A refusal is an answer, not a failure: OK. */
static enum err refuse_outcome(struct outcome *o, enum err code, const struct error *why)
{
    *o = (struct outcome){.code = code, .error = *why};
    o->error.code = code;
    return OK;
}

static void copy_events(struct outcome *o, const struct event *events, size_t count, struct arena *a)
{
    struct event *copy = arena_array_of(a, struct event, count);
    for (size_t i = 0; i < count; i++) {
        copy[i].type = events[i].type;
        schema_copy(event_body_of(&copy[i]), event_kind(events[i].type)->schema, event_body(&events[i]), a);
    }
    o->events = copy;
    o->events_count = count;
}

/* ---- idempotency ---- */

struct first_result {
    struct outcome *outcome;
    struct arena *arena;
    struct personal *personal;
};

static enum err take_first_result(void *context, const struct log_entry *entry, struct error *e)
{
    struct first_result *r = context;
    struct envelope v = {0};
    enum err err = envelope_decode(&v, bytes_copy(r->arena, entry->plain), r->personal, r->arena, e);
    r->outcome->events = v.events;
    r->outcome->events_count = v.events_count;
    return err;
}

/* A key of an earlier command of this very batch: its events are in its outcome. */
static bool find_in_batch(const struct batch *b, size_t before, uint64_t seq, struct job *job)
{
    for (size_t i = 0; i < before; i++) {
        const struct outcome *o = b->jobs[i]->outcome;
        if (o->code != OK || o->replayed || o->seq != seq) continue;
        copy_events(job->outcome, o->events, o->events_count, job->arena);
        return true;
    }
    return false;
}

/* *known tells that the key was used before; the outcome is then the first result's, or a refusal. */
static enum err replay(bool *known, const struct batch *b, size_t index, struct hash *body, struct error *e)
{
    struct ledger *l = b->ledger;
    struct job *job = b->jobs[index];
    const struct request *r = job->request;
    struct idempotency entry = {0};
    *known = false;
    command_hash(body, r->command, l->hasher);
    enum err err = l->state->find_key(&entry, b->txn, r->key, e);
    if (err == ERR_NOT_FOUND) return OK;
    if (err != OK) return err;
    *known = true;
    if (memcmp(&entry.body, body, sizeof *body) != 0) {
        return fail(e, ERR_REFUSED, "the idempotency key was used before, for another command");
    }
    *job->outcome = (struct outcome){.replayed = true, .seq = entry.seq};
    if (entry.seq >= b->base) {
        (void)find_in_batch(b, index, entry.seq,
                            job); /* not there only in a rehearsal, whose records are gone */
        return OK;
    }
    struct first_result first = {job->outcome, job->arena, customer_keys_personal(b->ledger->keys)};
    return log_read(l->log, entry.seq, entry.seq + 1, take_first_result, &first, e);
}

/* ---- one command ---- */

static enum err draft_and_fold(struct batch *b, const struct envelope *v, struct instant now,
                               struct outcome *o, struct error *e)
{
    struct ledger *l = b->ledger;
    struct log_place_made made = {0};
    buffer_clear(&l->plain);
    enum err err = keys_of_record(l, v, e);
    if (err != OK) return err;
    envelope_encode(&l->plain, v, customer_keys_personal(l->keys));
    err = customer_keys_failure(l->keys, e);
    if (err == OK) err = log_draft_add(&made, l->log, (struct bytes){l->plain.ptr, l->plain.len}, now, e);
    if (err != OK) return err;
    o->seq = made.seq;
    struct event_place place = {made.seq, made.at, made.leaf, made.prev, v->actor, v->command, 0};
    err = fold_record(l, b->txn, &place, v, e);
    if (err != OK) return err;
    struct view_cursor cursor = {made.seq + 1, made.leaf};
    views_set_cursor(b->txn, &cursor);
    return OK;
}

static enum err check_request(const struct request *r, struct error *why)
{
    enum err err = command_check(r->command, why);
    if (err == OK) err = text_check(r->actor, LIMIT_ACTOR_BYTES, "actor", why);
    return err == OK ? text_check(r->key, LIMIT_IDEMPOTENCY_KEY_BYTES, "idempotency key", why) : err;
}

/* What the caller gets must not point into memory of the batch. */
static void hand_out(struct job *job, const struct envelope *v, const struct decision *d)
{
    job->outcome->partly = d->partly;
    if (!job->request->brief) copy_events(job->outcome, v->events, v->events_count, job->arena);
    if (d->refusals_count == 0) return;
    struct reading_refusal *copy = arena_array_of(job->arena, struct reading_refusal, d->refusals_count);
    memcpy(copy, d->refusals, d->refusals_count * sizeof *copy);
    for (size_t i = 0; i < d->refusals_count; i++) copy[i].why = str_copy(job->arena, copy[i].why);
    job->outcome->refusals = copy;
    job->outcome->refusals_count = d->refusals_count;
}

static enum err decide_and_fold(struct batch *b, struct job *job, struct envelope *v, struct error *e)
{
    struct ledger *l = b->ledger;
    const struct request *r = job->request;
    struct instant now = instant_is_given(r->now) ? r->now : l->world.now(l->world.self);
    struct error why = {0};
    struct facts facts = {0};
    struct decision d = {0};
    const struct decided_at at = {.now = now};
    enum err err = l->state->gather(&facts, b->txn, r->command, &at, l->zones, l->facts, e);
    if (err == ERR_INVALID) return refuse_outcome(job->outcome, err, e);
    if (err != OK) return err;
    facts.origin = l->origin;
    customer_keys_unborn(l->keys, facts.counters.customer);
    err = decide(&d, &facts, r->command, l->facts, &why);
    if (err == OK) err = fiscal_sign(l, &d.events, facts.seller, l->facts, &why);
    if (err != OK) return refuse_outcome(job->outcome, err, &why);
    v->events = d.events.items;
    v->events_count = d.events.count;
    if (makes_document(v)) {
        v->at = (struct decided_at){now, facts.today, facts.seller_today, facts.second};
        v->basis = basis_of(r->command, l->facts);
    }
    if (v->events_count > 0) err = draft_and_fold(b, v, now, job->outcome, e);
    /* Too large for a record: nothing was drafted. What was drafted and does not fold must take its batch
     * down with it. */
    if (err == ERR_LIMIT && job->outcome->seq == 0) return refuse_outcome(job->outcome, err, e);
    if (err == OK) hand_out(job, v, &d);
    return err;
}

/* The refusals of the rules end here, as outcomes; what is returned is a failure of the machinery. */
static enum err run_command(struct batch *b, size_t index, struct error *e)
{
    struct job *job = b->jobs[index];
    const struct request *r = job->request;
    struct envelope v = {
        .actor = r->actor, .command = str_of(command_kind(r->command->type)->words), .key = r->key};
    struct error why = {0};
    bool known = false;
    *job->outcome = (struct outcome){0};
    enum err err = check_request(r, &why);
    if (err != OK) return refuse_outcome(job->outcome, err, &why);
    if (r->key.len != 0) {
        err = replay(&known, b, index, &v.body, &why);
        if (err == ERR_REFUSED) return refuse_outcome(job->outcome, err, &why);
        if (err != OK) *e = why;
        if (err != OK || known) return err;
        v.has_body = true;
    }
    return decide_and_fold(b, job, &v, e);
}

/* ---- batches ---- */

static enum err run_commands(struct batch *b, bool all_or_nothing, struct error *e)
{
    for (size_t i = 0; i < b->count; i++) {
        enum err err = run_command(b, i, e);
        arena_reset(b->ledger->facts);
        if (err != OK) return err;
        const struct outcome *o = b->jobs[i]->outcome;
        if (o->code != OK && all_or_nothing) {
            *e = o->error;
            return o->code;
        }
    }
    return OK;
}

static enum err rehearse(struct ledger *l, struct batch *b, bool all_or_nothing, struct error *e)
{
    b->txn = l->rehearsal;
    b->base = l->rehearsal_base;
    enum err err = run_commands(b, all_or_nothing, e);
    log_draft_forget(l->log);
    return err;
}

/* What the batch comes to, as far as the log. *erased: nothing was done but an erasure found that a killed
 * process has left, and that is to be completed first. */
static enum err append(bool *erased, struct ledger *l, struct batch *b, bool all_or_nothing, struct error *e)
{
    *erased = false;
    keys_begin(l);
    enum err err = log_draft_begin(&b->base, l->log, e);
    if (err == OK) err = fold_until(l, b->txn, b->base, e);
    if (err == OK) err = keys_settle(erased, l, b->txn, e);
    if (err != OK || *erased) return err;
    err = run_commands(b, all_or_nothing, e);
    if (err == OK) err = keys_before_commit(l, e);
    if (err == OK) err = log_draft_commit(l->log, e);
    if (err != OK) keys_after_failure(l, err);
    return err;
}

static enum err attempt(struct ledger *l, struct batch *b, bool all_or_nothing, struct error *e)
{
    bool erased = false;
    enum err err = begin_views(&b->txn, l, true, e);
    if (err != OK) return err;
    err = append(&erased, l, b, all_or_nothing, e);
    if (err == OK && !erased) l->anchor.due = true;
    if (err == OK && !erased && l->erasing.count == 0) {
        struct error late = {0};
        if (views_commit(b->txn, &late) != OK) {
            /* The events are durable; views that could not be written are caught up by the next command. */
        }
        return OK;
    }
    views_abort(b->txn);
    if (err == OK) err = keys_after_erasure(l, e);
    return err == OK && erased ? ERR_CONFLICT : err; /* conflict: begin anew */
}

static enum err attempt_until_won(struct ledger *l, struct batch *b, bool all_or_nothing, struct error *e)
{
    enum err err = ERR_CONFLICT;
    for (int i = 0; i < CONFLICTS_MAX && err == ERR_CONFLICT; i++) err = attempt(l, b, all_or_nothing, e);
    return err == ERR_CONFLICT ? blame_key(l, err, e) : err;
}

/* A command that decides well but cannot be folded (a sum that leaves 64 bits) spoils its batch. The others
 * must not suffer for it: each is run alone then, and each has its own result, for those before a failure of
 * the storage are durable. */
static enum err run_one_by_one(struct ledger *l, const struct batch *b)
{
    for (size_t i = 0; i < b->count; i++) {
        struct batch one = {.ledger = l, .jobs = &b->jobs[i], .count = 1};
        struct error why = {0};
        enum err err = attempt_until_won(l, &one, false, &why);
        if (err != OK)
            (void)refuse_outcome(b->jobs[i]->outcome, err, &why); /* always OK: a refusal is an answer */
    }
    return OK;
}

enum err run_jobs(struct ledger *l, struct job *const *jobs, size_t count, bool all_or_nothing,
                  struct error *e)
{
    struct batch b = {.ledger = l, .jobs = jobs, .count = count};
    if (l->read_only) return fail(e, ERR_REFUSED, "the ledger was opened to look only");
    if (rehearses(l)) return rehearse(l, &b, all_or_nothing, e);
    enum err err = attempt_until_won(l, &b, all_or_nothing, e);
    return err == ERR_LIMIT && !all_or_nothing ? run_one_by_one(l, &b) : err;
}
