/* SPDX-License-Identifier: MIT */
/* rotate.c - a new master key for a ledger, and its file in the place of the old one's. At every moment one
 * of two files opens the ledger, and which one is told: the new key is on disk before the log knows of it,
 * and the old one stays until somebody removes it. */
#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ledger/ledger_private.h"

static const char *new_file(const struct ledger *l, struct arena *a)
{
    return str_format(a, "%s.new", l->guarded.key_file).ptr;
}

/* ---- the files ---- */

static struct str key_name(const struct master_key *k, struct arena *a)
{
    uint8_t name[KEY_NAME_BYTES];
    master_key_name(name, k);
    return hex_text(a, name, sizeof name);
}

static enum err sync_folder_of(const char *path, struct arena *a, struct error *e)
{
    return dir_sync(dirname(str_cstring(a, str_of(path))), e);
}

/* A second name for the old key's file, before its first one goes to the new key. */
static enum err keep_old(const char *path, const char *kept, struct error *e)
{
    struct stat now = {0}, there = {0};
    if (link(path, kept) == 0) return OK;
    if (errno != EEXIST) return fail_errno(e, errno, "cannot keep '%s' as '%s'", path, kept);
    bool same = stat(path, &now) == 0 && stat(kept, &there) == 0 && now.st_dev == there.st_dev &&
                now.st_ino == there.st_ino;
    return same ? OK
                : fail(e, ERR_REFUSED, "cannot keep '%s' as '%s': there is a file of that name", path, kept);
}

static enum err put_in_place(struct str *kept, const struct ledger *l, const struct master_key *old,
                             struct arena *a, struct error *e)
{
    const char *path = l->guarded.key_file, *fresh = new_file(l, a);
    *kept = str_format(a, "%s.old-%.*s", path, STR_ARG(key_name(old, a)));
    enum err err = keep_old(path, kept->ptr, e);
    if (err == OK) err = sync_folder_of(path, a, e);
    if (err == OK && rename(fresh, path) != 0)
        err = fail_errno(e, errno, "cannot put '%s' in the place of '%s'", fresh, path);
    if (err == OK) err = sync_folder_of(path, a, e);
    return err;
}

/* Whoever reads the old one must be able to read the new one, also when root made it. */
static enum err same_owner(const char *path, const char *as, struct error *e)
{
    struct stat is = {0}, due = {0};
    if (as == NULL || stat(as, &due) != 0 || stat(path, &is) != 0) return OK;
    if (is.st_uid == due.st_uid && is.st_gid == due.st_gid) return OK;
    if (chown(path, due.st_uid, due.st_gid) == 0) return OK;
    return fail_errno(e, errno, "cannot give '%s' to the owner of '%s'", path, as);
}

/* Made if it is missing, and protected if the old one is. One that is there was made by a rotation that did
 * not get far, or by who named it. */
static enum err new_key(struct master_key **out, const struct ledger *l, const char *path, struct error *e)
{
    const char *old = l->guarded.key_file;
    const struct passphrase_source *from = &l->passphrase;
    enum err err = OK;
    bool made = !file_exists(path);
    if (made)
        err = master_key_make(path, old != NULL && key_file_is_protected(old) ? from : NULL, l->world, e);
    if (err == OK) err = master_key_open(out, path, l->dir, false, from, l->world, e);
    return err == OK && made ? same_owner(path, old, e) : err;
}

/* ---- the ledger ---- */

/* The customers' keys hang on the master key by one file. The views were sealed under the old key, and ids
 * stand in them by its index key: they are folded anew. */
static enum err change_views(struct ledger *l, struct master_key *next, const char *kek_file, struct error *e)
{
    views_close(l->views);
    l->views = NULL;
    enum err err = customer_keys_rewrap(l->keys, next, kek_file, e);
    master_key_close(l->master);
    l->master = next;
    return err == OK ? ledger_open_views(l, false, e) : err;
}

/* Where the customers' keys' own key is from now on, if that is elsewhere: it stands beside the file that
 * opens the ledger; of a key command it stays where it is. NULL: where it was. */
static const char *kek_file_with(const struct ledger *l, const struct ledger_rotation *r, struct arena *a)
{
    bool moves = !r->swaps && l->guarded.key_file != NULL;
    return moves ? kek_path(l, str_cstring(a, r->key_file), a) : NULL;
}

/* From here on the new key opens the ledger, whatever else fails. */
static enum err settle_in(struct ledger_rotation *out, struct ledger *l, struct master_key *next,
                          struct arena *a, struct error *e)
{
    enum err err = out->swaps ? put_in_place(&out->kept, l, l->master, a, e) : OK;
    if (err != OK)
        (void)wrap(e,
                   "the key was replaced and '%s' opens the ledger, but it is not in place yet ('daybook key "
                   "rotate' goes on)",
                   out->key_file.ptr);
    else if (out->swaps)
        out->key_file = str_format(a, "%s", l->guarded.key_file);
    struct error late = {0};
    const char *kek_file = kek_file_with(l, out, a);
    if (kek_file != NULL) guard_kek(l, kek_file);
    enum err folded = change_views(l, next, kek_file, &late);
    if (err != OK || folded == OK) return err;
    *e = late;
    return wrap(e, "the key was replaced and '%s' opens the ledger, but the views could not be made anew",
                out->key_file.ptr);
}

static enum err rotate_locked(struct ledger_rotation *out, struct ledger *l, struct master_key *next,
                              struct arena *a, struct error *e)
{
    const char *kek_file = kek_file_with(l, out, a);
    enum err err = kek_file == NULL ? OK : customer_keys_leave(l->keys, e);
    if (err == OK) err = log_rotate(&out->seq, l->log, next, l->world.now(l->world.self), e);
    if (err == OK) return settle_in(out, l, next, a, e);
    /* The note does no harm where it stays: it names the file in use. */
    struct error unused = {0};
    if (kek_file != NULL && err != ERR_INCOMPLETE && customer_keys_stay(l->keys, &unused) != OK)
        unused.code = OK;
    master_key_close(next);
    return wrap(e, "cannot replace the master key");
}

static enum err check_place(const struct ledger *l, const char *path, struct error *e)
{
    if (path != NULL) return ledger_guard_output(l, path, e);
    if (l->guarded.key_file != NULL) return OK;
    return fail(e, ERR_USAGE, "a key command cannot be given a new key: --new-key-file names a file for it");
}

static enum err rotate(struct ledger_rotation *out, struct ledger *l, const char *path, struct arena *a,
                       struct error *e)
{
    struct master_key *next = NULL;
    enum err err = new_key(&next, l, path, e);
    if (err != OK) {
        master_key_close(next);
        return wrap(e, "cannot replace the master key");
    }
    out->key_file = str_format(a, "%s", path);
    out->old_key = key_name(l->master, a);
    out->key = key_name(next, a);
    ledger_lock(l);
    err = rotate_locked(out, l, next, a, e);
    ledger_unlock(l);
    return err;
}

enum err ledger_rotate(struct ledger_rotation *out, struct ledger *l, const char *new_key_file,
                       struct arena *a, struct error *e)
{
    bool finished = l->finished_rotation && new_key_file == NULL;
    *out = (struct ledger_rotation){.swaps = new_key_file == NULL, .finished = finished};
    enum err err = check_place(l, new_key_file, e);
    if (err != OK) return err;
    if (!finished) return rotate(out, l, new_key_file != NULL ? new_key_file : new_file(l, a), a, e);
    out->key = key_name(l->master, a);
    out->key_file = str_format(a, "%s", l->guarded.key_file);
    return OK;
}

/* ---- one that was interrupted ---- */

/* Does KEYFILE.new open what KEYFILE opened before? */
static enum err open_by_new(struct master_key **next, struct ledger *l, const struct ledger_options *o,
                            struct arena *a, struct error *e)
{
    enum err err = master_key_open(next, new_file(l, a), l->dir, false, &l->passphrase, l->world, e);
    return err == OK ? ledger_open_log(l, o, *next, e) : err;
}

/* Who opened it by KEYFILE.new as by any other key may have the KEK's file beside that. */
static enum err take_kek_back(const struct ledger *l, struct arena *a, struct error *e)
{
    const char *is = kek_path(l, new_file(l, a), a), *due = kek_path(l, l->guarded.key_file, a);
    if (file_exists(due) || !file_exists(is)) return OK;
    if (rename(is, due) != 0) return fail_errno(e, errno, "cannot put '%s' in the place of '%s'", is, due);
    return sync_folder_of(due, a, e);
}

enum err rotation_resume(struct ledger *l, const struct ledger_options *o, struct error *e)
{
    struct arena *a = arena_new();
    struct master_key *next = NULL;
    struct error unused = {0};
    struct str kept = STR_NONE;
    enum err err = e->code;
    if (open_by_new(&next, l, o, a, &unused) == OK) {
        if (o->finish_rotation) {
            err = take_kek_back(l, a, e);
            if (err == OK) err = put_in_place(&kept, l, l->master, a, e);
            l->finished_rotation = err == OK;
        } else {
            struct str was = str_copy(a, str_of(e->text));
            (void)fail(e, err, "%.*s, which is in '%s': 'daybook key rotate' puts it in place", STR_ARG(was),
                       new_file(l, a));
        }
    }
    if (err == OK) {
        master_key_close(l->master);
        l->master = next;
        next = NULL;
    }
    master_key_close(next);
    arena_free(a);
    return err;
}
