/* SPDX-License-Identifier: MIT */
/* signed_file.h - a checkpoint key's signature of a file, in the forms of programs that people have:
 * OpenBSD's signify(1), and ssh-keygen -Y (OpenSSH's PROTOCOL.sshsig). What is signed so begins otherwise
 * than a checkpoint does, so none can be taken for the other. */
#ifndef DAYBOOK_LEDGER_STORE_SIGNED_FILE_H
#define DAYBOOK_LEDGER_STORE_SIGNED_FILE_H

#include "ledger/store/checkpoint_key.h"

/* The public key as signify reads it, and as a line of OpenSSH's allowed signers ends. */
struct str signify_public(struct arena *a, const struct note_key *k);
struct str ssh_public(struct arena *a, const struct note_key *k);
/* The signature of `file`, as a file beside it. */
enum err signify_sign(struct str *out, const struct checkpoint_key *k, struct bytes file, struct arena *a,
                      struct error *e) MUST_USE;
enum err ssh_sign(struct str *out, const struct checkpoint_key *k, const char *space, struct bytes file,
                  struct arena *a, struct error *e) MUST_USE;

#endif
