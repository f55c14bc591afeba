/* SPDX-License-Identifier: MIT */
/* test_follower.c - a follower is the ledger as it was when it was last brought up to date, and nobody else
 * writes to it. */

#include "tests/projections/copies.h"

TestSuite(follower, .init = books_begin, .fini = books_end);

static enum err try_replicate(struct ledger_replica *out, const char *to)
{
    return ledger_replicate(out, books.ledger, test_path(to), &silent, A, E);
}

Test(follower, it_is_brought_up_to_date_read_and_never_written_to)
{
    struct ledger_replica r;
    struct hash was = {{0}}, is = {{0}};
    uint64_t entries = 0;
    grow(books.ledger, "a", 3);
    assert_ok(try_replicate(&r, "f"));
    assert_int(r.added, state_of(books.ledger).head.range.size);
    grow(books.ledger, "b", 3);
    (void)exported("x"); /* signs */
    assert_ok(try_replicate(&r, "f"));
    assert_int(r.added, 3);
    struct ledger *f = opened("f", false);
    assert_ok(ledger_digest(&was, &entries, books.ledger, E));
    assert_ok(ledger_digest(&is, &entries, f, E));
    cr_assert(hash_equal(&was, &is));
    struct ledger_checkpoint p;
    assert_ok(ledger_newest_checkpoint(&p, f, A, E));
    assert_err_says(try_grow(f, "no"), ERR_REFUSED, "follows another and is not written to");
    ledger_close(f);
    grow(books.ledger, "c", 1);
    assert_ok(try_replicate(&r, "f"));
    assert_ok(ledger_promote(test_path("f"), E));
    f = opened("f", false);
    assert_ok(try_grow(f, "yes"));
    ledger_close(f);
    assert_err_says(try_replicate(&r, "f"), ERR_REFUSED, "is no follower");
}

Test(follower, one_that_is_ahead_or_went_another_way_is_refused_and_not_touched)
{
    struct ledger_replica r;
    grow(books.ledger, "a", 2);
    (void)backed_up("b");
    assert_ok(try_restore("b", "fork"));
    grow(books.ledger, "b", 3);
    assert_ok(try_replicate(&r, "f"));
    struct str before = test_read(test_path("f/log/data.mdb"));
    struct ledger *mine = books.ledger;
    books.ledger = opened("fork", false);
    assert_err_says(try_replicate(&r, "f"), ERR_ROLLED_BACK, "and the ledger only ");
    grow(books.ledger, "other", 9);
    assert_err_says(try_replicate(&r, "f"), ERR_TAMPERED, "do not have the root that 'the follower' names");
    ledger_close(books.ledger);
    books.ledger = opened("another", true);
    grow(books.ledger, "another", 9);
    assert_err_says(try_replicate(&r, "f"), ERR_REFUSED, "it follows another ledger");
    ledger_close(books.ledger);
    books.ledger = mine;
    cr_assert(str_equal(test_read(test_path("f/log/data.mdb")), before));
    assert_err_says(try_replicate(&r, "b"), ERR_REFUSED, "is no follower");
    assert_err_says(try_replicate(&r, "d/f"), ERR_INVALID, "it lies inside the ledger's directory");
}

Test(follower, a_checkpoint_that_is_not_of_the_source_stops_it_before_anything_is_written)
{
    struct ledger_replica r;
    struct ledger_checkpoint p;
    struct note_key k = {.name = ledger_origin(books.ledger)};
    uint8_t nobody[NOTE_SIGNATURE_BYTES] = {0};
    assert_ok(try_replicate(&r, "f"));
    struct str before = test_read(test_path("f/log/data.mdb"));
    grow(books.ledger, "a", 3);
    struct checkpoint_how how = {.key_file = books.signer};
    assert_ok(ledger_checkpoint(&p, books.ledger, &how, A, E));
    grow(books.ledger, "b", 3);
    struct checkpoint forged = p.head;
    forged.root.bytes[0] ^= 1;
    test_write(p.path, note_text(A, checkpoint_text(A, &forged), &k, nobody));
    assert_err_says(try_replicate(&r, "f"), ERR_TAMPERED, "do not have the root that 'checkpoints/");
    cr_assert(str_equal(test_read(test_path("f/log/data.mdb")), before));
}
