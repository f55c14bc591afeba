/* SPDX-License-Identifier: MIT */
/* source.h - importers' own: the bytes of a file from outside, plain or gzip, from a path or standard input.
 * A source knows nothing of lines. It is read front to back and may be rewound once it was made so. */
#ifndef DAYBOOK_IMPORTERS_SOURCE_H
#define DAYBOOK_IMPORTERS_SOURCE_H

#include "ledger/ledger.h"

struct source;

/* "-" is standard input. Whether it is gzip is told by its first bytes, not by its name. ERR_NOT_FOUND: no
 * such file. */
enum err source_open(struct source **out, const char *path, struct error *e) MUST_USE;
/* Is asked before each block is read; told to stop, reading ends with ERR_INCOMPLETE. */
void source_stops(struct source *s, bool (*stops)(void *), void *context);
/* Bytes in memory, which must outlive the source: for tests and fuzzing. */
void source_of_bytes(struct source **out, struct bytes content);
void source_close(struct source *s); /* accepts NULL */

/* Is it read from the very file that this path leads to? */
bool source_is_file(const struct source *s, const char *path);
bool source_is_compressed(const struct source *s);

/* The next bytes; *got 0 is the end. Compressed data that end too early or are damaged are ERR_INVALID,
 * saying how far they could be read. */
enum err source_read(size_t *got, struct source *s, uint8_t *to, size_t room, struct error *e) MUST_USE;

/* Before the first source_rewind. What cannot be read twice (a pipe) is copied to a temporary file that has
 * no name. */
enum err source_keep(struct source *s, struct error *e) MUST_USE;
enum err source_rewind(struct source *s, struct error *e) MUST_USE;

/* Reads a kept source to its end, so that a file that was cut off is found before anything of it is used, and
 * rewinds it. */
enum err source_check(struct source *s, struct error *e) MUST_USE;

/* Bytes of the file as it is stored, for progress; total 0 when it is not known. */
uint64_t source_bytes_done(const struct source *s);
uint64_t source_bytes_total(const struct source *s);

#endif
