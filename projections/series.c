/* SPDX-License-Identifier: MIT */
/* series.c - the document series: where each stands, so that the next number leaves no gap. */
#include "projections/fold.h"

enum err series_get(struct series *out, struct views_txn *t, struct str name, struct arena *a, struct error *e)
{
    struct view_key k = key_text(SPACE_SERIES, t, name);
    bool found = false;
    enum err err = row_find(&found, out, &schema_series, t, &k, a, e);
    if (err == OK && !found) *out = (struct series){.series = name};
    return err;
}

enum err fold_series(struct views_txn *t, const struct event *ev, const struct event_place *place, struct arena *a,
                     struct error *e)
{
    (void)place;
    if (ev->type != EVENT_INVOICE_FINALIZED) return OK;
    const struct invoice_finalized *v = &ev->invoice_finalized;
    struct series s = {0};
    struct view_key k = key_text(SPACE_SERIES, t, v->series);
    bool found = false;
    enum err err = row_find(&found, &s, &schema_series, t, &k, a, e);
    if (err != OK) return err;
    uint64_t expected = found ? s.last_serial + 1 : 1;
    if (v->serial != expected) {
        return fail(e, ERR_TAMPERED, "document '%.*s' stands where number %ju of its series was due", STR_ARG(v->number),
                    (uintmax_t)expected);
    }
    s = (struct series){.series = v->series, .last_serial = v->serial, .last_issue_date = v->issue_date};
    return views_put_record(t, &k, &schema_series, &s, e);
}
