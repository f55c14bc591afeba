/* SPDX-License-Identifier: MIT */
/* catalog_words.c - see catalog_words.h. Amounts are told without their currency, which stands beside them.
 */
#include "billing/catalog_words.h"

struct words {
    struct buffer text;
    struct arena *arena;
    const char *currency;
};

static void begin_sentence(struct words *w)
{
    if (w->text.len != 0) buffer_print(&w->text, "; ");
}

static struct str price_of(const struct words *w, struct decimal d)
{
    return price_text(w->arena, d, w->currency);
}

static struct str number_of(const struct words *w, struct decimal d)
{
    return decimal_text(w->arena, d);
}

/* ---- pricing models ---- */

struct pricing {
    enum pricing_model model;
    const char *unit; /* "each", "a seat" */
    struct decimal unit_price, package_size, percent, event_fee;
    const struct price_tier *tiers;
    size_t tiers_count;
};

/* "0.01 each and 5.00" */
static void add_tier_price(struct words *w, const struct pricing *g, const struct price_tier *t)
{
    bool by_unit = g->model != PRICING_STAIRSTEP && !decimal_is_zero(t->unit_price);
    bool flat = !decimal_is_zero(t->flat);
    if (!by_unit && !flat) buffer_print(&w->text, "free");
    if (by_unit) buffer_print(&w->text, "%.*s ", STR_ARG(price_of(w, t->unit_price)));
    if (by_unit && !decimal_is_zero(t->block))
        buffer_print(&w->text, "for each %.*s", STR_ARG(number_of(w, t->block)));
    else if (by_unit)
        buffer_print(&w->text, "%s", g->unit);
    if (flat) buffer_print(&w->text, "%s%.*s", by_unit ? " and " : "", STR_ARG(price_of(w, t->flat)));
}

static void add_tiers(struct words *w, const struct pricing *g)
{
    buffer_print(&w->text, "%s", choice_pricing_model.words[g->model]);
    for (size_t i = 0; i < g->tiers_count; i++) {
        const struct price_tier *t = &g->tiers[i];
        bool last = i + 1 == g->tiers_count;
        buffer_print(&w->text, "%s", i == 0 ? " " : ", ");
        if (!last) buffer_print(&w->text, "up to %.*s ", STR_ARG(number_of(w, t->up_to)));
        if (last && i > 0) buffer_print(&w->text, "above ");
        add_tier_price(w, g, t);
    }
}

static void add_percentage(struct words *w, const struct pricing *g)
{
    bool percent = !decimal_is_zero(g->percent), fee = !decimal_is_zero(g->event_fee);
    if (percent || !fee) buffer_print(&w->text, "%.*s %%", STR_ARG(number_of(w, g->percent)));
    if (fee)
        buffer_print(&w->text, "%s%.*s a reading", percent ? " and " : "",
                     STR_ARG(price_of(w, g->event_fee)));
}

static void add_pricing(struct words *w, const struct pricing *g)
{
    struct str price = price_of(w, g->unit_price);
    switch (g->model) {
    case PRICING_PER_UNIT: buffer_print(&w->text, "%.*s %s", STR_ARG(price), g->unit); break;
    case PRICING_FLAT: buffer_print(&w->text, "%.*s once", STR_ARG(price)); break;
    case PRICING_PACKAGE:
        buffer_print(&w->text, "%.*s for each %.*s", STR_ARG(price), STR_ARG(number_of(w, g->package_size)));
        break;
    case PRICING_PERCENTAGE: add_percentage(w, g); break;
    case PRICING_GRADUATED:
    case PRICING_VOLUME:
    case PRICING_STAIRSTEP: add_tiers(w, g); break;
    }
}

/* ---- sentences ---- */

static void add_rate(struct words *w, const struct rate *r)
{
    struct pricing g = {r->model,   "each",       r->unit_price, r->package_size,
                        r->percent, r->event_fee, r->tiers,      r->tiers_count};
    bool quota = !decimal_is_zero(r->included);
    begin_sentence(w);
    buffer_print(&w->text, "%.*s: ", STR_ARG(r->name.len != 0 ? r->name : r->usage_type));
    if (r->unlimited) buffer_print(&w->text, "unlimited");
    if (quota || (!r->billed && !r->unlimited))
        buffer_print(&w->text, "%.*s included", STR_ARG(number_of(w, r->included)));
    if (r->billed && quota) buffer_print(&w->text, ", then ");
    if (r->billed) add_pricing(w, &g);
    if (!decimal_is_zero(r->minimum))
        buffer_print(&w->text, ", at least %.*s", STR_ARG(price_of(w, r->minimum)));
    if (!decimal_is_zero(r->maximum))
        buffer_print(&w->text, ", at most %.*s", STR_ARG(price_of(w, r->maximum)));
    if (r->in_advance) buffer_print(&w->text, ", charged as it is used");
}

static void add_fee(struct words *w, const struct fee *f)
{
    struct pricing g = {.model = f->model,
                        .unit = f->per_seat ? "a seat" : "a period",
                        .unit_price = f->unit_price,
                        .package_size = f->package_size,
                        .tiers = f->tiers,
                        .tiers_count = f->tiers_count};
    begin_sentence(w);
    buffer_print(&w->text, "%.*s: ", STR_ARG(f->name));
    if (!decimal_is_zero(f->included))
        buffer_print(&w->text, "%.*s seats included, then ", STR_ARG(number_of(w, f->included)));
    add_pricing(w, &g);
}

static void add_trial(struct words *w, const struct price *p)
{
    static const char *const ends[] = {
        [TRIAL_CONVERTS] = "is charged", [TRIAL_CANCELS] = "is canceled", [TRIAL_PAUSES] = "is paused"};
    begin_sentence(w);
    buffer_print(&w->text, "trial of %ju days", (uintmax_t)p->trial_days);
    if (!p->trial_without_method) return;
    buffer_print(&w->text, ", needs no payment method and without one %s", ends[p->trial_end]);
}

static void add_periods(struct words *w, const struct price *p)
{
    bool by_day = p->proration == PRORATE_BY_DAY;
    begin_sentence(w);
    if (p->proration == PRORATE_NOT)
        buffer_print(&w->text, "not prorated");
    else if (!by_day)
        buffer_print(&w->text, "prorated by the %s", choice_proration.words[p->proration]);
    if (p->fixed_days != 0)
        buffer_print(&w->text, "%sa period counts as %ju days", by_day ? "" : ", ", (uintmax_t)p->fixed_days);
}

static void add_words(struct words *w, const char *words)
{
    begin_sentence(w);
    buffer_print(&w->text, "%s", words);
}

struct str price_words(const struct price *p, struct arena *a)
{
    struct words w = {.text = {.arena = a}, .arena = a, .currency = p->amount.currency};
    for (size_t i = 0; i < p->fees_count; i++) add_fee(&w, &p->fees[i]);
    for (size_t i = 0; i < p->rates_count; i++) add_rate(&w, &p->rates[i]);
    if (p->in_arrears) add_words(&w, "charged in arrears");
    if (p->alignment == ALIGN_CALENDAR) add_words(&w, "periods of the calendar");
    if (p->proration != PRORATE_BY_DAY || p->fixed_days != 0) add_periods(&w, p);
    if (p->trial_days != 0) add_trial(&w, p);
    if (money_is_given(p->commitment)) {
        begin_sentence(&w);
        buffer_print(&w.text, "at least %.*s in all", STR_ARG(money_text(a, p->commitment)));
    }
    if (p->tax_inclusive) add_words(&w, "tax is included");
    return (struct str){(const char *)w.text.ptr, w.text.len};
}
