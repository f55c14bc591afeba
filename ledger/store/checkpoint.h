/* SPDX-License-Identifier: MIT */
/* checkpoint.h - what a ledger says of itself to people outside: its name, how many records it has, and their
 * root, as a signed note (c2sp.org/tlog-checkpoint); and proofs that lead to one: that a record is among them
 * (c2sp.org/tlog-proof), and that an older ledger is the beginning of it (the body by which
 * c2sp.org/tlog-witness asks a witness to sign). All of it is text in and values out: no ledger, no file, no
 * secret. */
#ifndef DAYBOOK_LEDGER_STORE_CHECKPOINT_H
#define DAYBOOK_LEDGER_STORE_CHECKPOINT_H

#include "ledger/store/note.h"
#include "ledger/store/proof.h"

struct checkpoint {
    struct str origin;
    uint64_t size;
    struct hash root;
};
/* Three lines: what is signed. */
struct str checkpoint_text(struct arena *a, const struct checkpoint *c);
/* Opens a note and reads it. Who signs is the ledger itself: the key's name is its origin. ERR_INVALID: this
 * is no checkpoint. ERR_TAMPERED: the key did not sign it. */
enum err checkpoint_open(struct checkpoint *out, struct str note, const struct note_key *k, struct arena *a,
                         struct error *e) MUST_USE;
/* The same with no signature checked. */
enum err checkpoint_read(struct checkpoint *out, struct str note, struct arena *a, struct error *e) MUST_USE;

/* A proof as text, with the note that it leads to. */
struct proof_text {
    enum { PROOF_OF_RECORD, PROOF_OF_GROWTH } kind;
    uint64_t number; /* of the record; or how many records the older ledger has */
    struct merkle_path path;
    struct str note;
};
struct str proof_text(struct arena *a, const struct proof_text *p);
/* ERR_INVALID: it is neither of the two, or not as proof_text writes it. */
enum err proof_text_read(struct proof_text *out, struct str text, struct arena *a, struct error *e) MUST_USE;
/* Does it hold? Of a record by its leaf hash, of growth by the older checkpoint's root. *at is the checkpoint
 * that it leads to. ERR_TAMPERED: its checkpoint is not signed by the key, or it does not lead there.
 * ERR_INVALID: it is of the other kind. */
enum err proof_check_record(struct checkpoint *at, const struct proof_text *p, const struct note_key *k,
                            const struct hash *leaf, struct arena *a, struct error *e) MUST_USE;
enum err proof_check_growth(struct checkpoint *at, const struct proof_text *p, const struct note_key *k,
                            const struct checkpoint *old, struct arena *a, struct error *e) MUST_USE;

/* What the code on a document says: which ledger's which record finalized it. Four lines, and never another
 * way to say the same. */
struct receipt_code {
    struct str origin;
    uint64_t seq;
    struct hash leaf;
};
struct str receipt_code_text(struct arena *a, const struct receipt_code *c);
/* ERR_INVALID: that is not one. */
enum err receipt_code_read(struct receipt_code *out, struct str text, struct arena *a,
                           struct error *e) MUST_USE;

#endif
