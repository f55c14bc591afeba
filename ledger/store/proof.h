/* SPDX-License-Identifier: MIT */
/* proof.h - inclusion and consistency proofs of the Merkle tree: RFC 6962 sections 2.1.1 and 2.1.2 make them,
 * RFC 9162 sections 2.1.3.2 and 2.1.4.2 check them. Checking takes nothing but the values it is given:
 * whoever does not have the log can do it. */
#ifndef DAYBOOK_LEDGER_STORE_PROOF_H
#define DAYBOOK_LEDGER_STORE_PROOF_H

#include "ledger/store/merkle.h"

/* One hash a level of the tree, and a consistency proof may begin with one more. */
enum { MERKLE_PATH_MAX = 65 };
struct merkle_path {
    struct hash hashes[MERKLE_PATH_MAX]; /* from the leaves up */
    size_t count;
};

/* ---- checking ---- */

/* Is `leaf` the one at `index` in the tree of `size` leaves that has this root? */
bool merkle_includes(struct hasher *h, const struct merkle_path *p, uint64_t index, const struct hash *leaf,
                     uint64_t size, const struct hash *root) MUST_USE;
/* Are the first `old_size` leaves of the tree of `size` leaves those of the older tree? False of an empty
 * older tree, which says nothing about any other. */
bool merkle_extends(struct hasher *h, const struct merkle_path *p, uint64_t old_size,
                    const struct hash *old_root, uint64_t size, const struct hash *root) MUST_USE;

/* ---- making ---- */

/* Where the roots of perfect subtrees come from: that of the 2^height leaves from index * 2^height on. */
struct merkle_source {
    enum err (*node)(void *context, struct hash *out, unsigned height, uint64_t index, struct error *e);
    void *context;
    struct hasher *hasher; /* for what lies above them */
};
/* index < size. */
enum err merkle_prove_inclusion(struct merkle_path *out, const struct merkle_source *s, uint64_t index,
                                uint64_t size, struct error *e) MUST_USE;
/* 0 < old_size <= size. */
enum err merkle_prove_consistency(struct merkle_path *out, const struct merkle_source *s, uint64_t old_size,
                                  uint64_t size, struct error *e) MUST_USE;

#endif
