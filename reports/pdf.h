/* SPDX-License-Identifier: MIT */
/* pdf.h - documents for people, written as PDF/A-3b. A document is first put together as a list of marks
 * (texts and boxes on A4 pages), which is pure arithmetic on whole numbers, and then written out by libharu
 * in one go.
 *
 * The bytes are a function of the marks and of struct pdf_info: no clock, no locale, no path, no font of the
 * machine. Any number of threads may write documents at once, each its own.
 *
 * Lengths are hundredths of a point, counted from the page's upper left corner rightwards and downwards.
 * Texts are UTF-8 and stand on their baseline. */
#ifndef DAYBOOK_REPORTS_PDF_H
#define DAYBOOK_REPORTS_PDF_H

#include "ledger/base.h"

enum { PDF_PAGE_WIDTH = 59528, PDF_PAGE_HEIGHT = 84189 };

enum pdf_face { PDF_REGULAR, PDF_BOLD };

struct pdf_style {
    enum pdf_face face;
    int32_t size;
    uint32_t colour; /* 0xRRGGBB */
};

struct pdf;

struct pdf *pdf_begin(struct arena *a);
void pdf_add_page(struct pdf *p); /* marks go to the newest page, until pdf_turn_to another */
size_t pdf_page_count(const struct pdf *p);
void pdf_turn_to(struct pdf *p, size_t page); /* from 0 */

/* A text that the fonts cannot show is remembered and fails pdf_write. */
void pdf_text(struct pdf *p, const struct pdf_style *s, int32_t x, int32_t y, struct str text);
void pdf_text_right(struct pdf *p, const struct pdf_style *s, int32_t right, int32_t y, struct str text);
void pdf_box(struct pdf *p, uint32_t colour, int32_t x, int32_t y, int32_t width, int32_t height);
/* A straight line with round ends, `thick` wide. */
struct pdf_point {
    int32_t x, y;
};
void pdf_line(struct pdf *p, uint32_t colour, int32_t thick, struct pdf_point from, struct pdf_point to);

/* A square of modules, dark or not, row by row; those that stand side by side are one box. Dark ones are
 * `colour`, the others stay as they are. `dark` outlives the document. */
struct pdf_grid {
    int32_t x, y, module, side;
    const uint8_t *dark; /* side * side; 0: not */
};
void pdf_grid(struct pdf *p, uint32_t colour, const struct pdf_grid *grid);

/* A picture, ready to be copied into any number of documents, by any number of threads. */
struct pdf_picture {
    uint32_t width, height; /* in pixels */
    unsigned channels;      /* 1 grey, 3 colours */
    bool jpeg;              /* data are a JPEG file; else deflated pixels */
    struct bytes data;
};
/* Of a PNG or JPEG file. Lives in the arena, a JPEG in `file`. ERR_INVALID, ERR_LIMIT: see image_read. */
enum err pdf_picture_read(struct pdf_picture *out, struct bytes file, struct arena *a,
                          struct error *e) MUST_USE;
/* It outlives the document. */
void pdf_picture(struct pdf *p, const struct pdf_picture *picture, int32_t x, int32_t y, int32_t width,
                 int32_t height);

/* ERR_INVALID when a character of the text is in no font: "buyer's name: no font has the character U+4E2D".
 */
enum err pdf_check_text(struct str text, const char *what, struct error *e) MUST_USE;
int32_t pdf_text_width(const struct pdf_style *s, struct str text);
/* Takes the longest head of *rest that is at most `width` wide: at a blank where there is one, else anywhere,
 * but at least one character. Blanks around the break are dropped. False when nothing is left. */
bool pdf_take_line(struct str *line, struct str *rest, const struct pdf_style *s, int32_t width);

struct pdf_info {
    struct str title, author, subject;
    const char *language; /* of its texts: "de"; NULL: "en" */
    struct instant created;
    /* What the document is identified by, 32 bytes of a hash; shorter: without identity. */
    struct bytes identity;
    /* Tells apart documents of one identity: 0 for the first. */
    uint32_t revision;
    /* The document as an e-invoice (CII), attached to it as Factur-X; empty: it has none. */
    struct bytes attachment;
};

/* Appends the file to `out`. */
enum err pdf_write(struct buffer *out, const struct pdf *p, const struct pdf_info *info, struct arena *a,
                   struct error *e) MUST_USE;

#endif
