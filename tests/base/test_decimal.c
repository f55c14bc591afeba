/* SPDX-License-Identifier: MIT */
/* Exact decimals: what may be written, what they become, and their arithmetic. */
#include "tests/lib/fixture.h"

TestSuite(decimal, .init = test_begin, .fini = test_end);

static struct decimal number(const char *text)
{
    struct decimal d = {0};
    assert_ok(decimal_parse(&d, str_of(text), E));
    return d;
}

static bool same(struct decimal a, struct decimal b)
{
    return a.coefficient == b.coefficient && a.scale == b.scale;
}

Test(decimal, equal_values_are_equal_structs)
{
    static const struct {
        const char *text;
        int64_t coefficient;
        uint32_t scale;
        const char *normal;
    } rows[] = {
        {"0", 0, 0, "0"},
        {"-0", 0, 0, "0"},
        {"0.000", 0, 0, "0"},
        {"-0.00000000000000000000", 0, 0, "0"},
        {"1", 1, 0, "1"},
        {"1.0", 1, 0, "1"},
        {"12.50", 125, 1, "12.5"},
        {"-12.50", -125, 1, "-12.5"},
        {"0.01", 1, 2, "0.01"},
        {"-0.01", -1, 2, "-0.01"},
        {"1000", 1000, 0, "1000"},
        {"1000.10", 10001, 1, "1000.1"},
        {"10.01", 1001, 2, "10.01"},
        {"10.001000", 10001, 3, "10.001"},
        {"007", 7, 0, "7"},
        {"00.50", 5, 1, "0.5"},
        {"0.000000000001", 1, 12, "0.000000000001"},
        {"0.10000000000000000000000", 1, 1, "0.1"},
        {"999999999999999999", 999999999999999999, 0, "999999999999999999"},
        {"-999999999999999999", -999999999999999999, 0, "-999999999999999999"},
        {"999999.999999999999", 999999999999999999, 12, "999999.999999999999"},
        {"000000000000000000000000001", 1, 0, "1"},
        {"100000000000000000.0000000000000", 100000000000000000, 0, "100000000000000000"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct decimal d = number(rows[i].text);
        cr_assert(d.coefficient == rows[i].coefficient && d.scale == rows[i].scale, "%s", rows[i].text);
        assert_str(decimal_text(A, d), rows[i].normal);
    }
}

Test(decimal, what_is_no_plain_decimal_is_refused_with_the_reason)
{
    static const struct {
        const char *text, *why;
    } rows[] = {
        {"", "a number is missing"},
        {"-", "not a plain decimal number"},
        {"+5", "a plus sign is not accepted"},
        {"1e3", "exponents are not accepted"},
        {"1E-3", "exponents are not accepted"},
        {".5", "digits are missing before or after the point"},
        {"5.", "digits are missing before or after the point"},
        {"-.5", "digits are missing before or after the point"},
        {".", "digits are missing before or after the point"},
        {"1,000", "commas are not accepted, a point stands before the decimals"},
        {"12,50", "commas are not accepted, a point stands before the decimals"},
        {"1,234.50", "commas are not accepted, a point stands before the decimals"},
        {" 1", "blanks are not accepted in a number"},
        {"1 ", "blanks are not accepted in a number"},
        {"1 000", "blanks are not accepted in a number"},
        {"1.2.3", "not a plain decimal number"},
        {"--1", "not a plain decimal number"},
        {"1-", "not a plain decimal number"},
        {"0x10", "not a plain decimal number"},
        {"$5", "not a plain decimal number"},
        {"NaN", "not a plain decimal number"},
        {"Infinity", "not a plain decimal number"},
        {"five", "not a plain decimal number"},
        {"1000000000000000000", "more than 18 digits"},
        {"9999999999999999999999999999999", "more than 18 digits"},
        {"1234567890.1234567891", "more than 18 digits"},
        {"0.0000000000001", "more than 12 decimals"},
        {"1.0000000000001", "more than 12 decimals"},
    };
    struct decimal d = decimal_of(42);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *sentence = str_format(A, "number '%s': %s", rows[i].text, rows[i].why).ptr;
        assert_err(decimal_parse(&d, str_of(rows[i].text), E), ERR_INVALID, sentence);
    }
    assert_err(decimal_parse(&d, STR("1\0"), E), ERR_INVALID, "number '...': not a plain decimal number");
    assert_err(decimal_parse(&d, STR("4242424242424242x"), E), ERR_INVALID,
               "number '...': not a plain decimal number");
    assert_err(decimal_parse(&d, STR_NONE, E), ERR_INVALID, "number '': a number is missing");
    cr_assert(same(d, decimal_of(42)));
}

Test(decimal, a_very_long_text_is_read_or_refused_like_a_short_one)
{
    struct buffer b = {.arena = A};
    for (int i = 0; i < 60000; i++) buffer_add_byte(&b, '0');
    buffer_add(&b, "7.5", 3);
    for (int i = 0; i < 60000; i++) buffer_add_byte(&b, '0');
    struct decimal d = {0};
    assert_ok(decimal_parse(&d, (struct str){(const char *)b.ptr, b.len}, E));
    assert_str(decimal_text(A, d), "7.5");
    buffer_add_byte(&b, '1');
    assert_err(decimal_parse(&d, (struct str){(const char *)b.ptr, b.len}, E), ERR_INVALID,
               "number '...': more than 18 digits");
}

Test(decimal, making_one_normalises)
{
    cr_assert(same(decimal_make(1250, 2), number("12.5")));
    cr_assert(same(decimal_make(-1200, 2), number("-12")));
    cr_assert(same(decimal_make(0, 7), number("0")));
    cr_assert(same(decimal_make(1000, 0), number("1000")));
    cr_assert(same(decimal_of(-7), number("-7")));
    cr_assert(decimal_is_zero(decimal_make(0, 2)) && !decimal_is_zero(number("0.01")));
    cr_assert(decimal_is_negative(number("-0.01")) && !decimal_is_negative(number("0")));
    assert_str(decimal_text(A, decimal_of(INT64_MIN)), "-9223372036854775808");
    assert_str(decimal_text(A, decimal_make(INT64_MAX, 12)), "9223372.036854775807");
}

Test(decimal, text_and_number_go_there_and_back)
{
    struct dice dice = dice_of(17);
    for (int i = 0; i < 100000; i++) {
        int64_t limit = 999999999999999999;
        if (dice_chance(&dice, 50)) limit = 100000;
        struct decimal d =
            decimal_make(dice_between(&dice, -limit, limit), (uint32_t)dice_between(&dice, 0, 12));
        struct decimal back = {0};
        assert_ok(decimal_parse(&back, decimal_text(A, d), E));
        cr_assert(same(d, back));
        arena_reset(A);
    }
}

Test(decimal, sums_and_differences_are_exact)
{
    static const struct {
        const char *a, *b, *sum, *difference;
    } rows[] = {
        {"0.1", "0.2", "0.3", "-0.1"},
        {"1", "0.000000000001", "1.000000000001", "0.999999999999"},
        {"12.5", "-12.5", "0", "25"},
        {"0.5", "0.5", "1", "0"},
        {"999999999999999998", "1", "999999999999999999", "999999999999999997"},
        {"-999999999999999998", "-1", "-999999999999999999", "-999999999999999997"},
        {"999999999999999999", "0", "999999999999999999", "999999999999999999"},
        {"123456.789", "0.000211", "123456.789211", "123456.788789"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct decimal out = {0};
        assert_ok(decimal_add(&out, number(rows[i].a), number(rows[i].b), E));
        assert_str(decimal_text(A, out), rows[i].sum);
        assert_ok(decimal_subtract(&out, number(rows[i].a), number(rows[i].b), E));
        assert_str(decimal_text(A, out), rows[i].difference);
    }
}

Test(decimal, a_result_of_more_than_18_digits_is_refused)
{
    struct decimal most = number("999999999999999999"), out = decimal_of(42);
    assert_err(decimal_add(&out, most, decimal_of(1), E), ERR_LIMIT,
               "cannot add numbers: the sum needs more than 18 digits");
    assert_err(decimal_add(&out, most, most, E), ERR_LIMIT,
               "cannot add numbers: the sum needs more than 18 digits");
    assert_err(decimal_add(&out, most, number("0.1"), E), ERR_LIMIT,
               "cannot add numbers: the sum needs more than 18 digits");
    assert_err(decimal_subtract(&out, number("-999999999999999999"), decimal_of(1), E), ERR_LIMIT,
               "cannot subtract numbers: the difference needs more than 18 digits");
    assert_err(decimal_part_up(&out, most, INT64_MAX, 1, E), ERR_LIMIT,
               "cannot take a part of a number: it needs more than 18 digits");
    cr_assert(same(out, decimal_of(42)));
}

Test(decimal, what_is_added_can_be_taken_away)
{
    struct dice dice = dice_of(18);
    for (int i = 0; i < 100000; i++) {
        struct decimal a =
            decimal_make(dice_between(&dice, -99999999999, 99999999999), (uint32_t)dice_between(&dice, 0, 6));
        struct decimal b =
            decimal_make(dice_between(&dice, -99999999999, 99999999999), (uint32_t)dice_between(&dice, 0, 6));
        struct decimal sum = {0}, other = {0}, back = {0};
        assert_ok(decimal_add(&sum, a, b, E));
        assert_ok(decimal_add(&other, b, a, E));
        assert_ok(decimal_subtract(&back, sum, b, E));
        cr_assert(same(sum, other) && same(back, a));
        int order = decimal_compare(a, b);
        assert_int(decimal_compare(b, a), -order);
        assert_ok(decimal_subtract(&back, a, b, E));
        assert_int(order, decimal_is_zero(back) ? 0 : decimal_is_negative(back) ? -1 : 1);
    }
}

Test(decimal, order_is_that_of_the_values)
{
    static const char *const ascending[] = {"-999999999999999999",
                                            "-1.5",
                                            "-1",
                                            "-0.000000000001",
                                            "0",
                                            "0.000000000001",
                                            "0.1",
                                            "0.11",
                                            "0.2",
                                            "1",
                                            "1.000001",
                                            "2",
                                            "10",
                                            "999999.999999999999",
                                            "999999999999999999"};
    size_t count = sizeof(ascending) / sizeof(ascending[0]);
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < count; j++) {
            assert_int(decimal_compare(number(ascending[i]), number(ascending[j])), (i > j) - (i < j));
        }
    }
}

Test(decimal, a_prorated_quota_is_rounded_up_to_a_whole_number)
{
    static const struct {
        const char *quota;
        int64_t num, den;
        const char *part;
    } rows[] = {
        {"1000", 16, 31, "517"}, /* 516.13 */
        {"1000", 31, 31, "1000"},  {"1000", 0, 31, "0"},
        {"100", 1, 3, "34"},       {"99", 1, 3, "33"},
        {"0.5", 1, 1, "1"},        {"0.000000000001", 1, INT64_MAX, "1"},
        {"-100", 1, 3, "-33"},     {"100", -1, 3, "-33"},
        {"10000", 30, 31, "9678"}, {"2.5", 2, 5, "1"},
        {"2.5", 3, 5, "2"},        {"999999999999999999", INT64_MAX, INT64_MAX, "999999999999999999"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct decimal out = {0};
        assert_ok(decimal_part_up(&out, number(rows[i].quota), rows[i].num, rows[i].den, E));
        assert_str(decimal_text(A, out), rows[i].part);
    }
}

Test(decimal, a_ratio_of_two_numbers_is_exact)
{
    struct decimal percent = {0}, tiny = {0};
    struct ratio r = {0};
    assert_ok(decimal_parse(&percent, STR("23.33"), E));
    assert_ok(decimal_ratio(&r, percent, decimal_of(100), E));
    assert_int(r.num, 2333);
    assert_int(r.den, 10000);
    assert_ok(decimal_ratio(&r, decimal_of(0), percent, E));
    assert_int(r.num, 0);
    assert_ok(decimal_parse(&tiny, STR("0.000000000001"), E));
    assert_err(decimal_ratio(&r, decimal_of(123456789), tiny, E), ERR_LIMIT,
               "cannot divide numbers: they have too many digits together");
}
