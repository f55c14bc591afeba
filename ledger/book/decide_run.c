/* SPDX-License-Identifier: MIT */
/* decide_run.c - the nightly run's begin and end, and how the books tied behind it. A run that was killed is
 * resumed under its own number; a date whose work is done gets no second run. */
#include "ledger/book/decide_shared.h"

struct date billed_through(struct date through, struct date seller_today, struct date today)
{
    bool runs_ahead = date_compare(through, seller_today) > 0;
    return runs_ahead || date_compare(through, today) <= 0 ? through : today;
}

struct date bill_through(const struct facts *f, const struct customer_bill_command *c)
{
    bool by_run = c->run != 0 || c->mode == BILL_DRAFT;
    return by_run ? billed_through(c->through, f->seller_today, f->today) : c->through;
}

enum err decide_run_start(struct decision *out, const struct facts *f, const struct run_start_command *c,
                          struct arena *a, struct error *e)
{
    enum { DAYS_AHEAD_MAX = 366 };
    if (date_days_between(f->today, c->through) > DAYS_AHEAD_MAX) {
        return fail(e, ERR_INVALID, "through %.*s: more than %d days ahead",
                    STR_ARG(date_text(a, c->through)), DAYS_AHEAD_MAX);
    }
    if (f->run != NULL && !f->run->completed) return OK; /* resume */
    if (f->run != NULL && !c->due) return OK;            /* all done before */
    struct event *ev = event_add(&out->events, EVENT_RUN_STARTED, a);
    ev->run_started = (struct run_started){.run = f->counters.run, .through = c->through};
    return OK;
}

/* Once for each run: what is found later is another night's. */
enum err decide_run_check(struct decision *out, const struct facts *f, const struct run_check_command *c,
                          struct arena *a, struct error *e)
{
    uint64_t failing = 0;
    if (f->run == NULL) return fail(e, ERR_NOT_FOUND, "no run %ju", (uintmax_t)c->run);
    if (!f->run->completed) return fail(e, ERR_REFUSED, "run %ju is not completed", (uintmax_t)c->run);
    if (f->run->checks_count > 0 || c->checks_count == 0) return OK;
    for (size_t i = 0; i < c->checks_count; i++) failing += !c->checks[i].holds;
    event_add(&out->events, EVENT_RUN_CHECKED, a)->run_checked =
        (struct run_checked){.run = f->run->run,
                             .through = f->run->through,
                             .failing = failing,
                             .checks = c->checks,
                             .checks_count = c->checks_count};
    return OK;
}

enum err decide_run_complete(struct decision *out, const struct facts *f,
                             const struct run_complete_command *c, struct arena *a, struct error *e)
{
    if (f->run == NULL) return fail(e, ERR_NOT_FOUND, "no run %llu", (unsigned long long)c->run);
    if (f->run->completed) return OK;
    struct event *ev = event_add(&out->events, EVENT_RUN_COMPLETED, a);
    ev->run_completed = (struct run_completed){.run = f->run->run,
                                               .through = f->run->through,
                                               .candidates = f->run->candidates + c->failed,
                                               .invoiced = f->run->invoiced,
                                               .skipped = f->run->skipped,
                                               .failed = c->failed,
                                               .totals = f->run->totals,
                                               .totals_count = f->run->totals_count};
    return OK;
}
