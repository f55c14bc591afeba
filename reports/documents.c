/* SPDX-License-Identifier: MIT */
/* documents.c - see documents.h, and invoices as PDF on request. A document is shown as it was issued, so it
 * is the same bytes whenever it is asked for. */
#include "reports/documents.h"
#include "reports/invoice_layout.h"
#include "reports/reports.h"

/* ---- who was to collect it ---- */

struct collecting {
    const struct invoice *invoice;
    struct arena *arena;
    bool simulated;
};

/* The payment that was asked for in the very record that finalized the invoice. Newest first: older ones are
 * others'. */
static enum err look(void *context, const struct transaction *row, struct error *e)
{
    struct collecting *c = context;
    (void)e;
    bool same_record = row->kind == TRANSACTION_PAYMENT && row->invoice == c->invoice->invoice &&
                       row->at.us == c->invoice->finalized_at.us;
    if (same_record) c->simulated = str_is(row->gateway, "simulator");
    bool older = row->at.us < c->invoice->finalized_at.us;
    arena_reset(c->arena);
    return same_record || older ? ERR_NOT_FOUND : OK;
}

static enum err find_simulated(bool *out, struct views_txn *t, const struct invoice *v, struct error *e)
{
    struct list_query q = {.customer = v->customer, .status = -1};
    struct collecting c = {.invoice = v, .arena = arena_new()};
    enum err err = OK;
    if (v->amount_due.minor > 0) err = list_transactions(t, &q, look, &c, c.arena, e);
    arena_free(c.arena);
    *out = c.simulated;
    return err;
}

/* ---- what it corrects ---- */

/* The one document that a credit note credits; 0: several, or none that is known. */
static uint64_t credited_document(const struct invoice *v)
{
    uint64_t credited = 0;
    for (size_t i = 0; v->kind == INVOICE_CREDIT_NOTE && i < v->lines_count; i++) {
        uint64_t by_line = v->lines[i].credits;
        if (by_line == 0 || by_line == v->invoice) continue;
        if (credited != 0 && credited != by_line) return 0;
        credited = by_line;
    }
    return credited;
}

static enum err find_corrected(struct str *out, struct views_txn *t, const struct invoice *v, struct arena *a,
                               struct error *e)
{
    uint64_t number = credited_document(v);
    struct invoice credited = {0};
    *out = STR_NONE;
    if (number == 0) return OK;
    enum err err = load_invoice(&credited, t, number, a, e);
    if (err != OK) return err;
    struct str date = date_text(a, credited.issue_date);
    *out = str_format(a, "%.*s of %.*s", STR_ARG(credited.number), STR_ARG(date));
    return OK;
}

/* "30.00 USD off INV-2025-000001; 5.00 USD off INV-2025-000002" */
static enum err find_settled(struct str *out, struct views_txn *t, const struct invoice *v, struct arena *a,
                             struct error *e)
{
    *out = STR_NONE;
    for (size_t i = 0; i < v->settles_count; i++) {
        struct invoice settled = {0};
        enum err err = load_invoice(&settled, t, v->settles[i].invoice, a, e);
        if (err != OK) return err;
        struct str amount = money_with_currency(a, v->settles[i].amount);
        *out = str_format(a, "%.*s%s%.*s off %.*s", STR_ARG(*out), i > 0 ? "; " : "", STR_ARG(amount),
                          STR_ARG(settled.number));
    }
    return OK;
}

/* ---- together ---- */

enum err document_gather(struct document_parts *out, const struct ledger *l, struct views_txn *t,
                         const struct invoice *v, struct arena *a, struct error *e)
{
    *out = (struct document_parts){.has_seller = v->seller_version != 0, .origin = ledger_origin(l)};
    enum err err = load_customer_version(&out->buyer, t, v->customer, v->buyer_version, a, e);
    if (err == OK && out->has_seller) err = load_seller(&out->seller, t, v->seller_version, a, e);
    if (err == OK) err = find_corrected(&out->corrects, t, v, a, e);
    if (err == OK) err = find_settled(&out->settles, t, v, a, e);
    if (err == OK) err = find_simulated(&out->simulated_gateway, t, v, e);
    return err;
}

void document_copy(struct document_parts *to, const struct document_parts *from, struct arena *a)
{
    *to = *from;
    schema_copy(&to->buyer, &schema_customer, &from->buyer, a);
    schema_copy(&to->seller, &schema_seller, &from->seller, a);
    to->corrects = str_copy(a, from->corrects);
    to->settles = str_copy(a, from->settles);
}

struct invoice_document document_of(const struct invoice *v, const struct document_parts *parts)
{
    return (struct invoice_document){.invoice = v,
                                     .buyer = &parts->buyer,
                                     .seller = parts->has_seller ? &parts->seller : NULL,
                                     .origin = parts->origin,
                                     .as_issued = true,
                                     .simulated_gateway = parts->simulated_gateway,
                                     .corrects = parts->corrects,
                                     .settles = parts->settles};
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

enum err invoice_pdf(struct buffer *out, const struct ledger *l, struct views_txn *t, const struct invoice *v,
                     struct arena *a, struct error *e)
{
    struct document_parts parts = {0};
    enum err err = refuse_erased(t, v, a, e);
    if (err == OK) err = document_gather(&parts, l, t, v, a, e);
    if (err != OK) return err;
    struct invoice_document document = document_of(v, &parts);
    return invoice_pdf_render(out, &document, a, e);
}
