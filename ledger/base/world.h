/* SPDX-License-Identifier: MIT */
/* world.h - the one place where time and randomness enter. Everything else takes both as values. */
#ifndef DAYBOOK_LEDGER_BASE_WORLD_H
#define DAYBOOK_LEDGER_BASE_WORLD_H

#include "ledger/base/calendar.h"

struct world {
    void *self;
    struct instant (*now)(void *self);
    /* Fills with unpredictable bytes; ends the process if the system cannot give any. */
    void (*random)(void *self, void *to, size_t len);
};

/* The system's clock and OpenSSL's generator. */
struct world world_real(void);

/* A clock that stands still at `now` with real randomness: the CLI's --now. `frozen` must outlive the world.
 */
struct frozen_clock {
    struct instant now;
};
struct world world_frozen(struct frozen_clock *frozen);

/* A world made of a seed: the clock moves only when told, the bytes repeat. For tests and simulation only. */
struct simulated_world {
    struct instant now;
    uint64_t state;
};
struct world world_simulated(struct simulated_world *sim);

/* A monotonic reading in nanoseconds for progress displays and benchmarks; never for decisions. */
uint64_t world_monotonic_ns(void);

#endif
