/* SPDX-License-Identifier: MIT */
/* test_log_since.c - verifying what was appended behind a head that was verified before gives what verifying
 * all of it gives; it reads no more than that; and whatever is wrong behind the head, or with the head, is
 * found. */
#include <string.h>
#include <unistd.h>

#include "tests/store/ledgers.h"

TestSuite(since, .init = test_begin, .fini = test_end);

static struct master_key *key;

static struct log *made(bool in_memory)
{
    key = key_of(1);
    struct log_options o = in_memory ? options_memory(key) : options_lmdb("ledger", key);
    return log_made(&o);
}

static void end(struct log *l)
{
    log_close(l);
    master_key_close(key);
}

static struct log_head_at head_of(struct log *l)
{
    struct log_state s = {0};
    assert_ok(log_state(&s, l, E));
    return (struct log_head_at){s.head.range.size, s.root};
}

static void open_generation(struct log *l, uint32_t number)
{
    struct generation g = {
        .number = number, .restored = head_of(l), .reason = STR("lost"), .lost = {1, {{7}}}};
    assert_ok(log_append_generation(l, &g, (struct instant){1}, E));
}

static enum err verified(struct log_report *r, struct log *l, const struct log_head_at *from)
{
    return log_verify_since(r, l, from, 1, NULL, NULL, E);
}

Test(since, from_every_head_it_gives_what_the_whole_gives)
{
    struct log *l = made(false);
    struct log_head_at heads[12];
    struct log_report all = {0};
    for (size_t i = 0; i < 12; i++) {
        heads[i] = head_of(l);
        append_plains(l, i, i < 6 ? 1 : 300);
        if (i == 7) { /* an epoch begins with a new handle */
            struct log_options o = options_lmdb("ledger", key);
            log_close(l);
            l = log_opened(&o);
        }
    }
    assert_ok(log_verify_chain(&all, l, NULL, NULL, E));
    for (size_t i = 0; i < 12; i++) {
        struct log_report r = {0};
        assert_ok(verified(&r, l, &heads[i]));
        assert_int(r.records, all.records);
        assert_int(r.epochs, all.epochs);
        assert_int(r.generation, 1);
        cr_assert(hash_equal(&r.root, &all.root));
        cr_assert(hash_equal(&r.last_leaf, &all.last_leaf));
        cr_assert(r.bytes < all.bytes);
    }
    end(l);
}

Test(since, a_head_of_all_that_is_there_leaves_nothing_to_read)
{
    struct log *l = made(true);
    struct log_report r = {0};
    append_plains(l, 0, 700);
    struct log_head_at now = head_of(l);
    assert_ok(verified(&r, l, &now));
    assert_int(r.bytes, 0);
    cr_assert(hash_equal(&r.root, &now.root));
    end(l);
}

Test(since, generations_that_began_since_are_counted_from_the_one_that_it_was_in)
{
    struct log *l = made(true);
    struct log_report r = {0};
    append_plains(l, 0, 300);
    open_generation(l, 2);
    struct log_head_at from = head_of(l);
    append_plains(l, 0, 300);
    assert_ok(log_verify_since(&r, l, &from, 2, NULL, NULL, E));
    assert_int(r.generation, 2);
    open_generation(l, 3);
    assert_ok(log_verify_since(&r, l, &from, 2, NULL, NULL, E));
    assert_int(r.generation, 3);
    assert_int(r.generation_seq, head_of(l).size - 1);
    assert_err_says(verified(&r, l, &from), ERR_TAMPERED, "generation 3 does not follow generation 1");
    end(l);
}

Test(since, another_root_or_a_size_that_is_not_there_is_told)
{
    struct log *l = made(true);
    struct log_report r = {0};
    append_plains(l, 0, 300);
    struct log_head_at from = head_of(l);
    append_plains(l, 0, 10);
    from.root.bytes[5] ^= 1;
    assert_err_says(verified(&r, l, &from), ERR_TAMPERED, "do not have the root");
    from.root.bytes[5] ^= 1;
    from.size += 100;
    assert_err_says(verified(&r, l, &from), ERR_ROLLED_BACK, "but there is a checkpoint of 402");
    end(l);
}

Test(since, every_byte_behind_the_head_counts)
{
    struct log *l = made(true);
    append_plains(l, 0, 20);
    struct log_head_at from = head_of(l);
    append_plains(l, 20, 3);
    for (uint64_t seq = from.size - 1; seq < from.size + 3; seq++) {
        for (size_t byte = 0; byte < 108 + 32; byte++) {
            struct log_report r = {0};
            misbehave = (struct misbehaviour){.flip = true, .seq = seq, .byte = byte, .mask = 1};
            enum err err = verified(&r, l, &from);
            cr_assert(err == ERR_TAMPERED, "record %llu, byte %zu: %s", (unsigned long long)seq, byte,
                      err_word(err));
        }
    }
    misbehave = (struct misbehaviour){0};
    end(l);
}

/* What the file says is held against the root; a lie in it costs a new reading, and no more. */
Test(since, a_file_of_subtree_roots_that_lies_is_made_anew)
{
    struct log *l = made(false);
    struct log_report r = {0};
    struct log_head_at from = {0};
    append_plains(l, 0, 600);
    from = head_of(l);
    append_plains(l, 0, 10);
    assert_ok(verified(&r, l, &from));
    struct str file = test_read(test_path("ledger/tree"));
    char *bad = str_cstring(A, file);
    bad[3] = (char)(bad[3] ^ 1);
    test_write(test_path("ledger/tree"), (struct str){bad, file.len});
    assert_ok(verified(&r, l, &from));
    cr_assert(unlink(test_path("ledger/tree")) == 0);
    assert_ok(verified(&r, l, &from));
    end(l);
}
