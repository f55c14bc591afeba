/* SPDX-License-Identifier: MIT */
/* merkle.c - RFC 6962's tree as a compact range. A size's binary digits say which perfect subtrees there are:
 * adding a leaf is adding one to that number, and each carry joins two subtrees of equal height. */
#include "ledger/store/merkle.h"

static size_t peaks_of(uint64_t size)
{
    return (size_t)__builtin_popcountll(size);
}

void merkle_leaf(struct hasher *h, struct hash *out, struct bytes entry)
{
    static const uint8_t prefix = 0;
    hasher_digest(h, out->bytes, (struct bytes){&prefix, 1}, entry, (struct bytes){0});
}

/* An array of hashes is one of their bytes. */
static uint8_t (*bytes_of(struct hash *hashes))[SHA256_BYTES]
{
    return &hashes->bytes;
}

void merkle_leaves(struct hash *out, const struct bytes *entries, size_t count)
{
    sha256_each(bytes_of(out), entries, count, 0);
}

/* Over a power of two of hashes, in the place of the first of them: level by level, the nodes of each in the
 * place of what they are over. */
static void root_in_place(struct hash *hashes, size_t count)
{
    enum { AT_ONCE = 64, NODE = 1 };
    struct bytes pairs[AT_ONCE];
    for (size_t left = count / 2; left > 0; left /= 2)
        for (size_t done = 0; done < left; done += AT_ONCE) {
            size_t some = left - done;
            if (some > AT_ONCE) some = AT_ONCE;
            for (size_t i = 0; i < some; i++)
                pairs[i] = (struct bytes){hashes[2 * (done + i)].bytes, 2 * sizeof *hashes};
            sha256_each(bytes_of(hashes + done), pairs, some, NODE);
        }
}

void merkle_node(struct hasher *h, struct hash *out, const struct hash *left, const struct hash *right)
{
    uint8_t input[65];
    input[0] = 1;
    bytes_put(input + 1, (struct bytes){left->bytes, 32});
    bytes_put(input + 33, (struct bytes){right->bytes, 32});
    hasher_digest(h, out->bytes, (struct bytes){input, sizeof input}, (struct bytes){0}, (struct bytes){0});
}

/* Adds a perfect subtree of `leaves` (a power of two that divides the size): the carries begin at its height.
 */
static void append_subtree(struct merkle_range *r, struct hasher *h, const struct hash *root, uint64_t leaves)
{
    assert(r->size % leaves == 0 && r->size + leaves > r->size);
    size_t count = peaks_of(r->size);
    struct hash node = *root;
    for (uint64_t carry = r->size / leaves; (carry & 1) != 0; carry >>= 1) {
        count--;
        merkle_node(h, &node, &r->peaks[count], &node);
    }
    r->peaks[count] = node;
    r->size += leaves;
}

void merkle_append(struct merkle_range *r, struct hasher *h, const struct hash *leaf)
{
    append_subtree(r, h, leaf, 1);
}

/* The largest perfect subtree that the next leaves make where they stand, one after the other. */
void merkle_append_all(struct merkle_range *r, struct hasher *h, struct hash *leaves, size_t count)
{
    while (count > 0) {
        size_t some = 1;
        while (2 * some <= count && (r->size & (2 * some - 1)) == 0) some *= 2;
        root_in_place(leaves, some);
        append_subtree(r, h, leaves, some);
        leaves += some;
        count -= some;
    }
}

void merkle_join(struct merkle_range *r, struct hasher *h, const struct merkle_range *right)
{
    size_t peak = 0;
    for (uint64_t leaves = UINT64_C(1) << 63; leaves > 0; leaves >>= 1)
        if ((right->size & leaves) != 0) append_subtree(r, h, &right->peaks[peak++], leaves);
}

void merkle_root(const struct merkle_range *r, struct hasher *h, struct hash *out)
{
    size_t count = peaks_of(r->size);
    if (count == 0) {
        hasher_digest(h, out->bytes, (struct bytes){0}, (struct bytes){0}, (struct bytes){0});
        return;
    }
    struct hash node = r->peaks[count - 1];
    for (size_t i = count - 1; i > 0; i--) merkle_node(h, &node, &r->peaks[i - 1], &node);
    *out = node;
}
