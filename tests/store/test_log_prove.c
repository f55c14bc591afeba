/* SPDX-License-Identifier: MIT */
/* test_log_prove.c - proofs made from a log: of any record and any older size, before and after it grew, in
 * LMDB and in memory; whatever stands in the file of subtree roots, no wrong proof comes of it; and records
 * that are not those of a root are told as tampered with. */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/store/ledgers.h"

enum { GROWN = 1801, FIRST = 1100 };

TestSuite(prove, .init = test_begin, .fini = test_end);

/* A log with the leaves and the head of every size that it has had. */
struct history {
    struct master_key *key;
    struct log_options options;
    struct log *log;
    struct hasher *hasher;
    struct merkle_range range;
    struct hash leaves[GROWN];
    struct log_head_at heads[GROWN + 1];
};

static enum err note(void *context, const struct log_entry *entry, struct error *e)
{
    (void)e;
    struct history *y = context;
    y->leaves[entry->seq] = entry->leaf;
    merkle_append(&y->range, y->hasher, &entry->leaf);
    struct log_head_at *at = &y->heads[y->range.size];
    at->size = y->range.size;
    merkle_root(&y->range, y->hasher, &at->root);
    return OK;
}

static void grow(struct history *y, uint64_t size)
{
    while (size_of(y->log) < size) {
        uint64_t has = size_of(y->log);
        append_plains(y->log, has, size - has > 400 ? 400 : size - has);
    }
    assert_int(size_of(y->log), size);
    assert_ok(log_scan(y->log, y->range.size, size, note, y, E));
}

static struct history *history_begin(bool in_memory)
{
    struct history *y = arena_new_of(A, struct history);
    y->key = key_of(1);
    y->options = in_memory ? options_memory(y->key) : options_lmdb("ledger", y->key);
    y->hasher = hasher_new();
    y->log = log_made(&y->options);
    grow(y, FIRST);
    return y;
}

static void history_end(struct history *y)
{
    log_close(y->log);
    hasher_free(y->hasher);
    master_key_close(y->key);
}

static void check_inclusion(struct history *y, uint64_t seq, uint64_t size)
{
    struct merkle_path p = {.count = 0};
    assert_ok(log_prove_inclusion(&p, y->log, seq, &y->heads[size], E));
    cr_assert(merkle_includes(y->hasher, &p, seq, &y->leaves[seq], size, &y->heads[size].root),
              "record %llu of %llu", (unsigned long long)seq, (unsigned long long)size);
}

static void check_consistency(struct history *y, uint64_t old, uint64_t size)
{
    struct merkle_path p = {.count = 0};
    assert_ok(log_prove_consistency(&p, y->log, &y->heads[old], &y->heads[size], E));
    cr_assert(merkle_extends(y->hasher, &p, old, &y->heads[old].root, size, &y->heads[size].root),
              "%llu in %llu", (unsigned long long)old, (unsigned long long)size);
}

static const uint64_t places[] = {1, 2, 3, 255, 256, 257, 511, 512, 513, 700, 768, 1023, 1024, 1025, 1099};

static void check_all(struct history *y)
{
    uint64_t size = y->range.size;
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        check_inclusion(y, places[i], size);
        check_inclusion(y, 0, places[i]);
        check_inclusion(y, places[i] - 1, places[i]);
        check_consistency(y, places[i], size);
        check_consistency(y, places[i], places[i] + 1);
    }
    check_inclusion(y, size - 1, size);
    check_consistency(y, size, size);
}

static void prove_and_grow(bool in_memory)
{
    struct history *y = history_begin(in_memory);
    check_all(y);
    grow(y, GROWN);
    check_all(y);
    check_consistency(y, FIRST, GROWN);
    history_end(y);
}

Test(prove, any_record_and_any_older_size_before_and_after_the_log_grew)
{
    prove_and_grow(false);
}

Test(prove, a_log_in_memory_proves_as_well)
{
    prove_and_grow(true);
}

Test(prove, a_log_opened_without_key_proves_as_well)
{
    struct history *y = history_begin(false);
    log_close(y->log);
    y->options.master = NULL;
    y->log = log_opened(&y->options);
    check_all(y);
    history_end(y);
}

Test(prove, many_records_at_once_are_proven_as_each_by_itself)
{
    struct history *y = history_begin(false);
    struct log_prover *prover = NULL;
    assert_ok(log_prover_open(&prover, y->log, &y->heads[FIRST], E));
    for (uint64_t i = 0; i < FIRST; i++) {
        uint64_t seq = i % 3 == 0 ? FIRST - 1 - i : i; /* forth and back */
        struct merkle_path p = {.count = 0};
        assert_ok(log_prover_prove(&p, prover, seq, E));
        cr_assert(merkle_includes(y->hasher, &p, seq, &y->leaves[seq], FIRST, &y->heads[FIRST].root),
                  "record %llu", (unsigned long long)seq);
    }
    log_prover_close(prover);
    history_end(y);
}

/* ---- the file of subtree roots ---- */

Test(prove, the_file_holds_the_roots_of_the_full_subtrees_and_nobody_else_may_read_it)
{
    struct history *y = history_begin(false);
    struct stat st = {0};
    check_inclusion(y, 5, FIRST);
    cr_assert(stat(test_path("ledger/tree"), &st) == 0);
    assert_int(st.st_size, 7 * 32); /* 1,100 records: 4 of 256, 2 of 512, 1 of 1,024 */
    assert_int(st.st_mode & 0777, 0600);
    history_end(y);
}

Test(prove, a_file_that_is_lost_cut_short_or_damaged_is_made_anew)
{
    struct history *y = history_begin(false);
    check_inclusion(y, 5, FIRST);
    struct str whole = test_read(test_path("ledger/tree"));
    for (size_t len = 0; len <= whole.len; len += 16) {
        test_write(test_path("ledger/tree"), (struct str){whole.ptr, len});
        check_consistency(y, 700, FIRST);
    }
    for (size_t i = 0; i < whole.len; i++) {
        struct str bad = str_copy(A, whole);
        char changed = (char)(bad.ptr[i] ^ 1);
        memcpy((char *)(uintptr_t)bad.ptr + i, &changed, 1);
        test_write(test_path("ledger/tree"), bad);
        check_inclusion(y, 5, FIRST);
        check_consistency(y, 700, FIRST);
    }
    cr_assert(unlink(test_path("ledger/tree")) == 0);
    check_all(y);
    cr_assert(str_equal(test_read(test_path("ledger/tree")), whole));
    history_end(y);
}

Test(prove, what_another_ledger_left_in_the_file_is_made_anew)
{
    struct history *y = history_begin(false);
    struct buffer noise = {.arena = A};
    for (size_t i = 0; i < 4096; i++) buffer_add_byte(&noise, (uint8_t)(i * 37));
    test_write(test_path("ledger/tree"), (struct str){(const char *)noise.ptr, noise.len});
    check_all(y);
    history_end(y);
}

/* ---- refusals ---- */

Test(prove, records_that_are_not_those_of_the_root_are_told)
{
    struct history *y = history_begin(false);
    struct merkle_path p = {.count = 0};
    struct log_head_at other = y->heads[900];
    other.root.bytes[7] ^= 1;
    assert_err_says(log_prove_inclusion(&p, y->log, 3, &other, E), ERR_TAMPERED,
                    "the first 900 records do not have the root ");
    assert_err_says(log_prove_consistency(&p, y->log, &other, &y->heads[FIRST], E), ERR_TAMPERED,
                    "the first 900 records are not those of the older root ");
    assert_err_says(log_prove_consistency(&p, y->log, &y->heads[700], &other, E), ERR_TAMPERED,
                    "or the first 900 not those of the root ");
    history_end(y);
}

Test(prove, a_log_smaller_than_the_head_was_rolled_back)
{
    struct history *y = history_begin(false);
    struct merkle_path p = {.count = 0};
    struct log_head_at later = {.size = FIRST + 1};
    assert_err(log_prove_inclusion(&p, y->log, 3, &later, E), ERR_ROLLED_BACK,
               "the ledger has 1100 records, but there is a checkpoint of 1101");
    assert_err_says(log_prove_consistency(&p, y->log, &y->heads[5], &later, E), ERR_ROLLED_BACK,
                    "but there is a checkpoint of 1101");
    history_end(y);
}

Test(prove, a_changed_record_is_not_proven)
{
    struct history *y = history_begin(true);
    struct merkle_path p = {.count = 0};
    misbehave = (struct misbehaviour){.flip = true, .seq = 600, .byte = 120, .mask = 1};
    enum err err = log_prove_inclusion(&p, y->log, 600, &y->heads[FIRST], E);
    misbehave = (struct misbehaviour){.flip = false};
    cr_assert(err == ERR_TAMPERED, "%s", err_word(err));
    history_end(y);
}
