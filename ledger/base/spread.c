/* SPDX-License-Identifier: MIT */
/* spread.c - shares of many lines, to the last cent. Each part first gets its share rounded down; the units
 * that are left, fewer than there are parts, go one each to the largest remainders. The parts always sum to
 * the total; nothing is allocated, however many parts there are. What comes to less than nothing is shared as
 * its opposite, so that a credit mirrors its charge. */
#include "ledger/base.h"
#include "ledger/base/exact.h"

struct shares {
    const int64_t *amounts;
    size_t count;
    wide num, den; /* of each amount its part is num / den; num is never negative */
    int sign;
};

static wide product_of(const struct shares *s, size_t i)
{
    return s->num * s->amounts[i] * s->sign;
}

static wide floor_of(const struct shares *s, size_t i)
{
    wide product = product_of(s, i);
    return product / s->den - (product % s->den < 0);
}

static wide remainder_of(const struct shares *s, size_t i)
{
    wide remainder = product_of(s, i) % s->den;
    return remainder < 0 ? remainder + s->den : remainder;
}

static size_t count_remainders_from(const struct shares *s, wide least)
{
    size_t count = 0;
    for (size_t i = 0; i < s->count; i++) count += remainder_of(s, i) >= least;
    return count;
}

/* The remainder that the last of `units` units reaches when the largest are served first: found by halving
 * the range, so that no list of remainders must be kept and sorted. */
static wide last_remainder_served(const struct shares *s, size_t units)
{
    wide low = 0, high = s->den; /* at least `units` remainders from low, fewer from high */
    while (high - low > 1) {
        wide middle = low + (high - low) / 2;
        if (count_remainders_from(s, middle) >= units)
            low = middle;
        else
            high = middle;
    }
    return low;
}

static void serve_remainders(int64_t *parts, const struct shares *s, size_t units)
{
    if (units == 0) return;
    wide last = last_remainder_served(s, units);
    size_t ties = units - count_remainders_from(s, last + 1);
    for (size_t i = 0; i < s->count; i++) {
        wide remainder = remainder_of(s, i);
        if (remainder < last) continue;
        if (remainder == last && ties == 0) continue;
        if (remainder == last) ties--;
        parts[i]++;
    }
}

/* `total` has the sign put aside. False when a part does not fit. */
static bool serve_all(int64_t *parts, const struct shares *s, wide total)
{
    wide left = total;
    for (size_t i = 0; i < s->count; i++) {
        if (!wide_fits(&parts[i], floor_of(s, i))) return false;
        left -= parts[i];
    }
    serve_remainders(parts, s, (size_t)left);
    for (size_t i = 0; s->sign < 0 && i < s->count; i++) parts[i] = -parts[i];
    return true;
}

enum err money_spread(int64_t *parts, int64_t total, const int64_t *weights, size_t count, struct error *e)
{
    struct shares s = {
        .amounts = weights, .count = count, .num = total < 0 ? -(wide)total : total, .sign = 1};
    for (size_t i = 0; i < count; i++) {
        assert(weights[i] >= 0);
        s.den += weights[i];
    }
    if (total == INT64_MIN) return fail(e, ERR_LIMIT, "cannot spread an amount: it is too large");
    if (s.den == 0 && total != 0)
        return fail(e, ERR_INVALID, "cannot spread an amount: no part has a weight");
    if (s.den == 0) s.den = 1;
    if (!serve_all(parts, &s, s.num)) WRONG("a part is larger than its total");
    for (size_t i = 0; total < 0 && i < count; i++) parts[i] = -parts[i];
    return OK;
}

/* Which amounts are the charge and which its credit: told by their sum, or by the first where that is
 * nothing. */
static int sign_of(const int64_t *amounts, size_t count, wide sum)
{
    for (size_t i = 0; sum == 0 && i < count; i++) sum = amounts[i];
    return sum < 0 ? -1 : 1;
}

enum err money_shares(int64_t *parts, const int64_t *amounts, size_t count, struct ratio share,
                      struct error *e)
{
    wide sum = 0;
    int64_t whole = 0;
    assert(share.num >= 0 && share.den > 0);
    for (size_t i = 0; i < count; i++) sum += amounts[i];
    struct shares s = {.amounts = amounts,
                       .count = count,
                       .num = share.num,
                       .den = share.den,
                       .sign = sign_of(amounts, count, sum)};
    bool fits = wide_fits(&whole, sum) &&
                serve_all(parts, &s, wide_divide_half_away((wide)whole * share.num * s.sign, share.den));
    return fits ? OK : fail(e, ERR_LIMIT, "cannot take shares of amounts: they are too large");
}
