/* SPDX-License-Identifier: MIT */
/* test_price_check.c - which rates and fees can be priced at all; what cannot is refused with its place. */
#include "tests/book/rates.h"

TestSuite(price_check, .init = test_begin, .fini = test_end);

Test(price_check, rates_of_every_model_are_taken)
{
    struct rate rates[] = {
        priced(PRICING_PER_UNIT, "0.01"),
        priced(PRICING_PER_UNIT, "0"),
        tiered(PRICING_GRADUATED, "10 @10 +2, rest @5 +3"),
        tiered(PRICING_VOLUME, "1000 @1 /100, 101000 @1 /1000"),
        tiered(PRICING_STAIRSTEP, "rest +5"),
        priced(PRICING_PACKAGE, "100"),
        {.usage_type = STR("sales"), .model = PRICING_PERCENTAGE, .billed = true, .event_fee = decimal_of(1)},
        priced(PRICING_FLAT, "5"),
        {.usage_type = STR("calls"), .included = decimal_of(100)},
        {.usage_type = STR("calls"), .unlimited = true},
    };
    rates[5].package_size = number("10");
    rates[5].round_down = true;
    for (size_t i = 0; i < COUNT_OF(rates); i++) assert_ok(rate_check(&rates[i], E));
    rates[0].minimum = number("10");
    rates[0].maximum = number("10");
    assert_ok(rate_check(&rates[0], E));
}

static void refused(struct rate r, const char *sentence)
{
    assert_err(rate_check(&r, E), ERR_INVALID, sentence);
}

Test(price_check, tiers_go_up_and_only_the_last_has_no_end)
{
    refused(tiered(PRICING_GRADUATED, "10 @1, 10 @1, rest @1"),
            "tiers[1].up_to: is not above the bound of the tier before");
    refused(tiered(PRICING_VOLUME, "10 @1, 20 @1, 19.999 @1"),
            "tiers[2].up_to: is not above the bound of the tier before");
    refused(tiered(PRICING_GRADUATED, "rest @1, 10 @1"),
            "tiers[0].up_to: only the last tier goes on without end");
    refused(tiered(PRICING_VOLUME, ""), "tiers: volume needs at least one");
    struct rate r = tiered(PRICING_VOLUME, "rest @1");
    r.tiers = arena_array_of(A, struct price_tier, LIMIT_PRICE_TIERS + 1);
    r.tiers_count = LIMIT_PRICE_TIERS + 1;
    assert_err(rate_check(&r, E), ERR_LIMIT, "tiers: more than 100");
}

Test(price_check, nothing_is_negative)
{
    refused(tiered(PRICING_GRADUATED, "-1 @1, 10 @1"), "tiers[0].up_to: cannot be negative");
    refused(tiered(PRICING_GRADUATED, "10 @-1"), "tiers[0].unit_price: cannot be negative");
    refused(tiered(PRICING_GRADUATED, "10 @1 +-1"), "tiers[0].flat: cannot be negative");
    refused(tiered(PRICING_GRADUATED, "10 @1 /-1"), "tiers[0].block: cannot be negative");
    const struct decimal less = decimal_of(-1);
    const struct {
        struct rate rate;
        const char *sentence;
    } rows[] = {
        {{.included = less}, "included: cannot be negative"},
        {{.unit_price = less}, "unit_price: cannot be negative"},
        {{.package_size = less}, "package_size: cannot be negative"},
        {{.percent = less}, "percent: cannot be negative"},
        {{.event_fee = less}, "event_fee: cannot be negative"},
        {{.minimum = less}, "minimum: cannot be negative"},
        {{.maximum = less}, "maximum: cannot be negative"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) refused(rows[i].rate, rows[i].sentence);
}

Test(price_check, what_a_model_needs_must_be_there_and_bounds_must_not_cross)
{
    refused(priced(PRICING_PACKAGE, "1"), "package_size: more than nothing is wanted");
    struct rate r = priced(PRICING_PER_UNIT, "1");
    r.minimum = number("10");
    r.maximum = number("9.99");
    refused(r, "minimum: is more than the maximum");
    r = priced(PRICING_PER_UNIT, "1");
    r.unlimited = true;
    refused(r, "unlimited: what is unlimited cannot be billed by the unit");
}

Test(price_check, fees_are_checked_alike)
{
    struct rate t = tiered(PRICING_VOLUME, "10 @1, 5 @1");
    const struct {
        struct fee fee;
        const char *sentence;
    } rows[] = {
        {{.model = PRICING_PERCENTAGE}, "model: a fee is not a percentage of a usage"},
        {{.unit_price = decimal_of(-1)}, "unit_price: cannot be negative"},
        {{.per_seat = true, .included = decimal_of(-1)}, "included: cannot be negative"},
        {{.per_seat = true, .package_size = decimal_of(-1)}, "package_size: cannot be negative"},
        {{.per_seat = true, .model = PRICING_PACKAGE}, "package_size: more than nothing is wanted"},
        {{.per_seat = true, .model = PRICING_STAIRSTEP}, "tiers: stairstep needs at least one"},
        {{.per_seat = true, .model = PRICING_VOLUME, .tiers = t.tiers, .tiers_count = 2},
         "tiers[1].up_to: is not above the bound of the tier before"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        assert_err(fee_check(&rows[i].fee, E), ERR_INVALID, rows[i].sentence);
    struct fee good = {.per_seat = true, .model = PRICING_VOLUME, .tiers = t.tiers, .tiers_count = 1};
    assert_ok(fee_check(&good, E));
    good = (struct fee){.model = PRICING_FLAT, .unit_price = decimal_of(5)};
    assert_ok(fee_check(&good, E));
}

Test(price_check, a_catalog_with_a_price_that_cannot_be_computed_is_refused_by_every_door)
{
    struct command c = {.type = COMMAND_CATALOG_LOAD};
    const struct product product = {.code = STR("pro"), .name = STR("Pro")};
    const struct rate rates[] = {priced(PRICING_PER_UNIT, "1"), priced(PRICING_PACKAGE, "1")};
    const struct fee fees[] = {{.code = STR("seats"), .unit_price = decimal_of(-1)}};
    struct price prices[] = {{.product = STR("pro")}, {.product = STR("pro")}};
    struct decision d = {0};
    const struct facts f = {.counters.catalog = 1};
    c.catalog_load = (struct catalog_load_command){
        .products = &product, .products_count = 1, .prices = prices, .prices_count = 2};
    prices[1].rates = rates;
    prices[1].rates_count = 2;
    assert_err(decide(&d, &f, &c, A, E), ERR_INVALID,
               "prices[1].rates[1]: package_size: more than nothing is wanted");
    prices[1].rates_count = 1;
    prices[1].fees = fees;
    prices[1].fees_count = 1;
    assert_err(decide(&d, &f, &c, A, E), ERR_INVALID, "prices[1].fees[0]: unit_price: cannot be negative");
}
