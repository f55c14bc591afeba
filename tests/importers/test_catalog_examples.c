/* SPDX-License-Identifier: MIT */
/* The examples of fixtures/catalogs: each is read whole, and says what its name promises. */
#include "importers/catalog.h"
#include "importers/importers.h"
#include "tests/importers/files.h"

TestSuite(catalog_examples, .init = test_begin, .fini = test_end);

static struct catalog_load_command example(const char *name)
{
    struct command c = {0};
    const char *path = str_cstring(A, str_format(A, "fixtures/catalogs/%s", name));
    enum err err = catalog_read(&c, path, A, E);
    cr_assert(err == OK, "%s", E->text);
    assert_ok(command_check(&c, E));
    return c.catalog_load;
}

static const struct price *price_of(const struct catalog_load_command *c, const char *code)
{
    for (size_t i = 0; i < c->prices_count; i++) {
        if (str_is(c->prices[i].product, code)) return &c->prices[i];
    }
    cr_assert(false, "no price of %s", code);
    return c->prices;
}

static const struct rate *rate_of(const struct price *p, const char *usage_type)
{
    for (size_t i = 0; i < p->rates_count; i++) {
        if (str_is(p->rates[i].usage_type, usage_type)) return &p->rates[i];
    }
    cr_assert(false, "no rate of %s", usage_type);
    return p->rates;
}

Test(catalog_examples, each_is_read_whole)
{
    static const struct {
        const char *name;
        size_t products, prices, metrics, coupons, taxes, rules;
    } examples[] = {
        {"add-ons.json", 5, 8, 0, 0, 0, 0},
        {"announced.json", 4, 4, 0, 0, 0, 4},
        {"calendar.json", 6, 10, 0, 0, 0, 0},
        {"coupons.json", 2, 2, 0, 4, 0, 0},
        {"dunning-reminders.json", 2, 2, 0, 0, 0, 0},
        {"dunning.json", 1, 2, 0, 0, 0, 0},
        {"seats.json", 3, 4, 0, 0, 0, 0},
        {"taxes-eu.json", 3, 3, 0, 0, 14, 0},
        {"trials.json", 3, 4, 0, 0, 0, 0},
        {"usage-models.json", 1, 1, 5, 0, 0, 0},
        {"usage-in-advance.json", 1, 1, 1, 0, 0, 0},
    };
    for (size_t i = 0; i < sizeof examples / sizeof examples[0]; i++) {
        struct catalog_load_command c = example(examples[i].name);
        assert_int(c.products_count, examples[i].products);
        assert_int(c.prices_count, examples[i].prices);
        assert_int(c.metrics_count, examples[i].metrics);
        assert_int(c.coupons_count, examples[i].coupons);
        assert_int(c.taxes_count, examples[i].taxes);
        assert_int(c.rules_count, examples[i].rules);
    }
}

Test(catalog_examples, usage_has_every_pricing_model)
{
    static const struct {
        const char *usage_type;
        enum pricing_model model;
        size_t tiers;
        bool billed;
    } rates[] = {
        {"api_calls", PRICING_GRADUATED, 3, true},    {"active_users", PRICING_VOLUME, 3, true},
        {"storage_gb", PRICING_PACKAGE, 0, true},     {"peak_connections", PRICING_STAIRSTEP, 3, true},
        {"card_volume", PRICING_PERCENTAGE, 0, true}, {"projects", PRICING_FLAT, 0, true},
        {"sms", PRICING_PER_UNIT, 0, true},           {"build_minutes", PRICING_PER_UNIT, 0, false},
        {"page_views", PRICING_PER_UNIT, 0, false},   {"tokens", PRICING_GRADUATED, 2, true},
    };
    struct catalog_load_command c = example("usage-models.json");
    const struct price *p = price_of(&c, "metered");
    for (size_t i = 0; i < sizeof rates / sizeof rates[0]; i++) {
        const struct rate *r = rate_of(p, rates[i].usage_type);
        assert_int(r->model, rates[i].model);
        assert_int(r->tiers_count, rates[i].tiers);
        assert_int(r->billed, rates[i].billed);
    }
    const struct rate *calls = rate_of(p, "api_calls");
    assert_str(calls->name, "API calls");
    assert_str(decimal_text(A, calls->tiers[1].up_to), "100000");
    assert_str(decimal_text(A, calls->tiers[1].unit_price), "0.005");
    assert_str(decimal_text(A, calls->tiers[1].flat), "5");
    cr_assert(decimal_is_zero(calls->tiers[2].up_to));
    assert_str(decimal_text(A, rate_of(p, "tokens")->tiers[0].block), "1000");
    assert_str(decimal_text(A, rate_of(p, "active_users")->minimum), "5");
    assert_str(decimal_text(A, rate_of(p, "card_volume")->maximum), "5000");
    assert_str(decimal_text(A, rate_of(p, "card_volume")->percent), "2.9");
    assert_str(decimal_text(A, rate_of(p, "card_volume")->event_fee), "0.3");
    assert_str(decimal_text(A, rate_of(p, "storage_gb")->package_size), "100");
    cr_assert(rate_of(p, "projects")->skip_zero && rate_of(p, "sms")->whole_quota);
    cr_assert(rate_of(p, "credits")->round_down && rate_of(p, "page_views")->unlimited);
    for (size_t i = 0; i < c.metrics_count; i++) assert_int(c.metrics[i].aggregation, i);
}

Test(catalog_examples, usage_is_charged_as_it_comes_where_the_rate_says_so)
{
    struct catalog_load_command c = example("usage-in-advance.json"), other = example("usage-models.json");
    const struct price *p = price_of(&c, "messages");
    cr_assert(rate_of(p, "sms")->in_advance && rate_of(p, "active_users")->in_advance);
    cr_assert(!rate_of(price_of(&other, "metered"), "sms")->in_advance);
}

Test(catalog_examples, seats_cost_beside_the_amount)
{
    struct catalog_load_command c = example("seats.json");
    const struct price *team = price_of(&c, "team"), *company = price_of(&c, "company");
    assert_money(team->amount, "20.00", "EUR");
    assert_str(team->fees[0].code, "seat");
    assert_str(decimal_text(A, team->fees[0].included), "2");
    cr_assert(team->fees[0].per_seat && !company->fees[1].per_seat);
    assert_int(company->fees[0].model, PRICING_VOLUME);
    assert_int(company->fees[0].tiers_count, 3);
}

Test(catalog_examples, trials_end_as_they_say)
{
    static const struct {
        uint64_t days;
        bool without_method;
        enum trial_end end;
    } trials[] = {{14, false, TRIAL_CONVERTS}, {30, true, TRIAL_CANCELS}, {30, true, TRIAL_PAUSES}};
    struct catalog_load_command c = example("trials.json");
    for (size_t i = 0; i < 3; i++) {
        assert_int(c.prices[i].trial_days, trials[i].days);
        assert_int(c.prices[i].trial_without_method, trials[i].without_method);
        assert_int(c.prices[i].trial_end, trials[i].end);
    }
}

Test(catalog_examples, periods_prorations_and_commitments)
{
    struct catalog_load_command c = example("calendar.json");
    for (size_t i = 0; i < 5; i++) assert_int(c.prices[i].alignment, ALIGN_CALENDAR);
    assert_int(c.prices[2].interval_count, 3);
    assert_int(price_of(&c, "second")->proration, PRORATE_BY_SECOND);
    assert_int(price_of(&c, "whole")->proration, PRORATE_NOT);
    assert_int(price_of(&c, "thirty")->fixed_days, 30);
    cr_assert(price_of(&c, "arrears")->in_arrears && !price_of(&c, "thirty")->in_arrears);
    assert_money(price_of(&c, "committed")->commitment, "12000.00", "USD");
}

Test(catalog_examples, add_ons_and_features)
{
    struct catalog_load_command c = example("add-ons.json");
    const struct product *pro = catalog_product(&c, STR("pro"));
    assert_int(pro->features_count, 3);
    assert_int(pro->features[0].kind, FEATURE_LIMIT);
    cr_assert(pro->features[0].unlimited && pro->kind == PRODUCT_PLAN);
    assert_str(pro->features[1].text, "99.9 %");
    assert_int(pro->features[2].kind, FEATURE_FLAG);
    assert_int(catalog_product(&c, STR("sso"))->kind, PRODUCT_ADD_ON);
    cr_assert(catalog_product(&c, STR("classic"))->retired);
}

Test(catalog_examples, coupons_and_taxes)
{
    struct catalog_load_command coupons = example("coupons.json"), taxes = example("taxes-eu.json");
    assert_int(coupons.coupons[0].times, 3);
    assert_money(coupons.coupons[1].amount, "50.00", "USD");
    assert_str(coupons.coupons[2].product, "pro");
    assert_day(coupons.coupons[3].valid_until, "2025-08-31");
    assert_str(decimal_text(A, taxes.taxes[2].percent), "16");
    assert_day(taxes.taxes[2].until, "2021-01-01");
    assert_str(taxes.taxes[2].category, "S"); /* not said, and the only one with a rate */
    assert_str(taxes.taxes[13].region, "Canarias");
    assert_str(catalog_product(&taxes, STR("library"))->tax_code, "books");
    cr_assert(price_of(&taxes, "consumer")->tax_inclusive && taxes.taxes[0].reverse_charge);
}

Test(catalog_examples, an_announced_one_has_its_day_and_its_rules)
{
    struct catalog_load_command c = example("announced.json");
    assert_day(c.from, "2026-01-01");
    cr_assert(c.rules[0].any_kind && str_is(c.rules[0].from, "pro") && str_is(c.rules[0].to, "basic"));
    cr_assert(c.rules[1].refused);
    cr_assert(c.rules[2].kind == CHANGE_UPGRADE && !c.rules[2].any_kind);
    cr_assert(c.rules[3].when == CHANGE_PERIOD_END && c.rules[3].credit == CREDIT_NONE);
}
