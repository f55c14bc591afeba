/* SPDX-License-Identifier: MIT */
/* run_tell.c - what a night tells the gateway that no money is asked for by, such as letting go of payment
 * methods that were removed. What is not answered is told again by the next one. */
#include "reports/run.h"

enum { TOLD_AT_ONCE = 1000 };

static enum err list(struct gateway_request **out, size_t *count, bool *more, struct untold_mark *after,
                     struct nightly *n, struct arena *a, struct error *e)
{
    struct world w = ledger_world(n->ledger);
    struct untold_query q = {.gateway = str_of(n->gateway.name),
                             .ledger = ledger_origin(n->ledger),
                             .now = w.now(w.self),
                             .limit = TOLD_AT_ONCE};
    struct views_txn *t = NULL;
    enum err err = ledger_read_begin(&t, n->ledger, e);
    if (err != OK) return err;
    err = list_untold(out, count, t, &q, after, more, a, e);
    ledger_read_end(n->ledger, t);
    return err;
}

/* The progress is that of work that is counted otherwise: nobody is told of single answers. */
static enum err tell(struct nightly *n, const struct gateway_request *requests, size_t count, struct arena *a,
                     struct error *e)
{
    struct gateway g = n->gateway;
    struct gateway_watch quiet = {.self = n->watch.self, .stops = n->watch.stops};
    struct error unknown = {0};
    struct gateway_told told = {0};
    g.watch = &quiet;
    enum err err = ledger_tell(&told, n->ledger, &g, requests, count, n->o->actor, a, &unknown);
    if (told.last.seq != 0) n->summary->wrote_events = true;
    if (n->collected != NULL) n->collected->summary->untold += told.unknown;
    if (err == OK || err == ERR_INCOMPLETE) return err;
    *e = unknown;
    return wrap(e, "cannot tell the gateway");
}

enum err run_tell(struct nightly *n, struct arena *a, struct error *e)
{
    struct untold_mark after = {0};
    bool more = true;
    enum err err = OK;
    while (err == OK && more) {
        struct gateway_request *requests = NULL;
        size_t count = 0;
        arena_reset(a);
        err = run_goes_on(n, e);
        if (err == OK) err = list(&requests, &count, &more, &after, n, a, e);
        if (err != OK || count == 0) continue;
        run_progress(n, "telling", 0, count);
        err = tell(n, requests, count, a, e);
        if (err == ERR_INCOMPLETE) return OK; /* it is asked again by the next one */
    }
    return err;
}
