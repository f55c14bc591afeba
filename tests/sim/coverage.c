/* SPDX-License-Identifier: MIT */
/* coverage.c - every service day is billed once. From the lines of all documents and of what waits for one,
 * and from when each subscription lived, paused and changed, a day's balance is drawn: charges for it less
 * what was given back of it, fee by fee. What the ledger thinks it has charged is not asked. */
#include "tests/sim/relations.h"

enum { DAYS = 2400 };

/* Of one fee of one tier: how often each day was billed. */
struct cover {
    struct str product, fee;
    int8_t days[DAYS];
    bool spent[DAYS]; /* little or nothing of its price is left to give back */
    bool costs;       /* some line of it is not of nothing */
};

enum day_state { DAY_NONE, DAY_TRIAL, DAY_CHARGED, DAY_PAUSED };

struct life {
    uint64_t subscription;
    uint8_t state[DAYS];
    const struct terms *terms[DAYS];
    struct date ours; /* first day that is charged here, behind a trial or what was charged elsewhere */
    struct cover *covers;
    size_t covers_count, covers_capacity;
    bool whole;     /* it had terms that do not prorate: nothing can be said of its days */
    bool by_second; /* days on which something happened are parted */
    bool kept;      /* ended without giving back what was unused */
    bool parted[DAYS];
};

struct lives {
    struct life **items;
    size_t count, capacity;
    struct arena *arena;
};

static int day_at(struct date d)
{
    int at = (int)date_days_between(date_of(2022, 1, 1), d);
    if (at < 0) return 0;
    return at < DAYS ? at : DAYS;
}

static struct life *life_of(struct lives *l, uint64_t subscription)
{
    for (size_t i = 0; i < l->count; i++) {
        if (l->items[i]->subscription == subscription) return l->items[i];
    }
    l->items = arena_grow(l->arena, l->items, l->count, &l->capacity, sizeof *l->items);
    struct life *life = arena_new_of(l->arena, struct life);
    life->subscription = subscription;
    return l->items[l->count++] = life;
}

/* ---- when it lived ---- */

static void set_state(struct life *l, struct date from, enum day_state state)
{
    for (int d = day_at(from); d < DAYS; d++) l->state[d] = (uint8_t)state;
    if (day_at(from) < DAYS) l->parted[day_at(from)] = true;
}

static void set_terms(struct life *l, struct date from, const struct terms *t)
{
    for (int d = day_at(from); d < DAYS; d++) l->terms[d] = t;
    l->whole = l->whole || t->proration == PRORATE_NOT;
    l->by_second = l->by_second || t->proration == PRORATE_BY_SECOND;
    if (day_at(from) < DAYS) l->parted[day_at(from)] = true;
}

static void begin_life(struct lives *all, const struct subscription_created *v)
{
    struct life *l = life_of(all, v->subscription);
    set_terms(l, v->start, &v->terms);
    if (date_is_given(v->trial_end)) set_state(l, v->start, DAY_TRIAL);
    l->ours = date_is_given(v->trial_end)         ? v->trial_end
              : date_is_given(v->charged_through) ? v->charged_through
                                                  : v->start;
    set_state(l, l->ours, DAY_CHARGED);
}

static void live_on(struct lives *all, const struct event *ev)
{
    uint64_t number = 0;
    if (ev->type == EVENT_SUBSCRIPTION_CREATED) begin_life(all, &ev->subscription_created);
    if (!subscription_event(&number, ev)) return;
    struct life *l = life_of(all, number);
    if (ev->type == EVENT_SUBSCRIPTION_CHANGED)
        set_terms(l, ev->subscription_changed.on, &ev->subscription_changed.terms);
    if (ev->type == EVENT_SUBSCRIPTION_PAUSED) set_state(l, ev->subscription_paused.on, DAY_PAUSED);
    if (ev->type == EVENT_SUBSCRIPTION_RESUMED) {
        struct date on = ev->subscription_resumed.on;
        set_state(l, date_compare(on, l->ours) < 0 ? l->ours : on, DAY_CHARGED);
    }
    if (ev->type == EVENT_SUBSCRIPTION_CANCELED) set_state(l, ev->subscription_canceled.on, DAY_NONE);
    if (ev->type == EVENT_SUBSCRIPTION_TRIAL_ENDED && ev->subscription_trial_ended.outcome == TRIAL_PAUSES)
        set_state(l, ev->subscription_trial_ended.on, DAY_PAUSED);
    if (ev->type == EVENT_SUBSCRIPTION_OVERDUE && ev->subscription_overdue.status == SUBSCRIPTION_UNPAID)
        set_state(l, ev->subscription_overdue.on, DAY_PAUSED);
}

/* ---- what was billed ---- */

static struct cover *cover_of(struct life *l, struct str product, struct str fee, struct arena *a)
{
    for (size_t i = 0; i < l->covers_count; i++) {
        if (str_equal(l->covers[i].product, product) && str_equal(l->covers[i].fee, fee))
            return &l->covers[i];
    }
    l->covers = arena_grow(a, l->covers, l->covers_count, &l->covers_capacity, sizeof *l->covers);
    struct cover *c = &l->covers[l->covers_count++];
    *c = (struct cover){.product = product, .fee = fee};
    return c;
}

/* A coupon took nearly all of it, or somebody gave it back by hand: what is left may be less than a day
 * costs.
 */
static bool is_spent(const struct line *v)
{
    if (v->kind == LINE_CREDIT) return true;
    return !money_is_zero(v->discount) &&
           v->amount.minor - v->discount.minor < date_days_between(v->from, v->to);
}

static void note_spent(struct lives *all, const struct line *v)
{
    if (v->subscription == 0 || !is_spent(v)) return;
    struct cover *c = cover_of(life_of(all, v->subscription), v->product, v->fee, all->arena);
    for (int d = day_at(v->from); d < day_at(v->to); d++) c->spent[d] = true;
}

static void bill_line(struct lives *all, const struct line *v)
{
    note_spent(all, v);
    bool charge = v->kind == LINE_RECURRING || v->kind == LINE_PRORATION_CHARGE;
    bool credit = v->kind == LINE_PRORATION_CREDIT || v->kind == LINE_PAUSE_CREDIT;
    if (v->subscription == 0 || (!charge && !credit)) return;
    struct cover *c = cover_of(life_of(all, v->subscription), v->product, v->fee, all->arena);
    c->costs = c->costs || !money_is_zero(v->amount);
    for (int d = day_at(v->from); d < day_at(v->to); d++)
        c->days[d] = (int8_t)(c->days[d] + (charge ? 1 : -1));
}

static void bill(struct lives *all, const struct books *b, const struct event *ev)
{
    if (ev->type == EVENT_INVOICE_FINALIZED) {
        const struct invoice_finalized *v = &ev->invoice_finalized;
        for (size_t i = 0; i < v->lines_count; i++) bill_line(all, &v->lines[i]);
    }
    if (ev->type == EVENT_ITEM_ADDED && !books_is_invoiced(b, ev->item_added.item))
        bill_line(all, &ev->item_added.line);
}

/* ---- the balance ---- */

static bool has_fee(const struct terms *t, struct str fee)
{
    if (fee.len == 0) return true;
    for (size_t i = 0; i < t->fees_count; i++) {
        if (str_equal(t->fees[i].code, fee)) return true;
    }
    return false;
}

static enum err out_of_balance(const struct life *l, const struct cover *c, int day, int wanted,
                               struct arena *a, struct error *e)
{
    struct date on = date_add_days(date_of(2022, 1, 1), day);
    return fail(e, ERR_TAMPERED, "sub_%ju: %.*s of '%.*s'%s%.*s is billed %d times, not %d",
                (uintmax_t)l->subscription, STR_ARG(date_text(a, on)), STR_ARG(c->product),
                c->fee.len == 0 ? "" : ", fee ", STR_ARG(c->fee), c->days[day], wanted);
}

/* Days of a pause that goes on are given back when it ends. */
static bool is_in_open_pause(const struct life *l, int day)
{
    for (int d = day; d < DAYS; d++) {
        if (l->state[d] != DAY_PAUSED) return false;
    }
    return true;
}

static bool is_excused(const struct life *l, const struct cover *c, int day)
{
    if (l->by_second && l->parted[day]) return true;
    if (c->spent[day] && c->days[day] >= 1) return true;
    if (c->days[day] != 1) return false;
    return (l->kept && l->state[day] == DAY_NONE) || is_in_open_pause(l, day);
}

/* Up to its frontier each charged day is billed once, and no other day; the frontier is where a fee is not
 * billed yet.
 */
static enum err check_cover(int *frontier, const struct life *l, const struct cover *c, struct arena *a,
                            struct error *e)
{
    *frontier = DAYS;
    for (int d = 0; d < DAYS; d++) {
        bool due = l->state[d] == DAY_CHARGED && str_equal(l->terms[d]->product, c->product) &&
                   has_fee(l->terms[d], c->fee) && !l->terms[d]->free;
        if (is_excused(l, c, d)) continue;
        if (!due && !c->costs && c->days[d] == 1) continue; /* there is nothing to give back */
        if (!due && c->days[d] != 0) return out_of_balance(l, c, d, 0, a, e);
        if (!due) continue;
        if (c->days[d] == 0 && *frontier == DAYS) *frontier = d;
        int wanted = d < *frontier ? 1 : 0;
        if (c->days[d] != wanted) return out_of_balance(l, c, d, wanted, a, e);
    }
    return OK;
}

static int days_of_interval(const struct terms *t)
{
    static const int days[] = {1, 7, 31, 366};
    return days[t->unit] * (int)(t->interval_count == 0 ? 1 : t->interval_count);
}

/* How far it must be billed: fees in advance through the last run, fees in arrears up to less than a period
 * before it.
 */
static enum err check_frontier(const struct books *b, const struct life *l, const struct cover *c,
                               int frontier, struct arena *a, struct error *e)
{
    if (frontier == DAYS) return OK;
    const struct terms *t = l->terms[frontier];
    int through = day_at(b->through);
    int late = t->in_arrears ? through - days_of_interval(t) : through;
    if (frontier <= late) return out_of_balance(l, c, frontier, 1, a, e);
    return OK;
}

/* A tier that was never billed at all has no cover yet. */
static void add_missing_covers(struct life *l, struct arena *a)
{
    for (int d = 0; d < DAYS; d++) {
        if (l->state[d] != DAY_CHARGED || (d > 0 && l->terms[d] == l->terms[d - 1])) continue;
        (void)cover_of(l, l->terms[d]->product, STR_NONE, a);
        for (size_t i = 0; i < l->terms[d]->fees_count; i++)
            (void)cover_of(l, l->terms[d]->product, l->terms[d]->fees[i].code, a);
    }
}

static enum err check_life(const struct books *b, struct life *l, struct arena *a, struct error *e)
{
    if (l->whole) return OK;
    add_missing_covers(l, a);
    for (size_t i = 0; i < l->covers_count; i++) {
        int frontier = 0;
        enum err err = check_cover(&frontier, l, &l->covers[i], a, e);
        if (err == OK) err = check_frontier(b, l, &l->covers[i], frontier, a, e);
        if (err != OK) return err;
    }
    return OK;
}

enum err audit_days(struct books *b, struct error *e)
{
    struct arena *a = arena_new();
    struct lives all = {.arena = a};
    enum err err = OK;
    for (size_t i = 0; i < b->events.count; i++) live_on(&all, &b->events.items[i]);
    for (size_t i = 0; i < b->events.count; i++) bill(&all, b, &b->events.items[i]);
    for (size_t i = 0; i < b->kept_count; i++) life_of(&all, b->kept[i])->kept = true;
    for (size_t i = 0; i < all.count && err == OK; i++) err = check_life(b, all.items[i], a, e);
    arena_free(a);
    return err;
}
