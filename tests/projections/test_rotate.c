/* SPDX-License-Identifier: MIT */
/* test_rotate.c - a new master key for a ledger that is in use: all that was there is there, by the same ids
 * and idempotency keys, and whoever still has the old key is told so and writes nothing. */
#include "projections/projections.h"
#include "tests/lib/fixture.h"

TestSuite(rotate, .init = test_begin, .fini = test_end);

static struct frozen_clock noon = {{INT64_C(1735732800000000)}}; /* 2025-01-01T12:00:00Z */

static struct ledger_options options(void)
{
    return (struct ledger_options){.dir = test_path("books"),
                                   .world = world_frozen(&noon),
                                   .state = &daybook_state,
                                   .map_bytes = 64u << 20};
}

static struct ledger *opened(void)
{
    struct ledger_options o = options();
    struct ledger *l = NULL;
    assert_ok(ledger_open(&l, &o, E));
    return l;
}

static struct ledger *made(void)
{
    struct ledger_options o = options();
    assert_ok(ledger_create(&o, E));
    return opened();
}

static enum err create(struct outcome *out, struct ledger *l, const char *user, const char *key)
{
    struct command c = {.type = COMMAND_CUSTOMER_CREATE};
    c.customer_create.user = str_of(user);
    struct request r = {.command = &c, .key = str_of(key), .actor = STR("test")};
    return ledger_execute(out, l, &r, A, E);
}

static enum err find(struct ledger *l, const char *user)
{
    struct views_txn *t = NULL;
    struct customer c = {0};
    enum err err = ledger_read_begin(&t, l, E);
    if (err != OK) return err;
    err = find_customer(&c, t, str_of(user), A, E);
    ledger_read_end(l, t);
    return err;
}

static struct ledger_rotation rotated(struct ledger *l, const char *file)
{
    struct ledger_rotation r = {.seq = 0};
    assert_ok(ledger_rotate(&r, l, file, A, E));
    return r;
}

Test(rotate, everything_is_there_and_goes_on_under_the_new_key)
{
    struct ledger *l = made();
    struct outcome first = {0}, again = {0};
    struct ledger_report report = {.with_key = false};
    assert_ok(create(&first, l, "ann", "once"));
    struct ledger_rotation r = rotated(l, NULL);
    cr_assert(!str_equal(r.key, r.old_key) && r.key.len == 16);
    assert_str(r.key_file, test_path("books.key"));
    cr_assert(file_exists(r.kept.ptr) && !file_exists(test_path("books.key.new")));
    for (int opening = 0; opening < 2; opening++) {
        assert_ok(find(l, "ann"));
        assert_ok(create(&again, l, "ann", "once")); /* the first result again */
        cr_assert(again.replayed && again.seq == first.seq && again.events_count == first.events_count);
        assert_err_says(create(&again, l, "bob", "once"), ERR_REFUSED, "was used before");
        assert_ok(ledger_verify(&report, l, NULL, NULL, A, E));
        assert_int(report.commands, 1 + opening);
        assert_ok(create(&again, l, opening == 0 ? "cem" : "dora", ""));
        assert_ok(ledger_rebuild(l, NULL, NULL, E));
        ledger_close(l);
        l = opened();
    }
    assert_ok(find(l, "dora"));
    ledger_close(l);
}

Test(rotate, who_has_it_open_with_the_old_key_is_told_and_writes_nothing)
{
    struct ledger *l = made(), *late = opened();
    struct outcome o = {0};
    struct log_state before = {0}, after = {0};
    assert_ok(create(&o, late, "ann", ""));
    struct ledger_rotation r = rotated(l, NULL), unused;
    const char *told = str_format(A, "the key %.*s was replaced on 2025-01-01 by key %.*s",
                                  STR_ARG(r.old_key), STR_ARG(r.key))
                           .ptr;
    assert_ok(log_state(&before, ledger_log(l), E));
    for (int i = 0; i < 2; i++) {
        assert_err(create(&o, late, "bob", ""), ERR_INVALID, told);
        assert_err_says(find(late, "ann"), ERR_INVALID, told);
        assert_err_says(ledger_rotate(&unused, late, test_path("other.key"), A, E), ERR_INVALID, told);
        if (i == 0) assert_ok(create(&o, l, "cem", ""));
    }
    assert_ok(find(l, "ann"));
    assert_ok(log_state(&after, ledger_log(l), E));
    assert_int(after.head.range.size, before.head.range.size + 1);
    ledger_close(late);
    ledger_close(l);
}

Test(rotate, the_new_key_may_stand_in_a_file_of_its_own)
{
    struct ledger *l = made();
    struct ledger *other = NULL;
    struct ledger_options o = options();
    struct ledger_rotation r = rotated(l, test_path("new.key"));
    assert_str(r.key_file, test_path("new.key"));
    assert_int(r.kept.len, 0);
    ledger_close(l);
    assert_err_says(ledger_open(&other, &o, E), ERR_INVALID, "was replaced on 2025-01-01 by key");
    o.key_file = test_path("new.key");
    assert_ok(ledger_open(&other, &o, E));
    ledger_close(other);
}

static const char *kek_beside(struct ledger *l, const char *key)
{
    struct log_state state = {0};
    assert_ok(log_state(&state, ledger_log(l), E));
    size_t word = sizeof "daybook/" - 1;
    return test_path(
        str_format(A, "%s.%.*s.kek", key, (int)(state.origin.len - word), state.origin.ptr + word).ptr);
}

/* An erasure destroys one file: a rotation may leave no other of the same key, whenever it is killed. */
Test(rotate, the_customers_keys_follow_to_another_file_and_leave_none_behind)
{
    struct ledger *l = made();
    struct outcome o = {0};
    struct ledger_options opt = options();
    const char *was = kek_beside(l, "books.key"), *is = kek_beside(l, "new.key");
    const char *note = test_path("books/customer-keys.moving");
    struct bytes old = {0};
    assert_ok(create(&o, l, "ann", ""));
    assert_ok(file_read(&old, was, 4096, A, E));
    (void)rotated(l, test_path("new.key"));
    opt.key_file = test_path("new.key");
    for (int killed = 0; killed < 3; killed++) {
        cr_assert(file_exists(is) && !file_exists(was) && !file_exists(note));
        assert_ok(find(l, "ann"));
        ledger_close(l);
        assert_ok(file_write(was, old, 0600, E)); /* as a kill before the end leaves them */
        assert_ok(file_write(note, str_bytes(str_of(was)), 0600, E));
        if (killed == 0) cr_assert_eq(remove(is), 0);
        assert_ok(ledger_open(&l, &opt, E));
    }
    ledger_close(l);
}

Test(rotate, a_report_names_the_keys_and_counts_what_they_sealed)
{
    struct ledger *l = made();
    struct outcome o = {0};
    struct ledger_keys k = {.masters = NULL};
    assert_ok(create(&o, l, "ann", ""));
    assert_ok(create(&o, l, "bob", ""));
    struct ledger_rotation r = rotated(l, NULL);
    assert_ok(create(&o, l, "cem", ""));
    assert_ok(ledger_keys(&k, l, A, E));
    assert_int(k.masters_count, 2);
    assert_str(k.masters[0].key, str_cstring(A, r.old_key));
    assert_int(k.masters[0].records, 2);
    assert_int(k.masters[0].largest, 2);
    assert_int(k.masters[0].epochs, 2);
    assert_str(k.masters[1].key, str_cstring(A, r.key));
    assert_int(k.masters[1].records, 1);
    cr_assert(k.masters[0].replaced.us == k.masters[1].from.us);
    cr_assert(!instant_is_given(k.masters[1].replaced));
    assert_int(k.epochs_count, 3);
    assert_int(k.epochs[2].records, 1);
    assert_day(k.due, "2026-01-01");
    ledger_close(l);
}
