/* SPDX-License-Identifier: MIT */
/* log_since.c - verifying only what was appended behind a head that was verified before, by one who signed it
 * then. What is taken over from before is held against that head's root: the subtree roots that the tree goes
 * on from, and the last record, which the chain goes on from. The rest is read and hashed as ever. */
#include <string.h>

#include "ledger/store/log_private.h"
#include "ledger/store/log_tree.h"

struct since {
    struct log *log;
    const struct log_head_at *from;
    struct merkle_path last; /* that the last record before is among those of the head */
    struct merkle_range range;
    struct log_head head; /* as read; its range stays empty */
    struct log_report report;
    uint32_t epoch;
    uint8_t key_name[KEY_NAME_BYTES]; /* of the epoch before */
    struct successions keys;          /* of what was appended */
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

static enum err take_epoch(void *context, const struct record_header *h, struct bytes record, struct error *e)
{
    if (h->class_ != RECORD_EPOCH)
        return fail(e, ERR_TAMPERED, "record %llu is not the epoch record that it should be",
                    (unsigned long long)h->seq);
    return epoch_body_take(context, (struct bytes){record.ptr + RECORD_HEADER_BYTES, h->body_len}, e);
}

/* The newest epoch of the records before: back from the newest of all, along the list that they make. */
static enum err begin_epoch(struct since *s, struct error *e)
{
    struct epoch_body body = {0};
    uint64_t seq = s->head.epoch_seq;
    enum err err = log_read_one(s->log, seq, take_epoch, &body, e);
    while (err == OK && seq >= s->from->size && body.before < seq && body.before != 0) {
        seq = body.before;
        err = log_read_one(s->log, seq, take_epoch, &body, e);
    }
    if (err == OK && seq >= s->from->size)
        err = fail(e, ERR_TAMPERED, "record %llu: no key epoch is before it", (unsigned long long)seq);
    s->epoch = body.epoch;
    memcpy(s->key_name, body.key_name, KEY_NAME_BYTES);
    s->report.epochs = seq; /* until the end: of the newest EPOCH record */
    return err;
}

/* ---- what follows ---- */

static enum err add_epoch(struct since *s, const struct log_entry *entry, struct error *e)
{
    struct epoch_body body = {0};
    enum err err = epoch_body_take(&body, entry->clear_body, e);
    if (err != OK) return wrap(e, "record %llu", (unsigned long long)entry->seq);
    if (body.epoch != s->epoch + 1 || body.before != s->report.epochs)
        return fail(e, ERR_TAMPERED, "record %llu: key epoch %u does not follow epoch %u at record %llu",
                    (unsigned long long)entry->seq, body.epoch, s->epoch,
                    (unsigned long long)s->report.epochs);
    s->epoch = body.epoch;
    s->report.epochs = entry->seq;
    successions_note_epoch(&s->keys, entry->seq, body.key_name);
    return OK;
}

static enum err add_generation(struct since *s, const struct log_entry *entry, struct error *e)
{
    struct generation g = {0};
    struct hash root = {0};
    enum err err = generation_take(&g, entry->seq, entry->clear_body, e);
    if (err != OK) return wrap(e, "record %llu", (unsigned long long)entry->seq);
    merkle_root(&s->range, s->log->hasher, &root);
    if (g.number != s->report.generation + 1 || !hash_equal(&root, &g.restored.root))
        return fail(e, ERR_TAMPERED, "record %llu: its generation does not go on from what is before it",
                    (unsigned long long)entry->seq);
    s->report.generation = g.number;
    s->report.generation_seq = entry->seq;
    return OK;
}

static enum err add_record(void *context, const struct log_entry *entry, struct error *e)
{
    struct since *s = context;
    struct hasher *h = s->log->hasher;
    s->report.last_leaf = entry->leaf;
    s->head.last_at = entry->header.at;
    if (entry->seq < s->from->size) {
        if (merkle_includes(h, &s->last, entry->seq, &entry->leaf, s->from->size, &s->from->root)) return OK;
        return fail(e, ERR_TAMPERED, "record %llu is not the one that was signed",
                    (unsigned long long)entry->seq);
    }
    enum err err = OK;
    if (entry->header.class_ == RECORD_EPOCH) err = add_epoch(s, entry, e);
    if (entry->header.class_ == RECORD_GENERATION) err = add_generation(s, entry, e);
    if (entry->header.class_ == RECORD_KEYS)
        err = successions_note_keys(&s->keys, &entry->header, entry->record, e);
    if (err != OK) return err;
    if (entry->header.epoch > s->epoch)
        return fail(e, ERR_TAMPERED, "record %llu: key epoch %u has not begun",
                    (unsigned long long)entry->seq, entry->header.epoch);
    merkle_append(&s->range, h, &entry->leaf);
    s->report.bytes += entry->record.len;
    if (s->progress != NULL && entry->seq % 65536 == 0) s->progress(s->context, entry->seq, s->total);
    return OK;
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
static enum err check_keys(struct since *s, struct error *e)
{
    struct succession_state state = {.any = true};
    const struct succession *first = NULL;
    memcpy(state.name, s->key_name, KEY_NAME_BYTES);
    for (size_t i = 0; i < s->keys.count && first == NULL; i++)
        if (s->keys.items[i].is_keys) first = &s->keys.items[i];
    enum err err = OK;
    if (first != NULL && first->before != 0 && first->before < s->from->size) {
        state.keys_seq = first->before;
        err = log_read_one(s->log, first->before, is_keys, NULL, e);
    }
    if (err == OK) err = successions_join(&state, &s->keys, e);
    return err == OK ? successions_end(&state, e) : err;
}

static enum err check_head(struct since *s, const struct log_head *says, struct error *e)
{
    struct hash stored = {0};
    merkle_root(&s->range, s->log->hasher, &s->report.root);
    merkle_root(&says->range, s->log->hasher, &stored);
    bool fine = s->range.size == says->range.size && hash_equal(&s->report.root, &stored) &&
                hash_equal(&s->report.last_leaf, &says->last_leaf) &&
                s->head.last_at.us == says->last_at.us && s->report.epochs == says->epoch_seq;
    return fine ? OK
                : fail(e, ERR_TAMPERED, "the records up to %llu are not what the head expects",
                       (unsigned long long)says->range.size - 1);
}

enum err log_verify_since(struct log_report *out, struct log *l, const struct log_head_at *from,
                          uint32_t generation, log_progress_fn *progress, void *context, struct error *e)
{
    struct since s = {.log = l, .from = from, .progress = progress, .context = context};
    struct log_head says = {0};
    s.report.generation = generation;
    enum err err = log_attach(l, e);
    if (err == OK) err = l->backend->head(l->self, &says, e);
    if (err != OK) return err;
    if (from->size > says.range.size)
        return fail(e, ERR_ROLLED_BACK, "the ledger has %llu records, but there is a checkpoint of %llu",
                    (unsigned long long)says.range.size, (unsigned long long)from->size);
    s.head.epoch_seq = says.epoch_seq;
    s.total = says.range.size;
    err = begin_range(&s, e);
    if (err == OK) err = log_prove_inclusion(&s.last, l, from->size - 1, from, e);
    if (err == OK) err = begin_epoch(&s, e);
    if (err == OK) err = log_scan(l, from->size - 1, s.total, add_record, &s, e);
    if (err == OK) err = check_keys(&s, e);
    if (err == OK) err = check_head(&s, &says, e);
    successions_free(&s.keys);
    s.report.records = s.total;
    s.report.epochs = s.epoch;
    if (err == OK) *out = s.report;
    return err;
}
