/* SPDX-License-Identifier: MIT */
/* mrr_pdf.c - monthly recurring revenue as a PDF: by currency what it is at the end of each month, as a line;
 * what moved it, as columns that go up and down; and the months in numbers. */
#include "reports/chart.h"
#include "reports/report_pdf.h"
#include "reports/report_table.h"

enum { MOVES = 5 };
/* In the order in which they are stacked, from the base line up and down. */
static const struct {
    const char *column;
    enum text name;
} moves[MOVES] = {{"new", TEXT_MRR_NEW},
                  {"expansion", TEXT_MRR_EXPANSION},
                  {"reactivation", TEXT_MRR_REACTIVATION},
                  {"contraction", TEXT_MRR_CONTRACTION},
                  {"churn", TEXT_MRR_CHURN}};

struct month {
    struct date first;
    struct money opening, moved[MOVES], closing;
    struct str customers;
};
struct months {
    struct month *items;
    size_t count, capacity;
};

static enum err take(struct report_pdf *d, const struct report_row *row, struct error *e)
{
    struct months *all = d->state;
    struct month m = {.opening = row_money(row, "opening"), .closing = row_money(row, "closing")};
    for (size_t i = 0; i < MOVES; i++) m.moved[i] = row_money(row, moves[i].column);
    m.customers = str_copy(d->arena, row_cell(row, "customers_closing")->text);
    enum err err = month_parse(&m.first, row_cell(row, "month")->text, e);
    all->items = arena_grow(d->arena, all->items, all->count, &all->capacity, sizeof *all->items);
    all->items[all->count++] = m;
    return err;
}

/* ---- drawing ---- */

/* The newest of them, as far as there is room. */
static struct chart chart_of(struct report_pdf *d, const struct month *items, size_t count, enum text title)
{
    struct str *names = arena_array_of(d->arena, struct str, count);
    struct str of = SAY(d->speech, d->arena, title, str_of(items->closing.currency));
    struct chart c = {.places = names, .places_count = count, .title = of, .with_total = false};
    for (size_t i = 0; i < count; i++) names[i] = say_month(d->speech, d->arena, items[i].first);
    memcpy(c.currency, items->closing.currency, sizeof c.currency);
    return c;
}

static void put_closings(struct report_pdf *d, const struct month *items, size_t count)
{
    struct chart c = chart_of(d, items, count, TEXT_MRR_AT_END);
    int64_t *values = arena_array_of(d->arena, int64_t, count);
    for (size_t i = 0; i < count; i++) values[i] = items[i].closing.minor;
    c.values = values;
    c.series_count = 1;
    c.colours[0] = d->page.accent;
    c.height = 9500;
    c.with_total = true;
    chart_line(&d->page, &c);
}

static void put_moves(struct report_pdf *d, const struct month *items, size_t count)
{
    struct chart c = chart_of(d, items, count, TEXT_MRR_MOVED);
    int64_t *values = arena_array_of(d->arena, int64_t, count * MOVES);
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < MOVES; k++) values[i * MOVES + k] = items[i].moved[k].minor;
    c.values = values;
    c.series_count = MOVES;
    c.height = 11000;
    chart_colours(c.colours, d->page.accent);
    for (size_t k = 0; k < MOVES; k++) c.series[k] = say(d->speech, moves[k].name);
    chart_columns(&d->page, &c);
}

static struct str words(struct report_pdf *d, struct money m)
{
    return say_amount(d->speech, d->arena, m);
}

/* Every movement in a column of its own. */
static struct table wide_table(struct report_pdf *d, const struct month *items, struct table_row *rows,
                               size_t count)
{
    struct table t = {.labels = {say(d->speech, TEXT_MONTH), say(d->speech, TEXT_OPENING)},
                      .kinds = {COLUMN_TEXT},
                      .columns = MOVES + 3};
    for (size_t k = 0; k < MOVES; k++) t.labels[2 + k] = say(d->speech, moves[k].name);
    t.labels[2 + MOVES] = say(d->speech, TEXT_CLOSING);
    for (size_t i = 0; i < count; i++) {
        const struct month *m = &items[i];
        rows[i].cells[0] = say_month(d->speech, d->arena, m->first);
        rows[i].cells[1] = words(d, m->opening);
        for (size_t k = 0; k < MOVES; k++) rows[i].cells[2 + k] = words(d, m->moved[k]);
        rows[i].cells[2 + MOVES] = words(d, m->closing);
    }
    return t;
}

/* Where so many have no room: what was gained, and what was lost. */
static enum err narrow_table(struct table *out, struct report_pdf *d, const struct month *items,
                             struct table_row *rows, size_t count, struct error *e)
{
    const struct speech *s = d->speech;
    *out = (struct table){.labels = {say(s, TEXT_MONTH), say(s, TEXT_OPENING), say(s, TEXT_MRR_GAINED),
                                     say(s, TEXT_MRR_LOST), say(s, TEXT_CLOSING)},
                          .kinds = {COLUMN_TEXT},
                          .columns = 5};
    enum err err = OK;
    for (size_t i = 0; i < count && err == OK; i++) {
        const struct month *m = &items[i];
        struct money gained = money_zero(m->opening), lost = gained;
        for (size_t k = 0; k < MOVES && err == OK; k++) {
            struct money *side = money_is_negative(m->moved[k]) ? &lost : &gained;
            err = money_add(side, *side, m->moved[k], e);
        }
        rows[i] = (struct table_row){{say_month(s, d->arena, m->first), words(d, m->opening),
                                      words(d, gained), words(d, lost), words(d, m->closing)},
                                     false};
    }
    return err;
}

static enum err put_months(struct report_pdf *d, const struct month *items, size_t count, struct error *e)
{
    struct table_row *rows = arena_array_of(d->arena, struct table_row, count);
    struct table t = wide_table(d, items, rows, count);
    enum err err = OK;
    if (!table_fits(&t, rows, count)) err = narrow_table(&t, d, items, rows, count, e);
    if (err == OK) put_table(&d->page, &t, rows, count);
    return err;
}

static enum err put_currency(struct report_pdf *d, const struct month *items, size_t count, struct error *e)
{
    const struct month *last = &items[count - 1];
    size_t charted = count < CHART_PLACES_MAX ? count : CHART_PLACES_MAX;
    struct str month = say_month(d->speech, d->arena, last->first),
               customers = SAY(d->speech, d->arena, TEXT_CUSTOMERS_COUNT, last->customers);
    page_figure(&d->page, &(struct page_figure){.label = month,
                                                .amount = say_money(d->speech, d->arena, last->closing),
                                                .stamp = customers,
                                                .colour = d->page.accent});
    put_closings(d, items + count - charted, charted);
    put_moves(d, items + count - charted, charted);
    return put_months(d, items, count, e);
}

static enum err draw(struct report_pdf *d, struct error *e)
{
    const struct months *all = d->state;
    enum err err = OK;
    report_page(d);
    page_note(&d->page, STR_NONE, say(d->speech, all->count == 0 ? TEXT_NO_DATA : TEXT_MRR_NOTE));
    for (size_t i = 0, next = 0; i < all->count && err == OK; i = next) {
        while (next < all->count && money_same_currency(all->items[next].opening, all->items[i].opening))
            next++;
        report_section(d, i == 0);
        err = put_currency(d, &all->items[i], next - i, e);
    }
    return err;
}

const struct report_drawing drawing_mrr = {
    .title = TEXT_MRR, .state_bytes = sizeof(struct months), .row = take, .draw = draw};
