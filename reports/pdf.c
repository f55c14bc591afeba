/* SPDX-License-Identifier: MIT */
/* pdf.c - writes a document's marks with libharu. The only place with floating point: libharu wants it, and
 * what goes in are whole hundredths of a point. */
#include "reports/pdf_inner.h"

static void hear(HPDF_STATUS code, HPDF_STATUS detail, void *context)
{
    struct pdf_trouble *trouble = context;
    if (trouble->first == HPDF_OK) *trouble = (struct pdf_trouble){code, detail};
}

static HPDF_REAL points(int32_t hundredths)
{
    return (HPDF_REAL)hundredths / 100.0F;
}

static HPDF_REAL part(uint32_t colour, unsigned shift)
{
    return (HPDF_REAL)(colour >> shift & 0xffU) / 255.0F;
}

static void set_colour(HPDF_Page page, uint32_t colour)
{
    (void)HPDF_Page_SetRGBFill(page, part(colour, 16), part(colour, 8), part(colour, 0));
}

/* State that would be the same as before is not written again. */
struct pen {
    HPDF_Doc doc;
    HPDF_Page page;
    const struct pdf_fonts *fonts;
    struct arena *arena;
    bool coloured;
    uint32_t colour;
    HPDF_Font font;
    int32_t size;
};

static void use_colour(struct pen *pen, uint32_t colour)
{
    if (pen->coloured && pen->colour == colour) return;
    set_colour(pen->page, colour);
    pen->coloured = true;
    pen->colour = colour;
}

/* A number below 1,000 and a blank. */
static size_t put_small(char *to, int32_t n)
{
    size_t len = 0;
    assert(n >= 0 && n < 1000);
    if (n >= 100) to[len++] = (char)('0' + n / 100);
    if (n >= 10) to[len++] = (char)('0' + n / 10 % 10);
    to[len++] = (char)('0' + n % 10);
    to[len++] = ' ';
    return len;
}

enum { RUN_BYTES = 4 + 4 + 4 + 5 }; /* x, y, width, "1 re\n" */

/* "x y width 1 re" for each run of dark modules, counted in modules from the upper left corner. */
static size_t put_runs(char *to, const struct pdf_grid *g)
{
    size_t len = 0;
    for (int32_t row = 0; row < g->side; row++) {
        const uint8_t *dark = g->dark + (size_t)row * (size_t)g->side;
        for (int32_t from = 0, end = 0; from < g->side; from = end + 1) {
            for (end = from; end < g->side && dark[end] != 0;) end++;
            if (end == from) continue;
            len += put_small(to + len, from);
            len += put_small(to + len, row);
            len += put_small(to + len, end - from);
            memcpy(to + len, "1 re\n", 5);
            len += 5;
        }
    }
    return len;
}

/* Hundreds of boxes: a call of libharu for each would cost more than the rest of the page. So the page's own
 * commands are written to it, in a system of coordinates in which a module is 1 wide and rows go down. */
static void draw_grid(struct pen *pen, const struct pdf_grid *g)
{
    HPDF_Stream content = ((HPDF_PageAttr)pen->page->attr)->stream;
    size_t runs_max = (size_t)g->side * ((size_t)g->side / 2 + 1);
    char *runs = arena_take_raw(pen->arena, runs_max * RUN_BYTES);
    size_t len = put_runs(runs, g);
    (void)HPDF_Page_GSave(pen->page);
    (void)HPDF_Page_Concat(pen->page, points(g->module), 0, 0, -points(g->module), points(g->x),
                           points(PDF_PAGE_HEIGHT - g->y));
    (void)HPDF_Stream_Write(content, (const HPDF_BYTE *)runs, (HPDF_UINT)len);
    (void)HPDF_Stream_WriteStr(content, "f\n");
    (void)HPDF_Page_GRestore(pen->page);
}

static HPDF_STATUS write_filter_of_jpeg(HPDF_Dict dict, HPDF_Stream out)
{
    (void)dict;
    return HPDF_Stream_WriteStr(out, "/Filter /DCTDecode\n");
}

static HPDF_STATUS write_filter_of_pixels(HPDF_Dict dict, HPDF_Stream out)
{
    (void)dict;
    return HPDF_Stream_WriteStr(out, "/Filter /FlateDecode\n");
}

/* An image that libharu copies as it is; its own calls would unpack and pack it for every document. */
static void draw_picture(struct pen *pen, const struct pdf_mark *m)
{
    const struct pdf_picture *p = m->picture;
    HPDF_Dict image = HPDF_DictStream_New(pen->doc->mmgr, pen->doc->xref);
    if (image == NULL) return;
    image->header.obj_class |= HPDF_OSUBCLASS_XOBJECT;
    image->write_fn = p->jpeg ? write_filter_of_jpeg : write_filter_of_pixels;
    (void)HPDF_Dict_AddName(image, "Type", "XObject");
    (void)HPDF_Dict_AddName(image, "Subtype", "Image");
    (void)HPDF_Dict_AddNumber(image, "Width", (HPDF_INT32)p->width);
    (void)HPDF_Dict_AddNumber(image, "Height", (HPDF_INT32)p->height);
    (void)HPDF_Dict_AddNumber(image, "BitsPerComponent", 8);
    (void)HPDF_Dict_AddName(image, "ColorSpace", p->channels == 1 ? "DeviceGray" : "DeviceRGB");
    (void)HPDF_Stream_Write(image->stream, p->data.ptr, (HPDF_UINT)p->data.len);
    (void)HPDF_Page_DrawImage(pen->page, image, points(m->x), points(PDF_PAGE_HEIGHT - m->y - m->height),
                              points(m->width), points(m->height));
}

/* The only strokes there are: what they set is nobody else's. */
static void draw_line(const struct pen *pen, const struct pdf_mark *m)
{
    uint32_t colour = m->style.colour;
    (void)HPDF_Page_SetRGBStroke(pen->page, part(colour, 16), part(colour, 8), part(colour, 0));
    (void)HPDF_Page_SetLineWidth(pen->page, points(m->thick));
    (void)HPDF_Page_SetLineCap(pen->page, HPDF_ROUND_END);
    (void)HPDF_Page_MoveTo(pen->page, points(m->x), points(PDF_PAGE_HEIGHT - m->y));
    (void)HPDF_Page_LineTo(pen->page, points(m->x + m->width), points(PDF_PAGE_HEIGHT - m->y - m->height));
    (void)HPDF_Page_Stroke(pen->page);
}

static void draw_boxes(struct pen *pen, const struct pdf_mark *first)
{
    for (const struct pdf_mark *m = first; m != NULL; m = m->next) {
        if (m->picture != NULL) {
            draw_picture(pen, m);
            continue;
        }
        if (m->thick > 0) {
            draw_line(pen, m);
            continue;
        }
        use_colour(pen, m->style.colour);
        if (m->grid.side > 0) {
            draw_grid(pen, &m->grid);
            continue;
        }
        (void)HPDF_Page_Rectangle(pen->page, points(m->x), points(PDF_PAGE_HEIGHT - m->y - m->height),
                                  points(m->width), points(m->height));
        (void)HPDF_Page_Fill(pen->page);
    }
}

static void use_font(struct pen *pen, HPDF_Font font, int32_t size)
{
    if (pen->font == font && pen->size == size) return;
    (void)HPDF_Page_SetFontAndSize(pen->page, font, points(size));
    pen->font = font;
    pen->size = size;
}

/* ASCII is in every encoding, so it stays in the one that its neighbours need. */
static size_t run_length(const struct pdf_fonts *f, const uint16_t *characters, size_t count,
                         size_t *encoding)
{
    bool fixed = false;
    for (size_t i = 0; i < count; i++) {
        if (pdf_is_cjk(characters[i])) return i;
        if (pdf_characters[characters[i]].code_point < 0x80) continue;
        if (fixed && f->encoding[characters[i]] != *encoding) return i;
        *encoding = f->encoding[characters[i]];
        fixed = true;
    }
    return count;
}

/* The first characters of a text begin where it stands; what is of the third font, too. */
static size_t draw_cjk(struct pen *pen, const struct pdf_mark *m, size_t done)
{
    size_t len = 0;
    while (done + len < m->count && pdf_is_cjk(m->characters[done + len])) len++;
    if (done == 0) {
        use_font(pen, pen->fonts->fonts[m->style.face][0], m->style.size);
        (void)HPDF_Page_TextOut(pen->page, points(m->x), points(PDF_PAGE_HEIGHT - m->y), "");
    }
    if (len > 0) {
        pdf_cjk_show(pen->page, pen->fonts, m->style.size, m->characters + done, len, pen->arena);
        pen->font = NULL;
    }
    return len;
}

static void draw_text(struct pen *pen, const struct pdf_mark *m)
{
    use_colour(pen, m->style.colour);
    for (size_t done = 0; done < m->count;) {
        if (pdf_is_cjk(m->characters[done])) {
            done += draw_cjk(pen, m, done);
            continue;
        }
        size_t encoding = 0;
        size_t len = run_length(pen->fonts, m->characters + done, m->count - done, &encoding);
        for (size_t i = 0; i < len; i++)
            pen->fonts->scratch[i] = (char)pen->fonts->code[m->characters[done + i]];
        pen->fonts->scratch[len] = '\0';
        use_font(pen, pen->fonts->fonts[m->style.face][encoding], m->style.size);
        if (done == 0)
            (void)HPDF_Page_TextOut(pen->page, points(m->x), points(PDF_PAGE_HEIGHT - m->y),
                                    pen->fonts->scratch);
        else
            (void)HPDF_Page_ShowText(pen->page, pen->fonts->scratch);
        done += len;
    }
}

static void draw_page(HPDF_Doc doc, const struct pdf_page *marks, const struct pdf_fonts *fonts,
                      struct arena *a)
{
    struct pen pen = {.doc = doc, .page = HPDF_AddPage(doc), .fonts = fonts, .arena = a};
    if (pen.page == NULL) return;
    (void)HPDF_Page_SetWidth(pen.page, points(PDF_PAGE_WIDTH));
    (void)HPDF_Page_SetHeight(pen.page, points(PDF_PAGE_HEIGHT));
    draw_boxes(&pen, marks->boxes);
    (void)HPDF_Page_BeginText(pen.page);
    for (const struct pdf_mark *m = marks->texts; m != NULL; m = m->next) draw_text(&pen, m);
    (void)HPDF_Page_EndText(pen.page);
}

static size_t longest_text(const struct pdf *p)
{
    size_t longest = 0;
    for (size_t i = 0; i < p->count; i++)
        for (const struct pdf_mark *m = p->pages[i]->texts; m != NULL; m = m->next)
            if (m->count > longest) longest = m->count;
    return longest;
}

/* Beyond some 32,000 pages libharu needs a tree of pages with more than one level. */
enum { PAGES_OF_FLAT_TREE = 1000, PAGES_PER_NODE = 200 };

static void save(struct buffer *out, HPDF_Doc doc)
{
    if (HPDF_SaveToStream(doc) != HPDF_OK) return;
    HPDF_UINT32 size = HPDF_GetStreamSize(doc);
    uint8_t *to = buffer_room(out, size);
    if (HPDF_ResetStream(doc) == HPDF_OK && HPDF_ReadFromStream(doc, to, &size) == HPDF_OK) out->len += size;
}

static void draw(HPDF_Doc doc, const struct pdf *p, const struct pdf_info *info, struct pdf_fonts *fonts,
                 struct arena *a)
{
    (void)HPDF_SetCompressionMode(doc, HPDF_COMP_ALL);
    if (p->count > PAGES_OF_FLAT_TREE) (void)HPDF_SetPagesConfiguration(doc, PAGES_PER_NODE);
    pdf_metadata_write(doc, info, a);
    pdf_fonts_load(fonts, doc, p, a);
    if (HPDF_GetError(doc) != HPDF_OK) return;
    fonts->scratch = arena_take_raw(a, longest_text(p) + 1);
    for (size_t i = 0; i < p->count; i++) draw_page(doc, p->pages[i], fonts, a);
}

enum err pdf_write(struct buffer *out, const struct pdf *p, const struct pdf_info *info, struct arena *a,
                   struct error *e)
{
    if (p->refused != 0) return fail(e, ERR_INVALID, "no font has the character U+%04X", p->refused);
    struct pdf_trouble trouble = {0};
    struct pdf_fonts fonts = {0};
    size_t before = out->len;
    HPDF_Doc doc = HPDF_New(hear, &trouble);
    if (doc == NULL) return fail(e, ERR_STORAGE, "cannot start a PDF document: libharu has no memory");
    draw(doc, p, info, &fonts, a);
    save(out, doc);
    HPDF_Free(doc);
    if (trouble.first == HPDF_OK && out->len > before) return OK;
    out->len = before;
    return fail(e, ERR_STORAGE, "cannot write the PDF document: libharu's error 0x%04lX, detail %lu",
                (unsigned long)trouble.first, (unsigned long)trouble.detail);
}
