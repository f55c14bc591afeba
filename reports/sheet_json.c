/* SPDX-License-Identifier: MIT */
/* sheet_json.c - a sheet as one JSON document: {"report": …, "parameters": {…}, "as_of": …, "rows": [one
 * object a line], "totals": […]}. Money and decimals are strings, for no reader may make binary fractions of
 * them; counts are numbers, what is not given is null. */
#include "reports/sheet_sink.h"

static void add_escaped(struct sheet_output *o, struct str text)
{
    static const char digits[] = "0123456789abcdef";
    output_add_byte(o, '"');
    for (size_t i = 0; i < text.len; i++) {
        unsigned char byte = (unsigned char)text.ptr[i];
        if (byte == '"' || byte == '\\') {
            output_add_byte(o, '\\');
            output_add_byte(o, byte);
        } else if (byte < 0x20 || byte == 0x7f) {
            output_add(o, STR("\\u00"));
            output_add_byte(o, digits[byte >> 4]);
            output_add_byte(o, digits[byte & 15]);
        } else {
            output_add_byte(o, byte);
        }
    }
    output_add_byte(o, '"');
}

static void add_or_null(struct sheet_output *o, struct str text)
{
    if (text.len == 0)
        output_add(o, STR("null"));
    else
        add_escaped(o, text);
}

static enum err begin(struct sheet_sink *k, const struct sheet_options *o, struct error *e)
{
    enum err err = output_begin(&k->output, o->path, e);
    if (err != OK) return err;
    output_add(&k->output, STR("{\"report\": "));
    add_escaped(&k->output, str_of(o->title));
    output_add(&k->output, STR(",\n\"parameters\": {"));
    for (size_t i = 0; i < o->parameters_count; i++) {
        if (i > 0) output_add(&k->output, STR(", "));
        add_escaped(&k->output, str_of(o->parameters[i].name));
        output_add(&k->output, STR(": "));
        add_or_null(&k->output, o->parameters[i].value);
    }
    output_add(&k->output, STR("},\n\"as_of\": "));
    add_or_null(&k->output, o->as_of);
    output_add(&k->output, STR(",\n\"rows\": ["));
    return OK;
}

static void row(struct sheet_sink *k, const struct cell *cells)
{
    struct sheet_output *o = &k->output;
    output_add(o, k->rows == 0 ? STR("\n{") : STR(",\n{"));
    for (size_t i = 0; i < k->columns; i++) {
        if (i > 0) output_add(o, STR(", "));
        add_escaped(o, k->names[i]);
        output_add(o, STR(": "));
        if (cells[i].kind == CELL_EMPTY)
            output_add(o, STR("null"));
        else if (cells[i].kind == CELL_COUNT)
            output_add(o, cells[i].text);
        else
            add_escaped(o, cells[i].text);
    }
    output_add_byte(o, '}');
}

static void total(struct sheet_sink *k, const struct sheet_total *t)
{
    struct sheet_output *o = &k->output;
    struct arena *a = arena_new();
    output_add(o, k->totals == 0 ? STR("\n],\n\"totals\": [\n") : STR(",\n"));
    output_add(o, STR("{\"column\": "));
    add_escaped(o, str_of(t->name));
    output_add(o, STR(", \"sum\": "));
    add_escaped(o, money_text(a, t->sum));
    output_add(o, STR(", \"currency\": "));
    add_escaped(o, str_of(t->sum.currency));
    output_add_byte(o, '}');
    arena_free(a);
}

static enum err end(struct sheet_sink *k, struct error *e)
{
    (void)e;
    if (k->totals == 0) output_add(&k->output, STR("\n],\n\"totals\": ["));
    output_add(&k->output, STR("\n]}\n"));
    return OK;
}

static void abandon(struct sheet_sink *k)
{
    output_abandon(&k->output);
}

const struct sheet_kind sheet_json = {begin, row, total, end, abandon};
