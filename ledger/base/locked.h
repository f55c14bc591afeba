/* SPDX-License-Identifier: MIT */
/* locked.h - memory for secrets: never swapped out, left out of core files, wiped when given back. */
#ifndef DAYBOOK_LEDGER_BASE_LOCKED_H
#define DAYBOOK_LEDGER_BASE_LOCKED_H

#include <stddef.h>

/* Zeroed, in pages of its own. Where the limit on locked memory is used up, a secret that could be swapped
 * beats a ledger that does not open. */
void *locked_new(size_t size);
void locked_free(void *memory, size_t size); /* wipes; accepts NULL */

#endif
