/* SPDX-License-Identifier: MIT */
/* balances.c - what a customer has with us and what open invoices still ask of him, per currency and invoice.
 * The same events move the accounts of the postings by the same amounts; a test holds the two against each
 * other. */
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

/* An invoice takes what it applies from the credit and asks for the rest. A credit note applies its total,
 * which is negative, and pays open invoices before the credit gets what is left. */
static enum err by_invoice(struct customer *c, const struct invoice_finalized *v, struct arena *a,
                           struct error *e)
{
    struct money settles = money_zero(v->total), credit = {0}, receivable = {0};
    enum err err = allocated(&settles, v->settles, v->settles_count, e);
    if (err == OK) err = money_subtract(&credit, money_negate(v->credit_applied), settles, e);
    if (err == OK) err = money_subtract(&receivable, v->amount_due, settles, e);
    return err != OK ? err : move(c, credit, receivable, a, e);
}

static enum err by_payment(struct customer *c, const struct payment_succeeded *v, struct arena *a,
                           struct error *e)
{
    struct money pays = money_zero(v->amount);
    enum err err = allocated(&pays, v->pays, v->pays_count, e);
    return err != OK ? err : move(c, v->credited, money_negate(pays), a, e);
}

enum err balances_change(struct customer *c, const struct event *ev, struct arena *a, struct error *e)
{
    struct money none = {0};
    if (ev->type == EVENT_INVOICE_FINALIZED) return by_invoice(c, &ev->invoice_finalized, a, e);
    if (ev->type == EVENT_PAYMENT_SUCCEEDED) return by_payment(c, &ev->payment_succeeded, a, e);
    if (ev->type == EVENT_REFUND_REQUESTED)
        return move(c, money_negate(ev->refund_requested.from_credit), none, a, e);
    if (ev->type == EVENT_REFUND_FAILED) return move(c, ev->refund_failed.from_credit, none, a, e);
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

enum err open_invoices_change(struct customer_row *row, const struct event *ev, struct arena *a,
                              struct error *e)
{
    bool invoice = ev->type == EVENT_INVOICE_FINALIZED;
    if (!invoice && ev->type != EVENT_PAYMENT_SUCCEEDED) return OK;
    const struct invoice_finalized *v = &ev->invoice_finalized;
    const struct payment_succeeded *p = &ev->payment_succeeded;
    struct open_list l = {arena_array_of(a, struct open_invoice, row->open_count + 1), row->open_count};
    if (l.count > 0) memcpy(l.items, row->open, l.count * sizeof(*l.items));
    enum err err =
        invoice ? take_parts(&l, v->settles, v->settles_count, e) : take_parts(&l, p->pays, p->pays_count, e);
    if (invoice && v->amount_due.minor > 0)
        l.items[l.count++] = (struct open_invoice){v->invoice, v->amount_due, v->due_date};
    row->open = l.items;
    row->open_count = l.count;
    row->customer.open_invoices = l.count;
    return err;
}
