/* SPDX-License-Identifier: MIT */
/* dir.c - folders: made, synced, and checked for the file systems on which a ledger would not hold. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "ledger/base.h"

enum err dir_sync(const char *path, struct error *e)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return fail_errno(e, errno, "cannot open folder '%s'", path);
    enum err err = OK;
    if (fsync(fd) != 0) err = fail_errno(e, errno, "cannot sync folder '%s'", path);
    (void)close(fd); /* nothing was written */
    return err;
}

bool dir_is(const char *path)
{
    struct stat info = {0};
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

/* Makes one folder and syncs the one that holds it, whose path ends at `parent_len`. */
static enum err make_one(char *path, size_t parent_len, unsigned mode, struct error *e)
{
    if (mkdir(path, (mode_t)mode) != 0) {
        int errnum = errno;
        if (dir_is(path)) return OK;
        return fail_errno(e, errnum, "cannot make folder '%s'", path);
    }
    if (parent_len == 0) return dir_sync(path[0] == '/' ? "/" : ".", e);
    char after = path[parent_len];
    path[parent_len] = '\0';
    enum err err = dir_sync(path, e);
    path[parent_len] = after;
    return err;
}

enum err dir_make(const char *path, unsigned mode, struct error *e)
{
    char part[LIMIT_PATH_BYTES + 1] = "";
    size_t len = strlen(path), parent_len = 0;
    if (len == 0) return fail(e, ERR_INVALID, "cannot make folder '': the path is empty");
    if (len > LIMIT_PATH_BYTES) {
        return fail(e, ERR_LIMIT, "cannot make a folder: its path of %zu bytes exceeds %d", len,
                    LIMIT_PATH_BYTES);
    }
    if (dir_is(path)) return OK;
    for (size_t at = 0; at < len; at++) {
        part[at] = path[at];
        bool ends = path[at] != '/' && (path[at + 1] == '/' || path[at + 1] == '\0');
        if (!ends) continue;
        part[at + 1] = '\0';
        enum err err = dir_is(part) ? OK : make_one(part, parent_len, mode, e);
        if (err != OK) return err;
        parent_len = at + 1;
    }
    return OK;
}

/* ---- what is in a folder ---- */

static int by_bytes(const void *a, const void *b)
{
    return str_compare(*(const struct str *)a, *(const struct str *)b);
}

static void add_name(struct names_list *l, const char *name, struct arena *a)
{
    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0) return;
    l->names = arena_grow(a, l->names, l->count, &l->room, sizeof *l->names);
    l->names[l->count++] = str_copy(a, str_of(name));
}

enum err dir_list(struct names_list *out, const char *path, struct arena *a, struct error *e)
{
    *out = (struct names_list){NULL, 0, 0};
    DIR *d = opendir(path);
    if (d == NULL && errno == ENOENT) return OK;
    if (d == NULL) return fail_errno(e, errno, "cannot read folder '%s'", path);
    errno = 0;
    for (struct dirent *entry = readdir(d); entry != NULL; entry = readdir(d)) {
        add_name(out, entry->d_name, a);
        errno = 0; /* by which alone the end differs from a failure */
    }
    int problem = errno;
    (void)closedir(d); /* only read */
    if (problem != 0) return fail_errno(e, problem, "cannot read folder '%s'", path);
    if (out->count > 0) qsort(out->names, out->count, sizeof *out->names, by_bytes);
    return OK;
}

/* What cannot be removed stays; who needs to know looks. */
void dir_remove(const char *path, int depth)
{
    DIR *d = opendir(path);
    if (d == NULL) return;
    for (struct dirent *entry = readdir(d); entry != NULL; entry = readdir(d)) {
        struct buffer inner = {0};
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
        buffer_print(&inner, "%s/%s", path, entry->d_name);
        buffer_add_byte(&inner, 0);
        if (unlink((const char *)inner.ptr) != 0 && depth > 0) dir_remove((const char *)inner.ptr, depth - 1);
        buffer_free(&inner);
    }
    (void)closedir(d);
    (void)rmdir(path);
}

enum err dir_lock(int *out, const char *path, struct error *e)
{
    *out = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (*out < 0) return fail_errno(e, errno, "cannot open folder '%s'", path);
    if (flock(*out, LOCK_EX | LOCK_NB) == 0) return OK;
    int problem = errno;
    (void)close(*out); /* nothing was written */
    *out = -1;
    if (problem != EWOULDBLOCK) return fail_errno(e, problem, "cannot lock folder '%s'", path);
    return fail(e, ERR_CONFLICT, "another process is at work in '%s'", path);
}

enum err dir_sweep(const char *path, struct arena *a, struct error *e)
{
    struct names_list l = {NULL, 0, 0};
    enum err err = dir_list(&l, path, a, e);
    for (size_t i = 0; err == OK && i < l.count; i++) {
        struct str name = l.names[i];
        bool is_ours =
            str_starts(name, ".daybook-") && name.len > 4 && memcmp(name.ptr + name.len - 4, ".tmp", 4) == 0;
        const char *whole = is_ours ? str_format(a, "%s/%.*s", path, STR_ARG(name)).ptr : NULL;
        if (whole != NULL && unlink(whole) != 0) err = fail_errno(e, errno, "cannot remove '%s'", whole);
    }
    return err;
}

/* Magic numbers as statfs(2) and the kernel's sources list them. */
const char *file_system_network(uint64_t magic)
{
    static const struct {
        uint32_t magic;
        const char *name;
    } systems[] = {
        {0x00006969, "NFS"},    {0x0000517b, "SMB"},    {0xfe534d42, "SMB2"},     {0xff534d42, "CIFS"},
        {0x01021997, "9P"},     {0x65735546, "FUSE"},   {0x5346414f, "AFS"},      {0x6b414653, "kAFS"},
        {0x73757245, "Coda"},   {0x0000564c, "NCP"},    {0x00c36400, "Ceph"},     {0x01161970, "GFS2"},
        {0x7461636f, "OCFS2"},  {0x0bd00bd0, "Lustre"}, {0x786f4256, "vboxsf"},   {0x47504653, "GPFS"},
        {0x19830326, "BeeGFS"}, {0xaad7aaea, "PanFS"},  {0x20030528, "OrangeFS"}, {0xbacbacbc, "VMware hgfs"},
    };
    for (size_t i = 0; i < sizeof(systems) / sizeof(systems[0]); i++) {
        if (systems[i].magic == magic) return systems[i].name;
    }
    return NULL;
}

enum err dir_check_local(const char *path, struct error *e)
{
    struct statfs info = {0};
    if (statfs(path, &info) != 0) return fail_errno(e, errno, "cannot look at folder '%s'", path);
    /* Some systems sign-extend the 32 bits. */
    const char *name = file_system_network((uint64_t)info.f_type & 0xffffffffu);
    if (name == NULL) return OK;
    return fail(e, ERR_STORAGE, "cannot keep a ledger in '%s': memory maps and locks do not hold on %s", path,
                name);
}

bool process_is_gone(uint64_t pid)
{
    char path[64], program[1];
    if (pid == 0 || pid > INT32_MAX) return false;
    if (kill((pid_t)pid, 0) != 0 && errno == ESRCH) return true;
    (void)snprintf(path, sizeof path, "/proc/%d/exe", (int)pid);
    return readlink(path, program, sizeof program) < 0 && errno == ENOENT;
}
