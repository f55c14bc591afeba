/* SPDX-License-Identifier: MIT */
/* subscriptions.c - what each subscription is at now. What an event does to it is the book's to say; here it
 * is kept, and found again. */
#include "ledger/book.h"
#include "projections/fold.h"
#include "projections/listing.h"

static enum err subscription_need(struct subscription *out, struct views_txn *t, uint64_t subscription,
                                  struct arena *a, struct error *e)
{
    struct view_key k = key_number(SPACE_SUBSCRIPTION, subscription);
    return row_need(out, &schema_subscription, t, &k, "subscription", subscription, a, e);
}

static enum err subscription_put(struct views_txn *t, const struct subscription *s, struct error *e)
{
    struct view_key k = key_number(SPACE_SUBSCRIPTION, s->subscription);
    return views_put_record(t, &k, &schema_subscription, s, e);
}

/* ---- folds ---- */

static enum err begin(struct views_txn *t, const struct subscription_created *v, struct arena *a,
                      struct error *e)
{
    struct subscription s = subscription_begun(v, a);
    struct view_key k = key_pair(SPACE_CUSTOMER_SUBSCRIPTION, v->customer, v->subscription);
    enum err err = mark_put(t, &k, e);
    if (err == OK) err = due_subscription(t, NULL, &s, a, e);
    if (err == OK) err = subscription_put(t, &s, e);
    return err;
}

static enum err change(struct views_txn *t, uint64_t number, const struct event *ev, struct arena *a,
                       struct error *e)
{
    struct subscription before = {0};
    enum err err = subscription_need(&before, t, number, a, e);
    struct subscription s = before;
    if (err == OK) err = subscription_apply(&s, ev, a, e);
    if (err == OK) err = due_subscription(t, &before, &s, a, e);
    if (err == OK) err = subscription_put(t, &s, e);
    return err;
}

static bool note_document(struct subscription *s, const struct event *ev, struct arena *a)
{
    if (ev->type == EVENT_INVOICE_VOIDED) return subscription_note_void(s, &ev->invoice_voided, a);
    bool billed = subscription_note_invoice(s, &ev->invoice_finalized, a);
    return subscription_note_credits(s, &ev->invoice_finalized, a) || billed;
}

static bool concerns_charges(const struct line *l)
{
    bool kind = l->kind == LINE_RECURRING || l->kind == LINE_PRORATION_CHARGE || l->kind == LINE_CREDIT;
    return kind && l->subscription != 0;
}

static bool was_seen(const struct line *lines, size_t place)
{
    for (size_t i = place; i > 0; i--) {
        const struct line *l = &lines[i - 1];
        if (concerns_charges(l) && l->subscription == lines[place].subscription) return true;
    }
    return false;
}

/* Each subscription once. */
static enum err note_lines(struct views_txn *t, const struct line *lines, size_t count,
                           const struct event *ev, struct arena *a, struct error *e)
{
    enum err err = OK;
    for (size_t i = 0; i < count && err == OK; i++) {
        struct subscription s = {0};
        if (!concerns_charges(&lines[i]) || was_seen(lines, i)) continue;
        err = subscription_need(&s, t, lines[i].subscription, a, e);
        if (err == OK && note_document(&s, ev, a)) err = subscription_put(t, &s, e);
    }
    return err;
}

enum err fold_subscriptions(struct views_txn *t, const struct event *ev, const struct event_place *place,
                            struct arena *a, struct error *e)
{
    uint64_t number = 0;
    (void)place;
    if (ev->type == EVENT_SUBSCRIPTION_CREATED) return begin(t, &ev->subscription_created, a, e);
    const struct invoice_finalized *v = &ev->invoice_finalized;
    const struct invoice_voided *w = &ev->invoice_voided;
    if (ev->type == EVENT_INVOICE_FINALIZED) return note_lines(t, v->lines, v->lines_count, ev, a, e);
    if (ev->type == EVENT_INVOICE_VOIDED) return note_lines(t, w->lines, w->lines_count, ev, a, e);
    return subscription_event(&number, ev) ? change(t, number, ev, a, e) : OK;
}

/* ---- queries ---- */

enum err load_subscription(struct subscription *out, struct views_txn *t, uint64_t subscription,
                           struct arena *a, struct error *e)
{
    struct view_key k = key_number(SPACE_SUBSCRIPTION, subscription);
    return row_load(out, &schema_subscription, t, &k, "subscription sub_", subscription, a, e);
}

enum err live_subscriptions(struct subscription **out, size_t *count, struct views_txn *t, uint64_t customer,
                            struct arena *a, struct error *e)
{
    struct numbers live = {0};
    enum err err = live_get(&live, t, customer, a, e);
    *out = arena_array_of(a, struct subscription, live.count);
    *count = live.count;
    for (size_t i = 0; err == OK && i < live.count; i++)
        err = subscription_need(&(*out)[i], t, live.items[i], a, e);
    return err;
}

static enum err find_meant(struct subscription *out, struct views_txn *t, const struct customer *c,
                           struct arena *a, struct error *e)
{
    struct subscription *live = NULL;
    size_t count = 0;
    enum err err = live_subscriptions(&live, &count, t, c->customer, a, e);
    if (err != OK) return err;
    for (size_t i = 0; i < count; i++) {
        if (live[i].parent != 0) continue;
        *out = live[i];
        return OK;
    }
    return load_subscription(out, t, c->subscription, a, e);
}

enum err find_subscription(struct subscription *out, struct views_txn *t, struct str user, struct str id,
                           struct arena *a, struct error *e)
{
    struct customer c = {0};
    uint64_t number = 0;
    enum err err = find_customer(&c, t, user, a, e);
    if (err == OK && c.subscription == 0)
        err = fail(e, ERR_NOT_FOUND, "no subscription for '%.*s'", STR_ARG(user));
    if (err != OK) return err;
    if (id.len == 0) return find_meant(out, t, &c, a, e);
    err = public_id_parse(&number, "sub", id, e);
    if (err == OK) err = load_subscription(out, t, number, a, e);
    if (err != OK || out->customer == c.customer) return err;
    return fail(e, ERR_NOT_FOUND, "no subscription sub_%ju of '%.*s'", (uintmax_t)number, STR_ARG(user));
}

static bool is_wanted(const struct list_query *q, const void *row)
{
    const struct subscription *s = row;
    if (q->status >= 0 && s->status != (enum subscription_status)q->status) return false;
    return is_within(q, s->start);
}

static enum err give(const struct listing *l, struct error *e)
{
    return l->visitor.subscription(l->context, l->row, e);
}

enum err list_subscriptions(struct views_txn *t, const struct list_query *q, subscription_row_fn *row,
                            void *context, struct arena *a, struct error *e)
{
    struct subscription s = {0};
    struct listing l = {.q = q,
                        .t = t,
                        .schema = &schema_subscription,
                        .row = &s,
                        .is_wanted = is_wanted,
                        .give = give,
                        .visitor.subscription = row,
                        .context = context,
                        .arena = a,
                        .space = SPACE_SUBSCRIPTION};
    struct view_key all = view_key(SPACE_SUBSCRIPTION);
    struct view_key own = key_number(SPACE_CUSTOMER_SUBSCRIPTION, q->customer);
    return q->customer == 0 ? list_values(&l, &all, false, e) : list_indexed(&l, &own, false, e);
}
