/* SPDX-License-Identifier: MIT */
/* utf8.h - base/'s own: one step through a text that came from outside. */
#ifndef DAYBOOK_LEDGER_BASE_UTF8_H
#define DAYBOOK_LEDGER_BASE_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* The character at `at` and how many bytes it has; 0 when no well-formed character stands there. `left` >= 1.
 */
size_t utf8_next(const uint8_t *at, size_t left, uint32_t *character);

#endif
