/* SPDX-License-Identifier: MIT */
/* log_read.c - reading is verifying: no record reaches a reader before its framing, its place in the chain,
 * and (with the key) its tag and commit have been checked. Whoever wants less has no function for it. */
#include "ledger/store/log_private.h"

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
    s->seen = true;
    enum err err = log_link_check(&h, s->log->hasher, seq, record, e);
    if (err != OK) return err;
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
    struct log *log;
    struct log_link link;
    uint64_t from;
    bool with_key;
    log_entry_fn *visit;
    void *context;
};

static enum err open_body(struct log_entry *entry, struct reader *r, struct error *e)
{
    struct log *l = r->log;
    struct sealer *sealer = NULL;
    enum err err = log_epoch_sealer(&sealer, l, entry->header.epoch, e);
    if (err != OK) return err;
    buffer_clear(&l->plain);
    uint8_t *to = buffer_room(&l->plain, entry->header.body_len);
    entry->salt = (struct bytes){to, RECORD_SALT_BYTES};
    return record_open(&entry->plain, to, &entry->header, entry->record, sealer, l->hasher, e);
}

static enum err visit_in_range(void *context, uint64_t seq, struct bytes record, struct error *e)
{
    struct reader *r = context;
    struct log_entry entry = {.seq = seq, .record = record};
    enum err err = log_link_next(&entry.header, &r->link, seq, record, e);
    if (err != OK) return err;
    entry.leaf = r->link.leaf;
    if (seq < r->from) return OK; /* read for its leaf only */
    bool sealed = entry.header.epoch != 0;
    struct bytes body = {record.ptr + RECORD_HEADER_BYTES, entry.header.body_len};
    if (!sealed) entry.clear_body = body;
    struct error other = {0}; /* an epoch of another master key matters only once a record needs it */
    if (r->with_key && entry.header.class_ == RECORD_EPOCH &&
        log_epoch_learn(r->log, seq, body, &other) != OK && other.code == ERR_TAMPERED)
        return fail(e, ERR_TAMPERED, "record %llu: %s", (unsigned long long)seq, other.text);
    if (r->with_key && sealed && open_body(&entry, r, e) != OK)
        return wrap(e, "record %llu", (unsigned long long)seq);
    return r->visit(r->context, &entry, e);
}

static enum err read_range(struct log *l, uint64_t from, uint64_t to, bool with_key, log_entry_fn *visit,
                           void *context, struct error *e)
{
    enum err err = log_attach(l, e);
    if (err != OK || from >= to) return err;
    struct reader r = {.log = l,
                       .link = {.hasher = l->hasher},
                       .from = from,
                       .with_key = with_key,
                       .visit = visit,
                       .context = context};
    return l->backend->read(l->self, from == 0 ? 0 : from - 1, to, visit_in_range, &r, e);
}

enum err log_read(struct log *l, uint64_t from, uint64_t to, log_entry_fn *visit, void *context,
                  struct error *e)
{
    if (l->master == NULL) return fail(e, ERR_INVALID, "cannot read the ledger: no key is given");
    return read_range(l, from, to, true, visit, context, e);
}

enum err log_scan(struct log *l, uint64_t from, uint64_t to, log_entry_fn *visit, void *context,
                  struct error *e)
{
    return read_range(l, from, to, false, visit, context, e);
}
