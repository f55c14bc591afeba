/* SPDX-License-Identifier: MIT */
/* agreement.c - what was agreed with one customer, Enterprise as it is called: unit prices and quotas of a
 * tier whose price is custom, and a minimum commitment. They are put into the terms that the subscription is
 * pinned to, and kept beside them, so that they stay when the tier's next version is taken. */
#include "ledger/book/agreement.h"
#include "ledger/book/pricing.h"

struct agreement agreed_anew(struct agreement before, struct str prices, struct str quotas,
                             struct decimal commitment)
{
    if (prices.len != 0) before.prices = str_is(prices, "none") ? STR_NONE : prices;
    if (quotas.len != 0) before.quotas = str_is(quotas, "none") ? STR_NONE : quotas;
    if (!decimal_is_zero(commitment)) before.commitment = commitment;
    return before;
}

/* ---- lists of name=value ---- */

struct agreed {
    struct str name, value;
};

/* Takes the first of the list off. The last = parts, for a name may hold one. */
static bool next_agreed(struct agreed *out, struct str *list)
{
    if (list->len == 0) return false;
    const char *comma = memchr(list->ptr, ',', list->len);
    size_t len = comma == NULL ? list->len : (size_t)(comma - list->ptr), at = len;
    while (at > 0 && list->ptr[at - 1] != '=') at--;
    out->name = str_trim((struct str){list->ptr, at > 0 ? at - 1 : 0});
    out->value = str_trim((struct str){list->ptr + at, len - at});
    size_t taken = comma == NULL ? len : len + 1;
    *list = (struct str){list->ptr + taken, list->len - taken};
    return true;
}

static enum err check_list(struct str list, const char *option, struct error *e)
{
    struct agreed one = {0}, other = {0};
    while (next_agreed(&one, &list)) {
        if (one.name.len == 0 || one.value.len == 0)
            return fail(e, ERR_INVALID, "%s: name=number is expected, several with a comma between", option);
        for (struct str rest = list; next_agreed(&other, &rest);) {
            if (!str_equal(one.name, other.name)) continue;
            return fail(e, ERR_INVALID, "%s: '%.*s' stands there twice", option, STR_ARG(one.name));
        }
    }
    return OK;
}

static enum err number_of(struct decimal *out, const struct agreed *one, const char *option, struct error *e)
{
    enum err err = decimal_parse(out, one->value, e);
    if (err != OK) return wrap(e, "%s: '%.*s'", option, STR_ARG(one->name));
    if (!decimal_is_negative(*out)) return OK;
    return fail(e, ERR_INVALID, "%s: '%.*s' must not be negative", option, STR_ARG(one->name));
}

/* ---- what becomes of them with other terms ---- */

static bool rates(const struct terms *t, struct str usage_type)
{
    for (size_t i = 0; i < t->rates_count; i++) {
        if (str_equal(t->rates[i].usage_type, usage_type)) return true;
    }
    return false;
}

struct agreement agreed_beyond_interval(const struct terms *t, struct arena *a)
{
    struct agreement g = {.quotas = t->agreed_quotas};
    struct str list = t->agreed_prices;
    struct agreed one = {0};
    while (next_agreed(&one, &list)) {
        if (!rates(t, one.name)) continue;
        g.prices = str_format(a, "%.*s%s%.*s=%.*s", STR_ARG(g.prices), g.prices.len == 0 ? "" : ",",
                              STR_ARG(one.name), STR_ARG(one.value));
    }
    return g;
}

static bool names(struct str list, struct str name)
{
    struct agreed one = {0};
    while (next_agreed(&one, &list)) {
        if (str_equal(one.name, name)) return true;
    }
    return false;
}

static struct str add_gone(struct str gone, const char *what, struct str before, struct str after,
                           struct arena *a)
{
    struct agreed one = {0};
    while (next_agreed(&one, &before)) {
        if (names(after, one.name)) continue;
        gone = str_format(a, "%.*s%s%s %.*s=%.*s", STR_ARG(gone), gone.len == 0 ? "" : ", ", what,
                          STR_ARG(one.name), STR_ARG(one.value));
    }
    return gone;
}

struct str agreed_given_up(const struct terms *from, const struct terms *to, struct arena *a)
{
    struct str gone = add_gone(STR_NONE, "price", from->agreed_prices, to->agreed_prices, a);
    gone = add_gone(gone, "quota", from->agreed_quotas, to->agreed_quotas, a);
    if (decimal_is_zero(from->agreed_commitment) || !decimal_is_zero(to->agreed_commitment)) return gone;
    return str_format(a, "%.*s%scommitment %.*s", STR_ARG(gone), gone.len == 0 ? "" : ", ",
                      STR_ARG(decimal_text(a, from->agreed_commitment)));
}

/* ---- what they change ---- */

struct parts { /* of the terms, to be changed */
    struct rate *rates;
    struct fee *fees;
    const struct terms *terms;
};

static struct rate *rate_named(const struct parts *p, struct str name)
{
    for (size_t i = 0; i < p->terms->rates_count; i++) {
        if (str_equal(p->rates[i].usage_type, name)) return &p->rates[i];
    }
    return NULL;
}

static struct fee *fee_named(const struct parts *p, struct str name)
{
    for (size_t i = 0; i < p->terms->fees_count; i++) {
        if (str_equal(p->fees[i].code, name)) return &p->fees[i];
    }
    return NULL;
}

static enum err refuse_name(const struct parts *p, const struct agreed *one, const char *option,
                            struct error *e)
{
    return fail(e, ERR_NOT_FOUND, "%s: tier '%.*s' has no usage type and no fee '%.*s'", option,
                STR_ARG(p->terms->product), STR_ARG(one->name));
}

static bool has_unit_price(enum pricing_model model)
{
    return model == PRICING_PER_UNIT || model == PRICING_PACKAGE || model == PRICING_FLAT;
}

static enum err agree_price(const struct parts *p, const struct agreed *one, struct error *e)
{
    struct rate *r = rate_named(p, one->name);
    struct fee *f = r == NULL ? fee_named(p, one->name) : NULL;
    struct decimal price = {0};
    if (r == NULL && f == NULL) return refuse_name(p, one, "unit_prices", e);
    enum err err = number_of(&price, one, "unit_prices", e);
    if (err != OK) return err;
    if (!has_unit_price(r != NULL ? r->model : f->model)) {
        return fail(e, ERR_REFUSED, "unit_prices: '%.*s' is priced by %s, which has no unit price",
                    STR_ARG(one->name), choice_pricing_model.words[r != NULL ? r->model : f->model]);
    }
    if (r != NULL && r->unlimited)
        return fail(e, ERR_REFUSED, "unit_prices: '%.*s' is unlimited: agree on a quota, too",
                    STR_ARG(one->name));
    if (r == NULL) {
        f->unit_price = price;
        return fee_check(f, e);
    }
    r->unit_price = price;
    r->billed = true;
    return rate_check(r, e);
}

static enum err agree_quota(const struct parts *p, const struct agreed *one, struct error *e)
{
    struct rate *r = rate_named(p, one->name);
    struct fee *f = r == NULL ? fee_named(p, one->name) : NULL;
    struct decimal quota = {0};
    bool unlimited = str_is(one->value, "unlimited");
    if (r == NULL && (f == NULL || !f->per_seat)) return refuse_name(p, one, "quotas", e);
    if (unlimited && r == NULL)
        return fail(e, ERR_INVALID, "quotas: '%.*s' wants a number", STR_ARG(one->name));
    enum err err = unlimited ? OK : number_of(&quota, one, "quotas", e);
    if (err != OK) return err;
    if (r == NULL) {
        f->included = quota;
        return fee_check(f, e);
    }
    r->unlimited = unlimited;
    r->included = quota;
    if (unlimited) r->billed = false;
    return rate_check(r, e);
}

enum err agree(struct terms *t, const struct agreement *g, struct arena *a, struct error *e)
{
    struct parts p = {arena_array_of(a, struct rate, t->rates_count),
                      arena_array_of(a, struct fee, t->fees_count), t};
    struct str quotas = g->quotas, prices = g->prices;
    struct agreed one = {0};
    if (t->rates_count > 0) memcpy(p.rates, t->rates, t->rates_count * sizeof *p.rates);
    if (t->fees_count > 0) memcpy(p.fees, t->fees, t->fees_count * sizeof *p.fees);
    enum err err = check_list(quotas, "quotas", e);
    if (err == OK) err = check_list(prices, "unit_prices", e);
    while (err == OK && next_agreed(&one, &quotas)) err = agree_quota(&p, &one, e);
    while (err == OK && next_agreed(&one, &prices)) err = agree_price(&p, &one, e);
    t->rates = p.rates;
    t->fees = p.fees;
    t->agreed_prices = g->prices;
    t->agreed_quotas = g->quotas;
    return err;
}
