/* SPDX-License-Identifier: MIT */
/* sheet.c - rows put together cell by cell and handed to a format; and the bytes of those formats that are
 * text, which are written and hashed in large pieces. */
#include <errno.h>

#include "reports/sheet_sink.h"

enum { PIECE_BYTES = 64 * 1024 };

static const struct sheet_kind *const kinds[] = {
    [SHEET_CSV] = &sheet_csv,   [SHEET_CSV_EXCEL] = &sheet_csv, [SHEET_CSV_EXCEL_EU] = &sheet_csv,
    [SHEET_JSON] = &sheet_json, [SHEET_XLSX] = &sheet_xlsx,     [SHEET_ROWS] = &sheet_rows};

struct sheet {
    struct sheet_options options;
    const struct sheet_kind *kind;
    struct sheet_sink sink;
    struct str *names;
    struct cell *cells;
    struct arena *texts; /* of the row at hand */
    size_t columns, column;
    size_t currency; /* its column, where rows of one are wanted; else behind the last */
    uint64_t rows;
    bool ended;
};

/* ---- bytes ---- */

enum err output_begin(struct sheet_output *o, const char *path, struct error *e)
{
    *o = (struct sheet_output){.is_standard_output = strcmp(path, "-") == 0};
    enum err err = o->is_standard_output ? OK : file_begin(&o->sink, path, 0644, e);
    if (err != OK) return err;
    o->stream = o->is_standard_output ? stdout : o->sink.stream;
    o->hasher = hasher_new();
    return OK;
}

static void write_piece(struct sheet_output *o)
{
    struct bytes piece = {o->piece.ptr, o->piece.len};
    if (piece.len == 0) return;
    hasher_add(o->hasher, piece);
    o->bytes += piece.len;
    errno = 0;
    bool written = fwrite(piece.ptr, 1, piece.len, o->stream) == piece.len;
    if (!written && o->failure == 0) o->failure = errno != 0 ? errno : EIO;
    buffer_clear(&o->piece);
}

void output_add(struct sheet_output *o, struct str text)
{
    if (text.len > 0) buffer_add(&o->piece, text.ptr, text.len);
    if (o->piece.len >= PIECE_BYTES) write_piece(o);
}

void output_add_byte(struct sheet_output *o, int byte)
{
    buffer_add_byte(&o->piece, (uint8_t)byte);
}

static void output_free(struct sheet_output *o)
{
    buffer_free(&o->piece);
    hasher_free(o->hasher);
    o->piece = (struct buffer){0};
    o->hasher = NULL;
    o->stream = NULL;
}

/* Why an earlier piece was not written only its own call could tell. */
static enum err flush(struct sheet_output *o, struct error *e)
{
    if (o->failure != 0 && !o->is_standard_output) {
        enum err err = fail_errno(e, o->failure, "cannot write '%s'", o->sink.path);
        file_abandon(&o->sink);
        return err;
    }
    if (o->failure != 0) return fail_errno(e, o->failure, "cannot write to standard output");
    if (!o->is_standard_output) return file_finish(&o->sink, e);
    errno = 0;
    if (fflush(stdout) == 0 && !ferror(stdout)) return OK;
    return fail_errno(e, errno != 0 ? errno : EIO, "cannot write to standard output");
}

enum err output_finish(struct sheet_output *o, struct hash *sha256, struct error *e)
{
    write_piece(o);
    hasher_end(o->hasher, sha256->bytes);
    enum err err = flush(o, e);
    output_free(o);
    return err;
}

void output_abandon(struct sheet_output *o)
{
    if (o->stream == NULL) return;
    if (!o->is_standard_output) file_abandon(&o->sink);
    output_free(o);
}

/* ---- begin and end ---- */

static size_t split_header(struct str *names, const char *header)
{
    size_t count = 0;
    for (const char *at = header, *end = NULL; at != NULL; at = end == NULL ? NULL : end + 1) {
        end = strchr(at, ',');
        if (names != NULL) names[count] = (struct str){at, end == NULL ? strlen(at) : (size_t)(end - at)};
        count++;
    }
    return count;
}

static size_t column_named(const struct sheet *s, struct str name)
{
    size_t at = 0;
    while (!str_equal(s->names[at], name)) {
        at++;
        assert(at < s->columns);
    }
    return at;
}

enum err sheet_begin(struct sheet **out, const struct sheet_options *o, struct arena *a, struct error *e)
{
    struct sheet *s = arena_new_of(a, struct sheet);
    s->options = *o;
    s->kind = kinds[o->format];
    s->columns = split_header(NULL, o->header);
    s->names = arena_array_of(a, struct str, s->columns);
    s->cells = arena_array_of(a, struct cell, s->columns);
    (void)split_header(s->names, o->header);
    s->currency = s->columns;
    if (o->currency != NULL && o->currency[0] != '\0') s->currency = column_named(s, STR("currency"));
    s->sink = (struct sheet_sink){.options = &s->options, .names = s->names, .columns = s->columns};
    enum err err = s->kind->begin(&s->sink, &s->options, e);
    if (err != OK) return err;
    s->texts = arena_new();
    *out = s;
    return OK;
}

enum err csv_begin(struct sheet **out, const char *path, const char *header, struct arena *a, struct error *e)
{
    struct sheet_options o = {.path = path, .header = header, .format = SHEET_CSV};
    return sheet_begin(out, &o, a, e);
}

enum err sheet_finish(struct sheet_summary *out, struct sheet *s, struct error *e)
{
    assert(!s->ended && s->column == 0);
    s->ended = true;
    arena_free(s->texts);
    enum err err = s->sink.err;
    if (err == OK) err = s->kind->end(&s->sink, e);
    *out = (struct sheet_summary){.rows = s->rows, .bytes = s->sink.output.bytes};
    if (err == OK && s->options.format != SHEET_ROWS) err = output_finish(&s->sink.output, &out->sha256, e);
    out->bytes = s->sink.output.bytes;
    if (s->sink.err != OK) *e = s->sink.error;
    if (err != OK) s->kind->abandon(&s->sink);
    return err;
}

void sheet_abandon(struct sheet *s)
{
    if (s == NULL || s->ended) return;
    s->ended = true;
    arena_free(s->texts);
    s->kind->abandon(&s->sink);
}

/* ---- cells ---- */

static struct cell *next_cell(struct sheet *s, enum cell_kind kind, struct str text)
{
    assert(s->column < s->columns);
    s->cells[s->column] = (struct cell){.kind = text.len == 0 ? CELL_EMPTY : kind, .text = text};
    return &s->cells[s->column++];
}

void sheet_text(struct sheet *s, struct str text)
{
    (void)next_cell(s, CELL_TEXT, str_copy(s->texts, text));
}

void sheet_word(struct sheet *s, const char *word)
{
    (void)next_cell(s, CELL_WORD, str_copy(s->texts, str_of(word)));
}

void sheet_empty(struct sheet *s)
{
    (void)next_cell(s, CELL_EMPTY, STR_NONE);
}

void sheet_count(struct sheet *s, uint64_t number)
{
    (void)next_cell(s, CELL_COUNT, str_format(s->texts, "%ju", (uintmax_t)number));
}

void sheet_money(struct sheet *s, struct money m)
{
    struct cell *c = next_cell(s, CELL_MONEY, money_is_given(m) ? money_text(s->texts, m) : STR_NONE);
    c->money = m;
}

void sheet_decimal(struct sheet *s, struct decimal d)
{
    (void)next_cell(s, CELL_DECIMAL, decimal_text(s->texts, d));
}

void sheet_price(struct sheet *s, struct decimal price, const char *currency)
{
    (void)next_cell(s, CELL_DECIMAL, price_text(s->texts, price, currency));
}

void sheet_date(struct sheet *s, struct date d)
{
    struct cell *c = next_cell(s, CELL_DATE, date_text(s->texts, d));
    c->date = d;
}

void sheet_instant(struct sheet *s, struct instant t)
{
    (void)next_cell(s, CELL_INSTANT, instant_is_given(t) ? instant_text(s->texts, t) : STR_NONE);
}

void sheet_hash(struct sheet *s, const struct hash *hash)
{
    char digits[2 * sizeof(struct hash)];
    if (hash != NULL) hex_encode(digits, hash->bytes, sizeof(struct hash));
    struct str text = {digits, sizeof digits};
    (void)next_cell(s, CELL_WORD, hash == NULL ? STR_NONE : str_copy(s->texts, text));
}

static bool is_wanted(const struct sheet *s)
{
    return s->currency == s->columns || str_is(s->cells[s->currency].text, s->options.currency);
}

void sheet_end_row(struct sheet *s)
{
    assert(s->column == s->columns);
    if (is_wanted(s)) {
        if (s->sink.err == OK) s->kind->row(&s->sink, s->cells);
        s->rows++;
        s->sink.rows++;
    }
    s->column = 0;
    arena_reset(s->texts);
}

void sheet_total(struct sheet *s, const struct sheet_total *total)
{
    if (s->sink.err == OK && s->kind->total != NULL) s->kind->total(&s->sink, total);
    s->sink.totals++;
}

/* ---- rows for a visitor ---- */

static enum err rows_begin(struct sheet_sink *k, const struct sheet_options *o, struct error *e)
{
    (void)k, (void)o, (void)e;
    return OK;
}

static void rows_row(struct sheet_sink *k, const struct cell *cells)
{
    const struct sheet_options *o = k->options;
    k->err = o->row(o->context, k->names, cells, k->columns, &k->error);
}

static enum err rows_end(struct sheet_sink *k, struct error *e)
{
    (void)k, (void)e;
    return OK;
}

static void rows_abandon(struct sheet_sink *k)
{
    (void)k;
}

const struct sheet_kind sheet_rows = {rows_begin, rows_row, NULL, rows_end, rows_abandon};

/* ---- names of formats ---- */

static bool ends_with(const char *path, const char *end)
{
    size_t len = strlen(path), wanted = strlen(end);
    return len > wanted && strcmp(path + len - wanted, end) == 0;
}

static enum err csv_dialect(enum sheet_format *out, struct str dialect, struct error *e)
{
    *out = SHEET_CSV;
    if (dialect.len == 0) return OK;
    if (str_is(dialect, "excel")) *out = SHEET_CSV_EXCEL;
    if (str_is(dialect, "excel-eu")) *out = SHEET_CSV_EXCEL_EU;
    if (*out != SHEET_CSV) return OK;
    struct str shown = text_quotable(dialect);
    return fail(e, ERR_USAGE, "there is no dialect '%.*s' of CSV: excel or excel-eu", STR_ARG(shown));
}

enum err sheet_format_of(enum sheet_format *out, struct str format, struct str dialect, const char *path,
                         struct error *e)
{
    if (str_is(format, "table") && strcmp(path, "-") != 0)
        return fail(e, ERR_USAGE, "a table is for the terminal, and no file: csv, json or xlsx is");
    if (format.len == 0 && ends_with(path, ".xlsx")) format = STR("xlsx");
    if (format.len == 0 && ends_with(path, ".json")) format = STR("json");
    if (format.len == 0 && ends_with(path, ".pdf")) format = STR("pdf");
    if (format.len == 0 || str_is(format, "csv")) return csv_dialect(out, dialect, e);
    if (dialect.len > 0) return fail(e, ERR_USAGE, "--csv is for CSV alone");
    *out = str_is(format, "json")   ? SHEET_JSON
           : str_is(format, "xlsx") ? SHEET_XLSX
           : str_is(format, "pdf")  ? SHEET_PDF
                                    : SHEET_ROWS;
    if (*out != SHEET_ROWS || str_is(format, "table")) return OK;
    struct str shown = text_quotable(format);
    return fail(e, ERR_USAGE, "there is no format '%.*s': csv, json, xlsx, pdf or table", STR_ARG(shown));
}
