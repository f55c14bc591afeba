/* SPDX-License-Identifier: MIT */
/* history.c - S18: every change of tier a customer went through, from the first subscription to the end of
 * the last. */
#include "projections/fold.h"
#include "projections/listing.h"

static bool history_of(struct history *out, uint64_t *customer, const struct event *ev)
{
    if (ev->type == EVENT_SUBSCRIPTION_CREATED) {
        const struct subscription_created *v = &ev->subscription_created;
        *customer = v->customer;
        *out =
            (struct history){.date = v->start, .new_tier = v->terms.product, .subscription = v->subscription};
        return true;
    }
    if (ev->type == EVENT_SUBSCRIPTION_CHANGED) {
        const struct subscription_changed *v = &ev->subscription_changed;
        *customer = v->customer;
        *out = (struct history){.date = v->on,
                                .old_tier = v->old_product,
                                .new_tier = v->terms.product,
                                .subscription = v->subscription};
        return true;
    }
    if (ev->type != EVENT_SUBSCRIPTION_CANCELED) return false;
    const struct subscription_canceled *v = &ev->subscription_canceled;
    *customer = v->customer;
    *out = (struct history){.date = v->on, .old_tier = v->product, .subscription = v->subscription};
    return true;
}

/* One record may hold several changes of a customer: they are counted behind its number. */
enum err fold_history(struct views_txn *t, const struct event *ev, const struct event_place *place,
                      struct arena *a, struct error *e)
{
    struct history row = {0};
    uint64_t customer = 0;
    (void)a;
    if (!history_of(&row, &customer, ev)) return OK;
    for (uint32_t n = 0;; n++) {
        struct view_key k = key_pair(SPACE_HISTORY, customer, place->seq);
        view_key_u32(&k, n);
        struct bytes taken = {0};
        enum err err = views_get(&taken, t, &k, e);
        if (err == ERR_NOT_FOUND) return views_put_record(t, &k, &schema_history, &row, e);
        if (err != OK) return err;
    }
}

static bool is_wanted(const struct list_query *q, const void *row)
{
    const struct history *h = row;
    return is_within(q, h->date);
}

static enum err give(const struct listing *l, struct error *e)
{
    return l->visitor.history(l->context, l->row, e);
}

enum err list_history(struct views_txn *t, const struct list_query *q, history_row_fn *row, void *context,
                      struct arena *a, struct error *e)
{
    struct history h = {0};
    struct listing l = {.q = q,
                        .t = t,
                        .schema = &schema_history,
                        .row = &h,
                        .is_wanted = is_wanted,
                        .give = give,
                        .visitor.history = row,
                        .context = context,
                        .arena = a};
    struct view_key prefix = view_key(SPACE_HISTORY);
    if (q->customer != 0) view_key_u64(&prefix, q->customer);
    return list_values(&l, &prefix, false, e);
}
