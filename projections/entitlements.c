/* SPDX-License-Identifier: MIT */
/* entitlements.c - what a user's entitlements follow from, found by its keys: a check is asked before a call
 * is served, so it must cost microseconds. What follows is the book's to say. */
#include "projections/fold.h"

#include "ledger/book.h"

/* The catalog is asked only for who has levels. */
static enum err open_usage(struct usage_total **out, size_t *count, const struct entitled_user *u,
                           struct views_txn *t, struct date from, struct arena *a, struct error *e)
{
    const struct catalog *catalog = NULL;
    uint64_t version = 0;
    bool levels = false;
    enum err err = usage_has_levels(&levels, t, u->customer, e);
    if (err != OK || !levels) return err != OK ? err : usage_since(out, count, t, u->customer, from, a, e);
    err = catalog_in_force(&version, t, u->facts.today, 0, a, e);
    if (err == OK && version != 0) err = catalog_kept(&catalog, t, version, e);
    return err == OK ? usage_with_levels(out, count, t, u->customer, from, catalog, a, e) : err;
}

static enum err load_open_usage(struct entitled_user *u, struct views_txn *t, struct arena *a,
                                struct error *e)
{
    struct entitled *f = &u->facts;
    struct usage_total *totals = NULL;
    struct date from = {0};
    for (size_t i = 0; i < f->subscriptions_count; i++) {
        const struct subscription *s = &f->subscriptions[i];
        struct date open = reading_period(s, (struct date){0}, f->today).start;
        if (i == 0 || date_compare(open, from) < 0) from = open;
    }
    if (f->subscriptions_count == 0) return OK;
    enum err err = open_usage(&totals, &f->usage_count, u, t, from, a, e);
    f->usage = totals;
    return err;
}

/* No answer is withheld for a zone that this machine does not know: it is that of UTC. */
static struct date today_in(struct str timezone, struct zones *zones, struct instant now)
{
    struct error unused;
    const struct zone *zone = NULL;
    if (zone_find(&zone, zones, timezone, &unused) != OK) zone = NULL;
    return zone_date(zone, now);
}

enum err load_entitled(struct entitled_user *out, struct views_txn *t, struct zones *zones, struct str user,
                       struct instant now, struct arena *a, struct error *e)
{
    struct user_entry entry = {0};
    struct subscription *live = NULL;
    struct str shown = text_quotable(user);
    *out = (struct entitled_user){0};
    enum err err = user_get(&entry, t, user, e);
    if (err == OK && entry.customer == 0) err = fail(e, ERR_NOT_FOUND, "no customer '%.*s'", STR_ARG(shown));
    if (err == OK) err = live_subscriptions(&live, &out->facts.subscriptions_count, t, entry.customer, a, e);
    if (err != OK) return err;
    out->customer = entry.customer;
    out->facts.subscriptions = live;
    out->facts.today = today_in(entry.timezone, zones, now);
    return load_open_usage(out, t, a, e);
}
