/* SPDX-License-Identifier: MIT */
/* decide_change.c - changes of what is subscribed to: tier, interval, seats, billing day; and undoing what is
 * scheduled. Before a change everything due through its day is charged on the old terms, so that credits are
 * always parts of what was billed. */
#include "ledger/book/decide_change.h"

/* ---- what all changes share ---- */

enum err change_begin(struct change *ch, const struct facts *f, const struct subscription *s, struct arena *a,
                      struct error *e)
{
    *ch = (struct change){.facts = f, .s = *s, .due = accrual_through(f, f->today)};
    enum err err = accrue(&ch->due, &ch->s, a, e);
    ch->fell_due = ch->due.lines.count;
    return err;
}

struct event *change_event(struct change *ch, enum event_type type, struct arena *a)
{
    return event_add(&ch->due.events, type, a);
}

enum err change_apply(struct change *ch, const struct event *ev, struct arena *a, struct error *e)
{
    return subscription_apply(&ch->s, ev, a, e);
}

void change_finish(struct decision *out, struct change *ch, struct arena *a)
{
    uint64_t next = ch->facts->counters.item;
    for (size_t i = 0; i < out->events.count; i++) {
        if (out->events.items[i].type == EVENT_ITEM_ADDED) next = out->events.items[i].item_added.item + 1;
    }
    struct line_list due = ch->due.lines, others = ch->due.lines;
    due.count = ch->fell_due;
    others.count -= ch->fell_due;
    if (ch->fell_due > 0) others.items += ch->fell_due; /* no lines are at no address */
    size_t before = out->events.count;
    add_items(out, &due, ch->s.customer, &next, a);
    for (size_t i = before; i < out->events.count; i++)
        out->events.items[i].item_added.due = ch->facts->today;
    add_items(out, &others, ch->s.customer, &next, a);
    add_accrued(out, &ch->due, a);
}

struct date period_end(const struct subscription *s, struct date today)
{
    bool ahead = date_compare(s->charged_through, today) > 0;
    if (ahead && date_compare(s->charged_through, s->start) > 0) return s->charged_through;
    struct date day = date_compare(today, s->start) < 0 ? s->start : today;
    return interval_period(s->anchor, (uint32_t)s->anchor_day, terms_interval(&s->terms), day).end;
}

enum err check_quantity(uint64_t quantity, const struct terms *t, struct error *e)
{
    enum { QUANTITY_MAX = 1000000000 };
    if (quantity == 0) return OK;
    if (quantity > QUANTITY_MAX)
        return fail(e, ERR_INVALID, "quantity: at most %d are allowed", QUANTITY_MAX);
    for (size_t i = 0; i < t->fees_count; i++) {
        if (t->fees[i].per_seat) return OK;
    }
    if (quantity == 1) return OK;
    return fail(e, ERR_REFUSED, "tier '%.*s' is not sold by the seat", STR_ARG(t->product));
}

/* ---- which rule holds ---- */

static const struct change_rule *rule_for(const struct catalog *c, const struct terms *from,
                                          const struct terms *to)
{
    enum change_kind kind = kind_of_change(from, to);
    for (size_t i = 0; i < c->rules_count; i++) {
        const struct change_rule *r = &c->rules[i];
        if (r->from.len != 0 && !str_equal(r->from, from->product)) continue;
        if (r->to.len != 0 && !str_equal(r->to, to->product)) continue;
        if (!r->any_kind && r->kind != kind) continue;
        return r;
    }
    return NULL;
}

static bool same_terms(const struct terms *x, const struct terms *y)
{
    return str_equal(x->product, y->product) && x->unit == y->unit &&
           x->interval_count == y->interval_count && money_compare(x->amount, y->amount) == 0 &&
           str_equal(x->agreed_prices, y->agreed_prices) && str_equal(x->agreed_quotas, y->agreed_quotas) &&
           decimal_compare(x->agreed_commitment, y->agreed_commitment) == 0;
}

/* What a change starts from: what is, or what is scheduled to be. */
struct change_base {
    const struct terms *terms;
    uint64_t quantity;
};

static bool names_agreement(const struct subscription_update_command *c)
{
    return c->unit_prices.len != 0 || c->quotas.len != 0 || c->commitment_is_zero ||
           !decimal_is_zero(c->commitment);
}

static bool names_price(const struct subscription_update_command *c)
{
    return c->price_is_zero || !decimal_is_zero(c->price);
}

static bool agrees_anew(const struct subscription_update_command *c)
{
    return names_price(c) || names_agreement(c);
}

/* The version that the terms are pinned to. */
static const struct catalog *catalog_of(const struct facts *f, const struct terms *t)
{
    const struct catalog *pinned[] = {f->own_catalog, f->next_catalog};
    for (size_t i = 0; i < sizeof pinned / sizeof pinned[0]; i++) {
        if (pinned[i] != NULL && pinned[i]->version == t->catalog_version) return pinned[i];
    }
    return f->catalog;
}

static bool same_offer(const struct terms_wish *wish, const struct terms *t)
{
    struct interval every = terms_interval(t);
    return str_equal(wish->tier, t->product) && wish->unit == every.unit &&
           wish->interval_count == every.count;
}

static struct terms_wish wish_chosen(const struct terms *from, const struct subscription_update_command *c,
                                     struct arena *a)
{
    struct terms_wish wish = wish_of(from);
    struct interval every = interval_chosen(c->interval, c->interval_count, terms_interval(from));
    bool same_tier = c->tier.len == 0 || str_equal(c->tier, wish.tier);
    wish.unit = every.unit;
    wish.interval_count = every.count;
    if (!same_tier)
        wish.agreed = (struct agreement){0};
    else if (!same_offer(&wish, from))
        wish.agreed = agreed_beyond_interval(from, a);
    if (c->tier.len != 0) wish.tier = c->tier;
    wish.agreed = agreed_anew(wish.agreed, c->unit_prices, c->quotas, c->commitment);
    if (c->commitment_is_zero) wish.agreed.commitment = (struct decimal){0};
    wish.price = c->price;
    wish.price_given = names_price(c);
    return wish;
}

/* What is agreed anew within a tier and interval leaves all else as it was sold, the price that was agreed,
 * too: the catalog that is in force may have other prices, or sell the tier no more. */
static enum err agree_within(struct terms *out, const struct facts *f, const struct terms *from,
                             struct terms_wish *wish, struct arena *a, struct error *e)
{
    struct facts then = *f;
    then.catalog = catalog_of(f, from);
    const struct price *price = then.catalog == NULL ? NULL : price_of(then.catalog, wish);
    if (!wish->price_given && price != NULL && price->custom) {
        wish->price_given = true;
        wish->price = money_decimal(from->amount);
    }
    return terms_for(out, &then, wish, a, e);
}

static enum err terms_chosen(struct new_terms *n, const struct change *ch, const struct change_base *base,
                             const struct subscription_update_command *c, struct arena *a, struct error *e)
{
    const struct subscription *s = &ch->s;
    const struct facts *f = ch->facts;
    struct terms_wish wish = wish_chosen(base->terms, c, a);
    n->terms = *base->terms;
    enum err err = interval_count_check(c->interval_count, e);
    if (err == OK && !same_offer(&wish, base->terms))
        err = terms_for(&n->terms, f, &wish, a, e);
    else if (err == OK && agrees_anew(c))
        err = agree_within(&n->terms, f, base->terms, &wish, a, e);
    if (err == OK) err = check_quantity(c->quantity, &n->terms, e);
    if (err == OK) err = check_billed_once(f, &n->terms, s->subscription, e);
    if (err != OK) return err;
    n->quantity = c->quantity != 0 ? c->quantity : base->quantity;
    n->anew = n->terms.unit != s->terms.unit || n->terms.interval_count != s->terms.interval_count;
    if (n->terms.kind != s->terms.kind)
        return fail(e, ERR_REFUSED, "a plan and an add-on cannot take each other's place");
    if (same_terms(&n->terms, &s->terms) && n->quantity == s->quantity)
        return fail(e, ERR_REFUSED, "'%.*s' is on '%.*s' already", STR_ARG(c->user),
                    STR_ARG(n->terms.product));
    return OK;
}

static void schedule_change(struct change *ch, struct date on, const struct terms *terms, uint64_t quantity,
                            struct arena *a)
{
    struct event *ev = change_event(ch, EVENT_SUBSCRIPTION_CHANGE_SCHEDULED, a);
    ev->subscription_change_scheduled = (struct subscription_change_scheduled){
        .subscription = ch->s.subscription,
        .customer = ch->s.customer,
        .on = on,
        .terms = *terms,
        .quantity = quantity,
        .given_up = agreed_given_up(&ch->s.terms, terms, a),
    };
}

/* ---- update ---- */

/* The first boundary from `on` that falls on the new day, in a month in which one falls already: a year that
 * begins in January goes on doing so. */
static struct date anchor_on_day(const struct subscription *s, struct date on, uint64_t day)
{
    struct period p = interval_period(s->anchor, (uint32_t)day, terms_interval(&s->terms), on);
    return date_compare(p.start, on) == 0 ? on : p.end;
}

/* Periods begin on another day of the month from now on; what is charged stays, the stub up to the new day
 * follows. A change that was to come with a period's end comes with the new one's. */
static enum err move_billing_day(struct change *ch, struct date on, uint64_t day, struct arena *a,
                                 struct error *e)
{
    const struct subscription *s = &ch->s;
    struct terms next = s->next_terms;
    uint64_t next_quantity = s->next_quantity;
    bool scheduled = date_is_given(s->change_on);
    struct event *ev = change_event(ch, EVENT_SUBSCRIPTION_CHANGED, a);
    ev->subscription_changed = (struct subscription_changed){
        .subscription = s->subscription,
        .customer = s->customer,
        .on = on,
        .on_second = date_compare(s->charged_through, on) == 0 ? s->charged_second : 0,
        .kind = CHANGE_SIDEWAYS,
        .old_product = s->terms.product,
        .terms = s->terms,
        .quantity = s->quantity,
        .anchor = anchor_on_day(s, on, day),
        .anchor_day = day,
        .charged_through = s->charged_through,
        .charges = s->charges,
        .charges_count = s->charges_count,
        .credit = money_zero(s->terms.amount),
        .charge = money_zero(s->terms.amount),
        .committed_from = s->committed_from,
        .committed = s->committed,
        .committed_usage = s->committed_usage,
    };
    enum err err = change_apply(ch, ev, a, e);
    struct date end = period_end(&ch->s, ch->facts->today);
    if (err == OK && scheduled) schedule_change(ch, end, &next, next_quantity, a);
    return err;
}

/* A change needs a subscription that goes on and is paid for. */
static enum err may_change(const struct subscription *s, struct str user, struct arena *a, struct error *e)
{
    if (!subscription_is_live(s))
        return fail(e, ERR_REFUSED, "the subscription of '%.*s' ended", STR_ARG(user));
    if (!subscription_is_entitled(s) || s->status == SUBSCRIPTION_PAST_DUE) {
        return fail(e, ERR_REFUSED, "the subscription of '%.*s' is %s and cannot be changed", STR_ARG(user),
                    choice_subscription_status.words[s->status]);
    }
    if (date_is_given(s->cancel_on)) { /* nothing may be charged for days after the end */
        return fail(e, ERR_REFUSED, "the subscription of '%.*s' will end on %.*s and cannot be changed",
                    STR_ARG(user), STR_ARG(date_text(a, s->cancel_on)));
    }
    return OK;
}

static struct moment moment_of_change(const struct facts *f, const struct subscription *s)
{
    bool begun = date_compare(f->today, s->start) >= 0;
    bool by_second = begun && s->terms.proration == PRORATE_BY_SECOND;
    return (struct moment){begun ? f->today : s->start, by_second ? f->second : 0};
}

/* What is not named stays as it is; at a period's end, as it will be by then: two changes that are scheduled
 * one after the other both take effect. */
static enum err choose_change(struct new_terms *n, const struct change_rule **rule, enum change_timing *when,
                              const struct change *ch, const struct subscription_update_command *c,
                              struct arena *a, struct error *e)
{
    const struct subscription *s = &ch->s;
    const struct catalog *catalog = ch->facts->catalog;
    const struct change_base now = {&s->terms, s->quantity}, then = {&s->next_terms, s->next_quantity};
    bool later = c->when == CHANGE_PERIOD_END && date_is_given(s->change_on);
    enum err err = terms_chosen(n, ch, later ? &then : &now, c, a, e);
    if (err != OK) return err;
    *rule = catalog == NULL ? NULL : rule_for(catalog, &s->terms, &n->terms);
    *when = c->when != CHANGE_DEFAULT ? c->when : *rule != NULL ? (*rule)->when : CHANGE_NOW;
    if (later || *when != CHANGE_PERIOD_END || !date_is_given(s->change_on)) return OK;
    err = terms_chosen(n, ch, &then, c, a, e); /* the rule puts it off */
    if (err == OK) *rule = rule_for(catalog, &s->terms, &n->terms);
    return err;
}

/* Seats that change now leave a change that is scheduled, with the seats that it names or else with the new
 * ones. What it then would not change, and what another tier or interval takes the place of, is undone. */
static enum err change_before_schedule(struct change *ch, struct new_terms *n, struct arena *a,
                                       struct error *e)
{
    const struct subscription before = ch->s;
    if (!date_is_given(before.change_on)) return change_now(ch, n, a, e);
    bool seats_only = same_terms(&n->terms, &before.terms), names = before.next_quantity != before.quantity;
    uint64_t quantity = names ? before.next_quantity : n->quantity;
    bool stays = seats_only && !(same_terms(&before.next_terms, &n->terms) && quantity == n->quantity);
    enum err err = OK;
    if (!stays) {
        struct event *ev = change_event(ch, EVENT_SUBSCRIPTION_SCHEDULE_UNDONE, a);
        ev->subscription_schedule_undone = (struct subscription_schedule_undone){
            .subscription = before.subscription, .customer = before.customer, .change = true};
        err = change_apply(ch, ev, a, e);
    }
    if (err == OK) err = change_now(ch, n, a, e);
    if (err == OK && stays) schedule_change(ch, before.change_on, &before.next_terms, quantity, a);
    return err;
}

/* On trial and for nothing nothing was asked for yet: who goes to a tier that wants a payment method needs
 * one, as who begins with it does. */
static enum err check_method(const struct change *ch, const struct terms *to, struct error *e)
{
    struct terms_wish wish = wish_of(to);
    if (ch->s.status != SUBSCRIPTION_TRIALING || ch->s.parent != 0 || to->free) return OK;
    if (method_named(ch->facts, STR_NONE) != NULL || ch->facts->catalog == NULL) return OK;
    const struct price *p = price_of(ch->facts->catalog, &wish);
    bool same = str_equal(to->product, ch->s.terms.product);
    if (same || (p != NULL && p->trial_without_method)) return OK;
    return fail(e, ERR_INVALID, "tier '%.*s' is paid: a payment method is needed", STR_ARG(to->product));
}

static enum err change_terms(struct decision *out, struct change *ch,
                             const struct subscription_update_command *c, struct arena *a, struct error *e)
{
    const struct facts *f = ch->facts;
    struct new_terms n = {.on = moment_of_change(f, &ch->s)};
    const struct change_rule *rule = NULL;
    enum change_timing when = CHANGE_NOW;
    enum err err = choose_change(&n, &rule, &when, ch, c, a, e);
    if (err == OK) err = check_method(ch, &n.terms, e);
    if (err != OK) return err;
    if (n.terms.proration != PRORATE_BY_SECOND) n.on.second = 0; /* the old terms end with the day before */
    if (rule != NULL && rule->refused) {
        return fail(e, ERR_REFUSED, "a change from '%.*s' to '%.*s' is not allowed",
                    STR_ARG(ch->s.terms.product), STR_ARG(n.terms.product));
    }
    enum credit_use use = rule != NULL ? rule->credit : CREDIT_DEFAULT;
    n.gives = use != CREDIT_NONE;
    if (when == CHANGE_PERIOD_END) {
        schedule_change(ch, period_end(&ch->s, f->today), &n.terms, n.quantity, a);
    } else {
        err = change_before_schedule(ch, &n, a, e);
        if (err != OK) return err;
    }
    change_finish(out, ch, a);
    bool refunds = use == CREDIT_REFUND && when != CHANGE_PERIOD_END;
    return refunds ? credit_and_refund(out, f, n.terms.amount.currency, a, e) : OK;
}

static bool has_periods_of(const struct subscription *added, const struct subscription *plan)
{
    struct interval own = terms_interval(&added->terms), its = terms_interval(&plan->terms);
    bool anchored_alike =
        date_compare(added->anchor, plan->anchor) == 0 && added->anchor_day == plan->anchor_day;
    return own.unit == its.unit && own.count == its.count && anchored_alike;
}

/* What is added to a plan follows its periods where they were the same, once all that was due of both is
 * noted; what is to end stays. */
static enum err move_added(struct decision *out, const struct subscription *plan, const struct facts *f,
                           uint64_t day, struct arena *a, struct error *e)
{
    struct error unused = {0};
    enum err err = OK;
    for (size_t i = 0; i < f->subscriptions_count && err == OK; i++) {
        const struct subscription *added = &f->subscriptions[i];
        struct change ch = {.facts = f};
        if (added->parent != plan->subscription) continue;
        err = change_begin(&ch, f, added, a, e);
        if (err != OK || !has_periods_of(&ch.s, plan) || may_change(&ch.s, STR_NONE, a, &unused) != OK)
            continue;
        err = move_billing_day(&ch, moment_of_change(f, &ch.s).day, day, a, e);
        if (err == OK) change_finish(out, &ch, a);
    }
    return err;
}

enum err decide_subscription_update(struct decision *out, const struct facts *f,
                                    const struct subscription_update_command *c, struct arena *a,
                                    struct error *e)
{
    struct change ch = {.facts = f};
    enum err err = need_billed_here(f, c->user, e);
    if (err == OK) err = change_begin(&ch, f, f->subscription, a, e);
    if (err == OK) err = may_change(&ch.s, c->user, a, e);
    uint64_t day = 0;
    if (err == OK) err = day_chosen(&day, c->billing_day, c->end_of_month, e);
    if (err == OK) err = check_billing_day(day, &ch.s.terms, e);
    if (err != OK) return err;
    bool other = c->tier.len != 0 || c->interval != BILLING_DEFAULT || c->interval_count != 0 ||
                 c->quantity != 0 || agrees_anew(c);
    if (day == 0) return change_terms(out, &ch, c, a, e);
    if (other) return fail(e, ERR_INVALID, "change the billing day or the terms, not both at once");
    const struct subscription before = ch.s;
    err = move_billing_day(&ch, moment_of_change(f, &ch.s).day, day, a, e);
    if (err == OK) change_finish(out, &ch, a);
    return err == OK ? move_added(out, &before, f, day, a, e) : err;
}

/* ---- undo ---- */

/* What is added to a plan was to end with it, and goes on with it. */
static void undo_added(struct decision *out, const struct subscription *plan, const struct facts *f,
                       struct arena *a)
{
    for (size_t i = 0; i < f->subscriptions_count; i++) {
        const struct subscription *added = &f->subscriptions[i];
        if (added->parent != plan->subscription || !date_is_given(plan->cancel_on) ||
            date_compare(added->cancel_on, plan->cancel_on) != 0) {
            continue;
        }
        struct event *ev = event_add(&out->events, EVENT_SUBSCRIPTION_SCHEDULE_UNDONE, a);
        ev->subscription_schedule_undone = (struct subscription_schedule_undone){
            .subscription = added->subscription, .customer = added->customer, .end = true};
    }
}

/* What is asked for is undone, and nothing that somebody else scheduled beside it, such as a migration. */
static enum err undo_chosen(struct subscription_schedule_undone *out, const struct subscription *s,
                            const struct subscription_undo_command *c, struct error *e)
{
    bool change = date_is_given(s->change_on), end = date_is_given(s->cancel_on);
    *out = (struct subscription_schedule_undone){.subscription = s->subscription, .customer = s->customer};
    out->end = end && c->what != SCHEDULED_CHANGE;
    out->change = change && c->what != SCHEDULED_END && !(c->what == SCHEDULED_DEFAULT && end);
    if (subscription_is_live(s) && (out->change || out->end)) return OK;
    const char *none = c->what == SCHEDULED_END      ? "no end"
                       : c->what == SCHEDULED_CHANGE ? "no change"
                                                     : "nothing";
    return fail(e, ERR_REFUSED, "%s is scheduled for '%.*s'", none, STR_ARG(c->user));
}

enum err decide_subscription_undo(struct decision *out, const struct facts *f,
                                  const struct subscription_undo_command *c, struct arena *a, struct error *e)
{
    struct change ch = {.facts = f};
    enum err err = need_billed_here(f, c->user, e);
    if (err == OK) err = change_begin(&ch, f, f->subscription, a, e);
    struct subscription_schedule_undone undone = {0};
    if (err == OK) err = undo_chosen(&undone, &ch.s, c, e);
    if (err != OK) return err;
    change_event(&ch, EVENT_SUBSCRIPTION_SCHEDULE_UNDONE, a)->subscription_schedule_undone = undone;
    change_finish(out, &ch, a);
    if (undone.end) undo_added(out, &ch.s, f, a);
    return OK;
}
