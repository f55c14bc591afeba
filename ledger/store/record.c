/* SPDX-License-Identifier: MIT */
/* record.c - one entry of the log as bytes, and back. Writing and reading stand facing each other; the layout
 * is record.h's and FORMAT.md's, and neither may change without a new version number. Nothing here is trusted
 * that was read: lengths first, then meaning. */
#include <openssl/crypto.h>
#include <string.h>

#include "ledger/store/record.h"

static const uint8_t MAGIC[4] = {'D', 'B', 'K', 'R'};
enum { NONCE_AT = 96 };
static const char COMMIT_LABEL[] = "daybook/v1/commit";

static bool all_zero(const uint8_t *p, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (p[i] != 0) return false;
    return true;
}

void record_header_put(uint8_t to[RECORD_HEADER_BYTES], const struct record_header *h)
{
    memcpy(to, MAGIC, sizeof MAGIC);
    to[4] = RECORD_VERSION;
    to[5] = (uint8_t)h->class_;
    to[6] = to[7] = 0;
    be64_put(to + 8, h->seq);
    be64_put(to + 16, (uint64_t)h->at.us);
    be32_put(to + 24, h->epoch);
    be32_put(to + 28, h->body_len);
    memcpy(to + 32, h->prev.bytes, 32);
    memcpy(to + 64, h->commit.bytes, 32);
    memcpy(to + NONCE_AT, h->nonce, NONCE_BYTES);
}

static void header_fields(struct record_header *out, const uint8_t *p)
{
    *out = (struct record_header){.class_ = (enum record_class)p[5],
                                  .seq = be64_get(p + 8),
                                  .at = {(int64_t)be64_get(p + 16)},
                                  .epoch = be32_get(p + 24),
                                  .body_len = be32_get(p + 28)};
    memcpy(out->prev.bytes, p + 32, 32);
    memcpy(out->commit.bytes, p + 64, 32);
    memcpy(out->nonce, p + NONCE_AT, NONCE_BYTES);
}

/* Which classes are sealed is part of the framing: the epoch number says it for all, and for three of them it
 * is fixed. */
static enum err check_sealing(const struct record_header *h, struct error *e)
{
    bool sealed = h->epoch != 0;
    if (h->class_ == RECORD_EVENTS && !sealed)
        return fail(e, ERR_TAMPERED, "an event record has no key epoch");
    bool clear = h->class_ == RECORD_GENESIS || h->class_ == RECORD_EPOCH || h->class_ == RECORD_GENERATION;
    if (clear && sealed) return fail(e, ERR_TAMPERED, "a record in clear names key epoch %u", h->epoch);
    if (sealed && h->body_len < RECORD_SALT_BYTES + TAG_BYTES)
        return fail(e, ERR_TAMPERED, "the body length %u leaves no room for salt and tag", h->body_len);
    if (sealed) return OK;
    if (!all_zero(h->commit.bytes, 32)) return fail(e, ERR_TAMPERED, "a record in clear has a commit");
    if (!all_zero(h->nonce, NONCE_BYTES)) return fail(e, ERR_TAMPERED, "a record in clear has a nonce");
    return OK;
}

enum err record_header_take(struct record_header *out, struct bytes record, struct error *e)
{
    if (record.len < RECORD_HEADER_BYTES)
        return fail(e, ERR_TAMPERED, "%zu bytes are too few for a header", record.len);
    if (record.len > LIMIT_RECORD_BYTES) return fail(e, ERR_TAMPERED, "%zu bytes are too many", record.len);
    const uint8_t *p = record.ptr;
    if (memcmp(p, MAGIC, sizeof MAGIC) != 0) return fail(e, ERR_TAMPERED, "the magic is wrong");
    if (p[4] != RECORD_VERSION) return fail(e, ERR_TAMPERED, "version %u is not known", p[4]);
    if (p[5] < RECORD_GENESIS || p[5] > RECORD_GENERATION)
        return fail(e, ERR_TAMPERED, "class %u is not known", p[5]);
    if (p[6] != 0 || p[7] != 0) return fail(e, ERR_TAMPERED, "bytes 6 and 7 are not zero");
    if ((p[16] & 0x80) != 0) return fail(e, ERR_TAMPERED, "the time is negative");
    struct record_header h = {0};
    header_fields(&h, p);
    if (h.body_len != record.len - RECORD_HEADER_BYTES)
        return fail(e, ERR_TAMPERED, "the body length is %u, the bytes are %zu", h.body_len,
                    record.len - RECORD_HEADER_BYTES);
    enum err err = check_sealing(&h, e);
    if (err != OK) return err;
    *out = h;
    return OK;
}

static void commit_of(struct hasher *hs, struct hash *out, struct bytes salted)
{
    struct bytes label = str_bytes(str_of(COMMIT_LABEL));
    hasher_digest(hs, out->bytes, label, salted, (struct bytes){0});
}

bool record_commits_to(const struct record_header *h, struct bytes salt, struct bytes plain,
                       struct hasher *hs)
{
    struct hash commit = {0};
    if (salt.len != RECORD_SALT_BYTES) return false;
    hasher_digest(hs, commit.bytes, str_bytes(str_of(COMMIT_LABEL)), salt, plain);
    return hash_equal(&commit, &h->commit);
}

enum err record_seal(uint8_t *to, struct record_header *h, struct bytes plain, struct sealer *s,
                     struct hasher *hs, struct nonce_pool *pool, struct error *e)
{
    assert(h->epoch != 0);
    assert(plain.len <= LIMIT_RECORD_BYTES - RECORD_OVERHEAD_BYTES);
    uint8_t *body = to + RECORD_HEADER_BYTES;
    struct bytes salted = {body, RECORD_SALT_BYTES + plain.len};
    nonce_pool_take(pool, body, RECORD_SALT_BYTES);
    bytes_put(body + RECORD_SALT_BYTES, plain);
    commit_of(hs, &h->commit, salted);
    h->body_len = (uint32_t)(salted.len + TAG_BYTES);
    record_header_put(to, h);
    /* Header and commit: whatever is sealed or authenticated decides the nonce. */
    sealer_nonce(s, h->nonce, pool, (struct bytes){to, NONCE_AT}, (struct bytes){0});
    memcpy(to + NONCE_AT, h->nonce, NONCE_BYTES);
    return sealer_seal(s, body, h->nonce, (struct bytes){to, RECORD_HEADER_BYTES}, salted, e);
}

enum err record_open(struct bytes *plain, uint8_t *to, const struct record_header *h, struct bytes record,
                     struct sealer *s, struct hasher *hs, struct error *e)
{
    assert(record.len == RECORD_HEADER_BYTES + (size_t)h->body_len);
    struct bytes aad = {record.ptr, RECORD_HEADER_BYTES};
    struct bytes body = {record.ptr + RECORD_HEADER_BYTES, h->body_len};
    enum err err = sealer_open(s, to, h->nonce, aad, body, e);
    if (err != OK) return err;
    struct bytes salted = {to, body.len - TAG_BYTES};
    struct hash commit = {0};
    commit_of(hs, &commit, salted);
    if (CRYPTO_memcmp(commit.bytes, h->commit.bytes, 32) != 0) {
        OPENSSL_cleanse(to, salted.len);
        return fail(e, ERR_TAMPERED, "the plaintext does not fit its commit");
    }
    *plain = (struct bytes){to + RECORD_SALT_BYTES, salted.len - RECORD_SALT_BYTES};
    return OK;
}
