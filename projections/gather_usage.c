/* SPDX-License-Identifier: MIT */
/* gather_usage.c - facts for usage readings, the hot path of imports: a user is looked up once a command,
 * however many of the readings are his, and so is his time zone; only the event id costs a look-up of its
 * own. */
#include "ledger/book.h"
#include "projections/gather.h"

/* What is known of one user; the place in users[] plus one stands in slots[]. */
struct known_user {
    struct str user;
    struct reading_fact fact;
    struct subscription *live;
    size_t live_count;
    struct date ended;        /* when the newest one did, where none is live */
    struct usage_window late; /* the last in which a late reading of his lay */
};
struct known_users {
    struct known_user *users;
    size_t count;
    uint32_t *slots;
    size_t mask;
};

static uint64_t hash_text(struct str s)
{
    uint64_t h = s.len * 0x9e3779b97f4a7c15u;
    for (size_t i = 0; i < s.len; i += 8) {
        uint64_t word = 0;
        memcpy(&word, s.ptr + i, s.len - i < 8 ? s.len - i : 8);
        h = (h ^ word) * 0xff51afd7ed558ccdu;
        h ^= h >> 32;
    }
    return h;
}

static struct known_users users_for(size_t readings, struct arena *a)
{
    size_t slots = 2;
    while (slots < 2 * readings) slots *= 2;
    return (struct known_users){.users = arena_array_of(a, struct known_user, readings),
                                .slots = arena_array_of(a, uint32_t, slots),
                                .mask = slots - 1};
}

/* Totals that the customer's readings can still count in: of the periods not rated yet, or of all without a
 * subscription. */
static enum err load_usage(struct gathering *g, struct known_user *user)
{
    struct customer_usage *u = arena_new_of(g->arena, struct customer_usage);
    struct alert_list alerts = {0};
    struct date from = {0};
    uint64_t customer = user->fact.customer;
    for (size_t i = 0; i < user->live_count; i++) {
        struct date open = user->live[i].usage_through;
        if (i == 0 || date_compare(open, from) < 0) from = open;
    }
    enum err err = usage_with_levels(&u->totals, &u->totals_count, g->t, customer, from, g->facts->catalog,
                                     g->arena, g->e);
    if (err == OK) err = alerts_get(&alerts, g->t, customer, g->arena, g->e);
    if (err != OK) return err;
    u->totals_capacity = u->totals_count;
    u->alerts_count = alerts.alerts_count;
    u->alerts = arena_array_of(g->arena, struct alert,
                               alerts.alerts_count); /* the decision's own: it notes what fires */
    if (alerts.alerts_count > 0) memcpy(u->alerts, alerts.alerts, alerts.alerts_count * sizeof(*u->alerts));
    u->subscriptions = user->live;
    u->subscriptions_count = user->live_count;
    user->fact.usage = u;
    return OK;
}

static enum err load_live(struct gathering *g, struct known_user *user, uint64_t newest)
{
    struct subscription s = {0};
    enum err err =
        live_subscriptions(&user->live, &user->live_count, g->t, user->fact.customer, g->arena, g->e);
    if (err != OK || user->live_count > 0) return err;
    err = load_subscription(&s, g->t, newest, g->arena, g->e);
    user->ended = s.ended_on;
    return err;
}

static enum err look_up(struct gathering *g, struct known_user *out, struct str user)
{
    struct user_entry entry = {0};
    enum err err = user_get(&entry, g->t, user, g->e);
    *out = (struct known_user){.user = user, .fact = {.customer = entry.customer, .erased = entry.erased}};
    if (err != OK || entry.customer == 0) return err;
    struct error unused;
    out->fact.zone_unknown = zone_find(&out->fact.zone, g->zones, entry.timezone, &unused) != OK;
    if (entry.subscription != 0) err = load_live(g, out, entry.subscription);
    return err == OK ? load_usage(g, out) : err;
}

static enum err known(struct known_user **out, struct known_users *u, struct gathering *g, struct str user)
{
    for (size_t at = (size_t)hash_text(user);; at++) {
        uint32_t *slot = &u->slots[at & u->mask];
        if (*slot == 0) {
            struct known_user *new_one = &u->users[u->count];
            *out = new_one;
            enum err err = look_up(g, new_one, user);
            if (err == OK) *slot = (uint32_t)++u->count;
            return err;
        }
        *out = &u->users[*slot - 1];
        if (str_equal((*out)->user, user)) return OK;
    }
}

/* ---- late readings ---- */

static bool rates_late_again(const struct gathering *g)
{
    return g->facts->seller != NULL && g->facts->seller->late_usage == LATE_RERATE;
}

static bool is_late(const struct subscription *s, struct date day)
{
    return s == NULL || date_compare(day, s->usage_through) < 0;
}

static bool holds(const struct usage_window *w, struct date day)
{
    return date_is_given(w->from) && date_compare(w->from, day) <= 0 && date_compare(day, w->to) < 0;
}

/* The totals of that period, once for all late readings that the customer has in it. */
static enum err load_billed(struct customer_usage *u, struct gathering *g, uint64_t customer,
                            struct date period)
{
    struct usage_total *totals = NULL;
    size_t count = 0;
    if (u->billed == NULL) u->billed = arena_new_of(g->arena, struct customer_usage);
    struct customer_usage *billed = u->billed;
    for (size_t i = 0; i < billed->totals_count; i++) {
        if (date_compare(billed->totals[i].period, period) == 0) return OK;
    }
    enum err err = list_usage(&totals, &count, g->t, customer, period, g->arena, g->e);
    for (size_t i = 0; i < count && err == OK; i++) {
        billed->totals = arena_grow(g->arena, billed->totals, billed->totals_count, &billed->totals_capacity,
                                    sizeof *billed->totals);
        billed->totals[billed->totals_count++] = totals[i];
    }
    return err;
}

/* The period that was billed and holds the day. Where no subscription is live and none was billed, the month
 * of the calendar is as open as ever. */
static enum err fill_late(struct reading_fact *out, struct known_user *user, struct date day,
                          struct gathering *g)
{
    bool found = holds(&user->late, day);
    uint64_t subscription = out->subscription == NULL ? 0 : out->subscription->subscription;
    struct window_query q = {.customer = out->customer, .subscription = subscription};
    enum err err = found ? OK : window_on(&found, &user->late, g->t, &q, day, g->arena, g->e);
    if (err != OK) return err;
    out->too_old = !found && out->subscription != NULL;
    if (!found) return OK;
    out->late = user->late.from;
    return load_billed(out->usage, g, out->customer, out->late);
}

/* ---- readings ---- */

static bool has_end(const struct known_user *user)
{
    for (size_t i = 0; i < user->live_count; i++) {
        if (date_is_given(user->live[i].cancel_on)) return true;
    }
    return false;
}

/* The subscription in whose usage periods it counts. One whose end was reached that day, only not noted yet,
 * is none. */
static void take_subscription(struct reading_fact *out, const struct known_user *user, struct str usage_type,
                              struct date day)
{
    const struct subscription *s = rating_subscription(user->live, user->live_count, usage_type, day);
    bool ended = s != NULL && date_is_given(s->cancel_on) && date_compare(s->cancel_on, day) <= 0;
    out->ended = user->ended;
    out->subscription = ended ? NULL : s;
    for (size_t i = 0; i < user->live_count && ended; i++) {
        if (date_compare(out->ended, user->live[i].cancel_on) < 0) out->ended = user->live[i].cancel_on;
    }
}

/* What is known of one reading: whose it is, where it counts, and what of it was counted before. */
static enum err fill_fact(struct reading_fact *out, struct known_user *user, struct event_ids *ids,
                          const struct usage_input *in, struct gathering *g)
{
    struct reading_place unused = {0};
    enum err err = OK;
    *out = user->fact;
    if (in->event_id.len != 0) err = event_id_find(&out->seen, &unused, ids, in->event_id, g->e);
    if (err != OK || out->customer == 0) return err;
    bool dated = in->key.len != 0 || rates_late_again(g) || has_end(user); /* else its day is not asked for */
    struct date day = {0};
    if (dated) day = zone_date(out->zone, reading_time(in, out->zone, g->facts->now));
    take_subscription(out, user, in->usage_type, day);
    if (rates_late_again(g) && is_late(out->subscription, day)) err = fill_late(out, user, day, g);
    if (err != OK || in->key.len == 0) return err;
    struct date period =
        date_is_given(out->late) ? out->late : reading_period(out->subscription, out->ended, day).start;
    struct counted_key key = {out->customer, period, in->usage_type, in->key};
    return usage_key_seen(&out->key_seen, g->t, &key, g->arena, g->e);
}

/* What the reading counts in. */
static enum err gather_total(struct gathering *g, const struct reading *r)
{
    struct usage_total *totals = NULL;
    size_t count = 0;
    enum err err = list_usage(&totals, &count, g->t, r->customer, r->period, g->arena, g->e);
    for (size_t i = 0; i < count && err == OK; i++) {
        if (str_equal(totals[i].usage_type, r->usage_type)) g->facts->counted_total = &totals[i];
    }
    if (err != OK || r->aggregation != AGGREGATION_TIME_WEIGHTED) return err;
    return usage_level_now(&g->facts->counted_level, g->t, r->customer, r->usage_type, g->arena, g->e);
}

enum err gather_counted(struct gathering *g)
{
    const struct command *c = g->command;
    bool correct = c->type == COMMAND_USAGE_CORRECT;
    struct str event_id = correct ? c->usage_correct.event_id : c->usage_cancel.event_id;
    struct counted_reading *row = arena_new_of(g->arena, struct counted_reading);
    bool found = false;
    if (event_id.len == 0) return OK;
    enum err err = reading_state(&found, row, g->t, event_id, g->arena, g->e);
    if (err != OK || !found) return err;
    g->facts->counted = row;
    return gather_total(g, correct ? &c->usage_correct.original : &c->usage_cancel.original);
}

enum err gather_readings(struct gathering *g)
{
    const struct usage_record_command *c = &g->command->usage_record;
    struct reading_fact *facts = arena_array_of(g->arena, struct reading_fact, c->readings_count);
    struct known_users users = users_for(c->readings_count, g->arena);
    struct event_ids ids = {.t = g->t};
    for (size_t i = 0; i < c->readings_count; i++) {
        struct known_user *user = NULL;
        enum err err = known(&user, &users, g, c->readings[i].user);
        if (err == OK) err = fill_fact(&facts[i], user, &ids, &c->readings[i], g);
        if (err != OK) return err;
    }
    g->facts->readings = facts;
    return OK;
}
