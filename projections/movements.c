/* SPDX-License-Identifier: MIT */
/* movements.c - what moved the balance at a gateway, by the gateway's own names: each movement is noted once.
 * With it, disputes, and how far the balance was held against the ledger. */
#include "projections/fold.h"
#include "projections/listing.h"

static struct view_key movement_key(struct views_txn *t, struct str reference)
{
    return key_text(SPACE_MOVEMENT, t, reference);
}

static enum err note_movements(struct views_txn *t, const struct balance_noted *v, struct error *e)
{
    enum err err = OK;
    for (size_t i = 0; i < v->movements_count && err == OK; i++) {
        struct view_key k = movement_key(t, v->movements[i].reference);
        err = mark_put(t, &k, e);
    }
    return err;
}

enum err movement_is_known(bool *known, struct views_txn *t, struct str reference, struct error *e)
{
    struct view_key k = movement_key(t, reference);
    return mark_find(known, t, &k, e);
}

enum err movement_is_booked(bool *booked, struct views_txn *t, struct str reference, struct arena *a,
                            struct error *e)
{
    struct object_imported imported = {0};
    bool found = false;
    enum err err = movement_is_known(booked, t, reference, e);
    if (err != OK || *booked) return err;
    err = find_imported(&found, &imported, t, reference, a, e);
    *booked = found && money_is_given(imported.opened) && !money_is_zero(imported.opened);
    return err;
}

/* ---- disputes ---- */

static enum err note_dispute(struct views_txn *t, const struct dispute_noted *v, struct instant at,
                             struct arena *a, struct error *e)
{
    struct dispute row = {.opened_at = at};
    struct view_key k = key_number(SPACE_DISPUTE, v->dispute);
    struct view_key by_name = key_text(SPACE_DISPUTE_REFERENCE, t, v->gateway_reference);
    bool found = false;
    enum err err = row_find(&found, &row, &schema_dispute, t, &k, a, e);
    struct instant opened_at = found ? row.opened_at : at;
    row = (struct dispute){.dispute = v->dispute,
                           .customer = v->customer,
                           .payment = v->payment,
                           .status = v->status,
                           .amount = v->amount,
                           .gateway = v->gateway,
                           .gateway_reference = v->gateway_reference,
                           .reason = v->reason,
                           .respond_by = v->respond_by,
                           .as_of = v->as_of,
                           .opened_at = opened_at};
    if (err == OK) err = views_put_record(t, &k, &schema_dispute, &row, e);
    return err == OK ? number_put(t, &by_name, v->dispute, e) : err;
}

/* What differs is looked for again from where it was looked for last; so is what lies before the day from
 * which somebody wanted to look, and was not reached yet. */
static enum err note_reconciled(struct views_txn *t, const struct balance_reconciled *v, struct error *e)
{
    struct view_key k = key_text(SPACE_RECONCILED, t, v->gateway);
    uint64_t reached = 0;
    if (v->differences > 0) return OK;
    enum err err = number_get(&reached, t, &k, e);
    if (err != OK || v->from.us > (int64_t)reached) return err;
    return number_put(t, &k, (uint64_t)v->through.us, e);
}

static enum err bind(struct views_txn *t, const struct gateway_bound *v, struct error *e)
{
    struct view_key k = key_text(SPACE_BOUND, t, v->gateway);
    return views_put_record(t, &k, &schema_gateway_bound, v, e);
}

enum err gateway_bound_get(bool *found, struct gateway_bound *out, struct views_txn *t, struct str gateway,
                           struct arena *a, struct error *e)
{
    struct view_key k = key_text(SPACE_BOUND, t, gateway);
    return row_find(found, out, &schema_gateway_bound, t, &k, a, e);
}

enum err fold_movements(struct views_txn *t, const struct event *ev, const struct event_place *place,
                        struct arena *a, struct error *e)
{
    if (ev->type == EVENT_BALANCE_NOTED) return note_movements(t, &ev->balance_noted, e);
    if (ev->type == EVENT_DISPUTE_NOTED) return note_dispute(t, &ev->dispute_noted, place->at, a, e);
    if (ev->type == EVENT_GATEWAY_BOUND) return bind(t, &ev->gateway_bound, e);
    if (ev->type == EVENT_BALANCE_RECONCILED) return note_reconciled(t, &ev->balance_reconciled, e);
    return OK;
}

/* ---- queries ---- */

enum err reconciled_through(struct instant *out, struct views_txn *t, struct str gateway, struct error *e)
{
    struct view_key k = key_text(SPACE_RECONCILED, t, gateway);
    uint64_t us = 0;
    enum err err = number_get(&us, t, &k, e);
    out->us = (int64_t)us;
    return err;
}

enum err find_dispute(bool *found, struct dispute *out, struct views_txn *t, struct str reference,
                      struct arena *a, struct error *e)
{
    struct view_key by_name = key_text(SPACE_DISPUTE_REFERENCE, t, reference);
    uint64_t number = 0;
    enum err err = number_get(&number, t, &by_name, e);
    *found = number != 0;
    if (err != OK || number == 0) return err;
    struct view_key k = key_number(SPACE_DISPUTE, number);
    return row_need(out, &schema_dispute, t, &k, "dispute", number, a, e);
}

static bool is_wanted(const struct list_query *q, const void *row)
{
    const struct dispute *v = row;
    if (q->status >= 0 && v->status != (enum dispute_status)q->status) return false;
    if (q->customer != 0 && v->customer != q->customer) return false;
    return is_within(q, instant_date(v->opened_at));
}

static enum err give(const struct listing *l, struct error *e)
{
    return l->visitor.dispute(l->context, l->row, e);
}

enum err list_disputes(struct views_txn *t, const struct list_query *q, dispute_row_fn *row, void *context,
                       struct arena *a, struct error *e)
{
    struct dispute v = {0};
    struct listing l = {.q = q,
                        .t = t,
                        .schema = &schema_dispute,
                        .row = &v,
                        .is_wanted = is_wanted,
                        .give = give,
                        .visitor.dispute = row,
                        .context = context,
                        .arena = a,
                        .space = SPACE_DISPUTE};
    struct view_key all = view_key(SPACE_DISPUTE);
    return list_values(&l, &all, true, e);
}

enum err list_unconfirmed(uint64_t **out, size_t *count, struct views_txn *t, struct arena *a,
                          struct error *e)
{
    struct view_key all = view_key(SPACE_UNCONFIRMED);
    struct numbers unconfirmed = {0};
    enum err err = list_numbers(&unconfirmed, t, &all, false, 0, a, e);
    *out = unconfirmed.items;
    *count = unconfirmed.count;
    return err;
}
