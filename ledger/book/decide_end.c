/* SPDX-License-Identifier: MIT */
/* decide_end.c - ends and pauses: cancel now or at the period's end, with what becomes of the unused part;
 * pause and resume. What is added to a plan ends, pauses and goes on with it. */
#include "ledger/book/decide_change.h"

/* ---- at the period's end ---- */

static void schedule_end(struct decision *out, const struct subscription *s, struct date on,
                         struct str reason, struct arena *a)
{
    struct event *ev = event_add(&out->events, EVENT_SUBSCRIPTION_CANCEL_SCHEDULED, a);
    ev->subscription_cancel_scheduled = (struct subscription_cancel_scheduled){
        .subscription = s->subscription, .customer = s->customer, .on = on, .reason = reason};
}

/* It ends with its plan. What fell due of it for days behind that end, and no night has charged yet, is
 * charged first: else it would be cut to the end, though it was due before. */
static enum err end_added_later(struct decision *out, const struct facts *f, const struct subscription *added,
                                struct date on, struct str reason, struct arena *a, struct error *e)
{
    struct change ch = {0};
    enum err err = change_begin(&ch, f, added, a, e);
    if (err != OK) return err;
    if (date_compare(ch.s.charged_through, on) > 0) change_finish(out, &ch, a);
    if (subscription_is_live(&ch.s) && !date_is_given(ch.s.cancel_on))
        schedule_end(out, added, on, reason, a);
    return OK;
}

/* The period is the one that there will be when all that is due is noted; the night does that. */
static enum err end_later(struct decision *out, const struct facts *f,
                          const struct subscription_cancel_command *c, struct arena *a, struct error *e)
{
    struct change ch = {0};
    enum err err = change_begin(&ch, f, f->subscription, a, e);
    if (err != OK) return err;
    const struct subscription *s = &ch.s;
    if (!subscription_is_live(s))
        return fail(e, ERR_REFUSED, "the subscription of '%.*s' ended", STR_ARG(c->user));
    if (date_is_given(s->cancel_on)) {
        return fail(e, ERR_REFUSED, "the subscription of '%.*s' will end on %.*s already", STR_ARG(c->user),
                    STR_ARG(date_text(a, s->cancel_on)));
    }
    struct date on = period_end(s, f->today);
    schedule_end(out, s, on, c->reason, a);
    for (size_t i = 0; i < f->subscriptions_count && err == OK; i++) {
        const struct subscription *added = &f->subscriptions[i];
        if (added->parent == s->subscription) err = end_added_later(out, f, added, on, c->reason, a, e);
    }
    return err;
}

/* ---- now ---- */

enum err credit_and_refund(struct decision *out, const struct facts *f, const char *currency, struct arena *a,
                           struct error *e)
{
    struct bill b = {.facts = f, .customer = f->customer->customer, .issue_date = f->issue_date};
    struct documents docs = {0};
    struct money total = {0};
    take_pending_items(&b, f, a);
    for (size_t i = 0; i < out->events.count; i++) {
        if (out->events.items[i].type != EVENT_ITEM_ADDED) continue;
        *line_add(&b.lines, a) = out->events.items[i].item_added.line;
    }
    enum err err = lines_total(&total, b.lines.items, b.lines.count, currency, e);
    if (err != OK || total.minor >= 0) return err;
    err = documents_of(&docs, &b, a, e);
    if (err == OK) err = add_documents(out, f, &docs, a, e);
    if (err != OK) return err;
    struct money refund = money_of(0, currency);
    for (size_t i = 0; i < docs.count && err == OK; i++) {
        const struct invoice_finalized *d = &docs.items[i];
        if (strcmp(d->total.currency, currency) != 0) continue;
        struct money given = {0};
        err = invoice_to_balance(&given, d, e);
        if (err == OK) err = money_add(&refund, refund, given, e);
    }
    if (err != OK) return err;
    return add_credit_refunds(out, f, refund, STR("unused part of a canceled subscription"), a, e);
}

/* What is left of the period is given back, the usage so far and what a commitment asks for are charged. */
static enum err close_account(struct change *ch, struct money *credit, struct date on, bool gives,
                              struct arena *a, struct error *e)
{
    struct subscription *s = &ch->s;
    struct date unused = date_is_given(s->paused_on) ? s->paused_on : on;
    struct moment from = {unused, 0}, until = {on, 0};
    bool by_second = s->terms.proration == PRORATE_BY_SECOND && !date_is_given(s->paused_on);
    if (by_second && on.days == ch->facts->today.days) from.second = until.second = ch->facts->second;
    *credit = money_zero(s->terms.amount);
    enum err err = charge_until(&ch->due, s, until, a, e);
    if (err == OK && gives) {
        err =
            credit_charges(&ch->due.lines, credit, s, LINE_PRORATION_CREDIT, from, s->charged_through, a, e);
    } else if (err == OK && date_is_given(s->paused_on)) { /* paused days cost nothing all the same */
        err = credit_charges(&ch->due.lines, credit, s, LINE_PAUSE_CREDIT, from, on, a, e);
    }
    bool rated = s->status != SUBSCRIPTION_TRIALING && date_compare(s->usage_through, on) <= 0;
    if (err == OK && rated) err = rate_usage_until(&ch->due, s, on, a, e);
    if (err == OK && s->status != SUBSCRIPTION_TRIALING) err = true_up(&ch->due, s, on, a, e);
    return err;
}

/* *s becomes what it is after its end. */
static enum err end_now(struct decision *out, const struct facts *f, struct subscription *s,
                        const struct subscription_cancel_command *c, struct arena *a, struct error *e)
{
    struct change ch = {.facts = f};
    struct money credit = {0};
    enum err err = change_begin(&ch, f, s, a, e);
    if (err != OK) return err;
    struct date on = date_compare(f->today, ch.s.start) < 0 ? ch.s.start : f->today;
    if (subscription_is_live(&ch.s)) { /* else the scheduled end was reached, only not noted yet */
        err = close_account(&ch, &credit, on, c->give_back != END_NONE, a, e);
        if (err != OK) return err;
        struct event *ev = change_event(&ch, EVENT_SUBSCRIPTION_CANCELED, a);
        ev->subscription_canceled = (struct subscription_canceled){.subscription = ch.s.subscription,
                                                                   .customer = ch.s.customer,
                                                                   .on = on,
                                                                   .product = ch.s.terms.product,
                                                                   .credit = credit,
                                                                   .reason = c->reason};
        err = change_apply(&ch, ev, a, e);
    }
    if (err == OK) change_finish(out, &ch, a);
    *s = ch.s;
    return err;
}

enum err decide_subscription_cancel(struct decision *out, const struct facts *f,
                                    const struct subscription_cancel_command *c, struct arena *a,
                                    struct error *e)
{
    enum err err = need_billed_here(f, c->user, e);
    if (err != OK) return err;
    if (!c->immediate && c->give_back != END_DEFAULT)
        return fail(e, ERR_INVALID, "give_back: at the period's end nothing is unused");
    if (!c->immediate) return end_later(out, f, c, a, e);
    struct subscription s = *f->subscription;
    struct subscription *after = arena_array_of(a, struct subscription, f->subscriptions_count);
    err = end_now(out, f, &s, c, a, e);
    for (size_t i = 0; i < f->subscriptions_count && err == OK; i++) {
        struct subscription *added = &after[i];
        *added = f->subscriptions[i];
        if (added->subscription == s.subscription) *added = s;
        if (added->parent != s.subscription) continue;
        if (date_compare(s.ended_on, f->today) < 0) end_with_plan(added, &s);
        err = end_now(out, f, added, c, a, e);
    }
    bool refunds = c->give_back == END_DEFAULT || c->give_back == END_REFUND;
    if (err != OK || !refunds) return err;
    err = credit_and_refund(out, f, s.terms.amount.currency, a, e);
    return err == OK ? restore_settled(out, f, after, a, e) : err;
}

/* ---- pause ---- */

/* Of what is paused already only the reason is another. */
static enum err stop(struct change *ch, struct subscription_paused v, struct arena *a, struct error *e)
{
    bool paused = ch->s.status == SUBSCRIPTION_PAUSED;
    enum err err = paused ? OK : charge_until(&ch->due, &ch->s, (struct moment){v.on, 0}, a, e);
    if (err != OK) return err;
    v.subscription = ch->s.subscription;
    v.customer = ch->s.customer;
    struct event *ev = change_event(ch, EVENT_SUBSCRIPTION_PAUSED, a);
    ev->subscription_paused = v;
    return change_apply(ch, ev, a, e);
}

static struct date first_paused(const struct change *ch)
{
    struct date today = ch->facts->today;
    return date_compare(today, ch->s.start) < 0 ? ch->s.start : today;
}

/* What is paused by itself goes on when its own pause and its plan's are over. */
static struct date both_over(const struct subscription *added, const struct subscription *plan)
{
    struct date own = added->with_plan ? added->own_resume_on : added->resume_on;
    if (!date_is_given(own) || !date_is_given(plan->resume_on)) return (struct date){0};
    return date_compare(own, plan->resume_on) < 0 ? plan->resume_on : own;
}

static enum err stop_added(struct decision *out, struct change *ch, const struct subscription *plan,
                           struct str reason, struct arena *a, struct error *e)
{
    bool paused = ch->s.status == SUBSCRIPTION_PAUSED;
    struct subscription_paused v = {.on = paused ? ch->s.paused_on : first_paused(ch),
                                    .resume_on = paused ? both_over(&ch->s, plan) : plan->resume_on,
                                    .reason = reason,
                                    .with_plan = true};
    if (!paused && date_is_given(v.resume_on) && date_compare(v.resume_on, v.on) <= 0)
        return OK; /* it begins when the pause is over */
    enum err err = stop(ch, v, a, e);
    if (err == OK) change_finish(out, ch, a);
    return err;
}

static enum err pause_added(struct decision *out, const struct facts *f, const struct subscription *plan,
                            struct str reason, struct arena *a, struct error *e)
{
    enum err err = OK;
    for (size_t i = 0; i < f->subscriptions_count && err == OK; i++) {
        struct change ch = {0};
        if (f->subscriptions[i].parent != plan->subscription) continue;
        err = change_begin(&ch, f, &f->subscriptions[i], a, e);
        bool may = ch.s.status == SUBSCRIPTION_ACTIVE || ch.s.status == SUBSCRIPTION_PAUSED;
        if (err == OK && may) err = stop_added(out, &ch, plan, reason, a, e);
    }
    return err;
}

enum err decide_subscription_pause(struct decision *out, const struct facts *f,
                                   const struct subscription_pause_command *c, struct arena *a,
                                   struct error *e)
{
    struct change ch = {.facts = f};
    enum err err = need_billed_here(f, c->user, e);
    if (err == OK) err = change_begin(&ch, f, f->subscription, a, e);
    if (err != OK) return err;
    struct subscription *s = &ch.s;
    struct date on = first_paused(&ch);
    if (s->status != SUBSCRIPTION_ACTIVE) {
        return fail(e, ERR_REFUSED, "the subscription of '%.*s' is %s and cannot be paused", STR_ARG(c->user),
                    choice_subscription_status.words[s->status]);
    }
    if (date_is_given(c->until) && date_compare(c->until, on) <= 0)
        return fail(e, ERR_INVALID, "until: a day after the pause's first is wanted");
    const struct subscription_paused v = {.on = on, .resume_on = c->until, .reason = c->reason};
    err = stop(&ch, v, a, e);
    if (err != OK) return err;
    change_finish(out, &ch, a);
    return pause_added(out, f, s, c->reason, a, e);
}

/* ---- resume ---- */

/* What the trial's end stopped because there was no payment method goes on when there is one. */
static enum err check_method(const struct facts *f, const struct subscription *s, struct error *e)
{
    bool since_trial = date_is_given(s->trial_end) && date_compare(s->paused_on, s->trial_end) == 0;
    if (!since_trial || s->terms.free || method_named(f, STR_NONE) != NULL) return OK;
    return fail(e, ERR_INVALID, "tier '%.*s' is paid: a payment method is needed", STR_ARG(s->terms.product));
}

/* What is added to a plan cannot go on before it. */
static enum err check_plan(const struct facts *f, const struct subscription *added, struct arena *a,
                           struct error *e)
{
    for (size_t i = 0; i < f->subscriptions_count; i++) {
        struct change ch = {0};
        if (f->subscriptions[i].subscription != added->parent) continue;
        enum err err = change_begin(&ch, f, &f->subscriptions[i], a, e);
        if (err != OK || ch.s.status != SUBSCRIPTION_PAUSED) return err;
        return fail(e, ERR_REFUSED, "sub_%ju is added to sub_%ju, which is paused: resume that",
                    (uintmax_t)added->subscription, (uintmax_t)added->parent);
    }
    return OK;
}

static struct date first_resumed(const struct change *ch)
{
    bool ahead = date_compare(ch->facts->today, ch->s.paused_on) < 0; /* paused before it began */
    return ahead ? ch->s.paused_on : ch->facts->today;
}

/* Paused because its plan was, or by the end of the trial that both had. */
static bool is_paused_with(const struct subscription *added, const struct subscription *plan)
{
    bool trial = date_is_given(plan->trial_end) && date_compare(plan->paused_on, plan->trial_end) == 0 &&
                 date_compare(added->trial_end, plan->trial_end) == 0 &&
                 date_compare(added->paused_on, plan->paused_on) == 0;
    return added->status == SUBSCRIPTION_PAUSED && (added->with_plan || trial);
}

/* Its own pause may last longer. */
static enum err resume_one_added(struct change *ch, struct arena *a, struct error *e)
{
    const struct subscription *s = &ch->s;
    struct date own = s->own_resume_on, today = ch->facts->today;
    bool over = date_is_given(own) && date_compare(own, today) <= 0;
    if (!s->paused_itself || over) return resume(&ch->due, &ch->s, first_resumed(ch), a, e);
    return stop(ch, (struct subscription_paused){.on = s->paused_on, .resume_on = own}, a, e);
}

/* `plan` as it was paused. */
static enum err resume_added(struct decision *out, const struct facts *f, const struct subscription *plan,
                             struct arena *a, struct error *e)
{
    enum err err = OK;
    for (size_t i = 0; i < f->subscriptions_count && err == OK; i++) {
        struct change ch = {0};
        if (f->subscriptions[i].parent != plan->subscription) continue;
        err = change_begin(&ch, f, &f->subscriptions[i], a, e);
        if (err != OK || !is_paused_with(&ch.s, plan)) continue;
        err = resume_one_added(&ch, a, e);
        if (err == OK) change_finish(out, &ch, a);
    }
    return err;
}

enum err decide_subscription_resume(struct decision *out, const struct facts *f,
                                    const struct subscription_resume_command *c, struct arena *a,
                                    struct error *e)
{
    struct change ch = {.facts = f};
    enum err err = need_billed_here(f, c->user, e);
    if (err == OK) err = change_begin(&ch, f, f->subscription, a, e);
    if (err != OK) return err;
    if (ch.s.status != SUBSCRIPTION_PAUSED) {
        return fail(e, ERR_REFUSED, "the subscription of '%.*s' is %s, not paused", STR_ARG(c->user),
                    choice_subscription_status.words[ch.s.status]);
    }
    err = check_plan(f, &ch.s, a, e);
    if (err == OK) err = check_method(f, &ch.s, e);
    if (err != OK) return err;
    const struct subscription paused = ch.s;
    err = resume(&ch.due, &ch.s, first_resumed(&ch), a, e);
    if (err != OK) return err;
    change_finish(out, &ch, a);
    return resume_added(out, f, &paused, a, e);
}
