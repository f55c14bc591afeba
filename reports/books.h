/* SPDX-License-Identifier: MIT */
/* books.h - what the reports that are read from the journal share: names of customers, documents and
 * accounts, and the words for where an entry comes from. */
#ifndef DAYBOOK_REPORTS_BOOKS_H
#define DAYBOOK_REPORTS_BOOKS_H

#include "reports/report_file.h"

/* A document as a row names it. */
struct book_document {
    struct str number; /* "": there is none */
    const char *type;  /* invoice, credit_note */
    struct date issued, due;
    struct money total;
};
enum err book_document(struct book_document *out, struct report_file *f, uint64_t invoice,
                       struct error *e) MUST_USE;
/* The customer's own id; "" for 0. */
enum err book_user(struct str *out, struct report_file *f, uint64_t customer, struct error *e) MUST_USE;
/* "income:revenue:pro" */
struct str book_account(const struct posting *p, struct arena *a);
/* What posted the entry: the event's name ("invoice.finalized"), or "revenue.earned". */
const char *book_source(const struct journal_entry *entry);
/* Of which document it tells: that of its event, or of its first posting that has one; 0: none. */
uint64_t book_invoice(const struct journal_entry *entry);
/* The journal through the report's day, of the query's customer, from its first day on. */
enum err book_walk(struct report_file *f, journal_entry_fn *visit, void *context, struct error *e) MUST_USE;

#endif
