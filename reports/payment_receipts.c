/* SPDX-License-Identifier: MIT */
/* payment_receipts.c - receipts of payments and refunds as PDF on request: what stands around a transaction
 * on its receipt. Buyer and seller are as on the invoice that it paid, or as they are where it paid none. */
#include "reports/documents.h"
#include "reports/receipt_pdf.h"
#include "reports/reports.h"

struct gathering {
    const struct ledger *ledger;
    struct views_txn *txn;
    const struct transaction *transaction;
    struct arena *arena;
    struct customer buyer;
    struct seller seller;
    struct receipt_line *lines;
    size_t count;
    uint64_t buyer_version, seller_version; /* 0: the newest */
};

static enum err check_received(const struct transaction *v, struct error *e)
{
    bool received = v->status != TRANSACTION_PENDING && v->status != TRANSACTION_FAILED;
    if (received) return OK;
    return fail(e, ERR_REFUSED, "txn_%ju is %s: there is a receipt when the money has moved",
                (uintmax_t)v->transaction, choice_transaction_status.words[v->status]);
}

static enum err add_invoice(struct gathering *g, uint64_t number, struct money amount, struct error *e)
{
    struct invoice v = {0};
    enum err err = load_invoice(&v, g->txn, number, g->arena, e);
    if (err != OK) return err;
    g->lines[g->count++] = (struct receipt_line){str_copy(g->arena, v.number), v.issue_date, v.total, amount};
    if (g->count > 1) return OK;
    g->buyer_version = v.buyer_version;
    g->seller_version = v.seller_version;
    return OK;
}

/* What it paid, invoice by invoice, and what no invoice took. */
static enum err gather_lines(struct gathering *g, struct error *e)
{
    const struct transaction *v = g->transaction;
    struct money rest = v->amount;
    enum err err = OK;
    g->lines = arena_array_of(g->arena, struct receipt_line, v->pays_count + 2);
    for (size_t i = 0; i < v->pays_count && err == OK; i++) {
        err = add_invoice(g, v->pays[i].invoice, v->pays[i].amount, e);
        if (err == OK) err = money_subtract(&rest, rest, v->pays[i].amount, e);
    }
    if (err == OK && rest.minor != 0) g->lines[g->count++] = (struct receipt_line){.amount = rest};
    return err;
}

static enum err gather_parties(struct gathering *g, struct error *e)
{
    struct customer newest = {0};
    struct error unused = {0};
    enum err err = load_customer(&newest, g->txn, g->transaction->customer, g->arena, e);
    if (err == OK && newest.erased == ERASURE_ALL)
        return fail(e, ERR_REFUSED, "the customer of txn_%ju was erased, and there is no receipt for nobody",
                    (uintmax_t)g->transaction->transaction);
    g->buyer = newest;
    if (err == OK && g->buyer_version != 0)
        err = load_customer_version(&g->buyer, g->txn, newest.customer, g->buyer_version, g->arena, e);
    if (err != OK) return err;
    err = load_seller(&g->seller, g->txn, g->seller_version, g->arena, &unused);
    if (err == OK || err == ERR_NOT_FOUND) return OK; /* none was ever set */
    *e = unused;
    return err;
}

static enum err method_used(const struct method **out, struct gathering *g, struct error *e)
{
    struct method *methods = NULL;
    size_t count = 0;
    enum err err = list_methods(&methods, &count, g->txn, g->transaction->customer, g->arena, e);
    *out = NULL;
    for (size_t i = 0; i < count && err == OK; i++)
        if (methods[i].method == g->transaction->method) *out = &methods[i];
    return err;
}

/* The same payment of the same ledger is the same document for ever. */
static struct hash identity_of(const struct gathering *g)
{
    struct hash id = {{0}};
    struct hasher *h = hasher_new();
    struct str text = str_format(g->arena, "receipt\n%.*s\n%ju", STR_ARG(ledger_origin(g->ledger)),
                                 (uintmax_t)g->transaction->transaction);
    hasher_digest(h, id.bytes, str_bytes(text), (struct bytes){0}, (struct bytes){0});
    hasher_free(h);
    return id;
}

enum err payment_receipt(struct buffer *out, const struct ledger *l, struct views_txn *t,
                         const struct transaction *v, struct arena *a, struct error *e)
{
    struct gathering g = {.ledger = l, .txn = t, .transaction = v, .arena = a};
    struct logo_shelf logos = {.arena = a};
    struct receipt_document d = {.transaction = v, .buyer = &g.buyer};
    enum err err = check_received(v, e);
    if (err == OK) err = gather_lines(&g, e);
    if (err == OK) err = gather_parties(&g, e);
    if (err == OK) err = method_used(&d.method, &g, e);
    if (err == OK) err = logo_of(&d.logo, &logos, t, &g.seller, e);
    if (err != OK) return err;
    d.seller = g.seller.version != 0 ? &g.seller : NULL;
    d.on = instant_date(v->at);
    d.lines = g.lines;
    d.lines_count = g.count;
    d.identity = identity_of(&g);
    return receipt_pdf_render(out, &d, a, e);
}
