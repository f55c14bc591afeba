/* SPDX-License-Identifier: MIT */
/* log_part.c - see log_part.h. Records come several at once: their hashes do not depend on each other, and
 * many are faster than as many times one. */
#include <stdlib.h>
#include <string.h>

#include "ledger/store/log_part.h"

enum { LEAVES_MAX = 256 };

struct part_reader {
    struct log *log;
    struct hasher *hasher;
    struct part *part; /* the one that is read */
    /* Leaf hashes that are not in the part's tree yet. */
    size_t leaves;
    struct hash leaf[LEAVES_MAX];
};

struct part *part_new(uint64_t first, uint64_t end)
{
    struct part *p = calloc(1, sizeof *p);
    if (p == NULL) WRONG("out of memory");
    p->first = first;
    p->end = end;
    p->last_generation = &p->generations;
    return p;
}

void part_free(struct part *p)
{
    if (p == NULL) return;
    successions_free(&p->keys);
    for (struct opened_generation *o = p->generations, *next = NULL; o != NULL; o = next) {
        next = o->next;
        free(o);
    }
    free(p);
}

struct part_reader *part_reader_new(struct log *l)
{
    struct part_reader *r = calloc(1, sizeof *r);
    if (r == NULL) WRONG("out of memory");
    r->log = l;
    r->hasher = hasher_new();
    return r;
}

void part_reader_free(struct part_reader *r)
{
    hasher_free(r->hasher);
    free(r);
}

/* ---- epochs and generations ---- */

static enum err note_epoch(struct part *p, const struct record_header *h, struct bytes record,
                           struct error *e)
{
    struct epoch_body body = {0};
    if (epoch_body_take(&body, (struct bytes){record.ptr + RECORD_HEADER_BYTES, h->body_len}, e) != OK)
        return wrap(e, "record %llu", (unsigned long long)h->seq);
    if (p->opened == 0) {
        p->first_epoch_seq = h->seq;
        p->first_epoch_before = body.before;
    } else if (body.epoch != p->newest + 1 || body.before != p->epoch_seq) {
        return fail(e, ERR_TAMPERED, "record %llu: key epoch %u does not follow epoch %u at record %llu",
                    (unsigned long long)h->seq, body.epoch, p->newest, (unsigned long long)p->epoch_seq);
    }
    successions_note_epoch(&p->keys, h->seq, body.key_name);
    p->opened++;
    p->newest = body.epoch;
    p->epoch_seq = h->seq;
    return OK;
}

enum err part_epoch_not_begun(uint64_t seq, uint32_t epoch, struct error *e)
{
    return fail(e, ERR_TAMPERED, "record %llu: key epoch %u has not begun", (unsigned long long)seq, epoch);
}

static enum err check_epoch(struct part *p, const struct record_header *h, struct bytes record,
                            struct error *e)
{
    if (h->class_ == RECORD_EPOCH) return note_epoch(p, h, record, e);
    if (h->class_ == RECORD_KEYS) return successions_note_keys(&p->keys, h, record, e);
    if (p->opened > 0) return h->epoch <= p->newest ? OK : part_epoch_not_begun(h->seq, h->epoch, e);
    if (h->epoch > p->needed) {
        p->needed = h->epoch;
        p->needed_by = h->seq;
    }
    return OK;
}

/* Its body was read once already, by whoever linked it; here its root waits for the records before the part.
 */
static enum err note_generation(struct part *p, const struct record_header *h, struct bytes record,
                                struct error *e)
{
    struct generation g = {0};
    struct bytes body = {record.ptr + RECORD_HEADER_BYTES, h->body_len};
    enum err err = generation_take(&g, h->seq, body, e);
    if (err != OK) return err;
    struct opened_generation *o = calloc(1, sizeof *o);
    if (o == NULL) WRONG("out of memory");
    *o = (struct opened_generation){
        .seq = h->seq, .number = g.number, .root = g.restored.root, .before = p->range};
    *p->last_generation = o;
    p->last_generation = &o->next;
    return OK;
}

/* ---- records ---- */

static void grow_tree(struct part_reader *r)
{
    merkle_append_all(&r->part->range, r->hasher, r->leaf, r->leaves);
    r->leaves = 0;
}

static enum err verify_record(struct part_reader *r, uint64_t seq, struct bytes record,
                              const struct hash *leaf, struct error *e)
{
    struct part *p = r->part;
    struct record_header h = {0};
    enum err err = log_link_hashed(&h, &p->link, seq, record, leaf, e);
    if (err == OK) err = check_epoch(p, &h, record, e);
    if (err == OK && h.class_ == RECORD_GENERATION) {
        grow_tree(r); /* its root is that of all records before it */
        err = note_generation(p, &h, record, e);
    }
    if (err != OK) return err;
    if (seq == p->first) p->head = h;
    p->bytes += record.len;
    r->leaf[r->leaves++] = *leaf;
    if (r->leaves == LEAVES_MAX) grow_tree(r);
    return OK;
}

static enum err verify_run(void *context, uint64_t first, const struct bytes *records, size_t count,
                           struct error *e)
{
    struct hash leaves[LOG_RUN_MAX];
    enum err err = OK;
    merkle_leaves(leaves, records, count);
    for (size_t i = 0; err == OK && i < count; i++)
        err = verify_record(context, first + i, records[i], &leaves[i], e);
    return err;
}

void part_verify(struct part *p, struct part_reader *r)
{
    r->part = p;
    r->leaves = 0;
    p->link.hasher = r->hasher;
    p->failed = r->log->backend->read_runs(r->log->self, p->first, p->end, verify_run, r, &p->error);
    grow_tree(r);
    uint64_t next = p->first + p->range.size;
    if (p->failed == OK && next != p->end)
        p->failed = fail(&p->error, ERR_TAMPERED, "record %llu is missing", (unsigned long long)next);
}
