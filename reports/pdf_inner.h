/* SPDX-License-Identifier: MIT */
/* pdf_inner.h - shared by the files that touch libharu: pdf.c (the document), pdf_content.c (what pages say),
 * pdf_font.c and pdf_cjk.c (fonts), pdf_stream.c (streams), pdf_metadata.c (PDF/A) and pdf_attachment.c
 * (Factur-X). They use parts of libharu 2.3.0 that its manual does not show, so nobody else may. libharu
 * keeps the objects, their numbers and the file's order; fonts, commands of pages and compression are ours:
 * its own print wrong glyphs, cost more than all else, and know no font in memory.
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
#define ZLIB_CONST
#include <zlib.h>

struct pdf_trouble {
    HPDF_STATUS first, detail; /* 0: none */
};

/* A document on its way through libharu. */
struct pdf_job {
    HPDF_Doc doc;
    const struct pdf *pdf;
    struct arena *arena;
    z_stream packer;
};

/* An object that is referred to; NULL after an error. */
HPDF_Dict pdf_object(struct pdf_job *j);
/* A stream object of this content, deflated; NULL after an error. */
HPDF_Dict pdf_stream(struct pdf_job *j, struct bytes content);
/* Gives a stream of libharu's the content, deflated. */
void pdf_stream_fill(struct pdf_job *j, HPDF_Dict dict, struct bytes content);
void pdf_packer_begin(struct pdf_job *j);
void pdf_packer_end(struct pdf_job *j);

/* What texts are written with. Each face has one font object for each encoding of one byte a character. A
 * document of Windows' western characters needs Windows' encoding only; any other gets encodings of its own,
 * which share ASCII and have up to 128 of the document's other characters each. */
enum { PDF_CODE_FIRST = 128, PDF_CODES = 128, PDF_ENCODINGS_MAX = 8 };
struct pdf_fonts {
    HPDF_Dict fonts[2][PDF_ENCODINGS_MAX]; /* by face; NULL: nothing is written with it */
    const uint8_t *code;                   /* by character: its byte */
    const uint8_t *encoding;               /* by character: which encoding has it */
    HPDF_Dict cjk;               /* the font for Chinese, Japanese and Korean; NULL: none is needed */
    const uint16_t *cjk_numbers; /* by character: its glyph's number there */
};

/* Makes the fonts and encodings that the document needs. */
void pdf_fonts_load(struct pdf_fonts *out, struct pdf_job *j);
/* The font of the document's Chinese, Japanese and Korean characters, if it has some. */
void pdf_cjk_load(struct pdf_fonts *out, struct pdf_job *j);
/* The descriptor of a font made for the document, with its file; NULL after an error. */
HPDF_Dict pdf_font_descriptor(struct pdf_job *j, const struct pdf_font_source *source, const char *name,
                              uint32_t flags, struct bytes font);

/* A page's commands: its boxes, then its texts. */
struct bytes pdf_page_content(struct pdf_job *j, HPDF_Page page, const struct pdf_page *marks,
                              const struct pdf_fonts *fonts);

/* Document information, XMP, output intent, language and identity: what makes the file PDF/A-3b. */
void pdf_metadata_write(struct pdf_job *j, const struct pdf_info *info);
/* Texts and dates, in the form that the document information has. */
void pdf_add_ascii(HPDF_Doc doc, HPDF_Dict dict, const char *key, const char *text);
void pdf_add_date(HPDF_Doc doc, HPDF_Dict dict, const char *key, struct instant at);

/* info->attachment as file of the document, and the XMP that announces it. */
void pdf_attachment_write(struct pdf_job *j, const struct pdf_info *info);
void pdf_attachment_announce(struct buffer *xmp);

#endif
