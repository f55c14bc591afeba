/* SPDX-License-Identifier: MIT */
/* press.c - see press.h. The sheets are a ring: [oldest, taken) are out, [next, taken) wait for a thread. A
 * thread works on a sheet without the lock and touches nothing else but its own arena, hasher and file. */
#include "reports/press.h"
#include "reports/einvoice.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

enum { JOBS_MAX = 64, SHEETS_PER_JOB = 8 };

struct worker {
    struct press *press;
    pthread_t thread;
    struct arena *arena;
    struct hasher *hasher;
    struct buffer pdf;
    unsigned number;
};

struct press {
    const char *folder;
    sheet_done_fn *done;
    void *context;
    struct worker workers[JOBS_MAX];
    unsigned jobs;
    pthread_mutex_t lock;
    pthread_cond_t work, progress;
    struct press_sheet *sheets;
    uint64_t count;               /* of sheets in the ring */
    uint64_t oldest, next, taken; /* counted on for ever; the place in the ring is the rest by count */
    bool stopping;
};

static void lock(struct press *p)
{
    if (pthread_mutex_lock(&p->lock) != 0) WRONG("the lock of the press is broken");
}

static void unlock(struct press *p)
{
    if (pthread_mutex_unlock(&p->lock) != 0) WRONG("the lock of the press is broken");
}

static struct press_sheet *sheet_at(const struct press *p, uint64_t number)
{
    return &p->sheets[number % p->count];
}

/* ---- one sheet ---- */

static enum err write_all(int fd, struct bytes content, const char *path, struct error *e)
{
    while (content.len > 0) {
        ssize_t wrote = write(fd, content.ptr, content.len);
        if (wrote < 0 && errno == EINTR) continue;
        if (wrote < 0) return fail_errno(e, errno, "cannot write '%s'", path);
        content.ptr += wrote;
        content.len -= (size_t)wrote;
    }
    return OK;
}

/* Under a temporary name first: what has the document's name is complete. */
static enum err write_pdf(const struct worker *w, const char *path, struct error *e)
{
    const char *temporary =
        str_format(w->arena, "%s/.daybook-%d.pdf%u.tmp", w->press->folder, (int)getpid(), w->number).ptr;
    int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0) return fail_errno(e, errno, "cannot create '%s'", path);
    enum err err = write_all(fd, (struct bytes){w->pdf.ptr, w->pdf.len}, path, e);
    if (close(fd) != 0 && err == OK) err = fail_errno(e, errno, "cannot close '%s'", path);
    if (err == OK && rename(temporary, path) != 0)
        err = fail_errno(e, errno, "cannot move a new file to '%s'", path);
    if (err != OK) (void)unlink(temporary);
    return err;
}

static void hash_bytes(const struct worker *w, struct hash *out, struct bytes content)
{
    hasher_digest(w->hasher, out->bytes, content, (struct bytes){0}, (struct bytes){0});
}

static enum err set_sheet(struct worker *w, struct press_sheet *s, struct error *e)
{
    struct invoice_document document = document_of(&s->invoice, &s->parts);
    arena_reset(w->arena);
    buffer_clear(&w->pdf);
    enum err err = einvoice_attachment(&document.einvoice, &document, w->arena, e);
    if (err == OK) err = invoice_pdf_render(&w->pdf, &document, w->arena, e);
    if (err != OK) return err;
    hash_bytes(w, &s->sha256, (struct bytes){w->pdf.ptr, w->pdf.len});
    s->bytes = w->pdf.len;
    hash_bytes(w, &s->einvoice_sha256, document.einvoice);
    s->einvoice_bytes = document.einvoice.len;
    return write_pdf(w, str_format(w->arena, "%s/%.*s.pdf", w->press->folder, STR_ARG(s->invoice.number)).ptr,
                     e);
}

static void *work(void *argument)
{
    struct worker *w = argument;
    struct press *p = w->press;
    lock(p);
    for (;;) {
        while (!p->stopping && p->next == p->taken) {
            if (pthread_cond_wait(&p->work, &p->lock) != 0) WRONG("cannot wait");
        }
        if (p->stopping) break;
        struct press_sheet *s = sheet_at(p, p->next++);
        unlock(p);
        enum err err = set_sheet(w, s, &s->error);
        lock(p);
        s->err = err;
        s->is_set = true;
        if (pthread_cond_signal(&p->progress) != 0) WRONG("cannot signal");
    }
    unlock(p);
    return NULL;
}

/* ---- the ring ---- */

static enum err hand_over_oldest(struct press *p, struct error *e)
{
    struct press_sheet *s = sheet_at(p, p->oldest);
    lock(p);
    while (!s->is_set) {
        if (pthread_cond_wait(&p->progress, &p->lock) != 0) WRONG("cannot wait");
    }
    p->oldest++;
    unlock(p);
    if (s->err == OK || s->err == ERR_INVALID) return p->done(p->context, s, e);
    *e = s->error;
    return s->err;
}

enum err press_take(struct press_sheet **out, struct press *p, struct error *e)
{
    enum err err = p->taken - p->oldest < p->count ? OK : hand_over_oldest(p, e);
    if (err != OK) return err;
    struct press_sheet *s = sheet_at(p, p->taken);
    struct arena *arena = s->arena;
    arena_reset(arena);
    *s = (struct press_sheet){.arena = arena};
    *out = s;
    return OK;
}

void press_submit(struct press *p)
{
    lock(p);
    p->taken++;
    if (pthread_cond_signal(&p->work) != 0) WRONG("cannot signal");
    unlock(p);
}

enum err press_finish(struct press *p, struct error *e)
{
    enum err err = OK;
    while (err == OK && p->oldest < p->taken) err = hand_over_oldest(p, e);
    return err;
}

/* ---- begin and end ---- */

static unsigned jobs_wanted(unsigned jobs)
{
    long processors = jobs > 0 ? (long)jobs : sysconf(_SC_NPROCESSORS_ONLN);
    if (processors < 1) return 1;
    return processors < JOBS_MAX ? (unsigned)processors : JOBS_MAX;
}

static enum err start_worker(struct press *p, struct error *e)
{
    struct worker *w = &p->workers[p->jobs];
    *w = (struct worker){.press = p, .arena = arena_new(), .hasher = hasher_new(), .number = p->jobs};
    int rc = pthread_create(&w->thread, NULL, work, w);
    if (rc == 0) {
        p->jobs++;
        return OK;
    }
    arena_free(w->arena);
    hasher_free(w->hasher);
    return p->jobs > 0 ? OK : fail_errno(e, rc, "cannot start a thread"); /* one is enough */
}

enum err press_open(struct press **out, const char *folder, unsigned jobs, sheet_done_fn *done, void *context,
                    struct error *e)
{
    unsigned wanted = jobs_wanted(jobs);
    struct press *p = calloc(1, sizeof *p);
    struct press_sheet *sheets = calloc((size_t)wanted * SHEETS_PER_JOB, sizeof *sheets);
    if (p == NULL || sheets == NULL) WRONG("out of memory");
    *p = (struct press){.folder = folder, .done = done, .context = context, .sheets = sheets};
    p->count = (uint64_t)wanted * SHEETS_PER_JOB;
    for (uint64_t i = 0; i < p->count; i++) sheets[i].arena = arena_new();
    if (pthread_mutex_init(&p->lock, NULL) != 0 || pthread_cond_init(&p->work, NULL) != 0 ||
        pthread_cond_init(&p->progress, NULL) != 0) {
        WRONG("a lock cannot be made");
    }
    enum err err = OK;
    for (unsigned i = 0; i < wanted && err == OK; i++) err = start_worker(p, e);
    if (err == OK)
        *out = p;
    else
        press_close(p);
    return err;
}

void press_close(struct press *p)
{
    if (p == NULL) return;
    lock(p);
    p->stopping = true;
    if (pthread_cond_broadcast(&p->work) != 0) WRONG("cannot signal");
    unlock(p);
    for (unsigned i = 0; i < p->jobs; i++) {
        if (pthread_join(p->workers[i].thread, NULL) != 0) WRONG("cannot join a thread");
        arena_free(p->workers[i].arena);
        hasher_free(p->workers[i].hasher);
        buffer_free(&p->workers[i].pdf);
    }
    for (uint64_t i = 0; i < p->count; i++) arena_free(p->sheets[i].arena);
    (void)pthread_cond_destroy(&p->progress);
    (void)pthread_cond_destroy(&p->work);
    (void)pthread_mutex_destroy(&p->lock);
    free(p->sheets);
    free(p);
}
