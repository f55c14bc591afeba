/* SPDX-License-Identifier: MIT */
/* bench_entitlement.c - how long one check takes inside one process, on a ledger of BENCH_COUNT (20,000)
 * customers with a plan, usage and every tenth an add-on: a read transaction, the keys, the answer. Customers
 * are asked in an order that has nothing to do with the one they came in. */
#include "importers/importers.h"
#include "projections/projections.h"
#include "tests/bench/bench.h"

enum { TOGETHER = 1000 };

struct checks {
    char dir[256], ledger[300], key[300];
    uint64_t customers;
    struct frozen_clock clock;
    struct ledger *l;
    struct arena *a;
};

static struct str user_of(const struct checks *b, uint64_t i)
{
    return str_format(b->a, "customer_%llu", (unsigned long long)i);
}

static void subscribe(struct checks *b, const char *tier, uint64_t step)
{
    struct error e = {0};
    for (uint64_t done = 0; done < b->customers; done += TOGETHER * step) {
        struct command *c = arena_array_of(b->a, struct command, TOGETHER);
        struct request *r = arena_array_of(b->a, struct request, TOGETHER);
        struct outcome *out = arena_array_of(b->a, struct outcome, TOGETHER);
        size_t count = 0;
        for (uint64_t i = 0; i < TOGETHER && done + i * step < b->customers; i++) {
            c[i].type = COMMAND_SUBSCRIPTION_CREATE;
            c[i].subscription_create =
                (struct subscription_create_command){.user = user_of(b, done + i * step),
                                                     .tier = str_of(tier),
                                                     .payment_method = STR("pm_card_visa")};
            r[count++] = (struct request){.command = &c[i], .actor = STR("bench"), .brief = true};
        }
        bench_must(ledger_execute_batch(out, b->l, r, count, true, b->a, &e), &e);
        arena_reset(b->a);
    }
}

static void use(struct checks *b)
{
    struct error e = {0};
    for (uint64_t done = 0; done < b->customers; done += TOGETHER) {
        struct usage_input *in = arena_array_of(b->a, struct usage_input, TOGETHER);
        struct command c = {.type = COMMAND_USAGE_RECORD};
        struct outcome out = {0};
        struct request r = {.command = &c, .actor = STR("bench"), .brief = true};
        for (uint64_t i = 0; i < TOGETHER; i++)
            in[i] = (struct usage_input){
                .user = user_of(b, done + i), .usage_type = STR("seats"), .amount = {7, 0}};
        c.usage_record = (struct usage_record_command){.readings = in, .readings_count = TOGETHER};
        bench_must(ledger_execute(&out, b->l, &r, b->a, &e), &e);
        arena_reset(b->a);
    }
}

static void begin(struct checks *b)
{
    struct error e = {0};
    struct command load = {0};
    struct outcome out = {0};
    bench_folder(b->dir);
    snprintf(b->ledger, sizeof b->ledger, "%s/ledger", b->dir);
    snprintf(b->key, sizeof b->key, "%s/key", b->dir);
    b->clock.now = date_start(date_of(2025, 1, 1));
    b->a = arena_new();
    struct ledger_options o = {
        .dir = b->ledger, .key_file = b->key, .world = world_frozen(&b->clock), .state = &daybook_state};
    bench_must(ledger_create(&o, &e), &e);
    bench_must(ledger_open(&b->l, &o, &e), &e);
    bench_must(catalog_read(&load, "tests/spec/catalogs/entitlements.json", b->a, &e), &e);
    struct request r = {.command = &load, .actor = STR("bench")};
    bench_must(ledger_execute(&out, b->l, &r, b->a, &e), &e);
    subscribe(b, "start", 1);
    subscribe(b, "more-projects", 10);
    use(b);
}

/* Nanoseconds a check. */
static uint64_t check(struct checks *b, const char *feature)
{
    struct error e = {0};
    uint64_t begin_ns = world_monotonic_ns(), allowed = 0;
    for (uint64_t i = 0; i < b->customers; i++) {
        struct views_txn *t = NULL;
        struct entitled_user u = {0};
        struct entitlement v = {0};
        struct str user = user_of(b, i * 7919 % b->customers);
        bench_must(ledger_read_begin(&t, b->l, &e), &e);
        bench_must(load_entitled(&u, t, ledger_zones(b->l), user, b->clock.now, b->a, &e), &e);
        bench_must(entitlement_of(&v, &u.facts, str_of(feature), &e), &e);
        ledger_read_end(b->l, t);
        allowed += v.allowed;
        arena_reset(b->a);
    }
    uint64_t ns = world_monotonic_ns() - begin_ns;
    if (allowed != b->customers) WRONG("somebody may not what everybody may");
    return ns / b->customers;
}

int main(void)
{
    static struct figure figures[2];
    static struct checks b;
    b.customers = bench_count(20000) / TOGETHER * TOGETHER;
    for (unsigned round = 0; round < bench_rounds(); round++) {
        begin(&b);
        figure_add(&figures[0], "entitlement_check_of_a_feature", "ns", check(&b, "api"));
        figure_add(&figures[1], "entitlement_check_of_usage", "ns", check(&b, "seats"));
        ledger_close(b.l);
        arena_free(b.a);
        bench_folder_remove(b.dir);
    }
    for (size_t i = 0; i < 2; i++) figure_print(&figures[i]);
    return 0;
}
