/* SPDX-License-Identifier: MIT */
/* usage.c - what customers used, by usage type and period: how much of it was included, what is over that,
 * what it was billed with or that it is not billed yet. Billed periods are as they were rated, by the tiers
 * in force then; open ones are as the readings stand. */
#include "reports/books.h"

static const char header[] =
    "customer_id,subscription_id,tier,usage_type,aggregation,from,to,quantity,included,unlimited,overage,"
    "readings,state,currency,amount,corrected,document_numbers";

enum err report_usage(struct ledger *l, const struct report_query *q, const char *path, struct arena *a,
                      struct error *e);

struct usages {
    struct report_file file;
    struct arena *customers, *windows; /* rows of the lists that are walked */
    const struct customer *customer;
    struct date newest; /* later periods have not begun */
};

/* One usage type in one period of a subscription. */
struct used {
    uint64_t subscription;
    struct str tier, usage_type;
    const char *aggregation;
    struct period period;
    struct decimal quantity;
    uint64_t readings;
    struct quota quota;
    const char *state;
    const char *currency;
    struct money amount, corrected; /* not given: it is not billed */
    struct str documents;
};

/* ---- rows ---- */

static enum err overage_of(struct decimal *out, const struct used *v, struct error *e)
{
    *out = (struct decimal){0};
    if (!v->quota.known || v->quota.unlimited || decimal_compare(v->quantity, v->quota.included) <= 0)
        return OK;
    return decimal_subtract(out, v->quantity, v->quota.included, e);
}

static enum err put(struct usages *u, const struct used *v, struct error *e)
{
    struct sheet *s = u->file.sheet;
    struct decimal over = {0};
    enum err err = overage_of(&over, v, e);
    if (err != OK) return err;
    sheet_text(s, u->customer->user);
    sheet_text(s, public_id(u->file.row, "sub", v->subscription));
    sheet_text(s, v->tier);
    sheet_text(s, v->usage_type);
    sheet_word(s, v->aggregation);
    sheet_date(s, v->period.start);
    sheet_date(s, date_add_days(v->period.end, period_days(v->period) > 0 ? -1 : 0));
    sheet_decimal(s, v->quantity);
    if (v->quota.known && !v->quota.unlimited)
        sheet_decimal(s, v->quota.included);
    else
        sheet_empty(s);
    sheet_word(s, v->quota.unlimited ? "yes" : "no");
    sheet_decimal(s, over);
    sheet_count(s, v->readings);
    sheet_word(s, v->state);
    sheet_word(s, v->currency);
    sheet_money(s, v->amount);
    sheet_money(s, v->corrected);
    sheet_text(s, v->documents);
    sheet_end_row(s);
    const struct money sums[CONTROL_SUMS_MAX] = {
        money_is_given(v->amount) ? v->amount : money_of(0, v->currency), v->corrected};
    return report_count(&u->file, sums, e);
}

/* The tier that bills it, else the newest of the period. */
static struct str tier_of(const struct quota *q, const struct subscription *s)
{
    if (q->tier != NULL) return q->tier->product;
    return s->quotas_count > 0 ? s->quotas[s->quotas_count - 1].product : s->terms.product;
}

/* ---- what was billed ---- */

static enum err add_document(struct used *v, struct usages *u, uint64_t invoice, struct error *e)
{
    struct book_document d = {0};
    struct arena *a = u->file.row;
    enum err err = book_document(&d, &u->file, invoice, e);
    if (err == OK)
        v->documents = str_format(a, "%.*s%s%.*s", STR_ARG(v->documents), v->documents.len > 0 ? "; " : "",
                                  STR_ARG(d.number));
    return err;
}

/* The lines that charged it; corrections by re-rating are the window's to say. */
static enum err add_charges(struct used *v, struct usages *u, const struct billed_window *w, struct error *e)
{
    enum err err = OK;
    uint64_t last = 0;
    v->amount = v->corrected = money_of(0, v->currency);
    for (size_t i = 0; i < w->charges_count && err == OK; i++) {
        const struct window_charge *c = &w->charges[i];
        if (!str_equal(c->usage_type, v->usage_type)) continue;
        if (c->invoice == 0) v->state = "waiting";
        if (c->invoice != 0 && c->invoice != last) err = add_document(v, u, c->invoice, e);
        last = c->invoice;
        if (err == OK && !c->rerated) err = money_add(&v->amount, v->amount, c->amount, e);
    }
    return err;
}

static const struct rated_usage *rated_of(const struct usage_window *w, struct str usage_type)
{
    for (size_t i = 0; i < w->rated_count; i++) {
        if (str_equal(w->rated[i].usage_type, usage_type)) return &w->rated[i];
    }
    return NULL;
}

/* As it was rated; what nothing is billed for, as it is. *there: it was used, and a tier speaks of it. */
static enum err measure(bool *there, struct used *v, const struct usage_window *w,
                        const struct subscription *s, const struct customer_windows *c, struct error *e)
{
    const struct rated_usage *rated = rated_of(w, v->usage_type);
    struct usage_measure m = {0};
    enum err err = usage_quota(&v->quota, s, v->usage_type, v->period, e);
    *there = v->quota.known;
    if (err != OK) return err;
    if (rated != NULL) {
        v->quantity = rated->quantity;
        v->readings = rated->readings;
        v->corrected = rated->corrected;
        return OK;
    }
    err =
        totals_measure(&m, c->usage, c->usage_count, v->usage_type, v->period, whole_month(s, v->period), e);
    if (err == OK) err = exact_decimal(&v->quantity, m.quantity, e);
    v->readings = m.readings;
    *there = *there && (m.readings > 0 || !decimal_is_zero(v->quantity));
    return err;
}

static bool is_first_of_type(const struct customer_windows *c, size_t at)
{
    for (size_t i = 0; i < at; i++) {
        if (str_equal(c->usage[i].usage_type, c->usage[at].usage_type)) return false;
    }
    return true;
}

static enum err put_window(struct usages *u, const struct customer_windows *c, const struct billed_window *w,
                           struct error *e)
{
    struct subscription s = window_subscription(&w->window);
    enum err err = OK;
    for (size_t i = 0; i < c->usage_count && err == OK; i++) {
        const struct usage_total *t = &c->usage[i];
        struct used v = {.subscription = w->window.subscription,
                         .usage_type = t->usage_type,
                         .aggregation = choice_aggregation.words[t->aggregation],
                         .period = {w->window.from, w->window.to},
                         .state = "billed",
                         .currency = str_cstring(u->file.row, w->window.currency)};
        bool there = false;
        if (!is_first_of_type(c, i)) continue;
        err = measure(&there, &v, &w->window, &s, c, e);
        if (err != OK || !there) continue;
        struct money corrected = v.corrected;
        err = add_charges(&v, u, w, e);
        if (money_is_given(corrected)) v.corrected = corrected;
        v.tier = tier_of(&v.quota, &s);
        if (err == OK) err = put(u, &v, e);
    }
    return err;
}

static enum err put_windows(void *context, const struct customer_windows *c, struct error *e)
{
    struct usages *u = context;
    enum err err = OK;
    for (size_t i = 0; i < c->windows_count && err == OK; i++) err = put_window(u, c, &c->windows[i], e);
    return err;
}

/* ---- what is not billed yet ---- */

static enum err put_open_period(struct usages *u, const struct subscription *s, struct period p,
                                struct error *e)
{
    struct report_file *f = &u->file;
    struct usage_quantity *rows = NULL;
    struct usage_when when = {p, whole_month(s, p), u->newest};
    size_t count = 0;
    enum err err = list_quantities(&rows, &count, f->txn, s->customer, &when, f->row, e);
    for (size_t i = 0; i < count && err == OK; i++) {
        struct used v = {.subscription = s->subscription,
                         .usage_type = rows[i].usage_type,
                         .aggregation = "",
                         .period = p,
                         .readings = rows[i].measure.readings,
                         .state = "open",
                         .currency = s->terms.amount.currency};
        err = usage_quota(&v.quota, s, v.usage_type, p, e);
        if (err == OK) err = exact_decimal(&v.quantity, rows[i].measure.quantity, e);
        v.tier = tier_of(&v.quota, s);
        if (err == OK && v.quota.known) err = put(u, &v, e);
    }
    return err;
}

static enum err put_open(struct usages *u, const struct subscription *s, struct error *e)
{
    const struct report_query *q = u->file.query;
    enum err err = OK;
    if (subscription_is_elsewhere(s) || s->quotas_count == 0) return OK;
    struct period p = usage_period(s, s->usage_through);
    while (err == OK && period_days(p) > 0 && date_compare(p.start, u->newest) <= 0) {
        if (report_wants(q, p.start)) err = put_open_period(u, s, p, e);
        p = usage_period(s, p.end);
    }
    return err;
}

/* ---- customers ---- */

static enum err put_customer(void *context, const struct customer *c, struct error *e)
{
    struct usages *u = context;
    struct report_file *f = &u->file;
    struct window_query windows = {.customer = c->customer, .from = f->query->from, .to = f->query->to};
    struct subscription *live = NULL;
    size_t count = 0;
    u->customer = c;
    enum err err = list_windows(f->txn, &windows, put_windows, u, u->windows, e);
    if (err == OK) err = live_subscriptions(&live, &count, f->txn, c->customer, f->row, e);
    for (size_t i = 0; i < count && err == OK; i++) err = put_open(u, &live[i], e);
    report_next(f);
    arena_reset(u->windows);
    arena_reset(u->customers);
    return err;
}

static enum err put_all(struct usages *u, struct error *e)
{
    const struct report_file *f = &u->file;
    struct list_query all = {.status = -1};
    struct customer one = {0};
    if (f->query->customer == 0) return list_customers(f->txn, &all, put_customer, u, u->customers, e);
    enum err err = load_customer(&one, f->txn, f->query->customer, u->customers, e);
    return err == OK ? put_customer(u, &one, e) : err;
}

enum err report_usage(struct ledger *l, const struct report_query *q, const char *path, struct arena *a,
                      struct error *e)
{
    struct usages u = {.file = {.ledger = l,
                                .query = q,
                                .name = "usage",
                                .path = path,
                                .arena = a,
                                .sums = {"amount", "corrected"}},
                       .customers = arena_new(),
                       .windows = arena_new()};
    struct instant last = {0};
    enum err err = report_begin(&u.file, header, e);
    if (err == OK) err = report_time(&last, &u.file, e);
    u.newest = instant_date(last);
    if (err == OK && date_compare(u.file.day, u.newest) > 0) u.newest = u.file.day;
    if (err == OK) err = put_all(&u, e);
    arena_free(u.customers);
    arena_free(u.windows);
    return report_end(&u.file, err, e);
}
