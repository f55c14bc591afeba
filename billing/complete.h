/* SPDX-License-Identifier: MIT */
/* complete.h - billing's own: completion of command lines, for all shells alike. */
#ifndef DAYBOOK_BILLING_COMPLETE_H
#define DAYBOOK_BILLING_COMPLETE_H

#include "billing/values.h"

/* Prints what the last of these words can become; the ones before it are what stands behind the program's
 * name. */
void complete_line(FILE *to, int count, const char *const *words);

/* The script that asks for it, of "bash", "zsh" or "fish". */
enum err completion_script(FILE *to, struct str shell, struct error *e) MUST_USE;

#endif
