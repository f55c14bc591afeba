/* SPDX-License-Identifier: MIT */
/* note.h - signed notes (c2sp.org/signed-note): a text, an empty line, and lines that say who signed the
 * text. Two kinds of signatures are made and checked: Ed25519 over the text, as logs sign, and cosignatures
 * (c2sp.org/tlog-cosignature), as witnesses sign: the same over a time and the text. Those of other keys are
 * passed over, as the format wants. Checking takes nothing but the note and a public key from somewhere else:
 * never one that comes with it. */
#ifndef DAYBOOK_LEDGER_STORE_NOTE_H
#define DAYBOOK_LEDGER_STORE_NOTE_H

#include "ledger/store/hasher.h"

enum { NOTE_ID_BYTES = 4, NOTE_PUBLIC_BYTES = 32, NOTE_SIGNATURE_BYTES = 64, NOTE_TIME_BYTES = 8 };
/* Kinds of signatures, by the number that the format gives them. */
enum { NOTE_LOG = 1, NOTE_WITNESS = 4 };

/* Who signs. */
struct note_key {
    struct str name;
    uint8_t id[NOTE_ID_BYTES]; /* the start of SHA-256(name ‖ "\n" ‖ type ‖ public) */
    uint8_t public[NOTE_PUBLIC_BYTES];
    uint8_t type;
};
/* ERR_INVALID: the name is empty, too long, or has a space or a plus in it. */
enum err note_key_of(struct note_key *out, struct str name, const uint8_t public[NOTE_PUBLIC_BYTES],
                     struct error *e) MUST_USE;
/* The same of a witness. */
enum err note_witness_of(struct note_key *out, struct str name, const uint8_t public[NOTE_PUBLIC_BYTES],
                         struct error *e) MUST_USE;
/* "name+id+key": the id as hexadecimal digits, the key as base64 of the type and the public key. */
struct str note_key_text(struct arena *a, const struct note_key *k);
/* The same read, with or without a line end: the key of a log, or of a witness. The name stays where the text
 * is. */
enum err note_key_parse(struct note_key *out, struct str text, struct arena *a, struct error *e) MUST_USE;
enum err note_witness_parse(struct note_key *out, struct str text, struct arena *a, struct error *e) MUST_USE;

/* The signed text, its line end included; of a witness's key, which may have signed it several times, each
 * signature must hold. ERR_INVALID: this is no note. ERR_TAMPERED: the key did not sign
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

/* A well-formed note with none but the signatures of that name: what a log signed, without its witnesses. ""
 * when there is none of that name. */
struct str note_signed_by(struct arena *a, struct str note, struct str name);
/* And with all but those; "" when there is no other. */
struct str note_signed_by_others(struct arena *a, struct str note, struct str name);

/* ---- witnesses ---- */

/* What a witness signs: that it saw this text at that time, in seconds since 1970. */
struct str note_witnessed_text(struct arena *a, struct str text, uint64_t seconds);
/* The line of such a signature. */
struct str note_witness_line(struct arena *a, const struct note_key *k, uint64_t seconds,
                             const uint8_t signature[NOTE_SIGNATURE_BYTES]);
/* When a witness signed a note, the newest time where it did so more than once, and that line. As note_open,
 * but ERR_NOT_FOUND where it did not sign at all. */
enum err note_witnessed(uint64_t *seconds, struct str *line, struct str note, const struct note_key *k,
                        struct arena *a, struct error *e) MUST_USE;

#endif
