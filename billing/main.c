/* SPDX-License-Identifier: MIT */
/* main.c - the program. What it does is in cli.c; here the process is made safe for keys before anything
 * else, and for a ledger whose files cannot be read. */
#include <signal.h>
#include <unistd.h>

#include "billing/cli.h"

/* The ledger's files are mapped into memory. Where such a file has been cut off, or the disk cannot read a
 * page, the kernel sends SIGBUS; where damaged pages point anywhere, SIGSEGV, or SIGFPE for a size of 0.
 * Nobody above can be told any more. Nothing is half-written by ending here: what was not committed does not
 * count. */
static void on_damaged_page(int signal_number)
{
    static const char sentence[] =
        "daybook: the ledger's files are damaged, or the disk cannot read them: 'daybook rebuild' makes the "
        "views anew, 'daybook audit verify' tells whether the log is sound\n";
    (void)signal_number;
    ssize_t written = write(STDERR_FILENO, sentence, sizeof sentence - 1);
    _exit(written < 0 ? err_exit_status(ERR_STORAGE) : err_exit_status(ERR_TAMPERED));
}

/* On a stack of its own, because the one in use may be what has run out. */
static void catch_damage(void)
{
    enum { STACK_BYTES = 64 * 1024 };
    static const int signals[] = {SIGBUS, SIGSEGV, SIGFPE};
    static char stack[STACK_BYTES]; /* the kernel's from here on */
    stack_t own = {.ss_sp = stack, .ss_size = sizeof stack};
    struct sigaction action = {.sa_handler = on_damaged_page, .sa_flags = SA_ONSTACK};
    if (sigaltstack(&own, NULL) != 0 || sigemptyset(&action.sa_mask) != 0) WRONG("signals cannot be set");
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        if (sigaction(signals[i], &action, NULL) != 0) WRONG("signals cannot be set");
    }
}

int main(int argc, char **argv)
{
    keys_harden_process();
    catch_damage();
    return cli_main(argc, (const char *const *)argv);
}
