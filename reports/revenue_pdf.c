/* SPDX-License-Identifier: MIT */
/* revenue_pdf.c - revenue as a PDF: by currency what was recognised in each month, stacked by account, and
 * the rows with their sums. */
#include "reports/chart.h"
#include "reports/report_pdf.h"
#include "reports/report_table.h"

enum { ROWS_MAX = 10000 };

struct earned {
    struct date month;
    struct str account; /* without "income:" and "revenue:" */
    struct money billed, credited, recognised;
};
struct revenue {
    struct earned *items;
    size_t count, capacity;
};

/* "income:revenue:pro" is "pro"; all of them are income. */
static struct str short_name(struct report_pdf *d, struct str account)
{
    static const char *const heads[] = {"income:revenue:", "income:"};
    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++) {
        size_t len = strlen(heads[i]);
        if (str_starts(account, heads[i]) && account.len > len)
            return report_text(d, (struct str){account.ptr + len, account.len - len});
    }
    return report_text(d, account);
}

static enum err take(struct report_pdf *d, const struct report_row *row, struct error *e)
{
    struct revenue *all = d->state;
    struct earned x = {.account = short_name(d, row_cell(row, "revenue_account")->text),
                       .billed = row_money(row, "billed"),
                       .credited = row_money(row, "credited"),
                       .recognised = row_money(row, "recognised")};
    enum err err = month_parse(&x.month, row_cell(row, "month")->text, e);
    all->items = arena_grow(d->arena, all->items, all->count, &all->capacity, sizeof *all->items);
    all->items[all->count++] = x;
    return err;
}

/* ---- the accounts of a currency ---- */

struct income {
    struct str name;
    struct money size; /* what it moved, whichever way */
};
struct incomes {
    struct income *items;
    size_t count, capacity;
};

static struct money amount_of(struct money m)
{
    return money_is_negative(m) ? money_negate(m) : m;
}

static enum err add_account(struct report_pdf *d, struct incomes *all, const struct earned *x,
                            struct error *e)
{
    size_t at = 0;
    while (at < all->count && !str_equal(all->items[at].name, x->account)) at++;
    if (at == all->count) {
        all->items = arena_grow(d->arena, all->items, all->count, &all->capacity, sizeof *all->items);
        all->items[all->count++] = (struct income){x->account, money_zero(x->recognised)};
    }
    return money_add(&all->items[at].size, all->items[at].size, amount_of(x->recognised), e);
}

static int by_size(const void *left, const void *right)
{
    const struct income *a = left, *b = right;
    int by = money_compare(b->size, a->size);
    return by != 0 ? by : str_compare(a->name, b->name);
}

/* Those beyond the room of a legend are one. */
static size_t series_of(const struct chart *c, struct str account)
{
    size_t at = 0;
    while (at + 1 < c->series_count && !str_equal(c->series[at], account)) at++;
    return at;
}

static enum err name_series(struct report_pdf *d, struct chart *c, const struct earned *items, size_t count,
                            struct error *e)
{
    struct incomes all = {.count = 0};
    enum err err = OK;
    for (size_t i = 0; i < count && err == OK; i++) err = add_account(d, &all, &items[i], e);
    if (err != OK) return err;
    if (all.count > 0) qsort(all.items, all.count, sizeof *all.items, by_size);
    c->series_count = all.count < CHART_SERIES_MAX ? all.count : CHART_SERIES_MAX;
    for (size_t i = 0; i < c->series_count; i++) c->series[i] = all.items[i].name;
    if (all.count > CHART_SERIES_MAX) c->series[CHART_SERIES_MAX - 1] = say(d->speech, TEXT_OTHERS);
    return OK;
}

/* ---- drawing ---- */

static struct date next_month(struct date first)
{
    return date_add_days(month_last_day(first), 1);
}

/* Months without revenue have their place, too. The newest are shown, as far as there is room. */
static size_t name_months(struct report_pdf *d, struct str names[CHART_PLACES_MAX], struct date *first,
                          const struct earned *items, size_t count)
{
    struct date last = items[count - 1].month;
    size_t months = 1;
    for (struct date m = items->month; date_compare(m, last) < 0; m = next_month(m)) months++;
    *first = items->month;
    for (; months > CHART_PLACES_MAX; months--) *first = next_month(*first);
    struct date month = *first;
    for (size_t i = 0; i < months; i++, month = next_month(month))
        names[i] = say_month(d->speech, d->arena, month);
    return months;
}

static enum err put_chart(struct report_pdf *d, const struct earned *items, size_t count, struct error *e)
{
    struct str names[CHART_PLACES_MAX];
    int64_t values[CHART_PLACES_MAX * CHART_SERIES_MAX] = {0};
    struct str currency = str_of(items->billed.currency);
    struct chart c = {.places = names,
                      .values = values,
                      .title = SAY(d->speech, d->arena, TEXT_RECOGNISED_IN, currency),
                      .height = 16000,
                      .with_total = true};
    struct date month = {0};
    enum err err = name_series(d, &c, items, count, e);
    c.places_count = name_months(d, names, &month, items, count);
    chart_colours(c.colours, d->page.accent);
    memcpy(c.currency, items->billed.currency, sizeof c.currency);
    for (size_t i = 0, place = 0; i < count && err == OK; i++) {
        if (date_compare(items[i].month, month) < 0) continue;
        for (; date_compare(month, items[i].month) < 0; month = next_month(month)) place++;
        int64_t *value = &values[place * c.series_count + series_of(&c, items[i].account)];
        struct money sum = money_of(*value, c.currency);
        err = money_add(&sum, sum, items[i].recognised, e);
        *value = sum.minor;
    }
    if (err == OK) chart_columns(&d->page, &c);
    return err;
}

static struct table_row row_of(struct report_pdf *d, struct str month, const struct earned *x)
{
    const struct speech *s = d->speech;
    struct arena *a = d->arena;
    return (struct table_row){{month, x->account, say_amount(s, a, x->billed), say_amount(s, a, x->credited),
                               say_amount(s, a, x->recognised)},
                              false};
}

static enum err sum_of(struct earned *sum, const struct earned *items, size_t count, struct error *e)
{
    enum err err = OK;
    sum->billed = sum->credited = sum->recognised = money_zero(items->billed);
    for (size_t i = 0; i < count && err == OK; i++) {
        err = money_add(&sum->billed, sum->billed, items[i].billed, e);
        if (err == OK) err = money_add(&sum->credited, sum->credited, items[i].credited, e);
        if (err == OK) err = money_add(&sum->recognised, sum->recognised, items[i].recognised, e);
    }
    return err;
}

static void put_rows(struct report_pdf *d, const struct earned *items, size_t count, const struct earned *sum)
{
    const struct speech *s = d->speech;
    size_t shown = ROWS_MAX;
    if (count < shown) shown = count;
    struct table_row *rows = arena_array_of(d->arena, struct table_row, shown + 1);
    struct table t = {.labels = {say(s, TEXT_MONTH), say(s, TEXT_ACCOUNT), say(s, TEXT_BILLED),
                                 say(s, TEXT_CREDITED), say(s, TEXT_RECOGNISED)},
                      .kinds = {COLUMN_TEXT, COLUMN_FILLS},
                      .columns = 5};
    for (size_t i = 0; i < shown; i++) rows[i] = row_of(d, say_month(s, d->arena, items[i].month), &items[i]);
    rows[shown] = row_of(d, say(s, TEXT_TOTAL), sum);
    rows[shown].strong = true;
    put_table(&d->page, &t, rows, shown + 1);
    report_rest(d, count - shown);
}

static enum err put_currency(struct report_pdf *d, const struct earned *items, size_t count, struct error *e)
{
    const struct speech *s = d->speech;
    struct earned sum = {.account = STR_NONE};
    enum err err = sum_of(&sum, items, count, e);
    if (err != OK) return err;
    struct str billed = say(s, TEXT_BILLED), words = say_money(s, d->arena, sum.billed);
    page_figure(&d->page, &(struct page_figure){
                              .label = say(s, TEXT_RECOGNISED),
                              .amount = say_money(s, d->arena, sum.recognised),
                              .stamp = str_format(d->arena, "%.*s: %.*s", STR_ARG(billed), STR_ARG(words)),
                              .colour = d->page.accent});
    err = put_chart(d, items, count, e);
    if (err == OK) put_rows(d, items, count, &sum);
    return err;
}

static enum err draw(struct report_pdf *d, struct error *e)
{
    const struct revenue *all = d->state;
    enum err err = OK;
    report_page(d);
    if (all->count == 0) page_note(&d->page, STR_NONE, say(d->speech, TEXT_NO_DATA));
    for (size_t i = 0, next = 0; i < all->count && err == OK; i = next) {
        while (next < all->count && money_same_currency(all->items[next].billed, all->items[i].billed))
            next++;
        report_section(d, i == 0);
        err = put_currency(d, &all->items[i], next - i, e);
    }
    return err;
}

const struct report_drawing drawing_revenue = {
    .title = TEXT_REVENUE, .state_bytes = sizeof(struct revenue), .row = take, .draw = draw};
