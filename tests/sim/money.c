/* SPDX-License-Identifier: MIT */
/* money.c - what must hold of coupons and of credits: a coupon takes what it is worth, rounded once a
 * document, as often as it says and never more than there is; of each line no more is given back than it came
 * to, whoever gives back, however often. Reckoned from the documents alone. */
#include "tests/sim/relations.h"

/* ---- coupons ---- */

enum { COUPONS = 256 };
struct coupons {
    struct had {
        uint64_t customer, redemption, subscription;
        const struct coupon *coupon;
        uint64_t left; /* documents; 0: without end */
        bool over;
    } items[COUPONS];
    size_t count;
};

static struct had *find_had(struct coupons *c, uint64_t customer, uint64_t redemption)
{
    for (size_t i = 0; i < c->count; i++) {
        if (c->items[i].customer == customer && c->items[i].redemption == redemption) return &c->items[i];
    }
    return NULL;
}

static void give(struct coupons *c, const struct coupon_redeemed *v)
{
    assert(c->count < COUPONS);
    uint64_t left = v->coupon.duration == COUPON_ONCE        ? 1
                    : v->coupon.duration == COUPON_REPEATING ? v->coupon.times
                                                             : 0;
    c->items[c->count++] =
        (struct had){v->customer, v->redemption, v->subscription, &v->coupon, left, .over = false};
}

static void take_back(struct coupons *c, const struct coupon_ended *v)
{
    struct had *had = find_had(c, v->customer, v->redemption);
    if (had != NULL) had->over = true;
}

static enum err use(struct coupons *c, const struct invoice_finalized *v, struct error *e)
{
    int64_t sum = 0;
    for (size_t i = 0; i < v->discounts_count; i++) {
        const struct discount_total *row = &v->discounts[i];
        struct had *had = find_had(c, v->customer, row->redemption);
        sum += row->amount.minor;
        if (row->redemption == 0 && row->amount.minor < 0) continue; /* given back, of several together */
        if (had == NULL || had->over || row->amount.minor <= 0)
            return fail(e, ERR_TAMPERED, "%.*s has a discount of coupon '%.*s', which is not in force",
                        STR_ARG(v->number), STR_ARG(row->code));
        had->over = had->left == 1;
        if (had->left > 0) had->left--;
    }
    if (sum != v->discount.minor)
        return fail(e, ERR_TAMPERED, "the coupons of %.*s do not add up", STR_ARG(v->number));
    return OK;
}

static int64_t percent_of(const struct coupon *c, int64_t of)
{
    int64_t per = 100;
    for (unsigned i = 0; i < c->percent.scale; i++) per *= 10;
    return (2 * of * c->percent.coefficient + per) / (2 * per); /* rounded half up */
}

static int64_t taken_by(const struct invoice_finalized *v, uint64_t redemption)
{
    for (size_t i = 0; i < v->discounts_count; i++) {
        if (v->discounts[i].redemption == redemption) return v->discounts[i].amount.minor;
    }
    return 0;
}

/* Of all that is charged, where all of it is: percentages first, each of what is left, then amounts. */
static enum err check_worth(struct coupons *c, const struct invoice_finalized *v, struct error *e)
{
    int64_t rest = 0;
    for (size_t i = 0; i < v->lines_count; i++) {
        if (v->lines[i].amount.minor < 0) return OK; /* what is given back beside shows its part back */
        rest += v->lines[i].amount.minor;
    }
    for (size_t i = 0; i < c->count; i++) {
        const struct had *had = &c->items[i];
        bool scoped = had->subscription != 0 || had->coupon->product.len != 0;
        if (had->customer == v->customer && !had->over && scoped) return OK;
    }
    for (int percentages = 1; percentages >= 0; percentages--) {
        for (size_t i = 0; i < c->count; i++) {
            const struct had *had = &c->items[i];
            bool percentage = !decimal_is_zero(had->coupon->percent);
            if (had->customer != v->customer || had->over || percentage != (percentages == 1)) continue;
            int64_t worth = percentage ? percent_of(had->coupon, rest) : had->coupon->amount.minor;
            if (!percentage && strcmp(had->coupon->amount.currency, v->total.currency) != 0) continue;
            if (worth > rest) worth = rest;
            if (taken_by(v, had->redemption) != worth)
                return fail(e, ERR_TAMPERED, "coupon '%.*s' takes %jd on %.*s, not %jd",
                            STR_ARG(had->coupon->code), (intmax_t)taken_by(v, had->redemption),
                            STR_ARG(v->number), (intmax_t)worth);
            rest -= worth;
        }
    }
    return OK;
}

static enum err check_line_discounts(const struct invoice_finalized *v, struct error *e)
{
    for (size_t i = 0; i < v->lines_count; i++) {
        const struct line *l = &v->lines[i];
        int64_t least = l->amount.minor < 0 ? l->amount.minor : 0;
        int64_t most = l->amount.minor < 0 ? 0 : l->amount.minor;
        if (l->discount.minor < least || l->discount.minor > most)
            return fail(e, ERR_TAMPERED, "line %zu of %.*s has a discount of %jd on %jd", i + 1,
                        STR_ARG(v->number), (intmax_t)l->discount.minor, (intmax_t)l->amount.minor);
    }
    return OK;
}

static enum err check_document(struct coupons *c, const struct invoice_finalized *v, struct error *e)
{
    enum err err = check_line_discounts(v, e);
    if (err == OK) err = check_worth(c, v, e);
    return err == OK ? use(c, v, e) : err;
}

static enum err check_coupons(const struct books *b, struct error *e)
{
    struct coupons *c = arena_new_of(b->arena, struct coupons);
    enum err err = OK;
    for (size_t i = 0; i < b->events.count && err == OK; i++) {
        const struct event *ev = &b->events.items[i];
        if (ev->type == EVENT_COUPON_REDEEMED) give(c, &ev->coupon_redeemed);
        if (ev->type == EVENT_COUPON_ENDED) take_back(c, &ev->coupon_ended);
        if (ev->type == EVENT_INVOICE_FINALIZED) err = check_document(c, &ev->invoice_finalized, e);
    }
    return err;
}

/* ---- credits ---- */

struct left {
    int64_t amount, discount, tax;
};

/* Credits that wait for their document have no discount and no tax yet. */
struct placed {
    uint64_t invoice, place; /* 0: it waits */
    const struct line *line;
};
struct placed_lines {
    struct placed *items;
    size_t count, capacity;
};

static void place(struct placed_lines *all, const struct books *b, uint64_t invoice, uint64_t at,
                  const struct line *l)
{
    all->items = arena_grow(b->arena, all->items, all->count, &all->capacity, sizeof *all->items);
    all->items[all->count++] = (struct placed){invoice, at, l};
}

static void place_all(struct placed_lines *all, const struct books *b)
{
    for (size_t i = 0; i < b->events.count; i++) {
        const struct event *ev = &b->events.items[i];
        if (ev->type == EVENT_ITEM_ADDED && !books_is_invoiced(b, ev->item_added.item))
            place(all, b, 0, 0, &ev->item_added.line);
        if (ev->type != EVENT_INVOICE_FINALIZED) continue;
        for (size_t k = 0; k < ev->invoice_finalized.lines_count; k++)
            place(all, b, ev->invoice_finalized.invoice, k + 1, &ev->invoice_finalized.lines[k]);
    }
}

/* Of a line, less its credits, of which some may have been credited themselves. */
static struct left left_of(const struct placed_lines *all, const struct placed *p)
{
    struct left left = {p->line->amount.minor, p->line->discount.minor, p->line->tax.minor};
    if (p->invoice == 0) left.discount = left.tax = 0;
    for (size_t i = 0; i < all->count && p->invoice != 0; i++) {
        const struct placed *c = &all->items[i];
        if (c->line->credits != p->invoice || c->line->credits_line != p->place) continue;
        struct left of_credit = left_of(all, c);
        left.amount += of_credit.amount;
        left.discount += of_credit.discount;
        left.tax += of_credit.tax;
    }
    return left;
}

static enum err check_credits(const struct books *b, struct error *e)
{
    struct placed_lines all = {0};
    place_all(&all, b);
    for (size_t i = 0; i < all.count; i++) {
        const struct placed *p = &all.items[i];
        if (p->invoice == 0 || p->line->amount.minor < 0) continue;
        struct left left = left_of(&all, p);
        if (left.amount >= 0 && left.discount >= 0 && left.amount >= left.discount && left.tax >= 0) continue;
        return fail(e, ERR_TAMPERED, "of line %ju of inv_%ju %jd is left, and %jd of its discount",
                    (uintmax_t)p->place, (uintmax_t)p->invoice, (intmax_t)left.amount,
                    (intmax_t)left.discount);
    }
    return OK;
}

enum err audit_money(struct books *b, struct error *e)
{
    enum err err = check_coupons(b, e);
    return err == OK ? check_credits(b, e) : err;
}
