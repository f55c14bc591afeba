/* SPDX-License-Identifier: MIT */
/* forgery.c - see forgery.h. */
#include "tests/store/forgery.h"

#include <string.h>

/* In a GENERATION record, behind an array's head, two small numbers and the head of 32 bytes. */
enum { ROOT_AT = RECORD_HEADER_BYTES + 1 + 1 + 1 + 2 };

static enum err keep(void *context, const struct log_entry *entry, struct error *e)
{
    (void)e;
    struct forgery *f = context;
    cr_assert(f->count < FORGED_MAX);
    f->records[f->count++] = bytes_copy(A, entry->record);
    return OK;
}

struct forgery forgery_of(struct log *l)
{
    struct forgery f = {.count = 0};
    assert_ok(log_scan(l, 0, UINT64_MAX, keep, &f, E));
    return f;
}

uint8_t *forged_at(struct bytes record, size_t offset)
{
    cr_assert(offset < record.len);
    uint8_t *p = NULL;
    memcpy(&p, &record.ptr, sizeof p);
    return p + offset;
}

void forgery_drop(struct forgery *f, size_t from, size_t count)
{
    memmove(&f->records[from], &f->records[from + count], (f->count - from - count) * sizeof f->records[0]);
    f->count -= count;
}

/* Heads behind each record, and the log of all of them. */
struct forged {
    const struct forgery *records;
    struct log_head_at heads[FORGED_MAX + 1];
    struct log *log;
};

static void rechain(struct forged *out, struct forgery *f)
{
    struct log_head head = {.epoch_seq = 0};
    struct hasher *h = hasher_new();
    for (size_t i = 0; i < f->count; i++) {
        be64_put(forged_at(f->records[i], 8), i);
        be64_put(forged_at(f->records[i], 16), 1000 + i);
        if (i > 0) memcpy(forged_at(f->records[i], 32), head.last_leaf.bytes, 32);
        if (f->records[i].ptr[5] == RECORD_GENERATION) {
            uint8_t *root = forged_at(f->records[i], ROOT_AT);
            memcpy(root, out->heads[i].root.bytes, 32);
            root[0] ^= i == f->wrong_root;
        }
        merkle_leaf(h, &head.last_leaf, f->records[i]);
        merkle_append(&head.range, h, &head.last_leaf);
        head.last_at.us = (int64_t)(1000 + i);
        if (f->records[i].ptr[5] == RECORD_EPOCH) head.epoch_seq = i;
        out->heads[i + 1].size = i + 1;
        merkle_root(&head.range, h, &out->heads[i + 1].root);
    }
    hasher_free(h);
    struct log_options o = options_lmdb("forged", NULL);
    void *self = NULL;
    dir_remove(o.place.dir, 8);
    o.place.create = true;
    assert_ok(dir_make(o.place.dir, 0700, E));
    assert_ok(log_lmdb.open(&self, &o.place, E));
    assert_ok(log_lmdb.append(self, 0, f->records, f->count, &head, E));
    log_lmdb.close(self);
    out->records = f;
    out->log = log_opened(&o);
}

/* ---- those who are asked ---- */

static enum err ask_verification(const struct forged *f, struct error *e)
{
    struct log_report r = {0};
    return log_verify_chain(&r, f->log, NULL, NULL, e);
}

static enum err ask_chain(const struct forged *f, struct error *e)
{
    struct chain *c = chain_new();
    enum err err = OK;
    for (size_t i = 0; err == OK && i < f->records->count; i++)
        err = chain_next(c, f->records->records[i], e);
    if (err == OK) err = chain_end(c, e);
    chain_free(c);
    return err;
}

static enum err take_entry(void *context, const struct log_entry *entry, struct error *e)
{
    return chain_entry(context, entry, e);
}

static enum err ask_reader(const struct forged *f, struct error *e)
{
    struct chain *c = chain_new();
    enum err err = log_scan(f->log, 0, UINT64_MAX, take_entry, c, e);
    if (err == OK) err = chain_end(c, e);
    chain_free(c);
    return err;
}

/* Some records at a time: what it does not flush is not there. */
static enum err ask_copy(const struct forged *f, size_t at_a_time, struct error *e)
{
    const char *dir = test_path("forged-copy");
    enum err err = OK;
    dir_remove(dir, 8);
    assert_ok(dir_make(dir, 0700, E));
    for (size_t from = 0, to = 0; err == OK && from < f->records->count; from = to) {
        struct log_copy *c = NULL;
        err = log_copy_open(&c, dir, NULL, e);
        if (err != OK) return err;
        cr_assert_eq(chain_head(log_copy_chain(c))->range.size, from);
        for (to = from; err == OK && to < f->records->count; to++) {
            if (to - from >= at_a_time && chain_may_end(log_copy_chain(c))) break;
            err = log_copy_add(c, f->records->records[to], e);
        }
        if (err == OK) err = log_copy_flush(c, e);
        log_copy_close(c);
    }
    return err;
}

static enum err ask_whole_copy(const struct forged *f, struct error *e)
{
    return ask_copy(f, FORGED_MAX, e);
}

static enum err ask_copy_that_goes_on(const struct forged *f, struct error *e)
{
    return ask_copy(f, 1, e);
}

/* Behind genesis and first epoch, which is where the first who signs can be. */
static enum err ask_since(const struct forged *f, struct error *e)
{
    struct log_report r = {0};
    return log_verify_since(&r, f->log, &f->heads[2], 1, NULL, NULL, e);
}

typedef enum err ask_fn(const struct forged *f, struct error *e);

enum err forgery_verdict(struct forgery *f, struct error *e)
{
    static const struct {
        const char *who;
        ask_fn *ask;
        bool own_words; /* it looks for its place along the list of epochs first */
    } others[] = {{"records from anywhere", ask_chain, false},
                  {"a log's reader", ask_reader, false},
                  {"a copy", ask_whole_copy, false},
                  {"a copy that goes on", ask_copy_that_goes_on, false},
                  {"the verification since", ask_since, true}};
    struct forged forged = {.log = NULL};
    rechain(&forged, f);
    enum err err = ask_verification(&forged, e);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        struct error other = {0};
        enum err is = others[i].ask(&forged, &other);
        cr_assert(is == err, "%s: %s, but the verification: %s %s", others[i].who,
                  is == OK ? "sound" : other.text, err_word(err), err == OK ? "" : e->text);
        if (err != OK && !others[i].own_words) cr_assert_str_eq(other.text, e->text, "%s", others[i].who);
    }
    log_close(forged.log);
    return err;
}
