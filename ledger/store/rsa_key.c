/* SPDX-License-Identifier: MIT */
/* rsa_key.c - see rsa_key.h. */
#include "ledger/store/rsa_key.h"

#include <limits.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdlib.h>

#include "ledger/store/key_file.h"

enum { BITS_MIN = 1024, BITS_MAX = 8192, SIGNATURE_BYTES_MAX = BITS_MAX / 8 };

struct rsa_key {
    EVP_PKEY *key;
};

/* A key that wants a passphrase of its own is none for us: nobody is asked. */
static int no_passphrase(char *to, int size, int writing, void *context)
{
    (void)writing, (void)context;
    if (size > 0) to[0] = '\0';
    return 0;
}

static EVP_PKEY *read_pem(struct bytes pem, bool is_private)
{
    BIO *from = pem.len <= INT_MAX ? BIO_new_mem_buf(pem.ptr, (int)pem.len) : NULL;
    EVP_PKEY *key = NULL;
    if (from != NULL)
        key = is_private ? PEM_read_bio_PrivateKey(from, NULL, no_passphrase, NULL)
                         : PEM_read_bio_PUBKEY(from, NULL, no_passphrase, NULL);
    (void)BIO_free(from);
    bool fits = key != NULL && EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA &&
                EVP_PKEY_get_bits(key) >= BITS_MIN && EVP_PKEY_get_bits(key) <= BITS_MAX;
    if (fits) return key;
    EVP_PKEY_free(key);
    return NULL;
}

enum err rsa_key_open(struct rsa_key **out, const char *path, const struct passphrase_source *from,
                      struct error *e)
{
    struct secret content = {0};
    enum err err = key_file_read(&content, path, from, e);
    if (err != OK) return err;
    EVP_PKEY *key = read_pem((struct bytes){(const uint8_t *)content.text, content.len}, true);
    secret_wipe(&content);
    if (key == NULL)
        return fail(e, ERR_INVALID, "'%s': no private RSA key of %d bits or more in PEM", path, BITS_MIN);
    struct rsa_key *k = calloc(1, sizeof *k);
    if (k == NULL) WRONG("out of memory");
    k->key = key;
    *out = k;
    return OK;
}

void rsa_key_close(struct rsa_key *k)
{
    if (k == NULL) return;
    EVP_PKEY_free(k->key);
    free(k);
}

enum err rsa_key_sign(struct str *out, const struct rsa_key *k, struct str text, struct arena *a,
                      struct error *e)
{
    uint8_t signature[SIGNATURE_BYTES_MAX];
    size_t len = sizeof signature;
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    bool done = c != NULL && EVP_DigestSignInit(c, NULL, EVP_sha1(), NULL, k->key) == 1 &&
                EVP_DigestSign(c, signature, &len, (const uint8_t *)text.ptr, text.len) == 1;
    EVP_MD_CTX_free(c);
    if (!done) return fail(e, ERR_REFUSED, "this machine's OpenSSL makes no RSA signature with SHA-1");
    *out = base64_text(a, (struct bytes){signature, len});
    return OK;
}

enum err rsa_public_check(struct str pem, struct error *e)
{
    EVP_PKEY *key = read_pem(str_bytes(pem), false);
    if (key == NULL) return fail(e, ERR_INVALID, "no public RSA key of %d bits or more in PEM", BITS_MIN);
    EVP_PKEY_free(key);
    return OK;
}

bool rsa_is_signed(struct str pem, struct str text, struct str signature)
{
    struct bytes raw = {0};
    struct error unused = {0};
    struct arena *a = arena_new();
    EVP_PKEY *key = read_pem(str_bytes(pem), false);
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    bool is = key != NULL && c != NULL && base64_decode(&raw, signature, a, &unused) == OK &&
              EVP_DigestVerifyInit(c, NULL, EVP_sha1(), NULL, key) == 1 &&
              EVP_DigestVerify(c, raw.ptr, raw.len, (const uint8_t *)text.ptr, text.len) == 1;
    EVP_MD_CTX_free(c);
    EVP_PKEY_free(key);
    arena_free(a);
    return is;
}
