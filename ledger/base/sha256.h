/* SPDX-License-Identifier: MIT */
/* sha256.h - SHA-256 of many messages that do not depend on each other. A processor's SHA instructions wait
 * for their own results half of the time: two messages side by side take hardly longer than one. Where there
 * are no such instructions, OpenSSL hashes one after the other. */
#ifndef DAYBOOK_LEDGER_BASE_SHA256_H
#define DAYBOOK_LEDGER_BASE_SHA256_H

#include "ledger/base/text.h"

enum { SHA256_BYTES = 32 };

/* out[i] = SHA-256(prefix ‖ messages[i]): what leaves and nodes of a tree by RFC 6962 are. An `out` may lie
 * where a message with the same or a greater index lies only if that one has at most 64 bytes and is itself
 * at or behind it: the nodes of a level can take the place of what they are over. */
void sha256_each(uint8_t (*out)[SHA256_BYTES], const struct bytes *messages, size_t count, uint8_t prefix);

/* The same, and beside it `blocks` whole blocks of 64 bytes go into the state of another message: eight words
 * as FIPS 180-4 has them. */
void sha256_each_beside(uint8_t (*out)[SHA256_BYTES], const struct bytes *messages, size_t count,
                        uint8_t prefix, uint32_t state[8], const uint8_t *from, size_t blocks);

/* sha256_each_beside by OpenSSL alone, whatever the processor has: what the tests hold the others against. */
void sha256_plainly(uint8_t (*out)[SHA256_BYTES], const struct bytes *messages, size_t count, uint8_t prefix,
                    uint32_t state[8], const uint8_t *from, size_t blocks);

#endif
