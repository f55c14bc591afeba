/* SPDX-License-Identifier: MIT */
/* metrics.h - billing/http's own: figures of a server for whoever watches it, as OpenMetrics 1.0 text. They
 * name no customer. */
#ifndef DAYBOOK_BILLING_HTTP_METRICS_H
#define DAYBOOK_BILLING_HTTP_METRICS_H

#include <stdatomic.h>

#include "ledger/ledger.h"

enum { METRICS_CLASSES = 6, METRICS_STEPS = 9 };
struct metrics {
    atomic_uint_fast64_t requests[METRICS_CLASSES]; /* answered with 1xx … 5xx; 0: none */
    atomic_uint_fast64_t steps[METRICS_STEPS]; /* that took no longer than so much; the last one: longer */
    atomic_uint_fast64_t took_us;
};
void metrics_count(struct metrics *m, unsigned status, uint64_t took_ns);
enum err metrics_text(struct str *out, struct metrics *m, struct ledger *l, struct arena *a,
                      struct error *e) MUST_USE;

#endif
