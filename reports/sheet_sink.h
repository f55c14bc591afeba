/* SPDX-License-Identifier: MIT */
/* sheet_sink.h - what a format is made of: one file of these functions each, and a line in the table of
 * sheet.c. */
#ifndef DAYBOOK_REPORTS_SHEET_SINK_H
#define DAYBOOK_REPORTS_SHEET_SINK_H

#include "reports/sheet.h"

/* Bytes on their way to a file or standard output, hashed as they go. */
struct sheet_output {
    struct file_sink sink;
    void *stream; /* FILE *: the sink's, or standard output; NULL when ended */
    bool is_standard_output;
    int failure; /* errno of the first piece that could not be written; 0: none */
    struct buffer piece;
    struct hasher *hasher;
    uint64_t bytes;
};
enum err output_begin(struct sheet_output *o, const char *path, struct error *e) MUST_USE;
void output_add(struct sheet_output *o, struct str text);
void output_add_byte(struct sheet_output *o, int byte);
enum err output_finish(struct sheet_output *o, struct hash *sha256, struct error *e) MUST_USE;
void output_abandon(struct sheet_output *o);

struct sheet_sink;
struct sheet_kind {
    enum err (*begin)(struct sheet_sink *k, const struct sheet_options *o, struct error *e);
    void (*row)(struct sheet_sink *k, const struct cell *cells);
    void (*total)(struct sheet_sink *k, const struct sheet_total *total); /* NULL: not shown */
    enum err (*end)(struct sheet_sink *k, struct error *e);
    void (*abandon)(struct sheet_sink *k);
};
struct sheet_sink {
    struct sheet_output output;
    const struct sheet_options *options;
    const struct str *names;
    size_t columns;
    uint64_t rows; /* before the one at hand */
    uint64_t totals;
    void *inner;        /* the workbook */
    struct error error; /* the first failure of a visitor or workbook */
    enum err err;
};
extern const struct sheet_kind sheet_csv, sheet_json, sheet_xlsx, sheet_rows;

#endif
