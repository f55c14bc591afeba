/* SPDX-License-Identifier: MIT */
/* Spreading a total over parts: always exact, always fair. */
#include <inttypes.h>
#include <signal.h>

#include "tests/lib/fixture.h"

TestSuite(spread, .init = test_begin, .fini = test_end);

enum { MOST = 12 };

Test(spread, totals_are_divided_by_largest_remainder)
{
    static const struct {
        const char *says;
        int64_t total;
        size_t count;
        int64_t weights[MOST], parts[MOST];
    } rows[] = {
        {"R-21: 1.00 off 3.33, 3.33 and 3.34", 100, 3, {333, 333, 334}, {33, 33, 34}},
        {"R-6: 10.00 over 100, 50, 30 and 20", 1000, 4, {10000, 5000, 3000, 2000}, {500, 250, 150, 100}},
        {"R-22: 20.01 over 40 and 60", 2001, 2, {40, 60}, {800, 1201}},
        {"R-22: 6.67 over 15.00 and 5.00", 667, 2, {1500, 500}, {500, 167}},
        {"ties go to the earlier", 1, 3, {1, 1, 1}, {1, 0, 0}},
        {"ties go to the earlier, twice", 2, 3, {1, 1, 1}, {1, 1, 0}},
        {"a credit is a charge turned round", -2, 3, {1, 1, 1}, {-1, -1, 0}},
        {"the largest remainder comes first", 10, 3, {1, 2, 4}, {1, 3, 6}},
        {"no weight, no part", 7, 4, {0, 1, 0, 1}, {0, 4, 0, 3}},
        {"nothing to spread", 0, 3, {1, 2, 3}, {0, 0, 0}},
        {"nothing to spread over nothing", 0, 2, {0, 0}, {0, 0}},
        {"one part takes all", 12345, 1, {7}, {12345}},
        {"the edge of 64 bits", INT64_MAX, 2, {INT64_MAX, INT64_MAX}, {INT64_MAX / 2 + 1, INT64_MAX / 2}},
        {"the other edge", -INT64_MAX, 2, {INT64_MAX, INT64_MAX}, {-(INT64_MAX / 2 + 1), -(INT64_MAX / 2)}},
        {"one part takes all of the edge", INT64_MAX, 2, {INT64_MAX, 0}, {INT64_MAX, 0}},
        {"no parts", 0, 0, {0}, {0}},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int64_t parts[MOST] = {0};
        assert_ok(money_spread(parts, rows[i].total, rows[i].weights, rows[i].count, E));
        for (size_t j = 0; j < rows[i].count; j++) {
            cr_expect(parts[j] == rows[i].parts[j], "%s: part %zu is %" PRId64, rows[i].says, j, parts[j]);
        }
    }
}

Test(spread, nothing_can_carry_an_amount_without_a_weight)
{
    int64_t parts[2] = {0}, none[2] = {0, 0}, one[2] = {1, 1};
    assert_err(money_spread(parts, 1, none, 2, E), ERR_INVALID,
               "cannot spread an amount: no part has a weight");
    assert_err(money_spread(parts, 1, none, 0, E), ERR_INVALID,
               "cannot spread an amount: no part has a weight");
    assert_err(money_spread(parts, INT64_MIN, one, 2, E), ERR_LIMIT,
               "cannot spread an amount: it is too large");
}

Test(spread, a_negative_weight_is_a_programmers_mistake, .signal = SIGABRT)
{
    int64_t parts[2] = {0}, weights[2] = {2, -1};
    (void)!money_spread(parts, 1, weights, 2, E);
}

/* By the definition: every part its floor, then unit by unit to the largest remainder that has none yet. */
static void naive_spread(int64_t *parts, int64_t total, const int64_t *weights, size_t count)
{
    int64_t sum = 0, remainders[MOST] = {0}, left = total;
    for (size_t i = 0; i < count; i++) sum += weights[i];
    cr_assert(sum > 0);
    for (size_t i = 0; i < count; i++) {
        parts[i] = total * weights[i] / sum;
        remainders[i] = total * weights[i] % sum;
        left -= parts[i];
    }
    for (; left > 0; left--) {
        size_t largest = 0;
        for (size_t i = 1; i < count; i++) {
            if (remainders[i] > remainders[largest]) largest = i;
        }
        parts[largest]++;
        remainders[largest] = -1;
    }
}

Test(spread, agrees_with_the_definition)
{
    struct dice dice = dice_of(99);
    for (int round = 0; round < 50000; round++) {
        int64_t weights[MOST] = {0}, parts[MOST] = {0}, wanted[MOST] = {0}, back[MOST] = {0};
        size_t count = (size_t)dice_between(&dice, 1, MOST);
        int64_t most = dice_chance(&dice, 50) ? 5 : 100000;
        for (size_t i = 0; i < count; i++) weights[i] = dice_between(&dice, 0, most);
        weights[dice_next(&dice) % count] = dice_between(&dice, 1, most);
        int64_t total = dice_between(&dice, 0, dice_chance(&dice, 50) ? 20 : 1000000);
        naive_spread(wanted, total, weights, count);
        assert_ok(money_spread(parts, total, weights, count, E));
        assert_ok(money_spread(back, -total, weights, count, E));
        for (size_t i = 0; i < count; i++) {
            cr_assert(parts[i] == wanted[i], "part %zu", i);
            cr_assert(back[i] == -parts[i], "a credit must mirror its charge");
        }
    }
}

Test(spread, parts_of_any_size_sum_to_the_total)
{
    enum { PARTS = 300 };
    struct dice dice = dice_of(100);
    for (int round = 0; round < 300; round++) {
        int64_t weights[PARTS] = {0}, parts[PARTS] = {0};
        size_t count = (size_t)dice_between(&dice, 1, PARTS);
        for (size_t i = 0; i < count; i++) {
            weights[i] =
                dice_chance(&dice, 10) ? 0 : dice_between(&dice, 0, dice_chance(&dice, 50) ? 9 : INT64_MAX);
        }
        weights[count - 1] = 1;
        int64_t total = dice_between(&dice, -INT64_MAX, INT64_MAX);
        assert_ok(money_spread(parts, total, weights, count, E));
        int64_t left = total;
        for (size_t i = 0; i < count; i++) {
            cr_assert((total < 0) == (parts[i] < 0) || parts[i] == 0, "no part has another sign");
            cr_assert(weights[i] > 0 || parts[i] == 0);
            left -= parts[i];
        }
        cr_assert(left == 0);
    }
}

Test(spread, the_longest_invoice_is_spread_too)
{
    int64_t *weights = arena_array_of(A, int64_t, LIMIT_INVOICE_LINES);
    int64_t *parts = arena_array_of(A, int64_t, LIMIT_INVOICE_LINES);
    for (size_t i = 0; i < LIMIT_INVOICE_LINES; i++) weights[i] = INT64_MAX - (int64_t)(i % 7);
    assert_ok(money_spread(parts, LIMIT_INVOICE_LINES - 1, weights, LIMIT_INVOICE_LINES, E));
    int64_t left = LIMIT_INVOICE_LINES - 1;
    for (size_t i = 0; i < LIMIT_INVOICE_LINES; i++) left -= parts[i];
    assert_int(left, 0);
}

/* ---- shares ---- */

/* By hand, with Python's fractions: the sum's share rounded once, then unit by unit to the largest
 * remainders. */
Test(spread, the_same_share_of_every_amount_sums_to_the_share_of_the_sum)
{
    static const struct {
        const char *says;
        struct ratio share;
        size_t count;
        int64_t amounts[MOST], parts[MOST];
    } rows[] = {
        {"R-6: 20% of 28.50 and 19.00", {20, 100}, 2, {2850, 1900}, {570, 380}},
        {"R-8: 40% of twice one cent is one cent", {40, 100}, 2, {1, 1}, {1, 0}},
        {"R-9: 40% of eight times one cent is three", {40, 100}, 8, {1, 1, 1, 1, 1, 1, 1, 1}, {1, 1, 1}},
        {"R-14: 20% of two lines of 68.33, together 27.33", {20, 100}, 2, {6833, 6833}, {1367, 1366}},
        {"R-26: a price of 2.99 holds 4%", {100, 104}, 1, {299}, {288}},
        {"half a cent goes away from zero", {1, 2}, 1, {1}, {1}},
        {"also below it", {1, 2}, 1, {-1}, {-1}},
        {"19% of 0.10 and a credit of 0.07: 0.0057 of the 0.03", {19, 100}, 2, {10, -7}, {2, -1}},
        {"amounts that cancel out have shares that do", {19, 100}, 2, {1000, -1000}, {190, -190}},
        {"halves of amounts that cancel out", {1, 2}, 2, {1, -1}, {1, -1}},
        {"the other way round", {1, 2}, 2, {-1, 1}, {-1, 1}},
        {"a small rest of large amounts: shares of each, not of the rest",
         {20, 100},
         3,
         {10000, -9999, 2},
         {2000, -2000, 1}},
        {"nothing", {0, 100}, 2, {100, 50}, {0, 0}},
        {"no amounts", {1, 2}, 0, {0}, {0}},
        {"the edge of 64 bits", {1, 2}, 1, {INT64_MAX}, {INT64_MAX / 2 + 1}},
        {"the other edge", {1, 2}, 1, {-INT64_MAX}, {-(INT64_MAX / 2 + 1)}},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int64_t parts[MOST] = {0};
        assert_ok(money_shares(parts, rows[i].amounts, rows[i].count, rows[i].share, E));
        for (size_t j = 0; j < rows[i].count; j++) {
            cr_expect(parts[j] == rows[i].parts[j], "%s: part %zu is %" PRId64, rows[i].says, j, parts[j]);
        }
    }
}

Test(spread, shares_are_rounded_down_or_up_and_the_sum_once)
{
    struct dice dice = dice_of(101);
    for (int round = 0; round < 50000; round++) {
        int64_t amounts[MOST] = {0}, opposite[MOST] = {0}, parts[MOST] = {0}, back[MOST] = {0};
        size_t count = (size_t)dice_between(&dice, 1, MOST);
        struct ratio share = {dice_between(&dice, 0, 120), dice_between(&dice, 1, 120)};
        int64_t most = dice_chance(&dice, 50) ? 9 : 100000, sum = 0, given = 0;
        for (size_t i = 0; i < count; i++) {
            amounts[i] = dice_between(&dice, -most, most);
            opposite[i] = -amounts[i];
            sum += amounts[i];
        }
        assert_ok(money_shares(parts, amounts, count, share, E));
        assert_ok(money_shares(back, opposite, count, share, E));
        for (size_t i = 0; i < count; i++) {
            int64_t away = parts[i] * share.den - amounts[i] * share.num;
            cr_assert(away > -share.den && away < share.den, "part %zu is not its share rounded", i);
            cr_assert(back[i] == -parts[i], "a credit must mirror its charge");
            given += parts[i];
        }
        int64_t off =
            2 * (given * share.den - sum * share.num); /* at most half a unit, a half away from zero */
        cr_assert(off >= -share.den && off <= share.den);
        if (off == share.den || off == -share.den)
            cr_assert((off > 0) == (sum > 0), "a half goes away from zero");
    }
}

Test(spread, shares_that_leave_64_bits_are_refused)
{
    int64_t parts[2] = {0}, most[2] = {INT64_MAX, INT64_MAX};
    struct ratio half = {1, 2}, twice = {2, 1};
    assert_err(money_shares(parts, most, 2, half, E), ERR_LIMIT,
               "cannot take shares of amounts: they are too large");
    assert_err(money_shares(parts, most, 1, twice, E), ERR_LIMIT,
               "cannot take shares of amounts: they are too large");
}
