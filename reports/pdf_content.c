/* SPDX-License-Identifier: MIT */
/* pdf_content.c - a page's marks as the commands that draw them (ISO 32000-1, 8.5 and 9.4). Written here and
 * not by libharu's calls: there are hundreds on a page, and all of them are whole hundredths. */
#include "reports/pdf_inner.h"

/* State that would be the same as before is not written again. */
struct pen {
    struct pdf_job *job;
    HPDF_Page page;
    const struct pdf_fonts *fonts;
    struct buffer out;
    bool coloured;
    uint32_t colour;
    HPDF_Dict font;
    int32_t size;
    int32_t x, y; /* where the line of text before began, from the lower left corner */
};

/* ---- numbers and words ---- */

enum { NUMBER_BYTES = 16 };

static size_t put_whole(uint8_t *to, uint32_t n)
{
    uint8_t digits[NUMBER_BYTES];
    size_t count = 0, len = 0;
    do digits[count++] = (uint8_t)('0' + n % 10);
    while ((n /= 10) > 0);
    while (count > 0) to[len++] = digits[--count];
    return len;
}

/* A decimal of `places` digits behind the point, as short as it can be, and a blank. */
static void add_decimal(struct buffer *b, int32_t n, unsigned places)
{
    uint8_t *to = buffer_room(b, NUMBER_BYTES);
    uint32_t size = n < 0 ? 0U - (uint32_t)n : (uint32_t)n, unit = 1, rest = 0;
    size_t len = 0;
    for (unsigned i = 0; i < places; i++) unit *= 10;
    if (n < 0) to[len++] = '-';
    len += put_whole(to + len, size / unit);
    rest = size % unit;
    if (rest > 0) to[len++] = '.';
    for (; rest > 0; rest = rest * 10 % unit) to[len++] = (uint8_t)('0' + rest * 10 / unit);
    to[len++] = ' ';
    b->len += len;
}

static void add_points(struct pen *pen, int32_t hundredths)
{
    add_decimal(&pen->out, hundredths, 2);
}

static void add_words(struct pen *pen, const char *words)
{
    buffer_add(&pen->out, words, strlen(words));
}

/* A name of the page's resources: "/F1 ". */
static void add_name(struct pen *pen, const char *name)
{
    add_words(pen, "/");
    add_words(pen, name);
    add_words(pen, " ");
}

static void add_colour(struct pen *pen, uint32_t colour)
{
    for (unsigned shift = 24; shift > 0;) {
        shift -= 8;
        add_decimal(&pen->out, (int32_t)(((colour >> shift & 0xffU) * 1000 + 127) / 255), 3);
    }
}

static void use_colour(struct pen *pen, uint32_t colour)
{
    if (pen->coloured && pen->colour == colour) return;
    add_colour(pen, colour);
    add_words(pen, "rg\n");
    pen->coloured = true;
    pen->colour = colour;
}

/* ---- boxes ---- */

enum { RUN_BYTES = 4 + 4 + 4 + 5 }; /* x, y, width, "1 re\n" */

/* A number below 1,000 and a blank. */
static size_t put_small(uint8_t *to, int32_t n)
{
    assert(n >= 0 && n < 1000);
    size_t len = put_whole(to, (uint32_t)n);
    to[len] = ' ';
    return len + 1;
}

/* "x y width 1 re" for each run of dark modules, counted in modules from the upper left corner. */
static size_t put_runs(uint8_t *to, const struct pdf_grid *g)
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

/* In a system of coordinates in which a module is 1 wide and rows go down. */
static void draw_grid(struct pen *pen, const struct pdf_grid *g)
{
    size_t runs_max = (size_t)g->side * ((size_t)g->side / 2 + 1);
    add_words(pen, "q\n");
    add_points(pen, g->module);
    add_words(pen, "0 0 ");
    add_points(pen, -g->module);
    add_points(pen, g->x);
    add_points(pen, PDF_PAGE_HEIGHT - g->y);
    add_words(pen, "cm\n");
    pen->out.len += put_runs(buffer_room(&pen->out, runs_max * RUN_BYTES), g);
    add_words(pen, "f\nQ\n");
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

/* An image that is copied as it is; libharu's own calls would unpack and pack it for every document. */
static HPDF_Dict image_of(struct pen *pen, const struct pdf_picture *p)
{
    HPDF_Dict image = HPDF_DictStream_New(pen->job->doc->mmgr, pen->job->doc->xref);
    if (image == NULL) return NULL;
    image->header.obj_class |= HPDF_OSUBCLASS_XOBJECT;
    image->write_fn = p->jpeg ? write_filter_of_jpeg : write_filter_of_pixels;
    (void)HPDF_Dict_AddName(image, "Type", "XObject");
    (void)HPDF_Dict_AddName(image, "Subtype", "Image");
    (void)HPDF_Dict_AddNumber(image, "Width", (HPDF_INT32)p->width);
    (void)HPDF_Dict_AddNumber(image, "Height", (HPDF_INT32)p->height);
    (void)HPDF_Dict_AddNumber(image, "BitsPerComponent", 8);
    (void)HPDF_Dict_AddName(image, "ColorSpace", p->channels == 1 ? "DeviceGray" : "DeviceRGB");
    (void)HPDF_Stream_Write(image->stream, p->data.ptr, (HPDF_UINT)p->data.len);
    return image;
}

static void draw_picture(struct pen *pen, const struct pdf_mark *m)
{
    HPDF_Dict image = image_of(pen, m->picture);
    const char *name = image != NULL ? HPDF_Page_GetXObjectName(pen->page, image) : NULL;
    if (name == NULL) return;
    add_words(pen, "q\n");
    add_points(pen, m->width);
    add_words(pen, "0 0 ");
    add_points(pen, m->height);
    add_points(pen, m->x);
    add_points(pen, PDF_PAGE_HEIGHT - m->y - m->height);
    add_words(pen, "cm\n");
    add_name(pen, name);
    add_words(pen, "Do\nQ\n");
}

/* The only strokes there are: what they set is nobody else's. */
static void draw_line(struct pen *pen, const struct pdf_mark *m)
{
    add_colour(pen, m->style.colour);
    add_words(pen, "RG\n");
    add_points(pen, m->thick);
    add_words(pen, "w 1 J\n"); /* round ends */
    add_points(pen, m->x);
    add_points(pen, PDF_PAGE_HEIGHT - m->y);
    add_words(pen, "m\n");
    add_points(pen, m->x + m->width);
    add_points(pen, PDF_PAGE_HEIGHT - m->y - m->height);
    add_words(pen, "l S\n");
}

static void draw_box(struct pen *pen, const struct pdf_mark *m)
{
    if (m->picture != NULL) {
        draw_picture(pen, m);
        return;
    }
    if (m->thick > 0) {
        draw_line(pen, m);
        return;
    }
    use_colour(pen, m->style.colour);
    if (m->grid.side > 0) {
        draw_grid(pen, &m->grid);
        return;
    }
    add_points(pen, m->x);
    add_points(pen, PDF_PAGE_HEIGHT - m->y - m->height);
    add_points(pen, m->width);
    add_points(pen, m->height);
    add_words(pen, "re\nf\n");
}

/* ---- texts ---- */

/* False after an error of libharu's. */
static bool use_font(struct pen *pen, HPDF_Dict font, int32_t size)
{
    if (font == NULL) return false;
    if (pen->font == font && pen->size == size) return true;
    const char *name = HPDF_Page_GetLocalFontName(pen->page, font);
    if (name == NULL) return false;
    add_name(pen, name);
    add_points(pen, size);
    add_words(pen, "Tf\n");
    pen->font = font;
    pen->size = size;
    return true;
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

static size_t cjk_length(const uint16_t *characters, size_t count)
{
    size_t len = 0;
    while (len < count && pdf_is_cjk(characters[len])) len++;
    return len;
}

/* Numbers of glyphs. */
static void show_cjk(struct pen *pen, const uint16_t *characters, size_t count)
{
    add_words(pen, "<");
    for (size_t i = 0; i < count; i++)
        buffer_print(&pen->out, "%04X", pen->fonts->cjk_numbers[characters[i] - pdf_characters_count]);
    add_words(pen, "> Tj\n");
}

static void show(struct pen *pen, const uint16_t *characters, size_t count)
{
    size_t len = 0;
    add_words(pen, "(");
    uint8_t *to = buffer_room(&pen->out, 2 * count);
    for (size_t i = 0; i < count; i++) {
        uint8_t code = pen->fonts->code[characters[i]];
        if (code == '(' || code == ')' || code == '\\') to[len++] = '\\';
        to[len++] = code;
    }
    pen->out.len += len;
    add_words(pen, ") Tj\n");
}

static void draw_text(struct pen *pen, const struct pdf_mark *m)
{
    int32_t y = PDF_PAGE_HEIGHT - m->y;
    use_colour(pen, m->style.colour);
    add_points(pen, m->x - pen->x);
    add_points(pen, y - pen->y);
    add_words(pen, "Td\n");
    pen->x = m->x;
    pen->y = y;
    for (size_t done = 0, len = 0; done < m->count; done += len) {
        const uint16_t *characters = m->characters + done;
        size_t left = m->count - done, encoding = 0;
        len = cjk_length(characters, left);
        if (len > 0) {
            if (!use_font(pen, pen->fonts->cjk, m->style.size)) return;
            show_cjk(pen, characters, len);
            continue;
        }
        len = run_length(pen->fonts, characters, left, &encoding);
        if (!use_font(pen, pen->fonts->fonts[m->style.face][encoding], m->style.size)) return;
        show(pen, characters, len);
    }
}

struct bytes pdf_page_content(struct pdf_job *j, HPDF_Page page, const struct pdf_page *marks,
                              const struct pdf_fonts *fonts)
{
    struct pen pen = {.job = j, .page = page, .fonts = fonts, .out.arena = j->arena};
    for (const struct pdf_mark *m = marks->boxes; m != NULL; m = m->next) draw_box(&pen, m);
    add_words(&pen, "BT\n");
    for (const struct pdf_mark *m = marks->texts; m != NULL; m = m->next) draw_text(&pen, m);
    add_words(&pen, "ET\n");
    return (struct bytes){pen.out.ptr, pen.out.len};
}
