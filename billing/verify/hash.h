/* SPDX-License-Identifier: MIT */
/* hash.h - SHA-256 and the tree of RFC 6962, as FORMAT.md section 4 has them: leaf hashes, roots, and how
 * proofs are checked. Written a second time on purpose: nothing of the writer's tree is used here. */
#ifndef DAYBOOK_BILLING_VERIFY_HASH_H
#define DAYBOOK_BILLING_VERIFY_HASH_H

#include "ledger/base.h"

struct digest {
    uint8_t bytes[32];
};
bool digest_equal(const struct digest *a, const struct digest *b);
/* Writes 64 digits and a NUL. */
void digest_hex(char to[65], const struct digest *d);

/* SHA-256 of three pieces put together; empty ones count for nothing. */
void digest_of(struct digest *out, struct bytes a, struct bytes b, struct bytes c);
/* Of what comes piece by piece. */
struct running;
struct running *running_new(void);
void running_free(struct running *r);
void running_begin(struct running *r);
void running_add(struct running *r, struct bytes piece);
void running_end(struct running *r, struct digest *out);

/* Leaf hashes of many records, faster than one after the other; beside them a running hash is given its next
 * piece. */
void leaves_of(struct digest *out, const struct bytes *records, size_t count, struct running *beside,
               struct bytes piece);

/* SHA-256(0x00 ‖ record), SHA-256(0x01 ‖ left ‖ right). */
void leaf_of(struct digest *out, struct bytes record);
void node_of(struct digest *out, const struct digest *left, const struct digest *right);

/* Roots of equally large perfect subtrees that follow each other, gathered to the fewest: the largest first.
 */
struct range {
    uint64_t count; /* of roots that were added */
    struct digest peaks[64];
};
void range_add(struct range *r, const struct digest *root);
/* The root over all of it and, behind it, over a part that is smaller than one of its subtrees; `tail` is
 * that part's root, NULL: there is none. Nothing at all has the root SHA-256(""). */
void range_root(struct digest *out, const struct range *r, const struct digest *tail);
/* The root over `count` hashes, of which there is one at least. */
void root_of(struct digest *out, const struct digest *hashes, size_t count);

enum { PATH_HASHES_MAX = 65 };
struct path {
    struct digest hashes[PATH_HASHES_MAX]; /* from the leaves up */
    size_t count;
};
/* RFC 9162 section 2.1.3.2: is this the leaf with this index in the tree of so many leaves with this root? */
bool path_includes(const struct path *p, uint64_t index, const struct digest *leaf, uint64_t size,
                   const struct digest *root);
/* RFC 9162 section 2.1.4.2: are the older tree's leaves the first ones of the newer? The older has one at
 * least. */
bool path_extends(const struct path *p, uint64_t old_size, const struct digest *old_root, uint64_t size,
                  const struct digest *root);

#endif
