/* SPDX-License-Identifier: MIT */
/* monthly.c - see monthly.h. */
#include "reports/monthly.h"

enum err period_price(struct money *out, const struct terms *t, uint64_t quantity, struct arena *a,
                      struct error *e)
{
    struct components c = {0};
    enum err err = terms_components(&c, t, quantity, a, e);
    *out = money_zero(t->amount);
    for (size_t i = 0; err == OK && i < c.count; i++) err = money_add(out, *out, c.items[i].amount, e);
    return err;
}

enum err monthly_share(struct money *out, struct money amount, const struct terms *t, struct error *e)
{
    static const struct {
        int64_t of_year, months;
    } units[] = {[INTERVAL_DAY] = {365, 12},
                 [INTERVAL_WEEK] = {52, 12},
                 [INTERVAL_MONTH] = {12, 12},
                 [INTERVAL_YEAR] = {1, 12}};
    int64_t count = (int64_t)t->interval_count;
    return money_part(out, amount, units[t->unit].of_year, units[t->unit].months * count, e);
}
