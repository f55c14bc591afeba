/* SPDX-License-Identifier: MIT */
/* test_catalog.c - what programs read of a catalog: all that its file said, from when it is in force, what is
 * different between two, and subscriptions moved to one. */
#include <jansson.h>

#include "tests/billing/book.h"

TestSuite(catalog, .init = book_begin, .fini = book_end);

/* Whatever is not freed lives as long as the test's process. */
static json_t *answer_to(const char *words, const char *json)
{
    char *answer = NULL;
    does(daybook_call(book, words, json, &answer, &why));
    json_t *value = json_loads(answer, JSON_DECODE_ANY, NULL);
    cr_assert(value != NULL, "%s", answer);
    daybook_free(answer);
    return value;
}

static void load(const char *name)
{
    const char *call = str_cstring(A, str_format(A, "{\"file\": \"fixtures/catalogs/%s\"}", name));
    json_decref(answer_to("catalog.load", call));
}

/* The value at "products[1].prices[0].amount", as JSON. */
static const char *at_path(json_t *value, const char *path)
{
    for (const char *p = path; *p != '\0';) {
        size_t len = strcspn(p, ".[");
        if (len > 0) value = json_object_get(value, str_cstring(A, (struct str){p, len}));
        p += len;
        if (*p == '[') {
            value = json_array_get(value, (size_t)(p[1] - '0'));
            p += 3;
        }
        if (*p == '.') p++;
    }
    char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
    const char *copy = text == NULL ? "nothing" : str_cstring(A, str_of(text));
    free(text);
    return copy;
}

struct member {
    const char *path, *json;
};

static void has(const char *words, const char *call, const struct member *members, size_t count)
{
    json_t *answer = answer_to(words, call);
    for (size_t i = 0; i < count; i++) {
        const char *got = at_path(answer, members[i].path);
        cr_expect(strcmp(got, members[i].json) == 0, "%s: %s: got %s, wanted %s", words, members[i].path, got,
                  members[i].json);
    }
    json_decref(answer);
}
#define HAS(words, call, members) has(words, call, members, sizeof(members) / sizeof((members)[0]))

Test(catalog, usage_is_shown_with_its_models_and_measures)
{
    static const struct member members[] = {
        {"products[0].kind", "\"plan\""},
        {"products[0].retired", "false"},
        {"products[0].prices[0].rates[0].model", "\"graduated\""},
        {"products[0].prices[0].rates[0].included", "\"1000\""},
        {"products[0].prices[0].rates[0].unit_price", "null"},
        {"products[0].prices[0].rates[0].tiers[1]",
         "{\"up_to\":\"100000\",\"unit_price\":\"0.005\",\"flat\":\"5\"}"},
        {"products[0].prices[0].rates[0].tiers[2]", "{\"unit_price\":\"0.002\"}"},
        {"products[0].prices[0].rates[1].minimum", "\"5\""},
        {"products[0].prices[0].rates[2].package_size", "\"100\""},
        {"products[0].prices[0].rates[2].unit_price", "\"2.3\""},
        {"products[0].prices[0].rates[4].percent", "\"2.9\""},
        {"products[0].prices[0].rates[4].event_fee", "\"0.3\""},
        {"products[0].prices[0].rates[6].whole_quota", "true"},
        {"products[0].prices[0].rates[8].included", "\"unlimited\""},
        {"metrics[4]",
         "{\"usage_type\":\"storage_gb\",\"aggregation\":\"time_weighted\",\"name\":\"Storage\"}"},
        {"coupons", "[]"},
    };
    load("usage-models.json");
    HAS("catalog.show", "{}", members);
}

Test(catalog, prices_are_shown_with_fees_trials_and_periods)
{
    static const struct member seats[] = {
        {"products[0].prices[0].fees[0].included", "\"2\""},
        {"products[0].prices[0].fees[0].per_seat", "true"},
        {"products[0].prices[0].summary", "\"Seat: 2 seats included, then 8.00 a seat\""},
        {"products[1].prices[0].fees[0].tiers[0].up_to", "\"10\""},
    };
    static const struct member trials[] = {
        {"products[0].prices[0].trial_days", "14"},
        {"products[0].prices[0].trial_end", "nothing"},
        {"products[1].prices[0].trial_end", "\"cancel\""},
        {"products[1].prices[0].trial_without_method", "true"},
    };
    static const struct member periods[] = {
        {"products[0].prices[2].interval", "\"quarter\""},
        {"products[0].prices[2].alignment", "\"calendar\""},
        {"products[1].prices[0].proration", "\"second\""},
        {"products[2].prices[0].fixed_days", "30"},
        {"products[4].prices[0].in_arrears", "true"},
        {"products[5].prices[0].commitment", "\"12000.00\""},
    };
    load("seats.json");
    HAS("catalog.show", "{}", seats);
    load("trials.json");
    HAS("catalog.show", "{}", trials);
    load("calendar.json");
    HAS("catalog.show", "{}", periods);
}

Test(catalog, what_a_tier_entitles_to_is_shown)
{
    static const struct member members[] = {
        {"products[0].features[0]",
         "{\"code\":\"projects\",\"kind\":\"limit\",\"limit\":\"3\",\"text\":null}"},
        {"products[1].features[0].limit", "\"unlimited\""},
        {"products[1].features[1].text", "\"99.9 %\""},
        {"products[1].features[2]", "{\"code\":\"sso\",\"kind\":\"flag\",\"limit\":null,\"text\":null}"},
        {"products[2].retired", "true"},
        {"products[3].kind", "\"add_on\""},
    };
    load("add-ons.json");
    HAS("catalog.show", "{}", members);
}

Test(catalog, coupons_taxes_and_rules_are_shown)
{
    static const struct member coupons[] = {
        {"coupons[0].percent", "\"10\""},
        {"coupons[0].times", "3"},
        {"coupons[0].amount", "null"},
        {"coupons[1].amount", "\"50.00\""},
        {"coupons[1].currency", "\"USD\""},
        {"coupons[2].product", "\"pro\""},
        {"coupons[3].valid_until", "\"2025-08-31\""},
    };
    static const struct member taxes[] = {
        {"taxes[2].percent", "\"16\""},        {"taxes[2].until", "\"2021-01-01\""},
        {"taxes[2].reverse_charge", "true"},   {"taxes[4].product_code", "\"books\""},
        {"taxes[0].region", "null"},           {"products[1].prices[0].tax_inclusive", "true"},
        {"products[2].tax_code", "\"books\""},
    };
    static const struct member rules[] = {
        {"rules[0]", "{\"from\":\"pro\",\"to\":\"basic\",\"kind\":null,\"when\":\"now\",\"refused\":false,"
                     "\"credit\":\"credit\"}"},
        {"rules[1].refused", "true"},
        {"rules[2].kind", "\"upgrade\""},
        {"rules[2].from", "null"},
        {"from", "\"2026-01-01\""},
    };
    load("coupons.json");
    HAS("catalog.show", "{}", coupons);
    load("taxes-eu.json");
    HAS("catalog.show", "{}", taxes);
    load("announced.json");
    HAS("catalog.show", "{\"version\": 4}", rules);
}

Test(catalog, versions_are_told_with_the_day_they_rule_from)
{
    static const struct member before[] = {
        {"[0].from", "\"2025-01-10\""},
        {"[0].in_force", "true"},
        {"[1].from", "\"2026-01-01\""},
        {"[1].in_force", "false"},
    };
    static const struct member after[] = {{"[0].in_force", "false"}, {"[1].in_force", "true"}};
    static const struct member one[] = {{"version", "1"}}, two[] = {{"version", "2"}};
    load("announced.json");
    HAS("catalog.history", "{}", before);
    HAS("catalog.show", "{}", one);
    HAS("catalog.show", "{\"on\": \"2026-01-01\"}", two);
    at("2026-01-01T09:00:00Z");
    HAS("catalog.history", "{}", after);
    HAS("catalog.show", "{}", two);
    HAS("catalog.show", "{\"on\": \"2025-12-31\"}", one);
    char *answer = NULL;
    refuses(daybook_call(book, "catalog.show", "{\"on\": \"2025-01-09\"}", &answer, &why), DAYBOOK_NOT_FOUND,
            "no catalog was in force on 2025-01-09");
    refuses(daybook_call(book, "catalog.show", "{\"on\": \"2025-01-09\", \"version\": 1}", &answer, &why),
            DAYBOOK_USAGE, "exclude each other");
}

Test(catalog, differences_are_told_between_versions_and_to_a_file)
{
    static const struct member basic[] = {
        {"[0].what", "\"catalog\""},
        {"[1].change", "\"changed\""},
    };
    char *answer = NULL;
    refuses(daybook_call(book, "catalog.diff", "{}", &answer, &why), DAYBOOK_NOT_FOUND,
            "there is no version before the first");
    HAS("catalog.diff", "{\"file\": \"fixtures/catalogs/announced.json\"}", basic);
    load("announced.json");
    json_t *rows = answer_to("catalog.diff", "{}"),
           *named = answer_to("catalog.diff", "{\"from\": 1, \"to\": 2}");
    cr_assert(json_equal(rows, named));
    size_t prices = 0;
    for (size_t i = 0; i < json_array_size(rows); i++) {
        json_t *row = json_array_get(rows, i);
        if (strcmp(at_path(row, "name"), "\"basic, USD month\"") != 0) continue;
        same(at_path(row, "member"), "\"amount\"");
        same(at_path(row, "old"), "\"29.00\"");
        same(at_path(row, "new"), "\"32.00\"");
        prices++;
    }
    assert_int(prices, 1);
    json_t *back = answer_to("catalog.diff", "{\"from\": 2, \"to\": 2}");
    assert_int(json_array_size(back), 0);
    refuses(daybook_call(book, "catalog.diff", "{\"from\": 1, \"to\": 2, \"file\": \"x\"}", &answer, &why),
            DAYBOOK_USAGE, "exclude each other");
    refuses(daybook_call(book, "catalog.diff", "{\"from\": 1, \"to\": 7}", &answer, &why), DAYBOOK_NOT_FOUND,
            "no version 7 of the catalog");
    json_decref(rows);
    json_decref(named);
    json_decref(back);
}

/* Jan 10 + n months; the catalog is in force from 2026-01-01: the first period in it begins on 2026-01-10. */
Test(catalog, subscriptions_are_moved_and_told)
{
    static const struct member dry[] = {
        {"dry_run", "true"},
        {"scheduled", "1"},
        {"subscriptions[0].user_id", "\"ann\""},
        {"subscriptions[0].on", "\"2026-01-10\""},
        {"subscriptions[0].old_price", "\"29.00\""},
        {"subscriptions[0].new_price", "\"32.00\""},
        {"subscriptions[0].changes", "\"amount 29.00 to 32.00; rate api_calls, unit_price 0.01 to 0.012\""},
        {"monthly[0].difference", "\"3.00\""},
    };
    static const struct member done[] = {
        {"dry_run", "false"}, {"scheduled", "2"}, {"subscriptions[1].user_id", "\"ben\""}};
    static const struct member again[] = {{"scheduled", "0"},
                                          {"scheduled_before", "2"},
                                          {"subscriptions[0].result", "\"scheduled before\""},
                                          {"subscriptions[1]", "nothing"}, /* the limit */
                                          {"monthly[0].subscriptions", "2"}};
    static const struct member nobody[] = {{"scheduled", "0"}, {"scheduled_before", "0"}};
    static const struct member one[] = {{"change", "\"none\""}, {"scheduled_change.on", "\"2026-01-10\""}};
    char *answer = NULL;
    does(daybook_create_subscription(book, "ann", "basic", "pm_card_visa", NULL, &why));
    load("announced.json");
    HAS("catalog.migrate", "{\"to\": 2, \"dry_run\": true}", dry);
    does(daybook_create_subscription(book, "ben", "basic", "pm_card_visa", NULL, &why));
    HAS("catalog.migrate", "{\"to\": 2}", done);
    HAS("catalog.migrate", "{\"to\": 2, \"tier\": \"basic\", \"limit\": 1}", again);
    HAS("subscription.migrate", "{\"user\": \"ann\", \"version\": 2}", one);
    refuses(daybook_call(book, "catalog.migrate", "{\"to\": 2, \"customer\": \"nobody\"}", &answer, &why),
            DAYBOOK_NOT_FOUND, "no customer 'nobody'");
    refuses(daybook_call(book, "catalog.migrate", "{\"to\": 2, \"tier\": \"basc\"}", &answer, &why),
            DAYBOOK_NOT_FOUND, "no tier 'basc': neither in that version nor of any subscription");
    HAS("catalog.migrate", "{\"to\": 2, \"tier\": \"free\"}", nobody);
}

Test(catalog, days_that_are_asked_for_in_the_wrong_order_are_refused)
{
    char *answer = NULL;
    static const char days[] = "{\"version\": 1, \"from\": \"2025-03-01\", \"to\": \"2025-02-28\"}";
    refuses(daybook_call(book, "usage.price", days, &answer, &why), DAYBOOK_INVALID,
            "the first day lies after the last");
}

Test(catalog, dunning_is_told_as_its_file_says_it)
{
    static const struct member members[] = {
        {"dunning.attempts", "6"},
        {"dunning.schedule", "[1,3,5,7,10,14]"},
        {"dunning.weekdays", "[\"mon\",\"tue\",\"wed\",\"thu\",\"fri\"]"},
        {"dunning.declines[0].code", "\"do_not_honor\""},
        {"dunning.declines[0].advice", "\"try_again_later\""},
        {"dunning.declines[2].code", "\"generic_decline\""},
        {"dunning.declines[2].advice", "null"},
        {"dunning.declines[2].action", "\"ask\""},
        {"dunning.at_end", "\"downgrade\""},
        {"dunning.reminders[0].on", "\"due\""},
        {"dunning.reminders[1].on", "7"},
        {"dunning.reminders[1].template", "\"due\""},
        {"dunning.templates[0].body[0]", "\"Dear {customer},\""},
    };
    load("dunning-reminders.json");
    HAS("catalog.show", "{}", members);
}

Test(catalog, a_reminder_is_told_with_its_words)
{
    static const struct member told[] = {
        {"[0].user_id", "\"ann\""},
        {"[0].date", "\"2025-01-12\""},
        {"[0].kind", "\"due\""},
        {"[0].invoices", "\"INV-2025-000001\""},
        {"[0].amount", "\"1234.00\""},
        {"[0].subject", "\"Invoice INV-2025-000001 was due on 2025-01-12\""},
        {"[0].body",
         "\"Dear Ann Example,\\n\\n1,234.00 EUR of invoice INV-2025-000001 were due on 2025-01-12.\\n"
         "Please see to it.\\n\""},
        {"[1].kind", "\"overdue\""},
        {"[1].days", "7"},
        {"[2]", "nothing"},
    };
    static const struct member later[] = {{"[0].kind", "\"overdue\""}, {"[1]", "nothing"}};
    static const struct member none[] = {{"[0]", "nothing"}};
    load("dunning-reminders.json");
    json_decref(
        answer_to("customer.create",
                  "{\"user\": \"ann\", \"party\": {\"name\": \"Ann Example\"}, \"currency\": \"EUR\"}"));
    json_decref(answer_to("invoice.one-off", "{\"user\": \"ann\", \"description\": \"Training\", "
                                             "\"amount\": \"1234.00\", \"due_days\": 2}"));
    json_decref(answer_to("dunning.run", "{}"));
    HAS("dunning.reminders", "{}", none);
    at("2025-01-12T09:00:00Z");
    json_decref(answer_to("dunning.run", "{}"));
    at("2025-01-19T09:00:00Z");
    json_decref(answer_to("dunning.run", "{}"));
    HAS("dunning.reminders", "{}", told);
    HAS("dunning.reminders", "{\"user\": \"ann\", \"from\": \"2025-01-13\"}", later);
    HAS("dunning.reminders", "{\"to\": \"2025-01-11\"}", none);
}
