/* SPDX-License-Identifier: MIT */
/* log_settle.c - commits a batch, and finds out what became of a commit that failed half-way. LMDB itself
 * would go on after a failed flush; here the store is closed and opened anew, and only what it then shows
 * decides. It must never answer OK for records that it has not seen there, nor ERR_STORAGE for records that
 * might be. */
#include <string.h>

#include "ledger/store/log_copy.h"
#include "ledger/store/log_private.h"

struct comparison {
    struct hasher *hasher;
    const struct log_batch *batch;
    uint64_t first;
    size_t same, other;
};

static enum err compare_leaf(void *context, uint64_t seq, struct bytes record, struct error *e)
{
    (void)e;
    struct comparison *c = context;
    struct hash leaf = {0};
    merkle_leaf(c->hasher, &leaf, record);
    if (memcmp(&leaf, &c->batch->leaves[seq - c->first], sizeof leaf) == 0)
        c->same++;
    else
        c->other++;
    return OK;
}

enum err log_attach(struct log *l, struct error *e)
{
    if (l->self != NULL) return OK;
    struct log_place place = l->place;
    place.create = false;
    return l->backend->open(&l->self, &place, e);
}

/* `failed` is the commit's own error. */
static enum err settle(struct log *l, struct log_batch *b, const struct log_head *before, struct hasher *h,
                       const struct error *failed, struct error *e)
{
    l->backend->close(l->self);
    l->self = NULL;
    struct log_head now = {0};
    struct error again = {0};
    struct comparison c = {.hasher = h, .batch = b, .first = before->range.size};
    enum err err = log_attach(l, &again);
    if (err == OK) err = l->backend->head(l->self, &now, &again);
    if (err == OK && now.range.size > c.first)
        err = l->backend->read(l->self, c.first, c.first + b->count, compare_leaf, &c, &again);
    if (err != OK)
        return fail(e, ERR_INCOMPLETE, "%s; and what was written is not known: %s", failed->text, again.text);
    if (c.same == b->count) return OK;
    bool untouched =
        now.range.size == c.first && memcmp(&now.last_leaf, &before->last_leaf, sizeof now.last_leaf) == 0;
    bool others = c.same == 0 && c.other > 0; /* somebody else's records stand where ours would */
    if (untouched || others) return fail(e, ERR_STORAGE, "%s; nothing was written", failed->text);
    return fail(e, ERR_INCOMPLETE, "%s; and what was written is not known", failed->text);
}

enum err log_commit(struct log *l, struct log_batch *b, const struct log_head *before,
                    const struct log_head *next, struct hasher *h, struct error *e)
{
    struct error failed = {0};
    if (l->dir[0] != '\0' && log_is_follower(l->dir))
        return fail(e, ERR_REFUSED,
                    "the ledger in '%s' follows another and is not written to: 'daybook replicate --promote' "
                    "ends that",
                    l->dir);
    const struct bytes *records = log_batch_records(b);
    enum err err = l->backend->append(l->self, before->range.size, records, b->count, next, &failed);
    if (err == OK) return OK;
    if (err == ERR_INCOMPLETE) return settle(l, b, before, h, &failed, e);
    *e = failed;
    return err;
}
