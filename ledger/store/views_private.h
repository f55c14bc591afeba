/* SPDX-License-Identifier: MIT */
/* views_private.h - what the files of the views share: views.c (opening, meta row, dropping), views_guard.c
 * (may the files be opened at all), views_cache.c (values in memory), views_kept.c (one decoded record),
 * views_txn.c (transactions), views_scan.c (scans and digests). */
#ifndef DAYBOOK_LEDGER_STORE_VIEWS_PRIVATE_H
#define DAYBOOK_LEDGER_STORE_VIEWS_PRIVATE_H

#include <pthread.h>

#include "ledger/store/lmdb_env.h"
#include "ledger/store/views.h"

enum { TABLE_VALUES = 0, TABLE_META = 1, SEALED_EXTRA = NONCE_BYTES + TAG_BYTES };
enum { META_SALT_BYTES = 32, META_ROW_BYTES_MAX = 1 + META_SALT_BYTES + SEALED_EXTRA + 64 + 32 };

/* ---- views_guard.c: the marker beside the files ---- */

struct views_guard {
    char dir[LIMIT_PATH_BYTES]; /* DIR/views */
    int lock;                   /* descriptor; holds a shared lock while the views are open */
    bool read_only;
    bool alone; /* nobody else had them open when this handle came */
    bool noted; /* this handle made sure that the marker says "open" */
};
/* Waits its turn, deletes files that may be torn (or, with `drop`, any), and holds the shared lock. */
enum err views_guard_enter(struct views_guard *g, const char *dir, bool read_only, bool drop,
                           struct error *e) MUST_USE;
bool views_guard_has_files(const struct views_guard *g);
/* To be asked before the first write: notes durably that the files are not clean. */
enum err views_guard_note_open(struct views_guard *g, struct error *e) MUST_USE;
/* The last one out syncs and notes a clean end; gives up the lock. env may be NULL. */
void views_guard_leave(struct views_guard *g, struct lmdb_env *env);

/* ---- views_cache.c ---- */

struct cached {
    uint8_t key[VIEW_KEY_BYTES];
    uint8_t key_len;
    bool absent;   /* there is no value */
    bool damaged;  /* there is one, and it does not open */
    bool dirty;    /* differs from what LMDB's transaction has */
    bool changed;  /* written by this transaction, flushed or not */
    uint32_t slot; /* where it is found */
    uint32_t len, capacity;
    uint64_t hash;
    uint8_t *value;
};

/* Open addressing over an array of entries; values lie in an arena and stay where they are. */
struct views_cache {
    struct arena *arena;
    struct cached *entries;
    size_t count, room;
    uint64_t *slots; /* upper half of the hash, then index + 1 of an entry; 0: free */
    size_t slot_count;
    uint32_t *dirty; /* indices of the dirty entries, in the order in which they became so */
    size_t dirty_count, dirty_room;
    size_t bytes;
};
struct cached *views_cache_find(struct views_cache *c, struct bytes key);
/* Adds a key that is not there yet. Pointers to other entries become invalid, values do not. */
struct cached *views_cache_add(struct views_cache *c, struct bytes key);
void views_cache_set(struct views_cache *c, struct cached *entry, struct bytes value);
void views_cache_remove(struct views_cache *c, struct cached *entry);
uint8_t *views_cache_room(struct views_cache *c, struct cached *entry,
                          size_t len);           /* to be filled; sets len */
void views_cache_sort(struct views_cache *c);    /* puts `dirty` into the order of the keys */
void views_cache_flushed(struct views_cache *c); /* nothing is dirty any more */
void views_cache_replay(struct views_cache *c);  /* everything changed is dirty again */
void views_cache_reset(struct views_cache *c);
void views_cache_free(struct views_cache *c);

/* ---- views_kept.c ---- */

struct views_kept {
    struct view_key key; /* empty: nothing is kept */
    const struct schema *schema;
    const void *record;
    struct arena *arena;
};
void views_kept_changed(struct views_txn *t, const struct view_key *k);
void views_kept_reset(struct views_txn *t);

/* ---- views.c, views_txn.c ---- */

struct views {
    struct views_guard guard;
    struct lmdb_env *env;
    const struct master_key *master;
    struct world world;
    char origin[64];
    size_t origin_len;
    struct hash definition;
    uint8_t *index_key; /* locked */
    bool read_only;
    pthread_mutex_t mutex; /* guards idle and tie */
    uint8_t tie[KEY_BYTES];
    size_t tie_len; /* 0: there is none */
    struct views_txn *idle;
};

struct views_txn {
    struct views_txn *next;
    struct views *views;
    MDB_txn *txn;
    bool write;
    size_t txn_id;
    struct hasher *hasher;
    struct indexer *indexer;
    struct nonce_pool pool;
    /* The keys belong to the meta row that they were derived for; another process may drop the views and
     * change it. */
    uint8_t row[META_ROW_BYTES_MAX];
    size_t row_len;
    struct sealer *sealer;

    struct views_cache cache;
    struct views_kept kept;
    struct buffer scratch;
    bool cursor_known, cursor_changed;
    struct view_cursor cursor;
    uint64_t sealed; /* values ever sealed under this key */
};

/* LMDB wants pointers that are not const, and only reads through them. */
MDB_val views_val(struct bytes b);
/* Takes a transaction's keys from the meta row. ERR_CONFLICT: there is none, or it is another ledger's or
 * definition's. */
enum err views_take_meta(struct views_txn *t, struct error *e) MUST_USE;
/* Empties both tables and writes a new meta row, inside t's LMDB transaction. */
enum err views_reset_tables(struct views_txn *t, struct error *e) MUST_USE;
enum err views_begin_raw(struct views_txn **out, struct views *v, bool write, struct error *e) MUST_USE;
void views_txn_free(struct views_txn *t);
enum err views_flush(struct views_txn *t, struct error *e) MUST_USE;
/* nonce ‖ ciphertext ‖ tag, with the key as AAD. */
enum err views_open_value(uint8_t *plain, struct views_txn *t, struct bytes key, struct bytes sealed,
                          struct error *e) MUST_USE;
enum err views_seal_value(uint8_t *to, struct views_txn *t, struct bytes key, struct bytes plain,
                          struct error *e) MUST_USE;

#endif
