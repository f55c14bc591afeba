/* SPDX-License-Identifier: MIT */
/* invoices.c - every document ever finalized, what was paid on it since, and where to find it. Nothing of
 * what was finalized is ever changed here; payments, credits and refunds are noted beside it. */
#include "projections/fold.h"
#include "projections/listing.h"

static enum err invoice_need(struct invoice *out, struct views_txn *t, uint64_t invoice, struct arena *a,
                             struct error *e)
{
    struct view_key k = key_number(SPACE_INVOICE, invoice);
    return row_need(out, &schema_invoice, t, &k, "invoice", invoice, a, e);
}

static enum err invoice_put(struct views_txn *t, const struct invoice *v, struct error *e)
{
    struct view_key k = key_number(SPACE_INVOICE, v->invoice);
    return views_put_record(t, &k, &schema_invoice, v, e);
}

/* ---- folds ---- */

static enum err pay(struct views_txn *t, const struct allocation *part, struct date on, struct arena *a,
                    struct error *e)
{
    struct invoice v = {0};
    enum err err = invoice_need(&v, t, part->invoice, a, e);
    if (err == OK) err = money_add(&v.paid, v.paid, part->amount, e);
    if (err != OK) return err;
    bool open = v.status == INVOICE_OPEN || v.status == INVOICE_PARTIALLY_PAID;
    if (open && money_compare(v.paid, v.amount_due) >= 0) {
        v.status = INVOICE_PAID;
        v.paid_on = on;
    } else if (open) {
        v.status = INVOICE_PARTIALLY_PAID;
    }
    return invoice_put(t, &v, e);
}

static struct invoice invoice_of(const struct invoice_finalized *v, const struct event_place *place)
{
    bool open = v->amount_due.minor > 0;
    return (struct invoice){.invoice = v->invoice,
                            .number = v->number,
                            .kind = v->kind,
                            .status = open ? INVOICE_OPEN : INVOICE_PAID,
                            .customer = v->customer,
                            .buyer_version = v->buyer_version,
                            .seller_version = v->seller_version,
                            .run = v->run,
                            .issue_date = v->issue_date,
                            .due_date = v->due_date,
                            .lines = v->lines,
                            .lines_count = v->lines_count,
                            .subtotal = v->subtotal,
                            .tax = v->tax,
                            .total = v->total,
                            .credit_applied = v->credit_applied,
                            .amount_due = v->amount_due,
                            .paid = money_zero(v->total),
                            .refunded = money_zero(v->total),
                            .paid_on = open ? (struct date){0} : v->issue_date,
                            .rule_version = v->rule_version,
                            .discount = v->discount,
                            .taxes = v->taxes,
                            .taxes_count = v->taxes_count,
                            .discounts = v->discounts,
                            .discounts_count = v->discounts_count,
                            .note = v->note,
                            .catalog_version = v->catalog_version,
                            .seq = place->seq,
                            .leaf = place->leaf,
                            .finalized_at = place->at};
}

static enum err keep_invoice(struct views_txn *t, const struct invoice_finalized *v,
                             const struct event_place *place, struct arena *a, struct error *e)
{
    struct invoice row = invoice_of(v, place);
    struct view_key by_customer = key_pair(SPACE_CUSTOMER_INVOICE, v->customer, v->invoice);
    enum err err = invoice_put(t, &row, e);
    if (err == OK) err = mark_put(t, &by_customer, e);
    for (size_t i = 0; err == OK && i < v->settles_count; i++)
        err = pay(t, &v->settles[i], v->issue_date, a, e);
    return err;
}

enum err fold_invoices(struct views_txn *t, const struct event *ev, const struct event_place *place,
                       struct arena *a, struct error *e)
{
    if (ev->type == EVENT_INVOICE_FINALIZED) return keep_invoice(t, &ev->invoice_finalized, place, a, e);
    if (ev->type != EVENT_PAYMENT_SUCCEEDED) return OK;
    const struct payment_succeeded *v = &ev->payment_succeeded;
    enum err err = OK;
    for (size_t i = 0; err == OK && i < v->pays_count; i++) {
        err = pay(t, &v->pays[i], instant_date(place->at), a, e);
    }
    return err;
}

enum err invoice_give_back(struct views_txn *t, uint64_t invoice, struct money *left, struct arena *a,
                           struct error *e)
{
    struct invoice v = {0};
    struct money can = {0};
    enum err err = invoice_need(&v, t, invoice, a, e);
    if (err == OK) err = money_subtract(&can, v.paid, v.refunded, e);
    if (err != OK || can.minor <= 0) return err;
    can = money_min(can, *left);
    err = money_add(&v.refunded, v.refunded, can, e);
    if (err == OK) err = money_subtract(left, *left, can, e);
    return err != OK ? err : invoice_put(t, &v, e);
}

/* ---- queries ---- */

enum err load_invoice(struct invoice *out, struct views_txn *t, uint64_t invoice, struct arena *a,
                      struct error *e)
{
    struct view_key k = key_number(SPACE_INVOICE, invoice);
    return row_load(out, &schema_invoice, t, &k, "invoice inv_", invoice, a, e);
}

enum err find_invoice(struct invoice *out, struct views_txn *t, struct str id_or_number, struct arena *a,
                      struct error *e)
{
    uint64_t invoice = 0;
    struct error unused;
    bool by_number = public_id_parse(&invoice, "inv", id_or_number, &unused) != OK;
    enum err err = by_number ? series_find(&invoice, t, id_or_number, e) : OK;
    if (err == OK && invoice != 0) err = load_invoice(out, t, invoice, a, e);
    if (err != OK && err != ERR_NOT_FOUND) return err;
    if (err == OK && invoice != 0 && (!by_number || str_equal(out->number, id_or_number))) return OK;
    struct str shown = text_quotable(id_or_number);
    return fail(e, ERR_NOT_FOUND, "no invoice '%.*s'", STR_ARG(shown));
}

static bool is_wanted(const struct list_query *q, const void *row)
{
    const struct invoice *v = row;
    if (q->status >= 0 && v->status != (enum invoice_status)q->status) return false;
    return is_within(q, v->issue_date);
}

static enum err give(const struct listing *l, struct error *e)
{
    return l->visitor.invoice(l->context, l->row, e);
}

enum err list_invoices(struct views_txn *t, const struct list_query *q, invoice_row_fn *row, void *context,
                       struct arena *a, struct error *e)
{
    struct invoice v = {0};
    struct listing l = {.q = q,
                        .t = t,
                        .schema = &schema_invoice,
                        .row = &v,
                        .is_wanted = is_wanted,
                        .give = give,
                        .visitor.invoice = row,
                        .context = context,
                        .arena = a,
                        .space = SPACE_INVOICE};
    struct view_key all = view_key(SPACE_INVOICE);
    struct view_key own = key_number(SPACE_CUSTOMER_INVOICE, q->customer);
    return q->customer == 0 ? list_values(&l, &all, true, e) : list_indexed(&l, &own, true, e);
}

/* ---- of a run ---- */

struct run_list {
    uint64_t run, last; /* its number, and where the numbers of its invoices end */
    invoice_row_fn *row;
    void *context;
    struct arena *arena, *scratch;
};

static enum err visit_run(void *context, struct bytes key, struct bytes value, struct error *e)
{
    struct run_list *l = context;
    struct invoice v = {0};
    if (key_tail(key, 8) > l->last) return ERR_NOT_FOUND;
    arena_reset(l->scratch);
    enum err err = schema_decode(&v, &schema_invoice, value, l->scratch, e);
    if (err != OK || v.run != l->run) return err;
    err = schema_decode(&v, &schema_invoice, bytes_copy(l->arena, value), l->arena, e);
    return err != OK ? err : l->row(l->context, &v, e);
}

/* A run's invoices have numbers that follow each other, but for those that somebody made by hand meanwhile.
 */
enum err list_run_invoices(struct views_txn *t, uint64_t run, invoice_row_fn *row, void *context,
                           struct arena *a, struct error *e)
{
    struct run_row r = {.last_invoice = 0};
    struct view_key k = key_number(SPACE_RUN, run);
    enum err err = row_load(&r, &row_run, t, &k, "run run_", run, a, e);
    if (err != OK || r.first_invoice == 0) return err;
    struct run_list l = {run, r.last_invoice, row, context, a, arena_new()};
    struct view_key from = key_number(SPACE_INVOICE, r.first_invoice);
    err = views_scan(t, &from, 1, false, visit_run, &l, e);
    arena_free(l.scratch);
    return err;
}
