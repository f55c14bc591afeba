/* SPDX-License-Identifier: MIT */
/* csv.c - libcsv, fed line by line, so that every row knows its line and one row's mistake stays its own.
 * Fields may hold line ends inside quotes, up to the limit of a line for the whole row. It must never believe
 * an open quote: when the row does not end well, only its first line is refused and reading goes on with the
 * second. */
#include <csv.h>

#include "importers/csv.h"

struct csv_reader {
    struct stream *stream;
    const struct csv_layout *layout;
    struct csv_parser parser;
    struct arena *own;
    size_t columns;             /* of the header */
    size_t column[CSV_COLUMNS]; /* of the layout, by place in the header */
    uint32_t has;

    /* The row in the making. */
    struct str cells[CSV_COLUMNS + 1];
    size_t cells_count;
    bool done;
    struct arena *arena;

    /* Lines of a row of several lines, kept to be read again should it not end well. */
    struct buffer held;
    size_t held_at;
    uint64_t held_line; /* the number of the line at held_at */
    /* A line that is too long ended such a row; its text is the stream's and stays until the stream is asked
     * again. */
    struct text_line late;
    bool has_late;
};

static void on_field(void *text, size_t len, void *context)
{
    struct csv_reader *r = context;
    if (r->cells_count <= CSV_COLUMNS) {
        r->cells[r->cells_count] = str_copy(r->arena, (struct str){text, len});
    }
    r->cells_count++;
}

static void on_row(int terminator, void *context)
{
    struct csv_reader *r = context;
    (void)terminator; /* always the LF that feed() gave */
    r->done = true;
}

static void parser_reset(struct csv_reader *r)
{
    (void)csv_fini(&r->parser, NULL, NULL, NULL); /* what is unfinished is not wanted */
}

enum fed { FED_DONE, FED_OPEN, FED_BAD };

static enum fed feed(struct csv_reader *r, struct str line)
{
    /* libcsv would end the row at a carriage return. */
    bool good = line.len == 0 || memchr(line.ptr, '\r', line.len) == NULL;
    good = good && csv_parse(&r->parser, line.ptr, line.len, on_field, on_row, r) == line.len;
    good = good && csv_parse(&r->parser, "\n", 1, on_field, on_row, r) == 1;
    if (good) return r->done ? FED_DONE : FED_OPEN;
    if (csv_error(&r->parser) == CSV_ENOMEM) WRONG("out of memory");
    parser_reset(r);
    return FED_BAD;
}

/* ---- lines ---- */

/* The next line, of those kept or of the stream. *place: where it stands in `held`, SIZE_MAX when it does
 * not. */
static enum err take_line(struct text_line *out, size_t *place, bool *end, struct csv_reader *r,
                          struct error *e)
{
    *place = SIZE_MAX;
    *end = false;
    if (r->held_at < r->held.len) {
        const char *at = (const char *)r->held.ptr + r->held_at;
        const char *newline = memchr(at, '\n', r->held.len - r->held_at);
        assert(newline != NULL);
        *place = r->held_at;
        *out = (struct text_line){.number = r->held_line++, .text = {at, (size_t)(newline - at)}};
        r->held_at += out->text.len + 1;
        return OK;
    }
    if (r->has_late) {
        *out = r->late;
        r->has_late = false;
        return OK;
    }
    return stream_line(out, end, r->stream, e);
}

static void hold(struct csv_reader *r, const struct text_line *line)
{
    assert(r->held_at == r->held.len);
    buffer_add(&r->held, line->text.ptr, line->text.len);
    buffer_add_byte(&r->held, '\n');
    r->held_at = r->held.len;
    r->held_line = line->number + 1;
}

/* Puts the row's first line at the front of `held`. */
static void hold_first(struct csv_reader *r, const struct text_line *first, size_t place)
{
    if (place == SIZE_MAX) {
        buffer_clear(&r->held);
        r->held_at = 0;
        hold(r, first);
        return;
    }
    memmove(r->held.ptr, r->held.ptr + place, r->held.len - place);
    r->held.len -= place;
    r->held_at -= place;
}

static const char *column_in_the_making(const struct csv_reader *r)
{
    return r->cells_count < r->columns ? r->layout->names[r->column[r->cells_count]] : "";
}

/* The row of several lines cannot be one: its first line is refused, the others are read anew. */
static void give_back(struct csv_reader *r, struct row *row, size_t first_len)
{
    row_refuse(row, column_in_the_making(r),
               STR("a quoted field is not closed, or a character follows its closing quote"));
    parser_reset(r);
    row->text = str_copy(r->arena, (struct str){(const char *)r->held.ptr, first_len});
    r->held_at = first_len + 1;
    r->held_line = row->line + 1;
}

static enum err more_lines(struct row *row, struct csv_reader *r, struct text_line first, size_t place,
                           struct error *e)
{
    size_t first_len = first.text.len;
    hold_first(r, &first, place);
    for (;;) {
        struct text_line line = {0};
        bool end = false;
        enum err err = take_line(&line, &place, &end, r, e);
        if (err != OK) return err;
        if (!end && line.too_long) {
            r->late = line;
            r->has_late = true;
        }
        if (end || line.too_long || r->held_at + line.text.len > LIMIT_INPUT_LINE_BYTES) {
            if (!end && !line.too_long && place == SIZE_MAX) hold(r, &line);
            give_back(r, row, first_len);
            return OK;
        }
        if (place == SIZE_MAX) hold(r, &line);
        enum fed fed = feed(r, line.text);
        if (fed == FED_OPEN) continue;
        if (fed == FED_BAD)
            give_back(r, row, first_len);
        else
            row->text = str_copy(r->arena, (struct str){(const char *)r->held.ptr, r->held_at - 1});
        return OK;
    }
}

/* ---- rows ---- */

static bool is_blank(struct str line)
{
    return line.len == 0 || str_trim(line).len == 0;
}

static void refuse_quotes(struct csv_reader *r, struct row *row, struct str line)
{
    if (line.len > 0 && memchr(line.ptr, '\r', line.len) != NULL) {
        row_refuse(row, "", STR("a carriage return stands inside the line"));
        return;
    }
    row_refuse(
        row, column_in_the_making(r),
        STR("a quote stands where none may: a field that holds one is put in quotes, its quotes doubled"));
}

/* Cells in r->cells, or a reason. *end: there are no more rows. */
static enum err read_cells(struct row *row, bool *end, struct csv_reader *r, struct error *e)
{
    struct text_line line = {0};
    size_t place = SIZE_MAX;
    do {
        enum err err = take_line(&line, &place, end, r, e);
        if (err != OK || *end) return err;
    } while (!line.too_long && is_blank(line.text));
    *row = (struct row){.line = line.number, .column = ""};
    r->cells_count = 0;
    r->done = false;
    if (line.too_long) {
        row->text = str_copy(r->arena, line.text);
        row_refuse(
            row, "",
            str_format(r->arena, "the line is longer than the limit of %d bytes", LIMIT_INPUT_LINE_BYTES));
        return OK;
    }
    enum fed fed = feed(r, line.text);
    if (fed == FED_OPEN) return more_lines(row, r, line, place, e);
    if (fed == FED_BAD) refuse_quotes(r, row, line.text);
    row->text = str_copy(r->arena, line.text);
    return OK;
}

enum err csv_next(struct csv_row *out, bool *end, struct csv_reader *r, struct arena *a, struct error *e)
{
    r->arena = a;
    enum err err = read_cells(&out->row, end, r, e);
    if (err != OK || *end) return err;
    memset(out->fields, 0, sizeof out->fields);
    if (!row_is_good(&out->row)) return OK;
    if (r->cells_count != r->columns) {
        row_refuse(&out->row, "",
                   str_format(a, "the row has %zu fields, the header has %zu", r->cells_count, r->columns));
        return OK;
    }
    for (size_t i = 0; i < r->columns; i++) out->fields[r->column[i]] = r->cells[i];
    return OK;
}

/* ---- header ---- */

static bool equals_lower(struct str s, const char *lower)
{
    if (s.len != strlen(lower)) return false;
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        if (c >= 'A' && c <= 'Z') c = (char)(c - 'A' + 'a');
        if (c != lower[i]) return false;
    }
    return true;
}

static struct str all_names(const struct csv_layout *l, struct arena *a)
{
    struct buffer b = {.arena = a};
    for (size_t i = 0; i < l->count; i++) buffer_print(&b, "%s%s", i == 0 ? "" : ",", l->names[i]);
    return (struct str){(const char *)b.ptr, b.len};
}

static enum err map_column(struct csv_reader *r, size_t place, struct error *e)
{
    const struct csv_layout *l = r->layout;
    struct str name = r->cells[place];
    size_t i = 0;
    while (i < l->count && !equals_lower(name, l->names[i])) i++;
    if (i == l->count) {
        struct str known = all_names(l, r->own), shown = text_quotable(name);
        return fail(e, ERR_INVALID, "line 1: there is no column '%.*s'; the columns are %.*s", STR_ARG(shown),
                    STR_ARG(known));
    }
    if (csv_has(r, i)) return fail(e, ERR_INVALID, "line 1: column '%s' stands there twice", l->names[i]);
    r->has |= UINT32_C(1) << i;
    r->column[place] = i;
    return OK;
}

static enum err read_header(struct csv_reader *r, const struct text_line *first, struct error *e)
{
    r->arena = r->own;
    if (first->too_long) {
        return fail(e, ERR_LIMIT, "line 1: the header is longer than the limit of %d bytes",
                    LIMIT_INPUT_LINE_BYTES);
    }
    if (feed(r, first->text) != FED_DONE) {
        return fail(e, ERR_INVALID, "line 1: the header's quotes do not close, or it is empty");
    }
    r->columns = r->cells_count;
    /* One cell too many is a name that is not known, or one that stands there twice. */
    enum err err = OK;
    for (size_t i = 0; err == OK && i < r->columns && i < CSV_COLUMNS; i++) err = map_column(r, i, e);
    if (err == OK && r->columns > CSV_COLUMNS)
        err = fail(e, ERR_LIMIT, "line 1: more than %d columns", CSV_COLUMNS);
    for (size_t i = 0; err == OK && i < r->layout->count; i++) {
        if (csv_has(r, i) || (r->layout->required >> i & 1) == 0) continue;
        err = fail(e, ERR_INVALID, "line 1: column '%s' is missing", r->layout->names[i]);
    }
    return err;
}

enum err csv_open(struct csv_reader **out, struct stream *s, const struct text_line *first,
                  const struct csv_layout *layout, struct error *e)
{
    assert(layout->count <= CSV_COLUMNS);
    struct csv_reader *r = calloc(1, sizeof *r);
    if (r == NULL || csv_init(&r->parser, CSV_STRICT) != 0) WRONG("out of memory");
    r->stream = s;
    r->layout = layout;
    r->own = arena_new();
    enum err err = read_header(r, first, e);
    if (err == OK)
        *out = r;
    else
        csv_close(r);
    return err;
}

void csv_close(struct csv_reader *r)
{
    if (r == NULL) return;
    csv_free(&r->parser);
    buffer_free(&r->held);
    arena_free(r->own);
    free(r);
}

bool csv_has(const struct csv_reader *r, size_t column)
{
    return (r->has >> column & 1) != 0;
}
