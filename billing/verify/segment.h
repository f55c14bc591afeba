/* SPDX-License-Identifier: MIT */
/* segment.h - one segment of an archive, by one thread: its records are read, hashed, held against each other
 * and against the tiles of the two lowest levels that lie in it. */
#ifndef DAYBOOK_BILLING_VERIFY_SEGMENT_H
#define DAYBOOK_BILLING_VERIFY_SEGMENT_H

#include "billing/verify/folder.h"
#include "billing/verify/inflate.h"
#include "billing/verify/places.h"
#include "billing/verify/record.h"
#include "billing/verify/succession.h"
#include "billing/verify/sums.h"

/* What a thread works with. */
struct bench {
    int folder;
    struct unpacker *unpacker;
    struct sums_view records, tiles[2];
};
void bench_open(struct bench *b, int folder, const struct sums *sums);
void bench_close(struct bench *b);

/* What is found in a segment, and what is left to hold against the others. */
struct segment {
    uint64_t number;
    uint32_t count; /* records, 1 to SEGMENT_RECORDS */
    struct chain chain;
    struct buffer landmarks; /* each a struct landmark, in their order */
    uint64_t bytes, tiles;
    struct digest leaves[SEGMENT_RECORDS], roots[TILE_HASHES]; /* of records, of full tiles */
    enum err err;
    struct fault fault;
};
/* Sets err and fault, too. What it had gathered before is forgotten. */
void segment_verify(struct segment *s, struct bench *b);
/* The root over its first `count` records. */
void segment_root(struct digest *out, const struct segment *s, uint32_t count);

/* The hashes of a tile as its file has them, which must be these. */
enum err tile_hold(int folder, struct sums_view *v, const char *place, const struct digest *hashes,
                   size_t count, struct fault *f) MUST_USE;
/* The hashes of a tile's file, and the hash of that. */
enum err tile_read(struct digest hashes[TILE_HASHES], struct digest *sum, int folder, const char *place,
                   size_t count, struct fault *f) MUST_USE;

#endif
