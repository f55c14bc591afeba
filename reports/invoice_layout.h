/* SPDX-License-Identifier: MIT */
/* invoice_layout.h - shared by the files that lay an invoice out: invoice_pdf.c (the order of things and the
 * pages), invoice_head.c (who, to whom, how much), invoice_table.c (lines and totals), invoice_proof.c (where
 * it is in the ledger), invoice_texts.c (words and numbers). Lengths are hundredths of a point. */
#ifndef DAYBOOK_REPORTS_INVOICE_LAYOUT_H
#define DAYBOOK_REPORTS_INVOICE_LAYOUT_H

#include "reports/invoice_pdf.h"
#include "reports/pdf.h"

enum {
    PAGE_LEFT = 5670, /* 20 mm */
    PAGE_RIGHT = PDF_PAGE_WIDTH - PAGE_LEFT,
    PAGE_INNER = PAGE_RIGHT - PAGE_LEFT,
    PAGE_TOP = 5670,
    PAGE_FOOT = PDF_PAGE_HEIGHT - 3400, /* baseline of the page number */
    TABLE_GAP = 1200,                   /* between columns */
    BODY_LEADING = 1230,
    SMALL_LEADING = 1050,
};

enum {
    COLOUR_INK = 0x1b2026,
    COLOUR_GREY = 0x667080,
    COLOUR_RULE = 0xd6dbe1,
    COLOUR_BAND = 0xf3f5f8,
    COLOUR_WHITE = 0xffffff,
    COLOUR_BLACK = 0x000000
};
enum { COLOUR_ACCENT = 0x17496b, COLOUR_PAID = 0x1d7a4c, COLOUR_CREDIT = 0x6a4a94, COLOUR_VOID = 0x9b2c2c };

enum layout_style {
    STYLE_WORDMARK,
    STYLE_TITLE,
    STYLE_FIGURE, /* the one amount that matters */
    STYLE_STAMP,
    STYLE_BODY,
    STYLE_STRONG,
    STYLE_SUM,
    STYLE_LABEL, /* small and grey, names what stands under or beside it */
    STYLE_SMALL,
    STYLE_TINY,
    STYLES
};
extern const struct pdf_style layout_styles[STYLES];

struct layout {
    struct pdf *pdf;
    const struct invoice_document *document;
    struct arena *arena;
    int32_t y;      /* upper edge of what comes next */
    int32_t bottom; /* nothing but the foot stands below */
};

/* One line of text, `y` its baseline. */
void put_text(struct layout *l, enum layout_style style, int32_t x, int32_t y, struct str text);
void put_right(struct layout *l, enum layout_style style, int32_t right, int32_t y, struct str text);
/* Where a paragraph stands: its upper edge, its width, and how many lines it may have (0: as many as it
 * needs; what is too much is cut off, and an ellipsis says so). */
struct area {
    int32_t x, y, width, leading, lines_max;
};
int32_t put_paragraph(struct layout *l, enum layout_style style, struct area area,
                      struct str text); /* lower edge */
int32_t paragraph_lines(enum layout_style style, int32_t width, struct str text);
int32_t text_width(enum layout_style style, struct str text);

/* A new page with the short head of a continuation; l->y is then below it. */
void continue_on_new_page(struct layout *l);

void put_head(struct layout *l);
enum err put_figure(struct layout *l, struct error *e) MUST_USE;
enum err put_lines(struct layout *l, struct error *e) MUST_USE;
enum err put_totals(struct layout *l, struct error *e) MUST_USE;
enum err put_proof(struct layout *l, struct error *e) MUST_USE;

/* ---- words and numbers ---- */

struct str document_title(const struct invoice *v);                   /* "Invoice", "Credit note" */
struct str document_number(struct arena *a, const struct invoice *v); /* "Invoice INV-2025-000001" */
struct str buyer_name(const struct customer *c);
struct str money_with_currency(struct arena *a, struct money m); /* "1,234.00 EUR" */
/* Thousands grouped, at least `decimals` decimals: "12,345.50". */
struct str decimal_pretty(struct arena *a, struct decimal d, int decimals);
struct str days_text(struct arena *a, struct date from,
                     struct date to); /* both included, from a half-open period */
enum err check_invoice_texts(const struct invoice_document *d, struct arena *a, struct error *e) MUST_USE;

/* What the customer still owes by this document, and what was paid towards it. */
struct standing {
    bool voided, credit_note, draft, paid;
    struct money paid_amount, open;
};
enum err standing_of(struct standing *out, const struct invoice_document *d, struct error *e) MUST_USE;

#endif
