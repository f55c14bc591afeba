/* SPDX-License-Identifier: MIT */
/* test_log_damage.c - damage of every kind is found, and named: each byte of a 64-record ledger changed once,
 * records cut off, removed, exchanged, added, spliced in from another ledger. */
#include <fcntl.h>
#include <lmdb.h>
#include <string.h>
#include <unistd.h>

#include "tests/store/ledgers.h"

TestSuite(damage, .init = test_begin, .fini = test_end);

enum { RECORDS = 64 };

/* 64 records with three epochs in between. */
static void make_ledger(struct log_options *o)
{
    struct log *l = NULL;
    assert_ok(log_create(&l, o, E));
    append_plains(l, 0, 20);
    for (uint64_t number = 20; number < 60; number += 20) {
        log_close(l);
        assert_ok(log_open(&l, o, E));
        append_plains(l, number, 20);
    }
    assert_int(size_of(l), RECORDS);
    log_close(l);
}

/* ---- every byte ---- */

struct sizes {
    size_t len[RECORDS];
    bool sealed[RECORDS];
};

static enum err note_size(void *context, const struct log_entry *entry, struct error *e)
{
    (void)e;
    struct sizes *s = context;
    s->len[entry->seq] = entry->record.len;
    s->sealed[entry->seq] = entry->header.epoch != 0;
    return OK;
}

static enum err ignore_entry(void *context, const struct log_entry *entry, struct error *e)
{
    (void)context;
    (void)entry;
    (void)e;
    return OK;
}

/* Does the sentence speak of this record? */
static bool names(uint64_t seq)
{
    const char *name = str_format(A, "record %llu", (unsigned long long)seq).ptr;
    const char *at = strstr(E->text, name);
    while (at != NULL && at[strlen(name)] >= '0' && at[strlen(name)] <= '9') at = strstr(at + 1, name);
    return at != NULL;
}

Test(damage, every_byte_changed_once_is_found_without_the_key)
{
    struct master_key *k = key_of(1);
    struct log_options o = options_memory(k);
    make_ledger(&o);
    struct log *l = NULL;
    struct sizes s = {0};
    struct log_report r = {0};
    o.master = NULL;
    assert_ok(log_open(&l, &o, E));
    assert_ok(log_scan(l, 0, UINT64_MAX, note_size, &s, E));
    for (uint64_t seq = 0; seq < RECORDS; seq++) {
        for (size_t i = 0; i < s.len[seq]; i++) {
            misbehave =
                (struct misbehaviour){.flip = true, .seq = seq, .byte = i, .mask = (uint8_t)(1U << (i % 8))};
            enum err err = log_verify_chain(&r, l, NULL, NULL, E);
            cr_assert(err == ERR_TAMPERED, "byte %zu of record %llu", i, (unsigned long long)seq);
            cr_assert(names(seq), "byte %zu of record %llu: %s", i, (unsigned long long)seq, E->text);
        }
    }
    misbehave = (struct misbehaviour){0};
    assert_ok(log_verify_chain(&r, l, NULL, NULL, E));
    log_close(l);
    master_key_close(k);
}

Test(damage, every_byte_of_a_sealed_record_changed_once_is_found_by_reading_it)
{
    struct master_key *k = key_of(1);
    struct log_options o = options_memory(k);
    make_ledger(&o);
    struct log *l = NULL;
    struct sizes s = {0};
    assert_ok(log_open(&l, &o, E));
    assert_ok(log_scan(l, 0, UINT64_MAX, note_size, &s, E));
    for (uint64_t seq = 2; seq < RECORDS; seq++) {
        for (size_t i = 0; s.sealed[seq] && i < s.len[seq]; i++) {
            misbehave = (struct misbehaviour){
                .flip = true, .seq = seq, .byte = i, .mask = (uint8_t)(1U << (7 - i % 8))};
            enum err err = log_read(l, seq, seq + 1, ignore_entry, NULL, E);
            cr_assert(err == ERR_TAMPERED && names(seq), "byte %zu of record %llu: %s", i,
                      (unsigned long long)seq, E->text);
        }
    }
    log_close(l);
    master_key_close(k);
}

Test(damage, the_first_bad_record_is_named_with_both_hashes)
{
    struct master_key *k = key_of(1);
    struct log_options o = options_memory(k);
    make_ledger(&o);
    struct log *l = NULL;
    struct log_report r = {0};
    assert_ok(log_open(&l, &o, E));
    misbehave = (struct misbehaviour){.flip = true, .seq = 17, .byte = 110, .mask = 1};
    assert_err_says(log_verify_chain(&r, l, NULL, NULL, E), ERR_TAMPERED, "record 17: its hash is ");
    assert_err_says(log_verify_chain(&r, l, NULL, NULL, E), ERR_TAMPERED, ", but record 18 expects ");
    misbehave.seq = RECORDS - 1;
    assert_err_says(log_verify_chain(&r, l, NULL, NULL, E), ERR_TAMPERED, "record 63: its hash is ");
    assert_err_says(log_verify_chain(&r, l, NULL, NULL, E), ERR_TAMPERED, ", but the head expects ");
    misbehave.seq = 30;
    assert_err(log_read(l, 0, UINT64_MAX, ignore_entry, NULL, E), ERR_TAMPERED,
               "record 30: the authentication tag does not fit");
    log_close(l);
    master_key_close(k);
}

Test(damage, an_open_looks_at_the_first_and_the_last_record)
{
    struct master_key *k = key_of(1);
    struct log_options o = options_memory(k);
    make_ledger(&o);
    struct log *l = NULL;
    misbehave = (struct misbehaviour){.flip = true, .seq = RECORDS - 1, .byte = 120, .mask = 4};
    assert_err_says(log_open(&l, &o, E), ERR_TAMPERED, "record 63: its hash is ");
    misbehave = (struct misbehaviour){.flip = true, .seq = 0, .byte = 115, .mask = 4};
    assert_err_says(log_open(&l, &o, E), ERR_TAMPERED, "record 0: its prev is ");
    master_key_close(k);
}

/* ---- in LMDB's file ---- */

static struct str file_of(const char *name)
{
    return test_read(test_path(name));
}

struct copies {
    struct bytes record[RECORDS];
};

static enum err copy_record(void *context, const struct log_entry *entry, struct error *e)
{
    (void)e;
    struct copies *c = context;
    c->record[entry->seq] = bytes_copy(A, entry->record);
    return OK;
}

static struct copies records_of(const struct log_options *o)
{
    struct log *l = NULL;
    struct copies c = {0};
    assert_ok(log_open(&l, o, E));
    assert_ok(log_scan(l, 0, UINT64_MAX, copy_record, &c, E));
    log_close(l);
    return c;
}

static void assert_tampered(const struct log_options *o)
{
    struct log *l = NULL;
    struct log_report r = {0};
    enum err err = log_open(&l, o, E);
    if (err == OK) err = log_verify_chain(&r, l, NULL, NULL, E);
    cr_assert(err == ERR_TAMPERED, "got %s", err_word(err));
    log_close(l);
}

Test(damage, a_bit_changed_on_disk_is_found)
{
    struct master_key *k = key_of(1);
    struct log_options o = options_lmdb("ledger", k);
    make_ledger(&o);
    o.master = NULL;
    struct copies c = records_of(&o);
    struct str good = file_of("ledger/log/data.mdb");
    struct dice dice = dice_of(4711);
    for (uint64_t seq = 0; seq < RECORDS; seq++) {
        struct bytes record = c.record[seq];
        char *bad = str_cstring(A, good);
        size_t byte = (size_t)dice_between(&dice, 0, (int64_t)record.len - 1), found = 0;
        /* Older pages hold copies; which of them counts is LMDB's to know. */
        for (size_t at = 0; at + record.len <= good.len; at += 2) {
            if (memcmp(good.ptr + at, record.ptr, record.len) != 0) continue;
            bad[at + byte] = (char)(bad[at + byte] ^ 0x10);
            found++;
        }
        cr_assert(found > 0, "record %llu is not in the file", (unsigned long long)seq);
        test_write(test_path("ledger/log/data.mdb"), (struct str){bad, good.len});
        assert_tampered(&o);
    }
    master_key_close(k);
}

/* ---- with LMDB's own means, as somebody with write access has them ---- */

struct surgery {
    MDB_env *env;
    MDB_txn *txn;
    MDB_dbi records;
};

static void surgery_begin(struct surgery *s, const char *name)
{
    cr_assert(mdb_env_create(&s->env) == 0 && mdb_env_set_maxdbs(s->env, 2) == 0);
    cr_assert(mdb_env_set_mapsize(s->env, TEST_MAP_BYTES) == 0);
    cr_assert(mdb_env_open(s->env, test_path(name), 0, 0600) == 0);
    cr_assert(mdb_txn_begin(s->env, NULL, 0, &s->txn) == 0 &&
              mdb_dbi_open(s->txn, "records", 0, &s->records) == 0);
}

static void surgery_end(struct surgery *s)
{
    cr_assert(mdb_txn_commit(s->txn) == 0);
    mdb_env_close(s->env);
}

static void put(const struct surgery *s, uint64_t seq, struct bytes record)
{
    uint8_t name[8];
    be64_put(name, seq);
    uint8_t *value = arena_take(A, 1, record.len);
    bytes_put(value, record);
    MDB_val key = {sizeof name, name}, data = {record.len, value};
    cr_assert(mdb_put(s->txn, s->records, &key, &data, 0) == 0);
}

static void delete (const struct surgery *s, uint64_t seq)
{
    uint8_t name[8];
    be64_put(name, seq);
    MDB_val key = {sizeof name, name};
    cr_assert(mdb_del(s->txn, s->records, &key, NULL) == 0);
}

struct damaged {
    struct master_key *key;
    struct log_options options;
    struct copies copies;
    struct surgery surgery;
};

static void damage_begin(struct damaged *d)
{
    *d = (struct damaged){.key = key_of(1)};
    d->options = options_lmdb("ledger", d->key);
    make_ledger(&d->options);
    d->copies = records_of(&d->options);
    surgery_begin(&d->surgery, "ledger/log");
}

static void damage_end(struct damaged *d, const char *says)
{
    struct log *l = NULL;
    struct log_report r = {0};
    surgery_end(&d->surgery);
    enum err err = log_open(&l, &d->options, E);
    if (err == OK) err = log_verify_chain(&r, l, NULL, NULL, E);
    cr_assert(err == ERR_TAMPERED, "got %s", err_word(err));
    cr_assert(strstr(E->text, says) != NULL, "'%s' does not say '%s'", E->text, says);
    log_close(l);
    master_key_close(d->key);
}

Test(damage, a_tail_that_was_cut_off_is_missed_by_the_head)
{
    struct damaged d;
    damage_begin(&d);
    delete (&d.surgery, RECORDS - 1);
    damage_end(&d, "record 63 is missing");
}

Test(damage, a_record_removed_from_the_middle_is_missed)
{
    struct damaged d;
    damage_begin(&d);
    delete (&d.surgery, 30);
    damage_end(&d, "record 30 is missing");
}

/* Records are read several at once; which is named must not depend on that. */
Test(damage, of_a_changed_record_and_a_missing_one_behind_it_the_first_is_named)
{
    struct damaged d;
    damage_begin(&d);
    struct bytes changed = d.copies.record[28];
    uint8_t *bytes = arena_take(A, 1, changed.len);
    bytes_put(bytes, changed);
    bytes[changed.len - 1] ^= 1;
    put(&d.surgery, 28, (struct bytes){bytes, changed.len});
    delete (&d.surgery, 30);
    damage_end(&d, "record 28: its hash is");
}

Test(damage, the_first_record_removed_is_missed)
{
    struct damaged d;
    damage_begin(&d);
    delete (&d.surgery, 0);
    damage_end(&d, "record 0 is missing");
}

Test(damage, a_record_behind_the_head_is_found)
{
    struct damaged d;
    damage_begin(&d);
    put(&d.surgery, RECORDS, d.copies.record[5]);
    damage_end(&d, "record 64 stands behind the end that the head names");
}

Test(damage, exchanged_records_are_found)
{
    struct damaged d;
    damage_begin(&d);
    put(&d.surgery, 10, d.copies.record[11]);
    put(&d.surgery, 11, d.copies.record[10]);
    damage_end(&d, "record 10: it says that it is record 11");
}

Test(damage, a_record_given_the_number_of_another_is_found)
{
    struct damaged d;
    damage_begin(&d);
    uint8_t *moved = arena_take(A, 1, d.copies.record[11].len);
    bytes_put(moved, d.copies.record[11]);
    be64_put(moved + 8, 10);
    put(&d.surgery, 10, (struct bytes){moved, d.copies.record[11].len});
    damage_end(&d, "record 9: its hash is ");
}

Test(damage, a_record_spliced_in_from_another_ledger_is_found)
{
    struct damaged d;
    damage_begin(&d);
    struct log_options other = options_lmdb("other", d.key);
    make_ledger(&other);
    struct copies c = records_of(&other);
    put(&d.surgery, 40, c.record[40]);
    damage_end(&d, "record 39: its hash is ");
}

Test(damage, a_hole_in_the_ledger_is_an_error_for_readers_too)
{
    struct damaged d;
    damage_begin(&d);
    delete (&d.surgery, 30);
    surgery_end(&d.surgery);
    struct log *l = NULL;
    assert_ok(log_open(&l, &d.options, E));
    assert_err(log_read(l, 25, 35, ignore_entry, NULL, E), ERR_TAMPERED, "record 30 is missing");
    assert_err(log_read(l, 30, 31, ignore_entry, NULL, E), ERR_TAMPERED, "record 30 is missing");
    assert_ok(log_read(l, 32, 40, ignore_entry, NULL, E));
    log_close(l);
    master_key_close(d.key);
}
