/* SPDX-License-Identifier: MIT */
/* log_copy.c - see log_copy.h. Records gather in one buffer and are appended in commits of some size; a
 * commit whose outcome is unknown ends the copying, and the next one begins where the log then ends. */
#include "ledger/store/log_copy.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ledger/store/log_private.h"

enum { FLUSH_BYTES = 8 * 1024 * 1024, FLUSH_RECORDS = LIMIT_RECORDS_PER_COMMIT };

struct log_copy {
    void *self;
    struct chain *chain;
    uint64_t flushed; /* records that are durable */
    struct buffer bytes;
    size_t lengths[FLUSH_RECORDS];
    struct bytes records[FLUSH_RECORDS];
    size_t count;
};

static enum err take_number(void *context, uint64_t seq, struct bytes record, struct error *e)
{
    struct epoch_body body = {0};
    struct record_header h = {0};
    uint32_t *epoch = context;
    enum err err = record_header_take(&h, record, e);
    if (err == OK && (h.class_ != RECORD_EPOCH || h.seq != seq))
        err = fail(e, ERR_TAMPERED, "record %llu is not the epoch record that it should be",
                   (unsigned long long)seq);
    struct bytes inner = {record.ptr + RECORD_HEADER_BYTES, h.body_len};
    if (err == OK) err = epoch_body_take(&body, inner, e);
    *epoch = body.epoch;
    return err;
}

enum err log_copy_open(struct log_copy **out, const char *dir, struct error *e)
{
    struct log_copy *c = calloc(1, sizeof *c);
    struct log_place place = {.dir = dir, .create = true};
    struct log_head head = {.last_at = {0}};
    uint32_t epoch = 0;
    if (c == NULL) WRONG("out of memory");
    enum err err = log_lmdb.open(&c->self, &place, e);
    if (err == OK) err = log_lmdb.head(c->self, &head, e);
    if (err == OK && head.epoch_seq != 0)
        err = log_lmdb.read(c->self, head.epoch_seq, head.epoch_seq + 1, take_number, &epoch, e);
    if (err != OK) {
        log_copy_close(c);
        return err;
    }
    c->chain = chain_behind(&head, epoch);
    c->flushed = head.range.size;
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
    for (size_t i = 0; i < c->count; i++) {
        c->records[i] = (struct bytes){c->bytes.ptr + at, c->lengths[i]};
        at += c->lengths[i];
    }
    enum err err = log_lmdb.append(c->self, c->flushed, c->records, c->count, chain_head(c->chain), e);
    if (err == ERR_INCOMPLETE) err = e->code = ERR_STORAGE; /* whichever: the next one sees where it ended */
    if (err != OK) return err;
    c->flushed += c->count;
    c->count = 0;
    buffer_clear(&c->bytes);
    return OK;
}

enum err log_copy_add(struct log_copy *c, struct bytes record, struct error *e)
{
    bool is_full = c->count == FLUSH_RECORDS || c->bytes.len + record.len > FLUSH_BYTES;
    enum err err = is_full ? log_copy_flush(c, e) : OK;
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
