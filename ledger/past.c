/* SPDX-License-Identifier: MIT */
/* past.c - what the ledger knew then: views folded up to an earlier record, beside the live ones. */
#include "ledger/ledger_private.h"

struct ledger_past {
    struct scratch_views scratch;
};

static enum err take_time(void *context, const struct log_entry *entry, struct error *e)
{
    struct instant *at = context;
    (void)e;
    *at = entry->header.at;
    return OK;
}

/* How many records there were at an instant: times grow from record to record, so it is looked for by halves.
 */
static enum err size_at(uint64_t *out, struct ledger *l, struct instant at, uint64_t size, struct error *e)
{
    uint64_t low = 0, high = size;
    enum err err = OK;
    while (low < high && err == OK) {
        uint64_t middle = low + (high - low) / 2;
        struct instant then = {0};
        err = log_read(l->log, middle, middle + 1, take_time, &then, e);
        if (then.us <= at.us)
            low = middle + 1;
        else
            high = middle;
    }
    *out = low;
    return err;
}

static enum err size_meant(uint64_t *size, struct ledger *l, struct instant at, struct error *e)
{
    struct log_state state = {0};
    enum err err = log_state(&state, l->log, e);
    if (err != OK) return err;
    uint64_t all = state.head.range.size;
    if (*size == 0) err = size_at(size, l, at, all, e);
    if (err == OK && *size == 0) return fail(e, ERR_NOT_FOUND, "nothing was recorded by then");
    if (err == OK && *size > all)
        return fail(e, ERR_NOT_FOUND, "there is no record %ju: the newest is %ju", (uintmax_t)*size - 1,
                    (uintmax_t)all - 1);
    return err;
}

enum err ledger_past_open(struct ledger_past **out, struct views_txn **t, struct ledger *l, struct instant at,
                          uint64_t size, struct error *e)
{
    struct ledger_past *p = calloc(1, sizeof *p);
    if (p == NULL) WRONG("out of memory");
    ledger_lock(l);
    enum err err = size_meant(&size, l, at, e);
    if (err == OK) err = scratch_open(&p->scratch, l, e);
    if (err == OK) err = fold_all(l, p->scratch.views, size, NULL, NULL, e);
    ledger_unlock(l);
    if (err == OK) err = views_begin(t, p->scratch.views, false, e);
    if (err == OK) {
        *out = p;
        return OK;
    }
    scratch_close(&p->scratch);
    free(p);
    return err;
}

void ledger_past_close(struct ledger_past *p, struct views_txn *t)
{
    if (p == NULL) return;
    views_abort(t);
    scratch_close(&p->scratch);
    free(p);
}
