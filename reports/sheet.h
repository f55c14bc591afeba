/* SPDX-License-Identifier: MIT */
/* sheet.h - rows with typed cells, which a report puts without knowing what becomes of them: a CSV, a
 * workbook, JSON, or rows for whoever asked.
 *
 * CSV is RFC 4180: UTF-8, CRLF after every record, one header line, quotes only where they are needed. A text
 * that a spreadsheet would run as a formula (it begins with = + - @, tab, CR or NUL) gets an apostrophe in
 * front; numbers stay bare. Money is a plain decimal with its currency's decimals, dates are ISO, times UTC.
 *
 * A file is whole or not there, and its SHA-256 is known when it is. */
#ifndef DAYBOOK_REPORTS_SHEET_H
#define DAYBOOK_REPORTS_SHEET_H

#include "ledger/base.h"
#include "ledger/store.h"

enum sheet_format {
    SHEET_CSV,
    SHEET_CSV_EXCEL,    /* with a byte order mark, without which Excel takes UTF-8 for ANSI */
    SHEET_CSV_EXCEL_EU, /* … and with semicolons and decimal commas, for those of it that want them */
    SHEET_JSON,
    SHEET_XLSX,
    SHEET_PDF, /* no sheet: a drawing that reports make of their rows (report_pdf.h) */
    SHEET_ROWS /* to a visitor */
};

enum cell_kind {
    CELL_EMPTY,
    CELL_TEXT, /* whatever somebody chose */
    CELL_WORD, /* a word of ours */
    CELL_COUNT,
    CELL_MONEY,
    CELL_DECIMAL,
    CELL_DATE,
    CELL_INSTANT
};
struct cell {
    enum cell_kind kind;
    struct str text; /* as CSV has it, without quotes; "" for none */
    struct money money;
    struct date date;
};
/* A whole row; its texts live until the visitor returns. */
typedef enum err sheet_row_fn(void *context, const struct str *names, const struct cell *cells, size_t count,
                              struct error *e);

/* Of what the rows are, for formats that have room for it: a word of ours and its value; "": none. */
struct sheet_fact {
    const char *name;
    struct str value;
};

struct sheet_options {
    const char *path;                    /* "-": standard output; of no meaning with SHEET_ROWS */
    const char *header;                  /* our own names, "a,b,c" */
    const char *title;                   /* of a workbook's sheet and a JSON document; NULL: none */
    struct str as_of;                    /* the day that they are of; "": none is told */
    const struct sheet_fact *parameters; /* what was asked for */
    size_t parameters_count;
    enum sheet_format format;
    bool raw;             /* CSV: no apostrophe before what looks like a formula */
    const char *currency; /* rows alone whose column "currency" has this one; NULL or "": all */
    sheet_row_fn *row;
    void *context;
};

struct sheet;

enum err sheet_begin(struct sheet **out, const struct sheet_options *o, struct arena *a,
                     struct error *e) MUST_USE;
/* A plain CSV. */
enum err csv_begin(struct sheet **out, const char *path, const char *header, struct arena *a,
                   struct error *e) MUST_USE;

/* Cells, from left to right. A row has exactly as many as the header (asserted). */
void sheet_text(struct sheet *s, struct str text);  /* whatever somebody chose */
void sheet_word(struct sheet *s, const char *word); /* a word of ours, without commas, quotes and line ends */
void sheet_empty(struct sheet *s);
void sheet_count(struct sheet *s, uint64_t number);
void sheet_money(struct sheet *s, struct money m); /* no amount given: empty */
void sheet_decimal(struct sheet *s, struct decimal d);
void sheet_price(struct sheet *s, struct decimal price, const char *currency);
void sheet_date(struct sheet *s, struct date d);           /* none: empty */
void sheet_instant(struct sheet *s, struct instant t);     /* none: empty */
void sheet_hash(struct sheet *s, const struct hash *hash); /* 64 hexadecimal digits; NULL: empty */
void sheet_end_row(struct sheet *s);

/* A sum of a column's amounts of one currency, for formats that show it. */
struct sheet_total {
    const char *name;
    struct money sum;
};
void sheet_total(struct sheet *s, const struct sheet_total *total);

struct sheet_summary {
    uint64_t rows, bytes; /* rows without the header */
    struct hash sha256;   /* of the file; of no meaning with SHEET_ROWS */
};
/* Writing goes on after a failure without effect; this tells it. Ends `s` in any case. */
enum err sheet_finish(struct sheet_summary *out, struct sheet *s, struct error *e) MUST_USE;
void sheet_abandon(struct sheet *s); /* accepts NULL and what was finished */

/* By the word of --format (and --csv), or by the end of the path. ERR_USAGE: there is no such format. */
enum err sheet_format_of(enum sheet_format *out, struct str format, struct str dialect, const char *path,
                         struct error *e) MUST_USE;

#endif
