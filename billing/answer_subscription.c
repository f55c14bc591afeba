/* SPDX-License-Identifier: MIT */
/* answer_subscription.c - subscriptions and usage as answers, with the periods that today lies in. */
#include "billing/answers.h"

static struct date later(struct date a, struct date b)
{
    return date_compare(a, b) < 0 ? b : a;
}

/* The anchored period that holds today, or the first one when the subscription has not begun. */
static struct period current_period(const struct subscription *s, struct date today)
{
    struct period p = interval_period(s->anchor, (uint32_t)s->anchor_day, terms_interval(&s->terms),
                                      later(today, s->start));
    p.start = later(p.start, s->start);
    return p;
}

/* It ends where it is billed, and nobody takes it over. */
static bool ends_elsewhere(const struct subscription *s)
{
    return subscription_is_elsewhere(s) && date_is_given(s->ends_there) && !date_is_given(s->take_over_on);
}

/* When fees are charged next; none while nothing is. A period that is due already is the run's to catch up:
 * what comes next is the one behind it. */
static struct date next_billing_date(const struct subscription *s, struct date today)
{
    struct date next = s->charged_through;
    if (s->status == SUBSCRIPTION_PAUSED) return s->resume_on;
    if (!subscription_is_entitled(s)) return (struct date){0};
    if (ends_elsewhere(s)) return (struct date){0};
    if (s->terms.in_arrears || date_compare(next, today) <= 0) next = current_period(s, today).end;
    bool ends_before = date_is_given(s->cancel_on) && date_compare(s->cancel_on, next) <= 0;
    return ends_before ? (struct date){0} : next;
}

static void put_terms(json_t *j, const struct terms *t)
{
    member_interval(j, t->unit, t->interval_count);
    member_money(j, "price", t->amount);
    member_text(j, "currency", str_of(t->amount.currency));
}

static void put_price(json_t *j, const char *name, struct decimal price, const char *currency)
{
    struct arena *a = arena_new();
    member_text(j, name, price_text(a, price, currency));
    arena_free(a);
}

/* What is charged beside the tier's own price. */
static json_t *fees_json(const struct terms *t)
{
    json_t *list = rows_new();
    for (size_t i = 0; i < t->fees_count; i++) {
        const struct fee *f = &t->fees[i];
        json_t *j = object_new();
        member_text(j, "code", f->code);
        member_text(j, "name", f->name);
        member_flag(j, "per_seat", f->per_seat);
        member_text(j, "model", str_of(choice_pricing_model.words[f->model]));
        put_price(j, "unit_price", f->unit_price, t->amount.currency);
        rows_add(list, j);
    }
    return list;
}

/* What was agreed with this customer beside the price. */
static json_t *agreed_json(const struct terms *t)
{
    bool commits = !decimal_is_zero(t->agreed_commitment);
    if (t->agreed_prices.len == 0 && t->agreed_quotas.len == 0 && !commits) return json_null();
    json_t *j = object_new();
    member_text_or_null(j, "unit_prices", t->agreed_prices);
    member_text_or_null(j, "quotas", t->agreed_quotas);
    if (commits)
        member_money(j, "commitment", t->commitment);
    else
        member_put(j, "commitment", json_null());
    return j;
}

static json_t *scheduled_change_json(const struct subscription *s)
{
    if (!date_is_given(s->change_on)) return json_null();
    json_t *j = object_new();
    member_date(j, "on", s->change_on);
    member_text(j, "tier", s->next_terms.product);
    put_terms(j, &s->next_terms);
    member_count(j, "quantity", s->next_quantity);
    member_put(j, "agreed", agreed_json(&s->next_terms));
    return j;
}

json_t *subscription_json(const struct subscription *s, struct date today, struct names *n)
{
    json_t *j = object_new();
    struct period p = current_period(s, today);
    bool live = subscription_is_live(s), trial = s->status == SUBSCRIPTION_TRIALING;
    if (trial) p = (struct period){s->start, s->trial_end};
    member_id(j, "subscription_id", "sub", s->subscription);
    member_user(j, n, s->customer);
    member_text(j, "tier", s->terms.product);
    member_text(j, "tier_name", s->terms.product_name);
    member_text(j, "status", str_of(choice_subscription_status.words[s->status]));
    put_terms(j, &s->terms);
    member_date(j, "start", s->start);
    member_date(j, "current_period_start", live ? p.start : (struct date){0});
    member_date(j, "current_period_end", live ? p.end : (struct date){0});
    member_date(j, "next_billing_date", next_billing_date(s, today));
    struct date cancel_on = ends_elsewhere(s) ? s->ends_there : s->cancel_on;
    member_flag(j, "cancel_at_period_end", live && date_is_given(cancel_on));
    member_date(j, "cancel_on", live ? cancel_on : (struct date){0});
    member_date(j, "ended_on", s->ended_on);
    member_put(j, "scheduled_change", scheduled_change_json(s));
    member_count(j, "catalog_version", s->terms.catalog_version);
    member_count(j, "quantity", s->quantity);
    member_id(j, "added_to", "sub", s->parent);
    member_put(j, "fees", fees_json(&s->terms));
    member_put(j, "agreed", agreed_json(&s->terms));
    member_flag(j, "in_arrears", s->terms.in_arrears);
    member_date(j, "trial_end", s->trial_end);
    member_date(j, "paused_on", s->paused_on);
    member_date(j, "resume_on", s->resume_on);
    member_date(j, "charged_through", s->charged_through);
    member_text(j, "billing_owner", str_of(choice_billing_owner.words[s->billing_owner]));
    member_text_or_null(j, "reference", s->reference);
    member_date(j, "take_over_on", s->take_over_on);
    return j;
}

/* ---- periods ---- */

static struct period calendar_month(struct date today)
{
    int year = 0, month = 0, day = 0;
    date_split(today, &year, &month, &day);
    struct date start = date_of(year, month, 1);
    return (struct period){start, date_add_days(start, date_days_in_month(year, month))};
}

static enum err active_subscription(bool *found, struct subscription *s, const struct customer *c,
                                    struct views_txn *t, struct arena *a, struct error *e)
{
    *found = false;
    if (c->subscription == 0) return OK;
    enum err err = find_subscription(s, t, c->user, STR_NONE, a, e);
    *found = err == OK && subscription_is_live(s);
    return err;
}

enum err usage_period_now(struct period *out, const struct customer *c, struct date today,
                          struct views_txn *t, struct arena *a, struct error *e)
{
    struct subscription s = {0};
    bool found = false;
    enum err err = active_subscription(&found, &s, c, t, a, e);
    if (err != OK) return err;
    *out = found ? usage_period(&s, later(today, s.usage_through)) : calendar_month(today);
    return OK;
}

enum err subscription_period_now(struct period *out, const struct customer *c, struct date today,
                                 struct views_txn *t, struct arena *a, struct error *e)
{
    struct subscription s = {0};
    bool found = false;
    enum err err = active_subscription(&found, &s, c, t, a, e);
    if (err != OK) return err;
    *out = found ? current_period(&s, today) : calendar_month(today);
    return OK;
}

/* ---- usage ---- */

struct usage_rows {
    json_t *answer, *list;
    const struct subscription *subscription; /* NULL: none */
    struct period period;
    struct arena *arena;
};

/* The seed's flat form beside the list: "api_calls", "api_calls_limit". A usage type that is called like
 * another member stands in the list only. */
static void put_flat(struct usage_rows *u, struct str usage_type, struct decimal total, const struct quota *q)
{
    const char *name = str_cstring(u->arena, usage_type);
    const char *limit = str_cstring(u->arena, str_format(u->arena, "%s_limit", name));
    if (json_object_get(u->answer, name) != NULL || json_object_get(u->answer, limit) != NULL) return;
    member_decimal(u->answer, name, total);
    if (!q->known) return;
    if (q->unlimited)
        member_put(u->answer, limit, json_null());
    else
        member_decimal(u->answer, limit, q->included);
}

static bool is_listed(const struct usage_rows *u, struct str usage_type)
{
    for (size_t i = 0; i < json_array_size(u->list); i++) {
        const json_t *name = json_object_get(json_array_get(u->list, i), "usage_type");
        if (str_is(usage_type, json_string_value(name))) return true;
    }
    return false;
}

static enum err add_usage(struct usage_rows *u, struct str usage_type, struct exact used, struct error *e)
{
    struct quota q = {0};
    struct decimal total = {0};
    enum err err = exact_decimal(&total, used, e);
    if (err == OK && u->subscription != NULL)
        err = usage_quota(&q, u->subscription, usage_type, u->period, e);
    if (err != OK) return err;
    json_t *row = object_new();
    bool over = q.known && !q.unlimited && exact_compare(used, exact_of(q.included)) > 0;
    bool by_unit = q.billed && q.rate->model == PRICING_PER_UNIT;
    member_text(row, "usage_type", usage_type);
    member_decimal(row, "total", total);
    if (q.known && !q.unlimited)
        member_decimal(row, "limit", q.included);
    else
        member_put(row, "limit", json_null());
    member_flag(row, "unlimited", q.unlimited);
    member_flag(row, "over_limit", over);
    if (by_unit)
        member_decimal(row, "unit_price", q.rate->unit_price);
    else
        member_put(row, "unit_price", json_null());
    member_text_or_null(row, "model", str_of(q.billed ? choice_pricing_model.words[q.rate->model] : ""));
    rows_add(u->list, row);
    put_flat(u, usage_type, total, &q);
    return OK;
}

static enum err add_all(struct usage_rows *u, const struct usage_quantity *rows, size_t count,
                        struct error *e)
{
    enum err err = OK;
    for (size_t i = 0; i < count && err == OK; i++)
        err = add_usage(u, rows[i].usage_type, rows[i].measure.quantity, e);
    const struct subscription *s = u->subscription;
    if (s == NULL) return err;
    for (size_t i = 0; i < s->terms.rates_count && err == OK; i++) {
        struct str usage_type = s->terms.rates[i].usage_type;
        if (!is_listed(u, usage_type)) err = add_usage(u, usage_type, (struct exact){0}, e);
    }
    return err;
}

enum err usage_json(json_t **out, const struct customer *c, struct date today, struct views_txn *t,
                    struct arena *a, struct error *e)
{
    struct subscription s = {0};
    struct usage_quantity *rows = NULL;
    size_t count = 0;
    bool found = false;
    struct usage_rows u = {.answer = object_new(), .list = rows_new(), .arena = a};
    enum err err = active_subscription(&found, &s, c, t, a, e);
    if (err == OK) err = usage_period_now(&u.period, c, today, t, a, e);
    if (found) u.subscription = &s;
    struct usage_when when = {u.period, whole_month(u.subscription, u.period), today};
    if (err == OK) err = list_quantities(&rows, &count, t, c->customer, &when, a, e);
    member_text(u.answer, "user_id", c->user);
    member_text_or_null(u.answer, "tier", found ? s.terms.product : STR_NONE);
    member_date(u.answer, "period_start", u.period.start);
    member_date(u.answer, "period_end", u.period.end);
    member_put(u.answer, "usage", json_null()); /* holds the name */
    if (err == OK) err = add_all(&u, rows, count, e);
    member_put(u.answer, "usage", u.list);
    if (err == OK)
        *out = u.answer;
    else
        json_decref(u.answer);
    return err;
}
