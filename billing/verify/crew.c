/* SPDX-License-Identifier: MIT */
/* crew.c - threads that verify segments ahead of the one who joins them. They run at most as far ahead as
 * there are places, so that memory does not depend on how long the archive is. */
#include <pthread.h>

#include "billing/verify/archive.h"

enum { JOBS_MAX = 256 };

struct crew {
    pthread_mutex_t lock;
    pthread_cond_t moved;
    struct archive *archive;
    uint64_t next, joined, count; /* segments */
    unsigned places;
    struct segment **place;
    bool *is_ready;
    bool stops;
};

static void *take(size_t count, size_t size)
{
    void *p = calloc(count, size);
    if (p == NULL) WRONG("out of memory");
    return p;
}

/* Not cleared: it has two megabytes, and whoever verifies one writes before he reads. */
static struct segment *segment_new(void)
{
    struct segment *s = malloc(sizeof *s);
    if (s == NULL) WRONG("out of memory");
    s->landmarks = (struct buffer){.arena = NULL};
    return s;
}

static void segment_free(struct segment *s)
{
    buffer_free(&s->landmarks);
    free(s);
}

static void place_segment(struct segment *s, uint64_t number, uint64_t records)
{
    uint64_t left = records - number * SEGMENT_RECORDS;
    s->number = number;
    s->count = left < SEGMENT_RECORDS ? (uint32_t)left : SEGMENT_RECORDS;
}

static void *work(void *self)
{
    struct crew *c = self;
    struct bench *b = take(1, sizeof *b);
    bench_open(b, c->archive->folder, &c->archive->sums);
    pthread_mutex_lock(&c->lock);
    for (;;) {
        while (!c->stops && c->next < c->count && c->next >= c->joined + c->places)
            pthread_cond_wait(&c->moved, &c->lock);
        if (c->stops || c->next >= c->count) break;
        uint64_t number = c->next++;
        struct segment *s = c->place[number % c->places];
        pthread_mutex_unlock(&c->lock);
        place_segment(s, number, c->archive->out->at.size);
        segment_verify(s, b);
        pthread_mutex_lock(&c->lock);
        c->is_ready[number % c->places] = true;
        pthread_cond_broadcast(&c->moved);
    }
    pthread_mutex_unlock(&c->lock);
    bench_close(b);
    free(b);
    return NULL;
}

static enum err join_all(struct crew *c, enum err (*join)(struct archive *x, const struct segment *s))
{
    enum err err = OK;
    for (uint64_t number = 0; err == OK && number < c->count; number++) {
        pthread_mutex_lock(&c->lock);
        while (!c->is_ready[number % c->places]) pthread_cond_wait(&c->moved, &c->lock);
        pthread_mutex_unlock(&c->lock);
        err = join(c->archive, c->place[number % c->places]);
        pthread_mutex_lock(&c->lock);
        c->is_ready[number % c->places] = false;
        c->joined++;
        c->stops = err != OK;
        pthread_cond_broadcast(&c->moved);
        pthread_mutex_unlock(&c->lock);
    }
    return err;
}

static enum err work_together(struct archive *x, unsigned jobs, uint64_t count,
                              enum err (*join)(struct archive *x, const struct segment *s))
{
    struct crew c = {.archive = x, .count = count, .places = 2 * jobs};
    pthread_t *threads = take(jobs, sizeof *threads);
    unsigned started = 0;
    c.place = take(c.places, sizeof(struct segment *));
    c.is_ready = take(c.places, sizeof *c.is_ready);
    for (unsigned i = 0; i < c.places; i++) c.place[i] = segment_new();
    if (pthread_mutex_init(&c.lock, NULL) != 0 || pthread_cond_init(&c.moved, NULL) != 0)
        WRONG("no lock can be made");
    while (started < jobs && pthread_create(&threads[started], NULL, work, &c) == 0) started++;
    enum err err = started > 0
                       ? join_all(&c, join)
                       : fail(&x->out->fault.error, ERR_INCOMPLETE, "not verified: no thread can be started");
    pthread_mutex_lock(&c.lock);
    c.stops = true;
    pthread_cond_broadcast(&c.moved);
    pthread_mutex_unlock(&c.lock);
    for (unsigned i = 0; i < started; i++) pthread_join(threads[i], NULL);
    pthread_cond_destroy(&c.moved);
    pthread_mutex_destroy(&c.lock);
    for (unsigned i = 0; i < c.places; i++) segment_free(c.place[i]);
    free(c.place);
    free(c.is_ready);
    free(threads);
    return err;
}

static enum err work_alone(struct archive *x, uint64_t count,
                           enum err (*join)(struct archive *x, const struct segment *s))
{
    struct bench *b = take(1, sizeof *b);
    struct segment *s = segment_new();
    enum err err = OK;
    bench_open(b, x->folder, &x->sums);
    for (uint64_t number = 0; err == OK && number < count; number++) {
        place_segment(s, number, x->out->at.size);
        segment_verify(s, b);
        err = join(x, s);
    }
    segment_free(s);
    bench_close(b);
    free(b);
    return err;
}

enum err crew_work(struct archive *x, enum err (*join)(struct archive *x, const struct segment *s))
{
    uint64_t count = segments_of(x->out->at.size);
    unsigned jobs = x->question->jobs;
    if (jobs > JOBS_MAX) jobs = JOBS_MAX;
    if (jobs > count) jobs = (unsigned)count;
    return jobs <= 1 ? work_alone(x, count, join) : work_together(x, jobs, count, join);
}
