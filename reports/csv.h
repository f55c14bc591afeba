/* SPDX-License-Identifier: MIT */
/* csv.h - CSV as RFC 4180 has it: UTF-8 without a byte order mark, CRLF after every record, one header line,
 * quotes only where they are needed. A text that a spreadsheet would run as a formula (it begins with = + -
 * @, tab, CR or NUL) gets an apostrophe in front; numbers stay bare. Money is a plain decimal with its
 * currency's decimals, dates are ISO, times UTC.
 *
 * A file is whole or not there, and its SHA-256 is known when it is. */
#ifndef DAYBOOK_REPORTS_CSV_H
#define DAYBOOK_REPORTS_CSV_H

#include "ledger/base.h"
#include "ledger/store.h"

struct csv;

/* The header is our own text, "a,b,c". Path "-" is standard output. */
enum err csv_begin(struct csv **out, const char *path, const char *header, struct arena *a,
                   struct error *e) MUST_USE;

/* Cells, from left to right. A row has exactly as many as the header (asserted). */
void csv_text(struct csv *c, struct str text);  /* whatever somebody chose: guarded and quoted where needed */
void csv_word(struct csv *c, const char *word); /* a word of ours, without commas, quotes and line ends */
void csv_empty(struct csv *c);
void csv_count(struct csv *c, uint64_t number);
void csv_money(struct csv *c, struct money m); /* no amount given: empty */
void csv_decimal(struct csv *c, struct decimal d);
void csv_price(struct csv *c, struct decimal price, const char *currency);
void csv_date(struct csv *c, struct date d);           /* none: empty */
void csv_instant(struct csv *c, struct instant t);     /* none: empty */
void csv_hash(struct csv *c, const struct hash *hash); /* 64 hexadecimal digits; NULL: empty */
void csv_end_row(struct csv *c);

struct csv_summary {
    uint64_t rows, bytes; /* rows without the header */
    struct hash sha256;
};
/* Writing goes on after a failure without effect; this tells it. Ends `c` in any case. */
enum err csv_finish(struct csv_summary *out, struct csv *c, struct error *e) MUST_USE;
void csv_abandon(struct csv *c); /* accepts NULL and what was finished */

#endif
