/* SPDX-License-Identifier: MIT */
/* Exact numbers: what is put together stays whole, until it is rounded once. */
#include "tests/lib/fixture.h"

TestSuite(exact, .init = test_begin, .fini = test_end);

static struct decimal number(const char *text)
{
    struct decimal d = {0};
    assert_ok(decimal_parse(&d, str_of(text), E));
    return d;
}

static struct exact part(const char *text, int64_t num, int64_t den)
{
    struct exact x = {0};
    assert_ok(exact_part(&x, exact_of(number(text)), num, den, E));
    return x;
}

static struct str shown(struct exact x)
{
    struct decimal d = {0};
    assert_ok(exact_decimal(&d, x, E));
    return decimal_text(A, d);
}

Test(exact, thirds_add_up_to_a_whole)
{
    struct exact sum = {0};
    for (int i = 0; i < 3; i++) assert_ok(exact_add(&sum, sum, part("1", 1, 3), E));
    cr_assert(sum.value == 1 && sum.scale == 0 && sum.divisor == 0);
    assert_ok(exact_subtract(&sum, part("2.5", 1, 7), part("0.5", 5, 7), E));
    assert_int(exact_sign(sum), 0);
}

Test(exact, parts_with_different_divisors_meet)
{
    struct exact x = {0};
    assert_ok(exact_add(&x, part("1", 1, 6), part("1", 1, 10), E)); /* 4/15 */
    assert_int(exact_compare(x, part("4", 1, 15)), 0);
    assert_ok(exact_multiply(&x, part("2.5", 1, 3), part("0.6", 1, 7), E)); /* 1.5/21 = 1/14 */
    assert_int(exact_compare(x, part("1", 1, 14)), 0);
}

Test(exact, order_is_that_of_the_values)
{
    const struct exact ascending[] = {
        part("-999999999999999999", 1, 1),
        part("-1", 2, 3),
        part("-1", 1, 2),
        part("-0.000000000001", 1, 31),
        part("0", 1, 1),
        part("0.000000000001", 1, 31),
        part("1", 1, 3),
        part("0.34", 1, 1),
        part("1", 27, 31),
        part("0.870967742", 1, 1),
        part("1", 1, 1),
        part("999999999999999999", 1, 1),
    };
    enum { COUNT = sizeof ascending / sizeof ascending[0] };
    for (int i = 0; i < COUNT; i++) {
        for (int j = 0; j < COUNT; j++) {
            assert_int(exact_compare(ascending[i], ascending[j]), (i > j) - (i < j));
        }
    }
}

Test(exact, comparing_agrees_with_subtracting)
{
    struct dice dice = dice_of(21);
    for (int i = 0; i < 20000; i++) {
        struct exact x[2] = {{0}}, difference = {0};
        for (int k = 0; k < 2; k++) {
            struct decimal d =
                decimal_make(dice_between(&dice, -99999, 99999), (uint32_t)dice_between(&dice, 0, 6));
            int64_t den = dice_between(&dice, 1, 40);
            assert_ok(exact_part(&x[k], exact_of(d), dice_between(&dice, 0, 40), den, E));
        }
        assert_ok(exact_subtract(&difference, x[0], x[1], E));
        assert_int(exact_compare(x[0], x[1]), exact_sign(difference));
    }
}

Test(exact, how_often_a_size_goes_into_a_number)
{
    static const struct {
        const char *number;
        int64_t num, den;
        const char *size, *up, *down;
    } rows[] = {
        {"121", 1, 1, "10", "13", "12"},    {"120", 1, 1, "10", "12", "12"}, {"0", 1, 1, "10", "0", "0"},
        {"0.5", 1, 1, "1", "1", "0"},       {"7.5", 1, 1, "2.5", "3", "3"},  {"1", 1, 1, "0.3", "4", "3"},
        {"2500", 27, 31, "1000", "3", "2"}, {"-5", 1, 1, "2", "-2", "-3"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct exact x = part(rows[i].number, rows[i].num, rows[i].den), times = {0};
        assert_ok(exact_times(&times, x, number(rows[i].size), true, E));
        assert_str(shown(times), rows[i].up);
        assert_ok(exact_times(&times, x, number(rows[i].size), false, E));
        assert_str(shown(times), rows[i].down);
    }
}

Test(exact, money_is_rounded_once_half_away_from_zero)
{
    static const struct {
        const char *number;
        int64_t num, den;
        const char *currency, *money;
    } rows[] = {
        {"0.005", 1, 1, "USD", "0.01"},
        {"-0.005", 1, 1, "USD", "-0.01"},
        {"0.00499", 1, 1, "USD", "0.00"},
        {"0.01", 1, 2, "USD", "0.01"},
        {"2500", 27, 31, "USD", "2177.42"},
        {"16000", 1, 30, "USD", "533.33"},
        {"2.5", 1, 1, "JPY", "3"},
        {"1", 1, 3, "JPY", "0"},
        {"0.0005", 1, 1, "KWD", "0.001"},
        {"10", 1, 3, "KWD", "3.333"},
        {"0.000000000001", 1, 2, "USD", "0.00"},
        {"999999999999999999", 1, 100, "USD", "9999999999999999.99"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct money m = {0};
        assert_ok(exact_money(&m, part(rows[i].number, rows[i].num, rows[i].den), rows[i].currency, E));
        assert_money(m, rows[i].money, rows[i].currency);
    }
}

Test(exact, what_no_decimal_holds_is_shown_with_six_decimals)
{
    assert_str(shown(part("12.500000000001", 1, 1)), "12.500000000001");
    assert_str(shown(part("2500", 27, 31)), "2177.419355"); /* 2177.4193548… */
    assert_str(shown(part("-1", 2, 3)), "-0.666667");
    assert_str(shown(part("1", 1, 8)), "0.125");
    struct exact x = {0};
    assert_ok(exact_multiply(&x, exact_of(number("0.0000001")), exact_of(number("0.0000025")), E));
    assert_str(shown(x), "0");
}

Test(exact, what_has_no_room_is_refused)
{
    static const char sentence[] = "cannot be computed exactly: a number of more than 38 digits";
    struct exact most = exact_of(number("999999999999999999")), x = {0};
    struct decimal d = {0};
    struct money m = {0};
    assert_ok(exact_multiply(&x, most, most, E)); /* 36 digits */
    assert_err(exact_multiply(&x, x, most, E), ERR_LIMIT, sentence);
    assert_err(exact_part(&x, x, 1000, 1, E), ERR_LIMIT, sentence);
    assert_err(exact_add(&x, x, exact_of(number("0.001")), E), ERR_LIMIT, sentence);
    assert_err(exact_times(&x, x, number("0.001"), true, E), ERR_LIMIT, sentence);
    assert_err(exact_decimal(&d, x, E), ERR_LIMIT, "cannot round a number: it needs more than 18 digits");
    assert_err(exact_money(&m, x, "USD", E), ERR_LIMIT,
               "cannot round a number in USD: the result is too large");
    assert_ok(exact_part(&x, exact_of(number("1")), 1, INT64_MAX, E));
    assert_err(exact_multiply(&x, x, x, E), ERR_LIMIT, sentence);
}
