/* SPDX-License-Identifier: MIT */
/* pdf_cjk.c - Chinese, Japanese and Korean: of some 30,000 characters a document needs a few, so it gets a
 * TrueType font of just these, made here, and is told their numbers in it. libharu knows no such fonts but
 * with maps of 128 kB; so its objects are put together by hand (ISO 32000-1, 9.7: a composite font with an
 * identity map), and texts are written as numbers of glyphs. */
#include "reports/pdf_inner.h"

/* ---- which glyphs ---- */

/* A glyph is put together of others, which may be put together, too (the OpenType specification, "glyf"). */
enum {
    ARGUMENTS_ARE_WORDS = 0x0001,
    HAS_SCALE = 0x0008,
    HAS_MORE = 0x0020,
    HAS_TWO_SCALES = 0x0040,
    HAS_MATRIX = 0x0080,
    OUTLINE_HEAD = 10,
    GLYPHS_MAX = 0xffff,
};

struct glyphs {
    uint16_t *number; /* by the source's number, in the new font; 0: it is not there */
    uint16_t *source; /* by the new font's number */
    size_t count;
    struct arena *arena;
};

static struct bytes outline_of(uint16_t glyph)
{
    return (struct bytes){pdf_cjk_outlines + pdf_cjk_places[glyph],
                          pdf_cjk_places[glyph + 1] - pdf_cjk_places[glyph]};
}

static uint16_t be16_at(const uint8_t *from)
{
    return (uint16_t)(from[0] << 8 | from[1]);
}

/* Where the number of the next part stands; 0: there is none. *at goes on, beginning with 0. */
static size_t next_part(struct bytes outline, size_t *at)
{
    if (*at == 0) {
        bool built =
            outline.len > OUTLINE_HEAD && (outline.ptr[0] & 0x80) != 0; /* a number of contours below zero */
        *at = built ? OUTLINE_HEAD : outline.len;
    }
    if (*at >= outline.len) return 0;
    uint16_t flags = be16_at(outline.ptr + *at);
    size_t place = *at + 2;
    *at = place + 2 + ((flags & ARGUMENTS_ARE_WORDS) != 0 ? 4 : 2) +
          ((flags & HAS_SCALE) != 0        ? 2U
           : (flags & HAS_TWO_SCALES) != 0 ? 4U
           : (flags & HAS_MATRIX) != 0     ? 8U
                                           : 0U);
    if ((flags & HAS_MORE) == 0) *at = outline.len;
    return place;
}

static void take_glyph(struct glyphs *g, uint16_t glyph)
{
    if (glyph == 0 || g->number[glyph] != 0) return;
    assert(g->count < GLYPHS_MAX);
    g->number[glyph] = (uint16_t)g->count;
    g->source[g->count++] = glyph;
}

/* The characters' first, in the order of their numbers; then what they are built of. */
static struct glyphs glyphs_of(const struct pdf *p, struct arena *a)
{
    struct glyphs g = {.number = arena_array_of(a, uint16_t, GLYPHS_MAX + 1),
                       .source = arena_array_of(a, uint16_t, GLYPHS_MAX + 1),
                       .count = 1, /* .notdef */
                       .arena = a};
    for (size_t i = 0; i < p->cjk_count; i++) {
        g.number[pdf_cjk_characters[p->cjk_rows[i]].glyph] = (uint16_t)g.count;
        g.source[g.count++] = pdf_cjk_characters[p->cjk_rows[i]].glyph;
    }
    for (size_t i = 1; i < g.count; i++) {
        struct bytes outline = outline_of(g.source[i]);
        size_t at = 0, place = 0;
        while ((place = next_part(outline, &at)) != 0) take_glyph(&g, be16_at(outline.ptr + place));
    }
    return g;
}

/* ---- the font ---- */

static void add16(struct buffer *b, uint32_t n)
{
    uint8_t bytes[2];
    be16_put(bytes, (uint16_t)n);
    buffer_add(b, bytes, sizeof bytes);
}

static void add32(struct buffer *b, uint32_t n)
{
    uint8_t bytes[4];
    be32_put(bytes, n);
    buffer_add(b, bytes, sizeof bytes);
}

static void pad(struct buffer *b)
{
    while (b->len % 4 != 0) buffer_add_byte(b, 0);
}

/* The outlines, in which parts have their new numbers, and where each begins. */
static void add_outlines(struct buffer *glyf, struct buffer *loca, const struct glyphs *g)
{
    for (size_t i = 0; i < g->count; i++) {
        struct bytes outline = outline_of(g->source[i]);
        size_t start = glyf->len, at = 0, place = 0;
        add32(loca, (uint32_t)start);
        buffer_add(glyf, outline.ptr, outline.len);
        while ((place = next_part(outline, &at)) != 0)
            be16_put(glyf->ptr + start + place, g->number[be16_at(outline.ptr + place)]);
        pad(glyf);
    }
    add32(loca, (uint32_t)glyf->len);
}

/* Advances by character; parts and .notdef have none, for nobody writes them. */
static void add_advances(struct buffer *hmtx, const struct glyphs *g, const struct pdf *p)
{
    for (size_t i = 0; i < g->count; i++) {
        size_t width = i > 0 && i <= p->cjk_count ? pdf_cjk_characters[p->cjk_rows[i - 1]].width : 0;
        struct bytes outline = outline_of(g->source[i]);
        uint16_t left_edge = 0;
        if (outline.len >= OUTLINE_HEAD) left_edge = be16_at(outline.ptr + 2);
        add16(hmtx, (uint32_t)(width * pdf_cjk_font.em / 1000));
        add16(hmtx, left_edge);
    }
}

/* One of the source's tables with another number in it. */
static struct buffer changed(struct bytes table, size_t place, size_t number, struct arena *a)
{
    struct buffer b = {.arena = a};
    buffer_add(&b, table.ptr, table.len);
    be16_put(b.ptr + place, (uint16_t)number);
    return b;
}

enum { TABLES = 6, TABLE_ENTRY = 16, DIRECTORY = 12 + TABLES * TABLE_ENTRY };
enum { HEAD_CHECK = 8, HEAD_LOCA_FORMAT = 50, HHEA_ADVANCES = 34, MAXP_GLYPHS = 4 };

static uint32_t sum_of(const uint8_t *from, size_t len)
{
    uint32_t sum = 0;
    for (size_t i = 0; i < len; i += 4) sum += be32_get(from + i);
    return sum;
}

/* Tables in the order of their names, each at a place that 4 divides, with a directory before them. */
static struct buffer font_of(const struct pdf *p, struct arena *a)
{
    struct glyphs g = glyphs_of(p, a);
    struct buffer glyf = {.arena = a}, loca = {.arena = a}, hmtx = {.arena = a}, font = {.arena = a};
    add_outlines(&glyf, &loca, &g);
    add_advances(&hmtx, &g, p);
    struct buffer head = changed(pdf_cjk_font.head, HEAD_LOCA_FORMAT, 1, a);
    struct buffer hhea = changed(pdf_cjk_font.hhea, HHEA_ADVANCES, g.count, a);
    struct buffer maxp = changed(pdf_cjk_font.maxp, MAXP_GLYPHS, g.count, a);
    be32_put(head.ptr + HEAD_CHECK, 0);
    struct {
        const char *name;
        struct buffer *table;
    } tables[TABLES] = {{"glyf", &glyf}, {"head", &head}, {"hhea", &hhea},
                        {"hmtx", &hmtx}, {"loca", &loca}, {"maxp", &maxp}};
    size_t at = DIRECTORY;
    buffer_add(&font, "\0\1\0\0\0\6\0\100\0\2\0\40",
               12); /* version 1.0; six tables, 4 * 16, 2, 6 * 16 - 4 * 16 */
    for (size_t i = 0; i < TABLES; i++) {
        struct buffer *t = tables[i].table;
        uint32_t len = (uint32_t)t->len;
        pad(t);
        buffer_add(&font, tables[i].name, 4);
        add32(&font, sum_of(t->ptr, t->len));
        add32(&font, (uint32_t)at);
        add32(&font, len);
        at += t->len;
    }
    size_t head_at = DIRECTORY + glyf.len;
    for (size_t i = 0; i < TABLES; i++) buffer_add(&font, tables[i].table->ptr, tables[i].table->len);
    be32_put(font.ptr + head_at + HEAD_CHECK, 0xb1b0afbaU - sum_of(font.ptr, font.len));
    return font;
}

/* ---- its objects in the document ---- */

static const char font_name[] = "DBKAAC+DaybookSansCJK";

static HPDF_Dict new_object(HPDF_Doc doc)
{
    HPDF_Dict dict = HPDF_Dict_New(doc->mmgr);
    if (dict == NULL || HPDF_Xref_Add(doc->xref, dict) != HPDF_OK) return NULL;
    return dict;
}

static HPDF_Dict new_stream(HPDF_Doc doc, struct bytes content)
{
    HPDF_Dict stream = HPDF_DictStream_New(doc->mmgr, doc->xref);
    if (stream == NULL) return NULL;
    stream->filter = HPDF_STREAM_FILTER_FLATE_DECODE;
    (void)HPDF_Stream_Write(stream->stream, content.ptr, (HPDF_UINT)content.len);
    return stream;
}

static HPDF_Dict descriptor_of(HPDF_Doc doc, const struct pdf *p, struct arena *a)
{
    const struct pdf_cjk_font *f = &pdf_cjk_font;
    struct buffer font = font_of(p, a);
    HPDF_Dict descriptor = new_object(doc), file = new_stream(doc, (struct bytes){font.ptr, font.len});
    if (descriptor == NULL || file == NULL) return NULL;
    HPDF_Box box = {f->box[0], f->box[1], f->box[2], f->box[3]};
    (void)HPDF_Dict_AddNumber(file, "Length1", (HPDF_INT32)font.len);
    (void)HPDF_Dict_AddName(descriptor, "Type", "FontDescriptor");
    (void)HPDF_Dict_AddName(descriptor, "FontName", font_name);
    (void)HPDF_Dict_AddNumber(descriptor, "Flags", 4); /* symbolic: its glyphs have numbers, no names */
    (void)HPDF_Dict_Add(descriptor, "FontBBox", HPDF_Box_Array_New(doc->mmgr, box));
    (void)HPDF_Dict_AddNumber(descriptor, "Ascent", f->ascent);
    (void)HPDF_Dict_AddNumber(descriptor, "Descent", f->descent);
    (void)HPDF_Dict_AddNumber(descriptor, "CapHeight", f->ascent);
    (void)HPDF_Dict_AddNumber(descriptor, "ItalicAngle", 0);
    (void)HPDF_Dict_AddNumber(descriptor, "StemV", 80);
    (void)HPDF_Dict_Add(descriptor, "FontFile2", file);
    return descriptor;
}

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

static HPDF_Dict descendant_of(HPDF_Doc doc, const struct pdf *p, struct arena *a)
{
    HPDF_Dict font = new_object(doc), system = HPDF_Dict_New(doc->mmgr),
              descriptor = descriptor_of(doc, p, a);
    HPDF_Array widths = widths_of(doc, p);
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
static HPDF_Dict unicode_map(HPDF_Doc doc, const struct pdf *p, struct arena *a)
{
    enum { BLOCK = 100 };
    struct buffer b = {.arena = a};
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
    return new_stream(doc, (struct bytes){b.ptr, b.len});
}

void pdf_cjk_load(struct pdf_fonts *out, HPDF_Doc doc, const struct pdf *p, struct arena *a)
{
    if (p->cjk_count == 0) return;
    HPDF_Dict font = new_object(doc), descendant = descendant_of(doc, p, a), map = unicode_map(doc, p, a);
    HPDF_Array descendants = HPDF_Array_New(doc->mmgr);
    if (font == NULL || descendant == NULL || map == NULL || descendants == NULL) return;
    (void)HPDF_Dict_AddName(font, "Type", "Font");
    (void)HPDF_Dict_AddName(font, "Subtype", "Type0");
    (void)HPDF_Dict_AddName(font, "BaseFont", font_name);
    (void)HPDF_Dict_AddName(font, "Encoding", "Identity-H");
    (void)HPDF_Array_Add(descendants, descendant);
    (void)HPDF_Dict_Add(font, "DescendantFonts", descendants);
    (void)HPDF_Dict_Add(font, "ToUnicode", map);
    out->cjk = font;
    out->cjk_numbers = p->cjk_numbers;
}

void pdf_cjk_show(HPDF_Page page, const struct pdf_fonts *fonts, int32_t size, const uint16_t *characters,
                  size_t count, struct arena *a)
{
    struct buffer b = {.arena = a};
    const char *name = HPDF_Page_GetLocalFontName(page, fonts->cjk);
    if (name == NULL) return;
    buffer_print(&b, "/%s %d.%02d Tf\n<", name, (int)(size / 100), (int)(size % 100));
    for (size_t i = 0; i < count; i++)
        buffer_print(&b, "%04X", fonts->cjk_numbers[characters[i] - pdf_characters_count]);
    buffer_print(&b, "> Tj\n");
    (void)HPDF_Stream_Write(((HPDF_PageAttr)page->attr)->stream, b.ptr, (HPDF_UINT)b.len);
}
