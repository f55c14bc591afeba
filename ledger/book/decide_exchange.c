/* SPDX-License-Identifier: MIT */
/* decide_exchange.c - exchange rates, and the tax of a document in the currency that the seller owes it in
 * (Directive 2006/112/EC, articles 91 and 230: a document may be in any currency, its tax must be told in
 * that of the member state). */
#include "ledger/book/decide_shared.h"

enum err decide_exchange_rate_set(struct decision *out, const struct facts *f,
                                  const struct exchange_rate_set_command *c, struct arena *a, struct error *e)
{
    char from[4] = "", to[4] = "";
    (void)f;
    enum err err = currency_parse(from, c->from, e);
    if (err == OK) err = currency_parse(to, c->to, e);
    if (err != OK) return err;
    if (strcmp(from, to) == 0) return fail(e, ERR_INVALID, "to: %s is worth itself", to);
    if (decimal_compare(c->rate, decimal_of(0)) <= 0)
        return fail(e, ERR_INVALID, "rate: more than nothing is expected");
    event_add(&out->events, EVENT_EXCHANGE_RATE_SET, a)->exchange_rate_set =
        (struct exchange_rate_set){c->from, c->to, c->rate, c->on, c->source};
    return OK;
}

/* ---- of a document ---- */

static const struct invoice *credited_by(const struct facts *f, uint64_t number)
{
    if (f->invoice != NULL && f->invoice->invoice == number) return f->invoice;
    for (size_t i = 0; i < f->credited_count; i++)
        if (f->credited[i].invoice == number) return &f->credited[i];
    return NULL;
}

/* What gives back of one invoice alone takes its rate, so that its tax is given back as it was owed. */
static bool take_credited(struct converted_tax *out, const struct invoice_finalized *d, const struct facts *f)
{
    uint64_t number = d->lines_count > 0 ? d->lines[0].credits : 0;
    for (size_t i = 0; i < d->lines_count; i++)
        if (d->lines[i].credits != number) return false;
    const struct invoice *v = number != 0 && number != d->invoice ? credited_by(f, number) : NULL;
    if (v == NULL || !str_is(f->seller->tax_currency, v->national.tax.currency)) return false;
    *out = v->national;
    return true;
}

static enum err find_rate(struct converted_tax *out, const struct invoice_finalized *d, const struct facts *f,
                          struct arena *a, struct error *e)
{
    for (size_t i = 0; i < f->rates_count; i++) {
        const struct exchange_rate *r = &f->rates[i];
        if (!str_is(r->from, d->total.currency)) continue;
        if (date_days_between(r->on, d->issue_date) > LIMIT_RATE_DAYS) break;
        *out = (struct converted_tax){.rate = r->rate, .on = r->on, .source = r->source};
        return OK;
    }
    return fail(
        e, ERR_REFUSED,
        "no exchange rate of %s to %.*s is known of %.*s or the %d days before: its tax must be told in "
        "%.*s; set one with 'exchange-rate set'",
        d->total.currency, STR_ARG(f->seller->tax_currency), STR_ARG(date_text(a, d->issue_date)),
        LIMIT_RATE_DAYS, STR_ARG(f->seller->tax_currency));
}

enum err exchange_of(struct converted_tax *out, const struct invoice_finalized *d, const struct facts *f,
                     struct arena *a, struct error *e)
{
    return take_credited(out, d, f) ? OK : find_rate(out, d, f, a, e);
}

enum err convert_tax(struct invoice_finalized *d, const struct facts *f, struct arena *a, struct error *e)
{
    char currency[4] = "";
    struct converted_tax national = {0};
    if (f->seller == NULL || f->seller->tax_currency.len == 0 || money_is_zero(d->tax) ||
        str_is(f->seller->tax_currency, d->total.currency))
        return OK;
    enum err err = currency_parse(currency, f->seller->tax_currency, e);
    if (err == OK) err = exchange_of(&national, d, f, a, e);
    if (err == OK) err = money_multiply(&national.tax, national.rate, money_decimal(d->tax), currency, e);
    if (err == OK) d->national = national;
    return err;
}
