/* SPDX-License-Identifier: MIT */
/* bench_rules.c - what the rules of billing cost a night: the same night over subscriptions with a
 * price and a quota alone, and over as many that have everything else (tiered usage, seats, add-ons,
 * commitments, prices that were agreed or hold their tax, trials, changes, two taxes, coupons, prepaid
 * credit). Both have the same customers, subscriptions, readings and documents; each night renews all and
 * rates a month of usage. */
#include <unistd.h>

#include "importers/importers.h"
#include "reports/reports.h"
#include "tests/bench/bench.h"

struct way; /* of living: in plain, or with all rules */
struct night {
    char dir[256], ledger[300], usage[300], key[300];
    const struct way *way;
    uint64_t customers, subscriptions, documents;
    struct frozen_clock clock;
    struct ledger *l;
    struct gateway gateway;
    struct arena *a;
};

/* Fills the command about the i-th customer; false: there is none. */
typedef bool command_fn(struct night *n, struct command *c, uint64_t i);

struct way {
    const char *name, *catalog;
    command_fn *subscribe, *add;
    bool all; /* rules */
};

/* ---- customers ---- */

enum plan { METERED, TEAM, PLEDGE, GROSS, AGREED, TRIAL, CHANGED, ADDED, PLANS };

static enum plan plan_of(uint64_t i)
{
    return (enum plan)(i % PLANS);
}

static struct str user_of(const struct night *n, uint64_t i)
{
    return str_format(n->a, "customer_%llu", (unsigned long long)i);
}

static bool create_customer(struct night *n, struct command *c, uint64_t i)
{
    c->type = COMMAND_CUSTOMER_CREATE;
    c->customer_create = (struct customer_create_command){.user = user_of(n, i), .currency = STR("EUR")};
    if (!n->way->all) return true;
    c->customer_create.party.country = STR("CA");
    c->customer_create.party.region = STR("QC");
    return true;
}

static bool subscribe_plain(struct night *n, struct command *c, uint64_t i)
{
    c->type = COMMAND_SUBSCRIPTION_CREATE;
    c->subscription_create =
        (struct subscription_create_command){.user = user_of(n, i),
                                             .tier = i % 3 == 0 ? STR("pro") : STR("basic"),
                                             .payment_method = STR("pm_card_visa")};
    return true;
}

static bool add_plain(struct night *n, struct command *c, uint64_t i)
{
    if (plan_of(i) != ADDED || !subscribe_plain(n, c, i)) return false;
    c->subscription_create.tier = STR("extra");
    c->subscription_create.another = true;
    return true;
}

static bool subscribe_all_rules(struct night *n, struct command *c, uint64_t i)
{
    static const char *const tiers[PLANS] = {
        [METERED] = "metered", [TEAM] = "team",       [PLEDGE] = "pledge",     [GROSS] = "gross",
        [TRIAL] = "trial",     [CHANGED] = "metered", [AGREED] = "enterprise", [ADDED] = "team"};
    enum plan plan = plan_of(i);
    struct subscription_create_command *s = &c->subscription_create;
    (void)subscribe_plain(n, c, i);
    s->tier = str_of(tiers[plan]);
    if (plan == TEAM || plan == ADDED || plan == AGREED) s->quantity = i % 7 + 1;
    if (plan != AGREED) return true;
    s->price = decimal_of(70);
    s->unit_prices = STR("api_calls=0.008,seat=8.50");
    s->quotas = STR("api_calls=50,seat=1");
    return true;
}

static bool add_on(struct night *n, struct command *c, uint64_t i)
{
    if (plan_of(i) != ADDED) return false;
    c->type = COMMAND_SUBSCRIPTION_CREATE;
    c->subscription_create =
        (struct subscription_create_command){.user = user_of(n, i), .tier = STR("backup")};
    return true;
}

static bool give_percent(struct night *n, struct command *c, uint64_t i)
{
    c->type = COMMAND_COUPON_APPLY;
    c->coupon_apply = (struct coupon_apply_command){.user = user_of(n, i), .code = STR("PERCENT")};
    return i % 2 == 0;
}

static bool give_fixed(struct night *n, struct command *c, uint64_t i)
{
    c->type = COMMAND_COUPON_APPLY;
    c->coupon_apply = (struct coupon_apply_command){.user = user_of(n, i), .code = STR("FIXED")};
    return i % 3 == 0;
}

static bool grant(struct night *n, struct command *c, uint64_t i)
{
    c->type = COMMAND_WALLET_GRANT;
    c->wallet_grant = (struct wallet_grant_command){.user = user_of(n, i), .amount = decimal_of(100)};
    return i % 2 == 1;
}

static bool change(struct night *n, struct command *c, uint64_t i)
{
    c->type = COMMAND_SUBSCRIPTION_UPDATE;
    c->subscription_update = (struct subscription_update_command){
        .user = user_of(n, i), .tier = STR("metered-plus"), .when = CHANGE_NOW};
    return plan_of(i) == CHANGED;
}

/* By the thousand in one commit, as a migration would bring them. */
static uint64_t command_each(struct night *n, command_fn *fill)
{
    enum { TOGETHER = 1000 };
    uint64_t made = 0;
    for (uint64_t done = 0; done < n->customers; done += TOGETHER) {
        struct command *c = arena_array_of(n->a, struct command, TOGETHER);
        struct request *r = arena_array_of(n->a, struct request, TOGETHER);
        struct outcome *out = arena_array_of(n->a, struct outcome, TOGETHER);
        struct error e = {0};
        size_t count = 0;
        for (uint64_t i = done; i < done + TOGETHER; i++) {
            if (!fill(n, &c[count], i)) continue;
            r[count] = (struct request){.command = &c[count], .actor = STR("bench"), .brief = true};
            count++;
        }
        bench_must(ledger_execute_batch(out, n->l, r, count, true, n->a, &e), &e);
        made += count;
        arena_reset(n->a);
    }
    return made;
}

/* ---- a month ---- */

static const struct way plain = {"nightly_run_plain", "tests/bench/plain.json", subscribe_plain, add_plain,
                                 false};
static const struct way all_rules = {"nightly_run_all_rules", "tests/bench/rules.json", subscribe_all_rules,
                                     add_on, true};

static void write_usage(const struct night *n)
{
    static const char *const types[] = {"api_calls", "storage_gb", "messages"};
    struct error e = {0};
    struct file_sink f = {0};
    uint64_t readings = n->customers * 10;
    bench_must(file_begin(&f, n->usage, 0600, &e), &e);
    fprintf(f.stream, "event_id,user_id,usage_type,amount,timestamp\n");
    for (uint64_t i = 0; i < readings; i++) {
        uint64_t who = i % n->customers;
        bool metered = n->way->all && (plan_of(who) == METERED || plan_of(who) == CHANGED);
        fprintf(f.stream, "ev-%09llu,customer_%llu,%s,%llu,2025-01-%02lluT10:00:00Z\n", (unsigned long long)i,
                (unsigned long long)who, types[metered ? i / n->customers % 3 : 0],
                (unsigned long long)(i % 97 + 1), (unsigned long long)(i * 28 / readings + 1));
    }
    bench_must(file_finish(&f, &e), &e);
}

static void bring_usage(struct night *n)
{
    struct error e = {0};
    struct import_report report = {0};
    struct import_options o = {.path = n->usage, .actor = STR("bench")};
    write_usage(n);
    bench_must(importer_find(STR("usage"))->run(&report, n->l, &o, n->a, &e), &e);
}

static uint64_t run_night(struct night *n, struct date through)
{
    struct error e = {0};
    struct run_summary s = {0};
    struct run_options o = {.through = through, .gateway = &n->gateway, .actor = STR("night")};
    n->clock.now = date_start(through);
    uint64_t begin = world_monotonic_ns();
    bench_must(nightly_run(&s, n->l, &o, n->a, &e), &e);
    uint64_t ns = world_monotonic_ns() - begin;
    if (s.refused > 0) bench_must(fail(&e, ERR_REFUSED, "%.*s", STR_ARG(s.failures[0].why)), &e);
    n->documents = s.invoiced;
    return per_second(n->subscriptions, ns);
}

static void begin_month(struct night *n)
{
    struct error e = {0};
    struct command load = {0};
    struct outcome out = {0};
    struct request r = {.command = &load, .actor = STR("bench")};
    bench_folder(n->dir);
    snprintf(n->ledger, sizeof n->ledger, "%s/ledger", n->dir);
    snprintf(n->key, sizeof n->key, "%s/key", n->dir);
    snprintf(n->usage, sizeof n->usage, "%s/usage.csv", n->dir);
    n->clock.now = date_start(date_of(2025, 1, 1));
    n->gateway = gateway_simulator();
    n->a = arena_new();
    struct ledger_options o = {
        .dir = n->ledger, .key_file = n->key, .world = world_frozen(&n->clock), .state = &daybook_state};
    bench_must(ledger_create(&o, &e), &e);
    bench_must(ledger_open(&n->l, &o, &e), &e);
    bench_must(catalog_read(&load, n->way->catalog, n->a, &e), &e);
    bench_must(ledger_execute(&out, n->l, &r, n->a, &e), &e);
    if (out.code != OK) bench_must(out.code, &out.error);
}

/* The rate of the night in which the next month begins, and how many documents it made. */
static uint64_t live_month(uint64_t *documents, const struct way *way, uint64_t customers)
{
    struct night n = {.way = way, .customers = customers};
    begin_month(&n);
    (void)command_each(&n, create_customer);
    n.subscriptions = command_each(&n, way->subscribe) + command_each(&n, way->add);
    if (way->all)
        (void)(command_each(&n, give_percent) + command_each(&n, give_fixed) + command_each(&n, grant));
    (void)run_night(&n, date_of(2025, 1, 1));
    bring_usage(&n);
    n.clock.now = date_start(date_of(2025, 1, 15));
    if (way->all) (void)command_each(&n, change);
    uint64_t rate = run_night(&n, date_of(2025, 2, 1));
    *documents = n.documents;
    ledger_close(n.l);
    arena_free(n.a);
    bench_folder_remove(n.dir);
    return rate;
}

int main(void)
{
    static struct figure figures[3];
    uint64_t customers = (bench_count(20000) + 999) / 1000 * 1000, documents[2] = {0};
    for (unsigned round = 0; round < bench_rounds(); round++) {
        uint64_t before = live_month(&documents[0], &plain, customers);
        uint64_t after = live_month(&documents[1], &all_rules, customers);
        figure_add(&figures[0], plain.name, "subscriptions/s", before);
        figure_add(&figures[1], all_rules.name, "subscriptions/s", after);
        figure_add(&figures[2], "nightly_run_all_rules_time", "percent_of_plain",
                   after == 0 ? 0 : before * 100 / after);
    }
    for (size_t i = 0; i < 3; i++) figure_print(&figures[i]);
    if (documents[0] == documents[1]) return 0;
    fprintf(stderr, "benchmark: %llu documents in plain, %llu with all rules\n",
            (unsigned long long)documents[0], (unsigned long long)documents[1]);
    return 1;
}
