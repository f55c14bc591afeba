/* SPDX-License-Identifier: MIT */
/* log_draft.c - a batch put together record by record. The draft lives in the log's own batch buffer; until
 * its commit nothing of it is anywhere else. It must never seal two drafts under one (key, nonce): every add
 * draws a fresh nonce, and an epoch that was begun in a draft that did not commit is abandoned. */
#include "ledger/store/log_private.h"

/* Forgets an epoch that stands only in records that were never written. */
static void drop_epoch_of_draft(struct log *l)
{
    if (!l->batch.has_epoch) return;
    log_epoch_abandon(l);
    l->newest.seq = 0;
}

enum err log_draft_begin(uint64_t *size, struct log *l, struct error *e)
{
    assert(l->master != NULL);
    drop_epoch_of_draft(l);
    log_batch_clear(&l->batch);
    enum err err = log_attach(l, e);
    if (err == OK) err = l->backend->head(l->self, &l->head, e);
    if (err == OK) err = log_key_check(l, e);
    if (err != OK) return err;
    l->draft_tail = log_tail_of(&l->head);
    *size = l->head.range.size;
    return OK;
}

enum err log_draft_add(struct log_place_made *out, struct log *l, struct bytes plain, struct instant at,
                       struct error *e)
{
    enum err err = log_check_limits(&plain, 1, e);
    if (err != OK) return err;
    out->prev = l->draft_tail.last_leaf;
    err = log_batch_fill(&l->batch, &l->draft_tail, &out->seq, l, &plain, 1, at, e);
    if (err != OK) return err;
    if (l->batch.count > 1)
        out->prev = l->batch.leaves[l->batch.count - 2]; /* an epoch may have begun in between */
    out->leaf = l->draft_tail.last_leaf;
    out->at = l->draft_tail.last_at;
    return OK;
}

enum err log_draft_commit(struct log *l, struct error *e)
{
    if (l->batch.count == 0) return OK;
    struct log_head next = l->head;
    log_batch_advance(&next, &l->batch, &l->draft_tail, l->hasher);
    enum err err = log_commit(l, &l->batch, &l->head, &next, l->hasher, e);
    if (err == OK) {
        l->head = next;
    } else {
        drop_epoch_of_draft(l);
    }
    log_batch_clear(&l->batch);
    l->draft_tail = log_tail_of(&l->head);
    return err;
}

void log_draft_forget(struct log *l)
{
    bool has_epoch = l->batch.has_epoch;
    log_batch_clear(&l->batch);
    l->batch.has_epoch = has_epoch;
}

size_t log_draft_bytes(const struct log *l)
{
    return l->batch.bytes.len;
}
