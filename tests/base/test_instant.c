/* SPDX-License-Identifier: MIT */
/* Instants: RFC 3339 in, UTC out. */
#include "tests/lib/fixture.h"

TestSuite(instant, .init = test_begin, .fini = test_end);

Test(instant, a_bare_date_may_stay_a_date)
{
    struct date d = {7};
    struct instant t = {7};
    assert_ok(date_or_instant_parse(&d, &t, STR("2025-01-31"), E));
    assert_day(d, "2025-01-31");
    cr_assert(!instant_is_given(t));
    assert_ok(date_or_instant_parse(&d, &t, STR("2025-01-31T00:00:00Z"), E));
    cr_assert(!date_is_given(d));
    assert_int(t.us, moment("2025-01-31").us);
    assert_err(date_or_instant_parse(&d, &t, STR("2025-02-30"), E), ERR_INVALID,
               "date '2025-02-30': there is no such day");
    assert_err(date_or_instant_parse(&d, &t, STR("soon"), E), ERR_INVALID,
               "time 'soon': not in the form 2025-01-31T12:00:00Z");
}

Test(instant, what_is_read_is_written_in_utc)
{
    static const struct {
        const char *text, *utc;
    } rows[] = {
        {"2025-01-31T12:00:00Z", "2025-01-31T12:00:00Z"},
        {"2025-01-31t12:00:00z", "2025-01-31T12:00:00Z"},
        {"2025-01-31 12:00:00Z", "2025-01-31T12:00:00Z"},
        {"2025-01-31", "2025-01-31T00:00:00Z"},
        {"2025-01-31T23:59:59.5Z", "2025-01-31T23:59:59.500000Z"},
        {"2025-01-31T23:59:59.000001Z", "2025-01-31T23:59:59.000001Z"},
        {"2025-01-31T23:59:59.123456000Z", "2025-01-31T23:59:59.123456Z"},
        {"2025-01-31T23:59:59.000Z", "2025-01-31T23:59:59Z"},
        /* The examples of RFC 3339, section 5.8, but for its leap seconds. */
        {"1985-04-12T23:20:50.52Z", "1985-04-12T23:20:50.520000Z"},
        {"1996-12-19T16:39:57-08:00", "1996-12-20T00:39:57Z"},
        {"2025-01-01T00:30:00+01:00", "2024-12-31T23:30:00Z"},
        {"2025-01-01T00:00:00+05:45", "2024-12-31T18:15:00Z"},
        {"2025-01-01T00:00:00-00:00", "2025-01-01T00:00:00Z"},
        {"2024-02-29T00:00:00+23:59", "2024-02-28T00:01:00Z"},
        {"1970-01-02T00:00:00Z", "1970-01-02T00:00:00Z"},
        {"9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_str(instant_text(A, moment(rows[i].text)), rows[i].utc);
        cr_assert(moment(rows[i].utc).us == moment(rows[i].text).us);
    }
    /* GNU date: date -ud 2025-01-31T12:00:00Z +%s */
    assert_int(moment("2025-01-31T12:00:00Z").us, 1738324800000000);
}

Test(instant, what_is_no_instant_is_refused_with_the_reason)
{
    static const struct {
        const char *text, *why;
    } rows[] = {
        {"", "not in the form 2025-01-31T12:00:00Z"},
        {"yesterday!", "not in the form YYYY-MM-DD"},
        {"2025-02-30T12:00:00Z", "there is no such day"},
        {"2025-01-31T", "not in the form 2025-01-31T12:00:00Z"},
        {"2025-01-31T12:00Z", "not in the form 2025-01-31T12:00:00Z"},
        {"2025-01-31_12:00:00Z", "not in the form 2025-01-31T12:00:00Z"},
        {"2025-01-31T24:00:00Z", "there is no such time of day"},
        {"2025-01-31T12:60:00Z", "there is no such time of day"},
        {"2016-12-31T23:59:60Z", "there is no such time of day"},
        {"2025-01-31T12-00-00Z", "there is no such time of day"},
        {"2025-01-31T12:00:00", "the offset from UTC is missing, Z or +01:00"},
        {"2025-01-31T12:00:00.5", "the offset from UTC is missing, Z or +01:00"},
        {"2025-01-31T12:00:00.Z", "digits are missing after the point"},
        {"2025-01-31T12:00:00.1234567Z", "finer than a microsecond"},
        {"2025-01-31T12:00:00+1:00", "not an offset from UTC, Z or +01:00"},
        {"2025-01-31T12:00:00+0100", "not an offset from UTC, Z or +01:00"},
        {"2025-01-31T12:00:00 UTC", "not an offset from UTC, Z or +01:00"},
        {"2025-01-31T12:00:00+24:00", "there is no such offset from UTC"},
        {"2025-01-31T12:00:00+01:60", "there is no such offset from UTC"},
        {"2025-01-31T12:00:00Zx", "not an offset from UTC, Z or +01:00"},
        {"1970-01-01T12:00:00Z", "before 1970-01-02"},
        {"1970-01-02T00:00:00+00:01", "outside the calendar in UTC"},
        {"9999-12-31T23:59:59-00:01", "outside the calendar in UTC"},
    };
    struct instant t = {42};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *sentence = str_format(A, "time '%s': %s", rows[i].text, rows[i].why).ptr;
        assert_err(instant_parse(&t, str_of(rows[i].text), E), ERR_INVALID, sentence);
    }
    assert_int(t.us, 42);
}

Test(instant, falls_on_its_utc_date)
{
    assert_day(instant_date(moment("2025-01-31T23:59:59.999999Z")), "2025-01-31");
    assert_day(instant_date(moment("2025-02-01T00:00:00Z")), "2025-02-01");
    assert_day(instant_date(moment("2025-02-01T00:30:00+01:00")), "2025-01-31");
    assert_int(instant_date((struct instant){-1}).days, -1);
    assert_int(date_start(day("2025-01-31")).us, moment("2025-01-31T00:00:00Z").us);
    assert_str(instant_text(A, (struct instant){0}), "");
    cr_assert(!instant_is_given((struct instant){0}));
}

Test(instant, every_instant_goes_there_and_back)
{
    struct dice dice = dice_of(11);
    int64_t last = moment("9999-12-31T23:59:59.999999Z").us;
    for (int i = 0; i < 100000; i++) {
        struct instant t = {dice_between(&dice, moment("1970-01-02").us, last)}, back = {0};
        if (dice_chance(&dice, 30)) t.us -= t.us % 1000000;
        assert_ok(instant_parse(&back, instant_text(A, t), E));
        cr_assert(back.us == t.us);
        struct date d = instant_date(t);
        cr_assert(date_start(d).us <= t.us && t.us < date_start(date_add_days(d, 1)).us);
        arena_reset(A);
    }
}

Test(instant, any_number_of_microseconds_has_a_text)
{
    struct dice dice = dice_of(12);
    cr_assert(instant_text(A, (struct instant){INT64_MIN}).len > 0);
    cr_assert(instant_text(A, (struct instant){INT64_MAX}).len > 0);
    for (int i = 0; i < 10000; i++) {
        cr_assert(instant_text(A, (struct instant){(int64_t)dice_next(&dice)}).len > 0);
    }
}
