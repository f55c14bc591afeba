/* SPDX-License-Identifier: MIT */
/* fiscal.c - records for tax offices: of each document the one of its issue, of each chain the last. */
#include "projections/fold.h"

static struct view_key last_key(struct views_txn *t, const struct fiscal_recorded *v, struct arena *a)
{
    return key_text(SPACE_FISCAL_LAST, t, fiscal_chain_name(a, v));
}

enum err fold_fiscal(struct views_txn *t, const struct event *ev, const struct event_place *place,
                     struct arena *a, struct error *e)
{
    const struct fiscal_recorded *v = &ev->fiscal_recorded;
    struct fiscal_recorded last = {0};
    bool found = false;
    (void)place;
    if (ev->type != EVENT_FISCAL_RECORDED) return OK;
    struct view_key k = last_key(t, v, a), own = key_number(SPACE_FISCAL, v->invoice);
    enum err err = row_find(&found, &last, &schema_fiscal_recorded, t, &k, a, e);
    if (err != OK) return err;
    if (v->place != last.place + 1 || !str_equal(v->previous, last.hash))
        return fail(e, ERR_TAMPERED, "record %ju of a fiscal chain does not follow from record %ju of it",
                    (uintmax_t)v->place, (uintmax_t)last.place);
    err = views_put_record(t, &k, &schema_fiscal_recorded, v, e);
    if (err != OK || v->record != FISCAL_ISSUE) return err;
    return views_put_record(t, &own, &schema_fiscal_recorded, v, e);
}

enum err load_fiscal(bool *found, struct fiscal_recorded *out, struct views_txn *t, uint64_t invoice,
                     struct arena *a, struct error *e)
{
    struct view_key k = key_number(SPACE_FISCAL, invoice);
    *out = (struct fiscal_recorded){0};
    return row_find(found, out, &schema_fiscal_recorded, t, &k, a, e);
}

enum err fiscal_chain_last(bool *found, struct fiscal_recorded *last, struct views_txn *t, struct arena *a,
                           struct error *e)
{
    struct view_key k = last_key(t, last, a);
    return row_find(found, last, &schema_fiscal_recorded, t, &k, a, e);
}
