/* SPDX-License-Identifier: MIT */
/* audit.c - S24: which records are about whom, in the order of time. The records themselves are read from the
 * log, so that an audit never rests on state. Records follow each other without gaps but for the log's own:
 * of all together only stretches are kept, each within one day. */
#include "projections/fold.h"

/* ---- all records ---- */

enum { DAYS, FIRST, LAST, STRETCH }; /* the numbers of the last stretch */

static enum err keep_stretch(struct views_txn *t, struct date date, uint64_t first, uint64_t last,
                             struct arena *a, struct error *e)
{
    uint64_t now[STRETCH] = {[DAYS] = (uint64_t)date.days, [FIRST] = first, [LAST] = last};
    uint64_t there[] = {(uint64_t)date.days, last};
    struct numbers whole = {now, STRETCH, STRETCH}, row = {there, 2, 2};
    struct view_key last_key = view_key(SPACE_AUDIT_LAST), k = view_key(SPACE_AUDIT);
    view_key_date(&k, date);
    view_key_u64(&k, first);
    enum err err = numbers_put(t, &last_key, &whole, a, e);
    return err != OK ? err : numbers_put(t, &k, &row, a, e);
}

static enum err note_record(struct views_txn *t, const struct event_place *place, struct arena *a,
                            struct error *e)
{
    struct view_key k = view_key(SPACE_AUDIT_LAST);
    struct numbers now = {0};
    enum err err = numbers_get(&now, t, &k, a, e);
    if (err != OK) return err;
    struct date date = instant_date(place->at);
    bool any = now.count == STRETCH;
    if (any && now.items[LAST] == place->seq) return OK; /* another event of the record */
    bool goes_on = any && now.items[DAYS] == (uint64_t)date.days && now.items[LAST] + 1 == place->seq;
    return keep_stretch(t, date, goes_on ? now.items[FIRST] : place->seq, place->seq, a, e);
}

/* ---- a customer's ---- */

static struct view_key customer_key(uint64_t customer, struct instant at)
{
    struct view_key k = key_number(SPACE_CUSTOMER_AUDIT, customer);
    view_key_instant(&k, at);
    return k;
}

static enum err note_customer(struct views_txn *t, uint64_t customer, const struct event_place *place,
                              struct error *e)
{
    struct view_key k = customer_key(customer, place->at);
    view_key_u64(&k, place->seq);
    return mark_put(t, &k, e);
}

enum err fold_audit(struct views_txn *t, const struct event *ev, const struct event_place *place,
                    struct arena *a, struct error *e)
{
    enum err err = note_record(t, place, a, e);
    if (err != OK) return err;
    if (ev->type != EVENT_USAGE_RECORDED) {
        uint64_t customer = event_customer(ev);
        return customer == 0 ? OK : note_customer(t, customer, place, e);
    }
    const struct usage_recorded *v = &ev->usage_recorded;
    uint64_t last = 0; /* readings of a customer mostly come together */
    for (size_t i = 0; i < v->readings_count; i++) {
        if (v->readings[i].customer == last) continue;
        last = v->readings[i].customer;
        err = note_customer(t, last, place, e);
        if (err != OK) return err;
    }
    return OK;
}

/* ---- queries ---- */

struct audit_walk {
    struct date to;      /* none: open */
    struct view_key end; /* of a customer's: the first key beyond, when there is an end */
    number_fn *seq;
    void *context;
};

static enum err visit_stretch(void *context, struct bytes key, struct bytes value, struct error *e)
{
    const struct audit_walk *w = context;
    struct date date = {(int32_t)key_tail(value, 16)};
    if (date_is_given(w->to) && date_compare(date, w->to) > 0) return ERR_NOT_FOUND;
    for (uint64_t seq = key_tail(key, 8); seq <= key_tail(value, 8); seq++) {
        enum err err = w->seq(w->context, seq, e);
        if (err != OK) return err;
    }
    return OK;
}

static enum err visit_customer(void *context, struct bytes key, struct bytes value, struct error *e)
{
    (void)value;
    const struct audit_walk *w = context;
    if (date_is_given(w->to) && memcmp(key.ptr, w->end.bytes, w->end.len) >= 0) return ERR_NOT_FOUND;
    return w->seq(w->context, key_tail(key, 8), e);
}

enum err list_audit(struct views_txn *t, uint64_t customer, struct date from, struct date to, number_fn *seq,
                    void *context, struct error *e)
{
    struct audit_walk w = {.to = to, .seq = seq, .context = context};
    if (customer == 0) {
        struct view_key start = view_key(SPACE_AUDIT);
        view_key_date(&start, from);
        return views_scan(t, &start, 1, false, visit_stretch, &w, e);
    }
    w.end = customer_key(customer, date_start(date_add_days(to, 1)));
    struct view_key start =
        customer_key(customer, date_is_given(from) ? date_start(from) : (struct instant){0});
    return views_scan(t, &start, 1 + 8, false, visit_customer, &w, e);
}
