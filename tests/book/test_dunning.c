/* SPDX-License-Identifier: MIT */
/* On which days payment of what is overdue is asked for again. */
#include "ledger/book.h"
#include "tests/lib/fixture.h"

TestSuite(dunning, .init = test_begin, .fini = test_end);

static struct dunning_threshold from_one_euro = {{100, "EUR"}};

static struct dunning rule_of(const struct dunning_day *schedule, size_t count)
{
    return (struct dunning){.thresholds = &from_one_euro,
                            .thresholds_count = 1,
                            .attempts = count,
                            .schedule = schedule,
                            .schedule_count = count};
}

/* Of 20.00 EUR that were due on Friday, 2025-01-03. */
static struct dunned look(const struct dunning *rule, const struct campaign *campaign, const char *on)
{
    struct customer customer = {.campaigns = campaign, .campaigns_count = campaign != NULL};
    struct open_invoice open = {.invoice = 1, .left = {2000, "EUR"}, .due = day("2025-01-03")};
    struct debtor debtor = {&customer, &open, 1};
    struct dunned v = {0};
    assert_ok(dunning_look(&v, rule, &debtor, "EUR", day(on), E));
    return v;
}

Test(dunning, the_first_attempt_is_made_so_many_days_after_the_due_date)
{
    static const struct dunning_day schedule[] = {{3}, {5}};
    const struct dunning rule = rule_of(schedule, 2);
    static const struct {
        const char *on, *next;
        enum dunning_state state;
    } table[] = {
        {"2025-01-03", "", DUNNING_NOTHING},         {"2025-01-04", "2025-01-06", DUNNING_WAITS},
        {"2025-01-05", "2025-01-06", DUNNING_WAITS}, {"2025-01-06", "2025-01-06", DUNNING_DUE},
        {"2025-01-09", "2025-01-09", DUNNING_DUE},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct dunned v = look(&rule, NULL, table[i].on);
        assert_int(v.state, table[i].state);
        assert_str(date_text(A, v.next_on), table[i].next);
    }
}

Test(dunning, the_next_attempt_is_as_far_behind_the_last_as_the_schedule_has_them_apart)
{
    static const struct dunning_day schedule[] = {{1}, {3}, {5}, {7}, {10}, {14}};
    const struct dunning rule = rule_of(schedule, 6), without = {.attempts = 3, .days_between = 2};
    static const struct {
        uint64_t attempt;
        const char *on, *next;
    } table[] = {
        {1, "2025-01-04", "2025-01-06"}, {2, "2025-01-06", "2025-01-08"}, {3, "2025-01-08", "2025-01-10"},
        {4, "2025-01-10", "2025-01-13"}, {5, "2025-01-13", "2025-01-17"}, {2, "2025-01-30", "2025-02-01"},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct date next = dunning_next(&rule, table[i].attempt, day(table[i].on));
        assert_str(date_text(A, next), table[i].next);
    }
    assert_str(date_text(A, dunning_next(&without, 1, day("2025-01-07"))), "2025-01-10");
}

Test(dunning, an_attempt_on_a_day_that_has_none_moves_to_the_next_that_has)
{
    static const struct dunning_day schedule[] = {{1}, {3}, {5}};
    static const struct dunning_weekday workdays[] = {
        {WEEKDAY_MONDAY}, {WEEKDAY_TUESDAY}, {WEEKDAY_WEDNESDAY}, {WEEKDAY_THURSDAY}, {WEEKDAY_FRIDAY}};
    struct dunning rule = rule_of(schedule, 3);
    rule.weekdays = workdays;
    rule.weekdays_count = 5;
    struct campaign asked = {
        .campaign = 1, .attempt = 1, .amount = {2000, "EUR"}, .attempts = 3, .next_on = day("2025-01-10")};
    assert_int(look(&rule, NULL, "2025-01-04").state, DUNNING_WAITS); /* a Saturday */
    assert_str(date_text(A, look(&rule, NULL, "2025-01-04").next_on), "2025-01-06");
    assert_int(look(&rule, NULL, "2025-01-06").state, DUNNING_DUE);
    assert_str(date_text(A, dunning_next(&rule, 1, day("2025-01-09"))),
               "2025-01-13"); /* Thursday: Saturday */
    assert_int(look(&rule, &asked, "2025-01-10").state, DUNNING_DUE);
    assert_int(look(&rule, &asked, "2025-01-12").state, DUNNING_WAITS); /* missed on Friday, now a Sunday */
    assert_str(date_text(A, look(&rule, &asked, "2025-01-12").next_on), "2025-01-13");
}
