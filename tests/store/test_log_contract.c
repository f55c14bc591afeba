/* SPDX-License-Identifier: MIT */
/* test_log_contract.c - what every log backend must do; each clause runs on each of them. The records are any
 * bytes: meaning is above this seam. */
#include <string.h>
#include <sys/stat.h>

#include "tests/store/ledgers.h"

TestSuite(contract_lmdb, .init = test_begin, .fini = test_end);
TestSuite(contract_memory, .init = test_begin, .fini = test_end);

#define CLAUSE(name)                               \
    static void name(const struct log_backend *b); \
    Test(contract_lmdb, name)                      \
    {                                              \
        name(&log_lmdb);                           \
    }                                              \
    Test(contract_memory, name)                    \
    {                                              \
        name(&log_memory);                         \
    }                                              \
    static void name(const struct log_backend *b)

static struct log_place place(bool create)
{
    return (struct log_place){.dir = test_path("ledger"), .map_bytes = TEST_MAP_BYTES, .create = create};
}

static void *opened(const struct log_backend *b)
{
    void *self = NULL;
    struct log_place p = place(true);
    assert_ok(b->open(&self, &p, E));
    return self;
}

/* A head of this size whose other fields tell the size too. */
static struct log_head head_of(uint64_t size)
{
    struct log_head h = {.range = {.size = size}, .last_at = {(int64_t)size * 1000}, .epoch_seq = size / 2};
    memset(h.last_leaf.bytes, (int)(size & 0xff), 32);
    size_t peaks = (size_t)__builtin_popcountll(size);
    for (size_t i = 0; i < peaks; i++) memset(h.range.peaks[i].bytes, (int)(size + i) & 0xff, 32);
    return h;
}

static enum err append(const struct log_backend *b, void *self, uint64_t expected, size_t count)
{
    struct bytes *records = arena_array_of(A, struct bytes, count);
    for (size_t i = 0; i < count; i++) records[i] = plain_of(expected + i, 40 + (expected + i) % 100);
    struct log_head next = head_of(expected + count);
    return b->append(self, expected, records, count, &next, E);
}

static void assert_head(const struct log_backend *b, void *self, uint64_t size)
{
    struct log_head is = {0}, due = size == 0 ? (struct log_head){0} : head_of(size);
    assert_ok(b->head(self, &is, E));
    cr_assert(memcmp(&is, &due, sizeof is) == 0, "the head is that of %llu, not %llu records",
              (unsigned long long)is.range.size, (unsigned long long)size);
}

struct walk {
    uint64_t next, stop_at;
    enum err stop_with;
};

static enum err step(void *context, uint64_t seq, struct bytes record, struct error *e)
{
    struct walk *w = context;
    cr_assert(seq == w->next, "read %llu, expected %llu", (unsigned long long)seq,
              (unsigned long long)w->next);
    cr_assert(bytes_equal(record, plain_of(seq, 40 + seq % 100)), "record %llu has other bytes",
              (unsigned long long)seq);
    if (w->stop_with != OK && seq == w->stop_at) return fail(e, w->stop_with, "enough");
    w->next++;
    return OK;
}

static void assert_reads(const struct log_backend *b, void *self, uint64_t from, uint64_t to, uint64_t end)
{
    struct walk w = {.next = from};
    assert_ok(b->read(self, from, to, step, &w, E));
    assert_int(w.next, end);
}

CLAUSE(a_new_log_is_empty)
{
    void *self = opened(b);
    assert_head(b, self, 0);
    assert_reads(b, self, 0, UINT64_MAX, 0);
    b->close(self);
}

CLAUSE(what_was_appended_is_read_in_order)
{
    void *self = opened(b);
    assert_ok(append(b, self, 0, 3));
    assert_ok(append(b, self, 3, 1));
    assert_head(b, self, 4);
    assert_reads(b, self, 0, UINT64_MAX, 4);
    cr_assert(b->stored_bytes(self) > 0);
    b->close(self);
}

CLAUSE(ten_thousand_records_fit_one_commit)
{
    void *self = opened(b);
    assert_ok(append(b, self, 0, LIMIT_RECORDS_PER_COMMIT));
    assert_ok(append(b, self, LIMIT_RECORDS_PER_COMMIT, 7));
    assert_reads(b, self, 0, UINT64_MAX, LIMIT_RECORDS_PER_COMMIT + 7);
    assert_head(b, self, LIMIT_RECORDS_PER_COMMIT + 7);
    b->close(self);
}

CLAUSE(an_append_at_another_size_is_a_conflict_and_writes_nothing)
{
    void *self = opened(b);
    assert_ok(append(b, self, 0, 3));
    assert_err(append(b, self, 2, 1), ERR_CONFLICT, "cannot append at 2: the log has 3 records");
    assert_err(append(b, self, 4, 1), ERR_CONFLICT, "cannot append at 4: the log has 3 records");
    assert_err(append(b, self, 0, 5), ERR_CONFLICT, "cannot append at 0: the log has 3 records");
    assert_head(b, self, 3);
    assert_reads(b, self, 0, UINT64_MAX, 3);
    b->close(self);
}

CLAUSE(ranges_are_half_open_and_end_with_the_log)
{
    void *self = opened(b);
    assert_ok(append(b, self, 0, 10));
    assert_reads(b, self, 3, 7, 7);
    assert_reads(b, self, 9, 10, 10);
    assert_reads(b, self, 5, 5, 5);
    assert_reads(b, self, 8, 50, 10);
    assert_reads(b, self, 10, 20, 10);
    assert_reads(b, self, 11, UINT64_MAX, 11);
    b->close(self);
}

CLAUSE(the_visitor_ends_a_reading_with_not_found_and_fails_it_with_any_other)
{
    void *self = opened(b);
    assert_ok(append(b, self, 0, 10));
    struct walk w = {.stop_at = 4, .stop_with = ERR_NOT_FOUND};
    assert_ok(b->read(self, 0, UINT64_MAX, step, &w, E));
    assert_int(w.next, 4);
    w = (struct walk){.stop_at = 6, .stop_with = ERR_REFUSED};
    assert_err(b->read(self, 0, UINT64_MAX, step, &w, E), ERR_REFUSED, "enough");
    assert_int(w.next, 6);
    b->close(self);
}

static enum err step_run(void *context, uint64_t first, const struct bytes *records, size_t count,
                         struct error *e)
{
    enum err err = OK;
    cr_assert(count >= 1 && count <= LOG_RUN_MAX);
    for (size_t i = 0; err == OK && i < count; i++) err = step(context, first + i, records[i], e);
    return err;
}

CLAUSE(runs_are_the_same_records_in_the_same_order)
{
    static const struct {
        uint64_t from, to, end;
    } readings[] = {{0, UINT64_MAX, 5000}, {0, 1, 1},    {3, 35, 35},        {7, 40, 40},
                    {4090, 4200, 4200},    {10, 10, 10}, {4999, 6000, 5000}, {5000, UINT64_MAX, 5000}};
    void *self = opened(b);
    assert_ok(append(b, self, 0, 5000));
    for (size_t i = 0; i < sizeof readings / sizeof *readings; i++) {
        struct walk w = {.next = readings[i].from};
        assert_ok(b->read_runs(self, readings[i].from, readings[i].to, step_run, &w, E));
        assert_int(w.next, readings[i].end);
    }
    struct walk w = {.stop_at = 40, .stop_with = ERR_NOT_FOUND};
    assert_ok(b->read_runs(self, 0, UINT64_MAX, step_run, &w, E));
    assert_int(w.next, 40);
    w = (struct walk){.stop_at = 60, .stop_with = ERR_REFUSED};
    assert_err(b->read_runs(self, 0, UINT64_MAX, step_run, &w, E), ERR_REFUSED, "enough");
    b->close(self);
}

struct within {
    const struct log_backend *backend;
    void *self;
};

static enum err read_within(void *context, uint64_t seq, struct bytes record, struct error *e)
{
    (void)record;
    const struct within *in = context;
    struct walk w = {.next = seq};
    return in->backend->read(in->self, seq, seq + 1, step, &w, e);
}

CLAUSE(a_reading_may_read_again_within)
{
    struct within in = {b, opened(b)};
    assert_ok(append(b, in.self, 0, 5));
    assert_ok(b->read(in.self, 0, UINT64_MAX, read_within, &in, E));
    b->close(in.self);
}

CLAUSE(records_of_every_size_come_back)
{
    static const size_t sizes[] = {0, 1, 100, 2000, 2038, 2039, 4080, 4096, 5000, 65536, LIMIT_RECORD_BYTES};
    void *self = opened(b);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct bytes record = plain_of(i, sizes[i]);
        struct log_head next = head_of(i + 1);
        assert_ok(b->append(self, i, &record, 1, &next, E));
    }
    assert_head(b, self, sizeof sizes / sizeof *sizes);
    b->close(self);
}

/* ---- what only a store on disk can do ---- */

TestSuite(log_lmdb, .init = test_begin, .fini = test_end);

Test(log_lmdb, it_survives_closing)
{
    const struct log_backend *b = &log_lmdb;
    void *self = opened(b);
    assert_ok(append(b, self, 0, 5));
    b->close(self);
    self = opened(b);
    assert_head(b, self, 5);
    assert_ok(append(b, self, 5, 2));
    assert_reads(b, self, 0, UINT64_MAX, 7);
    b->close(self);
}

Test(log_lmdb, two_handles_of_one_process_see_each_other)
{
    const struct log_backend *b = &log_lmdb;
    void *one = opened(b), *two = opened(b);
    assert_ok(append(b, one, 0, 2));
    assert_head(b, two, 2);
    assert_ok(append(b, two, 2, 2));
    assert_err(append(b, one, 2, 1), ERR_CONFLICT, "cannot append at 2: the log has 4 records");
    b->close(one);
    assert_reads(b, two, 0, UINT64_MAX, 4);
    b->close(two);
}

Test(log_lmdb, there_is_none_where_none_was_made)
{
    void *self = NULL;
    struct log_place p = place(false);
    assert_err_says(log_lmdb.open(&self, &p, E), ERR_NOT_FOUND, "there is no ledger in");
    cr_assert(!file_exists(p.dir), "looking makes nothing");
}

Test(log_lmdb, a_small_map_grows_by_itself)
{
    const struct log_backend *b = &log_lmdb;
    void *self = NULL, *other = NULL;
    struct log_place p = place(true);
    p.map_bytes = 1024 * 1024;
    assert_ok(b->open(&self, &p, E));
    assert_ok(b->open(&other, &p, E));
    for (uint64_t size = 0; size < 100000; size += 10000) assert_ok(append(b, self, size, 10000));
    assert_reads(b, other, 0, UINT64_MAX, 100000);
    b->close(self);
    b->close(other);
    self = NULL;
    assert_ok(b->open(&self, &p, E)); /* with the small map again */
    assert_reads(b, self, 99990, UINT64_MAX, 100000);
    assert_ok(append(b, self, 100000, 10000));
    b->close(self);
}

Test(log_lmdb, folders_and_files_are_for_their_owner_only)
{
    void *self = opened(&log_lmdb);
    static const char *const names[] = {"ledger", "ledger/log", "ledger/log/data.mdb", "ledger/log/lock.mdb"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct stat st;
        cr_assert(stat(test_path(names[i]), &st) == 0);
        cr_assert((st.st_mode & 077) == 0, "%s has mode %04o", names[i], (unsigned)st.st_mode & 07777);
    }
    log_lmdb.close(self);
}

Test(log_lmdb, a_file_that_is_no_lmdb_is_tampered_with)
{
    void *self = NULL;
    struct log_place p = place(true);
    assert_ok(dir_make(test_path("ledger/log"), 0700, E));
    char noise[8192];
    memset(noise, 'x', sizeof noise);
    test_write(test_path("ledger/log/data.mdb"), (struct str){noise, sizeof noise});
    assert_err_says(log_lmdb.open(&self, &p, E), ERR_TAMPERED, "the file is damaged");
}
