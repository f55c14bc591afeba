/* SPDX-License-Identifier: MIT */
/* rating.c - usage: its periods, what the tiers include of it, what it costs past that, and the minimum
 * commitment that fees and usage count towards. */
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
    for (size_t i = 0; i < s->quotas_count; i++) {
        struct date from = s->quotas[i].from, to = i + 1 < s->quotas_count ? s->quotas[i + 1].from : p.end;
        if (i == 0 || date_compare(from, p.start) < 0) from = p.start;
        if (date_compare(to, p.end) > 0) to = p.end;
        const struct rate *r = rate_of(&s->quotas[i], usage_type);
        /* In a period of no day (ended on the day it began) the newest tier rules, with a quota of nothing.
         */
        bool rules = period_days(p) == 0 ? i + 1 == s->quotas_count : date_compare(from, to) < 0;
        if (r == NULL || !rules) continue;
        out->known = true;
        out->unlimited = out->unlimited || r->unlimited;
        if (r->billed) {
            out->billed = true;
            out->unit_price = r->unit_price;
        }
        if (period_days(p) == 0) continue;
        enum err err = add_quota_days(&sum, r, date_days_between(from, to), e);
        if (err != OK) return err;
    }
    return decimal_part_up(&out->included, sum, 1, period_days(anchored_month(s, p.start)), e);
}

static enum err rate_type(struct line_list *lines, const struct subscription *s, struct str usage_type,
                          struct decimal total, struct period p, struct arena *a, struct error *e)
{
    struct quota q = {0};
    struct decimal over = {0};
    enum err err = usage_quota(&q, s, usage_type, p, e);
    if (err != OK || !q.known || q.unlimited || !q.billed) return err;
    err = decimal_subtract(&over, total, q.included, e);
    if (err != OK || over.coefficient <= 0) return err;
    struct money amount = {0};
    err = money_multiply(&amount, q.unit_price, over, s->terms.amount.currency, e);
    if (err != OK) return err;
    struct line *l = line_add(lines, a);
    *l = (struct line){.subscription = s->subscription, .kind = LINE_USAGE, .product = s->terms.product};
    l->usage_type = usage_type;
    l->description = str_format(a, "%.*s over the quota: %.*s used, %.*s included", STR_ARG(usage_type),
                                STR_ARG(decimal_text(a, total)), STR_ARG(decimal_text(a, q.included)));
    l->from = p.start;
    l->to = p.end;
    l->quantity = over;
    l->unit_price = q.unit_price;
    l->amount = amount;
    l->tax = money_zero(amount);
    return OK;
}

/* A total counts in the period that its own begins in, also in one that ends on the day it began. */
static bool counts_in(const struct usage_total *u, struct period p)
{
    if (date_compare(u->period, p.start) == 0) return true;
    return date_compare(u->period, p.start) > 0 && date_compare(u->period, p.end) < 0;
}

enum err rate_usage(struct line_list *lines, struct subscription *s, struct date until,
                    const struct usage_total *usage, size_t usage_count, struct arena *a, struct error *e)
{
    struct period p = {s->usage_through, until};
    struct str last = STR_NONE;
    for (;;) { /* usage types in the order of their names, each once, whatever the order of the totals */
        const struct usage_total *next = NULL;
        for (size_t i = 0; i < usage_count; i++) {
            const struct usage_total *u = &usage[i];
            if (!counts_in(u, p)) continue;
            if (last.len != 0 && str_compare(u->usage_type, last) <= 0) continue;
            if (next == NULL || str_compare(u->usage_type, next->usage_type) < 0) next = u;
        }
        if (next == NULL) break;
        last = next->usage_type;
        struct decimal total = {0};
        for (size_t i = 0; i < usage_count; i++) {
            const struct usage_total *u = &usage[i];
            if (!str_equal(u->usage_type, last) || !counts_in(u, p)) continue;
            enum err err = decimal_add(&total, total, u->total, e);
            if (err != OK) return err;
        }
        enum err err = rate_type(lines, s, last, total, p, a, e);
        if (err != OK) return err;
    }
    s->usage_through = until;
    quotas_trim(s, a);
    return OK;
}

enum err rate_usage_until(struct accrual *out, struct subscription *s, struct date until, struct arena *a,
                          struct error *e)
{
    struct money usage = money_zero(s->terms.amount);
    size_t before = out->lines.count;
    enum err err = rate_usage(&out->lines, s, until, out->usage, out->usage_count, a, e);
    if (err != OK) return err;
    err = lines_total(&usage, out->lines.items + before, out->lines.count - before, usage.currency, e);
    return err == OK ? count_committed(s, usage, e) : err;
}

/* ---- commitments ---- */

struct date commitment_end(const struct subscription *s)
{
    if (!has_commitment(s) || s->status == SUBSCRIPTION_TRIALING) return (struct date){0};
    return earlier(anchored(s, s->committed_from).end, s->cancel_on);
}

/* Days of [committed_from, until) that were not paused, be the pause over or not. */
static int64_t committed_days(const struct subscription *s, struct date until)
{
    int64_t days = date_days_between(s->committed_from, until) - (int64_t)s->committed_paused;
    if (date_is_given(s->paused_on)) {
        bool before = date_compare(s->paused_on, s->committed_from) < 0;
        int32_t paused = date_days_between(before ? s->committed_from : s->paused_on, until);
        days -= paused > 0 ? paused : 0;
    }
    return days > 0 ? days : 0;
}

enum err true_up(struct accrual *out, struct subscription *s, struct date until, struct arena *a,
                 struct error *e)
{
    struct period whole = anchored(s, s->committed_from);
    struct money least = {0}, missing = {0};
    int64_t days = committed_days(s, until);
    if (!has_commitment(s) || date_compare(until, s->committed_from) <= 0) return OK;
    enum err err = money_part(&least, s->terms.commitment, days, period_days(whole), e);
    if (err == OK) err = money_subtract(&missing, least, s->committed, e);
    if (err != OK) return err;
    if (missing.minor > 0) {
        struct line *l = add_line(&out->lines, s, LINE_COMMITMENT, missing, a);
        l->description = str_format(a, "Minimum commitment of %.*s: %.*s of %.*s were used",
                                    STR_ARG(s->terms.product_name), STR_ARG(money_pretty(a, s->committed)),
                                    STR_ARG(money_pretty(a, least)));
        l->from = s->committed_from;
        l->to = until;
    }
    s->committed_from = until;
    s->committed = money_zero(s->committed);
    s->committed_paused = 0;
    return OK;
}
