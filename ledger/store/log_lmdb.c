/* SPDX-License-Identifier: MIT */
/* log_lmdb.c - the log in LMDB: table "records" (seq as 8 big-endian bytes -> record) and table "head" (one
 * row), in one transaction and with full sync: any weaker flag loses acknowledged events. It must never
 * overwrite a record (MDB_APPEND with MDB_NOOVERWRITE) and never report as written what is not durable. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ledger/store/lmdb_env.h"
#include "ledger/store/log_backend.h"

enum { TABLE_RECORDS = 0, TABLE_HEAD = 1 };
enum { HEAD_VERSION = 1, HEAD_FIXED_BYTES = 1 + 8 + 8 + 8 + 32, HEAD_BYTES_MAX = HEAD_FIXED_BYTES + 64 * 32 };
enum {
    RENEW_AFTER = 4096
}; /* records read in one snapshot: longer ones keep freed pages from being used again */

static const char HEAD_KEY[] = "head";

struct folders {
    char log[LIMIT_PATH_BYTES];       /* DIR/log */
    char raw[LIMIT_PATH_BYTES];       /* DIR/log.new: until its first pages are on disk */
    char file[LIMIT_PATH_BYTES + 16]; /* DIR/log/data.mdb */
};

struct lmdb_log {
    struct lmdb_env *env;
    struct folders folders;
};

/* ---- the head as bytes: version 1, size 8, time 8, newest epoch's seq 8, last leaf 32, then one peak of 32
 * for each binary 1 of size ---- */

static size_t head_put(uint8_t to[HEAD_BYTES_MAX], const struct log_head *h)
{
    size_t peaks = (size_t)__builtin_popcountll(h->range.size);
    to[0] = HEAD_VERSION;
    be64_put(to + 1, h->range.size);
    be64_put(to + 9, (uint64_t)h->last_at.us);
    be64_put(to + 17, h->epoch_seq);
    memcpy(to + 25, h->last_leaf.bytes, 32);
    memcpy(to + HEAD_FIXED_BYTES, h->range.peaks, peaks * 32);
    return HEAD_FIXED_BYTES + peaks * 32;
}

static enum err head_take(struct log_head *out, struct bytes in, struct error *e)
{
    if (in.len < HEAD_FIXED_BYTES || in.ptr[0] != HEAD_VERSION)
        return fail(e, ERR_TAMPERED, "the log's head is damaged");
    *out = (struct log_head){.range = {.size = be64_get(in.ptr + 1)},
                             .last_at = {(int64_t)be64_get(in.ptr + 9)},
                             .epoch_seq = be64_get(in.ptr + 17)};
    size_t peaks = (size_t)__builtin_popcountll(out->range.size);
    if (in.len != HEAD_FIXED_BYTES + peaks * 32) return fail(e, ERR_TAMPERED, "the log's head is damaged");
    memcpy(out->last_leaf.bytes, in.ptr + 25, 32);
    memcpy(out->range.peaks, in.ptr + HEAD_FIXED_BYTES, peaks * 32);
    return OK;
}

static enum err head_read(struct log_head *out, const struct lmdb_log *l, MDB_txn *txn, struct error *e)
{
    char name[sizeof HEAD_KEY];
    memcpy(name, HEAD_KEY, sizeof name);
    MDB_val key = {sizeof name - 1, name}, value = {0, NULL};
    int rc = mdb_get(txn, lmdb_table(l->env, TABLE_HEAD), &key, &value);
    if (rc == MDB_NOTFOUND) {
        *out = (struct log_head){0};
        return OK;
    }
    if (rc != 0) return lmdb_fail(e, rc, "read the head of", lmdb_dir(l->env));
    return head_take(out, (struct bytes){value.mv_data, value.mv_size}, e);
}

/* ---- open and close ---- */

static struct lmdb_options options_for(const char *dir, const struct log_place *place)
{
    return (struct lmdb_options){.dir = dir,
                                 .flags = place->unsafe_flags,
                                 .map_bytes = place->map_bytes,
                                 .read_only = place->read_only,
                                 .tables = {"records", "head"}};
}

static enum err folders_of(struct folders *f, const char *dir, struct error *e)
{
    int n = snprintf(f->log, sizeof f->log, "%s/log", dir),
        m = snprintf(f->raw, sizeof f->raw, "%s/log.new", dir);
    if (n < 0 || m < 0 || (size_t)m >= sizeof f->raw)
        return fail(e, ERR_LIMIT, "the path '%s' is too long", dir);
    (void)snprintf(f->file, sizeof f->file, "%s/data.mdb", f->log); /* has room */
    return OK;
}

/* What a power cut left of an earlier attempt; nothing in it was ever acknowledged. */
static void raw_clear(const struct folders *f)
{
    static const char *const names[] = {"data.mdb", "lock.mdb"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path[LIMIT_PATH_BYTES + 16];
        (void)snprintf(path, sizeof path, "%s/%s", f->raw, names[i]); /* has room */
        (void)unlink(path);                                           /* mostly there is none */
    }
}

/* LMDB writes a new file's first pages unsynced: a power cut could leave a folder that looks like a damaged
 * ledger. So it is made under another name, and gets its own once it is whole. */
static enum err make_log(const struct folders *f, const struct log_place *place, struct error *e)
{
    struct lmdb_options o = options_for(f->raw, place);
    struct lmdb_env *env = NULL;
    raw_clear(f);
    enum err err = dir_make(f->raw, 0700, e);
    if (err == OK) err = lmdb_open(&env, &o, e);
    if (err != OK) return err;
    err = lmdb_sync(env, e);
    lmdb_close(env);
    if (err == OK) err = dir_sync(f->raw, e);
    if (err == OK && rename(f->raw, f->log) != 0) err = fail_errno(e, errno, "cannot make '%s'", f->log);
    return err == OK ? dir_sync(place->dir, e) : err;
}

/* One at a time: of two that create at once, the second finds the first one's. */
static enum err make_log_alone(const struct folders *f, const struct log_place *place, struct error *e)
{
    char parent[LIMIT_PATH_BYTES + 16];
    enum err err = dir_make(place->dir, 0700, e);
    if (err == OK) err = dir_check_local(place->dir, e);
    if (err != OK) return err;
    int lock = open(place->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (lock < 0 || flock(lock, LOCK_EX) != 0) err = fail_errno(e, errno, "cannot lock '%s'", place->dir);
    if (err == OK && !file_exists(f->file)) err = make_log(f, place, e);
    if (lock >= 0) (void)close(lock);                           /* also unlocks */
    (void)snprintf(parent, sizeof parent, "%s/..", place->dir); /* has room */
    return err == OK ? dir_sync(parent, e) : err;
}

/* What cannot be looked at may well be there. A file without a byte is no log that ever was: it is made whole
 * under another name. */
static enum err look_for(bool *there, const char *path, struct error *e)
{
    struct stat st = {0};
    bool found = stat(path, &st) == 0;
    if (!found && errno != ENOENT && errno != ENOTDIR) return fail_errno(e, errno, "cannot open '%s'", path);
    *there = found && st.st_size > 0;
    return OK;
}

static enum err open_into(struct lmdb_log *l, const struct log_place *place, struct error *e)
{
    enum err err = folders_of(&l->folders, place->dir, e);
    bool there = false;
    if (err == OK) err = look_for(&there, l->folders.file, e);
    if (err != OK) return err;
    if (!there && !place->create) return fail(e, ERR_NOT_FOUND, "there is no ledger in '%s'", place->dir);
    if (!there) err = make_log_alone(&l->folders, place, e);
    struct lmdb_options o = options_for(l->folders.log, place);
    return err == OK ? lmdb_open(&l->env, &o, e) : err;
}

static enum err lmdb_log_open(void **self, const struct log_place *place, struct error *e)
{
    struct lmdb_log *l = calloc(1, sizeof *l);
    if (l == NULL) WRONG("out of memory");
    enum err err = open_into(l, place, e);
    if (err != OK) {
        free(l);
        return err;
    }
    *self = l;
    return OK;
}

static void lmdb_log_close(void *self)
{
    struct lmdb_log *l = self;
    if (l == NULL) return;
    lmdb_close(l->env);
    free(l);
}

static enum err lmdb_log_head(void *self, struct log_head *out, struct error *e)
{
    const struct lmdb_log *l = self;
    MDB_txn *txn = NULL;
    enum err err = lmdb_begin(&txn, l->env, false, e);
    if (err != OK) return err;
    err = head_read(out, l, txn, e);
    lmdb_abort(l->env, txn);
    return err;
}

/* ---- append ---- */

/* LMDB wants pointers that are not const, and only reads through them. */
static MDB_val value_of(struct bytes b)
{
    void *data = NULL;
    memcpy(&data, &b.ptr, sizeof data);
    return (MDB_val){b.len, data};
}

static int records_put(const struct lmdb_log *l, MDB_txn *txn, uint64_t first, const struct bytes *records,
                       size_t count)
{
    MDB_cursor *cursor = NULL;
    int rc = mdb_cursor_open(txn, lmdb_table(l->env, TABLE_RECORDS), &cursor);
    if (rc != 0) return rc;
    for (size_t i = 0; rc == 0 && i < count; i++) {
        uint8_t name[8];
        be64_put(name, first + i);
        MDB_val key = {sizeof name, name}, value = value_of(records[i]);
        rc = mdb_cursor_put(cursor, &key, &value, MDB_APPEND | MDB_NOOVERWRITE);
    }
    mdb_cursor_close(cursor);
    return rc;
}

static int head_store(const struct lmdb_log *l, MDB_txn *txn, const struct log_head *next)
{
    char name[sizeof HEAD_KEY];
    uint8_t bytes[HEAD_BYTES_MAX];
    memcpy(name, HEAD_KEY, sizeof name);
    MDB_val key = {sizeof name - 1, name}, value = {head_put(bytes, next), bytes};
    return mdb_put(txn, lmdb_table(l->env, TABLE_HEAD), &key, &value, 0);
}

/* One attempt. *full: nothing was written, the map is to be grown. */
static enum err append_once(bool *full, const struct lmdb_log *l, uint64_t expected,
                            const struct bytes *records, size_t count, const struct log_head *next,
                            struct error *e)
{
    MDB_txn *txn = NULL;
    struct log_head head = {0};
    enum err err = lmdb_begin(&txn, l->env, true, e);
    if (err != OK) return err;
    err = head_read(&head, l, txn, e);
    if (err == OK && head.range.size != expected)
        err = fail(e, ERR_CONFLICT, "cannot append at %llu: the log has %llu records",
                   (unsigned long long)expected, (unsigned long long)head.range.size);
    if (err != OK) {
        lmdb_abort(l->env, txn);
        return err;
    }
    int rc = records_put(l, txn, expected, records, count);
    if (rc == 0) rc = head_store(l, txn, next);
    bool committing = rc == 0;
    if (committing)
        rc = lmdb_commit(l->env, txn);
    else
        lmdb_abort(l->env, txn);
    *full = rc == MDB_MAP_FULL;
    if (rc == 0 || *full) return OK;
    if (rc == MDB_KEYEXIST)
        return fail(e, ERR_TAMPERED, "cannot append to '%s': a record stands behind the head",
                    lmdb_dir(l->env));
    err = lmdb_fail(e, rc, "append to", lmdb_dir(l->env));
    if (committing) err = e->code = ERR_INCOMPLETE; /* the sentence stays */
    return err;
}

static enum err lmdb_log_append(void *self, uint64_t expected, const struct bytes *records, size_t count,
                                const struct log_head *next, struct error *e)
{
    const struct lmdb_log *l = self;
    assert(next->range.size == expected + count);
    for (;;) {
        bool full = false;
        enum err err = append_once(&full, l, expected, records, count, next, e);
        if (err != OK || !full) return err;
        err = lmdb_grow(l->env, e);
        if (err != OK) return err;
    }
}

/* ---- read ---- */

struct reading {
    const struct lmdb_log *log;
    MDB_txn *txn;
    MDB_cursor *cursor;
    bool ended; /* by the visitor */
};

static enum err reading_begin(struct reading *r, const struct lmdb_log *l, struct error *e)
{
    *r = (struct reading){.log = l};
    enum err err = lmdb_begin(&r->txn, l->env, false, e);
    if (err != OK) return err;
    int rc = mdb_cursor_open(r->txn, lmdb_table(l->env, TABLE_RECORDS), &r->cursor);
    return rc == 0 ? OK : lmdb_fail(e, rc, "read", lmdb_dir(l->env));
}

static void reading_end(struct reading *r)
{
    if (r->cursor != NULL) mdb_cursor_close(r->cursor);
    lmdb_abort(r->log->env, r->txn);
    *r = (struct reading){.log = r->log};
}

/* The key at the cursor must be the seq that is due: a hole is damage, not an end. */
static enum err check_key(const struct reading *r, int rc, const MDB_val *key, uint64_t seq, struct error *e)
{
    if (rc == MDB_NOTFOUND || (rc == 0 && (key->mv_size != 8 || be64_get(key->mv_data) != seq)))
        return fail(e, ERR_TAMPERED, "record %llu is missing", (unsigned long long)seq);
    return rc == 0 ? OK : lmdb_fail(e, rc, "read", lmdb_dir(r->log->env));
}

/* Who sees what is read: one record at a time or several. */
struct log_visitor {
    log_visit_fn *one;
    log_visit_run_fn *run;
    size_t run_max; /* 1: `one` sees them */
    void *context;
};

static enum err show(struct reading *r, const struct log_visitor *v, uint64_t first,
                     const struct bytes *records, size_t count, struct error *e)
{
    enum err err = v->run_max > 1 ? v->run(v->context, first, records, count, e)
                                  : v->one(v->context, first, records[0], e);
    r->ended = err == ERR_NOT_FOUND;
    return r->ended ? OK : err;
}

/* The file is larger than a processor's caches, and the pages of a log mostly follow each other: what lies in
 * the next one where this record and its node's header lie in this one is fetched meanwhile. It is a hint,
 * and does no harm where nothing is. */
static void fetch_ahead(struct bytes record)
{
    enum { LINE = 64, PAGE = 4096, NODE_HEADER = 16, AHEAD_MAX = 1024 };
    size_t len = NODE_HEADER + (record.len < AHEAD_MAX ? record.len : AHEAD_MAX);
    for (size_t at = 0; at < len; at += LINE) __builtin_prefetch(record.ptr + PAGE - NODE_HEADER + at);
}

/* Visits from..to-1 within one snapshot. */
static enum err read_some(struct reading *r, uint64_t from, uint64_t to, const struct log_visitor *v,
                          struct error *e)
{
    uint8_t name[8];
    struct bytes run[LOG_RUN_MAX];
    size_t count = 0;
    enum err err = OK;
    be64_put(name, from);
    MDB_val key = {sizeof name, name}, value = {0, NULL};
    int rc = mdb_cursor_get(r->cursor, &key, &value, MDB_SET_KEY);
    for (uint64_t seq = from; err == OK && !r->ended && seq < to; seq++) {
        struct error damage = {0};
        enum err found = check_key(r, rc, &key, seq, &damage);
        if (found == OK) run[count++] = (struct bytes){value.mv_data, value.mv_size};
        bool is_last = found != OK || seq + 1 == to;
        if (found == OK && v->run_max > 1) fetch_ahead(run[count - 1]);
        if (count == v->run_max || (is_last && count > 0)) {
            err = show(r, v, seq + (found == OK) - count, run, count, e);
            count = 0;
        }
        if (err == OK && !r->ended && found != OK) {
            *e = damage;
            err = found;
        }
        if (err == OK && !is_last) rc = mdb_cursor_get(r->cursor, &key, &value, MDB_NEXT);
    }
    return err;
}

/* Within one snapshot the table ends where the head says. */
static enum err check_end(struct reading *r, struct error *e)
{
    struct log_head head = {0};
    enum err err = head_read(&head, r->log, r->txn, e);
    if (err != OK) return err;
    MDB_val key = {0, NULL}, value = {0, NULL};
    int rc = mdb_cursor_get(r->cursor, &key, &value, MDB_LAST);
    if (rc == MDB_NOTFOUND && head.range.size == 0) return OK;
    if (rc == 0 && key.mv_size == 8 && be64_get(key.mv_data) >= head.range.size)
        return fail(e, ERR_TAMPERED, "record %llu stands behind the end that the head names",
                    (unsigned long long)be64_get(key.mv_data));
    return check_key(r, rc, &key, head.range.size - 1, e);
}

static enum err read_all(struct reading *r, uint64_t from, uint64_t to, const struct log_visitor *v,
                         struct error *e)
{
    struct log_head head = {0};
    enum err err = head_read(&head, r->log, r->txn, e);
    if (err != OK) return err;
    uint64_t end = to < head.range.size ? to : head.range.size;
    for (uint64_t seq = from; seq < end;) {
        uint64_t stop = end - seq > RENEW_AFTER ? seq + RENEW_AFTER : end;
        err = read_some(r, seq, stop, v, e);
        if (err != OK || r->ended) return err;
        seq = stop;
        if (seq == end) break;
        const struct lmdb_log *l = r->log;
        reading_end(r);
        err = reading_begin(r, l, e);
        if (err != OK) return err;
    }
    return to == UINT64_MAX ? check_end(r, e) : OK;
}

static enum err read_for(void *self, uint64_t from, uint64_t to, const struct log_visitor *v, struct error *e)
{
    struct reading r = {0};
    enum err err = reading_begin(&r, self, e);
    if (err == OK) err = read_all(&r, from, to, v, e);
    if (r.log != NULL) reading_end(&r);
    return err;
}

static enum err lmdb_log_read(void *self, uint64_t from, uint64_t to, log_visit_fn *visit, void *context,
                              struct error *e)
{
    const struct log_visitor v = {.one = visit, .run_max = 1, .context = context};
    return read_for(self, from, to, &v, e);
}

static enum err lmdb_log_read_runs(void *self, uint64_t from, uint64_t to, log_visit_run_fn *visit,
                                   void *context, struct error *e)
{
    const struct log_visitor v = {.run = visit, .run_max = LOG_RUN_MAX, .context = context};
    return read_for(self, from, to, &v, e);
}

static uint64_t lmdb_log_stored_bytes(void *self)
{
    const struct lmdb_log *l = self;
    return lmdb_stored_bytes(l->env);
}

const struct log_backend log_lmdb = {.name = "lmdb",
                                     .open = lmdb_log_open,
                                     .close = lmdb_log_close,
                                     .head = lmdb_log_head,
                                     .append = lmdb_log_append,
                                     .read = lmdb_log_read,
                                     .read_runs = lmdb_log_read_runs,
                                     .stored_bytes = lmdb_log_stored_bytes};
