/* SPDX-License-Identifier: MIT */
/* test_decide.c - decisions as tables: facts and a command in, events or a refusal out. No file, no clock. */
#include "ledger/book.h"
#include "tests/lib/fixture.h"

TestSuite(decide, .init = test_begin, .fini = test_end);

static struct money usd(int64_t cents)
{
    return money_of(cents, "USD");
}

/* The catalog of two tiers, monthly and yearly, in USD. */
static const struct catalog *catalog(void)
{
    static const struct {
        const char *code;
        enum interval_unit unit;
        int64_t cents;
    } rows[] = {{"basic", INTERVAL_MONTH, 2900}, {"basic", INTERVAL_YEAR, 29000},
                {"pro", INTERVAL_MONTH, 9900},   {"pro", INTERVAL_YEAR, 99000},
                {"free", INTERVAL_MONTH, 0},     {"big", INTERVAL_MONTH, 0}};
    enum { ROWS = sizeof rows / sizeof rows[0] };
    struct product *products = arena_array_of(A, struct product, 4);
    struct price *prices = arena_array_of(A, struct price, ROWS);
    struct rate *rates = arena_array_of(A, struct rate, 1);
    rates[0] = (struct rate){.usage_type = STR("api_calls"), .included = decimal_of(1000), .billed = true};
    assert_ok(decimal_parse(&rates[0].unit_price, STR("0.01"), E));
    products[0] = (struct product){.code = STR("free"), .name = STR("Free"), .rank = 0, .free = true};
    products[1] = (struct product){.code = STR("basic"), .name = STR("Basic"), .rank = 1};
    products[2] = (struct product){.code = STR("pro"), .name = STR("Pro"), .rank = 2};
    products[3] = (struct product){.code = STR("big"), .name = STR("Enterprise"), .rank = 3};
    for (size_t i = 0; i < ROWS; i++) {
        prices[i] = (struct price){.product = str_of(rows[i].code),
                                   .unit = rows[i].unit,
                                   .interval_count = 1,
                                   .amount = usd(rows[i].cents),
                                   .rates = rates,
                                   .rates_count = 1,
                                   .custom = strcmp(rows[i].code, "big") == 0};
    }
    struct catalog *c = arena_new_of(A, struct catalog);
    *c = (struct catalog){
        .version = 1, .products = products, .products_count = 4, .prices = prices, .prices_count = ROWS};
    return c;
}

static struct facts facts_on(const char *today)
{
    return (struct facts){
        .origin = STR("daybook/test"),
        .today = day(today),
        .now = date_start(day(today)),
        .issue_date = day(today),
        .catalog = catalog(),
        .counters = {1, 1, 1, 1, 1, 2, 1, 1},
        .invoice_series = {.series = STR("INV-2025")},
        .credit_note_series = {.series = STR("CN-2025")},
    };
}

/* Customer 1 'ann' with a card, subscribed to `tier`, whose last charge of `cents` covers [from, to). */
static void subscribe(struct facts *f, const char *tier, enum interval_unit unit, int64_t cents,
                      const char *from, const char *to)
{
    struct customer *c = arena_new_of(A, struct customer);
    struct method *m = arena_new_of(A, struct method);
    struct subscription *s = arena_new_of(A, struct subscription);
    *c = (struct customer){.customer = 1,
                           .version = 1,
                           .user = STR("ann"),
                           .currency = STR("USD"),
                           .subscription = 1,
                           .default_method = 1,
                           .methods = 1};
    *m = (struct method){
        .customer = 1, .method = 1, .token = STR("pm_card_visa"), .gateway = STR("simulator")};
    bool pro = strcmp(tier, "pro") == 0;
    *s = (struct subscription){.subscription = 1,
                               .customer = 1,
                               .status = SUBSCRIPTION_ACTIVE,
                               .start = day(from),
                               .anchor = day(from),
                               .usage_anchor = day(from),
                               .charged_through = day(to),
                               .billed_from = day(from),
                               .billed_amount = usd(cents),
                               .billed_credited = usd(0),
                               .billed_by = 7,
                               .usage_through = day(from)};
    s->terms = (struct terms){.catalog_version = 1,
                              .product = str_of(tier),
                              .product_name = str_of(pro ? "Pro" : "Basic"),
                              .rank = pro ? 2 : 1,
                              .unit = unit,
                              .interval_count = 1,
                              .amount = usd(cents),
                              .rates = f->catalog->prices[0].rates,
                              .rates_count = 1};
    f->customer = c;
    f->methods = m;
    f->methods_count = 1;
    f->subscription = s;
    f->counters.customer = f->counters.subscription = 2;
}

static const struct event *find(const struct decision *d, enum event_type type, size_t nth)
{
    for (size_t i = 0; i < d->events.count; i++) {
        if (d->events.items[i].type == type && nth-- == 0) return &d->events.items[i];
    }
    return NULL;
}

static struct command update_to(const char *tier)
{
    struct command c = {.type = COMMAND_SUBSCRIPTION_UPDATE};
    c.subscription_update = (struct subscription_update_command){.user = STR("ann"), .tier = str_of(tier)};
    return c;
}

static struct decision decided(const struct facts *f, const struct command *c)
{
    struct decision d = {0};
    assert_ok(decide(&d, f, c, A, E));
    return d;
}

/* ---- create
 * ------------------------------------------------------------------------------------------------------ */

static struct command create(const char *tier, const char *token)
{
    struct command c = {.type = COMMAND_SUBSCRIPTION_CREATE};
    c.subscription_create = (struct subscription_create_command){
        .user = STR("ann"), .tier = str_of(tier), .payment_method = str_of(token)};
    return c;
}

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

/* ---- update
 * ------------------------------------------------------------------------------------------------------ */

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
    struct accrual due = {0};
    assert_ok(accrue(&due, &s, day("2013-09-01"), NULL, 0, A, E));
    const struct line *stub = &due.lines.items[due.lines.count - 1];
    assert_day(stub->from, "2013-09-01");
    assert_day(stub->to, "2013-09-07");
    assert_money(stub->amount, "193.55", "USD");
}

/* ---- cancel
 * ------------------------------------------------------------------------------------------------------ */

static struct command cancel(bool immediate)
{
    struct command c = {.type = COMMAND_SUBSCRIPTION_CANCEL};
    c.subscription_cancel = (struct subscription_cancel_command){.user = STR("ann"), .immediate = immediate};
    return c;
}

static void paid_with(struct facts *f, int64_t cents)
{
    struct transaction *t = arena_new_of(A, struct transaction);
    *t = (struct transaction){.transaction = 1,
                              .payment = 1,
                              .customer = 1,
                              .kind = TRANSACTION_PAYMENT,
                              .status = TRANSACTION_COMPLETED,
                              .amount = usd(cents),
                              .refunded = usd(0),
                              .gateway = STR("simulator")};
    f->payments = t;
    f->payments_count = 1;
    f->counters.transaction = 2;
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

/* ---- bills
 * ------------------------------------------------------------------------------------------------------- */

static struct command bill(const char *through)
{
    struct command c = {.type = COMMAND_CUSTOMER_BILL};
    c.customer_bill = (struct customer_bill_command){
        .customer = 1, .through = day(through), .run = 1, .gateway = STR("simulator")};
    return c;
}

Test(decide, a_bill_is_one_invoice_of_everything_due_and_asks_for_its_payment)
{
    struct facts f = facts_on("2025-02-01");
    struct item item = {.item = 4, .customer = 1};
    item.line =
        (struct line){.kind = LINE_ITEM, .description = STR("Set-up"), .amount = usd(1000), .tax = usd(0)};
    subscribe(&f, "basic", INTERVAL_MONTH, 2900, "2025-01-01", "2025-02-01");
    f.items = &item;
    f.items_count = 1;
    struct command c = bill("2025-02-01");
    struct decision d = decided(&f, &c);
    const struct invoice_finalized *v = &find(&d, EVENT_INVOICE_FINALIZED, 0)->invoice_finalized;
    assert_int(v->lines_count, 2);
    assert_int(v->lines[0].item, 4);
    assert_money(v->total, "39.00", "USD");
    assert_str(v->number, "INV-2025-000001");
    assert_day(v->due_date, "2025-02-15");
    assert_money(find(&d, EVENT_PAYMENT_REQUESTED, 0)->payment_requested.amount, "39.00", "USD");
    assert_int(find(&d, EVENT_SUBSCRIPTION_BILLED, 0)->subscription_billed.billed_by, v->invoice);
}

Test(decide, a_bill_takes_the_customers_credit_first)
{
    struct facts f = facts_on("2025-02-01"); /* P-7: June and July are paid by the credit */
    struct balance have = {.credit = usd(215000), .receivable = usd(0)};
    subscribe(&f, "basic", INTERVAL_MONTH, 2900, "2025-01-01", "2025-02-01");
    struct customer with = *f.customer;
    with.balances = &have;
    with.balances_count = 1;
    f.customer = &with;
    struct command c = bill("2025-02-01");
    struct decision d = decided(&f, &c);
    const struct invoice_finalized *v = &find(&d, EVENT_INVOICE_FINALIZED, 0)->invoice_finalized;
    assert_money(v->credit_applied, "29.00", "USD");
    assert_money(v->amount_due, "0.00", "USD");
    cr_assert(find(&d, EVENT_PAYMENT_REQUESTED, 0) == NULL);
}

Test(decide, a_bill_with_nothing_due_is_no_event)
{
    struct facts f = facts_on("2025-01-20");
    subscribe(&f, "basic", INTERVAL_MONTH, 2900, "2025-01-01", "2025-02-01");
    struct command c = bill("2025-01-20");
    assert_int(decided(&f, &c).events.count, 0);
}

/* ---- payments and refunds
 * ---------------------------------------------------------------------------------------- */

Test(decide, a_refund_above_what_was_paid_is_refused)
{
    struct facts f = facts_on("2025-02-01");
    struct decision d = {0};
    subscribe(&f, "basic", INTERVAL_MONTH, 2900, "2025-01-01", "2025-02-01");
    paid_with(&f, 2900);
    f.transaction = &f.payments[0];
    struct command c = {.type = COMMAND_PAYMENT_REFUND};
    c.payment_refund.transaction = STR("txn_1");
    assert_ok(decimal_parse(&c.payment_refund.amount, STR("29.01"), E));
    assert_err(decide(&d, &f, &c, A, E), ERR_REFUSED,
               "a refund of 29.01 USD is more than is left of payment 'txn_1': 29.00 USD");
    assert_ok(decimal_parse(&c.payment_refund.amount, STR("29"), E));
    assert_money(decided(&f, &c).events.items[0].refund_requested.amount, "29.00", "USD");
}

Test(decide, a_payment_pays_the_oldest_open_invoices_and_the_rest_is_credit)
{
    struct facts f = facts_on("2025-02-01");
    struct invoice open[] = {
        {.invoice = 1, .status = INVOICE_OPEN, .amount_due = usd(1000), .paid = usd(0)},
        {.invoice = 2, .status = INVOICE_PARTIALLY_PAID, .amount_due = usd(1000), .paid = usd(400)}};
    struct transaction t = {.transaction = 3,
                            .payment = 3,
                            .customer = 1,
                            .kind = TRANSACTION_PAYMENT,
                            .status = TRANSACTION_PENDING,
                            .amount = usd(2000),
                            .gateway = STR("simulator")};
    subscribe(&f, "basic", INTERVAL_MONTH, 2900, "2025-01-01", "2025-03-01");
    f.open_invoices = open;
    f.open_invoices_count = 2;
    f.transaction = &t;
    struct command c = {.type = COMMAND_PAYMENT_SETTLE};
    c.payment_settle = (struct payment_settle_command){.transaction = 3, .outcome = PAYMENT_SUCCEEDED};
    struct decision d = decided(&f, &c);
    const struct payment_succeeded *p = &d.events.items[0].payment_succeeded;
    assert_int(p->pays_count, 2);
    assert_money(p->pays[1].amount, "6.00", "USD");
    assert_money(p->credited, "4.00", "USD");
}

Test(decide, an_unknown_answer_changes_nothing)
{
    struct facts f = facts_on("2025-02-01");
    struct transaction t = {
        .transaction = 3, .payment = 3, .customer = 1, .status = TRANSACTION_PENDING, .amount = usd(1)};
    struct command c = {.type = COMMAND_PAYMENT_SETTLE};
    f.transaction = &t;
    c.payment_settle.transaction = 3;
    assert_int(decided(&f, &c).events.count, 0);
}

/* ---- usage
 * ------------------------------------------------------------------------------------------------------- */

Test(decide, readings_are_counted_once_and_alerts_fire_once)
{
    struct facts f = facts_on("2025-01-16");
    subscribe(&f, "basic", INTERVAL_MONTH, 2900, "2025-01-01", "2025-02-01");
    struct alert alerts[] = {
        {.customer = 1, .alert = 1, .usage_type = STR("api_calls"), .threshold = decimal_of(800)}};
    struct customer_usage u = {.alerts = alerts, .alerts_count = 1};
    struct reading_fact known[4] = {0};
    struct usage_input in[4] = {0};
    for (int i = 0; i < 4; i++) {
        known[i] = (struct reading_fact){.customer = 1, .subscription = f.subscription, .usage = &u};
        in[i] = (struct usage_input){.user = STR("ann"),
                                     .usage_type = STR("api_calls"),
                                     .amount = decimal_of(400),
                                     .event_id = str_format(A, "e%d", i == 3 ? 1 : i)};
    }
    f.readings = known;
    struct command c = {.type = COMMAND_USAGE_RECORD};
    c.usage_record = (struct usage_record_command){.readings = in, .readings_count = 4};
    struct decision d = decided(&f, &c);
    assert_int(d.events.count, 2);
    assert_int(d.events.items[0].usage_recorded.readings_count, 3); /* e1 came twice */
    assert_str(decimal_text(A, d.events.items[1].usage_alert_fired.total), "800");
    assert_int(d.refusals_count, 1);
    cr_assert(d.refusals[0].duplicate);
}

Test(decide, a_reading_of_a_period_that_was_billed_counts_in_the_open_one)
{
    struct facts f = facts_on("2025-02-16");
    subscribe(&f, "basic", INTERVAL_MONTH, 2900, "2025-01-01", "2025-03-01");
    struct subscription s = *f.subscription;
    struct customer_usage u = {0};
    struct usage_input in = {.user = STR("ann"),
                             .usage_type = STR("api_calls"),
                             .amount = decimal_of(1),
                             .at = moment("2025-01-20T10:00:00Z"),
                             .event_id = STR("late")};
    s.usage_through = day("2025-02-01");
    struct reading_fact known = {.customer = 1, .subscription = &s, .usage = &u};
    f.readings = &known;
    struct command c = {.type = COMMAND_USAGE_RECORD};
    c.usage_record = (struct usage_record_command){.readings = &in, .readings_count = 1};
    assert_day(decided(&f, &c).events.items[0].usage_recorded.readings[0].period, "2025-02-01");
}

Test(decide, a_customer_has_so_many_usage_types_and_no_more)
{
    enum { MANY = LIMIT_USAGE_TYPES_PER_CUSTOMER + 1 };
    struct facts f = facts_on("2025-01-16");
    struct customer_usage u = {0};
    struct reading_fact *known = arena_array_of(A, struct reading_fact, MANY);
    struct usage_input *in = arena_array_of(A, struct usage_input, MANY);
    for (int i = 0; i < MANY; i++) {
        known[i] = (struct reading_fact){.customer = 1, .usage = &u};
        in[i] = (struct usage_input){
            .user = STR("ann"), .usage_type = str_format(A, "type_%d", i), .amount = decimal_of(1)};
    }
    f.readings = known;
    struct command c = {.type = COMMAND_USAGE_RECORD};
    c.usage_record = (struct usage_record_command){.readings = in, .readings_count = MANY};
    struct decision d = decided(&f, &c);
    assert_int(d.events.items[0].usage_recorded.readings_count, MANY - 1);
    assert_int(d.refusals_count, 1);
    cr_assert(strcmp(d.refusals[0].column, "usage_type") == 0);
}

Test(decide, items_that_no_invoice_could_hold_together_are_refused)
{
    struct facts f = facts_on("2025-01-16");
    struct decision d = {0};
    struct item waiting = {.item = 1};
    waiting.line.amount = usd(INT64_MAX - 10);
    subscribe(&f, "pro", INTERVAL_MONTH, 9900, "2025-01-01", "2025-02-01");
    f.items = &waiting;
    f.items_count = 1;
    struct command c = {.type = COMMAND_INVOICE_ADD_ITEM};
    c.invoice_add_item = (struct invoice_add_item_command){
        .user = STR("ann"), .description = STR("x"), .amount = decimal_of(1)};
    cr_assert(decide(&d, &f, &c, A, E) == ERR_LIMIT);
}

Test(decide, only_a_token_is_kept_whatever_door_it_comes_by)
{
    struct facts f = facts_on("2025-01-01");
    struct decision d = {0};
    struct command c = create("pro", "hello world <x>");
    cr_assert(decide(&d, &f, &c, A, E) == ERR_INVALID);
}

/* ---- runs
 * -------------------------------------------------------------------------------------------------------- */

Test(decide, a_run_is_resumed_or_not_repeated)
{
    struct facts f = facts_on("2025-02-01");
    struct command c = {.type = COMMAND_RUN_START};
    struct run run = {.run = 1, .through = day("2025-02-01")};
    c.run_start = (struct run_start_command){.through = day("2025-02-01"), .due = true};
    assert_int(decided(&f, &c).events.count, 1);
    f.run = &run;
    assert_int(decided(&f, &c).events.count, 0); /* killed before its end: goes on */
    run.completed = true;
    assert_int(decided(&f, &c).events.count, 1); /* done, but there is new work */
    c.run_start.due = false;
    assert_int(decided(&f, &c).events.count, 0); /* done */
}

Test(decide, a_run_far_ahead_is_refused)
{
    struct facts f = facts_on("2025-02-01");
    struct decision d = {0};
    struct command c = {.type = COMMAND_RUN_START};
    c.run_start = (struct run_start_command){.through = day("2052-02-01"), .due = true};
    assert_err(decide(&d, &f, &c, A, E), ERR_INVALID, "through 2052-02-01: more than 366 days ahead");
}
