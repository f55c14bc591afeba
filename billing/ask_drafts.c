/* SPDX-License-Identifier: MIT */
/* ask_drafts.c - questions about drafts, and what approving or discarding one answers. */
#include "billing/answers.h"

/* A document of a draft looks like the invoice that it would be, without a number of its own. */
static json_t *document_json(const struct draft *d, const struct draft_document *v, struct names *n)
{
    bool invoice = v->kind == INVOICE_INVOICE;
    struct invoice like = {.number = invoice ? STR("INV-DRAFT") : STR("CN-DRAFT"),
                           .kind = v->kind,
                           .status = INVOICE_DRAFT,
                           .customer = d->customer,
                           .issue_date = d->through,
                           .lines = v->lines,
                           .lines_count = v->lines_count,
                           .subtotal = v->subtotal,
                           .discount = v->discount,
                           .tax = v->tax,
                           .total = v->total,
                           .credit_applied = money_zero(v->total),
                           .amount_due = v->total,
                           .paid = money_zero(v->total),
                           .refunded = money_zero(v->total)};
    return invoice_json(&like, true, n);
}

json_t *draft_json(const struct draft *d, bool with_documents, struct names *n)
{
    json_t *j = object_new();
    json_t *totals = rows_new(), *documents = rows_new();
    member_id(j, "draft_id", "draft", d->draft);
    member_user(j, n, d->customer);
    member_date(j, "through", d->through);
    member_date(j, "drafted_on", d->on);
    member_flag(j, "approved", d->approved);
    member_count(j, "documents_count", d->documents_count);
    for (size_t i = 0; i < d->documents_count; i++) {
        json_t *total = object_new();
        member_text(total, "kind", str_of(choice_invoice_kind.words[d->documents[i].kind]));
        member_money(total, "total", d->documents[i].total);
        member_text(total, "currency", str_of(d->documents[i].total.currency));
        rows_add(totals, total);
        if (with_documents) rows_add(documents, document_json(d, &d->documents[i], n));
    }
    if (d->documents_count == 1) { /* as nearly all have: the amount stands in the table */
        member_money(j, "total", d->documents[0].total);
        member_text(j, "currency", str_of(d->documents[0].total.currency));
    } else {
        member_put(j, "total", json_null());
        member_put(j, "currency", json_null());
    }
    member_put(j, "totals", totals);
    if (with_documents && d->documents_count == 1) /* people read the lines without going deeper */
        member_put(j, "line_items", json_incref(json_object_get(json_array_get(documents, 0), "line_items")));
    if (with_documents)
        member_put(j, "documents", documents);
    else
        json_decref(documents);
    return j;
}

/* ---- questions ---- */

enum err ask_draft_show(const struct call *c, struct error *e)
{
    const struct draft_show_query *q = c->query;
    struct views_txn *t = NULL;
    struct draft d = {0};
    json_t *answer = NULL;
    enum err err = ledger_read_begin(&t, c->service->ledger, e);
    if (err != OK) return err;
    struct names n = names_of(t, c->arena);
    err = find_draft(&d, t, q->draft, c->arena, e);
    if (err == OK) answer = draft_json(&d, true, &n);
    ledger_read_end(c->service->ledger, t);
    return err == OK ? c->answer->take(c->answer->self, answer, false, e) : err;
}

static enum err tell_page(const struct call *c, struct views_txn *t, struct names *n,
                          const uint64_t *customers, size_t count, struct error *e)
{
    struct arena *row = n->arena;
    enum err err = OK;
    for (size_t i = 0; i < count && err == OK; i++) {
        struct draft d = {0};
        err = load_draft(&d, t, customers[i], row, e);
        if (err == OK) err = c->answer->take(c->answer->self, draft_json(&d, false, n), true, e);
        arena_reset(row);
    }
    return err;
}

enum err ask_draft_list(const struct call *c, struct error *e)
{
    enum { PAGE = 256 };
    const struct draft_list_query *q = c->query;
    struct views_txn *t = NULL;
    struct due_cursor cursor = {0};
    uint64_t customers[PAGE], left = q->limit == 0 ? UINT64_MAX : q->limit;
    size_t count = 0;
    struct arena *row = arena_new();
    enum err err = ledger_read_begin(&t, c->service->ledger, e);
    struct names n = names_of(t, row);
    do {
        size_t most = left < PAGE ? (size_t)left : PAGE;
        if (err == OK) err = list_drafts(t, (struct date){0}, &cursor, customers, &count, most, e);
        if (err == OK) err = tell_page(c, t, &n, customers, count, e);
        left -= count;
    } while (err == OK && count > 0 && left > 0);
    ledger_read_end(c->service->ledger, t);
    arena_free(row);
    return err;
}
