/* SPDX-License-Identifier: MIT */
/* test_checkpoint.c - what a ledger signs goes on from all that it signed before, and nothing is signed
 * otherwise: not of an older copy, not of a copy that went another way, not with a damaged memory of the
 * last. Proofs made from it hold, for whoever has the public key. */
#include <sys/stat.h>
#include <unistd.h>

#include "projections/projections.h"
#include "tests/lib/fixture.h"

static struct frozen_clock noon = {{INT64_C(1735732800000000)}}; /* 2025-01-01T12:00:00Z */
static struct ledger *l;
static const char *key;

static struct ledger *opened(const char *name, bool make)
{
    struct ledger *opened_one = NULL;
    struct ledger_options o = {.dir = test_path(name),
                               .key_file = test_path("master"),
                               .world = world_frozen(&noon),
                               .state = &daybook_state,
                               .map_bytes = 64u << 20};
    if (make) assert_ok(ledger_create(&o, E));
    assert_ok(ledger_open(&opened_one, &o, E));
    return opened_one;
}

static void begin(void)
{
    struct str public = STR_NONE;
    test_begin();
    l = opened("d", true);
    key = test_path("signer");
    assert_ok(ledger_new_checkpoint_key(&public, l, key, A, E));
    cr_assert(str_starts(public, str_cstring(A, ledger_origin(l))));
}

static void end(void)
{
    ledger_close(l);
    test_end();
}

TestSuite(signed_head, .init = begin, .fini = end);

static void grow(struct ledger *to, const char *user)
{
    struct command c = {.type = COMMAND_CUSTOMER_CREATE};
    struct request r = {.command = &c, .actor = STR("test")};
    struct outcome out = {0};
    c.customer_create.user = str_of(user);
    assert_ok(ledger_execute(&out, to, &r, A, E));
}

static enum err try_sign(struct ledger *of)
{
    struct ledger_checkpoint p;
    struct checkpoint_how how = {.key_file = key};
    return ledger_checkpoint(&p, of, &how, A, E);
}

static struct ledger_checkpoint signed_by(struct ledger *of)
{
    struct ledger_checkpoint p;
    struct checkpoint_how how = {.key_file = key};
    assert_ok(ledger_checkpoint(&p, of, &how, A, E));
    return p;
}

static struct note_key public_key(void)
{
    struct note_key k = {.name = STR_NONE};
    assert_ok(note_key_parse(&k, test_read(test_path("signer.pub")), A, E));
    return k;
}

static void copy_file(const char *from, const char *to)
{
    test_write(test_path(to), test_read(test_path(from)));
}

/* A copy of the log as it is now, under another name. */
static void copy_ledger(const char *to)
{
    assert_ok(dir_make(test_path(str_format(A, "%s/log", to).ptr), 0700, E));
    const char *log = str_format(A, "%s/log/data.mdb", to).ptr;
    copy_file("d/log/data.mdb", log);
    cr_assert(chmod(test_path(log), 0600) == 0);
}

Test(signed_head, names_the_head_and_is_kept_beside_the_key_and_in_the_ledger)
{
    struct log_state s = {0};
    struct note_key k = public_key();
    struct checkpoint at = {.size = 0};
    struct ledger_checkpoint p = signed_by(l), newest;
    assert_ok(log_state(&s, ledger_log(l), E));
    assert_ok(checkpoint_open(&at, p.note, &k, A, E));
    assert_int(at.size, s.head.range.size);
    cr_assert(hash_equal(&at.root, &s.root));
    cr_assert(str_equal(at.origin, ledger_origin(l)));
    assert_int(p.before, 0);
    cr_assert(str_equal(test_read(p.path), p.note));
    cr_assert(str_equal(test_read(test_path("signer.last")), p.note));
    assert_ok(ledger_newest_checkpoint(&newest, l, A, E));
    cr_assert(str_equal(newest.note, p.note));
}

Test(signed_head, the_next_one_goes_on_from_it_and_the_same_head_is_signed_the_same)
{
    struct ledger_checkpoint first = signed_by(l), same = signed_by(l);
    cr_assert(str_equal(first.note, same.note));
    grow(l, "ann");
    struct ledger_checkpoint second = signed_by(l);
    assert_int(second.before, first.head.size);
    cr_assert(second.head.size > first.head.size);
    cr_assert(str_equal(test_read(first.path), first.note)); /* none is lost */
}

Test(signed_head, its_key_does_not_lie_in_the_ledger_and_belongs_to_it)
{
    struct str public = STR_NONE;
    struct ledger *other = opened("other", true);
    assert_err_says(ledger_new_checkpoint_key(&public, l, test_path("d/signer"), A, E), ERR_INVALID,
                    "it lies inside the ledger's directory");
    assert_err_says(ledger_new_checkpoint_key(&public, l, key, A, E), ERR_REFUSED, "there is one already");
    assert_err_says(try_sign(other), ERR_INVALID, "the key is of another ledger, 'daybook/");
    ledger_close(other);
}

/* ---- copies ---- */

Test(signed_head, an_older_copy_is_not_signed)
{
    grow(l, "ann");
    copy_ledger("old");
    grow(l, "bob");
    uint64_t size = signed_by(l).head.size;
    struct ledger *old = opened("old", false);
    assert_err_says(try_sign(old), ERR_ROLLED_BACK,
                    str_format(A, "signer.last' is of %ju", (uintmax_t)size).ptr);
    ledger_close(old);
}

Test(signed_head, a_copy_that_went_another_way_is_not_signed_however_long_it_is)
{
    grow(l, "ann");
    copy_ledger("fork");
    grow(l, "bob");
    signed_by(l);
    struct ledger *fork = opened("fork", false);
    for (size_t i = 0; i < 8; i++) grow(fork, str_format(A, "other-%zu", i).ptr);
    assert_err_says(try_sign(fork), ERR_TAMPERED, "the ledger does not go on from checkpoint '");
    ledger_close(fork);
    signed_by(l); /* the true one goes on */
}

Test(signed_head, without_what_stands_beside_the_key_the_ledgers_own_copies_are_held_against)
{
    struct ledger_checkpoint p = signed_by(l);
    cr_assert(unlink(test_path("signer.last")) == 0);
    assert_int(signed_by(l).before, p.head.size);
    cr_assert(unlink(p.path) == 0); /* and the other way round */
    assert_int(signed_by(l).before, p.head.size);
}

Test(signed_head, a_damaged_memory_of_the_last_one_is_told_and_nothing_is_signed)
{
    struct ledger_checkpoint p = signed_by(l);
    struct str whole = test_read(test_path("signer.last"));
    grow(l, "ann");
    for (size_t i = 0; i < whole.len; i++) {
        char *bad = arena_take_raw(A, whole.len);
        memcpy(bad, whole.ptr, whole.len);
        bad[i] = (char)(bad[i] ^ 1);
        test_write(test_path("signer.last"), (struct str){bad, whole.len});
        enum err err = try_sign(l);
        cr_assert(err == ERR_TAMPERED, "byte %zu: %s: %s", i, err_word(err), E->text);
    }
    test_write(test_path("signer.last"), whole);
    test_write(p.path, STR("daybook/0123456789abcdef\n9\n"));
    assert_err_says(try_sign(l), ERR_TAMPERED, "it is not a signed note");
    test_write(p.path, whole);
    signed_by(l);
}

/* ---- what is read for it ---- */

static struct ledger_checkpoint signed_anew(struct ledger *of)
{
    struct ledger_checkpoint p;
    struct checkpoint_how how = {.key_file = key, .full = true};
    assert_ok(ledger_checkpoint(&p, of, &how, A, E));
    return p;
}

Test(signed_head, only_what_was_appended_since_the_key_signed_is_read_again)
{
    for (size_t i = 0; i < 20; i++) grow(l, str_format(A, "u%zu", i).ptr);
    struct ledger_checkpoint first = signed_by(l);
    assert_int(first.read, first.head.size);
    cr_assert(first.is_new);
    struct ledger_checkpoint same = signed_by(l);
    assert_int(same.read, 0);
    cr_assert(!same.is_new);
    grow(l, "ann");
    struct ledger_checkpoint next = signed_by(l);
    assert_int(next.read, 1);
    assert_int(next.before, first.head.size);
    struct ledger_checkpoint all = signed_anew(l);
    assert_int(all.read, all.head.size);
    cr_assert(str_equal(all.note, next.note));
    cr_assert(unlink(test_path("signer.last")) == 0); /* nobody knows any more what was read */
    assert_int(signed_by(l).read, next.head.size);
}

Test(signed_head, what_others_signed_below_one_of_the_same_head_stays)
{
    struct ledger_checkpoint p = signed_by(l);
    struct note_key other = {.name = STR_NONE};
    uint8_t public[NOTE_PUBLIC_BYTES] = {7}, signature[NOTE_SIGNATURE_BYTES] = {9};
    assert_ok(note_key_of(&other, STR("witness.example"), public, E));
    struct str theirs = note_text(A, checkpoint_text(A, &p.head), &other, signature);
    const char *line = strstr(str_cstring(A, theirs), "\n\n") + 2;
    struct str both = str_format(A, "%.*s%s", STR_ARG(p.note), line);
    test_write(p.path, both);
    cr_assert(str_equal(signed_by(l).note, both));
    cr_assert(str_equal(test_read(p.path), both));
}

/* ---- a folder that others read ---- */

static size_t published(const char *folder)
{
    size_t count = 0;
    assert_ok(ledger_publish(&count, l, test_path(folder), A, E));
    return count;
}

static const char *in_folder(const char *folder, uint64_t size)
{
    return test_path(str_format(A, "%s/%020ju", folder, (uintmax_t)size).ptr);
}

Test(signed_head, all_that_was_signed_is_published_once_and_the_newest_by_name)
{
    struct stat info = {0};
    struct ledger_checkpoint p[3];
    for (size_t i = 0; i < 3; i++) {
        grow(l, str_format(A, "u%zu", i).ptr);
        p[i] = signed_by(l);
        if (i == 0) assert_int(published("web"), 1);
    }
    assert_int(published("web"), 2); /* of which one was missed */
    assert_int(published("web"), 0);
    for (size_t i = 0; i < 3; i++)
        cr_assert(str_equal(test_read(in_folder("web", p[i].head.size)), p[i].note));
    cr_assert(str_equal(test_read(test_path("web/checkpoint")), p[2].note));
    cr_assert(stat(test_path("web/checkpoint"), &info) == 0 && (info.st_mode & 07777) == 0644);
    cr_assert(stat(test_path("web"), &info) == 0 && (info.st_mode & 07777) == 0755);
}

Test(signed_head, what_was_published_of_records_that_are_lost_is_moved_aside_and_never_overwritten)
{
    struct ledger_checkpoint p = signed_by(l);
    struct checkpoint other = p.head;
    struct note_key k = public_key();
    uint8_t nobody[NOTE_SIGNATURE_BYTES] = {0};
    other.root.bytes[0] ^= 1;
    struct str evidence = note_text(A, checkpoint_text(A, &other), &k, nobody);
    assert_ok(dir_make(test_path("web"), 0755, E));
    test_write(in_folder("web", p.head.size), evidence);
    assert_int(published("web"), 1);
    cr_assert(str_equal(test_read(in_folder("web", p.head.size)), p.note));
    cr_assert(str_equal(test_read(test_path(str_format(A, "web/lost-%020ju", (uintmax_t)p.head.size).ptr)),
                        evidence));
}

Test(signed_head, the_ledgers_directory_is_no_place_to_publish_and_neither_is_a_file)
{
    size_t count = 0;
    signed_by(l);
    assert_err_says(ledger_publish(&count, l, test_path("d/web"), A, E), ERR_INVALID,
                    "it lies inside the ledger's directory");
    test_write(test_path("file"), STR("x"));
    assert_err_says(ledger_publish(&count, l, test_path("file"), A, E), ERR_STORAGE, "cannot publish");
}

/* ---- proofs ---- */

static struct hash leaf_of(uint64_t seq)
{
    struct bytes record = {0};
    struct hash leaf = {{0}};
    struct hasher *h = hasher_new();
    assert_ok(ledger_stored_record(&record, l, seq, A, E));
    merkle_leaf(h, &leaf, record);
    hasher_free(h);
    return leaf;
}

Test(signed_head, every_record_is_proven_to_whoever_has_the_public_key)
{
    struct note_key k = public_key();
    for (size_t i = 0; i < 12; i++) grow(l, str_format(A, "u%zu", i).ptr);
    uint64_t size = signed_by(l).head.size;
    for (uint64_t seq = 0; seq < size; seq++) {
        struct str text = STR_NONE;
        struct proof_text p = {.number = 0};
        struct checkpoint at = {.size = 0};
        struct hash leaf = leaf_of(seq), other = leaf_of((seq + 1) % size);
        assert_ok(ledger_prove_record(&text, l, seq, NULL, A, E));
        assert_ok(proof_text_read(&p, text, A, E));
        assert_ok(proof_check_record(&at, &p, &k, &leaf, A, E));
        assert_int(at.size, size);
        cr_assert(proof_check_record(&at, &p, &k, &other, A, E) == ERR_TAMPERED);
    }
}

Test(signed_head, growth_is_proven_from_every_older_checkpoint)
{
    struct ledger_checkpoint older[6];
    struct note_key k = public_key();
    for (size_t i = 0; i < 6; i++) {
        older[i] = signed_by(l);
        grow(l, str_format(A, "u%zu", i).ptr);
    }
    struct ledger_checkpoint now = signed_by(l);
    for (size_t i = 0; i < 6; i++) {
        struct str text = STR_NONE;
        struct proof_text p = {.number = 0};
        struct checkpoint at = {.size = 0};
        assert_ok(ledger_prove_growth(&text, l, older[i].path, NULL, A, E));
        assert_ok(proof_text_read(&p, text, A, E));
        assert_ok(proof_check_growth(&at, &p, &k, &older[i].head, A, E));
        assert_int(at.size, now.head.size);
    }
    struct str text = STR_NONE; /* backwards there is none */
    assert_err_says(ledger_prove_growth(&text, l, now.path, older[0].path, A, E), ERR_ROLLED_BACK, " only");
}

Test(signed_head, what_no_checkpoint_covers_is_not_proven)
{
    struct str text = STR_NONE;
    assert_err_says(ledger_prove_record(&text, l, 0, NULL, A, E), ERR_NOT_FOUND,
                    "there is no checkpoint yet: 'daybook audit checkpoint' signs one");
    struct ledger_checkpoint p = signed_by(l);
    grow(l, "ann");
    assert_err_says(ledger_prove_record(&text, l, p.head.size, NULL, A, E), ERR_NOT_FOUND,
                    "is not among the ");
    signed_by(l);
    assert_ok(ledger_prove_record(&text, l, p.head.size, NULL, A, E));
    assert_err_says(ledger_prove_record(&text, l, p.head.size, p.path, A, E), ERR_NOT_FOUND,
                    "is not among the ");
}

Test(signed_head, a_checkpoint_of_another_ledger_or_another_root_leads_nowhere)
{
    struct str text = STR_NONE;
    struct ledger_checkpoint p = signed_by(l);
    struct checkpoint other = p.head;
    struct note_key k = public_key();
    uint8_t nobody[NOTE_SIGNATURE_BYTES] = {0};
    other.root.bytes[0] ^= 1;
    test_write(test_path("forged"), note_text(A, checkpoint_text(A, &other), &k, nobody));
    assert_err_says(ledger_prove_record(&text, l, 0, test_path("forged"), A, E), ERR_TAMPERED,
                    "do not have the root");
    assert_err_says(ledger_prove_growth(&text, l, test_path("forged"), NULL, A, E), ERR_TAMPERED,
                    "the ledger does not go on from checkpoint");
    other = p.head;
    other.origin = STR("daybook/ffffffffffffffff");
    test_write(test_path("forged"), note_text(A, checkpoint_text(A, &other), &k, nobody));
    assert_err_says(ledger_prove_record(&text, l, 0, test_path("forged"), A, E), ERR_INVALID,
                    "it is about another ledger");
}
