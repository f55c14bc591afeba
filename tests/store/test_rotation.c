/* SPDX-License-Identifier: MIT */
/* test_rotation.c - one master key takes another's place: the newest alone opens everything, nothing is ever
 * sealed under an older one, and in the chain nobody can change which key followed which. */
#include <string.h>

#include "ledger/store/log_private.h"
#include "tests/store/forgery.h"

TestSuite(rotation, .init = test_begin, .fini = test_end);

static const char NOON[] = "2100-11-27T12:00:00Z";

/* The names of key_of(1), key_of(2), key_of(3); from Python's hmac: FORMAT.md section 6. */
static const char *const names[] = {"", "2757fa2bbc2acdfa", "ad6dd7e70f2664d5", "97d8bc19de460b87"};

static enum err ignore(void *context, const struct log_entry *entry, struct error *e)
{
    (void)context;
    (void)entry;
    (void)e;
    return OK;
}

static uint64_t rotated(struct log *l, const struct master_key *to)
{
    uint64_t seq = 0;
    assert_ok(log_rotate(&seq, l, to, moment(NOON), E));
    return seq;
}

static const char *name_of(const struct master_key *k)
{
    uint8_t name[KEY_NAME_BYTES];
    master_key_name(name, k);
    return hex_text(A, name, sizeof name).ptr;
}

Test(rotation, the_newest_key_alone_opens_everything)
{
    struct master_key *k[] = {NULL, key_of(1), key_of(2), key_of(3)};
    struct log_options o = options_lmdb("ledger", k[1]);
    struct log *l = log_made(&o);
    struct log_report r = {0};
    append_plains(l, 0, 10); /* 2 to 11 */
    assert_int(rotated(l, k[2]), 12);
    append_plains(l, 10, 10); /* 14 to 23 */
    log_close(l);
    o.master = k[2];
    l = log_opened(&o);
    append_plains(l, 20, 5); /* 24 is an epoch */
    assert_int(rotated(l, k[3]), 30);
    append_plains(l, 25, 5);
    assert_int(read_plains(l, 0, UINT64_MAX, 0), 37);
    log_close(l);
    o.master = k[3];
    l = log_opened(&o);
    assert_int(read_plains(l, 2, 3, 0), 1); /* the oldest first */
    assert_int(read_plains(l, 0, UINT64_MAX, 0), 37);
    assert_int(read_plains(l, 25, 30, 20), 5);
    assert_ok(log_verify_chain(&r, l, NULL, NULL, E));
    assert_int(r.records, 37);
    assert_int(r.epochs, 4);
    log_close(l);
    for (size_t i = 1; i < 4; i++) {
        assert_str(str_of(name_of(k[i])), names[i]);
        master_key_close(k[i]);
    }
}

Test(rotation, an_older_key_is_told_when_and_by_which_it_was_replaced)
{
    struct master_key *one = key_of(1), *two = key_of(2), *three = key_of(3), *other = key_of(9);
    struct log_options o = options_lmdb("ledger", one);
    struct log *l = log_made(&o);
    (void)rotated(l, two);
    (void)rotated(l, three);
    log_close(l);
    assert_err(log_open(&l, &o, E), ERR_INVALID,
               "the key 2757fa2bbc2acdfa was replaced on 2100-11-27 by key ad6dd7e70f2664d5");
    assert_str(str_of(E->reason), LOG_KEY_REPLACED);
    o.master = two;
    assert_err(log_open(&l, &o, E), ERR_INVALID,
               "the key ad6dd7e70f2664d5 was replaced on 2100-11-27 by key 97d8bc19de460b87");
    o.master = other;
    E->reason[0] = '\0';
    assert_err(log_open(&l, &o, E), ERR_INVALID,
               "the key does not open this ledger: key epoch 3 belongs to another master key");
    assert_str(str_of(E->reason), "");
    master_key_close(one);
    master_key_close(two);
    master_key_close(three);
    master_key_close(other);
}

Test(rotation, who_has_the_log_open_meanwhile_appends_nothing_under_the_old_key)
{
    struct master_key *one = key_of(1), *two = key_of(2);
    struct log_options o = options_lmdb("ledger", one);
    struct log *l = log_made(&o), *late = log_opened(&o);
    struct log_pipeline *p = NULL;
    const char *const replaced =
        "the key 2757fa2bbc2acdfa was replaced on 2100-11-27 by key ad6dd7e70f2664d5";
    uint64_t first = 0, size = 0, seq = 0;
    append_plains(late, 0, 3); /* it has an epoch of its own */
    assert_ok(log_draft_begin(&size, late, E));
    struct log_place_made made = {0};
    assert_ok(log_draft_add(&made, late, plain_of(3, 9), moment(NOON), E));
    (void)rotated(l, two);
    assert_err_says(log_draft_commit(late, E), ERR_CONFLICT, "cannot append");
    assert_err(log_draft_begin(&size, late, E), ERR_INVALID, replaced);
    assert_err(log_append(&first, late, size_of(late), plains_of(3, 1), 1, moment(NOON), E), ERR_INVALID,
               replaced);
    assert_err(log_pipeline_open(&p, late, E), ERR_INVALID, replaced);
    assert_err(log_rotate(&seq, late, two, moment(NOON), E), ERR_INVALID, replaced);
    assert_int(read_plains(late, 0, UINT64_MAX, 0), 8); /* what it could read, it can read still */
    append_plains(l, 3, 1);
    assert_err_says(log_read(late, 0, UINT64_MAX, ignore, NULL, E), ERR_INVALID, replaced);
    log_close(late);
    log_close(l);
    master_key_close(one);
    master_key_close(two);
}

Test(rotation, a_key_comes_once)
{
    struct master_key *one = key_of(1), *two = key_of(2), *three = key_of(3);
    struct log_options o = options_lmdb("ledger", one);
    struct log *l = log_made(&o);
    uint64_t seq = 0;
    assert_err(log_rotate(&seq, l, one, moment(NOON), E), ERR_REFUSED,
               "the key 2757fa2bbc2acdfa was this ledger's already");
    (void)rotated(l, two);
    (void)rotated(l, three);
    assert_err_says(log_rotate(&seq, l, one, moment(NOON), E), ERR_REFUSED, "already");
    assert_err_says(log_rotate(&seq, l, two, moment(NOON), E), ERR_REFUSED, "already");
    assert_err_says(log_rotate(&seq, l, three, moment(NOON), E), ERR_REFUSED, "already");
    log_close(l);
    master_key_close(one);
    master_key_close(two);
    master_key_close(three);
}

/* ---- failures ---- */

Test(rotation, after_a_failure_the_old_key_is_in_use)
{
    struct master_key *one = key_of(1), *two = key_of(2);
    struct log_options o = options_memory(one);
    struct log *l = log_made(&o);
    uint64_t seq = 0;
    append_plains(l, 0, 2);
    misbehave.append = APPEND_NO_SPACE;
    assert_err_says(log_rotate(&seq, l, two, moment(NOON), E), ERR_STORAGE, "the disk is full");
    misbehave.append = APPEND_UNKNOWN_NOT_WRITTEN;
    assert_err_says(log_rotate(&seq, l, two, moment(NOON), E), ERR_STORAGE, "nothing was written");
    misbehave.append = APPEND_WELL;
    append_plains(l, 2, 2);
    assert_int(read_plains(l, 2, 4, 0), 2);
    log_close(l);
    l = log_opened(&o);
    assert_int(read_plains(l, 0, UINT64_MAX, 0), size_of(l));
    misbehave.append = APPEND_UNKNOWN_WRITTEN; /* it looks, and sees that it was written */
    (void)rotated(l, two);
    misbehave.append = APPEND_WELL;
    append_plains(l, 4, 1);
    assert_int(read_plains(l, 0, UINT64_MAX, 0), size_of(l));
    log_close(l);
    assert_err_says(log_open(&l, &o, E), ERR_INVALID, "was replaced");
    master_key_close(one);
    master_key_close(two);
}

/* ---- forgery: by whoever can write the whole chain anew, but has no key ---- */

/* 0 genesis, 1 epoch, 2 and 3 events, 4 KEYS, 5 epoch, 6 event, 7 KEYS, 8 epoch, 9 event */
static struct forgery material(void)
{
    struct master_key *k[] = {key_of(1), key_of(2), key_of(3)};
    struct log_options o = options_lmdb("ledger", k[0]);
    struct log *l = log_made(&o);
    append_plains(l, 0, 2);
    (void)rotated(l, k[1]);
    append_plains(l, 2, 1);
    (void)rotated(l, k[2]);
    append_plains(l, 3, 1);
    struct forgery f = forgery_of(l);
    assert_int(f.count, 10);
    log_close(l);
    for (size_t i = 0; i < 3; i++) master_key_close(k[i]);
    return f;
}

Test(rotation, the_forged_chain_itself_would_be_taken)
{
    struct forgery f = material();
    assert_ok(forgery_verdict(&f, E));
}

Test(rotation, a_key_that_is_in_use_without_its_record_is_found)
{
    struct forgery f = material();
    forgery_drop(&f, 4, 1);
    *forged_at(f.records[7], f.records[7].len - 1) = 4; /* the list of epochs is as it should be */
    assert_err(forgery_verdict(&f, E), ERR_TAMPERED,
               "record 4: the epoch is of key ad6dd7e70f2664d5, but key 2757fa2bbc2acdfa is in use");
}

Test(rotation, a_record_of_keys_without_its_epoch_is_found)
{
    struct forgery f = material();
    f.count = 8;
    assert_err(forgery_verdict(&f, E), ERR_TAMPERED,
               "record 7: the key that it begins has no epoch behind it");
}

Test(rotation, a_record_of_keys_at_another_place_is_found)
{
    struct forgery f = material();
    struct bytes moved = f.records[4];
    f.records[4] = f.records[3];
    f.records[3] = moved;
    assert_err(forgery_verdict(&f, E), ERR_TAMPERED,
               "record 3: the key that it begins has no epoch behind it");
}

enum { KEYS_NAME = RECORD_HEADER_BYTES + 4, KEYS_OLD_NAME = KEYS_NAME + 10 };

Test(rotation, a_record_of_keys_about_others_is_found)
{
    struct forgery f = material();
    *forged_at(f.records[4], KEYS_NAME) ^= 1;
    assert_err_says(forgery_verdict(&f, E), ERR_TAMPERED,
                    "record 5: the epoch is of key ad6dd7e70f2664d5, but key ac");
}

Test(rotation, a_record_of_keys_that_replaces_others_is_found)
{
    struct forgery f = material();
    *forged_at(f.records[7], KEYS_OLD_NAME) ^= 1;
    assert_err_says(forgery_verdict(&f, E), ERR_TAMPERED, "record 7: it replaces key ac");
}

Test(rotation, a_list_of_records_of_keys_that_leads_elsewhere_is_found)
{
    struct forgery f = material();
    *forged_at(f.records[7], f.records[7].len - 1) = 3;
    assert_err(forgery_verdict(&f, E), ERR_TAMPERED, "record 7: the record of keys before it is 4, not 3");
}

Test(rotation, a_record_of_keys_of_another_kind_or_shape_is_found)
{
    struct forgery f = material();
    *forged_at(f.records[4], RECORD_HEADER_BYTES + 1) = 2;
    assert_err(forgery_verdict(&f, E), ERR_TAMPERED,
               "record 4: the body of the record of keys is not well-formed");
}

/* ---- with the key: the old key within a record of keys ---- */

Test(rotation, every_byte_of_a_record_of_keys_counts)
{
    struct master_key *one = key_of(1), *two = key_of(2);
    struct log_options o = options_memory(one);
    struct log *l = log_made(&o);
    struct log_report r = {0};
    append_plains(l, 0, 2);
    uint64_t seq = rotated(l, two);
    append_plains(l, 2, 1);
    log_close(l);
    o.master = two;
    enum { LEN = RECORD_HEADER_BYTES + 1 + 1 + 2 + 8 + 2 + 8 + 2 + 12 + 2 + 48 + 1 };
    for (size_t i = 0; i < LEN; i++) {
        misbehave =
            (struct misbehaviour){.flip = true, .seq = seq, .byte = i, .mask = (uint8_t)(1U << (i % 8))};
        l = log_opened(&o); /* which does not look there */
        assert_err_says(log_verify_chain(&r, l, NULL, NULL, E), ERR_TAMPERED, "record ");
        /* Whatever is asked of old records only, the record of keys has to open them. */
        enum err err = log_read(l, 2, 3, ignore, NULL, E);
        bool is_body = i >= RECORD_HEADER_BYTES && i + 1 < LEN;
        cr_assert(!is_body || err == ERR_TAMPERED, "byte %zu: %s", i, err == OK ? "" : E->text);
        log_close(l);
    }
    misbehave.flip = false;
    l = log_opened(&o);
    assert_int(read_plains(l, 2, 4, 0), 2);
    log_close(l);
    master_key_close(one);
    master_key_close(two);
}
