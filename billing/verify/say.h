/* SPDX-License-Identifier: MIT */
/* say.h - what was found, for people or as one JSON document. */
#ifndef DAYBOOK_BILLING_VERIFY_SAY_H
#define DAYBOOK_BILLING_VERIFY_SAY_H

#include <stdio.h>

#include "billing/verify/verify.h"

/* What the program ends with: 0 verified, 2 usage, 3 not a file of a known kind, 4 tampered, 5 rolled back, 8
 * incomplete. */
int exit_status(enum err err);
/* On standard output what was found; for people, what is wrong is one sentence on standard error. */
void say_json(FILE *out, const struct finding *f, const struct question *q, enum err err);
void say_people(FILE *out, FILE *wrong, const struct finding *f, const struct question *q, enum err err);

#endif
