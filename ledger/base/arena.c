/* SPDX-License-Identifier: MIT */
/* arena.c - blocks in a chain, the newest first; taking is moving a mark in the newest. This file and
 * buffer.c alone call malloc for the rest of Daybook. It never gives NULL and never hands out memory twice
 * before a reset. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/base.h"
#include "ledger/base/memory.h"

enum {
    ARENA_FIRST_BYTES = 16 * 1024,
    /* Blocks double up to this size; a larger wish gets a block of its own size. */
    ARENA_GROWTH_BYTES = 4 * 1024 * 1024,
    ARENA_ALIGN = 16,
};

_Static_assert(ARENA_ALIGN >= _Alignof(max_align_t), "arena memory must suit any type");

struct arena_block {
    struct arena_block *older;
    size_t capacity;
    size_t used;
    _Alignas(ARENA_ALIGN) uint8_t bytes[];
};

struct arena {
    struct arena_block *newest;
    size_t used;
};

void out_of_memory(size_t size)
{
    (void)fprintf(stderr, "cannot allocate %zu bytes: out of memory\n", size);
    (void)fflush(stderr);
    abort();
}

static void *memory_take(size_t size)
{
    void *memory = malloc(size);
    if (memory == NULL) out_of_memory(size);
    return memory;
}

struct arena *arena_new(void)
{
    struct arena *a = memory_take(sizeof(*a));
    *a = (struct arena){0};
    return a;
}

static void blocks_free(struct arena_block *block)
{
    while (block != NULL) {
        struct arena_block *older = block->older;
        free(block);
        block = older;
    }
}

void arena_free(struct arena *a)
{
    if (a == NULL) return;
    blocks_free(a->newest);
    free(a);
}

void arena_reset(struct arena *a)
{
    a->used = 0;
    if (a->newest == NULL) return;
    struct arena_block **largest = &a->newest;
    for (struct arena_block **at = &a->newest->older; *at != NULL; at = &(*at)->older) {
        if ((*at)->capacity > (*largest)->capacity) largest = at;
    }
    struct arena_block *kept = *largest;
    *largest = kept->older;
    blocks_free(a->newest);
    kept->older = NULL;
    kept->used = 0;
    a->newest = kept;
}

static struct arena_block *block_add(struct arena *a, size_t size)
{
    size_t capacity = a->newest == NULL ? ARENA_FIRST_BYTES : a->newest->capacity * 2;
    if (capacity > ARENA_GROWTH_BYTES) capacity = ARENA_GROWTH_BYTES;
    if (capacity < size) capacity = size;
    struct arena_block *block = memory_take(sizeof(*block) + capacity);
    block->older = a->newest;
    block->capacity = capacity;
    block->used = 0;
    a->newest = block;
    return block;
}

void *arena_take_raw(struct arena *a, size_t size)
{
    if (size > SIZE_MAX / 2) out_of_memory(size);
    /* An empty wish still gets a place of its own, so that pointers stay valid and distinct. */
    size_t taken = size == 0 ? ARENA_ALIGN : (size + ARENA_ALIGN - 1) / ARENA_ALIGN * ARENA_ALIGN;
    struct arena_block *block = a->newest;
    if (block == NULL || block->capacity - block->used < taken) block = block_add(a, taken);
    void *memory = block->bytes + block->used;
    block->used += taken;
    a->used += taken;
    return memory;
}

void *arena_take(struct arena *a, size_t count, size_t size)
{
    size_t total = 0;
    bool too_many = __builtin_mul_overflow(count, size, &total);
    assert(!too_many);
    void *memory = arena_take_raw(a, total);
    memset(memory, 0, total);
    return memory;
}

void *arena_grow(struct arena *a, void *items, size_t count, size_t *capacity, size_t size)
{
    enum { FIRST_ITEMS = 8 };
    assert(count <= *capacity);
    if (count < *capacity) return items;
    size_t room = *capacity == 0 ? FIRST_ITEMS : *capacity * 2;
    void *grown = arena_take(a, room, size);
    if (count > 0) memcpy(grown, items, count * size);
    *capacity = room;
    return grown;
}

size_t arena_used(const struct arena *a)
{
    return a->used;
}

/* Lets the last thing taken grow where it stands, so that a buffer filled in one go leaves no copies behind.
 */
bool arena_extend(struct arena *a, const uint8_t *end, size_t more)
{
    struct arena_block *block = a->newest;
    if (block == NULL || end != block->bytes + block->used) return false;
    if (block->capacity - block->used < more) return false;
    block->used += more;
    a->used += more;
    return true;
}
