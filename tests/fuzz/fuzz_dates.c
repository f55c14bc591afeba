/* SPDX-License-Identifier: MIT */
/* fuzz_dates.c - a time zone, a time and a billing interval, a line each: what date it is there, when that
 * day begins, which period it is in. Days of a zone follow each other without a gap, and periods of an anchor
 * do. */
#include "ledger/base.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct str next_line(struct str *text)
{
    const char *end = text->len == 0 ? NULL : memchr(text->ptr, '\n', text->len);
    struct str line = {text->ptr, end == NULL ? text->len : (size_t)(end - text->ptr)};
    *text = end == NULL ? STR_NONE : (struct str){end + 1, text->len - line.len - 1};
    return line;
}

static const struct zone *zone_named(struct str name)
{
    static struct zones *zones; /* reading ICU's list anew would cost more than all the rest */
    const struct zone *zone = NULL, *again = NULL;
    struct error e = {0};
    if (zones == NULL) zones = zones_new();
    if (zone_find(&zone, zones, name, &e) != OK) {
        assert(e.code == ERR_INVALID);
        return NULL;
    }
    enum err err = zone_find(&again, zones, zone_name(zone), &e);
    assert(err == OK && again == zone);
    return zone;
}

/* *day is the date there. */
static bool read_time(struct date *day, struct str text, const struct zone *zone, struct arena *a)
{
    struct error e = {0};
    struct date d = {0};
    struct instant t = {0}, again = {0};
    if (date_or_instant_parse(&d, &t, text, &e) != OK) {
        assert(e.code == ERR_INVALID);
        assert(text_is_printable(str_of(e.text)));
        return false;
    }
    assert(date_is_given(d) != instant_is_given(t));
    if (date_is_given(d)) {
        assert(str_equal(date_text(a, d), text));
        t = zone_day_start(zone, d);
    } else {
        enum err err = instant_parse(&again, instant_text(a, t), &e);
        assert(err == OK && again.us == t.us);
        d = zone_date(zone, t);
    }
    *day = d;
    return true;
}

static void check_day(const struct zone *zone, struct date d)
{
    struct instant begins = zone_day_start(zone, d), ends = zone_day_start(zone, (struct date){d.days + 1});
    assert(begins.us <= ends.us);
    assert(ends.us - begins.us <= INT64_C(26) * 3600 * 1000000);
    assert(zone_date(zone, begins).days >= d.days); /* later where the day was left out */
    assert(zone_date(zone, (struct instant){begins.us - 1}).days < d.days);
    assert(zone_second_of_day(zone, begins) >= 0 && zone_second_of_day(zone, begins) < 86400);
    if (begins.us == ends.us) return;
    assert(zone_date(zone, begins).days == d.days);
}

static void check_period(struct date anchor, uint32_t anchor_day, struct interval every, struct date d)
{
    struct period p = interval_period(anchor, anchor_day, every, d);
    bool calendar_ends = p.end.days > date_of(9999, 12, 31).days;
    assert(calendar_ends || (p.start.days <= d.days && d.days < p.end.days));
    if (!calendar_ends) {
        struct period next = interval_period(anchor, anchor_day, every, p.end);
        assert(next.start.days == p.end.days);
    }
    int32_t whole = interval_whole_periods(anchor, anchor_day, every, d);
    assert(whole >= 0);
    if (d.days >= anchor.days)
        assert(interval_boundary(anchor, anchor_day, every, whole).days == p.start.days);
}

/* "2 month 31": every so many, of what, and the billing day. */
static bool read_interval(struct interval *every, uint32_t *billing_day, struct str text)
{
    static const char *const units[] = {"day", "week", "month", "year"};
    struct error e = {0};
    uint64_t count = 0, on = 0;
    struct str words[3] = {{0}};
    for (size_t i = 0, w = 0; i < text.len && w < 3; i++) {
        if (text.ptr[i] == ' ')
            w++;
        else
            words[w] = (struct str){words[w].len == 0 ? text.ptr + i : words[w].ptr, words[w].len + 1};
    }
    if (uint_parse(&count, words[0], &e) != OK || count == 0 || count > UINT32_MAX) return false;
    if (uint_parse(&on, words[2], &e) != OK || on > 31) return false;
    for (int unit = 0; unit < 4; unit++) {
        if (!str_is(words[1], units[unit])) continue;
        *every = (struct interval){(enum interval_unit)unit, (uint32_t)count};
        *billing_day = (uint32_t)on;
        return true;
    }
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new();
    struct str text = {(const char *)data, size};
    const struct zone *zone = zone_named(next_line(&text));
    struct str start = next_line(&text), interval = next_line(&text), later = next_line(&text);
    struct date from = {0}, day = {0};
    struct interval every = {0};
    uint32_t billing_day = 0;
    bool good = read_time(&from, start, zone, a);
    if (good) check_day(zone, from);
    if (good && read_interval(&every, &billing_day, interval)) {
        struct date anchor = billing_day == 0 ? from : interval_first_boundary(from, billing_day, every);
        assert(anchor.days >= from.days);
        check_period(anchor, billing_day, every, anchor);
        if (read_time(&day, later, zone, a)) check_period(anchor, billing_day, every, day);
    }
    arena_free(a);
    return 0;
}
