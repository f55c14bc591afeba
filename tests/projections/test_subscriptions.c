/* SPDX-License-Identifier: MIT */
/* test_subscriptions.c - what a subscription is at after each kind of event, when it is due, and its history
 * of tiers. */
#include "tests/projections/stage.h"

TestSuite(subscriptions, .init = test_begin, .fini = test_end);

static struct event changed(uint64_t customer, const char *from, const char *to, int64_t cents,
                            const char *on, const char *through)
{
    return (struct event){.type = EVENT_SUBSCRIPTION_CHANGED,
                          .subscription_changed = {.subscription = customer,
                                                   .customer = customer,
                                                   .on = day(on),
                                                   .kind = CHANGE_UPGRADE,
                                                   .old_product = str_of(from),
                                                   .terms = monthly(to, cents, 10000),
                                                   .anchor = day("2025-01-15"),
                                                   .charged_through = day(through),
                                                   .billed_from = day(on),
                                                   .billed_amount = usd(cents / 2),
                                                   .credit = usd(1000),
                                                   .charge = usd(cents / 2)}};
}

static struct event change_scheduled(uint64_t customer, const char *to, const char *on)
{
    return (struct event){
        .type = EVENT_SUBSCRIPTION_CHANGE_SCHEDULED,
        .subscription_change_scheduled = {
            .subscription = customer, .customer = customer, .on = day(on), .terms = monthly(to, 2900, 1000)}};
}

static struct event cancel_scheduled(uint64_t customer, const char *on)
{
    return (struct event){
        .type = EVENT_SUBSCRIPTION_CANCEL_SCHEDULED,
        .subscription_cancel_scheduled = {.subscription = customer, .customer = customer, .on = day(on)}};
}

Test(subscriptions, a_new_one_is_charged_and_rated_through_its_start)
{
    struct stage s = stage_open("d");
    happen(&s, "2025-01-15T10:00:00Z", customer_event(1), subscribed(1, "basic", 2900, "2025-01-15"));
    struct subscription v = subscription_now(&s, 1);
    assert_int(v.status, SUBSCRIPTION_ACTIVE);
    assert_day(v.charged_through, "2025-01-15");
    assert_day(v.usage_through, "2025-01-15");
    assert_day(v.usage_anchor, "2025-01-15");
    assert_int(v.charges_count, 0);
    assert_int(v.quotas_count, 1);
    assert_day(v.quotas[0].from, "2025-01-15");
    assert_int(v.quotas[0].rates[0].included.coefficient, 1000);
    assert_int(customer_now(&s, 1).subscription, 1);
    stage_close(&s);
}

Test(subscriptions, a_bill_moves_it_on_and_drops_quotas_that_are_rated)
{
    struct stage s = stage_open("d");
    happen(&s, "2025-01-15T10:00:00Z", customer_event(1), subscribed(1, "basic", 2900, "2025-01-15"));
    happen(&s, "2025-01-15T11:00:00Z", billed(1, "2025-01-15", "2025-02-15", "2025-01-15", 2900, 1));
    happen(&s, "2025-02-01T10:00:00Z", changed(1, "basic", "pro", 9900, "2025-02-01", "2025-02-15"));
    struct subscription v = subscription_now(&s, 1);
    assert_int(v.quotas_count, 2);
    assert_day(v.quotas[1].from, "2025-02-01");
    assert_money(v.charges[0].amount, "49.50", "USD");
    assert_day(v.charges[0].from, "2025-02-01");
    assert_int(v.charges[0].invoice, 0);
    happen(&s, "2025-02-15T10:00:00Z", billed(1, "2025-02-15", "2025-03-15", "2025-02-15", 9900, 2));
    v = subscription_now(&s, 1);
    assert_day(v.charged_through, "2025-03-15");
    assert_day(v.usage_through, "2025-02-15");
    assert_int(v.charges[0].invoice, 2);
    assert_int(v.quotas_count, 1);
    assert_day(v.quotas[0].from, "2025-02-15");
    assert_int(v.quotas[0].rates[0].included.coefficient, 10000);
    stage_close(&s);
}

Test(subscriptions, two_changes_on_one_day_leave_one_quota)
{
    struct stage s = stage_open("d");
    happen(&s, "2025-01-15T10:00:00Z", customer_event(1), subscribed(1, "basic", 2900, "2025-01-15"));
    happen(&s, "2025-01-20T10:00:00Z", changed(1, "basic", "pro", 9900, "2025-01-20", "2025-02-15"));
    happen(&s, "2025-01-20T11:00:00Z", changed(1, "pro", "max", 19900, "2025-01-20", "2025-02-15"));
    struct subscription v = subscription_now(&s, 1);
    assert_int(v.quotas_count, 2);
    assert_day(v.quotas[0].from, "2025-01-15");
    assert_day(v.quotas[1].from, "2025-01-20");
    stage_close(&s);
}

Test(subscriptions, what_is_scheduled_is_noted_and_cleared_by_what_happens)
{
    struct stage s = stage_open("d");
    happen(&s, "2025-01-15T10:00:00Z", customer_event(1), subscribed(1, "pro", 9900, "2025-01-15"));
    happen(&s, "2025-01-16T10:00:00Z", change_scheduled(1, "basic", "2025-02-15"));
    struct subscription v = subscription_now(&s, 1);
    assert_day(v.change_on, "2025-02-15");
    assert_str(v.next_terms.product, "basic");
    happen(&s, "2025-02-15T10:00:00Z", changed(1, "pro", "basic", 2900, "2025-02-15", "2025-02-15"));
    v = subscription_now(&s, 1);
    cr_assert_not(date_is_given(v.change_on));
    assert_str(v.next_terms.product, "");
    assert_str(v.terms.product, "basic");
    happen(&s, "2025-02-16T10:00:00Z", cancel_scheduled(1, "2025-03-15"));
    assert_day(subscription_now(&s, 1).cancel_on, "2025-03-15");
    happen(&s, "2025-03-15T10:00:00Z", canceled(1, "basic", "2025-03-15"));
    v = subscription_now(&s, 1);
    assert_int(v.status, SUBSCRIPTION_CANCELED);
    assert_day(v.ended_on, "2025-03-15");
    cr_assert_not(date_is_given(v.cancel_on));
    stage_close(&s);
}

Test(subscriptions, the_invoice_that_takes_the_waiting_charge_is_what_billed_it)
{
    struct stage s = stage_open("d");
    struct event charge = item(1, 1, 4950);
    charge.item_added.line.kind = LINE_PRORATION_CHARGE;
    charge.item_added.line.subscription = 1;
    charge.item_added.line.from = day("2025-02-01");
    charge.item_added.line.to = day("2025-02-15");
    happen(&s, "2025-01-15T10:00:00Z", customer_event(1), subscribed(1, "basic", 2900, "2025-01-15"));
    happen(&s, "2025-02-01T10:00:00Z", charge, changed(1, "basic", "pro", 9900, "2025-02-01", "2025-02-15"));
    assert_int(subscription_now(&s, 1).charges[0].invoice, 0);
    struct event document = invoice(1, 1, "2025-02-03", 4950);
    document.invoice_finalized.lines = &charge.item_added.line;
    happen(&s, "2025-02-03T10:00:00Z", document);
    assert_int(subscription_now(&s, 1).charges[0].invoice, 1);
    stage_close(&s);
}

Test(subscriptions, a_moved_billing_day_keeps_who_billed_the_period)
{
    struct stage s = stage_open("d");
    struct event moved = changed(1, "basic", "basic", 0, "2025-01-20", "2025-02-15");
    moved.subscription_changed.billed_from = day("2025-01-15");
    moved.subscription_changed.billed_amount = usd(2900);
    moved.subscription_changed.credit = moved.subscription_changed.charge = usd(0);
    moved.subscription_changed.anchor_day = 20;
    happen(&s, "2025-01-15T10:00:00Z", customer_event(1), subscribed(1, "basic", 2900, "2025-01-15"));
    happen(&s, "2025-01-15T11:00:00Z", billed(1, "2025-01-15", "2025-02-15", "2025-01-15", 2900, 7));
    happen(&s, "2025-01-20T11:00:00Z", moved);
    assert_int(subscription_now(&s, 1).charges[0].invoice, 7);
    assert_int(subscription_now(&s, 1).anchor_day, 20);
    stage_close(&s);
}

/* ---- due work ---- */

Test(subscriptions, work_is_due_by_date_then_number_and_moves_when_it_is_billed)
{
    struct stage s = stage_open("d");
    happen(&s, "2025-01-15T10:00:00Z", customer_event(1), subscribed(1, "basic", 2900, "2025-01-15"));
    happen(&s, "2025-01-15T10:01:00Z", customer_event(2), subscribed(2, "basic", 2900, "2025-01-10"));
    happen(&s, "2025-01-15T10:02:00Z", customer_event(3), subscribed(3, "basic", 2900, "2025-01-15"));
    happen(&s, "2025-01-15T10:03:00Z", customer_event(4), subscribed(4, "basic", 2900, "2025-01-20"));
    happen(&s, "2025-01-15T10:03:00Z", customer_event(5));
    assert_str(due_by(&s, "2025-01-09"), "");
    assert_str(due_by(&s, "2025-01-10"), "2");
    assert_str(due_by(&s, "2025-01-15"), "2 1 3");
    assert_str(due_by(&s, "2025-12-31"), "2 1 3 4");
    happen(&s, "2025-01-15T11:00:00Z", billed(2, "2025-01-10", "2025-02-10", "2025-01-10", 2900, 0));
    assert_str(due_by(&s, "2025-01-15"), "1 3");
    assert_str(due_by(&s, "2025-02-10"), "1 3 4 2");
    stage_close(&s);
}

Test(subscriptions, items_wait_for_an_active_subscription_and_are_due_at_once_without)
{
    struct stage s = stage_open("d");
    happen(&s, "2025-01-15T10:00:00Z", customer_event(1), subscribed(1, "basic", 2900, "2025-01-15"));
    happen(&s, "2025-01-15T11:00:00Z", billed(1, "2025-01-15", "2025-02-15", "2025-01-15", 2900, 0));
    happen(&s, "2025-01-20T10:00:00Z", item(1, 1, 500));
    assert_str(due_by(&s, "2025-02-14"), "");
    happen(&s, "2025-01-21T10:00:00Z", customer_event(2), item(2, 2, 700));
    assert_str(due_by(&s, "2025-01-01"),
               "2"); /* whatever the next run's date: books may be filled in later */
    happen(&s, "2025-01-22T10:00:00Z", canceled(1, "basic", "2025-01-22"));
    assert_str(due_by(&s, "2025-01-31"), "1 2");
    assert_int(customer_now(&s, 1).pending_items, 1);
    struct event document = invoice(1, 1, "2025-01-31", 500);
    struct line *line = arena_new_of(A, struct line);
    *line = document.invoice_finalized.lines[0];
    line->item = 1;
    document.invoice_finalized.lines = line;
    happen(&s, "2025-01-31T10:00:00Z", document);
    assert_str(due_by(&s, "2025-12-31"), "2");
    assert_int(customer_now(&s, 1).pending_items, 0);
    stage_close(&s);
}

Test(subscriptions, a_new_subscription_takes_over_what_waited_without_one)
{
    struct stage s = stage_open("d");
    happen(&s, "2025-01-15T10:00:00Z", customer_event(1), item(1, 1, 500), item(2, 1, 600));
    assert_str(due_by(&s, "2025-01-15"), "1");
    happen(&s, "2025-01-16T10:00:00Z", subscribed(1, "basic", 2900, "2025-03-01"));
    assert_str(due_by(&s, "2025-02-28"), "");
    assert_str(due_by(&s, "2025-03-01"), "1");
    happen(&s, "2025-01-17T10:00:00Z", canceled(1, "basic", "2025-03-01"));
    assert_str(due_by(&s, "2025-01-15"), "1");
    struct event again = subscribed(1, "pro", 9900, "2025-04-01");
    again.subscription_created.subscription = 2;
    happen(&s, "2025-01-18T10:00:00Z", again);
    assert_str(due_by(&s, "2025-03-31"), "");
    assert_str(due_by(&s, "2025-04-01"), "1");
    stage_close(&s);
}

/* ---- lists ---- */

static enum err note_change(void *context, const struct history *row, struct error *e)
{
    (void)e;
    buffer_print(context, "%.*s:%.*s>%.*s ", STR_ARG(date_text(A, row->date)), STR_ARG(row->old_tier),
                 STR_ARG(row->new_tier));
    return OK;
}

Test(subscriptions, the_history_tells_every_change_of_tier_oldest_first)
{
    struct stage s = stage_open("d");
    struct buffer seen = {.arena = A};
    struct list_query q = {.customer = 1, .status = -1};
    happen(&s, "2025-01-15T10:00:00Z", customer_event(1), subscribed(1, "basic", 2900, "2025-01-15"));
    happen(&s, "2025-02-01T10:00:00Z", changed(1, "basic", "pro", 9900, "2025-02-01", "2025-02-15"),
           changed(1, "pro", "max", 9900, "2025-02-01", "2025-02-15"), canceled(1, "max", "2025-02-01"));
    happen(&s, "2025-02-02T10:00:00Z", customer_event(2), subscribed(2, "free", 0, "2025-02-02"));
    assert_ok(list_history(s.t, &q, note_change, &seen, A, E));
    assert_str(((struct str){(const char *)seen.ptr, seen.len}),
               "2025-01-15:>basic 2025-02-01:basic>pro 2025-02-01:pro>max 2025-02-01:max> ");
    stage_close(&s);
}

static enum err note_subscription(void *context, const struct subscription *row, struct error *e)
{
    (void)e;
    buffer_print(context, "%ju ", (uintmax_t)row->subscription);
    return OK;
}

static struct str listed(struct stage *s, struct list_query q)
{
    struct buffer seen = {.arena = A};
    assert_ok(list_subscriptions(s->t, &q, note_subscription, &seen, A, E));
    return (struct str){(const char *)seen.ptr, seen.len};
}

Test(subscriptions, lists_filter_by_customer_and_status)
{
    struct stage s = stage_open("d");
    happen(&s, "2025-01-15T10:00:00Z", customer_event(1), subscribed(1, "basic", 2900, "2025-01-15"));
    happen(&s, "2025-01-15T10:01:00Z", canceled(1, "basic", "2025-01-15"));
    happen(&s, "2025-01-15T10:02:00Z", customer_event(2), subscribed(2, "basic", 2900, "2025-01-15"));
    struct event again = subscribed(1, "pro", 9900, "2025-02-15");
    again.subscription_created.subscription = 3;
    happen(&s, "2025-02-15T10:02:00Z", again);
    assert_str(listed(&s, (struct list_query){.status = -1}), "1 2 3 ");
    assert_str(listed(&s, (struct list_query){.status = SUBSCRIPTION_ACTIVE}), "2 3 ");
    assert_str(listed(&s, (struct list_query){.status = SUBSCRIPTION_CANCELED}), "1 ");
    assert_str(listed(&s, (struct list_query){.status = -1, .customer = 1}), "1 3 ");
    assert_str(listed(&s, (struct list_query){.status = SUBSCRIPTION_ACTIVE, .customer = 1}), "3 ");
    assert_str(listed(&s, (struct list_query){.status = -1, .customer = 3}), "");
    assert_int(customer_now(&s, 1).subscription, 3);
    struct state_counts n = {0};
    assert_ok(count_state(&n, s.t, E));
    assert_int(n.subscriptions, 3);
    assert_int(n.active_subscriptions, 2);
    assert_int(n.customers, 2);
    stage_close(&s);
}
