/* SPDX-License-Identifier: MIT */
/* note.c - see note.h. Each text has one form: whatever says the same in another way is refused. */
#include "billing/verify/note.h"

#include <openssl/evp.h>

enum { ED25519 = 1, NOTE_SIGNATURES_MAX = LIMIT_NOTE_SIGNATURES };
static const char dash[] = "\xe2\x80\x94 ";
static const char record_head[] = "c2sp.org/tlog-proof@v1\nindex ";
static const char growth_head[] = "old ";

/* ---- pieces of text ---- */

static bool take_until(struct str *out, struct str *from, char mark)
{
    const char *at = from->len == 0 ? NULL : memchr(from->ptr, mark, from->len);
    if (at == NULL) return false;
    *out = (struct str){from->ptr, (size_t)(at - from->ptr)};
    *from = (struct str){at + 1, from->len - out->len - 1};
    return true;
}

bool line_take(struct str *out, struct str *from)
{
    return take_until(out, from, '\n');
}

bool number_read(uint64_t *out, struct str digits)
{
    *out = 0;
    if (digits.len == 0 || (digits.ptr[0] == '0' && digits.len > 1)) return false;
    for (size_t i = 0; i < digits.len; i++) {
        unsigned digit = (unsigned)(digits.ptr[i] - '0');
        if (digit > 9 || __builtin_mul_overflow(*out, 10u, out) || __builtin_add_overflow(*out, digit, out))
            return false;
    }
    return true;
}

bool digest_read(struct digest *out, struct str base64, struct arena *a)
{
    struct error unused = {0};
    struct bytes b = {0};
    if (base64_decode(&b, base64, a, &unused) != OK || b.len != sizeof out->bytes) return false;
    memcpy(out->bytes, b.ptr, sizeof out->bytes);
    return true;
}

static bool is_name(struct str name)
{
    return name.len > 0 && name.len <= LIMIT_KEY_NAME_BYTES && text_is_printable(name) &&
           memchr(name.ptr, ' ', name.len) == NULL && memchr(name.ptr, '+', name.len) == NULL;
}

/* ---- keys ---- */

static enum err read_key(struct key *out, struct str line, struct arena *a, struct error *e)
{
    struct str digits = STR_NONE;
    struct bytes typed = {0};
    struct digest id = {{0}};
    if (!take_until(&out->name, &line, '+') || !is_name(out->name) || !take_until(&digits, &line, '+'))
        return fail(e, ERR_INVALID, "it is not of the form NAME+ID+KEY");
    if (hex_decode(out->id, sizeof out->id, digits, e) != OK) return wrap(e, "its id");
    if (base64_decode(&typed, line, a, e) != OK) return wrap(e, "its key");
    if (typed.len != 1 + KEY_BYTES || typed.ptr[0] != ED25519)
        return fail(e, ERR_INVALID, "its key is not one of Ed25519");
    memcpy(out->public, typed.ptr + 1, KEY_BYTES);
    digest_of(&id, str_bytes(out->name), str_bytes(STR("\n")), typed);
    if (memcmp(id.bytes, out->id, sizeof out->id) == 0) return OK;
    return fail(e, ERR_INVALID, "its id is not that of its name and key");
}

enum err keys_read(struct keys *out, struct str text, struct arena *a, struct error *e)
{
    out->count = 0;
    for (size_t number = 1; text.len > 0; number++) {
        struct str line = text;
        if (!line_take(&line, &text)) text = STR_NONE;
        if (out->count == KEYS_MAX) return fail(e, ERR_INVALID, "it holds more than %d keys", KEYS_MAX);
        if (read_key(&out->of[out->count++], line, a, e) != OK) return wrap(e, "line %zu", number);
    }
    return out->count > 0 ? OK : fail(e, ERR_INVALID, "it holds no key");
}

enum { LEDGER_BYTES = 24 };

uint64_t origin_generation(struct str origin)
{
    uint64_t n = 0;
    if (origin.len <= LEDGER_BYTES + 1 || origin.ptr[LEDGER_BYTES] != '/') return 1;
    struct str digits = {origin.ptr + LEDGER_BYTES + 1, origin.len - LEDGER_BYTES - 1};
    return number_read(&n, digits) && n >= 2 && n <= UINT32_MAX ? n : 1;
}

struct str origin_ledger(struct str origin)
{
    return origin_generation(origin) == 1 ? origin : (struct str){origin.ptr, LEDGER_BYTES};
}

bool keys_have(const struct keys *keys, struct str name)
{
    for (size_t i = 0; i < keys->count; i++)
        if (str_equal(keys->of[i].name, name)) return true;
    return false;
}

bool key_signed(const uint8_t public[KEY_BYTES], const uint8_t signature[SIGNATURE_BYTES],
                struct bytes message)
{
    EVP_PKEY *key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, public, KEY_BYTES);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool fine = key != NULL && context != NULL && EVP_DigestVerifyInit(context, NULL, NULL, NULL, key) == 1 &&
                EVP_DigestVerify(context, signature, SIGNATURE_BYTES, message.ptr, message.len) == 1;
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(key);
    return fine;
}

/* ---- notes ---- */

/* The last empty line is between the text and who signed it. */
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

static bool take_signature(struct str *name, struct bytes *signature, struct str *lines, struct arena *a)
{
    struct error unused = {0};
    struct str line = STR_NONE;
    if (!line_take(&line, lines) || !str_starts(line, dash)) return false;
    line = (struct str){line.ptr + sizeof dash - 1, line.len - (sizeof dash - 1)};
    return take_until(name, &line, ' ') && is_name(*name) &&
           base64_decode(signature, line, a, &unused) == OK && signature->len > 4;
}

static bool is_in_the_name_of(const struct key *k, struct str name, struct bytes signature)
{
    return str_equal(k->name, name) && memcmp(k->id, signature.ptr, sizeof k->id) == 0;
}

/* One line: if it is in the name of a key that may sign for this ledger, it must be true, and the only one.
 */
static enum err check_line(struct checkpoint *c, uint64_t *seen, struct str name, struct bytes signature,
                           const struct keys *keys, struct error *e)
{
    for (size_t i = 0; keys != NULL && i < keys->count; i++) {
        const struct key *k = &keys->of[i];
        if (!str_equal(k->name, c->origin) || !is_in_the_name_of(k, name, signature)) continue;
        if ((*seen & UINT64_C(1) << i) != 0)
            return fail(e, ERR_TAMPERED, "it is signed twice by the same key");
        *seen |= UINT64_C(1) << i;
        if (signature.len != 4 + SIGNATURE_BYTES ||
            !key_signed(k->public, signature.ptr + 4, str_bytes(c->text)))
            return fail(e, ERR_TAMPERED, "the signature of '%.*s' is of another text", STR_ARG(name));
        if (c->by == NULL) c->by = k;
    }
    return OK;
}

static enum err check_signatures(struct checkpoint *c, struct str lines, const struct keys *keys,
                                 struct arena *a, struct error *e)
{
    uint64_t seen = 0;
    for (size_t count = 1; lines.len > 0; count++) {
        struct str name = STR_NONE;
        struct bytes signature = {0};
        if (count > NOTE_SIGNATURES_MAX)
            return fail(e, ERR_LIMIT, "it has more than %d signatures", NOTE_SIGNATURES_MAX);
        if (!take_signature(&name, &signature, &lines, a))
            return fail(e, ERR_INVALID, "its signature %zu is not well-formed", count);
        enum err err = check_line(c, &seen, name, signature, keys, e);
        if (err != OK) return err;
    }
    if (keys == NULL || c->by != NULL) return OK;
    (void)fail(e, ERR_TAMPERED, "none of the keys that are trusted for '%.*s' signed it",
               STR_ARG(text_quotable(c->origin)));
    (void)snprintf(e->reason, sizeof e->reason, "%s", SIGNED_BY_OTHERS);
    return e->code;
}

enum err checkpoint_read(struct checkpoint *out, struct str note, const struct keys *keys, struct arena *a,
                         struct error *e)
{
    struct str text = STR_NONE, lines = STR_NONE, size = STR_NONE, root = STR_NONE;
    *out = (struct checkpoint){.size = 0};
    if (note.len > LIMIT_NOTE_BYTES) return fail(e, ERR_LIMIT, "it has more than %d bytes", LIMIT_NOTE_BYTES);
    if (!is_note_text(note) || !split(&text, &lines, note))
        return fail(e, ERR_INVALID, "it is not a signed note");
    out->text = text;
    if (!line_take(&out->origin, &text) || !is_name(out->origin) || !line_take(&size, &text) ||
        !number_read(&out->size, size) || !line_take(&root, &text) || !digest_read(&out->root, root, a))
        return fail(e, ERR_INVALID, "it does not consist of origin, number of records and root");
    if (text.len > 0) return fail(e, ERR_INVALID, "it says more than origin, number of records and root");
    return check_signatures(out, lines, keys, a, e);
}

/* ---- keys that follow keys ---- */

static bool read_successor(struct key *next, struct checkpoint *c, struct str id, struct arena *a)
{
    struct error unused = {0};
    struct str head = STR_NONE, size = STR_NONE, line = STR_NONE, text = c->text;
    uint8_t named[4] = {0};
    uint64_t records = 0;
    return line_take(&head, &text) && str_is(head, "daybook-key-rotation@v1") &&
           line_take(&c->origin, &text) && line_take(&size, &text) && number_read(&records, size) &&
           line_take(&line, &text) && text.len == 0 && read_key(next, line, a, &unused) == OK &&
           str_equal(next->name, c->origin) && hex_decode(named, sizeof named, id, &unused) == OK &&
           memcmp(named, next->id, sizeof named) == 0;
}

static bool is_among(const struct keys *keys, const struct key *k)
{
    for (size_t i = 0; i < keys->count; i++)
        if (str_equal(keys->of[i].name, k->name) && memcmp(keys->of[i].public, k->public, KEY_BYTES) == 0)
            return true;
    return false;
}

enum err successor_read(struct keys *keys, struct str note, struct str id, struct arena *a, struct error *e)
{
    struct checkpoint c = {.size = 0};
    struct str lines = STR_NONE;
    struct keys *next = arena_new_of(a, struct keys);
    next->count = 1;
    if (!is_note_text(note) || !split(&c.text, &lines, note) || !read_successor(&next->of[0], &c, id, a))
        return fail(e, ERR_TAMPERED, "it does not name the key that follows another");
    enum err err = check_signatures(&c, lines, next, a, e);
    if (err != OK) {
        e->code = ERR_TAMPERED;
        return wrap(e, "the key that it names");
    }
    c.by = NULL;
    if (is_among(keys, &next->of[0])) return OK;
    err = check_signatures(&c, lines, keys, a, e);
    if (err != OK && strcmp(e->reason, SIGNED_BY_OTHERS) == 0) {
        *e = (struct error){.code = OK};
        return OK;
    }
    if (err != OK) return err;
    if (keys->count == KEYS_MAX) return fail(e, ERR_INCOMPLETE, "there are more than %d keys", KEYS_MAX);
    keys->of[keys->count++] = next->of[0];
    return OK;
}

/* ---- proofs ---- */

bool is_proof(struct str text)
{
    return str_starts(text, "c2sp.org/tlog-proof") || str_starts(text, growth_head);
}

static enum err take_path(struct path *out, struct str *text, struct arena *a, struct error *e)
{
    for (out->count = 0;; out->count++) {
        struct str line = STR_NONE;
        if (!line_take(&line, text)) return fail(e, ERR_INVALID, "it ends before its checkpoint");
        if (line.len == 0) return OK;
        if (out->count == PATH_HASHES_MAX)
            return fail(e, ERR_INVALID, "it has more than %d hashes", PATH_HASHES_MAX);
        if (!digest_read(&out->hashes[out->count], line, a))
            return fail(e, ERR_INVALID, "its hash %zu is none", out->count + 1);
    }
}

enum err proof_read(struct proof *out, struct str text, struct arena *a, struct error *e)
{
    struct str number = STR_NONE;
    if (text.len > LIMIT_NOTE_BYTES) return fail(e, ERR_LIMIT, "it has more than %d bytes", LIMIT_NOTE_BYTES);
    out->is_growth = str_starts(text, growth_head);
    if (!out->is_growth && !str_starts(text, record_head))
        return fail(e, ERR_INVALID, "it is not a proof of a record or of growth");
    size_t head = out->is_growth ? sizeof growth_head - 1 : sizeof record_head - 1;
    text = (struct str){text.ptr + head, text.len - head};
    if (!line_take(&number, &text) || !number_read(&out->number, number))
        return fail(e, ERR_INVALID, "it does not say of which record");
    enum err err = take_path(&out->path, &text, a, e);
    out->note = text;
    return err;
}
