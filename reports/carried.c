/* SPDX-License-Identifier: MIT */
/* carried.c - see carried.h. */
#include "reports/carried.h"

static bool is_same(const struct carried_key *a, const struct carried_key *b)
{
    return a->account == b->account && a->customer == b->customer && a->invoice == b->invoice &&
           a->detail == b->detail && strcmp(a->currency, b->currency) == 0;
}

static size_t slot_of(const struct carried_items *all, const struct carried_key *k)
{
    uint64_t hash = (k->invoice * UINT64_C(0x9e3779b97f4a7c15)) ^
                    (k->customer * UINT64_C(0xc2b2ae3d27d4eb4f)) ^
                    (((uint64_t)k->account << 32 | k->detail) * UINT64_C(0x165667b19e3779f9));
    hash ^= hash >> 29;
    size_t at = (size_t)hash & (all->capacity - 1);
    while (all->slots[at].in_use && !is_same(&all->slots[at].key, k)) at = (at + 1) & (all->capacity - 1);
    return at;
}

static void rebuild(struct carried_items *all, size_t capacity)
{
    struct carried_items fresh = {.slots = calloc(capacity, sizeof *fresh.slots), .capacity = capacity};
    if (fresh.slots == NULL) WRONG("out of memory");
    for (size_t i = 0; i < all->capacity; i++) {
        const struct carried *c = &all->slots[i];
        if (!c->in_use || (c->own == 0 && c->functional == 0)) continue;
        fresh.slots[slot_of(&fresh, &c->key)] = *c;
        fresh.count++;
    }
    free(all->slots);
    *all = fresh;
}

void carried_reserve(struct carried_items *all, size_t more)
{
    size_t capacity = all->capacity == 0 ? 1024 : all->capacity;
    if (all->capacity != 0 && 2 * (all->count + more) < capacity) return;
    if (all->capacity != 0) rebuild(all, capacity); /* which may have made the room */
    while (2 * (all->count + more) >= capacity / 2) capacity *= 2;
    if (capacity != all->capacity) rebuild(all, capacity);
}

struct carried *carried_find(struct carried_items *all, const struct carried_key *key)
{
    struct carried *c = &all->slots[slot_of(all, key)];
    if (!c->in_use) {
        *c = (struct carried){.key = *key, .in_use = true};
        all->count++;
    }
    return c;
}

void carried_free(struct carried_items *all)
{
    free(all->slots);
    *all = (struct carried_items){0};
}

static int64_t size_of(int64_t minor)
{
    return minor < 0 ? -minor : minor;
}

/* Of minor units: which currency they are of makes no difference. */
static enum err part_of(int64_t *out, int64_t minor, int64_t num, int64_t den, struct error *e)
{
    struct money m = money_of(minor, "EUR");
    enum err err = money_part(&m, m, num, den, e);
    *out = m.minor;
    return err;
}

enum err carried_post(int64_t *adjust, struct carried *c, int64_t own, int64_t functional, struct error *e)
{
    int64_t held = size_of(c->own), moved = size_of(own), at_rate = 0, stood_for = 0;
    int64_t settled = held < moved ? held : moved;
    bool settles = settled > 0 && (c->own < 0) != (own < 0);
    *adjust = own == 0 ? -functional : 0;
    enum err err = OK;
    if (settles) err = part_of(&stood_for, c->functional, settled, held, e);
    if (settles && err == OK) err = part_of(&at_rate, functional, settled, moved, e);
    if (err != OK) return err;
    if (settles) *adjust = -stood_for - at_rate;
    if (!__builtin_add_overflow(c->own, own, &c->own) &&
        !__builtin_add_overflow(c->functional, functional + *adjust, &c->functional))
        return OK;
    return fail(e, ERR_LIMIT, "an account is more than an amount can hold");
}
