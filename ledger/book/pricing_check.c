/* SPDX-License-Identifier: MIT */
/* pricing_check.c - whether a rate or a fee can be priced at all: what pricing.c takes for granted. It says
 * less than the reader of catalog files, who also sees members that were given without need; but no door
 * gets round it, and what is loaded is kept for ever. */
#include "ledger/book/pricing.h"

static enum err refuse(struct error *e, const char *member, const char *why)
{
    return fail(e, ERR_INVALID, "%s: %s", member, why);
}

struct signed_member {
    const char *name;
    struct decimal value;
};

static enum err check_signs(const struct signed_member *members, size_t count, struct error *e)
{
    for (size_t i = 0; i < count; i++) {
        if (decimal_is_negative(members[i].value)) return refuse(e, members[i].name, "cannot be negative");
    }
    return OK;
}

/* ---- tiers ---- */

static enum err refuse_tier(struct error *e, size_t i, const char *member, const char *why)
{
    return fail(e, ERR_INVALID, "tiers[%zu].%s: %s", i, member, why);
}

static enum err check_tier(const struct price_tier *t, const struct price_tier *before, size_t i, bool last,
                           struct error *e)
{
    const struct signed_member members[] = {
        {"up_to", t->up_to}, {"unit_price", t->unit_price}, {"flat", t->flat}, {"block", t->block}};
    for (size_t k = 0; k < sizeof members / sizeof members[0]; k++) {
        if (decimal_is_negative(members[k].value))
            return refuse_tier(e, i, members[k].name, "cannot be negative");
    }
    if (decimal_is_zero(t->up_to))
        return last ? OK : refuse_tier(e, i, "up_to", "only the last tier goes on without end");
    if (before == NULL || decimal_compare(t->up_to, before->up_to) > 0) return OK;
    return refuse_tier(e, i, "up_to", "is not above the bound of the tier before");
}

static enum err check_tiers(const struct price_tier *tiers, size_t count, struct error *e)
{
    if (count > LIMIT_PRICE_TIERS) return fail(e, ERR_LIMIT, "tiers: more than %d", LIMIT_PRICE_TIERS);
    for (size_t i = 0; i < count; i++) {
        enum err err = check_tier(&tiers[i], i == 0 ? NULL : &tiers[i - 1], i, i + 1 == count, e);
        if (err != OK) return err;
    }
    return OK;
}

/* ---- models ---- */

/* What the model cannot do without. A unit price of nothing is a price. */
static enum err check_model(enum pricing_model model, size_t tiers_count, struct decimal package_size,
                            struct error *e)
{
    bool tiered = model == PRICING_GRADUATED || model == PRICING_VOLUME || model == PRICING_STAIRSTEP;
    if (tiered && tiers_count == 0)
        return fail(e, ERR_INVALID, "tiers: %s needs at least one", choice_pricing_model.words[model]);
    if (model == PRICING_PACKAGE && decimal_is_zero(package_size))
        return refuse(e, "package_size", "more than nothing is wanted");
    return OK;
}

enum err rate_check(const struct rate *r, struct error *e)
{
    const struct signed_member members[] = {
        {"included", r->included}, {"unit_price", r->unit_price}, {"package_size", r->package_size},
        {"percent", r->percent},   {"event_fee", r->event_fee},   {"minimum", r->minimum},
        {"maximum", r->maximum},
    };
    enum err err = check_signs(members, sizeof members / sizeof members[0], e);
    if (err == OK && r->unlimited && r->billed)
        err = refuse(e, "unlimited", "what is unlimited cannot be billed by the unit");
    if (err == OK && r->billed) err = check_model(r->model, r->tiers_count, r->package_size, e);
    if (err == OK) err = check_tiers(r->tiers, r->tiers_count, e);
    if (err != OK) return err;
    if (!decimal_is_zero(r->maximum) && decimal_compare(r->minimum, r->maximum) > 0)
        return refuse(e, "minimum", "is more than the maximum");
    return OK;
}

enum err fee_check(const struct fee *f, struct error *e)
{
    const struct signed_member members[] = {
        {"unit_price", f->unit_price}, {"included", f->included}, {"package_size", f->package_size}};
    enum err err = check_signs(members, sizeof members / sizeof members[0], e);
    if (err == OK && f->model == PRICING_PERCENTAGE)
        err = refuse(e, "model", "a fee is not a percentage of a usage");
    if (err == OK) err = check_model(f->model, f->tiers_count, f->package_size, e);
    return err == OK ? check_tiers(f->tiers, f->tiers_count, e) : err;
}
