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
#include "ledger/base/secret.h"

/* A call that the compiler cannot take for useless. */
void secret_wipe(struct secret *s)
{
    explicit_bzero(s, sizeof *s);
}

/* Without stdio, whose buffers nobody wipes. */
static enum err read_all(struct secret *out, int fd, struct error *e)
{
    out->len = 0;
    while (out->len < sizeof out->text) {
        ssize_t n = read(fd, out->text + out->len, sizeof out->text - out->len);
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

/* Under a temporary name first, and then by link(), which refuses where rename() would replace. */
enum err secret_to_new_file(const char *path, struct str content, struct error *e)
{
    char temporary[LIMIT_PATH_BYTES], folder[LIMIT_PATH_BYTES];
    int n = snprintf(temporary, sizeof temporary, "%s.XXXXXX", path);
    if (n < 0 || (size_t)n >= sizeof temporary) return fail(e, ERR_LIMIT, "the path is too long");
    int fd = mkstemp(temporary); /* mode 0600 */
    if (fd < 0) return fail_errno(e, errno, "cannot make it");
    enum err err = fill(fd, content, e);
    (void)close(fd); /* synced or failed already */
    bool named = err == OK && link(temporary, path) == 0, taken = err == OK && !named && errno == EEXIST;
    if (err == OK && !named && !taken) err = fail_errno(e, errno, "cannot name it");
    (void)unlink(temporary); /* a left-over would be a copy of the secret, of mode 0600 */
    if (err != OK) return err;
    memcpy(folder, path, strlen(path) + 1);
    err = dir_sync(dirname(folder), e); /* for whoever was first, too */
    return err == OK && taken ? fail(e, ERR_REFUSED, "there is a file of that name") : err;
}

struct str secret_line(const struct secret *s)
{
    const char *end = memchr(s->text, '\n', s->len);
    struct str line = {s->text, end == NULL ? s->len : (size_t)(end - s->text)};
    if (line.len > 0 && line.ptr[line.len - 1] == '\r') line.len--;
    return str_trim(line);
}
