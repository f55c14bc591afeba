/* SPDX-License-Identifier: MIT */
/* views_txn.c - transactions of the views. What a fold changes stays in memory and in plain until flush or
 * commit, so a value that a thousand events change is sealed once. Nothing reaches LMDB unsealed, and nothing
 * in a transaction is seen by others before its commit, cursor included. */
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/store/views_private.h"

enum { CURSOR_BYTES = 8 + 32 + 8 }; /* seq, leaf, values ever sealed under the key */

/* ---- sealed values ---- */

enum err views_seal_value(uint8_t *to, struct views_txn *t, struct bytes key, struct bytes plain,
                          struct error *e)
{
    sealer_nonce(t->sealer, to, &t->pool, key, plain);
    t->sealed++;
    return sealer_seal(t->sealer, to + NONCE_BYTES, to, key, plain, e);
}

enum err views_open_value(uint8_t *plain, struct views_txn *t, struct bytes key, struct bytes sealed,
                          struct error *e)
{
    if (sealed.len < SEALED_EXTRA) return fail(e, ERR_TAMPERED, "a value of the views is too short");
    struct bytes cipher = {sealed.ptr + NONCE_BYTES, sealed.len - NONCE_BYTES};
    enum err err = sealer_open(t->sealer, plain, sealed.ptr, key, cipher, e);
    return err == OK ? OK : wrap(e, "cannot open a value of the views");
}

/* ---- the cursor ---- */

static struct bytes cursor_key(void)
{
    return str_bytes(STR("cursor"));
}

static enum err cursor_load(struct views_txn *t, struct error *e)
{
    uint8_t plain[CURSOR_BYTES];
    MDB_val key = views_val(cursor_key()), value = {0, NULL};
    int rc = mdb_get(t->txn, lmdb_table(t->views->env, TABLE_META), &key, &value);
    t->cursor = (struct view_cursor){0};
    t->cursor_known = true;
    if (rc == MDB_NOTFOUND) return OK;
    if (rc != 0) return lmdb_fail(e, rc, "read", t->views->guard.dir);
    struct bytes sealed = {value.mv_data, value.mv_size};
    if (sealed.len != CURSOR_BYTES + SEALED_EXTRA)
        return fail(e, ERR_TAMPERED, "the views' cursor is damaged");
    enum err err = views_open_value(plain, t, cursor_key(), sealed, e);
    if (err != OK) return err;
    t->cursor.seq = be64_get(plain);
    memcpy(t->cursor.leaf.bytes, plain + 8, 32);
    t->sealed = be64_get(plain + 40);
    return OK;
}

enum err views_cursor(struct view_cursor *out, struct views_txn *t, struct error *e)
{
    enum err err = t->cursor_known ? OK : cursor_load(t, e);
    *out = t->cursor;
    return err;
}

void views_set_cursor(struct views_txn *t, const struct view_cursor *c)
{
    assert(t->write);
    t->cursor = *c;
    t->cursor_known = t->cursor_changed = true;
}

static int cursor_store(struct views_txn *t, struct error *e)
{
    uint8_t plain[CURSOR_BYTES], row[CURSOR_BYTES + SEALED_EXTRA];
    be64_put(plain, t->cursor.seq);
    memcpy(plain + 8, t->cursor.leaf.bytes, 32);
    be64_put(plain + 40, t->sealed + 1);
    if (views_seal_value(row, t, cursor_key(), (struct bytes){plain, sizeof plain}, e) != OK)
        return MDB_PANIC;
    MDB_val key = views_val(cursor_key()), value = {sizeof row, row};
    return mdb_put(t->txn, lmdb_table(t->views->env, TABLE_META), &key, &value, 0);
}

/* ---- begin and end ---- */

static struct views_txn *txn_new(struct views *v)
{
    struct views_txn *t = calloc(1, sizeof *t);
    struct error e = {0};
    if (t == NULL || indexer_new(&t->indexer, v->index_key, &e) != OK) WRONG("out of memory");
    t->views = v;
    t->hasher = hasher_new();
    t->pool.world = v->world;
    return t;
}

void views_txn_free(struct views_txn *t)
{
    views_cache_free(&t->cache);
    arena_free(t->kept.arena);
    buffer_free(&t->scratch);
    sealer_free(t->sealer);
    indexer_free(t->indexer);
    hasher_free(t->hasher);
    OPENSSL_cleanse(&t->pool, sizeof t->pool);
    free(t);
}

static struct views_txn *txn_take(struct views *v)
{
    if (pthread_mutex_lock(&v->mutex) != 0) WRONG("cannot lock a mutex");
    struct views_txn *t = v->idle;
    if (t != NULL) v->idle = t->next;
    if (pthread_mutex_unlock(&v->mutex) != 0) WRONG("cannot unlock a mutex");
    return t != NULL ? t : txn_new(v);
}

static void txn_give_back(struct views_txn *t)
{
    struct views *v = t->views;
    views_cache_reset(&t->cache);
    views_kept_reset(t);
    t->txn = NULL;
    t->cursor_known = t->cursor_changed = false;
    if (pthread_mutex_lock(&v->mutex) != 0) WRONG("cannot lock a mutex");
    t->next = v->idle;
    v->idle = t;
    if (pthread_mutex_unlock(&v->mutex) != 0) WRONG("cannot unlock a mutex");
}

enum err views_begin_raw(struct views_txn **out, struct views *v, bool write, struct error *e)
{
    assert(!write || !v->read_only);
    if (write) {
        enum err err = views_guard_note_open(&v->guard, e);
        if (err != OK) return err;
        lmdb_grow_early(v->env, (size_t)2 * LIMIT_VIEWS_TXN_BYTES);
    }
    struct views_txn *t = txn_take(v);
    enum err err = lmdb_begin(&t->txn, v->env, write, e);
    if (err != OK) {
        txn_give_back(t);
        return err;
    }
    t->write = write;
    t->txn_id = mdb_txn_id(t->txn);
    *out = t;
    return OK;
}

enum err views_begin(struct views_txn **out, struct views *v, bool write, struct error *e)
{
    enum err err = views_begin_raw(out, v, write, e);
    if (err != OK) return err;
    err = views_take_meta(*out, e);
    /* Writers count on from the number of values sealed so far. */
    if (err == OK && write) err = cursor_load(*out, e);
    if (err != OK) {
        views_abort(*out);
        *out = NULL;
    }
    return err;
}

void views_abort(struct views_txn *t)
{
    if (t == NULL) return;
    lmdb_abort(t->views->env, t->txn);
    txn_give_back(t);
}

bool views_is_full(const struct views_txn *t)
{
    return t->cache.bytes >= LIMIT_VIEWS_TXN_BYTES;
}

void views_forget(struct views_txn *t)
{
    if (t->write) return; /* what it keeps is what was changed */
    views_cache_reset(&t->cache);
    views_kept_reset(t);
}

struct indexer *views_indexer(struct views_txn *t)
{
    return t->indexer;
}

/* ---- get, put, delete ---- */

static struct bytes bytes_of(const struct view_key *k)
{
    return (struct bytes){k->bytes, k->len};
}

static enum err absent(struct error *e)
{
    /* Asked for thousands of times a second: no formatting. */
    static const char sentence[] = "the views have no such entry";
    e->code = ERR_NOT_FOUND;
    e->reason[0] = 0;
    memcpy(e->text, sentence, sizeof sentence);
    return ERR_NOT_FOUND;
}

/* From LMDB into the cache; NULL on failure, and on failure alone. */
static struct cached *fetch(struct views_txn *t, struct bytes name, struct error *e)
{
    MDB_val key = views_val(name), value = {0, NULL};
    int rc = mdb_get(t->txn, lmdb_table(t->views->env, TABLE_VALUES), &key, &value);
    if (rc != 0 && rc != MDB_NOTFOUND) {
        e->code = lmdb_fail(e, rc, "read", t->views->guard.dir);
        return NULL;
    }
    struct cached *entry = views_cache_add(&t->cache, name);
    if (rc == MDB_NOTFOUND) return entry;
    struct bytes sealed = {value.mv_data, value.mv_size};
    size_t room = sealed.len < SEALED_EXTRA ? 0 : sealed.len - SEALED_EXTRA;
    uint8_t *to = views_cache_room(&t->cache, entry, room);
    entry->damaged = views_open_value(to, t, name, sealed, e) != OK;
    return entry->damaged ? NULL : entry;
}

enum err views_get(struct bytes *out, struct views_txn *t, const struct view_key *k, struct error *e)
{
    struct cached *entry = views_cache_find(&t->cache, bytes_of(k));
    if (entry == NULL) entry = fetch(t, bytes_of(k), e);
    if (entry == NULL) return e->code;
    if (entry->damaged) return fail(e, ERR_TAMPERED, "a value of the views does not open");
    if (entry->absent) return absent(e);
    *out = (struct bytes){entry->value, entry->len};
    return OK;
}

static struct cached *entry_for(struct views_txn *t, const struct view_key *k)
{
    assert(t->write);
    views_kept_changed(t, k);
    struct cached *entry = views_cache_find(&t->cache, bytes_of(k));
    return entry != NULL ? entry : views_cache_add(&t->cache, bytes_of(k));
}

enum err views_put(struct views_txn *t, const struct view_key *k, struct bytes value, struct error *e)
{
    if (value.len > LIMIT_RECORD_BYTES)
        return fail(e, ERR_LIMIT, "cannot keep a view of %zu bytes: the limit is %d", value.len,
                    LIMIT_RECORD_BYTES);
    views_cache_set(&t->cache, entry_for(t, k), value);
    return OK;
}

enum err views_delete(struct views_txn *t, const struct view_key *k, struct error *e)
{
    (void)e; /* the flush is what can fail */
    views_cache_remove(&t->cache, entry_for(t, k));
    return OK;
}

/* ---- flush and commit ---- */

static int write_entry(struct views_txn *t, const struct cached *entry, struct error *e)
{
    MDB_dbi table = lmdb_table(t->views->env, TABLE_VALUES);
    struct bytes name = {entry->key, entry->key_len};
    MDB_val key = views_val(name), value = {entry->len + (size_t)SEALED_EXTRA, NULL};
    if (entry->absent) {
        int rc = mdb_del(t->txn, table, &key, NULL);
        return rc == MDB_NOTFOUND ? 0 : rc;
    }
    int rc = mdb_put(t->txn, table, &key, &value, MDB_RESERVE); /* sealed where it will stand */
    if (rc != 0) return rc;
    struct bytes plain = {entry->value, entry->len};
    return views_seal_value(value.mv_data, t, name, plain, e) == OK ? 0 : MDB_PANIC;
}

static int write_dirty(struct views_txn *t, struct error *e)
{
    if (t->cache.dirty_count == 0) return 0;
    t->cursor_changed = true; /* its row counts the sealed values */
    views_cache_sort(&t->cache);
    for (size_t i = 0; i < t->cache.dirty_count; i++) {
        int rc = write_entry(t, &t->cache.entries[t->cache.dirty[i]], e);
        if (rc != 0) return rc;
    }
    views_cache_flushed(&t->cache);
    return 0;
}

/* The map was too small: LMDB forgets the transaction, the cache does not. It is written again in a larger
 * map, unless somebody else's commit came in between; then what was read is stale. t->txn is NULL on entry.
 */
static enum err start_over(struct views_txn *t, struct error *e)
{
    struct lmdb_env *env = t->views->env;
    enum err err = lmdb_grow(env, e);
    if (err == OK) err = lmdb_begin(&t->txn, env, true, e);
    if (err != OK) return err;
    if (mdb_txn_id(t->txn) != t->txn_id)
        return fail(e, ERR_CONFLICT, "cannot write the views: the map had to grow while somebody else wrote");
    views_cache_replay(&t->cache);
    return OK;
}

/* The sentence for a failure below; sealing has left its own. */
static enum err write_failed(const struct views_txn *t, int rc, struct error *e)
{
    if (rc == MDB_PANIC && e->code != OK) return e->code;
    return lmdb_fail(e, rc, "write", t->views->guard.dir);
}

enum err views_flush(struct views_txn *t, struct error *e)
{
    for (;;) {
        int rc = write_dirty(t, e);
        if (rc == 0) return OK;
        if (rc != MDB_MAP_FULL) return write_failed(t, rc, e);
        lmdb_abort(t->views->env, t->txn);
        t->txn = NULL;
        enum err err = start_over(t, e);
        if (err != OK) return err;
    }
}

/* Ends the LMDB transaction in any case but MDB_MAP_FULL's success. */
static enum err commit_all(struct views_txn *t, struct error *e)
{
    for (;;) {
        int rc = write_dirty(t, e);
        if (rc == 0 && t->cursor_changed) rc = cursor_store(t, e);
        if (rc == 0) {
            rc = lmdb_commit(t->views->env, t->txn);
            t->txn = NULL;
        }
        if (rc == 0) return OK;
        lmdb_abort(t->views->env, t->txn);
        t->txn = NULL;
        if (rc != MDB_MAP_FULL) return write_failed(t, rc, e);
        enum err err = start_over(t, e);
        if (err != OK) return err;
    }
}

enum err views_commit(struct views_txn *t, struct error *e)
{
    enum err err = OK;
    if (t->write) err = commit_all(t, e);
    views_abort(t); /* whatever is left, and the memory */
    return err;
}
