/* SPDX-License-Identifier: MIT */
/* page_code.c - QR codes with what stands beside them: each says what it is for, so that nobody takes one for
 * the other. */
#include "reports/page.h"
#include "reports/qr_code.h"

enum {
    MODULE = 140, /* half a millimetre: what cheap cameras still read off cheap paper */
    QUIET = QR_QUIET * MODULE,
    CAPTION_GAP = 600,
};

static int32_t label_width(const struct page_code *c)
{
    int32_t width = 0;
    for (size_t i = 0; i < c->details_count; i++)
        if (c->details[i].value.len > 0) widen(&width, STYLE_LABEL, c->details[i].label);
    return width + 900;
}

/* The texts, or only their height where `draws` is not set. */
static int32_t put_texts(struct page *p, const struct page_code *c, int32_t x, int32_t y, bool draws)
{
    enum page_style help = c->tiny ? STYLE_TINY : STYLE_SMALL;
    int32_t from = y, width = PAGE_RIGHT - x, labels = label_width(c);
    if (draws) put_text(p, STYLE_STRONG, x, y + BODY_LEADING * 3 / 4, c->caption);
    y += BODY_LEADING + 100;
    if (draws) (void)put_paragraph(p, help, (struct area){x, y, width, SMALL_LEADING, 0}, c->help);
    y += paragraph_lines(help, width, c->help) * SMALL_LEADING;
    if (c->details_count > 0 && c->help.len > 0) y += 400;
    for (size_t i = 0; i < c->details_count; i++) {
        const struct page_detail *d = &c->details[i];
        if (d->value.len == 0) continue;
        struct area area = {x + labels, y, width - labels, BODY_LEADING, 0};
        if (draws) {
            put_text(p, STYLE_LABEL, x, y + BODY_LEADING * 3 / 4, d->label);
            (void)put_paragraph(p, STYLE_BODY, area, d->value);
        }
        y += paragraph_lines(STYLE_BODY, area.width, d->value) * BODY_LEADING + 100;
    }
    return y - from;
}

enum err page_code(struct page *p, const struct page_code *c, struct error *e)
{
    struct qr_code code = {0};
    bool with_code = c->text.len > 0;
    enum err err = with_code ? qr_code_make(&code, c->text, p->arena, e) : OK;
    if (err != OK) return err;
    int32_t side = code.side * MODULE, x = PAGE_LEFT + (with_code ? side + QUIET + CAPTION_GAP : 0);
    int32_t height = put_texts(p, c, x, 0, false), quiet = with_code ? QUIET : 0;
    if (height < side) height = side;
    page_need(p, height + 2 * quiet);
    int32_t y = p->y + quiet;
    if (with_code)
        pdf_grid(p->pdf, COLOUR_BLACK, &(struct pdf_grid){PAGE_LEFT, y, MODULE, code.side, code.dark});
    (void)put_texts(p, c, x, y, true);
    p->y = y + height + quiet + 700;
    return OK;
}
