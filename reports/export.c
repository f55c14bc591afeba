/* SPDX-License-Identifier: MIT */
/* export.c - S19: what one customer was billed and paid, by date. A document is one row a line, one for each
 * coupon and one for each tax, so the rows of a document sum to its total; payments and refunds are amounts
 * as they were asked for, with what became of them. What was imported of another system is one row each. */
#include "reports/report_file.h"
#include "reports/sum_texts.h"

static const char header[] =
    "date,type,document,description,service_from,service_to,quantity,unit_price,amount,currency,status";

/* What comes first by its date; on one day what was imported, then documents, then payments. */
enum entry_kind { ENTRY_IMPORTED, ENTRY_DOCUMENT, ENTRY_TRANSACTION };
struct entry {
    struct date date;
    enum entry_kind kind;
    uint64_t number;
};
struct entries {
    struct report_file *file;
    struct entry *items;
    size_t count, capacity;
};

static void entry_add(struct entries *all, struct entry entry)
{
    if (all->count == all->capacity) {
        all->capacity = all->capacity == 0 ? 64 : 2 * all->capacity;
        struct entry *grown = arena_array_of(all->file->arena, struct entry, all->capacity);
        if (all->count > 0) memcpy(grown, all->items, all->count * sizeof *grown);
        all->items = grown;
    }
    all->items[all->count++] = entry;
    arena_reset(all->file->row);
}

static enum err take_invoice(void *context, const struct invoice *row, struct error *e)
{
    (void)e;
    entry_add(context, (struct entry){row->issue_date, ENTRY_DOCUMENT, row->invoice});
    return OK;
}

static enum err take_transaction(void *context, const struct transaction *row, struct error *e)
{
    (void)e;
    entry_add(context, (struct entry){instant_date(row->at), ENTRY_TRANSACTION, row->transaction});
    return OK;
}

/* Who he was there, and what he pays with, is neither billed nor paid. */
static enum err take_imported(void *context, const struct object_imported *row, struct error *e)
{
    (void)e;
    bool document =
        row->kind == IMPORTED_INVOICE || row->kind == IMPORTED_CHARGE || row->kind == IMPORTED_REFUND;
    if (document) entry_add(context, (struct entry){instant_date(row->at), ENTRY_IMPORTED, row->object});
    return OK;
}

static int compare_entries(const void *left, const void *right)
{
    const struct entry *a = left, *b = right;
    int by_date = date_compare(a->date, b->date);
    if (by_date != 0) return by_date;
    if (a->kind != b->kind) return a->kind < b->kind ? -1 : 1;
    return (a->number > b->number) - (a->number < b->number);
}

/* ---- documents ---- */

static void put_start(struct sheet *c, const struct invoice *v, struct str description)
{
    sheet_date(c, v->issue_date);
    sheet_word(c, choice_invoice_kind.words[v->kind]);
    sheet_text(c, v->number);
    sheet_text(c, description);
}

static void put_end(struct sheet *c, const struct invoice *v, struct money amount)
{
    sheet_money(c, amount);
    sheet_word(c, amount.currency);
    sheet_word(c, choice_invoice_status.words[v->status]);
    sheet_end_row(c);
}

static void put_line(struct sheet *c, const struct invoice *v, const struct line *l)
{
    bool period = date_is_given(l->from) && date_is_given(l->to);
    put_start(c, v, l->description);
    sheet_date(c, period ? l->from : (struct date){0});
    sheet_date(c, period ? date_add_days(l->to, -1) : (struct date){0});
    sheet_decimal(c, l->quantity);
    sheet_price(c, l->unit_price, l->amount.currency);
    put_end(c, v, l->amount);
}

/* What is no line: a coupon, a tax. */
static void put_sum(struct sheet *c, const struct invoice *v, struct str description, struct money amount)
{
    put_start(c, v, description);
    for (size_t column = 0; column < 4; column++) sheet_empty(c);
    put_end(c, v, amount);
}

static enum err put_document(struct report_file *f, uint64_t number, struct error *e)
{
    struct invoice v = {0};
    enum err err = load_invoice(&v, f->txn, number, f->row, e);
    if (err != OK) return err;
    for (size_t i = 0; i < v.lines_count; i++) put_line(f->sheet, &v, &v.lines[i]);
    for (size_t i = 0; i < v.discounts_count; i++) {
        const struct discount_total *d = &v.discounts[i];
        put_sum(f->sheet, &v, discount_text(f->row, d), money_negate(d->amount));
    }
    for (size_t i = 0; i < v.taxes_count; i++) {
        const struct tax_total *t = &v.taxes[i];
        if (!money_is_zero(t->amount)) put_sum(f->sheet, &v, tax_text(f->row, t), t->amount);
    }
    const struct money amounts[CONTROL_SUMS_MAX] = {v.total};
    return report_count(f, amounts, e);
}

/* ---- transactions ---- */

static enum err put_transaction(struct report_file *f, uint64_t number, struct error *e)
{
    struct sheet *c = f->sheet;
    struct transaction v = {0};
    enum err err = load_transaction(&v, f->txn, number, f->row, e);
    if (err != OK) return err;
    sheet_date(c, instant_date(v.at));
    sheet_word(c, choice_transaction_kind.words[v.kind]);
    sheet_text(c, public_id(f->row, "txn", v.transaction));
    sheet_text(c, v.description);
    for (size_t column = 0; column < 4; column++) sheet_empty(c);
    sheet_money(c, v.amount);
    sheet_word(c, v.amount.currency);
    sheet_word(c, transaction_status_shown(&v));
    sheet_end_row(c);
    bool failed = v.status == TRANSACTION_FAILED || v.status == TRANSACTION_PENDING;
    struct money moved = failed ? money_zero(v.amount) : v.amount;
    struct money amounts[CONTROL_SUMS_MAX] = {money_zero(v.amount)};
    amounts[v.kind == TRANSACTION_REFUND ? 2 : 1] = moved;
    return report_count(f, amounts, e);
}

/* ---- history ---- */

/* It was billed and paid elsewhere: no sum of this ledger's counts it. */
static enum err put_imported(struct report_file *f, uint64_t number, struct error *e)
{
    static const char *const words[] = {[IMPORTED_INVOICE] = "imported_invoice",
                                        [IMPORTED_CHARGE] = "imported_charge",
                                        [IMPORTED_REFUND] = "imported_refund"};
    struct sheet *c = f->sheet;
    struct object_imported v = {0};
    enum err err = load_imported(&v, f->txn, number, f->row, e);
    if (err != OK) return err;
    bool period = date_is_given(v.from) && date_is_given(v.to);
    sheet_date(c, instant_date(v.at));
    sheet_word(c, words[v.kind]);
    sheet_text(c, v.kind == IMPORTED_INVOICE && v.number.len > 0 ? v.number : v.reference);
    sheet_text(c, v.about);
    sheet_date(c, period ? v.from : (struct date){0});
    sheet_date(c, period ? date_add_days(v.to, -1) : (struct date){0});
    sheet_empty(c);
    sheet_empty(c);
    sheet_money(c, v.amount);
    sheet_word(c, v.amount.currency);
    sheet_text(c, v.status);
    sheet_end_row(c);
    const struct money none[CONTROL_SUMS_MAX] = {money_zero(v.amount)};
    return report_count(f, none, e);
}

static enum err put_entry(struct report_file *f, const struct entry *entry, struct error *e)
{
    if (entry->kind == ENTRY_IMPORTED) return put_imported(f, entry->number, e);
    return entry->kind == ENTRY_TRANSACTION ? put_transaction(f, entry->number, e)
                                            : put_document(f, entry->number, e);
}

enum err export_customer_csv(struct ledger *l, uint64_t customer, struct date from, struct date to,
                             const char *path, struct arena *a, struct error *e)
{
    struct report_query q = {.customer = customer, .from = from, .to = to};
    struct report_file f = {.ledger = l,
                            .query = &q,
                            .name = "export",
                            .path = path,
                            .arena = a,
                            .sums = {"billed", "paid", "refunded"}};
    struct list_query wanted = {.customer = customer, .from = from, .to = to, .status = -1};
    struct entries all = {.file = &f};
    struct customer known = {0};
    enum err err = report_begin(&f, header, e);
    if (err == OK) err = load_customer(&known, f.txn, customer, f.row, e);
    if (err == OK) err = list_invoices(f.txn, &wanted, take_invoice, &all, f.row, e);
    if (err == OK) err = list_transactions(f.txn, &wanted, take_transaction, &all, f.row, e);
    if (err == OK) err = list_imported(f.txn, &wanted, take_imported, &all, f.row, e);
    if (all.count > 0) qsort(all.items, all.count, sizeof *all.items, compare_entries);
    for (size_t i = 0; i < all.count && err == OK; i++) {
        err = put_entry(&f, &all.items[i], e);
        report_next(&f);
    }
    return report_end(&f, err, e);
}
