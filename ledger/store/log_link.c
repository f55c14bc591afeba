/* SPDX-License-Identifier: MIT */
/* log_link.c - one record against the one before it. Both the readers and the verification stand on this, so
 * neither can be laxer than the other. */
#include <string.h>

#include "ledger/store/log_private.h"
#include "ledger/store/msgpack.h"

struct hash_text hash_text(const struct hash *h)
{
    struct hash_text t = {{0}};
    hex_encode(t.hex, h->bytes, sizeof h->bytes);
    return t;
}

void record_genesis_prev(struct hasher *h, struct hash *out, struct bytes body)
{
    hasher_digest(h, out->bytes, str_bytes(STR("daybook/v1/genesis")), body, (struct bytes){0});
}

bool record_genesis_origin(char out[ORIGIN_BYTES + 1], struct bytes body)
{
    size_t fields = 0;
    struct str origin = {0}, program = {0};
    int64_t created = 0;
    bool fine = mp_take_array(&fields, &body) && fields == GENESIS_FIELDS && mp_take_str(&origin, &body) &&
                mp_take_str(&program, &body) && mp_take_int(&created, &body) && body.len == 0;
    if (!fine || origin.len != ORIGIN_BYTES || !str_starts(origin, "daybook/")) return false;
    memcpy(out, origin.ptr, ORIGIN_BYTES);
    return true;
}

/* Of the classes that a place or a body decides about. */
static enum err check_class(struct hasher *hs, const struct record_header *h, struct bytes record,
                            struct error *e)
{
    if ((h->class_ == RECORD_GENESIS) != (h->seq == 0))
        return fail(e, ERR_TAMPERED, "its class is %d", (int)h->class_);
    if (h->seq == 1 && h->class_ != RECORD_EPOCH)
        return fail(e, ERR_TAMPERED, "its class is %d, but an epoch begins there", (int)h->class_);
    struct bytes body = {record.ptr + RECORD_HEADER_BYTES, h->body_len};
    struct generation opened = {0};
    if (h->class_ == RECORD_GENERATION) return generation_take(&opened, h->seq, body, e);
    if (h->seq != 0) return OK;
    struct hash prev = {0};
    record_genesis_prev(hs, &prev, body);
    if (memcmp(&prev, &h->prev, sizeof prev) == 0) return OK;
    return fail(e, ERR_TAMPERED, "its prev is %s, its body demands %s", hash_text(&h->prev).hex,
                hash_text(&prev).hex);
}

static enum err check_alone(struct record_header *h, struct hasher *hs, uint64_t seq, struct bytes record,
                            struct error *e)
{
    enum err err = record_header_take(h, record, e);
    if (err != OK) return err;
    if (h->seq != seq)
        return fail(e, ERR_TAMPERED, "it says that it is record %llu", (unsigned long long)h->seq);
    return check_class(hs, h, record, e);
}

enum err log_link_check(struct record_header *h, struct hasher *hs, uint64_t seq, struct bytes record,
                        struct error *e)
{
    enum err err = check_alone(h, hs, seq, record, e);
    return err == OK ? OK : wrap(e, "record %llu", (unsigned long long)seq);
}

static enum err broken(uint64_t seq, const struct hash *is, const struct hash *expected, struct error *e)
{
    return fail(e, ERR_TAMPERED, "record %llu: its hash is %s, but record %llu expects %s",
                (unsigned long long)seq - 1, hash_text(is).hex, (unsigned long long)seq,
                hash_text(expected).hex);
}

/* The chain comes before the time, so that a record whose time was changed is the one that is named. */
enum err log_link_follows(const struct log_link *k, const struct record_header *h, struct error *e)
{
    if (!k->known) return OK;
    if (!hash_equal(&h->prev, &k->leaf)) return broken(h->seq, &k->leaf, &h->prev, e);
    if (h->at.us > k->at.us) return OK;
    return fail(e, ERR_TAMPERED, "record %llu: its time is not after that of the record before it",
                (unsigned long long)h->seq);
}

enum err log_link_hashed(struct record_header *h, struct log_link *k, uint64_t seq, struct bytes record,
                         const struct hash *leaf, struct error *e)
{
    enum err err = log_link_check(h, k->hasher, seq, record, e);
    if (err == OK) err = log_link_follows(k, h, e);
    if (err != OK) return err;
    k->leaf = *leaf;
    k->at = h->at;
    k->known = true;
    return OK;
}

enum err log_link_next(struct record_header *h, struct log_link *k, uint64_t seq, struct bytes record,
                       struct error *e)
{
    struct hash leaf = {0};
    merkle_leaf(k->hasher, &leaf, record);
    return log_link_hashed(h, k, seq, record, &leaf, e);
}
