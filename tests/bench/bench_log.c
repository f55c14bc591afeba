/* SPDX-License-Identifier: MIT */
/* bench_log.c - the log: sealed, chained, durable appends in batches, one thread and pipelined; verification
 * without the key; decryption. Beside them the floor that the same disk allows: bare LMDB with values of the
 * same size. Plaintexts of 188 bytes. */
#define _GNU_SOURCE /* sched_setaffinity */
#include <lmdb.h>
#include <sched.h>
#include <sys/stat.h>
#include <time.h>

#include "tests/bench/bench.h"

enum { PLAIN_BYTES = 188, BATCH_MAX = 1000 };

struct bench_log {
    uint8_t plain[PLAIN_BYTES];
    struct bytes plains[BATCH_MAX];
    struct master_key *master;
};

static void set_up(struct bench_log *b)
{
    struct error e = {0};
    static const uint8_t key[KEY_BYTES] = {1, 2, 3};
    for (size_t i = 0; i < PLAIN_BYTES; i++) b->plain[i] = (uint8_t)(i * 7);
    for (size_t i = 0; i < BATCH_MAX; i++) b->plains[i] = (struct bytes){b->plain, PLAIN_BYTES};
    bench_must(master_key_from_bytes(&b->master, key, &e), &e);
}

static struct log *new_log(const struct bench_log *b, const char *dir)
{
    struct error e = {0};
    struct log *l = NULL;
    struct log_options o = {.backend = &log_lmdb,
                            .place = {.dir = dir, .create = true},
                            .master = b->master,
                            .world = world_real(),
                            .program = "bench"};
    bench_must(log_create(&l, &o, &e), &e);
    return l;
}

static uint64_t append(struct log *l, struct bench_log *b, uint64_t total, size_t batch)
{
    struct error e = {0};
    struct log_state state = {0};
    bench_must(log_state(&state, l, &e), &e);
    uint64_t size = state.head.range.size, first = 0;
    uint64_t begin = world_monotonic_ns();
    for (uint64_t done = 0; done < total; done += batch) {
        bench_must(log_append(&first, l, size, b->plains, batch, (struct instant){1}, &e), &e);
        size = first + batch;
    }
    return per_second(total, world_monotonic_ns() - begin);
}

static uint64_t append_pipelined(struct log *l, struct bench_log *b, uint64_t total, size_t batch)
{
    struct error e = {0};
    struct log_pipeline *p = NULL;
    uint64_t begin = world_monotonic_ns();
    bench_must(log_pipeline_open(&p, l, &e), &e);
    for (uint64_t done = 0; done < total; done += batch) {
        bench_must(log_pipeline_append(p, b->plains, batch, (struct instant){1}, &e), &e);
    }
    bench_must(log_pipeline_close(p, &e), &e);
    return per_second(total, world_monotonic_ns() - begin);
}

/* What this process had of all cores together: what a core does is not less because others want it, too. */
static uint64_t cpu_ns(void)
{
    struct timespec t = {0};
    if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t) != 0) {
        perror("benchmark: the process's time");
        exit(1);
    }
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static uint64_t verify(struct log *l, uint64_t (*now)(void))
{
    struct error e = {0};
    struct log_report report = {0};
    uint64_t begin = now();
    bench_must(log_verify_chain(&report, l, NULL, NULL, &e), &e);
    return per_second(report.records, now() - begin);
}

/* All of its threads on the first core that this process may use. */
static uint64_t verify_on_one_core(struct log *l)
{
    cpu_set_t all, one;
    size_t core = 0;
    bool knows = sched_getaffinity(0, sizeof all, &all) == 0;
    CPU_ZERO(&one);
    while (knows && core + 1 < CPU_SETSIZE && !CPU_ISSET(core, &all)) core++;
    CPU_SET(core, &one);
    if (!knows || sched_setaffinity(0, sizeof one, &one) != 0) {
        perror("benchmark: one core");
        exit(1);
    }
    uint64_t rate = verify(l, cpu_ns);
    if (sched_setaffinity(0, sizeof all, &all) != 0) perror("benchmark: all cores");
    return rate;
}

static enum err look(void *context, const struct log_entry *entry, struct error *e)
{
    uint64_t *bytes = context;
    (void)e;
    *bytes += entry->plain.len;
    return OK;
}

static uint64_t read_all(struct log *l, uint64_t total)
{
    struct error e = {0};
    uint64_t bytes = 0, begin = world_monotonic_ns();
    bench_must(log_read(l, 0, UINT64_MAX, look, &bytes, &e), &e);
    return per_second(total, world_monotonic_ns() - begin);
}

/* ---- the floor ---- */

static void lmdb_must(int rc)
{
    if (rc == 0) return;
    fprintf(stderr, "benchmark: LMDB: %s\n", mdb_strerror(rc));
    exit(1);
}

static uint64_t append_bare(const char *dir, uint64_t total, size_t batch, size_t value_bytes)
{
    MDB_env *env = NULL;
    MDB_dbi dbi = 0;
    uint8_t value[512] = {0};
    lmdb_must(mdb_env_create(&env));
    lmdb_must(mdb_env_set_mapsize(env, (size_t)4 << 30));
    lmdb_must(mdb_env_open(env, dir, 0, 0600));
    uint64_t begin = world_monotonic_ns();
    for (uint64_t seq = 0; seq < total;) {
        MDB_txn *txn = NULL;
        lmdb_must(mdb_txn_begin(env, NULL, 0, &txn));
        if (seq == 0) lmdb_must(mdb_dbi_open(txn, NULL, 0, &dbi));
        for (size_t i = 0; i < batch; i++, seq++) {
            uint8_t key[8];
            be64_put(key, seq);
            MDB_val k = {sizeof key, key}, v = {value_bytes, value};
            lmdb_must(mdb_put(txn, dbi, &k, &v, MDB_APPEND));
        }
        lmdb_must(mdb_txn_commit(txn));
    }
    uint64_t rate = per_second(total, world_monotonic_ns() - begin);
    mdb_env_close(env);
    return rate;
}

/* What verification cannot do without: hashing as many bytes as the records have. */
static uint64_t hash_bare(uint64_t total)
{
    static uint8_t record[PLAIN_BYTES + RECORD_OVERHEAD_BYTES];
    struct hasher *h = hasher_new();
    uint64_t begin = cpu_ns();
    for (uint64_t i = 0; i < total; i++) {
        struct hash leaf = {{0}};
        be64_put(record, i);
        merkle_leaf(h, &leaf, (struct bytes){record, sizeof record});
        record[8] = leaf.bytes[0];
    }
    uint64_t rate = per_second(total, cpu_ns() - begin);
    hasher_free(h);
    return rate;
}

/* What reading cannot do without: opening as many sealed bodies. */
static uint64_t open_bare(uint64_t total)
{
    static const uint8_t key[KEY_BYTES] = {4, 5, 6}, nonce[NONCE_BYTES] = {7};
    static uint8_t plain[PLAIN_BYTES], cipher[PLAIN_BYTES + TAG_BYTES], header[RECORD_HEADER_BYTES];
    struct error e = {0};
    struct sealer *s = NULL;
    struct bytes aad = {header, sizeof header}, sealed = {cipher, sizeof cipher};
    bench_must(sealer_new(&s, key, &e), &e);
    bench_must(sealer_seal(s, cipher, nonce, aad, (struct bytes){plain, sizeof plain}, &e), &e);
    uint64_t begin = world_monotonic_ns();
    for (uint64_t i = 0; i < total; i++) bench_must(sealer_open(s, plain, nonce, aad, sealed, &e), &e);
    uint64_t rate = per_second(total, world_monotonic_ns() - begin);
    sealer_free(s);
    return rate;
}

static uint64_t append_bare_anew(uint64_t total, size_t batch)
{
    char dir[256];
    bench_folder(dir);
    uint64_t rate = append_bare(dir, total, batch, PLAIN_BYTES + RECORD_OVERHEAD_BYTES);
    bench_folder_remove(dir);
    return rate;
}

int main(void)
{
    static struct figure figures[12];
    static struct bench_log b;
    uint64_t many = bench_count(200000), few = 2000, some = 20000;
    set_up(&b);
    for (unsigned round = 0; round < bench_rounds(); round++) {
        char ours[256], piped[256];
        bench_folder(ours);
        bench_folder(piped);
        struct log *l = new_log(&b, ours), *p = new_log(&b, piped);
        figure_add(&figures[0], "append_batch_1", "events/s", append(l, &b, few, 1));
        figure_add(&figures[1], "append_batch_100", "events/s", append(l, &b, some, 100));
        figure_add(&figures[2], "append_batch_1000", "events/s", append(l, &b, many, 1000));
        figure_add(&figures[3], "append_batch_1000_pipelined", "events/s",
                   append_pipelined(p, &b, many, 1000));
        figure_add(&figures[4], "verify_chain_without_key", "records/s", verify(l, world_monotonic_ns));
        figure_add(&figures[5], "read_and_decrypt", "records/s", read_all(l, many + few + some));
        figure_add(&figures[6], "floor_lmdb_batch_1", "events/s", append_bare_anew(few, 1));
        figure_add(&figures[7], "floor_lmdb_batch_100", "events/s", append_bare_anew(some, 100));
        figure_add(&figures[8], "floor_lmdb_batch_1000", "events/s", append_bare_anew(many, 1000));
        figure_add(&figures[9], "floor_sha256_of_records", "records/s", hash_bare(many));
        figure_add(&figures[10], "floor_gcm_open_of_records", "records/s", open_bare(many));
        figure_add(&figures[11], "verify_chain_without_key_one_core", "records/s", verify_on_one_core(l));
        log_close(l);
        log_close(p);
        bench_folder_remove(ours);
        bench_folder_remove(piped);
    }
    for (size_t i = 0; i < 12; i++) figure_print(&figures[i]);
    master_key_close(b.master);
    return 0;
}
