/* SPDX-License-Identifier: MIT */
/* file.c - reading whole files, and writing them so that a reader, or a crash, sees the old one or the new
 * one and never half of either. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ledger/base.h"

enum { TEMPORARY_NAMES = 1000 };

static enum err read_all(struct bytes *out, int fd, const char *path, size_t limit, struct arena *a,
                         struct error *e)
{
    struct stat info = {0};
    if (fstat(fd, &info) != 0) return fail_errno(e, errno, "cannot read '%s'", path);
    if (S_ISDIR(info.st_mode)) return fail_errno(e, EISDIR, "cannot read '%s'", path);
    struct buffer content = {.arena = a};
    size_t expected = info.st_size > 0 ? (size_t)info.st_size : 0;
    if (expected > limit) {
        return fail(e, ERR_LIMIT, "cannot read '%s': more than the limit of %zu bytes", path, limit);
    }
    for (;;) {
        /* One byte more than expected, so that the end of the file is seen without growing the buffer. */
        size_t room = expected + 1 > content.len ? expected + 1 - content.len : 0;
        if (room < 4096 && expected == 0) room = 4096;
        if (room == 0) room = 65536;
        ssize_t got = read(fd, buffer_room(&content, room), room);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return fail_errno(e, errno, "cannot read '%s'", path);
        if (got == 0) break;
        content.len += (size_t)got;
        if (content.len > limit) {
            return fail(e, ERR_LIMIT, "cannot read '%s': more than the limit of %zu bytes", path, limit);
        }
    }
    *out = (struct bytes){content.ptr, content.len};
    return OK;
}

enum err file_read(struct bytes *out, const char *path, size_t limit, struct arena *a, struct error *e)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 && (errno == ENOENT || errno == ENOTDIR)) {
        return fail(e, ERR_NOT_FOUND, "cannot read '%s': there is no such file", path);
    }
    if (fd < 0) return fail_errno(e, errno, "cannot read '%s'", path);
    enum err err = read_all(out, fd, path, limit, a, e);
    (void)close(fd); /* nothing was written */
    return err;
}

/* How much of a path names its folder, the last slash included. */
static size_t folder_length(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? 0 : (size_t)(slash - path) + 1;
}

static enum err path_check(const char *path, struct error *e)
{
    size_t len = strlen(path);
    if (len == 0) return fail(e, ERR_INVALID, "cannot write '': the path is empty");
    if (len >= LIMIT_PATH_BYTES) {
        return fail(e, ERR_LIMIT, "cannot write a file: its path of %zu bytes exceeds %d", len,
                    LIMIT_PATH_BYTES);
    }
    if (path[len - 1] == '/') return fail(e, ERR_INVALID, "cannot write '%s': that is a folder", path);
    return OK;
}

/* A file of its own in the folder of `path`. Names that another writer, or one that was killed, has taken are
 * left alone. The name does not grow with the name in `path`, which may be as long as the system allows. */
static int temporary_open(struct file_sink *sink, const char *path, unsigned mode)
{
    size_t folder = folder_length(path);
    for (int i = 0; i < TEMPORARY_NAMES; i++) {
        char name[40];
        int len = snprintf(name, sizeof(name), ".daybook-%d.%d.tmp", (int)getpid(), i);
        if (len < 0 || folder + (size_t)len >= sizeof(sink->temporary)) break;
        memcpy(sink->temporary, path, folder);
        memcpy(sink->temporary + folder, name, (size_t)len + 1);
        int fd = open(sink->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, (mode_t)mode);
        if (fd >= 0 || errno != EEXIST) return fd;
    }
    errno = ENAMETOOLONG;
    return -1;
}

/* Renaming over a device (/dev/null) or a pipe would do away with it. */
static enum err replaceable(const char *path, struct error *e)
{
    struct stat info = {0};
    if (stat(path, &info) != 0 || S_ISREG(info.st_mode) || S_ISDIR(info.st_mode))
        return OK; /* a folder: rename says so */
    return fail(e, ERR_INVALID, "cannot write '%s': it is not a regular file", path);
}

enum err file_begin(struct file_sink *out, const char *path, unsigned mode, struct error *e)
{
    *out = (struct file_sink){0};
    enum err err = path_check(path, e);
    if (err == OK) err = replaceable(path, e);
    if (err != OK) return err;
    memcpy(out->path, path, strlen(path) + 1);
    int fd = temporary_open(out, path, mode);
    if (fd < 0) {
        out->temporary[0] = '\0';
        return fail_errno(e, errno, "cannot create '%s'", path);
    }
    out->stream = fdopen(fd, "w");
    if (out->stream == NULL) {
        err = fail_errno(e, errno, "cannot create '%s'", path);
        (void)close(fd); /* empty, and removed at once */
        file_abandon(out);
    }
    return err;
}

static enum err stream_finish(struct file_sink *s, struct error *e)
{
    FILE *stream = s->stream;
    /* An earlier failure left only the flag, not its reason; flushing again usually tells it. */
    errno = 0;
    if (fflush(stream) != 0 || ferror(stream)) {
        return fail_errno(e, errno != 0 ? errno : EIO, "cannot write '%s'", s->path);
    }
    if (!s->synced_later && fsync(fileno(stream)) != 0)
        return fail_errno(e, errno, "cannot sync '%s'", s->path);
    s->stream = NULL;
    if (fclose(stream) != 0) return fail_errno(e, errno, "cannot close '%s'", s->path);
    return OK;
}

static enum err parent_sync(const char *path, struct error *e)
{
    char parent[LIMIT_PATH_BYTES + 1] = ".";
    size_t len = folder_length(path);
    if (len > 0) {
        memcpy(parent, path, len);
        parent[len] = '\0';
    }
    return dir_sync(parent, e);
}

enum err file_finish(struct file_sink *s, struct error *e)
{
    assert(s->stream != NULL);
    enum err err = stream_finish(s, e);
    if (err == OK && rename(s->temporary, s->path) != 0) {
        err = fail_errno(e, errno, "cannot move a new file to '%s'", s->path);
    }
    if (err != OK) {
        file_abandon(s);
        return err;
    }
    s->temporary[0] = '\0';
    return s->synced_later ? OK : parent_sync(s->path, e);
}

enum err file_finish_as(struct file_sink *s, const char *path, struct error *e)
{
    enum err err = path_check(path, e);
    if (err == OK) err = replaceable(path, e);
    if (err != OK) {
        file_abandon(s);
        return err;
    }
    memcpy(s->path, path, strlen(path) + 1);
    return file_finish(s, e);
}

void file_abandon(struct file_sink *s)
{
    /* What these could tell does not matter any more: the content is not wanted. */
    if (s->stream != NULL) (void)fclose(s->stream);
    if (s->temporary[0] != '\0') (void)unlink(s->temporary);
    s->stream = NULL;
    s->temporary[0] = '\0';
}

enum err file_write(const char *path, struct bytes content, unsigned mode, struct error *e)
{
    struct file_sink sink = {0};
    enum err err = file_begin(&sink, path, mode, e);
    if (err != OK) return err;
    assert(sink.stream != NULL);
    if (content.len > 0 && fwrite(content.ptr, 1, content.len, sink.stream) != content.len) {
        err = fail_errno(e, errno, "cannot write '%s'", path);
        file_abandon(&sink);
        return err;
    }
    return file_finish(&sink, e);
}

const char *dir_temporary(void)
{
    const char *folder = getenv("TMPDIR"); /* NOLINT(concurrency-mt-unsafe): nobody sets it meanwhile */
    return folder == NULL || folder[0] == '\0' ? "/tmp" : folder;
}

enum err file_unnamed(int *fd, struct error *e)
{
    const char *folder = dir_temporary();
    char path[LIMIT_PATH_BYTES] = "";
    int len = snprintf(path, sizeof path, "%s/daybook-XXXXXX", folder);
    if (len < 0 || (size_t)len >= sizeof path)
        return fail(e, ERR_INVALID, "the name of the folder for temporary files (TMPDIR) is too long");
    *fd = mkstemp(path); /* mode 0600 */
    if (*fd < 0) return fail_errno(e, errno, "cannot make a temporary file in '%s'", folder);
    if (unlink(path) == 0 && fcntl(*fd, F_SETFD, FD_CLOEXEC) == 0) return OK;
    enum err err = fail_errno(e, errno, "cannot hide a temporary file in '%s'", folder);
    (void)close(*fd); /* empty */
    return err;
}

enum err file_add(int fd, struct bytes b, struct error *e)
{
    while (b.len > 0) {
        ssize_t n = write(fd, b.ptr, b.len);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return fail_errno(e, errno, "cannot write to a temporary file");
        b.ptr += n;
        b.len -= (size_t)n;
    }
    return OK;
}

bool file_exists(const char *path)
{
    struct stat info = {0};
    return stat(path, &info) == 0;
}
