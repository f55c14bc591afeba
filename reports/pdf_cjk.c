/* SPDX-License-Identifier: MIT */
/* pdf_cjk.c - Chinese, Japanese and Korean: of some 30,000 characters a document needs a few, so it gets a
 * TrueType font of just these, and is told their numbers in it. libharu knows no such fonts but with maps of
 * 128 kB; so its objects are put together by hand (ISO 32000-1, 9.7: a composite font with an
 * identity map), and texts are written as numbers of glyphs. */
#include "reports/pdf_inner.h"
#include "reports/pdf_truetype.h"

enum { SYMBOLIC = 4 }; /* its glyphs have numbers, no names */

/* Its characters' glyphs, in the order of their numbers. */
static struct bytes font_of(const struct pdf_job *j)
{
    const struct pdf *p = j->pdf;
    struct truetype font = truetype_begin(&pdf_cjk_font, p->cjk_count, j->arena);
    for (size_t i = 0; i < p->cjk_count; i++) {
        const struct pdf_cjk_character *c = &pdf_cjk_characters[p->cjk_rows[i]];
        (void)truetype_add(&font, c->glyph, c->width);
    }
    return truetype_file(&font, NULL, 0);
}

static const char font_name[] = "DBKAAC+DaybookSansCJK";

static HPDF_Array widths_of(HPDF_Doc doc, const struct pdf *p)
{
    HPDF_Array all = HPDF_Array_New(doc->mmgr), widths = HPDF_Array_New(doc->mmgr);
    if (all == NULL || widths == NULL) return NULL;
    for (size_t i = 0; i < p->cjk_count; i++)
        (void)HPDF_Array_AddNumber(widths, pdf_cjk_characters[p->cjk_rows[i]].width);
    (void)HPDF_Array_AddNumber(all, 1);
    (void)HPDF_Array_Add(all, widths);
    return all;
}

static HPDF_Dict descendant_of(struct pdf_job *j)
{
    HPDF_Doc doc = j->doc;
    HPDF_Dict font = pdf_object(j), system = HPDF_Dict_New(doc->mmgr),
              descriptor = pdf_font_descriptor(j, &pdf_cjk_font, font_name, SYMBOLIC, font_of(j));
    HPDF_Array widths = widths_of(doc, j->pdf);
    if (font == NULL || system == NULL || descriptor == NULL || widths == NULL) return NULL;
    (void)HPDF_Dict_AddName(font, "Type", "Font");
    (void)HPDF_Dict_AddName(font, "Subtype", "CIDFontType2");
    (void)HPDF_Dict_AddName(font, "BaseFont", font_name);
    (void)HPDF_Dict_Add(font, "CIDSystemInfo", system);
    (void)HPDF_Dict_Add(system, "Registry", HPDF_String_New(doc->mmgr, "Adobe", NULL));
    (void)HPDF_Dict_Add(system, "Ordering", HPDF_String_New(doc->mmgr, "Identity", NULL));
    (void)HPDF_Dict_AddNumber(system, "Supplement", 0);
    (void)HPDF_Dict_Add(font, "FontDescriptor", descriptor);
    (void)HPDF_Dict_AddNumber(font, "DW", 1000);
    (void)HPDF_Dict_Add(font, "W", widths);
    (void)HPDF_Dict_AddName(font, "CIDToGIDMap", "Identity");
    return font;
}

/* From glyphs' numbers to Unicode, by which readers copy and search text. */
static HPDF_Dict unicode_map(struct pdf_job *j)
{
    enum { BLOCK = 100 };
    const struct pdf *p = j->pdf;
    struct buffer b = {.arena = j->arena};
    buffer_print(&b, "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n"
                     "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n"
                     "/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n"
                     "1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n");
    for (size_t i = 0; i < p->cjk_count; i++) {
        size_t left = p->cjk_count - i;
        if (i % BLOCK == 0) buffer_print(&b, "%zu beginbfchar\n", left < BLOCK ? left : (size_t)BLOCK);
        buffer_print(&b, "<%04zX> <%04X>\n", i + 1, pdf_cjk_characters[p->cjk_rows[i]].code_point);
        if (left == 1 || i % BLOCK == BLOCK - 1) buffer_print(&b, "endbfchar\n");
    }
    buffer_print(&b, "endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n");
    return pdf_stream(j, (struct bytes){b.ptr, b.len});
}

void pdf_cjk_load(struct pdf_fonts *out, struct pdf_job *j)
{
    if (j->pdf->cjk_count == 0) return;
    HPDF_Dict font = pdf_object(j), descendant = descendant_of(j), map = unicode_map(j);
    HPDF_Array descendants = HPDF_Array_New(j->doc->mmgr);
    if (font == NULL || descendant == NULL || map == NULL || descendants == NULL) return;
    (void)HPDF_Dict_AddName(font, "Type", "Font");
    (void)HPDF_Dict_AddName(font, "Subtype", "Type0");
    (void)HPDF_Dict_AddName(font, "BaseFont", font_name);
    (void)HPDF_Dict_AddName(font, "Encoding", "Identity-H");
    (void)HPDF_Array_Add(descendants, descendant);
    (void)HPDF_Dict_Add(font, "DescendantFonts", descendants);
    (void)HPDF_Dict_Add(font, "ToUnicode", map);
    out->cjk = font;
    out->cjk_numbers = j->pdf->cjk_numbers;
}
