/* SPDX-License-Identifier: MIT */
/* transactions.c - the report of payments and refunds, oldest first. What flows out is negative; the control
 * total counts what has really moved, so that it ties to the cash accounts. */
#include "reports/report_file.h"

static const char header[] = "transaction_id,kind,status,at,customer_id,payment_id,document_number,gateway,"
                             "gateway_reference,currency,amount,refunded,"
                             "unapplied,code,message,description";

enum err report_transactions(struct ledger *l, const struct report_query *q, const char *path,
                             struct arena *a, struct error *e);

/* The documents it paid; before that the one it is meant for. */
static enum err documents_paid(struct str *out, struct report_file *f, const struct transaction *v,
                               struct error *e)
{
    struct invoice invoice = {0};
    *out = STR_NONE;
    for (size_t i = 0; i < v->pays_count; i++) {
        enum err err = load_invoice(&invoice, f->txn, v->pays[i].invoice, f->row, e);
        if (err != OK) return err;
        *out = str_format(f->row, "%.*s%s%.*s", STR_ARG(*out), i > 0 ? "; " : "", STR_ARG(invoice.number));
    }
    if (v->pays_count > 0 || v->invoice == 0) return OK;
    enum err err = load_invoice(&invoice, f->txn, v->invoice, f->row, e);
    *out = invoice.number;
    return err;
}

static bool has_moved(const struct transaction *v)
{
    return v->status == TRANSACTION_COMPLETED || v->status == TRANSACTION_REFUNDED ||
           v->status == TRANSACTION_PARTIALLY_REFUNDED;
}

static enum err put(struct report_file *f, const struct transaction *v, struct error *e)
{
    struct sheet *c = f->sheet;
    struct customer customer = {0};
    struct str documents = STR_NONE;
    bool refund = v->kind == TRANSACTION_REFUND;
    struct money amount = refund ? money_negate(v->amount) : v->amount;
    enum err err = load_customer(&customer, f->txn, v->customer, f->row, e);
    if (err == OK) err = documents_paid(&documents, f, v, e);
    if (err != OK) return err;
    sheet_text(c, public_id(f->row, "txn", v->transaction));
    sheet_word(c, choice_transaction_kind.words[v->kind]);
    sheet_word(c, transaction_status_shown(v));
    sheet_instant(c, v->at);
    sheet_text(c, customer.user);
    sheet_text(c, refund ? public_id(f->row, "txn", v->payment) : STR_NONE);
    sheet_text(c, documents);
    sheet_text(c, v->gateway);
    sheet_text(c, v->gateway_reference);
    sheet_word(c, amount.currency);
    sheet_money(c, amount);
    sheet_money(c, v->refunded);
    sheet_money(c, v->credited);
    sheet_text(c, v->code);
    sheet_text(c, v->message);
    sheet_text(c, v->description);
    sheet_end_row(c);
    const struct money moved[CONTROL_SUMS_MAX] = {has_moved(v) ? amount : money_zero(amount)};
    return report_count(f, moved, e);
}

enum err report_transactions(struct ledger *l, const struct report_query *q, const char *path,
                             struct arena *a, struct error *e)
{
    struct report_file f = {
        .ledger = l, .query = q, .name = "transactions", .path = path, .arena = a, .sums = {"moved"}};
    struct report_numbers numbers = {0};
    enum err err = report_begin(&f, header, e);
    if (err == OK) err = report_transaction_numbers(&numbers, &f, e);
    for (size_t i = 0; i < numbers.count && err == OK; i++) {
        struct transaction v = {0};
        err = load_transaction(&v, f.txn, report_number(&numbers, i), f.row, e);
        if (err == OK && report_wants(q, instant_date(v.at))) err = put(&f, &v, e);
        report_next(&f);
    }
    return report_end(&f, err, e);
}
