/* SPDX-License-Identifier: MIT */
/* chain.c - see chain.h. One record after the other and nothing kept of them but the end, so that it is flat
 * in memory for any length. */
#include "ledger/store/chain.h"

#include <stdlib.h>
#include <string.h>

#include "ledger/store/log_private.h"

struct chain {
    struct log_link link;
    struct log_head head;
    struct chain_rules rules;
    char origin[ORIGIN_BYTES + 1];
};

struct chain *chain_new(void)
{
    struct chain *c = calloc(1, sizeof *c);
    if (c == NULL) WRONG("out of memory");
    c->link.hasher = hasher_new();
    c->rules = chain_rules_begin();
    return c;
}

struct chain *chain_behind(const struct log_head *head, const struct chain_rules *rules)
{
    struct chain *c = chain_new();
    c->head = *head;
    c->rules = *rules;
    c->link.known = head->range.size > 0;
    c->link.leaf = head->last_leaf;
    c->link.at = head->last_at;
    return c;
}

struct chain *chain_copy(const struct chain *c)
{
    struct chain *copy = chain_behind(&c->head, &c->rules);
    memcpy(copy->origin, c->origin, sizeof copy->origin);
    return copy;
}

void chain_free(struct chain *c)
{
    if (c == NULL) return;
    hasher_free(c->link.hasher);
    free(c);
}

/* A record that is linked: `link` is already behind it. */
static enum err take(struct chain *c, const struct log_link *link, const struct record_header *h,
                     struct bytes record, struct error *e)
{
    struct chain_note note = {.seq = 0};
    struct bytes body = {record.ptr + RECORD_HEADER_BYTES, h->body_len};
    if (h->class_ == RECORD_GENESIS && !record_genesis_origin(c->origin, body))
        return fail(e, ERR_TAMPERED, "record 0 is not a well-formed genesis record");
    enum err err = chain_note_take(&note, h, record, e);
    if (err == OK) err = chain_rules_next(&c->rules, &note, &c->head.range, link->hasher, e);
    if (err != OK) return err;
    c->link = *link;
    c->head.last_leaf = link->leaf;
    c->head.last_at = link->at;
    c->head.epoch_seq = c->rules.epoch_seq;
    merkle_append(&c->head.range, link->hasher, &link->leaf);
    return OK;
}

enum err chain_next(struct chain *c, struct bytes record, struct error *e)
{
    struct record_header h = {0};
    struct log_link link = c->link;
    enum err err = log_link_next(&h, &link, c->head.range.size, record, e);
    return err == OK ? take(c, &link, &h, record, e) : err;
}

enum err chain_entry(struct chain *c, const struct log_entry *entry, struct error *e)
{
    uint64_t due = c->head.range.size;
    if (entry->seq != due) return fail(e, ERR_TAMPERED, "record %llu is missing", (unsigned long long)due);
    enum err err = log_link_follows(&c->link, &entry->header, e);
    struct log_link link = {c->link.hasher, true, entry->leaf, entry->header.at};
    return err == OK ? take(c, &link, &entry->header, entry->record, e) : err;
}

enum err chain_end(const struct chain *c, struct error *e)
{
    return chain_rules_end(&c->rules, e);
}

bool chain_may_end(const struct chain *c)
{
    return !c->rules.lacks_epoch;
}

const struct log_head *chain_head(const struct chain *c)
{
    return &c->head;
}

const struct chain_rules *chain_rules_of(const struct chain *c)
{
    return &c->rules;
}

void chain_root(struct chain *c, struct hash *out)
{
    merkle_root(&c->head.range, c->link.hasher, out);
}

struct str chain_origin(const struct chain *c)
{
    return str_of(c->origin);
}
