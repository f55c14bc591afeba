/* SPDX-License-Identifier: MIT */
/* buffer.c - bytes that grow, in an arena or on their own. A buffer never holds fewer bytes than it says. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/base.h"
#include "ledger/base/memory.h"

enum { BUFFER_FIRST_BYTES = 256 };

static uint8_t *buffer_grow_in_arena(const struct buffer *b, size_t capacity)
{
    struct bytes old = {b->ptr, b->len};
    uint8_t *end = b->ptr == NULL ? NULL : b->ptr + b->capacity;
    if (end != NULL && arena_extend(b->arena, end, capacity - b->capacity)) return b->ptr;
    uint8_t *grown = arena_take_raw(b->arena, capacity);
    bytes_put(grown, old);
    return grown;
}

static void buffer_grow(struct buffer *b, size_t needed)
{
    if (needed > SIZE_MAX / 4) out_of_memory(needed);
    size_t capacity = b->capacity == 0 ? BUFFER_FIRST_BYTES : b->capacity * 2;
    while (capacity < needed) capacity *= 2;
    uint8_t *grown = b->arena == NULL ? realloc(b->ptr, capacity) : buffer_grow_in_arena(b, capacity);
    if (grown == NULL) out_of_memory(capacity);
    b->ptr = grown;
    b->capacity = capacity;
}

uint8_t *buffer_room(struct buffer *b, size_t size)
{
    size_t needed = 0;
    if (__builtin_add_overflow(b->len, size, &needed)) out_of_memory(size);
    if (b->ptr == NULL || needed > b->capacity) buffer_grow(b, needed);
    return b->ptr + b->len;
}

void buffer_add(struct buffer *b, const void *bytes, size_t len)
{
    if (len == 0) return;
    memcpy(buffer_room(b, len), bytes, len);
    b->len += len;
}

void buffer_add_byte(struct buffer *b, uint8_t byte)
{
    *buffer_room(b, 1) = byte;
    b->len++;
}

void buffer_print(struct buffer *b, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    va_list again;
    va_copy(again, args);
    (void)buffer_room(b, 1);
    size_t room = b->capacity - b->len;
    int wanted = vsnprintf((char *)b->ptr + b->len, room, format, args);
    if (wanted < 0) WRONG("a text cannot be formatted");
    if ((size_t)wanted >= room) {
        size_t full = (size_t)wanted + 1;
        int written = vsnprintf((char *)buffer_room(b, full), full, format, again);
        assert(written == wanted);
    }
    b->len += (size_t)wanted;
    va_end(again);
    va_end(args);
}

void buffer_clear(struct buffer *b)
{
    b->len = 0;
}

void buffer_free(struct buffer *b)
{
    assert(b->arena == NULL);
    free(b->ptr);
    *b = (struct buffer){0};
}
