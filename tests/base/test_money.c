/* SPDX-License-Identifier: MIT */
/* Amounts. Rows and P-3 to P-18 are facts about real engines, collected in cases/billing.md. */
#include <inttypes.h>
#include <signal.h>

#include "tests/lib/fixture.h"

TestSuite(currency, .init = test_begin, .fini = test_end);
TestSuite(money, .init = test_begin, .fini = test_end);

static struct money usd(const char *text)
{
    struct money m = {0};
    assert_ok(money_parse(&m, str_of(text), "USD", E));
    return m;
}

static struct decimal number(const char *text)
{
    struct decimal d = {0};
    assert_ok(decimal_parse(&d, str_of(text), E));
    return d;
}

Test(currency, decimals_are_those_of_iso_4217)
{
    /* Every active code whose minor unit is not two digits, by list one of ISO 4217. */
    static const char *const none[] = {"BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG",
                                       "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"};
    static const char *const three[] = {"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"};
    static const char *const four[] = {"CLF", "UYW"};
    static const char *const two[] = {"USD", "EUR", "GBP", "CHF", "CAD", "AUD", "INR", "BRL", "MXN", "CNY",
                                      "SEK", "NOK", "DKK", "PLN", "CZK", "HUF", "RON", "ZAR", "TRY", "ILS",
                                      "SGD", "HKD", "NZD", "THB", "TWD", "IDR", "AED", "SAR", "XCG", "ZWG"};
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) assert_int(currency_decimals(none[i]), 0);
    for (size_t i = 0; i < sizeof(three) / sizeof(three[0]); i++) assert_int(currency_decimals(three[i]), 3);
    for (size_t i = 0; i < sizeof(four) / sizeof(four[0]); i++) assert_int(currency_decimals(four[i]), 4);
    for (size_t i = 0; i < sizeof(two) / sizeof(two[0]); i++) assert_int(currency_decimals(two[i]), 2);
}

Test(currency, the_table_holds_each_code_once_and_in_order)
{
    size_t known[5] = {0}, all = 0;
    for (int code = 0; code < 26 * 26 * 26; code++) {
        char text[4] = {(char)('A' + code / 676), (char)('A' + code / 26 % 26), (char)('A' + code % 26),
                        '\0'};
        int decimals = currency_decimals(text);
        cr_assert(decimals >= -1 && decimals <= 4, "%s", text);
        if (decimals < 0) continue;
        known[decimals]++;
        all++;
    }
    /* A search by halves misses what is out of order: all lines of the table must be found. */
    static const struct {
        const char *code;
        int decimals;
    } lines[] = {
#define CURRENCY(code, decimals) {#code, decimals},
#include "ledger/base/currencies.def"
#undef CURRENCY
    };
    size_t count = sizeof(lines) / sizeof(lines[0]);
    for (size_t i = 0; i < count; i++) assert_int(currency_decimals(lines[i].code), lines[i].decimals);
    assert_int(all, count);
    assert_int(known[0], 17);
    assert_int(known[1], 0);
    assert_int(known[3], 7);
    assert_int(known[4], 2);
}

Test(currency, what_is_no_code_is_refused)
{
    char code[4] = "old";
    assert_ok(currency_parse(code, STR("EUR"), E));
    assert_str(str_of(code), "EUR");
    assert_err(currency_parse(code, STR("usd"), E), ERR_INVALID, "currency 'usd': not a code of ISO 4217");
    assert_err(currency_parse(code, STR("XAU"), E), ERR_INVALID, "currency 'XAU': not a code of ISO 4217");
    assert_err(currency_parse(code, STR("XQX"), E), ERR_INVALID, "currency 'XQX': not a code of ISO 4217");
    assert_err(currency_parse(code, STR(""), E), ERR_INVALID, "currency '': not three capital letters");
    assert_err(currency_parse(code, STR("USDT"), E), ERR_INVALID,
               "currency 'USDT': not three capital letters");
    assert_err_says(currency_parse(code, STR("US\0"), E), ERR_INVALID, "not a code of ISO 4217");
    assert_str(str_of(code), "EUR");
    assert_int(currency_decimals(""), -1);
    assert_int(currency_decimals("US"), -1);
    assert_int(currency_decimals("USDT"), -1);
}

Test(money, is_read_and_written_with_the_currencys_decimals)
{
    static const struct {
        const char *text, *currency;
        int64_t minor;
        const char *written, *pretty;
    } rows[] = {
        {"29", "USD", 2900, "29.00", "29.00"},
        {"29.0", "USD", 2900, "29.00", "29.00"},
        {"29.00", "USD", 2900, "29.00", "29.00"},
        {"0.01", "USD", 1, "0.01", "0.01"},
        {"-0.01", "USD", -1, "-0.01", "-0.01"},
        {"0", "USD", 0, "0.00", "0.00"},
        {"-0", "USD", 0, "0.00", "0.00"},
        {"1234567", "USD", 123456700, "1234567.00", "1,234,567.00"},
        {"-1234567.89", "USD", -123456789, "-1234567.89", "-1,234,567.89"},
        {"999.99", "EUR", 99999, "999.99", "999.99"},
        {"1000", "EUR", 100000, "1000.00", "1,000.00"},
        {"2900", "JPY", 2900, "2900", "2,900"},
        {"0", "JPY", 0, "0", "0"},
        {"123456", "JPY", 123456, "123456", "123,456"},
        {"29", "KWD", 29000, "29.000", "29.000"},
        {"29.5", "KWD", 29500, "29.500", "29.500"},
        {"0.001", "KWD", 1, "0.001", "0.001"},
        {"1.2345", "CLF", 12345, "1.2345", "1.2345"},
        {"92233720368547758.07", "USD", INT64_MAX, NULL, NULL}, /* 19 digits */
        {"9999999999999999.99", "USD", 999999999999999999, "9999999999999999.99", "9,999,999,999,999,999.99"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct money m = {0};
        if (rows[i].written == NULL) {
            assert_err_says(money_parse(&m, str_of(rows[i].text), rows[i].currency, E), ERR_INVALID,
                            "more than 18 digits");
            continue;
        }
        assert_ok(money_parse(&m, str_of(rows[i].text), rows[i].currency, E));
        cr_assert(m.minor == rows[i].minor, "%s", rows[i].text);
        assert_str(money_text(A, m), rows[i].written);
        assert_str(money_pretty(A, m), rows[i].pretty);
        struct money back = {0};
        assert_ok(money_parse(&back, money_text(A, m), rows[i].currency, E));
        cr_assert(back.minor == m.minor && money_same_currency(back, m));
    }
}

Test(money, the_largest_amounts_are_written_too)
{
    assert_str(money_text(A, money_of(INT64_MAX, "USD")), "92233720368547758.07");
    assert_str(money_pretty(A, money_of(-INT64_MAX, "USD")), "-92,233,720,368,547,758.07");
    assert_str(money_pretty(A, money_of(-INT64_MAX, "JPY")), "-9,223,372,036,854,775,807");
    assert_str(money_text(A, money_of(INT64_MIN, "USD")), "-92233720368547758.08");
    assert_str(money_text(A, (struct money){0}), "0");
}

Test(money, decimals_that_the_currency_does_not_have_are_refused)
{
    struct money m = usd("42.00");
    assert_err(money_parse(&m, STR("12.345"), "USD", E), ERR_INVALID,
               "amount '12.345': too many decimals for USD");
    /* Not even zeros: 29.000 is twenty-nine thousand in half of the world. */
    assert_err(money_parse(&m, STR("29.000"), "USD", E), ERR_INVALID,
               "amount '29.000': too many decimals for USD");
    assert_err(money_parse(&m, STR("2900.0"), "JPY", E), ERR_INVALID,
               "amount '2900.0': too many decimals for JPY");
    assert_err(money_parse(&m, STR("1.2345"), "KWD", E), ERR_INVALID,
               "amount '1.2345': too many decimals for KWD");
    assert_err(money_parse(&m, STR("1,000"), "USD", E), ERR_INVALID,
               "amount '1,000': commas are not accepted, a point stands before the decimals");
    assert_err(money_parse(&m, STR("1e3"), "USD", E), ERR_INVALID,
               "amount '1e3': exponents are not accepted");
    assert_err(money_parse(&m, STR("+5"), "USD", E), ERR_INVALID, "amount '+5': a plus sign is not accepted");
    assert_err(money_parse(&m, STR("$5"), "USD", E), ERR_INVALID, "amount '$5': not a plain decimal number");
    assert_err(money_parse(&m, STR("999999999999999999"), "USD", E), ERR_INVALID,
               "amount '999999999999999999': too large for USD");
    assert_err(money_parse(&m, STR("92233720368547759"), "USD", E), ERR_INVALID,
               "amount '92233720368547759': too large for USD");
    assert_err_says(money_parse(&m, STR("5"), "ABC", E), ERR_INVALID, "not a code of ISO 4217");
    cr_assert(m.minor == 4200);
}

Test(money, sums_check_their_range)
{
    struct money out = {0}, most = money_of(INT64_MAX, "USD"), least = money_of(-INT64_MAX, "USD");
    struct money cent = money_of(1, "USD");
    assert_ok(money_add(&out, usd("1.25"), usd("-2.50"), E));
    assert_money(out, "-1.25", "USD");
    assert_ok(money_subtract(&out, usd("1.25"), usd("-2.50"), E));
    assert_money(out, "3.75", "USD");
    assert_ok(money_add(&out, money_of(INT64_MAX - 1, "USD"), cent, E));
    cr_assert(out.minor == INT64_MAX);
    assert_ok(money_subtract(&out, most, most, E));
    cr_assert(out.minor == 0);
    assert_err(money_add(&out, most, cent, E), ERR_LIMIT,
               "cannot add amounts in USD: the result is too large");
    assert_err(money_subtract(&out, least, cent, E), ERR_LIMIT,
               "cannot subtract amounts in USD: the result is too large");
    assert_err_says(money_add(&out, least, least, E), ERR_LIMIT, "too large");
    assert_err_says(money_subtract(&out, most, least, E), ERR_LIMIT, "too large");
    cr_assert(out.minor == 0, "a refused sum was stored");
}

Test(money, an_amount_that_is_not_given_takes_the_others_currency)
{
    struct money none = {0}, out = {0};
    assert_ok(money_add(&out, none, usd("5.00"), E));
    assert_money(out, "5.00", "USD");
    assert_ok(money_subtract(&out, none, usd("5.00"), E));
    assert_money(out, "-5.00", "USD");
    assert_ok(money_add(&out, usd("5.00"), none, E));
    assert_money(out, "5.00", "USD");
    assert_ok(money_add(&out, none, none, E));
    cr_assert(!money_is_given(out) && money_is_zero(out));
    cr_assert(money_is_given(usd("0")));
    assert_int(money_compare(none, usd("0.01")), -1);
    cr_assert(money_same_currency(usd("1"), usd("2")) && !money_same_currency(usd("1"), none));
}

Test(money, two_currencies_never_meet_in_a_sum, .signal = SIGABRT)
{
    struct money out = {0};
    (void)!money_add(&out, money_of(1, "USD"), money_of(1, "EUR"), E);
}

Test(money, two_currencies_are_never_compared, .signal = SIGABRT)
{
    (void)money_compare(money_of(1, "USD"), money_of(1, "EUR"));
}

Test(money, signs_and_order)
{
    cr_assert(money_negate(usd("1.25")).minor == -125);
    cr_assert(money_negate(money_of(INT64_MAX, "USD")).minor == -INT64_MAX);
    cr_assert(money_is_negative(usd("-0.01")) && !money_is_negative(usd("0")) && money_is_zero(usd("0")));
    assert_int(money_compare(usd("1"), usd("2")), -1);
    assert_int(money_compare(usd("2"), usd("1")), 1);
    assert_int(money_compare(usd("2"), usd("2")), 0);
    assert_money(money_min(usd("-3"), usd("2")), "-3.00", "USD");
    assert_money(money_zero(usd("17")), "0.00", "USD");
    assert_str(decimal_text(A, money_decimal(usd("29.00"))), "29");
    assert_str(decimal_text(A, money_decimal(usd("-29.05"))), "-29.05");
    assert_str(decimal_text(A, money_decimal(money_of(2900, "JPY"))), "2900");
}

Test(money, r_1_and_r_2_a_half_is_rounded_away_from_zero)
{
    static const struct {
        const char *major, *currency, *rounded;
    } rows[] = {
        /* */
        {"10.275", "USD", "10.28"},
        {"0.005", "USD", "0.01"},
        {"10.125", "USD", "10.13"},
        {"99.996", "USD", "100.00"},
        {"0.004", "USD", "0.00"},
        {"-10.275", "USD", "-10.28"},
        {"-0.005", "USD", "-0.01"},
        {"-0.004", "USD", "0.00"},
        /* */
        {"1023.45", "JPY", "1023"},
        {"1023.5", "JPY", "1024"},
        {"0.9", "JPY", "1"},
        {"100.5", "JPY", "101"},
        {"1000.5", "KRW", "1001"},
        {"1000.5", "VND", "1001"},
        {"1000.5", "CLP", "1001"},
        {"0.0005", "KWD", "0.001"},
        {"0.00049", "KWD", "0.000"},
        {"2.675", "EUR", "2.68"},
        {"1.005", "EUR", "1.01"},
        {"0.004999999999", "USD", "0.00"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct money out = {0};
        assert_ok(money_round(&out, number(rows[i].major), rows[i].currency, E));
        assert_money(out, rows[i].rounded, rows[i].currency);
    }
}

/* Rounds each line, then adds. */
static struct money sum_of_lines(const char *const *lines, size_t count, const char *currency)
{
    struct money sum = {0};
    for (size_t i = 0; i < count; i++) {
        struct money line = {0};
        assert_ok(money_round(&line, number(lines[i]), currency, E));
        assert_ok(money_add(&sum, sum, line, E));
    }
    return sum;
}

Test(money, r_3_each_line_is_rounded_once_and_then_summed)
{
    static const char *const thirds[] = {"10.333333", "10.333333", "10.333333"};
    assert_money(sum_of_lines(thirds, 3, "USD"), "30.99", "USD");
    static const char *const shares[] = {"33.333333", "33.333333", "33.333334"};
    assert_money(sum_of_lines(shares, 3, "USD"), "99.99", "USD");
    static const char *const yen[] = {"100.4", "200.5", "300.6"};
    assert_money(sum_of_lines(yen, 3, "JPY"), "602", "JPY");
    static const char *tiny[100];
    for (size_t i = 0; i < 100; i++) tiny[i] = "0.011";
    assert_money(sum_of_lines(tiny, 100, "USD"), "1.00", "USD");
}

Test(money, parts_of_a_period_as_the_published_cases_have_them)
{
    static const struct {
        const char *id, *amount;
        int64_t num, den;
        const char *part;
    } rows[] = {
        {"P-3", "1000", 6, 31, "193.55"},
        {"P-4", "-1000", 16, 31, "-516.13"},
        {"P-5", "9.95", 30, 31, "9.63"},
        {"P-5, uncapped", "249.95", 30, 31, "241.89"},
        {"P-6", "9.95", 25, 31, "8.02"},
        {"P-6", "599.95", 25, 31, "483.83"},
        {"P-6", "29.95", 24, 31, "23.19"},
        {"P-6, of what was billed", "8.02", 24, 25, "7.70"},
        {"P-8", "2399.95", 335, 365, "2202.69"},
        {"P-8", "-2399.95", 335, 365, "-2202.69"},
        {"P-9", "500", 20, 30, "333.33"},
        {"P-10", "500", 25, 30, "416.67"},
        {"P-18", "10.00", 1, 31, "0.32"},
        {"P-18", "120.00", 275, 366, "90.16"},
        {"P-20", "910.00", 32, 91, "320.00"},
        {"P-25, basic", "-29.00", 16, 31, "-14.97"},
        {"P-25, seats", "-10.00", 16, 31, "-5.16"},
        {"P-25, pro", "99.00", 16, 31, "51.10"},
        {"P-25, seats", "25.00", 16, 31, "12.90"},
        {"C-1", "10000.00", 5, 7, "7142.86"},
        {"a half", "0.01", 1, 2, "0.01"},
        {"a half", "-0.01", 1, 2, "-0.01"},
        {"under a half", "0.01", 49, 100, "0.00"},
        {"nothing", "17.00", 0, 31, "0.00"},
        {"more than all", "17.00", 62, 31, "34.00"},
        {"backwards", "1000", -6, 31, "-193.55"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct money out = {0};
        assert_ok(money_part(&out, usd(rows[i].amount), rows[i].num, rows[i].den, E));
        cr_expect(str_is(money_text(A, out), rows[i].part), "%s: %.*s", rows[i].id,
                  STR_ARG(money_text(A, out)));
    }
}

Test(money, parts_reach_to_the_edge_of_64_bits_and_no_further)
{
    struct money most = money_of(INT64_MAX, "USD"), out = {0};
    assert_ok(money_part(&out, most, INT64_MAX, INT64_MAX, E));
    cr_assert(out.minor == INT64_MAX);
    assert_ok(money_part(&out, most, -INT64_MAX, INT64_MAX, E));
    cr_assert(out.minor == -INT64_MAX);
    assert_ok(money_part(&out, most, 1, INT64_MAX, E));
    cr_assert(out.minor == 1);
    assert_ok(money_part(&out, most, 1, 2, E));
    cr_assert(out.minor == INT64_MAX / 2 + 1, "half of an odd number is rounded away from zero");
    assert_err(money_part(&out, most, 2, 1, E), ERR_LIMIT,
               "cannot take a part of an amount in USD: the result is too large");
    assert_err_says(money_part(&out, most, INT64_MAX, 1, E), ERR_LIMIT, "too large");
    assert_err_says(money_part(&out, most, INT64_MIN, 1, E), ERR_LIMIT, "too large");
}

/* The part is the whole number nearest to amount * num / den: twice the distance is at most den, and when it
 * is exactly den the part lies farther from zero. Small enough for 64 bits, so no other arithmetic is
 * trusted. */
Test(money, a_part_is_the_nearest_whole_number)
{
    struct dice dice = dice_of(31);
    for (int i = 0; i < 200000; i++) {
        int64_t amount = dice_between(&dice, -2000000000, 2000000000), num = dice_between(&dice, -400, 400);
        int64_t den = dice_between(&dice, 1, 400);
        struct money out = {0};
        assert_ok(money_part(&out, money_of(amount, "USD"), num, den, E));
        int64_t exact = amount * num, got = out.minor * den;
        int64_t twice = 2 * (exact - got);
        cr_assert(twice <= den && -twice <= den, "%" PRId64 " * %" PRId64 " / %" PRId64, amount, num, den);
        bool tie = twice == den || -twice == den;
        if (tie) cr_assert(exact > 0 ? got > exact : got < exact, "a half goes away from zero");
    }
}

Test(money, both_halves_add_up_when_one_is_the_rest)
{
    struct dice dice = dice_of(32);
    for (int i = 0; i < 20000; i++) {
        struct money all = money_of(dice_between(&dice, -INT64_MAX, INT64_MAX), "EUR"), part = {0},
                     rest = {0}, sum = {0};
        int64_t den = dice_between(&dice, 1, 366), num = dice_between(&dice, 0, den);
        assert_ok(money_part(&part, all, num, den, E));
        assert_ok(money_subtract(&rest, all, part, E));
        assert_ok(money_add(&sum, part, rest, E));
        cr_assert(sum.minor == all.minor);
    }
}

Test(money, a_price_times_a_quantity_is_rounded_once)
{
    static const struct {
        const char *price, *quantity, *currency, *amount;
    } rows[] = {
        {"0.01", "500", "USD", "5.00"}, /* U-37 */
        {"0.000000000001", "999999999999", "USD", "1.00"},
        {"0.005", "1", "USD", "0.01"},
        {"0.005", "-1", "USD", "-0.01"},
        {"0.0049", "1", "USD", "0.00"},
        {"0.015", "0.333333", "USD", "0.00"},
        {"1.5", "10", "USD", "15.00"},
        {"0.5", "1", "JPY", "1"},
        {"0.0005", "1", "KWD", "0.001"},
        {"1", "1", "CLF", "1.0000"},
        {"29", "3", "USD", "87.00"},
        {"0.000123456789", "1234567890.12", "USD", "152415.79"}, /* 152415.78751672002468 */
        {"0", "999999999999999999", "USD", "0.00"},
        {"9007199254740993", "1", "JPY", "9007199254740993"}, /* 2^53 + 1: no double holds it */
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct money out = {0};
        assert_ok(money_multiply(&out, number(rows[i].price), number(rows[i].quantity), rows[i].currency, E));
        assert_money(out, rows[i].amount, rows[i].currency);
    }
}

Test(money, a_product_too_large_is_refused_whatever_its_size)
{
    struct money out = usd("42.00");
    struct decimal most = number("999999999999999999");
    static const char *const prices[] = {"999999999999999999", "-999999999999999999", "922337203685477580",
                                         "1000000"};
    for (size_t i = 0; i < 4; i++) {
        assert_err(money_multiply(&out, number(prices[i]), most, "USD", E), ERR_LIMIT,
                   "cannot multiply a price by a quantity in USD: the result is too large");
    }
    assert_err_says(money_round(&out, most, "USD", E), ERR_LIMIT, "cannot round a number in USD");
    cr_assert(out.minor == 4200);
    assert_err_says(money_round(&out, decimal_make(INT64_MIN, 4), "CLF", E), ERR_LIMIT, "too large");
    assert_ok(money_round(&out, decimal_make(INT64_MAX, 4), "CLF", E));
    cr_assert(out.minor == INT64_MAX);
}

Test(money, a_price_has_its_currencys_decimals_or_more)
{
    struct decimal d = {0};
    assert_str(price_text(A, decimal_of(99), "USD"), "99.00");
    assert_str(price_text(A, decimal_of(99), "JPY"), "99");
    assert_ok(decimal_parse(&d, STR("0.0025"), E));
    assert_str(price_text(A, d, "USD"), "0.0025");
    assert_ok(decimal_parse(&d, STR("51.1"), E));
    assert_str(price_text(A, d, "KWD"), "51.100");
    assert_str(price_text(A, decimal_of(-5), "EUR"), "-5.00");
}
