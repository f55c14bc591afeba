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
    if (l->restores != 0) return false; /* its price is what coupons left */
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

/* ---- what is given back beside ---- */

static void leave_out_given_back(struct assessing *s)
{
    for (size_t i = 0; i < s->count; i++) {
        struct assessed_line *l = &s->lines[i];
        l->left = l->of != NULL ? 0 : l->left - l->given_back;
    }
}

/* `extra` more is taken of the line than of what is left of it: the credits of the line show it back. */
static enum err show_back(struct assessing *s, const struct assessed_line *l, size_t coupon, int64_t extra,
                          struct error *e)
{
    int64_t *weights = arena_array_of(s->arena, int64_t, s->count);
    int64_t *parts = arena_array_of(s->arena, int64_t, s->count);
    for (size_t i = 0; i < s->count; i++) {
        const struct assessed_line *c = &s->lines[i];
        weights[i] = c->of == l->line ? -c->line->amount.minor : 0;
        for (size_t k = 0; k < coupon && c->of == l->line; k++) weights[i] += c->taken[k];
    }
    enum err err = money_spread(parts, extra, weights, s->count, e);
    for (size_t i = 0; i < s->count && err == OK; i++) s->lines[i].taken[coupon] -= parts[i];
    return err;
}

/* A coupon that took so much of the rest takes in proportion of the whole line. */
static enum err gross_up(struct assessing *s, struct assessed_line *l, struct error *e)
{
    int64_t amount = l->line->amount.minor, rest = amount - l->given_back, room = l->given_back;
    for (size_t k = 0; k < s->facts->coupons_count; k++) {
        struct money whole = {0};
        if (l->taken[k] == 0) continue;
        enum err err = money_part(&whole, money_of(l->taken[k], s->currency), amount, rest, e);
        int64_t extra = whole.minor - l->taken[k];
        if (extra > room) extra = room;
        if (err == OK) err = show_back(s, l, k, extra, e);
        if (err != OK) return err;
        room -= extra;
        l->taken[k] += extra;
    }
    return OK;
}

static enum err put_back(struct assessing *s, struct error *e)
{
    enum err err = OK;
    for (size_t i = 0; i < s->count && err == OK; i++) {
        if (s->lines[i].given_back > 0) err = gross_up(s, &s->lines[i], e);
    }
    for (size_t i = 0; i < s->count; i++) {
        struct assessed_line *l = &s->lines[i];
        l->left = l->line->amount.minor;
        for (size_t k = 0; k < s->facts->coupons_count; k++) l->left -= l->taken[k];
    }
    return err;
}

enum err take_discounts(struct assessing *s, struct error *e)
{
    leave_out_given_back(s);
    for (int percentages = 1; percentages >= 0; percentages--) {
        for (size_t i = 0; i < s->facts->coupons_count; i++) {
            const struct redemption *r = &s->facts->coupons[i];
            if (is_percentage(&r->coupon) != (percentages == 1)) continue;
            enum err err = take_coupon(s, i, e);
            if (err != OK) return wrap(e, "coupon '%.*s'", STR_ARG(r->coupon.code));
        }
    }
    return put_back(s, e);
}
