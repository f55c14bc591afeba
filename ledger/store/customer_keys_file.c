/* SPDX-License-Identifier: MIT */
/* customer_keys_file.c - the bytes of DIR/customer-keys: a header, then 144 bytes for each customer, at a
 * place that his number alone gives. So one key is found without reading the others, and a new customer costs
 * no more than the bytes at the end. Every byte is under a tag, with its ledger, generation, customer and
 * class; whatever is moved, mixed or cut is found. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "ledger/store/customer_keys_private.h"

/* Header: magic 4, version 1, zero 3, origin 24, generation 8, zero 4, nonce 12, tag 16. */
enum { AT_ORIGIN = 8, AT_GENERATION = 32, AT_ZERO = 40, AT_NONCE = 44, AT_TAG = 56 };
static const uint8_t keys_magic[AT_ORIGIN] = {'D', 'B', 'C', 'K', 1, 0, 0, 0};
_Static_assert(AT_TAG + TAG_BYTES == KEYS_HEADER_BYTES, "the tag ends the header");

/* Entry: state 1, zero 3, id 8, nonce 12, sealed key 48. */
enum { AT_ID = 4, AT_ENTRY_NONCE = 12, AT_SEALED = 24 };
_Static_assert(AT_SEALED + KEY_BYTES + TAG_BYTES == KEY_ENTRY_BYTES, "the sealed key ends the entry");

enum err file_get(size_t *got, int fd, void *to, size_t len, uint64_t at, struct error *e)
{
    for (*got = 0; *got < len;) {
        ssize_t n = pread(fd, (char *)to + *got, len - *got, (off_t)(at + *got));
        if (n == 0) break;
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return fail_errno(e, errno, "cannot read the customers' keys");
        *got += (size_t)n;
    }
    return OK;
}

enum err file_put(int fd, struct bytes from, uint64_t at, struct error *e)
{
    for (size_t done = 0; done < from.len;) {
        ssize_t n = pwrite(fd, from.ptr + done, from.len - done, (off_t)(at + done));
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return fail_errno(e, errno, "cannot write the customers' keys");
        done += (size_t)n;
    }
    return OK;
}

enum err key_wrap_open(struct key_wrap *out, const struct kek *kek, const char *origin, struct error *e)
{
    *out = (struct key_wrap){.generation = kek->generation};
    memcpy(out->origin, origin, ORIGIN_BYTES);
    return sealer_new(&out->sealer, kek->key, e);
}

void key_wrap_close(struct key_wrap *w)
{
    sealer_free(w->sealer);
    w->sealer = NULL;
}

/* ---- header ---- */

static void header_fill(uint8_t to[KEYS_HEADER_BYTES], const char *origin, uint64_t generation)
{
    memset(to, 0, KEYS_HEADER_BYTES);
    memcpy(to, keys_magic, sizeof keys_magic);
    memcpy(to + AT_ORIGIN, origin, ORIGIN_BYTES);
    be64_put(to + AT_GENERATION, generation);
}

enum err keys_header_make(uint8_t to[KEYS_HEADER_BYTES], const struct key_wrap *w, struct nonce_pool *pool,
                          struct error *e)
{
    header_fill(to, w->origin, w->generation);
    nonce_pool_take(pool, to + AT_NONCE, NONCE_BYTES);
    return sealer_seal(w->sealer, to + AT_TAG, to + AT_NONCE, (struct bytes){to, AT_NONCE},
                       (struct bytes){NULL, 0}, e);
}

enum err keys_header_generation(uint64_t *out, const uint8_t from[KEYS_HEADER_BYTES], const char *origin,
                                struct error *e)
{
    uint8_t due[KEYS_HEADER_BYTES];
    *out = be64_get(from + AT_GENERATION);
    header_fill(due, origin, *out);
    if (memcmp(from, due, AT_ORIGIN) != 0)
        return fail(e, ERR_TAMPERED, "it does not begin as a file of customers' keys does");
    if (memcmp(from, due, AT_GENERATION) != 0) return fail(e, ERR_TAMPERED, "it belongs to another ledger");
    return OK;
}

enum err keys_header_check(const uint8_t from[KEYS_HEADER_BYTES], const struct key_wrap *w, struct error *e)
{
    uint8_t none[1];
    if (sealer_open(w->sealer, none, from + AT_NONCE, (struct bytes){from, AT_NONCE},
                    (struct bytes){from + AT_TAG, TAG_BYTES}, e) == OK)
        return OK;
    return fail(e, ERR_TAMPERED, "its header was changed, or is sealed under another key");
}

/* ---- entries ---- */

static const char entry_label[] = "daybook/v1/customer-key";
struct entry_aad {
    uint8_t bytes[sizeof entry_label - 1 + ORIGIN_BYTES + 8 + 8 + 1 + 1 + KEY_ID_BYTES];
};

static struct entry_aad aad_of(const struct key_wrap *w, uint64_t customer, enum key_class c,
                               const uint8_t *entry)
{
    struct entry_aad aad = {{0}};
    uint8_t *to = aad.bytes;
    memcpy(to, entry_label, sizeof entry_label - 1);
    to += sizeof entry_label - 1;
    memcpy(to, w->origin, ORIGIN_BYTES);
    to += ORIGIN_BYTES;
    be64_put(to, w->generation);
    be64_put(to + 8, customer);
    to[16] = (uint8_t)c;
    to[17] = entry[0];
    memcpy(to + 18, entry + AT_ID, KEY_ID_BYTES);
    return aad;
}

enum err key_pair_wrap(uint8_t to[KEY_PAIR_BYTES], const struct key_pair *pair, const struct key_wrap *w,
                       struct nonce_pool *pool, struct error *e)
{
    memset(to, 0, KEY_PAIR_BYTES);
    for (int c = 0; c < KEY_CLASSES; c++) {
        const struct customer_key *k = &pair->of[c];
        uint8_t *entry = to + (size_t)c * KEY_ENTRY_BYTES;
        if (k->state == KEY_NONE) continue;
        entry[0] = (uint8_t)k->state;
        memcpy(entry + AT_ID, k->id, KEY_ID_BYTES);
        nonce_pool_take(pool, entry + AT_ENTRY_NONCE, NONCE_BYTES);
        struct entry_aad aad = aad_of(w, pair->customer, (enum key_class)c, entry);
        enum err err =
            sealer_seal(w->sealer, entry + AT_SEALED, entry + AT_ENTRY_NONCE,
                        (struct bytes){aad.bytes, sizeof aad.bytes}, (struct bytes){k->key, KEY_BYTES}, e);
        if (err != OK) return err;
    }
    return OK;
}

static bool is_zero(const uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (bytes[i] != 0) return false;
    }
    return true;
}

static enum err entry_unwrap(struct customer_key *out, uint64_t customer, enum key_class c,
                             const uint8_t entry[KEY_ENTRY_BYTES], const struct key_wrap *w, struct error *e)
{
    *out = (struct customer_key){.state = KEY_NONE};
    if (is_zero(entry, KEY_ENTRY_BYTES)) return OK;
    struct entry_aad aad = aad_of(w, customer, c, entry);
    bool fine = (entry[0] == KEY_THERE || entry[0] == KEY_ERASED) && is_zero(entry + 1, AT_ID - 1);
    if (fine)
        fine = sealer_open(w->sealer, out->key, entry + AT_ENTRY_NONCE,
                           (struct bytes){aad.bytes, sizeof aad.bytes},
                           (struct bytes){entry + AT_SEALED, KEY_BYTES + TAG_BYTES}, e) == OK;
    if (!fine)
        return fail(e, ERR_TAMPERED, "the %s key of customer cus_%ju was changed or moved",
                    c == KEY_FISCAL ? "fiscal" : "contact", (uintmax_t)customer);
    out->state = (enum key_state)entry[0];
    memcpy(out->id, entry + AT_ID, KEY_ID_BYTES);
    return OK;
}

enum err key_pair_unwrap(struct key_pair *pair, const uint8_t from[KEY_PAIR_BYTES], const struct key_wrap *w,
                         struct error *e)
{
    for (int c = 0; c < KEY_CLASSES; c++) {
        enum err err = entry_unwrap(&pair->of[c], pair->customer, (enum key_class)c,
                                    from + (size_t)c * KEY_ENTRY_BYTES, w, e);
        if (err != OK) return err;
    }
    return OK;
}
