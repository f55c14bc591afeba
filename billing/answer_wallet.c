/* SPDX-License-Identifier: MIT */
/* answer_wallet.c - prepaid credit, alerts and entitlements as answers. */
#include "billing/answers.h"

/* ---- prepaid credit ---- */

json_t *grant_json(const struct wallet_grant *g, struct names *n)
{
    json_t *j = object_new();
    member_user(j, n, g->customer);
    member_count(j, "grant", g->grant);
    member_text(j, "status", str_of(choice_grant_status.words[g->status]));
    member_money(j, "amount", g->amount);
    member_money(j, "left", g->left);
    member_money(j, "price", g->price);
    member_text(j, "currency", str_of(g->amount.currency));
    member_text_or_null(j, "scope", g->scope);
    member_decimal(j, "expected_breakage", g->expected_breakage);
    member_count(j, "priority", g->priority);
    member_date(j, "granted_on", g->on);
    member_date(j, "expires", g->expires);
    member_date(j, "ended_on", g->ended_on);
    member_text_or_null(j, "reason", g->reason);
    return j;
}

/* What can pay today's documents, and what was paid for it. */
struct wallet_sum {
    struct money balance, prepaid;
    uint64_t grants;
};

static enum err sum_of(struct wallet_sum *out, const struct wallet_grant *grants, size_t count,
                       const char *currency, struct date today, struct error *e)
{
    enum err err = OK;
    *out = (struct wallet_sum){money_of(0, currency), money_of(0, currency), 0};
    for (size_t i = 0; i < count && err == OK; i++) {
        struct money prepaid = {0};
        if (strcmp(grants[i].left.currency, currency) != 0 || !wallet_is_open(&grants[i], today)) continue;
        err = money_add(&out->balance, out->balance, grants[i].left, e);
        if (err == OK) err = wallet_prepaid(&prepaid, &grants[i], e);
        if (err == OK) err = money_add(&out->prepaid, out->prepaid, prepaid, e);
        out->grants++;
    }
    return err;
}

static json_t *sum_json(const struct wallet_sum *s)
{
    json_t *j = object_new();
    member_money(j, "balance", s->balance);
    member_money(j, "prepaid", s->prepaid);
    member_count(j, "grants", s->grants);
    member_text(j, "currency", str_of(s->balance.currency));
    return j;
}

static bool is_first_of_currency(const struct wallet_grant *grants, size_t at)
{
    for (size_t i = 0; i < at; i++) {
        if (money_same_currency(grants[i].amount, grants[at].amount)) return false;
    }
    return true;
}

enum err wallet_json(json_t **out, const struct customer *c, struct date today, struct views_txn *t,
                     struct arena *a, struct error *e)
{
    struct wallet_grant *grants = NULL;
    struct wallet_sum own = {0};
    size_t count = 0;
    char currency[4] = "";
    enum err err = currency_parse(currency, c->currency, e);
    if (err == OK) err = list_grants(&grants, &count, t, c->customer, a, e);
    if (err == OK) err = sum_of(&own, grants, count, currency, today, e);
    if (err != OK) return err;
    json_t *j = object_new(), *balances = rows_new();
    member_text(j, "user_id", c->user);
    member_money(j, "balance", own.balance);
    member_text(j, "currency", str_of(currency));
    for (size_t i = 0; i < count && err == OK; i++) {
        struct wallet_sum s = {0};
        if (!is_first_of_currency(grants, i)) continue;
        err = sum_of(&s, grants, count, grants[i].amount.currency, today, e);
        rows_add(balances, sum_json(&s));
    }
    member_put(j, "balances", balances);
    if (err == OK)
        *out = j;
    else
        json_decref(j);
    return err;
}

/* ---- alerts ---- */

json_t *alert_json(const struct alert *v, struct str user)
{
    json_t *j = object_new();
    bool wallet = money_is_given(v->below), quota = !decimal_is_zero(v->percent);
    member_text(j, "user_id", user);
    member_count(j, "alert", v->alert);
    member_text(j, "kind", wallet ? STR("wallet") : quota ? STR("quota") : STR("usage"));
    member_text_or_null(j, "usage_type", v->usage_type);
    if (wallet || quota)
        member_put(j, "threshold", json_null());
    else
        member_decimal(j, "threshold", v->threshold);
    if (quota)
        member_decimal(j, "percent", v->percent);
    else
        member_put(j, "percent", json_null());
    member_money(j, "below", v->below);
    member_text_or_null(j, "currency", str_of(v->below.currency));
    member_date(j, "fired_in", v->fired_in);
    return j;
}

/* ---- what is overdue ---- */

json_t *dunned_json(const struct dunned *v, struct str user)
{
    json_t *j = object_new();
    const struct campaign none = {0}, *c = v->campaign != NULL ? v->campaign : &none;
    member_text(j, "user_id", user);
    member_money(j, "overdue", v->overdue);
    member_text(j, "currency", str_of(v->overdue.currency));
    member_money(j, "threshold", v->threshold);
    member_text(j, "state", str_of(choice_dunning_state.words[v->state]));
    member_count(j, "attempt", c->attempt);
    member_put(j, "attempts", v->campaign == NULL ? json_null() : json_integer((json_int_t)c->attempts));
    member_date(j, "last_on", c->on);
    member_date(j, "next_on", v->next_on);
    member_date(j, "exhausted_on", c->exhausted_on);
    return j;
}

/* ---- entitlements ---- */

static void put_number(json_t *j, const char *name, struct decimal d, bool known)
{
    if (known)
        member_decimal(j, name, d);
    else
        member_put(j, name, json_null());
}

json_t *entitlement_json(const struct entitlement *v, struct str user, struct str feature)
{
    json_t *j = object_new();
    bool none = v->kind == ENTITLEMENT_NONE, usage = v->kind == ENTITLEMENT_USAGE;
    bool limited = (usage || v->kind == ENTITLEMENT_LIMIT) && !v->unlimited;
    member_text(j, "user_id", user);
    member_text(j, "feature", feature);
    member_flag(j, "allowed", v->allowed);
    member_text_or_null(j, "kind", none ? STR_NONE : str_of(choice_entitlement_kind.words[v->kind]));
    put_number(j, "limit", v->limit, limited);
    put_number(j, "used", v->used, usage);
    put_number(j, "remaining", v->remaining, usage && limited);
    member_text_or_null(j, "text", v->text);
    member_id(j, "subscription_id", "sub", v->subscription);
    member_text(j, "reason", str_of(choice_entitlement_reason.words[v->reason]));
    member_flag(j, "unlimited", v->unlimited);
    member_flag(j, "over_limit", v->over_limit);
    member_flag(j, "overage_billed", v->overage_billed);
    return j;
}
