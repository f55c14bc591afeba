/* SPDX-License-Identifier: MIT */
/* world.c - the only file that asks the system for the time or for chance. Nothing else may, or a run could
 * not be repeated. */
#include <limits.h>
#include <time.h>

#include <openssl/rand.h>

#include "ledger/base.h"

static struct timespec clock_read(clockid_t clock)
{
    struct timespec t = {0};
    if (clock_gettime(clock, &t) != 0) WRONG("the system's clock cannot be read");
    return t;
}

static struct instant real_now(void *self)
{
    (void)self;
    struct timespec t = clock_read(CLOCK_REALTIME);
    return (struct instant){(int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000};
}

static void real_random(void *self, void *to, size_t len)
{
    (void)self;
    uint8_t *at = to;
    while (len > 0) {
        int part = len > INT_MAX ? INT_MAX : (int)len;
        if (RAND_bytes(at, part) != 1) WRONG("the system gives no random bytes");
        at += part;
        len -= (size_t)part;
    }
}

struct world world_real(void)
{
    return (struct world){.self = NULL, .now = real_now, .random = real_random};
}

static struct instant frozen_now(void *self)
{
    return ((const struct frozen_clock *)self)->now;
}

struct world world_frozen(struct frozen_clock *frozen)
{
    return (struct world){.self = frozen, .now = frozen_now, .random = real_random};
}

static struct instant simulated_now(void *self)
{
    return ((const struct simulated_world *)self)->now;
}

/* A counter in steps of the golden ratio, stirred by two multiplications (Steele, Lea and Flood's SplitMix):
 * any seed is good, neighbouring seeds give unrelated bytes, and the state is one number. */
static uint64_t next_number(uint64_t *state)
{
    *state += 0x9e3779b97f4a7c15u;
    uint64_t mixed = *state;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9u;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebu;
    return mixed ^ (mixed >> 31);
}

static void simulated_random(void *self, void *to, size_t len)
{
    struct simulated_world *sim = self;
    uint8_t *at = to;
    while (len > 0) {
        uint8_t eight[8];
        be64_put(eight, next_number(&sim->state));
        size_t part = len < sizeof(eight) ? len : sizeof(eight);
        memcpy(at, eight, part);
        at += part;
        len -= part;
    }
}

struct world world_simulated(struct simulated_world *sim)
{
    return (struct world){.self = sim, .now = simulated_now, .random = simulated_random};
}

uint64_t world_monotonic_ns(void)
{
    struct timespec t = clock_read(CLOCK_MONOTONIC);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}
