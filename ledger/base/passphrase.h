/* SPDX-License-Identifier: MIT */
/* passphrase.h - where passphrases come from: a file that nobody else may read, what a command prints, or the
 * terminal, without echo. Never from an argument or the environment, which others can see. */
#ifndef DAYBOOK_LEDGER_BASE_PASSPHRASE_H
#define DAYBOOK_LEDGER_BASE_PASSPHRASE_H

#include "ledger/base/secret.h"

struct passphrase_source {
    const char *file, *command; /* at most one of them: its first line */
    bool terminal;              /* otherwise it may be asked for there */
};

/* The passphrase of what is called `what`, as its bytes are; the caller wipes it. With `fresh` one that is to
 * be set: typed twice, and long enough. ERR_USAGE: file and command. ERR_INVALID: none is to be had, or it is
 * empty, too short, too long, or typed differently; nothing of it is told. */
enum err passphrase_get(struct secret *out, const struct passphrase_source *s, const char *what, bool fresh,
                        struct error *e) MUST_USE;

#endif
