/* SPDX-License-Identifier: MIT */
/* discount.c - what coupons take off prices. Each coupon is rounded once, on all that it counts for together,
 * never takes more than is left there, and is spread over those lines by largest remainder. */
#include "ledger/book/assess_shared.h"

static bool is_percentage(const struct coupon *c)
{
    return !decimal_is_zero(c->percent);
}

static bool counts_for(const struct redemption *r, const struct line *l)
{
    if (r->subscription != 0 && r->subscription != l->subscription) return false;
    return r->coupon.product.len == 0 || str_equal(r->coupon.product, l->product);
}

/* What is left of each line that the coupon counts for; the others weigh nothing. */
static enum err weigh(int64_t *weights, struct money *sum, const struct assessing *s,
                      const struct redemption *r, struct error *e)
{
    enum err err = OK;
    *sum = money_of(0, s->currency);
    for (size_t i = 0; i < s->count && err == OK; i++) {
        const struct assessed_line *l = &s->lines[i];
        weights[i] = l->left > 0 && counts_for(r, l->line) ? l->left : 0;
        err = money_add(sum, *sum, money_of(weights[i], s->currency), e);
    }
    return err;
}

static enum err worth(struct money *out, const struct coupon *c, struct money of, struct error *e)
{
    struct ratio share = {0};
    *out = c->amount;
    if (is_percentage(c)) {
        enum err err = decimal_ratio(&share, c->percent, decimal_of(100), e);
        if (err == OK) err = money_part(out, of, share.num, share.den, e);
        if (err != OK) return err;
    }
    /* An amount in another currency is worth nothing here. */
    *out = money_same_currency(*out, of) ? money_min(*out, of) : money_zero(of);
    return OK;
}

static enum err take_coupon(struct assessing *s, size_t coupon, struct error *e)
{
    const struct redemption *r = &s->facts->coupons[coupon];
    int64_t *weights = arena_array_of(s->arena, int64_t, s->count);
    int64_t *parts = arena_array_of(s->arena, int64_t, s->count);
    struct money sum = {0}, total = {0};
    enum err err = weigh(weights, &sum, s, r, e);
    if (err == OK) err = worth(&total, &r->coupon, sum, e);
    if (err != OK || total.minor <= 0) return err;
    err = money_spread(parts, total.minor, weights, s->count, e);
    for (size_t i = 0; i < s->count && err == OK; i++) {
        s->lines[i].taken[coupon] = parts[i];
        s->lines[i].left -= parts[i];
    }
    return err;
}

enum err take_discounts(struct assessing *s, struct error *e)
{
    for (int percentages = 1; percentages >= 0; percentages--) {
        for (size_t i = 0; i < s->facts->coupons_count; i++) {
            const struct redemption *r = &s->facts->coupons[i];
            if (is_percentage(&r->coupon) != (percentages == 1)) continue;
            enum err err = take_coupon(s, i, e);
            if (err != OK) return wrap(e, "coupon '%.*s'", STR_ARG(r->coupon.code));
        }
    }
    return OK;
}
