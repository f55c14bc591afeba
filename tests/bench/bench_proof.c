/* SPDX-License-Identifier: MIT */
/* bench_proof.c - proofs of records from a log of BENCH_COUNT (200,000) records: the first one, which makes
 * the file of subtree roots, and those that find it there. Nobody asks for many at once; what counts is that
 * one among ten million takes milliseconds. And what a checkpoint reads before it is signed: all of the log,
 * or the last thousand records behind one that was signed before. */
#include "tests/bench/bench.h"

enum { BATCH = 1000, PROOFS = 200 };

static struct log *filled(const char *dir, const struct master_key *master, uint64_t total)
{
    static const uint8_t plain[188] = {1};
    static struct bytes plains[BATCH];
    struct error e = {0};
    struct log *l = NULL;
    struct log_options o = {.backend = &log_lmdb,
                            .place = {.dir = dir, .create = true},
                            .master = master,
                            .world = world_real(),
                            .program = "bench"};
    for (size_t i = 0; i < BATCH; i++) plains[i] = (struct bytes){plain, sizeof plain};
    bench_must(log_create(&l, &o, &e), &e);
    for (uint64_t size = 2, first = 0; size < total; size = first + BATCH)
        bench_must(log_append(&first, l, size, plains, BATCH, (struct instant){1}, &e), &e);
    return l;
}

/* Microseconds for one, on average. */
static uint64_t prove(struct log *l, uint64_t proofs)
{
    struct error e = {0};
    struct log_state s = {0};
    bench_must(log_state(&s, l, &e), &e);
    struct log_head_at at = {s.head.range.size, s.root};
    uint64_t begin = world_monotonic_ns();
    for (uint64_t i = 0; i < proofs; i++) {
        struct merkle_path p = {.count = 0};
        bench_must(log_prove_inclusion(&p, l, (i * 2654435761U + 7) % at.size, &at, &e), &e);
    }
    return (world_monotonic_ns() - begin) / proofs / 1000;
}

static struct log_head_at head_of(struct log *l)
{
    struct error e = {0};
    struct log_state s = {0};
    bench_must(log_state(&s, l, &e), &e);
    return (struct log_head_at){s.head.range.size, s.root};
}

/* Microseconds. */
static uint64_t verify_all(struct log *l)
{
    struct error e = {0};
    struct log_report r = {0};
    uint64_t begin = world_monotonic_ns();
    bench_must(log_verify_chain(&r, l, NULL, NULL, &e), &e);
    return (world_monotonic_ns() - begin) / 1000;
}

static uint64_t verify_since(struct log *l)
{
    static const uint8_t plain[188] = {2};
    struct error e = {0};
    struct log_report r = {0};
    static struct bytes plains[BATCH];
    struct log_head_at from = head_of(l);
    uint64_t first = 0;
    for (size_t i = 0; i < BATCH; i++) plains[i] = (struct bytes){plain, sizeof plain};
    bench_must(log_append(&first, l, from.size, plains, BATCH, (struct instant){1}, &e), &e);
    uint64_t begin = world_monotonic_ns();
    bench_must(log_verify_since(&r, l, &from, 1, NULL, NULL, &e), &e);
    return (world_monotonic_ns() - begin) / 1000;
}

int main(void)
{
    static const uint8_t key[KEY_BYTES] = {1, 2, 3};
    static struct figure figures[4];
    struct error e = {0};
    struct master_key *master = NULL;
    uint64_t total = bench_count(200000);
    bench_must(master_key_from_bytes(&master, key, &e), &e);
    for (unsigned round = 0; round < bench_rounds(); round++) {
        char dir[256];
        bench_folder(dir);
        struct log *l = filled(dir, master, total);
        figure_add(&figures[0], "first_proof", "us", prove(l, 1));
        figure_add(&figures[1], "proof_of_a_record", "us", prove(l, PROOFS));
        figure_add(&figures[2], "checkpoint_reads_all", "us", verify_all(l));
        figure_add(&figures[3], "checkpoint_reads_the_last_thousand", "us", verify_since(l));
        log_close(l);
        bench_folder_remove(dir);
    }
    for (size_t i = 0; i < sizeof figures / sizeof *figures; i++) figure_print(&figures[i]);
    master_key_close(master);
    return 0;
}
