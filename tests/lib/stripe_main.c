/* SPDX-License-Identifier: MIT */
/* stripe_main.c - the test server as a program:
 *
 *     stripe_server [--port N] [--key KEY] [--faults FILE] [--rate N] [--latency MS] [--seed N] [--now
 * SECONDS]
 *                   [--lock-customers]
 *
 * prints its address as its first line, and on SIGTERM its state as JSON. Its clock goes on by itself from
 * now, or from
 * --now. */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "ledger/base.h"
#include "tests/lib/stripe_server.h"

enum { USAGE = 2, INVALID = 3 };

struct given {
    struct stripe_server_options options;
    const char *faults;
};

static uint64_t number(const char *name, const char *text, uint64_t most)
{
    struct error e = {0};
    uint64_t n = 0;
    if (uint_parse(&n, str_of(text), &e) == OK && n <= most) return n;
    fprintf(stderr, "stripe_server: --%s is no number up to %llu: %s\n", name, (unsigned long long)most,
            text);
    exit(USAGE);
}

static struct given read_options(int argc, char **argv)
{
    static const struct option known[] = {
        {"port", required_argument, NULL, 'p'},
        {"key", required_argument, NULL, 'k'},
        {"faults", required_argument, NULL, 'f'},
        {"rate", required_argument, NULL, 'r'},
        {"latency", required_argument, NULL, 'l'},
        {"seed", required_argument, NULL, 's'},
        {"now", required_argument, NULL, 'n'},
        {"lock-customers", no_argument, NULL, 'c'},
        {NULL, 0, NULL, 0},
    };
    struct given g = {.options = {.live_clock = true, .now = (int64_t)time(NULL)}};
    for (int c = 0; (c = getopt_long(argc, argv, "", known, NULL)) != -1;) {
        switch (c) {
        case 'p': g.options.port = (uint16_t)number("port", optarg, UINT16_MAX); break;
        case 'k': g.options.key = optarg; break;
        case 'f': g.faults = optarg; break;
        case 'r': g.options.rate = (unsigned)number("rate", optarg, 1000000); break;
        case 'l': g.options.latency_ms = (unsigned)number("latency", optarg, 600000); break;
        case 's': g.options.seed = number("seed", optarg, INT64_MAX); break;
        case 'n': g.options.now = (int64_t)number("now", optarg, UINT32_MAX); break;
        case 'c': g.options.lock_customers = true; break;
        default: exit(USAGE);
        }
    }
    if (optind == argc) return g;
    fprintf(stderr, "stripe_server: what is not an option is not understood: %s\n", argv[optind]);
    exit(USAGE);
}

static void read_faults(struct stripe_server *s, const char *path)
{
    struct error e = {0};
    struct arena *a = arena_new();
    struct bytes text = {0};
    char *why = NULL;
    enum { MOST = 1 << 20 };
    if (file_read(&text, path, MOST, a, &e) != OK) {
        fprintf(stderr, "stripe_server: %s\n", e.text);
        exit(INVALID);
    }
    char *copy = strndup((const char *)text.ptr, text.len);
    if (copy == NULL || !stripe_server_rules_text(s, copy, &why)) {
        fprintf(stderr, "stripe_server: %s: %s\n", path, why == NULL ? "there is no memory left" : why);
        exit(INVALID);
    }
    free(copy);
    arena_free(a);
}

int main(int argc, char **argv)
{
    struct given g = read_options(argc, argv);
    sigset_t ends;
    int signal_number = 0;
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    if (pthread_sigmask(SIG_BLOCK, &ends, NULL) != 0) WRONG("signals cannot be held back");
    struct stripe_server *s = stripe_server_start(g.options);
    if (s == NULL) {
        fprintf(stderr, "stripe_server: port %u of 127.0.0.1 is not free\n", (unsigned)g.options.port);
        return 1;
    }
    if (g.faults != NULL) read_faults(s, g.faults);
    printf("%s\n", stripe_server_url(s));
    bool told = fflush(stdout) == 0 && sigwait(&ends, &signal_number) == 0;
    char *state = stripe_server_state(s, false);
    told = told && printf("%s\n", state) > 0 && fflush(stdout) == 0;
    free(state);
    stripe_server_stop(s);
    return told ? 0 : 1;
}
