/* SPDX-License-Identifier: MIT */
/* test_merkle.c - the compact range against the published test vectors of the certificate-transparency
 * reference implementation (eight leaves of RFC 6962 hashing), and against the definition of RFC 6962
 * section 2.1, written down recursively here. */
#include <string.h>

#include "ledger/store.h"
#include "tests/lib/fixture.h"

TestSuite(merkle, .init = test_begin, .fini = test_end);

static const char *const inputs[] = {
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
};
static const char *const roots[] = {
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
};

Test(merkle, the_published_roots_of_zero_to_eight_leaves)
{
    struct hasher *h = hasher_new();
    struct merkle_range range = {0};
    for (size_t n = 0; n <= 8; n++) {
        struct hash root = {0}, leaf = {0};
        merkle_root(&range, h, &root);
        assert_str(hex_text(A, root.bytes, 32), roots[n]);
        assert_int(range.size, n);
        if (n == 8) break;
        uint8_t input[16];
        size_t len = strlen(inputs[n]) / 2;
        assert_ok(hex_decode(input, len, str_of(inputs[n]), E));
        merkle_leaf(h, &leaf, (struct bytes){input, len});
        merkle_append(&range, h, &leaf);
    }
    hasher_free(h);
}

/* RFC 6962 2.1: MTH(D[n]) = SHA-256(0x01 ‖ MTH(D[0:k]) ‖ MTH(D[k:n])), k the largest power of two below n. */
static struct hash naive_root(struct hasher *h, const struct hash *leaves, size_t n)
{
    if (n == 1) return leaves[0];
    size_t k = 1;
    while (k * 2 < n) k *= 2;
    struct hash left = naive_root(h, leaves, k), right = naive_root(h, leaves + k, n - k), root = {0};
    uint8_t one = 1;
    hasher_digest(h, root.bytes, (struct bytes){&one, 1}, (struct bytes){left.bytes, 32},
                  (struct bytes){right.bytes, 32});
    return root;
}

Test(merkle, every_size_up_to_300_agrees_with_the_definition)
{
    enum { SIZES = 300 };
    struct hasher *h = hasher_new();
    struct merkle_range range = {0};
    struct hash *leaves = arena_array_of(A, struct hash, SIZES);
    struct dice dice = dice_of(6962);
    for (size_t n = 1; n <= SIZES; n++) {
        struct hash root = {0};
        for (size_t i = 0; i < 32; i++) leaves[n - 1].bytes[i] = (uint8_t)dice_next(&dice);
        merkle_append(&range, h, &leaves[n - 1]);
        merkle_root(&range, h, &root);
        struct hash wanted = naive_root(h, leaves, n);
        cr_assert(memcmp(&root, &wanted, sizeof root) == 0, "%zu leaves", n);
    }
    hasher_free(h);
}

Test(merkle, many_leaves_at_once_are_as_many_one_after_the_other)
{
    enum { LEAVES = 700 };
    static struct hash leaves[LEAVES], given[LEAVES];
    struct hasher *h = hasher_new();
    for (size_t i = 0; i < LEAVES; i++) {
        uint8_t number[8];
        be64_put(number, i);
        merkle_leaves(&leaves[i], &(struct bytes){number, sizeof number}, 1);
    }
    for (size_t first = 0; first <= 300; first += 7)
        for (size_t count = 0; count <= 400; count += count < 20 ? 1 : 37) {
            struct merkle_range one = {0}, many = {0};
            for (size_t i = 0; i < first + count; i++) merkle_append(&one, h, &leaves[i]);
            for (size_t i = 0; i < first; i++) merkle_append(&many, h, &leaves[i]);
            memcpy(given, leaves + first, count * sizeof *given);
            merkle_append_all(&many, h, given, count);
            size_t peaks = (size_t)__builtin_popcountll(one.size);
            cr_assert(one.size == many.size, "%zu behind %zu", count, first);
            cr_assert(memcmp(one.peaks, many.peaks, peaks * sizeof *one.peaks) == 0, "%zu behind %zu", count,
                      first);
        }
    hasher_free(h);
}
