/* SPDX-License-Identifier: MIT */
/* hasher.c - SHA-256. A record costs three hashes of two to six blocks, and OpenSSL's EVP
 * interface adds to each about 75 ns (3.0.19 allocates a context anew for every message), a quarter of the
 * time to verify a chain; so SHA-256 goes through the plain calls, which are the same code below. A failure
 * here means that OpenSSL is not itself: it ends the process. */
#define OPENSSL_API_COMPAT 10100 /* OpenSSL 3.0 marks the plain calls as deprecated */

#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/store/hasher.h"

struct hasher {
    SHA256_CTX context;
};

bool hash_equal(const struct hash *a, const struct hash *b)
{
    return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

struct hasher *hasher_new(void)
{
    struct hasher *h = calloc(1, sizeof *h);
    if (h == NULL) WRONG("out of memory");
    hasher_begin(h);
    return h;
}

void hasher_free(struct hasher *h)
{
    free(h);
}

void hasher_begin(struct hasher *h)
{
    if (SHA256_Init(&h->context) != 1) WRONG("SHA-256 cannot begin");
}

void hasher_add(struct hasher *h, struct bytes part)
{
    if (part.len == 0) return;
    if (SHA256_Update(&h->context, part.ptr, part.len) != 1) WRONG("SHA-256 cannot go on");
}

void hasher_end(struct hasher *h, uint8_t out[32])
{
    if (SHA256_Final(out, &h->context) != 1) WRONG("SHA-256 cannot end");
}

void hasher_digest(struct hasher *h, uint8_t out[32], struct bytes a, struct bytes b, struct bytes c)
{
    hasher_begin(h);
    hasher_add(h, a);
    hasher_add(h, b);
    hasher_add(h, c);
    hasher_end(h, out);
}

/* ---- with a key ---- */

enum { BLOCK_BYTES = 64 };

struct keyed_hasher {
    struct hasher inner, outer; /* behind their first block */
};

static void begin_with(struct hasher *h, const uint8_t key[32], uint8_t pad)
{
    uint8_t *block = locked_new(BLOCK_BYTES);
    memset(block, pad, BLOCK_BYTES);
    for (size_t i = 0; i < 32; i++) block[i] ^= key[i];
    hasher_begin(h);
    hasher_add(h, (struct bytes){block, BLOCK_BYTES});
    locked_free(block, BLOCK_BYTES);
}

struct keyed_hasher *keyed_hasher_new(const uint8_t key[32])
{
    struct keyed_hasher *k = locked_new(sizeof *k);
    begin_with(&k->inner, key, 0x36);
    begin_with(&k->outer, key, 0x5c);
    return k;
}

void keyed_hasher_free(struct keyed_hasher *k)
{
    locked_free(k, sizeof *k);
}

void keyed_hasher_mac(const struct keyed_hasher *k, uint8_t out[32], struct bytes a, struct bytes b,
                      struct bytes c)
{
    struct hasher h = k->inner;
    hasher_add(&h, a);
    hasher_add(&h, b);
    hasher_add(&h, c);
    hasher_end(&h, out);
    h = k->outer;
    hasher_add(&h, (struct bytes){out, 32});
    hasher_end(&h, out);
}
