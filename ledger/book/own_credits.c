/* SPDX-License-Identifier: MIT */
/* own_credits.c - see own_credits.h. */
#include "ledger/book/own_credits.h"

static bool gives_back(const struct line *l)
{
    bool kind = l->kind == LINE_PRORATION_CREDIT || l->kind == LINE_PAUSE_CREDIT || l->rerating != 0;
    return kind && l->credits == 0 && l->amount.minor < 0;
}

static bool are_same_days(const struct line *a, const struct line *b)
{
    return a->subscription == b->subscription && date_compare(a->from, b->from) == 0 &&
           date_compare(a->to, b->to) == 0;
}

static bool corrects_the_same(const struct line *credit, const struct line *l)
{
    return l->rerating != 0 && l->kind == credit->kind && str_equal(l->usage_type, credit->usage_type) &&
           are_same_days(l, credit);
}

static bool may_be_of(const struct line *credit, const struct line *l)
{
    if (credit->rerating != 0) return corrects_the_same(credit, l);
    bool fee = l->kind == LINE_RECURRING || l->kind == LINE_PRORATION_CHARGE;
    return fee && l->subscription == credit->subscription && str_equal(l->fee, credit->fee) &&
           date_compare(l->from, credit->from) <= 0 && date_compare(credit->to, l->to) <= 0;
}

size_t *own_credits(const struct line *lines, size_t count, struct arena *a)
{
    size_t *of = arena_array_of(a, size_t, count);
    int64_t *left = arena_array_of(a, int64_t, count);
    for (size_t i = 0; i < count; i++) {
        left[i] = lines[i].amount.minor;
        for (size_t k = i; gives_back(&lines[i]) && of[i] == 0 && k-- > 0;) {
            if (!may_be_of(&lines[i], &lines[k]) || left[k] + left[i] < 0) continue;
            of[i] = k + 1;
            left[k] += left[i];
        }
    }
    return of;
}

void own_credits_link(struct invoice_finalized *d, struct arena *a)
{
    const size_t *of = own_credits(d->lines, d->lines_count, a);
    struct line *lines = arena_array_of(a, struct line, d->lines_count);
    for (size_t i = 0; i < d->lines_count; i++) {
        lines[i] = d->lines[i];
        if (of[i] == 0) continue;
        lines[i].credits = d->invoice;
        lines[i].credits_line = of[i];
    }
    d->lines = lines;
}
