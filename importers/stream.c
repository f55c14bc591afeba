/* SPDX-License-Identifier: MIT */
/* stream.c - lines out of blocks. A line is a slice of the window and is moved only when a block's end cuts
 * it. A line beyond the limit - a file of 10 GB without any line end is one - is passed over block by block;
 * memory never grows with the input. */
#include "importers/stream.h"

enum {
    /* The unfinished line moves to the front; the next block follows it. */
    KEPT_BYTES = LIMIT_INPUT_LINE_BYTES + 2, /* CR and LF are no part of the line */
    BLOCK_BYTES = 256 * 1024,
};

struct stream {
    struct source *source;
    uint64_t number; /* of the last line */
    size_t at, end;  /* what is left of the window */
    bool begun, ended;
    char window[KEPT_BYTES + BLOCK_BYTES];
};

struct stream *stream_new(struct source *source)
{
    struct stream *s = calloc(1, sizeof *s);
    if (s == NULL) WRONG("out of memory");
    s->source = source;
    return s;
}

void stream_free(struct stream *s)
{
    free(s);
}

static enum err fill(struct stream *s, size_t keep, struct error *e)
{
    size_t got = 0;
    assert(keep + BLOCK_BYTES <= sizeof s->window);
    enum err err = source_read(&got, s->source, (uint8_t *)s->window + keep, BLOCK_BYTES, e);
    s->end = keep + got;
    s->ended = got == 0;
    return err;
}

/* Moves the unfinished line to the front and reads on behind it. */
static enum err read_on(struct stream *s, struct error *e)
{
    size_t left = s->end - s->at;
    memmove(s->window, s->window + s->at, left);
    s->at = 0;
    return fill(s, left, e);
}

static enum err begin(struct stream *s, struct error *e)
{
    enum err err = OK;
    s->begun = true;
    while (err == OK && !s->ended && s->end - s->at < 3) err = read_on(s, e);
    if (err != OK) return err;
    size_t len = s->end;
    if (len >= 3 && memcmp(s->window, "\xef\xbb\xbf", 3) == 0) s->at = 3;
    if (len >= 2 && (memcmp(s->window, "\xff\xfe", 2) == 0 || memcmp(s->window, "\xfe\xff", 2) == 0)) {
        return fail(e, ERR_INVALID, "the file is UTF-16: save it as UTF-8");
    }
    return OK;
}

/* The rest of a line that is too long, up to and with its end; the line's head stays where it is. */
static enum err pass_over(struct stream *s, struct error *e)
{
    enum err err = OK;
    for (;;) {
        err = fill(s, LIMIT_INPUT_LINE_BYTES, e);
        if (err != OK || s->ended) break;
        const char *block = s->window + LIMIT_INPUT_LINE_BYTES;
        const char *newline = memchr(block, '\n', s->end - LIMIT_INPUT_LINE_BYTES);
        if (newline == NULL) continue;
        s->at = (size_t)(newline + 1 - s->window);
        return OK;
    }
    s->at = s->end;
    return err;
}

static void give(struct text_line *out, struct stream *s, size_t from, size_t len)
{
    if (len > 0 && s->window[from + len - 1] == '\r') len--;
    out->number = ++s->number;
    out->too_long = len > LIMIT_INPUT_LINE_BYTES;
    out->text = (struct str){s->window + from, out->too_long ? (size_t)LIMIT_INPUT_LINE_BYTES : len};
}

enum err stream_line(struct text_line *out, bool *end, struct stream *s, struct error *e)
{
    enum err err = s->begun ? OK : begin(s, e);
    size_t scanned = 0;
    *end = false;
    while (err == OK) {
        size_t left = s->end - s->at;
        const char *newline = memchr(s->window + s->at + scanned, '\n', left - scanned);
        if (newline != NULL) {
            size_t from = s->at;
            s->at = (size_t)(newline + 1 - s->window);
            give(out, s, from, s->at - 1 - from);
            return OK;
        }
        if (left >= KEPT_BYTES) {
            memmove(s->window, s->window + s->at, KEPT_BYTES);
            give(out, s, 0, KEPT_BYTES);
            return pass_over(s, e);
        }
        if (s->ended) break;
        scanned = left;
        err = read_on(s, e);
    }
    if (err != OK) return err;
    *end = s->at == s->end;
    if (*end) return OK;
    size_t from = s->at;
    s->at = s->end;
    give(out, s, from, s->end - from);
    return OK;
}
