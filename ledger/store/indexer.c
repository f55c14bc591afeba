/* SPDX-License-Identifier: MIT */
/* indexer.c - HMAC-SHA-256: how ids stand in the views' keys. A failure of it means that OpenSSL is not
 * itself: it ends the process. */
#include <openssl/evp.h>
#include <openssl/params.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/store/keys.h"

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
