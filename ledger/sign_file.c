/* SPDX-License-Identifier: MIT */
/* sign_file.c - a file that leaves the ledger, signed by the key that signs its checkpoints. */
#include "ledger/ledger_private.h"

enum err ledger_sign_file(struct file_signatures *out, struct ledger *l, const char *key_file,
                          const char *space, struct bytes file, struct arena *a, struct error *e)
{
    struct checkpoint_key *k = NULL;
    enum err err = checkpoint_key_open_by(&k, key_file, &l->passphrase, e);
    if (err == OK) err = signify_sign(&out->signify, k, file, a, e);
    if (err == OK) err = ssh_sign(&out->ssh, k, space, file, a, e);
    if (err == OK) out->signify_public = signify_public(a, checkpoint_key_public(k));
    checkpoint_key_close(k);
    return err;
}
