/* SPDX-License-Identifier: MIT */
/* Which date a command is given: that of the customer's clocks, or of the seller's. And that folding never
 * asks a clock. */
#include "tests/projections/stage.h"

TestSuite(dates, .init = test_begin, .fini = test_end);

/* Customer `n`, u1 … , in this zone. */
static struct event customer_in(uint64_t n, const char *timezone)
{
    struct event ev = customer_event(n);
    ev.customer_created.timezone = str_of(timezone);
    return ev;
}

static struct event seller_in(const char *timezone)
{
    return (struct event){.type = EVENT_SELLER_SET,
                          .seller_set = {.version = 1, .timezone = str_of(timezone)}};
}

static struct event moved_to(uint64_t customer, const char *timezone)
{
    return (struct event){
        .type = EVENT_CUSTOMER_UPDATED,
        .customer_updated = {.customer = customer, .version = 2, .timezone = str_of(timezone)}};
}

static struct command of_user(enum command_type type, const char *user)
{
    struct command c = {.type = type};
    if (type == COMMAND_SUBSCRIPTION_CANCEL) c.subscription_cancel.user = str_of(user);
    if (type == COMMAND_SUBSCRIPTION_CREATE) c.subscription_create.user = str_of(user);
    if (type == COMMAND_CUSTOMER_UPDATE) c.customer_update.user = str_of(user);
    return c;
}

Test(dates, today_is_the_date_of_the_customers_clocks)
{
    static const struct {
        const char *zone, *now, *today;
        uint64_t second;
    } rows[] = {
        {"UTC", "2025-01-31T23:59:59Z", "2025-01-31", 86399},
        {"Asia/Tokyo", "2025-01-31T15:00:01Z", "2025-02-01", 1},
        {"America/New_York", "2025-02-01T04:59:59Z", "2025-01-31", 86399},
        {"Pacific/Samoa", "2013-08-02T06:00:00Z", "2013-08-01", 68400},
        {"", "2025-01-31T23:59:59Z", "2025-01-31", 86399}, /* of a log that knew no zones */
    };
    struct stage s = stage_open("d");
    struct facts f = {0};
    for (uint64_t i = 0; i < COUNT_OF(rows); i++) {
        happen(&s, "2025-01-01T00:00:00Z", customer_in(i + 1, rows[i].zone));
        struct command c =
            of_user(COMMAND_SUBSCRIPTION_CANCEL, str_format(A, "u%ju%c", (uintmax_t)i + 1, 0).ptr);
        stage_gather(&f, &s, &c, rows[i].now);
        assert_day(f.today, rows[i].today);
        assert_int(f.second, rows[i].second);
    }
    stage_close(&s);
}

Test(dates, who_is_no_customer_yet_has_the_sellers_date)
{
    struct stage s = stage_open("d");
    struct facts f = {0};
    struct command c = of_user(COMMAND_SUBSCRIPTION_CREATE, "new");
    stage_gather(&f, &s, &c, "2025-02-01T03:00:00Z");
    assert_day(f.today, "2025-02-01");
    happen(&s, "2025-01-01T00:00:00Z", seller_in("America/Chicago"));
    stage_gather(&f, &s, &c, "2025-02-01T03:00:00Z");
    assert_day(f.today, "2025-01-31");
    assert_str(f.seller->timezone, "America/Chicago");
    stage_close(&s);
}

Test(dates, a_bill_knows_the_sellers_date_beside_the_customers)
{
    struct stage s = stage_open("d");
    struct facts f = {0};
    struct command c = {.type = COMMAND_CUSTOMER_BILL};
    c.customer_bill = (struct customer_bill_command){.customer = 1, .through = day("2025-02-01"), .run = 1};
    happen(&s, "2025-01-01T00:00:00Z", customer_in(1, "America/New_York"), seller_in("Europe/Berlin"));
    stage_gather(&f, &s, &c, "2025-02-01T03:00:00Z");
    assert_day(f.seller_today, "2025-02-01");
    assert_day(f.today, "2025-01-31");
    assert_day(f.issue_date, "2025-01-31"); /* of what is billed: nothing of February */
    stage_gather(&f, &s, &c, "2025-02-01T05:00:00Z");
    assert_day(f.issue_date, "2025-02-01");
    c.customer_bill.run = 0; /* somebody wants to see it before */
    stage_gather(&f, &s, &c, "2025-02-01T03:00:00Z");
    assert_day(f.issue_date, "2025-02-01");
    stage_close(&s);
}

Test(dates, a_zone_that_a_command_names_is_spelled_as_iana_does_or_not_at_all)
{
    static const struct {
        const char *named, *known;
    } rows[] = {{"europe/berlin", "Europe/Berlin"}, {"utc", "UTC"}, {"GMT+5", ""}, {"", ""}};
    struct stage s = stage_open("d");
    struct facts f = {0};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct command create = {.type = COMMAND_CUSTOMER_CREATE}, update = {.type = COMMAND_CUSTOMER_UPDATE},
                       set = {.type = COMMAND_SELLER_SET};
        create.customer_create.timezone = update.customer_update.timezone = set.seller_set.timezone =
            str_of(rows[i].named);
        const struct command *const commands[] = {&create, &update, &set};
        for (size_t k = 0; k < COUNT_OF(commands); k++) {
            stage_gather(&f, &s, commands[k], "2025-01-01T00:00:00Z");
            assert_str(f.timezone, rows[i].known);
        }
    }
    stage_close(&s);
}

/* By the data of today Mars has no clocks; a decision that was made has its dates. */
Test(dates, what_is_decided_again_has_the_dates_that_it_had)
{
    struct stage s = stage_open("d");
    struct facts f = {0};
    struct command cancel = of_user(COMMAND_SUBSCRIPTION_CANCEL, "u1");
    const struct decided_at at = {.now = moment("2025-02-01T03:00:00Z"),
                                  .today = day("2025-01-31"),
                                  .seller_today = day("2025-02-02"),
                                  .second = 77};
    happen(&s, "2025-01-01T00:00:00Z", customer_in(1, "Mars/Base"));
    assert_ok(daybook_state.gather(&f, s.t, &cancel, &at, s.zones, A, E));
    assert_day(f.today, "2025-01-31");
    assert_day(f.seller_today, "2025-02-02");
    assert_int(f.second, 77);
    stage_close(&s);
}

static const struct reading_fact *reading_of(struct stage *s, const char *user)
{
    struct usage_input in = {.user = str_of(user)};
    struct command c = {.type = COMMAND_USAGE_RECORD, .usage_record = {.readings = &in, .readings_count = 1}};
    struct facts f = {0};
    stage_gather(&f, s, &c, "2025-02-15T12:00:00Z");
    return f.readings;
}

/* Found without the customer's row, so what leads from the user id to him must follow every change. */
Test(dates, a_reading_knows_the_zone_of_its_customer)
{
    struct stage s = stage_open("d");
    happen(&s, "2025-01-01T00:00:00Z", customer_in(1, "Asia/Tokyo"), customer_in(2, "UTC"));
    assert_str(zone_name(reading_of(&s, "u1")->zone), "Asia/Tokyo");
    cr_assert_null(reading_of(&s, "u2")->zone);
    happen(&s, "2025-01-02T00:00:00Z", subscribed(1, "basic", 2900, "2025-01-02"));
    assert_str(zone_name(reading_of(&s, "u1")->zone), "Asia/Tokyo");
    assert_int(reading_of(&s, "u1")->subscription->subscription, 1);
    happen(&s, "2025-01-03T00:00:00Z", moved_to(1, "Europe/Berlin"), moved_to(2, "America/New_York"));
    assert_str(zone_name(reading_of(&s, "u1")->zone), "Europe/Berlin");
    assert_int(reading_of(&s, "u1")->subscription->subscription, 1);
    assert_str(zone_name(reading_of(&s, "u2")->zone), "America/New_York");
    happen(&s, "2025-01-04T00:00:00Z", moved_to(2, "UTC"));
    cr_assert_null(reading_of(&s, "u2")->zone);
    cr_assert_not(reading_of(&s, "u2")->zone_unknown);
    stage_close(&s);
}

/* A log that was written on a machine with newer data. */
Test(dates, a_zone_that_is_not_known_here_refuses_what_a_date_decides_and_can_be_changed)
{
    struct stage s = stage_open("d");
    struct facts f = {0};
    struct command cancel = of_user(COMMAND_SUBSCRIPTION_CANCEL, "u1");
    struct command update = of_user(COMMAND_CUSTOMER_UPDATE, "u1");
    happen(&s, "2025-01-01T00:00:00Z", customer_in(1, "Mars/Base"), customer_in(2, "UTC"));
    const struct decided_at at = {.now = moment("2025-01-02")};
    enum err err = daybook_state.gather(&f, s.t, &cancel, &at, s.zones, A, E);
    cr_assert(err == ERR_INVALID, "%s", err_word(err));
    cr_assert(strstr(E->text, "customer 'u1': timezone 'Mars/Base': ") == E->text, "%s", E->text);
    stage_gather(&f, &s, &update, "2025-01-02T00:00:00Z");
    cr_assert_not_null(f.customer);
    cr_assert(reading_of(&s, "u1")->zone_unknown);
    cr_assert_not(reading_of(&s, "u2")->zone_unknown);
    stage_close(&s);
}
