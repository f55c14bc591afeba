/* SPDX-License-Identifier: MIT */
/* page_head.c - the upper part of a document's first page: who sends it, to whom, which document, and the
 * amount that matters. */
#include "reports/page.h"

enum {
    COLUMN_GAP = 1400,
    PARTY_WIDTH = 13900,
    DETAILS_X = PAGE_LEFT + 2 * (PARTY_WIDTH + COLUMN_GAP),
    DETAILS_WIDTH = PAGE_RIGHT - DETAILS_X,
    FIGURE_HEIGHT = 4700,
    STAMP_HEIGHT = 1900,
    /* What law and post need is far shorter; the page must not be used up by a name. */
    WORDMARK_LINES = 3,
    FIELD_LINES = 5,
    LOGO_WIDTH = 17000, /* at most 60 mm … */
    LOGO_HEIGHT = 5100, /* … and 18 mm */
};

/* ---- parties ---- */

static struct str join(struct arena *a, struct str first, const char *between, struct str second)
{
    if (first.len == 0) return second;
    if (second.len == 0) return first;
    return str_format(a, "%.*s%s%.*s", STR_ARG(first), between, STR_ARG(second));
}

/* "10115 Berlin" on the continent, "Springfield, IL 62701" where the state is part of it. */
static struct str city_line(struct arena *a, const struct party *p)
{
    static const char *const city_first[] = {"US", "CA", "AU", "GB", "IE", "IN", "NZ"};
    for (size_t i = 0; i < sizeof city_first / sizeof city_first[0]; i++) {
        if (!str_is(p->country, city_first[i])) continue;
        return join(a, join(a, p->city, ", ", p->region), " ", p->postal_code);
    }
    return join(a, join(a, p->postal_code, " ", p->city), ", ", p->region);
}

/* Those for VAT begin with letters in Europe; other numbers are of a tax office. */
static struct str tax_line(const struct page *p, struct str id)
{
    if (id.len == 0) return STR_NONE;
    bool vat = id.len > 2 && id.ptr[0] >= 'A' && id.ptr[0] <= 'Z' && id.ptr[1] >= 'A' && id.ptr[1] <= 'Z';
    return SAY(p->speech, p->arena, vat ? TEXT_VAT_ID : TEXT_TAX_ID, id);
}

/* Answers the lower edge of the block. */
static int32_t put_party(struct page *p, int32_t x, struct str label, struct str name,
                         const struct party *party, struct str phone)
{
    struct arena *a = p->arena;
    /* An address for e-mail is gone before what law wants on a document. */
    struct str email = str_is(party->email, ERASED_TEXT) ? STR_NONE : party->email;
    const struct str lines[] = {party->street,
                                party->street2,
                                city_line(a, party),
                                say_country(p->speech, party->country),
                                email,
                                phone.len > 0 ? SAY(p->speech, a, TEXT_PHONE, phone) : STR_NONE,
                                tax_line(p, party->tax_id)};
    put_text(p, STYLE_LABEL, x, p->y + 800, label);
    struct area area = {x, p->y + 1300, PARTY_WIDTH, BODY_LEADING, FIELD_LINES};
    area.y = put_paragraph(p, STYLE_STRONG, area, name);
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        area.y = put_paragraph(p, STYLE_BODY, area, lines[i]);
    return area.y;
}

/* ---- details ---- */

/* As wide as the widest label, but half at most. */
static int32_t details_value_x(const struct page_head *h)
{
    int32_t widest = 4500;
    for (size_t i = 0; i < h->details_count; i++)
        if (h->details[i].value.len > 0) widen(&widest, STYLE_LABEL, h->details[i].label);
    return DETAILS_X + (widest < DETAILS_WIDTH / 2 ? widest : DETAILS_WIDTH / 2) + 700;
}

static int32_t put_details(struct page *p, const struct page_head *h)
{
    int32_t value_x = details_value_x(h), y = p->y;
    for (size_t i = 0; i < h->details_count; i++) {
        const struct page_detail *d = &h->details[i];
        if (d->value.len == 0) continue;
        put_text(p, STYLE_LABEL, DETAILS_X, y + BODY_LEADING * 3 / 4, d->label);
        struct area area = {value_x, y, PAGE_RIGHT - value_x, BODY_LEADING, 0};
        y = put_paragraph(p, STYLE_BODY, area, d->value) + 150;
    }
    return y;
}

/* ---- logo or name ---- */

/* As large as the room for it, in its own proportions; small ones are not blown up beyond 96 pixels an inch.
 */
static int32_t put_logo(struct page *p)
{
    enum { PIXEL = 75 /* hundredths of a point at 96 an inch */ };
    const struct pdf_picture *logo = p->logo;
    int64_t width = (int64_t)logo->width * PIXEL, height = (int64_t)logo->height * PIXEL;
    if (width > LOGO_WIDTH) {
        height = height * LOGO_WIDTH / width;
        width = LOGO_WIDTH;
    }
    if (height > LOGO_HEIGHT) {
        width = width * LOGO_HEIGHT / height;
        height = LOGO_HEIGHT;
    }
    pdf_picture(p->pdf, logo, PAGE_LEFT, p->y, (int32_t)(width > 0 ? width : 1),
                (int32_t)(height > 0 ? height : 1));
    return p->y + (int32_t)height;
}

static int32_t put_wordmark(struct page *p, int32_t width)
{
    struct area area = {PAGE_LEFT, p->y + 150, width, 2050, WORDMARK_LINES};
    return put_paragraph(p, STYLE_WORDMARK, area, p->seller->party.name);
}

void page_top(struct page *p, struct str title)
{
    put_right(p, STYLE_TITLE, PAGE_RIGHT, p->y + 1700, title);
    int32_t bottom = p->y + 2100, y = bottom,
            left = PAGE_INNER - text_width(STYLE_TITLE, title) - 3 * PAGE_GAP;
    if (p->logo != NULL)
        y = put_logo(p);
    else if (p->seller != NULL)
        y = put_wordmark(p, left);
    if (y > bottom) bottom = y;
    pdf_box(p->pdf, p->accent, PAGE_LEFT, bottom + 600, PAGE_INNER, 150);
    p->y = bottom + 2300;
}

void page_head(struct page *p, const struct page_head *h)
{
    page_top(p, h->title);
    int32_t bottom = put_details(p, h), x = PAGE_LEFT;
    if (p->seller != NULL) {
        const struct party *from = &p->seller->party;
        int32_t y = put_party(p, x, say(p->speech, TEXT_FROM), from->name, from, p->seller->phone);
        if (y > bottom) bottom = y;
        x += PARTY_WIDTH + COLUMN_GAP;
    }
    int32_t y = put_party(p, x, h->to, h->to_name, h->party, STR_NONE);
    p->y = (y > bottom ? y : bottom) + 1900;
}

void page_figure(struct page *p, const struct page_figure *f)
{
    page_need(p, FIGURE_HEIGHT);
    pdf_box(p->pdf, COLOUR_BAND, PAGE_LEFT, p->y, PAGE_INNER, FIGURE_HEIGHT);
    pdf_box(p->pdf, f->colour, PAGE_LEFT, p->y, 300, FIGURE_HEIGHT);
    put_text(p, STYLE_LABEL, PAGE_LEFT + 1400, p->y + 1600, f->label);
    put_text(p, STYLE_FIGURE, PAGE_LEFT + 1400, p->y + 3500, f->amount);
    int32_t width = text_width(STYLE_STAMP, f->stamp) + 1800;
    int32_t x = PAGE_RIGHT - 1400 - width, y = p->y + (FIGURE_HEIGHT - STAMP_HEIGHT) / 2;
    pdf_box(p->pdf, f->colour, x, y, width, STAMP_HEIGHT);
    put_text(p, STYLE_STAMP, x + 900, y + 1290, f->stamp);
    p->y += FIGURE_HEIGHT + 2000;
}
