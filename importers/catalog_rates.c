/* SPDX-License-Identifier: MIT */
/* catalog_rates.c - what usage and seats cost in a catalog file. Whether a rate can be priced is the book's
 * to say (pricing.h); here stands what only the file tells: which members were given, and which of them a
 * pricing model has no use for. */
#include "importers/catalog.h"
#include "ledger/book.h"

/* ---- models ---- */

/* Which members belong to which model; a member of another one is a mistake of whoever wrote it. */
static const char *const model_members[][4] = {
    [PRICING_PER_UNIT] = {"unit_price"},
    [PRICING_GRADUATED] = {"tiers", "skip_zero"},
    [PRICING_VOLUME] = {"tiers", "skip_zero"},
    [PRICING_PACKAGE] = {"unit_price", "package_size", "round_down"},
    [PRICING_STAIRSTEP] = {"tiers", "skip_zero"},
    [PRICING_PERCENTAGE] = {"percent", "event_fee"},
    [PRICING_FLAT] = {"unit_price", "skip_zero"},
};

static bool model_has(enum pricing_model model, const char *member)
{
    for (size_t i = 0; i < 4 && model_members[model][i] != NULL; i++) {
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

static enum err check_tier_members(enum pricing_model model, const json_t *tier, bool last,
                                   struct catalog_reader *r, const struct catalog_path *p)
{
    bool steps = model == PRICING_STAIRSTEP, up_to = catalog_has(tier, "up_to");
    bool priced = catalog_has(tier, "unit_price"), flat = catalog_has(tier, "flat");
    if (up_to && last) return catalog_refuse(r, p, "up_to", "the last tier has no end");
    if (!up_to && !last) return catalog_refuse(r, p, "up_to", "only the last tier has no end");
    if (steps && priced) return refuse_of_model(model, "unit_price", "has flat amounts only", r, p);
    if (catalog_has(tier, "block") && !priced)
        return catalog_refuse(r, p, "block", "there is no unit_price for it");
    if (priced || flat) return OK;
    return catalog_refuse(r, p, steps ? "flat" : "unit_price", "a value is missing");
}

static enum err check_tiers_members(enum pricing_model model, const json_t *object, struct catalog_reader *r,
                                    const struct catalog_path *p)
{
    const json_t *tiers = json_object_get(object, "tiers");
    size_t count = json_array_size(tiers);
    for (size_t i = 0; i < count; i++) {
        struct catalog_path at = path_at(p, "tiers", i);
        enum err err = check_tier_members(model, json_array_get(tiers, i), i + 1 == count, r, &at);
        if (err != OK) return err;
    }
    return OK;
}

/* What the model needs is there, and nothing of another model. */
static enum err check_members(enum pricing_model model, const json_t *object, struct catalog_reader *r,
                              const struct catalog_path *p)
{
    static const char *const all[] = {"unit_price", "tiers",     "package_size", "round_down",
                                      "percent",    "event_fee", "skip_zero"};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        if (!catalog_has(object, all[i]) || model_has(model, all[i])) continue;
        return refuse_of_model(model, all[i], "has no such member", r, p);
    }
    bool shares = catalog_has(object, "percent") || catalog_has(object, "event_fee");
    if (model_has(model, "percent") && !shares)
        return catalog_refuse(r, p, "percent", "a percent or an event_fee is missing");
    if (model_has(model, "unit_price") && !catalog_has(object, "unit_price"))
        return catalog_refuse(r, p, "unit_price", "a value is missing");
    return check_tiers_members(model, object, r, p);
}

/* ---- rates ---- */

/* Minimum and maximum are amounts that a document may show. */
static enum err check_bound(struct decimal bound, const char *member, const struct price *of,
                            struct catalog_reader *r, const struct catalog_path *p)
{
    struct money amount = {0};
    if (money_parse(&amount, decimal_text(r->arena, bound), of->amount.currency, r->e) == OK) return OK;
    return wrap(r->e, "%s.%s", p->text, member);
}

static enum err check_priced(const struct price *of, const struct rate *rate, const json_t *object,
                             struct catalog_reader *r, const struct catalog_path *p)
{
    enum err err = check_members(rate->model, object, r, p);
    if (err != OK) return err;
    if (rate_check(rate, r->e) != OK) return catalog_join(r, p);
    if (decimal_compare(rate->percent, decimal_of(100)) > 0)
        return catalog_refuse(r, p, "percent", "0 to 100 is expected");
    err = check_bound(rate->minimum, "minimum", of, r, p);
    return err == OK ? check_bound(rate->maximum, "maximum", of, r, p) : err;
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
    static const char *const members[] = {"minimum",    "maximum",    "skip_zero",
                                          "round_down", "in_advance", NULL};
    if (gives_price(object)) return catalog_refuse(r, p, "billed", "a price is given, but it is not billed");
    if (rate->model != PRICING_PER_UNIT)
        return refuse_of_model(rate->model, "model", "is said, but nothing is billed", r, p);
    for (size_t i = 0; members[i] != NULL; i++) {
        if (catalog_has(object, members[i])) return catalog_refuse(r, p, members[i], "nothing is billed");
    }
    return rate_check(rate, r->e) == OK ? OK : catalog_join(r, p);
}

static enum err check_rate(const struct price *of, struct rate *rate, const json_t *object,
                           struct catalog_reader *r, const struct catalog_path *p)
{
    if (!catalog_has(object, "billed")) rate->billed = gives_price(object) || catalog_has(object, "model");
    enum err err = catalog_need_text(rate->usage_type, "usage_type", r, p);
    if (err == OK) err = catalog_texts(&schema_rate, rate, r, p);
    if (err != OK) return err;
    if (rate->unlimited && !decimal_is_zero(rate->included))
        return catalog_refuse(r, p, "included", "what is unlimited includes no number");
    if (rate->unlimited && rate->billed)
        return catalog_refuse(r, p, "unlimited", "what is unlimited cannot be billed by the unit");
    return rate->billed ? check_priced(of, rate, object, r, p) : check_quota(rate, object, r, p);
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

/* ---- in advance ---- */

/* What was used so far must be a part of what the whole period comes to. The last reading tells nothing of
 * the period before it is over, and neither does an average. */
static enum err check_advance(const struct rate *rate, struct catalog_reader *r, const struct catalog_path *p)
{
    for (size_t i = 0; i < r->out->metrics_count; i++) {
        const struct metric *m = &r->out->metrics[i];
        bool grows = m->aggregation != AGGREGATION_LAST && m->aggregation != AGGREGATION_TIME_WEIGHTED;
        if (grows || !str_equal(m->usage_type, rate->usage_type)) continue;
        char sentence[128] = "";
        (void)snprintf(sentence, sizeof sentence, "usage that is counted by %s is known at the period's end",
                       choice_aggregation.words[m->aggregation]);
        return catalog_refuse(r, p, "in_advance", sentence);
    }
    return OK;
}

enum err catalog_check_advances(const struct price *of, struct catalog_reader *r,
                                const struct catalog_path *p)
{
    for (size_t i = 0; i < of->rates_count; i++) {
        struct catalog_path at = path_at(p, "rates", i);
        enum err err = of->rates[i].in_advance ? check_advance(&of->rates[i], r, &at) : OK;
        if (err != OK) return err;
    }
    return OK;
}

/* ---- fees ---- */

/* What goes by seats only is refused where there are none. */
static enum err check_seats(const struct fee *fee, const json_t *object, struct catalog_reader *r,
                            const struct catalog_path *p)
{
    bool once = fee->model == PRICING_PER_UNIT || fee->model == PRICING_FLAT;
    if (fee->per_seat) return OK;
    if (!once) return refuse_of_model(fee->model, "model", "needs per_seat", r, p);
    if (catalog_has(object, "included"))
        return catalog_refuse(r, p, "included", "seats are included, but it is not per_seat");
    return OK;
}

static enum err check_fee(const struct fee *fee, const json_t *object, struct catalog_reader *r,
                          const struct catalog_path *p)
{
    enum err err = catalog_need_text(fee->code, "code", r, p);
    if (err == OK) err = catalog_need_text(fee->name, "name", r, p);
    if (err == OK) err = catalog_texts(&schema_fee, fee, r, p);
    if (err == OK && fee->model == PRICING_PERCENTAGE)
        err = catalog_refuse(r, p, "model", "a fee is not a percentage of a usage");
    if (err == OK) err = check_seats(fee, object, r, p);
    if (err == OK) err = check_members(fee->model, object, r, p);
    if (err == OK && fee_check(fee, r->e) != OK) err = catalog_join(r, p);
    return err;
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
