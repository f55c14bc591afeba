/* SPDX-License-Identifier: MIT */
/* out_folder.c - see out_folder.h. It must never remove anything but the manifest and temporary files of dead
 * processes. */
#include "reports/out_folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The process that a temporary file is named after (.daybook-PID.….tmp); 0: it is another kind of file. */
static pid_t writer_of(struct str name)
{
    static const char start[] = ".daybook-", end[] = ".tmp";
    uint64_t pid = 0;
    struct error unused;
    size_t skip = sizeof start - 1, tail = sizeof end - 1;
    if (!str_starts(name, start) || name.len < skip + tail) return 0;
    if (memcmp(name.ptr + name.len - tail, end, tail) != 0) return 0;
    size_t digits = 0;
    while (skip + digits < name.len && name.ptr[skip + digits] != '.') digits++;
    if (uint_parse(&pid, (struct str){name.ptr + skip, digits}, &unused) != OK || pid > INT32_MAX) return 0;
    return (pid_t)pid;
}

/* What cannot be removed does no harm: it has nobody's name. */
static void remove_leftovers(const char *path)
{
    DIR *folder = opendir(path);
    if (folder == NULL) return;
    for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        pid_t pid = writer_of(str_of(entry->d_name));
        if (pid > 0 && pid != getpid() && process_is_gone((uint64_t)pid))
            (void)unlinkat(dirfd(folder), entry->d_name, 0);
    }
    (void)closedir(folder);
}

static enum err lock_folder(const struct out_folder *f, struct error *e)
{
    int rc = 0;
    do {
        rc = flock(f->fd, LOCK_EX | LOCK_NB);
    } while (rc != 0 && errno == EINTR);
    if (rc == 0) return OK;
    if (errno == EWOULDBLOCK) return fail(e, ERR_REFUSED, "another run is writing to '%s'", f->path);
    return fail_errno(e, errno, "cannot lock '%s'", f->path);
}

/* Better now than after a night of billing. */
static enum err check_writable(const char *path, struct error *e)
{
    if (access(path, W_OK | X_OK) == 0) return OK;
    return fail_errno(e, errno, "cannot write to '%s'", path);
}

enum err out_folder_open(struct out_folder *out, const char *path, bool with_pdf, struct arena *a,
                         struct error *e)
{
    struct out_folder f = {.path = path, .pdf = str_format(a, "%s/pdf", path).ptr, .fd = -1};
    enum err err = dir_make(path, 0755, e);
    if (err == OK && with_pdf) err = dir_make(f.pdf, 0755, e);
    if (err == OK) err = check_writable(path, e);
    if (err == OK && with_pdf) err = check_writable(f.pdf, e);
    if (err != OK) return err;
    f.fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (f.fd < 0) return fail_errno(e, errno, "cannot open '%s'", path);
    err = lock_folder(&f, e);
    if (err != OK) {
        (void)close(f.fd);
        return err;
    }
    remove_leftovers(path);
    remove_leftovers(f.pdf);
    *out = f;
    return OK;
}

const char *out_folder_file(const struct out_folder *f, const char *name, struct arena *a)
{
    return str_format(a, "%s/%s", f->path, name).ptr;
}

enum err out_folder_begin_files(const struct out_folder *f, struct arena *a, struct error *e)
{
    const char *manifest = out_folder_file(f, "run.json", a);
    if (unlink(manifest) == 0 || errno == ENOENT) return OK;
    return fail_errno(e, errno, "cannot remove '%s'", manifest);
}

/* One call for thousands of files; it tells the errors of all of them. glibc declares it for _GNU_SOURCE
 * only. */
enum err out_folder_sync(const struct out_folder *f, struct error *e)
{
    if (syscall(SYS_syncfs, f->fd) == 0) return OK;
    return fail_errno(e, errno, "cannot sync '%s'", f->path);
}

void out_folder_close(struct out_folder *f)
{
    if (f->fd < 0) return;
    (void)close(f->fd); /* the lock goes with it */
    f->fd = -1;
}
