/* SPDX-License-Identifier: MIT */
/* Many subscriptions to another version of the catalog: what a dry run tells, what the real one does, and
 * that another one finds nothing to do. */
#include "tests/reports/office.h"

TestSuite(migrate, .init = test_begin, .fini = test_end);

/* Version 2 of the office's catalog: Basic 32.00 USD a month (was 29.00) and 9.000 KWD (8.500), Pro as it
 * was, nothing in yen. */
static void load_version_two(struct office *o)
{
    static const struct rate rates[] = {
        {.usage_type = {"api_calls", 9}, .included = {1000, 0}, .billed = true, .unit_price = {1, 2}}};
    static const struct product products[] = {{.code = {"basic", 5}, .name = {"Basic", 5}, .rank = 1},
                                              {.code = {"pro", 3}, .name = {"Pro", 3}, .rank = 2}};
    const struct price prices[] = {
        {.product = STR("basic"),
         .unit = INTERVAL_MONTH,
         .interval_count = 1,
         .amount = money_of(3200, "USD"),
         .rates = rates,
         .rates_count = 1},
        {.product = STR("basic"),
         .unit = INTERVAL_MONTH,
         .interval_count = 1,
         .amount = money_of(9000, "KWD"),
         .rates = rates,
         .rates_count = 1},
        {.product = STR("pro"),
         .unit = INTERVAL_MONTH,
         .interval_count = 1,
         .amount = money_of(9900, "USD"),
         .rates = rates,
         .rates_count = 1},
    };
    struct command c = {.type = COMMAND_CATALOG_LOAD};
    c.catalog_load = (struct catalog_load_command){.name = STR("two"),
                                                   .sha256 = {{2}},
                                                   .products = products,
                                                   .products_count = 2,
                                                   .prices = prices,
                                                   .prices_count = 3};
    (void)office_do(o, &c);
}

struct told {
    struct buffer text; /* "ann scheduled 29.00 32.00", one a line, by user */
};

static enum err tell(void *context, const struct migration_row *row, struct error *e)
{
    static const char *const words[] = {"scheduled", "before", "refused"};
    struct told *t = context;
    (void)e;
    buffer_print(&t->text, "%.*s %s %.*s", STR_ARG(row->user), words[row->result],
                 STR_ARG(money_text(A, row->before)));
    if (row->result == MIGRATION_REFUSED)
        buffer_print(&t->text, " %.*s\n", STR_ARG(row->why));
    else
        buffer_print(&t->text, " %.*s %s, %zu changes\n", STR_ARG(money_text(A, row->after)),
                     row->after.currency, row->changes_count);
    return OK;
}

static struct migration_summary migrate(struct office *o, struct migration_options mo, const char *wanted)
{
    struct told t = {.text = {.arena = A}};
    struct migration_summary s = {0};
    if (mo.version == 0) mo.version = 2;
    mo.row = tell;
    mo.context = &t;
    mo.actor = STR("tester");
    assert_ok(catalog_migrate(&s, o->l, &mo, A, E));
    buffer_add_byte(&t.text, 0);
    cr_assert(strcmp((const char *)t.text.ptr, wanted) == 0, "\n got\n%s wanted\n%s",
              (const char *)t.text.ptr, wanted);
    return s;
}

static void open_with_five(struct office *o)
{
    office_open(o, "ledger", "2025-01-10");
    office_subscribe(o, "ann", "basic", "USD", "pm_card_visa");
    office_subscribe(o, "ben", "basic", "KWD", "pm_card_visa");
    office_subscribe(o, "cat", "pro", "USD", "pm_card_visa");
    office_subscribe(o, "dan", "basic", "JPY", "pm_card_visa");
    office_subscribe(o, "eve", "basic", "USD", "pm_card_visa");
    (void)office_run(o, "2025-01-10", NULL);
    o->clock.now = moment("2025-01-20T08:00:00Z");
    load_version_two(o);
}

static const char five[] = "ann scheduled 29.00 32.00 USD, 1 changes\n"
                           "ben scheduled 8.500 9.000 KWD, 1 changes\n"
                           "dan refused 2900 tier 'basic' has no price per month in JPY\n"
                           "eve scheduled 29.00 32.00 USD, 1 changes\n";

Test(migrate, a_dry_run_tells_everything_and_writes_nothing)
{
    struct office o;
    open_with_five(&o);
    uint64_t records = office_records(&o);
    struct migration_summary s = migrate(&o, (struct migration_options){.dry_run = true}, five);
    assert_int(s.scheduled, 3);
    assert_int(s.unchanged, 1); /* cat: Pro costs the same */
    assert_int(s.refused, 1);
    assert_int(s.totals_count, 2);
    assert_int(s.totals[0].subscriptions, 2);
    assert_money(s.totals[0].before, "58.00", "USD");
    assert_money(s.totals[0].after, "64.00", "USD");
    assert_money(s.totals[1].after, "9.000", "KWD");
    assert_int(office_records(&o), records);
    office_close(&o);
}

Test(migrate, each_is_one_record_and_a_second_time_nothing_is_left)
{
    struct office o;
    open_with_five(&o);
    uint64_t records = office_records(&o);
    struct migration_summary s = migrate(&o, (struct migration_options){0}, five);
    assert_int(s.scheduled, 3);
    assert_int(office_records(&o), records + 3);
    s = migrate(&o, (struct migration_options){0},
                "ann before 29.00 32.00 USD, 1 changes\n"
                "ben before 8.500 9.000 KWD, 1 changes\n"
                "dan refused 2900 tier 'basic' has no price per month in JPY\n"
                "eve before 29.00 32.00 USD, 1 changes\n");
    assert_int(s.scheduled, 0);
    assert_int(s.scheduled_before, 3);
    assert_money(s.totals[0].after, "64.00", "USD");
    assert_int(office_records(&o), records + 3);
    (void)office_run(&o, "2025-02-10", NULL); /* the next period has begun: they are on the new terms */
    s = migrate(&o, (struct migration_options){0},
                "dan refused 2900 tier 'basic' has no price per month in JPY\n");
    assert_int(s.scheduled_before, 0);
    office_close(&o);
}

Test(migrate, one_that_was_begun_and_killed_is_finished_by_the_next)
{
    struct office o;
    open_with_five(&o);
    struct command c = {.type = COMMAND_SUBSCRIPTION_MIGRATE}; /* as far as the first one came */
    c.subscription_migrate = (struct subscription_migrate_command){.user = STR("ann"), .version = 2};
    (void)office_do(&o, &c);
    struct migration_summary s = migrate(&o, (struct migration_options){0},
                                         "ann before 29.00 32.00 USD, 1 changes\n"
                                         "ben scheduled 8.500 9.000 KWD, 1 changes\n"
                                         "dan refused 2900 tier 'basic' has no price per month in JPY\n"
                                         "eve scheduled 29.00 32.00 USD, 1 changes\n");
    assert_int(s.scheduled, 2);
    office_close(&o);
}

Test(migrate, only_a_tier_or_a_customer)
{
    struct office o;
    open_with_five(&o);
    struct migration_summary s =
        migrate(&o, (struct migration_options){.dry_run = true, .tier = STR("pro")}, "");
    assert_int(s.unchanged, 1);
    s = migrate(&o, (struct migration_options){.dry_run = true, .customer = 2},
                "ben scheduled 8.500 9.000 KWD, 1 changes\n");
    assert_int(s.scheduled, 1);
    office_close(&o);
}

Test(migrate, a_version_that_there_is_not_is_refused_before_anything_is_done)
{
    struct office o;
    open_with_five(&o);
    struct migration_summary s = {0};
    struct migration_options mo = {.version = 3};
    assert_err(catalog_migrate(&s, o.l, &mo, A, E), ERR_NOT_FOUND,
               "cannot migrate to version 3 of the catalog: no version 3 of the catalog");
    office_close(&o);
}

static void load_intervals(struct office *o, uint8_t version, int64_t year, int64_t week)
{
    static const struct product products[] = {{.code = {"team", 4}, .name = {"Team", 4}}};
    const struct price prices[] = {
        {.product = STR("team"), .unit = INTERVAL_YEAR, .interval_count = 1, .amount = money_of(year, "USD")},
        {.product = STR("team"),
         .unit = INTERVAL_WEEK,
         .interval_count = 1,
         .amount = money_of(week, "USD")}};
    struct command c = {.type = COMMAND_CATALOG_LOAD};
    c.catalog_load = (struct catalog_load_command){.sha256 = {{version}},
                                                   .products = products,
                                                   .products_count = 1,
                                                   .prices = prices,
                                                   .prices_count = 2};
    (void)office_do(o, &c);
}

static void subscribe_each(struct office *o, const char *user, enum billing_interval interval)
{
    struct command c = {.type = COMMAND_SUBSCRIPTION_CREATE};
    c.subscription_create = (struct subscription_create_command){.user = str_of(user),
                                                                 .tier = STR("team"),
                                                                 .interval = interval,
                                                                 .payment_method = STR("pm_card_visa")};
    c.subscription_create.card = (struct card){.token = STR("pm_card_visa"), .gateway = STR("till")};
    (void)office_do(o, &c);
}

/* 120.00 a year are 10.00 a month, 12.00 a week are 52 * 12.00 / 12 = 52.00; 132.00 and 15.00: 11.00, 65.00.
 */
Test(migrate, the_totals_are_of_a_month_whatever_the_intervals)
{
    struct office o;
    office_open(&o, "ledger", "2025-01-10");
    load_intervals(&o, 7, 12000, 1200);
    subscribe_each(&o, "ann", BILLING_YEAR);
    subscribe_each(&o, "ben", BILLING_WEEK);
    (void)office_run(&o, "2025-01-10", NULL);
    load_intervals(&o, 8, 13200, 1500);
    struct migration_summary s = migrate(&o, (struct migration_options){.version = 3, .dry_run = true},
                                         "ann scheduled 120.00 132.00 USD, 1 changes\n"
                                         "ben scheduled 12.00 15.00 USD, 1 changes\n");
    assert_money(s.totals[0].before, "62.00", "USD");
    assert_money(s.totals[0].after, "76.00", "USD");
    office_close(&o);
}
