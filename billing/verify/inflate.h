/* SPDX-License-Identifier: MIT */
/* inflate.h - the records of a segment, one after the other, out of its gzip member; in memory there is never
 * more than the longest of them. What inflates to more than sealed records can is stopped. */
#ifndef DAYBOOK_BILLING_VERIFY_INFLATE_H
#define DAYBOOK_BILLING_VERIFY_INFLATE_H

#include "billing/verify/hash.h"

struct unpacker;
struct unpacker *unpacker_new(void);
void unpacker_free(struct unpacker *u);

/* Where packed bytes come from: fills `to` with up to `room` bytes; *len 0 at the end. */
struct source {
    enum err (*read)(void *self, uint8_t *to, size_t room, size_t *len, struct error *e);
    void *self;
};
void unpacker_begin(struct unpacker *u, const struct source *s);
/* The next record, which stays until the next call. ERR_TAMPERED: what is there is none. */
enum err unpacker_next(struct bytes *out, struct unpacker *u, struct error *e) MUST_USE;
/* The next ones, as many as are unpacked already, at least one and at most `max`. They stay until the
 * next call. An error is of the first of them. */
enum err unpacker_run(struct bytes *out, size_t max, size_t *count, struct unpacker *u,
                      struct error *e) MUST_USE;
/* Leaf hashes of records, and beside them the hash of what was read since the last time. */
void unpacker_hash(struct digest *leaves, const struct bytes *records, size_t count, struct unpacker *u);
/* After the last one: there is nothing more, and the member is whole. *packed is the hash of all that was
 * read. */
enum err unpacker_end(struct unpacker *u, struct digest *packed, struct error *e) MUST_USE;
/* Bytes of records, their lengths not counted. */
uint64_t unpacker_bytes(const struct unpacker *u);

#endif
