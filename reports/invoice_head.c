/* SPDX-License-Identifier: MIT */
/* invoice_head.c - the upper part of an invoice's first page: who sells, who buys, which document, how it
 * stands. */
#include "reports/invoice_layout.h"

enum {
    COLUMN_GAP = 1400,
    PARTY_WIDTH = 13900,
    DETAILS_X = PAGE_LEFT + 2 * (PARTY_WIDTH + COLUMN_GAP),
    DETAILS_VALUE_X = DETAILS_X + 6000,
    FIGURE_HEIGHT = 4700,
    STAMP_HEIGHT = 1900,
    /* What law and post need is far shorter; the page must not be used up by a name. */
    WORDMARK_LINES = 3,
    FIELD_LINES = 5,
};

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

/* Answers the lower edge of the block. */
static int32_t put_party(struct layout *l, int32_t x, struct str label, struct str name,
                         const struct party *p)
{
    struct arena *a = l->arena;
    struct str tax = p->tax_id.len > 0 ? str_format(a, "Tax ID %.*s", STR_ARG(p->tax_id)) : STR_NONE;
    /* An address for e-mail is gone before what law wants on a document. */
    struct str email = str_is(p->email, ERASED_TEXT) ? STR_NONE : p->email;
    const struct str lines[] = {p->street, p->street2, city_line(a, p), country_name(p->country), email, tax};
    put_text(l, STYLE_LABEL, x, l->y + 800, label);
    struct area area = {x, l->y + 1300, PARTY_WIDTH, BODY_LEADING, FIELD_LINES};
    area.y = put_paragraph(l, STYLE_STRONG, area, name);
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        area.y = put_paragraph(l, STYLE_BODY, area, lines[i]);
    return area.y;
}

static int32_t put_detail(struct layout *l, int32_t y, struct str label, struct str value)
{
    if (value.len == 0) return y;
    put_text(l, STYLE_LABEL, DETAILS_X, y + BODY_LEADING * 3 / 4, label);
    struct area area = {DETAILS_VALUE_X, y, PAGE_RIGHT - DETAILS_VALUE_X, BODY_LEADING, 0};
    return put_paragraph(l, STYLE_BODY, area, value) + 150;
}

/* The days that all lines together cover. */
static struct str service_period(const struct layout *l)
{
    const struct invoice *v = l->document->invoice;
    struct date from = {0}, to = {0};
    for (size_t i = 0; i < v->lines_count; i++) {
        const struct line *line = &v->lines[i];
        if (!date_is_given(line->from) || !date_is_given(line->to)) continue;
        if (!date_is_given(from) || date_compare(line->from, from) < 0) from = line->from;
        if (!date_is_given(to) || date_compare(line->to, to) > 0) to = line->to;
    }
    return days_text(l->arena, from, to);
}

static int32_t put_details(struct layout *l)
{
    const struct invoice *v = l->document->invoice;
    bool credit_note = v->kind == INVOICE_CREDIT_NOTE;
    int32_t y = l->y;
    y = put_detail(l, y, STR("Number"), v->number.len > 0 ? v->number : STR("Draft"));
    y = put_detail(l, y, STR("Issue date"), date_text(l->arena, v->issue_date));
    if (!credit_note) y = put_detail(l, y, STR("Due date"), date_text(l->arena, v->due_date));
    y = put_detail(l, y, STR("Service period"), service_period(l));
    y = put_detail(l, y, STR("Corrects"), l->document->corrects);
    return put_detail(l, y, STR("Customer ID"), l->document->buyer->user);
}

/* The seller's name stands where a logo would; it may take two lines. */
static void put_wordmark(struct layout *l)
{
    struct str title = document_title(l->document->invoice);
    int32_t title_width = text_width(STYLE_TITLE, title);
    put_right(l, STYLE_TITLE, PAGE_RIGHT, l->y + 1700, title);
    int32_t bottom = l->y + 2100;
    if (l->document->seller != NULL) {
        struct area area = {PAGE_LEFT, l->y + 150, PAGE_INNER - title_width - 3 * TABLE_GAP, 2050,
                            WORDMARK_LINES};
        int32_t y = put_paragraph(l, STYLE_WORDMARK, area, l->document->seller->party.name);
        if (y > bottom) bottom = y;
    }
    pdf_box(l->pdf, COLOUR_ACCENT, PAGE_LEFT, bottom + 600, PAGE_INNER, 150);
    l->y = bottom + 2300;
}

void put_head(struct layout *l)
{
    const struct invoice_document *d = l->document;
    put_wordmark(l);
    int32_t bottom = put_details(l), x = PAGE_LEFT;
    if (d->seller != NULL) {
        int32_t y = put_party(l, x, STR("From"), d->seller->party.name, &d->seller->party);
        if (y > bottom) bottom = y;
        x += PARTY_WIDTH + COLUMN_GAP;
    }
    int32_t y = put_party(l, x, d->invoice->kind == INVOICE_CREDIT_NOTE ? STR("Credit to") : STR("Bill to"),
                          buyer_name(d->buyer), &d->buyer->party);
    l->y = (y > bottom ? y : bottom) + 1900;
}

struct figure {
    struct str label, amount, stamp;
    uint32_t colour;
};

static struct figure figure_of(const struct layout *l, const struct standing *s)
{
    struct arena *a = l->arena;
    const struct invoice *v = l->document->invoice;
    struct figure f = {STR("Amount due"), money_with_currency(a, s->open), STR_NONE, COLOUR_ACCENT};
    if (s->draft) {
        f.stamp = STR("DRAFT");
    } else if (s->voided) {
        f = (struct figure){STR("Nothing is due"), money_with_currency(a, money_zero(v->amount_due)),
                            STR("VOID"), COLOUR_VOID};
    } else if (s->credit_note) {
        f = (struct figure){STR("Credited"), money_with_currency(a, money_negate(v->total)),
                            STR("CREDIT NOTE"), COLOUR_CREDIT};
    } else if (s->paid) {
        bool dated = !l->document->as_issued && date_is_given(v->paid_on);
        f.colour = COLOUR_PAID;
        f.stamp = dated ? str_format(a, "PAID on %.*s", STR_ARG(date_text(a, v->paid_on))) : STR("PAID");
    } else {
        f.stamp = str_format(a, "DUE by %.*s", STR_ARG(date_text(a, v->due_date)));
    }
    return f;
}

enum err put_figure(struct layout *l, struct error *e)
{
    struct standing s = {0};
    enum err err = standing_of(&s, l->document, e);
    if (err != OK) return err;
    struct figure f = figure_of(l, &s);
    pdf_box(l->pdf, COLOUR_BAND, PAGE_LEFT, l->y, PAGE_INNER, FIGURE_HEIGHT);
    pdf_box(l->pdf, f.colour, PAGE_LEFT, l->y, 300, FIGURE_HEIGHT);
    put_text(l, STYLE_LABEL, PAGE_LEFT + 1400, l->y + 1600, f.label);
    put_text(l, STYLE_FIGURE, PAGE_LEFT + 1400, l->y + 3500, f.amount);
    int32_t width = text_width(STYLE_STAMP, f.stamp) + 1800;
    int32_t x = PAGE_RIGHT - 1400 - width, y = l->y + (FIGURE_HEIGHT - STAMP_HEIGHT) / 2;
    pdf_box(l->pdf, f.colour, x, y, width, STAMP_HEIGHT);
    put_text(l, STYLE_STAMP, x + 900, y + 1290, f.stamp);
    l->y += FIGURE_HEIGHT + 2000;
    return OK;
}
