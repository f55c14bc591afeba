/* SPDX-License-Identifier: MIT */
/* invoice_table.c - the lines of an invoice, over as many pages as they need, and its totals. Columns are as
 * wide as their widest number, so that nothing collides; descriptions wrap in what is left. */
#include "reports/invoice_layout.h"
#include "reports/sum_texts.h"

enum {
    TABLE_HEAD_HEIGHT = 1320,
    ROW_PADDING = 520,
    CARRIED_HEIGHT = 2000, /* kept free for the carried subtotal at the foot of a page */
    DESCRIPTION_MIN = 9000,
};

struct columns {
    int32_t description_width, quantity_right, price_right, amount_right;
    struct money carried; /* the sum of the lines so far */
};

struct row {
    struct str quantity, price, amount, under; /* in small print under the description */
};

static void also(struct str *text, struct str more, struct arena *a)
{
    *text = text->len == 0 ? more : str_format(a, "%.*s, %.*s", STR_ARG(*text), STR_ARG(more));
}

/* The days; the line that is credited; what the price holds and what was taken off it; which rate, where
 * there are several. */
static struct str under_text(struct arena *a, const struct invoice *v, const struct line *line)
{
    struct str text = days_text(a, line->from, line->to);
    if (line->kind == LINE_CREDIT)
        also(&text, str_format(a, "line %ju of the invoice", (uintmax_t)line->credits_line), a);
    if (line->tax_inclusive) also(&text, STR("unit price with tax"), a);
    if (!money_is_zero(line->discount))
        also(&text, str_format(a, "discount %.*s", STR_ARG(money_pretty(a, line->discount))), a);
    if (v->taxes_count > 1 && line->taxes_count > 0)
        also(&text, str_format(a, "tax %.*s%%", STR_ARG(decimal_text(a, line->tax_rate))), a);
    return text;
}

static struct row row_of(struct arena *a, const struct invoice *v, const struct line *line)
{
    struct row r = {.amount = money_pretty(a, line->amount), .under = under_text(a, v, line)};
    if (decimal_is_zero(line->quantity)) return r;
    r.quantity = decimal_pretty(a, line->quantity, 0);
    int decimals = currency_decimals(line->amount.currency);
    r.price = decimal_pretty(a, line->unit_price, decimals > 0 ? decimals : 0);
    return r;
}

static void widen(int32_t *width, enum layout_style style, struct str text)
{
    int32_t needed = text_width(style, text);
    if (needed > *width) *width = needed;
}

static struct str amount_label(struct arena *a, const struct invoice *v)
{
    return str_format(a, "Amount %s", v->total.currency);
}

static struct columns columns_of(const struct layout *l)
{
    const struct invoice *v = l->document->invoice;
    int32_t quantity = 4200, price = 5800, amount = 7000;
    widen(&amount, STYLE_LABEL, amount_label(l->arena, v));
    widen(&amount, STYLE_BODY, money_pretty(l->arena, v->subtotal));
    for (size_t i = 0; i < v->lines_count; i++) {
        struct row r = row_of(l->arena, v, &v->lines[i]);
        widen(&quantity, STYLE_BODY, r.quantity);
        widen(&price, STYLE_BODY, r.price);
        widen(&amount, STYLE_BODY, r.amount);
    }
    struct columns c = {.amount_right = PAGE_RIGHT, .carried = money_zero(v->total)};
    c.price_right = c.amount_right - amount - TABLE_GAP;
    c.quantity_right = c.price_right - price - TABLE_GAP;
    c.description_width = c.quantity_right - quantity - TABLE_GAP - PAGE_LEFT;
    assert(c.description_width >= DESCRIPTION_MIN);
    return c;
}

static void put_table_head(struct layout *l, const struct columns *c)
{
    int32_t y = l->y + 800;
    put_text(l, STYLE_LABEL, PAGE_LEFT, y, STR("Description"));
    put_right(l, STYLE_LABEL, c->quantity_right, y, STR("Quantity"));
    put_right(l, STYLE_LABEL, c->price_right, y, STR("Unit price"));
    put_right(l, STYLE_LABEL, c->amount_right, y, amount_label(l->arena, l->document->invoice));
    pdf_box(l->pdf, COLOUR_INK, PAGE_LEFT, l->y + 1250, PAGE_INNER, 70);
    l->y += TABLE_HEAD_HEIGHT;
}

/* The sum of the lines above, at the foot of a page and again at the head of the next. */
static void put_carried(struct layout *l, const struct columns *c, struct str label)
{
    put_text(l, STYLE_SMALL, PAGE_LEFT, l->y + 1250, label);
    put_right(l, STYLE_BODY, c->amount_right, l->y + 1250, money_pretty(l->arena, c->carried));
    pdf_box(l->pdf, COLOUR_RULE, PAGE_LEFT, l->y + 1800, PAGE_INNER, 50);
    l->y += 1850;
}

static void turn_page(struct layout *l, const struct columns *c)
{
    put_carried(l, c, STR("Carried forward"));
    continue_on_new_page(l);
    put_table_head(l, c);
    put_carried(l, c, STR("Brought forward"));
}

static enum err put_line(struct layout *l, struct columns *c, const struct line *line, bool last,
                         struct error *e)
{
    struct row r = row_of(l->arena, l->document->invoice, line);
    int32_t lines = paragraph_lines(STYLE_BODY, c->description_width, line->description);
    if (lines == 0) lines = 1;
    int32_t small = paragraph_lines(STYLE_SMALL, c->description_width, r.under);
    int32_t height = 2 * ROW_PADDING + lines * BODY_LEADING + (small > 0 ? small * SMALL_LEADING + 150 : 0);
    if (l->y + height + (last ? 0 : CARRIED_HEIGHT) > l->bottom) turn_page(l, c);
    int32_t y = l->y + ROW_PADDING;
    struct area area = {PAGE_LEFT, y, c->description_width, BODY_LEADING, 0};
    area.y = put_paragraph(l, STYLE_BODY, area, line->description);
    if (area.y == y) area.y += BODY_LEADING;
    area.leading = SMALL_LEADING;
    (void)put_paragraph(l, STYLE_SMALL, area, r.under);
    put_right(l, STYLE_BODY, c->quantity_right, y + 920, r.quantity);
    put_right(l, STYLE_BODY, c->price_right, y + 920, r.price);
    put_right(l, STYLE_BODY, c->amount_right, y + 920, r.amount);
    l->y += height;
    pdf_box(l->pdf, last ? COLOUR_INK : COLOUR_RULE, PAGE_LEFT, l->y, PAGE_INNER, last ? 70 : 50);
    return money_add(&c->carried, c->carried, line->amount, e);
}

enum err put_lines(struct layout *l, struct error *e)
{
    const struct invoice *v = l->document->invoice;
    struct columns c = columns_of(l);
    if (l->y + TABLE_HEAD_HEIGHT + CARRIED_HEIGHT > l->bottom) continue_on_new_page(l);
    put_table_head(l, &c);
    for (size_t i = 0; i < v->lines_count; i++) {
        enum err err = put_line(l, &c, &v->lines[i], i + 1 == v->lines_count, e);
        if (err != OK) return wrap(e, "line %zu", i + 1);
    }
    l->y += 600;
    return OK;
}

/* ---- totals ---- */

struct total {
    struct str label;
    struct money amount;
    bool strong;
};

struct totals {
    struct total *rows;
    size_t count;
};

static void add_total(struct totals *t, struct str label, struct money amount, bool strong)
{
    t->rows[t->count++] = (struct total){label, amount, strong};
}

/* What coupons took, and what is left where tax comes on top of it. */
static void add_discounts(struct totals *t, const struct invoice *v, struct arena *a)
{
    for (size_t i = 0; i < v->discounts_count; i++) {
        const struct discount_total *d = &v->discounts[i];
        add_total(t, discount_text(a, d), money_negate(d->amount), false);
    }
    bool several = v->discounts_count + v->taxes_count > 1;
    if (v->discounts_count > 0 && several) add_total(t, STR("Net"), net_of(v->subtotal, v->discount), false);
}

static void add_tax_rows(struct totals *t, const struct invoice *v, struct arena *a)
{
    for (size_t i = 0; i < v->taxes_count; i++) {
        const struct tax_total *tax = &v->taxes[i];
        struct str what = tax_text(a, tax), base = money_pretty(a, tax->taxable);
        add_total(t, str_format(a, "%.*s on %.*s", STR_ARG(what), STR_ARG(base)), tax->amount, false);
    }
}

static struct str paid_label(struct arena *a, const struct invoice *v)
{
    if (v->status != INVOICE_PAID || !date_is_given(v->paid_on)) return STR("Paid");
    return str_format(a, "Paid on %.*s", STR_ARG(date_text(a, v->paid_on)));
}

/* What prepaid credit had paid of what is given back is prepaid credit again, or was until it ended. */
static void add_returns(struct totals *t, const struct invoice *v)
{
    struct money kept = money_zero(v->total), lapsed = kept;
    for (size_t i = 0; i < v->returns_count; i++)
        (v->returns[i].lapsed ? &lapsed : &kept)->minor += v->returns[i].amount.minor;
    if (!money_is_zero(kept)) add_total(t, STR("Back to prepaid credit"), kept, false);
    if (!money_is_zero(lapsed)) add_total(t, STR("Of prepaid credit that has ended"), lapsed, false);
}

static enum err gather_totals(struct totals *t, const struct layout *l, struct error *e)
{
    const struct invoice *v = l->document->invoice;
    struct standing s = {0};
    enum err err = standing_of(&s, l->document, e);
    if (err != OK) return err;
    t->rows = arena_array_of(l->arena, struct total, v->discounts_count + v->taxes_count + 12);
    add_total(t, STR("Subtotal"), v->subtotal, false);
    add_discounts(t, v, l->arena);
    add_tax_rows(t, v, l->arena);
    bool returns = v->returns_count > 0;
    add_total(t, STR("Total"), v->total, s.credit_note && !returns);
    add_returns(t, v);
    if (s.credit_note && returns) add_total(t, STR("Given back otherwise"), v->credit_applied, true);
    if (s.credit_note) return OK;
    if (!money_is_zero(v->wallet_applied))
        add_total(t, STR("Prepaid credit used"), money_negate(v->wallet_applied), false);
    if (!money_is_zero(v->credit_applied))
        add_total(t, STR("Credit applied"), money_negate(v->credit_applied), false);
    bool settled = !money_is_zero(s.paid_amount);
    add_total(t, STR("Amount due"), v->amount_due, !settled);
    if (!settled) return OK;
    add_total(t, paid_label(l->arena, v), money_negate(s.paid_amount), false);
    add_total(t, STR("Balance due"), s.open, true);
    return OK;
}

enum { TOTAL_HEIGHT = 1500, TOTAL_STRONG_HEIGHT = 2300, TOTALS_MIN_WIDTH = 21000 };

/* The amounts with their currency, the label left of them; as wide as the widest pair. */
static int32_t totals_width(const struct layout *l, const struct totals *t)
{
    int32_t label = 0, amount = 0;
    for (size_t i = 0; i < t->count; i++) {
        enum layout_style style = t->rows[i].strong ? STYLE_SUM : STYLE_BODY;
        widen(&label, style, t->rows[i].label);
        widen(&amount, style, money_with_currency(l->arena, t->rows[i].amount));
    }
    int32_t width = label + amount + 2 * TABLE_GAP;
    return width > TOTALS_MIN_WIDTH ? width : TOTALS_MIN_WIDTH;
}

enum err put_totals(struct layout *l, struct error *e)
{
    struct totals t = {0};
    enum err err = gather_totals(&t, l, e);
    if (err != OK) return err;
    int32_t height = (int32_t)t.count * TOTAL_HEIGHT + TOTAL_STRONG_HEIGHT,
            left = PAGE_RIGHT - totals_width(l, &t);
    if (l->y + height > l->bottom) continue_on_new_page(l);
    for (size_t i = 0; i < t.count; i++) {
        const struct total *row = &t.rows[i];
        enum layout_style style = row->strong ? STYLE_SUM : STYLE_BODY;
        int32_t row_height = row->strong ? TOTAL_STRONG_HEIGHT : TOTAL_HEIGHT;
        if (row->strong) pdf_box(l->pdf, COLOUR_INK, left, l->y + 200, PAGE_RIGHT - left, 50);
        int32_t y = l->y + row_height / 2 + 320;
        put_text(l, style, left, y, row->label);
        put_right(l, style, PAGE_RIGHT, y, money_with_currency(l->arena, row->amount));
        l->y += row_height;
    }
    l->y += 1800;
    return OK;
}
