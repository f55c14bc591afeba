/* SPDX-License-Identifier: MIT */
/* What one catalog has otherwise than another. */
#include "ledger/book.h"
#include "tests/lib/fixture.h"

TestSuite(difference, .init = test_begin, .fini = test_end);

static struct money usd(int64_t cents)
{
    return money_of(cents, "USD");
}

/* "changed price 'pro, USD month' amount: 99.00 -> 109.00", one a line. */
static const char *told(const struct difference_list *l)
{
    struct buffer b = {.arena = A};
    for (size_t i = 0; i < l->count; i++) {
        const struct difference *d = &l->items[i];
        buffer_print(&b, "%s %s '%.*s' %s: %.*s -> %.*s\n", difference_word(d->kind), d->what,
                     STR_ARG(d->name), d->member, STR_ARG(d->old_value), STR_ARG(d->new_value));
    }
    buffer_add_byte(&b, 0);
    return (const char *)b.ptr;
}

static const char *differences(const struct catalog *from, const struct catalog *to)
{
    struct difference_list l = {0};
    catalog_differences(&l, from, to, A);
    return told(&l);
}

#define PRODUCTS(list)           .products = (list), .products_count = sizeof(list) / sizeof((list)[0])
#define PRICES(list)             .prices = (list), .prices_count = sizeof(list) / sizeof((list)[0])
#define assert_told(got, wanted) cr_assert(strcmp(got, wanted) == 0, "\n got\n%s wanted\n%s", got, wanted)

Test(difference, the_same_catalog_has_none_whatever_its_version)
{
    struct product products[] = {{.code = STR("pro"), .name = STR("Pro")}};
    struct price prices[] = {{.product = STR("pro"), .amount = usd(9900), .interval_count = 1}};
    struct catalog one = {.version = 1, PRODUCTS(products), PRICES(prices)}, two = one;
    two.version = 2;
    two.loaded_at = moment("2025-01-01T00:00:00Z");
    two.sha256.bytes[0] = 1;
    assert_told(differences(&one, &two), "");
}

Test(difference, products_come_go_change_and_retire)
{
    struct product before[] = {{.code = STR("basic"), .name = STR("Basic")},
                               {.code = STR("pro"), .name = STR("Pro"), .rank = 2},
                               {.code = STR("old"), .name = STR("Old")}};
    struct product after[] = {{.code = STR("max"), .name = STR("Max")},
                              {.code = STR("pro"), .name = STR("Professional"), .rank = 3},
                              {.code = STR("basic"), .name = STR("Basic"), .retired = true}};
    struct catalog one = {PRODUCTS(before)}, two = {PRODUCTS(after)};
    assert_told(differences(&one, &two), "retired product 'basic' retired: false -> true\n"
                                         "changed product 'pro' name: Pro -> Professional\n"
                                         "changed product 'pro' rank: 2 -> 3\n"
                                         "removed product 'old' : Old -> \n"
                                         "added product 'max' :  -> Max\n");
}

Test(difference, prices_are_told_with_what_they_were_and_are)
{
    struct rate old_rates[] = {{.usage_type = STR("api_calls"), .included = decimal_of(1000), .billed = true},
                               {.usage_type = STR("gone"), .unlimited = true}};
    struct rate new_rates[] = {{.usage_type = STR("api_calls"), .included = decimal_of(1200), .billed = true},
                               {.usage_type = STR("sms"), .billed = true, .unit_price = {5, 2}}};
    struct fee seat[] = {{.code = STR("seat"), .name = STR("Seat"), .unit_price = {105, 1}}};
    struct price before[] = {
        {.product = STR("pro"), .unit = INTERVAL_MONTH, .interval_count = 1, .amount = usd(9900)},
        {.product = STR("pro"), .unit = INTERVAL_MONTH, .interval_count = 3, .amount = usd(28000)}};
    struct price after[] = {{.product = STR("pro"),
                             .unit = INTERVAL_YEAR,
                             .interval_count = 1,
                             .amount = money_of(0, "EUR"),
                             .custom = true},
                            {.product = STR("pro"),
                             .unit = INTERVAL_MONTH,
                             .interval_count = 1,
                             .amount = usd(10900),
                             .trial_days = 14}};
    before[0].rates = old_rates;
    before[0].rates_count = 2;
    after[1].rates = new_rates;
    after[1].rates_count = 2;
    after[1].fees = seat;
    after[1].fees_count = 1;
    struct catalog one = {PRICES(before)}, two = {PRICES(after)};
    assert_told(differences(&one, &two), "changed price 'pro, USD month' amount: 99.00 -> 109.00\n"
                                         "changed rate 'pro, USD month, api_calls' included: 1000 -> 1200\n"
                                         "removed rate 'pro, USD month, gone' : unlimited -> \n"
                                         "added rate 'pro, USD month, sms' :  -> 0.05\n"
                                         "added fee 'pro, USD month, seat' :  -> 10.5\n"
                                         "changed price 'pro, USD month' trial_days: 0 -> 14\n"
                                         "removed price 'pro, USD quarter' : 280.00 -> \n"
                                         "added price 'pro, EUR year' :  -> custom\n");
}

Test(difference, tiers_are_told_by_their_place)
{
    struct price_tier two_tiers[] = {{.up_to = {10, 0}, .unit_price = {5, 0}}, {.unit_price = {4, 0}}};
    struct price_tier three[] = {
        {.up_to = {10, 0}, .unit_price = {5, 0}}, {.up_to = {20, 0}, .unit_price = {3, 0}}, {.flat = {9, 0}}};
    struct rate old_rates[] = {{.usage_type = STR("gb"), .tiers = two_tiers, .tiers_count = 2}};
    struct rate new_rates[] = {{.usage_type = STR("gb"), .tiers = three, .tiers_count = 3}};
    struct terms one = {.catalog_version = 1, .amount = usd(100), .rates = old_rates, .rates_count = 1};
    struct terms two = {.catalog_version = 2, .amount = usd(100), .rates = new_rates, .rates_count = 1};
    struct difference_list l = {0};
    terms_differences(&l, &one, &two, A);
    assert_told(told(&l), "changed tier 'gb, tier 2' up_to: 0 -> 20\n"
                          "changed tier 'gb, tier 2' unit_price: 4 -> 3\n"
                          "added tier 'gb, tier 3' :  -> 9\n");
}

Test(difference, what_stands_beside_the_products)
{
    struct metric metrics[] = {{.usage_type = STR("gb"), .aggregation = AGGREGATION_MAX}};
    struct coupon old_coupons[] = {{.code = STR("A"), .percent = {10, 0}},
                                   {.code = STR("B"), .amount = usd(500)}};
    struct coupon new_coupons[] = {{.code = STR("A"), .percent = {125, 1}},
                                   {.code = STR("B"), .amount = money_of(500, "EUR")}};
    struct tax old_taxes[] = {{.code = STR("vat"), .percent = {19, 0}}};
    struct tax new_taxes[] = {{.code = STR("vat"), .percent = {19, 0}, .until = day("2020-07-01")},
                              {.code = STR("vat"), .percent = {16, 0}, .from = day("2020-07-01")}};
    struct change_rule old_rules[] = {{.kind = CHANGE_DOWNGRADE, .when = CHANGE_PERIOD_END},
                                      {.from = STR("pro"), .any_kind = true, .refused = true}};
    struct change_rule new_rules[] = {{.kind = CHANGE_DOWNGRADE, .when = CHANGE_NOW},
                                      {.any_kind = true, .when = CHANGE_PERIOD_END}};
    struct catalog one = {.coupons = old_coupons,
                          .coupons_count = 2,
                          .taxes = old_taxes,
                          .taxes_count = 1,
                          .rules = old_rules,
                          .rules_count = 2};
    struct catalog two = {.metrics = metrics,
                          .metrics_count = 1,
                          .coupons = new_coupons,
                          .coupons_count = 2,
                          .taxes = new_taxes,
                          .taxes_count = 2,
                          .rules = new_rules,
                          .rules_count = 2,
                          .from = day("2026-01-01")};
    assert_told(differences(&one, &two), "changed catalog '' from:  -> 2026-01-01\n"
                                         "added metric 'gb' :  -> max\n"
                                         "changed coupon 'A' percent: 10 -> 12.5\n"
                                         "changed coupon 'B' amount: 5.00 USD -> 5.00 EUR\n"
                                         "changed tax 'vat' until:  -> 2020-07-01\n"
                                         "added tax 'vat, from 2020-07-01' :  -> 16 %\n"
                                         "changed rule 'downgrade' when: period_end -> now\n"
                                         "removed rule 'pro to any' : refused -> \n"
                                         "added rule 'any change' :  -> period_end\n");
}

Test(difference, dunning)
{
    struct dunning_threshold old_list[] = {{usd(2000)}, {money_of(15000, "EUR")}};
    struct dunning_threshold new_list[] = {{usd(2500)}, {money_of(1000, "JPY")}};
    struct dunning old_rule = {
        .thresholds = old_list, .thresholds_count = 2, .attempts = 2, .days_between = 2};
    struct dunning new_rule = {
        .thresholds = new_list, .thresholds_count = 2, .attempts = 3, .days_between = 2};
    struct catalog from = {.dunning = old_rule}, to = {.dunning = new_rule};
    assert_told(differences(&from, &to), "changed threshold 'dunning, USD' amount: 20.00 -> 25.00\n"
                                         "removed threshold 'dunning, EUR' : 150.00 -> \n"
                                         "added threshold 'dunning, JPY' :  -> 1000\n"
                                         "changed dunning '' attempts: 2 -> 3\n");
    struct dunning_day first[] = {{1}, {3}}, then[] = {{1}, {4}, {9}};
    struct dunning_weekday monday = {WEEKDAY_MONDAY};
    from.dunning = (struct dunning){.schedule = first, .schedule_count = 2};
    to.dunning =
        (struct dunning){.schedule = then, .schedule_count = 3, .weekdays = &monday, .weekdays_count = 1};
    assert_told(differences(&from, &to), "changed attempt 'dunning, attempt 2' day: 3 -> 4\n"
                                         "added attempt 'dunning, attempt 3' :  -> 9\n"
                                         "added weekday 'dunning, mon' :  -> mon\n");
    struct decline_rule stop = {STR("lost_card"), STR_NONE, DECLINE_STOP}, retry = stop;
    struct reminder_rule old_reminder = {REMINDER_DUE, 0, STR("a")},
                         new_reminder = {REMINDER_OVERDUE, 7, STR("a")};
    struct template_line hello = {STR("Hello")}, bye = {STR("Bye")};
    struct reminder_template old_template = {STR("a"), STR("Invoice"), &hello, 1},
                             new_template = old_template;
    retry.action = DECLINE_RETRY;
    new_template.body = &bye;
    from.dunning = (struct dunning){.declines = &stop,
                                    .declines_count = 1,
                                    .reminders = &old_reminder,
                                    .reminders_count = 1,
                                    .templates = &old_template,
                                    .templates_count = 1};
    to.dunning = (struct dunning){.declines = &retry,
                                  .declines_count = 1,
                                  .reminders = &new_reminder,
                                  .reminders_count = 1,
                                  .templates = &new_template,
                                  .templates_count = 1,
                                  .at_end = DUNNING_END_UNPAID};
    assert_told(differences(&from, &to), "changed decline 'dunning, lost_card' action: stop -> retry\n"
                                         "removed reminder 'dunning, due' : a -> \n"
                                         "added reminder 'dunning, 7 days overdue' :  -> a\n"
                                         "changed line 'a, line 1' text: Hello -> Bye\n"
                                         "changed dunning '' at_end: nothing -> unpaid\n");
}

/* Of two that fit, the first holds: pro to basic was now, and is at the period's end. */
Test(difference, rules_are_told_that_stand_in_another_order)
{
    struct change_rule before[] = {{.from = STR("old"), .any_kind = true, .refused = true},
                                   {.from = STR("pro"), .any_kind = true, .when = CHANGE_NOW},
                                   {.to = STR("basic"), .any_kind = true, .when = CHANGE_PERIOD_END}};
    struct change_rule after[] = {before[2], {.kind = CHANGE_UPGRADE, .when = CHANGE_NOW}, before[1]};
    struct catalog one = {.rules = before, .rules_count = 3}, two = {.rules = after, .rules_count = 3};
    assert_told(differences(&one, &two), "removed rule 'old to any' : refused -> \n"
                                         "added rule 'upgrade' :  -> now\n"
                                         "changed rule 'pro to any' place: 1 -> 2\n"
                                         "changed rule 'any to basic' place: 2 -> 1\n");
    two = (struct catalog){.rules = before + 1, .rules_count = 2};
    assert_told(differences(&one, &two), "removed rule 'old to any' : refused -> \n");
}
