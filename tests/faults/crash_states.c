/* SPDX-License-Identifier: MIT */
/* crash_states.c - what a power cut may leave of the log. A workload appends to a log while everything that
 * LMDB writes is recorded; then the file is built as a crash could have left it, at every point, with any
 * part of the writes that were not synced yet (whole writes, 512-byte sectors, or none), and opened: every
 * acknowledged record must be there, the chain must verify, and one more append must succeed. The same with
 * MDB_NOMETASYNC and MDB_NOSYNC must fail, or the test sees nothing. Model: one file's contents; not folders,
 * lying disks or syncs that fail.
 *
 *     crash_states [STATES] [SEED]        default 2000 states; exit status 0, 1, or 77 without a place to
 * work in */
#include <errno.h>
#include <fcntl.h>
#include <lmdb.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ledger/store.h"

enum {
    BATCHES = 40,
    PLAIN_BYTES = 600,
    SECTOR = 512,
    MAP_BYTES = 64 * 1024 * 1024,
    STATES = 2000,
    DESCRIPTORS = 1024
};

/* ---- the recorder: it stands in front of the C library for the whole program ---- */

enum step_kind {
    STEP_WRITE,   /* buffered: on disk after the next sync, or earlier, or in part */
    STEP_DURABLE, /* through an O_DSYNC descriptor: on disk when it returns */
    STEP_SYNC,
    STEP_NAMED, /* the folder got its final name */
    STEP_ACK,   /* the workload told somebody that `number` records are safe */
};
struct step {
    enum step_kind kind;
    uint64_t offset, number;
    uint8_t *bytes;
    size_t len;
};
static struct {
    struct step *steps;
    size_t count, room;
    bool on;
    /* Per descriptor: 0 not ours, 1 data.mdb, 2 data.mdb with O_DSYNC; and where lseek put it. */
    int watched[DESCRIPTORS];
    off_t at[DESCRIPTORS];
} recorder;

#define IN_FRONT __attribute__((visibility("default")))

static struct step *step_add(enum step_kind kind)
{
    if (recorder.count == recorder.room) {
        recorder.room = recorder.room == 0 ? 256 : recorder.room * 2;
        recorder.steps = realloc(recorder.steps, recorder.room * sizeof *recorder.steps);
        if (recorder.steps == NULL) WRONG("out of memory");
    }
    struct step *s = &recorder.steps[recorder.count++];
    *s = (struct step){.kind = kind};
    return s;
}

static void step_write(int fd, const void *bytes, size_t len, off_t offset)
{
    struct step *s = step_add(recorder.watched[fd] == 2 ? STEP_DURABLE : STEP_WRITE);
    s->bytes = malloc(len);
    if (s->bytes == NULL) WRONG("out of memory");
    memcpy(s->bytes, bytes, len);
    s->len = len;
    s->offset = (uint64_t)offset;
}

static bool is_watched(int fd)
{
    return recorder.on && fd >= 0 && fd < DESCRIPTORS && recorder.watched[fd] != 0;
}

IN_FRONT int open(const char *path, int flags, ...)
{
    va_list more;
    va_start(more, flags);
    mode_t mode = (flags & O_CREAT) != 0 ? va_arg(more, mode_t) : 0;
    va_end(more);
    int fd = (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
    const char *name = strrchr(path, '/');
    if (fd >= 0 && fd < DESCRIPTORS) {
        bool ours = recorder.on && name != NULL && strcmp(name, "/data.mdb") == 0;
        recorder.watched[fd] = !ours ? 0 : (flags & O_DSYNC) != 0 ? 2 : 1;
    }
    return fd;
}

IN_FRONT ssize_t pwrite(int fd, const void *bytes, size_t len, off_t offset)
{
    if (is_watched(fd)) step_write(fd, bytes, len, offset);
    return syscall(SYS_pwrite64, fd, bytes, len, offset);
}

IN_FRONT off_t lseek(int fd, off_t offset, int whence)
{
    off_t at = syscall(SYS_lseek, fd, offset, whence);
    if (is_watched(fd)) recorder.at[fd] = at;
    return at;
}

IN_FRONT ssize_t writev(int fd, const struct iovec *parts, int count)
{
    for (int i = 0; is_watched(fd) && i < count; i++) {
        step_write(fd, parts[i].iov_base, parts[i].iov_len, recorder.at[fd]);
        recorder.at[fd] += (off_t)parts[i].iov_len;
    }
    return syscall(SYS_writev, fd, parts, count);
}

IN_FRONT int fdatasync(int fd)
{
    if (is_watched(fd)) (void)step_add(STEP_SYNC);
    return (int)syscall(SYS_fdatasync, fd);
}

IN_FRONT int rename(const char *from, const char *to)
{
    if (recorder.on) (void)step_add(STEP_NAMED);
    return (int)syscall(SYS_renameat, AT_FDCWD, from, AT_FDCWD, to);
}

/* ---- the workload ---- */

struct work {
    char root[64]; /* of everything, in memory */
    struct master_key *key;
    struct simulated_world dice;
};

static uint64_t dice(struct work *w, uint64_t below)
{
    uint64_t n = 0;
    struct world sim = world_simulated(&w->dice);
    sim.random(sim.self, &n, sizeof n);
    return n % below;
}

static struct log_options options_of(const struct work *w, const char *dir, unsigned unsafe_flags)
{
    return (struct log_options){.backend = &log_lmdb,
                                .place = {.dir = dir, .map_bytes = MAP_BYTES, .unsafe_flags = unsafe_flags},
                                .master = w->key,
                                .world = world_real(),
                                .program = "crash states"};
}

static void must(enum err err, const struct error *e)
{
    if (err == OK) return;
    (void)fprintf(stderr, "crash_states: %s\n", e->text);
    exit(1);
}

/* The n-th plaintext. */
static void plain_fill(uint8_t to[PLAIN_BYTES], uint64_t n)
{
    for (size_t i = 0; i < PLAIN_BYTES; i++) to[i] = (uint8_t)(n * 131 + i * 29);
    be64_put(to, n);
}

static void acknowledge(struct log *l, struct error *e)
{
    struct log_state s = {0};
    must(log_state(&s, l, e), e);
    step_add(STEP_ACK)->number = s.head.range.size;
}

static uint64_t append_batch(struct work *w, struct log *l, uint64_t from, uint64_t count, struct error *e)
{
    uint8_t texts[9][PLAIN_BYTES];
    struct bytes plains[9];
    struct log_state s = {0};
    uint64_t first = 0;
    (void)w;
    for (uint64_t i = 0; i < count; i++) {
        plain_fill(texts[i], from + i);
        plains[i] = (struct bytes){texts[i], PLAIN_BYTES};
    }
    must(log_state(&s, l, e), e);
    must(log_append(&first, l, s.head.range.size, plains, count, (struct instant){1}, e), e);
    return from + count;
}

static void workload(struct work *w, unsigned unsafe_flags)
{
    struct error e = {0};
    struct log *l = NULL;
    char dir[128];
    (void)snprintf(dir, sizeof dir, "%s/work-%u", w->root, unsafe_flags);
    struct log_options o = options_of(w, dir, unsafe_flags);
    uint64_t number = 0;
    recorder.on = true;
    must(log_create(&l, &o, &e), &e);
    acknowledge(l, &e);
    for (int i = 0; i < BATCHES; i++) {
        if (i % 13 == 12) { /* a new epoch now and then */
            log_close(l);
            must(log_open(&l, &o, &e), &e);
        }
        number = append_batch(w, l, number, 1 + dice(w, 9), &e);
        acknowledge(l, &e);
    }
    log_close(l);
    recorder.on = false;
}

/* ---- the file as a crash may have left it ---- */

struct disk_image {
    uint8_t *bytes;
    size_t len, room;
};

static void image_write(struct disk_image *m, uint64_t offset, const uint8_t *bytes, size_t len)
{
    size_t end = (size_t)offset + len;
    if (end > m->room) {
        m->bytes = realloc(m->bytes, end * 2);
        if (m->bytes == NULL) WRONG("out of memory");
        m->room = end * 2;
    }
    if (end > m->len) {
        memset(m->bytes + m->len, 0, end - m->len);
        m->len = end;
    }
    memcpy(m->bytes + offset, bytes, len);
}

enum fate { FATE_NONE, FATE_ALL, FATE_WRITES, FATE_SECTORS, FATES };

static void apply_pending(struct disk_image *m, struct work *w, const struct step *s, enum fate fate)
{
    if (fate == FATE_NONE || (fate == FATE_WRITES && dice(w, 2) == 0)) return;
    if (fate != FATE_SECTORS) {
        image_write(m, s->offset, s->bytes, s->len);
        return;
    }
    for (size_t at = 0; at < s->len; at += SECTOR) {
        size_t len = s->len - at < SECTOR ? s->len - at : SECTOR;
        if (dice(w, 2) == 0) image_write(m, s->offset + at, s->bytes + at, len);
    }
}

/* The file after the first `cut` steps, and how many records were acknowledged by then. */
static uint64_t image_build(struct disk_image *m, struct work *w, size_t cut, enum fate fate)
{
    uint64_t acknowledged = 0;
    size_t synced = 0;
    for (size_t i = 0; i < cut; i++)
        if (recorder.steps[i].kind == STEP_SYNC) synced = i;
    m->len = 0;
    for (size_t i = 0; i < cut; i++) {
        const struct step *s = &recorder.steps[i];
        if (s->kind == STEP_ACK) acknowledged = s->number;
        if (s->kind == STEP_DURABLE || (s->kind == STEP_WRITE && i < synced))
            image_write(m, s->offset, s->bytes, s->len);
        if (s->kind == STEP_WRITE && i >= synced) apply_pending(m, w, s, fate);
    }
    return acknowledged;
}

/* ---- the judgement ---- */

static enum err check_plain(void *context, const struct log_entry *entry, struct error *e)
{
    uint64_t *number = context;
    uint8_t wanted[PLAIN_BYTES];
    if (entry->header.class_ != RECORD_EVENTS) return OK;
    plain_fill(wanted, (*number)++);
    if (bytes_equal(entry->plain, (struct bytes){wanted, PLAIN_BYTES})) return OK;
    return fail(e, ERR_TAMPERED, "a record has another plaintext");
}

/* Exit statuses of a judging process. */
enum verdict { GOOD = 0, UNREADABLE = 10, LOST = 11, NOT_WRITABLE = 12 };

static enum verdict judge(struct work *w, const char *dir, uint64_t acknowledged)
{
    struct error e = {0};
    struct log *l = NULL;
    struct log_report r = {0};
    uint64_t number = 0, first = 0;
    struct log_options o = options_of(w, dir, 0);
    enum err err = log_open(&l, &o, &e);
    if (err == ERR_NOT_FOUND && acknowledged == 0) return GOOD;
    if (err == OK) err = log_verify_chain(&r, l, NULL, NULL, &e);
    if (err == OK) err = log_read(l, 0, UINT64_MAX, check_plain, &number, &e);
    if (err != OK) return err == ERR_NOT_FOUND ? LOST : UNREADABLE;
    if (r.records < acknowledged) return LOST;
    uint8_t text[PLAIN_BYTES];
    plain_fill(text, number);
    struct bytes plain = {text, PLAIN_BYTES};
    err = log_append(&first, l, r.records, &plain, 1, (struct instant){1}, &e);
    number = 0;
    if (err == OK) err = log_verify_chain(&r, l, NULL, NULL, &e);
    if (err == OK) err = log_read(l, 0, UINT64_MAX, check_plain, &number, &e);
    log_close(l);
    return err == OK ? GOOD : NOT_WRITABLE;
}

static void write_file(const char *path, const struct disk_image *m)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool fine = fd >= 0 && write(fd, m->bytes, m->len) == (ssize_t)m->len && close(fd) == 0;
    if (fine) return;
    perror("crash_states: cannot write an image");
    exit(1);
}

/* Judges in a process of its own, because a torn file may kill whoever maps it. True: the state is good. */
static bool state_is_good(struct work *w, const struct disk_image *m, uint64_t acknowledged)
{
    char dir[128], log[160], path[192];
    (void)snprintf(dir, sizeof dir, "%s/state", w->root);
    (void)snprintf(log, sizeof log, "%s/log", dir);
    (void)snprintf(path, sizeof path, "%s/lock.mdb", log);
    (void)mkdir(dir, 0700);
    (void)mkdir(log, 0700);
    (void)unlink(path);
    (void)snprintf(path, sizeof path, "%s/data.mdb", log);
    write_file(path, m);
    (void)fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        enum verdict verdict = judge(w, dir, acknowledged);
        _exit((int)verdict);
    }
    int status = 0;
    if (pid < 0 || waitpid(pid, &status, 0) != pid) WRONG("cannot fork");
    return WIFEXITED(status) && WEXITSTATUS(status) == GOOD;
}

/* ---- the states ---- */

static void steps_free(void)
{
    for (size_t i = 0; i < recorder.count; i++) free(recorder.steps[i].bytes);
    recorder.count = 0;
}

static size_t first_cut(void)
{
    size_t i = 0;
    while (i < recorder.count && recorder.steps[i].kind != STEP_NAMED) i++;
    return i + 1; /* before it, there is no file of that name */
}

/* Every cut with nothing and with everything of what is pending; then dice. Returns how many states were bad.
 */
static uint64_t explore(struct work *w, uint64_t states, uint64_t enough)
{
    struct disk_image m = {0};
    uint64_t bad = 0;
    size_t first = first_cut(), cuts = recorder.count + 1 - first;
    for (uint64_t i = 0; i < states && bad < enough; i++) {
        bool exhaustive = i < 2 * (uint64_t)cuts;
        size_t cut = first + (exhaustive ? (size_t)(i / 2) : (size_t)dice(w, cuts));
        enum fate fate = exhaustive ? (enum fate)(i % 2) : (enum fate)(FATE_WRITES + (int)dice(w, 2));
        uint64_t acknowledged = image_build(&m, w, cut, fate);
        if (state_is_good(w, &m, acknowledged)) continue;
        bad++;
        if (enough == UINT64_MAX) printf("bad: cut %zu of %zu, fate %d\n", cut, recorder.count, (int)fate);
    }
    free(m.bytes);
    return bad;
}

static bool run(struct work *w, const char *name, unsigned unsafe_flags, uint64_t states, bool must_be_good)
{
    workload(w, unsafe_flags);
    uint64_t bad = explore(w, states, must_be_good ? UINT64_MAX : 5);
    bool right = must_be_good ? bad == 0 : bad > 0;
    printf("%s %s: %llu steps, %llu bad states%s\n", right ? "ok  " : "FAIL", name,
           (unsigned long long)recorder.count, (unsigned long long)bad,
           must_be_good ? "" : " found, as must be");
    steps_free();
    return right;
}

static bool make_root(struct work *w)
{
    memcpy(w->root, "/dev/shm/crash-XXXXXX", 22);
    if (mkdtemp(w->root) != NULL) return true;
    memcpy(w->root, "/tmp/crash-XXXXXX", 18);
    return mkdtemp(w->root) != NULL;
}

static void remove_root(const struct work *w)
{
    char command[128];
    (void)snprintf(command, sizeof command, "rm -rf '%s'", w->root);
    if (system(command) != 0) (void)fprintf(stderr, "crash_states: cannot remove %s\n", w->root);
}

int main(int argc, char **argv)
{
    static const uint8_t key[KEY_BYTES] = {1, 2, 3};
    struct work w = {.dice = {.state = argc > 2 ? strtoull(argv[2], NULL, 10) : 1}};
    struct error e = {0};
    uint64_t states = argc > 1 ? strtoull(argv[1], NULL, 10) : STATES;
    if (!make_root(&w)) {
        printf("SKIP: there is no folder to work in\n");
        return 77;
    }
    must(master_key_from_bytes(&w.key, key, &e), &e);
    int right = 0;
    right += run(&w, "full sync", 0, states, true);
    right += run(&w, "MDB_NOMETASYNC", MDB_NOMETASYNC, states, false);
    right += run(&w, "MDB_NOSYNC", MDB_NOSYNC, states, false);
    master_key_close(w.key);
    free(recorder.steps);
    remove_root(&w);
    printf("%d passed, %d failed, 0 skipped\n", right, 3 - right);
    return right == 3 ? 0 : 1;
}
