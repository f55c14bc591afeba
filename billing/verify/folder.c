/* SPDX-License-Identifier: MIT */
/* folder.c - see folder.h. */
#include "billing/verify/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DEPTH_MAX = 10 };

enum err fault_of(struct fault *f, const char *file, enum err code, const char *format, ...)
{
    char text[sizeof f->error.text];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    (void)fail(&f->error, code, "%s", text);
    return fault_in(f, file);
}

enum err fault_in(struct fault *f, const char *file)
{
    if (file[0] == '\0') return f->error.code;
    if (f->file[0] == '\0') (void)snprintf(f->file, sizeof f->file, "%s", file);
    return wrap(&f->error, "'%s'", file);
}

static enum err not_opened(const char *place, int errnum, struct fault *f)
{
    if (errnum == ENOENT) return fault_of(f, place, ERR_INCOMPLETE, "it is not there");
    if (errnum == ELOOP || errnum == ENOTDIR)
        return fault_of(f, place, ERR_TAMPERED,
                        "a symbolic link, or a file where a folder should be, stands in its place");
    (void)fail_errno(&f->error, errnum, "it cannot be read");
    f->error.code = ERR_INCOMPLETE;
    return fault_in(f, place);
}

/* Folder by folder, so that no link is followed on the way. */
static int open_below(int folder, const char *place)
{
    char part[PLACE_BYTES];
    int at = folder;
    for (;;) {
        const char *slash = strchr(place, '/');
        size_t len = slash == NULL ? strlen(place) : (size_t)(slash - place);
        if (len >= sizeof part) WRONG("a place is too long");
        memcpy(part, place, len);
        part[len] = '\0';
        int flags = O_RDONLY | O_NOFOLLOW | O_CLOEXEC | (slash == NULL ? O_NONBLOCK : O_DIRECTORY);
        int next = openat(at, part, flags);
        int kept = errno;
        if (at != folder) close(at);
        errno = kept;
        if (next < 0 || slash == NULL) return next;
        at = next;
        place = slash + 1;
    }
}

enum err place_open(int *fd, uint64_t *size, int folder, const char *place, struct fault *f)
{
    struct stat s = {0};
    *fd = open_below(folder, place);
    if (*fd < 0) return not_opened(place, errno, f);
    if (fstat(*fd, &s) == 0 && S_ISREG(s.st_mode) && s.st_size >= 0) {
        *size = (uint64_t)s.st_size;
        return OK;
    }
    close(*fd);
    *fd = -1;
    return fault_of(f, place, ERR_TAMPERED, "it is not a regular file");
}

enum err fd_read(uint8_t *to, size_t len, int fd, uint64_t at, struct error *e)
{
    for (size_t has = 0; has < len;) {
        ssize_t got = pread(fd, to + has, len - has, (off_t)(at + has));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) {
            (void)fail_errno(e, errno, "it cannot be read");
            e->code = ERR_INCOMPLETE;
            return e->code;
        }
        if (got == 0) return fail(e, ERR_INCOMPLETE, "it ends before its end");
        has += (size_t)got;
    }
    return OK;
}

enum err place_read(struct bytes *out, int folder, const char *place, size_t limit, struct arena *a,
                    struct fault *f)
{
    int fd = -1;
    uint64_t size = 0;
    enum err err = place_open(&fd, &size, folder, place, f);
    if (err != OK) return err;
    if (size > limit) {
        close(fd);
        return fault_of(f, place, ERR_TAMPERED, "it has %ju bytes, and may have %zu", (uintmax_t)size, limit);
    }
    uint8_t *to = arena_take_raw(a, (size_t)size + 1);
    err = fd_read(to, (size_t)size, fd, 0, &f->error);
    close(fd);
    *out = (struct bytes){to, (size_t)size};
    return err == OK ? OK : fault_in(f, place);
}

/* ---- all files below ---- */

static enum err walk(DIR *dir, char place[PLACE_BYTES], size_t depth, const struct visitor *v,
                     struct fault *f);

static enum err walk_into(int dir, const char *name, char place[PLACE_BYTES], size_t depth,
                          const struct visitor *v, struct fault *f)
{
    int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *below = fd < 0 ? NULL : fdopendir(fd);
    if (below == NULL) {
        int kept = errno;
        if (fd >= 0) close(fd);
        return not_opened(place, kept, f);
    }
    enum err err = walk(below, place, depth + 1, v, f);
    closedir(below);
    return err;
}

static enum err visit(int dir, const char *name, char place[PLACE_BYTES], size_t depth,
                      const struct visitor *v, struct fault *f)
{
    struct stat s = {0};
    size_t len = strlen(place), more = strlen(name) + (len > 0);
    if (len + more >= PLACE_BYTES || depth > DEPTH_MAX)
        return fault_of(f, place, ERR_TAMPERED, "what is in it is too deep or has too long a name");
    if (!text_is_printable(str_of(name)))
        return fault_of(f, place[0] == '\0' ? "." : place, ERR_TAMPERED,
                        "a file in it has a name that cannot be printed");
    if (len > 0) place[len] = '/';
    memcpy(place + len + (len > 0), name, strlen(name) + 1);
    enum err err = OK;
    if (fstatat(dir, name, &s, AT_SYMLINK_NOFOLLOW) != 0)
        err = not_opened(place, errno, f);
    else if (S_ISDIR(s.st_mode))
        err = walk_into(dir, name, place, depth, v, f);
    else if (S_ISREG(s.st_mode))
        err = v->each(v->self, place, f);
    else
        err = fault_of(f, place, ERR_TAMPERED, "it is neither a regular file nor a folder");
    place[len] = '\0';
    return err;
}

static enum err walk(DIR *dir, char place[PLACE_BYTES], size_t depth, const struct visitor *v,
                     struct fault *f)
{
    for (;;) {
        errno = 0;
        const struct dirent *entry = readdir(dir); /* a DIR of our own: nobody else reads it */
        if (entry == NULL) return errno == 0 ? OK : not_opened(place[0] == '\0' ? "." : place, errno, f);
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
        char name[PLACE_BYTES];
        (void)snprintf(name, sizeof name, "%s", entry->d_name);
        enum err err = visit(dirfd(dir), name, place, depth, v, f);
        if (err != OK) return err;
    }
}

enum err folder_walk(int folder, const struct visitor *v, struct fault *f)
{
    char place[PLACE_BYTES] = "";
    return walk_into(folder, ".", place, 0, v, f);
}
