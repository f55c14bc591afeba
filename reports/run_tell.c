/* SPDX-License-Identifier: MIT */
/* run_tell.c - what a night tells the gateway that no money is asked for by: letting go of payment methods
 * that were removed, canceling payments that failed. It also looks how those stand that their customers may
 * confirm. What is not answered is told again by the next one. */
#include "reports/run.h"

enum { TOLD_AT_ONCE = 1000 };

struct page {
    struct gateway_request *requests;
    size_t count;
    struct transaction *was; /* one a request, of payment methods nothing; NULL: nobody counts */
};

/* ---- what there is to tell ---- */

static enum err look(struct transaction **out, const struct nightly *n, const struct page *p, struct arena *a,
                     struct error *e)
{
    uint64_t *numbers = arena_array_of(a, uint64_t, p->count);
    for (size_t i = 0; i < p->count; i++) numbers[i] = p->requests[i].transaction;
    return collected_look(out, n, numbers, p->count, a, e);
}

static enum err list(struct page *out, bool *more, struct untold_mark *after, bool looks, struct nightly *n,
                     struct arena *a, struct error *e)
{
    struct world w = ledger_world(n->ledger);
    struct untold_query q = {.gateway = str_of(n->gateway.name),
                             .ledger = ledger_origin(n->ledger),
                             .now = w.now(w.self),
                             .looks = looks,
                             .limit = TOLD_AT_ONCE};
    struct views_txn *t = NULL;
    enum err err = ledger_read_begin(&t, n->ledger, e);
    if (err != OK) return err;
    err = list_untold(&out->requests, &out->count, t, &q, after, more, a, e);
    ledger_read_end(n->ledger, t);
    return err == OK ? look(&out->was, n, out, a, e) : err;
}

/* ---- telling ---- */

/* Those that were paid after all. */
static enum err note_paid(struct nightly *n, const struct page *p, struct arena *a, struct error *e)
{
    struct transaction *now = NULL;
    if (n->collected == NULL) return OK;
    enum err err = look(&now, n, p, a, e);
    for (size_t i = 0; i < p->count && err == OK; i++) {
        if (now[i].status != p->was[i].status) err = collected_note(n, &p->was[i], &now[i], 1, e);
    }
    return err;
}

static void note_untold(struct collected *c, const struct gateway_told *told)
{
    if (c == NULL) return;
    c->summary->untold += told->unknown;
    c->unknown_looks += told->unknown_looks;
}

/* *answered is false when nobody answered to anything. The progress is that of work that is counted
 * otherwise: nobody is told of single answers. */
static enum err tell(bool *answered, struct nightly *n, const struct page *p, struct arena *a,
                     struct error *e)
{
    struct gateway g = n->gateway;
    struct gateway_watch quiet = {.self = n->watch.self, .stops = n->watch.stops};
    struct error unknown = {0};
    struct gateway_told told = {0};
    g.watch = &quiet;
    enum err err = ledger_tell(&told, n->ledger, &g, p->requests, p->count, n->o->actor, a, &unknown);
    if (told.last.seq != 0) n->summary->wrote_events = true;
    note_untold(n->collected, &told);
    if (err != OK && err != ERR_INCOMPLETE) {
        *e = unknown;
        return wrap(e, "cannot tell the gateway");
    }
    *answered = told.unknown < p->count;
    return note_paid(n, p, a, e);
}

enum err run_tell(struct nightly *n, bool looks, struct arena *a, struct error *e)
{
    struct untold_mark after = {0};
    bool more = true, answered = true;
    enum err err = OK;
    /* What was told before is told again, and counts once. */
    if (n->collected != NULL) n->collected->summary->untold = n->collected->unknown_looks;
    while (err == OK && more && answered) {
        struct page p = {.count = 0};
        arena_reset(a);
        err = run_goes_on(n, e);
        if (err == OK) err = list(&p, &more, &after, looks, n, a, e);
        if (err != OK || p.count == 0) continue;
        run_progress(n, "telling", 0, p.count);
        err = tell(&answered, n, &p, a, e);
    }
    return err;
}
