/* SPDX-License-Identifier: MIT */
/* test_signers.c - one checkpoint key follows another: for a time both sign, whoever trusts the old one
 * learns the new one from a note that both signed, and then the old one signs no more. */
#include <sys/stat.h>
#include <unistd.h>

#include "projections/projections.h"
#include "tests/lib/fixture.h"

static struct frozen_clock noon = {{INT64_C(1735732800000000)}}; /* 2025-01-01T12:00:00Z */
static const int64_t day_us = INT64_C(24) * 60 * 60 * 1000000;
static struct ledger *l;
static const char *old, *new;

static void begin(void)
{
    struct str public = STR_NONE;
    test_begin();
    struct ledger_options o = {.dir = test_path("d"),
                               .key_file = test_path("master"),
                               .world = world_frozen(&noon),
                               .state = &daybook_state,
                               .map_bytes = 64u << 20};
    assert_ok(ledger_create(&o, E));
    assert_ok(ledger_open(&l, &o, E));
    old = test_path("old");
    new = test_path("new");
    assert_ok(ledger_new_checkpoint_key(&public, l, old, A, E));
}

static void end(void)
{
    ledger_close(l);
    test_end();
}

TestSuite(signers, .init = begin, .fini = end);

static void grow(const char *user)
{
    struct command c = {.type = COMMAND_CUSTOMER_CREATE};
    struct request r = {.command = &c, .actor = STR("test")};
    struct outcome out = {0};
    c.customer_create.user = str_of(user);
    assert_ok(ledger_execute(&out, l, &r, A, E));
}

static enum err try_sign(const char *key)
{
    struct ledger_checkpoint p;
    struct checkpoint_how how = {.key_file = key};
    return ledger_checkpoint(&p, l, &how, A, E);
}

static struct ledger_checkpoint signed_with(const char *key)
{
    struct ledger_checkpoint p;
    struct checkpoint_how how = {.key_file = key};
    assert_ok(ledger_checkpoint(&p, l, &how, A, E));
    return p;
}

static struct checkpoint_rotation rotated(struct date until)
{
    struct checkpoint_rotation r;
    assert_ok(ledger_rotate_checkpoint_key(&r, l, old, new, until, A, E));
    return r;
}

static struct note_key public_of(const char *key)
{
    struct note_key k = {.name = STR_NONE};
    assert_ok(note_key_parse(&k, test_read(str_format(A, "%s.pub", key).ptr), A, E));
    return k;
}

static bool opens(struct str note, const char *key)
{
    struct checkpoint c = {.size = 0};
    struct note_key k = public_of(key);
    return checkpoint_open(&c, note, &k, A, E) == OK;
}

Test(signers, for_a_time_both_sign_whichever_is_named_and_then_the_new_one_alone)
{
    const char *follower = NULL;
    struct ledger_checkpoint before = signed_with(old);
    cr_assert(opens(before.note, old));
    rotated((struct date){0});
    grow("ann");
    struct ledger_checkpoint both = signed_with(new);
    cr_assert(opens(both.note, old) && opens(both.note, new));
    assert_int(both.before, before.head.size);
    grow("bob");
    struct ledger_checkpoint named = signed_with(old);
    cr_assert(opens(named.note, old) && opens(named.note, new));
    assert_ok(ledger_retire_checkpoint_key(&follower, old, A, E));
    assert_err_says(try_sign(old), ERR_REFUSED, "is retired");
    grow("cid");
    struct ledger_checkpoint after = signed_with(new);
    cr_assert(opens(after.note, new) && !opens(after.note, old));
    assert_int(after.read, 1);
}

Test(signers, the_overlap_ends_with_its_last_day)
{
    rotated(day("2025-01-02"));
    noon.now.us += day_us;
    grow("ann");
    struct ledger_checkpoint last = signed_with(old);
    cr_assert(opens(last.note, old) && opens(last.note, new));
    noon.now.us += day_us;
    grow("bob");
    assert_err_says(try_sign(old), ERR_REFUSED, "signed along until 2025-01-02");
    struct ledger_checkpoint after = signed_with(new);
    cr_assert(opens(after.note, new) && !opens(after.note, old));
}

Test(signers, one_signed_before_gets_the_second_signature_and_keeps_the_first)
{
    struct ledger_checkpoint before = signed_with(old);
    rotated((struct date){0});
    struct ledger_checkpoint now = signed_with(new);
    assert_int(now.head.size, before.head.size);
    cr_assert(opens(now.note, old) && opens(now.note, new));
    cr_assert(memcmp(now.note.ptr, before.note.ptr, before.note.len) == 0);
    cr_assert(str_equal(test_read(now.path), now.note));
}

Test(signers, who_trusts_the_old_key_learns_the_new_one_and_no_other)
{
    struct checkpoint_rotation r = rotated((struct date){0}), again = rotated((struct date){0});
    struct note_key trusted = public_of(old), next = public_of(new), third = next;
    struct key_rotation told = {.size = 0};
    assert_ok(rotation_open(&told, r.note, &trusted, A, E));
    cr_assert(str_equal(note_key_text(A, &told.next), note_key_text(A, &next)));
    cr_assert(str_equal(test_read(r.path), r.note));
    cr_assert(str_equal(again.note, r.note));
    assert_err_says(rotation_open(&told, r.note, &next, A, E), ERR_INVALID,
                    "the one that it follows is wanted");
    third.public[0] ^= 1;
    assert_ok(note_key_of(&third, trusted.name, third.public, E));
    cr_assert(rotation_open(&told, r.note, &third, A, E) == ERR_TAMPERED);
    cr_assert(!opens(r.note, old)); /* it is no checkpoint */
    for (size_t i = 0; i < r.note.len; i++) {
        char *bad = str_cstring(A, r.note);
        bad[i] = (char)(bad[i] ^ 1);
        cr_assert(rotation_open(&told, (struct str){bad, r.note.len}, &trusted, A, E) != OK, "byte %zu", i);
        cr_assert(rotation_open(&told, (struct str){r.note.ptr, i}, &trusted, A, E) != OK, "cut at %zu", i);
    }
}

Test(signers, a_key_that_its_owner_did_not_bring_is_not_named)
{
    struct checkpoint_rotation r = rotated((struct date){0});
    struct note_key trusted = public_of(old);
    struct key_rotation told = {.size = 0};
    const char *lines = strstr(str_cstring(A, r.note), "\n\n") + 2, *second = strchr(lines, '\n') + 1;
    size_t len = r.note.len - strlen(second); /* the old key's signature alone */
    assert_err_says(rotation_open(&told, (struct str){r.note.ptr, len}, &trusted, A, E), ERR_TAMPERED,
                    "the key that it names: ");
}

Test(signers, only_one_follows_and_not_more_than_two_sign)
{
    struct checkpoint_rotation r;
    const char *follower = NULL;
    assert_err_says(ledger_retire_checkpoint_key(&follower, old, A, E), ERR_REFUSED, "no key follows it");
    assert_err_says(ledger_rotate_checkpoint_key(&r, l, old, old, (struct date){0}, A, E), ERR_INVALID,
                    "a key cannot follow itself");
    assert_err_says(ledger_rotate_checkpoint_key(&r, l, old, test_path("d/new"), (struct date){0}, A, E),
                    ERR_INVALID, "it lies inside the ledger's directory");
    rotated((struct date){0});
    assert_err_says(ledger_rotate_checkpoint_key(&r, l, old, test_path("third"), (struct date){0}, A, E),
                    ERR_REFUSED, "is followed by");
    assert_err_says(ledger_rotate_checkpoint_key(&r, l, new, test_path("third"), (struct date){0}, A, E),
                    ERR_REFUSED, "still signs along with it");
    assert_ok(ledger_retire_checkpoint_key(&follower, old, A, E));
    assert_ok(ledger_rotate_checkpoint_key(&r, l, new, test_path("third"), (struct date){0}, A, E));
    signed_with(test_path("third"));
}

Test(signers, an_older_copy_is_refused_by_what_either_key_remembers)
{
    rotated((struct date){0});
    assert_ok(dir_make(test_path("c/log"), 0700, E));
    test_write(test_path("c/log/data.mdb"), test_read(test_path("d/log/data.mdb")));
    cr_assert(chmod(test_path("c/log/data.mdb"), 0600) == 0);
    grow("ann");
    signed_with(new);
    cr_assert(unlink(test_path("new.last")) == 0);
    ledger_close(l);
    struct ledger_options o = {.dir = test_path("c"),
                               .key_file = test_path("master"),
                               .world = world_frozen(&noon),
                               .state = &daybook_state,
                               .map_bytes = 64u << 20};
    assert_ok(ledger_open(&l, &o, E));
    assert_err_says(try_sign(new), ERR_ROLLED_BACK, "old.last' is of");
}
