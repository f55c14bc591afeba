/* SPDX-License-Identifier: MIT */
/* Decisions that hang on dates: whose day it is, how far a run goes, and where periods begin. */
#include "tests/book/facts.h"

TestSuite(decide_dates, .init = test_begin, .fini = test_end);

/* ---- time zones ---- */

static struct command customer_in(const char *timezone)
{
    struct command c = {.type = COMMAND_CUSTOMER_CREATE};
    c.customer_create = (struct customer_create_command){.user = STR("ann"), .timezone = str_of(timezone)};
    return c;
}

static const char *zone_of_new_customer(const struct facts *f, const char *timezone)
{
    struct command c = customer_in(timezone);
    struct decision d = decided(f, &c);
    return str_cstring(A, find(&d, EVENT_CUSTOMER_CREATED, 0)->customer_created.timezone);
}

Test(decide_dates, a_customer_has_the_zone_he_is_given_or_the_sellers_or_utc)
{
    struct facts f = facts_on("2025-01-01");
    struct seller seller = {.timezone = STR("America/Chicago")};
    assert_str(str_of(zone_of_new_customer(&f, "")), "UTC");
    f.seller = &seller;
    assert_str(str_of(zone_of_new_customer(&f, "")), "America/Chicago");
    f.timezone = STR("Europe/Berlin"); /* as it is spelled */
    assert_str(str_of(zone_of_new_customer(&f, "europe/berlin")), "Europe/Berlin");
    struct command c = create("pro", "pm_card_visa"); /* makes a customer too */
    struct decision d = decided(&f, &c);
    assert_str(find(&d, EVENT_CUSTOMER_CREATED, 0)->customer_created.timezone, "America/Chicago");
}

Test(decide_dates, a_zone_that_is_not_known_is_refused_and_nothing_else_stands_for_it)
{
    struct facts f = facts_on("2025-01-01");
    struct seller seller = {.timezone = STR("America/Chicago")};
    struct decision d = {0};
    static const char sentence[] = "timezone 'GMT+5': not the name of an IANA time zone, as Europe/Berlin is";
    f.seller = &seller;
    struct command c = customer_in("GMT+5");
    assert_err(decide(&d, &f, &c, A, E), ERR_INVALID, sentence);
    subscribe(&f, "basic", INTERVAL_MONTH, 2900, "2025-01-01", "2025-02-01");
    c = (struct command){.type = COMMAND_CUSTOMER_UPDATE};
    c.customer_update = (struct customer_update_command){.user = STR("ann"), .timezone = STR("GMT+5")};
    assert_err(decide(&d, &f, &c, A, E), ERR_INVALID, sentence);
    c = (struct command){.type = COMMAND_SELLER_SET, .seller_set = {.timezone = STR("GMT+5")}};
    assert_err(decide(&d, &f, &c, A, E), ERR_INVALID, sentence);
}

Test(decide_dates, an_update_changes_the_zone_and_no_date)
{
    struct facts f = facts_on("2025-01-10");
    subscribe(&f, "basic", INTERVAL_MONTH, 2900, "2025-01-01", "2025-02-01");
    f.timezone = STR("Asia/Tokyo");
    struct command c = {.type = COMMAND_CUSTOMER_UPDATE};
    c.customer_update = (struct customer_update_command){.user = STR("ann"), .timezone = STR("Asia/Tokyo")};
    struct decision d = decided(&f, &c);
    assert_int(d.events.count, 1);
    assert_str(d.events.items[0].customer_updated.timezone, "Asia/Tokyo");
    c.customer_update = (struct customer_update_command){.user = STR("ann"), .locale = STR("ja-JP")};
    f.timezone = STR_NONE; /* none was named: it stays as it was */
    d = decided(&f, &c);
    assert_str(d.events.items[0].customer_updated.timezone, "");
}

Test(decide_dates, the_sellers_zone_stays_until_another_is_named)
{
    struct facts f = facts_on("2025-01-01");
    struct command c = {.type = COMMAND_SELLER_SET, .seller_set = {.footer = STR("Thanks")}};
    assert_str(decided(&f, &c).events.items[0].seller_set.timezone, "UTC");
    struct seller seller = {.version = 1, .timezone = STR("Asia/Tokyo")};
    f.seller = &seller;
    assert_str(decided(&f, &c).events.items[0].seller_set.timezone, "Asia/Tokyo");
    f.timezone = STR("Europe/Rome");
    c.seller_set.timezone = STR("europe/rome");
    assert_str(decided(&f, &c).events.items[0].seller_set.timezone, "Europe/Rome");
}

/* ---- how far a run goes ---- */

Test(decide_dates, a_run_bills_nobody_whose_day_has_not_begun_unless_it_runs_ahead_for_all)
{
    static const struct {
        const char *says, *through, *sellers, *customers, *billed;
    } rows[] = {
        {"tonight, all have the same date", "2025-01-31", "2025-01-31", "2025-01-31", "2025-01-31"},
        {"tonight, a customer in the west", "2025-02-01", "2025-02-01", "2025-01-31", "2025-01-31"},
        {"tonight, a customer two dates behind", "2025-01-02", "2025-01-02", "2024-12-31", "2024-12-31"},
        {"tonight, a customer in the east", "2025-01-31", "2025-01-31", "2025-02-01", "2025-01-31"},
        {"a night that was missed", "2025-01-15", "2025-01-31", "2025-01-30", "2025-01-15"},
        {"a run ahead of the seller's date", "2025-03-01", "2025-01-31", "2025-01-30", "2025-03-01"},
        {"a run ahead, a customer has it already", "2025-02-01", "2025-01-31", "2025-02-01", "2025-02-01"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct str billed =
            date_text(A, billed_through(day(rows[i].through), day(rows[i].sellers), day(rows[i].customers)));
        cr_expect(str_is(billed, rows[i].billed), "%s: got %.*s", rows[i].says, STR_ARG(billed));
    }
}

Test(decide_dates, who_waits_for_his_day_waits_with_his_items)
{
    struct facts f = facts_on("2025-01-31");
    struct item waiting = {.item = 1, .customer = 1};
    struct command c = {.type = COMMAND_CUSTOMER_BILL};
    waiting.line = (struct line){.item = 1, .kind = LINE_ITEM, .amount = usd(500), .tax = usd(0)};
    subscribe(&f, "basic", INTERVAL_MONTH, 2900, "2025-01-01", "2025-02-01");
    f.items = &waiting;
    f.items_count = 1;
    f.seller_today = day("2025-02-01");
    c.customer_bill = (struct customer_bill_command){.customer = 1, .through = day("2025-02-01"), .run = 1};
    assert_int(decided(&f, &c).events.count, 0);
    f.today = day("2025-02-01"); /* it has begun */
    struct decision d = decided(&f, &c);
    assert_money(find(&d, EVENT_INVOICE_FINALIZED, 0)->invoice_finalized.total, "34.00", "USD");
    assert_day(find(&d, EVENT_CUSTOMER_BILLED, 0)->customer_billed.through, "2025-02-01");
}

/* ---- readings ---- */

struct reading_row {
    const char *says, *zone, *at, *on, *counts_at, *period;
};

static void assert_reading(const struct reading_row *r, struct zones *zones)
{
    struct facts f = facts_on("2025-02-15");
    struct customer_usage u = {0};
    struct usage_input in = {.user = STR("ann"), .usage_type = STR("api_calls"), .amount = decimal_of(1)};
    struct reading_fact known = {.customer = 1, .usage = &u};
    if (r->at[0] != '\0') in.at = moment(r->at);
    if (r->on[0] != '\0') in.on = day(r->on);
    assert_ok(zone_find(&known.zone, zones, str_of(r->zone), E));
    subscribe(&f, "basic", INTERVAL_MONTH, 2900, "2025-01-01", "2025-03-01");
    known.subscription = f.subscription;
    f.readings = &known;
    f.now = moment("2025-02-15T12:00:00Z");
    struct command c = {.type = COMMAND_USAGE_RECORD};
    c.usage_record = (struct usage_record_command){.readings = &in, .readings_count = 1};
    struct decision d = decided(&f, &c);
    cr_assert(d.events.count == 1, "%s", r->says);
    const struct reading *read = &d.events.items[0].usage_recorded.readings[0];
    struct str at = instant_text(A, read->at), period = date_text(A, read->period);
    cr_expect(str_is(at, r->counts_at) && str_is(period, r->period), "%s: at %.*s, in %.*s", r->says,
              STR_ARG(at), STR_ARG(period));
}

Test(decide_dates, a_reading_counts_on_the_date_of_its_customer)
{
    static const struct reading_row rows[] = {
        {"UTC", "", "2025-02-01T00:00:00Z", "", "2025-02-01T00:00:00Z", "2025-02-01"},
        {"the evening before, in New York", "America/New_York", "2025-02-01T04:59:59Z", "",
         "2025-02-01T04:59:59Z", "2025-01-01"},
        {"midnight in New York", "America/New_York", "2025-02-01T05:00:00Z", "", "2025-02-01T05:00:00Z",
         "2025-02-01"},
        {"midnight in Tokyo", "Asia/Tokyo", "2025-01-31T15:00:00Z", "", "2025-01-31T15:00:00Z", "2025-02-01"},
        {"a bare date, UTC", "", "", "2025-02-01", "2025-02-01T00:00:00Z", "2025-02-01"},
        {"a bare date, New York", "America/New_York", "", "2025-02-01", "2025-02-01T05:00:00Z", "2025-02-01"},
        {"a bare date, Tokyo", "Asia/Tokyo", "", "2025-02-01", "2025-01-31T15:00:00Z", "2025-02-01"},
        {"now", "Asia/Tokyo", "", "", "2025-02-15T12:00:00Z", "2025-02-01"},
    };
    struct zones *zones = zones_new();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) assert_reading(&rows[i], zones);
    zones_free(zones);
}

Test(decide_dates, a_reading_of_a_customer_whose_zone_is_not_known_here_is_left_out)
{
    struct facts f = facts_on("2025-02-15");
    struct customer_usage u = {0};
    struct usage_input in[2] = {
        {.user = STR("ann"), .usage_type = STR("api_calls"), .amount = decimal_of(1)}};
    struct reading_fact known[2] = {{.customer = 1, .usage = &u, .zone_unknown = true},
                                    {.customer = 2, .usage = &u}};
    in[1] = in[0];
    in[1].user = STR("bob");
    f.readings = known;
    struct command c = {.type = COMMAND_USAGE_RECORD};
    c.usage_record = (struct usage_record_command){.readings = in, .readings_count = 2};
    struct decision d = decided(&f, &c);
    assert_int(d.events.items[0].usage_recorded.readings_count, 1);
    assert_int(d.refusals_count, 1);
    assert_str(d.refusals[0].why, "the time zone of 'ann' is not known to this machine");
}

Test(decide_dates, a_bare_date_too_far_ahead_is_refused_as_a_time_is)
{
    struct facts f = facts_on("2025-02-15");
    struct customer_usage u = {0};
    struct usage_input in = {.user = STR("ann"), .usage_type = STR("api_calls"), .amount = decimal_of(1)};
    struct reading_fact known = {.customer = 1, .usage = &u};
    f.readings = &known;
    struct command c = {.type = COMMAND_USAGE_RECORD};
    c.usage_record = (struct usage_record_command){.readings = &in, .readings_count = 1};
    in.on = day("2026-02-16"); /* 366 days */
    assert_int(decided(&f, &c).refusals_count, 0);
    in.on = day("2026-02-17");
    assert_str(decided(&f, &c).refusals[0].why, "timestamp: more than 366 days ahead");
}

/* ---- the end of the month ---- */

Test(decide_dates, the_end_of_the_month_is_meant_whatever_day_it_is_on_at_the_start)
{
    static const struct {
        const char *start, *anchor, *next;
    } rows[] = {
        {"2025-02-28", "2025-02-28", "2025-03-31"}, {"2024-02-28", "2024-02-29", "2024-03-31"},
        {"2025-04-30", "2025-04-30", "2025-05-31"}, {"2025-01-31", "2025-01-31", "2025-02-28"},
        {"2025-06-10", "2025-06-30", "2025-07-31"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct facts f = facts_on(rows[i].start);
        struct command c = create("pro", "pm_card_visa");
        c.subscription_create.end_of_month = true;
        struct decision d = decided(&f, &c);
        const struct subscription_created *s = &find(&d, EVENT_SUBSCRIPTION_CREATED, 0)->subscription_created;
        assert_day(s->anchor, rows[i].anchor);
        assert_int(s->anchor_day, 31);
        assert_day(interval_boundary(s->anchor, 31, terms_interval(&s->terms), 1), rows[i].next);
    }
}

Test(decide_dates, the_end_of_the_month_and_another_day_contradict_each_other)
{
    struct facts f = facts_on("2025-02-28");
    struct decision d = {0};
    struct command c = create("pro", "pm_card_visa");
    c.subscription_create.end_of_month = true;
    c.subscription_create.billing_day = 31;
    assert_int(decided(&f, &c).events.count, 3);
    c.subscription_create.billing_day = 28;
    assert_err(decide(&d, &f, &c, A, E), ERR_INVALID, "end_of_month: another billing day was given too");
    c.subscription_create = (struct subscription_create_command){
        .user = STR("ann"), .tier = STR("pro"), .payment_method = STR("pm_card_visa"), .billing_day = 32};
    assert_err(decide(&d, &f, &c, A, E), ERR_INVALID, "billing_day: 1 to 31 is wanted");
}

Test(decide_dates, a_subscription_can_be_moved_to_the_end_of_the_month)
{
    struct facts f = facts_on("2025-02-10");
    subscribe(&f, "pro", INTERVAL_MONTH, 9900, "2025-02-05", "2025-03-05");
    struct command c = update_to("");
    c.subscription_update.end_of_month = true;
    struct decision d = decided(&f, &c);
    const struct subscription_changed *v = &find(&d, EVENT_SUBSCRIPTION_CHANGED, 0)->subscription_changed;
    assert_int(v->anchor_day, 31);
    assert_day(v->anchor, "2025-02-28");
    assert_day(v->charged_through, "2025-03-05"); /* what is charged stays */
    c.subscription_update.tier = STR("basic");
    assert_err(decide(&d, &f, &c, A, E), ERR_INVALID,
               "change the billing day or the terms, not both at once");
}
