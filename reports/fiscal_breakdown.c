/* SPDX-License-Identifier: MIT */
/* fiscal_breakdown.c - how Spain's tax agency wants the taxes of a document told apart: by the lists L8A
 * (ClaveRegimen), L9 (CalificacionOperacion) and L10 (OperacionExenta) of Order HAC/1177/2024, from the
 * categories of EN 16931 that the ledger has. */
#include "reports/fiscal_export.h"

#define REGIME_COMMON    "01"
#define REGIME_EXPORT    "02"
#define REGIME_ONE_STOP  "17" /* tax of another member state, by the one-stop shop */
#define SUBJECT          "S1"
#define SUBJECT_REVERSED "S2" /* the buyer owes the tax */
#define OUTSIDE          "N1" /* not subject: articles 7 and 14 */
#define OUTSIDE_BY_PLACE "N2" /* not subject: it is supplied elsewhere */

struct breaking {
    struct spanish_detail *details;
    size_t count;
    const struct fiscal_recorded *record;
    bool abroad; /* the buyer */
};

static enum err add(struct breaking *b, struct spanish_detail d, struct error *e)
{
    enum err err = OK;
    struct decimal rate = b->record->rate;
    if (!decimal_is_zero(rate)) {
        const char *currency = b->record->total.currency;
        err = money_multiply(&d.base, rate, money_decimal(d.base), currency, e);
        if (err == OK) err = money_multiply(&d.tax, rate, money_decimal(d.tax), currency, e);
    }
    if (err != OK) return err;
    if (b->count == SPANISH_DETAILS_MAX)
        return fail(e, ERR_REFUSED, "it has more than the %d taxes that the form has room for",
                    SPANISH_DETAILS_MAX);
    b->details[b->count++] = d;
    return OK;
}

static enum err add_tax(struct breaking *b, const struct tax_total *t, struct error *e)
{
    static const struct {
        const char *category, *regime, *exempt;
    } exemptions[] = {{"E", REGIME_COMMON, "E1"}, {"G", REGIME_EXPORT, "E2"}, {"K", REGIME_COMMON, "E5"}};
    struct spanish_detail d = {.regime = REGIME_COMMON, .base = t->taxable, .tax = t->amount};
    bool taxed = decimal_compare(t->percent, decimal_of(0)) > 0;
    for (size_t i = 0; i < sizeof exemptions / sizeof exemptions[0] && !taxed; i++) {
        if (!str_is(t->category, exemptions[i].category)) continue;
        d.regime = exemptions[i].regime;
        d.exempt = exemptions[i].exempt;
        return add(b, d, e);
    }
    if (taxed && !fiscal_is_own_tax(FISCAL_CHAIN_VERIFACTU, t->jurisdiction)) {
        d.regime = REGIME_ONE_STOP;
        d.subject = OUTSIDE_BY_PLACE;
        d.base.minor += d.tax.minor; /* both are none of Spain's, and parts of the total */
        return add(b, d, e);
    }
    bool reversed = str_is(t->category, "AE"), outside = str_is(t->category, "O");
    d.subject = (reversed || outside) && b->abroad ? OUTSIDE_BY_PLACE
                : reversed                         ? SUBJECT_REVERSED
                : outside                          ? OUTSIDE
                                                   : SUBJECT;
    d.has_rate = d.subject[0] == 'S';
    d.rate = t->percent;
    return add(b, d, e);
}

enum err spanish_breakdown(struct spanish_detail *out, size_t *count, const struct invoice *v,
                           const struct fiscal_recorded *r, struct str buyer_country, struct error *e)
{
    struct breaking b = {
        .details = out, .record = r, .abroad = buyer_country.len > 0 && !str_is(buyer_country, "ES")};
    struct money untaxed = money_zero(v->total);
    enum err err = OK;
    bool has_untaxed = false;
    for (size_t i = 0; i < v->taxes_count && err == OK; i++) err = add_tax(&b, &v->taxes[i], e);
    for (size_t i = 0; i < v->lines_count && err == OK; i++) {
        const struct line *l = &v->lines[i];
        if (l->taxes_count > 1)
            err = fail(e, ERR_REFUSED, "line %zu has two taxes, and the form has room for one", i + 1);
        if (l->taxes_count > 0) continue;
        has_untaxed = true;
        if (err == OK) err = money_add(&untaxed, untaxed, net_of(l->amount, l->discount), e);
    }
    if (err == OK && (has_untaxed || b.count == 0))
        err = add(&b,
                  (struct spanish_detail){.regime = REGIME_COMMON,
                                          .subject = b.abroad ? OUTSIDE_BY_PLACE : OUTSIDE,
                                          .base = untaxed,
                                          .tax = money_zero(untaxed)},
                  e);
    *count = b.count;
    return err;
}
