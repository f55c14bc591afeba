/* SPDX-License-Identifier: MIT */
/* modes.c - are the ledger's files for its user alone? What Daybook makes is, whatever the umask; a copy, or
 * a folder that somebody made, may not be. It changes no mode by itself: whoever opened a ledger to others is
 * to know it. */
#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ledger/ledger_private.h"

enum { OTHERS = 077 };

/* Root could read it all the same, and would leave files that the owner cannot read. */
static enum err check_one(const char *path, const char *dir, bool *is_folder, struct error *e)
{
    struct stat info = {0};
    *is_folder = false;
    if (stat(path, &info) != 0) return OK; /* gone, or a link to nowhere: whoever needs it will say so */
    *is_folder = S_ISDIR(info.st_mode);
    if (info.st_uid != geteuid())
        return fail(e, ERR_INVALID,
                    "'%s' belongs to user %u, and this is user %u: run it as that user, or chown -R %u '%s'",
                    path, (unsigned)info.st_uid, (unsigned)geteuid(), (unsigned)geteuid(), dir);
    if ((info.st_mode & OTHERS) == 0) return OK;
    return fail(e, ERR_INVALID, "'%s' has mode %04o, and others must not get at it: chmod -R go= '%s'", path,
                (unsigned)(info.st_mode & 07777), dir);
}

static enum err check_entries(const char *folder, const char *dir, int depth, struct error *e);

static enum err check_entry(const char *folder, const char *name, const char *dir, int depth, struct error *e)
{
    struct buffer path = {0};
    bool is_folder = false;
    buffer_print(&path, "%s/%s", folder, name);
    buffer_add_byte(&path, 0);
    enum err err = check_one((const char *)path.ptr, dir, &is_folder, e);
    bool deeper = strcmp(name, "log") == 0 || strcmp(name, "views") == 0;
    if (err == OK && is_folder && deeper && depth > 0)
        err = check_entries((const char *)path.ptr, dir, depth - 1, e);
    buffer_free(&path);
    return err;
}

static enum err check_entries(const char *folder, const char *dir, int depth, struct error *e)
{
    DIR *d = opendir(folder);
    enum err err = OK;
    if (d == NULL) return OK; /* whoever needs it will say so */
    for (struct dirent *entry = readdir(d); entry != NULL && err == OK; entry = readdir(d)) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
        err = check_entry(folder, entry->d_name, dir, depth, e);
    }
    (void)closedir(d);
    return err;
}

static bool holds_log(const char *dir)
{
    struct buffer path = {0};
    buffer_print(&path, "%s/log", dir);
    buffer_add_byte(&path, 0);
    bool yes = file_exists((const char *)path.ptr);
    buffer_free(&path);
    return yes;
}

enum err modes_check(const char *dir, struct error *e)
{
    bool unused = false;
    if (!holds_log(dir)) return OK; /* it is no ledger */
    enum err err = check_one(dir, dir, &unused, e);
    return err == OK ? check_entries(dir, dir, 1, e) : err;
}

enum err modes_close(const char *dir, struct error *e)
{
    if (chmod(dir, 0700) == 0) return OK;
    return fail_errno(e, errno, "cannot close '%s' to others", dir);
}
