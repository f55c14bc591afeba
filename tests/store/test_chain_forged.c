/* SPDX-License-Identifier: MIT */
/* test_chain_forged.c - key epochs and generations that do not follow each other are refused by all who take
 * records in a row, with one sentence; of master keys test_rotation.c tells. */
#include <string.h>

#include "ledger/store/log_private.h"
#include "tests/store/forgery.h"

TestSuite(forged, .init = test_begin, .fini = test_end);

/* Where an epoch's or a generation's number stands in its record. */
enum { NUMBER = RECORD_HEADER_BYTES + 1 };

static void open_generation(struct log *l, uint32_t number)
{
    struct log_state s = {0};
    assert_ok(log_state(&s, l, E));
    struct generation g = {.number = number, .reason = STR("the disk was replaced")};
    g.restored = (struct log_head_at){s.head.range.size, s.root};
    g.lost = (struct log_head_at){s.head.range.size + 5, {{7}}};
    assert_ok(log_append_generation(l, &g, (struct instant){1}, E));
}

/* 0 genesis, 1 epoch, 2 and 3 events, 4 GENERATION, 5 event, 6 epoch, 7 event, 8 GENERATION, 9 event */
static struct forgery material(void)
{
    struct master_key *k = key_of(1);
    struct log_options o = options_lmdb("ledger", k);
    struct log *l = log_made(&o);
    append_plains(l, 0, 2);
    open_generation(l, 2);
    append_plains(l, 2, 1);
    log_close(l);
    l = log_opened(&o);
    append_plains(l, 3, 1); /* in an epoch of its own */
    open_generation(l, 3);
    append_plains(l, 4, 1);
    struct forgery f = forgery_of(l);
    assert_int(f.count, 10);
    log_close(l);
    master_key_close(k);
    return f;
}

Test(forged, the_forged_chain_itself_would_be_taken)
{
    struct forgery f = material();
    assert_ok(forgery_verdict(&f, E));
}

Test(forged, a_record_under_a_key_epoch_that_has_not_begun_is_found)
{
    struct forgery f = material();
    be32_put(forged_at(f.records[5], 24), 2); /* the epoch that begins behind it */
    assert_err(forgery_verdict(&f, E), ERR_TAMPERED, "record 5: key epoch 2 has not begun");
    be32_put(forged_at(f.records[5], 24), 1);
    be32_put(forged_at(f.records[9], 24), 3);
    assert_err(forgery_verdict(&f, E), ERR_TAMPERED, "record 9: key epoch 3 has not begun");
    be32_put(forged_at(f.records[9], 24), 1); /* an older one: of a handle that was open already */
    assert_ok(forgery_verdict(&f, E));
}

Test(forged, an_epoch_that_does_not_follow_is_found)
{
    struct forgery f = material();
    *forged_at(f.records[6], NUMBER) = 3;
    assert_err(forgery_verdict(&f, E), ERR_TAMPERED,
               "record 6: key epoch 3 does not follow epoch 1 at record 1");
    *forged_at(f.records[6], NUMBER) = 1;
    assert_err(forgery_verdict(&f, E), ERR_TAMPERED,
               "record 6: key epoch 1 does not follow epoch 1 at record 1");
    *forged_at(f.records[6], NUMBER) = 2;
    *forged_at(f.records[6], f.records[6].len - 1) = 0; /* the epoch before it, as it says */
    assert_err(forgery_verdict(&f, E), ERR_TAMPERED,
               "record 6: key epoch 2 does not follow epoch 1 at record 1");
}

Test(forged, a_generation_that_does_not_follow_is_found)
{
    struct forgery f = material();
    *forged_at(f.records[4], NUMBER) = 3;
    assert_err(forgery_verdict(&f, E), ERR_TAMPERED, "record 4: generation 3 does not follow generation 1");
    *forged_at(f.records[4], NUMBER) = 2;
    *forged_at(f.records[8], NUMBER) = 2;
    assert_err(forgery_verdict(&f, E), ERR_TAMPERED, "record 8: generation 2 does not follow generation 2");
}

Test(forged, a_generation_of_other_records_than_those_before_it_is_found)
{
    struct forgery f = material();
    f.wrong_root = 8;
    assert_err_says(forgery_verdict(&f, E), ERR_TAMPERED, "record 8: the records before it have the root ");
}

Test(forged, an_epoch_of_another_master_key_is_found)
{
    struct forgery f = material();
    *forged_at(f.records[6], f.records[6].len - 1 - KEY_NAME_BYTES) ^= 1;
    assert_err_says(forgery_verdict(&f, E), ERR_TAMPERED, "record 6: the epoch is of key ");
}
