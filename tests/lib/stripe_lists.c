/* SPDX-License-Identifier: MIT */
/* stripe_lists.c - the calls that only look: one thing, a page of a list, the balance. A list is walked from
 * the thing that the page begins at, never from its first. */
#include "tests/lib/stripe_inside.h"

enum { PAGE_USUAL = 10, PAGE_MOST = 100 };

void ss_show(struct ss_call *c)
{
    const struct ss_thing *t = ss_of_path(c, c->kind);
    if (t != NULL) ss_answer_thing(c, t);
}

void ss_account(struct ss_call *c)
{
    c->status = 200;
    c->body =
        json_pack("{s:o, s:s, s:s}", "id", json_sprintf("acct_%llu", (unsigned long long)c->s->options.seed),
                  "object", "account", "country", "US");
}

void ss_balance(struct ss_call *c)
{
    json_t *available = json_array();
    for (size_t i = 0; i < SS_CURRENCIES && c->s->sums[i].currency[0] != '\0'; i++) {
        const struct ss_sum *sum = &c->s->sums[i];
        json_array_append_new(
            available, json_pack("{s:I, s:s}", "amount", (json_int_t)sum->net, "currency", sum->currency));
    }
    c->status = 200;
    c->body = json_pack("{s:s, s:o, s:b, s:[]}", "object", "balance", "available", available, "livemode", 0,
                        "pending");
}

/* ---- what a list is of ---- */

struct list {
    const struct ss_chain *chain;
    bool own;
    int64_t from, to; /* of created; both included */
    int64_t limit;
    const struct ss_thing *after, *before; /* starting_after, ending_before */
};

static const struct ss_chain *chain_of_owner(struct ss_call *c)
{
    const struct ss_customer *u = NULL;
    const struct ss_charge *ch = (const struct ss_charge *)ss_named(c, SS_CHARGE, "charge");
    const struct ss_intent *p = (const struct ss_intent *)ss_named(c, SS_INTENT, "payment_intent");
    if (c->kind == SS_METHOD && c->id[0] != '\0')
        u = (const struct ss_customer *)ss_of_path(c, SS_CUSTOMER);
    else if (c->kind == SS_METHOD || c->kind == SS_INTENT)
        u = (const struct ss_customer *)ss_named(c, SS_CUSTOMER, "customer");
    if (c->body != NULL) return NULL;
    if (ch != NULL) p = ch->intent;
    if (u != NULL) return c->kind == SS_METHOD ? &u->methods : &u->intents;
    if (p == NULL) return NULL;
    return c->kind == SS_CHARGE ? &p->charges : c->kind == SS_REFUND ? &p->refunds : &p->disputes;
}

static bool take_window(struct ss_call *c, struct list *l)
{
    int64_t exact = 0, gt = 0, gte = 0, lt = 0, lte = 0;
    if (!ss_integer(c, &exact, "created", -1) || !ss_integer(c, &gt, "created[gt]", -1) ||
        !ss_integer(c, &gte, "created[gte]", 0) || !ss_integer(c, &lt, "created[lt]", INT64_MAX) ||
        !ss_integer(c, &lte, "created[lte]", INT64_MAX))
        return false;
    l->from = gt + 1 > gte ? gt + 1 : gte;
    l->to = lt - 1 < lte ? lt - 1 : lte;
    if (exact >= 0) l->from = l->to = exact;
    return true;
}

static bool take_list(struct ss_call *c, struct list *l)
{
    const struct ss_chain *owners = chain_of_owner(c);
    if (c->body != NULL || !take_window(c, l) || !ss_integer(c, &l->limit, "limit", PAGE_USUAL)) return false;
    if (l->limit < 1 || l->limit > PAGE_MOST) {
        ss_bad(c, "parameter_invalid_integer", "limit", "This value must be between 1 and %d.", PAGE_MOST);
        return false;
    }
    if (c->kind == SS_METHOD && owners == NULL) return ss_required(c, "customer");
    l->after = ss_named(c, c->kind, "starting_after");
    l->before = c->body != NULL ? NULL : ss_named(c, c->kind, "ending_before");
    if (c->body != NULL) return false;
    if (l->after != NULL && l->before != NULL) {
        ss_bad(c, NULL, "starting_after", "Only one of starting_after and ending_before can be given.");
        return false;
    }
    l->own = owners != NULL;
    l->chain = l->own ? owners : &c->s->shelves[c->kind];
    return true;
}

/* ---- which of them ---- */

static bool wanted_type(const struct ss_call *c, const char *type)
{
    static const char several[] = "types[";
    bool any = true;
    for (size_t i = 0; i < c->form.count; i++) {
        const struct ss_param *p = &c->form.items[i];
        if (strcmp(p->name, "type") != 0 && strncmp(p->name, several, sizeof several - 1) != 0) continue;
        if (strcmp(p->value, type) == 0) return true;
        any = false;
    }
    return any;
}

static bool is_if_asked(const struct ss_call *c, const char *param, const char *value)
{
    const char *asked = ss_form_get(&c->form, param);
    return asked == NULL || (value != NULL && strcmp(asked, value) == 0);
}

static bool customer_is(const struct ss_call *c, const struct ss_customer *u)
{
    return is_if_asked(c, "customer", u == NULL ? NULL : u->t.id);
}

static bool given_wanted(const struct ss_call *c, const struct ss_thing *t)
{
    static const char *const names[] = {"email", "type", "customer", "source", "currency", "payment_intent"};
    for (size_t i = 0; i < SS_LENGTH(names); i++) {
        if (!ss_given_is(t, names[i], ss_form_get(&c->form, names[i]))) return false;
    }
    return true;
}

static bool wanted(const struct ss_call *c, const struct ss_thing *t)
{
    if (t->given != NULL) return given_wanted(c, t);
    switch (t->kind) {
    case SS_CUSTOMER: return is_if_asked(c, "email", json_string_value(json_object_get(t->words, "email")));
    case SS_METHOD:
        return is_if_asked(c, "type",
                           ((const struct ss_method *)t)->token->bank ? "us_bank_account" : "card");
    case SS_SETUP: return customer_is(c, ((const struct ss_setup *)t)->customer);
    case SS_INTENT: return customer_is(c, ((const struct ss_intent *)t)->customer);
    case SS_CHARGE: return customer_is(c, ((const struct ss_charge *)t)->intent->customer);
    case SS_TXN: {
        const struct ss_txn *x = (const struct ss_txn *)t;
        return is_if_asked(c, "type", x->type) &&
               is_if_asked(c, "source", x->source == NULL ? NULL : x->source->id) &&
               is_if_asked(c, "currency", x->currency);
    }
    case SS_EVENT: return wanted_type(c, ((const struct ss_event *)t)->type);
    case SS_REFUND:
    case SS_DISPUTE:
    case SS_SUBSCRIPTION:
    case SS_INVOICE:
    case SS_PRICE:
    case SS_KEY:
    case SS_KINDS: break;
    }
    return true;
}

/* ---- the page ---- */

static const struct ss_thing *neighbour(const struct list *l, const struct ss_thing *t, bool newer)
{
    const struct ss_links *at = l->own ? &t->own : &t->all;
    return newer ? at->newer : at->older;
}

/* Newest first; a page that ends before a thing is gathered from there towards the newer ones. */
static bool gather(const struct ss_call *c, const struct list *l, json_t *page)
{
    bool newer = l->before != NULL;
    const struct ss_thing *t = newer              ? neighbour(l, l->before, true)
                               : l->after != NULL ? neighbour(l, l->after, false)
                                                  : l->chain->newest;
    for (; t != NULL; t = neighbour(l, t, newer)) {
        bool beyond = newer ? t->created > l->to : t->created < l->from;
        if (beyond && !c->s->unordered) break;
        if (t->created < l->from || t->created > l->to || !wanted(c, t)) continue;
        if (json_array_size(page) == (size_t)l->limit) return true;
        if (newer)
            json_array_insert_new(page, 0, ss_json(t, c->expand));
        else
            json_array_append_new(page, ss_json(t, c->expand));
    }
    return false;
}

void ss_list(struct ss_call *c)
{
    struct list l = {0};
    if (!take_list(c, &l)) return;
    json_t *page = json_array();
    bool more = gather(c, &l, page);
    c->status = 200;
    c->body =
        json_pack("{s:s, s:s, s:b, s:o}", "object", "list", "url", c->path, "has_more", more, "data", page);
}
