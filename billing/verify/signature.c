/* SPDX-License-Identifier: MIT */
/* signature.c - see signature.h. Both forms are written anew from the 64 bytes of the signature and compared,
 * so that nothing in them can be changed unseen. */
#include "billing/verify/signature.h"

#include <openssl/evp.h>
#include <sys/mman.h>
#include <unistd.h>

enum { FILE_MAX_BYTES = 4096, SSH_LINE = 70, NUMBER_BYTES = 8 };
static const char sums_name[] = "SHA256SUMS";
static const char signify_name[] = "SHA256SUMS.sig";
static const char signify_key_name[] = "signify.pub";
static const char ssh_name[] = "SHA256SUMS.sshsig";
static const char comment[] = "untrusted comment: ";
static const char ssh_begin[] = "-----BEGIN SSH SIGNATURE-----\n";
static const char ssh_end[] = "-----END SSH SIGNATURE-----\n";

/* ---- signify ---- */

/* "Ed", the key's number, and the signature or the key. The comment of a signature is covered by nothing
 * else, so it has to be the one that archives have; that of the key stands in a file that SHA256SUMS covers.
 */
static bool read_signify(struct bytes *number, struct bytes *rest, struct str text, const char *says,
                         struct arena *a)
{
    struct error unused = {0};
    struct str line = STR_NONE, base64 = STR_NONE;
    struct bytes b = {0};
    if (!line_take(&line, &text) || !str_starts(line, comment) || !line_take(&base64, &text) || text.len != 0)
        return false;
    line = (struct str){line.ptr + sizeof comment - 1, line.len - (sizeof comment - 1)};
    if ((says != NULL && !str_is(line, says)) || base64_decode(&b, base64, a, &unused) != OK) return false;
    if (b.len <= 2 + NUMBER_BYTES || memcmp(b.ptr, "Ed", 2) != 0) return false;
    *number = (struct bytes){b.ptr + 2, NUMBER_BYTES};
    *rest = (struct bytes){b.ptr + 2 + NUMBER_BYTES, b.len - 2 - NUMBER_BYTES};
    return true;
}

/* The whole file as one message, as Ed25519 wants it; not read into memory, for it may be long. */
static bool signed_file(const struct key *k, const uint8_t signature[SIGNATURE_BYTES], int fd, uint64_t size)
{
    void *at = size == 0 ? MAP_FAILED : mmap(NULL, (size_t)size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (at == MAP_FAILED) return false;
    bool fine = key_signed(k->public, signature, (struct bytes){at, (size_t)size});
    munmap(at, (size_t)size);
    return fine;
}

static enum err check_signify(int folder, const struct key *k, int fd, uint64_t size, struct arena *a,
                              struct fault *f)
{
    struct bytes text = {0}, number = {0}, public = {0}, signature = {0}, same = {0};
    enum err err = place_read(&text, folder, signify_key_name, FILE_MAX_BYTES, a, f);
    if (err != OK) return err;
    if (!read_signify(&number, &public, bytes_str(text), NULL, a) || public.len != KEY_BYTES)
        return fault_of(f, signify_key_name, ERR_TAMPERED, "it is not a public key of signify");
    if (memcmp(public.ptr, k->public, KEY_BYTES) != 0)
        return fault_of(f, signify_key_name, ERR_TAMPERED, "it is not the key that signed the checkpoint");
    err = place_read(&text, folder, signify_name, FILE_MAX_BYTES, a, f);
    if (err != OK) return err;
    if (!read_signify(&same, &signature, bytes_str(text), "verify with signify.pub", a) ||
        signature.len != SIGNATURE_BYTES)
        return fault_of(f, signify_name, ERR_TAMPERED, "it is not a signature of signify");
    if (!bytes_equal(number, same) || !signed_file(k, signature.ptr, fd, size))
        return fault_of(f, signify_name, ERR_TAMPERED, "it is not the key's signature of SHA256SUMS");
    return OK;
}

/* ---- SSHSIG ---- */

static void put_string(struct buffer *b, struct bytes s)
{
    uint8_t len[4];
    be32_put(len, (uint32_t)s.len);
    buffer_add(b, len, sizeof len);
    if (s.len > 0) buffer_add(b, s.ptr, s.len);
}

static void put_text(struct buffer *b, const char *text)
{
    put_string(b, str_bytes(str_of(text)));
}

static void put_use(struct buffer *b)
{
    put_text(b, "daybook-archive");
    put_text(b, "");
    put_text(b, "sha512");
}

static struct str armor(struct bytes blob, struct arena *a)
{
    struct buffer b = {.arena = a};
    struct str text = base64_text(a, blob);
    buffer_print(&b, "%s", ssh_begin);
    for (size_t at = 0; at < text.len; at += SSH_LINE) {
        size_t len = text.len - at < SSH_LINE ? text.len - at : SSH_LINE;
        buffer_print(&b, "%.*s\n", STR_ARG(((struct str){text.ptr + at, len})));
    }
    buffer_print(&b, "%s", ssh_end);
    return (struct str){(const char *)b.ptr, b.len};
}

/* The one text that a signature by this key has. */
static struct str ssh_text(const struct key *k, const uint8_t signature[SIGNATURE_BYTES], struct arena *a)
{
    struct buffer public = {.arena = a}, signed_with = {.arena = a}, blob = {.arena = a};
    put_text(&public, "ssh-ed25519");
    put_string(&public, (struct bytes){k->public, KEY_BYTES});
    put_text(&signed_with, "ssh-ed25519");
    put_string(&signed_with, (struct bytes){signature, SIGNATURE_BYTES});
    buffer_add(&blob, "SSHSIG\0\0\0\1", 10);
    put_string(&blob, (struct bytes){public.ptr, public.len});
    put_use(&blob);
    put_string(&blob, (struct bytes){signed_with.ptr, signed_with.len});
    return armor((struct bytes){blob.ptr, blob.len}, a);
}

static bool hash_file(uint8_t hash[64], int fd, uint64_t size, struct error *e)
{
    uint8_t piece[8192];
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    bool fine = c != NULL && EVP_DigestInit_ex(c, EVP_sha512(), NULL) == 1;
    for (uint64_t at = 0; fine && at < size;) {
        size_t len = size - at < sizeof piece ? (size_t)(size - at) : sizeof piece;
        fine = fd_read(piece, len, fd, at, e) == OK && EVP_DigestUpdate(c, piece, len) == 1;
        at += len;
    }
    fine = fine && EVP_DigestFinal_ex(c, hash, NULL) == 1;
    EVP_MD_CTX_free(c);
    return fine;
}

/* The 64 bytes are the last ones of what stands between the two lines. */
static bool read_ssh(struct bytes *signature, struct str text, struct arena *a)
{
    struct error unused = {0};
    struct buffer base64 = {.arena = a};
    struct str line = STR_NONE;
    struct bytes blob = {0};
    if (!str_starts(text, ssh_begin) || !line_take(&line, &text)) return false;
    while (line_take(&line, &text) && !str_starts(line, "-"))
        buffer_add(&base64, line.len > 0 ? line.ptr : "", line.len);
    if (base64_decode(&blob, (struct str){(const char *)base64.ptr, base64.len}, a, &unused) != OK)
        return false;
    if (blob.len <= SIGNATURE_BYTES) return false;
    *signature = (struct bytes){blob.ptr + blob.len - SIGNATURE_BYTES, SIGNATURE_BYTES};
    return true;
}

static enum err check_ssh(int folder, const struct key *k, int fd, uint64_t size, struct arena *a,
                          struct fault *f)
{
    struct bytes text = {0}, signature = {0};
    struct buffer message = {.arena = a};
    uint8_t hash[64] = {0};
    enum err err = place_read(&text, folder, ssh_name, FILE_MAX_BYTES, a, f);
    if (err != OK) return err;
    if (!read_ssh(&signature, bytes_str(text), a) ||
        !str_equal(bytes_str(text), ssh_text(k, signature.ptr, a)))
        return fault_of(f, ssh_name, ERR_TAMPERED,
                        "it is not a signature by the key for the use 'daybook-archive'");
    if (!hash_file(hash, fd, size, &f->error))
        return fault_of(f, sums_name, ERR_INCOMPLETE, "it cannot be read");
    buffer_add(&message, "SSHSIG", 6);
    put_use(&message);
    put_string(&message, (struct bytes){hash, sizeof hash});
    if (key_signed(k->public, signature.ptr, (struct bytes){message.ptr, message.len})) return OK;
    return fault_of(f, ssh_name, ERR_TAMPERED, "it is not the key's signature of SHA256SUMS");
}

static bool is_missing(int folder, const char *place, struct fault *f)
{
    int fd = -1;
    uint64_t size = 0;
    enum err err = place_open(&fd, &size, folder, place, f);
    if (err == OK) close(fd);
    return err == ERR_INCOMPLETE;
}

/* The keys are tried in their order: while one is being replaced there are two. */
enum err signatures_check(bool *is_unsigned, int folder, const struct keys *keys, struct str name,
                          struct arena *a, struct fault *f)
{
    int fd = -1;
    uint64_t size = 0;
    enum err err = place_open(&fd, &size, folder, sums_name, f);
    if (err != OK) return err;
    *is_unsigned = is_missing(folder, signify_name, f) && is_missing(folder, ssh_name, f);
    err = *is_unsigned ? ERR_INCOMPLETE : ERR_TAMPERED;
    for (size_t i = 0; err == ERR_TAMPERED && i < keys->count; i++) {
        if (!str_equal(keys->of[i].name, name)) continue;
        *f = (struct fault){.file = ""};
        err = check_signify(folder, &keys->of[i], fd, size, a, f);
        if (err == OK) err = check_ssh(folder, &keys->of[i], fd, size, a, f);
    }
    close(fd);
    return err;
}
