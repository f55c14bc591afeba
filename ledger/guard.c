/* SPDX-License-Identifier: MIT */
/* guard.c - which files an output may not become. Whatever is written for people, a report or a list of
 * refused rows, must never land among the ledger's own files or take the place of its key: both would be lost
 * for good. It never makes or changes a file itself. */
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ledger/ledger_private.h"

/* A path from the root without "..", ".", or links; the root itself is "". */
struct place {
    char path[LIMIT_PATH_BYTES + 1];
};

static const char *place_name(const struct place *p)
{
    return p->path[0] == '\0' ? "/" : p->path;
}

static void place_up(struct place *p)
{
    char *slash = strrchr(p->path, '/');
    if (slash != NULL) *slash = '\0';
}

static bool place_down(struct place *p, struct str name)
{
    size_t len = strlen(p->path);
    if (len + 1 + name.len >= sizeof p->path) return false;
    p->path[len] = '/';
    memcpy(p->path + len + 1, name.ptr, name.len);
    p->path[len + 1 + name.len] = '\0';
    return true;
}

/* Where the links lead. What is not there yet has none: it stays as it is. */
static void place_follow(struct place *p)
{
    char *real = realpath(place_name(p), NULL);
    if (real == NULL) return;
    size_t len = strlen(real);
    if (len > 1 && len < sizeof p->path) memcpy(p->path, real, len + 1);
    if (len == 1) p->path[0] = '\0';
    free(real);
}

static enum err place_begin(struct place *out, const char *path, struct error *e)
{
    *out = (struct place){{0}};
    if (path[0] == '/') return OK;
    if (getcwd(out->path, sizeof out->path) == NULL)
        return fail_errno(e, errno, "cannot tell where '%s' is", path);
    if (strcmp(out->path, "/") == 0) out->path[0] = '\0';
    return OK;
}

/* Takes the path name by name, as the kernel does, so that ".." after a link is the link's target's parent;
 * and goes on where the kernel would stop, because the folders that are missing may be made. `named` is the
 * name that a rename would replace, even if it is a link; `meant` is where it leads. */
static enum err locate(struct place *named, struct place *meant, const char *path, struct error *e)
{
    enum err err = place_begin(meant, path, e);
    if (err != OK) return err;
    *named = *meant;
    for (const char *at = path; *at != '\0';) {
        struct str name = {at, strcspn(at, "/")};
        at += name.len + (at[name.len] == '/');
        if (name.len == 0 || str_is(name, ".")) continue;
        if (str_is(name, ".."))
            place_up(meant);
        else if (!place_down(meant, name))
            return fail(e, ERR_LIMIT, "cannot write a file: its path exceeds %d bytes", LIMIT_PATH_BYTES);
        *named = *meant;
        place_follow(meant);
    }
    return OK;
}

/* ---- what is guarded ----------------------------------------------------------------------------------- */

static bool is_same_file(const char *path, const struct stat *other)
{
    struct stat info = {0};
    return stat(path, &info) == 0 && info.st_dev == other->st_dev && info.st_ino == other->st_ino;
}

/* Asks every folder above for its identity rather than for its name: a bind mount gives it another. */
static bool lies_in(struct place p, const char *folder)
{
    struct stat info = {0};
    if (stat(folder, &info) != 0) return false;
    for (;; place_up(&p)) {
        if (is_same_file(place_name(&p), &info)) return true;
        if (p.path[0] == '\0') return false;
    }
}

/* By its name too: a key file that is missing at this moment is still the place where the key belongs. */
static bool is_file(const struct place *p, const char *file)
{
    struct stat info = {0};
    if (strcmp(p->path, file) == 0) return true;
    return stat(file, &info) == 0 && is_same_file(place_name(p), &info);
}

static char *absolute(const char *path)
{
    struct place named, meant;
    struct error unused = {0};
    if (locate(&named, &meant, path, &unused) != OK) return NULL;
    char *copy = strdup(place_name(&meant));
    if (copy == NULL) WRONG("out of memory");
    return copy;
}

void guard_begin(struct ledger *l, const char *key_file)
{
    l->guarded.dir = absolute(l->dir);
    if (key_file != NULL) l->guarded.key_file = absolute(key_file);
}

void guard_add_anchor(struct ledger *l, const char *path)
{
    l->guarded.anchor = absolute(path);
}

void guard_kek(struct ledger *l, const char *kek_file)
{
    free(l->guarded.kek_file);
    l->guarded.kek_file = absolute(kek_file);
}

void guard_end(struct ledger *l)
{
    free(l->guarded.dir);
    free(l->guarded.key_file);
    free(l->guarded.anchor);
    free(l->guarded.kek_file);
    l->guarded.dir = l->guarded.key_file = l->guarded.anchor = l->guarded.kek_file = NULL;
}

enum err ledger_guard_output(const struct ledger *l, const char *path, struct error *e)
{
    struct place named, meant;
    const char *dir = l->guarded.dir, *key = l->guarded.key_file, *anchor = l->guarded.anchor;
    enum err err = locate(&named, &meant, path, e);
    if (err != OK) return err;
    if (dir != NULL && (lies_in(named, dir) || lies_in(meant, dir)))
        return fail(e, ERR_INVALID, "cannot write '%s': it lies inside the ledger's directory", path);
    if (key != NULL && (is_file(&named, key) || is_file(&meant, key)))
        return fail(e, ERR_INVALID, "cannot write '%s': it is the ledger's key file", path);
    if (anchor != NULL && (is_file(&named, anchor) || is_file(&meant, anchor)))
        return fail(e, ERR_INVALID, "cannot write '%s': it is the ledger's anchor file", path);
    const char *kek = l->guarded.kek_file;
    if (kek != NULL && (is_file(&named, kek) || is_file(&meant, kek)))
        return fail(e, ERR_INVALID, "cannot write '%s': it is the key of the customers' keys", path);
    return OK;
}
