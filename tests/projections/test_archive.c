/* SPDX-License-Identifier: MIT */
/* test_archive.c - an archive holds what the ledger had at its checkpoint, takes only what goes on from it,
 * and is refused without being touched where it does not match. */
#include <unistd.h>

#include "tests/projections/copies.h"

TestSuite(archive, .init = books_begin, .fini = books_end);

Test(archive, it_is_the_same_bytes_whether_it_grew_or_was_written_at_once)
{
    grow(books.ledger, "a", 5);
    assert_int(exported("grown").written, 6); /* records, tile, checkpoint twice, public keys twice */
    grow_log(books.ledger, 66000);
    (void)exported("grown");
    grow_log(books.ledger, 300);
    struct ledger_archive grown = exported("grown"), again = exported("grown"), whole = exported("whole");
    cr_assert(str_equal(folder("grown"), folder("whole")));
    assert_int(again.written, 0);
    assert_int(whole.written, whole.files);
    cr_assert(grown.written < whole.written / 10, "%ju of %ju", (uintmax_t)grown.written,
              (uintmax_t)whole.written);
    cr_assert(file_exists(test_path("whole/records/000.gz")));
    struct hash root = state_of(books.ledger).root;
    cr_assert(hash_equal(&whole.at.root, &root));
}

Test(archive, without_a_key_it_is_of_the_newest_checkpoint_and_stands_unsigned)
{
    struct ledger_archive out;
    assert_err_says(try_export(&out, "x", false), ERR_NOT_FOUND, "there is no checkpoint yet");
    struct ledger_archive is_signed = exported("signed");
    grow(books.ledger, "a", 3);
    assert_ok(try_export(&out, "x", false));
    assert_int(out.at.size, is_signed.at.size);
    cr_assert(!out.is_signed && is_signed.is_signed);
    assert_ok(try_export(&out, "signed", false)); /* the same archive: its signatures still hold */
    cr_assert(out.is_signed && out.written == 0);
    (void)exported("other");
    assert_ok(try_export(&out, "signed", false)); /* a newer one: they do not */
    cr_assert(!out.is_signed);
    cr_assert(!file_exists(test_path("signed/SHA256SUMS.sig")));
    cr_assert(!file_exists(test_path("signed/SHA256SUMS.sshsig")));
}

Test(archive, one_that_does_not_match_is_refused_and_not_touched)
{
    grow(books.ledger, "a", 5);
    (void)exported("x");
    grow(books.ledger, "b", 5);
    struct names_list files;
    struct str whole = folder("x");
    const char *const victims[] = {"records/000.p", "tile/0/000.p", "checkpoints"};
    for (size_t i = 0; i < sizeof victims / sizeof *victims; i++) {
        const char *dir = str_format(A, "%s/%s", test_path("x"), victims[i]).ptr;
        assert_ok(dir_list(&files, dir, A, E));
        const char *path = str_format(A, "%s/%.*s", dir, STR_ARG(files.names[0])).ptr;
        struct str good = test_read(path);
        struct ledger_archive out;
        flip(path, i == 2 ? 40 : good.len / 2); /* in the checkpoint's root */
        struct str before = folder("x");
        enum err err = try_export(&out, "x", true);
        cr_assert(err == ERR_TAMPERED, "%s: %s", victims[i], err_word(err));
        cr_assert(str_equal(folder("x"), before), "%s: something was changed", victims[i]);
        test_write(path, good);
    }
    cr_assert(str_equal(folder("x"), whole));
    (void)exported("x");
}

Test(archive, another_ledgers_archive_a_longer_one_and_other_files_are_refused)
{
    struct ledger_archive out;
    struct ledger *mine = books.ledger, *other = opened("other", true);
    struct str public = STR_NONE;
    const char *first = books.signer;
    grow(books.ledger, "a", 2);
    (void)exported("x");
    books.signer = test_path("other-signer");
    books.ledger = other;
    assert_ok(ledger_new_checkpoint_key(&public, books.ledger, books.signer, A, E));
    struct str before = folder("x");
    assert_err_says(try_export(&out, "x", true), ERR_TAMPERED, "it is about another ledger");
    cr_assert(str_equal(folder("x"), before));
    books.ledger = mine;
    books.signer = first;
    struct ledger_checkpoint old;
    assert_ok(ledger_newest_checkpoint(&old, books.ledger, A, E));
    grow(books.ledger, "b", 2);
    (void)exported("x");
    struct archive_options o = {.dir = test_path("x"), .checkpoint = old.path};
    assert_err_says(ledger_export(&out, books.ledger, &o, A, E), ERR_ROLLED_BACK, "the archive in");
    test_write(test_path("x/notes.txt"), STR("mine"));
    assert_err_says(try_export(&out, "x", true), ERR_REFUSED, "notes.txt' belongs to no archive");
    assert_err_says(try_export(&out, "d/x", true), ERR_INVALID, "it lies inside the ledger's directory");
    ledger_close(other);
}

Test(archive, a_checkpoint_that_is_not_of_this_log_is_not_exported)
{
    struct ledger_archive out;
    struct ledger_checkpoint p;
    struct note_key k = {.name = ledger_origin(books.ledger)};
    uint8_t nobody[NOTE_SIGNATURE_BYTES] = {0};
    grow(books.ledger, "a", 2);
    struct checkpoint_how how = {.key_file = books.signer};
    assert_ok(ledger_checkpoint(&p, books.ledger, &how, A, E));
    struct checkpoint forged = p.head;
    forged.root.bytes[5] ^= 1;
    test_write(test_path("forged"), note_text(A, checkpoint_text(A, &forged), &k, nobody));
    struct archive_options o = {.dir = test_path("x"), .checkpoint = test_path("forged")};
    assert_err_says(ledger_export(&out, books.ledger, &o, A, E), ERR_TAMPERED, "do not have the root that ");
    cr_assert(!file_exists(test_path("x/SHA256SUMS")));
    o.key_file = books.signer; /* and it was not this key that signed it */
    assert_err_says(ledger_export(&out, books.ledger, &o, A, E), ERR_TAMPERED, "");
}

/* One that was killed before it had a checkpoint says nothing of its size but by its files. */
Test(archive, what_goes_beyond_the_checkpoint_is_refused_though_no_checkpoint_says_so)
{
    struct ledger_archive out;
    struct ledger_checkpoint old;
    grow(books.ledger, "a", 2);
    (void)exported("x");
    assert_ok(ledger_newest_checkpoint(&old, books.ledger, A, E));
    grow(books.ledger, "b", 2);
    (void)exported("y");
    dir_remove(test_path("y/checkpoints"), 1);
    cr_assert(unlink(test_path("y/checkpoint")) == 0);
    struct archive_options o = {.dir = test_path("y"), .checkpoint = old.path};
    struct str before = folder("y");
    assert_err_says(ledger_export(&out, books.ledger, &o, A, E), ERR_REFUSED,
                    "goes beyond the checkpoint of ");
    cr_assert(str_equal(folder("y"), before));
    (void)exported("y"); /* which goes as far as they do */
    (void)exported("z");
    assert_ok(try_export(&out, "z", true));
    cr_assert(str_equal(folder("y"), folder("z")));
}
