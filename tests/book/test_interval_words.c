/* SPDX-License-Identifier: MIT */
/* Intervals by their names: what a command means by them, and what an answer calls them. */
#include "ledger/book.h"
#include "tests/lib/fixture.h"

TestSuite(interval_words, .init = test_begin, .fini = test_end);

static const struct interval monthly = {INTERVAL_MONTH, 1};
static const struct interval fortnight = {INTERVAL_WEEK, 2};

Test(interval_words, a_command_names_an_interval_a_count_both_or_neither)
{
    static const struct {
        enum billing_interval named;
        uint64_t count;
        const struct interval *otherwise;
        struct interval chosen;
    } rows[] = {
        {BILLING_DEFAULT, 0, &monthly, {INTERVAL_MONTH, 1}},
        {BILLING_DEFAULT, 0, &fortnight, {INTERVAL_WEEK, 2}},
        {BILLING_DEFAULT, 3, &fortnight, {INTERVAL_WEEK, 3}},
        {BILLING_DAY, 10, &monthly, {INTERVAL_DAY, 10}},
        {BILLING_WEEK, 0, &fortnight, {INTERVAL_WEEK, 1}},
        {BILLING_MONTH, 2, &monthly, {INTERVAL_MONTH, 2}},
        {BILLING_QUARTER, 0, &monthly, {INTERVAL_MONTH, 3}},
        {BILLING_QUARTER, 2, &monthly, {INTERVAL_MONTH, 6}},
        {BILLING_HALF_YEAR, 0, &monthly, {INTERVAL_MONTH, 6}},
        {BILLING_HALF_YEAR, 3, &monthly, {INTERVAL_MONTH, 18}},
        {BILLING_YEAR, 0, &monthly, {INTERVAL_YEAR, 1}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct interval chosen = interval_chosen(rows[i].named, rows[i].count, *rows[i].otherwise);
        cr_expect(chosen.unit == rows[i].chosen.unit && chosen.count == rows[i].chosen.count, "row %zu", i);
    }
}

Test(interval_words, three_months_are_a_quarter_and_six_a_half_year)
{
    static const struct {
        struct interval every;
        const char *word, *text;
        unsigned count;
    } rows[] = {
        {{INTERVAL_DAY, 1}, "day", "day", 1},
        {{INTERVAL_DAY, 10}, "day", "10 days", 10},
        {{INTERVAL_WEEK, 2}, "week", "2 weeks", 2},
        {{INTERVAL_MONTH, 1}, "month", "month", 1},
        {{INTERVAL_MONTH, 2}, "month", "2 months", 2},
        {{INTERVAL_MONTH, 3}, "quarter", "quarter", 1},
        {{INTERVAL_MONTH, 6}, "half_year", "half_year", 1},
        {{INTERVAL_MONTH, 9}, "month", "9 months", 9},
        {{INTERVAL_MONTH, 12}, "month", "12 months", 12},
        {{INTERVAL_YEAR, 1}, "year", "year", 1},
        {{INTERVAL_YEAR, 3}, "year", "3 years", 3},
        {{INTERVAL_DAY, 3}, "day", "3 days", 3},
        {{INTERVAL_WEEK, 6}, "week", "6 weeks", 6},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct interval_name name = interval_name(rows[i].every);
        assert_str(str_of(name.word), rows[i].word);
        assert_int(name.count, rows[i].count);
        assert_str(interval_text(A, rows[i].every), rows[i].text);
        int word = 0; /* what is called so is the same interval again */
        cr_assert(choice_parse(&word, &choice_billing_interval, str_of(name.word)));
        struct interval again = interval_chosen((enum billing_interval)word, name.count, monthly);
        cr_assert(again.unit == rows[i].every.unit && again.count == rows[i].every.count);
    }
}
