/* SPDX-License-Identifier: MIT */
/* test_log_batches.c - the two ways to write many records: a pipeline, which writes as appends would, and a
 * draft, which is nowhere until its commit. */
#include "ledger/store/log_private.h"
#include "tests/store/ledgers.h"

TestSuite(log_batches, .init = test_begin, .fini = test_end);

static const char NOON[] = "2026-01-01T12:00:00Z";

/* ---- the pipeline ---- */

Test(log_batches, a_pipeline_writes_what_appends_would_write)
{
    struct master_key *k = key_of(1);
    struct log_options o = options_lmdb("ledger", k);
    struct log *l = log_made(&o);
    struct log_pipeline *p = NULL;
    append_plains(l, 0, 3);
    assert_ok(log_pipeline_open(&p, l, E));
    for (uint64_t i = 3; i < 30003; i += 100)
        assert_ok(log_pipeline_append(p, plains_of(i, 100), 100, moment(NOON), E));
    assert_ok(log_pipeline_flush(p, E));
    struct log *reader = log_opened(&o);
    assert_int(read_plains(reader, 0, UINT64_MAX, 0), 30005);
    log_close(reader);
    for (uint64_t i = 30003; i < 30203; i++)
        assert_ok(log_pipeline_append(p, plains_of(i, 1), 1, moment(NOON), E));
    assert_ok(log_pipeline_close(p, E));
    assert_int(append_plains(l, 30203, 1), 30205);
    assert_int(read_plains(l, 0, UINT64_MAX, 0), 30206);
    struct log_report r = {0};
    assert_ok(log_verify_chain(&r, l, NULL, NULL, E));
    assert_int(r.epochs, 1);
    log_close(l);
    master_key_close(k);
}

Test(log_batches, a_pipeline_that_was_overtaken_says_so_and_writes_nothing_more)
{
    struct master_key *k = key_of(1);
    struct log_options o = options_lmdb("ledger", k);
    struct log *l = log_made(&o), *other = log_opened(&o);
    struct log_pipeline *p = NULL;
    assert_ok(log_pipeline_open(&p, l, E));
    append_plains(other, 0, 1);
    (void)!log_pipeline_append(p, plains_of(9, 1), 1, moment(NOON), E); /* may or may not know already */
    assert_err_says(log_pipeline_flush(p, E), ERR_CONFLICT, "the log has 4 records");
    assert_err_says(log_pipeline_append(p, plains_of(9, 1), 1, moment(NOON), E), ERR_CONFLICT,
                    "the log has 4 records");
    assert_err_says(log_pipeline_close(p, E), ERR_CONFLICT, "the log has 4 records");
    assert_int(size_of(l), 4);
    assert_int(append_plains(l, 1, 1), 5); /* usable again, with an epoch of its own */
    assert_int(read_plains(l, 0, UINT64_MAX, 0), 6);
    log_close(l);
    log_close(other);
    master_key_close(k);
}

Test(log_batches, a_pipeline_begins_an_epoch_like_any_writer)
{
    struct master_key *k = key_of(1);
    struct log_options o = options_lmdb("ledger", k);
    log_close(log_made(&o));
    struct log *l = log_opened(&o);
    struct log_pipeline *p = NULL;
    assert_ok(log_pipeline_open(&p, l, E));
    assert_ok(log_pipeline_append(p, plains_of(0, 10), 10, moment(NOON), E));
    assert_ok(log_pipeline_close(p, E));
    struct log_state s = {0};
    assert_ok(log_state(&s, l, E));
    assert_int(s.epoch, 2);
    assert_int(s.head.range.size, 13);
    log_close(l);
    master_key_close(k);
}

/* ---- drafts ---- */

static uint64_t draft(struct log *l, uint64_t number)
{
    struct log_place_made made = {0};
    struct bytes *plain = plains_of(number, 1);
    assert_ok(log_draft_add(&made, l, plain[0], moment(NOON), E));
    return made.seq;
}

Test(log_batches, an_append_after_a_draft_that_was_not_committed_begins_an_epoch_of_its_own)
{
    struct master_key *k = key_of(1);
    struct log_options o = options_memory(k);
    uint64_t size = 0;
    log_close(log_made(&o));
    struct log *l = log_opened(&o);
    assert_ok(log_draft_begin(&size, l, E));
    assert_int(draft(l, 0), 3);            /* behind the epoch that the draft begins */
    assert_int(append_plains(l, 0, 1), 3); /* behind one that is written */
    assert_int(append_plains(l, 1, 1), 4); /* and goes on in it */
    assert_ok(log_draft_begin(&size, l, E));
    assert_int(draft(l, 2), 5);
    assert_ok(log_draft_commit(l, E));
    assert_int(read_plains(l, 0, UINT64_MAX, 0), 6);
    struct log_report r = {0};
    assert_ok(log_verify_chain(&r, l, NULL, NULL, E));
    assert_int(r.epochs, 2);
    log_close(l);
    master_key_close(k);
}

/* As a rehearsal does it: what was drafted is forgotten command by command, and the state is looked at. */
Test(log_batches, a_draft_that_lasts_for_days_begins_an_epoch_each_day)
{
    struct master_key *k = key_of(1);
    struct frozen_clock clock = {moment(NOON)};
    struct log_options o = options_memory(k);
    o.world = world_frozen(&clock);
    struct log *l = log_made(&o);
    uint64_t size = 0;
    struct log_state s = {0};
    assert_ok(log_draft_begin(&size, l, E));
    assert_int(draft(l, 0), 2);
    for (uint64_t days = 1; days < 4; days++) {
        clock.now.us += INT64_C(25) * 3600 * 1000000;
        log_draft_forget(l);
        assert_ok(log_state(&s, l, E));
        assert_int(s.epoch, 1);
        assert_int(draft(l, days), 2 + 2 * days); /* behind its epoch */
    }
    assert_ok(log_draft_begin(&size, l, E));
    assert_int(draft(l, 0), 3); /* as if nothing had been */
    assert_ok(log_draft_commit(l, E));
    assert_int(read_plains(l, 0, UINT64_MAX, 0), 4);
    log_close(l);
    master_key_close(k);
}
