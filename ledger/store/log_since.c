/* SPDX-License-Identifier: MIT */
/* log_since.c - verifying only what was appended behind a head that was verified before, by one who signed it
 * then. What is taken over from before is held against that head's root: the subtree roots that the tree goes
 * on from, and the last record, which the chain goes on from. The rest is read and hashed as ever. */
#include <string.h>

#include "ledger/store/chain.h"
#include "ledger/store/log_private.h"
#include "ledger/store/log_tree.h"

struct since {
    struct log *log;
    const struct log_head_at *from;
    struct merkle_path last;   /* that the last record before is among those of the head */
    struct merkle_range range; /* of the records before */
    struct chain_rules rules;  /* what they came to */
    struct chain *chain;       /* NULL until the last of them was read */
    uint64_t bytes;            /* of what was appended */
    log_progress_fn *progress;
    void *context;
    uint64_t total;
};

/* ---- where it begins ---- */

/* The perfect subtrees of the records before, from the file of subtree roots or, if those are not of this
 * root, from the records. */
static enum err range_at(bool *fits, struct since *s, bool anew, struct error *e)
{
    struct log_tree t = {.file = -1};
    struct merkle_range *r = &s->range;
    struct hash root = {0};
    uint64_t done = 0;
    size_t peak = 0;
    enum err err = log_tree_open(&t, s->log, s->log->dir, anew, e);
    if (err == OK) err = log_tree_grow(&t, s->from->size, e);
    struct merkle_source source = log_tree_source(&t);
    for (unsigned height = 64; height-- > 0 && err == OK;) {
        uint64_t leaves = UINT64_C(1) << height;
        if ((s->from->size & leaves) == 0) continue;
        err = source.node(source.context, &r->peaks[peak++], height, done >> height, e);
        done += leaves;
    }
    r->size = done;
    if (err == OK) merkle_root(r, source.hasher, &root);
    *fits = err == OK && hash_equal(&root, &s->from->root);
    log_tree_close(&t);
    return err;
}

static enum err begin_range(struct since *s, struct error *e)
{
    bool fits = false;
    struct error unused = {0}; /* what the cache lacks, the log may have */
    if (range_at(&fits, s, false, &unused) == OK && fits) return OK;
    enum err err = range_at(&fits, s, true, e);
    if (err != OK || fits) return err;
    return fail(e, ERR_TAMPERED, "the first %llu records do not have the root %s",
                (unsigned long long)s->from->size, hash_text(&s->from->root).hex);
}

/* The newest epoch of the records before: back from the newest of all, along the list that they make. */
static enum err begin_epoch(struct since *s, uint64_t newest, struct error *e)
{
    struct epoch_at at = {.seq = newest};
    enum err err = log_epoch_at(&at, s->log, newest, e);
    while (err == OK && at.seq >= s->from->size && at.before < at.seq && at.before != 0)
        err = log_epoch_at(&at, s->log, at.before, e);
    if (err == OK && at.seq >= s->from->size)
        err = fail(e, ERR_TAMPERED, "record %llu: no key epoch is before it", (unsigned long long)at.seq);
    s->rules.epoch = at.epoch;
    s->rules.epoch_seq = at.seq;
    memcpy(s->rules.key_name, at.key_name, KEY_NAME_BYTES);
    return err;
}

/* ---- what follows ---- */

/* The last record before is taken for what it is if it is among those that were signed. */
static enum err begin_chain(struct since *s, const struct log_entry *entry, struct error *e)
{
    struct log_head head = {.range = s->range,
                            .last_leaf = entry->leaf,
                            .last_at = entry->header.at,
                            .epoch_seq = s->rules.epoch_seq};
    if (!merkle_includes(s->log->hasher, &s->last, entry->seq, &entry->leaf, s->from->size, &s->from->root))
        return fail(e, ERR_TAMPERED, "record %llu is not the one that was signed",
                    (unsigned long long)entry->seq);
    s->chain = chain_behind(&head, &s->rules);
    return OK;
}

static enum err add_record(void *context, const struct log_entry *entry, struct error *e)
{
    struct since *s = context;
    if (s->chain == NULL) return begin_chain(s, entry, e);
    enum err err = chain_entry(s->chain, entry, e);
    s->bytes += entry->record.len;
    if (err == OK && s->progress != NULL && entry->seq % 65536 == 0)
        s->progress(s->context, entry->seq, s->total);
    return err;
}

static enum err is_keys(void *context, const struct record_header *h, struct bytes record, struct error *e)
{
    (void)context, (void)record;
    if (h->class_ == RECORD_KEYS) return OK;
    return fail(e, ERR_TAMPERED, "record %llu is not the record of keys that it should be",
                (unsigned long long)h->seq);
}

/* Which record of keys was the newest before is not known; that the first one behind speaks of one is seen.
 */
static enum err check_keys(const struct since *s, struct error *e)
{
    uint64_t before = chain_rules_of(s->chain)->keys_believed;
    enum err err = before == 0 ? OK : log_read_one(s->log, before, is_keys, NULL, e);
    return err == OK ? chain_end(s->chain, e) : err;
}

static enum err check_head(const struct since *s, const struct log_head *says, struct error *e)
{
    const struct log_head *is = chain_head(s->chain);
    struct hash root = {0}, stored = {0};
    merkle_root(&is->range, s->log->hasher, &root);
    merkle_root(&says->range, s->log->hasher, &stored);
    bool fine = is->range.size == says->range.size && hash_equal(&root, &stored) &&
                hash_equal(&is->last_leaf, &says->last_leaf) && is->last_at.us == says->last_at.us &&
                is->epoch_seq == says->epoch_seq;
    return fine ? OK
                : fail(e, ERR_TAMPERED, "the records up to %llu are not what the head expects",
                       (unsigned long long)says->range.size - 1);
}

static void report(struct log_report *out, const struct since *s)
{
    const struct chain_rules *rules = chain_rules_of(s->chain);
    *out = (struct log_report){.records = s->total,
                               .epochs = rules->epoch,
                               .bytes = s->bytes,
                               .last_leaf = chain_head(s->chain)->last_leaf,
                               .generation = rules->generation,
                               .generation_seq = rules->generation_seq};
    chain_root(s->chain, &out->root);
}

enum err log_verify_since(struct log_report *out, struct log *l, const struct log_head_at *from,
                          uint32_t generation, log_progress_fn *progress, void *context, struct error *e)
{
    struct since s = {.log = l, .from = from, .progress = progress, .context = context};
    struct log_head says = {0};
    s.rules = chain_rules_begin();
    s.rules.generation = generation;
    s.rules.keys_unseen = from->size;
    enum err err = log_attach(l, e);
    if (err == OK) err = l->backend->head(l->self, &says, e);
    if (err != OK) return err;
    if (from->size > says.range.size)
        return fail(e, ERR_ROLLED_BACK, "the ledger has %llu records, but there is a checkpoint of %llu",
                    (unsigned long long)says.range.size, (unsigned long long)from->size);
    s.total = says.range.size;
    err = begin_range(&s, e);
    if (err == OK) err = log_prove_inclusion(&s.last, l, from->size - 1, from, e);
    if (err == OK) err = begin_epoch(&s, says.epoch_seq, e);
    if (err == OK) err = log_scan(l, from->size - 1, s.total, add_record, &s, e);
    if (err == OK) err = check_keys(&s, e);
    if (err == OK) err = check_head(&s, &says, e);
    if (err == OK) report(out, &s);
    chain_free(s.chain);
    return err;
}
