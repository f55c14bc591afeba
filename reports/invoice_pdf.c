/* SPDX-License-Identifier: MIT */
/* invoice_pdf.c - an invoice from head to foot: in which order things stand, where pages end, what stands on
 * each of them. It draws what the ledger says and must never add to it: no clock, no lookup, no arithmetic of
 * its own but the carried subtotal. */
#include "reports/invoice_layout.h"

const struct pdf_style layout_styles[STYLES] = {
    [STYLE_WORDMARK] = {PDF_BOLD, 1700, COLOUR_ACCENT}, [STYLE_TITLE] = {PDF_REGULAR, 2000, COLOUR_INK},
    [STYLE_FIGURE] = {PDF_BOLD, 1600, COLOUR_INK},      [STYLE_STAMP] = {PDF_BOLD, 950, COLOUR_WHITE},
    [STYLE_BODY] = {PDF_REGULAR, 900, COLOUR_INK},      [STYLE_STRONG] = {PDF_BOLD, 900, COLOUR_INK},
    [STYLE_LABEL] = {PDF_REGULAR, 800, COLOUR_GREY},    [STYLE_SMALL] = {PDF_REGULAR, 800, COLOUR_GREY},
    [STYLE_SUM] = {PDF_BOLD, 1050, COLOUR_INK},         [STYLE_TINY] = {PDF_REGULAR, 700, COLOUR_GREY},
};

enum { FOOT_LEADING = 920, FOOT_GAP = 1500, HASH_BYTES = 32 };

void put_text(struct layout *l, enum layout_style style, int32_t x, int32_t y, struct str text)
{
    pdf_text(l->pdf, &layout_styles[style], x, y, text);
}

void put_right(struct layout *l, enum layout_style style, int32_t right, int32_t y, struct str text)
{
    pdf_text_right(l->pdf, &layout_styles[style], right, y, text);
}

int32_t text_width(enum layout_style style, struct str text)
{
    return pdf_text_width(&layout_styles[style], text);
}

/* The text in one line; what is too much is cut off and an ellipsis says so. */
static struct str shortened(struct layout *l, enum layout_style style, int32_t width, struct str text)
{
    struct str line = STR_NONE, rest = text;
    if (text_width(style, text) <= width) return text;
    (void)pdf_take_line(&line, &rest, &layout_styles[style], width - text_width(style, STR("\u2026")));
    return str_format(l->arena, "%.*s\u2026", STR_ARG(line));
}

int32_t put_paragraph(struct layout *l, enum layout_style style, struct area area, struct str text)
{
    struct str line = STR_NONE, rest = text;
    for (int32_t count = 1; rest.len > 0; count++, area.y += area.leading) {
        /* The baseline leaves a quarter of the leading below it. */
        int32_t baseline = area.y + area.leading * 3 / 4;
        bool last = count == area.lines_max;
        struct str here = rest;
        if (!last && !pdf_take_line(&line, &rest, &layout_styles[style], area.width)) break;
        put_text(l, style, area.x, baseline, last ? shortened(l, style, area.width, here) : line);
        if (last) rest = STR_NONE;
    }
    return area.y;
}

int32_t paragraph_lines(enum layout_style style, int32_t width, struct str text)
{
    int32_t count = 0;
    struct str line = STR_NONE, rest = text;
    while (pdf_take_line(&line, &rest, &layout_styles[style], width)) count++;
    return count;
}

void continue_on_new_page(struct layout *l)
{
    const struct invoice_document *d = l->document;
    struct str what = str_format(l->arena, "%.*s, continued", STR_ARG(document_number(l->arena, d->invoice)));
    int32_t width = PAGE_INNER - text_width(STYLE_LABEL, what) - 2 * TABLE_GAP;
    pdf_add_page(l->pdf);
    l->y = PAGE_TOP - 900;
    if (d->seller != NULL)
        put_text(l, STYLE_LABEL, PAGE_LEFT, l->y, shortened(l, STYLE_LABEL, width, d->seller->party.name));
    put_right(l, STYLE_LABEL, PAGE_RIGHT, l->y, what);
    pdf_box(l->pdf, COLOUR_ACCENT, PAGE_LEFT, l->y + 500, PAGE_INNER, 100);
    l->y += 2200;
}

/* ---- what stands below the totals ---- */

static void put_note(struct layout *l, struct str label, struct str text)
{
    if (text.len == 0) return;
    int32_t label_height = label.len > 0 ? BODY_LEADING : 0;
    int32_t lines = paragraph_lines(STYLE_BODY, PAGE_INNER, text);
    if (l->y + label_height + lines * BODY_LEADING > l->bottom) continue_on_new_page(l);
    if (label.len > 0) put_text(l, STYLE_STRONG, PAGE_LEFT, l->y + 900, label);
    struct area area = {PAGE_LEFT, l->y + label_height, PAGE_INNER, BODY_LEADING, 0};
    l->y = put_paragraph(l, STYLE_BODY, area, text) + 700;
}

static void put_payment_terms(struct layout *l)
{
    const struct invoice_document *d = l->document;
    if (d->seller == NULL || d->invoice->kind == INVOICE_CREDIT_NOTE) return;
    put_note(l, STR("Payment terms"), d->seller->payment_terms_text);
}

static enum err put_notes(struct layout *l, struct error *e)
{
    const struct invoice *v = l->document->invoice;
    put_payment_terms(l);
    if (v->kind == INVOICE_CREDIT_NOTE) put_note(l, STR("Reason"), v->reason);
    put_note(l, STR("Set off"), l->document->settles);
    put_note(l, STR_NONE, v->note); /* what the law wants said of its taxes */
    if (l->document->simulated_gateway)
        put_note(l, STR("Payments by the built-in simulator"),
                 STR("No payment provider is connected; no money moves."));
    return put_proof(l, e);
}

/* ---- the foot of each page ---- */

static int32_t foot_lines(const struct invoice_document *d)
{
    return d->seller != NULL ? paragraph_lines(STYLE_TINY, PAGE_INNER, d->seller->footer) : 0;
}

static void put_feet(struct layout *l)
{
    const struct invoice_document *d = l->document;
    size_t pages = pdf_page_count(l->pdf);
    int32_t upper = PAGE_FOOT - FOOT_GAP - foot_lines(d) * FOOT_LEADING;
    for (size_t page = 0; page < pages; page++) {
        pdf_turn_to(l->pdf, page);
        pdf_box(l->pdf, COLOUR_RULE, PAGE_LEFT, upper, PAGE_INNER, 50);
        if (d->seller != NULL)
            (void)put_paragraph(l, STYLE_TINY,
                                (struct area){PAGE_LEFT, upper + 350, PAGE_INNER, FOOT_LEADING, 0},
                                d->seller->footer);
        put_text(l, STYLE_TINY, PAGE_LEFT, PAGE_FOOT, document_number(l->arena, d->invoice));
        put_right(l, STYLE_TINY, PAGE_RIGHT, PAGE_FOOT,
                  str_format(l->arena, "Page %zu of %zu", page + 1, pages));
    }
}

/* ---- the door ---- */

static enum err lay_out(struct layout *l, struct error *e)
{
    pdf_add_page(l->pdf);
    put_head(l);
    enum err err = put_figure(l, e);
    if (err == OK) err = put_lines(l, e);
    if (err == OK) err = put_totals(l, e);
    if (err == OK) err = put_notes(l, e);
    if (err == OK) put_feet(l);
    return err;
}

static struct pdf_info info_of(const struct invoice_document *d, struct arena *a)
{
    const struct invoice *v = d->invoice;
    struct pdf_info info = {.title = document_number(a, v), .created = v->finalized_at};
    if (!instant_is_given(info.created)) info.created = date_start(v->issue_date);
    if (d->seller != NULL) info.author = d->seller->party.name;
    info.identity = (struct bytes){v->leaf.bytes, HASH_BYTES};
    /* Status and payments are all that can change in a finalized document. */
    if (!d->as_issued) info.revision = ((uint32_t)v->status + 1) << 24 ^ (uint32_t)v->paid.minor;
    return info;
}

enum err invoice_pdf_render(struct buffer *out, const struct invoice_document *d, struct arena *a,
                            struct error *e)
{
    struct layout l = {.pdf = pdf_begin(a), .document = d, .arena = a};
    l.y = PAGE_TOP;
    l.bottom = PAGE_FOOT - FOOT_GAP - foot_lines(d) * FOOT_LEADING - 900;
    struct pdf_info info = info_of(d, a);
    enum err err = check_invoice_texts(d, a, e);
    if (err == OK) err = lay_out(&l, e);
    if (err == OK) err = pdf_write(out, l.pdf, &info, a, e);
    if (err == OK) return OK;
    return wrap(e, "cannot draw %.*s", STR_ARG(document_number(a, d->invoice)));
}
