/* SPDX-License-Identifier: MIT */
/* decide_migrate.c - another version of the catalog for a subscription that there is: the same tier, interval
 * and seats, from a period on that nobody has paid for. It charges nothing and gives nothing back; what was
 * decided once is not decided again. */
#include "ledger/book/decide_change.h"

/* What will hold from a day on if nothing is done. */
struct outlook {
    const struct terms *terms;
    uint64_t quantity;
    struct date on;
};

/* The first period that begins after today's, is not charged yet, and in which the catalog is in force. */
static struct date next_period(const struct subscription *s, struct date today, struct date in_force)
{
    struct date on = period_end(s, today);
    if (date_compare(on, in_force) >= 0) return on;
    struct period p =
        interval_period(s->anchor, (uint32_t)s->anchor_day, terms_interval(&s->terms), in_force);
    return date_compare(p.start, in_force) == 0 ? in_force : p.end;
}

/* A change that is scheduled is made all the same, on its day, on the other version's terms. */
static enum err look_ahead(struct outlook *out, const struct facts *f, struct str user, struct arena *a,
                           struct error *e)
{
    const struct subscription *s = f->subscription;
    *out = (struct outlook){&s->terms, s->quantity, next_period(s, f->today, f->catalog->from)};
    if (!date_is_given(s->change_on)) return OK;
    struct str on = date_text(a, s->change_on);
    if (date_compare(s->change_on, f->today) < 0) {
        return fail(e, ERR_REFUSED, "a change of the subscription of '%.*s' has been due since %.*s",
                    STR_ARG(user), STR_ARG(on));
    }
    if (date_compare(s->change_on, f->catalog->from) < 0) {
        return fail(e, ERR_REFUSED,
                    "the subscription of '%.*s' changes on %.*s, before the catalog is in force",
                    STR_ARG(user), STR_ARG(on));
    }
    *out = (struct outlook){&s->next_terms, s->next_quantity, s->change_on};
    return OK;
}

/* A price that was agreed stays. */
static enum err terms_in_version(struct terms *out, const struct facts *f, const struct outlook *v,
                                 struct arena *a, struct error *e)
{
    struct terms_wish wish = wish_of(v->terms);
    const struct price *price = price_of(f->catalog, &wish);
    wish.price_given = price != NULL && price->custom;
    if (wish.price_given) wish.price = money_decimal(v->terms->amount);
    enum err err = terms_for(out, f, &wish, a, e);
    if (err == OK) err = check_quantity(v->quantity, out, e);
    if (err == OK) err = check_billed_once(f, out, f->subscription->subscription, e);
    if (err != OK || out->kind == v->terms->kind) return err;
    return fail(e, ERR_REFUSED, "a plan and an add-on cannot take each other's place");
}

static bool says_the_same(const struct terms *x, const struct terms *y)
{
    struct terms other = *y;
    other.catalog_version = x->catalog_version;
    return schema_equal(&schema_terms, x, &other);
}

enum err decide_subscription_migrate(struct decision *out, const struct facts *f,
                                     const struct subscription_migrate_command *c, struct arena *a,
                                     struct error *e)
{
    struct outlook v = {0};
    struct terms to = {0};
    enum err err = need_billed_here(f, c->user, e);
    if (err != OK) return err;
    const struct subscription *s = f->subscription;
    if (f->catalog == NULL)
        return fail(e, ERR_NOT_FOUND, "no version %ju of the catalog", (uintmax_t)c->version);
    if (date_is_given(s->cancel_on)) {
        return fail(e, ERR_REFUSED, "the subscription of '%.*s' will end on %.*s and cannot be changed",
                    STR_ARG(c->user), STR_ARG(date_text(a, s->cancel_on)));
    }
    err = look_ahead(&v, f, c->user, a, e);
    if (err != OK || v.terms->catalog_version >= c->version) return err;
    err = terms_in_version(&to, f, &v, a, e);
    if (err != OK || says_the_same(v.terms, &to)) return err;
    struct event *ev = event_add(&out->events, EVENT_SUBSCRIPTION_CHANGE_SCHEDULED, a);
    ev->subscription_change_scheduled =
        (struct subscription_change_scheduled){.subscription = s->subscription,
                                               .customer = s->customer,
                                               .on = v.on,
                                               .terms = to,
                                               .quantity = v.quantity};
    return OK;
}
