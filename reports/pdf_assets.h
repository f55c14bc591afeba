/* SPDX-License-Identifier: MIT */
/* pdf_assets.h - what fonts.py makes at build time and the program carries inside it: fonts, their widths, a
 * colour profile. All constant; only the PDF writer's own files include this. */
#ifndef DAYBOOK_REPORTS_PDF_ASSETS_H
#define DAYBOOK_REPORTS_PDF_ASSETS_H

#include "ledger/base.h"

/* One character that the fonts have. The table is sorted by code point and begins with ASCII from the blank
 * on. */
struct pdf_character {
    uint16_t code_point;
    uint16_t width[2]; /* by enum pdf_face, in thousandths of the size */
    uint8_t
        packs; /* a sum of powers of 2: which of pdf_packed_fonts have it; 0: it is in the wide fonts alone */
    uint8_t latin;    /* its byte in Windows code page 1252, if a packed font has it */
    const char *name; /* by which PDF readers know it */
};
extern const struct pdf_character pdf_characters[];
extern const size_t pdf_characters_count;

/* A letter and a combining mark that the fonts have as one character. Sorted. */
struct pdf_composition {
    uint16_t base, mark, composed;
};
extern const struct pdf_composition pdf_compositions[];
extern const size_t pdf_compositions_count;

/* TrueType files by enum pdf_face. */
extern const struct bytes pdf_fonts_western[2];
extern const struct bytes pdf_fonts_wide[2];

/* Fonts as they stand in documents: only the tables needed there, deflated. From the smallest
 * to the one that has all that any of them has; then by enum pdf_face. */
struct pdf_packed_font {
    struct bytes deflated;
    uint32_t size; /* inflated */
};
extern const struct pdf_packed_font pdf_packed_fonts[][2];
enum { PDF_PACKS_ALL = 0xff };

/* Chinese, Japanese and Korean: one face, of which a document gets the glyphs that it needs. Sorted by code
 * point; none of them is in pdf_characters. */
struct pdf_cjk_character {
    uint16_t code_point, glyph;
    uint16_t width; /* in thousandths of the size */
};
extern const struct pdf_cjk_character pdf_cjk_characters[];
extern const size_t pdf_cjk_count;
extern const uint8_t pdf_cjk_outlines[]; /* the table "glyf" of the TrueType font … */
extern const uint32_t pdf_cjk_places[];  /* … where each glyph begins in it, and the next ends */
struct pdf_cjk_font {
    struct bytes head, hhea, maxp;   /* its other tables, of which only the numbers of glyphs change */
    int16_t box[4], ascent, descent; /* in thousandths */
    uint16_t em;                     /* its own units */
};
extern const struct pdf_cjk_font pdf_cjk_font;

extern const struct bytes pdf_srgb_profile;

#endif
