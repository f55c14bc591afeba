/* SPDX-License-Identifier: MIT */
/* main.c - tries the properties on so many histories, each made of a seed of its own, with a process for each
 * processor; says what was broken, and how to live it again.
 *
 *     sim_runner [--histories N] [--seed N] [--property NAME] [--tell]
 *     sim_runner --dump FILE [--histories N] [--seed N]      histories and what came out, for model.py
 *
 * SIM_HISTORIES and SIM_SEED say the same as the options. */
#include <getopt.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/sim/sim.h"

enum { HISTORIES = 10000, PROPERTIES_MAX = 16, PROCESSES_MAX = 16, BROKEN_TOLD = 5 };

struct options {
    uint64_t seed, histories;
    const char *property, *dump;
    bool tells;
};

/* What a process has tried. */
struct tally {
    struct count {
        uint64_t trials, failed;
    } of[PROPERTIES_MAX];
};

static uint64_t number_of(const char *text, uint64_t otherwise)
{
    struct error e = {0};
    uint64_t n = 0;
    return text != NULL && uint_parse(&n, str_of(text), &e) == OK ? n : otherwise;
}

static bool read_options(struct options *o, int argc, char **argv)
{
    static const struct option known[] = {{"histories", required_argument, NULL, 'n'},
                                          {"seed", required_argument, NULL, 's'},
                                          {"property", required_argument, NULL, 'p'},
                                          {"dump", required_argument, NULL, 'd'},
                                          {"tell", no_argument, NULL, 't'},
                                          {NULL, 0, NULL, 0}};
    *o = (struct options){.seed = number_of(getenv("SIM_SEED"), 1),
                          .histories = number_of(getenv("SIM_HISTORIES"), HISTORIES)};
    for (int c = 0; (c = getopt_long(argc, argv, "", known, NULL)) != -1;) {
        if (c == 'n') o->histories = number_of(optarg, o->histories);
        if (c == 's') o->seed = number_of(optarg, o->seed);
        if (c == 'p') o->property = optarg;
        if (c == 'd') o->dump = optarg;
        if (c == 't') o->tells = true;
        if (c == '?') return false;
    }
    return optind == argc;
}

/* ---- one process ---- */

static uint64_t trials_of(const struct options *o, const struct property *p)
{
    uint64_t histories = o->property != NULL ? o->histories : o->histories * p->share / 100;
    uint64_t trials = histories / p->histories;
    return trials == 0 ? 1 : trials;
}

static void try_one(struct count *c, const struct property *p, const struct trial *t)
{
    struct error e = {0};
    enum err err = p->holds(t, &e);
    arena_reset(t->arena);
    c->trials++;
    if (err == OK) return;
    if (c->failed++ >= BROKEN_TOLD) return;
    printf(
        "BROKEN %s, seed %ju: %s\n       again: sim_runner --property %s --histories 1 --seed %ju --tell\n",
        p->name, (uintmax_t)t->seed, e.text, p->name, (uintmax_t)t->seed);
    (void)fflush(stdout);
}

/* Every n-th trial of each property, beginning with `first`. */
static void try_share(struct tally *out, const struct options *o, const struct trial *like, uint64_t first,
                      uint64_t n)
{
    struct trial t = *like;
    t.arena = arena_new();
    for (size_t i = 0; properties[i].name != NULL; i++) {
        const struct property *p = &properties[i];
        if (o->property != NULL && strcmp(o->property, p->name) != 0) continue;
        for (uint64_t at = first; at < trials_of(o, p); at += n) {
            t.seed = o->seed + at;
            try_one(&out->of[i], p, &t);
        }
    }
    arena_free(t.arena);
}

/* ---- all of them ---- */

struct process {
    pid_t pid;
    int pipe;
};

static bool start(struct process *p, const struct options *o, const struct trial *like, uint64_t first,
                  uint64_t n)
{
    int ends[2];
    if (pipe(ends) != 0) return false;
    p->pipe = ends[0];
    p->pid = fork();
    if (p->pid != 0) {
        (void)close(ends[1]);
        return p->pid > 0;
    }
    struct tally tally = {0};
    try_share(&tally, o, like, first, n);
    bool told = write(ends[1], &tally, sizeof tally) == (ssize_t)sizeof tally;
    (void)fflush(stdout);
    _exit(told ? 0 : 1);
}

/* A process that died, by an assertion or a signal, has told nothing. */
static bool finish(struct tally *sum, const struct process *p)
{
    struct tally t = {0};
    int status = 0;
    bool told = read(p->pipe, &t, sizeof t) == (ssize_t)sizeof t;
    (void)close(p->pipe);
    if (waitpid(p->pid, &status, 0) != p->pid || status != 0) told = false;
    for (size_t i = 0; told && i < PROPERTIES_MAX; i++) {
        sum->of[i].trials += t.of[i].trials;
        sum->of[i].failed += t.of[i].failed;
    }
    return told;
}

static uint64_t processes(const struct options *o)
{
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    if (o->tells || n < 1) return 1;
    return n > PROCESSES_MAX ? PROCESSES_MAX : (uint64_t)n;
}

static int report(const struct options *o, const struct tally *sum, int died)
{
    int passed = 0, failed = died;
    for (size_t i = 0; properties[i].name != NULL; i++) {
        const struct count *c = &sum->of[i];
        if (c->trials == 0) continue;
        printf("%s %s: %s (%ju of %ju, seeds from %ju)\n", c->failed == 0 ? "ok  " : "FAIL",
               properties[i].name, properties[i].says, (uintmax_t)(c->trials - c->failed),
               (uintmax_t)c->trials, (uintmax_t)o->seed);
        *(c->failed == 0 ? &passed : &failed) += 1;
    }
    if (died > 0) printf("%d processes died\n", died);
    printf("%d passed, %d failed, 0 skipped\n", passed, failed);
    return failed == 0 && passed > 0 ? 0 : 1;
}

static int try_all(const struct options *o, const struct trial *like)
{
    struct tally sum = {0};
    struct process running[PROCESSES_MAX];
    uint64_t n = processes(o), started = 0;
    (void)fflush(stdout);
    while (started < n && start(&running[started], o, like, started, n)) started++;
    int died = (int)(n - started);
    for (uint64_t i = 0; i < started; i++) died += finish(&sum, &running[i]) ? 0 : 1;
    return report(o, &sum, died);
}

int main(int argc, char **argv)
{
    struct options o = {0};
    struct error e = {0};
    struct command catalog = {0};
    struct arena *kept = arena_new();
    char folder[FOLDER_BYTES] = "";
    if (!read_options(&o, argc, argv)) return 2;
    enum err err = catalog_read(&catalog, "tests/sim/catalog.json", kept, &e);
    if (err == OK) err = folder_make(folder, &e);
    if (err != OK) {
        printf("FAIL %s\n", e.text);
        return 1;
    }
    struct trial like = {
        .seed = o.seed, .catalog = &catalog, .folder = folder, .tells = o.tells, .arena = arena_new()};
    int status = o.dump != NULL ? dump_histories(o.dump, &like, o.histories) : try_all(&o, &like);
    folder_remove(folder);
    arena_free(like.arena);
    arena_free(kept);
    return status;
}
