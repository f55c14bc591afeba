/* SPDX-License-Identifier: MIT */
/* coupons.c - which coupons each customer has in force, and for how many documents more. One row a customer,
 * for they are few and wanted together. What is used up or taken back is gone from here; the log has it. */
#include "projections/fold.h"

enum err coupons_get(struct coupon_list *out, struct views_txn *t, uint64_t customer, struct arena *a,
                     struct error *e)
{
    struct view_key k = key_number(SPACE_COUPONS, customer);
    bool found = false;
    enum err err = row_find(&found, out, &row_coupons, t, &k, a, e);
    if (err == OK && !found) *out = (struct coupon_list){0};
    return err;
}

/* A copy with room for one more. */
static enum err coupons_copy(struct redemption **out, size_t *count, struct views_txn *t, uint64_t customer,
                             struct arena *a, struct error *e)
{
    struct coupon_list row = {0};
    enum err err = coupons_get(&row, t, customer, a, e);
    if (err != OK) return err;
    *count = row.coupons_count;
    *out = arena_array_of(a, struct redemption, row.coupons_count + 1);
    if (row.coupons_count > 0) memcpy(*out, row.coupons, row.coupons_count * sizeof(**out));
    return OK;
}

static enum err coupons_put(struct views_txn *t, uint64_t customer, const struct redemption *coupons,
                            size_t count, struct error *e)
{
    struct coupon_list row = {coupons, count};
    struct view_key k = key_number(SPACE_COUPONS, customer);
    if (count == 0) return views_delete(t, &k, e);
    return views_put_record(t, &k, &row_coupons, &row, e);
}

static enum err redeem(struct views_txn *t, const struct coupon_redeemed *v, struct arena *a, struct error *e)
{
    static const uint64_t no_end = 0;
    struct redemption *coupons = NULL;
    size_t count = 0;
    enum err err = coupons_copy(&coupons, &count, t, v->customer, a, e);
    if (err != OK) return err;
    coupons[count++] =
        (struct redemption){.customer = v->customer,
                            .redemption = v->redemption,
                            .subscription = v->subscription,
                            .on = v->on,
                            .uses_left = v->coupon.duration == COUPON_ONCE        ? 1
                                         : v->coupon.duration == COUPON_REPEATING ? v->coupon.times
                                                                                  : no_end,
                            .coupon = v->coupon};
    return coupons_put(t, v->customer, coupons, count, e);
}

static enum err take_back(struct views_txn *t, const struct coupon_ended *v, struct arena *a, struct error *e)
{
    struct redemption *coupons = NULL;
    size_t count = 0, left = 0;
    enum err err = coupons_copy(&coupons, &count, t, v->customer, a, e);
    if (err != OK) return err;
    for (size_t i = 0; i < count; i++) {
        if (coupons[i].redemption != v->redemption) coupons[left++] = coupons[i];
    }
    return coupons_put(t, v->customer, coupons, left, e);
}

static bool is_used_by(const struct redemption *r, const struct invoice_finalized *v)
{
    for (size_t i = 0; i < v->discounts_count; i++) {
        if (v->discounts[i].redemption == r->redemption) return true;
    }
    return false;
}

/* A document uses each coupon that took something of it. */
static enum err use(struct views_txn *t, const struct invoice_finalized *v, struct arena *a, struct error *e)
{
    struct redemption *coupons = NULL;
    size_t count = 0, left = 0;
    enum err err = coupons_copy(&coupons, &count, t, v->customer, a, e);
    if (err != OK) return err;
    for (size_t i = 0; i < count; i++) {
        struct redemption r = coupons[i];
        bool counted = r.uses_left > 0 && is_used_by(&r, v);
        if (counted && r.uses_left == 1) continue;
        if (counted) r.uses_left--;
        coupons[left++] = r;
    }
    return coupons_put(t, v->customer, coupons, left, e);
}

enum err fold_coupons(struct views_txn *t, const struct event *ev, const struct event_place *place,
                      struct arena *a, struct error *e)
{
    (void)place;
    if (ev->type == EVENT_COUPON_REDEEMED) return redeem(t, &ev->coupon_redeemed, a, e);
    if (ev->type == EVENT_COUPON_ENDED) return take_back(t, &ev->coupon_ended, a, e);
    if (ev->type != EVENT_INVOICE_FINALIZED || ev->invoice_finalized.discounts_count == 0) return OK;
    return use(t, &ev->invoice_finalized, a, e);
}

enum err list_coupons(struct redemption **out, size_t *count, struct views_txn *t, uint64_t customer,
                      struct arena *a, struct error *e)
{
    return coupons_copy(out, count, t, customer, a, e);
}
