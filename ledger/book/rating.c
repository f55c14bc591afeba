/* SPDX-License-Identifier: MIT */
/* rating.c - usage: its periods, what the tiers include of it, and what it costs past that. */
#include "ledger/book/aggregation.h"
#include "ledger/book/billing_shared.h"

/* ---- usage ---- */

struct period usage_period(const struct subscription *s, struct date day)
{
    struct period p = anchored_month(s, day);
    if (date_compare(p.start, s->usage_through) < 0 && date_compare(s->usage_through, p.end) < 0) {
        p.start = s->usage_through;
    }
    return p;
}

static const struct rate *rate_of(const struct quota_segment *q, struct str usage_type)
{
    for (size_t i = 0; i < q->rates_count; i++) {
        if (str_equal(q->rates[i].usage_type, usage_type)) return &q->rates[i];
    }
    return NULL;
}

/* Adds included * days of one tier's stretch; the caller divides by the days of the whole month. */
static enum err add_quota_days(struct decimal *sum, const struct rate *r, int32_t days, struct error *e)
{
    int64_t product = 0;
    if (__builtin_mul_overflow(r->included.coefficient, (int64_t)days, &product)) {
        return fail(e, ERR_LIMIT, "the quota of '%.*s' is too large to prorate", STR_ARG(r->usage_type));
    }
    return decimal_add(sum, *sum, decimal_make(product, r->included.scale), e);
}

enum err usage_quota(struct quota *out, const struct subscription *s, struct str usage_type, struct period p,
                     struct error *e)
{
    *out = (struct quota){0};
    struct decimal sum = {0};
    const struct rate *newest = NULL;
    for (size_t i = 0; i < s->quotas_count; i++) {
        struct date from = s->quotas[i].from, to = i + 1 < s->quotas_count ? s->quotas[i + 1].from : p.end;
        if (i == 0 || date_compare(from, p.start) < 0) from = p.start;
        if (date_compare(to, p.end) > 0) to = p.end;
        const struct rate *r = rate_of(&s->quotas[i], usage_type);
        /* In a period of no day (ended on the day it began) the newest tier rules, with a quota of nothing.
         */
        bool no_day = period_days(p) == 0;
        bool rules = no_day ? i + 1 == s->quotas_count : date_compare(from, to) < 0;
        if (r == NULL || !rules) continue;
        int32_t days = no_day ? 0 : date_days_between(from, to);
        newest = r;
        out->known = true;
        out->unlimited = out->unlimited || r->unlimited;
        if (r->billed) {
            out->billed = true;
            out->billed_days += days;
            out->rate = r;
            out->tier = &s->quotas[i];
        }
        enum err err = add_quota_days(&sum, r, days, e);
        if (err != OK) return err;
    }
    if (newest != NULL && newest->whole_quota) {
        out->included = newest->included;
        return OK;
    }
    return decimal_part_up(&out->included, sum, 1, period_days(anchored_month(s, p.start)), e);
}

/* ---- lines ---- */

static struct str rate_name(const struct rate *r)
{
    return r->name.len != 0 ? r->name : r->usage_type;
}

static struct str usage_words(const struct rate *r, struct decimal used, struct decimal included,
                              struct arena *a)
{
    struct str name = rate_name(r), number = decimal_text(a, used);
    if (decimal_is_zero(included) && r->model != PRICING_PER_UNIT)
        return str_format(a, "%.*s: %.*s used", STR_ARG(name), STR_ARG(number));
    return str_format(a, "%.*s over the quota: %.*s used, %.*s included", STR_ARG(name), STR_ARG(number),
                      STR_ARG(decimal_text(a, included)));
}

struct line *add_usage_line(struct line_list *lines, const struct subscription *s, enum line_kind kind,
                            struct money amount, const struct quota_segment *tier, struct arena *a)
{
    struct line *l = add_line(lines, s, kind, amount, a);
    l->product = tier->product;
    l->tax_code = tier->tax_code;
    l->tax_inclusive = tier->tax_inclusive;
    return l;
}

static struct line *add_rated_line(struct line_list *lines, const struct subscription *s, enum line_kind kind,
                                   struct money amount, const struct quota *q, struct period p,
                                   struct arena *a)
{
    struct line *l = add_usage_line(lines, s, kind, amount, q->tier, a);
    l->usage_type = q->rate->usage_type;
    l->from = p.start;
    l->to = p.end;
    return l;
}

static enum err add_rated_lines(struct line_list *lines, const struct subscription *s, const struct quota *q,
                                const struct usage_measure *m, const struct usage_cost *c, struct period p,
                                struct arena *a, struct error *e)
{
    const struct rate *r = q->rate;
    struct decimal used = {0};
    struct money least = {0};
    enum err err = exact_decimal(&used, m->quantity, e);
    if (err == OK) err = money_add(&least, c->amount, c->true_up, e);
    if (err != OK) return err;
    if (exact_sign(c->past) > 0 || !money_is_zero(c->amount)) {
        struct line *l = add_rated_line(lines, s, LINE_USAGE, c->amount, q, p, a);
        l->description = usage_words(r, used, m->included, a);
        l->quantity = c->units;
        l->unit_price = c->unit_price;
    }
    if (money_is_zero(c->true_up)) return OK;
    struct line *l = add_rated_line(lines, s, LINE_MINIMUM, c->true_up, q, p, a);
    l->description = str_format(a, "Minimum for %.*s: %.*s of %.*s were used", STR_ARG(rate_name(r)),
                                STR_ARG(money_pretty(a, c->amount)), STR_ARG(money_pretty(a, least)));
    return OK;
}

/* ---- rating ---- */

static enum err rate_type(struct accrual *out, const struct subscription *s, struct str usage_type,
                          struct period p, struct arena *a, struct error *e)
{
    struct quota q = {0};
    struct usage_measure m = {0};
    struct usage_cost c = {0};
    enum err err = usage_quota(&q, s, usage_type, p, e);
    if (err != OK || q.unlimited || !q.billed) return err;
    err = totals_measure(&m, out->usage, out->usage_count, usage_type, p, anchored_month(s, p.start), e);
    /* What began and ended on one day owes what was used, and nothing for having been there. */
    if (err != OK || (q.billed_days == 0 && exact_sign(m.quantity) == 0)) return err;
    m.included = q.included;
    m.days = q.billed_days;
    err = usage_cost(&c, q.rate, &m, s->terms.amount.currency, e);
    return err == OK ? add_rated_lines(&out->lines, s, &q, &m, &c, p, a, e) : err;
}

/* The first of these names behind `last`. */
static void take_next(struct str *next, struct str name, struct str last)
{
    bool behind = last.len == 0 || str_compare(name, last) > 0;
    if (behind && (next->len == 0 || str_compare(name, *next) < 0)) *next = name;
}

/* Usage types in the order of their names, each once: those that were used, and those that cost something
 * without it. */
static struct str next_type(const struct accrual *out, const struct subscription *s, struct str last)
{
    struct str next = STR_NONE;
    for (size_t i = 0; i < out->usage_count; i++) take_next(&next, out->usage[i].usage_type, last);
    for (size_t i = 0; i < s->quotas_count; i++) {
        const struct quota_segment *q = &s->quotas[i];
        for (size_t k = 0; k < q->rates_count; k++) take_next(&next, q->rates[k].usage_type, last);
    }
    return next;
}

static enum err rate_types(struct accrual *out, const struct subscription *s, struct period p,
                           struct arena *a, struct error *e)
{
    for (struct str type = next_type(out, s, STR_NONE); type.len != 0; type = next_type(out, s, type)) {
        size_t first = out->lines.count;
        enum err err = rate_type(out, s, type, p, a, e);
        if (err == OK) err = charge_rest(out, s, type, p, first, a, e);
        if (err != OK) return err;
    }
    return OK;
}

static enum err rate_usage(struct accrual *out, struct subscription *s, struct date until, struct arena *a,
                           struct error *e)
{
    enum err err = rate_types(out, s, (struct period){s->usage_through, until}, a, e);
    if (err != OK) return err;
    s->usage_through = until;
    quotas_trim(s, a);
    return OK;
}

enum err rate_window(struct line_list *out, const struct subscription *s, struct period p,
                     const struct usage_total *usage, size_t count, struct arena *a, struct error *e)
{
    struct accrual due = {.usage = usage, .usage_count = count, .lines = *out};
    enum err err = rate_types(&due, s, p, a, e);
    *out = due.lines;
    return err;
}

enum err rate_usage_until(struct accrual *out, struct subscription *s, struct date until, struct arena *a,
                          struct error *e)
{
    struct money usage = money_zero(s->terms.amount);
    size_t before = out->lines.count;
    bool known = false;
    enum err err = charged_cost(&known, &usage, out, s, until, a, e);
    if (err == OK) err = rate_usage(out, s, until, a, e);
    if (err == OK && !known && out->lines.count > before)
        err = lines_total(&usage, out->lines.items + before, out->lines.count - before, usage.currency, e);
    return err == OK ? count_usage(s, usage, e) : err;
}
