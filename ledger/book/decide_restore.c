/* SPDX-License-Identifier: MIT */
/* decide_restore.c - subscriptions that were past due or had stopped go on when nothing is overdue any more:
 * the last overdue invoice was paid, credited, voided or given up. */
#include "ledger/book/decide_shared.h"

/* What was given back, or never billed, cannot be given back for the days that were lost. */
static void note_document(struct subscription *s, const struct event *ev, struct arena *a)
{
    if (ev == NULL) return;
    if (ev->type == EVENT_INVOICE_FINALIZED) (void)subscription_note_credits(s, &ev->invoice_finalized, a);
    if (ev->type == EVENT_INVOICE_VOIDED) (void)subscription_note_void(s, &ev->invoice_voided, a);
}

enum err restore_subscriptions(struct decision *out, const struct facts *f, const struct allocation *settled,
                               size_t count, const struct event *document, struct arena *a, struct error *e)
{
    struct overdue left = overdue_by(f, f->today, settled, count);
    uint64_t next = f->counters.item;
    end_dunning(out, f, settled, count, a);
    if (!left.known || left.invoice != 0) return OK;
    for (size_t i = 0; i < f->subscriptions_count; i++) {
        struct accrual due = {.through = f->today, .today = f->today, .overdue = left};
        struct subscription s = f->subscriptions[i];
        note_document(&s, document, a);
        enum err err = paid_again(&due, &s, a, e);
        if (err != OK) return err;
        add_items(out, &due.lines, s.customer, &next, a);
        add_accrued(out, &due, a);
    }
    return OK;
}

enum err restore_settled(struct decision *out, const struct facts *f, const struct subscription *after,
                         struct arena *a, struct error *e)
{
    struct facts then = *f;
    struct subscription *s = arena_array_of(a, struct subscription, f->subscriptions_count);
    struct allocation *settled = arena_array_of(a, struct allocation, f->open_invoices_count);
    size_t count = 0;
    if (f->subscriptions_count > 0) memcpy(s, after, f->subscriptions_count * sizeof *s);
    for (size_t i = 0; i < out->events.count; i++) {
        const struct event *ev = &out->events.items[i];
        if (ev->type == EVENT_ITEM_ADDED) then.counters.item = ev->item_added.item + 1;
        if (ev->type != EVENT_INVOICE_FINALIZED) continue;
        const struct invoice_finalized *d = &ev->invoice_finalized;
        for (size_t k = 0; k < f->subscriptions_count; k++) note_document(&s[k], ev, a);
        for (size_t k = 0; k < d->settles_count && count < f->open_invoices_count; k++)
            settled[count++] = d->settles[k];
    }
    then.subscriptions = s;
    return count == 0 ? OK : restore_subscriptions(out, &then, settled, count, NULL, a, e);
}
