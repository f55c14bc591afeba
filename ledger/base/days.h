/* SPDX-License-Identifier: MIT */
/* days.h - base/'s own: what calendar.c, instant.c and interval.c share. */
#ifndef DAYBOOK_LEDGER_BASE_DAYS_H
#define DAYBOOK_LEDGER_BASE_DAYS_H

#include "ledger/base/calendar.h"

/* Arithmetic stays between these days, 0001-01-01 and 10000-01-01, and stops there instead of overflowing: no
 * date that can be read lies outside, and a period that has no end in sight ends on the last. */
enum {
    DATE_YEAR_MIN = 1,
    DATE_YEAR_MAX = 10000,
    DATE_DAYS_MIN = -719162,
    DATE_DAYS_MAX = 2932897,
};

struct date date_clamped(int64_t days);

/* Reads the ten characters YYYY-MM-DD at `at`. NULL, or why not. */
const char *date_read(struct date *out, const char *at);
void date_write(char *to, int year, int month, int day); /* ten characters; year <= 9999 */

/* `count` decimal digits as a number, at most nine of them; -1 when there is anything else among them. */
int digits_value(const char *at, size_t count);
void digits_write(char *to, int value, size_t count);

#endif
