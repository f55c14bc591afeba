/* SPDX-License-Identifier: MIT */
/* interval.c - see interval.h. */
#include "ledger/book/interval.h"

static const struct interval named_intervals[] = {
    [BILLING_DAY] = {INTERVAL_DAY, 1},       [BILLING_WEEK] = {INTERVAL_WEEK, 1},
    [BILLING_MONTH] = {INTERVAL_MONTH, 1},   [BILLING_YEAR] = {INTERVAL_YEAR, 1},
    [BILLING_QUARTER] = {INTERVAL_MONTH, 3}, [BILLING_HALF_YEAR] = {INTERVAL_MONTH, 6},
};

enum err interval_count_check(uint64_t count, struct error *e)
{
    if (count <= UNIT_COUNT_MAX) return OK;
    return fail(e, ERR_INVALID, "interval_count: %ju are more than the %d that are allowed", (uintmax_t)count,
                UNIT_COUNT_MAX);
}

struct interval interval_chosen(enum billing_interval named, uint64_t count, struct interval otherwise)
{
    struct interval chosen = named == BILLING_DEFAULT ? otherwise : named_intervals[named];
    if (count == 0) return chosen;
    uint32_t each = named == BILLING_DEFAULT ? 1 : chosen.count;
    chosen.count = count > UINT32_MAX / 6 ? UINT32_MAX : (uint32_t)count * each;
    return chosen;
}

struct interval_name interval_name(struct interval every)
{
    for (enum billing_interval name = BILLING_QUARTER; name <= BILLING_HALF_YEAR; name++) {
        const struct interval *whole = &named_intervals[name];
        if (every.unit == whole->unit && every.count == whole->count)
            return (struct interval_name){choice_billing_interval.words[name], 1};
    }
    return (struct interval_name){choice_interval_unit.words[every.unit], every.count};
}

struct str interval_text(struct arena *a, struct interval every)
{
    struct interval_name n = interval_name(every);
    return n.count == 1 ? str_of(n.word) : str_format(a, "%u %ss", n.count, n.word);
}
