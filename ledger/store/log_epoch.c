/* SPDX-License-Identifier: MIT */
/* log_epoch.c - key epochs. Whoever opens the log for writing begins an epoch with a fresh salt before the
 * first record, so two copies of one ledger that both go on never seal under the same key. The salt and a
 * check value stand in the chain in clear; the keys are derived and never stored. */
#include <openssl/crypto.h>
#include <string.h>

#include "ledger/store/log_private.h"
#include "ledger/store/msgpack.h"

static const int64_t EPOCH_MAX_US = (int64_t)24 * 60 * 60 * 1000000;
enum { EPOCH_FIELDS = 5, INFO_BYTES_MAX = 64 };

/* ---- the record's body ---- */

static void epoch_body_put(struct buffer *out, const struct epoch_body *b)
{
    mp_put_array(out, EPOCH_FIELDS);
    mp_put_uint(out, b->epoch);
    mp_put_bin(out, (struct bytes){b->salt, sizeof b->salt});
    mp_put_bin(out, (struct bytes){b->check, sizeof b->check});
    mp_put_bin(out, (struct bytes){b->key_name, sizeof b->key_name});
    mp_put_uint(out, b->before);
}

enum err epoch_body_take(struct epoch_body *out, struct bytes body, struct error *e)
{
    size_t fields = 0;
    uint64_t epoch = 0;
    struct bytes salt = {0}, check = {0}, name = {0};
    bool fine = mp_take_array(&fields, &body) && fields == EPOCH_FIELDS && mp_take_uint(&epoch, &body) &&
                mp_take_bin(&salt, &body) && mp_take_bin(&check, &body) && mp_take_bin(&name, &body) &&
                mp_take_uint(&out->before, &body) && body.len == 0;
    fine = fine && epoch >= 1 && epoch <= UINT32_MAX && salt.len == SALT_BYTES && check.len == CHECK_BYTES &&
           name.len == KEY_NAME_BYTES;
    if (!fine) return fail(e, ERR_TAMPERED, "the epoch record's body is not well-formed");
    out->epoch = (uint32_t)epoch;
    memcpy(out->salt, salt.ptr, SALT_BYTES);
    memcpy(out->check, check.ptr, CHECK_BYTES);
    memcpy(out->key_name, name.ptr, KEY_NAME_BYTES);
    return OK;
}

enum err log_entry_epoch(uint32_t *epoch, uint8_t key_name[KEY_NAME_BYTES], const struct log_entry *entry,
                         struct error *e)
{
    struct epoch_body body = {0};
    enum err err = epoch_body_take(&body, entry->clear_body, e);
    *epoch = body.epoch;
    memcpy(key_name, body.key_name, KEY_NAME_BYTES);
    return err;
}

/* ---- derivation ---- */

/* An epoch, and the master key that it belongs to. */
struct epoch_root {
    const struct master_key *master;
    const uint8_t *salt;
    uint32_t epoch;
};

struct epoch_info {
    uint8_t bytes[INFO_BYTES_MAX];
    size_t len;
};

static struct epoch_info epoch_info(const struct log *l, const char *label, const struct epoch_root *r)
{
    struct epoch_info info = {.len = strlen(label)};
    size_t origin = strlen(l->origin);
    assert(info.len + origin + 4 <= sizeof info.bytes);
    memcpy(info.bytes, label, info.len);
    memcpy(info.bytes + info.len, l->origin, origin);
    be32_put(info.bytes + info.len + origin, r->epoch);
    info.len += origin + 4;
    return info;
}

static enum err epoch_check(uint8_t out[CHECK_BYTES], const struct log *l, const struct epoch_root *r,
                            struct error *e)
{
    struct epoch_info info = epoch_info(l, "daybook/v1/check", r);
    return master_key_derive(out, r->master, (struct bytes){r->salt, SALT_BYTES},
                             (struct bytes){info.bytes, info.len}, e);
}

static enum err epoch_sealer(struct sealer **out, const struct log *l, const struct epoch_root *r,
                             struct error *e)
{
    struct epoch_info info = epoch_info(l, "daybook/v1/data", r);
    return master_key_sealer(out, r->master, (struct bytes){r->salt, SALT_BYTES},
                             (struct bytes){info.bytes, info.len}, e);
}

/* ---- writing ---- */

bool log_epoch_is_due(const struct log *l)
{
    if (l->writer.sealer == NULL || l->writer.used >= LIMIT_RECORDS_PER_EPOCH) return true;
    return l->world.now(l->world.self).us - l->writer.begun.us > EPOCH_MAX_US;
}

void log_epoch_abandon(struct log *l)
{
    sealer_free(l->writer.sealer);
    l->writer.sealer = NULL;
    l->newest.seq = 0; /* to be read again */
}

void log_epoch_drop_unwritten(struct log *l)
{
    if (l->batch.has_epoch) log_epoch_abandon(l);
    l->batch.has_epoch = false;
}

enum err log_epoch_begin(struct log_batch *b, struct log_tail *tail, struct log *l, struct instant at,
                         struct error *e)
{
    /* One that began in this batch stands nowhere that it could be read from. */
    uint32_t newest = l->writer.epoch;
    enum err err = b->has_epoch ? OK : log_epoch_newest(&newest, l, tail->epoch_seq, e);
    if (err != OK) return err;
    if (newest == UINT32_MAX) return fail(e, ERR_LIMIT, "cannot begin a key epoch: the numbers are used up");
    struct epoch_body body = {.epoch = newest + 1, .before = tail->epoch_seq};
    l->world.random(l->world.self, body.salt, sizeof body.salt);
    memcpy(body.key_name, l->key_name, sizeof body.key_name);
    struct epoch_root root = {l->master, body.salt, body.epoch};
    err = epoch_check(body.check, l, &root, e);
    struct sealer *sealer = NULL;
    if (err == OK) err = epoch_sealer(&sealer, l, &root, e);
    if (err != OK) return err;
    log_epoch_abandon(l);
    l->writer.epoch = body.epoch;
    l->writer.sealer = sealer;
    l->writer.used = 0;
    l->writer.begun = l->world.now(l->world.self);
    l->newest.seq = tail->size;
    l->newest.epoch = body.epoch;
    struct buffer bytes = {0};
    epoch_body_put(&bytes, &body);
    tail->epoch_seq = tail->size;
    log_batch_add_clear(b, tail, l, RECORD_EPOCH, (struct bytes){bytes.ptr, bytes.len}, at);
    b->has_epoch = true;
    buffer_free(&bytes);
    return OK;
}

/* ---- reading ---- */

static enum err epoch_verify(const struct log *l, const struct epoch_body *body,
                             const struct epoch_root *root, struct error *e)
{
    uint8_t check[CHECK_BYTES];
    if (root->master == NULL)
        return fail(e, ERR_INVALID,
                    "the key does not open this ledger: key epoch %u belongs to another master key",
                    body->epoch);
    enum err err = epoch_check(check, l, root, e);
    if (err != OK) return err;
    if (CRYPTO_memcmp(check, body->check, sizeof check) != 0)
        return fail(e, ERR_TAMPERED, "key epoch %u does not fit its check value", body->epoch);
    return OK;
}

static struct epoch_at epoch_at_of(uint64_t seq, const struct epoch_body *b)
{
    struct epoch_at at = {.seq = seq, .before = b->before, .epoch = b->epoch};
    memcpy(at.key_name, b->key_name, sizeof at.key_name);
    return at;
}

enum err log_epoch_learn(struct log *l, uint64_t seq, struct bytes body, struct error *e)
{
    struct epoch_body b = {0};
    enum err err = epoch_body_take(&b, body, e);
    if (err != OK) return err;
    struct epoch_key *slot = &l->epochs[b.epoch % EPOCH_SLOTS];
    if (slot->at.epoch == b.epoch && slot->at.seq == seq && slot->sealer != NULL) return OK;
    struct epoch_root root = {log_master_of(l, b.key_name), b.salt, b.epoch};
    err = epoch_verify(l, &b, &root, e);
    if (err != OK) return err;
    struct sealer *sealer = NULL;
    err = epoch_sealer(&sealer, l, &root, e);
    if (err != OK) return err;
    sealer_free(slot->sealer);
    *slot = (struct epoch_key){.at = epoch_at_of(seq, &b), .sealer = sealer};
    return OK;
}

static enum err take_at(void *context, const struct record_header *h, struct bytes record, struct error *e)
{
    struct epoch_body body = {0};
    if (h->class_ != RECORD_EPOCH)
        return fail(e, ERR_TAMPERED, "record %llu is not the epoch record that it should be",
                    (unsigned long long)h->seq);
    enum err err = epoch_body_take(&body, (struct bytes){record.ptr + RECORD_HEADER_BYTES, h->body_len}, e);
    if (err == OK) *(struct epoch_at *)context = epoch_at_of(h->seq, &body);
    return err;
}

enum err log_epoch_at(struct epoch_at *out, struct log *l, uint64_t seq, struct error *e)
{
    return log_read_one(l, seq, take_at, out, e);
}

static enum err learn_body(void *context, const struct record_header *h, struct bytes record, struct error *e)
{
    return log_epoch_learn(context, h->seq, (struct bytes){record.ptr + RECORD_HEADER_BYTES, h->body_len}, e);
}

enum err log_epoch_newest(uint32_t *out, struct log *l, uint64_t epoch_seq, struct error *e)
{
    if (epoch_seq != 0 && l->newest.seq != epoch_seq) {
        struct epoch_at at = {.seq = 0};
        enum err err = log_epoch_at(&at, l, epoch_seq, e);
        if (err != OK) return err;
        l->newest.seq = epoch_seq;
        l->newest.epoch = at.epoch;
    }
    *out = epoch_seq == 0 ? 0 : l->newest.epoch;
    return OK;
}

/* The nearest known place behind the epoch that is wanted; seq 0: there is none. */
static struct epoch_at nearest_known(const struct log *l, uint32_t epoch)
{
    struct epoch_at nearest = {.epoch = UINT32_MAX};
    for (size_t i = 0; i < EPOCH_SLOTS; i++) {
        const struct epoch_key *k = &l->epochs[i];
        if (k->sealer != NULL && k->at.epoch > epoch && k->at.epoch < nearest.epoch) nearest = k->at;
    }
    return nearest;
}

/* Follows the list of EPOCH records back to the one wanted, from the nearest known place at or behind it, and
 * opens every master key that comes before another on the way. */
static enum err epoch_walk(struct log *l, uint32_t epoch, struct error *e)
{
    struct log_head head = {0};
    struct epoch_at newer = nearest_known(l, epoch), at = newer;
    enum err err = l->backend->head(l->self, &head, e);
    uint64_t seq = newer.seq == 0 ? head.epoch_seq : newer.before;
    while (err == OK && seq != 0) {
        err = log_epoch_at(&at, l, seq, e);
        if (err == OK && newer.seq != 0) err = log_keys_learn(l, &newer, at.key_name, e);
        if (err == OK && at.epoch == epoch) return log_read_one(l, seq, learn_body, l, e);
        if (err != OK || at.epoch < epoch || at.before >= seq) break;
        newer = at;
        seq = at.before;
    }
    return err != OK ? err : fail(e, ERR_TAMPERED, "there is no record of key epoch %u", epoch);
}

/* Who has the log open while another process replaces the key is told so. */
static enum err blame_key(struct log *l, enum err err, struct error *e)
{
    struct error why = {0};
    if (err != ERR_INVALID || log_key_check(l, &why) != ERR_INVALID) return err;
    *e = why;
    return err;
}

enum err log_epoch_sealer(struct sealer **out, struct log *l, uint32_t epoch, struct error *e)
{
    struct epoch_key *slot = &l->epochs[epoch % EPOCH_SLOTS];
    if (slot->sealer == NULL || slot->at.epoch != epoch) {
        enum err err = epoch_walk(l, epoch, e);
        if (err != OK) return blame_key(l, err, e);
    }
    *out = slot->sealer;
    return OK;
}

void log_epochs_free(struct log *l)
{
    for (size_t i = 0; i < EPOCH_SLOTS; i++) sealer_free(l->epochs[i].sealer);
    log_epoch_abandon(l);
}
