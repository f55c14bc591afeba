/* SPDX-License-Identifier: MIT */
/* chronicle_documents.c - documents add up, their numbers have no gap, and what is paid of them was open. */
#include "ledger/book/chronicle_private.h"

/* ---- sums ---- */

enum err chronicle_sum(struct money *sum, struct money part, int sign, struct error *e)
{
    if (!money_is_given(part)) return OK;
    if (!money_same_currency(*sum, part)) return fail(e, ERR_TAMPERED, "it has amounts in two currencies");
    enum err err = sign > 0 ? money_add(sum, *sum, part, e) : money_subtract(sum, *sum, part, e);
    return err == OK ? OK : (e->code = ERR_TAMPERED); /* more than any ledger has */
}

struct sums {
    struct money amount, discount, tax, prepaid, settled;
};

static enum err sum_lines(struct sums *s, const struct invoice_finalized *v, struct error *e)
{
    enum err err = OK;
    for (size_t i = 0; i < v->lines_count && err == OK; i++) {
        const struct line *l = &v->lines[i];
        err = chronicle_sum(&s->amount, l->amount, 1, e);
        if (err == OK) err = chronicle_sum(&s->discount, l->discount, 1, e);
        if (err == OK) err = chronicle_sum(&s->tax, l->tax, 1, e);
    }
    return err;
}

static enum err sum_parts(struct sums *s, const struct invoice_finalized *v, struct error *e)
{
    enum err err = OK;
    for (size_t i = 0; i < v->settles_count && err == OK; i++)
        err = chronicle_sum(&s->settled, v->settles[i].amount, 1, e);
    for (size_t i = 0; i < v->wallet_count && err == OK; i++)
        err = chronicle_sum(&s->prepaid, v->wallet[i].amount, 1, e);
    for (size_t i = 0; i < v->returns_count && err == OK; i++)
        err = chronicle_sum(&s->prepaid, v->returns[i].amount, -1, e);
    return err;
}

/* What is told is what was counted; what is not told is nothing. */
static bool is_amount(struct money told, struct money counted)
{
    if (!money_is_given(told)) return money_is_zero(counted);
    return money_same_currency(told, counted) && money_compare(told, counted) == 0;
}

/* The tax in another currency is what its rate makes of it. */
static enum err check_converted(const struct invoice_finalized *v, struct error *e)
{
    struct money tax = {0};
    const struct converted_tax *n = &v->national;
    if (!money_is_given(n->tax)) return OK;
    enum err err = money_multiply(&tax, n->rate, money_decimal(v->tax), n->tax.currency, e);
    bool right = err == OK && money_compare(tax, n->tax) == 0 && decimal_compare(n->rate, decimal_of(0)) > 0;
    return right ? OK
                 : fail(e, ERR_TAMPERED,
                        "the tax of document %.*s in %s does not follow from its exchange rate",
                        STR_ARG(v->number), n->tax.currency);
}

/* subtotal - discount + tax = total; total - what prepaid credit paid - credit_applied = amount_due. */
static enum err check_sums(const struct invoice_finalized *v, struct error *e)
{
    struct money none = money_zero(v->total);
    struct sums s = {none, none, none, none, none};
    enum err err = sum_lines(&s, v, e);
    if (err == OK) err = sum_parts(&s, v, e);
    struct money total = s.amount;
    if (err == OK) err = chronicle_sum(&total, s.discount, -1, e);
    if (err == OK) err = chronicle_sum(&total, s.tax, 1, e);
    struct money due = total;
    if (err == OK) err = chronicle_sum(&due, s.prepaid, -1, e);
    if (err == OK) err = chronicle_sum(&due, v->credit_applied, -1, e);
    if (err != OK) return wrap(e, "document %.*s does not add up", STR_ARG(v->number));
    bool note = v->kind == INVOICE_CREDIT_NOTE;
    bool adds_up = is_amount(v->subtotal, s.amount) && is_amount(v->discount, s.discount) &&
                   is_amount(v->tax, s.tax) && is_amount(v->total, total) && is_amount(v->amount_due, due) &&
                   due.minor >= 0 && note == (total.minor < 0) &&
                   s.settled.minor <= (note ? -total.minor : 0);
    return adds_up ? OK : fail(e, ERR_TAMPERED, "document %.*s does not add up", STR_ARG(v->number));
}

/* ---- numbers ---- */

static struct past_series *series_of(struct chronicle *h, struct str name)
{
    for (size_t i = h->series_count; i > 0; i--) { /* most documents are of the newest */
        if (str_equal(h->series[i - 1].name, name)) return &h->series[i - 1];
    }
    h->series = list_room(h->series, h->series_count, &h->series_capacity, sizeof *h->series);
    h->series[h->series_count] = (struct past_series){.name = str_copy(h->arena, name)};
    return &h->series[h->series_count++];
}

static bool is_number_of(struct str number, struct str series, uint64_t serial)
{
    char expected[LIMIT_ENTITY_BYTES + 64];
    int n = snprintf(expected, sizeof expected, "%.*s-%06ju", STR_ARG(series), (uintmax_t)serial);
    return n > 0 && (size_t)n < sizeof expected && str_is(number, expected);
}

static enum err check_serial(struct chronicle *h, const struct invoice_finalized *v, struct error *e)
{
    struct past_series *s = series_of(h, v->series);
    if (v->serial != s->serial + 1)
        return fail(e, ERR_TAMPERED, "document %.*s has number %ju of its series, where %ju was due",
                    STR_ARG(v->number), (uintmax_t)v->serial, (uintmax_t)(s->serial + 1));
    if (!is_number_of(v->number, v->series, v->serial))
        return fail(e, ERR_TAMPERED, "document '%.*s' is not named by its series and serial",
                    STR_ARG(text_quotable(v->number)));
    if (date_compare(v->issue_date, s->last) < 0)
        return fail(e, ERR_TAMPERED, "document %.*s is dated before the one before it in its series",
                    STR_ARG(v->number));
    s->serial = v->serial;
    s->last = v->issue_date;
    return OK;
}

/* ---- what becomes of them ---- */

/* NULL, and why, where there is none. */
static struct past_document *document_of(struct chronicle *h, uint64_t invoice, struct error *e)
{
    if (invoice != 0 && invoice <= h->documents_count) return &h->documents[invoice - 1];
    (void)fail(e, ERR_TAMPERED, "invoice number %ju is not there", (uintmax_t)invoice);
    return NULL;
}

enum err chronicle_pay(struct chronicle *h, const struct allocation *part, uint64_t customer, struct error *e)
{
    struct past_document *d = document_of(h, part->invoice, e);
    if (d == NULL) return ERR_TAMPERED;
    if (d->customer != customer)
        return fail(e, ERR_TAMPERED, "invoice number %ju is not of customer %ju", (uintmax_t)part->invoice,
                    (uintmax_t)customer);
    if (d->voided)
        return fail(e, ERR_TAMPERED, "invoice number %ju was voided, and is paid", (uintmax_t)part->invoice);
    if (strcmp(part->amount.currency, d->currency) != 0 || part->amount.minor < 0 ||
        part->amount.minor > d->open)
        return fail(e, ERR_TAMPERED, "more of invoice number %ju is paid than is open",
                    (uintmax_t)part->invoice);
    d->open -= part->amount.minor;
    return OK;
}

static enum err take_document(struct chronicle *h, const struct invoice_finalized *v, struct error *e)
{
    enum err err = check_sums(v, e);
    if (err == OK) err = check_converted(v, e);
    if (err == OK) err = check_serial(h, v, e);
    for (size_t i = 0; i < v->settles_count && err == OK; i++)
        err = chronicle_pay(h, &v->settles[i], v->customer, e);
    if (err != OK) return err;
    h->documents = list_room(h->documents, h->documents_count, &h->documents_capacity, sizeof *h->documents);
    struct past_document d = {.customer = v->customer, .total = v->total.minor, .open = v->amount_due.minor};
    memcpy(d.currency, v->total.currency, sizeof d.currency);
    h->documents[h->documents_count++] = d;
    return OK;
}

static enum err take_void(struct chronicle *h, const struct invoice_voided *v, struct error *e)
{
    struct past_document *d = document_of(h, v->invoice, e);
    if (d == NULL) return ERR_TAMPERED;
    if (d->voided)
        return fail(e, ERR_TAMPERED, "invoice number %ju is voided a second time", (uintmax_t)v->invoice);
    if (d->total != v->total.minor)
        return fail(e, ERR_TAMPERED, "another amount is voided than invoice number %ju had",
                    (uintmax_t)v->invoice);
    d->voided = true;
    return OK;
}

static enum err take_write_off(struct chronicle *h, const struct invoice_written_off *v, struct error *e)
{
    const struct past_document *d = document_of(h, v->invoice, e);
    if (d == NULL) return ERR_TAMPERED;
    if (!d->voided && v->amount.minor == d->open) return OK;
    return fail(e, ERR_TAMPERED, "another amount of invoice number %ju is written off than is open",
                (uintmax_t)v->invoice);
}

enum err chronicle_documents(struct chronicle *h, const struct event *ev, struct error *e)
{
    if (ev->type == EVENT_INVOICE_FINALIZED) return take_document(h, &ev->invoice_finalized, e);
    if (ev->type == EVENT_INVOICE_VOIDED) return take_void(h, &ev->invoice_voided, e);
    if (ev->type == EVENT_INVOICE_WRITTEN_OFF) return take_write_off(h, &ev->invoice_written_off, e);
    return OK;
}
