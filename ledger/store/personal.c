/* SPDX-License-Identifier: MIT */
/* personal.c - one text about a customer: key id ‖ [mark] ‖ nonce ‖ ciphertext ‖ tag. It is sealed to its
 * ledger, customer, class, event and field, so no text can be put in another's place. The mark, of texts
 * whose equality counts, is an HMAC under the key: it tells which are equal, and nothing else, when the key
 * is gone. */
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

#include "ledger/store/customer_keys_private.h"

enum { MARK_BYTES = 8, SALT_BYTES = 16, MAC_BYTES = 32 };

static enum key_class class_of(enum kind kind)
{
    return kind == KIND_PERSONAL ? KEY_FISCAL : KEY_CONTACT;
}

static const struct customer_key *key_in(const struct key_pair *pair, const struct personal_place *at)
{
    return &pair->of[class_of(at->kind)];
}

static struct bytes aad_of(struct customer_keys *k, const struct personal_place *at, const uint8_t *mark)
{
    uint8_t number[9];
    be64_put(number, at->customer);
    enum key_class c = class_of(at->kind);
    number[8] = (uint8_t)c;
    buffer_clear(&k->aad);
    buffer_add(&k->aad, "daybook/v1/personal", 19);
    buffer_add(&k->aad, k->origin, ORIGIN_BYTES);
    buffer_add(&k->aad, number, sizeof number);
    if (mark != NULL) buffer_add(&k->aad, mark, MARK_BYTES);
    buffer_add(&k->aad, at->way, at->way_len);
    return (struct bytes){k->aad.ptr, k->aad.len};
}

static enum err take_key(struct customer_keys *k, const struct customer_key *key, struct error *e)
{
    if (memcmp(k->keyed, key->id, KEY_ID_BYTES) == 0) return OK;
    memset(k->keyed, 0, KEY_ID_BYTES);
    enum err err = sealer_rekey(k->sealer, key->key, e);
    if (err == OK) memcpy(k->keyed, key->id, KEY_ID_BYTES);
    return err;
}

static void mark_of(uint8_t mark[MARK_BYTES], const struct customer_key *key, struct str text)
{
    static const char label[] = "daybook/v1/mark";
    uint8_t in[sizeof label - 1 + LIMIT_TEXT_BYTES], mac[MAC_BYTES];
    size_t len = text.len < LIMIT_TEXT_BYTES ? text.len : LIMIT_TEXT_BYTES;
    memcpy(in, label, sizeof label - 1);
    memcpy(in + sizeof label - 1, text.ptr, len);
    if (HMAC(EVP_sha256(), key->key, KEY_BYTES, in, sizeof label - 1 + len, mac, NULL) == NULL)
        WRONG("HMAC-SHA-256 failed");
    memcpy(mark, mac, MARK_BYTES);
    OPENSSL_cleanse(in, sizeof in);
}

/* Of chance, key and text together: where chance fails, as in a cloned machine, two texts still have two. */
static void nonce_of(struct customer_keys *k, uint8_t nonce[NONCE_BYTES], const struct customer_key *key,
                     struct bytes aad, struct str text)
{
    uint8_t salt[SALT_BYTES], digest[MAC_BYTES];
    nonce_pool_take(&k->pool, salt, sizeof salt);
    hasher_begin(k->hasher);
    hasher_add(k->hasher, str_bytes(STR("daybook/v1/personal-nonce")));
    hasher_add(k->hasher, (struct bytes){key->key, KEY_BYTES});
    hasher_add(k->hasher, (struct bytes){salt, sizeof salt});
    hasher_add(k->hasher, aad);
    hasher_add(k->hasher, str_bytes(text));
    hasher_end(k->hasher, digest);
    memcpy(nonce, digest, NONCE_BYTES);
}

static enum err seal(struct customer_keys *k, const struct personal_place *at, struct str text,
                     struct error *e)
{
    const struct key_pair *pair = NULL;
    uint8_t mark[MARK_BYTES], nonce[NONCE_BYTES];
    enum err err = keys_find(&pair, k, at->customer, true, e);
    if (err != OK) return err;
    const struct customer_key *key = key_in(pair, at);
    if (key->state == KEY_ERASED)
        return fail(e, ERR_REFUSED, "customer cus_%ju was erased", (uintmax_t)at->customer);
    err = take_key(k, key, e);
    if (err != OK) return err;
    bool counted = at->kind == KIND_COUNTED;
    if (counted) mark_of(mark, key, text);
    struct bytes aad = aad_of(k, at, counted ? mark : NULL);
    nonce_of(k, nonce, key, aad, text);
    buffer_add(&k->sealed, key->id, KEY_ID_BYTES);
    if (counted) buffer_add(&k->sealed, mark, MARK_BYTES);
    buffer_add(&k->sealed, nonce, NONCE_BYTES);
    uint8_t *cipher = buffer_room(&k->sealed, text.len + TAG_BYTES);
    k->sealed.len += text.len + TAG_BYTES;
    return sealer_seal(k->sealer, cipher, nonce, aad, str_bytes(text), e);
}

struct bytes personal_seal(struct personal *p, const struct personal_place *at, struct str text)
{
    struct customer_keys *k = (struct customer_keys *)p;
    struct error e = {0};
    buffer_clear(&k->sealed);
    enum err err = k->failed == OK ? seal(k, at, text, &e) : k->failed;
    if (err == OK) return (struct bytes){k->sealed.ptr, k->sealed.len};
    if (k->failed == OK) k->failure = e;
    k->failed = err;
    return (struct bytes){NULL, 0};
}

static struct str erased(const uint8_t *mark, struct arena *a)
{
    if (mark == NULL) return STR(ERASED_TEXT);
    return str_format(a, ERASED_TEXT " %.*s", STR_ARG(hex_text(a, mark, MARK_BYTES)));
}

enum err personal_open(struct personal *p, struct str *out, const struct personal_place *at,
                       struct bytes sealed, struct arena *a, struct error *e)
{
    struct customer_keys *k = (struct customer_keys *)p;
    const struct key_pair *pair = NULL;
    bool counted = at->kind == KIND_COUNTED;
    size_t head = KEY_ID_BYTES + (counted ? (size_t)MARK_BYTES : 0);
    if (sealed.len <= head + NONCE_BYTES + TAG_BYTES) return fail(e, ERR_TAMPERED, "the sealed text is cut");
    enum err err = keys_find(&pair, k, at->customer, false, e);
    if (err != OK) return err;
    const struct customer_key *key = key_in(pair, at);
    const uint8_t *mark = counted ? sealed.ptr + KEY_ID_BYTES : NULL;
    if (memcmp(key->id, sealed.ptr, KEY_ID_BYTES) != 0)
        return fail(e, ERR_INCOMPLETE,
                    "the key of customer cus_%ju is not the one of his texts: the customers' "
                    "keys are those of another copy",
                    (uintmax_t)at->customer);
    if (key->state == KEY_ERASED) {
        *out = erased(mark, a);
        return OK;
    }
    err = take_key(k, key, e);
    if (err != OK) return err;
    struct bytes cipher = {sealed.ptr + head + NONCE_BYTES, sealed.len - head - NONCE_BYTES};
    uint8_t *plain = arena_take(a, cipher.len - TAG_BYTES, 1);
    *out = (struct str){(const char *)plain, cipher.len - TAG_BYTES};
    return sealer_open(k->sealer, plain, sealed.ptr + head, aad_of(k, at, mark), cipher, e);
}

/* Written before there were keys, and in the log for ever; but whoever was erased is not shown any more. */
void personal_plain(struct personal *p, struct str *text, const struct personal_place *at, struct arena *a)
{
    struct customer_keys *k = (struct customer_keys *)p;
    const struct key_pair *pair = NULL;
    uint8_t digest[MAC_BYTES];
    struct error unused = {0};
    if (keys_find(&pair, k, at->customer, false, &unused) != OK || key_in(pair, at)->state != KEY_ERASED)
        return;
    hasher_digest(k->hasher, digest, str_bytes(*text), (struct bytes){0}, (struct bytes){0});
    *text = erased(at->kind == KIND_COUNTED ? digest : NULL, a);
}
