/* SPDX-License-Identifier: MIT */
/* csv.h - importers' own: rows of a CSV file with a header, by libcsv. It checks form only: quotes, the
 * number of fields, the names of columns. What the fields say is for whoever reads the rows. */
#ifndef DAYBOOK_IMPORTERS_CSV_H
#define DAYBOOK_IMPORTERS_CSV_H

#include "importers/row.h"
#include "importers/stream.h"

enum { CSV_COLUMNS = 32 };

/* The columns that a file may have, in any order in the file. */
struct csv_layout {
    const char *const *names; /* lower case */
    size_t count;             /* at most CSV_COLUMNS */
    uint32_t required;        /* bit i: names[i] must be there */
};

struct csv_row {
    struct row row;
    struct str fields[CSV_COLUMNS]; /* by the layout's columns; "" where the file has none */
};

struct csv_reader;

/* `first` is the stream's first line: the header. Both are the caller's. */
enum err csv_open(struct csv_reader **out, struct stream *s, const struct text_line *first,
                  const struct csv_layout *layout, struct error *e) MUST_USE;
void csv_close(struct csv_reader *r); /* accepts NULL */
bool csv_has(const struct csv_reader *r, size_t column);

/* The next row, in the arena. A row whose form is wrong has a reason (row.why) and no fields; the rows after
 * it are read as if it were not there: a quote that is never closed costs its own line only. Blank lines are
 * no rows. */
enum err csv_next(struct csv_row *out, bool *end, struct csv_reader *r, struct arena *a,
                  struct error *e) MUST_USE;

#endif
