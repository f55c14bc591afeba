/* SPDX-License-Identifier: MIT */
/* views_scan.c - walking through the views in key order, and digests over them. A scan sees the transaction's
 * own changes, because they are flushed first. */
#include <string.h>

#include "ledger/store/views_private.h"

struct scan {
    struct views_txn *txn;
    MDB_cursor *cursor;
    struct buffer plain;
    const struct view_key *from;
    size_t prefix_len;
    bool backwards;
};

/* The first key of the scan. Backwards that is the greatest one at or before `from` filled up with 0xff. */
static int seek(const struct scan *s, MDB_val *key, MDB_val *value)
{
    uint8_t bound[VIEW_KEY_BYTES];
    memset(bound, 0xff, sizeof bound);
    memcpy(bound, s->from->bytes, s->from->len);
    struct bytes wanted = {bound, s->backwards ? sizeof bound : s->from->len};
    *key = views_val(wanted);
    int rc = mdb_cursor_get(s->cursor, key, value, MDB_SET_RANGE);
    if (!s->backwards) return rc;
    if (rc == MDB_NOTFOUND) return mdb_cursor_get(s->cursor, key, value, MDB_LAST);
    bool exact = rc == 0 && bytes_equal((struct bytes){key->mv_data, key->mv_size}, wanted);
    return rc != 0 || exact ? rc : mdb_cursor_get(s->cursor, key, value, MDB_PREV);
}

static bool in_prefix(const struct scan *s, const MDB_val *key)
{
    return key->mv_size >= s->prefix_len && memcmp(key->mv_data, s->from->bytes, s->prefix_len) == 0;
}

static enum err visit_one(struct scan *s, const MDB_val *key, const MDB_val *value, view_visit_fn *visit,
                          void *context, struct error *e)
{
    struct bytes name = {key->mv_data, key->mv_size}, sealed = {value->mv_data, value->mv_size};
    if (sealed.len < SEALED_EXTRA) return fail(e, ERR_TAMPERED, "a value of the views is too short");
    size_t len = sealed.len - SEALED_EXTRA;
    buffer_clear(&s->plain);
    uint8_t *to = buffer_room(&s->plain, len + 1);
    enum err err = views_open_value(to, s->txn, name, sealed, e);
    return err == OK ? visit(context, name, (struct bytes){to, len}, e) : err;
}

static enum err walk(struct scan *s, view_visit_fn *visit, void *context, struct error *e)
{
    MDB_val key = {0, NULL}, value = {0, NULL};
    int rc = seek(s, &key, &value);
    while (rc == 0 && in_prefix(s, &key)) {
        enum err err = visit_one(s, &key, &value, visit, context, e);
        if (err == ERR_NOT_FOUND) return OK;
        if (err != OK) return err;
        rc = mdb_cursor_get(s->cursor, &key, &value, s->backwards ? MDB_PREV : MDB_NEXT);
    }
    return rc == 0 || rc == MDB_NOTFOUND ? OK : lmdb_fail(e, rc, "read", s->txn->views->guard.dir);
}

enum err views_scan(struct views_txn *t, const struct view_key *from, size_t prefix_len, bool backwards,
                    view_visit_fn *visit, void *context, struct error *e)
{
    assert(prefix_len <= from->len && from->len <= VIEW_KEY_BYTES);
    enum err err = t->write ? views_flush(t, e) : OK;
    if (err != OK) return err;
    struct scan s = {.txn = t, .from = from, .prefix_len = prefix_len, .backwards = backwards};
    int rc = mdb_cursor_open(t->txn, lmdb_table(t->views->env, TABLE_VALUES), &s.cursor);
    if (rc != 0) return lmdb_fail(e, rc, "read", t->views->guard.dir);
    err = walk(&s, visit, context, e);
    mdb_cursor_close(s.cursor);
    buffer_free(&s.plain);
    return err;
}

/* ---- digest ---- */

struct digest {
    struct hasher *hasher;
    uint64_t entries;
};

static enum err add_entry(void *context, struct bytes key, struct bytes value, struct error *e)
{
    (void)e;
    struct digest *d = context;
    uint8_t lengths[8];
    be32_put(lengths, (uint32_t)key.len);
    be32_put(lengths + 4, (uint32_t)value.len);
    hasher_add(d->hasher, (struct bytes){lengths, sizeof lengths});
    hasher_add(d->hasher, key);
    hasher_add(d->hasher, value);
    d->entries++;
    return OK;
}

enum err views_digest(struct hash *out, uint64_t *entries, struct views_txn *t, struct error *e)
{
    struct view_key first = view_key(0);
    struct digest d = {.hasher = t->hasher};
    hasher_begin(d.hasher);
    enum err err = views_scan(t, &first, 0, false, add_entry, &d, e);
    hasher_end(d.hasher, out->bytes);
    *entries = d.entries;
    return err;
}

/* ---- records ---- */

enum err views_get_record(void *out, const struct schema *s, struct views_txn *t, const struct view_key *k,
                          struct arena *a, struct error *e)
{
    struct bytes value = {0};
    enum err err = views_get(&value, t, k, e);
    return err == OK ? schema_decode(out, s, value, a, e) : err;
}

enum err views_put_record(struct views_txn *t, const struct view_key *k, const struct schema *s,
                          const void *record, struct error *e)
{
    buffer_clear(&t->scratch);
    schema_encode(&t->scratch, s, record);
    return views_put(t, k, (struct bytes){t->scratch.ptr, t->scratch.len}, e);
}
