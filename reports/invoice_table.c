/* SPDX-License-Identifier: MIT */
/* invoice_table.c - the lines of an invoice, and its totals. */
#include "reports/invoice_layout.h"

/* ---- lines ---- */

static void also(struct str *text, struct str more, struct arena *a)
{
    if (more.len == 0) return;
    *text = text->len == 0 ? more : str_format(a, "%.*s, %.*s", STR_ARG(*text), STR_ARG(more));
}

/* What it is, where the description's English does not say it to the customer. */
static struct str kind_words(const struct speech *s, const struct line *line)
{
    switch (line->kind) {
    case LINE_PRORATION_CREDIT: return say(s, TEXT_KIND_PRORATION_CREDIT);
    case LINE_PRORATION_CHARGE: return say(s, TEXT_KIND_PRORATION_CHARGE);
    case LINE_USAGE: return say(s, TEXT_KIND_USAGE);
    case LINE_MINIMUM: return say(s, TEXT_KIND_MINIMUM);
    case LINE_COMMITMENT: return say(s, TEXT_KIND_COMMITMENT);
    case LINE_PAUSE_CREDIT: return say(s, TEXT_KIND_PAUSE_CREDIT);
    case LINE_CREDIT: return say(s, TEXT_KIND_CREDIT);
    case LINE_PREPAID: return say(s, TEXT_KIND_PREPAID);
    case LINE_RECURRING:
    case LINE_ITEM: break;
    }
    return STR_NONE;
}

/* The kind; the days; the line that is credited; what the price holds and what was taken off it; which rate,
 * where there are several. */
static struct str under_text(const struct layout *l, const struct line *line, bool translated)
{
    const struct speech *s = l->page.speech;
    struct arena *a = l->page.arena;
    struct str text = translated ? STR_NONE : kind_words(s, line);
    also(&text, say_days(s, a, line->from, line->to), a);
    if (line->kind == LINE_CREDIT)
        also(&text, SAY(s, a, TEXT_LINE_OF_INVOICE, str_format(a, "%ju", (uintmax_t)line->credits_line)), a);
    if (line->tax_inclusive) also(&text, say(s, TEXT_PRICE_WITH_TAX), a);
    if (!money_is_zero(line->discount))
        also(&text, SAY(s, a, TEXT_DISCOUNT_OF_LINE, say_amount(s, a, line->discount)), a);
    if (l->document->invoice->taxes_count > 1 && line->taxes_count > 0)
        also(&text, SAY(s, a, TEXT_TAX_OF_LINE, say_percent(s, a, line->tax_rate)), a);
    return text;
}

static struct page_row row_of(const struct layout *l, const struct line *line)
{
    const struct speech *s = l->page.speech;
    struct arena *a = l->page.arena;
    bool translated = false;
    struct str description = description_words(s, a, line, &translated);
    struct page_row r = {.cells = {description, STR_NONE, STR_NONE, say_amount(s, a, line->amount)},
                         .under = under_text(l, line, translated),
                         .amount = line->amount};
    if (decimal_is_zero(line->quantity)) return r;
    int decimals = currency_decimals(line->amount.currency);
    r.cells[1] = say_decimal(s, a, line->quantity, 0);
    r.cells[2] = say_decimal(s, a, line->unit_price, decimals > 0 ? decimals : 0);
    return r;
}

enum err put_lines(struct layout *l, struct error *e)
{
    const struct invoice *v = l->document->invoice;
    const struct speech *s = l->page.speech;
    struct arena *a = l->page.arena;
    struct page_row *rows = arena_array_of(a, struct page_row, v->lines_count + 1);
    for (size_t i = 0; i < v->lines_count; i++) rows[i] = row_of(l, &v->lines[i]);
    struct page_table t = {.labels = {say(s, TEXT_DESCRIPTION), say(s, TEXT_QUANTITY),
                                      say(s, TEXT_UNIT_PRICE),
                                      SAY(s, a, TEXT_AMOUNT_IN, str_of(v->total.currency))},
                           .widths = {0, 4200, 5800, 7000},
                           .columns = 4,
                           .carried = money_zero(v->total)};
    widen(&t.widths[3], STYLE_BODY, say_amount(s, a, v->subtotal));
    return page_table(&l->page, &t, rows, v->lines_count, e);
}

/* ---- totals ---- */

struct totals {
    const struct speech *speech;
    struct arena *arena;
    struct page_sum *rows;
    size_t count;
};

static void add_total(struct totals *t, struct str label, struct money amount, bool strong)
{
    t->rows[t->count++] = (struct page_sum){label, say_money(t->speech, t->arena, amount), strong};
}

/* What coupons took, and what is left where tax comes on top of it. */
static void add_discounts(struct totals *t, const struct invoice *v)
{
    for (size_t i = 0; i < v->discounts_count; i++)
        add_total(t, discount_words(t->speech, t->arena, &v->discounts[i]),
                  money_negate(v->discounts[i].amount), false);
    bool several = v->discounts_count + v->taxes_count > 1;
    if (v->discounts_count > 0 && several)
        add_total(t, say(t->speech, TEXT_NET), net_of(v->subtotal, v->discount), false);
}

static void add_taxes(struct totals *t, const struct layout *l)
{
    const struct invoice *v = l->document->invoice;
    for (size_t i = 0; i < v->taxes_count; i++) {
        const struct tax_total *tax = &v->taxes[i];
        struct str base = say_amount(t->speech, t->arena, tax->taxable);
        add_total(t, SAY(t->speech, t->arena, TEXT_TAX_ON, tax_words(l, tax), base), tax->amount, false);
    }
}

/* What the seller's own country wants to read, below what is paid. */
static void add_national_tax(struct totals *t, const struct converted_tax *n)
{
    if (n == NULL) return;
    struct str label =
        SAY(t->speech, t->arena, TEXT_TAX_IN_NATIONAL_CURRENCY, str_of(n->tax.currency),
            say_decimal(t->speech, t->arena, n->rate, 0), n->source, say_date(t->speech, t->arena, n->on));
    add_total(t, label, n->tax, false);
}

static struct str paid_words(const struct totals *t, const struct invoice *v)
{
    if (v->status != INVOICE_PAID || !date_is_given(v->paid_on)) return say(t->speech, TEXT_PAID);
    return SAY(t->speech, t->arena, TEXT_PAID_ON, say_date(t->speech, t->arena, v->paid_on));
}

/* What prepaid credit had paid of what is given back is prepaid credit again, or was until it ended. */
static void add_returns(struct totals *t, const struct invoice *v)
{
    struct money kept = money_zero(v->total), lapsed = kept;
    for (size_t i = 0; i < v->returns_count; i++)
        (v->returns[i].lapsed ? &lapsed : &kept)->minor += v->returns[i].amount.minor;
    if (!money_is_zero(kept)) add_total(t, say(t->speech, TEXT_BACK_TO_PREPAID), kept, false);
    if (!money_is_zero(lapsed)) add_total(t, say(t->speech, TEXT_OF_ENDED_PREPAID), lapsed, false);
}

/* What was taken off the total, and what is left to pay. */
static void add_settlement(struct totals *t, const struct invoice *v, const struct standing *s)
{
    if (!money_is_zero(v->wallet_applied))
        add_total(t, say(t->speech, TEXT_PREPAID_USED), money_negate(v->wallet_applied), false);
    if (!money_is_zero(v->credit_applied))
        add_total(t, say(t->speech, TEXT_CREDIT_APPLIED), money_negate(v->credit_applied), false);
    bool settled = !money_is_zero(s->paid_amount);
    add_total(t, say(t->speech, TEXT_AMOUNT_DUE), v->amount_due, !settled);
    if (!settled) return;
    add_total(t, paid_words(t, v), money_negate(s->paid_amount), false);
    add_total(t, say(t->speech, TEXT_BALANCE_DUE), s->open, true);
}

enum err put_totals(struct layout *l, struct error *e)
{
    enum { OTHERS = 16 };
    const struct invoice *v = l->document->invoice;
    struct totals t = {.speech = l->page.speech, .arena = l->page.arena};
    struct standing s = {0};
    enum err err = standing_of(&s, l->document, e);
    if (err != OK) return err;
    t.rows = arena_array_of(l->page.arena, struct page_sum, v->discounts_count + v->taxes_count + OTHERS);
    add_total(&t, say(t.speech, TEXT_SUBTOTAL), v->subtotal, false);
    add_discounts(&t, v);
    add_taxes(&t, l);
    bool returns = v->returns_count > 0;
    add_total(&t, say(t.speech, TEXT_TOTAL), v->total, s.credit_note && !returns);
    add_returns(&t, v);
    if (s.credit_note && returns)
        add_total(&t, say(t.speech, TEXT_GIVEN_BACK_OTHERWISE), v->credit_applied, true);
    if (!s.credit_note) add_settlement(&t, v, &s);
    add_national_tax(&t, l->document->national);
    page_sums(&l->page, t.rows, t.count);
    return OK;
}
