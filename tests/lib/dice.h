/* SPDX-License-Identifier: MIT */
/* dice.h - numbers that look random and are the same in every run of the same seed. */
#ifndef DAYBOOK_TESTS_LIB_DICE_H
#define DAYBOOK_TESTS_LIB_DICE_H

#include "ledger/base.h"

struct dice {
    struct simulated_world sim;
};
struct dice dice_of(uint64_t seed);
uint64_t dice_next(struct dice *d);
int64_t dice_between(struct dice *d, int64_t low, int64_t high); /* both included */
bool dice_chance(struct dice *d, unsigned percent);

#endif
