/* SPDX-License-Identifier: MIT */
/* kek.c - the key that wraps the customers' keys, in its file. That file is what an erasure destroys, so
 * there is never a second one of the same key: it is written in place, not by way of a temporary file, and it
 * is overwritten before it goes. What a file system or a disk keeps of overwritten blocks it cannot know. */
#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ledger/store/customer_keys_private.h"

/* magic 4, version 1, zero 3, origin 24, generation 8, salt 32, nonce 12, sealed key 48 */
enum { AT_ORIGIN = 8, AT_GENERATION = 32, AT_SALT = 40, AT_NONCE = 72, AT_KEY = 84 };
static const uint8_t kek_magic[AT_ORIGIN] = {'D', 'B', 'K', 'E', 1, 0, 0, 0};
_Static_assert(AT_KEY + KEY_BYTES + TAG_BYTES == KEK_FILE_BYTES, "the sealed key ends the file");

static enum err wrapping(struct sealer **out, const uint8_t *file, const struct master_key *m,
                         struct error *e)
{
    static const char label[] = "daybook/v1/kek";
    uint8_t key[KEY_BYTES], info[sizeof label - 1 + ORIGIN_BYTES];
    memcpy(info, label, sizeof label - 1);
    memcpy(info + sizeof label - 1, file + AT_ORIGIN, ORIGIN_BYTES);
    enum err err = master_key_derive(key, m, (struct bytes){file + AT_SALT, AT_NONCE - AT_SALT},
                                     (struct bytes){info, sizeof info}, e);
    if (err == OK) err = sealer_new(out, key, e);
    OPENSSL_cleanse(key, sizeof key);
    return err;
}

static enum err unwrap(struct kek *out, const uint8_t file[KEK_FILE_BYTES], const struct master_key *m,
                       struct error *e)
{
    struct sealer *s = NULL;
    enum err err = wrapping(&s, file, m, e);
    if (err != OK) return err;
    err = sealer_open(s, out->key, file + AT_NONCE, (struct bytes){file, AT_NONCE},
                      (struct bytes){file + AT_KEY, KEY_BYTES + TAG_BYTES}, e);
    sealer_free(s);
    out->generation = be64_get(file + AT_GENERATION);
    return err;
}

enum err kek_read(struct kek *out, const char *path, const struct master_key *m, const char *origin,
                  struct error *e)
{
    uint8_t file[KEK_FILE_BYTES + 1];
    size_t got = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT) return fail(e, ERR_NOT_FOUND, "there is no '%s'", path);
    if (fd < 0) return fail_errno(e, errno, "cannot open '%s'", path);
    struct stat info = {0};
    enum err err = fstat(fd, &info) == 0 ? OK : fail_errno(e, errno, "cannot look at '%s'", path);
    if (err == OK && !S_ISREG(info.st_mode)) err = fail(e, ERR_INVALID, "'%s' is not a regular file", path);
    if (err == OK && (info.st_mode & 077) != 0)
        err = fail(e, ERR_INVALID, "'%s' must not be readable by others: chmod 600", path);
    if (err == OK) err = file_get(&got, fd, file, sizeof file, 0, e);
    (void)close(fd); /* only read */
    if (err != OK) return err;
    bool whole = got == KEK_FILE_BYTES && memcmp(file, kek_magic, sizeof kek_magic) == 0;
    if (whole && memcmp(file + AT_ORIGIN, origin, ORIGIN_BYTES) != 0)
        return fail(e, ERR_TAMPERED, "'%s' belongs to another ledger", path);
    if (!whole || unwrap(out, file, m, e) != OK)
        return fail(e, ERR_TAMPERED, "'%s' is damaged, or sealed under another master key", path);
    return OK;
}

enum err kek_write(const struct kek *kek, const char *path, const struct master_key *m, const char *origin,
                   struct world w, struct error *e)
{
    uint8_t file[KEK_FILE_BYTES];
    struct sealer *s = NULL;
    memcpy(file, kek_magic, sizeof kek_magic);
    memcpy(file + AT_ORIGIN, origin, ORIGIN_BYTES);
    be64_put(file + AT_GENERATION, kek->generation);
    w.random(w.self, file + AT_SALT, AT_KEY - AT_SALT);
    enum err err = wrapping(&s, file, m, e);
    if (err == OK)
        err = sealer_seal(s, file + AT_KEY, file + AT_NONCE, (struct bytes){file, AT_NONCE},
                          (struct bytes){kek->key, KEY_BYTES}, e);
    sealer_free(s);
    if (err != OK) return err;
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0) return fail_errno(e, errno, "cannot create '%s'", path);
    err = file_put(fd, (struct bytes){file, sizeof file}, 0, e);
    if (err == OK && fsync(fd) != 0) err = fail_errno(e, errno, "cannot sync '%s'", path);
    if (close(fd) != 0 && err == OK) err = fail_errno(e, errno, "cannot close '%s'", path);
    return err == OK ? folder_sync(path, e) : err;
}

static enum err put_noise(int fd, const char *path, struct world w, struct error *e)
{
    uint8_t noise[KEK_FILE_BYTES];
    w.random(w.self, noise, sizeof noise);
    enum err err = file_put(fd, (struct bytes){noise, sizeof noise}, 0, e);
    if (err == OK && fsync(fd) != 0) err = fail_errno(e, errno, "cannot sync '%s'", path);
    return err;
}

/* Fine if it is gone already. */
static enum err overwrite(const char *path, struct world w, struct error *e)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT) return OK;
    if (fd < 0) return fail_errno(e, errno, "cannot open '%s'", path);
    enum err err = put_noise(fd, path, w, e);
    (void)close(fd); /* synced */
    return err;
}

enum err kek_destroy(const char *path, struct world w, struct error *e)
{
    enum err err = overwrite(path, w, e);
    if (err == OK && unlink(path) != 0 && errno != ENOENT)
        err = fail_errno(e, errno, "cannot remove '%s'", path);
    return err == OK ? folder_sync(path, e) : err;
}

/* Beside the file, while the same key is put there under another master key. */
enum { FRESH_BYTES = KEYS_PATH_BYTES + 8 };
static enum err fresh_path(char out[FRESH_BYTES], const char *path, struct error *e)
{
    int n = snprintf(out, FRESH_BYTES, "%s.wrap", path);
    return n >= 0 && n < FRESH_BYTES ? OK : fail(e, ERR_LIMIT, "the path '%s' is too long", path);
}

enum err kek_rewrap(const struct kek *kek, const char *path, const struct master_key *m, const char *origin,
                    struct world w, struct error *e)
{
    char fresh[FRESH_BYTES];
    enum err err = fresh_path(fresh, path, e);
    if (err == OK) err = kek_write(kek, fresh, m, origin, w, e);
    if (err != OK) return err;
    int old = open(path, O_WRONLY | O_CLOEXEC);
    if (old < 0 && errno != ENOENT) return fail_errno(e, errno, "cannot open '%s'", path);
    if (rename(fresh, path) != 0) err = fail_errno(e, errno, "cannot rename '%s'", fresh);
    if (err == OK) err = folder_sync(path, e);
    /* Now, and not before: at no moment may there be none. */
    if (err == OK && old >= 0) err = put_noise(old, path, w, e);
    if (old >= 0) (void)close(old); /* synced */
    return err;
}

enum err kek_replace(const char *path, const char *next, struct world w, struct error *e)
{
    char fresh[FRESH_BYTES];
    enum err err = fresh_path(fresh, path, e);
    if (err == OK) err = kek_destroy(fresh, w, e); /* a killed rotation may have left it */
    if (err == OK) err = overwrite(path, w, e);
    if (err == OK && rename(next, path) != 0) err = fail_errno(e, errno, "cannot rename '%s'", next);
    return err == OK ? folder_sync(path, e) : err;
}
