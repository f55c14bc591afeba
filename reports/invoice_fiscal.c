/* SPDX-License-Identifier: MIT */
/* invoice_fiscal.c - what tax offices want on a document that is in a chain of theirs, in their words and
 * language whatever the document's is.
 *
 * Spain: Order HAC/1177/2024, articles 20 and 21: a QR code (ISO/IEC 18004, level M) of 30 to 40 mm at the
 * beginning of the document, "QR tributario:" above it and below it the words of a verifiable invoice. */
#include "reports/invoice_layout.h"
#include "reports/qr_code.h"

enum {
    CODE_SIDE = 9639, /* 34 mm */
    ABOVE = 1100,
    BELOW = 400,
    BEHIND = 900,
};

static int32_t put_lines_below(struct page *p, int32_t y, const struct str *lines, size_t count)
{
    for (size_t i = 0; i < count; i++, y += BODY_LEADING)
        put_text(p, i == 0 ? STYLE_STRONG : STYLE_BODY, PAGE_LEFT, y + BODY_LEADING * 3 / 4, lines[i]);
    return y;
}

static enum err put_code(struct page *p, struct str above, struct str text, const struct str *below,
                         size_t below_count, struct error *e)
{
    struct qr_code code = {0};
    enum err err = qr_code_make(&code, text, p->arena, e);
    if (err != OK) return err;
    int32_t module = CODE_SIDE / code.side, quiet = QR_QUIET * module;
    int32_t side = code.side * module;
    page_need(p, ABOVE + 2 * quiet + side + BELOW + (int32_t)below_count * BODY_LEADING);
    put_text(p, STYLE_STRONG, PAGE_LEFT, p->y + BODY_LEADING * 3 / 4, above);
    int32_t y = p->y + ABOVE + quiet;
    pdf_grid(p->pdf, COLOUR_BLACK, &(struct pdf_grid){PAGE_LEFT, y, module, code.side, code.dark});
    p->y = put_lines_below(p, y + side + quiet - BELOW, below, below_count) + BEHIND;
    return OK;
}

enum err put_fiscal(struct layout *l, struct error *e)
{
    static const struct str spanish[] = {{"VERI*FACTU", 10},
                                         {"Factura verificable en la sede electrónica de la AEAT", 54}};
    const struct invoice_document *d = l->document;
    if (d->fiscal == NULL || d->seller == NULL) return OK;
    struct str text = fiscal_code_text(l->page.arena, d->fiscal, d->seller->fiscal_service);
    return put_code(&l->page, STR("QR tributario:"), text, spanish, sizeof spanish / sizeof spanish[0], e);
}
