/* SPDX-License-Identifier: MIT */
/* reminders.c - the reminders that were due, as their events have them. */
#include "projections/fold.h"
#include "projections/listing.h"

enum err fold_reminders(struct views_txn *t, const struct event *ev, const struct event_place *place,
                        struct arena *a, struct error *e)
{
    const struct reminder_due *v = &ev->reminder_due;
    (void)place, (void)a;
    if (ev->type != EVENT_REMINDER_DUE) return OK;
    struct view_key k = key_pair(SPACE_REMINDER, v->customer, v->reminder);
    return views_put_record(t, &k, &schema_reminder_due, v, e);
}

static bool is_wanted(const struct list_query *q, const void *row)
{
    return is_within(q, ((const struct reminder_due *)row)->on);
}

static enum err give(const struct listing *l, struct error *e)
{
    return l->visitor.reminder(l->context, l->row, e);
}

enum err list_reminders(struct views_txn *t, const struct list_query *q, reminder_row_fn *row, void *context,
                        struct arena *a, struct error *e)
{
    struct reminder_due v = {0};
    struct listing l = {.q = q,
                        .t = t,
                        .schema = &schema_reminder_due,
                        .row = &v,
                        .is_wanted = is_wanted,
                        .give = give,
                        .visitor.reminder = row,
                        .context = context,
                        .arena = a};
    struct view_key prefix = view_key(SPACE_REMINDER);
    if (q->customer != 0) view_key_u64(&prefix, q->customer);
    return list_values(&l, &prefix, false, e);
}
