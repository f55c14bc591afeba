/* SPDX-License-Identifier: MIT */
/* run_late.c - takes back what became of invoices after their run was complete, so that the files of a run
 * are the same bytes whenever they are written. The views know only how things stand now; the log knows when.
 */
#include "reports/run.h"

struct late_reading {
    struct late_change *items;
    size_t count, capacity;
    uint64_t first_new; /* invoices from here on were made later and are none of ours; 0: none seen yet */
    struct arena *arena;
};

static void add(struct late_reading *r, const struct late_change *change)
{
    if (r->first_new != 0 && change->invoice >= r->first_new) return;
    r->items = arena_grow(r->arena, r->items, r->count, &r->capacity, sizeof *r->items);
    r->items[r->count++] = *change;
}

static void add_payments(struct late_reading *r, const struct allocation *parts, size_t count, bool offset)
{
    for (size_t i = 0; i < count; i++) {
        struct late_change c = {.invoice = parts[i].invoice, .paid = parts[i].amount};
        if (offset) c.offset = parts[i].amount;
        add(r, &c);
    }
}

static void add_recoveries(struct late_reading *r, const struct allocation *parts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct late_change c = {.invoice = parts[i].invoice, .written_off = money_negate(parts[i].amount)};
        add(r, &c);
    }
}

static void add_event(struct late_reading *r, const struct event *ev)
{
    const struct payment_succeeded *p = &ev->payment_succeeded;
    const struct invoice_finalized *d = &ev->invoice_finalized;
    const struct invoice_voided *v = &ev->invoice_voided;
    const struct invoice_written_off *w = &ev->invoice_written_off;
    if (ev->type == EVENT_PAYMENT_SUCCEEDED) {
        add_payments(r, p->pays, p->pays_count, false);
        add_recoveries(r, p->recovers, p->recovers_count);
    } else if (ev->type == EVENT_INVOICE_FINALIZED) {
        if (r->first_new == 0) r->first_new = d->invoice;
        add_payments(r, d->settles, d->settles_count, true);
        add_recoveries(r, d->recovers, d->recovers_count);
    } else if (ev->type == EVENT_INVOICE_VOIDED) {
        struct late_change c = {
            .invoice = v->invoice, .written_off = money_negate(v->written_off), .closed = true};
        add(r, &c);
    } else if (ev->type == EVENT_INVOICE_WRITTEN_OFF) {
        struct late_change c = {.invoice = w->invoice, .written_off = w->amount, .closed = true};
        add(r, &c);
    }
}

static enum err visit(void *context, const struct event_place *place, const struct envelope *v,
                      struct arena *a, struct error *e)
{
    (void)place;
    (void)a;
    (void)e;
    for (size_t i = 0; i < v->events_count; i++) add_event(context, &v->events[i]);
    return OK;
}

static int by_invoice(const void *left, const void *right)
{
    const struct late_change *a = left, *b = right;
    return (a->invoice > b->invoice) - (a->invoice < b->invoice);
}

static enum err merge(struct late_change *into, const struct late_change *more, struct error *e)
{
    enum err err = money_add(&into->paid, into->paid, more->paid, e);
    if (err == OK) err = money_add(&into->offset, into->offset, more->offset, e);
    into->closed = into->closed || more->closed;
    return err == OK ? money_add(&into->written_off, into->written_off, more->written_off, e) : err;
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
            err = merge(&r.items[last], &r.items[i], e);
        else
            r.items[++last] = r.items[i];
    }
    *out = (struct late){r.items, last + 1};
    return err;
}

static enum invoice_status status_of(const struct invoice *v, bool closed_later)
{
    bool given_up = v->written_off.minor > 0;
    if (v->status == INVOICE_VOID && !closed_later) return INVOICE_VOID;
    if (money_compare(v->paid, v->amount_due) >= 0) return INVOICE_PAID;
    if (given_up) return INVOICE_UNCOLLECTIBLE;
    return v->paid.minor > 0 ? INVOICE_PARTIALLY_PAID : INVOICE_OPEN;
}

enum err late_undo(struct invoice *v, const struct late *late, struct error *e)
{
    struct late_change wanted = {.invoice = v->invoice};
    const struct late_change *c = NULL;
    if (late->count > 0) c = bsearch(&wanted, late->items, late->count, sizeof wanted, by_invoice);
    if (c == NULL) return OK;
    enum err err = money_subtract(&v->paid, v->paid, c->paid, e);
    if (err == OK) err = money_subtract(&v->offset, v->offset, c->offset, e);
    if (err == OK) err = money_subtract(&v->written_off, v->written_off, c->written_off, e);
    if (err == OK) v->status = status_of(v, c->closed);
    return err;
}
