/* SPDX-License-Identifier: MIT */
/* hash.c - see hash.h. SHA-256 goes through OpenSSL's plain calls: EVP allocates for every message, which
 * costs a quarter of the time of a record. A failure of them means that OpenSSL is not itself, and ends the
 * process. */
#define OPENSSL_API_COMPAT 10100 /* OpenSSL 3.0 marks the plain calls as deprecated */

#include "billing/verify/hash.h"

#include <openssl/sha.h>

struct running {
    SHA256_CTX context;
};

bool digest_equal(const struct digest *a, const struct digest *b)
{
    return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

void digest_hex(char to[65], const struct digest *d)
{
    hex_encode(to, d->bytes, sizeof d->bytes);
    to[64] = '\0';
}

static void add(SHA256_CTX *c, struct bytes piece)
{
    if (piece.len > 0 && SHA256_Update(c, piece.ptr, piece.len) != 1) WRONG("SHA-256 cannot go on");
}

static void end(SHA256_CTX *c, struct digest *out)
{
    if (SHA256_Final(out->bytes, c) != 1) WRONG("SHA-256 cannot end");
}

void digest_of(struct digest *out, struct bytes a, struct bytes b, struct bytes c)
{
    struct running r;
    running_begin(&r);
    add(&r.context, a);
    add(&r.context, b);
    add(&r.context, c);
    end(&r.context, out);
}

struct running *running_new(void)
{
    struct running *r = calloc(1, sizeof *r);
    if (r == NULL) WRONG("out of memory");
    running_begin(r);
    return r;
}

void running_free(struct running *r)
{
    free(r);
}

void running_begin(struct running *r)
{
    if (SHA256_Init(&r->context) != 1) WRONG("SHA-256 cannot begin");
}

void running_add(struct running *r, struct bytes piece)
{
    add(&r->context, piece);
}

void running_end(struct running *r, struct digest *out)
{
    end(&r->context, out);
}

void leaf_of(struct digest *out, struct bytes record)
{
    static const uint8_t zero[1] = {0};
    digest_of(out, (struct bytes){zero, 1}, record, (struct bytes){0});
}

void node_of(struct digest *out, const struct digest *left, const struct digest *right)
{
    uint8_t both[65] = {1};
    memcpy(both + 1, left->bytes, 32);
    memcpy(both + 33, right->bytes, 32);
    digest_of(out, (struct bytes){both, sizeof both}, (struct bytes){0}, (struct bytes){0});
}

/* An array of digests is one of their bytes. */
static uint8_t (*bytes_of(struct digest *digests))[SHA256_BYTES]
{
    return &digests->bytes;
}

static_assert(sizeof(SHA_LONG) == sizeof(uint32_t), "the words of a state have 32 bits");

void leaves_of(struct digest *out, const struct bytes *records, size_t count, struct running *beside,
               struct bytes piece)
{
    SHA256_CTX *c = &beside->context;
    size_t blocks = c->num == 0 ? piece.len / SHA256_CBLOCK : 0, bytes = blocks * SHA256_CBLOCK;
    sha256_each_beside(bytes_of(out), records, count, 0, c->h, piece.ptr, blocks);
    uint64_t bits = ((uint64_t)c->Nh << 32 | c->Nl) + (uint64_t)bytes * 8;
    c->Nh = (SHA_LONG)(bits >> 32);
    c->Nl = (SHA_LONG)bits;
    add(c, (struct bytes){piece.ptr + bytes, piece.len - bytes});
}

/* ---- roots ---- */

void range_add(struct range *r, const struct digest *root)
{
    struct digest merged = *root;
    size_t peaks = (size_t)__builtin_popcountll(r->count);
    for (uint64_t count = r->count; (count & 1) != 0; count >>= 1)
        node_of(&merged, &r->peaks[--peaks], &merged);
    r->peaks[peaks] = merged;
    r->count++;
}

void range_root(struct digest *out, const struct range *r, const struct digest *tail)
{
    size_t peaks = (size_t)__builtin_popcountll(r->count);
    struct digest root = {{0}};
    if (tail != NULL)
        root = *tail;
    else if (peaks > 0)
        root = r->peaks[--peaks];
    else
        digest_of(&root, (struct bytes){0}, (struct bytes){0}, (struct bytes){0});
    while (peaks > 0) node_of(&root, &r->peaks[--peaks], &root);
    *out = root;
}

enum { LEVEL_MAX = 256 };

/* Level by level, each node in the place of the left one below it; one without a right neighbour goes up as
 * it is. */
static void root_of_few(struct digest *out, const struct digest *hashes, size_t count)
{
    struct digest level[LEVEL_MAX];
    struct bytes pairs[LEVEL_MAX / 2];
    memcpy(level, hashes, count * sizeof *hashes);
    while (count > 1) {
        size_t nodes = count / 2;
        for (size_t i = 0; i < nodes; i++) pairs[i] = (struct bytes){level[2 * i].bytes, 2 * sizeof *level};
        sha256_each(bytes_of(level), pairs, nodes, 1);
        if (count % 2 != 0) level[nodes] = level[count - 1];
        count -= nodes;
    }
    *out = level[0];
}

void root_of(struct digest *out, const struct digest *hashes, size_t count)
{
    struct range r = {.count = 0};
    struct digest root = {{0}};
    for (; count > LEVEL_MAX; count -= LEVEL_MAX, hashes += LEVEL_MAX) {
        root_of_few(&root, hashes, LEVEL_MAX);
        range_add(&r, &root);
    }
    root_of_few(&root, hashes, count);
    if (count == LEVEL_MAX) range_add(&r, &root);
    range_root(out, &r, count == LEVEL_MAX ? NULL : &root);
}

/* ---- proofs, with the names that the RFC has ---- */

static void up(uint64_t *fn, uint64_t *sn)
{
    *fn >>= 1;
    *sn >>= 1;
}

static bool is_right_child(uint64_t fn, uint64_t sn)
{
    return (fn & 1) != 0 || fn == sn;
}

static void skip_to_set_bit(uint64_t *fn, uint64_t *sn)
{
    while ((*fn & 1) == 0 && *fn != 0) up(fn, sn);
}

bool path_includes(const struct path *p, uint64_t index, const struct digest *leaf, uint64_t size,
                   const struct digest *root)
{
    if (index >= size) return false;
    uint64_t fn = index, sn = size - 1;
    struct digest r = *leaf;
    for (size_t i = 0; i < p->count; i++) {
        if (sn == 0) return false;
        if (is_right_child(fn, sn)) {
            node_of(&r, &p->hashes[i], &r);
            skip_to_set_bit(&fn, &sn);
        } else {
            node_of(&r, &r, &p->hashes[i]);
        }
        up(&fn, &sn);
    }
    return sn == 0 && digest_equal(&r, root);
}

bool path_extends(const struct path *p, uint64_t old_size, const struct digest *old_root, uint64_t size,
                  const struct digest *root)
{
    if (old_size == 0 || old_size > size) return false;
    if (old_size == size) return p->count == 0 && digest_equal(old_root, root);
    bool is_perfect = (old_size & (old_size - 1)) == 0;
    if (p->count == 0) return false;
    uint64_t fn = old_size - 1, sn = size - 1;
    while ((fn & 1) != 0) up(&fn, &sn);
    struct digest fr = is_perfect ? *old_root : p->hashes[0], sr = fr;
    for (size_t i = is_perfect ? 0 : 1; i < p->count; i++) {
        if (sn == 0) return false;
        if (is_right_child(fn, sn)) {
            node_of(&fr, &p->hashes[i], &fr);
            node_of(&sr, &p->hashes[i], &sr);
            skip_to_set_bit(&fn, &sn);
        } else {
            node_of(&sr, &sr, &p->hashes[i]);
        }
        up(&fn, &sn);
    }
    return sn == 0 && digest_equal(&fr, old_root) && digest_equal(&sr, root);
}
