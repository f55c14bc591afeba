/* SPDX-License-Identifier: MIT */
/* merkle.h - the Merkle tree of RFC 6962 section 2.1 over the log's leaf hashes, kept as a compact range: the
 * roots of the perfect subtrees that make up a log of this size, largest first. Appending costs O(1) hashes a
 * record on average, the root O(log n). */
#ifndef DAYBOOK_LEDGER_STORE_MERKLE_H
#define DAYBOOK_LEDGER_STORE_MERKLE_H

#include "ledger/store/hasher.h"

struct merkle_range {
    uint64_t size;
    struct hash peaks[64]; /* popcount(size) of them are in use, largest subtree first */
};

void merkle_append(struct merkle_range *r, struct hasher *h, const struct hash *leaf);
/* The same for many, which it overwrites. */
void merkle_append_all(struct merkle_range *r, struct hasher *h, struct hash *leaves, size_t count);
/* Puts the range of the leaves that follow behind `r`. Its largest subtree must fit r's size: r->size is a
 * multiple of it. */
void merkle_join(struct merkle_range *r, struct hasher *h, const struct merkle_range *right);
/* The root; for size 0 SHA-256 of nothing. */
void merkle_root(const struct merkle_range *r, struct hasher *h, struct hash *out);
/* The leaf hash of an entry: SHA-256(0x00 ‖ the entry). */
void merkle_leaf(struct hasher *h, struct hash *out, struct bytes entry);
/* Those of many entries, faster than one after the other. */
void merkle_leaves(struct hash *out, const struct bytes *entries, size_t count);
/* SHA-256(0x01 ‖ left ‖ right) */
void merkle_node(struct hasher *h, struct hash *out, const struct hash *left, const struct hash *right);

#endif
