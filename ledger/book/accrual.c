/* SPDX-License-Identifier: MIT */
/* accrual.c - everything of a subscription that falls due, in the order of time. What happens to it is an
 * event, and the event is applied as the projections will apply it. */
#include "ledger/book/agreement.h"
#include "ledger/book/billing_shared.h"

/* ---- what happens to a subscription in the course of time ---- */

/* A scheduled change takes effect: the next terms rule, and a new interval counts from here. */
static enum err take_change(struct accrual *out, struct subscription *s, struct arena *a, struct error *e)
{
    struct date on = s->change_on;
    const struct terms *to = &s->next_terms;
    struct money none = money_zero(to->amount);
    const struct commitment_change commitment = {
        .to = to, .on = on, .scheduled = true, .credit = none, .charge = none, .carried = none};
    enum err err = change_commitment(out, s, &commitment, a, e);
    if (err != OK) return err;
    bool anew = to->unit != s->terms.unit || to->interval_count != s->terms.interval_count;
    struct event *ev = event_add(&out->events, EVENT_SUBSCRIPTION_CHANGED, a);
    ev->subscription_changed = (struct subscription_changed){
        .subscription = s->subscription,
        .customer = s->customer,
        .on = on,
        .kind = to->rank > s->terms.rank   ? CHANGE_UPGRADE
                : to->rank < s->terms.rank ? CHANGE_DOWNGRADE
                                           : CHANGE_SIDEWAYS,
        .old_product = s->terms.product,
        .terms = *to,
        .anchor = anew ? on : s->anchor,
        .anchor_day = anew ? 0 : s->anchor_day,
        .charged_through = s->charged_through,
        .credit = none,
        .charge = none,
        .quantity = s->next_quantity,
        .charges = s->charges,
        .charges_count = s->charges_count,
        .committed_from = s->committed_from,
        .committed = s->committed,
        .committed_usage = s->committed_usage,
        .given_up = agreed_given_up(&s->terms, to, a),
    };
    return subscription_apply(s, ev, a, e);
}

/* What was billed for days after the end, or after a pause began that never ended, is given back: an add-on
 * can end before its days do, and so can what is not paid for. */
static enum err end(struct accrual *out, struct subscription *s, struct date on, struct arena *a,
                    struct error *e)
{
    struct money credit = {0};
    struct moment from = {date_is_given(s->paused_on) ? s->paused_on : on, 0};
    enum err err =
        credit_charges(&out->lines, &credit, s, LINE_PRORATION_CREDIT, from, s->charged_through, a, e);
    if (err != OK) return err;
    struct event *ev = event_add(&out->events, EVENT_SUBSCRIPTION_CANCELED, a);
    ev->subscription_canceled = (struct subscription_canceled){.subscription = s->subscription,
                                                               .customer = s->customer,
                                                               .on = on,
                                                               .product = s->terms.product,
                                                               .credit = credit};
    return subscription_apply(s, ev, a, e);
}

static enum err end_trial(struct accrual *out, struct subscription *s, struct arena *a, struct error *e)
{
    bool needs_method = !s->terms.free && !out->can_pay;
    struct event *ev = event_add(&out->events, EVENT_SUBSCRIPTION_TRIAL_ENDED, a);
    ev->subscription_trial_ended =
        (struct subscription_trial_ended){.subscription = s->subscription,
                                          .customer = s->customer,
                                          .on = s->trial_end,
                                          .outcome = needs_method ? s->terms.trial_end : TRIAL_CONVERTS};
    bool cancels = ev->subscription_trial_ended.outcome == TRIAL_CANCELS;
    enum err err = subscription_apply(s, ev, a, e);
    return err == OK && cancels ? end(out, s, s->trial_end, a, e) : err;
}

enum err resume(struct accrual *out, struct subscription *s, struct date on, struct arena *a, struct error *e)
{
    struct money credit = {0};
    struct moment from = {s->paused_on, 0};
    if (has_commitment(s)) add_billed(out, s, a); /* from where on it counts, and so its paused days */
    enum err err = credit_charges(&out->lines, &credit, s, LINE_PAUSE_CREDIT, from, on, a, e);
    if (err != OK) return err;
    bool behind = date_compare(s->charged_through, on) < 0;
    struct event *ev = event_add(&out->events, EVENT_SUBSCRIPTION_RESUMED, a);
    ev->subscription_resumed = (struct subscription_resumed){
        .subscription = s->subscription,
        .customer = s->customer,
        .on = on,
        .credit = credit,
        .charged_through = behind ? on : s->charged_through,
        .charges = behind ? NULL : s->charges,
        .charges_count = behind ? 0 : s->charges_count,
    };
    err = subscription_apply(s, ev, a, e);
    if (err == OK && has_commitment(s)) add_billed(out, s, a); /* what was given back counts no more */
    return err;
}

/* The paid period of a paused subscription is over: all its paused days are given back. */
static enum err close_paused(struct accrual *out, struct subscription *s, struct arena *a, struct error *e)
{
    struct money credit = {0};
    struct moment from = {s->paused_on, 0};
    enum err err = credit_charges(&out->lines, &credit, s, LINE_PAUSE_CREDIT, from, s->charged_through, a, e);
    s->charges = NULL;
    s->charges_count = 0;
    return err;
}

/* ---- unpaid invoices ---- */

/* Never before what is billed now began: an old debt gives no old bills back. */
static struct date not_before_bills(const struct subscription *s, struct date on)
{
    struct date first = s->charges_count > 0 ? s->charges[0].from : s->start;
    return date_compare(on, first) < 0 ? first : on;
}

static enum err fall_overdue(struct accrual *out, struct subscription *s, enum subscription_status status,
                             struct date on, struct arena *a, struct error *e)
{
    on = not_before_bills(s, on);
    enum err err = status == SUBSCRIPTION_UNPAID ? charge_until(out, s, (struct moment){on, 0}, a, e) : OK;
    if (err != OK) return err;
    struct event *ev = event_add(&out->events, EVENT_SUBSCRIPTION_OVERDUE, a);
    ev->subscription_overdue = (struct subscription_overdue){.subscription = s->subscription,
                                                             .customer = s->customer,
                                                             .on = on,
                                                             .status = status,
                                                             .invoice = out->overdue.invoice};
    return subscription_apply(s, ev, a, e);
}

static enum err end_unpaid(struct accrual *out, struct subscription *s, struct date on, struct arena *a,
                           struct error *e)
{
    on = not_before_bills(s, on);
    enum err err = charge_until(out, s, (struct moment){on, 0}, a, e);
    return err == OK ? end(out, s, on, a, e) : err;
}

enum err paid_again(struct accrual *out, struct subscription *s, struct arena *a, struct error *e)
{
    if (subscription_is_elsewhere(s)) return OK; /* what is unpaid there, our invoices do not tell */
    if (s->status == SUBSCRIPTION_UNPAID) return resume(out, s, out->today, a, e);
    if (s->status != SUBSCRIPTION_PAST_DUE) return OK;
    return fall_overdue(out, s, SUBSCRIPTION_ACTIVE, out->today, a, e);
}

/* ---- billed elsewhere ---- */

/* Whoever did not pay there owes nothing here. */
static enum err take_over(struct accrual *out, struct subscription *s, struct arena *a, struct error *e)
{
    struct event *ev = event_add(&out->events, EVENT_SUBSCRIPTION_TAKEN_OVER, a);
    struct subscription_taken_over *v = &ev->subscription_taken_over;
    *v = (struct subscription_taken_over){
        .subscription = s->subscription, .customer = s->customer, .on = s->take_over_on};
    v->anchor = subscription_anchor_for(s, v->on, &v->anchor_day);
    enum err err = subscription_apply(s, ev, a, e);
    bool owes = out->overdue.known && out->overdue.invoice != 0;
    return err == OK && !owes ? paid_again(out, s, a, e) : err;
}

/* ---- the order of time ---- */

enum work {
    WORK_NONE,
    TAKE_OVER,
    TRIAL_END,
    PAST_DUE,
    UNPAID,
    UNPAID_END,
    RESUME,
    PAUSED_PERIOD,
    ARREARS,
    USAGE_FIRST,
    COMMITMENT,
    CHANGE,
    ADVANCE,
    USAGE
};

/* Where the open usage period ends, the subscription's end included. */
static struct date usage_end(const struct subscription *s)
{
    if (s->status == SUBSCRIPTION_TRIALING) return (struct date){0};
    if (date_is_given(s->cancel_on) && date_compare(s->usage_through, s->cancel_on) >= 0)
        return (struct date){0};
    return earlier(anchored_month(s, s->usage_through).end, s->cancel_on);
}

static bool is_charged_to_end(const struct subscription *s)
{
    return date_is_given(s->cancel_on) && date_compare(s->charged_through, s->cancel_on) >= 0;
}

/* When this kind of work falls due; none: never, as things are. */
static struct date work_date(const struct subscription *s, const struct overdue *o, enum work w)
{
    const struct date never = {0};
    bool charged = subscription_is_charged(s) && !is_charged_to_end(s);
    bool paused = date_is_given(s->paused_on);
    if (subscription_is_elsewhere(s)) return w == TAKE_OVER ? s->take_over_on : never;
    switch (w) {
    case TRIAL_END: return s->status == SUBSCRIPTION_TRIALING ? s->trial_end : never;
    case PAST_DUE: return s->status == SUBSCRIPTION_ACTIVE ? o->past_due : never;
    case UNPAID: return s->status == SUBSCRIPTION_PAST_DUE ? o->unpaid : never;
    case UNPAID_END:
        return s->status == SUBSCRIPTION_PAST_DUE || s->status == SUBSCRIPTION_UNPAID ? o->cancel : never;
    case RESUME: return s->status == SUBSCRIPTION_PAUSED ? s->resume_on : never;
    case ARREARS: return charged && s->terms.in_arrears ? next_stretch(s).to.day : never;
    case ADVANCE: return charged && !s->terms.in_arrears ? s->charged_through : never;
    case PAUSED_PERIOD: return paused && s->charges_count > 0 ? s->charged_through : never;
    case CHANGE: return charged || paused ? s->change_on : never;
    case COMMITMENT: return is_by(s->cancel_on, s->committed_from) ? never : commitment_end(s);
    case USAGE_FIRST:
    case USAGE: return usage_end(s);
    case TAKE_OVER:
    case WORK_NONE: break;
    }
    return never;
}

/* Since when there is usage of the open period to charge before its end; none: there is nothing. */
static struct date used_due(const struct subscription *s)
{
    bool none = !date_is_given(s->used_on) || !subscription_is_charged(s) || !date_is_given(usage_end(s));
    if (none || subscription_is_elsewhere(s)) return (struct date){0};
    return date_compare(s->used_on, s->usage_through) < 0 ? s->usage_through : s->used_on;
}

/* Of what falls due on one day, what comes first. A pause gives back what was billed, before new terms rule.
 * Usage is rated behind the fee that begins with the next period, as people read it; but before new terms
 * rule, and before a commitment is counted up. */
static enum work next_work(const struct subscription *s, const struct accrual *out)
{
    enum work next = WORK_NONE;
    struct date on = {0};
    bool usage_first = date_is_given(s->change_on) || has_commitment(s);
    for (enum work w = TAKE_OVER; w <= USAGE; w++) {
        struct date due = work_date(s, &out->overdue, w);
        if (w == USAGE_FIRST && !usage_first) continue;
        if (date_is_given(s->cancel_on) && !is_by(due, s->cancel_on)) continue; /* it will have ended */
        if (!is_by(due, out->through) || (next != WORK_NONE && date_compare(due, on) >= 0)) continue;
        next = w;
        on = due;
    }
    return next;
}

/* Does it move what is charged and rated? */
static bool is_billing(enum work w)
{
    return w == ARREARS || w == ADVANCE || w == USAGE || w == USAGE_FIRST || w == COMMITMENT ||
           w == PAUSED_PERIOD;
}

static enum err do_work(struct accrual *out, struct subscription *s, enum work w, struct arena *a,
                        struct error *e)
{
    struct stretch stretch = {0};
    switch (w) {
    case TAKE_OVER: return take_over(out, s, a, e);
    case TRIAL_END: return end_trial(out, s, a, e);
    case RESUME: return resume(out, s, s->resume_on, a, e);
    case PAST_DUE: return fall_overdue(out, s, SUBSCRIPTION_PAST_DUE, out->overdue.past_due, a, e);
    case UNPAID: return fall_overdue(out, s, SUBSCRIPTION_UNPAID, out->overdue.unpaid, a, e);
    case UNPAID_END: return end_unpaid(out, s, out->overdue.cancel, a, e);
    case CHANGE: return take_change(out, s, a, e);
    case COMMITMENT: return close_commitment(out, s, a, e);
    case PAUSED_PERIOD: return close_paused(out, s, a, e);
    case USAGE_FIRST:
    case USAGE: return rate_usage_until(out, s, usage_end(s), a, e);
    case ARREARS:
    case ADVANCE: stretch = next_stretch(s); return charge_stretch(out, s, &stretch, a, e);
    case WORK_NONE: break;
    }
    WRONG("no such work");
}

/* ---- the doors ---- */

void add_billed(struct accrual *out, const struct subscription *s, struct arena *a)
{
    struct event *ev = event_add(&out->events, EVENT_SUBSCRIPTION_BILLED, a);
    ev->subscription_billed = (struct subscription_billed){.subscription = s->subscription,
                                                           .customer = s->customer,
                                                           .charged_through = s->charged_through,
                                                           .usage_through = s->usage_through,
                                                           .charges = s->charges,
                                                           .charges_count = s->charges_count,
                                                           .committed_from = s->committed_from,
                                                           .committed = s->committed,
                                                           .used_on = s->used_on,
                                                           .committed_usage = s->committed_usage};
}

static enum err check_amount_of_work(struct accrual *out, int rounds, struct date on, struct error *e)
{
    bool too_many_lines = out->lines_before + out->lines.count > LIMIT_CATCH_UP_LINES;
    if (rounds <= LIMIT_CATCH_UP_PERIODS && !too_many_lines) return OK;
    out->left_on = on;
    return fail(e, ERR_LIMIT,
                "too much is due for one bill, %d periods or %d lines: let a run catch up first",
                LIMIT_CATCH_UP_PERIODS, LIMIT_CATCH_UP_LINES);
}

/* All that is due, in the order of time. *moved: it charged or rated something. */
static enum err do_all(bool *moved, struct accrual *out, struct subscription *s, struct arena *a,
                       struct error *e)
{
    for (int rounds = 1;; rounds++) {
        enum work w = subscription_is_live(s) ? next_work(s, out) : WORK_NONE;
        if (w == WORK_NONE) return OK;
        struct date on = work_date(s, &out->overdue, w);
        enum err err = do_work(out, s, w, a, e);
        if (err == OK) err = check_amount_of_work(out, rounds, on, e);
        if (err != OK) return err;
        *moved = *moved || is_billing(w);
    }
}

enum err accrue(struct accrual *out, struct subscription *s, struct arena *a, struct error *e)
{
    bool moved = false;
    enum err err = OK;
    if (out->overdue.known && out->overdue.invoice == 0) err = paid_again(out, s, a, e);
    if (err == OK) err = do_all(&moved, out, s, a, e);
    if (err != OK) return err;
    if (out->charges_used && is_by(used_due(s), out->through)) {
        err = charge_used(out, s, usage_end(s), a, e);
        s->used_on = (struct date){0};
        moved = true;
    }
    if (err != OK) return err;
    if (moved) add_billed(out, s, a);
    if (!subscription_is_live(s) || !is_by(s->cancel_on, out->through)) return OK;
    return end(out, s, s->cancel_on, a, e);
}

struct date subscription_due(const struct subscription *s)
{
    const struct overdue not_known = {0};
    struct date due = {0};
    if (!subscription_is_live(s)) return due;
    for (enum work w = TAKE_OVER; w <= USAGE; w++) due = earlier(due, work_date(s, &not_known, w));
    return earlier(earlier(due, used_due(s)), s->cancel_on);
}
