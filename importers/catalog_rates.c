/* SPDX-License-Identifier: MIT */
/* catalog_rates.c - what usage and seats cost in a catalog file: which members a pricing model has, and which
 * of their values can be. It must never let a rate through that billing could not compute. */
#include "importers/catalog.h"

/* A price by quantity, as rates and fees have it. */
struct pricing {
    enum pricing_model model;
    struct decimal package_size;
    const struct price_tier *tiers;
    size_t tiers_count;
    const json_t *object;
};

/* ---- models ---- */

/* Which members belong to which model; a member of another one is a mistake of whoever wrote it. */
static const char *const model_members[][5] = {
    [PRICING_PER_UNIT] = {"unit_price"},
    [PRICING_GRADUATED] = {"tiers", "skip_zero"},
    [PRICING_VOLUME] = {"tiers", "skip_zero"},
    [PRICING_PACKAGE] = {"unit_price", "package_size", "round_down"},
    [PRICING_STAIRSTEP] = {"tiers", "skip_zero"},
    [PRICING_PERCENTAGE] = {"percent", "event_fee"},
    [PRICING_FLAT] = {"unit_price"},
};

static bool model_has(enum pricing_model model, const char *member)
{
    for (size_t i = 0; i < 5 && model_members[model][i] != NULL; i++) {
        if (strcmp(model_members[model][i], member) == 0) return true;
    }
    return false;
}

static enum err refuse_of_model(enum pricing_model model, const char *member, const char *why,
                                struct catalog_reader *r, const struct catalog_path *p)
{
    char sentence[128] = "";
    (void)snprintf(sentence, sizeof sentence, "%s %s", choice_pricing_model.words[model], why);
    return catalog_refuse(r, p, member, sentence);
}

static enum err check_members(const struct pricing *g, struct catalog_reader *r, const struct catalog_path *p)
{
    static const char *const all[] = {"unit_price", "tiers",     "package_size", "round_down",
                                      "percent",    "event_fee", "skip_zero"};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        if (!catalog_has(g->object, all[i]) || model_has(g->model, all[i])) continue;
        return refuse_of_model(g->model, all[i], "has no such member", r, p);
    }
    return OK;
}

static enum err check_tier(const struct price_tier *t, const struct price_tier *before, bool last,
                           const struct pricing *g, const json_t *object, struct catalog_reader *r,
                           const struct catalog_path *p)
{
    bool steps = g->model == PRICING_STAIRSTEP, open = !catalog_has(object, "up_to");
    if (open && !last)
        return catalog_refuse(r, p, "up_to", "a value is missing: only the last tier has no end");
    if (!open && last) return catalog_refuse(r, p, "up_to", "the last tier has no end");
    struct decimal begin = before == NULL ? (struct decimal){0} : before->up_to;
    if (!open && decimal_compare(t->up_to, begin) <= 0)
        return catalog_refuse(r, p, "up_to", "more than the tier before is expected");
    if (decimal_is_negative(t->unit_price))
        return catalog_refuse(r, p, "unit_price", "a price cannot be negative");
    if (decimal_is_negative(t->flat)) return catalog_refuse(r, p, "flat", "a price cannot be negative");
    if (decimal_is_negative(t->block)) return catalog_refuse(r, p, "block", "a size cannot be negative");
    if (steps && catalog_has(object, "unit_price"))
        return catalog_refuse(r, p, "unit_price", "stairstep has flat amounts only");
    if (steps && catalog_has(object, "block"))
        return catalog_refuse(r, p, "block", "stairstep has flat amounts only");
    if (catalog_has(object, "unit_price") || catalog_has(object, "flat")) return OK;
    return catalog_refuse(r, p, steps ? "flat" : "unit_price", "a value is missing");
}

static enum err check_tiers(const struct pricing *g, struct catalog_reader *r, const struct catalog_path *p)
{
    const json_t *list = json_object_get(g->object, "tiers");
    if (g->tiers_count == 0) return refuse_of_model(g->model, "tiers", "needs at least one tier", r, p);
    if (g->tiers_count > LIMIT_PRICE_TIERS)
        return catalog_too_many(r, p, "tiers", LIMIT_PRICE_TIERS, "tiers");
    for (size_t i = 0; i < g->tiers_count; i++) {
        struct catalog_path at = path_at(p, "tiers", i);
        const struct price_tier *t = &g->tiers[i];
        enum err err =
            check_tier(t, i == 0 ? NULL : t - 1, i + 1 == g->tiers_count, g, json_array_get(list, i), r, &at);
        if (err != OK) return err;
    }
    return OK;
}

static enum err check_pricing(const struct pricing *g, struct catalog_reader *r, const struct catalog_path *p)
{
    enum err err = check_members(g, r, p);
    if (err != OK) return err;
    if (model_has(g->model, "tiers")) return check_tiers(g, r, p);
    if (model_has(g->model, "unit_price") && !catalog_has(g->object, "unit_price"))
        return catalog_refuse(r, p, "unit_price", "a value is missing");
    if (g->model == PRICING_PACKAGE &&
        (decimal_is_zero(g->package_size) || decimal_is_negative(g->package_size)))
        return catalog_refuse(r, p, "package_size", "a size of more than nothing is expected");
    return OK;
}

/* ---- rates ---- */

/* What belongs to the model of what is billed. */
static enum err check_rate_model(const struct rate *rate, const json_t *object, struct catalog_reader *r,
                                 const struct catalog_path *p)
{
    struct pricing g = {rate->model, rate->package_size, rate->tiers, rate->tiers_count, object};
    static const struct decimal hundred = {100, 0};
    if (decimal_is_negative(rate->unit_price))
        return catalog_refuse(r, p, "unit_price", "a price cannot be negative");
    enum err err = check_pricing(&g, r, p);
    if (err != OK || rate->model != PRICING_PERCENTAGE) return err;
    if (decimal_is_negative(rate->percent) || decimal_compare(rate->percent, hundred) > 0)
        return catalog_refuse(r, p, "percent", "0 to 100 is expected");
    if (decimal_is_negative(rate->event_fee))
        return catalog_refuse(r, p, "event_fee", "a price cannot be negative");
    if (catalog_has(object, "percent") || catalog_has(object, "event_fee")) return OK;
    return catalog_refuse(r, p, "percent", "a value is missing");
}

static enum err check_bound(struct decimal bound, const char *member, const struct price *of,
                            struct catalog_reader *r, const struct catalog_path *p)
{
    struct money amount = {0};
    if (decimal_is_negative(bound)) return catalog_refuse(r, p, member, "an amount cannot be negative");
    if (money_parse(&amount, decimal_text(r->arena, bound), of->amount.currency, r->e) == OK) return OK;
    (void)wrap(r->e, "%s", member);
    return catalog_join(r, p);
}

static enum err check_bounds(const struct price *of, const struct rate *rate, struct catalog_reader *r,
                             const struct catalog_path *p)
{
    enum err err = check_bound(rate->minimum, "minimum", of, r, p);
    if (err == OK) err = check_bound(rate->maximum, "maximum", of, r, p);
    if (err != OK) return err;
    if (decimal_is_zero(rate->maximum) || decimal_compare(rate->minimum, rate->maximum) <= 0) return OK;
    return catalog_refuse(r, p, "maximum", "less than the minimum");
}

static bool gives_price(const json_t *object)
{
    static const char *const members[] = {"unit_price", "tiers",     "package_size",
                                          "percent",    "event_fee", NULL};
    for (size_t i = 0; members[i] != NULL; i++) {
        if (catalog_has(object, members[i])) return true;
    }
    return false;
}

/* A rate without a price is a quota: past it nothing is charged. */
static enum err check_quota(const struct rate *rate, const json_t *object, struct catalog_reader *r,
                            const struct catalog_path *p)
{
    static const char *const members[] = {"minimum", "maximum", "skip_zero", "round_down", NULL};
    if (gives_price(object)) return catalog_refuse(r, p, "billed", "a price is given, but it is not billed");
    if (rate->model != PRICING_PER_UNIT)
        return refuse_of_model(rate->model, "model", "is said, but nothing is billed", r, p);
    for (size_t i = 0; members[i] != NULL; i++) {
        if (catalog_has(object, members[i])) return catalog_refuse(r, p, members[i], "nothing is billed");
    }
    return OK;
}

static enum err check_rate(const struct price *of, struct rate *rate, const json_t *object,
                           struct catalog_reader *r, const struct catalog_path *p)
{
    if (!catalog_has(object, "billed")) {
        rate->billed = gives_price(object) || catalog_has(object, "model");
    }
    enum err err = catalog_need_text(rate->usage_type, "usage_type", r, p);
    if (err == OK) err = catalog_texts(&schema_rate, rate, r, p);
    if (err != OK) return err;
    if (decimal_is_negative(rate->included))
        return catalog_refuse(r, p, "included", "a quota cannot be negative");
    if (rate->unlimited && !decimal_is_zero(rate->included))
        return catalog_refuse(r, p, "included", "what is unlimited includes no number");
    if (rate->unlimited && rate->billed)
        return catalog_refuse(r, p, "unlimited", "what is unlimited cannot be billed by the unit");
    if (!rate->billed) return check_quota(rate, object, r, p);
    err = check_rate_model(rate, object, r, p);
    return err == OK ? check_bounds(of, rate, r, p) : err;
}

enum err catalog_check_rates(struct price *of, const json_t *object, struct catalog_reader *r,
                             const struct catalog_path *p)
{
    const json_t *list = json_object_get(object, "rates");
    size_t count = of->rates_count;
    if (count > LIMIT_USAGE_TYPES_PER_CUSTOMER)
        return catalog_too_many(r, p, "rates", LIMIT_USAGE_TYPES_PER_CUSTOMER, "usage types");
    struct rate *rates = arena_array_of(r->arena, struct rate, count);
    for (size_t i = 0; i < count; i++) {
        struct catalog_path at = path_at(p, "rates", i);
        rates[i] = of->rates[i];
        enum err err = check_rate(of, &rates[i], json_array_get(list, i), r, &at);
        if (err != OK) return err;
        for (size_t k = 0; k < i; k++) {
            if (!str_equal(rates[k].usage_type, rates[i].usage_type)) continue;
            return catalog_refuse(r, &at, "usage_type", "this usage type stands there twice");
        }
    }
    of->rates = rates;
    return OK;
}

/* ---- fees ---- */

/* What belongs to the model, and what only seats have. */
static enum err check_fee_model(const struct fee *fee, const json_t *object, struct catalog_reader *r,
                                const struct catalog_path *p)
{
    struct pricing g = {fee->model, fee->package_size, fee->tiers, fee->tiers_count, object};
    bool once = fee->model == PRICING_PER_UNIT || fee->model == PRICING_FLAT;
    if (decimal_is_negative(fee->unit_price))
        return catalog_refuse(r, p, "unit_price", "a price cannot be negative");
    if (decimal_is_negative(fee->included))
        return catalog_refuse(r, p, "included", "a number of seats cannot be negative");
    if (fee->model == PRICING_PERCENTAGE)
        return catalog_refuse(r, p, "model", "percentage is of usage, a fee has none");
    if (!fee->per_seat && !once) return refuse_of_model(fee->model, "model", "needs per_seat", r, p);
    if (!fee->per_seat && catalog_has(object, "included"))
        return catalog_refuse(r, p, "included", "seats are included, but it is not per_seat");
    return check_pricing(&g, r, p);
}

static enum err check_fee(const struct fee *fee, const json_t *object, struct catalog_reader *r,
                          const struct catalog_path *p)
{
    enum err err = catalog_need_text(fee->code, "code", r, p);
    if (err == OK) err = catalog_need_text(fee->name, "name", r, p);
    if (err == OK) err = catalog_texts(&schema_fee, fee, r, p);
    return err == OK ? check_fee_model(fee, object, r, p) : err;
}

enum err catalog_check_fees(struct price *of, const json_t *object, struct catalog_reader *r,
                            const struct catalog_path *p)
{
    const json_t *list = json_object_get(object, "fees");
    if (of->fees_count > LIMIT_PRICE_FEES) return catalog_too_many(r, p, "fees", LIMIT_PRICE_FEES, "fees");
    for (size_t i = 0; i < of->fees_count; i++) {
        struct catalog_path at = path_at(p, "fees", i);
        enum err err = check_fee(&of->fees[i], json_array_get(list, i), r, &at);
        if (err != OK) return err;
        for (size_t k = 0; k < i; k++) {
            if (!str_equal(of->fees[k].code, of->fees[i].code)) continue;
            return catalog_refuse(r, &at, "code", "this code stands there twice");
        }
    }
    return OK;
}
