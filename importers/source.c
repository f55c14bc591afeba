/* SPDX-License-Identifier: MIT */
/* source.c - files from outside as bytes: read(2) and zlib's inflate, in constant memory. It must never hand
 * out bytes of a compressed file whose end is missing without saying so at the end, and never leave a copy of
 * the input behind. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "importers/source.h"

enum {
    RAW_BYTES = 128 * 1024,
    GZIP_WINDOW_BITS = 15 + 16, /* the largest window, and a gzip header is wanted */
};

struct source {
    int fd;              /* -1: `memory` */
    struct bytes memory; /* what the fd would give */
    size_t memory_at;
    bool compressed, inflating; /* inflating: within a member of the gzip file */
    bool kept, ended;
    uint64_t taken, total, given; /* bytes of the file read so far and in all; bytes handed out */
    size_t raw_at, raw_len;
    bool (*stops)(void *); /* NULL: never */
    void *stops_context;
    z_stream z;
    uint8_t raw[RAW_BYTES];
};

static enum err raw_read(size_t *got, struct source *s, uint8_t *to, size_t room, struct error *e)
{
    if (s->fd < 0) {
        size_t left = s->memory.len - s->memory_at;
        *got = left < room ? left : room;
        bytes_put(to, (struct bytes){s->memory.ptr + s->memory_at, *got});
        s->memory_at += *got;
        return OK;
    }
    ssize_t n = 0;
    do {
        n = read(s->fd, to, room);
    } while (n < 0 && errno == EINTR);
    if (n < 0) return fail_errno(e, errno, "cannot read after %ju bytes", (uintmax_t)s->taken);
    *got = (size_t)n;
    return OK;
}

/* Fills the empty raw buffer; raw_len 0 afterwards is the end. */
static enum err raw_fill(struct source *s, struct error *e)
{
    assert(s->raw_at == s->raw_len);
    s->raw_at = s->raw_len = 0;
    if (s->ended) return OK;
    enum err err = raw_read(&s->raw_len, s, s->raw, sizeof s->raw, e);
    s->ended = err == OK && s->raw_len == 0;
    s->taken += s->raw_len;
    return err;
}

static struct source *source_new(int fd, struct bytes memory)
{
    struct source *s = calloc(1, sizeof *s);
    if (s == NULL) WRONG("out of memory");
    s->fd = fd;
    s->memory = memory;
    if (inflateInit2(&s->z, GZIP_WINDOW_BITS) != Z_OK) WRONG("zlib cannot begin");
    return s;
}

void source_close(struct source *s)
{
    if (s == NULL) return;
    (void)inflateEnd(&s->z); /* nothing was written: there is nothing to lose */
    if (s->fd > STDIN_FILENO) (void)close(s->fd);
    free(s);
}

/* The first bytes tell what the file is; a pipe may give them one by one. */
static enum err look_at_head(struct source *s, struct error *e)
{
    while (s->raw_len < 2) {
        size_t got = 0;
        enum err err = raw_read(&got, s, s->raw + s->raw_len, sizeof s->raw - s->raw_len, e);
        if (err != OK) return err;
        if (got == 0) break;
        s->raw_len += got;
        s->taken += got;
    }
    s->compressed = s->raw_len >= 2 && s->raw[0] == 0x1f && s->raw[1] == 0x8b;
    return OK;
}

static enum err path_open(int *fd, const char *path, struct error *e)
{
    *fd = STDIN_FILENO;
    if (strcmp(path, "-") == 0) return OK;
    *fd = open(path, O_RDONLY | O_CLOEXEC);
    if (*fd >= 0) return OK;
    if (errno == ENOENT) return fail(e, ERR_NOT_FOUND, "cannot open '%s': there is no such file", path);
    return fail_errno(e, errno, "cannot open '%s'", path);
}

enum err source_open(struct source **out, const char *path, struct error *e)
{
    int fd = -1;
    enum err err = path_open(&fd, path, e);
    if (err != OK) return err;
    struct source *s = source_new(fd, (struct bytes){0});
    struct stat info = {0};
    if (fstat(fd, &info) == 0 && S_ISREG(info.st_mode)) s->total = (uint64_t)info.st_size;
    err = look_at_head(s, e);
    if (err != OK) {
        source_close(s);
        return wrap(e, "cannot open '%s'", path);
    }
    *out = s;
    return OK;
}

void source_of_bytes(struct source **out, struct bytes content)
{
    struct error e = {0};
    struct source *s = source_new(-1, content);
    s->total = content.len;
    if (look_at_head(s, &e) != OK) WRONG("memory cannot be read");
    *out = s;
}

bool source_is_file(const struct source *s, const char *path)
{
    struct stat source = {0}, other = {0};
    if (s->fd < 0 || fstat(s->fd, &source) != 0 || stat(path, &other) != 0) return false;
    return source.st_dev == other.st_dev && source.st_ino == other.st_ino;
}

bool source_is_compressed(const struct source *s)
{
    return s->compressed;
}
uint64_t source_bytes_done(const struct source *s)
{
    return s->taken - (s->raw_len - s->raw_at);
}
uint64_t source_bytes_total(const struct source *s)
{
    return s->total;
}

/* ---- gzip ---- */

static enum err cut_off(const struct source *s, struct error *e)
{
    return fail(e, ERR_INVALID,
                "the compressed data end too early: the file was cut off after %ju bytes, which hold %ju "
                "bytes of text",
                (uintmax_t)s->taken, (uintmax_t)s->given);
}

/* Between members: another one, zeros that pad a tape's block, or nothing more. */
static enum err next_member(struct source *s, struct error *e)
{
    while (s->raw_at < s->raw_len && s->raw[s->raw_at] == 0) s->raw_at++;
    if (s->raw_at == s->raw_len) return OK;
    if (s->raw[s->raw_at] != 0x1f) {
        return fail(e, ERR_INVALID, "after the compressed data stands something else, at byte %ju",
                    (uintmax_t)source_bytes_done(s) + 1);
    }
    if (inflateReset(&s->z) != Z_OK) WRONG("zlib cannot begin anew");
    s->inflating = true;
    return OK;
}

static enum err inflate_some(size_t *got, struct source *s, uint8_t *to, size_t room, struct error *e)
{
    s->z.next_in = s->raw + s->raw_at;
    s->z.avail_in = (uInt)(s->raw_len - s->raw_at);
    s->z.next_out = to;
    s->z.avail_out = (uInt)room;
    int state = inflate(&s->z, Z_NO_FLUSH);
    s->raw_at = s->raw_len - s->z.avail_in;
    *got = room - s->z.avail_out;
    if (state == Z_STREAM_END) s->inflating = false;
    if (state == Z_OK || state == Z_STREAM_END || state == Z_BUF_ERROR) return OK;
    if (state == Z_MEM_ERROR) WRONG("out of memory");
    return fail(e, ERR_INVALID, "the compressed data are damaged near byte %ju",
                (uintmax_t)source_bytes_done(s));
}

static enum err gzip_read(size_t *got, struct source *s, uint8_t *to, size_t room, struct error *e)
{
    enum err err = OK;
    *got = 0;
    while (err == OK && *got == 0) {
        if (s->raw_at == s->raw_len) {
            err = raw_fill(s, e);
            if (err == OK && s->raw_len == 0) return s->inflating ? cut_off(s, e) : OK;
        } else if (!s->inflating) {
            err = next_member(s, e);
        } else {
            err = inflate_some(got, s, to, room, e);
        }
    }
    return err;
}

/* ---- reading ---- */

static enum err plain_read(size_t *got, struct source *s, uint8_t *to, size_t room, struct error *e)
{
    enum err err = s->raw_at == s->raw_len ? raw_fill(s, e) : OK;
    if (err != OK) return err;
    size_t left = s->raw_len - s->raw_at;
    *got = left < room ? left : room;
    bytes_put(to, (struct bytes){s->raw + s->raw_at, *got});
    s->raw_at += *got;
    return OK;
}

void source_stops(struct source *s, bool (*stops)(void *), void *context)
{
    s->stops = stops;
    s->stops_context = context;
}

enum err source_read(size_t *got, struct source *s, uint8_t *to, size_t room, struct error *e)
{
    assert(room > 0);
    assert(room <= UINT32_MAX);
    *got = 0;
    if (s->stops != NULL && s->stops(s->stops_context)) return fail(e, ERR_INCOMPLETE, "it was told to stop");
    enum err err = s->compressed ? gzip_read(got, s, to, room, e) : plain_read(got, s, to, room, e);
    s->given += *got;
    return err;
}

static enum err copy_rest(struct source *s, int fd, struct error *e)
{
    enum err err = OK;
    while (err == OK && s->raw_len > 0) {
        err = file_add(fd, (struct bytes){s->raw + s->raw_at, s->raw_len - s->raw_at}, e);
        s->raw_at = s->raw_len;
        if (err == OK) err = raw_fill(s, e);
    }
    return err;
}

enum err source_keep(struct source *s, struct error *e)
{
    struct stat info = {0};
    assert(s->given == 0);
    s->kept = true;
    if (s->fd < 0) return OK;
    /* Standard input may be a file that the caller has read a part of: the copy begins where we do. */
    if (s->fd > STDIN_FILENO && fstat(s->fd, &info) == 0 && S_ISREG(info.st_mode)) return OK;
    int fd = -1;
    enum err err = file_unnamed(&fd, e);
    if (err != OK) return err;
    err = copy_rest(s, fd, e);
    if (err != OK) {
        (void)close(fd); /* the copy is not wanted any more */
        return err;
    }
    if (s->fd > STDIN_FILENO) (void)close(s->fd); /* was only read */
    s->fd = fd;
    s->total = s->taken;
    return source_rewind(s, e);
}

enum err source_rewind(struct source *s, struct error *e)
{
    assert(s->kept);
    if (s->fd >= 0 && lseek(s->fd, 0, SEEK_SET) != 0)
        return fail_errno(e, errno, "cannot read from the start again");
    s->memory_at = 0;
    s->inflating = s->ended = false;
    s->taken = s->given = 0;
    s->raw_at = s->raw_len = 0;
    return OK;
}

enum err source_check(struct source *s, struct error *e)
{
    struct arena *a = arena_new();
    uint8_t *block = arena_take_raw(a, RAW_BYTES);
    uint64_t lines = 0;
    size_t got = 0;
    enum err err = OK;
    do {
        err = source_read(&got, s, block, RAW_BYTES, e);
        for (size_t i = 0; err == OK && i < got; i++) lines += block[i] == '\n';
    } while (err == OK && got > 0);
    arena_free(a);
    if (err != OK) return wrap(e, "after line %ju", (uintmax_t)lines);
    return source_rewind(s, e);
}
