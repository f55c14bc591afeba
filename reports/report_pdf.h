/* SPDX-License-Identifier: MIT */
/* report_pdf.h - reports as PDFs with charts. A report puts its rows as for any other format; here they are
 * taken, summed and kept as far as the page needs them, and drawn when all are there: so a PDF has the
 * numbers of the CSV, and no others. report_pdfs.def names those that have one; what is drawn of each is in
 * its own file (aging_pdf.c, mrr_pdf.c, revenue_pdf.c, statement_pdf.c).
 *
 * The same state and the same query are the same bytes: the day is the report's, the time that of the newest
 * record it knows, and the identity is of the ledger, the query and the head of its chain. */
#ifndef DAYBOOK_REPORTS_REPORT_PDF_H
#define DAYBOOK_REPORTS_REPORT_PDF_H

#include "reports/page.h"
#include "reports/report_file.h"

struct report_row {
    const struct str *names;
    const struct cell *cells;
    size_t count;
};
/* The column's cell; there is one of that name (asserted). */
const struct cell *row_cell(const struct report_row *row, const char *name);
struct money row_money(const struct report_row *row, const char *name);

/* What a PDF is drawn with. */
struct report_pdf {
    struct report_file *file;
    const struct report_drawing *drawing;
    struct arena *arena; /* of the whole report */
    const struct speech *speech;
    const struct seller *seller;
    const struct pdf_picture *logo;
    void *state; /* the drawing's own */
    struct page page;
};
struct report_drawing {
    enum text title;
    bool of_one_customer; /* --customer must be given */
    size_t state_bytes;   /* zeroed when it begins */
    enum err (*row)(struct report_pdf *d, const struct report_row *row, struct error *e);
    /* Begins its page (report_page), and draws all but the feet. */
    enum err (*draw)(struct report_pdf *d, struct error *e);
};

#define REPORT_PDF(drawing, name) extern const struct report_drawing drawing;
#include "reports/report_pdfs.def"
#undef REPORT_PDF

/* The first page with its head, for whoever reads our reports: title, day, ledger. */
void report_page(struct report_pdf *d);
/* Each currency after the first begins on a new page: it is read, and filed, by itself. */
void report_section(struct report_pdf *d, bool first);
/* A text of a customer's as it can be drawn, in the report's arena: what no font has becomes '?'. */
struct str report_text(struct report_pdf *d, struct str text);
/* "and 12 more rows, which are in the other formats of this report" */
void report_rest(struct report_pdf *d, uint64_t rows);

/* ---- for report_file.c ---- */

/* ERR_USAGE: there is no PDF of this report, or not of this query. Its rows go to report_pdf_row. */
enum err report_pdf_begin(struct report_pdf **out, struct report_file *f, struct error *e) MUST_USE;
sheet_row_fn report_pdf_row;
/* Draws while the snapshot is open; `out` is malloc'ed by the buffer. */
enum err report_pdf_draw(struct buffer *out, struct report_pdf *d, struct error *e) MUST_USE;
/* Writes it to the report's path. */
enum err report_pdf_write(struct sheet_summary *out, const struct report_file *f, struct bytes pdf,
                          struct error *e) MUST_USE;

#endif
