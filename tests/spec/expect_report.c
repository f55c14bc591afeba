/* SPDX-License-Identifier: MIT */
/* expect_report.c - what a report must say: a row that has all these cells, as of a day or as things are.
 *
 *   expect report wallet customer_id=ben grant=1 used=116.00
 *   expect report wallet@2025-04-02 customer_id=ben left=4.00
 *   expect report wallet rows=3 */
#include "tests/spec/runner.h"

struct sought_row {
    const struct words *words;
    uint64_t rows;
    size_t best; /* how many words one row had */
    struct str missed;
    struct arena *arena;
};

static struct str column_of(struct str word)
{
    const char *equals = memchr(word.ptr, '=', word.len);
    return equals == NULL ? STR_NONE : (struct str){word.ptr, (size_t)(equals - word.ptr)};
}

static enum err cell_of(struct str *out, struct str column, const struct str *names, const struct cell *cells,
                        size_t count, struct error *e)
{
    for (size_t i = 0; i < count; i++) {
        if (str_equal(names[i], column)) {
            *out = cells[i].text;
            return OK;
        }
    }
    return fail(e, ERR_INVALID, "the report has no column '%.*s'", STR_ARG(column));
}

static enum err look_at(void *context, const struct str *names, const struct cell *cells, size_t count,
                        struct error *e)
{
    struct sought_row *r = context;
    size_t same = 0;
    struct str missed = STR_NONE;
    r->rows++;
    for (size_t i = 3; i < r->words->count; i++) {
        struct str word = r->words->items[i], column = column_of(word), have = STR_NONE;
        struct str wanted = {word.ptr + column.len + 1, word.len - column.len - 1};
        if (column.len == 0) return fail(e, ERR_INVALID, "'%.*s' is not column=value", STR_ARG(word));
        if (str_is(column, "rows")) continue;
        enum err err = cell_of(&have, column, names, cells, count, e);
        if (err != OK) return err;
        if (str_equal(have, wanted))
            same++;
        else if (missed.len == 0)
            missed = str_format(r->arena, "%.*s is %.*s", STR_ARG(column), STR_ARG(have));
    }
    if (r->rows > 1 && same <= r->best) return OK;
    r->best = same;
    r->missed = missed;
    return OK;
}

static enum err check_rows(const struct sought_row *r, struct error *e)
{
    for (size_t i = 3; i < r->words->count; i++) {
        struct str word = r->words->items[i], column = column_of(word);
        uint64_t wanted = 0;
        if (!str_is(column, "rows")) continue;
        enum err err = uint_parse(&wanted, (struct str){word.ptr + 5, word.len - 5}, e);
        if (err != OK || wanted == r->rows) return err;
        return fail(e, ERR_INVALID, "it has %ju rows", (uintmax_t)r->rows);
    }
    if (r->rows == 0) return fail(e, ERR_INVALID, "it has no rows");
    if (r->missed.len == 0) return OK;
    return fail(e, ERR_INVALID, "no row is so; of the nearest, %.*s", STR_ARG(r->missed));
}

enum err story_expect_report(struct story *s, const struct words *w, struct error *e)
{
    struct sought_row r = {.words = w, .arena = s->arena};
    struct report_query q = {.format = SHEET_ROWS, .row = look_at, .row_context = &r};
    if (w->count < 4) return fail(e, ERR_INVALID, "expect report NAME[@DAY] column=value is wanted");
    struct str name = w->items[2];
    const char *at = memchr(name.ptr, '@', name.len);
    if (at != NULL) {
        struct str date = {at + 1, name.len - (size_t)(at + 1 - name.ptr)};
        enum err err = date_parse(&q.to, date, e);
        if (err != OK) return err;
        name.len = (size_t)(at - name.ptr);
    }
    const struct report *report = report_find(name);
    if (report == NULL) return fail(e, ERR_INVALID, "there is no report '%.*s'", STR_ARG(name));
    enum err err = report->run(s->ledger, &q, "-", s->arena, e);
    return err == OK ? check_rows(&r, e) : err;
}
