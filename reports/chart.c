/* SPDX-License-Identifier: MIT */
/* chart.c - see chart.h: scales in whole numbers, and colours. */
#include "reports/chart.h"

enum { STEPS_MAX = 5 };
static const int64_t edge = INT64_C(4000000000000000000);

static int64_t within(int64_t value)
{
    return value > edge ? edge : value < -edge ? -edge : value;
}

/* 1, 2, 5, 10, 20, 50 … */
static int64_t next_step(int64_t step)
{
    int64_t power = 1;
    while (step / power >= 10) power *= 10;
    return step / power == 2 ? power * 5 : step * 2;
}

struct chart_scale chart_scale_of(int64_t low, int64_t high, int32_t length)
{
    struct chart_scale s = {.step = 1, .unit = 1, .length = length};
    low = low > 0 ? 0 : within(low);
    high = high < 0 ? 0 : within(high);
    if (low == high) high = 1;
    while (high / s.step - low / s.step > STEPS_MAX) s.step = next_step(s.step);
    s.low = low / s.step * s.step - (low % s.step != 0 ? s.step : 0);
    s.high = high / s.step * s.step + (high % s.step != 0 ? s.step : 0);
    while (s.high / s.unit - s.low / s.unit > INT32_MAX) s.unit *= 10;
    return s;
}

int32_t chart_at(const struct chart_scale *s, int64_t value)
{
    int64_t above = within(value) / s->unit - s->low / s->unit, all = s->high / s->unit - s->low / s->unit;
    if (above < 0) above = 0;
    return (int32_t)((above < all ? above : all) * s->length / all);
}

struct str chart_step_words(const struct page *p, const struct chart_scale *s, int64_t value,
                            const char *currency)
{
    int decimals = currency_decimals(currency);
    int64_t whole = 1;
    for (int i = 0; i < decimals; i++) whole *= 10;
    bool of_whole_units = s->step % whole == 0;
    return say_decimal(p->speech, p->arena, money_decimal(money_of(value, currency)),
                       of_whole_units ? 0 : decimals);
}

/* ---- colours ---- */

/* How light it looks, 0 to 255 (ITU-R BT.601). */
static int32_t lightness(uint32_t colour)
{
    return (int32_t)((299 * (colour >> 16 & 0xffU) + 587 * (colour >> 8 & 0xffU) + 114 * (colour & 0xffU)) /
                     1000);
}

/* Are they told apart by hue? The sum of the differences of their parts. */
static bool look_alike(uint32_t a, uint32_t b)
{
    enum { ALIKE = 150 };
    int32_t apart = 0;
    for (unsigned shift = 0; shift < 24; shift += 8)
        apart += abs((int32_t)(a >> shift & 0xffU) - (int32_t)(b >> shift & 0xffU));
    return apart < ALIKE;
}

void chart_colours(uint32_t out[CHART_SERIES_MAX], uint32_t accent)
{
    /* In the order in which neighbours differ most; of each a second of its lightness, for the case that the
     * accent is of the same hue. */
    static const uint32_t palette[CHART_SERIES_MAX][2] = {{0x1f2a44, 0x1f3d2b}, {0xf2c14e, 0x9ccbe8},
                                                          {0x7a3b8f, 0x2e6f40}, {0x4db6ac, 0xc77fa0},
                                                          {0xc8553d, 0x4a7fc1}, {0xd3d9e0, 0xe8d8b8}};
    size_t nearest = 0, count = 1;
    for (size_t i = 1; i < CHART_SERIES_MAX; i++)
        if (abs(lightness(palette[i][0]) - lightness(accent)) <
            abs(lightness(palette[nearest][0]) - lightness(accent)))
            nearest = i;
    out[0] = accent;
    for (size_t i = 0; i < CHART_SERIES_MAX; i++)
        if (i != nearest) out[count++] = palette[i][look_alike(palette[i][0], accent)];
}
