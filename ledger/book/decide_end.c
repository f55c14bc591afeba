/* SPDX-License-Identifier: MIT */
/* decide_end.c - ends and pauses: cancel now or at the period's end, with what becomes of the unused part;
 * pause and resume. What is added to a plan ends with it. */
#include "ledger/book/decide_change.h"

/* ---- at the period's end ---- */

static void schedule_end(struct decision *out, const struct subscription *s, struct date on,
                         struct str reason, struct arena *a)
{
    struct event *ev = event_add(&out->events, EVENT_SUBSCRIPTION_CANCEL_SCHEDULED, a);
    ev->subscription_cancel_scheduled = (struct subscription_cancel_scheduled){
        .subscription = s->subscription, .customer = s->customer, .on = on, .reason = reason};
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
    for (size_t i = 0; i < f->subscriptions_count; i++) {
        const struct subscription *child = &f->subscriptions[i];
        if (child->parent == s->subscription && !date_is_given(child->cancel_on))
            schedule_end(out, child, on, c->reason, a);
    }
    return OK;
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
    if (err != OK) return err;
    add_documents(out, &docs, a);
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
    enum err err = need_subscription(f, c->user, e);
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

/* ---- pause and resume ---- */

enum err decide_subscription_pause(struct decision *out, const struct facts *f,
                                   const struct subscription_pause_command *c, struct arena *a,
                                   struct error *e)
{
    struct change ch = {.facts = f};
    enum err err = need_subscription(f, c->user, e);
    if (err == OK) err = change_begin(&ch, f, f->subscription, a, e);
    if (err != OK) return err;
    struct subscription *s = &ch.s;
    struct date on = date_compare(f->today, s->start) < 0 ? s->start : f->today;
    if (s->status != SUBSCRIPTION_ACTIVE) {
        return fail(e, ERR_REFUSED, "the subscription of '%.*s' is %s and cannot be paused", STR_ARG(c->user),
                    choice_subscription_status.words[s->status]);
    }
    if (date_is_given(c->until) && date_compare(c->until, on) <= 0)
        return fail(e, ERR_INVALID, "until: a day after the pause's first is wanted");
    err = charge_until(&ch.due, s, (struct moment){on, 0}, a, e);
    if (err != OK) return err;
    struct event *ev = change_event(&ch, EVENT_SUBSCRIPTION_PAUSED, a);
    ev->subscription_paused = (struct subscription_paused){.subscription = s->subscription,
                                                           .customer = s->customer,
                                                           .on = on,
                                                           .resume_on = c->until,
                                                           .reason = c->reason};
    err = change_apply(&ch, ev, a, e);
    if (err == OK) change_finish(out, &ch, a);
    return err;
}

/* What the trial's end stopped because there was no payment method goes on when there is one. */
static enum err check_method(const struct facts *f, const struct subscription *s, struct error *e)
{
    bool since_trial = date_is_given(s->trial_end) && date_compare(s->paused_on, s->trial_end) == 0;
    if (!since_trial || s->terms.free || method_named(f, STR_NONE) != NULL) return OK;
    return fail(e, ERR_INVALID, "tier '%.*s' is paid: a payment method is needed", STR_ARG(s->terms.product));
}

enum err decide_subscription_resume(struct decision *out, const struct facts *f,
                                    const struct subscription_resume_command *c, struct arena *a,
                                    struct error *e)
{
    struct change ch = {.facts = f};
    enum err err = need_subscription(f, c->user, e);
    if (err == OK) err = change_begin(&ch, f, f->subscription, a, e);
    if (err != OK) return err;
    if (ch.s.status != SUBSCRIPTION_PAUSED) {
        return fail(e, ERR_REFUSED, "the subscription of '%.*s' is %s, not paused", STR_ARG(c->user),
                    choice_subscription_status.words[ch.s.status]);
    }
    err = check_method(f, &ch.s, e);
    if (err != OK) return err;
    bool ahead = date_compare(f->today, ch.s.paused_on) < 0; /* paused before it began */
    err = resume(&ch.due, &ch.s, ahead ? ch.s.paused_on : f->today, a, e);
    if (err == OK) change_finish(out, &ch, a);
    return err;
}
