/* SPDX-License-Identifier: MIT */
/* test_nonces.c - whatever becomes of a log and of its machine, no key seals two different records under one
 * nonce: a copy that goes on, a process that is cloned in the middle, a clock that is set back, a generator
 * that gives the same bytes again and again. */
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ledger/store/log_private.h"
#include "tests/store/ledgers.h"

TestSuite(nonces, .init = test_begin, .fini = test_end);

/* What decides the key, then the nonce, then the record that was sealed so. */
struct use {
    uint8_t salt[SALT_BYTES];
    uint32_t epoch;
    uint8_t nonce[NONCE_BYTES];
    struct hash leaf;
};
enum { PAIR_BYTES = offsetof(struct use, leaf), USES_MAX = 4096 };
struct uses {
    struct use items[USES_MAX];
    size_t count;
    uint8_t salts[64][SALT_BYTES]; /* by epoch */
};

static enum err note_use(void *context, const struct log_entry *entry, struct error *e)
{
    struct uses *u = context;
    struct epoch_body body = {0};
    if (entry->header.class_ == RECORD_EPOCH) {
        enum err err = epoch_body_take(&body, entry->clear_body, e);
        memcpy(u->salts[body.epoch], body.salt, SALT_BYTES);
        return err;
    }
    if (entry->header.epoch == 0) return OK;
    cr_assert(u->count < USES_MAX);
    struct use *one = &u->items[u->count++];
    memset(one, 0, sizeof *one);
    memcpy(one->salt, u->salts[entry->header.epoch], SALT_BYTES);
    one->epoch = entry->header.epoch;
    memcpy(one->nonce, entry->header.nonce, NONCE_BYTES);
    one->leaf = entry->leaf;
    return OK;
}

static void note_uses(struct uses *u, struct log *l)
{
    assert_ok(log_scan(l, 0, UINT64_MAX, note_use, u, E));
}

static int by_pair(const void *a, const void *b)
{
    return memcmp(a, b, PAIR_BYTES);
}

/* How many records the same key and nonce sealed more than once; each time it must be the very same record.
 */
static size_t assert_one_record_a_pair(struct uses *u)
{
    size_t same = 0;
    qsort(u->items, u->count, sizeof *u->items, by_pair);
    for (size_t i = 1; i < u->count; i++) {
        if (memcmp(&u->items[i - 1], &u->items[i], PAIR_BYTES) != 0) continue;
        cr_assert(hash_equal(&u->items[i - 1].leaf, &u->items[i].leaf),
                  "a (key, nonce) pair sealed two records");
        same++;
    }
    return same;
}

static void all_the_same(void *self, void *to, size_t len)
{
    (void)self;
    memset(to, 7, len);
}

/* The copy that is restored goes on with other plaintexts; with `stubbed`, from no randomness at all. */
static struct uses *forked(bool stubbed)
{
    struct master_key *k = key_of(1);
    struct log_options both[] = {options_lmdb("original", k), options_lmdb("copy", k)};
    struct uses *u = arena_take(A, 1, sizeof *u);
    if (stubbed) both[0].world.random = both[1].world.random = all_the_same;
    struct log *l = log_made(&both[0]);
    append_plains(l, 0, 50);
    log_close(l);
    copy_folder(test_path("original/log"), test_path("copy/log"));
    for (size_t i = 0; i < 2; i++) {
        l = log_opened(&both[i]);
        append_plains(l, 50 + i * 1000, 300);
        log_close(l);
        l = log_opened(&both[i]); /* and under a further epoch */
        append_plains(l, 350 + i * 1000, 300);
        note_uses(u, l);
        log_close(l);
    }
    master_key_close(k);
    return u;
}

Test(nonces, a_restored_copy_and_the_original_share_no_pair)
{
    struct uses *u = forked(false);
    assert_int(u->count, 1300);
    assert_int(assert_one_record_a_pair(u), 50); /* those that both have */
}

Test(nonces, nor_do_they_when_the_generator_always_gives_the_same)
{
    struct uses *u = forked(true);
    assert_int(u->count, 1300);
    cr_assert(memcmp(u->items[0].salt, u->items[1299].salt, SALT_BYTES) == 0, "the keys are the same indeed");
    assert_int(assert_one_record_a_pair(u), 50);
}

Test(nonces, a_process_that_is_cloned_in_the_middle_shares_no_pair_with_its_clone)
{
    struct master_key *k = key_of(1);
    struct log_options o = options_lmdb("unused", k);
    o.backend = &log_memory; /* the records are cloned, too */
    struct log *l = log_made(&o);
    append_plains(l, 0, 10); /* an epoch is open, and random bytes are drawn in advance */
    struct uses *u = arena_take(A, 1, sizeof *u);
    pid_t pid = fork();
    cr_assert(pid >= 0);
    append_plains(l, pid == 0 ? 10 : 1010, 500);
    note_uses(u, l);
    const char *path = test_path("clone");
    if (pid == 0) {
        test_write(path, (struct str){(const char *)u->items, u->count * sizeof *u->items});
        _exit(0);
    }
    int status = 0;
    cr_assert(waitpid(pid, &status, 0) == pid && status == 0);
    struct str cloned = test_read(path);
    assert_int(cloned.len, 510 * sizeof *u->items);
    memcpy(&u->items[u->count], cloned.ptr, cloned.len);
    u->count += 510;
    cr_assert(memcmp(&u->items[509].salt, &u->items[1019].salt, SALT_BYTES) == 0, "one key for both indeed");
    assert_int(assert_one_record_a_pair(u), 10);
    log_close(l);
    master_key_close(k);
}

Test(nonces, a_clock_that_is_set_back_repeats_nothing)
{
    struct master_key *k = key_of(1);
    struct log_options o = options_lmdb("ledger", k);
    struct frozen_clock clock = {moment("2026-01-10T00:00:00Z")};
    struct uses *u = arena_take(A, 1, sizeof *u);
    o.world = world_frozen(&clock);
    struct log *l = log_made(&o);
    for (uint64_t i = 0; i < 5; i++) {
        append_plains(l, 0, 100); /* the same plaintexts at the same time */
        clock.now.us -= INT64_C(2) * 24 * 3600 * 1000000;
        if (i % 2 == 1) {
            log_close(l);
            l = log_opened(&o);
        }
    }
    note_uses(u, l);
    assert_int(u->count, 500);
    assert_int(assert_one_record_a_pair(u), 0);
    log_close(l);
    master_key_close(k);
}
