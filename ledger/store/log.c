/* SPDX-License-Identifier: MIT */
/* log.c - making, opening and appending. The order of an append is the product's promise: seal, chain,
 * commit, and only then answer; what was answered with OK is on disk. */
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/store/log_private.h"
#include "ledger/store/msgpack.h"

/* ---- the handle ---- */

static struct log *log_new(const struct log_options *o)
{
    struct log *l = calloc(1, sizeof *l);
    char *dir = strdup(o->place.dir == NULL ? "" : o->place.dir);
    if (l == NULL || dir == NULL) WRONG("out of memory");
    l->backend = o->backend;
    l->place = o->place;
    l->dir = dir;
    l->place.dir = dir;
    l->master = o->master;
    if (o->master != NULL) master_key_name(l->key_name, o->master);
    l->world = o->world;
    l->pool.world = o->world;
    l->hasher = hasher_new();
    return l;
}

void log_close(struct log *l)
{
    if (l == NULL) return;
    if (l->self != NULL) l->backend->close(l->self);
    log_epochs_free(l);
    log_old_keys_free(l);
    log_batch_free(&l->batch);
    if (l->plain.ptr != NULL) OPENSSL_cleanse(l->plain.ptr, l->plain.capacity);
    buffer_free(&l->plain);
    hasher_free(l->hasher);
    OPENSSL_cleanse(&l->pool, sizeof l->pool);
    free(l->dir);
    free(l);
}

/* ---- making ---- */

static void genesis_put(struct buffer *out, struct log *l, struct str program, struct instant now)
{
    uint8_t id[8];
    l->world.random(l->world.self, id, sizeof id);
    memcpy(l->origin, "daybook/", 8);
    hex_encode(l->origin + 8, id, sizeof id);
    mp_put_array(out, GENESIS_FIELDS);
    mp_put_str(out, str_of(l->origin));
    mp_put_str(out, program);
    mp_put_int(out, now.us);
}

static enum err write_genesis(struct log *l, const char *program, struct error *e)
{
    struct log_tail tail = {0};
    struct log_head next = {0};
    struct buffer body = {0};
    struct instant now = l->world.now(l->world.self);
    genesis_put(&body, l, str_of(program), now);
    log_batch_clear(&l->batch);
    log_batch_add_clear(&l->batch, &tail, l, RECORD_GENESIS, (struct bytes){body.ptr, body.len}, now);
    buffer_free(&body);
    enum err err = log_epoch_begin(&l->batch, &tail, l, now, e);
    if (err != OK) return err;
    log_batch_advance(&next, &l->batch, &tail, l->hasher);
    err = log_commit(l, &l->batch, &l->head, &next, l->hasher, e);
    l->batch.has_epoch = false; /* written, or the log is closed */
    if (err == OK) l->head = next;
    return err;
}

enum err log_create(struct log **out, const struct log_options *o, struct error *e)
{
    assert(o->master != NULL);
    struct log *l = log_new(o);
    l->place.create = true;
    enum err err = l->backend->open(&l->self, &l->place, e);
    if (err == OK) err = l->backend->head(l->self, &l->head, e);
    if (err == OK && l->head.range.size != 0)
        err = fail(e, ERR_REFUSED, "cannot create a ledger in '%s': there is one already", l->dir);
    if (err == OK) err = write_genesis(l, o->program, e);
    if (err != OK) {
        log_close(l);
        return err;
    }
    *out = l;
    return OK;
}

/* ---- opening ---- */

static enum err take_genesis(void *context, const struct record_header *h, struct bytes record,
                             struct error *e)
{
    struct log *l = context;
    struct bytes body = {record.ptr + RECORD_HEADER_BYTES, h->body_len};
    if (record_genesis_origin(l->origin, body)) return OK;
    return fail(e, ERR_TAMPERED, "the first record is not a well-formed genesis record");
}

static enum err check_last(void *context, const struct record_header *h, struct bytes record, struct error *e)
{
    const struct log *l = context;
    struct hash leaf = {0};
    merkle_leaf(l->hasher, &leaf, record);
    if (memcmp(&leaf, &l->head.last_leaf, sizeof leaf) == 0 && h->at.us == l->head.last_at.us) return OK;
    char is[65] = {0}, says[65] = {0};
    hex_encode(is, leaf.bytes, 32);
    hex_encode(says, l->head.last_leaf.bytes, 32);
    return fail(e, ERR_TAMPERED, "record %llu: its hash is %s, but the head expects %s",
                (unsigned long long)h->seq, is, says);
}

static enum err check_key(void *context, const struct record_header *h, struct bytes record, struct error *e)
{
    struct log *l = context;
    struct bytes body = {record.ptr + RECORD_HEADER_BYTES, h->body_len};
    struct epoch_body epoch = {0};
    if (h->class_ != RECORD_EPOCH)
        return fail(e, ERR_TAMPERED, "record %llu is not the epoch record that it should be",
                    (unsigned long long)h->seq);
    enum err err = epoch_body_take(&epoch, body, e);
    if (err != OK) return err;
    l->newest.seq = h->seq;
    l->newest.epoch = epoch.epoch;
    return l->master == NULL ? OK : log_epoch_learn(l, h->seq, body, e);
}

/* Of a key that was replaced it says so. */
static enum err check_newest(struct log *l, struct error *e)
{
    enum err err = l->master == NULL ? OK : log_key_check(l, e);
    return err == OK ? log_read_one(l, l->head.epoch_seq, check_key, l, e) : err;
}

static enum err look_around(struct log *l, struct error *e)
{
    enum err err = l->backend->head(l->self, &l->head, e);
    if (err != OK) return err;
    uint64_t size = l->head.range.size;
    if (size == 0)
        return fail(e, ERR_NOT_FOUND, "the ledger in '%s' is not complete: it has no first record", l->dir);
    err = log_read_one(l, 0, take_genesis, l, e);
    if (err == OK) err = log_read_one(l, size - 1, check_last, l, e);
    if (err == OK) err = check_newest(l, e);
    return err;
}

enum err log_open(struct log **out, const struct log_options *o, struct error *e)
{
    struct log *l = log_new(o);
    l->place.create = false;
    enum err err = l->backend->open(&l->self, &l->place, e);
    if (err == OK) err = look_around(l, e);
    if (err != OK) {
        log_close(l);
        return err;
    }
    *out = l;
    return OK;
}

enum err log_head(struct log_head *out, struct log *l, struct error *e)
{
    enum err err = log_attach(l, e);
    if (err == OK) err = l->backend->head(l->self, &l->head, e);
    if (err == OK) *out = l->head;
    return err;
}

enum err log_state(struct log_state *out, struct log *l, struct error *e)
{
    struct log_head head = {0};
    enum err err = log_head(&head, l, e);
    if (err != OK) return err;
    *out = (struct log_state){
        .head = l->head, .origin = str_of(l->origin), .stored_bytes = l->backend->stored_bytes(l->self)};
    merkle_root(&l->head.range, l->hasher, &out->root);
    return log_epoch_newest(&out->epoch, l, l->head.epoch_seq, e);
}

/* ---- appending ---- */

enum err log_check_limits(const struct bytes *plains, size_t count, struct error *e)
{
    size_t total = 0;
    if (count > LIMIT_RECORDS_PER_COMMIT)
        return fail(e, ERR_LIMIT, "cannot append %zu records: a commit takes %d", count,
                    LIMIT_RECORDS_PER_COMMIT);
    for (size_t i = 0; i < count; i++) {
        if (plains[i].len > LIMIT_RECORD_BYTES - RECORD_OVERHEAD_BYTES)
            return fail(e, ERR_LIMIT, "cannot append a record of %zu bytes: the limit is %d", plains[i].len,
                        LIMIT_RECORD_BYTES - RECORD_OVERHEAD_BYTES);
        total += plains[i].len;
    }
    if (total > LIMIT_BYTES_PER_COMMIT)
        return fail(e, ERR_LIMIT, "cannot append %zu bytes: a commit takes %d", total,
                    LIMIT_BYTES_PER_COMMIT);
    return OK;
}

/* Seq and leaf of the end decide each other (records never change), so an equal size needs no second look. */
static enum err check_expected(struct log *l, uint64_t expected, struct error *e)
{
    enum err err = log_attach(l, e);
    if (err == OK && l->head.range.size != expected) err = l->backend->head(l->self, &l->head, e);
    if (err != OK) return err;
    if (l->head.range.size != expected)
        return fail(e, ERR_CONFLICT, "cannot append at %llu: the log has %llu records",
                    (unsigned long long)expected, (unsigned long long)l->head.range.size);
    return OK;
}

enum err log_append(uint64_t *first, struct log *l, uint64_t expected, const struct bytes *plains,
                    size_t count, struct instant at, struct error *e)
{
    assert(l->master != NULL && count > 0);
    enum err err = log_check_limits(plains, count, e);
    if (err == OK) err = check_expected(l, expected, e);
    if (err == OK) err = log_key_check(l, e);
    if (err != OK) return err;
    struct log_tail tail = log_tail_of(&l->head);
    struct log_head next = l->head;
    log_epoch_drop_unwritten(l); /* of a draft that never came to its commit */
    log_batch_clear(&l->batch);
    err = log_batch_fill(&l->batch, &tail, first, l, plains, count, at, e);
    if (err == OK) {
        log_batch_advance(&next, &l->batch, &tail, l->hasher);
        err = log_commit(l, &l->batch, &l->head, &next, l->hasher, e);
    }
    if (err != OK) {
        log_epoch_drop_unwritten(l);
        return err;
    }
    l->head = next;
    l->batch.has_epoch = false; /* written */
    return OK;
}
