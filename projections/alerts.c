/* SPDX-License-Identifier: MIT */
/* alerts.c - alerts of usage and of prepaid credit: thresholds that customers set, and in which usage period
 * each last fired. One row a customer. */
#include "projections/fold.h"

enum err alerts_get(struct alert_list *out, struct views_txn *t, uint64_t customer, struct arena *a,
                    struct error *e)
{
    struct view_key k = key_number(SPACE_ALERTS, customer);
    bool found = false;
    enum err err = row_find(&found, out, &row_alerts, t, &k, a, e);
    if (err == OK && !found) *out = (struct alert_list){0};
    return err;
}

/* A copy with room for one more. */
static enum err alerts_copy(struct alert **out, size_t *count, struct views_txn *t, uint64_t customer,
                            struct arena *a, struct error *e)
{
    struct alert_list row = {0};
    enum err err = alerts_get(&row, t, customer, a, e);
    if (err != OK) return err;
    *count = row.alerts_count;
    *out = arena_array_of(a, struct alert, row.alerts_count + 1);
    if (row.alerts_count > 0) memcpy(*out, row.alerts, row.alerts_count * sizeof(**out));
    return OK;
}

static enum err alerts_put(struct views_txn *t, uint64_t customer, const struct alert *alerts, size_t count,
                           struct error *e)
{
    struct alert_list row = {alerts, count};
    struct view_key k = key_number(SPACE_ALERTS, customer);
    return views_put_record(t, &k, &row_alerts, &row, e);
}

static enum err set_alert(struct views_txn *t, const struct alert *v, struct arena *a, struct error *e)
{
    struct alert *alerts = NULL;
    size_t count = 0;
    enum err err = alerts_copy(&alerts, &count, t, v->customer, a, e);
    if (err != OK) return err;
    size_t at = 0;
    while (at < count && alerts[at].alert != v->alert) at++;
    if (at == count) count++;
    alerts[at] = *v;
    return alerts_put(t, v->customer, alerts, count, e);
}

static enum err fire_alert(struct views_txn *t, uint64_t customer, uint64_t alert, struct date in,
                           struct arena *a, struct error *e)
{
    struct alert *alerts = NULL;
    size_t count = 0;
    enum err err = alerts_copy(&alerts, &count, t, customer, a, e);
    if (err != OK) return err;
    for (size_t i = 0; i < count; i++) {
        if (alerts[i].alert == alert) alerts[i].fired_in = in;
    }
    return alerts_put(t, customer, alerts, count, e);
}

static enum err remove_alert(struct views_txn *t, const struct alert_removed *v, struct arena *a,
                             struct error *e)
{
    struct alert *alerts = NULL;
    size_t count = 0, left = 0;
    enum err err = alerts_copy(&alerts, &count, t, v->customer, a, e);
    if (err != OK) return err;
    for (size_t i = 0; i < count; i++) {
        if (alerts[i].alert != v->alert) alerts[left++] = alerts[i];
    }
    return alerts_put(t, v->customer, alerts, left, e);
}

enum err fold_alerts(struct views_txn *t, const struct event *ev, const struct event_place *place,
                     struct arena *a, struct error *e)
{
    const struct usage_alert_fired *fired = &ev->usage_alert_fired;
    const struct wallet_alert_fired *low = &ev->wallet_alert_fired;
    const struct usage_alert_set *u = &ev->usage_alert_set;
    const struct quota_alert_set *q = &ev->quota_alert_set;
    const struct wallet_alert_set *w = &ev->wallet_alert_set;
    struct alert new_one = {0};
    if (ev->type == EVENT_USAGE_ALERT_FIRED)
        return fire_alert(t, fired->customer, fired->alert, fired->period, a, e);
    if (ev->type == EVENT_WALLET_ALERT_FIRED) { /* the first form told no day */
        struct date on = date_is_given(low->on) ? low->on : instant_date(place->at);
        return fire_alert(t, low->customer, low->alert, on, a, e);
    }
    if (ev->type == EVENT_ALERT_REMOVED) return remove_alert(t, &ev->alert_removed, a, e);
    if (ev->type == EVENT_USAGE_ALERT_SET)
        new_one = (struct alert){u->customer, u->alert, u->usage_type, .threshold = u->threshold};
    if (ev->type == EVENT_QUOTA_ALERT_SET)
        new_one = (struct alert){q->customer, q->alert, q->usage_type, .percent = q->percent};
    if (ev->type == EVENT_WALLET_ALERT_SET)
        new_one = (struct alert){w->customer, w->alert, .below = w->below};
    return new_one.alert == 0 ? OK : set_alert(t, &new_one, a, e);
}

enum err list_alerts(struct alert **out, size_t *count, struct views_txn *t, uint64_t customer,
                     struct arena *a, struct error *e)
{
    return alerts_copy(out, count, t, customer, a, e);
}
