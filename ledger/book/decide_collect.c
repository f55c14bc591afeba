/* SPDX-License-Identifier: MIT */
/* decide_collect.c - what a night asks of payment methods for invoices that are there: those that nobody was
 * asked to pay yet, whatever command made them. */
#include "ledger/book/decide_shared.h"

/* An answer that is not known yet may be a payment of the invoice. */
static bool is_pending(const struct facts *f, uint64_t invoice)
{
    for (size_t i = 0; i < f->pending_count; i++) {
        if (f->pending[i].invoice == invoice || f->pending[i].invoice == 0) return true;
    }
    return false;
}

enum err decide_customer_collect(struct decision *out, const struct facts *f,
                                 const struct customer_collect_command *c, struct arena *a, struct error *e)
{
    if (f->customer == NULL)
        return fail(e, ERR_NOT_FOUND, "no customer %llu", (unsigned long long)c->customer);
    const struct method *m = method_named(f, STR_NONE);
    struct payment_wish wish = {.number = f->counters.transaction, .gateway = c->gateway};
    if (m == NULL || c->gateway.len == 0) return OK;
    assert(f->open_count == f->open_invoices_count);
    for (size_t i = 0; i < f->open_count; i++) {
        const struct open_invoice *v = &f->open[i];
        if (instant_is_given(v->asked) || is_pending(f, v->invoice)) continue;
        wish.customer = f->customer->customer;
        wish.method = m->method;
        wish.invoice = v->invoice;
        wish.amount = v->left;
        wish.description = str_format(a, "Invoice %.*s", STR_ARG(f->open_invoices[i].number));
        add_payment_request(out, f, &wish, a);
        wish.number++;
    }
    return OK;
}
