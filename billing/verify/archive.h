/* SPDX-License-Identifier: MIT */
/* archive.h - an archive's parts put together: what archive.c, archive_files.c and crew.c share. */
#ifndef DAYBOOK_BILLING_VERIFY_ARCHIVE_H
#define DAYBOOK_BILLING_VERIFY_ARCHIVE_H

#include "billing/verify/segment.h"
#include "billing/verify/verify.h"

/* A level of tiles above those that lie in one segment. */
struct level {
    struct digest hashes[TILE_HASHES];
    uint64_t tiles; /* full ones before */
    unsigned count;
};

struct archive {
    int folder;
    const struct question *question;
    const struct keys *keys; /* that signatures are held against */
    struct sums sums;
    struct sums_view view;
    struct finding *out;
    struct arena *arena;
    struct arena *passing; /* for one file at a time */
    bool is_unsigned;      /* SHA256SUMS */
    bool has_kept;
    struct checkpoint kept;
    struct chain chain;
    struct succession succession;
    struct range segments; /* roots of full ones */
    struct level levels[TILE_LEVELS];
    /* The checkpoints whose lines are still to come, and what the last one said. */
    struct sums_view lines;
    uint64_t next_line;
    uint64_t last_size;
    bool has_next;
    char next[PLACE_BYTES];
};

/* Every file is covered by SHA256SUMS and belongs there, and every line has its file. Hashes what is neither
 * records nor tiles nor checkpoints. */
enum err archive_files(struct archive *x) MUST_USE;
/* The checkpoints in the archive that are of records up to `size`; `root` gives the root over the first
 * `size` records. */
void checkpoints_begin(struct archive *x);
enum err checkpoints_up_to(struct archive *x, uint64_t size,
                           void (*root)(struct digest *out, struct archive *x, const struct segment *s,
                                        uint64_t size),
                           const struct segment *s) MUST_USE;
/* There is none left, and the last one is that of the archive. */
enum err checkpoints_end(struct archive *x) MUST_USE;

/* x->keys: those that are trusted, and those that the notes in 'keys' name from them on. ERR_TAMPERED: a file
 * there is not such a note. */
enum err take_successors(struct archive *x, const struct keys *from) MUST_USE;
/* The generation to which the last of the first `size` records belongs; they end in the segment, whose
 * records were joined. */
uint64_t generation_at(const struct archive *x, const struct segment *s, uint64_t size);
/* What is signed, but by no key that is known: which one is missing? The code is that of the fault. */
enum err signed_by_others(struct archive *x, const char *place, struct str origin);

/* Every segment in its order, read by question->jobs threads at once; at most two for each thread are in
 * memory. */
enum err crew_work(struct archive *x, enum err (*join)(struct archive *x, const struct segment *s)) MUST_USE;

#endif
