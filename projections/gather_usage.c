/* SPDX-License-Identifier: MIT */
/* gather_usage.c - facts for usage readings, the hot path of imports: a user is looked up once a command,
 * however many of the readings are his, and so is his time zone; only the event id costs a look-up of its
 * own. */
#include "projections/gather.h"

/* What is known of one user; the place in users[] plus one stands in slots[]. */
struct known_user {
    struct str user;
    struct reading_fact fact;
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
static enum err load_usage(struct gathering *g, struct reading_fact *fact)
{
    struct customer_usage *u = arena_new_of(g->arena, struct customer_usage);
    struct alert_list alerts = {0};
    const struct subscription *s = fact->subscription;
    bool active = s != NULL && s->status == SUBSCRIPTION_ACTIVE;
    struct date from = active ? s->usage_through : (struct date){0};
    enum err err = usage_since(&u->totals, &u->totals_count, g->t, fact->customer, from, g->arena, g->e);
    if (err == OK) err = alerts_get(&alerts, g->t, fact->customer, g->arena, g->e);
    if (err != OK) return err;
    u->totals_capacity = u->totals_count;
    u->alerts_count = alerts.alerts_count;
    u->alerts = arena_array_of(g->arena, struct alert,
                               alerts.alerts_count); /* the decision's own: it notes what fires */
    if (alerts.alerts_count > 0) memcpy(u->alerts, alerts.alerts, alerts.alerts_count * sizeof(*u->alerts));
    fact->usage = u;
    return OK;
}

static enum err look_up(struct gathering *g, struct known_user *out, struct str user)
{
    struct user_entry entry = {0};
    enum err err = user_get(&entry, g->t, user, g->e);
    out->user = user;
    out->fact = (struct reading_fact){.customer = entry.customer};
    if (err != OK || entry.customer == 0) return err;
    struct error unused;
    out->fact.zone_unknown = zone_find(&out->fact.zone, g->zones, entry.timezone, &unused) != OK;
    if (entry.subscription != 0) {
        struct subscription *s = arena_new_of(g->arena, struct subscription);
        struct view_key k = key_number(SPACE_SUBSCRIPTION, entry.subscription);
        err = row_need(s, &schema_subscription, g->t, &k, "subscription", entry.subscription, g->arena, g->e);
        if (err != OK) return err;
        out->fact.subscription = s;
    }
    return load_usage(g, &out->fact);
}

static enum err known(const struct reading_fact **out, struct known_users *u, struct gathering *g,
                      struct str user)
{
    for (size_t at = (size_t)hash_text(user);; at++) {
        uint32_t *slot = &u->slots[at & u->mask];
        if (*slot == 0) {
            struct known_user *new_one = &u->users[u->count];
            *out = &new_one->fact;
            enum err err = look_up(g, new_one, user);
            if (err == OK) *slot = (uint32_t)++u->count;
            return err;
        }
        struct known_user *seen = &u->users[*slot - 1];
        *out = &seen->fact;
        if (str_equal(seen->user, user)) return OK;
    }
}

enum err gather_readings(struct gathering *g)
{
    const struct usage_record_command *c = &g->command->usage_record;
    struct reading_fact *facts = arena_array_of(g->arena, struct reading_fact, c->readings_count);
    struct known_users users = users_for(c->readings_count, g->arena);
    struct event_ids ids = {.t = g->t};
    for (size_t i = 0; i < c->readings_count; i++) {
        const struct usage_input *r = &c->readings[i];
        const struct reading_fact *fact = NULL;
        enum err err = known(&fact, &users, g, r->user);
        if (err != OK) return err;
        facts[i] = *fact;
        if (r->event_id.len == 0) continue;
        err = event_id_seen(&facts[i].seen, &ids, r->event_id, g->e);
        if (err != OK) return err;
    }
    g->facts->readings = facts;
    return OK;
}
