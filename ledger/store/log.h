/* SPDX-License-Identifier: MIT */
/* log.h - the log above the seam: seals plaintexts into records, chains them, keeps the Merkle root, reads
 * them back with tag, commit, leaf and chain verified on every read. A struct log is for one thread at a
 * time; two processes may have the same log open. */
#ifndef DAYBOOK_LEDGER_STORE_LOG_H
#define DAYBOOK_LEDGER_STORE_LOG_H

#include "ledger/store/log_backend.h"
#include "ledger/store/proof.h"

struct log;

struct log_options {
    const struct log_backend *backend;
    struct log_place place;
    const struct master_key
        *master; /* outlives the log. NULL: no key; only log_scan, log_verify_chain and log_state work */
    struct world world;
    const char *program; /* creator's version for the genesis record, e.g. "daybook 1.0" */
};

/* Makes a new log: genesis and first epoch, one commit. ERR_REFUSED when there is one already. */
enum err log_create(struct log **out, const struct log_options *o, struct error *e) MUST_USE;
/* ERR_NOT_FOUND: no log there. ERR_INVALID: the key does not open it. ERR_TAMPERED: head and last record
 * disagree. */
enum err log_open(struct log **out, const struct log_options *o, struct error *e) MUST_USE;
void log_close(struct log *l); /* accepts NULL */

/* ERR_INVALID: the newest epoch belongs to another master key, e.g. because another process replaced the one
 * of this handle; the reason is then LOG_KEY_REPLACED and the sentence tells by which and when. Whoever
 * appends is refused so. */
#define LOG_KEY_REPLACED "key_replaced"
/* A master key of before, as the newest one opens it: 0 back is the one that was replaced last. *out is NULL
 * where there are not so many; else it lives as long as the log. */
enum err log_old_master(const struct master_key **out, struct log *l, size_t back, struct error *e) MUST_USE;
enum err log_key_check(struct log *l, struct error *e) MUST_USE;
/* Replaces the master key by `next`, which outlives the log, and begins an epoch under it, in one commit: the
 * old key stands in a KEYS record at *seq, sealed under the new one, which alone opens the log from then on.
 * ERR_REFUSED: the log had that key before. Otherwise as log_append; after any failure the old key is in
 * use. */
enum err log_rotate(uint64_t *seq, struct log *l, const struct master_key *next, struct instant at,
                    struct error *e) MUST_USE;

struct log_state {
    struct log_head head;
    struct hash root;
    struct str origin; /* "daybook/" and 16 hex digits, fixed at creation */
    uint32_t epoch;    /* in use, or the last one */
    uint64_t stored_bytes;
};
enum err log_state(struct log_state *out, struct log *l, struct error *e) MUST_USE;
/* The head alone, for who asks often: root and epoch cost more than finding it. */
enum err log_head(struct log_head *out, struct log *l, struct error *e) MUST_USE;

/* Seals and appends `count` plaintexts (class EVENTS) as consecutive records in one durable commit, if the
 * log's size still is `expected`. On OK *first is the seq of the first of them: it may be expected + 1,
 * because the first append after an open, and after 2^24 records, starts a new key epoch with a record of its
 * own (restored copies thus never share a key). `at` is the command's time; the record's time is max(at, last
 * + 1 µs). An epoch older than 24 hours of the world's clock ends too. ERR_CONFLICT: somebody else appended.
 * ERR_STORAGE: nothing was written. ERR_INCOMPLETE: unknown; the log has re-opened itself and log_state tells
 * what is there. */
enum err log_append(uint64_t *first, struct log *l, uint64_t expected, const struct bytes *plains,
                    size_t count, struct instant at, struct error *e) MUST_USE;

/* The same in steps, for a writer whose next plaintext depends on seq and leaf of the one before: begin tells
 * the size that the log has now; add seals one more plaintext and tells where it will stand; commit makes all
 * of them durable, with the results of log_append (ERR_CONFLICT when the log is no longer of that size). A
 * draft is dropped by beginning another. One draft a log. */
struct log_place_made {
    uint64_t seq;
    struct instant at;
    struct hash leaf;
    struct hash prev; /* leaf of the record before, which may be an epoch's */
};
enum err log_draft_begin(uint64_t *size, struct log *l, struct error *e) MUST_USE;
enum err log_draft_add(struct log_place_made *out, struct log *l, struct bytes plain, struct instant at,
                       struct error *e) MUST_USE;
enum err log_draft_commit(struct log *l, struct error *e) MUST_USE;
void log_draft_forget(
    struct log *l); /* drops the bytes drafted so far but goes on behind them: a rehearsal never commits */
size_t log_draft_bytes(const struct log *l);

/* One verified record on the way to its reader. plain is empty for classes in clear, and for all of them in
 * log_scan; clear_body is empty for sealed ones. */
struct log_entry {
    uint64_t seq;
    struct record_header header;
    struct hash leaf;
    struct bytes plain;
    struct bytes salt; /* that stood before plain; with it the commit can be checked */
    struct bytes clear_body;
    struct bytes record; /* as stored */
};
typedef enum err log_entry_fn(void *context, const struct log_entry *entry, struct error *e);

/* Reads from <= seq < to in order (to = UINT64_MAX: to the end) and verifies each record: framing, seq, prev
 * against the record before, tag, commit. The bytes are valid during the visit, which must not use the same
 * log. ERR_NOT_FOUND from the visitor ends it with OK. */
enum err log_read(struct log *l, uint64_t from, uint64_t to, log_entry_fn *visit, void *context,
                  struct error *e) MUST_USE;

/* The same without keys: framing, seq, time and prev are verified, sealed bodies stay sealed. */
enum err log_scan(struct log *l, uint64_t from, uint64_t to, log_entry_fn *visit, void *context,
                  struct error *e) MUST_USE;

/* What an entry of class EPOCH says: the number of the epoch, and the name of its master key. */
enum err log_entry_epoch(uint32_t *epoch, uint8_t key_name[KEY_NAME_BYTES], const struct log_entry *entry,
                         struct error *e) MUST_USE;

/* Without keys: every record's framing, seq, time order and chain from the first to the last, the tail's leaf
 * and the Merkle root computed anew and compared with the stored head. ERR_TAMPERED names the first bad
 * record with expected and actual hash. */
struct log_report {
    uint64_t records, epochs;
    uint64_t bytes;
    struct hash root, last_leaf;
    uint32_t generation;     /* the newest; 1: nothing was ever lost */
    uint64_t generation_seq; /* of the record that opened it; 0: none */
};
typedef void log_progress_fn(void *context, uint64_t done, uint64_t total);
enum err log_verify_chain(struct log_report *out, struct log *l, log_progress_fn *progress, void *context,
                          struct error *e) MUST_USE;

/* Proofs of RFC 6962 about a head that the log has or had, made without reading all of it (log_tree.h) and
 * checked before they are handed out. ERR_ROLLED_BACK: the log is smaller than that head. ERR_TAMPERED: its
 * records are not those of the root. They need no key. */
struct log_head_at {
    uint64_t size;
    struct hash root;
};
/* seq < at->size. */
enum err log_prove_inclusion(struct merkle_path *out, struct log *l, uint64_t seq,
                             const struct log_head_at *at, struct error *e) MUST_USE;
/* The same for many records: the tree is opened once, and of neighbours what lies between them is read once.
 */
struct log_prover;
enum err log_prover_open(struct log_prover **out, struct log *l, const struct log_head_at *at,
                         struct error *e) MUST_USE;
enum err log_prover_prove(struct merkle_path *out, struct log_prover *p, uint64_t seq,
                          struct error *e) MUST_USE;
void log_prover_close(struct log_prover *p); /* accepts NULL */
/* 0 < old->size <= now->size. */
enum err log_prove_consistency(struct merkle_path *out, struct log *l, const struct log_head_at *old,
                               const struct log_head_at *now, struct error *e) MUST_USE;

/* As log_verify_chain, of what was appended behind a head that was verified before, 0 < from->size, when the
 * ledger was in this generation; what was before it is held against its root, but not read again. out->bytes
 * are those that were read; out->generation_seq is 0 if no generation began since. ERR_ROLLED_BACK: the log
 * is smaller than that head. */
enum err log_verify_since(struct log_report *out, struct log *l, const struct log_head_at *from,
                          uint32_t generation, log_progress_fn *progress, void *context,
                          struct error *e) MUST_USE;

/* A ledger that lost its end, or went another way than the one that was there, and says so: from record
 * restored.size on, which is the one that says it, a new generation of it is written (FORMAT.md). */
struct generation {
    uint32_t number; /* 2 for the first that is opened; a ledger that lost nothing is in its first */
    struct log_head_at restored; /* what is there, and goes on */
    struct log_head_at lost;     /* the head that the ledger is known to have had and has no longer */
    struct str reason;           /* why, in clear for ever */
};
/* The record alone, as one commit. ERR_CONFLICT: the log is not of the size restored. */
enum err log_append_generation(struct log *l, const struct generation *g, struct instant at,
                               struct error *e) MUST_USE;
/* Reads a GENERATION record's body; `reason` lives as long as it. ERR_TAMPERED: it is not well-formed. */
enum err generation_take(struct generation *out, uint64_t seq, struct bytes body, struct error *e) MUST_USE;

/* A pipelined writer: seals batch n + 1 on the caller's thread while batch n is being committed on its own.
 * What is queued while a commit is in flight goes into the next one. Same records as log_append would write.
 * Acknowledged is what pipeline_flush returned OK for. After any failure the pipeline writes nothing more;
 * close it, and log_state tells what is there. The log itself is not to be used until the pipeline is closed.
 */
struct log_pipeline;
enum err log_pipeline_open(struct log_pipeline **out, struct log *l, struct error *e) MUST_USE;
enum err log_pipeline_append(struct log_pipeline *p, const struct bytes *plains, size_t count,
                             struct instant at, struct error *e) MUST_USE;
enum err log_pipeline_flush(struct log_pipeline *p, struct error *e) MUST_USE;
enum err log_pipeline_close(struct log_pipeline *p,
                            struct error *e) MUST_USE; /* flushes; the log is usable again */

#endif
