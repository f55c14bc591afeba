/* SPDX-License-Identifier: MIT */
/* proof.c - proofs as the two RFCs define them. The checks are their algorithms step by step, with their
 * names fn and sn; the makers walk from the root down, where the RFC recurs, and turn the path round at the
 * end. */
#include "ledger/store/proof.h"

/* ---- checking ---- */

/* Where the path is: the place on its level of what has been hashed so far, and of the level's last node. */
struct climb {
    uint64_t fn, sn;
};

static void climb_once(struct climb *c)
{
    c->fn >>= 1;
    c->sn >>= 1;
}

/* The next hash of the path stands to the left of what there is, or else to its right. */
static bool joins_from_left(const struct climb *c)
{
    return (c->fn & 1) != 0 || c->fn == c->sn;
}

/* A last node without a sibling goes up unchanged, until there is one to its left. */
static void skip_lone_levels(struct climb *c)
{
    while ((c->fn & 1) == 0 && c->fn != 0) climb_once(c);
}

bool merkle_includes(struct hasher *h, const struct merkle_path *p, uint64_t index, const struct hash *leaf,
                     uint64_t size, const struct hash *root)
{
    if (index >= size) return false;
    struct climb c = {index, size - 1};
    struct hash r = *leaf;
    for (size_t i = 0; i < p->count; i++) {
        if (c.sn == 0) return false;
        if (joins_from_left(&c)) {
            merkle_node(h, &r, &p->hashes[i], &r);
            skip_lone_levels(&c);
        } else {
            merkle_node(h, &r, &r, &p->hashes[i]);
        }
        climb_once(&c);
    }
    return c.sn == 0 && hash_equal(&r, root);
}

/* Both roots at once, from the subtree that ends where the older tree does. */
static bool climb_to_both(struct hasher *h, const struct merkle_path *p, size_t from, struct climb *c,
                          struct hash *fr, struct hash *sr)
{
    for (size_t i = from; i < p->count; i++) {
        if (c->sn == 0) return false;
        if (joins_from_left(c)) {
            merkle_node(h, fr, &p->hashes[i], fr);
            merkle_node(h, sr, &p->hashes[i], sr);
            skip_lone_levels(c);
        } else {
            merkle_node(h, sr, sr, &p->hashes[i]);
        }
        climb_once(c);
    }
    return c->sn == 0;
}

bool merkle_extends(struct hasher *h, const struct merkle_path *p, uint64_t old_size,
                    const struct hash *old_root, uint64_t size, const struct hash *root)
{
    if (old_size == 0 || old_size > size) return false;
    if (old_size == size) return p->count == 0 && hash_equal(old_root, root);
    if (p->count == 0) return false;
    bool is_perfect = (old_size & (old_size - 1)) == 0; /* its root is a node of the newer tree */
    struct hash fr = is_perfect ? *old_root : p->hashes[0], sr = fr;
    struct climb c = {old_size - 1, size - 1};
    while ((c.fn & 1) != 0) climb_once(&c);
    return climb_to_both(h, p, is_perfect ? 0 : 1, &c, &fr, &sr) && hash_equal(&fr, old_root) &&
           hash_equal(&sr, root);
}

/* ---- making ---- */

/* The greatest power of two below n; n > 1. */
static uint64_t split_of(uint64_t n)
{
    return UINT64_C(1) << (63 - __builtin_clzll(n - 1));
}

/* The root over the leaves begin <= i < end. `begin` is a multiple of the largest perfect subtree in it. */
static enum err root_of(struct hash *out, const struct merkle_source *s, uint64_t begin, uint64_t end,
                        struct error *e)
{
    struct merkle_range range = {.size = end - begin};
    size_t count = 0;
    for (unsigned height = 64; height-- > 0;) {
        uint64_t leaves = UINT64_C(1) << height;
        if ((range.size & leaves) == 0) continue;
        enum err err = s->node(s->context, &range.peaks[count++], height, begin / leaves, e);
        if (err != OK) return err;
        begin += leaves;
    }
    merkle_root(&range, s->hasher, out);
    return OK;
}

static void turn_round(struct merkle_path *p)
{
    for (size_t i = 0; i < p->count / 2; i++) {
        struct hash kept = p->hashes[i];
        p->hashes[i] = p->hashes[p->count - 1 - i];
        p->hashes[p->count - 1 - i] = kept;
    }
}

struct stretch {
    uint64_t begin, end; /* leaves */
};

/* To the half that holds the leaf; the root of the other goes onto the path. */
static enum err go_down(struct merkle_path *out, const struct merkle_source *s, struct stretch *at,
                        uint64_t index, struct error *e)
{
    uint64_t middle = at->begin + split_of(at->end - at->begin);
    struct stretch left = {at->begin, middle}, right = {middle, at->end};
    bool is_left = index < middle;
    struct stretch other = is_left ? right : left;
    *at = is_left ? left : right;
    return root_of(&out->hashes[out->count++], s, other.begin, other.end, e);
}

/* PATH(m, D[n]) of RFC 6962 section 2.1.1. */
enum err merkle_prove_inclusion(struct merkle_path *out, const struct merkle_source *s, uint64_t index,
                                uint64_t size, struct error *e)
{
    assert(index < size);
    struct stretch at = {0, size};
    enum err err = OK;
    out->count = 0;
    while (err == OK && at.end - at.begin > 1) err = go_down(out, s, &at, index, e);
    if (err == OK) turn_round(out);
    return err;
}

/* SUBPROOF(m, D[n], b) of RFC 6962 section 2.1.2; b is true while nothing was left out at the left. */
enum err merkle_prove_consistency(struct merkle_path *out, const struct merkle_source *s, uint64_t old_size,
                                  uint64_t size, struct error *e)
{
    assert(old_size > 0 && old_size <= size);
    struct stretch at = {0, size};
    enum err err = OK;
    out->count = 0;
    while (err == OK && at.end != old_size) err = go_down(out, s, &at, old_size - 1, e);
    if (err != OK) return err;
    if (at.begin != 0) err = root_of(&out->hashes[out->count++], s, at.begin, at.end, e);
    turn_round(out);
    return err;
}
