/* SPDX-License-Identifier: MIT */
/* series.c - the document series: where each stands, so that the next number leaves no gap, and the way from
 * a document number to the invoice. Serials and invoices mostly count on together: only where a stretch of
 * that begins is there an entry. */
#include "projections/fold.h"

static enum err row_of(bool *found, struct series_row *out, struct views_txn *t, struct str name,
                       struct arena *a, struct error *e)
{
    struct view_key k = key_text(SPACE_SERIES, t, name);
    return row_find(found, out, &row_series, t, &k, a, e);
}

enum err series_get(struct series *out, struct views_txn *t, struct str name, struct arena *a,
                    struct error *e)
{
    struct series_row row = {.series = {.series = name}};
    bool found = false;
    enum err err = row_of(&found, &row, t, name, a, e);
    *out = found ? row.series : (struct series){.series = name};
    return err;
}

static enum err begin_stretch(struct views_txn *t, const struct invoice_finalized *v, struct error *e)
{
    struct view_key k = key_text(SPACE_INVOICE_NUMBER, t, v->series);
    view_key_u64(&k, v->serial);
    return number_put(t, &k, v->invoice, e);
}

enum err fold_series(struct views_txn *t, const struct event *ev, const struct event_place *place,
                     struct arena *a, struct error *e)
{
    (void)place;
    if (ev->type != EVENT_INVOICE_FINALIZED) return OK;
    const struct invoice_finalized *v = &ev->invoice_finalized;
    struct series_row row = {.last_invoice = 0};
    struct view_key k = key_text(SPACE_SERIES, t, v->series);
    bool found = false;
    enum err err = row_find(&found, &row, &row_series, t, &k, a, e);
    if (err != OK) return err;
    uint64_t expected = found ? row.series.last_serial + 1 : 1;
    if (v->serial != expected) {
        return fail(e, ERR_TAMPERED, "document '%.*s' stands where number %ju of its series was due",
                    STR_ARG(v->number), (uintmax_t)expected);
    }
    if (!found || v->invoice != row.last_invoice + 1) err = begin_stretch(t, v, e);
    if (err != OK) return err;
    row = (struct series_row){
        {.series = v->series, .last_serial = v->serial, .last_issue_date = v->issue_date}, v->invoice};
    return views_put_record(t, &k, &row_series, &row, e);
}

struct stretch {
    uint64_t serial, invoice; /* 0: there is none */
};

static enum err take_stretch(void *context, struct bytes key, struct bytes value, struct error *e)
{
    (void)e;
    struct stretch *s = context;
    *s = (struct stretch){key_tail(key, 8), key_tail(value, 8)};
    return ERR_NOT_FOUND; /* the first is the one */
}

/* A document number is its series, a hyphen and its serial: INV-2025 and 1 of INV-2025-000001. */
enum err series_find(uint64_t *out, struct views_txn *t, struct str number, struct error *e)
{
    size_t hyphen = number.len;
    while (hyphen > 0 && number.ptr[hyphen - 1] != '-') hyphen--;
    struct error unused;
    struct stretch s = {0};
    uint64_t serial = 0;
    *out = 0;
    if (hyphen == 0) return OK;
    if (uint_parse(&serial, (struct str){number.ptr + hyphen, number.len - hyphen}, &unused) != OK) return OK;
    struct view_key k = key_text(SPACE_INVOICE_NUMBER, t, (struct str){number.ptr, hyphen - 1});
    size_t prefix = k.len;
    view_key_u64(&k, serial);
    enum err err = views_scan(t, &k, prefix, true, take_stretch, &s, e);
    if (err == OK && s.invoice != 0) *out = s.invoice + (serial - s.serial);
    return err;
}
