/* SPDX-License-Identifier: MIT */
/* gather_billing.c - what a bill is made of. The nightly run comes here a million times: rows are found by
 * their keys, never by a scan, and what the customer's row says is not there is not looked for. */
#include "projections/gather.h"

#include "ledger/book.h"

static enum err need_subscription(struct subscription *out, struct gathering *g, uint64_t number)
{
    struct view_key k = key_number(SPACE_SUBSCRIPTION, number);
    return row_need(out, &schema_subscription, g->t, &k, "subscription", number, g->arena, g->e);
}

/* The one that was named, if it is the customer's. */
static enum err named_subscription(struct gathering *g, struct str name)
{
    struct facts *f = g->facts;
    struct error unused = {0};
    uint64_t number = 0;
    if (public_id_parse(&number, "sub", name, &unused) != OK) return OK;
    for (size_t i = 0; i < f->subscriptions_count; i++) {
        if (f->subscriptions[i].subscription == number) f->subscription = &f->subscriptions[i];
    }
    if (f->subscription != NULL) return OK;
    struct subscription *s = arena_new_of(g->arena, struct subscription);
    enum err err = load_subscription(s, g->t, number, g->arena, &unused);
    if (err == OK && s->customer == f->customer->customer) f->subscription = s;
    if (err == OK || err == ERR_NOT_FOUND) return OK;
    *g->e = unused;
    return err;
}

/* The only live plan. One whose end was reached, only not noted yet, is meant when there is no other. */
static const struct subscription *only_plan(const struct facts *f)
{
    const struct subscription *plan = NULL, *ended = NULL;
    size_t plans = 0, ends = 0;
    for (size_t i = 0; i < f->subscriptions_count; i++) {
        const struct subscription *s = &f->subscriptions[i];
        if (s->parent != 0) continue;
        bool over = date_is_given(s->cancel_on) && date_compare(s->cancel_on, f->today) <= 0;
        *(over ? &ended : &plan) = s;
        plans += !over;
        ends += over;
    }
    if (plans == 0 && ends == 1) return ended;
    return plans == 1 ? plan : NULL;
}

/* Without a name: the only live plan, or when none is live the newest, or that which the newest was added to.
 */
static enum err meant_subscription(struct gathering *g)
{
    struct facts *f = g->facts;
    f->subscription = only_plan(f);
    if (f->subscriptions_count > 0) return OK;
    struct subscription *s = arena_new_of(g->arena, struct subscription);
    enum err err = need_subscription(s, g, f->customer->subscription);
    if (err == OK && s->parent != 0) err = need_subscription(s, g, s->parent);
    if (err == OK) f->subscription = s;
    return err;
}

enum err gather_subscription(struct gathering *g)
{
    const struct customer *c = g->facts->customer;
    if (c == NULL || c->subscription == 0) return OK;
    struct subscription *live = NULL;
    enum err err =
        live_subscriptions(&live, &g->facts->subscriptions_count, g->t, c->customer, g->arena, g->e);
    g->facts->subscriptions = live;
    if (err != OK) return err;
    struct str name = g->facts->subscription_name;
    return name.len != 0 ? named_subscription(g, name) : meant_subscription(g);
}

struct ended_plan {
    struct gathering *gathering;
    struct subscription *plan;
};

static enum err take_later_end(void *context, const struct history *row, struct error *e)
{
    struct ended_plan *last = context;
    struct gathering *g = last->gathering;
    struct subscription *s = arena_new_of(g->arena, struct subscription);
    (void)e;
    if (row->new_tier.len > 0) return OK; /* no end */
    enum err err = need_subscription(s, g, row->subscription);
    bool newer = last->plan == NULL || date_compare(last->plan->ended_on, s->ended_on) <= 0;
    if (err == OK && s->parent == 0 && newer) last->plan = s;
    return err;
}

enum err gather_ended(struct gathering *g)
{
    const struct customer *c = g->facts->customer;
    struct ended_plan last = {.gathering = g};
    if (c == NULL || c->subscription == 0) return OK;
    struct list_query of_customer = {.customer = c->customer};
    enum err err = list_history(g->t, &of_customer, take_later_end, &last, g->arena, g->e);
    g->facts->ended = last.plan;
    return err;
}

enum err gather_usage(struct gathering *g)
{
    struct facts *f = g->facts;
    struct usage_total *totals = NULL;
    struct date from = {0};
    for (size_t i = 0; i < f->subscriptions_count; i++) {
        const struct subscription *s = &f->subscriptions[i];
        struct date open = usage_period(s, s->usage_through).start;
        if (i == 0 || date_compare(open, from) < 0) from = open;
    }
    if (f->subscriptions_count == 0) return OK;
    enum err err = usage_with_levels(&totals, &f->usage_count, g->t, f->customer->customer, from, f->catalog,
                                     g->arena, g->e);
    f->usage = totals;
    return err == OK ? gather_advances(g) : err;
}

enum err gather_draft(struct gathering *g)
{
    const struct customer *c = g->facts->customer;
    if (c == NULL || c->draft == 0) return OK;
    struct draft *d = arena_new_of(g->arena, struct draft);
    bool found = false;
    enum err err = draft_of(&found, d, g->t, c->customer, g->arena, g->e);
    if (err == OK && found) g->facts->draft = d;
    return err;
}

enum err gather_items(struct gathering *g)
{
    const struct customer *c = g->facts->customer;
    struct item *items = NULL;
    if (c == NULL || c->pending_items == 0) return OK;
    enum err err = list_items(&items, &g->facts->items_count, g->t, c->customer, g->arena, g->e);
    g->facts->items = items;
    return err;
}

/* Alerts matter only where there is credit that can fall below something. */
enum err gather_wallet(struct gathering *g)
{
    const struct customer *c = g->facts->customer;
    struct wallet_grant *grants = NULL;
    struct alert_list alerts = {0};
    if (c == NULL || c->open_grants == 0) return OK;
    enum err err = wallet_get(&grants, &g->facts->grants_count, g->t, c->customer, g->arena, g->e);
    g->facts->grants = grants;
    if (err != OK || c->alerts == 0) return err;
    err = alerts_get(&alerts, g->t, c->customer, g->arena, g->e);
    g->facts->alerts = alerts.alerts;
    g->facts->alerts_count = alerts.alerts_count;
    return err;
}

/* Does an open invoice have a due date that is over? */
static bool is_overdue(const struct gathering *g)
{
    const struct customer_row *c = g->customer;
    for (size_t i = 0; c != NULL && i < c->open_count; i++) {
        if (date_compare(c->open[i].due, g->facts->today) < 0) return true;
    }
    return false;
}

/* A payment may be the one that subscriptions of an overdue customer wait for. */
enum err gather_stopped(struct gathering *g)
{
    if (!is_overdue(g)) return OK;
    enum err err = gather_subscription(g);
    return err == OK ? gather_usage(g) : err;
}

/* Oldest first, as the row lists them; with their lines only where it matters what they are for. A payment
 * for a named invoice pays no other: it needs none of them, but to see whether all that is overdue is paid.
 */
enum err gather_open_invoices(struct gathering *g)
{
    if (g->customer == NULL || (g->facts->invoice != NULL && !is_overdue(g))) return OK;
    g->facts->open_invoices_known = true;
    if (g->customer->open_count == 0) return OK;
    size_t count = g->customer->open_count;
    struct invoice *rows = arena_array_of(g->arena, struct invoice, count);
    for (size_t i = 0; i < count; i++) {
        uint64_t number = g->customer->open[i].invoice;
        struct view_key k = key_number(SPACE_INVOICE, number);
        enum err err = row_need(&rows[i], &schema_invoice, g->t, &k, "invoice", number, g->arena, g->e);
        if (err != OK) return err;
        if (g->command->type == COMMAND_CUSTOMER_END_DUNNING) continue;
        rows[i].lines = NULL;
        rows[i].lines_count = 0;
    }
    g->facts->open_invoices = rows;
    g->facts->open_invoices_count = count;
    return OK;
}

enum err gather_payments(struct gathering *g)
{
    const struct customer *c = g->facts->customer;
    struct transaction *payments = NULL;
    if (c == NULL) return OK;
    enum err err = refundable_get(&payments, &g->facts->payments_count, g->t, c->customer, g->arena, g->e);
    g->facts->payments = payments;
    return err;
}

static struct date later(struct date a, struct date b)
{
    return date_compare(a, b) < 0 ? b : a;
}

/* "DE-INV-2025": the series of our company at hand, of a kind of documents and of a year. */
static struct str series_name(const struct gathering *g, const char *kind, int year)
{
    struct str entity = g->facts->seller == NULL ? STR_NONE : g->facts->seller->entity;
    const char *hyphen = entity.len > 0 ? "-" : "";
    return str_format(g->arena, "%.*s%s%s-%d", STR_ARG(entity), hyphen, kind, year);
}

/* A document is issued on the command's date, and never before one that its series has already. */
enum err gather_series(struct gathering *g)
{
    struct facts *f = g->facts;
    const struct command *c = g->command;
    bool dated = c->type == COMMAND_CUSTOMER_BILL && date_is_given(c->customer_bill.through);
    struct date date = dated ? bill_through(f, &c->customer_bill) : f->today;
    int year = 0, month = 0, day = 0;
    date_split(date, &year, &month, &day);
    struct str invoices = series_name(g, "INV", year), credit_notes = series_name(g, "CN", year);
    enum err err = series_get(&f->invoice_series, g->t, invoices, g->arena, g->e);
    if (err == OK) err = series_get(&f->credit_note_series, g->t, credit_notes, g->arena, g->e);
    f->issue_date =
        later(date, later(f->invoice_series.last_issue_date, f->credit_note_series.last_issue_date));
    return err;
}

/* ---- what may be given back ---- */

static void want(struct numbers *wanted, uint64_t invoice, struct arena *a)
{
    for (size_t i = 0; i < wanted->count; i++) {
        if (wanted->items[i] == invoice) return;
    }
    if (invoice != 0) numbers_add(wanted, invoice, a);
}

/* The nightly run gives back only what a pause, a change or an end has left for it. */
static bool may_be_credited(const struct subscription *s, bool nightly)
{
    bool waits = date_is_given(s->paused_on) || date_is_given(s->change_on) || date_is_given(s->cancel_on);
    return !nightly || waits;
}

enum err gather_credited(struct gathering *g)
{
    struct facts *f = g->facts;
    struct numbers wanted = {0};
    bool nightly = g->command->type == COMMAND_CUSTOMER_BILL;
    for (size_t i = 0; i < f->items_count; i++) want(&wanted, f->items[i].line.credits, g->arena);
    for (size_t i = 0; i < f->subscriptions_count; i++) {
        const struct subscription *s = &f->subscriptions[i];
        for (size_t k = 0; may_be_credited(s, nightly) && k < s->charges_count; k++)
            want(&wanted, s->charges[k].invoice, g->arena);
    }
    for (size_t i = 0; i < f->advances_count; i++) {
        for (size_t k = 0; k < f->advances[i].charges_count; k++)
            want(&wanted, f->advances[i].charges[k].invoice, g->arena);
    }
    struct invoice *rows = arena_array_of(g->arena, struct invoice, wanted.count);
    enum err err = OK;
    for (size_t i = 0; i < wanted.count && err == OK; i++) {
        struct view_key k = key_number(SPACE_INVOICE, wanted.items[i]);
        err = row_need(&rows[i], &schema_invoice, g->t, &k, "invoice", wanted.items[i], g->arena, g->e);
    }
    f->credited = rows;
    f->credited_count = wanted.count;
    return err;
}

static void want_payers(struct numbers *wanted, const struct invoice *v, struct arena *a)
{
    for (size_t i = 0; v != NULL && i < v->wallet_count; i++) want(wanted, v->wallet[i].grant, a);
}

/* Asks for nothing where prepaid credit paid nothing. */
enum err gather_payers(struct gathering *g)
{
    struct facts *f = g->facts;
    struct numbers wanted = {0};
    want_payers(&wanted, f->invoice, g->arena);
    for (size_t i = 0; i < f->credited_count; i++) want_payers(&wanted, &f->credited[i], g->arena);
    if (f->customer == NULL || wanted.count == 0) return OK;
    struct wallet_grant *payers = arena_array_of(g->arena, struct wallet_grant, wanted.count);
    f->payers = payers;
    f->payers_count = wanted.count;
    return grants_get(payers, g->t, f->customer->customer, &wanted, g->arena, g->e);
}
