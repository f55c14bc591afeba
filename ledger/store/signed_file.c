/* SPDX-License-Identifier: MIT */
/* signed_file.c - see signed_file.h. signify: a comment line and base64 of "Ed", 8 bytes that name the key,
 * and the signature or key. SSHSIG: strings with a length of 4 bytes before them, in base64 between two
 * lines; what is signed is not the file but its SHA-512, with the name of the use before it. */
#include "ledger/store/signed_file.h"

#include <openssl/evp.h>

enum { SIGNIFY_NUMBER_BYTES = 8, SHA512_BYTES = 64, SSH_LINE = 70 };

/* ---- signify ---- */

static void put_signify_head(struct buffer *b, const struct note_key *k)
{
    uint8_t name[32];
    struct hasher *h = hasher_new();
    hasher_digest(h, name, str_bytes(STR("daybook/v1/signify")), (struct bytes){k->public, NOTE_PUBLIC_BYTES},
                  (struct bytes){NULL, 0});
    hasher_free(h);
    buffer_add(b, "Ed", 2);
    buffer_add(b, name, SIGNIFY_NUMBER_BYTES);
}

static struct str signify_text(struct arena *a, const char *comment, const struct buffer *b)
{
    struct str text = base64_text(a, (struct bytes){b->ptr, b->len});
    return str_format(a, "untrusted comment: %s\n%.*s\n", comment, STR_ARG(text));
}

struct str signify_public(struct arena *a, const struct note_key *k)
{
    struct buffer b = {.arena = a};
    put_signify_head(&b, k);
    buffer_add(&b, k->public, NOTE_PUBLIC_BYTES);
    return signify_text(a, str_format(a, "checkpoint key of %.*s", STR_ARG(k->name)).ptr, &b);
}

enum err signify_sign(struct str *out, const struct checkpoint_key *k, struct bytes file, struct arena *a,
                      struct error *e)
{
    uint8_t signature[NOTE_SIGNATURE_BYTES];
    struct buffer b = {.arena = a};
    enum err err = checkpoint_key_sign_bytes(signature, k, file, e);
    if (err != OK) return err;
    put_signify_head(&b, checkpoint_key_public(k));
    buffer_add(&b, signature, sizeof signature);
    *out = signify_text(a, "verify with signify.pub", &b);
    return OK;
}

/* ---- SSHSIG ---- */

static void put_string(struct buffer *b, struct bytes s)
{
    uint8_t length[4];
    be32_put(length, (uint32_t)s.len);
    buffer_add(b, length, sizeof length);
    if (s.len > 0) buffer_add(b, s.ptr, s.len);
}

static struct bytes typed(struct arena *a, struct bytes value)
{
    struct buffer b = {.arena = a};
    put_string(&b, str_bytes(STR("ssh-ed25519")));
    put_string(&b, value);
    return (struct bytes){b.ptr, b.len};
}

static struct bytes public_blob(struct arena *a, const struct note_key *k)
{
    return typed(a, (struct bytes){k->public, NOTE_PUBLIC_BYTES});
}

struct str ssh_public(struct arena *a, const struct note_key *k)
{
    return str_format(a, "ssh-ed25519 %.*s", STR_ARG(base64_text(a, public_blob(a, k))));
}

static void put_use(struct buffer *b, const char *space)
{
    put_string(b, str_bytes(str_of(space)));
    put_string(b, (struct bytes){NULL, 0}); /* reserved */
    put_string(b, str_bytes(STR("sha512")));
}

static struct str armored(struct arena *a, const struct buffer *b)
{
    struct str text = base64_text(a, (struct bytes){b->ptr, b->len});
    struct buffer out = {.arena = a};
    buffer_print(&out, "-----BEGIN SSH SIGNATURE-----\n");
    for (size_t at = 0; at < text.len; at += SSH_LINE) {
        size_t left = text.len - at;
        buffer_print(&out, "%.*s\n", (int)(left < SSH_LINE ? left : SSH_LINE), text.ptr + at);
    }
    buffer_print(&out, "-----END SSH SIGNATURE-----\n");
    return (struct str){(const char *)out.ptr, out.len};
}

enum err ssh_sign(struct str *out, const struct checkpoint_key *k, const char *space, struct bytes file,
                  struct arena *a, struct error *e)
{
    uint8_t digest[SHA512_BYTES], signature[NOTE_SIGNATURE_BYTES], version[4];
    struct buffer message = {.arena = a}, b = {.arena = a};
    size_t len = sizeof digest;
    if (EVP_Q_digest(NULL, "SHA512", NULL, file.ptr, file.len, digest, &len) != 1 || len != sizeof digest)
        return fail(e, ERR_STORAGE, "the cryptographic library failed");
    buffer_add(&message, "SSHSIG", 6);
    put_use(&message, space);
    put_string(&message, (struct bytes){digest, sizeof digest});
    enum err err = checkpoint_key_sign_bytes(signature, k, (struct bytes){message.ptr, message.len}, e);
    if (err != OK) return err;
    be32_put(version, 1);
    buffer_add(&b, "SSHSIG", 6);
    buffer_add(&b, version, sizeof version);
    put_string(&b, public_blob(a, checkpoint_key_public(k)));
    put_use(&b, space);
    put_string(&b, typed(a, (struct bytes){signature, sizeof signature}));
    *out = armored(a, &b);
    return OK;
}
