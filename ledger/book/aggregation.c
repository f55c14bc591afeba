/* SPDX-License-Identifier: MIT */
/* aggregation.c - counting readings, and quantities out of what was counted. A level is never summed up in
 * advance: its changes are kept by the day, so that a period can end on any of them and still be exact. */
#include "ledger/book/aggregation.h"

#include "ledger/book/billing_shared.h"

enum { SECONDS_PER_DAY = 86400 };

/* ---- what the catalog says ---- */

enum aggregation aggregation_of(const struct catalog *c, struct str usage_type)
{
    for (size_t i = 0; c != NULL && i < c->metrics_count; i++) {
        if (str_equal(c->metrics[i].usage_type, usage_type)) return c->metrics[i].aggregation;
    }
    return AGGREGATION_SUM;
}

bool catalog_has_levels(const struct catalog *c)
{
    for (size_t i = 0; c != NULL && i < c->metrics_count; i++) {
        if (c->metrics[i].aggregation == AGGREGATION_TIME_WEIGHTED) return true;
    }
    return false;
}

/* ---- periods ---- */

/* How much a subscription has to say about a usage type: it bills it, it has a rate for it, it is a plan. */
static int say_of(const struct subscription *s, struct str usage_type)
{
    int say = s->parent == 0 ? 1 : 0;
    for (size_t i = 0; i < s->terms.rates_count; i++) {
        const struct rate *r = &s->terms.rates[i];
        if (!str_equal(r->usage_type, usage_type)) continue;
        if (r->billed || !decimal_is_zero(r->minimum)) return 3;
        say = 2;
    }
    return say;
}

const struct subscription *rating_subscription(const struct subscription *live, size_t count,
                                               struct str usage_type, struct date day)
{
    const struct subscription *best = NULL;
    int most = -1;
    for (size_t i = 0; i < count; i++) {
        int say = say_of(&live[i], usage_type);
        if (is_by(live[i].cancel_on, day)) continue; /* its end was reached, only not noted yet */
        if (say <= most) continue;
        most = say;
        best = &live[i];
    }
    return best == NULL && count > 0 ? live : best;
}

static struct period calendar_month(struct date day)
{
    int year = 0, month = 0, of_month = 0;
    date_split(day, &year, &month, &of_month);
    struct date start = date_of(year, month, 1);
    return (struct period){start, date_add_days(start, date_days_in_month(year, month))};
}

struct instant reading_time(const struct usage_input *in, const struct zone *zone, struct instant now)
{
    if (date_is_given(in->on)) return zone_day_start(zone, in->on);
    return instant_is_given(in->at) ? in->at : now;
}

static struct period period_within(const struct subscription *s, struct date day)
{
    struct period p = usage_period(s, date_compare(day, s->usage_through) < 0 ? s->usage_through : day);
    bool behind_end = is_by(s->cancel_on, day) && date_compare(p.start, s->cancel_on) < 0;
    if (behind_end) p.start = s->cancel_on;
    return p;
}

static struct period month_behind(struct date ended, struct date day)
{
    struct period p = calendar_month(day);
    if (is_by(ended, day) && date_compare(p.start, ended) < 0) p.start = ended;
    return p;
}

/* *after: the subscription as it will be once it is noted that its trial ended, or that it was taken over, by
 * that day. False: nothing such is to be noted. */
static bool begins_anew(struct subscription *after, const struct subscription *s, struct date day)
{
    bool trial_is_over = s->status == SUBSCRIPTION_TRIALING && is_by(s->trial_end, day);
    bool taken_over = subscription_is_elsewhere(s) && !subscription_is_elsewhere_on(s, day);
    *after = *s;
    if (taken_over)
        subscription_take_over(after, s->take_over_on);
    else if (trial_is_over)
        subscription_begin_usage(after, s->trial_end);
    return trial_is_over || taken_over;
}

struct period reading_period(const struct subscription *s, struct date ended, struct date day)
{
    struct subscription after;
    if (s == NULL) return month_behind(ended, day);
    return period_within(begins_anew(&after, s, day) ? &after : s, day);
}

struct period whole_month(const struct subscription *s, struct period p)
{
    struct subscription after;
    if (s == NULL) return calendar_month(p.start);
    return anchored_month(begins_anew(&after, s, p.start) ? &after : s, p.start);
}

/* ---- counting ---- */

static enum err add_weighted(struct decimal *sum, struct decimal change, uint64_t second, struct error *e)
{
    int64_t product = 0;
    if (__builtin_mul_overflow(change.coefficient, (int64_t)second, &product)) {
        return fail(e, ERR_LIMIT, "a level cannot be weighted: it needs more than %d digits",
                    LIMIT_DECIMAL_DIGITS);
    }
    return decimal_add(sum, *sum, decimal_make(product, change.scale), e);
}

/* The changes with one more, by day. */
static enum err add_change(struct usage_total *t, const struct reading *r, struct arena *a, struct error *e)
{
    size_t count = t->changes_count, at = 0;
    struct level_change *changes = arena_array_of(a, struct level_change, count + 1);
    while (at < count && date_compare(t->changes[at].day, r->day) < 0) at++;
    bool is_new = at == count || date_compare(t->changes[at].day, r->day) != 0;
    if (at > 0) memcpy(changes, t->changes, at * sizeof *changes);
    changes[at] = is_new ? (struct level_change){.day = r->day} : t->changes[at];
    size_t from = is_new ? at : at + 1;
    if (from < count) memcpy(changes + at + 1, t->changes + from, (count - from) * sizeof *changes);
    enum err err = decimal_add(&changes[at].change, changes[at].change, r->quantity, e);
    if (err == OK) err = add_weighted(&changes[at].weighted, r->quantity, r->second, e);
    if (err != OK) return err;
    t->changes = changes;
    t->changes_count = count + is_new;
    return OK;
}

static enum err count_level(struct usage_total *t, const struct reading *r, struct arena *a, struct error *e)
{
    struct decimal sum = {0};
    enum err err = decimal_add(&sum, t->total, r->quantity, e);
    if (err == OK) err = add_change(t, r, a, e);
    if (err == OK) t->total = sum;
    return err;
}

static bool is_later(struct instant a, struct instant b)
{
    return a.us >= b.us; /* of two at one time the one that came last */
}

enum err total_count(struct usage_total *t, const struct reading *r, bool new_key, struct arena *a,
                     struct error *e)
{
    enum err err = OK;
    switch (r->aggregation) {
    case AGGREGATION_SUM: err = decimal_add(&t->total, t->total, r->quantity, e); break;
    case AGGREGATION_MAX:
        if (decimal_compare(r->quantity, t->total) > 0) t->total = r->quantity;
        break;
    case AGGREGATION_LAST:
        if (!is_later(r->at, t->at)) break;
        t->total = r->quantity;
        t->at = r->at;
        break;
    case AGGREGATION_UNIQUE:
        if (new_key) err = decimal_add(&t->total, t->total, decimal_of(1), e);
        break;
    case AGGREGATION_TIME_WEIGHTED: err = count_level(t, r, a, e); break;
    }
    if (err != OK) return err;
    t->aggregation = r->aggregation;
    t->readings++;
    return OK;
}

bool total_can_correct(enum aggregation how)
{
    return how == AGGREGATION_SUM || how == AGGREGATION_TIME_WEIGHTED;
}

enum err total_correct(struct usage_total *t, const struct usage_corrected *v, struct arena *a,
                       struct error *e)
{
    struct reading by = v->reading;
    assert(total_can_correct(by.aggregation) && t->readings > 0);
    enum err err = decimal_subtract(&by.quantity, v->is, v->was, e);
    if (err == OK) err = total_count(t, &by, false, a, e);
    if (err == OK) t->readings -= v->canceled ? 2 : 1; /* the correction was counted as one */
    return err;
}

/* ---- quantities ---- */

/* A total counts in the period that its own begins in, also in one that ends on the day it began. */
static bool counts_in(const struct usage_total *u, struct period p)
{
    if (date_compare(u->period, p.start) == 0) return true;
    return date_compare(u->period, p.start) > 0 && date_compare(u->period, p.end) < 0;
}

/* What a total adds to the area under the level in p: units times seconds. */
static enum err add_area(struct exact *area, const struct usage_total *t, struct period p, struct error *e)
{
    struct exact part = {0};
    enum err err = OK;
    int64_t whole = (int64_t)period_days(p) * SECONDS_PER_DAY;
    if (!date_is_given(t->period)) {
        err = exact_part(&part, exact_of(t->total), whole, 1, e);
        return err == OK ? exact_add(area, *area, part, e) : err;
    }
    for (size_t i = 0; i < t->changes_count && err == OK; i++) {
        const struct level_change *c = &t->changes[i];
        bool before = date_compare(c->day, p.start) < 0;
        if (date_compare(c->day, p.end) >= 0) break;
        int64_t left = before ? whole : (int64_t)date_days_between(c->day, p.end) * SECONDS_PER_DAY;
        err = exact_part(&part, exact_of(c->change), left, 1, e);
        if (err == OK && !before) err = exact_subtract(&part, part, exact_of(c->weighted), e);
        if (err == OK) err = exact_add(area, *area, part, e);
    }
    return err;
}

static enum err merge(struct usage_total *sum, const struct usage_total *t, struct error *e)
{
    sum->readings += t->readings;
    sum->aggregation = t->aggregation;
    switch (t->aggregation) {
    case AGGREGATION_SUM:
    case AGGREGATION_UNIQUE: /* a key that both have counts in each */
        return decimal_add(&sum->total, sum->total, t->total, e);
    case AGGREGATION_MAX:
        if (decimal_compare(t->total, sum->total) > 0) sum->total = t->total;
        return OK;
    case AGGREGATION_LAST:
        if (!is_later(t->at, sum->at)) return OK;
        sum->total = t->total;
        sum->at = t->at;
        return OK;
    case AGGREGATION_TIME_WEIGHTED: break;
    }
    return OK;
}

enum err totals_measure(struct usage_measure *out, const struct usage_total *totals, size_t count,
                        struct str usage_type, struct period p, struct period whole, struct error *e)
{
    struct usage_total sum = {0};
    struct exact area = {0};
    bool counted = false;
    enum err err = OK;
    for (size_t i = 0; i < count && err == OK; i++) {
        const struct usage_total *t = &totals[i];
        if (!str_equal(t->usage_type, usage_type)) continue;
        if (t->aggregation == AGGREGATION_TIME_WEIGHTED) err = add_area(&area, t, p, e);
        if (err != OK || !counts_in(t, p)) continue;
        err = merge(&sum, t, e);
        counted = true;
    }
    *out = (struct usage_measure){.quantity = exact_of(sum.total),
                                  .readings = sum.readings,
                                  .days = period_days(p),
                                  .whole_days = period_days(whole)};
    if (err != OK || (counted && sum.aggregation != AGGREGATION_TIME_WEIGHTED)) return err;
    return exact_part(&out->quantity, area, 1, (int64_t)period_days(whole) * SECONDS_PER_DAY, e);
}
