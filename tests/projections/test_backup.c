/* SPDX-License-Identifier: MIT */
/* test_backup.c - what is restored of a backup is the ledger, or nothing is; only what is new is written, and
 * what does not go on from it is not. */
#define _GNU_SOURCE /* memmem */
#include <sys/stat.h>
#include <unistd.h>

#include "tests/projections/copies.h"

TestSuite(backup, .init = books_begin, .fini = books_end);

static enum err try_verify(const char *dir)
{
    struct backup_entry v;
    size_t count = 0;
    return backup_verify(&v, &count, test_path(dir), NULL, &silent, A, E);
}

Test(backup, what_is_restored_is_the_ledger)
{
    struct hash was = {{0}}, is = {{0}};
    uint64_t entries = 0;
    grow(books.ledger, "a", 7);
    (void)exported("x"); /* signs */
    struct ledger_backup b = backed_up("b");
    assert_ok(try_verify("b"));
    assert_ok(try_restore("b", "again"));
    struct ledger *r = opened("again", false);
    struct hash root = state_of(r).root;
    cr_assert(hash_equal(&root, &b.root));
    assert_ok(ledger_digest(&was, &entries, books.ledger, E));
    assert_ok(ledger_digest(&is, &entries, r, E));
    cr_assert(hash_equal(&was, &is));
    struct ledger_checkpoint p;
    assert_ok(ledger_newest_checkpoint(&p, r, A, E));
    cr_assert(!file_exists(test_path("again.partial")));
    assert_ok(try_grow(r, "after"));
    ledger_close(r);
}

Test(backup, what_witnesses_signed_goes_with_archive_and_backup)
{
    struct ledger_checkpoint p, again;
    struct str line = STR("\xe2\x80\x94 w AAAAAAA=\n"), note = STR_NONE;
    grow(books.ledger, "a", 2);
    (void)exported("before"); /* signs */
    assert_ok(ledger_newest_checkpoint(&p, books.ledger, A, E));
    assert_ok(ledger_keep_cosigned(books.ledger, &p, STR("w"), line, A, E));
    (void)exported("x");
    struct str wanted = str_format(A, "%.*s%.*s", STR_ARG(p.note), STR_ARG(line));
    cr_assert(str_equal(test_read(test_path("x/checkpoint")), wanted));
    (void)backed_up("b");
    assert_ok(try_restore("b", "again"));
    struct ledger *r = opened("again", false);
    assert_ok(ledger_newest_checkpoint(&again, r, A, E));
    assert_ok(ledger_cosigned_note(&note, r, &again, A, E));
    cr_assert(str_equal(note, wanted));
    ledger_close(r);
}

Test(backup, a_second_one_writes_what_is_new_and_the_same_again_nothing)
{
    grow_log(books.ledger, 70000);
    struct ledger_backup first = backed_up("b"), same = backed_up("b");
    assert_int(first.objects, 3); /* a full segment, the beginning of the next, the customers' keys */
    assert_int(same.objects, 0);
    assert_int(same.added, 0);
    grow_log(books.ledger, 10);
    struct ledger_backup next = backed_up("b");
    assert_int(next.objects, 1);
    assert_int(next.added, 10);
    cr_assert(next.bytes < first.bytes / 100);
    grow_log(books.ledger, 65536); /* which closes the second segment: it becomes one object */
    assert_int(backed_up("b").objects, 2);
    assert_ok(try_verify("b"));
}

Test(backup, a_segment_that_grows_in_small_steps_is_made_one_now_and_then)
{
    struct backup_entry *all = NULL;
    size_t count = 0;
    for (size_t i = 0; i < 40; i++) {
        grow_log(books.ledger, 1);
        (void)backed_up("b");
    }
    assert_ok(backup_list(&all, &count, test_path("b"), A, E));
    assert_int(count, 40);
    for (size_t i = 0; i < count; i++) cr_assert(all[i].segments <= 32);
    assert_ok(try_verify("b"));
}

Test(backup, it_never_holds_the_master_key)
{
    struct str master = str_trim(test_read(test_path("master")));
    grow(books.ledger, "a", 3);
    (void)exported("x");
    (void)backed_up("b");
    struct str all = folder("b");
    uint8_t raw[32];
    struct str digits = {master.ptr, 64};
    assert_ok(hex_decode(raw, sizeof raw, digits, E));
    for (size_t i = 0; i + 64 <= all.len; i++) {
        cr_assert(memcmp(all.ptr + i, digits.ptr, 64) != 0);
        cr_assert(memcmp(all.ptr + i, raw, 32) != 0);
    }
}

/* By the newest snapshot: the customers' keys of an older one are not. */
static bool is_needed(struct str folder_name, struct str rest)
{
    struct names_list names;
    assert_ok(dir_list(&names, test_path("b/snapshots"), A, E));
    const char *newest =
        str_format(A, "%s/%.*s", test_path("b/snapshots"), STR_ARG(names.names[names.count - 1])).ptr;
    struct str hash = str_format(A, "%.*s%.*s", STR_ARG(folder_name), STR_ARG(rest));
    return strstr(str_cstring(A, test_read(newest)), hash.ptr) != NULL;
}

/* Every object and manifest, each damaged in several ways. */
Test(backup, whatever_is_damaged_is_found_and_nothing_is_restored_of_it)
{
    struct names_list dirs, files;
    size_t seen = 0;
    grow(books.ledger, "a", 3);
    (void)exported("x");
    (void)backed_up("b");
    grow(books.ledger, "b", 3);
    (void)backed_up("b");
    assert_ok(dir_list(&dirs, test_path("b/objects"), A, E));
    for (size_t i = 0; i < dirs.count; i++) {
        const char *dir = str_format(A, "%s/%.*s", test_path("b/objects"), STR_ARG(dirs.names[i])).ptr;
        assert_ok(dir_list(&files, dir, A, E));
        const char *path = str_format(A, "%s/%.*s", dir, STR_ARG(files.names[0])).ptr;
        struct str good = test_read(path);
        for (size_t at = 0; at < good.len; at += at < 20 ? 1 : 11) {
            flip(path, at);
            assert_err_says(try_verify("b"), ERR_TAMPERED, files.names[0].ptr);
            test_write(path, good);
        }
        test_write(path, (struct str){good.ptr, good.len - 1});
        assert_err_says(try_verify("b"), ERR_TAMPERED, files.names[0].ptr);
        if (is_needed(dirs.names[i], files.names[0]))
            assert_err_says(try_restore("b", "r"), ERR_TAMPERED, files.names[0].ptr);
        cr_assert(unlink(path) == 0);
        assert_err_says(try_verify("b"), ERR_INCOMPLETE, files.names[0].ptr);
        if (is_needed(dirs.names[i], files.names[0]))
            assert_err_says(try_restore("b", "r"), ERR_INCOMPLETE, files.names[0].ptr);
        cr_assert(!file_exists(test_path("r")) && !file_exists(test_path("r.partial")));
        test_write(path, good);
        seen++;
    }
    cr_assert(seen >= 3);
    assert_ok(try_verify("b"));
}

Test(backup, a_manifest_that_was_changed_cut_or_put_in_anothers_place_is_refused)
{
    struct names_list names;
    grow(books.ledger, "a", 2);
    (void)backed_up("b");
    grow(books.ledger, "b", 2);
    (void)backed_up("b");
    assert_ok(dir_list(&names, test_path("b/snapshots"), A, E));
    assert_int(names.count, 2);
    const char *old = str_format(A, "%s/%.*s", test_path("b/snapshots"), STR_ARG(names.names[0])).ptr;
    const char *new = str_format(A, "%s/%.*s", test_path("b/snapshots"), STR_ARG(names.names[1])).ptr;
    struct str good = test_read(new);
    for (size_t i = 0; i < good.len; i++) {
        flip(new, i);
        cr_assert(try_verify("b") == ERR_TAMPERED, "byte %zu", i);
        test_write(new, (struct str){good.ptr, i});
        cr_assert(try_verify("b") == ERR_TAMPERED, "cut at %zu", i);
        test_write(new, good);
    }
    test_write(new, test_read(old)); /* an older one, replayed */
    assert_err_says(try_verify("b"), ERR_TAMPERED, "holds what is snapshot");
    assert_err_says(try_restore("b", "r"), ERR_TAMPERED, "holds what is snapshot");
    struct ledger_backup out;
    assert_err_says(ledger_backup(&out, books.ledger, test_path("b"), &silent, A, E), ERR_TAMPERED,
                    "holds what is snapshot");
}

Test(backup, a_ledger_that_does_not_go_on_from_it_is_not_added)
{
    struct ledger_backup out;
    grow(books.ledger, "a", 2);
    (void)backed_up("b");
    assert_ok(try_restore("b", "fork"));
    grow(books.ledger, "b", 2);
    (void)backed_up("b");
    struct str before = folder("b");
    struct ledger *mine = books.ledger;
    books.ledger = opened("fork", false);
    assert_err_says(ledger_backup(&out, books.ledger, test_path("b"), &silent, A, E), ERR_ROLLED_BACK,
                    "and snapshot '");
    grow(books.ledger, "c", 5);
    assert_err_says(ledger_backup(&out, books.ledger, test_path("b"), &silent, A, E), ERR_TAMPERED,
                    "do not have the root");
    ledger_close(books.ledger);
    books.ledger = opened("other", true);
    assert_err_says(ledger_backup(&out, books.ledger, test_path("b"), &silent, A, E), ERR_REFUSED,
                    "of another ledger");
    ledger_close(books.ledger);
    books.ledger = mine;
    cr_assert(str_equal(folder("b"), before));
    test_write(test_path("b/mine.txt"), STR("x"));
    assert_err_says(ledger_backup(&out, books.ledger, test_path("b"), &silent, A, E), ERR_REFUSED,
                    "belongs to no backup");
}

Test(backup, pruning_keeps_the_newest_and_all_that_they_need)
{
    struct backup_pruned p;
    for (size_t i = 0; i < 36; i++) { /* the segment is made one in between: older objects are free then */
        grow_log(books.ledger, 1);
        (void)backed_up("b");
    }
    assert_err_says(backup_prune(&p, test_path("b"), 0, A, E), ERR_INVALID, "keep at least one");
    assert_ok(backup_prune(&p, test_path("b"), 2, A, E));
    assert_int(p.snapshots, 34);
    assert_int(p.kept, 2);
    cr_assert(p.objects >= 30);
    assert_ok(try_verify("b"));
    assert_ok(backup_prune(&p, test_path("b"), 1, A, E));
    assert_ok(backup_prune(&p, test_path("b"), 1, A, E));
    assert_int(p.snapshots + p.objects, 0);
    assert_ok(try_verify("b"));
}

Test(backup, restoring_never_writes_over_anything)
{
    (void)backed_up("b");
    assert_err_says(try_restore("b", "d"), ERR_REFUSED, "there is something in");
    assert_ok(dir_make(test_path("r.partial"), 0700, E));
    test_write(test_path("r.partial/mine"), STR("x"));
    assert_err_says(try_restore("b", "r"), ERR_REFUSED, "has what no restore left there: 'mine'");
    cr_assert(unlink(test_path("r.partial/mine")) == 0);
    assert_ok(dir_make(test_path("r.partial/log"), 0700, E));
    test_write(test_path("r.partial/log/data.mdb"), STR("half")); /* of one that was killed */
    assert_ok(dir_make(test_path("r"), 0700, E));                 /* an empty folder is no obstacle */
    assert_ok(try_restore("b", "r"));
    assert_err_says(try_restore("nothing", "s"), ERR_NOT_FOUND, "there is no backup in");
}

Test(backup, with_another_key_nothing_is_restored)
{
    struct ledger_report r;
    struct ledger_options o = options_of("r");
    (void)backed_up("b");
    test_write(test_path("wrong"), STR("00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n"));
    cr_assert(chmod(test_path("wrong"), 0600) == 0);
    o.key_file = test_path("wrong");
    assert_err_says(ledger_restore(&r, &o, test_path("b"), NULL, &silent, A, E), ERR_INVALID,
                    "belongs to another master key");
    cr_assert(!file_exists(test_path("r")) && !file_exists(test_path("r.partial")));
}

/* ---- forks ---- */

struct seal {
    uint8_t salt[32]; /* of the epoch */
    uint8_t nonce[NONCE_BYTES];
    struct hash leaf;
};
struct seals {
    struct seal *all;
    size_t count, room;
    uint8_t salt[32];
};

static enum err note_seal(void *context, const struct log_entry *entry, struct error *e)
{
    (void)e;
    struct seals *s = context;
    if (entry->header.class_ == RECORD_EPOCH) { /* array, number, bin of 32 bytes: FORMAT.md section 3 */
        const uint8_t *at = memmem(entry->clear_body.ptr, entry->clear_body.len, "\xc4\x20", 2);
        cr_assert(at != NULL);
        memcpy(s->salt, at + 2, sizeof s->salt);
    }
    if (entry->header.epoch == 0) return OK;
    s->all = arena_grow(A, s->all, s->count, &s->room, sizeof *s->all);
    struct seal *one = &s->all[s->count++];
    memcpy(one->salt, s->salt, sizeof one->salt);
    memcpy(one->nonce, entry->header.nonce, sizeof one->nonce);
    one->leaf = entry->leaf;
    return OK;
}

static int by_seal(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct seal));
}

Test(backup, two_copies_that_both_write_on_never_share_a_key_and_a_nonce)
{
    struct seals s = {NULL, 0, 0, {0}};
    grow(books.ledger, "a", 5);
    (void)backed_up("b");
    assert_ok(try_restore("b", "r"));
    struct ledger *r = opened("r", false);
    grow(books.ledger, "same", 400); /* the same commands at the same time */
    grow(r, "same", 400);
    assert_ok(log_scan(ledger_log(books.ledger), 0, UINT64_MAX, note_seal, &s, E));
    assert_ok(log_scan(ledger_log(r), 0, UINT64_MAX, note_seal, &s, E));
    qsort(s.all, s.count, sizeof *s.all, by_seal);
    size_t shared = 0, both = 0;
    for (size_t i = 1; i < s.count; i++) {
        bool is_same = memcmp(&s.all[i - 1], &s.all[i], offsetof(struct seal, leaf)) == 0;
        bool is_one = hash_equal(&s.all[i - 1].leaf, &s.all[i].leaf);
        both += is_same && is_one; /* from before the fork: the same record twice */
        shared += is_same && !is_one;
    }
    assert_int(shared, 0);
    assert_int(both, 5);
    cr_assert(s.count == 2 * 405);
    ledger_close(r);
}
