/* SPDX-License-Identifier: MIT */
/* ask_price.c - what usage that was billed would have cost by another catalog. */
#include "billing/answers.h"

static json_t *row_json(const struct price_row *r, uint64_t customers)
{
    json_t *j = object_new();
    member_text_or_null(j, "user_id", r->user);
    member_count(j, "customers", customers);
    member_count(j, "periods", r->periods);
    member_count(j, "not_priced", r->unpriced);
    member_money(j, "billed", r->billed);
    member_money(j, "would_be", r->would_be);
    member_money(j, "difference", r->difference);
    member_text(j, "currency", str_of(r->billed.currency));
    return j;
}

static enum err tell_row(void *context, const struct price_row *r, struct error *e)
{
    const struct call *c = context;
    return c->answer->take(c->answer->self, row_json(r, 1), true, e);
}

/* The catalog that is asked about: a version, or a file. */
static enum err load_asked(struct catalog *out, uint64_t *customer, const struct call *c, struct error *e)
{
    const struct usage_price_query *q = c->query;
    struct views_txn *t = NULL;
    bool file = q->catalog.len != 0;
    if (file == (q->version != 0)) return fail(e, ERR_USAGE, "either --version or --catalog is wanted");
    enum err err = service_days(q->from, q->to, e);
    if (err == OK && file) err = read_catalog_file(out, c, q->catalog, e);
    if (err == OK) err = ledger_read_begin(&t, c->service->ledger, e);
    if (err != OK) return err;
    if (!file) err = load_catalog(out, t, q->version, c->arena, e);
    if (err == OK) err = service_customer(customer, t, q->customer, c->arena, e);
    ledger_read_end(c->service->ledger, t);
    return err;
}

/* Rows of customers as they are found; behind them a row for each currency, which names nobody. */
enum err ask_usage_price(const struct call *c, struct error *e)
{
    const struct usage_price_query *q = c->query;
    struct catalog catalog = {0};
    struct price_summary s = {0};
    struct call told = *c;
    struct price_options o = {
        .catalog = &catalog, .from = q->from, .to = q->to, .row = tell_row, .context = &told};
    enum err err = load_asked(&catalog, &o.customer, c, e);
    if (err == OK) err = usage_price(&s, c->service->ledger, &o, c->arena, e);
    for (size_t i = 0; i < s.totals_count && err == OK; i++)
        err = c->answer->take(c->answer->self, row_json(&s.totals[i], s.customers[i]), true, e);
    return err;
}
