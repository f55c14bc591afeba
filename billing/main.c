/* SPDX-License-Identifier: MIT */
/* main.c - the program. What it does is in cli.c; here the process is made safe for keys before anything else. */
#include "billing/cli.h"

int main(int argc, char **argv)
{
    keys_harden_process();
    return cli_main(argc, (const char *const *)argv);
}
