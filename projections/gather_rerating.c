/* SPDX-License-Identifier: MIT */
/* gather_rerating.c - facts for rating again what was billed: the windows that are meant, the totals as they
 * are now, and for an approval the documents whose lines may be given back. */
#include "ledger/book.h"
#include "projections/gather.h"

/* The one that is named by the command, or that waits. */
static enum err gather_proposal(struct gathering *g)
{
    uint64_t number = 0;
    if (g->facts->rerating != NULL || g->facts->customer == NULL) return OK;
    enum err err = rerating_open(&number, g->t, g->facts->customer->customer, g->e);
    if (err != OK || number == 0) return err;
    struct rerating *r = arena_new_of(g->arena, struct rerating);
    err = load_rerating(r, g->t, number, g->arena, g->e);
    if (err == OK) g->facts->rerating = r;
    return err;
}

/* Those that usage.rerate asks for, or that the proposal was made of. */
static struct window_query windows_meant(const struct gathering *g)
{
    const struct command *c = g->command;
    const struct facts *f = g->facts;
    struct window_query q = {.customer = f->customer->customer};
    if (c->type == COMMAND_USAGE_RERATE) {
        q.from = c->usage_rerate.from;
        q.to = c->usage_rerate.to;
        bool named = c->usage_rerate.subscription.len > 0 && f->subscription != NULL;
        q.subscription = named ? f->subscription->subscription : 0;
    } else if (f->rerating != NULL) {
        q.from = f->rerating->from;
        q.to = f->rerating->to;
        q.subscription = f->rerating->subscription;
    }
    return q;
}

static bool is_known(const struct numbers *n, uint64_t number)
{
    for (size_t i = 0; i < n->count; i++) {
        if (n->items[i] == number) return true;
    }
    return false;
}

static void want_documents(struct numbers *wanted, const struct window_charge *charges, size_t count,
                           struct arena *a)
{
    for (size_t i = 0; i < count; i++) {
        uint64_t invoice = charges[i].invoice;
        if (invoice != 0 && !is_known(wanted, invoice)) numbers_add(wanted, invoice, a);
    }
}

/* The documents that billed the windows and commitments. */
static enum err gather_documents(struct gathering *g)
{
    struct facts *f = g->facts;
    struct numbers wanted = {0};
    for (size_t i = 0; i < f->windows_count; i++)
        want_documents(&wanted, f->windows[i].charges, f->windows[i].charges_count, g->arena);
    for (size_t i = 0; i < f->commitments_count; i++)
        want_documents(&wanted, f->commitments[i].charges, f->commitments[i].charges_count, g->arena);
    struct invoice *rows = arena_array_of(g->arena, struct invoice, wanted.count);
    enum err err = OK;
    for (size_t i = 0; i < wanted.count && err == OK; i++)
        err = load_invoice(&rows[i], g->t, wanted.items[i], g->arena, g->e);
    f->credited = rows;
    f->credited_count = wanted.count;
    return err;
}

enum err gather_windows(struct gathering *g)
{
    struct facts *f = g->facts;
    struct billed_window *windows = NULL;
    struct usage_total *usage = NULL;
    struct billed_commitment *commitments = NULL;
    enum err err = gather_proposal(g);
    if (err != OK || f->customer == NULL) return err;
    struct window_query q = windows_meant(g);
    err = windows_get(&windows, &f->windows_count, g->t, &q, g->arena, g->e);
    f->windows = windows;
    if (err == OK)
        err = windows_usage(&usage, &f->window_usage_count, g->t, windows, f->windows_count, g->arena, g->e);
    f->window_usage = usage;
    if (err == OK)
        err = commitments_get(&commitments, &f->commitments_count, g->t, q.customer, q.subscription, g->arena,
                              g->e);
    f->commitments = commitments;
    bool approves = g->command->type == COMMAND_RERATING_APPROVE;
    return err == OK && approves ? gather_documents(g) : err;
}
