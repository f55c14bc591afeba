/* SPDX-License-Identifier: MIT */
/* report_table.c - see report_table.h. */
#include "reports/report_table.h"

enum {
    GAP = 900,
    TEXT_WIDEST = 9500,
    FILL_LEAST = 7000,
    HEAD_HEIGHT = 1400,
    ROW_HEIGHT = 1250,
    LARGE_MORE = 350
};

/* Left edges and widths of the columns. */
struct places {
    int32_t left[TABLE_COLUMNS_MAX], width[TABLE_COLUMNS_MAX];
};

static enum page_style style_of(const struct table *t, bool strong)
{
    if (t->large) return strong ? STYLE_STRONG : STYLE_BODY;
    return strong ? STYLE_CELL_STRONG : STYLE_CELL;
}

static enum page_style label_style(const struct table *t)
{
    return t->large ? STYLE_LABEL : STYLE_TINY;
}

static int32_t row_height(const struct table *t)
{
    return ROW_HEIGHT + (t->large ? LARGE_MORE : 0);
}

static int32_t width_of(const struct table *t, size_t column, const struct table_row *rows, size_t count)
{
    int32_t width = 0;
    if (t->kinds[column] == COLUMN_FILLS) return 0;
    widen(&width, label_style(t), t->labels[column]);
    for (size_t i = 0; i < count; i++) widen(&width, style_of(t, rows[i].strong), rows[i].cells[column]);
    return t->kinds[column] == COLUMN_TEXT && width > TEXT_WIDEST ? TEXT_WIDEST : width;
}

/* Answers what is left: below nothing, and they do not fit. What no column fills is spread between them. */
static int32_t place_columns(struct places *out, const struct table *t, const struct table_row *rows,
                             size_t count)
{
    size_t filling = t->columns;
    int32_t left = PAGE_INNER - GAP * ((int32_t)t->columns - 1), x = PAGE_LEFT, gap = GAP;
    for (size_t c = 0; c < t->columns; c++) {
        out->width[c] = width_of(t, c, rows, count);
        left -= out->width[c];
        if (t->kinds[c] == COLUMN_FILLS) filling = c;
    }
    int32_t more = filling < t->columns ? left - FILL_LEAST : left;
    if (filling < t->columns)
        out->width[filling] = left;
    else if (t->columns > 1 && left > 0)
        gap += left / ((int32_t)t->columns - 1);
    for (size_t c = 0; c < t->columns; c++) {
        out->left[c] = x;
        x += out->width[c] + gap;
    }
    return more;
}

bool table_fits(const struct table *t, const struct table_row *rows, size_t count)
{
    struct places at;
    return place_columns(&at, t, rows, count) >= 0;
}

static void put_cell(struct page *p, const struct table *t, const struct places *at, size_t c,
                     enum page_style style, int32_t baseline, struct str text)
{
    struct area area = {at->left[c], baseline - 750, at->width[c], 1000, 1};
    if (t->kinds[c] == COLUMN_AMOUNT)
        put_right(p, style, at->left[c] + at->width[c], baseline, text);
    else
        (void)put_paragraph(p, style, area, text);
}

static void put_head(struct page *p, const struct table *t, const struct places *at)
{
    for (size_t c = 0; c < t->columns; c++) put_cell(p, t, at, c, label_style(t), p->y + 800, t->labels[c]);
    pdf_box(p->pdf, COLOUR_INK, PAGE_LEFT, p->y + HEAD_HEIGHT - 150, PAGE_INNER, 60);
    p->y += HEAD_HEIGHT;
}

void put_table(struct page *p, const struct table *t, const struct table_row *rows, size_t count)
{
    struct places at;
    int32_t height = row_height(t);
    (void)place_columns(&at, t, rows, count);
    page_need(p, HEAD_HEIGHT + 3 * height);
    put_head(p, t, &at);
    for (size_t i = 0; i < count; i++) {
        if (p->y + height > p->bottom) {
            page_continue(p);
            put_head(p, t, &at);
        }
        for (size_t c = 0; c < t->columns; c++)
            put_cell(p, t, &at, c, style_of(t, rows[i].strong), p->y + height * 2 / 3, rows[i].cells[c]);
        p->y += height;
        pdf_box(p->pdf, i + 1 == count || rows[i].strong ? COLOUR_INK : COLOUR_RULE, PAGE_LEFT, p->y,
                PAGE_INNER, 40);
    }
    p->y += 1500;
}
