/* SPDX-License-Identifier: MIT */
/* note.h - signed notes, checkpoints and proofs (FORMAT.md section 10). A key that came with what it signed
 * proves nothing: which keys are trusted is for the caller to say. */
#ifndef DAYBOOK_BILLING_VERIFY_NOTE_H
#define DAYBOOK_BILLING_VERIFY_NOTE_H

#include "billing/verify/hash.h"

enum { KEYS_MAX = 64, KEY_BYTES = 32, SIGNATURE_BYTES = 64 };
struct key {
    struct str name;
    uint8_t id[4], public[KEY_BYTES];
};
struct keys {
    struct key of[KEYS_MAX];
    size_t count;
};
/* Lines of `NAME+ID+KEY`. The names stay where the text is. ERR_INVALID: another line, or none. */
enum err keys_read(struct keys *out, struct str text, struct arena *a, struct error *e) MUST_USE;
/* Is this the Ed25519 signature of the message by the key? */
bool key_signed(const uint8_t public[KEY_BYTES], const uint8_t signature[SIGNATURE_BYTES],
                struct bytes message);

/* An origin is that of the ledger and, behind the first generation, '/' and which one it is. */
struct str origin_ledger(struct str origin);
uint64_t origin_generation(struct str origin);
bool keys_have(const struct keys *keys, struct str name);

struct checkpoint {
    struct str origin;
    uint64_t size;
    struct digest root;
    struct str text;      /* what is signed */
    const struct key *by; /* the first of the keys that signed it; NULL: none was asked */
};
/* keys NULL: no signature is looked at, and what it says is a claim. Else one of the keys that have the
 * checkpoint's origin as name must have signed it, and no line in the name of one may be false. ERR_INVALID:
 * this is no checkpoint. ERR_TAMPERED: it is not signed; with the reason SIGNED_BY_OTHERS if no line is in
 * the name of one of the keys. */
#define SIGNED_BY_OTHERS "signed_by_others"
enum err checkpoint_read(struct checkpoint *out, struct str note, const struct keys *keys, struct arena *a,
                         struct error *e) MUST_USE;

/* A note by which a key names the one that follows it, from a file named by the new key's id. The new key is
 * added to `keys` if one of them signed that; not if none did, or it is among them. ERR_TAMPERED: it is no
 * such note, or has a false signature, or the new key has not signed it. */
enum err successor_read(struct keys *keys, struct str note, struct str id, struct arena *a,
                        struct error *e) MUST_USE;

struct proof {
    bool is_growth;
    uint64_t number; /* of the record; or how many records the older checkpoint has */
    struct path path;
    struct str note;
};
bool is_proof(struct str text);
enum err proof_read(struct proof *out, struct str text, struct arena *a, struct error *e) MUST_USE;

/* Text up to the next line end, which is taken off too. False: there is none. */
bool line_take(struct str *out, struct str *from);
/* Decimal digits without a zero in front. */
bool number_read(uint64_t *out, struct str digits);
bool digest_read(struct digest *out, struct str base64, struct arena *a);

#endif
