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
