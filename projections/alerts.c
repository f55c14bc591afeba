/* SPDX-License-Identifier: MIT */
/* alerts.c - usage alerts: thresholds that customers set, and in which usage period each last fired. One row
 * a customer. */
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

static enum err set_alert(struct views_txn *t, const struct usage_alert_set *v, struct arena *a,
                          struct error *e)
{
    struct alert *alerts = NULL;
    size_t count = 0;
    enum err err = alerts_copy(&alerts, &count, t, v->customer, a, e);
    if (err != OK) return err;
    size_t at = 0;
    while (at < count && alerts[at].alert != v->alert) at++;
    if (at == count) count++;
    alerts[at] = (struct alert){
        .customer = v->customer, .alert = v->alert, .usage_type = v->usage_type, .threshold = v->threshold};
    return alerts_put(t, v->customer, alerts, count, e);
}

static enum err fire_alert(struct views_txn *t, const struct usage_alert_fired *v, struct arena *a,
                           struct error *e)
{
    struct alert *alerts = NULL;
    size_t count = 0;
    enum err err = alerts_copy(&alerts, &count, t, v->customer, a, e);
    if (err != OK) return err;
    for (size_t i = 0; i < count; i++) {
        if (alerts[i].alert == v->alert) alerts[i].fired_in = v->period;
    }
    return alerts_put(t, v->customer, alerts, count, e);
}

enum err fold_alerts(struct views_txn *t, const struct event *ev, const struct event_place *place,
                     struct arena *a, struct error *e)
{
    (void)place;
    if (ev->type == EVENT_USAGE_ALERT_SET) return set_alert(t, &ev->usage_alert_set, a, e);
    if (ev->type == EVENT_USAGE_ALERT_FIRED) return fire_alert(t, &ev->usage_alert_fired, a, e);
    return OK;
}

enum err list_alerts(struct alert **out, size_t *count, struct views_txn *t, uint64_t customer,
                     struct arena *a, struct error *e)
{
    return alerts_copy(out, count, t, customer, a, e);
}
