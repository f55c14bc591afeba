/* SPDX-License-Identifier: MIT */
/* What a subscription takes over from the catalog, and what it may still subscribe to. */
#include "ledger/book/decide_shared.h"
#include "tests/book/facts.h"

TestSuite(terms, .init = test_begin, .fini = test_end);

static const struct feature features[] = {{.code = {"sso", 3}}};
static const struct fee fees[] = {{.code = {"seat", 4}, .name = {"Seat", 4}, .per_seat = true}};

/* The catalog of facts.h, with everything said of Basic that there is to say. */
static struct catalog *told_catalog(void)
{
    struct catalog *c = arena_new_of(A, struct catalog);
    *c = *catalog();
    struct product *products = arena_array_of(A, struct product, c->products_count);
    struct price *prices = arena_array_of(A, struct price, c->prices_count);
    memcpy(products, c->products, c->products_count * sizeof *products);
    memcpy(prices, c->prices, c->prices_count * sizeof *prices);
    products[1].kind = PRODUCT_ADD_ON;
    products[1].tax_code = STR("books");
    products[1].features = features;
    products[1].features_count = 1;
    for (size_t i = 0; i < c->prices_count; i++) {
        struct price *p = &prices[i];
        if (!str_is(p->product, "basic")) continue;
        p->fees = fees;
        p->fees_count = 1;
        p->in_arrears = true;
        p->proration = PRORATE_BY_SECOND;
        p->fixed_days = 30;
        p->alignment = ALIGN_CALENDAR;
        p->trial_end = TRIAL_PAUSES;
        p->commitment = usd(100000);
        p->tax_inclusive = true;
    }
    c->version = 9;
    c->products = products;
    c->prices = prices;
    return c;
}

static struct terms_wish basic(enum interval_unit unit)
{
    return (struct terms_wish){.tier = STR("basic"), .unit = unit, .currency = "USD"};
}

Test(terms, a_subscription_takes_over_all_that_its_price_says)
{
    struct terms t = {0};
    struct facts f = facts_on("2025-01-10");
    f.catalog = told_catalog();
    struct terms_wish w = basic(INTERVAL_MONTH);
    assert_ok(terms_for(&t, &f, &w, A, E));
    assert_int(t.catalog_version, 9);
    assert_int(t.kind, PRODUCT_ADD_ON);
    assert_str(t.tax_code, "books");
    assert_str(t.features[0].code, "sso");
    assert_str(t.fees[0].code, "seat");
    cr_assert(t.features_count == 1 && t.fees_count == 1 && t.in_arrears && t.tax_inclusive);
    assert_int(t.proration, PRORATE_BY_SECOND);
    assert_int(t.fixed_days, 30);
    assert_int(t.alignment, ALIGN_CALENDAR);
    assert_int(t.trial_end, TRIAL_PAUSES);
    assert_money(t.commitment, "1000.00", "USD");
}

Test(terms, what_is_retired_is_kept_by_who_has_it_and_sold_to_nobody_else)
{
    struct terms t = {0};
    struct terms_wish month = basic(INTERVAL_MONTH), year = basic(INTERVAL_YEAR);
    struct facts f = facts_on("2025-01-20");
    struct catalog *c = told_catalog();
    struct product *products = arena_array_of(A, struct product, c->products_count);
    memcpy(products, c->products, c->products_count * sizeof *products);
    products[1].retired = true;
    c->products = products;
    f.catalog = c;
    static const char sentence[] = "tier 'basic' is retired: nobody can subscribe to it any more";
    assert_err(terms_for(&t, &f, &month, A, E), ERR_REFUSED, sentence);
    subscribe(&f, "basic", INTERVAL_MONTH, 2900, "2025-01-15", "2025-02-15");
    assert_ok(terms_for(&t, &f, &year, A, E));
    struct subscription ended = *f.subscription;
    ended.status = SUBSCRIPTION_CANCELED;
    f.subscription = &ended;
    assert_err(terms_for(&t, &f, &month, A, E), ERR_REFUSED, sentence);
    subscribe(&f, "pro", INTERVAL_MONTH, 9900, "2025-01-15", "2025-02-15");
    assert_err(terms_for(&t, &f, &month, A, E), ERR_REFUSED, sentence);
}
