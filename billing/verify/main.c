/* SPDX-License-Identifier: MIT */
/* main.c - daybook-verify: is this what the ledger signed? A program for people who trust neither the
 * operator nor the program that wrote the ledger. It needs no key but a public one, opens files for reading
 * only, and lets go of what it does not need before it reads the first. */
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "billing/verify/say.h"

static const char usage[] = "usage: daybook-verify PATH [--public-key FILE] [--checkpoint FILE] [--record "
                            "FILE | --leaf HASH] [--old FILE]\n"
                            "                      [--jobs N] [--json]\n"
                            "PATH is an archive, a checkpoint, a proof of a record (--record or --leaf), a "
                            "proof of growth (--old) or a\n"
                            "disclosure. Exit status: 0 verified, 2 usage, 3 unknown file, 4 tampered, 5 "
                            "rolled back, 8 incomplete.\n";

struct options {
    struct question q;
    bool json, help;
};

/* `--name VALUE` or `--name=VALUE`. */
static bool take_value(const char **out, const char *name, char **argv, int argc, int *at)
{
    size_t len = strlen(name);
    const char *word = argv[*at];
    if (strncmp(word, name, len) != 0 || (word[len] != '\0' && word[len] != '=')) return false;
    if (word[len] == '=')
        *out = word + len + 1;
    else
        *out = *at + 1 < argc ? argv[++*at] : "";
    return true;
}

static bool take_option(struct options *o, char **argv, int argc, int *at)
{
    struct question *q = &o->q;
    const char *jobs = NULL;
    struct error unused = {0};
    uint64_t n = 0;
    if (take_value(&q->public_key, "--public-key", argv, argc, at) ||
        take_value(&q->checkpoint, "--checkpoint", argv, argc, at) ||
        take_value(&q->record, "--record", argv, argc, at) || take_value(&q->old, "--old", argv, argc, at) ||
        take_value(&q->leaf, "--leaf", argv, argc, at))
        return true;
    if (take_value(&jobs, "--jobs", argv, argc, at)) {
        bool fine = uint_parse(&n, str_of(jobs), &unused) == OK && n >= 1 && n <= 256;
        q->jobs = fine ? (unsigned)n : 0;
        return fine;
    }
    if (strcmp(argv[*at], "--json") == 0) return o->json = true;
    if (strcmp(argv[*at], "--help") == 0) return o->help = true;
    return false;
}

static bool is_given(const char *value)
{
    return value == NULL || value[0] != '\0';
}

static bool read_options(struct options *o, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (argv[i][0] == '-' && argv[i][1] != '\0') {
            if (!take_option(o, argv, argc, &i)) return false;
        } else if (o->q.path == NULL) {
            o->q.path = argv[i];
        } else {
            return false;
        }
    }
    const struct question *q = &o->q;
    return o->help || (q->path != NULL && is_given(q->path) && is_given(q->public_key) &&
                       is_given(q->checkpoint) && is_given(q->record) && is_given(q->old) &&
                       is_given(q->leaf) && (q->record == NULL || q->leaf == NULL));
}

static void show_progress(void *self, uint64_t records, uint64_t of)
{
    FILE *out = self;
    (void)fprintf(out, "\r%ju of %ju records", (uintmax_t)records, (uintmax_t)of);
    if (records == of) (void)fputs("\r\033[K", out);
    (void)fflush(out);
}

/* No core file with what was disclosed, no debugger of the same user, no new rights. */
static void let_go(void)
{
    const struct rlimit none = {0, 0};
    (void)setrlimit(RLIMIT_CORE, &none);
    (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    (void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

int main(int argc, char **argv)
{
    struct options o = {.json = false};
    struct finding f;
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    let_go();
    o.q.jobs = cores < 1 ? 1 : (unsigned)cores;
    if (!read_options(&o, argc, argv) || o.help) {
        (void)fputs(usage, o.help ? stdout : stderr);
        return exit_status(o.help ? OK : ERR_USAGE);
    }
    if (isatty(STDERR_FILENO) == 1) {
        o.q.progress = show_progress;
        o.q.self = stderr;
    }
    struct arena *a = arena_new();
    enum err err = verify(&f, &o.q, a);
    if (o.json)
        say_json(stdout, &f, &o.q, err);
    else
        say_people(stdout, stderr, &f, &o.q, err);
    finding_close(&f);
    arena_free(a);
    if (fflush(stdout) == 0) return exit_status(err);
    (void)fputs("daybook-verify: standard output cannot be written\n", stderr);
    return exit_status(ERR_INCOMPLETE);
}
