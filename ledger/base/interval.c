/* SPDX-License-Identifier: MIT */
/* interval.c - the boundaries of billing periods. Every boundary is counted from the anchor in one step,
 * never from the boundary before it: that is what brings the 31st back after February. */
#include "ledger/base.h"
#include "ledger/base/days.h"

/* What all boundaries of a subscription share. An interval is either so many days or so many months. */
struct schedule {
    struct date anchor;
    int64_t step_days;
    int64_t step_months;
    int64_t month; /* the anchor's, since the year 0 */
    int day;       /* the day of month that is meant */
};

static int64_t month_number(struct date d, int *day)
{
    int year = 0, month = 0;
    date_split(d, &year, &month, day);
    return (int64_t)year * 12 + month - 1;
}

static struct schedule schedule_of(struct date anchor, uint32_t anchor_day, struct interval every)
{
    assert(every.count >= 1);
    assert(anchor_day <= 31);
    struct schedule s = {.anchor = anchor};
    switch (every.unit) {
    case INTERVAL_DAY: s.step_days = every.count; return s;
    case INTERVAL_WEEK: s.step_days = (int64_t)every.count * 7; return s;
    case INTERVAL_MONTH: s.step_months = every.count; break;
    case INTERVAL_YEAR: s.step_months = (int64_t)every.count * 12; break;
    }
    assert(s.step_months > 0);
    s.month = month_number(anchor, &s.day);
    if (anchor_day != 0) s.day = (int)anchor_day;
    return s;
}

static int64_t floor_divide(int64_t a, int64_t b)
{
    assert(b > 0);
    return a / b - (a % b < 0);
}

static struct date day_in_month(int64_t month, int day)
{
    int64_t year = floor_divide(month, 12);
    if (year < DATE_YEAR_MIN) return (struct date){DATE_DAYS_MIN};
    if (year >= DATE_YEAR_MAX) return (struct date){DATE_DAYS_MAX};
    int month_of_year = (int)(month - year * 12) + 1;
    int last = date_days_in_month((int)year, month_of_year);
    return date_of((int)year, month_of_year, day < last ? day : last);
}

/* step * n, held back where it would leave the calendar or even 64 bits. */
static int64_t times_within(int64_t step, int64_t n, int64_t bound)
{
    int64_t product = 0;
    if (__builtin_mul_overflow(step, n, &product)) return n < 0 ? -bound : bound;
    if (product > bound) return bound;
    return product < -bound ? -bound : product;
}

static struct date boundary(const struct schedule *s, int64_t n)
{
    const int64_t beyond = 2 * (int64_t)DATE_DAYS_MAX;
    if (s->step_days > 0) return date_clamped(s->anchor.days + times_within(s->step_days, n, beyond));
    return day_in_month(s->month + times_within(s->step_months, n, beyond), s->day);
}

struct date interval_boundary(struct date anchor, uint32_t anchor_day, struct interval every, int32_t n)
{
    struct schedule s = schedule_of(anchor, anchor_day, every);
    return boundary(&s, n);
}

/* The n whose boundary is the last on or before `day`. */
static int64_t boundaries_until(const struct schedule *s, struct date day)
{
    if (s->step_days > 0) return floor_divide((int64_t)day.days - s->anchor.days, s->step_days);
    int day_of_month = 0;
    int64_t n = floor_divide(month_number(day, &day_of_month) - s->month, s->step_months);
    /* In the boundary's own month the day decides. */
    return date_compare(boundary(s, n), day) > 0 ? n - 1 : n;
}

struct period interval_period(struct date anchor, uint32_t anchor_day, struct interval every, struct date day)
{
    struct schedule s = schedule_of(anchor, anchor_day, every);
    int64_t n = boundaries_until(&s, day);
    return (struct period){.start = boundary(&s, n), .end = boundary(&s, n + 1)};
}

int32_t interval_whole_periods(struct date anchor, uint32_t anchor_day, struct interval every,
                               struct date until)
{
    struct schedule s = schedule_of(anchor, anchor_day, every);
    int64_t n = boundaries_until(&s, until);
    if (n > INT32_MAX) return INT32_MAX;
    return n < 0 ? 0 : (int32_t)n;
}

struct date interval_first_boundary(struct date start, uint32_t billing_day, struct interval every)
{
    struct schedule s = schedule_of(start, billing_day, every);
    if (s.step_days > 0) return start;
    struct date first = boundary(&s, 0);
    return date_compare(first, start) >= 0 ? first : boundary(&s, 1);
}
