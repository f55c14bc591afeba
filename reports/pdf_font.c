/* SPDX-License-Identifier: MIT */
/* pdf_font.c - gives libharu our fonts and encodings. libharu 2.3.0 has no call to load a font from memory
 * and its UTF-8 encoding is slow, large, and writes a faulty character map; both are got around here with its
 * inner functions: a stream that reads memory, and encodings of one byte a character made for the document at
 * hand.
 *
 * Only our own fonts may be loaded: libharu trusts what a font file says. */
#include "reports/pdf_inner.h"

/* ---- a font file in memory as a stream of libharu ---- */

static HPDF_STATUS file_read_bytes(HPDF_Stream stream, HPDF_BYTE *to, HPDF_UINT *size)
{
    struct pdf_font_file *f = stream->attr;
    size_t left = f->bytes.len - f->at;
    HPDF_STATUS status = left < *size ? HPDF_STREAM_EOF : HPDF_OK;
    if (left < *size) *size = (HPDF_UINT)left;
    bytes_put(to, (struct bytes){f->bytes.ptr + f->at, *size});
    f->at += *size;
    return status;
}

static HPDF_STATUS file_seek(HPDF_Stream stream, HPDF_INT position, HPDF_WhenceMode mode)
{
    struct pdf_font_file *f = stream->attr;
    int64_t from = mode == HPDF_SEEK_SET ? 0 : mode == HPDF_SEEK_CUR ? (int64_t)f->at : (int64_t)f->bytes.len;
    int64_t to = from + position;
    if (to < 0 || to > (int64_t)f->bytes.len) return HPDF_SetError(stream->error, HPDF_FILE_IO_ERROR, 0);
    f->at = (size_t)to;
    return HPDF_OK;
}

static HPDF_INT32 file_tell(HPDF_Stream stream)
{
    const struct pdf_font_file *f = stream->attr;
    return (HPDF_INT32)f->at;
}

static HPDF_UINT32 file_size(HPDF_Stream stream)
{
    const struct pdf_font_file *f = stream->attr;
    return (HPDF_UINT32)f->bytes.len;
}

/* Reads a face and gives it its name, "DBKAAA+DaybookSans-Regular"; NULL after an error. */
static HPDF_FontDef load_face(HPDF_Doc doc, struct pdf_font_file *file, const char *tag)
{
    HPDF_Stream stream =
        HPDF_CallbackReader_New(doc->mmgr, file_read_bytes, file_seek, file_tell, file_size, file);
    if (stream == NULL) return NULL;
    HPDF_FontDef face = HPDF_TTFontDef_Load(doc->mmgr, stream, HPDF_TRUE);
    if (face == NULL) return NULL;
    char letters[HPDF_TTF_FONT_TAG_LEN + 1] = "";
    bytes_put(letters, (struct bytes){(const uint8_t *)tag, HPDF_TTF_FONT_TAG_LEN});
    HPDF_TTFontDef_SetTagName(face, letters);
    return HPDF_Doc_RegisterFontDef(doc, face) == HPDF_OK ? face : NULL;
}

/* ---- fonts that are copied as they are ---- */

static HPDF_STATUS write_deflated(HPDF_Dict dict, HPDF_Stream out)
{
    (void)dict;
    return HPDF_Stream_WriteStr(out, "/Filter /FlateDecode\n");
}

/* Gives the face its descriptor with the packed font; libharu then makes none, which would cut and deflate
 * anew. */
static void describe_packed(HPDF_Doc doc, HPDF_FontDef face, const struct pdf_packed_font *font)
{
    const struct _HPDF_TTFontDefAttr_Rec *attr = face->attr;
    HPDF_Dict descriptor = HPDF_Dict_New(doc->mmgr);
    if (descriptor == NULL || HPDF_Xref_Add(doc->xref, descriptor) != HPDF_OK) return;
    HPDF_Dict file = HPDF_DictStream_New(doc->mmgr, doc->xref);
    if (file == NULL) return;
    file->write_fn = write_deflated;
    (void)HPDF_Stream_Write(file->stream, font->deflated.ptr, (HPDF_UINT)font->deflated.len);
    (void)HPDF_Dict_AddNumber(file, "Length1", (HPDF_INT32)font->size);
    (void)HPDF_Dict_AddName(descriptor, "Type", "FontDescriptor");
    (void)HPDF_Dict_AddName(descriptor, "FontName", attr->base_font);
    (void)HPDF_Dict_AddNumber(descriptor, "Flags", (HPDF_INT32)face->flags);
    (void)HPDF_Dict_Add(descriptor, "FontBBox", HPDF_Box_Array_New(doc->mmgr, face->font_bbox));
    (void)HPDF_Dict_AddNumber(descriptor, "Ascent", face->ascent);
    (void)HPDF_Dict_AddNumber(descriptor, "Descent", face->descent);
    (void)HPDF_Dict_AddNumber(descriptor, "CapHeight", face->cap_height);
    (void)HPDF_Dict_AddNumber(descriptor, "XHeight", face->x_height);
    (void)HPDF_Dict_AddNumber(descriptor, "ItalicAngle", face->italic_angle);
    (void)HPDF_Dict_AddNumber(descriptor, "StemV", face->stemv);
    (void)HPDF_Dict_Add(descriptor, "FontFile2", file);
    face->descriptor = descriptor;
}

static size_t smallest_of(uint8_t packs)
{
    size_t pack = 0;
    for (unsigned left = packs; (left & 1U) == 0; left >>= 1) pack++;
    return pack;
}

static void load_packed(struct pdf_fonts *out, HPDF_Doc doc, const struct pdf *p, HPDF_FontDef const faces[2],
                        struct arena *a)
{
    uint8_t *code = arena_array_of(a, uint8_t, pdf_characters_count);
    for (size_t i = 0; i < pdf_characters_count; i++) code[i] = pdf_characters[i].latin;
    out->code = code;
    out->encoding = arena_array_of(a, uint8_t, pdf_characters_count);
    for (size_t i = 0; i < 2; i++) {
        describe_packed(doc, faces[i], &pdf_packed_fonts[smallest_of(p->packs[i])][i]);
        out->fonts[i][0] = HPDF_GetFont(doc, faces[i]->base_font, HPDF_ENCODING_WIN_ANSI);
    }
}

/* ---- encodings ---- */

static const char *character_name(uint32_t code_point)
{
    for (size_t i = 0; i < pdf_characters_count; i++)
        if (pdf_characters[i].code_point == code_point) return pdf_characters[i].name;
    return ".notdef";
}

/* Writes an encoding of ours into the font's dictionary: Windows' but for the codes from 128 on. */
static HPDF_STATUS write_encoding(HPDF_Encoder encoder, HPDF_Stream out)
{
    const struct _HPDF_BasicEncoderAttr_Rec *attr = encoder->attr;
    (void)HPDF_Stream_WriteStr(
        out, "/Encoding <<\n/Type /Encoding\n/BaseEncoding /WinAnsiEncoding\n/Differences [128");
    for (uint32_t code = PDF_CODE_FIRST; code <= attr->last_char; code++) {
        (void)HPDF_Stream_WriteStr(out, (code - PDF_CODE_FIRST) % 16 == 0 ? "\n/" : " /");
        (void)HPDF_Stream_WriteStr(out, character_name(attr->unicode_map[code]));
    }
    return HPDF_Stream_WriteStr(out, "]\n>>\n");
}

/* The map from codes to Unicode by which readers copy and search text. */
static void add_unicode_map(HPDF_Doc doc, HPDF_Font font, const struct _HPDF_BasicEncoderAttr_Rec *codes,
                            struct arena *a)
{
    struct buffer b = {.arena = a};
    buffer_print(&b, "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n"
                     "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n"
                     "/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n"
                     "1 begincodespacerange\n<00> <FF>\nendcodespacerange\n"
                     "1 beginbfrange\n<20> <7E> <0020>\nendbfrange\n");
    for (uint32_t code = PDF_CODE_FIRST; code <= codes->last_char; code++) {
        uint32_t left = codes->last_char - code + 1;
        if ((code - PDF_CODE_FIRST) % 64 == 0) buffer_print(&b, "%u beginbfchar\n", left < 64 ? left : 64);
        buffer_print(&b, "<%02X> <%04X>\n", code, codes->unicode_map[code]);
        if (left == 1 || (code - PDF_CODE_FIRST) % 64 == 63) buffer_print(&b, "endbfchar\n");
    }
    buffer_print(&b, "endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n");
    HPDF_Dict map = HPDF_DictStream_New(doc->mmgr, doc->xref);
    if (map == NULL) return;
    map->filter = HPDF_STREAM_FILTER_FLATE_DECODE;
    (void)HPDF_Stream_Write(map->stream, b.ptr, (HPDF_UINT)b.len);
    (void)HPDF_Dict_Add(font, "ToUnicode", map);
}

/* Makes an encoding of the `count` characters from *rows on and registers it; NULL after an error. */
static HPDF_Encoder make_encoding(HPDF_Doc doc, uint32_t number, const uint16_t *rows, size_t count)
{
    assert(count > 0 && count <= PDF_CODES);
    HPDF_Encoder encoder = HPDF_BasicEncoder_New(doc->mmgr, HPDF_ENCODING_WIN_ANSI);
    if (encoder == NULL) return NULL;
    (void)snprintf(encoder->name, sizeof encoder->name, "Daybook%u", number);
    encoder->write_fn = write_encoding;
    struct _HPDF_BasicEncoderAttr_Rec *attr = encoder->attr;
    for (size_t i = 0; i < count; i++)
        attr->unicode_map[PDF_CODE_FIRST + i] = pdf_characters[rows[i]].code_point;
    attr->last_char = (HPDF_BYTE)(PDF_CODE_FIRST + count - 1);
    return HPDF_Doc_RegisterEncoder(doc, encoder) == HPDF_OK ? encoder : NULL;
}

static void load_wide(struct pdf_fonts *out, HPDF_Doc doc, const struct pdf *p, HPDF_FontDef const faces[2],
                      struct arena *a)
{
    uint8_t *code = arena_array_of(a, uint8_t, pdf_characters_count);
    uint8_t *encoding = arena_array_of(a, uint8_t, pdf_characters_count);
    uint16_t *rows = arena_array_of(a, uint16_t, pdf_characters_count);
    size_t count = 0;
    for (size_t i = 0; i < pdf_characters_count; i++) {
        code[i] = (uint8_t)pdf_characters[i].code_point; /* right for ASCII, which all encodings have */
        if (!p->used[i] || pdf_characters[i].code_point < 0x80) continue;
        code[i] = (uint8_t)(PDF_CODE_FIRST + count % PDF_CODES);
        encoding[i] = (uint8_t)(count / PDF_CODES);
        rows[count++] = (uint16_t)i;
    }
    out->code = code;
    out->encoding = encoding;
    assert(count <= (size_t)PDF_CODES * PDF_ENCODINGS_MAX);
    for (size_t first = 0; first < count; first += PDF_CODES) {
        size_t number = first / PDF_CODES, here = count - first < PDF_CODES ? count - first : PDF_CODES;
        HPDF_Encoder encoder = make_encoding(doc, (uint32_t)number, rows + first, here);
        for (size_t face = 0; encoder != NULL && face < 2; face++) {
            out->fonts[face][number] = HPDF_GetFont(doc, faces[face]->base_font, encoder->name);
            if (out->fonts[face][number] != NULL)
                add_unicode_map(doc, out->fonts[face][number], encoder->attr, a);
        }
    }
}

void pdf_fonts_load(struct pdf_fonts *out, HPDF_Doc doc, const struct pdf *p, struct arena *a)
{
    bool wide = p->packs[PDF_REGULAR] == 0 || p->packs[PDF_BOLD] == 0;
    const struct bytes *files = wide ? pdf_fonts_wide : pdf_fonts_western;
    *out = (struct pdf_fonts){.files = {{.bytes = files[PDF_REGULAR]}, {.bytes = files[PDF_BOLD]}}};
    HPDF_FontDef const faces[2] = {load_face(doc, &out->files[PDF_REGULAR], "DBKAAA"),
                                   load_face(doc, &out->files[PDF_BOLD], "DBKAAB")};
    if (faces[0] == NULL || faces[1] == NULL) return;
    if (wide)
        load_wide(out, doc, p, faces, a);
    else
        load_packed(out, doc, p, faces, a);
    pdf_cjk_load(out, doc, p, a);
}
