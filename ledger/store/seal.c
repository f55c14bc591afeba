/* SPDX-License-Identifier: MIT */
/* seal.c - AES-256-GCM with one key, fetched and keyed once: a message then costs an IV and the work itself.
 * Nonces are random, and more than that: no (key, nonce) pair is ever made of a counter that a restored copy
 * would count again, and none depends on randomness alone. */
#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/store/hasher.h"
#include "ledger/store/keys.h"

struct sealer {
    EVP_CIPHER *cipher;
    EVP_CIPHER_CTX *seal, *open;
    struct keyed_hasher *nonces;
};

static enum err nonces_of(struct keyed_hasher **out, const uint8_t key[KEY_BYTES], struct error *e)
{
    uint8_t *of_nonces = locked_new(KEY_BYTES);
    enum err err = key_derive(of_nonces, KEY_BYTES, (struct bytes){key, KEY_BYTES}, (struct bytes){0},
                              str_bytes(STR("daybook/v1/nonce")), e);
    if (err == OK) *out = keyed_hasher_new(of_nonces);
    locked_free(of_nonces, KEY_BYTES);
    return err;
}

enum err sealer_new(struct sealer **out, const uint8_t key[KEY_BYTES], struct error *e)
{
    struct sealer *s = calloc(1, sizeof *s);
    if (s == NULL) WRONG("out of memory");
    s->cipher = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
    s->seal = EVP_CIPHER_CTX_new();
    s->open = EVP_CIPHER_CTX_new();
    bool fine = s->cipher != NULL && s->seal != NULL && s->open != NULL &&
                EVP_EncryptInit_ex2(s->seal, s->cipher, key, NULL, NULL) == 1 &&
                EVP_DecryptInit_ex2(s->open, s->cipher, key, NULL, NULL) == 1;
    if (!fine) {
        sealer_free(s);
        return fail(e, ERR_STORAGE, "cannot set up AES-256-GCM: the cryptographic library failed");
    }
    enum err err = nonces_of(&s->nonces, key, e);
    if (err != OK) {
        sealer_free(s);
        return err;
    }
    *out = s;
    return OK;
}

enum err sealer_rekey(struct sealer *s, const uint8_t key[KEY_BYTES], struct error *e)
{
    if (EVP_EncryptInit_ex2(s->seal, NULL, key, NULL, NULL) == 1 &&
        EVP_DecryptInit_ex2(s->open, NULL, key, NULL, NULL) == 1)
        return OK;
    return fail(e, ERR_STORAGE, "cannot set up AES-256-GCM: the cryptographic library failed");
}

void sealer_free(struct sealer *s)
{
    if (s == NULL) return;
    EVP_CIPHER_CTX_free(s->seal); /* wipes the key schedule */
    EVP_CIPHER_CTX_free(s->open);
    EVP_CIPHER_free(s->cipher);
    keyed_hasher_free(s->nonces);
    free(s);
}

enum err sealer_seal(struct sealer *s, uint8_t *cipher, const uint8_t nonce[NONCE_BYTES], struct bytes aad,
                     struct bytes plain, struct error *e)
{
    assert(aad.len <= INT_MAX && plain.len <= INT_MAX - TAG_BYTES);
    int n = 0;
    bool fine = EVP_EncryptInit_ex2(s->seal, NULL, NULL, nonce, NULL) == 1;
    if (aad.len > 0) fine = fine && EVP_EncryptUpdate(s->seal, NULL, &n, aad.ptr, (int)aad.len) == 1;
    if (plain.len > 0) fine = fine && EVP_EncryptUpdate(s->seal, cipher, &n, plain.ptr, (int)plain.len) == 1;
    fine = fine && EVP_EncryptFinal_ex(s->seal, cipher + plain.len, &n) == 1;
    fine = fine && EVP_CIPHER_CTX_ctrl(s->seal, EVP_CTRL_AEAD_GET_TAG, TAG_BYTES, cipher + plain.len) == 1;
    if (!fine) return fail(e, ERR_STORAGE, "cannot seal: the cryptographic library failed");
    return OK;
}

enum err sealer_open(struct sealer *s, uint8_t *plain, const uint8_t nonce[NONCE_BYTES], struct bytes aad,
                     struct bytes cipher, struct error *e)
{
    if (cipher.len < TAG_BYTES) return fail(e, ERR_TAMPERED, "sealed bytes are shorter than their tag");
    assert(aad.len <= INT_MAX && cipher.len <= INT_MAX);
    size_t len = cipher.len - TAG_BYTES;
    uint8_t tag[TAG_BYTES];
    memcpy(tag, cipher.ptr + len, TAG_BYTES);
    int n = 0;
    bool fine = EVP_DecryptInit_ex2(s->open, NULL, NULL, nonce, NULL) == 1;
    if (aad.len > 0) fine = fine && EVP_DecryptUpdate(s->open, NULL, &n, aad.ptr, (int)aad.len) == 1;
    if (len > 0) fine = fine && EVP_DecryptUpdate(s->open, plain, &n, cipher.ptr, (int)len) == 1;
    fine = fine && EVP_CIPHER_CTX_ctrl(s->open, EVP_CTRL_AEAD_SET_TAG, TAG_BYTES, tag) == 1;
    uint8_t none[1];
    if (fine && EVP_DecryptFinal_ex(s->open, none, &n) == 1) return OK;
    if (len > 0) OPENSSL_cleanse(plain, len);
    return fail(e, ERR_TAMPERED, "the authentication tag does not fit");
}

/* The length keeps the parts apart. */
void sealer_nonce(const struct sealer *s, uint8_t nonce[NONCE_BYTES], struct nonce_pool *pool,
                  struct bytes part, struct bytes other)
{
    uint8_t head[NONCE_BYTES + 4], mac[32];
    nonce_pool_take(pool, head, NONCE_BYTES);
    be32_put(head + NONCE_BYTES, (uint32_t)part.len);
    keyed_hasher_mac(s->nonces, mac, (struct bytes){head, sizeof head}, part, other);
    memcpy(nonce, mac, NONCE_BYTES);
}

void nonce_pool_take(struct nonce_pool *p, uint8_t *to, size_t len)
{
    assert(len <= sizeof p->bytes);
    if (p->left < len) {
        p->world.random(p->world.self, p->bytes, sizeof p->bytes);
        p->left = sizeof p->bytes;
    }
    p->left -= len;
    memcpy(to, p->bytes + p->left, len);
    /* Salts are secret until their record is opened; what was handed out does not stay here. */
    memset(p->bytes + p->left, 0, len);
}
