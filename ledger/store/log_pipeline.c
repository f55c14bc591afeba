/* SPDX-License-Identifier: MIT */
/* log_pipeline.c - sealing and committing on two threads. Two batches take turns: the caller fills one while
 * the other is being committed, so a commit takes with it all that was queued during the one before. The two
 * sides share nothing but the turn: the caller owns the tail and the keys, the committer owns the Merkle
 * range and the store. Nothing may be committed behind a batch that failed. */
#include <pthread.h>
#include <stdlib.h>

#include "ledger/store/log_private.h"

enum { QUEUE_BYTES = 16 * 1024 * 1024 };

struct turn {
    struct log_batch batch;
    struct log_tail tail; /* behind the batch */
};

struct log_pipeline {
    struct log *log;
    pthread_t thread;
    struct hasher *hasher; /* the committer's */
    struct log_head head;  /* the committer's: what is durable */
    struct log_tail tail;  /* the caller's: what is sealed */

    pthread_mutex_t mutex; /* guards what follows */
    pthread_cond_t changed;
    struct turn turns[2];
    size_t filling; /* which turn is the caller's */
    bool sealing;   /* the caller is at work in it */
    bool wanted;    /* the committer is idle and waits for it */
    bool committing, closing;
    enum err failed;
    struct error error;
};

static void lock(struct log_pipeline *p)
{
    if (pthread_mutex_lock(&p->mutex) != 0) WRONG("cannot lock a mutex");
}
static void unlock(struct log_pipeline *p)
{
    if (pthread_mutex_unlock(&p->mutex) != 0) WRONG("cannot unlock a mutex");
}
static void wait_for_change(struct log_pipeline *p)
{
    if (pthread_cond_wait(&p->changed, &p->mutex) != 0) WRONG("cannot wait");
}
static void tell_change(struct log_pipeline *p)
{
    (void)pthread_cond_broadcast(&p->changed); /* cannot fail */
}

static struct log_batch *queue(struct log_pipeline *p)
{
    return &p->turns[p->filling].batch;
}

/* ---- the committer ---- */

static void commit_turn(struct log_pipeline *p, struct turn *t)
{
    struct error e = {0};
    struct log_head next = p->head;
    log_batch_advance(&next, &t->batch, &t->tail, p->hasher);
    enum err err = log_commit(p->log, &t->batch, &p->head, &next, p->hasher, &e);
    log_batch_clear(&t->batch);
    lock(p);
    if (err == OK) {
        p->head = next;
    } else {
        p->failed = err;
        p->error = e;
    }
}

static void *committer(void *context)
{
    struct log_pipeline *p = context;
    lock(p);
    for (;;) {
        /* While the caller seals, the batch is the caller's alone. */
        if (!p->sealing && queue(p)->count > 0 && p->failed == OK) {
            struct turn *t = &p->turns[p->filling];
            t->tail = p->tail;
            p->filling ^= 1;
            p->wanted = false;
            p->committing = true;
            tell_change(p);
            unlock(p);
            commit_turn(p, t); /* comes back with the mutex held */
            p->committing = false;
            tell_change(p);
            continue;
        }
        if (p->closing && !p->sealing) break;
        p->wanted = p->sealing;
        wait_for_change(p);
    }
    unlock(p);
    return NULL;
}

/* ---- the caller ---- */

enum err log_pipeline_open(struct log_pipeline **out, struct log *l, struct error *e)
{
    assert(l->master != NULL);
    struct log_state state = {0};
    enum err err = log_state(&state, l, e); /* also learns the newest epoch, so that sealing never reads */
    if (err == OK) err = log_key_check(l, e);
    if (err != OK) return err;
    struct log_pipeline *p = calloc(1, sizeof *p);
    if (p == NULL) WRONG("out of memory");
    p->log = l;
    p->head = l->head;
    p->tail = log_tail_of(&l->head);
    p->hasher = hasher_new();
    if (pthread_mutex_init(&p->mutex, NULL) != 0 || pthread_cond_init(&p->changed, NULL) != 0)
        WRONG("cannot make a mutex");
    int rc = pthread_create(&p->thread, NULL, committer, p);
    if (rc != 0) {
        hasher_free(p->hasher);
        free(p);
        return fail_errno(e, rc, "cannot start a thread for commits");
    }
    *out = p;
    return OK;
}

static bool must_wait(struct log_pipeline *p, size_t count)
{
    const struct log_batch *b = queue(p);
    if (p->failed != OK || b->count == 0) return false;
    return p->wanted || b->count + count > LIMIT_RECORDS_PER_COMMIT || b->bytes.len > QUEUE_BYTES;
}

static enum err report(struct log_pipeline *p, struct error *e)
{
    if (p->failed != OK) *e = p->error;
    return p->failed;
}

enum err log_pipeline_append(struct log_pipeline *p, const struct bytes *plains, size_t count,
                             struct instant at, struct error *e)
{
    assert(count > 0);
    enum err err = log_check_limits(plains, count, e);
    if (err != OK) return err;
    lock(p);
    while (must_wait(p, count)) wait_for_change(p);
    err = report(p, e);
    p->sealing = err == OK;
    unlock(p);
    if (err != OK) return err;
    uint64_t first = 0;
    err = log_batch_fill(queue(p), &p->tail, &first, p->log, plains, count, at, e);
    lock(p);
    if (err != OK) { /* half a command must not be committed */
        p->failed = err;
        p->error = *e;
    }
    p->sealing = false;
    tell_change(p);
    unlock(p);
    return err;
}

enum err log_pipeline_flush(struct log_pipeline *p, struct error *e)
{
    lock(p);
    while (p->failed == OK && (queue(p)->count > 0 || p->committing)) wait_for_change(p);
    enum err err = report(p, e);
    unlock(p);
    return err;
}

enum err log_pipeline_close(struct log_pipeline *p, struct error *e)
{
    enum err err = log_pipeline_flush(p, e);
    lock(p);
    p->closing = true;
    tell_change(p);
    unlock(p);
    if (pthread_join(p->thread, NULL) != 0) WRONG("cannot join the commit thread");
    p->log->head = p->head;
    if (err != OK) log_epoch_abandon(p->log);
    log_batch_free(&p->turns[0].batch);
    log_batch_free(&p->turns[1].batch);
    hasher_free(p->hasher);
    (void)pthread_cond_destroy(&p->changed);
    (void)pthread_mutex_destroy(&p->mutex);
    free(p);
    return err;
}
