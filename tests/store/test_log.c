/* SPDX-License-Identifier: MIT */
/* test_log.c - the log above its backend: what it promises to writers and readers, epochs and nonces, and
 * what it answers when a commit's outcome is unknown. Damage is in test_log_damage.c. */
#include <stdlib.h>
#include <string.h>

#include "ledger/store/log_private.h"
#include "tests/store/ledgers.h"

TestSuite(log, .init = test_begin, .fini = test_end);

static const char NOON[] = "2026-01-01T12:00:00Z";

/* ---- making and opening ---- */

Test(log, a_new_log_has_a_genesis_and_a_first_epoch)
{
    struct master_key *k = key_of(1);
    struct log_options o = options_lmdb("ledger", k);
    struct log *l = log_made(&o);
    struct log_state s = {0};
    assert_ok(log_state(&s, l, E));
    assert_int(s.head.range.size, 2);
    assert_int(s.epoch, 1);
    assert_int(s.origin.len, 24);
    cr_assert(str_starts(s.origin, "daybook/"));
    assert_int(append_plains(l, 0, 1), 2); /* the first epoch is this handle's own */
    log_close(l);
    master_key_close(k);
}

Test(log, there_is_one_log_a_folder)
{
    struct master_key *k = key_of(1);
    struct log_options o = options_lmdb("ledger", k);
    log_close(log_made(&o));
    struct log *l = NULL;
    assert_err_says(log_create(&l, &o, E), ERR_REFUSED, "there is one already");
    master_key_close(k);
}

Test(log, a_folder_without_a_genesis_record_is_not_a_ledger_but_can_become_one)
{
    struct master_key *k = key_of(1);
    struct log_options o = options_lmdb("ledger", k);
    struct log_place p = o.place;
    void *self = NULL;
    struct log *l = NULL;
    assert_err_says(log_open(&l, &o, E), ERR_NOT_FOUND, "there is no ledger in");
    p.create = true; /* as if the power had failed before the first commit */
    assert_ok(log_lmdb.open(&self, &p, E));
    log_lmdb.close(self);
    assert_err_says(log_open(&l, &o, E), ERR_NOT_FOUND, "is not complete: it has no first record");
    log_close(log_made(&o));
    log_close(log_opened(&o));
    master_key_close(k);
}

Test(log, another_key_is_refused_with_a_clear_sentence)
{
    struct master_key *k = key_of(1), *other = key_of(2);
    struct log_options o = options_lmdb("ledger", k);
    log_close(log_made(&o));
    struct log *l = NULL;
    o.master = other;
    assert_err_says(log_open(&l, &o, E), ERR_INVALID, "the key does not open this ledger");
    master_key_close(k);
    master_key_close(other);
}

Test(log, without_a_key_the_chain_is_verified_but_nothing_is_read)
{
    struct master_key *k = key_of(1);
    struct log_options o = options_lmdb("ledger", k);
    struct log *l = log_made(&o);
    append_plains(l, 0, 20);
    log_close(l);
    o.master = NULL;
    l = log_opened(&o);
    struct log_report r = {0};
    assert_ok(log_verify_chain(&r, l, NULL, NULL, E));
    assert_int(r.records, 22);
    assert_int(r.epochs, 1);
    assert_err(log_read(l, 0, UINT64_MAX, NULL, NULL, E), ERR_INVALID,
               "cannot read the ledger: no key is given");
    log_close(l);
    master_key_close(k);
}

/* ---- appending and reading ---- */

Test(log, what_was_appended_is_read_back_from_anywhere)
{
    struct master_key *k = key_of(1);
    struct log_options o = options_lmdb("ledger", k);
    struct log *l = log_made(&o);
    assert_int(append_plains(l, 0, 100), 2);
    assert_int(append_plains(l, 100, 1), 102);
    assert_int(read_plains(l, 0, UINT64_MAX, 0), 103);
    assert_int(read_plains(l, 2, 102, 0), 100);
    assert_int(read_plains(l, 50, 60, 48), 10);
    assert_int(read_plains(l, 102, UINT64_MAX, 100), 1);
    assert_int(read_plains(l, 103, UINT64_MAX, 101), 0);
    log_close(l);
    l = log_opened(&o);
    assert_int(read_plains(l, 90, UINT64_MAX, 88), 13); /* with keys derived anew */
    log_close(l);
    master_key_close(k);
}

struct times {
    struct instant last;
    uint64_t count;
};

static enum err check_time(void *context, const struct log_entry *entry, struct error *e)
{
    (void)e;
    struct times *t = context;
    cr_assert(entry->header.at.us > t->last.us);
    t->last = entry->header.at;
    t->count++;
    return OK;
}

Test(log, times_rise_even_when_the_clock_does_not)
{
    struct master_key *k = key_of(1);
    struct frozen_clock clock = {moment(NOON)};
    struct log_options o = options_memory(k);
    o.world = world_frozen(&clock);
    struct log *l = log_made(&o);
    uint64_t first = 0;
    struct instant early = {moment(NOON).us - 5}, late = {moment(NOON).us + 1000000};
    assert_ok(log_append(&first, l, 2, plains_of(0, 3), 3, moment(NOON), E));
    assert_ok(log_append(&first, l, 5, plains_of(3, 1), 1, early, E));
    assert_ok(log_append(&first, l, 6, plains_of(4, 2), 2, late, E));
    struct times t = {{0}, 0};
    assert_ok(log_read(l, 0, UINT64_MAX, check_time, &t, E));
    assert_int(t.count, 8);
    assert_int(t.last.us, late.us + 1);
    log_close(l);
    master_key_close(k);
}

Test(log, the_loser_of_two_writers_gets_a_conflict_and_writes_after_looking_again)
{
    struct master_key *k = key_of(1);
    struct log_options o = options_lmdb("ledger", k);
    struct log *a = log_made(&o), *b = log_opened(&o);
    uint64_t first = 0;
    append_plains(a, 0, 1);
    assert_err_says(log_append(&first, b, 2, plains_of(1, 1), 1, moment(NOON), E), ERR_CONFLICT,
                    "cannot append at 2: the log has 3 records");
    assert_ok(log_append(&first, b, 3, plains_of(1, 1), 1, moment(NOON), E));
    assert_int(first, 4);                  /* behind the epoch that b began */
    assert_int(append_plains(a, 2, 1), 5); /* a goes on in its own epoch */
    assert_int(append_plains(b, 3, 1), 6);
    assert_int(read_plains(a, 0, UINT64_MAX, 0), 7);
    assert_int(read_plains(b, 0, UINT64_MAX, 0), 7);
    struct log_report r = {0};
    assert_ok(log_verify_chain(&r, a, NULL, NULL, E));
    assert_int(r.epochs, 2);
    log_close(a);
    log_close(b);
    master_key_close(k);
}

Test(log, what_exceeds_a_limit_is_refused_before_anything_is_written)
{
    struct master_key *k = key_of(1);
    struct log_options o = options_memory(k);
    struct log *l = log_made(&o);
    uint64_t first = 0;
    struct bytes big = {arena_take(A, 1, LIMIT_RECORD_BYTES), LIMIT_RECORD_BYTES - RECORD_OVERHEAD_BYTES + 1};
    assert_err_says(log_append(&first, l, 2, &big, 1, moment(NOON), E), ERR_LIMIT, "the limit is 4194164");
    big.len--;
    struct bytes *many = arena_array_of(A, struct bytes, LIMIT_RECORDS_PER_COMMIT + 1);
    assert_err_says(log_append(&first, l, 2, many, LIMIT_RECORDS_PER_COMMIT + 1, moment(NOON), E), ERR_LIMIT,
                    "a commit takes 10000");
    for (size_t i = 0; i < 17; i++) many[i] = big;
    assert_err_says(log_append(&first, l, 2, many, 17, moment(NOON), E), ERR_LIMIT,
                    "a commit takes 67108864");
    assert_int(size_of(l), 2);
    assert_ok(log_append(&first, l, 2, many, 2, moment(NOON), E)); /* the largest that fits */
    assert_ok(log_append(&first, l, 4, plains_of(0, 1), 1, moment(NOON), E));
    log_close(l);
    master_key_close(k);
}

/* ---- epochs and nonces ---- */

Test(log, the_first_append_after_an_open_begins_a_new_epoch)
{
    struct master_key *k = key_of(1);
    struct log_options o = options_lmdb("ledger", k);
    struct log *l = log_made(&o);
    append_plains(l, 0, 1);
    for (uint64_t i = 1; i < 5; i++) {
        log_close(l);
        l = log_opened(&o);
        uint64_t size = size_of(l);
        assert_int(append_plains(l, i * 2, 1), size + 1);
        assert_int(append_plains(l, i * 2 + 1, 1), size + 2);
        struct log_state s = {0};
        assert_ok(log_state(&s, l, E));
        assert_int(s.epoch, i + 1);
        assert_int(s.head.epoch_seq, size);
    }
    log_close(l);
    master_key_close(k);
}

Test(log, old_epochs_are_found_from_the_newest_more_than_fit_the_cache)
{
    enum { EPOCHS = 3 * EPOCH_SLOTS };
    struct master_key *k = key_of(1);
    struct log_options o = options_memory(k);
    struct log *l = log_made(&o);
    append_plains(l, 0, 1);
    for (uint64_t i = 1; i < EPOCHS; i++) {
        log_close(l);
        l = log_opened(&o);
        append_plains(l, i, 1);
    }
    log_close(l);
    l = log_opened(&o);
    uint64_t size = size_of(l);
    assert_int(size, 1 + 2 * EPOCHS);
    /* Backwards one by one, so that no reading meets the epoch's own record. */
    for (uint64_t i = EPOCHS; i > 0; i--) assert_int(read_plains(l, 2 * i, 2 * i + 1, i - 1), 1);
    assert_int(read_plains(l, 0, UINT64_MAX, 0), size);
    log_close(l);
    master_key_close(k);
}

Test(log, an_epoch_ends_after_its_number_of_records_and_after_a_day)
{
    struct master_key *k = key_of(1);
    struct frozen_clock clock = {moment(NOON)};
    struct log_options o = options_memory(k);
    o.world = world_frozen(&clock);
    struct log *l = log_made(&o);
    append_plains(l, 0, 1);
    l->writer.used = LIMIT_RECORDS_PER_EPOCH - 1;
    assert_int(append_plains(l, 1, 1), 3);
    assert_int(append_plains(l, 2, 1), 5); /* 4 is the epoch */
    clock.now.us += INT64_C(24) * 3600 * 1000000;
    assert_int(append_plains(l, 3, 1), 6);
    clock.now.us += 1;
    assert_int(append_plains(l, 4, 1), 8);
    assert_int(read_plains(l, 0, UINT64_MAX, 0), 9);
    log_close(l);
    master_key_close(k);
}

/* A (key, nonce) pair, the key named by the salt that it is derived from. */
struct pair {
    uint8_t salt[SALT_BYTES];
    uint8_t nonce[NONCE_BYTES];
};
struct pairs {
    struct pair *at;
    size_t count, room;
    struct epoch_body epochs[16]; /* by number */
    uint64_t from;
};

static enum err collect_pair(void *context, const struct log_entry *entry, struct error *e)
{
    struct pairs *p = context;
    if (entry->header.class_ == RECORD_EPOCH) {
        struct epoch_body body = {0};
        enum err err = epoch_body_take(&body, entry->clear_body, e);
        p->epochs[body.epoch] = body;
        return err;
    }
    if (entry->header.epoch == 0 || entry->seq < p->from) return OK;
    cr_assert(p->count < p->room);
    memcpy(p->at[p->count].salt, p->epochs[entry->header.epoch].salt, SALT_BYTES);
    memcpy(p->at[p->count].nonce, entry->header.nonce, NONCE_BYTES);
    p->count++;
    return OK;
}

static int by_bytes(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct pair));
}

static void assert_all_differ(struct pairs *p)
{
    qsort(p->at, p->count, sizeof *p->at, by_bytes);
    for (size_t i = 1; i < p->count; i++)
        cr_assert(memcmp(&p->at[i - 1], &p->at[i], sizeof *p->at) != 0, "a (key, nonce) pair repeats");
}

Test(log, nonces_over_many_records_differ)
{
    enum { RECORDS = 50000 };
    struct master_key *k = key_of(1);
    struct log_options o = options_memory(k);
    struct log *l = log_made(&o);
    struct bytes *plains = plains_of(0, 1000);
    uint64_t first = 0;
    for (uint64_t i = 0; i < RECORDS; i += 1000)
        assert_ok(log_append(&first, l, 2 + i, plains, 1000, moment(NOON), E));
    struct pairs p = {.at = arena_array_of(A, struct pair, RECORDS), .room = RECORDS};
    assert_ok(log_scan(l, 0, UINT64_MAX, collect_pair, &p, E));
    assert_int(p.count, RECORDS);
    assert_all_differ(&p);
    log_close(l);
    master_key_close(k);
}

Test(log, a_restored_copy_and_the_original_never_seal_under_the_same_key_and_nonce)
{
    struct master_key *k = key_of(1);
    struct log_options original = options_lmdb("original", k), copy = options_lmdb("copy", k);
    struct log *l = log_made(&original);
    append_plains(l, 0, 50);
    uint64_t shared = size_of(l);
    log_close(l);
    copy_folder(test_path("original/log"), test_path("copy/log"));
    struct pairs p = {.at = arena_array_of(A, struct pair, 2000), .room = 2000, .from = shared};
    const struct log_options *both[] = {&original, &copy};
    for (size_t i = 0; i < 2; i++) {
        l = log_opened(both[i]);
        assert_int(append_plains(l, 50, 500), shared + 1);
        assert_int(append_plains(l, 550, 500), shared + 501);
        assert_ok(log_scan(l, 0, UINT64_MAX, collect_pair, &p, E));
        log_close(l);
    }
    assert_int(p.count, 2000);
    assert_all_differ(&p);
    /* Not even the keys: no salt of one branch stands in the other. */
    assert_int(memcmp(p.at[0].salt, p.at[1999].salt, SALT_BYTES) != 0, 1);
    master_key_close(k);
}

/* ---- a commit whose outcome is unknown ---- */

Test(log, an_unknown_outcome_that_proves_written_is_a_success)
{
    struct master_key *k = key_of(1);
    struct log_options o = options_memory(k);
    struct log *l = log_made(&o);
    misbehave.append = APPEND_UNKNOWN_WRITTEN;
    assert_int(append_plains(l, 0, 5), 2);
    misbehave.append = APPEND_WELL;
    assert_int(append_plains(l, 5, 1), 7);
    assert_int(read_plains(l, 0, UINT64_MAX, 0), 8);
    log_close(l);
    master_key_close(k);
}

Test(log, an_unknown_outcome_that_proves_not_written_is_a_storage_failure)
{
    struct master_key *k = key_of(1);
    struct log_options o = options_memory(k);
    log_close(log_made(&o));
    struct log *l = log_opened(&o);
    uint64_t first = 0;
    misbehave.append = APPEND_UNKNOWN_NOT_WRITTEN;
    assert_err_says(log_append(&first, l, 2, plains_of(0, 2), 2, moment(NOON), E), ERR_STORAGE,
                    "nothing was written");
    assert_int(size_of(l), 2);
    misbehave.append = APPEND_WELL;
    /* The epoch of the failed batch is not in the chain and is not sealed under. */
    assert_ok(log_append(&first, l, 2, plains_of(0, 2), 2, moment(NOON), E));
    assert_int(first, 3);
    assert_int(read_plains(l, 0, UINT64_MAX, 0), 5);
    log_close(l);
    master_key_close(k);
}

Test(log, an_unknown_outcome_that_cannot_be_looked_into_stays_unknown)
{
    struct master_key *k = key_of(1);
    struct log_options o = options_memory(k);
    struct log *l = log_made(&o);
    uint64_t first = 0;
    misbehave.append = APPEND_UNKNOWN_WRITTEN;
    misbehave.cannot_open = true;
    assert_err_says(log_append(&first, l, 2, plains_of(0, 2), 2, moment(NOON), E), ERR_INCOMPLETE,
                    "is not known");
    struct log_state s = {0};
    assert_err_says(log_state(&s, l, E), ERR_STORAGE, "cannot open: told so");
    misbehave = (struct misbehaviour){0};
    assert_int(size_of(l), 4); /* it was written after all */
    assert_int(read_plains(l, 0, UINT64_MAX, 0), 4);
    log_close(l);
    master_key_close(k);
}

Test(log, a_full_disk_is_a_storage_failure_and_the_log_goes_on_afterwards)
{
    struct master_key *k = key_of(1);
    struct log_options o = options_memory(k);
    struct log *l = log_made(&o);
    uint64_t first = 0;
    misbehave.append = APPEND_NO_SPACE;
    assert_err(log_append(&first, l, 2, plains_of(0, 2), 2, moment(NOON), E), ERR_STORAGE,
               "cannot append: the disk is full");
    misbehave.append = APPEND_WELL;
    assert_int(append_plains(l, 0, 2), 2);
    assert_int(read_plains(l, 0, UINT64_MAX, 0), 4);
    log_close(l);
    master_key_close(k);
}
