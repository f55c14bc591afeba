/* SPDX-License-Identifier: MIT */
/* books.c - see books.h. */
#include "reports/books.h"

enum err book_document(struct book_document *out, struct report_file *f, uint64_t invoice, struct error *e)
{
    struct invoice v = {0};
    *out = (struct book_document){.type = ""};
    if (invoice == 0) return OK;
    enum err err = load_invoice(&v, f->txn, invoice, f->row, e);
    if (err != OK) return err;
    *out = (struct book_document){.number = v.number,
                                  .type = choice_invoice_kind.words[v.kind],
                                  .issued = v.issue_date,
                                  .due = v.due_date,
                                  .total = v.total};
    return OK;
}

enum err book_user(struct str *out, struct report_file *f, uint64_t customer, struct error *e)
{
    struct customer c = {0};
    *out = STR_NONE;
    if (customer == 0) return OK;
    enum err err = load_customer(&c, f->txn, customer, f->row, e);
    if (err == OK) *out = c.user;
    return err;
}

struct str book_account(const struct posting *p, struct arena *a)
{
    const char *name = account_name(p->account);
    return p->detail.len == 0 ? str_of(name) : str_format(a, "%s:%.*s", name, STR_ARG(p->detail));
}

const char *book_source(const struct journal_entry *entry)
{
    return entry->event == NULL ? "revenue.earned" : event_kind(entry->event->type)->wire;
}

uint64_t book_invoice(const struct journal_entry *entry)
{
    for (size_t i = 0; i < entry->count; i++) {
        if (entry->postings[i].invoice != 0) return entry->postings[i].invoice;
    }
    return 0;
}

enum err book_walk(struct report_file *f, journal_entry_fn *visit, void *context, struct error *e)
{
    struct book_query q = {.customer = f->query->customer, .from = f->query->from, .to = f->day};
    return date_is_given(q.to) ? journal_walk(f->ledger, f->txn, &q, visit, context, e) : OK;
}
