/* SPDX-License-Identifier: MIT */
/* decide_alert.c - alerts set and removed: of usage at a total or at a part of the quota, of the wallet below
 * an amount. All alerts of a customer share their numbers. When they fire is decided with what makes them:
 * decide_usage.c, decide_wallet.c. */
#include "ledger/book/decide_shared.h"
#include "ledger/book/entitlement.h"

static enum err check_room(const struct facts *f, struct str user, struct error *e)
{
    if (f->alerts_count < LIMIT_ALERTS_PER_CUSTOMER) return OK;
    return fail(e, ERR_LIMIT, "'%.*s' has %d alerts, the most there may be", STR_ARG(user),
                LIMIT_ALERTS_PER_CUSTOMER);
}

/* A part of the quota needs one, when the alert is set. Later the quota of the moment counts. */
static enum err check_quota(const struct facts *f, const struct usage_alert_command *c, struct error *e)
{
    struct allowance al = {0};
    const struct entitled who = {
        .subscriptions = f->subscriptions, .subscriptions_count = f->subscriptions_count, .today = f->today};
    enum err err = allowance_of(&al, &who, c->usage_type, f->today, e);
    if (err != OK || allowance_has_quota(&al)) return err;
    struct str type = text_quotable(c->usage_type);
    if (al.unlimited)
        return fail(e, ERR_REFUSED, "'%.*s' has '%.*s' without limit: there is no part of it to tell of",
                    STR_ARG(c->user), STR_ARG(type));
    return fail(e, ERR_REFUSED, "'%.*s' has no quota of '%.*s' to tell a part of", STR_ARG(c->user),
                STR_ARG(type));
}

enum err decide_usage_alert(struct decision *out, const struct facts *f, const struct usage_alert_command *c,
                            struct arena *a, struct error *e)
{
    enum err err = need_customer(f, c->user, e);
    if (err != OK) return err;
    if (c->threshold.coefficient <= 0) return fail(e, ERR_INVALID, "threshold: more than nothing is wanted");
    err = check_room(f, c->user, e);
    if (err == OK && c->percent) err = check_quota(f, c, e);
    if (err != OK) return err;
    uint64_t customer = f->customer->customer, alert = f->customer->alerts + 1;
    if (c->percent) {
        struct event *ev = event_add(&out->events, EVENT_QUOTA_ALERT_SET, a);
        ev->quota_alert_set = (struct quota_alert_set){customer, alert, c->usage_type, c->threshold};
    } else {
        struct event *ev = event_add(&out->events, EVENT_USAGE_ALERT_SET, a);
        ev->usage_alert_set = (struct usage_alert_set){customer, alert, c->usage_type, c->threshold};
    }
    return OK;
}

enum err decide_wallet_alert(struct decision *out, const struct facts *f,
                             const struct wallet_alert_command *c, struct arena *a, struct error *e)
{
    char currency[4] = "";
    struct money below = {0};
    enum err err = need_customer(f, c->user, e);
    if (err == OK) err = currency_chosen(currency, c->currency, f->customer, e);
    if (err == OK) err = money_exact(&below, c->below, currency, "amount", a, e);
    if (err == OK && below.minor <= 0) err = fail(e, ERR_INVALID, "amount: more than nothing is wanted");
    if (err == OK) err = check_room(f, c->user, e);
    if (err != OK) return err;
    struct event *ev = event_add(&out->events, EVENT_WALLET_ALERT_SET, a);
    ev->wallet_alert_set = (struct wallet_alert_set){f->customer->customer, f->customer->alerts + 1, below};
    return OK;
}

enum err decide_alert_remove(struct decision *out, const struct facts *f,
                             const struct alert_remove_command *c, struct arena *a, struct error *e)
{
    enum err err = need_customer(f, c->user, e);
    if (err != OK) return err;
    for (size_t i = 0; i < f->alerts_count; i++) {
        if (f->alerts[i].alert != c->alert) continue;
        struct event *ev = event_add(&out->events, EVENT_ALERT_REMOVED, a);
        ev->alert_removed = (struct alert_removed){f->customer->customer, c->alert};
        return OK;
    }
    return fail(e, ERR_NOT_FOUND, "no alert %ju of '%.*s'", (uintmax_t)c->alert, STR_ARG(c->user));
}
