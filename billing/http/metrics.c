/* SPDX-License-Identifier: MIT */
/* metrics.c - see metrics.h. */
#include "billing/http/metrics.h"

#include "projections/projections.h"

/* Upper ends of the steps, in microseconds and as OpenMetrics tells them, in seconds. */
static const struct {
    uint64_t us;
    const char *seconds;
} steps[METRICS_STEPS - 1] = {{500, "0.0005"}, {1000, "0.001"}, {5000, "0.005"},  {10000, "0.01"},
                              {50000, "0.05"}, {100000, "0.1"}, {1000000, "1.0"}, {10000000, "10.0"}};

void metrics_count(struct metrics *m, unsigned status, uint64_t took_ns)
{
    uint64_t us = took_ns / 1000;
    size_t step = 0;
    while (step + 1 < METRICS_STEPS && us > steps[step].us) step++;
    unsigned class = status / 100 < METRICS_CLASSES ? status / 100 : 0;
    (void)atomic_fetch_add(&m->requests[class], 1);
    (void)atomic_fetch_add(&m->steps[step], 1);
    (void)atomic_fetch_add(&m->took_us, us);
}

static void put_requests(struct buffer *b, struct metrics *m)
{
    buffer_print(b,
                 "# TYPE daybook_requests counter\n# HELP daybook_requests Requests that were answered.\n");
    for (unsigned i = 1; i < METRICS_CLASSES; i++)
        buffer_print(b, "daybook_requests_total{status=\"%uxx\"} %ju\n", i, (uintmax_t)m->requests[i]);
}

static void put_duration(struct buffer *b, struct metrics *m)
{
    uint64_t sum = 0, us = m->took_us;
    buffer_print(
        b,
        "# TYPE daybook_request_duration_seconds histogram\n# UNIT daybook_request_duration_seconds seconds\n"
        "# HELP daybook_request_duration_seconds From the whole request to its answer.\n");
    for (size_t i = 0; i < METRICS_STEPS; i++) {
        sum += m->steps[i];
        buffer_print(b, "daybook_request_duration_seconds_bucket{le=\"%s\"} %ju\n",
                     i + 1 < METRICS_STEPS ? steps[i].seconds : "+Inf", (uintmax_t)sum);
    }
    buffer_print(
        b, "daybook_request_duration_seconds_sum %ju.%06ju\ndaybook_request_duration_seconds_count %ju\n",
        (uintmax_t)(us / 1000000), (uintmax_t)(us % 1000000), (uintmax_t)sum);
}

static void put_gauge(struct buffer *b, const char *name, const char *help, uint64_t value)
{
    buffer_print(b, "# TYPE daybook_%s gauge\n# HELP daybook_%s %s\ndaybook_%s %ju\n", name, name, help, name,
                 (uintmax_t)value);
}

enum err metrics_text(struct str *out, struct metrics *m, struct ledger *l, struct arena *a, struct error *e)
{
    struct buffer b = {.arena = a};
    struct views_txn *t = NULL;
    struct state_counts counts = {0};
    uint64_t records = 0;
    enum err err = ledger_size(&records, l, e);
    if (err == OK) err = ledger_read_begin(&t, l, e);
    if (err != OK) return err;
    err = count_state(&counts, t, e);
    ledger_read_end(l, t);
    if (err != OK) return err;
    put_requests(&b, m);
    put_duration(&b, m);
    put_gauge(&b, "records", "Records of the log.", records);
    put_gauge(&b, "customers", "Customers.", counts.customers);
    put_gauge(&b, "subscriptions_active", "Subscriptions that are active.", counts.active_subscriptions);
    put_gauge(&b, "invoices", "Invoices and credit notes.", counts.invoices);
    put_gauge(&b, "transactions", "Payments and refunds.", counts.transactions);
    put_gauge(&b, "readings", "Usage readings that were counted.", counts.readings);
    put_gauge(&b, "runs", "Nightly runs.", counts.runs);
    buffer_print(&b, "# EOF\n");
    *out = (struct str){(const char *)b.ptr, b.len};
    return OK;
}
