/* SPDX-License-Identifier: MIT */
/* test_aggregation.c - readings that become quantities. U-33 is the table of numeric cases'; the other
 * numbers were worked out by hand, or are computed second by second beside the rule. */
#include "tests/book/facts.h"

TestSuite(aggregation, .init = test_begin, .fini = test_end);
TestSuite(usage_reading, .init = test_begin, .fini = test_end);

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static struct decimal number(const char *text)
{
    struct decimal d = {0};
    assert_ok(decimal_parse(&d, str_of(text), E));
    return d;
}

static struct period span(const char *start, const char *end)
{
    return (struct period){day(start), day(end)};
}

static void count(struct usage_total *t, enum aggregation how, const char *quantity, const char *at,
                  bool new_key)
{
    struct instant when = moment(at);
    struct reading r = {
        .aggregation = how, .quantity = number(quantity), .at = when, .day = instant_date(when)};
    r.second = (uint64_t)((when.us - date_start(r.day).us) / 1000000);
    assert_ok(total_count(t, &r, new_key, A, E));
}

static const char *measured(const struct usage_total *totals, size_t count, struct period p,
                            struct period whole)
{
    struct usage_measure m = {0};
    struct decimal d = {0};
    assert_ok(totals_measure(&m, totals, count, totals[0].usage_type, p, whole, E));
    assert_ok(exact_decimal(&d, m.quantity, E));
    return str_cstring(A, decimal_text(A, d));
}

/* ---- one total ---- */

Test(aggregation, what_a_total_comes_to)
{
    static const struct {
        const char *says;
        enum aggregation how;
        const char *total;
    } rows[] = {
        {"the sum", AGGREGATION_SUM, "21.5"},
        {"the largest", AGGREGATION_MAX, "9"},
        {"the last by its time, not by its coming", AGGREGATION_LAST, "4.5"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct usage_total t = {.period = day("2025-01-01")};
        count(&t, rows[i].how, "5", "2025-01-03T00:00:00Z", false);
        count(&t, rows[i].how, "9", "2025-01-05T12:00:00Z", false);
        count(&t, rows[i].how, "4.5", "2025-01-20T00:00:00.000001Z", false);
        count(&t, rows[i].how, "3", "2025-01-20T00:00:00Z", false); /* came late */
        assert_str(decimal_text(A, t.total), rows[i].total);
        assert_int(t.readings, 4);
        assert_int(t.aggregation, rows[i].how);
    }
}

Test(aggregation, of_two_last_ones_at_one_time_the_one_that_came_last_counts)
{
    struct usage_total t = {0};
    count(&t, AGGREGATION_LAST, "5", "2025-01-03T00:00:00Z", false);
    count(&t, AGGREGATION_LAST, "2", "2025-01-03T00:00:00Z", false);
    assert_str(decimal_text(A, t.total), "2");
    count(&t, AGGREGATION_LAST, "0", "2025-01-04T00:00:00Z", false);
    assert_str(decimal_text(A, t.total), "0");
}

Test(aggregation, different_keys_are_counted_whatever_amount_they_come_with)
{
    struct usage_total t = {0};
    count(&t, AGGREGATION_UNIQUE, "100", "2025-01-03T00:00:00Z", true);
    count(&t, AGGREGATION_UNIQUE, "0", "2025-01-03T00:00:00Z", true);
    count(&t, AGGREGATION_UNIQUE, "1", "2025-01-04T00:00:00Z", false);
    assert_str(decimal_text(A, t.total), "2");
    assert_int(t.readings, 3);
}

Test(aggregation, a_total_that_would_be_too_long_stays_as_it_was)
{
    struct usage_total t = {.total = number("999999999999999999"), .readings = 1};
    struct reading r = {.quantity = number("1")};
    assert_err(total_count(&t, &r, false, A, E), ERR_LIMIT,
               "cannot add numbers: the sum needs more than 18 digits");
    assert_int(t.readings, 1);
    t = (struct usage_total){0};
    r = (struct reading){.aggregation = AGGREGATION_TIME_WEIGHTED,
                         .quantity = number("99999999999999"),
                         .day = day("2025-01-03"),
                         .second = 86399};
    assert_err(total_count(&t, &r, false, A, E), ERR_LIMIT,
               "cannot add numbers: the sum needs more than 18 digits");
    r.quantity = number("999999999999999");
    assert_err(total_count(&t, &r, false, A, E), ERR_LIMIT,
               "a level cannot be weighted: it needs more than 18 digits");
    assert_int(t.readings + t.changes_count, 0);
    cr_assert(decimal_is_zero(t.total));
}

/* ---- levels ---- */

Test(aggregation, a_level_is_averaged_over_its_month_and_carried_into_the_next)
{
    struct usage_total totals[] = {{.period = day("2023-03-01")}, {.period = day("2023-04-01")}};
    struct period march = span("2023-03-01", "2023-04-01"), april = span("2023-04-01", "2023-05-01");
    struct period may = span("2023-05-01", "2023-06-01");
    count(&totals[0], AGGREGATION_TIME_WEIGHTED, "2500", "2023-03-05T00:00:00Z", false);
    assert_str(str_of(measured(totals, 1, march, march)), "2177.419355"); /* U-33: 2500 x 27/31 */
    assert_str(str_of(measured(totals, 1, april, april)), "2500");
    count(&totals[1], AGGREGATION_TIME_WEIGHTED, "-2000", "2023-04-04T00:00:00Z", false);
    count(&totals[1], AGGREGATION_TIME_WEIGHTED, "-200", "2023-04-06T00:00:00Z", false);
    /* U-33: 2500 x 3 + 500 x 2 + 300 x 25 days of 30 */
    assert_str(str_of(measured(totals, 2, april, april)), "533.333333");
    assert_str(str_of(measured(totals, 2, may, may)), "300");
    assert_str(str_of(measured(totals, 2, march, march)), "2177.419355");
    /* When March is rated, and its total not looked at any more, its level is told. */
    totals[0] = (struct usage_total){.total = number("2500"), .aggregation = AGGREGATION_TIME_WEIGHTED};
    assert_str(str_of(measured(totals, 2, april, april)), "533.333333");
    assert_str(str_of(measured(totals, 2, may, may)), "300");
}

Test(aggregation, a_level_counts_from_its_second)
{
    struct usage_total t = {.period = day("2025-02-01")};
    struct period p = span("2025-02-01", "2025-03-01");
    count(&t, AGGREGATION_TIME_WEIGHTED, "28", "2025-02-01T12:00:00Z", false);
    assert_str(str_of(measured(&t, 1, p, p)), "27.5");
    count(&t, AGGREGATION_TIME_WEIGHTED, "-28", "2025-02-28T23:59:59.999999Z", false); /* cut to its second */
    assert_str(str_of(measured(&t, 1, p, p)), "27.499988");                            /* less 28 / 2419200 */
}

Test(aggregation, a_part_of_a_month_has_its_part_of_a_level)
{
    struct usage_total t = {.period = day("2025-04-01")};
    struct period whole = span("2025-04-01", "2025-05-01"), half = span("2025-04-01", "2025-04-16");
    count(&t, AGGREGATION_TIME_WEIGHTED, "100", "2025-04-01T00:00:00Z", false);
    assert_str(str_of(measured(&t, 1, half, whole)), "50");
    /* What came on the day of the end, which is not billed any more, is nothing yet, and there from then on.
     */
    count(&t, AGGREGATION_TIME_WEIGHTED, "60", "2025-04-16T12:00:00Z", false);
    assert_str(str_of(measured(&t, 1, half, whole)), "50");
    assert_str(str_of(measured(&t, 1, span("2025-04-17", "2025-05-01"), whole)),
               "74.666667"); /* 160 x 14/30 */
    assert_str(str_of(measured(&t, 1, span("2025-04-01", "2025-04-01"), whole)), "0");
}

/* The average of a level that is walked through day by day, in level-seconds. */
static int64_t walked(const int64_t level_at[], int days)
{
    int64_t sum = 0;
    for (int i = 0; i < days * 24; i++) sum += level_at[i] * 3600;
    return sum;
}

Test(aggregation, any_changes_average_as_a_walk_through_the_hours_does)
{
    enum { HOURS = 31 * 24 };
    static const int parts[] = {0, 1, 15, 30, 31};
    struct dice dice = dice_of(33);
    for (int round = 0; round < 200; round++) {
        int64_t level_at[HOURS] = {0};
        struct usage_total t = {.period = day("2025-01-01")};
        struct period p = span("2025-01-01", "2025-02-01");
        for (int k = 0; k < 20; k++) {
            int hour = (int)dice_between(&dice, 0, HOURS - 1);
            int64_t change = dice_between(&dice, -50, 100);
            struct reading r = {.aggregation = AGGREGATION_TIME_WEIGHTED, .quantity = decimal_of(change)};
            r.day = date_add_days(p.start, hour / 24);
            r.second = (uint64_t)(hour % 24) * 3600;
            assert_ok(total_count(&t, &r, false, A, E));
            for (int i = hour; i < HOURS; i++) level_at[i] += change;
        }
        for (size_t i = 0; i < COUNT_OF(parts); i++) {
            int days = parts[i];
            struct period part = {p.start, date_add_days(p.start, days)};
            struct usage_measure m = {0};
            struct exact wanted = {0};
            assert_ok(totals_measure(&m, &t, 1, STR_NONE, part, p, E));
            assert_ok(exact_part(&wanted, exact_of(decimal_of(walked(level_at, days))), 1, HOURS * 3600, E));
            assert_int(exact_compare(m.quantity, wanted), 0);
        }
        arena_reset(A);
    }
}

/* ---- several totals of one period ---- */

Test(aggregation, totals_that_begin_in_a_period_are_taken_together)
{
    struct usage_total totals[3] = {
        {.period = day("2024-12-20")}, {.period = day("2025-01-01")}, {.period = day("2025-01-20")}};
    struct period p = span("2024-12-20", "2025-01-20");
    static const struct {
        enum aggregation how;
        const char *quantity;
    } rows[] = {
        {AGGREGATION_SUM, "15"}, {AGGREGATION_MAX, "8"}, {AGGREGATION_LAST, "7"}, {AGGREGATION_UNIQUE, "2"}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        for (int k = 0; k < 3; k++) totals[k] = (struct usage_total){.period = totals[k].period};
        count(&totals[0], rows[i].how, "8", "2024-12-21T00:00:00Z", true);
        count(&totals[1], rows[i].how, "7", "2025-01-05T00:00:00Z", true);
        count(&totals[2], rows[i].how, "100", "2025-01-21T00:00:00Z", true);
        assert_str(str_of(measured(totals, 3, p, p)), rows[i].quantity);
    }
}

/* ---- periods ---- */

Test(aggregation, a_type_is_rated_by_the_subscription_that_bills_it_else_by_the_first_that_names_it)
{
    const struct rate calls = {.usage_type = STR("calls")}, disk = {.usage_type = STR("disk")};
    struct subscription live[] = {
        {.subscription = 1, .parent = 3},
        {.subscription = 2, .terms = {.rates = &calls, .rates_count = 1}},
        {.subscription = 3, .terms = {.rates = &disk, .rates_count = 1}},
    };
    struct date on = day("2025-03-10");
    cr_assert_null(rating_subscription(live, 0, STR("calls"), on));
    assert_int(rating_subscription(live, 1, STR("calls"), on)->subscription, 1);
    assert_int(rating_subscription(live, 3, STR("disk"), on)->subscription, 3);
    assert_int(rating_subscription(live, 3, STR("other"), on)->subscription, 2); /* the first plan */
    const struct rate billed = {.usage_type = STR("calls"), .billed = true};
    live[2].terms = (struct terms){.rates = &billed, .rates_count = 1};
    assert_int(rating_subscription(live, 3, STR("calls"), on)->subscription, 3);
    live[2].terms = (struct terms){.rates = &disk, .rates_count = 1};
    /* One whose end was reached is as good as gone, unless there is no other. */
    live[0].cancel_on = live[2].cancel_on = on;
    assert_int(rating_subscription(live, 3, STR("disk"), on)->subscription, 2);
    assert_int(rating_subscription(live, 1, STR("calls"), on)->subscription, 1);
}

Test(aggregation, without_a_subscription_periods_are_calendar_months)
{
    struct period p = reading_period(NULL, (struct date){0}, day("2024-02-29"));
    assert_day(p.start, "2024-02-01");
    assert_day(p.end, "2024-03-01");
    assert_int(period_days(whole_month(NULL, p)), 29);
}

/* ---- readings of a command ---- */

/* Facts of 'ann' with one metric each of the words' aggregations. */
struct desk {
    struct facts facts;
    struct customer_usage usage;
    struct reading_fact known[8];
    struct usage_input in[8];
    size_t count;
};

static struct desk *desk(void)
{
    const struct metric metrics[] = {{STR("peak"), AGGREGATION_MAX, STR_NONE},
                                     {STR("seats"), AGGREGATION_LAST, STR_NONE},
                                     {STR("users"), AGGREGATION_UNIQUE, STR_NONE},
                                     {STR("disk"), AGGREGATION_TIME_WEIGHTED, STR_NONE}};
    struct desk *d = arena_new_of(A, struct desk);
    struct catalog *c = arena_new_of(A, struct catalog);
    d->facts = facts_on("2025-04-16");
    subscribe(&d->facts, "basic", INTERVAL_MONTH, 2900, "2025-04-01", "2025-05-01");
    *c = *d->facts.catalog;
    struct metric *kept = arena_array_of(A, struct metric, COUNT_OF(metrics));
    memcpy(kept, metrics, sizeof metrics);
    c->metrics = kept;
    c->metrics_count = COUNT_OF(metrics);
    d->facts.catalog = c;
    d->facts.readings = d->known;
    return d;
}

static void says(struct desk *d, const char *type, const char *amount, const char *at, const char *key)
{
    d->known[d->count] =
        (struct reading_fact){.customer = 1, .subscription = d->facts.subscription, .usage = &d->usage};
    d->in[d->count++] = (struct usage_input){.user = STR("ann"),
                                             .usage_type = str_of(type),
                                             .amount = number(amount),
                                             .at = moment(at),
                                             .key = str_of(key)};
}

static struct decision recorded(struct desk *d)
{
    struct command c = {.type = COMMAND_USAGE_RECORD};
    c.usage_record = (struct usage_record_command){.readings = d->in, .readings_count = d->count};
    return decided(&d->facts, &c);
}

static void refused(const struct decision *d, size_t nth, const char *column, const char *why)
{
    cr_assert(d->refusals_count > nth);
    cr_assert_str_eq(d->refusals[nth].column, column);
    assert_str(d->refusals[nth].why, why);
}

Test(usage_reading, notes_how_it_was_counted)
{
    struct desk *d = desk();
    says(d, "calls", "5", "2025-04-16T10:00:00Z", "");
    says(d, "peak", "5", "2025-04-16T10:00:00Z", "");
    says(d, "users", "1", "2025-04-16T10:00:00Z", "u-1");
    says(d, "disk", "-5", "2025-04-16T10:00:01Z", "");
    struct decision made = recorded(d);
    const struct reading *r = made.events.items[0].usage_recorded.readings;
    assert_int(made.events.items[0].usage_recorded.readings_count, 4);
    assert_int(r[0].aggregation, AGGREGATION_SUM);
    assert_int(r[1].aggregation, AGGREGATION_MAX);
    assert_int(r[2].aggregation, AGGREGATION_UNIQUE);
    assert_str(r[2].key, "u-1");
    assert_int(r[3].aggregation, AGGREGATION_TIME_WEIGHTED);
    assert_day(r[3].day, "2025-04-16");
    assert_int(r[3].second, 36001);
    cr_assert_not(date_is_given(r[0].day), "what a sum has no use for costs no bytes");
}

Test(usage_reading, only_a_level_goes_down_and_only_keys_count_keys)
{
    struct desk *d = desk();
    says(d, "calls", "-5", "2025-04-16T10:00:00Z", "");
    says(d, "peak", "-5", "2025-04-16T10:00:00Z", "");
    says(d, "users", "1", "2025-04-16T10:00:00Z", "");
    says(d, "users", "1", "2025-04-16T10:00:00Z", "4242 4242 4242 4242");
    struct decision made = recorded(d);
    assert_int(made.events.count, 0);
    refused(&made, 0, "amount", "amount: a usage reading cannot be negative");
    refused(&made, 1, "amount", "amount: a usage reading cannot be negative");
    refused(&made, 2, "key", "key: 'users' counts different keys, so each reading needs one");
    cr_assert_str_eq(made.refusals[3].column, "key");
    assert_int(d->usage.totals_count, 0);
}

Test(usage_reading, a_key_counts_once_in_a_period_also_within_a_command)
{
    struct desk *d = desk();
    says(d, "users", "1", "2025-04-16T10:00:00Z", "u-1");
    says(d, "users", "1", "2025-04-16T10:00:00Z", "u-2");
    says(d, "users", "1", "2025-04-17T10:00:00Z", "u-1");
    says(d, "users", "1", "2025-05-01T10:00:00Z", "u-1"); /* another period */
    says(d, "users", "1", "2025-04-16T10:00:00Z", "u-3");
    d->known[4].key_seen = true; /* by an earlier command */
    struct decision made = recorded(d);
    assert_int(made.events.items[0].usage_recorded.readings_count, 5);
    assert_int(d->usage.totals_count, 2);
    assert_str(decimal_text(A, d->usage.totals[0].total), "2");
    assert_str(decimal_text(A, d->usage.totals[1].total), "1");
}

Test(usage_reading, a_period_stays_with_the_aggregation_it_began_with)
{
    struct desk *d = desk();
    struct usage_total begun = {
        .usage_type = STR("peak"), .period = day("2025-04-01"), .total = number("10"), .readings = 2};
    d->usage = (struct customer_usage){.totals = &begun, .totals_count = 1, .totals_capacity = 1};
    says(d, "peak", "7", "2025-04-16T10:00:00Z", "");
    says(d, "peak", "7", "2025-05-16T10:00:00Z", "");
    struct decision made = recorded(d);
    const struct reading *r = made.events.items[0].usage_recorded.readings;
    assert_int(r[0].aggregation, AGGREGATION_SUM); /* before the catalog had a metric for it */
    assert_int(r[1].aggregation, AGGREGATION_MAX);
    assert_str(decimal_text(A, d->usage.totals[0].total), "17");
}

Test(usage_reading, a_level_that_changed_before_the_open_period_is_another_from_its_first_second)
{
    struct desk *d = desk();
    says(d, "disk", "100", "2025-03-20T10:00:00Z", "");
    struct decision made = recorded(d);
    const struct reading *r = made.events.items[0].usage_recorded.readings;
    assert_day(r[0].period, "2025-04-01");
    assert_day(r[0].day, "2025-04-01");
    assert_int(r[0].second, 0);
    assert_int(r[0].at.us, moment("2025-03-20T10:00:00Z").us);
}

Test(usage_reading, alerts_go_by_the_quantity_and_not_by_what_is_added)
{
    struct desk *d = desk();
    struct alert alerts[] = {
        {.customer = 1, .alert = 1, .usage_type = STR("peak"), .threshold = number("10")},
        {.customer = 1, .alert = 2, .usage_type = STR("disk"), .threshold = number("80")},
        {.customer = 1, .alert = 3, .usage_type = STR("users"), .threshold = number("2")}};
    struct usage_total level = {
        .usage_type = STR("disk"), .total = number("60"), .aggregation = AGGREGATION_TIME_WEIGHTED};
    d->usage = (struct customer_usage){
        .totals = &level, .totals_count = 1, .totals_capacity = 1, .alerts = alerts, .alerts_count = 3};
    says(d, "peak", "9", "2025-04-16T10:00:00Z", "");
    says(d, "peak", "9", "2025-04-16T10:00:00Z", "");
    says(d, "users", "50", "2025-04-16T10:00:00Z", "u-1");
    says(d, "disk", "39", "2025-04-16T00:00:00Z", ""); /* 60 + 39 x 15/30 = 79.5, if it stays */
    says(d, "disk", "1", "2025-04-16T00:00:00Z", "");
    struct decision made = recorded(d);
    assert_int(made.events.count, 2);
    assert_int(made.events.items[1].usage_alert_fired.alert, 2);
    assert_str(decimal_text(A, made.events.items[1].usage_alert_fired.total), "80");
}

/* ---- corrections ---- */

Test(aggregation, a_correction_leaves_the_total_that_the_truth_told_at_once_has)
{
    static const struct {
        const char *says;
        enum aggregation how;
        const char *was, *is; /* NULL: canceled */
    } rows[] = {
        {"a sum with less", AGGREGATION_SUM, "9.25", "4"},
        {"a sum with more", AGGREGATION_SUM, "9.25", "9.5"},
        {"a sum without the reading", AGGREGATION_SUM, "9.25", NULL},
        {"a level from its own second on", AGGREGATION_TIME_WEIGHTED, "9.25", "-3"},
        {"a level that never changed so", AGGREGATION_TIME_WEIGHTED, "9.25", NULL},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct usage_total went = {.period = day("2025-01-01")}, truth = went;
        struct usage_corrected v = {.was = number(rows[i].was), .canceled = rows[i].is == NULL};
        const char *at = "2025-01-05T12:00:00Z";
        v.is = v.canceled ? (struct decimal){0} : number(rows[i].is);
        v.reading = (struct reading){.aggregation = rows[i].how, .day = day("2025-01-05"), .second = 43200};
        count(&went, rows[i].how, "5", "2025-01-03T00:00:00Z", false);
        count(&truth, rows[i].how, "5", "2025-01-03T00:00:00Z", false);
        count(&went, rows[i].how, rows[i].was, at, false);
        if (!v.canceled) count(&truth, rows[i].how, rows[i].is, at, false);
        assert_ok(total_correct(&went, &v, A, E));
        struct period january = span("2025-01-01", "2025-02-01");
        cr_assert(went.readings == truth.readings, "%s", rows[i].says);
        cr_assert(decimal_compare(went.total, truth.total) == 0, "%s", rows[i].says);
        cr_assert_str_eq(measured(&went, 1, january, january), measured(&truth, 1, january, january), "%s",
                         rows[i].says);
    }
}
