/* SPDX-License-Identifier: MIT */
/* webhooks.c - the inbox: what a gateway sent, by its own ids, and what became of it. A body stays here while
 * it waits; afterwards it stands in the log alone. */
#include "projections/fold.h"
#include "projections/listing.h"

static struct view_key webhook_key(uint64_t webhook)
{
    return key_number(SPACE_WEBHOOK, webhook);
}

static enum err note_subject(struct views_txn *t, const struct webhook_received *v, struct error *e)
{
    struct view_key k = key_text(SPACE_WEBHOOK_ABOUT, t, v->reference);
    view_key_u64(&k, v->webhook);
    return v->reference.len == 0 ? OK : mark_put(t, &k, e);
}

static enum err receive(struct views_txn *t, const struct webhook_received *v,
                        const struct event_place *place, struct error *e)
{
    struct webhook row = {.webhook = v->webhook,
                          .gateway = v->gateway,
                          .event_id = v->event_id,
                          .type = v->type,
                          .created = v->created,
                          .object = v->object,
                          .reference = v->reference,
                          .api_version = v->api_version,
                          .livemode = v->livemode,
                          .received_at = place->at,
                          .seq = place->seq,
                          .body = v->body};
    struct view_key k = webhook_key(v->webhook), waiting = key_number(SPACE_WAITING_WEBHOOK, v->webhook);
    struct view_key id = key_text(SPACE_WEBHOOK_ID, t, v->event_id);
    enum err err = views_put_record(t, &k, &schema_webhook, &row, e);
    if (err == OK) err = number_put(t, &id, v->webhook, e);
    if (err == OK) err = note_subject(t, v, e);
    return err == OK ? mark_put(t, &waiting, e) : err;
}

static enum err apply(struct views_txn *t, const struct webhook_applied *v, struct arena *a, struct error *e)
{
    struct webhook row = {0};
    struct view_key k = webhook_key(v->webhook), waiting = key_number(SPACE_WAITING_WEBHOOK, v->webhook);
    enum err err = row_need(&row, &schema_webhook, t, &k, "webhook", v->webhook, a, e);
    row.body = STR_NONE;
    row.outcome = v->outcome;
    row.what = v->what;
    row.transaction = v->transaction;
    if (err == OK) err = views_put_record(t, &k, &schema_webhook, &row, e);
    return err == OK ? views_delete(t, &waiting, e) : err;
}

enum err fold_webhooks(struct views_txn *t, const struct event *ev, const struct event_place *place,
                       struct arena *a, struct error *e)
{
    if (ev->type == EVENT_WEBHOOK_RECEIVED) return receive(t, &ev->webhook_received, place, e);
    if (ev->type == EVENT_WEBHOOK_APPLIED) return apply(t, &ev->webhook_applied, a, e);
    return OK;
}

/* ---- queries ---- */

enum err load_webhook(struct webhook *out, struct views_txn *t, uint64_t webhook, struct arena *a,
                      struct error *e)
{
    struct view_key k = webhook_key(webhook);
    return row_load(out, &schema_webhook, t, &k, "webhook whk_", webhook, a, e);
}

enum err find_webhook(bool *found, struct webhook *out, struct views_txn *t, struct str event_id,
                      struct arena *a, struct error *e)
{
    struct view_key k = key_text(SPACE_WEBHOOK_ID, t, event_id);
    uint64_t webhook = 0;
    enum err err = number_get(&webhook, t, &k, e);
    *found = webhook != 0;
    return *found ? load_webhook(out, t, webhook, a, e) : err;
}

/* Those whose numbers end the keys that start so, in the order in which they came. */
static enum err load_all(struct webhook **out, size_t *count, struct views_txn *t, const struct view_key *k,
                         size_t limit, struct arena *a, struct error *e)
{
    struct numbers numbers = {0};
    enum err err = list_numbers(&numbers, t, k, false, limit, a, e);
    *out = arena_array_of(a, struct webhook, numbers.count);
    *count = numbers.count;
    for (size_t i = 0; i < numbers.count && err == OK; i++)
        err = load_webhook(&(*out)[i], t, numbers.items[i], a, e);
    return err;
}

enum err waiting_webhooks(struct webhook **out, size_t *count, struct views_txn *t, size_t limit,
                          struct arena *a, struct error *e)
{
    struct view_key k = view_key(SPACE_WAITING_WEBHOOK);
    return load_all(out, count, t, &k, limit, a, e);
}

enum err webhooks_about(struct webhook **out, size_t *count, struct views_txn *t, struct str reference,
                        struct arena *a, struct error *e)
{
    struct view_key k = key_text(SPACE_WEBHOOK_ABOUT, t, reference);
    return load_all(out, count, t, &k, 0, a, e);
}

static bool is_wanted(const struct list_query *q, const void *row)
{
    const struct webhook *w = row;
    if (q->status >= 0 && w->outcome != (enum webhook_outcome)q->status) return false;
    return is_within(q, instant_date(w->received_at));
}

static enum err give(const struct listing *l, struct error *e)
{
    return l->visitor.webhook(l->context, l->row, e);
}

enum err list_webhooks(struct views_txn *t, const struct list_query *q, webhook_row_fn *row, void *context,
                       struct arena *a, struct error *e)
{
    struct webhook w = {0};
    struct listing l = {.q = q,
                        .t = t,
                        .schema = &schema_webhook,
                        .row = &w,
                        .is_wanted = is_wanted,
                        .give = give,
                        .visitor.webhook = row,
                        .context = context,
                        .arena = a};
    struct view_key all = view_key(SPACE_WEBHOOK);
    return list_values(&l, &all, true, e);
}
