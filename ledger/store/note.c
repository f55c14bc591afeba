/* SPDX-License-Identifier: MIT */
/* note.c - see note.h. Whatever stands in a note has one place only: a line that is not understood makes it
 * no note. */
#include "ledger/store/note.h"

#include <openssl/evp.h>
#include <string.h>

static const char dash[] = "\xe2\x80\x94 ";

/* ---- keys ---- */

static bool is_name(struct str name)
{
    return name.len > 0 && name.len <= LIMIT_KEY_NAME_BYTES && text_is_printable(name) &&
           memchr(name.ptr, ' ', name.len) == NULL && memchr(name.ptr, '+', name.len) == NULL;
}

static void typed_key(uint8_t to[1 + NOTE_PUBLIC_BYTES], const struct note_key *k)
{
    to[0] = k->type;
    memcpy(to + 1, k->public, NOTE_PUBLIC_BYTES);
}

static enum err key_of(struct note_key *out, uint8_t type, struct str name,
                       const uint8_t public[NOTE_PUBLIC_BYTES], struct error *e)
{
    uint8_t key[1 + NOTE_PUBLIC_BYTES], digest[32];
    if (!is_name(name)) return fail(e, ERR_INVALID, "its name is not one of a key that signs notes");
    *out = (struct note_key){.name = name, .type = type};
    memcpy(out->public, public, NOTE_PUBLIC_BYTES);
    typed_key(key, out);
    struct hasher *h = hasher_new();
    hasher_digest(h, digest, str_bytes(name), str_bytes(STR("\n")), (struct bytes){key, sizeof key});
    hasher_free(h);
    memcpy(out->id, digest, NOTE_ID_BYTES);
    return OK;
}

enum err note_key_of(struct note_key *out, struct str name, const uint8_t public[NOTE_PUBLIC_BYTES],
                     struct error *e)
{
    return key_of(out, NOTE_LOG, name, public, e);
}

enum err note_witness_of(struct note_key *out, struct str name, const uint8_t public[NOTE_PUBLIC_BYTES],
                         struct error *e)
{
    return key_of(out, NOTE_WITNESS, name, public, e);
}

struct str note_key_text(struct arena *a, const struct note_key *k)
{
    uint8_t key[1 + NOTE_PUBLIC_BYTES];
    typed_key(key, k);
    return str_format(a, "%.*s+%.*s+%.*s", STR_ARG(k->name), STR_ARG(hex_text(a, k->id, NOTE_ID_BYTES)),
                      STR_ARG(base64_text(a, (struct bytes){key, sizeof key})));
}

static enum err parse_key(struct note_key *out, uint8_t type, struct str text, struct arena *a,
                          struct error *e)
{
    struct str name = STR_NONE, digits = STR_NONE, line = STR_NONE;
    struct bytes key = {0};
    uint8_t id[NOTE_ID_BYTES];
    if (str_take_until(&line, &text, '\n') && text.len == 0) text = line;
    if (!str_take_until(&name, &text, '+') || !str_take_until(&digits, &text, '+'))
        return fail(e, ERR_INVALID, "it is not of the form NAME+ID+KEY");
    if (hex_decode(id, sizeof id, digits, e) != OK) return wrap(e, "its id");
    if (base64_decode(&key, text, a, e) != OK) return wrap(e, "its key");
    if (key.len != 1 + NOTE_PUBLIC_BYTES || key.ptr[0] != type)
        return fail(e, ERR_INVALID, "its key is not one of Ed25519%s",
                    type == NOTE_LOG ? "" : " for the cosignatures of a witness");
    enum err err = key_of(out, type, name, key.ptr + 1, e);
    if (err != OK || memcmp(id, out->id, sizeof id) == 0) return err;
    return fail(e, ERR_INVALID, "its id is not that of its name and key");
}

enum err note_key_parse(struct note_key *out, struct str text, struct arena *a, struct error *e)
{
    return parse_key(out, NOTE_LOG, text, a, e);
}

enum err note_witness_parse(struct note_key *out, struct str text, struct arena *a, struct error *e)
{
    return parse_key(out, NOTE_WITNESS, text, a, e);
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
    struct str line;    /* with its line end */
};

static bool take_signature(struct signature *out, struct str *lines, struct arena *a)
{
    struct error unused = {0};
    struct str line = STR_NONE;
    if (!str_take_until(&line, lines, '\n') || !str_starts(line, dash)) return false;
    out->line = (struct str){line.ptr, line.len + 1};
    line.ptr += sizeof dash - 1;
    line.len -= sizeof dash - 1;
    return str_take_until(&out->name, &line, ' ') && is_name(out->name) &&
           base64_decode(&out->bytes, line, a, &unused) == OK && out->bytes.len > NOTE_ID_BYTES;
}

static bool is_signature(struct bytes raw, struct str text, const struct note_key *k)
{
    EVP_PKEY *key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, k->public, NOTE_PUBLIC_BYTES);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool fine = key != NULL && context != NULL && raw.len == NOTE_SIGNATURE_BYTES &&
                EVP_DigestVerifyInit(context, NULL, NULL, NULL, key) == 1 &&
                EVP_DigestVerify(context, raw.ptr, raw.len, str_bytes(text).ptr, text.len) == 1;
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(key);
    return fine;
}

static uint64_t time_of(struct bytes signature)
{
    return be64_get(signature.ptr + NOTE_ID_BYTES);
}

/* A witness's signature has its time before it, which it is over, too. */
static bool signed_it(struct bytes signature, struct str text, const struct note_key *k, struct arena *a)
{
    struct bytes raw = {signature.ptr + NOTE_ID_BYTES, signature.len - NOTE_ID_BYTES};
    if (k->type != NOTE_WITNESS) return is_signature(raw, text, k);
    if (raw.len <= NOTE_TIME_BYTES || time_of(signature) > INT64_MAX) return false;
    raw = (struct bytes){raw.ptr + NOTE_TIME_BYTES, raw.len - NOTE_TIME_BYTES};
    return is_signature(raw, note_witnessed_text(a, text, time_of(signature)), k);
}

static bool is_of(const struct signature *s, const struct note_key *k)
{
    return str_equal(s->name, k->name) && memcmp(s->bytes.ptr, k->id, NOTE_ID_BYTES) == 0;
}

/* k NULL: nobody's signature is looked for. *found is the key's, of several of a witness the newest. */
static enum err open_note(struct str *text, struct signature *found, struct str note,
                          const struct note_key *k, struct arena *a, struct error *e)
{
    struct str lines = STR_NONE;
    *found = (struct signature){STR_NONE, {0}, STR_NONE};
    if (note.len > LIMIT_NOTE_BYTES) return fail(e, ERR_LIMIT, "it has more than %d bytes", LIMIT_NOTE_BYTES);
    if (!is_note_text(note) || !split(text, &lines, note))
        return fail(e, ERR_INVALID, "it is not a signed note");
    for (size_t count = 1; lines.len > 0; count++) {
        struct signature s = {STR_NONE, {0}, STR_NONE};
        if (!take_signature(&s, &lines, a))
            return fail(e, ERR_INVALID, "its signature %zu is not well-formed", count);
        if (count > LIMIT_NOTE_SIGNATURES)
            return fail(e, ERR_LIMIT, "it has more than %d signatures", LIMIT_NOTE_SIGNATURES);
        if (k == NULL || !is_of(&s, k)) continue;
        if (k->type != NOTE_WITNESS && found->line.len > 0)
            return fail(e, ERR_TAMPERED, "it is signed twice by the same key");
        if (!signed_it(s.bytes, *text, k, a))
            return fail(e, ERR_TAMPERED, "the signature of '%.*s' is of another text", STR_ARG(k->name));
        bool is_newer =
            k->type != NOTE_WITNESS || found->line.len == 0 || time_of(s.bytes) > time_of(found->bytes);
        if (is_newer) *found = s;
    }
    return OK;
}

static enum err not_signed(enum err code, const struct note_key *k, struct error *e)
{
    return fail(e, code, "'%.*s' did not sign it with this key", STR_ARG(k->name));
}

enum err note_open(struct str *text, struct str note, const struct note_key *k, struct arena *a,
                   struct error *e)
{
    struct signature found = {STR_NONE, {0}, STR_NONE};
    enum err err = open_note(text, &found, note, k, a, e);
    return err != OK || found.line.len > 0 ? err : not_signed(ERR_TAMPERED, k, e);
}

enum err note_split(struct str *text, struct str note, struct arena *a, struct error *e)
{
    struct signature unused = {STR_NONE, {0}, STR_NONE};
    return open_note(text, &unused, note, NULL, a, e);
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

/* With the lines of that name, or with all others. */
static struct str with_lines(struct arena *a, struct str note, struct str name, bool of_name)
{
    struct str text = STR_NONE, lines = STR_NONE;
    struct signature s = {STR_NONE, {0}, STR_NONE};
    struct buffer kept = {.arena = a};
    if (!split(&text, &lines, note)) return STR_NONE;
    while (lines.len > 0 && take_signature(&s, &lines, a))
        if (str_equal(s.name, name) == of_name) buffer_print(&kept, "%.*s", STR_ARG(s.line));
    if (kept.len == 0) return STR_NONE;
    return str_format(a, "%.*s\n%.*s", STR_ARG(text), (int)kept.len, (const char *)kept.ptr);
}

struct str note_signed_by(struct arena *a, struct str note, struct str name)
{
    return with_lines(a, note, name, true);
}

struct str note_signed_by_others(struct arena *a, struct str note, struct str name)
{
    return with_lines(a, note, name, false);
}

/* ---- witnesses ---- */

struct str note_witnessed_text(struct arena *a, struct str text, uint64_t seconds)
{
    return str_format(a, "cosignature/v1\ntime %ju\n%.*s", (uintmax_t)seconds, STR_ARG(text));
}

struct str note_witness_line(struct arena *a, const struct note_key *k, uint64_t seconds,
                             const uint8_t signature[NOTE_SIGNATURE_BYTES])
{
    uint8_t bytes[NOTE_ID_BYTES + NOTE_TIME_BYTES + NOTE_SIGNATURE_BYTES];
    memcpy(bytes, k->id, NOTE_ID_BYTES);
    be64_put(bytes + NOTE_ID_BYTES, seconds);
    memcpy(bytes + NOTE_ID_BYTES + NOTE_TIME_BYTES, signature, NOTE_SIGNATURE_BYTES);
    return str_format(a, "%s%.*s %.*s\n", dash, STR_ARG(k->name),
                      STR_ARG(base64_text(a, (struct bytes){bytes, sizeof bytes})));
}

enum err note_witnessed(uint64_t *seconds, struct str *line, struct str note, const struct note_key *k,
                        struct arena *a, struct error *e)
{
    struct str text = STR_NONE;
    struct signature found = {STR_NONE, {0}, STR_NONE};
    assert(k->type == NOTE_WITNESS);
    enum err err = open_note(&text, &found, note, k, a, e);
    if (err == OK && found.line.len == 0) return not_signed(ERR_NOT_FOUND, k, e);
    if (err != OK) return err;
    *seconds = time_of(found.bytes);
    *line = found.line;
    return OK;
}
