/* SPDX-License-Identifier: MIT */
/* calendar.c - days of the proleptic Gregorian calendar and what people write for them. Years are counted
 * from March here, so that the leap day is the last of its year and no month after it moves. It knows no time
 * zone and no clock. */
#include <string.h>

#include "ledger/base.h"
#include "ledger/base/days.h"

enum {
    DAYS_OF_400_YEARS = 146097,
    /* From 0000-03-01 to 1970-01-01. */
    DAYS_TO_1970 = 719468,
    FIRST_YEAR = 1970,
    LAST_YEAR = 9999,
    DATE_LENGTH = 10,
};

/* Days before the March that opens `year`, for year >= 0. */
static int32_t days_before_year(int32_t year)
{
    return 365 * year + year / 4 - year / 100 + year / 400;
}

/* Days before the month, the first being March: 31, 30, 31, 30, 31 again and again makes 153 in five months.
 */
static int32_t days_before_month(int32_t month_from_march)
{
    return (153 * month_from_march + 2) / 5;
}

int date_days_in_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    assert(month >= 1 && month <= 12);
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return days[month - 1] + (month == 2 && leap);
}

struct date date_of(int year, int month, int day)
{
    assert(year >= DATE_YEAR_MIN && year <= DATE_YEAR_MAX);
    assert(month >= 1 && month <= 12);
    assert(day >= 1 && day <= date_days_in_month(year, month));
    int32_t march_year = month > 2 ? year : year - 1;
    int32_t march_month = month > 2 ? month - 3 : month + 9;
    return (struct date){days_before_year(march_year) + days_before_month(march_month) + day - 1 -
                         DAYS_TO_1970};
}

void date_split(struct date d, int *year, int *month, int *day)
{
    int64_t since_march_0 = (int64_t)d.days + DAYS_TO_1970;
    int32_t eras = (int32_t)(since_march_0 / DAYS_OF_400_YEARS - (since_march_0 % DAYS_OF_400_YEARS < 0));
    int32_t days = (int32_t)(since_march_0 - (int64_t)eras * DAYS_OF_400_YEARS);
    /* By the mean year's length the guess is never late, and at most one year early. */
    int32_t march_year = (int32_t)((int64_t)days * 400 / DAYS_OF_400_YEARS);
    if (days_before_year(march_year + 1) <= days) march_year++;
    int32_t day_of_year = days - days_before_year(march_year);
    int32_t march_month = (5 * day_of_year + 2) / 153;
    *day = day_of_year - days_before_month(march_month) + 1;
    *month = march_month < 10 ? march_month + 3 : march_month - 9;
    *year = eras * 400 + (march_month < 10 ? march_year : march_year + 1);
}

bool date_is_given(struct date d)
{
    return d.days != 0;
}

int date_compare(struct date a, struct date b)
{
    return (a.days > b.days) - (a.days < b.days);
}

struct date date_clamped(int64_t days)
{
    if (days < DATE_DAYS_MIN) return (struct date){DATE_DAYS_MIN};
    if (days > DATE_DAYS_MAX) return (struct date){DATE_DAYS_MAX};
    return (struct date){(int32_t)days};
}

struct date date_add_days(struct date d, int32_t days)
{
    return date_clamped((int64_t)d.days + days);
}

int32_t date_days_between(struct date from, struct date to)
{
    return date_clamped(to.days).days - date_clamped(from.days).days;
}

int32_t period_days(struct period p)
{
    return date_days_between(p.start, p.end);
}

int digits_value(const char *at, size_t count)
{
    int value = 0;
    for (size_t i = 0; i < count; i++) {
        if (at[i] < '0' || at[i] > '9') return -1;
        value = value * 10 + (at[i] - '0');
    }
    return value;
}

const char *date_read(struct date *out, const char *at)
{
    int year = digits_value(at, 4), month = digits_value(at + 5, 2), day = digits_value(at + 8, 2);
    if (at[4] != '-' || at[7] != '-' || year < 0 || month < 0 || day < 0) return "not in the form YYYY-MM-DD";
    if (month < 1 || month > 12) return "there is no such month";
    if (day < 1 || day > date_days_in_month(year, month)) return "there is no such day";
    if (year < FIRST_YEAR || (year == FIRST_YEAR && month == 1 && day == 1)) return "before 1970-01-02";
    *out = date_of(year, month, day);
    return NULL;
}

enum err date_parse(struct date *out, struct str text, struct error *e)
{
    const char *why = text.len == DATE_LENGTH ? date_read(out, text.ptr) : "not in the form YYYY-MM-DD";
    if (why == NULL) return OK;
    struct str shown = text_quotable(text);
    return fail(e, ERR_INVALID, "date '%.*s': %s", STR_ARG(shown), why);
}

struct date month_first_day(struct date d)
{
    int year = 0, month = 0, day = 0;
    date_split(d, &year, &month, &day);
    return date_of(year, month, 1);
}

struct date month_last_day(struct date d)
{
    int year = 0, month = 0, day = 0;
    date_split(d, &year, &month, &day);
    return date_of(year, month, date_days_in_month(year, month));
}

enum err month_parse(struct date *out, struct str text, struct error *e)
{
    enum { MONTH_LENGTH = 7 }; /* YYYY-MM */
    if (text.len == MONTH_LENGTH) {
        char day[DATE_LENGTH] = "0000-00-01";
        memcpy(day, text.ptr, MONTH_LENGTH);
        if (date_read(out, day) == NULL) return OK;
    }
    *out = (struct date){0};
    return fail(e, ERR_INVALID, "month '%.*s': not in the form YYYY-MM, or there is none such",
                STR_ARG(text));
}

struct str month_text(struct arena *a, struct date d)
{
    int year = 0, month = 0, day = 0;
    date_split(d, &year, &month, &day);
    return str_format(a, "%04d-%02d", year, month);
}

struct str date_text(struct arena *a, struct date d)
{
    if (!date_is_given(d)) return STR("");
    int year = 0, month = 0, day = 0;
    date_split(d, &year, &month, &day);
    if (year < 0 || year > LAST_YEAR) return str_format(a, "%04d-%02d-%02d", year, month, day);
    char text[DATE_LENGTH];
    date_write(text, year, month, day);
    return str_copy(a, (struct str){text, sizeof(text)});
}

void digits_write(char *to, int value, size_t count)
{
    while (count > 0) {
        to[--count] = (char)('0' + value % 10);
        value /= 10;
    }
}

void date_write(char *to, int year, int month, int day)
{
    digits_write(to, year, 4);
    to[4] = to[7] = '-';
    digits_write(to + 5, month, 2);
    digits_write(to + 8, day, 2);
}
