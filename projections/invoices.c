/* SPDX-License-Identifier: MIT */
/* invoices.c - every document ever finalized, what was paid on it since, and where to find it. The head and the lines are two
 * rows side by side: payments rewrite the head alone, and the lines never change again. */
#include "projections/fold.h"

struct view_key invoice_key(uint64_t invoice, enum invoice_part part)
{
    struct view_key k = key_number(SPACE_INVOICE, invoice);
    view_key_u32(&k, (uint32_t)part);
    return k;
}

static enum err head_need(struct invoice *out, struct views_txn *t, uint64_t invoice, struct arena *a, struct error *e)
{
    struct view_key k = invoice_key(invoice, INVOICE_HEAD);
    return row_need(out, &schema_invoice, t, &k, "invoice", invoice, a, e);
}

static enum err head_put(struct views_txn *t, const struct invoice *v, struct error *e)
{
    struct view_key k = invoice_key(v->invoice, INVOICE_HEAD);
    return views_put_record(t, &k, &schema_invoice, v, e);
}

/* ---- folds --------------------------------------------------------------------------------------------------------- */

static enum err open_put(struct views_txn *t, uint64_t customer, uint64_t invoice, bool open, struct arena *a,
                         struct error *e)
{
    struct view_key k = key_number(SPACE_OPEN_INVOICES, customer);
    struct numbers n = {0};
    enum err err = numbers_get(&n, t, &k, a, e);
    if (err != OK) return err;
    if (open)
        numbers_add(&n, invoice, a);
    else if (!numbers_remove(&n, invoice))
        return OK;
    return numbers_put(t, &k, &n, a, e);
}

static bool is_payable(const struct invoice *v)
{
    return v->status == INVOICE_OPEN || v->status == INVOICE_PARTIALLY_PAID;
}

static enum err pay(struct views_txn *t, const struct allocation *part, struct date on, struct arena *a, struct error *e)
{
    struct invoice v = {0};
    enum err err = head_need(&v, t, part->invoice, a, e);
    if (err == OK) err = money_add(&v.paid, v.paid, part->amount, e);
    if (err != OK) return err;
    bool settled = is_payable(&v) && money_compare(v.paid, v.amount_due) >= 0;
    if (settled) {
        v.status = INVOICE_PAID;
        v.paid_on = on;
        err = open_put(t, v.customer, v.invoice, false, a, e);
        if (err != OK) return err;
    } else if (v.status == INVOICE_OPEN) {
        v.status = INVOICE_PARTIALLY_PAID;
    }
    return head_put(t, &v, e);
}

static struct invoice head_of(const struct invoice_finalized *v, const struct event_place *place)
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
                            .subtotal = v->subtotal,
                            .tax = v->tax,
                            .total = v->total,
                            .credit_applied = v->credit_applied,
                            .amount_due = v->amount_due,
                            .paid = money_zero(v->total),
                            .refunded = money_zero(v->total),
                            .paid_on = open ? (struct date){0} : v->issue_date,
                            .rule_version = v->rule_version,
                            .seq = place->seq,
                            .leaf = place->leaf,
                            .finalized_at = place->at};
}

static enum err index_invoice(struct views_txn *t, const struct invoice_finalized *v, struct error *e)
{
    struct view_key by_customer = key_pair(SPACE_CUSTOMER_INVOICE, v->customer, v->invoice);
    enum err err = mark_put(t, &by_customer, e);
    if (err != OK) return err;
    uint8_t number[8];
    be64_put(number, v->invoice);
    struct view_key by_number = key_text(SPACE_INVOICE_NUMBER, t, v->series);
    view_key_u64(&by_number, v->serial);
    return views_put(t, &by_number, (struct bytes){number, sizeof(number)}, e);
}

static enum err keep_invoice(struct views_txn *t, const struct invoice_finalized *v, const struct event_place *place,
                             struct arena *a, struct error *e)
{
    struct invoice head = head_of(v, place);
    struct invoice_lines lines = {v->lines, v->lines_count};
    struct view_key k = invoice_key(v->invoice, INVOICE_LINES);
    enum err err = head_put(t, &head, e);
    if (err == OK) err = views_put_record(t, &k, &row_lines, &lines, e);
    if (err == OK) err = index_invoice(t, v, e);
    if (err == OK && head.status == INVOICE_OPEN) err = open_put(t, v->customer, v->invoice, true, a, e);
    for (size_t i = 0; err == OK && i < v->settles_count; i++) err = pay(t, &v->settles[i], v->issue_date, a, e);
    return err;
}

enum err fold_invoices(struct views_txn *t, const struct event *ev, const struct event_place *place, struct arena *a,
                       struct error *e)
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

enum err invoice_give_back(struct views_txn *t, uint64_t invoice, struct money *left, struct arena *a, struct error *e)
{
    struct invoice v = {0};
    struct money can = {0};
    enum err err = head_need(&v, t, invoice, a, e);
    if (err == OK) err = money_subtract(&can, v.paid, v.refunded, e);
    if (err != OK || can.minor <= 0) return err;
    can = money_min(can, *left);
    err = money_add(&v.refunded, v.refunded, can, e);
    if (err == OK) err = money_subtract(left, *left, can, e);
    return err != OK ? err : head_put(t, &v, e);
}

/* ---- single documents ---------------------------------------------------------------------------------------------- */

enum err open_invoices_get(struct numbers *out, struct views_txn *t, uint64_t customer, struct arena *a,
                           struct error *e)
{
    struct view_key k = key_number(SPACE_OPEN_INVOICES, customer);
    return numbers_get(out, t, &k, a, e);
}

enum err invoice_head_get(struct invoice *out, struct views_txn *t, uint64_t invoice, struct arena *a, struct error *e)
{
    struct view_key k = invoice_key(invoice, INVOICE_HEAD);
    return row_load(out, &schema_invoice, t, &k, "invoice", "inv", invoice, a, e);
}

enum err load_invoice(struct invoice *out, struct views_txn *t, uint64_t invoice, struct arena *a, struct error *e)
{
    struct view_key k = invoice_key(invoice, INVOICE_LINES);
    struct invoice_lines lines = {0};
    enum err err = invoice_head_get(out, t, invoice, a, e);
    if (err == OK) err = row_need(&lines, &row_lines, t, &k, "invoice", invoice, a, e);
    if (err != OK) return err;
    out->lines = lines.lines;
    out->lines_count = lines.lines_count;
    return OK;
}

/* A document number is its series, a hyphen and its serial: INV-2025 and 1 of INV-2025-000001. 0: it is none, or of none. */
static enum err number_find(uint64_t *out, struct views_txn *t, struct str number, struct error *e)
{
    size_t hyphen = number.len;
    while (hyphen > 0 && number.ptr[hyphen - 1] != '-') hyphen--;
    struct error unused;
    uint64_t serial = 0;
    *out = 0;
    if (hyphen == 0) return OK;
    if (uint_parse(&serial, (struct str){number.ptr + hyphen, number.len - hyphen}, &unused) != OK) return OK;
    struct view_key k = key_text(SPACE_INVOICE_NUMBER, t, (struct str){number.ptr, hyphen - 1});
    view_key_u64(&k, serial);
    struct bytes value = {0};
    enum err err = views_get(&value, t, &k, e);
    if (err == ERR_NOT_FOUND) return OK;
    if (err == OK) *out = key_tail(value, 8);
    return err;
}

enum err find_invoice(struct invoice *out, struct views_txn *t, struct str id_or_number, struct arena *a, struct error *e)
{
    uint64_t invoice = 0;
    struct error unused;
    bool by_number = public_id_parse(&invoice, "inv", id_or_number, &unused) != OK;
    enum err err = by_number ? number_find(&invoice, t, id_or_number, e) : OK;
    if (err == OK && invoice != 0) err = load_invoice(out, t, invoice, a, e);
    if (err != OK && err != ERR_NOT_FOUND) return err;
    if (err == OK && invoice != 0 && (!by_number || str_equal(out->number, id_or_number))) return OK;
    struct str shown = text_quotable(id_or_number);
    return fail(e, ERR_NOT_FOUND, "no invoice '%.*s'", STR_ARG(shown));
}
