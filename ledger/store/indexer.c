/* SPDX-License-Identifier: MIT */
/* indexer.c - HMAC-SHA-256: how ids stand in the views' keys. */
#include <stdlib.h>
#include <string.h>

#include "ledger/store/hasher.h"
#include "ledger/store/keys.h"

struct indexer {
    struct keyed_hasher *hasher;
};

enum err indexer_new(struct indexer **out, const uint8_t key[KEY_BYTES], struct error *e)
{
    struct indexer *x = calloc(1, sizeof *x);
    if (x == NULL) return fail(e, ERR_STORAGE, "there is no memory for an index");
    x->hasher = keyed_hasher_new(key);
    *out = x;
    return OK;
}

void indexer_free(struct indexer *x)
{
    if (x == NULL) return;
    keyed_hasher_free(x->hasher);
    free(x);
}

void indexer_mac(struct indexer *x, uint8_t out[16], uint8_t domain, struct str text)
{
    uint8_t full[32];
    keyed_hasher_mac(x->hasher, full, (struct bytes){&domain, 1}, str_bytes(text), (struct bytes){0});
    memcpy(out, full, 16);
}
