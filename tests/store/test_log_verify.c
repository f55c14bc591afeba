/* SPDX-License-Identifier: MIT */
/* test_log_verify.c - verifying a ledger that is long enough to be cut into parts (8,192 records) and shared
 * among threads: the same root, and damage at and across the seams is named as in a short one. */
#include <string.h>

#include "tests/store/ledgers.h"

TestSuite(verify, .init = test_begin, .fini = test_end);

enum { PART = 8192, RECORDS = 3 * PART + 100 };

/* 3 parts and a bit; `epochs` handles wrote it, one after the other. */
static struct log *long_ledger(struct log_options *o, uint64_t epochs)
{
    struct log *l = NULL;
    assert_ok(log_create(&l, o, E));
    struct bytes *plains = plains_of(0, 1000);
    for (uint64_t epoch = 1, size = 2; size < RECORDS;) {
        if (size > RECORDS / epochs * epoch) {
            log_close(l);
            assert_ok(log_open(&l, o, E));
            epoch++;
        }
        uint64_t first = 0;
        size_t count = RECORDS - size < 1000 ? RECORDS - size : 1000;
        assert_ok(log_append(&first, l, size, plains, count, (struct instant){1}, E));
        size = first + count;
    }
    return l;
}

static enum err verified(struct log *l)
{
    struct log_report r = {0};
    return log_verify_chain(&r, l, NULL, NULL, E);
}

static void flip(uint64_t seq, size_t byte)
{
    misbehave = (struct misbehaviour){.flip = true, .seq = seq, .byte = byte, .mask = 1};
}

Test(verify, a_long_ledger_gives_the_root_that_the_writer_kept)
{
    struct master_key *k = key_of(1);
    struct log_options o = options_memory(k);
    struct log *l = long_ledger(&o, 5);
    struct log_state s = {0};
    struct log_report r = {0};
    assert_ok(log_state(&s, l, E));
    assert_ok(log_verify_chain(&r, l, NULL, NULL, E));
    cr_assert(r.records >= RECORDS);
    assert_int(r.records, s.head.range.size);
    assert_int(r.epochs, 5);
    assert_int(r.bytes, s.stored_bytes);
    cr_assert(memcmp(&r.root, &s.root, sizeof r.root) == 0);
    cr_assert(memcmp(&r.last_leaf, &s.head.last_leaf, sizeof r.last_leaf) == 0);
    log_close(l);
    master_key_close(k);
}

Test(verify, the_seams_are_links_like_any_other)
{
    static const uint64_t seqs[] = {PART - 2,     PART - 1, PART,         PART + 1,
                                    2 * PART - 1, 2 * PART, 3 * PART - 1, 3 * PART};
    struct master_key *k = key_of(1);
    struct log_options o = options_memory(k);
    struct log *l = long_ledger(&o, 1);
    for (size_t i = 0; i < sizeof seqs / sizeof *seqs; i++) {
        const char *hash = str_format(A, "record %llu: its hash is ", (unsigned long long)seqs[i]).ptr;
        const char *itself = str_format(A, "record %llu: its ", (unsigned long long)seqs[i]).ptr;
        const char *before = str_format(A, "record %llu: its hash is ", (unsigned long long)seqs[i] - 1).ptr;
        flip(seqs[i], 130);
        assert_err_says(verified(l), ERR_TAMPERED, hash); /* a byte of the body */
        flip(seqs[i], 20);
        assert_err_says(verified(l), ERR_TAMPERED, itself); /* of the time: too early, or another hash */
        flip(seqs[i], 40);
        assert_err_says(verified(l), ERR_TAMPERED, before); /* of prev */
    }
    misbehave = (struct misbehaviour){0};
    assert_ok(verified(l));
    log_close(l);
    master_key_close(k);
}

Test(verify, of_several_bad_parts_the_first_is_reported)
{
    struct master_key *k = key_of(1);
    struct log_options o = options_memory(k);
    struct log *l = long_ledger(&o, 1);
    flip(2 * PART + 7, 0);
    assert_err_says(verified(l), ERR_TAMPERED, "record 16391: the magic is wrong");
    flip(5, 0);
    assert_err_says(verified(l), ERR_TAMPERED, "record 5: the magic is wrong");
    log_close(l);
    master_key_close(k);
}

Test(verify, an_epoch_that_has_not_begun_is_found_across_parts)
{
    struct master_key *k = key_of(1);
    struct log_options o = options_memory(k);
    struct log *l = long_ledger(&o, 1);
    flip(PART + 3, 26); /* epoch 1 becomes 257; the chain breaks only behind it */
    assert_err_says(verified(l), ERR_TAMPERED, "record 8195");
    log_close(l);
    master_key_close(k);
}

struct steps {
    uint64_t calls, last, total;
};

static void note_progress(void *context, uint64_t done, uint64_t total)
{
    struct steps *s = context;
    cr_assert(done >= s->last && done <= total);
    *s = (struct steps){s->calls + 1, done, total};
}

Test(verify, progress_rises_to_the_end)
{
    struct master_key *k = key_of(1);
    struct log_options o = options_memory(k);
    struct log *l = long_ledger(&o, 1);
    struct log_report r = {0};
    struct steps s = {0};
    assert_ok(log_verify_chain(&r, l, note_progress, &s, E));
    cr_assert(s.calls > 0);
    assert_int(s.last, r.records);
    assert_int(s.total, r.records);
    log_close(l);
    master_key_close(k);
}
