/* SPDX-License-Identifier: MIT */
/* pdf_truetype.h - makes the TrueType font of one document out of the glyphs of a large one: what a document
 * does not write, it does not carry. Pure: the same glyphs in the same order are the same bytes. */
#ifndef DAYBOOK_REPORTS_PDF_TRUETYPE_H
#define DAYBOOK_REPORTS_PDF_TRUETYPE_H

#include "reports/pdf_assets.h"

struct truetype {
    const struct pdf_font_source *source;
    struct arena *arena;
    uint16_t *number;  /* by the source's number, in the new font; 0: it is not there */
    uint16_t *origin;  /* by the new font's number: the source's … */
    uint16_t *advance; /* … and how far it leads on, in the source's units */
    size_t count, room;
};

/* Only .notdef at first; for up to `most` glyphs besides those that they are built of. */
struct truetype truetype_begin(const struct pdf_font_source *source, size_t most, struct arena *a);
/* Adds a glyph, `width` thousandths wide; its number in the new font, counted on from 1. */
uint16_t truetype_add(struct truetype *t, uint16_t glyph, uint16_t width);

/* A character and its glyph's number. */
struct truetype_place {
    uint16_t code_point, number;
};
/* The font file. With `places`, sorted by code point, it has a map from Unicode; without, none. */
struct bytes truetype_file(struct truetype *t, const struct truetype_place *places, size_t count);

#endif
