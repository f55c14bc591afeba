/* SPDX-License-Identifier: MIT */
/* checkpoint_key.c - see checkpoint_key.h. The file is written as Go's sumdb/note writes a signer's key:
 * PRIVATE+KEY+NAME+ID+KEY, the key as base64 of 0x01 and the 32 bytes of RFC 8032. Every buffer that they
 * pass through is wiped, so base64 is made and read by OpenSSL here, into memory of our own. */
#include "ledger/store/checkpoint_key.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SEED_BYTES = 32, TYPED_BYTES = 1 + SEED_BYTES, TYPED_TEXT_BYTES = (TYPED_BYTES + 2) / 3 * 4 };
static const char head[] = "PRIVATE+KEY+";

struct checkpoint_key {
    uint8_t *seed; /* locked; OpenSSL, whose memory is not, has it only while it signs */
    char name[LIMIT_KEY_NAME_BYTES + 1];
    struct note_key public;
};

/* ---- the pair ---- */

static struct checkpoint_key *key_new(void)
{
    struct checkpoint_key *k = calloc(1, sizeof *k);
    if (k == NULL) WRONG("out of memory");
    return k;
}

void checkpoint_key_close(struct checkpoint_key *k)
{
    if (k == NULL) return;
    locked_free(k->seed, SEED_BYTES);
    free(k);
}

static enum err key_from_seed(struct checkpoint_key *k, uint8_t type, struct str name,
                              const uint8_t seed[SEED_BYTES], struct error *e)
{
    uint8_t public[NOTE_PUBLIC_BYTES];
    size_t len = sizeof public;
    if (name.len > LIMIT_KEY_NAME_BYTES) return fail(e, ERR_LIMIT, "its name is too long");
    bytes_put(k->name, str_bytes(name));
    k->seed = locked_new(SEED_BYTES);
    memcpy(k->seed, seed, SEED_BYTES);
    EVP_PKEY *pair = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, SEED_BYTES);
    bool fine = pair != NULL && EVP_PKEY_get_raw_public_key(pair, public, &len) == 1;
    EVP_PKEY_free(pair); /* wipes it */
    if (!fine) return fail(e, ERR_STORAGE, "the cryptographic library failed");
    name.ptr = k->name;
    return type == NOTE_LOG ? note_key_of(&k->public, name, public, e)
                            : note_witness_of(&k->public, name, public, e);
}

const struct note_key *checkpoint_key_public(const struct checkpoint_key *k)
{
    return &k->public;
}

/* ---- making ---- */

static enum err write_secret(const char *path, const struct note_key *k, const uint8_t seed[SEED_BYTES],
                             struct error *e)
{
    struct written {
        uint8_t typed[TYPED_BYTES];
        unsigned char text[TYPED_TEXT_BYTES + 1];
        char line[LIMIT_KEY_FILE_BYTES];
    } *w = locked_new(sizeof *w);
    char id[2 * NOTE_ID_BYTES + 1] = {0};
    w->typed[0] = k->type;
    memcpy(w->typed + 1, seed, SEED_BYTES);
    (void)EVP_EncodeBlock(w->text, w->typed, TYPED_BYTES); /* has room */
    hex_encode(id, k->id, NOTE_ID_BYTES);
    int n = snprintf(w->line, sizeof w->line, "%s%.*s+%s+%s\n", head, STR_ARG(k->name), id,
                     (const char *)w->text);
    assert(n > 0 && (size_t)n < sizeof w->line);
    enum err err = secret_to_new_file(path, (struct str){w->line, (size_t)n}, e);
    locked_free(w, sizeof *w);
    return err;
}

static enum err write_public(const char *path, const struct note_key *k, struct arena *a, struct error *e)
{
    struct str line = str_format(a, "%.*s\n", STR_ARG(note_key_text(a, k)));
    return file_write(path, str_bytes(line), 0644, e);
}

/* The public half comes first: a secret that nobody can check is of no use, the other way round it is. */
static enum err create(const char *path, uint8_t type, struct str name, struct world w, struct arena *a,
                       struct error *e)
{
    uint8_t *seed = locked_new(SEED_BYTES);
    struct checkpoint_key *k = key_new();
    const char *public = str_format(a, "%s.pub", path).ptr;
    enum err err = OK;
    if (file_exists(path) || file_exists(public)) err = fail(e, ERR_REFUSED, "there is one already");
    w.random(w.self, seed, SEED_BYTES);
    if (err == OK) err = key_from_seed(k, type, name, seed, e);
    if (err == OK) err = write_public(public, &k->public, a, e);
    if (err == OK) err = write_secret(path, &k->public, seed, e);
    locked_free(seed, SEED_BYTES);
    checkpoint_key_close(k);
    return err;
}

enum err checkpoint_key_create(const char *path, struct str origin, struct world w, struct arena *a,
                               struct error *e)
{
    if (create(path, NOTE_LOG, origin, w, a, e) == OK) return OK;
    return wrap(e, "cannot make checkpoint key '%s'", path);
}

enum err witness_key_create(const char *path, struct str name, struct world w, struct arena *a,
                            struct error *e)
{
    if (create(path, NOTE_WITNESS, name, w, a, e) == OK) return OK;
    return wrap(e, "cannot make witness key '%s'", path);
}

/* ---- opening ---- */

/* The 44 digits at the end of the line; what is wrong with them is not told. */
static bool seed_of(uint8_t seed[SEED_BYTES], uint8_t type, struct str digits)
{
    enum { ROOM = TYPED_TEXT_BYTES / 4 * 3 };
    unsigned char *typed = locked_new(ROOM);
    bool fine = digits.len == TYPED_TEXT_BYTES &&
                EVP_DecodeBlock(typed, (const unsigned char *)digits.ptr, TYPED_TEXT_BYTES) == TYPED_BYTES &&
                typed[0] == type;
    memcpy(seed, typed + 1, SEED_BYTES);
    locked_free(typed, ROOM);
    return fine;
}

static enum err key_parse(struct checkpoint_key *k, uint8_t type, struct str line, struct error *e)
{
    const char *whose = type == NOTE_LOG ? "for checkpoints" : "of a witness";
    enum {
        ID_DIGITS = 2 * NOTE_ID_BYTES,
        TAIL = 1 + ID_DIGITS + 1 + TYPED_TEXT_BYTES,
        HEAD = sizeof head - 1
    };
    uint8_t id[NOTE_ID_BYTES];
    struct error unused = {0}; /* its sentence might quote the key */
    if (!str_starts(line, head) || line.len <= (size_t)HEAD + TAIL)
        return fail(e, ERR_INVALID, "it does not hold a key %s", whose);
    struct str name = {line.ptr + HEAD, line.len - HEAD - TAIL};
    struct str digits = {line.ptr + line.len - TYPED_TEXT_BYTES, TYPED_TEXT_BYTES};
    struct str id_digits = {name.ptr + name.len + 1, ID_DIGITS};
    bool is_joined = name.ptr[name.len] == '+' && id_digits.ptr[ID_DIGITS] == '+';
    uint8_t *seed = locked_new(SEED_BYTES);
    enum err err = OK;
    if (!is_joined || hex_decode(id, sizeof id, id_digits, &unused) != OK || !seed_of(seed, type, digits))
        err = fail(e, ERR_INVALID, "it does not hold a key %s", whose);
    if (err == OK) err = key_from_seed(k, type, name, seed, e);
    locked_free(seed, SEED_BYTES);
    if (err != OK || memcmp(id, k->public.id, sizeof id) == 0) return err;
    return fail(e, ERR_INVALID, "its id is not that of its name and key");
}

static enum err open_key(struct checkpoint_key **out, uint8_t type, const char *path,
                         const struct passphrase_source *from, struct error *e)
{
    struct secret content = {.len = 0};
    struct checkpoint_key *k = key_new();
    enum err err = key_file_read(&content, path, from, e);
    if (err == OK && key_parse(k, type, secret_line(&content), e) != OK)
        err = wrap(e, "cannot use '%s'", path);
    secret_wipe(&content);
    if (err == OK)
        *out = k;
    else
        checkpoint_key_close(k);
    return err;
}

enum err checkpoint_key_open(struct checkpoint_key **out, const char *path, struct error *e)
{
    return open_key(out, NOTE_LOG, path, NULL, e);
}

enum err checkpoint_key_open_by(struct checkpoint_key **out, const char *path,
                                const struct passphrase_source *from, struct error *e)
{
    return open_key(out, NOTE_LOG, path, from, e);
}

enum err witness_key_open(struct checkpoint_key **out, const char *path, struct error *e)
{
    return open_key(out, NOTE_WITNESS, path, NULL, e);
}

enum err witness_key_open_by(struct checkpoint_key **out, const char *path,
                             const struct passphrase_source *from, struct error *e)
{
    return open_key(out, NOTE_WITNESS, path, from, e);
}

/* ---- signing ---- */

static bool sign(uint8_t signature[NOTE_SIGNATURE_BYTES], const struct checkpoint_key *k, struct bytes b)
{
    size_t len = NOTE_SIGNATURE_BYTES;
    EVP_PKEY *pair = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, k->seed, SEED_BYTES);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool fine = pair != NULL && context != NULL && EVP_DigestSignInit(context, NULL, NULL, NULL, pair) == 1 &&
                EVP_DigestSign(context, signature, &len, b.ptr, b.len) == 1 && len == NOTE_SIGNATURE_BYTES;
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(pair); /* wipes it */
    return fine;
}

enum err checkpoint_key_add(struct str *note, const struct checkpoint_key *k, struct arena *a,
                            struct error *e)
{
    uint8_t signature[NOTE_SIGNATURE_BYTES];
    struct str text = STR_NONE;
    enum err err = note_split(&text, *note, a, e);
    if (err != OK) return err;
    if (!sign(signature, k, str_bytes(text)))
        return fail(e, ERR_STORAGE, "cannot sign: the cryptographic library failed");
    *note = note_add(a, *note, &k->public, signature);
    return note_open(&text, *note, &k->public, a, e);
}

enum err checkpoint_keys_sign(struct str *note, const struct checkpoint_key *const *keys, size_t count,
                              struct str text, struct arena *a, struct error *e)
{
    uint8_t signature[NOTE_SIGNATURE_BYTES];
    struct str again = STR_NONE;
    if (!sign(signature, keys[0], str_bytes(text)))
        return fail(e, ERR_STORAGE, "cannot sign: the cryptographic library failed");
    *note = note_text(a, text, &keys[0]->public, signature);
    enum err err = note_open(&again, *note, &keys[0]->public, a, e);
    for (size_t i = 1; i < count && err == OK; i++) err = checkpoint_key_add(note, keys[i], a, e);
    return err;
}

enum err checkpoint_key_sign(struct str *note, const struct checkpoint_key *k, const struct checkpoint *c,
                             struct arena *a, struct error *e)
{
    struct checkpoint again = {STR_NONE, 0, {{0}}};
    if (!str_equal(c->origin, k->public.name))
        return fail(e, ERR_INVALID, "the key is of another ledger, '%.*s'", STR_ARG(k->public.name));
    enum err err = checkpoint_keys_sign(note, &k, 1, checkpoint_text(a, c), a, e);
    return err == OK ? checkpoint_open(&again, *note, &k->public, a, e) : err;
}

enum err checkpoint_key_sign_bytes(uint8_t signature[NOTE_SIGNATURE_BYTES], const struct checkpoint_key *k,
                                   struct bytes b, struct error *e)
{
    return sign(signature, k, b) ? OK : fail(e, ERR_STORAGE, "cannot sign: the cryptographic library failed");
}

enum err witness_key_sign(struct str *line, const struct checkpoint_key *k, struct str text, uint64_t seconds,
                          struct arena *a, struct error *e)
{
    uint8_t signature[NOTE_SIGNATURE_BYTES];
    assert(k->public.type == NOTE_WITNESS);
    if (!sign(signature, k, str_bytes(note_witnessed_text(a, text, seconds))))
        return fail(e, ERR_STORAGE, "cannot sign: the cryptographic library failed");
    *line = note_witness_line(a, &k->public, seconds, signature);
    return OK;
}
