/* SPDX-License-Identifier: MIT */
/* audit.c - S24: which records are about whom, in the order of time. The records themselves are read from the log, so that an
 * audit never rests on state. */
#include "projections/fold.h"

static struct view_key audit_key(uint64_t customer, struct instant at)
{
    struct view_key k = customer == 0 ? view_key(SPACE_AUDIT) : key_number(SPACE_CUSTOMER_AUDIT, customer);
    view_key_instant(&k, at);
    return k;
}

static enum err note(struct views_txn *t, uint64_t customer, const struct event_place *place, struct error *e)
{
    struct view_key k = audit_key(customer, place->at);
    view_key_u64(&k, place->seq);
    return mark_put(t, &k, e);
}

enum err fold_audit(struct views_txn *t, const struct event *ev, const struct event_place *place, struct arena *a,
                    struct error *e)
{
    (void)a;
    enum err err = note(t, 0, place, e);
    if (err != OK) return err;
    if (ev->type != EVENT_USAGE_RECORDED) {
        uint64_t customer = event_customer(ev);
        return customer == 0 ? OK : note(t, customer, place, e);
    }
    const struct usage_recorded *v = &ev->usage_recorded;
    uint64_t last = 0; /* readings of a customer mostly come together */
    for (size_t i = 0; i < v->readings_count; i++) {
        if (v->readings[i].customer == last) continue;
        last = v->readings[i].customer;
        err = note(t, last, place, e);
        if (err != OK) return err;
    }
    return OK;
}

struct audit_walk {
    struct view_key end; /* the first key beyond; only when there is an end */
    bool has_end;
    number_fn *seq;
    void *context;
};

static enum err visit(void *context, struct bytes key, struct bytes value, struct error *e)
{
    (void)value;
    const struct audit_walk *w = context;
    if (w->has_end && memcmp(key.ptr, w->end.bytes, w->end.len) >= 0) return ERR_NOT_FOUND;
    return w->seq(w->context, key_tail(key, 8), e);
}

enum err list_audit(struct views_txn *t, uint64_t customer, struct date from, struct date to, number_fn *seq, void *context,
                    struct error *e)
{
    struct audit_walk w = {.has_end = date_is_given(to), .seq = seq, .context = context};
    if (w.has_end) w.end = audit_key(customer, date_start(date_add_days(to, 1)));
    struct instant first = date_is_given(from) ? date_start(from) : (struct instant){0};
    struct view_key start = audit_key(customer, first);
    return views_scan(t, &start, customer == 0 ? 1 : 9, false, visit, &w, e);
}
