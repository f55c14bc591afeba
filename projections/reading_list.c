/* SPDX-License-Identifier: MIT */
/* reading_list.c - the readings of a customer, out of the log. */
#include "projections/fold.h"

struct readings_walk {
    struct views_txn *t;
    struct ledger *ledger;
    uint64_t customer;
    reading_fn *visit;
    void *context;
    struct arena *arena; /* for one record */
};

struct str reading_name(struct arena *a, uint64_t seq, uint64_t place)
{
    return str_format(a, "%ju/%ju", (uintmax_t)seq, (uintmax_t)place);
}

static enum err visit_reading(struct readings_walk *w, uint64_t seq, size_t place, const struct reading *r,
                              struct error *e)
{
    struct counted_reading now = {0};
    enum err err = reading_state_at(&now, w->t, (struct reading_place){seq, place}, w->arena, e);
    if (err != OK) return err;
    struct listed_reading row = {.seq = seq,
                                 .place = place,
                                 .reading = *r,
                                 .counts = now.corrections > 0 ? now.quantity : r->quantity,
                                 .canceled = now.canceled};
    return w->visit(w->context, &row, e);
}

static enum err visit_record(void *context, uint64_t seq, struct error *e)
{
    struct readings_walk *w = context;
    struct envelope v = {0};
    struct event_place place = {0};
    arena_reset(w->arena);
    enum err err = ledger_record(&v, &place, w->ledger, seq, w->arena, e);
    for (size_t i = 0; i < v.events_count && err == OK; i++) {
        const struct usage_recorded *u = &v.events[i].usage_recorded;
        if (v.events[i].type != EVENT_USAGE_RECORDED) continue;
        for (size_t k = 0; k < u->readings_count && err == OK; k++) {
            if (u->readings[k].customer == w->customer) err = visit_reading(w, seq, k, &u->readings[k], e);
        }
    }
    return err;
}

enum err list_readings(struct views_txn *t, struct ledger *l, uint64_t customer, reading_fn *visit,
                       void *context, struct error *e)
{
    struct readings_walk w = {t, l, customer, visit, context, arena_new()};
    enum err err = list_audit(t, customer, (struct date){0}, (struct date){0}, visit_record, &w, e);
    arena_free(w.arena);
    return err;
}
