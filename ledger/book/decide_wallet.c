/* SPDX-License-Identifier: MIT */
/* decide_wallet.c - prepaid credit: granted, sold, taken back, expired. How it pays documents is wallet.c's;
 * where it does, decide_invoice.c's. */
#include "ledger/book/decide_shared.h"

/* ---- grants ---- */

static bool has_rate(const struct rate *rates, size_t count, struct str usage_type)
{
    for (size_t i = 0; i < count; i++) {
        if (str_equal(rates[i].usage_type, usage_type)) return true;
    }
    return false;
}

static bool is_in_catalog(const struct catalog *c, struct str scope)
{
    for (size_t i = 0; i < c->products_count; i++) {
        if (str_equal(c->products[i].code, scope)) return true;
    }
    for (size_t i = 0; i < c->prices_count; i++) {
        if (has_rate(c->prices[i].rates, c->prices[i].rates_count, scope)) return true;
    }
    return false;
}

/* A scope that nothing is called like would make a grant that never pays. What the customer is subscribed to
 * may be of an older catalog. */
static enum err check_scope(const struct facts *f, struct str scope, struct error *e)
{
    if (scope.len == 0 || (f->catalog != NULL && is_in_catalog(f->catalog, scope))) return OK;
    for (size_t i = 0; i < f->subscriptions_count; i++) {
        const struct terms *t = &f->subscriptions[i].terms;
        if (str_equal(t->product, scope) || has_rate(t->rates, t->rates_count, scope)) return OK;
    }
    struct str shown = text_quotable(scope);
    return fail(e, ERR_NOT_FOUND, "scope '%.*s': no tier and no usage type is called so", STR_ARG(shown));
}

static enum err check_terms(const struct facts *f, const struct wallet_grant_command *c, struct error *e)
{
    if (f->customer->open_grants >= LIMIT_OPEN_GRANTS_PER_CUSTOMER) {
        return fail(e, ERR_LIMIT, "'%.*s' has %d grants with something left, the most there may be",
                    STR_ARG(c->user), LIMIT_OPEN_GRANTS_PER_CUSTOMER);
    }
    if (c->priority > WALLET_PRIORITY_MAX)
        return fail(e, ERR_INVALID, "priority: a number from 1 to %d is wanted", WALLET_PRIORITY_MAX);
    if (date_is_given(c->expires) && date_compare(c->expires, f->today) <= 0)
        return fail(e, ERR_INVALID, "expires: a day after today is wanted");
    return check_scope(f, c->scope, e);
}

/* All of it cannot be expected to be left: nothing would be owed, and it would be income when it is sold. */
static enum err check_breakage(const struct wallet_grant_command *c, struct error *e)
{
    enum { SCALE_MAX = 4 };
    struct decimal share = c->expected_breakage;
    if (decimal_is_negative(share) || decimal_compare(share, decimal_of(100)) >= 0)
        return fail(e, ERR_INVALID, "expected_breakage: a percentage from 0 to less than 100 is wanted");
    if (share.scale > SCALE_MAX)
        return fail(e, ERR_INVALID, "expected_breakage: at most %d decimals are wanted", SCALE_MAX);
    if (!decimal_is_zero(share) && decimal_is_zero(c->price))
        return fail(e, ERR_INVALID, "expected_breakage: of a gift nothing is earned");
    return OK;
}

static enum err read_amounts(struct money *amount, struct money *price, const struct facts *f,
                             const struct wallet_grant_command *c, struct arena *a, struct error *e)
{
    char currency[4] = "";
    struct money sum = {0};
    enum err err = currency_chosen(currency, c->currency, f->customer, e);
    if (err == OK) err = money_exact(amount, c->amount, currency, "amount", a, e);
    if (err == OK) err = money_exact(price, c->price, currency, "price", a, e);
    if (err != OK) return err;
    if (amount->minor <= 0) return fail(e, ERR_INVALID, "amount: more than nothing is wanted");
    if (price->minor < 0) return fail(e, ERR_INVALID, "price: less than nothing");
    if (money_compare(*price, *amount) > 0)
        return fail(e, ERR_INVALID, "price: more than the credit is worth");
    err = wallet_balance(&sum, f->grants, f->grants_count, currency, e);
    return err == OK ? money_add(&sum, sum, *amount, e) : err; /* a balance can always be told */
}

/* The item that asks for the price, or with a negative amount gives it back. */
static uint64_t add_price_item(struct decision *out, const struct facts *f, struct money amount,
                               struct str description, struct arena *a)
{
    struct line_list lines = {0};
    struct line *l = line_add(&lines, a);
    uint64_t next = f->counters.item;
    *l = (struct line){.kind = LINE_PREPAID,
                       .description = description,
                       .quantity = decimal_of(1),
                       .unit_price = money_decimal(amount),
                       .amount = amount,
                       .discount = money_zero(amount),
                       .tax = money_zero(amount)};
    add_items(out, &lines, f->customer->customer, &next, a);
    return f->counters.item;
}

enum err decide_wallet_grant(struct decision *out, const struct facts *f,
                             const struct wallet_grant_command *c, struct arena *a, struct error *e)
{
    struct money amount = {0}, price = {0};
    enum err err = need_customer(f, c->user, e);
    if (err == OK) err = check_terms(f, c, e);
    if (err == OK) err = check_breakage(c, e);
    if (err == OK) err = read_amounts(&amount, &price, f, c, a, e);
    bool sold = price.minor > 0;
    if (err == OK && sold) err = item_fits(f, price, e);
    if (err != OK) return err;
    struct wallet_granted v = {.customer = f->customer->customer,
                               .grant = f->customer->grants + 1,
                               .amount = amount,
                               .price = price,
                               .on = f->today,
                               .expires = c->expires,
                               .priority = c->priority == 0 ? WALLET_PRIORITY_DEFAULT : c->priority,
                               .scope = c->scope,
                               .reason = c->reason,
                               .expected_breakage = c->expected_breakage};
    if (sold) {
        struct str words = str_format(a, "Prepaid credit of %.*s", STR_ARG(money_pretty(a, amount)));
        v.item = add_price_item(out, f, price, words, a);
    }
    event_add(&out->events, EVENT_WALLET_GRANTED, a)->wallet_granted = v;
    return OK;
}

/* ---- taken back, expired ---- */

static const struct wallet_grant *grant_numbered(const struct facts *f, uint64_t grant)
{
    for (size_t i = 0; i < f->grants_count; i++) {
        if (f->grants[i].grant == grant) return &f->grants[i];
    }
    return NULL;
}

static enum err need_grant(const struct wallet_grant **out, const struct facts *f,
                           const struct wallet_void_command *c, struct arena *a, struct error *e)
{
    uintmax_t number = c->grant;
    const struct wallet_grant *g = *out = grant_numbered(f, c->grant);
    if (c->grant == 0 || c->grant > f->customer->grants)
        return fail(e, ERR_NOT_FOUND, "no grant %ju of '%.*s'", number, STR_ARG(c->user));
    if (g == NULL)
        return fail(e, ERR_REFUSED, "grant %ju of '%.*s' has nothing left", number, STR_ARG(c->user));
    if (wallet_is_open(g, f->today)) return OK;
    return fail(e, ERR_REFUSED, "grant %ju of '%.*s' expired on %.*s", number, STR_ARG(c->user),
                STR_ARG(date_text(a, g->expires)));
}

/* None where nothing was expected. */
static enum err earned_of(struct money *out, const struct wallet_grant *g, struct error *e)
{
    *out = (struct money){0};
    return decimal_is_zero(g->expected_breakage) ? OK : wallet_breakage(out, g, e);
}

enum err decide_wallet_void(struct decision *out, const struct facts *f, const struct wallet_void_command *c,
                            struct arena *a, struct error *e)
{
    const struct wallet_grant *g = NULL;
    struct money prepaid = {0}, earned = {0};
    enum err err = need_customer(f, c->user, e);
    if (err == OK) err = need_grant(&g, f, c, a, e);
    if (err == OK) err = wallet_prepaid(&prepaid, g, e);
    if (err == OK) err = earned_of(&earned, g, e);
    bool gives_back = prepaid.minor > 0 && !c->forfeit;
    if (err == OK && gives_back) err = item_fits(f, money_negate(prepaid), e);
    if (err != OK) return err;
    struct wallet_voided v = {.customer = g->customer,
                              .grant = g->grant,
                              .on = f->today,
                              .amount = g->left,
                              .prepaid = prepaid,
                              .earned = earned,
                              .reason = c->reason};
    if (gives_back) {
        struct str words =
            str_format(a, "Unused part of prepaid credit of %.*s", STR_ARG(money_pretty(a, g->amount)));
        v.item = add_price_item(out, f, money_negate(prepaid), words, a);
    }
    event_add(&out->events, EVENT_WALLET_VOIDED, a)->wallet_voided = v;
    return OK;
}

enum err expire_grants(struct decision *out, const struct facts *f, struct date through, struct arena *a,
                       struct error *e)
{
    for (size_t i = 0; i < f->grants_count; i++) {
        const struct wallet_grant *g = &f->grants[i];
        struct wallet_expired v = {
            .customer = g->customer, .grant = g->grant, .on = g->expires, .amount = g->left};
        if (!date_is_given(g->expires) || date_compare(g->expires, through) > 0) continue;
        enum err err = wallet_prepaid(&v.prepaid, g, e);
        if (err == OK) err = earned_of(&v.earned, g, e);
        if (err != OK) return err;
        event_add(&out->events, EVENT_WALLET_EXPIRED, a)->wallet_expired = v;
    }
    return OK;
}

/* ---- alerts ---- */

static enum err add_returns(struct money *balance, const struct invoice_finalized *d, struct error *e)
{
    enum err err = OK;
    for (size_t i = 0; i < d->returns_count && err == OK; i++) {
        const struct wallet_return *r = &d->returns[i];
        if (!r->lapsed && money_same_currency(r->amount, *balance))
            err = money_add(balance, *balance, r->amount, e);
    }
    return err;
}

static enum err subtract_event(struct money *balance, const struct event *ev, struct error *e)
{
    struct money part = {0};
    enum err err = ev->type == EVENT_INVOICE_FINALIZED ? add_returns(balance, &ev->invoice_finalized, e) : OK;
    if (err != OK) return err;
    if (ev->type == EVENT_INVOICE_FINALIZED) part = ev->invoice_finalized.wallet_applied;
    if (ev->type == EVENT_WALLET_EXPIRED) part = ev->wallet_expired.amount;
    if (ev->type == EVENT_WALLET_VOIDED) part = ev->wallet_voided.amount;
    if (!money_same_currency(part, *balance)) return OK;
    return money_subtract(balance, *balance, part, e);
}

enum err fire_wallet_alerts(struct decision *out, const struct facts *f, struct arena *a, struct error *e)
{
    size_t decided = out->events.count;
    for (size_t i = 0; i < f->alerts_count && f->grants_count > 0; i++) {
        const struct alert *al = &f->alerts[i];
        struct money before = {0};
        if (!money_is_given(al->below)) continue;
        enum err err = wallet_balance(&before, f->grants, f->grants_count, al->below.currency, e);
        struct money after = before;
        for (size_t k = 0; k < decided && err == OK; k++)
            err = subtract_event(&after, &out->events.items[k], e);
        if (err != OK) return err;
        if (money_compare(before, al->below) < 0 || money_compare(after, al->below) >= 0) continue;
        struct event *ev = event_add(&out->events, EVENT_WALLET_ALERT_FIRED, a);
        ev->wallet_alert_fired =
            (struct wallet_alert_fired){al->customer, al->alert, al->below, after, f->today};
    }
    return OK;
}
