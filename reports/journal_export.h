/* SPDX-License-Identifier: MIT */
/* journal_export.h - the journal in the form of other programs: of plain-text accounting, of tax offices, of
 * other ledgers. A form is a block of functions and a line in journal_forms.def. */
#ifndef DAYBOOK_REPORTS_JOURNAL_EXPORT_H
#define DAYBOOK_REPORTS_JOURNAL_EXPORT_H

#include "reports/books.h"
#include "reports/sheet_sink.h"

/* An account as others know it, of a mapping file: {"assets:receivable": {"number": "1400", "name": "…"}, …}.
 * A name with its detail comes before one without. */
struct account_alias {
    struct str account, number, name;
};
struct account_map {
    struct account_alias *items;
    size_t count;
};
enum err account_map_read(struct account_map *out, const char *path, struct arena *a,
                          struct error *e) MUST_USE;

struct journal_writer {
    struct report_file *file;
    struct sheet_output output;
    const struct account_map *map;
    const char *currency; /* the only one; NULL: all */
    uint64_t entries;     /* before the one at hand */
    struct arena *arena;  /* of the entry at hand */
};
/* The account's number and name: of the map, else our own. */
struct str writer_number(const struct journal_writer *w, const struct posting *p);
struct str writer_name(const struct journal_writer *w, const struct posting *p);

/* An entry as pairs of a debit and a credit of the same amount. */
struct journal_pair {
    const struct posting *debit, *credit;
    struct money amount;
};
size_t journal_pairs(struct journal_pair **out, const struct journal_entry *entry, struct arena *a);

struct journal_form {
    const char *name, *help;
    bool one_currency;
    enum err (*head)(struct journal_writer *w, struct error *e);
    enum err (*entry)(struct journal_writer *w, const struct journal_entry *entry,
                      const struct book_document *d, struct str user, struct error *e);
};
extern const struct journal_form hledger_form, ledger_form, beancount_form, fec_form, datev_form, iif_form,
    xero_form;

#endif
