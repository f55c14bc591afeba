/* SPDX-License-Identifier: MIT */
/* subscriptions.c - what each subscription is at now: its terms, how far it is charged and its usage rated,
 * which tiers were in force since, and what is scheduled. The amounts and dates are those of the events;
 * nothing is computed here. */
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

/* ---- quotas ---- */

/* From `on` the tier's rates are in force: whatever began on that day or later gives way. */
static void quotas_append(struct subscription *s, struct date on, const struct terms *terms, struct arena *a)
{
    struct quota_segment *quotas = arena_array_of(a, struct quota_segment, s->quotas_count + 1);
    size_t count = 0;
    while (count < s->quotas_count && date_compare(s->quotas[count].from, on) < 0) {
        quotas[count] = s->quotas[count];
        count++;
    }
    quotas[count++] =
        (struct quota_segment){.from = on, .rates = terms->rates, .rates_count = terms->rates_count};
    s->quotas = quotas;
    s->quotas_count = count;
}

/* Stretches that ended before the first day not rated are of no use any more. */
static void quotas_trim(struct subscription *s, struct arena *a)
{
    size_t first = 0;
    while (first + 1 < s->quotas_count && date_compare(s->quotas[first + 1].from, s->usage_through) <= 0)
        first++;
    size_t count = s->quotas_count - first;
    if (count == 0) return;
    if (first == 0 && date_compare(s->quotas[0].from, s->usage_through) >= 0) return;
    struct quota_segment *quotas = arena_array_of(a, struct quota_segment, count);
    memcpy(quotas, s->quotas + first, count * sizeof(*quotas));
    if (date_compare(quotas[0].from, s->usage_through) < 0) quotas[0].from = s->usage_through;
    s->quotas = quotas;
    s->quotas_count = count;
}

/* ---- folds ---- */

static enum err begin(struct views_txn *t, const struct subscription_created *v, struct arena *a,
                      struct error *e)
{
    struct money nothing = money_zero(v->terms.amount);
    struct subscription s = {.subscription = v->subscription,
                             .customer = v->customer,
                             .status = SUBSCRIPTION_ACTIVE,
                             .start = v->start,
                             .anchor = v->anchor,
                             .anchor_day = v->anchor_day,
                             .terms = v->terms,
                             .charged_through = v->start,
                             .billed_amount = nothing,
                             .billed_credited = nothing,
                             .usage_through = v->start,
                             .usage_anchor = v->anchor,
                             .usage_anchor_day = v->anchor_day};
    quotas_append(&s, v->start, &v->terms, a);
    struct view_key k = key_pair(SPACE_CUSTOMER_SUBSCRIPTION, v->customer, v->subscription);
    enum err err = mark_put(t, &k, e);
    if (err == OK) err = due_subscription(t, NULL, &s, a, e);
    if (err == OK) err = subscription_put(t, &s, e);
    return err;
}

/* A change that charges nothing and leaves the last charge as it was, such as another billing day. */
static bool is_charge_kept(const struct subscription *s, const struct subscription_changed *v)
{
    return v->charge.minor == 0 && v->credit.minor == 0 && s->billed_amount.minor == v->billed_amount.minor &&
           date_compare(s->billed_from, v->billed_from) == 0 &&
           date_compare(s->charged_through, v->charged_through) == 0;
}

static enum err apply_changed(struct subscription *s, const struct event *ev, struct arena *a,
                              struct error *e)
{
    (void)e;
    const struct subscription_changed *v = &ev->subscription_changed;
    if (!is_charge_kept(s, v)) {
        s->billed_credited = money_zero(v->billed_amount);
        s->billed_by = 0;
    }
    s->terms = v->terms;
    s->anchor = v->anchor;
    s->anchor_day = v->anchor_day;
    s->charged_through = v->charged_through;
    s->billed_from = v->billed_from;
    s->billed_amount = v->billed_amount;
    s->change_on = (struct date){0};
    s->next_terms = (struct terms){0};
    quotas_append(s, v->on, &v->terms, a);
    return OK;
}

static enum err apply_change_scheduled(struct subscription *s, const struct event *ev, struct arena *a,
                                       struct error *e)
{
    (void)a;
    (void)e;
    s->change_on = ev->subscription_change_scheduled.on;
    s->next_terms = ev->subscription_change_scheduled.terms;
    return OK;
}

static enum err apply_cancel_scheduled(struct subscription *s, const struct event *ev, struct arena *a,
                                       struct error *e)
{
    (void)a;
    (void)e;
    s->cancel_on = ev->subscription_cancel_scheduled.on;
    return OK;
}

static enum err apply_canceled(struct subscription *s, const struct event *ev, struct arena *a,
                               struct error *e)
{
    (void)a;
    const struct subscription_canceled *v = &ev->subscription_canceled;
    s->status = SUBSCRIPTION_CANCELED;
    s->ended_on = v->on;
    s->cancel_on = (struct date){0};
    s->change_on = (struct date){0};
    s->next_terms = (struct terms){0};
    if (!money_is_given(v->credit)) return OK;
    return money_add(&s->billed_credited, s->billed_credited, v->credit, e);
}

static enum err apply_billed(struct subscription *s, const struct event *ev, struct arena *a, struct error *e)
{
    (void)e;
    const struct subscription_billed *v = &ev->subscription_billed;
    bool charged = date_compare(s->charged_through, v->charged_through) != 0 ||
                   date_compare(s->billed_from, v->billed_from) != 0;
    s->charged_through = v->charged_through;
    s->billed_from = v->billed_from;
    s->billed_amount = v->billed_amount;
    s->billed_by = v->billed_by;
    s->usage_through = v->usage_through;
    if (charged) s->billed_credited = money_zero(v->billed_amount);
    quotas_trim(s, a);
    return OK;
}

static const struct {
    enum event_type type;
    size_t subscription; /* where the event's body has its number */
    enum err (*apply)(struct subscription *s, const struct event *ev, struct arena *a, struct error *e);
} changes[] = {
    {EVENT_SUBSCRIPTION_BILLED, offsetof(struct subscription_billed, subscription), apply_billed},
    {EVENT_SUBSCRIPTION_CHANGED, offsetof(struct subscription_changed, subscription), apply_changed},
    {EVENT_SUBSCRIPTION_CHANGE_SCHEDULED, offsetof(struct subscription_change_scheduled, subscription),
     apply_change_scheduled},
    {EVENT_SUBSCRIPTION_CANCEL_SCHEDULED, offsetof(struct subscription_cancel_scheduled, subscription),
     apply_cancel_scheduled},
    {EVENT_SUBSCRIPTION_CANCELED, offsetof(struct subscription_canceled, subscription), apply_canceled},
};

/* The charge of the current period that waited as an item: the invoice that takes it is what billed it. Of a
 * charge made with its invoice, subscription.billed tells. */
static enum err note_invoice(struct views_txn *t, const struct invoice_finalized *v, struct arena *a,
                             struct error *e)
{
    for (size_t i = 0; i < v->lines_count; i++) {
        const struct line *l = &v->lines[i];
        bool charge = l->kind == LINE_RECURRING || l->kind == LINE_PRORATION_CHARGE;
        if (l->item == 0 || l->subscription == 0 || !charge) continue;
        struct subscription s = {0};
        enum err err = subscription_need(&s, t, l->subscription, a, e);
        if (err != OK) return err;
        if (s.billed_by == v->invoice || date_compare(l->to, s.charged_through) != 0) continue;
        s.billed_by = v->invoice;
        err = subscription_put(t, &s, e);
        if (err != OK) return err;
    }
    return OK;
}

enum err fold_subscriptions(struct views_txn *t, const struct event *ev, const struct event_place *place,
                            struct arena *a, struct error *e)
{
    (void)place;
    if (ev->type == EVENT_SUBSCRIPTION_CREATED) return begin(t, &ev->subscription_created, a, e);
    if (ev->type == EVENT_INVOICE_FINALIZED) return note_invoice(t, &ev->invoice_finalized, a, e);
    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        if (changes[i].type != ev->type) continue;
        uint64_t number = 0;
        memcpy(&number, (const char *)event_body(ev) + changes[i].subscription, sizeof(number));
        struct subscription before = {0};
        enum err err = subscription_need(&before, t, number, a, e);
        struct subscription s = before;
        if (err == OK) err = changes[i].apply(&s, ev, a, e);
        if (err == OK) err = due_subscription(t, &before, &s, a, e);
        if (err == OK) err = subscription_put(t, &s, e);
        return err;
    }
    return OK;
}

/* ---- queries ---- */

enum err load_subscription(struct subscription *out, struct views_txn *t, uint64_t subscription,
                           struct arena *a, struct error *e)
{
    struct view_key k = key_number(SPACE_SUBSCRIPTION, subscription);
    return row_load(out, &schema_subscription, t, &k, "subscription sub_", subscription, a, e);
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
