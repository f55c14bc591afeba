/* SPDX-License-Identifier: MIT */
/* segment.h - consecutive records in one compressed file, as archives and backups hold them (FORMAT.md,
 * "Archives"): one member of gzip (RFC 1952) without name and time, in it for each record its length as 4
 * bytes, big-endian, and the record. */
#ifndef DAYBOOK_LEDGER_STORE_SEGMENT_H
#define DAYBOOK_LEDGER_STORE_SEGMENT_H

#include "ledger/store/hasher.h"

enum { SEGMENT_RECORDS = 65536 }; /* of a closed one */

/* Writes a file that has no name yet, in the folder `dir`. */
struct segment_writer;
enum err segment_begin(struct segment_writer **out, const char *dir, struct error *e) MUST_USE;
enum err segment_add(struct segment_writer *w, struct bytes record, struct error *e) MUST_USE;
/* Ends it: what the file's bytes are, by which it may be named. */
struct segment_facts {
    struct hash hash; /* SHA-256 of the file */
    uint64_t bytes;   /* of the file */
};
enum err segment_end(struct segment_facts *out, struct segment_writer *w, struct error *e) MUST_USE;
/* Makes it durable under this name and frees the writer, also after a failure. */
enum err segment_place(struct segment_writer *w, const char *path, struct error *e) MUST_USE;
void segment_abandon(struct segment_writer *w); /* accepts NULL; leaves no file */

/* Reads one. What it says is checked by whoever reads it: a file is not to be trusted. ERR_INCOMPLETE: there
 * is no such file. */
struct segment_reader;
enum err segment_open(struct segment_reader **out, const char *path, struct error *e) MUST_USE;
void segment_close(struct segment_reader *r); /* accepts NULL */
/* The next record, valid until the next call; *end instead where the file ends as it should. ERR_TAMPERED: it
 * does not, or it is no such file. */
enum err segment_next(struct bytes *record, bool *end, struct segment_reader *r, struct error *e) MUST_USE;
/* At the end. */
struct segment_facts segment_facts(struct segment_reader *r);

#endif
