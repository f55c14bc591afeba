/* SPDX-License-Identifier: MIT */
/* main.c - the program. What it does is in cli.c; here the process is made safe for keys before anything
 * else, and for a ledger whose file cannot be read. */
#include <signal.h>
#include <unistd.h>

#include "billing/cli.h"

/* The ledger's files are mapped into memory. Where such a file has been cut off, or the disk cannot read a
 * page, the kernel sends SIGBUS; nobody above can be told any more. Nothing is half-written by ending here:
 * what was not committed does not count. */
static void on_unreadable_page(int signal_number)
{
    static const char sentence[] =
        "daybook: the ledger is damaged: its file is cut off, or the disk cannot read it\n";
    (void)signal_number;
    ssize_t written = write(STDERR_FILENO, sentence, sizeof sentence - 1);
    _exit(written < 0 ? err_exit_status(ERR_STORAGE) : err_exit_status(ERR_TAMPERED));
}

int main(int argc, char **argv)
{
    struct sigaction action = {.sa_handler = on_unreadable_page};
    keys_harden_process();
    if (sigemptyset(&action.sa_mask) != 0 || sigaction(SIGBUS, &action, NULL) != 0)
        WRONG("signals cannot be set");
    return cli_main(argc, (const char *const *)argv);
}
