/* SPDX-License-Identifier: MIT */
/* documents.c - see documents.h, and invoices as PDF on request. A document is shown as it was issued, so it
 * is the same bytes whenever it is asked for. */
#include "reports/documents.h"
#include "reports/einvoice.h"
#include "reports/reports.h"

/* ---- who was to collect it ---- */

struct collecting {
    const struct invoice *invoice;
    struct arena *arena;
    bool found, simulated;
};

/* The payment that was asked for in the very record that finalized the invoice. Newest first: older ones are
 * others'. */
static enum err look(void *context, const struct transaction *row, struct error *e)
{
    struct collecting *c = context;
    (void)e;
    bool same_record = row->kind == TRANSACTION_PAYMENT && row->invoice == c->invoice->invoice &&
                       row->at.us == c->invoice->finalized_at.us;
    if (same_record) {
        c->found = true;
        c->simulated = str_is(row->gateway, "simulator");
    }
    bool older = row->at.us < c->invoice->finalized_at.us;
    arena_reset(c->arena);
    return same_record || older ? ERR_NOT_FOUND : OK;
}

static enum err find_collecting(struct document_parts *out, struct views_txn *t, const struct invoice *v,
                                struct error *e)
{
    struct list_query q = {.customer = v->customer, .status = -1};
    struct collecting c = {.invoice = v, .arena = arena_new()};
    enum err err = OK;
    if (v->amount_due.minor > 0) err = list_transactions(t, &q, look, &c, c.arena, e);
    arena_free(c.arena);
    out->collected = c.found;
    out->simulated_gateway = c.simulated;
    return err;
}

/* ---- the logo ---- */

struct kept_logo {
    uint64_t version; /* of the seller's data that brought it */
    struct pdf_picture picture;
    const struct kept_logo *older;
};

enum err logo_of(const struct pdf_picture **out, struct logo_shelf *shelf, struct views_txn *t,
                 const struct seller *s, struct error *e)
{
    *out = NULL;
    if (s->logo == 0) return OK;
    for (const struct kept_logo *k = shelf->newest; k != NULL; k = k->older) {
        *out = &k->picture;
        if (k->version == s->logo) return OK;
    }
    struct kept_logo *fresh = arena_new_of(shelf->arena, struct kept_logo);
    struct bytes file = {0};
    enum err err = load_logo(&file, t, s, shelf->arena, e);
    if (err == OK) err = pdf_picture_read(&fresh->picture, file, shelf->arena, e);
    if (err != OK) return wrap(e, "the seller's logo");
    fresh->version = s->logo;
    fresh->older = shelf->newest;
    shelf->newest = fresh;
    *out = &fresh->picture;
    return OK;
}

/* ---- what it corrects ---- */

static bool is_among(uint64_t number, const uint64_t *numbers, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (numbers[i] == number) return true;
    return false;
}

/* The documents that lines of it give back of, in the order of the lines. */
static enum err find_corrected(struct document_parts *out, struct views_txn *t, const struct invoice *v,
                               struct arena *a, struct error *e)
{
    uint64_t *numbers = arena_array_of(a, uint64_t, v->lines_count + 1);
    struct corrected *found = arena_array_of(a, struct corrected, v->lines_count + 1);
    size_t count = 0;
    enum err err = OK;
    for (size_t i = 0; i < v->lines_count && err == OK; i++) {
        struct invoice credited = {0};
        uint64_t number = v->lines[i].credits;
        if (number == 0 || number == v->invoice || is_among(number, numbers, count)) continue;
        err = load_invoice(&credited, t, number, a, e);
        numbers[count] = number;
        found[count++] = (struct corrected){credited.number, credited.issue_date};
    }
    out->preceding = found;
    out->preceding_count = count;
    return err;
}

static enum err find_settled(struct document_parts *out, struct views_txn *t, const struct invoice *v,
                             struct arena *a, struct error *e)
{
    struct settled *found = arena_array_of(a, struct settled, v->settles_count + 1);
    enum err err = OK;
    for (size_t i = 0; i < v->settles_count && err == OK; i++) {
        struct invoice settled = {0};
        err = load_invoice(&settled, t, v->settles[i].invoice, a, e);
        found[i] = (struct settled){settled.number, v->settles[i].amount};
    }
    out->settles = found;
    out->settles_count = v->settles_count;
    return err;
}

/* ---- together ---- */

enum err document_gather(struct document_parts *out, const struct ledger *l, struct views_txn *t,
                         const struct invoice *v, struct logo_shelf *logos, struct arena *a, struct error *e)
{
    *out = (struct document_parts){.has_seller = v->seller_version != 0, .origin = ledger_origin(l)};
    enum err err = load_customer_version(&out->buyer, t, v->customer, v->buyer_version, a, e);
    if (err == OK && out->has_seller) err = load_seller(&out->seller, t, v->seller_version, a, e);
    if (err == OK && out->has_seller) err = logo_of(&out->logo, logos, t, &out->seller, e);
    if (err == OK) err = find_corrected(out, t, v, a, e);
    if (err == OK) err = find_settled(out, t, v, a, e);
    if (err == OK) err = find_collecting(out, t, v, e);
    if (err == OK) err = load_fiscal(&out->has_fiscal, &out->fiscal, t, v->invoice, a, e);
    return err;
}

void document_copy(struct document_parts *to, const struct document_parts *from, struct arena *a)
{
    *to = *from;
    schema_copy(&to->buyer, &schema_customer, &from->buyer, a);
    schema_copy(&to->seller, &schema_seller, &from->seller, a);
    schema_copy(&to->fiscal, &schema_fiscal_recorded, &from->fiscal, a);
    struct corrected *corrects = arena_array_of(a, struct corrected, from->preceding_count + 1);
    struct settled *settles = arena_array_of(a, struct settled, from->settles_count + 1);
    for (size_t i = 0; i < from->preceding_count; i++)
        corrects[i] = (struct corrected){str_copy(a, from->preceding[i].number), from->preceding[i].date};
    for (size_t i = 0; i < from->settles_count; i++)
        settles[i] = (struct settled){str_copy(a, from->settles[i].number), from->settles[i].amount};
    to->preceding = corrects;
    to->settles = settles;
}

struct invoice_document document_of(const struct invoice *v, const struct document_parts *parts)
{
    bool credit_note = v->kind == INVOICE_CREDIT_NOTE;
    return (struct invoice_document){.invoice = v,
                                     .buyer = &parts->buyer,
                                     .seller = parts->has_seller ? &parts->seller : NULL,
                                     .logo = parts->logo,
                                     .origin = parts->origin,
                                     .as_issued = true,
                                     .simulated_gateway = parts->simulated_gateway,
                                     .collected = parts->collected,
                                     .preceding = parts->preceding,
                                     .preceding_count = parts->preceding_count,
                                     .corrects = parts->preceding,
                                     .corrects_count = credit_note ? parts->preceding_count : 0,
                                     .settles = parts->settles,
                                     .settles_count = parts->settles_count,
                                     .national = money_is_given(v->national.tax) ? &v->national : NULL,
                                     .fiscal = parts->has_fiscal ? &parts->fiscal : NULL};
}

/* He has the document that was made; one with other words would be another. */
static enum err refuse_erased(struct views_txn *t, const struct invoice *v, struct arena *a, struct error *e)
{
    struct customer c = {0};
    enum err err = load_customer(&c, t, v->customer, a, e);
    if (err != OK || c.erased != ERASURE_ALL) return err;
    return fail(e, ERR_REFUSED, "%.*s: its customer was erased on %.*s, and it is not made again",
                STR_ARG(v->number), STR_ARG(date_text(a, instant_date(c.erased_at))));
}

enum err invoice_pdf(struct buffer *out, struct bytes *attached, const struct ledger *l, struct views_txn *t,
                     const struct invoice *v, struct arena *a, struct error *e)
{
    struct document_parts parts = {0};
    struct logo_shelf logos = {.arena = a};
    enum err err = refuse_erased(t, v, a, e);
    if (err == OK) err = document_gather(&parts, l, t, v, &logos, a, e);
    if (err != OK) return err;
    struct invoice_document document = document_of(v, &parts);
    err = einvoice_attachment(&document.einvoice, &document, a, e);
    *attached = document.einvoice;
    return err == OK ? invoice_pdf_render(out, &document, a, e) : err;
}

enum err invoice_xml(struct buffer *out, const struct ledger *l, struct views_txn *t, const struct invoice *v,
                     enum document_form form, struct arena *a, struct error *e)
{
    struct document_parts parts = {0};
    struct logo_shelf logos = {.arena = a};
    struct einvoice record = {0};
    enum err err = refuse_erased(t, v, a, e);
    if (err == OK) err = document_gather(&parts, l, t, v, &logos, a, e);
    if (err != OK) return err;
    struct invoice_document document = document_of(v, &parts);
    err = einvoice_make(&record, &document, a, e);
    if (err != OK) return err;
    return form == DOCUMENT_UBL ? einvoice_ubl(out, &record, e) : einvoice_cii(out, &record, e);
}
