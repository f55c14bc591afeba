/* SPDX-License-Identifier: MIT */
/* chart_columns.c - columns and lines over a row of places. */
#include "reports/chart.h"

enum {
    TITLE_HEIGHT = 1700,
    LEGEND_HEIGHT = 1500,
    SWATCH = 700,
    TOTAL_ROOM = 1200, /* above the highest column, for its sum */
    NAMES_HEIGHT = 1500,
    HAIR = 40,
    SLIT = 60, /* white, between stacked parts: they stay apart without their colours */
    WIDEST_COLUMN = 4200,
    STROKE = 150,
    DOT = 420,
};

struct plot {
    struct page *page;
    const struct chart *chart;
    struct chart_scale scale;
    int32_t left, right, top; /* of the drawing, whose lower edge is top + scale.length */
};

/* ---- what is around it ---- */

static int64_t add_within(int64_t a, int64_t b)
{
    static const int64_t most = INT64_C(4000000000000000000);
    if (b > 0 && a > most - b) return most;
    if (b < 0 && a < -most - b) return -most;
    return a + b;
}

static int64_t value_at(const struct chart *c, size_t place, size_t series)
{
    return c->values[place * c->series_count + series];
}

/* What stands above and below the base line. */
static void stack(const struct chart *c, size_t place, int64_t *above, int64_t *below)
{
    *above = *below = 0;
    for (size_t i = 0; i < c->series_count; i++) {
        int64_t value = value_at(c, place, i);
        int64_t *side = value > 0 ? above : below;
        *side = add_within(*side, value);
    }
}

static struct chart_scale scale_of(const struct chart *c)
{
    int64_t low = 0, high = 0;
    for (size_t i = 0; i < c->places_count; i++) {
        int64_t above = 0, below = 0;
        stack(c, i, &above, &below);
        if (above > high) high = above;
        if (below < low) low = below;
    }
    return chart_scale_of(low, high, c->height);
}

/* As many names in a row as fit. */
static void put_legend(struct page *p, const struct chart *c)
{
    int32_t x = PAGE_LEFT;
    if (c->series_count < 2) return;
    for (size_t i = 0; i < c->series_count; i++) {
        int32_t width = SWATCH + 400 + text_width(STYLE_TINY, c->series[i]) + PAGE_GAP;
        if (x > PAGE_LEFT && x + width > PAGE_RIGHT) {
            x = PAGE_LEFT;
            p->y += LEGEND_HEIGHT;
        }
        pdf_box(p->pdf, c->colours[i], x, p->y + 150, SWATCH, SWATCH);
        struct area area = {x + SWATCH + 400, p->y + 50, PAGE_RIGHT - x - SWATCH - 400, 1000, 1};
        (void)put_paragraph(p, STYLE_TINY, area, c->series[i]);
        x += width;
    }
    p->y += LEGEND_HEIGHT;
}

static int32_t y_of(const struct plot *t, int64_t value)
{
    return t->top + t->scale.length - chart_at(&t->scale, value);
}

static int32_t widest_name(const struct chart *c)
{
    int32_t widest = 1;
    for (size_t i = 0; i < c->places_count; i++) widen(&widest, STYLE_TINY, c->places[i]);
    return widest;
}

/* The first and the last name may be wider than their places: half of them has room beside the drawing. */
static void leave_room(struct plot *t)
{
    int32_t widest = widest_name(t->chart), slot = (t->right - t->left) / (int32_t)t->chart->places_count;
    if (widest <= slot) return;
    t->right -= widest / 2;
    if (t->left < PAGE_LEFT + widest / 2) t->left = PAGE_LEFT + widest / 2;
}

/* The widest of the axis' numbers decides where the drawing begins. */
static void put_axis(struct plot *t)
{
    struct page *p = t->page;
    const struct chart_scale *s = &t->scale;
    int32_t widest = 0;
    for (int64_t at = s->low; at <= s->high; at += s->step)
        widen(&widest, STYLE_TINY, chart_step_words(p, s, at, t->chart->currency));
    t->left = PAGE_LEFT + widest + 700;
    leave_room(t);
    for (int64_t at = s->low; at <= s->high; at += s->step) {
        int32_t y = y_of(t, at);
        put_right(p, STYLE_TINY, t->left - 500, y + 250, chart_step_words(p, s, at, t->chart->currency));
        pdf_box(p->pdf, at == 0 ? COLOUR_INK : COLOUR_RULE, t->left, y - HAIR / 2, t->right - t->left, HAIR);
    }
}

static int32_t slot_left(const struct plot *t, size_t place)
{
    return t->left +
           (int32_t)((int64_t)(t->right - t->left) * (int64_t)place / (int64_t)t->chart->places_count);
}

static int32_t middle_of(const struct plot *t, size_t place)
{
    return (slot_left(t, place) + slot_left(t, place + 1)) / 2;
}

static void put_middle(struct page *p, enum page_style style, int32_t x, int32_t y, struct str text)
{
    put_text(p, style, x - text_width(style, text) / 2, y, text);
}

/* Where names are wider than their columns, only each second or third stands there. */
static void put_names(struct plot *t)
{
    const struct chart *c = t->chart;
    int32_t widest = widest_name(c), y = t->top + t->scale.length + 1100;
    int32_t slot = (t->right - t->left) / (int32_t)c->places_count;
    size_t each = (size_t)((widest + 500 + slot - 1) / slot);
    for (size_t i = 0; i < c->places_count; i++)
        if ((c->places_count - 1 - i) % each == 0)
            put_middle(t->page, STYLE_TINY, middle_of(t, i), y, c->places[i]);
}

static struct plot plot_begin(struct page *p, const struct chart *c)
{
    struct plot t = {.page = p, .chart = c, .scale = scale_of(c), .right = PAGE_RIGHT};
    assert(c->places_count > 0 && c->places_count <= CHART_PLACES_MAX && c->series_count > 0);
    page_need(p, TITLE_HEIGHT + 2 * LEGEND_HEIGHT + TOTAL_ROOM + c->height + NAMES_HEIGHT);
    put_text(p, STYLE_STRONG, PAGE_LEFT, p->y + 900, c->title);
    p->y += TITLE_HEIGHT;
    put_legend(p, c);
    t.top = p->y + TOTAL_ROOM;
    put_axis(&t);
    put_names(&t);
    return t;
}

static void plot_end(struct plot *t)
{
    t->page->y = t->top + t->scale.length + NAMES_HEIGHT + 1500;
}

/* A number that stands `y` high and begins a part of its width left of the middle, in hundredths; in white,
 * so that no line of the axis runs through it. It is left out where there is no room for it. */
static void put_value(const struct plot *t, size_t place, int64_t value, int32_t y, int32_t left)
{
    struct page *p = t->page;
    struct str words = say_amount(p->speech, p->arena, money_of(value, t->chart->currency));
    int32_t room = slot_left(t, place + 1) - slot_left(t, place), width = text_width(STYLE_TINY, words);
    int32_t x = middle_of(t, place) - width * left / 100;
    if (width + 200 > room) return;
    if (x + width > PAGE_RIGHT) x = PAGE_RIGHT - width;
    pdf_box(p->pdf, COLOUR_WHITE, x - 100, y - 600, width + 200, 700);
    put_text(p, STYLE_TINY, x, y, words);
}

/* ---- columns ---- */

static void put_part(const struct plot *t, size_t place, uint32_t colour, int64_t from, int64_t to)
{
    int32_t slot = slot_left(t, place + 1) - slot_left(t, place), width = slot * 2 / 3;
    if (width > WIDEST_COLUMN) width = WIDEST_COLUMN;
    int32_t upper = y_of(t, from > to ? from : to), lower = y_of(t, from > to ? to : from);
    int32_t slit = lower - upper > 3 * SLIT ? SLIT : 0;
    if (lower > upper)
        pdf_box(t->page->pdf, colour, middle_of(t, place) - width / 2, upper, width, lower - upper - slit);
}

static void put_column(const struct plot *t, size_t place)
{
    const struct chart *c = t->chart;
    int64_t above = 0, below = 0;
    for (size_t i = 0; i < c->series_count; i++) {
        int64_t value = value_at(c, place, i), *side = value > 0 ? &above : &below, from = *side;
        *side = add_within(*side, value);
        put_part(t, place, c->colours[i], from, *side);
    }
    if (c->with_total) put_value(t, place, add_within(above, below), y_of(t, above) - 400, 50);
}

void chart_columns(struct page *p, const struct chart *c)
{
    struct plot t = plot_begin(p, c);
    for (size_t i = 0; i < c->places_count; i++) put_column(&t, i);
    plot_end(&t);
}

/* ---- lines ---- */

/* Where the line does not run: below a valley, left of a way up, right of a way down, else above. */
static void put_line_value(const struct plot *t, size_t place)
{
    const struct chart *c = t->chart;
    int64_t value = value_at(c, place, 0);
    bool from_above = place > 0 && value_at(c, place - 1, 0) > value;
    bool to_above = place + 1 < c->places_count && value_at(c, place + 1, 0) > value;
    int32_t y = y_of(t, value), left = from_above == to_above ? 50 : to_above ? 100 : 0;
    put_value(t, place, value, from_above && to_above ? y + 1000 : y - 450, left);
}

void chart_line(struct page *p, const struct chart *c)
{
    struct plot t = plot_begin(p, c);
    if (c->with_total)
        for (size_t i = 0; i < c->places_count; i++) put_line_value(&t, i);
    for (size_t i = 0; i < c->places_count; i++) {
        struct pdf_point here = {middle_of(&t, i), y_of(&t, value_at(c, i, 0))};
        if (i + 1 < c->places_count) {
            struct pdf_point next = {middle_of(&t, i + 1), y_of(&t, value_at(c, i + 1, 0))};
            pdf_line(p->pdf, c->colours[0], STROKE, here, next);
        }
        pdf_line(p->pdf, c->colours[0], DOT, here, here);
    }
    plot_end(&t);
}
