/* SPDX-License-Identifier: MIT */
/* run_collect.c - what a nightly run has to do with the gateway: it settles what was left unanswered, and
 * what the commands of the night ask for. Before the bills it asks for invoices that were made otherwise and
 * that nobody was asked to pay, and again for what is overdue, as the catalog says: what is paid so is not
 * overdue any more. Work is found by what was asked for and when, so a second run asks for nothing. */
#include "reports/run.h"

bool run_collects(const struct nightly *n)
{
    return n->o->gateway != NULL && !n->o->dry_run;
}

/* ---- answers ---- */

enum { PENDING_PER_SETTLE = 1000 };

static struct str gateway_of(const struct event *ev)
{
    if (ev->type == EVENT_PAYMENT_REQUESTED) return ev->payment_requested.gateway;
    return ev->type == EVENT_REFUND_REQUESTED ? ev->refund_requested.gateway : STR_NONE;
}

static uint64_t transaction_of(const struct event *ev)
{
    return ev->type == EVENT_PAYMENT_REQUESTED ? ev->payment_requested.payment : ev->refund_requested.refund;
}

/* An outcome that stays unknown is no failure of the run: the transaction stays pending and is asked for in
 * the next. *answered is false when the gateway was asked and told no outcome at all. */
static enum err settle(bool *answered, struct nightly *n, const struct event *events, size_t count,
                       struct arena *a, struct error *e)
{
    struct outcome last = {0};
    struct error unknown = {0};
    *answered = count == 0;
    if (count == 0) return OK;
    enum err err = ledger_settle(&last, n->ledger, n->o->gateway, events, count, n->o->actor, a, &unknown);
    *answered = last.seq != 0;
    if (*answered) n->summary->wrote_events = true;
    if (err == OK || err == ERR_INCOMPLETE) return OK;
    *e = unknown;
    return wrap(e, "cannot settle payments");
}

/* Those that come after transaction `after` and were asked of the gateway at hand: another one knows nothing
 * of them. */
static size_t pick_pending(struct event *events, size_t count, uint64_t after, const struct gateway *g)
{
    size_t picked = 0;
    for (size_t i = 0; i < count; i++) {
        if (transaction_of(&events[i]) > after && str_is(gateway_of(&events[i]), g->name))
            events[picked++] = events[i];
    }
    return picked;
}

static enum err list_left_pending(struct event **out, size_t *count, struct nightly *n, size_t limit,
                                  struct arena *a, struct error *e)
{
    struct views_txn *t = NULL;
    struct event *in_views = NULL;
    enum err err = ledger_read_begin(&t, n->ledger, e);
    if (err != OK) return err;
    err = list_pending(&in_views, count, t, limit, a, e);
    *out = arena_array_of(a, struct event, *count);
    for (size_t i = 0; err == OK && i < *count; i++) {
        (*out)[i].type = in_views[i].type;
        schema_copy(event_body_of(&(*out)[i]), event_kind(in_views[i].type)->schema, event_body(&in_views[i]),
                    a);
    }
    ledger_read_end(n->ledger, t);
    return err;
}

/* What a crash, or a gateway that did not answer, has left. */
enum err run_settle_pending(struct nightly *n, struct arena *a, struct error *e)
{
    uint64_t after = 0;
    size_t seen = 0, count = 0;
    bool answered = true;
    enum err err = OK;
    do {
        struct event *events = NULL;
        arena_reset(a);
        err = list_left_pending(&events, &count, n, seen + PENDING_PER_SETTLE, a, e);
        if (err != OK || count == 0) return err;
        uint64_t newest = transaction_of(&events[count - 1]);
        if (newest <= after) return OK;
        size_t picked = pick_pending(events, count, after, n->o->gateway);
        err = settle(&answered, n, events, picked, a, e);
        seen += count;
        after = newest;
    } while (err == OK && answered);
    return err;
}

/* What the commands have asked of the gateway. */
static size_t requested_payments(struct event **out, const struct outcome *outcomes, size_t outcomes_count,
                                 struct arena *a)
{
    size_t count = 0, taken = 0;
    for (size_t i = 0; i < outcomes_count; i++) count += outcomes[i].events_count;
    *out = arena_array_of(a, struct event, count);
    for (size_t i = 0; i < outcomes_count; i++) {
        const struct outcome *o = &outcomes[i];
        for (size_t k = 0; k < o->events_count; k++) {
            if (o->events[k].type == EVENT_PAYMENT_REQUESTED) (*out)[taken++] = o->events[k];
        }
    }
    return taken;
}

enum err run_settle(struct nightly *n, const struct outcome *outcomes, size_t count, struct arena *a,
                    struct error *e)
{
    struct event *asked = NULL;
    bool answered = false;
    size_t asked_count = requested_payments(&asked, outcomes, count, a);
    return settle(&answered, n, asked, asked_count, a, e);
}

/* ---- whom it is about ---- */

enum err run_page(uint64_t *customers, size_t *count, const struct nightly *n, run_page_fn *next,
                  struct date through, struct due_cursor *after, struct error *e)
{
    struct views_txn *t = NULL;
    enum err err = ledger_read_begin(&t, n->ledger, e);
    if (err != OK) return err;
    err = next(t, through, after, customers, count, CUSTOMERS_PER_COMMIT, e);
    ledger_read_end(n->ledger, t);
    return err;
}

/* ---- customers who are asked ---- */

static enum err ask(struct nightly *n, const struct command *commands, size_t count, struct arena *a,
                    struct error *e)
{
    struct request *requests = arena_array_of(a, struct request, count);
    struct outcome *outcomes = arena_array_of(a, struct outcome, count);
    for (size_t i = 0; i < count; i++)
        requests[i] = (struct request){.command = &commands[i], .actor = n->o->actor};
    enum err err = ledger_execute_batch(outcomes, n->ledger, requests, count, false, a, e);
    for (size_t i = 0; i < count && err == OK; i++) {
        if (outcomes[i].seq != 0) n->summary->wrote_events = true;
    }
    return err == OK ? run_settle(n, outcomes, count, a, e) : err;
}

enum err run_collect(struct nightly *n, struct arena *a, struct error *e)
{
    uint64_t *customers = arena_array_of(n->arena, uint64_t, CUSTOMERS_PER_COMMIT);
    struct str gateway = str_of(n->o->gateway->name);
    struct due_cursor cursor = {0};
    for (;;) {
        size_t count = 0;
        enum err err = run_page(customers, &count, n, list_uncollected, n->o->through, &cursor, e);
        if (err != OK || count == 0) return err;
        arena_reset(a);
        struct command *commands = arena_array_of(a, struct command, count);
        for (size_t i = 0; i < count; i++) {
            commands[i].type = COMMAND_CUSTOMER_COLLECT;
            commands[i].customer_collect = (struct customer_collect_command){customers[i], gateway};
        }
        err = ask(n, commands, count, a, e);
        if (err != OK) return wrap(e, "cannot collect");
    }
}

/* ---- and asked again ---- */

struct dunning_night {
    const struct dunning *rule; /* of the catalog that is in force here; each customer's is looked at when it
                                   is decided */
    struct date day;            /* the latest that it is anywhere */
};

/* In clocks behind UTC's it is the day before, ahead of it the day after. */
static enum err begin_dunning(struct dunning_night *out, struct nightly *n, struct error *e)
{
    struct world w = ledger_world(n->ledger);
    struct date utc = instant_date(w.now(w.self));
    struct catalog *c = arena_new_of(n->arena, struct catalog);
    struct views_txn *t = NULL;
    uint64_t version = 0;
    *out = (struct dunning_night){&c->dunning, date_add_days(utc, 1)};
    enum err err = ledger_read_begin(&t, n->ledger, e);
    if (err != OK) return err;
    err = catalog_in_force(&version, t, utc, 0, n->arena, e);
    if (err == OK && version != 0) err = load_catalog(c, t, version, n->arena, e);
    ledger_read_end(n->ledger, t);
    return err;
}

/* Those of a page for whom an attempt may be due stay, in front: most who are overdue wait for theirs. */
static enum err keep_due(uint64_t *customers, size_t *count, struct nightly *n, const struct dunning_night *d,
                         struct arena *a, struct error *e)
{
    struct views_txn *t = NULL;
    size_t kept = 0;
    enum err err = ledger_read_begin(&t, n->ledger, e);
    if (err != OK) return err;
    for (size_t i = 0; i < *count && err == OK; i++) {
        struct debtor debtor = {0};
        arena_reset(a);
        err = load_debtor(&debtor, t, customers[i], a, e);
        if (err != OK || debtor.customer->default_method == 0) continue;
        if (dunning_is_due(d->rule, &debtor, d->day)) customers[kept++] = customers[i];
    }
    ledger_read_end(n->ledger, t);
    *count = kept;
    return err;
}

static enum err dun_page(struct nightly *n, const uint64_t *customers, size_t count, struct arena *a,
                         struct error *e)
{
    arena_reset(a);
    struct command *commands = arena_array_of(a, struct command, count);
    for (size_t i = 0; i < count; i++) {
        commands[i].type = COMMAND_CUSTOMER_DUN;
        commands[i].customer_dun = (struct customer_dun_command){customers[i], str_of(n->o->gateway->name)};
    }
    return count == 0 ? OK : ask(n, commands, count, a, e);
}

enum err run_dun(struct nightly *n, struct arena *a, struct error *e)
{
    uint64_t *customers = arena_array_of(n->arena, uint64_t, CUSTOMERS_PER_COMMIT);
    struct dunning_night d = {0};
    struct due_cursor cursor = {0};
    size_t count = 1;
    enum err err = begin_dunning(&d, n, e);
    if (err != OK || d.rule->attempts == 0) return err;
    while (err == OK) {
        err = run_page(customers, &count, n, list_overdue, date_add_days(d.day, -1), &cursor, e);
        if (err != OK || count == 0) return err;
        err = keep_due(customers, &count, n, &d, a, e);
        if (err == OK) err = dun_page(n, customers, count, a, e);
    }
    return wrap(e, "cannot ask again for what is overdue");
}
