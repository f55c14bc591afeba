/* SPDX-License-Identifier: MIT */
/* chart_bars.c - amounts of a few, one below the other, each as a bar beside its number. */
#include "reports/chart.h"

enum { BAR_HEIGHT = 800, BAR_LEADING = 1400, NAME_WIDTH = 15000, TITLE_HEIGHT = 1700 };

void chart_bars(struct page *p, struct str title, const struct chart_bar *bars, size_t count)
{
    int64_t low = 0, high = 0;
    int32_t widest = 0;
    for (size_t i = 0; i < count; i++) {
        int64_t value = bars[i].amount.minor;
        if (value > high) high = value;
        if (value < low) low = value;
        widen(&widest, STYLE_CELL, say_amount(p->speech, p->arena, bars[i].amount));
    }
    int32_t left = PAGE_LEFT + NAME_WIDTH + 800, length = PAGE_RIGHT - widest - 800 - left;
    struct chart_scale s = chart_scale_of(low, high, length);
    int32_t zero = left + chart_at(&s, 0);
    page_need(p, TITLE_HEIGHT + (int32_t)count * BAR_LEADING);
    put_text(p, STYLE_STRONG, PAGE_LEFT, p->y + 900, title);
    p->y += TITLE_HEIGHT;
    for (size_t i = 0; i < count; i++, p->y += BAR_LEADING) {
        struct area area = {PAGE_LEFT, p->y - 100, NAME_WIDTH, 1000, 1};
        int32_t end = left + chart_at(&s, bars[i].amount.minor), from = end < zero ? end : zero;
        (void)put_paragraph(p, STYLE_CELL, area, bars[i].name);
        pdf_box(p->pdf, p->accent, from, p->y, abs(end - zero), BAR_HEIGHT);
        put_right(p, STYLE_CELL, PAGE_RIGHT, p->y + 650, say_amount(p->speech, p->arena, bars[i].amount));
    }
    pdf_box(p->pdf, COLOUR_INK, zero - 20, p->y - (int32_t)count * BAR_LEADING - 200, 40,
            (int32_t)count * BAR_LEADING);
    p->y += 1200;
}
