/* SPDX-License-Identifier: MIT */
/* memory.h - base/'s own: what arena.c and buffer.c share. */
#ifndef DAYBOOK_LEDGER_BASE_MEMORY_H
#define DAYBOOK_LEDGER_BASE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ledger/base/arena.h"

_Noreturn void out_of_memory(size_t size);

/* Lets what ends at `end` grow where it stands, if it was taken last and there is room: a buffer that is
 * filled in one go leaves no copies behind. */
bool arena_extend(struct arena *a, const uint8_t *end, size_t more);

#endif
