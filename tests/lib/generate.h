/* SPDX-License-Identifier: MIT */
/* generate.h - random but valid values of any described struct, from its table alone: for tests of codecs and
 * for fuzzing. */
#ifndef DAYBOOK_TESTS_LIB_GENERATE_H
#define DAYBOOK_TESTS_LIB_GENERATE_H

#include "ledger/store.h"
#include "tests/lib/fixture.h"

/* Fills `record` with values that its wire form can hold; lists get up to three items. */
void generate_record(void *record, const struct schema *s, struct dice *d, struct arena *a);

#endif
