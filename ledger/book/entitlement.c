/* SPDX-License-Identifier: MIT */
/* entitlement.c - see entitlement.h. */
#include "ledger/book/entitlement.h"

#include "ledger/book/aggregation.h"

bool subscription_entitles(const struct subscription *s, struct date today)
{
    bool ended = date_is_given(s->cancel_on) && date_compare(s->cancel_on, today) <= 0;
    return subscription_is_entitled(s) && date_compare(s->start, today) <= 0 && !ended;
}

/* The next subscription that entitles, or NULL; begins with NULL. */
static const struct subscription *next_entitling(const struct entitled *c, const struct subscription *before)
{
    size_t from = before == NULL ? 0 : (size_t)(before - c->subscriptions) + 1;
    for (size_t i = from; i < c->subscriptions_count; i++) {
        if (subscription_entitles(&c->subscriptions[i], c->today)) return &c->subscriptions[i];
    }
    return NULL;
}

/* Of several that say something, the one of the highest rank is named; of equal ones the first. */
struct ranked {
    const struct subscription *best;
};

static bool is_better(struct ranked *r, const struct subscription *s)
{
    if (r->best != NULL && r->best->terms.rank >= s->terms.rank) return false;
    r->best = s;
    return true;
}

/* ---- usage ---- */

enum err allowance_of(struct allowance *out, const struct entitled *c, struct str usage_type, struct date day,
                      struct error *e)
{
    struct ranked named = {NULL};
    *out = (struct allowance){.known = false};
    for (const struct subscription *s = NULL; (s = next_entitling(c, s)) != NULL;) {
        struct quota q = {0};
        enum err err = usage_quota(&q, s, usage_type, reading_period(s, (struct date){0}, day), e);
        if (err != OK) return err;
        if (!q.known) continue;
        out->known = true;
        out->unlimited = out->unlimited || q.unlimited;
        out->billed = out->billed || q.billed;
        if (is_better(&named, s)) out->subscription = s->subscription;
        err = decimal_add(&out->included, out->included, q.included, e);
        if (err != OK) return err;
    }
    return OK;
}

bool allowance_has_quota(const struct allowance *a)
{
    return a->known && !a->unlimited && !decimal_is_zero(a->included);
}

bool alert_is_reached(struct decimal *threshold, const struct alert *al, struct exact quantity,
                      struct date day, const struct entitled *c)
{
    struct error unused;
    struct allowance quota = {0};
    struct exact part = exact_of(al->threshold);
    *threshold = al->threshold;
    if (decimal_is_zero(al->percent)) return exact_compare(quantity, part) >= 0;
    enum err err = allowance_of(&quota, c, al->usage_type, day, &unused);
    if (err != OK || !allowance_has_quota(&quota)) return false;
    err = exact_multiply(&part, exact_of(quota.included), exact_of(al->percent), &unused);
    if (err == OK) err = exact_part(&part, part, 1, 100, &unused);
    if (err == OK) err = exact_decimal(threshold, part, &unused);
    return err == OK && exact_compare(quantity, part) >= 0;
}

/* What was used in the period in which readings of today count. */
static enum err used_now(struct exact *out, const struct entitled *c, struct str usage_type, struct error *e)
{
    struct usage_measure m = {0};
    const struct subscription *s =
        rating_subscription(c->subscriptions, c->subscriptions_count, usage_type, c->today);
    struct period p = reading_period(s, (struct date){0}, c->today);
    enum err err = totals_measure(&m, c->usage, c->usage_count, usage_type, p, whole_month(s, p), e);
    *out = m.quantity;
    return err;
}

static enum err usage_entitlement(struct entitlement *out, const struct entitled *c,
                                  const struct allowance *al, struct str usage_type, struct error *e)
{
    struct exact used = {0};
    enum err err = used_now(&used, c, usage_type, e);
    if (err == OK) err = exact_decimal(&out->used, used, e);
    if (err != OK) return err;
    out->kind = ENTITLEMENT_USAGE;
    out->subscription = al->subscription;
    out->allowed = true;
    if (al->unlimited) {
        out->unlimited = true;
        out->reason = REASON_UNLIMITED;
        return OK;
    }
    int rest = exact_compare(exact_of(al->included), used);
    bool left = rest > 0;
    out->limit = al->included;
    out->overage_billed = al->billed;
    out->over_limit = rest < 0;
    out->allowed = left || al->billed;
    out->reason = left ? REASON_INCLUDED : al->billed ? REASON_OVERAGE_BILLED : REASON_QUOTA_USED;
    return left ? decimal_subtract(&out->remaining, al->included, out->used, e) : OK;
}

/* ---- features ---- */

static const struct feature *feature_of(const struct subscription *s, struct str code)
{
    for (size_t i = 0; i < s->terms.features_count; i++) {
        if (str_equal(s->terms.features[i].code, code)) return &s->terms.features[i];
    }
    return NULL;
}

static enum err add_feature(struct entitlement *out, const struct feature *f, struct error *e)
{
    if (f->kind != FEATURE_LIMIT) {
        out->allowed = true;
        return OK;
    }
    out->unlimited = out->unlimited || f->unlimited;
    return decimal_add(&out->limit, out->limit, f->limit, e);
}

static enum entitlement_kind kind_of(enum feature_kind k)
{
    return k == FEATURE_FLAG ? ENTITLEMENT_FLAG : k == FEATURE_LIMIT ? ENTITLEMENT_LIMIT : ENTITLEMENT_TEXT;
}

/* What a feature is, the tier of the highest rank says; others that name it as the same kind add to it. */
static enum err feature_entitlement(struct entitlement *out, const struct entitled *c, struct str code,
                                    struct error *e)
{
    struct ranked named = {NULL};
    for (const struct subscription *s = NULL; (s = next_entitling(c, s)) != NULL;) {
        const struct feature *f = feature_of(s, code);
        if (f == NULL || !is_better(&named, s)) continue;
        out->kind = kind_of(f->kind);
        out->text = f->text;
        out->subscription = s->subscription;
    }
    for (const struct subscription *s = NULL; (s = next_entitling(c, s)) != NULL;) {
        const struct feature *f = feature_of(s, code);
        if (f == NULL || kind_of(f->kind) != out->kind) continue;
        enum err err = add_feature(out, f, e);
        if (err != OK) return err;
    }
    if (out->unlimited) out->limit = (struct decimal){0};
    if (out->kind == ENTITLEMENT_LIMIT) out->allowed = out->unlimited || out->limit.coefficient > 0;
    if (out->kind != ENTITLEMENT_TEXT) out->text = STR_NONE;
    out->reason = out->unlimited ? REASON_UNLIMITED : out->allowed ? REASON_INCLUDED : REASON_NOT_INCLUDED;
    return OK;
}

/* ---- the answer ---- */

enum err entitlement_of(struct entitlement *out, const struct entitled *c, struct str feature,
                        struct error *e)
{
    struct allowance al = {0};
    *out = (struct entitlement){.kind = ENTITLEMENT_NONE, .reason = REASON_NO_SUBSCRIPTION};
    if (next_entitling(c, NULL) == NULL) return OK;
    enum err err = allowance_of(&al, c, feature, c->today, e);
    if (err != OK) return err;
    return al.known ? usage_entitlement(out, c, &al, feature, e) : feature_entitlement(out, c, feature, e);
}

static void add_code(struct codes *l, struct str code, struct arena *a)
{
    for (size_t i = 0; i < l->count; i++) {
        if (str_equal(l->items[i], code)) return;
    }
    l->items = arena_grow(a, l->items, l->count, &l->capacity, sizeof *l->items);
    l->items[l->count++] = code;
}

struct codes entitlement_codes(const struct entitled *c, struct arena *a)
{
    struct codes l = {0};
    for (const struct subscription *s = NULL; (s = next_entitling(c, s)) != NULL;) {
        for (size_t i = 0; i < s->terms.features_count; i++) add_code(&l, s->terms.features[i].code, a);
        for (size_t i = 0; i < s->terms.rates_count; i++) add_code(&l, s->terms.rates[i].usage_type, a);
    }
    return l;
}
