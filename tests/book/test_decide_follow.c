/* SPDX-License-Identifier: MIT */
/* test_decide_follow.c - subscriptions that Stripe bills: in whatever order and however often it tells of
 * them, the newest telling stands; and nothing falls due before they are taken over. */
#include "tests/book/facts.h"

TestSuite(follow, .init = test_begin, .fini = test_end);

static struct subscription *at_stripe(struct facts *f)
{
    struct subscription *s = arena_new_of(A, struct subscription);
    subscribe(f, "basic", INTERVAL_MONTH, 2900, "2025-01-15", "2025-02-15");
    *s = *f->subscription;
    s->billing_owner = BILLED_BY_STRIPE;
    s->reference = STR("sub_A");
    s->charges = NULL;
    s->charges_count = 0;
    f->subscription = f->subscriptions = s;
    return s;
}

/* A telling of that many seconds after noon. */
static struct command told(int second, const char *tier, enum subscription_status status)
{
    struct command c = {.type = COMMAND_SUBSCRIPTION_FOLLOW};
    struct instant as_of = {date_start(day("2025-01-20")).us + (int64_t)(43200 + second) * 1000000};
    c.subscription_follow = (struct subscription_follow_command){
        .user = STR("ann"), .reference = STR("sub_A"), .tier = str_of(tier), .status = status};
    c.subscription_follow.as_of = as_of;
    return c;
}

/* Decides, and makes of the subscription what the events make of it. How many there were. */
static size_t tell(struct facts *f, struct subscription *s, const struct command *c)
{
    struct decision d = decided(f, c);
    for (size_t i = 0; i < d.events.count; i++) {
        uint64_t number = 0;
        const struct event *ev = &d.events.items[i];
        cr_assert(ev->type != EVENT_ITEM_ADDED && ev->type != EVENT_INVOICE_FINALIZED);
        if (subscription_event(&number, ev) && number == s->subscription)
            assert_ok(subscription_apply(s, ev, A, E));
    }
    return d.events.count;
}

Test(follow, the_newest_telling_stands_whatever_the_order)
{
    enum { TELLINGS = 4 };
    const struct command tellings[TELLINGS] = {
        told(1, "pro", SUBSCRIPTION_ACTIVE), told(2, "basic", SUBSCRIPTION_PAST_DUE),
        told(3, "basic", SUBSCRIPTION_UNPAID), told(4, "pro", SUBSCRIPTION_PAST_DUE)};
    for (int order = 0; order < TELLINGS * TELLINGS * TELLINGS * TELLINGS; order++) { /* some come twice */
        struct facts f = facts_on("2025-01-21");
        struct subscription *s = at_stripe(&f);
        int newest = 0;
        for (int i = 0, rest = order; i < TELLINGS; i++, rest /= TELLINGS) {
            int which = rest % TELLINGS;
            size_t first = tell(&f, s, &tellings[which]);
            cr_assert(which < newest ? first == 0 : true, "an older telling was followed");
            cr_assert(tell(&f, s, &tellings[which]) == 0, "the same telling was followed twice");
            newest = which > newest ? which : newest;
        }
        const struct subscription_follow_command *last = &tellings[newest].subscription_follow;
        cr_assert(str_equal(s->terms.product, last->tier), "order %d", order);
        cr_assert(s->status == last->status, "order %d", order);
        cr_assert(s->charges_count == 0 && s->billing_owner == BILLED_BY_STRIPE);
    }
}

Test(follow, an_end_is_final_and_begins_the_free_tier_once)
{
    struct facts f = facts_on("2025-01-21");
    struct subscription *s = at_stripe(&f);
    struct command end = told(5, "", SUBSCRIPTION_CANCELED), later = told(9, "pro", SUBSCRIPTION_ACTIVE);
    struct decision d = decided(&f, &end);
    const struct event *created = find(&d, EVENT_SUBSCRIPTION_CREATED, 0);
    cr_assert(created != NULL);
    assert_str(created->subscription_created.terms.product, "free");
    assert_day(created->subscription_created.start, "2025-01-21");
    cr_assert(created->subscription_created.billing_owner == BILLED_BY_LEDGER);
    tell(&f, s, &end);
    cr_assert(s->status == SUBSCRIPTION_CANCELED);
    f.ended = s;
    f.subscriptions_count = 0;
    assert_int(tell(&f, s, &end), 0);
    assert_int(tell(&f, s, &later), 0);
}

Test(follow, nothing_falls_due_before_it_is_taken_over_and_then_whole_periods_do)
{
    struct facts f = facts_on("2025-01-21");
    struct subscription *s = at_stripe(&f);
    struct accrual none = {.through = day("2026-12-31"), .today = day("2026-12-31"), .can_pay = true};
    cr_assert(!date_is_given(subscription_due(s)));
    assert_ok(accrue(&none, s, A, E));
    assert_int(none.events.count, 0);
    assert_int(none.lines.count, 0);

    struct command over = {.type = COMMAND_SUBSCRIPTION_TAKE_OVER};
    over.subscription_take_over = (struct subscription_take_over_command){.user = STR("ann")};
    struct command ends = told(1, "", SUBSCRIPTION_NONE);
    ends.subscription_follow.cancel_at_period_end = YES_NO_YES;
    tell(&f, s, &ends);
    tell(&f, s, &over);
    assert_day(subscription_due(s), "2025-02-15");
    struct accrual due = {.through = day("2025-04-14"), .today = day("2025-04-14"), .can_pay = true};
    assert_ok(accrue(&due, s, A, E));
    assert_int(due.lines.count, 2); /* from 15 February and from 15 March */
    assert_day(due.lines.items[0].from, "2025-02-15");
    assert_day(due.lines.items[1].to, "2025-04-15");
    assert_money(due.lines.items[0].amount, "29.00", "USD");
    cr_assert(s->billing_owner == BILLED_BY_LEDGER);
}
