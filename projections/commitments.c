/* SPDX-License-Identifier: MIT */
/* commitments.c - minimum commitments that were counted up, and the lines that charged what was missing: for
 * usage that is rated again later. Approved corrections count. */
#include "ledger/book.h"
#include "projections/fold.h"

static enum err commitment_put(struct views_txn *t, const struct commitment *c, struct error *e)
{
    struct window_place p = {c->customer, c->subscription, c->from, c->to};
    struct view_key k = window_key(SPACE_COMMITMENT, &p);
    return views_put_record(t, &k, &schema_commitment, c, e);
}

static enum err fold_counted(struct views_txn *t, const struct commitment_counted *v, struct error *e)
{
    struct commitment c = {.subscription = v->subscription,
                           .customer = v->customer,
                           .from = v->from,
                           .to = v->to,
                           .least = v->least,
                           .counted = v->counted,
                           .product = v->product,
                           .tax_code = v->tax_code,
                           .tax_inclusive = v->tax_inclusive};
    enum err err = money_subtract(&c.missing, v->least, v->counted, e);
    if (money_is_negative(c.missing)) c.missing = money_zero(c.missing);
    return err == OK ? commitment_put(t, &c, e) : err;
}

static enum err fold_approved(struct views_txn *t, const struct rerating_approved *v, struct arena *a,
                              struct error *e)
{
    struct billed_commitment *rows = NULL;
    size_t count = 0;
    enum err err = commitments_get(&rows, &count, t, v->customer, 0, a, e);
    for (size_t i = 0; i < count && err == OK; i++) {
        struct commitment *c = &rows[i].commitment;
        for (size_t k = 0; k < v->lines_count && err == OK; k++)
            err = commitment_note_rerated(c, &v->lines[k], e);
        if (err == OK) err = commitment_put(t, c, e);
    }
    for (size_t k = 0; k < v->lines_count && err == OK; k++) {
        if (v->lines[k].kind != LINE_COMMITMENT) continue;
        err = window_charges_note_rerated(t, SPACE_COMMITMENT_CHARGES, v->customer, &v->lines[k], a, e);
    }
    return err;
}

static bool charges_commitment(const struct line *l)
{
    return l->kind == LINE_COMMITMENT && l->amount.minor > 0;
}

enum err fold_commitments(struct views_txn *t, const struct event *ev, const struct event_place *place,
                          struct arena *a, struct error *e)
{
    (void)place;
    if (ev->type == EVENT_COMMITMENT_COUNTED) return fold_counted(t, &ev->commitment_counted, e);
    if (ev->type == EVENT_RERATING_APPROVED) return fold_approved(t, &ev->rerating_approved, a, e);
    return window_charges_fold(t, SPACE_COMMITMENT_CHARGES, charges_commitment, ev, a, e);
}

/* ---- queries ---- */

struct commitment_list {
    struct billed_commitment *items;
    size_t count, capacity;
    uint64_t subscription;
    struct arena *arena;
};

static enum err take_commitment(void *context, struct bytes key, struct bytes value, struct error *e)
{
    struct commitment_list *l = context;
    struct commitment c = {0};
    (void)key;
    enum err err = schema_decode(&c, &schema_commitment, bytes_copy(l->arena, value), l->arena, e);
    if (err != OK || (l->subscription != 0 && c.subscription != l->subscription)) return err;
    l->items = arena_grow(l->arena, l->items, l->count, &l->capacity, sizeof *l->items);
    l->items[l->count++] = (struct billed_commitment){.commitment = c};
    return OK;
}

enum err commitments_get(struct billed_commitment **out, size_t *count, struct views_txn *t,
                         uint64_t customer, uint64_t subscription, struct arena *a, struct error *e)
{
    struct view_key from = key_number(SPACE_COMMITMENT, customer);
    struct commitment_list l = {.subscription = subscription, .arena = a};
    enum err err = views_scan(t, &from, from.len, false, take_commitment, &l, e);
    for (size_t i = 0; i < l.count && err == OK; i++) {
        const struct commitment *c = &l.items[i].commitment;
        struct window_place p = {c->customer, c->subscription, c->from, c->to};
        struct window_charges row = {0};
        err = window_charges_get(&row, t, SPACE_COMMITMENT_CHARGES, &p, a, e);
        l.items[i].charges = row.charges;
        l.items[i].charges_count = row.charges_count;
    }
    *out = l.items;
    *count = l.count;
    return err;
}
