/* SPDX-License-Identifier: MIT */
/* key_text.c - the text that a key file holds when a passphrase protects it. The passphrase goes through
 * scrypt (RFC 7914) to a key that seals the content; everything in front of the ciphertext is its AAD, so
 * that nothing of the file can be changed unseen. Only the one spelling that the writer has is read. */
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <string.h>

#include "ledger/store/key_file.h"
#include "ledger/store/keys.h"

static const char first_line[] = "daybook-key@v1\n";
enum { SCRYPT_SALT_BYTES = 16, N_LEAST = 1024, P_MOST = 16, R_MOST = 64 };

const struct scrypt_cost key_file_cost = {.n = 1 << 17, .r = 8, .p = 1};

struct key_text {
    struct scrypt_cost cost;
    uint8_t salt[SCRYPT_SALT_BYTES], nonce[NONCE_BYTES];
    struct bytes sealed;
};

/* ---- scrypt ---- */

static bool is_power_of_two(uint64_t n)
{
    return n != 0 && (n & (n - 1)) == 0;
}

/* Also what bounds the time: each of these bytes is written and read once. */
static bool is_bearable(const struct scrypt_cost *c)
{
    return is_power_of_two(c->n) && c->n >= N_LEAST && c->r >= 1 && c->r <= R_MOST && c->p >= 1 &&
           c->p <= P_MOST && c->n <= (uint64_t)LIMIT_SCRYPT_BYTES / 128 / c->r / c->p;
}

static bool scrypt(uint8_t key[KEY_BYTES], const struct key_text *t, struct str passphrase)
{
    uint64_t n = t->cost.n, most = (uint64_t)LIMIT_SCRYPT_BYTES + (1 << 20);
    uint32_t r = t->cost.r, p = t->cost.p;
    void *pass = NULL; /* OpenSSL's parameters are not const */
    uint8_t salt[SCRYPT_SALT_BYTES];
    memcpy(&pass, &passphrase.ptr, sizeof pass);
    memcpy(salt, t->salt, sizeof salt);
    OSSL_PARAM params[] = {OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_PASSWORD, pass, passphrase.len),
                           OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, salt, sizeof salt),
                           OSSL_PARAM_construct_uint64(OSSL_KDF_PARAM_SCRYPT_N, &n),
                           OSSL_PARAM_construct_uint32(OSSL_KDF_PARAM_SCRYPT_R, &r),
                           OSSL_PARAM_construct_uint32(OSSL_KDF_PARAM_SCRYPT_P, &p),
                           OSSL_PARAM_construct_uint64(OSSL_KDF_PARAM_SCRYPT_MAXMEM, &most),
                           OSSL_PARAM_construct_end()};
    EVP_KDF *kdf = EVP_KDF_fetch(NULL, "SCRYPT", NULL);
    EVP_KDF_CTX *context = kdf == NULL ? NULL : EVP_KDF_CTX_new(kdf);
    bool fine = context != NULL && EVP_KDF_derive(context, key, KEY_BYTES, params) == 1;
    EVP_KDF_CTX_free(context); /* wipes the passphrase */
    EVP_KDF_free(kdf);
    return fine;
}

static enum err sealer_of(struct sealer **out, const struct key_text *t, struct str passphrase,
                          struct error *e)
{
    uint8_t *key = locked_new(KEY_BYTES);
    enum err err = scrypt(key, t, passphrase)
                       ? sealer_new(out, key, e)
                       : fail(e, ERR_STORAGE, "scrypt cannot be computed: there is not enough memory");
    locked_free(key, KEY_BYTES);
    return err;
}

/* ---- the text ---- */

static struct str header_of(const struct key_text *t, struct arena *a)
{
    return str_format(a, "%sscrypt %llu %u %u\n%.*s\n%.*s\n", first_line, (unsigned long long)t->cost.n,
                      t->cost.r, t->cost.p, STR_ARG(base64_text(a, (struct bytes){t->salt, sizeof t->salt})),
                      STR_ARG(base64_text(a, (struct bytes){t->nonce, sizeof t->nonce})));
}

static enum err malformed(struct error *e)
{
    return fail(e, ERR_INVALID, "it is no key file that a passphrase protects, or a damaged one");
}

static bool take_number(uint64_t *out, struct str *line)
{
    struct error unused = {0};
    size_t len = 0;
    while (len < line->len && line->ptr[len] != ' ') len++;
    bool fine = uint_parse(out, (struct str){line->ptr, len}, &unused) == OK && *out <= UINT32_MAX;
    size_t taken = len < line->len ? len + 1 : len;
    *line = (struct str){line->ptr + taken, line->len - taken};
    return fine;
}

static bool take_cost(struct scrypt_cost *out, struct str line)
{
    static const char word[] = "scrypt ";
    uint64_t n = 0, r = 0, p = 0;
    if (!str_starts(line, word)) return false;
    line = (struct str){line.ptr + sizeof word - 1, line.len - (sizeof word - 1)};
    if (!take_number(&n, &line) || !take_number(&r, &line) || !take_number(&p, &line)) return false;
    *out = (struct scrypt_cost){.n = n, .r = (uint32_t)r, .p = (uint32_t)p};
    return true;
}

static bool take_bytes(uint8_t *to, size_t len, struct str line, struct arena *a)
{
    struct error unused = {0};
    struct bytes b = {0};
    if (base64_decode(&b, line, a, &unused) != OK || b.len != len) return false;
    memcpy(to, b.ptr, len);
    return true;
}

bool key_text_is_protected(struct str text)
{
    return str_starts(text, first_line);
}

/* Read leniently, written again, and compared: what differs in a single byte is refused. */
static enum err parse(struct key_text *out, struct str text, struct arena *a, struct error *e)
{
    struct str rest = text, line = STR_NONE, salt = STR_NONE, nonce = STR_NONE, sealed = STR_NONE;
    struct error unused = {0};
    bool is_one = key_text_is_protected(text) && str_take_until(&line, &rest, '\n');
    bool fine = is_one && str_take_until(&line, &rest, '\n') && take_cost(&out->cost, line) &&
                str_take_until(&salt, &rest, '\n') && take_bytes(out->salt, sizeof out->salt, salt, a) &&
                str_take_until(&nonce, &rest, '\n') && take_bytes(out->nonce, sizeof out->nonce, nonce, a) &&
                str_take_until(&sealed, &rest, '\n') && rest.len == 0 &&
                base64_decode(&out->sealed, sealed, a, &unused) == OK && out->sealed.len > TAG_BYTES &&
                out->sealed.len <= LIMIT_PROTECTED_KEY_BYTES + TAG_BYTES;
    if (!fine) return malformed(e);
    struct str header = header_of(out, a);
    if (header.len > text.len || memcmp(header.ptr, text.ptr, header.len) != 0) return malformed(e);
    if (is_bearable(&out->cost)) return OK;
    return fail(e, ERR_INVALID, "it asks for scrypt with N %llu, r %u, p %u, which is not within the limits",
                (unsigned long long)out->cost.n, out->cost.r, out->cost.p);
}

static enum err protect(struct secret *out, struct key_text *t, struct str content, struct str passphrase,
                        struct arena *a, struct error *e)
{
    uint8_t sealed[LIMIT_PROTECTED_KEY_BYTES + TAG_BYTES];
    struct sealer *s = NULL;
    struct str header = header_of(t, a);
    enum err err = sealer_of(&s, t, passphrase, e);
    if (err == OK) err = sealer_seal(s, sealed, t->nonce, str_bytes(header), str_bytes(content), e);
    sealer_free(s);
    if (err != OK) return err;
    struct str body = base64_text(a, (struct bytes){sealed, content.len + TAG_BYTES});
    secret_begin(out);
    assert(header.len + body.len + 1 <= LIMIT_KEY_FILE_BYTES);
    memcpy(out->text, header.ptr, header.len);
    memcpy(out->text + header.len, body.ptr, body.len);
    out->text[header.len + body.len] = '\n';
    out->len = header.len + body.len + 1;
    return OK;
}

enum err key_text_protect(struct secret *out, struct str content, struct str passphrase,
                          const struct scrypt_cost *cost, struct world w, struct error *e)
{
    struct key_text t = {.cost = *cost};
    struct arena *a = arena_new();
    assert(is_bearable(cost));
    w.random(w.self, t.salt, sizeof t.salt);
    w.random(w.self, t.nonce, sizeof t.nonce);
    enum err err = content.len == 0 || content.len > LIMIT_PROTECTED_KEY_BYTES
                       ? fail(e, ERR_INVALID, "it is empty, or longer than a key")
                       : protect(out, &t, content, passphrase, a, e);
    arena_free(a);
    return err;
}

static enum err open_sealed(struct secret *out, const struct key_text *t, struct str passphrase,
                            struct arena *a, struct error *e)
{
    struct error unused = {0};
    struct sealer *s = NULL;
    enum err err = sealer_of(&s, t, passphrase, e);
    if (err != OK) return err;
    secret_begin(out);
    void *to = out->text;
    out->len = t->sealed.len - TAG_BYTES;
    err = sealer_open(s, to, t->nonce, str_bytes(header_of(t, a)), t->sealed, &unused);
    sealer_free(s);
    if (err == OK) return OK;
    secret_wipe(out);
    return fail(e, ERR_INVALID, "the passphrase does not open it, or it is damaged");
}

enum err key_text_open(struct secret *out, struct str text, struct str passphrase, struct error *e)
{
    struct key_text t = {.sealed = {0}};
    struct arena *a = arena_new();
    enum err err = parse(&t, text, a, e);
    if (err == OK) err = open_sealed(out, &t, passphrase, a, e);
    arena_free(a);
    return err;
}
