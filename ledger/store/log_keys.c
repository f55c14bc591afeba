/* SPDX-License-Identifier: MIT */
/* log_keys.c - the master key's successors. A KEYS record holds the key that it replaces, sealed under the
 * one that takes its place, and the first epoch of the new key stands directly behind it, in the same commit.
 * So the newest key alone opens everything: it opens the one before it, that one the one before, and so on.
 * Nothing may ever be sealed under a key that was replaced. */
#include <stdlib.h>
#include <string.h>

#include "ledger/store/log_private.h"
#include "ledger/store/msgpack.h"

enum { KEYS_FIELDS = 6, KEYS_OF_MASTER = 1, AAD_BYTES = ORIGIN_BYTES + 2 * KEY_NAME_BYTES };

/* ---- the record's body ---- */

static void keys_body_put(struct buffer *out, const struct keys_body *b)
{
    mp_put_array(out, KEYS_FIELDS);
    mp_put_uint(out, KEYS_OF_MASTER);
    mp_put_bin(out, (struct bytes){b->name, sizeof b->name});
    mp_put_bin(out, (struct bytes){b->old_name, sizeof b->old_name});
    mp_put_bin(out, (struct bytes){b->nonce, sizeof b->nonce});
    mp_put_bin(out, (struct bytes){b->sealed, sizeof b->sealed});
    mp_put_uint(out, b->before);
}

enum err keys_body_take(struct keys_body *out, const struct record_header *h, struct bytes record,
                        struct error *e)
{
    struct bytes body = {record.ptr + RECORD_HEADER_BYTES, h->body_len};
    size_t fields = 0;
    uint64_t kind = 0;
    struct bytes name = {0}, old = {0}, nonce = {0}, sealed = {0};
    if (h->class_ != RECORD_KEYS)
        return fail(e, ERR_TAMPERED, "it is not the record of keys that it should be");
    if (h->epoch != 0) return fail(e, ERR_TAMPERED, "a record of keys is not in clear");
    bool fine = mp_take_array(&fields, &body) && fields == KEYS_FIELDS && mp_take_uint(&kind, &body) &&
                kind == KEYS_OF_MASTER && mp_take_bin(&name, &body) && mp_take_bin(&old, &body) &&
                mp_take_bin(&nonce, &body) && mp_take_bin(&sealed, &body) &&
                mp_take_uint(&out->before, &body) && body.len == 0;
    fine = fine && name.len == KEY_NAME_BYTES && old.len == KEY_NAME_BYTES && nonce.len == NONCE_BYTES &&
           sealed.len == WRAPPED_KEY_BYTES && memcmp(name.ptr, old.ptr, KEY_NAME_BYTES) != 0;
    if (!fine) return fail(e, ERR_TAMPERED, "the body of the record of keys is not well-formed");
    memcpy(out->name, name.ptr, KEY_NAME_BYTES);
    memcpy(out->old_name, old.ptr, KEY_NAME_BYTES);
    memcpy(out->nonce, nonce.ptr, NONCE_BYTES);
    memcpy(out->sealed, sealed.ptr, WRAPPED_KEY_BYTES);
    return OK;
}

struct key_wrap {
    uint8_t info[sizeof "daybook/v1/keys" - 1 + ORIGIN_BYTES], aad[AAD_BYTES];
};

static struct key_wrap key_wrap_of(const struct log *l, const struct keys_body *b)
{
    struct key_wrap w;
    memcpy(w.info, "daybook/v1/keys", sizeof w.info - ORIGIN_BYTES);
    memcpy(w.info + sizeof w.info - ORIGIN_BYTES, l->origin, ORIGIN_BYTES);
    memcpy(w.aad, l->origin, ORIGIN_BYTES);
    memcpy(w.aad + ORIGIN_BYTES, b->name, KEY_NAME_BYTES);
    memcpy(w.aad + ORIGIN_BYTES + KEY_NAME_BYTES, b->old_name, KEY_NAME_BYTES);
    return w;
}

/* ---- the keys at hand ---- */

const struct master_key *log_master_of(const struct log *l, const uint8_t name[KEY_NAME_BYTES])
{
    if (l->master == NULL) return NULL;
    if (memcmp(l->key_name, name, KEY_NAME_BYTES) == 0) return l->master;
    for (size_t i = 0; i < l->old_keys.count; i++)
        if (memcmp(l->old_keys.items[i].name, name, KEY_NAME_BYTES) == 0) return l->old_keys.items[i].key;
    return NULL;
}

/* Takes the key. */
static void keep_old_key(struct log *l, const uint8_t name[KEY_NAME_BYTES], struct master_key *k)
{
    struct old_key *items = realloc(l->old_keys.items, (l->old_keys.count + 1) * sizeof *items);
    if (items == NULL) WRONG("out of memory");
    l->old_keys.items = items;
    struct old_key *kept = &items[l->old_keys.count++];
    kept->key = k;
    memcpy(kept->name, name, KEY_NAME_BYTES);
}

void log_old_keys_free(struct log *l)
{
    for (size_t i = 0; i < l->old_keys.count; i++) master_key_close(l->old_keys.items[i].key);
    free(l->old_keys.items);
}

/* ---- the chain of keys ---- */

static enum err take_keys(void *context, const struct record_header *h, struct bytes record, struct error *e)
{
    struct keys_record *out = context;
    out->at = h->at;
    return keys_body_take(&out->body, h, record, e);
}

static enum err keys_read(struct keys_record *out, struct log *l, uint64_t seq, struct error *e)
{
    out->seq = seq;
    enum err err = log_read_one(l, seq, take_keys, out, e);
    return err == OK ? OK : wrap(e, "record %llu", (unsigned long long)seq);
}

/* The KEYS record in front of the first epoch of a key, which must be about these two. */
static enum err keys_between(struct keys_record *out, struct log *l, const struct epoch_at *newer,
                             const uint8_t *older, struct error *e)
{
    enum err err = keys_read(out, l, newer->seq - 1, e);
    if (err != OK) return err;
    if (memcmp(out->body.name, newer->key_name, KEY_NAME_BYTES) == 0 &&
        memcmp(out->body.old_name, older, KEY_NAME_BYTES) == 0)
        return OK;
    return fail(e, ERR_TAMPERED, "record %llu: it is about other keys than the epochs around it",
                (unsigned long long)out->seq);
}

/* Opens the key that a KEYS record replaced, by the one that took its place. */
static enum err learn_from(struct log *l, const struct keys_record *r, struct error *e)
{
    const struct master_key *by = log_master_of(l, r->body.name);
    struct master_key *k = NULL;
    if (by == NULL || log_master_of(l, r->body.old_name) != NULL) return OK;
    struct key_wrap w = key_wrap_of(l, &r->body);
    enum err err = master_key_unwrap(&k, by, r->body.old_name, (struct bytes){w.info, sizeof w.info},
                                     r->body.nonce, (struct bytes){w.aad, sizeof w.aad},
                                     (struct bytes){r->body.sealed, sizeof r->body.sealed}, e);
    if (err != OK) return wrap(e, "record %llu: the key that was replaced", (unsigned long long)r->seq);
    keep_old_key(l, r->body.old_name, k);
    return OK;
}

enum err log_keys_learn(struct log *l, const struct epoch_at *newer, const uint8_t older[KEY_NAME_BYTES],
                        struct error *e)
{
    struct keys_record r = {.seq = 0};
    if (log_master_of(l, newer->key_name) == NULL || log_master_of(l, older) != NULL) return OK;
    enum err err = keys_between(&r, l, newer, older, e);
    return err == OK ? learn_from(l, &r, e) : err;
}

/* Walks back over the epochs, to the first of the newest whose key is not `name`, or (with `of`) is it. Tells
 * the epoch behind it in *newer; older->seq is 0 when there is none such. */
static enum err walk_to_change(struct epoch_at *newer, struct epoch_at *older, struct log *l,
                               const uint8_t name[KEY_NAME_BYTES], bool of, struct error *e)
{
    struct log_head head = {0};
    enum err err = l->backend->head(l->self, &head, e);
    *newer = (struct epoch_at){.seq = 0};
    for (uint64_t seq = head.epoch_seq; err == OK && seq != 0;) {
        err = log_epoch_at(older, l, seq, e);
        if (err != OK) return err;
        if ((memcmp(older->key_name, name, KEY_NAME_BYTES) == 0) == of) return OK;
        if (older->before >= seq) return fail(e, ERR_TAMPERED, "the key epochs are no list");
        *newer = *older;
        seq = older->before;
    }
    *older = (struct epoch_at){.seq = 0};
    return err;
}

struct key_name_text key_name_text(const uint8_t name[KEY_NAME_BYTES])
{
    struct key_name_text t = {{0}};
    hex_encode(t.hex, name, KEY_NAME_BYTES);
    return t;
}

static enum err tell_replaced(const struct keys_record *r, const struct log *l, struct error *e)
{
    struct arena *a = arena_new();
    struct str day = date_text(a, instant_date(r->at));
    (void)fail(e, ERR_INVALID, "the key %s was replaced on %.*s by key %s", key_name_text(l->key_name).hex,
               STR_ARG(day), key_name_text(r->body.name).hex);
    arena_free(a);
    (void)snprintf(e->reason, sizeof e->reason, "%s", LOG_KEY_REPLACED);
    return e->code;
}

/* The newest epoch belongs to another key: is it one that came after ours? */
static enum err refuse_key(struct log *l, const struct epoch_at *newest, struct error *e)
{
    struct epoch_at newer = {.seq = 0}, ours = newer;
    struct keys_record r = {.seq = 0};
    enum err err = walk_to_change(&newer, &ours, l, l->key_name, true, e);
    if (err == OK && ours.seq != 0) err = keys_between(&r, l, &newer, l->key_name, e);
    if (err != OK) return err;
    if (ours.seq != 0) return tell_replaced(&r, l, e);
    return fail(e, ERR_INVALID,
                "the key does not open this ledger: key epoch %u belongs to another master key",
                newest->epoch);
}

/* Asks for the head itself: who read a head before and is told that this is the key in use knows that it was
 * in use then, too, for none comes back. */
enum err log_key_check(struct log *l, struct error *e)
{
    struct epoch_at newest = {.seq = 0};
    struct log_head head = {0};
    enum err err = log_attach(l, e);
    if (err == OK) err = l->backend->head(l->self, &head, e);
    if (err != OK || head.epoch_seq == 0 || head.epoch_seq == l->checked_epoch_seq) return err;
    err = log_epoch_at(&newest, l, head.epoch_seq, e);
    if (err != OK) return err;
    if (memcmp(newest.key_name, l->key_name, KEY_NAME_BYTES) != 0) return refuse_key(l, &newest, e);
    l->checked_epoch_seq = head.epoch_seq;
    return OK;
}

/* ---- rotation ---- */

/* The newest KEYS record, by whose list the others are found; seq 0: the first key is still in use. */
static enum err newest_keys(struct keys_record *out, struct log *l, struct error *e)
{
    struct epoch_at newer = {.seq = 0}, older = newer;
    *out = (struct keys_record){.seq = 0};
    enum err err = walk_to_change(&newer, &older, l, l->key_name, false, e);
    if (err != OK || older.seq == 0) return err;
    return keys_between(out, l, &newer, older.key_name, e);
}

enum err log_old_master(const struct master_key **out, struct log *l, size_t back, struct error *e)
{
    struct keys_record r = {.seq = 0};
    *out = NULL;
    enum err err = newest_keys(&r, l, e);
    for (size_t i = 0; err == OK && r.seq != 0; i++) {
        uint64_t before = r.body.before;
        err = learn_from(l, &r, e);
        if (err == OK && i == back) *out = log_master_of(l, r.body.old_name);
        if (err != OK || i == back) return err;
        if (before >= r.seq) return fail(e, ERR_TAMPERED, "the records of keys are no list");
        r.seq = 0;
        if (before != 0) err = keys_read(&r, l, before, e);
    }
    return err;
}

/* A key comes once: who got hold of an old one must not be able to read what is new. */
static enum err check_fresh(struct log *l, const struct keys_record *newest, const uint8_t *name,
                            struct error *e)
{
    bool used = memcmp(name, l->key_name, KEY_NAME_BYTES) == 0;
    struct keys_record r = *newest;
    enum err err = OK;
    while (err == OK && !used && r.seq != 0) {
        uint64_t before = r.body.before;
        used = memcmp(name, r.body.old_name, KEY_NAME_BYTES) == 0;
        if (before >= r.seq) return fail(e, ERR_TAMPERED, "the records of keys are no list");
        r.seq = before;
        if (before != 0) err = keys_read(&r, l, before, e);
    }
    if (err != OK || !used) return err;
    return fail(e, ERR_REFUSED, "the key %s was this ledger's already", key_name_text(name).hex);
}

static enum err keys_body_make(struct keys_body *out, struct log *l, const struct master_key *next,
                               struct error *e)
{
    struct keys_record newest = {.seq = 0};
    master_key_name(out->name, next);
    memcpy(out->old_name, l->key_name, KEY_NAME_BYTES);
    enum err err = newest_keys(&newest, l, e);
    if (err == OK) err = check_fresh(l, &newest, out->name, e);
    if (err != OK) return err;
    out->before = newest.seq;
    l->world.random(l->world.self, out->nonce, sizeof out->nonce);
    struct key_wrap w = key_wrap_of(l, out);
    return master_key_wrap(out->sealed, l->master, next, (struct bytes){w.info, sizeof w.info}, out->nonce,
                           (struct bytes){w.aad, sizeof w.aad}, e);
}

static void use_master(struct log *l, const struct master_key *k)
{
    l->master = k;
    if (k != NULL) master_key_name(l->key_name, k);
    l->checked_epoch_seq = 0;
}

/* Both records at once: neither a key without an epoch nor an epoch without its key may stand there. */
static enum err write_rotation(struct log *l, const struct keys_body *b, const struct master_key *next,
                               struct instant at, struct error *e)
{
    struct log_tail tail = log_tail_of(&l->head);
    struct log_head head = l->head;
    const struct master_key *old = l->master;
    struct buffer body = {0};
    keys_body_put(&body, b);
    log_epoch_drop_unwritten(l);
    log_batch_clear(&l->batch);
    log_batch_add_clear(&l->batch, &tail, l, RECORD_KEYS, (struct bytes){body.ptr, body.len}, at);
    buffer_free(&body);
    use_master(l, next);
    enum err err = log_epoch_begin(&l->batch, &tail, l, at, e);
    if (err == OK) {
        log_batch_advance(&head, &l->batch, &tail, l->hasher);
        err = log_commit(l, &l->batch, &l->head, &head, l->hasher, e);
    }
    if (err == OK) {
        l->head = head;
        l->batch.has_epoch = false;
        return OK;
    }
    log_epoch_drop_unwritten(l);
    use_master(l, old);
    return err;
}

enum err log_rotate(uint64_t *seq, struct log *l, const struct master_key *next, struct instant at,
                    struct error *e)
{
    assert(l->master != NULL);
    struct keys_body body = {.before = 0};
    struct master_key *old = NULL;
    enum err err = log_attach(l, e);
    if (err == OK) err = l->backend->head(l->self, &l->head, e);
    if (err == OK) err = log_key_check(l, e);
    if (err == OK) err = keys_body_make(&body, l, next, e);
    if (err == OK) err = master_key_copy(&old, l->master, e);
    *seq = l->head.range.size;
    if (err == OK) err = write_rotation(l, &body, next, at, e);
    if (err == OK)
        keep_old_key(l, body.old_name, old);
    else
        master_key_close(old);
    return err;
}
