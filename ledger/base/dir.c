/* SPDX-License-Identifier: MIT */
/* dir.c - folders: made, synced, and checked for the file systems on which a ledger would not hold. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
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

static bool is_folder(const char *path)
{
    struct stat info = {0};
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

/* Makes one folder and syncs the one that holds it, whose path ends at `parent_len`. */
static enum err make_one(char *path, size_t parent_len, unsigned mode, struct error *e)
{
    if (mkdir(path, (mode_t)mode) != 0) {
        int errnum = errno;
        if (is_folder(path)) return OK;
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
    if (is_folder(path)) return OK;
    for (size_t at = 0; at < len; at++) {
        part[at] = path[at];
        bool ends = path[at] != '/' && (path[at + 1] == '/' || path[at + 1] == '\0');
        if (!ends) continue;
        part[at + 1] = '\0';
        enum err err = is_folder(part) ? OK : make_one(part, parent_len, mode, e);
        if (err != OK) return err;
        parent_len = at + 1;
    }
    return OK;
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
