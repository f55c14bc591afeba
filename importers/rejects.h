/* SPDX-License-Identifier: MIT */
/* rejects.h - importers' own: the file of rows that were not taken. CSV: line,column,reason,text; there after
 * the import or not at all, and readable by its owner only. */
#ifndef DAYBOOK_IMPORTERS_REJECTS_H
#define DAYBOOK_IMPORTERS_REJECTS_H

#include "importers/row.h"

struct rejects {
    const char *path;
    struct file_sink sink; /* begun with the first reject */
    uint64_t count;
};

enum err rejects_add(struct rejects *r, const struct row *row, struct error *e) MUST_USE;
/* Puts the file in its place, if there is one. */
enum err rejects_finish(struct rejects *r, struct error *e) MUST_USE;
void rejects_abandon(struct rejects *r);

/* The row's text as it may be shown: at most 200 bytes, on one line, every digit blanked out when card data
 * stand anywhere in the row, and with a quote mark before what a spreadsheet would take for a formula. */
struct str rejects_text(const struct row *row, struct arena *a);

#endif
