/* SPDX-License-Identifier: MIT */
/* log_copy.c - see log_copy.h. Records gather in one buffer and are appended in commits of some size; a
 * commit whose outcome is unknown ends the copying, and the next one begins where the log then ends. */
#include "ledger/store/log_copy.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A KEYS record and the epoch behind it are not parted, so there is room for one more than is flushed at. */
enum {
    FLUSH_BYTES = 8 * 1024 * 1024,
    FLUSH_RECORDS = LIMIT_RECORDS_PER_COMMIT,
    FLUSH_AT = FLUSH_RECORDS - 1
};

struct log_copy {
    void *self;
    struct chain *chain;
    uint64_t flushed; /* records that are durable */
    struct buffer bytes;
    size_t lengths[FLUSH_RECORDS];
    struct bytes records[FLUSH_RECORDS];
    size_t count;
};

static enum err read_next(void *context, uint64_t seq, struct bytes record, struct error *e)
{
    (void)seq;
    return chain_next(context, record, e);
}

/* What the next record must follow: as the caller knows it, or as the records that are there say. */
static enum err begin_chain(struct log_copy *c, const struct chain *behind, struct error *e)
{
    struct log_head head = {.last_at = {0}};
    c->chain = behind == NULL ? chain_new() : chain_copy(behind);
    const struct log_head *is = chain_head(c->chain);
    enum err err = log_lmdb.head(c->self, &head, e);
    c->flushed = head.range.size;
    if (err == OK && behind == NULL) err = log_lmdb.read(c->self, 0, c->flushed, read_next, c->chain, e);
    if (err != OK) return err;
    if (is->range.size == c->flushed && hash_equal(&is->last_leaf, &head.last_leaf)) return OK;
    if (behind != NULL) return fail(e, ERR_CONFLICT, "somebody else writes to it");
    return fail(e, ERR_TAMPERED, "the head is not that of the records up to %llu",
                (unsigned long long)c->flushed - 1);
}

enum err log_copy_make(const char *dir, struct error *e)
{
    struct log_place place = {.dir = dir, .create = true};
    void *self = NULL;
    enum err err = log_lmdb.open(&self, &place, e);
    if (err == OK) log_lmdb.close(self);
    return err;
}

enum err log_copy_open(struct log_copy **out, const char *dir, const struct chain *behind, struct error *e)
{
    struct log_copy *c = calloc(1, sizeof *c);
    struct log_place place = {.dir = dir, .create = true};
    if (c == NULL) WRONG("out of memory");
    enum err err = log_lmdb.open(&c->self, &place, e);
    if (err == OK) err = begin_chain(c, behind, e);
    if (err != OK) {
        log_copy_close(c);
        return err;
    }
    *out = c;
    return OK;
}

void log_copy_close(struct log_copy *c)
{
    if (c == NULL) return;
    if (c->self != NULL) log_lmdb.close(c->self);
    chain_free(c->chain);
    buffer_free(&c->bytes);
    free(c);
}

struct chain *log_copy_chain(struct log_copy *c)
{
    return c->chain;
}

enum err log_copy_flush(struct log_copy *c, struct error *e)
{
    size_t at = 0;
    if (c->count == 0) return OK;
    enum err err = chain_end(c->chain, e);
    if (err != OK) return err;
    for (size_t i = 0; i < c->count; i++) {
        c->records[i] = (struct bytes){c->bytes.ptr + at, c->lengths[i]};
        at += c->lengths[i];
    }
    err = log_lmdb.append(c->self, c->flushed, c->records, c->count, chain_head(c->chain), e);
    if (err == ERR_INCOMPLETE) err = e->code = ERR_STORAGE; /* whichever: the next one sees where it ended */
    if (err != OK) return err;
    c->flushed += c->count;
    c->count = 0;
    buffer_clear(&c->bytes);
    return OK;
}

enum err log_copy_add(struct log_copy *c, struct bytes record, struct error *e)
{
    bool is_full = c->count >= FLUSH_AT || c->bytes.len + record.len > FLUSH_BYTES;
    enum err err = is_full && chain_may_end(c->chain) ? log_copy_flush(c, e) : OK;
    if (err == OK) err = chain_next(c->chain, record, e);
    if (err != OK) return err;
    buffer_add(&c->bytes, record.ptr, record.len);
    c->lengths[c->count++] = record.len;
    return OK;
}

/* ---- the mark of a follower ---- */

static bool mark_path(char out[LIMIT_PATH_BYTES], const char *dir)
{
    int n = snprintf(out, LIMIT_PATH_BYTES, "%s/follower", dir);
    return n > 0 && n < LIMIT_PATH_BYTES;
}

bool log_is_follower(const char *dir)
{
    char path[LIMIT_PATH_BYTES];
    return mark_path(path, dir) && file_exists(path);
}

enum err log_mark_follower(const char *dir, struct str of, struct error *e)
{
    char path[LIMIT_PATH_BYTES];
    struct buffer text = {0};
    if (!mark_path(path, dir)) return fail(e, ERR_LIMIT, "the path '%s' is too long", dir);
    buffer_print(&text, "%.*s\n", STR_ARG(of));
    enum err err = file_write(path, (struct bytes){text.ptr, text.len}, 0600, e);
    buffer_free(&text);
    return err;
}

enum err log_unmark_follower(const char *dir, struct error *e)
{
    char path[LIMIT_PATH_BYTES];
    if (!mark_path(path, dir) || !file_exists(path))
        return fail(e, ERR_REFUSED, "the ledger in '%s' is no follower", dir);
    if (unlink(path) != 0) return fail_errno(e, errno, "cannot remove '%s'", path);
    return dir_sync(dir, e);
}
