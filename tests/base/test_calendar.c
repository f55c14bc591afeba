/* SPDX-License-Identifier: MIT */
/* Dates: every day of ten thousand years, leap years, and what may be written. */
#include "tests/lib/fixture.h"

TestSuite(calendar, .init = test_begin, .fini = test_end);

static bool naive_leap(int year)
{
    if (year % 400 == 0) return true;
    if (year % 100 == 0) return false;
    return year % 4 == 0;
}

static int naive_length(int year, int month)
{
    if (month == 2) return naive_leap(year) ? 29 : 28;
    return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

Test(calendar, every_day_of_ten_thousand_years_follows_the_one_before)
{
    int year = 1, month = 1, day_of_month = 1;
    /* 719162 days lie between 0001-01-01 and 1970-01-01: 1969 years of 365 days and 477 leap days. */
    int32_t days = -719162;
    while (year <= 9999) {
        int y = 0, m = 0, d = 0;
        date_split((struct date){days}, &y, &m, &d);
        cr_assert(y == year && m == month && d == day_of_month, "day %d is %d-%d-%d", days, y, m, d);
        cr_assert(date_of(year, month, day_of_month).days == days);
        days++;
        if (++day_of_month > naive_length(year, month)) {
            day_of_month = 1;
            if (++month > 12) {
                month = 1;
                year++;
            }
        }
    }
    /* GNU date: date -ud 9999-12-31 +%s gives 253402214400. */
    assert_int(days - 1, 253402214400 / 86400);
}

Test(calendar, days_count_from_1970)
{
    /* Seconds by GNU date, `date -ud … +%s`, over 86400. */
    assert_int(day("1970-01-02").days, 1);
    assert_int(day("2000-02-29").days, 951782400 / 86400);
    assert_int(day("2000-03-01").days, 951868800 / 86400);
    assert_int(day("2025-01-31").days, 1738281600 / 86400);
    assert_int(day("2100-03-01").days, 4107542400 / 86400);
}

Test(calendar, months_have_their_days)
{
    for (int year = 1970; year <= 2400; year++) {
        for (int month = 1; month <= 12; month++) {
            assert_int(date_days_in_month(year, month), naive_length(year, month));
        }
    }
    assert_int(date_days_in_month(1900, 2), 28);
    assert_int(date_days_in_month(2000, 2), 29);
    assert_int(date_days_in_month(2024, 2), 29);
}

Test(calendar, a_date_is_written_as_it_was_read)
{
    static const char *const dates[] = {"1970-01-02", "1999-12-31", "2000-02-29",
                                        "2024-02-29", "2025-01-31", "9999-12-31"};
    for (size_t i = 0; i < sizeof(dates) / sizeof(dates[0]); i++) assert_day(day(dates[i]), dates[i]);
    assert_str(date_text(A, (struct date){0}), "");
    cr_assert(!date_is_given((struct date){0}));
    cr_assert(date_is_given(day("1970-01-02")));
}

Test(calendar, what_is_no_date_is_refused_with_the_reason)
{
    static const struct {
        const char *text, *why;
    } rows[] = {
        {"", "not in the form YYYY-MM-DD"},
        {"2025", "not in the form YYYY-MM-DD"},
        {"2025-1-31", "not in the form YYYY-MM-DD"},
        {"20250131", "not in the form YYYY-MM-DD"},
        {"2025/01/31", "not in the form YYYY-MM-DD"},
        {"31-01-2025", "not in the form YYYY-MM-DD"},
        {" 2025-01-31", "not in the form YYYY-MM-DD"},
        {"2025-01-31 ", "not in the form YYYY-MM-DD"},
        {"2025-01-3x", "not in the form YYYY-MM-DD"},
        {"-025-01-31", "not in the form YYYY-MM-DD"},
        {"2025-+1-31", "not in the form YYYY-MM-DD"},
        {"2025-00-01", "there is no such month"},
        {"2025-13-01", "there is no such month"},
        {"2025-01-00", "there is no such day"},
        {"2025-01-32", "there is no such day"},
        {"2025-02-29", "there is no such day"},
        {"1900-02-29", "there is no such day"},
        {"2025-04-31", "there is no such day"},
        {"1970-01-01", "before 1970-01-02"},
        {"1969-12-31", "before 1970-01-02"},
        {"0000-01-01", "before 1970-01-02"},
    };
    struct date d = {42};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *sentence = str_format(A, "date '%s': %s", rows[i].text, rows[i].why).ptr;
        assert_err(date_parse(&d, str_of(rows[i].text), E), ERR_INVALID, sentence);
    }
    assert_err_says(date_parse(&d, STR_NONE, E), ERR_INVALID, "YYYY-MM-DD");
    assert_int(d.days, 42);
}

Test(calendar, days_are_added_and_counted)
{
    assert_day(date_add_days(day("2024-02-28"), 1), "2024-02-29");
    assert_day(date_add_days(day("2024-03-01"), -1), "2024-02-29");
    assert_day(date_add_days(day("2025-12-31"), 1), "2026-01-01");
    assert_int(date_days_between(day("2024-01-01"), day("2025-01-01")), 366);
    assert_int(date_days_between(day("2025-01-01"), day("2024-01-01")), -366);
    assert_int(period_days((struct period){day("2025-02-01"), day("2025-03-01")}), 28);
    assert_int(date_compare(day("2025-01-01"), day("2025-01-02")), -1);
    assert_int(date_compare(day("2025-01-02"), day("2025-01-01")), 1);
    assert_int(date_compare(day("2025-01-01"), day("2025-01-01")), 0);
}

Test(calendar, arithmetic_stops_at_the_calendars_ends)
{
    assert_day(date_add_days(day("2025-01-01"), INT32_MAX), "10000-01-01");
    assert_day(date_add_days(day("2025-01-01"), INT32_MIN), "0001-01-01");
    assert_int(date_days_between((struct date){INT32_MIN}, (struct date){INT32_MAX}), 3652059);
}

Test(calendar, any_number_of_days_can_be_split)
{
    struct dice dice = dice_of(7);
    int32_t edges[] = {INT32_MIN, INT32_MIN + 1, -719469, -719468, -719467, -1, 0, INT32_MAX};
    for (size_t i = 0; i < 100000; i++) {
        int32_t days = i < 8 ? edges[i] : (int32_t)dice_between(&dice, INT32_MIN, INT32_MAX);
        int year = 0, month = 0, d = 0;
        date_split((struct date){days}, &year, &month, &d);
        cr_assert(month >= 1 && month <= 12 && d >= 1 && d <= 31, "day %d", days);
        (void)date_text(A, (struct date){days});
    }
}

Test(calendar, a_month_has_a_first_and_a_last_day_and_a_name)
{
    struct date d = {0};
    assert_ok(month_parse(&d, STR("2024-02"), E));
    assert_str(date_text(A, d), "2024-02-01");
    assert_str(date_text(A, month_last_day(d)), "2024-02-29");
    assert_str(date_text(A, month_first_day(day("2025-12-31"))), "2025-12-01");
    assert_str(date_text(A, month_last_day(day("2025-12-01"))), "2025-12-31");
    assert_str(month_text(A, day("2025-07-09")), "2025-07");
    static const char *const wrong[] = {"2025-13", "2025-00", "2025-1",  "2025-01-01",
                                        "",        "1970-01", "202501-", "abcd-ef"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_err_says(month_parse(&d, str_of(wrong[i]), E), ERR_INVALID, "month");
}
