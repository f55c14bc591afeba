/* SPDX-License-Identifier: MIT */
/* row.h - importers' own: one row of a file, whatever its format, and why it cannot be taken. */
#ifndef DAYBOOK_IMPORTERS_ROW_H
#define DAYBOOK_IMPORTERS_ROW_H

#include "ledger/ledger.h"

struct row {
    uint64_t line;      /* on which it begins */
    struct str text;    /* as it stands in the file, without its end */
    const char *column; /* where it is wrong; "" means the row as a whole */
    struct str why;     /* "": nothing is wrong with it */
};

static inline bool row_is_good(const struct row *r)
{
    return r->why.len == 0;
}

/* Notes the first thing that is wrong; what was found before stays. */
void row_refuse(struct row *r, const char *column, struct str why);
void row_refuse_error(struct row *r, const char *column, const struct error *why, struct arena *a);

/* An id for a row whose sender gave none, so that the same row of the same file is known again: hexadecimal
 * SHA-256, cut to 32 digits, of the row's line number and text. Rows without a time of their own also count
 * their file's name (without folders and ".gz"), so that the equal rows of two days' files are not taken for
 * one. The prefix says what kind of id it is. */
struct str row_id(const struct row *r, const char *prefix, const char *path_or_null, struct hasher *h,
                  struct arena *a);

#endif
