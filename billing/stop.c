/* SPDX-License-Identifier: MIT */
/* stop.c - see stop.h. */
#include <signal.h>

#include "billing/stop.h"
#include "ledger/base.h"

static volatile sig_atomic_t asked;

static void note(int signal_number)
{
    (void)signal_number;
    asked = 1;
}

/* Who started the program without an ear for a signal (nohup, the shell's &) keeps it so. */
static void listen_for(int signal_number)
{
    struct sigaction was = {.sa_flags = 0};
    struct sigaction action = {.sa_handler = note, .sa_flags = SA_RESTART | (int)SA_RESETHAND};
    bool set = sigemptyset(&action.sa_mask) == 0 && sigaction(signal_number, NULL, &was) == 0;
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
