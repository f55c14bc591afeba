/* SPDX-License-Identifier: MIT */
/* test_shadow.c - beside Stripe's invoices what the ledger would have billed: the cents by hand, the reasons,
 * and that a subscription which is taken over is then billed just that. */
#include "tests/reports/office.h"

TestSuite(shadow, .init = test_begin, .fini = test_end);

/* ---- what there is at Stripe ---- */

static uint8_t digests;

static struct object_imported object(enum imported_kind kind, const char *reference, const char *at)
{
    return (struct object_imported){.kind = kind,
                                    .gateway = STR("stripe"),
                                    .reference = str_of(reference),
                                    .sha256 = {{++digests}},
                                    .at = date_start(day(at))};
}

struct there {
    const char *user, *tier, *currency, *start, *through, *country;
};

static void subscribe(struct office *o, struct there v)
{
    struct command c = {.type = COMMAND_IMPORT_CUSTOMER}, s = {.type = COMMAND_IMPORT_SUBSCRIPTION};
    c.import_customer = (struct import_customer_command){
        .user = str_of(v.user),
        .currency = str_of(v.currency),
        .party.country = str_of(v.country == NULL ? "" : v.country),
        .object = object(IMPORTED_CUSTOMER, str_cstring(A, str_format(A, "cus_%s", v.user)), v.start)};
    (void)office_do(o, &c);
    s.import_subscription = (struct import_subscription_command){
        .user = str_of(v.user),
        .tier = str_of(v.tier),
        .currency = str_of(v.currency),
        .start = day(v.start),
        .period_end = day(v.through),
        .status = SUBSCRIPTION_ACTIVE,
        .object = object(IMPORTED_SUBSCRIPTION, str_cstring(A, str_format(A, "sub_%s", v.user)), v.start)};
    (void)office_do(o, &s);
}

static struct object_imported invoice(const char *user, const char *tier, const char *from, const char *to,
                                      struct money amount)
{
    struct object_imported v =
        object(IMPORTED_INVOICE, str_cstring(A, str_format(A, "in_%s_%s", user, from)), from);
    v.about = str_format(A, "sub_%s", user);
    v.number = str_format(A, "S-%s", user);
    v.status = STR("paid");
    v.tier = str_of(tier);
    v.quantity = 1;
    v.lines = 1;
    v.from = day(from);
    v.to = day(to);
    v.amount = v.subtotal = v.settled = amount;
    v.discount = v.tax = money_zero(amount);
    return v;
}

static void invoiced(struct office *o, uint64_t customer, const struct object_imported *v)
{
    struct command c = {.type = COMMAND_IMPORT_DOCUMENT,
                        .import_document = {.customer = customer, .object = *v}};
    (void)office_do(o, &c);
}

static struct str shadow_of(struct office *o, const char *from, const char *to)
{
    struct report_query q = {.from = day(from), .to = day(to)};
    assert_ok(report_find(STR("shadow"))->run(o->l, &q, test_path("shadow.csv"), A, E));
    return test_read(test_path("shadow.csv"));
}

static struct money usd(int64_t cents)
{
    return money_of(cents, "USD");
}

static void basic(struct office *o, const char *user)
{
    subscribe(o, (struct there){user, "basic", "USD", "2025-01-10", "2025-07-10", NULL});
}

/* ---- cents and reasons ---- */

struct expected {
    const char *theirs, *ours, *difference, *reason;
};

static void assert_row(struct str csv, size_t row, struct expected x)
{
    assert_str(cell(csv, row, "stripe_total"), x.theirs);
    assert_str(cell(csv, row, "ledger_total"), x.ours);
    assert_str(cell(csv, row, "difference"), x.difference);
    assert_str(cell(csv, row, "reason"), x.reason);
}

Test(shadow, each_difference_is_told_in_cents_and_with_its_reason)
{
    struct office o;
    office_open(&o, "ledger", "2025-06-20");
    for (int i = 0; i < 8; i++) basic(&o, str_cstring(A, str_format(A, "u%d", i)));
    struct object_imported same = invoice("u0", "basic", "2025-06-10", "2025-07-10", usd(2900));
    struct object_imported price = invoice("u1", "basic", "2025-06-10", "2025-07-10", usd(2500));
    struct object_imported tier = invoice("u2", "pro", "2025-06-10", "2025-07-10", usd(9900));
    struct object_imported seats = invoice("u3", "basic", "2025-06-10", "2025-07-10", usd(5800));
    struct object_imported part = invoice("u4", "basic", "2025-06-10", "2025-07-10", usd(3912));
    struct object_imported usage = invoice("u5", "basic", "2025-06-10", "2025-07-10", usd(3150));
    struct object_imported tax = invoice("u6", "basic", "2025-06-10", "2025-07-10", usd(3451));
    struct object_imported coupon = invoice("u7", "basic", "2025-06-10", "2025-07-10", usd(2610));
    seats.quantity = 2;
    part.prorations = 2;
    usage.metered = 1;
    tax.subtotal = usd(2900);
    tax.tax = usd(551);
    coupon.subtotal = usd(2900);
    coupon.discount = usd(290);
    const struct object_imported *all[] = {&same, &price, &tier, &seats, &part, &usage, &tax, &coupon};
    for (size_t i = 0; i < 8; i++) invoiced(&o, i + 1, all[i]);
    uint64_t records = office_records(&o);
    struct str csv = shadow_of(&o, "2025-06-01", "2025-06-30");
    assert_int(count_rows(csv), 8);
    assert_row(csv, 1, (struct expected){"29.00", "29.00", "0.00", ""});
    assert_row(csv, 2, (struct expected){"25.00", "29.00", "4.00", "another price"});
    assert_row(csv, 3, (struct expected){"99.00", "29.00", "-70.00", "another tier"});
    assert_row(csv, 4, (struct expected){"58.00", "29.00", "-29.00", "another quantity"});
    assert_row(csv, 5, (struct expected){"39.12", "29.00", "-10.12", "prorations there"});
    assert_row(csv, 6, (struct expected){"31.50", "29.00", "-2.50", "usage there"});
    assert_row(csv, 7, (struct expected){"34.51", "29.00", "-5.51", "tax"});
    assert_row(csv, 8, (struct expected){"26.10", "29.00", "2.90", "discount"});
    assert_str(cell(csv, 1, "period_from"), "2025-06-10");
    assert_str(cell(csv, 1, "period_to"), "2025-07-09");
    assert_str(cell(csv, 1, "stripe_invoice"), "S-u0");
    assert_int(office_records(&o), records);
    office_close(&o);
}

Test(shadow, its_totals_tie_and_it_is_the_same_again)
{
    struct office o;
    office_open(&o, "ledger", "2025-06-20");
    for (int i = 0; i < 5; i++) {
        const char *user = str_cstring(A, str_format(A, "u%d", i));
        basic(&o, user);
        struct object_imported v = invoice(user, "basic", "2025-06-10", "2025-07-10", usd(2700 + 100 * i));
        invoiced(&o, (uint64_t)i + 1, &v);
    }
    struct str csv = shadow_of(&o, "2025-06-01", "2025-06-30");
    struct decimal theirs = column_sum(csv, "stripe_total", NULL, NULL);
    struct decimal ours = column_sum(csv, "ledger_total", NULL, NULL), tied = {0};
    assert_ok(decimal_subtract(&tied, ours, theirs, E));
    assert_int(decimal_compare(theirs, decimal_of(145)), 0); /* 27 + 28 + 29 + 30 + 31 */
    assert_int(decimal_compare(ours, decimal_of(145)), 0);
    assert_int(decimal_compare(column_sum(csv, "difference", NULL, NULL), tied), 0);
    struct str side = test_read(test_path("shadow.csv.meta.json"));
    cr_assert(strstr(str_cstring(A, side), "\"difference\"") != NULL, "%.*s", STR_ARG(side));
    cr_assert(str_equal(shadow_of(&o, "2025-06-01", "2025-06-30"), csv));
    office_close(&o);
}

Test(shadow, a_period_without_an_invoice_there_stands_in_it_and_drafts_and_voids_do_not)
{
    struct office o;
    office_open(&o, "ledger", "2025-06-20");
    basic(&o, "ann");
    struct object_imported v = invoice("ann", "basic", "2025-04-10", "2025-05-10", usd(2900));
    invoiced(&o, 1, &v);
    v = invoice("ann", "basic", "2025-05-10", "2025-06-10", usd(2900));
    v.status = STR("void");
    invoiced(&o, 1, &v);
    struct str csv = shadow_of(&o, "2025-04-01", "2025-07-31");
    assert_int(count_rows(csv), 3); /* that of July is not billed there yet */
    assert_row(csv, 1, (struct expected){"29.00", "29.00", "0.00", ""});
    assert_row(csv, 2, (struct expected){"", "29.00", "29.00", "no invoice there"});
    assert_row(csv, 3, (struct expected){"", "29.00", "29.00", "no invoice there"});
    assert_str(cell(csv, 3, "period_from"), "2025-06-10");
    office_close(&o);
}

Test(shadow, an_invoice_for_no_period_stands_against_nothing)
{
    struct office o;
    office_open(&o, "ledger", "2025-06-20");
    subscribe(&o, (struct there){"ann", "basic", "USD", "2025-06-10", "2025-06-10", NULL});
    struct object_imported v = invoice("ann", "", "2025-06-15", "2025-06-16", usd(700));
    v.from = v.to = (struct date){0};
    v.others = 1;
    invoiced(&o, 1, &v);
    struct str csv = shadow_of(&o, "2025-06-01", "2025-06-30");
    assert_row(csv, 1, (struct expected){"7.00", "", "-7.00", "no fee of a period there; other items there"});
    office_close(&o);
}

Test(shadow, other_currencies_and_ends_of_months_are_as_they_are)
{
    struct office o;
    office_open(&o, "ledger", "2025-06-20");
    subscribe(&o, (struct there){"yen", "basic", "JPY", "2025-01-31", "2025-06-30", NULL});
    subscribe(&o, (struct there){"dinar", "basic", "KWD", "2025-01-31", "2025-06-30", NULL});
    struct object_imported yen = invoice("yen", "basic", "2025-02-28", "2025-03-31", money_of(2900, "JPY"));
    struct object_imported dinar =
        invoice("dinar", "basic", "2025-02-28", "2025-03-31", money_of(8510, "KWD"));
    invoiced(&o, 1, &yen);
    invoiced(&o, 2, &dinar);
    struct str csv = shadow_of(&o, "2025-02-15", "2025-03-15");
    assert_int(count_rows(csv), 2);
    assert_row(csv, 1, (struct expected){"2900", "2900", "0", ""});
    assert_row(csv, 2, (struct expected){"8.510", "8.500", "-0.010", "another price"});
    office_close(&o);
}

/* 20 % of 26.10 is 5.22. */
Test(shadow, coupons_and_taxes_of_the_ledger_are_reckoned_with)
{
    struct office o;
    office_open(&o, "ledger", "2025-06-20");
    struct command load = {.type = COMMAND_CATALOG_LOAD}, apply = {.type = COMMAND_COUPON_APPLY};
    const struct product product = {.code = STR("basic"), .name = STR("Basic"), .rank = 1};
    const struct price price = {
        .product = STR("basic"), .unit = INTERVAL_MONTH, .interval_count = 1, .amount = usd(2900)};
    const struct coupon coupon = {
        .code = STR("TEN"), .name = STR("Ten"), .percent = decimal_of(10), .duration = COUPON_FOREVER};
    const struct tax vat = {.code = STR("vat"),
                            .name = STR("VAT"),
                            .country = STR("GB"),
                            .percent = decimal_of(20),
                            .category = STR("S")};
    load.catalog_load = (struct catalog_load_command){.name = STR("taxed"),
                                                      .sha256 = {{9}},
                                                      .products = &product,
                                                      .products_count = 1,
                                                      .prices = &price,
                                                      .prices_count = 1,
                                                      .coupons = &coupon,
                                                      .coupons_count = 1,
                                                      .taxes = &vat,
                                                      .taxes_count = 1};
    (void)office_do(&o, &load);
    subscribe(&o, (struct there){"ann", "basic", "USD", "2025-06-20", "2025-07-20", "GB"});
    apply.coupon_apply = (struct coupon_apply_command){.user = STR("ann"), .code = STR("TEN")};
    (void)office_do(&o, &apply);
    struct object_imported v = invoice("ann", "basic", "2025-06-20", "2025-07-20", usd(3480));
    v.subtotal = usd(2900);
    v.tax = usd(580);
    invoiced(&o, 1, &v);
    struct str csv = shadow_of(&o, "2025-06-01", "2025-06-30");
    assert_str(cell(csv, 1, "ledger_discount"), "2.90");
    assert_str(cell(csv, 1, "ledger_tax"), "5.22");
    assert_row(csv, 1, (struct expected){"34.80", "31.32", "-3.48", "discount; tax"});
    subscribe(&o, (struct there){"bob", "basic", "USD", "2025-02-20", "2025-07-20", "GB"});
    struct object_imported before = invoice("bob", "basic", "2025-04-20", "2025-05-20", usd(3480));
    before.subtotal = usd(2900);
    before.tax = usd(580);
    invoiced(&o, 2, &before); /* of a period before there was any catalog here */
    csv = shadow_of(&o, "2025-04-01", "2025-04-30");
    assert_row(csv, 1, (struct expected){"34.80", "34.80", "0.00", ""});
    office_close(&o);
}

/* Of fees in arrears the invoice comes when their period is over; a trial there costs nothing. */
Test(shadow, fees_in_arrears_and_periods_without_charge_are_told)
{
    struct office o;
    office_open(&o, "ledger", "2025-06-20");
    struct command load = {.type = COMMAND_CATALOG_LOAD};
    const struct product product = {.code = STR("basic"), .name = STR("Basic"), .rank = 1};
    const struct price price = {.product = STR("basic"),
                                .unit = INTERVAL_MONTH,
                                .interval_count = 1,
                                .amount = usd(2900),
                                .in_arrears = true};
    load.catalog_load = (struct catalog_load_command){.name = STR("arrears"),
                                                      .sha256 = {{9}},
                                                      .products = &product,
                                                      .products_count = 1,
                                                      .prices = &price,
                                                      .prices_count = 1};
    (void)office_do(&o, &load);
    basic(&o, "ann");
    struct object_imported trial = invoice("ann", "basic", "2025-04-10", "2025-05-10", usd(0));
    struct object_imported paid = invoice("ann", "basic", "2025-05-10", "2025-06-10", usd(2900));
    invoiced(&o, 1, &trial);
    invoiced(&o, 1, &paid);
    struct str csv = shadow_of(&o, "2025-04-01", "2025-05-31");
    assert_int(count_rows(csv), 2);
    assert_row(csv, 1, (struct expected){"0.00", "29.00", "29.00", "no charge there"});
    assert_row(csv, 2, (struct expected){"29.00", "29.00", "0.00", ""});
    office_close(&o);
}

Test(shadow, what_is_added_to_a_plan_is_on_its_bill)
{
    struct office o;
    office_open(&o, "ledger", "2025-06-20");
    struct command load = {.type = COMMAND_CATALOG_LOAD}, items = {.type = COMMAND_IMPORT_ITEMS};
    const struct product products[] = {{.code = STR("basic"), .name = STR("Basic"), .rank = 1},
                                       {.code = STR("sso"), .name = STR("SSO"), .kind = PRODUCT_ADD_ON}};
    const struct price prices[] = {
        {.product = STR("basic"), .unit = INTERVAL_MONTH, .interval_count = 1, .amount = usd(2900)},
        {.product = STR("sso"), .unit = INTERVAL_MONTH, .interval_count = 1, .amount = usd(1500)}};
    const struct import_item sso = {.tier = STR("sso"), .quantity = 1};
    load.catalog_load = (struct catalog_load_command){.name = STR("added"),
                                                      .sha256 = {{9}},
                                                      .products = products,
                                                      .products_count = 2,
                                                      .prices = prices,
                                                      .prices_count = 2};
    (void)office_do(&o, &load);
    basic(&o, "ann");
    items.import_items =
        (struct import_items_command){.user = STR("ann"),
                                      .currency = STR("USD"),
                                      .period_end = day("2025-07-10"),
                                      .items = &sso,
                                      .items_count = 1,
                                      .object = object(IMPORTED_ITEMS, "sub_ann/items", "2025-01-10")};
    items.import_items.object.about = STR("sub_ann");
    (void)office_do(&o, &items);
    struct object_imported v = invoice("ann", "basic", "2025-06-10", "2025-07-10", usd(4400));
    v.lines = 2;
    v.others = 1;
    invoiced(&o, 1, &v);
    struct str csv = shadow_of(&o, "2025-06-01", "2025-06-30");
    assert_int(count_rows(csv), 1);
    assert_row(csv, 1, (struct expected){"44.00", "44.00", "0.00", ""});
    office_close(&o);
}

/* ---- and what becomes of it ---- */

Test(shadow, who_is_taken_over_is_billed_what_the_shadow_said)
{
    struct office o;
    office_open(&o, "ledger", "2025-06-20");
    static const char *const tiers[] = {"basic", "pro"};
    for (size_t i = 0; i < 2; i++) {
        const char *user = str_cstring(A, str_format(A, "u%zu", i));
        subscribe(&o, (struct there){user, tiers[i], "USD", "2025-01-10", "2025-07-10", NULL});
        struct object_imported v = invoice(user, tiers[i], "2025-06-10", "2025-07-10", usd(1000));
        invoiced(&o, i + 1, &v);
        struct command method = {.type = COMMAND_PAYMENT_METHOD_ADD},
                       ends = {.type = COMMAND_SUBSCRIPTION_FOLLOW},
                       over = {.type = COMMAND_SUBSCRIPTION_TAKE_OVER};
        method.payment_method_add =
            (struct payment_method_add_command){.user = str_of(user),
                                                .token = STR("pm_A"),
                                                .card = {.token = STR("pm_A"), .gateway = STR("till")}};
        ends.subscription_follow =
            (struct subscription_follow_command){.user = str_of(user), .cancel_at_period_end = YES_NO_YES};
        over.subscription_take_over = (struct subscription_take_over_command){.user = str_of(user)};
        (void)office_do(&o, &method);
        (void)office_do(&o, &ends);
        (void)office_do(&o, &over);
    }
    struct str shadow = shadow_of(&o, "2025-06-01", "2025-06-30");
    (void)office_run(&o, "2025-07-09", NULL);
    (void)office_run(&o, "2025-07-10", "out");
    struct str invoices = office_read("out", "invoices.csv");
    assert_int(count_rows(invoices), 2);
    for (size_t i = 1; i <= 2; i++)
        cr_assert(str_equal(cell(invoices, i, "gross"), cell(shadow, i, "ledger_total")), "%.*s and %.*s",
                  STR_ARG(cell(invoices, i, "gross")), STR_ARG(cell(shadow, i, "ledger_total")));
    assert_int(count_rows(shadow_of(&o, "2025-07-01", "2025-07-31")), 0); /* they are the ledger's by then */
    struct object_imported twice = invoice("u0", "basic", "2025-07-10", "2025-08-10", usd(2900));
    invoiced(&o, 1, &twice);
    assert_row(
        shadow_of(&o, "2025-07-01", "2025-07-31"), 1,
        (struct expected){"29.00", "", "-29.00", "the ledger bills it by then: give one of the two back"});
    office_close(&o);
}
