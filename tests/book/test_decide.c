/* SPDX-License-Identifier: MIT */
/* test_decide.c - decisions about subscriptions as tables: facts and a command in, events or a refusal out.
 * No file, no clock. */
#include "tests/book/facts.h"

TestSuite(decide, .init = test_begin, .fini = test_end);

/* ---- create ---- */

Test(decide, a_paid_tier_without_a_payment_method_is_invalid)
{
    struct facts f = facts_on("2025-01-01");
    struct command c = create("pro", "");
    struct decision d = {0};
    assert_err(decide(&d, &f, &c, A, E), ERR_INVALID, "tier 'pro' is paid: a payment method is needed");
}

Test(decide, a_first_subscription_creates_customer_method_and_subscription_in_one_record)
{
    struct facts f = facts_on("2025-01-31");
    struct command c = create("pro", "pm_card_visa");
    struct decision d = decided(&f, &c);
    assert_int(d.events.count, 3);
    cr_assert(d.events.items[0].type == EVENT_CUSTOMER_CREATED);
    cr_assert(d.events.items[1].type == EVENT_PAYMENT_METHOD_ADDED);
    cr_assert(d.events.items[1].payment_method_added.is_default);
    cr_assert(d.events.items[2].type == EVENT_SUBSCRIPTION_CREATED);
    assert_money(d.events.items[2].subscription_created.terms.amount, "99.00", "USD");
    assert_day(d.events.items[2].subscription_created.start, "2025-01-31");
}

Test(decide, the_free_tier_needs_no_payment_method)
{
    struct facts f = facts_on("2025-01-31");
    struct command c = create("free", "");
    assert_int(decided(&f, &c).events.count, 2);
}

Test(decide, unknown_tiers_and_currencies_and_second_subscriptions_are_refused)
{
    struct facts f = facts_on("2025-01-31");
    struct decision d = {0};
    struct command c = create("gold", "pm_card_visa");
    assert_err(decide(&d, &f, &c, A, E), ERR_NOT_FOUND, "no tier 'gold' in the catalog");
    c = create("pro", "pm_card_visa");
    c.subscription_create.currency = STR("XXY");
    cr_assert(decide(&d, &f, &c, A, E) == ERR_INVALID);
    c.subscription_create.currency = STR("EUR");
    assert_err(decide(&d, &f, &c, A, E), ERR_NOT_FOUND, "tier 'pro' has no price per month in EUR");
    subscribe(&f, "pro", INTERVAL_MONTH, 9900, "2025-01-01", "2025-02-01");
    c = create("pro", "pm_card_visa");
    assert_err(decide(&d, &f, &c, A, E), ERR_REFUSED, "'ann' has a subscription to 'pro' already");
}

Test(decide, a_custom_tier_needs_the_price_that_was_agreed)
{
    struct facts f = facts_on("2025-01-31");
    struct decision d = {0};
    struct command c = create("big", "pm_card_visa");
    assert_err(decide(&d, &f, &c, A, E), ERR_INVALID,
               "tier 'big' has a custom price: give the price that was agreed");
    assert_ok(decimal_parse(&c.subscription_create.price, STR("1234.50"), E));
    d = decided(&f, &c);
    assert_money(find(&d, EVENT_SUBSCRIPTION_CREATED, 0)->subscription_created.terms.amount, "1234.50",
                 "USD");
    assert_ok(decimal_parse(&c.subscription_create.price, STR("1234.505"), E));
    assert_err_says(decide(&d, &f, &c, A, E), ERR_INVALID, "too many decimals for USD");
}

/* ---- update ---- */

Test(decide, an_upgrade_credits_the_rest_of_the_old_and_charges_the_rest_of_the_new)
{
    struct facts f = facts_on("2025-01-16"); /* P-25, the plans' part: -14.97 + 51.10 = +36.13 */
    subscribe(&f, "basic", INTERVAL_MONTH, 2900, "2025-01-01", "2025-02-01");
    struct command c = update_to("pro");
    struct decision d = decided(&f, &c);
    const struct subscription_changed *ch = &find(&d, EVENT_SUBSCRIPTION_CHANGED, 0)->subscription_changed;
    assert_money(ch->credit, "14.97", "USD");
    assert_money(ch->charge, "51.10", "USD");
    cr_assert(ch->kind == CHANGE_UPGRADE);
    assert_day(ch->charged_through, "2025-02-01");
    const struct line *credit = &find(&d, EVENT_ITEM_ADDED, 0)->item_added.line;
    assert_str(credit->description, "Unused part of Basic, 16 of 31 days");
    assert_int(credit->credits, 7);
    assert_str(find(&d, EVENT_ITEM_ADDED, 1)->item_added.line.description, "Pro, 16 of 31 days");
}

Test(decide, the_reverse_change_is_exactly_the_negative)
{
    struct facts f = facts_on("2025-01-16");
    subscribe(&f, "pro", INTERVAL_MONTH, 9900, "2025-01-01", "2025-02-01");
    struct command c = update_to("basic");
    struct decision d = decided(&f, &c);
    const struct subscription_changed *ch = &find(&d, EVENT_SUBSCRIPTION_CHANGED, 0)->subscription_changed;
    assert_int(ch->charge.minor - ch->credit.minor, -3613);
    cr_assert(ch->kind == CHANGE_DOWNGRADE);
}

Test(decide, a_new_interval_starts_a_whole_period_on_the_day_of_the_change)
{
    struct facts f = facts_on("2013-08-16"); /* P-4: -516.13 (16/31 of 1000.00) + the whole year */
    subscribe(&f, "pro", INTERVAL_MONTH, 100000, "2013-08-01", "2013-09-01");
    struct command c = update_to("pro");
    c.subscription_update.interval = BILLING_YEAR;
    struct decision d = decided(&f, &c);
    const struct subscription_changed *ch = &find(&d, EVENT_SUBSCRIPTION_CHANGED, 0)->subscription_changed;
    assert_money(ch->credit, "516.13", "USD");
    assert_money(ch->charge, "990.00", "USD");
    assert_day(ch->anchor, "2013-08-16");
    assert_day(ch->charged_through, "2014-08-16");
}

Test(decide, a_year_changed_to_months_on_its_first_day_is_credited_whole)
{
    struct facts f = facts_on("2012-05-01"); /* P-7: -2399.95 + a month */
    subscribe(&f, "pro", INTERVAL_YEAR, 239995, "2012-05-01", "2013-05-01");
    struct command c = update_to("pro");
    c.subscription_update.interval = BILLING_MONTH;
    struct decision d = decided(&f, &c);
    const struct subscription_changed *ch = &find(&d, EVENT_SUBSCRIPTION_CHANGED, 0)->subscription_changed;
    assert_money(ch->credit, "2399.95", "USD");
    assert_money(ch->charge, "99.00", "USD");
    assert_day(ch->charged_through, "2012-06-01");
}

Test(decide, a_change_before_the_nightly_run_charges_the_old_terms_first)
{
    struct facts f = facts_on("2025-02-16"); /* charged through Feb 1 only */
    subscribe(&f, "basic", INTERVAL_MONTH, 2900, "2025-01-01", "2025-02-01");
    struct command c = update_to("pro");
    struct decision d = decided(&f, &c);
    int64_t sum = 0;
    for (size_t i = 0; i < d.events.count; i++) {
        if (d.events.items[i].type == EVENT_ITEM_ADDED) sum += d.events.items[i].item_added.line.amount.minor;
    }
    assert_int(sum, 2900 - 1346 + 4596); /* 29.00, 13/28 of it back = 13.464, 13/28 of 99.00 = 45.964 */
}

Test(decide, a_change_to_the_same_terms_is_refused)
{
    struct facts f = facts_on("2025-01-16");
    subscribe(&f, "pro", INTERVAL_MONTH, 9900, "2025-01-01", "2025-02-01");
    struct command c = update_to("pro");
    struct decision d = {0};
    assert_err(decide(&d, &f, &c, A, E), ERR_REFUSED, "'ann' is on 'pro' already");
}

Test(decide, a_subscription_that_will_end_is_not_changed)
{
    struct facts f = facts_on("2025-01-16"); /* or days after its end would be charged */
    struct decision d = {0};
    subscribe(&f, "pro", INTERVAL_MONTH, 9900, "2025-01-01", "2025-02-01");
    struct subscription ending = *f.subscription;
    ending.cancel_on = day("2025-02-01");
    f.subscription = &ending;
    struct command c = update_to("pro");
    c.subscription_update.interval = BILLING_YEAR;
    assert_err(decide(&d, &f, &c, A, E), ERR_REFUSED,
               "the subscription of 'ann' will end on 2025-02-01 and cannot be changed");
}

Test(decide, a_change_at_period_end_is_only_scheduled)
{
    struct facts f = facts_on("2025-01-16");
    subscribe(&f, "pro", INTERVAL_MONTH, 9900, "2025-01-01", "2025-02-01");
    struct command c = update_to("basic");
    c.subscription_update.when = CHANGE_PERIOD_END;
    struct decision d = decided(&f, &c);
    assert_int(d.events.count, 1);
    assert_day(d.events.items[0].subscription_change_scheduled.on, "2025-02-01");
}

Test(decide, a_new_billing_day_leaves_what_is_charged_and_makes_a_stub)
{
    struct facts f = facts_on("2013-08-07"); /* P-3: day 1 to 7; the stub 09-01..09-07 is 6/31 of 1000.00 */
    subscribe(&f, "pro", INTERVAL_MONTH, 100000, "2013-08-01", "2013-09-01");
    struct command c = {.type = COMMAND_SUBSCRIPTION_UPDATE};
    c.subscription_update = (struct subscription_update_command){.user = STR("ann"), .billing_day = 7};
    struct decision d = decided(&f, &c);
    const struct subscription_changed *ch = &find(&d, EVENT_SUBSCRIPTION_CHANGED, 0)->subscription_changed;
    struct subscription s = *f.subscription;
    s.anchor = ch->anchor;
    s.usage_anchor = ch->anchor;
    s.anchor_day = ch->anchor_day;
    struct accrual due = {.through = day("2013-09-01")};
    assert_ok(accrue(&due, &s, A, E));
    const struct line *stub = &due.lines.items[due.lines.count - 1];
    assert_day(stub->from, "2013-09-01");
    assert_day(stub->to, "2013-09-07");
    assert_money(stub->amount, "193.55", "USD");
}

/* ---- cancel ---- */

static struct command cancel(bool immediate)
{
    struct command c = {.type = COMMAND_SUBSCRIPTION_CANCEL};
    c.subscription_cancel = (struct subscription_cancel_command){.user = STR("ann"), .immediate = immediate};
    return c;
}

Test(decide, an_immediate_cancellation_credits_and_refunds_the_unused_part)
{
    struct facts f = facts_on("2013-09-10"); /* P-9: 20/30 of 500.00 */
    subscribe(&f, "pro", INTERVAL_MONTH, 50000, "2013-08-31", "2013-09-30");
    paid_with(&f, 50000);
    struct command c = cancel(true);
    struct decision d = decided(&f, &c);
    assert_money(find(&d, EVENT_SUBSCRIPTION_CANCELED, 0)->subscription_canceled.credit, "333.33", "USD");
    const struct invoice_finalized *note = &find(&d, EVENT_INVOICE_FINALIZED, 0)->invoice_finalized;
    cr_assert(note->kind == INVOICE_CREDIT_NOTE);
    assert_str(note->number, "CN-2025-000001");
    assert_money(note->total, "-333.33", "USD");
    assert_money(note->amount_due, "0.00", "USD");
    const struct refund_requested *r = &find(&d, EVENT_REFUND_REQUESTED, 0)->refund_requested;
    assert_money(r->amount, "333.33", "USD");
    assert_money(r->from_credit, "333.33", "USD");
}

Test(decide, a_credit_note_pays_open_invoices_before_anything_is_refunded)
{
    struct facts f = facts_on("2013-09-10");
    struct invoice open = {.invoice = 7, .status = INVOICE_OPEN, .amount_due = usd(50000), .paid = usd(0)};
    subscribe(&f, "pro", INTERVAL_MONTH, 50000, "2013-08-31", "2013-09-30");
    f.open_invoices = &open;
    f.open_invoices_count = 1;
    paid_with(&f, 50000);
    struct command c = cancel(true);
    struct decision d = decided(&f, &c);
    const struct invoice_finalized *note = &find(&d, EVENT_INVOICE_FINALIZED, 0)->invoice_finalized;
    assert_int(note->settles_count, 1);
    assert_money(note->settles[0].amount, "333.33", "USD");
    cr_assert(find(&d, EVENT_REFUND_REQUESTED, 0) == NULL);
}

Test(decide, a_cancellation_at_period_end_is_scheduled_for_the_day_after_what_is_paid)
{
    struct facts f = facts_on("2025-01-16");
    subscribe(&f, "pro", INTERVAL_MONTH, 9900, "2025-01-01", "2025-02-01");
    struct command c = cancel(false);
    struct decision d = decided(&f, &c);
    assert_int(d.events.count, 1);
    assert_day(d.events.items[0].subscription_cancel_scheduled.on, "2025-02-01");
}
