/* SPDX-License-Identifier: MIT */
/* views_cache.c - the values that a transaction has read or changed, in plain, in memory only. A value that
 * was handed out never moves until the transaction ends or the same key is put again. */
#include <stdlib.h>
#include <string.h>

#include "ledger/store/views_private.h"

enum { ROOM_FIRST = 64 };

static uint64_t hash_of(struct bytes key)
{
    uint64_t h = key.len * UINT64_C(0x9e3779b97f4a7c15);
    for (size_t i = 0; i < key.len; i += 8) {
        uint64_t word = 0;
        memcpy(&word, key.ptr + i, key.len - i < 8 ? key.len - i : 8);
        h = (h ^ word) * UINT64_C(0xff51afd7ed558ccd);
        h ^= h >> 32;
    }
    h *= UINT64_C(0xc4ceb9fe1a85ec53);
    return h ^ h >> 33;
}

static struct bytes key_of(const struct cached *entry)
{
    return (struct bytes){entry->key, entry->key_len};
}

/* A slot tells half of its entry's hash, so that a search seldom touches an entry that is not the wanted one.
 */
static uint64_t slot_for(uint64_t hash, size_t index)
{
    return (hash & UINT64_C(0xffffffff00000000)) | (index + 1);
}

static size_t entry_in(uint64_t slot)
{
    return (size_t)(uint32_t)slot - 1;
}

/* The slot of the key, or the free one where it belongs. */
static size_t slot_of(const struct views_cache *c, uint64_t hash, struct bytes key)
{
    size_t i = (size_t)hash & (c->slot_count - 1);
    for (; c->slots[i] != 0; i = (i + 1) & (c->slot_count - 1)) {
        if ((c->slots[i] ^ hash) >> 32 == 0 && bytes_equal(key_of(&c->entries[entry_in(c->slots[i])]), key))
            break;
    }
    return i;
}

struct cached *views_cache_find(struct views_cache *c, struct bytes key)
{
    if (c->count == 0) return NULL;
    uint64_t slot = c->slots[slot_of(c, hash_of(key), key)];
    return slot == 0 ? NULL : &c->entries[entry_in(slot)];
}

/* The key is known not to be there: the first free slot is its own. */
static void place(struct views_cache *c, size_t index)
{
    struct cached *entry = &c->entries[index];
    size_t i = (size_t)entry->hash & (c->slot_count - 1);
    while (c->slots[i] != 0) i = (i + 1) & (c->slot_count - 1);
    entry->slot = (uint32_t)i;
    c->slots[i] = slot_for(entry->hash, index);
}

/* Doubles entries and slots; slots are twice as many, so a search always meets a free one. */
static void make_room(struct views_cache *c)
{
    if (c->count < c->room) return;
    size_t room = c->room == 0 ? ROOM_FIRST : c->room * 2;
    assert(room < UINT32_MAX / 2);
    struct cached *entries = realloc(c->entries, room * sizeof *entries);
    if (entries != NULL) c->entries = entries;
    free(c->slots);
    c->slots = calloc(room * 2, sizeof *c->slots);
    if (entries == NULL || c->slots == NULL) WRONG("out of memory");
    c->room = room;
    c->slot_count = room * 2;
    for (size_t i = 0; i < c->count; i++) place(c, i);
}

struct cached *views_cache_add(struct views_cache *c, struct bytes key)
{
    assert(key.len <= VIEW_KEY_BYTES);
    if (c->arena == NULL) c->arena = arena_new();
    make_room(c);
    struct cached *entry = &c->entries[c->count];
    *entry = (struct cached){.key_len = (uint8_t)key.len, .absent = true, .hash = hash_of(key)};
    bytes_put(entry->key, key);
    place(c, c->count);
    c->count++;
    c->bytes += sizeof *entry + 2 * sizeof *c->slots;
    return entry;
}

uint8_t *views_cache_room(struct views_cache *c, struct cached *entry, size_t len)
{
    assert(len <= UINT32_MAX);
    if (entry->value == NULL || entry->capacity < len) {
        size_t capacity = len + len / 4; /* counters and lists grow a little each time */
        if (capacity > UINT32_MAX) capacity = len;
        entry->value = arena_take_raw(c->arena, capacity);
        entry->capacity = (uint32_t)capacity;
        c->bytes += capacity;
    }
    entry->len = (uint32_t)len;
    entry->absent = entry->damaged = false;
    return entry->value;
}

static void mark_dirty(struct views_cache *c, struct cached *entry)
{
    entry->changed = true;
    if (entry->dirty) return;
    entry->dirty = true;
    if (c->dirty_count == c->dirty_room) {
        size_t room = c->dirty_room == 0 ? ROOM_FIRST : c->dirty_room * 2;
        uint32_t *dirty = realloc(c->dirty, room * sizeof *dirty);
        if (dirty == NULL) WRONG("out of memory");
        c->dirty = dirty;
        c->dirty_room = room;
    }
    c->dirty[c->dirty_count++] = (uint32_t)(entry - c->entries);
}

void views_cache_set(struct views_cache *c, struct cached *entry, struct bytes value)
{
    mark_dirty(c, entry);
    const uint8_t *old = entry->value;
    uint8_t *to = views_cache_room(c, entry, value.len);
    /* The value may be the old one, changed in place. */
    if (value.len > 0 && value.ptr != old) memmove(to, value.ptr, value.len);
}

void views_cache_remove(struct views_cache *c, struct cached *entry)
{
    mark_dirty(c, entry);
    entry->absent = true;
    entry->damaged = false;
    entry->len = 0;
}

static int by_key(const struct cached *x, const struct cached *y)
{
    size_t len = x->key_len < y->key_len ? x->key_len : y->key_len;
    int order = memcmp(x->key, y->key, len);
    return order != 0 ? order : (int)x->key_len - (int)y->key_len;
}

/* The first sixteen bytes decide almost always; having them at hand spares the sort a walk to each entry. */
struct sort_key {
    uint64_t high, low;
    const struct cached *entry;
};

static int by_sort_key(const void *a, const void *b)
{
    struct sort_key x, y;
    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    if (x.high != y.high) return x.high < y.high ? -1 : 1;
    if (x.low != y.low) return x.low < y.low ? -1 : 1;
    return by_key(x.entry, y.entry);
}

void views_cache_sort(struct views_cache *c)
{
    struct sort_key *keys = malloc(c->dirty_count * sizeof *keys);
    if (keys == NULL) WRONG("out of memory");
    for (size_t i = 0; i < c->dirty_count; i++) {
        uint8_t head[16] = {0};
        const struct cached *entry = &c->entries[c->dirty[i]];
        memcpy(head, entry->key, entry->key_len < sizeof head ? entry->key_len : sizeof head);
        keys[i] = (struct sort_key){be64_get(head), be64_get(head + 8), entry};
    }
    qsort(keys, c->dirty_count, sizeof *keys, by_sort_key);
    for (size_t i = 0; i < c->dirty_count; i++) c->dirty[i] = (uint32_t)(keys[i].entry - c->entries);
    free(keys);
}

void views_cache_flushed(struct views_cache *c)
{
    for (size_t i = 0; i < c->dirty_count; i++) c->entries[c->dirty[i]].dirty = false;
    c->dirty_count = 0;
}

void views_cache_replay(struct views_cache *c)
{
    for (size_t i = 0; i < c->count; i++)
        if (c->entries[i].changed) mark_dirty(c, &c->entries[i]);
}

void views_cache_reset(struct views_cache *c)
{
    /* After one large transaction the small ones must not pay for all its slots. */
    if (c->count < c->slot_count / 4)
        for (size_t i = 0; i < c->count; i++) c->slots[c->entries[i].slot] = 0;
    else if (c->slot_count > 0)
        memset(c->slots, 0, c->slot_count * sizeof *c->slots);
    if (c->arena != NULL) arena_reset(c->arena);
    c->count = c->dirty_count = c->bytes = 0;
}

void views_cache_free(struct views_cache *c)
{
    arena_free(c->arena);
    free(c->entries);
    free(c->slots);
    free(c->dirty);
    *c = (struct views_cache){0};
}
