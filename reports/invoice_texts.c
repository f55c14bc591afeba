/* SPDX-License-Identifier: MIT */
/* invoice_texts.c - the words of an invoice, and how it stands. It never computes what is owed: amounts come
 * from the ledger, and what is shown as open is a difference of two of them. */
#include "reports/invoice_layout.h"

struct str document_number(const struct speech *s, struct arena *a, const struct invoice *v)
{
    struct str title = say(s, v->kind == INVOICE_CREDIT_NOTE ? TEXT_CREDIT_NOTE : TEXT_INVOICE);
    if (v->number.len == 0) return SAY(s, a, TEXT_DRAFT_OF, title);
    return str_format(a, "%.*s %.*s", STR_ARG(title), STR_ARG(v->number));
}

struct str buyer_name(const struct customer *c)
{
    return c->party.name.len > 0 ? c->party.name : c->user;
}

/* ---- taxes ---- */

struct str tax_words(const struct layout *l, const struct tax_total *t)
{
    const struct speech *s = l->page.speech;
    struct arena *a = l->page.arena;
    struct str name = t->name.len > 0 ? t->name : t->code.len > 0 ? t->code : say(s, TEXT_TAX);
    struct str text = str_format(a, "%.*s %.*s", STR_ARG(name), STR_ARG(say_percent(s, a, t->percent)));
    struct str why = str_is(t->category, "AE")  ? say(s, TEXT_REVERSE_CHARGE_SHORT)
                     : str_is(t->category, "E") ? say(s, TEXT_EXEMPT_SHORT)
                                                : STR_NONE;
    if (why.len > 0) text = str_format(a, "%.*s, %.*s", STR_ARG(text), STR_ARG(why));
    return t->jurisdiction.len == 0 ? text
                                    : str_format(a, "%.*s (%.*s)", STR_ARG(text), STR_ARG(t->jurisdiction));
}

/* ---- other documents ---- */

struct str corrects_words(const struct layout *l)
{
    const struct speech *s = l->page.speech;
    struct arena *a = l->page.arena;
    struct buffer b = {.arena = a};
    for (size_t i = 0; i < l->document->corrects_count; i++) {
        const struct corrected *c = &l->document->corrects[i];
        struct str text = SAY(s, a, TEXT_OF_DATE, c->number, say_date(s, a, c->date));
        buffer_print(&b, "%s%.*s", i > 0 ? "; " : "", STR_ARG(text));
    }
    return (struct str){(const char *)b.ptr, b.len};
}

struct str settles_words(const struct layout *l)
{
    const struct speech *s = l->page.speech;
    struct arena *a = l->page.arena;
    struct buffer b = {.arena = a};
    for (size_t i = 0; i < l->document->settles_count; i++) {
        const struct settled *v = &l->document->settles[i];
        struct str text = SAY(s, a, TEXT_AMOUNT_OFF, say_money(s, a, v->amount), v->number);
        buffer_print(&b, "%s%.*s", i > 0 ? "; " : "", STR_ARG(text));
    }
    return (struct str){(const char *)b.ptr, b.len};
}

/* ---- whether all of it can be drawn ---- */

static enum err check_taxes(const struct invoice *v, struct error *e)
{
    enum err err = pdf_check_text(v->note, "note", e);
    for (size_t i = 0; i < v->discounts_count && err == OK; i++) {
        err = pdf_check_text(v->discounts[i].name, "coupon's name", e);
        if (err == OK) err = pdf_check_text(v->discounts[i].code, "coupon's code", e);
    }
    for (size_t i = 0; i < v->taxes_count && err == OK; i++) {
        err = pdf_check_text(v->taxes[i].name, "tax's name", e);
        if (err == OK) err = pdf_check_text(v->taxes[i].code, "tax's code", e);
        if (err == OK) err = pdf_check_text(v->taxes[i].note, "tax's note", e);
    }
    return err;
}

enum err check_invoice_texts(const struct layout *l, struct error *e)
{
    const struct invoice_document *d = l->document;
    const struct invoice *v = d->invoice;
    enum err err = pdf_check_text(v->number, "number", e);
    if (err == OK && v->kind == INVOICE_CREDIT_NOTE) err = pdf_check_text(v->reason, "reason", e);
    if (err == OK) err = pdf_check_text(d->buyer->user, "customer's id", e);
    if (err == OK) err = page_check_party(&l->page, "customer's", &d->buyer->party, e);
    if (err == OK) err = page_check_seller(&l->page, e);
    if (err == OK) err = check_taxes(v, e);
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
