/* SPDX-License-Identifier: MIT */
/* customer_keys.c - opening the customers' keys, finding one, making those of a new customer. It must never
 * take a missing key for an erased one: only what was wrapped as erased is. */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ledger/store/customer_keys_private.h"

/* ---- memory ---- */

static struct secrets *secrets_new(void)
{
    void *page =
        mmap(NULL, sizeof(struct secrets), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED) WRONG("out of memory");
    /* As for the master key: precautions, which a kernel may deny. */
    (void)mlock(page, sizeof(struct secrets));
    (void)madvise(page, sizeof(struct secrets), MADV_DONTDUMP);
    return page;
}

void keys_cache_clear(struct customer_keys *k)
{
    OPENSSL_cleanse(k->secrets->cache, sizeof k->secrets->cache);
    memset(k->keyed, 0, sizeof k->keyed);
}

static void made_clear(struct customer_keys *k)
{
    if (k->made != NULL) OPENSSL_cleanse(k->made, k->made_room * sizeof *k->made);
    k->made_count = 0;
}

static void file_leave(struct customer_keys *k)
{
    if (k->fd >= 0) (void)close(k->fd); /* what was written was synced */
    k->fd = -1;
    key_wrap_close(&k->wrap);
    OPENSSL_cleanse(&k->secrets->kek, sizeof k->secrets->kek);
    keys_cache_clear(k);
}

void customer_keys_close(struct customer_keys *k)
{
    if (k == NULL) return;
    file_leave(k);
    made_clear(k);
    free(k->made);
    free(k->prepared.keys);
    hasher_free(k->hasher);
    sealer_free(k->sealer);
    if (k->sealed.ptr != NULL) OPENSSL_cleanse(k->sealed.ptr, k->sealed.len);
    buffer_free(&k->sealed);
    buffer_free(&k->aad);
    OPENSSL_cleanse(k->secrets, sizeof *k->secrets);
    (void)munlock(k->secrets, sizeof *k->secrets);
    (void)munmap(k->secrets, sizeof *k->secrets);
    free(k);
}

/* ---- the two files ---- */

enum err folder_sync(const char *path, struct error *e)
{
    char folder[KEYS_PATH_BYTES];
    int n = snprintf(folder, sizeof folder, "%s", path);
    if (n < 0 || (size_t)n >= sizeof folder) return fail(e, ERR_LIMIT, "the path '%s' is too long", path);
    return dir_sync(dirname(folder), e);
}

enum err kek_take(struct kek *out, struct customer_keys *k, const char *path, struct error *e)
{
    struct error unused = {0};
    enum err err = kek_read(out, path, k->master, k->origin, e);
    if (err != ERR_TAMPERED || kek_read_replaced(out, k, path, &unused) != OK) return err;
    if (k->read_only) return OK;
    return kek_rewrap(out, path, k->master, k->origin, k->world, e);
}

/* The KEK of this generation: in its own file or, if an erasure was cut short, in the prepared one, which
 * then takes the other's place. */
static enum err kek_find(struct customer_keys *k, uint64_t generation, struct error *e)
{
    struct error why = {0};
    struct kek *kek = &k->secrets->kek;
    enum err err = kek_take(kek, k, k->kek, e);
    if (err == OK && kek->generation == generation) return OK;
    uint64_t is = kek->generation;
    if (kek_take(kek, k, k->kek_next, &why) == OK && kek->generation == generation)
        return k->read_only ? OK : kek_replace(k->kek, k->kek_next, k->world, e);
    if (err == ERR_NOT_FOUND)
        return fail(e, ERR_INCOMPLETE, "the key of '%s' is missing: it belongs at '%s'", k->path, k->kek);
    if (err != OK) return err;
    return fail(e, ERR_INCOMPLETE, "'%s' is of generation %ju, its key in '%s' of %ju: one is an older copy",
                k->path, (uintmax_t)generation, k->kek, (uintmax_t)is);
}

static enum err take_file(struct customer_keys *k, struct error *e)
{
    uint8_t header[KEYS_HEADER_BYTES];
    uint64_t generation = 0;
    size_t got = 0;
    enum err err = file_get(&got, k->fd, header, sizeof header, 0, e);
    if (err == OK && got < sizeof header) err = fail(e, ERR_TAMPERED, "it was cut");
    if (err == OK) err = keys_header_generation(&generation, header, k->origin, e);
    if (err != OK) return wrap(e, "'%s'", k->path);
    err = k->read_only ? OK : kek_arrive(k, e);
    if (err == OK) err = kek_find(k, generation, e);
    if (err != OK) return err;
    err = key_wrap_open(&k->wrap, &k->secrets->kek, k->origin, e);
    if (err == OK) err = keys_header_check(header, &k->wrap, e);
    return err == OK ? OK : wrap(e, "'%s'", k->path);
}

enum err keys_load(bool *there, struct customer_keys *k, struct error *e)
{
    file_leave(k);
    *there = false;
    k->fd = open(k->path, (k->read_only ? O_RDONLY : O_RDWR) | O_CLOEXEC);
    if (k->fd < 0 && (errno == EROFS || errno == EACCES)) k->fd = open(k->path, O_RDONLY | O_CLOEXEC);
    if (k->fd < 0 && errno == ENOENT) return OK;
    if (k->fd < 0) return fail_errno(e, errno, "cannot open '%s'", k->path);
    *there = true;
    return take_file(k, e);
}

static enum err take_paths(struct customer_keys *k, const struct customer_keys_options *o, struct error *e)
{
    const struct {
        char *to;
        const char *base, *end;
    } paths[] = {{k->path, o->dir, "/customer-keys"},
                 {k->next, o->dir, "/customer-keys.next"},
                 {k->moving, o->dir, "/customer-keys.moving"},
                 {k->kek, o->kek_file, ""},
                 {k->kek_next, o->kek_file, ".next"}};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        int n = snprintf(paths[i].to, KEYS_PATH_BYTES, "%s%s", paths[i].base, paths[i].end);
        if (n < 0 || n >= KEYS_PATH_BYTES)
            return fail(e, ERR_LIMIT, "the path '%s' is too long", paths[i].base);
    }
    return OK;
}

enum err customer_keys_open(struct customer_keys **out, bool *there, const struct customer_keys_options *o,
                            struct error *e)
{
    static const uint8_t none[KEY_BYTES] = {0};
    struct customer_keys *k = calloc(1, sizeof *k);
    if (k == NULL) WRONG("out of memory");
    assert(o->origin.len == ORIGIN_BYTES);
    *k = (struct customer_keys){.personal = {personal_seal, personal_open, personal_plain},
                                .secrets = secrets_new(),
                                .master = o->master,
                                .old_master = o->old_master,
                                .context = o->context,
                                .world = o->world,
                                .pool = {.world = o->world},
                                .in_memory = o->in_memory,
                                .read_only = o->read_only,
                                .fd = -1,
                                .hasher = hasher_new()};
    memcpy(k->origin, o->origin.ptr, ORIGIN_BYTES);
    k->secrets->kek.generation = 1;
    enum err err = sealer_new(&k->sealer, none, e);
    *there = o->in_memory;
    if (err == OK && !o->in_memory) err = take_paths(k, o, e);
    if (err == OK && !o->in_memory) err = keys_load(there, k, e);
    if (err != OK) {
        customer_keys_close(k);
        return err;
    }
    *out = k;
    return OK;
}

static enum err file_create(struct customer_keys *k, uint64_t customers, struct error *e)
{
    uint8_t bytes[KEYS_HEADER_BYTES > KEY_PAIR_BYTES ? KEYS_HEADER_BYTES : KEY_PAIR_BYTES];
    struct file_sink sink = {.stream = NULL};
    enum err err = file_begin(&sink, k->path, 0600, e);
    if (err == OK) err = keys_header_make(bytes, &k->wrap, &k->pool, e);
    if (err == OK) (void)fwrite(bytes, 1, KEYS_HEADER_BYTES, sink.stream); /* checked by file_finish */
    for (uint64_t n = 1; n <= customers && err == OK; n++) {
        struct key_pair pair = key_pair_made(k, n);
        err = key_pair_wrap(bytes, &pair, &k->wrap, &k->pool, e);
        OPENSSL_cleanse(&pair, sizeof pair);
        if (err == OK) (void)fwrite(bytes, 1, KEY_PAIR_BYTES, sink.stream);
    }
    if (err == OK) return file_finish(&sink, e);
    file_abandon(&sink);
    return err;
}

enum err customer_keys_create(struct customer_keys *k, uint64_t customers, struct error *e)
{
    bool there = false;
    struct kek kek = {.generation = 1};
    if (k->in_memory) return OK;
    k->world.random(k->world.self, kek.key, sizeof kek.key);
    enum err err = kek_write(&kek, k->kek, k->master, k->origin, k->world, e);
    if (err == OK) err = key_wrap_open(&k->wrap, &kek, k->origin, e);
    if (err == OK) err = file_create(k, customers, e);
    OPENSSL_cleanse(&kek, sizeof kek);
    return err == OK ? keys_load(&there, k, e) : err;
}

enum err customer_keys_refresh(bool *changed, struct customer_keys *k, struct error *e)
{
    struct stat is = {0}, was = {0};
    *changed = false;
    if (k->in_memory || k->fd < 0) return OK;
    if (fstat(k->fd, &was) != 0) return fail_errno(e, errno, "cannot look at '%s'", k->path);
    if (stat(k->path, &is) != 0)
        return errno == ENOENT ? fail(e, ERR_INCOMPLETE, "'%s' is gone", k->path)
                               : fail_errno(e, errno, "cannot look at '%s'", k->path);
    if (is.st_ino == was.st_ino && is.st_dev == was.st_dev) return OK;
    *changed = true;
    bool there = false;
    return keys_load(&there, k, e);
}

uint64_t customer_keys_generation(const struct customer_keys *k)
{
    return k->secrets->kek.generation;
}

enum err customer_keys_tie(uint8_t out[KEY_BYTES], const struct customer_keys *k, struct error *e)
{
    static const char label[] = "daybook/v1/views-tie";
    return key_derive(out, KEY_BYTES, (struct bytes){k->secrets->kek.key, KEY_BYTES},
                      (struct bytes){(const uint8_t *)k->origin, ORIGIN_BYTES}, str_bytes(str_of(label)), e);
}

/* ---- one customer's ---- */

struct key_pair key_pair_made(struct customer_keys *k, uint64_t customer)
{
    struct key_pair pair = {.customer = customer};
    for (int c = 0; c < KEY_CLASSES; c++) {
        pair.of[c].state = KEY_THERE;
        nonce_pool_take(&k->pool, pair.of[c].id, KEY_ID_BYTES);
        nonce_pool_take(&k->pool, pair.of[c].key, KEY_BYTES);
    }
    return pair;
}

static const struct key_pair *find_made(const struct customer_keys *k, uint64_t customer)
{
    for (size_t i = k->made_count; i > 0; i--) {
        if (k->made[i - 1].customer == customer) return &k->made[i - 1];
    }
    return NULL;
}

static void made_add(struct customer_keys *k, const struct key_pair *pair)
{
    if (k->made_count == k->made_room) {
        size_t room = k->made_room == 0 ? 64 : 2 * k->made_room;
        struct key_pair *more = malloc(room * sizeof *more);
        if (more == NULL) WRONG("out of memory");
        if (k->made != NULL) {
            memcpy(more, k->made, k->made_count * sizeof *more);
            OPENSSL_cleanse(k->made, k->made_count * sizeof *more);
        }
        free(k->made);
        k->made = more;
        k->made_room = room;
    }
    k->made[k->made_count++] = *pair;
}

/* What the file has; nothing where it ends. */
static enum err read_pair(struct key_pair *out, const struct customer_keys *k, struct error *e)
{
    uint8_t bytes[KEY_PAIR_BYTES];
    size_t got = 0;
    if (k->fd < 0) return OK;
    uint64_t at = KEYS_HEADER_BYTES + (out->customer - 1) * KEY_PAIR_BYTES;
    enum err err = file_get(&got, k->fd, bytes, sizeof bytes, at, e);
    if (err == OK && got == sizeof bytes) err = key_pair_unwrap(out, bytes, &k->wrap, e);
    return err == OK ? OK : wrap(e, "'%s'", k->path);
}

enum err keys_find(const struct key_pair **out, struct customer_keys *k, uint64_t customer, bool make,
                   struct error *e)
{
    struct key_pair *cached = &k->secrets->cache[customer % KEYS_CACHED];
    if (cached->customer == customer) {
        *out = cached;
        return OK;
    }
    struct key_pair pair = {.customer = customer};
    const struct key_pair *made = find_made(k, customer);
    bool mine = make && customer >= k->unborn;
    enum err err = made == NULL ? read_pair(&pair, k, e) : OK;
    if (made != NULL) pair = *made;
    bool none = pair.of[KEY_FISCAL].state == KEY_NONE || pair.of[KEY_CONTACT].state == KEY_NONE;
    if (mine && (err == ERR_TAMPERED || (err == OK && none))) {
        pair = key_pair_made(k, customer);
        made_add(k, &pair);
        err = OK;
    } else if (err == OK && none) {
        err = fail(e, ERR_INCOMPLETE, "'%s' has no key of customer cus_%ju: it was cut, or is an older copy",
                   k->path, (uintmax_t)customer);
    }
    if (err == OK) *cached = pair;
    OPENSSL_cleanse(&pair, sizeof pair);
    *out = cached;
    return err;
}

enum err customer_keys_born(struct customer_keys *k, uint64_t customer, struct error *e)
{
    const struct key_pair *unused = NULL;
    return keys_find(&unused, k, customer, true, e);
}

void customer_keys_unborn(struct customer_keys *k, uint64_t customer)
{
    k->unborn = customer;
}

void customer_keys_forget(struct customer_keys *k)
{
    if (k->in_memory || k->made_count == 0) return;
    made_clear(k);
    keys_cache_clear(k);
}

enum err customer_keys_flush(struct customer_keys *k, struct error *e)
{
    if (k->in_memory || k->made_count == 0) return OK;
    struct buffer bytes = {0};
    enum err err = OK;
    for (size_t i = 0; i < k->made_count && err == OK; i++) {
        uint64_t customer = k->made[i].customer;
        err = key_pair_wrap(buffer_room(&bytes, KEY_PAIR_BYTES), &k->made[i], &k->wrap, &k->pool, e);
        bytes.len += KEY_PAIR_BYTES;
        bool last = i + 1 == k->made_count || k->made[i + 1].customer != customer + 1;
        if (err != OK || !last) continue;
        uint64_t at = KEYS_HEADER_BYTES + customer * KEY_PAIR_BYTES - bytes.len;
        err = file_put(k->fd, (struct bytes){bytes.ptr, bytes.len}, at, e);
        buffer_clear(&bytes);
    }
    if (err == OK && fdatasync(k->fd) != 0) err = fail_errno(e, errno, "cannot sync '%s'", k->path);
    buffer_free(&bytes);
    if (err == OK) made_clear(k);
    return err;
}

struct personal *customer_keys_personal(struct customer_keys *k)
{
    return &k->personal;
}

enum err customer_keys_failure(struct customer_keys *k, struct error *e)
{
    enum err err = k->failed;
    if (err != OK) *e = k->failure;
    k->failed = OK;
    return err;
}
