/* SPDX-License-Identifier: MIT */
/* test_entitlement.c - what subscriptions entitle to, as tables: which of them count, how features and quotas
 * of several come together, and when a quota that is used up says no. */
#include "tests/book/facts.h"

TestSuite(entitlement, .init = test_begin, .fini = test_end);

enum { SUBSCRIPTIONS_MAX = 3 };

/* A subscription from January on; its month is open. */
static struct subscription subscription(uint64_t number, uint64_t rank, const struct feature *features,
                                        size_t features_count, const struct rate *rates, size_t rates_count)
{
    struct quota_segment *quota = arena_new_of(A, struct quota_segment);
    *quota = (struct quota_segment){.from = day("2025-01-01"), .rates = rates, .rates_count = rates_count};
    struct subscription s = {.subscription = number,
                             .status = SUBSCRIPTION_ACTIVE,
                             .start = day("2025-01-01"),
                             .anchor = day("2025-01-01"),
                             .usage_anchor = day("2025-01-01"),
                             .usage_through = day("2025-01-01"),
                             .charged_through = day("2025-02-01"),
                             .quotas = quota,
                             .quotas_count = 1};
    s.terms = (struct terms){.rank = rank,
                             .features = features,
                             .features_count = features_count,
                             .rates = rates,
                             .rates_count = rates_count,
                             .unit = INTERVAL_MONTH,
                             .interval_count = 1};
    return s;
}

static struct usage_total total(const char *usage_type, const char *period, struct decimal quantity)
{
    return (struct usage_total){
        .usage_type = str_of(usage_type), .period = day(period), .total = quantity, .readings = 1};
}

static struct entitled who(const struct subscription *subscriptions, size_t count)
{
    return (struct entitled){
        .subscriptions = subscriptions, .subscriptions_count = count, .today = day("2025-01-20")};
}

static struct entitlement ask(const struct entitled *c, const char *feature)
{
    struct entitlement v = {0};
    assert_ok(entitlement_of(&v, c, str_of(feature), E));
    return v;
}

Test(entitlement, only_some_states_entitle_and_only_from_start_to_end)
{
    static const struct {
        const char *says;
        enum subscription_status status;
        const char *start, *cancel_on;
        bool entitles;
    } rows[] = {
        {"active", SUBSCRIPTION_ACTIVE, "2025-01-01", "", true},
        {"on trial", SUBSCRIPTION_TRIALING, "2025-01-01", "", true},
        {"past due: the grace period runs", SUBSCRIPTION_PAST_DUE, "2025-01-01", "", true},
        {"paused", SUBSCRIPTION_PAUSED, "2025-01-01", "", false},
        {"unpaid", SUBSCRIPTION_UNPAID, "2025-01-01", "", false},
        {"canceled", SUBSCRIPTION_CANCELED, "2025-01-01", "", false},
        {"begins today", SUBSCRIPTION_ACTIVE, "2025-01-20", "", true},
        {"begins tomorrow", SUBSCRIPTION_ACTIVE, "2025-01-21", "", false},
        {"ends tomorrow", SUBSCRIPTION_ACTIVE, "2025-01-01", "2025-01-21", true},
        {"has ended today, though the night was not there yet", SUBSCRIPTION_ACTIVE, "2025-01-01",
         "2025-01-20", false},
    };
    const struct feature sso = {.code = STR("sso"), .kind = FEATURE_FLAG};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct subscription s = subscription(7, 1, &sso, 1, NULL, 0);
        s.status = rows[i].status;
        s.start = day(rows[i].start);
        if (rows[i].cancel_on[0] != '\0') s.cancel_on = day(rows[i].cancel_on);
        const struct entitled c = who(&s, 1);
        struct entitlement v = ask(&c, "sso");
        cr_assert(v.allowed == rows[i].entitles, "%s", rows[i].says);
        cr_assert(v.reason == (rows[i].entitles ? REASON_INCLUDED : REASON_NO_SUBSCRIPTION), "%s",
                  rows[i].says);
        assert_int(v.subscription, rows[i].entitles ? 7 : 0);
    }
}

Test(entitlement, features_of_several_subscriptions_come_together)
{
    const struct feature small[] = {{STR("projects"), FEATURE_LIMIT, decimal_of(3), false, STR_NONE},
                                    {STR("support"), FEATURE_TEXT, {0}, false, STR("by e-mail")},
                                    {STR("mixed"), FEATURE_FLAG, {0}, false, STR_NONE},
                                    {STR("zero"), FEATURE_LIMIT, {0}, false, STR_NONE}};
    const struct feature large[] = {{STR("projects"), FEATURE_LIMIT, decimal_make(25, 1), false, STR_NONE},
                                    {STR("support"), FEATURE_TEXT, {0}, false, STR("by phone")},
                                    {STR("sso"), FEATURE_FLAG, {0}, false, STR_NONE},
                                    {STR("mixed"), FEATURE_LIMIT, decimal_of(5), false, STR_NONE}};
    const struct feature extra[] = {{STR("projects"), FEATURE_LIMIT, {0}, true, STR_NONE}};
    const struct subscription all[] = {subscription(1, 1, small, 4, NULL, 0),
                                       subscription(2, 2, large, 4, NULL, 0),
                                       subscription(3, 0, extra, 1, NULL, 0)};
    static const struct {
        const char *says, *feature;
        size_t count; /* of the subscriptions above */
        bool allowed;
        enum entitlement_kind kind;
        const char *limit, *text;
        uint64_t subscription;
    } rows[] = {
        {"a flag of any of them", "sso", 2, true, ENTITLEMENT_FLAG, "0", "", 2},
        {"limits add up", "projects", 2, true, ENTITLEMENT_LIMIT, "5.5", "", 2},
        {"unlimited goes before any number", "projects", 3, true, ENTITLEMENT_LIMIT, "0", "", 2},
        {"of texts that of the highest tier", "support", 2, true, ENTITLEMENT_TEXT, "0", "by phone", 2},
        {"what it is, the highest tier says", "mixed", 2, true, ENTITLEMENT_LIMIT, "5", "", 2},
        {"a limit of nothing is a no", "zero", 2, false, ENTITLEMENT_LIMIT, "0", "", 1},
        {"what nobody has", "gold", 3, false, ENTITLEMENT_NONE, "0", "", 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct entitled c = who(all, rows[i].count);
        struct entitlement v = ask(&c, rows[i].feature);
        cr_assert(v.allowed == rows[i].allowed && v.kind == rows[i].kind, "%s", rows[i].says);
        cr_assert(v.subscription == rows[i].subscription, "%s: sub_%d", rows[i].says, (int)v.subscription);
        assert_str(decimal_text(A, v.limit), rows[i].limit);
        assert_str(v.text, rows[i].text);
    }
    assert_int(ask(&(struct entitled){.today = day("2025-01-20")}, "sso").reason, REASON_NO_SUBSCRIPTION);
}

Test(entitlement, a_quota_says_no_when_it_is_used_up_unless_more_is_billed)
{
    static const struct {
        const char *says;
        int64_t used;
        bool billed, unlimited;
        bool allowed, over;
        enum entitlement_reason reason;
        const char *remaining;
    } rows[] = {
        {"nothing used", 0, false, false, true, false, REASON_INCLUDED, "100"},
        {"the last one", 99, false, false, true, false, REASON_INCLUDED, "1"},
        {"used up", 100, false, false, false, false, REASON_QUOTA_USED, "0"},
        {"over it", 101, false, false, false, true, REASON_QUOTA_USED, "0"},
        {"used up, more is billed", 100, true, false, true, false, REASON_OVERAGE_BILLED, "0"},
        {"over it, and billed", 101, true, false, true, true, REASON_OVERAGE_BILLED, "0"},
        {"without limit", 5000, false, true, true, false, REASON_UNLIMITED, "0"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct rate rate = {.usage_type = STR("calls"),
                                  .included = decimal_of(100),
                                  .billed = rows[i].billed,
                                  .unit_price = decimal_of(1),
                                  .unlimited = rows[i].unlimited};
        const struct feature called_so = {.code = STR("calls"), .kind = FEATURE_FLAG};
        const struct subscription s = subscription(1, 1, &called_so, 1, &rate, 1);
        const struct usage_total usage[] = {total("calls", "2025-01-01", decimal_of(rows[i].used)),
                                            total("calls", "2024-12-01", decimal_of(70)),
                                            total("other", "2025-01-01", decimal_of(70))};
        struct entitled c = who(&s, 1);
        c.usage = usage;
        c.usage_count = 3;
        struct entitlement v = ask(&c, "calls");
        cr_assert(v.kind == ENTITLEMENT_USAGE, "%s", rows[i].says);
        cr_assert(v.allowed == rows[i].allowed && v.over_limit == rows[i].over, "%s", rows[i].says);
        cr_assert(v.reason == rows[i].reason, "%s: %s", rows[i].says,
                  choice_entitlement_reason.words[v.reason]);
        assert_str(decimal_text(A, v.remaining), rows[i].remaining);
        assert_int(v.used.coefficient, decimal_of(rows[i].used).coefficient);
    }
}

/* Two plans with months of their own: of the 1st and of the 15th. A total that lies in both counts once. */
Test(entitlement, quotas_of_several_plans_add_up_and_a_total_counts_once)
{
    const struct rate first = {.usage_type = STR("calls"), .included = decimal_of(100)};
    const struct rate second = {.usage_type = STR("calls"), .included = decimal_of(40)};
    struct subscription all[] = {subscription(1, 1, NULL, 0, &first, 1),
                                 subscription(2, 2, NULL, 0, &second, 1)};
    all[1].usage_anchor = all[1].usage_through = day("2025-01-15");
    const struct usage_total usage[] = {total("calls", "2025-01-01", decimal_of(10)),
                                        total("calls", "2025-01-15", decimal_of(5))};
    struct entitled c = who(all, 2);
    c.usage = usage;
    c.usage_count = 2;
    struct entitlement v = ask(&c, "calls");
    assert_str(decimal_text(A, v.limit), "140");
    assert_str(decimal_text(A, v.used), "15");
    assert_str(decimal_text(A, v.remaining), "125");
    assert_int(v.subscription, 2);
}

Test(entitlement, all_codes_are_told_once_features_first)
{
    const struct feature one[] = {{.code = STR("sso")}, {.code = STR("api")}};
    const struct feature two[] = {{.code = STR("api")}, {.code = STR("audit")}};
    const struct rate rate[] = {{.usage_type = STR("calls")}};
    struct subscription all[] = {subscription(1, 1, one, 2, rate, 1), subscription(2, 2, two, 2, rate, 1),
                                 subscription(3, 2, one, 2, rate, 1)};
    all[0].status = SUBSCRIPTION_PAST_DUE;
    all[2].status = SUBSCRIPTION_PAUSED;
    const struct entitled c = who(all, 3);
    struct codes codes = entitlement_codes(&c, A);
    static const char *const wanted[] = {"sso", "api", "calls", "audit"};
    assert_int(codes.count, 4);
    for (size_t i = 0; i < 4; i++) assert_str(codes.items[i], wanted[i]);
}

/* 80.5 % of 31 is 24.955: exactly, not rounded. */
Test(entitlement, a_part_of_the_quota_is_reached_exactly)
{
    static const struct {
        int64_t thousandths; /* used */
        bool reached;
    } rows[] = {{24954, false}, {24955, true}, {31000, true}};
    const struct rate rate = {.usage_type = STR("calls"), .included = decimal_of(31)};
    const struct subscription s = subscription(1, 1, NULL, 0, &rate, 1);
    const struct entitled c = who(&s, 1), nobody = {.today = day("2025-01-20")};
    const struct alert al = {.usage_type = STR("calls"), .percent = decimal_make(805, 1)};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct decimal threshold = {0};
        struct exact used = exact_of(decimal_make(rows[i].thousandths, 3));
        cr_assert(alert_is_reached(&threshold, &al, used, day("2025-01-20"), &c) == rows[i].reached);
        assert_str(decimal_text(A, threshold), "24.955");
        cr_assert_not(alert_is_reached(&threshold, &al, used, day("2025-01-20"), &nobody));
    }
}
