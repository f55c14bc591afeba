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

/* ---- watching ---- */

static void note_answer(void *self, enum payment_outcome outcome)
{
    struct nightly *n = self;
    struct going *g = &n->going;
    uint64_t done = ++g->asked / (n->gateway.two_steps ? 2 : 1);
    g->answered += outcome != PAYMENT_UNKNOWN;
    run_progress(n, g->stage, g->done + (done < g->batch ? done : g->batch), g->total);
}

static bool is_told_to_stop(void *self)
{
    struct nightly *n = self;
    return n->o->stops != NULL && n->o->stops(n->o->stops_context);
}

void run_watch_gateway(struct nightly *n)
{
    if (n->o->gateway == NULL) return;
    n->gateway = *n->o->gateway;
    n->watch = (struct gateway_watch){n, note_answer, is_told_to_stop};
    n->gateway.watch = &n->watch;
}

/* The batch has `work` more than was thought before, and counts as done when it was asked. */
static void begin_batch(struct nightly *n, uint64_t thought, uint64_t work)
{
    struct going *g = &n->going;
    g->done += g->batch;
    g->batch = work;
    g->total += work - thought; /* where it is less, it wraps to less */
    run_progress(n, g->stage, g->done, g->total);
}

/* ---- answers ---- */

enum { PENDING_PER_SETTLE = 1000 };

struct str gateway_of(const struct event *ev)
{
    if (ev->type == EVENT_PAYMENT_REQUESTED) return ev->payment_requested.gateway;
    return ev->type == EVENT_REFUND_REQUESTED ? ev->refund_requested.gateway : STR_NONE;
}

uint64_t transaction_of(const struct event *ev)
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
    struct transaction *was = NULL, *now = NULL;
    *answered = count == 0;
    if (count == 0) return OK;
    n->going.asked = n->going.answered = 0;
    uint64_t *numbers = arena_array_of(a, uint64_t, count);
    for (size_t i = 0; i < count; i++) numbers[i] = transaction_of(&events[i]);
    enum err err = collected_look(&was, n, numbers, count, a, e);
    if (err != OK) return err;
    err = ledger_settle(&last, n->ledger, &n->gateway, events, count, n->o->actor, a, &unknown);
    *answered = n->going.answered > 0;
    if (last.seq != 0) n->summary->wrote_events = true;
    if (err != OK && err != ERR_INCOMPLETE) {
        *e = unknown;
        return wrap(e, "cannot settle payments");
    }
    err = collected_look(&now, n, numbers, count, a, e);
    return err == OK ? collected_note(n, was, now, count, e) : err;
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
    n->going = (struct going){.stage = "settling"};
    size_t seen = 0, count = 0;
    bool answered = true;
    enum err err = OK;
    do {
        struct event *events = NULL;
        arena_reset(a);
        err = run_goes_on(n, e);
        if (err == OK) err = list_left_pending(&events, &count, n, seen + PENDING_PER_SETTLE, a, e);
        if (err != OK || count == 0) return err;
        uint64_t newest = transaction_of(&events[count - 1]);
        if (newest <= after) return OK;
        size_t picked = pick_pending(events, count, after, n->o->gateway);
        begin_batch(n, 0, picked);
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

/* So many without any answer: nobody is there, and to ask for more would only leave more pending. */
enum { NOBODY_THERE = 50 };

static enum err ask(bool *goes_on, struct nightly *n, const struct command *commands, size_t count,
                    struct arena *a, struct error *e)
{
    struct request *requests = arena_array_of(a, struct request, count);
    struct outcome *outcomes = arena_array_of(a, struct outcome, count);
    struct event *asked = NULL;
    *goes_on = true;
    for (size_t i = 0; i < count; i++)
        requests[i] = (struct request){.command = &commands[i], .actor = n->o->actor};
    enum err err = ledger_execute_batch(outcomes, n->ledger, requests, count, false, a, e);
    if (err != OK) return err;
    for (size_t i = 0; i < count; i++) {
        if (outcomes[i].seq != 0) n->summary->wrote_events = true;
    }
    size_t asked_count = requested_payments(&asked, outcomes, count, a);
    begin_batch(n, count, asked_count);
    err = collected_note_asked(n, asked, asked_count, e);
    if (err == OK) err = settle(goes_on, n, asked, asked_count, a, e);
    *goes_on = *goes_on || asked_count < NOBODY_THERE;
    return err;
}

/* Whoever looks on is told how much there is. */
static enum err begin_collecting(struct nightly *n, uint64_t *customers, struct error *e)
{
    struct due_cursor cursor = {0};
    size_t count = 1;
    enum err err = OK;
    n->going = (struct going){.stage = "collecting"};
    while (n->o->progress != NULL && err == OK && count > 0) {
        err = run_page(customers, &count, n, list_uncollected, n->o->through, &cursor, e);
        n->going.total += count;
    }
    return err;
}

static enum err collect_page(bool *goes_on, struct nightly *n, const uint64_t *customers, size_t count,
                             struct arena *a, struct error *e)
{
    struct str gateway = str_of(n->o->gateway->name);
    if (n->o->progress == NULL) n->going.total += count;
    arena_reset(a);
    struct command *commands = arena_array_of(a, struct command, count);
    for (size_t i = 0; i < count; i++) {
        commands[i].type = COMMAND_CUSTOMER_COLLECT;
        commands[i].customer_collect =
            (struct customer_collect_command){customers[i], gateway, n->collects_through};
    }
    return ask(goes_on, n, commands, count, a, e);
}

enum err run_collect(struct nightly *n, struct arena *a, struct error *e)
{
    uint64_t *customers = arena_array_of(n->arena, uint64_t, CUSTOMERS_PER_COMMIT);
    struct due_cursor cursor = {0};
    bool goes_on = true;
    enum err err = begin_collecting(n, customers, e);
    while (err == OK && goes_on) {
        size_t count = 0;
        err = run_goes_on(n, e);
        if (err == OK) err = run_page(customers, &count, n, list_uncollected, n->o->through, &cursor, e);
        if (err != OK || count == 0) return err;
        err = collect_page(&goes_on, n, customers, count, a, e);
        if (err != OK) return wrap(e, "cannot collect");
    }
    return err == OK ? run_goes_on(n, e) : err;
}

/* ---- and asked again ---- */

struct dunning_night {
    const struct dunning *rule; /* of the catalog that is in force here; each customer's is looked at when it
                                   is decided */
    struct date day;            /* the latest that it is anywhere */
};

struct page {
    uint64_t *customers;
    size_t count;
};
typedef bool dunning_test_fn(const struct dunning *rule, const struct debtor *d, struct date day);

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

/* Somewhere it is one of three days, and not each is a weekday of the rule. */
static bool on_any_day(dunning_test_fn *test, const struct dunning_night *d, const struct debtor *debtor)
{
    bool yes = false;
    for (int32_t before = 0; before < 3 && !yes; before++)
        yes = test(d->rule, debtor, date_add_days(d->day, -before));
    return yes;
}

/* Those of a page for whom the night may have something to do: most who are overdue wait for their day. */
static enum err keep(struct page *kept, const struct page *all, struct nightly *n,
                     const struct dunning_night *d, dunning_test_fn *test, struct arena *a, struct error *e)
{
    struct views_txn *t = NULL;
    enum err err = ledger_read_begin(&t, n->ledger, e);
    if (err != OK) return err;
    kept->count = 0;
    for (size_t i = 0; i < all->count && err == OK; i++) {
        struct debtor debtor = {0};
        arena_reset(a);
        err = load_debtor(&debtor, t, all->customers[i], a, e);
        if (err == OK && on_any_day(test, d, &debtor)) kept->customers[kept->count++] = all->customers[i];
    }
    ledger_read_end(n->ledger, t);
    return err;
}

static bool is_due(const struct dunning *rule, const struct debtor *d, struct date day)
{
    return d->customer->default_method != 0 && dunning_is_due(rule, d, day);
}

static enum err dun_page(bool *goes_on, struct nightly *n, const struct page *p, struct arena *a,
                         struct error *e)
{
    n->going.total += p->count;
    arena_reset(a);
    struct command *commands = arena_array_of(a, struct command, p->count);
    for (size_t i = 0; i < p->count; i++) {
        commands[i].type = COMMAND_CUSTOMER_DUN;
        commands[i].customer_dun =
            (struct customer_dun_command){p->customers[i], str_of(n->o->gateway->name), n->duns_through};
    }
    return p->count == 0 ? OK : ask(goes_on, n, commands, p->count, a, e);
}

/* Nothing is asked of the gateway by these. */
static enum err note_page(struct nightly *n, const struct page *p, enum command_type type, struct arena *a,
                          struct error *e)
{
    bool unused = false;
    arena_reset(a);
    struct command *commands = arena_array_of(a, struct command, p->count);
    for (size_t i = 0; i < p->count; i++) {
        commands[i].type = type;
        if (type == COMMAND_CUSTOMER_END_DUNNING)
            commands[i].customer_end_dunning.customer = p->customers[i];
        else
            commands[i].customer_remind.customer = p->customers[i];
    }
    n->going.total += p->count;
    return p->count == 0 ? OK : ask(&unused, n, commands, p->count, a, e);
}

static enum err do_page(bool *goes_on, struct nightly *n, const struct page *all, struct page *kept,
                        const struct dunning_night *d, struct arena *a, struct error *e)
{
    bool ends = d->rule->at_end != DUNNING_END_NOTHING, reminds = d->rule->reminders_count > 0;
    enum err err = keep(kept, all, n, d, is_due, a, e);
    if (err == OK) err = dun_page(goes_on, n, kept, a, e);
    if (err == OK && ends) err = keep(kept, all, n, d, dunning_is_over, a, e);
    if (err == OK && ends) err = note_page(n, kept, COMMAND_CUSTOMER_END_DUNNING, a, e);
    if (err == OK && reminds) err = keep(kept, all, n, d, reminders_are_due, a, e);
    return err == OK && reminds ? note_page(n, kept, COMMAND_CUSTOMER_REMIND, a, e) : err;
}

/* Due dates up to this day matter. What was declined is told before anything is due. */
static struct date last_due_date(const struct dunning_night *d)
{
    enum { YEARS_OF_DAYS = 36600 };
    struct date last = date_add_days(d->day, d->rule->reminders_count > 0 ? 0 : -1);
    for (size_t i = 0; i < d->rule->reminders_count; i++) {
        enum reminder_kind on = d->rule->reminders[i].on;
        if (on == REMINDER_ASK || on == REMINDER_FAILED) last = date_add_days(d->day, YEARS_OF_DAYS);
    }
    return last;
}

enum err run_dun(struct nightly *n, struct arena *a, struct error *e)
{
    struct page all = {arena_array_of(n->arena, uint64_t, CUSTOMERS_PER_COMMIT), 0};
    struct page kept = {arena_array_of(n->arena, uint64_t, CUSTOMERS_PER_COMMIT), 0};
    struct dunning_night d = {0};
    struct due_cursor cursor = {0};
    bool goes_on = true;
    n->going = (struct going){.stage = "dunning"};
    enum err err = begin_dunning(&d, n, e);
    if (err != OK || d.rule->attempts == 0) return err;
    struct date through = last_due_date(&d);
    while (err == OK && goes_on) {
        err = run_goes_on(n, e);
        if (err == OK) err = run_page(all.customers, &all.count, n, list_overdue, through, &cursor, e);
        if (err != OK || all.count == 0) return err;
        err = do_page(&goes_on, n, &all, &kept, &d, a, e);
        if (err != OK) return wrap(e, "cannot ask again for what is overdue");
    }
    return err == OK ? run_goes_on(n, e) : err;
}
