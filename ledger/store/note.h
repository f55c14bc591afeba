/* SPDX-License-Identifier: MIT */
/* note.h - signed notes (c2sp.org/signed-note): a text, an empty line, and lines that say who signed the
 * text. Only Ed25519 signatures are made and checked; those of other keys are passed over, as the format
 * wants. Checking takes nothing but the note and a public key from somewhere else: never one that comes with
 * it. */
#ifndef DAYBOOK_LEDGER_STORE_NOTE_H
#define DAYBOOK_LEDGER_STORE_NOTE_H

#include "ledger/store/hasher.h"

enum { NOTE_ID_BYTES = 4, NOTE_PUBLIC_BYTES = 32, NOTE_SIGNATURE_BYTES = 64 };

/* Who signs. */
struct note_key {
    struct str name;
    uint8_t id[NOTE_ID_BYTES]; /* the start of SHA-256(name ‖ "\n" ‖ 0x01 ‖ public) */
    uint8_t public[NOTE_PUBLIC_BYTES];
};
/* ERR_INVALID: the name is empty, too long, or has a space or a plus in it. */
enum err note_key_of(struct note_key *out, struct str name, const uint8_t public[NOTE_PUBLIC_BYTES],
                     struct error *e) MUST_USE;
/* "name+id+key": the id as hexadecimal digits, the key as base64 of 0x01 and the public key. */
struct str note_key_text(struct arena *a, const struct note_key *k);
/* The same read, with or without a line end. The name stays where the text is. */
enum err note_key_parse(struct note_key *out, struct str text, struct arena *a, struct error *e) MUST_USE;

/* The signed text, its line end included. ERR_INVALID: this is no note. ERR_TAMPERED: the key did not sign
 * it, or something else. */
enum err note_open(struct str *text, struct str note, const struct note_key *k, struct arena *a,
                   struct error *e) MUST_USE;
/* The same with nobody's signature checked: what it says is only a claim. */
enum err note_split(struct str *text, struct str note, struct arena *a, struct error *e) MUST_USE;
/* The note of a text that ends with a line end and has no empty last line. */
struct str note_text(struct arena *a, struct str text, const struct note_key *k,
                     const uint8_t signature[NOTE_SIGNATURE_BYTES]);
/* The same note with one more signature below. */
struct str note_add(struct arena *a, struct str note, const struct note_key *k,
                    const uint8_t signature[NOTE_SIGNATURE_BYTES]);

#endif
