/* SPDX-License-Identifier: MIT */
/* views_guard.c - may the files of the views be opened at all? LMDB without sync survives the death of a
 * process, because the kernel has all its writes, but not the death of the machine: such a file can crash
 * whoever maps it. So a marker beside it says which boot of the machine (and which inode: copies of a live
 * file are torn as well) it was last open in, and whether it was synced at the end. What may be torn is
 * deleted unopened. Each handle holds a shared flock; only who is alone may delete files or note a clean end.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ledger/store/views_private.h"

enum { BOOT_ID_BYTES = 36, STATE_BYTES = 512, ENTER_TRIES = 1000 };
static const char BOOT_ID_FILE[] = "/proc/sys/kernel/random/boot_id";

/* What the marker says: nothing, that the end was clean, or that the files are open in this boot and in this
 * place. */
struct state {
    bool there, clean, ours;
};

static void path_of(char out[LIMIT_PATH_BYTES + 16], const struct views_guard *g, const char *name)
{
    (void)snprintf(out, LIMIT_PATH_BYTES + 16, "%s/%s", g->dir, name); /* has room */
}

/* Reads a small file into a string. False: there is none. */
static bool small_file(char *to, size_t size, const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return false;
    ssize_t n = read(fd, to, size - 1);
    (void)close(fd); /* only read */
    to[n > 0 ? n : 0] = 0;
    return n >= 0;
}

/* Where the kernel does not tell its boot, every marker is of another one: views are then kept only by clean
 * ends. */
static void boot_now(char out[BOOT_ID_BYTES + 1])
{
    char text[STATE_BYTES] = {0};
    memcpy(out, "unknown", 8);
    if (small_file(text, sizeof text, BOOT_ID_FILE) && strlen(text) >= BOOT_ID_BYTES) {
        memcpy(out, text, BOOT_ID_BYTES);
        out[BOOT_ID_BYTES] = 0;
    }
}

static unsigned long long inode_of(const struct views_guard *g)
{
    char path[LIMIT_PATH_BYTES + 16];
    struct stat st;
    path_of(path, g, "data.mdb");
    return stat(path, &st) == 0 ? (unsigned long long)st.st_ino : 0;
}

bool views_guard_has_files(const struct views_guard *g)
{
    return inode_of(g) != 0;
}

struct marker {
    char text[STATE_BYTES];
};

static struct marker marker_of(const struct views_guard *g, bool clean)
{
    struct marker m;
    char boot[BOOT_ID_BYTES + 1];
    boot_now(boot);
    int n = snprintf(m.text, sizeof m.text, "daybook views 1\nboot %s\ninode %llu\n%s\n", boot, inode_of(g),
                     clean ? "clean" : "open");
    assert(n > 0 && (size_t)n < sizeof m.text);
    return m;
}

static struct state state_read(const struct views_guard *g)
{
    static const char first[] = "daybook views 1\n", last[] = "\nclean\n";
    char path[LIMIT_PATH_BYTES + 16], boot[BOOT_ID_BYTES + 1], text[STATE_BYTES] = {0};
    struct state s = {0};
    path_of(path, g, "state");
    s.there = small_file(text, sizeof text, path) && strncmp(text, first, strlen(first)) == 0;
    size_t len = strlen(text);
    s.clean = s.there && len > strlen(last) && strcmp(text + len - strlen(last), last) == 0;
    boot_now(boot);
    s.ours = strcmp(boot, "unknown") != 0 && strcmp(text, marker_of(g, false).text) == 0;
    return s;
}

static enum err state_write(const struct views_guard *g, bool clean, struct error *e)
{
    char path[LIMIT_PATH_BYTES + 16];
    struct marker m = marker_of(g, clean);
    path_of(path, g, "state");
    return file_write(path, str_bytes(str_of(m.text)), 0600, e);
}

static bool may_be_torn(const struct views_guard *g)
{
    if (inode_of(g) == 0) return false; /* there is nothing */
    struct state s = state_read(g);
    return !s.clean && !s.ours;
}

static enum err files_delete(const struct views_guard *g, struct error *e)
{
    static const char *const names[] = {"data.mdb", "lock.mdb", "state"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path[LIMIT_PATH_BYTES + 16];
        path_of(path, g, names[i]);
        if (unlink(path) != 0 && errno != ENOENT) return fail_errno(e, errno, "cannot delete '%s'", path);
    }
    return OK;
}

/* A lock that is taken in the end; flock may be interrupted. */
static bool take(int fd, int how)
{
    int rc = -1;
    do rc = flock(fd, how);
    while (rc != 0 && errno == EINTR);
    return rc == 0;
}

/* Alone: decides about the files. */
static enum err clear_away(struct views_guard *g, bool drop, struct error *e)
{
    if (!drop && !may_be_torn(g)) return OK;
    if (g->read_only) return fail(e, ERR_INCOMPLETE, "the views in '%s' must be rebuilt", g->dir);
    return files_delete(g, e);
}

static enum err enter_locked(struct views_guard *g, bool drop, struct error *e)
{
    for (int i = 0; i < ENTER_TRIES; i++) {
        if (take(g->lock, LOCK_EX | LOCK_NB)) {
            enum err err = clear_away(g, drop, e);
            if (err != OK) return err;
            g->alone = true;
            if (!take(g->lock, LOCK_SH)) break;
            return OK;
        }
        if (!take(g->lock, LOCK_SH)) break;
        /* Others have them open and are well; unless the one that we waited for left them torn and unmarked.
         */
        if (!drop && !may_be_torn(g)) return OK;
        if (drop)
            return fail(e, ERR_STORAGE, "cannot drop the views in '%s': another process uses them", g->dir);
    }
    return fail(e, ERR_STORAGE, "cannot lock the views in '%s'", g->dir);
}

enum err views_guard_enter(struct views_guard *g, const char *dir, bool read_only, bool drop, struct error *e)
{
    char path[LIMIT_PATH_BYTES + 16];
    *g = (struct views_guard){.lock = -1, .read_only = read_only};
    int n = snprintf(g->dir, sizeof g->dir, "%s/views", dir);
    if (n < 0 || (size_t)n >= sizeof g->dir) return fail(e, ERR_LIMIT, "the path '%s' is too long", dir);
    if (read_only && inode_of(g) == 0)
        return fail(e, ERR_INCOMPLETE, "the views in '%s' must be built", g->dir);
    enum err err = read_only ? OK : dir_make(g->dir, 0700, e);
    if (err != OK) return err;
    path_of(path, g, "state.lock");
    g->lock = open(path, (read_only ? O_RDONLY : O_RDWR | O_CREAT) | O_CLOEXEC, 0600);
    if (g->lock < 0) return fail_errno(e, errno, "cannot open '%s'", path);
    err = enter_locked(g, drop, e);
    if (err != OK) {
        (void)close(g->lock); /* also unlocks */
        g->lock = -1;
    }
    return err;
}

enum err views_guard_note_open(struct views_guard *g, struct error *e)
{
    if (g->noted) return OK;
    enum err err = state_read(g).ours ? OK : state_write(g, false, e);
    g->noted = err == OK;
    return err;
}

void views_guard_leave(struct views_guard *g, struct lmdb_env *env)
{
    if (g->lock < 0) return;
    /* Alone first, then synced, then noted: in any other order somebody could still write in between.
     * Whatever fails here leaves the marker as it is, and costs a rebuild after the machine's next start. */
    struct error ignored = {0};
    if (env != NULL && !g->read_only && take(g->lock, LOCK_EX | LOCK_NB)) {
        struct state s = state_read(g);
        if (s.there && !s.clean) lmdb_lengthen(env);
        if (s.there && !s.clean && lmdb_sync(env, &ignored) == OK) (void)state_write(g, true, &ignored);
    }
    (void)close(g->lock); /* also unlocks */
    g->lock = -1;
}
