/* SPDX-License-Identifier: MIT */
/* hasher.h - SHA-256, and what comes out of it. It stands apart so that a verifier needs nothing else of the
 * store: neither keys nor the log. */
#ifndef DAYBOOK_LEDGER_STORE_HASHER_H
#define DAYBOOK_LEDGER_STORE_HASHER_H

#include "ledger/base.h"

struct hash {
    uint8_t bytes[32];
};
bool hash_equal(const struct hash *a, const struct hash *b);

/* SHA-256. One context a thread. */
struct hasher;
struct hasher *hasher_new(void);
void hasher_free(struct hasher *h);
/* SHA-256 of up to three pieces put together. */
void hasher_digest(struct hasher *h, uint8_t out[32], struct bytes a, struct bytes b, struct bytes c);
/* A running digest, for files and long streams. */
void hasher_begin(struct hasher *h);
void hasher_add(struct hasher *h, struct bytes part);
void hasher_end(struct hasher *h, uint8_t out[32]);

/* HMAC-SHA-256 (RFC 2104) with one key of 32 bytes, whose two halves are hashed once; in locked memory. */
struct keyed_hasher;
struct keyed_hasher *keyed_hasher_new(const uint8_t key[32]);
void keyed_hasher_free(struct keyed_hasher *k); /* wipes; accepts NULL */
void keyed_hasher_mac(const struct keyed_hasher *k, uint8_t out[32], struct bytes a, struct bytes b,
                      struct bytes c);

#endif
