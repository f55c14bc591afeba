/* SPDX-License-Identifier: MIT */
/* page.c - see page.h: texts, where pages end, what stands on each of them. It draws what it is given and
 * adds nothing to it: no clock, no lookup. */
#include "reports/page.h"

#include "reports/phrases.h"

static const struct pdf_style styles[STYLES] = {
    [STYLE_WORDMARK] = {PDF_BOLD, 1700, COLOUR_ACCENT}, [STYLE_TITLE] = {PDF_REGULAR, 2000, COLOUR_INK},
    [STYLE_FIGURE] = {PDF_BOLD, 1600, COLOUR_INK},      [STYLE_STAMP] = {PDF_BOLD, 950, COLOUR_WHITE},
    [STYLE_BODY] = {PDF_REGULAR, 900, COLOUR_INK},      [STYLE_STRONG] = {PDF_BOLD, 900, COLOUR_INK},
    [STYLE_LABEL] = {PDF_REGULAR, 800, COLOUR_GREY},    [STYLE_SMALL] = {PDF_REGULAR, 800, COLOUR_GREY},
    [STYLE_SUM] = {PDF_BOLD, 1050, COLOUR_INK},         [STYLE_TINY] = {PDF_REGULAR, 700, COLOUR_GREY},
    [STYLE_CELL] = {PDF_REGULAR, 750, COLOUR_INK},      [STYLE_CELL_STRONG] = {PDF_BOLD, 750, COLOUR_INK},
};

enum { FOOT_LEADING = 920, FOOT_GAP = 1500, FOOT_PARTS = 2 };

/* ---- texts ---- */

static struct pdf_style style_of(const struct page *p, enum page_style style)
{
    struct pdf_style s = styles[style];
    if (style == STYLE_WORDMARK) s.colour = p->accent;
    return s;
}

void put_text(struct page *p, enum page_style style, int32_t x, int32_t y, struct str text)
{
    struct pdf_style s = style_of(p, style);
    pdf_text(p->pdf, &s, x, y, text);
}

void put_right(struct page *p, enum page_style style, int32_t right, int32_t y, struct str text)
{
    struct pdf_style s = style_of(p, style);
    pdf_text_right(p->pdf, &s, right, y, text);
}

int32_t text_width(enum page_style style, struct str text)
{
    return pdf_text_width(&styles[style], text);
}

void widen(int32_t *width, enum page_style style, struct str text)
{
    int32_t needed = text_width(style, text);
    if (needed > *width) *width = needed;
}

/* The text in one line; what is too much is cut off and an ellipsis says so. */
static struct str shortened(const struct page *p, enum page_style style, int32_t width, struct str text)
{
    struct str line = STR_NONE, rest = text;
    if (text_width(style, text) <= width) return text;
    (void)pdf_take_line(&line, &rest, &styles[style], width - text_width(style, STR("\u2026")));
    return str_format(p->arena, "%.*s\u2026", STR_ARG(line));
}

int32_t put_paragraph(struct page *p, enum page_style style, struct area area, struct str text)
{
    struct str line = STR_NONE, rest = text;
    for (int32_t count = 1; rest.len > 0; count++, area.y += area.leading) {
        /* The baseline leaves a quarter of the leading below it. */
        int32_t baseline = area.y + area.leading * 3 / 4;
        bool last = count == area.lines_max;
        struct str here = rest;
        if (!last && !pdf_take_line(&line, &rest, &styles[style], area.width)) break;
        put_text(p, style, area.x, baseline, last ? shortened(p, style, area.width, here) : line);
        if (last) rest = STR_NONE;
    }
    return area.y;
}

int32_t paragraph_lines(enum page_style style, int32_t width, struct str text)
{
    int32_t count = 0;
    struct str line = STR_NONE, rest = text;
    while (pdf_take_line(&line, &rest, &styles[style], width)) count++;
    return count;
}

void page_note(struct page *p, struct str label, struct str text)
{
    if (text.len == 0) return;
    int32_t label_height = label.len > 0 ? BODY_LEADING : 0;
    page_need(p, label_height + paragraph_lines(STYLE_BODY, PAGE_INNER, text) * BODY_LEADING);
    if (label.len > 0) put_text(p, STYLE_STRONG, PAGE_LEFT, p->y + 900, label);
    struct area area = {PAGE_LEFT, p->y + label_height, PAGE_INNER, BODY_LEADING, 0};
    p->y = put_paragraph(p, STYLE_BODY, area, text) + 700;
}

/* ---- pages ---- */

/* What company law wants, and what the seller wants. */
static struct str foot_part(const struct page *p, size_t part)
{
    if (p->seller == NULL) return STR_NONE;
    return part == 0 ? footer_words(p->speech, p->seller) : p->seller->registration;
}

static int32_t foot_lines(const struct page *p)
{
    int32_t lines = 0;
    for (size_t i = 0; i < FOOT_PARTS; i++) lines += paragraph_lines(STYLE_TINY, PAGE_INNER, foot_part(p, i));
    return lines;
}

static int32_t foot_edge(const struct page *p)
{
    return PAGE_FOOT - FOOT_GAP - foot_lines(p) * FOOT_LEADING;
}

static uint32_t accent_of(const struct seller *s)
{
    uint32_t colour = COLOUR_ACCENT;
    struct error unused = {0};
    if (s == NULL || s->colour.len == 0 || colour_parse(&colour, s->colour, &unused) != OK)
        return COLOUR_ACCENT;
    return colour;
}

struct page page_begin(struct arena *a, const struct speech *s, const struct seller *seller,
                       const struct pdf_picture *logo, struct str name)
{
    struct page p = {.pdf = pdf_begin(a),
                     .arena = a,
                     .speech = s,
                     .seller = seller,
                     .logo = logo,
                     .name = name,
                     .accent = accent_of(seller),
                     .y = PAGE_TOP};
    p.bottom = foot_edge(&p) - 900;
    pdf_add_page(p.pdf);
    return p;
}

void page_continue(struct page *p)
{
    struct str what = SAY(p->speech, p->arena, TEXT_CONTINUED, p->name);
    int32_t width = PAGE_INNER - text_width(STYLE_LABEL, what) - 2 * PAGE_GAP;
    pdf_add_page(p->pdf);
    p->y = PAGE_TOP - 900;
    if (p->seller != NULL)
        put_text(p, STYLE_LABEL, PAGE_LEFT, p->y, shortened(p, STYLE_LABEL, width, p->seller->party.name));
    put_right(p, STYLE_LABEL, PAGE_RIGHT, p->y, what);
    pdf_box(p->pdf, p->accent, PAGE_LEFT, p->y + 500, PAGE_INNER, 100);
    p->y += 2200;
}

void page_need(struct page *p, int32_t height)
{
    if (p->y + height > p->bottom) page_continue(p);
}

void page_feet(struct page *p)
{
    size_t pages = pdf_page_count(p->pdf);
    int32_t upper = foot_edge(p);
    for (size_t page = 0; page < pages; page++) {
        pdf_turn_to(p->pdf, page);
        pdf_box(p->pdf, COLOUR_RULE, PAGE_LEFT, upper, PAGE_INNER, 50);
        int32_t y = upper + 350;
        for (size_t i = 0; i < FOOT_PARTS; i++) {
            struct area area = {PAGE_LEFT, y, PAGE_INNER, FOOT_LEADING, 0};
            y = put_paragraph(p, STYLE_TINY, area, foot_part(p, i));
        }
        put_text(p, STYLE_TINY, PAGE_LEFT, PAGE_FOOT, p->name);
        put_right(p, STYLE_TINY, PAGE_RIGHT, PAGE_FOOT,
                  SAY(p->speech, p->arena, TEXT_PAGE_OF, str_format(p->arena, "%zu", page + 1),
                      str_format(p->arena, "%zu", pages)));
    }
}

/* ---- whether it can be drawn ---- */

struct named_text {
    const char *what;
    struct str text;
};

static enum err check_texts(const struct page *p, const char *whose, const struct named_text *fields,
                            size_t count, struct error *e)
{
    enum err err = OK;
    for (size_t i = 0; i < count && err == OK; i++) {
        struct str what = str_format(p->arena, "%s %s", whose, fields[i].what);
        err = pdf_check_text(fields[i].text, str_cstring(p->arena, what), e);
    }
    return err;
}

enum err page_check_party(const struct page *p, const char *whose, const struct party *party, struct error *e)
{
    const struct named_text fields[] = {
        {"name", party->name},       {"e-mail", party->email},
        {"street", party->street},   {"second street line", party->street2},
        {"city", party->city},       {"region", party->region},
        {"country", party->country}, {"postal code", party->postal_code},
        {"tax id", party->tax_id},
    };
    return check_texts(p, whose, fields, sizeof fields / sizeof fields[0], e);
}

enum err page_check_seller(const struct page *p, struct error *e)
{
    const struct seller *s = p->seller;
    if (s == NULL) return OK;
    const struct named_text fields[] = {
        {"payment terms", terms_words(p->speech, s)},
        {"footer", footer_words(p->speech, s)},
        {"registration", s->registration},
        {"account holder", s->account_holder},
        {"bank", s->bank},
        {"phone", s->phone},
    };
    enum err err = page_check_party(p, "seller's", &s->party, e);
    return err == OK ? check_texts(p, "seller's", fields, sizeof fields / sizeof fields[0], e) : err;
}
