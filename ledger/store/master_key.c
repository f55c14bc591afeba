/* SPDX-License-Identifier: MIT */
/* master_key.c - where the master key comes from and where it stays. It stands in a page of its own that is
 * locked, left out of core files and wiped at the end; every buffer that it passes through is wiped too. Its
 * bytes, the file's content and the key command never appear in an error. */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ledger/store/keys.h"

struct master_key {
    uint8_t bytes[KEY_BYTES];
};
enum { KEY_TEXT_BYTES = 2 * KEY_BYTES + 1, DERIVE_INPUT_BYTES = 256 };

void keys_harden_process(void)
{
    /* Each is a precaution that the kernel may deny (a container's policy); the ledger works without. */
    (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    struct rlimit none = {0, 0};
    (void)setrlimit(RLIMIT_CORE, &none);
    umask(077);
}

/* ---- memory ---- */

enum err master_key_from_bytes(struct master_key **out, const uint8_t key[KEY_BYTES], struct error *e)
{
    (void)e;
    struct master_key *k = locked_new(sizeof *k);
    memcpy(k->bytes, key, KEY_BYTES);
    *out = k;
    return OK;
}

void master_key_close(struct master_key *k)
{
    locked_free(k, sizeof *k);
}

/* ---- derivation ---- */

static bool hkdf(uint8_t *out, size_t out_len, struct bytes secret, uint8_t *salt, size_t salt_len,
                 uint8_t *info, size_t info_len)
{
    char digest[] = "SHA256";
    void *key = NULL; /* OpenSSL's parameters are not const */
    memcpy(&key, &secret.ptr, sizeof key);
    OSSL_PARAM params[5];
    size_t n = 0;
    params[n++] = OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0);
    params[n++] = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, key, secret.len);
    if (salt_len > 0) params[n++] = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, salt, salt_len);
    if (info_len > 0) params[n++] = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info, info_len);
    params[n] = OSSL_PARAM_construct_end();
    EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
    EVP_KDF_CTX *context = kdf == NULL ? NULL : EVP_KDF_CTX_new(kdf);
    bool fine = context != NULL && EVP_KDF_derive(context, out, out_len, params) == 1;
    EVP_KDF_CTX_free(context);
    EVP_KDF_free(kdf);
    return fine;
}

enum err key_derive(uint8_t *out, size_t out_len, struct bytes secret, struct bytes salt, struct bytes info,
                    struct error *e)
{
    assert(secret.len <= DERIVE_INPUT_BYTES);
    assert(salt.len <= DERIVE_INPUT_BYTES);
    assert(info.len <= DERIVE_INPUT_BYTES);
    uint8_t salt_copy[DERIVE_INPUT_BYTES], info_copy[DERIVE_INPUT_BYTES];
    bytes_put(salt_copy, salt);
    bytes_put(info_copy, info);
    if (hkdf(out, out_len, secret, salt_copy, salt.len, info_copy, info.len)) return OK;
    OPENSSL_cleanse(out, out_len);
    return fail(e, ERR_STORAGE, "cannot derive a key: the cryptographic library failed");
}

enum err master_key_derive(uint8_t out[KEY_BYTES], const struct master_key *k, struct bytes salt,
                           struct bytes info, struct error *e)
{
    return key_derive(out, KEY_BYTES, (struct bytes){k->bytes, KEY_BYTES}, salt, info, e);
}

enum err master_key_sealer(struct sealer **out, const struct master_key *k, struct bytes salt,
                           struct bytes info, struct error *e)
{
    uint8_t *key = locked_new(KEY_BYTES);
    enum err err = master_key_derive(key, k, salt, info, e);
    if (err == OK) err = sealer_new(out, key, e);
    locked_free(key, KEY_BYTES);
    return err;
}

void master_key_name(uint8_t out[KEY_NAME_BYTES], const struct master_key *k)
{
    struct error e = {0};
    uint8_t name[KEY_BYTES];
    if (master_key_derive(name, k, (struct bytes){0}, str_bytes(STR("daybook/v1/name")), &e) != OK)
        WRONG("HKDF-SHA-256 failed");
    memcpy(out, name, KEY_NAME_BYTES);
}

enum err master_key_copy(struct master_key **out, const struct master_key *k, struct error *e)
{
    return master_key_from_bytes(out, k->bytes, e);
}

/* ---- one key under another ---- */

enum err master_key_wrap(uint8_t out[WRAPPED_KEY_BYTES], const struct master_key *k,
                         const struct master_key *under, struct bytes info, const uint8_t nonce[NONCE_BYTES],
                         struct bytes aad, struct error *e)
{
    struct sealer *s = NULL;
    enum err err = master_key_sealer(&s, under, (struct bytes){0}, info, e);
    if (err == OK) err = sealer_seal(s, out, nonce, aad, (struct bytes){k->bytes, KEY_BYTES}, e);
    sealer_free(s);
    return err;
}

/* GCM does not bind a ciphertext to one key, but the name of what was sealed does. */
static enum err check_name(const struct master_key *k, const uint8_t name[KEY_NAME_BYTES], struct error *e)
{
    uint8_t is[KEY_NAME_BYTES];
    master_key_name(is, k);
    return memcmp(is, name, sizeof is) == 0 ? OK : fail(e, ERR_TAMPERED, "it has another name");
}

enum err master_key_unwrap(struct master_key **out, const struct master_key *under,
                           const uint8_t name[KEY_NAME_BYTES], struct bytes info,
                           const uint8_t nonce[NONCE_BYTES], struct bytes aad, struct bytes sealed,
                           struct error *e)
{
    assert(sealed.len == WRAPPED_KEY_BYTES);
    struct sealer *s = NULL;
    struct master_key *k = locked_new(sizeof *k);
    enum err err = master_key_sealer(&s, under, (struct bytes){0}, info, e);
    if (err == OK) err = sealer_open(s, k->bytes, nonce, aad, sealed, e);
    if (err == OK) err = check_name(k, name, e);
    sealer_free(s);
    if (err == OK)
        *out = k;
    else
        master_key_close(k);
    return err;
}

/* ---- the file ---- */

/* 64 hexadecimal digits and at most one line end, or exactly 32 raw bytes. */
static enum err key_parse(struct master_key **out, struct str content, struct error *e)
{
    struct master_key *k = locked_new(sizeof *k);
    enum err err = OK;
    struct str digits = content;
    if (digits.len > 0 && digits.ptr[digits.len - 1] == '\n') digits.len--;
    if (digits.len > 0 && digits.len < content.len && digits.ptr[digits.len - 1] == '\r') digits.len--;
    if (content.len == KEY_BYTES) {
        memcpy(k->bytes, content.ptr, KEY_BYTES);
    } else if (digits.len != (size_t)2 * KEY_BYTES) {
        err = fail(e, ERR_INVALID, "it holds %zu bytes, not 64 hexadecimal digits", content.len);
    } else {
        struct error inner = {0}; /* its sentence might quote the digits */
        if (hex_decode(k->bytes, KEY_BYTES, digits, &inner) != OK)
            err = fail(e, ERR_INVALID, "it does not consist of 64 hexadecimal digits");
    }
    if (err == OK)
        *out = k;
    else
        master_key_close(k);
    return err;
}

static enum err key_take(struct master_key **out, const struct secret *content, struct error *e)
{
    return key_parse(out, (struct str){content->text, content->len}, e);
}

/* The real path of the longest part of `path` that exists: enough to say whether something lies inside a
 * folder. */
static bool real_part(char out[PATH_MAX], const char *path)
{
    char copy[PATH_MAX];
    int n = snprintf(copy, sizeof copy, "%s", path);
    if (n < 0 || (size_t)n >= sizeof copy) return false;
    char *part = copy;
    while (realpath(part, out) == NULL) {
        if (errno != ENOENT || strcmp(part, "/") == 0 || strcmp(part, ".") == 0) return false;
        part = dirname(part);
    }
    return true;
}

static bool lies_inside(const char *path, const char *dir)
{
    char real_dir[PATH_MAX], real_file[PATH_MAX];
    size_t len = strlen(dir);
    /* A folder that does not exist yet: only the spelling can tell. */
    if (realpath(dir, real_dir) == NULL) return strncmp(path, dir, len) == 0 && path[len] == '/';
    if (!real_part(real_file, path)) return false;
    len = strlen(real_dir);
    return strncmp(real_file, real_dir, len) == 0 &&
           (real_file[len] == '/' || real_file[len] == 0 || len == 1);
}

enum err master_key_make(const char *path, const struct passphrase_source *by, struct world w,
                         struct error *e)
{
    struct secret text = {.text = NULL};
    uint8_t *key = locked_new(KEY_BYTES);
    w.random(w.self, key, KEY_BYTES);
    secret_begin(&text);
    hex_encode(text.text, key, KEY_BYTES);
    text.text[KEY_TEXT_BYTES - 1] = '\n';
    struct error why = {0};
    enum err err = key_file_make(path, (struct str){text.text, KEY_TEXT_BYTES}, by, w, &why);
    locked_free(key, KEY_BYTES);
    secret_wipe(&text);
    if (err == OK || err == ERR_REFUSED) return OK; /* of two that create it at once, both get the first's */
    *e = why;
    return wrap(e, "cannot create key file '%s'", path);
}

static enum err key_read(struct master_key **out, int fd, const char *path,
                         const struct passphrase_source *from, struct error *e)
{
    struct secret content = {.text = NULL};
    enum err err = key_file_read_open(&content, fd, path, from, e);
    if (err == OK) err = key_take(out, &content, e);
    secret_wipe(&content);
    return err == OK ? OK : wrap(e, "cannot use key file '%s'", path);
}

enum err master_key_open(struct master_key **out, const char *path, const char *dir, bool create,
                         const struct passphrase_source *from, struct world w, struct error *e)
{
    if (dir != NULL && lies_inside(path, dir))
        return fail(e, ERR_INVALID,
                    "cannot use key file '%s': it lies inside the data directory that it protects", path);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT && create) {
        enum err err = master_key_make(path, NULL, w, e);
        if (err != OK) return err;
        fd = open(path, O_RDONLY | O_CLOEXEC);
    }
    if (fd < 0 && errno == ENOENT)
        return fail(e, ERR_NOT_FOUND, "cannot open key file '%s': there is none", path);
    if (fd < 0) return fail_errno(e, errno, "cannot open key file '%s'", path);
    enum err err = key_read(out, fd, path, from, e);
    (void)close(fd); /* only read */
    return err;
}

enum err master_key_from_command(struct master_key **out, const char *command,
                                 const struct passphrase_source *from, struct error *e)
{
    struct secret printed = {.text = NULL};
    if (secret_from_command(&printed, command, e) != OK) return wrap(e, "cannot get the key");
    enum err err = key_content_open(&printed, "the key command's output", from, e);
    if (err == OK) err = key_take(out, &printed, e);
    secret_wipe(&printed);
    return err == OK ? OK : wrap(e, "cannot use what the key command printed");
}
