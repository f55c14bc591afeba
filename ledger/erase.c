/* SPDX-License-Identifier: MIT */
/* erase.c - the customers' keys in the life of a ledger: opened before the views, whose key hangs on theirs;
 * wrapped anew when a record erases somebody; and what a killed process left of that, settled by the next
 * one.
 *
 * The record is what decides. Before it is durable nothing that is in use was touched; from then on the old
 * keys go, however often it takes. The views that held the texts are made anew under another key. */
#include "ledger/ledger_private.h"

/* ---- whoever has the ledger open when another process erases ---- */

static enum err take_tie(struct ledger *l, struct error *e)
{
    if (l->views == NULL || l->in_memory) return OK;
    enum err err = customer_keys_tie(l->tie, l->keys, e);
    if (err == OK) views_retie(l->views, l->tie);
    return err;
}

static enum err refresh(bool *changed, struct ledger *l, struct error *e)
{
    enum err err = customer_keys_refresh(changed, l->keys, e);
    return err == OK && *changed ? take_tie(l, e) : err;
}

/* Waits for whoever is erasing; views that his death left under the old key are dropped. */
static enum err wait_for_eraser(struct ledger *l, struct error *e)
{
    struct views_txn *t = NULL;
    struct error conflict = {0};
    bool changed = false;
    enum err err = views_begin(&t, l->views, true, &conflict);
    if (err == OK) {
        views_abort(t);
        return OK;
    }
    enum err now = refresh(&changed, l, e);
    if (now != OK) return now;
    if (changed) return views_drop(l->views, e);
    *e = conflict;
    return err;
}

enum err begin_views(struct views_txn **out, struct ledger *l, bool write, struct error *e)
{
    bool changed = false;
    enum err err = refresh(&changed, l, e);
    if (err == OK) err = views_begin(out, l->views, write, e);
    if (err != ERR_CONFLICT) return err;
    if (refresh(&changed, l, e) != OK) return e->code;
    err = changed ? views_begin(out, l->views, write, e) : ERR_CONFLICT;
    if (err != ERR_CONFLICT) return err;
    if (l->read_only) return ERR_CONFLICT;
    err = wait_for_eraser(l, e);
    return err == OK ? views_begin(out, l->views, write, e) : err;
}

/* ---- one record ---- */

static void note_erased(struct ledger *l, const struct customer_erased *v)
{
    struct erasing *x = &l->erasing;
    if (x->count == x->room) {
        x->room = x->room == 0 ? 8 : 2 * x->room;
        struct erased_keys *more = realloc(x->items, x->room * sizeof *more);
        if (more == NULL) WRONG("out of memory");
        x->items = more;
    }
    x->items[x->count++] =
        (struct erased_keys){v->customer, {[KEY_FISCAL] = v->scope == ERASURE_ALL, [KEY_CONTACT] = true}};
    x->generation = v->erasure + 1;
}

enum err keys_of_record(struct ledger *l, const struct envelope *v, struct error *e)
{
    for (size_t i = 0; i < v->events_count; i++) {
        const struct event *ev = &v->events[i];
        enum err err = OK;
        if (ev->type == EVENT_CUSTOMER_CREATED)
            err = customer_keys_born(l->keys, ev->customer_created.customer, e);
        if (ev->type == EVENT_CUSTOMER_ERASED) note_erased(l, &ev->customer_erased);
        if (err != OK) return err;
    }
    return OK;
}

/* ---- one commit ---- */

void keys_begin(struct ledger *l)
{
    l->erasing.count = 0;
    customer_keys_forget(l->keys);
}

enum err keys_before_commit(struct ledger *l, struct error *e)
{
    const struct erasing *x = &l->erasing;
    enum err err = customer_keys_flush(l->keys, e);
    if (err != OK || x->count == 0) return err;
    return customer_keys_prepare(l->keys, x->generation, x->items, x->count, e);
}

/* Of a commit whose end is not known, the log is asked by the next one. */
void keys_after_failure(struct ledger *l, enum err why)
{
    struct error late = {0};
    customer_keys_forget(l->keys);
    if (l->erasing.count == 0 || why == ERR_INCOMPLETE) return;
    if (customer_keys_cancel(l->keys, &late) != OK) {
        /* what is left of it is thrown away by whoever appends next */
    }
}

static enum err forget_views(struct ledger *l, struct error *e)
{
    enum err err = take_tie(l, e);
    return err == OK ? views_drop(l->views, e) : err;
}

enum err keys_after_erasure(struct ledger *l, struct error *e)
{
    enum err err = customer_keys_complete(l->keys, e);
    if (err == OK) err = forget_views(l, e);
    if (err == OK) err = fold_all(l, l->views, FOLD_TO_END, NULL, NULL, e);
    if (err == OK) return OK;
    return wrap(e, "the erasure stands in the log, and the next command completes it");
}

/* ---- what a killed process left ---- */

enum err keys_settle(bool *erased, struct ledger *l, struct views_txn *t, struct error *e)
{
    uint64_t generation = 0;
    *erased = false;
    if (!customer_keys_prepared(l->keys)) return OK;
    enum err err = l->state->key_generation(&generation, t, e);
    if (err != OK) return err;
    *erased = generation > customer_keys_generation(l->keys);
    return *erased ? OK : customer_keys_cancel(l->keys, e);
}

static enum err settle_now(struct ledger *l, struct error *e)
{
    struct views_txn *t = NULL;
    struct log_state state = {0};
    bool erased = false;
    enum err err = views_begin(&t, l->views, true, e);
    if (err != OK) return err;
    err = log_state(&state, l->log, e);
    if (err == OK) err = fold_until(l, t, state.head.range.size, e);
    if (err == OK) err = keys_settle(&erased, l, t, e);
    if (err == OK && erased) err = customer_keys_complete(l->keys, e);
    views_abort(t);
    if (err == OK && erased) err = forget_views(l, e);
    return err == OK && erased ? fold_all(l, l->views, FOLD_TO_END, NULL, NULL, e) : err;
}

/* Keys and log must be of one age. */
static enum err check_age(struct ledger *l, struct error *e)
{
    struct views_txn *t = NULL;
    uint64_t due = 0;
    enum err err = begin_views(&t, l, false, e);
    if (err != OK) return err;
    err = l->state->key_generation(&due, t, e);
    uint64_t is = customer_keys_generation(l->keys);
    views_abort(t);
    if (err != OK || is == due) return err;
    if (is < due)
        return fail(e, ERR_INCOMPLETE,
                    "the customers' keys are of generation %ju, but the log tells of "
                    "erasures up to %ju: '%s/customer-keys' is an older copy",
                    (uintmax_t)is, (uintmax_t)due, l->dir);
    return fail(e, ERR_ROLLED_BACK,
                "the log tells of erasures up to generation %ju, but the customers' keys "
                "are of %ju: the log is an older copy",
                (uintmax_t)due, (uintmax_t)is);
}

enum err keys_check_open(struct ledger *l, struct error *e)
{
    if (l->in_memory) return OK;
    enum err err = customer_keys_prepared(l->keys) && !l->read_only ? settle_now(l, e) : OK;
    return err == OK ? check_age(l, e) : err;
}

/* ---- opening ---- */

struct counting {
    struct arena *arena;
    uint64_t customers;
};

static enum err no_key(struct personal *p, struct str *out, const struct personal_place *at,
                       struct bytes sealed, struct arena *a, struct error *e)
{
    (void)p, (void)out, (void)sealed, (void)a;
    return fail(e, ERR_INCOMPLETE,
                "a text about customer cus_%ju is sealed, but there are no customers' keys",
                (uintmax_t)at->customer);
}

static enum err count_customers(void *context, const struct log_entry *entry, struct error *e)
{
    struct counting *c = context;
    struct envelope v = {0};
    if (entry->header.class_ != RECORD_EVENTS) return OK;
    struct personal none = {.open = no_key};
    enum err err = envelope_decode(&v, entry->plain, &none, c->arena, e);
    if (err != OK) return wrap(e, "record %ju", (uintmax_t)entry->seq);
    for (size_t i = 0; i < v.events_count; i++) {
        if (v.events[i].type == EVENT_CUSTOMER_CREATED) c->customers = v.events[i].customer_created.customer;
    }
    arena_reset(c->arena);
    return OK;
}

/* A ledger of before there were such keys, or one whose making was cut short. */
static enum err make_keys(struct ledger *l, struct error *e)
{
    struct counting c = {arena_new(), 0};
    enum err err = log_read(l->log, 0, UINT64_MAX, count_customers, &c, e);
    arena_free(c.arena);
    return err == OK ? customer_keys_create(l->keys, c.customers, e) : err;
}

static enum err old_master(const struct master_key **out, void *context, size_t back, struct error *e)
{
    const struct ledger *l = context;
    return log_old_master(out, l->log, back, e);
}

enum err keys_open(struct ledger *l, const char *kek_file, struct error *e)
{
    struct customer_keys_options o = {.dir = l->dir,
                                      .kek_file = kek_file,
                                      .master = l->master,
                                      .old_master = old_master,
                                      .context = l,
                                      .origin = l->origin,
                                      .world = l->world,
                                      .in_memory = l->in_memory,
                                      .read_only = l->read_only};
    bool there = false;
    enum err err = customer_keys_open(&l->keys, &there, &o, e);
    if (err == OK && !there && l->read_only)
        err = fail(e, ERR_INCOMPLETE, "'%s/customer-keys' is missing", l->dir);
    if (err == OK && !there) err = make_keys(l, e);
    return err == OK && !l->in_memory ? customer_keys_tie(l->tie, l->keys, e) : err;
}

/* ---- what no key seals ---- */

struct plain_texts {
    struct personal personal; /* first */
    struct personal *sealed;
    uint64_t customer;
    bool found;
    struct arena *arena;
};

static enum err open_sealed(struct personal *p, struct str *out, const struct personal_place *at,
                            struct bytes in, struct arena *a, struct error *e)
{
    const struct plain_texts *x = (struct plain_texts *)p;
    return x->sealed->open(x->sealed, out, at, in, a, e);
}

static void note_plain(struct personal *p, struct str *text, const struct personal_place *at, struct arena *a)
{
    struct plain_texts *x = (struct plain_texts *)p;
    (void)text, (void)a;
    if (at->customer == x->customer) x->found = true;
}

static enum err look_for_plain(void *context, const struct log_entry *entry, struct error *e)
{
    struct plain_texts *x = context;
    struct envelope v = {0};
    if (entry->header.class_ != RECORD_EVENTS) return OK;
    return envelope_decode(&v, entry->plain, &x->personal, x->arena, e);
}

enum err ledger_plain_texts(bool *found, struct ledger *l, uint64_t seq, uint64_t customer, struct error *e)
{
    struct plain_texts x = {.personal = {.open = open_sealed, .plain = note_plain},
                            .sealed = customer_keys_personal(l->keys),
                            .customer = customer,
                            .arena = arena_new()};
    ledger_lock(l);
    enum err err = log_read(l->log, seq, seq + 1, look_for_plain, &x, e);
    ledger_unlock(l);
    arena_free(x.arena);
    *found = x.found;
    return err;
}
