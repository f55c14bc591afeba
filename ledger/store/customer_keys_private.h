/* SPDX-License-Identifier: MIT */
/* customer_keys_private.h - what the files of the customers' keys share: kek.c (the KEK and its file),
 * customer_keys.c (opening, making and finding keys), customer_keys_file.c (their file),
 * customer_keys_erase.c (wrapping anew), personal.c (sealing texts). */
#ifndef DAYBOOK_LEDGER_STORE_CUSTOMER_KEYS_PRIVATE_H
#define DAYBOOK_LEDGER_STORE_CUSTOMER_KEYS_PRIVATE_H

#include "ledger/base.h"
#include "ledger/store/customer_keys.h"

enum { ORIGIN_BYTES = 24, KEY_ID_BYTES = 8 };

/* ---- kek.c ---- */

struct kek {
    uint64_t generation;
    uint8_t key[KEY_BYTES];
};
enum { KEK_FILE_BYTES = 132 };
/* ERR_NOT_FOUND: no file. ERR_TAMPERED: it is not what kek_write wrote with this master key. */
enum err kek_read(struct kek *out, const char *path, const struct master_key *m, const char *origin,
                  struct error *e) MUST_USE;
/* In place, without a temporary file that a killed process would leave behind; durable. */
enum err kek_write(const struct kek *kek, const char *path, const struct master_key *m, const char *origin,
                   struct world w, struct error *e) MUST_USE;
/* Puts it there under this master key, whatever was there: at each moment one of the two. */
enum err kek_rewrap(const struct kek *kek, const char *path, const struct master_key *m, const char *origin,
                    struct world w, struct error *e) MUST_USE;
enum err kek_destroy(const char *path, struct world w, struct error *e) MUST_USE; /* fine if it is gone */
/* Overwrites the file, and puts `next` in its place. */
enum err kek_replace(const char *path, const char *next, struct world w, struct error *e) MUST_USE;

/* ---- customer_keys_file.c ---- */

enum key_state { KEY_NONE, KEY_THERE, KEY_ERASED };
struct customer_key {
    enum key_state state;
    uint8_t id[KEY_ID_BYTES]; /* random: names the key in what it seals */
    uint8_t key[KEY_BYTES];   /* zero when erased */
};
struct key_pair {
    uint64_t customer;
    struct customer_key of[KEY_CLASSES];
};
enum { KEY_ENTRY_BYTES = 72, KEY_PAIR_BYTES = KEY_CLASSES * KEY_ENTRY_BYTES, KEYS_HEADER_BYTES = 72 };

/* What wraps one file. */
struct key_wrap {
    struct sealer *sealer; /* of the KEK */
    uint64_t generation;
    char origin[ORIGIN_BYTES];
};
enum err key_wrap_open(struct key_wrap *out, const struct kek *kek, const char *origin,
                       struct error *e) MUST_USE;
void key_wrap_close(struct key_wrap *w);
enum err keys_header_make(uint8_t to[KEYS_HEADER_BYTES], const struct key_wrap *w, struct nonce_pool *pool,
                          struct error *e) MUST_USE;
/* Whose a file is, before its KEK is known. */
enum err keys_header_generation(uint64_t *out, const uint8_t from[KEYS_HEADER_BYTES], const char *origin,
                                struct error *e) MUST_USE;
enum err keys_header_check(const uint8_t from[KEYS_HEADER_BYTES], const struct key_wrap *w,
                           struct error *e) MUST_USE;
enum err key_pair_wrap(uint8_t to[KEY_PAIR_BYTES], const struct key_pair *pair, const struct key_wrap *w,
                       struct nonce_pool *pool, struct error *e) MUST_USE;
/* pair->customer says whose it is to be. */
enum err key_pair_unwrap(struct key_pair *pair, const uint8_t from[KEY_PAIR_BYTES], const struct key_wrap *w,
                         struct error *e) MUST_USE;
/* Short only at the end of the file. */
enum err file_get(size_t *got, int fd, void *to, size_t len, uint64_t at, struct error *e) MUST_USE;
enum err file_put(int fd, struct bytes from, uint64_t at, struct error *e) MUST_USE;

/* ---- kek_move.c ---- */

struct customer_keys;
/* By a master key that was replaced. ERR_TAMPERED: none of them opens it. */
enum err kek_read_replaced(struct kek *out, struct customer_keys *k, const char *path,
                           struct error *e) MUST_USE;
/* The KEK in its file, which a rotation of the master key may not have come to yet: it is wrapped anew. */
enum err kek_take(struct kek *out, struct customer_keys *k, const char *path, struct error *e) MUST_USE;
/* Ends a move that was cut short. */
enum err kek_arrive(struct customer_keys *k, struct error *e) MUST_USE;

/* ---- customer_keys.c ---- */

enum { KEYS_CACHED = 256, KEYS_PATH_BYTES = 4096 + 32 };
struct secrets { /* one locked allocation */
    struct kek kek;
    struct key_pair cache[KEYS_CACHED];
};
struct customer_keys {
    struct personal personal; /* first: the codec's view of it */
    struct secrets *secrets;
    const struct master_key *master;
    enum err (*old_master)(const struct master_key **out, void *context, size_t back, struct error *e);
    void *context;
    struct world world;
    struct nonce_pool pool;
    char origin[ORIGIN_BYTES];
    char path[KEYS_PATH_BYTES], next[KEYS_PATH_BYTES], moving[KEYS_PATH_BYTES];
    char kek[KEYS_PATH_BYTES], kek_next[KEYS_PATH_BYTES];
    bool in_memory, read_only;
    int fd; /* of the file; -1: there is none */
    struct key_wrap wrap;
    uint64_t unborn;
    struct key_pair *made; /* not durable yet; in memory all there are */
    size_t made_count, made_room;
    struct {
        uint64_t generation;
        struct erased_keys *keys;
        size_t count;
    } prepared; /* in memory */

    /* personal.c */
    struct hasher *hasher;
    struct sealer *sealer;
    uint8_t keyed[KEY_ID_BYTES]; /* id of the key that it has; zero: none */
    struct buffer sealed, aad;
    enum err failed;
    struct error failure;
};
enum err keys_load(bool *there, struct customer_keys *k, struct error *e) MUST_USE;
void keys_cache_clear(struct customer_keys *k);
struct key_pair key_pair_made(struct customer_keys *k, uint64_t customer);
/* The keys of a customer, who must have some; or, to be used for what is written now, who gets some. */
enum err keys_find(const struct key_pair **out, struct customer_keys *k, uint64_t customer, bool make,
                   struct error *e) MUST_USE;
enum err folder_sync(const char *path, struct error *e) MUST_USE; /* that `path` lies in */

/* ---- personal.c ---- */

struct bytes personal_seal(struct personal *p, const struct personal_place *at, struct str text);
void personal_plain(struct personal *p, struct str *text, const struct personal_place *at, struct arena *a);
enum err personal_open(struct personal *p, struct str *out, const struct personal_place *at,
                       struct bytes sealed, struct arena *a, struct error *e) MUST_USE;

#endif
