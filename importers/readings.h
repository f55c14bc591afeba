/* SPDX-License-Identifier: MIT */
/* readings.h - importers' own: usage readings out of a stream, without any ledger. The first byte that is no
 * blank tells the format: '{' begins JSON lines, anything else a CSV header. */
#ifndef DAYBOOK_IMPORTERS_READINGS_H
#define DAYBOOK_IMPORTERS_READINGS_H

#include "importers/row.h"
#include "importers/stream.h"

struct reading_row {
    struct row row;
    struct usage_input input; /* when the row is good */
};

struct readings;

/* `path` names the file in ids that are made for readings without one (see row_id). ERR_INVALID for an empty
 * file or a header that is none. */
enum err readings_open(struct readings **out, struct source *source, const char *path,
                       struct error *e) MUST_USE;
void readings_close(struct readings *r); /* accepts NULL */

/* The next row, in the arena. Good means: every field that is needed is there, and amount and time have a
 * form that can be read. Whether the user exists and the amount makes sense is decided in the ledger. */
enum err readings_next(struct reading_row *out, bool *end, struct readings *r, struct arena *a,
                       struct error *e) MUST_USE;

#endif
