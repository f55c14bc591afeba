/* SPDX-License-Identifier: MIT */
/* runs.c - the nightly runs: what each looked at, what it invoiced, and the heads of the chain before and
 * after, by which an auditor finds its records. */
#include "projections/fold.h"
#include "projections/listing.h"

static enum err run_need(struct run_row *out, struct views_txn *t, uint64_t run, struct arena *a,
                         struct error *e)
{
    struct view_key k = key_number(SPACE_RUN, run);
    return row_need(out, &row_run, t, &k, "run", run, a, e);
}

static enum err run_put(struct views_txn *t, const struct run_row *row, struct error *e)
{
    struct view_key k = key_number(SPACE_RUN, row->run.run);
    return views_put_record(t, &k, &row_run, row, e);
}

static struct view_key date_key(struct date through)
{
    struct view_key k = view_key(SPACE_DATE_RUN);
    view_key_date(&k, through);
    return k;
}

static enum err start(struct views_txn *t, const struct run_started *v, const struct event_place *place,
                      struct error *e)
{
    struct run_row row = {.run = {.run = v->run,
                                  .through = v->through,
                                  .started_at = place->at,
                                  .started_seq = place->seq,
                                  .head_before = place->prev}};
    struct view_key k = date_key(v->through);
    view_key_u64(&k, v->run);
    enum err err = mark_put(t, &k, e);
    return err != OK ? err : run_put(t, &row, e);
}

static enum err complete(struct views_txn *t, const struct run_completed *v, const struct event_place *place,
                         struct arena *a, struct error *e)
{
    struct run_row row = {0};
    enum err err = run_need(&row, t, v->run, a, e);
    if (err != OK) return err;
    row.run.completed = true;
    row.run.candidates = v->candidates; /* those that failed too */
    row.run.failed = v->failed;
    row.run.finished_at = place->at;
    row.run.finished_seq = place->seq;
    row.run.head_after = place->leaf;
    return run_put(t, &row, e);
}

static enum err check(struct views_txn *t, const struct run_checked *v, struct arena *a, struct error *e)
{
    struct run_row row = {0};
    enum err err = run_need(&row, t, v->run, a, e);
    if (err != OK) return err;
    row.run.checks = v->checks;
    row.run.checks_count = v->checks_count;
    return run_put(t, &row, e);
}

static enum err take_run(void *context, const struct invoice *row, struct error *e)
{
    (void)e;
    *(uint64_t *)context = row->run;
    return OK;
}

/* Of a customer with more to bill than goes into one document, the last step may have none. */
static enum err was_invoiced(bool *out, struct views_txn *t, const struct customer_billed *v, struct arena *a,
                             struct error *e)
{
    struct list_query newest = {.customer = v->customer, .limit = 1, .status = -1};
    uint64_t run = 0;
    *out = v->invoice != 0;
    if (*out) return OK;
    enum err err = list_invoices(t, &newest, take_run, &run, a, e);
    *out = run == v->run;
    return err;
}

static enum err count_customer(struct views_txn *t, const struct customer_billed *v, struct arena *a,
                               struct error *e)
{
    if (v->run == 0 || v->partly) return OK; /* counted with the last of it */
    struct run_row row = {0};
    bool invoiced = false;
    enum err err = run_need(&row, t, v->run, a, e);
    if (err == OK) err = was_invoiced(&invoiced, t, v, a, e);
    if (err != OK) return err;
    row.run.candidates++;
    if (invoiced)
        row.run.invoiced++;
    else
        row.run.skipped++;
    return run_put(t, &row, e);
}

/* The total of a currency; totals are kept in the order of their currencies. */
static struct run_total *total_of(struct run *run, const char *currency, struct arena *a)
{
    struct run_total *totals = arena_array_of(a, struct run_total, run->totals_count + 1);
    size_t at = 0;
    while (at < run->totals_count && strcmp(run->totals[at].gross.currency, currency) < 0) at++;
    bool is_new = at == run->totals_count || strcmp(run->totals[at].gross.currency, currency) != 0;
    size_t after = run->totals_count - at;
    if (at > 0) memcpy(totals, run->totals, at * sizeof(*totals));
    if (after > 0) memcpy(totals + at + (is_new ? 1 : 0), run->totals + at, after * sizeof(*totals));
    if (is_new) {
        struct money zero = money_of(0, currency);
        totals[at] = (struct run_total){.net = zero, .tax = zero, .gross = zero};
        run->totals_count++;
    }
    run->totals = totals;
    return &totals[at];
}

static enum err add_invoice(struct views_txn *t, const struct invoice_finalized *v, struct arena *a,
                            struct error *e)
{
    if (v->run == 0) return OK;
    struct run_row row = {0};
    enum err err = run_need(&row, t, v->run, a, e);
    if (err != OK) return err;
    struct run_total *total = total_of(&row.run, v->total.currency, a);
    total->invoices++;
    err = money_add(&total->net, total->net, net_of(v->subtotal, v->discount), e);
    if (err == OK) err = money_add(&total->tax, total->tax, v->tax, e);
    if (err == OK) err = money_add(&total->gross, total->gross, v->total, e);
    if (err != OK) return err;
    if (row.first_invoice == 0) row.first_invoice = v->invoice;
    row.last_invoice = v->invoice;
    return run_put(t, &row, e);
}

enum err fold_runs(struct views_txn *t, const struct event *ev, const struct event_place *place,
                   struct arena *a, struct error *e)
{
    if (ev->type == EVENT_CUSTOMER_BILLED) return count_customer(t, &ev->customer_billed, a, e);
    if (ev->type == EVENT_INVOICE_FINALIZED) return add_invoice(t, &ev->invoice_finalized, a, e);
    if (ev->type == EVENT_RUN_STARTED) return start(t, &ev->run_started, place, e);
    if (ev->type == EVENT_RUN_COMPLETED) return complete(t, &ev->run_completed, place, a, e);
    if (ev->type == EVENT_RUN_CHECKED) return check(t, &ev->run_checked, a, e);
    return OK;
}

enum err load_run(struct run *out, struct views_txn *t, uint64_t run, struct arena *a, struct error *e)
{
    struct run_row row = {0};
    struct view_key k = key_number(SPACE_RUN, run);
    enum err err = row_load(&row, &row_run, t, &k, "run run_", run, a, e);
    if (err == OK) *out = row.run;
    return err;
}

enum err run_newest(uint64_t *out, struct views_txn *t, struct date through, struct error *e)
{
    struct arena *a = arena_new();
    struct numbers newest = {0};
    struct view_key k = date_key(through);
    enum err err = list_numbers(&newest, t, &k, true, 1, a, e);
    *out = err == OK && newest.count > 0 ? newest.items[0] : 0;
    arena_free(a);
    return err;
}

enum err runs_through(struct run **out, size_t *count, struct views_txn *t, struct date through,
                      struct arena *a, struct error *e)
{
    struct numbers runs = {0};
    struct view_key k = date_key(through);
    *count = 0;
    enum err err = list_numbers(&runs, t, &k, false, 0, a, e);
    *out = arena_array_of(a, struct run, runs.count);
    for (size_t i = 0; err == OK && i < runs.count; i++) {
        struct run_row row = {0};
        err = run_need(&row, t, runs.items[i], a, e);
        (*out)[i] = row.run;
        *count = i + 1;
    }
    return err;
}
