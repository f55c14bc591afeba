/* SPDX-License-Identifier: MIT */
/* secret.c - see secret.h. */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ledger/base/file.h"
#include "ledger/base/locked.h"
#include "ledger/base/secret.h"

void secret_begin(struct secret *s)
{
    *s = (struct secret){.text = locked_new(LIMIT_KEY_FILE_BYTES)};
}

void secret_wipe(struct secret *s)
{
    locked_free(s->text, LIMIT_KEY_FILE_BYTES);
    *s = (struct secret){.text = NULL};
}

/* Without stdio, whose buffers nobody wipes. */
static enum err read_all(struct secret *out, int fd, struct error *e)
{
    secret_begin(out);
    while (out->len < LIMIT_KEY_FILE_BYTES) {
        ssize_t n = read(fd, out->text + out->len, LIMIT_KEY_FILE_BYTES - out->len);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return fail_errno(e, errno, "cannot read it");
        if (n == 0) break;
        out->len += (size_t)n;
    }
    return OK;
}

enum err secret_from_open_file(struct secret *out, int fd, struct error *e)
{
    struct stat st;
    if (fstat(fd, &st) != 0) return fail_errno(e, errno, "cannot look at it");
    if (!S_ISREG(st.st_mode)) return fail(e, ERR_INVALID, "it is not a regular file");
    if ((st.st_mode & 077) != 0) {
        return fail(e, ERR_INVALID, "its mode is %04o; others must not be able to read it (chmod 600)",
                    (unsigned)(st.st_mode & 07777));
    }
    return read_all(out, fd, e);
}

enum err secret_from_file(struct secret *out, const char *path, struct error *e)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT) return fail(e, ERR_NOT_FOUND, "cannot open '%s': there is none", path);
    if (fd < 0) return fail_errno(e, errno, "cannot open '%s'", path);
    enum err err = secret_from_open_file(out, fd, e);
    (void)close(fd); /* only read */
    if (err != OK) secret_wipe(out);
    return err == OK ? OK : wrap(e, "cannot use '%s'", path);
}

enum err secret_from_command(struct secret *out, const char *command, struct error *e)
{
    FILE *pipe = popen(command, "re"); /* NOLINT(cert-env33-c): the operator's own command is the point */
    if (pipe == NULL) return fail_errno(e, errno, "cannot run the command");
    enum err err = read_all(out, fileno(pipe), e);
    int status = pclose(pipe);
    if (err == OK && status != 0) err = fail(e, ERR_INVALID, "the command failed");
    if (err != OK) secret_wipe(out);
    return err;
}

static enum err fill(int fd, struct str content, struct error *e)
{
    ssize_t n = write(fd, content.ptr, content.len);
    int problem = n == (ssize_t)content.len ? 0 : n < 0 ? errno : ENOSPC;
    if (problem == 0 && fsync(fd) != 0) problem = errno;
    return problem == 0 ? OK : fail_errno(e, problem, "cannot write it");
}

struct beside {
    char temporary[LIMIT_PATH_BYTES];
};

/* A synced file of mode 0600 beside `path`; none is left after a failure. */
static enum err write_beside(struct beside *out, const char *path, struct str content, struct error *e)
{
    int n = snprintf(out->temporary, sizeof out->temporary, "%s.XXXXXX", path);
    if (n < 0 || (size_t)n >= sizeof out->temporary) return fail(e, ERR_LIMIT, "the path is too long");
    int fd = mkstemp(out->temporary); /* mode 0600 */
    if (fd < 0) return fail_errno(e, errno, "cannot make it");
    enum err err = fill(fd, content, e);
    (void)close(fd);                             /* synced or failed already */
    if (err != OK) (void)unlink(out->temporary); /* a left-over would be a copy of the secret, of mode 0600 */
    return err;
}

static enum err sync_folder(const char *path, struct error *e)
{
    char folder[LIMIT_PATH_BYTES];
    memcpy(folder, path, strlen(path) + 1);
    return dir_sync(dirname(folder), e);
}

/* Under a temporary name first, and then by link(), which refuses where rename() would replace. */
enum err secret_to_new_file(const char *path, struct str content, struct error *e)
{
    struct beside b = {{0}};
    enum err err = write_beside(&b, path, content, e);
    if (err != OK) return err;
    bool named = link(b.temporary, path) == 0, taken = !named && errno == EEXIST;
    if (!named && !taken) err = fail_errno(e, errno, "cannot name it");
    (void)unlink(b.temporary);
    if (err != OK) return err;
    err = sync_folder(path, e); /* for whoever was first, too */
    return err == OK && taken ? fail(e, ERR_REFUSED, "there is a file of that name") : err;
}

/* What it replaces stays on the disk until its blocks are used again: no program can promise more. */
enum err secret_replace_file(const char *path, struct str content, struct error *e)
{
    struct beside b = {{0}};
    struct stat was = {0};
    if (stat(path, &was) != 0) return fail_errno(e, errno, "cannot look at it");
    enum err err = write_beside(&b, path, content, e);
    if (err != OK) return err;
    bool ours = was.st_uid == geteuid() && was.st_gid == getegid();
    bool fine = (ours || chown(b.temporary, was.st_uid, was.st_gid) == 0) &&
                chmod(b.temporary, was.st_mode & 0600) == 0 && rename(b.temporary, path) == 0;
    if (!fine) {
        err = fail_errno(e, errno, "cannot replace it");
        (void)unlink(b.temporary);
    }
    return err == OK ? sync_folder(path, e) : err;
}

struct str secret_line(const struct secret *s)
{
    if (s->len == 0) return STR_NONE;
    const char *end = memchr(s->text, '\n', s->len);
    struct str line = {s->text, end == NULL ? s->len : (size_t)(end - s->text)};
    if (line.len > 0 && line.ptr[line.len - 1] == '\r') line.len--;
    return str_trim(line);
}
