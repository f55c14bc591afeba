/* SPDX-License-Identifier: MIT */
/* log_batch.c - plaintexts to sealed and chained records in one reused buffer: after the first batches
 * nothing is allocated any more. It must never be given plaintexts before the limits were checked. */
#include <stdlib.h>

#include "ledger/store/log_private.h"

struct log_tail log_tail_of(const struct log_head *h)
{
    return (struct log_tail){
        .size = h->range.size, .last_leaf = h->last_leaf, .last_at = h->last_at, .epoch_seq = h->epoch_seq};
}

void log_batch_clear(struct log_batch *b)
{
    buffer_clear(&b->bytes);
    b->count = 0;
    b->has_epoch = false;
}

void log_batch_free(struct log_batch *b)
{
    buffer_free(&b->bytes);
    free(b->ends);
    free(b->leaves);
    free(b->records);
}

static void make_room(struct log_batch *b)
{
    if (b->count < b->room) return;
    size_t room = b->room == 0 ? 64 : b->room * 2;
    size_t *ends = realloc(b->ends, room * sizeof *ends);
    if (ends != NULL) b->ends = ends;
    struct hash *leaves = realloc(b->leaves, room * sizeof *leaves);
    if (leaves != NULL) b->leaves = leaves;
    struct bytes *records = realloc(b->records, room * sizeof *records);
    if (records != NULL) b->records = records;
    if (ends == NULL || leaves == NULL || records == NULL) WRONG("out of memory");
    b->room = room;
}

/* The header that is due behind `tail`, without what sealing fills in. */
static struct record_header next_header(const struct log_tail *tail, enum record_class class_,
                                        struct instant at)
{
    struct instant due = {tail->last_at.us + 1};
    return (struct record_header){
        .class_ = class_, .seq = tail->size, .at = at.us > due.us ? at : due, .prev = tail->last_leaf};
}

/* Takes the `len` bytes behind the batch's end as its next record. */
static void accept_record(struct log_batch *b, struct log_tail *tail, struct log *l,
                          const struct record_header *h, size_t len)
{
    make_room(b);
    struct bytes record = {b->bytes.ptr + b->bytes.len, len};
    merkle_leaf(l->hasher, &b->leaves[b->count], record);
    b->bytes.len += len;
    b->ends[b->count] = b->bytes.len;
    tail->last_leaf = b->leaves[b->count];
    tail->last_at = h->at;
    tail->size++;
    b->count++;
}

void log_batch_add_clear(struct log_batch *b, struct log_tail *tail, struct log *l, enum record_class class_,
                         struct bytes body, struct instant at)
{
    struct record_header h = next_header(tail, class_, at);
    h.body_len = (uint32_t)body.len;
    if (h.seq == 0) record_genesis_prev(l->hasher, &h.prev, body);
    uint8_t *to = buffer_room(&b->bytes, RECORD_HEADER_BYTES + body.len);
    record_header_put(to, &h);
    bytes_put(to + RECORD_HEADER_BYTES, body);
    accept_record(b, tail, l, &h, RECORD_HEADER_BYTES + body.len);
}

static enum err add_sealed(struct log_batch *b, struct log_tail *tail, struct log *l, struct bytes plain,
                           struct instant at, struct error *e)
{
    struct record_header h = next_header(tail, RECORD_EVENTS, at);
    h.epoch = l->writer.epoch;
    uint8_t *to = buffer_room(&b->bytes, RECORD_OVERHEAD_BYTES + plain.len);
    enum err err = record_seal(to, &h, plain, l->writer.sealer, l->hasher, &l->pool, e);
    if (err != OK) return err;
    l->writer.used++;
    accept_record(b, tail, l, &h, RECORD_OVERHEAD_BYTES + plain.len);
    return OK;
}

enum err log_batch_fill(struct log_batch *b, struct log_tail *tail, uint64_t *first, struct log *l,
                        const struct bytes *plains, size_t count, struct instant at, struct error *e)
{
    if (log_epoch_is_due(l)) {
        enum err err = log_epoch_begin(b, tail, l, at, e);
        if (err != OK) return err;
    }
    *first = tail->size;
    for (size_t i = 0; i < count; i++) {
        enum err err = add_sealed(b, tail, l, plains[i], at, e);
        if (err != OK) return err;
    }
    return OK;
}

void log_batch_advance(struct log_head *head, const struct log_batch *b, const struct log_tail *tail,
                       struct hasher *h)
{
    for (size_t i = 0; i < b->count; i++) merkle_append(&head->range, h, &b->leaves[i]);
    assert(head->range.size == tail->size);
    head->last_leaf = tail->last_leaf;
    head->last_at = tail->last_at;
    head->epoch_seq = tail->epoch_seq;
}

const struct bytes *log_batch_records(struct log_batch *b)
{
    size_t begin = 0;
    for (size_t i = 0; i < b->count; i++) {
        b->records[i] = (struct bytes){b->bytes.ptr + begin, b->ends[i] - begin};
        begin = b->ends[i];
    }
    return b->records;
}
