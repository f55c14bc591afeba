/* SPDX-License-Identifier: MIT */
/* arena.h - memory by lifetime: one arena a command, request, batch or report row; reset, never freed
 * piecemeal. A parameter `struct arena *` means "may allocate"; none means "does not". */
#ifndef DAYBOOK_LEDGER_BASE_ARENA_H
#define DAYBOOK_LEDGER_BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "ledger/base/error.h"

struct arena;

/* A new empty arena. Running out of memory ends the process with a sentence and abort(): whatever was
 * acknowledged is on disk, whatever was not is not, and no caller could go on. So no result here is NULL. */
struct arena *arena_new(void);
void arena_free(struct arena *a); /* accepts NULL */

/* Forgets everything taken, keeps the largest block for the next round. */
void arena_reset(struct arena *a);

/* Zeroed, aligned for any type. `count * size` must not overflow (asserted). count 0 gives a valid pointer.
 */
void *arena_take(struct arena *a, size_t count, size_t size) __attribute__((returns_nonnull));
#define arena_new_of(a, type)      ((type *)arena_take((a), 1, sizeof(type)))
#define arena_array_of(a, type, n) ((type *)arena_take((a), (n), sizeof(type)))

/* Room for one more item: `items` itself while count < *capacity, else a copy of twice the size (8 at first),
 * *capacity with it. The old items stay where they are until the reset, so a list's readers may keep them. */
void *arena_grow(struct arena *a, void *items, size_t count, size_t *capacity, size_t size)
    __attribute__((returns_nonnull));

/* Not zeroed, for buffers that are filled at once. */
void *arena_take_raw(struct arena *a, size_t size) __attribute__((returns_nonnull));

/* Bytes taken since the last reset; for tests and for batch limits. */
size_t arena_used(const struct arena *a);

/* A growing byte buffer. With an arena it grows there; with arena NULL it uses malloc and must be freed by
 * buffer_free. Start from {0} with .arena set. */
struct buffer {
    uint8_t *ptr;
    size_t len, capacity;
    struct arena *arena;
};

uint8_t *buffer_room(struct buffer *b,
                     size_t size); /* room for `size` more bytes at ptr + len; len unchanged */
void buffer_add(struct buffer *b, const void *bytes, size_t len);
void buffer_add_byte(struct buffer *b, uint8_t byte);
void buffer_print(struct buffer *b, const char *format, ...) PRINTF_LIKE(2, 3);
void buffer_clear(struct buffer *b); /* len = 0, memory kept */
void buffer_free(struct buffer *b);  /* only for arena == NULL */

#endif
