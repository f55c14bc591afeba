/* SPDX-License-Identifier: MIT */
/* pdf_inner.h - shared by the files that touch libharu: pdf.c (pages), pdf_font.c (fonts and encodings),
 * pdf_cjk.c (the font that it has no call for), pdf_metadata.c (PDF/A) and pdf_attachment.c (Factur-X). They
 * use parts of libharu 2.3.0 that its manual does not show, so nobody else may.
 *
 * libharu's return codes do not tell the truth everywhere and every call after a failure fails too; what
 * counts is the first error that its handler heard, kept in struct pdf_trouble and asked for once, at the
 * end. */
#ifndef DAYBOOK_REPORTS_PDF_INNER_H
#define DAYBOOK_REPORTS_PDF_INNER_H

#include "reports/pdf_marks.h"

#include <hpdf.h>
#include <hpdf_doc.h>
#include <hpdf_font.h>
#include <hpdf_objects.h>
#include <hpdf_pages.h>
#include <hpdf_streams.h>

struct pdf_trouble {
    HPDF_STATUS first, detail; /* 0: none */
};

/* A font file in memory, as libharu reads it. It must outlive the document. */
struct pdf_font_file {
    struct bytes bytes;
    size_t at;
};

/* What texts are written with. Each face has one font object for each encoding of one byte a character. A
 * document in western languages needs Windows' one only; any other gets encodings of its own, which share
 * ASCII and have up to 128 of the document's other characters each. */
enum { PDF_CODE_FIRST = 128, PDF_CODES = 128, PDF_ENCODINGS_MAX = 8 };
struct pdf_fonts {
    struct pdf_font_file files[2];
    HPDF_Font fonts[2][PDF_ENCODINGS_MAX]; /* by face */
    const uint8_t *code;                   /* by character: its byte */
    const uint8_t *encoding;               /* by character: which encoding has it */
    char *scratch;                         /* room for the bytes of the longest text */
    HPDF_Dict cjk;               /* the font for Chinese, Japanese and Korean; NULL: none is needed */
    const uint16_t *cjk_numbers; /* by character: its glyph's number there */
};

/* Loads both faces and makes the encodings that the document needs. */
void pdf_fonts_load(struct pdf_fonts *out, HPDF_Doc doc, const struct pdf *p, struct arena *a);

/* Makes the font of the document's Chinese, Japanese and Korean characters. */
void pdf_cjk_load(struct pdf_fonts *out, HPDF_Doc doc, const struct pdf *p, struct arena *a);
/* Shows such characters, where the text before them ended; the page's font is then another. */
void pdf_cjk_show(HPDF_Page page, const struct pdf_fonts *fonts, int32_t size, const uint16_t *characters,
                  size_t count, struct arena *a);

/* Document information, XMP, output intent, language and identity: what makes the file PDF/A-3b. */
void pdf_metadata_write(HPDF_Doc doc, const struct pdf_info *info, struct arena *a);
/* Texts and dates, in the form that the document information has. */
void pdf_add_ascii(HPDF_Doc doc, HPDF_Dict dict, const char *key, const char *text);
void pdf_add_date(HPDF_Doc doc, HPDF_Dict dict, const char *key, struct instant at);

/* info->attachment as file of the document, and the XMP that announces it. */
void pdf_attachment_write(HPDF_Doc doc, const struct pdf_info *info);
void pdf_attachment_announce(struct buffer *xmp);

#endif
