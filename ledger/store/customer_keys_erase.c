/* SPDX-License-Identifier: MIT */
/* customer_keys_erase.c - everybody's keys wrapped anew but for those that are erased.
 *
 *   prepare   KEK.next, then customer-keys.next: both synced, nothing in use is touched
 *   (the event of the erasure is appended to the log: from here on it has happened)
 *   complete  customer-keys.next takes the place of customer-keys; KEK is overwritten, KEK.next takes its
 * place
 *
 * A process may be killed anywhere in between. The log alone tells whether what was prepared is to be
 * completed or thrown away; and once customer-keys is the new one, its generation tells which KEK is meant.
 */
#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ledger/store/customer_keys_private.h"

struct rewrapping {
    struct customer_keys *keys;
    struct key_wrap to;
    const struct erased_keys *erased;
    size_t count;
    FILE *out;
};

static void leave_out(struct key_pair *pair, const struct erased_keys *erased, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (erased[i].customer != pair->customer) continue;
        for (int c = 0; c < KEY_CLASSES; c++) {
            if (!erased[i].of[c]) continue;
            OPENSSL_cleanse(pair->of[c].key, KEY_BYTES);
            pair->of[c].state = KEY_ERASED;
        }
    }
}

static enum err rewrap_pair(struct rewrapping *r, uint64_t customer, const uint8_t *from, struct error *e)
{
    struct key_pair pair = {.customer = customer};
    uint8_t to[KEY_PAIR_BYTES];
    enum err err = key_pair_unwrap(&pair, from, &r->keys->wrap, e);
    if (err == ERR_TAMPERED && customer >= r->keys->unborn) { /* of nobody: torn when the machine went down */
        pair = (struct key_pair){.customer = customer};
        err = OK;
    }
    leave_out(&pair, r->erased, r->count);
    if (err == OK) err = key_pair_wrap(to, &pair, &r->to, &r->keys->pool, e);
    OPENSSL_cleanse(&pair, sizeof pair);
    if (err == OK && fwrite(to, sizeof to, 1, r->out) != 1)
        err = fail_errno(e, errno, "cannot write '%s'", r->keys->next);
    return err;
}

static enum err rewrap_all(struct rewrapping *r, struct error *e)
{
    enum { PAIRS = 64 };
    uint8_t bytes[PAIRS * KEY_PAIR_BYTES];
    uint64_t customer = 1;
    size_t got = sizeof bytes;
    enum err err = keys_header_make(bytes, &r->to, &r->keys->pool, e);
    if (err == OK && fwrite(bytes, KEYS_HEADER_BYTES, 1, r->out) != 1)
        err = fail_errno(e, errno, "cannot write '%s'", r->keys->next);
    while (err == OK && got == sizeof bytes) {
        uint64_t at = KEYS_HEADER_BYTES + (customer - 1) * KEY_PAIR_BYTES;
        err = file_get(&got, r->keys->fd, bytes, sizeof bytes, at, e);
        for (size_t i = 0; err == OK && (i + 1) * KEY_PAIR_BYTES <= got; i++)
            err = rewrap_pair(r, customer++, bytes + i * KEY_PAIR_BYTES, e);
    }
    return err;
}

static enum err write_next(struct rewrapping *r, struct error *e)
{
    const char *path = r->keys->next;
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    r->out = fd < 0 ? NULL : fdopen(fd, "w");
    if (r->out == NULL) return fail_errno(e, errno, "cannot create '%s'", path);
    enum err err = rewrap_all(r, e);
    if (err == OK && (fflush(r->out) != 0 || fsync(fd) != 0))
        err = fail_errno(e, errno, "cannot write '%s'", path);
    if (fclose(r->out) != 0 && err == OK) err = fail_errno(e, errno, "cannot close '%s'", path);
    return err == OK ? folder_sync(path, e) : err;
}

static enum err prepare_memory(struct customer_keys *k, uint64_t generation, const struct erased_keys *erased,
                               size_t count)
{
    free(k->prepared.keys);
    k->prepared.keys = malloc(count * sizeof *erased);
    if (k->prepared.keys == NULL) WRONG("out of memory");
    memcpy(k->prepared.keys, erased, count * sizeof *erased);
    k->prepared.count = count;
    k->prepared.generation = generation;
    return OK;
}

enum err customer_keys_prepare(struct customer_keys *k, uint64_t generation, const struct erased_keys *erased,
                               size_t count, struct error *e)
{
    assert(generation > customer_keys_generation(k));
    if (k->in_memory) return prepare_memory(k, generation, erased, count);
    struct kek kek = {.generation = generation};
    struct rewrapping r = {.keys = k, .erased = erased, .count = count};
    k->world.random(k->world.self, kek.key, sizeof kek.key);
    enum err err = kek_write(&kek, k->kek_next, k->master, k->origin, k->world, e);
    if (err == OK) err = key_wrap_open(&r.to, &kek, k->origin, e);
    if (err == OK) err = write_next(&r, e);
    key_wrap_close(&r.to);
    OPENSSL_cleanse(&kek, sizeof kek);
    return err == OK ? OK : wrap(e, "cannot wrap the customers' keys anew");
}

bool customer_keys_prepared(const struct customer_keys *k)
{
    return !k->in_memory && (file_exists(k->next) || file_exists(k->kek_next));
}

static void complete_memory(struct customer_keys *k)
{
    for (size_t i = 0; i < k->made_count; i++) leave_out(&k->made[i], k->prepared.keys, k->prepared.count);
    k->secrets->kek.generation = k->prepared.generation;
    k->prepared.count = 0;
    keys_cache_clear(k);
}

/* Before the old ones go: the new ones must be those that the log means. */
static enum err check_next(struct customer_keys *k, struct error *e)
{
    uint8_t header[KEYS_HEADER_BYTES];
    struct kek kek = {0};
    struct key_wrap w = {.sealer = NULL};
    size_t got = 0;
    int fd = open(k->next, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return fail_errno(e, errno, "cannot open '%s'", k->next);
    enum err err = kek_take(&kek, k, k->kek_next, e);
    if (err == OK) err = file_get(&got, fd, header, sizeof header, 0, e);
    if (err == OK) err = key_wrap_open(&w, &kek, k->origin, e);
    if (err == OK && got == sizeof header) err = keys_header_check(header, &w, e);
    key_wrap_close(&w);
    (void)close(fd); /* only read */
    OPENSSL_cleanse(&kek, sizeof kek);
    return err == OK ? OK : wrap(e, "'%s'", k->next);
}

enum err customer_keys_complete(struct customer_keys *k, struct error *e)
{
    bool there = false;
    if (k->in_memory) {
        complete_memory(k);
        return OK;
    }
    enum err err = check_next(k, e);
    if (err == OK && rename(k->next, k->path) != 0) err = fail_errno(e, errno, "cannot rename '%s'", k->next);
    if (err == OK) err = folder_sync(k->path, e);
    if (err == OK) err = kek_replace(k->kek, k->kek_next, k->world, e);
    return err == OK ? keys_load(&there, k, e) : err;
}

static enum err remove_file(const char *path, struct error *e)
{
    if (unlink(path) == 0 || errno == ENOENT) return OK;
    return fail_errno(e, errno, "cannot delete '%s'", path);
}

enum err customer_keys_cancel(struct customer_keys *k, struct error *e)
{
    if (k->in_memory) {
        k->prepared.count = 0;
        return OK;
    }
    enum err err = remove_file(k->next, e);
    return err == OK ? remove_file(k->kek_next, e) : err;
}

enum err customer_keys_check(struct customer_keys *k, uint64_t customers, is_erased_fn *is_erased,
                             void *context, struct error *e)
{
    for (uint64_t n = 1; n <= customers; n++) {
        const struct key_pair *pair = NULL;
        enum err err = keys_find(&pair, k, n, false, e);
        if (err != OK && k->in_memory) continue; /* whoever has no text has no keys there */
        if (err != OK) return err;
        for (int c = 0; c < KEY_CLASSES; c++) {
            bool is = pair->of[c].state == KEY_ERASED, due = is_erased(context, n, (enum key_class)c);
            if (is == due) continue;
            return fail(e, ERR_TAMPERED, "the keys of customer cus_%ju are %s, but the log says otherwise",
                        (uintmax_t)n, is ? "erased" : "not erased");
        }
    }
    return OK;
}
