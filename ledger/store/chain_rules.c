/* SPDX-License-Identifier: MIT */
/* chain_rules.c - what records must say about each other in the order that they stand in, seen without any
 * key: each key epoch follows the one before and none is named before it began; a master key takes another's
 * place by a KEYS record about the two and by the epoch directly behind it, and in no other way; each
 * generation follows the one before and goes on from exactly the records before it. Whoever reads a chain,
 * record by record or in parts on many threads, makes notes and plays them here in order, so that none of
 * them is laxer than another. */
#include <string.h>

#include "ledger/store/log_private.h"

/* ---- notes ---- */

static enum err note_epoch(struct chain_note *n, struct bytes body, struct error *e)
{
    struct epoch_body b = {0};
    enum err err = epoch_body_take(&b, body, e);
    if (err != OK) return err;
    n->number = b.epoch;
    n->before = b.before;
    memcpy(n->name, b.key_name, KEY_NAME_BYTES);
    return OK;
}

static enum err note_keys(struct chain_note *n, const struct record_header *h, struct bytes record,
                          struct error *e)
{
    struct keys_body b = {.before = 0};
    enum err err = keys_body_take(&b, h, record, e);
    if (err != OK) return err;
    n->before = b.before;
    memcpy(n->name, b.name, KEY_NAME_BYTES);
    memcpy(n->old_name, b.old_name, KEY_NAME_BYTES);
    return OK;
}

static enum err note_generation(struct chain_note *n, struct bytes body, struct error *e)
{
    struct generation g = {0};
    enum err err = generation_take(&g, n->seq, body, e);
    if (err != OK) return err;
    n->number = g.number;
    n->root = g.restored.root;
    return OK;
}

enum err chain_note_take(struct chain_note *out, const struct record_header *h, struct bytes record,
                         struct error *e)
{
    struct bytes body = {record.ptr + RECORD_HEADER_BYTES, h->body_len};
    enum err err = OK;
    *out = (struct chain_note){.seq = h->seq, .class_ = h->class_, .number = h->epoch};
    if (h->class_ == RECORD_EPOCH) err = note_epoch(out, body, e);
    if (h->class_ == RECORD_KEYS) err = note_keys(out, h, record, e);
    if (h->class_ == RECORD_GENERATION) err = note_generation(out, body, e);
    return err == OK ? OK : wrap(e, "record %llu", (unsigned long long)h->seq);
}

bool chain_note_covers(const struct chain_note *n, const struct record_header *h)
{
    return h->class_ == RECORD_EVENTS && (n->class_ == RECORD_EVENTS || n->class_ == RECORD_EPOCH) &&
           n->number >= h->epoch;
}

/* ---- rules ---- */

struct chain_rules chain_rules_begin(void)
{
    return (struct chain_rules){.generation = 1};
}

static enum err no_epoch(const struct chain_rules *r, struct error *e)
{
    return fail(e, ERR_TAMPERED, "record %llu: the key that it begins has no epoch behind it",
                (unsigned long long)r->keys_seq);
}

static enum err next_epoch(struct chain_rules *r, const struct chain_note *n, struct error *e)
{
    if (n->number != r->epoch + 1 || n->before != r->epoch_seq)
        return fail(e, ERR_TAMPERED, "record %llu: key epoch %u does not follow epoch %u at record %llu",
                    (unsigned long long)n->seq, n->number, r->epoch, (unsigned long long)r->epoch_seq);
    if (r->epoch != 0 && memcmp(r->key_name, n->name, KEY_NAME_BYTES) != 0)
        return fail(e, ERR_TAMPERED, "record %llu: the epoch is of key %s, but key %s is in use",
                    (unsigned long long)n->seq, key_name_text(n->name).hex, key_name_text(r->key_name).hex);
    r->epoch = n->number;
    r->epoch_seq = n->seq;
    r->lacks_epoch = false;
    memcpy(r->key_name, n->name, KEY_NAME_BYTES);
    return OK;
}

/* What was not seen is believed as far as it lies before the place where this began. */
static uint64_t keys_before(struct chain_rules *r, const struct chain_note *n)
{
    if (r->keys_unseen > 0) r->keys_seq = n->before < r->keys_unseen ? n->before : 0;
    if (r->keys_unseen > 0) r->keys_believed = r->keys_seq;
    r->keys_unseen = 0;
    return r->keys_seq;
}

static enum err next_keys(struct chain_rules *r, const struct chain_note *n, struct error *e)
{
    uint64_t before = keys_before(r, n);
    if (memcmp(r->key_name, n->old_name, KEY_NAME_BYTES) != 0)
        return fail(e, ERR_TAMPERED, "record %llu: it replaces key %s, but the epoch before is of key %s",
                    (unsigned long long)n->seq, key_name_text(n->old_name).hex,
                    key_name_text(r->key_name).hex);
    if (n->before != before)
        return fail(e, ERR_TAMPERED, "record %llu: the record of keys before it is %llu, not %llu",
                    (unsigned long long)n->seq, (unsigned long long)before, (unsigned long long)n->before);
    r->lacks_epoch = true;
    r->keys_seq = n->seq;
    memcpy(r->key_name, n->name, KEY_NAME_BYTES);
    return OK;
}

static enum err next_generation(struct chain_rules *r, const struct chain_note *n,
                                const struct merkle_range *before, struct hasher *h, struct error *e)
{
    struct hash root = {0};
    if (n->number != r->generation + 1)
        return fail(e, ERR_TAMPERED, "record %llu: generation %u does not follow generation %u",
                    (unsigned long long)n->seq, n->number, r->generation);
    merkle_root(before, h, &root);
    if (!hash_equal(&root, &n->root))
        return fail(e, ERR_TAMPERED,
                    "record %llu: the records before it have the root %s, but its generation expects %s",
                    (unsigned long long)n->seq, hash_text(&root).hex, hash_text(&n->root).hex);
    r->generation = n->number;
    r->generation_seq = n->seq;
    return OK;
}

enum err chain_rules_next(struct chain_rules *r, const struct chain_note *n,
                          const struct merkle_range *before, struct hasher *h, struct error *e)
{
    if (r->lacks_epoch && n->class_ != RECORD_EPOCH) return no_epoch(r, e);
    if (n->class_ == RECORD_EPOCH) return next_epoch(r, n, e);
    if (n->class_ == RECORD_KEYS) return next_keys(r, n, e);
    if (n->class_ == RECORD_GENERATION) return next_generation(r, n, before, h, e);
    if (n->number <= r->epoch) return OK;
    return fail(e, ERR_TAMPERED, "record %llu: key epoch %u has not begun", (unsigned long long)n->seq,
                n->number);
}

enum err chain_rules_end(const struct chain_rules *r, struct error *e)
{
    return r->lacks_epoch ? no_epoch(r, e) : OK;
}
