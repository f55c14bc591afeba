/* SPDX-License-Identifier: MIT */
/* decide_follow.c - subscriptions that Stripe bills: what it tells of them is followed, without any money of
 * ours, until they end there or the ledger takes them over. What was told already writes nothing; so does
 * what is older than that. */
#include "ledger/book/decide_change.h"

/* ---- which one is told of ---- */

static bool is_called(const struct subscription *s, struct str reference)
{
    return s != NULL && str_equal(s->reference, reference);
}

static const struct subscription *called(const struct facts *f, struct str reference)
{
    for (size_t i = 0; i < f->subscriptions_count; i++) {
        if (is_called(&f->subscriptions[i], reference)) return &f->subscriptions[i];
    }
    if (is_called(f->subscription, reference)) return f->subscription;
    return is_called(f->ended, reference) ? f->ended : NULL;
}

/* It is, or was, billed by Stripe. */
static bool is_followed(const struct subscription *s)
{
    return s != NULL && (subscription_is_elsewhere(s) || instant_is_given(s->followed_at));
}

static const struct subscription *only_followed(const struct facts *f)
{
    const struct subscription *found = NULL;
    for (size_t i = 0; i < f->subscriptions_count; i++) {
        const struct subscription *s = &f->subscriptions[i];
        if (s->parent != 0 || !subscription_is_elsewhere(s)) continue;
        if (found != NULL) return NULL;
        found = s;
    }
    return found;
}

/* One that has no reference yet may be the one that is called so. */
static enum err find_followed(const struct subscription **out, const struct facts *f,
                              const struct subscription_follow_command *c, struct error *e)
{
    bool named = c->subscription.len != 0;
    const struct subscription *s = named || c->reference.len == 0 ? f->subscription : called(f, c->reference);
    if (s == NULL || (!named && !is_followed(s))) s = only_followed(f);
    if (s == NULL && is_followed(f->ended) && !named) s = f->ended;
    bool other = s != NULL && c->reference.len != 0 && s->reference.len != 0 && !is_called(s, c->reference);
    if ((s == NULL || other) && c->reference.len != 0) {
        return fail(e, ERR_NOT_FOUND, "no subscription of '%.*s' is %.*s at Stripe", STR_ARG(c->user),
                    STR_ARG(c->reference));
    }
    if (is_followed(s)) {
        *out = s;
        return OK;
    }
    enum err err = s == NULL ? need_subscription(f, c->user, e) : OK;
    if (err != OK) return err;
    return fail(e, ERR_REFUSED, "no subscription of '%.*s' is billed by Stripe", STR_ARG(c->user));
}

/* ---- what is told ---- */

static enum err check_telling(const struct subscription_follow_command *c, const struct facts *f,
                              const struct subscription *s, struct error *e)
{
    static const int64_t day_us = 86400000000;
    bool known = c->status != SUBSCRIPTION_PAUSED;
    if (!known)
        return fail(e, ERR_INVALID, "status: active, trialing, past_due, unpaid or canceled is wanted");
    if (instant_is_given(c->as_of) && c->as_of.us > f->now.us + day_us)
        return fail(e, ERR_INVALID, "as_of: more than a day ahead");
    if (!date_is_given(c->period_end)) return interval_count_check(c->interval_count, e);
    if (date_compare(c->period_end, s->start) < 0)
        return fail(e, ERR_INVALID, "period_end: before the start");
    enum err err = check_years("period_end", f->today, c->period_end, e);
    return err == OK ? interval_count_check(c->interval_count, e) : err;
}

/* Nobody may be billed twice: Stripe's last period ends where the ledger's first one begins. */
static enum err check_taken_over(const struct subscription *s, const struct subscription_follow_command *c,
                                 struct arena *a, struct error *e)
{
    bool beyond = date_is_given(c->period_end) && date_compare(c->period_end, s->take_over_on) > 0;
    if (!beyond) return OK;
    return fail(e, ERR_REFUSED,
                "sub_%ju is billed by the ledger from %.*s, but Stripe has billed it until %.*s: cancel it "
                "there, and give one of the two back",
                (uintmax_t)s->subscription, STR_ARG(date_text(a, s->take_over_on)),
                STR_ARG(date_text(a, c->period_end)));
}

/* ---- following ---- */

struct following {
    const struct facts *facts;
    const struct subscription_follow_command *command;
    struct subscription s;    /* as it becomes */
    struct event_list events; /* behind subscription.followed */
};

static struct event *follow_event(struct following *w, enum event_type type, struct arena *a)
{
    return event_add(&w->events, type, a);
}

static struct date day_of_telling(const struct following *w)
{
    struct date today = w->facts->today;
    return date_compare(today, w->s.start) < 0 ? w->s.start : today;
}

static bool has_ended(const struct subscription_follow_command *c)
{
    return c->ended || c->status == SUBSCRIPTION_CANCELED;
}

/* Of an add-on with other periods than its plan's, when they end is not told. */
static void follow_period(struct subscription_followed *v, const struct following *w,
                          const struct subscription *plan)
{
    const struct subscription_follow_command *c = w->command;
    const struct subscription *s = &w->s;
    struct interval own = terms_interval(&s->terms), its = terms_interval(&plan->terms);
    bool told = date_is_given(c->period_end) && own.unit == its.unit && own.count == its.count;
    if (told) {
        v->charged_through = c->period_end;
        v->anchor = subscription_anchor_for(s, c->period_end, &v->anchor_day);
    }
    bool ends = c->cancel_at_period_end == YES_NO_DEFAULT ? date_is_given(s->ends_there)
                                                          : c->cancel_at_period_end == YES_NO_YES;
    bool as_before = date_is_given(s->ends_there) && !date_is_given(c->period_end);
    v->ends_on = !ends ? (struct date){0} : as_before ? s->ends_there : v->charged_through;
}

/* *news: something is another than it was, or newer. */
static enum err follow_head(bool *news, struct event *ev, struct following *w,
                            const struct subscription *plan, struct arena *a, struct error *e)
{
    const struct subscription_follow_command *c = w->command;
    const struct subscription *s = &w->s;
    struct subscription_followed v = {.subscription = s->subscription,
                                      .customer = s->customer,
                                      .billing_owner = s->billing_owner,
                                      .as_of = s->followed_at,
                                      .reference = s->reference,
                                      .charged_through = s->charged_through,
                                      .anchor = s->anchor,
                                      .anchor_day = s->anchor_day,
                                      .ends_on = s->ends_there};
    const struct subscription_followed before = v;
    struct instant as_of = instant_is_given(c->as_of) ? c->as_of : w->facts->now;
    if (c->reference.len != 0) v.reference = c->reference;
    follow_period(&v, w, plan);
    *news = !schema_equal(&schema_subscription_followed, &before, &v) ||
            (instant_is_given(c->as_of) && c->as_of.us > s->followed_at.us);
    if (as_of.us > v.as_of.us) v.as_of = as_of;
    *ev = (struct event){.type = EVENT_SUBSCRIPTION_FOLLOWED};
    ev->subscription_followed = v;
    return subscription_apply(&w->s, ev, a, e);
}

/* ---- tier, interval and seats ---- */

static enum err terms_told(struct terms *out, const struct following *w, struct arena *a, struct error *e)
{
    const struct subscription_follow_command *c = w->command;
    const struct terms *from = &w->s.terms;
    struct interval own = terms_interval(from), every = interval_chosen(c->interval, c->interval_count, own);
    struct terms_wish wish = wish_of(from);
    struct facts then = *w->facts;
    bool same_tier = c->tier.len == 0 || str_equal(c->tier, from->product);
    bool same = same_tier && every.unit == own.unit && every.count == own.count;
    bool priced = c->price_is_zero || !decimal_is_zero(c->price);
    *out = *from;
    if (same && !priced) return OK;
    if (!same) wish.agreed = (struct agreement){0};
    if (!same_tier) wish.tier = c->tier;
    wish.unit = every.unit;
    wish.interval_count = every.count;
    wish.price = c->price;
    wish.price_given = priced;
    then.subscription = &w->s; /* who has a retired tier keeps it */
    enum err err = terms_for(out, &then, &wish, a, e);
    if (err == OK) err = check_billed_once(w->facts, out, w->s.subscription, e);
    if (err != OK || out->kind == from->kind) return err;
    return fail(e, ERR_REFUSED, "a plan and an add-on cannot take each other's place");
}

static bool is_same_offer(const struct terms *x, const struct terms *y)
{
    return str_equal(x->product, y->product) && x->unit == y->unit &&
           x->interval_count == y->interval_count && money_compare(x->amount, y->amount) == 0;
}

/* What it costs there is Stripe's: here nothing is charged and nothing given back. */
static enum err follow_terms(struct following *w, struct arena *a, struct error *e)
{
    const struct subscription_follow_command *c = w->command;
    const struct subscription *s = &w->s;
    struct terms terms = {0};
    enum err err = terms_told(&terms, w, a, e);
    if (err == OK) err = check_quantity(c->quantity, &terms, e);
    if (err != OK) return err;
    uint64_t quantity = c->quantity != 0 ? c->quantity : s->quantity;
    if (is_same_offer(&terms, &s->terms) && quantity == s->quantity) return OK;
    struct event *ev = follow_event(w, EVENT_SUBSCRIPTION_CHANGED, a);
    ev->subscription_changed =
        (struct subscription_changed){.subscription = s->subscription,
                                      .customer = s->customer,
                                      .on = day_of_telling(w),
                                      .kind = kind_of_change(&s->terms, &terms),
                                      .old_product = s->terms.product,
                                      .terms = terms,
                                      .quantity = quantity,
                                      .anchor = s->anchor,
                                      .anchor_day = s->anchor_day,
                                      .charged_through = s->charged_through,
                                      .credit = money_zero(terms.amount),
                                      .charge = money_zero(terms.amount),
                                      .committed_from = s->committed_from,
                                      .committed = money_zero(terms.amount),
                                      .committed_usage = money_zero(terms.amount),
                                      .given_up = agreed_given_up(&s->terms, &terms, a),
                                      .billing_owner = s->billing_owner};
    return subscription_apply(&w->s, ev, a, e);
}

/* ---- paid or not ---- */

static enum err become(struct following *w, enum subscription_status status, struct arena *a, struct error *e)
{
    const struct subscription *s = &w->s;
    struct event *ev = follow_event(w, EVENT_SUBSCRIPTION_OVERDUE, a);
    ev->subscription_overdue = (struct subscription_overdue){
        .subscription = s->subscription, .customer = s->customer, .on = day_of_telling(w), .status = status};
    return subscription_apply(&w->s, ev, a, e);
}

static enum err go_on(struct following *w, struct arena *a, struct error *e)
{
    const struct subscription *s = &w->s;
    struct event *ev = follow_event(w, EVENT_SUBSCRIPTION_RESUMED, a);
    ev->subscription_resumed = (struct subscription_resumed){.subscription = s->subscription,
                                                             .customer = s->customer,
                                                             .on = day_of_telling(w),
                                                             .credit = money_zero(s->terms.amount),
                                                             .charged_through = s->charged_through};
    return subscription_apply(&w->s, ev, a, e);
}

/* Step by step, as moves.def has them. */
static enum err follow_status(struct following *w, struct arena *a, struct error *e)
{
    enum subscription_status to = w->command->status;
    enum err err = OK;
    if (to == SUBSCRIPTION_TRIALING) to = SUBSCRIPTION_ACTIVE;
    if (to == SUBSCRIPTION_NONE || to == w->s.status) return OK;
    if (w->s.status == SUBSCRIPTION_UNPAID) err = go_on(w, a, e);
    if (err == OK && to != SUBSCRIPTION_ACTIVE && w->s.status == SUBSCRIPTION_ACTIVE)
        err = become(w, SUBSCRIPTION_PAST_DUE, a, e);
    return err == OK && to != w->s.status ? become(w, to, a, e) : err;
}

/* ---- its end ---- */

static enum err follow_end(struct following *w, struct arena *a, struct error *e)
{
    const struct subscription *s = &w->s;
    struct event *ev = follow_event(w, EVENT_SUBSCRIPTION_CANCELED, a);
    ev->subscription_canceled = (struct subscription_canceled){.subscription = s->subscription,
                                                               .customer = s->customer,
                                                               .on = day_of_telling(w),
                                                               .product = s->terms.product,
                                                               .credit = money_zero(s->terms.amount),
                                                               .reason = STR("it ended at Stripe")};
    return subscription_apply(&w->s, ev, a, e);
}

static const struct price *free_price(const struct catalog *c, const char *currency)
{
    for (size_t i = 0; c != NULL && i < c->prices_count; i++) {
        const struct product *p = product_of(c, c->prices[i].product);
        bool sold = p != NULL && p->free && !p->retired && p->kind == PRODUCT_PLAN && !c->prices[i].custom;
        if (sold && strcmp(c->prices[i].amount.currency, currency) == 0) return &c->prices[i];
    }
    return NULL;
}

enum err begin_free(struct decision *out, const struct facts *f, const struct subscription *ended,
                    struct arena *a, struct error *e)
{
    const struct price *p = free_price(f->catalog, ended->terms.amount.currency);
    struct subscription *others = arena_array_of(a, struct subscription, f->subscriptions_count);
    struct facts then = *f;
    then.subscriptions = others;
    then.subscriptions_count = 0;
    then.subscription = NULL;
    for (size_t i = 0; i < f->subscriptions_count; i++) {
        const struct subscription *s = &f->subscriptions[i];
        if (s->subscription == ended->subscription || s->parent == ended->subscription) continue;
        if (!subscription_is_live(s)) continue;
        if (s->parent == 0) return OK;
        others[then.subscriptions_count++] = *s;
    }
    if (p == NULL) return OK;
    const struct subscription_create_command c = {.user = f->customer->user,
                                                  .tier = p->product,
                                                  .interval = (enum billing_interval)(p->unit + 1),
                                                  .interval_count = p->interval_count,
                                                  .currency = str_of(ended->terms.amount.currency),
                                                  .start = ended->ended_on,
                                                  .no_trial = true};
    return subscription_begin(out, &then, &c, a, e);
}

/* ---- the command ---- */

/* One that is to be taken over does not end with what Stripe bills of it: that is what was waited for. */
static enum err follow_one(struct decision *out, struct following *w, const struct subscription *plan,
                           struct arena *a, struct error *e)
{
    struct event head = {0};
    bool news = false, is_plan = w->s.subscription == plan->subscription;
    bool waited_for = date_is_given(w->s.take_over_on) && w->command->cancel_at_period_end != YES_NO_NO;
    enum err err = follow_head(&news, &head, w, plan, a, e);
    if (err == OK && is_plan) err = follow_terms(w, a, e);
    if (err == OK && !has_ended(w->command)) err = follow_status(w, a, e);
    if (err == OK && has_ended(w->command) && !waited_for) err = follow_end(w, a, e);
    if (err != OK || (!news && w->events.count == 0)) return err;
    *event_add(&out->events, EVENT_SUBSCRIPTION_FOLLOWED, a) = head;
    for (size_t i = 0; i < w->events.count; i++)
        *event_add(&out->events, w->events.items[i].type, a) = w->events.items[i];
    return OK;
}

static bool is_behind(const struct subscription *s)
{
    return s->status == SUBSCRIPTION_PAST_DUE || s->status == SUBSCRIPTION_UNPAID;
}

/* The customer is told when it begins, of what a period costs without tax; how it goes on, Stripe tells him.
 */
static enum err tell_of_failure(struct decision *out, const struct facts *f,
                                const struct subscription *before, const struct subscription *after,
                                struct arena *a, struct error *e)
{
    struct money amount = {0};
    if (is_behind(before) || !is_behind(after)) return OK;
    enum err err = money_part(&amount, after->terms.amount, (int64_t)after->quantity, 1, e);
    if (err == OK) remind_of_failure(out, f, amount, a);
    return err;
}

/* What is added to it is billed with it. */
enum err decide_subscription_follow(struct decision *out, const struct facts *f,
                                    const struct subscription_follow_command *c, struct arena *a,
                                    struct error *e)
{
    const struct subscription *plan = NULL;
    enum err err = need_customer(f, c->user, e);
    if (err == OK) err = find_followed(&plan, f, c, e);
    if (plan == NULL) return err;
    err = check_telling(c, f, plan, e);
    if (err != OK || !subscription_is_live(plan)) return err; /* an end is final */
    if (!subscription_is_elsewhere_on(plan, f->today)) return check_taken_over(plan, c, a, e);
    if (instant_is_given(c->as_of) && c->as_of.us < plan->followed_at.us) return OK;
    struct following w = {.facts = f, .command = c, .s = *plan};
    err = follow_one(out, &w, plan, a, e);
    const struct subscription after = w.s;
    if (err == OK) err = tell_of_failure(out, f, plan, &after, a, e);
    for (size_t i = 0; i < f->subscriptions_count && err == OK; i++) {
        const struct subscription *added = &f->subscriptions[i];
        bool with_it = added->parent == plan->subscription && subscription_is_elsewhere(added);
        w = (struct following){.facts = f, .command = c, .s = *added};
        if (with_it) err = follow_one(out, &w, &after, a, e);
    }
    return err == OK && !subscription_is_live(&after) ? begin_free(out, f, &after, a, e) : err;
}

/* ---- taking over ---- */

static enum err check_take_over(const struct facts *f, const struct subscription_take_over_command *c,
                                struct arena *a, struct error *e)
{
    const struct subscription *s = f->subscription;
    uintmax_t number = (uintmax_t)s->subscription;
    if (!subscription_is_elsewhere_on(s, f->today))
        return fail(e, ERR_REFUSED, "sub_%ju is billed by the ledger already", number);
    if (s->parent != 0)
        return fail(e, ERR_REFUSED, "sub_%ju is added to sub_%ju: take that over", number,
                    (uintmax_t)s->parent);
    if (s->status != SUBSCRIPTION_ACTIVE)
        return fail(e, ERR_REFUSED, "sub_%ju is %s at Stripe: settle that there first", number,
                    choice_subscription_status.words[s->status]);
    if (!date_is_given(s->ends_there)) {
        return fail(e, ERR_REFUSED,
                    "sub_%ju goes on at Stripe: let it end there with its period first, so that nobody is "
                    "billed twice",
                    number);
    }
    if (date_is_given(c->on) && date_compare(c->on, s->ends_there) < 0)
        return fail(e, ERR_REFUSED, "on: Stripe has billed sub_%ju until %.*s", number,
                    STR_ARG(date_text(a, s->ends_there)));
    if (s->terms.free || method_named(f, STR_NONE) != NULL) return OK;
    return fail(e, ERR_INVALID, "tier '%.*s' is paid: a payment method is needed", STR_ARG(s->terms.product));
}

static void plan_take_over(struct decision *out, const struct subscription *s, struct date on,
                           struct arena *a)
{
    if (date_compare(on, s->ends_there) < 0) on = s->ends_there; /* an add-on with other periods */
    if (date_compare(on, s->take_over_on) == 0) return;
    struct event *ev = event_add(&out->events, EVENT_SUBSCRIPTION_TAKE_OVER_PLANNED, a);
    ev->subscription_take_over_planned = (struct subscription_take_over_planned){
        .subscription = s->subscription, .customer = s->customer, .on = on};
}

enum err decide_subscription_take_over(struct decision *out, const struct facts *f,
                                       const struct subscription_take_over_command *c, struct arena *a,
                                       struct error *e)
{
    enum err err = need_subscription(f, c->user, e);
    if (err == OK) err = check_take_over(f, c, a, e);
    if (err == OK && date_is_given(c->on)) err = check_years("on", f->today, c->on, e);
    if (err != OK) return err;
    const struct subscription *s = f->subscription;
    struct date on = date_is_given(c->on) ? c->on : s->ends_there;
    plan_take_over(out, s, on, a);
    for (size_t i = 0; i < f->subscriptions_count; i++) {
        const struct subscription *added = &f->subscriptions[i];
        bool with_it = added->parent == s->subscription && subscription_is_elsewhere(added);
        if (with_it) plan_take_over(out, added, on, a);
    }
    return OK;
}
