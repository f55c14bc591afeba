/* SPDX-License-Identifier: MIT */
/* log_full.c - a disk that fills up under the log and under the views. LMDB then answers an unclear I/O error
 * in the middle of a commit; the log must find out that nothing was written and say so, keep what was
 * acknowledged, and go on once there is room. Needs root for a tmpfs of its own, in a mount namespace that
 * nobody else sees.
 *
 *     log_full        exit status 0, 1, or 77 where no tmpfs can be mounted */
#define _GNU_SOURCE
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "ledger/store.h"

enum { PLAIN_BYTES = 900, PER_BATCH = 50, MAP_BYTES = 64 * 1024 * 1024 };

struct place {
    char dir[64];
    struct master_key *key;
    struct error error;
};

static _Noreturn void die(const char *what, const struct error *e)
{
    printf("FAIL: %s: %s\n0 passed, 1 failed, 0 skipped\n", what, e->text);
    exit(1);
}

#define MUST(p, call)                              \
    do {                                           \
        if ((call) != OK) die(#call, &(p)->error); \
    } while (0)
#define CHECK(p, condition)                             \
    do {                                                \
        if (!(condition)) die(#condition, &(p)->error); \
    } while (0)

static struct log_options log_options_of(const struct place *p)
{
    return (struct log_options){.backend = &log_lmdb,
                                .place = {.dir = p->dir, .map_bytes = MAP_BYTES},
                                .master = p->key,
                                .world = world_real(),
                                .program = "log full"};
}

static enum err append(struct place *p, struct log *l)
{
    static const uint8_t text[PLAIN_BYTES];
    struct bytes plains[PER_BATCH];
    struct log_state s = {0};
    uint64_t first = 0;
    for (size_t i = 0; i < PER_BATCH; i++) plains[i] = (struct bytes){text, PLAIN_BYTES};
    MUST(p, log_state(&s, l, &p->error));
    return log_append(&first, l, s.head.range.size, plains, PER_BATCH, (struct instant){1}, &p->error);
}

static uint64_t verified(struct place *p, struct log *l)
{
    struct log_report r = {0};
    MUST(p, log_verify_chain(&r, l, NULL, NULL, &p->error));
    return r.records;
}

static void fill_log(struct place *p)
{
    struct log_options o = log_options_of(p);
    struct log *l = NULL;
    uint64_t acknowledged = 2;
    MUST(p, log_create(&l, &o, &p->error));
    enum err err = append(p, l);
    for (; err == OK; err = append(p, l)) acknowledged += PER_BATCH;
    printf("the log is full with %llu records: %s\n", (unsigned long long)acknowledged, p->error.text);
    CHECK(p, acknowledged > 2);
    CHECK(p, err == ERR_STORAGE);
    for (int again = 0; again < 3; again++) CHECK(p, append(p, l) == ERR_STORAGE);
    CHECK(p, verified(p, l) == acknowledged);
    log_close(l);
    MUST(p, log_open(&l, &o, &p->error)); /* full, and readable */
    CHECK(p, verified(p, l) == acknowledged);
    CHECK(p, mount("tmpfs", p->dir, "tmpfs", MS_REMOUNT, "size=64m") == 0);
    MUST(p, append(p, l));
    CHECK(p, verified(p, l) == acknowledged + PER_BATCH + 1); /* and an epoch */
    log_close(l);
}

static enum err put_some(struct place *p, struct views *v, uint64_t *next)
{
    static const uint8_t text[PLAIN_BYTES];
    struct views_txn *t = NULL;
    enum err err = views_begin(&t, v, true, &p->error);
    for (uint64_t i = 0; err == OK && i < PER_BATCH; i++) {
        struct view_key k = view_key(1);
        view_key_u64(&k, *next + i);
        err = views_put(t, &k, (struct bytes){text, PLAIN_BYTES}, &p->error);
    }
    if (err != OK) {
        views_abort(t);
        return err;
    }
    struct view_cursor c = {.seq = *next + PER_BATCH};
    views_set_cursor(t, &c);
    err = views_commit(t, &p->error);
    if (err == OK) *next += PER_BATCH;
    return err;
}

static uint64_t cursor_of(struct place *p, struct views *v)
{
    struct views_txn *t = NULL;
    struct view_cursor c = {0};
    MUST(p, views_begin(&t, v, false, &p->error));
    MUST(p, views_cursor(&c, t, &p->error));
    views_abort(t);
    return c.seq;
}

static void fill_views(struct place *p)
{
    struct views_options o = {.dir = p->dir,
                              .map_bytes = MAP_BYTES,
                              .master = p->key,
                              .origin = STR("daybook/0123456789abcdef"),
                              .world = world_real()};
    struct views *v = NULL;
    bool fresh = false;
    uint64_t next = 0;
    MUST(p, views_open(&v, &fresh, &o, &p->error));
    enum err err = put_some(p, v, &next);
    while (err == OK) err = put_some(p, v, &next);
    printf("the views are full with %llu values: %s\n", (unsigned long long)next, p->error.text);
    CHECK(p, next > 0);
    CHECK(p, err == ERR_STORAGE);
    CHECK(p, cursor_of(p, v) == next);
    CHECK(p, mount("tmpfs", p->dir, "tmpfs", MS_REMOUNT, "size=64m") == 0);
    MUST(p, put_some(p, v, &next));
    CHECK(p, cursor_of(p, v) == next);
    views_close(v);
}

static void on_a_small_disk(struct place *p, void (*fill)(struct place *))
{
    CHECK(p, mount("tmpfs", p->dir, "tmpfs", 0, "size=3m") == 0);
    fill(p);
    CHECK(p, umount(p->dir) == 0);
}

int main(void)
{
    struct place p = {.dir = "/tmp/log-full-XXXXXX"};
    static const uint8_t key[KEY_BYTES] = {1};
    bool alone = unshare(CLONE_NEWNS) == 0 && mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0;
    if (!alone || mkdtemp(p.dir) == NULL || mount("tmpfs", p.dir, "tmpfs", 0, "size=3m") != 0) {
        printf("SKIP: a small tmpfs cannot be mounted here (needs root)\n");
        return 77;
    }
    (void)umount(p.dir);
    MUST(&p, master_key_from_bytes(&p.key, key, &p.error));
    on_a_small_disk(&p, fill_log);
    on_a_small_disk(&p, fill_views);
    master_key_close(p.key);
    (void)rmdir(p.dir);
    printf("2 passed, 0 failed, 0 skipped\n");
    return 0;
}
