/* SPDX-License-Identifier: MIT */
/* pdf_marks.h - what a document is between being put together (pdf_marks.c) and being written (pdf.c); only
 * the PDF writer's own files include this. Characters are numbers of rows of pdf_characters[], and from
 * pdf_characters_count on of rows of pdf_cjk_characters[]. */
#ifndef DAYBOOK_REPORTS_PDF_MARKS_H
#define DAYBOOK_REPORTS_PDF_MARKS_H

#include "reports/pdf.h"
#include "reports/pdf_assets.h"

struct pdf_mark {
    int32_t x, y;
    struct pdf_style style; /* of a box only the colour */
    const uint16_t *characters;
    size_t count;
    int32_t width, height;             /* of a box; of a line the way to its end */
    int32_t thick;                     /* of a line; of a box 0 */
    struct pdf_grid grid;              /* of a box that is one; else its side is 0 */
    const struct pdf_picture *picture; /* of a box that is one */
    struct pdf_mark *next;
};

struct pdf_page {
    struct pdf_mark *texts, *boxes; /* in the order they were made */
    struct pdf_mark **last_text, **last_box;
};

struct pdf {
    struct arena *arena;
    struct pdf_page **pages;
    size_t count, capacity;
    struct pdf_page *page;
    bool *used[2];         /* by face and character */
    uint16_t *cjk_numbers; /* by row of pdf_cjk_characters: the glyph's number in the document's font; NULL:
                              none is used */
    uint16_t *cjk_rows;    /* those used, in the order of their numbers, which begin with 1 */
    size_t cjk_count;
    uint32_t refused; /* the first code point that no font has; 0: none */
};

/* Reads a text as characters into to[text.len]. Spelled apart letters and marks are put together, blanks of
 * special width become blanks, invisible characters are left out. False, with the code point, when no font
 * has one. */
uint32_t pdf_next_code_point(const uint8_t **at); /* one step through a text known to be UTF-8 */
static inline bool pdf_is_cjk(uint16_t character)
{
    return character >= pdf_characters_count;
}

bool pdf_characters_read(uint16_t *to, size_t *count, struct str text, uint32_t *refused);
int32_t pdf_characters_width(const struct pdf_style *s, const uint16_t *characters, size_t count);

#endif
