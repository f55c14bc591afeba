/* SPDX-License-Identifier: MIT */
/* pdf_font.c - the fonts of a document: of each face the glyphs that it writes, with encodings of one byte a
 * character. libharu 2.3.0 has no call to load a font from memory, cuts slowly, and its UTF-8 encoding is
 * large and writes a faulty character map; so its objects are put together here (ISO 32000-1, 9.6.3). */
#include "reports/pdf_inner.h"
#include "reports/pdf_truetype.h"

enum { NONSYMBOLIC = 32 };

static const char *const face_names[2] = {"DBKAAA+DaybookSans-Regular", "DBKAAB+DaybookSans-Bold"};

HPDF_Dict pdf_font_descriptor(struct pdf_job *j, const struct pdf_font_source *source, const char *name,
                              uint32_t flags, struct bytes font)
{
    HPDF_MMgr memory = j->doc->mmgr;
    HPDF_Dict descriptor = pdf_object(j), file = pdf_stream(j, font);
    if (descriptor == NULL || file == NULL) return NULL;
    HPDF_Box box = {source->box[0], source->box[1], source->box[2], source->box[3]};
    (void)HPDF_Dict_AddNumber(file, "Length1", (HPDF_INT32)font.len);
    (void)HPDF_Dict_AddName(descriptor, "Type", "FontDescriptor");
    (void)HPDF_Dict_AddName(descriptor, "FontName", name);
    (void)HPDF_Dict_AddNumber(descriptor, "Flags", (HPDF_INT32)flags);
    (void)HPDF_Dict_Add(descriptor, "FontBBox", HPDF_Box_Array_New(memory, box));
    (void)HPDF_Dict_AddNumber(descriptor, "Ascent", source->ascent);
    (void)HPDF_Dict_AddNumber(descriptor, "Descent", source->descent);
    (void)HPDF_Dict_AddNumber(descriptor, "CapHeight", source->cap_height);
    (void)HPDF_Dict_AddNumber(descriptor, "XHeight", source->x_height);
    (void)HPDF_Dict_AddNumber(descriptor, "ItalicAngle", 0);
    (void)HPDF_Dict_AddNumber(descriptor, "StemV", source->stem);
    (void)HPDF_Dict_Add(descriptor, "FontFile2", file);
    return descriptor;
}

static HPDF_Dict describe_face(struct pdf_job *j, size_t face)
{
    const bool *used = j->pdf->used[face];
    struct truetype_place *places = arena_array_of(j->arena, struct truetype_place, pdf_characters_count);
    struct truetype font = truetype_begin(&pdf_fonts[face], pdf_characters_count, j->arena);
    size_t count = 0;
    for (size_t i = 0; i < pdf_characters_count; i++) {
        const struct pdf_character *c = &pdf_characters[i];
        if (!used[i]) continue;
        places[count++] =
            (struct truetype_place){c->code_point, truetype_add(&font, c->glyph[face], c->width[face])};
    }
    struct bytes file = truetype_file(&font, places, count);
    return pdf_font_descriptor(j, &pdf_fonts[face], face_names[face], NONSYMBOLIC, file);
}

/* ---- encodings ---- */

/* The characters of one encoding from PDF_CODE_FIRST on, as rows of pdf_characters; none: it is Windows'. */
struct encoding {
    const uint16_t *rows;
    size_t count;
};

static void add_encoding(struct buffer *b, const struct encoding *e)
{
    if (e->count == 0) {
        buffer_print(b, "/Encoding /WinAnsiEncoding\n");
        return;
    }
    buffer_print(b, "/Encoding <<\n/Type /Encoding\n/BaseEncoding /WinAnsiEncoding\n/Differences [%d",
                 PDF_CODE_FIRST);
    for (size_t i = 0; i < e->count; i++)
        buffer_print(b, "%s%s", i % 16 == 0 ? "\n/" : " /", pdf_characters[e->rows[i]].name);
    buffer_print(b, "]\n>>\n");
}

/* The map from codes to Unicode by which readers copy and search text. */
static HPDF_Dict unicode_map(struct pdf_job *j, const struct encoding *e)
{
    struct buffer b = {.arena = j->arena};
    buffer_print(&b, "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n"
                     "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n"
                     "/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n"
                     "1 begincodespacerange\n<00> <FF>\nendcodespacerange\n"
                     "1 beginbfrange\n<20> <7E> <0020>\nendbfrange\n");
    for (size_t i = 0; i < e->count; i++) {
        size_t left = e->count - i;
        if (i % 64 == 0) buffer_print(&b, "%zu beginbfchar\n", left < 64 ? left : (size_t)64);
        buffer_print(&b, "<%02zX> <%04X>\n", PDF_CODE_FIRST + i, pdf_characters[e->rows[i]].code_point);
        if (left == 1 || i % 64 == 63) buffer_print(&b, "endbfchar\n");
    }
    buffer_print(&b, "endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n");
    return pdf_stream(j, (struct bytes){b.ptr, b.len});
}

/* How wide each code from the first to the last is that the face is written with; the others are 0. */
static void add_widths(struct buffer *b, const uint16_t widths[256])
{
    size_t first = 0, last = 255;
    while (first < last && widths[first] == 0) first++;
    while (last > first && widths[last] == 0) last--;
    buffer_print(b, "/FirstChar %zu\n/LastChar %zu\n/Widths [", first, last);
    for (size_t i = first; i <= last; i++)
        buffer_print(b, "%s%u", i == first ? "" : (i - first) % 32 == 0 ? "\n" : " ", widths[i]);
    buffer_print(b, "]\n");
}

/* libharu asks for the rest of a dictionary when it writes it. */
static HPDF_STATUS write_rest(HPDF_Dict dict, HPDF_Stream out)
{
    return HPDF_Stream_WriteStr(out, dict->attr);
}

/* The widths by code of what the face writes in one encoding; false: nothing. */
static bool widths_of(uint16_t widths[256], const struct pdf_fonts *fonts, const struct pdf *p, size_t face,
                      size_t number)
{
    bool any = false;
    for (size_t i = 0; i < pdf_characters_count; i++) {
        bool ascii = pdf_characters[i].code_point < 0x80;
        if (!p->used[face][i] || (!ascii && fonts->encoding[i] != number)) continue;
        widths[fonts->code[i]] = pdf_characters[i].width[face];
        any = any || !ascii || number == 0;
    }
    return any;
}

static HPDF_Dict make_font(struct pdf_job *j, size_t face, HPDF_Dict descriptor, const uint16_t widths[256],
                           const struct encoding *e)
{
    struct buffer rest = {.arena = j->arena};
    HPDF_Dict font = pdf_object(j), map = e->count > 0 ? unicode_map(j, e) : NULL;
    if (font == NULL) return NULL;
    buffer_print(&rest, "/Type /Font\n/Subtype /TrueType\n/BaseFont /%s\n", face_names[face]);
    add_encoding(&rest, e);
    add_widths(&rest, widths);
    buffer_add_byte(&rest, 0);
    font->attr = rest.ptr;
    font->write_fn = write_rest;
    (void)HPDF_Dict_Add(font, "FontDescriptor", descriptor);
    if (map != NULL) (void)HPDF_Dict_Add(font, "ToUnicode", map);
    return font;
}

static void load_faces(struct pdf_fonts *out, struct pdf_job *j, const struct encoding *encodings,
                       size_t count)
{
    for (size_t face = 0; face < 2; face++) {
        HPDF_Dict descriptor = NULL;
        for (size_t number = 0; number < count; number++) {
            uint16_t widths[256] = {0};
            if (!widths_of(widths, out, j->pdf, face, number)) continue;
            if (descriptor == NULL) descriptor = describe_face(j, face);
            out->fonts[face][number] = make_font(j, face, descriptor, widths, &encodings[number]);
        }
    }
}

/* Whether Windows' encoding has all that the document writes. */
static bool is_western(const struct pdf *p)
{
    for (size_t i = 0; i < pdf_characters_count; i++)
        if ((p->used[0][i] || p->used[1][i]) && pdf_characters[i].latin == 0) return false;
    return true;
}

static void encode_western(uint8_t *code)
{
    for (size_t i = 0; i < pdf_characters_count; i++) code[i] = pdf_characters[i].latin;
}

/* Deals the document's characters out to encodings; how many there are. */
static size_t encode_wide(struct encoding encodings[PDF_ENCODINGS_MAX], uint8_t *code, uint8_t *encoding,
                          const struct pdf *p)
{
    uint16_t *rows = arena_array_of(p->arena, uint16_t, pdf_characters_count);
    size_t count = 0;
    for (size_t i = 0; i < pdf_characters_count; i++) {
        code[i] = (uint8_t)pdf_characters[i].code_point; /* right for ASCII, which all encodings have */
        if ((!p->used[0][i] && !p->used[1][i]) || pdf_characters[i].code_point < 0x80) continue;
        code[i] = (uint8_t)(PDF_CODE_FIRST + count % PDF_CODES);
        encoding[i] = (uint8_t)(count / PDF_CODES);
        rows[count++] = (uint16_t)i;
    }
    assert(count <= (size_t)PDF_CODES * PDF_ENCODINGS_MAX);
    for (size_t first = 0; first < count; first += PDF_CODES)
        encodings[first / PDF_CODES] =
            (struct encoding){rows + first, count - first < PDF_CODES ? count - first : PDF_CODES};
    return (count + PDF_CODES - 1) / PDF_CODES;
}

void pdf_fonts_load(struct pdf_fonts *out, struct pdf_job *j)
{
    uint8_t *code = arena_array_of(j->arena, uint8_t, pdf_characters_count);
    uint8_t *encoding = arena_array_of(j->arena, uint8_t, pdf_characters_count);
    struct encoding encodings[PDF_ENCODINGS_MAX] = {0};
    size_t count = 1;
    *out = (struct pdf_fonts){.code = code, .encoding = encoding};
    if (is_western(j->pdf))
        encode_western(code);
    else
        count = encode_wide(encodings, code, encoding, j->pdf);
    load_faces(out, j, encodings, count);
    pdf_cjk_load(out, j);
}
