/* SPDX-License-Identifier: MIT */
/* reports.c - the table of reports, made of reports.def, and the register of invoices and of their lines. */
#include "reports/reports.h"

#include "reports/register.h"
#include "reports/report_file.h"

#define REPORT(function, name, takes, help)                                                              \
    enum err function(struct ledger *l, const struct report_query *q, const char *path, struct arena *a, \
                      struct error *e);
#include "reports/reports.def"
#undef REPORT

const struct report reports_all[] = {
#define REPORT(function, name, takes, help) {name, help, takes, function},
#include "reports/reports.def"
#undef REPORT
    {NULL, NULL, 0, NULL},
};

const struct report *report_find(struct str name)
{
    for (const struct report *r = reports_all; r->name != NULL; r++) {
        if (str_is(name, r->name)) return r;
    }
    return NULL;
}

const char *transaction_status_shown(const struct transaction *v)
{
    bool made = v->kind == TRANSACTION_REFUND && v->status == TRANSACTION_COMPLETED;
    return choice_transaction_status.words[made ? TRANSACTION_REFUNDED : v->status];
}

/* ---- the register ---- */

/* The first of each form: that is the one which was sent. */
static enum err find_files(struct register_entry *entry, struct report_file *f, struct error *e)
{
    static const enum document_form forms[] = {DOCUMENT_PDF, DOCUMENT_CII};
    const struct hash **places[] = {&entry->pdf, &entry->xml};
    enum err err = OK;
    for (size_t i = 0; i < 2 && err == OK; i++) {
        struct issued_file *file = arena_new_of(f->row, struct issued_file);
        bool found = false;
        err = first_issued(&found, file, f->txn, entry->invoice->invoice, forms[i], e);
        if (err == OK && found) *places[i] = &file->sha256;
    }
    return err;
}

typedef enum err put_fn(struct report_file *f, const struct register_entry *entry, struct error *e);

static enum err put_invoice(struct report_file *f, const struct register_entry *entry, struct error *e)
{
    const struct invoice *v = entry->invoice;
    const struct money amounts[CONTROL_SUMS_MAX] = {net_of(v->subtotal, v->discount), v->tax, v->total};
    struct register_entry with_files = *entry;
    enum err err = find_files(&with_files, f, e);
    if (err != OK) return err;
    register_put_invoice(f->sheet, &with_files, f->row);
    return report_count(f, amounts, e);
}

static enum err put_lines(struct report_file *f, const struct register_entry *entry, struct error *e)
{
    const struct invoice *v = entry->invoice;
    enum err err = OK;
    register_put_lines(f->sheet, entry, f->row);
    for (size_t i = 0; i < v->lines_count && err == OK; i++) {
        const struct line *l = &v->lines[i];
        const struct money amounts[CONTROL_SUMS_MAX] = {net_of(l->amount, l->discount), l->tax};
        err = report_count(f, amounts, e);
    }
    return err;
}

static enum err put_one(struct report_file *f, uint64_t number, put_fn *put, struct error *e)
{
    struct invoice v = {0};
    struct customer buyer = {0};
    struct register_entry entry = {.invoice = &v, .buyer = &buyer};
    enum err err = load_invoice(&v, f->txn, number, f->row, e);
    if (err != OK || !report_wants(f->query, v.issue_date)) return err;
    err = load_customer_version(&buyer, f->txn, v.customer, v.buyer_version, f->row, e);
    if (err == OK) err = register_credits(&entry.credits, f->txn, &v, f->row, e);
    return err == OK ? put(f, &entry, e) : err;
}

static enum err write_register(struct report_file *f, const char *header, put_fn *put, struct error *e)
{
    struct report_numbers numbers = {0};
    enum err err = report_begin(f, header, e);
    if (err == OK) err = report_invoice_numbers(&numbers, f, e);
    for (size_t i = 0; i < numbers.count && err == OK; i++) {
        err = put_one(f, report_number(&numbers, i), put, e);
        report_next(f);
    }
    return report_end(f, err, e);
}

enum err report_invoices(struct ledger *l, const struct report_query *q, const char *path, struct arena *a,
                         struct error *e)
{
    struct report_file f = {.ledger = l,
                            .query = q,
                            .name = "invoices",
                            .path = path,
                            .arena = a,
                            .sums = {"net", "tax", "gross"}};
    return write_register(&f, invoices_header, put_invoice, e);
}

enum err report_invoice_lines(struct ledger *l, const struct report_query *q, const char *path,
                              struct arena *a, struct error *e)
{
    struct report_file f = {
        .ledger = l, .query = q, .name = "invoice_lines", .path = path, .arena = a, .sums = {"net", "tax"}};
    return write_register(&f, invoice_lines_header, put_lines, e);
}
