/* SPDX-License-Identifier: MIT */
/* When a subscription moves to another version of the catalog, and on which terms. Periods are those of the
 * subscription: Jan 15 + n months, so Feb 15, Mar 15; Jan 31 gives Feb 28, Mar 31. */
#include "tests/book/facts.h"

TestSuite(migrate, .init = test_begin, .fini = test_end);

/* Version 2: Basic costs 32.00 a month and 320.00 a year, Enterprise is agreed, Pro is not there any more. */
static const struct catalog *version_two(const char *from)
{
    struct catalog *c = arena_new_of(A, struct catalog);
    *c = *catalog();
    struct price *prices = arena_array_of(A, struct price, c->prices_count);
    size_t count = 0;
    for (size_t i = 0; i < c->prices_count; i++) {
        if (str_is(c->prices[i].product, "pro")) continue;
        prices[count] = c->prices[i];
        if (str_is(prices[count].product, "basic"))
            prices[count].amount = usd(prices[count].unit == INTERVAL_YEAR ? 32000 : 3200);
        count++;
    }
    c->version = 2;
    c->prices = prices;
    c->prices_count = count;
    if (from[0] != '\0') c->from = day(from);
    return c;
}

static struct subscription *subscription_of(struct facts *f)
{
    struct subscription *s = arena_new_of(A, struct subscription);
    *s = *f->subscription;
    f->subscription = f->subscriptions = s;
    return s;
}

static struct command migrate_to(uint64_t version)
{
    struct command c = {.type = COMMAND_SUBSCRIPTION_MIGRATE};
    c.subscription_migrate = (struct subscription_migrate_command){.user = STR("ann"), .version = version};
    return c;
}

static struct facts facts_of(const char *today, const char *in_force, enum interval_unit unit,
                             const char *from, const char *to)
{
    struct facts f = facts_on(today);
    subscribe(&f, "basic", unit, unit == INTERVAL_YEAR ? 29000 : 2900, from, to);
    f.catalog = version_two(in_force);
    return f;
}

Test(migrate, it_takes_effect_with_the_next_period_that_is_not_charged)
{
    static const struct {
        const char *says, *today, *in_force;
        enum interval_unit unit;
        const char *from, *to, *on;
    } cases[] = {
        {"behind the month that is paid", "2025-01-20", "", INTERVAL_MONTH, "2025-01-15", "2025-02-15",
         "2025-02-15"},
        {"not in the period that begins today", "2025-02-15", "", INTERVAL_MONTH, "2025-01-15", "2025-02-15",
         "2025-03-15"},
        {"nor in one that began before, though nobody charged it yet", "2025-02-16", "", INTERVAL_MONTH,
         "2025-01-15", "2025-02-15", "2025-03-15"},
        {"nor in one of months ago", "2025-05-01", "", INTERVAL_MONTH, "2025-01-15", "2025-02-15",
         "2025-05-15"},
        {"clamped to the month's end, and never from a clamped date", "2025-03-05", "", INTERVAL_MONTH,
         "2025-01-31", "2025-03-31", "2025-03-31"},
        {"when the year is over", "2025-01-20", "", INTERVAL_YEAR, "2025-01-15", "2026-01-15", "2026-01-15"},
        {"in the first period after the catalog's own day", "2025-01-20", "2025-04-01", INTERVAL_MONTH,
         "2025-01-15", "2025-02-15", "2025-04-15"},
        {"on the catalog's day, if a period begins there", "2025-01-20", "2025-04-15", INTERVAL_MONTH,
         "2025-01-15", "2025-02-15", "2025-04-15"},
        {"a day in the past asks for nothing", "2025-01-20", "2024-06-01", INTERVAL_MONTH, "2025-01-15",
         "2025-02-15", "2025-02-15"},
        {"of what begins in the future, behind its first period", "2025-01-01", "", INTERVAL_MONTH,
         "2025-01-15", "2025-01-15", "2025-02-15"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct facts f =
            facts_of(cases[i].today, cases[i].in_force, cases[i].unit, cases[i].from, cases[i].to);
        struct command c = migrate_to(2);
        struct decision d = decided(&f, &c);
        assert_int(d.events.count, 1);
        const struct event *ev = find(&d, EVENT_SUBSCRIPTION_CHANGE_SCHEDULED, 0);
        cr_assert(ev != NULL, "%s", cases[i].says);
        struct str on = date_text(A, ev->subscription_change_scheduled.on);
        cr_assert(str_is(on, cases[i].on), "%s: on %.*s", cases[i].says, STR_ARG(on));
        assert_int(ev->subscription_change_scheduled.terms.catalog_version, 2);
        assert_int(ev->subscription_change_scheduled.terms.amount.minor,
                   cases[i].unit == INTERVAL_YEAR ? 32000 : 3200);
    }
}

Test(migrate, in_arrears_the_period_that_runs_is_still_charged_as_it_was)
{
    struct facts f = facts_of("2025-02-20", "", INTERVAL_MONTH, "2025-01-15", "2025-02-15");
    subscription_of(&f)->terms.in_arrears =
        true; /* charged_through: the first day not charged, of this period */
    struct command c = migrate_to(2);
    struct decision d = decided(&f, &c);
    assert_day(find(&d, EVENT_SUBSCRIPTION_CHANGE_SCHEDULED, 0)->subscription_change_scheduled.on,
               "2025-03-15");
}

Test(migrate, nothing_is_decided_twice_or_without_need)
{
    struct facts f = facts_of("2025-01-20", "", INTERVAL_MONTH, "2025-01-15", "2025-02-15");
    struct command c = migrate_to(2);
    struct decision d = decided(&f, &c);
    struct subscription *s = subscription_of(&f);
    const struct subscription_change_scheduled *v =
        &find(&d, EVENT_SUBSCRIPTION_CHANGE_SCHEDULED, 0)->subscription_change_scheduled;
    s->change_on = v->on;
    s->next_terms = v->terms;
    s->next_quantity = v->quantity;
    assert_int(decided(&f, &c).events.count, 0);
    s->terms = v->terms; /* the day has come */
    s->change_on = (struct date){0};
    assert_int(decided(&f, &c).events.count, 0);
    s->terms.catalog_version = 3; /* newer than what is asked for */
    assert_int(decided(&f, &c).events.count, 0);
}

Test(migrate, who_would_not_notice_stays_where_he_is)
{
    struct facts f = facts_of("2025-01-20", "", INTERVAL_MONTH, "2025-01-15", "2025-02-15");
    struct subscription *s = subscription_of(&f);
    s->terms.amount = usd(3200);
    struct command c = migrate_to(2);
    assert_int(decided(&f, &c).events.count, 0);
}

Test(migrate, an_agreed_price_stays)
{
    struct facts f = facts_of("2025-01-20", "", INTERVAL_MONTH, "2025-01-15", "2025-02-15");
    struct subscription *s = subscription_of(&f);
    s->terms.product = STR("big");
    s->terms.amount = usd(123450);
    struct command c = migrate_to(2);
    struct decision d = decided(&f, &c);
    const struct event *ev = find(&d, EVENT_SUBSCRIPTION_CHANGE_SCHEDULED, 0);
    assert_int(ev->subscription_change_scheduled.terms.amount.minor, 123450);
    assert_str(ev->subscription_change_scheduled.terms.product_name, "Enterprise");
}

Test(migrate, a_change_that_is_scheduled_happens_on_the_new_terms)
{
    struct facts f = facts_of("2025-01-20", "", INTERVAL_MONTH, "2025-01-15", "2025-02-15");
    struct subscription *s = subscription_of(&f);
    s->next_terms = s->terms;
    s->terms.product = STR("pro"); /* which version 2 does not have: it need not */
    s->change_on = day("2025-02-15");
    s->next_quantity = 1;
    struct command c = migrate_to(2);
    struct decision d = decided(&f, &c);
    const struct event *ev = find(&d, EVENT_SUBSCRIPTION_CHANGE_SCHEDULED, 0);
    assert_str(ev->subscription_change_scheduled.terms.product, "basic");
    assert_int(ev->subscription_change_scheduled.terms.amount.minor, 3200);
    assert_day(ev->subscription_change_scheduled.on, "2025-02-15");
}

Test(migrate, what_cannot_be_moved_is_refused_with_the_reason)
{
    struct decision d = {0};
    struct command c = migrate_to(2);
    struct facts f = facts_of("2025-01-20", "2025-04-01", INTERVAL_MONTH, "2025-01-15", "2025-02-15");
    struct subscription *s = subscription_of(&f);
    struct terms basic = s->terms;
    s->terms.product = STR("pro");
    assert_err(decide(&d, &f, &c, A, E), ERR_NOT_FOUND, "tier 'pro' has no price per month in USD");
    s->terms = s->next_terms = basic;
    s->change_on = day("2025-02-15");
    assert_err(decide(&d, &f, &c, A, E), ERR_REFUSED,
               "the subscription of 'ann' changes on 2025-02-15, before the catalog is in force");
    s->change_on = day("2025-01-15");
    assert_err(decide(&d, &f, &c, A, E), ERR_REFUSED,
               "a change of the subscription of 'ann' has been due since 2025-01-15");
    s->change_on = (struct date){0};
    s->quantity = 5;
    assert_err(decide(&d, &f, &c, A, E), ERR_REFUSED, "tier 'basic' is not sold by the seat");
    s->quantity = 1;
    s->cancel_on = day("2025-02-15");
    assert_err(decide(&d, &f, &c, A, E), ERR_REFUSED,
               "the subscription of 'ann' will end on 2025-02-15 and cannot be changed");
    s->cancel_on = (struct date){0};
    f.catalog = NULL;
    assert_err(decide(&d, &f, &c, A, E), ERR_NOT_FOUND, "no version 2 of the catalog");
    assert_int(d.events.count, 0);
}
