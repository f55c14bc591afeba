/* SPDX-License-Identifier: MIT */
/* decide_void.c - invoices that are not to be paid: a void takes back what should never have been issued, a
 * write-off gives up what will not come. Which states allow it stands in invoice_moves.def. */
#include "ledger/book/crediting.h"
#include "ledger/book/decide_shared.h"

enum err need_invoice(const struct facts *f, struct str named, struct error *e)
{
    struct str shown = text_quotable(named);
    if (f->invoice == NULL) return fail(e, ERR_NOT_FOUND, "no invoice '%.*s'", STR_ARG(shown));
    if (f->invoice->kind == INVOICE_INVOICE) return OK;
    return fail(e, ERR_REFUSED, "'%.*s' is a credit note, not an invoice", STR_ARG(f->invoice->number));
}

/* "invoice 'INV-2025-000001' is paid and cannot be voided" */
static enum err check_move(const struct invoice *v, enum invoice_status to, const char *done, struct error *e)
{
    if (invoice_may_move(v->status, to)) return OK;
    struct str status = str_of(choice_invoice_status.words[v->status]);
    const char *said = v->status == INVOICE_PARTIALLY_PAID ? "partially paid" : status.ptr;
    return fail(e, ERR_REFUSED, "invoice '%.*s' is %s and cannot be %s", STR_ARG(v->number), said, done);
}

/* A change since then gives a part of it back, on the next document. */
static bool is_credited_by_item(const struct facts *f, const struct invoice *v)
{
    for (size_t i = 0; i < f->items_count; i++) {
        if (f->items[i].line.credits == v->invoice) return true;
    }
    return false;
}

/* A grant outlives the document that sold it, and what a grant has paid is gone from it. */
static enum err check_wallet(const struct invoice *v, struct error *e)
{
    bool sells = false;
    for (size_t i = 0; i < v->lines_count; i++) sells = sells || v->lines[i].kind == LINE_PREPAID;
    if (sells) {
        return fail(e, ERR_REFUSED,
                    "invoice '%.*s' is for prepaid credit and cannot be voided: void the grant",
                    STR_ARG(v->number));
    }
    if (v->returns_count > 0) {
        return fail(e, ERR_REFUSED, "invoice '%.*s' gave prepaid credit back and cannot be voided: credit it",
                    STR_ARG(v->number));
    }
    if (v->wallet_count == 0) return OK;
    return fail(e, ERR_REFUSED, "invoice '%.*s' was paid by prepaid credit and cannot be voided: credit it",
                STR_ARG(v->number));
}

static enum err check_untouched(const struct facts *f, const struct invoice *v, struct error *e)
{
    bool credited = !money_is_zero(v->credited) || v->credits_count > 0 || is_credited_by_item(f, v);
    bool paid = !money_is_zero(v->paid);
    if (!paid && !credited) return OK;
    return fail(e, ERR_REFUSED, "invoice '%.*s' was %s in part and cannot be voided: credit it",
                STR_ARG(v->number), credited ? "credited" : "paid");
}

enum err decide_invoice_void(struct decision *out, const struct facts *f,
                             const struct invoice_void_command *c, struct arena *a, struct error *e)
{
    const struct invoice *v = f->invoice;
    enum err err = need_invoice(f, c->invoice, e);
    if (err == OK) err = check_move(v, INVOICE_VOID, "voided", e);
    if (err == OK) err = check_wallet(v, e);
    if (err == OK) err = check_untouched(f, v, e);
    if (err == OK) err = check_not_pending(f, v, "void it", e);
    if (err != OK) return err;
    struct event *ev = event_add(&out->events, EVENT_INVOICE_VOIDED, a);
    ev->invoice_voided = (struct invoice_voided){.invoice = v->invoice,
                                                 .customer = v->customer,
                                                 .number = v->number,
                                                 .on = f->today,
                                                 .reason = c->reason,
                                                 .total = v->total,
                                                 .credit_applied = v->credit_applied,
                                                 .written_off = v->written_off,
                                                 .lines = v->lines,
                                                 .lines_count = v->lines_count,
                                                 .discounts = v->discounts,
                                                 .discounts_count = v->discounts_count};
    const struct event document = *ev; /* the list may move */
    const struct allocation all = {v->invoice, v->amount_due};
    return restore_subscriptions(out, f, &all, 1, &document, a, e);
}

enum err decide_invoice_write_off(struct decision *out, const struct facts *f,
                                  const struct invoice_write_off_command *c, struct arena *a, struct error *e)
{
    struct money owed = {0};
    const struct invoice *v = f->invoice;
    enum err err = need_invoice(f, c->invoice, e);
    if (err == OK) err = check_move(v, INVOICE_UNCOLLECTIBLE, "written off", e);
    if (err == OK) err = invoice_owed(&owed, v, e);
    if (err != OK) return err;
    struct event *ev = event_add(&out->events, EVENT_INVOICE_WRITTEN_OFF, a);
    ev->invoice_written_off = (struct invoice_written_off){.invoice = v->invoice,
                                                           .customer = v->customer,
                                                           .number = v->number,
                                                           .on = f->today,
                                                           .reason = c->reason,
                                                           .amount = owed};
    const struct allocation all = {v->invoice, owed};
    return restore_subscriptions(out, f, &all, 1, NULL, a, e);
}
