/* SPDX-License-Identifier: MIT */
/* invoice_texts.c - the words and numbers of an invoice. It never computes what is owed: amounts come from
 * the ledger, and what is shown as open is a difference of two of them. */
#include "reports/invoice_layout.h"

struct str document_title(const struct invoice *v)
{
    return v->kind == INVOICE_CREDIT_NOTE ? STR("Credit note") : STR("Invoice");
}

struct str document_number(struct arena *a, const struct invoice *v)
{
    struct str title = document_title(v);
    if (v->number.len == 0) return str_format(a, "%.*s (draft)", STR_ARG(title));
    return str_format(a, "%.*s %.*s", STR_ARG(title), STR_ARG(v->number));
}

struct str buyer_name(const struct customer *c)
{
    return c->party.name.len > 0 ? c->party.name : c->user;
}

struct str money_with_currency(struct arena *a, struct money m)
{
    return str_format(a, "%.*s %s", STR_ARG(money_pretty(a, m)), m.currency);
}

struct str decimal_pretty(struct arena *a, struct decimal d, int decimals)
{
    struct str plain = decimal_text(a, d);
    struct buffer b = {.arena = a};
    size_t start = plain.len > 0 && plain.ptr[0] == '-' ? 1 : 0, point = start;
    while (point < plain.len && plain.ptr[point] != '.') point++;
    buffer_add(&b, plain.ptr, start);
    for (size_t i = start; i < point; i++) {
        if (i > start && (point - i) % 3 == 0) buffer_add_byte(&b, ',');
        buffer_add(&b, plain.ptr + i, 1);
    }
    int written = point < plain.len ? (int)(plain.len - point - 1) : 0;
    if (written > 0 || decimals > 0) buffer_add_byte(&b, '.');
    if (written > 0) buffer_add(&b, plain.ptr + point + 1, (size_t)written);
    for (; written < decimals; written++) buffer_add_byte(&b, '0');
    return (struct str){(const char *)b.ptr, b.len};
}

struct str days_text(struct arena *a, struct date from, struct date to)
{
    if (!date_is_given(from) || !date_is_given(to)) return STR_NONE;
    struct date last = date_add_days(to, -1);
    if (date_compare(last, from) <= 0) return date_text(a, from);
    return str_format(a, "%.*s \xe2\x80\x93 %.*s", STR_ARG(date_text(a, from)), STR_ARG(date_text(a, last)));
}

static enum err check_party(const char *whose, const struct party *p, struct arena *a, struct error *e)
{
    const struct {
        const char *what;
        struct str text;
    } fields[] = {
        {"name", p->name},       {"e-mail", p->email},
        {"street", p->street},   {"second street line", p->street2},
        {"city", p->city},       {"region", p->region},
        {"country", p->country}, {"postal code", p->postal_code},
        {"tax id", p->tax_id},
    };
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        struct str what = str_format(a, "%s %s", whose, fields[i].what);
        enum err err = pdf_check_text(fields[i].text, str_cstring(a, what), e);
        if (err != OK) return err;
    }
    return OK;
}

enum err check_invoice_texts(const struct invoice_document *d, struct arena *a, struct error *e)
{
    const struct invoice *v = d->invoice;
    enum err err = pdf_check_text(v->number, "number", e);
    if (err == OK) err = pdf_check_text(d->corrects, "credited invoice", e);
    if (err == OK && v->kind == INVOICE_CREDIT_NOTE) err = pdf_check_text(v->reason, "reason", e);
    if (err == OK) err = pdf_check_text(d->buyer->user, "customer's id", e);
    if (err == OK) err = check_party("customer's", &d->buyer->party, a, e);
    if (err == OK && d->seller != NULL) err = check_party("seller's", &d->seller->party, a, e);
    if (err == OK && d->seller != NULL)
        err = pdf_check_text(d->seller->payment_terms_text, "seller's payment terms", e);
    if (err == OK && d->seller != NULL) err = pdf_check_text(d->seller->footer, "seller's footer", e);
    if (err == OK) err = pdf_check_text(v->note, "note", e);
    for (size_t i = 0; i < v->discounts_count && err == OK; i++) {
        err = pdf_check_text(v->discounts[i].name, "coupon's name", e);
        if (err == OK) err = pdf_check_text(v->discounts[i].code, "coupon's code", e);
    }
    for (size_t i = 0; i < v->taxes_count && err == OK; i++) {
        err = pdf_check_text(v->taxes[i].name, "tax's name", e);
        if (err == OK) err = pdf_check_text(v->taxes[i].code, "tax's code", e);
    }
    for (size_t i = 0; i < v->lines_count && err == OK; i++) {
        err = pdf_check_text(v->lines[i].description, "description", e);
        if (err != OK) return wrap(e, "line %zu", i + 1);
    }
    return err;
}

enum err standing_of(struct standing *out, const struct invoice_document *d, struct error *e)
{
    const struct invoice *v = d->invoice;
    struct money paid = d->as_issued || !money_is_given(v->paid) ? money_zero(v->amount_due) : v->paid;
    *out = (struct standing){.credit_note = v->kind == INVOICE_CREDIT_NOTE,
                             .draft = v->number.len == 0 || v->status == INVOICE_DRAFT,
                             .voided = !d->as_issued && v->status == INVOICE_VOID,
                             .paid_amount = paid};
    enum err err = money_subtract(&out->open, v->amount_due, paid, e);
    out->paid = err == OK && !out->credit_note && !out->draft && out->open.minor <= 0;
    return err;
}
