/* SPDX-License-Identifier: MIT */
/* views.h - derived state: sealed values under keys without customer text, in an LMDB environment of their
 * own, together with the cursor (how far the log has been folded, and the leaf hash there). Disposable: may
 * be dropped at any time.
 *
 * Opened without sync for speed: views that a machine's crash may have torn (the boot id differs from the one
 * noted and they were not synced at the end) are deleted before they are opened. A killed process alone costs
 * no rebuild.
 *
 * A write transaction keeps changed values in memory in plain and seals them once, in key order, at flush or
 * commit. */
#ifndef DAYBOOK_LEDGER_STORE_VIEWS_H
#define DAYBOOK_LEDGER_STORE_VIEWS_H

#include "ledger/store/log_backend.h"

/* Keys are at most this long: a space byte, then fixed-size numbers, dates or 16-byte MACs, all big-endian.
 */
enum { VIEW_KEY_BYTES = 64 };
struct view_key {
    uint8_t bytes[VIEW_KEY_BYTES];
    size_t len;
};
struct view_key view_key(uint8_t space);
void view_key_u32(struct view_key *k, uint32_t v);
void view_key_u64(struct view_key *k, uint64_t v);
void view_key_date(struct view_key *k, struct date d);     /* orders as dates do */
struct date view_key_date_at(struct bytes key, size_t at); /* that stands there in a key */
void view_key_instant(struct view_key *k, struct instant t);
void view_key_mac(struct view_key *k, const uint8_t mac[16]);

struct views;
struct views_txn;

struct views_options {
    const char *dir; /* the data directory; views live in DIR/views */
    size_t map_bytes;
    const struct master_key *master;
    struct str origin;      /* of the log; views of another ledger are dropped */
    struct hash definition; /* of the code's projections (names and versions); other views are dropped */
    const uint8_t *tie;     /* 32 bytes that the views' key hangs on besides the master key; NULL: none */
    struct world world;
    bool read_only; /* no creation, no dropping; ERR_INCOMPLETE when a rebuild would be needed */
    bool drop;      /* deletes the files before they are opened, unless others have them open */
};
/* *fresh tells that the views are empty and must be built. */
enum err views_open(struct views **out, bool *fresh, const struct views_options *o, struct error *e) MUST_USE;
/* From now on the key hangs on these: views that another process has made anew with them are opened, and
 * those of before must be dropped. */
void views_retie(struct views *v, const uint8_t tie[KEY_BYTES]);
void views_close(struct views *v); /* syncs and notes a clean end; accepts NULL */
enum err views_drop(struct views *v, struct error *e) MUST_USE; /* empties them; cursor back at 0 */

struct view_cursor {
    uint64_t seq;     /* records 0..seq-1 are folded */
    struct hash leaf; /* of record seq-1; zero for 0 */
};

/* A write transaction excludes those of other processes and threads. Transactions are for one thread each; a
 * struct views may serve several. ERR_STORAGE: the map cannot grow, the disk is full. ERR_CONFLICT: another
 * version of the program has replaced the views; close and open them. */
enum err views_begin(struct views_txn **out, struct views *v, bool write, struct error *e) MUST_USE;
/* Ends t in any case; on failure nothing of it is seen. ERR_CONFLICT, here and from whatever flushes: the map
 * had to grow and somebody else wrote meanwhile; begin anew. */
enum err views_commit(struct views_txn *t, struct error *e) MUST_USE;
void views_abort(struct views_txn *t); /* accepts NULL */
/* True once a write transaction holds so much in memory (LIMIT_VIEWS_TXN_BYTES) that a long fold should
 * commit and begin anew. */
bool views_is_full(const struct views_txn *t);
/* Long readers: forgets every value got so far in this read transaction; they become invalid, the snapshot
 * stays. In one that writes it does nothing. */
void views_forget(struct views_txn *t);
enum err views_cursor(struct view_cursor *out, struct views_txn *t, struct error *e) MUST_USE;
void views_set_cursor(struct views_txn *t, const struct view_cursor *c);
struct indexer *views_indexer(struct views_txn *t); /* for keys made of ids */

/* The plaintext value, valid until the transaction ends or the same key is put again. ERR_NOT_FOUND (without
 * a sentence worth showing) when there is none; ERR_TAMPERED when a value does not open (the caller then
 * rebuilds). */
enum err views_get(struct bytes *out, struct views_txn *t, const struct view_key *k,
                   struct error *e) MUST_USE;
enum err views_put(struct views_txn *t, const struct view_key *k, struct bytes value,
                   struct error *e) MUST_USE;
enum err views_delete(struct views_txn *t, const struct view_key *k,
                      struct error *e) MUST_USE; /* fine if absent */
/* Visits keys >= from that start with the first `prefix_len` bytes of `from`, in order (backwards: the
 * greatest first, those
 * <= from padded with 0xff, within the prefix). ERR_NOT_FOUND from the visitor ends it with OK. In a write
 * transaction pending changes are flushed first; the visitor must not write. */
typedef enum err view_visit_fn(void *context, struct bytes key, struct bytes value, struct error *e);
enum err views_scan(struct views_txn *t, const struct view_key *from, size_t prefix_len, bool backwards,
                    view_visit_fn *visit, void *context, struct error *e) MUST_USE;

/* Records (described structs) as values. The record's texts live as long as the value (see views_get). */
enum err views_get_record(void *out, const struct schema *s, struct views_txn *t, const struct view_key *k,
                          struct arena *a, struct error *e) MUST_USE;
/* The same for what is read again and again: decoded once, valid until the transaction ends. One record is
 * kept at a time; a put of its key ends that. */
enum err views_get_kept(const void **out, const struct schema *s, struct views_txn *t,
                        const struct view_key *k, struct error *e) MUST_USE;
enum err views_put_record(struct views_txn *t, const struct view_key *k, const struct schema *s,
                          const void *record, struct error *e) MUST_USE;

/* SHA-256 over every key and plaintext value in order: equal for views folded live, rebuilt, and restored. */
enum err views_digest(struct hash *out, uint64_t *entries, struct views_txn *t, struct error *e) MUST_USE;
uint64_t views_stored_bytes(struct views *v);

#endif
