/* SPDX-License-Identifier: MIT */
/* views.c - opening the views, and the meta row that says whose they are. Anything that does not fit -
 * another ledger, another definition of the projections, another key, a damaged file, too many values under
 * one key - is no error but a reason to drop them: the log holds the truth. */
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/store/views_private.h"

enum { META_VERSION = 1 };
/* NIST SP 800-38D allows 2^32 random nonces a key; dropping the views makes a new one. */
static const uint64_t SEALED_MAX = UINT64_C(1) << 32;

MDB_val views_val(struct bytes b)
{
    void *data = NULL;
    memcpy(&data, &b.ptr, sizeof data);
    return (MDB_val){b.len, data};
}

/* ---- the meta row: version 1, salt 32, then sealed under the salt's key: origin ‖ definition 32 ---- */

static enum err take_keys(struct views_txn *t, const uint8_t *salt, struct error *e)
{
    struct views *v = t->views;
    uint8_t info[16 + sizeof v->origin + sizeof v->tie];
    memcpy(info, "daybook/v1/views", 16);
    memcpy(info + 16, v->origin, v->origin_len);
    size_t len = 16 + v->origin_len;
    if (pthread_mutex_lock(&v->mutex) != 0) WRONG("a lock is broken");
    memcpy(info + len, v->tie, v->tie_len);
    len += v->tie_len;
    if (pthread_mutex_unlock(&v->mutex) != 0) WRONG("a lock is broken");
    sealer_free(t->sealer);
    t->sealer = NULL;
    enum err err = master_key_sealer(&t->sealer, v->master, (struct bytes){salt, META_SALT_BYTES},
                                     (struct bytes){info, len}, e);
    OPENSSL_cleanse(info, sizeof info);
    return err;
}

static struct bytes meta_key(void)
{
    return str_bytes(STR("meta"));
}

static size_t whose(uint8_t to[META_ROW_BYTES_MAX], const struct views *v)
{
    memcpy(to, v->origin, v->origin_len);
    memcpy(to + v->origin_len, v->definition.bytes, 32);
    return v->origin_len + 32;
}

static enum err meta_check(struct views_txn *t, struct bytes row, struct error *e)
{
    const struct views *v = t->views;
    uint8_t due[META_ROW_BYTES_MAX];
    struct error other = {0};
    size_t len = whose(due, v);
    bool fits = row.len == 1 + META_SALT_BYTES + SEALED_EXTRA + len && row.ptr[0] == META_VERSION;
    if (fits) {
        enum err err = take_keys(t, row.ptr + 1, e);
        if (err != OK) return err;
        uint8_t is[META_ROW_BYTES_MAX];
        struct bytes sealed = {row.ptr + 1 + META_SALT_BYTES, row.len - 1 - META_SALT_BYTES};
        fits = views_open_value(is, t, meta_key(), sealed, &other) == OK && memcmp(is, due, len) == 0;
    }
    if (!fits)
        return fail(e, ERR_CONFLICT, "the views are those of another ledger, key or version of the program");
    memcpy(t->row, row.ptr, row.len);
    t->row_len = row.len;
    return OK;
}

enum err views_take_meta(struct views_txn *t, struct error *e)
{
    MDB_val key = views_val(meta_key()), value = {0, NULL};
    int rc = mdb_get(t->txn, lmdb_table(t->views->env, TABLE_META), &key, &value);
    if (rc == MDB_NOTFOUND) return fail(e, ERR_CONFLICT, "the views have no meta row");
    if (rc != 0) return lmdb_fail(e, rc, "read", t->views->guard.dir);
    struct bytes row = {value.mv_data, value.mv_size};
    if (t->sealer != NULL && bytes_equal(row, (struct bytes){t->row, t->row_len})) return OK;
    return meta_check(t, row, e);
}

enum err views_reset_tables(struct views_txn *t, struct error *e)
{
    struct views *v = t->views;
    int rc = mdb_drop(t->txn, lmdb_table(v->env, TABLE_VALUES), 0);
    if (rc == 0) rc = mdb_drop(t->txn, lmdb_table(v->env, TABLE_META), 0);
    if (rc != 0) return lmdb_fail(e, rc, "empty", v->guard.dir);
    uint8_t plain[META_ROW_BYTES_MAX];
    size_t len = whose(plain, v);
    t->row[0] = META_VERSION;
    v->world.random(v->world.self, t->row + 1, META_SALT_BYTES);
    enum err err = take_keys(t, t->row + 1, e);
    if (err == OK)
        err = views_seal_value(t->row + 1 + META_SALT_BYTES, t, meta_key(), (struct bytes){plain, len}, e);
    if (err != OK) return err;
    t->row_len = 1 + META_SALT_BYTES + SEALED_EXTRA + len;
    t->cursor = (struct view_cursor){0};
    t->cursor_known = t->cursor_changed = true;
    t->sealed = 0;
    MDB_val key = views_val(meta_key()), value = {t->row_len, t->row};
    rc = mdb_put(t->txn, lmdb_table(v->env, TABLE_META), &key, &value, 0);
    return rc == 0 ? OK : lmdb_fail(e, rc, "empty", v->guard.dir);
}

enum err views_drop(struct views *v, struct error *e)
{
    struct views_txn *t = NULL;
    enum err err = views_begin_raw(&t, v, true, e);
    if (err != OK) return err;
    err = views_reset_tables(t, e);
    if (err == OK) return views_commit(t, e);
    views_abort(t);
    return err;
}

/* ---- open and close ---- */

static enum err env_open(struct views *v, const struct views_options *o, bool drop, struct error *e)
{
    enum err err = views_guard_enter(&v->guard, o->dir, o->read_only, drop, e);
    if (err != OK) return err;
    struct lmdb_options lo = {.dir = v->guard.dir,
                              .flags = MDB_NOSYNC,
                              .map_bytes = o->map_bytes,
                              .read_only = o->read_only,
                              .whole = v->guard.alone,
                              .tables = {"values", "meta"}};
    /* Opening writes the tables when they are new: the marker comes first, and again once the file has its
     * inode. */
    bool made = !views_guard_has_files(&v->guard);
    if (made) err = views_guard_note_open(&v->guard, e);
    if (err == OK) err = lmdb_open(&v->env, &lo, e);
    if (made) v->guard.noted = false;
    if (err != OK) views_guard_leave(&v->guard, NULL);
    return err;
}

/* Is there something usable? Tells in *fresh whether the views are empty. */
static enum err look(struct views *v, bool *fresh, struct error *e)
{
    struct views_txn *t = NULL;
    struct view_cursor cursor = {0};
    enum err err = views_begin_raw(&t, v, false, e);
    if (err != OK) return err;
    err = views_take_meta(t, e);
    if (err == OK) err = views_cursor(&cursor, t, e);
    if (err == OK && t->sealed > SEALED_MAX) err = fail(e, ERR_CONFLICT, "the views' key has sealed enough");
    *fresh = cursor.seq == 0;
    views_abort(t);
    return err;
}

static enum err settle_in(struct views *v, bool *fresh, struct error *e)
{
    enum err err = look(v, fresh, e);
    if (err != ERR_CONFLICT && err != ERR_TAMPERED) return err;
    if (v->read_only) return fail(e, ERR_INCOMPLETE, "the views in '%s' must be rebuilt", v->guard.dir);
    *fresh = true;
    return views_drop(v, e);
}

static struct views *views_new(const struct views_options *o)
{
    struct views *v = calloc(1, sizeof *v);
    if (v == NULL || pthread_mutex_init(&v->mutex, NULL) != 0) WRONG("out of memory");
    assert(o->origin.len > 0 && o->origin.len <= sizeof v->origin);
    v->guard.lock = -1;
    v->index_key = locked_new(KEY_BYTES);
    v->master = o->master;
    v->world = o->world;
    v->definition = o->definition;
    v->read_only = o->read_only;
    v->origin_len = o->origin.len;
    memcpy(v->origin, o->origin.ptr, o->origin.len);
    if (o->tie != NULL) views_retie(v, o->tie);
    return v;
}

static void env_close(struct views *v)
{
    while (v->idle != NULL) {
        struct views_txn *t = v->idle;
        v->idle = t->next;
        views_txn_free(t);
    }
    views_guard_leave(&v->guard, v->env);
    lmdb_close(v->env);
    v->env = NULL;
}

/* Files that are too damaged to be opened, or to be emptied from inside, are deleted. */
static enum err open_some(struct views *v, bool *fresh, const struct views_options *o, struct error *e)
{
    bool drop = o->drop && !o->read_only;
    enum err err = env_open(v, o, drop, e);
    if (drop && err == ERR_STORAGE) err = env_open(v, o, false, e); /* others have them open */
    if (err == OK) err = settle_in(v, fresh, e);
    if (err != ERR_TAMPERED || o->read_only) return err;
    env_close(v);
    err = env_open(v, o, true, e);
    return err == OK ? settle_in(v, fresh, e) : err;
}

enum err views_open(struct views **out, bool *fresh, const struct views_options *o, struct error *e)
{
    struct views *v = views_new(o);
    enum err err = master_key_derive(v->index_key, v->master, str_bytes(o->origin),
                                     str_bytes(STR("daybook/v1/index")), e);
    if (err == OK) err = open_some(v, fresh, o, e);
    if (err != OK) {
        views_close(v);
        return err;
    }
    *out = v;
    return OK;
}

void views_retie(struct views *v, const uint8_t tie[KEY_BYTES])
{
    if (pthread_mutex_lock(&v->mutex) != 0) WRONG("a lock is broken");
    memcpy(v->tie, tie, KEY_BYTES);
    v->tie_len = KEY_BYTES;
    if (pthread_mutex_unlock(&v->mutex) != 0) WRONG("a lock is broken");
}

void views_close(struct views *v)
{
    if (v == NULL) return;
    env_close(v);
    locked_free(v->index_key, KEY_BYTES);
    OPENSSL_cleanse(v->tie, sizeof v->tie);
    (void)pthread_mutex_destroy(&v->mutex);
    free(v);
}

uint64_t views_stored_bytes(struct views *v)
{
    return lmdb_stored_bytes(v->env);
}
