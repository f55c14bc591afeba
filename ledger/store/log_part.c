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
    return p;
}

void part_free(struct part *p)
{
    if (p == NULL) return;
    for (size_t i = 0; i < p->notes_count; i++) free(p->notes[i].before);
    free(p->notes);
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

/* ---- records ---- */

static void grow_tree(struct part_reader *r)
{
    merkle_append_all(&r->part->range, r->hasher, r->leaf, r->leaves);
    r->leaves = 0;
}

static struct part_note *add_note(struct part *p)
{
    struct part_note *notes = p->notes;
    if (notes == NULL || p->notes_count == p->notes_room) {
        p->notes_room = p->notes_room == 0 ? 8 : 2 * p->notes_room;
        notes = realloc(notes, p->notes_room * sizeof *notes);
        if (notes == NULL) WRONG("out of memory");
        p->notes = notes;
    }
    notes[p->notes_count] = (struct part_note){.before = NULL};
    return &notes[p->notes_count++];
}

/* Nearly all records need none. */
static enum err note(struct part_reader *r, const struct record_header *h, struct bytes record,
                     struct error *e)
{
    struct part *p = r->part;
    const struct part_note *last = p->notes_count == 0 ? NULL : &p->notes[p->notes_count - 1];
    struct chain_note n = {.seq = 0};
    if (last != NULL && chain_note_covers(&last->note, h)) return OK;
    enum err err = chain_note_take(&n, h, record, e);
    if (err != OK) return err;
    struct part_note *added = add_note(p);
    added->note = n;
    if (h->class_ != RECORD_GENERATION) return OK;
    added->before = malloc(sizeof *added->before);
    if (added->before == NULL) WRONG("out of memory");
    grow_tree(r); /* its root is that of all records before it */
    *added->before = p->range;
    return OK;
}

static enum err verify_record(struct part_reader *r, uint64_t seq, struct bytes record,
                              const struct hash *leaf, struct error *e)
{
    struct part *p = r->part;
    struct record_header h = {0};
    enum err err = log_link_hashed(&h, &p->link, seq, record, leaf, e);
    if (err == OK) err = note(r, &h, record, e);
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
