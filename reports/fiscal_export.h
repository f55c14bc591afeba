/* SPDX-License-Identifier: MIT */
/* fiscal_export.h - records of fiscal chains in the form that a tax office wants them in. A form is a block
 * of functions and a line in the table of fiscal_export.c. */
#ifndef DAYBOOK_REPORTS_FISCAL_EXPORT_H
#define DAYBOOK_REPORTS_FISCAL_EXPORT_H

#include "reports/documents.h"
#include "reports/report_file.h"
#include "reports/xml.h"

struct fiscal_writer {
    struct report_file *file;
    struct xml xml;
    struct logo_shelf logos;
    struct str issuer;       /* of the first record */
    uint64_t records;        /* before the one at hand */
    struct date first, last; /* days of issue of those so far */
    struct buffer documents; /* their invoices' numbers, where the form wants them all at the end */
};

struct fiscal_form {
    const char *name;
    bool by_issue_date; /* days are those of documents; else those on which records were made */
    enum err (*head)(struct fiscal_writer *w, struct error *e);
    /* `a` is of this record. */
    enum err (*record)(struct fiscal_writer *w, const struct fiscal_recorded *r, struct arena *a,
                       struct error *e);
    enum err (*foot)(struct fiscal_writer *w, struct error *e);
};
extern const struct fiscal_form verifactu_form, saft_pt_form;

/* Those that were made, or whose documents were issued, on the days that are asked for, oldest first. Reads
 * the log up to what the report knows. */
typedef enum err fiscal_record_fn(void *context, const struct fiscal_recorded *r, struct arena *a,
                                  struct error *e);
enum err fiscal_walk(struct report_file *f, bool by_issue_date, fiscal_record_fn *visit, void *context,
                     struct error *e) MUST_USE;

/* At most so many characters of it. */
struct str fiscal_cut(struct str text, size_t characters);

/* Of a Spanish document the breakdown by tax, in the currency of its record. */
enum { SPANISH_DETAILS_MAX = 12 };
struct spanish_detail {
    const char *regime;           /* ClaveRegimen */
    const char *subject, *exempt; /* CalificacionOperacion or OperacionExenta; NULL: the other one */
    bool has_rate;                /* TipoImpositivo and CuotaRepercutida are told */
    struct decimal rate;
    struct money base, tax;
};
/* ERR_REFUSED: it has more details than the form has room for, or two taxes on one line. */
enum err spanish_breakdown(struct spanish_detail *out, size_t *count, const struct invoice *v,
                           const struct fiscal_recorded *r, struct str buyer_country,
                           struct error *e) MUST_USE;

#endif
