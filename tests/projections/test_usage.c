/* SPDX-License-Identifier: MIT */
/* test_usage.c - totals, event ids, alerts, and the facts that readings are decided on. */
#include "tests/projections/stage.h"

TestSuite(usage, .init = test_begin, .fini = test_end);

static struct str totals(struct stage *s, uint64_t customer, const char *period)
{
    struct usage_total *rows = NULL;
    size_t count = 0;
    struct buffer out = {.arena = A};
    assert_ok(list_usage(&rows, &count, s->t, customer, day(period), A, E));
    for (size_t i = 0; i < count; i++) {
        buffer_print(&out, "%.*s=%.*s/%ju ", STR_ARG(rows[i].usage_type),
                     STR_ARG(decimal_text(A, rows[i].total)), (uintmax_t)rows[i].readings);
    }
    return (struct str){(const char *)out.ptr, out.len};
}

Test(usage, readings_add_up_by_customer_type_and_period)
{
    struct stage s = stage_open("d");
    struct reading r[] = {
        reading(1, "api_calls", 10, "2025-01-15", ""), reading(2, "api_calls", 5, "2025-01-15", ""),
        reading(1, "storage", 3, "2025-01-15", ""),    reading(1, "api_calls", 7, "2025-02-15", ""),
        reading(1, "api_calls", 32, "2025-01-15", ""),
    };
    r[4].quantity = decimal_make(325, 1);
    happen(&s, "2025-01-15T10:00:00Z", customer_event(1), customer_event(2));
    happen(&s, "2025-01-16T10:00:00Z", readings(r, COUNT_OF(r)));
    assert_str(totals(&s, 1, "2025-01-15"), "api_calls=42.5/2 storage=3/1 ");
    assert_str(totals(&s, 2, "2025-01-15"), "api_calls=5/1 ");
    assert_str(totals(&s, 1, "2025-02-15"), "api_calls=7/1 ");
    assert_str(totals(&s, 1, "2025-03-15"), "");
    happen(&s, "2025-01-17T10:00:00Z", readings(r, 1));
    assert_str(totals(&s, 1, "2025-01-15"), "api_calls=52.5/3 storage=3/1 ");
    struct state_counts n = {0};
    assert_ok(count_state(&n, s.t, E));
    assert_int(n.readings, 6);
    stage_close(&s);
}

static const struct facts *gathered(struct stage *s, const struct command *c, const char *now)
{
    struct facts *f = arena_new_of(A, struct facts);
    stage_gather(f, s, c, now);
    return f;
}

Test(usage, many_types_of_one_customer_fit_a_record)
{
    struct stage s = stage_open("d");
    struct reading r[40];
    for (size_t i = 0; i < COUNT_OF(r); i++) {
        r[i] = reading(1, str_format(A, "type%zu%c", i % 20, 0).ptr, 1, "2025-01-15", "");
    }
    happen(&s, "2025-01-15T10:00:00Z", customer_event(1), readings(r, COUNT_OF(r)));
    struct usage_total *rows = NULL;
    size_t count = 0;
    assert_ok(list_usage(&rows, &count, s.t, 1, day("2025-01-15"), A, E));
    assert_int(count, 20);
    assert_int(rows[19].readings, 2);
    stage_close(&s);
}

Test(usage, facts_know_the_user_the_open_totals_and_counted_event_ids)
{
    struct stage s = stage_open("d");
    struct reading r[] = {reading(1, "api_calls", 10, "2025-01-15", "e1"),
                          reading(1, "api_calls", 5, "2025-02-15", "e2")};
    happen(&s, "2025-01-15T10:00:00Z", customer_event(1), subscribed(1, "basic", 2900, "2025-01-15"));
    happen(&s, "2025-01-15T10:01:00Z", customer_event(2));
    happen(&s, "2025-01-16T10:00:00Z", readings(r, COUNT_OF(r)));
    happen(&s, "2025-02-15T10:00:00Z", billed(1, "2025-01-15", "2025-03-15", "2025-02-15", 2900, 0));
    struct event alert = {
        .type = EVENT_USAGE_ALERT_SET,
        .usage_alert_set = {
            .customer = 1, .alert = 1, .usage_type = STR("api_calls"), .threshold = whole(9)}};
    happen(&s, "2025-02-15T11:00:00Z", alert);
    struct usage_input in[] = {{.user = STR("u1"), .event_id = STR("e2")},
                               {.user = STR("u2"), .event_id = STR("e3")},
                               {.user = STR("u1")},
                               {.user = STR("nobody"), .event_id = STR("e1")}};
    struct command c = {.type = COMMAND_USAGE_RECORD,
                        .usage_record = {.readings = in, .readings_count = COUNT_OF(in)}};
    const struct facts *f = gathered(&s, &c, "2025-02-16T10:00:00Z");
    assert_int(f->readings[0].customer, 1);
    cr_assert(f->readings[0].seen);
    assert_day(f->readings[0].subscription->usage_through, "2025-02-15");
    assert_int(f->readings[0].usage->totals_count, 1); /* January is rated */
    assert_day(f->readings[0].usage->totals[0].period, "2025-02-15");
    assert_int(f->readings[0].usage->alerts_count, 1);
    cr_assert_eq(f->readings[2].usage, f->readings[0].usage, "readings of one customer share his totals");
    cr_assert_not(f->readings[2].seen);
    assert_int(f->readings[1].customer, 2);
    cr_assert_null(f->readings[1].subscription);
    cr_assert_not(f->readings[1].seen);
    assert_int(f->readings[3].customer, 0);
    cr_assert(f->readings[3].seen);
    stage_close(&s);
}

Test(usage, a_new_subscription_is_the_one_that_readings_count_for)
{
    struct stage s = stage_open("d");
    happen(&s, "2025-01-15T10:00:00Z", customer_event(1), subscribed(1, "basic", 2900, "2025-01-15"));
    happen(&s, "2025-01-20T10:00:00Z", canceled(1, "basic", "2025-01-20"));
    struct event again = subscribed(1, "pro", 9900, "2025-02-01");
    again.subscription_created.subscription = 2;
    happen(&s, "2025-02-01T10:00:00Z", again);
    struct usage_input in[] = {{.user = STR("u1")}};
    struct command c = {.type = COMMAND_USAGE_RECORD, .usage_record = {.readings = in, .readings_count = 1}};
    assert_int(gathered(&s, &c, "2025-02-16T10:00:00Z")->readings[0].subscription->subscription, 2);
    stage_close(&s);
}

Test(usage, an_alert_remembers_the_period_in_which_it_fired)
{
    struct stage s = stage_open("d");
    struct alert *alerts = NULL;
    size_t count = 0;
    struct event set = {
        .type = EVENT_USAGE_ALERT_SET,
        .usage_alert_set = {
            .customer = 1, .alert = 1, .usage_type = STR("api_calls"), .threshold = whole(9)}};
    struct event other = set;
    other.usage_alert_set.alert = 2;
    struct event fired = {.type = EVENT_USAGE_ALERT_FIRED,
                          .usage_alert_fired = {.customer = 1, .alert = 2, .period = day("2025-01-15")}};
    happen(&s, "2025-01-15T10:00:00Z", customer_event(1), set, other, fired);
    assert_ok(list_alerts(&alerts, &count, s.t, 1, A, E));
    assert_int(count, 2);
    cr_assert_not(date_is_given(alerts[0].fired_in));
    assert_day(alerts[1].fired_in, "2025-01-15");
    assert_int(customer_now(&s, 1).alerts, 2);
    stage_close(&s);
}

/* ---- other ways to count ---- */

static struct reading counted(enum aggregation how, const char *type, int64_t n, const char *at,
                              const char *key)
{
    struct instant when = moment(at);
    struct date of = instant_date(when);
    int year = 0, month = 0, of_month = 0;
    date_split(of, &year, &month, &of_month);
    struct reading r = {.customer = 1,
                        .usage_type = str_of(type),
                        .quantity = decimal_of(n),
                        .at = when,
                        .period = date_of(year, month, 1),
                        .aggregation = how,
                        .key = str_of(key)};
    if (how != AGGREGATION_TIME_WEIGHTED) return r;
    r.day = of;
    r.second = (uint64_t)((when.us - date_start(of).us) / 1000000);
    return r;
}

Test(usage, keys_are_counted_once_a_period_whatever_record_they_come_in)
{
    struct stage s = stage_open("d");
    struct reading first[] = {counted(AGGREGATION_UNIQUE, "users", 1, "2025-01-02T00:00:00Z", "a"),
                              counted(AGGREGATION_UNIQUE, "users", 1, "2025-01-02T00:00:00Z", "b"),
                              counted(AGGREGATION_UNIQUE, "users", 1, "2025-01-03T00:00:00Z", "a"),
                              counted(AGGREGATION_UNIQUE, "hosts", 1, "2025-01-03T00:00:00Z", "a")};
    struct reading second[] = {counted(AGGREGATION_UNIQUE, "users", 1, "2025-01-04T00:00:00Z", "b"),
                               counted(AGGREGATION_UNIQUE, "users", 1, "2025-01-04T00:00:00Z", "c"),
                               counted(AGGREGATION_UNIQUE, "users", 1, "2025-02-04T00:00:00Z", "b")};
    happen(&s, "2025-01-05T10:00:00Z", customer_event(1), readings(first, COUNT_OF(first)));
    happen(&s, "2025-01-06T10:00:00Z", readings(second, COUNT_OF(second)));
    assert_str(totals(&s, 1, "2025-01-01"), "users=3/5 hosts=1/1 ");
    assert_str(totals(&s, 1, "2025-02-01"), "users=1/1 ");
    struct usage_input in[] = {{.user = STR("u1"),
                                .usage_type = STR("users"),
                                .key = STR("c"),
                                .at = moment("2025-01-31T23:00:00Z")},
                               {.user = STR("u1"),
                                .usage_type = STR("users"),
                                .key = STR("c"),
                                .at = moment("2025-02-01T00:00:00Z")},
                               {.user = STR("u1"),
                                .usage_type = STR("hosts"),
                                .key = STR("c"),
                                .at = moment("2025-01-31T23:00:00Z")}};
    struct command c = {.type = COMMAND_USAGE_RECORD,
                        .usage_record = {.readings = in, .readings_count = COUNT_OF(in)}};
    const struct facts *f = gathered(&s, &c, "2025-02-02T10:00:00Z");
    cr_assert(f->readings[0].key_seen);
    cr_assert_not(f->readings[1].key_seen);
    cr_assert_not(f->readings[2].key_seen);
    stage_close(&s);
}

static struct str quantities(struct stage *s, const char *start, const char *end)
{
    struct usage_when when = {.period = {day(start), day(end)}, .today = day(start)};
    struct usage_quantity *rows = NULL;
    size_t count = 0;
    struct buffer out = {.arena = A};
    when.whole = when.period;
    assert_ok(list_quantities(&rows, &count, s->t, 1, &when, A, E));
    for (size_t i = 0; i < count; i++) {
        struct decimal d = {0};
        assert_ok(exact_decimal(&d, rows[i].measure.quantity, E));
        buffer_print(&out, "%.*s=%.*s ", STR_ARG(rows[i].usage_type), STR_ARG(decimal_text(A, d)));
    }
    return (struct str){(const char *)out.ptr, out.len};
}

static struct event catalog_of(uint64_t version, const struct metric *metrics, size_t count)
{
    return (struct event){.type = EVENT_CATALOG_LOADED,
                          .catalog_loaded = {.version = version, .metrics = metrics, .metrics_count = count}};
}

Test(usage, a_level_goes_on_where_nothing_is_read_while_the_catalog_has_it)
{
    struct stage s = stage_open("d");
    const struct metric disk = {STR("disk"), AGGREGATION_TIME_WEIGHTED, STR_NONE};
    struct reading march[] = {counted(AGGREGATION_TIME_WEIGHTED, "disk", 2500, "2023-03-05T00:00:00Z", "")};
    struct reading april[] = {counted(AGGREGATION_TIME_WEIGHTED, "disk", -2000, "2023-04-04T00:00:00Z", ""),
                              counted(AGGREGATION_TIME_WEIGHTED, "disk", -200, "2023-04-06T00:00:00Z", "")};
    happen(&s, "2023-03-01T00:00:00Z", catalog_of(1, &disk, 1), customer_event(1));
    happen(&s, "2023-03-05T10:00:00Z", readings(march, 1));
    assert_str(quantities(&s, "2023-03-01", "2023-04-01"), "disk=2177.419355 "); /* U-33 */
    assert_str(quantities(&s, "2023-05-01", "2023-06-01"), "disk=2500 ");
    happen(&s, "2023-04-06T10:00:00Z", readings(april, 2));
    assert_str(quantities(&s, "2023-04-01", "2023-05-01"), "disk=533.333333 ");
    assert_str(quantities(&s, "2023-05-01", "2023-06-01"), "disk=300 ");
    assert_str(quantities(&s, "2023-03-01", "2023-04-01"), "disk=2177.419355 ");
    happen(&s, "2023-05-01T00:00:00Z", catalog_of(2, NULL, 0)); /* counts it as a sum from now on */
    assert_str(quantities(&s, "2023-06-01", "2023-07-01"), "");
    assert_str(quantities(&s, "2023-04-01", "2023-05-01"), "disk=533.333333 ");
    stage_close(&s);
}

Test(usage, a_bill_is_told_the_level_of_before_its_periods)
{
    struct stage s = stage_open("d");
    const struct metric disk = {STR("disk"), AGGREGATION_TIME_WEIGHTED, STR_NONE};
    struct reading r[] = {counted(AGGREGATION_TIME_WEIGHTED, "disk", 100, "2025-01-10T00:00:00Z", ""),
                          counted(AGGREGATION_TIME_WEIGHTED, "disk", 20, "2025-02-10T00:00:00Z", ""),
                          counted(AGGREGATION_TIME_WEIGHTED, "disk", -5, "2025-03-10T00:00:00Z", "")};
    happen(&s, "2025-01-01T10:00:00Z", catalog_of(1, &disk, 1), customer_event(1),
           subscribed(1, "basic", 2900, "2025-01-01"), readings(r, 3));
    happen(&s, "2025-02-01T10:00:00Z", billed(1, "2025-01-01", "2025-03-01", "2025-02-01", 2900, 0));
    struct command c = {.type = COMMAND_CUSTOMER_BILL,
                        .customer_bill = {.customer = 1, .through = day("2025-04-01")}};
    const struct facts *f = gathered(&s, &c, "2025-04-01T01:00:00Z");
    assert_int(f->usage_count, 3);
    assert_day(f->usage[0].period, "2025-02-01");
    assert_int(f->usage[0].changes_count, 1);
    cr_assert_not(date_is_given(f->usage[2].period));
    assert_str(decimal_text(A, f->usage[2].total), "100");
    stage_close(&s);
}

Test(usage, readings_count_for_the_live_plan_also_when_a_newer_subscription_has_ended)
{
    struct stage s = stage_open("d");
    struct event other = subscribed(1, "basic", 2900, "2025-02-01"),
                 gone = canceled(1, "basic", "2025-02-02");
    other.subscription_created.subscription = gone.subscription_canceled.subscription = 2;
    happen(&s, "2025-01-15T10:00:00Z", customer_event(1), subscribed(1, "pro", 9900, "2025-01-15"));
    happen(&s, "2025-02-01T10:00:00Z", other);
    happen(&s, "2025-02-02T10:00:00Z", gone);
    struct usage_input in[] = {{.user = STR("u1"), .usage_type = STR("api_calls")}};
    struct command c = {.type = COMMAND_USAGE_RECORD, .usage_record = {.readings = in, .readings_count = 1}};
    assert_int(gathered(&s, &c, "2025-02-03T10:00:00Z")->readings[0].subscription->subscription, 1);
    stage_close(&s);
}

Test(usage, a_bill_gets_the_totals_that_are_not_rated_yet)
{
    struct stage s = stage_open("d");
    struct reading r[] = {reading(1, "a", 1, "2025-03-15", ""), reading(1, "a", 2, "2025-01-15", ""),
                          reading(1, "a", 3, "2025-02-15", "")};
    happen(&s, "2025-01-15T10:00:00Z", customer_event(1), subscribed(1, "basic", 2900, "2025-01-15"),
           readings(r, 3));
    happen(&s, "2025-02-15T10:00:00Z", billed(1, "2025-01-15", "2025-03-15", "2025-02-15", 2900, 0));
    struct command c = {.type = COMMAND_CUSTOMER_BILL,
                        .customer_bill = {.customer = 1, .through = day("2025-04-15")}};
    const struct facts *f = gathered(&s, &c, "2025-04-15T01:00:00Z");
    assert_int(f->usage_count, 2);
    assert_day(f->usage[0].period, "2025-02-15");
    assert_day(f->usage[1].period, "2025-03-15");
    stage_close(&s);
}
