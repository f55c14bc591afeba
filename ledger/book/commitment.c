/* SPDX-License-Identifier: MIT */
/* commitment.c - minimum commitments: their periods, what counts towards them, and what is missing when they
 * end. Fees count for their days; usage counts when it is billed. A commitment that ends before that, inside
 * a usage month, takes of what was used so far as much as it is short of, and what it took is taken off when
 * the month is billed. So each amount that is billed counts once. */
#include "ledger/book/billing_shared.h"

static bool commits(const struct terms *t)
{
    return money_is_given(t->commitment) && t->commitment.minor > 0;
}

bool has_commitment(const struct subscription *s)
{
    return commits(&s->terms);
}

enum err count_committed(struct subscription *s, struct money amount, struct error *e)
{
    return has_commitment(s) ? money_add(&s->committed, s->committed, amount, e) : OK;
}

enum err count_usage(struct subscription *s, struct money usage, struct error *e)
{
    struct money taken = s->committed_usage;
    s->committed_usage = money_zero(usage);
    enum err err = count_committed(s, usage, e);
    return err == OK ? count_committed(s, money_negate(taken), e) : err;
}

/* ---- periods ---- */

/* They stay where the first one began, whatever becomes of the billing day: an open one is never cut. */
static struct period committed_period(const struct subscription *s, struct date day)
{
    return interval_period(s->committed_anchor, (uint32_t)s->committed_anchor_day, terms_interval(&s->terms),
                           day);
}

struct date commitment_end(const struct subscription *s)
{
    if (!has_commitment(s) || s->status == SUBSCRIPTION_TRIALING) return (struct date){0};
    return earlier(committed_period(s, s->committed_from).end, s->cancel_on);
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

/* ---- counting up ---- */

/* What an ending commitment knows of usage that is not billed yet. A command knows what was used so far. In
 * the course of time an end may be noted late, and what was used by then is not known: where no usage was
 * billed in its days, it counts on the month's for what it is short of. If that comes to less, the commitment
 * that is open then is short of it, too. */
enum usage_known { USAGE_SO_FAR, USAGE_TO_COME, USAGE_NOT };

static bool bills_usage(const struct subscription *s)
{
    for (size_t i = 0; i < s->quotas_count; i++) {
        for (size_t k = 0; k < s->quotas[i].rates_count; k++) {
            if (s->quotas[i].rates[k].billed) return true;
        }
    }
    return false;
}

/* Of what was used and is not billed yet, as much as is missing; less than nothing where those before have
 * counted on more than there is. */
static enum err take_usage(struct money *taken, const struct accrual *out, const struct subscription *s,
                           struct period p, struct money missing, struct arena *a, struct error *e)
{
    struct line_list lines = {0};
    struct money used = {0};
    enum err err = rate_window(&lines, s, p, out->usage, out->usage_count, a, e);
    if (err == OK) err = lines_total(&used, lines.items, lines.count, missing.currency, e);
    if (err == OK) err = money_subtract(&used, used, s->committed_usage, e);
    *taken = money_min(used, missing);
    return err;
}

static enum err usage_for(struct money *taken, const struct accrual *out, const struct subscription *s,
                          struct date until, enum usage_known known, struct money missing, struct arena *a,
                          struct error *e)
{
    struct period open = {s->usage_through, until};
    if (money_is_negative(missing)) missing = money_zero(missing);
    *taken = money_zero(missing);
    if (date_compare(open.start, open.end) >= 0) return OK;
    if (known == USAGE_SO_FAR) return take_usage(taken, out, s, open, missing, a, e);
    if (known == USAGE_TO_COME && bills_usage(s)) *taken = missing;
    return OK;
}

static void add_missing_line(struct accrual *out, const struct subscription *s,
                             const struct commitment_counted *c, struct money missing, struct arena *a)
{
    struct line *l = add_line(&out->lines, s, LINE_COMMITMENT, missing, a);
    struct str name = s->terms.product_name, least = money_pretty(a, c->least);
    if (money_is_negative(c->counted))
        l->description =
            str_format(a, "Minimum commitment of %.*s: %.*s and %.*s of those before are missing",
                       STR_ARG(name), STR_ARG(least), STR_ARG(money_pretty(a, money_negate(c->counted))));
    else
        l->description = str_format(a, "Minimum commitment of %.*s: %.*s of %.*s were used", STR_ARG(name),
                                    STR_ARG(money_pretty(a, c->counted)), STR_ARG(least));
    l->from = c->from;
    l->to = c->to;
}

static enum err count_up(struct commitment_counted *c, struct money *missing, const struct accrual *out,
                         const struct subscription *s, struct date until, enum usage_known known,
                         struct arena *a, struct error *e)
{
    struct period whole = committed_period(s, s->committed_from);
    *c = (struct commitment_counted){.subscription = s->subscription,
                                     .customer = s->customer,
                                     .from = s->committed_from,
                                     .to = until,
                                     .counted = s->committed,
                                     .product = s->terms.product,
                                     .tax_code = s->terms.tax_code,
                                     .tax_inclusive = s->terms.tax_inclusive};
    enum err err =
        money_part(&c->least, s->terms.commitment, committed_days(s, until), period_days(whole), e);
    if (err == OK) err = money_subtract(missing, c->least, c->counted, e);
    if (err == OK) err = usage_for(&c->usage, out, s, until, known, *missing, a, e);
    if (err == OK) err = money_add(&c->counted, c->counted, c->usage, e);
    return err == OK ? money_subtract(missing, *missing, c->usage, e) : err;
}

static enum err end_commitment(struct accrual *out, struct subscription *s, struct date until,
                               enum usage_known known, struct arena *a, struct error *e)
{
    struct commitment_counted c = {0};
    struct money missing = {0};
    if (!has_commitment(s) || date_compare(until, s->committed_from) <= 0) return OK;
    enum err err = count_up(&c, &missing, out, s, until, known, a, e);
    if (err == OK) err = money_add(&s->committed_usage, s->committed_usage, c.usage, e);
    if (err != OK) return err;
    if (missing.minor > 0) add_missing_line(out, s, &c, missing, a);
    event_add(&out->events, EVENT_COMMITMENT_COUNTED, a)->commitment_counted = c;
    s->committed_from = until;
    s->committed = money_zero(s->committed);
    s->committed_paused = 0;
    return OK;
}

enum err true_up(struct accrual *out, struct subscription *s, struct date until, struct arena *a,
                 struct error *e)
{
    return end_commitment(out, s, until, USAGE_SO_FAR, a, e);
}

/* ---- from one to the next ---- */

enum err add_billed_ahead(struct money *sum, const struct charge *c, const struct terms *t,
                          struct moment from, struct error *e)
{
    struct terms by_day = *t; /* also where nothing would be given back */
    struct charge whole = *c; /* it counted before coupons */
    struct money rest = {0};
    by_day.proration = PRORATE_BY_DAY;
    whole.discount = money_zero(c->amount);
    enum err err = unused_credit(&rest, &whole, &by_day, from, c->to, e);
    return err == OK ? money_add(sum, *sum, rest, e) : err;
}

/* Fees in arrears of days before `until` that are not charged yet. */
static enum err add_fees_behind(struct money *sum, const struct subscription *s, struct date until,
                                struct arena *a, struct error *e)
{
    struct components fees = {0};
    struct moment from = {s->charged_through, s->charged_second}, to = {until, 0};
    bool behind = subscription_is_charged(s) && date_compare(s->charged_through, until) < 0;
    if (!s->terms.in_arrears || !behind) return OK;
    enum err err = terms_components(&fees, &s->terms, s->quantity, a, e);
    for (size_t i = 0; i < fees.count && err == OK; i++) {
        struct money part = {0};
        err = prorate(&part, fees.items[i].amount, &s->terms, from, to, anchored(s, s->charged_through), e);
        if (err == OK) err = money_add(sum, *sum, part, e);
    }
    return err;
}

/* Fees are billed by periods of their own where the billing day was moved: what was billed for days of the
 * next commitment counts there, and so does what is given back of paused days then. */
enum err close_commitment(struct accrual *out, struct subscription *s, struct arena *a, struct error *e)
{
    struct date end = commitment_end(s);
    struct moment from = {earlier(end, s->paused_on), 0};
    struct money ahead = money_zero(s->committed), behind = money_zero(s->committed);
    bool billed = date_compare(s->committed_from, s->usage_through) < 0;
    enum err err = OK;
    for (size_t i = 0; i < s->charges_count && err == OK; i++) {
        if (date_compare(end, s->charges[i].to) < 0)
            err = add_billed_ahead(&ahead, &s->charges[i], &s->terms, from, e);
    }
    if (err == OK) err = add_fees_behind(&behind, s, end, a, e);
    if (err == OK) err = money_subtract(&ahead, ahead, behind, e);
    if (err == OK) err = money_subtract(&s->committed, s->committed, ahead, e);
    if (err == OK) err = end_commitment(out, s, end, billed ? USAGE_NOT : USAGE_TO_COME, a, e);
    return err == OK ? money_add(&s->committed, s->committed, ahead, e) : err;
}

static bool goes_on(const struct subscription *s, const struct terms *to)
{
    struct interval before = terms_interval(&s->terms), after = terms_interval(to);
    bool interval = before.unit == after.unit && before.count == after.count;
    return has_commitment(s) && interval && str_equal(s->terms.product, to->product) &&
           money_compare(s->terms.commitment, to->commitment) == 0;
}

/* What was charged and given back on the very day that it began stays: it is nobody else's. */
static enum err begin_commitment(struct subscription *s, const struct commitment_change *c, struct error *e)
{
    bool begins = commits(c->to);
    if (date_compare(s->committed_from, c->on) < 0) {
        s->committed_from = c->on;
        s->committed_paused = 0;
    }
    if (!begins || !has_commitment(s)) s->committed = money_zero(s->terms.amount);
    if (!begins) return OK;
    enum err err = money_add(&s->committed, s->committed, c->charge, e);
    return err == OK ? money_add(&s->committed, s->committed, c->carried, e) : err;
}

enum err change_commitment(struct accrual *out, struct subscription *s, const struct commitment_change *c,
                           struct arena *a, struct error *e)
{
    enum usage_known known = c->scheduled && commits(c->to) ? USAGE_TO_COME : USAGE_SO_FAR;
    if (s->status == SUBSCRIPTION_TRIALING) return OK;
    enum err err = count_committed(s, money_negate(c->credit), e);
    if (err == OK && goes_on(s, c->to)) return count_committed(s, c->charge, e);
    if (err == OK) err = count_committed(s, money_negate(c->carried), e);
    if (err == OK) err = end_commitment(out, s, c->on, known, a, e);
    return err == OK ? begin_commitment(s, c, e) : err;
}
