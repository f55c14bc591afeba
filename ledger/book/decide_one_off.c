/* SPDX-License-Identifier: MIT */
/* decide_one_off.c - an invoice of its own for something that is sold once. What waits for the next invoice,
 * and what is due of subscriptions, stays where it is. */
#include "ledger/book/decide_shared.h"

/* Of each one as it was given; the line is rounded once. */
static enum err line_of(struct line *out, const struct invoice_one_off_command *c, const char *currency,
                        struct arena *a, struct error *e)
{
    struct money amount = {0};
    struct decimal quantity = decimal_is_zero(c->quantity) ? decimal_of(1) : c->quantity;
    if (decimal_is_negative(quantity)) return fail(e, ERR_INVALID, "quantity: more than nothing is wanted");
    enum err err = decimal_is_zero(c->quantity) ? money_exact(&amount, c->amount, currency, "amount", a, e)
                                                : money_multiply(&amount, c->amount, quantity, currency, e);
    if (err != OK) return err;
    if (amount.minor <= 0) return fail(e, ERR_INVALID, "amount: more than nothing is wanted");
    *out = (struct line){.kind = LINE_ITEM,
                         .description = c->description,
                         .quantity = quantity,
                         .unit_price = c->amount,
                         .amount = amount,
                         .tax = money_zero(amount),
                         .tax_code = c->tax_code,
                         .tax_inclusive = c->tax_inclusive};
    return OK;
}

enum err decide_invoice_one_off(struct decision *out, const struct facts *f,
                                const struct invoice_one_off_command *c, struct arena *a, struct error *e)
{
    char currency[4] = "";
    struct documents docs = {0};
    struct bill b = {.facts = f, .issue_date = f->issue_date};
    enum err err = need_customer(f, c->user, e);
    if (err == OK) err = currency_chosen(currency, c->currency, f->customer, e);
    if (err == OK) err = check_tax_code(f, c->tax_code, e);
    if (err == OK) err = line_of(line_add(&b.lines, a), c, currency, a, e);
    if (err != OK) return err;
    if (c->due_days > TERMS_DAYS_MAX)
        return fail(e, ERR_INVALID, "due_days: at most %d days are allowed", TERMS_DAYS_MAX);
    if (c->due_days != 0 || c->due_days_is_zero)
        b.due_date = date_add_days(b.issue_date, (int32_t)c->due_days);
    b.customer = f->customer->customer;
    err = documents_of(&docs, &b, a, e);
    return err == OK ? add_documents(out, f, &docs, a, e) : err;
}
