/* SPDX-License-Identifier: MIT */
/* test_segment.c - records in a compressed file come out as they went in, and no other file passes for one;
 * records from anywhere are held against each other like those of a log; tiles are those of
 * c2sp.org/tlog-tiles.
 */
#include <unistd.h>
#include <zlib.h>

#include "tests/store/ledgers.h"

TestSuite(segment, .init = test_begin, .fini = test_end);
TestSuite(chain, .init = test_begin, .fini = test_end);
TestSuite(tiles, .init = test_begin, .fini = test_end);

/* ---- segments ---- */

enum { RECORDS = 300 };

static struct bytes piece(size_t i)
{
    size_t len = i * 37 % 900 + (i == 7 ? 200000 : 0);
    uint8_t *b = arena_take_raw(A, len + 1);
    for (size_t k = 0; k < len; k++) b[k] = (uint8_t)(i * 31 + k * k);
    return (struct bytes){b, len};
}

static struct segment_facts written(const char *name, size_t count)
{
    struct segment_writer *w = NULL;
    struct segment_facts facts = {.bytes = 0};
    assert_ok(segment_begin(&w, test_dir(), E));
    for (size_t i = 0; i < count; i++) assert_ok(segment_add(w, piece(i), E));
    assert_ok(segment_end(&facts, w, E));
    assert_ok(segment_place(w, test_path(name), E));
    return facts;
}

/* Reads all, to the end or to what is wrong; *count are the records that came. ERR_INVALID: it ended as it
 * should, with other records. */
static enum err read_all(size_t *count, const char *name)
{
    struct segment_reader *r = NULL;
    bool end = false, is_same = true;
    *count = 0;
    enum err err = segment_open(&r, test_path(name), E);
    while (err == OK && !end) {
        struct bytes record = {NULL, 0};
        err = segment_next(&record, &end, r, E);
        if (err != OK || end) continue;
        is_same = is_same && *count < RECORDS && bytes_equal(record, piece(*count));
        (*count)++;
    }
    segment_close(r);
    return err == OK && !is_same ? fail(E, ERR_INVALID, "other records") : err;
}

Test(segment, what_went_in_comes_out_and_the_file_is_what_its_facts_say)
{
    size_t count = 0;
    struct segment_facts facts = written("s", RECORDS);
    assert_ok(read_all(&count, "s"));
    assert_int(count, RECORDS);
    struct str file = test_read(test_path("s"));
    struct hash is = {{0}};
    struct hasher *h = hasher_new();
    hasher_digest(h, is.bytes, str_bytes(file), (struct bytes){NULL, 0}, (struct bytes){NULL, 0});
    hasher_free(h);
    cr_assert(hash_equal(&is, &facts.hash));
    assert_int(file.len, facts.bytes);
}

/* Of a sealed record the first fields are nearly those of the record before, and nothing makes the rest
 * shorter. What other programs unpack must be the same, too. */
Test(segment, fields_are_packed_and_what_cannot_be_is_stored)
{
    enum { SEALED = 20000, SEALED_BYTES = 328, FIELDS = 32 };
    struct segment_writer *w = NULL;
    struct segment_facts facts = {.bytes = 0};
    struct dice dice = dice_of(1952);
    struct buffer all = {.arena = A};
    assert_ok(segment_begin(&w, test_dir(), E));
    for (uint64_t i = 0; i < SEALED; i++) {
        uint8_t record[4 + SEALED_BYTES] = {0, 0, SEALED_BYTES >> 8, SEALED_BYTES & 0xff, 'D', 'B', 'K', 'R',
                                            1, 3};
        be64_put(record + 12, i);
        be64_put(record + 20, UINT64_C(1767225600000000) + i * 2500);
        for (size_t k = 4 + FIELDS; k < sizeof record; k++) record[k] = (uint8_t)dice_next(&dice);
        assert_ok(segment_add(w, (struct bytes){record + 4, SEALED_BYTES}, E));
        buffer_add(&all, record, sizeof record);
    }
    assert_ok(segment_end(&facts, w, E));
    assert_ok(segment_place(w, test_path("sealed.gz"), E));
    cr_assert(facts.bytes < all.len / 100 * 96, "%ju of %zu bytes", (uintmax_t)facts.bytes, all.len);
    uint8_t *unpacked = arena_take_raw(A, all.len + 1);
    gzFile f = gzopen(test_path("sealed.gz"), "rb");
    assert_int(gzread(f, unpacked, (unsigned)all.len + 1), all.len);
    assert_int(gzclose(f), Z_OK);
    cr_assert(memcmp(unpacked, all.ptr, all.len) == 0);
}

Test(segment, the_same_records_are_the_same_bytes_without_a_name_or_a_time)
{
    struct segment_facts one = written("one", 50), two = written("two", 50);
    cr_assert(hash_equal(&one.hash, &two.hash));
    struct str file = test_read(test_path("one"));
    cr_assert(memcmp(file.ptr, "\x1f\x8b\x08\0\0\0\0\0", 8) == 0); /* RFC 1952: no flags, mtime 0 */
}

Test(segment, a_file_that_is_cut_anywhere_is_told)
{
    (void)written("s", 20);
    struct str whole = test_read(test_path("s"));
    for (size_t len = 0; len < whole.len; len += len < 64 || len + 64 > whole.len ? 1 : 97) {
        size_t count = 0;
        test_write(test_path("cut"), (struct str){whole.ptr, len});
        cr_assert(read_all(&count, "cut") == ERR_TAMPERED, "cut at %zu of %zu", len, whole.len);
    }
}

/* A bit of the header's comment fields, or one that only fills up a byte before what is stored, may read the
 * same: that is what the file's own hash is for. */
Test(segment, no_flipped_bit_gives_other_records)
{
    (void)written("s", 12);
    struct str whole = test_read(test_path("s"));
    for (size_t i = 0; i < whole.len; i += i < 80 ? 1 : 7) {
        size_t count = 0;
        char *bad = arena_take_raw(A, whole.len);
        memcpy(bad, whole.ptr, whole.len);
        bad[i] = (char)(bad[i] ^ (1 << (i % 8)));
        test_write(test_path("bad"), (struct str){bad, whole.len});
        enum err err = read_all(&count, "bad");
        cr_assert(err == ERR_TAMPERED || (err == OK && count == 12), "byte %zu: %s", i, err_word(err));
    }
}

Test(segment, what_stands_behind_the_records_and_a_missing_file_are_told)
{
    size_t count = 0;
    (void)written("s", 5);
    struct str whole = test_read(test_path("s"));
    struct buffer twice = {.arena = A};
    buffer_add(&twice, whole.ptr, whole.len);
    buffer_add(&twice, whole.ptr, whole.len);
    test_write(test_path("twice"), (struct str){(const char *)twice.ptr, twice.len});
    assert_err_says(read_all(&count, "twice"), ERR_TAMPERED, "something stands behind its records");
    assert_err_says(read_all(&count, "nothing"), ERR_INCOMPLETE, "nothing' is missing");
}

Test(segment, a_length_that_no_record_has_is_not_believed)
{
    static const uint8_t huge[] = {0xff, 0xff, 0xff, 0xff, 1, 2, 3};
    size_t count = 0;
    gzFile f = gzopen(test_path("huge"), "wb");
    cr_assert(gzwrite(f, huge, sizeof huge) == (int)sizeof huge);
    cr_assert(gzclose(f) == Z_OK);
    assert_err_says(read_all(&count, "huge"), ERR_TAMPERED, "it holds what is no record");
}

Test(segment, one_that_is_given_up_leaves_no_file)
{
    struct segment_writer *w = NULL;
    struct names_list l;
    assert_ok(segment_begin(&w, test_dir(), E));
    assert_ok(segment_add(w, piece(7), E));
    segment_abandon(w);
    assert_ok(dir_list(&l, test_dir(), A, E));
    assert_int(l.count, 0);
}

/* ---- chains ---- */

struct kept_records {
    struct bytes records[64];
    size_t count;
};
static enum err keep(void *context, const struct log_entry *entry, struct error *e)
{
    (void)e;
    struct kept_records *k = context;
    k->records[k->count++] = bytes_copy(A, entry->record);
    return OK;
}

/* A log of some records in two epochs, and its state. */
static struct kept_records records_of_log(struct log_state *state)
{
    struct kept_records k = {.count = 0};
    struct master_key *key = key_of(1);
    struct log_options o = options_lmdb("log", key);
    struct log *l = log_made(&o);
    append_plains(l, 0, 10);
    log_close(l);
    l = log_opened(&o);
    append_plains(l, 10, 10);
    assert_ok(log_scan(l, 0, UINT64_MAX, keep, &k, E));
    assert_ok(log_state(state, l, E));
    state->origin = str_copy(A, state->origin);
    log_close(l);
    master_key_close(key);
    return k;
}

Test(chain, records_from_anywhere_come_to_the_logs_own_head)
{
    struct log_state s = {.epoch = 0};
    struct kept_records k = records_of_log(&s);
    struct chain *c = chain_new();
    struct hash root = {{0}};
    for (size_t i = 0; i < k.count; i++) assert_ok(chain_next(c, k.records[i], E));
    chain_root(c, &root);
    cr_assert(hash_equal(&root, &s.root));
    assert_int(chain_head(c)->range.size, s.head.range.size);
    assert_int(chain_head(c)->epoch_seq, s.head.epoch_seq);
    cr_assert(str_equal(chain_origin(c), s.origin));
    chain_free(c);
}

Test(chain, a_record_that_is_changed_left_out_or_swapped_is_refused_and_the_true_one_still_fits)
{
    struct log_state s = {.epoch = 0};
    struct kept_records k = records_of_log(&s);
    struct chain *c = chain_new();
    for (size_t i = 0; i < k.count; i++) {
        for (size_t byte = 0; i > 0 && byte < k.records[i].len && byte < 64; byte++) {
            uint8_t *bad = arena_take_raw(A, k.records[i].len);
            memcpy(bad, k.records[i].ptr, k.records[i].len);
            bad[byte] ^= 1;
            if (byte >= 16 && byte < 32) continue; /* time, epoch, length: the next record tells */
            cr_assert(chain_next(c, (struct bytes){bad, k.records[i].len}, E) == ERR_TAMPERED,
                      "record %zu, byte %zu", i, byte);
        }
        if (i + 1 < k.count) cr_assert(chain_next(c, k.records[i + 1], E) == ERR_TAMPERED);
        assert_ok(chain_next(c, k.records[i], E));
    }
    chain_free(c);
}

/* A record that would fit the chain: some other one's body behind a header of its own. */
static struct bytes made_next(const struct chain *c, struct bytes other, uint32_t epoch)
{
    struct record_header h = {.seq = 0};
    assert_ok(record_header_take(&h, other, E));
    h.seq = chain_head(c)->range.size;
    h.prev = chain_head(c)->last_leaf;
    h.at.us = chain_head(c)->last_at.us + 1;
    if (h.epoch != 0) h.epoch = epoch;
    uint8_t *made = arena_take_raw(A, other.len);
    memcpy(made, other.ptr, other.len);
    record_header_put(made, &h);
    return (struct bytes){made, other.len};
}

Test(chain, key_epochs_come_in_order_and_none_is_used_before_it_began)
{
    struct log_state s = {.epoch = 0};
    struct kept_records k = records_of_log(&s);
    struct chain *c = chain_new();
    for (size_t i = 0; i < k.count; i++) assert_ok(chain_next(c, k.records[i], E));
    struct bytes epoch = k.records[1], sealed = k.records[k.count - 1];
    assert_err_says(chain_next(c, made_next(c, epoch, 0), E), ERR_TAMPERED,
                    "key epoch 1 does not follow epoch ");
    assert_err_says(chain_next(c, made_next(c, sealed, s.epoch + 1), E), ERR_TAMPERED, "has not begun");
    assert_ok(chain_next(c, made_next(c, sealed, s.epoch), E));
    chain_free(c);
}

Test(chain, a_copy_of_a_log_is_the_log_and_goes_on_from_where_it_ended)
{
    struct log_state s = {.epoch = 0}, copied = {.epoch = 0};
    struct kept_records k = records_of_log(&s);
    for (size_t from = 0; from < k.count; from += 5) {
        struct log_copy *c = NULL;
        assert_ok(log_copy_open(&c, test_path("copy"), NULL, E));
        assert_int(chain_head(log_copy_chain(c))->range.size, from);
        for (size_t i = from; i < from + 5 && i < k.count; i++) assert_ok(log_copy_add(c, k.records[i], E));
        assert_ok(log_copy_flush(c, E));
        log_copy_close(c);
    }
    struct master_key *key = key_of(1);
    struct log_options o = options_lmdb("copy", key);
    struct log *l = log_opened(&o);
    assert_ok(log_state(&copied, l, E));
    cr_assert(hash_equal(&copied.root, &s.root));
    append_plains(l, 20, 1); /* in an epoch of its own */
    log_close(l);
    master_key_close(key);
}

static enum err copy_entry(void *context, const struct log_entry *entry, struct error *e)
{
    return log_copy_add(context, entry->record, e);
}

/* Who sees the copy between two of its commits, or after it was killed there, must find a sound log. */
Test(chain, a_copy_does_not_part_a_record_of_keys_from_its_epoch)
{
    enum { KEYS_AT = LIMIT_RECORDS_PER_COMMIT - 2 };
    struct master_key *one = key_of(1), *two = key_of(2);
    struct log_options o = options_lmdb("log", one);
    struct log *l = log_made(&o);
    struct log_copy *c = NULL;
    struct log_report r = {0};
    uint64_t seq = 0;
    while (size_of(l) < KEYS_AT) append_plains(l, 0, (size_t)(KEYS_AT - size_of(l)));
    assert_ok(log_rotate(&seq, l, two, moment("2026-11-27T12:00:00Z"), E));
    assert_int(seq, KEYS_AT);
    append_plains(l, 0, 1);
    assert_ok(log_copy_open(&c, test_path("copy"), NULL, E));
    assert_ok(log_scan(l, 0, UINT64_MAX, copy_entry, c, E));
    log_copy_close(c); /* with what is not flushed */
    log_close(l);
    o = options_lmdb("copy", NULL);
    l = log_opened(&o);
    assert_ok(log_verify_chain(&r, l, NULL, NULL, E));
    assert_int(r.records, KEYS_AT + 2);
    log_close(l);
    master_key_close(one);
    master_key_close(two);
}

Test(chain, a_log_that_is_marked_as_a_follower_takes_no_event)
{
    struct master_key *key = key_of(1);
    struct log_options o = options_lmdb("log", key);
    struct log *l = log_made(&o);
    struct bytes plain = plain_of(0, 20);
    uint64_t first = 0, size = size_of(l);
    assert_ok(log_mark_follower(o.place.dir, STR("daybook/0123456789abcdef"), E));
    assert_err_says(log_append(&first, l, size, &plain, 1, (struct instant){0}, E), ERR_REFUSED,
                    "follows another and is not written to");
    assert_int(size_of(l), size);
    assert_ok(log_unmark_follower(o.place.dir, E));
    assert_err_says(log_unmark_follower(o.place.dir, E), ERR_REFUSED, "is no follower");
    assert_ok(log_append(&first, l, size, &plain, 1, (struct instant){0}, E));
    log_close(l);
    master_key_close(key);
}

/* ---- tiles ---- */

struct made_tiles {
    size_t full[TILE_LEVELS], partial[TILE_LEVELS];
    struct hash first_of_level_1;
};
static enum err take(void *context, const struct tile *t, struct error *e)
{
    (void)e;
    struct made_tiles *m = context;
    if (t->width == TILE_HASHES)
        m->full[t->level]++;
    else
        m->partial[t->level] = t->width;
    if (t->level == 1 && t->index == 0) m->first_of_level_1 = t->hashes[0];
    return OK;
}

Test(tiles, each_level_has_a_hash_for_each_full_tile_below)
{
    enum { LEAVES = 70000 };
    struct made_tiles made = {.full = {0}};
    struct tile_maker *m = arena_new_of(A, struct tile_maker);
    struct merkle_range first = {.size = 0};
    m->hasher = hasher_new();
    m->take = take;
    m->context = &made;
    for (uint32_t i = 0; i < LEAVES; i++) {
        struct hash leaf = {{0}};
        be32_put(leaf.bytes, i);
        if (i < TILE_HASHES) merkle_append(&first, m->hasher, &leaf);
        assert_ok(tiles_add(m, &leaf, E));
    }
    assert_ok(tiles_end(m, E));
    assert_int(made.full[0], LEAVES / 256);
    assert_int(made.partial[0], LEAVES % 256);
    assert_int(made.full[1], 1);
    assert_int(made.partial[1], LEAVES / 256 - 256);
    assert_int(made.full[2], 0);
    assert_int(made.partial[2], 1);
    assert_int(made.partial[3], 0);
    cr_assert(hash_equal(&made.first_of_level_1, &first.peaks[0]));
    hasher_free(m->hasher);
}

Test(tiles, names_are_those_of_the_specification_and_read_back_only_as_written)
{
    struct tile t = {.level = 0, .index = 1234067, .width = 256};
    uint64_t index = 0;
    size_t width = 0;
    assert_str(tile_path(A, &t), "tile/0/x001/x234/067");
    t = (struct tile){.level = 2, .index = 0, .width = 112};
    assert_str(tile_path(A, &t), "tile/2/000.p/112");
    cr_assert(tile_number_read(&index, &width, STR("x001/x234/067"), 256) && index == 1234067 &&
              width == 256);
    cr_assert(tile_number_read(&index, &width, STR("999.p/5"), 256) && index == 999 && width == 5);
    static const char *const others[] = {"",        "1",         "0000",    "x000/001", "001/002", "x001",
                                         "x001/02", "000.p/256", "000.p/0", "000.p/05", "000.p/",  "000.p"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        cr_assert(!tile_number_read(&index, &width, str_of(others[i]), 256), "'%s'", others[i]);
}
