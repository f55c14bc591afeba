/* SPDX-License-Identifier: MIT */
/* bench_run.c - the work of a night: usage import from a file, the nightly run without PDFs, the rebuild of
 * all views, and setting PDFs. On a fresh ledger of BENCH_SUBSCRIPTIONS (20,000) customers; the rates are for
 * the whole way, durable, deduplicated, folded. */
#include <unistd.h>

#include "importers/importers.h"
#include "reports/reports.h"
#include "tests/bench/bench.h"

struct night {
    char dir[256], ledger[300], usage[300], out[300], key[300];
    uint64_t customers, readings;
    struct frozen_clock clock;
    struct ledger *l;
    struct gateway gateway;
    struct arena *a;
};

static struct ledger_options options(struct night *n)
{
    return (struct ledger_options){
        .dir = n->ledger, .key_file = n->key, .world = world_frozen(&n->clock), .state = &daybook_state};
}

static void run_command(struct night *n, struct command *c)
{
    struct error e = {0};
    struct outcome out = {0};
    struct request r = {.command = c, .actor = STR("bench")};
    bench_must(ledger_execute(&out, n->l, &r, n->a, &e), &e);
}

/* Customers by the thousand in one commit, as a migration would bring them. */
static void subscribe_all(struct night *n)
{
    enum { TOGETHER = 1000 };
    for (uint64_t done = 0; done < n->customers; done += TOGETHER) {
        struct command *c = arena_array_of(n->a, struct command, TOGETHER);
        struct request *r = arena_array_of(n->a, struct request, TOGETHER);
        struct outcome *out = arena_array_of(n->a, struct outcome, TOGETHER);
        struct error e = {0};
        for (uint64_t i = 0; i < TOGETHER; i++) {
            c[i].type = COMMAND_SUBSCRIPTION_CREATE;
            c[i].subscription_create = (struct subscription_create_command){
                .user = str_format(n->a, "customer_%llu", (unsigned long long)(done + i)),
                .tier = (done + i) % 3 == 0 ? STR("pro") : STR("basic"),
                .payment_method = STR("pm_card_visa"),
            };
            r[i] = (struct request){.command = &c[i], .actor = STR("bench"), .brief = true};
        }
        bench_must(ledger_execute_batch(out, n->l, r, TOGETHER, true, n->a, &e), &e);
        arena_reset(n->a);
    }
}

static void write_usage(const struct night *n)
{
    struct error e = {0};
    struct file_sink f = {0};
    bench_must(file_begin(&f, n->usage, 0600, &e), &e);
    fprintf(f.stream, "event_id,user_id,usage_type,amount,timestamp\n");
    for (uint64_t i = 0; i < n->readings; i++) {
        fprintf(f.stream, "ev-%09llu,customer_%llu,api_calls,%llu,2025-01-%02lluT10:00:00Z\n",
                (unsigned long long)i, (unsigned long long)(i * 7919 % n->customers),
                (unsigned long long)(i % 97 + 1), (unsigned long long)(i * 28 / n->readings + 1));
    }
    bench_must(file_finish(&f, &e), &e);
}

static uint64_t import_all(struct night *n)
{
    struct error e = {0};
    struct import_report report = {0};
    struct import_options o = {.path = n->usage, .actor = STR("bench")};
    uint64_t begin = world_monotonic_ns();
    bench_must(importer_find(STR("usage"))->run(&report, n->l, &o, n->a, &e), &e);
    return per_second(report.accepted, world_monotonic_ns() - begin);
}

static uint64_t run_night(struct night *n, const char *through, const char *out_dir, bool pdf)
{
    struct error e = {0};
    struct run_summary s = {0};
    struct run_options o = {
        .gateway = &n->gateway, .actor = STR("night"), .out_dir = out_dir, .without_pdf = !pdf, .jobs = 2};
    bench_must(date_parse(&o.through, str_of(through), &e), &e);
    n->clock.now = date_start(o.through);
    uint64_t begin = world_monotonic_ns();
    bench_must(nightly_run(&s, n->l, &o, n->a, &e), &e);
    return per_second(n->customers, world_monotonic_ns() - begin);
}

static uint64_t rebuild_all(struct night *n)
{
    struct error e = {0};
    struct ledger_report report = {0};
    uint64_t begin = world_monotonic_ns();
    bench_must(ledger_rebuild(n->l, NULL, NULL, &e), &e);
    uint64_t ns = world_monotonic_ns() - begin;
    bench_must(ledger_verify(&report, n->l, NULL, NULL, n->a, &e), &e);
    return per_second(report.events + n->readings, ns);
}

static void begin_night(struct night *n)
{
    struct error e = {0};
    struct command load = {0};
    bench_folder(n->dir);
    snprintf(n->ledger, sizeof n->ledger, "%s/ledger", n->dir);
    snprintf(n->key, sizeof n->key, "%s/key", n->dir);
    snprintf(n->usage, sizeof n->usage, "%s/usage.csv", n->dir);
    snprintf(n->out, sizeof n->out, "%s/out", n->dir);
    n->clock.now = date_start(date_of(2025, 1, 1));
    n->a = arena_new();
    struct ledger_options o = options(n);
    bench_must(ledger_create(&o, &e), &e);
    bench_must(ledger_open(&n->l, &o, &e), &e);
    bench_must(catalog_read(&load, "fixtures/catalog.json", n->a, &e), &e);
    run_command(n, &load);
}

int main(void)
{
    static struct figure figures[4];
    static struct night n;
    n.customers = bench_count(20000) / 1000 * 1000;
    n.readings = n.customers * 10;
    n.gateway = gateway_simulator();
    for (unsigned round = 0; round < bench_rounds(); round++) {
        begin_night(&n);
        subscribe_all(&n);
        write_usage(&n);
        figure_add(&figures[0], "usage_import", "readings/s", import_all(&n));
        figure_add(&figures[1], "nightly_run_without_pdf", "subscriptions/s",
                   run_night(&n, "2025-01-31", n.out, false));
        figure_add(&figures[2], "rebuild_views", "events/s", rebuild_all(&n));
        ledger_close(n.l);
        arena_free(n.a);
        bench_folder_remove(n.dir);
    }
    for (size_t i = 0; i < 3; i++) figure_print(&figures[i]);
    return 0;
}
