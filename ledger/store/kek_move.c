/* SPDX-License-Identifier: MIT */
/* kek_move.c - a new master key with a file of its own takes the KEK's file along. Where it was is noted in
 * the ledger's directory before the log knows of the new key, so that whoever opens the ledger after a kill
 * finds the KEK there, takes it along, and leaves no second copy that an erasure would not reach. */
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ledger/base.h"
#include "ledger/store/customer_keys_private.h"

/* ---- the note ---- */

/* Asked before, for a rotation cannot be taken back. */
static enum err check_removable(const char *path, struct error *e)
{
    char folder[PATH_MAX];
    (void)snprintf(folder, sizeof folder, "%s", path); /* both are as long */
    if (access(path, W_OK) == 0 && access(dirname(folder), W_OK | X_OK) == 0) return OK;
    return fail_errno(e, errno, "cannot take '%s' along to the new key", path);
}

enum err customer_keys_leave(const struct customer_keys *k, struct error *e)
{
    char from[PATH_MAX];
    if (k->in_memory || k->fd < 0) return OK;
    if (realpath(k->kek, from) == NULL) return fail_errno(e, errno, "cannot find '%s'", k->kek);
    enum err err = check_removable(from, e);
    return err != OK ? err : file_write(k->moving, str_bytes(str_of(from)), 0600, e);
}

enum err customer_keys_stay(const struct customer_keys *k, struct error *e)
{
    if (k->in_memory || unlink(k->moving) == 0 || errno == ENOENT) return OK;
    return fail_errno(e, errno, "cannot remove '%s'", k->moving);
}

static bool is_same_file(const char *a, const char *b)
{
    struct stat one = {0}, other = {0};
    return stat(a, &one) == 0 && stat(b, &other) == 0 && one.st_dev == other.st_dev &&
           one.st_ino == other.st_ino;
}

/* ---- the way ---- */

enum err kek_read_replaced(struct kek *out, struct customer_keys *k, const char *path, struct error *e)
{
    for (size_t back = 0; k->old_master != NULL; back++) {
        const struct master_key *old = NULL;
        enum err err = k->old_master(&old, k->context, back, e);
        if (err != OK) return err;
        if (old == NULL) break;
        err = kek_read(out, path, old, k->origin, e);
        if (err != ERR_TAMPERED) return err;
    }
    return fail(e, ERR_TAMPERED, "'%s' is sealed under no master key of this ledger", path);
}

/* What is at the new place may be the same already, or an older copy that somebody left there. */
static enum err take_along(struct customer_keys *k, const struct kek *kek, const char *from, struct error *e)
{
    struct kek there = {.generation = 0};
    struct error unused = {0};
    bool is_there = kek_read(&there, k->kek, k->master, k->origin, &unused) == OK;
    bool newer = !is_there || there.generation < kek->generation;
    OPENSSL_cleanse(&there, sizeof there);
    enum err err = newer ? kek_rewrap(kek, k->kek, k->master, k->origin, k->world, e) : OK;
    if (err == OK) err = kek_destroy(from, k->world, e);
    if (err != OK) return wrap(e, "a rotation is not at its end");
    return customer_keys_stay(k, e);
}

/* One that the key in use opens is where a copy of this directory has it: not ours to move. */
static enum err arrive(struct customer_keys *k, const char *from, struct error *e)
{
    struct kek kek = {.generation = 0};
    struct error unused = {0};
    enum err err = OK;
    if (is_same_file(from, k->kek) || !file_exists(from)) return customer_keys_stay(k, e);
    bool in_use = kek_read(&kek, from, k->master, k->origin, &unused) == OK;
    bool ours =
        !in_use && (kek_read_replaced(&kek, k, from, &unused) == OK ||
                    kek_read(&kek, k->kek, k->master, k->origin, &unused) == OK); /* overwritten already */
    if (ours) err = take_along(k, &kek, from, e);
    OPENSSL_cleanse(&kek, sizeof kek);
    return err;
}

enum err kek_arrive(struct customer_keys *k, struct error *e)
{
    struct arena *a = arena_new();
    struct bytes from = {0};
    struct error why = {0};
    enum err err = file_read(&from, k->moving, PATH_MAX, a, &why);
    if (err == OK)
        err = arrive(k, str_cstring(a, (struct str){(const char *)from.ptr, from.len}), e);
    else if (err == ERR_NOT_FOUND)
        err = OK;
    else
        *e = why;
    arena_free(a);
    return err;
}

/* ---- a rotation that nothing cut short ---- */

static enum err move_kek(struct customer_keys *k, const char *kek_file, struct error *e)
{
    char old[KEYS_PATH_BYTES];
    memcpy(old, k->kek, sizeof old);
    int n = snprintf(k->kek, sizeof k->kek, "%s", kek_file);
    int next = snprintf(k->kek_next, sizeof k->kek_next, "%s.next", kek_file);
    if (n < 0 || next < 0 || (size_t)next >= sizeof k->kek_next)
        return fail(e, ERR_LIMIT, "the path '%s' is too long", kek_file);
    enum err err = kek_rewrap(&k->secrets->kek, k->kek, k->master, k->origin, k->world, e);
    if (err == OK && !is_same_file(old, k->kek)) err = kek_destroy(old, k->world, e);
    return err == OK ? customer_keys_stay(k, e) : err;
}

enum err customer_keys_rewrap(struct customer_keys *k, const struct master_key *m, const char *kek_file,
                              struct error *e)
{
    k->master = m;
    if (k->in_memory || k->fd < 0) return OK;
    if (kek_file != NULL) return move_kek(k, kek_file, e);
    return kek_rewrap(&k->secrets->kek, k->kek, m, k->origin, k->world, e);
}
