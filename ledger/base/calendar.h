/* SPDX-License-Identifier: MIT */
/* calendar.h - dates, instants and billing periods. Periods are half-open [start, end) of dates. */
#ifndef DAYBOOK_LEDGER_BASE_CALENDAR_H
#define DAYBOOK_LEDGER_BASE_CALENDAR_H

#include <stdbool.h>
#include <stdint.h>

#include "ledger/base/text.h"

/* Days since 1970-01-01, proleptic Gregorian. {0} means "no date": billing knows none before 1970-01-02. */
struct date {
    int32_t days;
};
/* Microseconds since 1970-01-01T00:00:00Z. {0} means "no instant". */
struct instant {
    int64_t us;
};

struct date date_of(int year, int month, int day); /* asserted to exist */
void date_split(struct date d, int *year, int *month, int *day);
bool date_is_given(struct date d);
/* Exactly YYYY-MM-DD, a day that exists, from 1970-01-02 to 9999-12-31. */
enum err date_parse(struct date *out, struct str text, struct error *e) MUST_USE;
struct str date_text(struct arena *a, struct date d); /* "2025-01-31"; "" for none */
int date_compare(struct date a, struct date b);
/* Stops at 0001-01-01 and 10000-01-01, as all arithmetic on dates does. */
struct date date_add_days(struct date d, int32_t days);
int32_t date_days_between(struct date from, struct date to); /* to - from */
int date_days_in_month(int year, int month);
struct date month_first_day(struct date d); /* of the month that the day is in */
struct date month_last_day(struct date d);
/* Exactly YYYY-MM; *out is its first day. */
enum err month_parse(struct date *out, struct str text, struct error *e) MUST_USE;
struct str month_text(struct arena *a, struct date d); /* "2025-01" */

/* RFC 3339: 2025-01-31T12:00:00Z, fractions up to microseconds, numeric offsets; or a bare date, which is its
 * midnight UTC. */
enum err instant_parse(struct instant *out, struct str text, struct error *e) MUST_USE;
/* A bare date as *d, anything else as instant_parse reads it; the other of the two is {0}. For whoever knows
 * only later whose day it is, and so when it begins. */
enum err date_or_instant_parse(struct date *d, struct instant *t, struct str text, struct error *e) MUST_USE;
struct str instant_text(struct arena *a, struct instant t); /* "2025-01-31T12:00:00Z", with .ffffff if any */
bool instant_is_given(struct instant t);
struct date instant_date(struct instant t); /* the UTC date it falls on */
struct instant date_start(struct date d);   /* its midnight, UTC */

enum interval_unit { INTERVAL_DAY, INTERVAL_WEEK, INTERVAL_MONTH, INTERVAL_YEAR };
struct interval {
    enum interval_unit unit;
    uint32_t count; /* at least 1 */
};

/* The n-th boundary: anchor + n intervals (n may be negative), clamped to the month's end and never iterated
 * from a clamped date: anchor Jan 31 gives Feb 28, Mar 31. anchor_day is the day of month that is meant (31
 * for an anchor that was itself clamped); 0 takes the anchor's own day. */
struct date interval_boundary(struct date anchor, uint32_t anchor_day, struct interval every, int32_t n);

struct period {
    struct date start, end; /* [start, end) */
};
/* The anchored period that holds `day`. */
struct period interval_period(struct date anchor, uint32_t anchor_day, struct interval every,
                              struct date day);
/* How many whole anchored periods lie in [anchor, until]. */
int32_t interval_whole_periods(struct date anchor, uint32_t anchor_day, struct interval every,
                               struct date until);
/* The first boundary on or after `start` that falls on the billing-cycle day (1..31, clamped to the month's
 * end); weeks and days ignore it and answer `start`. */
struct date interval_first_boundary(struct date start, uint32_t billing_day, struct interval every);
int32_t period_days(struct period p);

#endif
