/* SPDX-License-Identifier: MIT */
/* csv.c - see csv.h. Rows are put together in a buffer of their own and written and hashed in large pieces.
 * It must never let a text from outside through unguarded, nor put an apostrophe before a number. */
#include "reports/csv.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { PIECE_BYTES = 64 * 1024 };

struct csv {
    struct file_sink sink;
    FILE *stream; /* the sink's, or standard output; NULL when ended */
    const char *path;
    bool is_standard_output, failed;
    struct buffer piece;
    struct hasher *hasher;
    struct arena *cells; /* texts of the row at hand */
    size_t columns, column;
    struct csv_summary summary;
};

/* ---- bytes ---- */

static void write_piece(struct csv *c)
{
    struct bytes piece = {c->piece.ptr, c->piece.len};
    if (piece.len == 0) return;
    hasher_add(c->hasher, piece);
    c->summary.bytes += piece.len;
    if (!c->failed) c->failed = fwrite(piece.ptr, 1, piece.len, c->stream) != piece.len;
    buffer_clear(&c->piece);
}

static void free_parts(struct csv *c)
{
    buffer_free(&c->piece);
    hasher_free(c->hasher);
    arena_free(c->cells);
    c->piece = (struct buffer){0};
    c->hasher = NULL;
    c->cells = NULL;
    c->stream = NULL;
}

static size_t columns_of(const char *header)
{
    size_t columns = 1;
    for (const char *at = header; *at != '\0'; at++) {
        if (*at == ',') columns++;
    }
    return columns;
}

enum err csv_begin(struct csv **out, const char *path, const char *header, struct arena *a, struct error *e)
{
    struct csv *c = arena_new_of(a, struct csv);
    c->path = path;
    c->is_standard_output = strcmp(path, "-") == 0;
    enum err err = c->is_standard_output ? OK : file_begin(&c->sink, path, 0644, e);
    if (err != OK) return err;
    c->stream = c->is_standard_output ? stdout : c->sink.stream;
    c->hasher = hasher_new();
    c->cells = arena_new();
    c->columns = columns_of(header);
    buffer_add(&c->piece, header, strlen(header));
    buffer_add(&c->piece, "\r\n", 2);
    *out = c;
    return OK;
}

static enum err output_finish(struct csv *c, struct error *e)
{
    if (!c->is_standard_output) return file_finish(&c->sink, e);
    errno = 0;
    if (fflush(stdout) == 0 && !ferror(stdout)) return OK;
    return fail_errno(e, errno != 0 ? errno : EIO, "cannot write to standard output");
}

enum err csv_finish(struct csv_summary *out, struct csv *c, struct error *e)
{
    assert(c->stream != NULL && c->column == 0);
    write_piece(c);
    hasher_end(c->hasher, c->summary.sha256.bytes);
    *out = c->summary;
    enum err err = output_finish(c, e); /* finds the stream's own mark of an earlier failure */
    free_parts(c);
    return err;
}

void csv_abandon(struct csv *c)
{
    if (c == NULL || c->stream == NULL) return;
    if (!c->is_standard_output) file_abandon(&c->sink);
    free_parts(c);
}

/* ---- cells ---- */

static void begin_cell(struct csv *c)
{
    assert(c->column < c->columns);
    if (c->column++ > 0) buffer_add_byte(&c->piece, ',');
}

static void add_bare(struct csv *c, struct str text)
{
    begin_cell(c);
    if (text.len > 0) buffer_add(&c->piece, text.ptr, text.len);
}

static bool is_formula(struct str text)
{
    return text.len > 0 &&
           memchr("=+-@\t\r", text.ptr[0], sizeof("=+-@\t\r")) != NULL; /* its NUL is meant too */
}

static bool needs_quotes(struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        char byte = text.ptr[i];
        if (byte == ',' || byte == '"' || byte == '\r' || byte == '\n') return true;
    }
    return false;
}

static void add_quoted(struct csv *c, struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '"') buffer_add_byte(&c->piece, '"');
        buffer_add_byte(&c->piece, (uint8_t)text.ptr[i]);
    }
}

void csv_text(struct csv *c, struct str text)
{
    bool quotes = needs_quotes(text);
    begin_cell(c);
    if (quotes) buffer_add_byte(&c->piece, '"');
    if (is_formula(text)) buffer_add_byte(&c->piece, '\'');
    if (quotes)
        add_quoted(c, text);
    else if (text.len > 0)
        buffer_add(&c->piece, text.ptr, text.len);
    if (quotes) buffer_add_byte(&c->piece, '"');
}

void csv_word(struct csv *c, const char *word)
{
    add_bare(c, str_of(word));
}

void csv_empty(struct csv *c)
{
    begin_cell(c);
}

void csv_count(struct csv *c, uint64_t number)
{
    char digits[24];
    size_t at = sizeof(digits);
    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    add_bare(c, (struct str){digits + at, sizeof(digits) - at});
}

void csv_money(struct csv *c, struct money m)
{
    add_bare(c, money_is_given(m) ? money_text(c->cells, m) : STR_NONE);
}

void csv_decimal(struct csv *c, struct decimal d)
{
    add_bare(c, decimal_text(c->cells, d));
}

void csv_price(struct csv *c, struct decimal price, const char *currency)
{
    add_bare(c, price_text(c->cells, price, currency));
}

void csv_date(struct csv *c, struct date d)
{
    add_bare(c, date_text(c->cells, d));
}

void csv_instant(struct csv *c, struct instant t)
{
    add_bare(c, instant_is_given(t) ? instant_text(c->cells, t) : STR_NONE);
}

void csv_hash(struct csv *c, const struct hash *hash)
{
    char digits[2 * sizeof(struct hash)];
    begin_cell(c);
    if (hash == NULL) return;
    hex_encode(digits, hash->bytes, sizeof(struct hash));
    buffer_add(&c->piece, digits, sizeof(digits));
}

void csv_end_row(struct csv *c)
{
    assert(c->column == c->columns);
    buffer_add(&c->piece, "\r\n", 2);
    c->column = 0;
    c->summary.rows++;
    arena_reset(c->cells);
    if (c->piece.len >= PIECE_BYTES) write_piece(c);
}
