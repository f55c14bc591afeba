/* SPDX-License-Identifier: MIT */
/* keys.h - the master key and everything derived from it. Keys live in one locked, wiped allocation and never
 * appear in an error, a log line or a core file (the programs call keys_harden_process first).
 *
 *   master (32 bytes, from a file outside the data directory)
 *    ├ epoch e:   PRK = HKDF-Extract(salt = 32 random bytes of the EPOCH record, master)
 *    │            data key = Expand(PRK, "daybook/v1/data" ‖ origin ‖ be32(e))    AES-256-GCM of records
 *    │            check    = Expand(PRK, "daybook/v1/check" ‖ origin ‖ be32(e))   stands in clear in the
 * record ├ keys key:  HKDF(no salt, "daybook/v1/keys" ‖ origin)        seals the master key that this one
 * replaced ├ views key: HKDF(salt = 32 random bytes kept in the views' meta, "daybook/v1/views" ‖ origin) └
 * index key: HKDF(salt = origin, "daybook/v1/index")          HMACs of ids that stand in the views' keys
 * HKDF-SHA-256 is RFC 5869. */
#ifndef DAYBOOK_LEDGER_STORE_KEYS_H
#define DAYBOOK_LEDGER_STORE_KEYS_H

#include "ledger/store/key_file.h"
#include "ledger/store/schema.h"

enum { KEY_BYTES = 32, NONCE_BYTES = 12, TAG_BYTES = 16, KEY_NAME_BYTES = 8 };
enum { WRAPPED_KEY_BYTES = KEY_BYTES + TAG_BYTES };

struct master_key; /* opaque, locked in memory */

/* The key file (key_file.h) holds 64 hexadecimal digits and a newline (or exactly 32 raw bytes). It must not
 * be readable by others (mode 0600 or 0400; ERR_INVALID otherwise) and not lie inside `dir`. With `create`, a
 * missing one is made, in clear. `from` gives the passphrase of one that is protected; NULL: nobody does. */
enum err master_key_open(struct master_key **out, const char *path, const char *dir, bool create,
                         const struct passphrase_source *from, struct world w, struct error *e) MUST_USE;
/* Makes one of world randomness, protected if `by` is not NULL. OK when there is one already. */
enum err master_key_make(const char *path, const struct passphrase_source *by, struct world w,
                         struct error *e) MUST_USE;
/* Runs a command with /bin/sh and takes its output as the key file's content. */
enum err master_key_from_command(struct master_key **out, const char *command,
                                 const struct passphrase_source *from, struct error *e) MUST_USE;
enum err master_key_from_bytes(struct master_key **out, const uint8_t key[KEY_BYTES],
                               struct error *e) MUST_USE;
void master_key_close(struct master_key *k); /* wipes; accepts NULL */
/* Eight bytes that name the key without telling it: the start of HKDF(master, "daybook/v1/name"). */
void master_key_name(uint8_t out[KEY_NAME_BYTES], const struct master_key *k);
enum err master_key_copy(struct master_key **out, const struct master_key *k, struct error *e) MUST_USE;

/* One master key sealed under HKDF(another, no salt, info), with AES-256-GCM. */
enum err master_key_wrap(uint8_t out[WRAPPED_KEY_BYTES], const struct master_key *k,
                         const struct master_key *under, struct bytes info, const uint8_t nonce[NONCE_BYTES],
                         struct bytes aad, struct error *e) MUST_USE;
/* And back. ERR_TAMPERED: it does not open, or what it opens has another name. */
enum err master_key_unwrap(struct master_key **out, const struct master_key *under,
                           const uint8_t name[KEY_NAME_BYTES], struct bytes info,
                           const uint8_t nonce[NONCE_BYTES], struct bytes aad, struct bytes sealed,
                           struct error *e) MUST_USE;

void keys_harden_process(void); /* no core files, not traceable by others, umask 077 */

/* HKDF-SHA-256 (RFC 5869), extract and expand in one; salt and info of at most 256 bytes each. */
enum err key_derive(uint8_t *out, size_t out_len, struct bytes secret, struct bytes salt, struct bytes info,
                    struct error *e) MUST_USE;
/* The same of the master key. */
enum err master_key_derive(uint8_t out[KEY_BYTES], const struct master_key *k, struct bytes salt,
                           struct bytes info, struct error *e) MUST_USE;

/* Random bytes drawn from the world in bulk. */
struct nonce_pool {
    struct world world;
    uint8_t bytes[4096];
    size_t left;
};
void nonce_pool_take(struct nonce_pool *p, uint8_t *to, size_t len);

/* AES-256-GCM with one key and reused, once-fetched OpenSSL objects. Not for two threads at once. */
struct sealer;
enum err sealer_new(struct sealer **out, const uint8_t key[KEY_BYTES], struct error *e) MUST_USE;
/* Of a key derived from a master key, which is nowhere else. */
enum err master_key_sealer(struct sealer **out, const struct master_key *k, struct bytes salt,
                           struct bytes info, struct error *e) MUST_USE;
/* Another key from now on: cheaper than another sealer. */
enum err sealer_rekey(struct sealer *s, const uint8_t key[KEY_BYTES], struct error *e) MUST_USE;
void sealer_free(struct sealer *s); /* wipes; accepts NULL */
/* A nonce for one message: the start of HMAC-SHA-256(a key of the sealer's, random ‖ both parts), the parts
 * being what is sealed and authenticated, or what commits to it. Two messages get the same one only if all of
 * that is the same, so even randomness that repeats (a machine that was cloned, a generator that is broken)
 * seals nothing else under a (key, nonce) pair that was used. With good randomness it is a random number of
 * 96 bits: among the 2^24 records of an epoch two are the same with a chance of 2^47 / 2^96, one in 10^14. */
void sealer_nonce(const struct sealer *s, uint8_t nonce[NONCE_BYTES], struct nonce_pool *pool,
                  struct bytes part, struct bytes other);
/* cipher has room for plain.len + TAG_BYTES; it is either plain's own memory (in place) or does not overlap
 * it. */
enum err sealer_seal(struct sealer *s, uint8_t *cipher, const uint8_t nonce[NONCE_BYTES], struct bytes aad,
                     struct bytes plain, struct error *e) MUST_USE;
/* plain has room for cipher.len - TAG_BYTES. ERR_TAMPERED when the tag does not fit; plain is then zeroed.
 * Overlap as above. */
enum err sealer_open(struct sealer *s, uint8_t *plain, const uint8_t nonce[NONCE_BYTES], struct bytes aad,
                     struct bytes cipher, struct error *e) MUST_USE;

/* HMAC-SHA-256 under the ledger's index key, truncated to 16 bytes: how a customer's id stands in a view's
 * key. `domain` keeps kinds of ids apart. */
struct indexer;
enum err indexer_new(struct indexer **out, const uint8_t key[KEY_BYTES], struct error *e) MUST_USE;
void indexer_free(struct indexer *x);
void indexer_mac(struct indexer *x, uint8_t out[16], uint8_t domain, struct str text);

#endif
