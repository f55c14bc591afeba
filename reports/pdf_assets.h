/* SPDX-License-Identifier: MIT */
/* pdf_assets.h - what fonts.py makes at build time and the program carries inside it: fonts, their widths, a
 * colour profile. All constant; only the PDF writer's own files include this. */
#ifndef DAYBOOK_REPORTS_PDF_ASSETS_H
#define DAYBOOK_REPORTS_PDF_ASSETS_H

#include "ledger/base.h"

/* One character of the Latin, Greek and Cyrillic fonts. The table is sorted by code point and begins with
 * ASCII from the blank on. */
struct pdf_character {
    uint16_t code_point;
    uint16_t width[2]; /* by enum pdf_face, in thousandths of the size */
    uint16_t glyph[2]; /* by enum pdf_face, its number in pdf_fonts */
    uint8_t latin;     /* its byte in Windows code page 1252; 0: it has none */
    const char *name;  /* by which PDF readers know it */
};
extern const struct pdf_character pdf_characters[];
extern const size_t pdf_characters_count;

/* A letter and a combining mark that the fonts have as one character. Sorted. */
struct pdf_composition {
    uint16_t base, mark, composed;
};
extern const struct pdf_composition pdf_compositions[];
extern const size_t pdf_compositions_count;

/* A TrueType font, of which a document gets the glyphs that it needs. */
struct pdf_font_source {
    const uint8_t *outlines; /* its table "glyf" … */
    const uint32_t *places;  /* … where each glyph begins in it, and the next ends */
    size_t glyphs;
    struct bytes head, hhea, maxp; /* its other tables, of which only numbers change */
    int16_t box[4], ascent, descent, cap_height, x_height; /* in thousandths of the size */
    uint16_t stem;                                         /* how thick a stem is, in thousandths */
    uint16_t em;                                           /* its own units */
    const char *notice;                                    /* whose it is, and its licence */
};
extern const struct pdf_font_source pdf_fonts[2]; /* by enum pdf_face */

/* Chinese, Japanese and Korean: one face. Sorted by code point; none of them is in pdf_characters. */
struct pdf_cjk_character {
    uint16_t code_point, glyph;
    uint16_t width; /* in thousandths of the size */
};
extern const struct pdf_cjk_character pdf_cjk_characters[];
extern const size_t pdf_cjk_count;
extern const struct pdf_font_source pdf_cjk_font;

extern const struct bytes pdf_srgb_profile;

#endif
