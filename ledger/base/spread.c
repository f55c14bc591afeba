/* SPDX-License-Identifier: MIT */
/* spread.c - one total over many lines, in proportion, to the last cent. Each part first gets its share
 * rounded towards zero; the units that are left, fewer than there are parts, go one each to the largest
 * remainders. The parts always sum to the total; nothing is allocated, however many parts there are. */
#include "ledger/base.h"
#include "ledger/base/exact.h"

struct shares {
    const int64_t *weights;
    size_t count;
    wide total; /* its size: signs are put back at the end */
    wide sum;   /* of the weights */
};

static wide remainder_of(const struct shares *s, size_t i)
{
    return s->total * s->weights[i] % s->sum;
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
    wide low = 0, high = s->sum; /* at least `units` remainders from low, fewer from high */
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

enum err money_spread(int64_t *parts, int64_t total, const int64_t *weights, size_t count, struct error *e)
{
    struct shares s = {.weights = weights, .count = count, .total = total < 0 ? -(wide)total : total};
    for (size_t i = 0; i < count; i++) {
        assert(weights[i] >= 0);
        s.sum += weights[i];
    }
    if (total == INT64_MIN) return fail(e, ERR_LIMIT, "cannot spread an amount: it is too large");
    if (s.sum == 0 && total != 0)
        return fail(e, ERR_INVALID, "cannot spread an amount: no part has a weight");
    wide left = s.total;
    for (size_t i = 0; i < count; i++) {
        parts[i] = s.sum == 0 ? 0 : (int64_t)(s.total * weights[i] / s.sum);
        left -= parts[i];
    }
    serve_remainders(parts, &s, (size_t)left);
    for (size_t i = 0; total < 0 && i < count; i++) parts[i] = -parts[i];
    return OK;
}
