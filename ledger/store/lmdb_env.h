/* SPDX-License-Identifier: MIT */
/* lmdb_env.h - one LMDB environment a folder and process, shared by whoever opens the folder again. LMDB
 * forbids to open the same file twice in one process (closing one would drop the other's locks), forbids to
 * change the map's size while transactions run, and forbids to use an environment after fork. This is where
 * those rules are kept. */
#ifndef DAYBOOK_LEDGER_STORE_LMDB_ENV_H
#define DAYBOOK_LEDGER_STORE_LMDB_ENV_H

#include <lmdb.h>

#include "ledger/base.h"

enum { LMDB_TABLES = 2 };

struct lmdb_options {
    const char *dir;  /* exists already; data.mdb and lock.mdb lie in it */
    unsigned flags;   /* MDB_NOSYNC for views; 0 for the log. MDB_NOTLS is always added */
    size_t map_bytes; /* at least; grows. 0: the default */
    bool read_only;   /* where the lock file cannot be written: without locks */
    bool whole;       /* ERR_TAMPERED for a file that is shorter than it says, or whose numbers cannot be */
    const char *tables[LMDB_TABLES];
};

struct lmdb_env;

/* Opens or shares. Tables that are missing are made, unless read_only: then ERR_NOT_FOUND. */
enum err lmdb_open(struct lmdb_env **out, const struct lmdb_options *o, struct error *e) MUST_USE;
void lmdb_close(struct lmdb_env *x); /* accepts NULL */

/* Between begin and end the map does not move. End every transaction by one of the two below, never by LMDB's
 * own calls. */
enum err lmdb_begin(MDB_txn **out, struct lmdb_env *x, bool write, struct error *e) MUST_USE;
void lmdb_abort(struct lmdb_env *x, MDB_txn *txn); /* accepts NULL */
/* LMDB's result. MDB_MAP_FULL: nothing was written, grow and do it again. Any other failure's outcome is
 * unknown, and the environment is opened anew before its next transaction. */
int lmdb_commit(struct lmdb_env *x, MDB_txn *txn) MUST_USE;
MDB_dbi lmdb_table(const struct lmdb_env *x, size_t which);

/* Doubles the map, after MDB_MAP_FULL and with the caller's transaction aborted. Waits some seconds for the
 * process's other transactions to end; ERR_STORAGE when they do not. */
enum err lmdb_grow(struct lmdb_env *x, struct error *e) MUST_USE;
/* Grows ahead of need, when less than `wanted` bytes are left behind the last page in use and no transaction
 * of this process is in the way; otherwise MDB_MAP_FULL comes when it comes. */
void lmdb_grow_early(struct lmdb_env *x, size_t wanted);
enum err lmdb_sync(struct lmdb_env *x, struct error *e) MUST_USE;
/* Pages that were taken and given back in one transaction are never written: a sound file may end before its
 * last page. Makes it as long as it says, so that `whole` holds. Only for who has the file alone. */
void lmdb_lengthen(struct lmdb_env *x);
uint64_t lmdb_stored_bytes(struct lmdb_env *x);

/* The sentence for an LMDB result: ERR_STORAGE for full disks and maps, ERR_TAMPERED for files that make no
 * sense. */
enum err lmdb_fail(struct error *e, int rc, const char *what, const char *dir) MUST_USE;
const char *lmdb_dir(const struct lmdb_env *x);

#endif
