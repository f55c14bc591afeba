/* SPDX-License-Identifier: MIT */
/* secret.h - secrets enter here: from a file that nobody else may read, or from what a command prints. Never
 * from the command line or the environment, which others can see. */
#ifndef DAYBOOK_LEDGER_BASE_SECRET_H
#define DAYBOOK_LEDGER_BASE_SECRET_H

#include "ledger/base/limits.h"
#include "ledger/base/text.h"

/* What was read, in locked memory (locked.h) for LIMIT_KEY_FILE_BYTES; the caller wipes it. */
struct secret {
    char *text; /* NULL: nothing was read */
    size_t len;
};
void secret_begin(struct secret *s); /* gets the memory; an empty secret */
void secret_wipe(struct secret *s);  /* and gives the memory back; accepts what was never read */

/* ERR_NOT_FOUND: there is no such file. ERR_INVALID: it is no regular file, or others may read it. */
enum err secret_from_file(struct secret *out, const char *path, struct error *e) MUST_USE;
/* ERR_INVALID: the command failed. What it printed is not told. */
enum err secret_from_command(struct secret *out, const char *command, struct error *e) MUST_USE;
/* The same of a file that is open. */
enum err secret_from_open_file(struct secret *out, int fd, struct error *e) MUST_USE;

/* Writes a secret to a file of mode 0600 that is whole or not there. ERR_REFUSED: there is one of that name,
 * and it stays as it is. */
enum err secret_to_new_file(const char *path, struct str content, struct error *e) MUST_USE;

/* The same in place of whatever is there, with its mode (0600 or 0400) and owner. */
enum err secret_replace_file(const char *path, struct str content, struct error *e) MUST_USE;

/* Its first line, without blanks around it. */
struct str secret_line(const struct secret *s);

#endif
