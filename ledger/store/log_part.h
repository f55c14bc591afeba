/* SPDX-License-Identifier: MIT */
/* log_part.h - consecutive records of the log, verified by one thread without keys: what log_verify.c joins.
 * Where a part begins at a multiple of a power of two and has as many records, its leaves make one perfect
 * subtree. */
#ifndef DAYBOOK_LEDGER_STORE_LOG_PART_H
#define DAYBOOK_LEDGER_STORE_LOG_PART_H

#include "ledger/store/log_private.h"

/* A note for the rules; for a GENERATION record with those records of its part that are before it. */
struct part_note {
    struct chain_note note;
    struct merkle_range *before; /* else NULL */
};

/* What joining needs to know of records [first, first + range.size). */
struct part {
    bool ready;
    uint64_t first, end;
    struct record_header head; /* of the first record */
    struct log_link link;      /* behind the last */
    struct merkle_range range;
    uint64_t bytes;
    struct part_note *notes; /* played when the part is joined to those before it */
    size_t notes_count, notes_room;
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

#endif
