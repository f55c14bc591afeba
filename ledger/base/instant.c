/* SPDX-License-Identifier: MIT */
/* instant.c - points in time, in microseconds and always in UTC. Local time enters only as an offset that was
 * written down; it is gone once the instant is read. */
#include <string.h>

#include "ledger/base.h"
#include "ledger/base/days.h"

enum {
    DATE_LENGTH = 10,
    SECONDS_END = 19, /* of "YYYY-MM-DDTHH:MM:SS" */
    FRACTION_DIGITS = 6,
};

#define US_PER_SECOND INT64_C(1000000)
#define US_PER_MINUTE (60 * US_PER_SECOND)
#define US_PER_DAY    (1440 * US_PER_MINUTE)

/* "HH:MM:SS" as microseconds of the day, or -1. A leap second has no place of its own in UTC's count here. */
static int64_t time_of_day(const char *at)
{
    int hour = digits_value(at, 2), minute = digits_value(at + 3, 2), second = digits_value(at + 6, 2);
    if (at[2] != ':' || at[5] != ':') return -1;
    if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59) return -1;
    return ((int64_t)hour * 60 + minute) * US_PER_MINUTE + second * US_PER_SECOND;
}

/* Digits after the point. More than six are read as long as the rest are zeros: nothing is cut off silently.
 */
static const char *read_fraction(int64_t *us, struct str text, size_t *at)
{
    size_t first = ++*at, digits = 0;
    *us = 0;
    while (*at < text.len && text.ptr[*at] >= '0' && text.ptr[*at] <= '9') {
        int digit = text.ptr[(*at)++] - '0';
        if (++digits <= FRACTION_DIGITS)
            *us = *us * 10 + digit;
        else if (digit != 0)
            return "finer than a microsecond";
    }
    if (*at == first) return "digits are missing after the point";
    for (; digits < FRACTION_DIGITS; digits++) *us *= 10;
    return NULL;
}

/* "Z" or "+HH:MM" up to the end, as microseconds to subtract. */
static const char *read_offset(int64_t *us, struct str rest)
{
    *us = 0;
    if (rest.len == 0) return "the offset from UTC is missing, Z or +01:00";
    if (rest.len == 1 && (rest.ptr[0] == 'Z' || rest.ptr[0] == 'z')) return NULL;
    if (rest.len != 6 || rest.ptr[3] != ':' || (rest.ptr[0] != '+' && rest.ptr[0] != '-')) {
        return "not an offset from UTC, Z or +01:00";
    }
    int hour = digits_value(rest.ptr + 1, 2), minute = digits_value(rest.ptr + 4, 2);
    if (hour < 0 || hour > 23 || minute < 0 || minute > 59) return "there is no such offset from UTC";
    *us = ((int64_t)hour * 60 + minute) * US_PER_MINUTE;
    if (rest.ptr[0] == '-') *us = -*us;
    return NULL;
}

static const char *instant_read(struct instant *out, struct str text)
{
    static const char form[] = "not in the form 2025-01-31T12:00:00Z";
    if (text.len < DATE_LENGTH) return form;
    struct date date = {0};
    const char *why = date_read(&date, text.ptr);
    if (why != NULL) return why;
    *out = date_start(date);
    if (text.len == DATE_LENGTH) return NULL;
    char between = text.ptr[DATE_LENGTH];
    if (text.len < SECONDS_END || (between != 'T' && between != 't' && between != ' ')) return form;
    int64_t time = time_of_day(text.ptr + DATE_LENGTH + 1), fraction = 0, offset = 0;
    if (time < 0) return "there is no such time of day";
    size_t at = SECONDS_END;
    if (at < text.len && text.ptr[at] == '.') why = read_fraction(&fraction, text, &at);
    if (why == NULL) why = read_offset(&offset, (struct str){text.ptr + at, text.len - at});
    if (why != NULL) return why;
    out->us += time + fraction - offset;
    if (out->us < US_PER_DAY || out->us >= DATE_DAYS_MAX * US_PER_DAY) return "outside the calendar in UTC";
    return NULL;
}

enum err instant_parse(struct instant *out, struct str text, struct error *e)
{
    struct instant t = {0};
    const char *why = instant_read(&t, text);
    if (why != NULL) {
        struct str shown = text_quotable(text);
        return fail(e, ERR_INVALID, "time '%.*s': %s", STR_ARG(shown), why);
    }
    *out = t;
    return OK;
}

enum err date_or_instant_parse(struct date *d, struct instant *t, struct str text, struct error *e)
{
    *d = (struct date){0};
    *t = (struct instant){0};
    return text.len == DATE_LENGTH ? date_parse(d, text, e) : instant_parse(t, text, e);
}

bool instant_is_given(struct instant t)
{
    return t.us != 0;
}

struct date instant_date(struct instant t)
{
    int64_t days = t.us / US_PER_DAY; /* 64 bits of microseconds are well within 32 bits of days */
    return (struct date){(int32_t)(t.us % US_PER_DAY < 0 ? days - 1 : days)};
}

struct instant date_start(struct date d)
{
    return (struct instant){date_clamped(d.days).days * US_PER_DAY};
}

struct str instant_text(struct arena *a, struct instant t)
{
    if (!instant_is_given(t)) return STR("");
    int64_t us = t.us % US_PER_DAY;
    if (us < 0) us += US_PER_DAY;
    int seconds = (int)(us / US_PER_SECOND), fraction = (int)(us % US_PER_SECOND);
    int year = 0, month = 0, day = 0;
    date_split(instant_date(t), &year, &month, &day);
    if (year < 0 || year > 9999) return str_format(a, "%04d-%02d-%02d", year, month, day);
    char text[sizeof("2025-01-31T12:00:00.123456Z")] = "";
    date_write(text, year, month, day);
    text[10] = 'T';
    digits_write(text + 11, seconds / 3600, 2);
    digits_write(text + 14, seconds / 60 % 60, 2);
    digits_write(text + 17, seconds % 60, 2);
    text[13] = text[16] = ':';
    size_t len = SECONDS_END;
    if (fraction != 0) {
        text[len] = '.';
        digits_write(text + len + 1, fraction, FRACTION_DIGITS);
        len += 1 + FRACTION_DIGITS;
    }
    text[len++] = 'Z';
    return str_copy(a, (struct str){text, len});
}
