/* SPDX-License-Identifier: MIT */
/* log_part.h - consecutive records of the log, verified by one thread without keys: what log_verify.c joins.
 * Where a part begins at a multiple of a power of two and has as many records, its leaves make one perfect
 * subtree. */
#ifndef DAYBOOK_LEDGER_STORE_LOG_PART_H
#define DAYBOOK_LEDGER_STORE_LOG_PART_H

#include "ledger/store/log_private.h"

/* A GENERATION record, and the records of its part before it: the root that it names is that of all before.
 */
struct opened_generation {
    struct opened_generation *next;
    uint64_t seq;
    uint32_t number;
    struct hash root;
    struct merkle_range before;
};

/* What joining needs to know of records [first, first + range.size). */
struct part {
    bool ready;
    uint64_t first, end;
    struct record_header head; /* of the first record */
    struct log_link link;      /* behind the last */
    struct merkle_range range;
    uint64_t bytes;
    /* Epochs. `needed` is the greatest that a record names before the first EPOCH record of the part. */
    uint32_t needed, newest, opened;
    uint64_t needed_by, first_epoch_seq, first_epoch_before, epoch_seq;
    struct successions keys;
    struct opened_generation *generations, **last_generation;
    enum err failed;
    struct error error;
};

struct part *part_new(uint64_t first, uint64_t end);
void part_free(struct part *p); /* accepts NULL */

/* What a thread reads with; one a thread. */
struct part_reader;
struct part_reader *part_reader_new(struct log *l);
void part_reader_free(struct part_reader *r);
/* Reads every record of it and sets `failed` and `error`, too: of all that is wrong with it, what stands
 * first. */
void part_verify(struct part *p, struct part_reader *r);

/* The sentence for a record that names an epoch which none has begun. */
enum err part_epoch_not_begun(uint64_t seq, uint32_t epoch, struct error *e) MUST_USE;

#endif
