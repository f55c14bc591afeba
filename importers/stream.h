/* SPDX-License-Identifier: MIT */
/* stream.h - importers' own: a source as numbered lines, in constant memory whatever their length. */
#ifndef DAYBOOK_IMPORTERS_STREAM_H
#define DAYBOOK_IMPORTERS_STREAM_H

#include "importers/source.h"

struct stream;

struct text_line {
    uint64_t number; /* from 1 */
    /* Without its end (LF or CR LF); valid until the next line is asked for. Of a line that is too long its
     * first LIMIT_INPUT_LINE_BYTES bytes; the rest was passed over. */
    struct str text;
    bool too_long;
};

struct stream *stream_new(
    struct source *source);         /* of a source at its start; the source stays the caller's */
void stream_free(struct stream *s); /* accepts NULL */

/* *end: there is no further line. A byte order mark is passed over; UTF-16 is ERR_INVALID. */
enum err stream_line(struct text_line *out, bool *end, struct stream *s, struct error *e) MUST_USE;

#endif
