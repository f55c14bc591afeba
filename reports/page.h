/* SPDX-License-Identifier: MIT */
/* page.h - what all our documents for customers have in common: the letterhead with logo or name, the
 * parties, a table over as many pages as it needs with sums carried, sums, notes, codes, and the foot of each
 * page. A document says what stands there; here is how it looks. Lengths are hundredths of a point. page.c
 * has the page itself, page_head.c its upper part, page_table.c tables and sums, page_code.c QR codes and
 * what stands beside them. */
#ifndef DAYBOOK_REPORTS_PAGE_H
#define DAYBOOK_REPORTS_PAGE_H

#include "ledger/ledger.h"
#include "reports/pdf.h"
#include "reports/speech.h"

enum {
    PAGE_LEFT = 5670, /* 20 mm */
    PAGE_RIGHT = PDF_PAGE_WIDTH - PAGE_LEFT,
    PAGE_INNER = PAGE_RIGHT - PAGE_LEFT,
    PAGE_TOP = 5670,
    PAGE_FOOT = PDF_PAGE_HEIGHT - 3400, /* baseline of the page number */
    PAGE_GAP = 1200,                    /* between columns */
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
/* The first where the seller has none of his own. */
enum { COLOUR_ACCENT = 0x17496b, COLOUR_PAID = 0x1d7a4c, COLOUR_CREDIT = 0x6a4a94, COLOUR_VOID = 0x9b2c2c };

enum page_style {
    STYLE_WORDMARK, /* in the seller's colour */
    STYLE_TITLE,
    STYLE_FIGURE, /* the one amount that matters */
    STYLE_STAMP,
    STYLE_BODY,
    STYLE_STRONG,
    STYLE_SUM,
    STYLE_LABEL, /* small and grey, names what stands under or beside it */
    STYLE_SMALL,
    STYLE_TINY,
    STYLE_CELL, /* of tables that are long and dense */
    STYLE_CELL_STRONG,
    STYLES
};

/* A document being laid out. */
struct page {
    struct pdf *pdf;
    struct arena *arena;
    const struct speech *speech;
    const struct seller *seller;    /* whose document it is; NULL: nobody is known */
    const struct pdf_picture *logo; /* NULL: his name stands there */
    struct str name;                /* of the document, at the foot of each page: "Invoice INV-2025-000001" */
    uint32_t accent;
    int32_t y;      /* upper edge of what comes next */
    int32_t bottom; /* nothing but the foot stands below */
};

/* The first page, empty. */
struct page page_begin(struct arena *a, const struct speech *s, const struct seller *seller,
                       const struct pdf_picture *logo, struct str name);
/* A new page with the short head of a continuation; p->y is then below it. */
void page_continue(struct page *p);
/* A new page if less than `height` is left on this one. */
void page_need(struct page *p, int32_t height);
/* The foot of each page, when all of them are there. */
void page_feet(struct page *p);
/* That its texts can be drawn: see pdf_check_text. */
enum err page_check_party(const struct page *p, const char *whose, const struct party *party,
                          struct error *e) MUST_USE;
enum err page_check_seller(const struct page *p, struct error *e) MUST_USE;

/* ---- texts ---- */

/* One line of text, `y` its baseline. */
void put_text(struct page *p, enum page_style style, int32_t x, int32_t y, struct str text);
void put_right(struct page *p, enum page_style style, int32_t right, int32_t y, struct str text);
/* Where a paragraph stands: its upper edge, its width, and how many lines it may have (0: as many as it
 * needs; what is too much is cut off, and an ellipsis says so). */
struct area {
    int32_t x, y, width, leading, lines_max;
};
int32_t put_paragraph(struct page *p, enum page_style style, struct area area,
                      struct str text); /* lower edge */
int32_t paragraph_lines(enum page_style style, int32_t width, struct str text);
int32_t text_width(enum page_style style, struct str text);
void widen(int32_t *width, enum page_style style, struct str text); /* to at least the text's */

/* A label in bold, if there is one, and a text below it; nothing where there is no text. */
void page_note(struct page *p, struct str label, struct str text);

/* ---- the upper part of the first page ---- */

struct page_detail {
    struct str label, value; /* "": it is left out */
};
struct page_head {
    struct str title; /* "Invoice" */
    struct str to;    /* "Bill to" */
    struct str to_name;
    const struct party *party;
    const struct page_detail *details;
    size_t details_count;
};
void page_head(struct page *p, const struct page_head *h);
/* Its upper part alone, for what is sent to nobody: logo or name, title, rule. */
void page_top(struct page *p, struct str title);

/* The band with the amount that matters and, in its colour, how it stands. */
struct page_figure {
    struct str label, amount, stamp;
    uint32_t colour;
};
void page_figure(struct page *p, const struct page_figure *f);

/* ---- tables and sums ---- */

enum { PAGE_COLUMNS_MAX = 7 };
/* The first column is a text and as wide as the others leave room, the others are set to the right and as
 * wide as what they hold. */
struct page_table {
    struct str labels[PAGE_COLUMNS_MAX];
    int32_t widths[PAGE_COLUMNS_MAX]; /* at least; of the first: of no use */
    size_t columns;
    struct money
        carried; /* zero in the currency that the last column sums up; not given: nothing is carried */
};
struct page_row {
    struct str cells[PAGE_COLUMNS_MAX];
    struct str under;    /* in small print under the first cell */
    struct money amount; /* of the last column, for what is carried */
};
enum err page_table(struct page *p, struct page_table *t, const struct page_row *rows, size_t count,
                    struct error *e) MUST_USE;

struct page_sum {
    struct str label, amount;
    bool strong;
};
void page_sums(struct page *p, const struct page_sum *sums, size_t count);

/* ---- codes ---- */

/* A QR code with a caption, and texts to its right. It stays on one page. `text` "": no code, the texts
 * alone. */
struct page_code {
    struct str text;          /* of the code */
    struct str caption, help; /* below one another, right of the code: what it is for */
    const struct page_detail *details;
    size_t details_count;
    bool tiny; /* the help in the smallest print */
};
enum err page_code(struct page *p, const struct page_code *c, struct error *e) MUST_USE;

#endif
