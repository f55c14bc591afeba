/* SPDX-License-Identifier: MIT */
/* balances.c - what a customer has with us and what open invoices still ask of him, per currency and invoice.
 * The same events move the accounts of the postings by the same amounts; a test holds the two against each
 * other. */
#include "ledger/book.h"
#include "projections/fold.h"

static struct balance *balance_of(struct customer *c, const char *currency, struct arena *a)
{
    size_t at = 0;
    while (at < c->balances_count && strcmp(c->balances[at].credit.currency, currency) != 0) at++;
    bool is_new = at == c->balances_count;
    struct balance *balances = arena_array_of(a, struct balance, c->balances_count + 1);
    if (c->balances_count > 0) memcpy(balances, c->balances, c->balances_count * sizeof(*balances));
    if (is_new)
        balances[c->balances_count++] = (struct balance){money_of(0, currency), money_of(0, currency)};
    c->balances = balances;
    return &balances[at];
}

static enum err move(struct customer *c, struct money credit, struct money receivable, struct arena *a,
                     struct error *e)
{
    if (money_is_zero(credit) && money_is_zero(receivable)) return OK;
    struct money like = money_is_given(credit) ? credit : receivable;
    struct balance *b = balance_of(c, like.currency, a);
    enum err err = money_add(&b->credit, b->credit, credit, e);
    if (err == OK) err = money_add(&b->receivable, b->receivable, receivable, e);
    return err;
}

static enum err allocated(struct money *out, const struct allocation *parts, size_t count, struct error *e)
{
    enum err err = OK;
    for (size_t i = 0; err == OK && i < count; i++) err = money_add(out, *out, parts[i].amount, e);
    return err;
}

/* What has been written off is asked for no more; as it is paid or settled it is, and is settled at once. */
static enum err by_invoice(struct customer *c, const struct invoice_finalized *v, struct arena *a,
                           struct error *e)
{
    struct money settles = money_zero(v->total), recovers = settles, credit = {0}, receivable = {0};
    enum err err = invoice_to_balance(&credit, v, e);
    if (err == OK) err = allocated(&settles, v->settles, v->settles_count, e);
    if (err == OK) err = allocated(&recovers, v->recovers, v->recovers_count, e);
    if (err == OK) err = money_subtract(&receivable, v->amount_due, settles, e);
    if (err == OK) err = money_add(&receivable, receivable, recovers, e);
    return err != OK ? err : move(c, credit, receivable, a, e);
}

static enum err by_void(struct customer *c, const struct invoice_voided *v, struct arena *a, struct error *e)
{
    struct money asked = {0};
    enum err err = money_subtract(&asked, v->total, v->credit_applied, e);
    if (err == OK) err = money_subtract(&asked, asked, v->written_off, e);
    return err != OK ? err : move(c, v->credit_applied, money_negate(asked), a, e);
}

static enum err by_payment(struct customer *c, const struct payment_succeeded *v, struct arena *a,
                           struct error *e)
{
    struct money pays = money_zero(v->amount), recovers = pays;
    enum err err = allocated(&pays, v->pays, v->pays_count, e);
    if (err == OK) err = allocated(&recovers, v->recovers, v->recovers_count, e);
    if (err == OK) err = money_subtract(&recovers, recovers, pays, e);
    return err != OK ? err : move(c, v->credited, recovers, a, e);
}

enum err balances_change(struct customer *c, const struct event *ev, struct arena *a, struct error *e)
{
    struct money none = {0};
    if (ev->type == EVENT_INVOICE_FINALIZED) return by_invoice(c, &ev->invoice_finalized, a, e);
    if (ev->type == EVENT_INVOICE_VOIDED) return by_void(c, &ev->invoice_voided, a, e);
    if (ev->type == EVENT_INVOICE_WRITTEN_OFF)
        return move(c, none, money_negate(ev->invoice_written_off.amount), a, e);
    if (ev->type == EVENT_PAYMENT_SUCCEEDED) return by_payment(c, &ev->payment_succeeded, a, e);
    if (ev->type == EVENT_REFUND_REQUESTED)
        return move(c, money_negate(ev->refund_requested.from_credit), none, a, e);
    if (ev->type == EVENT_REFUND_FAILED) return move(c, ev->refund_failed.from_credit, none, a, e);
    if (ev->type == EVENT_REFUND_RETURNED) return move(c, ev->refund_returned.to_credit, none, a, e);
    if (ev->type == EVENT_OBJECT_IMPORTED) return move(c, ev->object_imported.opening, none, a, e);
    return OK;
}

/* ---- open invoices ---- */

struct open_list {
    struct open_invoice *items;
    size_t count;
};

static enum err take_parts(struct open_list *l, const struct allocation *parts, size_t count, struct error *e)
{
    for (size_t i = 0; i < count; i++) {
        size_t at = 0;
        while (at < l->count && l->items[at].invoice != parts[i].invoice) at++;
        if (at == l->count) continue; /* paid more than it asked for */
        enum err err = money_subtract(&l->items[at].left, l->items[at].left, parts[i].amount, e);
        if (err != OK) return err;
        if (l->items[at].left.minor > 0) continue;
        l->count--;
        memmove(l->items + at, l->items + at + 1, (l->count - at) * sizeof(*l->items));
    }
    return OK;
}

/* It asks for nothing any more. */
static void close_one(struct open_list *l, uint64_t invoice)
{
    size_t left = 0;
    for (size_t i = 0; i < l->count; i++) {
        if (l->items[i].invoice != invoice) l->items[left++] = l->items[i];
    }
    l->count = left;
}

static enum err note_document(struct open_list *l, const struct invoice_finalized *v, struct error *e)
{
    enum err err = take_parts(l, v->settles, v->settles_count, e);
    if (v->amount_due.minor > 0)
        l->items[l->count++] =
            (struct open_invoice){.invoice = v->invoice, .left = v->amount_due, .due = v->due_date};
    return err;
}

/* ---- payments asked for ---- */

static void ask_for(struct customer_row *row, const struct payment_requested *v, struct instant at,
                    struct arena *a)
{
    struct open_invoice *open = arena_array_of(a, struct open_invoice, row->open_count);
    struct pending_payment *pending = arena_array_of(a, struct pending_payment, row->pending_count + 1);
    if (row->open_count > 0) memcpy(open, row->open, row->open_count * sizeof *open);
    if (row->pending_count > 0) memcpy(pending, row->pending, row->pending_count * sizeof *pending);
    for (size_t i = 0; i < row->open_count; i++) {
        if (open[i].invoice == v->invoice) open[i].asked = at;
    }
    pending[row->pending_count++] = (struct pending_payment){v->payment, v->invoice};
    row->open = open;
    row->pending = pending;
}

/* How the bank declined it; what follows from that, the catalog of the day says. */
static void note_decline(struct customer_row *row, const struct payment_failed *v, struct arena *a)
{
    struct open_invoice *open = arena_array_of(a, struct open_invoice, row->open_count);
    uint64_t invoice = 0;
    if (row->open_count == 0) return;
    for (size_t i = 0; i < row->pending_count; i++) {
        if (row->pending[i].payment == v->payment) invoice = row->pending[i].invoice;
    }
    for (size_t i = 0; i < row->open_count; i++) {
        open[i] = row->open[i];
        if (invoice == 0 || open[i].invoice != invoice) continue;
        open[i].code = str_copy(a, v->code);
        open[i].advice = str_copy(a, v->advice);
    }
    row->open = open;
}

static void note_answer(struct customer_row *row, uint64_t payment, struct arena *a)
{
    struct pending_payment *left = arena_array_of(a, struct pending_payment, row->pending_count);
    size_t count = 0;
    for (size_t i = 0; i < row->pending_count; i++) {
        if (row->pending[i].payment != payment) left[count++] = row->pending[i];
    }
    row->pending = left;
    row->pending_count = count;
}

void pending_payments_change(struct customer_row *row, const struct event *ev, struct instant at,
                             struct arena *a)
{
    if (ev->type == EVENT_PAYMENT_REQUESTED) ask_for(row, &ev->payment_requested, at, a);
    if (ev->type == EVENT_PAYMENT_SUCCEEDED) note_answer(row, ev->payment_succeeded.payment, a);
    if (ev->type == EVENT_PAYMENT_FAILED) note_decline(row, &ev->payment_failed, a);
    if (ev->type == EVENT_PAYMENT_FAILED) note_answer(row, ev->payment_failed.payment, a);
}

enum err open_invoices_change(struct customer_row *row, const struct event *ev, struct arena *a,
                              struct error *e)
{
    const struct payment_succeeded *p = &ev->payment_succeeded;
    struct open_list l = {arena_array_of(a, struct open_invoice, row->open_count + 1), row->open_count};
    enum err err = OK;
    if (l.count > 0) memcpy(l.items, row->open, l.count * sizeof(*l.items));
    if (ev->type == EVENT_INVOICE_FINALIZED) err = note_document(&l, &ev->invoice_finalized, e);
    if (ev->type == EVENT_PAYMENT_SUCCEEDED) err = take_parts(&l, p->pays, p->pays_count, e);
    if (ev->type == EVENT_INVOICE_VOIDED) close_one(&l, ev->invoice_voided.invoice);
    if (ev->type == EVENT_INVOICE_WRITTEN_OFF) close_one(&l, ev->invoice_written_off.invoice);
    row->open = l.items;
    row->open_count = l.count;
    row->customer.open_invoices = l.count;
    return err;
}
