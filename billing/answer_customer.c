/* SPDX-License-Identifier: MIT */
/* answer_customer.c - customers, our own data and payment methods as answers. */
#include "billing/answers.h"

static void put_party(json_t *j, const struct party *p)
{
    member_text_or_null(j, "name", p->name);
    member_text_or_null(j, "email", p->email);
    member_text_or_null(j, "street", p->street);
    member_text_or_null(j, "street2", p->street2);
    member_text_or_null(j, "postal_code", p->postal_code);
    member_text_or_null(j, "city", p->city);
    member_text_or_null(j, "region", p->region);
    member_text_or_null(j, "country", p->country);
    member_text_or_null(j, "tax_id", p->tax_id);
}

static json_t *balances_json(const struct customer *c)
{
    json_t *list = rows_new();
    for (size_t i = 0; i < c->balances_count; i++) {
        json_t *b = object_new();
        member_money(b, "credit", c->balances[i].credit);
        member_money(b, "receivable", c->balances[i].receivable);
        member_text(b, "currency", str_of(c->balances[i].credit.currency));
        rows_add(list, b);
    }
    return list;
}

/* The balance in the customer's own currency; others are in the list. */
static void put_balance(json_t *j, const struct customer *c)
{
    char currency[4] = "";
    struct error unused;
    if (currency_parse(currency, c->currency, &unused) != OK) return;
    struct money credit = money_of(0, currency), receivable = credit;
    for (size_t i = 0; i < c->balances_count; i++) {
        if (strcmp(c->balances[i].credit.currency, currency) != 0) continue;
        credit = c->balances[i].credit;
        receivable = c->balances[i].receivable;
    }
    member_money(j, "credit_balance", credit);
    member_money(j, "receivable", receivable);
}

static void put_default_method(json_t *j, const struct customer *c, struct views_txn *t, struct arena *a)
{
    struct error unused;
    struct method *methods = NULL;
    size_t count = 0;
    member_put(j, "default_payment_method", json_null());
    if (c->default_method == 0 || list_methods(&methods, &count, t, c->customer, a, &unused) != OK) return;
    for (size_t i = 0; i < count; i++) {
        if (methods[i].method == c->default_method)
            member_text(j, "default_payment_method", methods[i].token);
    }
}

/* What was erased of him, when the rest may be, and what stands in the way. */
static void put_keeping(json_t *j, const struct customer *c)
{
    json_t *hold = json_null();
    member_text(j, "erased", str_of(choice_erasure.words[c->erased]));
    if (c->erased != ERASURE_NONE) {
        member_instant(j, "erased_at", c->erased_at);
        member_date(j, "erase_from", c->erase_from);
        member_text_or_null(j, "erase_ground", c->erase_ground);
    }
    if (c->held) {
        hold = object_new();
        member_text(hold, "reason", c->hold_reason);
        member_text(hold, "by", c->held_by);
        member_instant(hold, "since", c->held_at);
        member_date(hold, "until", c->hold_until);
    }
    member_put(j, "hold", hold);
}

json_t *keeping_json(const struct customer *c)
{
    json_t *j = object_new();
    member_text(j, "user_id", c->user);
    member_id(j, "customer_id", "cus", c->customer);
    put_keeping(j, c);
    return j;
}

json_t *customer_json(const struct customer *c, struct views_txn *t, struct arena *a)
{
    json_t *j = object_new();
    member_text(j, "user_id", c->user);
    member_id(j, "customer_id", "cus", c->customer);
    member_count(j, "version", c->version);
    put_party(j, &c->party);
    member_text(j, "timezone", c->timezone);
    member_text(j, "locale", c->locale);
    member_instant(j, "created_at", c->created_at);
    member_text(j, "currency", c->currency);
    put_balance(j, c);
    member_put(j, "balances", balances_json(c));
    member_count(j, "open_invoices", c->open_invoices);
    member_count(j, "pending_items", c->pending_items);
    member_id(j, "subscription_id", "sub", c->subscription);
    put_default_method(j, c, t, a);
    member_flag(j, "tax_exempt", c->tax_exempt);
    member_text_or_null(j, "tax_exempt_reason", c->tax_exempt_reason);
    put_keeping(j, c);
    member_put(j, "terms_days",
               c->terms_days == 0 && !c->due_at_once ? json_null() : json_integer((json_int_t)c->terms_days));
    return j;
}

json_t *exchange_rate_json(const struct exchange_rate *r)
{
    json_t *j = object_new();
    member_text(j, "from", r->from);
    member_text(j, "to", r->to);
    member_decimal(j, "rate", r->rate);
    member_date(j, "on", r->on);
    member_text_or_null(j, "source", r->source);
    return j;
}

static json_t *words_json(const struct seller *s)
{
    json_t *list = rows_new();
    for (size_t i = 0; i < s->words_count; i++) {
        json_t *w = object_new();
        member_text(w, "language", str_of(choice_document_language.words[s->words[i].language]));
        member_text_or_null(w, "payment_terms", s->words[i].payment_terms_text);
        member_text_or_null(w, "footer", s->words[i].footer);
        rows_add(list, w);
    }
    return list;
}

json_t *seller_json(const struct seller *s)
{
    json_t *j = object_new();
    member_count(j, "version", s->version);
    put_party(j, &s->party);
    member_text_or_null(j, "payment_terms", s->payment_terms_text);
    member_count(j, "terms_days", s->payment_terms_days);
    member_count(j, "retention_years",
                 s->retention_years != 0 ? s->retention_years : DEFAULT_RETENTION_YEARS);
    member_text_or_null(j, "entity", s->entity);
    member_text_or_null(j, "footer", s->footer);
    member_put(j, "words", words_json(s));
    member_text_or_null(j, "phone", s->phone);
    member_text_or_null(j, "registration", s->registration);
    member_text_or_null(j, "tax_currency", s->tax_currency);
    member_text_or_null(j, "functional_currency", s->functional_currency);
    member_text_or_null(j, "iban", s->iban);
    member_text_or_null(j, "bic", s->bic);
    member_text_or_null(j, "account_holder", s->account_holder);
    member_text_or_null(j, "bank", s->bank);
    member_text_or_null(j, "colour", s->colour);
    member_flag(j, "logo", s->logo != 0);
    member_text_or_null(j, "timezone", s->timezone);
    member_text(j, "fiscal_chain",
                str_of(s->fiscal_chain == FISCAL_CHAIN_DEFAULT ? choice_fiscal_chain.words[FISCAL_CHAIN_NONE]
                                                               : choice_fiscal_chain.words[s->fiscal_chain]));
    member_text(j, "late_usage",
                str_of(s->late_usage == LATE_RERATE ? choice_late_usage.words[LATE_RERATE]
                                                    : choice_late_usage.words[LATE_OPEN]));
    return j;
}

/* ---- payment methods ---- */

json_t *method_json(const struct method *m, const struct customer *c)
{
    json_t *j = object_new();
    member_text(j, "payment_method_id", m->token);
    member_count(j, "number", m->method);
    member_text(j, "funding", m->funding);
    member_text(j, "brand", m->brand);
    member_text(j, "last4", m->last4);
    member_put(j, "exp_month", m->exp_month == 0 ? json_null() : json_integer((json_int_t)m->exp_month));
    member_put(j, "exp_year", m->exp_year == 0 ? json_null() : json_integer((json_int_t)m->exp_year));
    member_flag(j, "is_default", m->method == c->default_method);
    member_text(j, "gateway", m->gateway);
    return j;
}

/* ---- coupons ---- */

json_t *coupon_json(const struct redemption *r)
{
    json_t *j = object_new();
    const struct coupon *c = &r->coupon;
    bool percentage = !decimal_is_zero(c->percent), endless = c->duration == COUPON_FOREVER;
    member_text(j, "code", c->code);
    member_text_or_null(j, "name", c->name);
    member_put(j, "percent", json_null());
    member_put(j, "amount", json_null());
    member_put(j, "currency", json_null());
    if (percentage) {
        member_decimal(j, "percent", c->percent);
    } else {
        member_money(j, "amount", c->amount);
        member_text(j, "currency", str_of(c->amount.currency));
    }
    member_text(j, "duration", str_of(choice_coupon_duration.words[c->duration]));
    member_put(j, "uses_left", endless ? json_null() : json_integer((json_int_t)r->uses_left));
    member_text_or_null(j, "tier", c->product);
    member_id(j, "subscription_id", "sub", r->subscription);
    member_date(j, "redeemed_on", r->on);
    member_count(j, "redemption", r->redemption);
    return j;
}
