/* SPDX-License-Identifier: MIT */
/* answer_invoice.c - invoices and transactions as answers. */
#include "billing/answers.h"

static void put_unit_price(json_t *j, const struct line *l)
{
    struct arena *a = arena_new();
    member_text(j, "unit_price", price_text(a, l->unit_price, l->amount.currency));
    arena_free(a);
}

static json_t *line_taxes_json(const struct line *l)
{
    json_t *list = rows_new();
    for (size_t i = 0; i < l->taxes_count; i++) {
        json_t *j = object_new();
        member_text(j, "code", l->taxes[i].code);
        member_text(j, "jurisdiction", l->taxes[i].jurisdiction);
        member_decimal(j, "percent", l->taxes[i].percent);
        member_money(j, "amount", l->taxes[i].amount);
        rows_add(list, j);
    }
    return list;
}

static struct money or_zero(struct money m, struct money like)
{
    return money_is_given(m) ? m : money_zero(like);
}

static json_t *line_json(const struct line *l)
{
    json_t *j = object_new();
    member_text(j, "description", l->description);
    member_date(j, "service_from", l->from);
    member_date(j, "service_to", l->to);
    member_decimal(j, "quantity", l->quantity);
    put_unit_price(j, l);
    member_money(j, "amount", l->amount);
    member_text(j, "kind", str_of(choice_line_kind.words[l->kind]));
    member_text_or_null(j, "tier", l->product);
    member_text_or_null(j, "usage_type", l->usage_type);
    member_money(j, "discount", or_zero(l->discount, l->amount));
    member_money(j, "tax", or_zero(l->tax, l->amount));
    member_decimal(j, "tax_rate", l->tax_rate);
    member_text_or_null(j, "tax_category", l->tax_category);
    member_flag(j, "tax_inclusive", l->tax_inclusive);
    member_put(j, "taxes", line_taxes_json(l));
    member_id(j, "credits_invoice_id", "inv", l->credits);
    if (l->credits_line != 0)
        member_count(j, "credits_line", l->credits_line);
    else
        member_put(j, "credits_line", json_null());
    return j;
}

static json_t *lines_json(const struct invoice *v)
{
    json_t *list = rows_new();
    for (size_t i = 0; i < v->lines_count; i++) rows_add(list, line_json(&v->lines[i]));
    return list;
}

static json_t *discounts_json(const struct invoice *v)
{
    json_t *list = rows_new();
    for (size_t i = 0; i < v->discounts_count; i++) {
        json_t *j = object_new();
        member_text(j, "code", v->discounts[i].code);
        member_text_or_null(j, "name", v->discounts[i].name);
        member_money(j, "amount", v->discounts[i].amount);
        member_count(j, "redemption", v->discounts[i].redemption);
        rows_add(list, j);
    }
    return list;
}

static json_t *taxes_json(const struct invoice *v)
{
    json_t *list = rows_new();
    for (size_t i = 0; i < v->taxes_count; i++) {
        const struct tax_total *t = &v->taxes[i];
        json_t *j = object_new();
        member_text(j, "code", t->code);
        member_text_or_null(j, "name", t->name);
        member_text(j, "jurisdiction", t->jurisdiction);
        member_text(j, "category", t->category);
        member_decimal(j, "percent", t->percent);
        member_money(j, "taxable", t->taxable);
        member_money(j, "amount", t->amount);
        member_text_or_null(j, "note", t->note);
        rows_add(list, j);
    }
    return list;
}

static struct money returned_to(const struct invoice *v, const struct wallet_use *use)
{
    for (size_t i = 0; i < v->wallet_back_count; i++) {
        if (v->wallet_back[i].grant == use->grant) return v->wallet_back[i].amount;
    }
    return money_zero(use->amount);
}

/* Which grants of prepaid credit paid how much of it, and have how much of that back. */
static json_t *wallet_uses_json(const struct invoice *v)
{
    json_t *list = rows_new();
    for (size_t i = 0; i < v->wallet_count; i++) {
        json_t *j = object_new();
        member_count(j, "grant", v->wallet[i].grant);
        member_money(j, "amount", v->wallet[i].amount);
        member_money(j, "returned", returned_to(v, &v->wallet[i]));
        rows_add(list, j);
    }
    return list;
}

/* What its credits give back to grants that had paid; lapsed: they have ended, and do not get it. */
static json_t *wallet_returns_json(const struct invoice *v)
{
    json_t *list = rows_new();
    for (size_t i = 0; i < v->returns_count; i++) {
        json_t *j = object_new();
        member_id(j, "invoice_id", "inv", v->returns[i].invoice);
        member_count(j, "grant", v->returns[i].grant);
        member_money(j, "amount", v->returns[i].amount);
        member_flag(j, "lapsed", v->returns[i].lapsed);
        rows_add(list, j);
    }
    return list;
}

static struct money remaining(const struct invoice *v)
{
    struct money left = {0};
    struct error unused;
    if (invoice_owed(&left, v, &unused) != OK) return v->amount_due;
    return left.minor < 0 ? money_zero(left) : left;
}

/* The number of the one document that a credit note credits; "": it is none, or it credits several. */
static struct str credited_number(const struct invoice *v, struct names *n)
{
    struct invoice credited = {0};
    struct error unused;
    uint64_t number = 0;
    for (size_t i = 0; v->kind == INVOICE_CREDIT_NOTE && i < v->lines_count; i++) {
        uint64_t by_line = v->lines[i].credits == v->invoice ? 0 : v->lines[i].credits;
        if (by_line != 0 && number != 0 && by_line != number) return STR_NONE;
        if (by_line != 0) number = by_line;
    }
    if (number == 0 || load_invoice(&credited, n->txn, number, n->arena, &unused) != OK) return STR_NONE;
    return credited.number;
}

/* The tax in the seller's tax currency. */
static json_t *converted_json(const struct converted_tax *v)
{
    if (!money_is_given(v->tax)) return json_null();
    json_t *j = object_new();
    member_money(j, "tax", v->tax);
    member_text(j, "currency", str_of(v->tax.currency));
    member_decimal(j, "rate", v->rate);
    member_date(j, "on", v->on);
    member_text_or_null(j, "source", v->source);
    return j;
}

json_t *invoice_json(const struct invoice *v, bool with_lines, struct names *n)
{
    json_t *j = object_new();
    member_id(j, "invoice_id", "inv", v->invoice);
    member_text(j, "invoice_number", v->number);
    member_text(j, "kind", str_of(choice_invoice_kind.words[v->kind]));
    member_text(j, "status", str_of(choice_invoice_status.words[v->status]));
    member_user(j, n, v->customer);
    member_date(j, "issue_date", v->issue_date);
    member_date(j, "due_date", v->due_date);
    member_money(j, "subtotal", v->subtotal);
    member_money(j, "discount", or_zero(v->discount, v->total));
    member_money(j, "tax", v->tax);
    member_money(j, "total", v->total);
    member_money(j, "credit_applied", v->credit_applied);
    member_money(j, "amount_due", v->amount_due);
    member_money(j, "amount_paid", v->paid);
    member_money(j, "amount_offset", v->offset);
    member_money(j, "amount_remaining", remaining(v));
    member_money(j, "amount_refunded", v->refunded);
    member_money(j, "amount_credited", v->credited);
    member_money(j, "amount_written_off", v->written_off);
    member_text(j, "currency", str_of(v->total.currency));
    member_date(j, "paid_on", v->paid_on);
    member_date(j, "closed_on", v->closed_on);
    member_id(j, "run_id", "run", v->run);
    member_count(j, "seq", v->seq);
    member_text_or_null(j, "note", v->note);
    member_text_or_null(j, "reason", v->reason);
    member_text_or_null(j, "credits_invoice", credited_number(v, n));
    member_money(j, "wallet_applied", v->wallet_applied);
    member_put(j, "wallet", wallet_uses_json(v));
    member_money(j, "wallet_returned", or_zero(v->wallet_returned, v->total));
    member_put(j, "wallet_returns", wallet_returns_json(v));
    if (!with_lines) return j;
    member_put(j, "line_items", lines_json(v));
    member_put(j, "discounts", discounts_json(v));
    member_put(j, "taxes", taxes_json(v));
    member_put(j, "tax_converted", converted_json(&v->national));
    return j;
}

/* ---- transactions ---- */

json_t *transaction_json(const struct transaction *v, struct names *n)
{
    json_t *j = object_new();
    bool refund = v->kind == TRANSACTION_REFUND;
    bool failed = v->status == TRANSACTION_FAILED;
    member_id(j, "transaction_id", "txn", v->transaction);
    member_text(j, "type", str_of(choice_transaction_kind.words[v->kind]));
    member_user(j, n, v->customer);
    member_date(j, "date", instant_date(v->at));
    member_instant(j, "time", v->at);
    member_text(j, "description", v->description);
    member_money(j, "amount", v->amount);
    member_money(j, "amount_refunded", v->refunded);
    member_text(j, "currency", str_of(v->amount.currency));
    member_text(j, "status", str_of(transaction_status_shown(v)));
    member_id(j, "payment_id", "txn", refund ? v->payment : 0);
    member_id(j, "invoice_id", "inv", v->invoice);
    member_text_or_null(j, "gateway", v->gateway);
    member_text_or_null(j, "gateway_reference", v->gateway_reference);
    member_text_or_null(j, "error", failed ? v->message : STR_NONE);
    member_text_or_null(j, "error_code", failed ? v->code : STR_NONE);
    member_flag(j, "action_required", payment_wants_customer(v));
    return j;
}
