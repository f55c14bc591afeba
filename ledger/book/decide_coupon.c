/* SPDX-License-Identifier: MIT */
/* decide_coupon.c - who has which coupon. A redemption holds a copy of its coupon: what the catalog says
 * later changes nothing for who has it. */
#include "ledger/book/decide_shared.h"

static const struct coupon *coupon_of(const struct catalog *c, struct str code)
{
    for (size_t i = 0; c != NULL && i < c->coupons_count; i++) {
        if (str_equal(c->coupons[i].code, code)) return &c->coupons[i];
    }
    return NULL;
}

static const struct redemption *redemption_of(const struct facts *f, struct str code)
{
    for (size_t i = 0; i < f->coupons_count; i++) {
        if (str_equal(f->coupons[i].coupon.code, code)) return &f->coupons[i];
    }
    return NULL;
}

static enum err check_can_have(const struct facts *f, const struct coupon *coupon, struct str user,
                               struct arena *a, struct error *e)
{
    const struct redemption *has = redemption_of(f, coupon->code);
    if (date_is_given(coupon->valid_until) && date_compare(f->today, coupon->valid_until) > 0) {
        return fail(e, ERR_REFUSED, "coupon '%.*s' could be given until %.*s", STR_ARG(coupon->code),
                    STR_ARG(date_text(a, coupon->valid_until)));
    }
    if (has != NULL) {
        return fail(e, ERR_REFUSED, "'%.*s' has the coupon '%.*s' since %.*s", STR_ARG(user),
                    STR_ARG(coupon->code), STR_ARG(date_text(a, has->on)));
    }
    if (f->coupons_count >= LIMIT_COUPONS_PER_CUSTOMER) {
        return fail(e, ERR_LIMIT, "'%.*s' has %d coupons, the most there may be", STR_ARG(user),
                    LIMIT_COUPONS_PER_CUSTOMER);
    }
    return OK;
}

/* An amount comes off what is in its currency: the customer's, or that of a subscription. */
static bool has_currency(const struct facts *f, const struct subscription *one, struct money amount)
{
    if (one != NULL) return money_same_currency(one->terms.amount, amount);
    if (str_is(f->customer->currency, amount.currency)) return true;
    for (size_t i = 0; i < f->subscriptions_count; i++) {
        if (money_same_currency(f->subscriptions[i].terms.amount, amount)) return true;
    }
    return false;
}

static enum err check_counts(const struct facts *f, const struct subscription *one,
                             const struct coupon *coupon, struct str user, struct arena *a, struct error *e)
{
    if (!decimal_is_zero(coupon->percent) || has_currency(f, one, coupon->amount)) return OK;
    return fail(e, ERR_REFUSED, "coupon '%.*s' is worth %.*s %s, and nothing of '%.*s' is billed in that",
                STR_ARG(coupon->code), STR_ARG(money_text(a, coupon->amount)), coupon->amount.currency,
                STR_ARG(user));
}

enum err decide_coupon_apply(struct decision *out, const struct facts *f,
                             const struct coupon_apply_command *c, struct arena *a, struct error *e)
{
    enum err err = need_customer(f, c->user, e);
    if (err != OK) return err;
    const struct coupon *coupon = coupon_of(f->catalog, c->code);
    if (coupon == NULL) return fail(e, ERR_NOT_FOUND, "no coupon '%.*s' in the catalog", STR_ARG(c->code));
    bool one = c->subscription.len > 0;
    if (one) err = need_subscription(f, c->user, e);
    if (err == OK) err = check_can_have(f, coupon, c->user, a, e);
    if (err == OK) err = check_counts(f, one ? f->subscription : NULL, coupon, c->user, a, e);
    if (err != OK) return err;
    event_add(&out->events, EVENT_COUPON_REDEEMED, a)->coupon_redeemed =
        (struct coupon_redeemed){.customer = f->customer->customer,
                                 .redemption = f->customer->coupons + 1,
                                 .subscription = one ? f->subscription->subscription : 0,
                                 .on = f->today,
                                 .coupon = *coupon};
    return OK;
}

enum err decide_coupon_remove(struct decision *out, const struct facts *f,
                              const struct coupon_remove_command *c, struct arena *a, struct error *e)
{
    enum err err = need_customer(f, c->user, e);
    if (err != OK) return err;
    const struct redemption *has = redemption_of(f, c->code);
    if (has == NULL)
        return fail(e, ERR_NOT_FOUND, "'%.*s' has no coupon '%.*s'", STR_ARG(c->user), STR_ARG(c->code));
    event_add(&out->events, EVENT_COUPON_ENDED, a)->coupon_ended =
        (struct coupon_ended){.customer = f->customer->customer,
                              .redemption = has->redemption,
                              .code = has->coupon.code,
                              .on = f->today};
    return OK;
}
