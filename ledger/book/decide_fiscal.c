/* SPDX-License-Identifier: MIT */
/* decide_fiscal.c - the fiscal chain: each document that a decision finalizes, and each that it voids, is
 * recorded in the decision itself, behind all else that it decides. So a document and its record are there
 * together or not at all, and the chain has no gap, whatever is killed or run again. What the chain goes on
 * from is a fact like any other: documents of one decision go on from each other, and a decision from what
 * was folded of those before it, also in the same commit. */
#include "ledger/book/decide_shared.h"
#include "ledger/book/fiscal.h"

static const char office_currency[] = "EUR";

/* ---- one record ---- */

static struct str clock_text(const struct facts *f, struct arena *a)
{
    enum { SECOND = 1000000, MINUTE = 60, HOUR = 3600, TO_SECOND = 19 };
    int64_t second = f->now.us / SECOND + f->clock_ahead;
    int64_t ahead = f->clock_ahead < 0 ? -f->clock_ahead : f->clock_ahead;
    struct str local = instant_text(a, (struct instant){second * SECOND});
    return str_format(a, "%.*s%c%02d:%02d", TO_SECOND, local.ptr, f->clock_ahead < 0 ? '-' : '+',
                      (int)(ahead / HOUR), (int)(ahead % HOUR / MINUTE));
}

/* Behind the one before it, which it becomes. What wants a key stays open: see ledger/fiscal_sign.c. */
static void add_record(struct decision *out, struct fiscal_recorded *r, struct fiscal_recorded *last,
                       struct arena *a)
{
    r->place = last->place + 1;
    r->previous = last->hash;
    r->previous_number = last->number;
    r->previous_date = last->issue_date;
    if (r->chain == FISCAL_CHAIN_VERIFACTU) r->hash = fiscal_hash(a, r);
    event_add(&out->events, EVENT_FISCAL_RECORDED, a)->fiscal_recorded = *r;
    *last = *r;
}

/* ---- of a document ---- */

/* Simplified where the buyer has no tax number; a correction is one by articles 80.1 and 80.2 of the VAT law,
 * which is what credit notes are for: discounts, returns, contracts that ended. */
static struct str spanish_type(const struct facts *f, const struct invoice_finalized *d)
{
    bool identified = f->customer->party.tax_id.len > 0 || f->customer->tax_country.len > 0;
    if (d->kind == INVOICE_CREDIT_NOTE) return identified ? STR("R1") : STR("R5");
    return identified ? STR("F1") : STR("F2");
}

static enum err put_amounts(struct fiscal_recorded *r, const struct invoice_finalized *d,
                            const struct facts *f, struct arena *a, struct error *e)
{
    struct converted_tax rate = {0};
    struct money tax = fiscal_tax(r->chain, d->taxes, d->taxes_count, money_zero(d->total));
    r->tax = tax;
    r->total = d->total;
    if (strcmp(d->total.currency, office_currency) == 0) return OK;
    if (!str_is(f->seller->tax_currency, office_currency))
        return fail(
            e, ERR_REFUSED,
            "a document in %s: the %s chain counts in %s, and what that is worth follows from 'seller "
            "set --tax-currency %s' and 'exchange-rate set'",
            d->total.currency, choice_fiscal_chain.words[r->chain], office_currency, office_currency);
    enum err err = exchange_of(&rate, d, f, a, e);
    r->rate = rate.rate;
    if (err == OK) err = money_multiply(&r->tax, r->rate, money_decimal(tax), office_currency, e);
    return err == OK ? money_multiply(&r->total, r->rate, money_decimal(d->total), office_currency, e) : err;
}

static enum err put_portuguese(struct fiscal_recorded *r, const struct facts *f,
                               const struct invoice_finalized *d, struct arena *a, struct error *e)
{
    r->series = d->series;
    r->document_type = d->kind == INVOICE_CREDIT_NOTE ? STR("NC") : STR("FT");
    r->key_version = f->seller->fiscal_key_version;
    struct str code = fiscal_series_code(f->seller->series_codes, d->series);
    if (code.len == 0)
        return fail(e, ERR_REFUSED,
                    "series %.*s has no validation code of the tax office: 'seller set --series-codes' has "
                    "those of all series",
                    STR_ARG(d->series));
    r->code = str_format(a, "%.*s-%ju", STR_ARG(code), (uintmax_t)d->serial);
    return OK;
}

static enum err record_issue(struct decision *out, struct fiscal_recorded *last, const struct facts *f,
                             const struct invoice_finalized *d, struct arena *a, struct error *e)
{
    struct fiscal_recorded r = {.chain = f->seller->fiscal_chain,
                                .record = FISCAL_ISSUE,
                                .customer = d->customer,
                                .invoice = d->invoice,
                                .number = fiscal_number(a, f->seller->fiscal_chain, d),
                                .issue_date = d->issue_date,
                                .generated_at = clock_text(f, a)};
    enum err err = fiscal_issuer(&r.issuer, &f->seller->party, r.chain, a, e);
    if (r.chain == FISCAL_CHAIN_VERIFACTU)
        r.document_type = spanish_type(f, d);
    else if (err == OK)
        err = put_portuguese(&r, f, d, a, e);
    if (err == OK) err = put_amounts(&r, d, f, a, e);
    if (err == OK) add_record(out, &r, last, a);
    return err;
}

/* Goes on in the chain in which the document stands, whatever the seller has set since. */
static void record_annulment(struct decision *out, struct fiscal_recorded *last, const struct facts *f,
                             const struct invoice_voided *v, struct arena *a)
{
    struct fiscal_recorded r = {.chain = f->fiscal_own->chain,
                                .record = FISCAL_ANNULMENT,
                                .customer = v->customer,
                                .invoice = v->invoice,
                                .issuer = f->fiscal_own->issuer,
                                .number = f->fiscal_own->number,
                                .issue_date = f->fiscal_own->issue_date,
                                .generated_at = clock_text(f, a)};
    add_record(out, &r, last, a);
}

enum err record_documents(struct decision *out, const struct facts *f, struct arena *a, struct error *e)
{
    struct fiscal_recorded last = {0}, last_note = {0};
    bool on = f->seller != NULL && fiscal_chain_is_on(f->seller->fiscal_chain);
    bool by_series = on && f->seller->fiscal_chain == FISCAL_CHAIN_SAFT_PT;
    size_t count = out->events.count;
    enum err err = OK;
    if (f->fiscal_last != NULL) last = *f->fiscal_last;
    if (f->fiscal_last_note != NULL) last_note = *f->fiscal_last_note;
    for (size_t i = 0; i < count && err == OK; i++) {
        const struct event ev = out->events.items[i]; /* the list may move */
        const struct invoice_finalized *d = &ev.invoice_finalized;
        if (on && ev.type == EVENT_INVOICE_FINALIZED) {
            bool note = by_series && d->kind == INVOICE_CREDIT_NOTE;
            err = record_issue(out, note ? &last_note : &last, f, d, a, e);
        }
        if (f->fiscal_own != NULL && ev.type == EVENT_INVOICE_VOIDED)
            record_annulment(out, &last, f, &ev.invoice_voided, a);
    }
    return err;
}
