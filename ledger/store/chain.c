/* SPDX-License-Identifier: MIT */
/* chain.c - see chain.h. One record after the other and nothing kept of them but the end, so that it is flat
 * in memory for any length. */
#include "ledger/store/chain.h"

#include <stdlib.h>
#include <string.h>

#include "ledger/store/log_private.h"
#include "ledger/store/msgpack.h"

struct chain {
    struct log_link link;
    struct log_head head;
    uint32_t epoch; /* the newest that has begun */
    char origin[ORIGIN_BYTES + 1];
};

struct chain *chain_new(void)
{
    struct chain *c = calloc(1, sizeof *c);
    if (c == NULL) WRONG("out of memory");
    c->link.hasher = hasher_new();
    return c;
}

struct chain *chain_behind(const struct log_head *head, uint32_t epoch)
{
    struct chain *c = chain_new();
    c->head = *head;
    c->epoch = epoch;
    c->link.known = head->range.size > 0;
    c->link.leaf = head->last_leaf;
    c->link.at = head->last_at;
    return c;
}

void chain_free(struct chain *c)
{
    if (c == NULL) return;
    hasher_free(c->link.hasher);
    free(c);
}

static enum err take_origin(struct chain *c, struct bytes body, struct error *e)
{
    size_t fields = 0;
    struct str origin = {0};
    bool fine = mp_take_array(&fields, &body) && fields > 0 && mp_take_str(&origin, &body);
    if (!fine || origin.len != ORIGIN_BYTES || !str_starts(origin, "daybook/"))
        return fail(e, ERR_TAMPERED, "record 0 is not a well-formed genesis record");
    memcpy(c->origin, origin.ptr, ORIGIN_BYTES);
    return OK;
}

static enum err take_epoch(struct chain *c, const struct record_header *h, struct bytes body, struct error *e)
{
    struct epoch_body epoch = {0};
    if (epoch_body_take(&epoch, body, e) != OK) return wrap(e, "record %llu", (unsigned long long)h->seq);
    if (epoch.epoch != c->epoch + 1 || epoch.before != c->head.epoch_seq)
        return fail(e, ERR_TAMPERED, "record %llu: key epoch %u does not follow epoch %u at record %llu",
                    (unsigned long long)h->seq, epoch.epoch, c->epoch, (unsigned long long)c->head.epoch_seq);
    c->epoch = epoch.epoch;
    c->head.epoch_seq = h->seq;
    return OK;
}

static enum err take_body(struct chain *c, const struct record_header *h, struct bytes record,
                          struct error *e)
{
    struct bytes body = {record.ptr + RECORD_HEADER_BYTES, h->body_len};
    if (h->class_ == RECORD_GENESIS) return take_origin(c, body, e);
    if (h->class_ == RECORD_EPOCH) return take_epoch(c, h, body, e);
    if (h->epoch <= c->epoch) return OK;
    return fail(e, ERR_TAMPERED, "record %llu: key epoch %u has not begun", (unsigned long long)h->seq,
                h->epoch);
}

enum err chain_next(struct chain *c, struct bytes record, struct error *e)
{
    struct record_header h = {0};
    struct log_link link = c->link;
    enum err err = log_link_next(&h, &link, c->head.range.size, record, e);
    if (err == OK) err = take_body(c, &h, record, e);
    if (err != OK) return err;
    c->link = link;
    c->head.last_leaf = link.leaf;
    c->head.last_at = link.at;
    merkle_append(&c->head.range, link.hasher, &link.leaf);
    return OK;
}

const struct log_head *chain_head(const struct chain *c)
{
    return &c->head;
}

void chain_root(struct chain *c, struct hash *out)
{
    merkle_root(&c->head.range, c->link.hasher, out);
}

struct str chain_origin(const struct chain *c)
{
    return str_of(c->origin);
}
