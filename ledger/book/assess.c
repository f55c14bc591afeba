/* SPDX-License-Identifier: MIT */
/* assess.c - discounts first, taxes on what they leave. The lines of the document stay where they are; they
 * are assessed in an order of their own, made of what can make a difference to a sum, so that a cent that
 * nobody has more right to goes to the same line wherever that line stands. */
#include "ledger/book/assess_shared.h"
#include "ledger/book/own_credits.h"

struct money net_of(struct money amount, struct money discount)
{
    struct money net = {0};
    struct error unused = {0};
    if (money_subtract(&net, amount, discount, &unused) != OK) WRONG("a discount beyond all bounds");
    return net;
}

static int compare_lines(const void *left, const void *right)
{
    const struct line *a = ((const struct assessed_line *)left)->line,
                      *b = ((const struct assessed_line *)right)->line;
    if (a->tax_inclusive != b->tax_inclusive) return a->tax_inclusive ? 1 : -1;
    int order = str_compare(a->tax_code, b->tax_code);
    if (order == 0) order = str_compare(a->product, b->product);
    if (order == 0) order = (a->subscription > b->subscription) - (a->subscription < b->subscription);
    if (order == 0) order = (a->amount.minor < b->amount.minor) - (a->amount.minor > b->amount.minor);
    return order != 0 ? order : (a > b) - (a < b);
}

static struct assessing begin(struct line *lines, size_t count, const struct assess_facts *f, struct arena *a)
{
    struct assessing s = {.facts = f,
                          .currency = lines[0].amount.currency,
                          .lines = arena_array_of(a, struct assessed_line, count),
                          .arena = a};
    int64_t *taken = arena_array_of(a, int64_t, count * f->coupons_count);
    int64_t *given_back = arena_array_of(a, int64_t, count);
    const size_t *of = own_credits(lines, count, a);
    for (size_t i = 0; i < count; i++) {
        if (of[i] != 0) given_back[of[i] - 1] -= lines[i].amount.minor;
    }
    for (size_t i = 0; i < count; i++) {
        assert(money_same_currency(lines[i].amount, lines[0].amount));
        lines[i].discount = money_zero(lines[i].amount);
        if (lines[i].kind == LINE_PREPAID) continue;
        s.lines[s.count++] = (struct assessed_line){.line = &lines[i],
                                                    .left = lines[i].amount.minor,
                                                    .taken = taken + i * f->coupons_count,
                                                    .given_back = given_back[i],
                                                    .of = of[i] == 0 ? NULL : &lines[of[i] - 1]};
    }
    qsort(s.lines, s.count, sizeof *s.lines, compare_lines);
    return s;
}

static enum err sum_discounts(struct assessment *out, const struct assessing *s, struct error *e)
{
    const struct assess_facts *f = s->facts;
    enum err err = OK;
    out->discounts = arena_array_of(s->arena, struct discount_total, f->coupons_count);
    for (size_t k = 0; k < f->coupons_count; k++) {
        const struct redemption *r = &f->coupons[k];
        struct money total = money_of(0, s->currency);
        for (size_t i = 0; i < s->count && err == OK; i++) {
            struct money part = money_of(s->lines[i].taken[k], s->currency),
                         *sum = &s->lines[i].line->discount;
            if (money_is_zero(part)) continue;
            err = money_add(sum, *sum, part, e);
            if (err == OK) err = money_add(&total, total, part, e);
        }
        if (err != OK) return err;
        if (money_is_zero(total)) continue;
        out->discounts[out->discounts_count++] =
            (struct discount_total){r->redemption, r->coupon.code, r->coupon.name, total};
    }
    return OK;
}

static bool is_said_before(const struct assessment *x, size_t place)
{
    for (size_t i = 0; i < place; i++) {
        if (str_equal(x->taxes[i].note, x->taxes[place].note)) return true;
    }
    return false;
}

/* Each sentence once. */
static struct str note_of(const struct assessment *x, struct arena *a)
{
    struct str note = STR_NONE;
    for (size_t i = 0; i < x->taxes_count; i++) {
        struct str words = x->taxes[i].note;
        if (words.len == 0 || is_said_before(x, i)) continue;
        note = note.len == 0 ? words : str_format(a, "%.*s %.*s", STR_ARG(note), STR_ARG(words));
    }
    return note;
}

enum err assess_lines(struct assessment *out, struct line *lines, size_t count, const struct assess_facts *f,
                      struct arena *a, struct error *e)
{
    *out = (struct assessment){0};
    if (count == 0) return OK;
    struct assessing s = begin(lines, count, f, a);
    if (s.count == 0) return OK;
    enum err err = take_discounts(&s, e);
    if (err == OK) err = add_taxes(out, &s, e);
    if (err == OK) err = sum_discounts(out, &s, e);
    out->note = note_of(out, a);
    return err;
}
