/* SPDX-License-Identifier: MIT */
/* record.h - records as FORMAT.md sections 2, 3 and 5 have them, read by a stranger: each for itself, and
 * each against those before it. */
#ifndef DAYBOOK_BILLING_VERIFY_RECORD_H
#define DAYBOOK_BILLING_VERIFY_RECORD_H

#include "billing/verify/hash.h"

enum { RECORD_HEADER = 108, RECORD_MAX = 4194304, RECORD_SALT = 16, RECORD_TAG = 16 };
enum { CLASS_GENESIS = 1, CLASS_EPOCH = 2, CLASS_EVENTS = 3, CLASS_KEYS = 4, CLASS_GENERATION = 5 };
enum { CLASS_LAST = CLASS_GENERATION };
enum { ORIGIN_BYTES = 24 };

struct record {
    uint8_t class_;
    uint64_t seq, time;
    uint32_t epoch;
    struct digest prev, commit;
    struct bytes body;
};
/* Rules 1 and 2, and well-formed bodies where they stand in clear. ERR_INCOMPLETE: a version or class that
 * this program does not know. */
enum err record_read(struct record *out, struct bytes whole, struct error *e) MUST_USE;

/* Records that follow each other. Those from 0 on are judged at once; those of a later stretch leave to
 * chain_join what only the stretch before it can tell. */
struct chain {
    uint64_t begin, size; /* records begin … size - 1 were seen */
    uint64_t first_time, time;
    struct digest first_prev, leaf; /* the leaf hash of the last one */
    uint64_t epochs;                /* EPOCH records */
    /* The newest epoch and the number of its record, if any stands here. */
    uint64_t epoch, epoch_seq;
    /* What the stretch before has to have: the epoch that was named, and by which record, before one began
     * here; what the first EPOCH record here says. */
    uint64_t needed, needed_by;
    uint64_t began, began_before, began_at;
    char origin[ORIGIN_BYTES + 1]; /* of record 0; else "" */
};
/* Rules 3 to 5 for the record with number c->size, whose leaf hash this is. */
enum err chain_add(struct chain *c, const struct record *r, const struct digest *leaf,
                   struct error *e) MUST_USE;
/* Puts the stretch that begins where `c` ends behind it. */
enum err chain_join(struct chain *c, const struct chain *next, uint64_t *bad, struct error *e) MUST_USE;

#endif
