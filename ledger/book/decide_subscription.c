/* SPDX-License-Identifier: MIT */
/* decide_subscription.c - how a subscription begins: when its periods begin, whether there is a trial, what
 * it is added to, and what it is paid with. */
#include "ledger/book/decide_change.h"

/* ---- who and how ---- */

/* An unknown user becomes a customer with nothing but an id. */
static uint64_t customer_for(struct decision *out, const struct facts *f, struct str user,
                             const char *currency, struct arena *a)
{
    if (f->customer != NULL) return f->customer->customer;
    struct event *ev = event_add(&out->events, EVENT_CUSTOMER_CREATED, a);
    ev->customer_created = (struct customer_created){.customer = f->counters.customer,
                                                     .user = user,
                                                     .currency = str_copy(a, str_of(currency)),
                                                     .timezone = default_timezone(f),
                                                     .locale = STR("en-US")};
    return f->counters.customer;
}

static enum err method_for(struct decision *out, const struct facts *f,
                           const struct subscription_create_command *c, const struct price *p,
                           const struct subscription_created *s, struct arena *a, struct error *e)
{
    bool added = false;
    bool trial = date_is_given(s->trial_end) && (p->trial_without_method || s->parent != 0);
    bool elsewhere = s->billing_owner != BILLED_BY_LEDGER;
    if (c->payment_method.len != 0) {
        struct card card = c->card;
        if (card.token.len == 0) card.token = c->payment_method;
        return keep_card(out, f, s->customer, &card, true, &added, a, e);
    }
    if (s->terms.free || trial || elsewhere || method_named(f, STR_NONE) != NULL) return OK;
    return fail(e, ERR_INVALID, "tier '%.*s' is paid: a payment method is needed", STR_ARG(c->tier));
}

/* ---- dates ---- */

enum err day_chosen(uint64_t *out, uint64_t billing_day, bool end_of_month, struct error *e)
{
    if (billing_day > BILLING_DAY_MAX) return fail(e, ERR_INVALID, "billing_day: 1 to 31 is wanted");
    if (end_of_month && billing_day != 0 && billing_day != BILLING_DAY_MAX)
        return fail(e, ERR_INVALID, "end_of_month: another billing day was given too");
    *out = end_of_month ? BILLING_DAY_MAX : billing_day;
    return OK;
}

enum err check_billing_day(uint64_t day, const struct terms *t, struct error *e)
{
    if (day == 0) return OK;
    if (t->unit == INTERVAL_DAY || t->unit == INTERVAL_WEEK)
        return fail(e, ERR_REFUSED, "billing_day: periods of days and weeks have none");
    if (t->alignment != ALIGN_CALENDAR) return OK;
    return fail(e, ERR_REFUSED, "billing_day: the periods of tier '%.*s' begin with those of the calendar",
                STR_ARG(t->product));
}

enum err check_years(const char *what, struct date today, struct date given, struct error *e)
{
    enum { YEARS_MAX = 20 };
    int32_t away = date_days_between(today, given);
    if (away <= YEARS_MAX * 366 && away >= -YEARS_MAX * 366) return OK;
    return fail(e, ERR_INVALID, "%s: more than %d years away from today", what, YEARS_MAX);
}

/* Where periods that follow the calendar count from: a Monday, or the first of January. */
static struct date calendar_anchor(struct date day, struct interval every)
{
    enum { FIRST_MONDAY = 4 }; /* 1970-01-05 */
    int year = 0, month = 0, of_month = 0;
    if (every.unit == INTERVAL_DAY) return day;
    if (every.unit == INTERVAL_WEEK) return (struct date){day.days - (day.days - FIRST_MONDAY) % 7};
    date_split(day, &year, &month, &of_month);
    return date_of(year, 1, 1);
}

/* The first day that is paid for, and from where its periods count. */
static void anchor_subscription(struct subscription_created *s, uint64_t billing_day,
                                const struct subscription *parent)
{
    struct interval every = terms_interval(&s->terms);
    struct date paid = date_is_given(s->trial_end) ? s->trial_end : s->start;
    bool follows = parent != NULL && parent->terms.unit == s->terms.unit &&
                   terms_interval(&parent->terms).count == every.count;
    s->anchor = paid;
    s->anchor_day = billing_day;
    if (follows && billing_day == 0) {
        s->anchor = parent->anchor;
        s->anchor_day = parent->anchor_day;
    } else if (billing_day != 0) {
        s->anchor = interval_first_boundary(paid, (uint32_t)billing_day, every);
    } else if (s->terms.alignment == ALIGN_CALENDAR) {
        s->anchor = calendar_anchor(paid, every);
    }
}

/* An add-on has the trial of its plan, or what is left of it, and what becomes of it at its end. */
static enum err trial_chosen(struct subscription_created *s, const struct subscription_create_command *c,
                             const struct price *p, const struct subscription *parent, struct error *e)
{
    bool elsewhere = c->billing_owner != BILLED_BY_LEDGER;
    if (elsewhere && c->trial_days != 0)
        return fail(e, ERR_INVALID, "trial_days: a subscription that Stripe bills has its trial there");
    uint64_t days = c->no_trial || elsewhere ? 0 : c->trial_days != 0 ? c->trial_days : p->trial_days;
    if (parent == NULL || elsewhere) {
        if (days != 0) s->trial_end = date_add_days(s->start, (int32_t)days);
        return OK;
    }
    if (c->trial_days != 0) return fail(e, ERR_REFUSED, "trial_days: an add-on has the trial of its plan");
    bool on_trial = parent->status == SUBSCRIPTION_TRIALING && date_compare(s->start, parent->trial_end) < 0;
    if (!on_trial || c->no_trial) return OK;
    s->trial_end = parent->trial_end;
    s->terms.trial_end = parent->terms.trial_end;
    return OK;
}

/* Its periods end there when Stripe says so. */
static void anchor_elsewhere(struct subscription_created *s)
{
    const struct subscription there = {.terms = s->terms, .anchor = s->anchor, .anchor_day = s->anchor_day};
    s->anchor = subscription_anchor_for(&there, s->charged_through, &s->anchor_day);
}

static enum err dates_chosen(struct subscription_created *s, const struct facts *f,
                             const struct subscription_create_command *c, const struct price *p,
                             const struct subscription *parent, struct error *e)
{
    uint64_t day = 0;
    enum err err = day_chosen(&day, c->billing_day, c->end_of_month, e);
    if (err == OK) err = check_billing_day(day, &s->terms, e);
    if (err != OK) return err;
    if (c->trial_days > TRIAL_DAYS_MAX)
        return fail(e, ERR_INVALID, "trial_days: at most %d days are allowed", TRIAL_DAYS_MAX);
    if (c->trial_days != 0 && c->no_trial)
        return fail(e, ERR_INVALID, "trial_days: a trial and no trial at once");
    s->start = date_is_given(c->start) ? c->start : f->today;
    err = check_years("start", f->today, s->start, e);
    if (err != OK) return err;
    err = trial_chosen(s, c, p, parent, e);
    if (err != OK) return err;
    s->charged_through = c->charged_through;
    if (!date_is_given(s->charged_through)) {
        anchor_subscription(s, day, parent);
        return OK;
    }
    if (date_is_given(s->trial_end) && c->trial_days != 0)
        return fail(e, ERR_INVALID, "charged_through: what was charged elsewhere has no trial here");
    s->trial_end = (struct date){0};
    if (date_compare(s->charged_through, s->start) < 0)
        return fail(e, ERR_INVALID, "charged_through: before the start");
    anchor_subscription(s, day, parent);
    if (c->billing_owner != BILLED_BY_LEDGER) anchor_elsewhere(s);
    return check_years("charged_through", f->today, s->charged_through, e);
}

/* ---- ends that were reached ---- */

/* They are noted first, so that nobody has to wait for the night to subscribe again. *f becomes what is known
 * after them, with what goes on as it is once all that is due is noted. */
static enum err note_ends(struct decision *out, struct facts *f, struct arena *a, struct error *e)
{
    size_t count = f->subscriptions_count;
    struct subscription *after = arena_array_of(a, struct subscription, count);
    struct subscription *live = arena_array_of(a, struct subscription, count);
    const struct facts before = *f;
    f->subscriptions = live;
    f->subscriptions_count = 0;
    for (size_t i = 0; i < count; i++) {
        struct change ch = {0};
        struct subscription s = before.subscriptions[i];
        for (size_t k = 0; k < i; k++) end_with_plan(&s, &after[k]);
        enum err err = change_begin(&ch, &before, &s, a, e);
        if (err != OK) return err;
        after[i] = ch.s;
        bool ended = !subscription_is_live(&ch.s);
        if (ended) change_finish(out, &ch, a);
        if (!ended) live[f->subscriptions_count++] = ch.s;
        bool last = f->ended == NULL || date_compare(f->ended->ended_on, ch.s.ended_on) <= 0;
        if (ended && s.parent == 0 && last) f->ended = &after[i];
        if (before.subscription == NULL || before.subscription->subscription != s.subscription) continue;
        f->subscription = ended ? &after[i] : &live[f->subscriptions_count - 1];
    }
    bool named = before.subscription_name.len > 0;
    if (f->subscriptions_count == 0 && f->ended != NULL && !named) f->subscription = f->ended;
    return OK;
}

/* ---- create ---- */

static const struct subscription *plan_besides(const struct facts *f)
{
    for (size_t i = 0; i < f->subscriptions_count; i++) {
        if (f->subscriptions[i].parent == 0) return &f->subscriptions[i];
    }
    return NULL;
}

static enum err check_count(const struct facts *f, struct str user, struct error *e)
{
    if (f->subscriptions_count < LIMIT_SUBSCRIPTIONS_PER_CUSTOMER) return OK;
    return fail(e, ERR_LIMIT, "'%.*s' has %d subscriptions, the most there may be", STR_ARG(user),
                LIMIT_SUBSCRIPTIONS_PER_CUSTOMER);
}

/* A plan stands alone, or beside another one that was asked for; an add-on belongs to a plan. */
static enum err parent_chosen(const struct subscription **parent, const struct facts *f,
                              const struct subscription_create_command *c, const struct terms *t,
                              struct error *e)
{
    const struct subscription *plan = plan_besides(f);
    *parent = NULL;
    if (t->kind == PRODUCT_PLAN) {
        if (c->add_to.len != 0) return fail(e, ERR_REFUSED, "tier '%.*s' is no add-on", STR_ARG(c->tier));
        if (plan == NULL || c->another) return OK;
        return fail(e, ERR_REFUSED, "'%.*s' has a subscription to '%.*s' already", STR_ARG(c->user),
                    STR_ARG(plan->terms.product));
    }
    enum err err = need_subscription(f, c->user, e);
    if (err != OK) return wrap(e, "add-on '%.*s'", STR_ARG(c->tier));
    if (f->subscription->parent != 0)
        return fail(e, ERR_REFUSED, "sub_%ju is an add-on itself", (uintmax_t)f->subscription->subscription);
    if (date_is_given(f->subscription->cancel_on))
        return fail(e, ERR_REFUSED, "the subscription of '%.*s' is to end", STR_ARG(c->user));
    if (f->subscription->billing_owner != c->billing_owner) {
        return fail(e, ERR_REFUSED,
                    "billing_owner: sub_%ju is billed by %s, and so must be what is added to it",
                    (uintmax_t)f->subscription->subscription,
                    choice_billing_owner.words[f->subscription->billing_owner]);
    }
    *parent = f->subscription;
    return OK;
}

/* The intervals of a tier's prices in a currency: "month or year". */
static struct str intervals_sold(const struct catalog *c, struct str tier, const char *currency,
                                 struct arena *a)
{
    struct str sold = STR_NONE;
    for (size_t i = 0; i < c->prices_count; i++) {
        const struct price *p = &c->prices[i];
        if (!str_equal(p->product, tier) || strcmp(p->amount.currency, currency) != 0) continue;
        struct str every = interval_text(a, (struct interval){p->unit, (uint32_t)p->interval_count});
        sold = sold.len == 0 ? every : str_format(a, "%.*s or %.*s", STR_ARG(sold), STR_ARG(every));
    }
    return sold;
}

/* A month where nothing is said; of an add-on, what its plan has. */
static enum err interval_wished(struct terms_wish *wish, const struct facts *f,
                                const struct subscription_create_command *c, struct arena *a, struct error *e)
{
    struct interval usual = {INTERVAL_MONTH, 1};
    const struct subscription *plan = f->subscription;
    const struct product *product = f->catalog == NULL ? NULL : product_of(f->catalog, c->tier);
    bool follows = product != NULL && product->kind == PRODUCT_ADD_ON && plan != NULL && plan->parent == 0 &&
                   subscription_is_live(plan);
    if (follows) usual = terms_interval(&plan->terms);
    struct interval every = interval_chosen(c->interval, c->interval_count, usual);
    wish->unit = every.unit;
    wish->interval_count = every.count;
    bool named = c->interval != BILLING_DEFAULT || c->interval_count != 0;
    if (!follows || named || price_of(f->catalog, wish) != NULL) return OK;
    struct str sold = intervals_sold(f->catalog, c->tier, wish->currency, a);
    if (sold.len == 0) return OK; /* in this currency it is not sold at all */
    return fail(e, ERR_NOT_FOUND,
                "add-on '%.*s' has no price per %.*s in %s, as its plan has: name another interval, %.*s",
                STR_ARG(c->tier), STR_ARG(interval_text(a, every)), wish->currency, STR_ARG(sold));
}

/* What is added to a plan that is paused begins with the plan's going on. */
static enum err begin_paused(struct decision *out, const struct subscription_created *s,
                             const struct subscription *plan, struct arena *a, struct error *e)
{
    bool over = date_is_given(plan->resume_on) && date_compare(plan->resume_on, s->start) <= 0;
    if (plan->status != SUBSCRIPTION_PAUSED || over) return OK;
    if (date_compare(s->start, plan->paused_on) < 0) {
        return fail(e, ERR_REFUSED, "start: before sub_%ju, to which it would be added, was paused on %.*s",
                    (uintmax_t)plan->subscription, STR_ARG(date_text(a, plan->paused_on)));
    }
    event_add(&out->events, EVENT_SUBSCRIPTION_PAUSED, a)->subscription_paused =
        (struct subscription_paused){.subscription = s->subscription,
                                     .customer = s->customer,
                                     .on = s->start,
                                     .resume_on = plan->resume_on,
                                     .with_plan = true};
    return OK;
}

/* What Stripe bills is kept once. */
static enum err check_owner(const struct facts *f, const struct subscription_create_command *c,
                            struct error *e)
{
    if (c->reference.len == 0) return OK;
    if (c->billing_owner == BILLED_BY_LEDGER)
        return fail(e, ERR_INVALID, "reference: it is for subscriptions that Stripe bills");
    for (size_t i = 0; i < f->subscriptions_count; i++) {
        const struct subscription *s = &f->subscriptions[i];
        if (!str_equal(s->reference, c->reference)) continue;
        return fail(e, ERR_REFUSED, "'%.*s' has %.*s already, as sub_%ju", STR_ARG(c->user),
                    STR_ARG(c->reference), (uintmax_t)s->subscription);
    }
    return OK;
}

enum err subscription_begin(struct decision *out, const struct facts *f,
                            const struct subscription_create_command *c, struct arena *a, struct error *e)
{
    char currency[4] = "";
    struct subscription_created s = {.subscription = f->counters.subscription,
                                     .quantity = 1,
                                     .billing_owner = c->billing_owner,
                                     .reference = c->reference};
    const struct subscription *parent = NULL;
    enum err err = interval_count_check(c->interval_count, e);
    if (err == OK && f->customer != NULL) err = need_unerased(f, c->user, e);
    if (err == OK) err = currency_chosen(currency, c->currency, f->customer, e);
    if (err == OK) err = check_owner(f, c, e);
    if (err != OK) return err;
    struct terms_wish wish = {.tier = c->tier,
                              .currency = currency,
                              .price = c->price,
                              .price_given = c->price_is_zero || !decimal_is_zero(c->price)};
    wish.agreed = agreed_anew(wish.agreed, c->unit_prices, c->quotas, c->commitment);
    err = interval_wished(&wish, f, c, a, e);
    if (err == OK) err = terms_for(&s.terms, f, &wish, a, e);
    if (err == OK) err = check_count(f, c->user, e);
    if (err == OK) err = parent_chosen(&parent, f, c, &s.terms, e);
    if (err == OK) err = check_billed_once(f, &s.terms, 0, e);
    if (err == OK) err = check_quantity(c->quantity, &s.terms, e);
    if (err != OK) return err;
    if (c->quantity != 0) s.quantity = c->quantity;
    if (parent != NULL) s.parent = parent->subscription;
    const struct price *price = price_of(f->catalog, &wish);
    err = dates_chosen(&s, f, c, price, parent, e);
    if (err != OK) return err;
    s.customer = customer_for(out, f, c->user, currency, a);
    err = method_for(out, f, c, price, &s, a, e);
    if (err != OK) return err;
    event_add(&out->events, EVENT_SUBSCRIPTION_CREATED, a)->subscription_created = s;
    return parent == NULL ? OK : begin_paused(out, &s, parent, a, e);
}

enum err decide_subscription_create(struct decision *out, const struct facts *f,
                                    const struct subscription_create_command *c, struct arena *a,
                                    struct error *e)
{
    struct facts now = *f;
    enum err err = note_ends(out, &now, a, e);
    return err == OK ? subscription_begin(out, &now, c, a, e) : err;
}

/* ---- reactivate ---- */

enum err decide_subscription_reactivate(struct decision *out, const struct facts *f,
                                        const struct subscription_reactivate_command *c, struct arena *a,
                                        struct error *e)
{
    struct facts now = *f;
    enum err err = need_customer(f, c->user, e);
    if (err == OK) err = note_ends(out, &now, a, e);
    if (err != OK) return err;
    const struct subscription *s = now.subscription;
    if (s == NULL) return fail(e, ERR_NOT_FOUND, "no subscription for '%.*s'", STR_ARG(c->user));
    if (subscription_is_live(s))
        return fail(e, ERR_REFUSED, "the subscription of '%.*s' has not ended", STR_ARG(c->user));
    if (s->terms.kind == PRODUCT_ADD_ON)
        return fail(e, ERR_REFUSED, "sub_%ju is an add-on: subscribe to it anew", (uintmax_t)s->subscription);
    struct terms_wish wish = wish_of(&s->terms);
    const struct price *price = f->catalog == NULL ? NULL : price_of(f->catalog, &wish);
    struct subscription_create_command again = {.user = c->user,
                                                .tier = s->terms.product,
                                                .interval = (enum billing_interval)(s->terms.unit + 1),
                                                .interval_count = s->terms.interval_count,
                                                .currency = str_of(s->terms.amount.currency),
                                                .quantity = s->quantity,
                                                .no_trial = true};
    if (price != NULL && price->custom) {
        again.price = money_decimal(s->terms.amount);
        again.price_is_zero = decimal_is_zero(again.price);
        again.unit_prices = s->terms.agreed_prices;
        again.quotas = s->terms.agreed_quotas;
        again.commitment = s->terms.agreed_commitment;
    }
    return subscription_begin(out, &now, &again, a, e);
}
