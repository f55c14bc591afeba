/* SPDX-License-Identifier: MIT */
/* hasher.c - SHA-256 and HMAC-SHA-256. A record costs three hashes of two to six blocks, and OpenSSL's EVP
 * interface adds to each about 75 ns (3.0.19 allocates a context anew for every message), a quarter of the
 * time to verify a chain; so SHA-256 goes through the plain calls, which are the same code below. A failure
 * here means that OpenSSL is not itself: it ends the process. */
#define OPENSSL_API_COMPAT 10100 /* OpenSSL 3.0 marks the plain calls as deprecated */

#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/store/keys.h"

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

struct indexer {
    EVP_MAC *mac;
    EVP_MAC_CTX *context;
};

enum err indexer_new(struct indexer **out, const uint8_t key[KEY_BYTES], struct error *e)
{
    struct indexer *x = calloc(1, sizeof *x);
    if (x == NULL) WRONG("out of memory");
    char digest[] = "SHA256";
    OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string("digest", digest, 0), OSSL_PARAM_construct_end()};
    x->mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    x->context = x->mac == NULL ? NULL : EVP_MAC_CTX_new(x->mac);
    if (x->context == NULL || EVP_MAC_init(x->context, key, KEY_BYTES, params) != 1) {
        indexer_free(x);
        return fail(e, ERR_STORAGE, "cannot set up HMAC-SHA-256: the cryptographic library failed");
    }
    *out = x;
    return OK;
}

void indexer_free(struct indexer *x)
{
    if (x == NULL) return;
    EVP_MAC_CTX_free(x->context); /* wipes its key */
    EVP_MAC_free(x->mac);
    free(x);
}

void indexer_mac(struct indexer *x, uint8_t out[16], uint8_t domain, struct str text)
{
    uint8_t full[32];
    size_t len = 0;
    /* Without a key, init keeps the one that is set. */
    bool fine = EVP_MAC_init(x->context, NULL, 0, NULL) == 1;
    fine = fine && EVP_MAC_update(x->context, &domain, 1) == 1;
    if (text.len > 0) fine = fine && EVP_MAC_update(x->context, str_bytes(text).ptr, text.len) == 1;
    fine = fine && EVP_MAC_final(x->context, full, &len, sizeof full) == 1;
    if (!fine || len != sizeof full) WRONG("HMAC-SHA-256 failed");
    memcpy(out, full, 16);
}
