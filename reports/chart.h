/* SPDX-License-Identifier: MIT */
/* chart.h - charts as vector drawings: columns that are stacked, lines, and bars side by side with what they
 * are of. They stand on the page like paragraphs: from p->y on, on one page, and p->y is then below them.
 * chart.c has what all share (scale, axis, legend, colours), chart_columns.c and chart_bars.c the kinds.
 *
 * An axis goes in steps of 1, 2 or 5 times a power of ten, includes nothing, and shows the sign: what is
 * below nothing goes the other way. Values are minor units of one currency; what lies beyond 4 * 10^18 of
 * them is drawn at that edge. */
#ifndef DAYBOOK_REPORTS_CHART_H
#define DAYBOOK_REPORTS_CHART_H

#include "reports/page.h"

enum { CHART_SERIES_MAX = 6, CHART_BARS_MAX = 10, CHART_PLACES_MAX = 36 };

/* Colours for series, dark and light by turns of some fifteen hundredths, so that they stay apart in grey and
 * for whoever cannot tell hues; the first is the accent. */
void chart_colours(uint32_t out[CHART_SERIES_MAX], uint32_t accent);

/* Values over a row of places, months mostly. No more than CHART_PLACES_MAX. */
struct chart {
    const struct str *places;
    size_t places_count;
    struct str series[CHART_SERIES_MAX]; /* names, for the legend; one alone has none */
    uint32_t colours[CHART_SERIES_MAX];
    size_t series_count;
    const int64_t *values; /* by place, then by series */
    char currency[4];
    struct str title;
    int32_t height;  /* of the drawing itself */
    bool with_total; /* the sum of a place stands above it, where there is room */
};
/* Of each place, one above the other; what is below nothing hangs from the base line. */
void chart_columns(struct page *p, const struct chart *c);
/* The first series alone, with a dot for each place. */
void chart_line(struct page *p, const struct chart *c);

struct chart_bar {
    struct str name;
    struct money amount;
};
/* One below the other: name, bar, amount. */
void chart_bars(struct page *p, struct str title, const struct chart_bar *bars, size_t count);

/* ---- shared by the kinds ---- */

struct chart_scale {
    int64_t low, high, step; /* of the axis; low and high are whole steps */
    int64_t unit;            /* by which all are divided first, so that products fit */
    int32_t length;          /* from low to high, hundredths of a point */
};
struct chart_scale chart_scale_of(int64_t low, int64_t high, int32_t length);
/* How far from low a value is. */
int32_t chart_at(const struct chart_scale *s, int64_t value);
/* A step of the axis in words, without decimals that no step has. */
struct str chart_step_words(const struct page *p, const struct chart_scale *s, int64_t value,
                            const char *currency);

#endif
