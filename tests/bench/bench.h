/* SPDX-License-Identifier: MIT */
/* bench.h - what the benchmarks share: a clock, medians, `name value unit` lines, a folder on a real disk.
 * Interleaved rounds: every variant runs once a round, so that a noisy minute spoils one round of all and not
 * all rounds of one. */
#ifndef DAYBOOK_TESTS_BENCH_BENCH_H
#define DAYBOOK_TESTS_BENCH_BENCH_H

#include "ledger/store.h"

enum { BENCH_ROUNDS_MAX = 9, BENCH_NAME_BYTES = 64 };

struct figure {
    char name[BENCH_NAME_BYTES];
    const char *unit;
    uint64_t values[BENCH_ROUNDS_MAX]; /* whole units */
    unsigned count;
};

unsigned bench_rounds(void);              /* BENCH_ROUNDS, default 3 */
uint64_t bench_count(uint64_t otherwise); /* BENCH_COUNT scales the work */
void figure_add(struct figure *f, const char *name, const char *unit, uint64_t value);
uint64_t figure_median(const struct figure *f);
void figure_print(const struct figure *f);
uint64_t per_second(uint64_t count, uint64_t ns);

/* A new empty folder under $BENCH_DIR (default build/bench-data), removed by bench_folder_remove. */
void bench_folder(char path[256]);
void bench_folder_remove(const char *path);
/* Ends the program with the sentence when something that must work does not. */
void bench_must(enum err err, const struct error *e);

#endif
