/* SPDX-License-Identifier: MIT */
/* rates.h - rates written briefly, for the tests of prices. */
#ifndef DAYBOOK_TESTS_BOOK_RATES_H
#define DAYBOOK_TESTS_BOOK_RATES_H

#include "ledger/book.h"
#include "tests/lib/fixture.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

struct decimal number(const char *text);
/* Tiers as one would say them: "10 @5 +2 /100, rest @4" - up to 10 units at 5 a block of 100, and 2 once. */
struct rate tiered(enum pricing_model model, const char *text);
struct rate priced(enum pricing_model model, const char *unit_price);

#endif
