/* SPDX-License-Identifier: MIT */
/* sheet_csv.c - sheets as CSV: see sheet.h. It must never let a text from outside through unguarded, nor put
 * an apostrophe before a number. */
#include "reports/sheet_sink.h"

static bool is_european(const struct sheet_sink *k)
{
    return k->options->format == SHEET_CSV_EXCEL_EU;
}

static char separator(const struct sheet_sink *k)
{
    return is_european(k) ? ';' : ',';
}

static void end_record(struct sheet_sink *k)
{
    output_add(&k->output, STR("\r\n"));
}

static enum err begin(struct sheet_sink *k, const struct sheet_options *o, struct error *e)
{
    enum err err = output_begin(&k->output, o->path, e);
    if (err != OK) return err;
    if (o->format != SHEET_CSV) output_add(&k->output, STR("\xEF\xBB\xBF"));
    for (size_t i = 0; i < k->columns; i++) {
        if (i > 0) output_add_byte(&k->output, separator(k));
        output_add(&k->output, k->names[i]);
    }
    end_record(k);
    return OK;
}

static bool is_formula(struct str text)
{
    return text.len > 0 &&
           memchr("=+-@\t\r", text.ptr[0], sizeof("=+-@\t\r")) != NULL; /* its NUL is meant too */
}

static bool needs_quotes(struct str text, char between)
{
    for (size_t i = 0; i < text.len; i++) {
        char byte = text.ptr[i];
        if (byte == between || byte == ',' || byte == '"' || byte == '\r' || byte == '\n') return true;
    }
    return false;
}

static void add_quoted(struct sheet_output *o, struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '"') output_add_byte(o, '"');
        output_add_byte(o, text.ptr[i]);
    }
}

static void add_text(struct sheet_sink *k, struct str text)
{
    struct sheet_output *o = &k->output;
    bool quotes = needs_quotes(text, separator(k));
    if (quotes) output_add_byte(o, '"');
    if (is_formula(text) && !k->options->raw) output_add_byte(o, '\'');
    if (quotes)
        add_quoted(o, text);
    else
        output_add(o, text);
    if (quotes) output_add_byte(o, '"');
}

static void add_number(struct sheet_sink *k, struct str text)
{
    for (size_t i = 0; i < text.len; i++)
        output_add_byte(&k->output, text.ptr[i] == '.' && is_european(k) ? ',' : text.ptr[i]);
}

static void row(struct sheet_sink *k, const struct cell *cells)
{
    for (size_t i = 0; i < k->columns; i++) {
        const struct cell *c = &cells[i];
        if (i > 0) output_add_byte(&k->output, separator(k));
        if (c->kind == CELL_TEXT)
            add_text(k, c->text);
        else if (c->kind == CELL_MONEY || c->kind == CELL_DECIMAL)
            add_number(k, c->text);
        else
            output_add(&k->output, c->text);
    }
    end_record(k);
}

static enum err end(struct sheet_sink *k, struct error *e)
{
    (void)k, (void)e;
    return OK;
}

static void abandon(struct sheet_sink *k)
{
    output_abandon(&k->output);
}

const struct sheet_kind sheet_csv = {begin, row, NULL, end, abandon};
