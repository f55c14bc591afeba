/* SPDX-License-Identifier: MIT */
/* billing.c - the rules: periods, proration, quotas, overage, credits. Functions of values; they never ask
 * what day it is. Sources: DESIGN.md's rules as listed in the README; the numbers they must meet are in
 * tests/book/test_billing.c. */
#include "ledger/book/billing.h"

static const struct interval usage_interval = {INTERVAL_MONTH, 1};

enum err prorate(struct money *out, struct money amount, struct date from, struct date to, int32_t whole_days,
                 struct error *e)
{
    assert(whole_days > 0);
    int32_t days = date_days_between(from, to);
    if (days == whole_days) {
        *out = amount;
        return OK;
    }
    return money_part(out, amount, days, whole_days, e);
}

struct money credit_cap(struct money potential, struct money billed, struct money already_credited)
{
    struct money none = money_zero(potential);
    if (potential.minor <= 0 || billed.minor <= already_credited.minor) return none;
    struct money left = money_of(billed.minor - already_credited.minor, potential.currency);
    return money_min(potential, left);
}

struct line *line_add(struct line_list *l, struct arena *a)
{
    l->items = arena_grow(a, l->items, l->count, &l->capacity, sizeof *l->items);
    return &l->items[l->count++];
}

enum err lines_total(struct money *out, const struct line *lines, size_t count, const char *currency,
                     struct error *e)
{
    *out = money_of(0, currency);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(lines[i].amount.currency, currency) != 0) continue;
        enum err err = money_add(out, *out, lines[i].amount, e);
        if (err != OK) return err;
    }
    return OK;
}

struct interval terms_interval(const struct terms *t)
{
    return (struct interval){t->unit, t->interval_count == 0 ? 1 : (uint32_t)t->interval_count};
}

static struct period anchored(const struct subscription *s, struct date day)
{
    return interval_period(s->anchor, (uint32_t)s->anchor_day, terms_interval(&s->terms), day);
}

/* Usage months stay where they began, whatever becomes of the billing day: an open one is never cut. */
static struct period anchored_month(const struct subscription *s, struct date day)
{
    return interval_period(s->usage_anchor, (uint32_t)s->usage_anchor_day, usage_interval, day);
}

static struct str interval_words(const struct terms *t, struct arena *a)
{
    static const char *const single[] = {"daily", "weekly", "monthly", "yearly"};
    static const char *const plural[] = {"days", "weeks", "months", "years"};
    if (t->interval_count <= 1) return str_of(single[t->unit]);
    return str_format(a, "every %llu %s", (unsigned long long)t->interval_count, plural[t->unit]);
}

/* ---- the recurring fee ---- */

static void add_recurring_line(struct line_list *lines, const struct subscription *s, struct period whole,
                               struct date to, struct money amount, struct arena *a)
{
    const struct terms *t = &s->terms;
    int32_t days = date_days_between(s->charged_through, to);
    struct line *l = line_add(lines, a);
    *l = (struct line){.subscription = s->subscription, .kind = LINE_RECURRING, .product = t->product};
    struct str words = interval_words(t, a);
    l->description = days == period_days(whole)
                         ? str_format(a, "%.*s, %.*s", STR_ARG(t->product_name), STR_ARG(words))
                         : str_format(a, "%.*s, %.*s, %d of %d days", STR_ARG(t->product_name),
                                      STR_ARG(words), days, period_days(whole));
    l->from = s->charged_through;
    l->to = to;
    l->quantity = decimal_of(1);
    l->unit_price = money_decimal(amount);
    l->amount = amount;
    l->tax = money_zero(amount);
}

/* A scheduled change takes effect: the next terms rule, and a new interval counts from here. */
static void apply_scheduled_change(struct accrual *out, struct subscription *s, struct arena *a)
{
    bool new_interval =
        s->next_terms.unit != s->terms.unit || s->next_terms.interval_count != s->terms.interval_count;
    if (new_interval) {
        s->anchor = s->change_on;
        s->anchor_day = 0;
    }
    struct quota_segment *quotas = arena_array_of(a, struct quota_segment, s->quotas_count + 1);
    if (s->quotas_count > 0) memcpy(quotas, s->quotas, s->quotas_count * sizeof *quotas);
    quotas[s->quotas_count] = (struct quota_segment){
        .from = s->change_on, .rates = s->next_terms.rates, .rates_count = s->next_terms.rates_count};
    s->quotas = quotas;
    s->quotas_count++;
    s->terms = s->next_terms;
    out->changed = true;
    out->changed_on = s->change_on;
    s->next_terms = (struct terms){0};
    s->change_on = (struct date){0};
}

static enum err charge_period(struct accrual *out, struct subscription *s, struct arena *a, struct error *e)
{
    if (date_is_given(s->change_on) && date_compare(s->change_on, s->charged_through) <= 0) {
        apply_scheduled_change(out, s, a);
    }
    struct period whole = anchored(s, s->charged_through);
    struct date to = whole.end;
    if (date_is_given(s->cancel_on) && date_compare(s->cancel_on, to) < 0) to = s->cancel_on;
    if (date_is_given(s->change_on) && date_compare(s->change_on, to) < 0) to = s->change_on;
    struct money amount = {0};
    enum err err = prorate(&amount, s->terms.amount, s->charged_through, to, period_days(whole), e);
    if (err != OK) return err;
    add_recurring_line(&out->lines, s, whole, to, amount, a);
    s->billed_from = s->charged_through;
    s->billed_amount = amount;
    s->billed_credited = money_zero(amount);
    s->billed_by = 0;
    s->charged_through = to;
    return OK;
}

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

/* Quota stretches that ended by `until` are of no more use; the one that goes on starts there. */
static void drop_quotas_before(struct subscription *s, struct date until, struct arena *a)
{
    size_t first = 0;
    while (first + 1 < s->quotas_count && date_compare(s->quotas[first + 1].from, until) <= 0) first++;
    size_t count = s->quotas_count - first;
    struct quota_segment *kept = arena_array_of(a, struct quota_segment, count);
    if (count > 0) memcpy(kept, s->quotas + first, count * sizeof *kept);
    if (count > 0 && date_compare(kept[0].from, until) < 0) kept[0].from = until;
    s->quotas = kept;
    s->quotas_count = count;
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
    drop_quotas_before(s, until, a);
    return OK;
}

/* Where the open usage period ends, the subscription's end included. */
static struct date usage_end(const struct subscription *s)
{
    struct date end = anchored_month(s, s->usage_through).end;
    if (date_is_given(s->cancel_on) && date_compare(s->cancel_on, end) < 0) end = s->cancel_on;
    return end;
}

static bool usage_is_due(const struct subscription *s, struct date through)
{
    if (date_is_given(s->cancel_on) && date_compare(s->usage_through, s->cancel_on) >= 0) return false;
    return date_compare(usage_end(s), through) <= 0;
}

static bool charge_is_due(const struct subscription *s, struct date through)
{
    if (date_is_given(s->cancel_on) && date_compare(s->charged_through, s->cancel_on) >= 0) return false;
    return date_compare(s->charged_through, through) <= 0;
}

/* ---- the doors ---- */

enum err accrue(struct accrual *out, struct subscription *s, struct date through,
                const struct usage_total *usage, size_t usage_count, struct arena *a, struct error *e)
{
    *out = (struct accrual){0};
    if (s->status != SUBSCRIPTION_ACTIVE) return OK;
    int rounds = 0;
    while (charge_is_due(s, through) || usage_is_due(s, through)) {
        if (++rounds > LIMIT_CATCH_UP_PERIODS) {
            return fail(e, ERR_LIMIT, "more than %d periods to catch up", LIMIT_CATCH_UP_PERIODS);
        }
        /* In the order of time: usage of a period that has ended comes before the fee of one that begins
         * later. */
        bool usage_first = usage_is_due(s, through) &&
                           (!charge_is_due(s, through) || date_compare(usage_end(s), s->charged_through) < 0);
        enum err err = usage_first ? rate_usage(&out->lines, s, usage_end(s), usage, usage_count, a, e)
                                   : charge_period(out, s, a, e);
        if (err != OK) return err;
        out->moved = true;
    }
    if (date_is_given(s->cancel_on) && date_compare(s->cancel_on, through) <= 0) {
        s->status = SUBSCRIPTION_CANCELED;
        s->ended_on = s->cancel_on;
        out->ended = true;
    }
    return OK;
}

enum err unused_credit(struct money *out, const struct subscription *s, struct date on, struct error *e)
{
    *out = money_zero(s->terms.amount);
    if (!date_is_given(s->billed_from) || date_compare(on, s->charged_through) >= 0) return OK;
    if (date_compare(on, s->billed_from) < 0) on = s->billed_from;
    int32_t whole = date_days_between(s->billed_from, s->charged_through);
    if (whole <= 0) return OK;
    struct money potential = {0};
    enum err err = prorate(&potential, s->billed_amount, on, s->charged_through, whole, e);
    if (err != OK) return err;
    *out = credit_cap(potential, s->billed_amount, s->billed_credited);
    return OK;
}

struct date subscription_due(const struct subscription *s)
{
    struct date none = {0};
    if (s->status != SUBSCRIPTION_ACTIVE) return none;
    struct date due = usage_end(s);
    bool charged_to_end = date_is_given(s->cancel_on) && date_compare(s->charged_through, s->cancel_on) >= 0;
    if (!charged_to_end && date_compare(s->charged_through, due) < 0) due = s->charged_through;
    if (date_is_given(s->cancel_on) && date_compare(s->cancel_on, due) < 0) due = s->cancel_on;
    return due;
}
