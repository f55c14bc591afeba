/* SPDX-License-Identifier: MIT */
/* test_views.c - the views: what a transaction shows to itself and to others, keys, scans both ways, digests.
 * When views are kept or dropped, and what of them stands on disk, is in test_views_files.c. */
#include <string.h>

#include "tests/store/view_values.h"

TestSuite(views, .init = test_begin, .fini = test_end);

/* ---- values and cursor ---- */

Test(views, new_views_are_fresh_and_empty_with_the_cursor_at_0)
{
    struct master_key *k = key_of(1);
    struct views_options o = view_options(k);
    struct views *v = views_opened(&o, true);
    struct views_txn *t = begun(v, false);
    struct view_cursor c = {.seq = 9};
    assert_ok(views_cursor(&c, t, E));
    assert_int(c.seq, 0);
    cr_assert(get(t, 1, 7) == NULL);
    views_abort(t);
    cr_assert(views_stored_bytes(v) > 0);
    views_close(v);
    master_key_close(k);
}

Test(views, values_and_cursor_are_committed_together_and_survive_closing)
{
    struct master_key *k = key_of(1);
    struct views_options o = view_options(k);
    struct views *v = views_opened(&o, true);
    fill(v);
    assert_filled(v);
    views_close(v);
    v = views_opened(&o, false);
    assert_filled(v);
    views_close(v);
    master_key_close(k);
}

Test(views, an_aborted_transaction_leaves_nothing)
{
    struct master_key *k = key_of(1);
    struct views_options o = view_options(k);
    struct views *v = views_opened(&o, true);
    fill(v);
    struct views_txn *t = begun(v, true);
    put(t, 1, 7, "other");
    put(t, 1, 8, "eight");
    set_seq(t, 50);
    views_abort(t);
    assert_filled(v);
    t = begun(v, false);
    cr_assert(get(t, 1, 8) == NULL);
    views_abort(t);
    views_close(v);
    master_key_close(k);
}

Test(views, a_transaction_sees_its_own_changes_and_others_only_what_is_committed)
{
    struct master_key *k = key_of(1);
    struct views_options o = view_options(k);
    struct views *v = views_opened(&o, true);
    fill(v);
    struct views_txn *t = begun(v, true), *reader = begun(v, false);
    struct view_key seven = key_u64(1, 7);
    put(t, 1, 7, "SEVEN");
    put(t, 1, 9, "nine");
    assert_value(t, 1, 7, "SEVEN");
    assert_ok(views_delete(t, &seven, E));
    cr_assert(get(t, 1, 7) == NULL);
    put(t, 1, 7, "again");
    assert_value(reader, 1, 7, "seven");
    cr_assert(get(reader, 1, 9) == NULL);
    assert_ok(views_commit(t, E));
    assert_value(reader, 1, 7, "seven"); /* its snapshot */
    views_forget(reader);
    assert_value(reader, 1, 7, "seven");
    views_abort(reader);
    reader = begun(v, false);
    assert_value(reader, 1, 7, "again");
    assert_value(reader, 1, 9, "nine");
    views_abort(reader);
    views_close(v);
    master_key_close(k);
}

Test(views, a_deleted_value_is_gone_after_commit_and_deleting_nothing_is_fine)
{
    struct master_key *k = key_of(1);
    struct views_options o = view_options(k);
    struct views *v = views_opened(&o, true);
    fill(v);
    struct view_key seven = key_u64(1, 7), none = key_u64(1, 8);
    struct views_txn *t = begun(v, true);
    assert_ok(views_delete(t, &seven, E));
    assert_ok(views_delete(t, &none, E));
    assert_ok(views_commit(t, E));
    t = begun(v, false);
    cr_assert(get(t, 1, 7) == NULL);
    views_abort(t);
    views_close(v);
    master_key_close(k);
}

Test(views, a_value_may_be_empty_long_and_made_of_its_own_old_bytes)
{
    struct master_key *k = key_of(1);
    struct views_options o = view_options(k);
    struct views *v = views_opened(&o, true);
    struct view_key empty = key_u64(2, 0), longer = key_u64(2, 1), moved = key_u64(2, 2);
    struct bytes value = {0}, big = plain_of(3, 100000);
    struct views_txn *t = begun(v, true);
    assert_ok(views_put(t, &empty, (struct bytes){0}, E));
    assert_ok(views_put(t, &longer, big, E));
    assert_ok(views_put(t, &moved, str_bytes(STR("abcdef")), E));
    assert_ok(views_get(&value, t, &moved, E));
    assert_ok(views_put(t, &moved, (struct bytes){value.ptr + 2, 4}, E));
    assert_ok(views_commit(t, E));
    t = begun(v, false);
    assert_ok(views_get(&value, t, &empty, E));
    assert_int(value.len, 0);
    assert_ok(views_get(&value, t, &longer, E));
    cr_assert(bytes_equal(value, big));
    assert_ok(views_get(&value, t, &moved, E));
    assert_str(bytes_str(value), "cdef");
    views_abort(t);
    t = begun(v, true);
    struct bytes too_big = {arena_take(A, 1, LIMIT_RECORD_BYTES + 1), LIMIT_RECORD_BYTES + 1};
    assert_err_says(views_put(t, &empty, too_big, E), ERR_LIMIT, "the limit is 4194304");
    views_abort(t);
    views_close(v);
    master_key_close(k);
}

Test(views, a_value_that_was_read_stays_in_place_while_others_come)
{
    struct master_key *k = key_of(1);
    struct views_options o = view_options(k);
    struct views *v = views_opened(&o, true);
    fill(v);
    struct views_txn *t = begun(v, true);
    struct view_key seven = key_u64(1, 7);
    struct bytes value = {0};
    assert_ok(views_get(&value, t, &seven, E));
    for (uint64_t i = 0; i < 20000; i++) put(t, 3, i, "something that needs room");
    assert_str(bytes_str(value), "seven");
    views_abort(t);
    views_close(v);
    master_key_close(k);
}

/* The model is an array; the moves are dice. Commits and aborts come now and then. */
Test(views, a_long_random_history_agrees_with_an_array)
{
    enum { KEYS = 200, MOVES = 20000 };
    struct master_key *k = key_of(1);
    struct views_options o = view_options(k);
    struct views *v = views_opened(&o, true);
    uint64_t now[KEYS] = {0}, saved[KEYS] = {0};
    struct dice dice = dice_of(20260101);
    struct views_txn *t = begun(v, true);
    for (int move = 0; move < MOVES; move++) {
        size_t i = (size_t)dice_between(&dice, 0, KEYS - 1);
        struct view_key key = key_u64(5, i);
        struct bytes value = {0};
        if (dice_chance(&dice, 40)) {
            now[i] = dice_next(&dice) | 1;
            size_t len = 8 + (size_t)dice_between(&dice, 0, 60);
            assert_ok(views_put(t, &key, plain_of(now[i], len), E));
        } else if (dice_chance(&dice, 20)) {
            now[i] = 0;
            assert_ok(views_delete(t, &key, E));
        } else {
            enum err err = views_get(&value, t, &key, E);
            cr_assert(err == (now[i] == 0 ? ERR_NOT_FOUND : OK));
            cr_assert(now[i] == 0 || be64_get(value.ptr) == now[i]);
        }
        if (!dice_chance(&dice, 1)) continue;
        bool keep = dice_chance(&dice, 70);
        if (keep)
            assert_ok(views_commit(t, E));
        else
            views_abort(t);
        memcpy(keep ? saved : now, keep ? now : saved, sizeof now);
        t = begun(v, true);
    }
    views_abort(t);
    views_close(v);
    master_key_close(k);
}

/* ---- keys ---- */

static int compare_keys(struct view_key a, struct view_key b)
{
    return str_compare(bytes_str((struct bytes){a.bytes, a.len}), bytes_str((struct bytes){b.bytes, b.len}));
}

Test(views, keys_order_as_their_parts_do)
{
    static const int32_t days[] = {INT32_MIN, -1, 0, 1, 20000, INT32_MAX};
    static const int64_t times[] = {INT64_MIN, -1, 0, 1, 1767225600000000, INT64_MAX};
    static const uint64_t numbers[] = {0, 1, 255, 256, UINT64_C(1) << 40, UINT64_MAX};
    for (size_t i = 1; i < 6; i++) {
        struct view_key a = view_key(1), b = view_key(1);
        view_key_date(&a, (struct date){days[i - 1]});
        view_key_date(&b, (struct date){days[i]});
        cr_assert(compare_keys(a, b) < 0, "dates");
        a = b = view_key(1);
        view_key_instant(&a, (struct instant){times[i - 1]});
        view_key_instant(&b, (struct instant){times[i]});
        cr_assert(compare_keys(a, b) < 0, "instants");
        cr_assert(compare_keys(key_u64(1, numbers[i - 1]), key_u64(1, numbers[i])) < 0, "numbers");
    }
    struct view_key all = view_key(9);
    view_key_u32(&all, 1);
    view_key_mac(&all, (const uint8_t[16]){0xff});
    assert_int(all.len, 1 + 4 + 16);
}

static void index_of(uint8_t out[16], const struct views_options *o)
{
    struct views *v = NULL;
    bool fresh = false;
    assert_ok(views_open(&v, &fresh, o, E));
    struct views_txn *t = begun(v, false);
    indexer_mac(views_indexer(t), out, 1, STR("user_1"));
    views_abort(t);
    views_close(v);
}

Test(views, an_index_depends_on_key_origin_domain_and_text_only)
{
    struct master_key *k = key_of(1), *other = key_of(2);
    struct views_options o = view_options(k);
    uint8_t a[16], b[16], c[16];
    index_of(a, &o);
    index_of(b, &o);
    cr_assert(memcmp(a, b, 16) == 0);
    o.master = other;
    index_of(c, &o);
    cr_assert(memcmp(a, c, 16) != 0);
    o.origin = STR("daybook/fedcba9876543210");
    index_of(b, &o);
    cr_assert(memcmp(b, c, 16) != 0);
    master_key_close(k);
    master_key_close(other);
}

/* ---- scans ---- */

#define assert_scan(t, from, prefix, backwards, wanted) \
    assert_str(str_of(scanned((t), (from), (prefix), (backwards), 0)), "|" wanted)

static void put_letters(struct views_txn *t)
{
    put(t, 1, 10, "a");
    put(t, 1, 20, "b");
    put(t, 1, 30, "c");
    put(t, 2, 10, "d");
    put(t, 2, 20, "e");
    put(t, 4, 10, "f");
}

static void assert_scans(struct views_txn *t)
{
    assert_scan(t, view_key(1), 1, false, "abc");
    assert_scan(t, view_key(1), 1, true, "cba");
    assert_scan(t, view_key(2), 1, false, "de");
    assert_scan(t, view_key(4), 1, true, "f");
    assert_scan(t, view_key(3), 1, false, "");
    assert_scan(t, view_key(3), 1, true, "");
    assert_scan(t, view_key(0), 0, false, "abcdef");
    assert_scan(t, view_key(255), 0, true, "fedcba");
    assert_scan(t, key_u64(1, 20), 1, false, "bc");
    assert_scan(t, key_u64(1, 20), 1, true, "ba");
    assert_scan(t, key_u64(1, 25), 1, false, "c");
    assert_scan(t, key_u64(1, 25), 1, true, "ba");
    assert_scan(t, key_u64(1, 5), 1, true, "");
    assert_scan(t, key_u64(1, 31), 1, false, "");
    assert_scan(t, key_u64(1, 20), 9, false, "b");
    assert_scan(t, key_u64(1, 20), 9, true, "b");
    assert_str(str_of(scanned(t, view_key(1), 1, false, 2)), "|ab");
    assert_str(str_of(scanned(t, view_key(1), 1, true, 1)), "|c");
}

static enum err refuse(void *context, struct bytes key, struct bytes value, struct error *e)
{
    (void)context;
    (void)key;
    (void)value;
    return fail(e, ERR_REFUSED, "enough");
}

Test(views, scans_go_both_ways_within_a_prefix)
{
    struct master_key *k = key_of(1);
    struct views_options o = view_options(k);
    struct views *v = views_opened(&o, true);
    struct views_txn *t = begun(v, true);
    put_letters(t);
    assert_scans(t); /* pending changes are seen */
    assert_ok(views_commit(t, E));
    t = begun(v, false);
    assert_scans(t);
    struct view_key from = view_key(1);
    assert_err(views_scan(t, &from, 1, false, refuse, NULL, E), ERR_REFUSED, "enough");
    views_abort(t);
    views_close(v);
    master_key_close(k);
}

Test(views, a_scan_sees_what_was_changed_and_deleted_since_the_last)
{
    struct master_key *k = key_of(1);
    struct views_options o = view_options(k);
    struct views *v = views_opened(&o, true);
    struct views_txn *t = begun(v, true);
    struct view_key ten = key_u64(1, 10);
    put_letters(t);
    assert_scan(t, view_key(1), 1, false, "abc");
    put(t, 1, 20, "B");
    assert_ok(views_delete(t, &ten, E));
    put(t, 1, 15, "x");
    assert_scan(t, view_key(1), 1, false, "xBc");
    assert_scan(t, view_key(1), 1, true, "cBx");
    views_abort(t);
    views_close(v);
    master_key_close(k);
}

/* ---- digests ---- */

Test(views, digests_depend_on_keys_and_plain_values_only)
{
    struct master_key *k = key_of(1);
    struct views_options o = view_options(k), o2 = view_options(k);
    o2.dir = test_path("other");
    struct views *a = views_opened(&o, true), *b = views_opened(&o2, true);
    struct views_txn *t = begun(a, true);
    put_letters(t);
    assert_ok(views_commit(t, E));
    /* The same with detours, in several commits, under another salt. */
    struct view_key gone = key_u64(7, 7);
    t = begun(b, true);
    put(t, 7, 7, "gone");
    put(t, 4, 10, "no");
    assert_ok(views_commit(t, E));
    t = begun(b, true);
    put_letters(t);
    assert_ok(views_delete(t, &gone, E));
    set_seq(t, 99);
    assert_ok(views_commit(t, E));
    uint64_t n = 0, m = 0;
    struct hash x = digest_of(a, &n), y = digest_of(b, &m);
    assert_int(n, 6);
    assert_int(m, 6);
    cr_assert(memcmp(&x, &y, sizeof x) == 0);
    t = begun(b, true);
    put(t, 1, 10, "A");
    assert_ok(views_commit(t, E));
    y = digest_of(b, &m);
    cr_assert(memcmp(&x, &y, sizeof x) != 0);
    views_close(a);
    views_close(b);
    master_key_close(k);
}

/* ---- size ---- */

Test(views, a_small_map_grows_in_the_middle_of_a_transaction)
{
    struct master_key *k = key_of(1);
    struct views_options o = view_options(k);
    o.map_bytes = (size_t)1024 * 1024;
    struct views *v = views_opened(&o, true);
    struct views_txn *t = begun(v, true);
    struct bytes value = plain_of(1, 1000);
    for (uint64_t i = 0; i < 200000; i++) {
        struct view_key key = key_u64(1, i);
        assert_ok(views_put(t, &key, value, E));
        if (i % 40000 == 39999) (void)scanned(t, view_key(2), 1, false, 0); /* flushes */
    }
    set_seq(t, 5);
    assert_ok(views_commit(t, E));
    uint64_t n = 0;
    (void)digest_of(v, &n);
    assert_int(n, 200000);
    views_close(v);
    master_key_close(k);
}

Test(views, a_transaction_says_when_it_has_grown_large)
{
    struct master_key *k = key_of(1);
    struct views_options o = view_options(k);
    struct views *v = views_opened(&o, true);
    struct views_txn *t = begun(v, true);
    cr_assert(!views_is_full(t));
    struct bytes value = plain_of(1, 1000);
    for (uint64_t i = 0; i < LIMIT_VIEWS_TXN_BYTES / 1000; i++) {
        struct view_key key = key_u64(1, i);
        assert_ok(views_put(t, &key, value, E));
    }
    cr_assert(views_is_full(t));
    assert_ok(views_commit(t, E));
    t = begun(v, true);
    cr_assert(!views_is_full(t));
    views_abort(t);
    views_close(v);
    master_key_close(k);
}
