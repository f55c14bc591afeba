/* SPDX-License-Identifier: MIT */
/* checkpoint_key.h - the secret by which a ledger signs its checkpoints, an Ed25519 key of its own: whoever
 * has it can speak for the ledger, but read nothing of it; whoever has the master key cannot sign. */
#ifndef DAYBOOK_LEDGER_STORE_CHECKPOINT_KEY_H
#define DAYBOOK_LEDGER_STORE_CHECKPOINT_KEY_H

#include "ledger/store/checkpoint.h"
#include "ledger/store/key_file.h"

struct checkpoint_key;

/* Makes a key for the ledger of that origin: PATH, of mode 0600, and PATH.pub, which is for everybody.
 * ERR_REFUSED: one of the two is there already. */
enum err checkpoint_key_create(const char *path, struct str origin, struct world w, struct arena *a,
                               struct error *e) MUST_USE;
/* ERR_NOT_FOUND: there is none. ERR_INVALID: others may read it, or it is no such key. */
enum err checkpoint_key_open(struct checkpoint_key **out, const char *path, struct error *e) MUST_USE;
/* The same of a file that may be protected by a passphrase, which `from` gives. */
enum err checkpoint_key_open_by(struct checkpoint_key **out, const char *path,
                                const struct passphrase_source *from, struct error *e) MUST_USE;
void checkpoint_key_close(struct checkpoint_key *k);                          /* wipes; accepts NULL */
const struct note_key *checkpoint_key_public(const struct checkpoint_key *k); /* lives as long as *k */
/* The signed note, opened again with the public key before it is handed out. ERR_INVALID: the key is of
 * another ledger. */
enum err checkpoint_key_sign(struct str *note, const struct checkpoint_key *k, const struct checkpoint *c,
                             struct arena *a, struct error *e) MUST_USE;
/* The note of any text, signed by all of them and opened again by each. */
enum err checkpoint_keys_sign(struct str *note, const struct checkpoint_key *const *keys, size_t count,
                              struct str text, struct arena *a, struct error *e) MUST_USE;
/* Puts one more signature below a note. */
enum err checkpoint_key_add(struct str *note, const struct checkpoint_key *k, struct arena *a,
                            struct error *e) MUST_USE;

/* The signature of bytes that are no checkpoint and cannot be taken for one (signed_file.h). */
enum err checkpoint_key_sign_bytes(uint8_t signature[NOTE_SIGNATURE_BYTES], const struct checkpoint_key *k,
                                   struct bytes b, struct error *e) MUST_USE;

/* ---- witnesses ---- */

/* The key of a witness, of the same form; by its type neither is taken for the other. Whoever signs by it
 * says at what time he saw that a ledger goes on from what he saw before. */
enum err witness_key_create(const char *path, struct str name, struct world w, struct arena *a,
                            struct error *e) MUST_USE;
enum err witness_key_open(struct checkpoint_key **out, const char *path, struct error *e) MUST_USE;
enum err witness_key_open_by(struct checkpoint_key **out, const char *path,
                             const struct passphrase_source *from, struct error *e) MUST_USE;
/* The line that goes under a note whose text this is. ERR_STORAGE: OpenSSL failed. */
enum err witness_key_sign(struct str *line, const struct checkpoint_key *k, struct str text, uint64_t seconds,
                          struct arena *a, struct error *e) MUST_USE;

#endif
