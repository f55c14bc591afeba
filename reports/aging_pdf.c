/* SPDX-License-Identifier: MIT */
/* aging_pdf.c - what customers owe as a PDF: by currency the sum, how much of it is due since when, who owes
 * most, and the rows: documents of ar_aging, customers of ar_aging_summary. */
#include "reports/chart.h"
#include "reports/report_pdf.h"
#include "reports/report_table.h"

enum { BUCKETS = 6, ROWS_MAX = 10000 };
static const char *const buckets[BUCKETS] = {"not_due", "d1_30", "d31_60", "d61_90", "d91_120", "d120_plus"};

/* One currency. */
struct part {
    struct money outstanding, buckets[BUCKETS], overdue;
    struct chart_bar largest[CHART_BARS_MAX]; /* from the largest on */
    size_t largest_count;
    struct str user; /* the customer whose rows are coming, */
    struct chart_bar customer;
    struct table_row *rows;
    size_t count, capacity;
    uint64_t more; /* rows that are not kept */
};
struct aging {
    struct part *parts;
    size_t count, capacity;
};

static struct part *part_of(struct report_pdf *d, struct money like)
{
    struct aging *all = d->state;
    for (size_t i = 0; i < all->count; i++)
        if (money_same_currency(all->parts[i].outstanding, like)) return &all->parts[i];
    all->parts = arena_grow(d->arena, all->parts, all->count, &all->capacity, sizeof *all->parts);
    struct part *added = &all->parts[all->count++];
    *added = (struct part){.outstanding = money_zero(like), .overdue = money_zero(like)};
    for (size_t i = 0; i < BUCKETS; i++) added->buckets[i] = money_zero(like);
    return added;
}

/* ---- rows ---- */

/* All of the customer is known: is he one of those who owe most? Equal ones stay in the order of the rows. */
static void end_customer(struct part *p)
{
    size_t at = p->largest_count;
    if (!money_is_given(p->customer.amount)) return;
    while (at > 0 && money_compare(p->largest[at - 1].amount, p->customer.amount) < 0) at--;
    if (at == CHART_BARS_MAX) return;
    size_t last = p->largest_count < CHART_BARS_MAX ? p->largest_count++ : CHART_BARS_MAX - 1;
    for (; last > at; last--) p->largest[last] = p->largest[last - 1];
    p->largest[at] = p->customer;
}

static enum err add_customer(struct report_pdf *d, struct part *p, const struct report_row *row,
                             struct error *e)
{
    struct str user = row_cell(row, "customer_id")->text, name = row_cell(row, "customer_name")->text;
    struct money owed = row_money(row, "outstanding");
    if (!money_is_given(p->customer.amount) || !str_equal(user, p->user)) {
        end_customer(p);
        p->user = str_copy(d->arena, user);
        p->customer = (struct chart_bar){report_text(d, name.len > 0 ? name : user), money_zero(owed)};
    }
    return money_add(&p->customer.amount, p->customer.amount, owed, e);
}

static enum err add_sums(struct part *p, const struct report_row *row, struct error *e)
{
    enum err err = money_add(&p->outstanding, p->outstanding, row_money(row, "outstanding"), e);
    for (size_t i = 0; i < BUCKETS && err == OK; i++) {
        struct money amount = row_money(row, buckets[i]);
        err = money_add(&p->buckets[i], p->buckets[i], amount, e);
        if (err == OK && i > 0) err = money_add(&p->overdue, p->overdue, amount, e);
    }
    return err;
}

static struct table_row *keep_row(struct report_pdf *d, struct part *p)
{
    if (p->count == ROWS_MAX) {
        p->more++;
        return NULL;
    }
    p->rows = arena_grow(d->arena, p->rows, p->count, &p->capacity, sizeof *p->rows);
    p->rows[p->count] = (struct table_row){.strong = false};
    return &p->rows[p->count++];
}

static struct str amount_words(struct report_pdf *d, struct money m)
{
    return say_amount(d->speech, d->arena, m);
}

static enum err take_document(struct report_pdf *d, const struct report_row *row, struct error *e)
{
    struct part *p = part_of(d, row_money(row, "outstanding"));
    enum err err = add_sums(p, row, e);
    if (err == OK) err = add_customer(d, p, row, e);
    struct table_row *r = err == OK ? keep_row(d, p) : NULL;
    if (r == NULL) return err;
    r->cells[0] = report_text(d, row_cell(row, "customer_id")->text);
    r->cells[1] = report_text(d, row_cell(row, "customer_name")->text);
    r->cells[2] = str_copy(d->arena, row_cell(row, "document_number")->text);
    r->cells[3] = say_date(d->speech, d->arena, row_cell(row, "due_date")->date);
    r->cells[4] = str_copy(d->arena, row_cell(row, "days_overdue")->text);
    r->cells[5] = amount_words(d, row_money(row, "outstanding"));
    return OK;
}

/* The rows without a customer are all of their currency, which is summed here, too. */
static enum err take_customer(struct report_pdf *d, const struct report_row *row, struct error *e)
{
    struct part *p = part_of(d, row_money(row, "outstanding"));
    if (row_cell(row, "customer_id")->text.len == 0) return OK;
    enum err err = add_sums(p, row, e);
    if (err == OK) err = add_customer(d, p, row, e);
    struct table_row *r = err == OK ? keep_row(d, p) : NULL;
    if (r == NULL) return err;
    r->cells[0] = p->customer.name;
    for (size_t i = 0; i < BUCKETS; i++) r->cells[1 + i] = amount_words(d, row_money(row, buckets[i]));
    r->cells[1 + BUCKETS] = amount_words(d, row_money(row, "outstanding"));
    return OK;
}

/* ---- drawing ---- */

static void bucket_names(struct str out[BUCKETS], const struct report_pdf *d)
{
    static const char *const ends[][2] = {{"1", "30"}, {"31", "60"}, {"61", "90"}, {"91", "120"}};
    out[0] = say(d->speech, TEXT_NOT_DUE);
    for (size_t i = 0; i < 4; i++)
        out[1 + i] = SAY(d->speech, d->arena, TEXT_DAYS_RANGE, str_of(ends[i][0]), str_of(ends[i][1]));
    out[BUCKETS - 1] = say(d->speech, TEXT_DAYS_120_PLUS);
}

static void put_figure(struct report_pdf *d, const struct part *p)
{
    const struct speech *s = d->speech;
    bool overdue = !money_is_zero(p->overdue);
    struct str currency = str_of(p->outstanding.currency);
    page_figure(&d->page, &(struct page_figure){.label = SAY(s, d->arena, TEXT_OUTSTANDING_IN, currency),
                                                .amount = say_money(s, d->arena, p->outstanding),
                                                .stamp = SAY(s, d->arena, TEXT_STAMP_OVERDUE,
                                                             say_money(s, d->arena, p->overdue)),
                                                .colour = overdue ? d->page.accent : COLOUR_PAID});
}

static void put_chart(struct report_pdf *d, const struct part *p)
{
    struct str names[BUCKETS];
    uint32_t colours[CHART_SERIES_MAX];
    int64_t values[2 * BUCKETS] = {0};
    struct chart c = {.places = names,
                      .places_count = BUCKETS,
                      .series = {say(d->speech, TEXT_NOT_DUE), say(d->speech, TEXT_OVERDUE)},
                      .series_count = 2,
                      .values = values,
                      .title = say(d->speech, TEXT_AGING),
                      .height = 11000,
                      .with_total = true};
    bucket_names(names, d);
    chart_colours(colours, d->page.accent);
    c.colours[0] = colours[CHART_SERIES_MAX - 1];
    c.colours[1] = d->page.accent;
    memcpy(c.currency, p->outstanding.currency, sizeof c.currency);
    for (size_t i = 0; i < BUCKETS; i++) values[2 * i + (i > 0)] = p->buckets[i].minor;
    chart_columns(&d->page, &c);
}

static void put_documents(struct report_pdf *d, struct part *p)
{
    const struct speech *s = d->speech;
    struct table t = {.labels = {say(s, TEXT_CUSTOMER_ID), say(s, TEXT_CUSTOMER), say(s, TEXT_DOCUMENT),
                                 say(s, TEXT_DUE_DATE), say(s, TEXT_DAYS_OVERDUE), say(s, TEXT_OUTSTANDING)},
                      .kinds = {COLUMN_TEXT, COLUMN_FILLS, COLUMN_TEXT, COLUMN_TEXT},
                      .columns = 6};
    struct table_row sum = {.cells = {say(s, TEXT_TOTAL)}, .strong = true};
    sum.cells[5] = amount_words(d, p->outstanding);
    p->rows = arena_grow(d->arena, p->rows, p->count, &p->capacity, sizeof *p->rows);
    p->rows[p->count] = sum;
    put_table(&d->page, &t, p->rows, p->count + 1);
}

/* Where six columns of such amounts have no room, what is due is one. */
static void put_narrow(struct report_pdf *d, const struct part *p)
{
    const struct speech *s = d->speech;
    struct table t = {.labels = {say(s, TEXT_CUSTOMER), say(s, TEXT_NOT_DUE), say(s, TEXT_OUTSTANDING)},
                      .kinds = {COLUMN_FILLS},
                      .columns = 3};
    struct table_row *rows = arena_array_of(d->arena, struct table_row, p->count + 1);
    for (size_t i = 0; i <= p->count; i++) {
        const struct table_row *r = &p->rows[i];
        rows[i] = (struct table_row){{r->cells[0], r->cells[1], r->cells[1 + BUCKETS]}, r->strong};
    }
    put_table(&d->page, &t, rows, p->count + 1);
}

static void put_customers(struct report_pdf *d, struct part *p)
{
    const struct speech *s = d->speech;
    struct table t = {.labels = {say(s, TEXT_CUSTOMER)}, .kinds = {COLUMN_FILLS}, .columns = 2 + BUCKETS};
    struct table_row sum = {.cells = {say(s, TEXT_TOTAL)}, .strong = true};
    bucket_names(&t.labels[1], d);
    t.labels[1 + BUCKETS] = say(s, TEXT_OUTSTANDING);
    for (size_t i = 0; i < BUCKETS; i++) sum.cells[1 + i] = amount_words(d, p->buckets[i]);
    sum.cells[1 + BUCKETS] = amount_words(d, p->outstanding);
    p->rows = arena_grow(d->arena, p->rows, p->count, &p->capacity, sizeof *p->rows);
    p->rows[p->count] = sum;
    if (table_fits(&t, p->rows, p->count + 1))
        put_table(&d->page, &t, p->rows, p->count + 1);
    else
        put_narrow(d, p);
}

static int by_currency(const void *left, const void *right)
{
    return strcmp(((const struct part *)left)->outstanding.currency,
                  ((const struct part *)right)->outstanding.currency);
}

static enum err draw(struct report_pdf *d, void (*put_rows)(struct report_pdf *d, struct part *p))
{
    struct aging *all = d->state;
    report_page(d);
    if (all->count == 0) page_note(&d->page, STR_NONE, say(d->speech, TEXT_NO_DATA));
    if (all->count > 1) qsort(all->parts, all->count, sizeof *all->parts, by_currency);
    for (size_t i = 0; i < all->count; i++) {
        struct part *p = &all->parts[i];
        end_customer(p);
        report_section(d, i == 0);
        put_figure(d, p);
        put_chart(d, p);
        chart_bars(&d->page, say(d->speech, TEXT_LARGEST_CUSTOMERS), p->largest, p->largest_count);
        put_rows(d, p);
        report_rest(d, p->more);
    }
    return OK;
}

static enum err draw_documents(struct report_pdf *d, struct error *e)
{
    (void)e;
    return draw(d, put_documents);
}

static enum err draw_customers(struct report_pdf *d, struct error *e)
{
    (void)e;
    return draw(d, put_customers);
}

const struct report_drawing drawing_aging = {
    .title = TEXT_AGING, .state_bytes = sizeof(struct aging), .row = take_document, .draw = draw_documents};
const struct report_drawing drawing_aging_summary = {
    .title = TEXT_AGING, .state_bytes = sizeof(struct aging), .row = take_customer, .draw = draw_customers};
