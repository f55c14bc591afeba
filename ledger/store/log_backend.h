/* SPDX-License-Identifier: MIT */
/* log_backend.h - all that a store must offer to carry the log: one compare-and-append and one ordered read.
 * Sealing, chaining and the Merkle tree are above this seam. Two implementations stand: LMDB and memory;
 * tests/store/test_log_contract.c is the contract and runs on both. */
#ifndef DAYBOOK_LEDGER_STORE_LOG_BACKEND_H
#define DAYBOOK_LEDGER_STORE_LOG_BACKEND_H

#include "ledger/store/merkle.h"
#include "ledger/store/record.h"

/* What is stored beside the records, in the same transaction, so that an open needs no scan. It is a cache:
 * verification computes it anew. */
struct log_head {
    struct merkle_range range; /* range.size = number of records */
    struct hash last_leaf;     /* zero when there is none */
    struct instant last_at;
    uint64_t epoch_seq; /* of the newest EPOCH record; 0 when there is none */
};

struct log_place {
    const char *dir;  /* data directory; unused by memory */
    size_t map_bytes; /* initial LMDB map size; it grows. 0: default */
    bool create;
    bool read_only;
    unsigned
        unsafe_flags; /* LMDB flags added by the crash-state test alone, to see it fail; 0 everywhere else */
};

/* Sees one record; a result other than OK ends the reading and is handed on. ERR_NOT_FOUND ends it with OK.
 */
typedef enum err log_visit_fn(void *context, uint64_t seq, struct bytes record, struct error *e);

/* Sees `count` records, 1 to LOG_RUN_MAX, that follow each other from `first` on. */
enum { LOG_RUN_MAX = 32 };
typedef enum err log_visit_run_fn(void *context, uint64_t first, const struct bytes *records, size_t count,
                                  struct error *e);

struct log_backend {
    const char *name;
    enum err (*open)(void **self, const struct log_place *place, struct error *e);
    void (*close)(void *self);
    /* The head as other processes left it: reads the store, not a memory of it. */
    enum err (*head)(void *self, struct log_head *out, struct error *e);
    /* All records or none, durable on OK, and only if the log's size still is `expected`: ERR_CONFLICT
     * otherwise. ERR_STORAGE: nothing was written (disk full, map cannot grow). ERR_INCOMPLETE: the commit
     * failed half-way and its outcome is unknown; close, open and read the tail to learn it. */
    enum err (*append)(void *self, uint64_t expected, const struct bytes *records, size_t count,
                       const struct log_head *next, struct error *e);
    /* Visits records from <= seq < to in order; the bytes are valid during the visit only. `to` beyond the
     * size means the size when the reading began. A missing seq, or with to = UINT64_MAX a record behind the
     * last, is ERR_TAMPERED. Long reads renew their snapshot now and then, so that old pages can be reused;
     * records never change. */
    enum err (*read)(void *self, uint64_t from, uint64_t to, log_visit_fn *visit, void *context,
                     struct error *e);
    /* The same reading for those who work on several records at once. All that were found before a missing
     * one are visited before the reading fails. */
    enum err (*read_runs)(void *self, uint64_t from, uint64_t to, log_visit_run_fn *visit, void *context,
                          struct error *e);
    /* Size of the stored file in bytes and other figures for `stats`; 0 where there are none. */
    uint64_t (*stored_bytes)(void *self);
};

extern const struct log_backend log_lmdb;
extern const struct log_backend log_memory;

#endif
