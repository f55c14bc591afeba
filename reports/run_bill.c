/* SPDX-License-Identifier: MIT */
/* run_bill.c - the events of a nightly run: who has something due is billed, some hundreds of customers a
 * commit, and what is then to be collected is asked of the gateway (run_collect.c). Work is found by what is
 * due, never by what was done before, so a run that was killed goes on where it was. */
#include "reports/run.h"

enum { STEPS_PER_COMMIT = 32 };

struct billing {
    struct nightly *nightly;
    uint64_t run;
    struct arena *chunk;
    uint64_t done, failed;
    struct run_failure *failures;
    size_t failures_count;
};

/* What the commands did is looked at, not only that they did. */
static bool tells_events(const struct nightly *n)
{
    return run_collects(n) || n->o->mode != BILL_WHOLE;
}

/* ---- one commit ---- */

static void note_failure(struct billing *b, uint64_t customer, const struct error *why)
{
    b->failed++;
    if (b->failures_count == FAILURES_TOLD) return;
    b->failures[b->failures_count++] =
        (struct run_failure){.customer = customer, .why = str_copy(b->nightly->arena, str_of(why->text))};
}

struct chunk {
    struct command *commands;
    struct request *requests;
    struct outcome *outcomes;
    size_t count;
};

static struct chunk chunk_of(const struct billing *b, const uint64_t *customers, size_t count)
{
    const struct run_options *o = b->nightly->o;
    struct chunk c = {.commands = arena_array_of(b->chunk, struct command, count),
                      .requests = arena_array_of(b->chunk, struct request, count),
                      .outcomes = arena_array_of(b->chunk, struct outcome, count),
                      .count = count};
    for (size_t i = 0; i < count; i++) {
        c.commands[i].type = COMMAND_CUSTOMER_BILL;
        c.commands[i].customer_bill = (struct customer_bill_command){
            .customer = customers[i],
            .through = o->through,
            .run = b->run,
            .mode = o->mode,
            .approved = o->approved,
            .gateway = o->gateway != NULL ? str_of(o->gateway->name) : STR_NONE};
        c.requests[i] = (struct request){
            .command = &c.commands[i], .actor = o->actor, .brief = !tells_events(b->nightly)};
    }
    return c;
}

static bool is_drafted(const struct outcome *o)
{
    for (size_t i = 0; i < o->events_count; i++) {
        if (o->events[i].type == EVENT_INVOICE_DRAFTED) return true;
    }
    return false;
}

/* Those of whom more is due are left in customers[], *left of them. */
static enum err bill_chunk(size_t *left, struct billing *b, uint64_t *customers, size_t count,
                           struct error *e)
{
    struct nightly *n = b->nightly;
    *left = 0;
    arena_reset(b->chunk);
    struct chunk c = chunk_of(b, customers, count);
    enum err err = ledger_execute_batch(c.outcomes, n->ledger, c.requests, count, false, b->chunk, e);
    if (err != OK) return err;
    for (size_t i = 0; i < count; i++) {
        if (c.outcomes[i].code != OK) note_failure(b, customers[i], &c.outcomes[i].error);
        if (c.outcomes[i].seq != 0) n->summary->wrote_events = true;
        n->summary->drafted += is_drafted(&c.outcomes[i]);
        if (c.outcomes[i].partly) customers[(*left)++] = customers[i];
    }
    n->going = (struct going){.stage = "billing", .done = b->done, .batch = count - *left};
    b->done += count - *left;
    return run_collects(n) ? run_settle(n, c.outcomes, count, b->chunk, e) : OK;
}

/* What was missed for very long takes several bills; their documents are large, so few share a commit. */
static enum err bill_customers(struct billing *b, uint64_t *customers, size_t count, struct error *e)
{
    size_t left = 0;
    enum err err = bill_chunk(&left, b, customers, count, e);
    for (size_t i = 0; err == OK && i < left; i += STEPS_PER_COMMIT) {
        size_t still = left - i < STEPS_PER_COMMIT ? left - i : STEPS_PER_COMMIT;
        while (err == OK && still > 0) {
            err = run_goes_on(b->nightly, e);
            if (err == OK) err = bill_chunk(&still, b, customers + i, still, e);
        }
    }
    return err;
}

/* ---- all of them ---- */

static enum err bill_pages(struct billing *b, run_page_fn *next, struct date through, struct error *e)
{
    uint64_t *customers = arena_array_of(b->nightly->arena, uint64_t, CUSTOMERS_PER_COMMIT);
    struct due_cursor cursor = {0}; /* only moves forward: who is refused is not asked again in this run */
    for (;;) {
        size_t count = 0;
        enum err err = run_goes_on(b->nightly, e);
        if (err == OK) err = run_page(customers, &count, b->nightly, next, through, &cursor, e);
        if (err != OK || count == 0) return err;
        err = bill_customers(b, customers, count, e);
        if (err != OK) return err;
        run_progress(b->nightly, "billing", b->done, 0);
    }
}

static enum err overdue_since(struct date *out, struct nightly *n, struct arena *a, struct error *e)
{
    struct views_txn *t = NULL;
    int32_t days = 0;
    *out = (struct date){0};
    enum err err = ledger_read_begin(&t, n->ledger, e);
    if (err != OK) return err;
    err = run_patience(&days, t, a, e);
    ledger_read_end(n->ledger, t);
    if (err == OK && days != 0) *out = date_add_days(n->o->through, -days);
    return err;
}

static enum err bill_all(struct billing *b, struct error *e)
{
    struct date since = {0};
    if (b->nightly->o->mode == BILL_FINALIZE) return bill_pages(b, list_drafts, b->nightly->o->through, e);
    enum err err = bill_pages(b, list_due, b->nightly->o->through, e);
    if (err == OK) err = overdue_since(&since, b->nightly, b->chunk, e);
    return err == OK && date_is_given(since) ? bill_pages(b, list_overdue, since, e) : err;
}

static enum err execute(struct nightly *n, const struct command *c, struct arena *a, struct error *e)
{
    struct request r = {.command = c, .actor = n->o->actor};
    struct outcome o = {0};
    enum err err = ledger_execute(&o, n->ledger, &r, a, e);
    if (o.seq != 0) n->summary->wrote_events = true;
    return err;
}

/* *run is the date's open run; 0 when all was done before. */
static enum err start_run(uint64_t *run, struct nightly *n, struct arena *a, struct error *e)
{
    size_t count = 0;
    struct views_txn *t = NULL;
    struct run *runs = NULL;
    struct command c = {.type = COMMAND_RUN_START, .run_start = {.through = n->o->through}};
    *run = 0;
    enum err err = run_has_work(&c.run_start.due, n, a, e);
    if (err == OK) err = execute(n, &c, a, e);
    if (err == OK) err = ledger_read_begin(&t, n->ledger, e);
    if (err != OK) return err;
    err = runs_through(&runs, &count, t, n->o->through, a, e);
    if (err == OK && count > 0 && !runs[count - 1].completed) *run = runs[count - 1].run;
    ledger_read_end(n->ledger, t);
    return err;
}

static enum err complete_run(struct nightly *n, uint64_t run, uint64_t failed, struct arena *a,
                             struct error *e)
{
    struct command c = {.type = COMMAND_RUN_COMPLETE};
    c.run_complete = (struct run_complete_command){.run = run, .failed = failed};
    arena_reset(a);
    return execute(n, &c, a, e);
}

/* The number of the oldest run from *run on that was begun for an earlier date and never ended; 0: there is
 * none. */
static enum err next_unfinished(uint64_t *run, struct nightly *n, struct arena *a, struct error *e)
{
    struct views_txn *t = NULL;
    struct state_counts counts = {0};
    uint64_t number = *run, found = 0;
    enum err err = ledger_read_begin(&t, n->ledger, e);
    if (err != OK) return err;
    err = count_state(&counts, t, e);
    for (; err == OK && found == 0 && number <= counts.runs; number++) {
        struct run r = {0};
        arena_reset(a);
        err = load_run(&r, t, number, a, e);
        if (err == OK && !r.completed && date_compare(r.through, n->o->through) < 0) found = number;
    }
    ledger_read_end(n->ledger, t);
    *run = found;
    return err;
}

/* What was killed and not run again for its own date would stay open for ever: what is left of it is due for
 * this date too, and billed by its run. */
static enum err complete_earlier(struct nightly *n, struct arena *a, struct error *e)
{
    for (uint64_t run = 1;; run++) {
        enum err err = next_unfinished(&run, n, a, e);
        if (err != OK || run == 0) return err;
        err = complete_run(n, run, 0, a, e);
        if (err != OK) return wrap(e, "cannot end run_%ju, which was killed", (uintmax_t)run);
    }
}

/* A sentence about a customer is of use with the id that others know. */
static enum err name_failures(struct billing *b, struct error *e)
{
    struct nightly *n = b->nightly;
    struct views_txn *t = NULL;
    if (b->failures_count == 0) return OK;
    enum err err = ledger_read_begin(&t, n->ledger, e);
    if (err != OK) return err;
    for (size_t i = 0; i < b->failures_count && err == OK; i++) {
        struct customer c = {0};
        arena_reset(b->chunk);
        err = load_customer(&c, t, b->failures[i].customer, b->chunk, e);
        b->failures[i].user = str_copy(n->arena, c.user);
    }
    ledger_read_end(n->ledger, t);
    return err;
}

enum err run_bill(struct nightly *n, struct error *e)
{
    struct billing b = {.nightly = n, .chunk = arena_new()};
    b.failures = arena_array_of(n->arena, struct run_failure, FAILURES_TOLD);
    bool drafts = n->o->mode == BILL_DRAFT; /* no run of the book: nothing is billed */
    bool collects = run_collects(n) && !drafts;
    enum err err = collects ? run_settle_pending(n, b.chunk, e) : OK;
    if (err == OK && collects) err = run_tell(n, true, b.chunk, e); /* who has confirmed is not asked again */
    if (err == OK && collects) err = run_collect(n, b.chunk, e);
    if (err == OK && collects) err = run_dun(n, b.chunk, e);
    if (err == OK && !drafts) err = complete_earlier(n, b.chunk, e);
    if (err == OK && !drafts) err = start_run(&b.run, n, b.chunk, e);
    if (err == OK && (b.run != 0 || drafts)) {
        err = bill_all(&b, e);
        if (err == OK && !drafts) err = complete_run(n, b.run, b.failed, b.chunk, e);
        if (err == OK) err = name_failures(&b, e);
        if (err != OK && err != ERR_INCOMPLETE)
            err = wrap(e, "stopped after %ju customers, to be finished by the next", (uintmax_t)b.done);
    }
    if (err == OK && collects) err = run_tell(n, false, b.chunk, e);
    arena_free(b.chunk);
    n->summary->refused = b.failed;
    n->summary->failures = b.failures;
    n->summary->failures_count = b.failures_count;
    return err;
}
