/* SPDX-License-Identifier: MIT */
/* test_sha256.c - SHA-256 of many messages at once: NIST's published examples, and OpenSSL for every length
 * around the seams of blocks and every mixture of lengths. */
#include "ledger/base.h"
#include "tests/lib/fixture.h"

TestSuite(sha256, .init = test_begin, .fini = test_end);

enum { MANY = 70, LONG = 5000 };

static uint8_t text[MANY + LONG];

static void fill(void)
{
    for (size_t i = 0; i < sizeof text; i++) text[i] = (uint8_t)(i * 131 + i / 251);
}

static void assert_as_openssl(const struct bytes *messages, size_t count, uint8_t prefix)
{
    uint8_t is[MANY][SHA256_BYTES], wanted[MANY][SHA256_BYTES];
    sha256_each(is, messages, count, prefix);
    sha256_plainly(wanted, messages, count, prefix, NULL, NULL, 0);
    for (size_t i = 0; i < count; i++)
        cr_assert(memcmp(is[i], wanted[i], SHA256_BYTES) == 0,
                  "message %zu of %zu, which has %zu bytes, has another hash", i, count, messages[i].len);
}

/* FIPS 180-2, appendix B.1 and B.2, and its million times 'a' (B.3): the prefix is their first letter. */
Test(sha256, published_examples_alone_and_side_by_side)
{
    static uint8_t million[999999];
    static const char two_blocks[] = "bcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
    static const char *const hashes[] = {
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0",
    };
    memset(million, 'a', sizeof million);
    const struct bytes messages[] = {
        str_bytes(STR("bc")), str_bytes(str_of(two_blocks)), {million, sizeof million}};
    uint8_t out[3][SHA256_BYTES];
    sha256_each(out, messages, 3, 'a');
    for (size_t i = 0; i < 3; i++) {
        assert_str(hex_text(A, out[i], SHA256_BYTES), hashes[i]);
        uint8_t alone[1][SHA256_BYTES];
        sha256_each(alone, &messages[i], 1, 'a');
        assert_str(hex_text(A, alone[0], SHA256_BYTES), hashes[i]);
    }
}

Test(sha256, every_length_beside_every_other_is_as_openssl_has_it)
{
    fill();
    for (size_t a = 0; a <= 200; a++)
        for (size_t b = 0; b <= 200; b++) {
            const struct bytes two[] = {{text, a}, {text + 1, b}};
            assert_as_openssl(two, 2, (uint8_t)a);
        }
}

Test(sha256, any_number_of_messages_of_mixed_lengths)
{
    uint64_t state = 1;
    fill();
    for (size_t round = 0; round < 2000; round++) {
        struct bytes messages[MANY];
        size_t count = round % (MANY + 1);
        for (size_t i = 0; i < count; i++) {
            state = state * UINT64_C(6364136223846793005) + 1442695040888963407u;
            size_t most = state >> 62 == 0 ? LONG : 400;
            messages[i] = (struct bytes){text + i, (size_t)(state >> 33) % most};
        }
        assert_as_openssl(messages, count, (uint8_t)round);
    }
}

/* The first blocks of a message, its state carried from one call to the next, beside others. */
Test(sha256, whole_blocks_of_another_message_go_on_beside_them)
{
    uint32_t state[8], wanted[8];
    uint8_t out[9][SHA256_BYTES], hashes[9][SHA256_BYTES];
    fill();
    for (size_t count = 0; count <= 9; count++)
        for (size_t blocks = 0; blocks <= 60; blocks++) {
            struct bytes messages[9];
            for (size_t i = 0; i < count; i++) messages[i] = (struct bytes){text + i, 37 * i + blocks};
            for (uint32_t i = 0; i < 8; i++) state[i] = wanted[i] = 0x9e3779b9u * (i + 1);
            for (size_t part = 0; part < 2; part++) {
                sha256_each_beside(out, messages, count, 3, state, text + part, blocks);
                sha256_plainly(hashes, messages, count, 3, wanted, text + part, blocks);
            }
            cr_assert(memcmp(state, wanted, sizeof state) == 0, "%zu blocks beside %zu messages", blocks,
                      count);
            cr_assert(memcmp(out, hashes, count * SHA256_BYTES) == 0, "%zu messages beside %zu blocks", count,
                      blocks);
        }
}

/* Nodes of a tree take the place of what they are over. */
Test(sha256, a_hash_may_lie_where_its_message_begins)
{
    uint8_t level[MANY * 2][SHA256_BYTES], wanted[MANY][SHA256_BYTES];
    struct bytes pairs[MANY];
    for (size_t count = 1; count <= MANY; count++) {
        for (size_t i = 0; i < 2 * count; i++) memset(level[i], (int)(i + count), SHA256_BYTES);
        for (size_t i = 0; i < count; i++) pairs[i] = (struct bytes){level[2 * i], 2 * SHA256_BYTES};
        sha256_plainly(wanted, pairs, count, 1, NULL, NULL, 0);
        sha256_each(level, pairs, count, 1);
        cr_assert(memcmp(level, wanted, count * SHA256_BYTES) == 0, "%zu nodes", count);
    }
}
