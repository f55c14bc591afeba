/* SPDX-License-Identifier: MIT */
/* feed.c - see feed.h. A stream keeps a place in the log and nothing else: whoever reads slowly makes nobody
 * wait, and no queue grow. */
#include <stdlib.h>
#include <time.h>

#include "billing/http/feed.h"

enum {
    EVENTS_AT_ONCE = 64,
    LOOK_NS = 50000000,     /* between two looks at a log that has not grown */
    SILENT_LOOKS_MAX = 200, /* 10 s: then a comment shows that the line is alive */
};

struct feed {
    struct ledger *ledger;
    struct event_wish wish;
    uint64_t seen;         /* size of the log when it was read to its end */
    struct buffer waiting; /* of text that is not sent yet */
    size_t sent;
    bool (*ends)(void *self);
    void *self;
    struct arena *arena; /* as old as the stream */
};

static enum err add_event(void *context, struct event_cursor at, const char *type, json_t *row,
                          struct error *e)
{
    struct feed *f = context;
    char *text = json_dumps(row, JSON_COMPACT); /* one line */
    (void)e;
    if (text == NULL) WRONG("jansson cannot write a value");
    buffer_print(&f->waiting, "id: %ju.%ju\nevent: %s\ndata: ", (uintmax_t)at.seq, (uintmax_t)at.place, type);
    buffer_add(&f->waiting, text, strlen(text));
    buffer_print(&f->waiting, "\n\n");
    free(text);
    json_decref(row);
    return OK;
}

/* false: the ledger cannot be read; the stream ends, and its client comes back. */
static bool look(struct feed *f)
{
    struct error e = {0};
    struct event_cursor read = {0};
    uint64_t size = 0;
    if (ledger_size(&size, f->ledger, &e) != OK) return false;
    if (size == f->seen) return true;
    enum err err = events_read(&read, f->ledger, &f->wish, add_event, f, &e);
    if (err != OK) {
        (void)fprintf(stderr, "daybook: a stream of events ends: %s\n", e.text);
        return false;
    }
    if (f->waiting.len == 0) f->seen = size;
    f->wish.after = read;
    f->wish.has_after = true;
    return true;
}

static void wait_for_more(struct feed *f)
{
    const struct timespec turn = {.tv_nsec = LOOK_NS};
    for (int looks = 0; f->waiting.len == 0; looks++) {
        if (f->ends(f->self) || !look(f)) return;
        if (f->waiting.len > 0) return;
        if (looks == SILENT_LOOKS_MAX) buffer_print(&f->waiting, ": still here\n\n");
        (void)nanosleep(&turn, NULL);
    }
}

static void next(void *self, char *to, size_t room, size_t *len)
{
    struct feed *f = self;
    if (f->sent == f->waiting.len) {
        buffer_clear(&f->waiting);
        f->sent = 0;
        wait_for_more(f);
    }
    size_t left = f->waiting.len - f->sent;
    *len = left < room ? left : room;
    if (*len > 0) memcpy(to, f->waiting.ptr + f->sent, *len);
    f->sent += *len;
}

static void end(void *self)
{
    struct feed *f = self;
    buffer_free(&f->waiting);
    arena_free(f->arena);
}

void feed_begin(struct httpd_reply *out, struct ledger *l, const struct event_wish *w,
                bool (*ends)(void *self), void *self)
{
    struct arena *a = arena_new();
    struct feed *f = arena_new_of(a, struct feed);
    *f = (struct feed){.ledger = l, .wish = *w, .ends = ends, .self = self, .arena = a};
    f->wish.type = str_copy(a, w->type);
    f->wish.limit = EVENTS_AT_ONCE;
    buffer_print(&f->waiting, "retry: 1000\n\n"); /* its headers go out at once */
    out->stream = next;
    out->stream_end = end;
    out->stream_self = f;
}
