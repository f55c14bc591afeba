/* SPDX-License-Identifier: MIT */
/* stop.c - see stop.h. */
#include <signal.h>

#include "billing/stop.h"
#include "ledger/base.h"

enum { SAME_NS = 1000000000 };

static volatile sig_atomic_t asked;
static uint64_t asked_ns; /* the handler's own; it is not interrupted by itself */

/* One wish may come as two signals: to the program, and to all that were started with it. */
static void note(int signal_number)
{
    uint64_t now = world_monotonic_ns();
    if (asked == 0) {
        asked = 1;
        asked_ns = now;
    } else if (now - asked_ns > SAME_NS) {
        (void)signal(signal_number, SIG_DFL); /* ends the program as soon as this returns */
        (void)raise(signal_number);
    }
}

/* Who started the program without an ear for a signal (nohup, the shell's &) keeps it so. */
static void listen_for(int signal_number)
{
    struct sigaction was = {.sa_flags = 0};
    struct sigaction action = {.sa_handler = note, .sa_flags = SA_RESTART};
    bool set = sigemptyset(&action.sa_mask) == 0 && sigaddset(&action.sa_mask, SIGTERM) == 0 &&
               sigaddset(&action.sa_mask, SIGINT) == 0 && sigaction(signal_number, NULL, &was) == 0;
    if (set && was.sa_handler == SIG_IGN) return;
    if (!set || sigaction(signal_number, &action, NULL) != 0) WRONG("signals cannot be set");
}

void stop_listen(void)
{
    listen_for(SIGTERM);
    listen_for(SIGINT);
}

bool stop_was_asked(void *unused)
{
    (void)unused;
    return asked != 0;
}
