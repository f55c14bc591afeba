/* SPDX-License-Identifier: MIT */
/* test_generation.c - the record by which a ledger says that it lost its end: it names what is there and what
 * was lost, verifies without any key wherever it stands, and cannot say what is not so. */
#include <string.h>

#include "tests/store/ledgers.h"

TestSuite(generation, .init = test_begin, .fini = test_end);

enum { PART = 8192 };

static struct log_head_at head_of(struct log *l)
{
    struct log_state s = {0};
    assert_ok(log_state(&s, l, E));
    return (struct log_head_at){s.head.range.size, s.root};
}

static struct generation next_of(struct log *l, uint32_t number)
{
    struct generation g = {.number = number, .restored = head_of(l), .reason = STR("the disk was replaced")};
    g.lost = (struct log_head_at){g.restored.size + 5, {{7}}};
    return g;
}

static void open_generation(struct log *l, uint32_t number)
{
    struct generation g = next_of(l, number);
    assert_ok(log_append_generation(l, &g, (struct instant){1}, E));
}

static struct log_report report_of(struct log *l)
{
    struct log_report r = {0};
    assert_ok(log_verify_chain(&r, l, NULL, NULL, E));
    return r;
}

static struct log *small_log(struct master_key **k)
{
    *k = key_of(1);
    struct log_options o = options_memory(*k);
    struct log *l = log_made(&o);
    append_plains(l, 0, 10);
    return l;
}

static void end(struct log *l, struct master_key *k)
{
    log_close(l);
    master_key_close(k);
}

Test(generation, a_ledger_that_lost_nothing_is_in_its_first)
{
    struct master_key *k = NULL;
    struct log *l = small_log(&k);
    struct log_report r = report_of(l);
    assert_int(r.generation, 1);
    assert_int(r.generation_seq, 0);
    end(l, k);
}

Test(generation, the_next_one_is_a_record_that_verifies_with_and_without_key_and_the_ledger_goes_on)
{
    struct master_key *k = NULL;
    struct log *l = small_log(&k);
    uint64_t at = size_of(l);
    open_generation(l, 2);
    assert_int(size_of(l), at + 1);
    append_plains(l, 10, 5);
    open_generation(l, 3);
    struct log_report r = report_of(l);
    assert_int(r.generation, 3);
    assert_int(r.generation_seq, size_of(l) - 1);
    assert_int(read_plains(l, at + 1, at + 6, 10), 5);
    end(l, k);
}

Test(generation, its_root_is_held_against_all_records_before_it_also_across_the_seams)
{
    struct master_key *k = key_of(1);
    struct log_options o = options_memory(k);
    struct log *l = log_made(&o);
    for (uint64_t n = size_of(l); n < 2 * PART + 700; n = size_of(l)) append_plains(l, n, 1000);
    open_generation(l, 2);
    append_plains(l, 0, 700);
    open_generation(l, 3);
    assert_int(report_of(l).generation, 3);
    end(l, k);
}

static const struct log_entry *kept;
static enum err keep(void *context, const struct log_entry *entry, struct error *e)
{
    (void)context;
    (void)e;
    struct log_entry *copy = arena_new_of(A, struct log_entry);
    *copy = *entry;
    copy->clear_body = bytes_copy(A, entry->clear_body);
    kept = copy;
    return OK;
}

Test(generation, it_stands_in_clear_and_says_what_was_written)
{
    struct master_key *k = NULL;
    struct log *l = small_log(&k);
    struct generation g = next_of(l, 2), read = {0};
    assert_ok(log_append_generation(l, &g, (struct instant){1}, E));
    assert_ok(log_scan(l, g.restored.size, UINT64_MAX, keep, NULL, E));
    assert_int(kept->header.class_, RECORD_GENERATION);
    assert_ok(generation_take(&read, g.restored.size, kept->clear_body, E));
    assert_int(read.number, 2);
    assert_int(read.lost.size, g.lost.size);
    cr_assert(memcmp(&read.lost.root, &g.lost.root, sizeof g.lost.root) == 0);
    cr_assert(memcmp(&read.restored.root, &g.restored.root, sizeof g.restored.root) == 0);
    assert_str(read.reason, "the disk was replaced");
    end(l, k);
}

Test(generation, every_bit_of_it_counts)
{
    struct master_key *k = NULL;
    struct log *l = small_log(&k);
    uint64_t at = size_of(l);
    open_generation(l, 2);
    assert_ok(log_scan(l, at, UINT64_MAX, keep, NULL, E));
    size_t len = 108 + kept->clear_body.len;
    for (size_t bit = 0; bit < 8 * len; bit++) {
        struct log_report r = {0};
        misbehave = (struct misbehaviour){
            .flip = true, .seq = at, .byte = bit / 8, .mask = (uint8_t)(1u << (bit % 8))};
        enum err err = log_verify_chain(&r, l, NULL, NULL, E);
        cr_assert(err == ERR_TAMPERED, "bit %zu: %s", bit, err_word(err));
    }
    misbehave = (struct misbehaviour){0};
    end(l, k);
}

Test(generation, another_root_than_that_of_the_records_before_it_is_told_with_both)
{
    enum { ROOT_BYTE = 108 + 1 + 1 + 1 + 2 }; /* array, number, restored, head of bin */
    struct master_key *k = NULL;
    struct log *l = small_log(&k);
    uint64_t at = size_of(l);
    struct log_report r = {0};
    open_generation(l, 2);
    misbehave = (struct misbehaviour){.flip = true, .seq = at, .byte = ROOT_BYTE, .mask = 1};
    assert_err_says(log_verify_chain(&r, l, NULL, NULL, E), ERR_TAMPERED, "but its generation expects ");
    misbehave = (struct misbehaviour){0};
    end(l, k);
}

Test(generation, what_is_not_so_is_not_written)
{
    struct master_key *k = NULL;
    struct log *l = small_log(&k);
    struct generation g = next_of(l, 2);
    g.restored.size--;
    assert_err_says(log_append_generation(l, &g, (struct instant){1}, E), ERR_CONFLICT,
                    "somebody else appended");
    g = next_of(l, 2);
    g.lost = g.restored;
    assert_err_says(log_append_generation(l, &g, (struct instant){1}, E), ERR_TAMPERED,
                    "says that what is there was lost");
    g = next_of(l, 1);
    assert_err_says(log_append_generation(l, &g, (struct instant){1}, E), ERR_TAMPERED, "not well-formed");
    open_generation(l, 3); /* a number is held against the one before by whoever verifies */
    struct log_report r = {0};
    assert_err_says(log_verify_chain(&r, l, NULL, NULL, E), ERR_TAMPERED,
                    "generation 3 does not follow generation 1");
    end(l, k);
}
