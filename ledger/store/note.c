/* SPDX-License-Identifier: MIT */
/* note.c - see note.h. Whatever stands in a note has one place only: a line that is not understood makes it
 * no note. */
#include "ledger/store/note.h"

#include <openssl/evp.h>
#include <string.h>

enum { ED25519 = 1 }; /* the signature type's number */
static const char dash[] = "\xe2\x80\x94 ";

/* ---- keys ---- */

static bool is_name(struct str name)
{
    return name.len > 0 && name.len <= LIMIT_KEY_NAME_BYTES && text_is_printable(name) &&
           memchr(name.ptr, ' ', name.len) == NULL && memchr(name.ptr, '+', name.len) == NULL;
}

static void typed_key(uint8_t to[1 + NOTE_PUBLIC_BYTES], const uint8_t public[NOTE_PUBLIC_BYTES])
{
    to[0] = ED25519;
    memcpy(to + 1, public, NOTE_PUBLIC_BYTES);
}

enum err note_key_of(struct note_key *out, struct str name, const uint8_t public[NOTE_PUBLIC_BYTES],
                     struct error *e)
{
    uint8_t key[1 + NOTE_PUBLIC_BYTES], digest[32];
    if (!is_name(name)) return fail(e, ERR_INVALID, "its name is not one of a key that signs notes");
    *out = (struct note_key){.name = name};
    memcpy(out->public, public, NOTE_PUBLIC_BYTES);
    typed_key(key, public);
    struct hasher *h = hasher_new();
    hasher_digest(h, digest, str_bytes(name), str_bytes(STR("\n")), (struct bytes){key, sizeof key});
    hasher_free(h);
    memcpy(out->id, digest, NOTE_ID_BYTES);
    return OK;
}

struct str note_key_text(struct arena *a, const struct note_key *k)
{
    uint8_t key[1 + NOTE_PUBLIC_BYTES];
    typed_key(key, k->public);
    return str_format(a, "%.*s+%.*s+%.*s", STR_ARG(k->name), STR_ARG(hex_text(a, k->id, NOTE_ID_BYTES)),
                      STR_ARG(base64_text(a, (struct bytes){key, sizeof key})));
}

/* What stands before `mark`, which is taken off too. */
static bool take_until(struct str *out, struct str *from, char mark)
{
    const char *at = from->len == 0 ? NULL : memchr(from->ptr, mark, from->len);
    if (at == NULL) return false;
    size_t len = (size_t)(at - from->ptr);
    *out = (struct str){from->ptr, len};
    *from = (struct str){at + 1, from->len - len - 1};
    return true;
}

enum err note_key_parse(struct note_key *out, struct str text, struct arena *a, struct error *e)
{
    struct str name = STR_NONE, digits = STR_NONE, line = STR_NONE;
    struct bytes key = {0};
    uint8_t id[NOTE_ID_BYTES];
    if (take_until(&line, &text, '\n') && text.len == 0) text = line;
    if (!take_until(&name, &text, '+') || !take_until(&digits, &text, '+'))
        return fail(e, ERR_INVALID, "it is not of the form NAME+ID+KEY");
    if (hex_decode(id, sizeof id, digits, e) != OK) return wrap(e, "its id");
    if (base64_decode(&key, text, a, e) != OK) return wrap(e, "its key");
    if (key.len != 1 + NOTE_PUBLIC_BYTES || key.ptr[0] != ED25519)
        return fail(e, ERR_INVALID, "its key is not one of Ed25519");
    enum err err = note_key_of(out, name, key.ptr + 1, e);
    if (err != OK || memcmp(id, out->id, sizeof id) == 0) return err;
    return fail(e, ERR_INVALID, "its id is not that of its name and key");
}

/* ---- notes ---- */

/* Text and signature lines: the last empty line is between them. */
static bool split(struct str *text, struct str *lines, struct str note)
{
    for (size_t i = note.len; i >= 2; i--) {
        if (note.ptr[i - 1] != '\n' || note.ptr[i - 2] != '\n') continue;
        *text = (struct str){note.ptr, i - 1};
        *lines = (struct str){note.ptr + i, note.len - i};
        return text->len > 1 && lines->len > 0;
    }
    return false;
}

static bool is_note_text(struct str note)
{
    for (size_t i = 0; i < note.len; i++)
        if ((uint8_t)note.ptr[i] < ' ' && note.ptr[i] != '\n') return false;
    return text_is_utf8(note);
}

struct signature {
    struct str name;
    struct bytes bytes; /* id and signature */
};

static bool take_signature(struct signature *out, struct str *lines, struct arena *a)
{
    struct error unused = {0};
    struct str line = STR_NONE;
    if (!take_until(&line, lines, '\n') || !str_starts(line, dash)) return false;
    line.ptr += sizeof dash - 1;
    line.len -= sizeof dash - 1;
    return take_until(&out->name, &line, ' ') && is_name(out->name) &&
           base64_decode(&out->bytes, line, a, &unused) == OK && out->bytes.len > NOTE_ID_BYTES;
}

static bool signed_it(struct bytes signature, struct str text, const struct note_key *k)
{
    struct bytes raw = {signature.ptr + NOTE_ID_BYTES, signature.len - NOTE_ID_BYTES};
    EVP_PKEY *key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, k->public, NOTE_PUBLIC_BYTES);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool fine = key != NULL && context != NULL && raw.len == NOTE_SIGNATURE_BYTES &&
                EVP_DigestVerifyInit(context, NULL, NULL, NULL, key) == 1 &&
                EVP_DigestVerify(context, raw.ptr, raw.len, str_bytes(text).ptr, text.len) == 1;
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(key);
    return fine;
}

static bool is_of(const struct signature *s, const struct note_key *k)
{
    return str_equal(s->name, k->name) && memcmp(s->bytes.ptr, k->id, NOTE_ID_BYTES) == 0;
}

/* k NULL: nobody's signature is looked for. */
static enum err open_note(struct str *text, struct str note, const struct note_key *k, struct arena *a,
                          struct error *e)
{
    struct str lines = STR_NONE;
    bool found = k == NULL;
    if (note.len > LIMIT_NOTE_BYTES) return fail(e, ERR_LIMIT, "it has more than %d bytes", LIMIT_NOTE_BYTES);
    if (!is_note_text(note) || !split(text, &lines, note))
        return fail(e, ERR_INVALID, "it is not a signed note");
    for (size_t count = 1; lines.len > 0; count++) {
        struct signature s = {STR_NONE, {0}};
        if (!take_signature(&s, &lines, a))
            return fail(e, ERR_INVALID, "its signature %zu is not well-formed", count);
        if (count > LIMIT_NOTE_SIGNATURES)
            return fail(e, ERR_LIMIT, "it has more than %d signatures", LIMIT_NOTE_SIGNATURES);
        if (k == NULL || !is_of(&s, k)) continue;
        if (!signed_it(s.bytes, *text, k))
            return fail(e, ERR_TAMPERED, "the signature of '%.*s' is of another text", STR_ARG(k->name));
        found = true;
    }
    return found ? OK : fail(e, ERR_TAMPERED, "'%.*s' did not sign it with this key", STR_ARG(k->name));
}

enum err note_open(struct str *text, struct str note, const struct note_key *k, struct arena *a,
                   struct error *e)
{
    return open_note(text, note, k, a, e);
}

enum err note_split(struct str *text, struct str note, struct arena *a, struct error *e)
{
    return open_note(text, note, NULL, a, e);
}

struct str note_add(struct arena *a, struct str note, const struct note_key *k,
                    const uint8_t signature[NOTE_SIGNATURE_BYTES])
{
    uint8_t bytes[NOTE_ID_BYTES + NOTE_SIGNATURE_BYTES];
    memcpy(bytes, k->id, NOTE_ID_BYTES);
    memcpy(bytes + NOTE_ID_BYTES, signature, NOTE_SIGNATURE_BYTES);
    return str_format(a, "%.*s%s%.*s %.*s\n", STR_ARG(note), dash, STR_ARG(k->name),
                      STR_ARG(base64_text(a, (struct bytes){bytes, sizeof bytes})));
}

struct str note_text(struct arena *a, struct str text, const struct note_key *k,
                     const uint8_t signature[NOTE_SIGNATURE_BYTES])
{
    return note_add(a, str_format(a, "%.*s\n", STR_ARG(text)), k, signature);
}
