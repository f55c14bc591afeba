/* SPDX-License-Identifier: MIT */
/* lmdb_env.c - the process-wide list of open LMDB environments. It is the one mutable global of the store:
 * "which files has this process open" is a fact of the process, because POSIX locks belong to it. It must
 * never open an environment that is open already, never resize a map under a transaction, and never touch an
 * environment that a parent process opened. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "ledger/store/lmdb_env.h"

enum { READERS_MAX = 510, GROW_WAIT_SECONDS = 10, NANO = 1000000000 };
/* Address space, not memory or disk: large, so that growing, which must wait for readers, is rare. */
static const size_t MAP_BYTES_DEFAULT = (size_t)8 << 30;

struct lmdb_env {
    struct lmdb_env *next;
    char *dir;
    dev_t device;
    ino_t inode;
    pid_t pid; /* the process that opened it; a child's own entries stand beside the inherited ones */
    size_t handles;
    unsigned flags;
    size_t map_bytes;
    bool whole;
    const char *tables[LMDB_TABLES];

    /* gate guards all below: a transaction counts itself in, whoever moves the map waits until none is left.
     */
    pthread_mutex_t gate;
    pthread_cond_t changed;
    size_t transactions;
    bool moving;
    bool broken; /* a commit failed; open anew before the next transaction */
    MDB_env *mdb;
    MDB_dbi dbi[LMDB_TABLES];
};

static struct {
    pthread_mutex_t mutex;
    struct lmdb_env *first;
} registry = {.mutex = PTHREAD_MUTEX_INITIALIZER, .first = NULL};

static void lock(pthread_mutex_t *m)
{
    if (pthread_mutex_lock(m) != 0) WRONG("cannot lock a mutex");
}
static void unlock(pthread_mutex_t *m)
{
    if (pthread_mutex_unlock(m) != 0) WRONG("cannot unlock a mutex");
}

enum err lmdb_fail(struct error *e, int rc, const char *what, const char *dir)
{
    bool nonsense = rc == MDB_CORRUPTED || rc == MDB_INVALID || rc == MDB_PAGE_NOTFOUND ||
                    rc == MDB_VERSION_MISMATCH || rc == MDB_INCOMPATIBLE || rc == MDB_BAD_VALSIZE ||
                    rc == MDB_CURSOR_FULL;
    if (nonsense)
        return fail(e, ERR_TAMPERED, "cannot %s '%s': the file is damaged: %s", what, dir, mdb_strerror(rc));
    if (rc == ENOSPC || rc == EDQUOT)
        return fail(e, ERR_STORAGE, "cannot %s '%s': the disk is full", what, dir);
    /* LMDB takes a short write for an I/O error. */
    if (rc == EIO)
        return fail(e, ERR_STORAGE, "cannot %s '%s': %s (is the disk full?)", what, dir, mdb_strerror(rc));
    if (rc == MDB_MAP_FULL) return fail(e, ERR_STORAGE, "cannot %s '%s': the map is full", what, dir);
    return fail(e, ERR_STORAGE, "cannot %s '%s': %s", what, dir, mdb_strerror(rc));
}

const char *lmdb_dir(const struct lmdb_env *x)
{
    return x->dir;
}
MDB_dbi lmdb_table(const struct lmdb_env *x, size_t which)
{
    return x->dbi[which];
}

/* ---- opening one environment ---- */

/* The first transactions of an environment that nobody else of this process uses yet. Another process may
 * make the map grow between our open and our begin. */
static int first_txn(MDB_env *mdb, unsigned flags, MDB_txn **txn)
{
    int rc = mdb_txn_begin(mdb, NULL, flags, txn);
    while (rc == MDB_MAP_RESIZED) {
        rc = mdb_env_set_mapsize(mdb, 0);
        if (rc == 0) rc = mdb_txn_begin(mdb, NULL, flags, txn);
    }
    return rc;
}

/* Opens the tables, in a transaction of its own: handles that another process's commit did not make are made
 * here. */
static enum err tables_open(struct lmdb_env *x, struct error *e)
{
    bool read_only = (x->flags & MDB_RDONLY) != 0;
    MDB_txn *txn = NULL;
    int rc = first_txn(x->mdb, MDB_RDONLY, &txn);
    for (size_t i = 0; rc == 0 && i < LMDB_TABLES; i++) rc = mdb_dbi_open(txn, x->tables[i], 0, &x->dbi[i]);
    if (rc == MDB_NOTFOUND && !read_only) {
        mdb_txn_abort(txn);
        txn = NULL;
        rc = first_txn(x->mdb, 0, &txn);
        for (size_t i = 0; rc == 0 && i < LMDB_TABLES; i++)
            rc = mdb_dbi_open(txn, x->tables[i], MDB_CREATE, &x->dbi[i]);
    }
    if (rc == 0) {
        rc = mdb_txn_commit(txn);
        txn = NULL;
    }
    mdb_txn_abort(txn);
    if (rc == 0) return OK;
    if (rc == MDB_NOTFOUND) return fail(e, ERR_NOT_FOUND, "cannot open '%s': it is not complete", x->dir);
    return lmdb_fail(e, rc, "open the tables of", x->dir);
}

/* The bytes that the file must have by its own account; SIZE_MAX when no file can. */
static size_t bytes_claimed(MDB_env *mdb)
{
    MDB_envinfo info = {0};
    MDB_stat st = {0};
    (void)mdb_env_info(mdb, &info); /* both fail only without arguments */
    (void)mdb_env_stat(mdb, &st);
    bool countable = st.ms_psize > 0 && info.me_last_pgno < SIZE_MAX / st.ms_psize - 1;
    return countable ? (info.me_last_pgno + 1) * st.ms_psize : SIZE_MAX;
}

static bool is_shorter(int fd, size_t bytes)
{
    struct stat st;
    return fstat(fd, &st) == 0 && (st.st_size < 0 || (size_t)st.st_size < bytes);
}

/* With nonsense in its first pages LMDB asks the system for maps that cannot be. */
static bool is_impossible(int rc)
{
    return rc == ENOMEM || rc == EINVAL || rc == EFBIG || rc == EOVERFLOW;
}

static int environment_try(struct lmdb_env *x, unsigned flags)
{
    int dead = 0;
    int rc = mdb_env_create(&x->mdb);
    if (rc != 0) return rc;
    rc = mdb_env_set_maxdbs(x->mdb, LMDB_TABLES);
    if (rc == 0) rc = mdb_env_set_maxreaders(x->mdb, READERS_MAX);
    if (rc == 0) rc = mdb_env_set_mapsize(x->mdb, x->map_bytes);
    if (rc == 0) rc = mdb_env_open(x->mdb, x->dir, flags, 0600);
    if (x->whole && is_impossible(rc)) rc = MDB_INVALID;
    int fd = -1;
    if (rc == 0) rc = mdb_env_get_fd(x->mdb, &fd);
    /* LMDB marks its other descriptors close-on-exec, but not this one. */
    if (rc == 0 && fcntl(fd, F_SETFD, FD_CLOEXEC) != 0) rc = errno;
    /* Slots of readers that were killed would keep old pages in use for ever. */
    if (rc == 0) rc = mdb_reader_check(x->mdb, &dead);
    /* Touching a page behind the end would end the process. */
    if (rc == 0 && x->whole && is_shorter(fd, bytes_claimed(x->mdb))) rc = MDB_INVALID;
    return rc;
}

/* Readers write as well: into the lock file. Of a copy that is for reading only nobody is the writer, and it
 * needs no locks. */
static int environment_open(struct lmdb_env *x)
{
    int rc = environment_try(x, x->flags);
    bool refused = rc == EACCES || rc == EPERM || rc == EROFS;
    if (!refused || (x->flags & MDB_RDONLY) == 0) return rc;
    mdb_env_close(x->mdb);
    x->mdb = NULL;
    return environment_try(x, x->flags | MDB_NOLOCK);
}

/* Processes that open or close at the same moment can disturb each other inside LMDB (its lock file is reset
 * by whoever thinks to be alone); a lock on the folder keeps them apart. */
static int folder_lock(const char *dir)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    while (fd >= 0 && flock(fd, LOCK_EX) != 0) {
        if (errno == EINTR) continue;
        (void)close(fd); /* the lock is what failed */
        return -1;
    }
    return fd;
}

static void environment_close(struct lmdb_env *x)
{
    if (x->mdb == NULL) return;
    int fd = folder_lock(x->dir);
    mdb_env_close(x->mdb);
    x->mdb = NULL;
    if (fd >= 0) (void)close(fd); /* also unlocks */
}

static enum err environment_start(struct lmdb_env *x, struct error *e)
{
    int fd = folder_lock(x->dir);
    if (fd < 0) return fail_errno(e, errno, "cannot lock the folder '%s'", x->dir);
    int rc = environment_open(x);
    enum err err = OK;
    if (rc == ENOENT)
        err = fail(e, ERR_NOT_FOUND, "cannot open '%s': there is none", x->dir);
    else if (rc != 0)
        err = lmdb_fail(e, rc, "open", x->dir);
    if (err == OK) err = tables_open(x, e);
    if (err != OK && x->mdb != NULL) {
        mdb_env_close(x->mdb);
        x->mdb = NULL;
    }
    (void)close(fd); /* also unlocks */
    return err;
}

/* ---- the list ---- */

static void entry_free(struct lmdb_env *x)
{
    environment_close(x);
    (void)pthread_cond_destroy(&x->changed);
    (void)pthread_mutex_destroy(&x->gate);
    free(x->dir);
    free(x);
}

static struct lmdb_env *entry_new(const struct lmdb_options *o, const struct stat *st)
{
    struct lmdb_env *x = calloc(1, sizeof *x);
    char *dir = x == NULL ? NULL : strdup(o->dir);
    if (dir == NULL) WRONG("out of memory");
    x->dir = dir;
    x->device = st->st_dev;
    x->inode = st->st_ino;
    x->pid = getpid();
    x->flags = o->flags | MDB_NOTLS | (o->read_only ? MDB_RDONLY : 0U);
    x->whole = o->whole;
    x->map_bytes = o->map_bytes != 0 ? o->map_bytes : MAP_BYTES_DEFAULT;
    memcpy(x->tables, o->tables, sizeof x->tables);
    pthread_condattr_t monotonic;
    bool fine = pthread_condattr_init(&monotonic) == 0;
    fine = fine && pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC) == 0;
    fine = fine && pthread_cond_init(&x->changed, &monotonic) == 0 && pthread_mutex_init(&x->gate, NULL) == 0;
    if (!fine) WRONG("cannot make a mutex");
    (void)pthread_condattr_destroy(&monotonic);
    return x;
}

static struct lmdb_env *entry_find(const struct stat *st)
{
    struct lmdb_env *x = registry.first;
    while (x != NULL && !(x->device == st->st_dev && x->inode == st->st_ino && x->pid == getpid()))
        x = x->next;
    return x;
}

static enum err entry_share(struct lmdb_env **out, const struct lmdb_options *o, const struct stat *st,
                            struct error *e)
{
    struct lmdb_env *x = entry_find(st);
    if (x != NULL) {
        if ((x->flags & MDB_RDONLY) != 0 && !o->read_only)
            return fail(e, ERR_STORAGE, "cannot open '%s' for writing: this process has it open for reading",
                        o->dir);
        x->handles++;
        *out = x;
        return OK;
    }
    x = entry_new(o, st);
    enum err err = environment_start(x, e);
    if (err != OK) {
        entry_free(x);
        return err;
    }
    x->handles = 1;
    x->next = registry.first;
    registry.first = x;
    *out = x;
    return OK;
}

enum err lmdb_open(struct lmdb_env **out, const struct lmdb_options *o, struct error *e)
{
    struct stat st;
    if (stat(o->dir, &st) != 0) {
        if (errno == ENOENT) return fail(e, ERR_NOT_FOUND, "cannot open '%s': there is none", o->dir);
        return fail_errno(e, errno, "cannot open '%s'", o->dir);
    }
    enum err err = dir_check_local(o->dir, e);
    if (err != OK) return err;
    lock(&registry.mutex);
    err = entry_share(out, o, &st, e);
    unlock(&registry.mutex);
    return err;
}

void lmdb_close(struct lmdb_env *x)
{
    if (x == NULL || x->pid != getpid()) return; /* inherited by fork: the parent's to close */
    lock(&registry.mutex);
    assert(x->handles > 0);
    x->handles--;
    if (x->handles == 0) {
        assert(x->transactions == 0);
        struct lmdb_env **link = &registry.first;
        while (*link != x) link = &(*link)->next;
        *link = x->next;
        entry_free(x);
    }
    unlock(&registry.mutex);
}

/* ---- the gate ---- */

/* Takes the right to move the map: nobody else moves it and no transaction runs. The gate is held on entry
 * and on return. */
static enum err gate_close(struct lmdb_env *x, struct error *e)
{
    uint64_t now = world_monotonic_ns();
    struct timespec until = {(time_t)(now / NANO + GROW_WAIT_SECONDS), (long)(now % NANO)};
    while (x->moving || x->transactions > 0) {
        if (pthread_cond_timedwait(&x->changed, &x->gate, &until) == ETIMEDOUT)
            return fail(e, ERR_STORAGE,
                        "cannot move the map of '%s': a reader of this process has not ended in %d seconds",
                        x->dir, GROW_WAIT_SECONDS);
    }
    x->moving = true;
    return OK;
}

static void gate_open(struct lmdb_env *x)
{
    x->moving = false;
    (void)pthread_cond_broadcast(&x->changed); /* cannot fail */
}

static void transaction_leave(struct lmdb_env *x)
{
    lock(&x->gate);
    assert(x->transactions > 0);
    x->transactions--;
    (void)pthread_cond_broadcast(&x->changed); /* cannot fail */
    unlock(&x->gate);
}

/* After a failed commit LMDB's memory and the file may disagree: close, open, and make durable whatever is
 * there. */
static enum err environment_restart(struct lmdb_env *x, struct error *e)
{
    enum err err = gate_close(x, e);
    if (err != OK) return err;
    if (x->broken) {
        environment_close(x);
        err = environment_start(x, e);
        int rc = err == OK ? mdb_env_sync(x->mdb, 1) : 0;
        if (rc != 0) err = lmdb_fail(e, rc, "sync", x->dir);
        x->broken = err != OK;
    }
    gate_open(x);
    return err;
}

static enum err transaction_enter(struct lmdb_env *x, struct error *e)
{
    assert(x->pid == getpid());
    enum err err = OK;
    lock(&x->gate);
    while (x->moving) (void)pthread_cond_wait(&x->changed, &x->gate); /* cannot fail */
    if (x->broken) err = environment_restart(x, e);
    if (err == OK) x->transactions++;
    unlock(&x->gate);
    return err;
}

static enum err map_set(struct lmdb_env *x, size_t bytes, struct error *e)
{
    int rc = mdb_env_set_mapsize(x->mdb, bytes);
    x->broken = x->broken || rc != 0; /* LMDB has unmapped it: open anew */
    return rc == 0 ? OK : lmdb_fail(e, rc, "grow the map of", x->dir);
}

/* Another process made the map larger; 0 takes the size that it noted. */
static enum err map_follow(struct lmdb_env *x, struct error *e)
{
    lock(&x->gate);
    enum err err = gate_close(x, e);
    if (err == OK) {
        err = map_set(x, 0, e);
        gate_open(x);
    }
    unlock(&x->gate);
    return err;
}

enum err lmdb_grow(struct lmdb_env *x, struct error *e)
{
    MDB_envinfo before = {0}, now = {0};
    (void)mdb_env_info(x->mdb, &before); /* fails only without arguments */
    lock(&x->gate);
    enum err err = gate_close(x, e);
    if (err == OK) {
        (void)mdb_env_info(x->mdb, &now);
        /* Somebody else of this process may have grown it while we waited. */
        if (now.me_mapsize == before.me_mapsize) err = map_set(x, before.me_mapsize * 2, e);
        gate_open(x);
    }
    unlock(&x->gate);
    return err;
}

enum err lmdb_begin(MDB_txn **out, struct lmdb_env *x, bool write, struct error *e)
{
    for (;;) {
        enum err err = transaction_enter(x, e);
        if (err != OK) return err;
        int rc = mdb_txn_begin(x->mdb, NULL, write ? 0U : (unsigned)MDB_RDONLY, out);
        if (rc == 0) return OK;
        transaction_leave(x);
        if (rc != MDB_MAP_RESIZED) return lmdb_fail(e, rc, "begin a transaction in", x->dir);
        err = map_follow(x, e);
        if (err != OK) return err;
    }
}

void lmdb_abort(struct lmdb_env *x, MDB_txn *txn)
{
    if (txn == NULL) return;
    mdb_txn_abort(txn);
    transaction_leave(x);
}

int lmdb_commit(struct lmdb_env *x, MDB_txn *txn)
{
    int rc = mdb_txn_commit(txn);
    if (rc != 0 && rc != MDB_MAP_FULL) {
        lock(&x->gate);
        x->broken = true;
        unlock(&x->gate);
    }
    transaction_leave(x);
    return rc;
}

static size_t map_left(MDB_env *mdb, size_t *map_bytes)
{
    MDB_envinfo info = {0};
    MDB_stat st = {0};
    (void)mdb_env_info(mdb, &info); /* both fail only without arguments */
    (void)mdb_env_stat(mdb, &st);
    size_t used = (info.me_last_pgno + 1) * st.ms_psize;
    *map_bytes = info.me_mapsize;
    return info.me_mapsize > used ? info.me_mapsize - used : 0;
}

void lmdb_grow_early(struct lmdb_env *x, size_t wanted)
{
    size_t map_bytes = 0;
    struct error ignored = {0};
    lock(&x->gate);
    bool free_to = !x->moving && x->transactions == 0 && !x->broken;
    if (free_to && map_left(x->mdb, &map_bytes) < wanted && map_bytes > 0)
        (void)map_set(x, map_bytes * 2, &ignored); /* where it cannot, the write itself will say so */
    unlock(&x->gate);
}

enum err lmdb_sync(struct lmdb_env *x, struct error *e)
{
    int rc = mdb_env_sync(x->mdb, 1);
    return rc == 0 ? OK : lmdb_fail(e, rc, "sync", x->dir);
}

void lmdb_lengthen(struct lmdb_env *x)
{
    int fd = -1;
    size_t claimed = bytes_claimed(x->mdb);
    if (mdb_env_get_fd(x->mdb, &fd) != 0 || claimed > INT64_MAX || !is_shorter(fd, claimed)) return;
    if (ftruncate(fd, (off_t)claimed) != 0) return; /* costs a rebuild, no more */
}

uint64_t lmdb_stored_bytes(struct lmdb_env *x)
{
    MDB_envinfo info = {0};
    MDB_stat st = {0};
    if (mdb_env_info(x->mdb, &info) != 0 || mdb_env_stat(x->mdb, &st) != 0) return 0;
    return (uint64_t)(info.me_last_pgno + 1) * st.ms_psize;
}
