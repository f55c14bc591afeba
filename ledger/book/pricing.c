/* SPDX-License-Identifier: MIT */
/* pricing.c - the models of prices. All of them turn a quantity into an exact number of major units; what
 * usage and fees add to that (quota, minimum, maximum, seats) stands below. Rounding is the last step, once.
 */
#include "ledger/book/pricing.h"

/* What rates and fees have in common. */
struct price_rule {
    enum pricing_model model;
    struct decimal unit_price;
    const struct price_tier *tiers;
    size_t tiers_count;
    struct decimal package_size;
    bool round_down, skip_zero;
    struct decimal percent;
};

/* ---- tiers ---- */

/* Whether the quantity goes past tier i: the last one has no end, whatever it says. */
static bool goes_past(const struct price_rule *p, size_t i, struct exact quantity)
{
    if (i + 1 == p->tiers_count || decimal_is_zero(p->tiers[i].up_to)) return false;
    return exact_compare(quantity, exact_of(p->tiers[i].up_to)) > 0;
}

/* Adds what `units` cost by the tier's price, by the block where it has blocks, and its flat amount. */
static enum err add_tier(struct exact *sum, const struct price_tier *t, struct exact units, struct error *e)
{
    struct exact cost = {0};
    enum err err = OK;
    if (!decimal_is_zero(t->block)) err = exact_times(&units, units, t->block, true, e);
    if (err == OK) err = exact_multiply(&cost, units, exact_of(t->unit_price), e);
    if (err == OK) err = exact_add(sum, *sum, cost, e);
    return err == OK ? exact_add(sum, *sum, exact_of(t->flat), e) : err;
}

static enum err graduated(struct exact *out, const struct price_rule *p, struct exact quantity,
                          struct error *e)
{
    struct exact below = {0};
    for (size_t i = 0;; i++) {
        bool more = goes_past(p, i, quantity);
        struct exact bound = more ? exact_of(p->tiers[i].up_to) : quantity, units = {0};
        enum err err = exact_subtract(&units, bound, below, e);
        if (err == OK) err = add_tier(out, &p->tiers[i], units, e);
        if (err != OK || !more) return err;
        below = bound;
    }
}

static const struct price_tier *tier_of(const struct price_rule *p, struct exact quantity)
{
    size_t i = 0;
    while (goes_past(p, i, quantity)) i++;
    return &p->tiers[i];
}

/* ---- models ---- */

/* What a quantity of nothing or more costs, in major units. */
static enum err cost_of(struct exact *out, const struct price_rule *p, struct exact quantity, struct error *e)
{
    enum err err = OK;
    *out = (struct exact){0};
    if (p->skip_zero && exact_sign(quantity) == 0) return OK;
    switch (p->model) {
    case PRICING_PER_UNIT: return exact_multiply(out, quantity, exact_of(p->unit_price), e);
    case PRICING_GRADUATED: return graduated(out, p, quantity, e);
    case PRICING_VOLUME: return add_tier(out, tier_of(p, quantity), quantity, e);
    case PRICING_STAIRSTEP: *out = exact_of(tier_of(p, quantity)->flat); return OK;
    case PRICING_PACKAGE:
        err = exact_times(&quantity, quantity, p->package_size, !p->round_down, e);
        return err == OK ? exact_multiply(out, quantity, exact_of(p->unit_price), e) : err;
    case PRICING_PERCENTAGE:
        err = exact_multiply(out, quantity, exact_of(p->percent), e);
        return err == OK ? exact_part(out, *out, 1, 100, e) : err;
    case PRICING_FLAT: *out = exact_of(p->unit_price); return OK;
    }
    WRONG("a model without a price");
}

/* ---- usage ---- */

static struct price_rule rule_of_rate(const struct rate *r)
{
    return (struct price_rule){.model = r->model,
                               .unit_price = r->unit_price,
                               .tiers = r->tiers,
                               .tiers_count = r->tiers_count,
                               .package_size = r->package_size,
                               .round_down = r->round_down,
                               .skip_zero = r->skip_zero,
                               .percent = r->percent};
}

static enum err past_quota(struct exact *out, const struct usage_measure *m, struct error *e)
{
    enum err err = exact_subtract(out, m->quantity, exact_of(m->included), e);
    if (err == OK && exact_sign(*out) < 0) *out = (struct exact){0};
    return err;
}

static enum err add_reading_fees(struct exact *cost, const struct rate *r, uint64_t readings, struct error *e)
{
    struct exact fees = {0};
    if (decimal_is_zero(r->event_fee)) return OK;
    enum err err = exact_part(&fees, exact_of(r->event_fee), (int64_t)readings, 1, e);
    return err == OK ? exact_add(cost, *cost, fees, e) : err;
}

/* At most the maximum and, with the true-up, at least the minimum; both for so many of the days. */
static enum err bound_cost(struct usage_cost *out, struct exact cost, const struct rate *r,
                           const struct usage_measure *m, const char *currency, struct error *e)
{
    struct exact least = {0}, most = {0};
    struct money minimum = {0};
    enum err err = exact_part(&least, exact_of(r->minimum), m->days, m->whole_days, e);
    if (err == OK) err = exact_part(&most, exact_of(r->maximum), m->days, m->whole_days, e);
    if (err != OK) return err;
    bool capped = !decimal_is_zero(r->maximum) && exact_compare(cost, most) > 0;
    err = exact_money(&out->amount, capped ? most : cost, currency, e);
    if (err == OK) err = exact_money(&minimum, least, currency, e);
    if (err != OK) return err;
    out->true_up = money_zero(minimum);
    return money_compare(out->amount, minimum) < 0 ? money_subtract(&out->true_up, minimum, out->amount, e)
                                                   : OK;
}

/* Units times their price where that is what the model does, and it gives the amount; else the amount once.
 */
static enum err show_units(struct usage_cost *out, const struct rate *r, struct error *e)
{
    struct exact units = out->past;
    struct money product = {0};
    enum err err = OK;
    bool by_unit = r->model == PRICING_PER_UNIT || r->model == PRICING_PACKAGE;
    if (r->model == PRICING_PACKAGE) err = exact_times(&units, units, r->package_size, !r->round_down, e);
    if (err == OK && by_unit) err = exact_decimal(&out->units, units, e);
    if (err == OK && by_unit)
        err = money_multiply(&product, r->unit_price, out->units, out->amount.currency, e);
    if (err != OK) return err;
    out->unit_price = r->unit_price;
    if (by_unit && money_compare(product, out->amount) == 0) return OK;
    out->units = decimal_of(1);
    out->unit_price = money_decimal(out->amount);
    return OK;
}

enum err usage_cost(struct usage_cost *out, const struct rate *r, const struct usage_measure *m,
                    const char *currency, struct error *e)
{
    assert(m->days >= 0 && m->whole_days > 0);
    struct price_rule rule = rule_of_rate(r);
    struct exact cost = {0};
    *out = (struct usage_cost){0};
    enum err err = past_quota(&out->past, m, e);
    if (err == OK) err = cost_of(&cost, &rule, out->past, e);
    if (err == OK) err = add_reading_fees(&cost, r, m->readings, e);
    if (err == OK) err = bound_cost(out, cost, r, m, currency, e);
    if (err == OK) err = show_units(out, r, e);
    return err == OK ? OK : wrap(e, "cannot price '%.*s'", STR_ARG(r->usage_type));
}

/* ---- fees ---- */

enum err fee_cost(struct money *out, const struct fee *f, uint64_t seats, const char *currency,
                  struct error *e)
{
    struct price_rule rule = {.model = f->model,
                              .unit_price = f->unit_price,
                              .tiers = f->tiers,
                              .tiers_count = f->tiers_count,
                              .package_size = f->package_size};
    struct exact units = exact_of(decimal_of(f->per_seat ? (int64_t)seats : 1)), cost = {0};
    enum err err = f->per_seat ? exact_subtract(&units, units, exact_of(f->included), e) : OK;
    bool all_included = !decimal_is_zero(f->included) && exact_sign(units) <= 0;
    if (err == OK && !all_included) err = cost_of(&cost, &rule, units, e);
    if (err == OK) err = exact_money(out, cost, currency, e);
    return err == OK ? OK : wrap(e, "cannot price '%.*s'", STR_ARG(f->code));
}
