/* SPDX-License-Identifier: MIT */
/* page_table.c - tables over as many pages as they need, with sums carried from page to page, and sums below
 * them. Columns are as wide as what they hold, so that nothing collides; texts of the first column wrap in
 * what is left. */
#include "reports/page.h"

enum {
    TABLE_HEAD_HEIGHT = 1320,
    ROW_PADDING = 520,
    CARRIED_HEIGHT = 2000, /* kept free for the carried sum at the foot of a page */
    FIRST_MIN = 9000,
};

struct grid {
    const struct page_table *table;
    int32_t right[PAGE_COLUMNS_MAX]; /* edges */
    int32_t first_width;
    struct money sum; /* of the rows so far */
    bool carries;
};

static struct grid grid_of(const struct page *p, const struct page_table *t, const struct page_row *rows,
                           size_t count)
{
    struct grid g = {.table = t, .carries = money_is_given(t->carried), .sum = t->carried};
    int32_t edge = PAGE_RIGHT;
    for (size_t c = t->columns - 1; c > 0; c--) {
        int32_t width = t->widths[c];
        widen(&width, STYLE_LABEL, t->labels[c]);
        for (size_t i = 0; i < count; i++) widen(&width, STYLE_BODY, rows[i].cells[c]);
        g.right[c] = edge;
        edge -= width + PAGE_GAP;
    }
    g.first_width = edge - PAGE_LEFT;
    (void)p;
    assert(g.first_width >= FIRST_MIN);
    return g;
}

static void put_table_head(struct page *p, const struct grid *g)
{
    const struct page_table *t = g->table;
    int32_t y = p->y + 800;
    put_text(p, STYLE_LABEL, PAGE_LEFT, y, t->labels[0]);
    for (size_t c = 1; c < t->columns; c++) put_right(p, STYLE_LABEL, g->right[c], y, t->labels[c]);
    pdf_box(p->pdf, COLOUR_INK, PAGE_LEFT, p->y + 1250, PAGE_INNER, 70);
    p->y += TABLE_HEAD_HEIGHT;
}

/* The sum of the lines above, at the foot of a page and again at the head of the next. */
static void put_carried(struct page *p, const struct grid *g, enum text label)
{
    if (!g->carries) return;
    put_text(p, STYLE_SMALL, PAGE_LEFT, p->y + 1250, say(p->speech, label));
    put_right(p, STYLE_BODY, PAGE_RIGHT, p->y + 1250, say_amount(p->speech, p->arena, g->sum));
    pdf_box(p->pdf, COLOUR_RULE, PAGE_LEFT, p->y + 1800, PAGE_INNER, 50);
    p->y += 1850;
}

static void turn_page(struct page *p, const struct grid *g)
{
    put_carried(p, g, TEXT_CARRIED_FORWARD);
    page_continue(p);
    put_table_head(p, g);
    put_carried(p, g, TEXT_BROUGHT_FORWARD);
}

static enum err put_row(struct page *p, struct grid *g, const struct page_row *r, bool last, struct error *e)
{
    int32_t lines = paragraph_lines(STYLE_BODY, g->first_width, r->cells[0]);
    int32_t small = paragraph_lines(STYLE_SMALL, g->first_width, r->under);
    if (lines == 0) lines = 1;
    int32_t height = 2 * ROW_PADDING + lines * BODY_LEADING + (small > 0 ? small * SMALL_LEADING + 150 : 0);
    if (p->y + height + (last || !g->carries ? 0 : CARRIED_HEIGHT) > p->bottom) turn_page(p, g);
    int32_t y = p->y + ROW_PADDING;
    struct area area = {PAGE_LEFT, y, g->first_width, BODY_LEADING, 0};
    area.y = put_paragraph(p, STYLE_BODY, area, r->cells[0]);
    if (area.y == y) area.y += BODY_LEADING;
    area.leading = SMALL_LEADING;
    (void)put_paragraph(p, STYLE_SMALL, area, r->under);
    for (size_t c = 1; c < g->table->columns; c++)
        put_right(p, STYLE_BODY, g->right[c], y + 920, r->cells[c]);
    p->y += height;
    pdf_box(p->pdf, last ? COLOUR_INK : COLOUR_RULE, PAGE_LEFT, p->y, PAGE_INNER, last ? 70 : 50);
    return g->carries ? money_add(&g->sum, g->sum, r->amount, e) : OK;
}

enum err page_table(struct page *p, struct page_table *t, const struct page_row *rows, size_t count,
                    struct error *e)
{
    struct grid g = grid_of(p, t, rows, count);
    enum err err = OK;
    page_need(p, TABLE_HEAD_HEIGHT + CARRIED_HEIGHT);
    put_table_head(p, &g);
    for (size_t i = 0; i < count && err == OK; i++) err = put_row(p, &g, &rows[i], i + 1 == count, e);
    p->y += 600;
    return err;
}

/* ---- sums ---- */

enum { SUM_HEIGHT = 1500, SUM_STRONG_HEIGHT = 2300, SUMS_MIN_WIDTH = 21000 };

/* The amounts, the label left of them; as wide as the widest pair. A label that is too long for that wraps.
 */
static int32_t sums_width(const struct page_sum *sums, size_t count, int32_t *amount)
{
    int32_t label = 0;
    *amount = 0;
    for (size_t i = 0; i < count; i++) {
        enum page_style style = sums[i].strong ? STYLE_SUM : STYLE_BODY;
        widen(&label, style, sums[i].label);
        widen(amount, style, sums[i].amount);
    }
    int32_t width = label + *amount + 2 * PAGE_GAP;
    if (width < SUMS_MIN_WIDTH) return SUMS_MIN_WIDTH;
    return width < PAGE_INNER ? width : PAGE_INNER;
}

static int32_t sum_lines(const struct page_sum *s, int32_t width)
{
    int32_t lines = paragraph_lines(s->strong ? STYLE_SUM : STYLE_BODY, width, s->label);
    return lines > 0 ? lines : 1;
}

static int32_t sum_height(const struct page_sum *s, int32_t width)
{
    return (s->strong ? SUM_STRONG_HEIGHT : SUM_HEIGHT) + (sum_lines(s, width) - 1) * BODY_LEADING;
}

void page_sums(struct page *p, const struct page_sum *sums, size_t count)
{
    int32_t amount = 0, left = PAGE_RIGHT - sums_width(sums, count, &amount), height = 0;
    int32_t label_width = PAGE_RIGHT - left - amount - PAGE_GAP;
    for (size_t i = 0; i < count; i++) height += sum_height(&sums[i], label_width);
    if (height < p->bottom - 2 * PAGE_TOP) page_need(p, height);
    for (size_t i = 0; i < count; i++) {
        const struct page_sum *s = &sums[i];
        enum page_style style = s->strong ? STYLE_SUM : STYLE_BODY;
        int32_t row = s->strong ? SUM_STRONG_HEIGHT : SUM_HEIGHT;
        page_need(p, sum_height(s, label_width));
        if (s->strong) pdf_box(p->pdf, COLOUR_INK, left, p->y + 200, PAGE_RIGHT - left, 50);
        int32_t baseline = p->y + row / 2 + 320;
        struct area area = {left, baseline - BODY_LEADING * 3 / 4, label_width, BODY_LEADING, 0};
        (void)put_paragraph(p, style, area, s->label);
        put_right(p, style, PAGE_RIGHT, baseline, s->amount);
        p->y += sum_height(s, label_width);
    }
    p->y += 1800;
}
