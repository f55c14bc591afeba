/* SPDX-License-Identifier: MIT */
/* dice.c - see dice.h. */
#include "tests/lib/dice.h"

struct dice dice_of(uint64_t seed)
{
    return (struct dice){.sim = {.state = seed}};
}

uint64_t dice_next(struct dice *d)
{
    uint8_t eight[8];
    struct world world = world_simulated(&d->sim);
    world.random(world.self, eight, sizeof(eight));
    return be64_get(eight);
}

int64_t dice_between(struct dice *d, int64_t low, int64_t high)
{
    assert(low <= high);
    uint64_t range = (uint64_t)high - (uint64_t)low;
    uint64_t roll = range == UINT64_MAX ? dice_next(d) : dice_next(d) % (range + 1);
    return (int64_t)((uint64_t)low + roll);
}

bool dice_chance(struct dice *d, unsigned percent)
{
    return dice_next(d) % 100 < percent;
}
