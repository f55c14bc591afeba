/* SPDX-License-Identifier: MIT */
/* test_proof.c - inclusion and consistency proofs: the published vectors of the certificate-transparency
 * reference implementation; every size up to 70 with every leaf and every older size, against the definition
 * of RFC 6962 section 2.1 written down recursively here; and nothing else than the right proof is accepted.
 */
#include <string.h>

#include "ledger/store.h"
#include "tests/lib/fixture.h"

enum { SIZES = 70 };

static struct hasher *hasher;
static struct hash leaves[SIZES];

static void begin(void)
{
    struct dice dice = dice_of(9162);
    test_begin();
    hasher = hasher_new();
    for (size_t i = 0; i < SIZES; i++)
        for (size_t k = 0; k < 32; k++) leaves[i].bytes[k] = (uint8_t)dice_next(&dice);
}

static void end(void)
{
    hasher_free(hasher);
    test_end();
}

TestSuite(proof, .init = begin, .fini = end);

/* ---- the definition ---- */

static struct hash pair(struct hash left, struct hash right)
{
    struct hash out = {0};
    uint8_t one = 1;
    hasher_digest(hasher, out.bytes, (struct bytes){&one, 1}, (struct bytes){left.bytes, 32},
                  (struct bytes){right.bytes, 32});
    return out;
}

static size_t split(size_t n)
{
    size_t k = 1;
    while (k * 2 < n) k *= 2;
    return k;
}

static struct hash mth(const struct hash *d, size_t n)
{
    return n == 1 ? d[0] : pair(mth(d, split(n)), mth(d + split(n), n - split(n)));
}

static void add(struct merkle_path *p, struct hash h)
{
    p->hashes[p->count++] = h;
}

static void path(struct merkle_path *out, size_t m, const struct hash *d, size_t n)
{
    size_t k = split(n);
    if (n == 1) return;
    path(out, m < k ? m : m - k, m < k ? d : d + k, m < k ? k : n - k);
    add(out, m < k ? mth(d + k, n - k) : mth(d, k));
}

static void subproof(struct merkle_path *out, size_t m, const struct hash *d, size_t n, bool whole)
{
    size_t k = split(n);
    if (m == n && whole) return;
    if (m == n) {
        add(out, mth(d, n));
    } else if (m <= k) {
        subproof(out, m, d, k, whole);
        add(out, mth(d + k, n - k));
    } else {
        subproof(out, m - k, d + k, n - k, false);
        add(out, mth(d, k));
    }
}

static enum err node(void *context, struct hash *out, unsigned height, uint64_t index, struct error *e)
{
    (void)context;
    (void)e;
    cr_assert((index + 1) << height <= SIZES);
    *out = mth(leaves + (index << height), (size_t)1 << height);
    return OK;
}

static struct merkle_source source(void)
{
    return (struct merkle_source){.node = node, .hasher = hasher};
}

static bool same(const struct merkle_path *a, const struct merkle_path *b)
{
    return a->count == b->count && memcmp(a->hashes, b->hashes, a->count * sizeof *a->hashes) == 0;
}

/* ---- all small trees ---- */

Test(proof, every_leaf_of_every_tree_up_to_70_is_proven_as_the_rfc_defines)
{
    struct merkle_source s = source();
    for (size_t n = 1; n <= SIZES; n++) {
        struct hash root = mth(leaves, n);
        for (size_t i = 0; i < n; i++) {
            struct merkle_path wanted = {.count = 0}, made = {.count = 0};
            path(&wanted, i, leaves, n);
            assert_ok(merkle_prove_inclusion(&made, &s, i, n, E));
            cr_assert(same(&made, &wanted), "leaf %zu of %zu", i, n);
            cr_assert(merkle_includes(hasher, &made, i, &leaves[i], n, &root), "leaf %zu of %zu", i, n);
        }
    }
}

Test(proof, every_tree_up_to_70_extends_every_smaller_one_as_the_rfc_defines)
{
    struct merkle_source s = source();
    for (size_t n = 1; n <= SIZES; n++) {
        struct hash root = mth(leaves, n);
        for (size_t m = 1; m <= n; m++) {
            struct merkle_path wanted = {.count = 0}, made = {.count = 0};
            struct hash old = mth(leaves, m);
            subproof(&wanted, m, leaves, n, true);
            assert_ok(merkle_prove_consistency(&made, &s, m, n, E));
            cr_assert(same(&made, &wanted), "%zu in %zu", m, n);
            cr_assert(merkle_extends(hasher, &made, m, &old, n, &root), "%zu in %zu", m, n);
        }
    }
}

Test(proof, a_leaf_is_in_no_other_place_and_in_no_tree_of_another_root)
{
    struct merkle_source s = source();
    for (size_t n = 1; n <= 20; n++) {
        for (size_t i = 0; i < n; i++) {
            struct merkle_path p = {.count = 0};
            assert_ok(merkle_prove_inclusion(&p, &s, i, n, E));
            for (size_t other = 1; other <= SIZES; other++) {
                struct hash root = mth(leaves, other);
                for (size_t place = 0; place < other + 2; place++) {
                    bool is = merkle_includes(hasher, &p, place, &leaves[i], other, &root);
                    cr_assert(is == (place == i && other == n), "%zu of %zu as %zu of %zu", i, n, place,
                              other);
                }
            }
        }
    }
}

Test(proof, a_tree_extends_no_other_one)
{
    struct merkle_source s = source();
    for (size_t n = 2; n <= 20; n++) {
        struct hash root = mth(leaves, n);
        for (size_t m = 1; m <= n; m++) {
            struct merkle_path p = {.count = 0};
            assert_ok(merkle_prove_consistency(&p, &s, m, n, E));
            for (size_t other = 1; other <= n + 2; other++) {
                struct hash old = mth(leaves, other);
                bool is = merkle_extends(hasher, &p, other, &old, n, &root);
                cr_assert(is == (other == m), "%zu in %zu as %zu", m, n, other);
            }
            cr_assert(!merkle_extends(hasher, &p, 0, &root, n, &root));
        }
    }
}

/* ---- every bit ---- */

static void flip_every_bit(struct hash *h, bool (*still)(void *), void *context)
{
    for (size_t bit = 0; bit < 256; bit++) {
        h->bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
        cr_assert(!still(context), "bit %zu", bit);
        h->bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
    cr_assert(still(context));
}

struct claim {
    struct merkle_path path;
    uint64_t old_size, size;
    struct hash old_root, root; /* or the leaf, and its place in old_size */
};

static bool is_included(void *context)
{
    const struct claim *c = context;
    return merkle_includes(hasher, &c->path, c->old_size, &c->old_root, c->size, &c->root);
}

static bool is_extended(void *context)
{
    const struct claim *c = context;
    return merkle_extends(hasher, &c->path, c->old_size, &c->old_root, c->size, &c->root);
}

static void attack(struct claim *c, bool (*still)(void *))
{
    flip_every_bit(&c->root, still, c);
    flip_every_bit(&c->old_root, still, c);
    for (size_t i = 0; i < c->path.count; i++) flip_every_bit(&c->path.hashes[i], still, c);
    c->path.count--; /* one is missing */
    cr_assert(!still(c));
    c->path.count += 2; /* one is too many */
    cr_assert(!still(c));
    c->path.count--;
}

Test(proof, any_bit_of_an_inclusion_proof_flipped_is_refused)
{
    struct merkle_source s = source();
    for (size_t i = 0; i < 37; i++) {
        struct claim c = {.old_size = i, .size = 37, .old_root = leaves[i], .root = mth(leaves, 37)};
        assert_ok(merkle_prove_inclusion(&c.path, &s, i, 37, E));
        attack(&c, is_included);
    }
}

Test(proof, any_bit_of_a_consistency_proof_flipped_is_refused)
{
    struct merkle_source s = source();
    for (size_t m = 1; m < 37; m++) {
        struct claim c = {.old_size = m, .size = 37, .old_root = mth(leaves, m), .root = mth(leaves, 37)};
        assert_ok(merkle_prove_consistency(&c.path, &s, m, 37, E));
        attack(&c, is_extended);
    }
}

/* ---- published vectors ---- */

static struct hash hash_of(const char *hex)
{
    struct hash h = {0};
    assert_ok(hex_decode(h.bytes, 32, str_of(hex), E));
    return h;
}

#define ROOT_1 "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
#define ROOT_2 "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"
#define ROOT_3 "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"
#define ROOT_4 "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"
#define ROOT_5 "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4"
#define ROOT_6 "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef"
#define ROOT_8 "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"

struct published {
    uint64_t first, size; /* place counted from 0, or older size */
    const char *first_hash, *root;
    const char *path[3];
};

#define LEAF_1      "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7"
#define LEAF_4      "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"
#define NODE_2_TO_3 "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e"
#define NODE_4_TO_5 "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a"
#define NODE_6_TO_7 "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0"
#define NODE_4_TO_7 "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"

static void take_path(struct merkle_path *out, const struct published *v)
{
    for (size_t i = 0; i < 3 && v->path[i] != NULL; i++) add(out, hash_of(v->path[i]));
}

static const char *leaf_hash(const char *hex)
{
    uint8_t input[32] = {0};
    struct hash leaf = {0};
    assert_ok(hex_decode(input, strlen(hex) / 2, str_of(hex), E));
    merkle_leaf(hasher, &leaf, (struct bytes){input, strlen(hex) / 2});
    return str_cstring(A, hex_text(A, leaf.bytes, 32));
}

Test(proof, the_published_inclusion_proofs_hold)
{
    const struct published vectors[] = {
        {0, 1, ROOT_1, ROOT_1, {NULL}},
        {0, 8, ROOT_1, ROOT_8, {LEAF_1, NODE_2_TO_3, NODE_4_TO_7}},
        {5, 8, leaf_hash("40414243"), ROOT_8, {LEAF_4, NODE_6_TO_7, ROOT_4}},
        {2, 3, leaf_hash("10"), ROOT_3, {ROOT_2}},
        {1, 5, leaf_hash("00"), ROOT_5, {ROOT_1, NODE_2_TO_3, LEAF_4}},
    };
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        const struct published *v = &vectors[i];
        struct merkle_path p = {.count = 0};
        struct hash leaf = hash_of(v->first_hash), root = hash_of(v->root);
        take_path(&p, v);
        cr_assert(merkle_includes(hasher, &p, v->first, &leaf, v->size, &root), "vector %zu", i);
    }
}

Test(proof, the_published_consistency_proofs_hold)
{
    static const struct published vectors[] = {
        {1, 1, ROOT_1, ROOT_1, {NULL}},
        {1, 8, ROOT_1, ROOT_8, {LEAF_1, NODE_2_TO_3, NODE_4_TO_7}},
        {6, 8, ROOT_6, ROOT_8, {NODE_4_TO_5, NODE_6_TO_7, ROOT_4}},
        {2, 5, ROOT_2, ROOT_5, {NODE_2_TO_3, LEAF_4}},
    };
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        const struct published *v = &vectors[i];
        struct merkle_path p = {.count = 0};
        struct hash old = hash_of(v->first_hash), root = hash_of(v->root);
        take_path(&p, v);
        cr_assert(merkle_extends(hasher, &p, v->first, &old, v->size, &root), "vector %zu", i);
    }
}
