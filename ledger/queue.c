/* SPDX-License-Identifier: MIT */
/* queue.c - group commit. Whoever finds nobody leading takes everything that waits and runs it as one batch;
 * what arrives meanwhile goes into the next. There is no artificial delay: a lone command commits at once. */
#include "ledger/ledger_private.h"

enum { JOBS_PER_COMMIT = 1024 };

static void enqueue(struct ledger *l, struct job *j)
{
    *l->queue.last = j;
    l->queue.last = &j->next;
}

static size_t take_waiting(struct ledger *l, struct job **jobs)
{
    size_t count = 0;
    while (l->queue.first != NULL && count < JOBS_PER_COMMIT) {
        jobs[count++] = l->queue.first;
        l->queue.first = l->queue.first->next;
    }
    if (l->queue.first == NULL) l->queue.last = &l->queue.first;
    return count;
}

/* Runs one batch without the queue's lock; holds it again at the end. */
static void lead(struct ledger *l)
{
    struct job *jobs[JOBS_PER_COMMIT];
    struct error e = {0};
    size_t count = take_waiting(l, jobs);
    l->queue.led = true;
    pthread_mutex_unlock(&l->queue.lock);
    ledger_lock(l);
    enum err err = run_jobs(l, jobs, count, false, &e);
    ledger_unlock(l);
    pthread_mutex_lock(&l->queue.lock);
    for (size_t i = 0; i < count; i++) {
        jobs[i]->err = err;
        jobs[i]->error = e;
        jobs[i]->done = true;
    }
    l->queue.led = false;
    pthread_cond_broadcast(&l->queue.changed);
}

static void run_in_turn(struct ledger *l, struct job *j)
{
    pthread_mutex_lock(&l->queue.lock);
    enqueue(l, j);
    while (!j->done) {
        if (l->queue.led)
            pthread_cond_wait(&l->queue.changed, &l->queue.lock);
        else
            lead(l);
    }
    pthread_mutex_unlock(&l->queue.lock);
}

/* Whoever rehearses holds the ledger, so that nobody could lead for it. */
static void run_alone(struct ledger *l, struct job *j)
{
    j->err = run_jobs(l, &j, 1, false, &j->error);
    j->done = true;
}

enum err ledger_execute(struct outcome *out, struct ledger *l, const struct request *r, struct arena *a,
                        struct error *e)
{
    struct job j = {.request = r, .outcome = out, .arena = a};
    *out = (struct outcome){0};
    if (rehearses(l))
        run_alone(l, &j);
    else
        run_in_turn(l, &j);
    if (j.err != OK) {
        *out = (struct outcome){.code = j.err, .error = j.error};
        *e = j.error;
        return j.err;
    }
    if (out->code != OK) *e = out->error;
    return out->code;
}

enum err ledger_execute_batch(struct outcome *outcomes, struct ledger *l, const struct request *requests,
                              size_t count, bool all_or_nothing, struct arena *a, struct error *e)
{
    struct job *jobs = arena_array_of(a, struct job, count);
    struct job **order = arena_array_of(a, struct job *, count);
    for (size_t i = 0; i < count; i++) {
        jobs[i] = (struct job){.request = &requests[i], .outcome = &outcomes[i], .arena = a};
        order[i] = &jobs[i];
    }
    ledger_lock(l);
    enum err err = run_jobs(l, order, count, all_or_nothing, e);
    ledger_unlock(l);
    if (err == OK) return OK;
    for (size_t i = 0; i < count; i++) outcomes[i] = (struct outcome){.code = err, .error = *e};
    return err;
}
