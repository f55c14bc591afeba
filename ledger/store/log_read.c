/* SPDX-License-Identifier: MIT */
/* log_read.c - reading is verifying: no record reaches a reader before its framing, its place in the chain, and (with the
 * key) its tag and commit have been checked. Whoever wants less has no function for it. */
#include <openssl/crypto.h>
#include <string.h>

#include "ledger/store/log_private.h"

enum { PROGRESS_EVERY = 8192 };

/* What the next record is held against. */
struct link {
    struct log *log;
    bool known; /* leaf and at are those of the record before */
    struct hash leaf;
    struct instant at;
};

struct hex {
    char text[65];
};
static struct hex hex_of(const struct hash *h)
{
    struct hex x = {{0}};
    hex_encode(x.text, h->bytes, 32);
    return x;
}

void record_genesis_prev(struct hasher *h, struct hash *out, struct bytes body)
{
    hasher_digest(h, out->bytes, str_bytes(STR("daybook/v1/genesis")), body, (struct bytes){0});
}

static enum err check_genesis(const struct link *k, const struct record_header *h, struct bytes record, struct error *e)
{
    if ((h->class_ == RECORD_GENESIS) != (h->seq == 0))
        return fail(e, ERR_TAMPERED, "its class is %d", (int)h->class_);
    if (h->seq != 0) return OK;
    struct hash prev = {0};
    record_genesis_prev(k->log->hasher, &prev, (struct bytes){record.ptr + RECORD_HEADER_BYTES, h->body_len});
    if (memcmp(&prev, &h->prev, sizeof prev) != 0)
        return fail(e, ERR_TAMPERED, "its prev is %s, its body demands %s", hex_of(&h->prev).text, hex_of(&prev).text);
    return OK;
}

static enum err check_record(struct record_header *h, const struct link *k, uint64_t seq, struct bytes record,
                             struct error *e)
{
    enum err err = record_header_take(h, record, e);
    if (err != OK) return err;
    if (h->seq != seq) return fail(e, ERR_TAMPERED, "it says that it is record %llu", (unsigned long long)h->seq);
    return check_genesis(k, h, record, e);
}

/* Framing, seq, chain and time of one record; then it is the one before. The chain comes before the time, so that a record
 * whose time was changed is the one that is named. */
static enum err link_next(struct record_header *h, struct link *k, uint64_t seq, struct bytes record, struct error *e)
{
    if (check_record(h, k, seq, record, e) != OK) return wrap(e, "record %llu", (unsigned long long)seq);
    if (seq != 0 && k->known && memcmp(&h->prev, &k->leaf, sizeof k->leaf) != 0)
        return fail(e, ERR_TAMPERED, "record %llu: its hash is %s, but record %llu expects %s",
                    (unsigned long long)(seq - 1), hex_of(&k->leaf).text, (unsigned long long)seq,
                    hex_of(&h->prev).text);
    if (seq != 0 && k->known && h->at.us <= k->at.us)
        return fail(e, ERR_TAMPERED, "record %llu: its time is not after that of the record before it",
                    (unsigned long long)seq);
    record_leaf(k->log->hasher, &k->leaf, record);
    k->at = h->at;
    k->known = true;
    return OK;
}

/* ---- one record ---- */

struct single {
    struct log *log;
    raw_fn *visit;
    void *context;
    bool seen;
};

static enum err visit_single(void *context, uint64_t seq, struct bytes record, struct error *e)
{
    struct single *s = context;
    struct record_header h = {0};
    struct link alone = {.log = s->log};
    s->seen = true;
    if (check_record(&h, &alone, seq, record, e) != OK) return wrap(e, "record %llu", (unsigned long long)seq);
    return s->visit(s->context, &h, record, e);
}

enum err log_read_one(struct log *l, uint64_t seq, raw_fn *visit, void *context, struct error *e)
{
    struct single s = {.log = l, .visit = visit, .context = context};
    enum err err = l->backend->read(l->self, seq, seq + 1, visit_single, &s, e);
    if (err == OK && !s.seen) return fail(e, ERR_TAMPERED, "record %llu is missing", (unsigned long long)seq);
    return err;
}

/* ---- ranges ---- */

struct reader {
    struct link link;
    uint64_t from;
    bool with_key;
    log_entry_fn *visit;
    void *context;
};

static enum err open_body(struct log_entry *entry, struct reader *r, struct error *e)
{
    struct log *l = r->link.log;
    struct sealer *sealer = NULL;
    enum err err = log_epoch_sealer(&sealer, l, entry->header.epoch, e);
    if (err != OK) return err;
    buffer_clear(&l->plain);
    uint8_t *to = buffer_room(&l->plain, entry->header.body_len);
    return record_open(&entry->plain, to, &entry->header, entry->record, sealer, l->hasher, e);
}

static enum err visit_in_range(void *context, uint64_t seq, struct bytes record, struct error *e)
{
    struct reader *r = context;
    struct log_entry entry = {.seq = seq, .record = record};
    enum err err = link_next(&entry.header, &r->link, seq, record, e);
    if (err != OK) return err;
    entry.leaf = r->link.leaf;
    if (seq < r->from) return OK; /* read for its leaf only */
    bool sealed = entry.header.epoch != 0;
    struct bytes body = {record.ptr + RECORD_HEADER_BYTES, entry.header.body_len};
    if (!sealed) entry.clear_body = body;
    struct error other = {0}; /* an epoch of another master key matters only once a record needs it */
    if (r->with_key && entry.header.class_ == RECORD_EPOCH && log_epoch_learn(r->link.log, seq, body, &other) != OK &&
        other.code == ERR_TAMPERED)
        return fail(e, ERR_TAMPERED, "record %llu: %s", (unsigned long long)seq, other.text);
    if (r->with_key && sealed && open_body(&entry, r, e) != OK) return wrap(e, "record %llu", (unsigned long long)seq);
    return r->visit(r->context, &entry, e);
}

static enum err read_range(struct log *l, uint64_t from, uint64_t to, bool with_key, log_entry_fn *visit, void *context,
                           struct error *e)
{
    enum err err = log_attach(l, e);
    if (err != OK || from >= to) return err;
    struct reader r = {
        .link = {.log = l}, .from = from, .with_key = with_key, .visit = visit, .context = context};
    return l->backend->read(l->self, from == 0 ? 0 : from - 1, to, visit_in_range, &r, e);
}

enum err log_read(struct log *l, uint64_t from, uint64_t to, log_entry_fn *visit, void *context, struct error *e)
{
    if (l->master == NULL) return fail(e, ERR_INVALID, "cannot read the ledger: no key is given");
    return read_range(l, from, to, true, visit, context, e);
}

enum err log_scan(struct log *l, uint64_t from, uint64_t to, log_entry_fn *visit, void *context, struct error *e)
{
    return read_range(l, from, to, false, visit, context, e);
}

/* ---- the whole chain, without keys ---- */

struct verification {
    struct link link;
    struct log_head computed;
    struct log_head expected, at_expected; /* the head when it began; and ours when it had that size */
    uint32_t epoch;
    uint64_t bytes;
    log_progress_fn *progress;
    void *context;
};

static enum err verify_epoch(struct verification *v, const struct record_header *h, struct bytes record, struct error *e)
{
    if (h->class_ != RECORD_EPOCH) {
        if (h->epoch > v->epoch)
            return fail(e, ERR_TAMPERED, "record %llu: key epoch %u has not begun", (unsigned long long)h->seq, h->epoch);
        return OK;
    }
    struct epoch_body body = {0};
    if (epoch_body_take(&body, (struct bytes){record.ptr + RECORD_HEADER_BYTES, h->body_len}, e) != OK)
        return wrap(e, "record %llu", (unsigned long long)h->seq);
    if (body.epoch != v->epoch + 1 || body.before != v->computed.epoch_seq)
        return fail(e, ERR_TAMPERED, "record %llu: key epoch %u does not follow epoch %u at record %llu",
                    (unsigned long long)h->seq, body.epoch, v->epoch, (unsigned long long)v->computed.epoch_seq);
    v->epoch = body.epoch;
    v->computed.epoch_seq = h->seq;
    return OK;
}

static enum err verify_record(void *context, uint64_t seq, struct bytes record, struct error *e)
{
    struct verification *v = context;
    struct record_header h = {0};
    enum err err = link_next(&h, &v->link, seq, record, e);
    if (err == OK) err = verify_epoch(v, &h, record, e);
    if (err != OK) return err;
    merkle_append(&v->computed.range, v->link.log->hasher, &v->link.leaf);
    v->computed.last_leaf = v->link.leaf;
    v->computed.last_at = v->link.at;
    v->bytes += record.len;
    if (seq + 1 == v->expected.range.size) v->at_expected = v->computed;
    if (v->progress != NULL && (seq + 1) % PROGRESS_EVERY == 0)
        v->progress(v->context, seq + 1, v->expected.range.size);
    return OK;
}

/* The stored head against the records. */
static enum err verify_head(const struct verification *v, struct error *e)
{
    const struct log_head *is = &v->at_expected, *says = &v->expected;
    struct hash root = {0}, stored = {0};
    unsigned long long last = says->range.size - 1;
    if (memcmp(&is->last_leaf, &says->last_leaf, sizeof is->last_leaf) != 0)
        return fail(e, ERR_TAMPERED, "record %llu: its hash is %s, but the head expects %s", last,
                    hex_of(&is->last_leaf).text, hex_of(&says->last_leaf).text);
    merkle_root(&is->range, v->link.log->hasher, &root);
    merkle_root(&says->range, v->link.log->hasher, &stored);
    if (memcmp(&root, &stored, sizeof root) != 0)
        return fail(e, ERR_TAMPERED, "the records up to %llu have the root %s, but the head expects %s", last,
                    hex_of(&root).text, hex_of(&stored).text);
    if (is->last_at.us != says->last_at.us || is->epoch_seq != says->epoch_seq)
        return fail(e, ERR_TAMPERED, "the head's time or key epoch is not that of the records up to %llu", last);
    return OK;
}

enum err log_verify_chain(struct log_report *out, struct log *l, log_progress_fn *progress, void *context,
                          struct error *e)
{
    struct verification v = {.link = {.log = l}, .progress = progress, .context = context};
    enum err err = log_attach(l, e);
    if (err == OK) err = l->backend->head(l->self, &v.expected, e);
    if (err == OK && v.expected.range.size == 0) err = fail(e, ERR_TAMPERED, "the ledger has no first record");
    if (err == OK) err = l->backend->read(l->self, 0, UINT64_MAX, verify_record, &v, e);
    if (err == OK) err = verify_head(&v, e);
    if (err != OK) return err;
    *out = (struct log_report){.records = v.computed.range.size,
                               .epochs = v.epoch,
                               .bytes = v.bytes,
                               .last_leaf = v.computed.last_leaf};
    merkle_root(&v.computed.range, l->hasher, &out->root);
    if (progress != NULL) progress(context, out->records, out->records);
    return OK;
}
