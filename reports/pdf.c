/* SPDX-License-Identifier: MIT */
/* pdf.c - writes a document's marks as a file, with libharu. */
#include "reports/pdf_inner.h"

static void hear(HPDF_STATUS code, HPDF_STATUS detail, void *context)
{
    struct pdf_trouble *trouble = context;
    if (trouble->first == HPDF_OK) *trouble = (struct pdf_trouble){code, detail};
}

/* The only floating point: libharu wants it. */
static HPDF_REAL points(int32_t hundredths)
{
    return (HPDF_REAL)hundredths / 100.0F;
}

static void draw_page(struct pdf_job *j, const struct pdf_page *marks, const struct pdf_fonts *fonts)
{
    HPDF_Page page = HPDF_AddPage(j->doc);
    if (page == NULL) return;
    (void)HPDF_Page_SetWidth(page, points(PDF_PAGE_WIDTH));
    (void)HPDF_Page_SetHeight(page, points(PDF_PAGE_HEIGHT));
    struct bytes content = pdf_page_content(j, page, marks, fonts);
    pdf_stream_fill(j, ((HPDF_PageAttr)page->attr)->contents, content);
}

/* Beyond some 32,000 pages libharu needs a tree of pages with more than one level. */
enum { PAGES_OF_FLAT_TREE = 1000, PAGES_PER_NODE = 200 };

static void draw(struct pdf_job *j, const struct pdf_info *info)
{
    const struct pdf *p = j->pdf;
    struct pdf_fonts fonts = {0};
    if (p->count > PAGES_OF_FLAT_TREE) (void)HPDF_SetPagesConfiguration(j->doc, PAGES_PER_NODE);
    pdf_metadata_write(j, info);
    pdf_fonts_load(&fonts, j);
    if (HPDF_GetError(j->doc) != HPDF_OK) return;
    for (size_t i = 0; i < p->count; i++) draw_page(j, p->pages[i], &fonts);
}

static void save(struct buffer *out, HPDF_Doc doc)
{
    if (HPDF_SaveToStream(doc) != HPDF_OK) return;
    HPDF_UINT32 size = HPDF_GetStreamSize(doc);
    uint8_t *to = buffer_room(out, size);
    if (HPDF_ResetStream(doc) == HPDF_OK && HPDF_ReadFromStream(doc, to, &size) == HPDF_OK) out->len += size;
}

enum err pdf_write(struct buffer *out, const struct pdf *p, const struct pdf_info *info, struct arena *a,
                   struct error *e)
{
    if (p->refused != 0) return fail(e, ERR_INVALID, "no font has the character U+%04X", p->refused);
    struct pdf_trouble trouble = {0};
    struct pdf_job job = {.doc = HPDF_New(hear, &trouble), .pdf = p, .arena = a};
    size_t before = out->len;
    if (job.doc == NULL) return fail(e, ERR_STORAGE, "cannot start a PDF document: libharu has no memory");
    pdf_packer_begin(&job);
    draw(&job, info);
    pdf_packer_end(&job);
    save(out, job.doc);
    HPDF_Free(job.doc);
    if (trouble.first == HPDF_OK && out->len > before) return OK;
    out->len = before;
    return fail(e, ERR_STORAGE, "cannot write the PDF document: libharu's error 0x%04lX, detail %lu",
                (unsigned long)trouble.first, (unsigned long)trouble.detail);
}
