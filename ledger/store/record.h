/* SPDX-License-Identifier: MIT */
/* record.h - one entry of the log, byte for byte as ledger/FORMAT.md describes it (version 1). All integers
 * big-endian.
 *
 *   off size field
 *     0    4 magic "DBKR"
 *     4    1 version (1)
 *     5    1 class (enum record_class)
 *     6    2 zero
 *     8    8 seq, 0 for the first record = index of its Merkle leaf
 *    16    8 time, microseconds since 1970-01-01T00:00:00Z, greater than the record's before
 *    24    4 key epoch (0 for records in clear)
 *    28    4 body length
 *    32   32 prev: the leaf hash of the record before; for seq 0 SHA-256("daybook/v1/genesis" ‖ body)
 *    64   32 commit: SHA-256("daybook/v1/commit" ‖ salt ‖ plaintext); zero for records in clear
 *    96   12 nonce; zero for records in clear
 *   108    n body: sealed: AES-256-GCM(salt 16 ‖ plaintext) ‖ tag 16, AAD = bytes 0..107; in clear: the bytes
 * themselves
 *
 * The leaf hash is RFC 6962's: SHA-256(0x00 ‖ the whole record). */
#ifndef DAYBOOK_LEDGER_STORE_RECORD_H
#define DAYBOOK_LEDGER_STORE_RECORD_H

#include "ledger/store/keys.h"
#include "ledger/store/merkle.h"

enum {
    RECORD_HEADER_BYTES = 108,
    RECORD_SALT_BYTES = 16,
    RECORD_OVERHEAD_BYTES = 108 + 16 + 16,
    RECORD_VERSION = 1
};

enum record_class {
    RECORD_GENESIS = 1, /* clear: msgpack [origin, creator program version, created instant] */
    /* clear: msgpack [epoch, salt (32 bytes), check value (32 bytes), master key name (8 bytes), seq of the
     * EPOCH record before (0 for the first)]: a list that leads from the newest epoch to any older one. */
    RECORD_EPOCH = 2,
    RECORD_EVENTS = 3, /* sealed: msgpack, the envelope of book/envelope.h */
    RECORD_KEYS = 4,   /* reserved: rotation and erasure of keys */
    RECORD_GENERATION =
        5, /* clear: msgpack, struct generation of log.h: a ledger that goes on behind a loss */
};

struct record_header {
    uint64_t seq;
    enum record_class class_;
    struct instant at;
    uint32_t epoch;
    uint32_t body_len;
    struct hash prev, commit;
    uint8_t nonce[NONCE_BYTES];
};

void record_header_put(uint8_t to[RECORD_HEADER_BYTES], const struct record_header *h);
/* Framing only: magic, version, class, zero bytes, lengths, and that a record in clear (epoch 0) has neither
 * commit nor nonce. ERR_TAMPERED says which field is wrong. */
enum err record_header_take(struct record_header *out, struct bytes record, struct error *e) MUST_USE;

/* Writes a whole sealed record to `to` (room for RECORD_OVERHEAD_BYTES + plain.len); h->commit, nonce and
 * body_len are filled in. salt and nonce come from `pool`. */
enum err record_seal(uint8_t *to, struct record_header *h, struct bytes plain, struct sealer *s,
                     struct hasher *hs, struct nonce_pool *pool, struct error *e) MUST_USE;
/* Is this the plaintext, with the salt before it, that the record was sealed of? Needs no key. */
bool record_commits_to(const struct record_header *h, struct bytes salt, struct bytes plain,
                       struct hasher *hs) MUST_USE;
/* Checks tag and commit and gives the plaintext (in `to`, room for body_len). */
enum err record_open(struct bytes *plain, uint8_t *to, const struct record_header *h, struct bytes record,
                     struct sealer *s, struct hasher *hs, struct error *e) MUST_USE;

#endif
