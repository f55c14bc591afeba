/* SPDX-License-Identifier: MIT */
/* log_verify.c - the whole chain without keys. Every byte is read and hashed; there is no cheaper mode. The
 * records are cut into parts of equal size, each verified by itself (its leaves make one perfect subtree), on
 * as many threads as there are processors; whoever finishes a part joins it to those before it: chain, time,
 * epochs and tree across the seam. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ledger/store/log_part.h"

enum { PART_RECORDS = 8192, PARTS_AHEAD = 64, THREADS_MAX = 16 };

struct verification {
    struct log *log;
    struct log_head expected; /* the stored head when it began */
    log_progress_fn *progress;
    void *context;

    pthread_mutex_t mutex; /* guards what follows */
    pthread_cond_t changed;
    uint64_t parts, taken, joined_parts;
    struct part *ring[PARTS_AHEAD];
    struct hasher *hasher; /* the joiner's, whoever that is */
    struct merkle_range joined;
    struct log_link link; /* behind the last that was joined */
    struct chain_rules rules;
    uint64_t bytes;
    enum err failed;
    struct error error;
};

/* ---- joining ---- */

/* In the order of the records, as if one after the other had been read. */
static enum err play_notes(struct verification *v, const struct part *p, struct error *e)
{
    enum err err = OK;
    for (size_t i = 0; i < p->notes_count && err == OK; i++) {
        const struct part_note *n = &p->notes[i];
        struct merkle_range before = {0};
        if (n->before != NULL) {
            before = v->joined;
            merkle_join(&before, v->hasher, n->before);
        }
        err = chain_rules_next(&v->rules, &n->note, &before, v->hasher, e);
    }
    return err;
}

/* A part without a good first record has no seam to look at. */
static enum err join_part(struct verification *v, const struct part *p, struct error *e)
{
    enum err err = p->range.size == 0 ? OK : log_link_follows(&v->link, &p->head, e);
    if (err == OK) err = play_notes(v, p, e);
    if (err == OK && p->failed != OK) {
        *e = p->error;
        err = p->failed;
    }
    if (err != OK) return err;
    merkle_join(&v->joined, v->hasher, &p->range);
    v->link = p->link;
    v->bytes += p->bytes;
    return OK;
}

/* Joins what is ready, in order; the first failure in that order is the one that is reported. */
static void join_ready(struct verification *v)
{
    for (struct part *p = v->ring[v->joined_parts % PARTS_AHEAD]; p != NULL && p->ready && v->failed == OK;
         p = v->ring[v->joined_parts % PARTS_AHEAD]) {
        v->failed = join_part(v, p, &v->error);
        v->ring[v->joined_parts % PARTS_AHEAD] = NULL;
        v->joined_parts++;
        part_free(p);
    }
}

/* ---- workers ---- */

static void lock(struct verification *v)
{
    if (pthread_mutex_lock(&v->mutex) != 0) WRONG("cannot lock a mutex");
}
static void unlock(struct verification *v)
{
    if (pthread_mutex_unlock(&v->mutex) != 0) WRONG("cannot unlock a mutex");
}

/* The next part to verify, or NULL at the end. The mutex is held. */
static struct part *take_part(struct verification *v)
{
    while (v->failed == OK && v->taken < v->parts && v->taken >= v->joined_parts + PARTS_AHEAD)
        if (pthread_cond_wait(&v->changed, &v->mutex) != 0) WRONG("cannot wait");
    if (v->failed != OK || v->taken == v->parts) return NULL;
    uint64_t first = v->taken * PART_RECORDS;
    struct part *p =
        part_new(first, v->taken + 1 == v->parts ? v->expected.range.size : first + PART_RECORDS);
    v->ring[v->taken % PARTS_AHEAD] = p;
    v->taken++;
    return p;
}

static void work(struct verification *v, bool tells)
{
    struct part_reader *r = part_reader_new(v->log);
    lock(v);
    for (struct part *p = take_part(v); p != NULL; p = take_part(v)) {
        unlock(v);
        part_verify(p, r);
        lock(v);
        p->ready = true;
        join_ready(v);
        if (pthread_cond_broadcast(&v->changed) != 0) WRONG("cannot tell");
        if (tells && v->progress != NULL) v->progress(v->context, v->joined.size, v->expected.range.size);
    }
    unlock(v);
    part_reader_free(r);
}

static void *worker(void *context)
{
    work(context, false);
    return NULL;
}

/* The caller's thread works too. Where no more can be started, fewer do. */
static void work_together(struct verification *v)
{
    pthread_t threads[THREADS_MAX];
    size_t started = 0;
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    size_t wanted = processors < 1 ? 1 : processors > THREADS_MAX ? THREADS_MAX : (size_t)processors;
    if (wanted > v->parts) wanted = (size_t)v->parts;
    while (started + 1 < wanted && pthread_create(&threads[started], NULL, worker, v) == 0) started++;
    work(v, true);
    for (size_t i = 0; i < started; i++)
        if (pthread_join(threads[i], NULL) != 0) WRONG("cannot join a thread");
    for (size_t i = 0; i < PARTS_AHEAD; i++) part_free(v->ring[i]); /* behind a failure */
}

/* ---- the head ---- */

static enum err verify_head(const struct verification *v, struct error *e)
{
    const struct log_head *says = &v->expected;
    struct hash root = {0}, stored = {0};
    unsigned long long last = says->range.size - 1;
    if (!hash_equal(&v->link.leaf, &says->last_leaf))
        return fail(e, ERR_TAMPERED, "record %llu: its hash is %s, but the head expects %s", last,
                    hash_text(&v->link.leaf).hex, hash_text(&says->last_leaf).hex);
    merkle_root(&v->joined, v->hasher, &root);
    merkle_root(&says->range, v->hasher, &stored);
    if (!hash_equal(&root, &stored))
        return fail(e, ERR_TAMPERED, "the records up to %llu have the root %s, but the head expects %s", last,
                    hash_text(&root).hex, hash_text(&stored).hex);
    if (v->link.at.us != says->last_at.us || v->rules.epoch_seq != says->epoch_seq)
        return fail(e, ERR_TAMPERED, "the head's time or key epoch is not that of the records up to %llu",
                    last);
    return OK;
}

static enum err pass(void *context, uint64_t seq, struct bytes record, struct error *e)
{
    (void)context;
    (void)seq;
    (void)record;
    (void)e;
    return OK;
}

static enum err verify_all(struct verification *v, struct error *e)
{
    struct log *l = v->log;
    v->parts = (v->expected.range.size + PART_RECORDS - 1) / PART_RECORDS;
    work_together(v);
    if (v->failed != OK) {
        *e = v->error;
        return v->failed;
    }
    enum err err = chain_rules_end(&v->rules, e);
    if (err == OK) err = verify_head(v, e);
    /* Reading to the end makes the backend look for records behind it. Those that others append meanwhile are
     * theirs. */
    return err == OK ? l->backend->read(l->self, v->expected.range.size, UINT64_MAX, pass, NULL, e) : err;
}

enum err log_verify_chain(struct log_report *out, struct log *l, log_progress_fn *progress, void *context,
                          struct error *e)
{
    struct verification *v = calloc(1, sizeof *v);
    if (v == NULL || pthread_mutex_init(&v->mutex, NULL) != 0 || pthread_cond_init(&v->changed, NULL) != 0)
        WRONG("out of memory");
    v->log = l;
    v->rules = chain_rules_begin();
    v->hasher = l->hasher;
    v->progress = progress;
    v->context = context;
    enum err err = log_attach(l, e);
    if (err == OK) err = l->backend->head(l->self, &v->expected, e);
    if (err == OK && v->expected.range.size == 0)
        err = fail(e, ERR_TAMPERED, "the ledger has no first record");
    if (err == OK) err = verify_all(v, e);
    if (err == OK) {
        *out = (struct log_report){.records = v->joined.size,
                                   .epochs = v->rules.epoch,
                                   .bytes = v->bytes,
                                   .last_leaf = v->link.leaf,
                                   .generation = v->rules.generation,
                                   .generation_seq = v->rules.generation_seq};
        merkle_root(&v->joined, l->hasher, &out->root);
        if (progress != NULL) progress(context, out->records, out->records);
    }
    (void)pthread_cond_destroy(&v->changed);
    (void)pthread_mutex_destroy(&v->mutex);
    free(v);
    return err;
}
