/* SPDX-License-Identifier: MIT */
/* decide_subscription.c - create, update, cancel. Before a change everything due through its day is charged
 * on the old terms, so that credits are always parts of what was billed. */
#include "ledger/book/decide_shared.h"

enum { BILLING_DAY_MAX = 31 };

/* ---- create ---- */

static enum interval_unit unit_chosen(enum billing_interval given, enum interval_unit otherwise)
{
    return given == BILLING_DEFAULT ? otherwise : (enum interval_unit)(given - 1);
}

/* An unknown user becomes a customer with nothing but an id. */
static uint64_t customer_for(struct decision *out, const struct facts *f, struct str user,
                             const char *currency, struct arena *a)
{
    if (f->customer != NULL) return f->customer->customer;
    struct event *ev = event_add(&out->events, EVENT_CUSTOMER_CREATED, a);
    ev->customer_created = (struct customer_created){.customer = f->counters.customer,
                                                     .user = user,
                                                     .currency = str_copy(a, str_of(currency)),
                                                     .timezone = STR("UTC"),
                                                     .locale = STR("en-US")};
    return f->counters.customer;
}

static enum err method_for(struct decision *out, const struct facts *f,
                           const struct subscription_create_command *c, const struct terms *t,
                           uint64_t customer, struct arena *a, struct error *e)
{
    bool added = false;
    if (c->payment_method.len != 0) {
        struct card card = c->card;
        card.token = c->payment_method;
        return keep_card(out, f, customer, &card, true, &added, a, e);
    }
    if (t->free || method_named(f, STR_NONE) != NULL) return OK;
    return fail(e, ERR_INVALID, "tier '%.*s' is paid: a payment method is needed", STR_ARG(c->tier));
}

static enum err start_chosen(struct date *out, const struct facts *f,
                             const struct subscription_create_command *c, struct error *e)
{
    enum { YEARS_MAX = 20 };
    *out = date_is_given(c->start) ? c->start : f->today;
    int32_t away = date_days_between(f->today, *out);
    if (away <= YEARS_MAX * 366 && away >= -YEARS_MAX * 366) return OK;
    return fail(e, ERR_INVALID, "start: more than %d years away from today", YEARS_MAX);
}

enum err decide_subscription_create(struct decision *out, const struct facts *f,
                                    const struct subscription_create_command *c, struct arena *a,
                                    struct error *e)
{
    char currency[4] = "";
    struct subscription_created s = {.subscription = f->counters.subscription};
    if (f->subscription != NULL && f->subscription->status == SUBSCRIPTION_ACTIVE) {
        return fail(e, ERR_REFUSED, "'%.*s' has a subscription to '%.*s' already", STR_ARG(c->user),
                    STR_ARG(f->subscription->terms.product));
    }
    if (c->billing_day > BILLING_DAY_MAX) return fail(e, ERR_INVALID, "billing_day: 1 to 31 is wanted");
    enum err err = currency_chosen(currency, c->currency, f->customer, e);
    if (err == OK) err = start_chosen(&s.start, f, c, e);
    if (err != OK) return err;
    struct terms_wish wish = {
        .tier = c->tier, .currency = currency, .price = c->price, .price_given = !decimal_is_zero(c->price)};
    wish.unit = unit_chosen(c->interval, INTERVAL_MONTH);
    err = terms_for(&s.terms, f, &wish, a, e);
    if (err != OK) return err;
    s.anchor_day = c->billing_day;
    s.anchor = c->billing_day == 0
                   ? s.start
                   : interval_first_boundary(s.start, (uint32_t)c->billing_day, terms_interval(&s.terms));
    s.customer = customer_for(out, f, c->user, currency, a);
    err = method_for(out, f, c, &s.terms, s.customer, a, e);
    if (err != OK) return err;
    event_add(&out->events, EVENT_SUBSCRIPTION_CREATED, a)->subscription_created = s;
    return OK;
}

/* ---- update ---- */

/* A change being worked out: the subscription as it becomes, and the lines that the change makes. */
struct change {
    const struct facts *facts;
    struct subscription s;
    struct terms to;
    struct subscription_changed event;
    struct line_list lines;
    uint64_t next_item;
};

/* Charges everything due through today on the old terms: as items for the next invoice. */
static enum err settle_until(struct decision *out, struct change *ch, struct date day, struct arena *a,
                             struct error *e)
{
    struct accrual due = {0};
    ch->s = *ch->facts->subscription;
    ch->next_item = ch->facts->counters.item;
    enum err err = accrue(&due, &ch->s, day, ch->facts->usage, ch->facts->usage_count, a, e);
    if (err != OK) return err;
    add_items(out, &due.lines, ch->s.customer, &ch->next_item, a);
    add_accrued(out, &due, ch->facts->subscription, &ch->s, 0, a);
    return OK;
}

static struct line *change_line(struct change *ch, enum line_kind kind, const struct terms *t,
                                struct money amount, struct arena *a)
{
    struct line *l = line_add(&ch->lines, a);
    *l = (struct line){.subscription = ch->s.subscription, .kind = kind, .product = t->product};
    l->quantity = decimal_of(1);
    l->unit_price = money_decimal(amount);
    l->amount = amount;
    l->tax = money_zero(amount);
    return l;
}

/* What the old terms were billed for and will not give any more. */
static enum err credit_unused(struct money *credit, struct change *ch, struct date on, struct arena *a,
                              struct error *e)
{
    enum err err = unused_credit(credit, &ch->s, on, e);
    if (err != OK || money_is_zero(*credit)) return err;
    struct date from = date_compare(on, ch->s.billed_from) < 0 ? ch->s.billed_from : on;
    struct line *l = change_line(ch, LINE_PRORATION_CREDIT, &ch->s.terms, money_negate(*credit), a);
    l->description = str_format(a, "Unused part of %.*s, %d of %d days", STR_ARG(ch->s.terms.product_name),
                                date_days_between(from, ch->s.charged_through),
                                date_days_between(ch->s.billed_from, ch->s.charged_through));
    l->from = from;
    l->to = ch->s.charged_through;
    l->credits = ch->s.billed_by;
    return OK;
}

/* The rest of the period on the new terms, prorated over the whole anchored period; a new interval starts a
 * whole period. */
static enum err charge_rest(struct change *ch, struct date on, bool anew, struct arena *a, struct error *e)
{
    struct interval every = terms_interval(&ch->to);
    struct date anchor = anew ? on : ch->s.anchor;
    uint32_t day = anew ? 0 : (uint32_t)ch->s.anchor_day;
    struct period whole = interval_period(anchor, day, every, on);
    struct date to = anew ? whole.end : ch->s.charged_through;
    struct money charge = {0};
    enum err err = prorate(&charge, ch->to.amount, on, to, period_days(whole), e);
    if (err != OK) return err;
    struct line *l = change_line(ch, LINE_PRORATION_CHARGE, &ch->to, charge, a);
    l->description = str_format(a, "%.*s, %d of %d days", STR_ARG(ch->to.product_name),
                                date_days_between(on, to), period_days(whole));
    l->from = on;
    l->to = to;
    ch->event.charge = charge;
    ch->event.anchor = anchor;
    ch->event.anchor_day = day;
    ch->event.charged_through = to;
    ch->event.billed_from = on;
    ch->event.billed_amount = charge;
    return OK;
}

static enum change_kind kind_of_change(const struct terms *from, const struct terms *to)
{
    if (to->rank > from->rank) return CHANGE_UPGRADE;
    return to->rank < from->rank ? CHANGE_DOWNGRADE : CHANGE_SIDEWAYS;
}

static enum err change_now(struct decision *out, struct change *ch, struct date on, struct arena *a,
                           struct error *e)
{
    bool anew = ch->to.unit != ch->s.terms.unit || ch->to.interval_count != ch->s.terms.interval_count;
    bool charged = date_compare(on, ch->s.charged_through) < 0;
    struct money credit = {0};
    ch->event = (struct subscription_changed){.subscription = ch->s.subscription,
                                              .customer = ch->s.customer,
                                              .on = on,
                                              .kind = kind_of_change(&ch->s.terms, &ch->to),
                                              .old_product = ch->s.terms.product,
                                              .terms = ch->to,
                                              .anchor = anew ? on : ch->s.anchor,
                                              .anchor_day = anew ? 0 : ch->s.anchor_day,
                                              .charged_through = ch->s.charged_through,
                                              .billed_from = ch->s.billed_from,
                                              .billed_amount = ch->s.billed_amount};
    ch->event.credit = ch->event.charge = money_zero(ch->to.amount);
    enum err err = OK;
    if (charged) {
        err = credit_unused(&credit, ch, on, a, e);
        if (err == OK) err = charge_rest(ch, on, anew, a, e);
        ch->event.credit = credit;
    } else if (anew) { /* starts in the future: nothing was billed, the first period simply is another */
        ch->event.anchor = ch->s.charged_through;
    }
    if (err != OK) return err;
    add_items(out, &ch->lines, ch->s.customer, &ch->next_item, a);
    event_add(&out->events, EVENT_SUBSCRIPTION_CHANGED, a)->subscription_changed = ch->event;
    return OK;
}

static void schedule_change(struct decision *out, const struct change *ch, struct arena *a)
{
    struct event *ev = event_add(&out->events, EVENT_SUBSCRIPTION_CHANGE_SCHEDULED, a);
    ev->subscription_change_scheduled =
        (struct subscription_change_scheduled){.subscription = ch->s.subscription,
                                               .customer = ch->s.customer,
                                               .on = ch->s.charged_through,
                                               .terms = ch->to};
}

/* Periods begin on another day of the month from now on; what is charged stays, the stub up to the new day
 * follows. */
static enum err move_billing_day(struct decision *out, struct change *ch, struct date on, uint64_t day,
                                 struct arena *a, struct error *e)
{
    struct interval every = terms_interval(&ch->s.terms);
    if (day > BILLING_DAY_MAX) return fail(e, ERR_INVALID, "billing_day: 1 to 31 is wanted");
    struct event *ev = event_add(&out->events, EVENT_SUBSCRIPTION_CHANGED, a);
    ev->subscription_changed = (struct subscription_changed){
        .subscription = ch->s.subscription,
        .customer = ch->s.customer,
        .on = on,
        .kind = CHANGE_SIDEWAYS,
        .old_product = ch->s.terms.product,
        .terms = ch->s.terms,
        .anchor = interval_first_boundary(on, (uint32_t)day, every),
        .anchor_day = day,
        .charged_through = ch->s.charged_through,
        .billed_from = ch->s.billed_from,
        .billed_amount = ch->s.billed_amount,
        .credit = money_zero(ch->s.terms.amount),
        .charge = money_zero(ch->s.terms.amount),
    };
    return OK;
}

static bool same_terms(const struct terms *x, const struct terms *y)
{
    return str_equal(x->product, y->product) && x->unit == y->unit &&
           x->interval_count == y->interval_count && money_compare(x->amount, y->amount) == 0;
}

enum err decide_subscription_update(struct decision *out, const struct facts *f,
                                    const struct subscription_update_command *c, struct arena *a,
                                    struct error *e)
{
    struct change ch = {.facts = f};
    enum err err = need_active_subscription(f, c->user, e);
    if (err != OK) return err;
    struct date on = date_compare(f->today, f->subscription->start) < 0 ? f->subscription->start : f->today;
    err = settle_until(out, &ch, f->today, a, e);
    if (err != OK) return err;
    if (ch.s.status != SUBSCRIPTION_ACTIVE) {
        return fail(e, ERR_REFUSED, "the subscription of '%.*s' ended", STR_ARG(c->user));
    }
    if (date_is_given(ch.s.cancel_on)) { /* nothing may be charged for days after the end */
        return fail(e, ERR_REFUSED, "the subscription of '%.*s' will end on %.*s and cannot be changed",
                    STR_ARG(c->user), STR_ARG(date_text(a, ch.s.cancel_on)));
    }
    bool only_day = c->billing_day != 0 && c->tier.len == 0 && c->interval == BILLING_DEFAULT;
    if (only_day) return move_billing_day(out, &ch, on, c->billing_day, a, e);
    if (c->billing_day != 0)
        return fail(e, ERR_INVALID, "change the billing day or the tier, not both at once");
    struct terms_wish wish = {.tier = c->tier.len != 0 ? c->tier : ch.s.terms.product,
                              .currency = ch.s.terms.amount.currency,
                              .price = c->price,
                              .price_given = !decimal_is_zero(c->price)};
    wish.unit = unit_chosen(c->interval, ch.s.terms.unit);
    err = terms_for(&ch.to, f, &wish, a, e);
    if (err != OK) return err;
    if (same_terms(&ch.to, &ch.s.terms)) {
        return fail(e, ERR_REFUSED, "'%.*s' is on '%.*s' already", STR_ARG(c->user), STR_ARG(ch.to.product));
    }
    if (c->when == CHANGE_PERIOD_END) {
        schedule_change(out, &ch, a);
        return OK;
    }
    return change_now(out, &ch, on, a, e);
}

/* ---- cancel ---- */

static void schedule_end(struct decision *out, const struct subscription *s, struct date on,
                         struct str reason, struct arena *a)
{
    struct event *ev = event_add(&out->events, EVENT_SUBSCRIPTION_CANCEL_SCHEDULED, a);
    ev->subscription_cancel_scheduled = (struct subscription_cancel_scheduled){
        .subscription = s->subscription, .customer = s->customer, .on = on, .reason = reason};
}

/* The first day after the period that is paid for, or that today is in when it was not charged yet. */
static struct date period_end(const struct subscription *s, struct date today)
{
    if (date_compare(s->charged_through, today) > 0 && date_is_given(s->billed_from))
        return s->charged_through;
    struct date day = date_compare(today, s->start) < 0 ? s->start : today;
    return interval_period(s->anchor, (uint32_t)s->anchor_day, terms_interval(&s->terms), day).end;
}

/* Everything the customer is still owed or owes in one document, if that comes to less than nothing; what it
 * gives back and no open invoice takes is refunded to the payments it came from. */
static enum err credit_and_refund(struct decision *out, const struct change *ch, struct arena *a,
                                  struct error *e)
{
    const struct facts *f = ch->facts;
    struct bill b = {.facts = f, .customer = ch->s.customer, .issue_date = f->issue_date};
    struct documents docs = {0};
    struct money total = {0};
    const char *currency = ch->s.terms.amount.currency;
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
        if (d->kind != INVOICE_CREDIT_NOTE || strcmp(d->total.currency, currency) != 0) continue;
        err = money_subtract(&refund, refund, d->credit_applied, e);
        for (size_t k = 0; k < d->settles_count && err == OK; k++) {
            err = money_subtract(&refund, refund, d->settles[k].amount, e);
        }
    }
    if (err != OK) return err;
    return add_credit_refunds(out, f, refund, STR("unused part of a canceled subscription"), a, e);
}

static enum err end_now(struct decision *out, struct change *ch, struct str reason, struct arena *a,
                        struct error *e)
{
    struct date on = ch->facts->today;
    struct money credit = {0};
    if (date_compare(on, ch->s.start) < 0) on = ch->s.start;
    enum err err = credit_unused(&credit, ch, on, a, e);
    if (err == OK && date_compare(ch->s.usage_through, on) <= 0) {
        err = rate_usage(&ch->lines, &ch->s, on, ch->facts->usage, ch->facts->usage_count, a, e);
    }
    if (err != OK) return err;
    add_items(out, &ch->lines, ch->s.customer, &ch->next_item, a);
    add_canceled(out, &ch->s, on, credit, reason, a);
    return credit_and_refund(out, ch, a, e);
}

enum err decide_subscription_cancel(struct decision *out, const struct facts *f,
                                    const struct subscription_cancel_command *c, struct arena *a,
                                    struct error *e)
{
    struct change ch = {.facts = f};
    enum err err = need_active_subscription(f, c->user, e);
    if (err != OK) return err;
    if (!c->immediate) {
        if (date_is_given(f->subscription->cancel_on)) {
            return fail(e, ERR_REFUSED, "the subscription of '%.*s' will end on %.*s already",
                        STR_ARG(c->user), STR_ARG(date_text(a, f->subscription->cancel_on)));
        }
        schedule_end(out, f->subscription, period_end(f->subscription, f->today), c->reason, a);
        return OK;
    }
    err = settle_until(out, &ch, f->today, a, e);
    if (err != OK) return err;
    if (ch.s.status != SUBSCRIPTION_ACTIVE) return OK; /* the scheduled end was reached, only not noted yet */
    return end_now(out, &ch, c->reason, a, e);
}
