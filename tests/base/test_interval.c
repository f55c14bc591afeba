/* SPDX-License-Identifier: MIT */
/* Billing periods. The rows D-1 to D-16 are facts about real engines, collected in cases/billing.md; the
 * properties are checked against a calendar that only knows how to go to the next day. */
#include "tests/lib/fixture.h"

TestSuite(interval, .init = test_begin, .fini = test_end);

static const struct interval daily = {INTERVAL_DAY, 1};
static const struct interval weekly = {INTERVAL_WEEK, 1};
static const struct interval thirty_days = {INTERVAL_DAY, 30};
static const struct interval monthly = {INTERVAL_MONTH, 1};
static const struct interval quarterly = {INTERVAL_MONTH, 3};
static const struct interval semiannual = {INTERVAL_MONTH, 6};
static const struct interval yearly = {INTERVAL_YEAR, 1};

static void assert_boundaries(const char *anchor, struct interval every, const char *const *wanted,
                              size_t count)
{
    for (size_t n = 0; n < count; n++) {
        assert_day(interval_boundary(day(anchor), 0, every, (int32_t)n + 1), wanted[n]);
    }
}
#define ASSERT_BOUNDARIES(anchor, every, ...)                                                \
    do {                                                                                     \
        static const char *const wanted_[] = {__VA_ARGS__};                                  \
        assert_boundaries((anchor), (every), wanted_, sizeof(wanted_) / sizeof(wanted_[0])); \
    } while (0)

/* Is this day one on which a bill is due? */
static bool bills_on(const char *anchor, struct interval every, const char *on)
{
    return date_compare(interval_period(day(anchor), 0, every, day(on)).start, day(on)) == 0;
}

static void assert_period(struct period p, const char *start, const char *end)
{
    assert_day(p.start, start);
    assert_day(p.end, end);
}

Test(interval, d_1_the_31st_comes_back_after_february)
{
    ASSERT_BOUNDARIES("2025-01-31", monthly, "2025-02-28", "2025-03-31", "2025-04-30", "2025-05-31");
    ASSERT_BOUNDARIES("2024-01-31", monthly, "2024-02-29", "2024-03-31", "2024-04-30");
}

Test(interval, d_2_three_periods_are_begun_by_march_31st)
{
    struct date anchor = day("2017-01-31");
    assert_day(interval_first_boundary(anchor, 31, monthly), "2017-01-31");
    /* Billed in advance: two are whole, the third begins on the target day. */
    assert_int(interval_whole_periods(anchor, 31, monthly, day("2017-03-31")), 2);
    assert_period(interval_period(anchor, 31, monthly, day("2017-01-31")), "2017-01-31", "2017-02-28");
    assert_period(interval_period(anchor, 31, monthly, day("2017-02-28")), "2017-02-28", "2017-03-31");
    assert_period(interval_period(anchor, 31, monthly, day("2017-03-31")), "2017-03-31", "2017-04-30");
}

Test(interval, d_3_to_d_6_the_first_boundary_falls_on_the_billing_day)
{
    static const struct {
        const char *start;
        uint32_t billing_day;
        const char *month, *year, *days;
    } rows[] = {
        {"2012-02-16", 30, "2012-02-29", "2012-02-29", "2012-02-16"}, /* D-3 */
        {"2012-01-31", 30, "2012-02-29", "2013-01-30", "2012-01-31"}, /* D-4 */
        {"2012-02-16", 14, "2012-03-14", "2013-02-14", "2012-02-16"}, /* D-5 */
        {"2012-01-16", 17, "2012-01-17", "2012-01-17", "2012-01-16"}, /* D-6 */
        {"2012-01-16", 16, "2012-01-16", "2012-01-16", "2012-01-16"},
        {"2012-12-31", 1, "2013-01-01", "2013-12-01", "2012-12-31"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct date start = day(rows[i].start);
        assert_day(interval_first_boundary(start, rows[i].billing_day, monthly), rows[i].month);
        assert_day(interval_first_boundary(start, rows[i].billing_day, yearly), rows[i].year);
        assert_day(interval_first_boundary(start, rows[i].billing_day, thirty_days), rows[i].days);
        assert_day(interval_first_boundary(start, rows[i].billing_day, weekly), rows[i].days);
    }
}

Test(interval, d_7_a_clamped_start_goes_on_from_the_day_that_was_meant)
{
    struct date first = interval_first_boundary(day("2012-04-30"), 31, monthly);
    assert_day(first, "2012-04-30");
    assert_period(interval_period(first, 31, monthly, day("2012-04-30")), "2012-04-30", "2012-05-31");
}

Test(interval, d_8_thirty_days_are_thirty_days)
{
    ASSERT_BOUNDARIES("2016-04-08", thirty_days, "2016-05-08", "2016-06-07", "2016-07-07", "2016-08-06",
                      "2016-09-05", "2016-10-05", "2016-11-04");
}

Test(interval, d_9_whole_periods_are_complete_on_their_last_boundary)
{
    struct date start = day("2012-07-16"); /* D-9 */
    assert_int(interval_whole_periods(start, 0, monthly, day("2012-09-15")), 1);
    assert_int(interval_whole_periods(start, 0, monthly, day("2012-09-16")), 2);
    assert_int(interval_whole_periods(start, 0, thirty_days, day("2012-09-13")), 1);
    assert_int(interval_whole_periods(start, 0, thirty_days, day("2012-09-14")), 2);
    assert_int(interval_whole_periods(start, 0, weekly, day("2012-07-29")), 1);
    assert_int(interval_whole_periods(start, 0, weekly, day("2012-07-30")), 2);
    assert_int(interval_whole_periods(start, 0, monthly, start), 0);
    assert_int(interval_whole_periods(start, 0, monthly, day("2012-07-01")), 0);
    assert_int(interval_whole_periods(start, 0, yearly, day("2010-07-01")), 0);
}

Test(interval, d_10_to_d_15_anniversaries_at_months_ends)
{
    static const struct {
        const char *anchor;
        const struct interval *every;
        const char *on;
        bool bills;
    } rows[] = {
        {"2021-03-31", &monthly, "2023-01-31", true},    {"2021-03-31", &monthly, "2023-02-28", true},
        {"2021-03-31", &monthly, "2023-04-30", true},    {"2021-03-31", &monthly, "2024-02-29", true},
        {"2021-03-31", &monthly, "2023-02-27", false},   {"2021-05-31", &quarterly, "2023-02-28", true},
        {"2021-05-31", &quarterly, "2023-08-31", true},  {"2021-05-31", &quarterly, "2023-11-30", true},
        {"2021-05-31", &quarterly, "2024-02-29", true},  {"2021-05-30", &quarterly, "2023-08-30", true},
        {"2021-05-30", &quarterly, "2023-08-31", false}, {"2021-05-30", &quarterly, "2023-02-28", true},
        {"2021-05-30", &quarterly, "2024-02-29", true},  {"2021-08-31", &semiannual, "2023-02-28", true},
        {"2021-08-31", &semiannual, "2024-02-29", true}, {"2021-08-31", &semiannual, "2023-08-31", true},
        {"2021-08-30", &semiannual, "2023-08-30", true}, {"2021-08-30", &semiannual, "2023-08-31", false},
        {"2020-02-29", &yearly, "2023-02-28", true},     {"2020-02-29", &yearly, "2024-02-29", true},
        {"2020-02-29", &yearly, "2030-02-28", true},     {"2020-02-29", &yearly, "2024-02-28", false},
        {"2021-02-28", &yearly, "2023-02-28", true},     {"2021-02-28", &yearly, "2024-02-28", true},
        {"2021-02-28", &yearly, "2024-02-29", false},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        cr_expect(bills_on(rows[i].anchor, *rows[i].every, rows[i].on) == rows[i].bills, "from %s on %s",
                  rows[i].anchor, rows[i].on);
    }
}

Test(interval, d_16_the_period_before_a_clamped_boundary_ends_on_it)
{
    assert_period(interval_period(day("2022-01-31"), 0, monthly, day("2022-02-27")), "2022-01-31",
                  "2022-02-28");
    assert_period(interval_period(day("2022-01-31"), 0, monthly, day("2022-02-28")), "2022-02-28",
                  "2022-03-31");
    assert_period(interval_period(day("2022-01-30"), 0, monthly, day("2022-02-27")), "2022-01-30",
                  "2022-02-28");
    assert_period(interval_period(day("2022-01-30"), 0, monthly, day("2022-02-28")), "2022-02-28",
                  "2022-03-30");
}

Test(interval, an_anchor_meant_for_the_months_end_gives_february_28th_then_march_31st)
{
    assert_day(interval_boundary(day("2025-02-28"), 31, monthly, 0), "2025-02-28");
    assert_day(interval_boundary(day("2025-02-28"), 31, monthly, 1), "2025-03-31");
    assert_day(interval_boundary(day("2025-02-28"), 0, monthly, 1), "2025-03-28");
    assert_day(interval_boundary(day("2023-02-28"), 29, yearly, 1), "2024-02-29");
}

Test(interval, days_before_the_anchor_belong_to_periods_too)
{
    assert_period(interval_period(day("2025-01-31"), 0, monthly, day("2025-01-30")), "2024-12-31",
                  "2025-01-31");
    assert_period(interval_period(day("2025-01-31"), 0, monthly, day("2024-02-28")), "2024-01-31",
                  "2024-02-29");
    assert_period(interval_period(day("2025-01-31"), 0, weekly, day("2025-01-30")), "2025-01-24",
                  "2025-01-31");
    assert_day(interval_boundary(day("2025-01-31"), 0, monthly, -2), "2024-11-30");
    assert_day(interval_boundary(day("2024-02-29"), 0, yearly, -1), "2023-02-28");
}

Test(interval, the_longest_intervals_end_with_the_calendar)
{
    struct interval longest[] = {{INTERVAL_DAY, UINT32_MAX},
                                 {INTERVAL_WEEK, UINT32_MAX},
                                 {INTERVAL_MONTH, UINT32_MAX},
                                 {INTERVAL_YEAR, UINT32_MAX}};
    for (size_t i = 0; i < 4; i++) {
        assert_day(interval_boundary(day("2025-01-31"), 0, longest[i], INT32_MAX), "10000-01-01");
        assert_day(interval_boundary(day("2025-01-31"), 0, longest[i], INT32_MIN), "0001-01-01");
        assert_period(interval_period(day("2025-01-31"), 0, longest[i], day("9999-12-31")), "2025-01-31",
                      "10000-01-01");
        assert_int(interval_whole_periods(day("2025-01-31"), 0, longest[i], day("9999-12-31")), 0);
    }
    assert_period(interval_period(day("2025-01-31"), 0, monthly, day("9999-12-31")), "9999-12-31",
                  "10000-01-01");
}

/* A calendar that is as slow as it is plain: it goes to the next month, or year, or day, one at a time. */
struct naive_date {
    int year, month, day;
};

static int naive_last_day(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 && leap ? 29 : days[month - 1];
}

static struct date naive_boundary(struct date anchor, uint32_t anchor_day, struct interval every, int n)
{
    struct naive_date at = {0};
    date_split(anchor, &at.year, &at.month, &at.day);
    int meant = anchor_day == 0 ? at.day : (int)anchor_day;
    int direction = n < 0 ? -1 : 1;
    for (int i = 0; i < n * direction * (int)every.count; i++) {
        if (every.unit == INTERVAL_DAY || every.unit == INTERVAL_WEEK) {
            anchor.days += direction * (every.unit == INTERVAL_WEEK ? 7 : 1);
        } else if (every.unit == INTERVAL_YEAR) {
            at.year += direction;
        } else {
            at.month += direction;
            if (at.month == 13) at = (struct naive_date){at.year + 1, 1, 0};
            if (at.month == 0) at = (struct naive_date){at.year - 1, 12, 0};
        }
    }
    if (every.unit == INTERVAL_DAY || every.unit == INTERVAL_WEEK) return anchor;
    int last = naive_last_day(at.year, at.month);
    return date_of(at.year, at.month, meant < last ? meant : last);
}

static const struct interval all_intervals[] = {
    {INTERVAL_DAY, 1},   {INTERVAL_DAY, 30},  {INTERVAL_WEEK, 1},  {INTERVAL_WEEK, 2}, {INTERVAL_MONTH, 1},
    {INTERVAL_MONTH, 2}, {INTERVAL_MONTH, 3}, {INTERVAL_MONTH, 6}, {INTERVAL_YEAR, 1}, {INTERVAL_YEAR, 2},
};
enum { INTERVALS = sizeof(all_intervals) / sizeof(all_intervals[0]) };

/* An anchor that could be: its own day, or the months' end that clamped it. */
static uint32_t some_anchor_day(struct dice *dice, struct date anchor)
{
    int year = 0, month = 0, d = 0;
    date_split(anchor, &year, &month, &d);
    bool at_end = d == naive_last_day(year, month);
    return at_end && dice_chance(dice, 50) ? (uint32_t)dice_between(dice, d, 31) : 0;
}

Test(interval, boundaries_agree_with_a_naive_calendar_and_abut)
{
    struct dice dice = dice_of(1582);
    for (int round = 0; round < 3000; round++) {
        struct interval every = all_intervals[dice_next(&dice) % INTERVALS];
        struct date anchor = {(int32_t)dice_between(&dice, day("2019-12-01").days, day("2033-12-31").days)};
        uint32_t anchor_day = some_anchor_day(&dice, anchor);
        for (int n = -30; n <= 60; n++) {
            struct date b = interval_boundary(anchor, anchor_day, every, n);
            cr_assert(b.days == naive_boundary(anchor, anchor_day, every, n).days);
            struct period p = interval_period(anchor, anchor_day, every, b);
            cr_assert(p.start.days == b.days, "a boundary opens its period");
            cr_assert(p.end.days == interval_boundary(anchor, anchor_day, every, n + 1).days, "periods abut");
            int32_t whole = interval_whole_periods(anchor, anchor_day, every, b);
            assert_int(whole, n < 0 ? 0 : n);
            struct date eve = date_add_days(b, -1);
            assert_int(interval_whole_periods(anchor, anchor_day, every, eve), n <= 0 ? 0 : n - 1);
        }
    }
}

Test(interval, each_day_belongs_to_exactly_one_period)
{
    struct dice dice = dice_of(1583);
    for (int round = 0; round < 300; round++) {
        struct interval every = all_intervals[dice_next(&dice) % INTERVALS];
        struct date anchor = {(int32_t)dice_between(&dice, day("2020-01-01").days, day("2030-12-31").days)};
        uint32_t anchor_day = some_anchor_day(&dice, anchor);
        struct date d = {anchor.days - 800};
        struct period current = interval_period(anchor, anchor_day, every, d);
        for (; d.days < anchor.days + 1600; d.days++) {
            if (d.days == current.end.days) {
                struct period next = interval_period(anchor, anchor_day, every, d);
                cr_assert(next.start.days == current.end.days);
                current = next;
            }
            struct period p = interval_period(anchor, anchor_day, every, d);
            cr_assert(p.start.days == current.start.days && p.end.days == current.end.days);
            cr_assert(p.start.days <= d.days && d.days < p.end.days);
            cr_assert(period_days(p) > 0);
        }
    }
}

Test(interval, the_first_boundary_is_the_earliest_day_that_fits)
{
    struct dice dice = dice_of(1584);
    for (int round = 0; round < 20000; round++) {
        struct date start = {(int32_t)dice_between(&dice, day("2019-01-01").days, day("2033-12-31").days)};
        uint32_t billing_day = (uint32_t)dice_between(&dice, 1, 31);
        struct date d = start;
        for (;; d.days++) {
            int year = 0, month = 0, of_month = 0;
            date_split(d, &year, &month, &of_month);
            int last = naive_last_day(year, month);
            if (of_month == ((int)billing_day < last ? (int)billing_day : last)) break;
        }
        cr_assert(interval_first_boundary(start, billing_day, monthly).days == d.days);
        cr_assert(interval_first_boundary(start, billing_day, daily).days == start.days);
    }
}
