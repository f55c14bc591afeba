/* SPDX-License-Identifier: MIT */
/* forge.c - puts one more record behind those of a ledger or of the newest snapshot of a backup, as somebody
 * can who may write to the disk and has no key: numbers, hashes, head and manifest are as they should be.
 *
 *   forge ledger|backup DIR KIND
 *
 * KIND: `next`: a generation that follows, which is sound; `generation`: one that does not; `epoch`: a key
 * epoch that does not follow; `events`: under an epoch that has not begun; `keys`: a master key without an
 * epoch behind it. */
#include <stdio.h>
#include <string.h>

#include "ledger/snapshot.h"
#include "ledger/store/log_private.h"

static struct error error;

static void must(enum err err, const char *what)
{
    if (err == OK) return;
    fprintf(stderr, "forge: %s: %s\n", what, error.text);
    exit(2);
}

/* ---- the record ---- */

static void put_generation(struct buffer *b, uint32_t number, struct chain *c)
{
    struct hash root = {{0}}, lost = {{7}};
    chain_root(c, &root);
    mp_put_array(b, 6);
    mp_put_uint(b, number);
    mp_put_uint(b, chain_head(c)->range.size);
    mp_put_bin(b, (struct bytes){root.bytes, 32});
    mp_put_uint(b, chain_head(c)->range.size + 5);
    mp_put_bin(b, (struct bytes){lost.bytes, 32});
    mp_put_str(b, STR("the disk was replaced"));
}

static const uint8_t any[WRAPPED_KEY_BYTES] = {1, 2, 3};

static void put_epoch(struct buffer *b, const struct chain_rules *r)
{
    mp_put_array(b, 5);
    mp_put_uint(b, r->epoch + 2);
    mp_put_bin(b, (struct bytes){any, SALT_BYTES});
    mp_put_bin(b, (struct bytes){any, CHECK_BYTES});
    mp_put_bin(b, (struct bytes){r->key_name, KEY_NAME_BYTES});
    mp_put_uint(b, r->epoch_seq);
}

static void put_keys(struct buffer *b, const struct chain_rules *r)
{
    mp_put_array(b, 6);
    mp_put_uint(b, 1);
    mp_put_bin(b, (struct bytes){any, KEY_NAME_BYTES});
    mp_put_bin(b, (struct bytes){r->key_name, KEY_NAME_BYTES});
    mp_put_bin(b, (struct bytes){any, NONCE_BYTES});
    mp_put_bin(b, (struct bytes){any, WRAPPED_KEY_BYTES});
    mp_put_uint(b, r->keys_seq);
}

/* Behind the chain, and the head that the two make. */
static struct bytes make_record(struct log_head *head, const char *kind, struct chain *c, struct arena *a)
{
    const struct chain_rules *rules = chain_rules_of(c);
    struct record_header h = {.class_ = RECORD_GENERATION};
    struct buffer body = {.arena = a};
    if (strcmp(kind, "next") == 0) {
        put_generation(&body, rules->generation + 1, c);
    } else if (strcmp(kind, "generation") == 0) {
        put_generation(&body, rules->generation + 2, c);
    } else if (strcmp(kind, "epoch") == 0) {
        h.class_ = RECORD_EPOCH;
        put_epoch(&body, rules);
    } else if (strcmp(kind, "keys") == 0) {
        h.class_ = RECORD_KEYS;
        put_keys(&body, rules);
    } else {
        h.class_ = RECORD_EVENTS;
        h.epoch = rules->epoch + 1;
        buffer_add(&body, any, sizeof any);
    }
    *head = *chain_head(c);
    h.seq = head->range.size;
    h.at.us = head->last_at.us + 1;
    h.prev = head->last_leaf;
    h.body_len = (uint32_t)body.len;
    uint8_t *to = arena_take_raw(a, RECORD_HEADER_BYTES + body.len);
    record_header_put(to, &h);
    memcpy(to + RECORD_HEADER_BYTES, body.ptr, body.len);
    struct bytes record = {to, RECORD_HEADER_BYTES + body.len};
    struct hasher *hasher = hasher_new();
    merkle_leaf(hasher, &head->last_leaf, record);
    merkle_append(&head->range, hasher, &head->last_leaf);
    hasher_free(hasher);
    head->last_at = h.at;
    if (h.class_ == RECORD_EPOCH) head->epoch_seq = h.seq;
    return record;
}

/* ---- where it goes ---- */

static enum err take_stored(void *context, uint64_t seq, struct bytes record, struct error *e)
{
    (void)seq;
    return chain_next(context, record, e);
}

static void forge_ledger(const char *dir, const char *kind, struct chain *c, struct arena *a)
{
    struct log_place place = {.dir = dir};
    struct log_head head = {.epoch_seq = 0};
    void *self = NULL;
    must(log_lmdb.open(&self, &place, &error), dir);
    must(log_lmdb.read(self, 0, UINT64_MAX, take_stored, c, &error), dir);
    uint64_t size = chain_head(c)->range.size;
    struct bytes record = make_record(&head, kind, c, a);
    must(log_lmdb.append(self, size, &record, 1, &head, &error), dir);
    log_lmdb.close(self);
}

static enum err take_copied(void *context, struct bytes record, struct error *e)
{
    return chain_next(context, record, e);
}

static struct piece put_piece(const char *dir, uint64_t seq, struct bytes record, struct arena *a)
{
    struct segment_writer *w = NULL;
    struct segment_facts facts = {.bytes = 0};
    must(segment_begin(&w, dir, &error), dir);
    must(segment_add(w, record, &error), dir);
    must(segment_end(&facts, w, &error), dir);
    const char *path = path_in(dir, object_path(a, &facts.hash), a);
    must(make_parent(path, 0700, &error), path);
    must(segment_place(w, path, &error), path);
    return (struct piece){seq, seq + 1, {facts.hash, facts.bytes}};
}

static void forge_backup(const char *dir, const char *kind, struct chain *c, struct arena *a)
{
    struct names_list names = {NULL, 0, 0};
    struct snapshot s = {.size = 0};
    struct log_head head = {.epoch_seq = 0};
    const struct copying nobody = {.progress = NULL};
    must(snapshot_names(&names, dir, a, &error), dir);
    must(snapshot_read(&s, dir, names.names[names.count - 1], a, &error), dir);
    must(snapshot_records(&s, dir, take_copied, c, &nobody, &error), dir);
    struct bytes record = make_record(&head, kind, c, a);
    snapshot_add_piece(&s, put_piece(dir, s.size, record, a), a);
    s.size = head.range.size;
    struct hasher *hasher = hasher_new();
    merkle_root(&head.range, hasher, &s.root);
    hasher_free(hasher);
    struct str name = snapshot_name(a, s.size, &s.root);
    const char *path = str_format(a, "%s/snapshots/%.*s", dir, STR_ARG(name)).ptr;
    must(put_file(dir, path, str_bytes(snapshot_text(a, &s)), 0600, &error), path);
}

int main(int argc, char **argv)
{
    if (argc != 4) return 2;
    struct arena *a = arena_new();
    struct chain *c = chain_new();
    if (strcmp(argv[1], "ledger") == 0)
        forge_ledger(argv[2], argv[3], c, a);
    else
        forge_backup(argv[2], argv[3], c, a);
    chain_free(c);
    arena_free(a);
    return 0;
}
