/* SPDX-License-Identifier: MIT */
/* test_record.c - records against the worked example of ledger/FORMAT.md, read out of the page itself: what
 * stands there is what the code writes, and what a stranger's verifier will compute. Then: nothing else is
 * accepted. */
#include <string.h>

#include "ledger/store.h"
#include "tests/lib/fixture.h"

TestSuite(record, .init = test_begin, .fini = test_end);

/* The bytes of the block that starts with "```hex NAME". */
static struct bytes from_page(const char *name)
{
    struct str page = test_read("ledger/FORMAT.md");
    const char *head = str_format(A, "```hex %s\n", name).ptr;
    const char *at = strstr(str_cstring(A, page), head);
    cr_assert(at != NULL, "FORMAT.md has no block '%s'", name);
    struct buffer digits = {.arena = A};
    for (at += strlen(head); *at != '`'; at++)
        if (*at != ' ' && *at != '\n') buffer_add_byte(&digits, (uint8_t)*at);
    uint8_t *to = arena_take(A, 1, digits.len / 2 + 1);
    assert_ok(hex_decode(to, digits.len / 2, bytes_str((struct bytes){digits.ptr, digits.len}), E));
    return (struct bytes){to, digits.len / 2};
}

static const char *digits_of(struct bytes b)
{
    return str_cstring(A, hex_text(A, b.ptr, b.len));
}
#define assert_bytes(got, wanted) assert_str(str_of(digits_of(got)), digits_of(wanted))

static struct hash leaf_of(struct bytes record)
{
    struct hasher *h = hasher_new();
    struct hash leaf = {0};
    merkle_leaf(h, &leaf, record);
    hasher_free(h);
    return leaf;
}

static struct bytes bytes_of(const struct hash *h)
{
    return (struct bytes){h->bytes, sizeof h->bytes};
}

static struct record_header header_of(struct bytes record)
{
    struct record_header h = {0};
    assert_ok(record_header_take(&h, record, E));
    return h;
}

Test(record, the_page_s_headers_are_read_and_written_byte_for_byte)
{
    static const char *const names[] = {"record-0", "record-1", "record-2"};
    for (size_t i = 0; i < 3; i++) {
        struct bytes record = from_page(names[i]);
        struct record_header h = header_of(record);
        assert_int(h.seq, i);
        assert_int(h.class_, i + 1);
        assert_int(h.at.us, 1767225600000000 + (long long)i);
        assert_int(h.epoch, i == 2 ? 1 : 0);
        uint8_t again[RECORD_HEADER_BYTES];
        record_header_put(again, &h);
        assert_bytes(((struct bytes){again, sizeof again}), ((struct bytes){record.ptr, sizeof again}));
    }
}

Test(record, the_page_s_leaves_and_root_are_those_of_its_records)
{
    struct hasher *h = hasher_new();
    struct merkle_range range = {0};
    struct hash root = {0};
    static const char *const records[] = {"record-0", "record-1", "record-2"};
    static const char *const leaves[] = {"leaf-0", "leaf-1", "leaf-2"};
    for (size_t i = 0; i < 3; i++) {
        struct hash leaf = leaf_of(from_page(records[i]));
        assert_bytes(bytes_of(&leaf), from_page(leaves[i]));
        merkle_append(&range, h, &leaf);
        if (i > 0) {
            struct record_header header = header_of(from_page(records[i]));
            assert_bytes(bytes_of(&header.prev), from_page(leaves[i - 1]));
        }
    }
    merkle_root(&range, h, &root);
    assert_bytes(bytes_of(&root), from_page("root"));
    hasher_free(h);
}

Test(record, the_page_s_genesis_names_its_own_body)
{
    struct bytes record = from_page("record-0");
    struct bytes body = {record.ptr + RECORD_HEADER_BYTES, record.len - RECORD_HEADER_BYTES};
    struct hasher *h = hasher_new();
    struct hash prev = {0};
    hasher_digest(h, prev.bytes, str_bytes(STR("daybook/v1/genesis")), body, (struct bytes){0});
    struct record_header header = header_of(record);
    assert_bytes(bytes_of(&header.prev), bytes_of(&prev));
    hasher_free(h);
}

static struct master_key *page_master(void)
{
    struct master_key *k = NULL;
    assert_ok(master_key_from_bytes(&k, from_page("master").ptr, E));
    return k;
}

static struct bytes info_of(const char *label)
{
    struct buffer b = {.arena = A};
    buffer_print(&b, "%sdaybook/0123456789abcdef", label);
    uint8_t epoch[4] = {0, 0, 0, 1};
    buffer_add(&b, epoch, sizeof epoch);
    return (struct bytes){b.ptr, b.len};
}

Test(record, the_page_s_keys_are_derived_from_its_master_key)
{
    struct master_key *k = page_master();
    uint8_t key[KEY_BYTES], name[8];
    assert_ok(master_key_derive(key, k, from_page("epoch-salt"), info_of("daybook/v1/data"), E));
    assert_bytes(((struct bytes){key, sizeof key}), from_page("data-key"));
    assert_ok(master_key_derive(key, k, from_page("epoch-salt"), info_of("daybook/v1/check"), E));
    assert_bytes(((struct bytes){key, sizeof key}), from_page("check"));
    master_key_name(name, k);
    assert_bytes(((struct bytes){name, sizeof name}), from_page("key-name"));
    master_key_close(k);
}

Test(record, sealing_the_page_s_plaintext_under_its_nonce_gives_the_page_s_record)
{
    struct bytes wanted = from_page("record-2"), plain = from_page("plaintext");
    struct sealer *s = NULL;
    uint8_t body[64], salted[64];
    bytes_put(salted, from_page("salt"));
    bytes_put(salted + RECORD_SALT_BYTES, plain);
    assert_ok(sealer_new(&s, from_page("data-key").ptr, E));
    assert_ok(sealer_seal(s, body, from_page("nonce").ptr, (struct bytes){wanted.ptr, RECORD_HEADER_BYTES},
                          (struct bytes){salted, RECORD_SALT_BYTES + plain.len}, E));
    assert_bytes(((struct bytes){body, RECORD_SALT_BYTES + plain.len + TAG_BYTES}),
                 ((struct bytes){wanted.ptr + RECORD_HEADER_BYTES, wanted.len - RECORD_HEADER_BYTES}));
    sealer_free(s);
}

/* The nonce comes from Python's hmac: of the page's nonce as what is random, the number 96, and the header.
 */
Test(record, a_sealed_record_has_its_salt_its_commit_and_a_nonce_of_all_of_it)
{
    struct bytes page = from_page("record-2"), plain = from_page("plaintext");
    struct sealer *s = NULL;
    struct hasher *h = hasher_new();
    uint8_t to[256], room[64];
    struct bytes opened = {0};
    assert_ok(sealer_new(&s, from_page("data-key").ptr, E));
    /* The pool hands out from its end: the salt first, then what is random in the nonce. */
    struct nonce_pool pool = {.left = NONCE_BYTES + RECORD_SALT_BYTES};
    bytes_put(pool.bytes, from_page("nonce"));
    bytes_put(pool.bytes + NONCE_BYTES, from_page("salt"));
    struct record_header header = header_of(page);
    memset(header.commit.bytes, 0, sizeof header.commit.bytes);
    memset(header.nonce, 0, sizeof header.nonce);
    header.body_len = 0;
    assert_ok(record_seal(to, &header, plain, s, h, &pool, E));
    struct bytes record = {to, RECORD_OVERHEAD_BYTES + plain.len};
    assert_bytes(((struct bytes){to, 96}), ((struct bytes){page.ptr, 96}));
    assert_bytes(bytes_of(&header.commit), from_page("commit"));
    assert_str(hex_text(A, header.nonce, NONCE_BYTES), "b026445ea08dc86878247f16");
    assert_ok(record_open(&opened, room, &header, record, s, h, E));
    assert_bytes(opened, plain);
    sealer_free(s);
    hasher_free(h);
}

struct opener {
    struct sealer *sealer;
    struct hasher *hasher;
    uint8_t room[256];
    struct bytes plain;
};

static enum err try_open(struct opener *o, struct bytes record)
{
    struct record_header h = {0};
    enum err err = record_header_take(&h, record, E);
    return err == OK ? record_open(&o->plain, o->room, &h, record, o->sealer, o->hasher, E) : err;
}

static void opener_begin(struct opener *o)
{
    *o = (struct opener){.hasher = hasher_new()};
    assert_ok(sealer_new(&o->sealer, from_page("data-key").ptr, E));
}

static void opener_end(struct opener *o)
{
    sealer_free(o->sealer);
    hasher_free(o->hasher);
}

Test(record, the_page_s_record_opens_to_its_plaintext)
{
    struct opener o;
    opener_begin(&o);
    assert_ok(try_open(&o, from_page("record-2")));
    assert_bytes(o.plain, from_page("plaintext"));
    opener_end(&o);
}

Test(record, every_flipped_bit_is_refused)
{
    struct opener o;
    struct bytes good = from_page("record-2");
    uint8_t *bad = arena_take(A, 1, good.len);
    opener_begin(&o);
    for (size_t bit = 0; bit < good.len * 8; bit++) {
        memcpy(bad, good.ptr, good.len);
        bad[bit / 8] ^= (uint8_t)(1U << (bit % 8));
        cr_assert(try_open(&o, (struct bytes){bad, good.len}) == ERR_TAMPERED, "bit %zu of byte %zu", bit % 8,
                  bit / 8);
    }
    opener_end(&o);
}

Test(record, a_cut_or_lengthened_record_is_refused)
{
    struct bytes good = from_page("record-2");
    struct record_header h = {0};
    uint8_t *longer = arena_take(A, 1, good.len + 1);
    memcpy(longer, good.ptr, good.len);
    for (size_t len = 0; len < good.len; len++)
        cr_assert(record_header_take(&h, (struct bytes){good.ptr, len}, E) == ERR_TAMPERED, "%zu bytes", len);
    assert_err_says(record_header_take(&h, (struct bytes){longer, good.len + 1}, E), ERR_TAMPERED,
                    "the body length is 40");
}

/* AES-GCM alone would accept a plaintext of somebody who holds the key; the commit binds it to the header. */
Test(record, a_body_sealed_anew_under_the_same_key_does_not_fit_its_commit)
{
    struct opener o;
    opener_begin(&o);
    struct bytes good = from_page("record-2");
    uint8_t *forged = arena_take(A, 1, good.len), salted[24] = {0};
    memcpy(forged, good.ptr, good.len);
    memcpy(salted + 16, "\x92\x01\xa5HELLO", 8);
    assert_ok(sealer_seal(o.sealer, forged + RECORD_HEADER_BYTES, from_page("nonce").ptr,
                          (struct bytes){forged, RECORD_HEADER_BYTES}, (struct bytes){salted, sizeof salted},
                          E));
    assert_err(try_open(&o, (struct bytes){forged, good.len}), ERR_TAMPERED,
               "the plaintext does not fit its commit");
    opener_end(&o);
}

struct refused {
    const char *record;
    size_t offset;
    uint8_t value;
    const char *says;
};

Test(record, the_sentence_names_the_field_that_is_wrong)
{
    static const struct refused cases[] = {
        {"record-2", 0, 'X', "the magic is wrong"},
        {"record-2", 4, 2, "version 2 is not known"},
        {"record-2", 5, 0, "class 0 is not known"},
        {"record-2", 5, 6, "class 6 is not known"},
        {"record-2", 5, 1, "a record in clear names key epoch 1"},
        {"record-2", 6, 1, "bytes 6 and 7 are not zero"},
        {"record-2", 7, 1, "bytes 6 and 7 are not zero"},
        {"record-2", 16, 0x80, "the time is negative"},
        {"record-2", 27, 0, "an event record has no key epoch"},
        {"record-2", 31, 41, "the body length is 41, the bytes are 40"},
        {"record-1", 64, 1, "a record in clear has a commit"},
        {"record-1", 107, 1, "a record in clear has a nonce"},
        {"record-1", 27, 1, "a record in clear names key epoch 1"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct record_header h = {0};
        struct bytes good = from_page(cases[i].record);
        uint8_t *bad = arena_take(A, 1, good.len);
        memcpy(bad, good.ptr, good.len);
        bad[cases[i].offset] = cases[i].value;
        assert_err(record_header_take(&h, (struct bytes){bad, good.len}, E), ERR_TAMPERED, cases[i].says);
    }
}
