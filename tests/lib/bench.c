/* SPDX-License-Identifier: MIT */
/* bench.c - see tests/bench/bench.h. */
#include <sys/stat.h>
#include <unistd.h>

#include "tests/bench/bench.h"

static uint64_t environment_number(const char *name, uint64_t otherwise)
{
    struct error e = {0};
    uint64_t n = 0;
    const char *text = getenv(name);
    return text != NULL && uint_parse(&n, str_of(text), &e) == OK && n > 0 ? n : otherwise;
}

unsigned bench_rounds(void)
{
    uint64_t n = environment_number("BENCH_ROUNDS", 3);
    return n > BENCH_ROUNDS_MAX ? BENCH_ROUNDS_MAX : (unsigned)n;
}

uint64_t bench_count(uint64_t otherwise)
{
    return environment_number("BENCH_COUNT", otherwise);
}

void figure_add(struct figure *f, const char *name, const char *unit, uint64_t value)
{
    snprintf(f->name, sizeof f->name, "%s", name);
    f->unit = unit;
    if (f->count < BENCH_ROUNDS_MAX) f->values[f->count++] = value;
}

static int by_value(const void *a, const void *b)
{
    uint64_t x = 0, y = 0;
    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    return x < y ? -1 : x > y;
}

uint64_t figure_median(const struct figure *f)
{
    uint64_t sorted[BENCH_ROUNDS_MAX];
    memcpy(sorted, f->values, sizeof sorted);
    qsort(sorted, f->count, sizeof sorted[0], by_value);
    return f->count == 0 ? 0 : sorted[f->count / 2];
}

void figure_print(const struct figure *f)
{
    printf("%s %llu %s\n", f->name, (unsigned long long)figure_median(f), f->unit);
    (void)fflush(stdout);
}

__extension__ typedef unsigned __int128 wide;

uint64_t per_second(uint64_t count, uint64_t ns)
{
    return ns == 0 ? 0 : (uint64_t)((wide)count * 1000000000u / ns);
}

void bench_folder(char path[256])
{
    const char *under = getenv("BENCH_DIR");
    (void)mkdir("build", 0755);
    if (under == NULL) under = "build/bench-data";
    (void)mkdir(under, 0700);
    snprintf(path, 256, "%s/XXXXXX", under);
    if (mkdtemp(path) == NULL) WRONG("cannot make a folder for the benchmark");
}

void bench_folder_remove(const char *path)
{
    char command[300];
    snprintf(command, sizeof command, "rm -rf -- '%s'", path);
    if (system(command) != 0) fprintf(stderr, "cannot remove %s\n", path);
}

void bench_must(enum err err, const struct error *e)
{
    if (err == OK) return;
    fprintf(stderr, "benchmark: %s\n", e->text);
    exit(1);
}
