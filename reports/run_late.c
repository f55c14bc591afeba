/* SPDX-License-Identifier: MIT */
/* run_late.c - takes back what was paid on invoices after their run was complete, so that the files of a run
 * are the same bytes whenever they are written. The views know only how things stand now; the log knows when.
 */
#include "reports/run.h"

struct late_reading {
    struct late_payment *items;
    size_t count, capacity;
    uint64_t first_new; /* invoices from here on were made later and are none of ours; 0: none seen yet */
    struct arena *arena;
};

static void add(struct late_reading *r, const struct allocation *paid)
{
    if (r->first_new != 0 && paid->invoice >= r->first_new) return;
    if (r->count == r->capacity) {
        r->capacity = r->capacity == 0 ? 64 : 2 * r->capacity;
        struct late_payment *grown = arena_array_of(r->arena, struct late_payment, r->capacity);
        if (r->count > 0) memcpy(grown, r->items, r->count * sizeof *grown);
        r->items = grown;
    }
    r->items[r->count++] = (struct late_payment){paid->invoice, paid->amount};
}

static enum err visit(void *context, const struct event_place *place, const struct envelope *v,
                      struct arena *a, struct error *e)
{
    struct late_reading *r = context;
    (void)place;
    (void)a;
    (void)e;
    for (size_t i = 0; i < v->events_count; i++) {
        const struct event *ev = &v->events[i];
        if (ev->type == EVENT_PAYMENT_SUCCEEDED) {
            const struct payment_succeeded *p = &ev->payment_succeeded;
            for (size_t k = 0; k < p->pays_count; k++) add(r, &p->pays[k]);
        }
        if (ev->type != EVENT_INVOICE_FINALIZED) continue;
        const struct invoice_finalized *f = &ev->invoice_finalized;
        if (r->first_new == 0) r->first_new = f->invoice;
        for (size_t k = 0; k < f->settles_count; k++) add(r, &f->settles[k]);
    }
    return OK;
}

static int by_invoice(const void *left, const void *right)
{
    const struct late_payment *a = left, *b = right;
    return (a->invoice > b->invoice) - (a->invoice < b->invoice);
}

enum err late_read(struct late *out, struct ledger *l, uint64_t from, uint64_t to, struct arena *a,
                   struct error *e)
{
    struct late_reading r = {.arena = a};
    *out = (struct late){0};
    enum err err = from < to ? ledger_walk(l, from, to, visit, &r, e) : OK;
    if (err != OK || r.count == 0) return err;
    qsort(r.items, r.count, sizeof *r.items, by_invoice);
    size_t last = 0;
    for (size_t i = 1; i < r.count && err == OK; i++) {
        if (r.items[i].invoice == r.items[last].invoice)
            err = money_add(&r.items[last].amount, r.items[last].amount, r.items[i].amount, e);
        else
            r.items[++last] = r.items[i];
    }
    *out = (struct late){r.items, last + 1};
    return err;
}

static enum invoice_status status_of(const struct invoice *v)
{
    if (money_compare(v->paid, v->amount_due) >= 0) return INVOICE_PAID;
    return v->paid.minor > 0 ? INVOICE_PARTIALLY_PAID : INVOICE_OPEN;
}

enum err late_undo(struct invoice *v, const struct late *late, struct error *e)
{
    struct late_payment wanted = {.invoice = v->invoice};
    const struct late_payment *paid = NULL;
    if (late->count > 0) paid = bsearch(&wanted, late->items, late->count, sizeof wanted, by_invoice);
    if (paid == NULL) return OK;
    enum err err = money_subtract(&v->paid, v->paid, paid->amount, e);
    if (err == OK) v->status = status_of(v);
    return err;
}
