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
    return accrue(&ch->due, &ch->s, a, e);
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
    add_items(out, &ch->due.lines, ch->s.customer, &next, a);
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

/* ---- what a change of terms costs ---- */

/* Days that the new terms are charged for at once, and the period that they are of. */
struct piece {
    struct moment from;
    struct date to;
    struct period whole;
};

/* The new terms, and what they are given for. */
struct new_terms {
    struct terms terms;
    uint64_t quantity;
    struct moment on;
    bool anew;            /* a new interval: periods count from here */
    bool gives;           /* the unused part is given back */
    struct piece *pieces; /* in the order of time; none where nothing was billed for days to come */
    size_t pieces_count;
};

/* A fee that costs the same before and after goes on as it was billed. */
static bool goes_on(const struct subscription *s, const struct new_terms *n, const struct components *before,
                    const struct component *after)
{
    if (n->anew || n->terms.in_arrears || s->terms.in_arrears) return false;
    if (!str_equal(s->terms.product, n->terms.product)) return false;
    for (size_t i = 0; i < before->count; i++) {
        const struct component *b = &before->items[i];
        if (str_equal(b->code, after->code)) return money_compare(b->amount, after->amount) == 0;
    }
    return false;
}

static enum err charge_piece(struct change *ch, struct charge *out, const struct component *c,
                             const struct new_terms *n, const struct piece *p, struct arena *a,
                             struct error *e)
{
    struct money amount = {0};
    struct moment to = {p->to, 0};
    enum err err = prorate(&amount, c->amount, &n->terms, p->from, to, p->whole, e);
    if (err != OK) return err;
    struct line *l = line_add(&ch->due.lines, a);
    *l =
        (struct line){.subscription = ch->s.subscription,
                      .kind = LINE_PRORATION_CHARGE,
                      .product = n->terms.product,
                      .fee = c->code,
                      .description = str_format(a, "%.*s, %d of %d days", STR_ARG(c->name),
                                                date_days_between(p->from.day, p->to), period_days(p->whole)),
                      .from = p->from.day,
                      .to = p->to,
                      .quantity = decimal_of(1),
                      .unit_price = money_decimal(amount),
                      .amount = amount,
                      .discount = money_zero(amount),
                      .tax = money_zero(amount),
                      .tax_inclusive = n->terms.tax_inclusive,
                      .tax_code = n->terms.tax_code};
    *out = (struct charge){.fee = c->code,
                           .from = p->from.day,
                           .from_second = p->from.second,
                           .to = p->to,
                           .amount = amount,
                           .discount = money_zero(amount),
                           .credited = money_zero(amount)};
    return OK;
}

struct swap { /* of the charges of a period */
    struct components before, after;
    struct charge *kept; /* what goes on, then what the new terms charge */
    size_t kept_count;
    struct money credit, charge;
    struct money carried; /* of what goes on, what was billed for days from the change on */
};

static enum err carry_over(struct swap *w, const struct change *ch, const struct charge *c,
                           const struct new_terms *n, struct error *e)
{
    struct terms by_day = ch->s.terms; /* also where nothing would be given back */
    struct money rest = {0};
    by_day.proration = PRORATE_BY_DAY;
    enum err err = unused_credit(&rest, c, &by_day, n->on, c->to, e);
    return err == OK ? money_add(&w->carried, w->carried, rest, e) : err;
}

/* Gives back what does not go on. The lines stand in the order of the charges. */
static enum err give_back(struct swap *w, struct change *ch, const struct new_terms *n, struct arena *a,
                          struct error *e)
{
    struct charge *gone = arena_array_of(a, struct charge, ch->s.charges_count);
    size_t gone_count = 0;
    for (size_t i = 0; i < ch->s.charges_count; i++) {
        const struct component *same = NULL;
        for (size_t k = 0; k < w->after.count; k++) {
            if (str_equal(w->after.items[k].code, ch->s.charges[i].fee)) same = &w->after.items[k];
        }
        if (same == NULL || !goes_on(&ch->s, n, &w->before, same)) gone[gone_count++] = ch->s.charges[i];
    }
    struct subscription s = ch->s;
    s.charges = gone;
    s.charges_count = gone_count;
    if (!n->gives) return OK;
    return credit_charges(&ch->due.lines, &w->credit, &s, LINE_PRORATION_CREDIT, n->on, s.charged_through, a,
                          e);
}

static enum err keep_fee(struct swap *w, const struct change *ch, const struct component *c,
                         const struct new_terms *n, struct error *e)
{
    for (size_t i = 0; i < ch->s.charges_count; i++) {
        const struct charge *old = &ch->s.charges[i];
        if (!str_equal(old->fee, c->code)) continue;
        w->kept[w->kept_count++] = *old;
        enum err err = carry_over(w, ch, old, n, e);
        if (err != OK) return err;
    }
    return OK;
}

static enum err charge_fee(struct swap *w, struct change *ch, const struct component *c,
                           const struct new_terms *n, struct arena *a, struct error *e)
{
    for (size_t i = 0; i < n->pieces_count; i++) {
        struct charge *charged = &w->kept[w->kept_count++];
        enum err err = charge_piece(ch, charged, c, n, &n->pieces[i], a, e);
        if (err == OK) err = money_add(&w->charge, w->charge, charged->amount, e);
        if (err != OK) return err;
    }
    return OK;
}

static enum err swap_charges(struct swap *w, struct change *ch, const struct new_terms *n, struct arena *a,
                             struct error *e)
{
    enum err err = terms_components(&w->before, &ch->s.terms, ch->s.quantity, a, e);
    if (err == OK) err = terms_components(&w->after, &n->terms, n->quantity, a, e);
    if (err == OK) err = give_back(w, ch, n, a, e);
    if (err != OK) return err;
    w->kept = arena_array_of(a, struct charge, w->after.count * n->pieces_count + ch->s.charges_count);
    for (size_t i = 0; i < w->after.count && err == OK; i++) {
        const struct component *c = &w->after.items[i];
        if (goes_on(&ch->s, n, &w->before, c))
            err = keep_fee(w, ch, c, n, e);
        else if (!n->terms.in_arrears)
            err = charge_fee(w, ch, c, n, a, e);
    }
    return err;
}

/* Terms that do not prorate leave what is paid as it is: the new ones are charged from the next period on. */
static bool leaves_charges(const struct change *ch, const struct new_terms *n)
{
    bool prorated = ch->s.terms.proration != PRORATE_NOT && n->terms.proration != PRORATE_NOT;
    return !prorated && !n->anew;
}

static enum change_kind kind_of_change(const struct terms *from, const struct terms *to)
{
    if (to->rank > from->rank) return CHANGE_UPGRADE;
    return to->rank < from->rank ? CHANGE_DOWNGRADE : CHANGE_SIDEWAYS;
}

static void add_piece(struct new_terms *n, struct moment from, struct date to, struct period whole)
{
    for (size_t i = 0; i < n->pieces_count; i++) { /* several fees were billed for the same days */
        if (date_compare(n->pieces[i].to, to) == 0) return;
    }
    n->pieces[n->pieces_count++] = (struct piece){from, to, whole};
}

/* The days to come that were billed, stretch by stretch: more than the open period, when a run went ahead of
 * the day. Of a new interval its first period instead, from the first of those days on. */
static void place_billed(struct new_terms *n, const struct subscription *s)
{
    for (size_t i = 0; i < s->charges_count; i++) {
        const struct charge *c = &s->charges[i];
        struct moment from = moment_later(n->on, (struct moment){c->from, c->from_second});
        if (date_compare(c->to, n->on.day) <= 0) continue;
        struct date anchor = n->anew ? from.day : s->anchor;
        uint32_t day = n->anew ? 0 : (uint32_t)s->anchor_day;
        struct period whole = interval_period(anchor, day, terms_interval(&n->terms), from.day);
        add_piece(n, from, n->anew ? whole.end : c->to, whole);
        if (n->anew) return;
    }
}

/* Fees in arrears are charged up to the change: what is to be charged in advance is the rest of the period.
 */
static void place_rest(struct new_terms *n, const struct subscription *s)
{
    struct date anchor = n->anew ? n->on.day : s->anchor;
    uint32_t day = n->anew ? 0 : (uint32_t)s->anchor_day;
    struct period whole = interval_period(anchor, day, terms_interval(&n->terms), n->on.day);
    add_piece(n, n->on, whole.end, whole);
}

static void place_terms(struct new_terms *n, const struct subscription *s, struct arena *a)
{
    n->pieces = arena_array_of(a, struct piece, s->charges_count + 1);
    n->pieces_count = 0;
    if (s->status == SUBSCRIPTION_TRIALING) return;
    bool rest =
        s->terms.in_arrears && subscription_is_charged(s) && date_compare(s->charged_through, n->on.day) <= 0;
    place_billed(n, s);
    if (rest) place_rest(n, s);
}

/* A minimum commitment is counted up to the change; the new terms count from there, with what was billed
 * before for the days from there on. */
static enum err close_commitment(struct change *ch, const struct new_terms *n, const struct swap *w,
                                 struct arena *a, struct error *e)
{
    if (ch->s.status == SUBSCRIPTION_TRIALING || !money_is_given(ch->s.terms.commitment)) return OK;
    enum err err = money_subtract(&ch->s.committed, ch->s.committed, w->credit, e);
    if (err == OK) err = money_subtract(&ch->s.committed, ch->s.committed, w->carried, e);
    return err == OK ? true_up(&ch->due, &ch->s, n->on.day, a, e) : err;
}

static enum err open_commitment(struct change *ch, const struct swap *w, struct arena *a, struct error *e)
{
    bool counts = money_is_given(ch->s.terms.commitment) && w->carried.minor != 0;
    if (!counts || ch->s.status == SUBSCRIPTION_TRIALING) return OK;
    enum err err = money_add(&ch->s.committed, ch->s.committed, w->carried, e);
    if (err == OK) add_billed(&ch->due, &ch->s, a);
    return err;
}

/* The day from which periods of a new interval count: the first that it is charged for, be it at once or when
 * it falls due. */
static struct date new_anchor(const struct new_terms *n, const struct subscription *s)
{
    return n->pieces_count > 0 ? n->pieces[0].from.day : s->charged_through;
}

static struct date charged_after(const struct new_terms *n)
{
    assert(n->pieces_count > 0);
    return n->terms.in_arrears ? n->pieces[0].from.day : n->pieces[n->pieces_count - 1].to;
}

static enum err change_now(struct change *ch, struct new_terms *n, struct arena *a, struct error *e)
{
    enum err err = charge_until(&ch->due, &ch->s, n->on, a, e);
    if (err != OK) return err;
    const struct subscription *s = &ch->s;
    struct money none = money_zero(n->terms.amount);
    struct swap w = {.credit = none, .charge = none, .carried = none};
    place_terms(n, s, a);
    bool leaves = n->pieces_count > 0 && leaves_charges(ch, n);
    bool swaps = n->pieces_count > 0 && !leaves;
    if (swaps) err = swap_charges(&w, ch, n, a, e);
    for (size_t i = 0; leaves && i < s->charges_count && err == OK; i++)
        err = carry_over(&w, ch, &s->charges[i], n, e);
    if (err == OK) err = close_commitment(ch, n, &w, a, e);
    if (err != OK) return err;
    struct event *ev = change_event(ch, EVENT_SUBSCRIPTION_CHANGED, a);
    ev->subscription_changed =
        (struct subscription_changed){.subscription = s->subscription,
                                      .customer = s->customer,
                                      .on = n->on.day,
                                      .on_second = n->on.second,
                                      .kind = kind_of_change(&s->terms, &n->terms),
                                      .old_product = s->terms.product,
                                      .terms = n->terms,
                                      .quantity = n->quantity,
                                      .anchor = n->anew ? new_anchor(n, s) : s->anchor,
                                      .anchor_day = n->anew ? 0 : s->anchor_day,
                                      .charged_through = swaps ? charged_after(n) : s->charged_through,
                                      .charges = swaps ? w.kept : s->charges,
                                      .charges_count = swaps ? w.kept_count : s->charges_count,
                                      .credit = w.credit,
                                      .charge = w.charge};
    err = change_apply(ch, ev, a, e);
    return err == OK ? open_commitment(ch, &w, a, e) : err;
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
           x->interval_count == y->interval_count && money_compare(x->amount, y->amount) == 0;
}

static enum err terms_chosen(struct new_terms *n, const struct change *ch,
                             const struct subscription_update_command *c, struct arena *a, struct error *e)
{
    const struct subscription *s = &ch->s;
    struct terms_wish wish = wish_of(&s->terms);
    struct interval every = interval_chosen(c->interval, c->interval_count, terms_interval(&s->terms));
    bool other = c->tier.len != 0 || c->interval != BILLING_DEFAULT || c->interval_count != 0 ||
                 !decimal_is_zero(c->price);
    if (c->tier.len != 0) wish.tier = c->tier;
    wish.unit = every.unit;
    wish.interval_count = every.count;
    wish.price = c->price;
    wish.price_given = !decimal_is_zero(c->price);
    n->terms = s->terms;
    enum err err = other ? terms_for(&n->terms, ch->facts, &wish, a, e) : OK;
    if (err == OK) err = check_quantity(c->quantity, &n->terms, e);
    if (err != OK) return err;
    n->quantity = c->quantity != 0 ? c->quantity : s->quantity;
    n->anew = n->terms.unit != s->terms.unit || n->terms.interval_count != s->terms.interval_count;
    if (n->terms.kind != s->terms.kind)
        return fail(e, ERR_REFUSED, "a plan and an add-on cannot take each other's place");
    if (same_terms(&n->terms, &s->terms) && n->quantity == s->quantity)
        return fail(e, ERR_REFUSED, "'%.*s' is on '%.*s' already", STR_ARG(c->user),
                    STR_ARG(n->terms.product));
    return OK;
}

static void schedule_change(struct change *ch, const struct terms *terms, uint64_t quantity, struct arena *a)
{
    struct event *ev = change_event(ch, EVENT_SUBSCRIPTION_CHANGE_SCHEDULED, a);
    ev->subscription_change_scheduled = (struct subscription_change_scheduled){
        .subscription = ch->s.subscription,
        .customer = ch->s.customer,
        .on = period_end(&ch->s, ch->facts->today),
        .terms = *terms,
        .quantity = quantity,
    };
}

/* ---- update ---- */

/* Periods begin on another day of the month from now on; what is charged stays, the stub up to the new day
 * follows. A change that was to come with a period's end comes with the new one's. */
static enum err move_billing_day(struct change *ch, struct date on, uint64_t day, struct arena *a,
                                 struct error *e)
{
    const struct subscription *s = &ch->s;
    struct interval every = terms_interval(&s->terms);
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
        .anchor = interval_first_boundary(on, (uint32_t)day, every),
        .anchor_day = day,
        .charged_through = s->charged_through,
        .charges = s->charges,
        .charges_count = s->charges_count,
        .credit = money_zero(s->terms.amount),
        .charge = money_zero(s->terms.amount),
    };
    enum err err = change_apply(ch, ev, a, e);
    if (err == OK && scheduled) schedule_change(ch, &next, next_quantity, a);
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

static enum err change_terms(struct decision *out, struct change *ch,
                             const struct subscription_update_command *c, struct arena *a, struct error *e)
{
    const struct facts *f = ch->facts;
    struct new_terms n = {.on = moment_of_change(f, &ch->s)};
    enum err err = terms_chosen(&n, ch, c, a, e);
    if (err != OK) return err;
    if (n.terms.proration != PRORATE_BY_SECOND) n.on.second = 0; /* the old terms end with the day before */
    const struct change_rule *rule = f->catalog == NULL ? NULL : rule_for(f->catalog, &ch->s.terms, &n.terms);
    if (rule != NULL && rule->refused) {
        return fail(e, ERR_REFUSED, "a change from '%.*s' to '%.*s' is not allowed",
                    STR_ARG(ch->s.terms.product), STR_ARG(n.terms.product));
    }
    enum change_timing when = c->when != CHANGE_DEFAULT ? c->when : rule != NULL ? rule->when : CHANGE_NOW;
    enum credit_use use = rule != NULL ? rule->credit : CREDIT_DEFAULT;
    n.gives = use != CREDIT_NONE;
    if (when == CHANGE_PERIOD_END) {
        schedule_change(ch, &n.terms, n.quantity, a);
    } else {
        err = change_now(ch, &n, a, e);
        if (err != OK) return err;
    }
    change_finish(out, ch, a);
    bool refunds = use == CREDIT_REFUND && when != CHANGE_PERIOD_END;
    return refunds ? credit_and_refund(out, f, n.terms.amount.currency, a, e) : OK;
}

enum err decide_subscription_update(struct decision *out, const struct facts *f,
                                    const struct subscription_update_command *c, struct arena *a,
                                    struct error *e)
{
    struct change ch = {.facts = f};
    enum err err = need_subscription(f, c->user, e);
    if (err == OK) err = change_begin(&ch, f, f->subscription, a, e);
    if (err == OK) err = may_change(&ch.s, c->user, a, e);
    uint64_t day = 0;
    if (err == OK) err = day_chosen(&day, c->billing_day, c->end_of_month, e);
    if (err != OK) return err;
    bool other = c->tier.len != 0 || c->interval != BILLING_DEFAULT || c->interval_count != 0 ||
                 c->quantity != 0 || !decimal_is_zero(c->price);
    if (day == 0) return change_terms(out, &ch, c, a, e);
    if (other) return fail(e, ERR_INVALID, "change the billing day or the terms, not both at once");
    err = move_billing_day(&ch, moment_of_change(f, &ch.s).day, day, a, e);
    if (err == OK) change_finish(out, &ch, a);
    return err;
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

enum err decide_subscription_undo(struct decision *out, const struct facts *f,
                                  const struct subscription_undo_command *c, struct arena *a, struct error *e)
{
    struct change ch = {.facts = f};
    enum err err = need_subscription(f, c->user, e);
    if (err == OK) err = change_begin(&ch, f, f->subscription, a, e);
    if (err != OK) return err;
    bool change = date_is_given(ch.s.change_on), end = date_is_given(ch.s.cancel_on);
    if (!subscription_is_live(&ch.s) || (!change && !end))
        return fail(e, ERR_REFUSED, "nothing is scheduled for '%.*s'", STR_ARG(c->user));
    struct event *ev = change_event(&ch, EVENT_SUBSCRIPTION_SCHEDULE_UNDONE, a);
    ev->subscription_schedule_undone = (struct subscription_schedule_undone){
        .subscription = ch.s.subscription, .customer = ch.s.customer, .change = change, .end = end};
    change_finish(out, &ch, a);
    undo_added(out, &ch.s, f, a);
    return OK;
}
