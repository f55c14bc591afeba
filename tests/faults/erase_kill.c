/* SPDX-License-Identifier: MIT */
/* erase_kill.c - an erasure whose process is killed before each of its writes, syncs, renames and deletions
 * in turn. Whoever opens the ledger next finds the customer either as he was or erased, never half; asked
 * again, the erasure is done, and of the key that was in use before nothing is left.
 *
 *     erase_kill        exit status 0 or 1 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "projections/projections.h"

/* ---- the calls that change what is stored, counted; these stand in for the C library's ---- */

static long calls_left = -1; /* until the process dies; -1: never */

static void step(void)
{
    if (calls_left > 0 && --calls_left == 0) (void)raise(SIGKILL);
}

int fsync(int fd)
{
    step();
    return (int)syscall(SYS_fsync, fd);
}

int fdatasync(int fd)
{
    step();
    return (int)syscall(SYS_fdatasync, fd);
}

int rename(const char *from, const char *to)
{
    step();
    return (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
}

int unlink(const char *path)
{
    step();
    return (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0);
}

ssize_t pwrite(int fd, const void *from, size_t len, off_t at)
{
    step();
    return syscall(SYS_pwrite64, fd, from, len, at);
}

/* ---- the ledger ---- */

static char folder[64];

/* In the folder; the last four that were asked for stay as they are. */
static const char *in_folder(const char *name)
{
    static char paths[4][128];
    static size_t next;
    char *path = paths[next++ % 4];
    (void)snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

static void folder_make(void)
{
    const char *base = getenv("TMPDIR");
    (void)snprintf(folder, sizeof folder, "%s/erase_kill.XXXXXX", base != NULL ? base : "/tmp");
    if (mkdtemp(folder) == NULL) exit(1);
}

static void folder_remove(void)
{
    char command[128];
    (void)snprintf(command, sizeof command, "rm -rf '%s'", folder);
    if (system(command) != 0) exit(1);
}

static _Noreturn void die(long n, const char *what, const struct error *e)
{
    printf("FAIL: killed at call %ld: %s: %s\n0 passed, 1 failed, 0 skipped\n", n, what, e->text);
    exit(1);
}

static struct ledger_options options(void)
{
    return (struct ledger_options){.dir = in_folder("led"),
                                   .key_file = in_folder("key"),
                                   .world = world_real(),
                                   .state = &daybook_state,
                                   .program = "test"};
}

static enum err run(struct ledger *l, const struct command *c, struct error *e)
{
    struct outcome o = {0};
    struct arena *a = arena_new();
    struct request r = {.command = c, .actor = STR("test")};
    enum err err = ledger_execute(&o, l, &r, a, e);
    arena_free(a);
    return err;
}

static void make(struct error *e)
{
    struct ledger *l = NULL;
    struct ledger_options o = options();
    static const char *const users[] = {"ann", "bob"};
    if (ledger_create(&o, e) != OK || ledger_open(&l, &o, e) != OK) die(0, "making the ledger", e);
    for (size_t i = 0; i < 2; i++) {
        struct command c = {.type = COMMAND_CUSTOMER_CREATE};
        c.customer_create.user = str_of(users[i]);
        c.customer_create.party.name = STR("Canary Example");
        if (run(l, &c, e) != OK) die(0, "a customer", e);
    }
    ledger_close(l);
}

static enum err erase(struct error *e)
{
    struct ledger *l = NULL;
    struct ledger_options o = options();
    struct command c = {.type = COMMAND_CUSTOMER_ERASE};
    c.customer_erase.user = STR("ann");
    enum err err = ledger_open(&l, &o, e);
    if (err == OK) err = run(l, &c, e);
    ledger_close(l);
    return err;
}

/* Does the name of `user` read as the views' erasure says? */
static enum err look(bool *erased, const char *user, struct error *e)
{
    struct ledger *l = NULL;
    struct ledger_options o = options();
    struct views_txn *t = NULL;
    struct customer c = {0};
    struct arena *a = arena_new();
    struct ledger_report report = {0};
    enum err err = ledger_open(&l, &o, e);
    if (err == OK) err = ledger_read_begin(&t, l, e);
    if (err == OK) err = find_customer(&c, t, str_of(user), a, e);
    *erased = err == OK && c.erased == ERASURE_ALL;
    if (err == OK && !str_is(c.party.name, *erased ? "[erased]" : "Canary Example"))
        err = fail(e, ERR_TAMPERED, "erased %d, but the name is '%.*s'", *erased, STR_ARG(c.party.name));
    if (err == OK) {
        ledger_read_end(l, t);
        err = ledger_verify(&report, l, NULL, NULL, a, e);
    }
    ledger_close(l);
    arena_free(a);
    return err;
}

static const char *needle;
static size_t needle_len;

static int has_needle(const char *path, const struct stat *info, int type, struct FTW *at)
{
    (void)at;
    if (type != FTW_F) return 0;
    char *bytes = malloc((size_t)info->st_size + 1);
    FILE *f = fopen(path, "r");
    if (bytes == NULL || f == NULL) exit(1);
    size_t got = fread(bytes, 1, (size_t)info->st_size, f);
    int found = memmem(bytes, got, needle, needle_len) != NULL;
    (void)fclose(f);
    free(bytes);
    return found;
}

static bool folder_has(const char *bytes, size_t len)
{
    needle = bytes;
    needle_len = len;
    return nftw(folder, has_needle, 8, FTW_PHYS) == 1;
}

/* The sealed KEK in its file. */
static void kek(char out[48])
{
    char command[4096];
    (void)snprintf(command, sizeof command, "tail -c 48 '%s'.*.kek", in_folder("key"));
    FILE *f = popen(command, "r");
    if (f == NULL || fread(out, 1, 48, f) != 48) exit(1);
    (void)pclose(f);
}

int main(void)
{
    long n = 1, undone = 0, completed = 0;
    for (bool whole = false; !whole; n++) {
        struct error e = {0};
        bool erased = false, other = false;
        char before[48];
        int status = 0;
        folder_make();
        make(&e);
        kek(before);
        (void)fflush(stdout);
        pid_t child = fork();
        if (child == 0) {
            calls_left = n;
            _exit(erase(&e) == OK ? 0 : 1);
        }
        if (waitpid(child, &status, 0) != child) return 1;
        whole = WIFEXITED(status) && WEXITSTATUS(status) == 0;
        if (!whole && !WIFSIGNALED(status)) die(n, "the erasure failed by itself", &e);
        if (look(&erased, "ann", &e) != OK) die(n, "the next one to open it", &e);
        *(erased ? &completed : &undone) += 1;
        if (erased == folder_has(before, sizeof before))
            die(n, "the old key is there, or gone too early", &e);
        if (erase(&e) != OK || look(&erased, "ann", &e) != OK || !erased) die(n, "asked again", &e);
        if (folder_has(before, sizeof before)) die(n, "the old key is still there", &e);
        if (look(&other, "bob", &e) != OK || other) die(n, "somebody else", &e);
        folder_remove();
    }
    if (undone < 5 || completed < 5) {
        printf("FAIL: %ld were undone and %ld completed: it was not killed on both sides of the commit\n",
               undone, completed);
        return 1;
    }
    printf("killed at each of %ld calls: %ld undone, %ld completed\n1 passed, 0 failed, 0 skipped\n", n - 2,
           undone, completed);
    return 0;
}
