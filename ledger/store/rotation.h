/* SPDX-License-Identifier: MIT */
/* rotation.h - how one who trusts a ledger's checkpoint key learns the next one: a note in which the key
 * names it, signed by both, so that nobody can name a key that is not his. Text in, values out. */
#ifndef DAYBOOK_LEDGER_STORE_ROTATION_H
#define DAYBOOK_LEDGER_STORE_ROTATION_H

#include "ledger/store/note.h"

struct key_rotation {
    uint64_t size; /* how many records the ledger had */
    struct note_key next;
};
/* What is signed: four lines, of which the first tells it from a checkpoint. */
struct str rotation_text(struct arena *a, const struct key_rotation *r);
bool rotation_is_one(struct str note);
/* ERR_INVALID: this is no such note. ERR_TAMPERED: the old key or the next one did not sign it, or the next
 * one is of another ledger. */
enum err rotation_open(struct key_rotation *out, struct str note, const struct note_key *old, struct arena *a,
                       struct error *e) MUST_USE;

#endif
