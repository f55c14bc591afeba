/* SPDX-License-Identifier: MIT */
/* coupons.c - which coupons each customer has in force, and for how many documents more. One row a customer,
 * for they are few and wanted together. What is used up has a row of its own beside, for a void may give the
 * use back; what is taken back is gone from here, and the log has it. */
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

/* ---- uses ---- */

static struct view_key spent_key(uint64_t customer, uint64_t redemption)
{
    struct view_key k = key_number(SPACE_SPENT_COUPON, customer);
    view_key_u64(&k, redemption);
    return k;
}

static enum err spent_put(struct views_txn *t, const struct redemption *r, struct error *e)
{
    struct view_key k = spent_key(r->customer, r->redemption);
    return views_put_record(t, &k, &schema_redemption, r, e);
}

/* A document uses each coupon that took something of it. */
static enum err use(struct views_txn *t, const struct invoice_finalized *v, struct arena *a, struct error *e)
{
    struct redemption *coupons = NULL;
    size_t count = 0, left = 0;
    enum err err = coupons_copy(&coupons, &count, t, v->customer, a, e);
    if (err != OK) return err;
    for (size_t i = 0; i < count && err == OK; i++) {
        struct redemption r = coupons[i];
        bool counted = r.uses_left > 0 && is_used_by(&r, v);
        if (counted) r.uses_left--;
        if (counted && r.uses_left == 0)
            err = spent_put(t, &r, e);
        else
            coupons[left++] = r;
    }
    return err == OK ? coupons_put(t, v->customer, coupons, left, e) : err;
}

static void put_in_order(struct redemption *coupons, size_t *count, const struct redemption *r)
{
    size_t at = (*count)++;
    for (; at > 0 && coupons[at - 1].redemption > r->redemption; at--) coupons[at] = coupons[at - 1];
    coupons[at] = *r;
}

/* A coupon that was used up comes back, unless the customer was given it anew: two of one code would count
 * twice on one document, so that one counts for one document more. */
static enum err give_spent_back(struct views_txn *t, struct redemption *coupons, size_t *count,
                                uint64_t customer, uint64_t redemption, struct arena *a, struct error *e)
{
    struct view_key k = spent_key(customer, redemption);
    struct redemption r = {0};
    bool found = false;
    enum err err = row_find(&found, &r, &schema_redemption, t, &k, a, e);
    if (err == OK && found) err = views_delete(t, &k, e);
    if (err != OK || !found) return err;
    r.uses_left = 1;
    for (size_t i = 0; i < *count; i++) {
        if (!str_equal(coupons[i].coupon.code, r.coupon.code)) continue;
        if (coupons[i].uses_left > 0) coupons[i].uses_left++;
        return OK;
    }
    put_in_order(coupons, count, &r);
    return OK;
}

static struct redemption *in_force(struct redemption *coupons, size_t count, uint64_t redemption)
{
    for (size_t i = 0; i < count; i++) {
        if (coupons[i].redemption == redemption) return &coupons[i];
    }
    return NULL;
}

static enum err give_uses_back(struct views_txn *t, const struct invoice_voided *v, struct arena *a,
                               struct error *e)
{
    struct redemption *had = NULL;
    size_t count = 0;
    enum err err = coupons_copy(&had, &count, t, v->customer, a, e);
    if (err != OK) return err;
    struct redemption *coupons = arena_array_of(a, struct redemption, count + v->discounts_count);
    if (count > 0) memcpy(coupons, had, count * sizeof *coupons);
    for (size_t i = 0; i < v->discounts_count && err == OK; i++) {
        struct redemption *r = in_force(coupons, count, v->discounts[i].redemption);
        if (r == NULL)
            err = give_spent_back(t, coupons, &count, v->customer, v->discounts[i].redemption, a, e);
        else if (r->uses_left > 0)
            r->uses_left++;
    }
    return err == OK ? coupons_put(t, v->customer, coupons, count, e) : err;
}

enum err fold_coupons(struct views_txn *t, const struct event *ev, const struct event_place *place,
                      struct arena *a, struct error *e)
{
    (void)place;
    if (ev->type == EVENT_COUPON_REDEEMED) return redeem(t, &ev->coupon_redeemed, a, e);
    if (ev->type == EVENT_COUPON_ENDED) return take_back(t, &ev->coupon_ended, a, e);
    if (ev->type == EVENT_INVOICE_VOIDED && ev->invoice_voided.discounts_count > 0)
        return give_uses_back(t, &ev->invoice_voided, a, e);
    if (ev->type != EVENT_INVOICE_FINALIZED || ev->invoice_finalized.discounts_count == 0) return OK;
    return use(t, &ev->invoice_finalized, a, e);
}

enum err list_coupons(struct redemption **out, size_t *count, struct views_txn *t, uint64_t customer,
                      struct arena *a, struct error *e)
{
    return coupons_copy(out, count, t, customer, a, e);
}
